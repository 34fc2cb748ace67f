/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/compare and sim/report/compared: streams made by hand, and what a patch of
 * driver/fixes changes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build_module.h"
#include "machine/crash.h"
#include "report/compared.h"
#include "run/compare.h"
#include "scenario/scenario.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define MAX 40

/* Streams with room of their own, compared with each other. */
struct two {
	struct compare_event event_a[MAX], event_b[MAX];
	struct compare_stream a, b;
	struct compare_result result;
};

static void
two_init(struct two *two)
{
	memset(two, 0, sizeof(*two));
	two->a = (struct compare_stream){ .event = two->event_a, .end = WORLD_STOPPED };
	two->b = (struct compare_stream){ .event = two->event_b, .end = WORLD_STOPPED };
}

static void
two_fini(struct two *two)
{
	compare_result_fini(&two->result);
}

#define TWO_TEST(name) TEST_WITH_IN(name, struct two, struct two *two, two_init, two_fini)

static struct compare_event *
happens(struct compare_stream *stream, uint64_t time_ns, enum event_kind kind, unsigned code,
    uint64_t value)
{
	struct compare_event *event = &stream->event[stream->count++];

	ck_assert_uint_lt(stream->count, MAX);
	*event = (struct compare_event){
		.time_ns = time_ns, .kind = (uint16_t)kind, .code = (uint16_t)code, .ctx = 1,
		.ctx_kind = HW_CTX_KTHREAD, .call = ALIGN_NONE, .value = { value },
	};
	return event;
}

/* A call of that mutex function and its return. */
static void
calls(struct compare_stream *stream, uint64_t time_ns, enum hw_call call, uint64_t mutex)
{
	uint32_t index = (uint32_t)stream->count;

	happens(stream, time_ns, EV_CALL, call, mutex);
	happens(stream, time_ns, EV_RET, call, 0)->call = index;
}

static void
usual(struct compare_stream *stream, uint64_t time_ns)
{
	calls(stream, time_ns, HW_CALL_MUTEX_ENTER, 1);
	happens(stream, time_ns, EV_DEV_NOTIFY, 0, 0);
	calls(stream, time_ns, HW_CALL_MUTEX_EXIT, 1);
}

/* The rows in letters: = - + c > < E !, those that follow in brackets. */
static const char *
rows(struct two *two, unsigned bound)
{
	static const char letters[] = "=-+c><E!";
	static char text[4 * MAX];
	size_t length = 0;

	compare_result_fini(&two->result);
	compare_streams(&two->a, &two->b, bound, &two->result);
	for (size_t i = 0; i < two->result.count; i++)
		length += (size_t)sprintf(text + length, two->result.row[i].follows ? "(%c)" :
		    "%c", letters[two->result.row[i].kind]);
	return text;
}

TWO_TEST(same)
{
	ck_assert_str_eq(rows(two, 9), "");
	usual(&two->a, 5);
	usual(&two->b, 5);
	two->b.event[0].site = 77;	/* positions are not compared */
	ck_assert_str_eq(rows(two, 9), "=====");
	ck_assert_uint_eq(two->result.differences, 0);
}

TWO_TEST(added_and_removed)
{
	usual(&two->a, 5);
	calls(&two->b, 5, HW_CALL_MUTEX_OWNED, 1);
	usual(&two->b, 5);
	/* The result follows from its call. */
	ck_assert_str_eq(rows(two, 9), "+(+)=====");
	ck_assert_uint_eq(two->result.differences, 1);
	happens(&two->a, 6, EV_DEV_NOTIFY, 0, 1);
	ck_assert_str_eq(rows(two, 9), "+(+)=====-");
	ck_assert_uint_eq(two->result.differences, 2);
}

TEST(changed)
{
	struct two two;
	char what[COMPARED_NAME];

	two_init(&two);
	usual(&two.a, 5);
	usual(&two.b, 5);
	two.b.event[2].value[0] = 1;
	two.b.event[3].ipl = 6;
	two.b.event[3].value[0] = 2;
	two.b.event[4].value[0] = 9;
	ck_assert_str_eq(rows(&two, 9), "==ccc");
	compared_what(&two.b.event[2], two.result.row[2].what, what, sizeof(what));
	ck_assert_str_eq(what, "queue");
	compared_what(&two.b.event[3], two.result.row[3].what, what, sizeof(what));
	ck_assert_str_eq(what, "mutex, ipl");
	compared_what(&two.b.event[4], two.result.row[4].what, what, sizeof(what));
	ck_assert_str_eq(what, "result");
	/* Another kind of context is another event. */
	two_init(&two);
	happens(&two.a, 5, EV_DEV_NOTIFY, 0, 0);
	happens(&two.b, 5, EV_DEV_NOTIFY, 0, 0)->ctx_kind = HW_CTX_HARDINT;
	ck_assert_str_eq(rows(&two, 9), "-+");
	compare_result_fini(&two.result);
}

