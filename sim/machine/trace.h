/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of a run: one append-only stream of typed events.
 *
 * Everything that happens in a world is one event here, and everything that judges or
 * shows a run (rules, expectations, reports) reads this stream and nothing else.  An event
 * holds ordinals, numbers and times, never a host address; the driver position of a call
 * (`site`) stands beside it and is not part of the digest.
 */
#ifndef VIOSIM_MACHINE_TRACE_H
#define VIOSIM_MACHINE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "door.h"

/*
 * X(ID, word, arguments): `arguments` names each recorded value for reports and NDJSON.
 * The letters after the colon are those of DOOR_CALLS (door.h), plus V interrupt vector,
 * R region, E errno, K kernel call, F fault row.
 */
#define TRACE_KINDS(X) \
	X(CALL,		"call",		"") /* code HW_CALL_*; arguments by DOOR_CALLS */ \
	X(RET,		"return",	"result:x") /* code HW_CALL_* */ \
	X(NOTE,		"note",		"") /* code HW_NOTE_*; arguments by enum hw_note */ \
	X(PAGES,	"pages",	"count:u first:x last:x hash:x free:u") \
		/* code new enum hw_owner; payload uint64_t pfn[count]; seen BEFORE the change, \
		   and so is `free`, the pages that are free */ \
	X(CTX_START,	"start",	"context:t kind:u priority:i") \
	X(CTX_RUN,	"run",		"context:t") \
	X(CTX_SLEEP,	"sleep",	"object:u ticks:k") /* code enum hw_sleep */ \
	X(CTX_WAKE,	"wake",		"context:t timeout:b") \
	X(CTX_END,	"end",		"context:t") \
	X(IRQ_RAISE,	"irq-raise",	"vector:V cause:x") /* cause: ISR bits, 0 spurious */ \
	X(IRQ_ENTER,	"irq-enter",	"vector:V") \
	X(IRQ_EXIT,	"irq-exit",	"vector:V") \
	X(REG_READ,	"reg-read",	"region:R offset:u width:u value:x") \
	X(REG_WRITE,	"reg-write",	"region:R offset:u width:u value:x") \
	X(DEV_KICK,	"kick",		"queue:q") \
	X(DEV_TAKE,	"take",		"queue:q head:s length:u entries:u hash:x") \
		/* the device read a request; payload uint32_t entry[entries]; BEFORE it acts */ \
	X(DEV_ACT,	"act",		"queue:q pages:u skipped:u in_use:u held:u") \
		/* what the host did with it; held: pages it has now */ \
	X(DEV_USED,	"used",		"queue:q id:u length:u") \
	X(DEV_STATUS,	"status",	"status:x") \
	X(DEV_FEATURES,	"features",	"accepted:x offered:x") \
	X(DEV_QUEUE,	"queue",	"queue:q size:u address:x") /* address 0: gone */ \
	X(DEV_ACTUAL,	"actual",	"written:u stored:u") \
	X(DEV_HABIT,	"habit",	"queue:q what:u") /* code enum device_habit */ \
	X(HOST_TARGET,	"target",	"pages:u old:u irq:b") \
	X(HOST_REBOOT,	"reboot",	"") \
	X(FAULT,	"fault",	"row:F call:K queue:i error:E") \
	X(CONSOLE,	"console",	"text:S hash:x") /* code enum hw_console */ \
	X(STEP,		"step",		"index:u text:S") \
	X(EXPECT,	"expect",	"index:u held:b") \
	X(PANIC,	"panic",	"text:S assertion:b") \
	X(CRASH,	"crash",	"signal:u write:b") \
	X(UNDEFINED,	"undefined",	"left:u right:u type:S") \
		/* the driver's C is undefined here; code enum undefined */ \
	X(END,		"end-of-run",	"verdict:u")

enum event_kind {
	EV_NONE,
#define X(id, word, args) EV_##id,
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
	uint16_t ctx_kind;	/* enum hw_context of ctx */
	uint64_t arg[HW_ARGS_MAX];
};
_Static_assert(sizeof(struct event) == 64, "events are hashed as they lie");

/*
 * An observer sees every event of the kinds it asked for (bit 1 << kind), at the moment
 * of the event, in order of registration.  It must not change the world.  `site` is an
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
	struct trace_chunk **chunk;
	struct trace_chunk *open;	/* the one being filled */
	size_t chunks, chunks_max;
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
/* Forget all events and texts, keep memory and observers. */
void trace_reset(struct trace *trace);

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
const char *trace_call_args(enum hw_call call);
const char *trace_call_result(enum hw_call call);
const char *trace_note_word(enum hw_note note);
/* The kernel call of that name, or HW_CALL_NONE. */
enum hw_call trace_call_by_name(const char *name);

#endif /* VIOSIM_MACHINE_TRACE_H */
