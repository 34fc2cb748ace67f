/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world: its birth, its record, its end.  The step is in cpu.c.
 */
#include "machine/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/crash.h"

struct world *world_current;

static bool
get_memory(struct world *world)
{
	const struct world_config *config = &world->config;
	struct memory *memory = &world->memory;

	if (!memory_init(memory, config->regions, config->segment, config->segments,
	    config->reserve_pages))
		return false;
	memory->swapped = config->swapped && !config->legacy;
	access_arena(&world->access, memory->arena, memory->tag, memory->where,
	    MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE);
	return true;
}

bool
world_init(struct world *world, const struct world_config *config,
    const struct world_hooks *hooks)
{
	/* All but the memory, which is most of it and begins as zeroes by itself. */
	memset(world, 0, offsetof(struct world, memory));
	memset(&world->memory + 1, 0, sizeof(*world) - offsetof(struct world, memory) -
	    sizeof(world->memory));
	assert(config->cpus >= 1 && config->cpus <= CPUS_MAX);
	world->config = *config;
	if (hooks != NULL)
		world->hooks = *hooks;
	trace_init(&world->trace, config->keep_trace);
	choice_init_default(&world->choice);
	access_init(&world->access, config->access_limit);
	loop_init(&world->loop);
	if (!get_memory(world))
		return false;
	world->fibers = config->regions != NULL ? &config->regions->fibers : &world->own_fibers;
	world->main = fiber_new_main();
	world->points_left = config->points_limit;
	loop_events(world);
	return true;
}

void
world_fini(struct world *world)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		fiber_free(world->context[i].fiber);
	fiber_pool_fini(&world->own_fibers);
	fiber_free_main(world->main);
	clock_fini(&world->clock);
	trace_fini(&world->trace);
	memory_fini(&world->memory);
	if (world_current == world)
		world_current = NULL;
}

/* Accesses and calls ask at once whether anything is armed at all. */
static void
look_for_armed(struct world *world)
{
	bool armed = world->observer.point != NULL, accesses = false;

	for (unsigned i = 0; i < POINTS_MAX; i++) {
		const struct point *point = &world->point[i];

		armed |= point->armed;
		accesses |= point->armed && point->kind == POINT_ACCESS;
	}
	world->points_armed = armed;
	world->accesses_armed = accesses;
	access_every(&world->access, accesses || world->observer.access != NULL);
}

void
world_reboot(struct world *world)
{
	assert(world->running == NULL);
	for (uint32_t i = 0; i < world->contexts; i++) {
		struct context *ctx = &world->context[i];

		clock_cancel(&world->clock, &ctx->timer);
		fiber_free(ctx->fiber);
	}
	world->contexts = 0;
	memset(world->cpu, 0, sizeof(world->cpu));
	memset(world->point, 0, sizeof(world->point));
	world_others_run(world, 0);
	look_for_armed(world);
	memset(&world->irq, 0, sizeof(world->irq));
	memory_fini(&world->memory);
	if (!get_memory(world))
		out_of_memory();
}

static void world_end_at(struct world *world, enum world_end end, const char *text,
    uint32_t site);

/* Observers run on the stack of the context: there must be room for them. */
static inline bool
is_at_floor(const struct world *world, const struct context *ctx, uintptr_t frame)
{
	return frame < ctx->stack_floor && world->end == WORLD_RUNNING &&
	    fiber_stack_contains(ctx->fiber, frame);
}

static void
stop(struct world *world)
{
	if (world->trapped == NULL && world->trace.count < world->config.event_limit)
		loop_events(world);
	else if (world->trapped == NULL)
		world_finish(world, WORLD_EVENT_LIMIT, "the run reached its limit of events");
	else
		world_end_at(world, WORLD_TRAP, world->trapped, world->trapped_site);
}

void
world_emit_of(struct world *world, unsigned device, enum event_kind kind, unsigned code,
    uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, const void *payload)
{
	const struct context *ctx = world->running;
	unsigned cpu = ctx != NULL ? ctx->cpu : 0;
	struct event *event;

	crash_check_direction(world);
	if (ctx != NULL && is_at_floor(world, ctx, (uintptr_t)__builtin_frame_address(0)))
		stack_end(world);
	event = trace_place(&world->trace);
	*event = (struct event){
		.time_ns = world->clock.now_ns,
		.kind = (uint16_t)kind,
		.code = (uint16_t)code,
		.cpu = (uint8_t)cpu,
		.ipl = (uint8_t)world->cpu[cpu].ipl,
		.ctx = ctx != NULL ? ctx->ordinal : 0,
		.ctx_kind = (uint8_t)(ctx != NULL ? ctx->kind : 0),
		.device = (uint8_t)device,
		.arg = { a0, a1, a2, a3, a4 },
	};
	trace_placed(&world->trace, event, ctx != NULL ? ctx->site : 0, payload);
	if (world->trace.count >= world->event_stop && world->end == WORLD_RUNNING)
		stop(world);
}

