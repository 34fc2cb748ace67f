/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/results.
 */
#include <string.h>

#include "base/sbuf.h"
#include "report/results.h"
#include "tests/suite.h"

#define RACE "{\"rule\":\"lock.data-race\",\"severity\":\"error\",\"file\":\"viomb.c\"," \
	"\"line\":128,\"function\":\"f\",\"message\":\"m\",\"group\":\"g\",\"because\":" \
	"[{\"seq\":1,\"text\":\"c\",\"position\":{\"file\":\"viomb.c\",\"line\":7}}]}"
#define KNOWN "{\"rule\":\"lock.data-race\",\"severity\":\"error\",\"file\":\"viomb.c\"," \
	"\"line\":128,\"message\":\"m\",\"group\":\"g\",\"known\":\"viomb-20\"}"
#define LINT "{\"rule\":\"thread.timeout\",\"severity\":\"lint\",\"message\":\"slow\"}"
#define TOLD(reasons, others) "{\"reasons\":[" reasons "],\"others\":[" others "]," \
	"\"replay\":\"viosim run x\"}"

static struct results *results;

static void
setup(void)
{
	results = results_new("run");
}

static void
teardown(void)
{
	results_free(results);
}

static void
add(const char *id, enum verdict verdict, const char *told)
{
	results_case(results, id, verdict)->scenario.line = 2;
	results_told(results, told);
}

TEST(problems_are_kept_once)
{
	const struct problem *problem;

	add("a/a#1", VERDICT_PASS, TOLD("", KNOWN));
	add("a/a#2", VERDICT_FAIL, TOLD(RACE, LINT));
	add("a/b#2", VERDICT_FAIL, TOLD(RACE, ""));
	ck_assert_uint_eq(results->problems.count, 3);
	problem = &results->problems.item[0];
	ck_assert_int_eq(problem->level, PROBLEM_NOTE);
	ck_assert_str_eq(problem->known, "viomb-20");
	problem = &results->problems.item[1];
	ck_assert_int_eq(problem->level, PROBLEM_ERROR);
	ck_assert_uint_eq(problem->cases, 2);
	ck_assert_uint_eq(problem->failed, 2);
	ck_assert_str_eq(problem->first, "a/a#2");
	ck_assert_str_eq(problem->replay, "viosim run x");
	ck_assert_uint_eq(problem->scenario.line, 2);
	ck_assert_uint_eq(problem->becauses, 1);
	ck_assert_uint_eq(problem->because[0].line, 7);
	ck_assert_int_eq(results->problems.item[2].level, PROBLEM_WARNING);
}

/* With --lints-fail a lint is a reason. */
TEST(what_fails_is_an_error)
{
	add("a/a#1", VERDICT_FAIL, TOLD(LINT, ""));
	ck_assert_int_eq(results->problems.item[0].level, PROBLEM_ERROR);
}

TEST(causes_are_ordered_by_the_cases_that_fail)
{
	const struct problem **causes;
	size_t count;

	add("a/a#1", VERDICT_FAIL, TOLD(LINT "," RACE, ""));
	add("a/a#2", VERDICT_FAIL, TOLD(RACE, ""));
	add("a/a#3", VERDICT_FAIL, TOLD(RACE, KNOWN));
	causes = results_causes(results, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(causes[0]->rule, "lock.data-race");
	ck_assert_uint_eq(causes[0]->failed, 2);
	ck_assert_uint_eq(causes[0]->cases, 3);
	/* The command is that of a case that fails by it. */
	ck_assert_str_eq(causes[0]->first, "a/a#2");
	free(causes);
}

/* Of a file that is wrong each error counts, also two at one place. */
TEST(errors_in_files_are_kept_apart)
{
	struct problem problem = {
		.rule = "scenario.missing-key", .text = "needs x", .place = { "a.yaml", 1, 1 },
	};

	results_case(results, "a.yaml", VERDICT_BROKEN);
	results_problem(results, &problem, true);
	problem.text = "needs y";
	results_problem(results, &problem, true);
	results_problem(results, &problem, true);
	ck_assert_uint_eq(results->problems.count, 2);
}

TEST(a_driver_file_becomes_a_path)
{
	FOLDER(folder);
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/viomb-here.c", folder.path);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_str_eq(results_path(results, "viomb-gone.c"), "viomb-gone.c");
	*vec_add(&results->sources) = folder.path;
	ck_assert_str_eq(results_path(results, "viomb-here.c"), path);
	ck_assert_str_eq(results_path(results, "./a/b.c"), "a/b.c");
}

TEST(areas_are_counted)
{
	char area[32];

	add("a/a#1", VERDICT_PASS, TOLD("", ""));
	add("b/a#1", VERDICT_FAIL, TOLD(RACE, ""));
	results_case(results, "loose", VERDICT_BROKEN);
	ck_assert_uint_eq(results_count(results, NULL).cases, 3);
	ck_assert_uint_eq(results_count(results, "b/x").failed, 1);
	ck_assert_uint_eq(results_count(results, "scenarios/x").errors, 1);
	results_area("loose", area, sizeof(area));
	ck_assert_str_eq(area, "scenarios");
}

SUITE(report_results, .setup = setup, .teardown = teardown)
