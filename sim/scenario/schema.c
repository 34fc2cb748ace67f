/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The format for editors: a JSON Schema (draft 2020-12) made from the loader's tables.
 *
 * A schema sees one file at a time and no arithmetic, so it accepts more than the loader.
 * It refuses nothing that the loader accepts but numbers and flags in quotes.
 *
 * Without memory jansson gives NULL, which makes NULL of all that it becomes a part of: only
 * the whole is looked at.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scenario.h"
#include "table.h"

static json_t *alternatives(const struct scenario_vocab *, const struct field *);

/* ---- parts ---- */

static json_t *
any_of(json_t *schemas)
{
	return json_pack("{s:o}", "anyOf", schemas);
}

static json_t *
array_of(json_t *schema)
{
	return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", schema);
}

static json_t *
text_like(const char *pattern)
{
	return json_pack("{s:s, s:s}", "type", "string", "pattern", pattern);
}

static json_t *
reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

static json_t *
number_of(const struct field *f)
{
	json_t *number = json_pack("{s:s, s:I}", "type", "integer",
	    "minimum", (json_int_t)f->min);

	if (f->max != 0)
		json_object_set_new(number, "maximum", json_integer((json_int_t)f->max));
	return number;
}

static void
add_names(json_t *list, const char *const *names)
{
	for (; *names != NULL; names++)
		json_array_append_new(list, json_string(*names));
}

/* One of a list of names, or of the words of the key. */
static json_t *
name_of(const struct scenario_vocab *vocab, const struct field *f)
{
	json_t *names = json_array();

	if (f->kind == FIELD_SOURCE) {
		json_array_append_new(names, json_string("config"));
		add_names(names, vocab->vqs);
	} else if (f->kind == FIELD_FAULT) {
		for (const char *const *call = vocab->calls; *call != NULL; call++)
			if (vocab_call_can_fail(vocab, *call))
				json_array_append_new(names, json_string(*call));
		add_names(names, vocab->faults);
	} else if (f->kind == FIELD_VOCAB) {
		add_names(names, field_vocab(f, vocab));
	}
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		json_array_append_new(names, json_string(w->word));
	return json_pack("{s:o}", "enum", names);
}

/* ---- maps ---- */

static void
add_property(const struct scenario_vocab *vocab, const struct field *f, json_t *properties)
{
	json_object_set_new(properties, f->key, json_pack("{s:s, s:o}", "description", f->help,
	    "anyOf", alternatives(vocab, f)));
}

static json_t *
map_of(const struct scenario_vocab *vocab, const struct map *map)
{
	json_t *properties = json_object(), *required = json_array(), *schema, *either;

	for (size_t i = 0; i < map->count; i++) {
		add_property(vocab, &map->fields[i], properties);
		if (map->fields[i].flags & FIELD_REQUIRED)
			json_array_append_new(required, json_string(map->fields[i].key));
	}
	schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
	    "required", required, "additionalProperties", false);
	if (map->scalars == 0)
		return schema;
	either = alternatives(vocab, &map->fields[0]);
	json_array_append_new(either, schema);
	return any_of(either);
}

/* The keys of all verbs with that flag (0: of all), each alone. */
static json_t *
verbs_with(const struct scenario_vocab *vocab, unsigned flag)
{
	json_t *verbs = json_array();

	for (const struct verb *const *v = vocab->type->verbs; *v != NULL; v++)
		if (((*v)->field.flags & flag) == flag)
			json_array_append_new(verbs,
			    json_pack("{s:[s]}", "required", (*v)->field.key));
	return verbs;
}

static json_t *
step_of(const struct scenario_vocab *vocab)
{
	json_t *properties = json_object();
	/* The keys that a verb needs, and those that go with some verbs only. */
	json_t *depends = json_pack("{s:{s:[s]}}", "wait", "required", "within");

	for (size_t i = 0; i < map_step.count; i++)
		add_property(vocab, &map_step.fields[i], properties);
	for (const struct verb *const *v = vocab->type->verbs; *v != NULL; v++)
		add_property(vocab, &(*v)->field, properties);
	for (const struct step_limit *limit = step_limits; limit->key != NULL; limit++)
		json_object_set_new(depends, limit->key, any_of(verbs_with(vocab, limit->flag)));
	return json_pack("{s:s, s:o, s:b, s:o, s:o}", "type", "object", "properties", properties,
	    "additionalProperties", false, "oneOf", verbs_with(vocab, 0),
	    "dependentSchemas", depends);
}

