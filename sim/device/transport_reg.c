/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The registers of the virtio PCI function: offsets to meaning, both faces.
 */
#include "device/class.h"

#define ONES(width) ((width) >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * (width))) - 1)

/* Legacy: byte offsets in BAR 0 (virtio 1.2 clause 4.1.4.10). */
enum legacy_register {
	LEGACY_OFFERED = 0,
	LEGACY_ACCEPTED = 4,
	LEGACY_ADDRESS = 8,
	LEGACY_SIZE = 12,
	LEGACY_SELECT = 14,
	LEGACY_NOTIFY = 16,
	LEGACY_STATUS = 18,
	LEGACY_ISR = 19,
	LEGACY_VECTOR = 20,		/* the last two with MSI-X only */
	LEGACY_QUEUE_VECTOR = 22,
};
#define LEGACY_CONFIG 20
#define LEGACY_CONFIG_MSIX 24
#define LEGACY_PAGE_SHIFT 12

/* Modern: byte offsets in the common configuration (clause 4.1.4.3). */
enum common_register {
	COMMON_OFFERED_SELECT = 0,
	COMMON_OFFERED = 4,
	COMMON_WRITTEN_SELECT = 8,
	COMMON_WRITTEN = 12,
	COMMON_VECTOR = 16,
	COMMON_QUEUES = 18,
	COMMON_STATUS = 20,
	COMMON_GENERATION = 21,
	COMMON_SELECT = 22,
	COMMON_SIZE = 24,
	COMMON_QUEUE_VECTOR = 26,
	COMMON_ENABLE = 28,
	COMMON_NOTIFY_OFF = 30,
	COMMON_DESC = 32,
	COMMON_DRIVER = 40,
	COMMON_DEVICE = 48,
	COMMON_END = 56,
};

/* The selected queue, or NULL: it reads as one of size 0. */
static struct transport_queue *
selected(struct transport *transport)
{
	return transport->select < transport->queues ?
	    &transport->queue[transport->select] : NULL;
}

static uint16_t
vector_of(uint64_t value)
{
	return value < HW_VECTORS - HW_VEC_MSIX_CONFIG ? (uint16_t)value :
	    TRANSPORT_NO_VECTOR;
}

static uint8_t
read_isr(struct transport *transport)
{
	uint8_t isr = transport->isr;

	transport->isr = 0;
	irq_lower(transport->world, hw_line(transport->device, HW_VEC_INTX));
	return isr;
}

/* ---- device configuration ---- */

static uint64_t
read_config(struct transport *transport, unsigned offset, unsigned width)
{
	uint8_t bytes[TRANSPORT_CONFIG_MAX];
	uint64_t value = 0;

	if (width > 8 || offset + width > transport->config_bytes)
		return ONES(width);
	transport->owner->class->config_read(transport->owner, bytes);
	for (unsigned i = 0; i < width; i++)
		value |= (uint64_t)bytes[offset + i] << (8 * i);
	return value;
}

static void
write_config(struct transport *transport, unsigned offset, unsigned width, uint64_t value)
{
	const struct device_class *class = transport->owner->class;
	uint8_t bytes[TRANSPORT_CONFIG_MAX];

	if (class->config_write == NULL || width > 8 ||
	    offset + width > transport->config_bytes)
		return;
	class->config_read(transport->owner, bytes);
	for (unsigned i = 0; i < width; i++)
		bytes[offset + i] = (uint8_t)(value >> (8 * i));
	class->config_write(transport->owner, offset, width, bytes);
}

/* ---- legacy ---- */

static unsigned
legacy_config(const struct transport *transport)
{
	return transport_uses_msix(transport) ? LEGACY_CONFIG_MSIX : LEGACY_CONFIG;
}

