/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small balloon driver that is right, and fragments: drivers that differ from it in one
 * thing.  Each rule has two kinds of them: `_bad` breaks it, `_ok` comes close and does not.
 *
 * How to write one, in the file of the rule's area:
 *  1. Name: the rule's id with . and - turned into _, then _bad or _ok, then a number if there
 *     are several: dma_sync_range_bad, dma_sync_range_bad2.
 *  2. Write one function that makes the mistake, 1 to 20 lines.  Either it runs beside the
 *     correct driver (the hooks in_... of struct fragment) or in place of one of its parts
 *     (the other hooks); it may call all probe_ functions below.  Its head is FRAGMENT_IN(name,
 *     hook, function, ...), with further hooks of the fragment at the end.
 *  3. The line of the kernel call (or access) that the rule shall point at ends in the comment
 *     `BREAKS`; where several share it, also with how their names begin: `BREAKS ring lock`.
 *  4. A fragment without a function of its own is FRAGMENT(name, .hook = function, ...).
 *  5. The host asks for 4 pages at 1 s.  If the fragment needs other steps, another machine, or
 *     breaks other rules too, give it a row in ../rows_*.c; a rule that points elsewhere
 *     than at a line of the fragment needs one as well.
 *  6. `make build/tests/check check-modules`, then `FRAGMENT=<rule> build/tests/check
 *     rules_fragments rules_clauses`, `make update` for a new rule, and `make check-unit
 *     check-layers check-docs`: the rule looks at the other fragments and streams too.  One that
 *     breaks it is repaired, or names it in `.also` of its row.
 * Static variables start fresh in each run.  Each fragment runs on all four machines
 * (virtio 1.0 and legacy, bounce and coherent DMA) unless its row says otherwise.
 */
#ifndef SIM_TESTS_RULES_MODULES_PROBE_H
#define SIM_TESTS_RULES_MODULES_PROBE_H

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/intr.h>
#include <sys/kmem.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>
#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define	VIRTIO_PRIVATE
#include <dev/pci/virtiovar.h>

#define	PROBE_CFG_NUM_PAGES	0
#define	PROBE_CFG_ACTUAL	4
#define	PROBE_F_MUST_TELL_HOST	(1 << 0)
#define	PROBE_INFLATE		0
#define	PROBE_DEFLATE		1
#define	PROBE_PAGES		64	/* most pages of a request */
#define	PROBE_BYTES		(sizeof(uint32_t) * PROBE_PAGES)
#define	PROBE_HIGH		((paddr_t)UINT32_MAX * PAGE_SIZE)

struct fragment;

struct probe {
	const struct fragment	*sc_fragment;
	device_t		sc_dev;
	struct virtio_softc	*sc_virtio;
	bus_dma_tag_t		sc_dmat;
	struct virtqueue	sc_vq[3];	/* the last for fragments */
	lwp_t			*sc_thread;

	/* The request: its memory, its pages; sc_vq_out is where it is, or NULL. */
	bus_dma_segment_t	sc_seg;
	bus_dmamap_t		sc_map;
	uint32_t		*sc_pfns;
	struct pglist		sc_pages;
	unsigned int		sc_count;
	struct virtqueue	*sc_vq_out;

	/* The thread's: what the host has. */
	struct pglist		sc_balloon;
	unsigned int		sc_actual;
	bool			sc_short;	/* of memory */

	kmutex_t		sc_lock;	/* of the notes */
	kcondvar_t		sc_cv;
	bool			sc_told;
	bool			sc_dying;

	/* For fragments; zero at attach. */
	int			sc_n;
	void			*sc_p;
	uint32_t		sc_array[PROBE_PAGES];
	bus_dmamap_t		sc_map2;
	bus_dma_segment_t	sc_seg2;
	struct pglist		sc_pages2;
	kmutex_t		sc_lock2;
	kcondvar_t		sc_cv2;
	lwp_t			*sc_thread2;
};

/*
 * What a fragment does differently: its hooks.  Those with in_ run beside the correct driver,
 * others instead of the part of that name below.
 */
