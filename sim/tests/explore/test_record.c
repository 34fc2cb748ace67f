/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore/record.c: what is written is read back, and nothing else is believed; explore/tally.c:
 * each mistake once, whatever the order of the runs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "explore/tally.h"
#include "report/explored_text.h"
#include "rules/rules.h"
#include "tests/suite.h"

static void
add_finding(struct record *run, const char *rule, unsigned line, bool baseline, const char *known)
{
	struct record_finding *found = vec_add(&run->findings);

	found->finding = (struct trial_finding){
		.key = UINT64_C(0xfedcba9876543210) + line, .rule = rule_by_id(rule),
		.file = "x.c", .function = "x_f", .line = line,
		.time_ns = 12345, .seq = 67, .text = "a \"quoted\" text\nof two lines",
	};
	ck_assert_ptr_nonnull(found->finding.rule);
	found->baseline = baseline;
	strcpy(found->known, known);
}

/* Run `number` of five: the first is a baseline run, the last was lost. */
static void
make(struct record *run, unsigned number)
{
	record_clear(run);
	run->number = number;
	strcpy(run->base, "a/b[c=d]#1.0,bounce");
	run->steps = 10 - number;
	run->digest = number;
	run->events = 100 + number;
	if (number == 1) {
		for (unsigned i = 0; i < 3; i++)
			*(struct record_point *)vec_add(&run->points) = (struct record_point){
				i + 7, "virtio_alloc_vq", "x.c", 5 + i, i < 2,
			};
		add_finding(run, "log.quiet", 3, true, "");
		return;
	}
	strcpy(run->plan, "fail=virtio_alloc_vq.fails@before virtio_alloc_vq#1");
	strcpy(run->group, number == 3 ? "config interrupt" : "virtio_alloc_vq");
	run->point = 7 + number % 2;
	run->idle = number == 2;
	if (number == 3) {
		add_finding(run, "page.conservation", 9, false, "");
		strcpy(run->findings.item[0].cause, "x fails");
		run->bound = 0.5;
		run->dropped = 2;
	}
	if (number == 4)
		add_finding(run, "balloon.count", 0, false, "x-01");
	if (number == 5)
		strcpy(run->lost, "viosim itself died of signal 11 (Segmentation fault)");
}

static char *
written(enum record_kind kind, const void *what)
{
	return PRINTED(to, record_write(kind, what, NULL, to));
}

/* Of any kind: it is read as it was written. */
static void
assert_round_trip(enum record_kind kind, const void *what, struct record_line *line,
    const void *again)
{
	HEAP(text) = written(kind, what);
	HEAP(twice) = NULL;
	char why[128] = "";

	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_msg(record_read(line, text, strlen(text) - 1, why, sizeof(why)) == kind,
	    "%s: %s", text, why);
	twice = written(kind, again);
	ck_assert_str_eq(text, twice);
}

TEST_RANGE(a_run_is_read_as_it_was_written, 1, 6)
{
	struct record_line line = { .kind = RECORD_BAD };
	struct record run = { .number = 0 };

	make(&run, (unsigned)_i);
	assert_round_trip(RECORD_RUN, &run, &line, &line.run);
	ck_assert_int_eq(record_class(&line.run), record_class(&run));
	ck_assert_uint_eq(line.run.points.count, run.points.count);
	ck_assert_uint_eq(line.run.dropped, run.dropped);
	record_fini(&run);
	record_line_fini(&line);
}

TEST(other_lines_are_read_as_they_were_written)
{
	struct record_line line = { .kind = RECORD_BAD };
	struct record_head head = { .version = RECORD_VERSION, .command = "sweep",
	    .driver = "x.so", .options = "o", .shard = 2, .shards = 3 };
	struct record_reduced reduced = { .key = 0x1234, .cause = "c", .steps = 4, .complete = true,
	    .from = 17, .scenario = (char[]){ "a\nb\n" }, .why = (char[]){ "because" } };
	struct record_child child = { "irq=config@line 1#1", 0x77, 9 };
	struct record_differ differ = { "seed 7", (char[]){ "so" } };
	struct record_job_end job_end = { .runs = 7, .points = 3, .bound = 0.25, .cut = true,
	    .kind = 2, .at = 5 };
	struct record_end end = { .how = "cut", .cases_left = 3, .lost = 2, .differ = 1 };

	*(struct record_site *)vec_add(&head.sites) = (struct record_site){
		"printf", "x.c", 7, "x_f" };
	*(struct record_silent *)vec_add(&job_end.silent) = (struct record_silent){ 1, "c", 6 };
	assert_round_trip(RECORD_HEAD, &head, &line, &line.head);
	ck_assert_str_eq(line.head.sites.item[0].function, "x_f");
	assert_round_trip(RECORD_REDUCED, &reduced, &line, &line.reduced);
	ck_assert_str_eq(line.reduced.scenario, "a\nb\n");
	ck_assert_str_eq(line.reduced.why, "because");
	assert_round_trip(RECORD_CHILD, &child, &line, &line.child);
	ck_assert_uint_eq(line.child.seq, 9);
	assert_round_trip(RECORD_DIFFER, &differ, &line, &line.differ);
	assert_round_trip(RECORD_JOB_END, &job_end, &line, &line.job_end);
	ck_assert_uint_eq(line.job_end.silent.item[0].runs, 6);
	assert_round_trip(RECORD_END, &end, &line, &line.end);
	ck_assert_uint_eq(line.end.lost, 2);
	vec_fini(&head.sites);
	vec_fini(&job_end.silent);
	record_line_fini(&line);
}

