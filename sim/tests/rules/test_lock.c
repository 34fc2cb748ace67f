/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/lock*: for each rule a stream that fires it once, and a near miss.
 */
#include <check.h>

#include "tests/rules/stream.h"

Suite *rules_lock_suite(void);

enum { ADAPTIVE = 1, DEFAULT = 2, IPL_NONE = 0, IPL_VM = 6, IPL_SCHED = 7 };

static struct stream s;

/* Mutexes 1 and 2 spin at IPL_VM, 3 and 4 are adaptive; condvar 1. */
static void
setup(void)
{
	stream_init(&s);
	CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM);
	CALL(&s, MUTEX_INIT, 2, DEFAULT, IPL_VM);
	CALL(&s, MUTEX_INIT, 3, DEFAULT, IPL_NONE);
	CALL(&s, MUTEX_INIT, 4, ADAPTIVE, IPL_NONE);
	CALL(&s, CV_INIT, 1, 0);
	stream_as(&s, 3, HW_CTX_KTHREAD, IPL_NONE);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static uint32_t
enter(uint64_t mutex)
{
	uint32_t seq = CALL(&s, MUTEX_ENTER, mutex);

	s.now.ipl = mutex <= 2 ? IPL_VM : s.now.ipl;
	NOTE(&s, MUTEX_HELD, mutex, IPL_NONE, mutex <= 2);
	return seq;
}

static void
leave(uint64_t mutex)
{
	CALL(&s, MUTEX_EXIT, mutex);
	NOTE(&s, MUTEX_FREED, mutex);
	s.now.ipl = IPL_NONE;
}

static uint32_t
wait(uint64_t condvar, uint64_t mutex)
{
	uint32_t seq = CALL(&s, CV_TIMEDWAIT, condvar, mutex, 10);

	NOTE(&s, CV_SLEEP, condvar, mutex, 10);
	NOTE(&s, MUTEX_FREED, mutex);
	return seq;
}

static void
woken(uint64_t condvar, uint64_t mutex, bool timed_out)
{
	NOTE(&s, CV_WOKEN, condvar, timed_out);
	NOTE(&s, MUTEX_HELD, mutex, IPL_NONE, 1);
	RET(&s, CV_TIMEDWAIT, timed_out ? 35 : 0);
}

