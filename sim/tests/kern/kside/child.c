/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of the kernel tests: a child of virtio0 that attaches as child_plan says.
 *
 * Marks: m match, a attach, s attach_start done, q a queue allocated, Q not, F attach_finish
 * succeeded, X it did not, f a queue freed, L attach_failed done, c config_change, d vq_done
 * of queue 0, D of queue 1, T the thread runs.
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kthread.h>
#include <sys/sysctl.h>

#include "child.h"

struct child_plan child_plan;
int child_attaches = 0;
struct child_softc *child;

static int	child_match(device_t, cfdata_t, void *);
static void	child_attach(device_t, device_t, void *);
static int	child_detach(device_t, int);

CFATTACH_DECL_NEW(child, sizeof(struct child_softc), child_match, child_attach, NULL,
    NULL);
extern struct cfattach child_detaching_ca;
CFATTACH_DECL_NEW(child_detaching, sizeof(struct child_softc), child_match, child_attach,
    child_detach, NULL);

const void *
child_cfattach(bool with_detach)
{
	return with_detach ? &child_detaching_ca : &child_ca;
}

static int
child_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

	/* Each driver is asked about other devices too. */
	if (va->sc_childdevid == 0xffff)
		return 0;
	frag_mark(child_plan.frag, 'm');
	return child_plan.match;
}

static int
child_config_change(struct virtio_softc *vsc)
{
	frag_mark(child_plan.frag, 'c');
	return 1;
}

static int
child_vq_done(struct virtqueue *vq)
{
	struct child_softc *sc = child;
	int slot;

	frag_mark(child_plan.frag, vq->vq_index == 0 ? 'd' : 'D');
	if (!child_plan.takes_at_once)
		return 1;
	while (virtio_dequeue(vq->vq_owner, vq, &slot, NULL) == 0)
		virtio_dequeue_commit(vq->vq_owner, vq, slot);
	mutex_enter(&sc->sc_lock);
	sc->sc_is_completed = true;
	cv_signal(&sc->sc_cv);
	mutex_exit(&sc->sc_lock);
	return 1;
}

static int
child_vq_handler(void *vq)
{
	return child_vq_done(vq);
}

static void
child_thread(void *arg)
{
	frag_mark(child_plan.frag, 'T');
	kthread_exit(0);
}

static void
child_free_queues(struct child_softc *sc)
{
	for (int i = child_plan.queues; i-- > 0; ) {
		if (sc->sc_vq[i].vq_num == 0)
			continue;
		virtio_free_vq(sc->sc_virtio, &sc->sc_vq[i]);
		frag_mark(child_plan.frag, 'f');
	}
}

static void
child_fail(struct child_softc *sc)
{
	child_free_queues(sc);
	virtio_child_attach_failed(sc->sc_virtio);
	frag_mark(child_plan.frag, 'L');
}

static bool
child_alloc_queues(struct child_softc *sc)
{
	for (int i = 0; i < child_plan.queues; i++) {
		sc->sc_vq[i].vq_done = child_vq_done;
		if (virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[i], i, CHILD_BYTES,
		    child_plan.maxnsegs, i == 0 ? "first" : "second") != 0) {
			frag_mark(child_plan.frag, 'Q');
			return false;
		}
		frag_mark(child_plan.frag, 'q');
		child_plan.frag->out[FRAG_OUT - 1] |= sc->sc_vq[i].vq_done != NULL;
		sc->sc_vq[i].vq_done = child_vq_done;
	}
	return true;
}

static void
child_sysctl(struct child_softc *sc)
{
	const struct sysctlnode *node;

	sysctl_createv(NULL, 0, NULL, &node, 0, CTLTYPE_NODE, "child", NULL, NULL, 0,
	    NULL, 0, CTL_HW, CTL_CREATE, CTL_EOL);
	if (node == NULL)
		return;
	sysctl_createv(NULL, 0, NULL, NULL, 0, CTLTYPE_INT, "value", NULL, NULL, 0,
	    &sc->sc_value, 0, CTL_HW, node->sysctl_num, CTL_CREATE, CTL_EOL);
}

/* From attach_finish on. */
static void
child_finish(struct child_softc *sc)
{
	for (int i = 0; child_plan.per_queue && i < child_plan.queues; i++) {
		sc->sc_vq[i].vq_intrhand = child_vq_handler;
		sc->sc_vq[i].vq_intrhand_arg = &sc->sc_vq[i];
	}
	if (child_plan.per_queue)
		virtio_child_attach_set_vqs(sc->sc_virtio, sc->sc_vq, 2);
	if (virtio_child_attach_finish(sc->sc_virtio) != 0) {
		frag_mark(child_plan.frag, 'X');
		child_fail(sc);
		return;
	}
	frag_mark(child_plan.frag, 'F');
	if (child_plan.end == CHILD_LATE_FAILURE) {
		child_fail(sc);
		return;
	}
	if (child_plan.thread)
		kthread_create(PRI_IDLE, KTHREAD_MPSAFE, NULL, child_thread, sc, NULL,
		    "child");
	if (child_plan.sysctl)
		child_sysctl(sc);
}

static void
child_attach(device_t parent, device_t self, void *aux)
{
	struct child_softc *sc = device_private(self);

	frag_mark(child_plan.frag, 'a');
	child_attaches++;
	child = sc;
	sc->sc_dev = self;
	sc->sc_virtio = device_private(parent);
	if (child_plan.end == CHILD_NOTHING) {
		aprint_normal(": does nothing\n");
		return;
	}
	virtio_child_attach_start(sc->sc_virtio, self, child_plan.ipl, sc->sc_vq,
	    child_config_change, virtio_vq_intr, child_plan.req_flags,
	    child_plan.req_features, VIRTIO_COMMON_FLAG_BITS "b\x00" "TELL\0");
	frag_mark(child_plan.frag, 's');
	child_plan.frag->out[FRAG_OUT - 2] = (int64_t)virtio_features(sc->sc_virtio);
	if (child_plan.end == CHILD_STARTED)
		return;
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, child_plan.ipl);
	cv_init(&sc->sc_cv, "child");
	if (child_plan.end == CHILD_FAILED || !child_alloc_queues(sc))
		child_fail(sc);
	else
		child_finish(sc);
}

static int
child_detach(device_t self, int flags)
{
	struct child_softc *sc = device_private(self);

	if (child_plan.detach_error != 0)
		return child_plan.detach_error;
	child_free_queues(sc);
	virtio_child_detach(sc->sc_virtio);
	return 0;
}

int
child_map(struct child_softc *sc, bus_size_t len)
{
	bus_dma_tag_t t = virtio_dmat(sc->sc_virtio);
	int error;

	error = bus_dmamap_create(t, CHILD_BYTES, 1, CHILD_BYTES, 0, BUS_DMA_NOWAIT,
	    &sc->sc_map);
	if (error == 0)
		error = bus_dmamap_load(t, sc->sc_map, sc->sc_pfns, len, NULL,
		    BUS_DMA_NOWAIT);
	return error;
}
