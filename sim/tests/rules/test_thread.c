/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area thread, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/stream.h"
#include "tests/suite.h"

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

TEST(exit_before_the_end_of_a_failed_attach_is_quiet)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	create(3, MPSAFE);
	gone(3, false, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "thread.exit"), 0);
}

SUITE(rules_thread_suite, "rules_thread", .setup = setup, .teardown = teardown)
