/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploration as NDJSON, reading: see explored.h.
 *
 * Files may come from anywhere, so nothing in them is believed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/explored.h"
#include "rules/rules.h"

struct reading {
	struct explored_reader *reader;
	char *why;
	size_t why_size;
	bool good;
};

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

static void
bad(struct reading *in, const char *what, const char *key)
{
	if (in->good)
		snprintf(in->why, in->why_size, "%s `%s`", what, key);
	in->good = false;
}

/* ---- values ---- */

static void
get_text(struct reading *in, const json_t *object, const char *key, char *text, size_t size)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_string(value) || json_string_length(value) >= size)
		bad(in, "no text, or one too long, in", key);
	else
		memcpy(text, json_string_value(value), json_string_length(value) + 1);
}

static void
get_optional(struct reading *in, const json_t *object, const char *key, char *text, size_t size)
{
	text[0] = '\0';
	if (json_object_get(object, key) != NULL)
		get_text(in, object, key, text, size);
}

static uint64_t
get_number(struct reading *in, const json_t *object, const char *key, uint64_t max)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_integer_value(value);

	if (!json_is_integer(value) || number < 0 || (uint64_t)number > max) {
		bad(in, "no number, or one too large, in", key);
		return 0;
	}
	return (uint64_t)number;
}

static uint64_t
get_hash(struct reading *in, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *end;
	uint64_t hash;

	if (text == NULL || strlen(text) != 16 || strspn(text, "0123456789abcdef") != 16) {
		bad(in, "no sixteen hexadecimal digits in", key);
		return 0;
	}
	hash = strtoull(text, &end, 16);
	return hash;
}

/* ---- defects ---- */

static const struct defect *
defect_of(struct explored_reader *reader, const char *id, const char *title)
{
	struct defect *defect;

	for (size_t i = 0; reader->manifest != NULL && i < reader->manifest->count; i++)
		if (strcmp(reader->manifest->defects[i].id, id) == 0)
			return &reader->manifest->defects[i];
	for (size_t i = 0; i < reader->defects; i++)
		if (strcmp(reader->defect[i]->id, id) == 0)
			return reader->defect[i];
	reader->defect = realloc(reader->defect, (reader->defects + 1) * sizeof(defect));
	defect = calloc(1, sizeof(*defect));
	if (reader->defect == NULL || defect == NULL)
		no_memory();
	defect->id = strdup(id);
	defect->title = strdup(title);
	if (defect->id == NULL || defect->title == NULL)
		no_memory();
	reader->defect[reader->defects++] = defect;
	return defect;
}

void
explored_reader_init(struct explored_reader *reader, const struct manifest *manifest)
{
	*reader = (struct explored_reader){ .manifest = manifest };
}

void
explored_reader_fini(struct explored_reader *reader)
{
	for (size_t i = 0; i < reader->defects; i++) {
		free((char *)(uintptr_t)reader->defect[i]->id);
		free((char *)(uintptr_t)reader->defect[i]->title);
		free(reader->defect[i]);
	}
	free(reader->defect);
	explored_reader_init(reader, reader->manifest);
}

/* ---- runs ---- */

static void
read_finding(struct reading *in, const json_t *object, struct outcome *outcome)
{
	struct trial_finding *finding = &outcome->finding[outcome->findings];
	char rule[64] = "", known[64], title[256];

	memset(finding, 0, sizeof(*finding));
	get_text(in, object, "rule", rule, sizeof(rule));
	finding->rule = rule_by_id(rule);
	if (finding->rule == NULL) {
		bad(in, "there is no rule", rule);
		return;
	}
	finding->key = get_hash(in, object, "key");
	get_optional(in, object, "known", known, sizeof(known));
	get_optional(in, object, "title", title, sizeof(title));
	if (known[0] != '\0')
		finding->defect = defect_of(in->reader, known, title);
	outcome->plain[outcome->findings] = json_is_true(json_object_get(object, "plain"));
	outcome->cause[outcome->findings] = json_object_get(object, "cause") == NULL ? 0 :
	    get_hash(in, object, "cause");
	get_optional(in, object, "file", finding->file, sizeof(finding->file));
	get_optional(in, object, "function", finding->function, sizeof(finding->function));
	if (json_object_get(object, "line") != NULL)
		finding->line = (unsigned)get_number(in, object, "line", INT32_MAX);
	finding->seq = (uint32_t)get_number(in, object, "seq", UINT32_MAX);
	finding->time_ns = get_number(in, object, "time_ns", INT64_MAX);
	get_text(in, object, "text", finding->text, sizeof(finding->text));
	outcome->findings++;
}

static void
read_point(struct reading *in, const json_t *object, struct outcome *outcome)
{
	struct outcome_point point = { .point = get_hash(in, object, "point") };
	char call[48] = "";

	get_text(in, object, "call", call, sizeof(call));
	if (trace_call_by_name(call) == HW_CALL_NONE) {
		bad(in, "there is no kernel call", call);
		return;
	}
	point.call = trace_call_name(trace_call_by_name(call));
	point.line = (unsigned)get_number(in, object, "line", INT32_MAX);
	point.can_fail = json_is_true(json_object_get(object, "can_fail"));
	outcome_add_point(outcome, &point);
}

