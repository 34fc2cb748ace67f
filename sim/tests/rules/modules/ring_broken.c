/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments for the rule ring.broken, in the statistics queue, which has room for two parts.
 */
#include "statistics.h"

/* Two statistics, each in a descriptor; the first for the device to write or to read. */
static int
build(struct probe *sc, bool write_first)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_STATISTICS];
	int slot;

	probe_two_statistics(sc);
	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 2) != 0)
		panic("no room in the queue");
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, 0, STATISTIC_BYTES,
	    write_first ? BUS_DMASYNC_PREREAD : BUS_DMASYNC_PREWRITE);
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, STATISTIC_BYTES,
	    STATISTIC_BYTES, BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, 0,
	    STATISTIC_BYTES, !write_first);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, STATISTIC_BYTES,
	    STATISTIC_BYTES, true);
	return slot;
}

FRAGMENT_IN(ring_broken_bad, in_live, write_then_read,
    .in_attach = probe_make_statistics, .features = PROBE_F_STATS_VQ)
{
	int slot = build(sc, true);

	virtio_enqueue_commit(sc->sc_virtio, &sc->sc_vq[PROBE_STATISTICS], slot, true); /* BREAKS */
}

FRAGMENT_IN(ring_broken_ok, in_live, read_both,
    .in_attach = probe_make_statistics, .features = PROBE_F_STATS_VQ)
{
	int slot = build(sc, false);

	virtio_enqueue_commit(sc->sc_virtio, &sc->sc_vq[PROBE_STATISTICS], slot, true);
}
