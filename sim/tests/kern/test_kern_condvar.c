/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_condvar.c: condvar(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static struct krig *
rig_plain(void)
{

	return KRIG_WITH(options.config.diagnostic = false);
}

/* A later wait sleeps for all of its time. */
TEST(lie01_cv_signal_leaves_no_trace)
{
	static void (*const fn[])(void *) = {
		frag_cv_signal_then_wait, frag_cv_broadcast_then_wait
	};

	for (int i = 0; i < 2; i++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = 10;
		krig_run_well(rig, fn[i]);
		krig_assert_out(rig, K_EWOULDBLOCK, 1);
		ck_assert_uint_eq(rig->world.clock.now_ns, 10 * KRIG_TICK_NS);
	}
}

/* s signalled, x the signaller goes on, m..M other work of a higher priority, W woken. */
KRIG_TEST(lie02_cv_signal_does_not_run_the_thread)
{
	krig_run_well(rig, frag_cv_low_priority_waiter);
	krig_assert_order(rig, "wsxmMW");
}

KRIG_TEST(lie27_timedwait_of_0_ticks_is_for_ever)
{
	struct context *waiter = krig_thread(rig, frag_cv_wait_now);

	krig_go_until(rig, 1000 * KRIG_TICK_NS);
	krig_assert_alive(rig);
	krig_assert_order(rig, "w");
	ck_assert_int_eq(waiter->state, CTX_ASLEEP);
	ck_assert_uint_eq(waiter->sleep_ticks, 0);
	ck_assert_uint_eq(rig->world.clock.count, 0);
	krig_run(rig, frag_cv_signal_once);
	krig_assert_order(rig, "wsW");
	ck_assert_int_eq(rig->frag.out[0], 0);
}

/* From half a tick on, n ticks last n - 0.5 with the default choices. */
TEST(lie28_a_wait_ends_at_a_tick)
{
	for (int ticks = 1; ticks <= 4; ticks++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = ticks;
		rig->frag.in[1] = 5000;
		krig_run(rig, frag_cv_wait_from_offset);
		ck_assert_int_eq(rig->frag.out[0], K_EWOULDBLOCK);
		ck_assert_uint_eq(rig->world.clock.now_ns,
		    (uint64_t)ticks * KRIG_TICK_NS);
	}
}

/* Any moment between n - 1 and n ticks will do, and not only one does. */
TEST(lie28_a_wait_lasts_between_n_minus_1_and_n_ticks)
{
	uint64_t shortest = UINT64_MAX, longest = 0;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		uint64_t lasted;
		KRIG(rig) = KRIG_WITH(options.seed = seed);

		rig->frag.in[0] = 5;
		krig_run(rig, frag_cv_wait_now);
		lasted = krig_event(rig, EV_NOTE, HW_NOTE_CV_WOKEN, 0)->time_ns;
		ck_assert_uint_gt(lasted, 4 * KRIG_TICK_NS);
		ck_assert_uint_le(lasted, 5 * KRIG_TICK_NS);
		shortest = lasted < shortest ? lasted : shortest;
		longest = lasted > longest ? lasted : longest;
	}
	ck_assert_uint_lt(shortest, longest);
}

/* The handler cannot come between the release of the interlock and the sleep. */
KRIG_TEST(no_wakeup_is_lost_between_release_and_sleep)
{
	rig->frag.in[7] = K_IPL_VM;
	krig_handler(rig, K_IPL_VM, frag_cv_signal_once);
	krig_raise_on(rig, POINT_BEFORE, HW_CALL_CV_TIMEDWAIT, 1);
	rig->frag.in[0] = 10;
	krig_run_well(rig, frag_cv_wait_now);
	krig_assert_order(rig, "wsW");
	krig_assert_out(rig, 0, 1);
	ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_CV_WOKEN, 0)->time_ns, 0);
}

/* The wait gives up its timer: nothing is left that could wake a later wait. */
KRIG_TEST(a_signal_cancels_the_timeout)
{
	rig->frag.in[0] = 10;
	krig_thread(rig, frag_cv_wait_now);
	krig_go_until(rig, 1000);
	krig_run(rig, frag_cv_signal_once);
	krig_assert_order(rig, "wsW");
	ck_assert_int_eq(rig->frag.out[0], 0);
	ck_assert_uint_eq(rig->world.clock.now_ns, 1000);
	ck_assert_uint_eq(rig->world.clock.count, 0);
}

