/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The balloon device and the host behind it: configuration space, requests, targets.  See
 * balloon.h.
 */
#include "device/balloon/balloon.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "device/completion.h"

/* Configuration fields (virtio 1.2 clause 5.5.4); num_pages lies at 0. */
#define CONFIG_ACTUAL 4
#define CONFIG_POISON 12
#define CONFIG_END 16

/*
 * Queues that come with a feature, in order, with the entries that QEMU gives them.  One that is
 * not offered is left out, and those behind it move down, as in QEMU, Linux and crosvm.
 */
static const struct extra { uint64_t feature; uint16_t size; } extras[] = {
	{ BALLOON_F_STATS_VQ, 128 }, { BALLOON_F_FREE_PAGE_HINT, 1024 },
	{ BALLOON_F_PAGE_REPORTING, 32 },
};
#define EXTRAS (sizeof(extras) / sizeof(extras[0]))

/* ---- models: the numbers and properties of known implementations ---- */

/*
 * Read from their sources in 2025 and 2026: QEMU hw/virtio/virtio-balloon.c, crosvm
 * devices/src/virtio/balloon.rs, cloud-hypervisor virtio-devices/src/balloon.rs, Firecracker
 * src/vmm/src/devices/virtio/balloon.  Left out are the features that have queues or
 * configuration of their own and that a driver has to ask for (statistics under QEMU, page
 * poisoning, hinting, reporting).  Only QEMU has a legacy interface; the others show theirs
 * all the same when the machine asks for one, with the features that fit it.
 */
#define BYTES_MAX 1024		/* 256 page numbers */

#define MODEL(id, entries) \
	.model = BALLOON_##id, .device.ack = DEVICE_ACK_IN_NOTIFY, .keeps_actual = true, \
	.device.queue_size = { [BALLOON_INFLATE] = (entries), [BALLOON_DEFLATE] = (entries) }

static const struct balloon_config models[BALLOON_MODEL_COUNT] = {
	[BALLOON_QEMU] = { MODEL(QEMU, 128), .reset_keeps_actual = true,
	    /* With a configuration change QEMU sets both bits of ISR. */
	    .device.config_isr = TRANSPORT_ISR_QUEUE | TRANSPORT_ISR_CONFIG,
	    .device.features = TRANSPORT_F_NOTIFY_ON_EMPTY | TRANSPORT_F_ANY_LAYOUT |
	    TRANSPORT_F_INDIRECT_DESC | TRANSPORT_F_EVENT_IDX },
	[BALLOON_CROSVM] = { MODEL(CROSVM, 128), .reset_keeps_actual = true,
	    .device.config_isr = TRANSPORT_ISR_CONFIG,
	    .device.features = BALLOON_F_MUST_TELL_HOST | BALLOON_F_STATS_VQ |
	    BALLOON_F_DEFLATE_ON_OOM },
	[BALLOON_CLOUD_HYPERVISOR] = { MODEL(CLOUD_HYPERVISOR, 128), .reset_keeps_actual = true,
	    .device.config_isr = TRANSPORT_ISR_CONFIG, .device.irq_per_batch = true,
	    .request_bytes_max = BYTES_MAX, .overlong = BALLOON_OVERLONG_IGNORED,
	    .strict_format = true, .actual_whole = true },
	[BALLOON_FIRECRACKER] = { MODEL(FIRECRACKER, 256),
	    .device.config_isr = TRANSPORT_ISR_CONFIG, .device.irq_per_batch = true,
	    .request_bytes_max = BYTES_MAX, .overlong = BALLOON_OVERLONG_LOST,
	    .strict_format = true },
};

void
balloon_config_init(struct balloon_config *config, enum balloon_model model)
{
	*config = models[model];
}

/* ---- configuration space: little endian on both faces ---- */

void
balloon_config_read(const struct device *device, uint8_t *to)
{
	const struct balloon *balloon = balloon_of(device);
	/* No hints are asked for: free_page_hint_cmd_id is 0, STOP. */
	uint32_t raw[4] = {
		htole32(balloon->facts.num_pages), htole32(balloon->facts.actual), 0,
		htole32(balloon->poison),
	};

	memcpy(to, raw, device->transport.config_bytes);
}

void
balloon_config_write(struct device *device, unsigned offset, unsigned width,
    const uint8_t *bytes)
{
	struct balloon *balloon = balloon_of(device);
	const struct balloon_config *config = &balloon->config;
	bool whole = offset == CONFIG_ACTUAL && width == sizeof(uint32_t);
	uint32_t raw;

	if (offset + width > CONFIG_POISON) {
		memcpy(&raw, bytes + CONFIG_POISON, sizeof(raw));
		balloon->poison = le32toh(raw);
	}
	/* num_pages is the host's: QEMU takes the write and forgets it. */
	if (offset + width <= CONFIG_ACTUAL || offset >= CONFIG_ACTUAL + sizeof(raw))
		return;
	memcpy(&raw, bytes + CONFIG_ACTUAL, sizeof(raw));
	raw = le32toh(raw);
	if (config->keeps_actual && (whole || !config->actual_whole)) {
		balloon->facts.actual = raw;
		balloon->facts.actual_foreign = false;
	}
	transport_emit(&device->transport, EV_DEV_ACTUAL, 0, raw, balloon->facts.actual, 0, 0, 0);
}

