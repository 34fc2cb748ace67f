/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of findings: their names, what stands at their head, and how they get there whole.
 */
#include "explore/found.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sbuf.h"
#include "scenario/text.h"

#define COMMENT_WIDTH 96
#define TAKEN_MAX 1000		/* files of one rule and function */
#define LINE_MAX_BYTES 1024

/* ---- what it says ---- */

/* "live.lost-wakeup in viomb_thread (viomb.c:345)" */
static void
print_where(const struct trial_finding *finding, FILE *stream)
{
	fputs(finding->rule->id, stream);
	if (finding->function[0] != '\0')
		fprintf(stream, " in %s", finding->function);
	if (finding->line != 0)
		fprintf(stream, " (%s:%u)", finding->file, finding->line);
}

/* Which finding it is, in one line; the sentence tells those apart that have no place. */
static void
print_identity(const struct found *found, FILE *stream)
{
	const struct trial_finding *finding = found->finding;

	fputs("finding: ", stream);
	print_where(finding, stream);
	if (finding->line == 0) {
		fputs("; ", stream);
		for (const char *s = finding->text; *s != '\0'; s++)
			if (!isdigit((unsigned char)*s) && *s != '\n')
				fputc(*s, stream);
	}
	fputc('\n', stream);
}

static void
print_why(const struct found *found, FILE *stream)
{
	char *line;

	if (found->why == NULL)
		return;
	line = xasprintf("why: %s", found->why);
	text_print_wrapped(line, 0, COMMENT_WIDTH, stream);
	free(line);
}

/* What `print` says; heap. */
static char *
said(const struct found *found, void (*print)(const struct found *, FILE *))
{
	struct sbuf text;

	print(found, sbuf_open(&text));
	return sbuf_close(&text);
}

static void
print_comment(const struct found *found, const char *path, bool is_below, FILE *stream)
{
	const struct trial_finding *finding = found->finding;

	if (is_below)
		fputs("yaml-language-server: $schema=../scenario.schema.json\n", stream);
	fputs("SPDX-License-Identifier: BSD-2-Clause\n", stream);
	print_identity(found, stream);
	text_print_wrapped(finding->text, 0, COMMENT_WIDTH, stream);
	print_why(found, stream);
	if (finding->defect != NULL)
		fprintf(stream, "may be the known defect %s\n", finding->defect->id);
	fprintf(stream, "replay: viosim run --driver %s %s\n", found->driver, path);
}

void
found_print(const struct found *found, const char *path, bool bare, FILE *stream)
{
	struct arena *arena = found->edit->arena;
	const struct rule *rule = found->finding->rule;
	bool is_below;
	const char *id = scenario_id_of(path, &is_below, arena);
	struct sbuf comment = { .text = NULL };

	if (!bare) {
		print_comment(found, path, is_below, sbuf_open(&comment));
		sbuf_close(&comment);
	}
	edit_print(found->edit, is_below ? id : arena_printf(arena, "found/%s", id),
	    arena_printf(arena, "Violates %s: %s.", rule->id, rule->title), comment.text, stream);
	free(comment.text);
}

/* ---- files ---- */

static bool
fail(const char *path, const char *what)
{
	fprintf(stderr, "viosim: %s %s: %s\n", what, path, strerror(errno));
	return false;
}

