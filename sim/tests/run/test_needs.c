/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of `needs`: which scenarios do not apply to a driver, and what fails all the same.  The
 * driver, explore/modules/small.c, negotiates no MUST_TELL_HOST unless it is offered,
 * allocates pages without waitok, and stops no queue's interrupts.
 */
#include "run/verdict.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define RIGHT "  - {at: 1s, target: 20 pages}\n  - settle: {within: 1s}\n"
#define FALSE RIGHT "  - expect: host.actual == 3\n"
#define NEVER_REACHED RIGHT "  - hold: {thread: viomb, at: virtio_stop_vq_intr, for: 1s}\n"
#define A_RULE_BREAKS "  - {at: 1s, target: 150 pages}\n  - settle: {within: 1s}\n"
#define A_LIMIT_IS_MET "  - expect: host.actual == 3\n    within: 900s\n"
#define FOUND "needs feature.MUST_TELL_HOST == 1: feature.MUST_TELL_HOST = 0"

static const struct {
	const char *head, *needs, *steps;
	enum verdict verdict;
	const char *reason;
	unsigned failures;
} cases[] = {
	{ "", "calls.kthread_create == 1", RIGHT, VERDICT_PASS, "" },
	{ "", "calls.kthread_create == 1", FALSE, VERDICT_FAIL, "", 1 },
	{ "", "feature.MUST_TELL_HOST == 1", RIGHT, VERDICT_NOT_APPLICABLE, FOUND },
	{ "", "feature.MUST_TELL_HOST == 1", FALSE, VERDICT_NOT_APPLICABLE, FOUND },
	{ "", "feature.MUST_TELL_HOST == 1", NEVER_REACHED, VERDICT_NOT_APPLICABLE, FOUND },
	{ "", "feature.MUST_TELL_HOST == 1", A_RULE_BREAKS, VERDICT_FAIL, "" },
	{ "limits: {time: 300ticks}\n", "feature.MUST_TELL_HOST == 1", A_LIMIT_IS_MET,
	    VERDICT_FAIL, "", 1 },
	{ "", "feature.MUST_TELL_HOST == 1", A_RULE_BREAKS "  - expect: host.actual == 3\n",
	    VERDICT_FAIL, "" },
	{ "", "calls.virtio_stop_vq_intr > 0", RIGHT, VERDICT_NOT_APPLICABLE,
	    "needs calls.virtio_stop_vq_intr > 0: calls.virtio_stop_vq_intr = 0" },
	{ "", "possible.uvm_pglistalloc.block > 0", RIGHT, VERDICT_NOT_APPLICABLE,
	    "needs possible.uvm_pglistalloc.block > 0: possible.uvm_pglistalloc.block = 0" },
	{ "", "possible.uvm_pglistalloc.enomem == 1", RIGHT, VERDICT_PASS, "" },
	{ "", "possible.virtio_enqueue_prep.eagain == 1", RIGHT, VERDICT_PASS, "" },
};

TEST_EACH(needs_are_judged_at_the_end, cases)
{
	struct case_verdict verdict;

	rig_case(&the_rig, RIG_HEAD "%sneeds: [%s]\nsteps:\n%s", cases[_i].head, cases[_i].needs,
	    cases[_i].steps);
	verdict_case(&verdict, &the_rig.run, NULL, "t", module_source(the_rig.how.module));
	ck_assert_msg(verdict.verdict == cases[_i].verdict, "%d: %s, %s", verdict.verdict,
	    cases[_i].needs, cases[_i].steps);
	ck_assert_str_eq(verdict.reason, cases[_i].reason);
	ck_assert_uint_eq(the_rig.run.failures, cases[_i].failures);
}

/* Negotiated once is negotiated, although the device was reset since. */
TEST(a_feature_stays_negotiated)
{
	rig_case(&the_rig, "format: 1\nscenario: t\nsummary: s\n"
	    "device: {features: [MUST_TELL_HOST]}\nneeds: [feature.MUST_TELL_HOST == 1]\n"
	    "steps:\n  - fail: {id: a, call: virtio_alloc_vq.fails}\n"
	    "  - expect: attach.result == failed\n  - expect: device.status == failed\n");
	ck_assert_str_eq(the_rig.run.unmet, "");
}

SUITE(run_needs, .setup = rig_setup_small, .teardown = rig_teardown, .reads = DRIVER " " SMALL)
