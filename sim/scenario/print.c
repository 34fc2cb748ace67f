/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inverse of the loader: a plan as canonical YAML.  What has its default value is left
 * out; what the loader worked out (machines, parameters) is written out.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"
#include "table.h"
#include "text.h"

/* ---- scalars ---- */

/* May the text stand without quotes anywhere, also between braces? */
static bool
text_is_plain(const char *s)
{
	static const char *const nulls[] = { "null", "Null", "NULL", NULL };
	const char *end = s + strlen(s);

	if (text_list_has(nulls, s) || strchr(s, ':') != NULL || end == s || end[-1] == ' ')
		return false;
	if (strspn(s, TEXT_LETTERS TEXT_DIGITS) == 0)
		return false;
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || strchr("[]{},#", *s) != NULL)
			return false;
	return true;
}

void
text_print_yaml(const char *s, FILE *f)
{
	if (text_is_plain(s)) {
		fputs(s, f);
		return;
	}
	fputc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(f, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(f, "\\x%02x", (unsigned)(unsigned char)*s);
		else
			fputc(*s, f);
	}
	fputc('"', f);
}

void
scenario_point_text(const struct scenario_point *p, char *text, size_t size)
{
	char nth[24] = "";

	if (p->nth != 1)
		snprintf(nth, sizeof(nth), "#%" PRIu64, p->nth);
	switch (p->place) {
	case SCENARIO_ENTRY:
		snprintf(text, size, "%s%s entry", p->name, nth);
		break;
	case SCENARIO_CALL:
		snprintf(text, size, "%s%s %s", p->name, nth,
		    p->after ? "after" : "before");
		break;
	case SCENARIO_ACCESS:
		snprintf(text, size, "access#%" PRIu64, p->nth);
		break;
	case SCENARIO_LINE:
		snprintf(text, size, "line %u%s", p->line, nth);
		break;
	}
}

static void
print_point(const struct scenario_point *p, FILE *f)
{
	char text[256];

	scenario_point_text(p, text, sizeof(text));
	text_print_yaml(text, f);
}

/* ---- lists ---- */

static void print_map(const struct map *, const void *object, FILE *);

static void
print_item(const struct field *field, const void *item, FILE *f)
{
	const struct scenario_event *event = item;

	if (field->map != NULL)
		print_map(field->map, item, f);
	else if (field->kind == FIELD_AMOUNTS)
		text_print_amount(*(const uint64_t *)item, f);
	else if (field->kind == FIELD_SEEDS)
		fprintf(f, "%" PRIu64, *(const uint64_t *)item);
	else if (field->kind == FIELD_TRACE)
		fprintf(f, event->count > 0 ? "{%s}" : "%s", event->text);
	else
		text_print_yaml(*(const char *const *)item, f);
}

/* `[a, b]`, or claims below each other; only an offer of features can be empty. */
static void
print_items(const struct field *field, const void *value, FILE *f)
{
	const struct scenario_list *list = value;
	bool is_block = field->kind == FIELD_CLAIMS;
	size_t size = field_kinds[field->kind].item;

	fputs(is_block ? "" : list->count == 0 ? "[none" : "[", f);
	for (size_t i = 0; i < list->count; i++) {
		fputs(is_block ? "\n  - " : i > 0 ? ", " : "", f);
		print_item(field, (const char *)list->item + i * size, f);
	}
	fputs(is_block ? "" : "]", f);
}

static bool
seeds_are_a_range(const struct scenario_seeds *s)
{
	for (size_t i = 1; i < s->count; i++)
		if (s->seed[i] != s->seed[i - 1] + 1)
			return false;
	return s->count > 1;
}

static void
print_seeds(const struct field *field, const struct scenario_seeds *s, FILE *f)
{
	if (s->count == 1)
		fprintf(f, "%" PRIu64, s->seed[0]);
	else if (seeds_are_a_range(s))
		fprintf(f, "%" PRIu64 "..%" PRIu64, s->seed[0], s->seed[s->count - 1]);
	else
		print_items(field, s, f);
}

