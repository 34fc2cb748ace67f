/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/trial: many runs in one process.
 */
#include <malloc.h>
#include <string.h>

#include "tests/explore/rig.h"
#include "tests/suite.h"

#define CRASH_SCENARIO RIG_TARGET("13")

/* What `viosim run` would make of it: a run that borrows nothing from another. */
static uint64_t
digest_alone(struct rig *rig, const struct scenario_case *c)
{
	struct run_options options = { .module = trial_module(&rig->trial, c->machine) };
	struct run_result result;

	run_case(c, &options, &result);
	run_result_fini(&result);
	return result.digest;
}

RIG_TEST(test_same_as_alone, rig_init)
{
	struct trial_result first, again, looked_at;
	struct inject_points points = { 0 };

	rig_load(rig, RIG_SCENARIO);
	rig_run(rig, NULL, &first);
	rig_run(rig, &points, &looked_at);
	rig_run(rig, NULL, &again);
	ck_assert_uint_eq(first.digest, digest_alone(rig, &rig->cases[0]));
	ck_assert_uint_eq(first.digest, looked_at.digest);
	ck_assert_uint_eq(first.digest, again.digest);
	ck_assert_uint_eq(rig->trial.runs, 3);
	ck_assert_int_eq(first.end, WORLD_STOPPED);
	ck_assert_uint_gt(first.counts.events, 100);
	ck_assert_uint_eq(first.counts.events, looked_at.counts.events);
	ck_assert_uint_eq(first.counts.accesses, looked_at.counts.accesses);
	vec_fini(&points);
}

/* A crash is a finding, and the run after it is as if nothing had been. */
RIG_TEST(test_crash, rig_init_small)
{
	struct trial_result result, again, clean;
	uint64_t digest;

	rig_load(rig, RIG_SCENARIO);
	rig_run(rig, NULL, &clean);
	digest = clean.digest;
	rig_load(rig, CRASH_SCENARIO);
	rig_run(rig, NULL, &result);
	ck_assert_int_eq(result.end, WORLD_CRASH);
	ck_assert_uint_eq(result.findings, 1);
	ck_assert_str_eq(result.finding[0].rule->id, "mem.wild-access");
	ck_assert_str_eq(result.finding[0].function, "small_in_step");
	ck_assert_str_eq(result.finding[0].file, "small.c");
	ck_assert_uint_eq(result.finding[0].line, rig_line("crashes"));
	ck_assert_ptr_null(result.finding[0].defect);
	ck_assert_ptr_eq(trial_find(&result, result.finding[0].key), &result.finding[0]);
	for (int i = 0; i < 20; i++)
		rig_run(rig, NULL, &again);
	ck_assert_uint_eq(again.digest, result.digest);
	ck_assert_uint_eq(again.finding[0].key, result.finding[0].key);
	rig_load(rig, RIG_SCENARIO);
	rig_run(rig, NULL, &clean);
	ck_assert_uint_eq(clean.findings, 0);
	ck_assert_ptr_null(trial_find(&clean, 1));
	ck_assert_uint_eq(clean.digest, digest);
}

/* Not even what the driver writes where it has no business stays for the next run. */
RIG_TEST(test_stray, rig_init_small)
{
	struct trial_result stray, before, after;

	rig->trial.regions.checks = true;
	rig_load(rig, RIG_SCENARIO);
	rig_run(rig, NULL, &before);
	rig_load(rig, RIG_TARGET("17"));
	rig_run(rig, NULL, &stray);
	ck_assert_uint_ne(stray.digest, before.digest);
	rig_load(rig, RIG_SCENARIO);
	rig_run(rig, NULL, &after);
	ck_assert_uint_eq(before.digest, after.digest);
}

/* The same mistake with other numbers has the same key, another rule has another. */
RIG_TEST(test_keys, rig_init_small)
{
	const struct trial_finding *more, *less;
	struct trial_result a, b;

	rig_load(rig, RIG_TARGET("101"));
	rig_run(rig, NULL, &a);
	rig_load(rig, RIG_TARGET("140"));
	rig_run(rig, NULL, &b);
	more = rig_finding(&a, "balloon.count");
	less = rig_finding(&b, "balloon.count");
	ck_assert_uint_eq(more->line, 0);
	ck_assert_str_ne(more->text, less->text);
	ck_assert_uint_eq(more->key, less->key);
	for (unsigned i = 0; i < a.findings; i++)
		for (unsigned k = 0; k < i; k++)
			ck_assert_uint_ne(a.finding[i].key, a.finding[k].key);
}

