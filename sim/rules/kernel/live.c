/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area live, about progress: what the host asks for is done (rules/device.h says what that is),
 * and nobody waits for ever.  What threads sleep on is in live_wait.c.
 *
 * Nothing is demanded of a driver that nobody could do: not while a fault is armed, not with
 * a device that is silent or breaks the specification, not without free memory, not while others
 * have the processors; nor of one that detaches.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "rules/kernel/live.h"
#include "rules/kernel/pages.h"

#define REACTION_NS (15 * LIVE_SECOND_NS)	/* to the first request after the host asked */
#define LIVELOCK_NS (10 * LIVE_SECOND_NS)	/* waiting for memory that is there */
#define DETACH_NS (10 * LIVE_SECOND_NS)	/* of a detach, with nothing at the device */
/* Looked at when a scenario's time is over: a driver that tries again has done so by then. */
#define GIVEN_UP_NS (20 * LIVE_SECOND_NS)

/* An allocation that a context is in, or was in last. */
struct allocation {
	bool is_open, is_struck;	/* a fault makes it wait */
	uint64_t bytes, since_ns;
	uint64_t high, segments;	/* the last address, and in how many */
	uint32_t site;
};

/* The newest step towards a request failed, and none was taken since. */
struct failure {
	uint32_t seq;			/* 0: it did not */
	uint64_t ns;
	uint16_t call;
	struct allocation allocation;	/* if it was one */
};

/* Requests that the device has. */
struct requests {
	uint64_t out;
	uint64_t quiet_ns;		/* since then it completed none of them */
};

/* A detach that has to wait for something. */
struct detach {
	uint32_t seq;			/* its first sleep, 0: none goes on */
	uint64_t begun_ns;
	uint64_t idle_ns;		/* with no request out, up to `seen_ns` */
	uint64_t seen_ns;
	unsigned strikes;		/* faults that had struck when it began */
};

struct live_state {
	struct detach detach;
	struct allocation allocation[SHADOW_CONTEXTS];
	struct requests requests[RULES_QUEUES_MAX];
	struct failure failure;
	uint32_t asked_seq;		/* newest change of what the host asks for */
	uint64_t asked_ns;
	bool is_open;			/* signalled, and no request since */
	unsigned asked_strikes;		/* faults that had struck then */
	bool no_thread;			/* the newest kthread_create failed, */
	uint32_t no_thread_seq;		/* here */
};

/* ---- what may be demanded ---- */

static bool
is_device_fair(struct rules_core *core)
{
	const struct rules_view *view = rules_look(core);
	const struct device_view *device = &view->device;

	return device->healthy && device->completes && !view->detaching && core->stalls == 0 &&
	    (device->status & STATUS_DRIVER_OK);
}

bool
live_is_fair(struct rules_core *core)
{
	return is_device_fair(core) && rules_look(core)->faults_armed == 0;
}

bool
live_has_work(struct rules_core *core)
{
	const struct rules_device *device = core->device;

	return device->has_work != NULL && device->has_work(core);
}

/* ---- the first reaction ---- */

static bool
is_slow(const struct live_state *state, struct rules_core *core)
{
	const struct rules_view *view = rules_look(core);

	return state->is_open && rules_patience_ns(core) - state->asked_ns >= REACTION_NS &&
	    view->faults_struck == state->asked_strikes && live_is_fair(core) &&
	    live_has_work(core) && core->device->waiting(core) == 0;
}

RULE_ROW(rule_convergence) = {
	"live.convergence", SEVERITY_ERROR,
	"what the host asks for is done in time, given free memory and a device that works",
	"virtio 1.2 clause 5",
	"The host waits for what never comes.",
	.distance = RULE_IN_THE_END
};

/* Does somebody wait in the allocator, or did until now? */
static bool
is_out_of_memory(struct rules_core *core, uint32_t woken)
{
	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++) {
		const struct sleeper *sleeper = live_sleeper(core, ctx);

		if ((sleeper->asleep || ctx == woken) && sleeper->why == HW_SLEEP_MEMORY)
			return true;
	}
	return false;
}

