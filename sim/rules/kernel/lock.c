/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock: mutex(9), condvar(9) and where one may sleep.
 *
 * Sleeping calls that have an area of their own are checked there: dma.sleep-context,
 * page.sleep-context, mem.sleep-context.
 */
#include <string.h>

#include "rules/kernel/inventory.h"

#define LOCK_DELAY_MAX_US 1000		/* busy-waiting with a spin mutex held */

struct mutex {
	bool is_held;
	uint32_t owner, held_seq;
};

struct condvar {
	uint32_t interlock, wait_seq;	/* of the newest wait, 0: none yet */
	uint32_t waiters;
};

/* Where a live mutex or condvar lies; the address is for comparison only. */
struct place {
	uintptr_t at;
	bool is_mutex;
	uint32_t number, seq;
};

/* `to` was taken, or could have been by an interrupt, while `from` was held. */
struct lock_edge {
	uint32_t from, to;
	uint32_t seq;
};

/* What matters about one mutex for interrupts. */
struct lock_level {
	bool is_thread, is_irq;		/* was taken in a thread, in an interrupt */
	uint8_t thread_ipl;		/* lowest level with it held */
	uint8_t irq_ipl;		/* highest level of such an interrupt */
};

struct lock_order {
	struct { VEC_MEMBERS(struct lock_edge); } edge;
	struct { VEC_MEMBERS(struct lock_level); } level;	/* by mutex */
	uint8_t irq_ipl[SHADOW_CONTEXTS];	/* level of the interrupt this context serves */
	struct { VEC_MEMBERS(uint8_t); } mark;			/* by mutex, for the search */
};

struct lock {
	struct { VEC_MEMBERS(struct mutex); } mutex;		/* by ordinal */
	struct { VEC_MEMBERS(struct condvar); } condvar;	/* by ordinal */
	struct lock_order order;
	struct { VEC_MEMBERS(struct place); } place;		/* by address */
	uint64_t delay_us[SHADOW_CONTEXTS];	/* with a spin mutex held */
	/* Event numbers at which code of the driver was entered. */
	struct { VEC_MEMBERS(uint32_t); } entered[SHADOW_CONTEXTS];
	uint32_t reported_seq[SHADOW_CONTEXTS];	/* newest mutex reported as held */
};

/* ---- Order ---- */

static const struct lock_edge *
find_edge(const struct lock_order *order, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < order->edge.count; i++)
		if (order->edge.item[i].from == from && order->edge.item[i].to == to)
			return &order->edge.item[i];
	return NULL;
}

/* The first edge of a way from one mutex to the other, NULL if there is none. */
static const struct lock_edge *
find_way(struct lock_order *order, uint32_t from, uint32_t to)
{
	vec_each(edge, &order->edge) {
		if (edge->from != from || order->mark.item[edge->to])
			continue;
		order->mark.item[edge->to] = 1;
		if (edge->to == to || find_way(order, edge->to, to) != NULL)
			return edge;
	}
	return NULL;
}

static const struct lock_edge *
find_way_fresh(struct lock_order *order, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < order->edge.count; i++) {
		*vec_reach(&order->mark, order->edge.item[i].from) = 0;
		*vec_reach(&order->mark, order->edge.item[i].to) = 0;
	}
	return find_way(order, from, to);
}

RULE_ROW(rule_lock_order) = {
	"lock.order", SEVERITY_ERROR,
	"mutexes are always taken in the same order, interrupts included",
	"mutex(9); NetBSD LOCKDEBUG has no such check",
	"Two contexts that each hold what the other wants wait for ever.",
	"mutex_enter(&a); mutex_enter(&b);\t/* here */\n"
	"mutex_enter(&b); mutex_enter(&a);\t/* there */",
	"mutex_enter(&a); mutex_enter(&b);\t/* everywhere */"
};

