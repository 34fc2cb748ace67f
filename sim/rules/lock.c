/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock: mutex(9), condvar(9) and where one may sleep.
 *
 * Sleeping calls that have an area of their own are judged there: dma.sleep-context,
 * page.sleep-context, mem.sleep-context.  The rows of the catalogue are in lock_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/area.h"
#include "rules/lock_order.h"
#include "rules/shadow.h"

/* spl(9): levels from here on belong to hard interrupts, and to spin mutexes (mutex(9)). */
#define LOCK_IPL_VM 6
#define LOCK_MUTEX_SPIN 0		/* kmutex_type_t */
#define LOCK_MUTEX_ADAPTIVE 1
#define LOCK_DELAY_MAX_US 1000		/* busy-waiting with a spin mutex held */
#define LOCK_CALLBACKS_MAX 4		/* nested */

struct mutex {
	bool exists, gone, is_spin, is_held;
	uint32_t seq, gone_seq;		/* init, destroy */
	uint32_t owner, held_seq;
};

struct condvar {
	bool exists, gone;
	uint32_t seq, gone_seq;
	uint32_t interlock, wait_seq;	/* of the newest wait, 0: none yet */
	uint32_t waiters;
};

struct lock {
	const struct shadow *shadow;
	struct mutex *mutex;		/* by ordinal */
	size_t mutexes;
	struct condvar *condvar;	/* by ordinal */
	size_t condvars;
	struct lock_order order;
	uint64_t delay_us[SHADOW_CONTEXTS];	/* with a spin mutex held */
	/* Event numbers at which code of the driver was entered. */
	uint32_t entered[SHADOW_CONTEXTS][LOCK_CALLBACKS_MAX];
	uint8_t depth[SHADOW_CONTEXTS];
	uint32_t told_seq[SHADOW_CONTEXTS];	/* newest mutex told as held */
};

static bool
is_spin(uint64_t type, uint64_t ipl)
{
	return type == LOCK_MUTEX_SPIN || (type != LOCK_MUTEX_ADAPTIVE && ipl >= LOCK_IPL_VM);
}

/* ---- Life ---- */

static void
tell_life(struct rules_core *core, const char *kind, uint64_t number, bool exists,
    uint32_t gone_seq, const struct event *event, uint32_t site)
{
	struct finding *finding;

	if (!exists) {
		rules_report(core, "lock.lifecycle", event, site,
		    "%s of a %s that was never initialised", trace_call_name(event->code),
		    kind);
		return;
	}
	finding = rules_report(core, "lock.lifecycle", event, site,
	    "%s of %s %u, which is destroyed", trace_call_name(event->code), kind,
	    (unsigned)number);
	finding_because(finding, gone_seq, "destroyed here");
}

static struct mutex *
expect_mutex(struct lock *lock, struct rules_core *core, uint64_t number,
    const struct event *event, uint32_t site)
{
	struct mutex *mutex = number < lock->mutexes ? &lock->mutex[number] : NULL;

	if (mutex != NULL && mutex->exists && !mutex->gone)
		return mutex;
	tell_life(core, "mutex", number, mutex != NULL && mutex->exists,
	    mutex != NULL ? mutex->gone_seq : 0, event, site);
	return NULL;
}

static struct condvar *
expect_condvar(struct lock *lock, struct rules_core *core, uint64_t number,
    const struct event *event, uint32_t site)
{
	struct condvar *condvar = number < lock->condvars ? &lock->condvar[number] : NULL;

	if (condvar != NULL && condvar->exists && !condvar->gone)
		return condvar;
	tell_life(core, "condvar", number, condvar != NULL && condvar->exists,
	    condvar != NULL ? condvar->gone_seq : 0, event, site);
	return NULL;
}

static void
call_mutex_init(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	uint64_t number = event->arg[0];
	struct mutex *mutex;
	struct finding *finding;

	lock->mutex = shadow_grow(lock->mutex, &lock->mutexes, number,
	    sizeof(lock->mutex[0]));
	mutex = &lock->mutex[number];
	if (mutex->exists && !mutex->gone) {
		finding = rules_report(core, "lock.lifecycle", event, site,
		    "mutex %u is initialised twice", (unsigned)number);
		finding_because(finding, mutex->seq, "the first time");
	}
	*mutex = (struct mutex){
		.exists = true, .is_spin = is_spin(event->arg[1], event->arg[2]),
		.seq = event->seq,
	};
}

static void
call_mutex_destroy(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct mutex *mutex = expect_mutex(lock, core, event->arg[0], event, site);
	struct finding *finding;

	if (mutex == NULL)
		return;
	if (mutex->is_held) {
		finding = rules_report(core, "lock.lifecycle", event, site,
		    "mutex %u is destroyed while context %u holds it", (unsigned)event->arg[0],
		    mutex->owner);
		finding_because(finding, mutex->held_seq, "taken here");
	}
	mutex->gone = true;
	mutex->gone_seq = event->seq;
}

