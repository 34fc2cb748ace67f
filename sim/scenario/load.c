/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a file to a document: recursive descent by the tables of table.c.
 *
 * The tree is read once for every combination of parameters, each time with the values
 * put in; what is said twice about one place is reported once.
 */
#include <assert.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "load.h"
#include "text.h"

static void load_field(struct loader *, const struct field *, const struct yaml_node *,
	    void *slot);

/* ---- maps ---- */

/* A verb is a key of a step, too. */
static bool
is_key_of(const struct loader *ld, const struct map *map, const char *key)
{
	return map_find(map, key) != NULL ||
	    (map == &map_step && verb_find(ld->vocab->type, key) != NULL);
}

/* Is it a key of a step that stands, not indented, below the list of steps? */
static bool
is_lost_step_key(const struct loader *ld, const struct map *map, const char *key)
{
	return map == &map_scenario && map_find(map, key) == NULL &&
	    is_key_of(ld, &map_step, key);
}

/* Returns the key that was probably meant, or NULL. */
static const char *
load_unknown_key(struct loader *ld, const struct map *map, const struct yaml_node *key)
{
	struct text_nearest near = text_nearest(key->text);
	const struct verb *const *verb = ld->vocab->type->verbs;

	if (is_lost_step_key(ld, map, key->text)) {
		yaml_error(ld->diags, key, "scenario.step", "\"%s\" belongs to the step above: "
		    "indent it as far as the first key of that step", key->text);
		return NULL;
	}
	for (size_t i = 0; i < map->count; i++)
		text_nearest_offer(&near, map->fields[i].key);
	for (; map == &map_step && *verb != NULL; verb++)
		text_nearest_offer(&near, (*verb)->field.key);
	if (map == &map_step)
		yaml_error(ld->diags, key, "scenario.unknown-key",
		    "unknown verb or key \"%.80s\"%s", key->text, text_nearest_hint(&near, ""));
	else
		yaml_error(ld->diags, key, "scenario.unknown-key", "unknown key \"%.80s\" in %s%s",
		    key->text, map->name, text_nearest_hint(&near, ""));
	text_nearest_repair(&near, ld->diags);
	return near.best;
}

static void
load_pair(struct loader *ld, const struct map *map, const struct field *f,
    const struct yaml_pair *pair, void *object)
{
	if (ld->in_base && map == &map_scenario && !(f->flags & FIELD_BASE))
		yaml_error(ld->diags, pair->key, "scenario.extends",
		    "a file that is extended has no \"%s\" (only machine, device, always, never)",
		    f->key);
	else
		load_field(ld, f, pair->value, field_slot(f, object));
}

/* `meant`: a bit for each key that stands there, probably, with a typing error. */
static void
load_missing_keys(struct loader *ld, const struct map *map, const struct yaml_node *n,
    uint64_t meant)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct field *f = &map->fields[i];

		if (!(f->flags & FIELD_REQUIRED) || yaml_lookup(n, f->key) != NULL ||
		    (meant >> i & 1) != 0)
			continue;
		if (!ld->in_base || map != &map_scenario || (f->flags & FIELD_BASE))
			load_error(ld, n, "scenario.missing-key",
			    "%s needs the key \"%s\": %s", map->name, f->key, f->help);
	}
}

static void
load_pairs(struct loader *ld, const struct map *map, const struct yaml_node *n, void *object)
{
	const struct field *f;
	uint64_t meant = 0;
	const char *best;

	assert(map->count <= sizeof(meant) * CHAR_BIT);
	for (size_t i = 0; i < n->count; i++) {
		f = map_find(map, n->pairs[i].key->text);
		if (f != NULL) {
			load_pair(ld, map, f, &n->pairs[i], object);
			continue;
		}
		best = load_unknown_key(ld, map, n->pairs[i].key);
		if (best != NULL)
			meant |= UINT64_C(1) << (map_find(map, best) - map->fields);
	}
	load_missing_keys(ld, map, n, meant);
}

