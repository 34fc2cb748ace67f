/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/failure.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "report/failure.h"
#include "rules/rules.h"
#include "tests/suite.h"

static struct record *record;
static char *text;
static struct suite_folder folder;
static char path[64];

static void
setup(void)
{
	record = record_new();
	text = NULL;
	folder = suite_folder_new();
	snprintf(path, sizeof(path), "%s/t.yaml", folder.path);
	suite_write(path, "steps:\n  - expect: host.actual == 300\n");
}

static void
teardown(void)
{
	record_free(record);
	free(text);
	suite_remove(&folder);
}

static const char *
print(void (*printer)(FILE *, const struct report_input *))
{
	free(text);
	text = PRINTED(to, printer(to, &record->input));
	return text;
}

/* The nth finding is of that rule. */
static void
make_it(size_t n, const char *id)
{
	struct finding *finding = &record->result.findings.item[n];

	finding->rule = rule_by_id(id);
	finding->distance = finding->rule->distance;
}

/* The first line of the reasons. */
static const char *
first_reason(void)
{
	print(failure_reasons);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

TEST(failure_shows_line_and_caret)
{
	struct failure *failure;
	char expected[512];

	record_attach(record);
	failure = record_failure(record, EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0));
	snprintf(failure->file, sizeof(failure->file), "%s", path);
	snprintf(expected, sizeof(expected),
	    "%s:2:13: failed: expect\n"
	    "     2 |   - expect: host.actual == 300\n"
	    "       |             ^\n"
	    "  expected  host.actual == 300\n"
	    "  actual    host.actual = 256 pages\n"
	    "  at        1.000000s\n"
	    "last events:\n", path);
	print(failure_print);
	ck_assert_int_eq(strncmp(text, expected, strlen(expected)), 0);
}

TEST(events_stand_side_by_side)
{
	static struct failure_row rows[] = {
		{ "notify: {queue: inflate}", "notify: {queue: inflate}", S, false },
		{ "used", "virtio_reset", 2 * S, true }, { "take", NULL, 0, false },
	};
	struct failure *failure = record_failure(record,
	    EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0));
	json_t *object = json_object(), *trace;

	failure->row = rows;
	failure->rows = 3;
	print(failure_print);
	HAS(text, "  expected                  actual\n"
	    "  notify: {queue: inflate}  notify: {queue: inflate}, at 1.000000s\n"
	    "> used                      virtio_reset, at 2.000000s\n"
	    "  take\n");
	failure_put_rows(object, failure);
	trace = json_object_get(object, "trace");
	ck_assert_uint_eq(json_array_size(trace), 3);
	ck_assert_str_eq(json_string_value(json_object_get(json_array_get(trace, 1), "actual")),
	    "virtio_reset");
	ck_assert_ptr_null(json_object_get(json_array_get(trace, 2), "actual"));
	json_decref(object);
	failure->rows = 0;
	failure->row = NULL;
}

TEST(missing_scenario_file_is_tolerated)
{
	record_failure(record, EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0));
	print(failure_print);
	ck_assert_int_eq(strncmp(text, "no-such-file.yaml:2:13: failed: expect\n  expected  ",
	    50), 0);
}

TEST(line_beyond_the_file_is_tolerated)
{
	struct failure *failure = record_failure(record,
	    EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0));

	snprintf(failure->file, sizeof(failure->file), "%s", path);
	failure->loc.line = 99;
	print(failure_print);
	ck_assert_ptr_null(strchr(text, '^'));
}

TEST(finding_tells_where_when_and_why)
{
	uint32_t first = EVENT(record, S, THREAD, EV_CALL, HW_CALL_UVM_PGLISTFREE, 256);

	record_finding(record, EVENT(record, 2 * S, THREAD, EV_CALL, HW_CALL_UVM_PGLISTFREE,
	    256), first);
	print(failure_print);
	HAS(text,
	    "viomb: error: page.double-free: 256 pages from 0x3f00 are freed, and they are free "
	    "already\n"
	    "  in thread, at 2.000000s, event 1, 2 times at this place\n"
	    "  because (1): they were freed before, at 1.000000s, event 0\n");
}

