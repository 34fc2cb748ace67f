/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area thread, as streams of events: what the fragments (test_fragments.c) do not reach.
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

START_TEST(exit_before_the_end_of_a_failed_attach_is_quiet)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	create(3, MPSAFE);
	gone(3, false, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "thread.exit"), 0);
}
END_TEST

Suite *
rules_thread_suite(void)
{
	Suite *suite = suite_create("rules_thread");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, exit_before_the_end_of_a_failed_attach_is_quiet);
	suite_add_tcase(suite, tc);
	return suite;
}
