/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a run: see trace.h.
 */
#include "machine/trace.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/alloc.h"

void
trace_init(struct trace *trace, bool keep_all)
{
	memset(trace, 0, sizeof(*trace));
	trace->keep_all = keep_all;
	trace->hash = XXH3_createState();
	if (trace->hash == NULL)
		out_of_memory();
	XXH3_64bits_reset(trace->hash);
	trace->text_length = 1;		/* text 0 is the empty one */
	trace->text_max = 4096;
	trace->text = xmalloc(trace->text_max);
	trace->text[0] = '\0';
}

void
trace_fini(struct trace *trace)
{
	vec_each(chunk, &trace->chunks)
		free(*chunk);
	vec_fini(&trace->chunks);
	free(trace->text);
	XXH3_freeState(trace->hash);
	memset(trace, 0, sizeof(*trace));
}

void
trace_observe(struct trace *trace, struct observer observer)
{
	assert(trace->observers < OBSERVERS_MAX);
	for (unsigned kind = 0; kind < EV_KINDS; kind++)
		if (observer.kinds & UINT64_C(1) << kind)
			trace->by_kind[kind][trace->by_kind_count[kind]++] =
			    (uint8_t)trace->observers;
	trace->observer[trace->observers++] = observer;
}

static size_t
chunk_index(const struct trace *trace, uint32_t seq)
{
	size_t index = seq / TRACE_CHUNK;

	return trace->keep_all ? index : index % 2;
}

static struct trace_chunk *
chunk_for(struct trace *trace, uint32_t seq)
{
	size_t index = chunk_index(trace, seq);

	if (index == trace->chunks.count)
		*vec_add(&trace->chunks) = xmalloc(sizeof(struct trace_chunk));
	return trace->chunks.item[index];
}

/* Hash the events of the chunk that `seq` has just completed. */
static void
fold(struct trace *trace, const struct trace_chunk *chunk)
{
	XXH3_64bits_update(trace->hash, chunk->event, sizeof(chunk->event));
	trace->folded += TRACE_CHUNK;
}

void
trace_open(struct trace *trace)
{
	trace->open = chunk_for(trace, trace->count);
}

static void
show(struct trace *trace, const struct event *event, uint32_t site, const void *payload)
{
	trace->showing++;
	for (unsigned i = 0; i < trace->by_kind_count[event->kind]; i++) {
		struct observer *o = &trace->observer[trace->by_kind[event->kind][i]];

		o->see(o->self, event, site, payload);
	}
	trace->showing--;
}

void
trace_placed(struct trace *trace, struct event *event, uint32_t site, const void *payload)
{
	struct trace_chunk *chunk = trace->open;
	unsigned slot = trace->count % TRACE_CHUNK;

	event->seq = trace->count++;
	chunk->site[slot] = site;
	if (event->kind == EV_CALL)
		trace->calls[event->code]++;
	if (slot == TRACE_CHUNK - 1)
		fold(trace, chunk);
	show(trace, event, site, payload);
}

void
trace_append(struct trace *trace, struct event *event, uint32_t site, const void *payload)
{
	struct event *placed = trace_place(trace);

	event->seq = trace->count;
	*placed = *event;
	trace_placed(trace, placed, site, payload);
}

static bool
is_kept(const struct trace *trace, uint32_t seq)
{
	if (seq >= trace->count)
		return false;
	return trace->keep_all ||
	    seq / TRACE_CHUNK + 2 > (trace->count - 1) / TRACE_CHUNK;
}

const struct event *
trace_event(const struct trace *trace, uint32_t seq)
{
	if (!is_kept(trace, seq))
		return NULL;
	return &trace->chunks.item[chunk_index(trace, seq)]->event[seq % TRACE_CHUNK];
}

uint32_t
trace_site(const struct trace *trace, uint32_t seq)
{
	if (!is_kept(trace, seq))
		return 0;
	return trace->chunks.item[chunk_index(trace, seq)]->site[seq % TRACE_CHUNK];
}

uint64_t
trace_text(struct trace *trace, const char *text, size_t length)
{
	uint64_t number = trace->text_length;

	trace->text = vec_room(trace->text, trace->text_length, &trace->text_max, length + 1, 1);
	memcpy(trace->text + number, text, length);
	trace->text[number + length] = '\0';
	trace->text_length += length + 1;
	return number;
}

const char *
trace_text_of(const struct trace *trace, uint64_t number)
{
	return number < trace->text_length ? trace->text + number : "";
}

uint64_t
trace_hash(const void *data, size_t length)
{
	return XXH3_64bits(data, length);
}

uint64_t
trace_digest(struct trace *trace)
{
	XXH3_state_t *copy = XXH3_createState();
	uint64_t digest;

	if (copy == NULL)
		out_of_memory();
	XXH3_copyState(copy, trace->hash);
	for (uint32_t seq = trace->folded; seq < trace->count; seq++)
		XXH3_64bits_update(copy, trace_event(trace, seq), sizeof(struct event));
	digest = XXH3_64bits_digest(copy);
	XXH3_freeState(copy);
	return digest;
}

