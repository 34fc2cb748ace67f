/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From names on the command line to cases to run.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "cli/cli.h"
#include "base/alloc.h"
#include "base/share.h"
#include "run/run.h"
#include "scenario/arena.h"
#include "scenario/text.h"

/* Files, and all else that is found on the way, in an arena. */
struct paths {
	struct arena *arena;
	struct found_file {
		const char *path, *below;	/* the second without the folder of find_all() */
	} *item;
	size_t count;
	struct folder {
		dev_t dev;
		ino_t ino;
	} *read;			/* a link may lead back to one */
	size_t folders;
};

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct found_file *)a)->path, ((const struct found_file *)b)->path);
}

static bool
cannot_read(const char *path)
{
	fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
	return false;
}

/* True when the folder was not read before, under whatever name. */
static bool
is_first_time(struct paths *paths, const struct stat *st)
{
	for (size_t i = 0; i < paths->folders; i++)
		if (paths->read[i].dev == st->st_dev && paths->read[i].ino == st->st_ino)
			return false;
	arena_add(paths->arena, paths->read, paths->folders) =
	    (struct folder){ st->st_dev, st->st_ino };
	return true;
}

static bool read_folder(const char *folder, const struct stat *st, struct paths *paths);

/* Folders that are read only when they are named: pieces for `extends`, and whole projects. */
static const char *const not_scenarios[] = { "include", "examples", NULL };

static bool
take_entry(const char *folder, const char *name, struct paths *paths)
{
	const char *path = arena_printf(paths->arena, "%s/%s", folder, name);
	bool yaml = cli_ends_in(name, ".yaml");
	struct stat st;

	if (name[0] == '.')
		return true;
	/* A link to nowhere matters when it is called like a scenario. */
	if (stat(path, &st) != 0)
		return !yaml || cannot_read(path);
	if (S_ISDIR(st.st_mode))
		return text_list_has(not_scenarios, name) || read_folder(path, &st, paths);
	if (S_ISREG(st.st_mode) && yaml)
		arena_add(paths->arena, paths->item, paths->count) =
		    (struct found_file){ .path = path };
	return true;
}

/* In the order of names, so that of two ways to a folder it is always the same that is taken. */
static bool
read_folder(const char *folder, const struct stat *st, struct paths *paths)
{
	struct dirent **entry;
	bool good = true;
	int count;

	if (!is_first_time(paths, st))
		return true;
	count = scandir(folder, &entry, NULL, alphasort);
	if (count < 0)
		return cannot_read(folder);
	for (int i = 0; i < count; i++) {
		good = take_entry(folder, entry[i]->d_name, paths) && good;
		free(entry[i]);
	}
	free(entry);
	return good;
}

static bool
is_there(const struct paths *paths, size_t count, const char *below)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(paths->item[i].below, below) == 0)
			return true;
	return false;
}

/*
 * Adds what is found there, in the order of paths, without what a folder before has under the
 * same name.
 */
static bool
find_all(const char *folder, struct paths *paths)
{
	size_t before = paths->count, kept = before;
	struct stat st;
	bool good = stat(folder, &st) == 0 ? read_folder(folder, &st, paths) :
	    cannot_read(folder);

	if (paths->count > before)
		qsort(&paths->item[before], paths->count - before, sizeof(paths->item[0]),
		    by_path);
	for (size_t i = before; i < paths->count; i++) {
		struct found_file file = paths->item[i];

		file.below = file.path + strlen(folder);
		if (!is_there(paths, before, file.below))
			paths->item[kept++] = file;
	}
	paths->count = kept;
	return good;
}

/* The same of scenarios/AREA (""; all) of the current folder and of viosim; *any: there is one. */
static bool
find_area(const char *area, struct paths *paths, bool *any)
{
	char *root[] = { xstrdup("scenarios"), share_installed("scenarios") };
	bool good = true;
	struct stat st;

	*any = false;
	for (size_t i = 0; i < sizeof(root) / sizeof(root[0]); i++) {
		const char *folder = root[i] == NULL ? NULL : *area == '\0' ?
		    arena_copy(paths->arena, root[i], strlen(root[i])) :
		    arena_printf(paths->arena, "%s/%s", root[i], area);

		if (folder != NULL && stat(folder, &st) == 0 && S_ISDIR(st.st_mode)) {
			*any = true;
			good = find_all(folder, paths) && good;
		}
		free(root[i]);
	}
	return good;
}