/* Whenever somebody wakes up. */
HOOK(live, on_wake, struct live_state *state, ON_EVENT(CTX_WAKE))
{
	const struct rules_device *device = core->device;
	struct rules_work work;
	uint32_t seq;
	bool known;

	if (event->ctx_wake.context >= SHADOW_CONTEXTS || !is_slow(state, core))
		return;
	/* Memory has no time by which it comes; a wait that cannot end is live.deadlock. */
	if (is_out_of_memory(core, (uint32_t)event->ctx_wake.context)) {
		state->asked_ns = rules_patience_ns(core);
		return;
	}
	state->is_open = false;
	known = device->knows_work(core, &seq);
	device->describe(core, &work);
	rules_report_at(core, &rule_convergence,
	    live_sleeper(core, (uint32_t)event->ctx_wake.context)->site, "no request within %"
	    PRIu64 " s of a new %s: %s%s%s", REACTION_NS / LIVE_SECOND_NS, device->work, work.asked,
	    known ? "" : "; the driver has not read the ", known ? "" : device->work);
	rules_because(core, state->asked_seq, "the host's new %s", device->work);
}

/* ---- calls, notes, the device ---- */

HOOK(live, call_alloc, struct live_state *state, ON_CALL(UVM_PGLISTALLOC))
{
	state->allocation[event->ctx] = (struct allocation){
		.is_open = true, .bytes = event->call.uvm_pglistalloc.size,
		.since_ns = rules_patience_ns(core), .site = site,
		.high = event->call.uvm_pglistalloc.high,
		.segments = event->call.uvm_pglistalloc.nsegs,
	};
}

HOOK(live, on_fault, struct live_state *state, ON_EVENT(FAULT))
{
	state->allocation[event->ctx].is_struck = true;
}

/* A step towards a request; to have tried is a reaction, when it could try again is unknown. */
HOOK(live, ret_try, struct live_state *state, LIVE_TRIES)
{
	if (event->code == HW_CALL_UVM_PGLISTALLOC)
		state->allocation[event->ctx].is_open = false;
	state->failure = (struct failure){ 0 };
	if (!rules_failed(event))
		return;
	state->is_open = false;
	state->failure = (struct failure){
		.seq = event->seq, .ns = rules_patience_ns(core), .call = event->code,
		.allocation = state->allocation[event->ctx],
	};
}

HOOK(live, ret_create, struct live_state *state, ON_RET(KTHREAD_CREATE))
{
	state->no_thread = event->ret.result != 0;
	state->no_thread_seq = event->seq;
}

HOOK(live, note_desc, struct live_state *state, ON_NOTE(DESC))
{
	state->is_open = false;
}

static bool
is_any_out(const struct live_state *state)
{
	for (unsigned q = 0; q < RULES_QUEUES_MAX; q++)
		if (state->requests[q].out > 0)
			return true;
	return false;
}

/* Before the device gets a request, or has one less. */
static void
follow_detach(struct live_state *state, const struct rules_core *core)
{
	if (state->detach.seq == 0)
		return;
	if (!is_any_out(state))
		state->detach.idle_ns += rules_patience_ns(core) - state->detach.seen_ns;
	state->detach.seen_ns = rules_patience_ns(core);
}

HOOK(live, on_take, struct live_state *state, ON_EVENT(DEV_TAKE))
{
	struct requests *requests = &state->requests[event->dev_take.queue];

	follow_detach(state, core);
	if (event->dev_take.queue < RULES_QUEUES_MAX && requests->out++ == 0)
		requests->quiet_ns = rules_patience_ns(core);
}

HOOK(live, on_used, struct live_state *state, ON_EVENT(DEV_USED))
{
	struct requests *requests = &state->requests[event->dev_used.queue];

	if (event->dev_used.queue >= RULES_QUEUES_MAX)
		return;
	follow_detach(state, core);
	requests->quiet_ns = rules_patience_ns(core);
	if (requests->out > 0)
		requests->out--;
}

HOOK(live, on_status, struct live_state *state, ON_EVENT(DEV_STATUS))
{
	follow_detach(state, core);
	if (event->dev_status.status == 0)
		memset(state->requests, 0, sizeof(state->requests));
}

/* ---- a detach ---- */

