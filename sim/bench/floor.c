/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel functions that do as little as the driver lets them: see floor.h.
 *
 * No locks, no time, no ring, no device.  An allocation hands out a list that is linked once;
 * a commit is completed when the driver next waits; the wait after the last one leaves the
 * driver's thread for good.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kernel.h>
#include <sys/bus.h>
#include <sys/condvar.h>
#include <sys/device.h>
#include <sys/kthread.h>
#include <sys/mutex.h>
#include <sys/sysctl.h>
#include <uvm/uvm_page.h>

#include <dev/pci/virtioreg.h>
#define VIRTIO_PRIVATE
#include <dev/pci/virtiovar.h>

#include "bench/floor.h"

#define REQUEST_PAGES 256
#define SOFTC_MAX 16384

static struct floor {
	struct vm_page page[FLOOR_PAGES_MAX];
	uint32_t next_page;		/* the next that was never handed out */
	struct virtqueue *notified;
	virtio_callback config_change;
	struct virtqueue *vqs;
	uint32_t target, actual;
	uint64_t requests;
	void (*thread)(void *);
	void *thread_arg;
	void *out[5];
	char softc[SOFTC_MAX] __attribute__((aligned(16)));
} f;

int hz = 100;
int tick = 10000;
int cold;

void __tsan_init(void);
void __tsan_func_entry(void *);
void __tsan_func_exit(void);
#define HOOKS(n) \
	void __tsan_read##n(void *); \
	void __tsan_write##n(void *); \
	void __tsan_read##n(void *p) { (void)p; } \
	void __tsan_write##n(void *p) { (void)p; }
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)
#define UNDEFINED(name) \
	void __ubsan_handle_##name(void); \
	void __ubsan_handle_##name(void) { __builtin_trap(); }
UNDEFINED(out_of_bounds)
UNDEFINED(negate_overflow)
UNDEFINED(shift_out_of_bounds)
UNDEFINED(add_overflow)
UNDEFINED(sub_overflow)
UNDEFINED(mul_overflow)
UNDEFINED(divrem_overflow)
void __tsan_init(void) { }
void __tsan_func_entry(void *p) { (void)p; }
void __tsan_func_exit(void) { }

void mutex_init(kmutex_t *m, kmutex_type_t type, int ipl) { (void)m; (void)type; (void)ipl; }
void mutex_destroy(kmutex_t *m) { (void)m; }
void mutex_enter(kmutex_t *m) { (void)m; }
void mutex_exit(kmutex_t *m) { (void)m; }
void cv_init(kcondvar_t *cv, const char *name) { (void)cv; (void)name; }
void cv_destroy(kcondvar_t *cv) { (void)cv; }
void cv_signal(kcondvar_t *cv) { (void)cv; }

/* Inflated and nothing asked for: turn round; deflated: enough. */
static void
next_target(void)
{
	if (f.target == 0)
		__builtin_longjmp(f.out, 1);
	f.target = 0;
	f.config_change((struct virtio_softc *)&f);
}

int
cv_timedwait(kcondvar_t *cv, kmutex_t *m, int ticks)
{
	struct virtqueue *vq = f.notified;

	(void)cv;
	(void)m;
	(void)ticks;
	f.notified = NULL;
	if (vq != NULL)
		vq->vq_done(vq);
	else if (f.actual == f.target)
		next_target();
	return 0;
}

int
kthread_create(pri_t pri, int flags, struct cpu_info *ci, void (*func)(void *), void *arg,
    lwp_t **lp, const char *fmt, ...)
{
	(void)pri;
	(void)flags;
	(void)ci;
	(void)lp;
	(void)fmt;
	f.thread = func;
	f.thread_arg = arg;
	return 0;
}

#undef sysctl_createv
int
sysctl_createv(struct sysctllog **log, int cflags, const struct sysctlnode **rnode,
    const struct sysctlnode **cnode, int flags, int type, const char *name,
    const char *descr, sysctlfn func, u_quad_t qv, void *newp, size_t newlen, ...)
{
	static const struct sysctlnode node;

	(void)log; (void)cflags; (void)rnode; (void)flags; (void)type; (void)name;
	(void)descr; (void)func; (void)qv; (void)newp; (void)newlen;
	if (cnode != NULL)
		*cnode = &node;
	return 0;
}

int
uvm_pglistalloc(psize_t size, paddr_t low, paddr_t high, paddr_t alignment,
    paddr_t boundary, struct pglist *list, int nsegs, int waitok)
{
	(void)size; (void)low; (void)high; (void)alignment; (void)boundary; (void)nsegs;
	(void)waitok;
	TAILQ_INIT(list);
	for (int i = 0; i < REQUEST_PAGES; i++) {
		struct vm_page *page = &f.page[f.next_page++];

		TAILQ_INSERT_TAIL(list, page, pageq.queue);
	}
	return 0;
}

void
uvm_pglistfree(struct pglist *list)
{
	TAILQ_INIT(list);
}

paddr_t
uvm_vm_page_to_phys(const struct vm_page *page)
{
	return page->phys_addr & UVM_PHYSADDR_MASK;
}

