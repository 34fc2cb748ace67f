/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), with adaptive mutexes only.
 *
 * Interrupt handlers schedule soft interrupts, one for each queue and one for the
 * configuration; these dequeue, under the lock of their queue, and wake the thread.  Each
 * queue has three requests of up to 333 pages.
 */

#include <sys/cdefs.h>
__KERNEL_RCSID(0, "$NetBSD$");

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/intr.h>
#include <sys/kthread.h>
#include <sys/module.h>
#include <sys/mutex.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#define	AB_NUM_PAGES		0	/* in the configuration space */
#define	AB_ACTUAL		4
#define	AB_MUST_TELL_HOST	(1 << 0)
#define	AB_REQUESTS		3	/* of a queue */
#define	AB_PAGES		333	/* in a request */
#define	AB_SIZE			(AB_PAGES * sizeof(uint32_t))
#define	AB_RETRY_MS		1000

struct ab_request {
	TAILQ_ENTRY(ab_request)	ar_link;
	bus_dma_segment_t	ar_seg;
	bus_dmamap_t		ar_map;
	uint32_t		*ar_pfns;	/* NULL: there is no buffer */
	struct pglist		ar_pages;
	int			ar_count;
	int			ar_slot;
};
TAILQ_HEAD(ab_requests, ab_request);

struct ab_queue {
	struct ab_softc		*aq_sc;
	struct virtqueue	*aq_vq;
	bool			aq_made;
	void			*aq_softint;
	kmutex_t		aq_lock;	/* of the queue and the lists */
	struct ab_requests	aq_idle, aq_out, aq_done;
	struct ab_request	aq_request[AB_REQUESTS];
};

struct ab_softc {
	device_t		ab_dev;
	struct virtio_softc	*ab_virtio;
	struct virtqueue	ab_vq[2];
	struct ab_queue		ab_queue[2];	/* inflate, deflate */
	void			*ab_softint;

	/* The thread's. */
	struct pglist		ab_pages;	/* in the balloon */
	uint32_t		ab_actual;
	uint32_t		ab_coming;	/* pages in inflate requests */
	uint32_t		ab_going;	/* pages in deflate requests */

	kmutex_t		ab_lock;
	kcondvar_t		ab_cv;
	bool			ab_work;
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct ab_softc), viomb_match, viomb_attach, NULL, NULL);

/* ---- interrupts ---- */

static void
ab_wake(void *arg)
{
	struct ab_softc *sc = arg;

	mutex_enter(&sc->ab_lock);
	sc->ab_work = true;
	cv_signal(&sc->ab_cv);
	mutex_exit(&sc->ab_lock);
}

/* Move the requests that have completed to the list of those. */
static void
ab_used(void *arg)
{
	struct ab_queue *aq = arg;
	struct virtio_softc *vsc = aq->aq_sc->ab_virtio;
	struct ab_request *ar;
	bool any = false;
	int slot;

	mutex_enter(&aq->aq_lock);
	while (virtio_dequeue(vsc, aq->aq_vq, &slot, NULL) == 0) {
		TAILQ_FOREACH(ar, &aq->aq_out, ar_link) {
			if (ar->ar_slot == slot)
				break;
		}
		/* Of no request: the device's mistake. */
		if (ar == NULL)
			continue;
		bus_dmamap_sync(virtio_dmat(vsc), ar->ar_map, 0,
		    ar->ar_count * sizeof(uint32_t), BUS_DMASYNC_POSTWRITE);
		virtio_dequeue_commit(vsc, aq->aq_vq, slot);
		TAILQ_REMOVE(&aq->aq_out, ar, ar_link);
		TAILQ_INSERT_TAIL(&aq->aq_done, ar, ar_link);
		any = true;
	}
	mutex_exit(&aq->aq_lock);
	if (any)
		ab_wake(aq->aq_sc);
}

static int
ab_config_change(struct virtio_softc *vsc)
{
	struct ab_softc *sc = device_private(virtio_child(vsc));

	softint_schedule(sc->ab_softint);

	return 1;
}

