/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/clock: timed events and their order.
 */
#include <string.h>

#include "machine/choice.h"
#include "machine/clock.h"
#include "tests/suite.h"

static struct clock the_clock;
static char fired[256];
static unsigned fired_count;

static void
fire(void *arg)
{
	fired[fired_count++] = *(const char *)arg;
}

static struct clock_event *
set(uint64_t time_ns, enum clock_class class, const char *letter)
{
	return clock_at(&the_clock, time_ns, class, fire, (void *)(uintptr_t)letter);
}

static void
begin(void)
{
	memset(fired, 0, sizeof(fired));
	fired_count = 0;
	memset(&the_clock, 0, sizeof(the_clock));
}

static void
end(void)
{
	clock_fini(&the_clock);
}

TEST(by_time_then_class_then_as_set)
{
	set(20, CLOCK_DEVICE, "g");
	set(10, CLOCK_STEP, "e");
	set(10, CLOCK_TIMER, "c");
	set(10, CLOCK_DEVICE, "a");
	set(10, CLOCK_STEP, "f");
	set(10, CLOCK_DEVICE, "b");
	set(10, CLOCK_TIMER, "d");
	ck_assert_uint_eq(clock_next_ns(&the_clock), 10);
	while (clock_fire(&the_clock))
		ck_assert_uint_eq(the_clock.now_ns, fired_count == 7 ? 20 : 10);
	ck_assert_str_eq(fired, "abcdefg");
	ck_assert_uint_eq(clock_next_ns(&the_clock), UINT64_MAX);
}

TEST(the_past_is_now)
{
	set(100, CLOCK_TIMER, "a");
	clock_fire(&the_clock);
	set(50, CLOCK_TIMER, "b");
	ck_assert_uint_eq(clock_next_ns(&the_clock), 100);
	clock_fire(&the_clock);
	ck_assert_uint_eq(the_clock.now_ns, 100);
}

static void
fire_and_set(void *arg)
{
	fire((void *)(uintptr_t)"1");
	set(5, CLOCK_TIMER, arg);
}

/* An event that sets another for the same time: it comes, later. */
TEST(events_may_set_events)
{
	clock_at(&the_clock, 5, CLOCK_TIMER, fire_and_set,
	    (void *)(uintptr_t)"x");
	set(5, CLOCK_TIMER, "2");
	while (clock_fire(&the_clock))
		;
	ck_assert_str_eq(fired, "12x");
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
	uint64_t cancelled = 0;

	choice_rng_init(&rng, 3);
	last_ns = last_order = many_fired = 0;
	for (unsigned i = 0; i < MANY; i++) {
		many[i].time_ns = 1 + choice_rng_below(&rng, 40);
		many[i].order = i + 1;
		many[i].event = clock_at(&the_clock, many[i].time_ns, CLOCK_TIMER, fire_many,
		    &many[i]);
	}
	for (unsigned i = 0; i < MANY; i++) {
		if (choice_rng_below(&rng, 3) != 0)
			continue;
		clock_cancel(&the_clock, &many[i].event);
		cancelled++;
	}
	while (clock_fire(&the_clock))
		;
	ck_assert_uint_eq(many_fired + cancelled, MANY);
}

SUITE(machine_clock, .setup = begin, .teardown = end)