HOOK(live, on_sleep, struct live_state *state, ON_EVENT(CTX_SLEEP))
{
	const struct rules_view *view;

	if (event->ctx_kind != HW_CTX_AUTOCONF || state->detach.seq != 0)
		return;
	view = rules_look(core);
	if (view->detaching)
		state->detach = (struct detach){
			.seq = event->seq, .begun_ns = rules_patience_ns(core),
			.seen_ns = rules_patience_ns(core), .strikes = view->faults_struck,
		};
}

RULE_ROW(rule_slow_detach) = {
	"live.slow-detach", SEVERITY_LINT,
	"a detach waits for the device, and not for time to pass",
	"autoconf(9), config_detach(); condvar(9)",
	"Who detaches waits as long, and a module cannot be unloaded.  A thread that is not woken "
	"finds out at the end of its sleep.",
	"sc->sc_dying = true;\nkthread_join(sc->sc_thread);\t/* sleeps for 30 s */",
	"sc->sc_dying = true;\ncv_signal(&sc->sc_cv);\nmutex_exit(&sc->sc_lock);\n"
	"kthread_join(sc->sc_thread);",
	.distance = RULE_SUSPECT
};

HOOK(live, call_detach, struct live_state *state, ON_CALL(VIRTIO_CHILD_DETACH))
{
	struct detach *detach = &state->detach;
	const struct rules_view *view = rules_look(core);
	const struct sleeper *sleeper = live_sleeper(core, event->ctx);

	follow_detach(state, core);
	if (detach->seq != 0 && detach->idle_ns >= DETACH_NS && view->device.healthy &&
	    view->faults_armed == 0 && view->faults_struck == detach->strikes) {
		rules_report_at(core, &rule_slow_detach, sleeper->site, "the detach waited for %"
		    PRIu64 " s, in %" PRIu64 " of which the device had no request",
		    (rules_patience_ns(core) - detach->begun_ns) / LIVE_SECOND_NS,
		    detach->idle_ns / LIVE_SECOND_NS);
		rules_because(core, detach->seq, "it first slept here");
	}
	detach->seq = 0;
}

void
live_asked(struct rules_core *core, bool is_signalled)
{
	struct live_state *state = rules_state(core, &area_live);

	state->asked_seq = core->event->seq;
	state->asked_ns = rules_patience_ns(core);
	state->is_open = is_signalled;
	state->asked_strikes = rules_look(core)->faults_struck;
}

uint32_t
live_asked_seq(struct rules_core *core)
{
	struct live_state *state = rules_state(core, &area_live);

	return state->asked_seq;
}

void
live_reported(struct rules_core *core)
{
	struct live_state *state = rules_state(core, &area_live);

	state->is_open = false;
}

/* ---- at rest ---- */

RULE_ROW(rule_deadlock) = {
	"live.deadlock", SEVERITY_ERROR,
	"nobody waits for what nothing can bring",
	"NetBSD mutex(9), condvar(9), uvm(9)",
	"The thread is lost, and with it the driver.",
	"uvm_pglistalloc(0, ..., 1 /* waitok */)	/* takes all memory, waits for more */",
	"if (n > 0) uvm_pglistalloc(n * PAGE_SIZE, ...)",
	.distance = RULE_ASLEEP
};

static void
report_wait(struct rules_core *core, const struct sleeper *sleeper, uint32_t site, const char *what)
{
	rules_report_at(core, &rule_deadlock, site, "%s", what);

	rules_because(core, sleeper->seq, LIVE_SLEPT(sleeper));
}

/*
 * A wait in the allocator ends when others free memory; nobody can end one for 0 pages, or
 * one for pages in a range where there are none.
 */
static void
check_memory_wait(struct rules_core *core, const struct sleeper *sleeper,
    const struct allocation *allocation)
{
	if (!allocation->is_open || allocation->is_struck || rules_look(core)->faults_armed > 0)
		return;
	if (allocation->bytes == 0)
		report_wait(core, sleeper, allocation->site,
		    "uvm_pglistalloc of 0 pages took all memory and waits for more for ever");
	else if (rules_patience_ns(core) - allocation->since_ns >= LIVELOCK_NS &&
	    pages_spare(core, allocation->bytes >> MEMORY_PAGE_SHIFT))
		report_wait(core, sleeper, allocation->site,
		    "uvm_pglistalloc waits though there is memory: none of it is in its range");
}