static void
add_edge(struct lock_order *order, struct rules_core *core, uint32_t from, uint32_t to, bool is_irq)
{
	const struct lock_edge *back;

	if (from == to || find_edge(order, from, to) != NULL)
		return;
	back = find_way_fresh(order, to, from);
	if (back != NULL) {
		rules_report(core, &rule_lock_order,
		    "mutex %u %s with mutex %u held, and elsewhere it is the other way round", to,
		    is_irq ? "may be taken by an interrupt" : "is taken", from);
		rules_because(core, back->seq, "mutex %u taken with mutex %u held", back->to,
		    back->from);
	}
	*vec_add(&order->edge) = (struct lock_edge){ from, to, core->event->seq };
}

/* A context is about to take a mutex. */
static void
lock_order_enter(struct lock_order *order, struct rules_core *core, uint32_t mutex)
{
	vec_each(held, &core->shadow.held[core->event->ctx])
		add_edge(order, core, held->mutex, mutex, false);
}

/* An interrupt that takes `irq` could have come while a thread held `thread`. */
static void
cross(struct lock_order *order, struct rules_core *core, uint32_t thread, uint32_t irq)
{
	const struct lock_level *a = &order->level.item[thread], *b = &order->level.item[irq];

	if (a->is_thread && b->is_irq && a->thread_ipl < b->irq_ipl)
		add_edge(order, core, thread, irq, true);
}

static bool
learn(struct lock_order *order, struct lock_level *level, const struct event *note)
{
	bool is_irq = is_interrupt(note->ctx_kind);
	struct lock_level before = *level;

	/* Who sleeps for it lets what it interrupted go on (softint(9)). */
	if (is_irq && !note->note.mutex_held.spin)
		return false;

	if (is_irq) {
		if (!level->is_irq || order->irq_ipl[note->ctx] > level->irq_ipl)
			level->irq_ipl = order->irq_ipl[note->ctx];
		level->is_irq = true;
	} else {
		if (!level->is_thread || note->ipl < level->thread_ipl)
			level->thread_ipl = note->ipl;
		level->is_thread = true;
	}
	return memcmp(&before, level, sizeof(before)) != 0;
}

/* It has it now. */
static void
lock_order_held(struct lock_order *order, struct rules_core *core, uint32_t mutex)
{
	if (!learn(order, vec_reach(&order->level, mutex), core->event))
		return;
	for (uint32_t i = 1; i < order->level.count; i++) {
		cross(order, core, mutex, i);
		cross(order, core, i, mutex);
	}
}

/* ---- Life ---- */

RULE_ROW(rule_lifecycle) = {
	"lock.lifecycle", SEVERITY_ERROR,
	"mutexes and condvars are initialised once, used, and destroyed when nobody has them",
	"mutex(9), mutex_init(), mutex_destroy(); condvar(9), cv_init(), cv_destroy()",
	"A destroyed lock protects nothing, and its memory may be anybody's.",
	"mutex_destroy(&sc->sc_lock);\t/* the interrupt handler still takes it */",
	"virtio_reset(vsc);\nmutex_destroy(&sc->sc_lock);"
};

/* Is it there?  A report if it is not. */
static bool
expect(struct rules_core *core, enum item_kind kind, uint64_t number)
{
	const struct item *item = item_newest(core, kind, number);

	if (item == NULL) {
		rules_report(core, &rule_lifecycle, "%s of a %s that was never initialised",
		    trace_call_name(core->event->code), item_word(kind));
	} else if (item->gone) {
		rules_report(core, &rule_lifecycle, "%s of %s %u, which is destroyed",
		    trace_call_name(core->event->code), item_word(kind), item->number);
		rules_because(core, item->gone_seq, "destroyed here");
	}
	return item != NULL && !item->gone;
}

static struct mutex *
expect_mutex(struct lock *lock, struct rules_core *core, uint64_t number)
{
	return expect(core, ITEM_MUTEX, number) ? vec_reach(&lock->mutex, number) : NULL;
}