/* What was about to happen elsewhere is half of the answer. */
TEST(cause_tells_where_the_others_stood)
{
	uint32_t first, second;

	record_attach(record);
	EVENT(record, S, MACHINE, EV_CTX_WAKE, 0, THREAD, 0);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_MUTEX_ENTER, 1);
	first = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 256, 0, 1);
	second = EVENT(record, S, MACHINE, EV_IRQ_RAISE, 0, HW_VEC_INTX, 1);
	record_finding(record, EVENT(record, 2 * S, MACHINE, EV_EXPECT, 0, 1, 0), first);
	record_finding(record, second + 1, second);
	record_finding(record, second + 1, first);
	print(failure_print);
	HAS(text, "  because (1): they were freed before, at 1.000000s, event 9; autoconf stood "
	    "after kthread_create(-1, 0x1, \"viomb\"); viomb stood before mutex_enter(mutex1)\n",
	    "  because (2): they were freed before, at 1.000000s, event 10; autoconf stood after");
	/* One event has one number, and stands in the timeline once. */
	LACKS(text, "(3)");
	ck_assert_ptr_nonnull(strstr(strstr(text, "because (1)") + 1, "because (1)"));
	ck_assert_ptr_null(strstr(strstr(text, "              (1)       they") + 1,
	    "              (1)       they"));
}

TEST(timeline_is_not_repeated)
{
	record_failure(record, EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0));
	record->input.style.whole = true;
	LACKS(print(failure_print), "last events");
}

TEST(order_is_findings_failures_events_command)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);
	const char *failed, *error, *last, *digest, *replay;

	record_failure(record, seq);
	record_finding(record, seq, seq);
	record->result.failures_all = 4;
	print(failure_print);
	failed = strstr(text, "failed: expect");
	error = strstr(text, "error: page.double-free");
	last = strstr(text, "last events:\n");
	digest = strstr(text, "digest 00c0ffee00112233, 1 event\n");
	replay = strstr(text, "replay: viosim run 'inflate/odd-target#1.0,bounce'\n");
	ck_assert(failed != NULL && error != NULL && last != NULL && digest != NULL);
	ck_assert(error < failed && failed < last && last < digest && digest < replay);
	HAS(text, "3 more failures are not shown\n");
	ck_assert_str_eq(replay + strlen("replay: viosim run 'inflate/odd-target#1.0,bounce'\n"
	    "debug: viosim debug --at 0 'inflate/odd-target#1.0,bounce'\n"),
	    "");
}

TEST(causes_come_before_what_came_of_them)
{
	static const char *const ids[] = { "page.alloc-range", "log.quiet", "live.convergence",
	    "dma.leak", "live.lost-wakeup", "ring.abort" };
	static const char *const order[] = { "error: ring.abort", "error: dma.leak",
	    "lint: page.alloc-range", "error: live.lost-wakeup", "error: live.convergence",
	    "error: log.quiet" };
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);
	const char *before, *after;

	for (size_t i = 0; i < 6; i++) {
		record_finding(record, seq, seq);
		make_it(i, ids[i]);
	}
	before = print(failure_print);
	for (size_t i = 0; i < 6; i++) {
		after = strstr(before, order[i]);
		ck_assert_msg(after != NULL, "%s is not after the one before it", order[i]);
		before = after;
	}
	ck_assert_int_eq(strncmp(first_reason(), "ring.abort: ", 12), 0);
	/* A finding may be further from the cause than its rule. */
	record->result.findings.item[5].distance = RULE_IN_THE_END;
	ck_assert_int_eq(strncmp(first_reason(), "dma.leak: ", 10), 0);
}

