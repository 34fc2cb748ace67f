/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/points: `deliver` and `hold` at exact points of a driver, and what is said
 * of points that are never reached.  The driver is explore/modules/small.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/module_calls.h"
#include "run/run.h"
#include "tests/suite.h"

#define SMALL "sim/tests/explore/modules/small.c"
#define HEAD \
	"format: 1\nscenario: t\nsummary: s\n" \
	"machines: [{transport: virtio-1.0, dma: coherent}]\n" \
	"device: {type: balloon, latency: 1ms}\nsteps:\n"

/* What a run did, in letters; see note_event(). */
static struct {
	struct module *module;
	struct run_result result;
	char order[200];
	size_t length;
} t;

static void
setup(void)
{
	const char *build = getenv("BUILD");
	struct module_error error;
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/explore/small.so", build != NULL ? build : "build");
	t.module = module_open(path, &error);
	if (t.module == NULL)
		ck_abort_msg("%s", error.text);
	memset(&t.result, 0, sizeof(t.result));
}

static void
teardown(void)
{
	run_result_fini(&t.result);
	module_close(t.module);
}

/* The line that ends in the comment HERE and that word. */
static unsigned
line_of(const char *word)
{
	FILE *file = fopen(SMALL, "r");
	char line[200], mark[100];
	unsigned number = 0, found = 0;

	ck_assert_ptr_nonnull(file);
	snprintf(mark, sizeof(mark), "/* HERE: %s */", word);
	while (fgets(line, sizeof(line), file) != NULL) {
		number++;
		if (strstr(line, mark) != NULL)
			found = number;
	}
	fclose(file);
	ck_assert_uint_ne(found, 0);
	return found;
}

/* T: the host wants another size; w: the thread comes out of a sleep; a: the device completes;
 * i: its interrupt comes in; e: the scenario looks. */
static char
letter_of(const struct event *event)
{
	switch (event->kind) {
	case EV_HOST_TARGET:
		return 'T';
	case EV_CTX_WAKE:
		return 'w';
	case EV_DEV_USED:
		return 'a';
	case EV_IRQ_ENTER:
		return 'i';
	case EV_EXPECT:
		return 'e';
	default:
		return 0;
	}
}

static void
note_order(void *arg, struct world *world, const struct run_result *result)
{
	(void)arg;
	(void)result;
	t.length = 0;
	for (uint32_t i = 0; i < world->trace.count; i++) {
		char letter = letter_of(trace_event(&world->trace, i));

		if (letter != 0 && t.length < sizeof(t.order) - 1)
			t.order[t.length++] = letter;
	}
	t.order[t.length] = '\0';
}

static void
run(const char *text)
{
	struct run_options options = {
		.module = t.module, .keep_trace = true, .finished = note_order,
	};
	struct scenario_doc *doc;
	struct scenario_case *cases;
	struct diag_list diags;
	size_t count;

	diag_list_init(&diags);
	doc = scenario_load_text("t.yaml", text, strlen(text), run_vocab(), &diags);
	diag_list_print(&diags, stderr, false);
	diag_list_fini(&diags);
	ck_assert_ptr_nonnull(doc);
	cases = scenario_cases(doc, NULL, &count);
	run_result_fini(&t.result);
	run_case(&cases[0], &options, &t.result);
	scenario_cases_free(cases, count);
	scenario_doc_free(doc);
}

/* Steps with the line of that mark in place of each %u. */
static void
run_at(const char *steps, const char *word)
{
	unsigned line = line_of(word);
	char text[2000];

	strcpy(text, HEAD);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), steps, line, line);
	run(text);
}

static void
expect_failure(unsigned index, unsigned line, const char *what, const char *expected,
    const char *actual)
{
	const struct failure *failure = &t.result.failure[index];

	ck_assert_uint_gt(t.result.failures, index);
	ck_assert_str_eq(failure->what, what);
	ck_assert_uint_eq(failure->loc.line, line);
	ck_assert_str_eq(failure->expected, expected);
	ck_assert_str_eq(failure->actual, actual);
}

/*
 * small_steps++ reads and writes: the third access is the second step's first.  It steps when
 * the target comes, and when its completion does.
 */
TEST(line_is_counted_by_accesses)
{
	static const char steps[] =
	    "  - at: 1s\n    deliver: {irq: config, at: \"line %u#1\", target: 8 pages}\n"
	    "  - target: 4 pages\n  - settle: {within: 1s}\n";
	char third[sizeof(steps)];

	run_at(steps, "steps");
	ck_assert_uint_eq(t.result.failures_all, 0);
	ck_assert_str_eq(t.order, "TiwTiaiw");
	strcpy(third, steps);
	*strstr(third, "#1") = '#';
	strstr(third, "#1")[1] = '3';
	run_at(third, "steps");
	ck_assert_uint_eq(t.result.failures_all, 0);
	ck_assert_str_eq(t.order, "TiwaiwTiaiw");
}

TEST(hold_stops_the_thread_at_a_line)
{
	run_at("  - at: 1s\n    hold: {thread: probe, at: line %u, for: 3s}\n"
	    "  - target: 4 pages\n"
	    "  - at: 3s\n    expect: host.actual == 0\n"
	    "  - expect: host.actual == 4\n    within: 1100ms\n", "steps");
	ck_assert_uint_eq(t.result.failures_all, 0);
}

