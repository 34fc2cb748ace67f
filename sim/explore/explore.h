/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring: runs of some cases with what could have gone otherwise, by one of three strategies,
 * in worker processes, until none is left within the bounds.
 *
 * A strategy queues jobs; a job does some runs and may come upon further jobs.  Jobs of a lower
 * rank come first; of equal ranks, by turn, then by case.  What comes of it depends on the bounds
 * alone, not on how many workers there are; a bound of time cuts it anywhere.
 */
#ifndef VIOSIM_EXPLORE_EXPLORE_H
#define VIOSIM_EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"
#include "explore/edit.h"
#include "explore/inject.h"
#include "explore/perturb.h"
#include "explore/record.h"
#include "explore/tally.h"
#include "explore/trial.h"

struct explore;
struct worker;

/* Some work, known by the names that the strategies give to its members. */
struct job {
	size_t number;			/* of the case */
	struct plan plan;		/* of the run that it starts from */
	unsigned kind;			/* bounded: where it goes on */
	size_t at;
	uint64_t seed, count;		/* drawn: runs */
	uint64_t point;			/* sweep: call stack of what is tried, */
	uint32_t seq;			/* and events of the baseline run before it */
	unsigned rank;
	uint64_t turn;
	bool is_base;			/* it writes the baseline run of its case */
	/* Of its first run, if that is settled beforehand; 0: runs are numbered as they come. */
	uint64_t first;
	bool elsewhere;			/* its runs are reported by another part */
};

struct strategy {
	unsigned seconds;		/* the most that a job may take */
	bool finds_twice;		/* a run with something new for its job is done twice */
	/* In the parent: queue the first jobs (explore_add()). */
	void (*plan)(struct explore *explore);
	/* In a worker. */
	void (*work)(struct worker *worker, const struct job *job, FILE *out);
	/* In the parent, in order of jobs: before what it wrote is read, and what it came upon.
	   False: such a child makes no sense.  NULL: nothing is done, there are none. */
	void (*begin)(struct explore *explore, struct job *job);
	bool (*child)(struct explore *explore, const struct job *job,
	    const struct record_child *child);
};

/*
 * sweep: each call that can fail fails once and from then on, each interrupt comes at each point.
 * bounded: all sets of so many perturbations, in order of time.  drawn: at random.
 */
extern const struct strategy explore_sweep, explore_bounded, explore_drawn;

struct explore_options {
	const struct strategy *strategy;
	/* sweep */
	bool no_faults, no_interrupts;
	bool contract;			/* also failures that only the manual page allows */
	bool all_stacks;		/* also at call stacks that the case has shown before */
	bool pairs;			/* after each failure, every other that is possible then */
	/* bounded */
	unsigned preemptions, faults;	/* the most of each in a run */
	unsigned cpus;			/* 0: as many as the threads of the driver can use */
	bool reduction;			/* leave out what is known to be equivalent (bounded.c) */
	/* drawn */
	unsigned depth;			/* so many events less 1 in a run; 0: swarms */
	uint64_t seed;			/* the first run's; each has its own */
	/* all */
	unsigned jobs;			/* workers */
	uint64_t ms_max;		/* of the host's time; 0: no bound */
	uint64_t runs_max;		/* stop after the job that reaches it; drawn: so many */
	bool fail_fast;			/* stop at the first new finding */
	bool lines;			/* `run` is called for each run, not only for the first of
					   a kind */
	unsigned shard, shards;		/* do the Kth of N parts, from 1 */
	const char *state;		/* file of finished jobs, or NULL */
	uint64_t noise;			/* for tests: makes runs irreproducible (normally 0) */
};

/* A run has at most so many times the events of its baseline run, and so many more. */
#define EXPLORE_EVENTS_TIMES 4
#define EXPLORE_EVENTS_MORE 2000
#define EXPLORE_REDUCED_MAX 5		/* of one finding, by cause, that are reduced */

struct explore {
	struct explore_options options;
	const struct scenario_case *c;
	size_t cases;
	struct module *module;
	const struct manifest *manifest;	/* or NULL */
	/* May be NULL: a run; a finding seen for the first time; now and then. */
	void (*run)(void *arg, const struct record *run);
	void (*found)(void *arg, const struct cluster *cluster);
	void (*tick)(void *arg, const struct explore *explore);
	void *arg;
	/* What came of it. */
	struct tally tally;
	uint64_t skipped;		/* runs that are equivalent to others */
	uint64_t limited;		/* runs ended by EXPLORE_EVENTS_TIMES */
	uint64_t points;		/* injection points of the baseline runs */
	uint64_t left_out;		/* numbers of the host: injections.h */
	uint64_t many_cpus;		/* cases with more than one CPU */
	uint64_t units;			/* sweep: baseline runs and tries of all parts */
	double bound;			/* with a depth: the least of any run (generate.h) */
	size_t jobs, jobs_known;	/* done, and found so far */
	size_t bases_known;		/* baseline runs to be done */
	unsigned differ;		/* runs that were not the same twice */
	char *why;			/* of the first */
	bool bad_state;			/* the state file is no good: nothing was run */
	bool state_full;		/* it could not be written any more: ended early */
	bool reducing;			/* it is at that */
	bool cut;			/* a bound ended it */
	bool complete;			/* nothing within the bounds was left out */
	uint64_t begin_ns;		/* host_ns() */
	uint64_t children[2];		/* bounded: of a job, by whether they end with a failure */
	struct explore_queue *queue;
	struct explore_state *kept;
};

/*
 * The tally is sorted.  False, after a message, when nothing came of it: the state file is bad or
 * cannot be written, or the host cannot run the workers.  explore_fini() in either case.
 */
bool explore_run(struct explore *explore);
void explore_fini(struct explore *explore);

/* The bounds and cases in one line: two parts of one whole have the same. */
char *explore_describe(const struct explore *explore);	/* heap */

/*
 * Find a small scenario for each finding that is no known defect (`baseline`: also for those that
 * a scenario shows as it stands; without `lints` errors only); each may take so many runs and so
 * much of the host's time, all together `all_ms` (0: no bound).
 */
struct explore_reduce {
	uint64_t runs, ms, all_ms;
	bool lints, baseline;
};
bool explore_reduce(struct explore *explore, const struct explore_reduce *reduce);

/* For strategies. */
void explore_add(struct explore *explore, const struct job *job);
/* Of random events; 0: swarms (generate.h). */
unsigned explore_depth(const struct explore *explore);
/* Is the Nth piece of work (from 0) this part's? */
bool explore_is_ours(const struct explore *explore, uint64_t number);

/* ---- workers: what one keeps from job to job, and how it writes what came of one ---- */

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
/* The run that the job starts from, told if it is a baseline run; worker->points are its points. */
void job_begin(struct job_out *out, struct edit *edit, struct trial_result *result);
void job_out_child(struct job_out *out, const struct plan *plan, uint64_t point, uint32_t seq);
/* The last line. */
void job_out_end(struct job_out *out);

/*
 * NULL when a second run has that digest.  Otherwise a sentence about the first event in which
 * runs of the case differ; free() it.  `noise` is 0 but for tests: it makes every run another.
 */
char *same_again(struct trial *trial, const struct scenario_case *c, uint64_t digest,
    uint64_t noise);

#endif /* VIOSIM_EXPLORE_EXPLORE_H */
