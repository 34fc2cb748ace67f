/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live, about wake-ups: a thread does not sleep on what it would act on.
 *
 * A waiter is known by the condvar that it sleeps on and by the memory that it looks at.  What
 * a thread looked at before it slept and looks at again, changed, after its own time-out is what
 * its wait is about; if it then acts, whoever changed that should have woken it.  So a thread
 * that others wake for matters of their own is not to blame for those, and a change that a
 * waiter need not act on needs no wake-up.
 *
 * What the driver knows by other ways than memory, used buffers that vq_done announced and the
 * target that it read, is held against the thread that takes used buffers of that queue, or
 * takes steps towards the target: against any only while there is a single one.
 *
 * A condvar that nobody ever signals is a clock: its waiters poll, and only a long sleep is
 * held against them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "rules/kernel/cells.h"
#include "rules/kernel/live.h"

/* A used buffer that lies around this long while the thread sleeps was overlooked. */
#define COMPLETION_LONG_NS (LIVE_SECOND_NS / 2)
/* A thread that its own time-out wakes so long after the change was not woken by that. */
#define SIGNAL_LATE_NS (LIVE_SECOND_NS / 20)

#define KNOWN 1u

/* Another context wrote four bytes that the thread had seen. */
struct change {
	uintptr_t address;		/* 0: none */
	uint32_t value;			/* as the thread knows it */
	uint64_t ns;
	uint32_t seq, site;
	uint32_t ctx;			/* whose; of a free one the next */
};

struct looks {
	struct cells known;		/* four bytes: 0, KNOWN, or the number of their change */
	struct { VEC_MEMBERS(struct change); } change;	/* from 2 on */
	uint32_t idle;			/* first free one, 0: none */
};

enum neglect { NEGLECT_NONE, NEGLECT_WORK, NEGLECT_COMPLETION };

struct waiter {
	struct sleeper sleeper;
	bool is_thread;			/* one of the driver's, and it has not ended */
	struct looks looks;
	/* when it slept */
	enum neglect neglect;
	uint32_t known_seq;		/* when that was known */
	unsigned queue;			/* of the neglected completion */
	uint64_t steps;			/* that the driver had taken */
	bool backs_off;			/* a call had failed since its last wake-up */
	uint32_t fresh_seq;		/* its last wake-up before this sleep */
	uint32_t other_seq, other;	/* newest wake-up of another on its condvar: whom */
	/* awake */
	bool failed;			/* a call failed */
	uint32_t woke_seq;
	bool timed_out;			/* by its own time-out, and it did not act since */
	struct event woke;
	uint64_t woke_ns;
	struct change found;		/* that it looked at then */
};

/* Completions on a queue, and what the driver heard of them. */
struct completions {
	uint32_t used, dequeued;	/* so far */
	uint32_t announced;		/* `used` at the end of the last vq_done; */
	uint32_t announced_seq;		/* that event; */
	uint64_t announced_ns;		/* since when it is this */
	uint32_t calling;		/* `used` when vq_done was entered */
	bool is_taken;			/* somebody dequeued one: */
	uint32_t taker;			/* the last, */
	uint32_t taken_seq, taken_site;	/* here */
	uint32_t woken;			/* the thread that vq_done woke first, 0: none, */
	bool woke_others;		/* and others later */
};

struct wait_state {
	struct waiter waiter[SHADOW_CONTEXTS];
	unsigned contexts;		/* the first so many may have any */
	unsigned threads;
	struct completions completions[RULES_QUEUES_MAX];
	unsigned queues;		/* likewise */
	unsigned callbacks;		/* of the driver that run, and its attach */
	unsigned calling[SHADOW_CONTEXTS];	/* queue of the vq_done in it, plus 1 */
	uint64_t steps;			/* towards what is asked, whether they succeeded or not */
	uint32_t worker;		/* the thread that took the last one */
	struct { VEC_MEMBERS(uint8_t); } signalled;	/* by condvar: somebody does */
	unsigned empty_queue;		/* newest queue whose virtio_dequeue found nothing, */
	uint32_t empty_seq;		/* here */
	bool told;			/* the newest look at rest found something */
};

