/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live, about progress: what the host asks for is done (rules/device.h says what that is),
 * wake-ups are not lost, nobody waits for ever.
 *
 * Nothing is demanded of a driver that nobody could do: not while a fault is armed, not with
 * a device that is silent or breaks the specification, not without free memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/device.h"
#include "rules/kernel/live.h"
#include "rules/kernel/pages.h"

#define SECOND_NS UINT64_C(1000000000)
#define STATUS_DRIVER_OK 0x04u
/* A sleep this long with work at hand was not meant. */
#define SLEEP_LONG_NS (2 * SECOND_NS)
/* An answer that lies around this long while the thread sleeps was overlooked. */
#define ANSWER_LONG_NS (SECOND_NS / 2)
/* A thread that its own time-out wakes so long after vq_done was not woken by that. */
#define SIGNAL_LATE_NS (SECOND_NS / 20)
#define REACTION_NS (15 * SECOND_NS)	/* to the first request after the host asked */
#define LIVELOCK_NS (10 * SECOND_NS)	/* waiting for memory that is there */

enum neglect { NEGLECT_NONE, NEGLECT_WORK, NEGLECT_ANSWER };

struct sleeper {
	bool asleep;
	uint32_t ctx;
	enum hw_context kind;
	enum hw_sleep why;
	uint64_t object, ticks;
	uint64_t since_ns;
	uint32_t seq, site;
	enum neglect neglect;		/* what it went to sleep on */
	uint32_t known_seq;		/* when that was known */
	unsigned queue;			/* of the neglected answer */
	bool failed;			/* a call failed since its last wake-up */
	/* the allocation it is in */
	bool allocating;
	uint64_t alloc_bytes, alloc_ns;
	uint32_t alloc_seq, alloc_site;
};

/* Answers on a queue, and what the driver heard of them. */
struct answers {
	uint32_t used, dequeued;	/* so far */
	uint32_t announced;		/* `used` at the end of the last vq_done; */
	uint32_t announced_seq;		/* that event; */
	uint64_t announced_ns;		/* since when it is this */
	uint32_t calling;		/* `used` when vq_done was entered */
	uint64_t out;			/* requests that the device has, */
	uint64_t out_ns;		/* since then it has any */
};

struct live_state {
	struct sleeper sleeper[SHADOW_CONTEXTS];
	struct answers answers[RULES_QUEUES_MAX];
	unsigned queues;		/* the first so many may have any */
	unsigned callbacks;		/* config_change is running so many times */
	uint32_t asked_seq;		/* newest change of what the host asks for */
	uint64_t asked_ns;
	bool is_open;			/* signalled, and no request since */
	unsigned asked_strikes;		/* faults that had struck then */
	unsigned empty_queue;		/* newest queue whose virtio_dequeue found nothing, */
	uint32_t empty_seq;		/* here */
	bool no_thread;			/* the newest kthread_create failed, */
	uint32_t no_thread_seq;		/* here */
};

/* ---- what may be demanded ---- */

static bool
is_fair(const struct rules_view *view)
{
	const struct device_view *device = &view->device;

	return device->healthy && device->answers && view->faults_armed == 0 &&
	    (device->status & STATUS_DRIVER_OK);
}

static bool
has_work(struct rules_core *core)
{
	const struct rules_device *device = rules_device(core);

	return device->has_work != NULL && device->has_work(core);
}

static bool
knows_work(struct rules_core *core, uint32_t *seq)
{
	const struct rules_device *device = rules_device(core);

	return device->knows_work != NULL && device->knows_work(core, seq);
}

static size_t
waiting(struct rules_core *core)
{
	const struct rules_device *device = rules_device(core);

	return device->waiting != NULL ? device->waiting(core) : 0;
}

/* NULL: no queue of that index. */
static struct answers *
answers_of(struct live_state *state, uint64_t queue)
{
	if (queue >= RULES_QUEUES_MAX)
		return NULL;
	if (queue >= state->queues)
		state->queues = (unsigned)queue + 1;
	return &state->answers[queue];
}

/* ---- going to sleep ---- */

static uint64_t
ticks_ns(const struct rules_view *view, uint64_t ticks)
{
	return ticks * (SECOND_NS / (uint64_t)view->hz);
}

