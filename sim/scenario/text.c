/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers, amounts, times and names as they are written in a scenario, both ways.
 */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_PAGE_BYTES 4096u

struct text_unit {
	const char *name;
	uint64_t factor;
};

/* Largest first, so that printing finds the shortest form. */
static const struct text_unit text_byte_units[] = {
	{ "TiB", UINT64_C(1) << 40 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "B", 1 },
	{ NULL, 0 }
};

static const struct text_unit text_time_units[] = {
	{ "min", UINT64_C(60000000000) },
	{ "s", 1000000000 },
	{ "ms", 1000000 },
	{ "us", 1000 },
	{ "ns", 1 },
	{ NULL, 0 }
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static bool
text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
text_fail(struct text_why *why, const char *reason)
{
	*why = (struct text_why){ .from = "" };
	snprintf(why->text, sizeof(why->text), "%s", reason);
	return false;
}

/* The same, and what is meant by the word. */
static bool
text_fail_for(struct text_why *why, const char *reason, const char *from, const char *to)
{
	text_fail(why, reason);
	snprintf(why->from, sizeof(why->from), "%s", from);
	snprintf(why->to, sizeof(why->to), "%s", to);
	return false;
}

bool
text_scan_number(const char *s, uint64_t *value, const char **end, struct text_why *why)
{
	bool is_hex = s[0] == '0' && s[1] == 'x';
	char *behind;

	if (s[0] == '-')
		return text_fail(why, "a negative number has no meaning here");
	if (is_hex ? strspn(s + 2, "0123456789abcdefABCDEF") == 0 : !text_is_digit(*s))
		return text_fail(why, is_hex ? "no digits after 0x" : "a number is expected");
	if (s[0] == '0' && text_is_digit(s[1]))
		return text_fail(why, "a number has no leading zeros");
	errno = 0;
	*value = strtoull(s, &behind, is_hex ? 16 : 10);
	*end = behind;
	return errno == 0 || text_fail(why, "the number is too large");
}

bool
text_is(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && strncmp(text, word, length) == 0;
}

/* The row of a unit in one of the tables, or NULL. */
static const struct text_unit *
text_find_unit(const struct text_unit *units, const char *unit, size_t length)
{
	for (; units->factor != 0; units++)
		if (text_is(unit, length, units->name))
			return units;
	return NULL;
}

/* `1.5GiB` as `1536MiB`: the largest smaller unit in which it is whole; false if none is. */
static bool
text_whole(uint64_t whole, const char *fraction, const struct text_unit *unit,
    struct text_why *why)
{
	uint64_t part = 0, scale = 1, value;

	for (; text_is_digit(*fraction); fraction++) {
		if (__builtin_mul_overflow(part, 10, &part) ||
		    __builtin_mul_overflow(scale, 10, &scale))
			return false;
		part += (uint64_t)(*fraction - '0');
	}
	for (const struct text_unit *below = unit + 1; below->factor != 0; below++) {
		uint64_t ratio = unit->factor / below->factor;

		if (__builtin_mul_overflow(part, ratio, &value) || value % scale != 0 ||
		    __builtin_mul_overflow(whole, ratio, &ratio) ||
		    __builtin_add_overflow(ratio, value / scale, &value))
			continue;
		text_fail(why, "");
		snprintf(why->to, sizeof(why->to), "%" PRIu64 "%s", value, below->name);
		snprintf(why->text, sizeof(why->text), "a number is whole: write %s", why->to);
		return true;
	}
	return false;
}

static void
text_explain_fraction(const char *s, const char *point, struct text_why *why)
{
	const char *unit = point + 1 + strspn(point + 1, TEXT_DIGITS), *end;
	const struct text_unit *found;
	const char *behind;
	uint64_t whole;

	unit += *unit == ' ';
	end = unit + strspn(unit, TEXT_LETTERS);
	found = text_find_unit(text_byte_units, unit, (size_t)(end - unit));
	if (found == NULL)
		found = text_find_unit(text_time_units, unit, (size_t)(end - unit));
	if (strncmp(unit, "page", 4) == 0)
		text_fail(why, "pages are counted whole");
	else if (found == NULL || !text_scan_number(s, &whole, &behind, why) ||
	    !text_whole(whole, point + 1, found, why))
		text_fail(why, "a whole number is expected");
	else
		snprintf(why->from, sizeof(why->from), "%.*s", (int)(end - s), s);
}

bool
text_explain_number(const char *s, const char *end, struct text_why *why)
{
	if (end[0] == '.' && end[1] != '.')
		text_explain_fraction(s, end, why);
	else if (end[0] == '_' || end[0] == ',' || end[0] == '\'')
		text_fail(why, "digits are written without separators");
	else if ((end[0] == 'e' || end[0] == 'E') &&
	    text_is_digit(end[1 + (end[1] == '+' || end[1] == '-')]))
		text_fail(why, "a number is written out, without an exponent");
	else
		return false;
	return true;
}

bool
text_parse_number(const char *s, uint64_t *value, struct text_why *why)
{
	const char *end;

	if (!text_scan_number(s, value, &end, why))
		return false;
	if (*end == '\0')
		return true;
	if (text_explain_number(s, end, why))
		return false;
	return text_fail(why, "a bare number is expected, decimal or 0x");
}

/* The unit behind a number: at most one space, then the rest of the string. */
static bool
text_scan_unit(const char *s, uint64_t *number, const char **unit, struct text_why *why)
{
	if (!text_scan_number(s, number, unit, why))
		return false;
	if (text_explain_number(s, *unit, why))
		return false;
	if (**unit == ' ')
		(*unit)++;
	return true;
}

bool
text_is_time_unit(const char *unit, size_t length)
{
	return text_is(unit, length, "ticks") ||
	    text_find_unit(text_time_units, unit, length) != NULL;
}

static bool
text_fail_unit(struct text_why *why, const char *unit, size_t length, bool is_time)
{
	char word[32];
	struct text_nearest near;

	snprintf(word, sizeof(word), "%.*s", (int)(length < 31 ? length : 31), unit);
	near = text_nearest(word);
	text_nearest_offer(&near, is_time ? "ticks" : "pages");
	for (const struct text_unit *u = is_time ? text_time_units : text_byte_units;
	    u->factor != 0; u++)
		text_nearest_offer(&near, u->name);
	text_fail_for(why, "", word, text_nearest_is_sure(&near) ? near.best : "");
	snprintf(why->text, sizeof(why->text), "unknown unit \"%s\" of %s (%s)%s", word,
	    is_time ? "time" : "amount",
	    is_time ? "ns us ms s min ticks" : "pages B KiB MiB GiB TiB",
	    text_nearest_hint(&near, ""));
	return false;
}

static bool
text_scale_bytes(uint64_t number, uint64_t factor, uint64_t *pages, struct text_why *why)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(number, factor, &bytes) || bytes > INT64_MAX)
		return text_fail(why, "the amount is too large");
	if (bytes % TEXT_PAGE_BYTES != 0)
		return text_fail(why, "an amount in bytes must be a multiple of 4KiB");
	*pages = bytes / TEXT_PAGE_BYTES;
	return true;
}

