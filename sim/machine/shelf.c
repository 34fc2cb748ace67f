/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that one world leaves to the next: see shelf.h.
 */
#include "machine/shelf.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include "base/alloc.h"

#define HUGE_MIN ((size_t)64 << 20)	/* worth pages of two megabytes */

static void
unmap(struct shelf *shelf, unsigned i)
{
	munmap(shelf->piece[i].memory, shelf->piece[i].bytes);
	shelf->piece[i] = shelf->piece[--shelf->pieces];
}

void
shelf_fini(struct shelf *shelf)
{
	while (shelf->pieces > 0)
		unmap(shelf, 0);
	fiber_pool_fini(&shelf->fibers);
}

static void *
from_host(size_t bytes, void *where)
{
	void *memory = mmap(where, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* The tables of a guest of many gigabytes, of which as a rule much is used. */
	if (bytes >= HUGE_MIN)
		madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

/* A piece of that kind, and at `where` unless that is NULL; `pieces` if there is none. */
static unsigned
look_for(const struct shelf *shelf, size_t bytes, const void *where, bool stale)
{
	unsigned i;

	for (i = 0; i < shelf->pieces; i++) {
		const struct shelf_piece *piece = &shelf->piece[i];

		if (piece->bytes == bytes && piece->stale == stale &&
		    (where == NULL || piece->memory == where))
			break;
	}
	return i;
}

/* Pieces of other sizes must not lie in the way: where memory is would depend on earlier runs. */
static void
clear_way(struct shelf *shelf, size_t bytes, const void *where)
{
	uintptr_t low = (uintptr_t)where, high = low + bytes;

	for (unsigned i = shelf->pieces; i-- > 0;) {
		const struct shelf_piece *piece = &shelf->piece[i];

		if ((uintptr_t)piece->memory < high &&
		    (uintptr_t)piece->memory + piece->bytes > low)
			unmap(shelf, i);
	}
}

static void *
take(struct shelf *shelf, size_t bytes, void *where, bool stale)
{
	unsigned i = shelf != NULL ? look_for(shelf, bytes, where, stale) : 0;
	void *memory;

	if (shelf == NULL || i == shelf->pieces) {
		if (shelf != NULL && where != NULL)
			clear_way(shelf, bytes, where);
		return from_host(bytes, where);
	}
	memory = shelf->piece[i].memory;
	shelf->piece[i] = shelf->piece[--shelf->pieces];
	return memory;
}

void *
shelf_take(struct shelf *shelf, size_t bytes)
{
	return take(shelf, bytes, NULL, false);
}

void *
shelf_take_at(struct shelf *shelf, size_t bytes, uintptr_t where)
{
	return take(shelf, bytes, (void *)where, false);
}

void *
shelf_take_stale(struct shelf *shelf, size_t bytes)
{
	return take(shelf, bytes, NULL, true);
}

static void
give(struct shelf *shelf, void *memory, size_t bytes, bool stale)
{
	/* A full one has sizes that nobody asks for any more. */
	if (shelf->pieces == SHELF_PIECES)
		unmap(shelf, 0);
	shelf->piece[shelf->pieces++] = (struct shelf_piece){ memory, bytes, stale };
}

static void
check_zeroes(const unsigned char *memory, size_t bytes)
{
	/* Each byte equals the next, and the first is zero. */
	if (bytes > 0 && (memory[0] != 0 || memcmp(memory, memory + 1, bytes - 1) != 0))
		internal_error("memory of the pool is not all zero");
}

void
shelf_give(struct shelf *shelf, void *memory, size_t bytes, size_t used)
{
	if (memory == NULL)
		return;
	if (shelf == NULL || used > SHELF_ZEROED_MAX) {
		munmap(memory, bytes);
		return;
	}
	memset(memory, 0, used);
	if (shelf->checks)
		check_zeroes(memory, bytes);
	give(shelf, memory, bytes, false);
}

void
shelf_give_stale(struct shelf *shelf, void *memory, size_t bytes)
{
	if (memory == NULL)
		return;
	if (shelf == NULL)
		munmap(memory, bytes);
	else
		give(shelf, memory, bytes, true);
}
