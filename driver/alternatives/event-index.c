/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), whose page numbers stand in a ring that all requests share.
 *
 * A request that goes round the ring's end has two segments, and with that perhaps an indirect
 * descriptor.  There may be as many requests as the ring has room for.  The device may use
 * them in any order; their room comes back in the order of the ring.
 *
 * With RING_EVENT_IDX the device interrupts for one used buffer only, until the thread, which
 * does all the work, has taken what there is and asked for another interrupt.
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

#define	EI_NUM_PAGES		0	/* in the configuration space */
#define	EI_ACTUAL		4
#define	EI_MUST_TELL_HOST	(1 << 0)
#define	EI_RING			1000	/* page numbers in the ring */
#define	EI_RING_SIZE		(EI_RING * sizeof(uint32_t))
#define	EI_PAGES		150	/* in a request; EI_RING is no multiple */
#define	EI_SEGMENTS		2
#define	EI_RETRY_MS		500

enum { EI_INFLATE, EI_DEFLATE, EI_NQUEUES };

struct ei_request {
	TAILQ_ENTRY(ei_request)	er_link;	/* in the ring's order */
	int			er_queue;
	int			er_slot;
	bool			er_used;
	unsigned		er_start;	/* in the ring */
	unsigned		er_count;
	struct pglist		er_pages;
};

struct ei_softc {
	device_t		ei_dev;
	struct virtio_softc	*ei_virtio;
	struct virtqueue	ei_vq[EI_NQUEUES];

	bus_dma_segment_t	ei_segment;
	bus_dmamap_t		ei_map;
	uint32_t		*ei_ring;	/* NULL: not made */

	/* The thread's. */
	TAILQ_HEAD(, ei_request) ei_requests;	/* that have room in the ring */
	unsigned		ei_head;	/* where the next one begins */
	unsigned		ei_fill;	/* entries with a request */
	struct pglist		ei_balloon;
	uint32_t		ei_actual;
	uint32_t		ei_sent[EI_NQUEUES]; /* pages of requests that are out */

	kmutex_t		ei_lock;
	kcondvar_t		ei_cv;
	bool			ei_work;	/* look again before sleeping */
};

enum ei_result {
	EI_SENT,
	EI_LATER,		/* after a completion, if at all */
	EI_SHORT		/* of memory or of descriptors */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct ei_softc), viomb_match, viomb_attach, NULL, NULL);

/* ---- interrupts ---- */

static void
ei_wake(struct ei_softc *sc)
{

	mutex_enter(&sc->ei_lock);
	sc->ei_work = true;
	cv_broadcast(&sc->ei_cv);
	mutex_exit(&sc->ei_lock);
}

static int
ei_config_change(struct virtio_softc *vsc)
{

	ei_wake(device_private(virtio_child(vsc)));

	return 1;
}

static int
ei_vq_done(struct virtqueue *vq)
{

	ei_wake(device_private(virtio_child(vq->vq_owner)));

	return 1;
}

/* ---- ring of page numbers ---- */

static bool
ei_alloc_ring(struct ei_softc *sc)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->ei_virtio);
	void *kva;
	int nsegs;

	if (bus_dmamem_alloc(dmat, EI_RING_SIZE, PAGE_SIZE, 0, &sc->ei_segment, 1, &nsegs,
	    BUS_DMA_WAITOK) != 0)
		return false;
	if (bus_dmamem_map(dmat, &sc->ei_segment, 1, EI_RING_SIZE, &kva, BUS_DMA_WAITOK) != 0)
		goto fail_map;
	if (bus_dmamap_create(dmat, EI_RING_SIZE, 1, EI_RING_SIZE, 0, BUS_DMA_WAITOK,
	    &sc->ei_map) != 0)
		goto fail_create;
	if (bus_dmamap_load(dmat, sc->ei_map, kva, EI_RING_SIZE, NULL,
	    BUS_DMA_WAITOK | BUS_DMA_WRITE) != 0)
		goto fail_load;
	sc->ei_ring = kva;

	return true;

fail_load:
	bus_dmamap_destroy(dmat, sc->ei_map);
fail_create:
	bus_dmamem_unmap(dmat, kva, EI_RING_SIZE);
fail_map:
	bus_dmamem_free(dmat, &sc->ei_segment, 1);
	return false;
}

static void
ei_free_ring(struct ei_softc *sc)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->ei_virtio);

	if (sc->ei_ring == NULL)
		return;
	bus_dmamap_unload(dmat, sc->ei_map);
	bus_dmamap_destroy(dmat, sc->ei_map);
	bus_dmamem_unmap(dmat, sc->ei_ring, EI_RING_SIZE);
	bus_dmamem_free(dmat, &sc->ei_segment, 1);
}

