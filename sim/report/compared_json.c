/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences of two drivers as NDJSON: see compared.h.
 */
#include "report/compared.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "report/report.h"

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

/* jansson takes ownership of the value, also of NULL as an error. */
static void
put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		no_memory();
}

static void
print_line(json_t *object, FILE *stream)
{
	char *text = json_dumps(object, JSON_COMPACT);

	if (text == NULL)
		no_memory();
	/* That a disk is full is found by whoever closes the file. */
	fprintf(stream, "%s\n", text);
	free(text);
	json_decref(object);
}

static void
put_position(json_t *object, struct source *source, uint32_t site)
{
	struct source_pos pos;

	if (site == 0 || source == NULL || !source_lookup(source, site, &pos))
		return;
	put(object, "file", json_string(pos.file));
	put(object, "line", json_integer((json_int_t)pos.line));
	put(object, "function", json_string(pos.function));
}

static json_t *
event_json(const struct compare_event *event, uint32_t index, struct source *source)
{
	char value[HW_ARGS_MAX][COMPARED_NAME];
	unsigned count = compared_values(event, value);
	json_t *object = json_object(), *values = json_array();

	put(object, "index", json_integer((json_int_t)index));
	put(object, "time_ns", json_integer((json_int_t)event->time_ns));
	put(object, "context", json_integer((json_int_t)event->ctx));
	put(object, "cpu", json_integer((json_int_t)event->cpu));
	put(object, "ipl", json_integer((json_int_t)event->ipl));
	for (unsigned i = 0; i < count; i++)
		if (json_array_append_new(values, json_string(value[i])) != 0)
			no_memory();
	put(object, "values", values);
	put_position(object, source, event->site);
	return object;
}

static json_t *
end_json(enum world_end end, uint32_t site, struct source *source)
{
	json_t *object = json_object();

	put(object, "end", json_string(world_end_word(end)));
	put_position(object, source, site);
	return object;
}

static json_t *
rest_json(size_t count, uint32_t from)
{
	json_t *object = json_object();

	put(object, "index", json_integer((json_int_t)from));
	put(object, "not_compared", json_integer((json_int_t)(count - from)));
	return object;
}

static void
put_sides(json_t *object, const struct compared *compared, const struct compare_row *row)
{
	const struct compare_stream *a = compared->a, *b = compared->b;

	if (row->kind == COMPARE_END) {
		put(object, "a", end_json(a->end, a->end_site, compared->source_a));
		put(object, "b", end_json(b->end, b->end_site, compared->source_b));
	} else if (row->kind == COMPARE_LOST) {
		put(object, "a", rest_json(a->count, compared->result->lost_a));
		put(object, "b", rest_json(b->count, compared->result->lost_b));
	}
	if (row->a != ALIGN_NONE)
		put(object, "a", event_json(&a->event[row->a], row->a, compared->source_a));
	if (row->b != ALIGN_NONE)
		put(object, "b", event_json(&b->event[row->b], row->b, compared->source_b));
}

static json_t *
row_json(const struct compared *compared, const struct compare_row *row)
{
	const struct compare_event *event = row->b != ALIGN_NONE ?
	    &compared->b->event[row->b] : row->a != ALIGN_NONE ?
	    &compared->a->event[row->a] : NULL;
	json_t *object = json_object();
	char text[COMPARED_NAME];

	put(object, "case", json_string(compared->id));
	put(object, "kind", json_string(compared_kind_word((enum compare_kind)row->kind)));
	if (event != NULL) {
		compared_thing(event, text, sizeof(text));
		put(object, "event", json_string(text));
	}
	if (row->kind == COMPARE_CHANGED) {
		compared_what(event, row->what, text, sizeof(text));
		put(object, "what", json_string(text));
	}
	if (row->follows)
		put(object, "follows", json_true());
	put_sides(object, compared, row);
	return object;
}

static json_t *
path_json(const char *path)
{
	char *copy = strdup(path);
	json_t *json;

	if (copy == NULL)
		no_memory();
	report_clean(copy);
	json = json_string(copy);
	free(copy);
	return json;
}

void
compared_write_head(const char *a, const char *b, FILE *stream)
{
	json_t *object = json_object();

	put(object, "viosim", json_integer(1));
	put(object, "compared", json_pack("[oo]", path_json(a), path_json(b)));
	print_line(object, stream);
}

void
compared_write(const struct compared *compared, FILE *stream)
{
	for (size_t i = 0; i < compared->result->count; i++)
		if (compared->result->row[i].kind != COMPARE_SAME)
			print_line(row_json(compared, &compared->result->row[i]), stream);
}

void
compared_write_end(size_t same, size_t different, size_t left, FILE *stream)
{
	print_line(json_pack("{s:s, s:I, s:I, s:I}", "end", left > 0 ? "cut" : "complete",
	    "same", (json_int_t)same, "different", (json_int_t)different, "left",
	    (json_int_t)left), stream);
}
