/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For fragments that give statistics: the third queue and its buffer.
 */
#include "probe.h"

#define	PROBE_F_STATS_VQ	(1 << 1)
#define	PROBE_STATISTICS	2
#define	STATISTIC_BYTES		10
#define	STATISTICS_MAX		4

static inline void
probe_statistic(struct probe *sc, int n, uint16_t tag, uint8_t value)
{
	uint8_t *entry = (uint8_t *)sc->sc_p + n * STATISTIC_BYTES;

	memset(entry, 0, STATISTIC_BYTES);
	entry[0] = tag;
	entry[2] = value;
}

/* Two of them: memory that is free, and all. */
static inline int
probe_two_statistics(struct probe *sc)
{
	probe_statistic(sc, 0, 4, 64);
	probe_statistic(sc, 1, 5, 128);
	return 2 * STATISTIC_BYTES;
}

/* Bytes of the buffer for the device. */
static inline void
probe_give_part(struct probe *sc, int offset, int bytes, bool read)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_STATISTICS];
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 1) != 0)
		return;
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, offset, bytes,
	    read ? BUS_DMASYNC_PREWRITE : BUS_DMASYNC_PREREAD);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, offset, bytes, read);
	virtio_enqueue_commit(sc->sc_virtio, vq, slot, true);
}

static inline void
probe_give_statistics(struct probe *sc, int bytes, bool read)
{
	probe_give_part(sc, 0, bytes, read);
}

/* Has the device given a buffer back? */
static inline bool
probe_take_statistics(struct probe *sc, int bytes)
{
	struct virtqueue *vq = &sc->sc_vq[PROBE_STATISTICS];
	int slot;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0)
		return false;
	virtio_dequeue_commit(sc->sc_virtio, vq, slot); /* BREAKS ring */
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map2, 0, bytes,
	    BUS_DMASYNC_POSTWRITE);
	return true;
}

/* in_attach */
static inline void
probe_make_statistics(struct probe *sc)
{
	sc->sc_p = kmem_zalloc(STATISTICS_MAX * STATISTIC_BYTES, KM_SLEEP);
	(void)virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[PROBE_STATISTICS],
	    PROBE_STATISTICS, STATISTICS_MAX * STATISTIC_BYTES, 2, "statistics");
	sc->sc_vq[PROBE_STATISTICS].vq_done = probe_vq_done;
	(void)bus_dmamap_create(sc->sc_dmat, STATISTICS_MAX * STATISTIC_BYTES, 1,
	    STATISTICS_MAX * STATISTIC_BYTES, 0, BUS_DMA_NOWAIT, &sc->sc_map2);
	(void)bus_dmamap_load(sc->sc_dmat, sc->sc_map2, sc->sc_p,
	    STATISTICS_MAX * STATISTIC_BYTES, NULL, BUS_DMA_NOWAIT);
}
