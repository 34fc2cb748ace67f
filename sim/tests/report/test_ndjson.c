/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/ndjson.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "record.h"
#include "report/json.h"
#include "report/report.h"
#include "tests/suite.h"

static struct record *record;
static json_t **line;
static size_t lines;

static void
setup(void)
{
	record = record_new();
	line = NULL;
	lines = 0;
}

static void
forget(void)
{
	for (size_t i = 0; i < lines; i++)
		json_decref(line[i]);
	free(line);
	line = NULL;
	lines = 0;
}

static void
teardown(void)
{
	forget();
	record_free(record);
}

/* Every line by itself must be one JSON object. */
static void
print(void)
{
	char *text = PRINTED(to, ndjson_print(to, &record->input, true)), *save;

	forget();
	for (char *p = strtok_r(text, "\n", &save); p != NULL; p = strtok_r(NULL, "\n", &save)) {
		json_error_t error;

		line = realloc(line, (lines + 1) * sizeof(line[0]));
		ck_assert_ptr_nonnull(line);
		line[lines] = json_loads(p, JSON_REJECT_DUPLICATES, &error);
		ck_assert_msg(json_is_object(line[lines]), "%s: %s", error.text, p);
		lines++;
	}
	free(text);
}

static const char *
text_of(size_t i, const char *key)
{
	const char *text = json_string_value(json_object_get(line[i], key));

	return text != NULL ? text : "(none)";
}

static json_int_t
number_of(size_t i, const char *key)
{
	ck_assert(json_is_integer(json_object_get(line[i], key)));
	return json_integer_value(json_object_get(line[i], key));
}

TEST(case_is_header_events_verdict)
{
	record_attach(record);
	record_inflate(record, S);
	print();
	ck_assert_uint_eq(lines, record->world.trace.count + 2);
	ck_assert_int_eq(number_of(0, "viosim"), JSON_OUTPUT_VERSION);
	ck_assert_str_eq(text_of(0, "case"), "inflate/odd-target#1.0,bounce");
	ck_assert_str_eq(text_of(0, "driver"), "viomb");
	for (size_t i = 1; i + 1 < lines; i++) {
		ck_assert_int_eq(number_of(i, "seq"), (json_int_t)i - 1);
		ck_assert_str_eq(text_of(i, "kind"), trace_kind_word(
		    trace_event(&record->world.trace, (uint32_t)i - 1)->kind));
	}
	ck_assert_str_eq(text_of(lines - 1, "verdict"), "failed");
	ck_assert_str_eq(text_of(lines - 1, "digest"), "00c0ffee00112233");
	ck_assert_int_eq(number_of(lines - 1, "events"), record->world.trace.count);
}

TEST(case_without_result_says_why)
{
	HEAP(text) = PRINTED(to, ndjson_print_none(to, "a/b#1.0,bounce", "skipped",
	    "no \"process\"\n"));

	ck_assert_str_eq(text, "{\"viosim\":3,\"case\":\"a/b#1.0,bounce\"}\n"
	    "{\"verdict\":\"skipped\",\"reason\":\"no \\\"process\\\"\\n\"}\n");
}

TEST(arguments_have_their_names)
{
	json_t *args;

	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 300, 7, 1);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_CV_TIMEDWAIT, 1, 2, 3000);
	EVENT(record, S, THREAD, EV_RET, HW_CALL_CV_TIMEDWAIT, 0);
	EVENT(record, S, THREAD, EV_NOTE, HW_NOTE_MUTEX_HELD, 1, 6, 1);
	print();
	args = json_object_get(line[1], "args");
	ck_assert_int_eq(json_integer_value(json_object_get(args, "pages")), 300);
	ck_assert_int_eq(json_integer_value(json_object_get(args, "old")), 7);
	ck_assert(json_is_true(json_object_get(args, "irq")));
	args = json_object_get(line[2], "args");
	ck_assert_str_eq(text_of(2, "call"), "cv_timedwait");
	ck_assert_uint_eq(json_object_size(args), 3);
	ck_assert_str_eq(json_string_value(json_object_get(args, "condvar")), "cv1");
	ck_assert_int_eq(json_integer_value(json_object_get(args, "ticks")), 3000);
	ck_assert_int_eq(number_of(3, "result"), 0);
	args = json_object_get(line[4], "args");
	ck_assert_str_eq(text_of(4, "note"), "mutex-held");
	ck_assert_str_eq(json_string_value(json_object_get(args, "ipl")), "IPL_VM");
}

static const char *
other_of(size_t i, const char *key)
{
	const json_t *others = json_object_get(line[i], "others");
	const char *text = json_string_value(json_object_get(json_array_get(others, 0), key));

	return text != NULL ? text : "(none)";
}

