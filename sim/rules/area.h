/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one area of rules offers to rules.c, and what it is given.  For files of this folder.
 */
#ifndef VIOSIM_RULES_AREA_H
#define VIOSIM_RULES_AREA_H

#include "rules/rules.h"

#define KIND(name) (UINT64_C(1) << EV_##name)
#define NOTE(name) (UINT32_C(1) << HW_NOTE_##name)
#define CALLS(...) ((const uint16_t[]){ __VA_ARGS__, HW_CALL_NONE })

struct rules_core;

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
	/* Optional: hear of the driver's own loads and stores (machine/access.h). */
	void (*watch)(void *state, struct rules_core *core, struct world *world);
	/* Optional: at rest after a settle; at the end of the run. */
	void (*rest)(void *state, struct rules_core *core, const struct event *now);
	void (*end)(void *state, struct rules_core *core, const struct event *now);
};

/* One line an area; rules.c has the table in this order. */
#define RULE_AREAS(X) \
	X(dma) X(page) X(balloon) X(ring) X(lock) X(irq) X(thread) X(attach) \
	X(config) X(mem) X(live) X(log) X(guard)
#define X(name) extern const struct area area_##name;
RULE_AREAS(X)
#undef X

struct shadow;
/* Contexts and their mutexes, this event included (at a reboot: before it).  Never NULL. */
const struct shadow *rules_shadow(const struct rules_core *core);

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