KRIG_TEST(a_signal_after_the_timeout_changes_nothing)
{
	krig_run_well(rig, frag_cv_late_signal);
	krig_assert_order(rig, "sW");
	krig_assert_out(rig, K_EWOULDBLOCK, 0);
	ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_CV_WAKE), 0);
}

/* b and c of priority 20 went to sleep after a, which has 10. */
KRIG_TEST(signal_wakes_the_highest_priority_then_the_first)
{
	krig_run_well(rig, frag_cv_signal_order);
	krig_assert_order(rig, ".b.c.a.d");
}

KRIG_TEST(broadcast_wakes_all)
{
	krig_run_well(rig, frag_cv_broadcast_all);
	krig_assert_order(rig, "bcad");
	krig_assert_out(rig, 1, 0);
}

KRIG_TEST(has_waiters_says_whether_somebody_waits)
{
	krig_run(rig, frag_cv_has_waiters);
	krig_assert_out(rig, 0, 1);
}

/* One who could return because of a signal does not use up the wake-up. */
KRIG_TEST(signal_goes_on_past_those_that_catch_signals)
{
	krig_run_well(rig, frag_cv_signal_catching);
	krig_assert_order(rig, "abc");
}

KRIG_TEST(a_woken_waiter_does_not_look_at_the_condvar)
{
	krig_run_well(rig, frag_cv_destroy_woken);
	krig_assert_order(rig, "bcad");
}

/* There are no waiters on either, which is all that the real one looks at. */
TEST(a_dead_or_zeroed_condvar_goes_unnoticed_without_diagnostic)
{
	static void (*const fn[])(void *) = { frag_cv_use_dead, frag_cv_use_raw };

	for (int i = 0; i < 2; i++) {
		KRIG(rig) = rig_plain();

		krig_run_well(rig, fn[i]);
	}
}

KRIG_TEST(broadcast_from_an_interrupt_is_legal)
{
	rig->frag.in[7] = K_IPL_VM;
	krig_thread(rig, frag_cv_wait_now);
	krig_handler(rig, K_IPL_VM, frag_cv_broadcast_once);
	krig_raise_at(rig, 1000);
	krig_go_well(rig);
	krig_assert_order(rig, "wbW");
}

TEST(misuse_panics)
{
	static const struct krig_misuse misuse[] = {
		{ frag_cv_wait_unlocked, "mutex_is_held(mtx)" },
		{ frag_cv_wait_negative, "ticks >= 0" },
		{ frag_cv_destroy_waited, "== NULL" },
		{ frag_cv_use_dead, "condvar was destroyed" },
		{ frag_cv_use_raw, "condvar is not initialised" },
		{ frag_cv_wait_with_other_spin, "block with spin-mutex held" },
	};

	krig_assert_misuse(misuse, sizeof(misuse) / sizeof(misuse[0]));
}

TEST(wait_in_an_interrupt_panics)
{
	KRIG(rig) = krig_new(NULL);

	krig_handler(rig, K_IPL_VM, frag_hardint_cv_wait);
	krig_raise(rig);
	krig_go(rig);
	krig_assert_panic(rig, "!cpu_intr_p()");
	krig_free(rig);
	rig = krig_new(NULL);
	rig->frag.in[0] = 1;
	krig_run(rig, frag_softint_sleeps);
	krig_assert_panic(rig, "!cpu_softintr_p()");
}

/* A past time is due at the next tick where nobody asserts that there is none. */
TEST(negative_ticks_without_diagnostic_end_at_the_next_tick)
{
	KRIG(rig) = rig_plain();

	krig_run_well(rig, frag_cv_wait_negative);
	ck_assert_int_eq(rig->frag.out[0], K_EWOULDBLOCK);
	ck_assert_uint_eq(rig->world.clock.now_ns, KRIG_TICK_NS);
}

TEST(destroy_of_a_waited_condvar_goes_unnoticed_without_diagnostic)
{
	KRIG(rig) = rig_plain();

	krig_run_well(rig, frag_cv_destroy_waited);
	krig_assert_order(rig, "w!");
}

SUITE(kern_condvar_suite, "kern/kern_condvar")
