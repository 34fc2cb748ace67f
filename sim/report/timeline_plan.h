/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which events a timeline prints one by one, and which it only counts.
 *
 * A line is an event that is printed.  Lines that come round at least ROUNDS_MIN times in the
 * same order are printed once; the further rounds become one item.
 */
#ifndef VIOSIM_REPORT_TIMELINE_PLAN_H
#define VIOSIM_REPORT_TIMELINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

#define PLAN_ROUNDS_MIN 3
#define PLAN_PERIOD_MAX 256	/* lines of a round */
#define PLAN_SAVES_MIN 3	/* lines that a summary must save */

struct plan_line {
	uint64_t shape;		/* lines of equal shape may stand for each other */
	uint32_t seq;		/* the event */
};

struct plan_item {
	size_t line;		/* the first line of this item */
	size_t lines;		/* 1: it is printed; more: rounds * period lines, counted */
	size_t period;		/* lines of a round; 0: a single line that is printed */
};

struct plan {
	struct { VEC_MEMBERS(struct plan_line); } lines;
	struct { VEC_MEMBERS(struct plan_item); } items;
};

/* All zero is an empty plan.  Lines are added in order, then plan_make() makes the items. */
void plan_add(struct plan *plan, uint32_t seq, uint64_t shape);
/* `backward`: seen from the end, so that of like rounds the last one is printed. */
void plan_make(struct plan *plan, bool backward);
void plan_fini(struct plan *plan);

#endif /* VIOSIM_REPORT_TIMELINE_PLAN_H */
