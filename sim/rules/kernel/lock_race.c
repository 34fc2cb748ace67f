/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock: two contexts touch the same bytes, one of them writes, and nothing orders the two.
 *
 * For each four bytes of kernel memory and of the driver's data there is a list of accesses
 * that another could still race with: of each context the newest, by kind.  A new access is
 * compared with them by the clocks of lock_clock.h.  Two things besides keep accesses apart:
 * an interrupt handler does not begin on a CPU that is at its level or above, and accesses
 * that are atomic or volatile on both sides are meant to be shared.
 *
 * One place is reported once: what comes after a race is ordered by luck.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "rules/kernel/cells.h"
#include "rules/kernel/lock_guard.h"
#include "rules/kernel/lock_clock.h"

/* An access to some bytes of a cell. */
struct past {
	uint32_t next;			/* in its list, or in that of free ones; 0: the end */
	uint32_t clock;			/* of its context at that time */
	uint32_t seq, site;
	uint8_t ctx, kind;		/* enum hw_context */
	uint8_t cpu, ipl;
	uint16_t number;		/* of its tag (machine/access.h) */
	uint8_t bytes;			/* bit for each of the cell */
	bool write, marked;
};

#define CELL_WHOLE 0xf

#define IPL_VM 6			/* spl(9): handlers of this level run under the lock */
#define INTR_MPSAFE (1u << 0)		/* VIRTIO_F_INTR_MPSAFE */
#define SOFTINT_MPSAFE 0x100u
#define THREAD_MPSAFE 0x02u		/* KTHREAD_MPSAFE */

struct shared {				/* a cell */
	struct guarded guarded;
	uint32_t first;
	bool is_reported;
};

/* Since a context got a tag. */
struct race_epoch {
	uint32_t clock, seq;
};

struct race {
	struct race_order order;
	struct cells cells;		/* struct shared */
	struct world *world;		/* NULL: nothing is watched */
	struct race_epoch *epoch;	/* by the number of the tag; beyond the end all zero */
	size_t epochs;
	struct past *past;		/* from 1 */
	size_t past_max;
	uint32_t pasts, idle;
};

/* ---- lists ---- */

static uint32_t
new_past(struct race *race)
{
	uint32_t i = race->idle;

	if (i != 0) {
		race->idle = race->past[i].next;
		return i;
	}
	i = ++race->pasts;
	race->past = shadow_grow(race->past, &race->past_max, i, sizeof(race->past[0]));
	return i;
}

static void
drop(struct race *race, uint32_t *link)
{
	uint32_t i = *link;

	*link = race->past[i].next;
	race->past[i].next = race->idle;
	race->idle = i;
}

/* ---- one access and those before it ---- */

static bool
is_interrupt(unsigned kind)
{
	return kind == HW_CTX_HARDINT || kind == HW_CTX_SOFTINT;
}

/* Did the level keep one from beginning while the other was at it? */
static bool
is_kept_off(const struct past *one, const struct past *other)
{
	if (one->cpu != other->cpu)
		return false;
	return (is_interrupt(one->kind) && other->ipl >= one->ipl) ||
	    (is_interrupt(other->kind) && one->ipl >= other->ipl);
}

static bool
is_race(const struct past *before, const struct past *now, const struct race_clock *clock)
{
	return before->ctx != now->ctx && (before->bytes & now->bytes) != 0 &&
	    (before->write || now->write) && !(before->marked && now->marked) &&
	    before->clock > clock->at[before->ctx] && !is_kept_off(before, now);
}

/* Whatever would race with the one before races with this one too. */
static bool
is_enough(const struct past *now, const struct past *before, const struct race_clock *clock)
{
	if ((before->bytes & ~now->bytes) != 0 || now->ipl > before->ipl ||
	    (before->write && !now->write) || (now->marked && !before->marked))
		return false;
	return before->ctx == now->ctx ||
	    (now->write && before->clock <= clock->at[before->ctx] && now->cpu == before->cpu);
}

