/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A split virtqueue as the device sees it: see virtqueue.h.
 *
 * Layout of the parts (virtio 1.2 clauses 2.7.5, 2.7.6, 2.7.8), N entries:
 *	descriptor	u64 address, u32 length, u16 flags, u16 next
 *	driver part	u16 flags, u16 index, u16 head[N], u16 used_event
 *	device part	u16 flags, u16 index, { u32 id, u32 length }[N], u16 avail_event
 */
#include "device/virtqueue.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#define DESC_BYTES 16
#define USED_BYTES 8
#define CHAIN_BYTES_MAX (UINT64_C(1) << 32)	/* clause 2.7.5.2 */
#define LEGACY_ALIGN UINT64_C(4096)

#define NO_INTERRUPT 1		/* driver flags */
#define NO_NOTIFY 1		/* device flags */

struct descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};

/* ---- chains ---- */

void
virtqueue_chain_fini(struct virtqueue_chain *chain)
{
	vec_fini(&chain->buffers);
}

static void
chain_clear(struct virtqueue_chain *chain, uint16_t head)
{
	chain->head = head;
	chain->buffers.count = 0;
	chain->readable = chain->writable = 0;
}

static void
chain_add(struct virtqueue_chain *chain, const struct descriptor *desc)
{
	*vec_add(&chain->buffers) = (struct virtqueue_buffer){
		.address = desc->address,
		.length = desc->length,
		.writable = desc->flags & VIRTQUEUE_DESC_WRITE,
	};
	if (desc->flags & VIRTQUEUE_DESC_WRITE)
		chain->writable += desc->length;
	else
		chain->readable += desc->length;
}

/* ---- the ring ---- */

void
virtqueue_init(struct virtqueue *vq, struct memory *memory, uint16_t size_max)
{
	assert(size_max <= VIRTQUEUE_SIZE_MAX && (size_max & (size_max - 1)) == 0);
	memset(vq, 0, sizeof(*vq));
	vq->memory = memory;
	vq->size = vq->size_max = size_max;
}

void
virtqueue_reset(struct virtqueue *vq)
{
	virtqueue_init(vq, vq->memory, vq->size_max);
}

void
virtqueue_place_legacy(struct virtqueue *vq, uint64_t address)
{
	uint64_t end = address + DESC_BYTES * vq->size + 2 * (3 + (uint64_t)vq->size);

	vq->desc = address;
	vq->driver = address + DESC_BYTES * vq->size;
	vq->device = (end + LEGACY_ALIGN - 1) & ~(LEGACY_ALIGN - 1);
}

static bool
read16(const struct virtqueue *vq, uint64_t address, uint16_t *value)
{
	uint16_t raw;

	if (!memory_dma_read(vq->memory, address, &raw, sizeof(raw)))
		return false;
	*value = le16toh(raw);
	return true;
}

static bool
write16(struct virtqueue *vq, uint64_t address, uint16_t value)
{
	uint16_t raw = htole16(value);

	return memory_dma_write(vq->memory, address, &raw, sizeof(raw));
}

static uint64_t
used_event_address(const struct virtqueue *vq)
{
	return vq->driver + 4 + 2 * (uint64_t)vq->size;
}

static uint64_t
avail_event_address(const struct virtqueue *vq)
{
	return vq->device + 4 + USED_BYTES * (uint64_t)vq->size;
}

/* How far the driver's index is ahead of what was taken. */
static bool
read_ahead(const struct virtqueue *vq, uint16_t *ahead)
{
	uint16_t index;

	if (!vq->enabled || !read16(vq, vq->driver + 2, &index))
		return false;
	*ahead = (uint16_t)(index - vq->taken);
	return true;
}

unsigned
virtqueue_waiting(const struct virtqueue *vq)
{
	uint16_t ahead;

	return read_ahead(vq, &ahead) ? ahead : 0;
}

/* ---- taking ---- */

static bool
read_descriptor(const struct virtqueue *vq, uint64_t table, uint32_t index,
    struct descriptor *desc)
{
	struct descriptor raw;

	_Static_assert(sizeof(raw) == DESC_BYTES, "as it lies in memory");
	if (!memory_dma_read(vq->memory, table + DESC_BYTES * (uint64_t)index, &raw,
	    sizeof(raw)))
		return false;
	desc->address = le64toh(raw.address);
	desc->length = le32toh(raw.length);
	desc->flags = le16toh(raw.flags);
	desc->next = le16toh(raw.next);
	return true;
}

/* A device maps a buffer as a whole before it looks at the first byte. */
static bool
is_memory(const struct virtqueue *vq, uint64_t address, uint32_t length)
{
	uint64_t first = (address - MEMORY_BUS_OFFSET) >> MEMORY_PAGE_SHIFT;
	uint64_t last = (address + length - 1 - MEMORY_BUS_OFFSET) >> MEMORY_PAGE_SHIFT;

	if (address < MEMORY_BUS_OFFSET || address + length - 1 < address)
		return false;
	for (uint64_t pfn = first; pfn <= last; pfn++)
		if (!memory_is_ram(vq->memory, pfn))
			return false;
	return true;
}

static enum virtqueue_fault
add_buffer(const struct virtqueue *vq, struct virtqueue_chain *chain,
    const struct descriptor *desc)
{
	bool writable = desc->flags & VIRTQUEUE_DESC_WRITE;

	if (desc->length == 0)
		return VIRTQUEUE_FAULT_EMPTY;
	if (!writable && chain->writable > 0)
		return VIRTQUEUE_FAULT_ORDER;
	if (chain->readable + chain->writable + desc->length > CHAIN_BYTES_MAX)
		return VIRTQUEUE_FAULT_LENGTH;
	if (!is_memory(vq, desc->address, desc->length))
		return VIRTQUEUE_FAULT_ADDRESS;
	chain_add(chain, desc);
	return VIRTQUEUE_FAULT_NONE;
}

