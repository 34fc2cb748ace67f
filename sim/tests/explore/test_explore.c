/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/explore, bounded, perturb, same and the state file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "explore/perturb.h"
#include "explore/explore.h"
#include "tests/explore/rig.h"
#include "tests/stderr.h"
#include "tests/suite.h"

/* Few pages make few points: the runs without reduction are to be counted in thousands. */
#define TINY_SCENARIO RIG_TARGET("3")

/* ---- plans as text ---- */

static const char *const good_plans[] = {
	"",
	"next=3/256@before virtio_dequeue#2",
	"target=0@after mutex_enter#7; answer=inflate@line 502#12",
	"irq=config@before cv_timedwait#1; fail=kthread_create.enomem@before kthread_create#1",
	"irq=deflate@line 1#1",
	"hold=1us@line 7#2; hold=1us@after mutex_exit#1",
};

TEST_EACH(test_plan_text, good_plans)
{
	const char *text = good_plans[_i];
	struct plan plan = { .class = device_classes[0] };
	HEAP(again) = NULL;

	ck_assert(plan_parse(&plan, text));
	again = PRINTED(to, plan_print(&plan, to));
	ck_assert_str_eq(again, text);
}

static const char *const bad_plans[] = {
	"target=0", "target=x@line 1#1", "target=4294967296@line 1#1", "next=1@line 1#1",
	"answer=config@line 1#1", "irq=stats2@line 1#1", "fail=nothing@line 1#1",
	"irq=config@line 0#1", "irq=config@line 1#0", "irq=config@during mutex_exit#1",
	"irq=config@before no_such_call#1", "hold=config@line 1#1", ";",
	"irq=config@line 1#1;irq=config@line 1#1;irq=config@line 1#1;irq=config@line 1#1;"
	"irq=config@line 1#1;irq=config@line 1#1;irq=config@line 1#1",
};

TEST_EACH(test_plan_text_bad, bad_plans)
{
	struct plan plan = { .class = device_classes[0] };

	ck_assert_msg(!plan_parse(&plan, bad_plans[_i]), "%s", bad_plans[_i]);
}

/* The step that is brought forward is gone, those after it are there. */
TEST(test_plan_steps)
{
	struct plan plan = { .class = device_classes[0] };
	DOC(doc) = rig_doc("t.yaml", TINY_SCENARIO);
	EDIT(base) = rig_edit(doc, 0);
	EDIT(edit) = NULL;
	HEAP(text) = NULL;

	ck_assert(plan_parse(&plan, "next=0/3@line 9#4; "
	    "fail=kthread_create.enomem@before kthread_create#2"));
	edit = plan_apply(&plan, base);
	text = rig_text(edit);
	HAS(text, "\nsteps:\n  - deliver: {irq: config, at: \"line 9#4\", target: 3 pages}\n"
	    "  - fail: {id: explored-2, call: kthread_create.enomem, nth: 2}\n"
	    "  - settle: {within: 1s}\n");
}

/* ---- exploring ---- */

#define EXPLORED __attribute__((cleanup(explore_fini))) struct explore

static void
make_tiny(struct rig *rig, struct explore *explore, const struct explore_options *options)
{
	*explore = (struct explore){
		.options = *options, .c = rig_load(rig, TINY_SCENARIO), .cases = 1,
		.module = rig->module,
	};
	explore->options.strategy = &explore_bounded;
}

static void
explore_tiny(struct rig *rig, struct explore *explore, const struct explore_options *options)
{
	make_tiny(rig, explore, options);
	ck_assert(explore_run(explore));
}

static void
assert_same_groups(const struct explore *a, const struct explore *b)
{
	ck_assert_uint_eq(a->tally.clusters.count, b->tally.clusters.count);
	for (size_t i = 0; i < a->tally.clusters.count; i++) {
		const struct cluster *x = &a->tally.clusters.item[i];
		const struct cluster *y = &b->tally.clusters.item[i];

		ck_assert_msg(x->first.finding.key == y->first.finding.key &&
		    strcmp(x->first.cause, y->first.cause) == 0, "%s and %s",
		    x->first.finding.text, y->first.finding.text);
		ck_assert_uint_eq(x->runs, y->runs);
		ck_assert_uint_eq(x->number, y->number);
		ck_assert_str_eq(x->plan, y->plan);
	}
}