START_TEST(good_use_is_quiet)
{
	for (unsigned i = 0; i < 3; i++) {
		enter(1);
		wait(1, 1);
		stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
		NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
		enter(1);
		CALL(&s, CV_SIGNAL, 1);
		NOTE(&s, CV_WAKE, 1, 3);
		CALL(&s, MUTEX_EXIT, 1);
		NOTE(&s, MUTEX_FREED, 1);
		NOTE(&s, CALLBACK, 2, HW_CB_VQ_DONE, 0);
		stream_as(&s, 3, HW_CTX_KTHREAD, IPL_VM);
		woken(1, 1, false);
		leave(1);
		enter(3);
		enter(1);
		leave(1);
		CALL(&s, KPAUSE, 0, 0, 5);
		leave(3);
	}
	CALL(&s, CV_DESTROY, 1);
	CALL(&s, MUTEX_DESTROY, 1);
	stream_rest(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(cv_interlock_not_held)
{
	stream_is_only(&s, "lock.cv-interlock", CALL(&s, CV_TIMEDWAIT, 1, 3, 10));
}
END_TEST

START_TEST(cv_interlock_of_others)
{
	enter(3);
	wait(1, 3);
	stream_as(&s, 4, HW_CTX_KTHREAD, IPL_NONE);
	enter(4);
	stream_is_only(&s, "lock.cv-interlock", wait(1, 4));
}
END_TEST

START_TEST(cv_interlock_may_change_between_waits)
{
	enter(3);
	wait(1, 3);
	NOTE(&s, CV_WOKEN, 1, 1);
	enter(4);
	wait(1, 4);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(cv_signal_without_the_interlock)
{
	enter(1);
	wait(1, 1);
	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	enter(2);
	stream_is_only(&s, "lock.cv-signal", CALL(&s, CV_SIGNAL, 1));
}
END_TEST

START_TEST(cv_signal_before_the_first_wait)
{
	enter(1);
	CALL(&s, CV_BROADCAST, 1);
	leave(1);
	stream_is_quiet(&s);
	stream_is_only(&s, "lock.cv-signal", CALL(&s, CV_BROADCAST, 1));
}
END_TEST

START_TEST(sleep_context_with_a_spin_mutex)
{
	enter(3);
	CALL(&s, KPAUSE, 0, 0, 5);
	stream_is_quiet(&s);
	enter(1);
	stream_is_only(&s, "lock.sleep-context", CALL(&s, KPAUSE, 0, 0, 5));
}
END_TEST

START_TEST(sleep_context_wait_with_another_spin_mutex)
{
	enter(2);
	enter(1);
	stream_is_only(&s, "lock.sleep-context", wait(1, 1));
}
END_TEST

START_TEST(sleep_context_in_an_interrupt)
{
	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	stream_is_only(&s, "lock.sleep-context", CALL(&s, KTHREAD_CREATE, 0, 2, 0));
}
END_TEST

START_TEST(sleep_context_adaptive_under_spin)
{
	enter(1);
	stream_is_only(&s, "lock.sleep-context", CALL(&s, MUTEX_ENTER, 3));
}
END_TEST

START_TEST(recursion)
{
	enter(1);
	stream_is_only(&s, "lock.recursion", CALL(&s, MUTEX_ENTER, 1));
}
END_TEST

START_TEST(not_owner_of_a_free_mutex)
{
	enter(1);
	leave(1);
	stream_is_quiet(&s);
	stream_is_only(&s, "lock.not-owner", CALL(&s, MUTEX_EXIT, 1));
}
END_TEST

START_TEST(not_owner_of_anothers_mutex)
{
	enter(3);
	stream_as(&s, 4, HW_CTX_KTHREAD, IPL_NONE);
	stream_is_only(&s, "lock.not-owner", CALL(&s, MUTEX_EXIT, 3));
}
END_TEST

START_TEST(lifecycle_before_init)
{
	stream_is_only(&s, "lock.lifecycle", CALL(&s, MUTEX_ENTER, 0));
}
END_TEST

START_TEST(lifecycle_twice)
{
	CALL(&s, MUTEX_DESTROY, 1);
	CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM);
	stream_is_quiet(&s);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM));
}
END_TEST

START_TEST(lifecycle_after_destroy)
{
	CALL(&s, CV_DESTROY, 1);
	enter(1);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, CV_SIGNAL, 1));
}
END_TEST

START_TEST(lifecycle_destroy_while_held)
{
	enter(1);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, MUTEX_DESTROY, 1));
}
END_TEST

START_TEST(lifecycle_destroy_with_waiters)
{
	enter(1);
	wait(1, 1);
	stream_as(&s, 4, HW_CTX_KTHREAD, IPL_NONE);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, CV_DESTROY, 1));
}
END_TEST

