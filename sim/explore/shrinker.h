/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the files of the shrinker: the best scenario so far and how another one is tried.
 * shrink.c drops steps, shrink_value.c makes values, times and points simple.
 */
#ifndef VIOSIM_EXPLORE_SHRINKER_H
#define VIOSIM_EXPLORE_SHRINKER_H

#include "base/vec.h"
#include "explore/edit.h"
#include "explore/shrink.h"
#include "explore/trial.h"
#include "scenario/table.h"

struct shrinker {
	struct trial *trial;
	const struct shrink_options *options;
	uint64_t key;
	uint64_t cause;			/* of the race (shrink.h); 0: it is none */
	struct edit *best;
	struct trial_finding finding;	/* as it shows there */
	unsigned others;		/* errors that show there besides */
	bool alone;			/* only take what shows no more of them */
	bool hits_limit;		/* the scenario that was given ends at a limit */
	bool over;			/* no more runs or time */
	uint64_t first_run, first_ms;
	struct { VEC_MEMBERS(uint64_t); } seen;	/* hashes of what was tried */
};

/* Run the candidate; it becomes the best if it shows the finding, and is freed if not. */
bool shrinker_try(struct shrinker *shrinker, struct edit *candidate);

static inline struct scenario_steps *
shrinker_steps(const struct shrinker *shrinker)
{
	return &shrinker->best->scenario.steps;
}

/* Each goes one way only, towards the simpler; true if anything changed. */
bool shrink_values(struct shrinker *shrinker);
bool shrink_times(struct shrinker *shrinker);
bool shrink_points(struct shrinker *shrinker);
/* Points count from power on: they move to the head of the list. */
struct edit *shrink_hoisted(struct shrinker *shrinker);

#endif /* VIOSIM_EXPLORE_SHRINKER_H */
