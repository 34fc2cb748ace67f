/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The test rig of the device tests: see rig.h.
 */
#include "rig.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_FRAME 16			/* of the guest's own pages */
#define BUFFER_PAGES (RIG_BUFFER_BYTES / 4096)

void
rig_options_init(struct rig_options *options)
{
	memset(options, 0, sizeof(*options));
	balloon_config_init(&options->config, BALLOON_QEMU);
	options->config.device.queue_size[0] = options->config.device.queue_size[1] = RIG_SIZE;
}

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct rig *rig = self;

	(void)site;
	if (rig->events == rig->events_max) {
		rig->events_max = rig->events_max ? 2 * rig->events_max : 64;
		rig->event = realloc(rig->event, rig->events_max * sizeof(rig->event[0]));
		ck_assert_ptr_nonnull(rig->event);
	}
	rig->event[rig->events++] = *event;
	if (event->kind == EV_DEV_TAKE) {
		rig->entries = event->arg[3];
		rig->entry = realloc(rig->entry, (rig->entries + 1) * sizeof(uint32_t));
		if (rig->entries > 0)
			memcpy(rig->entry, payload, rig->entries * sizeof(uint32_t));
	}
}

static uint8_t *
map(struct rig *rig, uint64_t pfn, size_t n, uint64_t *bus)
{
	uint64_t pfns[BUFFER_PAGES];
	uint8_t *va;

	for (size_t i = 0; i < n; i++) {
		pfns[i] = pfn + i;
		memory_own(&rig->world.memory, pfns[i], HW_PAGE_KERNEL);
	}
	va = memory_map(&rig->world.memory, pfns, n);
	memset(va, 0, n * MEMORY_PAGE_SIZE);
	*bus = (pfn << MEMORY_PAGE_SHIFT) + MEMORY_BUS_OFFSET;
	return va;
}

/* Two pages hold a legacy ring: descriptors and driver part, then the device part. */
static void
map_queue(struct rig *rig, unsigned q, uint64_t pfn)
{
	struct rig_queue *queue = &rig->queue[q];
	uint64_t bus;
	uint8_t *va = map(rig, pfn, 2, &bus);

	queue->desc = va;
	queue->driver = va + 16 * RIG_SIZE;
	queue->device = va + 4096;
	queue->desc_bus = bus;
	queue->driver_bus = bus + 16 * RIG_SIZE;
	queue->device_bus = bus + 4096;
	queue->buffer = map(rig, pfn + 2, BUFFER_PAGES, &queue->buffer_bus);
}

struct rig *
rig_new(const struct rig_options *options)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct world_config config = {
		.segment = { { 0, RIG_PAGES } }, .segments = 1, .hz = 100, .cpus = 1,
		.legacy = !options->modern, .msix = options->msix,
		.event_limit = UINT32_MAX, .points_limit = UINT64_MAX,
		.access_limit = UINT64_MAX, .time_limit_ns = UINT64_MAX,
	};
	struct world_hooks hooks = { 0 };

	ck_assert_ptr_nonnull(rig);
	rig->modern = options->modern;
	device_begin(&rig->device, &rig->world, &balloon_class);
	balloon_init(&rig->device, &options->config);
	device_hooks(&rig->device, &hooks);
	ck_assert(world_init(&rig->world, &config, &hooks));
	world_current = &rig->world;
	trace_observe(&rig->world.trace,
	    (struct observer){ .kinds = UINT64_MAX, .see = see, .self = rig });
	device_power_on(&rig->device);
	for (unsigned q = 0; q < RIG_QUEUES; q++)
		map_queue(rig, q, FIRST_FRAME + q * (BUFFER_PAGES + 2));
	return rig;
}

struct rig *
rig_new_live(const struct rig_options *options)
{
	struct rig *rig = rig_new(options);

	rig_bring_up(rig, options->request);
	return rig;
}

void
rig_free(struct rig *rig)
{
	device_fini(&rig->device);
	world_fini(&rig->world);
	free(rig->event);
	free(rig->entry);
	free(rig);
}

