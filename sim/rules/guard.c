/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area guard: what thread and interrupt share is touched under a mutex by both, or by none.
 *
 * The compiler's instrumentation reports the driver's own loads and stores.  For each four
 * bytes of kernel memory this remembers from which side they were read and written, with and
 * without a mutex.  A place that is under a mutex here and without one there is reported; one
 * that no side ever guards is left to the reviewer: drivers read such numbers on purpose.
 *
 * All kernel memory is watched while an interrupt is served or a mutex is held.  At other
 * times only what was once touched under a mutex matters, and that is little: the driver's
 * work on pages costs nothing here.
 */
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "rules/area.h"
#include "rules/shadow.h"

#define GUARD_PAGES 16			/* of kernel memory; a softc has one to three */
#define GUARD_CELL 4			/* bytes */
#define GUARD_CELLS (MEMORY_PAGE_SIZE / GUARD_CELL)

const struct rule rules_guard[] = {
	{ "lock.data-race", SEVERITY_ERROR,
	  "what thread and interrupt share is touched under the mutex on both sides",
	  "NetBSD mutex(9), condvar(9)",
	  "A mutex protects only if everybody takes it.  On one CPU it may go well for years.",
	  "sc->sc_done = 1;\nmutex_enter(&sc->sc_lock);\ncv_signal(&sc->sc_cv);",
	  "mutex_enter(&sc->sc_lock);\nsc->sc_done = 1;\ncv_signal(&sc->sc_cv);" },
};
const size_t rules_guard_count = sizeof(rules_guard) / sizeof(rules_guard[0]);

/* Ways in which a place was touched; those of interrupts are GUARD_INTERRUPT bits higher. */
#define GUARD_READ 0x1u
#define GUARD_WRITE 0x2u
#define GUARD_UNLOCKED 2		/* the same two bits, without a mutex */
#define GUARD_INTERRUPT 4
#define GUARD_TOLD 0x100u

struct cell {
	uint16_t ways;
	uint32_t bare_site;		/* newest access without a mutex */
};

struct guarded_page {
	uintptr_t base;
	struct cell *cell;		/* GUARD_CELLS */
};

enum guard_tag { GUARD_ALL, GUARD_LOCKED };	/* of watches */

struct guard {
	struct rules_core *core;
	struct world *world;		/* NULL: nothing is watched */
	uint8_t holds[SHADOW_CONTEXTS];	/* mutexes */
	unsigned busy;			/* interrupts in service and mutexes held */
	uintptr_t low, high;		/* what was touched under a mutex */
	struct guarded_page page[GUARD_PAGES];
	unsigned pages;
};

/* ---- what is watched ---- */

static void
watch_all(struct guard *guard)
{
	const uint8_t *arena = guard->world->memory.arena;

	access_watch(&guard->world->access, arena,
	    arena + MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE, false, GUARD_ALL);
}

/* Something begins (+1) or ends (-1) during which everything is of interest. */
static void
be_busy(struct guard *guard, int more)
{
	if (guard->world == NULL || (more < 0 && guard->busy == 0))
		return;
	if (more > 0 && guard->busy++ == 0)
		watch_all(guard);
	else if (more < 0 && --guard->busy == 0)
		access_unwatch(&guard->world->access, GUARD_ALL);
}

static void
watch_locked(struct guard *guard, uintptr_t cell)
{
	if (cell >= guard->low && cell < guard->high)
		return;
	if (guard->low == 0 || cell < guard->low)
		guard->low = cell;
	if (cell + GUARD_CELL > guard->high)
		guard->high = cell + GUARD_CELL;
	access_unwatch(&guard->world->access, GUARD_LOCKED);
	access_watch(&guard->world->access, (const void *)guard->low,
	    (const void *)guard->high, false, GUARD_LOCKED);
}

static void
forget(struct guard *guard)
{
	for (unsigned i = 0; i < guard->pages; i++)
		free(guard->page[i].cell);
	guard->pages = 0;
	guard->low = guard->high = 0;
	if (guard->world != NULL)
		access_unwatch(&guard->world->access, GUARD_LOCKED);
}

/* ---- accesses ---- */

static struct cell *
cells_of(struct guard *guard, uintptr_t base)
{
	struct guarded_page *page;

	for (unsigned i = 0; i < guard->pages; i++)
		if (guard->page[i].base == base)
			return guard->page[i].cell;
	if (guard->pages == GUARD_PAGES)
		return NULL;
	page = &guard->page[guard->pages++];
	page->base = base;
	page->cell = calloc(GUARD_CELLS, sizeof(page->cell[0]));
	if (page->cell == NULL)
		abort();
	return page->cell;
}

