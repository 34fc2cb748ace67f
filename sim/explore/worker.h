/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker keeps from job to job, and how it writes what came of one.
 */
#ifndef VIOSIM_EXPLORE_WORKER_H
#define VIOSIM_EXPLORE_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"
#include "explore/edit.h"
#include "explore/inject.h"
#include "explore/perturb.h"
#include "explore/record.h"
#include "explore/trial.h"

struct explore;
struct job;

/* A case without its expectations, and what its baseline run found. */
struct base {
	struct edit *edit;		/* NULL: not made yet */
	struct trial_result result;
};

struct worker {
	struct trial trial;
	const struct explore *explore;
	struct base *base;		/* by case */
	struct inject_points points, variant;
};

void worker_init(struct worker *worker, const struct explore *explore);
/* Of a case, the worker's. */
const struct base *worker_base(struct worker *worker, size_t number);
/* The scenario of a run that a record names; edit_free().  NULL: there is no such case or plan. */
struct edit *worker_edit(struct worker *worker, const char *base, const char *plan);
/* The variant of a case that a seed draws; *bound as generate_depth() has it, or 0. */
struct edit *worker_draw(struct worker *worker, size_t number, uint64_t seed, double *bound);

/*
 * What newest perturbation of a plan interrupts or makes fail, in words: what tells mistakes apart
 * that end in the same finding.
 */
void worker_cause(struct worker *worker, const struct edit *edit,
    const struct perturbation *newest, char cause[RECORD_CAUSE]);

/* ---- what came of a job ---- */

struct job_out {
	struct worker *worker;
	const struct job *job;
	size_t number;			/* of the case */
	FILE *stream;
	struct record run;		/* the next to be reported */
	struct { VEC_MEMBERS(struct record_silent); } known;	/* written once already */
	struct record_job_end end;
};

void job_out_init(struct job_out *out, struct worker *worker, const struct job *job, FILE *stream);

/* One in so many of all runs is done twice, and each that finds something first. */
#define RUNS_AGAIN_EACH 64

/*
 * Do a run and tell of it.  `point` may be 0, `parent` is the run that it adds a perturbation to,
 * NULL for a baseline run; `points` may be NULL.  A plan that is a text is none of
 * perturbations: "seed 7".
 */
struct job_run {
	struct edit *edit;
	const struct plan *plan;
	const char *drawn;
	uint64_t point;
	double bound;
	const struct trial_result *parent;
	const char *cause;		/* of what the parent does not find; "" */
	bool leaks_only;		/* it is a cause of leaks alone: they are found where the
					   memory came from, whatever lost it */
	struct inject_points *points;
};
void job_run(struct job_out *out, const struct job_run *run, struct trial_result *result);
void job_out_child(struct job_out *out, const struct plan *plan, uint64_t point, uint32_t seq);
/* The last line. */
void job_out_end(struct job_out *out);

#endif /* VIOSIM_EXPLORE_WORKER_H */