/* Is somebody reported already because he waits for that mutex? */
static bool
is_wanted(struct rules_core *core, uint32_t mutex)
{
	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++) {
		const struct sleeper *sleeper = live_sleeper(core, ctx);

		if (sleeper->asleep && sleeper->why == HW_SLEEP_MUTEX && sleeper->object == mutex)
			return true;
	}
	return false;
}

/* Who waits for work with a mutex held keeps everybody else from it. */
static void
check_held_lock(struct rules_core *core, uint32_t ctx, const struct sleeper *sleeper)
{
	const struct shadow *shadow = &core->shadow;
	const struct shadow_lock *lock = shadow->held[ctx].item;

	if (shadow->held[ctx].count == 0 || lock->is_spin || is_wanted(core, lock->mutex))
		return;
	rules_report_at(core, &rule_deadlock, sleeper->site, "sleeps with mutex %" PRIu32
	    " held, for %" PRIu64 " ms so far and with nothing left to do: who wants the mutex "
	    "waits as long", lock->mutex, (rules_patience_ns(core) - sleeper->since_ns) / 1000000);
	rules_because(core, lock->seq, "the mutex was taken");
	rules_because(core, sleeper->seq, LIVE_SLEPT(sleeper));
}

static const char *const sleep_words[] = {
	[HW_SLEEP_CV] = "sleeps on a condition variable", [HW_SLEEP_MUTEX] = "waits for a mutex",
	[HW_SLEEP_MEMORY] = "waits in the allocator", [HW_SLEEP_PAUSE] = "pauses",
	[HW_SLEEP_JOIN] = "waits for another thread",
	[HW_SLEEP_INTR] = "waits for the end of an interrupt handler",
};

/* In kthread_join(), for a thread that sleeps itself. */
static void
check_join(struct rules_core *core, const struct sleeper *sleeper)
{
	const struct sleeper *other = sleeper->object < SHADOW_CONTEXTS ?
	    live_sleeper(core, (uint32_t)sleeper->object) : sleeper;
	char text[128];

	/* A thread waits as long as the other does, which may wait for work; autoconf may not. */
	if (sleeper->kind == HW_CTX_KTHREAD && other->asleep && (other->why == HW_SLEEP_CV ||
	    other->why == HW_SLEEP_PAUSE))
		return;
	if (other == sleeper || !other->asleep) {
		report_wait(core, sleeper, sleeper->site,
		    "waits for a thread that does not end");
		return;
	}
	snprintf(text, sizeof(text), "waits for a thread that does not end: it %s, since %s",
	    sleep_words[other->why], other->seq < sleeper->seq ?
	    "before the wait began" : "the wait began");
	report_wait(core, sleeper, sleeper->site, text);
	rules_because(core, other->seq, "the other one %s", LIVE_SLEPT(other));
}

static void
check_wait(const struct live_state *state, struct rules_core *core, uint32_t ctx)
{
	const struct sleeper *sleeper = live_sleeper(core, ctx);
	char text[80];

	switch (sleeper->why) {
	case HW_SLEEP_MEMORY:
		check_memory_wait(core, sleeper, &state->allocation[ctx]);
		return;
	case HW_SLEEP_MUTEX:
		snprintf(text, sizeof(text), "waits for mutex %" PRIu64 " for ever",
		    sleeper->object);
		report_wait(core, sleeper, sleeper->site, text);
		return;
	case HW_SLEEP_INTR:
		report_wait(core, sleeper, sleeper->site,
		    "waits for an interrupt handler that does not end");
		return;
	case HW_SLEEP_JOIN:
		if (sleeper->ticks == 0)
			check_join(core, sleeper);
		return;
	case HW_SLEEP_CV:
	case HW_SLEEP_PAUSE:
		check_held_lock(core, ctx, sleeper);
		/* A kernel thread may wait for work; autoconf cannot go on without. */
		if (sleeper->ticks == 0 && sleeper->kind == HW_CTX_AUTOCONF)
			report_wait(core, sleeper, sleeper->site,
			    "autoconf waits for ever: the driver never finishes");
		return;
	}
}