/* Different findings. */
static size_t
keys_of(const struct explore *explore)
{
	size_t count = 0;

	for (size_t i = 0; i < explore->tally.clusters.count; i++)
		count += tally_is_first(&explore->tally, i);
	return count;
}

/* The same mistakes with far fewer runs. */
RIG_TEST(test_reduction, rig_init)
{
	struct explore_options with = { .preemptions = 1, .reduction = true, .jobs = 2 };
	struct explore_options without = { .preemptions = 1, .jobs = 2 };
	EXPLORED a, b;

	explore_tiny(rig, &a, &with);
	explore_tiny(rig, &b, &without);
	ck_assert(a.complete && b.complete);
	ck_assert_uint_eq(keys_of(&a), keys_of(&b));
	ck_assert_uint_gt(keys_of(&a), 5);
	ck_assert_uint_eq(b.skipped, 0);
	ck_assert_uint_eq(a.tally.runs + a.skipped, b.tally.runs);
	ck_assert_uint_lt(3 * a.tally.runs, b.tally.runs);
}

RIG_TEST(test_finds, rig_init)
{
	struct explore_options options = {
		.preemptions = 1, .faults = 1, .reduction = true, .jobs = 2,
	};
	EXPLORED explore;
	unsigned steps_max = 0;

	explore_tiny(rig, &explore, &options);
	ck_assert(explore.complete);
	ck_assert_uint_eq(explore.differ, 0);
	ck_assert_uint_eq(explore.tally.lost.count, 0);
	ck_assert_uint_eq(explore.jobs, explore.jobs_known);
	/* The baseline shows the first, an injected event the next two, a failure the last. */
	ck_assert(rig_found(&explore.tally, "dma.pre-before-device", "PREWRITE covered"));
	ck_assert(rig_found(&explore.tally, "live.lost-wakeup", "known before it slept"));
	ck_assert(rig_found(&explore.tally, "live.deadlock", "0 pages"));
	ck_assert(rig_found(&explore.tally, "ring.free-queue", "while the device is live"));
	/* A failure and then an interrupt. */
	ck_assert(rig_found(&explore.tally, "lock.lifecycle", "destroyed"));
	ck_assert(explore_reduce(&explore, &(struct explore_reduce){
		.ms = 2000, .all_ms = 20000, .lints = true, .baseline = true,
	}));
	for (size_t i = 0; i < explore.tally.clusters.count; i++) {
		const struct record_reduced *reduced = explore.tally.clusters.item[i].reduced;

		ck_assert(!tally_is_first(&explore.tally, i) || reduced != NULL);
		ck_assert(reduced == NULL || reduced->verified);
		if (reduced != NULL && reduced->steps > steps_max)
			steps_max = reduced->steps;
	}
	ck_assert_uint_gt(explore.tally.clusters.count, keys_of(&explore));
	ck_assert_uint_le(steps_max, 12);
}

/* Who retries for ever is not waited for. */
RIG_TEST(test_long_runs, rig_init)
{
	struct explore_options options = { .preemptions = 1, .reduction = true, .jobs = 2 };
	EXPLORED explore;

	make_tiny(rig, &explore, &options);
	if (strcmp(module_attachment(rig->module, 0)->name, "viomb") == 0) {
		explore.c = rig_load(rig, RIG_HEAD "steps:\n"
		    "  - {at: 1s, target: 3 pages}\n  - {at: 2s, target: 0 pages}\n");
		ck_assert(explore_run(&explore));
		ck_assert(explore.complete);
		ck_assert_uint_gt(explore.limited, 0);
	}
}

