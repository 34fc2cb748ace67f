/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about progress: the target is reached, wake-ups are not lost, nobody waits for ever.
 *
 * Nothing is demanded of a driver that nobody could do: not while a fault is armed, not with
 * a device that is silent or breaks the specification, not without free memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/world.h"
#include "rules/area.h"
#include "rules/ledger.h"
#include "rules/live_hot.h"
#include "rules/shadow.h"

#define SECOND_NS UINT64_C(1000000000)
#define STATUS_DRIVER_OK 0x04u
#define BALLOON_ID 5u
/* A sleep this long with work at hand was not meant. */
#define SLEEP_LONG_NS (2 * SECOND_NS)
/* An answer that lies around this long while the thread sleeps was overlooked. */
#define ANSWER_LONG_NS (SECOND_NS / 2)
/* A thread that its own time-out wakes so long after vq_done was not woken by that. */
#define SIGNAL_LATE_NS (SECOND_NS / 20)
#define REACTION_NS (15 * SECOND_NS)	/* to the first request after a new target */
#define LIVELOCK_NS (10 * SECOND_NS)	/* waiting for memory that is there */

enum neglect { NEGLECT_NONE, NEGLECT_TARGET, NEGLECT_ANSWER };

struct sleeper {
	bool asleep;
	uint32_t ctx;
	enum hw_context kind;
	enum hw_sleep why;
	uint64_t object, ticks;
	uint64_t since_ns;
	uint32_t seq, site;
	enum neglect neglect;		/* what it went to sleep on */
	uint32_t told_seq;		/* how it was told */
	unsigned queue;			/* of the neglected answer */
	bool failed;			/* a call failed since its last wake-up */
	/* the allocation it is in */
	bool allocating;
	uint64_t alloc_bytes, alloc_ns;
	uint32_t alloc_seq, alloc_site;
};

/* Answers on a queue that the driver was told of. */
struct answers {
	uint32_t used, dequeued;	/* so far */
	uint32_t told;			/* `used` at the end of the last vq_done; */
	uint32_t told_seq;		/* that event; */
	uint64_t told_ns;		/* since when it is this */
	uint32_t calling;		/* `used` when vq_done was entered */
};

struct live_state {
	struct sleeper sleeper[SHADOW_CONTEXTS];
	struct answers answers[LEDGER_QUEUES];
	unsigned callbacks;		/* config_change is running so many times */
	uint32_t target_seq;		/* newest change of the target */
	uint64_t target_ns;
	bool target_open;		/* signalled, and no request since */
	unsigned target_strikes;	/* faults that had struck then */
	unsigned empty_queue;		/* newest queue whose virtio_dequeue found nothing, */
	uint32_t empty_seq;		/* here */
	struct live_hot hot;
	bool no_thread;			/* the newest kthread_create failed, */
	uint32_t no_thread_seq;		/* here */
};

/* ---- what may be demanded ---- */

static bool
is_balloon(const struct rules_view *view)
{
	return view->world == NULL || view->world->hooks.device_id == BALLOON_ID;
}

static bool
is_fair(const struct rules_view *view)
{
	const struct rules_device *device = &view->device;

	return device->healthy && device->answers && view->faults_armed == 0 &&
	    (device->status & STATUS_DRIVER_OK) && is_balloon(view);
}

/* Without memory an inflating driver can only wait. */
static bool
has_memory(struct rules_core *core, const struct rules_view *view, uint64_t pages)
{
	const struct ledger *ledger = rules_ledger(core);
	/* What the driver gathered and did not give yet is at its disposal too. */
	uint64_t spare = view->memory->counts.free +
	    ledger_count(ledger, LEDGER_FRESH, LEDGER_FRESH);

	return spare >= view->memory->reserve + pages;
}