bool
text_scale_amount(uint64_t number, const char *unit, size_t length, uint64_t *pages,
    struct text_why *why)
{
	const struct text_unit *found;

	if (length == 0 || text_is(unit, length, "pages") ||
	    text_is(unit, length, "page")) {
		*pages = number;
		return number <= TEXT_PAGES_MAX ? true :
		    text_fail(why, "the amount is too large");
	}
	found = text_find_unit(text_byte_units, unit, length);
	return found != NULL ? text_scale_bytes(number, found->factor, pages, why) :
	    text_fail_unit(why, unit, length, false);
}

bool
text_scale_time(uint64_t number, const char *unit, size_t length, struct scenario_time *t,
    struct text_why *why)
{
	const struct text_unit *found = text_find_unit(text_time_units, unit, length);

	t->value = number;
	t->unit = SCENARIO_NS;
	if (length == 0)
		return number == 0 ? true :
		    text_fail(why, "a time needs a unit: ns us ms s min ticks");
	if (text_is(unit, length, "ticks")) {
		t->unit = SCENARIO_TICKS;
		return number <= UINT32_MAX ? true :
		    text_fail(why, "the time is too large");
	}
	if (found == NULL)
		return text_fail_unit(why, unit, length, true);
	return !__builtin_mul_overflow(number, found->factor, &t->value) && t->value <= INT64_MAX ?
	    true : text_fail(why, "the time is too large");
}

bool
text_parse_amount(const char *s, uint64_t *pages, struct text_why *why)
{
	uint64_t number;
	const char *unit;

	return text_scan_unit(s, &number, &unit, why) &&
	    text_scale_amount(number, unit, strlen(unit), pages, why);
}

