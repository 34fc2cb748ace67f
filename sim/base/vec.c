/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors: see vec.h.
 */
#include "base/vec.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

#define FIRST_ROOM 8

void *
vec_room(void *item, size_t count, size_t *max, size_t more, size_t size)
{
	if (more > SIZE_MAX / 2 - count)
		out_of_memory();
	if (count + more > *max) {
		if (*max == 0)
			*max = FIRST_ROOM;
		while (*max < count + more)
			*max *= 2;
		item = xrealloc(item, *max, size);
	}
	if (more > 0)
		memset((char *)item + count * size, 0, more * size);
	return item;
}
