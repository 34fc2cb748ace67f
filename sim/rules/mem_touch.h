/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of memory is the driver's, as its loads and stores meet it.  Part of area mem.  For
 * files of this folder.
 */
#ifndef VIOSIM_RULES_MEM_TOUCH_H
#define VIOSIM_RULES_MEM_TOUCH_H

#include "rules/cells.h"

/* Memory that is or was the driver's. */
struct mem_range {
	uintptr_t low, high;
	enum hw_memory what;
	bool gone;
	uint32_t number;
	uint32_t seq, gone_seq;		/* newest event when it came, and when it went */
};

/* A live mutex or condvar. */
struct mem_lock {
	uintptr_t low;
	enum hw_memory what;
	uint32_t number, seq;
};

#define MEM_PUBLIC_MAX 8
#define MEM_EXPOSED_MAX 16
#define MEM_SPENT_MAX 16

/* What users may write too, through a sysctl node. */
struct mem_exposed {
	uintptr_t low, high;
	uint32_t number, seq;
	bool told;
};

/* The head of a list of pages that was freed, and that nobody has written since. */
struct mem_spent {
	uintptr_t low, high;
	uint32_t seq;
};

struct mem_map {
	struct mem_range *range;	/* by address; none overlap */
	size_t ranges, ranges_max;
	struct mem_lock *lock;
	size_t locks, locks_max;
	struct { uintptr_t low, high; } open[MEM_PUBLIC_MAX];	/* variables of the kernel */
	unsigned opens;
	struct mem_exposed exposed[MEM_EXPOSED_MAX];
	unsigned exposes;
	struct mem_spent spent[MEM_SPENT_MAX];
	unsigned spents;
	struct cells written;		/* a byte each, a bit for a byte of memory */
};

void mem_map_fini(struct mem_map *map);
void mem_map_change(struct mem_map *map, struct rules_core *core, enum hw_memory what,
    uintptr_t low, uintptr_t high, uint64_t number);
enum access_verdict mem_map_touch(struct mem_map *map, struct rules_core *core,
    const struct touch *touch);

#endif /* VIOSIM_RULES_MEM_TOUCH_H */
