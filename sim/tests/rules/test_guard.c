/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/guard.c: loads and stores of a thread and an interrupt, as instrumented
 * code reports them, with and without a mutex.
 */
#include <check.h>

#include "tests/rules/loads.h"

Suite *rules_guard_suite(void);

static struct loads l;
static uint32_t *const softc = l.word;

static void
setup(void)
{
	loads_init(&l);
	rules_off(l.s.rules, "lock.unordered");	/* test_race.c has it */
}

static void
teardown(void)
{
	loads_fini(&l);
}

static void
interrupt_writes(uint32_t *word, bool guarded)
{
	loads_as(&l, LOADS_IRQ, LOADS_IPL_VM);
	if (guarded)
		loads_take(&l, 1);
	__tsan_write4(word);
	if (guarded)
		loads_leave(&l, 1);
}

static void
thread_reads(uint32_t *word, bool guarded)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	if (guarded)
		loads_take(&l, 1);
	__tsan_read4(word);
	if (guarded)
		loads_leave(&l, 1);
}

static bool
is_told(void)
{
	return stream_count(&l.s, "lock.data-race") == 1;
}

START_TEST(guarded_on_both_sides)
{
	for (unsigned i = 0; i < 3; i++) {
		interrupt_writes(&softc[5], true);
		thread_reads(&softc[5], true);
	}
	stream_is_quiet(&l.s);
}
END_TEST

START_TEST(guarded_on_no_side)
{
	interrupt_writes(&softc[5], false);
	thread_reads(&softc[5], false);
	stream_is_quiet(&l.s);
}
END_TEST

START_TEST(interrupt_without_the_mutex)
{
	thread_reads(&softc[5], true);
	stream_is_quiet(&l.s);
	interrupt_writes(&softc[5], false);
	ck_assert(is_told());
	interrupt_writes(&softc[5], false);
	ck_assert_uint_eq(l.s.findings.count, 1);
	ck_assert_uint_eq(l.s.findings.item[0].ctx, LOADS_IRQ);
}
END_TEST

START_TEST(thread_without_the_mutex)
{
	interrupt_writes(&softc[5], true);
	stream_is_quiet(&l.s);
	thread_reads(&softc[5], false);
	ck_assert(is_told());
}
END_TEST

START_TEST(neighbours_are_strangers)
{
	interrupt_writes(&softc[5], true);
	thread_reads(&softc[4], false);
	thread_reads(&softc[6], false);
	stream_is_quiet(&l.s);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	__tsan_write8(&softc[4]);
	ck_assert(is_told());
}
END_TEST

START_TEST(reading_alone_is_no_race)
{
	loads_as(&l, LOADS_IRQ, LOADS_IPL_VM);
	loads_take(&l, 1);
	__tsan_read4(&softc[5]);
	loads_leave(&l, 1);
	thread_reads(&softc[5], false);
	stream_is_quiet(&l.s);
}
END_TEST

START_TEST(one_side_alone_is_no_race)
{
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	loads_take(&l, 1);
	__tsan_write4(&softc[5]);
	loads_leave(&l, 1);
	thread_reads(&softc[5], false);
	stream_is_quiet(&l.s);
}
END_TEST

START_TEST(attach_is_alone)
{
	interrupt_writes(&softc[5], true);
	loads_as(&l, LOADS_AUTOCONF, LOADS_IPL_NONE);
	__tsan_write4(&softc[5]);
	stream_is_quiet(&l.s);
	/* The next instance begins with a clean slate. */
	hw_memory(HW_MEMORY_SOFTC, softc, LOADS_SOFTC_WORDS * sizeof(softc[0]), 0);
	thread_reads(&softc[5], false);
	ck_assert_uint_eq(stream_count(&l.s, "lock.data-race"), 0);
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
	suite_add_tcase(suite, tc);
	return suite;
}
