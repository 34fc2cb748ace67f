/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sweeping: a plain run tells which calls could fail and where interrupts could come; then each
 * of these happens once, in a run of its own.
 */
#ifndef VIOSIM_EXPLORE_SWEEP_H
#define VIOSIM_EXPLORE_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/deviation.h"
#include "explore/edit.h"
#include "explore/outcome.h"
#include "explore/trial.h"

struct sweep_options {
	bool no_faults, no_moments;
	bool contract;		/* also failures that only the manual page allows */
	bool all_stacks;	/* also at call stacks that the case has shown before */
	bool pairs;		/* after each failure, every other that is possible then */
};

/* One run to be done: the plain run of its case and one thing more. */
struct sweep_try {
	struct deviation what;
	uint64_t point;		/* call stack; with an interrupt also what was going on */
	uint32_t seq;		/* events of the plain run before it */
};

struct sweep_plan {
	struct sweep_try *item;
	size_t count, max;
	struct outcome plain;	/* of the plain run, with its points */
};

void sweep_plan_init(struct sweep_plan *plan);
void sweep_plan_fini(struct sweep_plan *plan);

/*
 * What can be tried in the skeleton of a case.  Of equal call stacks the first is taken
 * (all_stacks: each).  `base` is the id that outcomes shall have.
 */
void sweep_plan_make(struct sweep_plan *plan, struct trial *trial, const struct edit *skeleton,
    const char *base, const struct sweep_options *options);

/* The tries as lines of text and back, for another process.  False: no such text. */
void sweep_plan_print(const struct sweep_plan *plan, FILE *stream);
bool sweep_plan_parse(struct sweep_plan *plan, const char *text);

/*
 * Do one try; with pairs, also every pair that begins with it.  `done` is told the outcome of
 * each run; numbers count from `number`.
 */
void sweep_try_run(const struct sweep_try *try, struct trial *trial,
    const struct edit *skeleton, const struct outcome *plain, uint64_t number,
    const struct sweep_options *options, void (*done)(void *arg, struct outcome *outcome),
    void *arg);
#define SWEEP_RUNS_MAX 1000000	/* numbers that a try may need */
/* The outcome of its first run without what came of it. */
void sweep_try_describe(const struct sweep_try *try, const struct outcome *plain,
    uint64_t number, struct outcome *outcome);

#endif /* VIOSIM_EXPLORE_SWEEP_H */