#define	PROBE_VOID(f)		void f(struct probe *sc)
#define	PROBE_in_attach		PROBE_VOID	/* all is made, before attach_finish */
#define	PROBE_in_live		PROBE_VOID	/* after attach_finish, before the thread */
#define	PROBE_in_thread		PROBE_VOID	/* the thread, before all else */
#define	PROBE_in_step		PROBE_VOID	/* the thread, each time it wakes up */
#define	PROBE_in_config		PROBE_VOID	/* config_change, before all else */
#define	PROBE_in_done		PROBE_VOID	/* vq_done, before all else */
#define	PROBE_in_undo		PROBE_VOID	/* no thread: attach fails, before reset */
#define	PROBE_in_detach		PROBE_VOID	/* all is released, before child_detach */
#define	PROBE_match(f)		int f(device_t parent, cfdata_t cf, void *aux)
#define	PROBE_attach		PROBE_VOID
#define	PROBE_detach(f)		int f(struct probe *sc)
#define	PROBE_make(f)		bool f(struct probe *sc)
#define	PROBE_release		PROBE_VOID
#define	PROBE_config(f)		int f(struct probe *sc)
#define	PROBE_done(f)		int f(struct probe *sc, struct virtqueue *vq)
#define	PROBE_thread		PROBE_VOID
#define	PROBE_step		PROBE_VOID
#define	PROBE_send(f)		bool f(struct probe *sc, struct virtqueue *vq)
#define	PROBE_receive(f)	bool f(struct probe *sc, struct virtqueue *vq)
#define	PROBE_inflate(f)	void f(struct probe *sc, unsigned int npages)
#define	PROBE_inflated		PROBE_VOID
#define	PROBE_deflate(f)	void f(struct probe *sc, unsigned int npages)
#define	PROBE_deflated		PROBE_VOID

/* A pointer to each, which may be NULL. */
#define	PROBE_P(hook)		(*hook)(struct probe *sc)
struct fragment {
	PROBE_VOID((*in_attach)), PROBE_P(in_live), PROBE_P(in_thread), PROBE_P(in_step),
	    PROBE_P(in_config), PROBE_P(in_done), PROBE_P(in_undo), PROBE_P(in_detach),
	    PROBE_P(attach), PROBE_P(release), PROBE_P(thread), PROBE_P(step),
	    PROBE_P(inflated), PROBE_P(deflated);
	PROBE_match((*match));
	PROBE_detach((*detach)), PROBE_P(config);
	PROBE_done((*done));
	PROBE_make((*make));
	PROBE_send((*send)), (*receive)(struct probe *sc, struct virtqueue *vq);
	PROBE_inflate((*inflate)), (*deflate)(struct probe *sc, unsigned int npages);
	int	features;	/* further ones that it asks for */
	int	flags;		/* VIRTIO_F_INTR_* */
};

#define	FRAGMENT(name, ...)						\
static const struct fragment name = { __VA_ARGS__ };			\
static int								\
name##_match(device_t parent, cfdata_t cf, void *aux)			\
{									\
	return name.match != NULL ? name.match(parent, cf, aux) :	\
	    probe_match(parent, cf, aux);				\
}									\
static void								\
name##_attach(device_t parent, device_t self, void *aux)		\
{									\
	probe_begin(parent, self, &name);				\
}									\
static int								\
name##_detach(device_t self, int flags)					\
{									\
	struct probe *sc = device_private(self);			\
	return PROBE_OR(sc, detach, probe_detach)(sc);			\
}									\
extern struct cfattach name##_ca;					\
CFATTACH_DECL_NEW(name, sizeof(struct probe), name##_match, name##_attach, \
    name##_detach, NULL)

/* A fragment, and the function that is its hook: the body follows. */
#define	FRAGMENT_IN(name, hook, function, ...)				\
static PROBE_##hook(function);						\
FRAGMENT(name, .hook = function, __VA_ARGS__);				\
static PROBE_##hook(function)

/* The fragment's part of that name, or the correct one. */
#define	PROBE_OR(sc, hook, part)					\
	((sc)->sc_fragment->hook != NULL ? (sc)->sc_fragment->hook : (part))

/* Call a hook that may not be there. */
#define	PROBE_HOOK(sc, hook) do {					\
	if ((sc)->sc_fragment->hook != NULL)				\
		(sc)->sc_fragment->hook(sc);				\
} while (0)

