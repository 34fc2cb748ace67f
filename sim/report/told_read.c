/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records into a page: see page.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/json.h"
#include "report/told.h"

/* Stories together take no more than so much; what comes later is told without. */
#define STORY_BYTES_MAX 1700000

struct page *
page_new(const char *usual_driver)
{
	struct page *page = xcalloc(1, sizeof(*page));

	page->usual_driver = usual_driver;
	for (int i = 0; i < PAGE_PARTS; i++)
		page->hashes[i] = json_object();
	page->before = json_object();
	page->kind_of = json_object();
	page->case_of = json_object();
	page->texts = json_array();
	page->text_of = json_object();
	page->places = json_array();
	page->place_of = json_object();
	return page;
}

static void
told_fini(struct page_told *told)
{
	json_decref(told->header);
	json_decref(told->findings);
	json_decref(told->failures);
	json_decref(told->verdict);
	json_decref(told->story);
	*told = (struct page_told){ 0 };
}

static void
free_lists(struct page *page)
{
	vec_each(c, &page->cases) {
		free(c->id);
		free(c->verdict);
		free(c->reason);
	}
	vec_fini(&page->cases);
	vec_each(kind, &page->kinds) {
		free(kind->key);
		free(kind->cause);
		told_fini(&kind->told);
		told_fini(&kind->beside);
		vec_fini(&kind->cases);
	}
	vec_fini(&page->kinds);
	vec_each(cause, &page->causes)
		vec_fini(&cause->kinds);
	vec_fini(&page->causes);
	vec_each(known, &page->known) {
		free(known->id);
		json_decref(known->finding);
	}
	vec_fini(&page->known);
	vec_each(module, &page->modules) {
		free(module->path);
		free(module->trouble);
		module_texts_fini(&module->texts);
	}
	vec_fini(&page->modules);
	vec_each(section, &page->sections)
		free(*section);
	vec_fini(&page->sections);
	vec_each(title, &page->titles)
		free(*title);
	vec_fini(&page->titles);
	vec_fini(&page->failing);
}

void
page_free(struct page *page)
{
	for (int i = 0; i < PAGE_PARTS; i++) {
		told_fini(&page->reader[i].told);
		if (page->reader[i].events.stream != NULL)
			free(sbuf_close(&page->reader[i].events));
		json_decref(page->head[i]);
		json_decref(page->hashes[i]);
	}
	free_lists(page);
	free(page->incomparable);
	free(page->ended);
	free(page->explored_driver);
	json_decref(page->before);
	json_decref(page->kind_of);
	json_decref(page->case_of);
	json_decref(page->texts);
	json_decref(page->text_of);
	json_decref(page->places);
	json_decref(page->place_of);
	free(page);
}

/* ---- values ---- */

const char *
page_get(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

json_int_t
page_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

const char *
page_case_id(const struct page_told *told)
{
	return page_get(told->header, "case");
}

/* ---- a case that was read ---- */

static struct page_known *
known_of(struct page *page, const json_t *finding)
{
	const char *id = page_get(finding, "known");
	struct page_known *known;

	vec_each(one, &page->known)
		if (strcmp(one->id, id) == 0)
			return one;
	known = vec_add(&page->known);
	known->id = xstrdup(id);
	known->last = PAGE_NONE;
	return known;
}

/* The known defects that showed in the case of that number. */
static void
count_known(struct page *page, json_t *list, size_t number)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		struct page_known *known;

		if (page_is_new(one))
			continue;
		known = known_of(page, one);
		known->cases += known->last != number;
		known->last = number;
		/* A finding says more than a failed expectation. */
		if (known->finding == NULL || (*page_get(known->finding, "finding") == '\0' &&
		    *page_get(one, "finding") != '\0')) {
			json_decref(known->finding);
			known->finding = json_incref(one);
		}
	}
}

static json_t *
story_of(struct page *page, const struct page_told *told, const char *events, size_t length)
{
	json_t *story = page_story(page, told, events, length);
	size_t bytes = story != NULL ? json_dumpb(story, NULL, 0, JSON_COMPACT) : 0;

	if (page->story_bytes + bytes > STORY_BYTES_MAX) {
		json_decref(story);
		return NULL;
	}
	page->story_bytes += bytes;
	return story;
}

