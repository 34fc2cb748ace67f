/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens before what: a vector clock for each context, moved on by the events that order
 * contexts.  Area lock_clock, which has no rules; for files of this folder.
 *
 * Ordered are: releasing a mutex before taking it; waking a waiter before it comes back;
 * kthread_create(9) and all before it, before the thread; the end of a thread before
 * kthread_join(9) returns; virtio_child_attach_finish() before the first callback; a callback
 * before the call returns that takes the interrupts down; softint_schedule(9) before the handler,
 * and that before softint_disestablish(9) returns; a request's commit, through the device that
 * takes and uses it, before vq_done or virtio_dequeue() of that queue; giving a slot back before
 * it is had again; atomic_store_release(9) before the atomic_load_acquire(9) that finds it; and
 * whatever runs under the kernel lock, one after the other.  That one context was seen to run
 * after another orders nothing: on another machine they would have run at the same time.
 *
 * Which of two critical sections came first may be chance.  So each clock is kept twice: `all`
 * with the order of critical sections as it was, and `sure` where it counts only once the later
 * one has touched what the earlier one wrote, or written what it read (the weak-causally-precedes
 * relation of Kini, Mathur and Viswanathan, 2017, without its rule about nested sections).
 */
#ifndef VIOSIM_RULES_KERNEL_LOCK_CLOCK_H
#define VIOSIM_RULES_KERNEL_LOCK_CLOCK_H

#include "rules/area.h"

struct race_clock {			/* how much of each context came before */
	uint32_t all[SHADOW_CONTEXTS], sure[SHADOW_CONTEXTS];
};

/* When a context got a tag (machine/access.h): its own clock, and the newest event. */
struct race_epoch {
	uint32_t clock, seq;
};

struct race_order;
extern const struct area area_lock_clock;

/* The clock of a context that is about to touch something. */
const struct race_clock *race_clock_now(struct race_order *order, uint32_t ctx);
/*
 * The level up to which no handler begins on the CPU of the touch.  What a spin mutex raises it
 * to does not count: a thread with one may as well run on another CPU than the handler's.
 */
unsigned race_clock_level(const struct race_order *order, const struct rules_core *core);
/* By the number of the tag; zero if it is too old. */
struct race_epoch race_epoch_of(const struct race_order *order, unsigned number);

/*
 * The context holds that mutex, and touches what somebody else touched who held it: all that
 * was done under it so far is before now for sure.
 */
void race_clock_meets(struct race_order *order, uint32_t ctx, uint32_t mutex);
/* A marked access to a place, whose clock is `place`. */
void race_clock_marked(struct race_order *order, struct rules_core *core,
    const struct access_event *touch, struct race_clock *place);

#endif /* VIOSIM_RULES_KERNEL_LOCK_CLOCK_H */
