/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of points (sim/machine/world.h), and of what choices make of a run.
 */
#include <string.h>

#include "bare.h"
#include "tests/suite.h"

/* The compiler's report of an access, see access.c. */
void	__tsan_write4(void *);

/* ---- points ---- */

static void
points_thread(void *arg)
{
	for (int i = 0; i < 3; i++) {
		hw_call(HW_CALL_CV_TIMEDWAIT, NULL, 0, 0, 0, 0, 0);
		bare_mark(arg, 'e');
		hw_ret(HW_CALL_CV_TIMEDWAIT, NULL, 0);
		bare_mark(arg, 'r');
	}
}

TEST(points_strike_before_and_after_the_nth_call)
{
	static const char *const order[2][3] = {
		{ "*ererer", "er*erer", "erer*er" }, { "e*rerer", "ere*rer", "erere*r" },
	};

	for (int after = 0; after <= 1; after++) {
		for (unsigned nth = 1; nth <= 3; nth++) {
			BARE(bare) = bare_new(NULL);

			bare_arm(bare, after ? POINT_AFTER : POINT_BEFORE, HW_CALL_CV_TIMEDWAIT,
			    nth, bare_strike);
			bare_run(bare, points_thread);
			ck_assert_str_eq(bare->order, order[after][nth - 1]);
			ck_assert(!bare->world.points_armed);
		}
	}
}

BARE_TEST(points_are_for_their_call_only)
{
	bare_arm(bare, POINT_BEFORE, HW_CALL_CV_WAIT, 1, bare_strike);
	bare_run(bare, points_thread);
	ck_assert_str_eq(bare->order, "ererer");
	ck_assert(bare->world.points_armed);
}

/* What strikes comes from outside: no context made that event. */
BARE_TEST(a_strike_belongs_to_no_context)
{
	bare_arm(bare, POINT_BEFORE, HW_CALL_CV_TIMEDWAIT, 2, bare_strike);
	bare_run(bare, points_thread);
	for (uint32_t i = 0; i < bare->world.trace.count; i++) {
		const struct event *e = trace_event(&bare->world.trace, i);

		if (e->kind == EV_STEP)
			ck_assert_uint_eq(e->ctx, 0);
		else if (e->kind == EV_CALL)
			ck_assert_uint_eq(e->ctx, 1);
	}
}

static void
callbacks_thread(void *arg)
{
	hw_note(HW_NOTE_CALLBACK, 1, HW_CB_VQ_DONE, 0, 0, 0);
	bare_mark(arg, '0');
	hw_note(HW_NOTE_CALLBACK, 2, HW_CB_VQ_DONE, 1, 0, 0);
	hw_note(HW_NOTE_CALLBACK, 1, HW_CB_VQ_DONE, 1, 0, 0);
	bare_mark(arg, '1');
	hw_note(HW_NOTE_CALLBACK, 1, HW_CB_CONFIG_CHANGE, 0, 0, 0);
	bare_mark(arg, 'c');
}

TEST(points_strike_at_a_callback)
{
	BARE(bare) = bare_new(NULL);

	bare_arm(bare, POINT_CALLBACK, world_callback(0, HW_CB_VQ_DONE, 1), 1, bare_strike);
	bare_run(bare, callbacks_thread);
	ck_assert_str_eq(bare->order, "0*1c");
	bare_free(bare);
	bare = bare_new(NULL);
	bare_arm(bare, POINT_CALLBACK, world_callback(0, HW_CB_CONFIG_CHANGE, 0), 1, bare_strike);
	bare_run(bare, callbacks_thread);
	ck_assert_str_eq(bare->order, "01*c");
}

static void
accesses_thread(void *arg)
{
	uint32_t word;

	for (char c = '1'; c <= '4'; c++) {
		__tsan_write4(&word);
		bare_mark(arg, c);
	}
}

/* And the interrupt that strikes there is delivered there. */
BARE_TEST(points_strike_at_an_access)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_mark_c, bare);
	bare_arm(bare, POINT_ACCESS, 0, 3, bare_raise_config);
	bare_run(bare, accesses_thread);
	ck_assert_str_eq(bare->order, "12c34");
}

static bool
every_second(void *arg, uint32_t site)
{
	struct bare *bare = arg;

	/* No module is loaded: its positions are unknown. */
	ck_assert_uint_eq(site, 0);
	return ++bare->number % 2 == 0;
}