/* A used buffer that was announced before it slept, or only since. */
static bool
neglects_answer(const struct live_state *state, struct sleeper *sleeper, bool since)
{
	for (unsigned q = 0; q < state->queues; q++) {
		const struct answers *answers = &state->answers[q];

		if ((int32_t)(answers->announced - answers->dequeued) > 0 &&
		    (answers->announced_seq > sleeper->seq) == since) {
			sleeper->known_seq = answers->announced_seq;
			sleeper->queue = q;
			return true;
		}
	}
	return false;
}

static bool
neglects_work(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, uint32_t *known_seq)
{
	const struct rules_view *view = rules_look(core);

	if (sleeper->ticks != 0 && ticks_ns(view, sleeper->ticks) <= SLEEP_LONG_NS)
		return false;
	/* While its callback runs a wake-up may still come. */
	if (sleeper->failed || state->callbacks > 0)
		return false;
	return knows_work(core, known_seq) && waiting(core) == 0 && is_fair(view) &&
	    has_work(core);
}

HOOK(on_sleep, struct live_state *state)
{
	struct sleeper *sleeper = &state->sleeper[event->ctx];
	uint32_t known_seq;

	/* In kthread_exit(), until it is joined. */
	if (event->code == HW_SLEEP_JOIN && event->ctx_sleep.object == event->ctx)
		return;
	sleeper->asleep = true;
	sleeper->ctx = event->ctx;
	sleeper->kind = (enum hw_context)event->ctx_kind;
	sleeper->why = (enum hw_sleep)event->code;
	sleeper->object = event->ctx_sleep.object;
	sleeper->ticks = event->ctx_sleep.ticks;
	sleeper->since_ns = event->time_ns;
	sleeper->seq = event->seq;
	sleeper->site = site;
	sleeper->neglect = NEGLECT_NONE;
	if (sleeper->kind != HW_CTX_KTHREAD || sleeper->why != HW_SLEEP_CV)
		return;
	if (neglects_answer(state, sleeper, false)) {
		sleeper->neglect = NEGLECT_ANSWER;
	} else if (neglects_work(state, core, sleeper, &known_seq)) {
		sleeper->neglect = NEGLECT_WORK;
		sleeper->known_seq = known_seq;
	}
}

/* ---- lost wake-ups ---- */

/* A driver that asks another queue has mixed them up. */
static void
because_empty(struct finding *finding, const struct live_state *state,
    const struct sleeper *sleeper)
{
	if (state->empty_seq > sleeper->known_seq && state->empty_queue != sleeper->queue)
		finding_because(finding, state->empty_seq,
		    "virtio_dequeue of queue %u found nothing", state->empty_queue);
}

static const struct rule rule_lost_wakeup = {
	"live.lost-wakeup", SEVERITY_ERROR,
	"no thread goes to sleep on work that it knows of",
	"NetBSD condvar(9): the predicate is tested with the interlock held",
	"cv_signal(9) without a sleeper leaves no trace: the thread sleeps its whole timeout.",
	"if (!sc->sc_work) { mutex_enter(&m); cv_timedwait(&cv, &m, t); mutex_exit(&m); }",
	"mutex_enter(&m); while (!sc->sc_work) cv_timedwait(&cv, &m, t); mutex_exit(&m);"
};

/* Its own time-out woke it, long after vq_done should have. */
static void
check_signal(const struct live_state *state, struct rules_core *core,
    struct sleeper *sleeper, const struct event *event)
{
	uint64_t late_ns;
	struct finding *finding;

	if (sleeper->kind != HW_CTX_KTHREAD || sleeper->why != HW_SLEEP_CV ||
	    event->ctx_wake.timeout == 0 || !rules_look(core)->device.healthy ||
	    !neglects_answer(state, sleeper, true))
		return;
	late_ns = event->time_ns - state->answers[sleeper->queue].announced_ns;
	if (late_ns < SIGNAL_LATE_NS)
		return;
	finding = rules_report(core, &rule_lost_wakeup, event, sleeper->site,
	    "nobody woke the thread: it slept on for %" PRIu64 " ms after vq_done of queue %u",
	    late_ns / 1000000, sleeper->queue);
	finding_because(finding, sleeper->seq, "went to sleep");
	finding_because(finding, sleeper->known_seq, "vq_done left");
}

