/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is other for a child of the era of 2023 (virtiovar.h 1.25 to 1.29, virtio.c 1.82): the
 * queues are initialised, then allocated, and the device learns of them when the attachment
 * ends.  All else is shared with the bus of 2022.
 */
#define VIRTIO_PRIVATE
#include "../include/era/netbsd-2023/dev/pci/virtiovar.h"
#include "virtio_core.h"

/* ---- Queues ---- */

/* That it is this one says that there is a vq_done; virtio_call_done() calls that. */
int
virtio_vq_done(void *arg)
{
	return virtio_call_done(arg);
}

static void
vq_init(struct virtio_softc *sc, struct virtqueue *vq, int index, int (*handler)(void *),
    void *arg)
{
	sc->sc_is_2023 = true;
	memset(vq, 0, sizeof(*vq));
	vq->vq_owner = sc;
	vq->vq_num = virtio_pci_read_queue_size(sc, (uint16_t)index);
	vq->vq_index = index;
	vq->vq_intrhand = handler;
	vq->vq_intrhand_arg = arg;
}

void
virtio_init_vq(struct virtio_softc *sc, struct virtqueue *vq, int index,
    int (*handler)(void *), void *arg)
{
	VIRTIO_CALL(sc, VIRTIO_INIT_VQ, index);
	vq_init(sc, vq, index, handler, arg);
	KRET(VIRTIO_INIT_VQ, 0);
}

void
virtio_init_vq_vqdone(struct virtio_softc *sc, struct virtqueue *vq, int index,
    int (*done)(struct virtqueue *))
{
	VIRTIO_CALL(sc, VIRTIO_INIT_VQ_VQDONE, index);
	vq_init(sc, vq, index, virtio_vq_done, vq);
	vq->vq_done = done;
	KRET(VIRTIO_INIT_VQ_VQDONE, 0);
}

int
virtio_alloc_vq(struct virtio_softc *sc, struct virtqueue *vq, int maxsegsize, int maxnsegs,
    const char *name)
{
	int error;

	VIRTIO_CALL(sc, VIRTIO_ALLOC_VQ, vq->vq_index, maxsegsize, maxnsegs, kern_text(name));
	error = virtio_vq_alloc_fault(sc, vq->vq_index, name);
	if (error == 0)
		error = virtio_vq_make(sc, vq, maxsegsize, maxnsegs, name);
	if (error == 0) {
		virtio_vq_tell(sc, vq, name);
	} else {
		sc->sc_ops->setup_queue(sc, (uint16_t)vq->vq_index, 0);
		memset(vq, 0, sizeof(*vq));
		error = -1;
	}
	KRETURN(VIRTIO_ALLOC_VQ, error);
}

/* Of a queue that was not allocated there is nothing to free. */
int
virtio_free_vq(struct virtio_softc *sc, struct virtqueue *vq)
{
	bool is_there = vq->vq_vaddr != NULL;

	VIRTIO_CALL(sc, VIRTIO_FREE_VQ, is_there ? (uint64_t)vq->vq_index : VIRTIO_NO_QUEUE);
	KRETURN(VIRTIO_FREE_VQ, is_there ? virtio_vq_end(sc, vq) : 0);
}

/* ---- Attachment ---- */

/* The handler of each queue with used buffers. */
static int
virtio_queues_intr(struct virtio_softc *sc)
{
	struct virtqueue *vq;
	int i, handled = 0;

	for (i = 0; i < sc->sc_nvqs; i++) {
		vq = &sc->sc_vqs[i];
		/* Freed and still known: the real one follows NULL. */
		if (vq->vq_used == NULL)
			kern_panic("virtio_vq_intr: virtqueue %d is not there any more", i);
		vq->vq_queued = 0;
		if (virtio_vq_has_used(vq))
			handled |= virtio_call_vq_intrhand(vq);
	}
	return handled;
}

void
virtio_child_attach_start(struct virtio_softc *sc, device_t child, int ipl,
    uint64_t req_features, const char *feat_bits)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_START, ipl, 0, req_features, false);
	KERN_ASSERT(sc->sc_child == NULL);
	KERN_ASSERT(sc->sc_child_state == VIRTIO_NO_CHILD);
	sc->sc_is_2023 = true;
	virtio_start(sc, child, ipl, req_features, feat_bits);
	KRET(VIRTIO_CHILD_ATTACH_START, 0);
}

static void
virtio_check_finish(const struct virtqueue *vqs, size_t nvqs, int req_flags)
{
	const int either = VIRTIO_F_INTR_SOFTINT | VIRTIO_F_INTR_PERVQ;
	size_t i;

	KERN_ASSERT(nvqs > 0);
	KERN_ASSERT((req_flags & either) != either);
	for (i = 0; i < nvqs; i++) {
		KERN_ASSERT((size_t)vqs[i].vq_index == i);
		KERN_ASSERT(vqs[i].vq_intrhand != NULL);
		KERN_ASSERT(vqs[i].vq_done == NULL || vqs[i].vq_intrhand == virtio_vq_done);
	}
}

int
virtio_child_attach_finish(struct virtio_softc *sc, struct virtqueue *vqs, size_t nvqs,
    virtio_callback config_change, int req_flags)
{
	size_t i;
	int failed;

	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_FINISH);
	virtio_check_finish(vqs, nvqs, req_flags);
	sc->sc_vqs = vqs;
	sc->sc_nvqs = (int)nvqs;
	sc->sc_config_change = config_change;
	sc->sc_intrhand = virtio_queues_intr;
	sc->sc_flags = req_flags;
	/* One message for the only queue is the same either way. */
	sc->sc_child_mq = (req_flags & VIRTIO_F_INTR_PERVQ) != 0 && nvqs > 1;
	KNOTE(HANDLERS, nvqs, req_flags, config_change != NULL);
	for (i = 0; i < nvqs; i++)
		sc->sc_ops->setup_queue(sc, (uint16_t)vqs[i].vq_index,
		    vqs[i].vq_dmamap->dm_segs[0].ds_addr);
	failed = virtio_finish(sc);
	KNOTE(ATTACH, HW_ATTACH_FINISHED, failed);
	KRETURN(VIRTIO_CHILD_ATTACH_FINISH, failed);
}

/* The device is reset while the child is still known: a handler that runs elsewhere sees it. */
static void
virtio_forget(struct virtio_softc *sc)
{
	if (sc->sc_child == NULL)
		return;
	sc->sc_is_up = false;
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_RESET);
	virtio_pci_free_interrupts(sc);
	virtio_softint_end(sc);
	sc->sc_vqs = NULL;
	sc->sc_child = NULL;
}

void
virtio_child_detach(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_DETACH);
	virtio_forget(sc);
	KRET(VIRTIO_CHILD_DETACH, 0);
}

void
virtio_child_attach_failed(struct virtio_softc *sc)
{
	VIRTIO_CALL(sc, VIRTIO_CHILD_ATTACH_FAILED);
	virtio_forget(sc);
	virtio_pci_set_status(sc, VIRTIO_CONFIG_DEVICE_STATUS_FAILED);
	sc->sc_child_state = VIRTIO_CHILD_ATTACH_FAILED;
	KNOTE(ATTACH, HW_ATTACH_FAILED, 0);
	KRET(VIRTIO_CHILD_ATTACH_FAILED, 0);
}