TEST(unreached_points_are_failures)
{
	run_at("  - at: 1s\n    deliver: {irq: config, at: \"line %u#99\"}\n"
	    "  - deliver: {irq: deflate, at: \"deflate entry\"}\n"
	    "  - hold: {thread: probe, at: virtio_enqueue_prep#2 after, for: 1s}\n"
	    "  - target: 4 pages\n  - settle: {within: 1s}\n", "steps");
	ck_assert_uint_eq(t.result.failures_all, 3);
	{
		char expected[100];

		snprintf(expected, sizeof(expected), "the driver reaches `line %u#99`",
		    line_of("steps"));
		expect_failure(0, 7, "deliver", expected,
		    "4 times from the step on, and number 99 is meant");
	}
	expect_failure(1, 9, "deliver", "the driver reaches `deflate entry`",
	    "never from the step on");
	expect_failure(2, 10, "hold", "the driver reaches `virtio_enqueue_prep#2 after`",
	    "1 time from the step on, and number 2 is meant");
}

TEST(points_do_not_outlive_the_guest)
{
	run(HEAD "  - at: 1s\n    deliver: {irq: config, at: virtio_enqueue_prep after}\n"
	    "  - guest: {reboot: true}\n"
	    "  - target: 4 pages\n  - settle: {within: 1s}\n");
	ck_assert_uint_eq(t.result.failures_all, 1);
	expect_failure(0, 7, "deliver", "the driver reaches `virtio_enqueue_prep after`",
	    "not before the guest started anew");
}

TEST(holding_nobody_is_a_failure)
{
	run(HEAD "  - hold: {thread: probe, for: 1s}\n  - target: 4 pages\n"
	    "  - settle: {within: 1s}\n");
	ck_assert_uint_eq(t.result.failures_all, 1);
	expect_failure(0, 7, "hold", "there is a thread `probe` to hold", "there is none");
}

TEST(a_mistyped_thread_is_a_failure)
{
	run(HEAD "  - at: 1s\n    hold: {thread: prbe, for: 1s}\n");
	ck_assert_uint_eq(t.result.failures_all, 1);
	expect_failure(0, 7, "hold", "there is a thread `prbe` to hold",
	    "the threads are probe; did you mean \"probe\"?");
}

/* `}` returns, and the line with the name of the function has no access. */
TEST(lines_without_an_access_are_told)
{
	unsigned line = line_of("steps"), crash = line_of("crashes"), below, above;
	char steps[300], expected[100], actual[200];

	ck_assert(module_line_has_access(t.module, line, &below, &above));
	ck_assert_uint_lt(below, line);
	ck_assert_uint_eq(above, line + 1);
	ck_assert(!module_line_has_access(t.module, crash - 1, &below, &above));
	ck_assert_uint_eq(below, line + 1);
	ck_assert_uint_eq(above, crash);
	ck_assert(!module_line_has_access(t.module, 1, &below, &above));
	ck_assert_uint_eq(below, 0);
	ck_assert_uint_ne(above, 0);
	ck_assert(!module_line_has_access(t.module, 999999, &below, &above));
	ck_assert_uint_eq(above, 0);

	snprintf(steps, sizeof(steps), HEAD
	    "  - at: 1s\n    deliver: {irq: config, at: line %u}\n"
	    "  - deliver: {irq: config, at: line 999999}\n"
	    "  - deliver: {irq: config, at: line %u}\n", crash - 1, crash);
	run(steps);
	ck_assert_uint_eq(t.result.failures_all, 3);
	snprintf(expected, sizeof(expected), "the driver reaches `line %u`", crash - 1);
	snprintf(actual, sizeof(actual), "the driver has no access to memory at line %u; "
	    "the nearest are at the lines %u and %u", crash - 1, line + 1, crash);
	expect_failure(0, 7, "deliver", expected, actual);
	ck_assert_ptr_nonnull(strstr(t.result.failure[1].actual, "the nearest is at line "));
	snprintf(expected, sizeof(expected), "the driver reaches `line %u`", crash);
	expect_failure(2, 10, "deliver", expected, "never from the step on");
}

/* Its latency is 1 ms; at the end of the notification the device has the request. */
TEST(completion_comes_at_the_point)
{
	run(HEAD "  - at: 1s\n"
	    "    deliver: {irq: inflate, at: virtio_enqueue_commit after, answer: true}\n"
	    "  - target: 4 pages\n"
	    "  - expect: host.actual == 4\n"
	    "  - expect: irq.inflate == 1\n"
	    "  - settle: {within: 1s}\n");
	ck_assert_uint_eq(t.result.failures_all, 0);
	ck_assert_str_eq(t.order, "Tiwaiee");
	ck_assert_uint_lt(t.result.counts.virtual_ns, 1001000000);
}

/* Nothing to complete: an interrupt all the same. */
TEST(completion_without_a_request_is_an_interrupt)
{
	run(HEAD "  - at: 1s\n"
	    "    deliver: {irq: deflate, at: virtio_enqueue_commit after, answer: true}\n"
	    "  - target: 4 pages\n"
	    "  - expect: irq.deflate == 1\n    within: 1us\n"
	    "  - settle: {within: 1s}\n");
	ck_assert_uint_eq(t.result.failures_all, 0);
	ck_assert_str_eq(t.order, "Tiwieaiw");
}

TEST(more_points_than_room_are_refused)
{
	struct diag_list diags;
	char text[8000] = HEAD;

	for (int i = 0; i <= SCENARIO_POINTS_MAX; i++)
		strcat(text, "  - deliver: {irq: config, at: access}\n");
	diag_list_init(&diags);
	ck_assert_ptr_null(scenario_load_text("t.yaml", text, strlen(text), run_vocab(), &diags));
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_uint_eq(diags.items[0].loc.line, 7 + SCENARIO_POINTS_MAX);
	ck_assert_str_eq(diags.items[0].message,
	    "a scenario has at most 32 steps `deliver` and `hold`");
	diag_list_fini(&diags);
}

SUITE(run_points_suite, "run_points", .setup = setup, .teardown = teardown, .timeout = 30)
