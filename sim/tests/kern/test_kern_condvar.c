/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_condvar.c: condvar(9).
 */
#include "rig.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	/* s signalled, x the signaller goes on, m..M other work of a higher priority, W woken. */
	RUN(cv_low_priority_waiter, .order = "wsxmMW"),
	RUN(cv_late_signal, .order = "sW", OUT(K_EWOULDBLOCK, 0)),
	/* b and c of priority 20 went to sleep after a, which has 10. */
	RUN(cv_signal_order, .order = ".b.c.a.d"),
	RUN(cv_broadcast_all, .order = "bcad", OUT(1, 0)),
	RUN(cv_has_waiters, OUT(0, 1)),
	/* One who could return because of a signal does not use up the wake-up. */
	RUN(cv_signal_catching, .order = "bc"),
	RUN(cv_destroy_woken, .order = "bcad"),
	/* A signal leaves no trace: a later wait sleeps for all of its time. */
	RUN(cv_signal_then_wait, .in = { 10 }, OUT(K_EWOULDBLOCK, 1), .ticks = 10),
	RUN(cv_broadcast_then_wait, .in = { 10 }, OUT(K_EWOULDBLOCK, 1), .ticks = 10),
	/* From half a tick on, n ticks last n - 0.5 with the default choices. */
	RUN(cv_wait_now, .in = { 1, 5000 }, OUT(K_EWOULDBLOCK), .ticks = 1),
	RUN(cv_wait_now, .in = { 4, 5000 }, OUT(K_EWOULDBLOCK), .ticks = 4),
	/* A past time is due at the next tick where nobody asserts that there is none. */
	RUN(cv_wait_negative, .plain = true, OUT(K_EWOULDBLOCK), .ticks = 1),
	/* There are no waiters on either, which is all that the real one looks at. */
	RUN(cv_use_dead, .plain = true),
	RUN(cv_use_raw, .plain = true),
	RUN(cv_destroy_waited, .plain = true, .order = "w!"),
	RUN(cv_wait_unlocked, PANICS("mutex_is_held(mtx)")),
	RUN(cv_wait_negative, PANICS("ticks >= 0")),
	RUN(cv_destroy_waited, PANICS("== NULL")),
	RUN(cv_use_dead, PANICS("condvar was destroyed")),
	RUN(cv_use_raw, PANICS("condvar is not initialised")),
	RUN(cv_wait_with_other_spin, PANICS("block with spin-mutex held")),
	RUN(softint_sleeps, .in = { 1 }, PANICS("!cpu_softintr_p()")),
	RUN(mutex_setup_vm, .handler = frag_hardint_cv_wait, .ipl = K_IPL_VM,
	    .kind = POINT_BEFORE, .call = HW_CALL_MUTEX_INIT, .nth = 1, PANICS("!cpu_intr_p()")),
};

KRIG_ROWS(one_fragment, rows)

KRIG_TEST(lie27_timedwait_of_0_ticks_is_for_ever)
{
	struct context *waiter = krig_thread(rig, frag_cv_wait_now);

	krig_go_until(rig, 1000 * KRIG_TICK_NS);
	krig_assert_alive(rig);
	krig_assert_order(rig, "w");
	ck_assert_int_eq(waiter->state, CTX_ASLEEP);
	ck_assert_uint_eq(waiter->sleep_ticks, 0);
	ck_assert_ptr_null(rig->world.clock.first);
	krig_run(rig, frag_cv_signal_once);
	krig_assert_order(rig, "wsW");
	ck_assert_int_eq(rig->frag.out[0], 0);
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
	ck_assert_ptr_null(rig->world.clock.first);
}

SUITE(kern_condvar)
