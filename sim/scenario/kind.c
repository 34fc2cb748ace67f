/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds of values: a row each, and whether two values are the same.
 */
#include <string.h>

#include "table.h"

/* ---- the rows ---- */

#define NUMBER TABLE_NUMBER
#define TIME "(0|" NUMBER " ?(ns|us|ms|s|min|ticks))"
#define PATTERN(p) "{\"type\": \"string\", \"pattern\": \"" p "\"}"
#define ANY_SCALAR "{\"type\": [\"string\", \"number\", \"boolean\"]}"
#define A_NAME "{\"type\": \"number\"}, " PATTERN("^[A-Za-z0-9][A-Za-z0-9_.-]*$")
#define A_LIST(item) "{\"type\": \"array\", \"minItems\": 1, \"items\": " item

#define BYTES(form_, ...) { .holds = HOLDS_BYTES, .form = form_, __VA_ARGS__ }
#define TEXT(form_, ...) { .holds = HOLDS_TEXT, .form = form_, __VA_ARGS__ }
#define OTHER(form_, ...) { .holds = HOLDS_OTHER, .form = form_, __VA_ARGS__ }
#define LIST(type, form_, ...) \
	{ .holds = HOLDS_LIST, .item = sizeof(type), .form = form_, __VA_ARGS__ }

const struct field_row field_kinds[FIELD_KINDS] = {
	[FIELD_FORMAT] = BYTES("a number", .schema = "{\"const\": 1}"),
	[FIELD_PATH] = TEXT("area/situation", .schema = "{\"type\": \"number\"}, "
	    PATTERN("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")),
	[FIELD_TEXT] = TEXT("text", .schema = ANY_SCALAR),
	[FIELD_NAME] = TEXT("a name", .schema = A_NAME),
	[FIELD_VOCAB] = TEXT("a name"),
	[FIELD_SOURCE] = TEXT("config or a queue"),
	[FIELD_FAULT] = TEXT("a call or a fault"),
	[FIELD_HEAL] = TEXT("an id or all", .schema = A_NAME),
	[FIELD_FLAG] = BYTES("true or false", .schema = "{\"type\": \"boolean\"}"),
	[FIELD_CHOICE] = BYTES("true or false", .schema = "{\"type\": \"boolean\"}"),
	[FIELD_WORD] = BYTES(NULL),
	[FIELD_COUNT] = BYTES("a number"),
	[FIELD_TIMES] = BYTES("a number or forever"),
	[FIELD_AMOUNT] = BYTES("an amount"),
	[FIELD_PERCENT] = BYTES("a percentage",
	    .schema = PATTERN("^(0|[1-9][0-9]*)(\\\\.[0-9]{1,4})?%$")),
	[FIELD_TIME] = OTHER("a time", .schema = "{\"const\": 0}, " PATTERN("^" TIME "$")),
	[FIELD_AT] = OTHER("a time", .schema = "{\"const\": 0}, " PATTERN("^\\\\+?" TIME "$")),
	[FIELD_POINT] = OTHER("a point", .schema = PATTERN("^([a-z][a-z0-9_]*(#[1-9][0-9]*)?"
	    "( entry| before| after)?|line [1-9][0-9]*(#[1-9][0-9]*)?)$")),
	[FIELD_EXPECT] = OTHER("an expectation", .schema = ANY_SCALAR),
	[FIELD_MAP] = OTHER("a map"),
	[FIELD_OWN] = OTHER("a map"),
	[FIELD_NAMES] = LIST(const char *, "a list of names"),
	[FIELD_VOCAB_LIST] = LIST(const char *, "a list of names"),
	[FIELD_AMOUNTS] = LIST(uint64_t, "a list of amounts"),
	[FIELD_SEGMENTS] = LIST(struct scenario_segment, "a list of maps"),
	[FIELD_MACHINES] = LIST(struct scenario_machine, "a list of maps"),
	[FIELD_CLAIMS] = LIST(struct scenario_claim, "a list of expectations"),
	[FIELD_STEPS] = LIST(struct scenario_step, "a list of steps"),
	[FIELD_TRACE] = LIST(struct scenario_event, "a list of events",
	    .schema = A_LIST("{\"$ref\": \"#/$defs/event\"}}")),
	[FIELD_SEED] = LIST(uint64_t, "a number"),
	[FIELD_SEEDS] = LIST(uint64_t, "a range or a list",
	    .schema = PATTERN("^[0-9a-fA-Fx]+\\\\.\\\\.[0-9a-fA-Fx]+$") ", "
	    A_LIST("{\"type\": \"integer\", \"minimum\": 0}, \"uniqueItems\": true}")),
	[FIELD_MATRIX] = OTHER("a map", .schema = "{\"type\": \"object\", \"minProperties\": 1, "
	    "\"additionalProperties\": {\"type\": \"array\", \"minItems\": 1, "
	    "\"uniqueItems\": true, \"items\": " ANY_SCALAR "}}"),
	[FIELD_EXTENDS] = OTHER("a path", .schema = ANY_SCALAR),
};

