/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that is freed all at once: a chain of blocks.
 */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"

#define ARENA_BLOCK_SIZE 8192

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct arena_block *head;
};

struct arena *
arena_new(void)
{
	return xcalloc(1, sizeof(struct arena));
}

void
arena_free(struct arena *a)
{
	struct arena_block *b, *next;

	if (a == NULL)
		return;
	for (b = a->head; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

static struct arena_block *
arena_grow(struct arena *a, size_t size)
{
	size_t room = size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE;
	struct arena_block *b = xmalloc(sizeof(*b) + room);

	b->used = 0;
	b->size = room;
	b->next = a->head;
	a->head = b;
	return b;
}

void *
arena_calloc(struct arena *a, size_t count, size_t size)
{
	const size_t align = alignof(max_align_t);
	struct arena_block *b = a->head;
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		out_of_memory();
	bytes = (bytes + align - 1) / align * align;
	if (b == NULL || b->size - b->used < bytes)
		b = arena_grow(a, bytes);
	p = b->data + b->used;
	b->used += bytes;
	return memset(p, 0, bytes);
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
