/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4): the virtio memory balloon (virtio specification, 5.5).
 *
 * The host writes a target, `num_pages', to the configuration space.  To inflate, the
 * driver allocates pages and sends their numbers to the host on queue 0; to deflate, it
 * names pages on queue 1 and frees them.  It writes the number of pages that the host
 * holds to `actual'.
 *
 * A kernel thread does all the work, one request at a time.  Interrupt handlers only set
 * flags under sc_lock and wake it.
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
#include <sys/sysctl.h>

#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#include <dev/pci/virtiovar.h>

#include "ioconf.h"

/* Configuration space, spec 5.5.4: bytes, each field 32 bits and little endian. */
#define	BALLOON_CFG_NUM_PAGES	0
#define	BALLOON_CFG_ACTUAL	4

/* Feature bits, spec 5.5.3. */
#define	BALLOON_F_MUST_TELL_HOST	(1 << 0)
#define	BALLOON_F_STATS_VQ		(1 << 1)
#define	BALLOON_FEATURE_NAMES						\
	VIRTIO_COMMON_FLAG_BITS						\
	"b\x01" "STATS_VQ\0"						\
	"b\x00" "MUST_TELL_HOST\0"

/* Queues, spec 5.5.2. */
#define	BALLOON_VQ_INFLATE	0
#define	BALLOON_VQ_DEFLATE	1
#define	BALLOON_NVQS		2

/* A request names at most this many pages: one megabyte. */
#define	BALLOON_REQ_PAGES	256
#define	BALLOON_REQ_BYTES	(sizeof(uint32_t) * BALLOON_REQ_PAGES)

/* Physical address range of the balloon's pages. */
#define	BALLOON_PADDR_LOW	0
#define	BALLOON_PADDR_HIGH	(UINT32_MAX * PAGE_SIZE)

/* Timeouts of the thread's sleep, in milliseconds. */
#define	BALLOON_NAP_IDLE	30000	/* target reached */
#define	BALLOON_NAP_SHORTAGE	10000	/* allocation failed */
#define	BALLOON_NAP_INFLATE	1000	/* inflating */
#define	BALLOON_NAP_BUSY	100	/* deflating, or waiting for a request in flight */

/* The host counts units of VIRTIO_PAGE_SIZE, the driver counts pages: they must be equal. */
CTASSERT(PAGE_SIZE == VIRTIO_PAGE_SIZE);

/* The request in flight; there is at most one. */
struct viomb_request {
	bus_dmamap_t	vr_map;		/* of vr_pfns, always loaded */
	struct pglist	vr_pages;	/* its pages */
	int		vr_count;	/* number of pages */
	uint32_t	vr_pfns[BALLOON_REQ_PAGES]; /* read by the host */
};

struct viomb_softc {
	device_t		sc_dev;
	struct virtio_softc	*sc_virtio;
	struct virtqueue	sc_vq[BALLOON_NVQS];

	/* Copies of the configuration space. */
	unsigned int		sc_target;	/* num_pages */
	unsigned int		sc_actual;

	int			sc_inflight;	/* pages; negative when deflating */
	struct viomb_request	sc_req;
	struct pglist		sc_balloon;	/* pages that the host holds */

