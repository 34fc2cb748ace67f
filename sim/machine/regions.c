/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that one world leaves to the next: see regions.h.
 */
#include "machine/regions.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include "base/alloc.h"
#include "base/host.h"

#define HUGE_MIN ((size_t)64 << 20)	/* worth pages of two megabytes */

static void
unmap(struct regions *regions, unsigned i)
{
	munmap(regions->region[i].memory, regions->region[i].bytes);
	regions->region[i] = regions->region[--regions->count];
}

void
regions_fini(struct regions *regions)
{
	while (regions->count > 0)
		unmap(regions, 0);
	fiber_pool_fini(&regions->fibers);
}

static void *
from_host(size_t bytes, uintptr_t where)
{
	void *memory = mmap((void *)where, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* The tables of a guest of many gigabytes, of which as a rule much is used. */
	if (bytes >= HUGE_MIN)
		host_large_pages(memory, bytes);
	return memory;
}

/* Regions of other sizes must not lie in the way: where memory is would depend on earlier runs. */
static void
clear_way(struct regions *regions, size_t bytes, uintptr_t where)
{
	for (unsigned i = regions->count; i-- > 0;) {
		const struct region *region = &regions->region[i];

		if ((uintptr_t)region->memory < where + bytes &&
		    (uintptr_t)region->memory + region->bytes > where)
			unmap(regions, i);
	}
}

void *
regions_take(struct regions *regions, size_t bytes, uintptr_t where)
{
	for (unsigned i = 0; regions != NULL && i < regions->count; i++) {
		void *memory = regions->region[i].memory;

		if (regions->region[i].bytes != bytes || (where != 0 && (uintptr_t)memory != where))
			continue;
		regions->region[i] = regions->region[--regions->count];
		return memory;
	}
	if (regions != NULL && where != 0)
		clear_way(regions, bytes, where);
	return from_host(bytes, where);
}

#define CHECKED_MAX ((size_t)64 << 20)	/* of one region: the rest was hardly touched */

static void
check_zeroes(const unsigned char *memory, size_t bytes)
{
	/* Each byte equals the next, and the first is zero. */
	if (bytes > 0 && (memory[0] != 0 || memcmp(memory, memory + 1, bytes - 1) != 0))
		internal_error("memory of the pool is not all zero");
}

void
regions_give(struct regions *regions, void *memory, size_t bytes, size_t used)
{
	if (memory == NULL)
		return;
	if (regions == NULL || used > REGIONS_ZEROED_MAX) {
		munmap(memory, bytes);
		return;
	}
	memset(memory, 0, used);
	if (regions->checks)
		check_zeroes(memory, bytes < CHECKED_MAX ? bytes : CHECKED_MAX);
	/* A full pool has sizes that nobody asks for any more. */
	if (regions->count == REGIONS_MAX)
		unmap(regions, 0);
	regions->region[regions->count++] = (struct region){ memory, bytes };
}
