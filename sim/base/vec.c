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
		*max = count + more > 2 * *max ? count + more : 2 * *max;
		if (*max < FIRST_ROOM)
			*max = FIRST_ROOM;
		item = xrealloc(item, *max, size);
	}
	if (more > 0)
		memset((char *)item + count * size, 0, more * size);
	return item;
}
