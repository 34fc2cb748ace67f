/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copyright (c) 2026 The viosim authors
 *
 * viomb(4), whose third queue has the guest's statistics for the host.
 *
 * The interrupt handler reads the target; the thread does everything else, and waits longer
 * after each failure.  The device has the statistics buffer at all times.  A detach gives all
 * pages back and resets the device, which thereby loses that buffer.
 *
 * DEFLATE_ON_OOM is accepted.  It allows more than this driver does, as nothing tells it that
 * memory is short.
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

#define	ST_NUM_PAGES		0	/* in the configuration space */
#define	ST_ACTUAL		4
#define	ST_MUST_TELL_HOST	(1 << 0)
#define	ST_STATS_VQ		(1 << 1)
#define	ST_DEFLATE_ON_OOM	(1 << 2)
#define	ST_FEATURE_NAMES	VIRTIO_COMMON_FLAG_BITS "b\x02" "DEFLATE_ON_OOM\0" \
				"b\x01" "STATS_VQ\0" "b\x00" "MUST_TELL_HOST\0"

#define	ST_PAGES		256	/* in a request */
#define	ST_SIZE			(ST_PAGES * sizeof(uint32_t))
#define	ST_FIRST_MS		100	/* after a failure; twice that after the next, ... */
#define	ST_LAST_MS		3200	/* ... up to this */
#define	ST_DETACH_MS		5000	/* for the host to give all pages back */

enum { ST_INFLATE, ST_DEFLATE, ST_STATISTICS, ST_NQUEUES };

/* What the host is told: virtio 1.2, 5.5.6.4. */
struct st_entry {
	uint16_t		se_tag;
	uint64_t		se_value;
} __packed;

#define	ST_HTLB_PGALLOC		8	/* tags */
#define	ST_HTLB_PGFAIL		9
#define	ST_NENTRIES		2
#define	ST_ENTRIES_SIZE		(ST_NENTRIES * sizeof(struct st_entry))

/* Memory for the device to read, loaded for as long as there is a driver. */
struct st_buffer {
	bus_dma_segment_t	sb_segment;
	bus_dmamap_t		sb_map;
	void			*sb_kva;	/* NULL: there is no such buffer */
	size_t			sb_size;
};

struct st_softc {
	device_t		st_dev;
	struct virtio_softc	*st_virtio;
	struct virtqueue	st_vq[ST_NQUEUES];
	int			st_nvqs;	/* the host may not want statistics */
	struct st_buffer	st_pfns;
	struct st_buffer	st_entries;
	lwp_t			*st_lwp;

	/* The thread's. */
	struct pglist		st_balloon;
	uint32_t		st_actual;
	struct pglist		st_pages;	/* of the request */
	uint32_t		st_count;
	int			st_queue;
	int			st_slot;	/* -1: no request is out */
	int			st_statslot;	/* -1: the device has no statistics */

	kmutex_t		st_lock;	/* of what follows */
	kcondvar_t		st_cv;
	kcondvar_t		st_empty_cv;
	uint32_t		st_target;
	bool			st_work;	/* look again before sleeping */
	bool			st_closing;	/* the target is 0, whatever the host wants */
	bool			st_empty;	/* closing, and nothing is left */
	bool			st_dying;	/* the thread is to end */
};

static int	viomb_match(device_t, cfdata_t, void *);
static void	viomb_attach(device_t, device_t, void *);
static int	viomb_detach(device_t, int);

CFATTACH_DECL_NEW(viomb, sizeof(struct st_softc), viomb_match, viomb_attach, viomb_detach,
    NULL);

/* ---- interrupts ---- */

static int
st_config_change(struct virtio_softc *vsc)
{
	struct st_softc *sc = device_private(virtio_child(vsc));

	mutex_enter(&sc->st_lock);
	sc->st_target = virtio_read_device_config_le_4(vsc, ST_NUM_PAGES);
	sc->st_work = true;
	cv_signal(&sc->st_cv);
	mutex_exit(&sc->st_lock);

	return 1;
}

static int
st_vq_done(struct virtqueue *vq)
{
	struct st_softc *sc = device_private(virtio_child(vq->vq_owner));

	mutex_enter(&sc->st_lock);
	sc->st_work = true;
	cv_signal(&sc->st_cv);
	mutex_exit(&sc->st_lock);

	return 1;
}

/* ---- buffers ---- */