/* ---- maps ---- */

static bool field_is_worth(const struct field *, const void *object, const void *defaults);

static bool
map_is_worth(const struct map *map, const void *object)
{
	for (size_t i = 0; i < map->count; i++)
		if (field_is_worth(&map->fields[i], object, map->defaults))
			return true;
	return false;
}

/* Does the value say anything that the default does not? */
static bool
field_is_worth(const struct field *f, const void *object, const void *defaults)
{
	const void *value = field_value(f, object);
	const struct scenario_segments *segments = value;
	const struct scenario_own *own = value;

	if (f->flags & FIELD_SILENT)
		return false;
	if (f->kind == FIELD_OWN)
		return map_is_worth(own->map, own->object);
	if (f->kind == FIELD_AMOUNT && *(const uint64_t *)value == SCENARIO_UNSET)
		return false;
	if (f->kind == FIELD_SEGMENTS && segments->count == 0)
		return false;
	return (f->flags & (FIELD_REQUIRED | FIELD_ALWAYS)) ||
	    !field_equal(f, value, field_value(f, defaults));
}

/* Is there anything to print?  Absent values are those that scenario.h names. */
static bool
field_is_given(const struct field *field, const void *object)
{
	const void *value = field_value(field, object);

	if (field_kinds[field->kind].holds == HOLDS_TEXT)
		return *(const char *const *)value != NULL;
	switch (field->kind) {
	case FIELD_COUNT:
	case FIELD_TIMES:
	case FIELD_AMOUNT:
		return *(const uint64_t *)value != SCENARIO_UNSET;
	case FIELD_CHOICE:
		return *(const int *)value != SCENARIO_BY_MODEL;
	case FIELD_WORD:
		return field_word_of(field->words, *(const int *)value) != NULL;
	case FIELD_TIME:
		return scenario_time_is_given(*(const struct scenario_time *)value);
	case FIELD_VOCAB_LIST:
		return ((const struct scenario_names *)value)->name != NULL;
	case FIELD_SEGMENTS:
		return ((const struct scenario_segments *)value)->count > 0;
	case FIELD_MAP:
		for (size_t i = 0; i < field->map->count; i++)
			if (field_is_given(&field->map->fields[i], value))
				return true;
		return false;
	default:
		return true;
	}
}

/* defaults NULL: the whole map, with what has its default. */
static void
print_map_over(const struct map *map, const void *object, const void *defaults, FILE *f)
{
	const char *comma = "";

	fputc('{', f);
	map_each(field, map) {
		const void *value = field_value(field, object);

		if (defaults != NULL ? !field_is_worth(field, object, defaults) :
		    (field->flags & FIELD_SILENT) || !field_is_given(field, object))
			continue;
		fprintf(f, "%s%s: ", comma, field->key);
		field_print(field, value, defaults == NULL, f);
		comma = ", ";
	}
	fputc('}', f);
}

/* One value stands for the first keys if they have it and the rest have their defaults. */
static bool
map_is_scalar(const struct map *map, const void *object)
{
	const struct field *first = &map->fields[0], *f;

	for (size_t i = 1; i < map->count; i++) {
		f = &map->fields[i];
		if (i < map->scalars ?
		    !field_equal(f, field_value(f, object), field_value(first, object)) :
		    field_is_worth(f, object, map->defaults))
			return false;
	}
	return map->scalars > 0;
}

static void
print_map(const struct map *map, const void *object, FILE *f)
{
	if (map_is_scalar(map, object))
		field_print(&map->fields[0], field_value(&map->fields[0], object), false, f);
	else
		print_map_over(map, object, map->defaults, f);
}

/* ---- steps ---- */