static uint64_t
read_legacy(struct transport *transport, unsigned offset, unsigned width)
{
	const struct transport_queue *queue = selected(transport);
	unsigned config = legacy_config(transport);

	if (offset >= config)
		return read_config(transport, offset - config, width);
	switch ((enum legacy_register)offset) {
	case LEGACY_OFFERED:
		return transport_offer(transport);
	case LEGACY_ACCEPTED:
		return transport->accepted & UINT32_MAX;
	case LEGACY_ADDRESS:
		return queue != NULL && queue->vq.enabled ?
		    queue->vq.desc >> LEGACY_PAGE_SHIFT : 0;
	case LEGACY_SIZE:
		return queue != NULL ? queue->vq.size : 0;
	case LEGACY_SELECT:
		return transport->select;
	case LEGACY_NOTIFY:
		return 0;
	case LEGACY_STATUS:
		return transport->status;
	case LEGACY_ISR:
		return read_isr(transport);
	case LEGACY_VECTOR:
		return transport->vector;
	case LEGACY_QUEUE_VECTOR:
		return queue != NULL ? queue->vector : TRANSPORT_NO_VECTOR;
	}
	return ONES(width);
}

/* The address of a legacy queue is all there is to enable it; 0 gives it up. */
static void
write_legacy_address(struct transport *transport, uint32_t page)
{
	struct transport_queue *queue = selected(transport);

	if (queue == NULL || queue->vq.size == 0)
		return;
	if (page == 0) {
		transport_drop_queue(transport, transport->select);
		return;
	}
	virtqueue_place_legacy(&queue->vq, (uint64_t)page << LEGACY_PAGE_SHIFT);
	queue->vq.enabled = true;
	transport_apply_features(transport);
	transport_emit_queue(transport, transport->select);
}

static void
write_legacy(struct transport *transport, unsigned offset, unsigned width, uint64_t value)
{
	struct transport_queue *queue = selected(transport);
	unsigned config = legacy_config(transport);

	if (offset >= config) {
		write_config(transport, offset - config, width, value);
		return;
	}
	switch ((enum legacy_register)offset) {
	case LEGACY_ACCEPTED:
		transport_write_features(transport, 0, (uint32_t)value);
		break;
	case LEGACY_ADDRESS:
		write_legacy_address(transport, (uint32_t)value);
		break;
	case LEGACY_SELECT:
		transport->select = (uint16_t)value;
		break;
	case LEGACY_NOTIFY:
		transport_notified(transport, (uint16_t)value);
		break;
	case LEGACY_STATUS:
		transport_write_status(transport, (uint8_t)value);
		break;
	case LEGACY_VECTOR:
		transport->vector = vector_of(value);
		break;
	case LEGACY_QUEUE_VECTOR:
		if (queue != NULL)
			queue->vector = vector_of(value);
		break;
	case LEGACY_OFFERED:
	case LEGACY_SIZE:
	case LEGACY_ISR:
		break;		/* read only */
	}
}

/* ---- modern ---- */

static uint32_t
half_of(uint64_t features, uint32_t select)
{
	return select > 1 ? 0 : (uint32_t)(features >> (32 * select));
}

/* A 64-bit address register, or one half of it. */
static uint64_t *
address_of(struct virtqueue *vq, unsigned offset)
{
	switch (offset & ~7u) {
	case COMMON_DESC:
		return &vq->desc;
	case COMMON_DRIVER:
		return &vq->driver;
	case COMMON_DEVICE:
		return &vq->device;
	}
	return NULL;
}

static uint64_t
read_common_queue(struct transport *transport, unsigned offset, unsigned width)
{
	struct transport_queue *queue = selected(transport);
	uint64_t *address;

	if (queue == NULL)
		return 0;
	switch (offset) {
	case COMMON_SIZE:
		return queue->vq.size;
	case COMMON_QUEUE_VECTOR:
		return queue->vector;
	case COMMON_ENABLE:
		return queue->vq.enabled;
	case COMMON_NOTIFY_OFF:
		return transport->select;
	}
	address = offset < COMMON_END ? address_of(&queue->vq, offset) : NULL;
	return address != NULL ? *address >> (8 * (offset & 7)) : ONES(width);
}

static uint64_t
read_common(struct transport *transport, unsigned offset, unsigned width)
{
	switch (offset) {
	case COMMON_OFFERED_SELECT:
		return transport->offered_select;
	case COMMON_OFFERED:
		return half_of(transport_offer(transport), transport->offered_select);
	case COMMON_WRITTEN_SELECT:
		return transport->written_select;
	case COMMON_WRITTEN:
		return half_of(transport->written, transport->written_select);
	case COMMON_VECTOR:
		return transport->vector;
	case COMMON_QUEUES:
		return transport->queues;
	case COMMON_STATUS:
		return transport->status;
	case COMMON_GENERATION:
		return transport->generation;
	case COMMON_SELECT:
		return transport->select;
	}
	return read_common_queue(transport, offset, width);
}

