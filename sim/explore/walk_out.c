/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines of a walk, written and read: see walk_out.h.
 */
#include "explore/walk_out.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "rules/rules.h"

/* ---- writing ---- */

void
walk_out_init(struct walk_out *out, FILE *stream, const char *id, bool lines)
{
	*out = (struct walk_out){ .stream = stream, .id = id, .lines = lines };
}

static void
put_line(struct walk_out *out, json_t *line)
{
	if (line == NULL || json_dumpf(line, out->stream, JSON_COMPACT) != 0)
		abort();	/* no memory, or text that is no text */
	fputc('\n', out->stream);
	json_decref(line);
}

static json_t *
hexadecimal(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%016" PRIx64, value);
	return json_string(text);
}

/* Console texts are in sentences: what is not UTF-8 there is a driver's doing. */
static json_t *
clean(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	if (copy == NULL)
		abort();
	for (char *p = copy; *p != '\0'; p++)
		if (*p & 0x80 || (*p < ' ' && *p != '\n'))
			*p = '?';
	value = json_string(copy);
	free(copy);
	return value;
}

/* Writers want a stream; JSON wants a text. */
static json_t *
plan_text(const struct plan *plan)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	json_t *value;

	if (stream == NULL)
		abort();
	plan_print(plan, stream);
	fclose(stream);
	value = json_string(text);
	free(text);
	return value;
}

static json_t *
what_text(const struct walk_run *run)
{
	return run->plan != NULL ? plan_text(run->plan) : json_string(run->drawn);
}

static json_t *
scenario_text(struct edit *edit)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	json_t *value;

	if (stream == NULL)
		abort();
	edit_print(edit, edit->scenario.id, edit->scenario.summary, NULL, stream);
	fclose(stream);
	value = clean(text);
	free(text);
	return value;
}

/* What was tried, as tables name it. */
static const char *
group_of(const struct walk_run *run)
{
	const struct deviation *newest;

	if (run->plan == NULL)
		return "drawn";
	newest = &run->plan->item[run->plan->count - 1];
	switch (newest->kind) {
	case DEVIATION_NEXT:
	case DEVIATION_TARGET:
		return "target";
	case DEVIATION_ANSWER:
		return "answer";
	case DEVIATION_IRQ:
		return "interrupt";
	case DEVIATION_FAULT:
		return newest->fault->call_name;
	}
	return "?";
}

static void
put_new(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		abort();
}

static json_t *
run_finding(const struct walk_run *run, const struct trial_finding *f)
{
	json_t *object = json_pack("{s:s, s:o, s:s*, s:s*}", "rule", f->rule->id,
	    "key", hexadecimal(f->key), "known", f->defect != NULL ? f->defect->id : NULL,
	    "title", f->defect != NULL ? f->defect->title : NULL);

	if (run->parent == NULL)
		put_new(object, "plain", json_true());
	if (f->file[0] != '\0')
		put_new(object, "file", clean(f->file));
	if (f->line != 0)
		put_new(object, "line", json_integer(f->line));
	if (f->function[0] != '\0')
		put_new(object, "function", json_string(f->function));
	put_new(object, "seq", json_integer(f->seq));
	put_new(object, "time_ns", json_integer((json_int_t)f->time_ns));
	put_new(object, "text", clean(f->text));
	return object;
}

/* As report/explored.h has it, but for the number, which the parent knows. */
static void
put_run(struct walk_out *out, const struct walk_run *run)
{
	const struct trial_result *result = run->result;
	json_t *line = json_pack("{s:s, s:s}", "type", "run", "case", out->id);
	json_t *findings = json_array();

	if (run->parent != NULL) {
		put_new(line, "with", what_text(run));
		put_new(line, "group", json_string(group_of(run)));
		put_new(line, "point", hexadecimal(run->plan == NULL ? 0 :
		    run->plan->item[run->plan->count - 1].at.stack));
	}
	put_new(line, "steps", json_integer((json_int_t)run->edit->scenario.steps.count));
	put_new(line, "digest", hexadecimal(result->digest));
	put_new(line, "events", json_integer(result->counts.events));
	if (run->parent == NULL && trial_ended_early(result) != NULL)
		put_new(line, "ended", json_string(trial_ended_early(result)));
	for (unsigned i = 0; i < result->findings; i++)
		json_array_append_new(findings, run_finding(run, &result->finding[i]));
	put_new(line, "findings", findings);
	if (run->bound > 0)
		put_new(line, "bound", json_real(run->bound));
	put_line(out, line);
}