/* Who arms the point says which accesses count. */
BARE_TEST(points_strike_at_accesses_that_are_picked)
{
	struct point point = {
		.kind = POINT_ACCESS, .countdown = 2, .here = every_second,
		.strike = bare_raise_config, .arg = bare,
	};

	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_mark_c, bare);
	ck_assert_ptr_nonnull(world_point_arm(&bare->world, &point));
	bare_run(bare, accesses_thread);
	ck_assert_str_eq(bare->order, "123c4");
}

BARE_TEST(points_run_out)
{
	struct point point = { .kind = POINT_ACCESS, .countdown = 1, .strike = bare_strike };

	for (int i = 0; i < POINTS_MAX; i++)
		ck_assert_ptr_nonnull(world_point_arm(&bare->world, &point));
	ck_assert_ptr_null(world_point_arm(&bare->world, &point));
}

static void
hold_first(void *arg)
{
	struct bare *bare = arg;

	world_context(&bare->world, 1)->held = true;
}

/* A held context keeps its place and does not go on; the machine does. */
TEST(a_held_context_waits)
{
	BARE(bare) = bare_new(NULL);

	bare_arm(bare, POINT_BEFORE, HW_CALL_PRINTF, 2, hold_first);
	bare_thread(bare, 0, 10, bare_three_a);
	clock_at(&bare->world.clock, 500, CLOCK_DEVICE, bare_mark_c, bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "aac");
	world_context(&bare->world, 1)->held = false;
	bare_go(bare);
	ck_assert_str_eq(bare->order, "aaca");
	bare_free(bare);
	/* One that has not begun does not begin. */
	bare = bare_new(NULL);
	bare_thread(bare, 0, 10, bare_three_a)->held = true;
	bare_thread(bare, 0, 5, bare_three_b);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "bbb");
}

/* ---- choices ---- */

/* Two threads of three calls each, on two CPUs. */
static struct bare *
interleaved(uint64_t seed)
{
	struct bare *bare = BARE_WITH(config.cpus = 2, config.slack_ns = 0);

	choice_init_seed(&bare->world.choice, seed);
	bare_thread(bare, 0, 10, bare_three_a);
	bare_thread(bare, 1, 10, bare_three_b);
	bare_go(bare);
	return bare;
}

/* "aaabbb" and all the others that keep each thread's order; of one seed always the same. */
TEST(seeds_reach_every_interleaving)
{
	char orders[64][8];
	unsigned count = 0;

	for (uint64_t seed = 1; seed <= 1000; seed++) {
		BARE(bare) = interleaved(seed);
		BARE(again) = interleaved(seed);
		unsigned i;

		ck_assert_uint_eq(trace_digest(&bare->world.trace),
		    trace_digest(&again->world.trace));
		for (i = 0; i < count && strcmp(orders[i], bare->order) != 0; i++)
			;
		if (i == count && count < 64)
			memcpy(orders[count++], bare->order, 7);
	}
	/* 6 over 3. */
	ck_assert_uint_eq(count, 20);
}

/* Of a thread of three calls; seed 0: the default choices. */
static const char *
order_with(void (*arrange)(struct bare *), uint64_t seed)
{
	static char order[BARE_MARKS + 1];
	BARE(bare) = bare_new(NULL);

	if (seed != 0)
		choice_init_seed(&bare->world.choice, seed);
	arrange(bare);
	bare_run(bare, bare_three_a);
	return strcpy(order, bare->order);
}

static void
event_soon(struct bare *bare)
{
	clock_at(&bare->world.clock, 500, CLOCK_DEVICE, bare_mark_c, bare);
}

static void
interrupt_at_first_call(struct bare *bare)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_mark_c, bare);
	bare_arm(bare, POINT_BEFORE, HW_CALL_PRINTF, 1, bare_raise_config);
}

/*
 * Code takes time: an event that is nearly due may come while it runs, but not by default; and
 * an interrupt may come some points later.
 */
static const struct {
	void (*arrange)(struct bare *);
	const char *order;
} times[] = { { event_soon, "aaac" }, { interrupt_at_first_call, "acaa" } };

TEST_EACH(what_comes_in_may_come_at_another_time_under_seeds, times)
{
	unsigned different = 0;

	ck_assert_str_eq(order_with(times[_i].arrange, 0), times[_i].order);
	for (uint64_t seed = 1; seed <= 60; seed++)
		different += strcmp(order_with(times[_i].arrange, seed), times[_i].order) != 0;
	ck_assert_uint_gt(different, 0);
	ck_assert_uint_lt(different, 60);
}

SUITE(machine_point)
