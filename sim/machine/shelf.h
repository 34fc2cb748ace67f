/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host memory that one world leaves to the next.
 *
 * A process that runs thousands of worlds spends a good part of its time on mapping memory and
 * touching it for the first time.  With a shelf, what a world gives back waits there, zeroed,
 * for the next one to ask for as much.  Without one (NULL) memory comes from the host and goes
 * back there.
 */
#ifndef VIOSIM_MACHINE_SHELF_H
#define VIOSIM_MACHINE_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/fiber.h"

#define SHELF_PIECES 16
/* Of more than this it is cheaper to let the host make new pages. */
#define SHELF_ZEROED_MAX ((size_t)2 << 20)
#define SHELF_FRAMES_MAX 65536u		/* the same in page frames, which cost 32 bytes each */

/* An all-zero shelf is empty. */
struct shelf {
	struct fiber_pool fibers;
	struct shelf_piece { void *memory; size_t bytes; bool stale; } piece[SHELF_PIECES];
	unsigned pieces;
	bool checks;			/* for tests: what lies here is really all zeroes */
};

/* Every fiber of the pool must have been freed. */
void shelf_fini(struct shelf *shelf);

/* Zeroed host memory, backed where it is touched; NULL when there is none to be had. */
void *shelf_take(struct shelf *shelf, size_t bytes);
/* The same at that address, unless something is there that was not given back. */
void *shelf_take_at(struct shelf *shelf, size_t bytes, uintptr_t where);
/* Give it back; what was written lies in its first `used` bytes.  NULL memory is ignored. */
void shelf_give(struct shelf *shelf, void *memory, size_t bytes, size_t used);
/* The same for what nobody reads before it was written: whatever lies in it. */
void *shelf_take_stale(struct shelf *shelf, size_t bytes);
void shelf_give_stale(struct shelf *shelf, void *memory, size_t bytes);

#endif /* VIOSIM_MACHINE_SHELF_H */
