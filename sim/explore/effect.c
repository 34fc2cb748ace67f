/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Effects of calls and accesses: see effect.h.
 */
#include "explore/effect.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fault/fault.h"
#include "run/module.h"

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
static const uint16_t row[HW_CALLS] = {
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

void
effects_init(struct effects *effects)
{
	const struct fault_row *fault;
	size_t count;

	memset(effects, 0, sizeof(*effects));
	fault = fault_catalogue(&count);
	for (size_t i = 0; i < count; i++)
		effects->can_fail[fault[i].call] = true;
}

void
effects_fini(struct effects *effects)
{
	vec_fini(&effects->spins);
}

void
effects_start(struct effects *effects)
{
	if (effects->spins.count > 0)
		memset(effects->spins.item, 0, effects->spins.count);
}

static void
learn_mutex(struct effects *effects, const struct event *event)
{
	uint64_t number = event->call.mutex_init.mutex, type = event->call.mutex_init.type;

	if (number >= effects->spins.count)
		vec_add_n(&effects->spins, number + 1 - effects->spins.count);
	effects->spins.item[number] = type == TYPE_SPIN ||
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
touch_mutex(const struct effects *effects, uint64_t number, bool write, struct inject_point *ip)
{
	touch(ip, THING_MUTEX, number, write);
	/* One that nobody has seen initialised may be of any kind. */
	if (write && (number >= effects->spins.count || effects->spins.item[number]))
		touch(ip, THING_INTERRUPTS, 0, true);
}

static void
touch_objects(const struct effects *effects, const struct event *event, bool write,
    struct inject_point *ip)
{
	const char *letters = trace_call_args(event->code);

	for (unsigned i = 0; letters[i] != '\0'; i++) {
		uint64_t number = event_values(event)[i];

		switch (letters[i]) {
		case 'm':
			touch_mutex(effects, number, write, ip);
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

void
effects_of_call(struct effects *effects, struct world *world, const struct event *event,
    struct inject_point *ip)
{
	unsigned what = row[event->code];
	static const struct { unsigned bit; enum thing_kind kind; bool write; } single[] = {
		{ MASKS, THING_INTERRUPTS, true }, { PAGES, THING_PAGES, true },
		{ SYSCTL, THING_SYSCTL, true }, { TIME, THING_TIME, true },
		{ CONFIG_READ, THING_CONFIG, false }, { CONFIG_WRITE, THING_CONFIG, true },
	};

	if (event->code == HW_CALL_MUTEX_INIT)
		learn_mutex(effects, event);
	if (does_more(what, world, event)) {
		ip->everything = true;
		return;
	}
	if (what & (OBJECTS | READS))
		touch_objects(effects, event, what & OBJECTS, ip);
	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (what & single[i].bit)
			touch(ip, single[i].kind, 0, single[i].write);
	if (effects->can_fail[event->code] && fault_armed_count(world->hooks.faults) > 0)
		touch(ip, THING_FAULT, event->code, true);
}

static bool
is_heap(const struct world *world, uintptr_t address)
{
	return address - (uintptr_t)world->memory.arena <
	    MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE;
}

bool
effects_are_shared(const struct world *world, const struct module *module, uintptr_t address)
{
	return is_heap(world, address) || module_data_contains(module, address);
}

void
effects_of_access(const struct world *world, const struct module *module,
    uintptr_t address, unsigned size, bool write, struct inject_point *ip)
{
	bool heap = is_heap(world, address);
	uintptr_t offset = heap ? address - (uintptr_t)world->memory.arena :
	    address - module_base(module);
	uintptr_t first = offset / 4, last = (offset + size - 1) / 4;

	if (size > 4 * INJECT_TOUCHES || last - first >= INJECT_TOUCHES) {
		ip->everything = true;
		return;
	}
	for (uintptr_t cell = first; cell <= last; cell++)
		touch(ip, heap ? THING_HEAP : THING_MODULE, cell, write);
}

bool
effects_heap_offset(uint64_t thing, size_t *offset)
{
	*offset = (thing & ((UINT64_C(1) << 56) - 1)) * 4;
	return thing >> 56 == THING_HEAP;
}

void
effects_of_host(bool config, unsigned queues, struct inject_point *ip)
{
	if (config)
		touch(ip, THING_CONFIG, 0, true);
	for (unsigned q = 0; queues >> q != 0; q++)
		if (queues >> q & 1)
			touch(ip, THING_QUEUE, q, true);
	touch(ip, THING_TIME, 0, true);
}
