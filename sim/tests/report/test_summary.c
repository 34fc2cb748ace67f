/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/summary and of the reasons in it.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "report/failure.h"
#include "report/json.h"
#include "report/summary.h"
#include "tests/suite.h"

static const struct summary_totals totals = {
	.driver = "build/d.so", .cases = 4, .passed = 1, .failed = 2, .skipped = 1,
};

static json_t *
printed(const struct summary *summary)
{
	HEAP(text) = PRINTED(to, summary_print(to, summary, &totals));
	json_t *object = json_loads(text, 0, NULL);

	ck_assert_msg(object != NULL, "no JSON: %s", text);
	return object;
}

static const char *
text_at(json_t *object, const char *array, size_t index, const char *key)
{
	json_t *item = json_array_get(json_object_get(object, array), index);

	return json_string_value(json_object_get(item, key));
}

TEST(cases_are_where_they_belong)
{
	struct summary *summary = summary_new();
	json_t *object;

	summary_case(summary, "a/a#x", VERDICT_PASS, 1, "");
	summary_case(summary, "a/b#x", VERDICT_FAIL, UINT64_C(0xab),
	    "{\"reasons\":[{\"rule\":\"live.deadlock\"}]}");
	summary_case(summary, "a/c#x", VERDICT_BROKEN, 0, "a \"bad\" end");
	summary_case(summary, "a/d#x", VERDICT_SKIPPED, 0, "no process");
	summary_case(summary, "a/e#x", VERDICT_SKIPPED, 0, "no process");
	summary_case(summary, "a/f#x", VERDICT_SKIPPED, 0, "a loop");
	summary_known(summary, "d-01", "It leaks.", 3);
	summary_gone(summary, "d-02", "a/b");
	object = printed(summary);
	summary_free(summary);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "failed")), 2);
	ck_assert_ptr_null(json_object_get(object, "manifest"));
	ck_assert_str_eq(text_at(object, "failing", 0, "digest"), "00000000000000ab");
	ck_assert_str_eq(text_at(json_array_get(json_object_get(object, "failing"), 0),
	    "reasons", 0, "rule"), "live.deadlock");
	ck_assert_str_eq(text_at(object, "failing", 1, "error"), "a \"bad\" end");
	ck_assert_uint_eq(json_array_size(json_object_get(object, "not_run")), 2);
	ck_assert_str_eq(text_at(object, "not_run", 1, "reason"), "a loop");
	ck_assert_str_eq(text_at(object, "known_defects", 0, "title"), "It leaks.");
	ck_assert_str_eq(text_at(object, "no_longer_shown", 0, "scenario"), "a/b");
	json_decref(object);
}

static uint64_t
digest_of(uint64_t first, uint64_t second)
{
	struct summary *summary = summary_new();
	json_t *object;
	uint64_t digest;

	summary_case(summary, "a/a#x", VERDICT_PASS, first, "");
	summary_case(summary, "a/b#x", VERDICT_FAIL, second, "{\"reasons\":[]}");
	object = printed(summary);
	digest = strtoull(json_string_value(json_object_get(object, "digest")), NULL, 16);
	json_decref(object);
	summary_free(summary);
	return digest;
}

TEST(digest_is_of_all_cases_in_order)
{
	ck_assert_uint_eq(digest_of(1, 2), digest_of(1, 2));
	ck_assert_uint_ne(digest_of(1, 2), digest_of(2, 1));
	ck_assert_uint_ne(digest_of(1, 2), digest_of(1, 3));
}

TEST(reasons_are_those_of_the_list)
{
	struct record *record = record_new();
	char *text, *lines, *line;
	json_t *told, *array;
	size_t count = 0;

	record_attach(record);
	record_inflate(record, S);
	record_finding(record, 1, 1);
	record_failure(record, 2);
	text = PRINTED(to, failure_told_json(to, &record->input, true));
	lines = PRINTED(to, failure_reasons(to, &record->input));
	told = json_loads(text, 0, NULL);
	array = json_object_get(told, "reasons");
	ck_assert_ptr_nonnull(array);
	for (line = lines; *line != '\0'; line += strcspn(line, "\n") + 1) {
		json_t *reason = json_array_get(array, count++);
		const char *said = json_string_value(json_object_get(reason, "text"));

		if (said == NULL)
			said = json_string_value(json_object_get(reason, "expected"));
		ck_assert_ptr_nonnull(said);
		HAS(line, said);
	}
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(json_array_size(array), count);
	ck_assert_str_eq(text_at(told, "reasons", 0, "group"), "page.double-free|||");
	ck_assert_ptr_nonnull(json_object_get(json_array_get(array, 0), "because"));
	ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(told, "replay")),
	    "viosim run "));
	json_decref(told);
	free(text);
	free(lines);
	record_free(record);
}

/* What fails nothing stands apart. */
TEST(others_are_no_reasons)
{
	struct record *record = record_new();
	HEAP(text) = NULL;
	json_t *told;

	record_attach(record);
	record_inflate(record, S);
	record_finding(record, 1, 1);
	text = PRINTED(to, failure_told_json(to, &record->input, false));
	told = json_loads(text, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(told, "reasons")), 0);
	ck_assert_str_eq(text_at(told, "others", 0, "rule"), "page.double-free");
	json_decref(told);
	record_free(record);
}

SUITE(report_summary)
