/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder: see recorder.h.
 */
#include "explore/recorder.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "explore/effect.h"
#include "fault/fault.h"
#include "run/module.h"
#include "run/source.h"

#define STACK_DEPTH 32
#define HASH_PRIME UINT64_C(0x9e3779b97f4a7c15)

struct recorder {
	struct module *module;
	uintptr_t low;			/* of the module */
	size_t bytes;
	struct { VEC_MEMBERS(uint32_t); } by_line;	/* accesses so far */
	/* of the present run */
	struct inject_points *points;
	unsigned strikes_left;		/* before the list begins */
	struct world *world;
	uint32_t befores[HW_CALLS], afters[HW_CALLS];
	uint32_t last[CONTEXTS_MAX + 1];	/* by context: newest point plus 1 */
	struct effects effects;
};

struct recorder *
recorder_new(struct module *module)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	uintptr_t high;

	recorder->module = module;
	module_bounds(module, &recorder->low, &high);
	recorder->bytes = high - recorder->low;
	effects_init(&recorder->effects);
	return recorder;
}

void
recorder_free(struct recorder *recorder)
{
	if (recorder == NULL)
		return;
	effects_fini(&recorder->effects);
	vec_fini(&recorder->by_line);
	free(recorder);
}

void
recorder_into(struct recorder *recorder, struct inject_points *points)
{
	recorder->points = points;
}

/* ---- where the driver is ---- */

static unsigned
line_of(struct recorder *recorder, uint32_t site)
{
	return source_line(module_source(recorder->module), site);
}

static uint32_t
count_access(struct recorder *recorder, unsigned line)
{
	if (line >= recorder->by_line.count)
		vec_add_n(&recorder->by_line, line + 1 - recorder->by_line.count);
	return ++recorder->by_line.item[line];
}

/* Everything is compiled with frame pointers: the chain leads through driver and kernel. */
static uint64_t
stack_hash(const struct recorder *recorder, const struct context *ctx)
{
	struct fiber_bounds stack = fiber_stack_bounds(ctx->fiber);
	const uintptr_t *frame = __builtin_frame_address(0);
	uint64_t hash = 0;

	for (int depth = 0; depth < STACK_DEPTH; depth++) {
		uintptr_t site;

		if ((uintptr_t)frame - stack.low >= stack.size - sizeof(*frame))
			break;
		site = frame[1] - recorder->low;
		if (site < recorder->bytes)
			hash = (hash ^ site) * HASH_PRIME;
		frame = (const uintptr_t *)frame[0];
	}
	return hash;
}

/* ---- the list ---- */

static struct inject_point *
add(struct recorder *recorder, enum inject_kind kind, uint32_t site)
{
	struct inject_points *points = recorder->points;
	const struct world *world = recorder->world;
	const struct context *ctx = world->running;
	struct inject_point *ip;

	ip = vec_add(points);
	*ip = (struct inject_point){
		.kind = kind, .line = line_of(recorder, site), .seq = world->trace.count,
		.site = site,
		.ctx = ctx->ordinal, .ctx_kind = ctx->kind,
		.ipl = (uint8_t)world->cpu[ctx->cpu].ipl, .queue = -1,
		.others = world->config.cpus > 1 && world_others_can_run(world),
		.stack = stack_hash(recorder, ctx),
	};
	recorder->last[ctx->ordinal] = (uint32_t)points->count;
	if (points->strike != 0 && points->count > 1 &&
	    ctx->ordinal == points->item[0].ctx)
		world_look_on(recorder->world, &(struct point_observer){ .self = NULL });
	return ip;
}

static int
queue_of(unsigned call, const uint64_t *arg)
{
	const char *letter = strchr(trace_call_args(call), 'q');

	return letter == NULL ? -1 : (int)arg[letter - trace_call_args(call)];
}