static bool
is_good_indirect(const struct virtqueue *vq, const struct descriptor *desc, bool nested)
{
	return vq->indirect && !nested && !(desc->flags & VIRTQUEUE_DESC_NEXT) &&
	    desc->length > 0 && desc->length % DESC_BYTES == 0;
}

/* Follow a chain through one table; an indirect descriptor leads into a table of its own. */
static enum virtqueue_fault
follow(const struct virtqueue *vq, struct virtqueue_chain *chain, uint64_t table,
    uint32_t entries, uint32_t index, bool nested)
{
	for (uint32_t steps = 0; steps < entries; steps++) {
		enum virtqueue_fault fault;
		struct descriptor desc;

		if (!read_descriptor(vq, table, index, &desc))
			return VIRTQUEUE_FAULT_ADDRESS;
		if (desc.flags & VIRTQUEUE_DESC_INDIRECT) {
			if (!is_good_indirect(vq, &desc, nested))
				return VIRTQUEUE_FAULT_INDIRECT;
			return follow(vq, chain, desc.address,
			    desc.length / DESC_BYTES, 0, true);
		}
		fault = add_buffer(vq, chain, &desc);
		if (fault != VIRTQUEUE_FAULT_NONE)
			return fault;
		if (!(desc.flags & VIRTQUEUE_DESC_NEXT))
			return VIRTQUEUE_FAULT_NONE;
		index = desc.next;
		if (index >= entries)
			return VIRTQUEUE_FAULT_NEXT;
	}
	return VIRTQUEUE_FAULT_LOOP;
}

bool
virtqueue_take(struct virtqueue *vq, struct virtqueue_chain *chain, enum virtqueue_fault *fault)
{
	uint16_t ahead, head;
	uint64_t slot;

	*fault = VIRTQUEUE_FAULT_NONE;
	if (!vq->enabled)
		return false;
	*fault = VIRTQUEUE_FAULT_ADDRESS;
	if (!read_ahead(vq, &ahead))
		return false;
	if (ahead == 0) {
		if (!vq->event_idx || write16(vq, avail_event_address(vq), vq->taken))
			*fault = VIRTQUEUE_FAULT_NONE;
		return false;
	}
	slot = vq->driver + 4 + 2 * (uint64_t)(vq->taken % vq->size);
	if (!read16(vq, slot, &head))
		return false;
	if (ahead > vq->size)
		*fault = VIRTQUEUE_FAULT_INDEX;
	else if (head >= vq->size)
		*fault = VIRTQUEUE_FAULT_HEAD;
	else {
		chain_clear(chain, head);
		*fault = follow(vq, chain, vq->desc, vq->size, head, false);
	}
	if (*fault != VIRTQUEUE_FAULT_NONE)
		return false;
	vq->taken++;
	return true;
}

bool
virtqueue_read(const struct virtqueue *vq, const struct virtqueue_chain *chain,
    uint64_t offset, void *to, size_t length)
{
	uint8_t *p = to;

	for (size_t i = 0; i < chain->buffers.count && length > 0; i++) {
		const struct virtqueue_buffer *buffer = &chain->buffers.item[i];
		size_t part;

		if (buffer->writable)
			break;
		if (offset >= buffer->length) {
			offset -= buffer->length;
			continue;
		}
		part = buffer->length - offset;
		if (part > length)
			part = length;
		if (!memory_dma_read(vq->memory, buffer->address + offset, p, part))
			return false;
		p += part;
		length -= part;
		offset = 0;
	}
	return length == 0;
}

/* ---- giving back ---- */

bool
virtqueue_push(struct virtqueue *vq, uint32_t id, uint32_t length)
{
	uint32_t entry[2] = { htole32(id), htole32(length) };
	uint64_t slot = vq->device + 4 + USED_BYTES * (uint64_t)(vq->used % vq->size);

	if (!vq->enabled || !memory_dma_write(vq->memory, slot, entry, sizeof(entry)))
		return false;
	vq->used++;
	return write16(vq, vq->device + 2, vq->used);
}

static bool
wants_by_event(struct virtqueue *vq)
{
	uint16_t before = vq->signalled;
	bool valid = vq->signalled_valid;
	uint16_t event;

	vq->signalled = vq->used;
	vq->signalled_valid = true;
	if (!valid || !read16(vq, used_event_address(vq), &event))
		return true;
	return (uint16_t)(vq->used - event - 1) < (uint16_t)(vq->used - before);
}

bool
virtqueue_wants_interrupt(struct virtqueue *vq)
{
	uint16_t flags;

	if (!vq->enabled)
		return false;
	if (vq->notify_on_empty && vq->used == vq->taken && virtqueue_waiting(vq) == 0)
		return true;
	if (vq->event_idx)
		return wants_by_event(vq);
	return !read16(vq, vq->driver, &flags) || !(flags & NO_INTERRUPT);
}

void
virtqueue_set_notify(struct virtqueue *vq, bool wanted)
{
	if (!vq->enabled || vq->notify_off == !wanted)
		return;
	vq->notify_off = !wanted;
	if (!vq->event_idx)
		write16(vq, vq->device, wanted ? 0 : NO_NOTIFY);
	else if (wanted)
		write16(vq, avail_event_address(vq), vq->taken);
}
