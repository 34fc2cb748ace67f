/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), with a thread for each queue.
 *
 * The inflater and the deflater have a condvar, a queue and a buffer each, and share the
 * balloon.  Both take the target from the device whenever they are woken, and go by the
 * size that the balloon will have once all requests have completed.  Interrupt handlers
 * only note what has happened, for either thread.
 */

#include <sys/cdefs.h>
__KERNEL_RCSID(0, "$NetBSD$");

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/mutex.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	VB_NUM_PAGES		0	/* in the configuration space */
#define	VB_ACTUAL		4
#define	VB_MUST_TELL_HOST	(1 << 0)
#define	VB_PAGES		256	/* in a request */
#define	VB_SIZE			(VB_PAGES * sizeof(uint32_t))
#define	VB_LIMIT		((paddr_t)UINT32_MAX * PAGE_SIZE)
#define	VB_RETRY_MS		5000
#define	VB_INFLATE		0
#define	VB_DEFLATE		1

/* A thread and what it works with; vt_used is protected by vb_lock. */
struct vb_side {
	struct vb_softc	*vt_sc;
	struct virtqueue *vt_vq;
	kcondvar_t	vt_cv;
	bool		vt_used;	/* an interrupt came for the queue */
	bus_dma_segment_t vt_seg;
	bus_dmamap_t	vt_map;
	uint32_t	*vt_pfns;
	lwp_t		*vt_lwp;
};

struct vb_softc {
	device_t		vb_dev;
	struct virtio_softc	*vb_virtio;
	struct virtqueue	vb_vq[2];
	struct vb_side		vb_side[2];

	kmutex_t		vb_lock;
	struct pglist		vb_pages;	/* in the balloon */
	uint32_t		vb_actual;	/* their number, and what is out to be deflated */
	int32_t			vb_out;		/* pages on their way in, less those out */
	uint32_t		vb_coming;	/* pages on their way in */
	bool			vb_stop;	/* threads are to end */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct vb_softc), viomb_match, viomb_attach, NULL, NULL);

/* Something may have changed for these threads.  Called with the lock held. */
static void
vb_wake(struct vb_softc *sc, int side)
{

	cv_signal(&sc->vb_side[side].vt_cv);
}

static int
vb_config_change(struct virtio_softc *vsc)
{
	struct vb_softc *sc = device_private(virtio_child(vsc));

	mutex_enter(&sc->vb_lock);
	vb_wake(sc, VB_INFLATE);
	vb_wake(sc, VB_DEFLATE);
	mutex_exit(&sc->vb_lock);

	return 1;
}

static int
vb_queue_done(struct virtqueue *vq)
{
	struct vb_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->vb_lock);
	sc->vb_side[vq->vq_index].vt_used = true;
	vb_wake(sc, vq->vq_index);
	mutex_exit(&sc->vb_lock);

	return 1;
}

/* Pages that the balloon will lack, or have too many of.  Called with the lock held. */
static int64_t
vb_missing(struct vb_softc *sc)
{

	return (int64_t)virtio_read_device_config_le_4(sc->vb_virtio, VB_NUM_PAGES) -
	    sc->vb_actual - sc->vb_out;
}

/* The balloon now has that many pages.  Called with the lock held, so in order. */
static void
vb_set_actual(struct vb_softc *sc, uint32_t actual)
{

	sc->vb_actual = actual;
	virtio_write_device_config_le_4(sc->vb_virtio, VB_ACTUAL, actual);
}

/*
 * Send a request for the pages of a list and wait until it has completed.  False if it could
 * not be sent.
 */
