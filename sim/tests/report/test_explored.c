/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report/explored: what is written is read back, and nothing else is believed; and the sums
 * (explore/tally.c) do not depend on the order.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "explore/tally.h"
#include "report/explored.h"
#include "report/sweep_text.h"
#include "rules/rules.h"

Suite *report_explored_suite(void);

static const struct defect known = { .id = "x-01", .title = "A known one." };

static void
add_finding(struct outcome *outcome, const char *rule, unsigned line, bool plain,
    const struct defect *defect)
{
	struct trial_finding *finding = &outcome->finding[outcome->findings];

	*finding = (struct trial_finding){
		.key = UINT64_C(0xfedcba9876543210) + line, .rule = rule_by_id(rule),
		.defect = defect, .file = "x.c", .function = "x_f", .line = line,
		.time_ns = 12345, .seq = 67, .text = "a \"quoted\" text\nof two lines",
	};
	ck_assert_ptr_nonnull(finding->rule);
	outcome->plain[outcome->findings++] = plain;
}

/* Run `number` of five: the first is plain, the last was lost. */
static void
make(struct outcome *outcome, unsigned number)
{
	outcome_clear(outcome);
	outcome->number = number;
	strcpy(outcome->base, "a/b[c=d]#1.0,bounce");
	outcome->steps = 10 - number;
	outcome->digest = number;
	outcome->events = 100 + number;
	if (number == 1) {
		for (unsigned i = 0; i < 3; i++)
			outcome_add_point(outcome, &(struct outcome_point){ .point = i + 7,
			    .call = "virtio_alloc_vq", .line = 5 + i, .can_fail = i < 2 });
		add_finding(outcome, "log.quiet", 3, true, NULL);
		return;
	}
	strcpy(outcome->plan, "fail=virtio_alloc_vq.fails@before virtio_alloc_vq#1");
	strcpy(outcome->group, number == 3 ? "config interrupt" : "virtio_alloc_vq");
	outcome->point = 7 + number % 2;
	outcome->idle = number == 2;
	if (number == 3)
		add_finding(outcome, "page.conservation", 9, false, NULL);
	if (number == 4)
		add_finding(outcome, "balloon.count", 0, false, &known);
	if (number == 5)
		strcpy(outcome->lost, "its process died of signal 11 (Segmentation fault)");
}

static char *
written(const struct outcome *outcome, size_t *size)
{
	char *text = NULL;
	FILE *stream = open_memstream(&text, size);

	explored_write(outcome, stream);
	ck_assert_int_eq(fclose(stream), 0);
	return text;
}

START_TEST(a_run_is_read_as_it_was_written)
{
	struct outcome outcome = { 0 }, again = { 0 };
	struct explored_reader reader;
	char *text, *twice, why[128];
	size_t size, size_twice;

	explored_reader_init(&reader, NULL);
	make(&outcome, (unsigned)_i);
	text = written(&outcome, &size);
	ck_assert_int_eq(text[size - 1], '\n');
	ck_assert_ptr_eq(strchr(text, '\n'), text + size - 1);
	ck_assert_int_eq(explored_read(&reader, text, size - 1, &(struct explored_into){
	    .outcome = &again }, why, sizeof(why)), EXPLORED_RUN);
	twice = written(&again, &size_twice);
	ck_assert_str_eq(text, twice);
	ck_assert_int_eq(outcome_class(&again), outcome_class(&outcome));
	ck_assert_uint_eq(again.point_count, outcome.point_count);
	free(text);
	free(twice);
	outcome_fini(&outcome);
	outcome_fini(&again);
	explored_reader_fini(&reader);
}
END_TEST