/* An error at what is no map.  `target:5` and `target 5` are one text: then it says so, too. */
static void
load_no_map(struct loader *ld, const struct map *map, const char *is, const struct yaml_node *n)
{
	size_t length = n->kind == YAML_SCALAR && n->plain ? strcspn(n->text, ": ") : 0;
	const char *key = arena_copy(ld->arena, n->kind == YAML_SCALAR ? n->text : "", length);
	const char *lost = "";

	if (length > 0 && n->text[length] != '\0' && is_key_of(ld, map, key))
		lost = arena_printf(ld->arena, n->text[length] == ':' ?
		    "; a space is missing after the colon of \"%s\"" :
		    "; a colon is missing after \"%s\"", key);
	load_error(ld, n, "scenario.type", "%s map of keys, not %s%s", is,
	    yaml_kind_name(n->kind), lost);
	if (*lost != '\0')
		diag_repair(ld->diags, arena_copy(ld->arena, n->text, length + 1),
		    arena_printf(ld->arena, "%s: ", key));
}

/* The object must hold its defaults already. */
static void
load_map(struct loader *ld, const struct map *map, const struct yaml_node *n, void *object)
{
	size_t before = ld->diags->reported;

	if (n->kind == YAML_SCALAR && map->scalars > 0) {
		/* What is wrong with it is wrong for all of them, and said once. */
		for (size_t i = 0; i < map->scalars && ld->diags->reported == before; i++)
			load_field(ld, &map->fields[i], n, field_slot(&map->fields[i], object));
		return;
	}
	if (n->kind == YAML_BROKEN)
		return;
	if (n->kind != YAML_MAP) {
		load_no_map(ld, map, arena_printf(ld->arena, "%s is %sa", map->name,
		    map->scalars > 0 ? "a single value or " : ""), n);
		return;
	}
	load_pairs(ld, map, n, object);
}

/* Memory is given in one piece or in several; the later of two files decides. */
void
load_machine(struct loader *ld, const struct yaml_node *n, struct scenario_machine *m)
{
	bool memory, segments;

	load_map(ld, &map_machine, n, m);
	if (n->kind != YAML_MAP)
		return;
	m->loc = n->loc;
	memory = yaml_lookup(n, "memory") != NULL;
	segments = yaml_lookup(n, "segments") != NULL;
	if (memory && segments)
		load_error(ld, n, "scenario.machine",
		    "memory is given by \"memory\" or by \"segments\", not by both");
	if (memory && !segments)
		m->segments.count = 0;
	if (segments)
		m->memory_pages = SCENARIO_UNSET;
}

static void
load_submap(struct loader *ld, const struct map *map, const struct yaml_node *n, void *object)
{
	size_t before = ld->diags->reported;

	load_map(ld, map, n, object);
	/* Keys and values that are wrong by themselves are wrong together, too. */
	if (ld->diags->reported == before)
		check_map(ld, map, object, n);
}

/* What the type of device has: a verb's map, or `device:`, whose object is there already. */
static void
load_own(struct loader *ld, const struct field *f, const struct yaml_node *n,
    struct scenario_own *own)
{
	if (f->map != NULL)
		*own = (struct scenario_own){ f->map, map_new(f->map, ld->arena) };
	load_submap(ld, own->map, n, own->object);
}

static const struct yaml_node *
type_node(const struct yaml_node *root)
{
	const struct yaml_node *device = root != NULL ? yaml_lookup(root, "device") : NULL;

	return device != NULL && device->kind == YAML_MAP ? yaml_lookup(device, "type") : NULL;
}

void
load_type(struct loader *ld, const struct yaml_node *root, const struct yaml_node *base,
    struct scenario *sc)
{
	const struct yaml_node *n = type_node(root) != NULL ? type_node(root) : type_node(base);
	const struct yaml_node *device = yaml_lookup(root, "device");
	const struct scenario_type *type = ld->vocab->types[0];
	const char *name = n != NULL ? load_scalar(ld, n) : NULL;

