/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), without a lock of its own, as drivers were before mutex(9).
 *
 * Thread and interrupt handlers run under the kernel lock, so never on two CPUs at once; on
 * its own CPU the thread keeps handlers out with splvm().  It looks every 50 ms whether they
 * have news.
 */

#include <sys/cdefs.h>
__KERNEL_RCSID(0, "$NetBSD$");

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/device.h>
#include <sys/intr.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/proc.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	KB_NUM_PAGES		0	/* in the configuration space */
#define	KB_ACTUAL		4
#define	KB_MUST_TELL_HOST	(1 << 0)
#define	KB_PAGES		200	/* in a request */
#define	KB_LOOK_MS		50
#define	KB_LOOKS_SHORT		60	/* to let pass after a failure */

struct kb_softc {
	device_t		kb_dev;
	struct virtio_softc	*kb_virtio;
	struct virtqueue	kb_vq[2];	/* inflate, deflate */
	bus_dmamap_t		kb_map;		/* of kb_pfns, loaded for each request */
	uint32_t		kb_pfns[KB_PAGES];

	/* The thread's. */
	struct pglist		kb_pages;	/* in the balloon */
	struct pglist		kb_moving;	/* of the request */
	uint32_t		kb_actual;
	int			kb_looks;	/* to let pass */

	/* At splvm. */
	bool			kb_changed;	/* the configuration did */
	bool			kb_out, kb_done; /* the request is with the device, was used */
	int			kb_queue, kb_slot;
	uint32_t		kb_count;
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct kb_softc), viomb_match, viomb_attach, NULL, NULL);

static int
kb_config_change(struct virtio_softc *vsc)
{
	struct kb_softc *sc = device_private(virtio_child(vsc));

	sc->kb_changed = true;

	return 1;
}

static int
kb_vq_done(struct virtqueue *vq)
{
	struct kb_softc *sc = device_private(virtio_child(vq->vq_owner));
	struct virtio_softc *vsc = sc->kb_virtio;
	int slot;

	while (virtio_dequeue(vsc, vq, &slot, NULL) == 0) {
		/* Of no request: the device's mistake. */
		if (!sc->kb_out || sc->kb_queue != vq->vq_index || sc->kb_slot != slot)
			continue;
		bus_dmamap_sync(virtio_dmat(vsc), sc->kb_map, 0,
		    sc->kb_count * sizeof(uint32_t), BUS_DMASYNC_POSTWRITE);
		virtio_dequeue_commit(vsc, vq, slot);
		sc->kb_out = false;
		sc->kb_done = true;
	}

	return 1;
}

