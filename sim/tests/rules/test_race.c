/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock (lock_race.c, lock_clock.c): accesses that nothing orders, and each thing
 * that does.
 */
#include <string.h>

#include "tests/rules/loads.h"
#include "tests/suite.h"

LOADS_FIXTURE(l) { }

static unsigned
told(void)
{
	return stream_count(&l.s, "lock.data-race");
}

static void
interrupt_writes(unsigned i)
{
	loads_enter_interrupt(&l, HW_CB_CONFIG_CHANGE);
	__tsan_write4(&l.word[i]);
	loads_leave_interrupt(&l, HW_CB_CONFIG_CHANGE);
}

static void
thread_reads(unsigned i)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_read4(&l.word[i]);
}

TEST(unordered)
{
	const struct finding *finding;

	thread_reads(5);
	interrupt_writes(5);
	ck_assert_uint_eq(told(), 1);
	finding = stream_finding(&l.s, "lock.data-race");
	ck_assert_uint_eq(finding->rule->severity, SEVERITY_ERROR);
	ck_assert_uint_eq(finding->ctx, LOADS_IRQ);
	ck_assert_str_eq(finding->text, "bytes 20..23 of the softc: irq0 (interrupt, no mutex "
	    "held) writes it, worker (thread, no mutex held) read it, and nothing orders the two");
	/* Both positions are known, and are not the same. */
	ck_assert_uint_ne(finding->site, 0);
	ck_assert_uint_eq(finding->becauses, 1);
	ck_assert_uint_ne(finding->because[0].site, 0);
	ck_assert_uint_ne(finding->because[0].site, finding->site);
	/* A place is told once. */
	thread_reads(5);
	interrupt_writes(5);
	ck_assert_uint_eq(l.s.findings.count, 1);
	ck_assert_uint_eq(l.s.findings.item[0].count, 1);
}

TEST(neither_writes)
{
	loads_enter_interrupt(&l, HW_CB_CONFIG_CHANGE);
	__tsan_read4(&l.word[5]);
	loads_leave_interrupt(&l, HW_CB_CONFIG_CHANGE);
	thread_reads(5);
	ck_assert_uint_eq(told(), 0);
}

TEST(neighbours_are_strangers)
{
	uint8_t *byte = (uint8_t *)&l.word[10];

	interrupt_writes(5);
	thread_reads(4);
	thread_reads(6);
	__tsan_write1(&byte[0]);
	loads_enter_interrupt(&l, HW_CB_CONFIG_CHANGE);
	__tsan_write1(&byte[1]);
	__tsan_write1(&byte[6]);
	loads_leave_interrupt(&l, HW_CB_CONFIG_CHANGE);
	ck_assert_uint_eq(told(), 0);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_read1(&byte[5]);
	ck_assert_uint_eq(told(), 0);
	__tsan_read8(&l.word[10]);
	ck_assert_uint_ge(told(), 1);
}

TEST(a_mutex_orders)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	loads_take(&l, 1);
	__tsan_write4(&l.word[5]);
	loads_leave(&l, 1);
	loads_on(&l, LOADS_OTHER, LOADS_IPL_NONE, 1);
	loads_take(&l, 1);
	__tsan_write4(&l.word[5]);
	loads_leave(&l, 1);
	ck_assert_uint_eq(told(), 0);
	/* Another mutex does not. */
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	loads_take(&l, 2);
	__tsan_write4(&l.word[5]);
	ck_assert_uint_eq(told(), 1);
}

/* What comes after the release went along with nothing. */
TEST(after_the_mutex_is_not_under_it)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	loads_take(&l, 1);
	loads_leave(&l, 1);
	__tsan_write4(&l.word[5]);
	loads_on(&l, LOADS_OTHER, LOADS_IPL_NONE, 1);
	loads_take(&l, 1);
	__tsan_read4(&l.word[5]);
	ck_assert_uint_eq(told(), 1);
}

TEST(a_wake_up_orders)
{
	loads_enter_interrupt(&l, HW_CB_CONFIG_CHANGE);
	__tsan_write4(&l.word[5]);
	NOTE(&l.s, CV_WAKE, 1, LOADS_THREAD);
	__tsan_write4(&l.word[6]);
	loads_leave_interrupt(&l, HW_CB_CONFIG_CHANGE);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	NOTE(&l.s, CV_WOKEN, 1, 0);
	__tsan_read4(&l.word[5]);
	ck_assert_uint_eq(told(), 0);
	__tsan_read4(&l.word[6]);
	ck_assert_uint_eq(told(), 1);
}

