/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <dev/pci/virtioreg.h>: what driver and device agree on, whatever the transport
 * (virtio specification; names as in virtioreg.h 1.8).
 */
#ifndef _DEV_PCI_VIRTIOREG_H_
#define	_DEV_PCI_VIRTIOREG_H_

#include <sys/types.h>

/* Device ids, spec 5. */
#define	VIRTIO_DEVICE_ID_NETWORK	1
#define	VIRTIO_DEVICE_ID_BLOCK		2
#define	VIRTIO_DEVICE_ID_CONSOLE	3
#define	VIRTIO_DEVICE_ID_ENTROPY	4
#define	VIRTIO_DEVICE_ID_BALLOON	5
#define	VIRTIO_DEVICE_ID_IOMEM		6
#define	VIRTIO_DEVICE_ID_RPMSG		7
#define	VIRTIO_DEVICE_ID_SCSI		8
#define	VIRTIO_DEVICE_ID_9P		9

/* Feature bits that are not the device type's own, spec 6.  Bit 27 has no name here. */
#define	VIRTIO_F_NOTIFY_ON_EMPTY	(1 << 24)
#define	VIRTIO_F_RING_INDIRECT_DESC	(1 << 28)
#define	VIRTIO_F_RING_EVENT_IDX		(1 << 29)
#define	VIRTIO_F_BAD_FEATURE		(1 << 30)
#define	VIRTIO_F_VERSION_1		(1ULL << 32)

/* Their names for snprintb(3), new style; a driver appends those of its own bits. */
#define	VIRTIO_COMMON_FLAG_BITS						\
	"\177\020"							\
	"b\x20" "VERSION_1\0"						\
	"b\x1e" "BAD_FEATURE\0"						\
	"b\x1d" "EVENT_IDX\0"						\
	"b\x1c" "INDIRECT_DESC\0"					\
	"b\x18" "NOTIFY_ON_EMPTY\0"

/* Device status, spec 2.1. */
#define	VIRTIO_CONFIG_DEVICE_STATUS_RESET		0
#define	VIRTIO_CONFIG_DEVICE_STATUS_ACK			1
#define	VIRTIO_CONFIG_DEVICE_STATUS_DRIVER		2
#define	VIRTIO_CONFIG_DEVICE_STATUS_DRIVER_OK		4
#define	VIRTIO_CONFIG_DEVICE_STATUS_FEATURES_OK		8
#define	VIRTIO_CONFIG_DEVICE_STATUS_DEVICE_NEEDS_RESET	64
#define	VIRTIO_CONFIG_DEVICE_STATUS_FAILED		128

/* Interrupt status, spec 4.1.4.5. */
#define	VIRTIO_CONFIG_ISR_QUEUE_INTERRUPT	1
#define	VIRTIO_CONFIG_ISR_CONFIG_CHANGE		2

/* The split ring, spec 2.7; in memory as the transport's byte order says. */
#define	VRING_DESC_F_NEXT		1	/* the chain goes on at next */
#define	VRING_DESC_F_WRITE		2	/* the device writes this buffer */
#define	VRING_DESC_F_INDIRECT		4	/* the buffer is a table */
#define	VRING_USED_F_NO_NOTIFY		1	/* device: do not notify me */
#define	VRING_AVAIL_F_NO_INTERRUPT	1	/* driver: do not interrupt me */

struct vring_desc {
	uint64_t	addr;		/* bus address */
	uint32_t	len;		/* bytes */
	uint16_t	flags;		/* VRING_DESC_F_* */
	uint16_t	next;
} __packed;

struct vring_avail {
	uint16_t	flags;		/* VRING_AVAIL_F_* */
	uint16_t	idx;		/* free running */
	uint16_t	ring[];		/* then used_event, with EVENT_IDX */
} __packed;

struct vring_used_elem {
	uint32_t	id;		/* head of the chain */
	uint32_t	len;		/* bytes the device wrote */
} __packed;

struct vring_used {
	uint16_t	flags;		/* VRING_USED_F_* */
	uint16_t	idx;		/* free running */
	struct vring_used_elem ring[];	/* then avail_event, with EVENT_IDX */
} __packed;

/* Unit of the legacy queue address and of balloon page numbers; an int. */
#define	VIRTIO_PAGE_SIZE	(4096)

#endif /* !_DEV_PCI_VIRTIOREG_H_ */