/* The thread that should do the work: who did it last, else the first one that sleeps. */
static const struct sleeper *
find_thread(struct rules_core *core)
{
	const struct sleeper *sleeper = live_sleeper(core, live_worker(core));

	for (uint32_t ctx = 0; ctx < SHADOW_CONTEXTS; ctx++) {
		if (sleeper->asleep && sleeper->kind == HW_CTX_KTHREAD)
			return sleeper;
		sleeper = live_sleeper(core, ctx);
	}
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
	if (work->behind && work->closer_ns > work->behind_ns)
		length = add_since(words, size, length, "no closer", "",
		    now_ns - work->closer_ns);
	for (unsigned q = 0; q < RULES_QUEUES_MAX; q++)
		if (state->requests[q].out > 0)
			length = add_since(words, size, length, "a request in flight", "",
			    now_ns - state->requests[q].quiet_ns);
}

/*
 * Is it getting there?  The time that requests lie with the device is the device's own; without
 * that, it came closer a short while ago.
 */
static bool
is_under_way(const struct live_state *state, const struct rules_work *work, uint64_t now_ns)
{
	uint64_t stuck_ns = now_ns - work->closer_ns, quiet_ns = 0;

	for (unsigned q = 0; q < RULES_QUEUES_MAX; q++)
		if (state->requests[q].out > 0 && now_ns - state->requests[q].quiet_ns > quiet_ns)
			quiet_ns = now_ns - state->requests[q].quiet_ns;
	return work->behind && stuck_ns < quiet_ns + LIVE_LONG_NS;
}

/* What the driver does not know, or could not do. */
static void
say_why(struct rules_core *core, const struct failure *failure, const struct rules_work *work,
    bool known, char *words, size_t size)
{
	const struct allocation *allocation = &failure->allocation;
	uint64_t ns = rules_patience_ns(core) - failure->ns;
	uint64_t lost = pages_unlinked(rules_pages(core), rules_look(core)->memory);

	words[0] = '\0';
	if (lost > 0)
		snprintf(words, size, "%" PRIu64 " page%s of the driver %s in no list: ", lost,
		    plural(lost), lost == 1 ? "is" : "are");
	else if (!known)
		snprintf(words, size, "the driver has not read the new %s: ",
		    core->device->work);
	else if (failure->seq != 0 && ns >= GIVEN_UP_NS)
		snprintf(words, size, "the driver has not tried again since %s failed, %" PRIu64
		    " s ago: ", trace_call_name(failure->call), ns / LIVE_SECOND_NS);
	else if (failure->seq != 0 && failure->call != HW_CALL_UVM_PGLISTALLOC)
		snprintf(words, size, "the newest %s failed: ", trace_call_name(failure->call));
	else if (failure->seq != 0 && work->means[0] != '\0')
		snprintf(words, size, "uvm_pglistalloc fails, of %" PRIu64 " pages up to %#"
		    PRIx64 " in at most %" PRIu64 " segment%s: ",
		    allocation->bytes >> MEMORY_PAGE_SHIFT, allocation->high,
		    allocation->segments, plural(allocation->segments));
}

/* What the thread does in place of the work. */
static void
say_asleep(const struct live_state *state, const struct rules_view *view,
    const struct sleeper *thread, char *words, size_t size)
{
	int length = snprintf(words, size, "the driver's thread %s", thread == NULL ?
	    (view->thread_alive ? "runs" : state->no_thread ? "was never made" : "is gone") :
	    thread->zero ? "sleeps for ever, in cv_timedwait of 0 ticks" :
	    sleep_words[thread->why]);

	if (thread != NULL && thread->ticks != 0)
		snprintf(words + length, size - (size_t)length, ", for at most %" PRIu64 ".%"
		    PRIu64 " s", thread->ticks / (uint64_t)view->hz,
		    thread->ticks * 10 / (uint64_t)view->hz % 10);
}

