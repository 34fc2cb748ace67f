/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format as tables: are two plans the same?
 */
#include <string.h>

#include "table.h"

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
expect_equal(const struct expect *a, const struct expect *b)
{
	return a == b || (a != NULL && b != NULL && text_equal(a->text, b->text));
}

static bool
names_equal(const struct scenario_names *a, const struct scenario_names *b)
{
	if (a->count != b->count || (a->name == NULL) != (b->name == NULL))
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!text_equal(a->name[i], b->name[i]))
			return false;
	return true;
}

static bool
numbers_equal(const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
	return na == nb && (na == 0 || memcmp(a, b, na * sizeof(*a)) == 0);
}

static bool
amounts_equal(const struct scenario_amounts *a, const struct scenario_amounts *b)
{
	return numbers_equal(a->pages, a->count, b->pages, b->count);
}

static bool
seeds_equal(const struct scenario_seeds *a, const struct scenario_seeds *b)
{
	return numbers_equal(a->seed, a->count, b->seed, b->count);
}

static bool
point_equal(const struct scenario_point *a, const struct scenario_point *b)
{
	return a->given == b->given && (!a->given || (a->place == b->place &&
	    text_equal(a->name, b->name) && a->line == b->line && a->nth == b->nth &&
	    a->after == b->after));
}

/* Arrays of maps, element by element. */
static bool
maps_equal(const struct map *map, const void *a, size_t na, const void *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!map_equal(map, (const unsigned char *)a + i * map->size,
		    (const unsigned char *)b + i * map->size))
			return false;
	return true;
}

bool
step_equal(const struct scenario_step *a, const struct scenario_step *b)
{
	const struct field *f = &a->row->field;

	return a->row == b->row && map_equal(&map_step, a, b) &&
	    field_equal(f, field_value(f, a), field_value(f, b));
}

static bool
steps_equal(const struct scenario_steps *a, const struct scenario_steps *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!step_equal(&a->step[i], &b->step[i]))
			return false;
	return true;
}

static bool
traces_equal(const struct scenario_trace *a, const struct scenario_trace *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!text_equal(a->event[i].text, b->event[i].text))
			return false;
	return true;
}

/* The array kinds of field_equal. */
static bool
list_equal(const struct field *f, const void *a, const void *b)
{
	const struct scenario_segments *sa = a, *sb = b;
	const struct scenario_machines *ma = a, *mb = b;
	const struct scenario_claims *ca = a, *cb = b;

	if (f->kind == FIELD_SEGMENTS)
		return maps_equal(&map_segment, sa->segment, sa->count, sb->segment, sb->count);
	if (f->kind == FIELD_MACHINES)
		return maps_equal(&map_machine, ma->machine, ma->count, mb->machine, mb->count);
	return maps_equal(&map_claim, ca->claim, ca->count, cb->claim, cb->count);
}

bool
field_equal(const struct field *f, const void *a, const void *b)
{
	const struct scenario_at *at_a = a, *at_b = b;
	const struct scenario_own *own_a = a, *own_b = b;

	switch (f->kind) {
	case FIELD_PATH:
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_VOCAB:
	case FIELD_SOURCE:
	case FIELD_FAULT:
	case FIELD_HEAL:
		return text_equal(*(const char *const *)a, *(const char *const *)b);
	case FIELD_FLAG:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_CHOICE:
	case FIELD_WORD:
		return *(const int *)a == *(const int *)b;
	case FIELD_FORMAT:
	case FIELD_COUNT:
	case FIELD_TIMES:
	case FIELD_AMOUNT:
	case FIELD_PERCENT:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIELD_TIME:
		return time_equal(*(const struct scenario_time *)a,
		    *(const struct scenario_time *)b);
	case FIELD_AT:
		return at_a->when == at_b->when && time_equal(at_a->time, at_b->time);
	case FIELD_POINT:
		return point_equal(a, b);
	case FIELD_EXPECT:
		return expect_equal(*(struct expect *const *)a, *(struct expect *const *)b);
	case FIELD_MAP:
		return map_equal(f->map, a, b);
	case FIELD_OWN:
		return own_a->map == own_b->map &&
		    map_equal(own_a->map, own_a->object, own_b->object);
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		return names_equal(a, b);
	case FIELD_AMOUNTS:
		return amounts_equal(a, b);
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		return list_equal(f, a, b);
	case FIELD_STEPS:
		return steps_equal(a, b);
	case FIELD_TRACE:
		return traces_equal(a, b);
	case FIELD_SEED:
	case FIELD_SEEDS:
		return seeds_equal(a, b);
	case FIELD_MATRIX:
	case FIELD_EXTENDS:
		break;
	}
	return true;
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