static bool
load(struct cli_cases *cases, const char *path, const struct scenario_ref *ref)
{
	bool whole = ref == NULL || (ref->nparams == 0 && !ref->has_seed && ref->nmachine == 0);
	struct diag_list diags;
	struct cli_doc named;

	diag_list_init(&diags);
	while (named.doc = scenario_load(path, run_vocab(), &diags),
	    cases->told(path, &diags, cases->told_arg)) {
		diag_list_fini(&diags);
		diag_list_init(&diags);
	}
	if (named.doc == NULL) {
		*vec_add(&cases->broken) = (struct cli_broken){ xstrdup(path), diags };
		return false;
	}
	diag_list_fini(&diags);
	named.c = scenario_cases(named.doc, ref, &named.count);
	*vec_add(&cases->docs) = named;
	for (size_t i = 0; i < named.count; i++)
		*vec_add(cases) = (struct cli_case){
			.c = &named.c[i], .doc = named.doc, .whole = whole,
		};
	if (named.count == 0)
		suggest_case(named.doc, ref);
	return named.count > 0;
}

/* All that was found in the folder, in whose name nothing is an error; ends `paths`. */
static bool
load_paths(struct cli_cases *cases, struct paths *paths, const char *folder, bool good)
{
	if (good && paths->count == 0) {
		fprintf(stderr, "viosim: folder %s contains no scenario (*.yaml)\n", folder);
		good = false;
	}
	for (size_t i = 0; i < paths->count; i++)
		good = load(cases, paths->item[i].path, NULL) && good;
	arena_free(paths->arena);
	return good;
}

static bool
load_folder(struct cli_cases *cases, const char *folder)
{
	struct paths paths = { .arena = arena_new() };
	bool good = find_all(folder, &paths);

	return load_paths(cases, &paths, folder, good);
}

/* *any false: there is no such area, and no message. */
static bool
load_area(struct cli_cases *cases, const char *area, bool *any)
{
	struct paths paths = { .arena = arena_new() };
	bool good = find_area(area, &paths, any);

	if (*any)
		return load_paths(cases, &paths, *area != '\0' ? area : "scenarios", good);
	arena_free(paths.arena);
	return false;
}

const char *const *
cli_scenario_ids(const char *folder, struct arena *arena, size_t *count)
{
	struct paths paths = { .arena = arena };
	const char **ids;
	bool any;

	find_area("", &paths, &any);
	if (folder != NULL)
		find_all(folder, &paths);
	ids = arena_calloc(arena, paths.count + 1, sizeof(*ids));
	for (size_t i = 0; i < paths.count; i++)
		ids[i] = cli_scenario_id(paths.item[i].path, arena);
	*count = paths.count;
	return ids;
}

static void
say_missing(const char *name)
{
	struct arena *arena = arena_new();
	size_t count;
	const char *const *ids = cli_scenario_ids(NULL, arena, &count);

	suggest_scenario(name, ids, count);
	arena_free(arena);
}

/* The path of a form of the name, here or (`share`) among the files of viosim; heap, or NULL. */
static char *
find_form(const char *form, const char *name, bool share, struct stat *st)
{
	char *relative = xasprintf(form, name);
	char *path = share ? share_path(relative) : xstrdup(relative);

	free(relative);
	if (path != NULL && stat(path, st) == 0)
		return path;
	free(path);
	return NULL;
}

/* The scenario of that path or area/situation. */
static char *
find_scenario(const char *name, struct stat *st)
{
	static const struct { const char *form; bool share; } forms[] = {
		{ "%s", false }, { "%s.yaml", false },
		{ "scenarios/%s.yaml", true }, { "scenarios/%s", true },
	};
	char *path = NULL;

	for (size_t i = 0; path == NULL && i < sizeof(forms) / sizeof(forms[0]); i++)
		path = find_form(forms[i].form, name, forms[i].share, st);
	return path;
}

char *
cli_scenario_path(const char *name)
{
	struct stat st;
	char *path = find_scenario(name, &st);

	if (path != NULL && S_ISREG(st.st_mode))
		return path;
	if (path != NULL)
		fprintf(stderr, "viosim: %s is a folder, not a scenario\n", path);
	else
		say_missing(name);
	free(path);
	return NULL;
}

static bool
load_ref(struct cli_cases *cases, const char *name)
{
	struct scenario_ref ref;
	char why[256], *path;
	struct stat st;
	bool good = false;

	if (!scenario_ref_parse(&ref, name, why, sizeof(why))) {
		fprintf(stderr, "viosim: %s: %s\n", name, why);
		return false;
	}
	path = find_scenario(ref.path, &st);
	if (path == NULL)
		say_missing(ref.path);
	else if (S_ISDIR(st.st_mode))
		fprintf(stderr, "viosim: %s: a replay id names a scenario, but %s is a folder\n",
		    name, path);
	else
		good = load(cases, path, &ref);
	free(path);
	scenario_ref_fini(&ref);
	return good;
}

