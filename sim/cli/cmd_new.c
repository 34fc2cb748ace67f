/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim new: a scenario to begin with.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sbuf.h"
#include "base/share.h"
#include "cli/cli.h"
#include "report/atomic.h"
#include "run/run.h"
#include "scenario/arena.h"
#include "scenario/table.h"
#include "scenario/text.h"
#include "scenario/yaml.h"

#define EDITOR_LINE "# yaml-language-server: $schema="
#define SCHEMA "scenarios/scenario.schema.json"

struct new_flags {
	const char *like;
};

struct writing {
	const char *name, *area;	/* area/situation */
	const char *path;		/* of the new file */
	struct arena *arena;
};

/* ---- names and places ---- */

static bool
is_name_of_scenario(const char *name)
{
	const char *slash = strchr(name, '/');
	char *area = xstrndup(name, slash != NULL ? (size_t)(slash - name) : 0);
	bool good = text_is_name(area) && text_is_name(slash + 1) &&
	    !cli_ends_in(name, ".yaml") && strcmp(area, "include") != 0;

	free(area);
	return good;
}

/* Where editors find the schema, as a line; "": there is none. */
static const char *
editor_line(const struct writing *w)
{
	const char *line = "";
	char *schema = share_path(SCHEMA), *full;

	if (access(SCHEMA, R_OK) == 0)
		line = EDITOR_LINE "../scenario.schema.json\n";
	else if (schema != NULL && (full = realpath(schema, NULL)) != NULL) {
		line = arena_printf(w->arena, EDITOR_LINE "%s\n", full);
		free(full);
	}
	free(schema);
	return line;
}

/* ---- a copy ---- */

/* The value of a key at the top: where it begins, and *length is without a comment; or NULL. */
static const char *
value_of(const char *text, const char *key, size_t *length)
{
	size_t size = strlen(key);

	while (strncmp(text, key, size) != 0 || text[size] != ':') {
		text += strcspn(text, "\n");
		if (*text++ == '\0')
			return NULL;
	}
	text += size + 1;
	text += strspn(text, " ");
	for (*length = 0; text[*length] != '\0' && text[*length] != '\n'; ++*length)
		if (text[*length] == ' ' && text[*length + 1] == '#')
			break;
	return text;
}

static const char *
with_value(struct arena *arena, const char *text, const char *key, const char *value)
{
	size_t length;
	const char *at = value_of(text, key, &length);

	return at == NULL ? text : arena_printf(arena, "%.*s%s%s", (int)(at - text), text, value,
	    at + length);
}

/* What was extended beside the original is, from elsewhere, a file that comes with viosim. */
static const char *
with_base(const struct writing *w, const char *text)
{
	static const char include[] = "../include/";
	size_t length;
	const char *at = value_of(text, "extends", &length);

	if (at == NULL || strncmp(at, include, strlen(include)) != 0 ||
	    access(arena_printf(w->arena, "scenarios/%.*s", (int)length - 3, at + 3), R_OK) == 0)
		return text;
	at += strlen(include);
	return with_value(w->arena, text, "extends",
	    arena_printf(w->arena, "<%.*s>", (int)strcspn(at, ".\n"), at));
}

/* Text of the arena, or NULL after a message. */
static const char *
copy_of(const struct writing *w, const char *like)
{
	char *path = cli_scenario_path(like);
	struct diag_list diags = { 0 };
	struct yaml_file file;
	const char *text = NULL;

	if (path == NULL)
		return NULL;
	if (yaml_read_file(path, w->arena, &file, &diags)) {
		text = file.text;
		/* Its first line is for the place where it stood. */
		if (strncmp(text, EDITOR_LINE, strlen(EDITOR_LINE)) == 0)
			text += strcspn(text, "\n") + 1;
	}
	cli_diag_end(&diags);
	free(path);
	return text;
}

/* ---- writing ---- */

/* Does it load at its place?  Errors are told. */
static bool
loads(const struct writing *w, const char *text)
{
	struct diag_list diags = { 0 };
	struct scenario_doc *doc = scenario_load_text(w->path, text, strlen(text), run_vocab(),
	    &diags);

	cli_diag_end(&diags);
	scenario_doc_free(doc);
	return doc != NULL;
}

/* A folder of that name is there afterwards. */
static bool
make_folder(const char *path)
{
	return mkdir(path, 0777) == 0 || errno == EEXIST;
}

static int
write_new(const struct writing *w, const char *text)
{
	int fd = -1, error = 0;
	FILE *f;

	if (make_folder("scenarios") &&
	    make_folder(arena_printf(w->arena, "scenarios/%s", w->area)))
		fd = cleanup_create(w->path);
	if (fd < 0 && errno == EEXIST)
		return cli_error(&cli_new, "%s is there already; nothing is overwritten", w->path);
	if (fd < 0 || (f = fdopen(fd, "w")) == NULL) {
		cli_error(&cli_new, "cannot write %s: %s", w->path, strerror(errno));
		return CLI_BROKEN;
	}
	fputs(text, f);
	error = atomic_error(f);
	if (fclose(f) != 0 && error == 0)
		error = errno;
	if (error != 0) {
		unlink(w->path);
		cli_error(&cli_new, "cannot write %s: %s", w->path, strerror(error));
	} else {
		printf("%s is written; `viosim run -t %s` shows what happens in it\n", w->path,
		    w->name);
	}
	cleanup_file_done(w->path);
	return error == 0 ? CLI_OK : CLI_BROKEN;
}

static int
new_scenario(struct writing *w, const char *like)
{
	const char *text = like != NULL ? copy_of(w, like) : run_vocab()->type->example;

	if (text == NULL)
		return CLI_USAGE;
	text = with_base(w, with_value(w->arena, text, "scenario", w->name));
	if (like == NULL)
		text = with_value(w->arena, text, "tags", arena_printf(w->arena, "[%s]", w->area));
	text = arena_printf(w->arena, "%s%s", editor_line(w), text);
	/* What a file extends is found from where it stands. */
	if (access(w->path, F_OK) != 0 && !loads(w, text))
		return CLI_USAGE;
	return write_new(w, text);
}

static int
new_main(void *values, char **names, size_t count)
{
	const struct new_flags *flags = values;
	struct writing w;
	int code;

	if (count != 1)
		return cli_usage_error(&cli_new, "one name is expected, as area/situation");
	if (!is_name_of_scenario(names[0]))
		return cli_error(&cli_new, "%s: a scenario is named area/situation, without "
		    ".yaml", names[0]);
	w = (struct writing){ .name = names[0], .arena = arena_new() };
	w.area = arena_copy(w.arena, w.name, strcspn(w.name, "/"));
	w.path = arena_printf(w.arena, "scenarios/%s.yaml", w.name);
	code = new_scenario(&w, flags->like);
	arena_free(w.arena);
	return code;
}

static const struct cli_option new_options[] = {
	{ 0, "like", "SCENARIO", "a copy of this one instead", CLI_TEXT(struct new_flags, like) },
	CLI_OPTIONS_END
};

const struct cli_command cli_new = {
	.name = "new",
	.summary = "write a scenario to begin with",
	.operands = "AREA/SITUATION",
	.about =
	    "Writes scenarios/AREA/SITUATION.yaml in the current folder: a scenario with comments, "
	    "which runs, or a copy of another under the new name.  Nothing is overwritten.",
	.options = new_options,
	CLI_FLAGS(struct new_flags, .like = NULL),
	.after =
	    "examples:\n"
	    "  viosim new inflate/my-first\n"
	    "  viosim new target/mine --like target/just-before-the-sleep\n",
	.main = new_main,
};
