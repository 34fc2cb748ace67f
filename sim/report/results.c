/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many cases came to: see results.h.
 */
#include "report/results.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/alloc.h"

struct results *
results_new(const char *command)
{
	struct results *results = xcalloc(1, sizeof(*results));

	results->command = command;
	results->begin = time(NULL);
	return results;
}

void
results_free(struct results *results)
{
	if (results == NULL)
		return;
	vec_each(c, &results->cases) {
		vec_fini(&c->reasons);
		vec_fini(&c->known);
	}
	vec_each(text, &results->texts)
		free(*text);
	vec_fini(&results->cases);
	vec_fini(&results->problems);
	vec_fini(&results->defects);
	vec_fini(&results->sources);
	vec_fini(&results->paths);
	vec_fini(&results->texts);
	free(results);
}

/* ---- texts ---- */

const char *
results_keep(struct results *results, const char *text)
{
	return text == NULL ? NULL : (*vec_add(&results->texts) = xstrdup(text));
}

const char *
results_print(struct results *results, const char *format, ...)
{
	char **text = vec_add(&results->texts);
	va_list args;

	va_start(args, format);
	*text = xvasprintf(format, args);
	va_end(args);
	return *text;
}

static const char *
find_path(struct results *results, const char *file)
{
	char *here = getcwd(NULL, 0);
	size_t length = here != NULL ? strlen(here) : 0;
	const char *found = NULL;

	if (length > 1 && strncmp(file, here, length) == 0 && file[length] == '/')
		file += length + 1;
	free(here);
	if (strncmp(file, "./", 2) == 0)
		file += 2;
	if (strchr(file, '/') != NULL || access(file, F_OK) == 0)
		return results_keep(results, file);
	for (size_t i = 0; i < results->sources.count && found == NULL; i++) {
		char *path = xasprintf("%s/%s", results->sources.item[i], file);

		if (access(path, F_OK) == 0)
			found = find_path(results, path);
		free(path);
	}
	return found != NULL ? found : results_keep(results, file);
}

/* Where a file is, seen from here: a driver's file is known by its last component alone. */
const char *
results_path(struct results *results, const char *file)
{
	struct result_path *path;

	vec_each(known, &results->paths)
		if (strcmp(known->file, file) == 0)
			return known->path;
	path = vec_add(&results->paths);
	path->file = results_keep(results, file);
	path->path = find_path(results, file);
	return path->path;
}

static struct problem_place
keep_place(struct results *results, const struct problem_place *place)
{
	struct problem_place kept = *place;

	if (kept.file != NULL)
		kept.file = kept.file[0] != '\0' ? results_path(results, kept.file) : NULL;
	kept.function = results_keep(results, place->function);
	kept.text = results_keep(results, place->text);
	return kept;
}

static struct problem
keep_problem(struct results *results, const struct problem *problem)
{
	struct problem kept = *problem;

	kept.rule = results_keep(results, problem->rule);
	kept.text = results_keep(results, problem->text);
	kept.known = results_keep(results, problem->known);
	kept.place = keep_place(results, &problem->place);
	for (unsigned i = 0; i < problem->becauses; i++)
		kept.because[i] = keep_place(results, &problem->because[i]);
	kept.group = problem->group != NULL ? results_keep(results, problem->group) :
	    results_print(results, "%s|%s", kept.rule != NULL ? kept.rule : "",
	    kept.place.file != NULL ? kept.place.file : "");
	return kept;
}

/* ---- problems ---- */

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The same mistake at the same place; `text`: also the same sentence. */
static bool
is_alike(const struct problem *a, const struct problem *b, bool text)
{
	return a->level == b->level && a->place.line == b->place.line &&
	    is_same_text(a->rule, b->rule) && is_same_text(a->known, b->known) &&
	    is_same_text(a->group, b->group) && is_same_text(a->place.file, b->place.file) &&
	    (!text || is_same_text(a->text, b->text));
}

static void
add_problem(struct results *results, struct problem *problem, struct result_case *c,
    bool first)
{
	/* What a run finds differs in numbers; a file has errors of one rule at one place. */
	bool text = c == NULL || c->verdict == VERDICT_BROKEN;
	struct problem *same = NULL;

	vec_each(other, &results->problems)
		if (same == NULL && is_alike(other, problem, text))
			same = other;
	if (same == NULL) {
		same = vec_add(&results->problems);
		*same = *problem;
	}
	same->cases += c != NULL;
	same->failed += first;
	/* The command that shows it best is that of a case that fails by it. */
	if (c != NULL && (same->first == NULL || (first && same->failed == 1))) {
		same->first = c->id;
		same->replay = c->replay;
		same->scenario = c->scenario;
	}
}

