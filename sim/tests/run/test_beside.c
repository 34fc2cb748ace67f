/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run: a detach goes on beside the steps, and a settle is for all threads.
 */
#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

/* modules/small.c: with 19 pages its detach takes 3 s. */
RIG_TEST(steps_go_on_beside_a_detach, rig_init_small)
{
	rig_case(rig, RIG_HEAD "steps:\n"
	    "  - {at: 1s, target: 19 pages}\n  - settle: {within: 1s}\n"
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
	rig_assert_good(rig);
}

RIG_TEST(a_detach_without_delay_is_over_at_once, rig_init_small)
{
	rig_case(rig, RIG_HEAD "steps:\n"
	    "  - {at: 1s, target: 20 pages}\n  - settle: {within: 1s}\n"
	    "  - guest: {detach: true}\n  - expect: detach.result == ok\n"
	    "  - expect: detach.duration == 0\n");
	rig_assert_good(rig);
}

RIG_TEST(a_settle_waits_for_a_detach, rig_init_small)
{
	rig_case(rig, RIG_HEAD "steps:\n"
	    "  - {at: 1s, target: 19 pages}\n  - settle: {within: 1s}\n"
	    "  - {at: 5s, guest: {detach: true}}\n  - settle: {within: 1s}\n"
	    "  - settle: {within: 5s}\n");
	ck_assert_uint_eq(rig->run.failures_all, 1);
	HAS(rig->run.failure[0].actual, "an attach or detach goes on");
}

/* modules/pair.c has three threads; the first made is not the one that is held. */
static void
init_pair(struct rig *rig)
{
	rig_init_named(rig, "pair");
}

RIG_TEST(a_settle_is_for_all_threads, init_pair)
{
	rig_case(rig, RIG_HEAD "steps:\n"
	    "  - {at: 1ms, hold: {thread: pair1, for: 10s}}\n  - {at: 1s, target: 8 pages}\n"
	    "  - expect: thread.state == runnable\n"
	    "  - settle: {within: 2s}\n  - settle: {within: 20s}\n"
	    "  - expect: thread.state == sleeping\n");
	ck_assert_uint_eq(rig->run.failures_all, 1);
	rig_assert_failed(rig, 0, "settle", NULL, NULL);
	HAS(rig->run.failure[0].actual, "thread pair1 does not sleep");
}

SUITE(run_beside, .reads = DRIVER " " SMALL)
