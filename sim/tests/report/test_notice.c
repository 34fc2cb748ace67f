/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of notices: one of each kind, in each format.
 */
#include <stdlib.h>
#include <string.h>

#include "report/json.h"
#include "report/notice.h"
#include "tests/suite.h"

static const struct notice notices[] = {
	{ .file = "a, b.yaml", .line = 3, .column = 7, .width = 4, .level = "error",
	  .rule = "scenario.value", .message = "100% \"of\"\nit", .from = "x", .to = "y",
	  .from_column = 8 },
	{ .file = "c.yaml", .level = "note", .rule = "scenario.file", .message = "gone" },
};

static const struct { const char *name, *text; } formats[] = {
	{ "gcc", "a, b.yaml:3:7: error: 100% \"of\"\nit [scenario.value]\n"
	    "c.yaml: note: gone [scenario.file]\n" },
	{ "github", "::error file=a%2C b.yaml,line=3,col=7,endColumn=11,title=scenario.value::"
	    "100%25 \"of\"%0Ait\n::notice file=c.yaml,title=scenario.file::gone\n" },
};

static char *
printed(const char *name, size_t count)
{
	struct notices all = { .count = 0 };
	const struct notice_format *format = notice_formats;
	char *text;

	for (size_t i = 0; i < count; i++)
		*vec_add(&all) = notices[i];
	while (strcmp(format->name, name) != 0)
		format++;
	text = PRINTED(to, format->print(&all, to));
	vec_fini(&all);
	return text;
}

TEST_EACH(lines, formats)
{
	HEAP(text) = printed(formats[_i].name, 2);
	HEAP(nothing) = printed(formats[_i].name, 0);

	ck_assert_str_eq(text, formats[_i].text);
	ck_assert_str_eq(nothing, "");
}

TEST(json_has_all)
{
	HEAP(text) = printed("json", 2);
	json_t *whole = json_loads(text, 0, NULL), *fix, *last;
	const char *from, *to, *message;
	int column, end, at;

	ck_assert_int_eq(json_unpack(whole, "{s:[{s:i, s:i, s:s, s:o}, o]}", "notices", "column",
	    &column, "end_column", &end, "message", &message, "fix", &fix, &last), 0);
	ck_assert_int_eq(json_unpack(fix, "{s:i, s:s, s:s !}", "column", &at, "from", &from, "to",
	    &to), 0);
	ck_assert(column == 7 && end == 11 && at == 8 && *from == 'x' && *to == 'y');
	ck_assert_ptr_null(json_object_get(last, "line"));
	ck_assert_ptr_null(json_object_get(last, "fix"));
	json_decref(whole);
}

TEST(sarif_has_all)
{
	HEAP(text) = printed("sarif", 2);
	json_t *whole = json_loads(text, 0, NULL), *results, *place;
	const char *version, *rule, *uri;
	int line, end;

	ck_assert_int_eq(json_unpack(whole, "{s:s, s:[{s:o}]}", "version", &version, "runs",
	    "results", &results), 0);
	ck_assert_str_eq(version, "2.1.0");
	ck_assert_uint_eq(json_array_size(results), 2);
	ck_assert_int_eq(json_unpack(json_array_get(results, 0),
	    "{s:s, s:[{s:{s:{s:s}, s:{s:i, s:i}}}]}", "ruleId", &rule, "locations",
	    "physicalLocation", "artifactLocation", "uri", &uri, "region", "startLine", &line,
	    "endColumn", &end), 0);
	ck_assert(line == 3 && end == 11 && strcmp(rule, "scenario.value") == 0);
	ck_assert_str_eq(uri, "a%2C%20b.yaml");
	ck_assert_int_eq(json_unpack(json_array_get(results, 1), "{s:[{s:o}]}", "locations",
	    "physicalLocation", &place), 0);
	ck_assert_ptr_null(json_object_get(place, "region"));
	json_decref(whole);
}

SUITE(report_notice)