static bool
vb_request(struct vb_side *vt, struct pglist *pages, int count)
{
	struct vb_softc *sc = vt->vt_sc;
	struct virtio_softc *vsc = sc->vb_virtio;
	bus_dma_tag_t dmat = virtio_dmat(vsc);
	struct vm_page *pg;
	int i = 0, ours, slot;

	/* Of no request, if there are any. */
	while (virtio_dequeue(vsc, vt->vt_vq, &slot, NULL) == 0)
		continue;
	if (virtio_enqueue_prep(vsc, vt->vt_vq, &ours) != 0 ||
	    virtio_enqueue_reserve(vsc, vt->vt_vq, ours, 1) != 0)
		return false;
	TAILQ_FOREACH(pg, pages, pageq.queue)
		vt->vt_pfns[i++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	bus_dmamap_sync(dmat, vt->vt_map, 0, count * sizeof(uint32_t),
	    BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(vsc, vt->vt_vq, ours, vt->vt_map, 0,
	    count * sizeof(uint32_t), true);
	virtio_enqueue_commit(vsc, vt->vt_vq, ours, true);

	for (;;) {
		mutex_enter(&sc->vb_lock);
		while (!vt->vt_used)
			cv_wait(&vt->vt_cv, &sc->vb_lock);
		vt->vt_used = false;
		mutex_exit(&sc->vb_lock);
		/* Drain the queue; what is not ours is the device's mistake. */
		while (virtio_dequeue(vsc, vt->vt_vq, &slot, NULL) == 0) {
			if (slot != ours)
				continue;
			virtio_dequeue_commit(vsc, vt->vt_vq, slot);
			bus_dmamap_sync(dmat, vt->vt_map, 0, count * sizeof(uint32_t),
			    BUS_DMASYNC_POSTWRITE);
			return true;
		}
	}
}

/* Wait for something to do; after a failure not for ever. */
static void
vb_sleep(struct vb_side *vt, bool failed)
{
	struct vb_softc *sc = vt->vt_sc;

	if (failed)
		cv_timedwait(&vt->vt_cv, &sc->vb_lock, MAX(1, mstohz(VB_RETRY_MS)));
	else
		cv_wait(&vt->vt_cv, &sc->vb_lock);
}

static void
vb_inflater(void *arg)
{
	struct vb_side *vt = arg;
	struct vb_softc *sc = vt->vt_sc;
	struct pglist pages;
	bool failed = false;
	int64_t count;

	mutex_enter(&sc->vb_lock);
	while (!sc->vb_stop) {
		/* A read of the device: once. */
		count = vb_missing(sc);
		count = MIN(count, VB_PAGES);
		if (count <= 0 || failed) {
			vb_sleep(vt, failed);
			failed = false;
			continue;
		}
		sc->vb_out += count;
		sc->vb_coming += count;
		mutex_exit(&sc->vb_lock);

		failed = uvm_pglistalloc(count * PAGE_SIZE, 0, VB_LIMIT, 0, 0, &pages,
		    count, 0) != 0;
		if (!failed && !vb_request(vt, &pages, count)) {
			uvm_pglistfree(&pages);
			failed = true;
		}

		mutex_enter(&sc->vb_lock);
		sc->vb_out -= count;
		sc->vb_coming -= count;
		if (!failed) {
			TAILQ_CONCAT(&sc->vb_pages, &pages, pageq.queue);
			vb_set_actual(sc, sc->vb_actual + count);
		}
		vb_wake(sc, VB_DEFLATE);
	}
	mutex_exit(&sc->vb_lock);
	kthread_exit(0);
}

static void
vb_deflater(void *arg)
{
	struct vb_side *vt = arg;
	struct vb_softc *sc = vt->vt_sc;
	struct vm_page *pg;
	struct pglist pages;
	bool failed = false;
	int64_t count;
	int i;

	mutex_enter(&sc->vb_lock);
	while (!sc->vb_stop) {
		/* What is on its way in does not count before it is there. */
		count = -vb_missing(sc) - sc->vb_coming;
		count = MIN(count, VB_PAGES);
		TAILQ_INIT(&pages);
		for (i = 0; !failed && i < count; i++) {
			if ((pg = TAILQ_FIRST(&sc->vb_pages)) == NULL)
				break;
			TAILQ_REMOVE(&sc->vb_pages, pg, pageq.queue);
			TAILQ_INSERT_TAIL(&pages, pg, pageq.queue);
		}
		if (i == 0) {
			vb_sleep(vt, failed);
			failed = false;
			continue;
		}
		sc->vb_out -= i;
		mutex_exit(&sc->vb_lock);

		failed = !vb_request(vt, &pages, i);
		if (!failed)
			uvm_pglistfree(&pages);

		mutex_enter(&sc->vb_lock);
		sc->vb_out += i;
		if (failed)
			TAILQ_CONCAT(&sc->vb_pages, &pages, pageq.queue);
		else
			vb_set_actual(sc, sc->vb_actual - i);
		vb_wake(sc, VB_INFLATE);
	}
	mutex_exit(&sc->vb_lock);
	kthread_exit(0);
}

/* ---- autoconf ---- */

static int
viomb_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;
}

static bool
vb_alloc_buffer(struct vb_side *vt)
{
	bus_dma_tag_t dmat = virtio_dmat(vt->vt_sc->vb_virtio);
	void *kva;
	int nsegs;

	if (bus_dmamem_alloc(dmat, VB_SIZE, PAGE_SIZE, 0, &vt->vt_seg, 1, &nsegs,
	    BUS_DMA_WAITOK) != 0)
		return false;
	if (bus_dmamem_map(dmat, &vt->vt_seg, 1, VB_SIZE, &kva, BUS_DMA_WAITOK) != 0)
		goto free;
	vt->vt_pfns = kva;
	if (bus_dmamap_create(dmat, VB_SIZE, 1, VB_SIZE, 0, BUS_DMA_WAITOK,
	    &vt->vt_map) != 0)
		goto unmap;
	if (bus_dmamap_load(dmat, vt->vt_map, kva, VB_SIZE, NULL, BUS_DMA_WAITOK) == 0)
		return true;
	bus_dmamap_destroy(dmat, vt->vt_map);
unmap:
	bus_dmamem_unmap(dmat, vt->vt_pfns, VB_SIZE);
	vt->vt_pfns = NULL;
free:
	bus_dmamem_free(dmat, &vt->vt_seg, 1);
	return false;
}

static void
vb_free_side(struct vb_side *vt)
{
	struct virtio_softc *vsc = vt->vt_sc->vb_virtio;
	bus_dma_tag_t dmat = virtio_dmat(vsc);

	if (vt->vt_pfns != NULL) {
		bus_dmamap_unload(dmat, vt->vt_map);
		bus_dmamap_destroy(dmat, vt->vt_map);
		bus_dmamem_unmap(dmat, vt->vt_pfns, VB_SIZE);
		bus_dmamem_free(dmat, &vt->vt_seg, 1);
	}
	if (vt->vt_vq != NULL)
		virtio_free_vq(vsc, vt->vt_vq);
}

static bool
vb_alloc_side(struct vb_softc *sc, int side)
{
	struct vb_side *vt = &sc->vb_side[side];
	struct virtqueue *vq = &sc->vb_vq[side];

	if (virtio_alloc_vq(sc->vb_virtio, vq, side, VB_SIZE, 1,
	    side == VB_INFLATE ? "inflate" : "deflate") != 0)
		return false;
	vt->vt_vq = vq;
	vq->vq_done = vb_queue_done;

	return vb_alloc_buffer(vt);
}

/* Both threads or none; a first one has nothing to do yet but to end. */
static bool
vb_start(struct vb_softc *sc)
{

	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, vb_deflater,
	    &sc->vb_side[VB_DEFLATE], &sc->vb_side[VB_DEFLATE].vt_lwp, "viombdefl") != 0)
		return false;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, vb_inflater,
	    &sc->vb_side[VB_INFLATE], NULL, "viomb") == 0)
		return true;
	mutex_enter(&sc->vb_lock);
	sc->vb_stop = true;
	vb_wake(sc, VB_DEFLATE);
	mutex_exit(&sc->vb_lock);
	kthread_join(sc->vb_side[VB_DEFLATE].vt_lwp);

	return false;
}