static uint64_t
possible_faults(const struct world *world, const struct event *call)
{
	uint64_t faults = 0;
	size_t rows;
	const struct fault_row *row = fault_catalogue(&rows);

	assert(rows <= 64);
	for (size_t i = 0; i < rows; i++)
		if (row[i].call == (enum hw_call)call->code &&
		    fault_possible(&row[i], call, &world->config))
			faults |= UINT64_C(1) << i;
	return faults;
}

static void
look_at_point(void *self, enum point_kind kind, unsigned what)
{
	struct recorder *recorder = self;
	struct world *world = recorder->world;
	const struct event *event;
	struct inject_point *ip;

	if (kind != POINT_BEFORE && kind != POINT_AFTER)
		return;
	world->trace.showing++;
	ip = add(recorder, kind == POINT_BEFORE ? INJECT_BEFORE : INJECT_AFTER,
	    world->running->site);
	ip->call = (uint16_t)what;
	ip->nth = kind == POINT_BEFORE ? ++recorder->befores[what] : ++recorder->afters[what];
	if (kind == POINT_BEFORE) {
		event = trace_event(&world->trace, world->trace.count - 1);
		ip->queue = queue_of(what, event_values(event));
		if (recorder->effects.can_fail[what])
			ip->faults = possible_faults(world, event);
		effects_of_call(&recorder->effects, world, event, ip);
	}
	world->trace.showing--;
}

static void
look_at_access(void *self, uintptr_t address, unsigned size, bool write, const void *pc)
{
	struct recorder *recorder = self;
	struct world *world = recorder->world;
	uint32_t site = world_site_of(world, pc), nth;
	struct inject_point *ip;

	world->trace.showing++;
	nth = count_access(recorder, line_of(recorder, site));
	if (effects_are_shared(world, recorder->module, address)) {
		ip = add(recorder, INJECT_ACCESS, site);
		ip->nth = nth;
		effects_of_access(world, recorder->module, address, size, write, ip);
	}
	world->trace.showing--;
}

/*
 * What follows a context's last point is the kernel's, until it is called by that again.
 * Nothing that was armed at power on survives a restart of the guest: there the list ends.
 */
static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct recorder *recorder = self;
	uint32_t last;

	(void)site;
	(void)payload;
	if (event->kind == EV_HOST_REBOOT) {
		world_look_on(recorder->world, &(struct point_observer){ .point = NULL });
		memset(recorder->last, 0, sizeof(recorder->last));
	}
	if (event->kind == EV_NOTE && (event->code != HW_NOTE_CALLBACK ||
	    event->note.callback.edge != 2))
		return;
	last = recorder->last[event->ctx];
	if (last != 0)
		recorder->points->item[last - 1].everything = true;
}

/* From here on the list is wanted. */
static void
on_strike(void *self)
{
	struct recorder *recorder = self;

	if (--recorder->strikes_left > 0)
		return;
	world_look_on(recorder->world, &(struct point_observer){
		.point = look_at_point, .access = look_at_access, .self = recorder,
	});
	recorder->world->trace.showing++;
	add(recorder, INJECT_AFTER, 0);
	recorder->world->trace.showing--;
}

void
recorder_start(void *self, struct world *world)
{
	struct recorder *recorder = self;
	bool brief = recorder->points->strike != 0;
	struct point_observer observer = {
		.point = brief ? NULL : look_at_point, .access = brief ? NULL : look_at_access,
		.struck = brief ? on_strike : NULL, .self = recorder,
	};

	recorder->world = world;
	recorder->strikes_left = recorder->points->strike;
	recorder->points->count = 0;
	memset(recorder->befores, 0, sizeof(recorder->befores));
	memset(recorder->afters, 0, sizeof(recorder->afters));
	memset(recorder->last, 0, sizeof(recorder->last));
	recorder->by_line.count = 0;
	effects_start(&recorder->effects);
	world_look_on(world, &observer);
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_C(1) << EV_NOTE | UINT64_C(1) << EV_IRQ_EXIT |
		    UINT64_C(1) << EV_CTX_END | UINT64_C(1) << EV_HOST_REBOOT,
		.see = see, .self = recorder,
	});
}
