/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format for editors: a JSON Schema (draft 2020-12) made from the loader's tables.
 *
 * A schema sees one file at a time and no arithmetic, so it accepts more than the loader.
 * It refuses nothing that the loader accepts but numbers and flags in quotes.
 */
#include <inttypes.h>
#include <string.h>

#include "scenario.h"
#include "table.h"

struct schema {
	FILE *f;
	const struct scenario_vocab *vocab;
	unsigned depth;
	const char *comma;		/* before the next item of a list */
};

/* ---- JSON ---- */

static void
json_string(struct schema *s, const char *text)
{
	fputc('"', s->f);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', s->f);
		fputc(*text, s->f);
	}
	fputc('"', s->f);
}

static void
json_newline(struct schema *s)
{
	fputc('\n', s->f);
	for (unsigned i = 0; i < s->depth; i++)
		fputs("  ", s->f);
}

/* A member's key; `first` says that no comma stands before it. */
static void
json_key(struct schema *s, const char *key, bool first)
{
	fputs(first ? "" : ",", s->f);
	json_newline(s);
	json_string(s, key);
	fputs(": ", s->f);
}

static void
json_open(struct schema *s)
{
	fputc('{', s->f);
	s->depth++;
}

static void
json_close(struct schema *s)
{
	s->depth--;
	json_newline(s);
	fputc('}', s->f);
}

/* Lists on one line do not nest: open, items, close. */
static void
list_open(struct schema *s, const char *open)
{
	fputs(open, s->f);
	s->comma = "";
}

static void
list_add(struct schema *s, const char *text)
{
	fputs(s->comma, s->f);
	json_string(s, text);
	s->comma = ", ";
}

/* ---- values on one line ---- */

static void schema_field(struct schema *, const struct field *);
static void schema_map(struct schema *, const struct map *);

static void
schema_pattern(struct schema *s, const char *pattern)
{
	fputs("{\"type\": \"string\", \"pattern\": ", s->f);
	json_string(s, pattern);
	fputc('}', s->f);
}

static void
schema_number(struct schema *s, const struct field *f)
{
	fprintf(s->f, "{\"type\": \"integer\", \"minimum\": %" PRIu64, f->min);
	if (f->max != 0)
		fprintf(s->f, ", \"maximum\": %" PRIu64, f->max);
	fputc('}', s->f);
}

/* One of a list of names, or of the words of the key. */
static void
schema_enum(struct schema *s, const struct field *f)
{
	const char *const *names = f->kind == FIELD_SOURCE ? s->vocab->vqs :
	    f->kind == FIELD_FAULT ? s->vocab->faults :
	    f->kind == FIELD_VOCAB ? field_vocab(f, s->vocab) : NULL;

	list_open(s, "{\"enum\": [");
	if (f->kind == FIELD_SOURCE)
		list_add(s, "config");
	for (const char *const *c = s->vocab->calls; f->kind == FIELD_FAULT && *c != NULL; c++)
		if (vocab_call_can_fail(s->vocab, *c))
			list_add(s, *c);
	for (; names != NULL && *names != NULL; names++)
		list_add(s, *names);
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		list_add(s, w->word);
	fputs("]}", s->f);
}

static void
schema_list_open(struct schema *s)
{
	fputs("{\"type\": \"array\", \"minItems\": 1, \"items\": ", s->f);
}

static void
schema_or_param(struct schema *s)
{
	fputs(", {\"$ref\": \"#/$defs/parameter\"}", s->f);
}

static void
schema_amount(struct schema *s, const struct field *f)
{
	schema_number(s, f);
	fputs(", ", s->f);
	schema_pattern(s, "^" TABLE_NUMBER " ?(pages?|B|KiB|MiB|GiB|TiB)?$");
}

static void
schema_name_list(struct schema *s, const struct field *f)
{
	struct field word = *f;

	word.kind = f->kind == FIELD_NAMES ? FIELD_NAME : FIELD_VOCAB;
	schema_list_open(s);
	fputs("{\"anyOf\": [", s->f);
	schema_field(s, &word);
	if (f->vocab == offsetof(struct scenario_vocab, features))
		fputs(", {\"const\": \"none\"}", s->f);
	schema_or_param(s);
	fputs("]}, \"uniqueItems\": true}", s->f);
}