START_TEST(lifecycle_destroy_after_the_last_wake_is_quiet)
{
	enter(1);
	wait(1, 1);
	stream_as(&s, 4, HW_CTX_KTHREAD, IPL_NONE);
	enter(1);
	CALL(&s, CV_BROADCAST, 1);
	NOTE(&s, CV_WAKE, 1, 3);
	leave(1);
	CALL(&s, CV_DESTROY, 1);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(order_of_two)
{
	enter(1);
	enter(2);
	leave(2);
	leave(1);
	enter(1);
	enter(2);
	leave(2);
	leave(1);
	stream_is_quiet(&s);
	enter(2);
	stream_is_only(&s, "lock.order", enter(1));
}
END_TEST

START_TEST(order_of_three)
{
	enter(3);
	enter(4);
	leave(4);
	leave(3);
	CALL(&s, MUTEX_INIT, 5, ADAPTIVE, IPL_NONE);
	enter(4);
	enter(5);
	leave(5);
	leave(4);
	stream_is_quiet(&s);
	enter(5);
	stream_is_only(&s, "lock.order", enter(3));
}
END_TEST

/* A thread holds 2, made for a low level, and takes 1 ... while an interrupt takes 2. */
START_TEST(order_through_an_interrupt)
{
	uint32_t seq;

	CALL(&s, MUTEX_INIT, 6, 0, IPL_VM);
	CALL(&s, MUTEX_INIT, 7, 0, IPL_VM);
	stream_as(&s, 2, HW_CTX_HARDINT, IPL_SCHED);
	EVENT(&s, IRQ_ENTER, 0, 0);
	rules_off(s.rules, "irq.ipl");
	NOTE(&s, MUTEX_HELD, 7, 0, 1);
	NOTE(&s, MUTEX_FREED, 7);
	stream_as(&s, 3, HW_CTX_KTHREAD, IPL_VM);
	CALL(&s, MUTEX_ENTER, 7);
	NOTE(&s, MUTEX_HELD, 7, 0, 1);
	CALL(&s, MUTEX_ENTER, 6);
	stream_is_quiet(&s);
	seq = NOTE(&s, MUTEX_HELD, 6, 6, 1);
	stream_is_only(&s, "lock.order", seq);
}
END_TEST

START_TEST(spin_hold_by_delay)
{
	CALL(&s, DELAY, 5000);
	enter(1);
	CALL(&s, DELAY, 600);
	leave(1);
	enter(1);
	CALL(&s, DELAY, 600);
	stream_is_quiet(&s);
	stream_is_only(&s, "lock.spin-hold", CALL(&s, DELAY, 600));
}
END_TEST

START_TEST(held_at_return_of_a_callback)
{
	uint32_t seq;

	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
	enter(1);
	seq = NOTE(&s, CALLBACK, 2, HW_CB_VQ_DONE, 0);
	stream_is_only(&s, "lock.held-at-return", seq);
}
END_TEST

START_TEST(held_at_return_of_nested_callbacks_is_told_once)
{
	uint32_t seq;

	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	NOTE(&s, CALLBACK, 1, HW_CB_INTRHAND, -1);
	NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
	enter(1);
	seq = NOTE(&s, CALLBACK, 2, HW_CB_VQ_DONE, 0);
	NOTE(&s, CALLBACK, 2, HW_CB_INTRHAND, -1);
	stream_is_only(&s, "lock.held-at-return", seq);
}
END_TEST

Suite *
rules_lock_suite(void)
{
	Suite *suite = suite_create("rules_lock");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_use_is_quiet);
	tcase_add_test(tc, cv_interlock_not_held);
	tcase_add_test(tc, cv_interlock_of_others);
	tcase_add_test(tc, cv_interlock_may_change_between_waits);
	tcase_add_test(tc, cv_signal_without_the_interlock);
	tcase_add_test(tc, cv_signal_before_the_first_wait);
	tcase_add_test(tc, sleep_context_with_a_spin_mutex);
	tcase_add_test(tc, sleep_context_wait_with_another_spin_mutex);
	tcase_add_test(tc, sleep_context_in_an_interrupt);
	tcase_add_test(tc, sleep_context_adaptive_under_spin);
	tcase_add_test(tc, recursion);
	tcase_add_test(tc, not_owner_of_a_free_mutex);
	tcase_add_test(tc, not_owner_of_anothers_mutex);
	tcase_add_test(tc, lifecycle_before_init);
	tcase_add_test(tc, lifecycle_twice);
	tcase_add_test(tc, lifecycle_after_destroy);
	tcase_add_test(tc, lifecycle_destroy_while_held);
	tcase_add_test(tc, lifecycle_destroy_with_waiters);
	tcase_add_test(tc, lifecycle_destroy_after_the_last_wake_is_quiet);
	tcase_add_test(tc, order_of_two);
	tcase_add_test(tc, order_of_three);
	tcase_add_test(tc, order_through_an_interrupt);
	tcase_add_test(tc, spin_hold_by_delay);
	tcase_add_test(tc, held_at_return_of_a_callback);
	tcase_add_test(tc, held_at_return_of_nested_callbacks_is_told_once);
	suite_add_tcase(suite, tc);
	return suite;
}
