/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/access: what instrumented code reports.
 */
#include <check.h>
#include <string.h>

#include "bare.h"

Suite	*machine_access_suite(void);

/* What a compiler calls in code built with -fsanitize=thread. */
void	__tsan_read4(void *);
void	__tsan_write1(void *);
void	__tsan_write4(void *);
void	__tsan_unaligned_write8(void *);
void	__tsan_write_range(void *, unsigned long);
void	*__tsan_memcpy(void *, const void *, size_t);
void	*__tsan_memset(void *, int, size_t);

static struct {
	uint32_t tag;
	uintptr_t address;
	unsigned size, hits;
	bool write;
} last;

static void
hit(void *self, const struct access_watch *watch, uintptr_t address, unsigned size,
    bool write, const void *pc)
{
	(void)self;
	(void)pc;
	last.tag = watch->tag;
	last.address = address;
	last.size = size;
	last.write = write;
	last.hits++;
}

static struct bare *
watching(void)
{
	struct bare *bare = bare_new(NULL);

	memset(&last, 0, sizeof(last));
	bare->world.access.hit = hit;
	return bare;
}

START_TEST(accesses_are_counted)
{
	struct bare *bare = watching();
	uint32_t word = 5, copy = 0;

	__tsan_read4(&word);
	__tsan_write4(&word);
	ck_assert_uint_eq(access_count(&bare->world.access), 2);
	/* The range functions do the work too. */
	__tsan_memcpy(&copy, &word, sizeof(copy));
	ck_assert_uint_eq(copy, 5);
	__tsan_memset(&copy, 0, sizeof(copy));
	ck_assert_uint_eq(copy, 0);
	ck_assert_uint_eq(access_count(&bare->world.access), 5);
	ck_assert_uint_eq(last.hits, 0);
	bare_free(bare);
}
END_TEST

START_TEST(watches_report_what_touches_them)
{
	struct bare *bare = watching();
	struct access *access = &bare->world.access;
	uint8_t buffer[64];

	ck_assert(access_watch(access, buffer + 16, buffer + 32, false, 7));
	ck_assert(access_watch(access, buffer + 48, buffer + 52, true, 8));
	__tsan_write1(buffer + 15);
	__tsan_write1(buffer + 32);
	ck_assert_uint_eq(last.hits, 0);
	__tsan_read4(buffer + 13);	/* its last byte */
	ck_assert_uint_eq(last.hits, 1);
	ck_assert_uint_eq(last.tag, 7);
	ck_assert_uint_eq(last.address, (uintptr_t)buffer + 13);
	ck_assert_uint_eq(last.size, 4);
	ck_assert(!last.write);
	__tsan_read4(buffer + 48);
	ck_assert_uint_eq(last.hits, 1);
	__tsan_unaligned_write8(buffer + 51);
	ck_assert_uint_eq(last.hits, 2);
	ck_assert_uint_eq(last.tag, 8);
	ck_assert(last.write);
	__tsan_write_range(buffer, sizeof(buffer));
	ck_assert_uint_eq(last.hits, 4);
	access_unwatch(access, 7);
	__tsan_write_range(buffer, sizeof(buffer));
	ck_assert_uint_eq(last.hits, 5);
	access_unwatch(access, 8);
	__tsan_write_range(buffer, sizeof(buffer));
	ck_assert_uint_eq(last.hits, 5);
	bare_free(bare);
}
END_TEST

START_TEST(watches_run_out)
{
	struct bare *bare = watching();
	uint8_t byte;

	for (uint32_t i = 0; i < ACCESS_WATCHES_MAX; i++)
		ck_assert(access_watch(&bare->world.access, &byte, &byte + 1, false, i));
	ck_assert(!access_watch(&bare->world.access, &byte, &byte + 1, false, 99));
	__tsan_write1(&byte);
	ck_assert_uint_eq(last.hits, ACCESS_WATCHES_MAX);
	bare_free(bare);
}
END_TEST

static uint32_t fenced[4];

static void
touch_the_fence(void *arg)
{
	hw_redzone(&fenced[2], &fenced[3]);
	__tsan_write4(&fenced[1]);
	__tsan_write4(&fenced[3]);
	bare_mark(arg, '.');
	__tsan_read4(&fenced[2]);
	bare_mark(arg, '!');
}

START_TEST(a_redzone_ends_the_run)
{
	struct bare *bare = watching();

	bare_thread(bare, 0, BARE_PRIORITY, touch_the_fence);
	bare_go(bare);
	ck_assert_int_eq(bare->world.end, WORLD_CRASH);
	ck_assert_str_eq(bare->order, ".");
	ck_assert_uint_eq(last.hits, 0);
	bare_free(bare);
}
END_TEST

static void
touch_past_an_old_fence(void *arg)
{
	hw_redzone(&fenced[1], &fenced[2]);
	hw_redzone(&fenced[2], &fenced[3]);
	__tsan_read4(&fenced[1]);
	hw_redzone(NULL, NULL);
	__tsan_read4(&fenced[2]);
	bare_mark(arg, '.');
}

START_TEST(a_redzone_gives_way_to_the_next)
{
	struct bare *bare = bare_new(NULL);

	bare_thread(bare, 0, BARE_PRIORITY, touch_past_an_old_fence);
	bare_go(bare);
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
	ck_assert_str_eq(bare->order, ".");
	bare_free(bare);
}
END_TEST

static void
touch_for_ever(void *arg)
{
	uint32_t word = 0;

	(void)arg;
	for (;;)
		__tsan_read4(&word);
}

/* Code that never reaches a kernel call. */
START_TEST(a_budget_ends_a_loop_of_accesses)
{
	struct bare *bare = bare_new(NULL);

	bare_thread(bare, 0, BARE_PRIORITY, touch_for_ever);
	bare_go(bare);
	ck_assert_int_eq(bare->world.end, WORLD_ENDLESS);
	ck_assert_uint_eq(access_count(&bare->world.access), bare->world.config.access_limit);
	bare_free(bare);
}
END_TEST

static void
touch_and_wait(void *arg)
{
	uint32_t word = 0;

	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 900; k++)
			__tsan_read4(&word);
		hw_delay(1000);
	}
	bare_mark(arg, '.');
}

START_TEST(the_budget_is_new_when_time_moved)
{
	struct bare *bare = bare_new(NULL);

	bare_thread(bare, 0, BARE_PRIORITY, touch_and_wait);
	bare_go(bare);
	ck_assert_int_eq(bare->world.end, WORLD_RUNNING);
	ck_assert_str_eq(bare->order, ".");
	bare_free(bare);
}
END_TEST

START_TEST(outside_of_a_world_nothing_happens)
{
	uint32_t word = 0;

	world_current = NULL;
	__tsan_write4(&word);
}
END_TEST

Suite *
machine_access_suite(void)
{
	Suite *suite = suite_create("machine/access");
	TCase *tc = tcase_create("access");

	tcase_add_test(tc, accesses_are_counted);
	tcase_add_test(tc, watches_report_what_touches_them);
	tcase_add_test(tc, watches_run_out);
	tcase_add_test(tc, a_redzone_ends_the_run);
	tcase_add_test(tc, a_redzone_gives_way_to_the_next);
	tcase_add_test(tc, a_budget_ends_a_loop_of_accesses);
	tcase_add_test(tc, the_budget_is_new_when_time_moved);
	tcase_add_test(tc, outside_of_a_world_nothing_happens);
	suite_add_tcase(suite, tc);
	return suite;
}
