/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several areas of rules need to remember about contexts: the kernel call each is in,
 * and the mutexes it holds.  rules.c keeps one for all of them and shows it every event
 * before the areas look.  For files of this folder.
 */
#ifndef VIOSIM_RULES_SHADOW_H
#define VIOSIM_RULES_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/world.h"

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

#endif /* VIOSIM_RULES_SHADOW_H */
