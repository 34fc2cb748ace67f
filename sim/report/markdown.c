/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A summary in Markdown, as GitHub has it: see formats.h.
 */
#include <string.h>

#include "base/sbuf.h"
#include "report/formats.h"

#define CAUSES_MAX 30			/* that are told; a page has an end */
#define BROKEN_MAX 10

/* ---- text that is none of the language's marks ---- */

static void
put_text(FILE *stream, const char *text)
{
	char *clean = format_cleaned(text);

	for (const char *p = clean; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			putc(' ', stream);
		else if (strchr("\\`*_{}[]()<>#+-!|~&$@:.", *p) != NULL)
			fprintf(stream, "\\%c", *p);
		else
			putc(*p, stream);
	free(clean);
}

/* A place as code: its marks are as long as is needed. */
static void
put_code(FILE *stream, const char *text)
{
	size_t longest = 0, now = 0;

	for (const char *p = text; *p != '\0'; p++) {
		now = *p == '`' ? now + 1 : 0;
		longest = now > longest ? now : longest;
	}
	for (size_t i = 0; i <= longest; i++)
		putc('`', stream);
	fprintf(stream, "%s%s%s", longest > 0 ? " " : "", text, longest > 0 ? " " : "");
	for (size_t i = 0; i <= longest; i++)
		putc('`', stream);
}

static void
put_place(FILE *stream, const char *before, const struct problem_place *place)
{
	char *text = SBUF_TEXT(to, problem_print_place(place, to));

	if (text[0] != '\0') {
		fputs(before, stream);
		put_code(stream, text);
	}
	free(text);
}

/* ---- parts ---- */

static void
print_head(FILE *stream, const struct results *results, const struct result_counts *counts)
{
	size_t bad = counts->failed + counts->errors;

	fprintf(stream, "## viosim %s: ", results->command);
	if (results->aborted != NULL)
		put_text(stream, results->aborted);
	else if (bad > 0)
		fprintf(stream, "%zu of %zu cases failed", bad, counts->cases);
	else
		fprintf(stream, "%zu case%s passed", counts->passed, plural(counts->passed));
	fputs("\n\n| passed | failed | errors | not applicable | not run | lints |\n"
	    "| ---: | ---: | ---: | ---: | ---: | ---: |\n", stream);
	fprintf(stream, "| %zu | %zu | %zu | %zu | %zu | %zu |\n", counts->passed,
	    counts->failed, counts->errors, counts->not_applicable, counts->skipped,
	    results->lints);
	fputs("\nviosim ", stream);
	put_text(stream, results->version != NULL ? results->version : "");
	if (results->driver != NULL) {
		fputs(", driver ", stream);
		put_code(stream, results->driver);
	}
	if (results->manifest != NULL) {
		fputs(", known defects of ", stream);
		put_code(stream, results->manifest);
	}
	putc('\n', stream);
}

static void
print_cause(FILE *stream, const struct problem *problem)
{
	fputs("1. ", stream);
	if (problem->failed > 0)
		fprintf(stream, "**%zu case%s** ", problem->failed, plural(problem->failed));
	if (problem->rule != NULL)
		put_code(stream, problem->rule);
	put_place(stream, " at ", &problem->place);
	fputs("  \n   ", stream);
	put_text(stream, problem->text);
	putc('\n', stream);
	for (unsigned i = 0; i < problem->becauses; i++) {
		fputs("   - because: ", stream);
		put_text(stream, problem->because[i].text);
		put_place(stream, ", ", &problem->because[i]);
		putc('\n', stream);
	}
	if (problem->replay != NULL)
		fprintf(stream, "\n   ```sh\n   %s\n   ```\n", problem->replay);
	putc('\n', stream);
}

static void
print_causes(FILE *stream, const struct results *results)
{
	size_t count, shown;
	const struct problem **causes = results_causes(results, &count);

	shown = count < CAUSES_MAX ? count : CAUSES_MAX;
	if (count > 0)
		fputs("\n### Failures by cause\n\n", stream);
	for (size_t i = 0; i < shown; i++)
		print_cause(stream, causes[i]);
	if (shown < count)
		fprintf(stream, "and %zu more\n", count - shown);
	free(causes);
}

static void
print_broken(FILE *stream, const struct results *results)
{
	size_t count = 0;

	vec_each(c, &results->cases) {
		if (c->verdict != VERDICT_BROKEN || c->reasons.count > 0)
			continue;
		if (count++ == 0)
			fputs("\n### Errors\n\n", stream);
		if (count > BROKEN_MAX)
			continue;
		fputs("- ", stream);
		put_code(stream, c->id);
		fputs(": ", stream);
		put_text(stream, c->message != NULL ? c->message : "failed");
		putc('\n', stream);
	}
	if (count > BROKEN_MAX)
		fprintf(stream, "- and %zu more\n", count - BROKEN_MAX);
}

static void
print_known(FILE *stream, const struct results *results)
{
	if (results->defects.count == 0)
		return;
	fputs("\n### Known defects that showed\n\n| defect | cases | |\n| --- | ---: | --- |\n",
	    stream);
	vec_each(defect, &results->defects) {
		fputs("| ", stream);
		put_text(stream, defect->id);
		fprintf(stream, " | %zu | ", defect->cases);
		put_text(stream, defect->title);
		fputs(" |\n", stream);
	}
}

bool
markdown_print(FILE *stream, const struct results *results)
{
	struct result_counts counts = results_count(results, NULL);

	print_head(stream, results, &counts);
	print_broken(stream, results);
	print_causes(stream, results);
	print_known(stream, results);
	if (results->lints > 0)
		fprintf(stream, "\n%zu lint%s in %zu case%s that passed\n", results->lints,
		    plural(results->lints), results->lint_cases, plural(results->lint_cases));
	putc('\n', stream);
	return !ferror(stream);
}