/* Statements with that mutex held. */
#define	LOCKED(mutex, ...) do {						\
	mutex_enter(mutex);						\
	__VA_ARGS__;							\
	mutex_exit(mutex);						\
} while (0)

/* Of the request's map; short, so that BREAKS fits behind it. */
#define	PROBE_SYNC(sc, offset, length, ops)				\
	bus_dmamap_sync((sc)->sc_dmat, (sc)->sc_map, offset, length,	\
	    BUS_DMASYNC_##ops)

/* ---- requests; the thread's ---- */

static inline uint32_t
probe_target(struct probe *sc)
{
	return virtio_read_device_config_le_4(sc->sc_virtio,
	    PROBE_CFG_NUM_PAGES);
}

static inline void
probe_write_actual(struct probe *sc, uint32_t npages)
{
	sc->sc_actual = npages;
	virtio_write_device_config_le_4(sc->sc_virtio, PROBE_CFG_ACTUAL,
	    npages);
}

/* Take pages from the system. */
static inline bool
probe_alloc(struct pglist *list, unsigned int npages)
{
	return uvm_pglistalloc(npages * PAGE_SIZE, 0, PROBE_HIGH, 0, 0, list,
	    npages, 0) == 0;
}

/* Write the numbers of the pages into the request. */
static inline void
probe_fill(struct probe *sc)
{
	struct vm_page *pg;
	unsigned int i = 0;

	TAILQ_FOREACH(pg, &sc->sc_pages, pageq.queue)
		sc->sc_pfns[i++] = htole32(VM_PAGE_TO_PHYS(pg) / PAGE_SIZE);
	sc->sc_count = i;
}

/* Move all pages from one list to the other. */
static inline void
probe_move(struct pglist *to, struct pglist *from)
{
	struct vm_page *pg;

	while ((pg = TAILQ_FIRST(from)) != NULL) {
		TAILQ_REMOVE(from, pg, pageq.queue);
		TAILQ_INSERT_TAIL(to, pg, pageq.queue);
	}
}

/* Bytes of the request. */
static inline bus_size_t
probe_length(const struct probe *sc)
{
	return sizeof(uint32_t) * sc->sc_count;
}

/* Send the first sc_count numbers.  False: no room, and nothing is done. */
static inline bool
probe_send(struct probe *sc, struct virtqueue *vq)
{
	struct virtio_softc *vsc = sc->sc_virtio;
	int slot;

	if (virtio_enqueue_prep(vsc, vq, &slot) != 0)
		return false;
	if (virtio_enqueue_reserve(vsc, vq, slot, 1) != 0)
		return false;
	PROBE_SYNC(sc, 0, probe_length(sc), PREWRITE);
	virtio_enqueue_p(vsc, vq, slot, sc->sc_map, 0, probe_length(sc), true);
	sc->sc_vq_out = vq;
	virtio_enqueue_commit(vsc, vq, slot, true);
	return true;
}

/* A slot for so many parts; and a descriptor of so many bytes.  For requests made by hand. */
static inline int
probe_slot(struct probe *sc, struct virtqueue *vq, int nsegs)
{
	int slot;

	if (virtio_enqueue_prep(sc->sc_virtio, vq, &slot) != 0 ||
	    virtio_enqueue_reserve(sc->sc_virtio, vq, slot, nsegs) != 0)
		panic("no room in the queue");
	return slot;
}

static inline void
probe_enqueue(struct probe *sc, struct virtqueue *vq, int slot, bus_size_t bytes)
{
	virtio_enqueue_p(sc->sc_virtio, vq, slot, sc->sc_map, 0, bytes, true); /* BREAKS ring */
	sc->sc_vq_out = vq;
}
#define	PROBE_COMMIT(sc, vq, slot)					\
	virtio_enqueue_commit((sc)->sc_virtio, vq, slot, true)

/* A request of the first `bytes` of the numbers, all but its commit; returns its slot. */
static inline int
probe_build(struct probe *sc, struct virtqueue *vq, bus_size_t bytes)
{
	int slot = probe_slot(sc, vq, 1);

	PROBE_SYNC(sc, 0, bytes, PREWRITE);
	probe_enqueue(sc, vq, slot, bytes);
	return slot;
}

/* And sent, which the rule shall point at. */
static inline bool
probe_send_bytes(struct probe *sc, struct virtqueue *vq, bus_size_t bytes)
{
	int slot = probe_build(sc, vq, bytes);

	PROBE_COMMIT(sc, vq, slot); /* BREAKS balloon mem_uninitialised */
	return true;
}

/* Take the answer, without any sync.  False: there is none yet. */
static inline bool
probe_take(struct probe *sc, struct virtqueue *vq)
{
	int slot;

	if (virtio_dequeue(sc->sc_virtio, vq, &slot, NULL) != 0) /* BREAKS config ring */
		return false;
	virtio_dequeue_commit(sc->sc_virtio, vq, slot);
	sc->sc_vq_out = NULL;
	return true;
}

/* And sync so many bytes of it; and a request of all the numbers, with so many synced. */
static inline bool
probe_receive_synced(struct probe *sc, struct virtqueue *vq, bus_size_t bytes, int ops)
{
	if (!probe_take(sc, vq))
		return false;
	bus_dmamap_sync(sc->sc_dmat, sc->sc_map, /* BREAKS dma_sync_exc dma_sync_pairing_bad4 */
	    0, bytes, ops);
	return true;
}

static inline bool
probe_send_synced(struct probe *sc, struct virtqueue *vq, bus_size_t bytes, int ops)
{
	int slot = probe_slot(sc, vq, 1);

	bus_dmamap_sync(sc->sc_dmat, sc->sc_map, 0, bytes, ops); /* BREAKS dma_sync_pairing_bad2 */
	probe_enqueue(sc, vq, slot, probe_length(sc));
	PROBE_COMMIT(sc, vq, slot); /* BREAKS dma */
	return true;
}

static inline bool
probe_receive_bytes(struct probe *sc, struct virtqueue *vq, bus_size_t bytes)
{
	return probe_receive_synced(sc, vq, bytes, BUS_DMASYNC_POSTWRITE);
}

static inline bool
probe_receive(struct probe *sc, struct virtqueue *vq)
{
	return probe_receive_bytes(sc, vq, probe_length(sc));
}

static inline bool
probe_do_send(struct probe *sc, struct virtqueue *vq)
{
	return PROBE_OR(sc, send, probe_send)(sc, vq);
}

/* Give npages more to the host. */
static inline void
probe_inflate(struct probe *sc, unsigned int npages)
{
	sc->sc_short = !probe_alloc(&sc->sc_pages, npages);
	if (sc->sc_short)
		return;
	probe_fill(sc);
	if (probe_do_send(sc, &sc->sc_vq[PROBE_INFLATE]))
		return;
	uvm_pglistfree(&sc->sc_pages);
	sc->sc_short = true;
}

/* The host has them. */
static inline void
probe_keep(struct probe *sc)
{
	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_actual += sc->sc_count;
}

static inline void
probe_inflated(struct probe *sc)
{
	probe_keep(sc);
	probe_write_actual(sc, sc->sc_actual);
}

/* Ask for npages back. */
static inline void
probe_deflate(struct probe *sc, unsigned int npages)
{
	struct vm_page *pg;

	TAILQ_INIT(&sc->sc_pages);
	while (npages-- > 0 && (pg = TAILQ_FIRST(&sc->sc_balloon)) != NULL) {
		TAILQ_REMOVE(&sc->sc_balloon, pg, pageq.queue);
		TAILQ_INSERT_TAIL(&sc->sc_pages, pg, pageq.queue);
	}
	probe_fill(sc);
	if (probe_do_send(sc, &sc->sc_vq[PROBE_DEFLATE]))
		return;
	probe_move(&sc->sc_balloon, &sc->sc_pages);
	sc->sc_short = true;
}

/* We have them. */
static inline void
probe_deflated(struct probe *sc)
{
	uvm_pglistfree(&sc->sc_pages);
	probe_write_actual(sc, sc->sc_actual - sc->sc_count);
}

/* ---- the thread ---- */

/* Dequeue the used buffer, if there is one.  False: a request is still out. */
static inline bool
probe_dequeue(struct probe *sc)
{
	struct virtqueue *vq = sc->sc_vq_out;

	if (vq == NULL)
		return true;
	if (!PROBE_OR(sc, receive, probe_receive)(sc, vq))
		return false;
	if (vq == &sc->sc_vq[PROBE_INFLATE])
		PROBE_OR(sc, inflated, probe_inflated)(sc);
	else
		PROBE_OR(sc, deflated, probe_deflated)(sc);
	return true;
}

/* One step towards the target. */
static inline void
probe_step(struct probe *sc)
{
	uint32_t target;

	if (!probe_dequeue(sc))
		return;
	sc->sc_short = false;
	target = probe_target(sc);
	if (target > sc->sc_actual)
		PROBE_OR(sc, inflate, probe_inflate)(sc, MIN(target - sc->sc_actual, PROBE_PAGES));
	else if (target < sc->sc_actual)
		PROBE_OR(sc, deflate, probe_deflate)(sc, MIN(sc->sc_actual - target, PROBE_PAGES));
}

/* Step whenever woken, until the driver is detached. */
static inline void
probe_loop(struct probe *sc)
{
	mutex_enter(&sc->sc_lock);
	while (!sc->sc_dying) {
		if (!sc->sc_told && sc->sc_short) {
			sc->sc_told = true;
			cv_timedwait(&sc->sc_cv, &sc->sc_lock, mstohz(1000));
			continue;
		}
		if (!sc->sc_told) {
			cv_wait(&sc->sc_cv, &sc->sc_lock);
			continue;
		}
		sc->sc_told = false;
		mutex_exit(&sc->sc_lock);
		PROBE_HOOK(sc, in_step);
		PROBE_OR(sc, step, probe_step)(sc);
		mutex_enter(&sc->sc_lock);
	}
	mutex_exit(&sc->sc_lock);
}

static inline void
probe_thread(void *arg)
{
	struct probe *sc = arg;

	PROBE_HOOK(sc, in_thread);
	PROBE_OR(sc, thread, probe_loop)(sc);
	kthread_exit(0);
}

/* Start the device again, without what else that takes. */
static inline void
probe_restart(struct probe *sc)
{
	virtio_reset(sc->sc_virtio);
	virtio_reinit_start(sc->sc_virtio);
	virtio_negotiate_features(sc->sc_virtio, PROBE_F_MUST_TELL_HOST);
	virtio_reinit_end(sc->sc_virtio);
}

/* A second mutex: adaptive; of the interrupt's level; of a lower one. */
static inline void
probe_adaptive(struct probe *sc)
{
	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_NONE);
}