/* Has the balloon another size than the host wants, and can the driver do something? */
static bool
has_work(struct rules_core *core, const struct rules_view *view)
{
	const struct rules_device *device = &view->device;
	uint64_t target = device->num_pages, actual = device->actual;

	if (actual == target)
		return false;
	/* What `actual` means is open when the driver is not its only author. */
	if ((!device->keeps_actual || device->actual_foreign) &&
	    view->memory->counts.held == target)
		return false;
	return target < actual || has_memory(core, view, target - actual);
}

/* ---- going to sleep ---- */

static uint64_t
ticks_ns(const struct rules_view *view, uint64_t ticks)
{
	return ticks * (SECOND_NS / (uint64_t)view->hz);
}

/* The answer that it was told of before it slept, or only since. */
static bool
neglects_answer(const struct live_state *state, struct sleeper *sleeper, bool since)
{
	for (unsigned q = 0; q < LEDGER_QUEUES; q++) {
		const struct answers *answers = &state->answers[q];

		if ((int32_t)(answers->told - answers->dequeued) > 0 &&
		    (answers->told_seq > sleeper->seq) == since) {
			sleeper->told_seq = answers->told_seq;
			sleeper->queue = q;
			return true;
		}
	}
	return false;
}

static bool
neglects_target(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper)
{
	const struct rules_view *view = rules_look(core);
	const struct ledger *ledger = rules_ledger(core);

	if (sleeper->ticks != 0 && ticks_ns(view, sleeper->ticks) <= SLEEP_LONG_NS)
		return false;
	/* While its callback runs a wake-up may still come. */
	if (sleeper->failed || state->callbacks > 0)
		return false;
	return ledger->target.known && ledger->target.pages == view->device.num_pages &&
	    ledger_waiting(ledger) == 0 && is_fair(view) && has_work(core, view);
}

static void
see_sleep(struct live_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct sleeper *sleeper = &state->sleeper[event->ctx];

	sleeper->asleep = true;
	sleeper->ctx = event->ctx;
	sleeper->kind = (enum hw_context)event->ctx_kind;
	sleeper->why = (enum hw_sleep)event->code;
	sleeper->object = event->arg[0];
	sleeper->ticks = event->arg[1];
	sleeper->since_ns = event->time_ns;
	sleeper->seq = event->seq;
	sleeper->site = site;
	sleeper->neglect = NEGLECT_NONE;
	if (sleeper->kind != HW_CTX_KTHREAD || sleeper->why != HW_SLEEP_CV)
		return;
	if (neglects_answer(state, sleeper, false)) {
		sleeper->neglect = NEGLECT_ANSWER;
	} else if (neglects_target(state, core, sleeper)) {
		sleeper->neglect = NEGLECT_TARGET;
		sleeper->told_seq = rules_ledger(core)->target.seq;
	}
}

/* ---- lost wake-ups ---- */

/* A driver that asks another queue has mixed them up. */
static void
because_empty(struct finding *finding, const struct live_state *state,
    const struct sleeper *sleeper)
{
	if (state->empty_seq > sleeper->told_seq && state->empty_queue != sleeper->queue)
		finding_because(finding, state->empty_seq,
		    "virtio_dequeue of queue %u found nothing", state->empty_queue);
}

/* Its own time-out woke it, long after vq_done should have. */
static void
judge_signal(const struct live_state *state, struct rules_core *core,
    struct sleeper *sleeper, const struct event *event)
{
	uint64_t late_ns;
	struct finding *finding;

	if (sleeper->kind != HW_CTX_KTHREAD || sleeper->why != HW_SLEEP_CV ||
	    event->arg[1] == 0 || !rules_look(core)->device.healthy ||
	    !neglects_answer(state, sleeper, true))
		return;
	late_ns = event->time_ns - state->answers[sleeper->queue].told_ns;
	if (late_ns < SIGNAL_LATE_NS)
		return;
	finding = rules_report(core, "live.lost-wakeup", event, sleeper->site,
	    "nobody woke the thread: it slept on for %" PRIu64 " ms after vq_done of queue %u",
	    late_ns / 1000000, sleeper->queue);
	finding_because(finding, sleeper->seq, "went to sleep");
	finding_because(finding, sleeper->told_seq, "vq_done left");
}

