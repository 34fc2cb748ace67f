/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/report/timeline and timeline_plan.
 */
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "report/failure.h"
#include "report/report.h"
#include "report/timeline_plan.h"
#include "report/words.h"
#include "rules/rules.h"
#include "tests/suite.h"

static struct record *record;
static char *text;

static void
setup(void)
{
	record = record_new();
	text = NULL;
}

static void
teardown(void)
{
	record_free(record);
	free(text);
}

static void
print(void)
{
	free(text);
	text = PRINTED(to, timeline_print(to, &record->input));
}

static unsigned
lines_of(const char *s)
{
	unsigned n = 0;

	for (; *s != '\0'; s++)
		n += *s == '\n';
	return n;
}

#define HEAD \
	"        time  who       what                                               " \
	"   driver    host    free\n"

TEST(run_is_printed_in_columns)
{
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 256, 0, 1);
	record_attach(record);
	record_inflate(record, S);
	print();
	ck_assert_str_eq(text,
	    "inflate/odd-target#1.0,bounce\n"
	    HEAD
	    "   1.000000s  host      asks for 256 pages (was 0), config interrupt\n"
	    "   0.000000s  autoconf  the driver matches the device\n"
	    "   0.000000s  autoconf  starts kernel thread viomb, priority 0\n"
	    "   0.010000s  autoconf  stands after kthread_create(-1, 0x1, \"viomb\")\n"
	    "   0.010000s  viomb     sleeps on cv1, at most 30s\n"
	    "              --- 0.99 s later ---\n"
	    "   1.000000s  viomb     is woken up, slept 990ms\n"
	    "   1.000000s  viomb     allocates 256 pages (0x3f00 .. 0x3fff)         "
	    "          256       0   16128\n"
	    "   1.000000s  device    is notified of inflateq\n"
	    "   1.000000s  device    reads an inflate request: 256 page numbers, 1024 bytes "
	    "(id 1)\n"
	    "   1.000000s  device    takes 256 pages from the guest                 "
	    "          256     256   16128\n"
	    "   1.000000s  viomb     sleeps on cv1, at most 1s\n"
	    "   1.002000s  device    returns a buffer on inflateq: id 1, length 0\n"
	    "   1.002000s  device    raises INTx (queue)\n"
	    "   1.002000s  irq0      handler of INTx begins\n"
	    "   1.002000s  irq0      calls the driver's vq_done of inflateq\n"
	    "   1.002000s  viomb     is woken up, slept 2ms (by irq0)\n"
	    "   1.002000s  device    gets actual = 256\n"
	    "   1.002000s  viomb     sleeps on cv1, at most 30s\n");
}

TEST(verbose_prints_every_event)
{
	record_attach(record);
	record->input.style.verbose = true;
	print();
	ck_assert_uint_eq(lines_of(text), 2 + record->world.trace.count);
	HAS(text, "kthread_create(-1, 0x1, \"viomb\")\n");
}

TEST(like_rounds_are_counted)
{
	record_attach(record);
	for (unsigned i = 0; i < 10; i++)
		record_inflate(record, S + i * 10 * MS);
	print();
	ck_assert_uint_eq(lines_of(text), 2 + 3 + 2 + 13 + 1);	/* a stand, a jump */
	HAS(text, "   1.092000s  ...       9 more rounds of these 13 "
	    "lines: 2304 pages             2560    2560   13824\n");
}

/* In the tail the last round is shown: that is where the trouble came. */
TEST(tail_counts_the_earlier_rounds)
{
	record_attach(record);
	for (unsigned i = 0; i < 10; i++)
		record_inflate(record, S + i * 10 * MS);
	text = PRINTED(to, timeline_tail(to, &record->input, UINT32_MAX, 14));
	ck_assert_uint_eq(lines_of(text), 1 + 14);
	HAS(text, "   1.082000s  ...       9 more rounds of the next "
	    "13 lines: 2304 pages          2304    2304   14080\n",
	    "   1.092000s  device    gets actual = 2560\n");
}

TEST(tail_ends_at_the_event_asked_for)
{
	uint32_t last;

	record_attach(record);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);
	last = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 3, 2, 0);
	text = PRINTED(to, timeline_tail(to, &record->input, last, 2));
	ck_assert_str_eq(text, HEAD
	    "   1.000000s  host      asks for 1 page (was 0), config interrupt\n"
	    "   1.000000s  host      asks for 2 pages (was 1), config interrupt\n");
}

TEST(findings_stand_at_their_event)
{
	uint32_t call, end;

	record_attach(record);
	/* No event of the scenario: a mark brings it in. */
	call = EVENT(record, S, THREAD, EV_CALL, HW_CALL_UVM_PGLISTFREE, 256);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_MUTEX_ENTER, 1);
	end = EVENT(record, 2 * S, MACHINE, EV_EXPECT, 0, 1, 0);
	record_finding(record, call, 0);
	record_failure(record, end);
	print();
	HAS(text, "   1.000000s  viomb     uvm_pglistfree(256 pages)\n"
	    "              !!        error: page.double-free: 256 pages from 0x3f00 are freed, "
	    "and they are free\n"
	    "                          already\n"
	    "              --- 1 s later ---\n"
	    "   2.000000s  scenario  step 2: the expectation DOES NOT HOLD\n"
	    "              !!        failed: expect: expected host.actual == 300; actual "
	    "host.actual = 256 pages\n");
}

