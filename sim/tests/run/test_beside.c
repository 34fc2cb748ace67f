/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run: a detach goes on beside the steps, and a settle is for all threads.
 */
#include <string.h>

#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

static struct rig rig;
static struct run_result result;

static void
teardown(void)
{
	run_result_fini(&result);
	rig_fini(&rig);
}

static void
run(const char *steps)
{
	char text[1024];
	const struct scenario_case *c;
	struct run_options options;

	memset(&result, 0, sizeof(result));
	snprintf(text, sizeof(text), RIG_HEAD "steps:\n%s", steps);
	c = rig_load(&rig, text);
	options = (struct run_options){ .module = trial_module(&rig.trial, c->machine) };
	run_case(c, &options, &result);
}

static void
expect_none(void)
{
	ck_assert_msg(result.failures_all == 0, "%s: %s; %s", result.failure[0].what,
	    result.failure[0].expected, result.failure[0].actual);
}

/* modules/small.c: with 19 pages its detach takes 3 s. */
TEST(steps_go_on_beside_a_detach)
{
	rig_init_small(&rig);
	run("  - {at: 1s, target: 19 pages}\n  - settle: {within: 1s}\n"
	    "  - expect: detach.result == none\n  - expect: detach.duration == 0\n"
	    "  - {at: 5s, guest: {detach: true}}\n"
	    "  - expect: detach.result == running\n"
	    "  - {at: 6s, expect: detach.duration == 1s}\n"
	    "  - {expect: detach.result == ok, within: 5s}\n"
	    "  - expect: detach.duration in 2990ms..3s\n"
	    "  - {at: 20s, expect: detach.duration <= 3s}\n"
	    "  - settle: {within: 1s}\n"
	    "  - guest: {attach: again}\n  - expect: attach.result == ok\n"
	    "  - expect: thread.state == sleeping\n");
	expect_none();
}

TEST(a_detach_without_delay_is_over_at_once)
{
	rig_init_small(&rig);
	run("  - {at: 1s, target: 20 pages}\n  - settle: {within: 1s}\n"
	    "  - guest: {detach: true}\n  - expect: detach.result == ok\n"
	    "  - expect: detach.duration == 0\n");
	expect_none();
}

TEST(a_settle_waits_for_a_detach)
{
	rig_init_small(&rig);
	run("  - {at: 1s, target: 19 pages}\n  - settle: {within: 1s}\n"
	    "  - {at: 5s, guest: {detach: true}}\n  - settle: {within: 1s}\n"
	    "  - settle: {within: 5s}\n");
	ck_assert_uint_eq(result.failures_all, 1);
	ck_assert_ptr_nonnull(strstr(result.failure[0].actual, "an attach or detach goes on"));
}

/* modules/pair.c has three threads; the first made is not the one that is held. */
TEST(a_settle_is_for_all_threads)
{
	rig_init_named(&rig, "pair");
	run("  - {at: 1ms, hold: {thread: pair1, for: 10s}}\n  - {at: 1s, target: 8 pages}\n"
	    "  - expect: thread.state == runnable\n"
	    "  - settle: {within: 2s}\n  - settle: {within: 20s}\n"
	    "  - expect: thread.state == sleeping\n");
	ck_assert_uint_eq(result.failures_all, 1);
	ck_assert_str_eq(result.failure[0].what, "settle");
	ck_assert_ptr_nonnull(strstr(result.failure[0].actual, "thread pair1 does not sleep"));
}

SUITE(run_beside_suite, "run_beside", .setup = NULL, .teardown = teardown)
