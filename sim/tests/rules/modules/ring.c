/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area ring.
 */
#include "probe.h"

/* All answers that there are: how many. */
static int
dequeue_all(struct probe *sc, struct virtqueue *vq)
{
	int slot, n;

	for (n = 0; virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0; n++)
		virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	return n;
}

/* The request has come back: true. */
static bool
is_over(struct probe *sc)
{
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE);
	sc->sc_vq_out = NULL;
	return true;
}

/* What is left of a detach after the queues. */
static int
end_detach(struct probe *sc)
{
	probe_release(sc);
	probe_gone(sc);
	return 0;
}

/* ---- ring.slot-order ---- */

FRAGMENT_IN(ring_slot_order_bad, send, send_unreserved)
{
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0)
		return false;
	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	probe_enqueue(sc, vq, slot, 4);
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

/* Nothing was dequeued, and yet it is given back. */
FRAGMENT_IN(ring_slot_order_bad2, in_thread, give_back_always)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot = 0;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0)
		sc->sc_n++;
	virtio_dequeue_commit(sc->sc_virtio, vq, slot); /* BREAKS */
}

FRAGMENT_IN(ring_slot_order_bad3, in_thread, commit_unreserved)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) == 0)
		PROBE_COMMIT(sc, vq, slot); /* BREAKS */
}

FRAGMENT_IN(ring_slot_order_bad4, in_thread, reserve_unprepared)
{
	(void)virtio_enqueue_reserve(sc->sc_virtio, &sc->sc_vq[PROBE_DEFLATE], 0, 1); /* BREAKS */
}

/* A second slot is on its way beside the first; each goes its steps in order. */
FRAGMENT_IN(ring_slot_order_ok, send, send_beside_another)
{
	int other, slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &other) != 0)
		return false;
	slot = probe_build(sc, vq, probe_length(sc));
	if (virtio_enqueue_reserve(sc->sc_virtio, vq, other, 1) == 0)
		virtio_enqueue_abort(sc->sc_virtio, vq, other);
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

/* The request is made; sc_n is its slot. */
static bool
send_and_note(struct probe *sc, struct virtqueue *vq)
{
	sc->sc_n = probe_build(sc, vq, probe_length(sc));
	PROBE_COMMIT(sc, vq, sc->sc_n);
	return true;
}

/* The rest of a detach with a request out, whose slot is back. */
static int
end_detach_of_request(struct probe *sc)
{
	is_over(sc);
	uvm_pglistfree(&sc->sc_pages);
	probe_release_queues(sc);
	return end_detach(sc);
}

/* A slot that the device has while it is live. */
FRAGMENT_IN(ring_slot_order_bad5, detach, give_back_before_reset, .send = send_and_note)
{
	probe_end_thread(sc);
	virtio_dequeue_commit(sc->sc_virtio, sc->sc_vq_out, sc->sc_n); /* BREAKS */
	virtio_reset(sc->sc_virtio);
	return end_detach_of_request(sc);
}

/* After the reset it is the driver's, which has two ways to give it back. */
FRAGMENT_IN(ring_slot_order_ok2, detach, give_back_after_reset, .send = send_and_note)
{
	probe_end_thread(sc);
	virtio_reset(sc->sc_virtio);
	virtio_dequeue_commit(sc->sc_virtio, sc->sc_vq_out, sc->sc_n);
	return end_detach_of_request(sc);
}

FRAGMENT_IN(ring_slot_order_ok3, detach, abort_after_reset, .send = send_and_note)
{
	probe_end_thread(sc);
	virtio_reset(sc->sc_virtio);
	virtio_enqueue_abort(sc->sc_virtio, sc->sc_vq_out, sc->sc_n);
	return end_detach_of_request(sc);
}

