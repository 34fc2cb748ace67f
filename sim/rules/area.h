/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one area of rules offers to rules.c, and what it is given.  For files of this folder.
 */
#ifndef VIOSIM_RULES_AREA_H
#define VIOSIM_RULES_AREA_H

#include "machine/access.h"
#include "rules/rules.h"

#define KIND(name) (UINT64_C(1) << EV_##name)
#define NOTE(name) (UINT32_C(1) << HW_NOTE_##name)
#define CALLS(...) ((const uint16_t[]){ __VA_ARGS__, HW_CALL_NONE })

struct rules_core;
struct context;
struct world;

/* A load or store of the driver that is not like one before it (machine/access.h). */
struct touch {
	const struct world *world;
	const struct context *ctx;	/* whose it is */
	uintptr_t address;
	size_t size;
	bool write;
	bool marked;			/* atomic or volatile */
	uint32_t site;
};

struct area {
	const char *name;
	uint64_t kinds;			/* events it wants to see: KIND(CALL) | ... */
	/* Of EV_CALL, EV_RET, EV_NOTE only these; NULL, 0: all.  What is not here goes unseen. */
	const uint16_t *calls, *returns;	/* CALLS(HW_CALL_..., ...) */
	uint32_t notes;			/* NOTE(DEQUEUED) | ... */
	size_t state_bytes;		/* zeroed before each run */
	/* Optional. `state` is the area's own; memory it takes is released in fini. */
	void (*begin)(void *state, struct rules_core *core);
	void (*fini)(void *state);
	void (*see)(void *state, struct rules_core *core, const struct event *event,
	    uint32_t site, const void *payload);
	/* Optional: here are the driver's own loads and stores (machine/access.h). */
	void (*watch)(void *state, struct rules_core *core, struct world *world);
	/* The same, shown to each area in turn; the severest verdict counts. */
	enum access_verdict (*touch)(void *state, struct rules_core *core,
	    const struct touch *touch);
	/* Optional: access_last() is about to forget all. */
	void (*forget)(void *state);
	/* Optional: kernel memory changes hands; low and high are for comparison only. */
	void (*memory)(void *state, struct rules_core *core, enum hw_memory what,
	    uintptr_t low, uintptr_t high, uint64_t number);
	/* Optional: at rest after a settle; at the end of the run. */
	void (*rest)(void *state, struct rules_core *core, const struct event *now);
	void (*end)(void *state, struct rules_core *core, const struct event *now);
};

/* One line an area; rules.c has the table in this order. */
#define RULE_AREAS(X) \
	X(ring) X(dma) X(page) X(config) X(balloon) X(lock) X(irq) X(thread) X(attach) \
	X(mem) X(live) X(log) X(race)
#define X(name) extern const struct area area_##name;
RULE_AREAS(X)
#undef X

struct shadow;
/* Contexts and their mutexes, this event included (at a reboot: before it).  Never NULL. */
const struct shadow *rules_shadow(const struct rules_core *core);

/* A finding about what the running context's newest call does is at this moment and site. */
struct event rules_call_now(struct rules_core *core, uint32_t *site);

/* A finding about a load or store is at this moment: the newest event, by who makes it. */
struct event touch_event(const struct touch *touch);

/* The present values; cheap enough to call on rare events, not per page. */
const struct rules_view *rules_look(struct rules_core *core);

/*
 * Report: as finding_add(), but silent for rules that the scenario switched off, and NULL
 * then.  finding_because() accepts NULL.
 */
struct finding *rules_report(struct rules_core *core, const char *rule,
    const struct event *event, uint32_t site, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

#endif /* VIOSIM_RULES_AREA_H */
