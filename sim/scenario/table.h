/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format as tables: every key of a scenario file, once.
 *
 * load.c reads by them, print.c writes by them, schema.c describes them.  A new key is one
 * row here; a new kind of value is one case in each of those files.
 */
#ifndef VIOSIM_SCENARIO_TABLE_H
#define VIOSIM_SCENARIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

/* What a value looks like and, in brackets, the C type that holds it. */
enum field_kind {
	FIELD_FORMAT,		/* 1 [uint64_t] */
	FIELD_PATH,		/* area/situation [const char *] */
	FIELD_TEXT,		/* one line of text [const char *] */
	FIELD_NAME,		/* a word [const char *] */
	FIELD_VOCAB,		/* a word of a vocabulary list [const char *] */
	FIELD_SOURCE,		/* `config` or a queue [const char *] */
	FIELD_FAULT,		/* a kernel call or one of its faults [const char *] */
	FIELD_HEAL,		/* the id of a `fail` step, or all [const char *] */
	FIELD_FLAG,		/* true or false [bool] */
	FIELD_CHOICE,		/* true or false [int, enum scenario_choice] */
	FIELD_WORD,		/* one of a few words [int] */
	FIELD_COUNT,		/* a number from min to max [uint64_t] */
	FIELD_TIMES,		/* the same, or `forever` [uint64_t] */
	FIELD_AMOUNT,		/* pages, from min to max [uint64_t] */
	FIELD_PERCENT,		/* [uint64_t, millionths] */
	FIELD_TIME,		/* from min (0 or 1) on [struct scenario_time] */
	FIELD_AT,		/* when a step happens [struct scenario_at] */
	FIELD_POINT,		/* [struct scenario_point] */
	FIELD_EXPECT,		/* [struct expect *] */
	FIELD_MAP,		/* a map of its own [the struct of that map] */
	FIELD_NAMES,		/* a list of words [struct scenario_names] */
	FIELD_VOCAB_LIST,	/* a list of vocabulary words [struct scenario_names] */
	FIELD_AMOUNTS,		/* a list of amounts [struct scenario_amounts] */
	FIELD_SEGMENTS,		/* a list of memory segments [struct scenario_segments] */
	FIELD_MACHINES,		/* a list of machines [struct scenario_machines] */
	FIELD_CLAIMS,		/* a list of expectations [struct scenario_claims] */
	FIELD_STEPS,		/* [struct scenario_steps] */
	FIELD_SEED,		/* one seed [struct scenario_seeds] */
	FIELD_SEEDS,		/* `1..16` or a list [struct scenario_seeds] */
	FIELD_MATRIX,		/* parameters; read before everything else [nothing] */
	FIELD_EXTENDS,		/* a file; read before everything else [nothing] */
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_BASE = 2,			/* may also stand in a file that is extended */
	FIELD_SILENT = 4,		/* never printed: another key says it */
	FIELD_BYTES = 64,		/* an amount that people think of in bytes */
	/* For verbs: the keys that may stand beside them. */
	FIELD_TAKES_WITHIN = 8,
	FIELD_NEEDS_WITHIN = 16,
	FIELD_TAKES_FOR = 32,
};

struct field_word {
	const char *word;
	int value;
};

struct field {
	const char *key;
	enum field_kind kind;
	unsigned flags;			/* enum field_flag */
	size_t offset;			/* of the value in the map's struct */
	const struct field_word *words;	/* FIELD_WORD; ends with word NULL */
	const struct map *map;		/* FIELD_MAP */
	size_t vocab;			/* FIELD_VOCAB(_LIST): offset in struct scenario_vocab */
	uint64_t min, max;		/* numbers and amounts; max 0: no bound */
	const char *help;
};

struct map {
	const char *name;		/* as it is called in messages */
	const struct field *fields;
	size_t count;
	size_t size;			/* of the struct */
	const void *defaults;		/* such a struct */
	size_t scalars;			/* a single value stands for the first so many keys */
};

extern const struct map map_scenario;
extern const struct map map_machine;
extern const struct map map_segment;
extern const struct map map_device;
extern const struct map map_claim;
extern const struct map map_guest;
extern const struct map map_hold;
extern const struct map map_deliver;
extern const struct map map_fail;
extern const struct map map_habit;
extern const struct map map_step;	/* name, at, within, for */
extern const struct map map_verbs;	/* one key a verb, in enum scenario_verb order */

/* The key's row, or NULL. */
const struct field *map_find(const struct map *, const char *key);

const char *const *field_vocab(const struct field *, const struct scenario_vocab *);

/* Is there a fault of this kernel call? */
bool	vocab_call_can_fail(const struct scenario_vocab *, const char *call);

/* The word of a value; the value must be in the table. */
const char *field_word_of(const struct field_word *, int value);

/* Bytes of a value of this kind. */
size_t	field_size(const struct field *);

/* Are two values the same, whatever place they were written at? */
bool	field_equal(const struct field *, const void *a, const void *b);
bool	map_equal(const struct map *, const void *a, const void *b);
bool	step_equal(const struct scenario_step *, const struct scenario_step *);

static inline void *
field_slot(const struct field *f, void *object)
{
	return (unsigned char *)object + f->offset;
}

static inline const void *
field_value(const struct field *f, const void *object)
{
	return (const unsigned char *)object + f->offset;
}

#endif
