/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens before what: see lock_clock.h.
 */
#include "rules/kernel/lock_clock.h"

#include <string.h>


#define INTR_MPSAFE (1u << 0)		/* VIRTIO_F_INTR_MPSAFE */
#define SOFTINT_MPSAFE 0x100u
#define THREAD_MPSAFE 0x02u		/* KTHREAD_MPSAFE */

/* What a clock can go along with. */
enum carrier {
	MUTEX, SOFTINT, SOFTINT_DONE,	/* by ordinal */
	SENT, TAKEN, USED, SLOTS,	/* by queue: requests, and those that are free */
	WOKEN, ENDED,			/* by context */
	FENCED, LOADED,			/* by context: releases, loads to be acquired */
	ATTACHED, HANDLED, KERNEL_LOCK,	/* one of each */
	CARRIERS
};

struct race_order {
	struct race_clock now[SHADOW_CONTEXTS];
	uint32_t contexts;		/* numbers in use */
	struct { VEC_MEMBERS(struct race_clock); } carried[CARRIERS];
	bool under_lock[SHADOW_CONTEXTS];	/* threads: not MPSAFE */
	bool takes_lock[SHADOW_CONTEXTS];	/* and runs again, since its clock was last used */
	uint8_t raised[SHADOW_CONTEXTS];	/* to this level, with splraise(9) */
	bool handlers_free;		/* interrupts of the driver are MPSAFE */
	struct { VEC_MEMBERS(bool); } softint_free;	/* so are these soft ones, by number */
	struct { VEC_MEMBERS(struct race_epoch); } epoch;	/* by the number of the tag */
};

/* ---- clocks ---- */

static struct race_clock *
clock_of(struct race_order *order, enum carrier carrier, uint64_t number)
{
	return vec_reach(&order->carried[carrier], number);
}

static struct race_clock *
queue_clock(struct race_order *order, enum carrier carrier, const struct event *event,
    uint64_t queue)
{
	return clock_of(order, carrier, event->device * (RULES_QUEUES_MAX + UINT64_C(1)) +
	    (queue < RULES_QUEUES_MAX ? queue : RULES_QUEUES_MAX));
}

static void
join_one(const struct race_order *order, uint32_t *to, const uint32_t *from)
{
	for (unsigned i = 0; i < order->contexts; i++)
		if (from[i] > to[i])
			to[i] = from[i];
}

static void
join(const struct race_order *order, struct race_clock *to, const struct race_clock *from)
{
	join_one(order, to->all, from->all);
	join_one(order, to->sure, from->sure);
}

/* All that a context did so far goes along, and what it does next does not. */
static void
release(struct race_order *order, uint32_t ctx, struct race_clock *to)
{
	join(order, to, &order->now[ctx]);
	order->now[ctx].sure[ctx] = ++order->now[ctx].all[ctx];
}

static void
acquire(struct race_order *order, uint32_t ctx, const struct race_clock *from)
{
	join(order, &order->now[ctx], from);
}

static void
leave_lock(struct race_order *order, uint32_t ctx)
{
	order->takes_lock[ctx] = false;
	release(order, ctx, clock_of(order, KERNEL_LOCK, 0));
}

const struct race_clock *
race_clock_now(struct race_order *order, uint32_t ctx)
{
	/* It has the lock by now, although no event said when it got it. */
	if (order->takes_lock[ctx])
		acquire(order, ctx, clock_of(order, KERNEL_LOCK, 0));
	order->takes_lock[ctx] = false;
	return &order->now[ctx];
}

unsigned
race_clock_level(const struct race_order *order, const struct rules_core *core)
{
	return is_interrupt(core->event->ctx_kind) ? core->event->ipl :
	    order->raised[core->event->ctx];
}

struct race_epoch
race_epoch_of(const struct race_order *order, unsigned number)
{
	return number < order->epoch.count ? order->epoch.item[number] : (struct race_epoch){ 0 };
}

/* What the context does from now on is another matter than before. */
static void
new_part(struct race_order *order, struct rules_core *core)
{
	uint32_t ctx = core->event->ctx;
	bool plain = core->event->ctx_kind == HW_CTX_KTHREAD &&
	    core->shadow.held[ctx].count == 0 && order->raised[ctx] == 0;
	unsigned number;

	if (core->world == NULL)
		return;
	number = access_anew(&core->world->access, ctx, plain);
	*vec_reach(&order->epoch, number) = (struct race_epoch){
		order->now[ctx].all[ctx], core->event->seq
	};
}

/* ---- events that only hand a clock over ---- */

#define RELEASES(name, clock, ...) \
	HOOK(lock_clock, name, struct race_order *order, __VA_ARGS__) \
	{ \
		release(order, event->ctx, clock); \
		new_part(order, core); \
	}
#define ACQUIRES(name, clock, ...) \
	HOOK(lock_clock, name, struct race_order *order, __VA_ARGS__) \
	{ \
		acquire(order, event->ctx, clock); \
		new_part(order, core); \
	}