static struct condvar *
expect_condvar(struct lock *lock, struct rules_core *core, uint64_t number)
{
	return expect(core, ITEM_CONDVAR, number) ? vec_reach(&lock->condvar, number) : NULL;
}

static void
check_init(struct rules_core *core, enum item_kind kind, uint64_t number)
{
	const struct item *item = item_newest(core, kind, number);

	if (item == NULL || item->gone)
		return;
	rules_report(core, &rule_lifecycle, "%s %u is initialised twice", item_word(kind),
	    item->number);
	rules_because(core, item->seq, "the first time");
}

HOOK(lock, call_mutex_init, struct lock *lock, ON_CALL(MUTEX_INIT))
{
	check_init(core, ITEM_MUTEX, event->call.mutex_init.mutex);
	*vec_reach(&lock->mutex, event->call.mutex_init.mutex) = (struct mutex){ 0 };
}

HOOK(lock, call_mutex_destroy, struct lock *lock, ON_CALL(MUTEX_DESTROY))
{
	struct mutex *mutex = expect_mutex(lock, core, event->call.mutex_destroy.mutex);

	if (mutex == NULL)
		return;
	if (mutex->is_held) {
		rules_report(core, &rule_lifecycle, "mutex %u is destroyed while context %u holds "
		    "it", (unsigned)event->call.mutex_destroy.mutex, mutex->owner);
		rules_because(core, mutex->held_seq, "taken here");
	}
}

HOOK(lock, call_cv_init, struct lock *lock, ON_CALL(CV_INIT))
{
	check_init(core, ITEM_CONDVAR, event->call.cv_init.condvar);
	*vec_reach(&lock->condvar, event->call.cv_init.condvar) = (struct condvar){ 0 };
}

HOOK(lock, call_cv_destroy, struct lock *lock, ON_CALL(CV_DESTROY))
{
	struct condvar *condvar = expect_condvar(lock, core, event->call.cv_destroy.condvar);

	if (condvar == NULL)
		return;
	if (condvar->waiters > 0) {
		rules_report(core, &rule_lifecycle, "condvar %u is destroyed with %u waiters",
		    (unsigned)event->call.cv_destroy.condvar, condvar->waiters);
		rules_because(core, condvar->wait_seq, "the newest wait");
	}
}

/* ---- Sleeping ---- */

RULE_ROW(rule_sleep_context) = {
	"lock.sleep-context", SEVERITY_ERROR,
	"nothing that may sleep in an interrupt or with a spin mutex held",
	"mutex(9); spl(9); softint(9)",
	"It is wrong even when it happens not to sleep; when it does, the CPU stops.",
	"mutex_enter(&sc->sc_spin);\nkpause(\"wait\", false, hz, NULL);",
	"mutex_exit(&sc->sc_spin);\nkpause(\"wait\", false, hz, NULL);"
};

static void
check_sleep(struct rules_core *core, uint64_t interlock)
{
	rules_sleeps(core, &rule_sleep_context, (uint32_t)interlock, ", which may sleep,");
}

/* ---- Taking and releasing ---- */

RULE_ROW(rule_recursion) = {
	"lock.recursion", SEVERITY_ERROR,
	"a mutex is not taken by who holds it",
	"mutex(9), mutex_enter()",
	"Mutexes are not recursive: the CPU spins or sleeps for ever.",
	"mutex_enter(&sc->sc_lock);\nmutex_enter(&sc->sc_lock);",
	"mutex_enter(&sc->sc_lock);\nKASSERT(mutex_owned(&sc->sc_lock));"
};