static int
st_alloc_buffer(struct st_softc *sc, struct st_buffer *sb, size_t size)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->st_virtio);
	void *kva;
	int error, nsegs;

	error = bus_dmamem_alloc(dmat, size, PAGE_SIZE, 0, &sb->sb_segment, 1, &nsegs,
	    BUS_DMA_WAITOK);
	if (error != 0)
		return error;
	error = bus_dmamem_map(dmat, &sb->sb_segment, 1, size, &kva, BUS_DMA_WAITOK);
	if (error != 0)
		goto fail_map;
	error = bus_dmamap_create(dmat, size, 1, size, 0, BUS_DMA_WAITOK, &sb->sb_map);
	if (error != 0)
		goto fail_create;
	error = bus_dmamap_load(dmat, sb->sb_map, kva, size, NULL,
	    BUS_DMA_WAITOK | BUS_DMA_WRITE);
	if (error != 0)
		goto fail_load;
	sb->sb_kva = kva;
	sb->sb_size = size;

	return 0;

fail_load:
	bus_dmamap_destroy(dmat, sb->sb_map);
fail_create:
	bus_dmamem_unmap(dmat, kva, size);
fail_map:
	bus_dmamem_free(dmat, &sb->sb_segment, 1);
	return error;
}

static void
st_free_buffer(struct st_softc *sc, struct st_buffer *sb)
{
	bus_dma_tag_t dmat = virtio_dmat(sc->st_virtio);

	if (sb->sb_kva == NULL)
		return;
	bus_dmamap_unload(dmat, sb->sb_map);
	bus_dmamap_destroy(dmat, sb->sb_map);
	bus_dmamem_unmap(dmat, sb->sb_kva, sb->sb_size);
	bus_dmamem_free(dmat, &sb->sb_segment, 1);
	sb->sb_kva = NULL;
}