static inline void
probe_spin(struct probe *sc)
{
	mutex_init(&sc->sc_lock2, MUTEX_DEFAULT, IPL_VM);
}

static inline void
probe_low_spin(struct probe *sc)
{
	mutex_init(&sc->sc_lock2, MUTEX_SPIN, IPL_SOFTNET);
}

/* A second thread. */
static inline void
probe_second(struct probe *sc, int flags, void (*body)(void *))
{
	if (kthread_create(PRI_NONE, KTHREAD_MPSAFE | flags, NULL, body, sc, /* BREAKS thread */
	    &sc->sc_thread2, "second") != 0)
		aprint_error_dev(sc->sc_dev, "no second thread\n");
}

/* A fragment whose hook makes a second thread of that body. */
#define	FRAGMENT_SECOND(name, hook, flags, body)			\
FRAGMENT_IN(name, hook, start_##body)					\
{									\
	probe_second(sc, flags, body);					\
}									\
struct fragment

/* ---- interrupts ---- */

/* Wake the thread. */
static inline void
probe_tell(struct probe *sc)
{
	mutex_enter(&sc->sc_lock); /* BREAKS lock */
	sc->sc_told = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
}

static inline int
probe_config_change(struct virtio_softc *vsc)
{
	struct probe *sc = device_private(virtio_child(vsc));

	PROBE_HOOK(sc, in_config);
	if (sc->sc_fragment->config != NULL)
		return sc->sc_fragment->config(sc);
	probe_tell(sc);
	return 1;
}

static inline int
probe_vq_done(struct virtqueue *vq)
{
	struct probe *sc = device_private(virtio_child(vq->vq_owner));

	PROBE_HOOK(sc, in_done);
	if (sc->sc_fragment->done != NULL)
		return sc->sc_fragment->done(sc, vq);
	probe_tell(sc);
	return 1;
}

/* ---- attach, detach ---- */

/* Both queues or none. */
static inline bool
probe_make_queues(struct probe *sc)
{
	if (virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[0], 0, PROBE_BYTES, 1,
	    "inflate") != 0)
		return false;
	if (virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[1], 1, PROBE_BYTES, 1,
	    "deflate") != 0) {
		virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]);
		return false;
	}
	sc->sc_vq[0].vq_done = probe_vq_done;
	sc->sc_vq[1].vq_done = probe_vq_done;
	return true;
}

