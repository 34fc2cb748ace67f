/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Something for each four bytes of kernel memory and of the driver's own data, made when it is
 * first asked for.  For files of this folder.
 */
#ifndef VIOSIM_RULES_CELLS_H
#define VIOSIM_RULES_CELLS_H

#include "rules/area.h"

#define CELL_BYTES 4u			/* of memory */
#define CELLS_IN_PAGE (MEMORY_PAGE_SIZE / CELL_BYTES)

struct cells_data { uintptr_t base; void *page; };

struct cells {
	size_t size;			/* of what a cell has */
	uintptr_t arena;
	struct { VEC_MEMBERS(void *); } page;	/* of kernel memory */
	struct { VEC_MEMBERS(struct cells_data); } data;	/* of the driver's */
};

void cells_init(struct cells *cells, size_t size, uintptr_t arena);
/* Releases all; cells_init() comes before the next use. */
void cells_fini(struct cells *cells);
/* Zeroed when new.  The address is one that cells_cover() knows. */
void *cells_make(struct cells *cells, uintptr_t address);
/* Is that kernel memory or the driver's own data? */
bool cells_cover(const struct cells *cells, const struct world *world, uintptr_t address);
/* NULL: that memory was never asked for. */
void *cells_find(const struct cells *cells, uintptr_t address);
/* Which bytes of the cell at that address [from, to) has: a bit each. */
uint8_t cells_bytes(uintptr_t cell, uintptr_t from, uintptr_t to);
/* The first address from `at` on that may have a cell, or `end`. */
uintptr_t cells_next(const struct cells *cells, uintptr_t at, uintptr_t end);

#endif /* VIOSIM_RULES_CELLS_H */
