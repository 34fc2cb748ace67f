/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/sweep_text: mistakes by what brings them about.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/sweep_text.h"
#include "rules/rules.h"

Suite	*report_sweep_text_suite(void);

static struct tally tally;
static char *text;

static void
setup(void)
{
	tally_init(&tally);
	text = NULL;
}

static void
teardown(void)
{
	tally_fini(&tally);
	free(text);
}

/* A mistake of that rule at that line; key and cause tell it from others. */
static void
add(const char *rule, unsigned line, uint64_t cause, const char *scenario, bool plain)
{
	struct trial_finding finding = { .rule = rule_by_id(rule), .line = line, .key = line };

	snprintf(finding.file, sizeof(finding.file), "d.c");
	snprintf(finding.function, sizeof(finding.function), "attach");
	snprintf(finding.text, sizeof(finding.text), "text of line %u", line);
	clusters_add_cause(&tally.clusters, &finding, cause, tally.clusters.count + 1,
	    scenario, 1, plain);
}

static void
print(const struct explored_story *story, size_t stories)
{
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	sweep_text_findings(&tally, story, stories, stream);
	fclose(stream);
}

static unsigned
count(const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

#define QUEUE "a/b#1.0,bounce\nfail=virtio_alloc_vq.enomem@before virtio_alloc_vq#2"
#define THREAD "a/b#1.0,bounce\nfail=kthread_create.enomem@before kthread_create#1"

START_TEST(one_failure_that_shows_much_is_one_entry)
{
	add("attach.leak", 10, 7, QUEUE, false);
	add("attach.leak", 11, 7, QUEUE, false);
	add("mem.leak", 12, 7, QUEUE, false);
	add("attach.leak", 10, 8, THREAD, false);
	print(NULL, 0);
	ck_assert_ptr_nonnull(strstr(text, "new findings, by what brings them about\n"
	    "  1. a/b#1.0,bounce with fail=virtio_alloc_vq.enomem@before virtio_alloc_vq#2\n"
	    "     error attach.leak at d.c:10 (attach), 1 run\n"
	    "       text of line 10\n"
	    "     error attach.leak at d.c:11 (attach), 1 run\n"));
	ck_assert_ptr_nonnull(strstr(text, "\n  2. a/b#1.0,bounce with fail=kthread_create"));
	ck_assert_ptr_null(strstr(text, "\n  3. "));
	ck_assert_uint_eq(count("error attach.leak"), 3);
	ck_assert_uint_eq(count("error mem.leak"), 1);
}
END_TEST

/* Found in other ways, and the same when shrunk: one scenario, told once. */
START_TEST(one_scenario_is_told_once)
{
	struct explored_story story[] = {
		{ .key = 10, .cause = 7, .steps = 1, .complete = true, .scenario = (char[]){
		    "format: 1\nscenario: s\nsummary: of leaks\nsteps:\n  - note: one\n" } },
		{ .key = 20, .cause = 8, .steps = 1, .complete = true, .scenario = (char[]){
		    "format: 1\nscenario: s\nsummary: of others\nsteps:\n  - note: one\n" } },
		{ .key = 30, .cause = 8, .steps = 1, .complete = true, .why = (char[]){ "so" },
		    .scenario = (char[]){
		    "format: 1\nscenario: s\nsummary: of others\nsteps:\n  - note: two\n" } },
	};

	add("attach.leak", 10, 7, QUEUE, false);
	add("attach.leak", 20, 8, THREAD, false);
	add("attach.leak", 30, 8, THREAD, false);
	print(story, 3);
	ck_assert_uint_eq(count("     shown by 1 step:\n\n       format: 1\n"), 2);
	ck_assert_uint_eq(count("- note: one"), 1);
	ck_assert_uint_eq(count("- note: two"), 1);
	ck_assert_uint_eq(count("     why: so\n"), 1);
}
END_TEST

START_TEST(plain_ones_stand_apart)
{
	add("attach.leak", 10, 7, QUEUE, false);
	add("mem.leak", 11, 0, "a/b#1.0,bounce\n", true);
	print(NULL, 0);
	ck_assert_ptr_nonnull(strstr(text, "plain: what the scenarios show as they stand\n"
	    "  1. a/b#1.0,bounce\n     error mem.leak at d.c:11 (attach), 1 run\n"));
}
END_TEST

Suite *
report_sweep_text_suite(void)
{
	Suite *s = suite_create("report_sweep_text");
	TCase *tc = tcase_create("sweep_text");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_failure_that_shows_much_is_one_entry);
	tcase_add_test(tc, one_scenario_is_told_once);
	tcase_add_test(tc, plain_ones_stand_apart);
	suite_add_tcase(s, tc);
	return s;
}