static inline void
probe_release_queues(struct probe *sc)
{
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[1]);
	virtio_free_vq(sc->sc_virtio, &sc->sc_vq[0]);
}

/* The memory of requests: all of it or none. */
static inline bool
probe_make_request(struct probe *sc)
{
	void *kva;
	int nsegs;

	if (bus_dmamem_alloc(sc->sc_dmat, PROBE_BYTES, PAGE_SIZE, 0,
	    &sc->sc_seg, 1, &nsegs, BUS_DMA_NOWAIT) != 0)
		return false;
	if (bus_dmamem_map(sc->sc_dmat, &sc->sc_seg, 1, PROBE_BYTES, &kva,
	    BUS_DMA_NOWAIT) != 0)
		goto fail_memory;
	sc->sc_pfns = kva;
	if (bus_dmamap_create(sc->sc_dmat, PROBE_BYTES, 1, PROBE_BYTES, 0,
	    BUS_DMA_NOWAIT, &sc->sc_map) != 0)
		goto fail_kva;
	if (bus_dmamap_load(sc->sc_dmat, sc->sc_map, sc->sc_pfns, PROBE_BYTES,
	    NULL, BUS_DMA_NOWAIT) != 0)
		goto fail_map;
	return true;

fail_map:
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map);
fail_kva:
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_pfns, PROBE_BYTES);
fail_memory:
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg, 1);
	return false;
}

