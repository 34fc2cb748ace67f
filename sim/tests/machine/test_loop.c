/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/loop: rounds are counted; the outermost rounds say which
 * loop it is.
 */
#include "bare.h"
#include "tests/suite.h"

/* What a compiler puts into loops; each call has an address of its own. */
void __sanitizer_cov_trace_pc(void);
#define ROUND() __sanitizer_cov_trace_pc()
#define HERE __attribute__((noinline))

/* Any address is one of the "driver"; what is on the stack of the thread is walked. */
static struct bare *
rig(uint64_t rounds, uint64_t points)
{
	struct bare *bare = BARE_WITH(config.rounds_limit = rounds, config.points_limit = points,
	    config.access_limit = 1000000);

	bare->world.module_low = (uintptr_t)rig - 0x10000;
	bare->world.module_high = (uintptr_t)rig + 0x10000;
	return bare;
}

static volatile unsigned sink;

static HERE void
inner(void)
{
	for (unsigned i = 0; i < 10; i++) {
		ROUND();
		sink++;
	}
}

static HERE void
outer(void)
{
	for (;;) {
		inner();
		ROUND();
		inner();
	}
}

static void
loop_for_ever(void *arg)
{
	(void)arg;
	inner();
	outer();
}

TEST(the_function_that_is_not_left_is_the_loop)
{
	BARE(bare) = rig(100000, 1000000);
	const struct loop_seen *seen;
	uintptr_t at;

	bare_run(bare, loop_for_ever);
	ck_assert_int_eq(bare->world.end, WORLD_ENDLESS);
	seen = loop_of(&bare->world, bare->world.end_context);
	ck_assert_ptr_nonnull(seen);
	/* Its own rounds, and where it called. */
	ck_assert_uint_eq(seen->sites, 3);
	for (unsigned i = 0; i < 3; i++) {
		at = bare->world.module_low + seen->site[i];
		ck_assert_uint_gt(at, (uintptr_t)outer);
		ck_assert_uint_lt(at, (uintptr_t)outer + 200);
		ck_assert(i == 0 || seen->site[i - 1] < seen->site[i]);
	}
}

static void
loop_and_wait(void *arg)
{
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 90000; k++)
			ROUND();
		hw_delay(1000);
	}
	bare_mark(arg, '.');
}

/* Time passes, and nothing but that. */
static void
delay_for_ever(void *arg)
{
	(void)arg;
	for (;;) {
		ROUND();
		hw_call(HW_CALL_DELAY, (void *)(uintptr_t)delay_for_ever, 1, 0, 0, 0, 0);
		hw_delay(1000);
	}
}

static bool
judge_delay(void *arg, const struct loop_seen *seen)
{
	unsigned *asked = arg;

	ck_assert_uint_eq(seen->sites, 1);
	return ++*asked > 1;
}

TEST(a_loop_that_lets_time_pass_is_seen_at_the_limit_of_events)
{
	for (unsigned round = 0; round < 2; round++) {
		unsigned asked = round;
		BARE(bare) = rig(100000, 1000000);

		loop_ask(&bare->world.loop, judge_delay, &asked);
		bare_run(bare, delay_for_ever);
		ck_assert_int_eq(bare->world.end, WORLD_EVENT_LIMIT);
		ck_assert_uint_eq(asked, round + 1);
		ck_assert_ptr_nonnull(loop_of_events(&bare->world));
		if (round == 0)
			ck_assert_uint_eq(bare->world.trace.count, 100000);
		else
			ck_assert_uint_lt(bare->world.trace.count, 5000);
	}
}

TEST(rounds_are_counted_anew_when_time_moved)
{
	BARE(bare) = rig(100000, 1000000);

	bare_run(bare, loop_and_wait);
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
	ck_assert_str_eq(bare->order, ".");
	ck_assert_ptr_null(loop_of(&bare->world, 1));
}

struct asked {
	struct bare *bare;
	unsigned times;
	bool answer;
};

static bool
ask(void *arg, const struct loop_seen *seen)
{
	struct asked *asked = arg;

	ck_assert_uint_gt(seen->sites, 0);
	asked->times++;
	/* A small part of the limit. */
	ck_assert_uint_lt(asked->bare->world.loop.rounds, 100000 / 20);
	return asked->answer;
}

TEST_RANGE(a_known_loop_ends_early, 0, 2)
{
	struct asked asked = { .bare = rig(100000, 1000000), .answer = _i };
	struct world *world = &asked.bare->world;

	loop_ask(&world->loop, ask, &asked);
	bare_thread(asked.bare, 0, 10, loop_for_ever);
	bare_go(asked.bare);
	ck_assert_int_eq(world->end, WORLD_ENDLESS);
	ck_assert_uint_eq(asked.times, 1);
	ck_assert(_i ? world->loop.rounds < 5000 : world->loop.rounds >= 100000);
	bare_free(asked.bare);
}

static void
call_for_ever(void *arg)
{
	(void)arg;
	for (;;) {
		ROUND();
		bare_call(HW_CALL_PRINTF);
	}
}

/* Whichever limit comes first: the loop is known, and the end is where it was without. */
TEST_RANGE(the_limit_of_points_ends_it_too, 0, 2)
{
	BARE(bare) = rig(_i ? 1000000 : 0, 10000);

	bare_run(bare, call_for_ever);
	ck_assert_int_eq(bare->world.end, WORLD_ENDLESS);
	ck_assert_uint_eq(bare->world.points_left, 0);
	ck_assert_ptr_nonnull(loop_of(&bare->world, 1));
}

static void
print_for_ever(void *arg)
{
	static const char line[] = "a line of some length\n";
	struct bare *bare = arg;

	for (;;) {
		ROUND();
		hw_console(HW_CON_NORMAL, line, sizeof(line) - 1);
		if (bare->world.config.text_limit > 100000)
			hw_delay(1);
	}
}

/* Many messages are too many at once, or in all; memory is bounded. */
TEST_RANGE(text_has_a_limit, 0, 2)
{
	BARE(bare) = BARE_WITH(
	    config.event_limit = config.points_limit = config.access_limit = 1000000000,
	    config.time_limit_ns = UINT64_MAX, config.text_limit = _i ? 1000000 : 100000,
	    config.text_limit_all = 1000000);

	bare_run(bare, print_for_ever);
	ck_assert_int_eq(bare->world.end, _i ? WORLD_EVENT_LIMIT : WORLD_ENDLESS);
	ck_assert_uint_lt(bare->world.trace.text_length, _i ? 1000100 : 100100);
	HAS(bare->world.end_text, _i ? "text" : "prints");
}

SUITE(machine_loop)