	/* A name that does not exist is an error of the key `type`. */
	for (size_t i = 0; name != NULL && ld->vocab->types[i] != NULL; i++)
		if (strcmp(ld->vocab->types[i]->name, name) == 0)
			type = ld->vocab->types[i];
	ld->of_type = scenario_vocab_of(ld->vocab, type);
	ld->vocab = &ld->of_type;
	sc->device.type = type;
	sc->device.own = (struct scenario_own){ type->device, map_new(type->device, ld->arena) };
	sc->device.loc = device != NULL ? device->loc : root->loc;
}

/* ---- lists ---- */

static bool
load_is_list(struct loader *ld, const struct field *f, const struct yaml_node *n)
{
	if (n->kind == YAML_LIST)
		return true;
	if (n->kind != YAML_BROKEN)
		load_error(ld, n, "scenario.type", "\"%s\" is a list, not %s", f->key,
		    yaml_kind_name(n->kind));
	return false;
}

/* `[none]` is the empty offer of features. */
static bool
load_is_none(const struct field *f, const struct yaml_node *n)
{
	return f->vocab == offsetof(struct scenario_vocab, features) && n->count == 1 &&
	    n->items[0]->kind == YAML_SCALAR && strcmp(n->items[0]->text, "none") == 0;
}

static void
load_names(struct loader *ld, const struct field *f, const struct yaml_node *n,
    struct scenario_names *slot)
{
	struct field word = *f;
	const char *name;

	/* Not NULL, so that an empty list differs from none. */
	*slot = (struct scenario_names){ .name = arena_calloc(ld->arena, 1, sizeof(name)) };
	word.kind = f->kind == FIELD_NAMES ? FIELD_NAME : FIELD_VOCAB;
	if (f->kind == FIELD_VOCAB_LIST && load_is_none(f, n))
		return;
	if (n->count == 0)
		load_error(ld, n, "scenario.value", "\"%s\" is an empty list", f->key);
	for (size_t i = 0; i < n->count; i++) {
		name = NULL;
		load_value(ld, &word, n->items[i], &name);
		if (name == NULL)
			continue;
		if (scenario_names_has(slot, name))
			load_error(ld, n->items[i], "scenario.value",
			    "\"%s\" stands in the list twice", name);
		else
			arena_add(ld->arena, slot->name, slot->count) = name;
	}
}

static void load_step(struct loader *, const struct yaml_node *, struct scenario_step *);

/* An element of a list of other things than words; it is zero. */
static void
load_item(struct loader *ld, const struct field *f, const struct yaml_node *n, void *item)
{
	struct field amount = *f;
	struct scenario_claim *claim = item;

	switch (f->kind) {
	case FIELD_AMOUNTS:
		amount.kind = FIELD_AMOUNT;
		load_value(ld, &amount, n, item);
		break;
	case FIELD_CLAIMS:
		claim->loc = n->loc;
		/* FALLTHROUGH */
	case FIELD_SEGMENTS:
		load_map(ld, f->map, n, item);
		break;
	case FIELD_STEPS:
		load_step(ld, n, item);
		break;
	default:
		load_event(ld, n, item);
		break;
	}
}

