/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/page and told.
 */
#include <inttypes.h>

#include "record.h"
#include "report/page.h"
#include "report/told.h"
#include "tests/suite.h"

static struct page *page;
static char *written;

static void
setup(void)
{
	page = page_new("build/viomb.so");
	written = NULL;
}

static void
teardown(void)
{
	free(written);
	page_free(page);
}

static void
print(void)
{
	free(written);
	written = PRINTED(to, page_print(page, to));
}

/* What is said at the end. */
static const char *
say(void)
{
	print();
	free(written);
	return written = PRINTED(to, page_say(page, "p", to));
}

static void
take(enum page_part part, const char *text)
{
	page_lines(page, part, text, strlen(text));
}

static size_t
times(const char *text)
{
	size_t count = 0;

	for (const char *p = written; (p = strstr(p, text)) != NULL; p++)
		count++;
	return count;
}

/* ---- cases, a line each ---- */

#define HEADER(id) "{\"viosim\":3,\"case\":\"" id "\",\"driver\":\"viomb\"," \
	"\"module\":\"a b.so\"}\n"
#define FINDING(group, rank, severity, text) \
	"{\"finding\":\"a.rule\",\"severity\":\"" severity "\",\"title\":\"what must hold\"," \
	"\"group\":\"" group "\",\"rank\":" #rank ",\"seq\":0,\"time_ns\":0,\"text\":\"" text \
	"\"}\n"
#define FAILURE(line) \
	"{\"failure\":\"expect\",\"file\":\"no.yaml\",\"line\":" #line ",\"seq\":0," \
	"\"time_ns\":0,\"expected\":\"1\",\"actual\":\"2\"}\n"
#define VERDICT_OF(verdict, events) "{\"verdict\":\"" verdict "\",\"events\":" #events "," \
	"\"virtual_ns\":0}\n"
#define VERDICT(verdict) VERDICT_OF(verdict, 0)
#define EVENT_OF(seq) "{\"seq\":" #seq ",\"time_ns\":0,\"context\":1,\"who\":\"t\"," \
	"\"kind\":\"run\",\"args\":{}}\n"
/* Of that driver and manifest, in that version. */
#define HEADER_OF(id, module, hash, more) "{\"viosim\":3,\"case\":\"" id "\",\"driver\":" \
	"\"viomb\",\"module\":\"" module "\",\"module_hash\":\"" hash "\"" more "}\n"
#define MANIFEST ",\"manifest\":\"driver/viomb.yaml\""
#define FAILING(id, group) HEADER(id) FINDING(group, 0, "error", "broken") VERDICT("failed")
#define PASSING(id) HEADER(id) VERDICT("passed")

TEST(case_is_told_with_reasons_and_commands)
{
	struct record *record = record_new();
	uint32_t seq;
	char *text, debug[80];

	record_attach(record);
	seq = record->world.trace.count - 1;
	record_finding(record, seq, 3);
	record_failure(record, seq);
	text = PRINTED(to, ndjson_print(to, &record->input, true));
	take(PAGE_NOW, text);
	print();
	HAS(written, "1 of 1 case failed");
	HAS(written, "<b class=\"rule\">page.double-free</b> 256 pages from 0x3f00 are freed");
	HAS(written, "they were freed before");
	HAS(written, "The second free gives the allocator");
	HAS(written, "viosim run --no-manifest &#39;inflate/odd-target#1.0,bounce&#39;");
	snprintf(debug, sizeof(debug), "viosim debug --at %" PRIu32
	    " &#39;inflate/odd-target#1.0,bounce&#39;", seq);
	HAS(written, debug);
	HAS(written, "expected host.actual == 300; actual host.actual = 256 pages");
	HAS(written, "The record does not say which driver ran.");
	free(text);
	record_free(record);
}

TEST(texts_are_never_html)
{
	take(PAGE_NOW, HEADER("a/</script><b>#x") FINDING("g", 0, "error",
	    "</script><script>x&y'<!--") VERDICT("failed"));
	print();
	ck_assert_uint_eq(times("</script>"), 2);
	LACKS(written, "<script>x");
	HAS(written, "&lt;/script&gt;&lt;script&gt;x&amp;y&#39;&lt;!--");
	HAS(written, "\\u003c/script\\u003e\\u003cscript\\u003ex\\u0026y'\\u003c!--");
}