RELEASES(note_freed, clock_of(order, MUTEX, event->note.mutex_freed.mutex), ON_NOTE(MUTEX_FREED))
RELEASES(note_wake, clock_of(order, WOKEN, event->note.cv_wake.context), ON_NOTE(CV_WAKE))
ACQUIRES(note_woken, clock_of(order, WOKEN, event->ctx), ON_NOTE(CV_WOKEN))
RELEASES(note_thread_gone, clock_of(order, ENDED, event->ctx), ON_NOTE(THREAD_GONE))
RELEASES(call_schedule, clock_of(order, SOFTINT, event->call.softint_schedule.softint),
    ON_CALL(SOFTINT_SCHEDULE))
RELEASES(call_commit, queue_clock(order, SENT, event, event->call.virtio_enqueue_commit.queue),
    ON_CALL(VIRTIO_ENQUEUE_COMMIT))
ACQUIRES(note_dequeued, queue_clock(order, USED, event, event->note.dequeued.queue),
    ON_NOTE(DEQUEUED))
RELEASES(call_reinit_end, clock_of(order, ATTACHED, 0), ON_CALL(VIRTIO_REINIT_END))
/* pci_intr_disestablish(9) waits for handlers that run. */
ACQUIRES(ret_detach, clock_of(order, HANDLED, 0), ON_RET(VIRTIO_CHILD_DETACH))

/* Only when the two critical sections meet is their order more than chance. */
HOOK(lock_clock, note_held, struct race_order *order, ON_NOTE(MUTEX_HELD))
{
	join_one(order, order->now[event->ctx].all,
	    clock_of(order, MUTEX, event->note.mutex_held.mutex)->all);
	new_part(order, core);
}

HOOK(lock_clock, note_slot, struct race_order *order, ON_NOTE(SLOT))
{
	struct race_clock *slots = queue_clock(order, SLOTS, event, event->note.slot.queue);

	if (event->note.slot.state == NOTED_FREED)
		release(order, event->ctx, slots);
	else if (event->note.slot.state == NOTED_PREPARED)
		acquire(order, event->ctx, slots);
	else
		return;
	new_part(order, core);
}

HOOK(lock_clock, on_take, struct race_order *order, ON_EVENT(DEV_TAKE))
{
	join(order, queue_clock(order, TAKEN, event, event->dev_take.queue),
	    queue_clock(order, SENT, event, event->dev_take.queue));
}

HOOK(lock_clock, on_used, struct race_order *order, ON_EVENT(DEV_USED))
{
	join(order, queue_clock(order, USED, event, event->dev_used.queue),
	    queue_clock(order, TAKEN, event, event->dev_used.queue));
}

/* ---- contexts ---- */

HOOK(lock_clock, on_start, struct race_order *order, ON_EVENT(CTX_START))
{
	uint32_t child = (uint32_t)event->ctx_start.context;
	struct race_clock *now = &order->now[child];
	uint32_t before = now->all[child];

	if (child >= order->contexts)
		order->contexts = child + 1;
	/* A number that was somebody else's before goes on counting. */
	memset(now, 0, sizeof(*now));
	now->all[child] = now->sure[child] = before + 1;
	order->under_lock[child] = event->ctx_start.kind == HW_CTX_AUTOCONF;
	if (event->ctx == 0)
		return;
	release(order, event->ctx, now);
	new_part(order, core);
}

/* Threads: all that is not MPSAFE has the kernel lock while it does not sleep. */
HOOK(lock_clock, on_run, struct race_order *order, ON_EVENT(CTX_RUN))
{
	order->takes_lock[event->ctx_run.context] = order->under_lock[event->ctx_run.context];
}

HOOK(lock_clock, on_stop, struct race_order *order, ON_EVENT(CTX_SLEEP), ON_EVENT(CTX_END))
{
	if (order->under_lock[event->ctx])
		leave_lock(order, event->ctx);
	new_part(order, core);
}

HOOK(lock_clock, note_thread, struct race_order *order, ON_NOTE(THREAD))
{
	if (event->note.thread.context < SHADOW_CONTEXTS)
		order->under_lock[event->note.thread.context] =
		    (event->note.thread.flags & THREAD_MPSAFE) == 0;
}

HOOK(lock_clock, ret_join, struct race_order *order, ON_RET(KTHREAD_JOIN))
{
	uint64_t thread = core->call->args.kthread_join.thread;

	if (thread < SHADOW_CONTEXTS)
		acquire(order, event->ctx, clock_of(order, ENDED, thread));
	new_part(order, core);
}

HOOK(lock_clock, call_spl, struct race_order *order, ON_CALL(SPLRAISE), ON_CALL(SPLX))
{
	uint8_t *level = &order->raised[event->ctx];

	if (event->code == HW_CALL_SPLX)
		*level = (uint8_t)event->call.splx.ipl;
	else if (event->call.splraise.ipl > *level)
		*level = (uint8_t)event->call.splraise.ipl;
	new_part(order, core);
}