TEST(says_where_the_others_stand)
{
	EVENT(record, S, MACHINE, EV_CTX_START, 0, THREAD, HW_CTX_KTHREAD, 0);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_MUTEX_ENTER, 1);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 2, 0, 1);
	EVENT(record, S, THREAD, EV_RET, HW_CALL_MUTEX_ENTER, 0);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 3, 0, 1);
	EVENT(record, S, THREAD, EV_CTX_END, 0, THREAD);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 4, 0, 1);
	print();
	ck_assert_str_eq(other_of(3, "who"), "thread");
	ck_assert_str_eq(other_of(3, "before"), "mutex_enter");
	ck_assert_str_eq(other_of(3, "text"), "before mutex_enter(mutex1)");
	ck_assert_str_eq(other_of(3, "in"), "(none)");
	ck_assert_ptr_null(json_object_get(line[4], "others"));
	ck_assert_str_eq(other_of(6, "after"), "mutex_enter");
	ck_assert_str_eq(other_of(6, "text"), "after mutex_enter(mutex1)");
	ck_assert_ptr_null(json_object_get(line[8], "others"));
}

/* It could go on at any time before, but not any more. */
TEST(says_what_has_begun)
{
	EVENT(record, S, MACHINE, EV_CTX_START, 0, THREAD, HW_CTX_KTHREAD, 0);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_CV_TIMEDWAIT, 1, 2, 3000);
	EVENT(record, S, THREAD, EV_CTX_SLEEP, HW_SLEEP_CV, 1, 0);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);
	print();
	ck_assert_str_eq(other_of(4, "in"), "cv_timedwait");
	ck_assert_msg(strncmp(other_of(4, "text"), "in cv_timedwait(", 16) == 0, "%s",
	    other_of(4, "text"));
}

TEST(finding_says_which_known_defect_it_looks_like)
{
	const char *rule[] = { record_rule.id }, *other[] = { "log.quiet" }, *anywhere[] = { "" };
	struct circumstance elsewhere = { .rules = { other, 1 } };
	struct defect defect = {
		.id = "viomb-01", .rules = { rule, 1 }, .where = { anywhere, 1 },
		.circumstance = &elsewhere,
	};
	struct manifest manifest = { .path = "driver/viomb.yaml", .defects = &defect, .count = 1 };
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_finding(record, seq, seq);
	record->input.hints = &manifest;
	record->input.scenario = "try/new";
	print();
	ck_assert_str_eq(text_of(2, "looks_like"), "viomb-01");
	ck_assert_ptr_null(json_object_get(line[2], "unlike"));
	defect.circumstances = 1;
	print();
	ck_assert_str_eq(text_of(2, "looks_like"), "viomb-01");
	HAS(text_of(2, "unlike"), "page.double-free");
}

TEST(page_counts_stand_where_they_change)
{
	size_t with = 0;

	record_attach(record);
	record_inflate(record, S);
	print();
	ck_assert_ptr_nonnull(json_object_get(line[1], "pages"));
	for (size_t i = 1; i + 1 < lines; i++)
		with += json_object_get(line[i], "pages") != NULL;
	ck_assert_uint_gt(with, 2);
	ck_assert_uint_lt(with, lines / 2);
}

/* Whatever a driver prints, and whatever the numbers are, the line is JSON. */
TEST(hostile_values_are_still_json)
{
	uint64_t number = record_text(record, "\xff\xfe \"quoted\" \\ \x01\n");

	EVENT(record, S, THREAD, EV_CONSOLE, 0, number);
	for (unsigned kind = EV_NONE + 1; kind < EV_KINDS; kind++)
		for (unsigned code = 0; code < 100; code += 3)
			EVENT(record, UINT64_MAX, THREAD, kind, code, UINT64_MAX, UINT64_MAX,
			    UINT64_MAX, UINT64_MAX, UINT64_MAX);
	print();
	ck_assert_uint_eq(lines, record->world.trace.count + 2);
	ck_assert_str_eq(json_string_value(json_object_get(json_object_get(line[1], "args"),
	    "text")), "?? \"quoted\" \\ ?\n");
}

TEST(findings_and_failures_come_after_the_events)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_EXPECT, 0, 0, 0);

	record_finding(record, seq, seq);
	record_failure(record, seq);
	print();
	ck_assert_uint_eq(lines, 5);
	ck_assert_str_eq(text_of(2, "finding"), "page.double-free");
	ck_assert_str_eq(text_of(2, "severity"), "error");
	ck_assert_int_eq(number_of(2, "count"), 2);
	ck_assert_uint_eq(json_array_size(json_object_get(line[2], "because")), 1);
	ck_assert_str_eq(text_of(3, "failure"), "expect");
	ck_assert_int_eq(number_of(3, "line"), 2);
	ck_assert_str_eq(text_of(3, "expected"), "host.actual == 300");
	ck_assert_str_eq(text_of(4, "verdict"), "failed");
}

TEST(same_record_gives_the_same_bytes)
{
	HEAP(a) = NULL;
	HEAP(b) = NULL;

	record_attach(record);
	record_inflate(record, S);
	a = PRINTED(to, ndjson_print(to, &record->input, true));
	b = PRINTED(to, ndjson_print(to, &record->input, true));
	ck_assert_str_eq(a, b);
}

TEST(full_disk_is_seen)
{
	FILE *stream = fopen("/dev/full", "w");

	ck_assert_ptr_nonnull(stream);
	setvbuf(stream, NULL, _IONBF, 0);
	ndjson_print(stream, &record->input, true);
	ck_assert(ferror(stream) || fflush(stream) != 0);
	fclose(stream);
}

SUITE(report_ndjson, .setup = setup, .teardown = teardown)