static struct waiter *
waiter_of(struct wait_state *state, uint64_t ctx)
{
	if (ctx >= state->contexts)
		state->contexts = (unsigned)ctx + 1;
	return &state->waiter[ctx];
}

/* NULL: no queue of that index. */
static struct completions *
completions_of(struct wait_state *state, uint64_t queue)
{
	if (queue >= RULES_QUEUES_MAX)
		return NULL;
	if (queue >= state->queues)
		state->queues = (unsigned)queue + 1;
	return &state->completions[queue];
}

static const char *
name_of(struct rules_core *core, uint32_t ctx, char buffer[static 24])
{
	const struct world *world = rules_look(core)->world;

	if (world != NULL)
		return world_context((struct world *)(uintptr_t)world, ctx)->name;
	snprintf(buffer, 24, "context %" PRIu32, ctx);
	return buffer;
}

/* How long a waiter of that condvar may sleep on something, if a signal could come. */
static uint64_t
patience(const struct wait_state *state, const struct waiter *waiter, uint64_t signalled_ns)
{
	uint64_t condvar = waiter->sleeper.object;

	return condvar < state->signalled.count && state->signalled.item[condvar] ? signalled_ns :
	    LIVE_LONG_NS;
}

/* ---- what a thread looks at, and what others have changed of it since ---- */

static void
looks_fini(struct looks *looks)
{
	cells_fini(&looks->known);
	vec_fini(&looks->change);
	memset(looks, 0, sizeof(*looks));
}

static struct change *
change_of(const struct looks *looks, uint32_t cell)
{
	return &looks->change.item[cell - KNOWN - 1];
}

static void
release(struct looks *looks, uint32_t cell)
{
	*change_of(looks, cell) = (struct change){ .ctx = looks->idle };
	looks->idle = cell;
}

/* The thread itself reads or writes there; *before is the change since it last did, or none. */
static void
looks_own(struct looks *looks, const struct rules_core *core, uintptr_t at, struct change *before)
{
	uint32_t *cell;

	if (looks->known.size == 0)
		cells_init(&looks->known, sizeof(*cell), (uintptr_t)core->world->memory.arena);
	cell = cells_make(&looks->known, at);
	before->address = 0;
	if (*cell > KNOWN) {
		*before = *change_of(looks, *cell);
		release(looks, *cell);
	}
	*cell = KNOWN;
}

/* Another context is about to write there. */
static void
looks_other(struct looks *looks, const struct rules_core *core, uintptr_t at)
{
	uint32_t *cell = looks->known.size == 0 ? NULL : cells_find(&looks->known, at);
	struct change *change;

	if (cell == NULL || *cell != KNOWN)
		return;
	*cell = looks->idle;
	if (*cell == 0) {
		vec_add(&looks->change);
		*cell = (uint32_t)looks->change.count + KNOWN;
	}
	change = change_of(looks, *cell);
	looks->idle = change->ctx;
	*change = (struct change){
		.address = at, .ns = rules_patience_ns(core),
		.seq = core->event->seq, .site = core->site,
		.ctx = core->event->ctx,
	};
	memcpy(&change->value, (const void *)at, sizeof(change->value));
}

/* What lies there from now on is something else. */
static void
looks_forget(struct looks *looks, uintptr_t low, uintptr_t high)
{
	const struct cells *cells = &looks->known;

	if (cells->size == 0)
		return;
	for (uintptr_t at = cells_next(cells, low & ~(uintptr_t)(CELL_BYTES - 1), high);
	    at < high; at = cells_next(cells, at + CELL_BYTES, high)) {
		uint32_t *cell = cells_find(cells, at);

		if (*cell > KNOWN)
			release(looks, *cell);
		*cell = 0;
	}
}

