/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fragments of area dma share.
 */
#ifndef SIM_TESTS_RULES_MODULES_DMA_H
#define SIM_TESTS_RULES_MODULES_DMA_H

#include "probe.h"

/* A slot with room for a segment, or -1. */
static inline int
take_slot(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(sc->sc_virtio, vq, slot, 1) != 0)
		return -1;
	return slot;
}

/* A descriptor of the request's numbers. */
static inline void
enqueue(struct probe *sc, struct virtqueue *vq, int slot)
{
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map, 0,
	    sizeof(uint32_t) * sc->sc_count, true);
	sc->sc_vq_out = vq;
}

/* The answer, without any sync. */
static inline bool
take_answer(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0)
		return false;
	virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	sc->sc_vq_out = NULL;
	return true;
}

#define	SYNC_MAP2(sc, offset, length, ops) \
	bus_dmamap_sync((sc)->sc_dmat, (sc)->sc_map2, offset, length, BUS_DMASYNC_##ops)
#define	LOAD(sc, buf, size) \
	bus_dmamap_load((sc)->sc_dmat, (sc)->sc_map2, buf, size, NULL, BUS_DMA_NOWAIT)
#define	LOAD_MAP2(sc)	LOAD(sc, (sc)->sc_p, PROBE_BYTES)
#define	CREATE(sc, size, nsegs, flags) \
	bus_dmamap_create((sc)->sc_dmat, size, nsegs, size, 0, BUS_DMA_##flags, &(sc)->sc_map2)

/* A second map, of kernel memory at sc_p: unlike the request's own it may bounce. */
static inline void
make_map2(struct probe *sc)
{
	sc->sc_p = kmem_zalloc(PROBE_BYTES, KM_SLEEP);
	if (CREATE(sc, PROBE_BYTES, 2, NOWAIT) != 0)
		panic("no map");
}

#endif /* !SIM_TESTS_RULES_MODULES_DMA_H */