/* ---- registers ---- */

uint64_t
rig_read(struct rig *rig, enum hw_region region, unsigned offset, unsigned width)
{
	const struct world_device *to = &rig->world.hooks.device[0];

	return to->reg_read(to->self, region, offset, width);
}

void
rig_write(struct rig *rig, enum hw_region region, unsigned offset, unsigned width,
    uint64_t value)
{
	const struct world_device *to = &rig->world.hooks.device[0];

	to->reg_write(to->self, region, offset, width, value);
}

uint8_t
rig_status(struct rig *rig)
{
	return (uint8_t)(rig->modern ? rig_read(rig, HW_REG_COMMON, 20, 1) :
	    rig_read(rig, HW_REG_LEGACY, 18, 1));
}

void
rig_set_status(struct rig *rig, uint8_t status)
{
	if (rig->modern)
		rig_write(rig, HW_REG_COMMON, 20, 1, status);
	else
		rig_write(rig, HW_REG_LEGACY, 18, 1, status);
}

uint8_t
rig_isr(struct rig *rig)
{
	return (uint8_t)(rig->modern ? rig_read(rig, HW_REG_ISR, 0, 1) :
	    rig_read(rig, HW_REG_LEGACY, 19, 1));
}

uint32_t
rig_config(struct rig *rig, unsigned offset)
{
	return (uint32_t)(rig->modern ? rig_read(rig, HW_REG_DEVICE, offset, 4) :
	    rig_read(rig, HW_REG_LEGACY, 20 + offset, 4));
}

void
rig_set_config(struct rig *rig, unsigned offset, unsigned width, uint64_t value)
{
	if (rig->modern)
		rig_write(rig, HW_REG_DEVICE, offset, width, value);
	else
		rig_write(rig, HW_REG_LEGACY, 20 + offset, width, value);
}

static void
bring_up_legacy(struct rig *rig, uint64_t request)
{
	uint64_t offer = rig_read(rig, HW_REG_LEGACY, 0, 4);

	rig_write(rig, HW_REG_LEGACY, 4, 4, offer & request);
	for (unsigned q = 0; q < RIG_QUEUES; q++) {
		rig_write(rig, HW_REG_LEGACY, 14, 2, q);
		rig_write(rig, HW_REG_LEGACY, 8, 4, rig->queue[q].desc_bus >> 12);
	}
	rig_set_status(rig, 7);
}

static void
write_address(struct rig *rig, unsigned offset, uint64_t address)
{
	rig_write(rig, HW_REG_COMMON, offset, 4, address & UINT32_MAX);
	rig_write(rig, HW_REG_COMMON, offset + 4, 4, address >> 32);
}

static void
bring_up_modern(struct rig *rig, uint64_t request)
{
	for (unsigned half = 0; half < 2; half++) {
		uint64_t offer;

		rig_write(rig, HW_REG_COMMON, 0, 4, half);
		offer = rig_read(rig, HW_REG_COMMON, 4, 4);
		rig_write(rig, HW_REG_COMMON, 8, 4, half);
		rig_write(rig, HW_REG_COMMON, 12, 4, offer &
		    ((request | TRANSPORT_F_VERSION_1) >> (32 * half)));
	}
	rig_set_status(rig, 11);
	for (unsigned q = 0; q < RIG_QUEUES; q++) {
		rig_write(rig, HW_REG_COMMON, 22, 2, q);
		write_address(rig, 32, rig->queue[q].desc_bus);
		write_address(rig, 40, rig->queue[q].driver_bus);
		write_address(rig, 48, rig->queue[q].device_bus);
		rig_write(rig, HW_REG_COMMON, 28, 2, 1);
	}
	rig_set_status(rig, 15);
}

