/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a scenario's plain data to the configuration of a world and its device.
 */
#include <stdlib.h>
#include <string.h>

#include "run/story.h"

#define LOW_PAGES_MAX SCENARIO_LOW_PAGES
#define SLACK_NS UINT64_C(1000000)
#define POINTS_LIMIT UINT64_C(200000)
#define ACCESS_LIMIT UINT64_C(50000000)
#define ROUNDS_LIMIT UINT64_C(20000000)
#define TEXT_LIMIT (UINT64_C(8) << 20)
#define TEXT_LIMIT_ALL (UINT64_C(128) << 20)

/* What the loader lets pass a machine can have. */
_Static_assert(SCENARIO_SEGMENTS_MAX <= MEMORY_SEGMENTS_MAX, "segments");
_Static_assert(SCENARIO_CPUS_MAX <= CPUS_MAX, "processors");
_Static_assert(SCENARIO_ADDRESS_PAGES << MEMORY_PAGE_SHIFT <= MEMORY_BUS_OFFSET,
    "no physical address is a bus address");

static void
segments(const struct scenario_machine *machine, struct world_config *config)
{
	uint64_t pages = machine->memory_pages;

	if (machine->segments.count > 0) {
		config->segments = (unsigned)machine->segments.count;
		for (unsigned i = 0; i < config->segments; i++)
			config->segment[i] = (struct hw_segment){
				.pfn = machine->segments.segment[i].at_pages,
				.npages = machine->segments.segment[i].size_pages,
			};
		return;
	}
	config->segments = pages > LOW_PAGES_MAX ? 2 : 1;
	config->segment[0] = (struct hw_segment){
		.pfn = 0, .npages = pages > LOW_PAGES_MAX ? LOW_PAGES_MAX : pages,
	};
	config->segment[1] = (struct hw_segment){
		.pfn = SCENARIO_HIGH_PAGES, .npages = pages - config->segment[0].npages,
	};
}

void
story_world_config(const struct story *story, struct world_config *config)
{
	const struct scenario_machine *machine = story->machine;
	const struct scenario_limits *limits = &story->scenario->limits;

	*config = (struct world_config){
		.reserve_pages = machine->reserve_pages,
		.hz = (int)machine->hz,
		.cpus = (unsigned)machine->cpus,
		.diagnostic = machine->diagnostic,
		.legacy = machine->transport == SCENARIO_LEGACY,
		.msix = machine->interrupts == SCENARIO_MSIX,
		.bounce = machine->dma == SCENARIO_BOUNCE,
		.softc_straddles = machine->softc == SCENARIO_STRADDLE,
		.time_limit_ns = (uint64_t)scenario_time_ns(limits->time, machine->hz),
		.event_limit = (uint32_t)limits->events,
		.slack_ns = SLACK_NS,
		.points_limit = POINTS_LIMIT,
		.access_limit = ACCESS_LIMIT,
		.rounds_limit = ROUNDS_LIMIT,
		.text_limit = TEXT_LIMIT,
		.text_limit_all = TEXT_LIMIT_ALL,
		.keep_trace = story->options->keep_trace,
		.shelf = story->options->shelf,
	};
	segments(machine, config);
}

static void
latencies(const struct scenario_latency *latency, uint64_t hz, struct device_config *config)
{
	if (scenario_time_is_given(latency->inflate)) {
		config->latency_ns[BALLOON_INFLATE] =
		    (uint64_t)scenario_time_ns(latency->inflate, hz);
		config->ack = DEVICE_ACK_LATER;
	}
	if (scenario_time_is_given(latency->deflate)) {
		config->latency_ns[BALLOON_DEFLATE] =
		    (uint64_t)scenario_time_ns(latency->deflate, hz);
		config->ack = DEVICE_ACK_LATER;
	}
	if (scenario_time_is_given(latency->jitter))
		config->jitter_ns = (uint64_t)scenario_time_ns(latency->jitter, hz);
}

static void
choose_bool(bool *value, int choice)
{
	if (choice != SCENARIO_BY_MODEL)
		*value = choice == SCENARIO_YES;
}

static uint64_t
features(const struct scenario_names *names)
{
	uint64_t all = 0;

	for (size_t i = 0; i < names->count; i++) {
		uint64_t mask = 0;

		device_feature_by_name(names->name[i], &mask);
		all |= mask;
	}
	return all;
}

void
story_device_config(const struct story *story, struct device_config *config)
{
	const struct scenario_device *device = &story->scenario->device;

	/* The models stand in the same order on both sides of the loader. */
	device_config_init(config, (enum device_model)device->model);
	if (device->has_features)
		config->features = features(&device->features);
	if (device->queue_size.inflate != SCENARIO_UNSET)
		config->queue_size[BALLOON_INFLATE] = (uint16_t)device->queue_size.inflate;
	if (device->queue_size.deflate != SCENARIO_UNSET)
		config->queue_size[BALLOON_DEFLATE] = (uint16_t)device->queue_size.deflate;
	latencies(&device->latency, story->machine->hz, config);
	if (device->ack != SCENARIO_ACK_BY_MODEL)
		config->ack = device->ack == SCENARIO_ACK_IN_NOTIFY ?
		    DEVICE_ACK_IN_NOTIFY : DEVICE_ACK_LATER;
	config->target_pages = (uint32_t)device->initial.target_pages;
	config->actual_pages = (uint32_t)device->initial.actual_pages;
	config->held_pages = device->initial.held_pages;
	choose_bool(&config->keeps_actual, device->keeps_actual);
	choose_bool(&config->reset_keeps_actual, device->reset_keeps_actual);
	if (device->config_irq != SCENARIO_CONFIG_IRQ_BY_MODEL)
		config->config_irq_on_change =
		    device->config_irq == SCENARIO_CONFIG_IRQ_ON_CHANGE;
}
