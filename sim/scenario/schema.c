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

static void
json_strings(struct schema *s, const char *const *list)
{
	fputc('[', s->f);
	for (size_t i = 0; list[i] != NULL; i++) {
		fputs(i > 0 ? ", " : "", s->f);
		json_string(s, list[i]);
	}
	fputc(']', s->f);
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
schema_enum(struct schema *s, const char *const *names)
{
	fputs("{\"enum\": ", s->f);
	json_strings(s, names);
	fputc('}', s->f);
}

static void
schema_words(struct schema *s, const struct field_word *words)
{
	fputs("{\"enum\": [", s->f);
	for (size_t i = 0; words[i].word != NULL; i++) {
		fputs(i > 0 ? ", " : "", s->f);
		json_string(s, words[i].word);
	}
	fputs("]}", s->f);
}

static void
schema_number(struct schema *s, const struct field *f)
{
	fprintf(s->f, "{\"type\": \"integer\", \"minimum\": %" PRIu64, f->min);
	if (f->max != 0)
		fprintf(s->f, ", \"maximum\": %" PRIu64, f->max);
	fputc('}', s->f);
}

/* Names of one list, and some words beside it. */
static void
schema_names_and(struct schema *s, const char *word, const char *const *names)
{
	fputs("{\"enum\": [", s->f);
	json_string(s, word);
	for (; *names != NULL; names++) {
		fputs(", ", s->f);
		json_string(s, *names);
	}
	fputs("]}", s->f);
}

static void
schema_faults(struct schema *s)
{
	const char *comma = "";

	fputs("{\"enum\": [", s->f);
	for (const char *const *c = s->vocab->calls; *c != NULL; c++)
		if (vocab_call_can_fail(s->vocab, *c)) {
			fputs(comma, s->f);
			json_string(s, *c);
			comma = ", ";
		}
	for (const char *const *c = s->vocab->faults; *c != NULL; c++) {
		fputs(comma, s->f);
		json_string(s, *c);
		comma = ", ";
	}
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

static void
schema_map_list(struct schema *s, const struct map *map)
{
	schema_list_open(s);
	schema_map(s, map);
	fputc('}', s->f);
}

/* ---- steps ---- */

/* The keys that go with some verbs only, and the keys that a verb needs. */
static void
schema_step_rules(struct schema *s)
{
	const char *comma;

	fputs("{\"wait\": {\"required\": [\"within\"]}", s->f);
	for (const struct step_limit *limit = step_limits; limit->key != NULL; limit++) {
		fprintf(s->f, ", \"%s\": {\"anyOf\": [", limit->key);
		comma = "";
		for (const struct verb *const *v = s->vocab->type->verbs; *v != NULL; v++)
			if ((*v)->field.flags & limit->flag) {
				fprintf(s->f, "%s{\"required\": [\"%s\"]}", comma,
				    (*v)->field.key);
				comma = ", ";
			}
		fputs("]}", s->f);
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
	fputc('[', s->f);
	for (size_t i = 0; verbs[i] != NULL; i++)
		fprintf(s->f, "%s{\"required\": [\"%s\"]}", i > 0 ? ", " : "",
		    verbs[i]->field.key);
	fputc(']', s->f);
	json_key(s, "dependentSchemas", false);
	schema_step_rules(s);
	json_close(s);
	fputc('}', s->f);
}

/* ---- maps ---- */

static void
schema_required(struct schema *s, const struct map *map)
{
	const char *comma = "";

	json_key(s, "required", false);
	fputc('[', s->f);
	for (size_t i = 0; i < map->count; i++)
		if (map->fields[i].flags & FIELD_REQUIRED) {
			fputs(comma, s->f);
			json_string(s, map->fields[i].key);
			comma = ", ";
		}
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
		schema_enum(s, field_vocab(f, s->vocab));
		break;
	case FIELD_SOURCE:
		schema_names_and(s, "config", s->vocab->vqs);
		break;
	case FIELD_FAULT:
		schema_faults(s);
		break;
	case FIELD_WORD:
		schema_words(s, f->words);
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
		schema_map_list(s, f->kind == FIELD_SEGMENTS ? &map_segment : f->map);
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

	fputs("{\"anyOf\": [{\"enum\": [", s->f);
	for (kind = s->vocab->events; kind->name != NULL; kind++, comma = ", ")
		fprintf(s->f, "%s\"%s\"", comma, kind->name);
	fputs("]}, {\"type\": \"object\", \"minProperties\": 1, \"maxProperties\": 1, "
	    "\"additionalProperties\": false, \"properties\": {", s->f);
	comma = "";
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
