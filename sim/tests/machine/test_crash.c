/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/crash: simulated code that dies does not take the program with it.
 */
#include <signal.h>

#include "bare.h"
#include "machine/crash.h"
#include "tests/suite.h"

static int *volatile nowhere = NULL;
static int *volatile wild = (int *)(uintptr_t)0xdead0000deadbee8;
static volatile int zero;

static void
write_null(void *arg)
{
	bare_mark(arg, 'a');
	*nowhere = 1;
	bare_mark(arg, 'b');
}

static void
read_wild(void *arg)
{
	bare_mark(arg, 'a');
	zero = *wild;
	bare_mark(arg, 'b');
}

static int
deeper(struct bare *bare, volatile const char *above)
{
	volatile char frame[1024];

	frame[0] = above != NULL ? above[0] : 0;
	if (zero != 0)
		return 0;
	return deeper(bare, frame) + frame[0];
}

static void
recurse(void *arg)
{
	bare_mark(arg, 'a');
	bare_mark(arg, (char)deeper(arg, NULL));
}

/* What the machine makes of signals: its processor's traps. */
static int trap;

static void
raise_trap(void *arg)
{
	bare_mark(arg, 'a');
	raise(trap);
}

/* One frame that is larger than the stack, and touched at its far end only. */
static void
jump_the_guard(void *arg)
{
	struct bare *bare = arg;
	uintptr_t low = fiber_stack_low(bare->world.running->fiber);

	bare_mark(bare, 'a');
	*(volatile char *)(low - 200 * 1024) = 1;
}

static const struct {
	void (*fn)(void *);
	enum world_end end;
	const char *text;
	int trap;
} crashes[] = {
	{ write_null, WORLD_CRASH, "NULL pointer", 0 },
	{ read_wild, WORLD_CRASH, "wild or stale pointer", 0 },
	{ recurse, WORLD_STACK, "over the end of its kernel stack", 0 },
	{ raise_trap, WORLD_TRAP, "illegal instruction", SIGILL },
	{ raise_trap, WORLD_TRAP, "divided by zero", SIGFPE },
	{ raise_trap, WORLD_TRAP, "breakpoint", SIGTRAP },
	{ raise_trap, WORLD_TRAP, "system call", SIGSYS },
	{ jump_the_guard, WORLD_STACK, "over the end of its kernel stack", 0 },
};

TEST_EACH(a_crash_ends_the_world_only, crashes)
{
	BARE(bare) = bare_new(NULL);
	const struct event *event;

	trap = crashes[_i].trap;
	bare_run(bare, crashes[_i].fn);
	ck_assert_str_eq(bare->order, "a");
	ck_assert_int_eq(bare->world.end, crashes[_i].end);
	HAS(bare->world.end_text, crashes[_i].text);
	event = trace_event(&bare->world.trace, bare->world.trace.count - 1);
	ck_assert_uint_eq(event->kind, EV_CRASH);
	ck_assert_uint_eq(event->ctx, 1);
	/* Nothing runs any more. */
	ck_assert(!world_step(&bare->world));
}

/* Twenty worlds die one after the other, and the next one lives. */
TEST(worlds_after_a_crash_are_as_good_as_before)
{
	for (int i = 0; i < 20; i++) {
		BARE(bare) = bare_new(NULL);

		bare_run(bare, i % 2 ? recurse : write_null);
		ck_assert_int_eq(bare->world.end, i % 2 ? WORLD_STACK : WORLD_CRASH);
		bare_free(bare);
		bare = bare_new(NULL);
		bare_run(bare, bare_mark_a);
		ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
		ck_assert_str_eq(bare->order, "a");
	}
}

static void
crash_in_handler(void *arg)
{
	bare_mark(arg, 'h');
	write_null(arg);
}

BARE_TEST(a_handler_may_crash_too)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, crash_in_handler, bare);
	irq_raise(&bare->world, HW_VEC_MSIX_CONFIG, 0);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "ha");
	ck_assert_int_eq(bare->world.end, WORLD_CRASH);
}

static void
panics(void *arg)
{
	bare_mark(arg, 'p');
	hw_panic("on purpose", false);
}

/* An up-call that panics outside of any context comes back through the guard. */
BARE_TEST(a_panic_of_the_machine_itself_is_caught)
{
	ck_assert(!crash_guard(&bare->world, panics, bare));
	ck_assert_int_eq(bare->world.end, WORLD_PANIC);
	ck_assert_str_eq(bare->world.end_text, "on purpose");
}

SUITE(machine_crash)
