/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A reader's place in the record, and who does what in it: see words.h.
 */
#include "report/words_line.h"

#include <stdio.h>
#include <string.h>

#include "device/class.h"
#include "report/report.h"

/* ---- following the record ---- */

uint32_t
words_first(const struct trace *trace)
{
	uint32_t seq = trace->keep_all || trace->count <= TRACE_CHUNK ? 0 :
	    ((trace->count - 1) / TRACE_CHUNK - 1) * TRACE_CHUNK;

	return trace_event(trace, seq) != NULL ? seq : trace->count;
}

/* What the host had before the first request that it acted upon. */
static uint64_t
host_at_first(const struct world *world)
{
	const struct device_class *class = device_class_in(world);
	uint64_t held, moved;

	for (uint32_t seq = 0; seq < world->trace.count; seq++) {
		const struct event *event = trace_event(&world->trace, seq);

		if (event->kind != EV_DEV_ACT)
			continue;
		held = event->dev_act.held;
		moved = event->dev_act.pages;
		if (class->takes == NULL || !class->takes(event))
			return held + moved;
		return held > moved ? held - moved : 0;
	}
	return world->memory.counts.held;
}

void
words_init(struct words *words, const struct world *world)
{
	bool whole = words_first(&world->trace) == 0;

	memset(words, 0, sizeof(*words));
	words->world = world;
	for (uint32_t i = 0; i <= CONTEXTS_MAX; i++)
		words->context[i].asleep_ns = WORDS_UNKNOWN;
	/* Of a cut record only the end is known: take today's names, and no counts. */
	for (uint32_t i = 0; !whole && i < world->contexts; i++)
		snprintf(words->context[i + 1].name, WORDS_NAME, "%s", world->context[i].name);
	words->pages = (struct words_pages){ WORDS_UNKNOWN, WORDS_UNKNOWN, WORDS_UNKNOWN };
	if (whole)
		words->pages = (struct words_pages){
			.driver = 0, .host = host_at_first(world),
			.free = world->memory.counts.total,
		};
}

static struct words_context *
context_of(struct words *words, uint64_t ordinal)
{
	return &words->context[ordinal <= CONTEXTS_MAX ? ordinal : 0];
}

const char *
words_thread_name(const struct words *words, const struct event *start)
{
	const struct trace *trace = &words->world->trace;

	for (uint32_t seq = start->seq; seq-- > 0; ) {
		const struct event *event = trace_event(trace, seq);

		if (event == NULL)
			break;
		if (event->kind == EV_CALL && event->code == HW_CALL_KTHREAD_CREATE &&
		    event->ctx == start->ctx)
			return trace_text_of(trace, event->call.kthread_create.name);
	}
	return "thread";
}

/* Which of two, behind the word for the first. */
static const char *
of_device(const char *word, const struct event *event)
{
	static char name[WORDS_NAME];

	if (event->device == 0)
		return word;
	snprintf(name, sizeof(name), "%s/%u", word, event->device);
	return name;
}

static void
follow_start(struct words *words, const struct event *event)
{
	struct words_context *context = context_of(words, event->ctx_start.context);

	*context = (struct words_context){
		.asleep_ns = WORDS_UNKNOWN,
		.is_there = event->ctx_start.kind == HW_CTX_AUTOCONF ||
		    event->ctx_start.kind == HW_CTX_KTHREAD,
	};
	switch ((enum hw_context)event->ctx_start.kind) {
	case HW_CTX_AUTOCONF:
		snprintf(context->name, WORDS_NAME, "autoconf");
		break;
	case HW_CTX_KTHREAD:
		snprintf(context->name, WORDS_NAME, "%s",
		    of_device(words_thread_name(words, event), event));
		report_clean(context->name);
		break;
	case HW_CTX_SOFTINT:
	case HW_CTX_HARDINT:
		break;		/* named at its first interrupt */
	}
}

/* How many pages are free once this event took effect. */
static uint64_t
free_after(const struct words *words, const struct event *event)
{
	const struct trace *trace = &words->world->trace;

	for (uint32_t seq = event->seq + 1; seq < trace->count; seq++) {
		const struct event *next = trace_event(trace, seq);

		if (next == NULL || next->kind == EV_HOST_REBOOT)
			return event->code == HW_PAGE_FREE ?
			    event->pages.free + event->pages.count :
			    event->pages.free - event->pages.count;
		if (next->kind == EV_PAGES)
			return next->pages.free;
	}
	return words->world->memory.counts.free;
}

/*
 * Are the pages that this event frees the driver's?  Also a refused allocation gives back what it
 * had got.
 */
