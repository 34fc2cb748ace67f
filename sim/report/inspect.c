/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world in words: see inspect.h.
 */
#include "report/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/vec.h"
#include "report/words.h"

#define NAME_COLUMNS 10
#define RANGES_MAX 16			/* of pages that are listed */

/* Behind the newest event. */
static void
read_record(struct words *words, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;

	words_init(words, input->world);
	for (uint32_t seq = words_first(trace); seq < trace->count; seq++)
		words_follow(words, trace_event(trace, seq));
}

static void
print_place(FILE *stream, const struct report_input *input, uint32_t site)
{
	struct source_pos pos;

	if (report_position(input, site, &pos))
		fprintf(stream, " [%s:%u %s]", pos.file, pos.line, pos.function);
}

void
inspect_event(FILE *stream, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;
	const struct event *event = trace->count > 0 ? trace_event(trace, trace->count - 1) : NULL;
	char time[32], text[WORDS_TEXT];
	struct words words;

	if (event == NULL) {
		fputs("before the first event\n", stream);
		return;
	}
	words_init(&words, input->world);
	for (uint32_t seq = words_first(trace); seq < event->seq; seq++)
		words_follow(&words, trace_event(trace, seq));
	words_time(event->time_ns, time, sizeof(time));
	words_event(&words, event, text, sizeof(text));
	fprintf(stream, "event %" PRIu32 " at %s: %s %s", event->seq, time + strspn(time, " "),
	    words_who(&words, event), text);
	print_place(stream, input, trace_site(trace, event->seq));
	putc('\n', stream);
}

/* ---- contexts ---- */

/* Its newest event of that kind; NULL: there is none. */
static const struct event *
newest_of(const struct trace *trace, uint32_t ctx, enum event_kind kind)
{
	for (uint32_t seq = trace->count; seq-- > 0; ) {
		const struct event *event = trace_event(trace, seq);

		if (event != NULL && event->ctx == ctx && event->kind == kind)
			return event;
	}
	return NULL;
}

/* By number of the mutex, who has it. */
static void
print_held(FILE *stream, const struct trace *trace, uint32_t ctx)
{
	struct { VEC_MEMBERS(uint32_t); } holder = { 0 };
	const char *between = "; holds ";

	for (uint32_t seq = 0; seq < trace->count; seq++) {
		const struct event *event = trace_event(trace, seq);

		if (event == NULL || event->kind != EV_NOTE)
			continue;
		if (event->code == HW_NOTE_MUTEX_HELD)
			*vec_reach(&holder, event->note.mutex_held.mutex) = event->ctx;
		else if (event->code == HW_NOTE_MUTEX_FREED)
			*vec_reach(&holder, event->note.mutex_freed.mutex) = 0;
	}
	for (size_t i = 0; i < holder.count; i++)
		if (holder.item[i] == ctx) {
			fprintf(stream, "%smutex%zu", between, i);
			between = ", ";
		}
	vec_fini(&holder);
}

static void
print_sleep(FILE *stream, const struct words *words, uint32_t ctx)
{
	const struct event *sleep = newest_of(&words->world->trace, ctx, EV_CTX_SLEEP);
	char text[WORDS_TEXT], time[32];

	if (sleep == NULL)
		return;
	words_event(words, sleep, text, sizeof(text));
	words_time(sleep->time_ns, time, sizeof(time));
	fprintf(stream, "%s, since %s, ", text, time + strspn(time, " "));
}

static void
print_context(FILE *stream, const struct report_input *input, const struct words *words,
    uint32_t ctx)
{
	const struct world *world = input->world;
	char where[WORDS_TEXT];

	fprintf(stream, "%c %2" PRIu32 " %-*s ", world->running != NULL &&
	    world->running->ordinal == ctx ? '*' : ' ', ctx, NAME_COLUMNS,
	    words_context_name(words, ctx, HW_CTX_KTHREAD));
	if (words->context[ctx].asleep_ns != WORDS_UNKNOWN)
		print_sleep(stream, words, ctx);
	if (!words_place(words, ctx, where, sizeof(where)))
		snprintf(where, sizeof(where), "no kernel call yet");
	fputs(where, stream);
	print_place(stream, input, words->context[ctx].site);
	print_held(stream, &world->trace, ctx);
	putc('\n', stream);
}

