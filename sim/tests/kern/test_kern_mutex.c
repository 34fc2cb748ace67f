/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_mutex.c, subr_spl.c and subr_lockdebug.c: mutex(9), spl(9).
 */
#include "rig.h"
#include "tests/suite.h"

enum { MUTEX_SPIN, MUTEX_ADAPTIVE, MUTEX_DEFAULT, MUTEX_DRIVER };

static struct krig *
rig_with(bool diagnostic, unsigned cpus)
{

	return KRIG_WITH(options.config.diagnostic = diagnostic, options.config.cpus = cpus);
}

#define LEVELS OUT(0, 1, 0, 0, 0, 0, K_IPL_VM, K_IPL_SCHED, K_IPL_HIGH)
#define INTERRUPT_AT(level, where, function, count) .handler = frag_hardint_mark, \
	.ipl = (level), .kind = (where), .call = (function), .nth = (count)

static const struct krig_row rows[] = {
	/* Which levels make a spin mutex shows in the level while it is held. */
	RUN(mutex_types, .in = { MUTEX_DEFAULT }, LEVELS),
	RUN(mutex_types, .in = { MUTEX_DRIVER }, LEVELS),
	RUN(mutex_bad_type, PANICS("impossible type")),
	RUN(mutex_adaptive_ipl, PANICS("ipl == IPL_NONE")),
	RUN(mutex_under_splhigh, OUT(K_IPL_HIGH, K_IPL_HIGH, 0)),
	/* The interrupt that is raised inside comes when the last of the two is released. */
	RUN(mutex_nest, INTERRUPT_AT(K_IPL_VM, POINT_AFTER, HW_CALL_MUTEX_ENTER, 2),
	    OUT(K_IPL_SCHED, K_IPL_SCHED, 0), .order = "12iI3"),
	RUN(mutex_nest_crossed, OUT(K_IPL_SCHED, 0)),
	/* A spin mutex spins for ever, an adaptive one panics in any kernel. */
	RUN(mutex_again, .in = { K_IPL_VM }, PANICS("locking against myself"), .order = ""),
	RUN(mutex_again, .in = { K_IPL_VM }, .plain = true, .how = WORLD_ENDLESS,
	    .ends = "spins", .order = ""),
	RUN(mutex_again, PANICS("locking against myself")),
	RUN(mutex_again, .plain = true, PANICS("locking against myself")),
	RUN(mutex_exit_unheld, .in = { K_IPL_VM }, PANICS("exiting unheld spin mutex")),
	RUN(mutex_exit_unheld, PANICS("not held")),
	RUN(mutex_try, OUT(1, 0, 0, 0, 0)),
	RUN(mutex_try, .in = { K_IPL_VM }, OUT(1, K_IPL_VM, 0, K_IPL_VM, 0)),
	RUN(mutex_destroy_held, PANICS("mutex is held")),
	RUN(mutex_use_dead, PANICS("mutex was destroyed")),
	RUN(mutex_use_raw, PANICS("mutex is not initialised")),
	RUN(mutex_use_copy, PANICS("mutex is not initialised")),
	RUN(mutex_sleep_with_spin, PANICS("ci_mtx_count (-2) != -1")),
	RUN(mutex_sleep_with_spin, .plain = true, .order = "!"),
	/* One that is free is taken by a single instruction, which asks nothing. */
	RUN(hardint_adaptive_setup, .handler = frag_hardint_adaptive, .ipl = K_IPL_VM,
	    .kind = POINT_BEFORE, .call = HW_CALL_PRINTF, .nth = 1, .order = "!"),
	RUN(hardint_adaptive_setup, .in = { 1 }, .handler = frag_hardint_adaptive,
	    .ipl = K_IPL_VM, .kind = POINT_BEFORE, .call = HW_CALL_PRINTF, .nth = 1,
	    PANICS("!cpu_intr_p()")),
	RUN(spl_levels, INTERRUPT_AT(K_IPL_VM, POINT_AFTER, HW_CALL_SPLRAISE, 1),
	    OUT(0, K_IPL_VM, K_IPL_VM, 0), .order = "12iI3"),
	RUN(spl_levels, INTERRUPT_AT(K_IPL_SCHED, POINT_AFTER, HW_CALL_SPLRAISE, 1),
	    .order = "iI123"),
};

KRIG_ROWS(one_fragment, rows)

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

TEST(waiting_for_a_mutex_with_a_spin_mutex_held_panics)
{
	KRIG(rig) = rig_with(true, 2);

	krig_run(rig, frag_mutex_setup_adaptive);
	krig_context(rig, HW_CTX_KTHREAD, 1, K_PRI_KTHREAD, frag_mutex_hold_a_while);
	krig_go_until(rig, 1000);
	rig->frag.in[0] = 1;
	krig_run(rig, frag_mutex_sleep_with_spin);
	krig_assert_panic(rig, "block with spin-mutex held");
}

SUITE(kern_mutex)
