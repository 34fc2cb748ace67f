/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock: two contexts touch the same bytes, one of them writes, and nothing orders the two.
 *
 * For each four bytes of kernel memory and of the driver's data there is a list of accesses
 * that another could still race with: of each context the newest, by kind.  A new access is
 * compared with them by the clocks of lock_clock.h, as FastTrack does (Flanagan and Freund,
 * 2009).  Two things besides keep accesses apart: an interrupt handler does not begin on a CPU
 * that is at its level or above, and accesses that are atomic or volatile on both sides are
 * meant to be shared (atomic_loadstore(9)).
 *
 * One place is reported once: what comes after a race is ordered by luck.
 */
#include <stdio.h>
#include <string.h>

#include "rules/kernel/cells.h"
#include "rules/kernel/lock_clock.h"
#include "rules/kernel/mem_touch.h"

#define HELD_MAX 2			/* mutexes that are remembered with an access */

/* An access to some bytes of a cell. */
struct past {
	uint32_t next;			/* in its list, or in that of free ones; 0: the end */
	uint32_t clock;			/* of its context at that time */
	uint32_t seq, site;
	uint8_t ctx, kind;		/* enum hw_context */
	uint8_t cpu, ipl;
	uint16_t number;		/* of its tag (machine/access.h) */
	uint16_t held[HELD_MAX];	/* mutexes, the newest first; 0: none */
	uint8_t bytes;			/* bit for each of the cell */
	bool write, marked;
};

#define CELL_WHOLE 0xf

struct shared {				/* a cell */
	uint32_t first;
	uint32_t clock;			/* that marked accesses hand on; 0: there were none */
	bool is_reported;
};

struct race {
	struct cells cells;		/* struct shared */
	struct race_order *order;
	struct { VEC_MEMBERS(struct past); } past;	/* from 1 */
	uint32_t idle;
	struct { VEC_MEMBERS(struct race_clock); } clock;	/* of cells, from 1 */
};

/* ---- lists ---- */

static uint32_t
new_past(struct race *race)
{
	uint32_t i = race->idle;

	if (i != 0) {
		race->idle = race->past.item[i].next;
		return i;
	}
	i = race->past.count > 0 ? (uint32_t)race->past.count : 1;
	(void)vec_reach(&race->past, i);
	return i;
}

static void
drop(struct race *race, uint32_t *link)
{
	uint32_t i = *link;

	*link = race->past.item[i].next;
	race->past.item[i].next = race->idle;
	race->idle = i;
}

/* ---- one access and those before it ---- */

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
is_conflict(const struct past *before, const struct past *now)
{
	return before->ctx != now->ctx && (before->bytes & now->bytes) != 0 &&
	    (before->write || now->write);
}

/* Whatever would race with the one before races with this one too. */
static bool
is_enough(const struct past *now, const struct past *before, const struct race_clock *clock)
{
	if ((before->bytes & ~now->bytes) != 0 || now->ipl > before->ipl ||
	    (before->write && !now->write) || (now->marked && !before->marked))
		return false;
	return before->ctx == now->ctx ||
	    (now->write && before->clock <= clock->all[before->ctx] &&
	    now->cpu == before->cpu);
}

RULE_ROW(rule_data_race) = {
	"lock.data-race", SEVERITY_ERROR,
	"two contexts that share memory are ordered when one of them writes it",
	"C11 5.1.2.4 paragraph 25; NetBSD mutex(9), condvar(9), atomic_loadstore(9)",
	"A thread that is KTHREAD_MPSAFE and a handler run at the same time on two CPUs.  "
	"Without a common mutex, a wake-up or another hand-over in between, what one reads "
	"while the other writes is anybody's guess, and the compiler may read it twice.",
	"sc->sc_wanted = wanted;\t\t/* in the interrupt */\n"
	"n = sc->sc_wanted - sc->sc_done;\t/* in the thread */",
	"mutex_enter(&sc->sc_lock);\nwanted = sc->sc_wanted;\nmutex_exit(&sc->sc_lock);\n"
	"n = wanted - sc->sc_done;",
	.distance = RULE_ALONE
};