/* Written at once: a run that takes the process down later must not take this with it. */
static void
put_found(struct walk_out *out, const struct walk_run *run, const struct trial_finding *f,
    const char *cause)
{
	put_line(out, json_pack(
	    "{s:s, s:o, s:s, s:s, s:o, s:i, s:I, s:I, s:o, s:s, s:I, s:I, s:o, s:o}",
	    "type", "found", "key", hexadecimal(f->key), "rule", f->rule->id,
	    "function", f->function, "file", clean(f->file), "line", (int)f->line,
	    "time", (json_int_t)f->time_ns, "seq", (json_int_t)f->seq, "text", clean(f->text),
	    "cause", cause, "run", (json_int_t)out->runs, "steps",
	    (json_int_t)run->edit->scenario.steps.count, "plan", what_text(run),
	    "scenario", scenario_text(run->edit)));
}

/* True when it is the first of its kind. */
static bool
count_finding(struct walk_out *out, uint64_t key, const char *cause)
{
	for (unsigned i = 0; i < out->founds; i++)
		if (out->found[i].key == key && strcmp(out->found[i].cause, cause) == 0) {
			out->found[i].runs++;
			return false;
		}
	if (out->founds == WALK_KEYS_MAX)
		return false;
	out->found[out->founds].key = key;
	out->found[out->founds].runs = 1;
	snprintf(out->found[out->founds++].cause, WALK_CAUSE, "%s", cause);
	return true;
}

bool
walk_out_run(struct walk_out *out, const struct walk_run *run)
{
	bool found = false;

	for (unsigned i = 0; i < run->result->findings; i++) {
		const struct trial_finding *f = &run->result->finding[i];
		bool inherited = run->parent != NULL && trial_find(run->parent, f->key) != NULL;
		const char *cause = inherited ? "" : run->cause;

		if (count_finding(out, f->key, cause) && !inherited) {
			put_found(out, run, f, cause);
			found = true;
		}
	}
	if (run->parent == NULL)
		out->ended = trial_ended_early(run->result) != NULL;
	if (out->lines)
		put_run(out, run);
	if (run->bound > 0 && (out->bound == 0 || run->bound < out->bound))
		out->bound = run->bound;
	out->runs++;
	return found;
}

void
walk_out_child(struct walk_out *out, const struct plan *plan)
{
	out->children++;
	put_line(out, json_pack("{s:s, s:o}", "type", "child", "plan", plan_text(plan)));
}

void
walk_out_differ(struct walk_out *out, const char *what, const char *why)
{
	put_line(out, json_pack("{s:s, s:s, s:o}", "type", "differ", "plan", what,
	    "why", clean(why)));
}

void
walk_out_end(struct walk_out *out)
{
	json_t *counts = json_array();

	for (unsigned i = 0; i < out->founds; i++)
		json_array_append_new(counts, json_pack("{s:o, s:s, s:I}",
		    "key", hexadecimal(out->found[i].key), "cause", out->found[i].cause,
		    "runs", (json_int_t)out->found[i].runs));
	put_line(out, json_pack("{s:s, s:I, s:I, s:I, s:b, s:b, s:i, s:I, s:f, s:o}", "type", "end",
	    "runs", (json_int_t)out->runs, "skipped", (json_int_t)out->skipped,
	    "moments", (json_int_t)out->moments, "ended", out->ended, "cut", out->cut,
	    "stage", (int)out->place.stage, "moment", (json_int_t)out->place.moment,
	    "bound", out->bound, "counts", counts));
}

/* ---- reading ---- */

#define RUN_HEAD "{\"type\":\"run\","

