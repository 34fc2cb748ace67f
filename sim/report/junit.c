/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JUnit XML: see junit.h.
 */
#include "report/junit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlwriter.h>

#include "base/alloc.h"
#include "report/report.h"

#define NS_PER_S UINT64_C(1000000000)

/* What a case has that did not pass. */
static const char *const outcomes[] = {
	[VERDICT_PASS] = NULL, [VERDICT_FAIL] = "failure", [VERDICT_NOT_APPLICABLE] = "skipped",
	[VERDICT_SKIPPED] = "skipped", [VERDICT_BROKEN] = "error",
};

/* An xmlTextWriter, and whether everything went well so far. */
struct writer {
	xmlTextWriterPtr xml;
	bool good;
};

struct totals {
	unsigned cases, failed, skipped, errors;
	uint64_t virtual_ns;
};

static void
check(struct writer *w, int result)
{
	w->good = w->good && result >= 0;
}

static const xmlChar *
xml(const char *text)
{
	return (const xmlChar *)text;
}

/* ---- pieces ---- */

/* Take colours out: the text may have been made for a terminal. */
static void
remove_colours(char *text)
{
	char *to = text;

	while (*text != '\0')
		if (text[0] == '\033' && text[1] == '[') {
			text += 2 + strspn(text + 2, "0123456789;");
			text += *text != '\0';
		} else
			*to++ = *text++;
	*to = '\0';
}

static char *
cleaned(const char *text)
{
	char *copy = xstrdup(text);

	remove_colours(copy);
	report_clean_lines(copy);
	return copy;
}

static void
attribute(struct writer *w, const char *name, const char *text)
{
	char *copy = cleaned(text);

	check(w, xmlTextWriterWriteAttribute(w->xml, xml(name), xml(copy)));
	free(copy);
}

static void
attribute_number(struct writer *w, const char *name, unsigned number)
{
	check(w, xmlTextWriterWriteFormatAttribute(w->xml, xml(name), "%u", number));
}

static void
attribute_time(struct writer *w, uint64_t ns)
{
	check(w, xmlTextWriterWriteFormatAttribute(w->xml, xml("time"),
	    "%" PRIu64 ".%09" PRIu64, ns / NS_PER_S, ns % NS_PER_S));
}

static void
start(struct writer *w, const char *element)
{
	check(w, xmlTextWriterStartElement(w->xml, xml(element)));
}

static void
end(struct writer *w)
{
	check(w, xmlTextWriterEndElement(w->xml));
}

static void
content(struct writer *w, const char *text)
{
	char *copy = cleaned(text);

	check(w, xmlTextWriterWriteString(w->xml, xml(copy)));
	free(copy);
}

/* ---- cases ---- */

/* The folder: what stands before the first slash. */
static size_t
area_length(const char *id)
{
	return strchr(id, '/') != NULL ? (size_t)(strchr(id, '/') - id) : 0;
}

static bool
is_same_area(const char *a, const char *b)
{
	return area_length(a) == area_length(b) && strncmp(a, b, area_length(a)) == 0;
}

static void
write_area(struct writer *w, const char *name, const char *id)
{
	char area[256];

	snprintf(area, sizeof(area), "%.*s", (int)area_length(id), id);
	attribute(w, name, area[0] != '\0' ? area : "scenarios");
}

static void
write_outcome(struct writer *w, const struct junit_case *c, const char *element)
{
	start(w, element);
	attribute(w, "message", c->message != NULL ? c->message : element);
	if (c->text != NULL)
		content(w, c->text);
	end(w);
}

static void
write_case(struct writer *w, const struct junit_case *c)
{
	start(w, "testcase");
	write_area(w, "classname", c->id);
	attribute(w, "name", c->id);
	if (c->file != NULL)
		attribute(w, "file", c->file);
	if (c->file != NULL && c->line > 0)
		attribute_number(w, "line", c->line);
	attribute_time(w, c->virtual_ns);
	if (outcomes[c->verdict] != NULL)
		write_outcome(w, c, outcomes[c->verdict]);
	if (c->known != NULL && *c->known != '\0') {
		start(w, "system-out");
		content(w, "known defects that showed:\n");
		content(w, c->known);
		end(w);
	}
	end(w);
}

/* ---- suites ---- */

/* Of the area of `id`, or of all (NULL). */
static struct totals
totals_of(const struct junit_case *cases, size_t count, const char *id)
{
	struct totals totals = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct junit_case *c = &cases[i];

		if (id != NULL && !is_same_area(c->id, id))
			continue;
		totals.cases++;
		totals.failed += c->verdict == VERDICT_FAIL;
		totals.skipped += c->verdict == VERDICT_NOT_APPLICABLE ||
		    c->verdict == VERDICT_SKIPPED;
		totals.errors += c->verdict == VERDICT_BROKEN;
		totals.virtual_ns += c->virtual_ns;
	}
	return totals;
}

/* The schemas in use know `skipped` of a suite, not of the whole. */
static void
write_totals(struct writer *w, const struct totals *totals, bool suite)
{
	attribute_number(w, "tests", totals->cases);
	attribute_number(w, "failures", totals->failed);
	attribute_number(w, "errors", totals->errors);
	if (suite)
		attribute_number(w, "skipped", totals->skipped);
	attribute_time(w, totals->virtual_ns);
}

static bool
is_first_of_area(const struct junit_case *cases, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (is_same_area(cases[k].id, cases[i].id))
			return false;
	return true;
}

static void
write_suite(struct writer *w, const struct junit_case *cases, size_t count, const char *id)
{
	struct totals totals = totals_of(cases, count, id);

	start(w, "testsuite");
	write_area(w, "name", id);
	write_totals(w, &totals, true);
	for (size_t i = 0; i < count; i++)
		if (is_same_area(cases[i].id, id))
			write_case(w, &cases[i]);
	end(w);
}

static void
write_document(struct writer *w, const struct junit_case *cases, size_t count)
{
	struct totals totals = totals_of(cases, count, NULL);

	check(w, xmlTextWriterSetIndent(w->xml, 1));
	check(w, xmlTextWriterStartDocument(w->xml, NULL, "UTF-8", NULL));
	start(w, "testsuites");
	attribute(w, "name", "viosim");
	write_totals(w, &totals, false);
	for (size_t i = 0; i < count; i++)
		if (is_first_of_area(cases, i))
			write_suite(w, cases, count, cases[i].id);
	check(w, xmlTextWriterEndDocument(w->xml));
}

bool
junit_print(FILE *stream, const struct junit_case *cases, size_t count)
{
	struct writer w = { .good = true };
	xmlBufferPtr buffer = xmlBufferCreate();

	w.xml = buffer != NULL ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	if (w.xml == NULL) {
		xmlBufferFree(buffer);
		return false;
	}
	write_document(&w, cases, count);
	xmlFreeTextWriter(w.xml);
	if (w.good)
		fwrite(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer), stream);
	xmlBufferFree(buffer);
	return w.good && !ferror(stream);
}