static bool
report_neglect(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *event)
{
	const struct rules_view *view = rules_look(core);
	uint64_t slept_ms = (event->time_ns - sleeper->since_ns) / 1000000;
	struct finding *finding;

	if (!view->device.healthy)
		return false;
	if (sleeper->neglect == NEGLECT_ANSWER) {
		finding = rules_report(core, "live.lost-wakeup", event, sleeper->site,
		    "the thread slept %" PRIu64 " ms although vq_done had told of an answer on "
		    "queue %u before", slept_ms, sleeper->queue);
		finding_because(finding, sleeper->told_seq, "vq_done left");
		because_empty(finding, state, sleeper);
	} else {
		finding = rules_report(core, "live.lost-wakeup", event, sleeper->site,
		    "the thread slept %" PRIu64 " ms with a target known before it slept: %"
		    PRIu32 " pages, `actual` %" PRIu32, slept_ms, view->device.num_pages,
		    view->device.actual);
		if (state->target_seq != 0)
			finding_because(finding, state->target_seq, "the host's new target");
		finding_because(finding, sleeper->told_seq, "the driver read it");
	}
	finding_because(finding, sleeper->seq, "went to sleep");
	return finding != NULL;
}

/* ---- the first reaction ---- */

static bool
is_slow(const struct live_state *state, struct rules_core *core, const struct event *event)
{
	const struct rules_view *view = rules_look(core);

	return state->target_open && event->time_ns - state->target_ns >= REACTION_NS &&
	    view->faults_struck == state->target_strikes &&
	    ledger_waiting(rules_ledger(core)) == 0 && is_fair(view) && has_work(core, view);
}

static bool
has_read_target(struct rules_core *core)
{
	const struct ledger_target *target = &rules_ledger(core)->target;

	return target->known && target->pages == rules_look(core)->device.num_pages;
}

static void
judge_reaction(struct live_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct rules_device *device = &rules_look(core)->device;
	struct finding *finding;

	if (!is_slow(state, core, event))
		return;
	state->target_open = false;
	finding = rules_report(core, "live.convergence", event, site,
	    "no request within %" PRIu64 " s of a new target: %" PRIu32 " pages, `actual` %"
	    PRIu32 "%s", REACTION_NS / SECOND_NS, device->num_pages, device->actual,
	    has_read_target(core) ? "" : "; the driver has not read the target");
	finding_because(finding, state->target_seq, "the host's new target");
}

static void
see_wake(struct live_state *state, struct rules_core *core, const struct event *event)
{
	struct sleeper *sleeper;
	uint64_t slept_ns;

	if (event->arg[0] >= SHADOW_CONTEXTS)
		return;
	sleeper = &state->sleeper[event->arg[0]];
	slept_ns = event->time_ns - sleeper->since_ns;
	if (sleeper->asleep && sleeper->neglect != NEGLECT_NONE && slept_ns >=
	    (sleeper->neglect == NEGLECT_ANSWER ? ANSWER_LONG_NS : SLEEP_LONG_NS)) {
		report_neglect(state, core, sleeper, event);
		state->target_open = false;
	} else if (sleeper->asleep && sleeper->neglect == NEGLECT_NONE) {
		judge_signal(state, core, sleeper, event);
	}
	sleeper->asleep = false;
	sleeper->failed = false;
	if (state->target_open)
		judge_reaction(state, core, event, sleeper->site);
}

/* ---- calls, notes, the device ---- */

static void
see_call(struct live_state *state, const struct event *event, uint32_t site)
{
	struct sleeper *self = &state->sleeper[event->ctx];

	if (event->code != HW_CALL_UVM_PGLISTALLOC)
		return;
	self->allocating = true;
	self->alloc_bytes = event->arg[0];
	self->alloc_ns = event->time_ns;
	self->alloc_seq = event->seq;
	self->alloc_site = site;
}

