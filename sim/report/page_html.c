/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of HTML.  Whatever comes out of a record goes through html() or html_json().
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/failure.h"
#include "report/told.h"

void
html(FILE *stream, const char *text)
{
	static const char *const escaped[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;",
		['\''] = "&#39;",
	};

	for (; *text != '\0'; text++)
		if (escaped[(unsigned char)*text] != NULL)
			fputs(escaped[(unsigned char)*text], stream);
		else
			putc(*text, stream);
}

void
html_json(FILE *stream, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);

	if (text == NULL)
		out_of_memory();
	for (const char *p = text; *p != '\0'; p++)
		if (*p == '<' || *p == '>' || *p == '&')
			fprintf(stream, "\\u%04x", (unsigned)*p);
		else
			putc(*p, stream);
	free(text);
}

void
html_place(FILE *stream, const json_t *object)
{
	const json_t *place = json_object_get(object, "position");

	if (place == NULL)
		place = object;
	if (*page_get(place, "file") == '\0')
		return;
	fputs("<code class=\"place\">", stream);
	html(stream, page_get(place, "file"));
	if (page_number(place, "line") > 0)
		fprintf(stream, ":%lld", (long long)page_number(place, "line"));
	fputs("</code>", stream);
}

/* As few decimals as tell it. */
void
html_time(FILE *stream, json_int_t ns)
{
	char text[40];
	size_t length = (size_t)snprintf(text, sizeof(text), "%lld.%09lld",
	    (long long)(ns / 1000000000), (long long)(ns % 1000000000));

	while (text[length - 1] == '0')
		length--;
	if (text[length - 1] == '.')
		length--;
	fprintf(stream, "%.*s s", (int)length, text);
}

/* A manifest that `viosim run` finds by itself need not be named. */
static bool
is_usual_manifest(const struct page_told *told, const char *manifest)
{
	const char *module = page_get(told->header, "module");
	size_t stem = strlen(module) - (strlen(module) > 3 ? 3 : 0);
	char *usual = xasprintf("driver/%s.yaml", page_get(told->header, "driver"));
	bool is_usual = strcmp(manifest, usual) == 0 || (strncmp(manifest, module, stem) == 0 &&
	    strcmp(manifest + stem, ".yaml") == 0);

	free(usual);
	return is_usual;
}

void
html_command(FILE *stream, const struct page *page, const struct page_told *told,
    const char *command)
{
	const char *module = page_get(told->header, "module");
	const char *manifest = page_get(told->header, "manifest");
	const char *words[3] = { 0 };
	struct report_input input = {
		.id = page_case_id(told), .replay_words = words,
		.driver_path = *module != '\0' && strcmp(module, page->usual_driver) != 0 ?
		    module : NULL,
	};
	char *text;

	/* Only of a run there is a verdict, which depends on it. */
	if (strcmp(command, "run") != 0) {
		words[0] = NULL;
	} else if (*manifest == '\0') {
		words[0] = "--no-manifest";
	} else if (!is_usual_manifest(told, manifest)) {
		words[0] = "--manifest";
		words[1] = manifest;
	}
	text = SBUF_TEXT(to, failure_print_replay(to, &input));
	text[strcspn(text, "\n")] = '\0';
	fprintf(stream, "viosim %s", command);
	html(stream, text + strlen("viosim run"));
	free(text);
}

void
html_reason(FILE *stream, const json_t *reason)
{
	const char *rule = page_get(reason, "finding"), *failure = page_get(reason, "failure");

	if (*rule != '\0') {
		fputs("<b class=\"rule\">", stream);
		html(stream, rule);
		fputs("</b> ", stream);
		html(stream, page_get(reason, "text"));
	} else if (*failure != '\0') {
		fputs("<b class=\"rule\">", stream);
		html(stream, failure);
		fputs("</b> expected ", stream);
		html(stream, page_get(reason, "expected"));
		fputs("; actual ", stream);
		html(stream, page_get(reason, "actual"));
	} else {
		fputs("<b class=\"rule\">error</b> ", stream);
		html(stream, page_get(reason, "reason"));
	}
}
