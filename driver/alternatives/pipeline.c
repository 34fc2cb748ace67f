/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), with up to four requests out on each queue.
 *
 * A request has a buffer of its own from kmem(9), loaded while the request is out.  The
 * interrupt handler dequeues used buffers and moves their requests to a list; the thread
 * takes them from there, writes `actual' once for all of them, and sends what it can, with
 * one notification.  Pages leave the balloon when their request has completed.
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

#define	CFG_NUM_PAGES		0
#define	CFG_ACTUAL		4
#define	F_MUST_TELL_HOST	(1 << 0)
#define	FEATURE_NAMES		VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0"

enum { INFLATE, DEFLATE, NQUEUES };

#define	NREQS			4
#define	REQ_PAGES		128
#define	REQ_BYTES		(REQ_PAGES * sizeof(uint32_t))
#define	PADDR_HIGH		((paddr_t)UINT32_MAX * PAGE_SIZE)
#define	RETRY_MS		2000	/* after a failure that no interrupt ends */

struct request {
	TAILQ_ENTRY(request) r_link;	/* in one of the lists below */
	int		r_queue;
	int		r_slot;		/* while out */
	int		r_count;	/* pages */
	struct pglist	r_pages;
	uint32_t	*r_pfns;
	bus_dmamap_t	r_map;
};
TAILQ_HEAD(requests, request);

struct viomb_softc {
	device_t		sc_dev;
	struct virtio_softc	*sc_virtio;
	struct virtqueue	sc_vq[NQUEUES];

	/* The thread's. */
	struct request		sc_reqs[NQUEUES][NREQS];
	struct requests		sc_idle[NQUEUES];
	uint32_t		sc_actual;	/* pages that the host holds */
	uint32_t		sc_sent[NQUEUES]; /* pages of requests that are out */
	struct pglist		sc_balloon;

	kmutex_t		sc_lock;	/* of what follows */
	kcondvar_t		sc_cv;
	struct requests		sc_out[NQUEUES];
	struct requests		sc_done;
	bool			sc_changed;	/* the configuration did */
	bool			sc_closing;	/* the target is 0, whatever the host wants */
	bool			sc_empty;	/* closing, and nothing is left */
	bool			sc_dying;	/* the thread is to end */
	lwp_t			*sc_lwp;
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);
static int	viomb_detach(device_t, int);
static void	viomb_thread(void *);

static bool viomb_attached;		/* one balloon a system */

CFATTACH_DECL_NEW(viomb, sizeof(struct viomb_softc),
    viomb_match, viomb_attach, viomb_detach, NULL);

/* ---- interrupts ---- */

static int
viomb_config_change(struct virtio_softc *vsc)
{
	struct viomb_softc *sc = device_private(virtio_child(vsc));

	mutex_enter(&sc->sc_lock);
	sc->sc_changed = true;
	cv_broadcast(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);

	return 1;
}

static int
viomb_vq_done(struct virtqueue *vq)
{
	struct virtio_softc *vsc = vq->vq_owner;
	struct viomb_softc *sc = device_private(virtio_child(vsc));
	struct request *r;
	int slot, handled = 0;

	mutex_enter(&sc->sc_lock);
	while (virtio_dequeue(vsc, vq, &slot, NULL) == 0) {
		handled = 1;
		TAILQ_FOREACH(r, &sc->sc_out[vq->vq_index], r_link) {
			if (r->r_slot == slot)
				break;
		}
		/* The device returned what it does not have: not ours to release. */
		if (r == NULL)
			continue;
		virtio_dequeue_commit(vsc, vq, slot);
		TAILQ_REMOVE(&sc->sc_out[vq->vq_index], r, r_link);
		TAILQ_INSERT_TAIL(&sc->sc_done, r, r_link);
	}
	if (!TAILQ_EMPTY(&sc->sc_done))
		cv_broadcast(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);

	return handled;
}

/* ---- requests ---- */

static void
viomb_free_requests(struct viomb_softc *sc)
{
	struct request *r;
	int q;

	for (q = 0; q < NQUEUES; q++) {
		while ((r = TAILQ_FIRST(&sc->sc_idle[q])) != NULL) {
			TAILQ_REMOVE(&sc->sc_idle[q], r, r_link);
			bus_dmamap_destroy(virtio_dmat(sc->sc_virtio), r->r_map);
			kmem_free(r->r_pfns, REQ_BYTES);
		}
	}
}

static bool
viomb_alloc_requests(struct viomb_softc *sc)
{
	struct request *r;
	int i, q;

	for (q = 0; q < NQUEUES; q++) {
		for (i = 0; i < NREQS; i++) {
			r = &sc->sc_reqs[q][i];
			r->r_queue = q;
			/* The buffer may cross a page. */
			if (bus_dmamap_create(virtio_dmat(sc->sc_virtio), REQ_BYTES, 2,
			    REQ_BYTES, 0, BUS_DMA_WAITOK, &r->r_map) != 0)
				return false;
			r->r_pfns = kmem_alloc(REQ_BYTES, KM_SLEEP);
			TAILQ_INSERT_TAIL(&sc->sc_idle[q], r, r_link);
		}
	}
	return true;
}

/* Send an idle request for its pages; the device is notified later.  False: no room. */
static bool
viomb_send(struct viomb_softc *sc, struct request *r)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	bus_dma_tag_t dmat = virtio_dmat(vsc);
	struct virtqueue *vq = &sc->sc_vq[r->r_queue];
	const size_t size = r->r_count * sizeof(uint32_t);
	struct vm_page *pg;
	int i = 0;

	TAILQ_FOREACH(pg, &r->r_pages, pageq.queue)
		r->r_pfns[i++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);

	if (bus_dmamap_load(dmat, r->r_map, r->r_pfns, size, NULL,
	    BUS_DMA_NOWAIT | BUS_DMA_WRITE) != 0)
		return false;
	if (virtio_enqueue_prep(vsc, vq, &r->r_slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, r->r_slot, r->r_map->dm_nsegs) != 0) {
		bus_dmamap_unload(dmat, r->r_map);
		return false;
	}
	bus_dmamap_sync(dmat, r->r_map, 0, size, BUS_DMASYNC_PREWRITE);
	virtio_enqueue(vsc, vq, r->r_slot, r->r_map, true);

	TAILQ_REMOVE(&sc->sc_idle[r->r_queue], r, r_link);
	sc->sc_sent[r->r_queue] += r->r_count;
	mutex_enter(&sc->sc_lock);
	TAILQ_INSERT_TAIL(&sc->sc_out[r->r_queue], r, r_link);
	virtio_enqueue_commit(vsc, vq, r->r_slot, false);
	mutex_exit(&sc->sc_lock);

	return true;
}

static void
viomb_notify(struct viomb_softc *sc, int q)
{

	mutex_enter(&sc->sc_lock);
	virtio_enqueue_commit(sc->sc_virtio, &sc->sc_vq[q], -1, true);
	mutex_exit(&sc->sc_lock);
}

/* A request has completed. */
static void
viomb_complete(struct viomb_softc *sc, struct request *r)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->sc_virtio);

	bus_dmamap_sync(dmat, r->r_map, 0, r->r_count * sizeof(uint32_t),
	    BUS_DMASYNC_POSTWRITE);
	bus_dmamap_unload(dmat, r->r_map);
	sc->sc_sent[r->r_queue] -= r->r_count;
	if (r->r_queue == INFLATE) {
		sc->sc_actual += r->r_count;
		TAILQ_CONCAT(&sc->sc_balloon, &r->r_pages, pageq.queue);
	} else {
		sc->sc_actual -= r->r_count;
		uvm_pglistfree(&r->r_pages);
	}
	TAILQ_INSERT_TAIL(&sc->sc_idle[r->r_queue], r, r_link);
}

/* ---- thread ---- */

/* Pages still to be asked for; negative: to be taken back. */
static int64_t
viomb_missing(struct viomb_softc *sc, uint32_t target)
{

	return (int64_t)target + sc->sc_sent[DEFLATE] - sc->sc_sent[INFLATE] -
	    sc->sc_actual;
}

/* Returns whether to try again without being asked to. */
static bool
viomb_inflate(struct viomb_softc *sc, uint32_t target)
{
	struct request *r;
	bool failed = false, sent = false;

	while (!failed && viomb_missing(sc, target) > 0 &&
	    (r = TAILQ_FIRST(&sc->sc_idle[INFLATE])) != NULL) {
		r->r_count = MIN(viomb_missing(sc, target), REQ_PAGES);
		if (uvm_pglistalloc((psize_t)r->r_count * PAGE_SIZE, 0, PADDR_HIGH, 0, 0,
		    &r->r_pages, r->r_count, 0) != 0)
			failed = true;
		else if (viomb_send(sc, r))
			sent = true;
		else {
			uvm_pglistfree(&r->r_pages);
			failed = true;
		}
	}
	if (sent)
		viomb_notify(sc, INFLATE);

	return failed;
}

static bool
viomb_deflate(struct viomb_softc *sc, uint32_t target)
{
	struct vm_page *pg;
	struct request *r;
	bool failed = false, sent = false;

	while (!failed && viomb_missing(sc, target) < 0 &&
	    !TAILQ_EMPTY(&sc->sc_balloon) &&
	    (r = TAILQ_FIRST(&sc->sc_idle[DEFLATE])) != NULL) {
		TAILQ_INIT(&r->r_pages);
		for (r->r_count = 0; r->r_count < MIN(-viomb_missing(sc, target),
		    REQ_PAGES); r->r_count++) {
			if ((pg = TAILQ_FIRST(&sc->sc_balloon)) == NULL)
				break;
			TAILQ_REMOVE(&sc->sc_balloon, pg, pageq.queue);
			TAILQ_INSERT_TAIL(&r->r_pages, pg, pageq.queue);
		}
		if (viomb_send(sc, r))
			sent = true;
		else {
			TAILQ_CONCAT(&sc->sc_balloon, &r->r_pages, pageq.queue);
			failed = true;
		}
	}
	if (sent)
		viomb_notify(sc, DEFLATE);

	return failed;
}

static void
viomb_thread(void *arg)
{
	struct viomb_softc *sc = arg;
	struct requests done;
	struct request *r;
	uint32_t before, target;
	bool closing, retry;

	for (;;) {
		mutex_enter(&sc->sc_lock);
		sc->sc_changed = false;
		closing = sc->sc_closing;
		TAILQ_INIT(&done);
		TAILQ_CONCAT(&done, &sc->sc_done, r_link);
		mutex_exit(&sc->sc_lock);

		before = sc->sc_actual;
		while ((r = TAILQ_FIRST(&done)) != NULL) {
			TAILQ_REMOVE(&done, r, r_link);
			viomb_complete(sc, r);
		}
		if (sc->sc_actual != before)
			virtio_write_device_config_le_4(sc->sc_virtio, CFG_ACTUAL,
			    sc->sc_actual);
		target = closing ? 0 : virtio_read_device_config_le_4(sc->sc_virtio,
		    CFG_NUM_PAGES);
		retry = viomb_inflate(sc, target) | viomb_deflate(sc, target);

		mutex_enter(&sc->sc_lock);
		if (sc->sc_closing && closing && sc->sc_actual == 0 &&
		    sc->sc_sent[INFLATE] == 0) {
			sc->sc_empty = true;
			cv_broadcast(&sc->sc_cv);
		}
		while (!sc->sc_changed && !sc->sc_dying && TAILQ_EMPTY(&sc->sc_done)) {
			if (!retry)
				cv_wait(&sc->sc_cv, &sc->sc_lock);
			else if (cv_timedwait(&sc->sc_cv, &sc->sc_lock,
			    MAX(1, mstohz(RETRY_MS))) != 0)
				break;
		}
		if (sc->sc_dying)
			break;
		mutex_exit(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock);
	kthread_exit(0);
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
	static const char *const names[] = { "inflate", "deflate" };
	struct viomb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int q = 0;

	if (virtio_child(vsc) != NULL || viomb_attached) {
		aprint_normal(": not attached, there is a driver or a balloon\n");
		return;
	}
	viomb_attached = true;

	sc->sc_dev = self;
	sc->sc_virtio = vsc;
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv, "viomb");
	TAILQ_INIT(&sc->sc_balloon);
	TAILQ_INIT(&sc->sc_done);
	for (q = 0; q < NQUEUES; q++) {
		TAILQ_INIT(&sc->sc_idle[q]);
		TAILQ_INIT(&sc->sc_out[q]);
	}

	virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq, viomb_config_change,
	    virtio_vq_intr, VIRTIO_F_INTR_MPSAFE, F_MUST_TELL_HOST, FEATURE_NAMES);
	/* Only a legacy device may agree on no feature at all. */
	q = 0;
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	for (; q < NQUEUES; q++) {
		if (virtio_alloc_vq(vsc, &sc->sc_vq[q], q, REQ_BYTES, 2, names[q]) != 0)
			goto fail;
		sc->sc_vq[q].vq_done = viomb_vq_done;
	}
	if (!viomb_alloc_requests(sc)) {
		aprint_error_dev(self, "no memory for requests\n");
		goto fail;
	}
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, CFG_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, viomb_thread,
	    sc, &sc->sc_lwp, "viomb") != 0) {
		aprint_error_dev(self, "no kernel thread\n");
		virtio_reset(vsc);
		goto fail;
	}
	return;

fail:
	viomb_free_requests(sc);
	while (q-- > 0)
		virtio_free_vq(vsc, &sc->sc_vq[q]);
	virtio_child_attach_failed(vsc);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
	viomb_attached = false;
}

static int
viomb_detach(device_t self, int flags)
{
	struct viomb_softc *sc = device_private(self);
	struct virtio_softc *vsc = sc->sc_virtio;
	int q, error = 0;

	if (sc->sc_lwp == NULL)
		return 0;

	/* The host's pages cannot be freed; one that completes nothing keeps us here. */
	mutex_enter(&sc->sc_lock);
	sc->sc_closing = sc->sc_changed = true;
	sc->sc_empty = false;
	cv_broadcast(&sc->sc_cv);
	while (!sc->sc_empty && error == 0)
		error = cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(20000));
	sc->sc_closing = false;
	sc->sc_changed = true;
	sc->sc_dying = sc->sc_empty;
	cv_broadcast(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	if (!sc->sc_dying)
		return EBUSY;

	kthread_join(sc->sc_lwp);
	virtio_reset(vsc);
	viomb_free_requests(sc);
	for (q = 0; q < NQUEUES; q++)
		virtio_free_vq(vsc, &sc->sc_vq[q]);
	virtio_child_detach(vsc);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
	viomb_attached = false;

	return 0;
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
