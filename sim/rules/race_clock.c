/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens before what: see race_clock.h.
 */
#include "rules/race_clock.h"

#include <stdlib.h>
#include <string.h>

#define RACE_IPL_VM 6			/* spl(9): handlers of this level run under the lock */
#define RACE_INTR_MPSAFE (1u << 0)	/* VIRTIO_F_INTR_MPSAFE */
#define RACE_SOFTINT_MPSAFE 0x100u	/* SOFTINT_MPSAFE */
#define RACE_THREAD_MPSAFE 0x02u	/* KTHREAD_MPSAFE */

static void
join(const struct race_order *order, struct race_clock *to, const struct race_clock *from)
{
	for (unsigned i = 0; i < order->contexts; i++)
		if (from->at[i] > to->at[i])
			to->at[i] = from->at[i];
}

/* All that a context did so far goes along with an object, and what it does next does not. */
static void
release(struct race_order *order, uint32_t ctx, struct race_clock *to)
{
	join(order, to, &order->now[ctx]);
	order->now[ctx].at[ctx]++;
}

static void
acquire(struct race_order *order, uint32_t ctx, const struct race_clock *from)
{
	join(order, &order->now[ctx], from);
}

static struct race_clock *
clock_of(struct race_clocks *clocks, uint64_t number)
{
	clocks->clock = shadow_grow(clocks->clock, &clocks->max, number,
	    sizeof(clocks->clock[0]));
	return &clocks->clock[number];
}

void
race_order_begin(struct race_order *order)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++)
		order->now[i].at[i] = 1;
	order->contexts = 1;
}

void
race_order_fini(struct race_order *order)
{
	free(order->mutex.clock);
	free(order->softint.clock);
}

/* ---- the kernel lock ---- */

static void
leave_lock(struct race_order *order, uint32_t ctx)
{
	order->takes_lock[ctx] = false;
	release(order, ctx, &order->kernel_lock);
}

const struct race_clock *
race_order_of(struct race_order *order, uint32_t ctx)
{
	/* It has the lock by now, although nothing told when it got it. */
	if (order->takes_lock[ctx])
		acquire(order, ctx, &order->kernel_lock);
	order->takes_lock[ctx] = false;
	return &order->now[ctx];
}

/* ---- contexts ---- */

static bool
start(struct race_order *order, const struct event *event)
{
	uint32_t child = (uint32_t)event->arg[0], ctx = event->ctx;

	if (child >= order->contexts)
		order->contexts = child + 1;
	memset(&order->now[child], 0, sizeof(order->now[child]));
	order->now[child].at[child] = 1;
	order->under_lock[child] = event->arg[1] == HW_CTX_AUTOCONF;
	if (ctx == 0)
		return false;
	acquire(order, child, &order->now[ctx]);
	order->now[ctx].at[ctx]++;
	return true;
}

/* Threads: all that is not MPSAFE has the kernel lock while it does not sleep. */
static bool
see_context(struct race_order *order, const struct event *event)
{
	uint32_t ctx = event->ctx;

	switch (event->kind) {
	case EV_CTX_START:
		return start(order, event);
	case EV_CTX_RUN:
		order->takes_lock[event->arg[0]] = order->under_lock[event->arg[0]];
		return false;
	case EV_CTX_SLEEP:
	case EV_CTX_END:
		if (order->under_lock[ctx])
			leave_lock(order, ctx);
		return true;
	}
	return false;
}

/* ---- interrupts ---- */

/* One that the driver established; that of the virtio core, in its place, has no number. */
static bool
is_own_softint(const struct event *note)
{
	return note->arg[1] == HW_CB_SOFTINT && note->arg[2] != UINT64_MAX;
}

static bool
is_under_lock(const struct race_order *order, const struct event *note)
{
	if (note->ctx_kind != HW_CTX_HARDINT && note->ctx_kind != HW_CTX_SOFTINT)
		return false;
	if (is_own_softint(note))
		return (order->free_softints >> (note->arg[2] & 63) & 1) == 0;
	return !order->handlers_free;
}