static void
world_end_at(struct world *world, enum world_end end, const char *text, uint32_t site)
{
	struct context *ctx = world->running;

	if (world->end == WORLD_RUNNING) {
		world->end = end;
		snprintf(world->end_text, sizeof(world->end_text), "%s", text);
		world->end_site = site;
		world->end_context = ctx != NULL ? ctx->ordinal : 0;
	}
	/* The machine also records on behalf of a context that does not run: nothing to leave. */
	if (ctx != NULL && fiber_stack_contains(ctx->fiber,
	    (uintptr_t)__builtin_frame_address(0)))
		fiber_switch(ctx->fiber, world->main);
}

void
world_finish(struct world *world, enum world_end end, const char *text)
{
	world_end_at(world, end, text,
	    world->running != NULL ? world_driver_site(world) : 0);
}

unsigned
world_choose(struct world *world, enum choice_kind kind, unsigned n)
{
	return n <= 1 ? 0 : choice_next(&world->choice, kind, n);
}

const char *
world_end_word(enum world_end end)
{
	static const char *const word[WORLD_ENDS] = {
		[WORLD_RUNNING] = "running", [WORLD_PANIC] = "panic", [WORLD_CRASH] = "crash",
		[WORLD_ENDLESS] = "endless loop", [WORLD_DEVICE_FAULT] = "device fault",
		[WORLD_TIME_LIMIT] = "time limit", [WORLD_EVENT_LIMIT] = "event limit",
		[WORLD_STOPPED] = "finished", [WORLD_STACK] = "stack overflow",
		[WORLD_TRAP] = "trap",
	};

	return end < WORLD_ENDS ? word[end] : "?";
}

uint32_t
world_site_of(const struct world *world, const void *address)
{
	uintptr_t a = (uintptr_t)address;

	if (a < world->module_low || a >= world->module_high)
		return 0;
	return (uint32_t)(a - world->module_low);
}

/* Everything below the driver is compiled with frame pointers, so the chain leads up to it. */
uint32_t
world_site_above(const struct world *world, const uintptr_t *frame)
{
	const struct context *ctx = world->running;

	for (int depth = 0; ctx != NULL && depth < 32; depth++) {
		uint32_t site;

		if (!fiber_stack_contains(ctx->fiber, (uintptr_t)frame) ||
		    (uintptr_t)frame % sizeof(*frame) != 0)
			break;
		site = world_site_of(world, (const void *)frame[1]);
		if (site != 0)
			return site;
		frame = (const uintptr_t *)frame[0];
	}
	return ctx != NULL ? ctx->site : 0;
}

uint32_t
world_driver_site(const struct world *world)
{
	return world_site_above(world, __builtin_frame_address(0));
}

/* ---- Armed points ---- */

struct point *
world_point_arm(struct world *world, const struct point *point)
{
	for (unsigned i = 0; i < POINTS_MAX; i++) {
		struct point *p = &world->point[i];

		if (p->armed)
			continue;
		*p = *point;
		p->armed = true;
		look_for_armed(world);
		return p;
	}
	return NULL;
}

void
world_look_on(struct world *world, const struct point_observer *observer)
{
	world->observer = *observer;
	look_for_armed(world);
}

static void
strike(struct world *world, struct point *point)
{
	struct context *ctx = world->running;

	point->armed = false;
	look_for_armed(world);
	if (world->observer.struck != NULL)
		world->observer.struck(world->observer.self);
	/* What strikes comes from outside, not from the context it strikes. */
	world->running = NULL;
	world->struck = ctx;
	point->strike(point->arg);
	world->struck = NULL;
	world->running = ctx;
}

static bool
is_here(const struct point *point, enum point_kind kind, unsigned what)
{
	if (!point->armed || point->kind != kind)
		return false;
	if (kind == POINT_ACCESS)
		return point->here == NULL || point->here(point->arg, what);
	return point->what == what;
}

bool
world_points_strike(struct world *world, enum point_kind kind, unsigned what)
{
	bool struck = false;

	if (world->observer.point != NULL && kind != POINT_ACCESS)
		world->observer.point(world->observer.self, kind, what);
	for (unsigned i = 0; i < POINTS_MAX; i++) {
		struct point *p = &world->point[i];

		if (!is_here(p, kind, what) || --p->countdown != 0)
			continue;
		strike(world, p);
		struck = true;
	}
	return struck;
}
