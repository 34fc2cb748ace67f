/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The correct small driver of the rules' tests, with mistakes that the host can ask for.
 */
#include "../../rules/modules/probe.h"

#define	ASK_CRASH	13	/* target, in pages: use a NULL pointer */
#define	ASK_STRAY	17	/* write to the structure of a page that is not ours */
#define	ASK_SLOW	19	/* detach takes 3 s */
#define	ASK_MISCOUNT	100	/* from here on: say one page more than there is */

static int small_steps;
static bool small_is_slow;

static void
small_in_config(struct probe *sc)
{
	sc->sc_n++;	/* HERE: counts */
}

static void
small_in_step(struct probe *sc)
{
	uint32_t target = probe_target(sc);

	small_steps++;	/* HERE: steps */
	small_is_slow = target == ASK_SLOW;
	if (target == ASK_CRASH)
		*(volatile int *)sc->sc_p = small_steps;	/* HERE: crashes */
}

/* Half of the guest's 64 MiB away: nobody came near that. */
static void
small_stray(struct probe *sc)
{
	struct vm_page *pg = TAILQ_FIRST(&sc->sc_balloon);

	if (VM_PAGE_TO_PHYS(pg) / PAGE_SIZE > 8192)
		pg -= 8000;
	else
		pg += 8000;
	pg->pqflags = 1;
}

static void
small_inflated(struct probe *sc)
{
	probe_inflated(sc);
	if (sc->sc_actual == ASK_STRAY)
		small_stray(sc);
	if (sc->sc_actual >= ASK_MISCOUNT)
		probe_write_actual(sc, sc->sc_actual + 1);
}

static void
small_in_detach(struct probe *sc)
{
	if (small_is_slow)
		kpause("slow", false, 3 * hz, NULL);
}

FRAGMENT(small, .in_config = small_in_config, .in_step = small_in_step,
    .inflated = small_inflated, .in_detach = small_in_detach);
