/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/stream.h"
#include "tests/suite.h"

enum { ADAPTIVE = 1, DEFAULT = 2, IPL_NONE = 0, IPL_VM = 6, IPL_SCHED = 7 };

/* Mutexes 1 and 2 spin at IPL_VM, 3 and 4 are adaptive; condvar 1. */
STREAM_FIXTURE(s)
{
	CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM);
	CALL(&s, MUTEX_INIT, 2, DEFAULT, IPL_VM);
	CALL(&s, MUTEX_INIT, 3, DEFAULT, IPL_NONE);
	CALL(&s, MUTEX_INIT, 4, ADAPTIVE, IPL_NONE);
	CALL(&s, CV_INIT, 1, 0);
	stream_as(&s, 3, HW_CTX_KTHREAD, IPL_NONE);
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

TEST(lifecycle_twice)
{
	CALL(&s, MUTEX_DESTROY, 1);
	CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM);
	stream_is_quiet(&s);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, MUTEX_INIT, 1, DEFAULT, IPL_VM));
}

TEST(lifecycle_after_destroy)
{
	CALL(&s, CV_DESTROY, 1);
	enter(1);
	stream_is_only(&s, "lock.lifecycle", CALL(&s, CV_SIGNAL, 1));
}

TEST(order_of_three)
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

TEST(held_at_return_of_nested_callbacks_is_told_once)
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

SUITE(rules_lock_suite, "rules_lock", .setup = setup, .teardown = teardown)