/* Is it other than the thread knows it, now? */
static bool
change_stands(const struct change *change)
{
	uint32_t now;

	if (change->address == 0)
		return false;
	memcpy(&now, (const void *)change->address, sizeof(now));
	return now != change->value;
}

/* Is that what it would have acted on, had it been awake since? */
static bool
is_missed(const struct wait_state *state, const struct waiter *waiter,
    const struct change *change, uint64_t now_ns)
{
	uint64_t late_ns = waiter->backs_off ? LIVE_LONG_NS :
	    patience(state, waiter, SIGNAL_LATE_NS);

	return change->seq >= waiter->fresh_seq && change->ns + late_ns <= now_ns &&
	    change_stands(change);
}

static void
look(const struct wait_state *state, const struct rules_core *core, struct waiter *waiter,
    uintptr_t at, bool write)
{
	struct change change;

	looks_own(&waiter->looks, core, at, &change);
	if (waiter->timed_out && waiter->found.address == 0 && !write &&
	    is_missed(state, waiter, &change, waiter->woke_ns))
		waiter->found = change;
}

TOUCH(wait_touch, struct wait_state *state)
{
	uint32_t ctx = core->event->ctx;
	const struct cells all = { .arena = (uintptr_t)core->world->memory.arena };

	if (!cells_cover(&all, core->world, touch->address))
		return ACCESS_ORDINARY;
	for (uintptr_t at = touch->address & ~(uintptr_t)(CELL_BYTES - 1);
	    at < touch->address + touch->size; at += CELL_BYTES) {
		for (unsigned i = 0; touch->write && i < state->contexts; i++)
			if (i != ctx && state->waiter[i].is_thread)
				looks_other(&state->waiter[i].looks, core, at);
		if (state->waiter[ctx].is_thread)
			look(state, core, &state->waiter[ctx], at, touch->write);
	}
	return ACCESS_ORDINARY;
}

MEMORY(wait_memory, struct wait_state *state)
{
	for (unsigned i = 0; what <= HW_MEMORY_GONE && i < state->contexts; i++)
		looks_forget(&state->waiter[i].looks, low, high);
}

/* ---- whose matter it is ---- */

static bool
takes(const struct wait_state *state, uint32_t ctx, const struct completions *completions)
{
	if (completions->is_taken)
		return completions->taker == ctx;
	if (completions->woken != 0)
		return completions->woken == ctx && !completions->woke_others;
	return state->threads == 1;
}

static bool
works(const struct wait_state *state, uint32_t ctx)
{
	return state->worker != 0 ? state->worker == ctx : state->threads == 1;
}

/* Is another thread of the driver at it, or waits before it tries again? */
static bool
is_alone(const struct wait_state *state, uint32_t ctx)
{
	for (unsigned i = 0; i < state->contexts; i++)
		if (i != ctx && state->waiter[i].is_thread &&
		    (!state->waiter[i].sleeper.asleep || state->waiter[i].backs_off))
			return false;
	return true;
}

/* A used buffer that was announced before it slept, or only since. */
static bool
neglects_completion(const struct wait_state *state, uint32_t ctx, struct waiter *waiter)
{
	for (unsigned q = 0; q < state->queues; q++) {
		const struct completions *completions = &state->completions[q];

		if ((int32_t)(completions->announced - completions->dequeued) > 0 &&
		    takes(state, ctx, completions)) {
			waiter->known_seq = completions->announced_seq;
			waiter->queue = q;
			return true;
		}
	}
	return false;
}

static bool
neglects_work(const struct wait_state *state, struct rules_core *core, uint32_t ctx,
    struct waiter *waiter)
{
	const struct rules_view *view = rules_look(core);
	uint64_t ticks = waiter->sleeper.ticks;

	if (ticks != 0 && ticks * (LIVE_SECOND_NS / (uint64_t)view->hz) <= LIVE_LONG_NS)
		return false;
	/* While one runs a wake-up may still come. */
	if (waiter->backs_off || state->callbacks > 0 || !works(state, ctx) ||
	    !is_alone(state, ctx))
		return false;
	return live_is_fair(core) && live_has_work(core) &&
	    core->device->knows_work(core, &waiter->known_seq) && core->device->waiting(core) == 0;
}

