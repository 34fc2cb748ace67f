/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/live: each rule fires once at its event, and its near miss is silent.
 */
#include <check.h>
#include <string.h>

#include "tests/rules/guest.h"

Suite	*rules_live_suite(void);

#define SECOND UINT64_C(1000000000)

static struct guest g;

static void
setup(void)
{
	guest_init(&g);
}

static void
teardown(void)
{
	guest_fini(&g);
}

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

START_TEST(reached_target_is_quiet)
{
	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	guest_sleep(&g, 3000);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(missed_target_is_found_at_rest)
{
	guest_target(&g, 16);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	guest_sleep(&g, 100);
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.convergence", g.s.trace.count - 1);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "wants 16"));
}
END_TEST

START_TEST(missed_target_says_since_when)
{
	const char *text;

	guest_target(&g, 16);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	guest_sleep(&g, 100);
	g.s.now.time_ns += 5 * SECOND + SECOND / 2;
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.convergence", g.s.trace.count - 1);
	text = g.s.findings.item[0].text;
	ck_assert_msg(strstr(text, "; behind its target for 5.5 s; no fault is armed, the device "
	    "answers and there is memory") != NULL, "%s", text);
	ck_assert_ptr_null(strstr(text, "request out for"));
}
END_TEST

/* Being reached in between, the target is missed anew; requests are out since the oldest. */
START_TEST(missed_target_counts_from_the_newest)
{
	const char *text;

	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	g.s.now.time_ns += 20 * SECOND;
	guest_target(&g, 24);
	guest_alloc(&g, 200, 8);
	guest_fill(&g, 0, 8, 200);
	guest_commit(&g, 0, 32);
	guest_act(&g, 0, 8);
	g.s.now.time_ns += 2 * SECOND;
	guest_sleep(&g, 100);
	stream_rest(&g.s);
	ck_assert_uint_eq(g.s.findings.count, 1);
	text = g.s.findings.item[0].text;
	ck_assert_msg(strstr(text, "; behind its target for 2.0 s; the oldest request out for "
	    "2.0 s; ") != NULL, "%s", text);
}
END_TEST

START_TEST(missed_target_without_a_thread_says_why)
{
	uint32_t failed;

	CALL(&g.s, KTHREAD_CREATE, 0);
	failed = RET(&g.s, KTHREAD_CREATE, 12);
	g.s.view.thread_alive = false;
	guest_target(&g, 16);
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.convergence", g.s.trace.count - 1);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "never made"));
	ck_assert_uint_eq(g.s.findings.item[0].because[0].seq, failed);
}
END_TEST

START_TEST(missed_target_without_memory_is_quiet)
{
	guest_target(&g, 16);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	guest_pages(&g, HW_PAGE_OTHERS, 110, GUEST_PAGES - 110);
	guest_pages(&g, HW_PAGE_OTHERS, 20, 78);
	guest_pages(&g, HW_PAGE_OTHERS, 1, 15);
	guest_sleep(&g, 100);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(missed_target_with_fault_armed_is_quiet)
{
	guest_target(&g, 16);
	guest_wake(&g, 0);
	guest_sleep(&g, 100);
	g.s.view.faults_armed = 1;
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(silent_device_is_quiet)
{
	guest_target(&g, 16);
	guest_wake(&g, 0);
	guest_sleep(&g, 100);
	g.s.view.device.answers = false;
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(deflate_needs_no_memory)
{
	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_inflate(&g, 100, 8, 8);
	guest_pages(&g, HW_PAGE_OTHERS, 110, GUEST_PAGES - 110);
	guest_target(&g, 4);
	guest_sleep(&g, 100);
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.convergence", g.s.trace.count - 1);
}
END_TEST

START_TEST(slow_first_reaction_is_found)
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
END_TEST

START_TEST(slow_reaction_after_failed_allocation_is_quiet)
{
	guest_sleep(&g, 100);
	guest_target(&g, 16);
	guest_wake(&g, 0);
	g.s.view.faults_struck = 1;
	CALL(&g.s, UVM_PGLISTALLOC, 65536, 0, ~UINT64_C(0), 16, 1);
	RET(&g.s, UVM_PGLISTALLOC, 12);
	guest_sleep(&g, 1000);
	guest_wake(&g, 16 * SECOND);
	stream_is_quiet(&g.s);
}
END_TEST

/* Memory may have been short until just now: that it was tried is all that can be asked. */
START_TEST(slow_reaction_after_a_vain_allocation_is_quiet)
{
	guest_sleep(&g, 100);
	guest_target(&g, 16);
	guest_wake(&g, 0);
	CALL(&g.s, UVM_PGLISTALLOC, 65536, 0, ~UINT64_C(0), 16, 1);
	RET(&g.s, UVM_PGLISTALLOC, 12);
	guest_sleep(&g, 1000);
	guest_wake(&g, 16 * SECOND);
	stream_is_quiet(&g.s);
}
END_TEST

/* ---- lost wake-ups ---- */

START_TEST(sleep_on_known_target_is_found_when_over)
{
	uint32_t slept;

	guest_wake(&g, 0);
	guest_target(&g, 16);	/* told while it runs: the signal finds nobody */
	slept = guest_sleep(&g, 3000);
	stream_is_quiet(&g.s);
	stream_is_only(&g.s, "live.lost-wakeup", guest_wake(&g, 30 * SECOND));
	ck_assert_uint_eq(g.s.findings.item[0].becauses, 3);
	ck_assert_uint_eq(g.s.findings.item[0].because[2].seq, slept);
}
END_TEST

START_TEST(sleep_woken_soon_is_quiet)
{
	guest_wake(&g, 0);
	guest_target(&g, 16);
	guest_sleep(&g, 3000);
	guest_wake(&g, SECOND);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(target_told_during_sleep_is_quiet)
{
	guest_sleep(&g, 3000);
	g.s.now.time_ns += 29 * SECOND;
	guest_target(&g, 16);
	guest_wake(&g, SECOND);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(sleep_after_failed_allocation_is_quiet)
{
	guest_wake(&g, 0);
	guest_target(&g, 16);
	CALL(&g.s, UVM_PGLISTALLOC, 65536, 0, ~UINT64_C(0), 16, 1);
	RET(&g.s, UVM_PGLISTALLOC, 22);
	guest_sleep(&g, 1000);
	g.s.view.faults_struck = 1;
	guest_wake(&g, 10 * SECOND);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(sleep_while_callback_runs_is_quiet)
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
END_TEST

START_TEST(sleep_on_known_answer_is_found)
{
	guest_target(&g, 8);
	guest_wake(&g, 0);
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_act(&g, INFLATE, 8);
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	guest_sleep(&g, 100);
	stream_is_only(&g.s, "live.lost-wakeup", guest_wake(&g, SECOND));
}
END_TEST

START_TEST(sleep_on_an_answer_names_the_queue_that_was_asked)
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
	guest_sleep(&g, 100);
	guest_wake(&g, SECOND);
	ck_assert_str_eq(stream_finding(&g.s, "live.lost-wakeup")->because[1].what,
	    "virtio_dequeue of queue 1 found nothing");
}
END_TEST

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

START_TEST(answer_that_woke_nobody_is_found)
{
	uint32_t seq;

	request_and_sleep();
	g.s.now.time_ns += SECOND / 2;
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	seq = guest_wake(&g, SECOND / 2);
	stream_is_only(&g.s, "live.lost-wakeup", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "for 500 ms"));
}
END_TEST

START_TEST(answer_just_before_the_timeout_is_quiet)
{
	request_and_sleep();
	g.s.now.time_ns += SECOND - SECOND / 40;
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	guest_wake(&g, SECOND / 40);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(answer_during_sleep_is_quiet)
{
	request_and_sleep();
	guest_used(&g, INFLATE);
	vq_done(INFLATE);
	EVENT(&g.s, CTX_WAKE, 0, GUEST_THREAD, 0);
	guest_as_thread(&g);
	guest_dequeue(&g, INFLATE);
	guest_actual(&g, 8);
	vq_done(INFLATE);
	guest_sleep(&g, 3000);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

/* ---- waits for ever ---- */

static void
sleep_for(enum hw_sleep why, uint64_t object)
{
	stream_add(&g.s, EV_CTX_SLEEP, why, STREAM_ARGS(object, 0), __LINE__, NULL);
}

START_TEST(mutex_wait_at_rest_is_found)
{
	guest_as_thread(&g);
	sleep_for(HW_SLEEP_MUTEX, 7);
	stream_is_quiet(&g.s);
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.deadlock", g.s.trace.count - 1);
}
END_TEST

START_TEST(mutex_wait_that_ended_is_quiet)
{
	guest_as_thread(&g);
	sleep_for(HW_SLEEP_MUTEX, 7);
	guest_wake(&g, 0);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

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

START_TEST(sleep_with_a_mutex_is_found_at_rest)
{
	sleep_with_mutex(false);
	stream_is_only(&g.s, "live.deadlock", g.s.trace.count - 1);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "mutex 3 held, for 3000 ms"));
}
END_TEST

START_TEST(sleep_that_gives_its_mutex_up_is_quiet)
{
	sleep_with_mutex(true);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(allocation_of_nothing_is_found)
{
	guest_as_thread(&g);
	CALL(&g.s, UVM_PGLISTALLOC, 0, 0, ~UINT64_C(0), 0, 1);
	sleep_for(HW_SLEEP_MEMORY, 0);
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.deadlock", g.s.trace.count - 1);
}
END_TEST

START_TEST(wait_for_memory_is_quiet)
{
	guest_as_thread(&g);
	guest_pages(&g, HW_PAGE_OTHERS, 20, GUEST_PAGES - 20);
	CALL(&g.s, UVM_PGLISTALLOC, 131072, 0, ~UINT64_C(0), 32, 1);
	sleep_for(HW_SLEEP_MEMORY, 0);
	g.s.now.time_ns += 60 * SECOND;
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(wait_for_memory_that_is_there_is_found)
{
	guest_as_thread(&g);
	CALL(&g.s, UVM_PGLISTALLOC, 65536, 0, 65536, 16, 1);
	sleep_for(HW_SLEEP_MEMORY, 0);
	g.s.now.time_ns += 60 * SECOND;
	stream_rest(&g.s);
	stream_is_only(&g.s, "live.deadlock", g.s.trace.count - 1);
}
END_TEST

START_TEST(thread_without_work_may_sleep_for_ever)
{
	guest_sleep(&g, 0);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

Suite *
rules_live_suite(void)
{
	Suite *suite = suite_create("rules_live");
	TCase *tc = tcase_create("live");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reached_target_is_quiet);
	tcase_add_test(tc, missed_target_is_found_at_rest);
	tcase_add_test(tc, missed_target_says_since_when);
	tcase_add_test(tc, missed_target_counts_from_the_newest);
	tcase_add_test(tc, missed_target_without_a_thread_says_why);
	tcase_add_test(tc, missed_target_without_memory_is_quiet);
	tcase_add_test(tc, missed_target_with_fault_armed_is_quiet);
	tcase_add_test(tc, silent_device_is_quiet);
	tcase_add_test(tc, deflate_needs_no_memory);
	tcase_add_test(tc, slow_first_reaction_is_found);
	tcase_add_test(tc, slow_reaction_after_failed_allocation_is_quiet);
	tcase_add_test(tc, slow_reaction_after_a_vain_allocation_is_quiet);
	tcase_add_test(tc, sleep_on_known_target_is_found_when_over);
	tcase_add_test(tc, sleep_woken_soon_is_quiet);
	tcase_add_test(tc, target_told_during_sleep_is_quiet);
	tcase_add_test(tc, sleep_after_failed_allocation_is_quiet);
	tcase_add_test(tc, sleep_while_callback_runs_is_quiet);
	tcase_add_test(tc, sleep_on_known_answer_is_found);
	tcase_add_test(tc, sleep_on_an_answer_names_the_queue_that_was_asked);
	tcase_add_test(tc, answer_that_woke_nobody_is_found);
	tcase_add_test(tc, answer_just_before_the_timeout_is_quiet);
	tcase_add_test(tc, answer_during_sleep_is_quiet);
	tcase_add_test(tc, mutex_wait_at_rest_is_found);
	tcase_add_test(tc, mutex_wait_that_ended_is_quiet);
	tcase_add_test(tc, sleep_with_a_mutex_is_found_at_rest);
	tcase_add_test(tc, sleep_that_gives_its_mutex_up_is_quiet);
	tcase_add_test(tc, allocation_of_nothing_is_found);
	tcase_add_test(tc, wait_for_memory_is_quiet);
	tcase_add_test(tc, wait_for_memory_that_is_there_is_found);
	tcase_add_test(tc, thread_without_work_may_sleep_for_ever);
	suite_add_tcase(suite, tc);
	return suite;
}
