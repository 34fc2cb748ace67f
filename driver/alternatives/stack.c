/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), whose balloon is a stack of the requests that filled it.
 *
 * A request is memory of kmem(9), made when it is needed, and keeps its page numbers for as
 * long as the host has pages of it.  A deflate request names the last of the topmost array,
 * where they stand, and the request is freed with its last page.
 */

#include <sys/cdefs.h>
__KERNEL_RCSID(0, "$NetBSD$");

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/mutex.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	SB_NUM_PAGES		0	/* in the configuration space */
#define	SB_ACTUAL		4
#define	SB_MUST_TELL_HOST	(1 << 0)
#define	SB_PAGES		192	/* in a request */
#define	SB_SIZE			(SB_PAGES * sizeof(uint32_t))
#define	SB_RETRY_MS		3000

struct sb_request {
	struct sb_request	*sr_below;
	uint32_t		sr_count;
	bus_dmamap_t		sr_map;
	struct vm_page		*sr_page[SB_PAGES];
	uint32_t		sr_pfn[SB_PAGES];
};

struct sb_softc {
	device_t		sb_dev;
	struct virtio_softc	*sb_virtio;
	struct virtqueue	sb_vq[2];	/* inflate, deflate */

	/* The thread's. */
	struct sb_request	*sb_top;
	uint32_t		sb_actual;

	kmutex_t		sb_lock;
	kcondvar_t		sb_config_cv;
	bool			sb_changed;	/* the configuration did */
	kcondvar_t		sb_used_cv;
	bool			sb_used;	/* an interrupt came for a queue */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct sb_softc), viomb_match, viomb_attach, NULL, NULL);

static int
sb_config_change(struct virtio_softc *vsc)
{
	struct sb_softc *sc = device_private(virtio_child(vsc));

	mutex_enter(&sc->sb_lock);
	sc->sb_changed = true;
	cv_signal(&sc->sb_config_cv);
	mutex_exit(&sc->sb_lock);

	return 1;
}

static int
sb_vq_done(struct virtqueue *vq)
{
	struct sb_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->sb_lock);
	sc->sb_used = true;
	cv_signal(&sc->sb_used_cv);
	mutex_exit(&sc->sb_lock);

	return 1;
}

static struct sb_request *
sb_make(struct sb_softc *sc)
{
	struct sb_request *sr = kmem_alloc(sizeof(*sr), KM_NOSLEEP);

	if (sr == NULL)
		return NULL;
	/* It may cross a page. */
	if (bus_dmamap_create(virtio_dmat(sc->sb_virtio), SB_SIZE, 2, SB_SIZE, 0,
	    BUS_DMA_NOWAIT, &sr->sr_map) != 0) {
		kmem_free(sr, sizeof(*sr));
		return NULL;
	}
	sr->sr_count = 0;

	return sr;
}

/* Free the request's pages from the first one on, and with the last page all of it. */
static void
sb_free(struct sb_softc *sc, struct sb_request *sr, uint32_t first)
{
	struct pglist pages;

	TAILQ_INIT(&pages);
	while (sr->sr_count > first) {
		sr->sr_count--;
		TAILQ_INSERT_TAIL(&pages, sr->sr_page[sr->sr_count], pageq.queue);
	}
	uvm_pglistfree(&pages);
	if (sr->sr_count == 0) {
		bus_dmamap_destroy(virtio_dmat(sc->sb_virtio), sr->sr_map);
		kmem_free(sr, sizeof(*sr));
	}
}

static void
sb_wait_used(struct sb_softc *sc)
{

	mutex_enter(&sc->sb_lock);
	while (!sc->sb_used)
		cv_wait(&sc->sb_used_cv, &sc->sb_lock);
	sc->sb_used = false;
	mutex_exit(&sc->sb_lock);
}

/*
 * Send the request's page numbers from the first one on, and wait until the device has used
 * them.  False: they could not be sent.
 */
static bool
sb_send(struct sb_softc *sc, int queue, struct sb_request *sr, uint32_t first)
{
	struct virtio_softc *vsc = sc->sb_virtio;
	struct virtqueue *vq = &sc->sb_vq[queue];
	bus_dma_tag_t dmat = virtio_dmat(vsc);
	const bus_size_t size = (sr->sr_count - first) * sizeof(uint32_t);
	int slot, used;

	if (bus_dmamap_load(dmat, sr->sr_map, &sr->sr_pfn[first], size, NULL,
	    BUS_DMA_NOWAIT | BUS_DMA_WRITE) != 0)
		return false;
	if (virtio_enqueue_prep(vsc, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, slot, sr->sr_map->dm_nsegs) != 0) {
		bus_dmamap_unload(dmat, sr->sr_map);
		return false;
	}
	bus_dmamap_sync(dmat, sr->sr_map, 0, size, BUS_DMASYNC_PREWRITE);
	virtio_enqueue(vsc, vq, slot, sr->sr_map, true);
	virtio_enqueue_commit(vsc, vq, slot, true);

	for (;;) {
		if (virtio_dequeue(vsc, vq, &used, NULL) != 0)
			sb_wait_used(sc);
		else if (used == slot)
			break;
	}
	virtio_dequeue_commit(vsc, vq, slot);
	bus_dmamap_sync(dmat, sr->sr_map, 0, size, BUS_DMASYNC_POSTWRITE);
	bus_dmamap_unload(dmat, sr->sr_map);

	return true;
}