/* Claims of an extended file stay; those of the file itself come behind them. */
static void
load_items(struct loader *ld, const struct field *f, const struct yaml_node *n,
    struct scenario_list *slot)
{
	if (f->kind != FIELD_CLAIMS)
		*slot = (struct scenario_list){ .count = 0 };
	if (n->count == 0 && f->kind == FIELD_AMOUNTS)
		load_error(ld, n, "scenario.value", "\"%s\" is an empty list", f->key);
	else if (n->count == 0 && f->kind == FIELD_STEPS)
		load_error(ld, n, "scenario.step", "a scenario without steps tests nothing");
	else if (n->count == 0 && f->kind == FIELD_TRACE)
		load_error(ld, n, "scenario.event", "a list without events expects nothing");
	ld->in_steps |= f->kind == FIELD_STEPS;
	for (size_t i = 0; i < n->count; i++)
		load_item(ld, f, n->items[i], arena_push(ld->arena, &slot->item, &slot->count,
		    field_kinds[f->kind].item));
	ld->in_steps &= f->kind != FIELD_STEPS;
	if (f->kind == FIELD_SEGMENTS)
		check_segments(ld, (const struct scenario_segments *)slot, n);
}

static void
load_seed(struct loader *ld, const struct yaml_node *n, struct scenario_seeds *slot)
{
	static const struct field number = { .kind = FIELD_COUNT };
	size_t before = ld->diags->reported;
	uint64_t seed = 0;

	if (n->kind == YAML_BROKEN)
		return;
	load_value(ld, &number, n, &seed);
	if (ld->diags->reported != before)
		return;
	for (size_t i = 0; i < slot->count; i++)
		if (slot->seed[i] == seed)
			load_error(ld, n, "scenario.value",
			    "the seed %" PRIu64 " stands in the list twice", seed);
	arena_add(ld->arena, slot->seed, slot->count) = seed;
}

static void
load_seed_range(struct loader *ld, const struct yaml_node *n, struct scenario_seeds *slot)
{
	const char *text = load_scalar(ld, n), *end;
	uint64_t first, last;
	struct text_why why;

	if (text == NULL)
		return;
	if (!text_scan_number(text, &first, &end, &why) || strncmp(end, "..", 2) != 0 ||
	    !text_parse_number(end + 2, &last, &why) || last < first ||
	    last - first >= SCENARIO_SEEDS_MAX) {
		load_error(ld, n, "scenario.value",
		    "\"%.80s\": seeds are a list, or a range such as 1..16 of at most %d",
		    text, SCENARIO_SEEDS_MAX);
		return;
	}
	for (uint64_t i = 0; i <= last - first; i++)
		arena_add(ld->arena, slot->seed, slot->count) = first + i;
}

static void
load_seeds(struct loader *ld, const struct field *f, const struct yaml_node *n,
    struct scenario_seeds *slot)
{
	*slot = (struct scenario_seeds){ .count = 0 };
	if (f->kind == FIELD_SEED)
		load_seed(ld, n, slot);
	else if (n->kind == YAML_LIST)
		for (size_t i = 0; i < n->count; i++)
			load_seed(ld, n->items[i], slot);
	else
		load_seed_range(ld, n, slot);
}

/* ---- steps ---- */

/* Which verb, or NULL after an error. */
static const struct verb *
load_find_verb(struct loader *ld, const struct yaml_node *n, struct scenario_step *step)
{
	const struct verb *verb = NULL, *v;
	bool bad = false;

	for (size_t i = 0; i < n->count; i++) {
		const struct yaml_node *key = n->pairs[i].key;

		v = verb_find(ld->vocab->type, key->text);
		if (v == NULL && map_find(&map_step, key->text) == NULL) {
			load_unknown_key(ld, &map_step, key);
			bad = true;
		} else if (v != NULL && verb != NULL) {
			yaml_error(ld->diags, key, "scenario.step",
			    "a step has one verb: \"%s\" and \"%s\" are two steps",
			    verb->field.key, v->field.key);
		} else if (v != NULL) {
			verb = v;
			step->verb_loc = key->loc;
		}
	}
	if (verb == NULL && !bad && !ld->lost_step_key)
		load_error(ld, n, "scenario.step", "this step has no verb");
	return verb;
}