/* `at` and `name` stand before the verb.  `whole`: a fault with its defaults. */
static void
print_step(const struct scenario_step *s, const char *between, bool whole, FILE *f)
{
	const struct field *verb = &s->row->field, *key;
	bool is_whole = whole && s->verb == SCENARIO_STEP_FAIL;
	const char *separator = "";

	for (size_t i = 0; i < map_step.count; i++) {
		key = &map_step.fields[i];
		if (key->offset == offsetof(struct scenario_step, within)) {
			fprintf(f, "%s%s: ", separator, verb->key);
			field_print(verb, field_value(verb, s), is_whole, f);
			separator = between;
		}
		if (!field_is_worth(key, s, map_step.defaults))
			continue;
		fprintf(f, "%s%s: ", separator, key->key);
		field_print(key, field_value(key, s), false, f);
		separator = between;
	}
}

void
scenario_step_print(const struct scenario_step *s, FILE *f)
{
	struct scenario_step bare = *s;

	bare.at.when = SCENARIO_AT_ONCE;
	bare.name = NULL;
	print_step(&bare, ", ", false, f);
}

/* When a step begins, as far as the file alone says. */
struct step_time {
	bool is_known;
	uint64_t ns;		/* since attach finished */
};

static bool
takes_no_time(const struct scenario_step *s)
{
	switch (s->verb) {
	case SCENARIO_STEP_EXPECT:
		return !scenario_time_is_given(s->within) && !scenario_time_is_given(s->lasts);
	case SCENARIO_STEP_WAIT:
	case SCENARIO_STEP_SETTLE:
		return false;
	case SCENARIO_STEP_GUEST:
		return !s->guest.reboot;
	default:
		return s->row->least_ns == NULL;
	}
}

/* The step's `at:` as an absolute time where that is the same, and a comment otherwise. */
static void
print_when(struct scenario_step *s, struct step_time *time, uint64_t hz, FILE *f)
{
	uint64_t ns = (uint64_t)scenario_time_ns(s->at.time, hz);
	struct scenario_time now = { SCENARIO_NS, time->ns };

	if (s->at.when == SCENARIO_ABSOLUTE && time->is_known && ns >= time->ns) {
		time->ns = ns;
	} else if (s->at.when == SCENARIO_RELATIVE && time->is_known) {
		time->ns += ns;
		s->at.when = SCENARIO_ABSOLUTE;
		s->at.time = (struct scenario_time){ SCENARIO_NS, time->ns };
	} else if (s->at.when == SCENARIO_AT_ONCE && time->is_known) {
		fputs("\n  # at ", f);
		text_print_time(now, f);
	} else if (s->at.when != SCENARIO_ABSOLUTE) {
		fprintf(f, "\n  # %s the step before is done", s->at.when == SCENARIO_AT_ONCE ?
		    "when" : "after");
	}
	time->is_known = time->is_known && takes_no_time(s);
}

static void
print_steps(const struct scenario *sc, bool whole, FILE *f)
{
	struct step_time time = { true, 0 };
	bool before = true;

	for (size_t i = 0; i < sc->steps.count; i++) {
		struct scenario_step s = sc->steps.step[i];

		before = before && s.at.when == SCENARIO_AT_ONCE && s.row->prepares != NULL &&
		    s.row->prepares(&s);
		if (whole && before)
			fputs("\n  # before the driver attaches", f);
		else if (whole)
			print_when(&s, &time, sc->base.hz, f);
		fputs("\n  - ", f);
		print_step(&s, "\n    ", whole, f);
	}
}

/* ---- any value ---- */

static void
print_number(const struct field *field, uint64_t value, FILE *f)
{
	if (field->kind == FIELD_PERCENT)
		text_print_percent(value, f);
	else if (field->kind == FIELD_AMOUNT && (field->flags & FIELD_BYTES))
		text_print_bytes(value, f);
	else if (field->kind == FIELD_AMOUNT)
		text_print_amount(value, f);
	else if (value == SCENARIO_FOREVER)
		fputs("forever", f);
	else
		fprintf(f, "%" PRIu64, value);
}

