/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/loops: what is known depends on the order of the cases and nothing else.
 */
#include "run/loops.h"
#include "tests/suite.h"

TEST(three_cases_make_a_loop_known)
{
	struct loops loops = { 0 };
	struct loops_met met = { .end = 77, .where = "x.c:1 (f)" };

	for (int i = 0; i < LOOPS_ENOUGH; i++) {
		ck_assert_ptr_null(loops_find(&loops, false, 77));
		ck_assert_ptr_null(loops_take(&loops, &met));
	}
	ck_assert_ptr_nonnull(loops_find(&loops, false, 77));
	/* Another loop, or another module. */
	ck_assert_ptr_null(loops_find(&loops, false, 78));
	ck_assert_ptr_null(loops_find(&loops, true, 77));
	ck_assert_ptr_nonnull(loops_take(&loops, &met));
	ck_assert_str_eq(loops_take(&loops, &met)->where, "x.c:1 (f)");
}

/* It was run before that was known, and would have been cut short after. */
TEST(a_case_that_was_long_in_a_known_loop_counts_as_one_that_was_cut)
{
	struct loops loops = { 0 };
	struct loops_met met = { .end = 77 }, got_out = { 0 }, elsewhere = { .end = 5 };

	loops_meet(&got_out, 76);
	loops_meet(&got_out, 77);
	loops_meet(&got_out, 77);
	ck_assert_uint_eq(got_out.earlies, 2);
	ck_assert_ptr_null(loops_take(&loops, &got_out));
	for (int i = 0; i < LOOPS_ENOUGH; i++)
		ck_assert_ptr_null(loops_take(&loops, &met));
	ck_assert_ptr_nonnull(loops_take(&loops, &got_out));
	ck_assert_ptr_null(loops_take(&loops, &elsewhere));
}

TEST(more_loops_than_there_is_room_for_are_run_each_time)
{
	struct loops loops = { 0 };

	for (int round = 0; round < 2 * LOOPS_ENOUGH; round++)
		for (uint32_t i = 1; i <= 2 * LOOPS_MAX; i++) {
			struct loops_met met = { .end = i };
			const struct loops_row *row = loops_take(&loops, &met);

			ck_assert((row != NULL) == (i <= LOOPS_MAX && round >= LOOPS_ENOUGH));
		}
}

TEST(a_loop_is_learnt_at_once)
{
	struct loops loops = { 0 };

	loops_learn(&loops, &(struct loops_met){ .end = 0 });
	ck_assert_uint_eq(loops.count, 0);
	loops_learn(&loops, &(struct loops_met){ .end = 9, .line = 12 });
	ck_assert_uint_eq(loops_find(&loops, false, 9)->line, 12);
}

SUITE(run_loops)