HOOK(lock, call_enter, struct lock *lock, ON_CALL(MUTEX_ENTER), ON_CALL(MUTEX_SPIN_ENTER))
{
	uint32_t number = (uint32_t)event->call.mutex_enter.mutex;
	const struct mutex *mutex = expect_mutex(lock, core, number);
	const struct shadow_lock *spin;

	if (mutex == NULL)
		return;
	if (mutex->is_held && mutex->owner == event->ctx) {
		rules_report(core, &rule_recursion, "%s of mutex %u, which this context holds",
		    trace_call_name(event->code), number);
		rules_because(core, mutex->held_seq, "taken here");
		return;
	}
	spin = shadow_spin(&core->shadow, event->ctx, 0);
	/* In a hard interrupt irq.adaptive-mutex says it. */
	if (spin != NULL && !item_newest(core, ITEM_MUTEX, number)->is_spin &&
	    event->ctx_kind != HW_CTX_HARDINT) {
		rules_report(core, &rule_sleep_context, "%s of adaptive mutex %u with spin mutex "
		    "%u held", trace_call_name(event->code), number, spin->mutex);
		rules_because(core, spin->seq, "the spin mutex was taken here");
	}
	lock_order_enter(&lock->order, core, number);
}

RULE_ROW(rule_not_owner) = {
	"lock.not-owner", SEVERITY_ERROR,
	"a mutex is released by who holds it",
	"mutex(9), mutex_exit()",
	"Somebody else's protected region ends in the middle; with spin mutexes the "
	"interrupt level comes down as well.",
	"mutex_exit(&sc->sc_lock);\nmutex_exit(&sc->sc_lock);",
	"mutex_enter(&sc->sc_lock);\nmutex_exit(&sc->sc_lock);"
};

HOOK(lock, call_exit, struct lock *lock, ON_CALL(MUTEX_EXIT), ON_CALL(MUTEX_SPIN_EXIT))
{
	const struct mutex *mutex = expect_mutex(lock, core, event->call.mutex_exit.mutex);

	if (mutex == NULL || (mutex->is_held && mutex->owner == event->ctx))
		return;
	if (!mutex->is_held) {
		rules_report(core, &rule_not_owner, "%s of mutex %u, which nobody holds",
		    trace_call_name(event->code), (unsigned)event->call.mutex_exit.mutex);
		return;
	}
	rules_report(core, &rule_not_owner, "%s of mutex %u, which context %u holds",
	    trace_call_name(event->code), (unsigned)event->call.mutex_exit.mutex, mutex->owner);
	rules_because(core, mutex->held_seq, "taken here");
}

HOOK(lock, note_held, struct lock *lock, ON_NOTE(MUTEX_HELD))
{
	uint64_t number = event->note.mutex_held.mutex;

	if (number < lock->mutex.count) {
		lock->mutex.item[number].is_held = true;
		lock->mutex.item[number].owner = event->ctx;
		lock->mutex.item[number].held_seq = event->seq;
	}
	lock_order_held(&lock->order, core, (uint32_t)number);
}

HOOK(lock, note_freed, struct lock *lock, ON_NOTE(MUTEX_FREED))
{
	if (event->note.mutex_freed.mutex < lock->mutex.count)
		lock->mutex.item[event->note.mutex_freed.mutex].is_held = false;
	if (shadow_spin(&core->shadow, event->ctx, 0) == NULL)
		lock->delay_us[event->ctx] = 0;
}

RULE_ROW(rule_spin_hold) = {
	"lock.spin-hold", SEVERITY_ERROR,
	"a spin mutex is held for less than a millisecond",
	"mutex(9); spl(9)",
	"While it is held this CPU takes no interrupts of its level, and others spin.",
	"mutex_enter(&sc->sc_spin);\ndelay(10000);",
	"mutex_exit(&sc->sc_spin);\nkpause(\"wait\", false, mstohz(10), NULL);"
};

HOOK(lock, call_delay, struct lock *lock, ON_CALL(DELAY))
{
	const struct shadow_lock *spin = shadow_spin(&core->shadow, event->ctx, 0);
	uint64_t *total = &lock->delay_us[event->ctx];

	if (spin == NULL)
		return;
	*total += event->call.delay.us;
	if (*total <= LOCK_DELAY_MAX_US)
		return;
	rules_report(core, &rule_spin_hold, "delay of %llu us in all with spin mutex %u held",
	    (unsigned long long)*total, spin->mutex);
	rules_because(core, spin->seq, "taken here");
	*total = 0;
}