static void
call_cv_init(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	uint64_t number = event->arg[0];
	struct condvar *condvar;
	struct finding *finding;

	lock->condvar = shadow_grow(lock->condvar, &lock->condvars, number,
	    sizeof(lock->condvar[0]));
	condvar = &lock->condvar[number];
	if (condvar->exists && !condvar->gone) {
		finding = rules_report(core, "lock.lifecycle", event, site,
		    "condvar %u is initialised twice", (unsigned)number);
		finding_because(finding, condvar->seq, "the first time");
	}
	*condvar = (struct condvar){ .exists = true, .seq = event->seq };
}

static void
call_cv_destroy(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct condvar *condvar = expect_condvar(lock, core, event->arg[0], event, site);
	struct finding *finding;

	if (condvar == NULL)
		return;
	if (condvar->waiters > 0) {
		finding = rules_report(core, "lock.lifecycle", event, site,
		    "condvar %u is destroyed with %u waiters", (unsigned)event->arg[0],
		    condvar->waiters);
		finding_because(finding, condvar->wait_seq, "the newest wait");
	}
	condvar->gone = true;
	condvar->gone_seq = event->seq;
}

/* ---- Sleeping ---- */

static void
check_sleep(struct lock *lock, struct rules_core *core, uint32_t interlock,
    const struct event *event, uint32_t site)
{
	uint32_t because = UINT32_MAX;
	char buffer[48];
	const char *why = shadow_forbids_sleep(lock->shadow, event, interlock, buffer,
	    sizeof(buffer), &because);
	struct finding *finding;

	if (why == NULL)
		return;
	finding = rules_report(core, "lock.sleep-context", event, site,
	    "%s, which may sleep, %s", trace_call_name(event->code), why);
	if (because != UINT32_MAX)
		finding_because(finding, because, "the mutex was taken here");
}

/* ---- Taking and releasing ---- */

static void
call_enter(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	uint32_t number = (uint32_t)event->arg[0];
	const struct mutex *mutex = expect_mutex(lock, core, number, event, site);
	const struct shadow_lock *spin;
	struct finding *finding;

	if (mutex == NULL)
		return;
	if (mutex->is_held && mutex->owner == event->ctx) {
		finding = rules_report(core, "lock.recursion", event, site,
		    "%s of mutex %u, which this context holds", trace_call_name(event->code),
		    number);
		finding_because(finding, mutex->held_seq, "taken here");
		return;
	}
	spin = shadow_spin(lock->shadow, event->ctx, 0);
	/* In a hard interrupt irq.adaptive-mutex says it. */
	if (!mutex->is_spin && spin != NULL && event->ctx_kind != HW_CTX_HARDINT) {
		finding = rules_report(core, "lock.sleep-context", event, site,
		    "%s of adaptive mutex %u with spin mutex %u held",
		    trace_call_name(event->code), number, spin->mutex);
		finding_because(finding, spin->seq, "the spin mutex was taken here");
	}
	lock_order_enter(&lock->order, core, lock->shadow, number, event, site);
}

static void
call_exit(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct mutex *mutex = expect_mutex(lock, core, event->arg[0], event, site);
	struct finding *finding;

	if (mutex == NULL || (mutex->is_held && mutex->owner == event->ctx))
		return;
	if (!mutex->is_held) {
		rules_report(core, "lock.not-owner", event, site,
		    "%s of mutex %u, which nobody holds", trace_call_name(event->code),
		    (unsigned)event->arg[0]);
		return;
	}
	finding = rules_report(core, "lock.not-owner", event, site,
	    "%s of mutex %u, which context %u holds", trace_call_name(event->code),
	    (unsigned)event->arg[0], mutex->owner);
	finding_because(finding, mutex->held_seq, "taken here");
}

static void
note_held(struct lock *lock, struct rules_core *core, const struct event *note, uint32_t site)
{
	uint64_t number = note->arg[0];

	if (number < lock->mutexes) {
		lock->mutex[number].is_held = true;
		lock->mutex[number].owner = note->ctx;
		lock->mutex[number].held_seq = note->seq;
	}
	lock_order_held(&lock->order, core, (uint32_t)number, note, site);
}

static void
note_freed(struct lock *lock, const struct event *note)
{
	if (note->arg[0] < lock->mutexes)
		lock->mutex[note->arg[0]].is_held = false;
	if (shadow_spin(lock->shadow, note->ctx, 0) == NULL)
		lock->delay_us[note->ctx] = 0;
}

