/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finished walks in a file: see explore_state.h.
 */
#include "explore/explore_state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "explore/explore.h"

struct explore_state {
	const char *path;
	FILE *file;
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

	if (asprintf(&text, "{\"viosim-explore\":1,\"driver\":\"%016" PRIx64 "\",\"cases\":\"%016"
	    PRIx64 "\",\"preemptions\":%u,\"faults\":%u,\"reduction\":%s,\"lines\":%s,"
	    "\"drawn\":%s,\"depth\":%u,\"part\":\"%u/%u\"}",
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
next_line(FILE *file)
{
	char *line = NULL;
	size_t max = 0;
	ssize_t length = getline(&line, &max, file);

	if (length <= 0 || line[length - 1] != '\n') {
		free(line);
		return NULL;
	}
	line[length - 1] = '\0';
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

static bool
read_all(struct explore_state *state, FILE *file, const char *header, long *good_end)
{
	struct block block = { 0 };
	size_t number = 1;
	char *line = next_line(file);
	bool good = line != NULL && strcmp(line, header) == 0, whole;

	if (!good)
		complain(state->path, 1, "this is no state file of this exploration (another "
		    "driver, other scenarios or bounds); remove it or name another file");
	*good_end = ftell(file);
	free(line);
	while (good && (line = next_line(file)) != NULL) {
		good = take_line(state, &block, line, &whole);
		number++;
		free(line);
		if (!good)
			complain(state->path, number, "the state file is damaged here; remove "
			    "it to begin anew");
		if (good && whole)
			*good_end = ftell(file);
	}
	block_clear(&block);
	return good;
}

struct explore_state *
explore_state_open(const char *path, const struct explore *explore)
{
	struct explore_state *state = calloc(1, sizeof(*state));
	char *header = header_of(explore);
	bool good = true;
	long end = 0;

	if (state == NULL || (state->walks = json_object()) == NULL)
		abort();
	state->path = path;
	state->file = fopen(path, "r+");
	if (state->file != NULL) {
		good = read_all(state, state->file, header, &end) &&
		    ftruncate(fileno(state->file), end) == 0 &&
		    fseek(state->file, end, SEEK_SET) == 0;
	} else {
		state->file = errno == ENOENT ? fopen(path, "w") : NULL;
		good = state->file != NULL && fprintf(state->file, "%s\n", header) > 0 &&
		    fflush(state->file) == 0;
		if (!good)
			fprintf(stderr, "viosim: cannot write %s: %s\n", path,
			    strerror(errno));
	}
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
	bool good;

	if (state == NULL || explore_state_find(state, name) != NULL)
		return true;
	begin = json_pack("{s:s, s:s}", "type", "walk", "name", name);
	good = begin != NULL && json_dumpf(begin, state->file, JSON_COMPACT) == 0 &&
	    fprintf(state->file, "\n%s", text) > 0 && fflush(state->file) == 0;
	json_decref(begin);
	if (!good)
		fprintf(stderr, "viosim: cannot write %s: %s\n", state->path, strerror(errno));
	return good;
}