/* ---- Condvars ---- */

RULE_ROW(rule_cv_interlock) = {
	"lock.cv-interlock", SEVERITY_ERROR,
	"a wait holds its interlock, and all waiters of a condvar use the same one",
	"condvar(9), cv_wait()",
	"The interlock is what makes testing the condition and going to sleep one step.",
	"cv_wait(&sc->sc_cv, &sc->sc_lock);\t/* lock not taken */",
	"mutex_enter(&sc->sc_lock);\nwhile (!sc->sc_done)\n"
	"\tcv_wait(&sc->sc_cv, &sc->sc_lock);\nmutex_exit(&sc->sc_lock);"
};

HOOK(lock, call_wait, struct lock *lock, ON_CALL(CV_WAIT), ON_CALL(CV_WAIT_SIG),
    ON_CALL(CV_TIMEDWAIT), ON_CALL(CV_TIMEDWAIT_SIG))
{
	const struct condvar *condvar = expect_condvar(lock, core, event->call.cv_wait.condvar);
	const struct mutex *mutex = expect_mutex(lock, core, event->call.cv_wait.mutex);
	uint32_t interlock = (uint32_t)event->call.cv_wait.mutex;

	check_sleep(core, interlock);
	if (condvar == NULL || mutex == NULL)
		return;
	if (!shadow_holds(&core->shadow, event->ctx, interlock)) {
		rules_report(core, &rule_cv_interlock,
		    "%s of condvar %u with mutex %u, which this context does not hold",
		    trace_call_name(event->code), (unsigned)event->call.cv_wait.condvar, interlock);
	} else if (condvar->waiters > 0 && condvar->interlock != interlock) {
		rules_report(core, &rule_cv_interlock, "%s of condvar %u with mutex %u, while "
		    "others wait with mutex %u", trace_call_name(event->code),
		    (unsigned)event->call.cv_wait.condvar, interlock, condvar->interlock);
		rules_because(core, condvar->wait_seq, "the other wait");
	}
}

RULE_ROW(rule_cv_signal) = {
	"lock.cv-signal", SEVERITY_ERROR,
	"a condvar is signalled with the interlock of its waiters held",
	"condvar(9), cv_signal(), cv_broadcast()",
	"Without it the signal can fall between a waiter's test and its sleep, and is lost.",
	"sc->sc_done = 1;\ncv_signal(&sc->sc_cv);",
	"mutex_enter(&sc->sc_lock);\nsc->sc_done = 1;\ncv_signal(&sc->sc_cv);\n"
	"mutex_exit(&sc->sc_lock);"
};

/* Before the first wait nobody can know the interlock; some mutex is due all the same. */
HOOK(lock, call_signal, struct lock *lock, ON_CALL(CV_SIGNAL), ON_CALL(CV_BROADCAST))
{
	const struct condvar *condvar = expect_condvar(lock, core, event->call.cv_signal.condvar);

	if (condvar == NULL)
		return;
	if (condvar->interlock == 0) {
		if (core->shadow.held[event->ctx].count == 0)
			rules_report(core, &rule_cv_signal, "%s of condvar %u with no mutex held",
			    trace_call_name(event->code), (unsigned)event->call.cv_signal.condvar);
		return;
	}
	if (shadow_holds(&core->shadow, event->ctx, condvar->interlock))
		return;
	rules_report(core, &rule_cv_signal, "%s of condvar %u without mutex %u, with which its "
	    "waiters wait", trace_call_name(event->code), (unsigned)event->call.cv_signal.condvar,
	    condvar->interlock);
	rules_because(core, condvar->wait_seq, "the newest wait");
}

