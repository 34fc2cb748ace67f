/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands of the GitHub runner that annotate lines: see formats.h.
 */
#include <string.h>

#include "report/formats.h"

static const char *const commands[] = {
	[PROBLEM_ERROR] = "error", [PROBLEM_WARNING] = "warning", [PROBLEM_NOTE] = "notice",
};

/* The runner takes back %25, %0D and %0A, in a property also %3A and %2C. */
static void
put_escaped(FILE *stream, const char *text, bool is_property)
{
	char *clean = format_cleaned(text);

	for (const char *p = clean; *p != '\0'; p++)
		if (strchr("%\r\n", *p) != NULL || (is_property && strchr(":,", *p) != NULL))
			fprintf(stream, "%%%02X", (unsigned char)*p);
		else
			putc(*p, stream);
	free(clean);
}

static void
put_property(FILE *stream, char before, const char *name, const char *value)
{
	fprintf(stream, "%c%s=", before, name);
	put_escaped(stream, value, true);
}

static void
put_place(FILE *stream, const struct problem_place *place)
{
	if (place->file == NULL)
		return;
	put_property(stream, ' ', "file", place->file);
	if (place->line > 0)
		fprintf(stream, ",line=%u", place->line);
	if (place->column > 0)
		fprintf(stream, ",col=%u", place->column);
	if (place->column > 0 && place->width > 0)
		fprintf(stream, ",endColumn=%u", place->column + place->width);
}

static void
annotate(FILE *stream, const struct problem *problem)
{
	char *message = format_problem(problem);

	fprintf(stream, "::%s", commands[problem->level]);
	put_place(stream, &problem->place);
	if (problem->rule != NULL)
		put_property(stream, problem->place.file != NULL ? ',' : ' ', "title",
		    problem->rule);
	fputs("::", stream);
	put_escaped(stream, message, false);
	putc('\n', stream);
	free(message);
}

/* Only the first ten of a kind are shown: what fails most comes first. */
bool
github_print(FILE *stream, const struct results *results)
{
	size_t count;
	const struct problem **causes = results_causes(results, &count);

	vec_each(c, &results->cases)
		if (c->verdict == VERDICT_BROKEN && c->reasons.count == 0)
			annotate(stream, &(struct problem){
				.rule = c->id, .text = c->message != NULL ? c->message : "failed",
			});
	for (size_t i = 0; i < count; i++)
		annotate(stream, causes[i]);
	vec_each(problem, &results->problems)
		if (problem->known == NULL && (problem->level != PROBLEM_ERROR ||
		    (problem->failed == 0 && problem->cases > 0)))
			annotate(stream, problem);
	free(causes);
	return !ferror(stream);
}
