/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_mutex.c, subr_spl.c and subr_lockdebug.c: mutex(9), spl(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

enum { MUTEX_SPIN, MUTEX_ADAPTIVE, MUTEX_DEFAULT, MUTEX_DRIVER };

static struct krig *
rig_with(bool diagnostic, unsigned cpus)
{

	return KRIG_WITH(options.config.diagnostic = diagnostic, options.config.cpus = cpus);
}

/* Which levels make a spin mutex shows in the level while it is held. */
TEST(default_type_is_spin_from_ipl_vm_on)
{
	static const int64_t held_at[] = { 0, 1, 0, 0, 0, 0, 6, 7, 8 };

	for (int type = MUTEX_DEFAULT; type <= MUTEX_DRIVER; type++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = type;
		krig_run_well(rig, frag_mutex_types);
		for (int ipl = 0; ipl <= K_IPL_HIGH; ipl++)
			ck_assert_int_eq(rig->frag.out[ipl], held_at[ipl]);
	}
}

KRIG_TEST(spin_type_is_spin_at_every_level)
{
	rig->frag.in[0] = MUTEX_SPIN;
	krig_run_well(rig, frag_mutex_types);
	for (unsigned ipl = 0; ipl <= K_IPL_HIGH; ipl++) {
		ck_assert_int_eq(rig->frag.out[ipl], ipl);
		/* mutex, level before, is it spin */
		ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_MUTEX_HELD,
		    ipl)->arg[2], 1);
	}
}

KRIG_TEST(impossible_type_panics)
{
	krig_run(rig, frag_mutex_bad_type);
	krig_assert_panic(rig, "impossible type");
}

KRIG_TEST(adaptive_type_wants_ipl_none)
{
	krig_run(rig, frag_mutex_adaptive_ipl);
	krig_assert_panic(rig, "ipl == IPL_NONE");
}

KRIG_TEST(level_comes_back_at_exit)
{
	krig_run(rig, frag_mutex_levels);
	krig_assert_out(rig, 0, K_IPL_VM, 0);
}

KRIG_TEST(level_is_the_higher_of_both)
{
	krig_run(rig, frag_mutex_under_splhigh);
	krig_assert_out(rig, K_IPL_HIGH, K_IPL_HIGH, 0);
}

/* The interrupt that is raised inside comes when the last of the two is released. */
KRIG_TEST(lie29_inner_spin_exit_does_not_lower_the_level)
{
	krig_handler(rig, K_IPL_VM, frag_hardint_mark);
	krig_raise_on(rig, POINT_AFTER, HW_CALL_MUTEX_ENTER, 2);
	krig_run_well(rig, frag_mutex_nest);
	krig_assert_out(rig, K_IPL_SCHED, K_IPL_SCHED, 0);
	krig_assert_order(rig, "12iI3");
}

KRIG_TEST(lie29_nor_does_the_outer_one_released_first)
{
	krig_run_well(rig, frag_mutex_nest_crossed);
	krig_assert_out(rig, K_IPL_SCHED, 0);
}

/*
 * A thread holds the mutex for a millisecond; halfway an interrupt comes whose handler takes
 * it too.  On the same CPU it is held back; on another it runs at once, and spins.
 */
TEST(lie30_spin_mutex_blocks_the_local_cpu_only)
{
	static const char *const order[] = { "TthH", "ThtH" };

	for (unsigned cpus = 1; cpus <= 2; cpus++) {
		KRIG(rig) = rig_with(true, cpus);

		krig_run(rig, frag_mutex_setup_vm);
		krig_handler(rig, K_IPL_VM, frag_mutex_take_once);
		krig_context(rig, HW_CTX_KTHREAD, cpus - 1, K_PRI_KTHREAD,
		    frag_mutex_hold_a_while);
		krig_raise_at(rig, 500000);
		krig_go_well(rig);
		krig_assert_order(rig, order[cpus - 1]);
		ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 0)->time_ns,
		    cpus == 1 ? 1000000 : 500000);
	}
}

TEST(spin_mutex_again_panics_or_spins_for_ever)
{
	for (int diagnostic = 0; diagnostic <= 1; diagnostic++) {
		KRIG(rig) = rig_with(diagnostic, 1);

		rig->frag.in[0] = K_IPL_VM;
		krig_run(rig, frag_mutex_again);
		if (diagnostic)
			krig_assert_panic(rig, "locking against myself");
		else
			krig_assert_end(rig, WORLD_ENDLESS, "spins");
		krig_assert_order(rig, "");
	}
}

TEST(adaptive_mutex_again_panics_in_any_kernel)
{
	for (int diagnostic = 0; diagnostic <= 1; diagnostic++) {
		KRIG(rig) = rig_with(diagnostic, 1);

		krig_run(rig, frag_mutex_again);
		krig_assert_panic(rig, "locking against myself");
	}
}

TEST(exit_of_an_unheld_mutex_panics)
{
	KRIG(rig) = krig_new(NULL);

	rig->frag.in[0] = K_IPL_VM;
	krig_run(rig, frag_mutex_exit_unheld);
	krig_assert_panic(rig, "exiting unheld spin mutex");
	krig_free(rig);
	rig = krig_new(NULL);
	krig_run(rig, frag_mutex_exit_unheld);
	krig_assert_panic(rig, "not held");
}

KRIG_TEST(adaptive_mutex_is_waited_for_asleep)
{
	struct context *waiter;

	krig_run(rig, frag_mutex_setup_adaptive);
	krig_thread(rig, frag_mutex_hold_a_while);
	waiter = krig_context(rig, HW_CTX_KTHREAD, 0, K_PRI_KTHREAD, frag_mutex_take_once);
	krig_go_well(rig);
	/* On one CPU the second thread does not even begin before the first is done. */
	krig_assert_order(rig, "TthH");
	ck_assert_int_eq(waiter->state, CTX_DONE);
}

