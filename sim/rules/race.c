/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area race: two contexts touch the same bytes, one of them writes, and nothing orders the two.
 *
 * For each four bytes of kernel memory and of the driver's data there is a list of accesses
 * that another could still race with: of each context the newest, by kind.  A new access is
 * compared with them by the clocks of race_clock.h.  Two things besides keep accesses apart:
 * an interrupt handler does not begin on a CPU that is at its level or above, and accesses
 * that are atomic or volatile on both sides are meant to be shared.
 *
 * One place is told once: what comes after a race is ordered by luck.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "rules/cells.h"
#include "rules/guard.h"
#include "rules/race_clock.h"

const struct rule rules_race[] = {
	{ "lock.data-race", SEVERITY_ERROR,
	  "what thread and interrupt share is touched under the mutex on both sides",
	  "NetBSD mutex(9), condvar(9)",
	  "A mutex protects only if everybody takes it.  On one CPU it may go well for years.",
	  "sc->sc_done = 1;\nmutex_enter(&sc->sc_lock);\ncv_signal(&sc->sc_cv);",
	  "mutex_enter(&sc->sc_lock);\nsc->sc_done = 1;\ncv_signal(&sc->sc_cv);" },
	{ "lock.unordered", SEVERITY_LINT,
	  "two contexts that share memory are ordered when one of them writes it",
	  "NetBSD mutex(9), condvar(9), kthread(9); C11 5.1.2.4 paragraph 25",
	  "A thread that is KTHREAD_MPSAFE and a handler run at the same time on two CPUs.  "
	  "Without a common mutex, a wake-up or another hand-over in between, what one reads "
	  "while the other writes is anybody's guess, and the compiler may read it twice.",
	  "sc->sc_target = target;\t\t/* in the interrupt */\n"
	  "n = sc->sc_target - sc->sc_actual;\t/* in the thread */",
	  "mutex_enter(&sc->sc_lock);\ntarget = sc->sc_target;\nmutex_exit(&sc->sc_lock);\n"
	  "n = target - sc->sc_actual;" },
};
const size_t rules_race_count = sizeof(rules_race) / sizeof(rules_race[0]);

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

struct shared {				/* a cell */
	struct guarded guarded;
	uint32_t first;
	bool is_told;
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

static void
report(struct rules_core *core, const struct touch *touch, const struct past *before,
    const struct past *now)
{
	const struct context *other = world_context((struct world *)(uintptr_t)touch->world,
	    before->ctx);
	const struct event event = touch_event(touch);
	const char *did = before->write ? "wrote" : "read";
	struct finding *finding;

	finding = rules_report(core, "lock.unordered", &event, now->site,
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
	while (*link != 0 && !cell->is_told) {
		const struct past *before = &race->past[*link];

		if (is_race(before, now, clock)) {
			cell->is_told = true;
			report(core, touch, before, now);
		}
		if (is_enough(now, before, clock))
			drop(race, link);
		else
			link = &race->past[*link].next;
	}
	if (cell->is_told)
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
	bool locked = rules_shadow(core)->holds[ctx] > 0;

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

static void
restart(struct race *race)
{
	struct world *world = race->world;

	race_fini(race);
	memset(race, 0, sizeof(*race));
	race_begin(race, NULL);
	if (world != NULL)
		race_watch(race, NULL, world);
}

static void
begin_epoch(struct race *race, const struct shadow *shadow, const struct event *event)
{
	bool plain = shadow->holds[event->ctx] == 0 && !race->order.raised[event->ctx] &&
	    event->ctx_kind == HW_CTX_KTHREAD;
	unsigned number = access_anew(&race->world->access, event->ctx, plain);

	race->epoch = shadow_grow(race->epoch, &race->epochs, number, sizeof(race->epoch[0]));
	race->epoch[number] = (struct race_epoch){
		.clock = race->order.now[event->ctx].at[event->ctx], .seq = event->seq,
	};
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

static void
race_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct race *race = state;

	(void)site;
	(void)payload;
	if (event->kind == EV_HOST_REBOOT)
		restart(race);
	else if (race_order_see(&race->order, rules_shadow(core), event) && race->world != NULL)
		begin_epoch(race, rules_shadow(core), event);
}

const struct area area_race = {
	.name = "race",
	.kinds = RACE_KINDS | KIND(HOST_REBOOT),
	.calls = RACE_CALLS,
	.returns = RACE_RETURNS,
	.notes = RACE_NOTES,
	.state_bytes = sizeof(struct race),
	.begin = race_begin,
	.fini = race_fini,
	.see = race_see,
	.watch = race_watch,
	.touch = race_touch,
	.memory = race_memory,
	.forget = race_forget,
};
