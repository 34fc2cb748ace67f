/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text in the making: whatever prints to a stream can print into memory.
 *
 *	struct sbuf buf;
 *	FILE *stream = sbuf_open(&buf);
 *	fprintf(stream, ...);
 *	char *text = sbuf_close(&buf);	heap, free(3); buf.length bytes and a NUL
 *
 * Out of memory ends viosim (alloc.h).
 */
#ifndef VIOSIM_BASE_SBUF_H
#define VIOSIM_BASE_SBUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sbuf {
	FILE *stream;
	char *text;			/* once closed */
	size_t length;			/* bytes without the NUL, likewise */
};

FILE *sbuf_open(struct sbuf *buf);
char *sbuf_close(struct sbuf *buf);

/* All that is printed into `stream`, on the heap: SBUF_TEXT(f, fputs("a", f)). */
#define SBUF_TEXT(stream, ...) ({ \
	struct sbuf buf_; \
	FILE *stream = sbuf_open(&buf_); \
	__VA_ARGS__; \
	sbuf_close(&buf_); \
})

/* The ending of a noun that is counted: printf("%zu case%s", n, plural(n)). */
static inline const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

/* In a function like printf(3): its arguments as text in an array, cut to fit. */
#define FORMAT_INTO(array, format) do { \
	va_list arguments_; \
	va_start(arguments_, format); \
	vsnprintf(array, sizeof(array), format, arguments_); \
	va_end(arguments_); \
} while (0)

#endif /* VIOSIM_BASE_SBUF_H */
