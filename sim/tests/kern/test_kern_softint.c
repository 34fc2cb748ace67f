/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_softint.c, and of interrupt context as drivers see it: softint(9),
 * cpu_intr_p(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

enum { SOFTINT_MPSAFE = 0x0100 };

/* x both schedules, S the handler once, y, S again. */
KRIG_TEST(scheduled_twice_runs_once)
{
	krig_run_well(rig, frag_softint_twice);
	krig_assert_order(rig, "xSySz");
	ck_assert_int_eq(rig->frag.out[12], 2);
	/* SOFTINT_BIO runs at IPL_SOFTBIO. */
	ck_assert_int_eq(rig->frag.out[13], 3);
}

TEST(runs_after_the_hard_interrupt_that_scheduled_it)
{
	for (int flags = 0; flags <= SOFTINT_MPSAFE; flags += SOFTINT_MPSAFE) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = flags;
		krig_run(rig, frag_softint_setup);
		ck_assert_int_eq(rig->frag.out[0], 1);
		krig_handler(rig, K_IPL_VM, frag_softint_from_hardint);
		krig_raise(rig);
		krig_go_well(rig);
		krig_assert_order(rig, "hHS");
		krig_assert_out_from(rig, 1, 1, 0);
		krig_assert_out_from(rig, 10, 0, 1);
	}
}

KRIG_TEST(a_thread_is_neither)
{
	rig->frag.out[3] = rig->frag.out[4] = 1;
	krig_run(rig, frag_intr_contexts);
	krig_assert_out_from(rig, 3, 0, 0);
}

KRIG_TEST(may_take_an_adaptive_mutex)
{
	krig_run_well(rig, frag_softint_adaptive);
	krig_assert_order(rig, "Sx");
}

/*
 * The thread has the mutex: it goes on, and the handler when it gives that up.  A second one of
 * the same level has no thread to run on until then; one of a higher level has.
 */
TEST(waits_for_a_mutex_while_what_it_interrupted_goes_on)
{
	for (int flags = 0; flags <= SOFTINT_MPSAFE; flags += SOFTINT_MPSAFE) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = 1;
		rig->frag.in[1] = flags;
		krig_run(rig, frag_softint_adaptive);
		krig_assert_alive(rig);
		krig_assert_order(rig, "HxyStz");
	}
}

TEST(schedule_asserts_that_the_thread_is_not_preempted)
{
	for (int disabled = 0; disabled <= 1; disabled++) {
		KRIG(rig) = krig_new(NULL);

		rig->frag.in[0] = disabled;
		krig_run(rig, frag_softint_from_thread);
		krig_assert_out(rig, 0, 0);
		if (disabled)
			krig_assert_order(rig, "S");
		else
			krig_assert_panic(rig, "kpreempt_disabled()");
	}
}

KRIG_TEST(sleeping_panics)
{
	krig_run(rig, frag_softint_sleeps);
	krig_assert_panic(rig, "sleep in an interrupt");
}

TEST(handlers_run_out)
{
	KRIG(rig) = krig_new(NULL);

	krig_run_well(rig, frag_softint_full);
	krig_assert_out(rig, IRQ_SOFT_MAX, 100);
	krig_free(rig);
	rig = krig_new(NULL);
	krig_fault(rig, "softint_establish.fails", 1);
	krig_run(rig, frag_softint_setup);
	ck_assert_int_eq(rig->frag.out[0], 0);
}

/* What is scheduled runs before the end, also where the level held it back. */
KRIG_TEST(disestablish_waits_for_what_is_scheduled)
{
	krig_run_well(rig, frag_softint_gone);
	krig_assert_order(rig, "Sx");
}

/* Wherever the level lets it: between any two of the thread's kernel calls. */
KRIG_TEST(lie05_a_handler_comes_in_at_any_point_below_its_level)
{
	krig_handler(rig, K_IPL_VM, frag_hardint_mark);
	krig_raise_on(rig, POINT_BEFORE, HW_CALL_PRINTF, 2);
	krig_run(rig, frag_printf_is_void);
	krig_run_well(rig, frag_mpsafe_thread);
	krig_assert_order(rig, "[iI][][][]");
}

/* A handler on one CPU, an MPSAFE thread on the other: neither waits for the other. */
TEST(lie05_handler_and_thread_run_in_parallel)
{
	bool inside = false;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		const char *i, *end;
		KRIG(rig) = KRIG_WITH(options.config.cpus = 2, options.seed = seed);

		krig_handler(rig, K_IPL_VM, frag_hardint_mark);
		krig_raise_on(rig, POINT_BEFORE, HW_CALL_PRINTF, 3);
		krig_run_well(rig, frag_mpsafe_thread);
		i = strchr(rig->frag.order, 'i');
		end = strchr(rig->frag.order, 'I');
		ck_assert_ptr_nonnull(i);
		ck_assert_ptr_nonnull(end);
		inside |= end != i + 1;
	}
	ck_assert(inside);
}

KRIG_TEST(hard_handlers_may_not_allocate_pages)
{
	krig_handler(rig, K_IPL_VM, frag_hardint_alloc);
	krig_raise(rig);
	krig_go(rig);
	krig_assert_panic(rig, "!cpu_intr_p()");
}

SUITE(kern_softint_suite, "kern/kern_softint")
