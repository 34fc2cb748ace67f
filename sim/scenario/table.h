/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format as tables: every key of a scenario file, once.
 *
 * load.c reads by them, print.c writes by them, schema.c describes them.  A new key is one
 * row in table.c; a new kind of value is one there and one case in each of those files.
 */
#ifndef VIOSIM_SCENARIO_TABLE_H
#define VIOSIM_SCENARIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scenario.h"

struct arena;

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
	FIELD_OWN,		/* the same, of the type of device [struct scenario_own] */
	FIELD_NAMES,		/* a list of words [struct scenario_names] */
	FIELD_VOCAB_LIST,	/* a list of vocabulary words [struct scenario_names] */
	FIELD_AMOUNTS,		/* a list of amounts [struct scenario_amounts] */
	FIELD_SEGMENTS,		/* a list of memory segments [struct scenario_segments] */
	FIELD_MACHINES,		/* a list of machines [struct scenario_machines] */
	FIELD_CLAIMS,		/* a list of expectations [struct scenario_claims] */
	FIELD_STEPS,		/* [struct scenario_steps] */
	FIELD_TRACE,		/* a list of events [struct scenario_trace] */
	FIELD_SEED,		/* one seed [struct scenario_seeds] */
	FIELD_SEEDS,		/* `1..16` or a list [struct scenario_seeds] */
	FIELD_MATRIX,		/* parameters; read before everything else [nothing] */
	FIELD_EXTENDS,		/* a file; read before everything else [nothing] */
};
#define FIELD_KINDS (FIELD_EXTENDS + 1)

/* What is the same for all keys of a kind. */
struct field_row {
	enum kind_holds {
		HOLDS_OTHER,	/* a struct, or nothing */
		HOLDS_BYTES,	/* a number: bytes that can be compared */
		HOLDS_TEXT,	/* const char * */
		HOLDS_LIST,	/* an array and how many: `struct scenario_list` */
	} holds;
	size_t item;		/* HOLDS_LIST: bytes of an element */
	const char *form;	/* what can stand after the key, for people; NULL: its words */
	const char *schema;	/* in JSON Schema; NULL: not the same for all keys */
};
extern const struct field_row field_kinds[FIELD_KINDS];
#define TABLE_NUMBER "(0x[0-9a-fA-F]+|0|[1-9][0-9]*)"	/* of JSON Schema */

/* How every list of scenario.h begins. */
struct scenario_list {
	void *item;
	size_t count;
};

enum field_flag {
	FIELD_REQUIRED = 1,
	FIELD_BASE = 2,			/* may also stand in a file that is extended */
	FIELD_SILENT = 4,		/* never printed: another key says it */
	FIELD_ALWAYS = 128,		/* printed even if it is the default */
	FIELD_BYTES = 64,		/* an amount that people think of in bytes */
	/* For verbs: the keys that may stand beside them. */
	FIELD_TAKES_WITHIN = 8,
	FIELD_NEEDS_WITHIN = 16,
	FIELD_TAKES_FOR = 32,
	FIELD_TAKES_EXACTLY = 256,
	FIELD_TAKES_ON = 512,
};

/* Keys beside a verb that has the flag; ends with key NULL. */
extern const struct step_limit { const char *key; unsigned flag; } step_limits[];

struct field_word {
	const char *word;
	int value;
};

struct field {
	const char *key;
	enum field_kind kind;
	unsigned flags;			/* enum field_flag */
	size_t offset, size;		/* of the value in the map's struct */
	const struct field_word *words;	/* FIELD_WORD; ends with word NULL */
	const struct map *map;		/* FIELD_MAP, FIELD_OWN (NULL: the type's `device:`) */
	size_t vocab;			/* FIELD_VOCAB(_LIST): offset in struct scenario_vocab */
	uint64_t min, max;		/* numbers and amounts; max 0: no bound */
	const char *help;
};

struct map_check;