TEST(adaptive_mutex_wakes_its_waiter)
{
	KRIG(rig) = rig_with(true, 2);

	krig_run(rig, frag_mutex_setup_adaptive);
	krig_context(rig, HW_CTX_KTHREAD, 1, K_PRI_KTHREAD, frag_mutex_hold_a_while);
	krig_go_until(rig, 1000);
	krig_thread(rig, frag_mutex_take_once);
	krig_go_well(rig);
	krig_assert_order(rig, "ThtH");
	ck_assert_uint_eq(krig_count(rig, EV_CTX_SLEEP, HW_SLEEP_MUTEX), 1);
}

/* Over many schedules two CPUs are never inside together, yet do alternate. */
TEST(spin_mutex_excludes_under_every_schedule)
{
	bool do_alternate = false;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		KRIG(rig) = KRIG_WITH(options.config.cpus = 2, options.seed = seed);

		krig_run(rig, frag_mutex_setup_vm);
		krig_thread(rig, frag_mutex_protected_work);
		krig_context(rig, HW_CTX_KTHREAD, 1, K_PRI_KTHREAD,
		    frag_mutex_protected_work);
		krig_go_well(rig);
		krig_assert_order(rig, "()()()()()()");
		for (unsigned i = 2; i < 5; i++)
			do_alternate |= krig_event(rig, EV_NOTE, HW_NOTE_MUTEX_HELD,
			    i - 2)->cpu != krig_event(rig, EV_NOTE,
			    HW_NOTE_MUTEX_HELD, i - 1)->cpu;
	}
	ck_assert(do_alternate);
}

TEST(tryenter_fails_without_waiting)
{
	static const int levels[] = { 0, K_IPL_VM };

	for (int i = 0; i < 2; i++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = levels[i];
		krig_run_well(rig, frag_mutex_try);
		krig_assert_out(rig, 1, levels[i], 0, levels[i], 0);
	}
}

/* A spin mutex is owned by somebody, an adaptive one by me. */
TEST(owned_means_different_things)
{
	static void (*const setup[])(void *) = {
		frag_mutex_setup_adaptive, frag_mutex_setup_vm
	};

	for (int spin = 0; spin <= 1; spin++) {
		KRIG(rig) = rig_with(false, 2);

		krig_run(rig, setup[spin]);
		krig_thread(rig, frag_mutex_owned_by_other);
		krig_go_until(rig, 1000);
		krig_context(rig, HW_CTX_KTHREAD, 1, K_PRI_KTHREAD,
		    frag_mutex_owned_by_other);
		krig_go(rig);
		krig_assert_out(rig, 1, spin, 0);
	}
}

TEST(misuse_panics)
{
	static const struct krig_misuse misuse[] = {
		{ frag_mutex_destroy_held, "mutex is held" },
		{ frag_mutex_use_dead, "mutex was destroyed" },
		{ frag_mutex_use_raw, "mutex is not initialised" },
		{ frag_mutex_use_copy, "mutex is not initialised" },
	};

	krig_assert_misuse(misuse, sizeof(misuse) / sizeof(misuse[0]));
}

TEST(sleep_with_a_spin_mutex_held_panics)
{
	KRIG(rig) = krig_new(NULL);

	krig_run(rig, frag_mutex_sleep_with_spin);
	krig_assert_panic(rig, "ci_mtx_count (-2) != -1");
	krig_free(rig);
	rig = rig_with(true, 2);
	krig_run(rig, frag_mutex_setup_adaptive);
	krig_context(rig, HW_CTX_KTHREAD, 1, K_PRI_KTHREAD, frag_mutex_hold_a_while);
	krig_go_until(rig, 1000);
	rig->frag.in[0] = 1;
	krig_run(rig, frag_mutex_sleep_with_spin);
	krig_assert_panic(rig, "block with spin-mutex held");
}

TEST(sleep_with_a_spin_mutex_held_goes_unnoticed_without_diagnostic)
{
	KRIG(rig) = rig_with(false, 1);

	krig_run_well(rig, frag_mutex_sleep_with_spin);
	krig_assert_order(rig, "!");
}

/* One that is free is taken by a single instruction, which asks nothing. */
TEST(adaptive_mutex_in_a_hard_interrupt_panics_when_it_is_taken)
{
	for (int held = 0; held <= 1; held++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = held;
		krig_handler(rig, K_IPL_VM, frag_hardint_adaptive);
		krig_raise_on(rig, POINT_BEFORE, HW_CALL_PRINTF, 1);
		krig_run(rig, frag_hardint_adaptive_setup);
		if (held)
			krig_assert_panic(rig, "!cpu_intr_p()");
		else
			krig_assert_order(rig, "!");
	}
}

KRIG_TEST(spl_blocks_its_level_and_those_below)
{
	krig_handler(rig, K_IPL_VM, frag_hardint_mark);
	krig_raise_on(rig, POINT_AFTER, HW_CALL_SPLRAISE, 1);
	krig_run_well(rig, frag_spl_levels);
	krig_assert_order(rig, "12iI3");
	krig_assert_out(rig, 0, K_IPL_VM, K_IPL_VM, 0);
}

KRIG_TEST(spl_does_not_block_a_higher_level)
{
	krig_handler(rig, K_IPL_SCHED, frag_hardint_mark);
	krig_raise_on(rig, POINT_AFTER, HW_CALL_SPLRAISE, 1);
	krig_run(rig, frag_spl_levels);
	krig_assert_order(rig, "iI123");
}

SUITE(kern_mutex_suite, "kern/kern_mutex")
