/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is freed all at once: an obstack of the C library.
 */
#include "arena.h"

#include <limits.h>
#include <obstack.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"

#define obstack_chunk_alloc xmalloc
#define obstack_chunk_free free

struct arena {
	struct obstack stack;
	unsigned users;			/* arenas that hold it, and its owner */
	struct arena *held;		/* or NULL */
};

struct arena *
arena_new(void)
{
	struct arena *a = xcalloc(1, sizeof(*a));

	obstack_init(&a->stack);
	a->users = 1;
	return a;
}

void
arena_hold(struct arena *a, struct arena *other)
{
	a->held = other;
	other->users++;
}

void
arena_free(struct arena *a)
{
	struct arena *held;

	for (; a != NULL && --a->users == 0; a = held) {
		held = a->held;
		obstack_free(&a->stack, NULL);
		free(a);
	}
}

void *
arena_calloc(struct arena *a, size_t count, size_t size)
{
	size_t bytes;

	/* An obstack counts in int. */
	if (__builtin_mul_overflow(count, size, &bytes) || bytes > INT_MAX / 2)
		out_of_memory();
	return memset(obstack_alloc(&a->stack, bytes), 0, bytes);
}

char *
arena_copy(struct arena *a, const char *text, size_t size)
{
	char *p = arena_calloc(a, size + 1, 1);

	if (size > 0)
		memcpy(p, text, size);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	char *heap, *p;
	va_list ap;

	va_start(ap, fmt);
	heap = xvasprintf(fmt, ap);
	va_end(ap);
	p = arena_copy(a, heap, strlen(heap));
	free(heap);
	return p;
}

char *
arena_take(struct arena *a, struct sbuf *buf)
{
	char *heap = sbuf_close(buf), *p = arena_copy(a, heap, buf->length);

	free(heap);
	return p;
}

void *
arena_push(struct arena *a, void *array_pointer, size_t *count, size_t size)
{
	void *array, *bigger;

	memcpy(&array, array_pointer, sizeof(array));
	/* The capacity is the next power of two, so a full array is seen by its count. */
	if ((*count & (*count - 1)) == 0) {
		bigger = arena_calloc(a, *count == 0 ? 1 : 2 * *count, size);
		if (*count > 0)
			memcpy(bigger, array, *count * size);
		array = bigger;
		memcpy(array_pointer, &array, sizeof(array));
	}
	return (unsigned char *)array + (*count)++ * size;
}