/* Put the first `size' bytes of a buffer into a queue.  Returns the slot, or -1: no room. */
static int
st_submit(struct st_softc *sc, int queue, struct st_buffer *sb, size_t size)
{
	struct virtio_softc *vsc = sc->st_virtio;
	struct virtqueue *vq = &sc->st_vq[queue];
	int slot;

	if (virtio_enqueue_prep(vsc, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(vsc, vq, slot, 1) != 0)
		return -1;
	bus_dmamap_sync(virtio_dmat(vsc), sb->sb_map, 0, size, BUS_DMASYNC_PREWRITE);
	virtio_enqueue_p(vsc, vq, slot, sb->sb_map, 0, size, true);
	virtio_enqueue_commit(vsc, vq, slot, true);

	return slot;
}

/* Take back a buffer that the device no longer has. */
static void
st_take(struct st_softc *sc, int queue, struct st_buffer *sb, size_t size, int slot)
{
	struct virtio_softc *vsc = sc->st_virtio;

	bus_dmamap_sync(virtio_dmat(vsc), sb->sb_map, 0, size, BUS_DMASYNC_POSTWRITE);
	virtio_dequeue_commit(vsc, &sc->st_vq[queue], slot);
}

/* ---- statistics ---- */

static void
st_set_entry(struct st_softc *sc, struct st_entry *entry, uint16_t tag, uint64_t value)
{

	/* The byte order is the guest's if the device is a legacy one. */
	entry->se_tag = virtio_rw16(sc->st_virtio, tag);
	entry->se_value = virtio_rw64(sc->st_virtio, value);
}

/*
 * The device asks for new statistics by using the buffer with the old ones, so it must have
 * one from the beginning on, and never two.  False: it has none, for want of room.
 */
static bool
st_statistics(struct st_softc *sc)
{
	struct st_entry *entries = sc->st_entries.sb_kva;
	int slot;

	if (sc->st_nvqs <= ST_STATISTICS)
		return true;
	while (virtio_dequeue(sc->st_virtio, &sc->st_vq[ST_STATISTICS], &slot, NULL) == 0) {
		if (slot != sc->st_statslot)
			continue;	/* not in use: the device is confused */
		st_take(sc, ST_STATISTICS, &sc->st_entries, ST_ENTRIES_SIZE, slot);
		sc->st_statslot = -1;
	}
	if (sc->st_statslot != -1)
		return true;
	/* There are no huge pages to be had, so nobody got one, and nobody was refused one. */
	st_set_entry(sc, &entries[0], ST_HTLB_PGALLOC, 0);
	st_set_entry(sc, &entries[1], ST_HTLB_PGFAIL, 0);
	sc->st_statslot = st_submit(sc, ST_STATISTICS, &sc->st_entries, ST_ENTRIES_SIZE);

	return sc->st_statslot != -1;
}

/* ---- pages ---- */

static void
st_complete(struct st_softc *sc)
{

	st_take(sc, sc->st_queue, &sc->st_pfns, sc->st_count * sizeof(uint32_t), sc->st_slot);
	sc->st_slot = -1;
	if (sc->st_queue == ST_INFLATE) {
		TAILQ_CONCAT(&sc->st_balloon, &sc->st_pages, pageq.queue);
		sc->st_actual += sc->st_count;
	} else {
		uvm_pglistfree(&sc->st_pages);
		sc->st_actual -= sc->st_count;
	}
	virtio_write_device_config_le_4(sc->st_virtio, ST_ACTUAL, sc->st_actual);
}

static void
st_drain(struct st_softc *sc)
{
	int queue, slot;

	for (queue = ST_INFLATE; queue <= ST_DEFLATE; queue++) {
		while (virtio_dequeue(sc->st_virtio, &sc->st_vq[queue], &slot, NULL) == 0) {
			/* No other slot is in use, so none is ours to release. */
			if (queue == sc->st_queue && slot == sc->st_slot)
				st_complete(sc);
		}
	}
}

/* Send a request for the pages of st_pages.  False: no room. */
static bool
st_send(struct st_softc *sc, int queue)
{
	uint32_t *pfns = sc->st_pfns.sb_kva;
	struct vm_page *pg;

	sc->st_count = 0;
	TAILQ_FOREACH(pg, &sc->st_pages, pageq.queue)
		pfns[sc->st_count++] = htole32(VM_PAGE_TO_PHYS(pg) / VIRTIO_PAGE_SIZE);
	sc->st_queue = queue;
	sc->st_slot = st_submit(sc, queue, &sc->st_pfns, sc->st_count * sizeof(uint32_t));

	return sc->st_slot != -1;
}

static bool
st_inflate(struct st_softc *sc, uint32_t npages)
{

	npages = MIN(npages, ST_PAGES);
	while (uvm_pglistalloc((psize_t)npages * PAGE_SIZE, 0,
	    (paddr_t)UINT32_MAX * PAGE_SIZE, 0, 0, &sc->st_pages, npages, 0) != 0) {
		npages /= 2;
		if (npages == 0)
			return false;
	}
	if (st_send(sc, ST_INFLATE))
		return true;
	uvm_pglistfree(&sc->st_pages);
	return false;
}

static bool
st_deflate(struct st_softc *sc, uint32_t npages)
{
	struct vm_page *pg;
	uint32_t i;

	TAILQ_INIT(&sc->st_pages);
	for (i = 0; i < npages && i < ST_PAGES; i++) {
		pg = TAILQ_FIRST(&sc->st_balloon);
		TAILQ_REMOVE(&sc->st_balloon, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&sc->st_pages, pg, pageq.queue);
	}
	if (st_send(sc, ST_DEFLATE))
		return true;
	TAILQ_CONCAT(&sc->st_balloon, &sc->st_pages, pageq.queue);
	return false;
}

/* ---- thread ---- */

/* False: something is lacking that no interrupt will bring. */
static bool
st_step(struct st_softc *sc, uint32_t target)
{
	bool good;

	st_drain(sc);
	good = st_statistics(sc);
	if (sc->st_slot != -1 || target == sc->st_actual)
		return good;
	if (target > sc->st_actual)
		return st_inflate(sc, target - sc->st_actual) && good;
	return st_deflate(sc, sc->st_actual - target) && good;
}

static void
st_thread(void *arg)
{
	struct st_softc *sc = arg;
	int pause = ST_FIRST_MS;
	uint32_t target;
	bool good;

	mutex_enter(&sc->st_lock);
	while (!sc->st_dying) {
		sc->st_work = false;
		target = sc->st_closing ? 0 : sc->st_target;
		mutex_exit(&sc->st_lock);
		good = st_step(sc, target);
		mutex_enter(&sc->st_lock);
		sc->st_empty = sc->st_closing && sc->st_actual == 0 && sc->st_slot == -1;
		if (sc->st_empty)
			cv_signal(&sc->st_empty_cv);
		if (good) {
			pause = ST_FIRST_MS;
			while (!sc->st_work && !sc->st_dying)
				cv_wait(&sc->st_cv, &sc->st_lock);
		} else {
			if (!sc->st_work && !sc->st_dying)
				cv_timedwait(&sc->st_cv, &sc->st_lock, MAX(1, mstohz(pause)));
			pause = MIN(2 * pause, ST_LAST_MS);
		}
	}
	mutex_exit(&sc->st_lock);
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
st_alloc(struct st_softc *sc)
{
	static const char *const names[] = { "inflate", "deflate", "statistics" };
	struct virtio_softc *vsc = sc->st_virtio;
	const int nvqs = (virtio_features(vsc) & ST_STATS_VQ) != 0 ? ST_NQUEUES : ST_STATISTICS;

	for (; sc->st_nvqs < nvqs; sc->st_nvqs++) {
		if (virtio_alloc_vq(vsc, &sc->st_vq[sc->st_nvqs], sc->st_nvqs, ST_SIZE, 1,
		    names[sc->st_nvqs]) != 0)
			return false;
		sc->st_vq[sc->st_nvqs].vq_done = st_vq_done;
	}
	if (st_alloc_buffer(sc, &sc->st_pfns, ST_SIZE) != 0)
		return false;
	return nvqs <= ST_STATISTICS ||
	    st_alloc_buffer(sc, &sc->st_entries, ST_ENTRIES_SIZE) == 0;
}

static void
st_free(struct st_softc *sc)
{

	st_free_buffer(sc, &sc->st_entries);
	st_free_buffer(sc, &sc->st_pfns);
	while (sc->st_nvqs > 0)
		virtio_free_vq(sc->st_virtio, &sc->st_vq[--sc->st_nvqs]);
}

static void
st_destroy(struct st_softc *sc)
{

	cv_destroy(&sc->st_empty_cv);
	cv_destroy(&sc->st_cv);
	mutex_destroy(&sc->st_lock);
}

static void
viomb_attach(device_t parent, device_t self, void *aux)
{
	struct st_softc *sc = device_private(self);
	struct virtio_softc *vsc = device_private(parent);

	if (virtio_child(vsc) != NULL) {
		aprint_normal(": has a driver\n");
		return;
	}
	sc->st_dev = self;
	sc->st_virtio = vsc;
	sc->st_slot = sc->st_statslot = -1;
	TAILQ_INIT(&sc->st_balloon);
	mutex_init(&sc->st_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->st_cv, "viomb");
	cv_init(&sc->st_empty_cv, "viombdet");
	virtio_child_attach_start(vsc, self, IPL_VM, sc->st_vq, st_config_change,
	    virtio_vq_intr, 0, ST_MUST_TELL_HOST | ST_STATS_VQ | ST_DEFLATE_ON_OOM,
	    ST_FEATURE_NAMES);
	/* Only a legacy device may agree on no feature at all. */
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	if (!st_alloc(sc))
		goto fail;
	/* The host may remember the balloon of an earlier kernel. */
	virtio_write_device_config_le_4(vsc, ST_ACTUAL, 0);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail;
	/* No interrupt told of the target so far; from here on each change has one. */
	mutex_enter(&sc->st_lock);
	sc->st_target = virtio_read_device_config_le_4(vsc, ST_NUM_PAGES);
	mutex_exit(&sc->st_lock);
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN, NULL, st_thread, sc,
	    &sc->st_lwp, "%s", device_xname(self)) == 0)
		return;
	sc->st_lwp = NULL;
	virtio_reset(vsc);
fail:
	aprint_error_dev(self, "lacks resources\n");
	st_free(sc);
	virtio_child_attach_failed(vsc);
	st_destroy(sc);
}

