/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something for each four bytes of memory: see cells.h.
 */
#include "rules/kernel/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void
cells_init(struct cells *cells, size_t size, uintptr_t arena)
{
	memset(cells, 0, sizeof(*cells));
	cells->size = size;
	cells->arena = arena;
}

void
cells_fini(struct cells *cells)
{
	if (cells->size == 0)
		return;
	for (size_t i = 0; i < cells->page.count; i++)
		free(cells->page.item[i]);
	for (size_t i = 0; i < cells->data.count; i++)
		free(cells->data.item[i].page);
	vec_fini(&cells->page);
	vec_fini(&cells->data);
	memset(cells, 0, sizeof(*cells));
}

/* Where the pointer to the cells of that page stands, NULL if nowhere. */
static void **
place_of(struct cells *cells, uintptr_t base, bool make)
{
	uintptr_t page = (base - cells->arena) / MEMORY_PAGE_SIZE;

	if (page < MEMORY_ARENA_PAGES)
		return make ? vec_reach(&cells->page, page) : vec_get(&cells->page, page);
	for (size_t i = 0; i < cells->data.count; i++)
		if (cells->data.item[i].base == base)
			return &cells->data.item[i].page;
	if (!make)
		return NULL;
	*vec_add(&cells->data) = (struct cells_data){ .base = base };
	return &cells->data.item[cells->data.count - 1].page;
}

static void *
cell_in(const struct cells *cells, void *page, uintptr_t address)
{
	return (char *)page + address % MEMORY_PAGE_SIZE / CELL_BYTES * cells->size;
}

bool
cells_cover(const struct cells *cells, const struct world *world, uintptr_t address)
{
	return address - cells->arena < MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE ||
	    world_site_of(world, (const void *)address) != 0;
}

void *
cells_make(struct cells *cells, uintptr_t address)
{
	void **place = place_of(cells, address & ~(uintptr_t)(MEMORY_PAGE_SIZE - 1), true);

	if (*place == NULL)
		*place = xcalloc(CELLS_IN_PAGE, cells->size);
	return cell_in(cells, *place, address);
}

void *
cells_find(const struct cells *cells, uintptr_t address)
{
	void **place = place_of((struct cells *)(uintptr_t)cells,
	    address & ~(uintptr_t)(MEMORY_PAGE_SIZE - 1), false);

	return place == NULL || *place == NULL ? NULL : cell_in(cells, *place, address);
}

uintptr_t
cells_next(const struct cells *cells, uintptr_t at, uintptr_t end)
{
	while (at < end && cells_find(cells, at) == NULL)
		at = (at & ~(uintptr_t)(MEMORY_PAGE_SIZE - 1)) + MEMORY_PAGE_SIZE;
	return at < end ? at : end;
}

uint8_t
cells_bytes(uintptr_t cell, uintptr_t from, uintptr_t to)
{
	unsigned first = from > cell ? (unsigned)(from - cell) : 0;
	unsigned last = to - cell < CELL_BYTES ? (unsigned)(to - cell) : CELL_BYTES;

	return (uint8_t)((1u << last) - (1u << first));
}