TEST(marked_events_are_never_summed_up)
{
	for (unsigned i = 0; i < 20; i++)
		EVENT(record, i, THREAD, EV_DEV_NOTIFY, 0, 0);
	record_finding(record, 10, 0);
	print();
	/* Its cause, rounds before and after the mark, and the mark between them. */
	ck_assert_uint_eq(lines_of(text), 2 + 2 + 2 + 3 + 2);
	HAS(text, "8 more like the line above\n",
	    "!!        error: page.double-free");
}

TEST(lines_keep_the_width)
{
	uint64_t number = record_text(record, "one two three four five six seven eight nine ten "
	    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen");

	record_attach(record);
	record_inflate(record, S);
	EVENT(record, S, THREAD, EV_CONSOLE, 0, number);
	record_finding(record, 5, 0);
	print();
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		ck_assert_uint_le(report_columns(line), REPORT_WIDTH);
}

/* The counts move to the right, and what does not fit is wrapped there. */
TEST(width_is_that_of_the_terminal)
{
	size_t counted = 0;

	record_attach(record);
	record_inflate(record, S);
	record_finding(record, 5, 0);
	record->input.style.width = 140;
	print();
	HAS(text, "are freed, and they are free already\n");
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		counted += report_columns(line) == 140;
	ck_assert_uint_eq(counted, 3);
	record->input.style.width = 10;
	print();
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
		ck_assert_uint_le(report_columns(line), REPORT_WIDTH_MIN);
}

TEST(others_are_where_something_happens_to_them)
{
	record_attach(record);
	EVENT(record, S, MACHINE, EV_CTX_WAKE, 0, THREAD, 0);
	EVENT(record, S, THREAD, EV_CALL, HW_CALL_MUTEX_ENTER, 1);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 256, 0, 1);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 257, 256, 1);
	EVENT(record, S, THREAD, EV_NOTE, HW_NOTE_MUTEX_HELD, 1, 0, 0);
	EVENT(record, S, IRQ, EV_IRQ_ENTER, 0, HW_VEC_INTX);
	EVENT(record, S, THREAD, EV_RET, HW_CALL_MUTEX_ENTER, 0);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 258, 257, 1);
	EVENT(record, S, THREAD, EV_CTX_SLEEP, HW_SLEEP_CV, 1, 0);
	EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 259, 258, 1);
	print();
	HAS(text, "is woken up, slept 990ms\n"
	    "   1.000000s  viomb     stands before mutex_enter(mutex1)\n"
	    "   1.000000s  host      asks for 256 pages (was 0), config interrupt\n"
	    "   1.000000s  host      asks for 257 pages (was 256), config interrupt\n"
	    "   1.000000s  viomb     stands in mutex_enter(mutex1)\n"
	    "   1.000000s  irq0      handler of INTx begins\n"
	    "   1.000000s  viomb     stands after mutex_enter(mutex1)\n"
	    "   1.000000s  host      asks for 258 pages (was 257), config interrupt\n"
	    "   1.000000s  viomb     sleeps on cv1\n"
	    "   1.000000s  host      asks for 259 pages (was 258), config interrupt\n");
	record->input.style.verbose = true;
	print();
	LACKS(text, "stands");
}

TEST(jumps_of_time_are_marked)
{
	EVENT(record, 0, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);
	EVENT(record, 99 * MS, MACHINE, EV_HOST_TARGET, 0, 2, 1, 1);
	EVENT(record, 199 * MS, MACHINE, EV_HOST_TARGET, 0, 3, 2, 1);
	EVENT(record, 5 * S + 198 * MS, MACHINE, EV_HOST_TARGET, 0, 4, 3, 1);
	EVENT(record, 125 * S + 198 * MS, MACHINE, EV_HOST_TARGET, 0, 5, 4, 1);
	print();
	HAS(text, "(was 0), config interrupt\n   0.099000s",
	    "\n              --- 0.1 s later ---\n   0.199000s",
	    "\n              --- 4.999 s later ---\n   5.198000s",
	    "\n              --- 120 s later ---\n 125.198000s");
}

/* The report has what a lint says, and a case that passed has none: then the first one says it. */
TEST(lint_is_told_once)
{
	static const char says[] = "lint: lock.unordered: 256 pages";

	for (int i = 0; i < 3; i++) {
		record_finding(record, EVENT(record, i, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1), 0);
		record->result.findings.item[i].rule = rule_by_id("lock.unordered");
		record->result.findings.item[i].site = (uint32_t)i + 1;
	}
	print();
	LACKS(text, says);
	HAS(text, "!!        lint: lock.unordered\n");
	record->input.verdict = "passed";
	print();
	ck_assert_ptr_null(strstr(strstr(text, says) + 1, says));
	HAS(text, "!!        lint: lock.unordered\n");
	LACKS(text, "(1)");
}

