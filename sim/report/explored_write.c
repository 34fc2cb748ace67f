/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploration as NDJSON, writing: see explored.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "report/explored.h"
#include "report/report.h"

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

/* jansson takes ownership of the value, also of NULL as an error. */
static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		no_memory();
}

static void
put_text(json_t *object, const char *key, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		no_memory();
	report_clean_lines(copy);
	put(object, key, json_string(copy));
	free(copy);
}

static void
put_number(json_t *object, const char *key, uint64_t number)
{
	put(object, key, json_integer((json_int_t)number));
}

/* Not all readers of JSON know 64 bits. */
static void
put_hash(json_t *object, const char *key, uint64_t hash)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, hash);
	put(object, key, json_string(text));
}

/* Heap; the object is released. */
static char *
line_of(json_t *object)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL)
		no_memory();
	json_decref(object);
	return text;
}

static void
print_line(json_t *object, FILE *stream)
{
	char *text = line_of(object);

	fputs(text, stream);
	fputc('\n', stream);
	free(text);
}

static void
put_line(struct explored_file *file, json_t *object)
{
	char *text = line_of(object);

	seal_write(&file->seal, text, strlen(text), file->stream);
	free(text);
}

static json_t *
site_json(const struct tally_site *site)
{
	json_t *object = json_object();

	put_text(object, "call", site->call);
	put_number(object, "line", site->line);
	put_text(object, "function", site->function);
	return object;
}

void
explored_file_init(struct explored_file *file, FILE *stream)
{
	*file = (struct explored_file){ .stream = stream };
}

void
explored_file_head(struct explored_file *file, const struct explored_head *head,
    const struct tally *sites)
{
	json_t *object = json_object(), *array = json_array();

	put_number(object, "viosim", EXPLORED_VERSION);
	put_text(object, "explored", head->command);
	put_text(object, "driver", head->driver);
	put_text(object, "options", head->options);
	put_number(object, "shard", head->shard);
	put_number(object, "shards", head->shards);
	put_number(object, "planned", head->planned);
	for (size_t i = 0; i < sites->sites; i++)
		if (json_array_append_new(array, site_json(&sites->site[i])) != 0)
			no_memory();
	put(object, "sites", array);
	put_line(file, object);
}

static json_t *
finding_json(const struct trial_finding *finding, uint64_t cause, bool plain)
{
	json_t *object = json_object();

	put_text(object, "rule", finding->rule->id);
	put_hash(object, "key", finding->key);
	if (finding->defect != NULL) {
		put_text(object, "known", finding->defect->id);
		put_text(object, "title", finding->defect->title);
	}
	if (plain)
		put(object, "plain", json_true());
	if (cause != 0)
		put_hash(object, "cause", cause);
	if (finding->file[0] != '\0')
		put_text(object, "file", finding->file);
	if (finding->line != 0)
		put_number(object, "line", finding->line);
	if (finding->function[0] != '\0')
		put_text(object, "function", finding->function);
	put_number(object, "seq", finding->seq);
	put_number(object, "time_ns", finding->time_ns);
	put_text(object, "text", finding->text);
	return object;
}

static json_t *
point_json(const struct outcome_point *point)
{
	json_t *object = json_object();

	put_text(object, "call", point->call);
	put_number(object, "line", point->line);
	put_hash(object, "point", point->point);
	put(object, "can_fail", json_boolean(point->can_fail));
	return object;
}

static void
put_what_came(json_t *object, const struct outcome *outcome)
{
	json_t *findings = json_array(), *points;

	put_hash(object, "digest", outcome->digest);
	put_number(object, "events", outcome->events);
	if (outcome->ended[0] != '\0')
		put_text(object, "ended", outcome->ended);
	if (outcome->idle)
		put(object, "idle", json_true());
	for (unsigned i = 0; i < outcome->findings; i++)
		if (json_array_append_new(findings, finding_json(&outcome->finding[i],
		    outcome->cause[i], outcome->plain[i])) != 0)
			no_memory();
	put(object, "findings", findings);
	if (outcome->point_count == 0)
		return;
	points = json_array();
	for (size_t i = 0; i < outcome->point_count; i++)
		if (json_array_append_new(points, point_json(&outcome->points[i])) != 0)
			no_memory();
	put(object, "points", points);
}

static json_t *
run_json(const struct outcome *outcome)
{
	json_t *object = json_object();

	put_number(object, "run", outcome->number);
	put_text(object, "case", outcome->base);
	if (outcome->plan[0] != '\0') {
		put_text(object, "with", outcome->plan);
		put_text(object, "group", outcome->group);
		put_hash(object, "point", outcome->point);
	}
	put_number(object, "steps", outcome->steps);
	if (outcome->lost[0] != '\0')
		put_text(object, "lost", outcome->lost);
	else
		put_what_came(object, outcome);
	return object;
}

void
explored_write(const struct outcome *outcome, FILE *stream)
{
	print_line(run_json(outcome), stream);
}

void
explored_file_run(struct explored_file *file, const struct outcome *outcome)
{
	file->runs++;
	put_line(file, run_json(outcome));
}

void
explored_file_members(struct explored_file *file, uint64_t number, const char *members)
{
	char *line;
	int length = asprintf(&line, "{\"run\":%" PRIu64 ",%s", number, members);

	if (length < 0)
		no_memory();
	file->runs++;
	seal_write(&file->seal, line, (size_t)length, file->stream);
	free(line);
}

static json_t *
story_json(const struct explored_story *story)
{
	json_t *object = json_object();

	put_hash(object, "found", story->key);
	put_number(object, "from", story->from);
	put_hash(object, "cause", story->cause);
	put_number(object, "steps", story->steps);
	put(object, "complete", json_boolean(story->complete));
	if (story->why != NULL)
		put_text(object, "why", story->why);
	put_text(object, "scenario", story->scenario);
	return object;
}

void
explored_write_story(const struct explored_story *story, FILE *stream)
{
	print_line(story_json(story), stream);
}

void
explored_file_story(struct explored_file *file, const struct explored_story *story)
{
	put_line(file, story_json(story));
}

void
explored_file_end(struct explored_file *file, const struct explored_end *end)
{
	json_t *object = json_object();

	put_text(object, "end", end->complete ? "complete" : "cut");
	put_number(object, "runs", file->runs);
	put_number(object, "cases_left", end->cases_left);
	put_number(object, "lost", end->lost);
	put_number(object, "differ", end->differ);
	put_line(file, object);
}

void
explored_story_fini(struct explored_story *story)
{
	free(story->scenario);
	free(story->why);
	story->scenario = story->why = NULL;
}
