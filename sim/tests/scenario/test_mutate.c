/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/load: no bytes whatever crash it or keep it.  Check's timeout is
 * the alarm.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/choice.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define MUTATIONS 1500
#define TEXT_MAX 8192

/* The same mutations in every run. */
static size_t
below(uint64_t *state, size_t n)
{
	return (size_t)(choice_splitmix64(state) % n);
}

/* Puts `n` bytes of `from` at a place of the text, over `over` bytes of it. */
static size_t
splice(char *text, size_t size, size_t at, size_t over, const char *from, size_t n)
{
	if (over > size - at)
		over = size - at;
	if (size - over + n > TEXT_MAX)
		return size;
	memmove(text + at + n, text + at + over, size - at - over);
	memcpy(text + at, from, n);
	return size - over + n;
}

/* What parsers stumble over. */
static const char *const morsels[] = {
	"\n", "  ", "\t", ":", ": ", "- ", "[", "]", "{", "}", ",", "#", " #", "&a ", "*a",
	"!!str ", "? ",
	"|\n", ">-\n", "---\n", "...\n", "%YAML", "'", "\"", "\\", "\\x", "$", "$call", "~",
	"null", "<<: ", "@", "`", "99999999999999999999", "0x", "-1", "..", "1e309", "\xff", "\xc3",
	"\xe2\x80\xa8", "\x80", "\x01", "\r", "expect: ", "steps:\n", "matrix:\n", "extends: ",
};

static size_t
mutate(char *text, size_t size, uint64_t *state)
{
	char byte, chunk[64];
	const char *morsel;
	size_t at = below(state, size + 1), n;

	switch (below(state, 5)) {
	case 0:
		byte = (char)choice_splitmix64(state);
		return splice(text, size, at, 1, &byte, 1);
	case 1:
		return splice(text, size, at, 1 + below(state, 20), "", 0);
	case 2:
		morsel = morsels[below(state, sizeof(morsels) / sizeof(morsels[0]))];
		return splice(text, size, at, below(state, 3), morsel, strlen(morsel));
	case 3:
		n = size - at < sizeof(chunk) ? size - at : sizeof(chunk);
		memcpy(chunk, text + at, n);
		return splice(text, size, below(state, size + 1), 0, chunk, n);
	}
	return at;	/* the rest is cut off */
}

static void
check_mutations(const char *original, uint64_t seed)
{
	static char text[TEXT_MAX];
	size_t size, loaded = 0;
	char *errors;

	for (uint64_t i = 0; i < MUTATIONS; i++) {
		uint64_t state = seed * MUTATIONS + i;

		size = strlen(original);
		memcpy(text, original, size);
		for (size_t n = 1 + below(&state, 4); n > 0; n--)
			size = mutate(text, size, &state);
		errors = fixture_errors_of("t.yaml", text, size);
		ck_assert(errors == NULL || strstr(errors, ": error: ") != NULL);
		loaded += errors == NULL;
		free(errors);
	}
	/* Most mutations spoil the text; a loader that refuses all of them would be no test. */
	ck_assert_uint_lt(loaded, MUTATIONS / 2);
	ck_assert_uint_gt(loaded, 0);
}

TEST_RANGE(mutated_examples_load_or_are_told_why, 0, 6)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%s%s", FIXTURE_HEAD,
	    strstr(_i % 2 == 0 ? fixture_example : fixture_everything, "tags:"));
	check_mutations(text, (uint64_t)_i);
}

/* Bytes without any sense. */
TEST(noise_is_told_why)
{
	uint64_t state = 7;
	char text[256];

	for (int i = 0; i < MUTATIONS; i++) {
		size_t size = below(&state, sizeof(text));
		char *errors;

		for (size_t j = 0; j < size; j++)
			text[j] = i % 2 == 0 ? (char)choice_splitmix64(&state) :
			    " \n:-[]{},#&*!|>'\"%@`abc019?\t"[below(&state, 29)];
		errors = fixture_errors_of("t.yaml", text, size);
		ck_assert_ptr_nonnull(errors);
		free(errors);
	}
}

SUITE(scenario_mutate)
