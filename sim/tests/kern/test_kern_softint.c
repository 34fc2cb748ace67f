/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_softint.c, and of interrupt context as drivers see it: softint(9),
 * cpu_intr_p(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

enum { SOFTINT_MPSAFE = 0x0100 };

static const struct krig_row rows[] = {
	/* x both schedules, S the handler once, y, S again; SOFTINT_BIO runs at IPL_SOFTBIO. */
	RUN(softint_twice, .order = "xSySz", OUT_FROM(12, 2, 3)),
	RUN(softint_adaptive, .order = "Sx"),
	/*
	 * The thread has the mutex: it goes on, and the handler when it gives that up.  A second
	 * one of the same level has no thread to run on until then; one of a higher level has.
	 */
	RUN(softint_adaptive, .in = { 1 }, .order = "HxyStz"),
	RUN(softint_adaptive, .in = { 1, SOFTINT_MPSAFE }, .order = "HxyStz"),
	/* The thread must not be preempted. */
	RUN(softint_from_thread, PANICS("kpreempt_disabled()"), OUT(0, 0)),
	RUN(softint_from_thread, .in = { 1 }, .order = "S", OUT(0, 0)),
	RUN(softint_sleeps, PANICS("sleep in an interrupt")),
	RUN(softint_full, OUT(IRQ_SOFT_MAX, 100)),
	RUN(softint_setup, .fault = "softint_establish.fails", OUT(0)),
	/* A thread is neither. */
	RUN(intr_contexts, OUT_FROM(3, 1, 1)),
	/* What is scheduled runs before the end, also where the level held it back. */
	RUN(softint_gone, .order = "Sx"),
	RUN(mutex_setup_vm, .handler = frag_hardint_alloc, .ipl = K_IPL_VM,
	    .kind = POINT_BEFORE, .call = HW_CALL_MUTEX_INIT, .nth = 1, PANICS("!cpu_intr_p()")),
};

KRIG_ROWS(one_fragment, rows)

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

SUITE(kern_softint)