static inline void
probe_release_request(struct probe *sc)
{
	bus_dmamap_unload(sc->sc_dmat, sc->sc_map);
	bus_dmamap_destroy(sc->sc_dmat, sc->sc_map);
	bus_dmamem_unmap(sc->sc_dmat, sc->sc_pfns, PROBE_BYTES);
	bus_dmamem_free(sc->sc_dmat, &sc->sc_seg, 1);
}

static inline bool
probe_make(struct probe *sc)
{
	return PROBE_OR(sc, make, probe_make_request)(sc);
}

static inline void
probe_release(struct probe *sc)
{
	PROBE_OR(sc, release, probe_release_request)(sc);
}

static inline bool
probe_make_thread(struct probe *sc)
{
	return kthread_create(PRI_NONE, KTHREAD_MPSAFE | KTHREAD_MUSTJOIN,
	    NULL, probe_thread, sc, &sc->sc_thread, "probe") == 0;
}

/* Locks, and the device under our control. */
static inline void
probe_start_with(struct probe *sc, int ipl, int features)
{
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, IPL_VM);
	cv_init(&sc->sc_cv, "probe");
	virtio_child_attach_start(sc->sc_virtio, sc->sc_dev, ipl, sc->sc_vq, /* BREAKS irq_ipl */
	    probe_config_change, virtio_vq_intr, sc->sc_fragment->flags, features,
	    VIRTIO_COMMON_FLAG_BITS "b\x00" "MUST_TELL_HOST\0");
}