/* Steps, `machines:` and what is read before everything else are printed elsewhere. */
void
field_print(const struct field *field, const void *value, bool whole, FILE *f)
{
	const struct scenario_at *at = value;
	const struct scenario_own *own = field->kind == FIELD_OWN ? value : NULL;
	const struct map *map = own != NULL ? own->map : field->map;
	const void *object = own != NULL ? own->object : value;
	const char *text;

	switch (field->kind) {
	case FIELD_FLAG:
		fputs(*(const bool *)value ? "true" : "false", f);
		break;
	case FIELD_CHOICE:
		fputs(*(const int *)value == SCENARIO_YES ? "true" : "false", f);
		break;
	case FIELD_WORD:
		fputs(field_word_of(field->words, *(const int *)value), f);
		break;
	case FIELD_TIME:
		text_print_time(*(const struct scenario_time *)value, f);
		break;
	case FIELD_AT:
		fputs(at->when == SCENARIO_RELATIVE ? "+" : "", f);
		text_print_time(at->time, f);
		break;
	case FIELD_POINT:
		print_point(value, f);
		break;
	case FIELD_EXPECT:
		text_print_yaml((*(struct expect *const *)value)->text, f);
		break;
	case FIELD_MAP:
	case FIELD_OWN:
		if (whole)
			print_map_over(map, object, NULL, f);
		else
			print_map(map, object, f);
		break;
	case FIELD_SEED:
	case FIELD_SEEDS:
		print_seeds(field, value, f);
		break;
	default:
		if (field_kinds[field->kind].holds == HOLDS_LIST) {
			print_items(field, value, f);
		} else if (field_kinds[field->kind].holds == HOLDS_TEXT) {
			text = *(const char *const *)value;
			text_print_yaml(text != NULL ? text : "all", f);
		} else {
			assert(field_kinds[field->kind].holds == HOLDS_BYTES);
			print_number(field, *(const uint64_t *)value, f);
		}
		break;
	}
}

/* Every machine by what it has over `machine`, with transport and dma in any case. */
static void
print_machines(const struct scenario *sc, FILE *f)
{
	struct scenario_machine base = sc->base;

	base.transport = base.dma = -1;
	fputs("machines:\n", f);
	for (size_t i = 0; i < sc->machines.count; i++) {
		fputs("  - ", f);
		print_map_over(&map_machine, &sc->machines.machine[i], &base, f);
		fputc('\n', f);
	}
}

/* `whole`: the one machine is in `machine`, and what has its default is there too. */
static void
print_all(const struct scenario *sc, bool whole, FILE *f)
{
	map_each(field, &map_scenario) {
		bool is_whole = whole && (field->kind == FIELD_MAP || field->kind == FIELD_OWN ||
		    field->kind == FIELD_WORD);

		if (field->kind == FIELD_MACHINES && !whole)
			print_machines(sc, f);
		if (field->kind == FIELD_MACHINES || field->kind == FIELD_MATRIX ||
		    field->kind == FIELD_EXTENDS || !(is_whole ? field_is_given(field, sc) :
		    field_is_worth(field, sc, map_scenario.defaults)))
			continue;
		fprintf(f, "%s:%s",
		    field->kind == FIELD_SEEDS && sc->seeds.count == 1 ? "seed" : field->key,
		    field->kind == FIELD_STEPS || field->kind == FIELD_CLAIMS ? "" : " ");
		if (field->kind == FIELD_STEPS)
			print_steps(sc, whole, f);
		else
			field_print(field, field_value(field, sc), is_whole, f);
		fputc('\n', f);
	}
}

void
scenario_print(const struct scenario *sc, FILE *f)
{
	print_all(sc, false, f);
}

void
scenario_case_print(const struct scenario_case *c, FILE *f)
{
	struct scenario sc = *c->scenario;
	uint64_t seed = c->seed;

	sc.base = *c->machine;
	sc.seeds = (struct scenario_seeds){ &seed, c->has_seed ? 1 : 0 };
	print_all(&sc, true, f);
}
