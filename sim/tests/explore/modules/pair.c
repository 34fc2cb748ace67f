/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The correct small driver with two more threads, which a configuration interrupt wakes both.  They
 * count in one variable, and only one of them may be at it at a time, which nothing sees to.
 */
#include "../../rules/modules/probe.h"

static unsigned int pair_round, pair_count, pair_done;

static void
pair_worker(void *arg)
{
	struct probe *sc = arg;
	unsigned int seen = 0;

	mutex_enter(&sc->sc_lock2);
	for (;;) {
		while (pair_round == seen)
			cv_wait(&sc->sc_cv2, &sc->sc_lock2);
		seen = pair_round;
		mutex_exit(&sc->sc_lock2);
		pair_count = pair_count + 1;	/* HERE: counts */
		mutex_enter(&sc->sc_lock2);
		pair_done++;
		KASSERT(pair_count >= pair_done);
	}
}

static void
pair_in_attach(struct probe *sc)
{
	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv2, "pair");
}

static void
pair_in_live(struct probe *sc)
{
	for (int i = 0; i < 2; i++)
		if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, pair_worker,
		    sc, NULL, "pair%d", i) != 0)
			panic("no thread");
}

static void
pair_in_config(struct probe *sc)
{
	mutex_enter(&sc->sc_lock2);
	pair_round++;
	cv_broadcast(&sc->sc_cv2);
	mutex_exit(&sc->sc_lock2);
}

FRAGMENT(pair, .in_attach = pair_in_attach, .in_live = pair_in_live,
    .in_config = pair_in_config);
