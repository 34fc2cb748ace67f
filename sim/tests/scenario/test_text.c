/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/text: numbers, amounts, times and guesses.
 */
#include <string.h>

#include "scenario/text.h"
#include "tests/suite.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Numbers are decimal or hexadecimal, amounts are pages, percentages exact. */
TEST(whole_numbers)
{
	static const struct {
		bool (*parse)(const char *, uint64_t *, struct text_why *);
		struct { const char *text; uint64_t value; } good[12];
		const char *bad[20];
	} row[] = {
		{ text_parse_number,
		    { { "0", 0 }, { "18446744073709551615", UINT64_MAX },
		      { "0xfFffffffffffffff", UINT64_MAX }, { "0x00a", 10 } },
		    { "", " 1", "1 ", "+1", "-1", "01", "0x", "0xg", "1e6", "1_0", "1,0", "1.0",
		      "0X1", "18446744073709551616", "0x10000000000000000", "one" } },
		{ text_parse_amount,
		    { { "0", 0 }, { "7", 7 }, { "1 page", 1 }, { "7pages", 7 }, { "4096B", 1 },
		      { "8KiB", 2 }, { "1 MiB", 256 }, { "2GiB", 524288 }, { "1TiB", 268435456 },
		      { "2251799813685247", TEXT_PAGES_MAX } },
		    { "7  pages", "7 Pages", "1MB", "1M", "4KiB pages", "2251799813685248",
		      "8388608TiB", "pages", "1KiB" } },
		{ text_parse_percent,
		    { { "100%", 1000000 }, { "1%", 10000 }, { "0.5%", 5000 },
		      { "12.3456%", 123456 }, { "0.0001%", 1 }, { "100.0000%", 1000000 } },
		    { "0%", "0.0%", "10", "101%", "100.0001%", "1.%", "1.00000%", "-1%", "%", "1 %",
		      "0x1%", "99999999999999999999%" } },
	};
	struct text_why why;
	uint64_t n;

	for (size_t i = 0; i < NELEM(row); i++) {
		for (size_t k = 0; row[i].good[k].text != NULL; k++)
			ck_assert_msg(row[i].parse(row[i].good[k].text, &n, &why) &&
			    n == row[i].good[k].value, "%s", row[i].good[k].text);
		for (size_t k = 0; row[i].bad[k] != NULL; k++)
			ck_assert_msg(!row[i].parse(row[i].bad[k], &n, &why), "%s",
			    row[i].bad[k]);
	}
}

TEST(times_keep_their_ticks)
{
	static const struct {
		const char *text;
		enum scenario_unit unit;
		uint64_t value;
	} good[] = {
		{ "0", SCENARIO_NS, 0 }, { "5ns", SCENARIO_NS, 5 },
		{ "5 us", SCENARIO_NS, 5000 },
		{ "5ms", SCENARIO_NS, 5000000 }, { "2min", SCENARIO_NS, UINT64_C(120000000000) },
		{ "9223372036s", SCENARIO_NS, UINT64_C(9223372036000000000) },
		{ "7ticks", SCENARIO_TICKS, 7 },
	};
	static const char *const bad[] = { "5", "5 m", "5S", "9223372037s", "1.5s", "s", "1h" };
	struct scenario_time t;
	struct text_why why;

	for (size_t i = 0; i < NELEM(good); i++)
		ck_assert_msg(text_parse_time(good[i].text, &t, &why) && t.unit == good[i].unit &&
		    t.value == good[i].value, "%s", good[i].text);
	for (size_t i = 0; i < NELEM(bad); i++)
		ck_assert_msg(!text_parse_time(bad[i], &t, &why), "%s", bad[i]);
}

TEST(guess_is_the_nearest_or_none)
{
	static const char *const names[] = { "target", "storm", "settle", "device", "ms", NULL };
	static const struct { const char *word, *hint; } cases[] = {
		{ "taregt", "; did you mean \"target\"?" },
		{ "targets", "; did you mean \"target\"?" },
		{ "SETTLE", "; did you mean \"settle\"?" }, { "dev", "; did you mean \"device\"?" },
		{ "sm", "; did you mean \"ms\"?" }, { "xyzzy", "" }, { "q", "" }, { "", "" },
	};

	for (size_t i = 0; i < NELEM(cases); i++) {
		struct text_nearest near = text_nearest(cases[i].word);

		text_nearest_offer_all(&near, names);
		ck_assert_str_eq(text_nearest_hint(&near, ""), cases[i].hint);
	}
}

TEST(guess_survives_long_words)
{
	char word[10000];
	struct text_nearest near;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	near = text_nearest(word);
	text_nearest_offer(&near, "target");
	ck_assert_ptr_null(near.best);
}

SUITE(scenario_text)
