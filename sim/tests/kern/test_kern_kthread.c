/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/kern_kthread.c, kern_synch.c and kern_lock.c: kthread(9), kpause(9),
 * delay(9), the kernel lock.
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	RUN(kthread_return, PANICS("kthread \"runaway\": function returned"), .order = "r"),
	RUN(kthread_join, .order = "jeJ", OUT(0)),
	RUN(kthread_join_wrong, PANICS("KTHREAD_MUSTJOIN) != 0")),
	RUN(kthread_mustjoin_no_lp, PANICS("lp != NULL")),
	RUN(kthread_intr_alone, PANICS("kthread_is_mpsafe")),
	RUN(kthread_exit_locked, PANICS("spin mutex held")),
	RUN(kthread_exit_foreign, PANICS("not a kernel thread")),
	RUN(kpause_one, PANICS("ticks != 0 || intr")),
	RUN(kthread_many, OUT(40, K_EAGAIN)),
	RUN(kthread_never_started, OUT(0), .order = ""),
	/* It was made first, and waits until the last of the others blocks. */
	RUN(kthread_idle_starves, .order = "sSe"),
	RUN(kpause_mutex, OUT(1, 1)),
	RUN(kpause_one, .in = { 1 }, OUT(K_EWOULDBLOCK), .ticks = 1),
	RUN(kpause_one, .in = { 3 }, OUT(K_EWOULDBLOCK), .ticks = 3),
	RUN(kthread_create_once, .order = "e", OUT(0)),
	RUN(kthread_create_once, .fault = "kthread_create.enomem", .order = "", OUT(K_ENOMEM)),
	RUN(kthread_create_once, .fault = "kthread_create.eagain", .order = "", OUT(K_EAGAIN)),
};

KRIG_ROWS(one_fragment, rows)

/* With another CPU to run on, a thread can be at work before its creator knows it. */
TEST(thread_may_run_before_lp_is_stored)
{
	bool was_early = false, was_late = false;

	for (uint64_t seed = 1; seed <= 60; seed++) {
		KRIG(rig) = KRIG_WITH(options.config.cpus = 2, options.seed = seed);

		krig_run_well(rig, frag_kthread_early_lp);
		ck_assert_int_eq(rig->frag.out[0], 0);
		ck_assert_int_eq(rig->frag.out[2], 1);
		was_early |= rig->frag.out[1] == 1;
		was_late |= rig->frag.out[1] == 0;
	}
	ck_assert(was_early);
	ck_assert(was_late);
}

/* Context 1 is the test's own. */
KRIG_TEST(name_and_priority)
{
	krig_run_well(rig, frag_kthread_names);
	ck_assert_str_eq(world_context(&rig->world, 2)->name, "aname_of_some_l");
	ck_assert_int_eq(world_context(&rig->world, 2)->priority, K_PRI_KTHREAD);
	ck_assert_str_eq(world_context(&rig->world, 3)->name, "unit3");
	ck_assert_int_eq(world_context(&rig->world, 3)->priority, 63);
	ck_assert_str_eq(world_context(&rig->world, 4)->name, "idle");
	ck_assert_int_eq(world_context(&rig->world, 4)->priority, K_PRI_IDLE);
}

KRIG_TEST(exit_code_is_reported)
{
	krig_run(rig, frag_kthread_create_once);
	ck_assert_str_eq(krig_console(rig), "");
	rig->frag.in[0] = 5;
	krig_run_well(rig, frag_kthread_create_once);
	HAS(krig_console(rig), "`one'", "status 5");
}

KRIG_TEST(a_thread_that_must_be_joined_waits_for_it)
{
	rig->frag.in[0] = 50;
	krig_run_well(rig, frag_kthread_join);
	krig_assert_order(rig, "ejJ");
	ck_assert_uint_gt(krig_event(rig, EV_NOTE, HW_NOTE_THREAD_GONE, 0)->seq,
	    krig_event(rig, EV_CALL, HW_CALL_KTHREAD_JOIN, 0)->seq);
}

/* Time passes, the thread keeps its CPU, interrupts are served. */
KRIG_TEST(delay_is_a_busy_wait)
{
	krig_handler(rig, K_IPL_VM, frag_hardint_mark);
	krig_raise_at(rig, 1000000);
	krig_thread(rig, frag_delay_a_while);
	krig_run(rig, frag_delay_a_while);
	krig_assert_order(rig, "<iI><>");
	ck_assert_uint_eq(rig->world.clock.now_ns, 4000000);
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 0)->time_ns, 1000000);
}

/*
 * The autoconf thread of the machine on CPU 0 works under the kernel lock, as kern_attach()
 * does; a thread without MPSAFE on CPU 1 waits for it, an MPSAFE one does not.
 */
static bool
interleaves_with_attach(void (*make_thread)(void *))
{
	bool interleaves = false;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		const char *a;
		KRIG(rig) = KRIG_WITH(options.config.cpus = 2, options.driver = true,
		    options.seed = seed);

		krig_thread(rig, make_thread);
		krig_attach(rig);
		krig_go_well(rig);
		/* From a to F the attachment goes on. */
		a = strchr(rig->frag.order, 'a');
		ck_assert_ptr_nonnull(a);
		for (; *a != 'F' && *a != '\0'; a++)
			interleaves |= *a == '[' || *a == ']';
	}
	return interleaves;
}

TEST(kernel_lock_is_for_those_without_mpsafe)
{
	ck_assert(interleaves_with_attach(frag_mpsafe_thread));
	ck_assert(!interleaves_with_attach(frag_biglock_thread));
}

/* The attachment goes through at once, while the thread that had the lock sleeps on. */
TEST(kernel_lock_is_given_up_asleep)
{
	KRIG(rig) = KRIG_WITH(options.config.cpus = 2, options.driver = true);

	krig_thread(rig, frag_biglock_sleeper);
	krig_go_until(rig, 1000);
	ck_assert(krig_attach(rig));
	ck_assert_uint_eq(rig->world.clock.now_ns, 1000);
	krig_go_well(rig);
	krig_assert_order(rig, "masqqFe");
}

TEST(one_cpu_runs_threads_to_their_end)
{
	KRIG(rig) = KRIG_WITH(options.seed = 7);

	krig_thread(rig, frag_mpsafe_thread);
	krig_thread(rig, frag_mpsafe_thread);
	krig_go(rig);
	krig_assert_order(rig, "[][][][][][][][]");
}

SUITE(kern_kthread)