static bool
is_drivers_call(const struct words *words, const struct event *event)
{
	unsigned call = event->ctx <= CONTEXTS_MAX ? words->context[event->ctx].last_call : 0;

	return event->ctx != 0 && (call == HW_CALL_UVM_PGLISTFREE ||
	    call == HW_CALL_UVM_PGLISTALLOC);
}

static void
follow_pages(struct words *words, const struct event *event)
{
	struct words_pages *pages = &words->pages;
	uint64_t before = event->pages.free, after = free_after(words, event);

	pages->free = after;
	if (pages->driver == WORDS_UNKNOWN)
		return;
	if (event->code == HW_PAGE_DRIVER)
		pages->driver += before - after;
	/* What was free already does not count, so a double free shows. */
	else if (event->code == HW_PAGE_FREE && is_drivers_call(words, event))
		pages->driver -= after - before < pages->driver ? after - before :
		    pages->driver;
}

/* What the first device's host had before is in the count. */
static void
follow_host(struct words *words, const struct event *event)
{
	uint64_t *held = &words->held[event->device];

	if (words->pages.host == WORDS_UNKNOWN)
		words->pages.host = 0;
	else if (event->device == 0)
		*held = words->pages.host - words->held[1];
	words->pages.host += event->dev_act.held - *held;
	*held = event->dev_act.held;
}

/* A context for interrupts is named at its first one. */
static const char *
handler_name(const struct event *event)
{
	static char name[WORDS_NAME];
	unsigned vector = (unsigned)event->irq_enter.vector;

	if (vector < HW_VECTORS)
		snprintf(name, sizeof(name), "irq%u", hw_line(event->device, vector));
	else
		snprintf(name, sizeof(name), "softint%u", vector - HW_VECTORS + 1);
	return name;
}

void
words_follow(struct words *words, const struct event *event)
{
	struct words_context *context = context_of(words, event->ctx);

	context->begun = true;
	switch (event->kind) {
	case EV_CALL:
		context->last_call = event->code;
		context->call = event->seq;
		context->begun = false;
		context->in_call = true;
		context->site = trace_site(&words->world->trace, event->seq);
		break;
	case EV_RET:
		context->in_call = false;
		break;
	case EV_CTX_START:
		follow_start(words, event);
		break;
	case EV_CTX_END:
	case EV_IRQ_EXIT:
		context->is_there = false;
		break;
	case EV_IRQ_ENTER:
		*context = (struct words_context){ .asleep_ns = WORDS_UNKNOWN, .is_there = true };
		snprintf(context->name, WORDS_NAME, "%s", handler_name(event));
		break;
	case EV_CTX_SLEEP:
		context->asleep_ns = event->time_ns;
		break;
	case EV_CTX_WAKE:
		context_of(words, event->ctx_wake.context)->asleep_ns = WORDS_UNKNOWN;
		break;
	case EV_PAGES:
		follow_pages(words, event);
		break;
	case EV_DEV_ACT:
		follow_host(words, event);
		break;
	case EV_HOST_REBOOT:
		words->pages = (struct words_pages){
			.driver = 0, .host = 0, .free = words->world->memory.counts.total,
		};
		memset(words->held, 0, sizeof(words->held));
		for (uint32_t i = 0; i <= CONTEXTS_MAX; i++)
			words->context[i].is_there = false;
		break;
	}
}

/* ---- who ---- */

