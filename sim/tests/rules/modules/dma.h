/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fragments of area dma share.
 */
#ifndef SIM_TESTS_RULES_MODULES_DMA_H
#define SIM_TESTS_RULES_MODULES_DMA_H

#include "probe.h"

#define	SYNC_MAP2(sc, offset, length, ops) \
	bus_dmamap_sync((sc)->sc_dmat, (sc)->sc_map2, offset, length, BUS_DMASYNC_##ops)
#define	LOAD(sc, buf, size) \
	bus_dmamap_load((sc)->sc_dmat, (sc)->sc_map2, buf, size, NULL, BUS_DMA_NOWAIT)
#define	LOAD_MAP2(sc)	LOAD(sc, (sc)->sc_p, PROBE_BYTES)
#define	CREATE(sc, size, nsegs, flags) \
	bus_dmamap_create((sc)->sc_dmat, size, nsegs, size, 0, BUS_DMA_##flags, &(sc)->sc_map2)

/* The request's own map again. */
#define	RELOAD(sc, flags) \
	bus_dmamap_load((sc)->sc_dmat, (sc)->sc_map, (sc)->sc_pfns, PROBE_BYTES, NULL, flags)

/* A second map, of kernel memory at sc_p: unlike the request's own it may bounce. */
static inline void
make_map2(struct probe *sc)
{
	if (sc->sc_p == NULL)
		sc->sc_p = kmem_zalloc(PROBE_BYTES, KM_SLEEP);
	if (CREATE(sc, PROBE_BYTES, 2, NOWAIT) != 0)
		panic("no map");
}

/* The request from there, with the first `synced` bytes of it synced. */
static inline bool
send_from_map2(struct probe *sc, struct virtqueue *vq, bus_size_t synced)
{
	int slot = probe_slot(sc, vq, 1);

	make_map2(sc);
	if (LOAD_MAP2(sc) != 0)
		return false;
	memcpy(sc->sc_p, sc->sc_pfns, probe_length(sc));
	if (synced > 0)
		SYNC_MAP2(sc, 0, synced, PREWRITE);
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map2, 0, probe_length(sc), true);
	sc->sc_vq_out = vq;
	PROBE_COMMIT(sc, vq, slot); /* BREAKS */
	return true;
}

static inline bool
receive_from_map2(struct probe *sc, struct virtqueue *vq)
{
	if (!probe_take(sc, vq))
		return false;
	SYNC_MAP2(sc, 0, probe_length(sc), POSTWRITE);
	return true;
}

#endif /* !SIM_TESTS_RULES_MODULES_DMA_H */