static void
read_what_came(struct reading *in, const json_t *object, struct outcome *outcome)
{
	const json_t *findings = json_object_get(object, "findings");
	const json_t *points = json_object_get(object, "points");

	outcome->digest = get_hash(in, object, "digest");
	outcome->events = (uint32_t)get_number(in, object, "events", UINT32_MAX);
	get_optional(in, object, "ended", outcome->ended, sizeof(outcome->ended));
	outcome->idle = json_is_true(json_object_get(object, "idle"));
	if (!json_is_array(findings) || json_array_size(findings) > TRIAL_FINDINGS_MAX)
		bad(in, "no list, or one too long, in", "findings");
	for (size_t i = 0; in->good && i < json_array_size(findings); i++)
		read_finding(in, json_array_get(findings, i), outcome);
	for (size_t i = 0; in->good && i < json_array_size(points); i++)
		read_point(in, json_array_get(points, i), outcome);
}

static void
read_run(struct reading *in, const json_t *object, struct outcome *outcome)
{
	outcome_clear(outcome);
	outcome->number = get_number(in, object, "run", INT64_MAX);
	get_text(in, object, "case", outcome->base, sizeof(outcome->base));
	get_optional(in, object, "with", outcome->plan, sizeof(outcome->plan));
	get_optional(in, object, "group", outcome->group, sizeof(outcome->group));
	if (outcome->plan[0] != '\0')
		outcome->point = get_hash(in, object, "point");
	outcome->steps = (unsigned)get_number(in, object, "steps", INT32_MAX);
	get_optional(in, object, "lost", outcome->lost, sizeof(outcome->lost));
	if (outcome->lost[0] == '\0')
		read_what_came(in, object, outcome);
}

/* ---- the other lines ---- */

static void
read_head(struct reading *in, const json_t *object, struct explored_head *head,
    struct tally *sites)
{
	const json_t *array = json_object_get(object, "sites");

	if (get_number(in, object, "viosim", INT32_MAX) != EXPLORED_VERSION)
		bad(in, "another version of this format in", "viosim");
	get_text(in, object, "explored", head->command, sizeof(head->command));
	get_text(in, object, "driver", head->driver, sizeof(head->driver));
	get_text(in, object, "options", head->options, sizeof(head->options));
	head->shard = (unsigned)get_number(in, object, "shard", 1000000);
	head->shards = (unsigned)get_number(in, object, "shards", 1000000);
	head->planned = get_number(in, object, "planned", INT64_MAX);
	for (size_t i = 0; in->good && i < json_array_size(array); i++) {
		const json_t *site = json_array_get(array, i);
		char call[48] = "", function[64] = "";
		unsigned line = (unsigned)get_number(in, site, "line", INT32_MAX);

		get_text(in, site, "call", call, sizeof(call));
		get_text(in, site, "function", function, sizeof(function));
		if (in->good)
			tally_site(sites, call, line, function);
	}
}

static void
read_story(struct reading *in, const json_t *object, struct explored_story *story)
{
	const json_t *text = json_object_get(object, "scenario");
	const json_t *why = json_object_get(object, "why");

	*story = (struct explored_story){ .key = get_hash(in, object, "found") };
	story->from = get_number(in, object, "from", INT64_MAX);
	story->cause = get_hash(in, object, "cause");
	story->steps = (unsigned)get_number(in, object, "steps", INT32_MAX);
	story->complete = json_is_true(json_object_get(object, "complete"));
	if (!json_is_string(text)) {
		bad(in, "no text in", "scenario");
		return;
	}
	story->scenario = strdup(json_string_value(text));
	if (json_is_string(why))
		story->why = strdup(json_string_value(why));
	if (story->scenario == NULL || (json_is_string(why) && story->why == NULL))
		no_memory();
}

static void
read_end(struct reading *in, const json_t *object, struct explored_end *end)
{
	char word[16] = "";

	get_text(in, object, "end", word, sizeof(word));
	if (strcmp(word, "complete") != 0 && strcmp(word, "cut") != 0)
		bad(in, "neither complete nor cut in", "end");
	*end = (struct explored_end){ .complete = strcmp(word, "complete") == 0 };
	end->runs = get_number(in, object, "runs", INT64_MAX);
	end->cases_left = get_number(in, object, "cases_left", INT64_MAX);
	end->lost = get_number(in, object, "lost", INT64_MAX);
	end->differ = get_number(in, object, "differ", INT64_MAX);
}

static enum explored_line
kind_of(const json_t *object, const struct explored_into *into)
{
	if (into->outcome != NULL && json_object_get(object, "run") != NULL)
		return EXPLORED_RUN;
	if (into->head != NULL && json_object_get(object, "explored") != NULL)
		return EXPLORED_HEAD;
	if (into->story != NULL && json_object_get(object, "found") != NULL)
		return EXPLORED_STORY;
	if (into->end != NULL && json_object_get(object, "end") != NULL)
		return EXPLORED_END;
	return EXPLORED_BAD;
}

enum explored_line
explored_read(struct explored_reader *reader, const char *line, size_t length,
    const struct explored_into *into, char *why, size_t why_size)
{
	struct reading in = { .reader = reader, .why = why, .why_size = why_size,
	    .good = true };
	json_error_t error;
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	enum explored_line kind = EXPLORED_BAD;

	if (object == NULL)
		snprintf(why, why_size, "no JSON: %s", error.text);
	else if ((kind = kind_of(object, into)) == EXPLORED_BAD)
		snprintf(why, why_size, "no line of an exploration");
	else if (kind == EXPLORED_RUN)
		read_run(&in, object, into->outcome);
	else if (kind == EXPLORED_HEAD)
		read_head(&in, object, into->head, into->sites);
	else if (kind == EXPLORED_STORY)
		read_story(&in, object, into->story);
	else
		read_end(&in, object, into->end);
	json_decref(object);
	if (!in.good && kind == EXPLORED_STORY)
		explored_story_fini(into->story);
	return in.good ? kind : EXPLORED_BAD;
}