/* The kind of the case, which is made of the first of them: *told is the kind's then. */
static size_t
kind_of(struct page *page, struct page_told *told, const char *events, size_t length)
{
	char *key = page_key_of(told);
	json_t *number = json_object_get(page->kind_of, key);
	struct page_kind *kind;

	if (number != NULL) {
		free(key);
		return (size_t)json_integer_value(number);
	}
	json_put_number(page->kind_of, key, page->kinds.count);
	kind = vec_add(&page->kinds);
	kind->key = key;
	kind->told = *told;
	*told = (struct page_told){ 0 };
	(void)page_module(page, kind->told.header);
	kind->told.story = story_of(page, &kind->told, events, length);
	kind->reason = page_reason(&kind->told);
	if (kind->reason == NULL)
		kind->reason = kind->told.verdict;
	kind->cause = page_cause_of(kind->reason);
	return page->kinds.count - 1;
}

static bool
is_failing(const char *verdict)
{
	return strcmp(verdict, "failed") == 0 || strcmp(verdict, "error") == 0;
}

static void
take_now(struct page *page, struct page_told *told, const char *events, size_t length)
{
	size_t number = page->cases.count;
	struct page_case *c = vec_add(&page->cases);
	const char *reason = page_get(told->verdict, "reason");

	c->id = xstrdup(page_case_id(told));
	c->verdict = xstrdup(page_get(told->verdict, "verdict"));
	c->reason = *reason != '\0' ? xstrdup(reason) : NULL;
	c->kind = PAGE_NONE;
	json_put_number(page->case_of, c->id, number);
	count_known(page, told->findings, number);
	count_known(page, told->failures, number);
	if (!is_failing(c->verdict))
		return;
	c->kind = kind_of(page, told, events, length);
	*vec_add(&page->kinds.item[c->kind].cases) = number;
}

static void
take_before(struct page *page, const struct page_told *told)
{
	const char *verdict = page_get(told->verdict, "verdict");

	page->has_before = true;
	json_put_text(page->before, page_case_id(told), is_failing(verdict) ? "failed" : verdict);
}

/* Only what is told in full stands beside it. */
static void
take_beside(struct page *page, struct page_told *told, const char *events, size_t length)
{
	const char *id = page_case_id(told), *verdict = page_get(told->verdict, "verdict");
	const json_t *number = json_object_get(page->case_of, id);
	struct page_case *c = number == NULL ? NULL :
	    &page->cases.item[json_integer_value(number)];

	page->has_beside = true;
	if (c != NULL) {
		c->ran_beside = strcmp(verdict, "passed") == 0 || is_failing(verdict);
		c->failed_beside = is_failing(verdict);
	}
	vec_each(kind, &page->kinds) {
		if (strcmp(page_case_id(&kind->told), id) != 0)
			continue;
		(void)page_module(page, told->header);
		told->story = story_of(page, told, events, length);
		told_fini(&kind->beside);
		kind->beside = *told;
		*told = (struct page_told){ 0 };
		return;
	}
}

static void
take_case(struct page *page, enum page_part part)
{
	struct page_reader *reader = &page->reader[part];
	char *events = sbuf_close(&reader->events);

	reader->events.stream = NULL;
	if (part == PAGE_NOW)
		take_now(page, &reader->told, events, reader->events.length);
	else if (part == PAGE_BEFORE)
		take_before(page, &reader->told);
	else
		take_beside(page, &reader->told, events, reader->events.length);
	free(events);
	told_fini(&reader->told);
}

/* ---- lines ---- */

static bool
refuse(char *why, size_t size, const char *text)
{
	snprintf(why, size, "%s", text);
	return false;
}

