/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rules of area dma: who may see which bytes when.
 */
#include "dma.h"

/* ---- dma.sync-range ---- */

FRAGMENT_IN(dma_sync_range_bad, in_attach, sync_beyond_end)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) == 0)
		SYNC_MAP2(sc, 4, PROBE_BYTES, PREREAD); /* BREAKS */
}

FRAGMENT_IN(dma_sync_range_bad2, in_attach, sync_nothing)
{
	PROBE_SYNC(sc, 0, 0, PREWRITE); /* BREAKS */
}

FRAGMENT_IN(dma_sync_range_bad3, in_attach, sync_unloaded)
{
	make_map2(sc);
	SYNC_MAP2(sc, 0, 4, PREREAD); /* BREAKS */
}

FRAGMENT_IN(dma_sync_range_ok, in_attach, sync_to_end)
{
	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return;
	SYNC_MAP2(sc, 4, PROBE_BYTES - 4, PREREAD);
	SYNC_MAP2(sc, PROBE_BYTES - 4, 4, PREREAD);
}

/* ---- dma.sync-ops ---- */

FRAGMENT_IN(dma_sync_ops_bad, in_attach, sync_mixed)
{
	PROBE_SYNC(sc, 0, 4, PREREAD | BUS_DMASYNC_POSTWRITE); /* BREAKS */
}

FRAGMENT_IN(dma_sync_ops_bad2, in_attach, sync_no_operation)
{
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map, 0, 4, 0); /* BREAKS */
}

static bool
send_both_directions(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_synced(sc, vq, PROBE_BYTES, BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);
}

FRAGMENT_IN(dma_sync_ops_ok, receive, receive_both_directions, .send = send_both_directions)
{
	return probe_receive_synced(sc, vq, PROBE_BYTES,
	    BUS_DMASYNC_POSTREAD | BUS_DMASYNC_POSTWRITE);
}

/* ---- dma.pre-before-device ---- */

static bool
send_half_synced(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_synced(sc, vq, probe_length(sc) / 2, BUS_DMASYNC_PREWRITE);
}

FRAGMENT_IN(dma_pre_before_device_bad, receive, receive_half_synced, .send = send_half_synced)
{
	return probe_receive_bytes(sc, vq, probe_length(sc) / 2);
}

FRAGMENT_IN(dma_pre_before_device_bad2, send, send_synced_too_early)
{
	int slot = probe_slot(sc, vq, 1);

	sc->sc_pfns[0] = 0;
	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	probe_fill(sc);
	probe_enqueue(sc, vq, slot, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

/* Kernel memory, without any sync: where it bounces the device sees something else. */
FRAGMENT_IN(dma_pre_before_device_bad3, send, send_kernel_memory, .receive = probe_take)
{
	return send_from_map2(sc, vq, 0);
}

static bool
send_with_hole(struct probe *sc, struct virtqueue *vq)
{
	int slot = probe_slot(sc, vq, 1);

	PROBE_SYNC(sc, 0, 4, PREWRITE);
	PROBE_SYNC(sc, 8, 8, PREWRITE);
	probe_enqueue(sc, vq, slot, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

FRAGMENT_IN(dma_pre_before_device_bad4, receive, receive_with_hole, .send = send_with_hole)
{
	if (!probe_take(sc, vq))
		return false;
	PROBE_SYNC(sc, 0, 4, POSTWRITE);
	PROBE_SYNC(sc, 8, 8, POSTWRITE);
	return true;
}

/* The same memory, synced. */
FRAGMENT_IN(dma_pre_before_device_ok2, send, send_synced_memory, .receive = receive_from_map2)
{
	return send_from_map2(sc, vq, probe_length(sc));
}

FRAGMENT_IN(dma_pre_before_device_ok, send, send_synced_in_pieces)
{
	int slot = probe_slot(sc, vq, 1);

	probe_enqueue(sc, vq, slot, probe_length(sc));
	for (unsigned int i = 0; i < sc->sc_count; i++)
		PROBE_SYNC(sc, i * sizeof(uint32_t), sizeof(uint32_t), PREWRITE);
	PROBE_COMMIT(sc, vq, slot);
	return true;
}

/* ---- dma.post-before-cpu ---- */

FRAGMENT_IN(dma_post_before_cpu_bad, receive, receive_without_postread,
    .send = send_both_directions)
{
	if (!probe_receive_bytes(sc, vq, PROBE_BYTES))
		return false;
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map); /* BREAKS */
	return RELOAD(sc, BUS_DMA_NOWAIT) == 0;
}

/* A buffer for the device to write; completed, not synced. */
static void
give_to_device(struct probe *sc)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_DEFLATE];
	int slot = probe_slot(sc, vq, 1);

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		panic("no memory");
	SYNC_MAP2(sc, 0, 16, PREREAD);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, 0, 16, false);
	PROBE_COMMIT(sc, vq, slot);
}

static void
take_from_device(struct probe *sc)
{
	while (!probe_take(sc, &sc->sc_vq[PROBE_DEFLATE]))
		kpause("probe", false, 1, NULL);
}

static void
ask_device(struct probe *sc)
{
	give_to_device(sc);
	take_from_device(sc);
}

FRAGMENT_IN(dma_post_before_cpu_bad2, in_thread, ask_and_look)
{
	ask_device(sc);
	sc->sc_n = ((uint32_t *)sc->sc_p)[3]; /* BREAKS */
	SYNC_MAP2(sc, 0, 16, POSTREAD);
}

