/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area live that are about wake-ups.
 */
#include "probe.h"

/* Sleep until told; after that many ticks look whether that is so. */
static void
wait_until_told(struct probe *sc, int ticks)
{
	mutex_enter(&sc->sc_lock);
	while (!sc->sc_told)
		cv_timedwait(&sc->sc_cv, &sc->sc_lock, ticks); /* BREAKS */
	sc->sc_told = false;
	mutex_exit(&sc->sc_lock);
}

/* ---- live.lost-wakeup ---- */

static void
step_if_told(struct probe *sc)
{
	bool told;

	LOCKED(&sc->sc_lock, told = sc->sc_told; sc->sc_told = false);
	if (told)
		probe_step(sc);
	kpause("breath", false, 2, NULL);
}

/* Between the test and the sleep the completion may come, and it does. */
FRAGMENT_IN(live_lost_wakeup_bad, thread, sleep_after_test)
{
	for (;;) {
		step_if_told(sc);
		mutex_enter(&sc->sc_lock);
		cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(30000)); /* BREAKS */
		mutex_exit(&sc->sc_lock);
	}
}

/* The completion is noted, and nobody is woken. */
static int
note_only(struct probe *sc, struct virtqueue *vq)
{
	LOCKED(&sc->sc_lock, sc->sc_told = true);
	return 1;
}

FRAGMENT_IN(live_lost_wakeup_bad2, thread, sleep_seconds, .done = note_only)
{
	for (;;) {
		mutex_enter(&sc->sc_lock);
		if (!sc->sc_told)
			cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10 * hz); /* BREAKS */
		sc->sc_told = false;
		mutex_exit(&sc->sc_lock);
		probe_step(sc);
	}
}

/* It is woken, looks into the other queue, and sleeps on. */
FRAGMENT_IN(live_lost_wakeup_bad6, thread, ask_the_other_queue)
{
	int slot;

	for (;;) {
		probe_step(sc);
		wait_until_told(sc, 3600 * hz);
		if (sc->sc_vq_out == NULL)
			continue;
		(void)virtio_dequeue(sc->sc_virtio, &sc->sc_vq[PROBE_DEFLATE], &slot, NULL);
		LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, 10 * hz)); /* BREAKS */
	}
}

/* Late, but just before it would have looked anyway. */
FRAGMENT_IN(live_lost_wakeup_ok7, thread, sleep_a_second, .done = note_only)
{
	for (;;) {
		probe_step(sc);
		LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, hz));
	}
}

/* While a callback runs its wake-up may still come. */
static int
tell_late(struct probe *sc)
{
	delay(30000);
	probe_tell(sc);
	return 1;
}

FRAGMENT_IN(live_lost_wakeup_ok8, thread, sleep_meanwhile, .config = tell_late)
{
	for (;;) {
		kpause("look", false, 1, NULL);
		if (sc->sc_vq_out == NULL && probe_target(sc) == sc->sc_actual)
			continue;
		wait_until_told(sc, 3600 * hz);
		probe_step(sc);
	}
}

FRAGMENT_IN(live_lost_wakeup_ok, thread, test_before_sleep)
{
	for (;;) {
		wait_until_told(sc, mstohz(30000));
		probe_step(sc);
		kpause("breath", false, 2, NULL);
	}
}

/* The matter of a second thread, which has a condvar of its own. */
static void
tidy_up(void *arg)
{
	struct probe *sc = arg;
	struct pglist list;

	for (;;) {
		mutex_enter(&sc->sc_lock);
		while (sc->sc_n == 0)
			cv_timedwait(&sc->sc_cv2, &sc->sc_lock, 10 * hz); /* BREAKS */
		sc->sc_n = 0;
		mutex_exit(&sc->sc_lock);
		if (probe_alloc(&list, 1))
			uvm_pglistfree(&list);
	}
}

static void
start_tidy(struct probe *sc)
{
	cv_init(&sc->sc_cv2, "second");
	probe_second(sc, 0, tidy_up);
}

FRAGMENT_IN(live_lost_wakeup_bad3, in_step, leave_note, .in_live = start_tidy)
{
	LOCKED(&sc->sc_lock, sc->sc_n++);
}

FRAGMENT_IN(live_lost_wakeup_ok2, in_step, leave_note_and_signal, .in_live = start_tidy)
{
	LOCKED(&sc->sc_lock, sc->sc_n++; cv_signal(&sc->sc_cv2));
}

