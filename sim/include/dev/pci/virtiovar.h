/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <dev/pci/virtiovar.h>: the virtio bus as a child driver sees it, April 2022
 * (virtiovar.h 1.24, virtio.c 1.54; there is no manual page for most of it, virtio(4) is
 * the nearest).  `sc' is the parent's softc, `vq' a queue in the child's own softc.
 *
 * A request goes prep (take a slot), reserve (its descriptors), enqueue (fill them),
 * commit (give it to the device); a completion goes dequeue (which slot), dequeue_commit (free
 * it).  The caller serialises prep..commit and dequeue..dequeue_commit for each queue.
 *
 * What is between _VIRTIO_NETBSD_2023 is not there in the era of 2023, whose header
 * (era/netbsd-2023) includes this one and has its own in that place.
 */
#ifndef _DEV_PCI_VIRTIOVAR_H_
#define	_DEV_PCI_VIRTIOVAR_H_

#include <sys/types.h>
#include <sys/queue.h>
#include <sys/mutex.h>
#include <sys/device_if.h>
#include <sys/bus.h>

#include <dev/pci/virtioreg.h>

#if !defined(_VIRTIO_NETBSD_2023) || defined(VIRTIO_PRIVATE)
/* A slot: what virtio.c knows about one descriptor of a queue. */
struct vq_entry {
	SIMPLEQ_ENTRY(vq_entry)	qe_list;	/* free list */
	uint16_t		qe_index;	/* in vq_desc */
	/* of the head of a request only: */
	int16_t			qe_next;	/* next slot to fill, -1 fresh */
	bool			qe_indirect;	/* uses an indirect table */
	struct vring_desc	*qe_desc_base;	/* table that is filled */
};
#endif

/*
 * A queue.  virtio_alloc_vq(), in 2023 virtio_init_vq(), zeroes all of it.  A child reads
 * vq_owner and sets vq_done: called at the child's level once per interrupt for as long as
 * the ring has entries that were not dequeued; returns nonzero when it had something to do.
 */
struct virtqueue {
	struct virtio_softc	*vq_owner;
	unsigned int		vq_num;		/* entries */
	int			vq_index;

	/* The ring, kernel virtual addresses. */
	struct vring_desc	*vq_desc;
	struct vring_avail	*vq_avail;
	struct vring_used	*vq_used;
	void			*vq_indirect;
	uint16_t		*vq_used_event;
	uint16_t		*vq_avail_event;

	/* Its memory; offsets and sizes in bytes. */
	void			*vq_vaddr;
	int			vq_availoffset;
	int			vq_usedoffset;
	int			vq_indirectoffset;
	bus_dma_segment_t	vq_segs[1];
	unsigned int		vq_bytesize;
	bus_dmamap_t		vq_dmamap;

	int			vq_maxsegsize;
	int			vq_maxnsegs;

	/* Slots; the free list is first in, first out (in 2023: last in, first out). */
	struct vq_entry		*vq_entries;
	SIMPLEQ_HEAD(, vq_entry) vq_freelist;
	kmutex_t		vq_freelist_lock;

	/* Our side of the indexes, free running. */
	uint16_t		vq_avail_idx;
	uint16_t		vq_used_idx;
	int			vq_queued;	/* committed, not yet notified */
	kmutex_t		vq_aring_lock;
	kmutex_t		vq_uring_lock;

	int			(*vq_done)(struct virtqueue *);
	int			(*vq_intrhand)(void *);
	void			*vq_intrhand_arg;

	uint32_t		vq_notify_off;	/* virtio 1.x */
};

/* What the bus offers a child's match and attach. */
struct virtio_attach_args {
	int			sc_childdevid;	/* VIRTIO_DEVICE_ID_* */
};

typedef int (*virtio_callback)(struct virtio_softc *);

#ifdef VIRTIO_PRIVATE
/*
 * What a transport does for virtio.c.  Device configuration goes through two functions
 * of a width in bytes here, in place of the bus space handle of the real one.
 */
struct virtio_ops {
	void		(*kick)(struct virtio_softc *, uint16_t idx);
	uint64_t	(*read_dev_cfg)(struct virtio_softc *, int off, int width);
	void		(*write_dev_cfg)(struct virtio_softc *, int off, int width,
			    uint64_t value);
	void		(*setup_queue)(struct virtio_softc *, uint16_t idx,
			    uint64_t addr);	/* bus address, 0: disable */
	void		(*neg_features)(struct virtio_softc *, uint64_t features);
};

