/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * balloon: a small driver for the virtio memory balloon.
 *
 * One thread does all the work.  It compares what the host asks for with what the balloon
 * holds, sends a request for up to 256 pages, waits until the host has answered, and looks
 * again.  Interrupts only wake it up.
 */

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
#define	VIRTIO_PRIVATE			/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	BALLOON_NUM_PAGES	0	/* in the configuration space */
#define	BALLOON_ACTUAL		4
#define	BALLOON_MUST_TELL_HOST	(1 << 0)

#define	REQUEST_PAGES		256
#define	REQUEST_SIZE		(REQUEST_PAGES * sizeof(uint32_t))
#define	IDLE_MS			30000
#define	ANSWER_MS		1000	/* in case that an interrupt is lost */
#define	SHORTAGE_MS		500	/* until the next attempt without memory or room */

enum { INFLATE, DEFLATE, NQUEUES };

struct balloon_softc {
	device_t		sc_dev;
	struct virtio_softc	*sc_vsc;
	struct virtqueue	sc_vq[NQUEUES];
	bus_dmamap_t		sc_map;
	uint32_t		*sc_pfns;	/* the request */
	struct pglist		sc_pages;	/* in the balloon */
	uint32_t		sc_actual;	/* how many they are */

	kmutex_t		sc_lock;
	kcondvar_t		sc_cv;
	bool			sc_news;	/* an interrupt came */
};

static int	balloon_match(device_t, cfdata_t, void *);
static void	balloon_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(balloon, sizeof(struct balloon_softc), balloon_match, balloon_attach,
    NULL, NULL);

/* ---- interrupts ---- */

static int
balloon_wake(struct balloon_softc *sc)
{

	mutex_enter(&sc->sc_lock);
	sc->sc_news = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);

	return 1;
}

static int
balloon_config_change(struct virtio_softc *vsc)
{

	return balloon_wake(device_private(virtio_child(vsc)));
}

static int
balloon_vq_done(struct virtqueue *vq)
{

	return balloon_wake(device_private(virtio_child(vq->vq_owner)));
}

/* ---- the thread ---- */

/* Until an interrupt comes, or has come since the last time. */
static void
balloon_wait(struct balloon_softc *sc, int ms)
{

	mutex_enter(&sc->sc_lock);
	if (!sc->sc_news)
		cv_timedwait(&sc->sc_cv, &sc->sc_lock, MAX(1, mstohz(ms)));
	sc->sc_news = false;
	mutex_exit(&sc->sc_lock);
}