/* Two threads that an interrupt wakes: one of them stops in the middle, and the other goes on. */
TEST(test_threads_on_cpus)
{
	struct explore_options options = {
		.preemptions = 1, .reduction = true, .jobs = 2,
	};
	struct explore explore;
	struct rig rig;

	rig_init_named(&rig, "pair");
	for (options.cpus = 0; options.cpus < 2; options.cpus++) {
		explore_tiny(&rig, &explore, &options);
		ck_assert(explore.complete);
		ck_assert_int_eq(rig_found(&explore.tally, "live.panic", "pair_count >= pair_done"),
		    options.cpus == 0);
		explore_fini(&explore);
	}
	rig_fini(&rig);
}

static void
count_run(void *arg, const struct record *run)
{
	uint64_t *runs = arg;

	/* In order, and none twice. */
	ck_assert_uint_eq(run->number, ++*runs);
	ck_assert_uint_ne(run->digest, 0);
}

/* Nothing depends on how many do the work, nor on how often it is interrupted. */
RIG_TEST(test_order, rig_init)
{
	struct explore_options one = {
		.preemptions = 1, .reduction = true, .jobs = 1, .lines = true,
	};
	struct explore_options three = one;
	uint64_t lines = 0;
	EXPLORED a, b;

	three.jobs = 3;
	explore_tiny(rig, &a, &one);
	make_tiny(rig, &b, &three);
	b.run = count_run;
	b.arg = &lines;
	ck_assert(explore_run(&b));
	assert_same_groups(&a, &b);
	ck_assert_uint_eq(a.tally.runs, b.tally.runs);
	ck_assert_uint_eq(a.tally.silent, 0);
	ck_assert_uint_eq(a.skipped, b.skipped);
	ck_assert_uint_eq(lines, b.tally.runs);
}

/* Runs that are not written one by one are in the sums. */
RIG_TEST(test_silent, rig_init)
{
	struct explore_options with = {
		.preemptions = 1, .faults = 1, .reduction = true, .jobs = 2, .lines = true,
	};
	struct explore_options without = with;
	EXPLORED a, b;

	without.lines = false;
	explore_tiny(rig, &a, &with);
	explore_tiny(rig, &b, &without);
	assert_same_groups(&a, &b);
	ck_assert_uint_eq(a.tally.runs, b.tally.runs);
	ck_assert_uint_gt(2 * b.tally.silent, b.tally.runs);
}

/* ---- the state file ---- */

static void
explore_kept(struct rig *rig, struct explore *explore, const char *state, uint64_t runs_max)
{
	make_tiny(rig, explore, &(struct explore_options){
		.preemptions = 1, .reduction = true, .jobs = 2, .state = state,
		.runs_max = runs_max,
	});
}

RIG_TEST(test_state, rig_init)
{
	EXPLORED part, rest, whole;
	FOLDER(folder);
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "%s/state", folder.path);
	explore_kept(rig, &part, path, 150);
	ck_assert(explore_run(&part));
	ck_assert(!part.complete);
	/* The program was killed in the middle of a line. */
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size - 20), 0);
	explore_kept(rig, &rest, path, 0);
	ck_assert(explore_run(&rest));
	explore_kept(rig, &whole, NULL, 0);
	ck_assert(explore_run(&whole));
	ck_assert(rest.complete && whole.complete);
	ck_assert_uint_lt(part.tally.runs, whole.tally.runs);
	ck_assert_uint_eq(rest.tally.runs, whole.tally.runs);
	ck_assert_uint_eq(rest.skipped, whole.skipped);
	assert_same_groups(&rest, &whole);
}

static void
assert_refused(struct explore *explore, const char *words, bool bad_state)
{
	stderr_keep();
	ck_assert(!explore_run(explore));
	stderr_kept_has(words);
	ck_assert_int_eq(explore->bad_state, bad_state);
	ck_assert_uint_eq(explore->tally.runs, 0);
	explore_fini(explore);
}