TEST(cases_are_grouped_by_cause_and_by_what_else_failed)
{
	take(PAGE_NOW, FAILING("a/one#x", "g") FAILING("a/two#x", "g") FAILING("b/three#y", "h")
	    HEADER("a/four#x") FINDING("g", 0, "error", "broken") FAILURE(7) VERDICT("failed")
	    PASSING("b/five#y"));
	print();
	ck_assert_uint_eq(page->kinds.count, 3);
	ck_assert_uint_eq(page->causes.count, 2);
	ck_assert_uint_eq(page->causes.item[0].cases, 3);
	ck_assert_str_eq(page->causes.item[0].cause, "g");
	HAS(written, "4 of 5 cases failed");
	HAS(written, "1 more case failed for the same reasons");
	HAS(written, "<th scope=\"row\">b</th>");
}

/* In the order of the failure report. */
static const struct {
	const char *lines, *reason;
} reasons[] = {
	{ FINDING("g", 10, "error", "later") FINDING("h", 6, "error", "nearer"), "nearer" },
	{ FINDING("g", 4, "error", "first") FINDING("h", 4, "error", "second"), "first" },
	{ FINDING("g", 13, "lint", "beside") FAILURE(3), NULL },
	{ FINDING("g", 5, "lint", "suspect") FAILURE(3), "suspect" },
	{ "{\"finding\":\"r\",\"known\":\"d-1\",\"rank\":0,\"group\":\"k\",\"seq\":0,"
	    "\"text\":\"known\"}\n" FINDING("h", 6, "error", "new"), "new" },
};

TEST_EACH(case_is_listed_by_what_is_nearest_to_the_cause, reasons)
{
	char *text = PRINTED(to, fprintf(to, "%s%s%s", HEADER("a/b#c"), reasons[_i].lines,
	    VERDICT("failed")));
	const char *told;

	take(PAGE_NOW, text);
	ck_assert_uint_eq(page->kinds.count, 1);
	told = page_get(page->kinds.item[0].reason, "text");
	ck_assert_str_eq(told, reasons[_i].reason != NULL ? reasons[_i].reason : "");
	free(text);
}

TEST(known_defects_are_counted_once_a_case)
{
	static const char known[] = "{\"finding\":\"r\",\"known\":\"d-1\",\"page\":\"p.md\","
	    "\"rank\":0,\"group\":\"k\",\"seq\":0,\"text\":\"known\"}\n";
	char *text = PRINTED(to, fprintf(to, HEADER("a/b#c") "%s%s" VERDICT("passed")
	    HEADER("a/d#c") "%s" VERDICT("passed"), known, known, known));

	take(PAGE_NOW, text);
	print();
	HAS(written, "2 cases passed");
	HAS(written, "<th scope=\"row\">d-1</th><td class=\"n\">2</td>");
	free(text);
}

TEST(earlier_record_tells_new_gone_and_still)
{
	take(PAGE_BEFORE, FAILING("a/still#x", "g") FAILING("a/gone#x", "g")
	    FAILING("a/absent#x", "g") PASSING("a/new#x"));
	take(PAGE_NOW, FAILING("a/still#x", "g") FAILING("a/new#x", "h") PASSING("a/gone#x"));
	print();
	HAS(written, "passed before: 1</summary><ul><li><code>a/new#x");
	HAS(written, "pass now: 1</summary><ul><li><code>a/gone#x");
	HAS(written, "still failing: 1</summary><ul><li><code>a/still#x");
	HAS(written, "not run now: 1</summary><ul><li><code>a/absent#x");
	LACKS(written, "not run before");
	HAS(written, ">1 new</span>");
	HAS(written, "as before");
	ck_assert_str_eq(say(), "p: 2 of 3 cases failed, 2 causes, 1 new\n");
}

