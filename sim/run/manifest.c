/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a driver's manifest.
 */
#include "run/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/share.h"
#include "device/class.h"
#include "scenario/arena.h"
#include "scenario/text.h"
#include "scenario/yaml.h"

struct reader {
	struct manifest *manifest;
	const struct scenario_vocab *vocab;
	const struct manifest_names *names;	/* NULL: nothing is looked up */
	struct diag_list *diags;
};

/* ---- values ---- */

static void
read_text(struct reader *r, const struct yaml_node *value, const char **to)
{
	if (value->kind == YAML_SCALAR && value->text[0] == '\0')
		yaml_error(r->diags, value, "manifest.type", "a text is missing here");
	else if (value->kind == YAML_SCALAR)
		*to = arena_copy(r->manifest->arena, value->text, strlen(value->text));
	else if (value->kind != YAML_BROKEN)
		yaml_error(r->diags, value, "manifest.type", "expected a text here, not %s",
		    yaml_kind_name(value->kind));
}

/* An error at a name, with the nearest of a list that ends with NULL. */
static void
unknown_name(struct reader *r, const struct yaml_node *at, const char *rule, const char *what,
    const char *const *list, const char *otherwise)
{
	struct text_nearest near = text_nearest(at->text);

	text_nearest_offer_all(&near, list);
	yaml_error(r->diags, at, rule, "there is no %s \"%s\"%s", what, at->text,
	    text_nearest_hint(&near, otherwise));
	text_nearest_repair(&near, r->diags);
}

typedef void check_item_fn(struct reader *r, const struct yaml_node *item);

static void
check_rule(struct reader *r, const struct yaml_node *item)
{
	if (!text_list_has(r->vocab->rules, item->text))
		unknown_name(r, item, "manifest.unknown-rule", "rule", r->vocab->rules,
		    "; `viosim rules` lists them");
}

static bool
fits(const char *pattern, const char *scenario)
{
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, scenario, length - 1) == 0;
	return strcmp(pattern, scenario) == 0;
}

static void
check_scenario(struct reader *r, const struct yaml_node *item)
{
	const char *star = strchr(item->text, '*');
	const char *const *scenario = r->names != NULL ? r->names->scenarios : NULL;

	if (star != NULL ? star[1] != '\0' : strchr(item->text, '/') == NULL) {
		yaml_error(r->diags, item, "manifest.scenario", "expected area/situation, or the "
		    "beginning of such with a * at its end");
		return;
	}
	if (scenario == NULL)
		return;
	for (; *scenario != NULL; scenario++)
		if (fits(item->text, *scenario))
			return;
	unknown_name(r, item, "manifest.unknown-scenario", "scenario", r->names->scenarios,
	    "; `viosim list` lists them");
}

/* One item of a list of names, or the one name in place of a list. */
static void
add_name(struct reader *r, const struct yaml_node *item, check_item_fn *check,
    struct scenario_names *names)
{
	const char *name = NULL;

	read_text(r, item, &name);
	if (name == NULL)
		return;
	if (scenario_names_has(names, name)) {
		yaml_error(r->diags, item, "manifest.duplicate", "\"%s\" stands here twice", name);
		return;
	}
	arena_add(r->manifest->arena, names->name, names->count) = name;
	if (check != NULL)
		check(r, item);
}

static void
read_names(struct reader *r, const struct yaml_node *value, check_item_fn *check,
    struct scenario_names *names)
{
	if (value->kind != YAML_LIST)
		add_name(r, value, check, names);
	else if (value->count == 0)
		yaml_error(r->diags, value, "manifest.type", "this list is empty");
	else
		for (size_t i = 0; i < value->count; i++)
			add_name(r, value->items[i], check, names);
}

/*
 * A manifest may serve several texts of one driver, which call their functions differently; of a
 * defect that is nowhere in this one, something is wrong.
 */
static void
check_where(struct reader *r, const struct yaml_node *value, const struct scenario_names *where)
{
	const char *const *functions = r->names != NULL ? r->names->functions : NULL;
	struct text_nearest near;
	const char *rest;

	if (functions == NULL || where->count == 0)
		return;
	for (size_t i = 0; i < where->count; i++)
		if (text_list_has(functions, where->name[i]))
			return;
	near = text_nearest(where->name[0]);
	/* That both begin with the driver's name makes no function like another. */
	rest = strchr(where->name[0], '_');
	near.distance = text_nearest(rest != NULL ? rest + 1 : where->name[0]).distance;
	text_nearest_offer_all(&near, functions);
	yaml_error(r->diags, value->kind == YAML_LIST ? value->items[0] : value,
	    "manifest.unknown-function", "this driver has no function \"%s\"%s%s",
	    where->name[0], where->count > 1 ? ", nor any other of the list" : "",
	    text_nearest_hint(&near, ""));
}