	kmutex_t		sc_lock;	/* protects the flags below */
	kcondvar_t		sc_wakeup;
	int			sc_inflate_completed;
	int			sc_deflate_completed;
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

static bool	viomb_alloc_queues(struct viomb_softc *);
static void	viomb_free_queues(struct viomb_softc *);
static bool	viomb_map_request(struct viomb_softc *);
static void	viomb_unmap_request(struct viomb_softc *);
static bool	viomb_start_thread(struct viomb_softc *);
static void	viomb_create_sysctl(struct viomb_softc *);

static int	viomb_config_change(struct virtio_softc *);
static int	viomb_inflate_intr(struct virtqueue *);
static int	viomb_deflate_intr(struct virtqueue *);

static void	viomb_thread(void *);

/* There is one balloon per system: the number of attach attempts. */
static int viomb_attaches = 0;

CFATTACH_DECL_NEW(viomb, sizeof(struct viomb_softc),
    viomb_match, viomb_attach, NULL, NULL);

/*
 * Read the host's target and the device's `actual'.
 */
static void
viomb_read_config(struct viomb_softc *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	sc->sc_target = virtio_read_device_config_le_4(vsc,
	    BALLOON_CFG_NUM_PAGES);
	sc->sc_actual = virtio_read_device_config_le_4(vsc,
	    BALLOON_CFG_ACTUAL);
}

/*
 * Set `actual', and read the configuration back.
 */
static void
viomb_write_actual(struct viomb_softc *sc, uint32_t npages)
{

	virtio_write_device_config_le_4(sc->sc_virtio, BALLOON_CFG_ACTUAL,
	    npages);
	viomb_read_config(sc);
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
	struct viomb_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": %s is taken by another driver\n",
		    device_xname(parent));
		return;
	}
	if (viomb_attaches++ != 0) {
		aprint_normal(": only one memory balloon is supported\n");
		return;
	}

	sc->sc_dev = self;
	sc->sc_virtio = vsc;

	virtio_child_attach_start(vsc, self, IPL_VM, sc->sc_vq,
	    viomb_config_change, virtio_vq_intr, 0,
	    BALLOON_F_MUST_TELL_HOST, BALLOON_FEATURE_NAMES);
	if (virtio_features(vsc) == 0)
		goto fail;

	viomb_read_config(sc);
	sc->sc_inflight = 0;
	TAILQ_INIT(&sc->sc_balloon);
	sc->sc_inflate_completed = 0;
	sc->sc_deflate_completed = 0;
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_wakeup, "balloon");

	if (!viomb_alloc_queues(sc))
		goto fail_lock;
	if (!viomb_map_request(sc))
		goto fail_queues;
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail_map;
	if (!viomb_start_thread(sc))
		goto fail_map;
	viomb_create_sysctl(sc);
	return;

fail_map:
	viomb_unmap_request(sc);
fail_queues:
	viomb_free_queues(sc);
fail_lock:
	cv_destroy(&sc->sc_wakeup);
	mutex_destroy(&sc->sc_lock);
fail:
	virtio_child_attach_failed(vsc);
}

/*
 * Allocate both queues or none.  virtio_alloc_vq() clears the queue, so set callbacks last.
 */
static bool
viomb_alloc_queues(struct viomb_softc *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	struct virtqueue *inflateq = &sc->sc_vq[BALLOON_VQ_INFLATE];
	struct virtqueue *deflateq = &sc->sc_vq[BALLOON_VQ_DEFLATE];

	if (virtio_alloc_vq(vsc, inflateq, BALLOON_VQ_INFLATE,
	    BALLOON_REQ_BYTES, 1, "inflate") != 0)
		return false;
	if (virtio_alloc_vq(vsc, deflateq, BALLOON_VQ_DEFLATE,
	    BALLOON_REQ_BYTES, 1, "deflate") != 0) {
		virtio_free_vq(vsc, inflateq);
		return false;
	}
	inflateq->vq_done = viomb_inflate_intr;
	deflateq->vq_done = viomb_deflate_intr;

	return true;
}

static void
viomb_free_queues(struct viomb_softc *sc)
{

	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[BALLOON_VQ_DEFLATE]);
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[BALLOON_VQ_INFLATE]);
}

/*
 * Create and load the DMA map of the page numbers, once for all requests.
 */
static bool
viomb_map_request(struct viomb_softc *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	struct viomb_request *vr = &sc->sc_req;

	if (bus_dmamap_create(virtio_dmat(vsc), BALLOON_REQ_BYTES, 1,
	    BALLOON_REQ_BYTES, 0, BUS_DMA_NOWAIT, &vr->vr_map) != 0) {
		aprint_error_dev(sc->sc_dev, "no DMA map for requests\n");
		return false;
	}
	if (bus_dmamap_load(virtio_dmat(vsc), vr->vr_map, vr->vr_pfns,
	    BALLOON_REQ_BYTES, NULL, BUS_DMA_NOWAIT) != 0) {
		aprint_error_dev(sc->sc_dev, "cannot map requests for DMA\n");
		viomb_unmap_request(sc);
		return false;
	}

	return true;
}