static bool
report_neglect(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *event)
{
	const struct rules_device *device = rules_device(core);
	uint64_t slept_ms = (event->time_ns - sleeper->since_ns) / 1000000;
	struct finding *finding;
	struct rules_work work;

	if (!rules_look(core)->device.healthy)
		return false;
	if (sleeper->neglect == NEGLECT_ANSWER) {
		finding = rules_report(core, &rule_lost_wakeup, event, sleeper->site,
		    "the thread slept %" PRIu64 " ms although vq_done had announced a used "
		    "buffer on queue %u before", slept_ms, sleeper->queue);
		finding_because(finding, sleeper->known_seq, "vq_done left");
		because_empty(finding, state, sleeper);
	} else {
		device->describe(core, &work);
		finding = rules_report(core, &rule_lost_wakeup, event, sleeper->site,
		    "the thread slept %" PRIu64 " ms with a %s known before it slept: %s",
		    slept_ms, device->work, work.asked);
		if (state->asked_seq != 0)
			finding_because(finding, state->asked_seq, "the host's new %s",
			    device->work);
		finding_because(finding, sleeper->known_seq, "the driver read it");
	}
	finding_because(finding, sleeper->seq, "went to sleep");
	return finding != NULL;
}

/* ---- the first reaction ---- */

static bool
is_slow(const struct live_state *state, struct rules_core *core, const struct event *event)
{
	const struct rules_view *view = rules_look(core);

	return state->is_open && event->time_ns - state->asked_ns >= REACTION_NS &&
	    view->faults_struck == state->asked_strikes && waiting(core) == 0 &&
	    is_fair(view) && has_work(core);
}

static const struct rule rule_convergence = {
	"live.convergence", SEVERITY_ERROR,
	"what the host asks for is done in time, given free memory and a device that works",
	"virtio 1.2 clause 5",
	"The host waits for what never comes.",
	NULL, NULL
};

static void
check_reaction(struct live_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct rules_device *device = rules_device(core);
	struct finding *finding;
	struct rules_work work;
	uint32_t seq;
	bool known;

	if (!is_slow(state, core, event))
		return;
	state->is_open = false;
	known = knows_work(core, &seq);
	device->describe(core, &work);
	finding = rules_report(core, &rule_convergence, event, site,
	    "no request within %" PRIu64 " s of a new %s: %s%s%s", REACTION_NS / SECOND_NS,
	    device->work, work.asked, known ? "" : "; the driver has not read the ",
	    known ? "" : device->work);
	finding_because(finding, state->asked_seq, "the host's new %s", device->work);
}

HOOK(on_wake, struct live_state *state)
{
	struct sleeper *sleeper;
	uint64_t slept_ns;

	if (event->ctx_wake.context >= SHADOW_CONTEXTS)
		return;
	sleeper = &state->sleeper[event->ctx_wake.context];
	slept_ns = event->time_ns - sleeper->since_ns;
	if (sleeper->asleep && sleeper->neglect != NEGLECT_NONE && slept_ns >=
	    (sleeper->neglect == NEGLECT_ANSWER ? ANSWER_LONG_NS : SLEEP_LONG_NS)) {
		report_neglect(state, core, sleeper, event);
		state->is_open = false;
	} else if (sleeper->asleep && sleeper->neglect == NEGLECT_NONE) {
		check_signal(state, core, sleeper, event);
	}
	sleeper->asleep = false;
	sleeper->failed = false;
	if (state->is_open)
		check_reaction(state, core, event, sleeper->site);
}

/* ---- calls, notes, the device ---- */

HOOK(call_alloc, struct live_state *state)
{
	struct sleeper *sleeper = &state->sleeper[event->ctx];

	sleeper->allocating = true;
	sleeper->alloc_bytes = event->call.uvm_pglistalloc.size;
	sleeper->alloc_ns = event->time_ns;
	sleeper->alloc_seq = event->seq;
	sleeper->alloc_site = site;
}

/* A step towards a request; to have tried is a reaction, when it could try again is unknown. */
HOOK(ret_step, struct live_state *state)
{
	if (event->ret.result == 0)
		return;
	state->sleeper[event->ctx].failed = true;
	state->is_open = false;
}

HOOK(ret_alloc, struct live_state *state)
{
	state->sleeper[event->ctx].allocating = false;
	ret_step(state, core, event, site);
}

HOOK(ret_dequeue, struct live_state *state)
{
	if (event->ret.result == 0)
		return;
	state->empty_queue = (unsigned)rules_call(core, event)->args.virtio_dequeue.queue;
	state->empty_seq = event->seq;
}

HOOK(ret_create, struct live_state *state)
{
	state->no_thread = event->ret.result != 0;
	state->no_thread_seq = event->seq;
}

static void
follow_vq_done(struct answers *answers, bool enter, const struct event *event)
{
	if (enter) {
		answers->calling = answers->used;
		return;
	}
	if (answers->announced != answers->calling)
		answers->announced_ns = event->time_ns;
	answers->announced = answers->calling;
	answers->announced_seq = event->seq;
}

