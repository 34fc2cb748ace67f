/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one area of rules offers to rules.c, and what it is given.  For files of this folder.
 *
 * An area is a state and its hooks: functions that rules.c calls for the events that they name,
 * and for the few things that are no events.  Its rules stand in its files, each beside the code
 * that reports it.
 */
#ifndef VIOSIM_RULES_AREA_H
#define VIOSIM_RULES_AREA_H

#include "machine/access.h"
#include "machine/world.h"
#include "rules/rules.h"

/* All hooks have the same parameters, whichever of them they need. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

/*
 * ---- What several areas need to remember about contexts ----
 *
 * The kernel call each is in, and the mutexes it holds.  rules.c shows every event to a shadow
 * before the areas look.
 */

/* Contexts are numbered from 1; 0 is the machine itself. */
#define SHADOW_CONTEXTS (CONTEXTS_MAX + 1)

/* A mutex that a context holds. */
struct shadow_lock {
	uint32_t mutex;
	uint32_t seq, site;		/* where it was taken */
	bool is_spin;
};

/* The newest kernel call of a context. */
struct shadow_call {
	uint16_t code;			/* HW_CALL_*, HW_CALL_NONE: none yet */
	bool is_struck;			/* a fault struck it */
	uint32_t seq, site;
	union call_args args;		/* call->args.mutex_enter.mutex */
};

struct shadow {
	struct shadow_call call[SHADOW_CONTEXTS];
	struct shadow_held { VEC_MEMBERS(struct shadow_lock); } held[SHADOW_CONTEXTS];
};

/* The kinds of events that shadow_on_event() wants, in the form of struct area. */
#define SHADOW_KINDS \
	(UINT64_C(1) << EV_CALL | UINT64_C(1) << EV_NOTE | UINT64_C(1) << EV_FAULT | \
	    UINT64_C(1) << EV_CTX_START)

void shadow_on_event(struct shadow *shadow, const struct event *event, uint32_t site);
/* The guest restarted, or all is over: nothing is held, and no memory either. */
void shadow_clear(struct shadow *shadow);

bool shadow_holds(const struct shadow *shadow, uint32_t ctx, uint32_t mutex);
/* The spin mutex that the context took first, `except` not counted; NULL if none. */
const struct shadow_lock *shadow_spin(const struct shadow *shadow, uint32_t ctx,
    uint32_t except);
/* Do the two contexts hold a mutex in common?  (A spin mutex has one owner at a time.) */
bool shadow_share_lock(const struct shadow *shadow, uint32_t one, uint32_t other);

/* ---- Areas ---- */

/* Device status, virtio 1.2 clause 2.1. */
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define STATUS_FAILED 128u
#define IPL_VM 6u			/* spl(9): first level of hard interrupts */
#define DESC_WRITE 2u			/* VRING_DESC_F_WRITE: the device writes */
/* State of a slot, as a note says it (door.h). */
enum { NOTED_PREPARED = 1, NOTED_RESERVED, NOTED_COMMITTED, NOTED_FREED };

/* The status of a device since the newest event before this one. */
struct rules_status {
	uint8_t now;
	bool live;			/* DRIVER_OK and no reset since */
	uint32_t seq;			/* since when it is this */
	uint32_t live_seq;		/* newest event at which it became live, */
	uint32_t dead_seq, dead_site;	/* and at which it ceased to be; 0: none */
};

struct setup;

/*
 * What all areas are given: the event that they look at, and what is known of the run.
 * What is behind `view` is for rules.c alone.
 */
struct rules_core {
	/* A finding is about this, unless it says otherwise. */
	const struct event *event;
	uint32_t site;			/* the driver's position there (0: none) */
	const void *payload;		/* what the event brings along, NULL if nothing */
	/* Contexts and their mutexes, this event included (at a reboot: before it). */
	struct shadow shadow;
	/* The newest call of the event's context: what a note is in, and a return comes from. */
	const struct shadow_call *call;
	struct world *world;		/* whose loads and stores are watched, or NULL */
	struct rules_status status[HW_DEVICES];
	/* Never NULL; without a device everything in it is. */
	const struct rules_device *device;
	unsigned at;			/* which of these devices: the event's, or in turn */
	unsigned stalls;		/* what keeps threads from running now */
	uint64_t stalled_since_ns;
	uint64_t stalled_ns;		/* so long in all, up to the newest end */

