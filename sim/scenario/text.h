/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers, amounts, times and names as they are written in a scenario, both ways.
 *
 * Every text_parse_* takes a whole string and returns true, or false with the reason
 * in `why` (one clause, for the middle of a message).
 */
#ifndef VIOSIM_SCENARIO_TEXT_H
#define VIOSIM_SCENARIO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "scenario.h"

struct text_why {
	char text[256];
	char from[32], to[32];	/* what is meant, for diag_repair(); "": not known */
};

/* The reason, and false. */
bool	text_fail(struct text_why *, const char *reason);

/* Largest amount: its bytes still fit a signed 64-bit number. */
#define TEXT_PAGES_MAX ((uint64_t)INT64_MAX / 4096)

/* Decimal, or hexadecimal after 0x; nothing else, no sign. */
bool	text_parse_number(const char *, uint64_t *, struct text_why *);

/* `1024 pages`, `4MiB`, `1024`: pages.  One space before the unit at most. */
bool	text_parse_amount(const char *, uint64_t *pages, struct text_why *);

/* `1s`, `50 ms`, `3ticks`, `0`. */
bool	text_parse_time(const char *, struct scenario_time *, struct text_why *);

/* `10%`, `0.25%`: up to 100 and down to 0.0001, in millionths. */
bool	text_parse_percent(const char *, uint64_t *ppm, struct text_why *);

/* A number at the start of a longer text; *end is what follows. */
bool	text_scan_number(const char *, uint64_t *, const char **end, struct text_why *);

/*
 * What stands directly behind a number that ended at `end` although it belongs to it: a
 * fraction, an exponent, a separator.  True, with the reason, if there is such a thing.
 */
bool	text_explain_number(const char *number, const char *end, struct text_why *);

/* Scale a number by the unit of `length` bytes that follows it. */
bool	text_scale_amount(uint64_t number, const char *unit, size_t length, uint64_t *pages,
	    struct text_why *);
bool	text_scale_time(uint64_t number, const char *unit, size_t length,
	    struct scenario_time *, struct text_why *);
bool	text_is_time_unit(const char *unit, size_t length);

/* They read back as the same value. */
void	text_print_amount(uint64_t pages, FILE *);	/* `300 pages` */
void	text_print_bytes(uint64_t pages, FILE *);	/* `64MiB`, the largest unit that fits */
void	text_print_time(struct scenario_time, FILE *);
/* The shortest exact form, with decimals: "1.5ms", "30s", "0s". */
void	text_duration(uint64_t ns, char *text, size_t size);
void	text_print_percent(uint64_t ppm, FILE *);

/*
 * Words from a column on, which the stream has reached, with line breaks before column `width`;
 * the text's own line breaks stay.  Ends with a newline.
 */
void	text_print_wrapped(const char *text, unsigned column, unsigned width, FILE *);

/* For strspn(3).  ASCII only: the locale must not decide what a scenario means. */
#define TEXT_DIGITS "0123456789"
#define TEXT_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* A letter or digit, then letters, digits, `_` `-` `.`. */
bool	text_is_name(const char *);

/* Is the text of `length` bytes that word? */
bool	text_is(const char *text, size_t length, const char *word);

/* True for true, false for false, else an error. */
bool	text_parse_flag(const char *, bool *, struct text_why *);

/* Search for the name most like a mistyped one. */
struct text_nearest {
	const char *word;
	const char *best;	/* NULL: nothing is near */
	size_t distance;
	size_t second;		/* of the next best */
	char hint[200];		/* of text_nearest_hint() */
};
struct text_nearest text_nearest(const char *word);
void	text_nearest_offer(struct text_nearest *, const char *candidate);
void	text_nearest_offer_all(struct text_nearest *, const char *const *candidates);

/* `; did you mean "x"?`, good as long as the search; `otherwise` if nothing is near. */
const char *text_nearest_hint(struct text_nearest *, const char *otherwise);

/* Is it the only one that can be meant? */
bool	text_nearest_is_sure(const struct text_nearest *);
/* Then the latest error is repaired by it. */
void	text_nearest_repair(const struct text_nearest *, struct diag_list *);

bool	text_list_has(const char *const *list, const char *word);

#endif