static const struct rule rule_unordered = {
	"lock.unordered", SEVERITY_LINT,
	"two contexts that share memory are ordered when one of them writes it",
	"NetBSD mutex(9), condvar(9), kthread(9); C11 5.1.2.4 paragraph 25",
	"A thread that is KTHREAD_MPSAFE and a handler run at the same time on two CPUs.  "
	"Without a common mutex, a wake-up or another hand-over in between, what one reads "
	"while the other writes is anybody's guess, and the compiler may read it twice.",
	"sc->sc_wanted = wanted;\t\t/* in the interrupt */\n"
	"n = sc->sc_wanted - sc->sc_done;\t/* in the thread */",
	"mutex_enter(&sc->sc_lock);\nwanted = sc->sc_wanted;\nmutex_exit(&sc->sc_lock);\n"
	"n = wanted - sc->sc_done;"
};

static void
report(struct rules_core *core, const struct touch *touch, const struct past *before,
    const struct past *now)
{
	const struct context *other = world_context((struct world *)(uintptr_t)touch->world,
	    before->ctx);
	const struct event event = touch_event(touch);
	const char *did = before->write ? "wrote" : "read";
	struct finding *finding;

	finding = rules_report(core, &rule_unordered, &event, now->site,
	    "%s (%s) %s what %s (%s) %s, and nothing orders the two: no common mutex, no "
	    "wake-up, no hand-over comes in between", touch->ctx->name,
	    is_interrupt(now->kind) ? "interrupt" : "thread", now->write ? "writes" : "reads",
	    other->name, is_interrupt(before->kind) ? "interrupt" : "thread", did);
	finding_because_at(finding, before->seq, before->site, "%s %s it here", other->name,
	    did);
}

/* Mostly nobody else comes here: the same again, later. */
static bool
is_again(const struct past *before, const struct past *now)
{
	return before->next == 0 && before->ctx == now->ctx && before->bytes == now->bytes &&
	    before->write == now->write && before->marked == now->marked &&
	    now->ipl <= before->ipl;
}

static struct race_epoch
epoch_of(const struct race *race, unsigned number)
{
	return number < race->epochs ? race->epoch[number] : (struct race_epoch){ 0 };
}

/*
 * What was not shown because it was the same again: the newest access to the cell is newer
 * than its record.
 */
static void
catch_up(struct race *race, struct shared *cell, uintptr_t address)
{
	const struct world *world = race->world;
	const struct access_last last = access_last(&world->access, address);
	struct past *past;

	for (uint32_t i = cell->first; last.number != 0 && i != 0; i = past->next) {
		past = &race->past[i];
		if (past->ctx != last.context || past->write != last.write ||
		    past->bytes != CELL_WHOLE || past->marked || past->number >= last.number)
			continue;
		past->number = (uint16_t)last.number;
		past->clock = epoch_of(race, last.number).clock;
		past->seq = epoch_of(race, last.number).seq;
		past->site = last.where - (uint32_t)world->module_low;
		past->ipl = 0;
	}
}

static void
touch_cell(struct race *race, struct rules_core *core, struct shared *cell,
    const struct past *now, const struct touch *touch)
{
	const struct race_clock *clock = &race->order.now[now->ctx];
	uint32_t *link = &cell->first, fresh;

	if (*link != 0 && is_again(&race->past[*link], now)) {
		race->past[*link] = *now;
		return;
	}
	while (*link != 0 && !cell->is_reported) {
		const struct past *before = &race->past[*link];

		if (is_race(before, now, clock)) {
			cell->is_reported = true;
			report(core, touch, before, now);
		}
		if (is_enough(now, before, clock))
			drop(race, link);
		else
			link = &race->past[*link].next;
	}
	if (cell->is_reported)
		return;
	fresh = new_past(race);
	race->past[fresh] = *now;
	race->past[fresh].next = cell->first;
	cell->first = fresh;
}

static uint8_t
bytes_of(const struct touch *touch, uintptr_t cell)
{
	uintptr_t from = touch->address > cell ? touch->address - cell : 0;
	uintptr_t to = touch->address + touch->size - cell;

	if (to > CELL_BYTES)
		to = CELL_BYTES;
	return (uint8_t)((1u << to) - (1u << from));
}

