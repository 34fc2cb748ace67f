/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/words: the page counts of the timeline are those of the machine.
 */
#include "report/words.h"
#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

static unsigned checked;

/* Read the whole record as a timeline does, and compare where it ends. */
static void
compare(void *arg, struct world *world, const struct run_result *result)
{
	const struct scenario_case *c = arg;
	const struct trace *trace = &world->trace;
	struct words words;

	(void)result;
	words_init(&words, world);
	for (uint32_t seq = words_first(trace); seq < trace->count; seq++)
		words_follow(&words, trace_event(trace, seq));
	ck_assert_msg(words.pages.driver == world->memory.counts.driver,
	    "%s: the column driver says %llu, mem.balloon is %llu", c->id,
	    (unsigned long long)words.pages.driver,
	    (unsigned long long)world->memory.counts.driver);
	ck_assert_msg(words.pages.free == world->memory.counts.free,
	    "%s: the column free says %llu, mem.free is %llu", c->id,
	    (unsigned long long)words.pages.free,
	    (unsigned long long)world->memory.counts.free);
	checked++;
}

static void
run(struct rig *rig, const struct scenario_case *c)
{
	struct run_options options = {
		.module = trial_module(&rig->trial, c->machine), .keep_trace = true,
		.finished = compare, .arg = (void *)(uintptr_t)c,
	};
	struct run_result result;

	run_case(c, &options, &result);
	run_result_fini(&result);
}

/* Each attempt takes 100 pages, is refused the rest, and gives them back. */
RIG_TEST(refused_allocations_count_for_nothing, rig_init_small)
{
	checked = 0;
	run(rig, rig_load(rig, RIG_HEAD
	    "steps:\n"
	    "  - guest: {use: 16277 pages}\n"
	    "  - {at: 1s, target: 256 pages}\n"
	    "  - {at: 50s, note: end}\n"
	    "finally:\n"
	    "  - mem.balloon == 0\n"));
	ck_assert_uint_eq(checked, 1);
}

static void
run_first(void *rig, const struct scenario_doc *doc)
{
	size_t count;
	struct scenario_case *cases = scenario_cases(doc, NULL, &count);

	ck_assert_uint_gt(count, 0);
	run(rig, &cases[0]);
	scenario_cases_free(cases, count);
}

RIG_TEST(columns_agree_in_every_scenario, rig_init)
{
	checked = 0;
	rig_each_file(run_first, rig);
	ck_assert_uint_gt(checked, 100);
}

SUITE(report_columns, .timeout = 60, .reads = SCENARIOS " " DRIVER " " SMALL)