static void
viomb_attach(device_t parent, device_t self, void *aux)
{
	struct vb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int i;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->vb_dev = self;
	sc->vb_virtio = vsc;
	TAILQ_INIT(&sc->vb_pages);
	mutex_init(&sc->vb_lock, MUTEX_DEFAULT, IPL_VM);
	for (i = 0; i < 2; i++) {
		sc->vb_side[i].vt_sc = sc;
		cv_init(&sc->vb_side[i].vt_cv, i == VB_INFLATE ? "inflate" : "deflate");
	}

	virtio_child_attach_start(vsc, self, IPL_VM, sc->vb_vq, vb_config_change,
	    virtio_vq_intr, 0, VB_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	if (!vb_alloc_side(sc, VB_INFLATE) || !vb_alloc_side(sc, VB_DEFLATE))
		goto fail;
	if (virtio_read_device_config_le_4(vsc, VB_ACTUAL) != 0)
		vb_set_actual(sc, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (vb_start(sc))
		return;
	virtio_reset(vsc);
fail:
	aprint_error_dev(self, "lacks resources\n");
	vb_free_side(&sc->vb_side[VB_DEFLATE]);
	vb_free_side(&sc->vb_side[VB_INFLATE]);
	virtio_child_attach_failed(vsc);
	for (i = 0; i < 2; i++)
		cv_destroy(&sc->vb_side[i].vt_cv);
	mutex_destroy(&sc->vb_lock);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