/* A reset takes back what was committed; what was only prepared is no request to give back. */
FRAGMENT_IN(ring_slot_order_bad6, detach, give_back_prepared)
{
	int slot;

	probe_end_thread(sc);
	if (virtio_enqueue_prep(sc->sc_virtio, &sc->sc_vq[PROBE_DEFLATE], &slot) == 0) {
		virtio_reset(sc->sc_virtio);
		virtio_dequeue_commit(sc->sc_virtio, &sc->sc_vq[PROBE_DEFLATE], slot); /* BREAKS */
	}
	probe_detach_rest(sc);
	return 0;
}

/* ---- ring.segment-count ---- */

/* Queues for requests of so many bytes and parts, in place of the probe's. */
static void
other_queues(struct probe *sc, int bytes, int parts)
{
	probe_release_queues(sc);
	for (int i = 0; i < 2; i++) {
		virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[i], i, bytes, parts, "queue");
		sc->sc_vq[i].vq_done = probe_vq_done;
	}
}

static void
queues_of_two(struct probe *sc)
{
	other_queues(sc, PROBE_BYTES, 2);
}

FRAGMENT_IN(ring_segment_count_bad, send, send_half, .in_attach = queues_of_two)
{
	int slot = probe_slot(sc, vq, 2);

	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	probe_enqueue(sc, vq, slot, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

FRAGMENT_IN(ring_segment_count_ok, send, send_in_two_parts, .in_attach = queues_of_two)
{
	int slot = probe_slot(sc, vq, 2);

	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	probe_enqueue(sc, vq, slot, 4);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map, 4, probe_length(sc) - 4, true);
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

/* ---- ring.abort ---- */

FRAGMENT_IN(ring_abort_bad, in_thread, abort_refused)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0)
		return;
	if (virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 1) != 0)
		virtio_enqueue_abort(sc->sc_virtio, vq, slot); /* BREAKS */
}

static void
forget_prepared(struct probe *sc)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0) /* BREAKS */
		return;
	if (bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_array, 4, NULL,
	    BUS_DMA_NOWAIT) != 0)
		return;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	virtio_enqueue_abort(sc->sc_virtio, vq, slot);
}

FRAGMENT_IN(ring_abort_bad2, in_attach, make_map2, .in_thread = forget_prepared)
{
	if (bus_dmamap_create(sc->sc_dmat, PAGE_SIZE, 2, PAGE_SIZE, 0,
	    BUS_DMA_NOWAIT, &sc->sc_map2) != 0)
		aprint_error_dev(sc->sc_dev, "no second map\n");
}

/* A failed reserve has released the slot; a failed load has not. */
FRAGMENT_IN(ring_abort_ok, in_thread, abort_when_due, .in_attach = make_map2)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	for (int i = 0; i < 2; i++) {
		if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0)
			return;
		if (bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_array, 4,
		    NULL, BUS_DMA_NOWAIT) != 0) {
			virtio_enqueue_abort(sc->sc_virtio, vq, slot);
			continue;
		}
		bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
		if (virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 1) == 0)
			virtio_enqueue_abort(sc->sc_virtio, vq, slot);
	}
}

/* A restart takes back the slots, too. */
FRAGMENT_IN(ring_abort_ok2, in_live, prepare_and_restart)
{
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE], &slot) == 0)
		probe_restart(sc);
}

/* ---- ring.slot-balance ---- */

/* The answer is not given back; sc_n is its slot. */
static bool
receive_and_keep(struct probe *sc, struct virtqueue *vq)
{
	if (virtio_dequeue(sc->sc_virtio, vq, &sc->sc_n, NULL) != 0) /* BREAKS */
		return false;
	return is_over(sc);
}
FRAGMENT(ring_slot_balance_bad, .receive = receive_and_keep);

FRAGMENT_IN(ring_slot_balance_bad2, receive, receive_twice)
{
	if (!receive_and_keep(sc, vq))
		return false;
	virtio_dequeue_commit(sc->sc_virtio, vq, sc->sc_n);
	virtio_dequeue_commit(sc->sc_virtio, vq, sc->sc_n); /* BREAKS */
	return true;
}