/* `within`, `for`, `exactly` and `on` beside a verb that has no use for them. */
static void
load_step_limits(struct loader *ld, const struct field *verb, const struct yaml_node *n,
    const struct scenario_step *step)
{
	for (const struct step_limit *limit = step_limits; limit->key != NULL; limit++)
		for (size_t i = 0; i < n->count && !(verb->flags & limit->flag); i++)
			if (strcmp(n->pairs[i].key->text, limit->key) == 0)
				yaml_error(ld->diags, n->pairs[i].key, "scenario.step",
				    "\"%s\" does not go with \"%s\"%s", limit->key, verb->key,
				    verb->map != NULL && map_find(verb->map, limit->key) ?
				    "; it stands inside its braces" : "");
	if ((verb->flags & FIELD_NEEDS_WITHIN) && yaml_lookup(n, "within") == NULL)
		diag_add(ld->diags, step->verb_loc, (unsigned)strlen(verb->key), n->file->text,
		    n->file->size, "scenario.missing-key", "\"%s\" needs \"within\" beside it",
		    verb->key);
}

static void
load_step(struct loader *ld, const struct yaml_node *n, struct scenario_step *step)
{
	const struct field *f;
	const struct verb *verb;

	step->loc = n->loc;
	if (n->kind == YAML_BROKEN)
		return;
	if (n->kind != YAML_MAP) {
		load_no_map(ld, &map_step, "a step is a", n);
		return;
	}
	verb = load_find_verb(ld, n, step);
	for (size_t i = 0; i < n->count; i++) {
		f = map_find(&map_step, n->pairs[i].key->text);
		if (f != NULL)
			load_field(ld, f, n->pairs[i].value, field_slot(f, step));
	}
	if (verb == NULL)
		return;
	step->verb = verb->id;
	step->row = verb;
	/* A type may have no key for a part of the struct. */
	if (verb->field.kind == FIELD_MAP)
		memcpy(field_slot(&verb->field, step), verb->field.map->defaults,
		    verb->field.map->size);
	load_field(ld, &verb->field, yaml_lookup(n, verb->field.key),
	    field_slot(&verb->field, step));
	load_step_limits(ld, &verb->field, n, step);
}

/* ---- any value ---- */

static void
load_field(struct loader *ld, const struct field *f, const struct yaml_node *n, void *slot)
{
	bool is_list = field_kinds[f->kind].holds == HOLDS_LIST && f->kind != FIELD_SEED &&
	    f->kind != FIELD_SEEDS && f->kind != FIELD_MACHINES;

	if (is_list && !load_is_list(ld, f, n))
		return;
	switch (f->kind) {
	case FIELD_MAP:
		/* The machine comes key by key over that of an extended file. */
		if (f->map == &map_machine) {
			load_machine(ld, n, slot);
			break;
		}
		map_defaults(f->map, slot);
		load_submap(ld, f->map, n, slot);
		break;
	case FIELD_OWN:
		load_own(ld, f, n, slot);
		break;
	case FIELD_NAMES:
	case FIELD_VOCAB_LIST:
		load_names(ld, f, n, slot);
		break;
	case FIELD_AMOUNTS:
	case FIELD_SEGMENTS:
	case FIELD_CLAIMS:
	case FIELD_STEPS:
	case FIELD_TRACE:
		load_items(ld, f, n, slot);
		break;
	case FIELD_SEED:
	case FIELD_SEEDS:
		load_seeds(ld, f, n, slot);
		break;
	case FIELD_MACHINES:	/* after `machine`, wherever that stands */
	case FIELD_MATRIX:	/* before everything */
	case FIELD_EXTENDS:
		break;
	default:
		load_value(ld, f, n, slot);
		break;
	}
}

void
load_top(struct loader *ld, const struct yaml_node *root, struct scenario *sc)
{
	ld->lost_step_key = false;
	for (size_t i = 0; i < root->count; i++)
		ld->lost_step_key |= is_lost_step_key(ld, &map_scenario, root->pairs[i].key->text);
	load_map(ld, &map_scenario, root, sc);
}