/* Other files that viosim writes. */
static const char *
what_else(const json_t *object)
{
	static const struct { const char *key, *why; } others[] = {
		{ "compared", "this is what `viosim compare --ndjson` writes: a page tells no "
		    "comparisons" },
		{ "explored", "this is what `viosim sweep --ndjson` or `explore --ndjson` writes: "
		    "give the name of its file" },
		{ "cases", "this is what --json-summary writes: give the record of --ndjson" },
		{ "score", "this is what `make mutants` writes: give it to --mutants" },
		{ "viosim", "this case has no replay id (key `case`)" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_object_get(object, others[i].key) != NULL)
			return others[i].why;
	return "this is not the beginning of what `viosim run --ndjson` writes";
}

static bool
take_header(struct page *page, enum page_part part, json_t *object, char *why, size_t size)
{
	struct page_reader *reader = &page->reader[part];
	json_int_t version = page_number(object, "viosim");

	if (reader->told.header != NULL)
		return refuse(why, size, "a case begins before the one above it has its verdict");
	if (version != JSON_OUTPUT_VERSION) {
		snprintf(why, size, "a record of version %lld; this viosim reads version %d",
		    (long long)version, JSON_OUTPUT_VERSION);
		return false;
	}
	if (*page_get(object, "case") == '\0')
		return refuse(why, size, what_else(object));
	if (part == PAGE_NOW && json_object_get(page->case_of, page_get(object, "case")) != NULL)
		return refuse(why, size, "this case was there already: these are two runs");
	if (!page_fits(page, part, object, why, size))
		return false;
	reader->events_read = 0;
	reader->next_seq = 0;
	reader->told.header = json_incref(object);
	reader->told.findings = json_array();
	reader->told.failures = json_array();
	sbuf_open(&reader->events);
	return true;
}

/* The first of its kind. */
static bool
is_told(const struct page *page, const struct page_told *told)
{
	char *key;
	bool is_first;

	if (!is_failing(page_get(told->verdict, "verdict")))
		return false;
	key = page_key_of(told);
	is_first = json_object_get(page->kind_of, key) == NULL;
	free(key);
	return is_first;
}

static bool
take_object(struct page *page, enum page_part part, json_t *object, char *why, size_t size)
{
	struct page_told *told = &page->reader[part].told;

	if (json_object_get(object, "viosim") != NULL)
		return take_header(page, part, object, why, size);
	if (told->header == NULL)
		return refuse(why, size, what_else(object));
	if (*page_get(object, "finding") != '\0')
		json_add(told->findings, json_incref(object));
	else if (*page_get(object, "failure") != '\0')
		json_add(told->failures, json_incref(object));
	else if (*page_get(object, "verdict") != '\0') {
		told->verdict = json_incref(object);
		if (!page_is_whole(&page->reader[part], object, why, size) ||
		    (part == PAGE_NOW && is_told(page, told) &&
		    !page_are_events(&page->reader[part], why, size)))
			return false;
		take_case(page, part);
	} else
		return refuse(why, size, "neither header, event, finding, failure nor verdict");
	return true;
}

bool
page_line(struct page *page, enum page_part part, const char *line, size_t length, char *why,
    size_t size)
{
	static const char event[] = "{\"seq\":";
	struct page_reader *reader = &page->reader[part];
	json_error_t error;
	json_t *object;
	bool good;

	/* Nearly all lines are events, and most of them are not needed. */
	if (length > sizeof(event) && memcmp(line, event, sizeof(event) - 1) == 0) {
		if (reader->told.header == NULL)
			return refuse(why, size, "an event that stands before the first case");
		if (!page_is_next(reader, line, length, why, size))
			return false;
		if (part != PAGE_BEFORE) {
			fwrite(line, 1, length, reader->events.stream);
			putc('\n', reader->events.stream);
		}
		return true;
	}
	object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(object)) {
		snprintf(why, size, "this is no line of a record: %s",
		    object == NULL ? error.text : "no object");
		json_decref(object);
		return false;
	}
	good = take_object(page, part, object, why, size);
	json_decref(object);
	return good;
}

bool
page_end(struct page *page, enum page_part part, char *why, size_t size)
{
	const json_t *header = page->reader[part].told.header;

	if (header == NULL)
		return true;
	snprintf(why, size, "the record is cut off: %s has no verdict", page_get(header, "case"));
	return false;
}

void
page_lines(struct page *page, enum page_part part, const char *text, size_t length)
{
	const char *end = text + length;
	char why[256];

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline != NULL ? newline : end;

		if (!page_line(page, part, text, (size_t)(next - text), why, sizeof(why)))
			internal_error("%s", why);
		text = next + (newline != NULL);
	}
}

size_t
page_failing(const struct page *page, const char *const **ids)
{
	struct page *mine = (struct page *)(uintptr_t)page;

	mine->failing.count = 0;
	vec_each(c, &page->cases)
		if (c->kind != PAGE_NONE)
			*vec_add(&mine->failing) = c->id;
	*ids = page->failing.item;
	return page->failing.count;
}