/* What a scenario expects is no business of a trial; what was armed in vain is counted. */
RIG_TEST(test_no_failures, rig_init_small)
{
	struct trial_result result;

	rig_load(rig, RIG_SCENARIO
	    "  - fail: {id: never, call: kmem_alloc.fails}\n"
	    "  - expect: host.actual == 1\n");
	rig_run(rig, NULL, &result);
	ck_assert_uint_eq(result.findings, 0);
	ck_assert_uint_eq(result.counts.faults_armed, 1);
	ck_assert_uint_eq(result.counts.faults_idle, 1);
}

/* A known defect is known wherever it shows, if rule and function fit. */
RIG_TEST(test_defects, rig_init_small)
{
	const char *rules[] = { "mem.wild-access" }, *where[] = { "small_in_step" };
	const char *scenarios[] = { "some/where" };
	struct defect defect = {
		.id = "small-01", .rules = { rules, 1 }, .where = { where, 1 },
		.scenarios = { scenarios, 1 },
	};
	struct manifest manifest = { .defects = &defect, .count = 1 };
	struct trial_result result;

	rig->trial.manifest = &manifest;
	rig_load(rig, CRASH_SCENARIO);
	rig_run(rig, NULL, &result);
	ck_assert_ptr_eq(result.finding[0].defect, &defect);
	where[0] = "elsewhere";
	rig_run(rig, NULL, &result);
	ck_assert_ptr_null(result.finding[0].defect);
	where[0] = "small_in_step";
	rules[0] = "live.panic";
	rig_run(rig, NULL, &result);
	ck_assert_ptr_null(result.finding[0].defect);
}

/* The kernel without DIAGNOSTIC takes its build of the driver. */
RIG_TEST(test_nodiag, rig_init_small)
{
	struct trial_result result;
	struct inject_points points = { 0 };

	ck_assert_ptr_nonnull(rig->trial.nodiag);
	rig_load(rig,
	    "format: 1\nscenario: t\nsummary: s\n"
	    "machine: {memory: 64MiB, diagnostic: false}\n"
	    "machines: [{transport: virtio-1.0, dma: coherent}]\n"
	    "device: {type: balloon, latency: 1us}\n"
	    "steps:\n  - at: 1s\n    target: 64 pages\n  - settle: {within: 1s}\n");
	ck_assert_ptr_eq(trial_module(&rig->trial, rig->cases[0].machine), rig->trial.nodiag);
	rig_run(rig, &points, &result);
	ck_assert_uint_eq(result.findings, 0);
	ck_assert_uint_gt(points.count, 100);
	ck_assert_uint_eq(result.digest, digest_alone(rig, &rig->cases[0]));
	vec_fini(&points);
}

static size_t
heap_bytes(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void
run_often(struct rig *rig, struct inject_points *points, unsigned runs)
{
	struct trial_result result;

	for (unsigned i = 0; i < runs; i++)
		rig_run(rig, i % 2 == 0 ? points : NULL, &result);
}

/*
 * Clean runs, runs that end in a crash: nothing is lost.  The least that malloc(3) gives is 32
 * bytes; what it holds back for itself depends on all that was allocated before.
 */
RIG_TEST(test_memory, rig_init_small)
{
	static const char *const texts[] = {
		RIG_SCENARIO, CRASH_SCENARIO, RIG_TARGET("120"),
	};
	struct inject_points points = { 0 };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t before;

		rig_load(rig, texts[i]);
		run_often(rig, &points, 200);
		before = heap_bytes();
		run_often(rig, &points, 500);
		ck_assert_uint_lt(heap_bytes(), before + 500 * 32 / 2);
	}
	vec_fini(&points);
}

/* ---- one scenario after the other ---- */

struct all {
	struct rig rig;
	unsigned cases;
};

static void
compare_cases(void *arg, const struct scenario_doc *doc)
{
	struct all *all = arg;
	struct trial_result result;
	struct scenario_case *cases;
	size_t count;

	cases = scenario_cases(doc, NULL, &count);
	for (size_t i = 0; i < count; i++) {
		if (all->cases++ % 7 != 0 ||
		    trial_module(&all->rig.trial, cases[i].machine) == NULL)
			continue;
		trial_run(&all->rig.trial, &cases[i], NULL, &result);
		ck_assert_msg(result.digest == digest_alone(&all->rig, &cases[i]),
		    "%s: a run after others differs from one alone", cases[i].id);
	}
	scenario_cases_free(cases, count);
}

/* Each run leaves to the next what is as good as new, whatever it did. */
TEST(test_all_scenarios)
{
	struct all all = { .cases = 0 };

	rig_init(&all.rig);
	all.rig.trial.regions.checks = true;
	rig_each_file(compare_cases, &all);
	ck_assert_uint_gt(all.cases, 500);
	rig_fini(&all.rig);
}

SUITE(explore_trial, .reads = DRIVER " " SMALL " " SCENARIOS)
