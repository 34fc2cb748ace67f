/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/fiber.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine/fiber.h"
#include "tests/suite.h"

/* What a fiber under test works on. */
struct bench {
	struct fiber_pool pool;
	struct fiber	*main;
	struct fiber	*a;
	struct fiber	*b;
	char		 log[64];
	uintptr_t	 seen;
	size_t		 dirty;		/* non-zero bytes found */
	uint64_t	 sum;
};

static struct bench bench;

static void
setup(void)
{
	memset(&bench, 0, sizeof(bench));
	bench.main = fiber_new_main();
	ck_assert_ptr_nonnull(bench.main);
}

static void
teardown(void)
{
	fiber_free_main(bench.main);
	ck_assert_uint_eq(bench.pool.live_count, 0);
	fiber_pool_fini(&bench.pool);
	ck_assert_uint_eq(bench.pool.idle_count, 0);
}

static void
tell(struct bench *t, char what)
{
	size_t len = strlen(t->log);

	ck_assert_uint_lt(len + 1, sizeof(t->log));
	t->log[len] = what;
}

static void
body_three_times(void *arg)
{
	struct bench *t = arg;

	tell(t, '1');
	fiber_switch(t->a, t->main);
	tell(t, '2');
	fiber_switch(t->a, t->main);
	tell(t, '3');
}

TEST(switch_alternates_until_done)
{
	bench.a = fiber_new(&bench.pool, body_three_times, &bench);
	for (int i = 0; i < 3; i++) {
		tell(&bench, 'm');
		fiber_switch(bench.main, bench.a);
	}
	ck_assert_str_eq(bench.log, "m1m2m3");
	fiber_free(bench.a);
}

static void
body_b(void *arg)
{
	struct bench *t = arg;

	tell(t, 'b');
	fiber_switch(t->b, t->a);
	tell(t, 'B');
	fiber_switch(t->b, t->main);
}

static void
body_a(void *arg)
{
	struct bench *t = arg;

	tell(t, 'a');
	fiber_switch(t->a, t->b);
	tell(t, 'A');
	/* Returns to b, which switched here last. */
}

TEST(return_goes_to_last_resumer)
{
	bench.a = fiber_new(&bench.pool, body_a, &bench);
	bench.b = fiber_new(&bench.pool, body_b, &bench);
	fiber_switch(bench.main, bench.a);
	ck_assert_str_eq(bench.log, "abAB");
	fiber_free(bench.a);
	fiber_free(bench.b);
}

/* Keep many values alive across switches, in registers where they fit. */
static void
body_keep_values(void *arg)
{
	struct bench *t = arg;
	uint64_t v[12];
	double d = 1.5;

	for (unsigned i = 0; i < 12; i++)
		v[i] = (t->seen + i) * 0x9e3779b97f4a7c15u;
	for (unsigned round = 0; round < 4; round++) {
		fiber_switch(t->a, t->main);
		d *= 2;
		for (unsigned i = 0; i < 12; i++)
			v[i] = v[i] << 7 | v[i] >> 57;
	}
	for (unsigned i = 0; i < 12; i++)
		t->sum += v[i] ^ (uint64_t)d;
}

static uint64_t
expected_sum(uint64_t seed)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < 12; i++) {
		uint64_t v = (seed + i) * 0x9e3779b97f4a7c15u;

		for (unsigned round = 0; round < 4; round++)
			v = v << 7 | v >> 57;
		sum += v ^ 24;
	}
	return sum;
}

TEST(switch_keeps_local_values)
{
	bench.seen = 77;
	bench.a = fiber_new(&bench.pool, body_keep_values, &bench);
	for (int i = 0; i < 5; i++)
		fiber_switch(bench.main, bench.a);
	ck_assert_uint_eq(bench.sum, expected_sum(77));
	fiber_free(bench.a);
}

static void
body_note_stack(void *arg)
{
	struct bench *t = arg;
	int local = 0;

	t->seen = (uintptr_t)__builtin_frame_address(0);
	t->sum = (uintptr_t)&local & 0;
	ck_assert_uint_eq((uintptr_t)__builtin_frame_address(0) % 16, 0);
}

TEST(stack_bounds_hold_the_frames)
{
	uintptr_t low, here = (uintptr_t)__builtin_frame_address(0);

	bench.a = fiber_new(&bench.pool, body_note_stack, &bench);
	low = fiber_stack_low(bench.a);
	fiber_switch(bench.main, bench.a);

	ck_assert(fiber_stack_contains(bench.a, bench.seen));
	ck_assert(fiber_stack_contains(bench.a, low));
	ck_assert(!fiber_stack_contains(bench.a, low - 1));
	ck_assert(!fiber_stack_contains(bench.a, low + FIBER_STACK_SIZE));
	ck_assert(fiber_stack_guards(bench.a, low - 1));
	ck_assert(!fiber_stack_guards(bench.a, low));
	ck_assert(!fiber_stack_contains(bench.main, here));
	ck_assert(!fiber_stack_guards(bench.main, 8));
	fiber_free(bench.a);
}

/*
 * Count the bytes below this frame that are not zero, then soil them, from
 * near the top to the very bottom.
 */
