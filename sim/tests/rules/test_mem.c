/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/mem.c: for each rule a stream that fires it once, and a near miss.
 */
#include <check.h>

#include "machine/undefined.h"
#include "tests/rules/stream.h"

Suite *rules_mem_suite(void);

enum { KM_SLEEP = 1, KM_NOSLEEP = 2 };

static struct stream s;

static void
setup(void)
{
	stream_init(&s);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static uint32_t
allocate(uint64_t block, uint64_t size, uint64_t flags)
{
	uint32_t seq = CALL(&s, KMEM_ALLOC, size, flags);

	NOTE(&s, KMEM, block, size);
	RET(&s, KMEM_ALLOC, 1);
	return seq;
}

static uint32_t
release(uint64_t block, uint64_t size)
{
	uint32_t seq = CALL(&s, KMEM_FREE, block, size);

	NOTE(&s, KMEM_GONE, block, size);
	return seq;
}

static void
hold_a_spin_mutex(void)
{
	CALL(&s, MUTEX_INIT, 1, 2, 6);
	CALL(&s, MUTEX_ENTER, 1);
	NOTE(&s, MUTEX_HELD, 1, 0, 1);
}

START_TEST(good_use_is_quiet)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	allocate(1, 100, KM_SLEEP);
	release(1, 100);
	hold_a_spin_mutex();
	allocate(2, 100, KM_NOSLEEP);
	release(2, 100);
	ck_assert_uint_eq(s.findings.count, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "mem.leak"), 0);
}
END_TEST

START_TEST(sleep_context_with_a_spin_mutex)
{
	hold_a_spin_mutex();
	stream_is_only(&s, "mem.sleep-context", allocate(1, 100, KM_SLEEP));
}
END_TEST

START_TEST(sleep_context_in_an_interrupt)
{
	stream_as(&s, 2, HW_CTX_HARDINT, 6);
	stream_is_only(&s, "mem.sleep-context", allocate(1, 100, KM_NOSLEEP));
}
END_TEST

START_TEST(free_size)
{
	allocate(1, 100, KM_SLEEP);
	stream_is_only(&s, "mem.free-size", release(1, 96));
}
END_TEST

START_TEST(use_after_free_twice)
{
	allocate(1, 100, KM_SLEEP);
	release(1, 100);
	stream_is_quiet(&s);
	stream_is_only(&s, "mem.use-after-free", CALL(&s, KMEM_FREE, 0, 100));
}
END_TEST

START_TEST(leak_after_a_failed_attach)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	allocate(1, 100, KM_SLEEP);
	allocate(2, 100, KM_SLEEP);
	release(2, 100);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	ck_assert_uint_eq(stream_count(&s, "mem.leak"), 1);
	ck_assert_uint_eq(stream_finding(&s, "mem.leak")->seq, s.trace.count - 1);
}
END_TEST

START_TEST(leak_after_a_detach)
{
	allocate(1, 100, KM_SLEEP);
	stream_end(&s);
	stream_is_quiet(&s);
	CALL(&s, VIRTIO_CHILD_DETACH, 0);
	stream_end(&s);
	stream_is_only(&s, "mem.leak", s.trace.count - 1);
}
END_TEST

START_TEST(out_of_bounds_index)
{
	stream_is_quiet(&s);
	stream_is_only(&s, "mem.out-of-bounds",
	    EVENT(&s, UNDEFINED, UNDEFINED_BOUNDS, 256, 0,
	    trace_text(&s.trace, "'int [256]'", 11)));
}
END_TEST

START_TEST(arithmetic_is_another_rule)
{
	stream_is_only(&s, "mem.arithmetic", EVENT(&s, UNDEFINED, UNDEFINED_SHIFT, 1, 32));
}
END_TEST

Suite *
rules_mem_suite(void)
{
	Suite *suite = suite_create("rules_mem");
	TCase *tc = tcase_create("stream");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_use_is_quiet);
	tcase_add_test(tc, sleep_context_with_a_spin_mutex);
	tcase_add_test(tc, sleep_context_in_an_interrupt);
	tcase_add_test(tc, free_size);
	tcase_add_test(tc, use_after_free_twice);
	tcase_add_test(tc, leak_after_a_failed_attach);
	tcase_add_test(tc, leak_after_a_detach);
	tcase_add_test(tc, out_of_bounds_index);
	tcase_add_test(tc, arithmetic_is_another_rule);
	suite_add_tcase(suite, tc);
	return suite;
}