static void
see_return(struct live_state *state, struct rules_core *core, const struct event *event)
{
	struct sleeper *self = &state->sleeper[event->ctx];

	if (event->code == HW_CALL_UVM_PGLISTALLOC)
		self->allocating = false;
	if (event->code == HW_CALL_VIRTIO_DEQUEUE && event->arg[0] != 0) {
		state->empty_queue = (unsigned)shadow_call_of(rules_shadow(core), event)->arg[0];
		state->empty_seq = event->seq;
	}
	if (event->code == HW_CALL_KTHREAD_CREATE) {
		state->no_thread = event->arg[0] != 0;
		state->no_thread_seq = event->seq;
	}
	if (event->arg[0] != 0 && (event->code == HW_CALL_UVM_PGLISTALLOC ||
	    event->code == HW_CALL_VIRTIO_ENQUEUE_PREP ||
	    event->code == HW_CALL_VIRTIO_ENQUEUE_RESERVE)) {
		self->failed = true;
		/* To have tried is a reaction; when it could have tried again is not known. */
		state->target_open = false;
	}
}

static void
see_callback(struct live_state *state, const struct event *event)
{
	bool enter = event->arg[0] == 1;
	struct answers *answers;

	if (event->arg[1] == HW_CB_CONFIG_CHANGE) {
		if (enter)
			state->callbacks++;
		else if (state->callbacks > 0)
			state->callbacks--;
	} else if (event->arg[1] == HW_CB_VQ_DONE && event->arg[2] < LEDGER_QUEUES) {
		answers = &state->answers[event->arg[2]];
		if (enter) {
			answers->calling = answers->used;
		} else {
			if (answers->told != answers->calling)
				answers->told_ns = event->time_ns;
			answers->told = answers->calling;
			answers->told_seq = event->seq;
		}
	}
}

static void
see_note(struct live_state *state, const struct event *event)
{
	if (event->code == HW_NOTE_CALLBACK)
		see_callback(state, event);
	else if (event->code == HW_NOTE_DEQUEUED && event->arg[0] < LEDGER_QUEUES)
		state->answers[event->arg[0]].dequeued++;
	else if (event->code == HW_NOTE_DESC && event->arg[0] < LEDGER_QUEUES)
		state->target_open = false;
}

static void
see_target(struct live_state *state, struct rules_core *core, const struct event *event)
{
	state->target_seq = event->seq;
	state->target_ns = event->time_ns;
	state->target_open = event->arg[2] != 0;
	state->target_strikes = rules_look(core)->faults_struck;
}

static void
live_see(void *self, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct live_state *state = self;

	(void)payload;
	if (LIVE_HOT_KINDS >> event->kind & 1) {
		const struct rules_device *device = &rules_look(core)->device;

		live_hot_see(&state->hot, event, device->num_pages, device->actual);
	}
	if (event->kind == EV_CALL) {
		see_call(state, event, site);
	} else if (event->kind == EV_RET) {
		see_return(state, core, event);
	} else if (event->kind == EV_NOTE) {
		see_note(state, event);
	} else if (event->kind == EV_CTX_SLEEP) {
		see_sleep(state, core, event, site);
	} else if (event->kind == EV_CTX_WAKE) {
		see_wake(state, core, event);
	} else if (event->kind == EV_CTX_END && event->arg[0] < SHADOW_CONTEXTS) {
		state->sleeper[event->arg[0]].asleep = false;
	} else if (event->kind == EV_DEV_USED && event->arg[0] < LEDGER_QUEUES) {
		state->answers[event->arg[0]].used++;
	} else if (event->kind == EV_DEV_STATUS && event->arg[0] == 0) {
		memset(state->answers, 0, sizeof(state->answers));
	} else if (event->kind == EV_HOST_TARGET) {
		see_target(state, core, event);
	} else if (event->kind == EV_HOST_REBOOT) {
		memset(state, 0, sizeof(*state));
	}
}