static enum access_verdict
race_touch(void *state, struct rules_core *core, const struct touch *touch)
{
	struct race *race = state;
	uint32_t ctx = touch->ctx->ordinal;
	struct past now = {
		.clock = race_order_of(&race->order, ctx)->at[ctx],
		.seq = touch->world->trace.count - 1, .site = touch->site,
		.ctx = (uint8_t)ctx, .kind = (uint8_t)touch->ctx->kind,
		.cpu = (uint8_t)touch->ctx->cpu,
		.ipl = (uint8_t)touch->world->cpu[touch->ctx->cpu].ipl,
		.write = touch->write, .marked = touch->marked,
		.number = (uint16_t)access_number(&touch->world->access),
	};
	uintptr_t at = touch->address - touch->address % CELL_BYTES;
	bool locked = rules_shadow(core)->held[ctx].count > 0;

	if (!cells_cover(&race->cells, touch))
		return ACCESS_ORDINARY;
	for (; at < touch->address + touch->size; at += CELL_BYTES) {
		struct shared *cell = cells_make(&race->cells, at);

		if (cell == NULL)
			continue;
		now.bytes = bytes_of(touch, at);
		catch_up(race, cell, at);
		touch_cell(race, core, cell, &now, touch);
		guard_touch(core, &cell->guarded, locked, touch);
	}
	return ACCESS_ORDINARY;
}

/* ---- what orders contexts ---- */

/* What the context of the event does from now on is another matter than before. */
static void
new_part(struct race *race, struct rules_core *core, const struct event *event)
{
	bool plain = rules_shadow(core)->held[event->ctx].count == 0 &&
	    !race->order.raised[event->ctx] &&
	    event->ctx_kind == HW_CTX_KTHREAD;
	unsigned number;

	if (race->world == NULL)
		return;
	number = access_anew(&race->world->access, event->ctx, plain);
	race->epoch = shadow_grow(race->epoch, &race->epochs, number, sizeof(race->epoch[0]));
	race->epoch[number] = (struct race_epoch){
		.clock = race->order.now[event->ctx].at[event->ctx], .seq = event->seq,
	};
}

HOOK(on_start, struct race *race)
{
	struct race_order *order = &race->order;
	uint32_t child = (uint32_t)event->ctx_start.context;

	if (child >= order->contexts)
		order->contexts = child + 1;
	memset(&order->now[child], 0, sizeof(order->now[child]));
	order->now[child].at[child] = 1;
	order->under_lock[child] = event->ctx_start.kind == HW_CTX_AUTOCONF;
	if (event->ctx == 0)
		return;
	race_acquire(order, child, &order->now[event->ctx]);
	order->now[event->ctx].at[event->ctx]++;
	new_part(race, core, event);
}

/* Threads: all that is not MPSAFE has the kernel lock while it does not sleep. */
HOOK(on_run, struct race *race)
{
	struct race_order *order = &race->order;

	order->takes_lock[event->ctx_run.context] = order->under_lock[event->ctx_run.context];
}

HOOK(on_stop, struct race *race)
{
	if (race->order.under_lock[event->ctx])
		race_leave_lock(&race->order, event->ctx);
	new_part(race, core, event);
}

HOOK(note_thread, struct race *race)
{
	if (event->note.thread.context < SHADOW_CONTEXTS)
		race->order.under_lock[event->note.thread.context] =
		    (event->note.thread.flags & THREAD_MPSAFE) == 0;
}

HOOK(note_thread_gone, struct race *race)
{
	race_release(&race->order, event->ctx, &race->order.ended[event->ctx]);
	new_part(race, core, event);
}

HOOK(ret_join, struct race *race)
{
	const struct shadow_call *call = rules_returned(core, event);

	if (call != NULL && call->args.kthread_join.thread < SHADOW_CONTEXTS)
		race_acquire(&race->order, event->ctx,
		    &race->order.ended[call->args.kthread_join.thread]);
	new_part(race, core, event);
}

