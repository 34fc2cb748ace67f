/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of a run's points, and what is done at each: see inject.h.
 */
#include "explore/inject.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fault/fault.h"
#include "machine/world.h"
#include "run/module.h"
#include "run/source.h"

#define STACK_DEPTH 32
#define HASH_PRIME UINT64_C(0x9e3779b97f4a7c15)

struct recorder {
	bool can_fail[HW_CALLS];	/* the fault catalogue has a row */
	/* of the present run */
	struct module *module;
	uintptr_t low;			/* of the module */
	size_t bytes;
	struct { VEC_MEMBERS(uint32_t); } by_line;	/* accesses so far */
	struct { VEC_MEMBERS(bool); } spins;		/* by mutex */
	struct inject_points *points;
	unsigned strikes_left;		/* before the list begins */
	struct world *world;
	uint32_t befores[HW_CALLS], afters[HW_CALLS];
	uint32_t last[CONTEXTS_MAX + 1];	/* by context: newest point plus 1 */
};

static bool
does_nothing(const struct inject_point *ip)
{
	return !ip->everything && ip->touches == 0;
}

bool
inject_points_share(const struct inject_point *a, const struct inject_point *b, bool a_writes)
{
	for (unsigned i = 0; i < a->touches; i++)
		for (unsigned k = 0; k < b->touches; k++)
			if (a->touch[i].thing == b->touch[k].thing &&
			    (a->touch[i].write || (!a_writes && b->touch[k].write)))
				return true;
	return false;
}

bool
inject_points_independent(const struct inject_point *a, const struct inject_point *b)
{
	if (does_nothing(a) || does_nothing(b))
		return true;
	return !a->everything && !b->everything && !inject_points_share(a, b, false);
}

bool
inject_point_has_name(const struct inject_point *ip)
{
	return ip->kind != INJECT_ACCESS || ip->line != 0;
}

struct scenario_point
inject_point_place(const struct inject_point *ip)
{
	return (struct scenario_point){
		.given = true,
		.place = ip->kind == INJECT_ACCESS ? SCENARIO_LINE : SCENARIO_CALL,
		.line = ip->kind == INJECT_ACCESS ? ip->line : 0,
		.name = ip->kind == INJECT_ACCESS ? NULL : trace_call_name(ip->call),
		.nth = ip->nth, .after = ip->kind == INJECT_AFTER,
	};
}

/* ---- what a call or an access touches ---- */

/* Kinds of things, in the upper byte of inject_touch.thing. */
enum thing_kind {
	THING_HEAP, THING_MODULE,		/* number: cell */
	THING_MUTEX, THING_CONDVAR, THING_DMAMAP, THING_QUEUE, THING_SOFTINT,
	THING_INTERRUPTS,		/* what may come in on a CPU */
	THING_PAGES, THING_CONFIG, THING_SYSCTL, THING_TIME,
	THING_FAULT			/* number: the call that armed faults count */
};

/* What a call does; a call without a row does everything. */
enum {
	KNOWN = 1,
	OBJECTS = 2,		/* changes the objects among its arguments */
	READS = 4,		/* only looks at them */
	MASKS = 8, PAGES = 16, SYSCTL = 32, TIME = 64,
	CONFIG_READ = 128, CONFIG_WRITE = 256,
	BOUNCES = 512,		/* with a bouncing machine it copies memory */
	NOTIFIES = 1024		/* argument 2 says whether the device is notified */
};

