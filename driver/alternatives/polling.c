/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), without interrupts: one thread looks at the device from time to time.
 *
 * As nothing else runs once attach has ended, there is no lock.  One request is out at a
 * time, of up to 512 pages; what memory there is is taken in halves.
 */

#include <sys/cdefs.h>
__KERNEL_RCSID(0, "$NetBSD$");

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/device.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/proc.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	PB_NUM_PAGES		0	/* in the configuration space */
#define	PB_ACTUAL		4
#define	PB_MUST_TELL_HOST	(1 << 0)
#define	PB_PAGES		512	/* in a request */
#define	PB_SIZE			(PB_PAGES * sizeof(uint32_t))
#define	PB_BUSY_MS		10	/* from look to look, with a request out */
#define	PB_IDLE_MS		200
#define	PB_ROUNDS_SHORT		10	/* without memory or room: this many idle rounds */

struct pb_softc {
	device_t		pb_dev;
	struct virtio_softc	*pb_virtio;
	struct virtqueue	pb_vq[2];	/* inflate, deflate */
	bus_dmamap_t		pb_map;
	uint32_t		*pb_pfns;

	struct pglist		pb_pages;	/* in the balloon */
	struct pglist		pb_sent;	/* of the request that is out */
	uint32_t		pb_actual;
	int			pb_count;	/* pages of the request */
	int			pb_slot;	/* -1: nothing is out */
	int			pb_queue;	/* of the request */
	int			pb_pause;	/* rounds to let pass */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct pb_softc), viomb_match, viomb_attach, NULL, NULL);

/* Take used buffers until there are no more; the request may be among them. */
static void
pb_drain(struct pb_softc *sc, int queue)
{
	struct virtio_softc *vsc = sc->pb_virtio;
	int slot;

	while (virtio_dequeue(vsc, &sc->pb_vq[queue], &slot, NULL) == 0) {
		if (queue != sc->pb_queue || slot != sc->pb_slot)
			continue;	/* of no request */
		virtio_dequeue_commit(vsc, &sc->pb_vq[queue], slot);
		sc->pb_slot = -1;
		bus_dmamap_sync(virtio_dmat(vsc), sc->pb_map, 0,
		    sc->pb_count * sizeof(uint32_t), BUS_DMASYNC_POSTWRITE);
		bus_dmamap_unload(virtio_dmat(vsc), sc->pb_map);
		if (queue == 0) {
			TAILQ_CONCAT(&sc->pb_pages, &sc->pb_sent, pageq.queue);
			sc->pb_actual += sc->pb_count;
		} else {
			uvm_pglistfree(&sc->pb_sent);
			sc->pb_actual -= sc->pb_count;
		}
		virtio_write_device_config_le_4(vsc, PB_ACTUAL, sc->pb_actual);
	}
}

/* Send a request for the pages of pb_sent.  False if it cannot be sent. */
static bool
pb_send(struct pb_softc *sc, int queue)
{
	struct virtio_softc *vsc = sc->pb_virtio;
	struct virtqueue *vq = &sc->pb_vq[queue];
	struct vm_page *pg;
	int slot;

	sc->pb_count = 0;
	TAILQ_FOREACH(pg, &sc->pb_sent, pageq.queue)
		sc->pb_pfns[sc->pb_count++] =
		    htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	if (bus_dmamap_load(virtio_dmat(vsc), sc->pb_map, sc->pb_pfns,
	    sc->pb_count * sizeof(uint32_t), NULL, BUS_DMA_WAITOK) != 0)
		return false;
	if (virtio_enqueue_prep(vsc, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, slot, sc->pb_map->dm_nsegs) != 0) {
		bus_dmamap_unload(virtio_dmat(vsc), sc->pb_map);
		return false;
	}
	bus_dmamap_sync(virtio_dmat(vsc), sc->pb_map, 0, sc->pb_count * sizeof(uint32_t),
	    BUS_DMASYNC_PREWRITE);
	virtio_enqueue(vsc, vq, slot, sc->pb_map, true);
	sc->pb_slot = slot;
	sc->pb_queue = queue;
	virtio_enqueue_commit(vsc, vq, slot, true);

	return true;
}