/* Entries of a request up to the ring's end; any others are at its beginning. */
static unsigned
ei_first(const struct ei_request *er)
{

	return MIN(er->er_count, EI_RING - er->er_start);
}

static void
ei_sync(struct ei_softc *sc, const struct ei_request *er, int ops)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->ei_virtio);
	const unsigned first = ei_first(er);

	bus_dmamap_sync(dmat, sc->ei_map, er->er_start * sizeof(uint32_t),
	    first * sizeof(uint32_t), ops);
	if (first < er->er_count)
		bus_dmamap_sync(dmat, sc->ei_map, 0, (er->er_count - first) * sizeof(uint32_t),
		    ops);
}

/* Write the numbers of the request's pages to the ring's head, where there is room for them. */
static void
ei_fill_in(struct ei_softc *sc, struct ei_request *er)
{
	struct vm_page *pg;
	unsigned i = sc->ei_head;

	er->er_start = i;
	er->er_count = 0;
	TAILQ_FOREACH(pg, &er->er_pages, pageq.queue) {
		sc->ei_ring[i] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
		i = (i + 1) % EI_RING;
		er->er_count++;
	}
}

/* ---- requests ---- */

/* False: there are not enough descriptors, and the ring is as it was. */
static bool
ei_send(struct ei_softc *sc, struct ei_request *er)
{
	struct virtio_softc *vsc = sc->ei_virtio;
	struct virtqueue *vq = &sc->ei_vq[er->er_queue];
	unsigned first;

	ei_fill_in(sc, er);
	first = ei_first(er);
	if (virtio_enqueue_prep(vsc, vq, &er->er_slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, er->er_slot,
	    first < er->er_count ? EI_SEGMENTS : 1) != 0)
		return false;
	ei_sync(sc, er, BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(vsc, vq, er->er_slot, sc->ei_map, er->er_start * sizeof(uint32_t),
	    first * sizeof(uint32_t), true);
	if (first < er->er_count)
		virtio_enqueue_p(vsc, vq, er->er_slot, sc->ei_map, 0,
		    (er->er_count - first) * sizeof(uint32_t), true);
	TAILQ_INSERT_TAIL(&sc->ei_requests, er, er_link);
	sc->ei_head = (sc->ei_head + er->er_count) % EI_RING;
	sc->ei_fill += er->er_count;
	sc->ei_sent[er->er_queue] += er->er_count;
	virtio_enqueue_commit(vsc, vq, er->er_slot, true);

	return true;
}

static void
ei_complete(struct ei_softc *sc, struct ei_request *er)
{

	ei_sync(sc, er, BUS_DMASYNC_POSTWRITE);
	virtio_dequeue_commit(sc->ei_virtio, &sc->ei_vq[er->er_queue], er->er_slot);
	er->er_used = true;
	sc->ei_sent[er->er_queue] -= er->er_count;
	if (er->er_queue == EI_INFLATE) {
		TAILQ_CONCAT(&sc->ei_balloon, &er->er_pages, pageq.queue);
		sc->ei_actual += er->er_count;
	} else {
		uvm_pglistfree(&er->er_pages);
		sc->ei_actual -= er->er_count;
	}
}

static void
ei_drain_queue(struct ei_softc *sc, int queue)
{
	struct ei_request *er;
	int slot;

	while (virtio_dequeue(sc->ei_virtio, &sc->ei_vq[queue], &slot, NULL) == 0) {
		TAILQ_FOREACH(er, &sc->ei_requests, er_link) {
			if (er->er_queue == queue && er->er_slot == slot && !er->er_used)
				break;
		}
		/* If the device returned what it does not have, that is not ours to release. */
		if (er != NULL)
			ei_complete(sc, er);
	}
}

static void
ei_drain(struct ei_softc *sc)
{
	const uint32_t before = sc->ei_actual;
	struct ei_request *er;
	int queue;

	for (queue = 0; queue < EI_NQUEUES; queue++) {
		/* What came after the last look and before the request has no interrupt. */
		do {
			ei_drain_queue(sc, queue);
		} while (virtio_start_vq_intr(sc->ei_virtio, &sc->ei_vq[queue]) != 0);
	}
	while ((er = TAILQ_FIRST(&sc->ei_requests)) != NULL && er->er_used) {
		TAILQ_REMOVE(&sc->ei_requests, er, er_link);
		sc->ei_fill -= er->er_count;
		kmem_free(er, sizeof(*er));
	}
	if (sc->ei_actual != before)
		virtio_write_device_config_le_4(sc->ei_virtio, EI_ACTUAL, sc->ei_actual);
}

/* Give a request its pages, `count' or fewer.  False: there is no memory. */
static bool
ei_take_pages(struct ei_softc *sc, struct ei_request *er, unsigned count)
{
	struct vm_page *pg;

	if (er->er_queue == EI_INFLATE) {
		while (uvm_pglistalloc((psize_t)count * PAGE_SIZE, 0,
		    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &er->er_pages, count, 0) != 0) {
			count /= 2;
			if (count == 0)
				return false;
		}
		return true;
	}
	TAILQ_INIT(&er->er_pages);
	for (; count > 0 && (pg = TAILQ_FIRST(&sc->ei_balloon)) != NULL; count--) {
		TAILQ_REMOVE(&sc->ei_balloon, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&er->er_pages, pg, pageq.queue);
	}
	return true;
}

/* One request's worth of up to `want' pages. */
static enum ei_result
ei_request(struct ei_softc *sc, int queue, uint32_t want)
{
	unsigned count = MIN(MIN(want, EI_PAGES), EI_RING - sc->ei_fill);
	struct ei_request *er;

	/* A queue of one may never have descriptors for two segments. */
	if (sc->ei_vq[queue].vq_num < EI_SEGMENTS)
		count = MIN(count, EI_RING - sc->ei_head);
	if (count == 0 || (queue == EI_DEFLATE && TAILQ_EMPTY(&sc->ei_balloon)))
		return EI_LATER;
	er = kmem_zalloc(sizeof(*er), KM_SLEEP);
	er->er_queue = queue;
	if (!ei_take_pages(sc, er, count))
		goto fail;
	if (ei_send(sc, er))
		return EI_SENT;
	if (queue == EI_INFLATE)
		uvm_pglistfree(&er->er_pages);
	else
		TAILQ_CONCAT(&sc->ei_balloon, &er->er_pages, pageq.queue);
fail:
	kmem_free(er, sizeof(*er));
	return EI_SHORT;
}

/* ---- thread ---- */

static enum ei_result
ei_step(struct ei_softc *sc)
{
	int64_t missing;

	ei_drain(sc);
	missing = virtio_read_device_config_le_4(sc->ei_virtio, EI_NUM_PAGES);
	missing += sc->ei_sent[EI_DEFLATE];
	missing -= sc->ei_sent[EI_INFLATE];
	missing -= sc->ei_actual;
	if (missing > 0)
		return ei_request(sc, EI_INFLATE, missing);
	if (missing < 0)
		return ei_request(sc, EI_DEFLATE, -missing);
	return EI_LATER;
}

static void
ei_thread(void *arg)
{
	struct ei_softc *sc = arg;
	enum ei_result result;

	for (;;) {
		do {
			result = ei_step(sc);
		} while (result == EI_SENT);
		mutex_enter(&sc->ei_lock);
		if (result == EI_SHORT && !sc->ei_work)
			cv_timedwait(&sc->ei_cv, &sc->ei_lock, MAX(1, mstohz(EI_RETRY_MS)));
		while (result == EI_LATER && !sc->ei_work)
			cv_wait(&sc->ei_cv, &sc->ei_lock);
		sc->ei_work = false;
		mutex_exit(&sc->ei_lock);
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
	static const char *const names[] = { "inflate", "deflate" };
	struct ei_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);
	int nqueues = 0;

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->ei_dev = self;
	sc->ei_virtio = vsc;
	TAILQ_INIT(&sc->ei_balloon);
	TAILQ_INIT(&sc->ei_requests);
	mutex_init(&sc->ei_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->ei_cv, "viomb");
	virtio_child_attach_start(vsc, self, IPL_VM, sc->ei_vq, ei_config_change,
	    virtio_vq_intr, 0, EI_MUST_TELL_HOST | VIRTIO_F_RING_EVENT_IDX,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	for (; nqueues < EI_NQUEUES; nqueues++) {
		if (virtio_alloc_vq(vsc, &sc->ei_vq[nqueues], nqueues, EI_RING_SIZE,
		    EI_SEGMENTS, names[nqueues]) != 0)
			goto fail;
		sc->ei_vq[nqueues].vq_done = ei_vq_done;
	}
	if (!ei_alloc_ring(sc))
		goto fail;
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, EI_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ei_thread, sc, NULL, "%s",
	    device_xname(self)) == 0)
		return;
	virtio_reset(vsc);
fail:
	aprint_error_dev(self, "lacks resources\n");
	ei_free_ring(sc);
	while (nqueues-- > 0)
		virtio_free_vq(vsc, &sc->ei_vq[nqueues]);
	virtio_child_attach_failed(vsc);
	cv_destroy(&sc->ei_cv);
	mutex_destroy(&sc->ei_lock);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
