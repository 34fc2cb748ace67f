/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver of the kernel tests for the bus of 2023, as child_plan says.  Marks as in child.c;
 * i: a queue is initialised; h, H: the handler of the child's own, of queue 0 and 1.
 */
#include "../../../include/era/netbsd-2023/dev/pci/virtiovar.h"

#include <sys/param.h>
#include <sys/systm.h>

#include "child.h"

static int	child_match(device_t, cfdata_t, void *);
static void	child_attach(device_t, device_t, void *);
static int	child_detach(device_t, int);

extern struct cfattach child_2023_ca;
CFATTACH_DECL_NEW(child_2023, sizeof(struct child_softc), child_match, child_attach,
    child_detach, NULL);

const void *
child_2023_cfattach(void)
{
	return &child_2023_ca;
}

static int
child_match(device_t parent, cfdata_t cf, void *aux)
{
	const struct virtio_attach_args *va = aux;

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
	int slot;

	frag_mark(child_plan.frag, vq->vq_index == 0 ? 'd' : 'D');
	while (child_plan.takes_at_once && virtio_dequeue(vq->vq_owner, vq, &slot, NULL) == 0)
		virtio_dequeue_commit(vq->vq_owner, vq, slot);
	return 1;
}

static int
child_vq_handler(void *vq)
{
	frag_mark(child_plan.frag, ((struct virtqueue *)vq)->vq_index == 0 ? 'h' : 'H');
	return 1;
}

static void
child_fail(struct child_softc *sc)
{
	/* One that was not allocated is none. */
	for (int i = 2; i-- > 0; )
		child_plan.frag->out[FRAG_OUT - 3] |= virtio_free_vq(sc->sc_virtio, &sc->sc_vq[i]);
	virtio_child_attach_failed(sc->sc_virtio);
	frag_mark(child_plan.frag, 'L');
}

static void
child_init_queue(struct child_softc *sc, int i)
{
	struct virtqueue *vq = &sc->sc_vq[i];

	if (child_plan.per_queue)
		virtio_init_vq(sc->sc_virtio, vq, i, child_vq_handler, vq);
	else
		virtio_init_vq_vqdone(sc->sc_virtio, vq, i, child_vq_done);
	frag_mark(child_plan.frag, 'i');
}

static bool
child_alloc_queues(struct child_softc *sc)
{
	for (int i = 0; i < child_plan.queues; i++) {
		child_init_queue(sc, i);
		if (virtio_alloc_vq(sc->sc_virtio, &sc->sc_vq[i], CHILD_BYTES,
		    child_plan.maxnsegs, i == 0 ? "first" : "second") != 0) {
			frag_mark(child_plan.frag, 'Q');
			return false;
		}
		frag_mark(child_plan.frag, 'q');
	}
	return true;
}

/* What is wrong on purpose, just before attach_finish. */
static void
child_break(struct child_softc *sc)
{
	int slot;

	switch (child_plan.mistake) {
	case CHILD_RIGHT:
		break;
	case CHILD_ENQUEUES_EARLY:
		virtio_enqueue_prep(sc->sc_virtio, &sc->sc_vq[0], &slot);
		break;
	case CHILD_NO_HANDLER:
		sc->sc_vq[1].vq_intrhand = NULL;
		break;
	case CHILD_TWO_HANDLERS:
		sc->sc_vq[1].vq_intrhand = child_vq_handler;
		break;
	case CHILD_WRONG_ORDER:
		sc->sc_vq[1].vq_index = 2;
		break;
	case CHILD_STARTS_TWICE:
		virtio_child_attach_start(sc->sc_virtio, sc->sc_dev, child_plan.ipl, 0,
		    VIRTIO_COMMON_FLAG_BITS);
		break;
	}
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
	mutex_init(&sc->sc_lock, MUTEX_DEFAULT, child_plan.ipl);
	cv_init(&sc->sc_cv, "child");
	if (child_plan.end == CHILD_NOTHING) {
		child_fail(sc);
		return;
	}
	virtio_child_attach_start(sc->sc_virtio, self, child_plan.ipl,
	    child_plan.wide_features, VIRTIO_COMMON_FLAG_BITS "b\x00" "TELL\0");
	frag_mark(child_plan.frag, 's');
	child_plan.frag->out[FRAG_OUT - 2] = (int64_t)virtio_features(sc->sc_virtio);
	if (!child_alloc_queues(sc)) {
		child_fail(sc);
		return;
	}
	child_break(sc);
	if (virtio_child_attach_finish(sc->sc_virtio, sc->sc_vq, (size_t)child_plan.queues,
	    child_config_change, child_plan.req_flags) != 0) {
		frag_mark(child_plan.frag, 'X');
		child_fail(sc);
		return;
	}
	frag_mark(child_plan.frag, 'F');
	if (child_plan.end == CHILD_LATE_FAILURE)
		child_fail(sc);
}

static int
child_detach(device_t self, int flags)
{
	struct child_softc *sc = device_private(self);

	virtio_child_detach(sc->sc_virtio);
	frag_mark(child_plan.frag, virtio_child(sc->sc_virtio) == NULL ? 'n' : 'N');
	/* Nothing is left to do. */
	virtio_child_detach(sc->sc_virtio);
	for (int i = 0; i < child_plan.queues; i++)
		virtio_free_vq(sc->sc_virtio, &sc->sc_vq[i]);
	return 0;
}