struct map {
	const char *name;		/* as it is called in messages */
	const struct field *fields;
	size_t count;
	size_t size;			/* of the struct */
	const void *defaults;		/* such a struct */
	size_t scalars;			/* a single value stands for the first so many keys */
	/* What no single key can tell: reports errors by map_error(); or NULL. */
	void (*check)(struct map_check *, const void *object);
};

/* For a check: does the key stand in the map (false where one value stands for it)? */
bool	map_has(const struct map_check *, const char *key);
/* An error at the value of a key, or at the map (key NULL, or not there). */
void	map_error(struct map_check *, const char *key, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* Does a parameter of the matrix (`$name`) stand there? */
bool	map_is_param(const struct map_check *, const char *key);
/* A flag that only means something when it is true. */
void	map_only_true(struct map_check *, const char *key, bool value);

/*
 * A verb.  Its data are in the step at field.offset: a struct of field.map in `own` if it is of
 * a type of device (field.kind FIELD_OWN).
 */
struct verb {
	struct field field;
	enum scenario_verb id;
	uint16_t code;			/* of its events (EV_STEP), never to be changed */
	/* At the head of the list it is done before the driver attaches; NULL: never. */
	bool (*prepares)(const struct scenario_step *);
	/* Explorers move no act of the host across it; NULL: they may. */
	bool (*is_barrier)(const struct scenario_step *);
	/* A step lasts so long at least, by its data (NULL: no time); the key that says so. */
	uint64_t (*least_ns)(const void *data, uint64_t hz);
	const char *least_key;
	/*
	 * What only the steps before tell, in order of the steps; `memory` is 0 at the first
	 * and the type's own.  Errors by map_error(); or NULL.
	 */
	void (*check)(struct map_check *, const void *data, uint64_t *memory);
};

/* What a type of device adds to the language. */
struct scenario_type {
	const char *name;		/* `device: {type: NAME}` */
	const char *const *queues;	/* names of those that complete requests; NULL at the end */
	const char *const *features, *const *feature_texts;	/* likewise, in one order */
	const struct map *device;	/* keys of `device:`, `type` among them */
	const struct verb *const *verbs;	/* all verbs, in order; NULL at the end */
	const struct observable *observables;	/* ends with pattern NULL */
	const char *example;			/* a scenario with comments, for `viosim new` */
	/* The most that the device is made to say of itself, in pages; or NULL. */
	uint64_t (*claimed_pages)(const struct scenario *);
};

extern const struct map map_scenario;
extern const struct map map_machine;
extern const struct map map_segment;
extern const struct map map_claim;
extern const struct map map_deliver;	/* of types that add nothing to it */
extern const struct map map_step;	/* name, at, within, for, on */

/* For verb.prepares and verb.is_barrier: true. */
bool	verb_always(const struct scenario_step *);

/* The verbs that every scenario has, for the lists of the types. */
extern const struct verb scenario_verbs[SCENARIO_STEP_OWN];
#define SCENARIO_VERB(id) &scenario_verbs[SCENARIO_STEP_##id]

/* The type's row of a verb, or NULL. */
const struct verb *verb_find(const struct scenario_type *, const char *key);
/* The row that a type has for a verb that every scenario has. */
const struct verb *verb_of(const struct scenario_type *, enum scenario_verb);

/* for (each of its keys in order): `f` points to it. */
#define map_each(f, map) \
	for (const struct field *f = (map)->fields; f < (map)->fields + (map)->count; f++)
/* The key's row, or NULL. */
const struct field *map_find(const struct map *, const char *key);

/* The row of a key at the top, of a step, or of a verb that every scenario has; or NULL. */
const struct field *field_named(const char *key);

/* The map of a FIELD_MAP or FIELD_OWN. */
const struct map *field_map(const struct field *, const struct scenario_type *);

/* A struct of the map with its defaults; from the arena. */
void	*map_new(const struct map *, struct arena *);
/* The defaults of the map's keys; what else the struct has stays. */
void	map_defaults(const struct map *, void *object);

const char *const *field_vocab(const struct field *, const struct scenario_vocab *);

/* Is there a fault of this kernel call? */
bool	vocab_call_can_fail(const struct scenario_vocab *, const char *call);

/* The word of a value, or NULL. */
const char *field_word_of(const struct field_word *, int value);

/* Are two values the same, whatever place they were written at? */
bool	field_equal(const struct field *, const void *a, const void *b);
bool	map_equal(const struct map *, const void *a, const void *b);
bool	step_equal(const struct scenario_step *, const struct scenario_step *);

/* A value as it is written in a file; `whole`: with all that has its default. */
void	field_print(const struct field *, const void *value, bool whole, FILE *);

/* A text of YAML, in quotes where it needs them. */
void	text_print_yaml(const char *, FILE *);

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

/* The struct of the verb's map, or the value that the verb has. */
static inline const void *
step_data(const struct scenario_step *step)
{
	return step->verb == SCENARIO_STEP_OWN ? step->own.object :
	    field_value(&step->row->field, step);
}

/* ---- for those who write rows: S is the struct, m the member ---- */

#define FIELD_ROW(k, kind_, flags_, S, m, help_, ...) \
	{ .key = k, .kind = kind_, .flags = flags_, .offset = offsetof(struct S, m), \
	  .size = sizeof(((struct S *)0)->m), .help = help_, __VA_ARGS__ }
#define FIELD_NAMES_OF(list) .vocab = offsetof(struct scenario_vocab, list)
#define FIELD_RANGE(lo, hi) .min = (lo), .max = (hi)

#define MAP_OF(name_, fields_, S, defaults_, ...) \
	{ .name = name_, .fields = fields_, .count = sizeof(fields_) / sizeof((fields_)[0]), \
	  .size = sizeof(struct S), .defaults = defaults_, __VA_ARGS__ }

/* What a struct S has where no key says otherwise. */
#define MAP_DEFAULTS(S, ...) &(const struct S){ __VA_ARGS__ }

/* Keys of every `device:`; the struct S begins with scenario_device_common, called `common`. */
#define FIELD_ROW_TYPE(S, flags_, help_) \
	FIELD_ROW("type", FIELD_VOCAB, flags_, S, common.type, help_, FIELD_NAMES_OF(devices))
#define FIELD_ROW_FEATURES(S) \
	FIELD_ROW("features", FIELD_VOCAB_LIST, 0, S, common.features, \
	    "all features offered, or [none]; VERSION_1 comes with the transport (by model)", \
	    FIELD_NAMES_OF(features))
#define FIELD_ROW_INSTANCES(S) \
	FIELD_ROW("instances", FIELD_COUNT, 0, S, common.instances, \
	    "so many of them, on virtio0 and virtio1 (1)", FIELD_RANGE(1, SCENARIO_DEVICES_MAX))
/* The names of the devices: of the key `on`, and before an observable. */
extern const struct field_word scenario_device_words[];

/* Keys of `deliver`, which a type may have more of. */
#define FIELD_ROWS_DELIVER_FIRST \
	FIELD_ROW("irq", FIELD_SOURCE, FIELD_REQUIRED, scenario_deliver, irq, \
	    "config, or a queue"), \
	FIELD_ROW("at", FIELD_POINT, FIELD_REQUIRED, scenario_deliver, at, \
	    "the point where it comes in")
#define FIELD_ROWS_DELIVER_LAST \
	FIELD_ROW("answer", FIELD_FLAG, 0, scenario_deliver, answer, \
	    "the device completes there the oldest request of that queue, if there is " \
	    "one (false)")
extern const struct scenario_deliver default_deliver;
void	check_deliver(struct map_check *, const void *);
#define SCENARIO_VERB_DELIVER(map_) { \
	.field = FIELD_ROW("deliver", FIELD_MAP, FIELD_TAKES_ON, scenario_step, deliver, \
	    "an interrupt at an exact point", .map = map_), \
	.id = SCENARIO_STEP_DELIVER, .code = 6, .prepares = verb_always }

#endif