/* ---- at rest ---- */

static void
report_wait(struct rules_core *core, const struct sleeper *sleeper, const struct event *now,
    uint32_t site, const char *what)
{
	struct finding *finding = rules_report(core, "live.deadlock", now, site, "%s", what);

	finding_because(finding, sleeper->seq, "went to sleep");
}

/*
 * A wait in the allocator ends when others free memory; nobody can end one for 0 pages, or
 * one for pages in a range where there are none.
 */
static void
judge_memory_wait(struct rules_core *core, const struct sleeper *sleeper,
    const struct event *now)
{
	const struct rules_view *view = rules_look(core);

	if (!sleeper->allocating || view->faults_armed > 0)
		return;
	if (sleeper->alloc_bytes == 0)
		report_wait(core, sleeper, now, sleeper->alloc_site,
		    "uvm_pglistalloc of 0 pages took all memory and waits for more for ever");
	else if (now->time_ns - sleeper->alloc_ns >= LIVELOCK_NS && has_memory(core, view,
	    sleeper->alloc_bytes >> MEMORY_PAGE_SHIFT))
		report_wait(core, sleeper, now, sleeper->alloc_site,
		    "uvm_pglistalloc waits though there is memory: none of it is in its range");
}

/* Is somebody told of already because he waits for that mutex? */
static bool
is_wanted(const struct live_state *state, uint32_t mutex)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++)
		if (state->sleeper[i].asleep && state->sleeper[i].why == HW_SLEEP_MUTEX &&
		    state->sleeper[i].object == mutex)
			return true;
	return false;
}

/* Who waits for work with a mutex held keeps everybody else from it. */
static void
judge_held_lock(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *now)
{
	const struct shadow *shadow = rules_shadow(core);
	const struct shadow_lock *lock = &shadow->held[sleeper->ctx][0];
	struct finding *finding;

	if (shadow->holds[sleeper->ctx] == 0 || lock->is_spin ||
	    is_wanted(state, lock->mutex))
		return;
	finding = rules_report(core, "live.deadlock", now, sleeper->site,
	    "sleeps with mutex %" PRIu32 " held, for %" PRIu64 " ms so far and with nothing "
	    "left to do: who wants the mutex waits as long", lock->mutex,
	    (now->time_ns - sleeper->since_ns) / 1000000);
	finding_because(finding, lock->seq, "the mutex was taken");
	finding_because(finding, sleeper->seq, "went to sleep");
}

static void
judge_wait(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *now)
{
	char text[80];

	switch (sleeper->why) {
	case HW_SLEEP_MEMORY:
		judge_memory_wait(core, sleeper, now);
		return;
	case HW_SLEEP_MUTEX:
		snprintf(text, sizeof(text), "waits for mutex %" PRIu64 " for ever",
		    sleeper->object);
		report_wait(core, sleeper, now, sleeper->site, text);
		return;
	case HW_SLEEP_JOIN:
		if (sleeper->ticks == 0)
			report_wait(core, sleeper, now, sleeper->site,
			    "waits for a thread that does not end");
		return;
	case HW_SLEEP_CV:
	case HW_SLEEP_PAUSE:
		judge_held_lock(state, core, sleeper, now);
		/* A kernel thread may wait for work; autoconf cannot go on without. */
		if (sleeper->ticks == 0 && sleeper->kind == HW_CTX_AUTOCONF)
			report_wait(core, sleeper, now, sleeper->site,
			    "autoconf waits for ever: the driver never finishes");
		return;
	}
}

