/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices for other programs: see notice.h.
 */
#include "report/notice.h"

#include <stdlib.h>
#include <string.h>

#include "report/formats.h"
#include "report/json.h"

/* One line each, as compilers have it: editors and problem matchers read it. */
static void
print_gcc(const struct notices *notices, FILE *stream)
{
	for (size_t i = 0; i < notices->count; i++) {
		const struct notice *n = &notices->item[i];

		fputs(n->file, stream);
		if (n->line > 0)
			fprintf(stream, ":%u:%u", n->line, n->column);
		fprintf(stream, ": %s: %s [%s]\n", n->level, n->message, n->rule);
	}
}

/* ---- JSON ---- */

static void
put_place(json_t *object, const char *line, const char *column, const struct notice *n)
{
	if (n->line == 0)
		return;
	json_put_number(object, line, n->line);
	json_put_number(object, column, n->column);
}

static void
print_json(const struct notices *notices, FILE *stream)
{
	json_t *whole = json_object(), *list = json_array();

	for (size_t i = 0; i < notices->count; i++) {
		const struct notice *n = &notices->item[i];
		json_t *object = json_object(), *fix = json_object();

		json_put_text(object, "file", n->file);
		put_place(object, "line", "column", n);
		if (n->width > 0 && n->line > 0)
			json_put_number(object, "end_column", n->column + n->width);
		json_put_text(object, "level", n->level);
		json_put_text(object, "rule", n->rule);
		json_put_text(object, "message", n->message);
		if (n->to != NULL) {
			json_put_number(fix, "column", n->from_column);
			json_put_text(fix, "from", n->from);
			json_put_text(fix, "to", n->to);
			json_put(object, "fix", json_incref(fix));
		}
		json_decref(fix);
		json_add(list, object);
	}
	json_put_number(whole, "viosim", JSON_OUTPUT_VERSION);
	json_put(whole, "notices", list);
	json_print(whole, stream);
}

/* ---- as results ---- */

static enum problem_level
level_of(const char *word)
{
	return strcmp(word, "error") == 0 ? PROBLEM_ERROR :
	    strcmp(word, "warning") == 0 ? PROBLEM_WARNING : PROBLEM_NOTE;
}

static void
print_results(const struct notices *notices, FILE *stream,
    bool (*print)(FILE *stream, const struct results *results))
{
	struct results *results = results_new("check");

	for (size_t i = 0; i < notices->count; i++) {
		const struct notice *n = &notices->item[i];

		results_problem(results, &(struct problem){
			.level = level_of(n->level), .rule = n->rule, .text = n->message,
			.place = { n->file, n->line, n->column, n->width },
		}, false);
	}
	(void)print(stream, results);
	results_free(results);
}

static void
print_sarif(const struct notices *notices, FILE *stream)
{
	print_results(notices, stream, sarif_print);
}

static void
print_github(const struct notices *notices, FILE *stream)
{
	print_results(notices, stream, github_print);
}

const struct notice_format notice_formats[] = {
	{ "gcc", print_gcc }, { "json", print_json }, { "sarif", print_sarif },
	{ "github", print_github }, { NULL, NULL },
};
