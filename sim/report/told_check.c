/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a record whole, and of one run?  See page.h.
 */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/trace.h"
#include "report/json.h"
#include "report/told.h"
#include "run/run.h"

#define PATH_TEXT 4096

/* ---- of one run ---- */

/* The same file, or the one that was made of it for kernels without DIAGNOSTIC. */
static bool
is_same_module(const char *a, const char *b)
{
	char nodiag[PATH_TEXT];

	return strcmp(a, b) == 0 ||
	    (module_nodiag_path(a, nodiag, sizeof(nodiag)) && strcmp(nodiag, b) == 0) ||
	    (module_nodiag_path(b, nodiag, sizeof(nodiag)) && strcmp(nodiag, a) == 0);
}

static const char *
or_none(const char *manifest)
{
	return *manifest != '\0' ? manifest : "no manifest";
}

bool
page_fits(struct page *page, enum page_part part, const json_t *header, char *why, size_t size)
{
	const json_t *first = page->head[part];
	const char *module = page_get(header, "module"), *hash = page_get(header, "module_hash");
	const char *before;

	if (*module == '\0')
		return true;
	if (first == NULL)
		page->head[part] = json_incref((json_t *)(uintptr_t)header);
	if (part == PAGE_NOW && page->explored_driver != NULL &&
	    !is_same_module(module, page->explored_driver)) {
		snprintf(why, size, "this case ran with %s, what was explored with %s: a page is "
		    "of one driver", module, page->explored_driver);
		return false;
	}
	before = page_get(page->hashes[part], module);
	if (*before != '\0' && strcmp(before, hash) != 0) {
		snprintf(why, size, "this case ran with another build of %s (hash %s) than those "
		    "before it (hash %s): a page is of one run", module, hash, before);
		return false;
	}
	json_put_text(page->hashes[part], module, hash);
	if (first == NULL)
		return true;
	if (!is_same_module(module, page_get(first, "module")) &&
	    (*hash == '\0' || strcmp(hash, page_get(first, "module_hash")) != 0))
		snprintf(why, size, "this case ran with %s, those before it with %s: a page is of "
		    "one driver (--with shows a second one)", module, page_get(first, "module"));
	else if (strcmp(page_get(header, "manifest"), page_get(first, "manifest")) != 0)
		snprintf(why, size, "this case ran with %s, those before it with %s: a page is of "
		    "one run", or_none(page_get(header, "manifest")),
		    or_none(page_get(first, "manifest")));
	else if (strcmp(page_get(header, "version"), page_get(first, "version")) != 0)
		snprintf(why, size, "this case ran in viosim %s, those before it in viosim %s: a "
		    "page is of one run", page_get(header, "version"),
		    page_get(first, "version"));
	else
		return true;
	return false;
}

bool
page_fits_explored(const struct page *page, const char *driver, char *why, size_t size)
{
	const char *module = page->explored_driver != NULL ? page->explored_driver :
	    page_get(page->head[PAGE_NOW], "module");

	if (*module == '\0' || is_same_module(module, driver))
		return true;
	snprintf(why, size, "this was explored with %s, what was read before it ran with %s: a "
	    "page is of one driver", driver, module);
	return false;
}

/* ---- against an earlier record ---- */

static const char *
base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* Folders may differ: a record may come from elsewhere. */
static char *
what_differs(const json_t *before, const json_t *now)
{
	const char *old = page_get(before, "module"), *new = page_get(now, "module");

	if (strcmp(page_get(before, "driver"), page_get(now, "driver")) != 0 ||
	    !is_same_module(base_of(old), base_of(new)))
		return xasprintf("it is of %s, this one of %s", old, new);
	old = page_get(before, "manifest");
	new = page_get(now, "manifest");
	if (strcmp(base_of(old), base_of(new)) != 0)
		return xasprintf("it was made with %s, this one with %s", or_none(old),
		    or_none(new));
	return NULL;
}

void
page_compare(struct page *page)
{
	const json_t *before = page->head[PAGE_BEFORE], *now = page->head[PAGE_NOW];

	if (page->incomparable == NULL && before != NULL && now != NULL)
		page->incomparable = what_differs(before, now);
	page->compares = page->has_before && page->incomparable == NULL;
}

/* ---- whole ---- */