static int
ab_vq_done(struct virtqueue *vq)
{
	struct ab_softc *sc = device_private(virtio_child(vq->vq_owner));

	softint_schedule(sc->ab_queue[vq->vq_index].aq_softint);

	return 1;
}

/* ---- requests ---- */

/* The first request of a list, taken off it if so asked, or NULL. */
static struct ab_request *
ab_first(struct ab_queue *aq, struct ab_requests *list, bool remove)
{
	struct ab_request *ar;

	mutex_enter(&aq->aq_lock);
	ar = TAILQ_FIRST(list);
	if (ar != NULL && remove)
		TAILQ_REMOVE(list, ar, ar_link);
	mutex_exit(&aq->aq_lock);

	return ar;
}

static void
ab_release(struct ab_queue *aq, struct ab_request *ar)
{

	mutex_enter(&aq->aq_lock);
	TAILQ_INSERT_HEAD(&aq->aq_idle, ar, ar_link);
	mutex_exit(&aq->aq_lock);
}

/* Send an idle request for its pages.  False: there is no room. */
static bool
ab_send(struct ab_queue *aq, struct ab_request *ar)
{
	struct virtio_softc *vsc = aq->aq_sc->ab_virtio;
	const bus_size_t size = ar->ar_count * sizeof(uint32_t);
	struct vm_page *pg;
	int i = 0;

	TAILQ_FOREACH(pg, &ar->ar_pages, pageq.queue)
		ar->ar_pfns[i++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	KASSERT(i == ar->ar_count);

	mutex_enter(&aq->aq_lock);
	if (virtio_enqueue_prep(vsc, aq->aq_vq, &ar->ar_slot) != 0 ||
	    virtio_enqueue_reserve(vsc, aq->aq_vq, ar->ar_slot, 1) != 0) {
		mutex_exit(&aq->aq_lock);
		return false;
	}
	bus_dmamap_sync(virtio_dmat(vsc), ar->ar_map, 0, size, BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(vsc, aq->aq_vq, ar->ar_slot, ar->ar_map, 0, size, true);
	TAILQ_REMOVE(&aq->aq_idle, ar, ar_link);
	TAILQ_INSERT_TAIL(&aq->aq_out, ar, ar_link);
	virtio_enqueue_commit(vsc, aq->aq_vq, ar->ar_slot, true);
	mutex_exit(&aq->aq_lock);

	return true;
}

/* Make up to `count' pages a request; the number, 0 if all requests are out, or -1. */
static int
ab_inflate(struct ab_softc *sc, uint32_t count)
{
	struct ab_queue *aq = &sc->ab_queue[0];
	struct ab_request *ar = ab_first(aq, &aq->aq_idle, false);

	if (ar == NULL)
		return 0;
	ar->ar_count = MIN(count, AB_PAGES);
	while (uvm_pglistalloc((psize_t)ar->ar_count * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &ar->ar_pages, ar->ar_count, 0) != 0) {
		if (ar->ar_count == 1)
			return -1;
		ar->ar_count = howmany(ar->ar_count, 8);
	}
	if (!ab_send(aq, ar)) {
		uvm_pglistfree(&ar->ar_pages);
		return -1;
	}
	sc->ab_coming += ar->ar_count;

	return ar->ar_count;
}

/* The same the other way. */
static int
ab_deflate(struct ab_softc *sc, uint32_t count)
{
	struct ab_queue *aq = &sc->ab_queue[1];
	struct ab_request *ar = ab_first(aq, &aq->aq_idle, false);
	struct vm_page *pg;

	if (ar == NULL || TAILQ_EMPTY(&sc->ab_pages))
		return 0;
	TAILQ_INIT(&ar->ar_pages);
	for (ar->ar_count = 0; ar->ar_count < MIN(count, AB_PAGES); ar->ar_count++) {
		if ((pg = TAILQ_FIRST(&sc->ab_pages)) == NULL)
			break;
		TAILQ_REMOVE(&sc->ab_pages, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&ar->ar_pages, pg, pageq.queue);
	}
	if (!ab_send(aq, ar)) {
		TAILQ_CONCAT(&sc->ab_pages, &ar->ar_pages, pageq.queue);
		return -1;
	}
	sc->ab_going += ar->ar_count;

	return ar->ar_count;
}

static void
ab_collect(struct ab_softc *sc)
{
	struct ab_queue *in = &sc->ab_queue[0], *out = &sc->ab_queue[1];
	const uint32_t before = sc->ab_actual;
	struct ab_request *ar;

	while ((ar = ab_first(in, &in->aq_done, true)) != NULL) {
		TAILQ_CONCAT(&sc->ab_pages, &ar->ar_pages, pageq.queue);
		sc->ab_coming -= ar->ar_count;
		sc->ab_actual += ar->ar_count;
		ab_release(in, ar);
	}
	while ((ar = ab_first(out, &out->aq_done, true)) != NULL) {
		uvm_pglistfree(&ar->ar_pages);
		sc->ab_going -= ar->ar_count;
		sc->ab_actual -= ar->ar_count;
		ab_release(out, ar);
	}
	if (sc->ab_actual != before)
		virtio_write_device_config_le_4(sc->ab_virtio, AB_ACTUAL, sc->ab_actual);
}

static void
ab_thread(void *arg)
{
	struct ab_softc *sc = arg;
	int64_t missing;
	int moved;

	for (;;) {
		ab_collect(sc);
		do {
			missing = (int64_t)virtio_read_device_config_le_4(sc->ab_virtio,
			    AB_NUM_PAGES) - sc->ab_actual - sc->ab_coming + sc->ab_going;
			moved = 0;
			if (missing > 0)
				moved = ab_inflate(sc, missing);
			else if (missing < 0)
				moved = ab_deflate(sc, -missing);
		} while (moved > 0);

		mutex_enter(&sc->ab_lock);
		if (!sc->ab_work && moved < 0)
			cv_timedwait(&sc->ab_cv, &sc->ab_lock, MAX(1, mstohz(AB_RETRY_MS)));
		while (!sc->ab_work && moved == 0)
			cv_wait(&sc->ab_cv, &sc->ab_lock);
		sc->ab_work = false;
		mutex_exit(&sc->ab_lock);
	}
}

/* ---- autoconf ---- */

static int
viomb_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;
}

static bool
ab_make_buffer(bus_dma_tag_t dmat, struct ab_request *ar)
{
	void *kva;
	int nsegs;

	if (bus_dmamem_alloc(dmat, AB_SIZE, PAGE_SIZE, 0, &ar->ar_seg, 1, &nsegs,
	    BUS_DMA_WAITOK) != 0)
		return false;
	if (bus_dmamem_map(dmat, &ar->ar_seg, 1, AB_SIZE, &kva, BUS_DMA_WAITOK) != 0)
		goto free;
	if (bus_dmamap_create(dmat, AB_SIZE, 1, AB_SIZE, 0, BUS_DMA_WAITOK, &ar->ar_map) != 0)
		goto unmap;
	if (bus_dmamap_load(dmat, ar->ar_map, kva, AB_SIZE, NULL, BUS_DMA_WAITOK) != 0)
		goto destroy;
	ar->ar_pfns = kva;
	return true;

destroy:
	bus_dmamap_destroy(dmat, ar->ar_map);
unmap:
	bus_dmamem_unmap(dmat, kva, AB_SIZE);
free:
	bus_dmamem_free(dmat, &ar->ar_seg, 1);
	return false;
}

static void
ab_free_buffer(bus_dma_tag_t dmat, struct ab_request *ar)
{

	if (ar->ar_pfns == NULL)
		return;
	bus_dmamap_unload(dmat, ar->ar_map);
	bus_dmamap_destroy(dmat, ar->ar_map);
	bus_dmamem_unmap(dmat, ar->ar_pfns, AB_SIZE);
	bus_dmamem_free(dmat, &ar->ar_seg, 1);
}

static bool
ab_make_queue(struct ab_softc *sc, int index)
{
	struct ab_queue *aq = &sc->ab_queue[index];
	struct ab_request *ar;

	if (virtio_alloc_vq(sc->ab_virtio, aq->aq_vq, index, AB_SIZE, 1,
	    index == 0 ? "inflate" : "deflate") != 0)
		return false;
	aq->aq_made = true;
	aq->aq_vq->vq_done = ab_vq_done;
	for (ar = aq->aq_request; ar < aq->aq_request + AB_REQUESTS; ar++) {
		if (!ab_make_buffer(virtio_dmat(sc->ab_virtio), ar))
			return false;
		TAILQ_INSERT_TAIL(&aq->aq_idle, ar, ar_link);
	}

	return true;
}

static void
ab_free_queue(struct ab_softc *sc, int index)
{
	struct ab_queue *aq = &sc->ab_queue[index];
	struct ab_request *ar;

	for (ar = aq->aq_request; ar < aq->aq_request + AB_REQUESTS; ar++)
		ab_free_buffer(virtio_dmat(sc->ab_virtio), ar);
	if (aq->aq_made)
		virtio_free_vq(sc->ab_virtio, aq->aq_vq);
}

static void
ab_init(struct ab_softc *sc)
{
	struct ab_queue *aq;
	int i;

	TAILQ_INIT(&sc->ab_pages);
	mutex_init(&sc->ab_lock, MUTEX_DEFAULT, IPL_SOFTNET);
	cv_init(&sc->ab_cv, "viomb");
	sc->ab_softint = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, ab_wake, sc);
	for (i = 0; i < 2; i++) {
		aq = &sc->ab_queue[i];
		aq->aq_sc = sc;
		aq->aq_vq = &sc->ab_vq[i];
		mutex_init(&aq->aq_lock, MUTEX_DEFAULT, IPL_SOFTNET);
		TAILQ_INIT(&aq->aq_idle);
		TAILQ_INIT(&aq->aq_out);
		TAILQ_INIT(&aq->aq_done);
		aq->aq_softint = softint_establish(SOFTINT_NET | SOFTINT_MPSAFE, ab_used, aq);
	}
}