/* A lint fails no case, so it does not stand before what did, unless it explains that. */
TEST(lints_come_behind_failures)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);
	const char *failed, *lint;

	record_finding(record, seq, seq);
	make_it(0, "lock.unordered");
	ck_assert_int_eq(strncmp(first_reason(), "lock.unordered: ", 16), 0);
	record_failure(record, seq);
	print(failure_print);
	failed = strstr(text, "failed: expect");
	lint = strstr(text, "lint: lock.unordered");
	ck_assert(failed != NULL && lint != NULL && failed < lint);
	ck_assert_int_eq(strncmp(first_reason(), "expect: expected ", 17), 0);
}

/* What is suspect explains what came of it in the end, but no access without a mutex. */
TEST(a_lint_heads_a_consequence_only)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	for (size_t i = 0; i < 2; i++) {
		record_finding(record, seq, seq);
		make_it(i, i == 0 ? "thread.timeout" : "lock.data-race");
	}
	ck_assert_int_eq(strncmp(first_reason(), "lock.data-race: ", 16), 0);
	record->result.findings.item[1].rule = rule_by_id("live.convergence");
	record->result.findings.item[1].distance = RULE_IN_THE_END;
	ck_assert_int_eq(strncmp(first_reason(), "thread.timeout: ", 16), 0);
}

/* What happened after the first trouble is not its cause. */
TEST(events_end_at_the_first_trouble)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);

	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	record_failure(record, EVENT(record, 2 * S, MACHINE, EV_EXPECT, 0, 0, 0));
	record_finding(record, seq, seq);
	print(failure_print);
	HAS(text, "asks for 1 page");
	LACKS(text, "asks for 2 pages");
}

/* A lint that lies beside, before or after, is no trouble. */
TEST(events_end_at_the_failure_and_not_at_a_lint)
{
	static const struct { const char *id; bool explains; } lints[] = {
		{ "lock.unordered", false }, { "thread.timeout", true },
		{ "page.alloc-range", true },
	};
	uint32_t seq = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);

	EVENT(record, 2 * S, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	record_failure(record, EVENT(record, 25 * S, MACHINE, EV_EXPECT, 0, 0, 0));
	EVENT(record, 26 * S, MACHINE, EV_HOST_TARGET, 0, 3, 2, 1);
	record_finding(record, seq, seq);
	for (size_t i = 0; i < 3; i++) {
		make_it(0, lints[i].id);
		print(failure_print);
		HAS(text, "asks for 2 pages", "the expectation DOES NOT HOLD");
		LACKS(text, "asks for 3 pages");
		ck_assert((strstr(text, "failed: expect") < strstr(text, "lint: ")) !=
		    lints[i].explains);
		ck_assert_int_eq(strncmp(first_reason(), "expect: expected ", 17) == 0,
		    !lints[i].explains);
	}
}

/* A manifest with one defect, which shows wherever `shows_in` is. */
static const char *broken[] = { "page.double-free", "lock.unordered" }, *anywhere[] = { "" };
static const char *shows_in[] = { "try/old" }, *another[] = { "log.quiet" };
static struct circumstance elsewhere = { .rules = { another, 1 } };
static struct defect defect = {
	.id = "viomb-01", .title = "first", .rules = { broken, 2 }, .where = { anywhere, 1 },
	.scenarios = { shows_in, 1 }, .circumstance = &elsewhere,
};
static const struct manifest manifest = {
	.path = "driver/viomb.yaml", .defects = &defect, .count = 1,
}, none = { .path = "driver/viomb.yaml" };

static void
know(const char *scenario)
{
	record->input.manifest = &manifest;
	record->input.scenario = scenario;
}

TEST(events_go_past_what_is_known)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);

	record_finding(record, seq, seq);
	EVENT(record, 2 * S, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	record_failure(record, EVENT(record, 3 * S, MACHINE, EV_EXPECT, 0, 0, 0));
	know("try/old");
	print(failure_print);
	HAS(text, "asks for 2 pages", "the expectation DOES NOT HOLD");
}