const char *
words_context_name(const struct words *words, uint32_t ordinal, enum hw_context kind)
{
	static const char *const names[] = {
		[HW_CTX_AUTOCONF] = "autoconf", [HW_CTX_KTHREAD] = "thread",
		[HW_CTX_SOFTINT] = "softint", [HW_CTX_HARDINT] = "irq",
	};

	if (ordinal == 0)
		return "machine";
	if (ordinal <= CONTEXTS_MAX && words->context[ordinal].name[0] != '\0')
		return words->context[ordinal].name;
	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

const char *
words_place_word(const struct words_context *context)
{

	return !context->in_call ? "after" : context->begun ? "in" : "before";
}

bool
words_place(const struct words *words, uint32_t ordinal, char *text, size_t size)
{
	const struct words_context *context = &words->context[ordinal];
	const struct event *call = trace_event(&words->world->trace, context->call);
	char what[WORDS_TEXT];

	if (!context->is_there || context->last_call == HW_CALL_NONE || call == NULL)
		return false;
	words_event(words, call, what, sizeof(what));
	snprintf(text, size, "%s %s", words_place_word(context), what);
	return true;
}

bool
words_stand(const struct words *words, uint32_t ordinal, char *text, size_t size)
{
	return words->context[ordinal].asleep_ns == WORDS_UNKNOWN &&
	    words_place(words, ordinal, text, size);
}

const char *
words_who(const struct words *words, const struct event *event)
{
	const struct words_kind *kind = &words_kinds[event->kind];
	uint64_t first = event_values(event)[0];

	if (event->kind == EV_IRQ_ENTER || event->kind == EV_IRQ_EXIT)
		return handler_name(event);
	if (event->kind == EV_CTX_RUN || event->kind == EV_CTX_WAKE)
		return words_context_name(words, (uint32_t)first, HW_CTX_KTHREAD);
	if (event->kind == EV_PAGES && event->ctx == 0)
		return event->code != HW_PAGE_KERNEL ? "guest" : "kernel";
	if (event->kind == EV_CTX_START && event->ctx == 0)
		return "kernel";
	if (kind->who != NULL && (event->kind != EV_IRQ_RAISE || first < HW_VECTORS))
		return kind->of_device ? of_device(kind->who, event) : kind->who;
	return words_context_name(words, event->ctx, (enum hw_context)event->ctx_kind);
}

const char *
words_colour(const struct event *event)
{
	const char *colour = words_kinds[event->kind].colour;

	if (colour != NULL)
		return colour;
	return event->ctx == 0 ? WORDS_KERNEL : event->ctx_kind == HW_CTX_SOFTINT ||
	    event->ctx_kind == HW_CTX_HARDINT ? WORDS_INTERRUPT : WORDS_THREAD;
}

/* ---- what is always shown ---- */

bool
words_holds_at_once(const struct words *words, const struct event *event)
{
	const struct event *before;

	if (event == NULL || event->kind != EV_EXPECT || event->expect.held != 1 ||
	    event->seq == 0)
		return false;
	before = trace_event(&words->world->trace, event->seq - 1);
	return before != NULL && before->kind == EV_STEP &&
	    before->step.index == event->expect.index;
}

/* A line that is put on the console in pieces ends with an empty one. */
static bool
console_is_main(const struct words *words, const struct event *event)
{
	const char *text = trace_text_of(&words->world->trace, event->console.text);

	return text[strspn(text, "\n\t ")] != '\0';
}

static bool
note_is_main(const struct event *event)
{
	if (event->code == HW_NOTE_CALLBACK)
		return event->note.callback.edge == 1;
	return event->code == HW_NOTE_ATTACH || event->code == HW_NOTE_THREAD_GONE;
}

/* A call that failed; that a timed wait ran out is shown by the wake-up. */
static bool
return_is_main(const struct event *event)
{
	enum hw_call call = (enum hw_call)event->code;

	if (event->ret.result == 0 || call == HW_CALL_CV_TIMEDWAIT ||
	    call == HW_CALL_CV_TIMEDWAIT_SIG || call == HW_CALL_KPAUSE)
		return false;
	return strcmp(trace_call_result(call), "e") == 0 || call == HW_CALL_VIRTIO_ALLOC_VQ ||
	    call == HW_CALL_VIRTIO_CHILD_ATTACH_FINISH;
}

bool
words_is_main(const struct words *words, const struct event *event)
{
	switch (event->kind) {
	case EV_NOTE:
		return note_is_main(event);
	case EV_CONSOLE:
		return console_is_main(words, event);
	case EV_EXPECT:
		return !words_holds_at_once(words, event);
	case EV_RET:
		return return_is_main(event);
	case EV_PAGES:
		return event->code != HW_PAGE_KERNEL;
	case EV_CTX_START:
		return event->ctx_start.kind == HW_CTX_KTHREAD;
	case EV_CTX_END:
		return event->ctx_kind == HW_CTX_KTHREAD;
	default:
		return words_kinds[event->kind].is_main;
	}
}

bool
words_is_match(const struct event *event)
{
	return event->kind == EV_NOTE && event->code == HW_NOTE_ATTACH &&
	    event->note.attach.step == HW_ATTACH_MATCH;
}

uint64_t
words_shape(const struct event *event)
{
	uint64_t key[9] = { event->kind, event->code, event->ctx };
	unsigned args = words_kinds[event->kind].shape;

	for (unsigned i = 0; i < HW_ARGS_MAX; i++)
		key[3 + i] = args >> i & 1 ? event_values(event)[i] : 0;
	if (args & WORDS_ALONE || words_is_match(event))
		key[8] = event->seq + UINT64_C(1);
	/* A device that does not keep what is written differs. */
	if (event->kind == EV_DEV_ACTUAL)
		key[8] = event->dev_actual.written != event->dev_actual.stored;
	return trace_hash(key, sizeof(key));
}
