/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences of two drivers as NDJSON: see compared.h.
 */
#include "report/compared.h"

#include "machine/world.h"
#include "report/json.h"

static void
put_position(json_t *object, const struct compared_side *side, uint32_t site)
{
	struct source_pos pos;

	if (!compared_position(side, site, &pos))
		return;
	json_put(object, "file", json_string(pos.file));
	json_put_number(object, "line", pos.line);
	json_put(object, "function", json_string(pos.function));
}

static void
put_event(json_t *object, const struct compared_side *side, uint32_t index)
{
	const struct compare_event *event = &side->stream->event[index];
	char value[HW_ARGS_MAX][COMPARED_NAME];
	unsigned count = compared_values(event, value);
	json_t *values = json_array();

	json_put_number(object, "index", index);
	json_put_number(object, "time_ns", event->time_ns);
	json_put_number(object, "context", event->ctx);
	json_put_number(object, "cpu", event->cpu);
	json_put_number(object, "ipl", event->ipl);
	for (unsigned i = 0; i < count; i++)
		json_add(values, json_string(value[i]));
	json_put(object, "values", values);
	put_position(object, side, event->site);
}

/* Its event, how it ends, or (`lost`) from where on it is not compared. */
static void
put_side(json_t *object, const char *key, const struct compared_side *side,
    enum compare_kind kind, uint32_t index, uint32_t lost)
{
	json_t *one = json_object();

	if (kind == COMPARE_END) {
		json_put(one, "end", json_string(world_end_word(side->stream->end)));
		put_position(one, side, side->stream->end_site);
	} else if (kind == COMPARE_LOST) {
		json_put_number(one, "index", lost);
		json_put_number(one, "not_compared", side->stream->count - lost);
	} else if (index != ALIGN_NONE) {
		put_event(one, side, index);
	}
	if (json_object_size(one) > 0)
		json_put(object, key, json_incref(one));
	json_decref(one);
}

static json_t *
row_json(const struct compared *compared, const struct compare_row *row)
{
	const struct compare_event *event = row->b != ALIGN_NONE ?
	    &compared->b.stream->event[row->b] : row->a != ALIGN_NONE ?
	    &compared->a.stream->event[row->a] : NULL;
	enum compare_kind kind = (enum compare_kind)row->kind;
	json_t *object = json_object();
	char text[COMPARED_NAME];

	json_put(object, "case", json_string(compared->id));
	json_put(object, "kind", json_string(compared_kind_word(kind)));
	if (event != NULL) {
		compared_thing(event, text, sizeof(text));
		json_put(object, "event", json_string(text));
	}
	if (kind == COMPARE_CHANGED) {
		compared_what(event, row->what, text, sizeof(text));
		json_put(object, "what", json_string(text));
	}
	if (row->follows)
		json_put(object, "follows", json_true());
	put_side(object, "a", &compared->a, kind, row->a, compared->result->lost_a);
	put_side(object, "b", &compared->b, kind, row->b, compared->result->lost_b);
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