/* With --lints-fail a lint may be all that there is. */
TEST(events_end_at_a_lint_that_is_alone)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);

	EVENT(record, 2 * S, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	record_finding(record, seq, seq);
	make_it(0, "lock.unordered");
	print(failure_print);
	HAS(text, "asks for 1 page");
	LACKS(text, "asks for 2 pages");
}

TEST(findings_tell_what_they_look_like)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_finding(record, seq, seq);
	record->input.hints = &manifest;
	record->input.manifest = &none;
	record->input.scenario = "try/new";
	print(failure_print);
	HAS(text, "  looks like viomb-01 (first); if it is, add "
	    "`try/new` to its `scenarios:` in driver/viomb.yaml\n");
	HAS(first_reason(), " (looks like viomb-01)");
	record->input.manifest = NULL;
	record_finding(record, seq, seq);
	print(failure_print);
	HAS(text, "  looks like viomb-01 (first), of "
	    "driver/viomb.yaml, which this run does not use\n");
	/* The second time the id is enough. */
	HAS(text, "  looks like viomb-01\n");
	defect.circumstances = 1;
	print(failure_print);
	HAS(text, "  looks like viomb-01 under other circumstances: it "
	    "is not known to show as page.double-free (first)\n");
	HAS(first_reason(), " (looks like viomb-01, under other "
	    "circumstances)");
	defect.circumstances = 0;
	know("try/old");
	print(failure_print);
	LACKS(text, "looks like");
}

/* Lints that fail nothing are not worth a line in the manifest. */
TEST(lints_beside_look_like_nothing)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_finding(record, seq, seq);
	make_it(0, "lock.unordered");
	record->input.hints = &manifest;
	record->input.scenario = "try/new";
	print(failure_print);
	HAS(text, "looks like viomb-01");
	record_failure(record, seq);
	print(failure_print);
	LACKS(text, "looks like");
}

TEST(reasons_are_all_told)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_failure(record, seq);
	print(failure_reasons);
	ck_assert_str_eq(text, "expect: expected host.actual == 300; actual host.actual = "
	    "256 pages\n");
	record_finding(record, seq, seq);
	record_finding(record, seq, seq);
	make_it(0, "lock.unordered");
	print(failure_reasons);
	ck_assert_str_eq(text, "page.double-free: 256 pages from 0x3f00 are freed, and they are "
	    "free already\nexpect: expected host.actual == 300; actual host.actual = 256 "
	    "pages\n");
}

TEST(what_was_not_decided_is_said)
{
	record_failure(record, EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 2));
	print(failure_print);
	LACKS(text, "not decided");
	HAS(text, "the expectation IS NOT DECIDED");
	record->result.undecided.steps = 2;
	record->result.undecided.finally = 1;
	snprintf(record->result.undecided.why, sizeof(record->result.undecided.why),
	    "the run ended at 1s by a panic");
	print(failure_print);
	HAS(text, "not decided, because the run ended at 1s by a "
	    "panic: 2 of steps, 1 of finally\n");
}

TEST(replay_is_quoted_for_a_shell)
{
	const char *const words[] = { "--manifest", "it's here.yaml", NULL };

	record->input.id = "deflate/plain";
	ck_assert_str_eq(print(failure_print_replay), "viosim run deflate/plain\n");
	record->input.id = "deflate/x[call=virtio_enqueue_prep]@3#legacy,bounce";
	record->input.driver_path = "/tmp/my driver.so";
	record->input.replay_words = words;
	ck_assert_str_eq(print(failure_print_replay),
	    "viosim run --driver '/tmp/my driver.so' --manifest 'it'\\''s here.yaml' "
	    "'deflate/x[call=virtio_enqueue_prep]@3#legacy,bounce'\n");
}

TEST(known_defects_are_only_named)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_failure(record, seq);
	record_finding(record, seq, seq);
	record_finding(record, seq, seq);
	know("try/old");
	print(failure_print);
	HAS(text, "failed: expect", "known defects that showed as well: viomb-01\n");
	LACKS(text, "because");
}

SUITE(report_failure, .setup = setup, .teardown = teardown)