#define OBJ (KNOWN | OBJECTS)
#define READ_OBJ (KNOWN | READS)
static const uint16_t effects[HW_CALLS] = {
	[HW_CALL_MUTEX_ENTER] = OBJ, [HW_CALL_MUTEX_EXIT] = OBJ,
	[HW_CALL_MUTEX_TRYENTER] = OBJ, [HW_CALL_MUTEX_OWNED] = READ_OBJ,
	[HW_CALL_MUTEX_SPIN_ENTER] = OBJ | MASKS, [HW_CALL_MUTEX_SPIN_EXIT] = OBJ | MASKS,
	[HW_CALL_CV_WAIT] = OBJ, [HW_CALL_CV_WAIT_SIG] = OBJ,
	[HW_CALL_CV_TIMEDWAIT] = OBJ | TIME, [HW_CALL_CV_TIMEDWAIT_SIG] = OBJ | TIME,
	[HW_CALL_CV_SIGNAL] = OBJ, [HW_CALL_CV_BROADCAST] = OBJ,
	[HW_CALL_CV_HAS_WAITERS] = READ_OBJ,
	[HW_CALL_KPAUSE] = KNOWN | TIME, [HW_CALL_DELAY] = KNOWN | TIME,
	[HW_CALL_SOFTINT_SCHEDULE] = OBJ | MASKS,
	[HW_CALL_SPLRAISE] = KNOWN | MASKS, [HW_CALL_SPLX] = KNOWN | MASKS,
	[HW_CALL_PRINTF] = KNOWN, [HW_CALL_APRINT_NORMAL] = KNOWN,
	[HW_CALL_APRINT_ERROR] = KNOWN, [HW_CALL_APRINT_VERBOSE] = KNOWN,
	[HW_CALL_APRINT_NAIVE] = KNOWN, [HW_CALL_APRINT_DEBUG] = KNOWN,
	[HW_CALL_APRINT_NORMAL_DEV] = KNOWN, [HW_CALL_APRINT_ERROR_DEV] = KNOWN,
	[HW_CALL_APRINT_VERBOSE_DEV] = KNOWN, [HW_CALL_APRINT_DEBUG_DEV] = KNOWN,
	[HW_CALL_DEVICE_PRINTF] = KNOWN,
	[HW_CALL_KMEM_ALLOC] = KNOWN | PAGES, [HW_CALL_KMEM_ZALLOC] = KNOWN | PAGES,
	[HW_CALL_UVM_PGLISTALLOC] = KNOWN | PAGES, [HW_CALL_UVM_PGLISTFREE] = KNOWN | PAGES,
	[HW_CALL_BUS_DMAMAP_LOAD] = OBJ, [HW_CALL_BUS_DMAMAP_UNLOAD] = OBJ,
	[HW_CALL_BUS_DMAMAP_SYNC] = OBJ | BOUNCES,
	[HW_CALL_SYSCTL_CREATEV] = KNOWN | SYSCTL, [HW_CALL_SYSCTL_TEARDOWN] = KNOWN | SYSCTL,
	[HW_CALL_VIRTIO_CHILD] = KNOWN, [HW_CALL_VIRTIO_FEATURES] = KNOWN,
	[HW_CALL_VIRTIO_DMAT] = KNOWN,
	[HW_CALL_VIRTIO_ENQUEUE_PREP] = OBJ, [HW_CALL_VIRTIO_ENQUEUE_RESERVE] = OBJ,
	[HW_CALL_VIRTIO_ENQUEUE] = OBJ, [HW_CALL_VIRTIO_ENQUEUE_P] = OBJ,
	[HW_CALL_VIRTIO_ENQUEUE_COMMIT] = OBJ | NOTIFIES, [HW_CALL_VIRTIO_ENQUEUE_ABORT] = OBJ,
	[HW_CALL_VIRTIO_DEQUEUE] = OBJ, [HW_CALL_VIRTIO_DEQUEUE_COMMIT] = OBJ,
	[HW_CALL_VIRTIO_VQ_IS_ENQUEUED] = READ_OBJ,
	[HW_CALL_VIRTIO_STOP_VQ_INTR] = OBJ, [HW_CALL_VIRTIO_START_VQ_INTR] = OBJ,
	[HW_CALL_VIRTIO_POSTPONE_INTR] = OBJ,
	[HW_CALL_VIRTIO_READ_DEVICE_CONFIG] = KNOWN | CONFIG_READ,
	[HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE] = KNOWN | CONFIG_READ,
	[HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG] = KNOWN | CONFIG_WRITE,
	[HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE] = KNOWN | CONFIG_WRITE,
};