static bool
has_keys(const json_t *event, char *why, size_t size)
{
	static const struct { const char *key; json_type type; } keys[] = {
		{ "seq", JSON_INTEGER }, { "time_ns", JSON_INTEGER }, { "context", JSON_INTEGER },
		{ "who", JSON_STRING }, { "kind", JSON_STRING },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *value = json_object_get(event, keys[i].key);

		if (value != NULL && json_typeof(value) == keys[i].type)
			continue;
		snprintf(why, size, value == NULL ? "this event has no `%s`" :
		    keys[i].type == JSON_STRING ? "`%s` of this event is no text" :
		    "`%s` of this event is no number", keys[i].key);
		return false;
	}
	return true;
}

/* Behind `*text` stand these bytes and a number; past both. */
static bool
take_number(const char **text, const char *end, const char *key, json_int_t *number)
{
	size_t length = strlen(key);
	const char *p = *text + length;

	if ((size_t)(end - *text) <= length || memcmp(*text, key, length) != 0 ||
	    *p < '0' || *p > '9')
		return false;
	for (*number = 0; p < end && *p >= '0' && *p <= '9' && *number < INT64_MAX / 16; p++)
		*number = *number * 10 + (*p - '0');
	*text = p;
	return p < end && *p == ',';
}

static bool
is_event(const char *line, size_t length, char *why, size_t size)
{
	json_error_t error;
	json_t *event = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	bool good = event != NULL && has_keys(event, why, size);

	if (event == NULL)
		snprintf(why, size, "this is no event: %s", error.text);
	json_decref(event);
	return good;
}

/* Most events are not needed: only the beginning and the end of their lines are looked at. */
bool
page_is_next(struct page_reader *reader, const char *line, size_t length, char *why, size_t size)
{
	const char *text = line, *end = line + length;
	json_int_t seq = 0, time;

	if (!take_number(&text, end, "{\"seq\":", &seq) ||
	    !take_number(&text, end, ",\"time_ns\":", &time) || end[-1] != '}') {
		if (is_event(line, length, why, size))
			snprintf(why, size, "this event is not as viosim writes it");
		return false;
	}
	/* The beginning of a long run may not have been kept. */
	if (reader->events_read == 0 && seq % TRACE_CHUNK != 0)
		snprintf(why, size, "the events begin with %lld: those before it are missing",
		    (long long)seq);
	else if (reader->events_read > 0 && seq != reader->next_seq)
		snprintf(why, size, "event %lld stands where event %lld has to: a line was "
		    "removed, added or moved", (long long)seq, (long long)reader->next_seq);
	else if (json_array_size(reader->told.findings) + json_array_size(reader->told.failures))
		snprintf(why, size, "an event that stands behind what was found");
	else {
		reader->next_seq = seq + 1;
		reader->events_read++;
		return true;
	}
	return false;
}

bool
page_are_events(struct page_reader *reader, char *why, size_t size)
{
	json_int_t seq = reader->next_seq - (json_int_t)reader->events_read;
	const char *text, *newline, *end;
	char what[256];

	/* That makes the text of a stream into memory what it is so far. */
	fflush(reader->events.stream);
	text = reader->events.text;
	end = text + reader->events.length;
	for (; text < end; text = newline + 1, seq++) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!is_event(text, (size_t)(newline - text), what, sizeof(what))) {
			snprintf(why, size, "event %lld of this case is damaged: %s",
			    (long long)seq, what);
			return false;
		}
	}
	return true;
}

/* So many as the verdict says, if it says it. */
static bool
are_all(const json_t *verdict, const char *key, json_int_t count, char *why, size_t size)
{
	const json_t *number = json_object_get(verdict, key);

	if (number == NULL || json_integer_value(number) == count)
		return true;
	snprintf(why, size, "the case has %lld %s, and here stand %lld: lines are missing, or too "
	    "many", (long long)json_integer_value(number), key, (long long)count);
	return false;
}

bool
page_is_whole(const struct page_reader *reader, const json_t *verdict, char *why, size_t size)
{
	json_int_t failures = (json_int_t)json_array_size(reader->told.failures);
	bool has_events = reader->events_read > 0;

	/* --failing leaves out the events of what passed, the record what is too much. */
	has_events |= strcmp(page_get(verdict, "verdict"), "failed") == 0;
	return (!has_events || are_all(verdict, "events", reader->next_seq, why, size)) &&
	    are_all(verdict, "findings", (json_int_t)json_array_size(reader->told.findings),
	    why, size) &&
	    (failures == FAILURES_MAX || are_all(verdict, "failures", failures, why, size));
}
