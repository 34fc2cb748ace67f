/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Classes of difference: see compared.h.
 */
#include "base/sbuf.h"
#include "report/compared.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/world.h"

static struct compared_class *
find(struct compared_classes *classes, const struct compared_class *key, const char *id)
{
	struct compared_class *item = classes->item;

	for (size_t i = 0; i < classes->count; i++, item++)
		if (item->kind == key->kind && strcmp(item->thing, key->thing) == 0 &&
		    strcmp(item->function, key->function) == 0 &&
		    strcmp(item->what, key->what) == 0)
			return item;
	item = vec_add(classes);
	*item = *key;
	item->events = item->cases = 0;
	item->first = xstrdup(id);
	return item;
}

static void
function_of(const struct compared_side *side, uint32_t site, char *text)
{
	struct source_pos pos;

	if (compared_position(side, site, &pos))
		snprintf(text, COMPARED_NAME, "%s", pos.function);
}

static void
key_of(const struct compared *compared, const struct compare_row *row,
    struct compared_class *key)
{
	const struct compare_stream *a = compared->a.stream, *b = compared->b.stream;
	const struct compared_side *side = row->b != ALIGN_NONE ? &compared->b : &compared->a;
	const struct compare_event *event;

	*key = (struct compared_class){ .kind = (enum compare_kind)row->kind };
	if (row->kind == COMPARE_LOST)
		return;
	if (row->kind == COMPARE_END) {
		snprintf(key->thing, sizeof(key->thing), "%.24s in a, %.24s in b",
		    world_end_word(a->end), world_end_word(b->end));
		if (b->end_site != 0)
			function_of(&compared->b, b->end_site, key->function);
		else
			function_of(&compared->a, a->end_site, key->function);
		return;
	}
	event = &side->stream->event[side == &compared->b ? row->b : row->a];
	compared_thing(event, key->thing, sizeof(key->thing));
	function_of(side, event->site, key->function);
	if (row->kind == COMPARE_CHANGED)
		compared_what(event, row->what, key->what, sizeof(key->what));
}

void
compared_classes_add(struct compared_classes *classes, const struct compared *compared)
{
	const struct compare_result *result = compared->result;
	struct compared_classes own = { 0 };
	struct compared_class key;

	for (size_t i = 0; i < result->count; i++) {
		if (result->row[i].kind == COMPARE_SAME || result->row[i].follows)
			continue;
		key_of(compared, &result->row[i], &key);
		find(&own, &key, compared->id)->events++;
	}
	for (size_t i = 0; i < own.count; i++) {
		struct compared_class *item = find(classes, &own.item[i], compared->id);

		item->events += own.item[i].events;
		item->cases++;
	}
	classes->moved += result->moved;
	compared_classes_fini(&own);
}

/* ---- from process to process ---- */

void
compared_classes_write(const struct compared_classes *classes, FILE *stream)
{
	fwrite(&classes->moved, sizeof(classes->moved), 1, stream);
	fwrite(classes->item, sizeof(classes->item[0]), classes->count, stream);
}

bool
compared_classes_read(struct compared_classes *classes, const char *id, const char *bytes,
    size_t length)
{
	struct compared_class key, *item;
	uint64_t moved;

	if (length < sizeof(moved) || (length - sizeof(moved)) % sizeof(key) != 0)
		return false;
	memcpy(&moved, bytes, sizeof(moved));
	classes->moved += moved;
	for (size_t at = sizeof(moved); at < length; at += sizeof(key)) {
		memcpy(&key, bytes + at, sizeof(key));
		item = find(classes, &key, id);
		item->events += key.events;
		item->cases += key.cases;
	}
	return true;
}

/* ---- for people ---- */

static int
by_weight(const void *left, const void *right)
{
	const struct compared_class *a = left, *b = right;
	bool ends_a = a->kind >= COMPARE_END, ends_b = b->kind >= COMPARE_END;
	int order;

	if (ends_a != ends_b)
		return ends_a ? -1 : 1;
	if (a->cases != b->cases)
		return a->cases > b->cases ? -1 : 1;
	if (a->events != b->events)
		return a->events > b->events ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if ((order = strcmp(a->thing, b->thing)) != 0 ||
	    (order = strcmp(a->function, b->function)) != 0)
		return order;
	return strcmp(a->what, b->what);
}

static void
print_class(const struct compared_class *item, FILE *stream)
{
	static const char *const lost = "from some place on the two have nothing in common";

	fprintf(stream, "  %s: %s", compared_kind_word(item->kind),
	    item->kind == COMPARE_LOST ? lost : item->thing);
	if (item->function[0] != '\0')
		fprintf(stream, item->kind == COMPARE_END ? " (%s)" : " in %s", item->function);
	if (item->what[0] != '\0')
		fprintf(stream, ", %s", item->what);
	if (item->kind != COMPARE_END && item->kind != COMPARE_LOST)
		fprintf(stream, ": %" PRIu64 " event%s in %" PRIu64 " case%s", item->events,
		    plural(item->events), item->cases, plural(item->cases));
	else
		fprintf(stream, ": %" PRIu64 " case%s", item->cases,
		    plural(item->cases));
	fprintf(stream, "%s %s\n", item->cases == 1 ? "," : ", the first", item->first);
}

void
compared_classes_print(struct compared_classes *classes, FILE *stream)
{
	if (classes->count > 0)
		qsort(classes->item, classes->count, sizeof(classes->item[0]), by_weight);
	for (size_t i = 0; i < classes->count; i++)
		print_class(&classes->item[i], stream);
	if (classes->moved > 0)
		fprintf(stream, "  %" PRIu64 " more event%s only in time, by as much as the "
		    "one before\n", classes->moved, classes->moved == 1 ? " differs" :
		    "s differ");
}

void
compared_classes_fini(struct compared_classes *classes)
{
	for (size_t i = 0; i < classes->count; i++)
		free(classes->item[i].first);
	free(classes->item);
	memset(classes, 0, sizeof(*classes));
}
