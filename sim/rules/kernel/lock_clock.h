/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens before what: a vector clock for each context, moved on by the events that order
 * contexts.  For files of this folder.
 *
 * Ordered are: releasing a mutex before taking it; waking a waiter before it comes back;
 * kthread_create(9) and all before it, before the thread; the end of a thread before
 * kthread_join(9) returns; virtio_child_attach_finish() before the first callback;
 * softint_schedule(9) before the handler; a request's commit, through the device that takes
 * and uses it, before vq_done or virtio_dequeue() of that queue; and whatever runs under the
 * kernel lock, one after the other.  That one context was seen to run after another orders
 * nothing: on another machine they would have run at the same time.
 */
#ifndef VIOSIM_RULES_KERNEL_LOCK_CLOCK_H
#define VIOSIM_RULES_KERNEL_LOCK_CLOCK_H

#include "rules/area.h"

struct race_clock {
	uint32_t at[SHADOW_CONTEXTS];	/* how much of each context came before */
};

/* Clocks of objects of one kind, by number. */
struct race_clocks {
	struct race_clock *clock;
	size_t max;
};

struct race_order {
	struct race_clock now[SHADOW_CONTEXTS];
	struct race_clocks mutex, softint;
	struct race_clocks sent, taken, used;	/* requests, by queue */
	struct race_clock woken[SHADOW_CONTEXTS], ended[SHADOW_CONTEXTS];
	struct race_clock attached;
	struct race_clock kernel_lock;
	bool under_lock[SHADOW_CONTEXTS];	/* threads: not MPSAFE */
	bool takes_lock[SHADOW_CONTEXTS];	/* and runs again,
	    since its clock was last asked for */
	bool handlers_free;		/* interrupts of the driver are MPSAFE */
	bool raised[SHADOW_CONTEXTS];	/* its level, with splraise(9) */
	uint32_t contexts;		/* numbers in use */
	bool *softint_free;		/* so are these soft ones, by number */
	size_t softints;
};

void race_order_begin(struct race_order *order);
void race_order_fini(struct race_order *order);

/* Element by element, the later one. */
void race_join(const struct race_order *order, struct race_clock *to,
    const struct race_clock *from);
/* All that a context did so far goes along with an object, and what it does next does not. */
void race_release(struct race_order *order, uint32_t ctx, struct race_clock *to);
void race_acquire(struct race_order *order, uint32_t ctx, const struct race_clock *from);
/* The clock of object `number`, made at the first call; valid until the next. */
struct race_clock *race_clock_of(struct race_clocks *clocks, uint64_t number);
/* The context gives up the kernel lock. */
void race_leave_lock(struct race_order *order, uint32_t ctx);
/* The clock of a context that is about to touch something. */
const struct race_clock *race_order_of(struct race_order *order, uint32_t ctx);

#endif /* VIOSIM_RULES_KERNEL_LOCK_CLOCK_H */
