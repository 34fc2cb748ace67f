/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JUnit XML: see formats.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libxml/xmlwriter.h>

#include "report/formats.h"
#include "report/report.h"

#define NS_PER_MS UINT64_C(1000000)

/* What a case has that did not pass. */
static const char *const outcomes[] = {
	[VERDICT_PASS] = NULL, [VERDICT_FAIL] = "failure", [VERDICT_NOT_APPLICABLE] = "skipped",
	[VERDICT_SKIPPED] = "skipped", [VERDICT_BROKEN] = "error",
};

/* An xmlTextWriter, and whether everything went well so far. */
struct writer {
	xmlTextWriterPtr xml;
	const struct results *results;
	bool good;
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

static void
attribute(struct writer *w, const char *name, const char *text)
{
	char *copy = format_cleaned(text);

	check(w, xmlTextWriterWriteAttribute(w->xml, xml(name), xml(copy)));
	free(copy);
}

static void
attribute_number(struct writer *w, const char *name, size_t number)
{
	check(w, xmlTextWriterWriteFormatAttribute(w->xml, xml(name), "%zu", number));
}

/* The schemas know three decimals, and nothing between thousands. */
static void
attribute_time(struct writer *w, uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	check(w, xmlTextWriterWriteFormatAttribute(w->xml, xml("time"),
	    "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000));
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
	char *copy = format_cleaned(text);

	check(w, xmlTextWriterWriteString(w->xml, xml(copy)));
	free(copy);
}

/* ---- cases ---- */

static void
write_area(struct writer *w, const char *name, const char *id)
{
	char area[256];

	results_area(id, area, sizeof(area));
	attribute(w, name, area);
}

/* `skipped` has no type in the schema of Surefire. */
static void
write_outcome(struct writer *w, const struct result_case *c, const char *element)
{
	const char *rule = c->reasons.count > 0 ? c->reasons.item[0].rule : NULL;

	start(w, element);
	attribute(w, "message", c->message != NULL ? c->message : element);
	if (strcmp(element, "skipped") != 0)
		attribute(w, "type", rule != NULL ? rule : element);
	if (c->text != NULL)
		content(w, c->text);
	end(w);
}

static void
write_known(struct writer *w, const struct result_case *c)
{
	start(w, "system-out");
	content(w, "known defects that showed:\n");
	vec_each(known, &c->known) {
		content(w, *known);
		content(w, "\n");
	}
	end(w);
}

/* In the order of elements that Surefire wants; Jenkins takes any. */
static void
write_case(struct writer *w, const struct result_case *c)
{
	start(w, "testcase");
	write_area(w, "classname", c->id);
	attribute(w, "name", c->id);
	attribute_time(w, c->wall_ns);
	if (outcomes[c->verdict] != NULL)
		write_outcome(w, c, outcomes[c->verdict]);
	if (c->known.count > 0)
		write_known(w, c);
	end(w);
}

/* ---- suites ---- */

static void
property(struct writer *w, const char *name, const char *value)
{
	if (value == NULL)
		return;
	start(w, "property");
	attribute(w, "name", name);
	attribute(w, "value", value);
	end(w);
}

/* Texts that were written already. */
struct seen { VEC_MEMBERS(const char *); };

static bool
is_new(struct seen *seen, const char *text)
{
	vec_each(one, seen)
		if (strcmp(*one, text) == 0)
			return false;
	*vec_add(seen) = text;
	return true;
}

/* What stands behind the # of the ids, each once. */
static void
write_machines(struct writer *w, const char *area)
{
	struct seen seen = { 0 };

	vec_each(c, &w->results->cases) {
		const char *machine = strrchr(c->id, '#');

		if (machine != NULL && results_same_area(c->id, area) && is_new(&seen, machine))
			property(w, "machine", machine + 1);
	}
	vec_fini(&seen);
}

static void
write_known_of(struct writer *w, const char *area)
{
	struct seen seen = { 0 };

	vec_each(c, &w->results->cases)
		vec_each(known, &c->known)
			if (results_same_area(c->id, area) && is_new(&seen, *known))
				property(w, "known defect", *known);
	vec_fini(&seen);
}

static void
write_properties(struct writer *w, const char *area, uint64_t virtual_ns)
{
	const struct results *results = w->results;
	uint64_t ms = virtual_ns / NS_PER_MS;
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%03" PRIu64, ms / 1000, ms % 1000);
	start(w, "properties");
	property(w, "command", results->command);
	property(w, "viosim", results->version);
	property(w, "driver", results->driver);
	property(w, "driver hash", results->driver_hash);
	property(w, "driver revision", results->rcsid);
	property(w, "manifest", results->manifest);
	property(w, "virtual seconds", seconds);
	write_machines(w, area);
	write_known_of(w, area);
	end(w);
}

static void
write_totals(struct writer *w, const struct result_counts *counts, uint64_t wall_ns)
{
	attribute_number(w, "tests", counts->cases);
	attribute_number(w, "failures", counts->failed);
	attribute_number(w, "errors", counts->errors);
	attribute_time(w, wall_ns);
}

static bool
is_first_of_area(const struct results *results, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (results_same_area(results->cases.item[k].id, results->cases.item[i].id))
			return false;
	return true;
}

/* `skipped` and `timestamp` are of a suite, not of the whole, in all schemas. */
static void
write_suite(struct writer *w, const char *area)
{
	struct result_counts counts = results_count(w->results, area);
	char stamp[32] = "";
	struct tm tm;

	if (gmtime_r(&w->results->begin, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	start(w, "testsuite");
	write_area(w, "name", area);
	write_totals(w, &counts, counts.wall_ns);
	attribute_number(w, "skipped", counts.skipped + counts.not_applicable);
	attribute(w, "timestamp", stamp);
	write_properties(w, area, counts.virtual_ns);
	vec_each(c, &w->results->cases)
		if (results_same_area(c->id, area))
			write_case(w, c);
	end(w);
}

static void
write_document(struct writer *w)
{
	const struct results *results = w->results;
	struct result_counts counts = results_count(results, NULL);

	check(w, xmlTextWriterSetIndent(w->xml, 1));
	check(w, xmlTextWriterStartDocument(w->xml, NULL, "UTF-8", NULL));
	start(w, "testsuites");
	attribute(w, "name", "viosim");
	write_totals(w, &counts, results->wall_ns);
	for (size_t i = 0; i < results->cases.count; i++)
		if (is_first_of_area(results, i))
			write_suite(w, results->cases.item[i].id);
	check(w, xmlTextWriterEndDocument(w->xml));
}

bool
junit_print(FILE *stream, const struct results *results)
{
	struct writer w = { .results = results, .good = true };
	xmlBufferPtr buffer = xmlBufferCreate();

	w.xml = buffer != NULL ? xmlNewTextWriterMemory(buffer, 0) : NULL;
	if (w.xml == NULL) {
		xmlBufferFree(buffer);
		return false;
	}
	write_document(&w);
	xmlFreeTextWriter(w.xml);
	if (w.good)
		fwrite(xmlBufferContent(buffer), 1, (size_t)xmlBufferLength(buffer), stream);
	xmlBufferFree(buffer);
	return w.good && !ferror(stream);
}
