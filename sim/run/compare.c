/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording and comparing what two drivers do: see compare.h.
 */
#include "run/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- recording ---- */

#define BIT(kind) (UINT64_C(1) << EV_##kind)
#define COMPARED (BIT(CALL) | BIT(RET) | BIT(IRQ_RAISE) | BIT(IRQ_ENTER) | BIT(DEV_NOTIFY) | \
	BIT(DEV_TAKE) | BIT(DEV_ACT) | BIT(DEV_USED) | BIT(DEV_STATUS) | BIT(DEV_FEATURES) | \
	BIT(DEV_QUEUE) | BIT(DEV_ACTUAL) | BIT(DEV_BEHAVIOUR))

/* Calls that have not returned, of all contexts: indices into the stream. */
struct recording {
	struct compare_stream *stream;
	struct { VEC_MEMBERS(uint32_t); } open;
};

/* The innermost open call of the event's context, of that kernel function or any (0). */
static size_t
find_open(const struct recording *recording, uint32_t ctx, unsigned code)
{
	for (size_t i = recording->open.count; i-- > 0; ) {
		const struct compare_event *call =
		    &recording->stream->event[recording->open.item[i]];

		if (call->ctx == ctx && (code == 0 || call->code == code))
			return i;
	}
	return SIZE_MAX;
}

static void
place_in_call(struct recording *recording, struct compare_event *event)
{
	bool is_return = event->kind == EV_RET;
	size_t open = event->ctx == 0 && !is_return ? SIZE_MAX :
	    find_open(recording, event->ctx, is_return ? event->code : 0);

	event->call = ALIGN_NONE;
	if (open == SIZE_MAX)
		return;
	event->call = is_return ? recording->open.item[open] : ALIGN_NONE;
	event->site = recording->stream->event[recording->open.item[open]].site;
	if (is_return)
		memmove(&recording->open.item[open], &recording->open.item[open + 1],
		    (--recording->open.count - open) * sizeof(recording->open.item[0]));
}

static void
add(struct recording *recording, const struct event *event, uint32_t site)
{
	const char *letters = event->kind == EV_CALL ?
	    trace_call_args((enum hw_call)event->code) : "";
	struct compare_stream *stream = recording->stream;
	struct compare_event mine = {
		.time_ns = event->time_ns, .ctx = event->ctx, .site = site,
		.call = ALIGN_NONE, .kind = event->kind, .code = event->code,
		.ctx_kind = (uint8_t)event->ctx_kind, .cpu = event->cpu, .ipl = event->ipl,
	};

	for (int i = 0; i < HW_ARGS_MAX; i++) {
		mine.value[i] = letters[0] == 'S' ? 0 : event_values(event)[i];
		letters += letters[0] != '\0';
	}
	if (event->kind == EV_CALL)
		*(uint32_t *)vec_add(&recording->open) = (uint32_t)stream->count;
	else
		place_in_call(recording, &mine);
	stream->event = vec_room(stream->event, stream->count, &stream->max, 1, sizeof(mine));
	stream->event[stream->count++] = mine;
}

static void
collect(void *arg, struct world *world, const struct run_result *result)
{
	struct recording recording = { .stream = arg };

	for (uint32_t seq = 0; seq < world->trace.count; seq++) {
		const struct event *event = trace_event(&world->trace, seq);

		if (COMPARED >> event->kind & 1)
			add(&recording, event, trace_site(&world->trace, seq));
	}
	recording.stream->end = result->end;
	recording.stream->end_site = result->end == WORLD_STOPPED ? 0 : world->end_site;
	vec_fini(&recording.open);
}

void
compare_record(const struct scenario_case *c, const struct run_options *options,
    struct compare_stream *stream)
{
	struct run_options mine = *options;
	struct run_result result;

	memset(stream, 0, sizeof(*stream));
	mine.keep_trace = true;
	mine.finished = collect;
	mine.arg = stream;
	run_case(c, &mine, &result);
	run_result_fini(&result);
}

void
compare_stream_fini(struct compare_stream *stream)
{
	free(stream->event);
	memset(stream, 0, sizeof(*stream));
}

/* ---- comparing ---- */

struct pair {
	const struct compare_stream *a, *b;
};

/* How much later things are in b, by context: what a timer does moves, what the host does not. */
struct shifts {
	int64_t ns[CONTEXTS_MAX + 1];
};

/* At the same time; at any; only the same thing in the same kind of context. */
enum level { LEVEL_TIME, LEVEL_VALUES, LEVEL_THING, LEVELS };

static uint8_t
what_changed(const struct compare_event *a, const struct compare_event *b)
{
	unsigned what = 0;

	for (unsigned i = 0; i < HW_ARGS_MAX; i++)
		if (a->value[i] != b->value[i])
			what |= 1u << i;
	return (uint8_t)(what | (a->ctx != b->ctx ? COMPARE_CTX : 0) |
	    (a->cpu != b->cpu ? COMPARE_CPU : 0) | (a->ipl != b->ipl ? COMPARE_IPL : 0));
}

