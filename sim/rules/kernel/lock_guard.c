/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock: what thread and interrupt share is touched under a mutex by both, or by none.
 *
 * The compiler's instrumentation reports the driver's own loads and stores.  For each four
 * bytes of kernel memory this remembers from which side they were read and written, with and
 * without a mutex.  A place that is under a mutex here and without one there is reported; one
 * that no side ever guards is lock.unordered (lock_race.c), as a lint: drivers read such
 * numbers on purpose.
 */
#include "rules/kernel/lock_guard.h"

#include "machine/world.h"

/* Ways in which a place was touched; those of interrupts are GUARD_INTERRUPT bits higher. */
#define GUARD_READ 0x1u
#define GUARD_WRITE 0x2u
#define GUARD_UNLOCKED 2		/* the same two bits, without a mutex */
#define GUARD_INTERRUPT 4
#define GUARD_REPORTED 0x100u

static bool
is_race(unsigned ways)
{
	unsigned thread = ways & 0xfu, interrupt = ways >> GUARD_INTERRUPT & 0xfu;
	unsigned locked = (thread | interrupt) & 0x3u;
	unsigned bare = (thread | interrupt) >> GUARD_UNLOCKED;
	unsigned written = (locked | bare) & GUARD_WRITE;

	return thread != 0 && interrupt != 0 && locked != 0 && bare != 0 && written != 0;
}

const struct rule rule_lock_data_race = {
	"lock.data-race", SEVERITY_ERROR,
	"what thread and interrupt share is touched under the mutex on both sides",
	"NetBSD mutex(9), condvar(9)",
	"A mutex protects only if everybody takes it.  On one CPU it may go well for years.",
	"sc->sc_done = 1;\nmutex_enter(&sc->sc_lock);\ncv_signal(&sc->sc_cv);",
	"mutex_enter(&sc->sc_lock);\nsc->sc_done = 1;\ncv_signal(&sc->sc_cv);"
};

static void
report(struct rules_core *core, struct guarded *cell, const struct touch *touch)
{
	const struct event now = touch_event(touch);

	cell->ways |= GUARD_REPORTED;
	rules_report(core, &rule_lock_data_race, &now, cell->bare_site,
	    "shared by thread and interrupt, guarded by a mutex elsewhere, touched without it");
}

/* Attach is alone with its softc until it lets others see it. */
void
guard_touch(struct rules_core *core, struct guarded *cell, bool locked,
    const struct touch *touch)
{
	enum hw_context kind = touch->ctx->kind;
	unsigned way = touch->write ? GUARD_WRITE : GUARD_READ;

	if (kind == HW_CTX_AUTOCONF || touch->marked)
		return;
	if (!locked) {
		way <<= GUARD_UNLOCKED;
		cell->bare_site = touch->site;
	}
	if (kind != HW_CTX_KTHREAD)
		way <<= GUARD_INTERRUPT;
	if ((cell->ways & way) != 0)
		return;
	cell->ways |= (uint16_t)way;
	if (!(cell->ways & GUARD_REPORTED) && is_race(cell->ways))
		report(core, cell, touch);
}
