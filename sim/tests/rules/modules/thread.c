/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area thread.
 */
#include "probe.h"

/* ---- thread.exit ---- */

static void
work_and_return(void *arg)
{
	struct probe *sc = arg;

	LOCKED(&sc->sc_lock, sc->sc_n++); /* BREAKS */
}

FRAGMENT_SECOND(thread_exit_bad, in_thread, 0, work_and_return);

static void
work_and_exit(void *arg)
{
	kthread_exit(0);
}

FRAGMENT_SECOND(thread_exit_bad2, in_thread, KTHREAD_MUSTJOIN, work_and_exit);

static void
exit_with_error(void *arg)
{
	kthread_exit(ENOMEM); /* BREAKS */
}

FRAGMENT_SECOND(thread_exit_bad3, in_thread, 0, exit_with_error);

FRAGMENT_IN(thread_exit_bad4, in_thread, join_free)
{
	probe_second(sc, 0, work_and_exit);
	kthread_join(sc->sc_thread2); /* BREAKS */
}

static void
sleep_for_good(void *arg)
{
	for (;;)
		kpause("good", false, 100, NULL);
}

/* It uses the softc, and nobody ends it. */
FRAGMENT_SECOND(thread_exit_bad5, in_live, 0, sleep_for_good);
FRAGMENT(thread_exit_bad6, .in_attach = start_sleep_for_good);
FRAGMENT(thread_exit_ok2, NULL);

/* One is joined because it must be; nobody waits for the other. */
FRAGMENT_IN(thread_exit_ok, in_thread, start_joined)
{
	probe_second(sc, KTHREAD_MUSTJOIN, work_and_exit);
	kthread_join(sc->sc_thread2);
	probe_second(sc, 0, work_and_exit);
}

/* The attach fails when this one runs already: it is asked to end, and waited for. */
static void
work_until_dying(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock);
	while (!sc->sc_dying)
		cv_wait(&sc->sc_cv, &sc->sc_lock);
	mutex_exit(&sc->sc_lock);
	kthread_exit(0);
}

static void
start_ending(struct probe *sc)
{
	probe_second(sc, KTHREAD_MUSTJOIN, work_until_dying);
}

FRAGMENT_IN(thread_exit_ok3, in_undo, end_second, .in_live = start_ending)
{
	LOCKED(&sc->sc_lock, sc->sc_dying = true; cv_broadcast(&sc->sc_cv));
	kthread_join(sc->sc_thread2);
}

/* ---- thread.timeout ---- */

FRAGMENT_IN(thread_timeout_bad, in_thread, wait_5ms)
{
	LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(5))); /* BREAKS */
}

FRAGMENT_IN(thread_timeout_bad2, in_thread, wait_a_day)
{
	mutex_enter(&sc->sc_lock);
	cv_timedwait(&sc->sc_cv, &sc->sc_lock, 24 * 3600 * hz + 1); /* BREAKS */
	mutex_exit(&sc->sc_lock);
}

FRAGMENT_IN(thread_timeout_bad3, in_thread, wait_negative)
{
	LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, -1)); /* BREAKS */
}

/* The same at a clock that can tell 5 ms, and never 0; and long, but less than a day. */
FRAGMENT_IN(thread_timeout_ok, in_thread, wait_1_tick)
{
	mutex_enter(&sc->sc_lock);
	cv_timedwait(&sc->sc_cv, &sc->sc_lock, MAX(1, mstohz(5)));
	cv_timedwait(&sc->sc_cv, &sc->sc_lock, 23 * 3600 * hz);
	mutex_exit(&sc->sc_lock);
}

/* ---- thread.busy-wait ---- */

FRAGMENT_IN(thread_busy_wait_bad, in_thread, spin_long)
{
	for (int i = 0; i < 30; i++)
		delay(100000); /* BREAKS */
}

FRAGMENT_IN(thread_busy_wait_ok, in_thread, spin_and_sleep)
{
	for (int i = 0; i < 30; i++) {
		delay(100000);
		kpause("probe", false, 1, NULL);
	}
}