static bool
load_name(struct cli_cases *cases, const char *name)
{
	struct stat st;
	bool good, any;

	if (name[0] == '\0') {
		fputs("viosim: a scenario name is empty; without any names, all scenarios below "
		    "scenarios/ are taken\n", stderr);
		return false;
	}
	if (stat(name, &st) == 0)
		return S_ISDIR(st.st_mode) ? load_folder(cases, name) :
		    load(cases, name, NULL);
	good = load_area(cases, name, &any);
	return any ? good : load_ref(cases, name);
}

/* The files of a folder, of an area, or the one of a scenario; the arena has `path`. */
static void
add_files(struct paths *paths, const char *path)
{
	struct scenario_ref ref;
	char why[256], *found = NULL;
	bool any = false;
	struct stat st;

	if (stat(path, &st) != 0) {
		find_area(path, paths, &any);
		if (!any && scenario_ref_parse(&ref, path, why, sizeof(why))) {
			found = find_scenario(ref.path, &st);
			scenario_ref_fini(&ref);
		}
		if (found == NULL)
			return;
		path = arena_copy(paths->arena, found, strlen(found));
		free(found);
	}
	if (S_ISDIR(st.st_mode))
		find_all(path, paths);
	else
		arena_add(paths->arena, paths->item, paths->count) =
		    (struct found_file){ path, path };
}

const char *const *
cli_scenario_files(char *const *names, size_t count, struct arena *arena, size_t *named)
{
	struct paths paths = { .arena = arena }, pieces = { .arena = arena };
	const char **all = NULL;
	size_t files = 0;
	bool any;

	if (count == 0)
		find_area("", &paths, &any);
	for (size_t i = 0; i < count; i++)
		add_files(&paths, names[i]);
	*named = paths.count;
	find_area("include", &pieces, &any);
	for (size_t i = 0; i < paths.count; i++)
		arena_add(arena, all, files) = paths.item[i].path;
	for (size_t i = 0; i < pieces.count; i++)
		arena_add(arena, all, files) = pieces.item[i].path;
	arena_add(arena, all, files) = NULL;
	return all;
}

static bool
load_all(struct cli_cases *cases)
{
	bool any, good = load_area(cases, "", &any);

	if (!any) {
		char *searched = share_searched("scenarios");

		fprintf(stderr, "viosim: there is no folder scenarios here, nor in %s; "
		    "VIOSIM_PATH may name others\n", searched);
		free(searched);
	}
	return good;
}

bool
cli_collect_told(struct cli_cases *cases, char *const *names, size_t count, cli_told *told,
    void *arg)
{
	bool good = true;

	*cases = (struct cli_cases){ .told = told, .told_arg = arg };
	if (count == 0)
		return load_all(cases);
	for (size_t i = 0; i < count; i++)
		good = load_name(cases, names[i]) && good;
	return good;
}

static bool
tell(const char *path, struct diag_list *diags, void *arg)
{
	(void)path;
	(void)arg;
	diag_list_print(diags, stderr, cli_has_color(CLI_COLOR_AUTO, stderr));
	return false;
}

bool
cli_collect(struct cli_cases *cases, char *const *names, size_t count)
{
	return cli_collect_told(cases, names, count, tell, NULL);
}

void
cli_cases_fini(struct cli_cases *cases)
{
	for (size_t i = 0; i < cases->docs.count; i++) {
		scenario_cases_free(cases->docs.item[i].c, cases->docs.item[i].count);
		scenario_doc_free(cases->docs.item[i].doc);
	}
	vec_each(broken, &cases->broken) {
		free(broken->path);
		diag_list_fini(&broken->diags);
	}
	vec_fini(&cases->broken);
	vec_fini(&cases->docs);
	vec_fini(cases);
}

bool
cli_cases_keep_tag(struct cli_cases *cases, const char *tag)
{
	size_t kept = 0;

	for (size_t i = 0; i < cases->count; i++)
		if (scenario_names_has(&cases->item[i].c->scenario->tags, tag))
			cases->item[kept++] = cases->item[i];
	if (kept == 0)
		suggest_tag(cases, tag);
	else
		cases->count = kept;
	return kept > 0;
}