HOOK(live_wait, on_sleep, struct wait_state *state, ON_EVENT(CTX_SLEEP))
{
	struct waiter *waiter = waiter_of(state, event->ctx);

	/* In kthread_exit(), until it is joined. */
	if (event->code == HW_SLEEP_JOIN && event->ctx_sleep.object == event->ctx)
		return;
	waiter->sleeper = (struct sleeper){
		.asleep = true, .kind = (enum hw_context)event->ctx_kind,
		.why = (enum hw_sleep)event->code, .object = event->ctx_sleep.object,
		.ticks = event->ctx_sleep.ticks, .since_ns = rules_patience_ns(core),
		.seq = event->seq, .site = site, .zero = event->ctx_sleep.ticks == 0 &&
		    core->call->code == HW_CALL_CV_TIMEDWAIT,
	};
	waiter->neglect = NEGLECT_NONE;
	waiter->backs_off = waiter->failed;
	if (!waiter->is_thread || waiter->sleeper.why != HW_SLEEP_CV)
		return;
	waiter->timed_out = false;
	waiter->other_seq = 0;
	waiter->fresh_seq = waiter->woke_seq;
	waiter->steps = state->steps;
	if (neglects_completion(state, event->ctx, waiter))
		waiter->neglect = NEGLECT_COMPLETION;
	else if (neglects_work(state, core, event->ctx, waiter))
		waiter->neglect = NEGLECT_WORK;
}

/* ---- lost wake-ups ---- */

RULE_ROW(rule_lost_wakeup) = {
	"live.lost-wakeup", SEVERITY_ERROR,
	"no thread sleeps on what it would act on",
	"NetBSD condvar(9): the predicate is tested with the interlock held, and who changes it "
	"signals",
	"cv_signal(9) without a sleeper leaves no trace, and wakes one thread, whichever comes "
	"first: the one that was meant sleeps its whole timeout.",
	"if (!sc->sc_work) { mutex_enter(&m); cv_timedwait(&cv, &m, t); mutex_exit(&m); }",
	"mutex_enter(&m); while (!sc->sc_work) cv_timedwait(&cv, &m, t); mutex_exit(&m);",
	.distance = RULE_ASLEEP
};

/* It was not woken when what it looks at changed, or slept although that had changed. */
static void
report_change(struct rules_core *core, const struct waiter *waiter, const struct change *change,
    const struct event *event)
{
	const struct sleeper *sleeper = &waiter->sleeper;
	bool before = change->seq < sleeper->seq;
	bool other = waiter->other_seq >= change->seq && !before;
	char buffer[24], woken[24];
	const char *who = name_of(core, change->ctx, buffer);

	if (before)
		rules_report_when(core, &rule_lost_wakeup, event, sleeper->site, "the thread went "
		    "to sleep, for %" PRIu64 " ms, although %s had changed what it looks at",
		    (rules_patience_ns(core) - sleeper->since_ns) / 1000000, who);
	else
		rules_report_when(core, &rule_lost_wakeup, event, sleeper->site,
		    "%s%s: it slept on for %" PRIu64 " ms after %s changed what it looks at",
		    other ? name_of(core, waiter->other, woken) : "nobody woke the thread", other ?
		    " was woken, and not the thread" : "",
		    (rules_patience_ns(core) - change->ns) / 1000000,
		    who);
	rules_because_at(core, change->seq, change->site, "%s changed it here", who);
	if (other)
		rules_because(core, waiter->other_seq, "woke %s in its place",
		    name_of(core, waiter->other, woken));
	rules_because(core, sleeper->seq, LIVE_SLEPT(sleeper));
}

/* A driver that asks another queue has mixed them up. */
static bool
asked_another(const struct wait_state *state, const struct waiter *waiter)
{
	return state->empty_seq > waiter->known_seq && state->empty_queue != waiter->queue;
}

