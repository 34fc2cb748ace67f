/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area irq.
 */
#include "probe.h"

/* ---- irq.adaptive-mutex ---- */

FRAGMENT_IN(irq_adaptive_mutex_bad, in_config, enter_lock2, .in_attach = probe_adaptive)
{
	LOCKED(&sc->sc_lock2, sc->sc_n++); /* BREAKS */
}

FRAGMENT_IN(irq_adaptive_mutex_bad2, in_config, try_lock2, .in_attach = probe_adaptive)
{
	if (mutex_tryenter(&sc->sc_lock2)) /* BREAKS */
		mutex_exit(&sc->sc_lock2);
}

/* The level decides: at the interrupt's own MUTEX_DEFAULT makes a spin mutex. */
FRAGMENT(irq_adaptive_mutex_ok, .in_attach = probe_spin, .in_config = enter_lock2,
    .in_step = enter_lock2);

/* ---- irq.ipl ---- */

FRAGMENT(irq_ipl_bad, .in_attach = probe_low_spin, .in_config = enter_lock2);

FRAGMENT_IN(irq_ipl_bad2, in_config, stay_raised)
{
	int s = splhigh(); /* BREAKS */

	if (sc->sc_n++ == 0)
		return;
	splx(s);
}

FRAGMENT_IN(irq_ipl_bad3, attach, attach_at_none)
{
	probe_start_with(sc, IPL_NONE, PROBE_F_MUST_TELL_HOST);
	probe_only_queues(sc);
}

FRAGMENT_IN(irq_ipl_bad4, in_live, attach_raised)
{
	(void)splvm(); /* BREAKS */
}

/* Higher than needed, and nested, but back where it was. */
static void
make_high_spin(struct probe *sc)
{
	mutex_init(&sc->sc_lock2, MUTEX_SPIN, IPL_HIGH);
}

static void
raise_and_lower(struct probe *sc)
{
	int s = splvm();

	LOCKED(&sc->sc_lock2, sc->sc_n++);
	splx(s);
}
FRAGMENT(irq_ipl_ok, .in_attach = make_high_spin, .in_config = raise_and_lower,
    .in_step = raise_and_lower);

/* ---- irq.after-teardown ---- */

/* The thread cannot be made, and all is undone while the device is live. */
static void
init_cv2(struct probe *sc)
{
	cv_init(&sc->sc_cv2, "second");
}

FRAGMENT_IN(irq_after_teardown_bad, in_undo, undo_live, .in_attach = init_cv2)
{
	cv_destroy(&sc->sc_cv2); /* BREAKS */
	aprint_error_dev(sc->sc_dev, "no thread\n");
}

/* The same after the reset; the interrupt comes just before that. */
FRAGMENT_IN(irq_after_teardown_ok, in_undo, undo_reset, .in_attach = init_cv2)
{
	aprint_error_dev(sc->sc_dev, "no thread\n");
	virtio_reset(sc->sc_virtio);
	cv_destroy(&sc->sc_cv2);
}

/* ---- irq.unclaimed ---- */

FRAGMENT_IN(irq_unclaimed_bad, config, disown_change)
{
	LOCKED(&sc->sc_lock, sc->sc_told = true; cv_signal(&sc->sc_cv)); /* BREAKS */
	return 0;
}

FRAGMENT_IN(irq_unclaimed_bad2, done, disown_completion)
{
	return disown_change(sc);
}

/* Nothing is new in it, and yet it was for this driver. */
FRAGMENT_IN(irq_unclaimed_ok, config, claim_all)
{
	if (probe_target(sc) == sc->sc_actual)
		return 1;
	probe_tell(sc);
	return 1;
}

/* A lock that the handler took goes while the device is live; after the reset it may. */
FRAGMENT_IN(irq_after_teardown_bad2, in_undo, undo_lock_live,
    .in_attach = probe_spin, .in_config = enter_lock2)
{
	mutex_destroy(&sc->sc_lock2); /* BREAKS */
}

FRAGMENT_IN(irq_after_teardown_ok2, in_undo, undo_lock_reset,
    .in_attach = probe_spin, .in_config = enter_lock2)
{
	virtio_reset(sc->sc_virtio);
	mutex_destroy(&sc->sc_lock2);
}

/* ---- irq.softint ---- */

static void
count_softint(void *arg)
{
	struct probe *sc = arg;

	sc->sc_n++;
}

static void
make_softint(struct probe *sc)
{
	sc->sc_p = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, count_softint, sc);
}

static void
schedule_softint(struct probe *sc)
{
	softint_schedule(sc->sc_p); /* BREAKS */
}

FRAGMENT_IN(irq_softint_bad, in_thread, end_softint,
    .in_attach = make_softint, .in_config = schedule_softint)
{
	softint_disestablish(sc->sc_p);
}

FRAGMENT_IN(irq_softint_ok, in_thread, end_and_make_softint,
    .in_attach = make_softint, .in_config = schedule_softint, .in_detach = end_softint)
{
	softint_disestablish(sc->sc_p);
	make_softint(sc);
}

/* ---- irq.busy-wait ---- */

FRAGMENT_IN(irq_busy_wait_bad, in_config, wait_long)
{
	for (int i = 0; i < 20; i++)
		delay(1000); /* BREAKS */
}

static void
wait_shortly(struct probe *sc)
{
	for (int i = 0; i < 20; i++)
		delay(10);
}
FRAGMENT(irq_busy_wait_ok, .in_config = wait_shortly, .in_done = wait_shortly);
