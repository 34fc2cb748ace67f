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

/* Paths of files, and all else that is found on the way, in an arena. */
struct paths {
	struct arena *arena;
	const char **item;
	size_t count;
	struct folder {
		dev_t dev;
		ino_t ino;
	} *read;			/* a link may lead back to one */
	size_t folders;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
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
	/* include/ holds pieces for `extends`, not scenarios. */
	if (S_ISDIR(st.st_mode))
		return strcmp(name, "include") == 0 || read_folder(path, &st, paths);
	if (S_ISREG(st.st_mode) && yaml)
		arena_add(paths->arena, paths->item, paths->count) = path;
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

/* What is found there, in the order of paths. */
static bool
find_all(const char *folder, struct paths *paths)
{
	struct stat st;
	bool good = stat(folder, &st) == 0 ? read_folder(folder, &st, paths) :
	    cannot_read(folder);

	if (paths->count > 0)
		qsort(paths->item, paths->count, sizeof(paths->item[0]), by_name);
	return good;
}

static bool
load(struct cli_cases *cases, const char *path, const struct scenario_ref *ref)
{
	bool whole = ref == NULL || (ref->nparams == 0 && !ref->has_seed && ref->nmachine == 0);
	struct diag_list diags;
	struct cli_doc named;

	do {
		diag_list_init(&diags);
		named.doc = scenario_load(path, run_vocab(), &diags);
	} while (cases->told(path, &diags, cases->told_arg));
	if (named.doc == NULL)
		return false;
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

static bool
load_folder(struct cli_cases *cases, const char *folder)
{
	struct paths paths = { .arena = arena_new() };
	bool good = find_all(folder, &paths);

	if (good && paths.count == 0) {
		fprintf(stderr, "viosim: folder %s contains no scenario (*.yaml)\n", folder);
		good = false;
	}
	for (size_t i = 0; i < paths.count; i++)
		good = load(cases, paths.item[i], NULL) && good;
	arena_free(paths.arena);
	return good;
}

const char *const *
cli_scenario_ids(const char *folder, struct arena *arena, size_t *count)
{
	struct paths paths = { .arena = arena };

	if (access(folder, F_OK) == 0)
		find_all(folder, &paths);
	for (size_t i = 0; i < paths.count; i++)
		paths.item[i] = cli_scenario_id(paths.item[i], arena);
	*count = paths.count;
	arena_add(arena, paths.item, paths.count) = NULL;
	return paths.item;
}

static void
say_missing(const char *name)
{
	struct arena *arena = arena_new();
	char *folder = share_path("scenarios");
	size_t count = 0;
	const char *const *ids = folder != NULL ? cli_scenario_ids(folder, arena, &count) : NULL;

	suggest_scenario(name, ids, count);
	free(folder);
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
	char *path;
	bool good;

	if (name[0] == '\0') {
		fputs("viosim: a scenario name is empty; without any names, all scenarios below "
		    "scenarios/ are taken\n", stderr);
		return false;
	}
	if (stat(name, &st) == 0)
		return S_ISDIR(st.st_mode) ? load_folder(cases, name) :
		    load(cases, name, NULL);
	path = find_form("scenarios/%s", name, true, &st);
	good = path != NULL && S_ISDIR(st.st_mode) ? load_folder(cases, path) :
	    load_ref(cases, name);
	free(path);
	return good;
}

static bool
load_all(struct cli_cases *cases)
{
	char *folder = share_path("scenarios");
	bool good = load_folder(cases, folder != NULL ? folder : "scenarios");

	free(folder);
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
	cli_diag_end(diags);
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