static void
because_empty(struct rules_core *core, const struct wait_state *state, const struct waiter *waiter)
{
	if (asked_another(state, waiter))
		rules_because(core, state->empty_seq, "virtio_dequeue of queue %u found nothing",
		    state->empty_queue);
}

static void
report_neglect(const struct wait_state *state, struct rules_core *core,
    const struct waiter *waiter)
{
	const struct rules_device *device = core->device;
	const struct sleeper *sleeper = &waiter->sleeper;
	uint64_t slept_ms = (rules_patience_ns(core) - sleeper->since_ns) / 1000000;
	struct rules_work work;

	if (waiter->neglect == NEGLECT_COMPLETION) {
		rules_report_at(core, &rule_lost_wakeup, sleeper->site,
		    state->completions[waiter->queue].is_taken ?
		    "the thread slept %" PRIu64 " ms although vq_done had announced a used buffer "
		    "on queue %u before%s" : "the thread slept %" PRIu64 " ms although vq_done of "
		    "queue %u had woken it, or tried to: it took no buffer from there%s", slept_ms,
		    waiter->queue, asked_another(state, waiter) ? ", but asked another queue" : "");
		rules_because(core, waiter->known_seq, "vq_done left");
		because_empty(core, state, waiter);
	} else {
		device->describe(core, &work);
		rules_report_at(core, &rule_lost_wakeup, sleeper->site, "the thread slept %" PRIu64
		    " ms%s with a %s known before it slept: %s", slept_ms, sleeper->zero ?
		    ", in cv_timedwait of 0 ticks, for ever," : "", device->work, work.asked);
		if (live_asked_seq(core) != 0)
			rules_because(core, live_asked_seq(core), "the host's new %s",
			    device->work);
		rules_because(core, waiter->known_seq, "the driver read it");
	}
	rules_because(core, sleeper->seq, LIVE_SLEPT(sleeper));
	live_reported(core);
}

/* Is what it neglected still as it was: nobody else has taken care? */
static bool
still_neglects(const struct wait_state *state, const struct waiter *waiter)
{
	const struct completions *completions = &state->completions[waiter->queue];

	if (waiter->neglect == NEGLECT_COMPLETION)
		return (int32_t)(completions->announced - completions->dequeued) > 0;
	return waiter->neglect == NEGLECT_WORK && state->steps == waiter->steps;
}

HOOK(live_wait, on_wake, struct wait_state *state, ON_EVENT(CTX_WAKE))
{
	struct waiter *waiter;
	uint64_t long_ns;

	if (event->ctx_wake.context >= SHADOW_CONTEXTS)
		return;
	waiter = waiter_of(state, event->ctx_wake.context);
	if (!waiter->sleeper.asleep)
		return;
	waiter->sleeper.asleep = waiter->failed = false;
	if (!waiter->is_thread || waiter->sleeper.why != HW_SLEEP_CV)
		return;
	long_ns = waiter->neglect == NEGLECT_COMPLETION ?
	    patience(state, waiter, COMPLETION_LONG_NS) : LIVE_LONG_NS;
	if (still_neglects(state, waiter) && rules_look(core)->device.healthy &&
	    rules_patience_ns(core) - waiter->sleeper.since_ns >= long_ns)
		report_neglect(state, core, waiter);
	else
		waiter->timed_out = event->ctx_wake.timeout != 0;
	waiter->woke = *event;
	waiter->woke_ns = rules_patience_ns(core);
	waiter->woke_seq = event->seq;
	waiter->found.address = 0;
}

/* The thread does something after it woke up: was it late? */
HOOK(live_wait, on_act, struct wait_state *state, ON_CALL(UVM_PGLISTFREE),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG), ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE),
    ON_CALL(KTHREAD_EXIT))
{
	struct waiter *waiter = waiter_of(state, event->ctx);

	if (waiter->timed_out && waiter->found.address != 0 &&
	    rules_look(core)->device.healthy) {
		report_change(core, waiter, &waiter->found, &waiter->woke);
		live_reported(core);
	}
	waiter->timed_out = false;
}