void
balloon_set_actual(struct device *device, uint32_t pages)
{
	struct balloon_facts *facts = &balloon_of(device)->facts;

	facts->actual = pages;
	facts->actual_foreign = true;
	device->transport.generation++;
	behaviour_emit(device, &balloon_behaviours[BALLOON_SETS_ACTUAL],
	    DEVICE_CONFIGURATION, pages);
}

/* ---- requests ---- */

/* What the host does with one. */
static void
act(struct device *device, unsigned queue, const uint32_t *entry, size_t n)
{
	struct memory *memory = &device->world->memory;
	struct balloon_facts *facts = &balloon_of(device)->facts;
	struct memory_counts before = memory->counts;
	size_t skipped = memory_host_move(memory, entry, n, queue == BALLOON_INFLATE);

	facts->held += memory->counts.held - before.held;
	transport_emit(&device->transport, EV_DEV_ACT, 0, queue, n - skipped, skipped,
	    memory->counts.discarded_in_use - before.discarded_in_use, facts->held);
}

/* Read the page numbers of the request at hand and record them; false when that is over. */
static bool
read_request(struct device *device, unsigned queue, size_t n)
{
	struct balloon *balloon = balloon_of(device);

	if (n > BALLOON_ENTRIES_MAX) {
		device_break(device, queue, VIRTQUEUE_FAULT_LENGTH);
		return false;
	}
	balloon->entry = vec_room(balloon->entry, 0, &balloon->entries_max, n,
	    sizeof(balloon->entry[0]));
	if (!device_read(device, queue, 0, balloon->entry, n * sizeof(balloon->entry[0])))
		return false;
	memory_swap32(&device->world->memory, balloon->entry, n);
	balloon->entries[queue] += n;
	device_taken(device, queue, n, balloon->entry);
	return true;
}

/* What some models do not work on: see the models in balloon.h. */
static bool
is_refused(struct device *device, unsigned queue)
{
	const struct balloon_config *config = &balloon_of(device)->config;
	uint32_t bytes = (uint32_t)device->chain.readable;
	bool overlong = config->request_bytes_max != 0 && bytes > config->request_bytes_max &&
	    config->overlong != BALLOON_OVERLONG_DONE;
	bool lost = overlong && config->overlong == BALLOON_OVERLONG_LOST;

	if (!overlong && !(config->strict_format &&
	    (device->chain.writable > 0 || bytes % sizeof(uint32_t) != 0)))
		return false;
	/* No clause limits the length: nobody can hold the driver to what becomes of the pages. */
	device->unhealthy |= overlong;
	behaviour_emit(device, &balloon_behaviours[lost ? BALLOON_IS_OVERLONG : BALLOON_IGNORES],
	    (int)queue, bytes);
	if (lost)
		device_lose(device, queue);
	else
		device_complete(device, queue, 0);
	return true;
}

void
balloon_request(struct device *device, unsigned queue)
{
	size_t n = device->chain.readable / sizeof(uint32_t);

	if (!read_request(device, queue, n) || is_refused(device, queue))
		return;
	act(device, queue, balloon_of(device)->entry, n);
	device_complete(device, queue, 0);
}

static void
give_back(struct device *device, unsigned queue, uint16_t head)
{
	struct completion c = {
		.queue = &device->queue[queue], .on = queue, .head = head, .id = head,
	};

	if (!behaviours_apply(&c, BEHAVES_BEFORE_USED))
		return;
	completion_push(&c);
	if (!device->broken && behaviours_apply(&c, BEHAVES_AFTER_USED))
		transport_notify_queue(&device->transport, queue);
}

/* The host keeps a statistics buffer until it asks for new ones (clause 5.5.6.3). */
static void
receive_statistics(struct device *device, unsigned queue)
{
	struct balloon *balloon = balloon_of(device);

	behaviour_emit(device, &balloon_behaviours[BALLOON_RECEIVES_STATISTICS], (int)queue,
	    device->chain.readable);
	/* There is at most one; QEMU gives back the older one. */
	if (balloon->statistics.held)
		give_back(device, queue, balloon->statistics.head);
	balloon->statistics.held = true;
	balloon->statistics.head = device->chain.head;
	balloon->statistics.received++;
}

