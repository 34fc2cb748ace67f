/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From names on the command line to cases to run.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "cli/cli.h"
#include "base/alloc.h"
#include "base/share.h"
#include "cli/suggest.h"
#include "run/run.h"

struct folder {
	dev_t dev;
	ino_t ino;
};

struct paths {
	VEC_MEMBERS(char *);
	struct { VEC_MEMBERS(struct folder); } read;	/* a link may lead back to one */
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
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
	for (size_t i = 0; i < paths->read.count; i++)
		if (paths->read.item[i].dev == st->st_dev && paths->read.item[i].ino == st->st_ino)
			return false;
	*vec_add(&paths->read) = (struct folder){ st->st_dev, st->st_ino };
	return true;
}

static bool read_folder(const char *folder, const struct stat *st, struct paths *paths);

static bool
take_entry(const char *folder, const char *name, struct paths *paths)
{
	bool yaml = cli_ends_in(name, ".yaml"), good = true;
	struct stat st;
	char *path;

	if (name[0] == '.')
		return true;
	path = xasprintf("%s/%s", folder, name);
	/* A link to nowhere matters when it is called like a scenario. */
	if (stat(path, &st) != 0)
		good = !yaml || cannot_read(path);
	else if (S_ISDIR(st.st_mode))
		/* include/ holds pieces for `extends`, not scenarios. */
		good = strcmp(name, "include") == 0 || read_folder(path, &st, paths);
	else if (S_ISREG(st.st_mode) && yaml)
		*vec_add(paths) = xstrdup(path);
	free(path);
	return good;
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
find_all(const char *folder, const struct stat *st, struct paths *paths)
{
	bool good = read_folder(folder, st, paths);

	if (paths->count > 0)
		qsort(paths->item, paths->count, sizeof(paths->item[0]), by_name);
	return good;
}

static void
paths_fini(struct paths *paths)
{
	for (size_t i = 0; i < paths->count; i++)
		free(paths->item[i]);
	vec_fini(paths);
	vec_fini(&paths->read);
}

static bool
load(struct cli_cases *cases, const char *path, const struct scenario_ref *ref)
{
	bool whole = ref == NULL || (ref->nparams == 0 && !ref->has_seed && ref->nmachine == 0);
	struct diag_list diags;
	struct cli_doc named;

	diag_list_init(&diags);
	named.doc = scenario_load(path, run_vocab(), &diags);
	cli_diag_end(&diags);
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
	struct paths paths = { 0 };
	struct stat st;
	bool good = stat(folder, &st) == 0 ? find_all(folder, &st, &paths) :
	    cannot_read(folder);

	if (good && paths.count == 0) {
		fprintf(stderr, "viosim: folder %s contains no scenario (*.yaml)\n", folder);
		good = false;
	}
	for (size_t i = 0; i < paths.count; i++)
		good = load(cases, paths.item[i], NULL) && good;
	paths_fini(&paths);
	return good;
}

static bool
take_path(char *found, char *path, size_t size, struct stat *st)
{
	bool good = found != NULL && strlen(found) < size && stat(found, st) == 0;

	if (good)
		strcpy(path, found);
	free(found);
	return good;
}

/* The scenario of that path or area/situation, here or among the files of viosim. */
static bool
find_scenario(const char *name, char *path, size_t size, struct stat *st)
{
	static const char *const forms[] = { "scenarios/%s.yaml", "scenarios/%s" };
	char *form;

	if (take_path(xstrdup(name), path, size, st) ||
	    take_path(xasprintf("%s.yaml", name), path, size, st))
		return true;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		bool good;

		form = xasprintf(forms[i], name);
		good = take_path(share_path(form), path, size, st);
		free(form);
		if (good)
			return true;
	}
	return false;
}

static void
find_paths(const char *folder, struct paths *paths)
{
	struct stat st;

	if (stat(folder, &st) == 0 && S_ISDIR(st.st_mode))
		find_all(folder, &st, paths);
}

static void
say_missing(const char *name)
{
	struct paths paths = { 0 };
	char *folder = share_path("scenarios");

	if (folder != NULL)
		find_paths(folder, &paths);
	suggest_scenario(name, paths.item, paths.count);
	paths_fini(&paths);
	free(folder);
}

char **
cli_scenario_ids(const char *folder)
{
	struct paths paths = { 0 };
	char id[512];

	find_paths(folder, &paths);
	for (size_t i = 0; i < paths.count; i++) {
		suggest_scenario_id(paths.item[i], id, sizeof(id));
		free(paths.item[i]);
		paths.item[i] = xstrdup(id);
	}
	vec_fini(&paths.read);
	if (paths.count > 0)
		*vec_add(&paths) = NULL;
	return paths.item;
}

static bool
load_ref(struct cli_cases *cases, const char *name)
{
	struct scenario_ref ref;
	char why[256], path[4096];
	struct stat st;
	bool good = false;

	if (!scenario_ref_parse(&ref, name, why, sizeof(why))) {
		fprintf(stderr, "viosim: %s: %s\n", name, why);
		return false;
	}
	if (!find_scenario(ref.path, path, sizeof(path), &st))
		say_missing(ref.path);
	else if (S_ISDIR(st.st_mode))
		fprintf(stderr, "viosim: %s: a replay id names a scenario, but %s is a folder\n",
		    name, path);
	else
		good = load(cases, path, &ref);
	scenario_ref_fini(&ref);
	return good;
}

static bool
load_name(struct cli_cases *cases, const char *name)
{
	char path[4096], *form;
	struct stat st;
	bool folder;

	if (name[0] == '\0') {
		fputs("viosim: a scenario name is empty; without any names, all scenarios below "
		    "scenarios/ are taken\n", stderr);
		return false;
	}
	if (stat(name, &st) == 0)
		return S_ISDIR(st.st_mode) ? load_folder(cases, name) :
		    load(cases, name, NULL);
	form = xasprintf("scenarios/%s", name);
	folder = take_path(share_path(form), path, sizeof(path), &st) && S_ISDIR(st.st_mode);
	free(form);
	if (folder)
		return load_folder(cases, path);
	return load_ref(cases, name);
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
cli_collect(struct cli_cases *cases, char *const *names, size_t count)
{
	bool good = true;

	memset(cases, 0, sizeof(*cases));
	if (count == 0)
		return load_all(cases);
	for (size_t i = 0; i < count; i++)
		good = load_name(cases, names[i]) && good;
	return good;
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