/* What has no verdict in one of the records tells nothing. */
TEST(case_that_was_not_run_is_neither_new_nor_gone)
{
	take(PAGE_BEFORE, FAILING("a/one#x", "g") HEADER("a/two#x") VERDICT("skipped"));
	take(PAGE_NOW, HEADER("a/one#x") VERDICT("skipped") FAILING("a/two#x", "g")
	    FAILING("a/three#x", "g"));
	print();
	HAS(written, "passed before: 0</summary>");
	HAS(written, "pass now: 0</summary>");
	HAS(written, "not run now: 1</summary><ul><li><code>a/one#x");
	HAS(written, "not run before: 2</summary><ul><li><code>a/two#x</code></li><li><code>a/thr");
	LACKS(written, "class=\"tag\"");
}

static const struct {
	const char *before, *why;
} incomparable[] = {
	{ HEADER_OF("a/one#x", "build/viomb.so", "2", ""),
	    "it was made with no manifest, this one with driver/viomb.yaml" },
	{ HEADER_OF("a/one#x", "old/viomb-fixed.so", "2", MANIFEST),
	    "it is of old/viomb-fixed.so, this one of build/viomb.so" },
	/* Another build of the driver is what an earlier record is for. */
	{ HEADER_OF("a/one#x", "old/viomb.so", "2", ",\"version\":\"0\"" MANIFEST), NULL },
};

TEST_EACH(record_of_another_driver_or_manifest_is_not_compared, incomparable)
{
	take(PAGE_BEFORE, incomparable[_i].before);
	take(PAGE_BEFORE, VERDICT("passed"));
	take(PAGE_NOW, HEADER_OF("a/one#x", "build/viomb.so", "1", MANIFEST)
	    FINDING("g", 0, "error", "broken") VERDICT("failed"));
	print();
	if (incomparable[_i].why == NULL) {
		HAS(written, "passed before: 1</summary>");
		LACKS(written, "cannot be compared");
		LACKS(say(), "warning");
		return;
	}
	HAS(written, "cannot be compared: ");
	HAS(written, incomparable[_i].why);
	LACKS(written, "class=\"tag\"");
	LACKS(written, "passed before");
	HAS(say(), "p: 1 of 1 case failed, 1 cause\nwarning: the earlier record cannot be ");
	HAS(written, incomparable[_i].why);
}

TEST(other_driver_stands_beside)
{
	const char *const *ids;

	take(PAGE_NOW, FAILING("a/one#x", "g") FAILING("a/two#x", "g") PASSING("a/three#x"));
	ck_assert_uint_eq(page_failing(page, &ids), 2);
	ck_assert_str_eq(ids[1], "a/two#x");
	take(PAGE_BESIDE, PASSING("a/one#x") FAILING("a/two#x", "g"));
	print();
	HAS(written, "pass with a b.so");
	HAS(written, "<td class=\"n\">1 of 2</td>");
	HAS(written, "The same case with");
}

TEST(case_without_a_result_has_its_reason)
{
	take(PAGE_NOW, "{\"viosim\":3,\"case\":\"a/b#c\"}\n"
	    "{\"verdict\":\"error\",\"reason\":\"it died\"}\n"
	    "{\"viosim\":3,\"case\":\"a/d#c\"}\n"
	    "{\"verdict\":\"skipped\",\"reason\":\"no memory\"}\n");
	print();
	HAS(written, "1 of 1 case failed");
	HAS(written, "<b class=\"rule\">error</b> it died");
	HAS(written, "<h2>Not run</h2><ul><li>1 case: no memory");
	LACKS(written, "data-story");
	LACKS(written, "Not applicable");
	ck_assert_str_eq(say(), "p: 1 of 1 case failed, 1 cause, 1 skipped\n");
}

TEST(heading_leaves_out_nothing)
{
	take(PAGE_NOW, PASSING("a/one#x") HEADER("a/two#x") VERDICT("skipped") HEADER("a/three#x")
	    "{\"verdict\":\"not-applicable\",\"reason\":\"needs x\",\"events\":0}\n");
	print();
	HAS(written, "1 case passed</span> <small>1 skipped, 1 not applicable</small>");
	HAS(written, "<h2>Not applicable</h2><ul><li>1 case: needs x");
	ck_assert_uint_eq(page_skipped(page), 1);
	ck_assert_str_eq(say(), "p: 0 of 1 case failed, 1 skipped, 1 not applicable\n");
	page_ended(page, "Interrupt");
	print();
	HAS(written, "Not complete: viosim was ended (Interrupt)");
	HAS(say(), "; not complete: viosim was ended (Interrupt)\n");
}