/* Returns false if there is no memory or no room. */
static bool
pb_inflate(struct pb_softc *sc, uint32_t npages)
{

	npages = MIN(npages, PB_PAGES);
	while (uvm_pglistalloc((psize_t)npages * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &sc->pb_sent, npages, 0) != 0) {
		npages /= 2;
		if (npages == 0)
			return false;
	}
	if (pb_send(sc, 0))
		return true;
	uvm_pglistfree(&sc->pb_sent);
	return false;
}

static bool
pb_deflate(struct pb_softc *sc, uint32_t npages)
{
	struct vm_page *pg;
	uint32_t i;

	TAILQ_INIT(&sc->pb_sent);
	for (i = 0; i < npages && i < PB_PAGES; i++) {
		pg = TAILQ_LAST(&sc->pb_pages, pglist);
		TAILQ_REMOVE(&sc->pb_pages, pg, pageq.queue);
		TAILQ_INSERT_HEAD(&sc->pb_sent, pg, pageq.queue);
	}
	if (pb_send(sc, 1))
		return true;
	TAILQ_CONCAT(&sc->pb_pages, &sc->pb_sent, pageq.queue);
	return false;
}

static void
pb_thread(void *arg)
{
	struct pb_softc *sc = arg;
	uint32_t target, before = 0;
	bool good;

	for (;;) {
		pb_drain(sc, 0);
		pb_drain(sc, 1);
		target = virtio_read_device_config_le_4(sc->pb_virtio, PB_NUM_PAGES);
		if (target != before)
			sc->pb_pause = 0;
		before = target;
		good = true;
		if (sc->pb_pause > 0)
			sc->pb_pause--;
		else if (sc->pb_slot == -1 && target > sc->pb_actual)
			good = pb_inflate(sc, target - sc->pb_actual);
		else if (sc->pb_slot == -1 && target < sc->pb_actual)
			good = pb_deflate(sc, sc->pb_actual - target);
		if (!good)
			sc->pb_pause = PB_ROUNDS_SHORT;
		kpause("viomb", false, MAX(1, mstohz(sc->pb_slot != -1 ?
		    PB_BUSY_MS : PB_IDLE_MS)), NULL);
	}
}

/* ---- autoconf ---- */

static int
viomb_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;
}

static void
viomb_attach(device_t parent, device_t self, void *aux)
{
	struct pb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int nqueues = 0;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->pb_dev = self;
	sc->pb_virtio = vsc;
	sc->pb_slot = -1;
	TAILQ_INIT(&sc->pb_pages);
	virtio_child_attach_start(vsc, self, IPL_VM, sc->pb_vq, NULL, virtio_vq_intr, 0,
	    PB_MUST_TELL_HOST, VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail_queues;

	for (; nqueues < 2; nqueues++) {
		if (virtio_alloc_vq(vsc, &sc->pb_vq[nqueues], nqueues, PB_SIZE, 2,
		    nqueues == 0 ? "inflate" : "deflate") != 0)
			goto fail_queues;
		/* The device may interrupt all the same, which does no harm. */
		virtio_stop_vq_intr(vsc, &sc->pb_vq[nqueues]);
	}
	if (bus_dmamap_create(virtio_dmat(vsc), PB_SIZE, 2, PB_SIZE, 0, BUS_DMA_WAITOK,
	    &sc->pb_map) != 0)
		goto fail_queues;
	sc->pb_pfns = kmem_alloc(PB_SIZE, KM_SLEEP);
	if (virtio_read_device_config_le_4(vsc, PB_ACTUAL) != 0)
		virtio_write_device_config_le_4(vsc, PB_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, pb_thread, sc, NULL,
	    "viomb") == 0)
		return;
	virtio_reset(vsc);
fail:
	bus_dmamap_destroy(virtio_dmat(vsc), sc->pb_map);
	kmem_free(sc->pb_pfns, PB_SIZE);
fail_queues:
	aprint_error_dev(self, "lacks resources\n");
	while (nqueues-- > 0)
		virtio_free_vq(vsc, &sc->pb_vq[nqueues]);
	virtio_child_attach_failed(vsc);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
