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

/* As few decimals as tell it, and no more than the timeline has. */
void
html_time(FILE *stream, json_int_t ns)
{
	char text[40];
	size_t length = (size_t)snprintf(text, sizeof(text), "%lld.%06lld",
	    (long long)(ns / 1000000000), (long long)(ns % 1000000000 / 1000));

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

/* What a command is made of; the rest of *input is not needed for it. */
static struct report_input
input_of(const struct page *page, const struct page_told *told)
{
	const char *module = page_get(told->header, "module");

	return (struct report_input){
		.id = page_case_id(told),
		.driver_path = *module != '\0' && strcmp(module, page->usual_driver) != 0 ?
		    module : NULL,
	};
}

/* Takes the command, which ends with a newline. */
static void
html_command(FILE *stream, char *command)
{
	command[strcspn(command, "\n")] = '\0';
	html(stream, command);
	free(command);
}

void
html_replay(FILE *stream, const struct page *page, const struct page_told *told)
{
	const char *manifest = page_get(told->header, "manifest");
	const char *words[3] = { 0 };
	struct report_input input = input_of(page, told);

	if (*manifest == '\0') {
		words[0] = "--no-manifest";
	} else if (!is_usual_manifest(told, manifest)) {
		words[0] = "--manifest";
		words[1] = manifest;
	}
	input.replay_words = words;
	html_command(stream, SBUF_TEXT(to, failure_print_replay(to, &input)));
}

void
html_debug(FILE *stream, const struct page *page, const struct page_told *told, uint32_t seq)
{
	struct report_input input = input_of(page, told);

	html_command(stream, SBUF_TEXT(to, failure_print_debug(to, &input, seq)));
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