TEST_RANGE(the_class_is_that_of_the_worst, 1, 6)
{
	static const enum record_class expected[] = {
		RECORD_OK, RECORD_OK, RECORD_OK, RECORD_NEW, RECORD_KNOWN, RECORD_LOST
	};
	struct record run = { .number = 0 };

	make(&run, (unsigned)_i);
	ck_assert_int_eq(record_class(&run), expected[_i]);
	if (_i == 2) {
		add_finding(&run, "log.flood", 1, false, "");
		ck_assert_int_eq(record_class(&run), RECORD_LINT);
		add_finding(&run, "balloon.count", 2, false, "x-01");
		ck_assert_int_eq(record_class(&run), RECORD_LINT);
	}
	record_fini(&run);
}

TEST(nonsense_is_refused)
{
	static const char *const lines[] = {
		"", "{", "[]", "{}", "nonsense", "{\"run\":1}", "{\"run\":-1,\"case\":\"a\"}",
		"{\"run\":\"x\",\"case\":\"a\",\"steps\":1,\"lost\":\"w\",\"findings\":[]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"digest\":\"0\",\"findings\":[]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"events\":4294967296,\"findings\":[]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"findings\":[{\"rule\":\"no.such\"}]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"findings\":[7]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"findings\":[],\"points\":[{\"line\":1}]}",
		"{\"run\":1,\"run\":2,\"case\":\"a\",\"steps\":1,\"findings\":[]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"idle\":1,\"findings\":[]}",
		"{\"explored\":\"sweep\",\"viosim\":999,\"driver\":\"d\",\"options\":\"o\","
		    "\"shard\":1,\"shards\":1,\"sites\":[]}",
		"{\"explored\":\"sweep\",\"viosim\":3}",
		"{\"found\":\"0123456789abcdef\",\"steps\":1}",
		"{\"found\":\"0123456789ABCDEF\",\"steps\":1,\"from\":1,\"scenario\":\"x\"}",
		"{\"end\":\"complete\",\"runs\":1}",
		"{\"end\":\"perhaps\",\"runs\":1,\"cases_left\":0,\"lost\":0,\"differ\":0}",
	};
	struct record_line line = { .kind = RECORD_BAD };
	char why[128];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		why[0] = '\0';
		ck_assert_msg(record_read(&line, lines[i], strlen(lines[i]), why, sizeof(why)) ==
		    RECORD_BAD, "%s", lines[i]);
		ck_assert_msg(why[0] != '\0', "%s", lines[i]);
	}
	record_line_fini(&line);
}

TEST(a_text_that_is_too_long_is_refused)
{
	struct record_line line = { .kind = RECORD_BAD };
	char text[2000], why[128] = "", name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "{\"run\":1,\"case\":\"%s\",\"steps\":1,\"findings\":[]}",
	    name);
	ck_assert_int_eq(record_read(&line, text, strlen(text), why, sizeof(why)), RECORD_BAD);
	HAS(why, "`case`");
	record_line_fini(&line);
}

/* ---- sums ---- */

static char *
reported(const unsigned order[5])
{
	struct record run = { .number = 0 };
	struct tally tally = { 0 };
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);

	tally_site(&tally, &(struct record_site){ "virtio_alloc_vq", "x.c", 99, "x_never" });
	for (unsigned i = 0; i < 5; i++) {
		make(&run, order[i]);
		tally_add(&tally, &run);
	}
	tally_sort(&tally);
	explored_text_sums(&tally, stream);
	explored_text_findings(&tally, false, stream);
	explored_text_end(&tally, 0, stream);
	ck_assert_uint_eq(tally.runs, 5);
	ck_assert_uint_eq(tally.bases, 1);
	ck_assert_uint_eq(tally.idle, 1);
	ck_assert_uint_eq(tally.lost.count, 1);
	ck_assert_uint_eq(tally.seen.count, 3);
	ck_assert_uint_eq(tally.failable.count, 2);
	/* Run 2 struck nothing, run 3 is no failure, run 5 was lost. */
	ck_assert_uint_eq(tally.failed.count, 1);
	ck_assert_uint_eq(tally_count(&tally, false, false), 1);
	tally_fini(&tally);
	record_fini(&run);
	return sbuf_close(&buf);
}

