/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notices for other programs: see notice.h.
 */
#include "report/notice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
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

/* ---- SARIF 2.1.0 ---- */

/* A path as a relative URI. */
static json_t *
uri_of(const char *path)
{
	json_t *uri;
	char *text = SBUF_TEXT(f, for (; *path != '\0'; path++)
		fprintf(f, isalnum((unsigned char)*path) || strchr("/-._~", *path) != NULL ?
		    "%c" : "%%%02X", (unsigned char)*path));

	uri = json_string(text);
	free(text);
	return uri;
}

static json_t *
sarif_result(const struct notice *n)
{
	json_t *result = json_object(), *region = json_object(), *place;

	json_put_text(result, "ruleId", n->rule);
	json_put_text(result, "level", n->level);
	json_put(result, "message", json_pack("{s:o}", "text", json_text(n->message)));
	put_place(region, "startLine", "startColumn", n);
	if (n->width > 0 && n->line > 0)
		json_put_number(region, "endColumn", n->column + n->width);
	place = json_pack("{s:{s:o}}", "artifactLocation", "uri", uri_of(n->file));
	if (n->line > 0)
		json_put(place, "region", json_incref(region));
	json_decref(region);
	json_put(result, "locations", json_pack("[{s:o}]", "physicalLocation", place));
	return result;
}

static void
print_sarif(const struct notices *notices, FILE *stream)
{
	json_t *results = json_array();

	for (size_t i = 0; i < notices->count; i++)
		json_add(results, sarif_result(&notices->item[i]));
	json_print(json_pack("{s:s, s:s, s:[{s:{s:{s:s}}, s:s, s:o}]}",
	    "$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs",
	    "tool", "driver", "name", "viosim", "columnKind", "unicodeCodePoints",
	    "results", results), stream);
}

/* ---- workflow commands of GitHub ---- */

/* What ends a command or, in a property, the property. */
static void
put_escaped(const char *text, const char *ends, FILE *stream)
{
	for (; *text != '\0'; text++)
		if (strchr(ends, *text) != NULL)
			fprintf(stream, "%%%02X", (unsigned char)*text);
		else
			putc(*text, stream);
}

static void
print_github(const struct notices *notices, FILE *stream)
{
	for (size_t i = 0; i < notices->count; i++) {
		const struct notice *n = &notices->item[i];

		fprintf(stream, "::%s file=", strcmp(n->level, "note") == 0 ? "notice" : n->level);
		put_escaped(n->file, "%\r\n:,", stream);
		if (n->line > 0)
			fprintf(stream, ",line=%u,col=%u", n->line, n->column);
		if (n->width > 0 && n->line > 0)
			fprintf(stream, ",endColumn=%u", n->column + n->width);
		fputs(",title=", stream);
		put_escaped(n->rule, "%\r\n:,", stream);
		fputs("::", stream);
		put_escaped(n->message, "%\r\n", stream);
		putc('\n', stream);
	}
}

const struct notice_format notice_formats[] = {
	{ "gcc", print_gcc }, { "json", print_json }, { "sarif", print_sarif },
	{ "github", print_github }, { NULL, NULL },
};