TEST(a_thread_knows_what_made_it)
{
	loads_as(&l, LOADS_AUTOCONF, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	EVENT(&l.s, CTX_START, 0, LOADS_THREAD, HW_CTX_KTHREAD, 0);
	__tsan_write4(&l.word[6]);
	thread_reads(5);
	ck_assert_uint_eq(told(), 0);
	thread_reads(6);
	ck_assert_uint_eq(told(), 1);
}

TEST(a_thread_is_joined)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	NOTE(&l.s, THREAD_GONE, LOADS_THREAD, 0, 0);
	loads_on(&l, LOADS_OTHER, LOADS_IPL_NONE, 1);
	CALL(&l.s, KTHREAD_JOIN, LOADS_THREAD);
	RET(&l.s, KTHREAD_JOIN, 0);
	__tsan_write4(&l.word[5]);
	ck_assert_uint_eq(told(), 0);
}

TEST(attach_is_over_before_the_first_callback)
{
	CALL(&l.s, VIRTIO_CHILD_ATTACH_START, LOADS_IPL_VM, 1);	/* VIRTIO_F_INTR_MPSAFE */
	loads_as(&l, LOADS_AUTOCONF, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	NOTE(&l.s, ATTACH, HW_ATTACH_FINISHED, 0);
	__tsan_write4(&l.word[6]);
	interrupt_writes(5);
	ck_assert_uint_eq(told(), 0);
	interrupt_writes(6);
	ck_assert_uint_eq(told(), 1);
}

/* Handlers that are not MPSAFE run one after the other; those that are do not. */
static void
two_handlers(uint64_t mpsafe)
{
	CALL(&l.s, VIRTIO_CHILD_ATTACH_START, LOADS_IPL_VM, mpsafe);
	interrupt_writes(5);
	loads_on(&l, LOADS_IRQ2, LOADS_IPL_VM, 1);
	NOTE(&l.s, CALLBACK, 1, HW_CB_CONFIG_CHANGE, 0);
	__tsan_write4(&l.word[5]);
	NOTE(&l.s, CALLBACK, 2, HW_CB_CONFIG_CHANGE, 0);
}

TEST(handlers_under_the_kernel_lock)
{
	two_handlers(0);
	ck_assert_uint_eq(told(), 0);
}

TEST(handlers_beside_each_other)
{
	two_handlers(1);
	ck_assert_uint_eq(told(), 1);
}

TEST(the_device_hands_over)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	CALL(&l.s, VIRTIO_ENQUEUE_COMMIT, 0, 0, 1);
	__tsan_write4(&l.word[6]);
	EVENT(&l.s, DEV_TAKE, 0, 0);
	EVENT(&l.s, DEV_USED, 0, 0);
	loads_enter_interrupt(&l, HW_CB_VQ_DONE);
	__tsan_read4(&l.word[5]);
	ck_assert_uint_eq(told(), 0);
	__tsan_read4(&l.word[6]);
	ck_assert_uint_eq(told(), 1);
}

TEST(the_device_has_not_looked_yet)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	CALL(&l.s, VIRTIO_ENQUEUE_COMMIT, 0, 0, 1);
	EVENT(&l.s, DEV_USED, 0, 0);
	loads_enter_interrupt(&l, HW_CB_VQ_DONE);
	__tsan_read4(&l.word[5]);
	ck_assert_uint_eq(told(), 1);
}

/* At its level no handler begins on this CPU; before and after it may. */
TEST(the_level_keeps_the_handler_off)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	CALL(&l.s, SPLRAISE, LOADS_IPL_VM);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_VM);
	__tsan_write4(&l.word[5]);
	interrupt_writes(5);
	ck_assert_uint_eq(told(), 0);
	loads_on(&l, LOADS_THREAD, LOADS_IPL_VM, 1);
	__tsan_write4(&l.word[6]);
	interrupt_writes(6);
	ck_assert_uint_eq(told(), 1);
}

/* A later access at the level does not make up for an earlier one without it. */
TEST(the_level_came_too_late)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_write4(&l.word[5]);
	CALL(&l.s, SPLRAISE, LOADS_IPL_VM);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_VM);
	__tsan_write4(&l.word[5]);
	CALL(&l.s, SPLX, LOADS_IPL_NONE);
	interrupt_writes(5);
	ck_assert_uint_eq(told(), 1);
}

/* The same again is not shown to the rule, and counts all the same. */
TEST(the_newest_of_many_counts)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	for (unsigned i = 0; i < 5; i++) {
		loads_take(&l, 1);
		loads_leave(&l, 1);
		__tsan_write4(&l.word[5]);
	}
	/* Ordered after all but the last of them. */
	loads_on(&l, LOADS_OTHER, LOADS_IPL_NONE, 1);
	loads_take(&l, 1);
	__tsan_read4(&l.word[5]);
	ck_assert_uint_eq(told(), 1);
}

TEST(the_next_owner_is_another)
{
	thread_reads(600);
	hw_memory(HW_MEMORY_ZEROED, &l.word[600], 64, 1);
	interrupt_writes(600);
	ck_assert_uint_eq(told(), 0);
}

SUITE(rules_race_suite, "rules_race", .setup = setup, .teardown = teardown)
