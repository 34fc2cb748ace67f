/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run: the world, what lives in it, and how far the steps are.
 * For the files of this folder.
 */
#ifndef VIOSIM_RUN_STATE_H
#define VIOSIM_RUN_STATE_H

#include "device/class.h"
#include "fault/fault.h"
#include "machine/world.h"
#include "rules/rules.h"
#include "run/run.h"

enum attach_state { ATTACH_NONE, ATTACH_OK, ATTACH_FAILED, ATTACH_RUNNING };
enum detach_state {
	DETACH_NONE, DETACH_OK, DETACH_FAILED, DETACH_RUNNING,
	DETACH_UNSUPPORTED	/* the driver cannot detach */
};

struct run {
	const struct scenario_case *c;
	const struct scenario *scenario;
	const struct scenario_machine *machine;
	const struct run_options *options;
	struct run_result *result;
	struct hw_driver driver[HW_DRIVERS];	/* that autoconf asks, in this order */
	unsigned drivers;
	struct device device[HW_DEVICES];
	unsigned devices;
	struct run_driver {		/* and how the driver is with each of them */
		struct run *run;
		enum attach_state attach;
		enum detach_state detach;	/* the last one */
		uint64_t detach_began_ns, detach_ended_ns;
		bool is_gone;		/* detached since it attached */
	} with[HW_DEVICES];
	struct faults faults;
	struct rules *rules;
	struct expect_env env;
	const struct device *env_device[HW_DEVICES];
	unsigned autoconfs;		/* attaches and detaches that go on */
	uint64_t base_ns;		/* when the first attach was over: `at:` counts from here */
	uint64_t previous_ns;		/* when the previous step was done */
	size_t at_step;			/* the step that is done */
	bool *claims_broken;		/* an always/never is reported once: always, then never */
	bool checking;			/* claims are being evaluated: no recursion */
	bool in_steps;			/* the scenario's steps are not over */
	uint64_t busy_until_ns;		/* the guest, by the steps so far */
	uint64_t features;		/* that the driver has accepted so far */
	uint64_t *possible;		/* by fault: calls that can fail so; or NULL */
	size_t findings_seen;		/* that options->more_events has seen */
	char *log;			/* the console so far */
	size_t log_length;
#define HOLDS_EVERY UINT32_MAX
	struct run_point {
		struct run *run;
		const struct scenario_step *step;
		const struct point *armed;	/* NULL: it waited for none */
		bool reached;
		uint32_t context;	/* that it holds; HOLDS_EVERY: all threads */
	} point[SCENARIO_POINTS_MAX];
	unsigned points;
	struct trace_watch *watch;	/* by step; NULL without a step `expect-trace` */
	struct world world;		/* last: world_init() makes it anew by itself */
};

/* build.c: the configuration from plain data. */
void run_world_config(const struct run *run, struct world_config *config);

/* observe.c: what expectations see, beside what the device's class has. */
extern const struct observable run_observables[];
void run_env_init(struct run *run);
void run_env_fini(struct run *run);
/* A kernel thread of the driver's that is still there; the first of them, or NULL. */
bool run_is_thread(const struct context *context);
const struct context *run_thread(const struct world *world);

/* run.c: after a step of the world, ask options->more_events. */
void run_limit(struct run *run);

/* steps.c, for the vocabulary: see its member `check_fault`. */
char *run_about(const char *name);	/* of the vocabulary */
bool run_check_fault(const struct scenario_fail *fail, const char **key, char *why, size_t size);

/* checks.c: expectations and rules, each when it is due. */
/* NULL: there are too many, and it is only counted. */
struct failure *run_fail(struct run *run, struct loc loc, const char *what,
    const char *expected, const char *actual);
/* An expectation has failed: let the rules say why. */
void run_rules_overdue(struct run *run);
void run_fail_expect(struct run *run, const struct expect *expect, const char *what);
/*
 * It can no longer be known: the run ended (world.end) before it came true, stayed true until
 * `end_ns` or was looked at.  A failure too.
 */
void run_undecided(struct run *run, struct loc loc, const char *what,
    const char *expected, uint64_t end_ns);
/* At the end of a run that ended early: count what was never checked. */
void run_count_undecided(struct run *run);
/*
 * At the end of any run: does the scenario apply to the driver?  Else its expectations, which
 * are for other drivers, have not failed.
 */
void run_needs(struct run *run);
void run_failures_drop(struct run_result *result);
void run_watch_claims(struct run *run);
void run_settle(struct run *run, uint64_t within_ns);
void run_view(void *arg, unsigned device, struct rules_view *view);

/* attach.c: power on, attach, detach, reboot. */
void run_attach(struct run *run);
void run_attach_again(struct run *run);
void run_detach(struct run *run, unsigned device);
/* Is what the device's host wants the driver's to do?  A second device it may have refused. */
bool run_is_worked(const struct run *run, unsigned device);
void run_reboot(struct run *run);

/* points.c: `deliver` and `hold`. */
void run_point(struct run *run, const struct scenario_step *step);
/* `hold until STEP`: the step that begins now is it, and whoever is held may go on. */
void run_release_holds(struct run *run);
/* A scenario whose points were not reached shows nothing: a failure for each. */
void run_points_unreached(struct run *run);

/* expect_trace.c: `expect-trace`. */
void run_traces_init(struct run *run);
void run_traces_fini(struct run *run);
void run_trace_begin(struct run *run, const struct scenario_step *step);
/* Nothing more comes: what has not is a failure. */
void run_traces_end(struct run *run);
const struct scenario_event_kind *run_event_kinds(void);

/* steps.c: the steps in order. */
void run_steps(struct run *run);

#endif /* VIOSIM_RUN_STATE_H */
