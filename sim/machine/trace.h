/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a run: one append-only stream of typed events.
 *
 * Everything that happens in a world is one event here, and everything that checks or
 * shows a run (rules, expectations, reports) reads this stream and nothing else.  An event
 * holds ordinals, numbers and times, never a host address; the driver position of a call
 * (`site`) stands beside it and is not part of the digest.
 */
#ifndef VIOSIM_MACHINE_TRACE_H
#define VIOSIM_MACHINE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "door.h"

/* X(ID, name, "word", arguments), arguments as in door.h. */
#define TRACE_KINDS(X) \
	X(CALL, a_call, "call", ) /* code HW_CALL_*; arguments by DOOR_CALLS */ \
	X(RET, ret, "return", (x, result)) /* code HW_CALL_* */ \
	X(NOTE, a_note, "note", ) /* code HW_NOTE_*; arguments by DOOR_NOTES */ \
	X(PAGES, pages, "pages", (u, count) (x, first) (x, last) (x, hash) (u, free)) \
		/* code new enum hw_owner; payload uint64_t pfn[count]; seen BEFORE the change, \
		   and so is `free`, the pages that are free */ \
	X(CTX_START, ctx_start, "start", (t, context) (C, kind) (i, priority)) \
	X(CTX_RUN, ctx_run, "run", (t, context)) \
	X(CTX_SLEEP, ctx_sleep, "sleep", (u, object) (k, ticks)) /* code enum hw_sleep */ \
	X(CTX_WAKE, ctx_wake, "wake", (t, context) (b, timeout)) \
	X(CTX_END, ctx_end, "end", (t, context)) \
	X(IRQ_RAISE, irq_raise, "irq-raise", (V, vector) (x, cause)) \
		/* cause: ISR bits, 0 spurious */ \
	X(IRQ_ENTER, irq_enter, "irq-enter", (V, vector)) \
	X(IRQ_EXIT, irq_exit, "irq-exit", (V, vector)) \
	X(REG_READ, reg_read, "reg-read", (R, region) (u, offset) (u, width) (x, value)) \
	X(REG_WRITE, reg_write, "reg-write", (R, region) (u, offset) (u, width) (x, value)) \
	X(DEV_NOTIFY, dev_notify, "notify", (q, queue)) \
	X(DEV_TAKE, dev_take, "take", (q, queue) (s, head) (u, length) (u, entries) (x, hash)) \
		/* the device read a request; payload uint32_t entry[entries]; BEFORE it acts */ \
	X(DEV_ACT, dev_act, "act", (q, queue) (u, pages) (u, skipped) (u, in_use) (u, held)) \
		/* what the host did with it; held: pages it has now */ \
	X(DEV_USED, dev_used, "used", (q, queue) (u, id) (u, length)) \
	X(DEV_STATUS, dev_status, "status", (U, status)) \
	X(DEV_FEATURES, dev_features, "features", (x, accepted) (x, offered)) \
	X(DEV_QUEUE, dev_queue, "queue", (q, queue) (u, size) (x, address)) /* address 0: gone */ \
	X(DEV_ACTUAL, dev_actual, "actual", (u, written) (u, stored)) \
	X(DEV_BEHAVIOUR, dev_behaviour, "behaviour", (q, queue) (u, what)) \
		/* code of struct device_behaviour */ \
	X(HOST_TARGET, host_target, "target", (u, pages) (u, old) (b, irq)) \
	X(HOST_REBOOT, host_reboot, "reboot", ) \
	X(FAULT, fault, "fault", (F, row) (K, call) (i, queue) (E, error)) \
	X(CONSOLE, console, "console", (S, text) (x, hash)) /* code enum hw_console */ \
	X(STEP, step, "step", (u, index) (S, text)) \
	X(EXPECT, expect, "expect", (u, index) (b, held)) \
	X(PANIC, panic, "panic", (S, text) (b, assertion)) \
	X(CRASH, crash, "crash", (u, signal) (b, write)) \
	X(UNDEFINED, undefined, "undefined", (u, left) (u, right) (S, type)) \
		/* the driver's C is undefined here; code enum undefined */ \
	X(END, end, "end-of-run", (W, end)) \
	X(STACK, stack, "stack", ) /* the driver comes near the end of its stack */ \
	X(BUSY, busy, "busy", (b, is_busy)) /* others want the processors; no longer */ \
	X(HOLD, hold, "hold", (t, context) (b, is_held)) /* it is kept from running; no longer */

enum event_kind {
	EV_NONE,
#define X(id, name, word, args) EV_##id,
	TRACE_KINDS(X)
#undef X
	EV_KINDS
};

