/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/expect_trace.c, with the driver that was built.
 */
#include "run/run.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

static struct run_result *const result = &the_rig.run;

#define ONE_REQUEST "  - {at: 1s, target: 64 pages}\n  - settle: {within: 1s}\n"

/* A list, what stands beside it, and what fails: the events that came, as expected and actual. */
static const struct {
	const char *list, *beside;
	const char *expected, *actual;	/* NULL: nothing fails */
	size_t row;			/* that differs */
} cases[] = {
	{ "status: {status: RESET}, status: {status: DRIVER}, features, status: {status: "
	    "DRIVER_OK}, notify", "", NULL, NULL, 0 },
	/* What has come may come again, and other events do not matter. */
	{ "notify: {queue: inflate}, used: {queue: inflate}, virtio_dequeue_commit", "",
	    NULL, NULL, 0 },
	{ "used: {queue: inflate}, notify: {queue: inflate}", "",
	    "used: {queue: inflate}, event 1 of 2", "notify: {queue: inflate}", 0 },
	{ "features, status: {status: DRIVER_OK}, status: {status: FEATURES_OK}", "",
	    "status: {status: DRIVER_OK}, event 2 of 3",
	    "status: {status: ACKNOWLEDGE|DRIVER|FEATURES_OK}", 1 },
	{ "notify, notify: {queue: deflate}", "", "notify: {queue: deflate}, event 2 of 2",
	    "it did not come before the run was over", 1 },
	{ "notify, take, used", "    exactly: true\n", NULL, NULL, 0 },
	{ "notify: {queue: inflate}, used, take: {queue: 0}", "    exactly: true\n",
	    "used, event 2 of 3", "take: {queue: inflate}", 1 },
	/* Only what is between counts, and another queue is another kind. */
	{ "slot: {state: committed}, slot: {state: freed}", "    exactly: true\n",
	    NULL, NULL, 0 },
	{ "slot: {state: reserved}, slot: {state: freed}", "    exactly: true\n",
	    "slot: {state: freed}, event 2 of 2", "slot: {state: committed}", 1 },
	{ "queue: {queue: inflate}, notify: {queue: inflate}", "    exactly: true\n",
	    NULL, NULL, 0 },
	{ "queue, notify", "    exactly: true\n", "notify, event 2 of 2", "queue", 1 },
	{ "virtio_alloc_vq: {name: inflate}, virtio_alloc_vq: {name: deflate}", "",
	    NULL, NULL, 0 },
	{ "virtio_alloc_vq: {name: deflate}, virtio_alloc_vq: {name: inflate}", "",
	    "virtio_alloc_vq: {name: deflate}, event 1 of 2",
	    "virtio_alloc_vq: {name: inflate}", 0 },
	{ "features, notify", "    within: 1s\n", NULL, NULL, 0 },
	{ "features, notify", "    within: 999ms\n", "notify, event 2 of 2",
	    "it did not come within 999ms", 1 },
	{ "features, reboot", "    within: 1min\n", "reboot, event 2 of 2",
	    "it did not come before the run was over", 1 },
};

TEST_EACH(lists_hold_or_say_what_came, cases)
{
	const struct failure *failure = &result->failure[0];

	rig_case(&the_rig, RIG_HEAD "steps:\n  - expect-trace: [%s]\n%s" ONE_REQUEST,
	    cases[_i].list, cases[_i].beside);
	if (cases[_i].expected == NULL) {
		rig_assert_good(&the_rig);
		return;
	}
	ck_assert_uint_eq(result->failures_all, 1);
	rig_assert_failed(&the_rig, 0, "expect-trace", cases[_i].expected, cases[_i].actual);
	for (size_t i = 0; i < failure->rows; i++) {
		ck_assert_int_eq(failure->row[i].differs, i == cases[_i].row);
		ck_assert(i > cases[_i].row || i == cases[_i].row ||
		    failure->row[i].actual != NULL);
		ck_assert(i <= cases[_i].row || failure->row[i].actual == NULL);
	}
}

/* From the step on: what came before it is not seen. */
TEST(it_begins_at_its_step)
{
	rig_case(&the_rig, RIG_HEAD "steps:\n" ONE_REQUEST
	    "  - expect-trace: [used: {queue: deflate}]\n"
	    "  - expect-trace: [status: {status: RESET}]\n"
	    "  - {at: 5s, target: 0 pages}\n  - settle: {within: 1s}\n");
	ck_assert_uint_eq(result->failures_all, 1);
	ck_assert_str_eq(result->failure[0].expected, "status: {status: RESET}, event 1 of 1");
}

TEST(a_run_that_ends_early_decides_nothing)
{
	rig_case(&the_rig, RIG_HEAD "limits: {time: 300ticks}\nsteps:\n  - expect-trace: [reboot]\n"
	    "  - {at: 1s, target: 64 pages}\n"
	    "  - expect: mem.free == 1\n    within: 900s\n  - expect-trace: [notify]\n");
	ck_assert_uint_eq(result->failures_all, 3);
	ck_assert_str_eq(result->failure[1].actual, "not decided: the run ended early");
	ck_assert_uint_eq(result->undecided.steps, 1);
}

SUITE(run_expect_trace, .setup = rig_setup, .teardown = rig_teardown, .reads = DRIVER)