/* `name` in the folder above path[0..length), which is "" or ends in a slash; heap. */
static char *
in_folder_above(const char *path, int length, const char *name)
{
	int above = length > 0 ? length - 1 : 0;

	while (above > 0 && path[above - 1] != '/')
		above--;
	/* What has no plain name is left as it is. */
	return length - above <= 1 || path[above] == '.' ?
	    xasprintf("%.*s../%s", length, path, name) :
	    xasprintf("%.*s%s", above, path, name);
}

char *
manifest_file(const char *manifest_path, const char *name)
{
	const char *slash = strrchr(manifest_path, '/');
	int folder = slash != NULL ? (int)(slash + 1 - manifest_path) : 0;
	char *path = xasprintf("%.*s%s", name[0] == '/' ? 0 : folder, manifest_path, name);

	if (access(path, R_OK) == 0)
		return path;
	free(path);
	path = in_folder_above(manifest_path, folder, name);
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return share_path(name);
}

static void
check_file(struct reader *r, const struct yaml_node *value)
{
	char *path;

	if (r->names == NULL || value->kind != YAML_SCALAR || value->text[0] == '\0')
		return;
	path = manifest_file(r->manifest->path, value->text);
	if (path == NULL)
		yaml_error(r->diags, value, "manifest.file", "there is no file \"%s\" beside this "
		    "manifest or in the folder above", value->text);
	free(path);
}

static void
check_call(struct reader *r, const struct yaml_node *item)
{
	if (!text_list_has(r->vocab->calls, item->text))
		unknown_name(r, item, "manifest.circumstance", "kernel call", r->vocab->calls, "");
}

static void
check_era(struct reader *r, const struct yaml_node *item)
{
	if (strcmp(item->text, "netbsd-2022") != 0 && strcmp(item->text, "netbsd-2023") != 0)
		yaml_error(r->diags, item, "manifest.api", "this viosim has the kernel API of "
		    "netbsd-2022 and of netbsd-2023, not \"%s\"", item->text);
}

static void
check_interrupted(struct reader *r, const struct yaml_node *item)
{
	if (strcmp(item->text, "awake") != 0)
		check_call(r, item);
}

static void
check_behaviour(struct reader *r, const struct yaml_node *item)
{
	const struct device_behaviour *row;
	struct text_nearest near = text_nearest(item->text);

	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (unsigned k = 0; (row = device_behaviour_at(device_classes[i], k)) != NULL;
		    k++) {
			if (strcmp(row->word, item->text) == 0)
				return;
			text_nearest_offer(&near, row->word);
		}
	yaml_error(r->diags, item, "manifest.circumstance", "there is no behaviour \"%s\" of a "
	    "device%s", item->text, text_nearest_hint(&near, ""));
	text_nearest_repair(&near, r->diags);
}

static void
read_quantity(struct reader *r, enum manifest_kind kind, const struct yaml_node *value,
    void *slot)
{
	uint64_t *number = slot;
	struct text_why why;

	if (value->kind != YAML_SCALAR) {
		if (value->kind != YAML_BROKEN)
			yaml_error(r->diags, value, "manifest.type", "expected one value here, not "
			    "%s", yaml_kind_name(value->kind));
		return;
	}
	if (kind == MANIFEST_FLAG) {
		if (!text_parse_flag(value->text, slot, &why))
			yaml_error(r->diags, value, "manifest.type", "%s", why.text);
		else if (!*(bool *)slot)
			yaml_error(r->diags, value, "manifest.circumstance",
			    "only `true` may stand here: leave out what need not be so");
	} else if (!(kind == MANIFEST_AMOUNT ? text_parse_amount :
	    text_parse_number)(value->text, number, &why)) {
		yaml_error(r->diags, value, "manifest.type", "%s", why.text);
	} else if (*number == 0 || (kind == MANIFEST_COUNT &&
	    *number > FACTS_COUNTED_MAX)) {
		yaml_error(r->diags, value, "manifest.circumstance", kind ==
		    MANIFEST_COUNT ? "expected a number from 1 to %d" :
		    "0 is no circumstance", FACTS_COUNTED_MAX);
	}
}

