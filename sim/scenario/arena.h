/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is freed all at once.  Everything a document holds comes from one arena.
 */
#ifndef VIOSIM_SCENARIO_ARENA_H
#define VIOSIM_SCENARIO_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void	arena_free(struct arena *);	/* NULL is fine */
/* What is in the other one lives as long, whoever frees that before.  It holds one at most. */
void	arena_hold(struct arena *, struct arena *other);

/*
 * Zeroed memory for `count` objects of `size` bytes, aligned for integers, pointers and double.
 * Never NULL: without memory the program ends with exit code 3.
 */
void	*arena_calloc(struct arena *, size_t count, size_t size);

/* A copy of `size` bytes with a NUL behind them. */
char	*arena_copy(struct arena *, const char *text, size_t size);
char	*arena_printf(struct arena *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* What was printed into a buffer (sbuf.h), which is closed. */
struct sbuf;
char	*arena_take(struct arena *, struct sbuf *);

/*
 * One more element for an array that lives in the arena: returns its (zeroed) place and
 * counts it.  The array doubles by copying, so old elements keep no stable address.
 */
void	*arena_push(struct arena *, void *array_pointer, size_t *count, size_t size);
/* The same element, to be assigned to. */
#define arena_add(arena, array, count) \
	(*(__typeof__(array))arena_push(arena, &(array), &(count), sizeof(*(array))))

#endif
