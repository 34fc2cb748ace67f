/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a place that is under a mutex here without one there?  Part of area lock.  For files of
 * this folder.
 */
#ifndef VIOSIM_RULES_KERNEL_LOCK_GUARD_H
#define VIOSIM_RULES_KERNEL_LOCK_GUARD_H

#include "rules/area.h"

extern const struct rule rule_lock_data_race;

/* Four bytes, zeroed at first. */
struct guarded {
	uint16_t ways;			/* in which they were touched */
	uint32_t bare_site;		/* newest access without a mutex */
};

/* The context of the touch holds a mutex, or not. */
void guard_touch(struct rules_core *core, struct guarded *cell, bool locked,
    const struct touch *touch);

#endif /* VIOSIM_RULES_KERNEL_LOCK_GUARD_H */
