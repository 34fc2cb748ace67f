/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario without its expectations: what the host, the device and the rest of the guest do,
 * and when.
 *
 * What may be expected at a point no longer holds when calls fail and interrupts come
 * elsewhere; what the rules demand does.  Steps that waited are gone: those after them stand at
 * the time at which they were done in the baseline run.  The end is that of every scenario:
 * faults healed, nothing more from the host, a settle, and the rules' last word.
 */
#ifndef VIOSIM_EXPLORE_BASELINE_H
#define VIOSIM_EXPLORE_BASELINE_H

#include "explore/edit.h"
#include "explore/inject.h"
#include "explore/trial.h"

/* `threads` (may be NULL) gets how many the driver started in that run. */
struct edit *baseline_new(struct trial *trial, const struct scenario_case *c, unsigned *threads);

/* ---- when the steps of a case were done, as one run of it tells ---- */

#define TIMING_NEVER UINT64_MAX

struct timing_step {
	uint64_t ns;			/* since power on, or TIMING_NEVER */
	uint32_t seq;			/* of its event; UINT32_MAX: never */
};

struct timing {
	struct timing_step *step;
	size_t steps;
	uint64_t end_ns;		/* when the run was over, since power on */
	unsigned threads;		/* that the driver started */
};

void timing_init(struct timing *timing, const struct scenario *scenario);
void timing_fini(struct timing *timing);
/* For struct run_options: from there on it is written down. */
void timing_started(void *timing, struct world *world);

/* The point of a `deliver` or `hold`; NULL when the step has none. */
struct scenario_point *timing_point(struct scenario_step *step);
/*
 * Which of the scenario's points the step's point is (index); SIZE_MAX: none, or nobody knows.
 * May run the scenario.
 */
size_t timing_struck(struct trial *trial, struct edit *edit, size_t step,
    const struct inject_points *points);

#endif /* VIOSIM_EXPLORE_BASELINE_H */
