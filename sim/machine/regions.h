/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that one world leaves to the next.
 *
 * A process that runs thousands of worlds spends a good part of its time on mapping memory and
 * touching it for the first time.  Regions that a world gives back wait here, zeroed, for the next
 * one to ask for as much.  Without a pool of them (NULL) memory comes from the host and goes back
 * there.
 */
#ifndef VIOSIM_MACHINE_REGIONS_H
#define VIOSIM_MACHINE_REGIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/fiber.h"

#define REGIONS_MAX 16
/* Of more than this it is cheaper to let the host make new pages. */
#define REGIONS_ZEROED_MAX ((size_t)2 << 20)

/* All zero is an empty pool. */
struct regions {
	struct fiber_pool fibers;
	struct region { void *memory; size_t bytes; } region[REGIONS_MAX];
	unsigned count;
	bool checks;			/* for tests: what lies here is really all zeroes */
};

/* Every fiber of the pool must have been freed. */
void regions_fini(struct regions *regions);

/*
 * Zeroed host memory, backed where it is touched; NULL when there is none to be had.  At that
 * address, unless something is there that was not given back, or (0) anywhere.
 */
void *regions_take(struct regions *regions, size_t bytes, uintptr_t where);
/* Give it back; what was written lies in its first `used` bytes.  NULL memory is ignored. */
void regions_give(struct regions *regions, void *memory, size_t bytes, size_t used);

#endif /* VIOSIM_MACHINE_REGIONS_H */