/* One request's worth of up to `count' pages.  False: something is lacking. */
static bool
sb_inflate(struct sb_softc *sc, uint32_t count)
{
	struct sb_request *sr = sb_make(sc);
	struct pglist pages;
	struct vm_page *pg;

	if (sr == NULL)
		return false;
	TAILQ_INIT(&pages);
	count = MIN(count, SB_PAGES);
	while (count > 0 && uvm_pglistalloc((psize_t)count * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &pages, count, 0) != 0)
		count /= 4;
	if (count == 0) {
		sb_free(sc, sr, 0);
		return false;
	}
	TAILQ_FOREACH(pg, &pages, pageq.queue) {
		sr->sr_page[sr->sr_count] = pg;
		sr->sr_pfn[sr->sr_count] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
		sr->sr_count++;
	}
	if (!sb_send(sc, 0, sr, 0)) {
		sb_free(sc, sr, 0);
		return false;
	}
	sr->sr_below = sc->sb_top;
	sc->sb_top = sr;
	sc->sb_actual += count;

	return true;
}

static bool
sb_deflate(struct sb_softc *sc, uint32_t count)
{
	struct sb_request *sr = sc->sb_top;

	count = MIN(count, sr->sr_count);
	if (!sb_send(sc, 1, sr, sr->sr_count - count))
		return false;
	if (count == sr->sr_count)
		sc->sb_top = sr->sr_below;
	sb_free(sc, sr, sr->sr_count - count);
	sc->sb_actual -= count;

	return true;
}

static void
sb_thread(void *arg)
{
	struct sb_softc *sc = arg;
	uint32_t before, target;
	bool good;

	for (;;) {
		mutex_enter(&sc->sb_lock);
		sc->sb_changed = false;
		mutex_exit(&sc->sb_lock);
		before = sc->sb_actual;
		target = virtio_read_device_config_le_4(sc->sb_virtio, SB_NUM_PAGES);
		good = true;
		if (target > before)
			good = sb_inflate(sc, target - before);
		else if (target < before)
			good = sb_deflate(sc, before - target);
		if (sc->sb_actual != before) {
			virtio_write_device_config_le_4(sc->sb_virtio, SB_ACTUAL,
			    sc->sb_actual);
			continue;
		}
		mutex_enter(&sc->sb_lock);
		if (!good && !sc->sb_changed)
			cv_timedwait(&sc->sb_config_cv, &sc->sb_lock,
			    MAX(1, mstohz(SB_RETRY_MS)));
		while (good && !sc->sb_changed)
			cv_wait(&sc->sb_config_cv, &sc->sb_lock);
		mutex_exit(&sc->sb_lock);
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
	struct sb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int queues = 0;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->sb_dev = self;
	sc->sb_virtio = vsc;
	mutex_init(&sc->sb_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sb_config_cv, "viomb");
	cv_init(&sc->sb_used_cv, "viombreq");
	virtio_child_attach_start(vsc, self, IPL_VM, sc->sb_vq, sb_config_change,
	    virtio_vq_intr, VIRTIO_F_INTR_MPSAFE, SB_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	for (; queues < 2; queues++) {
		if (virtio_alloc_vq(vsc, &sc->sb_vq[queues], queues, SB_SIZE, 2,
		    queues == 0 ? "inflate" : "deflate") != 0)
			goto fail;
		sc->sb_vq[queues].vq_done = sb_vq_done;
	}
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, SB_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, sb_thread, sc, NULL, "%s",
	    device_xname(self)) == 0)
		return;
	virtio_reset(vsc);
fail:
	aprint_error_dev(self, "lacks resources\n");
	while (queues-- > 0)
		virtio_free_vq(vsc, &sc->sb_vq[queues]);
	virtio_child_attach_failed(vsc);
	cv_destroy(&sc->sb_used_cv);
	cv_destroy(&sc->sb_config_cv);
	mutex_destroy(&sc->sb_lock);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
