/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finished walks in a file: see explore_state.h.
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

#include "explore/explore.h"
#include "explore/seal.h"

#define STATE_VERSION 2

struct explore_state {
	const char *path;
	FILE *file;
	struct seal seal;		/* of the lines up to where the next is written */
	json_t *walks;			/* name: what it wrote */
};

/* ---- what was explored ---- */

static uint64_t
hash_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	size_t length = 0, n;
	uint64_t hash;

	if (file == NULL)
		return 0;
	do {
		bytes = realloc(bytes, length + 65536);
		if (bytes == NULL)
			abort();
		n = fread(bytes + length, 1, 65536, file);
		length += n;
	} while (n > 0);
	fclose(file);
	hash = trace_hash(bytes, length);
	free(bytes);
	return hash;
}

static uint64_t
hash_cases(const struct explore *explore)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	uint64_t hash;

	if (stream == NULL)
		abort();
	for (size_t i = 0; i < explore->cases; i++) {
		fprintf(stream, "%s\n", explore->c[i].id);
		scenario_print(explore->c[i].scenario, stream);
	}
	fclose(stream);
	hash = trace_hash(text, length);
	free(text);
	return hash;
}

static char *
header_of(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	char *text;

	if (asprintf(&text, "{\"viosim-explore\":%u,\"driver\":\"%016" PRIx64 "\",\"cases\":\"%016"
	    PRIx64 "\",\"preemptions\":%u,\"faults\":%u,\"reduction\":%s,\"lines\":%s,"
	    "\"drawn\":%s,\"depth\":%u,\"part\":\"%u/%u\"}", STATE_VERSION,
	    hash_file(module_path(explore->module)), hash_cases(explore), options->preemptions,
	    options->faults, options->reduction ? "true" : "false",
	    options->lines ? "true" : "false", options->drawn ? "true" : "false",
	    options->depth, options->shard, options->shards) < 0)
		abort();
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

struct block {
	char *name, *text;
	size_t length;
};

static void
block_clear(struct block *block)
{
	free(block->name);
	free(block->text);
	*block = (struct block){ 0 };
}

static void
block_add(struct block *block, const char *line)
{
	size_t length = strlen(line);

	block->text = realloc(block->text, block->length + length + 2);
	if (block->text == NULL)
		abort();
	memcpy(block->text + block->length, line, length);
	block->length += length;
	block->text[block->length++] = '\n';
	block->text[block->length] = '\0';
}

/* False: the line cannot stand here. */
static bool
take_line(struct explore_state *state, struct block *block, const char *line, bool *whole)
{
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *name = json_string_value(json_object_get(object, "name"));
	bool begins = type != NULL && strcmp(type, "walk") == 0;
	bool good = type != NULL && begins == (block->name == NULL) &&
	    (!begins || name != NULL);

	*whole = good && strcmp(type, "end") == 0;
	if (good && begins)
		block->name = strdup(name);
	else if (good)
		block_add(block, line);
	if (*whole)
		json_object_set_new(state->walks, block->name, json_string(block->text));
	if (*whole)
		block_clear(block);
	json_decref(object);
	return good;
}

/* The rest of the file; *good_end is behind the last whole walk, and so is the seal. */
static bool
read_walks(struct explore_state *state, FILE *file, long *good_end)
{
	struct block block = { 0 };
	struct seal seal = state->seal;
	size_t number = 1, length;
	bool good = true, whole;
	char *line;

	while (good && (line = next_line(file, &length)) != NULL) {
		number++;
		good = seal_open(&seal, line, &length) ||
		    complain(state->path, number, "this line is not what was written here: it, "
		    "or a line before it, was changed, removed, added or moved; remove the "
		    "file to begin anew");
		if (good && !take_line(state, &block, line, &whole))
			good = complain(state->path, number, "this line cannot stand here; "
			    "remove the file to begin anew");
		free(line);
		if (good && whole) {
			*good_end = ftell(file);
			state->seal = seal;
		}
	}
	block_clear(&block);
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
		    "(another driver, other scenarios or bounds, another viosim); remove it or "
		    "name another file");
	return read_walks(state, file, good_end) && (!ferror(file) ||
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

/* What is behind the last whole walk is forgotten. */
static bool
cut_behind(struct explore_state *state, long end)
{
	return (ftruncate(fileno(state->file), end) == 0 &&
	    fseek(state->file, end, SEEK_SET) == 0) || cannot_write(state->path);
}

struct explore_state *
explore_state_open(const char *path, const struct explore *explore, bool *bad)
{
	struct explore_state *state = calloc(1, sizeof(*state));
	char *header = header_of(explore);
	bool good, is_new;
	long end = 0;

	if (state == NULL || (state->walks = json_object()) == NULL)
		abort();
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
	json_decref(state->walks);
	free(state);
}

const char *
explore_state_find(const struct explore_state *state, const char *name)
{
	return state == NULL ? NULL : json_string_value(json_object_get(state->walks, name));
}

bool
explore_state_add(struct explore_state *state, const char *name, const char *text)
{
	json_t *begin;
	char *line;
	bool good;

	if (state == NULL || explore_state_find(state, name) != NULL)
		return true;
	begin = json_pack("{s:s, s:s}", "type", "walk", "name", name);
	line = json_dumps(begin, JSON_COMPACT);
	if (line == NULL)
		abort();
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
		fprintf(stderr, "viosim: cannot write %s: %s; the walks in it are whole, and the "
		    "next exploration goes on from there\n", state->path, strerror(errno));
	return good;
}
