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
#ifndef VIOSIM_RULES_RACE_CLOCK_H
#define VIOSIM_RULES_RACE_CLOCK_H

#include "rules/area.h"
#include "rules/shadow.h"

struct race_clock {
	uint32_t at[SHADOW_CONTEXTS];	/* how much of each context came before */
};

/* Clocks of objects of one kind, by number. */
struct race_clocks {
	struct race_clock *clock;
	size_t max;
};

#define RACE_QUEUES 8

struct race_order {
	struct race_clock now[SHADOW_CONTEXTS];
	struct race_clocks mutex, softint;
	struct race_clock woken[SHADOW_CONTEXTS], ended[SHADOW_CONTEXTS];
	struct race_clock sent[RACE_QUEUES], taken[RACE_QUEUES], used[RACE_QUEUES];
	struct race_clock attached;
	struct race_clock kernel_lock;
	bool under_lock[SHADOW_CONTEXTS];	/* threads: not MPSAFE */
	bool takes_lock[SHADOW_CONTEXTS];	/* and runs again since it last was told */
	bool handlers_free;		/* interrupts of the driver are MPSAFE */
	bool raised[SHADOW_CONTEXTS];	/* its level, with splraise(9) */
	uint32_t contexts;		/* numbers in use */
	uint64_t free_softints;		/* so are these soft ones, by number */
};

#define RACE_KINDS \
	(KIND(CALL) | KIND(RET) | KIND(NOTE) | KIND(CTX_START) | KIND(CTX_RUN) | \
	KIND(CTX_SLEEP) | KIND(CTX_END) | KIND(DEV_TAKE) | KIND(DEV_USED))
#define RACE_CALLS \
	CALLS(HW_CALL_SOFTINT_SCHEDULE, HW_CALL_VIRTIO_ENQUEUE_COMMIT, \
	    HW_CALL_VIRTIO_CHILD_ATTACH_START, HW_CALL_SPLRAISE, HW_CALL_SPLX)
#define RACE_RETURNS CALLS(HW_CALL_KTHREAD_JOIN)
#define RACE_NOTES \
	(NOTE(MUTEX_HELD) | NOTE(MUTEX_FREED) | NOTE(CV_WAKE) | NOTE(CV_WOKEN) | \
	NOTE(THREAD) | NOTE(THREAD_GONE) | NOTE(CALLBACK) | NOTE(ATTACH) | NOTE(DEQUEUED) | \
	NOTE(SOFTINT))

void race_order_begin(struct race_order *order);
void race_order_fini(struct race_order *order);
/* True: what the context of the event does from now on is another matter than before. */
bool race_order_see(struct race_order *order, const struct shadow *shadow,
    const struct event *event);
/* The clock of a context that is about to touch something. */
const struct race_clock *race_order_of(struct race_order *order, uint32_t ctx);

#endif /* VIOSIM_RULES_RACE_CLOCK_H */