/* Have all pages given back.  False: the host does not, and they cannot be freed. */
static bool
st_close(struct st_softc *sc)
{
	int error = 0;

	mutex_enter(&sc->st_lock);
	sc->st_closing = sc->st_work = true;
	sc->st_empty = false;
	cv_signal(&sc->st_cv);
	while (!sc->st_empty && error == 0)
		error = cv_timedwait(&sc->st_empty_cv, &sc->st_lock,
		    MAX(1, mstohz(ST_DETACH_MS)));
	sc->st_dying = sc->st_empty;
	/* If it goes on, then with the host's target. */
	sc->st_closing = false;
	sc->st_work = true;
	cv_signal(&sc->st_cv);
	mutex_exit(&sc->st_lock);

	return sc->st_dying;
}

static int
viomb_detach(device_t self, int flags)
{
	struct st_softc *sc = device_private(self);
	struct virtio_softc *vsc = sc->st_virtio;

	if (sc->st_lwp == NULL)
		return 0;	/* attach failed */
	if (!st_close(sc))
		return EBUSY;
	kthread_join(sc->st_lwp);
	virtio_reset(vsc);
	/* The device had the statistics until now, and will not use them any more. */
	if (sc->st_statslot != -1)
		st_take(sc, ST_STATISTICS, &sc->st_entries, ST_ENTRIES_SIZE, sc->st_statslot);
	st_free(sc);
	virtio_child_detach(vsc);
	st_destroy(sc);

	return 0;
}

MODULE(MODULE_CLASS_DRIVER, viomb, "virtio");

static int
viomb_modcmd(modcmd_t cmd, void *opaque)
{

	return cmd == MODULE_CMD_INIT || cmd == MODULE_CMD_FINI ? 0 : ENOTTY;
}
