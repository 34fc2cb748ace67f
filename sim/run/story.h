/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run in the making: the world, what lives in it, and how far the story is told.
 * For the files of this folder.
 */
#ifndef VIOSIM_RUN_STORY_H
#define VIOSIM_RUN_STORY_H

#include "device/class.h"
#include "fault/fault.h"
#include "machine/world.h"
#include "rules/rules.h"
#include "run/run.h"

enum attach_state { ATTACH_NONE, ATTACH_OK, ATTACH_FAILED };

struct story {
	const struct scenario_case *c;
	const struct scenario *scenario;
	const struct scenario_machine *machine;
	const struct run_options *options;
	struct run_result *result;
	const struct module_attachment *driver;
	const char *driver_name;	/* what autoconf calls it */
	struct device device;
	struct faults faults;
	struct rules *rules;
	struct expect_env env;
	enum attach_state attach;
	bool attach_over;		/* the autoconf context is done */
	bool detaching;			/* it is in the driver's detach function */
	uint64_t base_ns;		/* when the first attach was over: `at:` counts from here */
	uint64_t previous_ns;		/* when the previous step was done */
	size_t at_step;			/* the step being told */
	bool claims_broken[64];		/* an always/never is reported once */
	bool judging;			/* claims are being evaluated: no recursion */
	bool telling;			/* a step of the scenario is being told */
	char *log;			/* the console so far */
	size_t log_length;
	struct story_point {
		struct story *story;
		const struct scenario_step *step;
		const struct point *armed;	/* NULL: it waited for none */
		bool reached;
		uint32_t context;	/* that it holds */
	} point[SCENARIO_POINTS_MAX];
	unsigned points;
	struct world world;		/* last: world_init() makes it anew by itself */
};

/* build.c: the configuration from plain data. */
void story_world_config(const struct story *story, struct world_config *config);

/* observe.c: what expectations see, beside what the device's class has. */
extern const struct observable run_observables[];
void story_env_init(struct story *story);
struct context *story_thread(struct world *world);

/* judge.c: expectations and rules at their moments. */
void story_fail(struct story *story, struct loc loc, const char *what,
    const char *expected, const char *actual);
void story_fail_expect(struct story *story, const struct expect *expect, const char *what);
/*
 * It can no longer be known: the run ended (world.end) before it came true, stayed true until
 * `end_ns` or was looked at.  A failure too.
 */
void story_undecided(struct story *story, struct loc loc, const char *what,
    const char *expected, uint64_t end_ns);
/* At the end of a run that ended early: count what was never judged. */
void story_count_undecided(struct story *story);
void story_watch_claims(struct story *story);
void story_settle(struct story *story, uint64_t within_ns);
void story_view(void *arg, struct rules_view *view);

/* attach.c: power on, attach, detach, reboot. */
void story_attach(struct story *story);
void story_detach(struct story *story);
void story_reboot(struct story *story);

/* points.c: `deliver` and `hold`. */
void story_point(struct story *story, const struct scenario_step *step);
/* `hold until STEP`: the step that begins now is it, and whoever is held may go on. */
void story_release_holds(struct story *story);
/* A story whose points were not reached tells nothing: a failure for each. */
void story_points_unreached(struct story *story);

/* steps.c: the steps in order. */
void story_tell(struct story *story);
/* Let everything of the present instant happen. */
void story_drain(struct story *story);

#endif /* VIOSIM_RUN_STORY_H */
