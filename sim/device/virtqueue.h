/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue as the device sees it (virtio 1.2 clause 2.7).
 *
 * Everything is read and written by bus address through memory_dma_*; nothing is taken on
 * trust: what a chain claims is checked before anyone follows it.  Ring values are little
 * endian, which on amd64 is also what a legacy ring wants (guest endian).
 */
#ifndef VIOSIM_DEVICE_VIRTQUEUE_H
#define VIOSIM_DEVICE_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/memory.h"

#define VIRTQUEUE_SIZE_MAX 32768	/* entries (clause 2.7) */

/* Descriptor flags (clause 2.7.5). */
#define VIRTQUEUE_DESC_NEXT 1
#define VIRTQUEUE_DESC_WRITE 2
#define VIRTQUEUE_DESC_INDIRECT 4

/* What can be wrong with what the driver put into the ring. */
enum virtqueue_fault {
	VIRTQUEUE_FAULT_NONE,		/* nothing is wrong */
	VIRTQUEUE_FAULT_ADDRESS,	/* an address in the ring is no memory */
	VIRTQUEUE_FAULT_INDEX,		/* the available index is too far ahead */
	VIRTQUEUE_FAULT_HEAD,		/* an available entry names no descriptor */
	VIRTQUEUE_FAULT_NEXT,		/* a descriptor leads to one that does not exist */
	VIRTQUEUE_FAULT_LOOP,		/* a chain is longer than its table */
	VIRTQUEUE_FAULT_INDIRECT,	/* an indirect descriptor, malformed or not allowed */
	VIRTQUEUE_FAULT_ORDER,		/* a device-readable buffer after a device-writable one */
	VIRTQUEUE_FAULT_EMPTY,		/* a buffer without a byte */
	VIRTQUEUE_FAULT_LENGTH,		/* a request longer than the device can read */
	VIRTQUEUE_FAULT_EXCESS,		/* more requests in flight than the queue holds */
};

struct virtqueue {
	struct memory *memory;
	uint64_t desc, driver, device;	/* bus addresses of the three parts */
	uint16_t size;			/* entries; 0: there is no such queue */
	uint16_t size_max;
	bool enabled;
	bool event_idx, indirect, notify_on_empty;	/* negotiated */
	uint16_t taken;			/* next available entry to take, free-running */
	uint16_t used;			/* next used entry to write, free-running */
	uint16_t signalled;		/* `used` at the last notification (EVENT_IDX) */
	bool signalled_valid;
	bool notify_off;			/* NO_NOTIFY is set */
};

/* One buffer of a chain, in order. */
struct virtqueue_buffer {
	uint64_t address;		/* bus address */
	uint32_t length;		/* bytes */
	bool writable;			/* by the device */
};

/* A chain that was taken; all zero is none.  Take into it as often as wanted, fini. */
struct virtqueue_chain {
	uint16_t head;			/* goes into the used entry */
	struct { VEC_MEMBERS(struct virtqueue_buffer); } buffers;
	uint64_t readable, writable;	/* bytes */
};

void virtqueue_chain_fini(struct virtqueue_chain *chain);

/* No ring yet; the size stays what the device offers. */
void virtqueue_init(struct virtqueue *vq, struct memory *memory, uint16_t size_max);
/* Forget the ring (device reset, queue given up). */
void virtqueue_reset(struct virtqueue *vq);

/* Where the parts lie, for the legacy layout from one address (clause 2.7.2). */
void virtqueue_place_legacy(struct virtqueue *vq, uint64_t address);

/* Entries made available and not taken; 0 if the ring cannot be read. */
unsigned virtqueue_waiting(const struct virtqueue *vq);

/*
 * Take the next chain.  False when there is none, or when the ring is wrong: then *fault
 * says how, and nothing was taken.  With EVENT_IDX the driver is asked to notify of the next one
 * when the ring is found empty.
 */
bool virtqueue_take(struct virtqueue *vq, struct virtqueue_chain *chain,
    enum virtqueue_fault *fault);

/* Copy `length` bytes from `offset` of the device-readable part; false on a bad address. */
bool virtqueue_read(const struct virtqueue *vq, const struct virtqueue_chain *chain,
    uint64_t offset, void *to, size_t length);

/* Write a used entry and publish it; false on a bad address. */
bool virtqueue_push(struct virtqueue *vq, uint32_t id, uint32_t length);

/*
 * Does the driver want to hear of the used entries pushed so far (clause 2.7.7, 2.7.10)?
 * Asking counts as telling it.
 */
bool virtqueue_wants_interrupt(struct virtqueue *vq);

/* Ask for no notifications, or for them again (NO_NOTIFY; advice only, clause 2.7.10). */
void virtqueue_set_notify(struct virtqueue *vq, bool wanted);

#endif /* VIOSIM_DEVICE_VIRTQUEUE_H */