HOOK(lock, note_cv_sleep, struct lock *lock, ON_NOTE(CV_SLEEP))
{
	struct condvar *condvar = vec_get(&lock->condvar, event->note.cv_sleep.condvar);

	if (condvar == NULL)
		return;
	/* One that waits with another mutex is reported, and no example. */
	if (condvar->waiters == 0)
		condvar->interlock = (uint32_t)event->note.cv_sleep.mutex;
	condvar->wait_seq = event->seq;
	condvar->waiters++;
}

static void
wake_one(struct lock *lock, uint64_t number)
{
	struct condvar *condvar = vec_get(&lock->condvar, number);

	if (condvar != NULL && condvar->waiters > 0)
		condvar->waiters--;
}

HOOK(lock, note_cv_wake, void *state, ON_NOTE(CV_WAKE))
{
	wake_one(state, event->note.cv_wake.condvar);
}

HOOK(lock, note_cv_woken, void *state, ON_NOTE(CV_WOKEN))
{
	if (event->note.cv_woken.timeout != 0)
		wake_one(state, event->note.cv_woken.condvar);
}

/* ---- Coming back from the driver ---- */

static void
enter_driver(struct lock *lock, const struct event *event)
{
	*vec_add(&lock->entered[event->ctx]) = event->seq;
}

RULE_ROW(rule_held_at_return) = {
	"lock.held-at-return", SEVERITY_ERROR,
	"match, attach, detach, callbacks and threads end with no mutex held that they took",
	"mutex(9), mutex_exit()",
	"Nobody is left to release it.",
	"mutex_enter(&sc->sc_lock);\nif (sc->sc_idle)\n\treturn 0;",
	"if (sc->sc_idle) {\n\tmutex_exit(&sc->sc_lock);\n\treturn 0;\n}"
};

/* Of those that it took since then. */
static void
check_held(struct lock *lock, struct rules_core *core, uint32_t since, const char *what)
{
	vec_each(held, &core->shadow.held[core->event->ctx]) {
		if (held->seq < since || held->seq <= lock->reported_seq[core->event->ctx])
			continue;
		lock->reported_seq[core->event->ctx] = held->seq;
		rules_report_at(core, &rule_held_at_return, held->site,
		    "%s came back with mutex %u held", what, held->mutex);
		rules_because(core, held->seq, "taken here");
	}
}

static void
leave_driver(struct lock *lock, struct rules_core *core, const char *what)
{
	uint32_t since = 0;

	if (lock->entered[core->event->ctx].count > 0)
		since =
		    lock->entered[core->event->ctx].item[--lock->entered[core->event->ctx].count];
	check_held(lock, core, since, what);
}

HOOK(lock, note_attach, struct lock *lock, ON_NOTE(ATTACH))
{
	/* A match has no beginning; inside of an attach the mutex may be that one's. */
	if (event->note.attach.step == HW_ATTACH_MATCH && lock->entered[event->ctx].count == 0)
		check_held(lock, core, 0, "match");
	if (event->note.attach.step == HW_ATTACH_BEGIN)
		enter_driver(lock, event);
	else if (event->note.attach.step == HW_ATTACH_END)
		leave_driver(lock, core, "attach");
}

HOOK(lock, note_callback, void *state, ON_NOTE(CALLBACK))
{
	if (event->note.callback.edge == 1)
		enter_driver(state, event);
	else
		leave_driver(state, core, "a callback");
}

/* The kernel's thread for an attach, which has come back already, or a detach. */
HOOK(lock, on_ctx_end, struct lock *lock, ON_EVENT(CTX_END))
{
	if (event->ctx_kind == HW_CTX_AUTOCONF)
		leave_driver(lock, core, "detach");
}

HOOK(lock, note_thread_gone, void *state, ON_NOTE(THREAD_GONE))
{
	leave_driver(state, core, "a thread that ended");
}

/* ---- Calls of which only one thing is asked ---- */

HOOK(lock, call_tryenter, void *state, ON_CALL(MUTEX_TRYENTER))
{
	expect_mutex(state, core, event->call.mutex_tryenter.mutex);
}