static bool
is_equal(const void *arg, unsigned level, uint32_t index_a, uint32_t index_b)
{
	const struct pair *pair = arg;
	const struct compare_event *a = &pair->a->event[index_a], *b = &pair->b->event[index_b];

	return a->kind == b->kind && a->code == b->code && a->ctx_kind == b->ctx_kind &&
	    (level == LEVEL_THING || what_changed(a, b) == 0) &&
	    (level != LEVEL_TIME || a->time_ns == b->time_ns);
}

static void
weigh(const struct pair *pair, struct compare_row *row, struct shifts *shifts,
    struct compare_result *result)
{
	const struct compare_event *a, *b;
	int64_t now, *shift;

	if (row->a == ALIGN_NONE || row->b == ALIGN_NONE) {
		row->kind = row->a == ALIGN_NONE ? COMPARE_ADDED : COMPARE_REMOVED;
		return;
	}
	a = &pair->a->event[row->a];
	b = &pair->b->event[row->b];
	now = (int64_t)(b->time_ns - a->time_ns);
	shift = &shifts->ns[b->ctx <= CONTEXTS_MAX ? b->ctx : 0];
	row->what = what_changed(a, b);
	if (row->what != 0)
		row->kind = COMPARE_CHANGED;
	else if (now != 0 && now != *shift)
		row->kind = now > *shift ? COMPARE_LATER : COMPARE_EARLIER;
	else if (now != 0)
		result->moved++;
	*shift = now;
}

static uint32_t
call_of(const struct compare_stream *stream, uint32_t index)
{
	return index == ALIGN_NONE ? ALIGN_NONE : stream->event[index].call;
}

/* A result is shown with its call if both are only here, or only there. */
static void
mark_results(const struct pair *pair, struct compare_result *result)
{
	bool *alone_a = xcalloc(pair->a->count + 1, sizeof(bool));
	bool *alone_b = xcalloc(pair->b->count + 1, sizeof(bool));

	for (size_t i = 0; i < result->count; i++) {
		struct compare_row *row = &result->row[i];
		uint32_t call_a = call_of(pair->a, row->a), call_b = call_of(pair->b, row->b);

		if (row->kind == COMPARE_REMOVED) {
			alone_a[row->a] = true;
			row->follows = call_a != ALIGN_NONE && alone_a[call_a];
		} else if (row->kind == COMPARE_ADDED) {
			alone_b[row->b] = true;
			row->follows = call_b != ALIGN_NONE && alone_b[call_b];
		}
	}
	free(alone_a);
	free(alone_b);
}

static void
insert(struct compare_result *result, size_t at, enum compare_kind kind)
{
	memmove(&result->row[at + 1], &result->row[at],
	    (result->count - at) * sizeof(result->row[0]));
	result->count++;
	result->row[at] = (struct compare_row){
		.a = ALIGN_NONE, .b = ALIGN_NONE, .kind = (uint8_t)kind,
	};
}

/* What one run does after the other came to a bad end says nothing about the drivers. */
static void
insert_end(const struct pair *pair, struct compare_result *result)
{
	size_t at = result->count;

	while (at > 0 && ((pair->a->end != WORLD_STOPPED &&
	    result->row[at - 1].kind == COMPARE_ADDED) || (pair->b->end != WORLD_STOPPED &&
	    result->row[at - 1].kind == COMPARE_REMOVED))) {
		at--;
		result->row[at].follows = true;
	}
	insert(result, at, COMPARE_END);
}

void
compare_streams(const struct compare_stream *a, const struct compare_stream *b,
    unsigned bound, struct compare_result *result)
{
	struct pair pair = { a, b };
	struct align_input input = {
		.count_a = (uint32_t)a->count, .count_b = (uint32_t)b->count,
		.equal = is_equal, .arg = &pair, .levels = LEVELS, .bound = bound,
	};
	struct alignment alignment;
	struct shifts shifts = { 0 };

	align(&input, &alignment);
	*result = (struct compare_result){
		.row = xcalloc(alignment.count + 2, sizeof(result->row[0])),
		.count = alignment.count,
		.lost_a = alignment.lost_a, .lost_b = alignment.lost_b,
	};
	for (size_t i = 0; i < alignment.count; i++) {
		result->row[i].a = alignment.item[i].a;
		result->row[i].b = alignment.item[i].b;
		weigh(&pair, &result->row[i], &shifts, result);
	}
	mark_results(&pair, result);
	if (a->end != b->end)
		insert_end(&pair, result);
	if (alignment.lost)
		insert(result, result->count, COMPARE_LOST);
	for (size_t i = 0; i < result->count; i++)
		result->differences += result->row[i].kind != COMPARE_SAME &&
		    !result->row[i].follows;
	vec_fini(&alignment);
}

void
compare_result_fini(struct compare_result *result)
{
	free(result->row);
	memset(result, 0, sizeof(*result));
}
