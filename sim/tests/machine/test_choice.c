/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/choice.
 */

#include "machine/choice.h"
#include "tests/suite.h"

/* The reference outputs for seed 1234567 (also on Rosetta Code). */
TEST(splitmix64_matches_published_vector)
{
	static const uint64_t expected[] = {
		6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u,
		16408922859458223821u,
	};
	uint64_t state = 1234567;

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(choice_splitmix64(&state), expected[i]);
}

/* The outputs of the reference implementation from state 1, 2, 3, 4. */
TEST(xoshiro_matches_published_vector)
{
	static const uint64_t expected[] = {
		11520u, 0u, 1509978240u, 1215971899390074240u,
		1216172134540287360u, 607988272756665600u,
		16172922978634559625u, 8476171486693032832u,
		10595114339597558777u, 2904607092377533576u,
	};
	struct choice_rng rng = { { 1, 2, 3, 4 } };

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		ck_assert_uint_eq(choice_rng_next(&rng), expected[i]);
}

TEST(rng_below_is_uniform)
{
	enum { N = 7, DRAWS = 70000 };
	unsigned seen[N] = { 0 };
	struct choice_rng rng;

	choice_rng_init(&rng, 1);
	ck_assert_uint_eq(choice_rng_below(&rng, 1), 0);
	for (unsigned i = 0; i < DRAWS; i++) {
		uint32_t value = choice_rng_below(&rng, N);

		ck_assert_uint_lt(value, N);
		seen[value]++;
	}
	/* Five standard deviations of 10000 expected; the seed is fixed. */
	for (unsigned i = 0; i < N; i++) {
		ck_assert_uint_gt(seen[i], DRAWS / N - 465);
		ck_assert_uint_lt(seen[i], DRAWS / N + 465);
	}
}

/* With modulo, the lower half of these would come up twice as often. */
TEST(rng_below_has_no_modulo_bias)
{
	const uint32_t n = 3u << 30;
	struct choice_rng rng;
	unsigned low = 0;

	choice_rng_init(&rng, 2);
	for (unsigned i = 0; i < 30000; i++)
		low += choice_rng_below(&rng, n) < n / 3;
	ck_assert_uint_gt(low, 10000 - 410);
	ck_assert_uint_lt(low, 10000 + 410);
}

TEST(default_is_always_zero)
{
	struct choice c;

	choice_init_default(&c);
	for (unsigned n = 1; n < 100; n++)
		ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, n), 0);
	ck_assert_uint_eq(c.draw_count, 98);
}

/* Fixed for ever: replay ids with a seed rely on it. */
TEST(seed_streams_never_change)
{
	struct choice c;
	struct choice_rng rng;
	uint64_t state = 42;

	choice_init_seed(&c, 42);
	for (unsigned kind = 0; kind < CHOICE_KINDS; kind++) {
		choice_rng_init(&rng, choice_splitmix64(&state));
		for (unsigned i = 0; i < 20; i++)
			ck_assert_uint_eq(
			    choice_next(&c, (enum choice_kind)kind, 1000),
			    choice_rng_below(&rng, 1000));
	}
	choice_init_seed(&c, 42);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 1000000), 101142);
	ck_assert_uint_eq(choice_next(&c, CHOICE_SCHEDULE, 1000000), 368148);
}

/* The same seed again: the same, whatever is drawn of other kinds. */
TEST(seed_streams_are_independent)
{
	unsigned alone[20];
	struct choice c;

	choice_init_seed(&c, 7);
	for (unsigned i = 0; i < 20; i++)
		alone[i] = choice_next(&c, CHOICE_DEVICE, 1000);
	choice_init_seed(&c, 7);
	for (unsigned i = 0; i < 20; i++) {
		for (unsigned k = 0; k < i % 3; k++)
			choice_next(&c, CHOICE_SCHEDULE, 5);
		choice_next(&c, CHOICE_FAULT, 2);
		ck_assert_uint_eq(choice_next(&c, CHOICE_DEVICE, 1000),
		    alone[i]);
	}
}

TEST(seed_streams_differ_by_kind_and_seed)
{
	struct choice a, b;
	unsigned same_kind = 0, same_seed = 0;

	choice_init_seed(&a, 1);
	choice_init_seed(&b, 2);
	for (unsigned i = 0; i < 100; i++) {
		unsigned x = choice_next(&a, CHOICE_TIMER, 1000);

		same_kind += x == choice_next(&b, CHOICE_TIMER, 1000);
		same_seed += x == choice_next(&a, CHOICE_PLACEMENT, 1000);
	}
	ck_assert_uint_lt(same_kind, 5);
	ck_assert_uint_lt(same_seed, 5);
}

TEST(single_possibility_is_no_choice)
{
	struct choice c;
	unsigned expected;

	choice_init_seed(&c, 9);
	expected = choice_next(&c, CHOICE_TIMER, 1000);
	choice_init_seed(&c, 9);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 1), 0);
	ck_assert_uint_eq(c.draw_count, 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 1000), expected);
}

TEST(bytes_answer_by_width_until_the_end)
{
	static const uint8_t bytes[] = { 5, 255, 0x34, 0x12, 1, 2, 3, 4, 9 };
	struct choice c;

	choice_init_bytes(&c, bytes, sizeof(bytes));
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 1);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 256), 255);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 65536), 0x1234);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 100000),
	    0x04030201 % 100000);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 257), 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_TIMER, 2), 0);
	choice_init_bytes(&c, bytes, sizeof(bytes));
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 1);

	choice_init_bytes(&c, NULL, 0);
	ck_assert_uint_eq(choice_next(&c, CHOICE_FAULT, 4), 0);
}

SUITE(machine_choice)
