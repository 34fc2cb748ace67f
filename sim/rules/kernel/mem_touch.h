/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of memory is the driver's, as its loads and stores meet it.  Part of area mem.  For
 * files of this folder.
 */
#ifndef VIOSIM_RULES_MEM_TOUCH_H
#define VIOSIM_RULES_MEM_TOUCH_H

#include "rules/kernel/cells.h"

/* Memory that is or was the driver's. */
struct mem_range {
	uintptr_t low, high;
	enum hw_memory what;
	bool gone;
	uint32_t number;
	uint32_t seq, gone_seq;		/* newest event when it came, and when it went */
};

/* A variable of the kernel that drivers may read. */
struct mem_open {
	uintptr_t low, high;
};

extern const struct rule rule_mem_use_after_free, rule_mem_out_of_bounds,
    rule_mem_uninitialised;

struct mem_map {
	struct { VEC_MEMBERS(struct mem_range); } range;	/* by address; none overlap */
	struct { VEC_MEMBERS(struct mem_open); } open;
	struct cells written;		/* a byte each, a bit for a byte of memory */
};

void mem_map_fini(struct mem_map *map);
void mem_map_change(struct mem_map *map, struct rules_core *core, enum hw_memory what,
    uintptr_t low, uintptr_t high, uint64_t number);
struct mem_range *mem_map_at(const struct mem_map *map, uintptr_t address);
/* What of the driver's has that address, or NULL; it may be gone. */
const struct mem_range *mem_range_at(struct rules_core *core, uintptr_t address);
/* "kmem block 3" */
const char *mem_range_name(const struct mem_range *range, char *name, size_t size);
/* "sc->sc_target", or "bytes 8..11 of the softc". */
void mem_place_name(struct rules_core *core, const struct access_event *touch, char *name,
    size_t size);
enum access_verdict mem_map_touch(struct mem_map *map, struct rules_core *core,
    const struct access_event *touch);

#endif /* VIOSIM_RULES_MEM_TOUCH_H */
