/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtio PCI function: see transport.h.  The registers are in transport_reg.c.
 */
#include "device/transport.h"

#include <assert.h>
#include <string.h>

#include "device/device.h"

void
transport_init(struct transport *transport, struct device *owner, unsigned config_bytes,
    const uint16_t *sizes, unsigned queues)
{
	assert(queues <= TRANSPORT_QUEUES_MAX && config_bytes <= TRANSPORT_CONFIG_MAX);
	memset(transport, 0, sizeof(*transport));
	transport->world = owner->world;
	transport->owner = owner;
	transport->config_bytes = config_bytes;
	transport->queues = queues;
	transport->config_isr = TRANSPORT_ISR_CONFIG;
	transport->vector = TRANSPORT_NO_VECTOR;
	for (unsigned q = 0; q < queues; q++) {
		virtqueue_init(&transport->queue[q].vq, &owner->world->memory, sizes[q]);
		transport->queue[q].vector = TRANSPORT_NO_VECTOR;
	}
}

uint64_t
transport_offer(const struct transport *transport)
{
	if (transport->world->config.legacy)
		return transport->offered & UINT32_MAX;
	return transport->offered | TRANSPORT_F_VERSION_1;
}

bool
transport_is_live(const struct transport *transport)
{
	return !transport->gone && (transport->status & TRANSPORT_STATUS_DRIVER_OK) &&
	    !(transport->status & TRANSPORT_STATUS_NEEDS_RESET);
}

bool
transport_uses_msix(const struct transport *transport)
{
	const struct irq_line *line = transport->world->irq.line + hw_line(transport->device, 0);

	return transport->world->config.msix && (line[HW_VEC_MSIX_CONFIG].established ||
	    line[HW_VEC_MSIX_QUEUE].established);
}

/* ---- queues ---- */

void
transport_emit_queue(struct transport *transport, unsigned queue)
{
	const struct virtqueue *vq = &transport->queue[queue].vq;

	transport_emit(transport, EV_DEV_QUEUE, 0, queue, vq->size,
	    vq->enabled ? vq->desc : 0, 0, 0);
}

void
transport_apply_features(struct transport *transport)
{
	for (unsigned q = 0; q < transport->queues; q++) {
		struct virtqueue *vq = &transport->queue[q].vq;

		vq->indirect = transport->accepted & TRANSPORT_F_INDIRECT_DESC;
		vq->event_idx = transport->accepted & TRANSPORT_F_EVENT_IDX;
		vq->notify_on_empty = transport->accepted & TRANSPORT_F_NOTIFY_ON_EMPTY;
	}
}

static void
forget_queue(struct transport *transport, unsigned q)
{
	struct transport_queue *queue = &transport->queue[q];
	bool was_enabled = queue->vq.enabled;

	virtqueue_reset(&queue->vq);
	queue->vector = TRANSPORT_NO_VECTOR;
	if (was_enabled)
		transport_emit_queue(transport, q);
}

void
transport_drop_queue(struct transport *transport, unsigned queue)
{
	device_on_queue_gone(transport->owner, queue);
	forget_queue(transport, queue);
}

void
transport_reset(struct transport *transport)
{
	device_on_reset(transport->owner);
	for (unsigned q = 0; q < transport->queues; q++)
		forget_queue(transport, q);
	transport->status = 0;
	transport->isr = 0;
	transport->accepted = transport->written = 0;
	transport->offered_select = transport->written_select = 0;
	transport->select = 0;
	transport->vector = TRANSPORT_NO_VECTOR;
	/* A message on its way still comes. */
	irq_lower(transport->world, hw_line(transport->device, HW_VEC_INTX));
	transport_emit(transport, EV_DEV_STATUS, 0, 0, 0, 0, 0, 0);
}

/* ---- interrupts ---- */

/* isr: the bits to show; 0 is a line that somebody else raised. */
static void
interrupt(struct transport *transport, uint16_t vector, uint8_t isr)
{
	if (transport->gone)
		return;
	if (!transport_uses_msix(transport)) {
		transport->isr |= isr;
		irq_raise(transport->world, hw_line(transport->device, HW_VEC_INTX), isr);
	} else if (vector != TRANSPORT_NO_VECTOR)
		irq_raise(transport->world, hw_line(transport->device,
		    HW_VEC_MSIX_CONFIG + vector), isr);
}

static void
interrupt_config(struct transport *transport, bool spurious)
{
	transport->interrupts++;
	interrupt(transport, transport->vector, spurious ? 0 : transport->config_isr);
}

