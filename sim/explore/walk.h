/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A walk: all runs that have one deviation more than a given one, later in time.
 *
 * Every set of deviations is a list in order of time, so walks from the plain run, then from
 * each run found by these, and so on, reach each set once.
 *
 * Reduction.  A happening placed at moment p of a run and at a later moment q makes the same
 * run when nothing that the interrupted context does from p to q has to do with what the
 * happening touched: the host's and the device's doings, and the handlers' until the context
 * goes on.  So after a run with the happening at p the next one has it at the first moment
 * after something that depends (moments_are_independent()), or after a change of context, of
 * interrupt level or of time.
 */
#ifndef VIOSIM_EXPLORE_WALK_H
#define VIOSIM_EXPLORE_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/deviation.h"
#include "explore/stage.h"
#include "explore/trial.h"

/* Where a walk goes on: which happening (stage.h), or failures, from which moment. */
#define WALK_FAULTS STAGES_MAX
#define WALK_STAGES (STAGES_MAX + 1)
struct walk_place {
	unsigned stage;
	size_t moment;
};

struct walk_plan {
	const struct scenario_case *c;
	struct plan plan;		/* of the run that the walk starts from */
	struct walk_place from;		/* {0, 0}: the beginning */
	bool one_stage;			/* that one only */
	unsigned preemptions, faults;	/* the most of each in a run */
	bool reduction;
	bool lines;			/* a line for each run */
	uint64_t noise;			/* planted: runs are done again with it (normally 0) */
	uint64_t cost_max;		/* go on in another walk after so many moments of runs;
					   0: do not stop */
};

/* Of the runs, one in so many is done twice. */
#define WALK_AGAIN_EACH 64

/* What a worker keeps from walk to walk. */
struct walker {
	struct trial trial;
	struct edit **skeleton;		/* by case; NULL: not made yet */
	size_t cases;
	struct moments base, variant;
};

void walker_init(struct walker *walker, struct module *module,
    const struct manifest *manifest, size_t cases);
void walker_fini(struct walker *walker);
/* Of a case (plain choices whatever its seeds); the walker's. */
const struct edit *walker_skeleton(struct walker *walker, size_t number,
    const struct scenario_case *c);

/*
 * Walks, and writes what came of it, one JSON object a line: "run" (if asked for), "found"
 * (each finding once, with its scenario), "child" (a run that can be walked from), "differ" (a
 * run was not the same twice), and "end" with the sums.
 */
void walk(struct walker *walker, size_t number, const struct walk_plan *plan, FILE *out);

#endif /* VIOSIM_EXPLORE_WALK_H */