static void
schema_amount_list(struct schema *s, const struct field *f)
{
	schema_list_open(s);
	fputs("{\"anyOf\": [", s->f);
	schema_amount(s, f);
	schema_or_param(s);
	fputs("]}}", s->f);
}

/* ---- steps ---- */

/* The keys of all verbs with that flag (0: of all), each alone. */
static void
schema_verbs(struct schema *s, unsigned flag)
{
	const char *comma = "";

	fputc('[', s->f);
	for (const struct verb *const *v = s->vocab->type->verbs; *v != NULL; v++)
		if (((*v)->field.flags & flag) == flag) {
			fprintf(s->f, "%s{\"required\": [\"%s\"]}", comma, (*v)->field.key);
			comma = ", ";
		}
	fputc(']', s->f);
}

/* The keys that go with some verbs only, and the keys that a verb needs. */
static void
schema_step_rules(struct schema *s)
{
	fputs("{\"wait\": {\"required\": [\"within\"]}", s->f);
	for (const struct step_limit *limit = step_limits; limit->key != NULL; limit++) {
		fprintf(s->f, ", \"%s\": {\"anyOf\": ", limit->key);
		schema_verbs(s, limit->flag);
		fputc('}', s->f);
	}
	fputc('}', s->f);
}

static void
schema_property(struct schema *s, const struct field *f, bool first)
{
	json_key(s, f->key, first);
	fputs("{\"description\": ", s->f);
	json_string(s, f->help);
	fputs(", \"anyOf\": [", s->f);
	schema_field(s, f);
	fputs("]}", s->f);
}

static void
schema_properties(struct schema *s, const struct map *map, bool first)
{
	for (size_t i = 0; i < map->count; i++)
		schema_property(s, &map->fields[i], first && i == 0);
}

static void
schema_steps(struct schema *s)
{
	const struct verb *const *verbs = s->vocab->type->verbs;

	schema_list_open(s);
	json_open(s);
	json_key(s, "type", true);
	json_string(s, "object");
	json_key(s, "properties", false);
	json_open(s);
	schema_properties(s, &map_step, true);
	for (size_t i = 0; verbs[i] != NULL; i++)
		schema_property(s, &verbs[i]->field, false);
	json_close(s);
	json_key(s, "additionalProperties", false);
	fputs("false", s->f);
	json_key(s, "oneOf", false);
	schema_verbs(s, 0);
	json_key(s, "dependentSchemas", false);
	schema_step_rules(s);
	json_close(s);
	fputc('}', s->f);
}

/* ---- maps ---- */

static void
schema_required(struct schema *s, const struct map *map)
{
	json_key(s, "required", false);
	list_open(s, "[");
	for (size_t i = 0; i < map->count; i++)
		if (map->fields[i].flags & FIELD_REQUIRED)
			list_add(s, map->fields[i].key);
	fputc(']', s->f);
}

/* The members of an object schema, without its braces. */
static void
schema_map_body(struct schema *s, const struct map *map, bool first)
{
	json_key(s, "type", first);
	json_string(s, "object");
	json_key(s, "properties", false);
	json_open(s);
	schema_properties(s, map, true);
	json_close(s);
	schema_required(s, map);
	json_key(s, "additionalProperties", false);
	fputs("false", s->f);
}

static void
schema_map(struct schema *s, const struct map *map)
{
	if (map->scalars > 0) {
		fputs("{\"anyOf\": [", s->f);
		schema_field(s, &map->fields[0]);
		fputs(", ", s->f);
	}
	json_open(s);
	schema_map_body(s, map, true);
	json_close(s);
	if (map->scalars > 0)
		fputs("]}", s->f);
}

/* ---- any value: the alternatives, separated by commas ---- */

static void
schema_field(struct schema *s, const struct field *f)
{
	switch (f->kind) {
	case FIELD_VOCAB:
	case FIELD_SOURCE:
	case FIELD_FAULT:
	case FIELD_WORD:
		schema_enum(s, f);
		break;
	case FIELD_TIMES:
		fputs("{\"const\": \"forever\"}, ", s->f);
		/* FALLTHROUGH */
	case FIELD_COUNT:
	case FIELD_SEED:
		schema_number(s, f);
		break;
	case FIELD_AMOUNT:
		schema_amount(s, f);
		break;
	case FIELD_OWN:
	case FIELD_MAP:
		schema_map(s, field_map(f, s->vocab->type));
		return;
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		schema_name_list(s, f);
		return;
	case FIELD_AMOUNTS:
		schema_amount_list(s, f);
		return;
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		schema_list_open(s);
		schema_map(s, f->kind == FIELD_SEGMENTS ? &map_segment : f->map);
		fputc('}', s->f);
		return;
	case FIELD_STEPS:
		schema_steps(s);
		return;
	default:
		fputs(field_kinds[f->kind].schema, s->f);
		break;
	}
	/* Every single value may be a parameter of the matrix. */
	if (f->kind != FIELD_TRACE && f->kind != FIELD_SEEDS && f->kind != FIELD_MATRIX)
		schema_or_param(s);
}