/* However early a cause was, it is seen. */
TEST(tail_begins_with_the_causes)
{
	uint32_t cause = 0;

	for (uint32_t i = 0; i < 40; i++) {
		uint32_t seq = EVENT(record, i, MACHINE, EV_HOST_TARGET, 0, i + 1, i, i % 7 == 0);

		cause = i == 10 ? seq : cause;
	}
	record_finding(record, 39, cause);
	text = PRINTED(to, timeline_tail(to, &record->input, UINT32_MAX, 5));
	ck_assert_int_eq(strncmp(text, HEAD
	    "   0.000000s  host      asks for 11 pages (was 10)", 145), 0);
	HAS(text, "\n              (1)       they were freed before\n"
	    "              ...       24 lines not shown\n"
	    "   0.000000s  host      asks for 36 pages (was 35), config interrupt\n");
}

TEST(colour_only_when_asked)
{
	record_attach(record);
	print();
	ck_assert_ptr_null(strchr(text, '\033'));
	record->input.style.colour = true;
	print();
	HAS(text, "\033[32mviomb     sleeps on cv1");
}

/* Only the last chunks are kept: what was before is not known, and not invented. */
TEST(cut_record_tells_what_it_has)
{
	record->world.trace.keep_all = false;
	for (unsigned i = 0; i < 5 * TRACE_CHUNK; i++)
		EVENT(record, i, MACHINE, EV_HOST_TARGET, 0, i, 0, 1);
	EVENT(record, S, THREAD, EV_DEV_ACT, 0, 0, 1, 0, 0, 7);
	print();
	ck_assert_uint_eq(lines_of(text), 2 + TRACE_CHUNK + 2);
	HAS(text, "takes 1 page from the guest                    "
	    "            -       7       -\n");
}

/* At every length, of a whole record and a cut one, something is there and nothing is lost. */
TEST_RANGE(first_event_is_found_at_every_length, 0, 2)
{
	record->world.trace.keep_all = _i != 0;
	for (uint32_t i = 1; i <= 4 * TRACE_CHUNK; i++) {
		uint32_t first;

		EVENT(record, i, MACHINE, EV_DEV_NOTIFY, 0, 0);
		first = words_first(&record->world.trace);
		ck_assert_ptr_nonnull(trace_event(&record->world.trace, first));
		ck_assert(first == 0 || trace_event(&record->world.trace, first - 1) == NULL);
	}
}

/* ---- plans ---- */

static void
plan_text(const char *letters, bool backward, char *out)
{
	struct plan plan = { 0 };

	for (uint32_t i = 0; letters[i] != '\0'; i++)
		plan_add(&plan, i, (uint64_t)letters[i]);
	plan_make(&plan, backward);
	*out = '\0';
	for (size_t i = 0; i < plan.items.count; i++) {
		const struct plan_item *item = &plan.items.item[i];

		if (item->period == 0)
			out += sprintf(out, "%c", letters[item->line]);
		else
			out += sprintf(out, "<%zux%zu@%zu>", item->lines / item->period,
			    item->period, item->line);
	}
	plan_fini(&plan);
}

static const struct { const char *letters, *forward, *backward; } rounds[] = {
	{ "", "", "" }, { "a", "a", "a" }, { "abc", "abc", "abc" },
	{ "aaa", "aaa", "aaa" }, { "aaaa", "a<3x1@1>", "<3x1@0>a" },
	{ "abab", "abab", "abab" }, { "ababab", "ab<2x2@2>", "<2x2@0>ab" },
	{ "xababaza", "xababaza", "xababaza" },
	{ "xabcabcabcay", "xabc<2x3@4>ay", "xa<2x3@2>bcay" },
	{ "aaaaabbbbb", "a<4x1@1>b<4x1@6>", "<4x1@0>a<4x1@5>b" },
};

TEST_EACH(plan_counts_whole_rounds, rounds)
{
	char out[128];

	plan_text(rounds[_i].letters, false, out);
	ck_assert_str_eq(out, rounds[_i].forward);
	plan_text(rounds[_i].letters, true, out);
	ck_assert_str_eq(out, rounds[_i].backward);
}

TEST(lints_are_explained)
{
	uint32_t seq = EVENT(record, S, MACHINE, EV_HOST_TARGET, 0, 1, 0, 1);

	record_finding(record, seq, seq);
	text = PRINTED(to, lints_print(to, &record->input));
	ck_assert_str_eq(text, "");
	for (int i = 1; i < 3; i++) {
		record_finding(record, seq, seq);
		record->result.findings.item[i].rule = rule_by_id("lock.unordered");
	}
	free(text);
	text = PRINTED(to, lints_print(to, &record->input));
	HAS(text, "unless --lints-fail is given\n"
	    "  lock.unordered, 2 places: two contexts that share memory");
	LACKS(strstr(text, "2 places") + 8, "places");
	LACKS(text, "double-free");
}

SUITE(report_timeline, .setup = setup, .teardown = teardown)