TEST(sums_do_not_depend_on_the_order)
{
	HEAP(one) = reported((unsigned[]){ 1, 2, 3, 4, 5 });
	HEAP(other) = reported((unsigned[]){ 5, 3, 1, 4, 2 });

	ck_assert_str_eq(one, other);
	HAS(one, "     x.c:9: error: page.conservation: a ", "       x_f, 1 run, when x fails\n",
	    "\nalso in the baseline run: ", "\nknown defects\n  x-01: balloon.count, 1 run\n",
	    "x.c:99: virtio_alloc_vq in x_never\n", "\nlost: a/b[c=d]#1.0,bounce with ",
	    "\n2 findings not listed: ", "\n5 runs, 1 new finding, 1 in baseline runs, 1 lost\n");
}

TEST(many_points_are_counted_once_each)
{
	struct record run = { .number = 0 };
	struct tally tally = { 0 };

	for (unsigned n = 0; n < 5000; n++) {
		record_clear(&run);
		strcpy(run.plan, "x");
		strcpy(run.group, "virtio_alloc_vq");
		run.number = n + 1;
		run.point = (uint64_t)(n % 1000) << 32;
		tally_add(&tally, &run);
	}
	ck_assert_uint_eq(tally.rows.item[0].points, 1000);
	ck_assert_uint_eq(tally.rows.item[0].runs, 5000);
	ck_assert_uint_eq(tally.failed.count, 1000);
	tally_fini(&tally);
	record_fini(&run);
}

/* ---- mistakes ---- */

static void
add(struct tally *tally, const char *rule, unsigned line, unsigned number, unsigned steps,
    bool baseline)
{
	struct record run = { .number = number, .base = "a", .steps = steps };

	add_finding(&run, rule, line, baseline, strcmp(rule, "balloon.count") == 0 ? "x-01" : "");
	if (!baseline)
		snprintf(run.plan, sizeof(run.plan), "plan %u", number);
	snprintf(run.findings.item[0].finding.text, 320, "as run %u says", number);
	tally_add(tally, &run);
	record_fini(&run);
}

/* Runs 1..4 have it; 2 and 4 are the simplest; in any order. */
TEST_RANGE(the_same_in_any_order, 0, 4)
{
	static const unsigned orders[][4] = {
		{ 1, 2, 3, 4 }, { 4, 3, 2, 1 }, { 3, 1, 4, 2 }, { 2, 4, 1, 3 }
	};
	static const unsigned steps[] = { 0, 9, 5, 7, 5 };
	const struct cluster *c;
	struct tally tally = { 0 };

	for (int i = 0; i < 4; i++)
		add(&tally, "page.conservation", 10, orders[_i][i], steps[orders[_i][i]], false);
	ck_assert_uint_eq(tally.clusters.count, 1);
	c = &tally.clusters.item[0];
	ck_assert_uint_eq(c->runs, 4);
	ck_assert_uint_eq(c->number, 1);
	ck_assert_str_eq(c->first.finding.text, "as run 1 says");
	ck_assert_uint_eq(c->simplest, 2);
	ck_assert_uint_eq(c->steps, 5);
	ck_assert_str_eq(c->plan, "plan 2");
	tally_fini(&tally);
}

TEST(one_baseline_run_makes_it_one_of_the_baseline)
{
	struct tally tally = { 0 };

	add(&tally, "page.conservation", 10, 1, 4, false);
	ck_assert(cluster_is_new(&tally.clusters.item[0]));
	add(&tally, "page.conservation", 10, 2, 9, true);
	add(&tally, "page.conservation", 10, 3, 2, false);
	ck_assert_uint_eq(tally.clusters.item[0].simplest, 2);
	ck_assert(!cluster_is_new(&tally.clusters.item[0]));
	tally_fini(&tally);
}

TEST(new_errors_come_first)
{
	static const unsigned lines[] = { 5, 7, 30, 9, 2, 1 };
	struct tally tally = { 0 };

	ck_assert_int_eq(rule_by_id("log.flood")->severity, SEVERITY_LINT);
	add(&tally, "balloon.count", 1, 1, 1, false);
	add(&tally, "page.conservation", 2, 1, 1, true);
	add(&tally, "log.flood", 9, 1, 1, false);
	add(&tally, "page.conservation", 7, 2, 1, false);
	add(&tally, "page.conservation", 30, 2, 1, false);
	add(&tally, "attach.again", 5, 2, 1, false);
	/* By position within a rule, the rule by name. */
	tally_sort(&tally);
	ck_assert_uint_eq(tally.clusters.count, 6);
	for (size_t i = 0; i < 6; i++)
		ck_assert_uint_eq(tally.clusters.item[i].first.finding.line, lines[i]);
	tally_fini(&tally);
}

SUITE(explore_record)