/* spl(9): from here on levels belong to hard interrupts; kmutex_type_t. */
#define IPL_VM_AND_UP 6
#define TYPE_SPIN 0
#define TYPE_ADAPTIVE 1

static void
learn_mutex(struct recorder *recorder, const struct event *event)
{
	uint64_t type = event->call.mutex_init.type;

	*vec_reach(&recorder->spins, event->call.mutex_init.mutex) = type == TYPE_SPIN ||
	    (type != TYPE_ADAPTIVE && event->call.mutex_init.ipl >= IPL_VM_AND_UP);
}

static void
touch(struct inject_point *ip, enum thing_kind kind, uint64_t number, bool write)
{
	if (ip->touches == INJECT_TOUCHES) {
		ip->everything = true;
		return;
	}
	ip->touch[ip->touches++] = (struct inject_touch){
		.thing = (uint64_t)kind << 56 | number, .write = write,
	};
}

static void
touch_mutex(const struct recorder *recorder, uint64_t number, bool write, struct inject_point *ip)
{
	touch(ip, THING_MUTEX, number, write);
	/* One that nobody has seen initialised may be of any kind. */
	if (write && (number >= recorder->spins.count || recorder->spins.item[number]))
		touch(ip, THING_INTERRUPTS, 0, true);
}

static void
touch_objects(const struct recorder *recorder, const struct event *event, bool write,
    struct inject_point *ip)
{
	const char *letters = trace_call_args(event->code);

	for (unsigned i = 0; letters[i] != '\0'; i++) {
		uint64_t number = event_values(event)[i];

		switch (letters[i]) {
		case 'm':
			touch_mutex(recorder, number, write, ip);
			break;
		case 'c':
			touch(ip, THING_CONDVAR, number, write);
			break;
		case 'd':
			touch(ip, THING_DMAMAP, number, write);
			break;
		case 'q':
			touch(ip, THING_QUEUE, number, write);
			break;
		case 'f':
			touch(ip, THING_SOFTINT, number, write);
			break;
		}
	}
}

static bool
does_more(unsigned what, const struct world *world, const struct event *event)
{
	return (what & KNOWN) == 0 || (what & BOUNCES && world->config.bounce) ||
	    /* A device that is notified may read and write memory before the call returns. */
	    (what & NOTIFIES && event->call.virtio_enqueue_commit.notify != 0);
}

/* What is done between the call's entry (the event) and its exit. */
static void
touch_of_call(struct recorder *recorder, const struct event *event, struct inject_point *ip)
{
	const struct world *world = recorder->world;
	unsigned what = effects[event->code];
	static const struct { unsigned bit; enum thing_kind kind; bool write; } single[] = {
		{ MASKS, THING_INTERRUPTS, true }, { PAGES, THING_PAGES, true },
		{ SYSCTL, THING_SYSCTL, true }, { TIME, THING_TIME, true },
		{ CONFIG_READ, THING_CONFIG, false }, { CONFIG_WRITE, THING_CONFIG, true },
	};

	if (event->code == HW_CALL_MUTEX_INIT)
		learn_mutex(recorder, event);
	if (does_more(what, world, event)) {
		ip->everything = true;
		return;
	}
	if (what & (OBJECTS | READS))
		touch_objects(recorder, event, what & OBJECTS, ip);
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (what & single[i].bit)
			touch(ip, single[i].kind, 0, single[i].write);
	if (recorder->can_fail[event->code] && fault_armed_count(world->hooks.faults) > 0)
		touch(ip, THING_FAULT, event->code, true);
}

static bool
is_heap(const struct world *world, uintptr_t address)
{
	return address - (uintptr_t)world->memory.arena <
	    MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE;
}

/* Memory that more than one context can reach: the kernel's heap and the driver's variables. */
static bool
is_shared(const struct recorder *recorder, uintptr_t address)
{
	return is_heap(recorder->world, address) ||
	    module_data_contains(recorder->module, address);
}

