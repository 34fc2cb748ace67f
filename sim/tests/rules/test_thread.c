/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/thread.c: for each rule a stream that fires it once, and a near miss.
 */
#include <check.h>

#include "tests/rules/stream.h"

Suite *rules_thread_suite(void);

enum { MPSAFE = 0x02, MUSTJOIN = 0x10 };

static struct stream s;

/* Mutex 1 (adaptive) and condvar 1 for waits. */
static void
setup(void)
{
	stream_init(&s);
	CALL(&s, MUTEX_INIT, 1, 2, 0);
	CALL(&s, CV_INIT, 1, 0);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static void
create(uint64_t ctx, uint64_t flags)
{
	CALL(&s, KTHREAD_CREATE, 96, flags, 0);
	NOTE(&s, THREAD, ctx, 96, flags);
	RET(&s, KTHREAD_CREATE, 0);
}

static uint32_t
gone(uint32_t ctx, bool returned, uint64_t code)
{
	uint32_t seq;

	stream_as(&s, ctx, HW_CTX_KTHREAD, 0);
	if (!returned)
		CALL(&s, KTHREAD_EXIT, code);
	seq = NOTE(&s, THREAD_GONE, ctx, returned, code);
	stream_as(&s, 1, HW_CTX_AUTOCONF, 0);
	return seq;
}

START_TEST(good_threads_are_quiet)
{
	create(3, MPSAFE);
	create(4, MPSAFE | MUSTJOIN);
	gone(3, false, 0);
	gone(4, false, 0);
	CALL(&s, KTHREAD_JOIN, 4);
	RET(&s, KTHREAD_JOIN, 0);
	CALL(&s, KPAUSE, 0, 0, 100);
	stream_end(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(exit_by_return)
{
	create(3, MPSAFE);
	stream_is_only(&s, "thread.exit", gone(3, true, 0));
}
END_TEST

START_TEST(exit_with_a_code)
{
	create(3, MPSAFE);
	stream_is_only(&s, "thread.exit", gone(3, false, 5));
}
END_TEST

START_TEST(exit_still_there_after_a_failed_attach)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	create(3, MPSAFE);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "thread.exit"), 1);
	ck_assert_uint_eq(stream_finding(&s, "thread.exit")->seq, s.trace.count - 1);
}
END_TEST

START_TEST(exit_before_the_end_of_a_failed_attach_is_quiet)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	create(3, MPSAFE);
	gone(3, false, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "thread.exit"), 0);
}
END_TEST

START_TEST(exit_still_there_at_detach)
{
	create(3, MPSAFE);
	stream_is_only(&s, "thread.exit", CALL(&s, VIRTIO_CHILD_DETACH, 0));
}
END_TEST

START_TEST(join_of_a_thread_that_is_not_joinable)
{
	create(3, MPSAFE);
	stream_is_only(&s, "thread.exit", CALL(&s, KTHREAD_JOIN, 3));
}
END_TEST

START_TEST(join_forgotten)
{
	create(3, MPSAFE | MUSTJOIN);
	gone(3, false, 0);
	stream_is_quiet(&s);
	stream_end(&s);
	stream_is_only(&s, "thread.exit", s.trace.count - 1);
}
END_TEST

static uint32_t
wait(uint64_t ticks)
{
	uint32_t seq;

	CALL(&s, MUTEX_ENTER, 1);
	NOTE(&s, MUTEX_HELD, 1, 0, 0);
	seq = CALL(&s, CV_TIMEDWAIT, 1, 1, ticks);
	RET(&s, CV_TIMEDWAIT, 0);
	CALL(&s, MUTEX_EXIT, 1);
	NOTE(&s, MUTEX_FREED, 1);
	return seq;
}

START_TEST(timeout_of_nothing)
{
	wait(1);
	stream_is_quiet(&s);
	stream_is_only(&s, "thread.timeout", wait(0));
	ck_assert_int_eq(s.findings.item[0].rule->severity, SEVERITY_LINT);
}
END_TEST

START_TEST(timeout_below_nothing)
{
	stream_is_only(&s, "thread.timeout", wait((uint64_t)-10));
}
END_TEST

START_TEST(timeout_beyond_a_day)
{
	wait(86400 * 100);
	stream_is_quiet(&s);
	stream_is_only(&s, "thread.timeout", wait(86400 * 100 + 1));
}
END_TEST

Suite *
rules_thread_suite(void)
{
	Suite *suite = suite_create("rules_thread");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_threads_are_quiet);
	tcase_add_test(tc, exit_by_return);
	tcase_add_test(tc, exit_with_a_code);
	tcase_add_test(tc, exit_still_there_after_a_failed_attach);
	tcase_add_test(tc, exit_before_the_end_of_a_failed_attach_is_quiet);
	tcase_add_test(tc, exit_still_there_at_detach);
	tcase_add_test(tc, join_of_a_thread_that_is_not_joinable);
	tcase_add_test(tc, join_forgotten);
	tcase_add_test(tc, timeout_of_nothing);
	tcase_add_test(tc, timeout_below_nothing);
	tcase_add_test(tc, timeout_beyond_a_day);
	suite_add_tcase(suite, tc);
	return suite;
}
