/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore/cluster.c: each mistake once, whatever the order of the runs.
 */
#include <check.h>
#include <string.h>

#include "explore/cluster.h"
#include "rules/rules.h"

Suite *explore_cluster_suite(void);

static const struct defect known = { .id = "x-01", .title = "known" };

static struct trial_finding
finding(const char *rule, unsigned line, const struct defect *defect)
{
	struct trial_finding f = { .rule = rule_by_id(rule), .line = line, .defect = defect };

	ck_assert_ptr_nonnull(f.rule);
	strcpy(f.file, "x.c");
	f.key = trace_hash(rule, strlen(rule)) + line;
	return f;
}

static void
add(struct clusters *clusters, struct trial_finding f, size_t number, size_t steps)
{
	char scenario[32];

	snprintf(scenario, sizeof(scenario), "story of run %zu", number);
	snprintf(f.text, sizeof(f.text), "as run %zu says", number);
	clusters_add(clusters, &f, number, scenario, steps, false);
}

/* Runs 1..4 have it; 2 and 4 are the simplest; in any order. */
START_TEST(the_same_in_any_order)
{
	static const size_t orders[][4] = {
		{ 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 3, 1, 4, 2 }, { 2, 4, 1, 3 }
	};
	static const size_t steps[] = { 0, 9, 5, 7, 5 };
	struct clusters clusters;
	const struct cluster *c;

	clusters_init(&clusters);
	for (int i = 0; i < 4; i++)
		add(&clusters, finding("page.conservation", 10, NULL), orders[_i][i],
		    steps[orders[_i][i]]);
	ck_assert_uint_eq(clusters.count, 1);
	c = &clusters.item[0];
	ck_assert_uint_eq(c->runs, 4);
	ck_assert_uint_eq(c->first, 1);
	ck_assert_str_eq(c->finding.text, "as run 1 says");
	ck_assert_uint_eq(c->simplest, 2);
	ck_assert_uint_eq(c->steps, 5);
	ck_assert_str_eq(c->scenario, "story of run 2");
	clusters_fini(&clusters);
}
END_TEST

START_TEST(no_scenario_is_fine)
{
	struct trial_finding f = finding("page.conservation", 10, NULL);
	struct clusters clusters;

	clusters_init(&clusters);
	clusters_add(&clusters, &f, 3, NULL, 4, false);
	clusters_add(&clusters, &f, 2, NULL, 2, false);
	ck_assert_ptr_null(clusters.item[0].scenario);
	ck_assert_uint_eq(clusters.item[0].simplest, 2);
	ck_assert_ptr_eq(clusters_find(&clusters, f.key), &clusters.item[0]);
	ck_assert_ptr_null(clusters_find(&clusters, f.key + 1));
	clusters_fini(&clusters);
}
END_TEST

START_TEST(one_plain_run_makes_it_plain)
{
	struct trial_finding f = finding("page.conservation", 10, NULL);
	struct clusters clusters;

	clusters_init(&clusters);
	clusters_add(&clusters, &f, 1, NULL, 4, false);
	ck_assert(cluster_is_new(&clusters.item[0]));
	clusters_add(&clusters, &f, 2, NULL, 9, true);
	clusters_add(&clusters, &f, 3, NULL, 2, false);
	ck_assert(clusters.item[0].plain);
	ck_assert_uint_eq(clusters.item[0].simplest, 2);
	ck_assert(!cluster_is_new(&clusters.item[0]));
	clusters_fini(&clusters);
}
END_TEST

START_TEST(new_errors_come_first)
{
	static const unsigned lines[] = { 5, 30, 7, 9, 2, 1 };
	struct trial_finding plain = finding("page.conservation", 2, NULL);
	struct clusters clusters;

	ck_assert_int_eq(rule_by_id("log.flood")->severity, SEVERITY_LINT);
	clusters_init(&clusters);
	add(&clusters, finding("balloon.count", 1, &known), 1, 1);
	clusters_add(&clusters, &plain, 1, NULL, 1, true);
	add(&clusters, finding("log.flood", 9, NULL), 1, 1);
	add(&clusters, finding("page.conservation", 7, NULL), 2, 1);
	add(&clusters, finding("page.conservation", 30, NULL), 2, 1);
	add(&clusters, finding("attach.again", 5, NULL), 2, 1);
	/* By position within a rule, the rule by name. */
	clusters_sort(&clusters);
	ck_assert_uint_eq(clusters.count, 6);
	ck_assert_uint_eq(clusters.item[0].finding.line, lines[0]);
	ck_assert_uint_eq(clusters.item[1].finding.line, lines[2]);
	ck_assert_uint_eq(clusters.item[2].finding.line, lines[1]);
	ck_assert_uint_eq(clusters.item[3].finding.line, lines[3]);
	ck_assert_uint_eq(clusters.item[4].finding.line, lines[4]);
	ck_assert_uint_eq(clusters.item[5].finding.line, lines[5]);
	clusters_fini(&clusters);
}
END_TEST

Suite *
explore_cluster_suite(void)
{
	Suite *suite = suite_create("explore/cluster");
	TCase *tcase = tcase_create("cluster");

	tcase_add_loop_test(tcase, the_same_in_any_order, 0, 4);
	tcase_add_test(tcase, no_scenario_is_fine);
	tcase_add_test(tcase, one_plain_run_makes_it_plain);
	tcase_add_test(tcase, new_errors_come_first);
	suite_add_tcase(suite, tcase);
	return suite;
}