RIG_TEST(test_state_bad, rig_init)
{
	struct explore explore;
	FOLDER(folder);
	char path[48];

	snprintf(path, sizeof(path), "%s/state", folder.path);
	suite_write(path, "this is another file\n");
	explore_kept(rig, &explore, path, 0);
	assert_refused(&explore, "no state file of this exploration", true);
	ck_assert_int_eq(unlink(path), 0);
	explore_kept(rig, &explore, path, 100);
	ck_assert(explore_run(&explore));
	explore_fini(&explore);
	/* Of another exploration. */
	explore_kept(rig, &explore, path, 0);
	explore.options.faults = 1;
	assert_refused(&explore, "no state file of this exploration", true);
	/* Its runs are not in it one by one. */
	explore_kept(rig, &explore, path, 0);
	explore.options.lines = true;
	assert_refused(&explore, "with or without --ndjson", true);
	/* Not bad, but not to be written either. */
	explore_kept(rig, &explore, "/nowhere/state", 0);
	assert_refused(&explore, "cannot write /nowhere/state", false);
}

/* What sed(1) makes of a good file is refused, with the line. */
static const struct damage {
	const char *sed, *words;
} damages[] = {
	{ "3d", ":3: error: this line is not what was written here" },
	{ "5p", ":6: error: this line is not" },			/* twice */
	{ "4{h;d};5G", ":4: error: this line is not" },			/* in another order */
	{ "2s/\"job\":\"./&x/", ":2: error: this line is not" },
	{ "2s/rule/&x/", ":2: error: this line is not" },		/* what was found */
	{ "3s/done/&9/", ":3: error: this line is not" },
	{ "$s/0/1/", ": error: this line is not" },
	{ "$a}{", ": error: this line is not" },
	{ "1s/driver/drivel/", ":1: error: this is no state file" },
};

TEST_EACH(test_state_damaged, damages)
{
	const struct damage *damage = &damages[_i];
	struct explore explore;
	struct rig rig;
	FOLDER(folder);
	char path[48], bad[48], command[256];

	rig_init(&rig);
	snprintf(path, sizeof(path), "%s/state", folder.path);
	snprintf(bad, sizeof(bad), "%s/bad", folder.path);
	explore_kept(&rig, &explore, path, 300);
	explore.options.preemptions = 2;
	ck_assert(explore_run(&explore));
	explore_fini(&explore);
	snprintf(command, sizeof(command), "sed '%s' %s > %s && ! cmp -s %s %s", damage->sed,
	    path, bad, path, bad);
	ck_assert_int_eq(system(command), 0);
	explore_kept(&rig, &explore, bad, 0);
	explore.options.preemptions = 2;
	assert_refused(&explore, damage->words, true);
	rig_fini(&rig);
}

/* ---- determinism ---- */

RIG_TEST(test_same_again, rig_init)
{
	const struct scenario_case *c = rig_load(rig, TINY_SCENARIO);
	struct trial_result result;
	char *why;

	trial_run(&rig->trial, c, NULL, &result);
	ck_assert_ptr_null(same_again(&rig->trial, c, result.digest, 0));
	/* The planted event is the very first. */
	why = same_again(&rig->trial, c, result.digest, 7);
	ck_assert_ptr_nonnull(why);
	HAS(why, "the first event that differs is number ", ": step in context 0 at 0 ns");
	free(why);
	why = same_again(&rig->trial, c, result.digest + 1, 0);
	ck_assert_ptr_nonnull(why);
	HAS(why, "had the same events");
	free(why);
}

RIG_TEST(test_differ, rig_init)
{
	struct explore_options options = {
		.preemptions = 1, .reduction = true, .jobs = 2, .noise = 5,
	};
	EXPLORED explore;

	explore_tiny(rig, &explore, &options);
	ck_assert_uint_gt(explore.differ, 0);
	ck_assert(!explore.complete);
	HAS(explore.why, "event that differs");
}

SUITE(explore_explore, .timeout = 60, .reads = DRIVER " " SMALL)
