/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the virtio bus share; no driver ever includes this.
 */
#ifndef SIM_KERN_VIRTIO_CORE_H
#define SIM_KERN_VIRTIO_CORE_H

#define VIRTIO_PRIVATE
#include <dev/pci/virtioreg.h>
#include <dev/pci/virtiovar.h>

#include "bus_dma.h"
#include "kernel.h"

/* ---- virtio_vqmem.c, virtio_vq.c ---- */

/* Requests of at least so many segments get an indirect table. */
#define VIRTIO_INDIRECT_MIN	2

static inline bool
virtio_vq_has_event_idx(const struct virtio_softc *sc)
{
	return (sc->sc_active_features & VIRTIO_F_RING_EVENT_IDX) != 0;
}

/* Empty ring, all slots free, nothing in flight; not while the device may look. */
void	virtio_vq_clear(struct virtio_softc *, struct virtqueue *);
/* Are there used buffers that nobody dequeued? */
bool	virtio_vq_has_used(const struct virtqueue *);
/*
 * virtio_alloc_vq() of a queue that knows vq_index and vq_num, but for what the device is told.
 * 0, or an errno that only messages show; then *vq is as far as it got.
 */
int	virtio_vq_make(struct virtio_softc *, struct virtqueue *, int maxsegsize, int maxnsegs,
	    const char *name);
/* An armed fault strikes as a failing bus_dmamem_alloc(); an errno, with the message. */
int	virtio_vq_alloc_fault(struct virtio_softc *, int index, const char *name);
/* Say that it is there. */
void	virtio_vq_tell(struct virtio_softc *, const struct virtqueue *, const char *name);
/* Its end; EBUSY while a slot is in use. */
int	virtio_vq_end(struct virtio_softc *, struct virtqueue *);

/* ---- virtio.c for virtio2023.c ---- */

/* virtio_child_attach_start() of either era, with what all have. */
void	virtio_start(struct virtio_softc *, device_t child, int ipl, uint64_t features,
	    const char *feat_bits);
/* Interrupts, then DRIVER_OK; 0, or 1 and all is undone. */
int	virtio_finish(struct virtio_softc *);
void	virtio_softint_end(struct virtio_softc *);
int	virtio_call_done(struct virtqueue *);
/* The vq_intrhand of a queue that has the bus's own handler and the child's vq_done. */
int	virtio_vq_done(void *vq);

/* ---- virtio.c for virtio_pci.c ---- */

/* Queue argument of notes that concern no queue. */
#define VIRTIO_NO_QUEUE	(~UINT64_C(0))

/* Call back the child, with notes about entering and leaving it. */
void	virtio_call_config_change(struct virtio_softc *);
void	virtio_call_intrhand(struct virtio_softc *);
int	virtio_call_vq_intrhand(struct virtqueue *);

/* ---- virtio_pci.c and virtio_pci_reg.c ---- */

enum {
	PCI_MSIX_CONFIG,	/* message of config changes */
	PCI_MSIX_QUEUE		/* of all queues, or of the first */
};

struct virtio_pci_softc {
	struct virtio_softc sc_sc;
	unsigned	sc_device;		/* its number at the door */
	unsigned	sc_devcfg_offset;	/* legacy: of the configuration */
	bool		sc_has_msix;		/* vectors in use are MSI-X */
	unsigned	sc_lines[HW_VECTORS];	/* established */
	int		sc_ihs_num;		/* how many */
};

static inline struct virtio_pci_softc *
virtio_pci_softc(struct virtio_softc *sc)
{
	return container_of(sc, struct virtio_pci_softc, sc_sc);
}

/* KCALL() of a call that deals with this device; NULL: with that of the call before. */
#define VIRTIO_CALL(sc, id, ...) \
	do { \
		virtio_on(sc); \
		KCALL(id, ##__VA_ARGS__); \
	} while (0)

static inline void
virtio_on(struct virtio_softc *sc)
{
	if (sc != NULL)
		hw_on(virtio_pci_softc(sc)->sc_device);
}

extern const struct virtio_ops virtio_pci_ops_legacy;
extern const struct virtio_ops virtio_pci_ops_modern;

void	virtio_pci_alloc_interrupts(struct virtio_softc *);
void	virtio_pci_free_interrupts(struct virtio_softc *);
/* Tell the device which message is for what; -1: it has no room. */
int	virtio_pci_setup_interrupts(struct virtio_softc *);
uint16_t virtio_pci_read_queue_size(struct virtio_softc *, uint16_t queue);
/* virtio_set_status() and virtio_reset() without a record. */
void	virtio_pci_set_status(struct virtio_softc *, int status);
/* Read the ISR, which acknowledges. */
unsigned virtio_pci_read_isr(struct virtio_softc *);

#endif /* SIM_KERN_VIRTIO_CORE_H */
