/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/cpu.c: the step of the world, sleeping and waiting, limits.
 */
#include "bare.h"
#include "tests/suite.h"

/* ---- the step ---- */

/* Interrupt, then thread, then time, though all three are there at time 0. */
BARE_TEST(interrupts_then_threads_then_time)
{
	clock_at(&bare->world.clock, 0, CLOCK_DEVICE, bare_mark_c, bare);
	bare_thread(bare, 0, BARE_PRIORITY, bare_mark_b);
	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_mark_a, bare);
	irq_raise(&bare->world, HW_VEC_MSIX_CONFIG, 0);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "abc");
	ck_assert(!world_step(&bare->world));
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
}

BARE_TEST(the_highest_priority_then_the_longest_runnable)
{
	bare_thread(bare, 0, 10, bare_mark_c);
	bare_thread(bare, 0, 20, bare_mark_a);
	bare_thread(bare, 0, 20, bare_mark_b);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "abc");
}

BARE_TEST(a_running_thread_is_not_preempted_by_threads)
{
	bare_thread(bare, 0, 10, bare_three_a);
	ck_assert(world_step(&bare->world));
	bare_thread(bare, 0, 200, bare_three_b);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "aaabbb");
}

/* By default the CPU that ran last goes on. */
TEST(the_cpu_that_ran_last_comes_first)
{
	BARE(bare) = BARE_WITH(config.cpus = 2);

	bare_thread(bare, 1, BARE_PRIORITY, bare_three_a);
	bare_run(bare, bare_three_b);
	ck_assert_str_eq(bare->order, "bbbaaa");
	bare_free(bare);
	bare = BARE_WITH(config.cpus = 2);
	bare_thread(bare, 1, BARE_PRIORITY, bare_three_a);
	world_step(&bare->world);
	bare_run(bare, bare_three_b);
	ck_assert_str_eq(bare->order, "aaabbb");
}

BARE_TEST(others_keep_lower_priorities_from_the_cpus)
{
	bare_thread(bare, 0, 10, bare_mark_a);
	bare_thread(bare, 0, 20, bare_mark_b);
	hw_others_run(20);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "b");
	hw_others_run(0);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "ba");
}

static void
sleep_a_tick_a(void *arg)
{
	hw_sleep(HW_SLEEP_PAUSE, 0, 1);
	bare_mark(arg, 'a');
}

static void
sleep_a_tick_b(void *arg)
{
	hw_sleep(HW_SLEEP_PAUSE, 0, 1);
	bare_mark(arg, 'b');
}

/* Sleepers of one tick run as they went to sleep: the first runs before the next event. */
BARE_TEST(sleepers_of_one_tick_wake_in_order)
{
	bare_thread(bare, 0, 10, sleep_a_tick_a);
	world_step(&bare->world);
	bare_thread(bare, 0, 20, sleep_a_tick_b);
	/* The device comes before timers of the same time, the scenario after them. */
	clock_at(&bare->world.clock, BARE_TICK_NS, CLOCK_STEP, bare_mark_c, bare);
	clock_at(&bare->world.clock, BARE_TICK_NS, CLOCK_DEVICE, bare_mark_c, bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "cabc");
	ck_assert_uint_eq(bare->world.clock.now_ns, BARE_TICK_NS);
}

BARE_TEST(run_stands_still_at_its_time)
{
	clock_at(&bare->world.clock, 100, CLOCK_DEVICE, bare_mark_a, bare);
	clock_at(&bare->world.clock, 200, CLOCK_DEVICE, bare_mark_b, bare);
	world_run(&bare->world, 150);
	ck_assert_str_eq(bare->order, "a");
	ck_assert_uint_eq(bare->world.clock.now_ns, 150);
	world_run(&bare->world, 200);
	ck_assert_str_eq(bare->order, "ab");
	world_run(&bare->world, 1000);
	ck_assert_uint_eq(bare->world.clock.now_ns, 1000);
}

/* ---- sleep, spin ---- */

static void
sleeper(void *arg)
{
	hw_splraise(3);
	bare_mark(arg, 's');
	hw_sleep(HW_SLEEP_CV, 7, 5);
	bare_mark(arg, (char)('0' + hw_ipl()));
}

static void
waker(void *arg)
{
	ck_assert_int_eq(hw_ipl(), 0);
	ck_assert(hw_is_asleep(1));
	hw_wake(1);
	ck_assert(!hw_is_asleep(1));
	hw_wake(1);		/* no effect */
	bare_mark(arg, 'w');
}

TEST(a_sleeper_is_woken_or_times_out)
{
	for (int woken = 0; woken <= 1; woken++) {
		BARE(bare) = bare_new(NULL);
		struct context *ctx = bare_thread(bare, 0, BARE_PRIORITY, sleeper);

		if (woken)
			bare_thread(bare, 0, 1, waker);
		bare_go(bare);
		ck_assert_str_eq(bare->order, woken ? "sw3" : "s3");
		ck_assert_uint_eq(bare->world.clock.now_ns, woken ? 0 : 5 * BARE_TICK_NS);
		ck_assert_uint_eq(ctx->wakeups, 1);
		ck_assert_ptr_null(bare->world.clock.first);
	}
}

static void
spins_alone(void *arg)
{
	hw_spin();
	bare_mark(arg, '0');
}

/* Nothing can come any more, and it says so. */
BARE_TEST(a_spinner_that_is_alone_goes_on)
{
	bare_run(bare, spins_alone);
	ck_assert_str_eq(bare->order, "0");
}

/* ---- limits ---- */

TEST(limit_of_time)
{
	BARE(bare) = BARE_WITH(config.time_limit_ns = 7 * BARE_TICK_NS + 1);

	bare_run(bare, bare_sleep_for_ever);
	ck_assert_int_eq(bare->world.end, WORLD_TIME_LIMIT);
	ck_assert_str_eq(bare->order, ".......");
	ck_assert_uint_eq(bare->world.clock.now_ns, 7 * BARE_TICK_NS + 1);
}

/* Whatever the last event is: one of a context, or of the machine for a context. */
TEST(the_limit_of_events_ends_the_world_at_any_event)
{
	/* Making the three contexts takes three. */
	for (uint32_t limit = 3; limit <= 60; limit++) {
		BARE(bare) = BARE_WITH(config.event_limit = limit);

		hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_three_b, bare);
		bare_arm(bare, POINT_BEFORE, HW_CALL_PRINTF, 2, bare_raise_config);
		bare_arm(bare, POINT_AFTER, HW_CALL_PRINTF, 2, bare_strike);
		bare_thread(bare, 0, 10, bare_three_a);
		bare_thread(bare, 0, 5, bare_sleep_for_ever);
		bare_go(bare);
		ck_assert_int_eq(bare->world.end, WORLD_EVENT_LIMIT);
		ck_assert_uint_eq(bare->world.trace.count, limit);
	}
}

/* An event exactly at the limit still comes. */
TEST(the_limit_of_time_is_inclusive)
{
	BARE(bare) = BARE_WITH(config.time_limit_ns = 1000);

	clock_at(&bare->world.clock, 1000, CLOCK_DEVICE, bare_mark_a, bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "a");
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
}

static void
calls_and_sleeps(void *arg)
{
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 400; k++)
			bare_call(HW_CALL_PRINTF);
		hw_sleep(HW_SLEEP_PAUSE, 0, 1);
	}
	bare_mark(arg, '.');
}

BARE_TEST(the_budget_is_new_when_time_moved)
{
	bare_run(bare, calls_and_sleeps);
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
	ck_assert_str_eq(bare->order, ".");
}

SUITE(machine_step)