HOOK(note_callback, struct live_state *state)
{
	bool enter = event->note.callback.edge == 1;
	struct answers *answers;

	if (event->note.callback.callback == HW_CB_CONFIG_CHANGE) {
		if (enter)
			state->callbacks++;
		else if (state->callbacks > 0)
			state->callbacks--;
	} else if (event->note.callback.callback == HW_CB_VQ_DONE) {
		answers = answers_of(state, event->note.callback.queue);
		if (answers != NULL)
			follow_vq_done(answers, enter, event);
	}
}

HOOK(note_dequeued, void *state)
{
	struct answers *answers = answers_of(state, event->note.dequeued.queue);

	if (answers != NULL)
		answers->dequeued++;
}

HOOK(note_desc, struct live_state *state)
{
	state->is_open = false;
}

HOOK(on_take, void *state)
{
	struct answers *answers = answers_of(state, event->dev_take.queue);

	if (answers != NULL && answers->out++ == 0)
		answers->out_ns = event->time_ns;
}

HOOK(on_used, void *state)
{
	struct answers *answers = answers_of(state, event->dev_used.queue);

	if (answers == NULL)
		return;
	answers->used++;
	if (answers->out > 0)
		answers->out--;
}

HOOK(on_status, struct live_state *state)
{
	if (event->dev_status.status == 0)
		memset(state->answers, 0, sizeof(state->answers));
}

HOOK(on_end, struct live_state *state)
{
	if (event->ctx_end.context < SHADOW_CONTEXTS)
		state->sleeper[event->ctx_end.context].asleep = false;
}

HOOK(on_reboot, void *state)
{
	memset(state, 0, sizeof(struct live_state));
}

void
live_asked(struct rules_core *core, const struct event *event, bool is_signalled)
{
	struct live_state *state = rules_state(core, &area_live);

	state->asked_seq = event->seq;
	state->asked_ns = event->time_ns;
	state->is_open = is_signalled;
	state->asked_strikes = rules_look(core)->faults_struck;
}

/* ---- at rest ---- */

static const struct rule rule_deadlock = {
	"live.deadlock", SEVERITY_ERROR,
	"nobody waits for what nothing can bring",
	"NetBSD mutex(9), condvar(9), uvm(9)",
	"The thread is lost, and with it the driver.",
	"uvm_pglistalloc(0, ..., 1 /* waitok */)	/* takes all memory, waits for more */",
	"if (n > 0) uvm_pglistalloc(n * PAGE_SIZE, ...)"
};

static void
report_wait(struct rules_core *core, const struct sleeper *sleeper, const struct event *now,
    uint32_t site, const char *what)
{
	struct finding *finding = rules_report(core, &rule_deadlock, now, site, "%s", what);

	finding_because(finding, sleeper->seq, "went to sleep");
}

/*
 * A wait in the allocator ends when others free memory; nobody can end one for 0 pages, or
 * one for pages in a range where there are none.
 */
static void
check_memory_wait(struct rules_core *core, const struct sleeper *sleeper,
    const struct event *now)
{
	if (!sleeper->allocating || rules_look(core)->faults_armed > 0)
		return;
	if (sleeper->alloc_bytes == 0)
		report_wait(core, sleeper, now, sleeper->alloc_site,
		    "uvm_pglistalloc of 0 pages took all memory and waits for more for ever");
	else if (now->time_ns - sleeper->alloc_ns >= LIVELOCK_NS && pages_spare(core,
	    sleeper->alloc_bytes >> MEMORY_PAGE_SHIFT))
		report_wait(core, sleeper, now, sleeper->alloc_site,
		    "uvm_pglistalloc waits though there is memory: none of it is in its range");
}

/* Is somebody reported already because he waits for that mutex? */
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
check_held_lock(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *now)
{
	const struct shadow *shadow = rules_shadow(core);
	const struct shadow_lock *lock = shadow->held[sleeper->ctx].item;
	struct finding *finding;

	if (shadow->held[sleeper->ctx].count == 0 || lock->is_spin ||
	    is_wanted(state, lock->mutex))
		return;
	finding = rules_report(core, &rule_deadlock, now, sleeper->site,
	    "sleeps with mutex %" PRIu32 " held, for %" PRIu64 " ms so far and with nothing "
	    "left to do: who wants the mutex waits as long", lock->mutex,
	    (now->time_ns - sleeper->since_ns) / 1000000);
	finding_because(finding, lock->seq, "the mutex was taken");
	finding_because(finding, sleeper->seq, "went to sleep");
}