/* The same with a used buffer that it takes: vq_done announced it while it slept. */
static void
act_on_completion(struct wait_state *state, struct rules_core *core,
    const struct completions *completions)
{
	struct waiter *waiter = waiter_of(state, core->event->ctx);
	uint64_t late_ns = waiter->woke_ns - completions->announced_ns;

	if (waiter->timed_out && waiter->found.address == 0 &&
	    rules_look(core)->device.healthy &&
	    (int32_t)(completions->announced - completions->dequeued) > 0 &&
	    completions->announced_seq > waiter->sleeper.seq &&
	    completions->announced_ns <= waiter->woke_ns &&
	    late_ns >= patience(state, waiter, SIGNAL_LATE_NS)) {
		rules_report_when(core, &rule_lost_wakeup, &waiter->woke, waiter->sleeper.site,
		    "nobody woke the thread: it slept on for %" PRIu64 " ms after vq_done of queue "
		    "%" PRIu64, late_ns / 1000000, core->event->note.dequeued.queue);
		rules_because(core, waiter->sleeper.seq, LIVE_SLEPT(&waiter->sleeper));
		rules_because(core, completions->announced_seq, "vq_done left");
		live_reported(core);
		waiter->timed_out = false;
	}
	on_act(state, core, core->event, 0);
}

/* ---- steps ---- */

HOOK(live_wait, on_step, struct wait_state *state, ON_CALL(UVM_PGLISTALLOC), ON_NOTE(DESC))
{
	on_act(state, core, event, site);
	if (waiter_of(state, event->ctx)->is_thread)
		state->worker = event->ctx;
	state->steps++;
}

/* To have tried is a step; when it could try again is unknown. */
HOOK(live_wait, ret_try, struct wait_state *state, LIVE_TRIES)
{
	if (!rules_failed(event))
		return;
	waiter_of(state, event->ctx)->failed = true;
	state->steps++;
}

HOOK(live_wait, ret_dequeue, struct wait_state *state, ON_RET(VIRTIO_DEQUEUE))
{
	if (event->ret.result == 0)
		return;
	state->empty_queue = (unsigned)core->call->args.virtio_dequeue.queue;
	state->empty_seq = event->seq;
}

HOOK(live_wait, note_dequeued, struct wait_state *state, ON_NOTE(DEQUEUED))
{
	struct completions *completions = completions_of(state, event->note.dequeued.queue);

	if (completions == NULL)
		return;
	act_on_completion(state, core, completions);
	completions->dequeued++;
	completions->is_taken = true;
	completions->taker = event->ctx;
	completions->taken_seq = event->seq;
	completions->taken_site = site;
	state->steps++;
}

/* ---- callbacks, wake-ups, the device ---- */

static void
follow_vq_done(struct completions *completions, bool enter, const struct rules_core *core)
{
	if (enter) {
		completions->calling = completions->used;
		return;
	}
	if (completions->announced != completions->calling)
		completions->announced_ns = rules_patience_ns(core);
	completions->announced = completions->calling;
	completions->announced_seq = core->event->seq;
}

HOOK(live_wait, note_callback, struct wait_state *state, ON_NOTE(CALLBACK))
{
	bool enter = event->note.callback.edge == 1;
	struct completions *completions;

	if (event->note.callback.callback == HW_CB_INTRHAND)
		return;
	if (enter)
		state->callbacks++;
	else if (state->callbacks > 0)
		state->callbacks--;
	if (event->note.callback.callback != HW_CB_VQ_DONE)
		return;
	completions = completions_of(state, event->note.callback.queue);
	state->calling[event->ctx] = enter && completions != NULL ?
	    (unsigned)event->note.callback.queue + 1 : 0;
	if (completions != NULL)
		follow_vq_done(completions, enter, core);
}

