/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/points: `deliver` and `hold` at exact points of a driver, and what is said
 * of points that are never reached, and of what the device is to do and never does.  The
 * driver is explore/modules/small.c.
 */
#include <stdio.h>
#include <string.h>

#include "run/module.h"
#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define HEAD \
	"format: 1\nscenario: t\nsummary: s\n" \
	"machines: [{transport: virtio-1.0, dma: coherent}]\n" \
	"device: {type: balloon, latency: 1ms}\nsteps:\n"

/* What a run did, in letters; see letter_of(). */
static char order[200];

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
	size_t length = 0;

	(void)arg;
	(void)result;
	for (uint32_t i = 0; i < world->trace.count; i++) {
		char letter = letter_of(trace_event(&world->trace, i));

		if (letter != 0 && length < sizeof(order) - 1)
			order[length++] = letter;
	}
	order[length] = '\0';
}

static void
setup(void)
{
	rig_setup_small();
	the_rig.how = (struct run_options){ .keep_trace = true, .finished = note_order };
}

/* The nth failure, of the step in that line. */
static void
expect_failure(unsigned n, unsigned line, const char *what, const char *expected,
    const char *actual)
{
	rig_assert_failed(&the_rig, n, what, expected, actual);
	ck_assert_uint_eq(the_rig.run.failure[n].loc.line, line);
}

/*
 * small_steps++ reads and writes: the third access is the second step's first.  It steps when
 * the target comes, and when its completion does.
 */
TEST(line_is_counted_by_accesses)
{
	static const char *const orders[] = { [1] = "TiwTiaiw", [3] = "TiwaiwTiaiw" };

	for (int nth = 1; nth <= 3; nth += 2) {
		rig_case(&the_rig, HEAD "  - at: 1s\n"
		    "    deliver: {irq: config, at: \"line %u#%d\", target: 8 pages}\n"
		    "  - target: 4 pages\n  - settle: {within: 1s}\n", rig_line("steps"), nth);
		rig_assert_good(&the_rig);
		ck_assert_str_eq(order, orders[nth]);
	}
}

TEST(hold_stops_the_thread_at_a_line)
{
	rig_case(&the_rig, HEAD "  - at: 1s\n    hold: {thread: probe, at: line %u, for: 3s}\n"
	    "  - target: 4 pages\n"
	    "  - at: 3s\n    expect: host.actual == 0\n"
	    "  - expect: host.actual == 4\n    within: 1100ms\n", rig_line("steps"));
	rig_assert_good(&the_rig);
}

TEST(unreached_points_are_failures)
{
	char expected[100];

	rig_case(&the_rig, HEAD "  - at: 1s\n    deliver: {irq: config, at: \"line %u#99\"}\n"
	    "  - deliver: {irq: deflate, at: \"deflate entry\"}\n"
	    "  - hold: {thread: probe, at: virtio_enqueue_prep#2 after, for: 1s}\n"
	    "  - target: 4 pages\n  - settle: {within: 1s}\n", rig_line("steps"));
	ck_assert_uint_eq(the_rig.run.failures_all, 3);
	snprintf(expected, sizeof(expected), "the driver reaches `line %u#99`",
	    rig_line("steps"));
	expect_failure(0, 7, "deliver", expected,
	    "4 times from the step on, and number 99 is meant");
	expect_failure(1, 9, "deliver", "the driver reaches `deflate entry`",
	    "never from the step on");
	expect_failure(2, 10, "hold", "the driver reaches `virtio_enqueue_prep#2 after`",
	    "1 time from the step on, and number 2 is meant");
}

TEST(behaviours_that_nothing_meets_are_failures)
{
	rig_case(&the_rig, HEAD "  - at: 1s\n    device: {drop: inflate, miss: deflate}\n"
	    "  - device: {duplicate: inflate, count: 9}\n"
	    "  - target: 4 pages\n  - at: 3s\n    note: dropped\n");
	ck_assert_uint_eq(the_rig.run.failures_all, 2);
	expect_failure(0, 9, "device", "`duplicate` of inflate occurs at least once",
	    "it never occurred");
	expect_failure(1, 7, "device", "`miss` of deflate occurs at least once",
	    "it never occurred");
}

TEST(points_do_not_outlive_the_guest)
{
	rig_case(&the_rig, HEAD
	    "  - at: 1s\n    deliver: {irq: config, at: virtio_enqueue_prep after}\n"
	    "  - guest: {reboot: true}\n"
	    "  - target: 4 pages\n  - settle: {within: 1s}\n");
	ck_assert_uint_eq(the_rig.run.failures_all, 1);
	expect_failure(0, 7, "deliver", "the driver reaches `virtio_enqueue_prep after`",
	    "not before the guest started anew");
}