static const struct event_row {
	const char *word, *args;
} kind_rows[EV_KINDS] = {
	[EV_NONE] = { "none", "" },
#define X(id, name, w, args) [EV_##id] = { w, ARGS_TEXT(args) },
	TRACE_KINDS(X)
#undef X
}, note_rows[HW_NOTES] = {
#define X(id, name, w, args) [HW_NOTE_##id] = { w, ARGS_TEXT(args) },
	DOOR_NOTES(X)
#undef X
};

const char *
trace_kind_word(enum event_kind kind)
{
	return kind < EV_KINDS ? kind_rows[kind].word : "?";
}

const char *
trace_kind_args(enum event_kind kind)
{
	return kind < EV_KINDS ? kind_rows[kind].args : "";
}

const char *
trace_note_word(enum hw_note note)
{
	return note < HW_NOTES ? note_rows[note].word : "?";
}

const char *
trace_note_args(enum hw_note note)
{
	return note < HW_NOTES ? note_rows[note].args : "";
}

static const struct call_row {
	const char *name, *args, *names, *result;
} call_rows[HW_CALLS] = {
	[HW_CALL_NONE] = { "none", "", "", "" },
#define X(id, n, a, r) [HW_CALL_##id] = { #n, ARGS_LETTERS(a), ARGS_TEXT(a), r },
	DOOR_CALLS(X)
#undef X
};

const char *
trace_call_name(enum hw_call call)
{
	return call < HW_CALLS ? call_rows[call].name : "?";
}

const char *
trace_call_args(enum hw_call call)
{
	return call < HW_CALLS ? call_rows[call].args : "";
}

const char *
trace_call_names(enum hw_call call)
{
	return call < HW_CALLS ? call_rows[call].names : "";
}

const char *
trace_call_result(enum hw_call call)
{
	return call < HW_CALLS ? call_rows[call].result : "";
}

enum hw_call
trace_call_by_name(const char *name)
{
	for (unsigned call = HW_CALL_NONE + 1; call < HW_CALLS; call++)
		if (strcmp(call_rows[call].name, name) == 0)
			return call;
	return HW_CALL_NONE;
}

/* ---- names of recorded values, by the letters of door.h ---- */

/* sys/intr.h */
static const char *const ipl[] = {
	"IPL_NONE", "IPL_PREEMPT", "IPL_SOFTCLOCK", "IPL_SOFTBIO", "IPL_SOFTNET",
	"IPL_SOFTSERIAL", "IPL_VM", "IPL_SCHED", "IPL_HIGH", NULL
};
static const char *const vector[] = {
	[HW_VEC_INTX] = "INTx", [HW_VEC_MSIX_CONFIG] = "MSI-X config",
	[HW_VEC_MSIX_QUEUE] = "MSI-X queue", "MSI-X queue 1", "MSI-X queue 2", "MSI-X queue 3",
	"MSI-X queue 4", "MSI-X queue 5", "MSI-X queue 6", "MSI-X queue 7", [HW_VECTORS] = NULL
};
static const char *const region[] = {
	[HW_REG_LEGACY] = "legacy", [HW_REG_COMMON] = "common", [HW_REG_NOTIFY] = "notify",
	[HW_REG_ISR] = "isr", [HW_REG_DEVICE] = "device", NULL
};
static const char *const slot_state[] = {
	"", "prepared", "reserved", "committed", "freed", NULL
};
static const char *const callback[] = {
	[HW_CB_CONFIG_CHANGE] = "config_change", [HW_CB_VQ_DONE] = "vq_done",
	[HW_CB_INTRHAND] = "intrhand", [HW_CB_SOFTINT] = "softint handler", NULL
};
static const char *const attach_step[] = {
	[HW_ATTACH_MATCH] = "match", [HW_ATTACH_BEGIN] = "begin",
	[HW_ATTACH_STARTED] = "started", [HW_ATTACH_FINISHED] = "finished",
	[HW_ATTACH_FAILED] = "failed", [HW_ATTACH_END] = "end", NULL
};
static const char *const edge[] = { "", "enter", "leave", NULL };
/* bus_dma(9): BUS_DMASYNC_... */
static const char *const sync_ops[] = {
	"", "PREREAD", "POSTREAD", "PREWRITE", "POSTWRITE", NULL
};
/* virtio 1.2 clause 2.1 */
static const char *const status[] = {
	"RESET", "ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "", "", "NEEDS_RESET",
	"FAILED", NULL
};

static const char *const context_kind[] = {
	[HW_CTX_AUTOCONF] = "autoconf", [HW_CTX_KTHREAD] = "thread",
	[HW_CTX_SOFTINT] = "soft interrupt", [HW_CTX_HARDINT] = "interrupt", NULL
};

const char *const *
trace_words(char letter, bool *bits)
{
	static const struct { char letter; bool bits; const char *const *words; } tables[] = {
		{ 'P', false, ipl }, { 'V', false, vector }, { 'R', false, region },
		{ 'Z', false, slot_state }, { 'B', false, callback }, { 'A', false, attach_step },
		{ 'G', false, edge }, { 'y', true, sync_ops }, { 'U', true, status },
		{ 'C', false, context_kind },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i].letter == letter) {
			*bits = tables[i].bits;
			return tables[i].words;
		}
	return NULL;
}
