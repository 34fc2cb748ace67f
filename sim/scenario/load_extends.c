/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that a scenario extends: finding it, and what is said when it is not there.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/share.h"
#include "load.h"
#include "text.h"

/* ---- paths ---- */

/* A relative path, seen from the folder of the file that names it. */
static const char *
path_beside(struct arena *arena, const char *path, const char *relative)
{
	const char *slash = strrchr(path, '/');

	return arena_printf(arena, "%.*s%s", slash == NULL ? 0 : (int)(slash + 1 - path), path,
	    relative);
}

/* The last part of the path that is built goes, if it is one that `..` takes back. */
static bool
path_back(char *out)
{
	char *slash = strrchr(out, '/'), *part = slash != NULL ? slash + 1 : out;

	if (*part == '\0' || strcmp(part, "..") == 0)
		return false;
	*(slash != NULL && slash != out ? slash : part) = '\0';
	return true;
}

const char *
path_plain(struct arena *arena, const char *path)
{
	char *out = arena_calloc(arena, strlen(path) + 2, 1);
	size_t length;

	if (*path == '/')
		strcat(out, "/");
	for (; *path != '\0'; path += length) {
		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && *path == '.'))
			continue;
		if (length == 2 && strncmp(path, "..", 2) == 0 && path_back(out))
			continue;
		if (*out != '\0' && out[strlen(out) - 1] != '/')
			strcat(out, "/");
		strncat(out, path, length);
	}
	return out;
}

static bool
path_is_same(struct arena *arena, const char *a, const char *b)
{
	struct stat sa, sb;

	if (stat(a, &sa) == 0 && stat(b, &sb) == 0)
		return sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
	return strcmp(path_plain(arena, a), path_plain(arena, b)) == 0;
}

/* ---- did you mean ---- */

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The entry of the folder that is most like the name, or NULL. */
static const char *
nearest_entry(struct arena *arena, const char *folder, const char *name)
{
	struct dirent **entries;
	struct text_nearest near = text_nearest(name);
	const char *best = NULL;
	int count = scandir(folder, &entries, NULL, by_name);

	for (int i = 0; i < count; i++)
		if (entries[i]->d_name[0] != '.')
			text_nearest_offer(&near, entries[i]->d_name);
	if (near.best != NULL)
		best = arena_copy(arena, near.best, strlen(near.best));
	for (int i = 0; i < count; i++)
		free(entries[i]);
	if (count >= 0)
		free(entries);
	return best;
}

/*
 * The path that exists and is most like `relative` seen from `folder` ("" or with its slash):
 * each part that is not there is replaced by the entry most like it.  NULL: there is none.
 */
static const char *
nearest_path(struct arena *arena, const char *folder, const char *relative)
{
	const char *part = relative, *out = "", *best;
	struct stat st;

	for (;;) {
		size_t length;

		part += strspn(part, "/");
		if (*part == '\0')
			break;
		length = strcspn(part, "/");
		best = arena_copy(arena, part, length);
		if (stat(arena_printf(arena, "%s%s%s", folder, out, best), &st) != 0) {
			const char *in = arena_printf(arena, "%s%s", folder, out);

			best = nearest_entry(arena, *in != '\0' ? in : ".", best);
		}
		if (best == NULL)
			return NULL;
		part += length;
		out = arena_printf(arena, "%s%s%s", out, best, *part != '\0' ? "/" : "");
	}
	return stat(arena_printf(arena, "%s%s", folder, out), &st) == 0 && S_ISREG(st.st_mode) ?
	    out : NULL;
}

/* `; did you mean ...` with a path that exists, beside the file or installed; or "". */
static const char *
path_hint(struct arena *arena, const char *path, const char *relative)
{
	char *installed = share_path("scenarios");
	const char *best = nearest_path(arena, path_beside(arena, path, ""), relative);

	if (best == NULL && installed != NULL)
		best = nearest_path(arena, arena_printf(arena, "%s/", installed), relative);
	free(installed);
	return best != NULL ? arena_printf(arena, "; did you mean \"%s\"?", best) : "";
}

/* ---- the file ---- */

/* Beside the file that names it, or else one of the scenarios that come with viosim. */
static const char *
extends_path(struct arena *arena, const char *path, const char *relative)
{
	const char *beside = path_beside(arena, path, relative), *found;
	char *share;

	if (access(beside, F_OK) == 0)
		return beside;
	share = share_path(arena_printf(arena, "scenarios/%s", relative));
	found = share != NULL ? arena_copy(arena, share, strlen(share)) : beside;
	free(share);
	return found;
}

/* The bytes of the file; false after an error, which stands at the line that names it. */
static bool
extends_read(struct loader *ld, const struct yaml_node *n, const char *path, const char *text,
    struct yaml_file *file)
{
	const char *full = extends_path(ld->arena, path, text);
	struct diag_list diags;
	bool good;

	diag_list_init(&diags);
	good = yaml_read_file(full, SCENARIO_FILE_MAX, ld->arena, file, &diags);
	file->path = path_plain(ld->arena, full);
	if (!good)
		load_error(ld, n, "scenario.extends", "%s: %s%s", file->path,
		    diags.items[0].message, path_hint(ld->arena, path, text));
	diag_list_fini(&diags);
	return good;
}

const struct yaml_node *
load_extended(struct loader *ld, const struct yaml_node *root, const char *path)
{
	const struct yaml_node *n = yaml_lookup(root, "extends"), *base;
	struct yaml_file *file;
	const char *text;

	if (n == NULL || (text = load_scalar(ld, n)) == NULL)
		return NULL;
	if (text[0] == '/' || text[0] == '\0') {
		load_error(ld, n, "scenario.extends",
		    "a path relative to this file is expected");
		return NULL;
	}
	if (path_is_same(ld->arena, path, path_beside(ld->arena, path, text))) {
		load_error(ld, n, "scenario.extends", "a file cannot extend itself");
		return NULL;
	}
	file = arena_calloc(ld->arena, 1, sizeof(*file));
	if (!extends_read(ld, n, path, text, file))
		return NULL;
	base = load_tree(ld, file);
	if (base != NULL && yaml_lookup(base, "steps") != NULL) {
		load_error(ld, n, "scenario.extends", "%s is a scenario by itself; a file that "
		    "is extended has only machine, device, always and never", file->path);
		return NULL;
	}
	ld->base_file = file;
	return base;
}