bool
text_parse_time(const char *s, struct scenario_time *t, struct text_why *why)
{
	uint64_t number;
	const char *unit;

	return text_scan_unit(s, &number, &unit, why) &&
	    text_scale_time(number, unit, strlen(unit), t, why);
}

/* The digits after a decimal point as millionths of a hundred: four at most. */
static bool
text_scan_percent_fraction(const char **s, uint64_t *ppm, struct text_why *why)
{
	uint64_t weight = 1000;

	if (!text_is_digit(**s))
		return text_fail(why, "digits are expected after the decimal point");
	for (; text_is_digit(**s); (*s)++, weight /= 10) {
		if (weight == 0)
			return text_fail(why, "a percentage has at most four decimals");
		*ppm += (uint64_t)(**s - '0') * weight;
	}
	return true;
}

bool
text_parse_percent(const char *s, uint64_t *ppm, struct text_why *why)
{
	uint64_t whole;

	if (s[0] == '0' && s[1] == 'x')
		return text_fail(why, "a percentage is a decimal number");
	if (!text_scan_number(s, &whole, &s, why))
		return false;
	*ppm = (whole > 100 ? 101 : whole) * 10000;
	if (*s == '.') {
		s++;
		if (!text_scan_percent_fraction(&s, ppm, why))
			return false;
	}
	if (strcmp(s, "%") != 0)
		return text_fail(why, "a percentage ends in %");
	if (*ppm > SCENARIO_CERTAIN_PPM)
		return text_fail(why, "a percentage is at most 100%");
	if (*ppm == 0)
		return text_fail(why, "with 0% it would never happen");
	return true;
}

void
text_print_amount(uint64_t pages, FILE *f)
{
	fprintf(f, pages == 1 ? "%" PRIu64 " page" : "%" PRIu64 " pages", pages);
}

/* In the largest unit that fits, 0 in none. */
static void
text_print_unit(uint64_t value, const struct text_unit *unit, FILE *f)
{
	while (value % unit->factor != 0)
		unit++;
	fprintf(f, "%" PRIu64 "%s", value / unit->factor, value != 0 ? unit->name : "");
}

void
text_print_bytes(uint64_t pages, FILE *f)
{
	text_print_unit(pages * TEXT_PAGE_BYTES, text_byte_units, f);
}

void
text_print_time(struct scenario_time t, FILE *f)
{
	if (t.unit == SCENARIO_TICKS)
		fprintf(f, "%" PRIu64 "ticks", t.value);
	else
		text_print_unit(t.value, text_time_units, f);
}

/* Digits behind the point without the zeros at the end. */
static void
text_decimals(uint64_t rest, int digits, char *text)
{
	text[digits] = '\0';
	for (int i = digits; i-- > 0; rest /= 10)
		text[i] = (char)('0' + rest % 10);
	for (int i = digits; i-- > 0 && text[i] == '0'; )
		text[i] = '\0';
}

void
text_duration(uint64_t ns, char *text, size_t size)
{
	const struct text_unit *unit = &text_time_units[1];	/* seconds */
	int digits = 9;
	char behind[16];

	for (; ns != 0 && ns < unit->factor; unit++)
		digits -= 3;
	text_decimals(ns % unit->factor, digits, behind);
	snprintf(text, size, "%" PRIu64 "%s%s%s", ns / unit->factor, behind[0] != '\0' ? "." : "",
	    behind, unit->name);
}

void
text_print_percent(uint64_t ppm, FILE *f)
{
	char behind[8];

	text_decimals(ppm % 10000, 4, behind);
	fprintf(f, "%" PRIu64 "%s%s%%", ppm / 10000, behind[0] != '\0' ? "." : "", behind);
}

void
text_print_wrapped(const char *text, unsigned column, unsigned width, FILE *f)
{
	size_t at = column, gap, length;

	for (; *text != '\0'; text += length) {
		if (*text == '\n') {
			/* An empty line has no spaces. */
			fprintf(f, "\n%*s", text[1] == '\n' ? 0 : (int)column, "");
			at = column;
			length = 1;
			continue;
		}
		gap = strspn(text, " ");
		text += gap;
		length = strcspn(text, " \n");
		if (at > column && at + gap + length > width) {
			fprintf(f, "\n%*s", (int)column, "");
			at = column;
		} else {
			at += (size_t)fprintf(f, "%*s", (int)gap, "");
		}
		fwrite(text, 1, length, f);
		at += length;
	}
	fputc('\n', f);
}

