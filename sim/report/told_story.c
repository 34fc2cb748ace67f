/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The events of a case in a compact form, for the script of the page.
 *
 * A story is an object:
 *
 *	events	how many the case has
 *	runs	[[seq, count], ...]: the events that are here; what is between is left out
 *	times	[[number, ns], ...]: from the number-th of these on the time is that
 *	lane, text, place
 *		for each: its lane, its sentence and its place in the driver (numbers in the
 *		tables of the page; place 0: none)
 *	how	for each a letter: c call, r return, m main, f fault, . other
 *	lanes	[name, ...], from above to below
 *	bars	[[lane, seq, seq, kind, ns], ...]: awake (0), asleep for so long (1), interrupt (2)
 *	counts	[[what, [[seq, value], ...]], ...]
 *	steps	[[seq, line], ...] of the scenario
 *	file	that scenario
 *
 * Of a long case those events are here that are near something that matters.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "report/json.h"
#include "report/told.h"

#define WHOLE_MAX 900			/* events: a case with no more is here in full */
#define NEAR_REASON 120			/* what is around that by which the case is listed */
#define NEAR 24				/* and around the others */
#define CONTEXTS 1024			/* of a record, which may have any number */
#define COUNTERS 16

struct row {
	json_t *event;
	json_t *others;			/* where the others stand, borrowed; or NULL */
	size_t lane;
	bool wanted;
};

struct lane {
	const char *name;
	int rank;
	size_t number;			/* from above */
};

struct thread {
	size_t lane;			/* PAGE_NONE: not seen yet */
	json_int_t awake, asleep, interrupt;	/* since which event; -1: is not */
	json_int_t asleep_ns;
};

struct telling {
	struct page *page;
	json_t *story;
	struct { VEC_MEMBERS(struct row); } rows;
	struct { VEC_MEMBERS(struct lane); } lanes;
	struct thread context[CONTEXTS];
	json_t *bars;
};

/* ---- tables of the page ---- */

static size_t
number_in(json_t *table, json_t *numbers, const char *key, json_t *value)
{
	json_t *number = json_object_get(numbers, key);
	size_t new = json_array_size(table);

	if (number != NULL) {
		json_decref(value);
		return (size_t)json_integer_value(number);
	}
	json_add(table, value);
	json_put_number(numbers, key, new);
	return new;
}

/* 0 is no place. */
static size_t
place_number(struct page *page, const json_t *event)
{
	const json_t *place = json_object_get(event, "position");
	char *key;
	json_t *value;
	size_t number;

	if (json_array_size(page->places) == 0)
		json_add(page->places, json_null());
	if (place == NULL)
		return 0;
	key = xasprintf("%lld %s %s", (long long)page_number(place, "line"),
	    page_get(place, "file"), page_get(place, "function"));
	value = json_array();
	json_add(value, json_text(page_get(place, "file")));
	json_add(value, json_integer(page_number(place, "line")));
	json_add(value, json_text(page_get(place, "function")));
	number = number_in(page->places, page->place_of, key, value);
	free(key);
	return number;
}

/* Names speak for themselves, numbers have one. */
static void
print_args(const json_t *args, FILE *stream)
{
	const char *key, *separator = "";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)args, key, value) {
		const char *text = json_string_value(value);

		fputs(separator, stream);
		separator = ", ";
		if (text == NULL || strncmp(text, "0x", 2) == 0)
			fprintf(stream, "%s ", key);
		if (json_is_integer(value))
			fprintf(stream, "%lld", (long long)json_integer_value(value));
		else
			fputs(text != NULL ? text : json_is_true(value) ? "yes" : "no", stream);
	}
}

static void
print_result(const json_t *result, FILE *stream)
{
	if (json_is_string(result))
		fprintf(stream, " %s", json_string_value(result));
	else if (json_is_integer(result))
		fprintf(stream, " %lld", (long long)json_integer_value(result));
	else if (result != NULL)
		fputs(json_is_true(result) ? " true" : " false", stream);
}

static void
print_event(const json_t *event, FILE *stream)
{
	const char *kind = page_get(event, "kind"), *text = page_get(event, "text");

	if (strcmp(kind, "return") == 0) {
		fprintf(stream, "%s returns", page_get(event, "call"));
		print_result(json_object_get(event, "result"), stream);
	} else if (*text != '\0') {
		fputs(text, stream);
	} else {
		fputs(strcmp(kind, "call") == 0 ? page_get(event, "call") : kind, stream);
		putc('(', stream);
		print_args(json_object_get(event, "args"), stream);
		putc(')', stream);
	}
}