	struct rules_view view;		/* rules_look() */
	bool view_is_fresh;
	void (*view_fill)(void *arg, unsigned at, struct rules_view *view);
	void *view_arg;
	struct findings *findings;
	const struct setup *setup;
	unsigned devices;		/* at least 1 */
	void **state;			/* by area: one, or one a device */
	bool *off;			/* by place in the catalogue */
	rules_namer *namer;		/* NULL: nobody knows names */
	void *namer_arg;
	bool overdue;			/* at rest: an expectation has failed */
	struct event instant;		/* `event` of what is none: a load, a store, memory */
};

/*
 * `state` is the area's own; `site` the driver's position (0: none).  What several hooks want goes
 * to the areas in order of RULE_AREAS, and within one in order of their lines.
 */
typedef void rules_hook(void *state, struct rules_core *core, const struct event *event,
    uint32_t site);

struct hook_event {
	uint16_t kind, code;		/* EV_NONE ends the list */
};
#define HOOK_ANY UINT16_MAX

struct hook_row {
	const struct area *area;
	unsigned line;
	rules_hook *hook;
	const struct hook_event *event;
};

/* ON_CALL(BUS_DMAMAP_SYNC): a call of bus_dmamap_sync(). */
#define ON_CALL(id) { EV_CALL, HW_CALL_##id }
#define ON_RET(id) { EV_RET, HW_CALL_##id }
#define ON_NOTE(id) { EV_NOTE, HW_NOTE_##id }
/* ON_EVENT(DEV_USED): of that kind, whatever its code: ON_EVENT(RET) is all. */
#define ON_EVENT(id) { EV_##id, HOOK_ANY }

/* No device has as many virtqueues; an index from here on is a mistake of the driver. */
#define RULES_QUEUES_MAX 64

struct area {
	/* Zeroed before each run, and when the guest restarts: after its fini, before its begin. */
	size_t state_bytes;
	bool each_device;		/* a state for each device, which has its events only */
	/* Optional, as all that follows.  Memory that the state takes is released in fini. */
	void (*begin)(void *state, struct rules_core *core);
	void (*fini)(void *state);
	/*
	 * A load or store of the driver that is not like one before it (machine/access.h), shown
	 * to each area in turn; the severest verdict counts.
	 */
	enum access_verdict (*touch)(void *state, struct rules_core *core,
	    const struct access_event *touch);
	/* A fence, of which only `acquires` and `releases` say anything. */
	void (*fence)(void *state, struct rules_core *core, const struct access_event *touch);
	/* access_last() is about to forget all. */
	void (*forget)(void *state, struct rules_core *core);
	/* Kernel memory changes hands; low and high are for comparison only. */
	void (*memory)(void *state, struct rules_core *core, enum hw_memory what,
	    uintptr_t low, uintptr_t high, uint64_t number);
	/* At rest after a settle; at the end of the run. */
	void (*rest)(void *state, struct rules_core *core);
	void (*end)(void *state, struct rules_core *core);
};
/*
 * HOOK(ring, on_used, struct ring *ring, ON_EVENT(DEV_USED)) { ... }: a function of that area for
 * these events, which has its state by that name and type, and beside it what it is given: core,
 * event, site.  FINI(...) and the like: the same, to be named in struct area.
 */
#define AREA_FUNCTION(result, give, name, own_state, arguments, ...) \
	static result name##_typed(own_state, ##__VA_ARGS__); \
	static result name(void *state, ##__VA_ARGS__) { give name##_typed arguments; } \
	static result name##_typed(own_state, ##__VA_ARGS__)
#define HOOK(area, name, own_state, ...) \
	static rules_hook name; \
	static const struct hook_row name##_row = { \
		&area_##area, __LINE__, name, \
		(const struct hook_event[]){ __VA_ARGS__, { EV_NONE, 0 } } \
	}; \
	static const struct hook_row *name##_hooked __attribute__((section("hooks"), used)) = \
	    &name##_row; \
	AREA_FUNCTION(void, , name, own_state, (state, core, event, site), \
	    struct rules_core *core, const struct event *event, uint32_t site)