/* Only where the shift begins or changes, and by context. */
TWO_TEST(shifted)
{
	usual(&two->a, 5);
	usual(&two->b, 7);
	ck_assert_str_eq(rows(two, 9), ">====");
	ck_assert_uint_eq(two->result.moved, 4);
	usual(&two->a, 20);
	usual(&two->b, 19);
	happens(&two->a, 30, EV_DEV_NOTIFY, 0, 0)->ctx = 2;
	happens(&two->b, 30, EV_DEV_NOTIFY, 0, 0)->ctx = 2;
	usual(&two->a, 40);
	usual(&two->b, 39);
	ck_assert_str_eq(rows(two, 9), ">====<==========");
	ck_assert_uint_eq(two->result.differences, 2);
	ck_assert_uint_eq(two->result.moved, 4 + 4 + 5);
}

/* One more round of a loop is one round, not a shift of all others. */
TWO_TEST(more_of_the_same)
{
	for (uint64_t time = 1; time <= 3; time++)
		happens(&two->a, 10 * time, EV_DEV_NOTIFY, 0, 0);
	happens(&two->b, 10, EV_DEV_NOTIFY, 0, 0);
	happens(&two->b, 15, EV_DEV_NOTIFY, 0, 0);
	happens(&two->b, 20, EV_DEV_NOTIFY, 0, 0);
	happens(&two->b, 30, EV_DEV_NOTIFY, 0, 0);
	ck_assert_str_eq(rows(two, 9), "=+==");
}

TWO_TEST(ends)
{
	usual(&two->a, 5);
	usual(&two->b, 5);
	two->a.end = WORLD_PANIC;
	ck_assert_str_eq(rows(two, 9), "=====E");
	/* What b does after a's panic follows from that. */
	happens(&two->b, 6, EV_DEV_NOTIFY, 0, 0);
	ck_assert_str_eq(rows(two, 9), "=====E(+)");
	ck_assert_uint_eq(two->result.differences, 1);
	/* If b panics, it was b that did more before it. */
	two->a.end = WORLD_STOPPED;
	two->b.end = WORLD_PANIC;
	ck_assert_str_eq(rows(two, 9), "=====+E");
}

TWO_TEST(nothing_in_common)
{
	usual(&two->a, 5);
	usual(&two->b, 5);
	for (int i = 0; i < 6; i++) {
		happens(&two->a, 6, EV_DEV_NOTIFY, 0, 0);
		happens(&two->b, 6, EV_DEV_STATUS, 0, 0);
	}
	ck_assert_str_eq(rows(two, 4), "=====!");
	ck_assert_uint_eq(two->result.lost_a, 5);
	ck_assert_uint_eq(two->result.lost_b, 5);
	ck_assert_str_eq(rows(two, 12), "=====------++++++");
}

/* ---- classes and text ---- */

static char *
printed(struct two *two, bool all)
{
	struct compared compared = {
		.id = "t#1.0", .a = { &two->a, NULL }, .b = { &two->b, NULL },
		.result = &two->result,
	};

	return PRINTED(to, compared_print(&compared, all, to));
}

TWO_TEST(text_of_a_case)
{
	HEAP(text) = NULL;

	usual(&two->a, 1500000000);
	usual(&two->b, 1500000000);
	two->b.event[3].value[0] = 2;
	rows(two, 9);
	text = printed(two, false);
	ck_assert_str_eq(text,
	    "t#1.0: 1 difference, after 3 equal events\n"
	    "       1.500000000s thread    ipl 0  mutex_enter(mutex1)\n"
	    "       1.500000000s thread    ipl 0  return of mutex_enter()\n"
	    "       1.500000000s thread    ipl 0  notify(queue inflateq)\n"
	    "  -    1.500000000s thread    ipl 0  mutex_exit(mutex1)\n"
	    "  +    1.500000000s thread    ipl 0  mutex_exit(mutex2)\n"
	    "  ^ mutex\n"
	    "       1.500000000s thread    ipl 0  return of mutex_exit()\n");
}

/* A difference at each end: all of them, or the first. */
TWO_TEST(first_and_all)
{
	char *text;

	happens(&two->a, 1, EV_DEV_STATUS, 0, 1);
	for (int i = 0; i < 4; i++) {
		usual(&two->a, 2);
		usual(&two->b, 2);
	}
	happens(&two->b, 3, EV_DEV_STATUS, 0, 2);
	ck_assert_str_eq(rows(two, 9), "-====================+");
	text = printed(two, false);
	HAS(text, "2 differences, the first after 0 equal events\n", "  -    0.000000001s");
	LACKS(text, "  +    0.000000003s");
	free(text);
	text = printed(two, true);
	HAS(text, "  -    0.000000001s", "  ...\n", "  +    0.000000003s");
	free(text);
}