struct virtio_softc {
	device_t		sc_dev;
	const struct virtio_ops	*sc_ops;
	bus_dma_tag_t		sc_dmat;

	int			sc_bus_endian;		/* _LITTLE_ENDIAN, .. */
	int			sc_struct_endian;

	int			sc_ipl;			/* set by child */
	void			*sc_soft_ih;
	int			sc_flags;		/* set by child */

	uint64_t		sc_active_features;
	bool			sc_indirect;
	bool			sc_version_1;
	bool			sc_finished_called;
	bool			sc_is_up;		/* attach_finish succeeded */
	bool			sc_is_2023;		/* the era of its child */
	enum {						/* in 2023 */
		VIRTIO_NO_CHILD,
		VIRTIO_CHILD_ATTACH_FINISHED,
		VIRTIO_CHILD_ATTACH_FAILED
	}			sc_child_state;

	int			sc_nvqs;		/* allocated; 2023: made known */
	struct virtqueue	*sc_vqs;		/* set by child */

	int			sc_childdevid;
	device_t		sc_child;		/* or VIRTIO_CHILD_FAILED */
	bool			sc_child_mq;
	virtio_callback		sc_config_change;	/* set by child */
	virtio_callback		sc_intrhand;		/* set by child */
};
#else
struct virtio_softc;
#endif

/* req_flags of attach_start. */
#define	VIRTIO_F_INTR_MPSAFE	(1 << 0)	/* handler without kernel_lock */
#define	VIRTIO_F_INTR_SOFTINT	(1 << 1)	/* queue handler in a softint */
#define	VIRTIO_F_INTR_MSIX	(1 << 2)

#if !defined(_VIRTIO_NETBSD_2023) || defined(VIRTIO_PRIVATE)
#define	VIRTIO_CHILD_FAILED	((void *)1)
#endif

#ifndef _VIRTIO_NETBSD_2023
/*
 * Attach.  Order: start (negotiates; features 0 is the only sign of failure), the child's
 * own set-up, finish (interrupts, then DRIVER_OK; callbacks come from then on; 0 or 1).
 * failed resets the device; call it after freeing the queues.
 * req_features is an int and is sign-extended.  feat_bits: for snprintb(3).
 */
void	virtio_child_attach_start(struct virtio_softc *sc, device_t child, int ipl,
	    struct virtqueue *vqs, virtio_callback config_change,
	    virtio_callback intr_hand, int req_flags, int req_features,
	    const char *feat_bits);
void	virtio_child_attach_set_vqs(struct virtio_softc *sc, struct virtqueue *vqs,
	    int nvq_pairs);
int	virtio_child_attach_finish(struct virtio_softc *sc);
void	virtio_child_attach_failed(struct virtio_softc *sc);
void	virtio_child_detach(struct virtio_softc *sc);
#endif
void	virtio_negotiate_features(struct virtio_softc *sc, uint64_t guest_features);

#ifndef _VIRTIO_NETBSD_2023
/*
 * alloc_vq: set up queue `index', which must be the next one, for requests of up to
 * maxnsegs segments of maxsegsize bytes; 0 or -1.  free_vq: 0, or EBUSY while a slot is in
 * use.  Both sleep.
 */
int	virtio_alloc_vq(struct virtio_softc *sc, struct virtqueue *vq, int index,
	    int maxsegsize, int maxnsegs, const char *name);
int	virtio_free_vq(struct virtio_softc *sc, struct virtqueue *vq);
#endif

/* reset stops the device; reinit_start and _end bring it back with the same queues. */
void	virtio_reset(struct virtio_softc *sc);
int	virtio_reinit_start(struct virtio_softc *sc);
void	virtio_reinit_end(struct virtio_softc *sc);

/*
 * prep: a slot, or EAGAIN.  reserve: descriptors for nsegs segments, or EAGAIN, and then
 * the slot is gone too.  enqueue: one descriptor for each segment of a loaded map, of the
 * segment's whole length; write: the device reads.  enqueue_p: only len bytes from start,
 * of a map with one segment.  commit: slot -1 only notifies.  abort: give the slot back
 * before commit.  All but prep and reserve return 0.
 */