bool
text_is_name(const char *s)
{
	return *s != '\0' && strchr("_-.", *s) == NULL &&
	    s[strspn(s, TEXT_LETTERS TEXT_DIGITS "_-.")] == '\0';
}

bool
text_parse_flag(const char *s, bool *flag, struct text_why *why)
{
	/* What YAML 1.1 and other languages have. */
	static const char *const others[][2] = {
		{ "yes", "no" }, { "y", "n" }, { "on", "off" }, { "1", "0" }, { "true", "false" },
		{ "t", "f" },
	};

	*flag = strcmp(s, "true") == 0;
	if (*flag || strcmp(s, "false") == 0)
		return true;
	for (size_t i = 0; i < NELEM(others); i++)
		for (int no = 0; no < 2; no++)
			if (strcasecmp(s, others[i][no]) == 0)
				return text_fail_for(why, no ? "true or false is expected; did you "
				    "mean \"false\"?" : "true or false is expected; did you mean "
				    "\"true\"?", s, no ? "false" : "true");
	return text_fail(why, "true or false is expected");
}

bool
text_list_has(const char *const *list, const char *word)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/* ---- did you mean ---- */

#define TEXT_WORD_MAX 128

/*
 * Edit distance with swaps of neighbours, blind to case, over three rolling rows.
 * Words longer than TEXT_WORD_MAX are never near.
 */
static size_t
text_distance(const char *a, const char *b)
{
	size_t rows[3][TEXT_WORD_MAX + 1], na = strlen(a), nb = strlen(b);
	size_t *above = rows[0], *now = rows[1], *older = rows[2], *spare;

	if (na > TEXT_WORD_MAX || nb > TEXT_WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= nb; j++)
		above[j] = older[j] = j;
	for (size_t i = 1; i <= na; i++) {
		now[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			char ca = text_lower(a[i - 1]), cb = text_lower(b[j - 1]);

			now[j] = above[j - 1] + (ca != cb);
			if (above[j] < now[j])
				now[j] = above[j] + 1;
			if (now[j - 1] < now[j])
				now[j] = now[j - 1] + 1;
			if (i > 1 && j > 1 && ca == text_lower(b[j - 2]) &&
			    cb == text_lower(a[i - 2]) && older[j - 2] + 1 < now[j])
				now[j] = older[j - 2] + 1;
		}
		spare = older;
		older = above;
		above = now;
		now = spare;
	}
	return above[nb];
}

struct text_nearest
text_nearest(const char *word)
{
	size_t length = strlen(word);

	/* Farther than this the guess would only confuse. */
	return (struct text_nearest){
		.word = word, .distance = length <= 2 ? 2 : length / 3 + 2, .second = SIZE_MAX,
	};
}

void
text_nearest_offer(struct text_nearest *near, const char *candidate)
{
	size_t d = text_distance(near->word, candidate);
	size_t length = strlen(near->word);

	/* A word broken off is a good guess, however much is missing. */
	if (length >= 3 && strncmp(near->word, candidate, length) == 0 && d > 1)
		d = 1;

	if (near->best != NULL && strcmp(near->best, candidate) == 0)
		return;
	/* A candidate that shares no letter with the word is no guess at all. */
	if (d < near->distance && d < length) {
		if (near->best != NULL)
			near->second = near->distance;
		near->distance = d;
		near->best = candidate;
	} else if (d < near->second) {
		near->second = d;
	}
}

void
text_nearest_offer_all(struct text_nearest *near, const char *const *candidates)
{
	for (; *candidates != NULL; candidates++)
		text_nearest_offer(near, *candidates);
}

bool
text_nearest_is_sure(const struct text_nearest *near)
{
	return near->best != NULL && 3 * near->distance <= strlen(near->word) &&
	    near->second >= near->distance + (near->distance > 0 ? 2 : 1);
}

void
text_nearest_repair(const struct text_nearest *near, struct diag_list *diags)
{
	if (text_nearest_is_sure(near))
		diag_repair(diags, near->word, near->best);
}

const char *
text_nearest_hint(struct text_nearest *near, const char *otherwise)
{
	if (near->best == NULL)
		return otherwise;
	snprintf(near->hint, sizeof(near->hint), "; did you mean \"%s\"?", near->best);
	return near->hint;
}
