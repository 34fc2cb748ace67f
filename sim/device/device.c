/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device of a world, between the transport and its class: see device.h.
 */
#include "device/device.h"

#include <string.h>

#include "device/class.h"
#include "device/completion.h"

/* ---- requests ---- */

void
device_taken(struct device *device, unsigned queue, size_t entries, const void *payload)
{
	const struct virtqueue_chain *chain = &device->chain;

	device->queue[queue].requests++;
	world_emit_of(device->world, device->transport.device, EV_DEV_TAKE, 0, queue, chain->head,
	    chain->readable, entries, trace_hash(payload, entries * sizeof(uint32_t)), payload);
}

bool
device_read(struct device *device, unsigned queue, uint64_t offset, void *to, size_t size)
{
	if (virtqueue_read(&device->transport.queue[queue].vq, &device->chain, offset, to, size))
		return true;
	device_break(device, queue, VIRTQUEUE_FAULT_ADDRESS);
	return false;
}

void
device_lose(struct device *device, unsigned queue)
{
	device->queue[queue].lost++;
}

static bool
is_served(const struct device_queue *queue)
{
	return !queue->paused && !queue->device->broken &&
	    transport_is_live(&queue->device->transport);
}

static void
take_all(struct device_queue *queue)
{
	struct device *device = queue->device;
	struct virtqueue *vq = &device->transport.queue[queue->number].vq;
	enum virtqueue_fault fault = VIRTQUEUE_FAULT_NONE;

	while (is_served(queue) && virtqueue_take(vq, &device->chain, &fault)) {
		/* After wrong completions the two sides no longer agree on what is in flight. */
		if (!device->unhealthy && queue->flight.count + queue->lost >= vq->size)
			device_break(device, queue->number, VIRTQUEUE_FAULT_EXCESS);
		else
			device->class->request(device, queue->number);
	}
	if (fault != VIRTQUEUE_FAULT_NONE && !device->broken)
		device_break(device, queue->number, fault);
	completion_flush(device);
}

void
completion_serve(struct device_queue *queue)
{
	struct device *device = queue->device;
	struct virtqueue *vq = &device->transport.queue[queue->number].vq;

	queue->missed = false;
	take_all(queue);
	if (!device->config.quiet_notify || !is_served(queue))
		return;
	virtqueue_set_notify(vq, queue->flight.count == 0);
	/* What came in before notifications were asked for again was not announced. */
	if (queue->flight.count == 0 && virtqueue_waiting(vq) > 0)
		take_all(queue);
}

static void
forget_all(struct device *device)
{
	for (unsigned q = 0; q < device->active; q++)
		completion_forget(&device->queue[q]);
	completion_stop_interrupts(device);
}

void
device_remove(struct device *device)
{
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_GONE], DEVICE_CONFIGURATION, 0);
	forget_all(device);
	for (unsigned v = 0; v < HW_VECTORS; v++)
		irq_lower(device->world, hw_line(device->transport.device, v));
	device->transport.gone = true;
}

static void
halt_all(struct device *device)
{
	for (unsigned q = 0; q < device->active; q++)
		completion_halt(&device->queue[q]);
}

void
device_need_reset(struct device *device)
{
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_NEEDS_RESET], DEVICE_CONFIGURATION,
	    0);
	halt_all(device);
	transport_need_reset(&device->transport);
}

void
device_break(struct device *device, unsigned queue, enum virtqueue_fault fault)
{
	device->broken = true;
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_BROKEN], (int)queue, fault);
	halt_all(device);
	if (!device->world->config.legacy)
		transport_need_reset(&device->transport);
}

/* ---- what the transport asks ---- */

void
device_on_notify(struct device *device, unsigned queue)
{
	if (queue < device->active) {
		struct completion none = { .queue = &device->queue[queue], .on = queue };

		if (behaviours_apply(&none, BEHAVES_ON_NOTIFY))
			completion_serve(&device->queue[queue]);
	} else if (!device->broken && device->class->other_queue != NULL)
		device->class->other_queue(device, queue);
}

void
device_on_queue_gone(struct device *device, unsigned queue)
{
	if (queue < device->active)
		completion_forget(&device->queue[queue]);
}