#define FINI(name, own_state) \
	AREA_FUNCTION(void, , name, own_state, (state))
#define REST(name, own_state)		/* or begin, end, forget */ \
	AREA_FUNCTION(void, , name, own_state, (state, core), struct rules_core *core)
#define TOUCH(name, own_state) \
	AREA_FUNCTION(enum access_verdict, return, name, own_state, (state, core, touch), \
	    struct rules_core *core, const struct access_event *touch)
#define FENCE(name, own_state) \
	AREA_FUNCTION(void, , name, own_state, (state, core, touch), struct rules_core *core, \
	    const struct access_event *touch)
#define MEMORY(name, own_state) \
	AREA_FUNCTION(void, , name, own_state, (state, core, what, low, high, number), \
	    struct rules_core *core, enum hw_memory what, uintptr_t low, uintptr_t high, \
	    uint64_t number)

/* One name an area; rules.c has the table in this order.  The device's are at `device`. */
#define RULE_AREAS(X) \
	X(ring) X(dma) X(page) X(config) X(device) X(lock) X(irq) X(attach) X(thread) \
	X(attach_sysctl) X(attach_status) X(mem) X(mem_touch) X(live_wait) X(live) X(log) \
	X(lock_clock) X(lock_race) X(queue_intr) X(inventory)
#define X(name) extern const struct area area_##name;
RULE_AREAS(X)
#undef X

/*
 * The state of an area: that of the file which asks, or one that it includes the header of.  Of
 * an area with a state for each device, that of the device at hand.
 */
void *rules_state(struct rules_core *core, const struct area *area);
/* The same of another device. */
void *rules_state_of(struct rules_core *core, const struct area *area, unsigned device);

/* Of the device at hand. */
static inline const struct rules_status *
rules_status(const struct rules_core *core)
{
	return &core->status[core->at];
}

static inline bool
is_interrupt(unsigned kind)		/* enum hw_context */
{
	return kind == HW_CTX_HARDINT || kind == HW_CTX_SOFTINT;
}

/*
 * The call may sleep: a report if it may not now, "<call><how> in a hard interrupt".  A spin
 * mutex `except` (the interlock of a wait) does not count.
 */
void rules_sleeps(struct rules_core *core, const struct rule *rule, uint32_t except,
    const char *how);

/* Does the return say that its call failed? */
bool rules_failed(const struct event *ret);

/* What the driver's text calls that; false: there is no telling. */
bool rules_name(const struct rules_core *core, const struct rules_place *place, char *name,
    size_t size);

/* The present values; cheap enough to call on rare events, not per page. */
const struct rules_view *rules_look(struct rules_core *core);

/*
 * The time, for what a driver may take long to do: it stands still while processes have the CPUs
 * (door.h, kern_busy), when no thread of a low priority does anything, and while a scenario holds
 * anybody up: for how long is none of the driver's doing.
 */
uint64_t rules_patience_ns(const struct rules_core *core);

/*
 * Does the driver work another device than these (1 << number)?  What it leaves behind with them
 * may be for that.
 */
static inline bool
rules_works_beside(struct rules_core *core, unsigned devices)
{
	return (rules_look(core)->works & ~devices) != 0;
}

/*
 * Report: as finding_add(), here and now; with the driver at another position; at another event.
 * Silent for rules that the scenario switched off.
 */
#define rules_report(core, rule, ...) \
	rules_report_when(core, rule, (core)->event, (core)->site, __VA_ARGS__)
#define rules_report_at(core, rule, site, ...) \
	rules_report_when(core, rule, (core)->event, site, __VA_ARGS__)
void rules_report_when(struct rules_core *core, const struct rule *rule,
    const struct event *event, uint32_t site, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Why, as finding_because(): an earlier event; a load or store at `site` after that. */
#define rules_because(core, seq, ...) rules_because_at(core, seq, 0, __VA_ARGS__)
#define rules_because_at(core, seq, site, ...) \
	finding_because((core)->findings, seq, site, __VA_ARGS__)
/* How far it is from the cause, other than its rule says. */
#define rules_set_distance(core, how) finding_set_distance((core)->findings, how)

#endif /* VIOSIM_RULES_AREA_H */