FRAGMENT_IN(ring_slot_balance_bad3, in_thread, abort_twice)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0)
		return;
	virtio_enqueue_abort(sc->sc_virtio, vq, slot);
	virtio_enqueue_abort(sc->sc_virtio, vq, slot); /* BREAKS */
}

FRAGMENT_IN(ring_slot_balance_bad4, send, commit_twice)
{
	int slot = probe_build(sc, vq, probe_length(sc));

	PROBE_COMMIT(sc, vq, slot);
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

/* What the device names twice is given back twice; and what it names by mistake. */
FRAGMENT_IN(ring_slot_balance_bad5, receive, receive_all)
{
	int slot, n;

	for (n = 0; virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0; n++)
		virtio_dequeue_commit(sc->sc_virtio, vq, slot); /* BREAKS */
	return n > 0 && is_over(sc);
}
FRAGMENT(ring_slot_balance_bad6, .receive = receive_all);

/* Only the slot of the request. */
static bool
receive_own(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	while (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) == 0) {
		if (sc->sc_vq_out != vq || slot != sc->sc_n)
			continue;
		virtio_dequeue_commit(sc->sc_virtio, vq, slot);
		is_over(sc);
	}
	return sc->sc_vq_out == NULL;
}
FRAGMENT(ring_slot_balance_ok2, .receive = receive_own, .send = send_and_note);
FRAGMENT(ring_slot_balance_ok3, .receive = receive_own, .send = send_and_note);

/* Given back late, after all else is done, but once. */
FRAGMENT_IN(ring_slot_balance_ok, inflated, give_back_late, .receive = receive_and_keep)
{
	probe_inflated(sc);
	virtio_dequeue_commit(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE], sc->sc_n);
}

/* ---- ring.not-live ---- */

static void
prepare(struct probe *sc)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_INFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) == 0) /* BREAKS */
		virtio_enqueue_abort(sc->sc_virtio, vq, slot);
}
FRAGMENT(ring_not_live_bad, .in_attach = prepare);
FRAGMENT(ring_not_live_ok, .in_live = prepare);

FRAGMENT_IN(ring_not_live_bad2, detach, prepare_after_reset)
{
	probe_end_thread(sc);
	virtio_reset(sc->sc_virtio);
	prepare(sc);
	probe_release_queues(sc);
	return end_detach(sc);
}

FRAGMENT_IN(ring_not_live_bad3, in_attach, notify_early)
{
	virtio_enqueue_commit(sc->sc_virtio, &sc->sc_vq[PROBE_INFLATE], -1, true); /* BREAKS */
}

/* ---- ring.uninitialised ---- */

FRAGMENT_IN(ring_uninitialised_bad, in_attach, done_before_alloc)
{
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[1]);
	sc->sc_vq[1].vq_done = probe_vq_done;
	virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[1], 1, PROBE_BYTES, 1, "deflate"); /* BREAKS */
}

FRAGMENT_IN(ring_uninitialised_bad2, in_attach, use_freed)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	virtio_free_vq(sc->sc_virtio, vq);
	virtio_enqueue_prep(sc->sc_virtio, vq, &slot); /* BREAKS */
}

/* Late, but there before the first request. */
static void
forget_done(struct probe *sc)
{
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[1]);
	virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[1], 1, PROBE_BYTES, 1,
	    "deflate");
}

FRAGMENT_IN(ring_uninitialised_ok, in_live, set_done, .in_attach = forget_done)
{
	sc->sc_vq[1].vq_done = probe_vq_done;
}

/* ---- ring.free-queue ---- */

FRAGMENT_IN(ring_free_queue_bad, detach, detach_live)
{
	probe_end_thread(sc);
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[1]); /* BREAKS */
	virtio_reset(sc->sc_virtio);
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]);
	return end_detach(sc);
}