TWO_TEST(classes_over_cases)
{
	struct compared_classes classes = { 0 }, read = { 0 };
	struct compared compared = {
		.id = "t#1.0", .a = { &two->a, NULL }, .b = { &two->b, NULL },
		.result = &two->result,
	};
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	usual(&two->a, 5);
	usual(&two->b, 6);
	calls(&two->b, 6, HW_CALL_MUTEX_OWNED, 1);
	calls(&two->b, 6, HW_CALL_MUTEX_OWNED, 1);
	two->b.end = WORLD_PANIC;
	rows(two, 9);
	compared_classes_add(&classes, &compared);
	compared_classes_write(&classes, stream);
	fclose(stream);
	ck_assert(compared_classes_read(&read, "t#1.0", text, size));
	ck_assert(compared_classes_read(&read, "u#1.0", text, size));
	/* Cut off. */
	ck_assert(!compared_classes_read(&read, "v#1.0", text, size - 1));
	ck_assert(!compared_classes_read(&read, "v#1.0", text, 0));
	free(text);
	text = PRINTED(to, compared_classes_print(&read, to));
	ck_assert_str_eq(text,
	    "  ends differently: finished in a, panic in b: 2 cases, the first t#1.0\n"
	    "  added: mutex_owned: 4 events in 2 cases, the first t#1.0\n"
	    "  later: mutex_enter: 2 events in 2 cases, the first t#1.0\n"
	    "  8 more events differ only in time, by as much as the one before\n");
	free(text);
	compared_classes_fini(&classes);
	compared_classes_fini(&read);
}

/* ---- a patch ---- */

#define PATCH "driver/fixes/0015-sysctl-failure.patch"
#define HEAD RIG_HEAD "steps:\n"
#define TARGET "  - at: 1s\n    target: 64 pages\n  - settle: {within: 1s}\n"

static struct {
	struct module *module[2];	/* before and after the patch */
	struct compare_stream a, b;
	struct compare_result result;
	char *classes;
} t;

static void
open_both(void)
{
	static const char *const name[] = { "before", "after" };
	char command[600];

	build_begin();
	snprintf(command, sizeof(command), "cp driver/viomb.c '%s/before.c' && "
	    "sim/tools/apply-patches driver/viomb.c '%s/after.c' " PATCH, build_folder.path,
	    build_folder.path);
	ck_assert_int_eq(system(command), 0);
	for (int i = 0; i < 2; i++) {
		char file[16];

		ck_assert_int_eq(build_run("", name[i], ""), 0);
		snprintf(file, sizeof(file), "%s.so", name[i]);
		t.module[i] = build_open(file);
	}
	crash_install();
}

static void
forget(void)
{
	compare_result_fini(&t.result);
	compare_stream_fini(&t.a);
	compare_stream_fini(&t.b);
	free(t.classes);
}

static void
let_go(void)
{
	forget();
	module_close(t.module[0]);
	module_close(t.module[1]);
	build_end();
}

static void
compare_scenario(const char *text)
{
	struct run_options before = { .module = t.module[0] }, after = { .module = t.module[1] };
	struct compared compared = {
		.id = "t", .a = { &t.a, module_source(t.module[0]) },
		.b = { &t.b, module_source(t.module[1]) }, .result = &t.result,
	};
	struct compared_classes classes = { 0 };
	DOC(doc) = rig_doc("t.yaml", text);
	struct scenario_case *cases;
	size_t count;

	forget();
	cases = scenario_cases(doc, NULL, &count);
	compare_record(&cases[0], &before, &t.a);
	compare_record(&cases[0], &after, &t.b);
	compare_streams(&t.a, &t.b, COMPARE_BOUND, &t.result);
	compared_classes_add(&classes, &compared);
	t.classes = PRINTED(to, compared_classes_print(&classes, to));
	compared_classes_fini(&classes);
	scenario_cases_free(cases, count);
}

static size_t
count_kind(const struct compare_stream *stream, enum event_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < stream->count; i++)
		count += stream->event[i].kind == kind;
	return count;
}

TEST(patch_changes_one_thing)
{
	open_both();
	compare_scenario(HEAD "  - fail: {id: node, call: sysctl_createv, errno: ENOMEM}\n" TARGET);
	ck_assert_str_eq(t.classes, "  ends differently: crash in a, finished in b "
	    "(viomb_create_sysctl): 1 case, t\n");
	ck_assert_uint_eq(t.result.differences, 1);
	/* And nothing where that call does not fail. */
	compare_scenario(HEAD TARGET);
	ck_assert_uint_eq(t.result.differences, 0);
	ck_assert_uint_eq(t.a.count, t.b.count);
	/* The device's side is there: a request is notified, read, done, returned, reported. */
	ck_assert_uint_gt(count_kind(&t.a, EV_DEV_NOTIFY), 0);
	ck_assert_uint_gt(count_kind(&t.a, EV_DEV_TAKE), 0);
	ck_assert_uint_gt(count_kind(&t.a, EV_DEV_ACT), 0);
	ck_assert_uint_gt(count_kind(&t.a, EV_DEV_USED), 0);
	ck_assert_uint_gt(count_kind(&t.a, EV_IRQ_ENTER), 0);
	ck_assert_uint_gt(count_kind(&t.a, EV_DEV_ACTUAL), 0);
	let_go();
}

SUITE(run_compare, .timeout = 60, .reads = VIOSIM_CC " sim/tools/apply-patches " DRIVER)
