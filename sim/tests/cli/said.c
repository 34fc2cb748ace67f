/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line, run in this process, and what it said.
 */
#include "tests/cli/said.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define WORDS_MAX 32

/* The stream goes into a file from now on. */
static FILE *
divert(FILE *stream, int *saved)
{
	FILE *file = tmpfile();

	ck_assert_ptr_nonnull(file);
	fflush(stream);
	*saved = dup(fileno(stream));
	ck_assert_int_ge(*saved, 0);
	ck_assert_int_ge(dup2(fileno(file), fileno(stream)), 0);
	return file;
}

static void
restore(FILE *stream, int saved, FILE *file, char *text, size_t size)
{
	fflush(stream);
	dup2(saved, fileno(stream));
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

struct said
said_by(int (*call)(void *arg), void *arg)
{
	int saved_out, saved_err;
	FILE *out = divert(stdout, &saved_out), *err = divert(stderr, &saved_err);
	struct said it = { .code = call(arg) };

	restore(stderr, saved_err, err, it.err, sizeof(it.err));
	restore(stdout, saved_out, out, it.out, sizeof(it.out));
	return it;
}

struct line {
	int argc;
	char *argv[WORDS_MAX + 2];
};

static int
run_line(void *arg)
{
	struct line *line = arg;

	return cli_main(line->argc, line->argv);
}

struct said
said(const char *text)
{
	struct line line = { .argc = 1, .argv = { "viosim" } };
	char *copy = strdup(text), *rest = copy, *word;
	struct said it;

	while ((word = strsep(&rest, " ")) != NULL) {
		ck_assert_int_le(line.argc, WORDS_MAX);
		line.argv[line.argc++] = word;
	}
	it = said_by(run_line, &line);
	free(copy);
	return it;
}

void
assert_refused(const char *line, const char *message)
{
	struct said it = said(line);
	size_t length = strlen(it.err);

	ck_assert_msg(length > 0 && it.err[length - 1] == '\n', "%s: no line", line);
	it.err[length - 1] = '\0';
	ck_assert_msg(strcmp(it.err, message) == 0, "%s: %s", line, it.err);
	ck_assert_msg(it.code == CLI_USAGE, "%s: exit code %d", line, it.code);
	ck_assert_str_eq(it.out, "");
}
