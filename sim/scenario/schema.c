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
#include "base/sbuf.h"
#include "scenario.h"
#include "table.h"

static json_t *value_of(const struct scenario_vocab *, const struct field *);

#define EXPECTATION "-expectation"		/* behind the name of a type: its observables */
#define PARAM "\\$[A-Za-z0-9][A-Za-z0-9_.-]*"	/* of the matrix: any single value may be one */

/* ---- parts ---- */

static json_t *
reference(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/$defs/", name);
}

static json_t *
array_of(json_t *schema)
{
	return json_pack("{s:s, s:i, s:o}", "type", "array", "minItems", 1, "items", schema);
}

/* A map, or a single value. */
static json_t *
map_or(json_t *map, json_t *value)
{
	return json_pack("{s:{s:s}, s:o, s:o}", "if", "type", "object", "then", map, "else", value);
}

/* What is said of a value that is none of these, in one diagnostic. */
static json_t *
saying(json_t *schema, const char *text)
{
	json_object_set_new(schema, "errorMessage", json_string(text));
	json_object_set_new(schema, "patternErrorMessage", json_string(text));
	return schema;
}

/* Text into a pattern: names have no other sign of it. */
static void
print_escaped(const char *name, FILE *f)
{
	for (; *name != '\0'; name++)
		fprintf(f, *name == '.' ? "\\%c" : "%c", *name);
}

static void
print_names(const char *const *names, FILE *f)
{
	for (size_t i = 0; names[i] != NULL; i++) {
		fputc(i > 0 ? '|' : '(', f);
		print_escaped(names[i], f);
	}
	fputc(')', f);
}

/* ---- numbers ---- */

static json_t *
number_of(const struct field *f)
{
	bool is_amount = f->kind == FIELD_AMOUNT;
	json_t *number = json_pack("{s:[s, s], s:I, s:s++}", "type", "integer", "string",
	    "minimum", (json_int_t)f->min, "pattern", "^(" PARAM,
	    is_amount ? "|" TABLE_NUMBER " ?(pages?|B|KiB|MiB|GiB|TiB)?" :
	    f->kind == FIELD_TIMES ? "|forever" : "", ")$");
	char *range = f->max != 0 ? xasprintf(" from %ju to %ju", (uintmax_t)f->min,
	    (uintmax_t)f->max) : xasprintf(" of at least %ju", (uintmax_t)f->min);
	char *text = is_amount ? xasprintf("an amount is expected: pages, or B KiB MiB GiB TiB") :
	    xasprintf("a number%s is expected%s", range,
	    f->kind == FIELD_TIMES ? ", or forever" : "");

	if (f->max != 0)
		json_object_set_new(number, "maximum", json_integer((json_int_t)f->max));
	if (is_amount)
		json_object_set_new(number, "examples", json_pack("[s, s]", "256 pages", "4MiB"));
	if (f->kind == FIELD_TIMES)
		json_object_set_new(number, "examples", json_pack("[s]", "forever"));
	saying(number, text);
	free(range);
	free(text);
	return number;
}

/* ---- names ---- */

/* Names with what each means: for completion and hovering, they refuse nothing. */
struct names {
	const struct scenario_vocab *vocab;
	json_t *each;
	struct sbuf pattern;
	FILE *f;
	size_t count;
};

static void
add_name(struct names *names, const char *name, const char *text)
{
	char *about = text == NULL ? names->vocab->about(name) : NULL;
	json_t *one = json_pack("{s:s, s:s}", "const", name, "title", name);

	if (text != NULL || about != NULL)
		json_object_set_new(one, "markdownDescription",
		    json_string(text != NULL ? text : about));
	json_array_append_new(names->each, one);
	fputc('|', names->f);
	print_escaped(name, names->f);
	names->count++;
	free(about);
}

static void
add_names(struct names *names, const char *const *list, const char *const *texts)
{
	for (size_t i = 0; list[i] != NULL; i++)
		add_name(names, list[i], texts != NULL ? texts[i] : NULL);
}

