/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a driver's manifest.
 */
#include "run/manifest.h"

#include <string.h>

#include "scenario/arena.h"
#include "scenario/yaml.h"

#define MANIFEST_FILE_MAX (256 * 1024)
#define DEPTH_MAX 8

struct reader {
	struct manifest *manifest;
	const struct scenario_vocab *vocab;
	struct diag_list *diags;
};

static bool
is_listed(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static void
read_text(struct reader *r, const struct yaml_node *value, const char **to)
{
	if (value->kind == YAML_SCALAR)
		*to = arena_copy(r->manifest->arena, value->text, strlen(value->text));
	else if (value->kind != YAML_BROKEN)
		yaml_error(r->diags, value, "manifest.type", "expected a text here, not %s",
		    yaml_kind_name(value->kind));
}

static void
add_name(struct reader *r, const struct yaml_node *item, struct scenario_names *names)
{
	const char **place = arena_push(r->manifest->arena, &names->name, &names->count,
	    sizeof(*place));

	*place = "";
	read_text(r, item, place);
}

/* One name, or a list of names. */
static void
read_names(struct reader *r, const struct yaml_node *value, struct scenario_names *names)
{
	if (value->kind != YAML_LIST) {
		add_name(r, value, names);
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		add_name(r, value->items[i], names);
}

static void
read_rules(struct reader *r, const struct yaml_node *value, struct scenario_names *names)
{
	read_names(r, value, names);
	for (size_t i = 0; i < names->count; i++)
		if (!is_listed(r->vocab->rules, names->name[i]))
			yaml_error(r->diags, value, "manifest.unknown-rule",
			    "there is no rule `%s`; `viosim rules` lists them",
			    names->name[i]);
}

static void
read_defect_key(struct reader *r, struct defect *defect, const struct yaml_pair *pair)
{
	const char *key = pair->key->text;

	if (strcmp(key, "id") == 0)
		read_text(r, pair->value, &defect->id);
	else if (strcmp(key, "title") == 0)
		read_text(r, pair->value, &defect->title);
	else if (strcmp(key, "rules") == 0)
		read_rules(r, pair->value, &defect->rules);
	else if (strcmp(key, "where") == 0)
		read_names(r, pair->value, &defect->where);
	else if (strcmp(key, "scenarios") == 0)
		read_names(r, pair->value, &defect->scenarios);
	else if (strcmp(key, "explored") == 0)
		read_names(r, pair->value, &defect->explored);
	else if (strcmp(key, "finding") == 0)
		read_text(r, pair->value, &defect->finding);
	else if (strcmp(key, "fix") == 0)
		read_text(r, pair->value, &defect->fix);
	else
		yaml_error(r->diags, pair->key, "manifest.unknown-key",
		    "unknown key `%s`; a defect has id, title, rules, where, scenarios, "
		    "explored, finding, fix", key);
}

static void
read_defect(struct reader *r, const struct yaml_node *node)
{
	struct manifest *manifest = r->manifest;
	struct defect *defect;

	if (node->kind != YAML_MAP) {
		yaml_error(r->diags, node, "manifest.type", "a known defect is a map");
		return;
	}
	defect = arena_push(manifest->arena, &manifest->defects, &manifest->count,
	    sizeof(*defect));
	defect->loc = node->loc;
	defect->loc.file = manifest->path;
	for (size_t i = 0; i < node->count; i++)
		read_defect_key(r, defect, &node->pairs[i]);
	if (defect->id == NULL || defect->title == NULL || defect->rules.count == 0 ||
	    defect->scenarios.count + defect->explored.count == 0)
		yaml_error(r->diags, node, "manifest.missing-key",
		    "a known defect needs id, title, rules, and scenarios or explored");
	for (size_t i = 0; i + 1 < manifest->count; i++)
		if (defect->id != NULL && manifest->defects[i].id != NULL &&
		    strcmp(manifest->defects[i].id, defect->id) == 0)
			yaml_error(r->diags, node, "manifest.duplicate",
			    "the defect `%s` is listed twice", defect->id);
}

static void
read_defects(struct reader *r, const struct yaml_node *value)
{
	if (value->kind != YAML_LIST) {
		yaml_error(r->diags, value, "manifest.type", "known_defects is a list");
		return;
	}
	for (size_t i = 0; i < value->count; i++)
		read_defect(r, value->items[i]);
}

static void
read_key(struct reader *r, const struct yaml_pair *pair)
{
	struct manifest *manifest = r->manifest;
	const char *key = pair->key->text;

	if (strcmp(key, "driver") == 0)
		read_text(r, pair->value, &manifest->driver);
	else if (strcmp(key, "source") == 0)
		read_text(r, pair->value, &manifest->source);
	else if (strcmp(key, "api") == 0)
		read_text(r, pair->value, &manifest->api);
	else if (strcmp(key, "device") == 0)
		read_text(r, pair->value, &manifest->device);
	else if (strcmp(key, "known_defects") == 0)
		read_defects(r, pair->value);
	else
		yaml_error(r->diags, pair->key, "manifest.unknown-key",
		    "unknown key `%s`; a manifest has driver, source, api, device, "
		    "known_defects", key);
}

static void
read_root(struct reader *r, const struct yaml_node *root)
{
	struct manifest *manifest = r->manifest;

	if (root->kind != YAML_MAP) {
		yaml_error(r->diags, root, "manifest.type", "a manifest is a map");
		return;
	}
	for (size_t i = 0; i < root->count; i++)
		read_key(r, &root->pairs[i]);
	if (manifest->driver == NULL || manifest->api == NULL || manifest->device == NULL)
		yaml_error(r->diags, root, "manifest.missing-key",
		    "a manifest needs driver, api and device");
	else if (strcmp(manifest->api, "netbsd-2022") != 0)
		yaml_error(r->diags, yaml_lookup(root, "api"), "manifest.api",
		    "this viosim has the kernel API of netbsd-2022, not `%s`", manifest->api);
	else if (!is_listed(r->vocab->devices, manifest->device))
		yaml_error(r->diags, yaml_lookup(root, "device"), "manifest.device",
		    "there is no device `%s`", manifest->device);
}

struct manifest *
manifest_load(const char *path, const struct scenario_vocab *vocab, struct diag_list *diags)
{
	struct arena *arena = arena_new();
	struct manifest *manifest = arena_calloc(arena, 1, sizeof(*manifest));
	struct reader reader = { .manifest = manifest, .vocab = vocab, .diags = diags };
	size_t before = diags->reported;
	struct yaml_file file;
	struct yaml_node *root;

	manifest->arena = arena;
	manifest->path = arena_copy(arena, path, strlen(path));
	if (yaml_read_file(path, MANIFEST_FILE_MAX, arena, &file, diags) &&
	    (root = yaml_parse(&file, DEPTH_MAX, arena, diags)) != NULL)
		read_root(&reader, root);
	if (diags->reported != before) {
		arena_free(arena);
		return NULL;
	}
	return manifest;
}

void
manifest_free(struct manifest *manifest)
{
	if (manifest != NULL)
		arena_free(manifest->arena);
}

static bool
fits(const char *pattern, const char *scenario)
{
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, scenario, length - 1) == 0;
	return strcmp(pattern, scenario) == 0;
}

bool
defect_names(const struct defect *defect, const char *scenario)
{
	for (size_t i = 0; i < defect->scenarios.count; i++)
		if (fits(defect->scenarios.name[i], scenario))
			return true;
	return false;
}

bool
defect_names_exactly(const struct defect *defect, const char *scenario)
{
	for (size_t i = 0; i < defect->scenarios.count; i++)
		if (strcmp(defect->scenarios.name[i], scenario) == 0)
			return true;
	return false;
}

static bool
has_name(const struct scenario_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->name[i], name) == 0)
			return true;
	return false;
}