static void
viomb_unmap_request(struct viomb_softc *sc)
{

	bus_dmamap_destroy(virtio_dmat(sc->sc_virtio), sc->sc_req.vr_map);
}

static bool
viomb_start_thread(struct viomb_softc *sc)
{

	if (kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, viomb_thread, sc,
	    NULL, "viomb") != 0) {
		aprint_error_dev(sc->sc_dev, "no kernel thread\n");
		return false;
	}

	return true;
}

/*
 * Create hw.viomb.npages and hw.viomb.actual, both read-only.
 */
static void
viomb_create_sysctl(struct viomb_softc *sc)
{
	const struct sysctlnode *node;

	sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_NODE, "viomb",
	    SYSCTL_DESCR("Memory balloon of the host"), NULL, 0, NULL, 0,
	    CTL_HW, CTL_CREATE, CTL_EOL);
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "npages",
	    SYSCTL_DESCR("Pages that the host wants"), NULL, 0,
	    &sc->sc_target, 0,
	    CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "actual",
	    SYSCTL_DESCR("Pages that the host has"), NULL, 0,
	    &sc->sc_actual, 0,
	    CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
}

/* ---- interrupts ---- */

/*
 * Configuration change interrupt.
 */
static int
viomb_config_change(struct virtio_softc *vsc)
{
	struct viomb_softc *sc = device_private(virtio_child(vsc));
	const unsigned int before = sc->sc_target;

	viomb_read_config(sc);

	mutex_enter(&sc->sc_lock);
	cv_signal(&sc->sc_wakeup);
	mutex_exit(&sc->sc_lock);

	if (sc->sc_target > before)
		printf("%s: host wants %u pages, %u before: inflating\n",
		    device_xname(sc->sc_dev), sc->sc_target, before);
	else if (sc->sc_target < before)
		printf("%s: host wants %u pages, %u before: deflating\n",
		    device_xname(sc->sc_dev), sc->sc_target, before);

	return 1;
}

/*
 * A request has completed; set a flag for the thread.
 */
static int
viomb_inflate_intr(struct virtqueue *vq)
{
	struct viomb_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->sc_lock);
	sc->sc_inflate_completed = 1;
	cv_signal(&sc->sc_wakeup);
	mutex_exit(&sc->sc_lock);

	return 1;
}

static int
viomb_deflate_intr(struct virtqueue *vq)
{
	struct viomb_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->sc_lock);
	sc->sc_deflate_completed = 1;
	cv_signal(&sc->sc_wakeup);
	mutex_exit(&sc->sc_lock);

	return 1;
}

/* ---- requests: from here on called by the thread only ---- */

/*
 * Enqueue a request with the first npages page numbers.  False if the queue is full.
 */
static bool
viomb_send(struct viomb_softc *sc, struct virtqueue *vq, uint64_t npages)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	struct viomb_request *vr = &sc->sc_req;
	int slot;

	if (virtio_enqueue_prep(vsc, vq, &slot) != 0)
		return false;
	if (virtio_enqueue_reserve(vsc, vq, slot, 1) != 0)
		return false;

	bus_dmamap_sync(virtio_dmat(vsc), vr->vr_map, 0,
	    sizeof(uint32_t) * npages, BUS_DMASYNC_PREWRITE);
	virtio_enqueue(vsc, vq, slot, vr->vr_map, true);
	virtio_enqueue_commit(vsc, vq, slot, true);

	return true;
}

/*
 * Dequeue the completed request; returns an errno.
 */