static void
check_wait(const struct live_state *state, struct rules_core *core,
    const struct sleeper *sleeper, const struct event *now)
{
	char text[80];

	switch (sleeper->why) {
	case HW_SLEEP_MEMORY:
		check_memory_wait(core, sleeper, now);
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
		check_held_lock(state, core, sleeper, now);
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

/* "; the oldest request out for 0.1 s" */
static size_t
add_since(char *words, size_t size, size_t length, const char *what, const char *more, uint64_t ns)
{
	uint64_t tenths = ns / 100000000;
	int n = snprintf(words + length, size - length, "; %s%s for %" PRIu64 ".%" PRIu64 " s",
	    what, more, tenths / 10, tenths % 10);

	return n < 0 || (size_t)n >= size - length ? size - 1 : length + (size_t)n;
}

/* What should not stay as it is, and since when it does. */
static void
say_since(const struct live_state *state, const struct rules_device *device,
    const struct rules_work *work, uint64_t now_ns, char *words, size_t size)
{
	size_t length = 0;

	words[0] = '\0';
	if (work->behind)
		length = add_since(words, size, length, "behind its ", device->work,
		    now_ns - work->behind_ns);
	for (unsigned q = 0; q < state->queues; q++)
		if (state->answers[q].out > 0)
			length = add_since(words, size, length, "the oldest request out", "",
			    now_ns - state->answers[q].out_ns);
}

/* The time that the scenario gave is over. */
static void
check_convergence(const struct live_state *state, struct rules_core *core,
    const struct event *now)
{
	const struct rules_device *device = rules_device(core);
	const struct rules_view *view = rules_look(core);
	const struct sleeper *thread = find_thread(state);
	size_t out = waiting(core);
	struct finding *finding;
	struct rules_work work;
	char since[96];

	if (!is_fair(view) || !has_work(core))
		return;
	device->describe(core, &work);
	say_since(state, device, &work, now->time_ns, since, sizeof(since));
	finding = rules_report(core, &rule_convergence, now, thread != NULL ? thread->site : 0,
	    "%s; %zu request%s out, the driver's thread %s%s; no fault is armed, the device "
	    "completes requests%s", work.state, out, out == 1 ? "" : "s",
	    thread != NULL ? sleep_words(thread) :
	    view->thread_alive ? "runs" : state->no_thread ? "was never made" : "is gone",
	    since, work.means);
	if (!view->thread_alive && state->no_thread)
		finding_because(finding, state->no_thread_seq, "kthread_create failed");
	if (state->asked_seq != 0)
		finding_because(finding, state->asked_seq, "the host's last %s", device->work);
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
			check_wait(state, core, sleeper, now);
		if (view->at_rest && sleeper->neglect != NEGLECT_NONE &&
		    is_fair(view) && has_work(core)) {
			report_neglect(state, core, sleeper, now);
			sleeper->neglect = NEGLECT_NONE;
		}
	}
	check_convergence(state, core, now);
	state->is_open = false;
}

static const struct hook_row hooks[] = {
	ON_EVENT(CTX_SLEEP, on_sleep),
	ON_EVENT(CTX_WAKE, on_wake),
	ON_EVENT(CTX_END, on_end),
	ON_CALL(UVM_PGLISTALLOC, call_alloc),
	ON_RET(UVM_PGLISTALLOC, ret_alloc),
	ON_RET(VIRTIO_ENQUEUE_PREP, ret_step),
	ON_RET(VIRTIO_ENQUEUE_RESERVE, ret_step),
	ON_RET(VIRTIO_DEQUEUE, ret_dequeue),
	ON_RET(KTHREAD_CREATE, ret_create),
	ON_NOTE(CALLBACK, note_callback),
	ON_NOTE(DEQUEUED, note_dequeued),
	ON_NOTE(DESC, note_desc),
	ON_EVENT(DEV_TAKE, on_take),
	ON_EVENT(DEV_USED, on_used),
	ON_EVENT(DEV_STATUS, on_status),
	ON_EVENT(HOST_REBOOT, on_reboot),
	HOOKS_END
};

const struct area area_live = {
	.name = "live",
	.rules = RULES(&rule_lost_wakeup, &rule_convergence, &rule_deadlock),
	.hooks = hooks,
	.state_bytes = sizeof(struct live_state),
	.rest = live_rest,
};