static void
add_vocab(struct names *names, const struct field *f)
{
	const struct scenario_vocab *vocab = names->vocab;
	const char *const *list = field_vocab(f, vocab);

	add_names(names, list, list == vocab->features ? vocab->feature_texts :
	    list == vocab->errnos ? vocab->errno_texts : NULL);
	if (f->vocab == offsetof(struct scenario_vocab, features))
		add_name(names, "none", "no feature at all");
}

#define NAMES_SAID 12		/* in a message; of more it names some */

static char *
names_message(const struct names *names, const struct field *f)
{
	struct sbuf text;
	FILE *to = sbuf_open(&text);
	json_t *one;
	size_t i;

	fputs("expected: ", to);
	json_array_foreach(names->each, i, one)
		if (i < NAMES_SAID)
			fprintf(to, "%s%s", i > 0 ? ", " : "",
			    json_string_value(json_object_get(one, "const")));
	if (names->count > NAMES_SAID)
		fprintf(to, " or one of %zu more; `viosim %s` lists them",
		    names->count - NAMES_SAID, f->kind == FIELD_FAULT ? "explain" :
		    f->vocab == offsetof(struct scenario_vocab, rules) ? "rules" :
		    "describe names");
	return sbuf_close(&text);
}

static json_t *
name_of(const struct scenario_vocab *vocab, const struct field *f)
{
	struct names names = { .vocab = vocab, .each = json_array() };
	json_t *schema;
	char *text;

	names.f = sbuf_open(&names.pattern);
	fputs("^(" PARAM, names.f);
	if (f->kind == FIELD_SOURCE) {
		add_name(&names, "config", "the interrupt for changes of the configuration");
		add_names(&names, vocab->vqs, NULL);
	} else if (f->kind == FIELD_FAULT) {
		for (const char *const *call = vocab->calls; *call != NULL; call++)
			if (vocab_call_can_fail(vocab, *call))
				add_name(&names, *call, NULL);
		add_names(&names, vocab->faults, NULL);
	} else if (f->kind == FIELD_VOCAB) {
		add_vocab(&names, f);
	}
	for (const struct field_word *w = f->words; w != NULL && w->word != NULL; w++)
		add_name(&names, w->word, NULL);
	fputs(")$", names.f);
	text = names_message(&names, f);
	/* The last alternative is anything, so that only the pattern refuses. */
	json_array_append_new(names.each, json_object());
	schema = saying(json_pack("{s:s, s:s, s:o}", "type", "string", "pattern",
	    sbuf_close(&names.pattern), "anyOf", names.each), text);
	free(names.pattern.text);
	free(text);
	return schema;
}

/* ---- expectations ---- */

#define SPACES "[ \\t\\n]*"
#define EXPECT_STRING "\"([^\"\\\\]|\\\\.)*\""
#define EXPECT_NUMBER TABLE_NUMBER "( ?(pages?|B|KiB|MiB|GiB|TiB|ns|us|ms|s|min|ticks))?"

/* The names that can stand in the pattern of an observable; NULL: any. */
static const char *const *
names_in(const struct scenario_vocab *vocab, const char *hole)
{
	const struct { const char *hole; const char *const *names; } parts[] = {
		{ "<q>", vocab->vqs }, { "<fn>", vocab->calls },
		{ "<feature>", vocab->features }, { "<fault>", vocab->faults },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strncmp(hole, parts[i].hole, strlen(parts[i].hole)) == 0)
			return parts[i].names;
	return NULL;
}

static void
print_observable(const struct scenario_vocab *vocab, const struct observable *o, FILE *f)
{
	const char *hole = strchr(o->pattern, '<');
	char *head = xstrndup(o->pattern, strcspn(o->pattern, "<"));

	print_escaped(head, f);
	free(head);
	if (hole == NULL)
		return;
	if (names_in(vocab, hole) != NULL)
		print_names(names_in(vocab, hole), f);
	else
		fputs("[A-Za-z0-9_.-]+", f);
	print_escaped(strchr(hole, '>') + 1, f);
}

