/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio PCI function: registers, status, features, queues, interrupts.
 *
 * Two faces, one state: the legacy layout of BAR 0 (virtio 1.2 clause 4.1.4.10) and the
 * modern structures (clause 4.1.4).  Which one the guest sees is the machine's choice.
 * It is a part of a struct device, which does what is behind it.
 *
 * Offsets and widths are in bytes.  Legacy device configuration begins at 20, at 24 with
 * MSI-X on; MSI-X is on as soon as the kernel has a handler for one of its vectors.
 */
#ifndef VIOSIM_DEVICE_TRANSPORT_H
#define VIOSIM_DEVICE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "device/virtqueue.h"
#include "machine/world.h"

#define TRANSPORT_QUEUES_MAX 8
#define TRANSPORT_NO_VECTOR 0xffffu

/* Device status (clause 2.1). */
#define TRANSPORT_STATUS_ACKNOWLEDGE 1
#define TRANSPORT_STATUS_DRIVER 2
#define TRANSPORT_STATUS_DRIVER_OK 4
#define TRANSPORT_STATUS_FEATURES_OK 8
#define TRANSPORT_STATUS_NEEDS_RESET 64
#define TRANSPORT_STATUS_FAILED 128

/* ISR status (clause 4.1.4.5). */
#define TRANSPORT_ISR_QUEUE 1
#define TRANSPORT_ISR_CONFIG 2

/* Feature bits that belong to no device type (clause 6, legacy 6.3). */
#define TRANSPORT_F_NOTIFY_ON_EMPTY (UINT64_C(1) << 24)
#define TRANSPORT_F_ANY_LAYOUT (UINT64_C(1) << 27)
#define TRANSPORT_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define TRANSPORT_F_EVENT_IDX (UINT64_C(1) << 29)
#define TRANSPORT_F_VERSION_1 (UINT64_C(1) << 32)

/* X("NAME", mask, "what it means"): those that a scenario may offer, for any type of device. */
#define TRANSPORT_FEATURES(X) \
	X("NOTIFY_ON_EMPTY", TRANSPORT_F_NOTIFY_ON_EMPTY, "legacy: an interrupt when a queue " \
	    "runs empty, even where the driver wanted none (virtio 1.2 clause 6.3)") \
	X("ANY_LAYOUT", TRANSPORT_F_ANY_LAYOUT, "legacy: the device makes nothing of how a " \
	    "request is cut into descriptors (virtio 1.2 clause 6.3)") \
	X("RING_INDIRECT_DESC", TRANSPORT_F_INDIRECT_DESC, "a descriptor may lead to a table of " \
	    "descriptors outside of the ring (virtio 1.2 clause 2.7.5.3)") \
	X("RING_EVENT_IDX", TRANSPORT_F_EVENT_IDX, "each side writes at which index it wants " \
	    "the next notification (virtio 1.2 clauses 2.7.7 and 2.7.10)")

#define TRANSPORT_CONFIG_MAX 64

struct transport_queue {
	struct virtqueue vq;
	uint16_t vector;		/* MSI-X */
	uint64_t notifications, interrupts;	/* since the driver began */
};

struct device;

struct transport {
	struct world *world;
	unsigned device;		/* its number at the door */
	struct device *owner;
	unsigned config_bytes;		/* of the device: at most TRANSPORT_CONFIG_MAX */
	uint64_t offered;		/* without VERSION_1, which the modern face adds */
	uint64_t required;		/* FEATURES_OK is refused without these */
	uint64_t accepted;		/* as the driver wrote them, limited to the offer */
	uint64_t written;		/* as the driver wrote them */
	uint32_t offered_select, written_select;
	uint8_t status;
	bool gone;			/* pulled out: all reads are ones */
	uint8_t isr;
	uint8_t config_isr;		/* bits that a configuration change sets */
	uint8_t generation;		/* add 1 with every change of the configuration */
	uint16_t vector;		/* MSI-X, configuration changes */
	uint16_t select;
	unsigned queues;
	struct transport_queue queue[TRANSPORT_QUEUES_MAX];
	uint64_t interrupts;		/* for configuration changes, since the driver began */
};

/* sizes: of each queue, 0 = missing.  The world is not looked at before the first register. */
void transport_init(struct transport *transport, struct device *owner, unsigned config_bytes,
    const uint16_t *sizes, unsigned queues);

/* For struct world_hooks, of a struct device. */
uint64_t transport_read(void *device, enum hw_region region, unsigned offset, unsigned width);
void transport_write(void *device, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value);

/* Record what the device does; not what the running context does to another one. */
static inline void
transport_emit(const struct transport *transport, enum event_kind kind, unsigned code,
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4)
{
	world_emit_of(transport->world, transport->device, kind, code, a0, a1, a2, a3, a4, NULL);
}

/* What writing 0 to the status does. */
void transport_reset(struct transport *transport);

uint64_t transport_offer(const struct transport *transport);	/* as the driver sees it */
bool transport_is_live(const struct transport *transport);	/* DRIVER_OK, no NEEDS_RESET */
bool transport_uses_msix(const struct transport *transport);

/* Used buffers on a queue: an interrupt if the driver wants one. */
void transport_notify_queue(struct transport *transport, unsigned queue);
/* Configuration interrupt; dropped before DRIVER_OK. */
void transport_notify_config(struct transport *transport);
/*
 * An interrupt out of nothing; queue -1: the configuration vector.  spurious: ISR does not
 * show it; else dropped before DRIVER_OK.
 */
void transport_interrupt(struct transport *transport, int queue, bool spurious);
/* As firmware that used the device left it: live, without queues, an interrupt pending. */
void transport_leave_live(struct transport *transport);
/* The device gives up (clause 2.1.2): status bit 64 and a configuration interrupt. */
void transport_need_reset(struct transport *transport);

/* ---- transport_reg.c (registers) of transport.c (what they do) ---- */

/* half: 0 for features 0..31, 1 for 32..63; void once FEATURES_OK is set. */
void transport_write_features(struct transport *transport, unsigned half, uint32_t value);
void transport_write_status(struct transport *transport, uint8_t value);
void transport_notified(struct transport *transport, unsigned queue);

/* Negotiated features to the queues: after accepting, and when a queue comes to life. */
void transport_apply_features(struct transport *transport);
/* Record where a queue is now. */
void transport_emit_queue(struct transport *transport, unsigned queue);
/* The driver gives up one queue; what is in flight on it is forgotten. */
void transport_drop_queue(struct transport *transport, unsigned queue);

#endif /* VIOSIM_DEVICE_TRANSPORT_H */