void
results_problem(struct results *results, const struct problem *problem, bool reason)
{
	struct problem kept = keep_problem(results, problem);
	struct result_case *c = results->cases.count == 0 ? NULL :
	    &results->cases.item[results->cases.count - 1];

	add_problem(results, &kept, c, reason && c != NULL &&
	    (c->reasons.count == 0 || c->verdict == VERDICT_BROKEN || problem->by_itself));
	if (reason && c != NULL)
		*vec_add(&c->reasons) = kept;
}

/* ---- cases ---- */

struct result_case *
results_case(struct results *results, const char *id, enum verdict verdict)
{
	struct result_case *c = vec_add(&results->cases);

	c->id = results_keep(results, id);
	c->verdict = verdict;
	return c;
}

static const char *
text_at(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct problem_place
place_at(const json_t *object)
{
	return (struct problem_place){
		.file = text_at(object, "file"), .function = text_at(object, "function"),
		.line = (unsigned)json_integer_value(json_object_get(object, "line")),
		.column = (unsigned)json_integer_value(json_object_get(object, "column")),
	};
}

static void
take_reason(struct results *results, const json_t *object, bool reason)
{
	const json_t *because = json_object_get(object, "because"), *cause;
	const char *severity = text_at(object, "severity");
	bool is_lint = severity != NULL && strcmp(severity, "lint") == 0;
	struct problem problem = {
		.rule = text_at(object, "rule"), .text = text_at(object, "message"),
		.place = place_at(object), .known = text_at(object, "known"),
		.group = text_at(object, "group"),
	};
	size_t i;

	problem.level = problem.known != NULL ? PROBLEM_NOTE :
	    is_lint && !reason ? PROBLEM_WARNING : PROBLEM_ERROR;
	json_array_foreach(because, i, cause) {
		struct problem_place *place = &problem.because[problem.becauses++];

		*place = place_at(json_object_get(cause, "position"));
		place->text = text_at(cause, "text");
		if (problem.becauses == BECAUSE_MAX)
			break;
	}
	results_problem(results, &problem, reason);
}

void
results_told(struct results *results, const char *told)
{
	json_t *object = json_loads(told, 0, NULL);
	struct result_case *c = &results->cases.item[results->cases.count - 1];
	const json_t *one;
	size_t i;

	if (object == NULL)
		internal_error("what %s told is no JSON", c->id);
	c->replay = results_keep(results, text_at(object, "replay"));
	json_array_foreach(json_object_get(object, "reasons"), i, one)
		take_reason(results, one, true);
	json_array_foreach(json_object_get(object, "others"), i, one)
		take_reason(results, one, false);
	json_decref(object);
}

/* ---- sums ---- */

/* The folder: what stands before the first slash; "scenarios" if there is none. */
static const char *
area_of(const char *id, size_t *length)
{
	const char *slash = strchr(id, '/');

	id = slash != NULL && slash > id ? id : "scenarios/";
	*length = strcspn(id, "/");
	return id;
}

void
results_area(const char *id, char *area, size_t size)
{
	size_t length;
	const char *begin = area_of(id, &length);

	snprintf(area, size, "%.*s", (int)length, begin);
}

bool
results_same_area(const char *a, const char *b)
{
	size_t length, other;
	const char *x = area_of(a, &length), *y = area_of(b, &other);

	return length == other && strncmp(x, y, length) == 0;
}

struct result_counts
results_count(const struct results *results, const char *id)
{
	struct result_counts counts = { 0 };

	vec_each(c, &results->cases) {
		if (id != NULL && !results_same_area(id, c->id))
			continue;
		counts.cases++;
		counts.passed += c->verdict == VERDICT_PASS;
		counts.failed += c->verdict == VERDICT_FAIL;
		counts.errors += c->verdict == VERDICT_BROKEN;
		counts.skipped += c->verdict == VERDICT_SKIPPED;
		counts.not_applicable += c->verdict == VERDICT_NOT_APPLICABLE;
		counts.wall_ns += c->wall_ns;
		counts.virtual_ns += c->virtual_ns;
	}
	return counts;
}

static int
by_failed(const void *a, const void *b)
{
	const struct problem *x = *(const struct problem *const *)a;
	const struct problem *y = *(const struct problem *const *)b;

	if (x->failed != y->failed)
		return x->failed < y->failed ? 1 : -1;
	/* They lie in one array, in the order in which they came up. */
	return x < y ? -1 : x > y;
}

const struct problem **
results_causes(const struct results *results, size_t *count)
{
	const struct problem **causes = xcalloc(results->problems.count, sizeof(causes[0]));

	*count = 0;
	vec_each(problem, &results->problems)
		if (problem->failed > 0 || (problem->level == PROBLEM_ERROR && problem->cases == 0))
			causes[(*count)++] = problem;
	qsort(causes, *count, sizeof(causes[0]), by_failed);
	return causes;
}

void
problem_print_place(const struct problem_place *place, FILE *stream)
{
	if (place->file == NULL)
		return;
	fputs(place->file, stream);
	if (place->line > 0)
		fprintf(stream, ":%u", place->line);
	if (place->column > 0)
		fprintf(stream, ":%u", place->column);
}