/* ---- keys ---- */

static const struct manifest_key manifest_keys[] = {
	{ "driver", MANIFEST_TEXT, offsetof(struct manifest, driver), true, NULL, NULL },
	{ "source", MANIFEST_TEXT, offsetof(struct manifest, source), false, NULL, NULL },
	{ "api", MANIFEST_ERAS, offsetof(struct manifest, eras), true, NULL, NULL },
	{ "device", MANIFEST_TEXT, offsetof(struct manifest, device), true, NULL, NULL },
	{ "known_defects", MANIFEST_DEFECTS, 0, false, NULL, NULL },
	{ .name = NULL }
};

static const struct manifest_key defect_keys[] = {
	{ "id", MANIFEST_TEXT, offsetof(struct defect, id), true, NULL, NULL },
	{ "title", MANIFEST_TEXT, offsetof(struct defect, title), true, NULL, NULL },
	{ "api", MANIFEST_ERAS, offsetof(struct defect, eras), false, NULL, NULL },
	{ "rules", MANIFEST_RULES, offsetof(struct defect, rules), true, NULL, NULL },
	{ "where", MANIFEST_WHERE, offsetof(struct defect, where), false, NULL, NULL },
	{ "scenarios", MANIFEST_SCENARIOS, offsetof(struct defect, scenarios), false, NULL, NULL },
	{ "explored", MANIFEST_SCENARIOS, offsetof(struct defect, explored), false, NULL, NULL },
	{ "circumstances", MANIFEST_CIRCUMSTANCES, 0, false, NULL, NULL },
	{ "finding", MANIFEST_FILE, offsetof(struct defect, finding), false, NULL, NULL },
	{ "fix", MANIFEST_FILE, offsetof(struct defect, fix), false, NULL, NULL },
	{ .name = NULL }
};

static void read_defects(struct reader *r, const struct yaml_node *value);
static void read_circumstances(struct reader *r, const struct yaml_node *value,
    struct defect *defect);

static void
read_value(struct reader *r, const struct manifest_key *key, const struct yaml_node *value,
    void *object)
{
	static check_item_fn *const check[] = {
		[MANIFEST_RULES] = check_rule, [MANIFEST_WHERE] = NULL,
		[MANIFEST_SCENARIOS] = check_scenario, [MANIFEST_CALLS] = check_call,
		[MANIFEST_INTERRUPTED] = check_interrupted,
		[MANIFEST_BEHAVIOURS] = check_behaviour, [MANIFEST_FUNCTIONS] = NULL,
		[MANIFEST_ERAS] = check_era,
	};
	void *slot = (unsigned char *)object + key->offset;

	switch (key->kind) {
	case MANIFEST_TEXT:
	case MANIFEST_FILE:
		read_text(r, value, slot);
		if (key->kind == MANIFEST_FILE)
			check_file(r, value);
		break;
	case MANIFEST_AMOUNT:
	case MANIFEST_COUNT:
	case MANIFEST_FLAG:
		read_quantity(r, key->kind, value, slot);
		break;
	case MANIFEST_DEFECTS:
		read_defects(r, value);
		break;
	case MANIFEST_CIRCUMSTANCES:
		read_circumstances(r, value, object);
		break;
	default:
		read_names(r, value, check[key->kind], slot);
		if (key->kind == MANIFEST_WHERE)
			check_where(r, value, slot);
		break;
	}
}

static void
unknown_key(struct reader *r, const struct manifest_key *keys, const char *what,
    const struct yaml_node *key)
{
	struct text_nearest near = text_nearest(key->text);
	char all[400] = "";

	for (; keys->name != NULL; keys++) {
		text_nearest_offer(&near, keys->name);
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
		    all[0] == '\0' ? "" : ", ", keys->name);
	}
	if (near.best != NULL)
		yaml_error(r->diags, key, "manifest.unknown-key", "unknown key \"%s\"%s",
		    key->text, text_nearest_hint(&near, ""));
	else
		yaml_error(r->diags, key, "manifest.unknown-key", "unknown key \"%s\"; %s has "
		    "%s", key->text, what, all);
	text_nearest_repair(&near, r->diags);
}