static int
viomb_receive(struct viomb_softc *sc, struct virtqueue *vq)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	struct viomb_request *vr = &sc->sc_req;
	int error, slot;

	error = virtio_dequeue(vsc, vq, &slot, NULL);
	if (error != 0)
		return error;
	virtio_dequeue_commit(vsc, vq, slot);
	bus_dmamap_sync(virtio_dmat(vsc), vr->vr_map, 0,
	    sizeof(uint32_t) * (uint64_t)vr->vr_count,
	    BUS_DMASYNC_POSTWRITE);

	return 0;
}

/*
 * Allocate pages and send an inflate request for them.  False if there is no memory.
 */
static bool
viomb_inflate(struct viomb_softc *sc)
{
	struct viomb_request *vr = &sc->sc_req;
	struct vm_page *pg;
	uint64_t npages;
	int i;

	npages = sc->sc_target - sc->sc_actual;
	if (npages > BALLOON_REQ_PAGES)
		npages = BALLOON_REQ_PAGES;

	if (uvm_pglistalloc(npages * PAGE_SIZE, BALLOON_PADDR_LOW,
	    BALLOON_PADDR_HIGH, 0, 0, &vr->vr_pages, npages, 1) != 0) {
		printf("%s: no memory for %" PRIu64 " pages, "
		    "trying again later\n", device_xname(sc->sc_dev), npages);
		return false;
	}

	vr->vr_count = npages;
	i = 0;
	TAILQ_FOREACH(pg, &vr->vr_pages, pageq.queue) {
		vr->vr_pfns[i] =
		    htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
		i++;
	}
	KASSERT(i == npages);

	if (!viomb_send(sc, &sc->sc_vq[BALLOON_VQ_INFLATE], npages)) {
		printf("%s: inflate queue is full\n",
		    device_xname(sc->sc_dev));
		uvm_pglistfree(&vr->vr_pages);
		return true;
	}
	sc->sc_inflight += npages;

	return true;
}

/*
 * An inflate request has completed: its pages are the balloon's now.
 */
static void
viomb_inflate_done(struct viomb_softc *sc)
{
	struct viomb_request *vr = &sc->sc_req;
	struct vm_page *pg;
	uint64_t npages;
	int error;

	error = viomb_receive(sc, &sc->sc_vq[BALLOON_VQ_INFLATE]);
	if (error != 0) {
		printf("%s: nothing in the inflate queue (error %d)\n",
		    device_xname(sc->sc_dev), error);
		return;
	}
	npages = vr->vr_count;

	while ((pg = TAILQ_FIRST(&vr->vr_pages)) != NULL) {
		TAILQ_REMOVE(&vr->vr_pages, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&sc->sc_balloon, pg, pageq.queue);
	}

	sc->sc_inflight -= npages;
	viomb_write_actual(sc, sc->sc_actual + npages);
}

/*
 * A deflate request could not be sent: return its pages to the balloon.
 */
static void
viomb_undo_deflate(struct viomb_softc *sc)
{
	struct viomb_request *vr = &sc->sc_req;
	struct vm_page *pg;

	TAILQ_FOREACH_REVERSE(pg, &vr->vr_pages, pglist, pageq.queue) {
		TAILQ_REMOVE(&vr->vr_pages, pg, pageq.queue);
		TAILQ_INSERT_HEAD(&sc->sc_balloon, pg, pageq.queue);
	}
}

/*
 * Send a deflate request for pages of the balloon.
 */