void
inspect_contexts(FILE *stream, const struct report_input *input)
{
	struct words words;

	read_record(&words, input);
	fprintf(stream, "%c  0 %-*s %s\n", input->world->running == NULL ? '*' : ' ', NAME_COLUMNS,
	    "machine", "the scenario, the device, time");
	for (uint32_t i = 1; i <= CONTEXTS_MAX; i++)
		if (words.context[i].is_there)
			print_context(stream, input, &words, i);
}

void
inspect_registers(const struct report_input *input,
    void (*take)(void *arg, const char *context, const char *registers), void *arg)
{
	char text[1024], number[16];
	struct words words;

	read_record(&words, input);
	for (uint32_t ctx = 0; ctx <= CONTEXTS_MAX; ctx++) {
		if (ctx != 0 && !words.context[ctx].is_there)
			continue;
		if (!world_registers(input->world, ctx, text, sizeof(text)))
			text[0] = '\0';
		snprintf(number, sizeof(number), "%" PRIu32, ctx);
		take(arg, number, text);
		take(arg, words_context_name(&words, ctx, HW_CTX_KTHREAD), text);
	}
}

/* ---- virtqueues ---- */

/* What has become of an entry; by words of the specification, seen from the driver. */
enum entry_state {
	ENTRY_FREE, ENTRY_PREPARED, ENTRY_RESERVED, ENTRY_AVAILABLE, ENTRY_IN_FLIGHT, ENTRY_USED,
	ENTRY_TAKEN_BACK, ENTRY_STATES
};
static const char *const entry_words[ENTRY_STATES] = {
	[ENTRY_PREPARED] = "prepared", [ENTRY_RESERVED] = "reserved",
	[ENTRY_AVAILABLE] = "available", [ENTRY_IN_FLIGHT] = "in flight", [ENTRY_USED] = "used",
	[ENTRY_TAKEN_BACK] = "taken back and not freed",
};

struct entry {
	enum entry_state state;
	uint32_t seq;			/* since that event */
	uint64_t length;		/* bytes: of the request, once taken; as used says, then */
};

struct ring {
	uint64_t size;			/* 0: not set up */
	struct { VEC_MEMBERS(struct entry); } entries;
};

struct rings {
	VEC_MEMBERS(struct ring);
};

static void
set_entry(struct rings *rings, uint64_t queue, uint64_t slot, enum entry_state state,
    const struct event *event, uint64_t length)
{
	struct ring *ring;

	if (queue > UINT16_MAX || slot > UINT16_MAX)
		return;
	ring = vec_reach(rings, queue);
	*vec_reach(&ring->entries, slot) = (struct entry){
		.state = state, .seq = event->seq, .length = length,
	};
}

static void
follow_note(struct rings *rings, const struct event *event)
{
	static const enum entry_state of_slot[] = {
		ENTRY_FREE, ENTRY_PREPARED, ENTRY_RESERVED, ENTRY_AVAILABLE, ENTRY_FREE
	};
	uint64_t state = event->note.slot.state;

	if (event->code == HW_NOTE_SLOT && state < sizeof(of_slot) / sizeof(of_slot[0]))
		set_entry(rings, event->note.slot.queue, event->note.slot.slot, of_slot[state],
		    event, 0);
	else if (event->code == HW_NOTE_DEQUEUED)
		set_entry(rings, event->note.dequeued.queue, event->note.dequeued.slot,
		    ENTRY_TAKEN_BACK, event, event->note.dequeued.length);
}

static void
forget(struct ring *ring)
{
	vec_fini(&ring->entries);
	ring->size = 0;
}

static void
follow(struct rings *rings, const struct event *event)
{
	switch (event->kind) {
	case EV_NOTE:
		follow_note(rings, event);
		break;
	case EV_DEV_TAKE:
		set_entry(rings, event->dev_take.queue, event->dev_take.head, ENTRY_IN_FLIGHT,
		    event, event->dev_take.length);
		break;
	case EV_DEV_USED:
		set_entry(rings, event->dev_used.queue, event->dev_used.id, ENTRY_USED, event,
		    event->dev_used.length);
		break;
	case EV_DEV_QUEUE:
		if (event->dev_queue.queue > UINT16_MAX)
			break;
		forget(vec_reach(rings, event->dev_queue.queue));
		if (event->dev_queue.address != 0)
			vec_reach(rings, event->dev_queue.queue)->size = event->dev_queue.size;
		break;
	case EV_HOST_REBOOT:
		vec_each(ring, rings)
			forget(ring);
		break;
	}
}

