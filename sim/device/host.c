/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The host operator: see host.h.
 */
#include "device/host.h"

void
host_target(struct balloon *balloon, uint32_t pages, bool irq)
{
	struct transport *transport = &balloon->transport;
	uint32_t old = balloon->num_pages;
	bool raises = irq && (transport->status & TRANSPORT_STATUS_DRIVER_OK) &&
	    (pages != old || !balloon->config.config_irq_on_change);

	balloon->num_pages = pages;
	if (pages != old)
		transport->generation++;
	world_emit(transport->world, EV_HOST_TARGET, 0, pages, old, raises, 0, 0);
	if (raises)
		transport_notify_config(transport);
}

static void
give_all_back(struct memory *memory)
{
	for (unsigned i = 0; i < memory->segments && memory->counts.held > 0; i++) {
		const struct hw_segment *segment = &memory->segment[i];

		for (uint64_t n = 0; n < segment->npages; n++)
			if (memory_host_has(memory, segment->pfn + n))
				memory_host_give(memory, segment->pfn + n);
	}
}

void
host_reboot(struct balloon *balloon)
{
	struct world *world = balloon->transport.world;

	world_emit(world, EV_HOST_REBOOT, 0, 0, 0, 0, 0, 0);
	transport_reset(&balloon->transport);
	if (world->memory.counts.held > 0)
		give_all_back(&world->memory);
}
