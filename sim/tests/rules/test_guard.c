/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/guard.c: loads and stores of a thread and an interrupt, as instrumented
 * code reports them, with and without a mutex.
 */
#include <check.h>
#include <string.h>

#include "machine/world.h"
#include "tests/rules/stream.h"

Suite *rules_guard_suite(void);

void	__tsan_read4(void *);
void	__tsan_write4(void *);
void	__tsan_write8(void *);

enum { IPL_NONE = 0, IPL_VM = 6, MUTEX = 1 };

static struct stream s;
static struct world world;
static struct context thread = { .ordinal = 3, .kind = HW_CTX_KTHREAD };
static struct context interrupt = { .ordinal = 2, .kind = HW_CTX_HARDINT };
static struct context autoconf = { .ordinal = 1, .kind = HW_CTX_AUTOCONF };
static _Alignas(4096) uint32_t softc[1024];

static void
setup(void)
{
	stream_init(&s);
	memset(&world, 0, sizeof(world));
	access_init(&world.access, 1000000);
	world.memory.arena = (uint8_t *)softc;
	world.trace.count = 1;
	world_current = &world;
	rules_watch_memory(s.rules, &world);
}

static void
teardown(void)
{
	stream_fini(&s);
	world_current = NULL;
}

static void
take(void)
{
	NOTE(&s, MUTEX_HELD, MUTEX, IPL_VM, 1);
}

static void
leave(void)
{
	NOTE(&s, MUTEX_FREED, MUTEX);
}

static void
as_thread(void)
{
	world.running = &thread;
	stream_as(&s, thread.ordinal, HW_CTX_KTHREAD, IPL_NONE);
}

static void
interrupt_begins(void)
{
	world.running = &interrupt;
	stream_as(&s, interrupt.ordinal, HW_CTX_HARDINT, IPL_VM);
	EVENT(&s, IRQ_ENTER, 0, 0);
}

static void
interrupt_ends(void)
{
	EVENT(&s, IRQ_EXIT, 0, 0);
	as_thread();
}

static void
interrupt_writes(uint32_t *word, bool guarded)
{
	interrupt_begins();
	if (guarded)
		take();
	__tsan_write4(word);
	if (guarded)
		leave();
	interrupt_ends();
}

static void
thread_reads(uint32_t *word, bool guarded)
{
	as_thread();
	if (guarded)
		take();
	__tsan_read4(word);
	if (guarded)
		leave();
}

static bool
is_told(void)
{
	return stream_count(&s, "lock.data-race") == 1;
}

START_TEST(guarded_on_both_sides)
{
	for (unsigned i = 0; i < 3; i++) {
		interrupt_writes(&softc[5], true);
		thread_reads(&softc[5], true);
	}
	stream_is_quiet(&s);
}
END_TEST

START_TEST(guarded_on_no_side)
{
	interrupt_writes(&softc[5], false);
	thread_reads(&softc[5], false);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(interrupt_without_the_mutex)
{
	thread_reads(&softc[5], true);
	stream_is_quiet(&s);
	interrupt_writes(&softc[5], false);
	ck_assert(is_told());
	interrupt_writes(&softc[5], false);
	ck_assert_uint_eq(s.findings.count, 1);
	ck_assert_uint_eq(s.findings.item[0].ctx, interrupt.ordinal);
}
END_TEST

START_TEST(thread_without_the_mutex)
{
	interrupt_writes(&softc[5], true);
	stream_is_quiet(&s);
	thread_reads(&softc[5], false);
	ck_assert(is_told());
}
END_TEST

START_TEST(neighbours_are_strangers)
{
	interrupt_writes(&softc[5], true);
	thread_reads(&softc[4], false);
	thread_reads(&softc[6], false);
	stream_is_quiet(&s);
	as_thread();
	__tsan_write8(&softc[4]);
	ck_assert(is_told());
}
END_TEST

START_TEST(reading_alone_is_no_race)
{
	interrupt_begins();
	take();
	__tsan_read4(&softc[5]);
	leave();
	interrupt_ends();
	thread_reads(&softc[5], false);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(one_side_alone_is_no_race)
{
	as_thread();
	take();
	__tsan_write4(&softc[5]);
	leave();
	thread_reads(&softc[5], false);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(attach_is_alone)
{
	interrupt_writes(&softc[5], true);
	world.running = &autoconf;
	stream_as(&s, autoconf.ordinal, HW_CTX_AUTOCONF, IPL_NONE);
	__tsan_write4(&softc[5]);
	stream_is_quiet(&s);
	/* The next instance begins with a clean slate. */
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	thread_reads(&softc[5], false);
	ck_assert_uint_eq(stream_count(&s, "lock.data-race"), 0);
}
END_TEST

START_TEST(interrupts_on_two_cpus_nest)
{
	interrupt_begins();
	EVENT(&s, IRQ_ENTER, 0, 1);
	EVENT(&s, IRQ_EXIT, 0, 1);
	take();
	__tsan_write4(&softc[5]);
	leave();
	interrupt_ends();
	thread_reads(&softc[5], false);
	ck_assert(is_told());
}
END_TEST

Suite *
rules_guard_suite(void)
{
	Suite *suite = suite_create("rules_guard");
	TCase *tc = tcase_create("guard");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, guarded_on_both_sides);
	tcase_add_test(tc, guarded_on_no_side);
	tcase_add_test(tc, interrupt_without_the_mutex);
	tcase_add_test(tc, thread_without_the_mutex);
	tcase_add_test(tc, neighbours_are_strangers);
	tcase_add_test(tc, reading_alone_is_no_race);
	tcase_add_test(tc, one_side_alone_is_no_race);
	tcase_add_test(tc, attach_is_alone);
	tcase_add_test(tc, interrupts_on_two_cpus_nest);
	suite_add_tcase(suite, tc);
	return suite;
}