void
rig_bring_up(struct rig *rig, uint64_t request)
{
	for (unsigned q = 0; q < RIG_QUEUES; q++) {
		memset(rig->queue[q].desc, 0, 2 * 4096);
		rig->queue[q].avail = 0;
	}
	rig_set_status(rig, 0);
	rig_set_status(rig, 1);
	rig_set_status(rig, 3);
	if (rig->modern)
		bring_up_modern(rig, request);
	else
		bring_up_legacy(rig, request);
}

/* ---- rings ---- */

void
rig_desc(struct rig *rig, unsigned q, uint16_t index, uint64_t address, uint32_t length,
    uint16_t flags, uint16_t next)
{
	uint8_t *p = rig->queue[q].desc + 16 * index;

	memcpy(p, &address, 8);
	memcpy(p + 8, &length, 4);
	memcpy(p + 12, &flags, 2);
	memcpy(p + 14, &next, 2);
}

void
rig_avail(struct rig *rig, unsigned q, uint16_t head)
{
	struct rig_queue *queue = &rig->queue[q];

	memcpy(queue->driver + 4 + 2 * (queue->avail % RIG_SIZE), &head, 2);
	queue->avail++;
	memcpy(queue->driver + 2, &queue->avail, 2);
}

void
rig_notify(struct rig *rig, unsigned q)
{
	if (rig->modern)
		rig_write(rig, HW_REG_NOTIFY, q, 2, q);
	else
		rig_write(rig, HW_REG_LEGACY, 16, 2, q);
}

void
rig_request(struct rig *rig, unsigned q, uint16_t head, uint32_t first, uint32_t n)
{
	struct rig_queue *queue = &rig->queue[q];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t pfn = first + i;

		memcpy(queue->buffer + 4 * i, &pfn, 4);
	}
	rig_desc(rig, q, head, queue->buffer_bus, 4 * n, 0, 0);
	rig_avail(rig, q, head);
	rig_notify(rig, q);
}

void
rig_three(struct rig *rig, unsigned q)
{
	for (uint16_t i = 0; i < 3; i++) {
		rig_desc(rig, q, i, rig->queue[q].buffer_bus, 4, 0, 0);
		rig_avail(rig, q, i);
	}
	rig_notify(rig, q);
}

uint16_t
rig_used(struct rig *rig, unsigned q)
{
	uint16_t index;

	memcpy(&index, rig->queue[q].device + 2, 2);
	return index;
}

void
rig_used_entry(struct rig *rig, unsigned q, uint16_t at, uint32_t *id, uint32_t *length)
{
	const uint8_t *p = rig->queue[q].device + 4 + 8 * (at % RIG_SIZE);

	memcpy(id, p, 4);
	memcpy(length, p + 4, 4);
}

void
rig_expect_used(struct rig *rig, unsigned q, uint16_t at, uint32_t id, uint32_t length)
{
	uint32_t is_id, is_length;

	ck_assert_uint_ne((uint16_t)(rig_used(rig, q) - at), 0);
	rig_used_entry(rig, q, at, &is_id, &is_length);
	ck_assert_uint_eq(is_id, id);
	ck_assert_uint_eq(is_length, length);
}

void
rig_pass(struct rig *rig, uint64_t ns)
{
	world_run(&rig->world, rig->world.clock.now_ns + ns);
}

/* ---- events ---- */

unsigned
rig_count(const struct rig *rig, enum event_kind kind)
{
	unsigned n = 0;

	for (size_t i = 0; i < rig->events; i++)
		n += rig->event[i].kind == kind;
	return n;
}

struct event
rig_last(const struct rig *rig, enum event_kind kind)
{
	for (size_t i = rig->events; i-- > 0;)
		if (rig->event[i].kind == kind)
			return rig->event[i];
	return (struct event){ 0 };
}

unsigned
rig_behaved(const struct rig *rig, const char *word)
{
	unsigned code = device_behaviour_by_word(&balloon_class, word)->code, n = 0;

	for (size_t i = 0; i < rig->events; i++)
		n += rig->event[i].kind == EV_DEV_BEHAVIOUR && rig->event[i].code == code;
	return n;
}