HOOK(note_held, struct race *race)
{
	race_acquire(&race->order, event->ctx,
	    race_clock_of(&race->order.mutex, event->note.mutex_held.mutex));
	new_part(race, core, event);
}

HOOK(note_freed, struct race *race)
{
	race_release(&race->order, event->ctx,
	    race_clock_of(&race->order.mutex, event->note.mutex_freed.mutex));
	new_part(race, core, event);
}

HOOK(note_wake, struct race *race)
{
	if (event->note.cv_wake.context < SHADOW_CONTEXTS)
		race_release(&race->order, event->ctx,
		    &race->order.woken[event->note.cv_wake.context]);
	new_part(race, core, event);
}

HOOK(note_woken, struct race *race)
{
	race_acquire(&race->order, event->ctx, &race->order.woken[event->ctx]);
	new_part(race, core, event);
}

HOOK(call_splraise, struct race *race)
{
	race->order.raised[event->ctx] = true;
	new_part(race, core, event);
}

HOOK(call_splx, struct race *race)
{
	race->order.raised[event->ctx] = false;
	new_part(race, core, event);
}

/* ---- interrupts and requests ---- */

static struct race_clock *
of_queue(struct race_clocks *clocks, uint64_t queue)
{
	return race_clock_of(clocks, queue < RULES_QUEUES_MAX ? queue : RULES_QUEUES_MAX);
}

HOOK(call_attach_start, struct race *race)
{
	race->order.handlers_free = event->call.virtio_child_attach_start.ipl != IPL_VM ||
	    (event->call.virtio_child_attach_start.flags & INTR_MPSAFE) != 0;
	new_part(race, core, event);
}

HOOK(note_attach, struct race *race)
{
	if (event->note.attach.step == HW_ATTACH_FINISHED)
		race_release(&race->order, event->ctx, &race->order.attached);
	new_part(race, core, event);
}

HOOK(note_softint, struct race *race)
{
	struct race_order *order = &race->order;
	uint64_t number = event->note.softint.softint;

	order->softint_free = shadow_grow(order->softint_free, &order->softints, number,
	    sizeof(order->softint_free[0]));
	order->softint_free[number] |=
	    (rules_call(core, event)->args.softint_establish.flags & SOFTINT_MPSAFE) != 0;
}

HOOK(call_schedule, struct race *race)
{
	race_release(&race->order, event->ctx,
	    race_clock_of(&race->order.softint, event->call.softint_schedule.softint));
	new_part(race, core, event);
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

	if (note->ctx_kind != HW_CTX_HARDINT && note->ctx_kind != HW_CTX_SOFTINT)
		return false;
	if (is_own_softint(note))
		return softint >= order->softints || !order->softint_free[softint];
	return !order->handlers_free;
}

static void
enter_driver(struct race_order *order, const struct event *note)
{
	uint64_t queue = note->note.callback.queue;
	uint32_t ctx = note->ctx;

	race_acquire(order, ctx, &order->attached);
	if (is_under_lock(order, note))
		race_acquire(order, ctx, &order->kernel_lock);
	if (is_own_softint(note))
		race_acquire(order, ctx, race_clock_of(&order->softint, queue));
	else if (note->note.callback.callback == HW_CB_VQ_DONE)
		race_acquire(order, ctx, of_queue(&order->used, queue));
}

HOOK(note_callback, struct race *race)
{
	if (event->note.callback.edge == 1)
		enter_driver(&race->order, event);
	else if (is_under_lock(&race->order, event))
		race_leave_lock(&race->order, event->ctx);
	new_part(race, core, event);
}

HOOK(call_commit, struct race *race)
{
	race_release(&race->order, event->ctx,
	    of_queue(&race->order.sent, event->call.virtio_enqueue_commit.queue));
	new_part(race, core, event);
}

HOOK(on_take, struct race *race)
{
	struct race_order *order = &race->order;
	uint64_t queue = event->dev_take.queue;

	race_join(order, of_queue(&order->taken, queue), of_queue(&order->sent, queue));
}

HOOK(on_used, struct race *race)
{
	struct race_order *order = &race->order;
	uint64_t queue = event->dev_used.queue;

	race_join(order, of_queue(&order->used, queue), of_queue(&order->taken, queue));
}