/* All keys of a map; false if one is unknown: then it may be one that seems to be missing. */
static bool
read_keys(struct reader *r, const struct manifest_key *keys, const char *what,
    const struct yaml_node *map, void *object)
{
	bool good = true;

	for (size_t i = 0; i < map->count; i++) {
		const struct yaml_pair *pair = &map->pairs[i];
		const struct manifest_key *key = keys;

		while (key->name != NULL && strcmp(key->name, pair->key->text) != 0)
			key++;
		if (key->name != NULL) {
			read_value(r, key, pair->value, object);
		} else {
			unknown_key(r, keys, what, pair->key);
			good = false;
		}
	}
	for (; good && keys->name != NULL; keys++)
		if (keys->required && yaml_lookup(map, keys->name) == NULL)
			yaml_error(r->diags, map, "manifest.missing-key", "%s needs the key "
			    "\"%s\"", what, keys->name);
	return good;
}

/* A map, or a list of maps. */
static void
read_circumstances(struct reader *r, const struct yaml_node *value, struct defect *defect)
{
	const struct yaml_node *const *items = value->kind == YAML_LIST ?
	    (const struct yaml_node *const *)value->items : &value;
	size_t count = value->kind == YAML_LIST ? value->count : 1;

	for (size_t i = 0; i < count; i++)
		if (items[i]->kind != YAML_MAP || items[i]->count == 0)
			yaml_error(r->diags, items[i], "manifest.type", "circumstances are a map, "
			    "or a list of maps of which one must hold");
		else
			read_keys(r, circumstance_keys, "a map of circumstances", items[i],
			    arena_push(r->manifest->arena, &defect->circumstance,
			    &defect->circumstances, sizeof(defect->circumstance[0])));
	if (count == 0)
		yaml_error(r->diags, value, "manifest.type", "this list is empty");
}

/* ---- the whole ---- */

static void
check_unique(struct reader *r, const struct defect *defect, const struct yaml_node *map)
{
	const struct manifest *manifest = r->manifest;

	for (size_t i = 0; i + 1 < manifest->count; i++)
		if (defect->id != NULL && manifest->defects[i].id != NULL &&
		    strcmp(manifest->defects[i].id, defect->id) == 0)
			yaml_error(r->diags, yaml_lookup(map, "id"), "manifest.duplicate",
			    "the defect \"%s\" is listed twice (first in line %u)", defect->id,
			    manifest->defects[i].loc.line);
}

static void
read_defect(struct reader *r, const struct yaml_node *node)
{
	static const char what[] = "a known defect";
	struct manifest *manifest = r->manifest;
	struct defect *defect;

	if (node->kind != YAML_MAP) {
		if (node->kind != YAML_BROKEN)
			yaml_error(r->diags, node, "manifest.type", "%s is a map, not %s", what,
			    yaml_kind_name(node->kind));
		return;
	}
	defect = arena_push(manifest->arena, &manifest->defects, &manifest->count,
	    sizeof(*defect));
	defect->loc = node->loc;
	defect->loc.file = manifest->path;
	if (read_keys(r, defect_keys, what, node, defect) &&
	    yaml_lookup(node, "scenarios") == NULL && yaml_lookup(node, "explored") == NULL)
		yaml_error(r->diags, node, "manifest.missing-key",
		    "%s needs \"scenarios\", those that show it, or \"explored\", those whose "
		    "exploration does", what);
	check_unique(r, defect, node);
}

