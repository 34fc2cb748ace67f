/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP 14, the Test Anything Protocol: see formats.h.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "report/formats.h"
#include "report/json.h"

#define NS_PER_MS UINT64_C(1000000)

/* A line of text in which # and \ are no marks. */
static void
put_line(FILE *stream, const char *text)
{
	char *clean = format_cleaned(text);

	for (const char *p = clean; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			putc(' ', stream);
		else
			fprintf(stream, "%s%c", *p == '#' || *p == '\\' ? "\\" : "", *p);
	free(clean);
}

/* ---- diagnostics: YAML of few forms, as prove(1) reads it, with texts as in JSON ---- */

static void
put_key(FILE *stream, const char *key, const char *text)
{
	json_t *value;

	if (text == NULL)
		return;
	value = json_text(text);
	fprintf(stream, "  %s: ", key);
	if (json_dumpf(value, stream, JSON_ENCODE_ANY) == 0)
		putc('\n', stream);
	json_decref(value);
}

static void
put_place(FILE *stream, const struct problem_place *place)
{
	if (place->file == NULL)
		return;
	fputs("  at:\n", stream);
	put_key(stream, "  file", place->file);
	if (place->line > 0)
		fprintf(stream, "    line: %u\n", place->line);
	if (place->column > 0)
		fprintf(stream, "    column: %u\n", place->column);
	put_key(stream, "  function", place->function);
}

static void
put_because(FILE *stream, const struct problem *problem)
{
	for (unsigned i = 0; i < problem->becauses; i++) {
		char *place = SBUF_TEXT(to, problem_print_place(&problem->because[i], to));

		if (i == 0)
			fputs("  because:\n", stream);
		put_key(stream, "  - text", problem->because[i].text);
		if (place[0] != '\0')
			put_key(stream, "    at", place);
		free(place);
	}
}

/* What else failed. */
static void
put_also(FILE *stream, const struct result_case *c)
{
	for (size_t i = 1; i < c->reasons.count; i++) {
		if (i == 1)
			fputs("  also:\n", stream);
		put_key(stream, "  - text", c->reasons.item[i].text);
		put_key(stream, "    rule", c->reasons.item[i].rule);
	}
}

static void
put_known(FILE *stream, const struct result_case *c)
{
	for (size_t i = 0; i < c->known.count; i++) {
		if (i == 0)
			fputs("  known_defects:\n", stream);
		put_key(stream, "  - defect", c->known.item[i]);
	}
}

static void
put_diagnostics(FILE *stream, const struct result_case *c)
{
	const struct problem *first = c->reasons.count > 0 ? &c->reasons.item[0] : NULL;

	fputs("  ---\n", stream);
	put_key(stream, "message", c->message);
	if (c->verdict == VERDICT_FAIL || c->verdict == VERDICT_BROKEN)
		put_key(stream, "severity", c->verdict == VERDICT_FAIL ? "fail" : "error");
	if (first != NULL) {
		put_key(stream, "rule", first->rule);
		put_place(stream, &first->place);
		put_because(stream, first);
	}
	put_also(stream, c);
	put_known(stream, c);
	put_key(stream, "replay", c->replay);
	if (c->wall_ns > 0)
		fprintf(stream, "  duration_ms: %" PRIu64 "\n", c->wall_ns / NS_PER_MS);
	fputs("  ...\n", stream);
}

/* ---- tests ---- */

static void
put_case(FILE *stream, const struct result_case *c, size_t number)
{
	bool good = c->verdict != VERDICT_FAIL && c->verdict != VERDICT_BROKEN;

	fprintf(stream, "%s %zu - ", good ? "ok" : "not ok", number);
	put_line(stream, c->id);
	if (c->verdict == VERDICT_SKIPPED || c->verdict == VERDICT_NOT_APPLICABLE) {
		fputs(" # SKIP ", stream);
		put_line(stream, c->message != NULL ? c->message : "");
	}
	putc('\n', stream);
	if (!good || c->known.count > 0)
		put_diagnostics(stream, c);
}

bool
tap_print(FILE *stream, const struct results *results)
{
	size_t number = 0;

	fprintf(stream, "TAP version 14\n1..%zu\n", results->cases.count);
	vec_each(c, &results->cases)
		put_case(stream, c, ++number);
	if (results->aborted != NULL) {
		fputs("Bail out! ", stream);
		put_line(stream, results->aborted);
		putc('\n', stream);
	}
	return !ferror(stream);
}