static void
body_count_and_soil(void *arg)
{
	struct bench *t = arg;
	uintptr_t top = (uintptr_t)__builtin_frame_address(0) - 8192;
	volatile uint8_t *p;

	t->dirty = 0;
	for (p = (volatile uint8_t *)fiber_stack_low(t->a); (uintptr_t)p < top; p++) {
		t->dirty += *p != 0;
		*p = 0xa5;
	}
	fiber_switch(t->a, t->main);
}

TEST(recycled_stack_reads_as_zero)
{
	uintptr_t low = 0;

	for (int i = 0; i < 3; i++) {
		bench.a = fiber_new(&bench.pool, body_count_and_soil, &bench);
		bench.dirty = 1;
		fiber_switch(bench.main, bench.a);
		ck_assert_uint_eq(bench.dirty, 0);

		/* The same memory each time, or nothing is proved. */
		if (i > 0)
			ck_assert_uint_eq(low, fiber_stack_low(bench.a));
		low = fiber_stack_low(bench.a);
		fiber_free(bench.a);
		ck_assert_uint_eq(bench.pool.idle_count, 1);
	}
}

TEST(pool_gives_stacks_again)
{
	struct fiber *one, *other;

	one = fiber_new(&bench.pool, body_note_stack, &bench);
	other = fiber_new(&bench.pool, body_note_stack, &bench);
	ck_assert_uint_eq(bench.pool.live_count, 2);
	fiber_free(one);
	fiber_free(other);
	fiber_free(NULL);
	ck_assert_uint_eq(bench.pool.idle_count, 2);

	ck_assert_ptr_eq(other, fiber_new(&bench.pool, body_note_stack, &bench));
	ck_assert_uint_eq(bench.pool.idle_count, 1);
	ck_assert_ptr_eq(one, fiber_new(&bench.pool, body_note_stack, &bench));
	ck_assert_uint_eq(bench.pool.idle_count, 0);
	fiber_free(one);
	fiber_free(other);
}

TEST(many_fibers_live_at_once)
{
	enum { COUNT = 100 };
	struct fiber *fibers[COUNT];

	for (int i = 0; i < COUNT; i++)
		fibers[i] = fiber_new(&bench.pool, body_three_times, &bench);
	for (int i = 0; i < COUNT; i++) {
		bench.a = fibers[i];
		memset(bench.log, 0, sizeof(bench.log));
		fiber_switch(bench.main, fibers[i]);
		ck_assert_str_eq(bench.log, "1");
	}
	for (int i = COUNT - 1; i >= 0; i--)
		fiber_free(fibers[i]);
	ck_assert_uint_eq(bench.pool.idle_count, COUNT);
}

static uintptr_t fault_addr;

/* Open the page, so that the write goes through and the fiber goes on. */
static void
note_fault(int signo, siginfo_t *info, void *context)
{
	(void)signo, (void)context;
	fault_addr = (uintptr_t)info->si_addr;
	mprotect((void *)(fault_addr & ~(uintptr_t)4095), 4096,
	    PROT_READ | PROT_WRITE);
}

static void
body_step_off_the_end(void *arg)
{
	struct bench *t = arg;

	*(volatile char *)(fiber_stack_low(t->a) - 8) = 1;
	tell(t, 'x');
}

TEST(overflow_hits_the_guard)
{
	struct sigaction old, action = { .sa_sigaction = note_fault,
	    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t old_alt, alt = { .ss_size = 64 * 1024 };

	alt.ss_sp = malloc(alt.ss_size);
	ck_assert_int_eq(sigaltstack(&alt, &old_alt), 0);
	ck_assert_int_eq(sigaction(SIGSEGV, &action, &old), 0);
	fault_addr = 0;
	bench.a = fiber_new(&bench.pool, body_step_off_the_end, &bench);
	fiber_switch(bench.main, bench.a);
	sigaction(SIGSEGV, &old, NULL);
	sigaltstack(&old_alt, NULL);
	free(alt.ss_sp);

	ck_assert_str_eq(bench.log, "x");
	ck_assert(fiber_stack_guards(bench.a, fault_addr));
	ck_assert_uint_eq(fault_addr, fiber_stack_low(bench.a) - 8);
	fiber_free(bench.a);
}

#ifndef FIBER_UCONTEXT
/* What a debugger is told of a fiber that waits is where its stack is. */
TEST(registers_are_those_that_wait)
{
	char text[1024], *sp;
	uintptr_t here;

	bench.a = fiber_new(&bench.pool, body_three_times, &bench);
	fiber_switch(bench.main, bench.a);
	ck_assert(fiber_registers(bench.a, text, sizeof(text)));
	sp = strstr(text, "sp=");
	ck_assert_ptr_nonnull(sp);
	here = (uintptr_t)strtoull(sp + 3, NULL, 16);
	ck_assert(fiber_stack_contains(bench.a, here));
	ck_assert_uint_gt(here, fiber_stack_used(bench.a));
#if defined(__x86_64__)
	/* The return took the address from just below. */
	ck_assert_uint_eq(((const uintptr_t *)here)[-1],
	    strtoull(strstr(text, "rip=") + 4, NULL, 16));
#endif
	ck_assert(strstr(text, " rip=0x") != NULL || strstr(text, " pc=0x") != NULL);
	ck_assert(fiber_registers(bench.main, text, sizeof(text)));
	ck_assert_str_eq(text, "running");
	fiber_free(bench.a);
}
#endif

SUITE(machine_fiber, .setup = setup, .teardown = teardown)