/* A slot is still taken: EBUSY. */
FRAGMENT_IN(ring_free_queue_bad2, detach, detach_with_slot)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	probe_end_thread(sc);
	virtio_enqueue_prep(sc->sc_virtio, vq, &slot);
	virtio_reset(sc->sc_virtio);
	virtio_free_vq(sc->sc_virtio, vq); /* BREAKS */
	virtio_enqueue_abort(sc->sc_virtio, vq, slot);
	probe_release_queues(sc);
	return end_detach(sc);
}

/* Each of its slots was used, and is back. */
FRAGMENT_IN(ring_free_queue_ok, in_thread, use_all_slots)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	for (unsigned int i = 0; i <= vq->vq_num; i++)
		if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) == 0)
			virtio_enqueue_abort(sc->sc_virtio, vq, slot);
}

/* ---- ring.direction ---- */

static bool
send_for_reading(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_synced(sc, vq, probe_length(sc), BUS_DMASYNC_PREREAD);
}

FRAGMENT_IN(ring_direction_bad, receive, receive_read, .send = send_for_reading)
{
	return probe_receive_synced(sc, vq, probe_length(sc), BUS_DMASYNC_POSTREAD);
}

static void
queues_for_less(struct probe *sc)
{
	other_queues(sc, 8, 1);
}

FRAGMENT_IN(ring_direction_bad3, send, send_too_much, .in_attach = queues_for_less)
{
	return probe_send_bytes(sc, vq, probe_length(sc));
}

FRAGMENT_IN(ring_direction_bad2, in_thread, reserve_two)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0)
		return;
	if (virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 2) == 0) /* BREAKS */
		virtio_enqueue_abort(sc->sc_virtio, vq, slot);
}

/* Prepared for both directions, so for this one too. */
static bool
send_both_ways(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_synced(sc, vq, probe_length(sc),
	    BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
}

FRAGMENT_IN(ring_direction_ok, receive, receive_both_ways, .send = send_both_ways)
{
	return probe_receive_synced(sc, vq, probe_length(sc),
	    BUS_DMASYNC_POSTREAD | BUS_DMASYNC_POSTWRITE);
}

/* Two segments by the map's limit; the kernel makes one, and room for it there is. */
FRAGMENT_IN(ring_direction_ok2, in_thread, ask_for_short_segments)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	void *buf = kmem_alloc(2 * PROBE_BYTES, KM_SLEEP);
	int slot;

	if (bus_dmamap_create(sc->sc_dmat, 2 * PROBE_BYTES, 2, PROBE_BYTES, 0,
	    BUS_DMA_WAITOK, &sc->sc_map2) != 0 ||
	    bus_dmamap_load(sc->sc_dmat, sc->sc_map2, buf, 2 * PROBE_BYTES,
	    NULL, BUS_DMA_WAITOK) != 0)
		panic("no map");
	slot = probe_slot(sc, vq, sc->sc_map2->dm_nsegs);
	virtio_enqueue(sc->sc_virtio, vq, slot, sc->sc_map2, true);
	virtio_enqueue_abort(sc->sc_virtio, vq, slot);
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map2);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map2);
	kmem_free(buf, 2 * PROBE_BYTES);
}

/* ---- ring.dequeue-empty ---- */

static bool
receive_by_asking(struct probe *sc, struct virtqueue *vq)
{
	while (!probe_receive(sc, vq))
		delay(100);
	return true;
}

FRAGMENT_IN(ring_dequeue_empty_bad, step, dequeue_in_place, .receive = receive_by_asking)
{
	probe_step(sc);
	probe_dequeue(sc);
	probe_step(sc);
}

/* Looks at each wake-up, and new targets wake it many times while the request is out. */
FRAGMENT(ring_dequeue_empty_ok, NULL);

/* ---- ring.missing-kick ---- */

FRAGMENT_IN(ring_missing_kick_bad, send, send_silently)
{
	int slot = probe_build(sc, vq, probe_length(sc));

	virtio_enqueue_commit(sc->sc_virtio, vq, slot, false); /* BREAKS */
	return true;
}

