/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/explore/bytes.c: what the bytes of a fuzzer mean.
 */
#include <stdlib.h>
#include <string.h>

#include "explore/generate.h"
#include "explore/shrink.h"
#include "tests/explore/rig.h"
#include "tests/suite.h"

#define SIZE 64

struct fuzz {
	struct rig rig;
	struct bytes bytes;
	uint8_t data[SIZE];
};

static void
fuzz_init(struct fuzz *fuzz, const char *driver, const char *text)
{
	rig_init_named(&fuzz->rig, driver);
	bytes_init(&fuzz->bytes, &fuzz->rig.trial);
	ck_assert(bytes_add(&fuzz->bytes, rig_load(&fuzz->rig, text)));
	memset(fuzz->data, 0, SIZE);
}

static void
fuzz_fini(struct fuzz *fuzz)
{
	bytes_fini(&fuzz->bytes);
	rig_fini(&fuzz->rig);
}

static char *
printed(const struct fuzz *fuzz, const void *data, size_t size)
{
	EDIT(edit) = bytes_edit(&fuzz->bytes, data, size);

	return rig_text(edit);
}

static void
check_same(const struct fuzz *fuzz, size_t size, const void *data, size_t other_size, bool same)
{
	HEAP(a) = printed(fuzz, fuzz->data, size);
	HEAP(b) = printed(fuzz, data, other_size);

	ck_assert_msg((strcmp(a, b) == 0) == same, "%s%s", a, b);
}

/* The bytes after `turn` others, as good as any. */
static void
scramble(struct fuzz *fuzz, uint64_t turn)
{
	struct choice_rng rng;

	choice_rng_init(&rng, turn);
	for (size_t i = 0; i < SIZE; i++)
		fuzz->data[i] = (uint8_t)choice_rng_next(&rng);
}

TEST(the_same_bytes_are_the_same_scenario)
{
	static const uint8_t zeros[SIZE];
	unsigned others = 0;
	struct fuzz fuzz;

	fuzz_init(&fuzz, "small", RIG_SCENARIO);
	/* Nothing is the simplest: the baseline. */
	check_same(&fuzz, 0, zeros, SIZE, true);
	check_same(&fuzz, 1, zeros, SIZE, true);
	for (uint64_t turn = 1; turn <= 50; turn++) {
		uint8_t copy[SIZE];
		HEAP(plain) = printed(&fuzz, NULL, 0);
		HEAP(now) = NULL;
		DOC(doc) = NULL;

		scramble(&fuzz, turn);
		memcpy(copy, fuzz.data, SIZE);
		check_same(&fuzz, SIZE, copy, SIZE, true);
		now = printed(&fuzz, copy, SIZE);
		doc = rig_doc("t.yaml", now);
		others += strcmp(plain, now) != 0;
	}
	ck_assert_uint_gt(others, 25);
	fuzz_fini(&fuzz);
}

TEST(the_first_byte_picks_the_base)
{
	static const uint8_t first[] = { 0 }, second[] = { 1 }, third[] = { 2 };
	struct scenario_case again;
	struct fuzz fuzz;
	struct rig other;

	fuzz_init(&fuzz, "small", RIG_SCENARIO);
	/* Once is enough, on whatever machine. */
	again = fuzz.rig.cases[0];
	ck_assert(bytes_add(&fuzz.bytes, &again));
	ck_assert_uint_eq(fuzz.bytes.count, 1);
	rig_init_small(&other);
	ck_assert(bytes_add(&fuzz.bytes, rig_load(&other, RIG_HEAD "steps:\n"
	    "  - at: 2s\n    target: 9 pages\n")));
	ck_assert_uint_eq(fuzz.bytes.count, 2);
	ck_assert_ptr_eq(bytes_base_of(&fuzz.bytes, first, 1), &fuzz.bytes.base[0]);
	ck_assert_ptr_eq(bytes_base_of(&fuzz.bytes, second, 1), &fuzz.bytes.base[1]);
	ck_assert_ptr_eq(bytes_base_of(&fuzz.bytes, third, 1), &fuzz.bytes.base[0]);
	ck_assert_ptr_eq(bytes_base_of(&fuzz.bytes, NULL, 0), &fuzz.bytes.base[0]);
	check_same(&fuzz, 1, second, 1, false);
	check_same(&fuzz, 1, third, 1, true);
	bytes_fini(&fuzz.bytes);
	rig_fini(&other);
	rig_fini(&fuzz.rig);
}

/* Runs of the bytes until one finds something new; its key, or 0. */
static uint64_t
look_for(struct fuzz *fuzz, unsigned turns, struct edit **edit)
{
	for (uint64_t turn = 1; turn <= turns; turn++) {
		struct trial_result result;

		scramble(fuzz, turn);
		*edit = bytes_edit(&fuzz->bytes, fuzz->data, SIZE);
		trial_run(&fuzz->rig.trial, edit_case(*edit), NULL, &result);
		for (unsigned i = 0; i < result.findings; i++)
			if (bytes_is_new(&fuzz->bytes, &result.finding[i]))
				return result.finding[i].key;
		edit_free(*edit);
	}
	*edit = NULL;
	return 0;
}

/* The thread of that driver looks for work without the lock. */
TEST(a_finding_converts_and_shrinks)
{
	struct shrink_options options = { .runs_max = 400 };
	struct shrink_result small;
	EDIT(edit) = NULL;
	HEAP(text) = NULL;
	struct fuzz fuzz;
	uint64_t key;

	fuzz_init(&fuzz, "racy", RIG_SCENARIO);
	key = look_for(&fuzz, 2000, &edit);
	ck_assert_uint_ne(key, 0);
	/* Bytes kept in a file mean it too. */
	text = printed(&fuzz, fuzz.data, SIZE);
	HAS(text, "\nsteps:\n");
	ck_assert(shrink(&fuzz.rig.trial, edit, key, &options, &small));
	ck_assert(small.verified);
	ck_assert_uint_eq(small.finding.key, key);
	ck_assert_uint_le(small.steps, 2);
	ck_assert_uint_le(small.steps, edit->scenario.steps.count);
	edit_free(small.edit);
	fuzz_fini(&fuzz);
}

TEST(what_is_plain_is_not_new)
{
	const struct trial_result *plain;
	struct fuzz fuzz;

	/* From 100 pages on it miscounts, in the baseline run already. */
	fuzz_init(&fuzz, "small", RIG_HEAD "steps:\n  - at: 1s\n    target: 100 pages\n");
	plain = &fuzz.bytes.base[0].result;
	ck_assert_uint_gt(plain->findings, 0);
	ck_assert_int_eq(plain->finding[0].rule->severity, SEVERITY_ERROR);
	ck_assert(!bytes_is_new(&fuzz.bytes, &plain->finding[0]));
	fuzz.bytes.count = 0;
	ck_assert(bytes_is_new(&fuzz.bytes, &plain->finding[0]));
	fuzz.bytes.count = 1;
	fuzz_fini(&fuzz);
}

SUITE(explore_bytes, .timeout = 30, .reads = SMALL)