static const char *
sleep_words(const struct sleeper *sleeper)
{
	switch (sleeper->why) {
	case HW_SLEEP_CV:
		return "sleeps on a condition variable";
	case HW_SLEEP_MUTEX:
		return "waits for a mutex";
	case HW_SLEEP_MEMORY:
		return "waits in the allocator";
	case HW_SLEEP_PAUSE:
		return "pauses";
	case HW_SLEEP_JOIN:
		return "waits for another thread";
	}
	return "?";
}

/* The thread that should do the work: the first one that sleeps. */
static const struct sleeper *
find_thread(const struct live_state *state)
{
	for (unsigned ctx = 0; ctx < SHADOW_CONTEXTS; ctx++)
		if (state->sleeper[ctx].asleep && state->sleeper[ctx].kind == HW_CTX_KTHREAD)
			return &state->sleeper[ctx];
	return NULL;
}

/* The time that the scenario gave is over. */
static void
judge_convergence(const struct live_state *state, struct rules_core *core,
    const struct event *now)
{
	const struct rules_view *view = rules_look(core);
	const struct sleeper *thread = find_thread(state);
	struct finding *finding;
	char hot[96];

	if (!is_fair(view) || !has_work(core, view))
		return;
	live_hot_words(&state->hot, now->time_ns, hot, sizeof(hot));
	finding = rules_report(core, "live.convergence", now, thread != NULL ? thread->site : 0,
	    "the host wants %" PRIu32 " pages, `actual` is %" PRIu32 ", the host has %" PRIu64
	    "; %zu request%s out, the driver's thread %s%s; no fault is armed, the device "
	    "answers%s", view->device.num_pages,
	    view->device.actual, view->memory->counts.held,
	    ledger_waiting(rules_ledger(core)),
	    ledger_waiting(rules_ledger(core)) == 1 ? "" : "s",
	    thread != NULL ? sleep_words(thread) :
	    view->thread_alive ? "runs" : state->no_thread ? "was never made" : "is gone",
	    hot, view->device.num_pages > view->device.actual ?
	    " and there is memory" : "");
	if (!view->thread_alive && state->no_thread)
		finding_because(finding, state->no_thread_seq, "kthread_create failed");
	if (state->target_seq != 0)
		finding_because(finding, state->target_seq, "the host's last target");
	if (thread != NULL)
		finding_because(finding, thread->seq, "went to sleep");
}

static void
live_rest(void *self, struct rules_core *core, const struct event *now)
{
	struct live_state *state = self;
	const struct rules_view *view = rules_look(core);

	for (unsigned ctx = 0; ctx < SHADOW_CONTEXTS; ctx++) {
		struct sleeper *sleeper = &state->sleeper[ctx];

		if (!sleeper->asleep)
			continue;
		if (view->at_rest)
			judge_wait(state, core, sleeper, now);
		if (view->at_rest && sleeper->neglect != NEGLECT_NONE &&
		    is_fair(view) && has_work(core, view)) {
			report_neglect(state, core, sleeper, now);
			sleeper->neglect = NEGLECT_NONE;
		}
	}
	judge_convergence(state, core, now);
	state->target_open = false;
}

const struct area area_live = {
	.name = "live",
	.kinds = KIND(CALL) | KIND(RET) | KIND(NOTE) | KIND(CTX_SLEEP) | KIND(CTX_WAKE) |
	    KIND(CTX_END) | KIND(HOST_REBOOT) | LIVE_HOT_KINDS,
	.calls = CALLS(HW_CALL_UVM_PGLISTALLOC),
	.returns = CALLS(HW_CALL_UVM_PGLISTALLOC, HW_CALL_KTHREAD_CREATE,
	    HW_CALL_VIRTIO_ENQUEUE_PREP, HW_CALL_VIRTIO_ENQUEUE_RESERVE,
	    HW_CALL_VIRTIO_DEQUEUE),
	.notes = NOTE(CALLBACK) | NOTE(DEQUEUED) | NOTE(DESC),
	.state_bytes = sizeof(struct live_state),
	.see = live_see,
	.rest = live_rest,
};
