/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finished jobs in a file: see explore_state.h.
 */
#include "explore/explore_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <jansson.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "explore/explore.h"

struct explore_state {
	const char *path;
	FILE *file;
	struct seal seal;		/* of the lines up to where the next is written */
	json_t *jobs;			/* name: what it wrote */
};

#define JOB "{\"job\":"		/* how the lines begin that begin and end one */
#define DONE "{\"done\":"

/* ---- what was explored ---- */

static uint64_t
hash_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char bytes[65536];
	struct sbuf buf;
	FILE *all = sbuf_open(&buf);
	uint64_t hash;
	size_t n;

	while (file != NULL && (n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		fwrite(bytes, 1, n, all);
	if (file != NULL)
		fclose(file);
	sbuf_close(&buf);
	hash = trace_hash(buf.text, buf.length);
	free(buf.text);
	return hash;
}

static char *
header_of(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	char *what = explore_describe(explore);
	char *text = xasprintf("{\"viosim-explore\":%u,\"driver\":\"%016" PRIx64 "\","
	    "\"options\":\"%s\",\"lines\":%s,\"part\":\"%u/%u\"}", RECORD_VERSION,
	    hash_file(module_path(explore->module)), what, options->lines ? "true" : "false",
	    options->shard, options->shards);

	free(what);
	return text;
}

/* ---- reading ---- */

static bool
complain(const char *path, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: error: %s\n", path, line, what);
	return false;
}

/* One line without its newline; NULL at the end, or when it has no newline: cut off. */
static char *
next_line(FILE *file, size_t *length)
{
	char *line = NULL;
	size_t max = 0;
	ssize_t n = getline(&line, &max, file);

	if (n <= 0 || line[n - 1] != '\n') {
		free(line);
		return NULL;
	}
	line[n - 1] = '\0';
	*length = (size_t)n - 1;
	return line;
}

/* The rest of the file; *good_end is behind the last whole job, and so is the seal. */
static bool
read_jobs(struct explore_state *state, FILE *file, long *good_end)
{
	json_t *job = NULL;
	struct sbuf buf = { .stream = NULL };
	struct seal seal = state->seal;
	size_t number = 1, length;
	bool good = true;
	char *line;

	while (good && (line = next_line(file, &length)) != NULL) {
		number++;
		good = seal_open(&seal, line, &length) ||
		    complain(state->path, number, "this line is not what was written here: it, "
		    "or a line before it, was changed, removed, added or moved; remove the "
		    "file to begin anew");
		if (good && strncmp(line, JOB, strlen(JOB)) == 0 && job == NULL) {
			job = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
			sbuf_open(&buf);
		} else if (good && job != NULL) {
			fprintf(buf.stream, "%s\n", line);
			if (strncmp(line, DONE, strlen(DONE)) == 0) {
				sbuf_close(&buf);
				json_object_set_new(state->jobs, json_string_value(
				    json_object_get(job, "job")), json_string(buf.text));
				free(buf.text);
				json_decref(job);
				job = NULL;
				*good_end = ftell(file);
				state->seal = seal;
			}
		}
		free(line);
	}
	if (job != NULL)
		free(sbuf_close(&buf));
	json_decref(job);
	return good;
}

static bool
read_all(struct explore_state *state, FILE *file, const char *header, long *good_end)
{
	size_t length;
	char *line = next_line(file, &length);
	bool good = line != NULL && seal_open(&state->seal, line, &length) &&
	    strcmp(line, header) == 0;

	free(line);
	*good_end = ftell(file);
	if (!good)
		return complain(state->path, 1, "this is no state file of this exploration "
		    "(another driver, other scenarios or bounds, with or without --ndjson, "
		    "another viosim); remove it or name another file");
	return read_jobs(state, file, good_end) && (!ferror(file) ||
	    complain(state->path, 1, strerror(errno)));
}

static bool
cannot_write(const char *path)
{
	fprintf(stderr, "viosim: cannot write %s: %s\n", path, strerror(errno));
	return false;
}

/* For reading and writing; nothing but a file can be gone on with. */
static FILE *
open_file(const char *path, bool *is_new)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	FILE *file = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		cannot_write(path);
	else if (!S_ISREG(st.st_mode))
		fprintf(stderr, "viosim: %s is no regular file; finished work can be kept in "
		    "no other\n", path);
	else if ((file = fdopen(fd, "r+")) == NULL)
		cannot_write(path);
	*is_new = file != NULL && st.st_size == 0;
	if (file == NULL && fd >= 0)
		close(fd);
	return file;
}

static bool
begin_file(struct explore_state *state, const char *header)
{
	seal_write(&state->seal, header, strlen(header), state->file);
	return (fflush(state->file) == 0 && !ferror(state->file)) || cannot_write(state->path);
}

/* What is behind the last whole job is forgotten. */
static bool
cut_behind(struct explore_state *state, long end)
{
	return (ftruncate(fileno(state->file), end) == 0 &&
	    fseek(state->file, end, SEEK_SET) == 0) || cannot_write(state->path);
}

struct explore_state *
explore_state_open(const char *path, const struct explore *explore, bool *bad)
{
	struct explore_state *state = xcalloc(1, sizeof(*state));
	char *header = header_of(explore);
	bool good, is_new;
	long end = 0;

	state->jobs = json_object();
	state->path = path;
	state->file = open_file(path, &is_new);
	if (state->file == NULL)
		good = false;
	else if (!is_new)
		good = !(*bad = !read_all(state, state->file, header, &end)) &&
		    cut_behind(state, end);
	else
		good = begin_file(state, header);
	free(header);
	if (good)
		return state;
	explore_state_close(state);
	return NULL;
}

void
explore_state_close(struct explore_state *state)
{
	if (state == NULL)
		return;
	if (state->file != NULL)
		fclose(state->file);
	json_decref(state->jobs);
	free(state);
}

const char *
explore_state_find(const struct explore_state *state, const char *name)
{
	return state == NULL ? NULL : json_string_value(json_object_get(state->jobs, name));
}

bool
explore_state_add(struct explore_state *state, const char *name, const char *text)
{
	json_t *begin;
	char *line;
	bool good;

	if (state == NULL || explore_state_find(state, name) != NULL)
		return true;
	begin = json_pack("{s:s}", "job", name);
	line = json_dumps(begin, JSON_COMPACT);
	if (line == NULL)
		out_of_memory();
	seal_write(&state->seal, line, strlen(line), state->file);
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		seal_write(&state->seal, text, length, state->file);
		text += length + (text[length] == '\n');
	}
	good = fflush(state->file) == 0 && !ferror(state->file);
	free(line);
	json_decref(begin);
	if (!good)
		fprintf(stderr, "viosim: cannot write %s: %s; the jobs in it are whole, and the "
		    "next exploration goes on from there\n", state->path, strerror(errno));
	return good;
}
