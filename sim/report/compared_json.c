/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences of two drivers as NDJSON: see compared.h.
 */
#include "report/compared.h"

#include "machine/world.h"
#include "report/json.h"

static void
put_position(json_t *object, struct source *source, uint32_t site)
{
	struct source_pos pos;

	if (site == 0 || source == NULL || !source_lookup(source, site, &pos))
		return;
	json_put(object, "file", json_string(pos.file));
	json_put_number(object, "line", pos.line);
	json_put(object, "function", json_string(pos.function));
}

static json_t *
event_json(const struct compare_event *event, uint32_t index, struct source *source)
{
	char value[HW_ARGS_MAX][COMPARED_NAME];
	unsigned count = compared_values(event, value);
	json_t *object = json_object(), *values = json_array();

	json_put_number(object, "index", index);
	json_put_number(object, "time_ns", event->time_ns);
	json_put_number(object, "context", event->ctx);
	json_put_number(object, "cpu", event->cpu);
	json_put_number(object, "ipl", event->ipl);
	for (unsigned i = 0; i < count; i++)
		json_add(values, json_string(value[i]));
	json_put(object, "values", values);
	put_position(object, source, event->site);
	return object;
}

static json_t *
end_json(enum world_end end, uint32_t site, struct source *source)
{
	json_t *object = json_object();

	json_put(object, "end", json_string(world_end_word(end)));
	put_position(object, source, site);
	return object;
}

static json_t *
rest_json(size_t count, uint32_t from)
{
	json_t *object = json_object();

	json_put_number(object, "index", from);
	json_put_number(object, "not_compared", (count - from));
	return object;
}

static void
put_sides(json_t *object, const struct compared *compared, const struct compare_row *row)
{
	const struct compare_stream *a = compared->a, *b = compared->b;

	if (row->kind == COMPARE_END) {
		json_put(object, "a", end_json(a->end, a->end_site, compared->source_a));
		json_put(object, "b", end_json(b->end, b->end_site, compared->source_b));
	} else if (row->kind == COMPARE_LOST) {
		json_put(object, "a", rest_json(a->count, compared->result->lost_a));
		json_put(object, "b", rest_json(b->count, compared->result->lost_b));
	}
	if (row->a != ALIGN_NONE)
		json_put(object, "a", event_json(&a->event[row->a], row->a, compared->source_a));
	if (row->b != ALIGN_NONE)
		json_put(object, "b", event_json(&b->event[row->b], row->b, compared->source_b));
}

static json_t *
row_json(const struct compared *compared, const struct compare_row *row)
{
	const struct compare_event *event = row->b != ALIGN_NONE ?
	    &compared->b->event[row->b] : row->a != ALIGN_NONE ?
	    &compared->a->event[row->a] : NULL;
	json_t *object = json_object();
	char text[COMPARED_NAME];

	json_put(object, "case", json_string(compared->id));
	json_put(object, "kind", json_string(compared_kind_word((enum compare_kind)row->kind)));
	if (event != NULL) {
		compared_thing(event, text, sizeof(text));
		json_put(object, "event", json_string(text));
	}
	if (row->kind == COMPARE_CHANGED) {
		compared_what(event, row->what, text, sizeof(text));
		json_put(object, "what", json_string(text));
	}
	if (row->follows)
		json_put(object, "follows", json_true());
	put_sides(object, compared, row);
	return object;
}

void
compared_write_head(const char *a, const char *b, FILE *stream)
{
	json_t *object = json_object(), *paths = json_array();

	json_put_number(object, "viosim", JSON_OUTPUT_VERSION);
	json_add(paths, json_text(a));
	json_add(paths, json_text(b));
	json_put(object, "compared", paths);
	json_print_line(object, stream);
}

void
compared_write(const struct compared *compared, FILE *stream)
{
	for (size_t i = 0; i < compared->result->count; i++)
		if (compared->result->row[i].kind != COMPARE_SAME)
			json_print_line(row_json(compared, &compared->result->row[i]), stream);
}

void
compared_write_end(size_t same, size_t different, size_t left, FILE *stream)
{
	json_print_line(json_pack("{s:s, s:I, s:I, s:I}", "end", left > 0 ? "cut" : "complete",
	    "same", (json_int_t)same, "different", (json_int_t)different, "left",
	    (json_int_t)left), stream);
}
