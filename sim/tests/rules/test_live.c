/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live, as streams of events: what the fragments (test_fragments.c) do not reach.
 */
#include <string.h>

#include "tests/rules/guest.h"
#include "tests/suite.h"

#define SECOND UINT64_C(1000000000)

GUEST_FIXTURE(g) { }

static void
vq_done(unsigned queue)
{
	struct event before = g.s.now;

	stream_as(&g.s, GUEST_IRQ, HW_CTX_HARDINT, 6);
	NOTE(&g.s, CALLBACK, 1, HW_CB_VQ_DONE, queue);
	NOTE(&g.s, CALLBACK, 2, HW_CB_VQ_DONE, queue);
	g.s.now = before;
}

/* ---- convergence ---- */

/* Being reached in between, the target is missed anew. */
TEST(missed_target_counts_from_the_newest)
{
	const char *text;

	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	g.s.now.time_ns += 20 * SECOND;
	guest_target(&g, 24);
	g.s.now.time_ns += SECOND;
	guest_inflate(&g, 200, 8, 16);
	g.s.now.time_ns += 2 * SECOND;
	guest_sleep(&g, 100);
	stream_rest(&g.s);
	ck_assert_uint_eq(g.s.findings.count, 1);
	text = g.s.findings.item[0].text;
	ck_assert_msg(strstr(text, "; behind its target for 3.0 s; no closer for 2.0 s; ") !=
	    NULL, "%s", text);
}

TEST(missed_target_without_a_thread_says_why)
{
	uint32_t failed;

	CALL(&g.s, KTHREAD_CREATE, 0);
	failed = RET(&g.s, KTHREAD_CREATE, 12);
	g.s.view.thread_alive = false;
	guest_target(&g, 16);
	g.s.now.time_ns += 2 * SECOND;
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.convergence", g.s.trace.count - 1);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "never made"));
	ck_assert_uint_eq(g.s.findings.item[0].because[0].seq, failed);
}

TEST(slow_first_reaction_is_found)
{
	guest_sleep(&g, 100);
	guest_target(&g, 16);
	for (unsigned i = 0; i < 14; i++) {
		guest_wake(&g, SECOND);
		guest_sleep(&g, 100);
	}
	stream_is_quiet(&g.s);
	stream_is_only(&g.s, "live.convergence", guest_wake(&g, SECOND));
}

/* ---- lost wake-ups ---- */

TEST(sleep_while_callback_runs_is_quiet)
{
	guest_wake(&g, 0);
	guest_target(&g, 16);
	stream_as(&g.s, GUEST_IRQ, HW_CTX_HARDINT, 6);
	NOTE(&g.s, CALLBACK, 1, HW_CB_CONFIG_CHANGE, 0);
	guest_sleep(&g, 3000);
	g.s.view.faults_struck = 1;
	guest_wake(&g, 30 * SECOND);
	stream_is_quiet(&g.s);
}

TEST(sleep_on_a_completion_names_the_queue_that_was_asked)
{
	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_act(&g, INFLATE, 8);
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	CALL(&g.s, VIRTIO_DEQUEUE, DEFLATE);
	RET(&g.s, VIRTIO_DEQUEUE, 2);
	guest_sleep(&g, 300);
	guest_wake(&g, 3 * SECOND);
	ck_assert_str_eq(stream_finding(&g.s, "live.lost-wakeup")->because[1].what,
	    "virtio_dequeue of queue 1 found nothing");
}

static void
request_and_sleep(void)
{
	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_act(&g, INFLATE, 8);
	guest_sleep(&g, 100);
}

TEST(completion_just_before_the_timeout_is_quiet)
{
	request_and_sleep();
	g.s.now.time_ns += SECOND - SECOND / 40;
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	guest_wake(&g, SECOND / 40);
	stream_is_quiet(&g.s);
}

/* ---- waits for ever ---- */

static void
sleep_for(enum hw_sleep why, uint64_t object)
{
	stream_add(&g.s, EV_CTX_SLEEP, why, STREAM_ARGS(object, 0), __LINE__, NULL);
}

static void
sleep_with_mutex(bool given_up)
{
	guest_as_thread(&g);
	NOTE(&g.s, MUTEX_HELD, 3, 0, 0);
	if (given_up)
		NOTE(&g.s, MUTEX_FREED, 3);
	sleep_for(HW_SLEEP_CV, 7);
	g.s.now.time_ns += 3 * SECOND;
	stream_rest(&g.s);
}

TEST(sleep_with_a_mutex_is_found_at_rest)
{
	sleep_with_mutex(false);
	stream_is_only(&g.s, "live.deadlock", g.s.trace.count - 1);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "mutex 3 held, for 3000 ms"));
}

SUITE(rules_live_suite, "rules_live", .setup = setup, .teardown = teardown)