static void
touch_of_access(const struct recorder *recorder, uintptr_t address, unsigned size, bool write,
    struct inject_point *ip)
{
	bool heap = is_heap(recorder->world, address);
	uintptr_t offset = heap ? address - (uintptr_t)recorder->world->memory.arena :
	    address - module_base(recorder->module);
	uintptr_t first = offset / 4, last = (offset + size - 1) / 4;

	if (size > 4 * INJECT_TOUCHES || last - first >= INJECT_TOUCHES) {
		ip->everything = true;
		return;
	}
	for (uintptr_t cell = first; cell <= last; cell++)
		touch(ip, heap ? THING_HEAP : THING_MODULE, cell, write);
}

bool
inject_heap_offset(uint64_t thing, size_t *offset)
{
	*offset = (thing & ((UINT64_C(1) << 56) - 1)) * 4;
	return thing >> 56 == THING_HEAP;
}

void
inject_host_touches(bool config, unsigned queues, struct inject_point *ip)
{
	if (config)
		touch(ip, THING_CONFIG, 0, true);
	for (unsigned q = 0; queues >> q != 0; q++)
		if (queues >> q & 1)
			touch(ip, THING_QUEUE, q, true);
	touch(ip, THING_TIME, 0, true);
}

/* ---- the recorder ---- */

struct recorder *
recorder_new(void)
{
	struct recorder *recorder = xcalloc(1, sizeof(*recorder));
	size_t count;
	const struct fault_row *fault = fault_catalogue(&count);

	for (size_t i = 0; i < count; i++)
		recorder->can_fail[fault[i].call] = true;
	return recorder;
}

void
recorder_free(struct recorder *recorder)
{
	if (recorder == NULL)
		return;
	vec_fini(&recorder->spins);
	vec_fini(&recorder->by_line);
	free(recorder);
}

void
recorder_into(struct recorder *recorder, struct module *module, struct inject_points *points)
{
	uintptr_t high;

	recorder->module = module;
	module_bounds(module, &recorder->low, &high);
	recorder->bytes = high - recorder->low;
	recorder->points = points;
}

/* ---- where the driver is ---- */

static unsigned
line_of(struct recorder *recorder, uint32_t site)
{
	return source_line(module_source(recorder->module), site);
}

/* Everything is compiled with frame pointers: the chain leads through driver and kernel. */
static uint64_t
stack_hash(const struct recorder *recorder, const struct context *ctx)
{
	uintptr_t low = fiber_stack_low(ctx->fiber);
	const uintptr_t *frame = __builtin_frame_address(0);
	uint64_t hash = 0;

	for (int depth = 0; depth < STACK_DEPTH; depth++) {
		uintptr_t site;

		if ((uintptr_t)frame - low >= FIBER_STACK_SIZE - sizeof(*frame))
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
		if (recorder->can_fail[what])
			ip->faults = possible_faults(world, event);
		touch_of_call(recorder, event, ip);
	}
	world->trace.showing--;
}

static void
look_at_access(void *self, uintptr_t address, unsigned size, bool write, const void *pc)
{
	struct recorder *recorder = self;
	struct world *world = recorder->world;
	uint32_t site = world_site_of(world, pc), nth;
	unsigned line = line_of(recorder, site);
	struct inject_point *ip;

	world->trace.showing++;
	nth = ++*vec_reach(&recorder->by_line, line);
	if (is_shared(recorder, address)) {
		ip = add(recorder, INJECT_ACCESS, site);
		ip->nth = nth;
		touch_of_access(recorder, address, size, write, ip);
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
	recorder->spins.count = 0;
	world_look_on(world, &observer);
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_C(1) << EV_NOTE | UINT64_C(1) << EV_IRQ_EXIT |
		    UINT64_C(1) << EV_CTX_END | UINT64_C(1) << EV_HOST_REBOOT,
		.see = see, .self = recorder,
	});
}