/* Only the third number is synced. */
FRAGMENT_IN(dma_post_before_cpu_bad3, in_thread, ask_and_sync_one)
{
	ask_device(sc);
	SYNC_MAP2(sc, 8, 4, POSTREAD);
	sc->sc_n = ((uint32_t *)sc->sc_p)[2];
	sc->sc_n = ((uint32_t *)sc->sc_p)[3]; /* BREAKS */
	SYNC_MAP2(sc, 0, 8, POSTREAD);
	SYNC_MAP2(sc, 12, 4, POSTREAD);
}

FRAGMENT_IN(dma_post_before_cpu_bad4, in_thread, look_while_asking)
{
	give_to_device(sc);
	sc->sc_n = ((uint32_t *)sc->sc_p)[3]; /* BREAKS */
	take_from_device(sc);
	SYNC_MAP2(sc, 0, 16, POSTREAD);
}

/* What lies behind it is ours all the time. */
FRAGMENT_IN(dma_post_before_cpu_ok2, in_thread, ask_and_wait)
{
	ask_device(sc);
	sc->sc_n = ((uint32_t *)sc->sc_p)[4];
	SYNC_MAP2(sc, 0, 16, POSTREAD);
	sc->sc_n += ((uint32_t *)sc->sc_p)[3];
}

FRAGMENT_IN(dma_post_before_cpu_ok, receive, receive_post_by_post, .send = send_both_directions)
{
	if (!probe_receive_bytes(sc, vq, PROBE_BYTES))
		return false;
	PROBE_SYNC(sc, 0, PROBE_BYTES, POSTREAD);
	return true;
}

/* ---- dma.sync-pairing ---- */

/* The transfer never ends: seen at rest, reported at the request. */
FRAGMENT_IN(dma_sync_pairing_bad, send, send_for_no_post, .receive = probe_take)
{
	return probe_send_synced(sc, vq, probe_length(sc), BUS_DMASYNC_PREWRITE);
}

/* The same, seen at the next transfer. */
FRAGMENT_IN(dma_sync_pairing_bad2, receive, receive_second_with_post, .send = send_for_no_post)
{
	return sc->sc_n++ == 0 ? probe_take(sc, vq) : probe_receive(sc, vq);
}

FRAGMENT_IN(dma_sync_pairing_bad3, send, send_and_post_at_once, .receive = probe_take)
{
	if (!probe_send(sc, vq))
		return false;
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE); /* BREAKS */
	return true;
}

FRAGMENT_IN(dma_sync_pairing_bad4, receive, receive_wrong_direction)
{
	return probe_receive_synced(sc, vq, probe_length(sc), BUS_DMASYNC_POSTREAD);
}

/* Dequeued is enough: the slot may be given back after the sync. */
FRAGMENT_IN(dma_sync_pairing_ok, receive, receive_post_first)
{
	int slot;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0)
		return false;
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE);
	virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	sc->sc_vq_out = NULL;
	return true;
}

/* An aborted request was synced, and is again. */
FRAGMENT_IN(dma_sync_pairing_ok2, send, send_after_abort)
{
	if (sc->sc_n++ == 0)
		virtio_enqueue_abort(sc->sc_virtio, vq, probe_build(sc, vq, probe_length(sc)));
	return probe_send(sc, vq);
}

/* It was pulled out with the request: nothing is at the device any more. */
FRAGMENT_IN(dma_sync_pairing_ok3, in_step, step_takes_back)
{
	if (sc->sc_vq_out == NULL)
		return;
	kpause("gone", false, hz, NULL);
	PROBE_SYNC(sc, 0, probe_length(sc), POSTWRITE);
}

/* ---- dma.sync-excess ---- */

FRAGMENT_IN(dma_sync_excess_bad, receive, receive_post_of_all)
{
	return probe_receive_bytes(sc, vq, PROBE_BYTES);
}

/* More than the device reads, on both sides. */
static bool
send_pre_of_all(struct probe *sc, struct virtqueue *vq)
{
	return probe_send_synced(sc, vq, PROBE_BYTES, BUS_DMASYNC_PREWRITE);
}

FRAGMENT_IN(dma_sync_excess_ok, receive, receive_all, .send = send_pre_of_all)
{
	return probe_receive_bytes(sc, vq, PROBE_BYTES);
}

/* ---- dma.cpu-write-owned ---- */

FRAGMENT_IN(dma_cpu_write_owned_bad, send, send_and_write)
{
	if (!probe_send(sc, vq))
		return false;
	sc->sc_pfns[0] = htole32(7); /* BREAKS */
	return true;
}

/* Unseen by the compiler's instrumentation: the bytes are others when they come back. */
FRAGMENT_IN(dma_cpu_write_owned_bad2, send, send_and_write_unseen)
{
	if (!probe_send(sc, vq))
		return false;
	__asm__ volatile("notl %0" : "+m" (sc->sc_pfns[1]));
	return true;
}

static bool
send_and_write_behind(struct probe *sc, struct virtqueue *vq)
{
	if (!probe_send(sc, vq))
		return false;
	sc->sc_n = sc->sc_pfns[0] != 0;
	sc->sc_pfns[sc->sc_count] = htole32(7);
	return true;
}

FRAGMENT_IN(dma_cpu_write_owned_ok, receive, receive_and_write, .send = send_and_write_behind)
{
	if (!probe_receive(sc, vq))
		return false;
	sc->sc_pfns[0] = htole32(7);
	return true;
}