/* Send a request for the pages of kb_moving.  False if it cannot be sent. */
static bool
kb_send(struct kb_softc *sc, int queue)
{
	struct virtio_softc *vsc = sc->kb_virtio;
	struct virtqueue *vq = &sc->kb_vq[queue];
	struct vm_page *pg;
	uint32_t count = 0;
	int s;

	TAILQ_FOREACH(pg, &sc->kb_moving, pageq.queue)
		sc->kb_pfns[count++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	if (bus_dmamap_load(virtio_dmat(vsc), sc->kb_map, sc->kb_pfns,
	    count * sizeof(uint32_t), NULL, BUS_DMA_WAITOK | BUS_DMA_WRITE) != 0)
		return false;
	bus_dmamap_sync(virtio_dmat(vsc), sc->kb_map, 0, count * sizeof(uint32_t),
	    BUS_DMASYNC_PREWRITE);
	s = splvm();
	sc->kb_count = count;
	sc->kb_queue = queue;
	if (virtio_enqueue_prep(vsc, vq, &sc->kb_slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, sc->kb_slot, sc->kb_map->dm_nsegs) != 0) {
		splx(s);
		bus_dmamap_unload(virtio_dmat(vsc), sc->kb_map);
		return false;
	}
	virtio_enqueue(vsc, vq, sc->kb_slot, sc->kb_map, true);
	sc->kb_out = true;
	virtio_enqueue_commit(vsc, vq, sc->kb_slot, true);
	splx(s);

	return true;
}

/* The request has completed. */
static void
kb_complete(struct kb_softc *sc)
{

	bus_dmamap_unload(virtio_dmat(sc->kb_virtio), sc->kb_map);
	if (sc->kb_queue == 0) {
		TAILQ_CONCAT(&sc->kb_pages, &sc->kb_moving, pageq.queue);
		sc->kb_actual += sc->kb_count;
	} else {
		uvm_pglistfree(&sc->kb_moving);
		sc->kb_actual -= sc->kb_count;
	}
	virtio_write_device_config_le_4(sc->kb_virtio, KB_ACTUAL, sc->kb_actual);
}

static bool
kb_inflate(struct kb_softc *sc, uint32_t count)
{

	count = MIN(count, KB_PAGES);
	while (uvm_pglistalloc((psize_t)count * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &sc->kb_moving, count, 0) != 0) {
		count /= 2;
		if (count == 0)
			return false;
	}
	if (kb_send(sc, 0))
		return true;
	uvm_pglistfree(&sc->kb_moving);
	return false;
}

static bool
kb_deflate(struct kb_softc *sc, uint32_t count)
{
	struct vm_page *pg;

	TAILQ_INIT(&sc->kb_moving);
	for (count = MIN(count, KB_PAGES); count > 0; count--) {
		pg = TAILQ_FIRST(&sc->kb_pages);
		TAILQ_REMOVE(&sc->kb_pages, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&sc->kb_moving, pg, pageq.queue);
	}
	if (kb_send(sc, 1))
		return true;
	TAILQ_CONCAT(&sc->kb_pages, &sc->kb_moving, pageq.queue);
	return false;
}

static void
kb_step(struct kb_softc *sc)
{
	bool out, done, good = true;
	uint32_t target;
	int s;

	s = splvm();
	out = sc->kb_out;
	done = sc->kb_done;
	sc->kb_done = false;
	if (sc->kb_changed)
		sc->kb_looks = 0;
	sc->kb_changed = false;
	splx(s);

	if (done)
		kb_complete(sc);
	if (sc->kb_looks > 0)
		sc->kb_looks--;
	if (out || sc->kb_looks > 0)
		return;
	target = virtio_read_device_config_le_4(sc->kb_virtio, KB_NUM_PAGES);
	if (target > sc->kb_actual)
		good = kb_inflate(sc, target - sc->kb_actual);
	else if (target < sc->kb_actual)
		good = kb_deflate(sc, sc->kb_actual - target);
	if (!good)
		sc->kb_looks = KB_LOOKS_SHORT;
}

static void
kb_thread(void *arg)
{
	struct kb_softc *sc = arg;

	for (;;) {
		kb_step(sc);
		kpause("viomb", false, MAX(1, mstohz(KB_LOOK_MS)), NULL);
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
	struct kb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int queues = 0;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->kb_dev = self;
	sc->kb_virtio = vsc;
	TAILQ_INIT(&sc->kb_pages);
	virtio_child_attach_start(vsc, self, IPL_VM, sc->kb_vq, kb_config_change,
	    virtio_vq_intr, 0, KB_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	for (; queues < 2; queues++) {
		if (virtio_alloc_vq(vsc, &sc->kb_vq[queues], queues, sizeof(sc->kb_pfns), 2,
		    queues == 0 ? "inflate" : "deflate") != 0)
			goto fail;
		sc->kb_vq[queues].vq_done = kb_vq_done;
	}
	/* The softc may cross a page. */
	if (bus_dmamap_create(virtio_dmat(vsc), sizeof(sc->kb_pfns), 2, sizeof(sc->kb_pfns), 0,
	    BUS_DMA_WAITOK, &sc->kb_map) != 0)
		goto fail;
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, KB_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail_map;
	if (kthread_create(PRI_NONE, 0, NULL, kb_thread, sc, NULL, "%s",
	    device_xname(self)) == 0)
		return;
	virtio_reset(vsc);
fail_map:
	bus_dmamap_destroy(virtio_dmat(vsc), sc->kb_map);
fail:
	aprint_error_dev(self, "lacks resources\n");
	while (queues-- > 0)
		virtio_free_vq(vsc, &sc->kb_vq[queues]);
	virtio_child_attach_failed(vsc);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