struct event {
	uint64_t time_ns;
	uint32_t seq;		/* from 0, no gaps */
	uint16_t kind;		/* enum event_kind */
	uint8_t cpu;
	uint8_t ipl;		/* of that CPU */
	uint32_t ctx;		/* running context, 0 = the machine itself */
	uint16_t code;		/* by kind */
	uint8_t ctx_kind;	/* enum hw_context of ctx */
	uint8_t device;		/* that this is about: of ctx its newest, at least */
	union {
		uint64_t arg[HW_ARGS_MAX];
		/* The same by name: event->call.mutex_enter.mutex, event->note.slot.state. */
		union call_args {
#define X(id, name, args, result) struct { ARGS_MEMBERS(args) } name;
			DOOR_CALLS(X)
#undef X
		} call;
		union {
#define X(id, name, word, args) struct { ARGS_MEMBERS(args) } name;
			DOOR_NOTES(X)
#undef X
		} note;
		/* event->dev_used.length, event->ret.result */
#define X(id, name, word, args) struct { ARGS_MEMBERS(args) } name;
		TRACE_KINDS(X)
#undef X
	};
};
_Static_assert(sizeof(struct event) == 64, "events are hashed as they lie");

/* All values in the order of their list, HW_ARGS_MAX of them, for who shows any event. */
static inline const uint64_t *
event_values(const struct event *event)
{
	return event->arg;
}

/*
 * An observer sees every event of the kinds it asked for (bit 1 << kind), when it
 * happens, in order of registration.  It must not change the world.  `site` is an
 * offset into the driver module (0: not from the driver); `payload` is the event's own,
 * valid during the call only.
 */
struct observer {
	uint64_t kinds;
	void (*see)(void *self, const struct event *event, uint32_t site, const void *payload);
	void *self;
};
#define OBSERVERS_MAX 24

#define TRACE_CHUNK 1024	/* events */
struct trace_chunk {
	struct event event[TRACE_CHUNK];
	uint32_t site[TRACE_CHUNK];
};

struct trace {
	struct { VEC_MEMBERS(struct trace_chunk *); } chunks;
	struct trace_chunk *open;	/* the one being filled */
	uint32_t count;			/* events so far */
	uint32_t folded;		/* events already in `hash` */
	bool keep_all;			/* false: only the last two chunks stay readable */
	void *hash;			/* running XXH3 state */
	struct observer observer[OBSERVERS_MAX];
	size_t observers;
	uint8_t by_kind[EV_KINDS][OBSERVERS_MAX];	/* who wants it, in order */
	uint8_t by_kind_count[EV_KINDS];
	unsigned showing;		/* an observer is looking: what crashes now is its fault */
	char *text;			/* recorded texts, each with its NUL */
	size_t text_length, text_max;
	uint64_t calls[HW_CALLS];	/* EV_CALL by kernel function */
};

void trace_init(struct trace *trace, bool keep_all);
void trace_fini(struct trace *trace);

void trace_observe(struct trace *trace, struct observer observer);

/* Append *event (seq is set here) and show it to the observers. */
void trace_append(struct trace *trace, struct event *event, uint32_t site, const void *payload);
/* Make room: the next event is the first of a chunk. */
void trace_open(struct trace *trace);
/* The same in two steps, for an event that is filled in where it stays (but for its seq). */
static inline struct event *
trace_place(struct trace *trace)
{
	unsigned slot = trace->count % TRACE_CHUNK;

	if (slot == 0)
		trace_open(trace);
	return &trace->open->event[slot];
}
void trace_placed(struct trace *trace, struct event *event, uint32_t site, const void *payload);

/* The event with that number, or NULL when it is no longer kept. */
const struct event *trace_event(const struct trace *trace, uint32_t seq);
uint32_t trace_site(const struct trace *trace, uint32_t seq);

/* Texts: the number goes into arguments of kind S. */
uint64_t trace_text(struct trace *trace, const char *text, size_t length);
const char *trace_text_of(const struct trace *trace, uint64_t number);
uint64_t trace_hash(const void *data, size_t length);	/* fixed seed */

/* XXH3-64 of all events so far (positions excluded, texts by their hash). */
uint64_t trace_digest(struct trace *trace);

/* Names for reports: never NULL. */
const char *trace_kind_word(enum event_kind kind);
const char *trace_kind_args(enum event_kind kind);
const char *trace_call_name(enum hw_call call);
const char *trace_call_args(enum hw_call call);	/* letters only */
const char *trace_call_names(enum hw_call call);	/* "name:letter name:letter" */
const char *trace_call_result(enum hw_call call);
const char *trace_note_word(enum hw_note note);
const char *trace_note_args(enum hw_note note);
/* The kernel call of that name, or HW_CALL_NONE. */
enum hw_call trace_call_by_name(const char *name);

/*
 * Names of the values that a letter of door.h stands for: by value from 0 or, with *bits, of no
 * bit at all and then by bit from bit 0; "" where there is none, NULL at the end.  NULL: such
 * values have no names.
 */
const char *const *trace_words(char letter, bool *bits);

#endif /* VIOSIM_MACHINE_TRACE_H */