static bool
is_race(unsigned ways)
{
	unsigned thread = ways & 0xfu, interrupt = ways >> GUARD_INTERRUPT & 0xfu;
	unsigned locked = (thread | interrupt) & 0x3u;
	unsigned bare = (thread | interrupt) >> GUARD_UNLOCKED;
	unsigned written = (locked | bare) & GUARD_WRITE;

	return thread != 0 && interrupt != 0 && locked != 0 && bare != 0 && written != 0;
}

static void
report(struct guard *guard, struct cell *cell)
{
	const struct trace *trace = &guard->world->trace;
	const struct context *ctx = guard->world->running;
	struct event now = {
		.time_ns = guard->world->clock.now_ns, .seq = trace->count - 1,
		.ctx = (uint8_t)ctx->ordinal, .ctx_kind = (uint8_t)ctx->kind,
	};

	cell->ways |= GUARD_TOLD;
	rules_report(guard->core, "lock.data-race", &now, cell->bare_site,
	    "shared by thread and interrupt, guarded by a mutex elsewhere, touched without it");
}

static void
touch(struct guard *guard, struct cell *cell, unsigned way, bool locked, const void *pc)
{
	if (!locked)
		cell->bare_site = world_site_of(guard->world, pc);
	if ((cell->ways & way) != 0)
		return;
	cell->ways |= (uint16_t)way;
	if (!(cell->ways & GUARD_TOLD) && is_race(cell->ways))
		report(guard, cell);
}

/* Attach is alone with its softc until it lets others see it. */
static void
hit(void *self, const struct access_watch *watch, uintptr_t address, unsigned size,
    bool write, const void *pc)
{
	struct guard *guard = self;
	const struct context *ctx = guard->world->running;
	unsigned way = write ? GUARD_WRITE : GUARD_READ;
	bool locked;

	/* Both watches tell of what is in both. */
	if ((watch->tag == GUARD_LOCKED && guard->busy > 0) || ctx == NULL ||
	    ctx->kind == HW_CTX_AUTOCONF)
		return;
	locked = guard->holds[ctx->ordinal] > 0;
	if (!locked)
		way <<= GUARD_UNLOCKED;
	if (ctx->kind != HW_CTX_KTHREAD)
		way <<= GUARD_INTERRUPT;
	for (unsigned i = 0; i < size; i += GUARD_CELL) {
		uintptr_t at = (address + i) & ~(uintptr_t)(GUARD_CELL - 1);
		uintptr_t base = at & ~(uintptr_t)(MEMORY_PAGE_SIZE - 1);
		struct cell *cell = cells_of(guard, base);

		if (cell == NULL)
			continue;
		if (locked)
			watch_locked(guard, at);
		touch(guard, &cell[(at - base) / GUARD_CELL], way, locked, pc);
	}
}

/* ---- the area ---- */

static void
guard_watch(void *state, struct rules_core *core, struct world *world)
{
	struct guard *guard = state;

	guard->core = core;
	guard->world = world;
	world->access.hit = hit;
	world->access.self = guard;
}

static void
restart(struct guard *guard)
{
	forget(guard);
	while (guard->busy > 0)
		be_busy(guard, -1);
	memset(guard->holds, 0, sizeof(guard->holds));
}

static void
see_note(struct guard *guard, const struct event *note)
{
	uint8_t *holds = &guard->holds[note->ctx];

	if (note->code == HW_NOTE_MUTEX_HELD) {
		(*holds)++;
		be_busy(guard, 1);
	} else if (note->code == HW_NOTE_MUTEX_FREED && *holds > 0) {
		(*holds)--;
		be_busy(guard, -1);
	} else if (note->code == HW_NOTE_ATTACH && note->arg[0] == HW_ATTACH_BEGIN) {
		forget(guard);
	}
}

static void
guard_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct guard *guard = state;

	(void)core;
	(void)site;
	(void)payload;
	if (event->kind == EV_NOTE)
		see_note(guard, event);
	else if (event->kind == EV_HOST_REBOOT)
		restart(guard);
	else
		be_busy(guard, event->kind == EV_IRQ_ENTER ? 1 : -1);
}

static void
guard_fini(void *state)
{
	struct guard *guard = state;

	guard->world = NULL;		/* it may be gone */
	forget(guard);
}

const struct area area_guard = {
	.name = "guard",
	.kinds = KIND(NOTE) | KIND(IRQ_ENTER) | KIND(IRQ_EXIT) | KIND(HOST_REBOOT),
	.notes = NOTE(MUTEX_HELD) | NOTE(MUTEX_FREED) | NOTE(ATTACH),
	.state_bytes = sizeof(struct guard),
	.fini = guard_fini,
	.see = guard_see,
	.watch = guard_watch,
};