static void
interrupt_queue(struct transport *transport, unsigned q, bool spurious)
{
	struct transport_queue *queue = &transport->queue[q];

	queue->interrupts++;
	interrupt(transport, queue->vector, spurious ? 0 : TRANSPORT_ISR_QUEUE);
}

void
transport_notify_queue(struct transport *transport, unsigned queue)
{
	if (virtqueue_wants_interrupt(&transport->queue[queue].vq))
		interrupt_queue(transport, queue, false);
}

void
transport_notify_config(struct transport *transport)
{
	transport_interrupt(transport, DEVICE_CONFIGURATION, false);
}

void
transport_interrupt(struct transport *transport, int queue, bool spurious)
{
	if (!spurious && !(transport->status & TRANSPORT_STATUS_DRIVER_OK))
		return;
	if (queue < 0)
		interrupt_config(transport, spurious);
	else
		interrupt_queue(transport, (unsigned)queue, spurious);
}

void
transport_leave_live(struct transport *transport)
{
	transport->status = TRANSPORT_STATUS_ACKNOWLEDGE | TRANSPORT_STATUS_DRIVER |
	    TRANSPORT_STATUS_FEATURES_OK | TRANSPORT_STATUS_DRIVER_OK;
	transport->written = transport->accepted = transport_offer(transport);
	transport_emit(transport, EV_DEV_STATUS, 0, transport->status, 0, 0, 0, 0);
	interrupt_config(transport, false);
}

void
transport_need_reset(struct transport *transport)
{
	transport->status |= TRANSPORT_STATUS_NEEDS_RESET;
	transport_emit(transport, EV_DEV_STATUS, 0, transport->status, 0, 0, 0, 0);
	transport_notify_config(transport);
}

/* ---- status and features ---- */

/* Clause 2.2.2: the device may refuse what it cannot work with. */
static bool
features_fit(const struct transport *transport)
{
	uint64_t offer = transport_offer(transport);

	return (transport->written & ~offer) == 0 &&
	    (transport->written & TRANSPORT_F_VERSION_1) &&
	    (transport->written & transport->required) == transport->required;
}

static void
accept_features(struct transport *transport)
{
	transport->accepted = transport->written & transport_offer(transport);
	transport_apply_features(transport);
}

static void
emit_features(struct transport *transport)
{
	transport_emit(transport, EV_DEV_FEATURES, 0, transport->written,
	    transport_offer(transport), 0, 0, 0);
}

void
transport_write_features(struct transport *transport, unsigned half, uint32_t value)
{
	uint64_t mask = half == 0 ? UINT32_MAX : (uint64_t)UINT32_MAX << 32;

	if (half > 1 || (transport->status & TRANSPORT_STATUS_FEATURES_OK))
		return;
	transport->written = (transport->written & ~mask) |
	    (((uint64_t)value << (32 * half)) & mask);
	/* The legacy face has no FEATURES_OK: what is written holds at once. */
	if (transport->world->config.legacy) {
		accept_features(transport);
		emit_features(transport);
	}
}

static void
start(struct transport *transport)
{
	transport->interrupts = 0;
	for (unsigned q = 0; q < transport->queues; q++)
		transport->queue[q].notifications = transport->queue[q].interrupts = 0;
	device_on_start(transport->owner);
}

void
transport_write_status(struct transport *transport, uint8_t value)
{
	uint8_t fresh = (uint8_t)(value & ~transport->status);

	if (value == 0) {
		transport_reset(transport);
		return;
	}
	if (fresh & TRANSPORT_STATUS_ACKNOWLEDGE)
		start(transport);
	if (!transport->world->config.legacy && (fresh & TRANSPORT_STATUS_FEATURES_OK)) {
		emit_features(transport);
		if (features_fit(transport))
			accept_features(transport);
		else
			value &= (uint8_t)~TRANSPORT_STATUS_FEATURES_OK;
	}
	transport->status = value | (transport->status & TRANSPORT_STATUS_NEEDS_RESET);
	transport_emit(transport, EV_DEV_STATUS, 0, transport->status, 0, 0, 0, 0);
}

void
transport_notified(struct transport *transport, unsigned queue)
{
	transport_emit(transport, EV_DEV_NOTIFY, 0, queue, 0, 0, 0, 0);
	if (queue >= transport->queues)
		return;
	transport->queue[queue].notifications++;
	if (transport->queue[queue].vq.enabled && transport_is_live(transport))
		device_on_notify(transport->owner, queue);
}