static bool
read_finding(json_t *line, const struct manifest *manifest, struct trial_finding *f)
{
	const char *key, *rule, *function, *file, *text;
	json_int_t time_ns, seq, number;

	*f = (struct trial_finding){ .key = 0 };
	if (json_unpack(line, "{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "key", &key,
	    "rule", &rule, "function", &function, "file", &file, "line", &number,
	    "time", &time_ns, "seq", &seq, "text", &text) != 0)
		return false;
	f->key = strtoull(key, NULL, 16);
	f->rule = rule_by_id(rule);
	f->line = (unsigned)number;
	f->time_ns = (uint64_t)time_ns;
	f->seq = (uint32_t)seq;
	snprintf(f->function, sizeof(f->function), "%s", function);
	snprintf(f->file, sizeof(f->file), "%s", file);
	snprintf(f->text, sizeof(f->text), "%s", text);
	if (f->rule == NULL)
		return false;
	f->defect = manifest_knows(manifest, f->rule->id, f->function);
	return true;
}

static bool
take_found(const struct walk_reader *reader, const struct manifest *manifest, json_t *line)
{
	struct walk_found found;
	json_int_t number, steps;

	if (!read_finding(line, manifest, &found.finding) || json_unpack(line,
	    "{s:I, s:I, s:s, s:s, s:s}", "run", &number, "steps", &steps, "plan", &found.plan,
	    "scenario", &found.scenario, "cause", &found.cause) != 0)
		return false;
	found.number = (uint64_t)number;
	found.steps = (size_t)steps;
	return reader->found(reader->arg, &found);
}

static bool
take_counts(const struct walk_reader *reader, json_t *line)
{
	json_t *counts = json_object_get(line, "counts"), *count;
	size_t index;

	json_array_foreach(counts, index, count) {
		const char *key, *cause;
		json_int_t runs;

		if (json_unpack(count, "{s:s, s:s, s:I}", "key", &key, "cause", &cause,
		    "runs", &runs) != 0 ||
		    !reader->count(reader->arg, strtoull(key, NULL, 16), cause, (uint64_t)runs))
			return false;
	}
	return json_is_array(counts);
}

static bool
take_end(const struct walk_reader *reader, json_t *line)
{
	json_int_t runs, skipped, moments, moment;
	struct walk_end end = { .bound = 0 };
	int ended, cut, stage;

	if (json_unpack(line, "{s:I, s:I, s:I, s:b, s:b, s:i, s:I, s:F}", "runs", &runs,
	    "skipped", &skipped, "moments", &moments, "ended", &ended, "cut", &cut,
	    "stage", &stage, "moment", &moment, "bound", &end.bound) != 0 ||
	    !take_counts(reader, line))
		return false;
	end.runs = (uint64_t)runs;
	end.skipped = (uint64_t)skipped;
	end.moments = (uint64_t)moments;
	end.ended = ended;
	end.cut = cut;
	end.place = (struct walk_place){ (unsigned)stage, (size_t)moment };
	return reader->end(reader->arg, &end);
}

static bool
take_line(const struct walk_reader *reader, const struct manifest *manifest, json_t *line,
    const char *text, bool *ended)
{
	const char *type, *plan, *why;

	if (json_unpack(line, "{s:s}", "type", &type) != 0)
		return false;
	if (strcmp(type, "run") == 0)
		return strncmp(text, RUN_HEAD, strlen(RUN_HEAD)) == 0 &&
		    reader->run(reader->arg, text + strlen(RUN_HEAD));
	if (strcmp(type, "found") == 0)
		return take_found(reader, manifest, line);
	if (strcmp(type, "child") == 0)
		return json_unpack(line, "{s:s}", "plan", &plan) == 0 &&
		    reader->child(reader->arg, plan);
	if (strcmp(type, "differ") == 0)
		return json_unpack(line, "{s:s, s:s}", "plan", &plan, "why", &why) == 0 &&
		    reader->differ(reader->arg, plan, why);
	*ended = strcmp(type, "end") == 0;
	return *ended && take_end(reader, line);
}

bool
walk_read(const struct walk_reader *reader, const struct manifest *manifest, const char *text)
{
	bool good = true, ended = false;

	while (good && *text != '\0') {
		size_t length = strcspn(text, "\n");
		json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
		char *copy = strndup(text, length);

		if (copy == NULL)
			abort();
		good = line != NULL && !ended &&
		    take_line(reader, manifest, line, copy, &ended);
		free(copy);
		json_decref(line);
		text += length + (text[length] == '\n');
	}
	return good && ended;
}