/* A file beside it that nobody has. */
static FILE *
open_beside(const char *path, char beside[FOUND_PATH_MAX])
{
	int fd = -1;

	for (unsigned i = 0; fd < 0 && i < TAKEN_MAX; i++) {
		snprintf(beside, FOUND_PATH_MAX, "%.*s.new%u", FOUND_PATH_MAX - 10, path, i);
		fd = cleanup_create(beside);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* False, with errno, when it could not be written. */
static bool
write_to(FILE *stream, const struct found *found, const char *path)
{
	bool good;

	if (stream == NULL)
		return false;
	found_print(found, path, false, stream);
	good = fflush(stream) == 0 && !ferror(stream);
	return fclose(stream) == 0 && good;
}

static bool
put(const struct found *found, const char *path, bool replace)
{
	char beside[FOUND_PATH_MAX];
	FILE *stream = open_beside(path, beside);
	bool good;

	if (stream == NULL)
		return false;
	good = write_to(stream, found, path);
	if (good)
		good = (replace ? rename(beside, path) : link(beside, path)) == 0;
	if (!good || !replace) {
		int error = errno;

		unlink(beside);
		errno = error;
	}
	cleanup_file_done(beside);
	return good;
}

bool
found_write(const struct found *found, const char *path)
{
	struct stat st;
	bool plain = stat(path, &st) != 0 || S_ISREG(st.st_mode);

	/* A device or a pipe is written to, never replaced. */
	return (plain ? put(found, path, true) : write_to(fopen(path, "w"), found, path)) ||
	    fail(path, "cannot write");
}

enum taken { FREE, TAKEN, OURS, UNREADABLE };

/*
 * The comment at the head of the file, without the signs of one; NULL: there is no such file, or
 * none to be read.
 */
static char *
head_of(const char *path)
{
	FILE *stream = fopen(path, "r"), *head;
	char line[LINE_MAX_BYTES];
	struct sbuf buf;

	if (stream == NULL)
		return NULL;
	head = sbuf_open(&buf);
	while (fgets(line, sizeof(line), stream) != NULL && line[0] == '#')
		fputs(line + 1 + (line[1] == ' '), head);
	fclose(stream);
	return sbuf_close(&buf);
}

/* The same finding for the same reason: both stand there as we would write them. */
static enum taken
look_at(const char *path, const struct found *found)
{
	char *ours, *reason, *head = head_of(path);
	enum taken taken = TAKEN;

	if (head == NULL)
		return errno == ENOENT ? FREE : UNREADABLE;
	ours = said(found, print_identity);
	reason = said(found, print_why);
	if (strstr(head, ours) != NULL && (found->why != NULL ?
	    strstr(head, reason) != NULL : strstr(head, "\nwhy: ") == NULL))
		taken = OURS;
	free(ours);
	free(reason);
	free(head);
	return taken;
}

/* <rule>-<function>, in letters that a scenario's name may have. */
static void
name_of(const struct trial_finding *finding, char name[200])
{
	snprintf(name, 200, "%s%s%s", finding->rule->id,
	    finding->function[0] != '\0' ? "-" : "", finding->function);
	for (char *s = name; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr("_-.", *s) == NULL)
			*s = '_';
}

bool
found_save(const struct found *found, const char *folder, char path[FOUND_PATH_MAX])
{
	char name[200], number[16] = "";
	bool good = false, tried = false;

	if (mkdir(folder, 0777) != 0 && errno != EEXIST)
		return fail(folder, "cannot make the folder");
	name_of(found->finding, name);
	for (unsigned i = 1; i < TAKEN_MAX && !tried; i++) {
		enum taken taken;

		if (i > 1)
			snprintf(number, sizeof(number), "-%u", i);
		snprintf(path, FOUND_PATH_MAX, "%s/%s%s.yaml", folder, name, number);
		taken = look_at(path, found);
		if (taken == TAKEN)
			continue;
		tried = true;
		if (taken != UNREADABLE)
			good = put(found, path, taken == OURS);
		/* Somebody else was quicker: the next number. */
		if (!good && taken == FREE && errno == EEXIST)
			tried = false;
	}
	return good || fail(path, "cannot write");
}

/* ---- scenarios that are text ---- */

bool
found_load(struct found_text *text, const char *scenario)
{
	const char *line = strstr(scenario, "\nscenario: ");
	char path[FOUND_PATH_MAX];
	struct diag_list diags;

	*text = (struct found_text){ .doc = NULL };
	if (line == NULL)
		return false;
	line += strlen("\nscenario: ");
	snprintf(path, sizeof(path), "scenarios/%.*s.yaml", (int)strcspn(line, "\n"), line);
	diag_list_init(&diags);
	text->doc = scenario_load_text(path, scenario, strlen(scenario), run_vocab(), &diags);
	diag_list_fini(&diags);
	if (text->doc == NULL)
		return false;
	text->edit = edit_new(text->doc->scenario[0],
	    &text->doc->scenario[0]->machines.machine[0],
	    text->doc->scenario[0]->seeds.count > 0,
	    text->doc->scenario[0]->seeds.count > 0 ?
	    text->doc->scenario[0]->seeds.seed[0] : 0);
	return true;
}

void
found_unload(struct found_text *text)
{
	edit_free(text->edit);
	scenario_doc_free(text->doc);
	*text = (struct found_text){ .doc = NULL };
}

bool
found_save_text(const char *scenario, const struct trial_finding *finding, const char *why,
    const char *driver, const char *folder, char path[FOUND_PATH_MAX])
{
	struct found found = { .finding = finding, .why = why, .driver = driver };
	struct found_text text;
	bool good;

	if (!found_load(&text, scenario)) {
		fprintf(stderr, "viosim: a scenario of %s does not load\n", finding->rule->id);
		return false;
	}
	found.edit = text.edit;
	good = found_save(&found, folder, path);
	found_unload(&text);
	return good;
}
