/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device of a world: see device.h.
 */
#include "device/device.h"

#include <string.h>

#include "device/balloon_answer.h"

static uint64_t
reg_read(void *self, enum hw_region region, unsigned offset, unsigned width)
{
	struct device *device = self;

	return transport_read(&device->balloon.transport, region, offset, width);
}

static void
reg_write(void *self, enum hw_region region, unsigned offset, unsigned width, uint64_t value)
{
	struct device *device = self;

	transport_write(&device->balloon.transport, region, offset, width, value);
}

void
device_init(struct device *device, struct world *world, const struct device_config *config)
{
	device->world = world;
	balloon_init(&device->balloon, world, config);
}

void
device_fini(struct device *device)
{
	balloon_fini(&device->balloon);
}

void
device_hooks(struct device *device, struct world_hooks *hooks)
{
	hooks->device = device;
	hooks->device_id = device->balloon.transport.class->device_id;
	hooks->reg_read = reg_read;
	hooks->reg_write = reg_write;
}

void
device_power_on(struct device *device)
{
	balloon_power_on(&device->balloon);
}

/* ---- the host and the device's habits ---- */

void
device_target(struct device *device, uint32_t pages, bool irq)
{
	host_target(&device->balloon, pages, irq);
}

void
device_reboot(struct device *device)
{
	host_reboot(&device->balloon);
}

void
device_habit(struct device *device, enum device_habit habit, enum balloon_queue queue,
    uint64_t count)
{
	balloon_habit(&device->balloon, habit, queue, count);
}

void
device_latency(struct device *device, enum balloon_queue queue, uint64_t latency_ns,
    uint64_t jitter_ns, uint64_t count)
{
	balloon_latency(&device->balloon, queue, latency_ns, jitter_ns, count);
}

void
device_need_reset(struct device *device)
{
	balloon_need_reset(&device->balloon);
}

void
device_set_actual(struct device *device, uint32_t pages)
{
	balloon_set_actual(&device->balloon, pages);
}

void
device_interrupt(struct device *device, int queue, bool spurious, uint64_t count)
{
	balloon_interrupt(&device->balloon, queue, spurious, count);
}

bool
device_answer_now(struct device *device, enum balloon_queue queue)
{
	return queue < BALLOON_ACTIVE && balloon_answer_oldest(&device->balloon.side[queue]);
}

/* ---- what can be observed ---- */

uint32_t
device_num_pages(const struct device *device)
{
	return device->balloon.num_pages;
}

uint32_t
device_actual(const struct device *device)
{
	return device->balloon.actual;
}

uint64_t
device_held(const struct device *device)
{
	return device->world->memory.counts.held;
}

uint64_t
device_discarded_in_use(const struct device *device)
{
	return device->world->memory.counts.discarded_in_use;
}

uint8_t
device_status(const struct device *device)
{
	return device->balloon.transport.status;
}

uint64_t
device_features_offered(const struct device *device)
{
	return transport_offer(&device->balloon.transport);
}

uint64_t
device_features(const struct device *device)
{
	return device->balloon.transport.accepted;
}

uint64_t
device_inflight(const struct device *device, enum balloon_queue queue)
{
	return balloon_inflight(&device->balloon, queue);
}

uint64_t
device_requests(const struct device *device, enum balloon_queue queue)
{
	return device->balloon.side[queue].requests;
}

uint64_t
device_kicks(const struct device *device, enum balloon_queue queue)
{
	return device->balloon.transport.queue[queue].kicks;
}

uint64_t
device_entries(const struct device *device, enum balloon_queue queue)
{
	return device->balloon.side[queue].entries;
}

uint64_t
device_interrupts(const struct device *device, int queue)
{
	const struct transport *transport = &device->balloon.transport;

	return queue < 0 ? transport->interrupts : transport->queue[queue].interrupts;
}

bool
device_is_busy(const struct device *device)
{
	return balloon_is_busy(&device->balloon);
}

bool
device_answers(const struct device *device)
{
	return balloon_answers(&device->balloon);
}

bool
device_is_healthy(const struct device *device)
{
	return !device->balloon.unhealthy;
}

bool
device_keeps_actual(const struct device *device)
{
	return device->balloon.config.keeps_actual;
}

bool
device_actual_is_foreign(const struct device *device)
{
	return device->balloon.actual_foreign;
}

/* ---- names ---- */

struct feature_name {
	const char *name;
	uint64_t mask;
};

/* VERSION_1 is not among them: it is the transport's. */
#define FEATURES(X) \
	X("MUST_TELL_HOST", BALLOON_F_MUST_TELL_HOST, "a page may be used again only after the " \
	    "host has answered the deflate request that names it (virtio 1.2 clause 5.5.3)") \
	X("STATS_VQ", BALLOON_F_STATS_VQ, "a third queue, for statistics about the guest's " \
	    "memory (virtio 1.2 clause 5.5.6.3)") \
	X("DEFLATE_ON_OOM", BALLOON_F_DEFLATE_ON_OOM, "the driver may take pages back from the " \
	    "balloon when the guest runs out of memory (virtio 1.2 clause 5.5.3)") \
	X("NOTIFY_ON_EMPTY", TRANSPORT_F_NOTIFY_ON_EMPTY, "legacy: an interrupt when a queue " \
	    "runs empty, even where the driver wanted none (virtio 1.2 clause 6.3)") \
	X("ANY_LAYOUT", TRANSPORT_F_ANY_LAYOUT, "legacy: the device makes nothing of how a " \
	    "request is cut into descriptors (virtio 1.2 clause 6.3)") \
	X("RING_INDIRECT_DESC", TRANSPORT_F_INDIRECT_DESC, "a descriptor may lead to a table of " \
	    "descriptors outside of the ring (virtio 1.2 clause 2.7.5.3)") \
	X("RING_EVENT_IDX", TRANSPORT_F_EVENT_IDX, "each side writes at which index it wants " \
	    "the next notification (virtio 1.2 clauses 2.7.7 and 2.7.10)")

static const struct feature_name feature[] = {
#define X(name, mask, text) { name, mask },
	FEATURES(X)
#undef X
};

const char *const device_feature_names[] = {
#define X(name, mask, text) name,
	FEATURES(X)
#undef X
	NULL
};

const char *const device_feature_texts[] = {
#define X(name, mask, text) text,
	FEATURES(X)
#undef X
	NULL
};

const char *const device_type_names[] = { "balloon", NULL };
const char *const device_queue_names[] = { "inflate", "deflate", NULL };
const char *const device_model_names[] = {
#define X(id, word, what) word,
	DEVICE_MODELS(X)
#undef X
	NULL
};

bool
device_feature_by_name(const char *name, uint64_t *mask)
{
	for (size_t i = 0; i < sizeof(feature) / sizeof(feature[0]); i++)
		if (strcmp(feature[i].name, name) == 0) {
			*mask = feature[i].mask;
			return true;
		}
	return false;
}

int
device_queue_by_name(const char *name)
{
	for (int q = 0; device_queue_names[q] != NULL; q++)
		if (strcmp(device_queue_names[q], name) == 0)
			return q;
	return BALLOON_NO_QUEUE;
}