int	virtio_enqueue_prep(struct virtio_softc *sc, struct virtqueue *vq, int *slotp);
int	virtio_enqueue_reserve(struct virtio_softc *sc, struct virtqueue *vq, int slot,
	    int nsegs);
int	virtio_enqueue(struct virtio_softc *sc, struct virtqueue *vq, int slot,
	    bus_dmamap_t map, bool write);
int	virtio_enqueue_p(struct virtio_softc *sc, struct virtqueue *vq, int slot,
	    bus_dmamap_t map, bus_addr_t start, bus_size_t len, bool write);
int	virtio_enqueue_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot,
	    bool notifynow);
int	virtio_enqueue_abort(struct virtio_softc *sc, struct virtqueue *vq, int slot);

/* dequeue: the next used slot and the bytes written (lenp may be NULL), or ENOENT. */
int	virtio_dequeue(struct virtio_softc *sc, struct virtqueue *vq, int *slotp,
	    int *lenp);
int	virtio_dequeue_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot);

/* Interrupts.  vq_intr: the intr_hand that calls vq_done of every queue with used buffers. */
bool	virtio_vq_is_enqueued(struct virtio_softc *sc, struct virtqueue *vq);
#ifndef _VIRTIO_NETBSD_2023
int	virtio_vq_intr(struct virtio_softc *sc);
int	virtio_vq_intrhand(struct virtio_softc *sc);
#endif
void	virtio_stop_vq_intr(struct virtio_softc *sc, struct virtqueue *vq);
int	virtio_start_vq_intr(struct virtio_softc *sc, struct virtqueue *vq);
int	virtio_postpone_intr(struct virtio_softc *sc, struct virtqueue *vq,
	    uint16_t nslots);
int	virtio_postpone_intr_smart(struct virtio_softc *sc, struct virtqueue *vq);
int	virtio_postpone_intr_far(struct virtio_softc *sc, struct virtqueue *vq);

/*
 * Device configuration, index in bytes.  Any context, no locking, no snapshot over two
 * reads.  _le: fields that are little endian on every transport.
 */
uint8_t	virtio_read_device_config_1(struct virtio_softc *sc, int index);
uint16_t virtio_read_device_config_2(struct virtio_softc *sc, int index);
uint32_t virtio_read_device_config_4(struct virtio_softc *sc, int index);
uint64_t virtio_read_device_config_8(struct virtio_softc *sc, int index);
uint16_t virtio_read_device_config_le_2(struct virtio_softc *sc, int index);
uint32_t virtio_read_device_config_le_4(struct virtio_softc *sc, int index);
void	virtio_write_device_config_1(struct virtio_softc *sc, int index, uint8_t value);
void	virtio_write_device_config_2(struct virtio_softc *sc, int index, uint16_t value);
void	virtio_write_device_config_4(struct virtio_softc *sc, int index, uint32_t value);
void	virtio_write_device_config_8(struct virtio_softc *sc, int index, uint64_t value);
void	virtio_write_device_config_le_2(struct virtio_softc *sc, int index,
	    uint16_t value);
void	virtio_write_device_config_le_4(struct virtio_softc *sc, int index,
	    uint32_t value);

/* Accessors.  child: NULL, the child, or (2022) VIRTIO_CHILD_FAILED.  features: as negotiated. */
bus_dma_tag_t virtio_dmat(struct virtio_softc *sc);
device_t virtio_child(struct virtio_softc *sc);
int	virtio_intrhand(struct virtio_softc *sc);
uint64_t virtio_features(struct virtio_softc *sc);

/* For transports: status bits are ORed, 0 resets; messages about the child. */
void	virtio_set_status(struct virtio_softc *sc, int status);
void	virtio_print_device_type(device_t self, int id, int revision);
int	virtio_attach_failed(struct virtio_softc *sc);
#define	virtio_device_reset(sc)	virtio_set_status((sc), 0)

/* Between CPU order and the order of rings and structures. */
uint16_t virtio_rw16(struct virtio_softc *sc, uint16_t val);
uint32_t virtio_rw32(struct virtio_softc *sc, uint32_t val);
uint64_t virtio_rw64(struct virtio_softc *sc, uint64_t val);

#endif /* !_DEV_PCI_VIRTIOVAR_H_ */