HOOK(lock, call_has_waiters, void *state, ON_CALL(CV_HAS_WAITERS))
{
	expect_condvar(state, core, event->call.cv_has_waiters.condvar);
}

HOOK(lock, call_pause, void *state, ON_CALL(KPAUSE))
{
	check_sleep(core, event->call.kpause.mutex);
}

HOOK(lock, call_may_sleep, void *state, ON_CALL(KTHREAD_CREATE), ON_CALL(KTHREAD_JOIN),
    ON_CALL(SYSCTL_CREATEV), ON_CALL(SYSCTL_TEARDOWN), ON_CALL(SOFTINT_ESTABLISH),
    ON_CALL(SOFTINT_DISESTABLISH), ON_CALL(VIRTIO_ALLOC_VQ), ON_CALL(VIRTIO_CHILD_ATTACH_FINISH),
    ON_CALL(VIRTIO_CHILD_ATTACH_FAILED), ON_CALL(VIRTIO_CHILD_DETACH))
{
	check_sleep(core, 0);
}

HOOK(lock, on_irq_enter, struct lock *lock, ON_EVENT(IRQ_ENTER))
{
	lock->order.irq_ipl[event->ctx] = event->ipl;
}

/* ---- Memory with a lock in it ---- */

RULE_ROW(rule_freed_live) = {
	"lock.freed-live", SEVERITY_ERROR,
	"memory with a mutex or condvar in it is freed after that is destroyed",
	"mutex(9), mutex_destroy(); condvar(9), cv_destroy()",
	"Who still comes for the lock finds somebody else's data in it.  The debugging kernel "
	"panics when a lock is found again in memory that was freed.",
	"kmem_free(p, sizeof(*p));\t\t/* with p->p_lock */",
	"mutex_destroy(&p->p_lock);\nkmem_free(p, sizeof(*p));"
};

/* The first place at that address or above. */
static size_t
place_from(const struct lock *lock, uintptr_t address)
{
	size_t low = 0, high = lock->place.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (lock->place.item[middle].at < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
check_freed(const struct lock *lock, struct rules_core *core, uintptr_t low, uintptr_t high)
{
	for (size_t i = place_from(lock, low); i < lock->place.count; i++) {
		const struct place *place = &lock->place.item[i];

		if (place->at >= high)
			break;
		rules_report(core, &rule_freed_live, "the memory of %s %u is freed, and it is not "
		    "destroyed", place->is_mutex ? "mutex" : "condvar", place->number);
		rules_because(core, place->seq, "initialised here");
	}
}

static void
forget_places(struct lock *lock, uintptr_t low, uintptr_t high)
{
	size_t from = place_from(lock, low), to = from;

	while (to < lock->place.count && lock->place.item[to].at < high)
		to++;
	vec_remove(&lock->place, from, to - from);
}

MEMORY(lock_memory, struct lock *lock)
{
	size_t at;

	if (what == HW_MEMORY_GONE)
		check_freed(lock, core, low, high);
	if (what == HW_MEMORY_GONE || what == HW_MEMORY_ENDED || what == HW_MEMORY_MUTEX ||
	    what == HW_MEMORY_CONDVAR)
		forget_places(lock, low, high);
	if (what != HW_MEMORY_MUTEX && what != HW_MEMORY_CONDVAR)
		return;
	at = place_from(lock, low);
	*vec_insert(&lock->place, at) = (struct place){
		.at = low, .is_mutex = what == HW_MEMORY_MUTEX, .number = (uint32_t)number,
		.seq = core->event->seq,
	};
}

FINI(lock_fini, struct lock *lock)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++)
		vec_fini(&lock->entered[i]);
	vec_fini(&lock->mutex);
	vec_fini(&lock->condvar);
	vec_fini(&lock->place);
	vec_fini(&lock->order.edge);
	vec_fini(&lock->order.level);
	vec_fini(&lock->order.mark);
}

const struct area area_lock = {
	.state_bytes = sizeof(struct lock),
	.fini = lock_fini,
	.memory = lock_memory,
};