static inline void
probe_start(struct probe *sc)
{
	probe_start_with(sc, IPL_VM, PROBE_F_MUST_TELL_HOST | sc->sc_fragment->features);
}

static inline void
probe_fail(struct probe *sc)
{
	virtio_child_attach_failed(sc->sc_virtio);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
}

static inline void
probe_attach(struct probe *sc)
{
	struct virtio_softc *vsc = sc->sc_virtio;

	probe_start(sc);
	if (virtio_features(vsc) == 0 && vsc->sc_version_1)
		goto fail;
	if (!probe_make_queues(sc))
		goto fail;
	if (!probe_make(sc))
		goto fail_queues;
	PROBE_HOOK(sc, in_attach);
	if (virtio_child_attach_finish(vsc) != 0)
		goto fail_request;
	PROBE_HOOK(sc, in_live);
	if (!probe_make_thread(sc))
		goto fail_live;
	return;

fail_live:
	PROBE_HOOK(sc, in_undo);
	virtio_reset(vsc);
fail_request:
	probe_release(sc);
fail_queues:
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}

/* The rest of an attach that makes the queues and gives up. */
static inline void
probe_only_queues(struct probe *sc)
{
	if (probe_make_queues(sc))
		probe_release_queues(sc);
	probe_fail(sc);
}

/* The rest of an attach that goes as far as that, and gives up whatever comes. */
static inline void
probe_give_up(struct probe *sc)
{
	if (!probe_make_queues(sc))
		goto fail;
	if (virtio_child_attach_finish(sc->sc_virtio) == 0) /* BREAKS attach */
		virtio_reset(sc->sc_virtio);
	probe_release_queues(sc);
fail:
	probe_fail(sc);
}

/* Every attachment comes in here. */
static inline void
probe_begin(device_t parent, device_t self, const struct fragment *fragment)
{
	struct probe *sc = device_private(self);

	sc->sc_fragment = fragment;
	sc->sc_dev = self;
	sc->sc_virtio = device_private(parent);
	sc->sc_dmat = virtio_dmat(sc->sc_virtio);
	sc->sc_told = true;
	TAILQ_INIT(&sc->sc_balloon);
	PROBE_OR(sc, attach, probe_attach)(sc);
}

static inline int
probe_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	return va->sc_childdevid == VIRTIO_DEVICE_ID_BALLOON;
}

/* End the thread. */
static inline void
probe_end_thread(struct probe *sc)
{
	mutex_enter(&sc->sc_lock);
	sc->sc_dying = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	kthread_join(sc->sc_thread);
}

/* The end of a detach: the bus, and the locks. */
static inline void
probe_gone(struct probe *sc)
{
	virtio_child_detach(sc->sc_virtio);
	cv_destroy(&sc->sc_cv);
	mutex_destroy(&sc->sc_lock);
}

/* All that is to be released but the thread. */
static inline void
probe_detach_rest(struct probe *sc)
{
	virtio_reset(sc->sc_virtio);
	probe_release(sc);
	probe_release_queues(sc);
	PROBE_HOOK(sc, in_detach);
	probe_gone(sc);
}

/* For an empty balloon only: the scenario has to see to that. */
static inline int
probe_detach(struct probe *sc)
{
	probe_end_thread(sc);
	probe_detach_rest(sc);
	return 0;
}

#endif /* !SIM_TESTS_RULES_MODULES_PROBE_H */
