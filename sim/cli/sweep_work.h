/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work of `viosim sweep`: plan, run, shrink, all in worker processes.
 */
#ifndef VIOSIM_CLI_SWEEP_WORK_H
#define VIOSIM_CLI_SWEEP_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/sweep.h"
#include "explore/tally.h"
#include "explore/trial.h"
#include "report/explored.h"

struct sweep_flags {
	struct sweep_options options;
	unsigned jobs;
	unsigned shard, shards;		/* 1 of 1: everything */
	uint64_t runs_max;		/* 0: no bound */
	bool fail_fast;
	bool verbose, progress;
};

/* A case to be swept. */
struct sweep_base {
	const struct scenario_case *c;
	char *tries;			/* sweep_plan_print()'s text */
	struct outcome plain;
	size_t first;			/* number of its plain run among the units of work */
	size_t count;			/* of its tries */
};

struct sweep_work {
	const struct sweep_flags *flags;
	struct trial trial;		/* workers inherit it */
	struct sweep_base *base;
	size_t bases;
	struct explored_file *ndjson;	/* or NULL */
	struct tally tally;
	struct explored_reader reader;
	struct explored_story *story;	/* one for each mistake that was shrunk */
	size_t stories;
	uint64_t planned;		/* runs of all shards */
	bool cut;			/* runs_max or fail_fast ended it */

	/* Of this process only. */
	size_t *unit;			/* this shard's tries */
	size_t units;
	size_t plains, plains_told;	/* this shard's plain runs; bases that were looked at */
	struct edit *skeleton;		/* of base `at` */
	struct sweep_plan plan;
	size_t at;
	struct outcome outcome;
};

/* The module and the manifest are borrowed. */
void sweep_work_init(struct sweep_work *work, const struct sweep_flags *flags,
    struct module *module, const struct manifest *manifest);
void sweep_work_fini(struct sweep_work *work);
void sweep_work_add(struct sweep_work *work, const struct scenario_case *c);

/* Each is false when the host could not run the workers. */
bool sweep_work_plan(struct sweep_work *work);
bool sweep_work_run(struct sweep_work *work);
bool sweep_work_shrink(struct sweep_work *work, bool lints);

/* The story "base\nplan" of a cluster as an edit; NULL when there is no such case. */
struct edit *sweep_work_edit(struct sweep_work *work, const char *scenario);

#endif /* VIOSIM_CLI_SWEEP_WORK_H */