/* The same of cv_signal() and cv_broadcast(). */
HOOK(live_wait, call_signal, struct wait_state *state, ON_CALL(CV_SIGNAL), ON_CALL(CV_BROADCAST))
{
	uint64_t condvar = event->call.cv_signal.condvar;

	*vec_reach(&state->signalled, condvar) = 1;
}

HOOK(live_wait, note_wake, struct wait_state *state, ON_NOTE(CV_WAKE))
{
	uint64_t woken = event->note.cv_wake.context;

	if (woken >= SHADOW_CONTEXTS)
		return;
	if (state->calling[event->ctx] != 0) {
		struct completions *completions =
		    &state->completions[state->calling[event->ctx] - 1];

		completions->woke_others |= completions->woken != 0 && completions->woken != woken;
		if (completions->woken == 0)
			completions->woken = (uint32_t)woken;
	}
	for (unsigned i = 0; i < state->contexts; i++) {
		struct waiter *waiter = &state->waiter[i];

		if (i != woken && waiter->sleeper.asleep &&
		    waiter->sleeper.why == HW_SLEEP_CV &&
		    waiter->sleeper.object == event->note.cv_wake.condvar) {
			waiter->other_seq = event->seq;
			waiter->other = (uint32_t)woken;
		}
	}
}

HOOK(live_wait, note_attach, struct wait_state *state, ON_NOTE(ATTACH))
{
	if (event->note.attach.step == HW_ATTACH_BEGIN)
		state->callbacks++;
	else if (event->note.attach.step == HW_ATTACH_END && state->callbacks > 0)
		state->callbacks--;
}

HOOK(live_wait, on_used, struct wait_state *state, ON_EVENT(DEV_USED))
{
	struct completions *completions = completions_of(state, event->dev_used.queue);

	if (completions != NULL)
		completions->used++;
}

HOOK(live_wait, on_status, struct wait_state *state, ON_EVENT(DEV_STATUS))
{
	if (event->dev_status.status == 0)
		memset(state->completions, 0, sizeof(state->completions));
}

static void
waiter_fini(struct waiter *waiter)
{
	looks_fini(&waiter->looks);
	memset(waiter, 0, sizeof(*waiter));
}

HOOK(live_wait, on_start, struct wait_state *state, ON_EVENT(CTX_START))
{
	struct waiter *waiter;

	if (event->ctx_start.context >= SHADOW_CONTEXTS ||
	    event->ctx_start.kind != HW_CTX_KTHREAD)
		return;
	waiter = waiter_of(state, event->ctx_start.context);
	waiter_fini(waiter);
	waiter->is_thread = true;
	state->threads++;
}

HOOK(live_wait, on_end, struct wait_state *state, ON_EVENT(CTX_END))
{
	struct waiter *waiter;

	if (event->ctx_end.context >= SHADOW_CONTEXTS)
		return;
	waiter = waiter_of(state, event->ctx_end.context);
	if (waiter->is_thread) {
		state->threads--;
		if (event->ctx == event->ctx_end.context)
			on_act(state, core, event, site);
	}
	if (state->worker == event->ctx_end.context)
		state->worker = 0;
	waiter_fini(waiter);
}

/* ---- at rest ---- */

/* What the thread that should do the work has overlooked, asleep; NULL: nothing. */
static const struct change *
pending_change(const struct wait_state *state, const struct waiter *waiter, uint64_t now_ns)
{
	vec_each(change, &waiter->looks.change) {
		if (is_missed(state, waiter, change, now_ns))
			return change;
	}
	return NULL;
}

RULE_ROW(rule_left_buffer) = {
	"live.left-buffer", SEVERITY_ERROR,
	"a used buffer that vq_done was called for is taken",
	"virtio 1.2 clause 2.7.14; NetBSD virtio.c, virtio_vq_intr()",
	"There is no second interrupt for it: one may announce several used buffers.",
	"if (virtio_dequeue(vsc, vq, &slot, &len) == 0)\n\tdone(sc, slot);",
	"while (virtio_dequeue(vsc, vq, &slot, &len) == 0)\n\tdone(sc, slot);",
	.distance = RULE_ASLEEP
};