TEST(finding_looks_like_a_known_defect)
{
	take(PAGE_NOW, HEADER("a/b#c") "{\"finding\":\"r\",\"severity\":\"error\",\"group\":"
	    "\"g\",\"rank\":0,\"seq\":0,\"text\":\"x\",\"looks_like\":\"d-<1>\"}\n"
	    "{\"finding\":\"s\",\"severity\":\"error\",\"group\":\"h\",\"rank\":1,\"seq\":0,"
	    "\"text\":\"y\",\"looks_like\":\"d-2\",\"unlike\":\"no call failed\"}\n"
	    VERDICT("failed"));
	print();
	HAS(written, "looks like <b>d-&lt;1&gt;</b> <span");
	HAS(written, "looks like <b>d-2</b> under other circumstances: no call failed");
}

TEST(driver_with_another_path_is_named_in_commands)
{
	take(PAGE_NOW, FAILING("a/b#c", "g"));
	print();
	HAS(written, "viosim run --driver &#39;a b.so&#39; --no-manifest &#39;a/b#c&#39;");
	HAS(written, "viosim debug --driver &#39;a b.so&#39; --at 0 &#39;a/b#c&#39;");
	HAS(written, "The driver&#39;s text is not there: ");
}

/* ---- stories ---- */

#define EVENTS 4000

/* What is far from anything that matters is left out, what is near is not. */
TEST(long_case_has_the_events_near_its_finding)
{
	char *text = PRINTED(to, {
		fputs(HEADER("a/b#c"), to);
		for (int i = 0; i < EVENTS; i++)
			fprintf(to, "{\"seq\":%d,\"time_ns\":%d,\"context\":1,\"who\":\"t\","
			    "\"kind\":\"call\",\"call\":\"f\","
			    "\"args\":{\"n\":%d,\"cv\":\"cv1\"}}\n", i, i / 1000, i);
		fputs("{\"finding\":\"r\",\"severity\":\"error\",\"group\":\"g\",\"rank\":0,"
		    "\"seq\":3000,\"text\":\"x\",\"because\":[{\"seq\":500,\"text\":\"y\"}]}\n"
		    VERDICT_OF("failed", 4000), to);
	});
	json_t *story, *runs;

	take(PAGE_NOW, text);
	story = page->kinds.item[0].told.story;
	runs = json_object_get(story, "runs");
	ck_assert_int_eq(page_number(story, "events"), EVENTS);
	ck_assert_uint_eq(json_array_size(runs), 2);
	ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(runs, 0), 0)), 380);
	ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(runs, 1), 1)), 240);
	ck_assert_str_eq(json_string_value(json_array_get(page->texts, 0)), "f(n 380, cv1)");
	ck_assert_int_eq(json_integer_value(json_array_get(json_array_get(
	    json_object_get(story, "times"), 1), 1)), 2);
	free(text);
}

TEST(others_stand_where_they_stood_when_another_went_on)
{
	json_t *because;

	take(PAGE_NOW, HEADER("a/b#c")
	    "{\"seq\":0,\"time_ns\":0,\"context\":2,\"who\":\"irq0\",\"kind\":\"irq-enter\","
	    "\"args\":{},\"others\":[{\"context\":1,\"who\":\"t\",\"before\":\"mutex_enter\","
	    "\"text\":\"before mutex_enter(mutex1)\"}]}\n"
	    "{\"seq\":1,\"time_ns\":0,\"context\":2,\"who\":\"irq0\",\"kind\":\"call\","
	    "\"call\":\"f\",\"args\":{}}\n"
	    "{\"seq\":2,\"time_ns\":9,\"context\":1,\"who\":\"t\",\"kind\":\"run\","
	    "\"args\":{}}\n"
	    "{\"finding\":\"r\",\"severity\":\"error\",\"group\":\"g\",\"rank\":0,\"seq\":2,"
	    "\"text\":\"x\",\"because\":[{\"seq\":1,\"text\":\"y\"}]}\n"
	    VERDICT_OF("failed", 3));
	print();
	because = json_array_get(json_object_get(page->kinds.item[0].reason, "because"), 0);
	ck_assert_uint_eq(json_array_size(json_object_get(because, "others")), 1);
	ck_assert_ptr_null(json_object_get(page->kinds.item[0].reason, "others"));
	HAS(written, "meanwhile <b>t</b> stands <code>before mutex_enter(mutex1)</code>");
}