/* An event of `expect-trace`: its name, or a map of the name to arguments. */
static void
schema_event(struct schema *s)
{
	const struct scenario_event_kind *kind;
	const char *name, *comma = "";
	size_t length;

	list_open(s, "{\"anyOf\": [{\"enum\": [");
	for (kind = s->vocab->events; kind->name != NULL; kind++)
		list_add(s, kind->name);
	fputs("]}, {\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, "
	    "\"additionalProperties\": false, \"properties\": {", s->f);
	for (kind = s->vocab->events; kind->name != NULL; kind++) {
		if (*kind->args == '\0')
			continue;
		fprintf(s->f, "%s\"%s\": {\"type\": \"object\", \"minProperties\": 1, "
		    "\"propertyNames\": {\"enum\": [", comma, kind->name);
		for (unsigned i = 0; scenario_event_arg_of(kind->args, i, &name, &length) != 0;
		    i++)
			fprintf(s->f, "%s\"%.*s\"", i > 0 ? ", " : "", (int)length, name);
		fputs("]}}", s->f);
		comma = ", ";
	}
	fputs("}}]}", s->f);
}

/* `device: {type: TYPE}` */
static void
schema_is_type(struct schema *s, const struct scenario_type *type)
{
	fprintf(s->f, "{\"required\": [\"device\"], \"properties\": {\"device\": {\"required\": "
	    "[\"type\"], \"properties\": {\"type\": {\"const\": \"%s\"}}}}}", type->name);
}

/* Which of the schemas below $defs holds: the default type's for a file that names none. */
static void
schema_by_type(struct schema *s, const struct scenario_type *const *types)
{
	json_key(s, "type", false);
	json_string(s, "object");
	json_key(s, "allOf", false);
	fputc('[', s->f);
	for (size_t i = 1; types[i] != NULL; i++) {
		fputs("{\"if\": ", s->f);
		schema_is_type(s, types[i]);
		fprintf(s->f, ", \"then\": {\"$ref\": \"#/$defs/%s\"}}, ", types[i]->name);
	}
	fputs("{\"if\": {\"anyOf\": [", s->f);
	for (size_t i = 1; types[i] != NULL; i++) {
		fputs(i > 1 ? ", " : "", s->f);
		schema_is_type(s, types[i]);
	}
	fprintf(s->f, "]}, \"then\": true, \"else\": {\"$ref\": \"#/$defs/%s\"}}]", types[0]->name);
}

static void
schema_types(struct schema *s, const struct scenario_type *const *types)
{
	const struct scenario_vocab *all = s->vocab;

	for (; *types != NULL; types++) {
		struct scenario_vocab of_type = scenario_vocab_of(all, *types);

		s->vocab = &of_type;
		json_key(s, (*types)->name, false);
		json_open(s);
		schema_map_body(s, &map_scenario, true);
		json_close(s);
	}
	s->vocab = all;
}

void
scenario_schema_print(const struct scenario_vocab *vocab, FILE *f)
{
	struct schema s = { .f = f, .vocab = vocab };

	json_open(&s);
	json_key(&s, "$schema", true);
	json_string(&s, "https://json-schema.org/draft/2020-12/schema");
	json_key(&s, "title", false);
	json_string(&s, "viosim scenario, format 1");
	if (vocab->types[1] != NULL)
		schema_by_type(&s, vocab->types);
	else
		schema_map_body(&s, &map_scenario, false);
	json_key(&s, "$defs", false);
	json_open(&s);
	json_key(&s, "parameter", true);
	schema_pattern(&s, "^\\$[A-Za-z0-9][A-Za-z0-9_.-]*$");
	json_key(&s, "event", false);
	schema_event(&s);
	if (vocab->types[1] != NULL)
		schema_types(&s, vocab->types);
	json_close(&s);
	json_close(&s);
	fputc('\n', f);
}