/* Whoever should have taken them, an interrupt handler say, nobody did. */
static void
check_left(const struct wait_state *state, struct rules_core *core)
{
	for (unsigned q = 0; q < state->queues; q++) {
		const struct completions *completions = &state->completions[q];
		int32_t left = (int32_t)(completions->announced - completions->dequeued);
		uint64_t ns = rules_patience_ns(core) - completions->announced_ns;

		if (left <= 0 || ns < LIVE_LONG_NS)
			continue;
		rules_report_at(core, &rule_left_buffer, completions->taken_site,
		    "vq_done of queue %u was called for %" PRId32 " used buffer%s that nobody "
		    "took, for %" PRIu64 " s now", q, left, plural((uint32_t)left),
		    ns / LIVE_SECOND_NS);
		rules_because(core, completions->announced_seq, "vq_done left");
		if (completions->is_taken)
			rules_because(core, completions->taken_seq, "the last one was taken");
	}
}

REST(wait_rest, struct wait_state *state)
{
	state->told = false;
	if (!rules_look(core)->at_rest || !live_is_fair(core) || !live_has_work(core))
		return;
	for (unsigned ctx = 0; ctx < state->contexts; ctx++) {
		struct waiter *waiter = &state->waiter[ctx];
		const struct change *change;

		if (!waiter->sleeper.asleep || !waiter->is_thread ||
		    waiter->sleeper.why != HW_SLEEP_CV)
			continue;
		waiter->fresh_seq = waiter->woke_seq;
		change = works(state, ctx) && core->device->waiting(core) == 0 ?
		    pending_change(state, waiter, rules_patience_ns(core)) : NULL;
		state->told |= still_neglects(state, waiter) || change != NULL;
		if (still_neglects(state, waiter))
			report_neglect(state, core, waiter);
		else if (change != NULL)
			report_change(core, waiter, change, core->event);
		waiter->neglect = NEGLECT_NONE;
	}
	if (!state->told)
		check_left(state, core);
}

/* ---- the area ---- */

FINI(wait_fini, struct wait_state *state)
{
	for (unsigned i = 0; i < state->contexts; i++)
		waiter_fini(&state->waiter[i]);
	vec_fini(&state->signalled);
}

const struct area area_live_wait = {
	.state_bytes = sizeof(struct wait_state),
	.each_device = true,
	.fini = wait_fini,
	.touch = wait_touch,
	.memory = wait_memory,
	.rest = wait_rest,
};

const struct sleeper *
live_sleeper(struct rules_core *core, uint32_t ctx)
{
	struct wait_state *state = rules_state(core, &area_live_wait);

	return &state->waiter[ctx].sleeper;
}

uint32_t
live_worker(struct rules_core *core)
{
	struct wait_state *state = rules_state(core, &area_live_wait);

	return state->worker;
}

bool
live_overslept(struct rules_core *core)
{
	const struct wait_state *state = rules_state(core, &area_live_wait);

	return state->told;
}

bool
live_passed_over(struct rules_core *core, uint32_t since, char *words, size_t size)
{
	struct wait_state *state = rules_state(core, &area_live_wait);
	char buffer[24], woken[24];
	uint32_t other = 0, passed = 0;

	for (uint32_t ctx = 0; ctx < state->contexts; ctx++) {
		const struct waiter *waiter = &state->waiter[ctx];

		if (!waiter->is_thread)
			continue;
		if (waiter->woke_seq > since)
			other = ctx;
		else if (waiter->sleeper.asleep && waiter->sleeper.why == HW_SLEEP_CV &&
		    (state->worker == 0 || state->worker == ctx))
			passed = ctx;
	}
	if (other == 0 || passed == 0)
		return false;
	snprintf(words, size, "%s sleeps on, %s was woken in its place",
	    name_of(core, passed, buffer), name_of(core, other, woken));
	return true;
}