static void
enter_driver(struct race_order *order, const struct event *note)
{
	uint32_t ctx = note->ctx;

	acquire(order, ctx, &order->attached);
	if (is_under_lock(order, note))
		acquire(order, ctx, &order->kernel_lock);
	if (is_own_softint(note))
		acquire(order, ctx, clock_of(&order->softint, note->arg[2]));
	else if (note->arg[1] == HW_CB_VQ_DONE && note->arg[2] < RACE_QUEUES)
		acquire(order, ctx, &order->used[note->arg[2]]);
}

static void
leave_driver(struct race_order *order, const struct event *note)
{
	if (is_under_lock(order, note))
		leave_lock(order, note->ctx);
}

/* ---- notes and calls ---- */

static bool
see_note(struct race_order *order, const struct shadow *shadow, const struct event *note)
{
	uint32_t ctx = note->ctx;

	switch (note->code) {
	case HW_NOTE_MUTEX_HELD:
		acquire(order, ctx, clock_of(&order->mutex, note->arg[0]));
		return true;
	case HW_NOTE_MUTEX_FREED:
		release(order, ctx, clock_of(&order->mutex, note->arg[0]));
		return true;
	case HW_NOTE_CV_WAKE:
		if (note->arg[1] < SHADOW_CONTEXTS)
			release(order, ctx, &order->woken[note->arg[1]]);
		return true;
	case HW_NOTE_CV_WOKEN:
		acquire(order, ctx, &order->woken[ctx]);
		return true;
	case HW_NOTE_THREAD:
		if (note->arg[0] < SHADOW_CONTEXTS)
			order->under_lock[note->arg[0]] =
			    (note->arg[2] & RACE_THREAD_MPSAFE) == 0;
		return false;
	case HW_NOTE_THREAD_GONE:
		release(order, ctx, &order->ended[ctx]);
		return true;
	case HW_NOTE_CALLBACK:
		if (note->arg[0] == 1)
			enter_driver(order, note);
		else
			leave_driver(order, note);
		return true;
	case HW_NOTE_SOFTINT:
		if (shadow_call_of(shadow, note)->arg[0] & RACE_SOFTINT_MPSAFE)
			order->free_softints |= UINT64_C(1) << (note->arg[0] & 63);
		return false;
	case HW_NOTE_ATTACH:
		if (note->arg[0] == HW_ATTACH_FINISHED)
			release(order, ctx, &order->attached);
		return true;
	case HW_NOTE_DEQUEUED:
		if (note->arg[0] < RACE_QUEUES)
			acquire(order, ctx, &order->used[note->arg[0]]);
		return true;
	}
	return false;
}

static bool
see_call(struct race_order *order, const struct event *event)
{
	switch (event->code) {
	case HW_CALL_SOFTINT_SCHEDULE:
		release(order, event->ctx, clock_of(&order->softint, event->arg[0]));
		break;
	case HW_CALL_VIRTIO_ENQUEUE_COMMIT:
		if (event->arg[0] < RACE_QUEUES)
			release(order, event->ctx, &order->sent[event->arg[0]]);
		break;
	case HW_CALL_SPLRAISE:
		order->raised[event->ctx] = true;
		break;
	case HW_CALL_SPLX:
		order->raised[event->ctx] = false;
		break;
	case HW_CALL_VIRTIO_CHILD_ATTACH_START:
		order->handlers_free = event->arg[0] != RACE_IPL_VM ||
		    (event->arg[1] & RACE_INTR_MPSAFE) != 0;
		break;
	}
	return true;
}

bool
race_order_see(struct race_order *order, const struct shadow *shadow,
    const struct event *event)
{
	const struct shadow_call *call;

	switch (event->kind) {
	case EV_CALL:
		return see_call(order, event);
	case EV_NOTE:
		return see_note(order, shadow, event);
	case EV_RET:
		call = shadow_call_of(shadow, event);
		if (shadow_returns(shadow, event) && call->arg[0] < SHADOW_CONTEXTS)
			acquire(order, event->ctx, &order->ended[call->arg[0]]);
		return true;
	case EV_DEV_TAKE:
		if (event->arg[0] < RACE_QUEUES)
			join(order, &order->taken[event->arg[0]], &order->sent[event->arg[0]]);
		return false;
	case EV_DEV_USED:
		if (event->arg[0] < RACE_QUEUES)
			join(order, &order->used[event->arg[0]], &order->taken[event->arg[0]]);
		return false;
	}
	return see_context(order, event);
}
