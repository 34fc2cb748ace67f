/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that one world leaves to the next: see shelf.h.
 */
#include "machine/shelf.h"

#include <string.h>

#include <sys/mman.h>

#define HUGE_MIN ((size_t)64 << 20)	/* worth pages of two megabytes */

void
shelf_init(struct shelf *shelf)
{
	memset(shelf, 0, sizeof(*shelf));
	fiber_pool_init(&shelf->fibers);
}

void
shelf_fini(struct shelf *shelf)
{
	for (unsigned i = 0; i < shelf->pieces; i++)
		munmap(shelf->piece[i].memory, shelf->piece[i].bytes);
	shelf->pieces = 0;
	fiber_pool_fini(&shelf->fibers);
}

static void *
from_host(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* The tables of a guest of many gigabytes, of which as a rule much is used. */
	if (bytes >= HUGE_MIN)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void *
shelf_take(struct shelf *shelf, size_t bytes)
{
	for (unsigned i = 0; shelf != NULL && i < shelf->pieces; i++) {
		void *memory = shelf->piece[i].memory;

		if (shelf->piece[i].bytes != bytes)
			continue;
		shelf->piece[i] = shelf->piece[--shelf->pieces];
		return memory;
	}
	return from_host(bytes);
}

void
shelf_give(struct shelf *shelf, void *memory, size_t bytes, size_t used)
{
	if (memory == NULL)
		return;
	if (shelf == NULL || shelf->pieces == SHELF_PIECES || used > SHELF_ZEROED_MAX) {
		munmap(memory, bytes);
		return;
	}
	memset(memory, 0, used);
	shelf->piece[shelf->pieces++] = (struct shelf_piece){ memory, bytes };
}