FRAGMENT_IN(ring_missing_kick_ok, send, send_and_kick_later)
{
	int slot = probe_build(sc, vq, probe_length(sc));

	virtio_enqueue_commit(sc->sc_virtio, vq, slot, false);
	kpause("later", false, 2, NULL);
	virtio_enqueue_commit(sc->sc_virtio, vq, -1, true);
	return true;
}

/* ---- ring.needless-kick ---- */

FRAGMENT_IN(ring_needless_kick_bad, send, send_and_kick_twice)
{
	if (!probe_send(sc, vq))
		return false;
	virtio_enqueue_commit(sc->sc_virtio, vq, -1, true); /* BREAKS */
	return true;
}

/* Nothing came for a while: the device may have missed it. */
FRAGMENT_IN(ring_needless_kick_ok, send, send_and_ask_again)
{
	if (!probe_send(sc, vq))
		return false;
	kpause("answer", false, 2 * hz, NULL);
	virtio_enqueue_commit(sc->sc_virtio, vq, -1, true);
	return true;
}

/* ---- ring.concurrent-use ---- */

FRAGMENT(ring_concurrent_use_bad, .in_config = prepare);

static void
use_locked_in_interrupt(struct probe *sc)
{
	LOCKED(&sc->sc_lock, prepare(sc));
}

FRAGMENT_IN(ring_concurrent_use_ok, send, send_locked, .in_config = use_locked_in_interrupt)
{
	bool is_sent;

	LOCKED(&sc->sc_lock, is_sent = probe_send(sc, vq));
	return is_sent;
}

/* Requests go in by the thread and come out by the interrupt. */
static int
receive_in_interrupt(struct probe *sc, struct virtqueue *vq)
{
	mutex_enter(&sc->sc_lock);
	sc->sc_n += dequeue_all(sc, vq);
	sc->sc_told = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	return 1;
}

FRAGMENT_IN(ring_concurrent_use_ok2, receive, is_received, .done = receive_in_interrupt)
{
	bool is_back;

	LOCKED(&sc->sc_lock, is_back = sc->sc_n > 0; sc->sc_n = 0);
	return is_back && is_over(sc);
}

/* ---- ring.request-reuse ---- */

/* The numbers of both requests lie in the same place. */
FRAGMENT_IN(ring_request_reuse_bad, send, send_twice)
{
	struct virtqueue *other = &sc->sc_vq[PROBE_DEFLATE];
	int slot;

	if (!probe_send(sc, vq))
		return false;
	slot = probe_slot(sc, other, 1);
	virtio_enqueue_p(sc->sc_virtio, other, slot, sc->sc_map, 0, 4, true);
	PROBE_COMMIT(sc, other, slot); /* BREAKS */
	return true;
}

/* Two requests are out at once, in two halves of one map. */
static bool
send_halves(struct probe *sc, struct virtqueue *vq)
{
	bus_size_t len = probe_length(sc) / 2;
	int slot[2] = { probe_slot(sc, vq, 1), probe_slot(sc, vq, 1) };

	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	sc->sc_vq_out = vq;
	for (int i = 0; i < 2; i++) {
		virtio_enqueue_p(sc->sc_virtio, vq, slot[i], sc->sc_map, i * len, len, true);
		PROBE_COMMIT(sc, vq, slot[i]);
	}
	return true;
}

FRAGMENT_IN(ring_request_reuse_ok, receive, receive_halves, .send = send_halves)
{
	sc->sc_n += dequeue_all(sc, vq);
	if (sc->sc_n < 2)
		return false;
	sc->sc_n = 0;
	return is_over(sc);
}

/* ---- ring.device-abuse ---- */

FRAGMENT(ring_device_abuse_bad);
/* The device names a slot that is not in use, but one of the queue: who looks is not hurt. */
FRAGMENT(ring_device_abuse_ok, .receive = receive_own, .send = send_and_note);
