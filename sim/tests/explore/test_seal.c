/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore/record: any line that was changed is found, where it stands.
 */
#include <stdlib.h>
#include <string.h>

#include "explore/record.h"
#include "tests/suite.h"

static const char *const lines[] = {
	"{\"a\":1}", "{\"a\":1}", "{\"b\":\"two\"}", "{\"c\":[1,2,3]}", "{\"end\":true}",
};
#define LINES (sizeof(lines) / sizeof(lines[0]))
#define LINE_BYTES 64

static char sealed[LINES][LINE_BYTES];

static void
setup(void)
{
	struct seal seal = { 0 };
	HEAP(text) = PRINTED(to, for (size_t k = 0; k < LINES; k++)
	    seal_write(&seal, lines[k], strlen(lines[k]), to));
	char *at, *save;
	size_t i = 0;

	for (at = strtok_r(text, "\n", &save); at != NULL; at = strtok_r(NULL, "\n", &save))
		snprintf(sealed[i++], LINE_BYTES, "%s", at);
	ck_assert_uint_eq(i, LINES);
}

/* How many lines, of those in that order, open; the last is compared. */
static size_t
opened(const char *const *line, size_t count)
{
	struct seal seal = { 0 };

	for (size_t i = 0; i < count; i++) {
		char copy[LINE_BYTES];
		size_t length = strlen(line[i]);

		memcpy(copy, line[i], length + 1);
		if (!seal_open(&seal, copy, &length)) {
			ck_assert_str_eq(copy, line[i]);
			return i;
		}
		ck_assert_uint_eq(length, strlen(copy));
		ck_assert_str_eq(copy, lines[i]);
	}
	return count;
}

TEST(what_was_written_opens)
{
	const char *all[LINES];

	for (size_t i = 0; i < LINES; i++)
		all[i] = sealed[i];
	ck_assert_uint_eq(opened(all, LINES), LINES);
	/* The same object twice has two sums. */
	ck_assert_str_ne(sealed[0], sealed[1]);
}

TEST(a_byte_changed_in_any_line_is_found_there)
{
	for (size_t i = 0; i < LINES; i++)
		for (size_t k = 0; sealed[i][k] != '\0'; k++) {
			char changed[LINE_BYTES];
			const char *all[LINES];

			for (size_t n = 0; n < LINES; n++)
				all[n] = n == i ? changed : sealed[n];
			memcpy(changed, sealed[i], LINE_BYTES);
			changed[k] ^= 1;
			ck_assert_uint_eq(opened(all, LINES), i);
			/* Cut off. */
			changed[k] = '\0';
			ck_assert_uint_eq(opened(all, LINES), i);
		}
}

TEST(lines_taken_out_doubled_and_moved_are_found)
{
	for (size_t i = 1; i + 1 < LINES; i++) {
		const char *out[LINES], *twice[LINES + 1], *moved[LINES];

		for (size_t n = 0; n < LINES; n++) {
			out[n < i ? n : n - (n > i)] = sealed[n];
			twice[n <= i ? n : n + 1] = sealed[n];
			moved[n == i ? i + 1 : n == i + 1 ? i : n] = sealed[n];
		}
		twice[i + 1] = sealed[i];
		ck_assert_uint_eq(opened(out, LINES - 1), i);
		ck_assert_uint_eq(opened(twice, LINES + 1), i + 1);
		ck_assert_uint_eq(opened(moved, LINES), i);
	}
}

SUITE(explore_seal, .setup = setup)