static void
call_delay(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct shadow_lock *spin = shadow_spin(lock->shadow, event->ctx, 0);
	uint64_t *total = &lock->delay_us[event->ctx];
	struct finding *finding;

	if (spin == NULL)
		return;
	*total += event->arg[0];
	if (*total <= LOCK_DELAY_MAX_US)
		return;
	finding = rules_report(core, "lock.spin-hold", event, site,
	    "delay of %llu us in all with spin mutex %u held", (unsigned long long)*total,
	    spin->mutex);
	finding_because(finding, spin->seq, "taken here");
	*total = 0;
}

/* ---- Condvars ---- */

static void
call_wait(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct condvar *condvar = expect_condvar(lock, core, event->arg[0], event, site);
	const struct mutex *mutex = expect_mutex(lock, core, event->arg[1], event, site);
	uint32_t interlock = (uint32_t)event->arg[1];
	struct finding *finding;

	check_sleep(lock, core, interlock, event, site);
	if (condvar == NULL || mutex == NULL)
		return;
	if (!shadow_holds(lock->shadow, event->ctx, interlock)) {
		rules_report(core, "lock.cv-interlock", event, site,
		    "%s of condvar %u with mutex %u, which this context does not hold",
		    trace_call_name(event->code), (unsigned)event->arg[0], interlock);
	} else if (condvar->waiters > 0 && condvar->interlock != interlock) {
		finding = rules_report(core, "lock.cv-interlock", event, site,
		    "%s of condvar %u with mutex %u, while others wait with mutex %u",
		    trace_call_name(event->code), (unsigned)event->arg[0], interlock,
		    condvar->interlock);
		finding_because(finding, condvar->wait_seq, "the other wait");
	}
}

/* Before the first wait nobody can know the interlock; some mutex is due all the same. */
static void
call_signal(struct lock *lock, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct condvar *condvar = expect_condvar(lock, core, event->arg[0], event, site);
	struct finding *finding;

	if (condvar == NULL)
		return;
	if (condvar->interlock == 0) {
		if (lock->shadow->holds[event->ctx] == 0)
			rules_report(core, "lock.cv-signal", event, site,
			    "%s of condvar %u with no mutex held",
			    trace_call_name(event->code), (unsigned)event->arg[0]);
		return;
	}
	if (shadow_holds(lock->shadow, event->ctx, condvar->interlock))
		return;
	finding = rules_report(core, "lock.cv-signal", event, site,
	    "%s of condvar %u without mutex %u, with which its waiters wait",
	    trace_call_name(event->code), (unsigned)event->arg[0], condvar->interlock);
	finding_because(finding, condvar->wait_seq, "the newest wait");
}

static void
note_condvar(struct lock *lock, const struct event *note)
{
	struct condvar *condvar = note->arg[0] < lock->condvars ?
	    &lock->condvar[note->arg[0]] : NULL;

	if (condvar == NULL)
		return;
	if (note->code == HW_NOTE_CV_SLEEP) {
		/* One that waits with another mutex is told of, and no example. */
		if (condvar->waiters == 0)
			condvar->interlock = (uint32_t)note->arg[1];
		condvar->wait_seq = note->seq;
		condvar->waiters++;
	} else if (condvar->waiters > 0 && (note->code == HW_NOTE_CV_WAKE ||
	    (note->code == HW_NOTE_CV_WOKEN && note->arg[1] != 0))) {
		condvar->waiters--;
	}
}

/* ---- Coming back from the driver ---- */

static void
enter_driver(struct lock *lock, const struct event *event)
{
	uint8_t *depth = &lock->depth[event->ctx];

	if (*depth < LOCK_CALLBACKS_MAX)
		lock->entered[event->ctx][*depth] = event->seq;
	(*depth)++;
}

static void
leave_driver(struct lock *lock, struct rules_core *core, const struct event *event,
    const char *what)
{
	uint8_t *depth = &lock->depth[event->ctx];
	uint32_t since;

	if (*depth > 0)
		(*depth)--;
	since = *depth < LOCK_CALLBACKS_MAX ? lock->entered[event->ctx][*depth] : 0;
	for (unsigned i = 0; i < lock->shadow->holds[event->ctx]; i++) {
		const struct shadow_lock *held = &lock->shadow->held[event->ctx][i];
		struct finding *finding;

		if (held->seq < since || held->seq <= lock->told_seq[event->ctx])
			continue;
		lock->told_seq[event->ctx] = held->seq;
		finding = rules_report(core, "lock.held-at-return", event, held->site,
		    "%s came back with mutex %u held", what, held->mutex);
		finding_because(finding, held->seq, "taken here");
	}
}

static void
note_attach(struct lock *lock, struct rules_core *core, const struct event *note)
{
	if (note->arg[0] == HW_ATTACH_BEGIN)
		enter_driver(lock, note);
	else if (note->arg[0] == HW_ATTACH_END)
		leave_driver(lock, core, note, "attach");
}

