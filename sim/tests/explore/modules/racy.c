/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The correct small driver of the rules' tests with one mistake: its thread looks for work
 * without the lock, and then sleeps.
 */
#include "../../rules/modules/probe.h"

static void
racy_thread(struct probe *sc)
{
	for (;;) {
		probe_step(sc);
		if (!sc->sc_told) {	/* HERE: tests */
			mutex_enter(&sc->sc_lock);	/* HERE: locks */
			cv_wait(&sc->sc_cv, &sc->sc_lock);	/* HERE: sleeps */
			mutex_exit(&sc->sc_lock);
		}
		sc->sc_told = false;
		if (sc->sc_dying)
			break;
	}
}

FRAGMENT(racy, .thread = racy_thread);