/* Which texts are shown is for a record to say, so nothing but scenarios is read. */
TEST(scenario_is_what_ran_or_it_says_so)
{
	FOLDER(folder);
	char *here = PRINTED(to, fprintf(to, "%s/a.yaml", folder.path));
	char *other = PRINTED(to, fprintf(to, "%s/a.txt", folder.path));
	json_t *header = json_pack("{s:s}", "scenario_hash", "0123456789abcdef");
	const char *trouble;
	char *text, hash[20];

	suite_write(here, "steps: []\n");
	suite_write(other, "steps: []\n");
	text = page_scenario(header, here, &trouble);
	ck_assert_str_eq(text, "steps: []\n");
	HAS(trouble, "not the text that ran");
	free(text);
	snprintf(hash, sizeof(hash), "%016" PRIx64, trace_hash("steps: []\n", 10));
	json_object_set_new(header, "scenario_hash", json_string(hash));
	text = page_scenario(header, here, &trouble);
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(trouble);
	free(text);
	ck_assert_ptr_null(page_scenario(header, other, &trouble));
	HAS(trouble, "is not there");
	json_decref(header);
	free(here);
	free(other);
}

/* ---- what is no record ---- */

static const struct {
	const char *lines, *why;
} bad[] = {
	{ "nonsense", "this is no line of a record" },
	{ "[]", "no object" },
	{ "{\"seq\":0,\"time_ns\":0}", "stands before the first case" },
	{ "{\"finding\":\"x\"}", "not the beginning" },
	{ "{\"viosim\":2,\"case\":\"a\"}", "a record of version 2; this viosim reads version 3" },
	{ "{\"viosim\":3}", "no replay id" },
	{ "{\"viosim\":3,\"compared\":[]}", "what `viosim compare --ndjson` writes" },
	{ "{\"explored\":3}", "what `viosim sweep --ndjson` or" },
	{ "{\"viosim\":3,\"cases\":1}", "what --json-summary writes" },
	{ HEADER("a") EVENT_OF(1) VERDICT("failed"), "the events begin with 1" },
	{ HEADER("a") EVENT_OF(0) EVENT_OF(2), "event 2 stands where event 1 has to" },
	{ HEADER("a") EVENT_OF(0) EVENT_OF(0), "event 0 stands where event 1 has to" },
	{ HEADER("a") EVENT_OF("x"), "`seq` of this event is no number" },
	{ HEADER("a") "{\"seq\":0,\"context\":1}", "this event has no `time_ns`" },
	{ HEADER("a") "{\"seq\":0,\"time_ns\":0,\"context\":1,\"who\":\"t\"}\n"
	    VERDICT_OF("failed", 1), "event 0 of this case is damaged: this event has no `kind`" },
	{ HEADER("a") EVENT_OF(0) "{\"seq\":1,\"time_ns\":0,\"context\":1,\"who\":t}\n"
	    VERDICT_OF("failed", 2), "event 1 of this case is damaged: this is no event: " },
	{ HEADER("a") "{\"seq\":0,\"time_ns\":0,", "this is no event: " },
	{ HEADER("a") FINDING("g", 0, "error", "x") EVENT_OF(0), "stands behind what was found" },
	{ HEADER("a") EVENT_OF(0) VERDICT_OF("passed", 2), "has 2 events, and here stand 1" },
	{ HEADER("a") VERDICT_OF("failed", 2), "has 2 events, and here stand 0" },
	{ HEADER("a") "{\"verdict\":\"failed\",\"findings\":1}",
	    "has 1 findings, and here stand 0" },
	{ HEADER("a") FAILURE(1) "{\"verdict\":\"failed\",\"failures\":2}",
	    "has 2 failures, and here stand 1" },
	{ HEADER_OF("a", "a.so", "1", "") VERDICT("passed") HEADER_OF("b", "b.so", "2", ""),
	    "ran with b.so, those before it with a.so" },
	{ HEADER_OF("a", "a.so", "1", "") VERDICT("passed") HEADER_OF("b", "a.so", "2", ""),
	    "another build of a.so (hash 2) than those before it (hash 1)" },
	{ HEADER_OF("a", "a.so", "1", "") VERDICT("passed") HEADER_OF("b", "a.so", "1", MANIFEST),
	    "ran with driver/viomb.yaml, those before it with no manifest" },
	{ HEADER_OF("a", "a.so", "1", ",\"version\":\"1\"") VERDICT("passed")
	    HEADER_OF("b", "a.so", "1", ",\"version\":\"2\""),
	    "ran in viosim 2, those before it in viosim 1" },
	{ "{\"viosim\":3,\"case\":\"a\"}\n{\"viosim\":3,\"case\":\"b\"}", "before the one above" },
	{ "{\"viosim\":3,\"case\":\"a\"}\n{\"x\":1}", "neither header, event" },
	{ "{\"viosim\":3,\"case\":\"a\"}\n{\"verdict\":\"passed\"}\n"
	    "{\"viosim\":3,\"case\":\"a\"}", "was there already" },
};