/* ---- Dispatch ---- */

static void
see_call(struct lock *lock, struct rules_core *core, const struct event *event, uint32_t site)
{
	switch (event->code) {
	case HW_CALL_MUTEX_INIT:
		call_mutex_init(lock, core, event, site);
		break;
	case HW_CALL_MUTEX_DESTROY:
		call_mutex_destroy(lock, core, event, site);
		break;
	case HW_CALL_MUTEX_ENTER:
	case HW_CALL_MUTEX_SPIN_ENTER:
		call_enter(lock, core, event, site);
		break;
	case HW_CALL_MUTEX_TRYENTER:
		expect_mutex(lock, core, event->arg[0], event, site);
		break;
	case HW_CALL_MUTEX_EXIT:
	case HW_CALL_MUTEX_SPIN_EXIT:
		call_exit(lock, core, event, site);
		break;
	case HW_CALL_CV_INIT:
		call_cv_init(lock, core, event, site);
		break;
	case HW_CALL_CV_DESTROY:
		call_cv_destroy(lock, core, event, site);
		break;
	case HW_CALL_CV_WAIT:
	case HW_CALL_CV_WAIT_SIG:
	case HW_CALL_CV_TIMEDWAIT:
	case HW_CALL_CV_TIMEDWAIT_SIG:
		call_wait(lock, core, event, site);
		break;
	case HW_CALL_CV_SIGNAL:
	case HW_CALL_CV_BROADCAST:
		call_signal(lock, core, event, site);
		break;
	case HW_CALL_CV_HAS_WAITERS:
		expect_condvar(lock, core, event->arg[0], event, site);
		break;
	case HW_CALL_DELAY:
		call_delay(lock, core, event, site);
		break;
	case HW_CALL_KPAUSE:
		check_sleep(lock, core, (uint32_t)event->arg[3], event, site);
		break;
	case HW_CALL_KTHREAD_CREATE:
	case HW_CALL_KTHREAD_JOIN:
	case HW_CALL_SYSCTL_CREATEV:
	case HW_CALL_SYSCTL_TEARDOWN:
	case HW_CALL_SOFTINT_ESTABLISH:
	case HW_CALL_SOFTINT_DISESTABLISH:
	case HW_CALL_VIRTIO_ALLOC_VQ:
	case HW_CALL_VIRTIO_CHILD_ATTACH_FINISH:
	case HW_CALL_VIRTIO_CHILD_ATTACH_FAILED:
	case HW_CALL_VIRTIO_CHILD_DETACH:
		check_sleep(lock, core, 0, event, site);
		break;
	}
}

static void
see_note(struct lock *lock, struct rules_core *core, const struct event *note, uint32_t site)
{
	switch (note->code) {
	case HW_NOTE_MUTEX_HELD:
		note_held(lock, core, note, site);
		break;
	case HW_NOTE_MUTEX_FREED:
		note_freed(lock, note);
		break;
	case HW_NOTE_CV_SLEEP:
	case HW_NOTE_CV_WOKEN:
	case HW_NOTE_CV_WAKE:
		note_condvar(lock, note);
		break;
	case HW_NOTE_CALLBACK:
		if (note->arg[0] == 1)
			enter_driver(lock, note);
		else
			leave_driver(lock, core, note, "a callback");
		break;
	case HW_NOTE_THREAD_GONE:
		leave_driver(lock, core, note, "a thread that ended");
		break;
	case HW_NOTE_ATTACH:
		note_attach(lock, core, note);
		break;
	}
}

static void
lock_fini(void *state)
{
	struct lock *lock = state;

	free(lock->mutex);
	free(lock->condvar);
	lock_order_fini(&lock->order);
	memset(lock, 0, sizeof(*lock));
}

static void
lock_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct lock *lock = state;

	(void)payload;
	lock->shadow = rules_shadow(core);
	if (event->kind == EV_CALL)
		see_call(lock, core, event, site);
	else if (event->kind == EV_NOTE)
		see_note(lock, core, event, site);
	else if (event->kind == EV_IRQ_ENTER)
		lock_order_irq(&lock->order, event);
	else if (event->kind == EV_HOST_REBOOT)
		lock_fini(lock);
}

const struct area area_lock = {
	.name = "lock",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(IRQ_ENTER) | KIND(HOST_REBOOT),
	.notes = NOTE(MUTEX_HELD) | NOTE(MUTEX_FREED) | NOTE(CV_SLEEP) | NOTE(CV_WOKEN) |
	    NOTE(CV_WAKE) | NOTE(CALLBACK) | NOTE(THREAD_GONE) | NOTE(ATTACH),
	.state_bytes = sizeof(struct lock),
	.fini = lock_fini,
	.see = lock_see,
};
