/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/generate and drawn: variants that are drawn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/explore.h"
#include "explore/injections.h"
#include "explore/generate.h"
#include "explore/baseline.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define VARIANTS 300

static struct edit *baseline;
static struct inject_points points;

static void
setup(void)
{
	const struct scenario_case *c;
	struct trial_result result;

	rig_setup();
	c = rig_load(&the_rig, RIG_SCENARIO);
	baseline = baseline_new(&the_rig.trial, c, NULL);
	trial_run(&the_rig.trial, c, &points, &result);
}

static void
teardown(void)
{
	vec_fini(&points);
	edit_free(baseline);
	rig_teardown();
}

static char *
draw_text(uint64_t seed)
{
	struct choice choice;
	EDIT(edit) = NULL;

	choice_init_seed(&choice, seed);
	edit = generate(&choice, baseline, &points, true);
	return rig_text(edit);
}

/* Each is a scenario that loads; the same seed makes the same one, another another. */
TEST(test_seeds)
{
	HEAP(plain) = rig_text(baseline);
	unsigned plains = 0, delivers = 0, fails = 0, legacy = 0, seeds = 0, latencies = 0;

	for (uint64_t seed = 1; seed <= VARIANTS; seed++) {
		HEAP(text) = draw_text(seed);
		HEAP(again) = draw_text(seed);
		DOC(doc) = rig_doc("t.yaml", text);

		ck_assert_str_eq(text, again);
		plains += strcmp(text, plain) == 0;
		delivers += strstr(text, "deliver:") != NULL;
		fails += strstr(text, "fail:") != NULL;
		legacy += strstr(text, "legacy") != NULL;
		seeds += strstr(text, "seed:") != NULL;
		latencies += strstr(text, "latency: 1us") == NULL;
	}
	/* Everything comes about, and nothing always. */
	ck_assert_uint_lt(plains, VARIANTS / 4);
	ck_assert(delivers > VARIANTS / 4 && delivers < VARIANTS);
	ck_assert(fails > VARIANTS / 10 && fails < VARIANTS);
	ck_assert(legacy > VARIANTS / 20 && legacy < VARIANTS);
	ck_assert(seeds > VARIANTS / 20 && seeds < VARIANTS);
	ck_assert(latencies > VARIANTS / 20 && latencies < VARIANTS);
}

TEST(test_without_points)
{
	struct inject_points none = { 0 };
	struct choice choice;
	struct edit *edit;
	double bound;

	for (uint64_t seed = 1; seed < 50; seed++) {
		choice_init_seed(&choice, seed);
		edit = generate(&choice, baseline, &none, false);
		edit_free(edit);
		edit = generate_depth(&choice, baseline, &none, 3, &bound);
		ck_assert_uint_eq(edit->scenario.steps.count, baseline->scenario.steps.count);
		edit_free(edit);
	}
}

/* depth - 1 injected events (a `next` takes a step away), in order of time, with the bound. */
TEST_RANGE(test_depth, 1, 5)
{
	unsigned depth = (unsigned)_i;
	struct injections injections;
	double expected = 1;

	injections_init(&injections, baseline);
	for (unsigned i = 0; i + 1 < depth; i++)
		expected /= (double)points.count * (injections.count - i);
	for (uint64_t seed = 1; seed < 40; seed++) {
		const struct scenario_steps *steps;
		struct choice choice;
		unsigned delivers = 0;
		double bound;
		EDIT(edit) = NULL;
		HEAP(text) = NULL;
		DOC(doc) = NULL;

		choice_init_seed(&choice, seed);
		edit = generate_depth(&choice, baseline, &points, depth, &bound);
		steps = &edit->scenario.steps;
		for (size_t i = 0; i < steps->count; i++)
			delivers += steps->step[i].verb == SCENARIO_STEP_DELIVER;
		ck_assert_uint_eq(delivers, depth - 1);
		ck_assert(bound > 0.999 * expected && bound < 1.001 * expected);
		text = rig_text(edit);
		doc = rig_doc("t.yaml", text);
	}
}

/* The same seeds find the same; enough of them find the race at the thread's sleep. */
TEST(test_draw)
{
	struct explore explore = {
		.options = {
			.strategy = &explore_drawn, .depth = 2, .seed = 1, .runs_max = 1500,
			.jobs = 2,
		},
		.c = &the_rig.cases[0], .cases = 1, .module = the_rig.module,
	}, again = explore;

	again.options.jobs = 1;
	ck_assert(explore_run(&explore) && explore_run(&again));
	ck_assert_uint_eq(explore.tally.runs, 1501);
	ck_assert_uint_eq(again.tally.runs, 1501);
	ck_assert_uint_eq(explore.differ, 0);
	ck_assert(explore.bound > 0);
	ck_assert(rig_found(&explore.tally, "live.lost-wakeup", ""));
	ck_assert_uint_eq(explore.tally.clusters.count, again.tally.clusters.count);
	for (size_t i = 0; i < again.tally.clusters.count; i++)
		ck_assert_str_eq(explore.tally.clusters.item[i].plan,
		    again.tally.clusters.item[i].plan);
	/* A seed stands for its scenario. */
	ck_assert(explore_reduce(&explore, &(struct explore_reduce){ .runs = 100, .ms = 5000 }));
	for (size_t i = 0; i < explore.tally.clusters.count; i++)
		if (explore.tally.clusters.item[i].reduced != NULL)
			ck_assert(explore.tally.clusters.item[i].reduced->verified);
	explore_fini(&explore);
	explore_fini(&again);
}

SUITE(explore_generate, .setup = setup, .teardown = teardown, .timeout = 60,
    .reads = DRIVER " " SMALL)
