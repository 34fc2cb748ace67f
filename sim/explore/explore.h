/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring: walk after walk, from the plain runs of some cases outwards, the cheap and
 * fruitful ones first, until there is none left within the bounds.
 *
 * Order.  A walk's rank is 0 from the plain run on a scenario's first machine, one more on
 * another machine, one more for each failure and two more for each happening it starts with,
 * and one more each time it is continued.  Lower ranks come first; of equal ranks, every case
 * gets its turn, kind of happening after kind of happening.  What comes of it depends on the
 * bounds alone, not on how many workers there are; a bound of time cuts it anywhere.
 */
#ifndef VIOSIM_EXPLORE_EXPLORE_H
#define VIOSIM_EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/cluster.h"
#include "explore/walk.h"

struct explore_options {
	unsigned preemptions, faults;	/* the most of each in a run */
	bool reduction;
	bool drawn;			/* draw runs instead: */
	unsigned depth;			/* with random priorities for that depth; 0: swarms */
	uint64_t seed;			/* the first run's; each has its own */
	unsigned jobs;
	uint64_t ms_max;		/* of the host's time; 0: no bound */
	uint64_t runs_max;		/* stop after the walk that reaches it; 0: no bound.
					   Drawn: so many, in turn of all cases */
	bool lines;			/* `line` is called for each run */
	unsigned shard, shards;		/* do the Kth of N parts, from 1; 0, 0: all */
	const char *state;		/* file of finished walks, or NULL */
	uint64_t noise;			/* for tests: makes runs irreproducible (normally 0) */
};

/*
 * What can have led to a group of findings: what the newest deviation interrupted or made fail.
 * Each has a story of its own; those that shrink to the same one are one.
 */
struct explore_cause {
	uint64_t key;			/* of the group */
	char *text;			/* "": the plain run shows it */
	uint64_t runs, first;		/* number of the first */
	char *scenario;			/* YAML: the simplest as found, then shrunk */
	size_t steps;
	bool shrunk, verified, complete;
	char *why;			/* the pair of events behind it, or NULL */
	size_t group;			/* index of the group, */
	unsigned turn;			/* in it: set by explore_shrink() */
	bool same;			/* as an earlier one of the group */
};

#define EXPLORE_STORIES_MAX 5		/* of a group that are shrunk */

struct explore {
	struct explore_options options;
	const struct scenario_case *c;	/* cases, each with plain choices */
	size_t cases;
	struct module *module;
	const struct manifest *manifest;	/* or NULL */
	/* May be NULL: a run as JSON; a finding seen for the first time; now and then. */
	void (*line)(void *arg, const char *json);
	void (*found)(void *arg, const struct cluster *cluster, const char *id,
	    const char *plan);
	void (*tick)(void *arg, const struct explore *explore);
	void *arg;
	/* What came of it. */
	struct clusters clusters;
	struct explore_cause *cause;	/* after explore_run() in order of groups, then runs */
	size_t causes, causes_max;
	bool shrinking;
	uint64_t runs, skipped, moments;	/* moments: of the plain runs */
	double bound;			/* with priorities: the least of any run (generate.h) */
	size_t walks, walks_known;	/* done, and found so far */
	size_t ended;			/* baseline runs that ended early (trial_ended_early) */
	size_t plains, plains_known;	/* plain runs done, and to be done: one for each case */
	unsigned lost;			/* walks that took their process with them */
	unsigned differ;		/* runs that were not the same twice */
	char why[512];			/* of the first of either */
	bool bad_state;			/* the state file is no good: nothing was run */
	bool state_full;		/* it could not be written any more: ended early */
	bool complete;			/* nothing within the bounds was left out */
	struct explore_queue *queue;
	struct explore_state *kept;
	int64_t begin_ms;
};

/*
 * The groups are sorted.  False, after a message, when nothing came of it: the state file is bad
 * or cannot be written, or the host cannot run the workers.
 */
bool explore_run(struct explore *explore);

/*
 * Shrink the stories of the first causes of each group that is no known defect, at most `ms` of
 * the host's time each and `all_ms` in all.
 */
bool explore_shrink(struct explore *explore, uint64_t ms, uint64_t all_ms);

void explore_fini(struct explore *explore);

/* The host's clock; for bounds and progress alone. */
int64_t explore_now_ms(void);

#endif /* VIOSIM_EXPLORE_EXPLORE_H */