static void
viomb_deflate(struct viomb_softc *sc)
{
	struct viomb_request *vr = &sc->sc_req;
	struct vm_page *pg;
	uint64_t npages;
	int i;

	npages = (sc->sc_actual + sc->sc_inflight) - sc->sc_target;
	if (npages > BALLOON_REQ_PAGES)
		npages = BALLOON_REQ_PAGES;

	vr->vr_count = npages;
	TAILQ_INIT(&vr->vr_pages);
	for (i = 0; i < npages; i++) {
		pg = TAILQ_FIRST(&sc->sc_balloon);
		if (pg == NULL)
			break;
		TAILQ_REMOVE(&sc->sc_balloon, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&vr->vr_pages, pg, pageq.queue);
		vr->vr_pfns[i] =
		    htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	}

	if (!viomb_send(sc, &sc->sc_vq[BALLOON_VQ_DEFLATE], npages)) {
		printf("%s: deflate queue is full\n",
		    device_xname(sc->sc_dev));
		viomb_undo_deflate(sc);
		return;
	}
	sc->sc_inflight -= npages;

	if ((virtio_features(sc->sc_virtio) & BALLOON_F_MUST_TELL_HOST) == 0)
		uvm_pglistfree(&vr->vr_pages);
}

/*
 * A deflate request has completed: with MUST_TELL_HOST its pages are freed only now.
 */
static void
viomb_deflate_done(struct viomb_softc *sc)
{
	struct viomb_request *vr = &sc->sc_req;
	uint64_t npages;
	int error;

	error = viomb_receive(sc, &sc->sc_vq[BALLOON_VQ_DEFLATE]);
	if (error != 0) {
		printf("%s: nothing in the deflate queue (error %d)\n",
		    device_xname(sc->sc_dev), error);
		return;
	}
	npages = vr->vr_count;

	if ((virtio_features(sc->sc_virtio) & BALLOON_F_MUST_TELL_HOST) != 0)
		uvm_pglistfree(&vr->vr_pages);

	sc->sc_inflight += npages;
	viomb_write_actual(sc, sc->sc_actual - npages);
}

/* ---- thread ---- */

/*
 * Take one step towards the target, unless a request is in flight.  Returns the time to
 * sleep afterwards, in milliseconds.
 */
static int
viomb_step(struct viomb_softc *sc)
{

	if (sc->sc_target > sc->sc_actual + sc->sc_inflight) {
		if (sc->sc_inflight != 0)
			return BALLOON_NAP_BUSY;
		return viomb_inflate(sc) ?
		    BALLOON_NAP_INFLATE : BALLOON_NAP_SHORTAGE;
	}
	if (sc->sc_target < sc->sc_actual + sc->sc_inflight) {
		if (sc->sc_inflight == 0)
			viomb_deflate(sc);
		return BALLOON_NAP_BUSY;
	}

	return BALLOON_NAP_IDLE;
}

/*
 * Handle one completed request, if a flag announces one.  Called with sc_lock held, which
 * is released meanwhile.
 */
static bool
viomb_handle_completion(struct viomb_softc *sc)
{

	if (sc->sc_inflate_completed) {
		sc->sc_inflate_completed = 0;
		mutex_exit(&sc->sc_lock);
		viomb_inflate_done(sc);
	} else if (sc->sc_deflate_completed) {
		sc->sc_deflate_completed = 0;
		mutex_exit(&sc->sc_lock);
		viomb_deflate_done(sc);
	} else
		return false;
	mutex_enter(&sc->sc_lock);

	return true;
}

static void
viomb_thread(void *arg)
{
	struct viomb_softc *sc = arg;
	int nap_ms;

	for (;;) {
		nap_ms = viomb_step(sc);

		mutex_enter(&sc->sc_lock);
		while (viomb_handle_completion(sc))
			continue;
		cv_timedwait(&sc->sc_wakeup, &sc->sc_lock, mstohz(nap_ms));
		mutex_exit(&sc->sc_lock);
	}
}

/* ---- module ---- */

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

#ifdef _MODULE
#include "ioconf.c"
#endif

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{
#ifdef _MODULE
	switch (cmd) {
	case MODULE_CMD_INIT:
		return config_init_component(cfdriver_ioconf_viomb,
		    cfattach_ioconf_viomb, cfdata_ioconf_viomb);
	case MODULE_CMD_FINI:
		return config_fini_component(cfdriver_ioconf_viomb,
		    cfattach_ioconf_viomb, cfdata_ioconf_viomb);
	default:
		return ENOTTY;
	}
#else
	return 0;
#endif
}
