/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Snapshots: the state of a device, saved and taken back.
 *
 * Saved is what a virtual machine monitor saves: registers, positions in the queues, requests in
 * flight, and what the class keeps.  Not saved: the guest's memory, misbehaviours that are on.
 */
#include "device/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"
#include "device/completion.h"

static void
release(struct device_snapshot *snapshot)
{
	for (unsigned q = 0; q < DEVICE_QUEUES_MAX; q++)
		vec_fini(&snapshot->queue[q].flight);
	free(snapshot->own);
}

void
device_save(struct device *device, unsigned number)
{
	struct device_snapshot *to;
	size_t bytes = 0;
	void *own = device->class->saved != NULL ? device->class->saved(device, &bytes) : NULL;

	if (device->snapshot == NULL)
		device->snapshot = xcalloc(DEVICE_SNAPSHOTS, sizeof(device->snapshot[0]));
	to = &device->snapshot[number];
	release(to);
	*to = (struct device_snapshot){
		.used = true, .time_ns = device->world->clock.now_ns,
		.transport = device->transport, .own = xmalloc(bytes + 1),
	};
	if (bytes > 0)
		memcpy(to->own, own, bytes);
	for (unsigned q = 0; q < device->active; q++) {
		const struct device_queue *queue = &device->queue[q];

		to->queue[q].lost = queue->lost;
		vec_each(request, &queue->flight)
			*vec_add(&to->queue[q].flight) = *request;
	}
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_SNAPSHOT], DEVICE_CONFIGURATION,
	    number + 1);
}

/* Do guest and device no longer agree on what was requested and completed? */
static bool
went_on(const struct device *device, const struct device_snapshot *from)
{
	if (device->transport.status != from->transport.status)
		return true;
	for (unsigned q = 0; q < device->transport.queues; q++) {
		const struct virtqueue *now = &device->transport.queue[q].vq;
		const struct virtqueue *then = &from->transport.queue[q].vq;

		if (now->taken != then->taken || now->used != then->used ||
		    now->enabled != then->enabled)
			return true;
	}
	return false;
}

/* Times go on where they stood. */
static void
take_back_queue(struct device_queue *queue, const struct device_snapshot *from)
{
	uint64_t passed_ns = queue->device->world->clock.now_ns - from->time_ns;

	completion_forget(queue);
	vec_each(request, &from->queue[queue->number].flight) {
		*vec_add(&queue->flight) = *request;
		queue->flight.item[queue->flight.count - 1].due_ns += passed_ns;
	}
	queue->lost = from->queue[queue->number].lost;
}

void
device_restore(struct device *device, unsigned number)
{
	const struct device_snapshot *from = device->snapshot + number;
	size_t bytes = 0;
	void *own = device->class->saved != NULL ? device->class->saved(device, &bytes) : NULL;
	bool went;

	if (device->snapshot == NULL || !from->used)
		return;
	went = went_on(device, from);
	if (bytes > 0)
		memcpy(own, from->own, bytes);
	device->transport = from->transport;
	device->unhealthy |= went;
	behaviour_emit(device, &device_behaviours[BEHAVIOUR_RESTORE], DEVICE_CONFIGURATION, went);
	for (unsigned q = 0; q < device->active; q++)
		take_back_queue(&device->queue[q], from);
	for (unsigned q = 0; q < device->active; q++) {
		completion_serve(&device->queue[q]);
		completion_arm(&device->queue[q]);
		transport_interrupt(&device->transport, (int)q, false);
	}
	transport_interrupt(&device->transport, DEVICE_CONFIGURATION, false);
}

void
device_forget_snapshots(struct device *device)
{
	for (unsigned i = 0; device->snapshot != NULL && i < DEVICE_SNAPSHOTS; i++)
		release(&device->snapshot[i]);
	free(device->snapshot);
}