void
device_on_reset(struct device *device)
{
	for (unsigned q = 0; q < device->active; q++) {
		struct completion c = { .queue = &device->queue[q], .on = q };

		if (c.queue->flight.count > 0)
			behaviours_apply(&c, BEHAVES_AT_RESET);
		/* A driver may also wait for what is in flight before it resets the device. */
		c.queue->waits[BEHAVIOUR_AFTER_RESET] = false;
	}
	forget_all(device);
	device->broken = false;
	if (device->class->reset != NULL)
		device->class->reset(device);
}

void
device_on_start(struct device *device)
{
	for (unsigned q = 0; q < device->active; q++)
		device->queue[q].requests = 0;
	if (device->class->start != NULL)
		device->class->start(device);
}

/* ---- life ---- */

void
device_begin(struct device *device, struct world *world, const struct device_class *class)
{
	memset(device, 0, sizeof(*device));
	device->world = world;
	device->class = class;
	while (class->language.queues[device->active] != NULL)
		device->active++;
	for (unsigned q = 0; q < DEVICE_QUEUES_MAX; q++)
		device->queue[q] = (struct device_queue){ .device = device, .number = q };
	for (int i = 0; i <= DEVICE_QUEUES_MAX; i++)
		device->source[i] = (struct device_source){
			.device = device,
			.queue = i < DEVICE_QUEUES_MAX ? i : DEVICE_CONFIGURATION,
		};
}

void
device_configure(struct device *device, const struct device_config *config)
{
	struct transport *transport = &device->transport;

	device->config = *config;
	transport_init(transport, device, config->config_bytes != 0 ? config->config_bytes :
	    device->class->config_bytes, config->queue_size, config->queues);
	transport->offered = config->features;
	transport->required = config->features_required;
	if (config->config_isr != 0)
		transport->config_isr = config->config_isr;
}

void
device_init(struct device *device, struct world *world, const struct device_class *class,
    const void *options, uint64_t hz)
{
	device_begin(device, world, class);
	class->init(device, options, hz);
}

void
device_fini(struct device *device)
{
	forget_all(device);
	if (device->class->fini != NULL)
		device->class->fini(device);
	for (unsigned q = 0; q < device->active; q++) {
		completion_forget_outliving(&device->queue[q]);
		vec_fini(&device->queue[q].flight);
	}
	device_forget_snapshots(device);
	virtqueue_chain_fini(&device->chain);
}

void
device_hooks(struct device *device, struct world_hooks *hooks)
{
	device->transport.device = hooks->devices;
	hooks->device[hooks->devices++] = (struct world_device){
		.self = device, .id = device->class->device_id,
		.reg_read = transport_read, .reg_write = transport_write,
	};
}

void
device_power_on(struct device *device)
{
	if (device->class->power_on != NULL)
		device->class->power_on(device);
	if (device->config.left_live)
		transport_leave_live(&device->transport);
}

void
device_reboot(struct device *device)
{
	transport_emit(&device->transport, EV_HOST_REBOOT, 0, 0, 0, 0, 0, 0);
	transport_reset(&device->transport);
	if (device->class->reboot != NULL)
		device->class->reboot(device);
}

/* ---- what can be observed ---- */

uint64_t
device_inflight(const struct device *device, unsigned number)
{
	const struct device_queue *queue = &device->queue[number];

	return queue->flight.count + queue->lost +
	    virtqueue_waiting(&device->transport.queue[number].vq);
}

uint64_t
device_inflight_all(const struct device *device)
{
	uint64_t all = 0;

	for (unsigned q = 0; q < device->active; q++)
		all += device_inflight(device, q);
	return all;
}

uint64_t
device_interrupts(const struct device *device, int queue)
{
	return queue < 0 ? device->transport.interrupts :
	    device->transport.queue[queue].interrupts;
}

bool
device_is_busy(const struct device *device)
{
	for (unsigned q = 0; q < device->active; q++)
		if (device->queue[q].timer != NULL ||
		    device->queue[q].outliving.timer != NULL)
			return true;
	for (unsigned i = 0; i <= DEVICE_QUEUES_MAX; i++)
		if (device->source[i].timer != NULL)
			return true;
	return false;
}

bool
device_completes(const struct device *device)
{
	if (device->broken || device->transport.gone ||
	    (device->transport.status & TRANSPORT_STATUS_NEEDS_RESET))
		return false;
	for (unsigned q = 0; q < device->active; q++) {
		const struct device_queue *queue = &device->queue[q];

		if (queue->paused || queue->missed || queue->lost > 0 ||
		    queue->left[BEHAVIOUR_DROP] > 0)
			return false;
	}
	return true;
}
