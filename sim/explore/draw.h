/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of a case that are drawn, not enumerated (generate.h), each from a seed of its own.
 */
#ifndef VIOSIM_EXPLORE_DRAW_H
#define VIOSIM_EXPLORE_DRAW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/walk.h"

struct draw_plan {
	const struct scenario_case *c;
	bool tell_plain;		/* write of its plain run too */
	unsigned depth;			/* random priorities for that depth; 0: swarms */
	uint64_t seed, count;		/* seeds seed, seed + 1, ... */
	bool lines;
	uint64_t noise;			/* as in struct walk_plan */
};

/* Writes what a walk does.  `number` is the case's for walker_skeleton(). */
void draw_runs(struct walker *walker, size_t number, const struct draw_plan *plan, FILE *out);

#endif /* VIOSIM_EXPLORE_DRAW_H */