static bool
ab_has_softints(const struct ab_softc *sc)
{

	return sc->ab_softint != NULL && sc->ab_queue[0].aq_softint != NULL &&
	    sc->ab_queue[1].aq_softint != NULL;
}

static void
ab_fini(struct ab_softc *sc)
{
	struct ab_queue *aq;

	for (aq = sc->ab_queue; aq < sc->ab_queue + 2; aq++) {
		if (aq->aq_softint != NULL)
			softint_disestablish(aq->aq_softint);
		mutex_destroy(&aq->aq_lock);
	}
	if (sc->ab_softint != NULL)
		softint_disestablish(sc->ab_softint);
	cv_destroy(&sc->ab_cv);
	mutex_destroy(&sc->ab_lock);
}

static void
viomb_attach(device_t parent, device_t self, void *aux)
{
	struct ab_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->ab_dev = self;
	sc->ab_virtio = vsc;
	ab_init(sc);
	virtio_child_attach_start(vsc, self, IPL_VM, sc->ab_vq, ab_config_change,
	    virtio_vq_intr, VIRTIO_F_INTR_MPSAFE | VIRTIO_F_INTR_MSIX, AB_MUST_TELL_HOST,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
	/* Only a legacy device may agree on no feature at all. */
	if ((virtio_features(vsc) == 0 && vsc->sc_version_1) || !ab_has_softints(sc))
		goto fail;
	if (!ab_make_queue(sc, 0) || !ab_make_queue(sc, 1))
		goto fail;
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, AB_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, ab_thread, sc, NULL, "%s",
	    device_xname(self)) == 0)
		return;
	virtio_reset(vsc);
fail:
	aprint_error_dev(self, "lacks resources\n");
	ab_free_queue(sc, 1);
	ab_free_queue(sc, 0);
	virtio_child_attach_failed(vsc);
	ab_fini(sc);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
