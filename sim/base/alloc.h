/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of the host that is there: whoever asks gets it, or viosim ends with exit code 3 and
 * one sentence.  Everything is freed with free(3).
 */
#ifndef VIOSIM_BASE_ALLOC_H
#define VIOSIM_BASE_ALLOC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Uninitialised; never NULL, not for 0 bytes either. */
void *xmalloc(size_t size) __attribute__((malloc));
/* Zeroed; n * size may not overflow, else it counts as too much. */
void *xcalloc(size_t n, size_t size) __attribute__((malloc));
/* realloc(3) for n elements; what is new is not initialised. */
void *xrealloc(void *old, size_t n, size_t size);
char *xstrdup(const char *text) __attribute__((malloc));
char *xstrndup(const char *text, size_t length) __attribute__((malloc));
char *xasprintf(const char *format, ...) __attribute__((malloc, format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args)
    __attribute__((malloc, format(printf, 1, 0)));

/* For those whose memory comes from elsewhere: "viosim: out of memory", exit code 3. */
void out_of_memory(void) __attribute__((noreturn));

/* What cannot happen unless viosim itself is wrong: one sentence, exit code 3. */
void internal_error(const char *format, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/*
 * Where both leave their reason too, for the parent of a process: memory shared with it, zeroed,
 * or NULL.
 */
#define ALLOC_REASON 96
struct alloc_end {
	bool no_memory;
	char reason[ALLOC_REASON];	/* NUL-terminated; empty: there was none */
};
void alloc_end_to(struct alloc_end *end);

#endif /* VIOSIM_BASE_ALLOC_H */