HOOK(note_dequeued, struct race *race)
{
	race_acquire(&race->order, event->ctx,
	    of_queue(&race->order.used, event->note.dequeued.queue));
	new_part(race, core, event);
}

/* ---- the area ---- */

/* The next owner of the memory has nothing to do with the one before. */
static void
race_memory(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number)
{
	struct race *race = state;

	(void)core;
	(void)number;
	if (what > HW_MEMORY_GONE)
		return;
	for (uintptr_t at = cells_next(&race->cells, low - low % CELL_BYTES, high); at < high;
	    at = cells_next(&race->cells, at + CELL_BYTES, high)) {
		struct shared *cell = cells_find(&race->cells, at);

		while (cell->first != 0)
			drop(race, &cell->first);
		*cell = (struct shared){ 0 };
	}
}

static void
race_begin(void *state, struct rules_core *core)
{
	struct race *race = state;

	(void)core;
	race_order_begin(&race->order);
}

static void
race_watch(void *state, struct rules_core *core, struct world *world)
{
	struct race *race = state;

	(void)core;
	race->world = world;
	cells_init(&race->cells, sizeof(struct shared), (uintptr_t)world->memory.arena);
}

static void
race_fini(void *state)
{
	struct race *race = state;

	cells_fini(&race->cells);
	race_order_fini(&race->order);
	free(race->past);
	free(race->epoch);
}

HOOK(on_reboot, struct race *race)
{
	struct world *world = race->world;

	race_fini(race);
	memset(race, 0, sizeof(*race));
	race_begin(race, core);
	if (world != NULL)
		race_watch(race, core, world);
}

/* Tags are about to begin anew. */
static void
race_forget(void *state)
{
	struct race *race = state;

	for (size_t i = 0; i < race->cells.pages; i++) {
		struct shared *cell = race->cells.page[i];

		for (size_t k = 0; cell != NULL && k < CELLS_IN_PAGE; k++)
			catch_up(race, &cell[k], race->cells.arena + i * MEMORY_PAGE_SIZE +
			    k * CELL_BYTES);
	}
	for (uint32_t i = 1; i <= race->pasts; i++)
		race->past[i].number = 0;
}

static const struct hook_row hooks[] = {
	ON_EVENT(CTX_START, on_start),
	ON_EVENT(CTX_RUN, on_run),
	ON_EVENT(CTX_SLEEP, on_stop),
	ON_EVENT(CTX_END, on_stop),
	ON_NOTE(THREAD, note_thread),
	ON_NOTE(THREAD_GONE, note_thread_gone),
	ON_RET(KTHREAD_JOIN, ret_join),
	ON_NOTE(MUTEX_HELD, note_held),
	ON_NOTE(MUTEX_FREED, note_freed),
	ON_NOTE(CV_WAKE, note_wake),
	ON_NOTE(CV_WOKEN, note_woken),
	ON_CALL(SPLRAISE, call_splraise),
	ON_CALL(SPLX, call_splx),
	ON_CALL(VIRTIO_CHILD_ATTACH_START, call_attach_start),
	ON_NOTE(ATTACH, note_attach),
	ON_NOTE(SOFTINT, note_softint),
	ON_CALL(SOFTINT_SCHEDULE, call_schedule),
	ON_NOTE(CALLBACK, note_callback),
	ON_CALL(VIRTIO_ENQUEUE_COMMIT, call_commit),
	ON_EVENT(DEV_TAKE, on_take),
	ON_EVENT(DEV_USED, on_used),
	ON_NOTE(DEQUEUED, note_dequeued),
	ON_EVENT(HOST_REBOOT, on_reboot),
	HOOKS_END
};

const struct area area_lock_race = {
	.name = "lock",
	.rules = RULES(&rule_unordered, &rule_lock_data_race),
	.hooks = hooks,
	.state_bytes = sizeof(struct race),
	.begin = race_begin,
	.fini = race_fini,
	.watch = race_watch,
	.touch = race_touch,
	.memory = race_memory,
	.forget = race_forget,
};