/* An event of `expect-trace`: its name, or a map of the name to arguments. */
static json_t *
event_of(const struct scenario_vocab *vocab)
{
	json_t *names = json_array(), *properties = json_object();
	const struct scenario_event_kind *kind;
	char name[SCENARIO_ARG_NAME];

	for (kind = vocab->events; kind->name != NULL; kind++) {
		json_t *args = json_array();

		for (unsigned i = 0; scenario_event_arg_of(kind->args, i, name) != 0; i++)
			json_array_append_new(args, json_string(name));
		json_array_append_new(names, json_string(kind->name));
		if (json_array_size(args) > 0)
			json_object_set_new(properties, kind->name,
			    json_pack("{s:s, s:i, s:{s:O}}", "type", "object", "minProperties", 1,
			    "propertyNames", "enum", args));
		json_decref(args);
	}
	return json_pack("{s:[{s:o}, {s:s, s:i, s:i, s:b, s:o}]}", "anyOf", "enum", names,
	    "type", "object", "minProperties", 1, "maxProperties", 1,
	    "additionalProperties", false, "properties", properties);
}

/* ---- any value ---- */

static json_t *
list_of(const struct scenario_vocab *vocab, const struct field *f)
{
	struct field item = *f;
	json_t *either, *list;

	item.kind = f->kind == FIELD_NAMES ? FIELD_NAME :
	    f->kind == FIELD_AMOUNTS ? FIELD_AMOUNT : FIELD_VOCAB;
	either = alternatives(vocab, &item);
	if (f->vocab == offsetof(struct scenario_vocab, features) && item.kind == FIELD_VOCAB)
		json_array_append_new(either, json_pack("{s:s}", "const", "none"));
	list = array_of(any_of(either));
	if (f->kind != FIELD_AMOUNTS)
		json_object_set_new(list, "uniqueItems", json_true());
	return list;
}

/* What may stand there, as an array. */
static json_t *
alternatives(const struct scenario_vocab *vocab, const struct field *f)
{
	json_t *any = json_array(), *more;
	char *text;

	switch (f->kind) {
	case FIELD_VOCAB:
	case FIELD_SOURCE:
	case FIELD_FAULT:
	case FIELD_WORD:
		json_array_append_new(any, name_of(vocab, f));
		break;
	case FIELD_TIMES:
		json_array_append_new(any, json_pack("{s:s}", "const", "forever"));
		/* FALLTHROUGH */
	case FIELD_COUNT:
	case FIELD_SEED:
		json_array_append_new(any, number_of(f));
		break;
	case FIELD_AMOUNT:
		json_array_append_new(any, number_of(f));
		json_array_append_new(any,
		    text_like("^" TABLE_NUMBER " ?(pages?|B|KiB|MiB|GiB|TiB)?$"));
		break;
	case FIELD_OWN:
	case FIELD_MAP:
		json_array_append_new(any, map_of(vocab, field_map(f, vocab->type)));
		return any;
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
	case FIELD_AMOUNTS:
		json_array_append_new(any, list_of(vocab, f));
		return any;
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		json_array_append_new(any, array_of(map_of(vocab, f->map)));
		return any;
	case FIELD_STEPS:
		json_array_append_new(any, array_of(step_of(vocab)));
		return any;
	default:
		text = xasprintf("[%s]", field_kinds[f->kind].schema);
		more = json_loads(text, 0, NULL);
		if (more == NULL)
			internal_error("no JSON: %s", text);
		json_array_extend(any, more);
		json_decref(more);
		free(text);
		break;
	}
	/* Every single value may be a parameter of the matrix. */
	if (f->kind != FIELD_TRACE && f->kind != FIELD_SEEDS && f->kind != FIELD_MATRIX)
		json_array_append_new(any, reference("parameter"));
	return any;
}

/* ---- the whole ---- */

/* The schema of the file's type of device: the default type's for a file that names none. */
static json_t *
by_type(const struct scenario_type *const *types)
{
	json_t *schema = reference(types[0]->name);

	while (*++types != NULL)
		schema = json_pack("{s:{s:[s], s:{s:{s:[s], s:{s:{s:s}}}}}, s:o, s:o}", "if",
		    "required", "device", "properties", "device", "required", "type",
		    "properties", "type", "const", (*types)->name,
		    "then", reference((*types)->name), "else", schema);
	return schema;
}

void
scenario_schema_print(const struct scenario_vocab *vocab, FILE *f)
{
	json_t *schema = json_pack("{s:s, s:s}", "$schema",
	    "https://json-schema.org/draft/2020-12/schema", "title", "viosim scenario, format 1");
	json_t *rule = by_type(vocab->types);
	json_t *defs = json_pack("{s:o, s:o}", "parameter",
	    text_like("^\\$[A-Za-z0-9][A-Za-z0-9_.-]*$"), "event", event_of(vocab));
	char *text;

	for (const struct scenario_type *const *type = vocab->types; *type != NULL; type++) {
		struct scenario_vocab of_type = scenario_vocab_of(vocab, *type);

		json_object_set_new(defs, (*type)->name, map_of(&of_type, &map_scenario));
	}
	json_object_update(schema, rule);
	json_object_set_new(schema, "$defs", defs);
	text = json_dumps(schema, JSON_INDENT(2));
	if (text == NULL)
		out_of_memory();
	fprintf(f, "%s\n", text);
	free(text);
	json_decref(rule);
	json_decref(schema);
}