static void
print_ring(FILE *stream, const struct report_input *input, const char *name,
    const struct ring *ring)
{
	unsigned count[ENTRY_STATES] = { 0 }, used = 0;
	const char *between = ": ";

	vec_each(entry, &ring->entries) {
		count[entry->state]++;
		used += entry->state != ENTRY_FREE;
	}
	fprintf(stream, "%s, %" PRIu64 " entries", name, ring->size);
	for (int state = ENTRY_FREE + 1; state < ENTRY_STATES; state++)
		if (count[state] > 0) {
			fprintf(stream, "%s%u %s", between, count[state], entry_words[state]);
			between = ", ";
		}
	fprintf(stream, "%s%" PRIu64 " free\n", between, ring->size > used ? ring->size - used : 0);
	vec_each(entry, &ring->entries) {
		const struct event *since = trace_event(&input->world->trace, entry->seq);
		char time[32];

		if (entry->state == ENTRY_FREE)
			continue;
		words_time(since->time_ns, time, sizeof(time));
		fprintf(stream, "  slot %zu %s since %s (event %" PRIu32 ")",
		    (size_t)(entry - ring->entries.item), entry_words[entry->state],
		    time + strspn(time, " "), entry->seq);
		if (entry->state > ENTRY_AVAILABLE)
			fprintf(stream, ", length %" PRIu64, entry->length);
		putc('\n', stream);
	}
}

void
inspect_rings(FILE *stream, const struct report_input *input)
{
	const struct trace *trace = &input->world->trace;
	struct rings rings[HW_DEVICES] = { 0 };
	struct words words;
	bool any = false;

	words_init(&words, input->world);
	for (uint32_t seq = 0; seq < trace->count; seq++) {
		const struct event *event = trace_event(trace, seq);

		if (event != NULL && event->device < HW_DEVICES)
			follow(&rings[event->device], event);
	}
	for (unsigned device = 0; device < HW_DEVICES; device++) {
		for (size_t i = 0; i < rings[device].count; i++) {
			char name[WORDS_TEXT];

			if (rings[device].item[i].size == 0)
				continue;
			any = true;
			words_value(&words, 'q', i, name, sizeof(name));
			if (device > 0)
				fprintf(stream, "device/%u ", device);
			print_ring(stream, input, name, &rings[device].item[i]);
		}
		vec_each(ring, &rings[device])
			forget(ring);
		vec_fini(&rings[device]);
	}
	if (!any)
		fputs("no virtqueue is set up\n", stream);
}

/* ---- pages ---- */

/* The frames with one of these bits, all of `mask` looked at, as ranges. */
static void
print_ranges(FILE *stream, const struct memory *memory, uint8_t mask, uint8_t wanted)
{
	unsigned ranges = 0;

	for (uint64_t pfn = 0; pfn < memory->pfn_max; pfn++) {
		uint64_t first = pfn;

		while (pfn < memory->pfn_max && memory_is_ram(memory, pfn) &&
		    (memory->frame[pfn] & mask) == wanted)
			pfn++;
		if (pfn == first)
			continue;
		if (ranges++ == RANGES_MAX) {
			fputs(" ...", stream);
			break;
		}
		fprintf(stream, pfn == first + 1 ? " 0x%" PRIx64 : " 0x%" PRIx64 "-0x%" PRIx64,
		    first, pfn - 1);
	}
	putc('\n', stream);
}

void
inspect_pages(FILE *stream, const struct report_input *input)
{
	const struct memory *memory = &input->world->memory;
	const struct memory_counts *counts = &memory->counts;
	const struct { const char *who; uint64_t pages; uint8_t mask, wanted; } rows[] = {
		{ "free", counts->free, MEMORY_OWNER_MASK, HW_PAGE_FREE },
		{ "kernel", counts->kernel, MEMORY_OWNER_MASK, HW_PAGE_KERNEL },
		{ "others", counts->others, MEMORY_OWNER_MASK, HW_PAGE_OTHERS },
		{ "driver", counts->driver, MEMORY_OWNER_MASK, HW_PAGE_DRIVER },
		{ "host has", counts->held, MEMORY_HOST_HAS, MEMORY_HOST_HAS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fprintf(stream, "%-9s%8" PRIu64, rows[i].who, rows[i].pages);
		print_ranges(stream, memory, rows[i].mask, rows[i].wanted);
	}
}