void
balloon_ask_statistics(struct device *device, enum behaviour fault)
{
	struct balloon *balloon = balloon_of(device);
	struct device_queue *queue = &device->queue[BALLOON_ACTIVE];
	bool held = balloon->statistics.held && transport_is_live(&device->transport);

	behaviour_emit(device, &balloon_behaviours[BALLOON_ASKS_STATISTICS], BALLOON_ACTIVE, held);
	balloon->statistics.held = false;
	if (!held)
		return;
	queue->wrong_id = USED_ID_FREE;
	queue->wrong_length = USED_LENGTH_MAX32;
	if (fault != BEHAVIOURS)
		queue->left[fault] = 1;
	give_back(device, BALLOON_ACTIVE, balloon->statistics.head);
}

/* Hints and reports of free pages are advice: they are given back unread. */
void
balloon_other_queue(struct device *device, unsigned queue)
{
	bool statistics = queue == BALLOON_ACTIVE &&
	    (device->config.features & BALLOON_F_STATS_VQ);
	struct virtqueue *vq = &device->transport.queue[queue].vq;
	enum virtqueue_fault fault;

	while (virtqueue_take(vq, &device->chain, &fault))
		if (statistics)
			receive_statistics(device, queue);
		else
			give_back(device, queue, device->chain.head);
	if (fault != VIRTQUEUE_FAULT_NONE)
		device_break(device, queue, fault);
}

/* ---- the host ---- */

void
balloon_target(struct device *device, uint32_t pages, bool irq)
{
	struct balloon *balloon = balloon_of(device);
	struct transport *transport = &device->transport;
	uint32_t old = balloon->facts.num_pages;
	bool raises = irq && (transport->status & TRANSPORT_STATUS_DRIVER_OK) &&
	    (pages != old || !balloon->config.config_irq_on_change);

	balloon->facts.num_pages = pages;
	if (pages != old)
		transport->generation++;
	transport_emit(&device->transport, EV_HOST_TARGET, 0, pages, old, raises, 0, 0);
	if (raises)
		transport_notify_config(transport);
}

/* The new guest may touch each page: the host has none any more. */
void
balloon_reboot(struct device *device)
{
	struct memory *memory = &device->world->memory;

	balloon_of(device)->facts.held = 0;
	for (unsigned i = 0; i < memory->segments && memory->counts.held > 0; i++) {
		const struct hw_segment *segment = &memory->segment[i];

		for (uint64_t n = 0; n < segment->npages; n++)
			if (memory_host_has(memory, segment->pfn + n))
				memory_host_give(memory, segment->pfn + n);
	}
}

/* What the host has from the start. */
void
balloon_power_on(struct device *device)
{
	struct memory *memory = &device->world->memory;
	uint64_t left = balloon_of(device)->config.held_pages, before = memory->counts.held;

	for (unsigned i = memory->segments; i-- > 0 && left > 0;) {
		const struct hw_segment *segment = &memory->segment[i];

		for (uint64_t n = segment->npages; n-- > 0 && left > 0; left--)
			memory_host_take(memory, segment->pfn + n);
	}
	balloon_of(device)->facts.held = memory->counts.held - before;
}

/* ---- life ---- */

/* num_pages stays; `actual` as the model has it. */
void
balloon_reset(struct device *device)
{
	struct balloon *balloon = balloon_of(device);

	if (!balloon->config.reset_keeps_actual)
		balloon->facts.actual = 0;
	/* Whoever comes next finds a value that it did not write. */
	balloon->facts.actual_foreign = balloon->facts.actual != 0;
	balloon->statistics.held = false;
	balloon->poison = 0;
}

void
balloon_start(struct device *device)
{
	struct balloon *balloon = balloon_of(device);

	memset(balloon->entries, 0, sizeof(balloon->entries));
	balloon->statistics.received = 0;
}

void
balloon_init(struct device *device, const struct balloon_config *config)
{
	struct balloon *balloon = xcalloc(1, sizeof(*balloon));
	struct device_config common = config->device;

	common.queues = BALLOON_ACTIVE;
	for (size_t i = 0; i < EXTRAS; i++)
		if (common.features & extras[i].feature)
			common.queue_size[common.queues++] = extras[i].size;
	common.config_bytes = common.features & BALLOON_F_PAGE_POISON ? CONFIG_END :
	    common.features & BALLOON_F_FREE_PAGE_HINT ? CONFIG_POISON : CONFIG_ACTUAL + 4;
	balloon->config = *config;
	balloon->facts = (struct balloon_facts){
		.num_pages = config->target_pages, .actual = config->actual_pages,
		.keeps_actual = config->keeps_actual,
		.actual_foreign = config->actual_pages != 0,
	};
	device->self = balloon;
	device_configure(device, &common);
}

void
balloon_fini(struct device *device)
{
	struct balloon *balloon = balloon_of(device);

	free(balloon->entry);
	free(balloon);
	device->self = NULL;
}
