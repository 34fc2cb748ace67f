/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/align: letters of two words side by side.
 */
#include <stdio.h>
#include <string.h>

#include "run/align.h"
#include "tests/suite.h"

struct words {
	const char *a, *b;
};

/* Level 0: the same letter; level 1: whatever its case. */
static bool
same_letter(const void *arg, unsigned level, uint32_t a, uint32_t b)
{
	const struct words *words = arg;

	return words->a[a] == words->b[b] ||
	    (level > 0 && (words->a[a] ^ words->b[b]) == ('a' ^ 'A'));
}

static void
align_words(const char *a, const char *b, unsigned levels, unsigned bound,
    struct alignment *out)
{
	struct words words = { a, b };
	struct align_input input = {
		.count_a = (uint32_t)strlen(a), .count_b = (uint32_t)strlen(b),
		.equal = same_letter, .arg = &words, .levels = levels, .bound = bound,
	};

	align(&input, out);
}

/* "=x" both, "-x" a's, "+x" b's, "~xX" a pair of unlike case, "!" at the end: lost. */
static const char *
said(const char *a, const char *b, unsigned levels, unsigned bound)
{
	static char text[512];
	struct alignment out;
	size_t length = 0;

	align_words(a, b, levels, bound, &out);
	for (size_t i = 0; i < out.count; i++) {
		struct align_row row = out.item[i];

		ck_assert_uint_lt(length, sizeof(text) - 8);
		if (row.a == ALIGN_NONE)
			length += (size_t)sprintf(text + length, "+%c", b[row.b]);
		else if (row.b == ALIGN_NONE)
			length += (size_t)sprintf(text + length, "-%c", a[row.a]);
		else if (a[row.a] == b[row.b])
			length += (size_t)sprintf(text + length, "=%c", a[row.a]);
		else
			length += (size_t)sprintf(text + length, "~%c%c", a[row.a], b[row.b]);
	}
	sprintf(text + length, "%s", out.lost ? "!" : "");
	vec_fini(&out);
	return text;
}

TEST(plain_differences)
{
	ck_assert_str_eq(said("", "", 1, 9), "");
	ck_assert_str_eq(said("abc", "abc", 1, 9), "=a=b=c");
	ck_assert_str_eq(said("", "xy", 1, 9), "+x+y");
	ck_assert_str_eq(said("xy", "", 1, 9), "-x-y");
	ck_assert_str_eq(said("abc", "xabc", 1, 9), "+x=a=b=c");
	ck_assert_str_eq(said("abc", "abcx", 1, 9), "=a=b=c+x");
	ck_assert_str_eq(said("abcd", "acd", 1, 9), "=a-b=c=d");
	ck_assert_str_eq(said("abc", "axc", 1, 9), "=a-b+x=c");
	ck_assert_str_eq(said("xabcy", "abc", 1, 9), "-x=a=b=c-y");
}

/* What is left between two pairs of a level is paired at the next. */
TEST(levels)
{
	ck_assert_str_eq(said("abc", "aBc", 1, 9), "=a-b+B=c");
	ck_assert_str_eq(said("abc", "aBc", 2, 9), "=a~bB=c");
	/* The strict pair comes first, though the other is nearer. */
	ck_assert_str_eq(said("ab", "aBb", 2, 9), "=a+B=b");
	ck_assert_str_eq(said("axbc", "aBc", 2, 9), "=a-x~bB=c");
}

TEST(bound)
{
	/* Two that find no partner are within the bound, three are not. */
	ck_assert_str_eq(said("aabb", "aaxbbx", 1, 2), "=a=a+x=b=b+x");
	ck_assert_str_eq(said("aab", "aaxyzb", 1, 2), "=a=a!");
	/* Too much at the first level, little enough at the second. */
	ck_assert_str_eq(said("abcd", "ABCD", 2, 2), "~aA~bB~cC~dD");
	ck_assert_str_eq(said("abcde", "ABvwxyz", 2, 4), "~aA~bB!");
}

TEST(where_it_is_lost)
{
	struct alignment out;

	align_words("aabbbbbb", "aacccccc", 1, 3, &out);
	ck_assert(out.lost);
	ck_assert_uint_eq(out.count, 2);
	ck_assert_uint_eq(out.lost_a, 2);
	ck_assert_uint_eq(out.lost_b, 2);
	vec_fini(&out);
	align_words("ab", "abc", 1, 3, &out);
	ck_assert(!out.lost);
	ck_assert_uint_eq(out.lost_a, 2);
	ck_assert_uint_eq(out.lost_b, 3);
	vec_fini(&out);
}

/* Longest common subsequence, the slow way. */
static unsigned
common(const char *a, const char *b)
{
	unsigned table[16][16] = { { 0 } };
	size_t n = strlen(a), m = strlen(b);

	for (size_t i = 1; i <= n; i++)
		for (size_t j = 1; j <= m; j++) {
			unsigned up = table[i - 1][j], left = table[i][j - 1];

			table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 :
			    up > left ? up : left;
		}
	return table[n][m];
}

static void
make_word(unsigned *state, char *word)
{
	size_t length;

	*state = *state * 1103515245 + 12345;
	length = *state >> 16 & 15;
	for (size_t i = 0; i < length && i < 12; i++) {
		*state = *state * 1103515245 + 12345;
		word[i] = (char)('a' + (*state >> 16) % 3);
		word[i + 1] = '\0';
	}
	word[length < 12 ? length : 12] = '\0';
}

/* As many pairs as can be, both words whole and in order. */
TEST(best_of_all)
{
	unsigned state = 1;

	for (int round = 0; round < 3000; round++) {
		char a[16], b[16];
		uint32_t at_a = 0, at_b = 0, pairs = 0;
		struct alignment out;

		make_word(&state, a);
		make_word(&state, b);
		align_words(a, b, 1, 100, &out);
		for (size_t i = 0; i < out.count; i++) {
			struct align_row row = out.item[i];

			ck_assert(row.a == ALIGN_NONE || row.a == at_a);
			ck_assert(row.b == ALIGN_NONE || row.b == at_b);
			at_a += row.a != ALIGN_NONE;
			at_b += row.b != ALIGN_NONE;
			if (row.a != ALIGN_NONE && row.b != ALIGN_NONE) {
				ck_assert_int_eq(a[row.a], b[row.b]);
				pairs++;
			}
		}
		ck_assert_uint_eq(at_a, strlen(a));
		ck_assert_uint_eq(at_b, strlen(b));
		ck_assert_uint_eq(pairs, common(a, b));
		vec_fini(&out);
	}
}

SUITE(run_align)