static void
write_enable(struct transport *transport, uint16_t value)
{
	struct virtqueue *vq = &selected(transport)->vq;

	if (value == 0)
		transport_drop_queue(transport, transport->select);
	else if (vq->size != 0 && !vq->enabled) {
		vq->enabled = true;
		transport_apply_features(transport);
		transport_emit_queue(transport, transport->select);
	}
}

static void
write_size(struct virtqueue *vq, uint64_t value)
{
	if (!vq->enabled && value != 0 && value <= vq->size_max &&
	    (value & (value - 1)) == 0)
		vq->size = (uint16_t)value;
}

static void
write_address(uint64_t *address, unsigned shift, unsigned width, uint64_t value)
{
	uint64_t mask = ONES(width) << shift;

	*address = (*address & ~mask) | ((value << shift) & mask);
}

static void
write_common_queue(struct transport *transport, unsigned offset, unsigned width,
    uint64_t value)
{
	struct transport_queue *queue = selected(transport);
	uint64_t *address;

	if (queue == NULL)
		return;
	switch (offset) {
	case COMMON_SIZE:
		write_size(&queue->vq, value);
		return;
	case COMMON_QUEUE_VECTOR:
		queue->vector = vector_of(value);
		return;
	case COMMON_ENABLE:
		write_enable(transport, (uint16_t)value);
		return;
	}
	address = offset < COMMON_END ? address_of(&queue->vq, offset) : NULL;
	if (address != NULL && !queue->vq.enabled)
		write_address(address, 8 * (offset & 7), width, value);
}

static void
write_common(struct transport *transport, unsigned offset, unsigned width, uint64_t value)
{
	switch (offset) {
	case COMMON_OFFERED_SELECT:
		transport->offered_select = (uint32_t)value;
		return;
	case COMMON_WRITTEN_SELECT:
		transport->written_select = (uint32_t)value;
		return;
	case COMMON_WRITTEN:
		transport_write_features(transport, transport->written_select,
		    (uint32_t)value);
		return;
	case COMMON_VECTOR:
		transport->vector = vector_of(value);
		return;
	case COMMON_STATUS:
		transport_write_status(transport, (uint8_t)value);
		return;
	case COMMON_SELECT:
		transport->select = (uint16_t)value;
		return;
	}
	write_common_queue(transport, offset, width, value);
}

/* ---- the door's calls ---- */

static uint64_t
read_region(struct transport *transport, enum hw_region region, unsigned offset, unsigned width)
{
	switch (region) {
	case HW_REG_LEGACY:
		return read_legacy(transport, offset, width);
	case HW_REG_COMMON:
		return read_common(transport, offset, width);
	case HW_REG_ISR:
		return read_isr(transport);
	case HW_REG_DEVICE:
		return read_config(transport, offset, width);
	case HW_REG_NOTIFY:
		break;		/* write only */
	}
	return UINT64_MAX;
}

uint64_t
transport_read(void *device, enum hw_region region, unsigned offset, unsigned width)
{
	struct transport *transport = &((struct device *)device)->transport;
	uint64_t value = transport->gone ? UINT64_MAX :
	    read_region(transport, region, offset, width);

	value &= ONES(width);
	transport_emit(transport, EV_REG_READ, 0, region, offset, width, value, 0);
	return value;
}

void
transport_write(void *device, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value)
{
	struct transport *transport = &((struct device *)device)->transport;

	value &= ONES(width);
	transport_emit(transport, EV_REG_WRITE, 0, region, offset, width, value, 0);
	if (transport->gone)
		return;
	switch (region) {
	case HW_REG_LEGACY:
		write_legacy(transport, offset, width, value);
		break;
	case HW_REG_COMMON:
		write_common(transport, offset, width, value);
		break;
	case HW_REG_NOTIFY:
		transport_notified(transport, offset);
		break;
	case HW_REG_ISR:
		break;		/* read only */
	case HW_REG_DEVICE:
		write_config(transport, offset, width, value);
		break;
	}
}
