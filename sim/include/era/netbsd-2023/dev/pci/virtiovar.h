/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <dev/pci/virtiovar.h> of the era of 2023: versions 1.25 to 1.29, NetBSD 10 and later.  The
 * rest is that of 2022.  Both versions of a function are in the kernel, so what is other here
 * has another name in the object.
 */
#ifndef _DEV_PCI_VIRTIOVAR_2023_H_
#define	_DEV_PCI_VIRTIOVAR_2023_H_

#include <sys/cdefs.h>

#define	_VIRTIO_NETBSD_2023
#include "../../../../dev/pci/virtiovar.h"

#define	VIRTIO_F_INTR_PERVQ	(1 << 3)	/* a message for each queue, with MSIX */

/*
 * Attach.  Order: start (negotiates), init and alloc of each queue, finish (the device learns of
 * vqs[0..nvqs-1], which are in the order of their indexes and have handlers; then interrupts,
 * then DRIVER_OK; 0 or 1).  Nothing is enqueued before.  SOFTINT and PERVQ exclude each other.
 * failed resets the device; child_detach too.
 */
void	virtio_child_attach_start(struct virtio_softc *sc, device_t child, int ipl,
	    uint64_t req_features, const char *feat_bits)
	    __RENAME(__virtio_child_attach_start_2023);
int	virtio_child_attach_finish(struct virtio_softc *sc, struct virtqueue *vqs,
	    size_t nvqs, virtio_callback config_change, int req_flags)
	    __RENAME(__virtio_child_attach_finish_2023);
void	virtio_child_attach_failed(struct virtio_softc *sc)
	    __RENAME(__virtio_child_attach_failed_2023);
void	virtio_child_detach(struct virtio_softc *sc)
	    __RENAME(__virtio_child_detach_2023);

/*
 * init_vq: zero *vq and set its number and handler; reads the size from the device.  _vqdone:
 * with the bus's handler, that calls `done'.  alloc_vq: its memory; 0 or -1, and then *vq is
 * zeroed.  free_vq: 0, also if it was not allocated, or EBUSY while a slot is in use.  The last
 * two sleep.
 */
void	virtio_init_vq(struct virtio_softc *sc, struct virtqueue *vq, int index,
	    int (*handler)(void *), void *arg);
void	virtio_init_vq_vqdone(struct virtio_softc *sc, struct virtqueue *vq, int index,
	    int (*done)(struct virtqueue *));
int	virtio_alloc_vq(struct virtio_softc *sc, struct virtqueue *vq, int maxsegsize,
	    int maxnsegs, const char *name) __RENAME(__virtio_alloc_vq_2023);
int	virtio_free_vq(struct virtio_softc *sc, struct virtqueue *vq)
	    __RENAME(__virtio_free_vq_2023);

#endif /* !_DEV_PCI_VIRTIOVAR_2023_H_ */
