/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trials: many runs of scenarios in this process, each from power on, and what they found.
 *
 * The driver's variables are put back before each run and host memory is handed on, so a trial
 * costs what the run costs.  A driver that crashes or loops is a finding as ever; what takes
 * the process down all the same is the pool's business (pool.h).
 */
#ifndef VIOSIM_EXPLORE_TRIAL_H
#define VIOSIM_EXPLORE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "explore/inject.h"
#include "machine/regions.h"
#include "run/manifest.h"
#include "run/run.h"
#include "scenario/scenario.h"

struct trial {
	struct module *module;
	struct module *nodiag;		/* its build without DIAGNOSTIC; NULL: there is none */
	struct source *source;		/* of the module that was run last */
	const struct run_result *running;	/* the run that goes on, or the last */
	const struct manifest *manifest;	/* NULL: no defect is known */
	struct regions regions;
	struct recorder *recorder;	/* who lists points */
	uint64_t runs;			/* so far */
	/*
	 * Endless loops that need not be run to their end: the finding is the same, the digest
	 * is not.  NULL: none.
	 */
	const struct loops *loops;
	/* Once a run has a new error that this one has not, it has so many more events (NULL: no
	   such bound). */
	const struct trial_result *parent;
	uint32_t events_after;
	/* Called with each world whose points are not asked for, before it starts; or NULL. */
	void (*started)(void *arg, struct world *world);
	void *arg;
};

/* What a run did against a rule, apart from when: the same for the same mistake. */
struct trial_finding {
	uint64_t key;			/* rule, driver function and line; without a line the text
					   without numbers; and whether `like` says something */
	const struct rule *rule;
	const struct defect *defect;	/* of the manifest; NULL: new */
	char function[64];		/* "" if unknown */
	char file[96];
	unsigned line;			/* 0 if unknown */
	uint64_t time_ns;
	uint32_t seq;
	char text[320];
	char like[200];			/* "viomb-02 under other circumstances: ..."; or "" */
};

#define TRIAL_FINDINGS_MAX 24

struct trial_result {
	struct trial_finding finding[TRIAL_FINDINGS_MAX];	/* in order, each key once */
	unsigned dropped;		/* findings beyond that */
	unsigned findings;		/* kept; scenario.* failures are not among them */
	uint64_t digest;
	enum world_end end;
	struct run_counts counts;
	struct loops_met loops;
};

/*
 * Module and manifest are borrowed.  X.nodiag.so, which machines with
 * `diagnostic: false` need, is opened when it lies beside X.so.
 */
void trial_init(struct trial *trial, struct module *module, const struct manifest *manifest);
void trial_fini(struct trial *trial);

/* The driver as that machine needs it; NULL when that build is missing. */
struct module *trial_module(const struct trial *trial, const struct scenario_machine *machine);

/*
 * One run, on a machine for which there is a module.  `points` (may be NULL) gets the run's
 * points, in order; what was in it is gone.
 */
void trial_run(struct trial *trial, const struct scenario_case *c, struct inject_points *points,
    struct trial_result *result);

/*
 * The same for whoever looks on by other means: `run` says how (its module, regions and loops are
 * filled in).  Ends with run_result_fini() by the caller.
 */
void trial_watch(struct trial *trial, const struct scenario_case *c, struct run_options *run,
    struct run_result *result);

/*
 * Why the run ended before its scenario was over, in a word or two; NULL: it did not, or a known
 * defect explains it, or the device brought the kernel down, which ends any driver's run.
 */
const char *trial_ended_early(const struct trial_result *result);

/* The finding with that key, or NULL. */
const struct trial_finding *trial_find(const struct trial_result *result, uint64_t key);

#endif /* VIOSIM_EXPLORE_TRIAL_H */