TEST_EACH(bad_line_is_refused, bad)
{
	const char *line = bad[_i].lines, *end;
	char why[512] = "";
	bool good = true;

	for (; *line != '\0' && good; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		good = page_line(page, PAGE_NOW, line, (size_t)(end - line), why, sizeof(why));
	}
	ck_assert(!good);
	ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s", why);
}

/* A run has cases for kernels with and without DIAGNOSTIC, and a long one lost its beginning. */
TEST(what_one_run_may_have_is_taken)
{
	char why[512];

	take(PAGE_NOW, HEADER_OF("a/a#x", "a.so", "1", "") EVENT_OF(1024) VERDICT_OF("passed", 1025)
	    HEADER_OF("a/b#x", "a.nodiag.so", "2", "") VERDICT_OF("passed", 9)
	    HEADER_OF("a/c#x", "a.so", "1", "") VERDICT_OF("passed", 9)
	    HEADER_OF("a/d#x", "./a.so", "1", "") VERDICT_OF("passed", 9));
	ck_assert_uint_eq(page->cases.count, 4);
	ck_assert(page_fits_explored(page, "a.so", why, sizeof(why)));
	ck_assert(!page_fits_explored(page, "b.so", why, sizeof(why)));
	ck_assert_str_eq(why, "this was explored with b.so, what was read before it ran with a.so: "
	    "a page is of one driver");
}

TEST(cut_off_record_is_refused)
{
	char why[256];

	ck_assert(page_end(page, PAGE_NOW, why, sizeof(why)));
	take(PAGE_NOW, HEADER("a/b#c"));
	ck_assert(!page_end(page, PAGE_NOW, why, sizeof(why)));
	ck_assert_str_eq(why, "the record is cut off: a/b#c has no verdict");
}

TEST(score_is_a_table_and_other_text_is_none)
{
	ck_assert(page_score(page, "{\"score\":[{\"class\":\"dma\",\"total\":4,\"named\":3}],"
	    "\"mutants\":[{\"name\":\"007-x\",\"bug\":\"<b>\",\"verdict\":\"survived\"}]}"));
	ck_assert(!page_score(page, "caught 3 of 4"));
	ck_assert(!page_score(page, "{}"));
	ck_assert(!page_score(page, "{\"score\":[]}"));
	page_text(page, "measured", "caught <3> of 4", "a & b");
	print();
	HAS(written, "<th scope=\"row\">dma</th><td class=\"n\">4</td>");
	HAS(written, "<code>007-x</code> &lt;b&gt;");
	HAS(written, "<summary>caught &lt;3&gt; of 4</summary><pre tabindex=\"0\">a &amp; b</pre>");
	HAS(written, "<a href=\"#x2\">measured</a>");
}

SUITE(report_page, .setup = setup, .teardown = teardown)
