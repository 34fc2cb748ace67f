/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viomb(4), synchronous: the thread sends one request and waits for its completion before
 * it does anything else.
 *
 * Pages are allocated one at a time and kept in a stack of lists, last in, first out.  Each
 * request loads its own DMA map.  After a shortage the thread sends what it has, then waits,
 * twice as long each time.  `actual' is written once the target is met or memory is short.
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
#define	VIRTIO_PRIVATE		/* for sc_version_1 */
#include <dev/pci/virtiovar.h>

#include "ioconf.h"

#define	CFG_TARGET	0
#define	CFG_ACTUAL	4
#define	TELL_FIRST	(1 << 0)

#define	BATCH		128
#define	BATCH_BYTES	(BATCH * sizeof(uint32_t))
#define	BACKOFF_MIN	10	/* ms */
#define	BACKOFF_MAX	4000

struct viomb_softc {
	device_t	dev;
	struct virtio_softc *vio;
	struct virtqueue vqs[2];	/* inflate, deflate */
	bus_dmamap_t	map;
	uint32_t	*numbers;
	lwp_t		*worker;

	/* the worker's */
	struct pglist	stack;
	uint32_t	held;
	uint32_t	reported;
	u_int		backoff;

	kmutex_t	lock;
	kcondvar_t	cv;
	bool		changed;	/* config interrupt */
	bool		completed;	/* queue interrupt */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);

CFATTACH_DECL_NEW(viomb, sizeof(struct viomb_softc), viomb_match, viomb_attach, NULL, NULL);

static int
viomb_match(device_t parent, cfdata_t cf, void *aux)
{
	struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON ? 1 : 0;
}

static int
viomb_config(struct virtio_softc *vio)
{
	struct viomb_softc *sc = device_private(virtio_child(vio));

	mutex_enter(&sc->lock);
	sc->changed = true;
	cv_broadcast(&sc->cv);
	mutex_exit(&sc->lock);
	return 1;
}

static int
viomb_done(struct virtqueue *vq)
{
	struct viomb_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->lock);
	sc->completed = true;
	cv_broadcast(&sc->cv);
	mutex_exit(&sc->lock);
	return 1;
}

/* Send the first n numbers and wait until the host has them.  False: not sent. */
static bool
viomb_tell(struct viomb_softc *sc, struct virtqueue *vq, int n)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->vio);
	int slot, back;

	if (virtio_enqueue_prep(sc->vio, vq, &slot) != 0)
		return false;
	if (bus_dmamap_load(dmat, sc->map, sc->numbers, n * sizeof(uint32_t), NULL,
	    BUS_DMA_WAITOK | BUS_DMA_WRITE) != 0) {
		virtio_enqueue_abort(sc->vio, vq, slot);
		return false;
	}
	if (virtio_enqueue_reserve(sc->vio, vq, slot, sc->map->dm_nsegs) != 0) {
		bus_dmamap_unload(dmat, sc->map);
		return false;
	}
	bus_dmamap_sync(dmat, sc->map, 0, n * sizeof(uint32_t), BUS_DMASYNC_PREWRITE);
	virtio_enqueue(sc->vio, vq, slot, sc->map, true);
	virtio_enqueue_commit(sc->vio, vq, slot, true);

	for (;;) {
		if (virtio_dequeue(sc->vio, vq, &back, NULL) == 0) {
			if (back == slot)
				break;
			continue;	/* no request of ours */
		}
		mutex_enter(&sc->lock);
		if (!sc->completed)
			cv_timedwait(&sc->cv, &sc->lock, mstohz(500));
		sc->completed = false;
		mutex_exit(&sc->lock);
	}
	bus_dmamap_sync(dmat, sc->map, 0, n * sizeof(uint32_t), BUS_DMASYNC_POSTWRITE);
	bus_dmamap_unload(dmat, sc->map);
	virtio_dequeue_commit(sc->vio, vq, slot);
	return true;
}

static void
viomb_report(struct viomb_softc *sc)
{

	if (sc->reported == sc->held)
		return;
	virtio_write_device_config_le_4(sc->vio, CFG_ACTUAL, sc->held);
	sc->reported = sc->held;
}

/* Give up to `want' pages to the host; true if all went well. */
static bool
viomb_fill(struct viomb_softc *sc, uint32_t want)
{
	struct pglist got, one;
	struct vm_page *pg;
	int n, most = MIN(want, BATCH);

	TAILQ_INIT(&got);
	for (n = 0; n < most; n++) {
		if (uvm_pglistalloc(PAGE_SIZE, 0, (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0,
		    &one, 1, 0) != 0)
			break;
		pg = TAILQ_FIRST(&one);
		TAILQ_REMOVE(&one, pg, pageq.queue);
		TAILQ_INSERT_HEAD(&got, pg, pageq.queue);
		sc->numbers[n] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	}
	if (n == 0)
		return false;
	if (!viomb_tell(sc, &sc->vqs[0], n)) {
		uvm_pglistfree(&got);
		return false;
	}
	while ((pg = TAILQ_LAST(&got, pglist)) != NULL) {
		TAILQ_REMOVE(&got, pg, pageq.queue);
		TAILQ_INSERT_HEAD(&sc->stack, pg, pageq.queue);
	}
	sc->held += n;
	return n == most;
}

/* Take back up to `want' pages. */
static bool
viomb_leak(struct viomb_softc *sc, uint32_t want)
{
	struct pglist back;
	struct vm_page *pg;
	int n, most = MIN(want, BATCH);

	TAILQ_INIT(&back);
	for (n = 0; n < most && (pg = TAILQ_FIRST(&sc->stack)) != NULL; n++) {
		TAILQ_REMOVE(&sc->stack, pg, pageq.queue);
		TAILQ_INSERT_HEAD(&back, pg, pageq.queue);
		sc->numbers[n] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	}
	if (!viomb_tell(sc, &sc->vqs[1], n)) {
		while ((pg = TAILQ_FIRST(&back)) != NULL) {
			TAILQ_REMOVE(&back, pg, pageq.queue);
			TAILQ_INSERT_HEAD(&sc->stack, pg, pageq.queue);
		}
		return false;
	}
	uvm_pglistfree(&back);
	sc->held -= n;
	return true;
}

static void
viomb_worker(void *arg)
{
	struct viomb_softc *sc = arg;
	uint32_t target;
	bool ok;

	for (;;) {
		mutex_enter(&sc->lock);
		sc->changed = false;
		mutex_exit(&sc->lock);
		target = virtio_read_device_config_le_4(sc->vio, CFG_TARGET);
		ok = true;
		if (target > sc->held)
			ok = viomb_fill(sc, target - sc->held);
		else if (target < sc->held)
			ok = viomb_leak(sc, sc->held - target);
		if (ok && target != sc->held)
			continue;
		viomb_report(sc);

		sc->backoff = ok ? 0 : MIN(MAX(sc->backoff * 2, BACKOFF_MIN), BACKOFF_MAX);
		mutex_enter(&sc->lock);
		if (!sc->changed)
			cv_timedwait(&sc->cv, &sc->lock,
			    ok ? mstohz(20000) : MAX(mstohz(sc->backoff), 1));
		mutex_exit(&sc->lock);
	}
}

static void
viomb_attach(device_t parent, device_t self, void *aux)
{
	struct viomb_softc *sc = device_private(self);
	struct virtio_softc *vio = device_private(parent);
	static const char *const names[] = { "inflate", "deflate" };
	int i, made = 0;

	if (virtio_child(vio) != NULL) {
		aprint_normal(": %s has a child already\n", device_xname(parent));
		return;
	}
	sc->dev = self;
	sc->vio = vio;
	TAILQ_INIT(&sc->stack);
	mutex_init(&sc->lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->cv, "viomb");

	virtio_child_attach_start(vio, self, IPL_VM, sc->vqs, viomb_config, virtio_vq_intr,
	    0, TELL_FIRST, VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");

	/* 1.0 has VERSION_1 at least, unless the device refused the features. */
	if (vio->sc_version_1 && virtio_features(vio) == 0)
		goto no_features;

	sc->numbers = kmem_alloc(BATCH_BYTES, KM_SLEEP);
	if (bus_dmamap_create(virtio_dmat(vio), BATCH_BYTES, 2, BATCH_BYTES, 0,
	    BUS_DMA_WAITOK, &sc->map) != 0) {
		aprint_error_dev(self, "no DMA map\n");
		goto no_map;
	}
	for (made = 0; made < 2; made++) {
		if (virtio_alloc_vq(vio, &sc->vqs[made], made, BATCH_BYTES, 2,
		    names[made]) != 0)
			goto fail;
		sc->vqs[made].vq_done = viomb_done;
	}
	virtio_write_device_config_le_4(vio, CFG_ACTUAL, 0);
	if (virtio_child_attach_finish(vio) != 0)
		goto fail;
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE, NULL, viomb_worker, sc, &sc->worker,
	    "viomb") == 0)
		return;
	aprint_error_dev(self, "no thread\n");
	virtio_reset(vio);
fail:
	for (i = 0; i < made; i++)
		virtio_free_vq(vio, &sc->vqs[i]);
	bus_dmamap_destroy(virtio_dmat(vio), sc->map);
no_map:
	kmem_free(sc->numbers, BATCH_BYTES);
no_features:
	virtio_child_attach_failed(vio);
	cv_destroy(&sc->cv);
	mutex_destroy(&sc->lock);
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

#ifdef _MODULE
#include "ioconf.c"
#endif

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{
#ifdef _MODULE
	if (cmd == MODULE_CMD_INIT)
		return config_init_component(cfdriver_ioconf_viomb, cfattach_ioconf_viomb,
		    cfdata_ioconf_viomb);
	if (cmd == MODULE_CMD_FINI)
		return config_fini_component(cfdriver_ioconf_viomb, cfattach_ioconf_viomb,
		    cfdata_ioconf_viomb);
	return ENOTTY;
#else
	return 0;
#endif
}