/*
 * Words, numbers and signs that may stand in one, each checked by itself: a name that is none is
 * what people write.  The rest is told by `viosim check`.
 */
static void
print_expectation(const struct scenario_vocab *vocab, FILE *f)
{
	const struct observable *o;

	fputs("^(" PARAM "|(" SPACES "(" EXPECT_STRING "|[-+~()]|==|!=|<=|>=|<|>|\\.\\.|("
	    EXPECT_NUMBER "|in|log|count|(virtio[01]\\.)?(", f);
	for (size_t i = 0; (o = scenario_observable(vocab, i)) != NULL; i++)
		if (o->value != NULL) {
			fputs(i > 0 ? "|" : "", f);
			print_observable(vocab, o, f);
		}
	fputc(')', f);
	for (size_t i = 0; (o = scenario_observable(vocab, i)) != NULL; i++)
		if (o->words != NULL) {
			fputc('|', f);
			print_names(o->words, f);
		}
	/* A word is read whole: in many parts, a long number would be tried in all ways. */
	fputs(")(?![A-Za-z0-9_])))+" SPACES ")$", f);
}

/* One that editors offer, with its parts to be filled in. */
static void
add_snippet(json_t *snippets, const char *label, const char *body, const char *help)
{
	json_array_append_new(snippets, json_pack("{s:s, s:s, s:s}", "label", label, "body", body,
	    "description", help));
}

static void
add_observable(const struct scenario_vocab *vocab, const struct observable *o, json_t *snippets)
{
	const char *hole = strchr(o->pattern, '<');
	const char *tail = hole != NULL ? strchr(hole, '>') + 1 : "";
	int head = (int)strcspn(o->pattern, "<");
	const char *value = o->words != NULL ? o->words[1] : o->type == EXPECT_TIME ? "1s" : "0";
	bool each = hole != NULL && names_in(vocab, hole) != NULL &&
	    names_in(vocab, hole) != vocab->calls && names_in(vocab, hole) != vocab->faults;
	const char *const one[] = { hole != NULL ? "${2:name}" : "", NULL };
	const char *const *names = each ? names_in(vocab, hole) : one;

	for (; *names != NULL; names++) {
		char *label = each ? xasprintf("%.*s%s%s", head, o->pattern, *names, tail) :
		    xstrdup(o->pattern);
		char *body = xasprintf("%.*s%s%s == ${1:%s}", head, o->pattern, *names, tail,
		    value);

		add_snippet(snippets, label, body, o->help);
		free(label);
		free(body);
	}
}

static json_t *
expectation_of(const struct scenario_vocab *vocab)
{
	char *pattern = SBUF_TEXT(f, print_expectation(vocab, f));
	json_t *snippets = json_array();
	const struct observable *o;
	json_t *schema;

	for (size_t i = 0; (o = scenario_observable(vocab, i)) != NULL; i++)
		if (o->value != NULL)
			add_observable(vocab, o, snippets);
	add_snippet(snippets, "log", "log ~ \"${1:text}\"", "a console line has this text");
	schema = saying(json_pack("{s:s, s:s, s:o}", "type", "string", "pattern", pattern,
	    "defaultSnippets", snippets), "an expectation compares what can be observed, such as "
	    "`mem.free > 100`; `viosim describe observables` lists it");
	free(pattern);
	return schema;
}

/* ---- maps ---- */