static void
read_defects(struct reader *r, const struct yaml_node *value)
{
	if (value->kind == YAML_BROKEN)
		return;
	if (value->kind != YAML_LIST) {
		yaml_error(r->diags, value, "manifest.type", "known_defects is a list, not %s",
		    yaml_kind_name(value->kind));
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		read_defect(r, value->items[i]);
}

static void
read_root(struct reader *r, const struct yaml_node *root)
{
	struct manifest *manifest = r->manifest;

	if (root->kind != YAML_MAP) {
		yaml_error(r->diags, root, "manifest.type", "a manifest is a map, not %s",
		    yaml_kind_name(root->kind));
		return;
	}
	read_keys(r, manifest_keys, "a manifest", root, manifest);
	if (manifest->device != NULL && !text_list_has(r->vocab->devices, manifest->device))
		unknown_name(r, yaml_lookup(root, "device"), "manifest.device", "device",
		    r->vocab->devices, "; `viosim describe names` lists them");
}

bool
manifest_is_one(const char *path)
{
	struct arena *arena = arena_new();
	struct diag_list diags;
	struct yaml_file file;
	struct yaml_node *root = NULL;
	bool is_one;

	diag_list_init(&diags);
	if (yaml_read_file(path, arena, &file, &diags))
		root = yaml_parse(&file, arena, &diags);
	is_one = root != NULL && root->kind == YAML_MAP &&
	    yaml_lookup(root, "scenario") == NULL && yaml_lookup(root, "steps") == NULL &&
	    (yaml_lookup(root, "driver") != NULL || yaml_lookup(root, "known_defects") != NULL);
	diag_list_fini(&diags);
	arena_free(arena);
	return is_one;
}

struct manifest *
manifest_load(const char *path, const struct scenario_vocab *vocab,
    const struct manifest_names *names, struct diag_list *diags)
{
	struct arena *arena = arena_new();
	struct manifest *manifest = arena_calloc(arena, 1, sizeof(*manifest));
	struct reader reader = {
		.manifest = manifest, .vocab = vocab, .names = names, .diags = diags,
	};
	size_t before = diags->reported;
	struct yaml_file file;
	struct yaml_node *root;

	manifest->arena = arena;
	manifest->path = arena_copy(arena, path, strlen(path));
	if (yaml_read_file(path, arena, &file, diags) &&
	    (root = yaml_parse(&file, arena, diags)) != NULL)
		read_root(&reader, root);
	if (diags->reported != before) {
		arena_free(arena);
		return NULL;
	}
	return manifest;
}

bool
manifest_for_era(struct manifest *manifest, const char *era)
{
	size_t count = 0;

	if (era == NULL && manifest->eras.count > 0)
		era = manifest->eras.name[0];
	if (era == NULL || !scenario_names_has(&manifest->eras, era))
		return false;
	for (size_t i = 0; i < manifest->count; i++) {
		struct defect *defect = &manifest->defects[i];

		if (defect->eras.count == 0 || scenario_names_has(&defect->eras, era))
			manifest->defects[count++] = *defect;
	}
	manifest->count = count;
	return true;
}

void
manifest_free(struct manifest *manifest)
{
	if (manifest != NULL)
		arena_free(manifest->arena);
}

bool
defect_names(const struct defect *defect, const char *scenario)
{
	for (size_t i = 0; i < defect->scenarios.count; i++)
		if (fits(defect->scenarios.name[i], scenario))
			return true;
	return false;
}

static bool
shows_as(const struct defect *defect, const char *rule, const char *where)
{
	return scenario_names_has(&defect->rules, rule) && (defect->where.count == 0 ||
	    where[0] == '\0' || scenario_names_has(&defect->where, where));
}

/* Is `a` nearer than `b`: the rule, then the function, stands further up in its lists? */
static bool
is_nearer(const struct defect *a, const struct defect *b, const struct sighting *sighting)
{
	size_t rule_a = scenario_names_at(&a->rules, sighting->rule);
	size_t rule_b = scenario_names_at(&b->rules, sighting->rule);

	return rule_a != rule_b ? rule_a < rule_b :
	    scenario_names_at(&a->where, sighting->where) <
	    scenario_names_at(&b->where, sighting->where);
}

/* Of several that are alike, one whose circumstances hold, then the nearest. */
static void
offer_like(struct defect_like *like, const struct defect *defect, const char *why,
    const struct sighting *sighting)
{
	if (!scenario_names_has(&defect->where, sighting->where))
		return;
	if (like->defect != NULL && (like->why[0] == '\0') >= (why[0] == '\0') &&
	    ((like->why[0] == '\0') > (why[0] == '\0') ||
	    !is_nearer(defect, like->defect, sighting)))
		return;
	like->defect = defect;
	snprintf(like->why, sizeof(like->why), "%s", why);
}

const struct defect *
manifest_explains(const struct manifest *manifest, const struct sighting *sighting,
    struct defect_like *like)
{
	struct defect_like none = { 0 };

	if (like == NULL)
		like = &none;
	*like = none;
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];
		char why[sizeof(none.why)] = "";

		if (!shows_as(defect, sighting->rule, sighting->where))
			continue;
		if (circumstances_hold(defect->circumstance, defect->circumstances, sighting, why,
		    sizeof(why))) {
			if (sighting->scenario == NULL ||
			    defect_names(defect, sighting->scenario))
				return defect;
			why[0] = '\0';
		}
		offer_like(like, defect, why, sighting);
	}
	return NULL;
}
