/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a scenario's plain data to the configuration of a world.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "run/state.h"
#include "scenario/arena.h"
#include "scenario/yaml.h"

#define LOW_PAGES_MAX SCENARIO_LOW_PAGES
#define SLACK_NS UINT64_C(1000000)
#define POINTS_LIMIT UINT64_C(400000)
#define ACCESS_LIMIT UINT64_C(50000000)
#define ROUNDS_LIMIT UINT64_C(20000000)
#define TEXT_LIMIT (UINT64_C(8) << 20)
#define TEXT_LIMIT_ALL (UINT64_C(128) << 20)

/* What the loader lets pass a machine can have. */
_Static_assert(SCENARIO_SEGMENTS_MAX <= MEMORY_SEGMENTS_MAX, "segments");
_Static_assert(SCENARIO_CPUS_MAX <= CPUS_MAX, "processors");
_Static_assert(SCENARIO_DEVICES_MAX <= HW_DEVICES, "devices");
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
run_world_config(const struct run *run, struct world_config *config)
{
	const struct scenario_machine *machine = run->machine;
	const struct scenario_limits *limits = &run->scenario->limits;

	*config = (struct world_config){
		.reserve_pages = machine->reserve_pages,
		.hz = (int)machine->hz,
		.cpus = (unsigned)machine->cpus,
		.interrupt_cpu = (unsigned)machine->interrupt_cpu,
		.diagnostic = machine->diagnostic,
		.legacy = machine->transport == SCENARIO_LEGACY,
		.msix = machine->interrupts == SCENARIO_MSIX,
		.bounce = machine->dma == SCENARIO_BOUNCE,
		.softc_straddles = machine->softc == SCENARIO_STRADDLE,
		.swapped = machine->byte_order == SCENARIO_SWAPPED,
		.time_limit_ns = (uint64_t)scenario_time_ns(limits->time, machine->hz),
		.event_limit = (uint32_t)limits->events,
		.slack_ns = SLACK_NS,
		.points_limit = POINTS_LIMIT,
		.access_limit = ACCESS_LIMIT,
		.rounds_limit = ROUNDS_LIMIT,
		.text_limit = TEXT_LIMIT,
		.text_limit_all = TEXT_LIMIT_ALL,
		.keep_trace = run->options->keep_trace,
		.regions = run->options->regions,
	};
	segments(machine, config);
}

/* ---- the configuration in words ---- */

void
run_configuration(const struct scenario_case *c, FILE *stream)
{
	struct scenario scenario = *c->scenario;
	struct scenario_case whole = *c;
	const struct device_class *class = device_class_of(scenario.device.type);
	const struct scenario_own *own = &c->scenario->device.own;
	struct arena *arena = arena_new();

	whole.scenario = &scenario;
	scenario.device.own.object = arena_calloc(arena, 1, own->map->size);
	memcpy(scenario.device.own.object, own->object, own->map->size);
	if (class->resolve != NULL)
		class->resolve(scenario.device.own.object, c->machine->hz, arena);
	scenario_case_print(&whole, stream);
	arena_free(arena);
}

char *
run_configuration_json(const struct scenario_case *c)
{
	struct sbuf buf;
	char *yaml, *json;

	run_configuration(c, sbuf_open(&buf));
	yaml = sbuf_close(&buf);
	json = yaml_to_json(yaml);
	free(yaml);
	return json;
}