/* The value that holds where the key is left out, where one word or number says it; or NULL. */
static json_t *
default_of(const struct field *f, const void *defaults)
{
	const void *value = defaults != NULL ? field_value(f, defaults) : NULL;
	uint64_t number;
	int word;

	if (value == NULL || (f->flags & FIELD_REQUIRED))
		return NULL;
	if (f->kind == FIELD_FLAG)
		return *(const bool *)value ? json_true() : NULL;
	if (f->kind == FIELD_COUNT || f->kind == FIELD_TIMES) {
		memcpy(&number, value, sizeof(number));
		return number >= f->min && number > 0 && number != SCENARIO_UNSET ?
		    json_integer((json_int_t)number) : NULL;
	}
	if (f->kind != FIELD_WORD)
		return NULL;
	memcpy(&word, value, sizeof(word));
	return field_word_of(f->words, word) != NULL && strstr(f->help, "both") == NULL ?
	    json_string(field_word_of(f->words, word)) : NULL;
}

static void
add_property(const struct scenario_vocab *vocab, const struct field *f, const void *defaults,
    json_t *properties)
{
	json_t *schema = json_pack("{s:s, s:s, s:s}", "title", f->key, "description", f->help,
	    "markdownDescription", f->help);
	json_t *value = value_of(vocab, f), *holds = default_of(f, defaults);

	json_object_update(schema, value);
	json_decref(value);
	if (holds != NULL)
		json_object_set_new(schema, "default", holds);
	json_object_set_new(properties, f->key, schema);
}

static json_t *
map_of(const struct scenario_vocab *vocab, const struct map *map)
{
	json_t *properties = json_object(), *required = json_array(), *schema;

	for (size_t i = 0; i < map->count; i++) {
		add_property(vocab, &map->fields[i], map->defaults, properties);
		if (map->fields[i].flags & FIELD_REQUIRED)
			json_array_append_new(required, json_string(map->fields[i].key));
	}
	schema = json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties,
	    "required", required, "additionalProperties", false);
	return map->scalars == 0 ? schema : map_or(schema, value_of(vocab, &map->fields[0]));
}

/* ---- steps ---- */

static void
forbid(json_t *keys, const char *key)
{
	json_object_set_new(keys, key, json_false());
}

/* What cannot stand beside a verb, each with a sentence of its own. */
static json_t *
beside_verb(const struct verb *const *v)
{
	const struct field *f = &(*v)->field;
	json_t *verbs = json_object(), *all = json_array();
	char *text = xasprintf("a step has one verb: \"%s\" and this one are two steps", f->key);

	/* Of two verbs the first of the list complains, so that only one does. */
	for (const struct verb *const *other = v + 1; *other != NULL; other++)
		forbid(verbs, (*other)->field.key);
	json_array_append_new(all, json_pack("{s:o, s:s}", "properties", verbs, "errorMessage",
	    text));
	free(text);
	for (const struct step_limit *limit = step_limits; limit->key != NULL; limit++) {
		if (f->flags & limit->flag)
			continue;
		text = xasprintf("\"%s\" does not go with \"%s\"", limit->key, f->key);
		json_array_append_new(all, json_pack("{s:{s:b}, s:s}", "properties", limit->key,
		    false, "errorMessage", text));
		free(text);
	}
	if (f->flags & FIELD_NEEDS_WITHIN) {
		text = xasprintf("\"%s\" needs \"within\" beside it", f->key);
		json_array_append_new(all, json_pack("{s:[s], s:s}", "required", "within",
		    "errorMessage", text));
		free(text);
	}
	return json_pack("{s:o}", "allOf", all);
}

/* Steps that most scenarios have, with their parts to be filled in. */
static json_t *
step_snippets(void)
{
	return json_pack("[{s:s, s:s, s:{s:s, s:s}}, {s:s, s:s, s:{s:{s:s, s:s}}},"
	    "{s:s, s:s, s:{s:{s:s}}}]",
	    "label", "expect within", "description", "becomes true in time, and the next step "
	    "follows", "body", "expect", "${1:mem.free > 100}", "within", "${2:2s}",
	    "label", "fail once", "description", "a kernel call fails", "body", "fail", "id",
	    "${1:name}", "call", "${2:kmem_alloc}",
	    "label", "settle within", "description", "nothing in flight, the driver sleeps",
	    "body", "settle", "within", "${1:1s}");
}