static bool
shows_as(const struct defect *defect, const char *rule, const char *where)
{
	return has_name(&defect->rules, rule) && (defect->where.count == 0 ||
	    where[0] == '\0' || has_name(&defect->where, where));
}

const struct defect *
manifest_knows(const struct manifest *manifest, const char *rule, const char *where)
{
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++)
		if (shows_as(&manifest->defects[i], rule, where))
			return &manifest->defects[i];
	return NULL;
}

const struct defect *
manifest_explains(const struct manifest *manifest, const char *scenario, const char *rule,
    const char *where)
{
	if (manifest == NULL)
		return NULL;
	for (size_t i = 0; i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];

		if (defect_names(defect, scenario) && shows_as(defect, rule, where))
			return defect;
	}
	return NULL;
}

const struct defect *
manifest_like(const struct manifest *manifest, const char *scenario, const char *rule,
    const char *where, const struct defect *after)
{
	bool named = manifest_explains(manifest, scenario, rule, where) != NULL;
	size_t i = after != NULL ? (size_t)(after - manifest->defects) + 1 : 0;

	if (where[0] == '\0')
		return NULL;
	for (; manifest != NULL && i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];

		if (shows_as(defect, rule, where) &&
		    (!named || defect_names(defect, scenario)))
			return defect;
	}
	return NULL;
}
