/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Build a world for one case of a scenario, run it, and keep what came of it.
 *
 * run_case() does everything in this process and leaves nothing behind but the result;
 * isolate.h does the same in a process of its own.
 */
#ifndef VIOSIM_RUN_RUN_H
#define VIOSIM_RUN_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/choice.h"
#include "machine/trace.h"
#include "machine/world.h"
#include "rules/finding.h"
#include "run/facts.h"
#include "run/loops.h"
#include "run/module.h"
#include "scenario/scenario.h"

/* An expectation of the scenario that did not hold, or was not decided. */
struct failure {
	struct loc loc;			/* in the scenario */
	char file[128];			/* its file, as given on the command line */
	uint64_t time_ns;
	uint32_t seq;			/* event after which it was checked */
	char what[32];			/* "expect", "within 2s", "always", "never", ... */
	char expected[160];
	char actual[160];
	/* Of `expect-trace`, event by event; heap, NULL for all others. */
	struct failure_row {
		char *expected;
		char *actual;		/* NULL: it did not come to that */
		uint64_t time_ns;	/* of the actual one */
		bool differs;
	} *row;
	size_t rows;
};

#define FAILURES_MAX 32

struct run_counts {
	uint64_t virtual_ns;		/* from power on to the end */
	uint32_t events;
	uint64_t accesses;		/* instrumented memory accesses of the driver */
	uint64_t draws;			/* choices that could have gone otherwise */
	unsigned faults_armed, faults_struck;
	unsigned faults_idle;		/* armed, and never struck */
	uint64_t idle;			/* which: bit n for the nth armed */
};

/* What came of a case.  Owned by the caller; run_result_fini() ends it. */
struct run_result {
	struct findings findings;
	struct failure failure[FAILURES_MAX];
	unsigned failures;		/* kept; further ones are only counted in failures_all */
	unsigned failures_all;
	enum world_end end;
	char end_text[256];
	/*
	 * Expectations that the run did not come to, or that held until it ended early.  One that
	 * was being waited for when it ended is a failure.
	 */
	struct {
		unsigned steps, claims, finally;
		char why[80];		/* "the run ended at 10s by limits.time" */
	} undecided;
	char unmet[160];		/* what the scenario needs and the driver has not, or "" */
	uint64_t digest;
	struct run_counts counts;
	unsigned steps_done, steps;
	struct loops_met loops;
	struct run_facts facts;		/* behind the findings */
	bool refused;			/* the driver does not match the device: the run stopped */
};

struct run_options {
	struct module *module;		/* the driver */
	const char *driver;		/* its attachment, e.g. "viomb"; NULL: all of them */
	const char *name;		/* of its devices, up to 14 bytes; NULL: like `driver` */
	bool keep_trace;		/* whole record, for reports */
	struct regions *regions;	/* host memory from run to run, or NULL */
	const struct loops *loops;	/* known ones, or NULL: every one is run to its end */
	uint64_t draw_noise;		/* the planted source of nondeterminism (normally 0) */
	/* Called with the world that is about to be switched on; may be NULL. */
	void (*started)(void *arg, struct world *world);
	/* Called with the finished world, before it is taken down; may be NULL. */
	void (*finished)(void *arg, struct world *world, const struct run_result *result);
	void *arg;
	/*
	 * Called when there are more findings than before: how many more events the run may have;
	 * UINT32_MAX: as many as anyway.  May be NULL.
	 */
	uint32_t (*more_events)(void *more_arg, const struct findings *findings);
	void *more_arg;
};

/* Names known to this build, for the scenario loader. */
const struct scenario_vocab *run_vocab(void);

/* How many steps at the head of the list are done before the driver attaches. */
size_t run_head(const struct scenario *scenario);

void run_case(const struct scenario_case *c, const struct run_options *options,
    struct run_result *result);
void run_result_fini(struct run_result *result);

/* All that a case is made of, with its defaults: a scenario that runs and has its digest. */
void run_configuration(const struct scenario_case *c, FILE *stream);
/* The same as JSON, in one line; heap. */
char *run_configuration_json(const struct scenario_case *c);

#endif /* VIOSIM_RUN_RUN_H */