START_TEST(the_class_is_that_of_the_worst)
{
	static const enum outcome_class expected[] = {
		OUTCOME_OK, OUTCOME_OK, OUTCOME_OK, OUTCOME_NEW, OUTCOME_KNOWN, OUTCOME_LOST
	};
	struct outcome outcome = { 0 };

	make(&outcome, (unsigned)_i);
	ck_assert_int_eq(outcome_class(&outcome), expected[_i]);
	if (_i == 2) {
		add_finding(&outcome, "log.flood", 1, false, NULL);
		ck_assert_int_eq(outcome_class(&outcome), OUTCOME_LINT);
		add_finding(&outcome, "balloon.count", 2, false, &known);
		ck_assert_int_eq(outcome_class(&outcome), OUTCOME_LINT);
	}
	outcome_fini(&outcome);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const char *const lines[] = {
		"", "{", "[]", "{}", "nonsense", "{\"run\":1}", "{\"run\":-1,\"case\":\"a\"}",
		"{\"run\":\"x\",\"case\":\"a\",\"steps\":1,\"lost\":\"w\"}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"digest\":\"0\",\"events\":1,"
		    "\"findings\":[]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"digest\":\"0123456789abcdef\","
		    "\"events\":1,\"findings\":[{\"rule\":\"no.such\"}]}",
		"{\"run\":1,\"case\":\"a\",\"steps\":1,\"digest\":\"0123456789abcdef\","
		    "\"events\":1,\"findings\":[],\"points\":[{\"call\":\"no_such\","
		    "\"point\":\"0123456789abcdef\",\"line\":1}]}",
		"{\"run\":1,\"run\":2,\"case\":\"a\",\"steps\":1,\"lost\":\"w\"}",
		"{\"explored\":\"sweep\",\"viosim\":999}",
		"{\"explored\":\"sweep\",\"viosim\":1}",
		"{\"found\":\"0123456789abcdef\",\"steps\":1}",
		"{\"found\":\"0123456789ABCDEF\",\"steps\":1,\"scenario\":\"x\"}",
		"{\"end\":\"complete\",\"runs\":1}",
		"{\"end\":\"perhaps\",\"runs\":1,\"cases_left\":0,\"lost\":0,\"differ\":0}",
	};
	struct explored_head head;
	struct explored_story story;
	struct explored_end end;
	struct explored_reader reader;
	struct outcome outcome = { 0 };
	struct tally sites;
	const struct explored_into into = {
		.head = &head, .sites = &sites, .outcome = &outcome, .story = &story,
		.end = &end,
	};
	char why[128] = "";

	tally_init(&sites);
	explored_reader_init(&reader, NULL);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		why[0] = '\0';
		ck_assert_msg(explored_read(&reader, lines[i], strlen(lines[i]), &into, why,
		    sizeof(why)) == EXPLORED_BAD, "%s", lines[i]);
		ck_assert_msg(why[0] != '\0', "%s", lines[i]);
	}
	explored_reader_fini(&reader);
	tally_fini(&sites);
	outcome_fini(&outcome);
}
END_TEST

START_TEST(a_text_that_is_too_long_is_refused)
{
	struct explored_reader reader;
	struct outcome outcome = { 0 };
	char line[2000], why[128] = "", name[1000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	snprintf(line, sizeof(line), "{\"run\":1,\"case\":\"%s\",\"steps\":1,\"lost\":\"w\"}",
	    name);
	explored_reader_init(&reader, NULL);
	ck_assert_int_eq(explored_read(&reader, line, strlen(line), &(struct explored_into){
	    .outcome = &outcome }, why, sizeof(why)), EXPLORED_BAD);
	ck_assert_ptr_nonnull(strstr(why, "`case`"));
	explored_reader_fini(&reader);
	outcome_fini(&outcome);
}
END_TEST

/* The next line of a file; false at its end, or where its seal does not fit. */
static bool
next_line(char **text, struct seal *seal, char line[2000], size_t *length)
{
	*length = strcspn(*text, "\n");
	if (*length == 0 || *length >= 2000)
		return false;
	memcpy(line, *text, *length);
	line[*length] = '\0';
	*text += *length + 1;
	return seal_open(seal, line, length);
}

START_TEST(a_file_is_read_as_it_was_written)
{
	struct explored_head head = { .command = "sweep", .driver = "x.so", .options = "o",
	    .shard = 2, .shards = 3, .planned = 99 }, head_again = { .shard = 0 };
	struct explored_story story = { .key = 0x1234, .cause = 0x77, .steps = 4,
	    .complete = true, .from = 17, .scenario = (char *)(uintptr_t)"a\nb\n",
	    .why = (char *)(uintptr_t)"because" }, story_again;
	struct explored_end end = { .cases_left = 3, .lost = 2, .differ = 1 }, end_again;
	struct outcome outcome = { 0 }, outcome_again = { 0 };
	struct tally sites, sites_again;
	const struct explored_into into = {
		.head = &head_again, .sites = &sites_again, .outcome = &outcome_again,
		.story = &story_again, .end = &end_again,
	};
	const enum explored_line kinds[] = {
		EXPLORED_HEAD, EXPLORED_RUN, EXPLORED_RUN, EXPLORED_STORY, EXPLORED_END
	};
	struct explored_reader reader;
	struct explored_file file;
	struct seal seal = { 0 };
	char *text = NULL, *at, line[2000], why[128];
	size_t size, length;
	FILE *stream = open_memstream(&text, &size);

	tally_init(&sites);
	tally_init(&sites_again);
	explored_reader_init(&reader, NULL);
	tally_site(&sites, "virtio_alloc_vq", 7, "x_f");
	tally_site(&sites, "virtio_alloc_vq", 7, "");
	explored_file_init(&file, stream);
	explored_file_head(&file, &head, &sites);
	make(&outcome, 3);
	explored_file_run(&file, &outcome);
	explored_file_members(&file, 4, "\"case\":\"a\",\"steps\":1,\"lost\":\"w\"}");
	explored_file_story(&file, &story);
	explored_file_end(&file, &end);
	ck_assert_int_eq(fclose(stream), 0);
	at = text;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		ck_assert(next_line(&at, &seal, line, &length));
		ck_assert_int_eq(explored_read(&reader, line, length, &into, why, sizeof(why)),
		    kinds[i]);
	}
	ck_assert_str_eq(at, "");
	ck_assert_int_eq(memcmp(&head, &head_again, sizeof(head)), 0);
	ck_assert_uint_eq(sites_again.sites, 1);
	ck_assert_str_eq(sites_again.site[0].function, "x_f");
	ck_assert_uint_eq(outcome_again.number, 4);
	ck_assert_uint_eq(story_again.key, 0x1234);
	ck_assert_uint_eq(story_again.cause, 0x77);
	ck_assert_uint_eq(story_again.from, 17);
	ck_assert_str_eq(story_again.scenario, "a\nb\n");
	ck_assert_str_eq(story_again.why, "because");
	ck_assert_uint_eq(story_again.steps, 4);
	ck_assert(story_again.complete);
	ck_assert_uint_eq(end_again.runs, 2);
	ck_assert_uint_eq(end_again.cases_left, 3);
	ck_assert_uint_eq(end_again.lost, 2);
	ck_assert_uint_eq(end_again.differ, 1);
	ck_assert(!end_again.complete);
	explored_story_fini(&story_again);
	explored_reader_fini(&reader);
	outcome_fini(&outcome);
	outcome_fini(&outcome_again);
	tally_fini(&sites);
	tally_fini(&sites_again);
	free(text);
}
END_TEST

