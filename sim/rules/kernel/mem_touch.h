/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of memory is the driver's, as its loads and stores meet it: area mem_touch.
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

extern const struct rule rule_mem_use_after_free, rule_mem_out_of_bounds;

/* What of the driver's has that address, or NULL; it may be gone. */
const struct mem_range *mem_range_at(struct rules_core *core, uintptr_t address);
/* "kmem block 3" */
const char *mem_range_name(const struct mem_range *range, char *name, size_t size);
/* "sc->sc_target", or "bytes 8..11 of the softc". */
void mem_place_name(struct rules_core *core, const struct access_event *touch, char *name,
    size_t size);

/*
 * mem_lost.c: report the kmem blocks among `count` ranges, in order of address, to which no
 * pointer is left.  The machine has to stand still.
 */
void mem_report_lost(struct rules_core *core, const struct mem_range *range, size_t count);

#endif /* VIOSIM_RULES_MEM_TOUCH_H */