RULE_ROW(rule_unordered) = {
	"lock.unordered", SEVERITY_LINT,
	"two contexts that share memory are ordered by more than whose critical section came first",
	"C11 5.1.2.4 paragraph 25; NetBSD mutex(9)",
	"One takes the mutex for something else afterwards, the other took it for something else "
	"before.  With the two critical sections the other way round nothing orders them.",
	"sc->sc_count++;\t\t\t/* in the thread */\n"
	"mutex_enter(&sc->sc_lock);\nsc->sc_idle = true;\nmutex_exit(&sc->sc_lock);",
	"mutex_enter(&sc->sc_lock);\nsc->sc_count++;\nsc->sc_idle = true;\n"
	"mutex_exit(&sc->sc_lock);"
};

/* "viomb (thread, mutex 2 held)". */
static void
print_context(char *text, size_t size, const struct world *world, const struct past *past)
{
	static const char *const kinds[] = {
		[HW_CTX_AUTOCONF] = "autoconf", [HW_CTX_KTHREAD] = "thread",
		[HW_CTX_SOFTINT] = "soft interrupt", [HW_CTX_HARDINT] = "interrupt",
	};
	const struct context *ctx = world_context((struct world *)(uintptr_t)world, past->ctx);
	char held[48] = "no mutex";

	if (past->held[1] != 0)
		snprintf(held, sizeof(held), "mutexes %u and %u", past->held[1], past->held[0]);
	else if (past->held[0] != 0)
		snprintf(held, sizeof(held), "mutex %u", past->held[0]);
	snprintf(text, size, "%s (%s, %s held)", ctx->name, kinds[past->kind], held);
}

static void
report(struct rules_core *core, const struct rule *rule, const struct access_event *touch,
    const struct past *before, const struct past *now)
{
	char name[96], one[64], other[64];

	mem_place_name(core, touch, name, sizeof(name));
	print_context(one, sizeof(one), core->world, now);
	print_context(other, sizeof(other), core->world, before);
	rules_report(core, rule, "%s: %s %s it, %s %s it, and %s", name, one, now->write ? "writes"
	    : "reads", other, before->write ? "wrote" : "read", rule == &rule_data_race ?
	    "nothing orders the two" :
	    "nothing but whose critical section came first orders the two");
	rules_because_at(core, before->seq, before->site, "%s %s it here",
	    world_context((struct world *)(uintptr_t)core->world, before->ctx)->name,
	    before->write ? "wrote" : "read");
}

/* A mutex that both hold. */
static uint32_t
common_mutex(const struct past *before, const struct past *now)
{
	for (unsigned i = 0; i < HELD_MAX; i++)
		for (unsigned k = 0; k < HELD_MAX; k++)
			if (now->held[i] != 0 && now->held[i] == before->held[k])
				return now->held[i];
	return 0;
}

static void
compare(struct race_order *order, struct rules_core *core, struct shared *cell,
    const struct past *before, const struct past *now, const struct access_event *touch)
{
	const struct race_clock *clock = race_clock_now(order, now->ctx);
	uint32_t mutex = common_mutex(before, now);

	if (!is_conflict(before, now))
		return;
	if (mutex != 0)
		race_clock_meets(order, now->ctx, mutex);
	if (cell->is_reported || before->clock <= clock->sure[before->ctx] ||
	    (before->marked && now->marked) || is_kept_off(before, now))
		return;
	/* What a device hands over twice, or on another queue, it hands over at its own risk. */
	if (!rules_look(core)->device.healthy)
		return;
	cell->is_reported = true;
	report(core, before->clock > clock->all[before->ctx] ? &rule_data_race :
	    &rule_unordered, touch, before, now);
}

/* Mostly nobody else comes here: the same again, later. */
static bool
is_again(const struct past *before, const struct past *now)
{
	return before->next == 0 && before->ctx == now->ctx && before->bytes == now->bytes &&
	    before->write == now->write && before->marked == now->marked &&
	    now->ipl <= before->ipl;
}

/*
 * What was not shown because it was the same again: the newest access to the cell is newer
 * than its record.
 */
static void
catch_up(struct race *race, const struct world *world, struct shared *cell, uintptr_t address)
{
	const struct access_last last = access_last(&world->access, address);
	struct past *past;

	for (uint32_t i = cell->first; last.number != 0 && i != 0; i = past->next) {
		past = &race->past.item[i];
		if (past->ctx != last.context || past->write != last.write ||
		    past->bytes != CELL_WHOLE || past->marked || past->number >= last.number)
			continue;
		past->number = (uint16_t)last.number;
		past->clock = race_epoch_of(race->order, last.number).clock;
		past->seq = race_epoch_of(race->order, last.number).seq;
		past->site = last.where - (uint32_t)world->module_low;
		past->ipl = 0;
		memset(past->held, 0, sizeof(past->held));
	}
}