/* ---- sums ---- */

static char *
told(const unsigned order[5])
{
	struct outcome outcome = { 0 };
	struct tally tally;
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	tally_init(&tally);
	tally_site(&tally, "virtio_alloc_vq", 99, "x_never");
	for (unsigned i = 0; i < 5; i++) {
		make(&outcome, order[i]);
		tally_add(&tally, &outcome);
	}
	tally_sort(&tally);
	sweep_text_sums(&tally, stream);
	sweep_text_findings(&tally, NULL, 0, stream);
	sweep_text_end(&tally, 0, stream);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_uint_eq(tally.runs, 5);
	ck_assert_uint_eq(tally.bases, 1);
	ck_assert_uint_eq(tally.idle, 1);
	ck_assert_uint_eq(tally.losses, 1);
	ck_assert_uint_eq(tally.seen.count, 3);
	ck_assert_uint_eq(tally.failable.count, 2);
	/* Run 2 struck nothing, run 3 is no failure, run 5 was lost. */
	ck_assert_uint_eq(tally.failed.count, 1);
	ck_assert_uint_eq(tally_new(&tally, false), 1);
	tally_fini(&tally);
	outcome_fini(&outcome);
	return text;
}

START_TEST(sums_do_not_depend_on_the_order)
{
	char *one = told((unsigned[]){ 1, 2, 3, 4, 5 });
	char *other = told((unsigned[]){ 5, 3, 1, 4, 2 });

	ck_assert_str_eq(one, other);
	ck_assert_ptr_nonnull(strstr(one,
	    "     error page.conservation at x.c:9 (x_f), 1 run\n"));
	ck_assert_ptr_nonnull(strstr(one, "\nplain: "));
	ck_assert_ptr_nonnull(strstr(one, "\nknown defects\n  x-01: balloon.count, 1 run\n"));
	ck_assert_ptr_nonnull(strstr(one, "line 99: virtio_alloc_vq in x_never\n"));
	ck_assert_ptr_nonnull(strstr(one, "\nlost: a/b[c=d]#1.0,bounce with "));
	ck_assert_ptr_nonnull(strstr(one, "\n5 runs, 1 new finding, 1 in baseline runs, 1 lost\n"));
	free(one);
	free(other);
}
END_TEST

START_TEST(many_points_are_counted_once_each)
{
	struct outcome outcome = { 0 };
	struct tally tally;

	tally_init(&tally);
	for (unsigned n = 0; n < 5000; n++) {
		outcome_clear(&outcome);
		strcpy(outcome.plan, "x");
		strcpy(outcome.group, "virtio_alloc_vq");
		outcome.number = n + 1;
		outcome.point = (uint64_t)(n % 1000) << 32;
		tally_add(&tally, &outcome);
	}
	ck_assert_uint_eq(tally.row[0].points, 1000);
	ck_assert_uint_eq(tally.row[0].runs, 5000);
	ck_assert_uint_eq(tally.failed.count, 1000);
	tally_fini(&tally);
	outcome_fini(&outcome);
}
END_TEST

Suite *
report_explored_suite(void)
{
	Suite *suite = suite_create("report/explored");
	TCase *tcase = tcase_create("explored");

	tcase_add_loop_test(tcase, a_run_is_read_as_it_was_written, 1, 6);
	tcase_add_loop_test(tcase, the_class_is_that_of_the_worst, 1, 6);
	tcase_add_test(tcase, nonsense_is_refused);
	tcase_add_test(tcase, a_text_that_is_too_long_is_refused);
	tcase_add_test(tcase, a_file_is_read_as_it_was_written);
	tcase_add_test(tcase, sums_do_not_depend_on_the_order);
	tcase_add_test(tcase, many_points_are_counted_once_each);
	suite_add_tcase(suite, tcase);
	return suite;
}