/* Waits on the thread's condvar, for what never comes. */
static void
wait_beside(void *arg)
{
	struct probe *sc = arg;

	mutex_enter(&sc->sc_lock);
	while (sc->sc_n == 0)
		cv_wait(&sc->sc_cv, &sc->sc_lock);
	mutex_exit(&sc->sc_lock);
	kthread_exit(0);
}

static void
start_beside(struct probe *sc)
{
	probe_second(sc, 0, wait_beside);
	kpause("beside", false, 1, NULL);
}

/* A signal wakes one, and that may be the other. */
FRAGMENT_IN(live_lost_wakeup_bad4, thread, wait_for_one, .in_live = start_beside)
{
	for (;;) {
		wait_until_told(sc, 10 * hz);
		probe_step(sc);
	}
}

static int
tell_all(struct probe *sc)
{
	LOCKED(&sc->sc_lock, sc->sc_told = true; cv_broadcast(&sc->sc_cv));
	return 1;
}

FRAGMENT_IN(live_lost_wakeup_ok3, done, tell_all_done,
    .in_live = start_beside, .thread = wait_for_one, .config = tell_all)
{
	return tell_all(sc);
}

/* The handler takes the used buffers: true if there was one.  The thread does the rest. */
static bool
take_used_buffers(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	while (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0) {
		virtio_dequeue_commit(sc->sc_virtio, vq, slot);
		sc->sc_n = sc->sc_told = true;
	}
	return sc->sc_n;
}

static int
dequeue_in_handler(struct probe *sc, struct virtqueue *vq)
{
	LOCKED(&sc->sc_lock, if (take_used_buffers(sc, vq)) cv_signal(&sc->sc_cv));
	return 1;
}

FRAGMENT_IN(live_lost_wakeup_ok4, receive, receive_from_handler, .done = dequeue_in_handler)
{
	bool done;

	LOCKED(&sc->sc_lock, done = sc->sc_n != 0; sc->sc_n = 0);
	if (!done)
		return false;
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

/* The same, and the thread is left to find out by itself. */
FRAGMENT_IN(live_lost_wakeup_bad5, done, dequeue_and_keep,
    .thread = wait_for_one, .receive = receive_from_handler)
{
	LOCKED(&sc->sc_lock, (void)take_used_buffers(sc, vq));
	return 1;
}

/* Nobody signals: the condvar is a clock, and interrupts are of no use. */
static void
poll_by_condvar(struct probe *sc)
{
	for (;;) {
		probe_step(sc);
		LOCKED(&sc->sc_lock, cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(400)));
	}
}

FRAGMENT_IN(live_lost_wakeup_ok5, config, ignore_config,
    .thread = poll_by_condvar, .done = note_only)
{
	return 1;
}

/* It makes a map for each request, and sleeps for a while when it cannot. */
FRAGMENT_IN(live_lost_wakeup_ok6, step, make_map_and_step)
{
	if (sc->sc_vq_out != NULL || probe_target(sc) == sc->sc_actual)
		probe_step(sc);
	else if (bus_dmamap_create(sc->sc_dmat, PROBE_BYTES, 1, PROBE_BYTES, 0,
	    BUS_DMA_NOWAIT, &sc->sc_map2) == 0) {
		probe_step(sc);
		bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	} else {
		mutex_enter(&sc->sc_lock);
		cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(5000));
		sc->sc_told = true;
		mutex_exit(&sc->sc_lock);
	}
}

/* ---- live.left-buffer ---- */

/* For the thread, once. */
static void
take_used(struct probe *sc, struct virtqueue *vq, int slot)
{
	virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	sc->sc_told = true;
	sc->sc_p = vq;
	cv_broadcast(&sc->sc_cv);
}

static bool
receive_used(struct probe *sc, struct virtqueue *vq)
{
	bool used;

	LOCKED(&sc->sc_lock, used = sc->sc_p == vq; sc->sc_p = NULL);
	if (!used)
		return false;
	PROBE_SYNC(sc, 0, sizeof(uint32_t) * sc->sc_count, POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

/* The second used buffer stays where it is. */
static int
take_the_first(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	mutex_enter(&sc->sc_lock);
	if (sc->sc_n++ == 0 && virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0) /* BREAKS */
		take_used(sc, vq, slot);
	mutex_exit(&sc->sc_lock);
	return 1;
}

FRAGMENT(live_left_buffer_bad, .done = take_the_first, .receive = receive_used);

static int
take_all(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	mutex_enter(&sc->sc_lock);
	while (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0)
		take_used(sc, vq, slot);
	mutex_exit(&sc->sc_lock);
	return 1;
}

FRAGMENT(live_left_buffer_ok, .done = take_all, .receive = receive_used);