/* ---- callbacks ---- */

HOOK(lock_clock, call_attach_start, struct race_order *order, ON_CALL(VIRTIO_CHILD_ATTACH_START))
{
	order->handlers_free = event->call.virtio_child_attach_start.ipl != IPL_VM ||
	    (event->call.virtio_child_attach_start.flags & INTR_MPSAFE) != 0;
	new_part(order, core);
}

HOOK(lock_clock, note_handlers, struct race_order *order, ON_NOTE(HANDLERS))
{
	order->handlers_free |= (event->note.handlers.flags & INTR_MPSAFE) != 0;
	new_part(order, core);
}

HOOK(lock_clock, note_attach, struct race_order *order, ON_NOTE(ATTACH))
{
	if (event->note.attach.step == HW_ATTACH_FINISHED)
		release(order, event->ctx, clock_of(order, ATTACHED, 0));
	new_part(order, core);
}

/* It ends when its handler does not run, and will not. */
HOOK(lock_clock, note_softint, struct race_order *order, ON_NOTE(SOFTINT))
{
	uint64_t number = event->note.softint.softint;

	if (!event->note.softint.established) {
		acquire(order, event->ctx, clock_of(order, SOFTINT_DONE, number));
		new_part(order, core);
		return;
	}
	*vec_reach(&order->softint_free, number) = (core->call->args.softint_establish.flags &
	    SOFTINT_MPSAFE) != 0;
}

/* One that the driver established; that of the virtio core, in its place, has no number. */
static bool
is_own_softint(const struct event *note)
{
	return note->note.callback.callback == HW_CB_SOFTINT &&
	    note->note.callback.queue != UINT64_MAX;
}

static bool
is_under_lock(const struct race_order *order, const struct event *note)
{
	uint64_t softint = note->note.callback.queue;

	if (!is_interrupt(note->ctx_kind))
		return false;
	if (is_own_softint(note))
		return softint >= order->softint_free.count || !order->softint_free.item[softint];
	return !order->handlers_free;
}

static void
enter_driver(struct race_order *order, const struct event *note)
{
	uint64_t queue = note->note.callback.queue;

	acquire(order, note->ctx, clock_of(order, ATTACHED, 0));
	if (is_under_lock(order, note))
		acquire(order, note->ctx, clock_of(order, KERNEL_LOCK, 0));
	if (is_own_softint(note))
		acquire(order, note->ctx, clock_of(order, SOFTINT, queue));
	else if (note->note.callback.callback == HW_CB_VQ_DONE)
		acquire(order, note->ctx, queue_clock(order, USED, note, queue));
}

static void
leave_driver(struct race_order *order, const struct event *note)
{
	if (is_under_lock(order, note))
		leave_lock(order, note->ctx);
	release(order, note->ctx, is_own_softint(note) ?
	    clock_of(order, SOFTINT_DONE, note->note.callback.queue) :
	    clock_of(order, HANDLED, 0));
}

HOOK(lock_clock, note_callback, struct race_order *order, ON_NOTE(CALLBACK))
{
	if (event->note.callback.edge == 1)
		enter_driver(order, event);
	else
		leave_driver(order, event);
	new_part(order, core);
}

/* ---- loads and stores that order ---- */

void
race_clock_meets(struct race_order *order, uint32_t ctx, uint32_t mutex)
{
	join_one(order, order->now[ctx].sure, clock_of(order, MUTEX, mutex)->sure);
}

/* C11 5.1.2.4 and 7.17.4: a store goes along with what a release before it took. */
void
race_clock_marked(struct race_order *order, struct rules_core *core,
    const struct access_event *touch, struct race_clock *place)
{
	uint32_t ctx = core->event->ctx;

	if (touch->acquires)
		acquire(order, ctx, place);
	else
		join(order, clock_of(order, LOADED, ctx), place);
	if (touch->write && touch->releases)
		release(order, ctx, place);
	else if (touch->write)
		join(order, place, clock_of(order, FENCED, ctx));
	if (touch->acquires || touch->releases)
		new_part(order, core);
}

FENCE(order_fence, struct race_order *order)
{
	uint32_t ctx = core->event->ctx;

	if (touch->acquires)
		acquire(order, ctx, clock_of(order, LOADED, ctx));
	if (touch->releases)
		release(order, ctx, clock_of(order, FENCED, ctx));
	new_part(order, core);
}

/* ---- the area ---- */

REST(order_begin, struct race_order *order)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++)
		order->now[i].all[i] = order->now[i].sure[i] = 1;
	order->contexts = 1;
}

FINI(order_fini, struct race_order *order)
{
	for (unsigned i = 0; i < CARRIERS; i++)
		vec_fini(&order->carried[i]);
	vec_fini(&order->softint_free);
	vec_fini(&order->epoch);
}

const struct area area_lock_clock = {
	.state_bytes = sizeof(struct race_order),
	.begin = order_begin,
	.fini = order_fini,
	.fence = order_fence,
};