static size_t
text_number(struct page *page, const json_t *event)
{
	char *text = SBUF_TEXT(stream, print_event(event, stream));
	size_t number = number_in(page->texts, page->text_of, text, json_text(text));

	free(text);
	return number;
}

/* ---- lanes ---- */

/* Who acts by itself stands above, then interrupts, then threads. */
static int
lane_rank(const char *name, bool is_context)
{
	static const char *const first[] = { "scenario", "host", "device", "guest", "kernel" };

	for (int i = 0; i < 5; i++)
		if (strncmp(name, first[i], strlen(first[i])) == 0 && !is_context)
			return i;
	return strncmp(name, "irq", 3) == 0 ? 10 : strncmp(name, "softint", 7) == 0 ? 11 :
	    is_context ? 12 : 5;
}

static size_t
lane_of(struct telling *telling, const char *name, bool is_context)
{
	struct lane *lane;

	for (size_t i = 0; i < telling->lanes.count; i++)
		if (strcmp(telling->lanes.item[i].name, name) == 0)
			return i;
	lane = vec_add(&telling->lanes);
	lane->name = name;
	lane->rank = lane_rank(name, is_context);
	return telling->lanes.count - 1;
}

static struct thread *
context_of(struct telling *telling, const json_t *event)
{
	json_int_t number = page_number(event, "context");

	return number > 0 && number < CONTEXTS ? &telling->context[number] : NULL;
}

/* What a context did itself; of the others it is only where it ran. */
static bool
is_own(const char *kind)
{
	static const char *const own[] = { "call", "return", "note", "run", "sleep", "end",
	    "irq-enter", "irq-exit", "reg-read", "reg-write" };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(kind, own[i]) == 0)
			return true;
	return false;
}

/* What the console and a fault say belongs to whoever ran. */
static size_t
lane_of_event(struct telling *telling, const json_t *event)
{
	const char *who = page_get(event, "who"), *kind = page_get(event, "kind");
	struct thread *context = context_of(telling, event);

	if (context != NULL && is_own(kind))
		return context->lane = lane_of(telling, who, true);
	if (context != NULL && context->lane != PAGE_NONE &&
	    (strcmp(who, "console") == 0 || strcmp(who, "fault") == 0))
		return context->lane;
	return lane_of(telling, who, false);
}

/* ---- bars ---- */

static void
add_bar(struct telling *telling, const struct thread *context, json_int_t from, json_int_t to,
    int kind, json_int_t ns)
{
	json_t *bar = json_array();

	json_add(bar, json_integer((json_int_t)context->lane));
	json_add(bar, json_integer(from));
	json_add(bar, json_integer(to));
	json_add(bar, json_integer(kind));
	json_add(bar, json_integer(ns));
	json_add(telling->bars, bar);
}

static void
end_bars(struct telling *telling, struct thread *context, json_int_t seq, json_int_t ns)
{
	if (context->awake >= 0)
		add_bar(telling, context, context->awake, seq, 0, 0);
	if (context->asleep >= 0)
		add_bar(telling, context, context->asleep, seq, 1, ns - context->asleep_ns);
	if (context->interrupt >= 0)
		add_bar(telling, context, context->interrupt, seq, 2, 0);
	context->awake = context->asleep = context->interrupt = -1;
}

static void
follow(struct telling *telling, const json_t *event)
{
	struct thread *context = context_of(telling, event);
	const char *kind = page_get(event, "kind");
	json_int_t seq = page_number(event, "seq"), ns = page_number(event, "time_ns");
	bool sleeps = strcmp(kind, "sleep") == 0, runs = strcmp(kind, "run") == 0;
	bool enters = strcmp(kind, "irq-enter") == 0;

	if (context == NULL || (!sleeps && !runs && !enters && strcmp(kind, "end") != 0 &&
	    strcmp(kind, "irq-exit") != 0))
		return;
	if (runs && context->awake >= 0)
		return;
	end_bars(telling, context, seq, ns);
	if (sleeps) {
		context->asleep = seq;
		context->asleep_ns = ns;
	} else if (runs)
		context->awake = seq;
	else if (enters)
		context->interrupt = seq;
}

/* ---- reading ---- */

static void
add_event(struct telling *telling, json_t *event)
{
	struct row *last = telling->rows.count == 0 ? NULL :
	    &telling->rows.item[telling->rows.count - 1];
	struct row *row;
	json_t *others = json_object_get(event, "others");

	/* They are told when another one goes on, and stay there until then. */
	if (others == NULL && last != NULL &&
	    page_number(last->event, "context") == page_number(event, "context"))
		others = last->others;
	row = vec_add(&telling->rows);
	row->event = event;
	row->others = others;
	row->lane = lane_of_event(telling, event);
	follow(telling, event);
}