/* Tell the host these pages, and wait for its answer.  False if that cannot be sent. */
static bool
balloon_request(struct balloon_softc *sc, int queue, struct pglist *pages)
{
	struct virtio_softc *vsc = sc->sc_vsc;
	struct virtqueue *vq = &sc->sc_vq[queue];
	bus_size_t size;
	struct vm_page *pg;
	int n = 0, slot, used;

	TAILQ_FOREACH(pg, pages, pageq.queue)
		sc->sc_pfns[n++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	size = n * sizeof(sc->sc_pfns[0]);
	if (bus_dmamap_load(virtio_dmat(vsc), sc->sc_map, sc->sc_pfns, size, NULL,
	    BUS_DMA_WAITOK | BUS_DMA_WRITE) != 0)
		return false;
	if (virtio_enqueue_prep(vsc, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, slot, sc->sc_map->dm_nsegs) != 0) {
		bus_dmamap_unload(virtio_dmat(vsc), sc->sc_map);
		return false;
	}
	bus_dmamap_sync(virtio_dmat(vsc), sc->sc_map, 0, size, BUS_DMASYNC_PREWRITE);
	virtio_enqueue(vsc, vq, slot, sc->sc_map, true);
	virtio_enqueue_commit(vsc, vq, slot, true);

	/* What else a device may say is used was never sent. */
	while (virtio_dequeue(vsc, vq, &used, NULL) != 0 || used != slot)
		balloon_wait(sc, ANSWER_MS);
	virtio_dequeue_commit(vsc, vq, slot);
	bus_dmamap_sync(virtio_dmat(vsc), sc->sc_map, 0, size, BUS_DMASYNC_POSTWRITE);
	bus_dmamap_unload(virtio_dmat(vsc), sc->sc_map);

	return true;
}

/* Give the host up to that many pages.  False without memory or room. */
static bool
balloon_inflate(struct balloon_softc *sc, uint32_t npages)
{
	struct pglist pages;

	npages = MIN(npages, REQUEST_PAGES);
	while (uvm_pglistalloc((psize_t)npages * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &pages, npages, 0) != 0) {
		npages /= 2;
		if (npages == 0)
			return false;
	}
	if (!balloon_request(sc, INFLATE, &pages)) {
		uvm_pglistfree(&pages);
		return false;
	}
	TAILQ_CONCAT(&sc->sc_pages, &pages, pageq.queue);
	sc->sc_actual += npages;

	return true;
}

/* Take up to that many pages back. */
static bool
balloon_deflate(struct balloon_softc *sc, uint32_t npages)
{
	struct pglist pages;
	struct vm_page *pg;
	uint32_t i;

	npages = MIN(npages, REQUEST_PAGES);
	TAILQ_INIT(&pages);
	for (i = 0; i < npages; i++) {
		pg = TAILQ_FIRST(&sc->sc_pages);
		TAILQ_REMOVE(&sc->sc_pages, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&pages, pg, pageq.queue);
	}
	if (!balloon_request(sc, DEFLATE, &pages)) {
		TAILQ_CONCAT(&sc->sc_pages, &pages, pageq.queue);
		return false;
	}
	uvm_pglistfree(&pages);
	sc->sc_actual -= npages;

	return true;
}

static void
balloon_thread(void *arg)
{
	struct balloon_softc *sc = arg;
	uint32_t target, actual;
	bool done;

	for (;;) {
		target = virtio_read_device_config_le_4(sc->sc_vsc, BALLOON_NUM_PAGES);
		actual = sc->sc_actual;
		if (target == actual) {
			balloon_wait(sc, IDLE_MS);
			continue;
		}
		done = target > actual ? balloon_inflate(sc, target - actual) :
		    balloon_deflate(sc, actual - target);
		if (done)
			virtio_write_device_config_le_4(sc->sc_vsc, BALLOON_ACTUAL,
			    sc->sc_actual);
		else
			balloon_wait(sc, SHORTAGE_MS);
	}
}

/* ---- autoconf ---- */

static int
balloon_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;
}

static void
balloon_attach(device_t parent, device_t self, void *aux)
{
	static const char *const names[] = { "inflate", "deflate" };
	struct balloon_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int nqueues = 0;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": %s has a driver already\n", device_xname(parent));
		return;
	}
	sc->sc_dev = self;
	sc->sc_vsc = vsc;
	TAILQ_INIT(&sc->sc_pages);
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv, "balloon");

	virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, balloon_config_change,
	    virtio_vq_intr, 0, BALLOON_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Without any feature the device has refused them, unless it is a legacy one. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail_queues;
	for (; nqueues < NQUEUES; nqueues++) {
		if (virtio_alloc_vq(vsc, &sc->sc_vq[nqueues], nqueues, REQUEST_SIZE, 2,
		    names[nqueues]) != 0)
			goto fail_queues;
		sc->sc_vq[nqueues].vq_done = balloon_vq_done;
	}
	if (bus_dmamap_create(virtio_dmat(vsc), REQUEST_SIZE, 2, REQUEST_SIZE, 0,
	    BUS_DMA_WAITOK, &sc->sc_map) != 0)
		goto fail_queues;
	sc->sc_pfns = kmem_alloc(REQUEST_SIZE, KM_SLEEP);
	virtio_write_device_config_le_4(vsc, BALLOON_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, balloon_thread, sc, NULL,
	    "balloon") == 0)
		return;
	virtio_reset(vsc);
fail:
	kmem_free(sc->sc_pfns, REQUEST_SIZE);
	bus_dmamap_destroy(virtio_dmat(vsc), sc->sc_map);
fail_queues:
	aprint_error_dev(self, "cannot be used\n");
	while (nqueues-- > 0)
		virtio_free_vq(vsc, &sc->sc_vq[nqueues]);
	virtio_child_attach_failed(vsc);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
}

MODULE(MODULE_CLASS_DRIVER, balloon, "virtio");

static int
balloon_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