static void
touch_cell(struct race *race, struct rules_core *core, struct shared *cell,
    const struct past *now, const struct access_event *touch)
{
	uint32_t *link = &cell->first, fresh;

	if (*link != 0 && is_again(&race->past.item[*link], now)) {
		race->past.item[*link] = *now;
		return;
	}
	while (*link != 0) {
		const struct past *before = &race->past.item[*link];

		compare(race->order, core, cell, before, now, touch);
		if (is_enough(now, before, race_clock_now(race->order, now->ctx)))
			drop(race, link);
		else
			link = &race->past.item[*link].next;
	}
	fresh = new_past(race);
	race->past.item[fresh] = *now;
	race->past.item[fresh].next = cell->first;
	cell->first = fresh;
}

/* Marked accesses hand clocks on; those of others to the same cell are no others. */
static void
mark_cell(struct race *race, struct rules_core *core, struct shared *cell,
    const struct access_event *touch)
{
	if (cell->clock == 0) {
		cell->clock = race->clock.count > 0 ? (uint32_t)race->clock.count : 1;
		(void)vec_reach(&race->clock, cell->clock);
	}
	race_clock_marked(race->order, core, touch, &race->clock.item[cell->clock]);
}

TOUCH(race_touch, struct race *race)
{
	uint32_t ctx = core->event->ctx;
	const struct shadow_held *held = &core->shadow.held[ctx];
	struct past now = {
		.clock = race_clock_now(race->order, ctx)->all[ctx],
		.seq = core->event->seq, .site = core->site,
		.ctx = (uint8_t)ctx, .kind = core->event->ctx_kind,
		.cpu = core->event->cpu,
		.ipl = (uint8_t)race_clock_level(race->order, core),
		.write = touch->write, .marked = touch->marked,
		.number = (uint16_t)access_number(&core->world->access),
	};
	uintptr_t at = touch->address - touch->address % CELL_BYTES;

	if (race->cells.size == 0)
		cells_init(&race->cells, sizeof(struct shared),
		    (uintptr_t)core->world->memory.arena);
	if (!cells_cover(&race->cells, core->world, touch->address))
		return ACCESS_ORDINARY;
	for (size_t i = 0; i < HELD_MAX && i < held->count; i++)
		now.held[i] = (uint16_t)held->item[held->count - 1 - i].mutex;
	for (; at < touch->address + touch->size; at += CELL_BYTES) {
		struct shared *cell = cells_make(&race->cells, at);

		if (cell == NULL)
			continue;
		now.bytes = cells_bytes(at, touch->address, touch->address + touch->size);
		catch_up(race, core->world, cell, at);
		touch_cell(race, core, cell, &now, touch);
		if (touch->marked)
			mark_cell(race, core, cell, touch);
	}
	return ACCESS_ORDINARY;
}

/* ---- the area ---- */

/* The next owner of the memory has nothing to do with the one before. */
MEMORY(race_memory, struct race *race)
{
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

REST(race_begin, struct race *race)
{
	race->order = rules_state(core, &area_lock_clock);
}

FINI(race_fini, struct race *race)
{
	cells_fini(&race->cells);
	vec_fini(&race->past);
	vec_fini(&race->clock);
}

/* Tags are about to begin anew. */
REST(race_forget, struct race *race)
{
	for (size_t i = 0; i < race->cells.page.count; i++) {
		struct shared *cell = race->cells.page.item[i];

		for (size_t k = 0; cell != NULL && k < CELLS_IN_PAGE; k++)
			catch_up(race, core->world, &cell[k], race->cells.arena +
			    i * MEMORY_PAGE_SIZE + k * CELL_BYTES);
	}
	for (uint32_t i = 1; i < race->past.count; i++)
		race->past.item[i].number = 0;
}

const struct area area_lock_race = {
	.state_bytes = sizeof(struct race),
	.begin = race_begin,
	.fini = race_fini,
	.touch = race_touch,
	.memory = race_memory,
	.forget = race_forget,
};
