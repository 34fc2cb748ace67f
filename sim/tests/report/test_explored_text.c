/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/explored_text: mistakes by what brings them about.
 */
#include <stdlib.h>
#include <string.h>

#include "report/explored_text.h"
#include "report/json.h"
#include "rules/rules.h"
#include "tests/suite.h"

static struct tally tally;
static char *text;

static void
setup(void)
{
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
add(const char *rule, unsigned line, const char *cause, const char *plan)
{
	struct record run = { .number = tally.runs + 1, .base = "a/b#1.0,bounce", .steps = 1 };
	struct record_finding *found = vec_add(&run.findings);

	found->finding = (struct trial_finding){
		.rule = rule_by_id(rule), .line = line, .key = line, .file = "d.c",
		.function = "attach",
	};
	found->baseline = plan[0] == '\0';
	snprintf(found->cause, sizeof(found->cause), "%s", cause);
	snprintf(found->finding.text, sizeof(found->finding.text), "text of line %u", line);
	snprintf(run.plan, sizeof(run.plan), "%s", plan);
	tally_add(&tally, &run);
	record_fini(&run);
}

static void
add_scenario(uint64_t key, const char *cause, const char *scenario, const char *why)
{
	struct record_reduced reduced = {
	    .key = key, .steps = 1, .complete = true, .verified = true,
	    .scenario = strdup(scenario), .why = why != NULL ? strdup(why) : NULL };

	snprintf(reduced.cause, sizeof(reduced.cause), "%s", cause);
	tally_add_reduced(&tally, &reduced);
}

static void
print(void)
{
	text = PRINTED(to, explored_text_findings(&tally, false, to));
}

static unsigned
count(const char *what)
{
	unsigned n = 0;

	for (const char *p = text; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

#define QUEUE "fail=virtio_alloc_vq.enomem@before virtio_alloc_vq#2"
#define THREAD "fail=kthread_create.enomem@before kthread_create#1"

TEST(one_failure_that_shows_much_is_one_entry)
{
	add("attach.leak", 10, "7", QUEUE);
	add("attach.leak", 11, "7", QUEUE);
	add("mem.leak", 12, "7", QUEUE);
	add("attach.leak", 10, "8", THREAD);
	print();
	HAS(text, "new findings, by what brings them about\n"
	    "  1. a/b#1.0,bounce with fail=virtio_alloc_vq.enomem@before virtio_alloc_vq#2\n"
	    "     d.c:10: error: attach.leak: text of line 10\n"
	    "       attach, 1 run, when 7\n"
	    "     d.c:11: error: attach.leak: text of line 11\n",
	    "\n  2. a/b#1.0,bounce with fail=kthread_create");
	LACKS(text, "\n  3. ");
	ck_assert_uint_eq(count("error: attach.leak"), 3);
	ck_assert_uint_eq(count("error: mem.leak"), 1);
}

#define ABOUT(what) "format: 1\nscenario: s\nsummary: of " what "\nsteps:\n  - note: "

/* Found in other ways, and the same when reduced: one scenario, printed once. */
TEST(one_scenario_is_printed_once)
{
	add("attach.leak", 10, "7", QUEUE);
	add("attach.leak", 20, "8", THREAD);
	add("attach.leak", 30, "8", THREAD);
	add_scenario(10, "7", ABOUT("leaks") "one\n", NULL);
	add_scenario(20, "8", ABOUT("others") "one\n", NULL);
	add_scenario(30, "8", ABOUT("others") "two\n", "so");
	print();
	ck_assert_uint_eq(count("     shown by 1 step:\n\n       format: 1\n"), 2);
	ck_assert_uint_eq(count("- note: one"), 1);
	ck_assert_uint_eq(count("- note: two"), 1);
	ck_assert_uint_eq(count("     why: so\n"), 1);
}

/* Of many causes of one finding some are not reduced: a line each, once. */
TEST(further_causes_are_listed)
{
	add("log.quiet", 10, "a is interrupted", QUEUE);
	add("log.quiet", 10, "b is interrupted", THREAD);
	add("log.quiet", 10, "c is interrupted", "irq=config@line 1#1");
	add_scenario(10, "a is interrupted", ABOUT("a") "one\n", NULL);
	add_scenario(10, "b is interrupted", ABOUT("b") "two\n", NULL);
	print();
	ck_assert_uint_eq(count("       1 run, also when c is interrupted\n"), 1);
	ck_assert_uint_eq(count("shown by"), 2);
	LACKS(text, "\n  3. ");
}

TEST(those_of_the_baseline_stand_apart)
{
	add("attach.leak", 10, "7", QUEUE);
	add("mem.leak", 11, "", "");
	print();
	HAS(text, "also in the baseline run: what the scenarios show as "
	    "they stand\n  1. a/b#1.0,bounce\n     d.c:11: error: mem.leak: text of line 11\n"
	    "       attach, 1 run\n");
}

/* One object: totals, and each finding with its status and the run that shows it. */
TEST(the_summary_is_one_object)
{
	const struct explored_totals totals = {
		.command = "explore", .driver = "d.so", .cut = true, .left = 3,
	};
	json_t *object, *one;

	add("attach.leak", 10, "7", QUEUE);
	add("mem.leak", 11, "", "");
	add_scenario(10, "7", ABOUT("leaks") "one\n", "so");
	tally_sort(&tally);
	text = PRINTED(to, explored_json(&tally, &totals, to));
	object = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(object);
	ck_assert_str_eq(json_string_value(json_object_get(object, "end")), "cut");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "not_run")), 3);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "runs")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "new")), 1);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "baseline")), 1);
	ck_assert_ptr_null(json_object_get(object, "manifest"));
	one = json_array_get(json_object_get(object, "findings"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(one, "status")), "new");
	ck_assert_str_eq(json_string_value(json_object_get(one, "with")), QUEUE);
	ck_assert_str_eq(json_string_value(json_object_get(one, "why")), "so");
	one = json_array_get(json_object_get(object, "findings"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(one, "status")), "baseline");
	ck_assert_ptr_null(json_object_get(one, "with"));
	json_decref(object);
}

SUITE(report_explored_text, .setup = setup, .teardown = teardown)