static json_t *
step_of(const struct scenario_vocab *vocab)
{
	json_t *properties = json_object(), *verbs = json_object(), *others = json_array();

	for (size_t i = 0; i < map_step.count; i++) {
		add_property(vocab, &map_step.fields[i], NULL, properties);
		json_array_append_new(others, json_string(map_step.fields[i].key));
	}
	for (const struct verb *const *v = vocab->type->verbs; *v != NULL; v++) {
		add_property(vocab, &(*v)->field, NULL, properties);
		json_object_set_new(verbs, (*v)->field.key, beside_verb(v));
	}
	/* An unknown key may be a verb with a typing error: one complaint is enough. */
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:{s:{s:o}}, s:{s:[s], s:s}}", "type", "object",
	    "properties", properties, "additionalProperties", false, "dependentSchemas", verbs,
	    "defaultSnippets", step_snippets(),
	    "if", "propertyNames", "enum", others,
	    "then", "required", "expect", "errorMessage",
	    "a step needs a verb; `viosim describe verbs` lists them");
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
	return map_or(json_pack("{s:s, s:i, s:i, s:b, s:o}", "type", "object", "minProperties", 1,
	    "maxProperties", 1, "additionalProperties", false, "properties", properties),
	    json_pack("{s:o, s:s}", "enum", names, "errorMessage", "an event is a kernel call or "
	    "one of `viosim describe events`"));
}

/* ---- any value ---- */

static json_t *
list_of(const struct scenario_vocab *vocab, const struct field *f)
{
	struct field item = *f;
	json_t *list;

	item.kind = f->kind == FIELD_NAMES ? FIELD_NAME :
	    f->kind == FIELD_AMOUNTS ? FIELD_AMOUNT : FIELD_VOCAB;
	list = array_of(value_of(vocab, &item));
	if (f->kind != FIELD_AMOUNTS)
		json_object_set_new(list, "uniqueItems", json_true());
	return list;
}

/* What may stand there. */
static json_t *
value_of(const struct scenario_vocab *vocab, const struct field *f)
{
	json_t *schema;

	switch (f->kind) {
	case FIELD_VOCAB:
	case FIELD_SOURCE:
	case FIELD_FAULT:
	case FIELD_WORD:
		return name_of(vocab, f);
	case FIELD_TIMES:
	case FIELD_COUNT:
	case FIELD_SEED:
	case FIELD_AMOUNT:
		return number_of(f);
	case FIELD_EXPECT:
		return json_pack("{s:s++}", "$ref", "#/$defs/", vocab->type->name, EXPECTATION);
	case FIELD_OWN:
	case FIELD_MAP:
		return map_of(vocab, field_map(f, vocab->type));
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
	case FIELD_AMOUNTS:
		return list_of(vocab, f);
	case FIELD_SEGMENTS:
	case FIELD_MACHINES:
	case FIELD_CLAIMS:
		return array_of(map_of(vocab, f->map));
	case FIELD_STEPS:
		return array_of(step_of(vocab));
	default:
		schema = json_loads(field_kinds[f->kind].schema, 0, NULL);
		if (schema == NULL)
			internal_error("no JSON: %s", field_kinds[f->kind].schema);
		return schema;
	}
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
	    "https://json-schema.org/draft/2020-12/schema", "description",
	    "viosim scenario, format 1");
	json_t *rule = by_type(vocab->types);
	json_t *defs = json_pack("{s:o}", "event", event_of(vocab));
	char *text;

	for (const struct scenario_type *const *type = vocab->types; *type != NULL; type++) {
		struct scenario_vocab of_type = scenario_vocab_of(vocab, *type);

		char *expectation = xasprintf("%s" EXPECTATION, (*type)->name);

		json_object_set_new(defs, (*type)->name, map_of(&of_type, &map_scenario));
		json_object_set_new(defs, expectation, expectation_of(&of_type));
		free(expectation);
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