TEST(holding_nobody_is_a_failure)
{
	rig_case(&the_rig, HEAD "  - hold: {thread: probe, for: 1s}\n  - target: 4 pages\n"
	    "  - settle: {within: 1s}\n");
	ck_assert_uint_eq(the_rig.run.failures_all, 1);
	expect_failure(0, 7, "hold", "there is a thread `probe` to hold", "there is none");
}

TEST(a_mistyped_thread_is_a_failure)
{
	rig_case(&the_rig, HEAD "  - at: 1s\n    hold: {thread: prbe, for: 1s}\n");
	ck_assert_uint_eq(the_rig.run.failures_all, 1);
	expect_failure(0, 7, "hold", "there is a thread `prbe` to hold",
	    "the threads are probe; did you mean \"probe\"?");
}

/* `}` returns, and the line with the name of the function has no access. */
TEST(lines_without_an_access_are_told)
{
	unsigned line = rig_line("steps"), crash = rig_line("crashes"), below, above;
	char expected[100], actual[200];

	ck_assert(module_line_has_access(the_rig.module, line, &below, &above));
	ck_assert_uint_lt(below, line);
	ck_assert_uint_eq(above, line + 1);
	ck_assert(!module_line_has_access(the_rig.module, crash - 1, &below, &above));
	ck_assert_uint_eq(below, line + 1);
	ck_assert_uint_eq(above, crash);
	ck_assert(!module_line_has_access(the_rig.module, 1, &below, &above));
	ck_assert_uint_eq(below, 0);
	ck_assert_uint_ne(above, 0);
	ck_assert(!module_line_has_access(the_rig.module, 999999, &below, &above));
	ck_assert_uint_eq(above, 0);

	rig_case(&the_rig, HEAD
	    "  - at: 1s\n    deliver: {irq: config, at: line %u}\n"
	    "  - deliver: {irq: config, at: line 999999}\n"
	    "  - deliver: {irq: config, at: line %u}\n", crash - 1, crash);
	ck_assert_uint_eq(the_rig.run.failures_all, 3);
	snprintf(expected, sizeof(expected), "the driver reaches `line %u`", crash - 1);
	snprintf(actual, sizeof(actual), "the driver has no access to memory at line %u; "
	    "the nearest are at the lines %u and %u", crash - 1, line + 1, crash);
	expect_failure(0, 7, "deliver", expected, actual);
	HAS(the_rig.run.failure[1].actual, "the nearest is at line ");
	snprintf(expected, sizeof(expected), "the driver reaches `line %u`", crash);
	expect_failure(2, 10, "deliver", expected, "never from the step on");
}

/* Its latency is 1 ms; at the end of the notification the device has the request. */
TEST(completion_comes_at_the_point)
{
	rig_case(&the_rig, HEAD "  - at: 1s\n"
	    "    deliver: {irq: inflate, at: virtio_enqueue_commit after, answer: true}\n"
	    "  - target: 4 pages\n"
	    "  - expect: host.actual == 4\n"
	    "  - expect: irq.inflate == 1\n"
	    "  - settle: {within: 1s}\n");
	rig_assert_good(&the_rig);
	ck_assert_str_eq(order, "Tiwaiee");
	ck_assert_uint_lt(the_rig.run.counts.virtual_ns, 1001000000);
}

/* Nothing to complete: an interrupt all the same. */
TEST(completion_without_a_request_is_an_interrupt)
{
	rig_case(&the_rig, HEAD "  - at: 1s\n"
	    "    deliver: {irq: deflate, at: virtio_enqueue_commit after, answer: true}\n"
	    "  - target: 4 pages\n"
	    "  - expect: irq.deflate == 1\n    within: 1us\n"
	    "  - settle: {within: 1s}\n");
	rig_assert_good(&the_rig);
	ck_assert_str_eq(order, "Tiwieaiw");
}

TEST(more_points_than_room_are_refused)
{
	char text[8000] = HEAD, wanted[100];
	HEAP(errors) = NULL;

	for (int i = 0; i <= SCENARIO_POINTS_MAX; i++)
		strcat(text, "  - deliver: {irq: config, at: access}\n");
	snprintf(wanted, sizeof(wanted), "t.yaml:%d:5: error: a scenario has at most 32 steps "
	    "`deliver` and `hold` ", 7 + SCENARIO_POINTS_MAX);
	errors = fixture_errors_with("t.yaml", text, strlen(text), run_vocab());
	ck_assert_ptr_eq(strstr(errors, wanted), errors);
}

SUITE(run_points, .setup = setup, .teardown = rig_teardown, .timeout = 30, .reads = SMALL)
