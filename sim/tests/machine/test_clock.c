/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/clock: timed events and their order.
 */
#include <string.h>

#include "machine/choice.h"
#include "machine/clock.h"
#include "tests/suite.h"

static char fired[256];
static unsigned fired_count;

static void
fire(void *arg)
{
	fired[fired_count++] = *(const char *)arg;
}

static struct clock_event *
set(struct clock *clock, uint64_t time_ns, enum clock_class class, const char *letter)
{
	return clock_at(clock, time_ns, class, fire, (void *)(uintptr_t)letter);
}

static void
begin(struct clock *clock)
{
	memset(fired, 0, sizeof(fired));
	fired_count = 0;
	memset(clock, 0, sizeof(*clock));
}

TEST(by_time_then_class_then_as_set)
{
	struct clock clock;

	begin(&clock);
	set(&clock, 20, CLOCK_DEVICE, "g");
	set(&clock, 10, CLOCK_STEP, "e");
	set(&clock, 10, CLOCK_TIMER, "c");
	set(&clock, 10, CLOCK_DEVICE, "a");
	set(&clock, 10, CLOCK_STEP, "f");
	set(&clock, 10, CLOCK_DEVICE, "b");
	set(&clock, 10, CLOCK_TIMER, "d");
	ck_assert_uint_eq(clock_next_ns(&clock), 10);
	while (clock_fire(&clock))
		ck_assert_uint_eq(clock.now_ns, fired_count == 7 ? 20 : 10);
	ck_assert_str_eq(fired, "abcdefg");
	ck_assert_uint_eq(clock_next_ns(&clock), UINT64_MAX);
	clock_fini(&clock);
}

TEST(the_past_is_now)
{
	struct clock clock;

	begin(&clock);
	set(&clock, 100, CLOCK_TIMER, "a");
	clock_fire(&clock);
	set(&clock, 50, CLOCK_TIMER, "b");
	ck_assert_uint_eq(clock_next_ns(&clock), 100);
	clock_fire(&clock);
	ck_assert_uint_eq(clock.now_ns, 100);
	clock_fini(&clock);
}

static struct clock_event *
set_again(struct clock *clock)
{
	return set(clock, 5, CLOCK_TIMER, "x");
}

static void
fire_and_set(void *arg)
{
	fire((void *)(uintptr_t)"1");
	set_again(arg);
}

/* An event that sets another for the same time: it comes, later. */
TEST(events_may_set_events)
{
	struct clock clock;

	begin(&clock);
	clock_at(&clock, 5, CLOCK_TIMER, fire_and_set, &clock);
	set(&clock, 5, CLOCK_TIMER, "2");
	while (clock_fire(&clock))
		;
	ck_assert_str_eq(fired, "12x");
	clock_fini(&clock);
}

TEST(cancelled_events_do_not_fire)
{
	struct clock clock;
	struct clock_event *b;

	begin(&clock);
	set(&clock, 1, CLOCK_TIMER, "a");
	b = set(&clock, 2, CLOCK_TIMER, "b");
	set(&clock, 3, CLOCK_TIMER, "c");
	clock_cancel(&clock, b);
	while (clock_fire(&clock))
		;
	ck_assert_str_eq(fired, "ac");
	clock_fini(&clock);
}

#define MANY 500
struct many {
	uint64_t time_ns, order;
	struct clock_event *event;
};
static struct many many[MANY];
static uint64_t last_ns, last_order, many_fired;

static void
fire_many(void *arg)
{
	const struct many *m = arg;

	ck_assert_uint_ge(m->time_ns, last_ns);
	if (m->time_ns == last_ns)
		ck_assert_uint_gt(m->order, last_order);
	last_ns = m->time_ns;
	last_order = m->order;
	many_fired++;
}

/* Set at random, a third cancelled: the rest comes in order. */
TEST(any_number_in_any_order)
{
	struct choice_rng rng;
	struct clock clock;
	uint64_t cancelled = 0;

	begin(&clock);
	choice_rng_init(&rng, 3);
	last_ns = last_order = many_fired = 0;
	for (unsigned i = 0; i < MANY; i++) {
		many[i].time_ns = 1 + choice_rng_below(&rng, 40);
		many[i].order = i + 1;
		many[i].event = clock_at(&clock, many[i].time_ns, CLOCK_TIMER, fire_many,
		    &many[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (choice_rng_below(&rng, 3) != 0)
			continue;
		clock_cancel(&clock, many[i].event);
		cancelled++;
	}
	while (clock_fire(&clock))
		;
	ck_assert_uint_eq(many_fired + cancelled, MANY);
	clock_fini(&clock);
}

SUITE(machine_clock)