static void
read_events(struct telling *telling, const char *text, size_t length)
{
	const char *end = text + length, *newline;

	for (; text < end; text = newline + 1) {
		json_t *event;

		newline = memchr(text, '\n', (size_t)(end - text));
		event = json_loadb(text, (size_t)(newline - text), 0, NULL);
		if (json_is_object(event))
			add_event(telling, event);
		else
			json_decref(event);
	}
	for (size_t i = 0; i < CONTEXTS && telling->rows.count > 0; i++) {
		const json_t *last = telling->rows.item[telling->rows.count - 1].event;

		end_bars(telling, &telling->context[i], page_number(last, "seq"),
		    page_number(last, "time_ns"));
	}
}

/* The row of an event; NULL: it is not recorded. */
static struct row *
row_of(struct telling *telling, json_int_t seq)
{
	size_t low = 0, high = telling->rows.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (page_number(telling->rows.item[middle].event, "seq") < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low < telling->rows.count ? &telling->rows.item[low] : NULL;
}

/* ---- which events ---- */

static void
want(struct telling *telling, json_int_t seq, size_t near)
{
	const struct row *row = row_of(telling, seq);
	size_t at = row != NULL ? (size_t)(row - telling->rows.item) : telling->rows.count;

	for (size_t i = at > near ? at - near : 0; i < at + near && i < telling->rows.count; i++)
		telling->rows.item[i].wanted = true;
}

static void
want_list(struct telling *telling, json_t *list, const json_t *reason)
{
	json_t *one, *because;
	size_t i, j;

	json_array_foreach(list, i, one) {
		size_t near = one == reason ? NEAR_REASON : NEAR;

		want(telling, page_number(one, "seq"), near);
		json_array_foreach(json_object_get(one, "because"), j, because)
			want(telling, page_number(because, "seq"), near);
	}
}

static void
choose(struct telling *telling, const struct page_told *told)
{
	const json_t *reason = page_reason(told);

	want_list(telling, told->findings, reason);
	want_list(telling, told->failures, reason);
	vec_each(row, &telling->rows)
		row->wanted |= telling->rows.count <= WHOLE_MAX ||
		    strcmp(page_get(row->event, "kind"), "step") == 0;
}

/* Where the other contexts stood, with the causes and the findings themselves. */
static void
put_others(struct telling *telling, json_t *list)
{
	json_t *one, *because;
	size_t i, j;

	json_array_foreach(list, i, one) {
		const struct row *row = row_of(telling, page_number(one, "seq"));

		if (row != NULL && row->others != NULL)
			json_put(one, "others", json_incref(row->others));
		json_array_foreach(json_object_get(one, "because"), j, because) {
			row = row_of(telling, page_number(because, "seq"));
			if (row == NULL)
				continue;
			json_put(because, "time_ns",
			    json_integer(page_number(row->event, "time_ns")));
			json_put_text(because, "who", page_get(row->event, "who"));
			if (row->others != NULL)
				json_put(because, "others", json_incref(row->others));
		}
	}
}

/* ---- writing ---- */

static json_t *
pair(json_int_t a, json_t *b)
{
	json_t *array = json_array();

	json_add(array, json_integer(a));
	json_add(array, b);
	return array;
}

static char
letter_of(const json_t *event)
{
	const char *kind = page_get(event, "kind");

	return strcmp(kind, "return") == 0 ? 'r' : strcmp(kind, "fault") == 0 ? 'f' :
	    json_is_true(json_object_get(event, "main")) ? 'm' :
	    strcmp(kind, "call") == 0 ? 'c' : '.';
}

static void
put_rows(struct telling *telling)
{
	json_t *runs = json_array(), *times = json_array(), *lane = json_array();
	json_t *text = json_array(), *place = json_array(), *run = NULL;
	json_int_t next = -1, last_ns = -1;
	struct sbuf how;
	char *letters;
	size_t number = 0;

	sbuf_open(&how);
	vec_each(row, &telling->rows) {
		json_int_t seq = page_number(row->event, "seq");
		json_int_t ns = page_number(row->event, "time_ns");

		if (!row->wanted)
			continue;
		if (run == NULL || seq != next)
			json_add(runs, run = pair(seq, json_integer(0)));
		json_array_set_new(run, 1, json_integer(seq + 1 -
		    json_integer_value(json_array_get(run, 0))));
		next = seq + 1;
		if (ns != last_ns)
			json_add(times, pair((json_int_t)number, json_integer(ns)));
		last_ns = ns;
		number++;
		json_add(lane, json_integer((json_int_t)row->lane));
		json_add(text, json_integer((json_int_t)text_number(telling->page, row->event)));
		json_add(place, json_integer((json_int_t)place_number(telling->page,
		    row->event)));
		putc(letter_of(row->event), how.stream);
	}
	letters = sbuf_close(&how);
	json_put(telling->story, "events", json_integer((json_int_t)telling->rows.count));
	json_put(telling->story, "runs", runs);
	json_put(telling->story, "times", times);
	json_put(telling->story, "lane", lane);
	json_put(telling->story, "text", text);
	json_put(telling->story, "place", place);
	json_put_text(telling->story, "how", letters);
	free(letters);
}

/* The numbers of one counter, where they changed; of the first device, if there are several. */
static json_t *
values_of(struct telling *telling, const json_t *counter)
{
	const char *pages = page_get(counter, "pages"), *arg = page_get(counter, "arg");
	json_t *values = json_array();
	json_int_t last = -1;

	vec_each(row, &telling->rows) {
		const json_t *value = *pages != '\0' ?
		    json_object_get(json_object_get(row->event, "pages"), pages) : NULL;

		if (*pages == '\0' && strchr(page_get(row->event, "who"), '/') == NULL &&
		    strcmp(page_get(row->event, "kind"), page_get(counter, "kind")) == 0)
			value = json_object_get(json_object_get(row->event, "args"), arg);
		if (!json_is_integer(value) || json_integer_value(value) == last)
			continue;
		last = json_integer_value(value);
		json_add(values, pair(page_number(row->event, "seq"), json_integer(last)));
	}
	return values;
}

static void
put_counts(struct telling *telling, json_t *counters)
{
	json_t *counts = json_array(), *counter;
	size_t i;

	json_array_foreach(counters, i, counter) {
		json_t *values = values_of(telling, counter), *count;

		if (i >= COUNTERS || json_array_size(values) == 0) {
			json_decref(values);
			continue;
		}
		count = json_array();
		json_add(count, json_text(page_get(counter, "what")));
		json_add(count, values);
		json_add(counts, count);
	}
	json_put(telling->story, "counts", counts);
}

static void
put_steps(struct telling *telling)
{
	json_t *steps = json_array();
	const char *file = "";

	vec_each(row, &telling->rows) {
		const json_t *loc = json_object_get(row->event, "scenario");

		if (loc == NULL)
			continue;
		file = page_get(loc, "file");
		json_add(steps, pair(page_number(row->event, "seq"),
		    json_integer(page_number(loc, "line"))));
	}
	json_put(telling->story, "steps", steps);
	json_put_text(telling->story, "file", file);
}

static int
by_rank(const void *a, const void *b)
{
	const struct lane *x = *(const struct lane *const *)a;
	const struct lane *y = *(const struct lane *const *)b;

	return x->rank != y->rank ? x->rank - y->rank : x < y ? -1 : 1;
}

/* Lanes are numbered from above only now. */
static void
put_lanes(struct telling *telling)
{
	struct { VEC_MEMBERS(struct lane *); } sorted = { 0 };
	json_t *names = json_array(), *bar;
	size_t i;

	vec_each(lane, &telling->lanes)
		*vec_add(&sorted) = lane;
	vec_sort(&sorted, by_rank);
	for (i = 0; i < sorted.count; i++) {
		sorted.item[i]->number = i;
		json_add(names, json_text(sorted.item[i]->name));
	}
	vec_fini(&sorted);
	vec_each(row, &telling->rows)
		row->lane = telling->lanes.item[row->lane].number;
	json_array_foreach(telling->bars, i, bar) {
		size_t lane = (size_t)json_integer_value(json_array_get(bar, 0));

		json_array_set_new(bar, 0,
		    json_integer((json_int_t)telling->lanes.item[lane].number));
	}
	json_put(telling->story, "lanes", names);
}

json_t *
page_story(struct page *page, const struct page_told *told, const char *events, size_t length)
{
	struct telling *telling = xcalloc(1, sizeof(*telling));
	json_t *story = json_object();

	telling->page = page;
	telling->story = story;
	telling->bars = json_array();
	for (size_t i = 0; i < CONTEXTS; i++)
		telling->context[i] = (struct thread){ PAGE_NONE, -1, -1, -1, 0 };
	read_events(telling, events, length);
	put_others(telling, told->findings);
	put_others(telling, told->failures);
	choose(telling, told);
	put_lanes(telling);
	put_rows(telling);
	json_put(story, "bars", telling->bars);
	put_counts(telling, json_object_get(told->header, "counters"));
	put_steps(telling);
	vec_each(row, &telling->rows)
		json_decref(row->event);
	vec_fini(&telling->rows);
	vec_fini(&telling->lanes);
	free(telling);
	return story;
}