/* ---- are two values the same? ---- */

static bool
text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
time_equal(struct scenario_time a, struct scenario_time b)
{
	return a.unit == b.unit && a.value == b.value;
}

static bool
point_equal(const struct scenario_point *a, const struct scenario_point *b)
{
	return a->given == b->given && (!a->given || (a->place == b->place &&
	    text_equal(a->name, b->name) && a->line == b->line && a->nth == b->nth &&
	    a->after == b->after));
}

bool
step_equal(const struct scenario_step *a, const struct scenario_step *b)
{
	const struct field *f = &a->row->field;

	return a->row == b->row && map_equal(&map_step, a, b) &&
	    field_equal(f, field_value(f, a), field_value(f, b));
}

/* An element of a list. */
static bool
item_equal(const struct field *f, const void *a, const void *b)
{
	switch (f->kind) {
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		return text_equal(*(const char *const *)a, *(const char *const *)b);
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		return map_equal(f->map, a, b);
	case FIELD_STEPS:
		return step_equal(a, b);
	case FIELD_TRACE:
		return text_equal(((const struct scenario_event *)a)->text,
		    ((const struct scenario_event *)b)->text);
	default:
		return memcmp(a, b, field_kinds[f->kind].item) == 0;
	}
}

/* No list is another than an empty one, where either can be given. */
static bool
list_equal(const struct field *f, const struct scenario_list *a, const struct scenario_list *b)
{
	bool can_be_empty = f->kind == FIELD_NAMES || f->kind == FIELD_VOCAB_LIST;

	if (a->count != b->count || (can_be_empty && (a->item == NULL) != (b->item == NULL)))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!item_equal(f, (const char *)a->item + i * field_kinds[f->kind].item,
		    (const char *)b->item + i * field_kinds[f->kind].item))
			return false;
	return true;
}

static bool
other_equal(const struct field *f, const void *a, const void *b)
{
	const struct scenario_at *at_a = a, *at_b = b;
	const struct scenario_own *own_a = a, *own_b = b;
	const struct expect *const *expect_a = a, *const *expect_b = b;

	switch (f->kind) {
	case FIELD_TIME:
		return time_equal(*(const struct scenario_time *)a,
		    *(const struct scenario_time *)b);
	case FIELD_AT:
		return at_a->when == at_b->when && (at_a->when == SCENARIO_AT_ONCE ||
		    time_equal(at_a->time, at_b->time));
	case FIELD_POINT:
		return point_equal(a, b);
	case FIELD_EXPECT:
		return *expect_a == *expect_b || (*expect_a != NULL && *expect_b != NULL &&
		    text_equal((*expect_a)->text, (*expect_b)->text));
	case FIELD_MAP:
		return map_equal(f->map, a, b);
	case FIELD_OWN:
		return own_a->map == own_b->map &&
		    map_equal(own_a->map, own_a->object, own_b->object);
	default:
		return true;
	}
}

bool
field_equal(const struct field *f, const void *a, const void *b)
{
	switch (field_kinds[f->kind].holds) {
	case HOLDS_BYTES:
		return memcmp(a, b, f->size) == 0;
	case HOLDS_TEXT:
		return text_equal(*(const char *const *)a, *(const char *const *)b);
	case HOLDS_LIST:
		return list_equal(f, a, b);
	case HOLDS_OTHER:
		break;
	}
	return other_equal(f, a, b);
}

bool
map_equal(const struct map *map, const void *a, const void *b)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct field *f = &map->fields[i];

		if (!field_equal(f, field_value(f, a), field_value(f, b)))
			return false;
	}
	return true;
}
