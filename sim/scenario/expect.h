/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Expectations: `term (+|- term)* op term ...` over what can be observed.
 *
 * An expectation is parsed once, with positions, and evaluated as often as wanted
 * through two callbacks; this file knows no machine and no device.
 */
#ifndef VIOSIM_SCENARIO_EXPECT_H
#define VIOSIM_SCENARIO_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "diag.h"

struct arena;
struct device;
struct expect_env;
struct expect_term;
struct scenario_vocab;

/*
 * What a term's value is.  A bare number fits PAGES, COUNT and ANY; 0 fits TIME too.
 * Values of different kinds are not compared or added (an error when parsed).
 */
enum expect_type {
	EXPECT_PAGES,		/* pages of 4 KiB */
	EXPECT_COUNT,		/* how often, how many */
	EXPECT_TIME,		/* ns */
	EXPECT_ANY,		/* a number of unknown meaning (sysctl) */
	EXPECT_STATE,		/* one of a few words; == and != only */
};

/* Whose it is, and what bounds it from above whatever the driver does. */
enum expect_flag {
	EXPECT_32BIT = 1,	/* it has 32 bits */
	EXPECT_MEMORY = 2,	/* the memory of the machine */
	EXPECT_CLAIMED = 4,	/* memory and what the device is made to claim, if all is right */
	EXPECT_WHOLE = 8,	/* it is the memory itself: nothing with EXPECT_MEMORY is more */
	EXPECT_DEVICE = 16,	/* each device has its own: expect_device() */
};

/*
 * Something that can be observed.  In a pattern <q> is a queue, <fn> a kernel call, <feature> and
 * <fault> are such names, <id> is the id of a `fail` step, <path> the rest of a sysctl name; each
 * is the term's `arg`.
 */
struct observable {
	const char *pattern;	/* "vq.<q>.kicks"; NULL ends a table */
	enum expect_type type;
	const char *const *words;	/* EXPECT_STATE: of the values from 0; NULL at the end */
	const char *help;
	unsigned flags;		/* enum expect_flag */
	/*
	 * The value now: pages, count, ns or a state's number, after its type; false if there
	 * is no such thing now (no such sysctl node).  NULL: only `log ~ "text"` asks.
	 */
	bool (*value)(const struct expect_env *, const struct expect_term *, int64_t *value);
};

enum expect_kind {
	EXPECT_NUMBER,		/* value, already in pages or a bare number */
	EXPECT_SPAN,		/* a time; in ticks if `ticks` */
	EXPECT_WORD,		/* a word of a state; value is its number */
	EXPECT_OBSERVE,		/* obs, arg */
	EXPECT_LOG_COUNT,	/* count(log ~ "text"); arg is the text */
};

struct expect_term {
	enum expect_kind kind;
	enum expect_type type;
	bool minus;		/* subtracted from what stands before it */
	bool ticks;		/* EXPECT_SPAN: value counts clock ticks, else ns */
	const struct observable *obs;	/* EXPECT_OBSERVE, and EXPECT_WORD: whose word */
	int64_t value;
	const char *arg;	/* queue, function, fail id, sysctl path, text; or NULL */
	unsigned device;	/* EXPECT_OBSERVE: of which one (0) */
	const char *text;	/* as written, for messages */
	struct loc loc;
};

struct expect_sum {
	struct expect_term *terms;
	size_t count;
};

enum expect_op {
	EXPECT_EQ,
	EXPECT_NE,
	EXPECT_LT,
	EXPECT_LE,
	EXPECT_GT,
	EXPECT_GE,
	EXPECT_IN,		/* left in right..high, both ends included */
	EXPECT_LOG,		/* log ~ "text": some console line contains the text */
};

struct expect {
	const char *text;	/* as written */
	struct loc loc;
	enum expect_op op;
	struct expect_sum left;
	struct expect_sum right;
	struct expect_sum high;	/* EXPECT_IN only */
};

struct text_nearest;

/* Does a word fit a pattern?  *arg is what stands for the part in brackets (*length 0: none). */
bool	observable_fits(const char *pattern, const char *word, const char **arg, size_t *length);

/*
 * What observables look at.
 * log_count: console lines so far that contain `text`.
 */
struct expect_env {
	const struct device *const *device;	/* by number */
	void *arg;		/* of the one who made the table */
	int64_t (*log_count)(void *arg, const char *text);
	void (*offer_sysctl)(struct text_nearest *);	/* all paths there are; or NULL */
	unsigned hz;		/* clock ticks a second, for times in ticks */
};

/* The device that a term is about. */
static inline const struct device *
expect_device(const struct expect_env *env, const struct expect_term *term)
{
	return env->device[term->device];
}

/*
 * Where the text of an expectation stands: `loc` is its first character.  `exact` says
 * that character n of the text is column loc.col + n; otherwise errors point at its start.
 * `source` is the whole file, for excerpts.
 */
struct expect_source {
	struct loc loc;
	bool exact;
	const char *source;
	size_t source_size;
	const char *used;	/* end of every message, or NULL: where a parameter is used */
};

/*
 * Parse.  All memory comes from the arena; NULL after an error, which was added to the list.
 * Names of queues and calls are checked against the vocabulary.  `fail.<id>` is not
 * checked here: the ids of a scenario are known only when all of it was read.
 */
struct expect *expect_parse(const char *text, const struct expect_source *,
	    const struct scenario_vocab *, struct arena *, struct diag_list *);

/* Is it true now?  A term that cannot be observed makes it false. */
bool	expect_holds(const struct expect *, const struct expect_env *);

/* The nth term of both sides, from 0; NULL at the end. */
const struct expect_term *expect_term_at(const struct expect *, size_t n);

/* Does it refer to the observable of that pattern? */
bool	expect_observes(const struct expect *, const char *pattern);

/* `T = V, ...`: every observable term with the value that it has now. */
void	expect_print_actual(const struct expect *, const struct expect_env *, FILE *);

/* A value as a person reads it: `300 pages`, `1.5ms`, `sleeping`. */
void	expect_print_value(const struct expect_term *, int64_t value, FILE *);

#endif