/* The time that the scenario gave is over. */
static void
check_convergence(const struct live_state *state, struct rules_core *core)
{
	const struct rules_device *device = core->device;
	const struct rules_view *view = rules_look(core);
	const struct sleeper *thread = find_thread(core);
	const struct failure *failure = &state->failure;
	char since[128], why[128], asleep[96];
	struct rules_work work;
	uint32_t seq = 0;
	size_t out;
	bool known;

	/* An armed fault is no reason not to try. */
	if (!is_device_fair(core) || !live_has_work(core))
		return;
	out = device->waiting(core);
	if (view->faults_armed > 0 && (failure->seq == 0 ||
	    rules_patience_ns(core) - failure->ns < GIVEN_UP_NS || out > 0))
		return;
	device->describe(core, &work);
	if (is_under_way(state, &work, rules_patience_ns(core)))
		return;
	known = device->knows_work(core, &seq);
	say_since(state, device, &work, rules_patience_ns(core), since, sizeof(since));
	say_why(core, failure, &work, known, why, sizeof(why));
	if (!live_passed_over(core, state->asked_seq, asleep, sizeof(asleep)))
		say_asleep(state, view, thread, asleep, sizeof(asleep));
	rules_report_at(core, &rule_convergence, thread != NULL ? thread->site : 0,
	    "%s%s; %zu request%s out, %s%s%s%s", why, work.state, out, plural(out),
	    asleep, since, view->faults_armed > 0 ? "" : thread != NULL &&
	    thread->why == HW_SLEEP_MEMORY ? "; nothing else fails, the device completes "
	    "requests" : "; no fault is armed, the device completes requests",
	    view->faults_armed > 0 ? "" : work.means);
	if (!view->thread_alive && state->no_thread)
		rules_because(core, state->no_thread_seq, "kthread_create failed");
	if (state->asked_seq != 0)
		rules_because(core, state->asked_seq, "the host's last %s", device->work);
	if (!known && seq != 0)
		rules_because(core, seq, "the driver last read another %s", device->work);
	else if (failure->seq != 0)
		rules_because(core, failure->seq, "%s failed", trace_call_name(failure->call));
	if (thread != NULL)
		rules_because(core, thread->seq, LIVE_SLEPT(thread));
}

REST(live_rest, struct live_state *state)
{
	for (uint32_t ctx = 0; rules_look(core)->at_rest && ctx < SHADOW_CONTEXTS; ctx++)
		if (live_sleeper(core, ctx)->asleep)
			check_wait(state, core, ctx);
	if (!core->overdue || !live_overslept(core))
		check_convergence(state, core);
	state->is_open = false;
}

/* ---- ends of a run after which nothing goes on: the runner sees and reports them ---- */

SHARED_RULE_ROW(rule_endless_loop) = {
	"live.endless-loop", SEVERITY_ERROR,
	"the driver does not loop without letting time pass",
	"NetBSD kthread(9), condvar(9); spl(9)",
	"A thread that never sleeps keeps its CPU for ever, at raised level the whole machine.",
	"while (!sc->sc_done) continue;",
	"while (!sc->sc_done) cv_wait(&sc->sc_cv, &sc->sc_lock);",
	.distance = RULE_IN_THE_END
};

SHARED_RULE_ROW(rule_panic) = {
	"live.panic", SEVERITY_ERROR,
	"the kernel does not panic, and no assertion fails",
	"NetBSD panic(9), KASSERT(9)",
	"A panic takes the whole guest down; an assertion names a contract that was broken.",
	.distance = RULE_IN_THE_END
};

SHARED_RULE_ROW(rule_trap) = {
	"live.trap", SEVERITY_ERROR,
	"no instruction of the driver traps",
	"NetBSD panic(9): a trap in the kernel; Intel 64 manual, volume 3, chapter 6",
	"An integer division by zero, a breakpoint, an instruction that there is not: the "
	"processor stops at it, and the kernel with it. A driver leaves the processor's own "
	"state and privileged instructions to the kernel.",
	"n = size / sc->sc_unit;",
	"if (sc->sc_unit == 0)\n\treturn EINVAL;\nn = size / sc->sc_unit;",
	.distance = RULE_IN_THE_END
};

const struct area area_live = {
	.state_bytes = sizeof(struct live_state),
	.each_device = true,
	.rest = live_rest,
};