int
bus_dmamap_create(bus_dma_tag_t t, bus_size_t size, int nsegs, bus_size_t maxsegsz,
    bus_size_t boundary, int flags, bus_dmamap_t *map)
{
	(void)t; (void)size; (void)nsegs; (void)maxsegsz; (void)boundary; (void)flags;
	*map = NULL;
	return 0;
}

int
bus_dmamap_load(bus_dma_tag_t t, bus_dmamap_t map, void *buf, bus_size_t len,
    struct proc *p, int flags)
{
	(void)t; (void)map; (void)buf; (void)len; (void)p; (void)flags;
	return 0;
}

void bus_dmamap_destroy(bus_dma_tag_t t, bus_dmamap_t map) { (void)t; (void)map; }

void
bus_dmamap_sync(bus_dma_tag_t t, bus_dmamap_t map, bus_addr_t off, bus_size_t len, int ops)
{
	(void)t; (void)map; (void)off; (void)len; (void)ops;
}

void *device_private(device_t dev) { (void)dev; return f.softc; }
const char *device_xname(device_t dev) { (void)dev; return "floor0"; }

device_t virtio_child(struct virtio_softc *sc) { (void)sc; return f.thread_arg; }
bus_dma_tag_t virtio_dmat(struct virtio_softc *sc) { (void)sc; return NULL; }
uint64_t virtio_features(struct virtio_softc *sc) { (void)sc; return 1; }

void
virtio_child_attach_start(struct virtio_softc *sc, device_t child, int ipl,
    struct virtqueue *vqs, virtio_callback config_change, virtio_callback intr_hand,
    int req_flags, int req_features, const char *bits)
{
	(void)sc; (void)child; (void)ipl; (void)intr_hand; (void)req_flags;
	(void)req_features; (void)bits;
	f.config_change = config_change;
	f.vqs = vqs;
}

int virtio_child_attach_finish(struct virtio_softc *sc) { (void)sc; return 0; }
void virtio_child_attach_failed(struct virtio_softc *sc) { (void)sc; }
int virtio_vq_intr(struct virtio_softc *sc) { (void)sc; return 0; }

int
virtio_alloc_vq(struct virtio_softc *sc, struct virtqueue *vq, int index, int maxsegsize,
    int maxnsegs, const char *name)
{
	(void)index; (void)maxsegsize; (void)maxnsegs; (void)name;
	vq->vq_owner = sc;
	return 0;
}

int virtio_free_vq(struct virtio_softc *sc, struct virtqueue *vq)
{
	(void)sc; (void)vq;
	return 0;
}

int virtio_enqueue_prep(struct virtio_softc *sc, struct virtqueue *vq, int *slot)
{
	(void)sc; (void)vq;
	*slot = 0;
	return 0;
}

int virtio_enqueue_reserve(struct virtio_softc *sc, struct virtqueue *vq, int slot, int n)
{
	(void)sc; (void)vq; (void)slot; (void)n;
	return 0;
}

int virtio_enqueue(struct virtio_softc *sc, struct virtqueue *vq, int slot,
    bus_dmamap_t map, bool write)
{
	(void)sc; (void)vq; (void)slot; (void)map; (void)write;
	return 0;
}

int virtio_enqueue_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot, bool now)
{
	(void)sc; (void)slot; (void)now;
	f.notified = vq;
	f.requests++;
	return 0;
}

int virtio_dequeue(struct virtio_softc *sc, struct virtqueue *vq, int *slot, int *len)
{
	(void)sc; (void)vq; (void)len;
	*slot = 0;
	return 0;
}

int virtio_dequeue_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot)
{
	(void)sc; (void)vq; (void)slot;
	return 0;
}

uint32_t
virtio_read_device_config_le_4(struct virtio_softc *sc, int offset)
{
	(void)sc;
	return offset == 0 ? f.target : f.actual;
}

void
virtio_write_device_config_le_4(struct virtio_softc *sc, int offset, uint32_t value)
{
	(void)sc;
	(void)offset;
	f.actual = value;
}

void aprint_normal(const char *fmt, ...) { (void)fmt; }
void aprint_error_dev(device_t dev, const char *fmt, ...) { (void)dev; (void)fmt; }
void printf(const char *fmt, ...) { (void)fmt; }
uint32_t kern_swap32(uint32_t value) { return value; }
void panic(const char *fmt, ...) { (void)fmt; __builtin_trap(); }
void kern_assert(const char *fmt, ...) { (void)fmt; __builtin_trap(); }

void
floor_prepare(void)
{
	for (uint32_t i = 0; i < FLOOR_PAGES_MAX; i++)
		f.page[i].phys_addr = (paddr_t)(i + 1) * PAGE_SIZE;
}

uint64_t
floor_run(const void *cfattach, uint32_t pages)
{
	const struct cfattach *ca = cfattach;

	f.target = pages;
	ca->ca_attach(NULL, NULL, NULL);
	if (__builtin_setjmp(f.out) == 0)
		f.thread(f.thread_arg);
	return f.requests;
}
