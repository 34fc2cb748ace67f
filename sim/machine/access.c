/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory accesses of the driver: see access.h.
 *
 * The __tsan_* names are the interface that gcc and clang call in code compiled with
 * -fsanitize=thread (LLVM compiler-rt, tsan_interface.h, tsan_interface_atomic.h).
 */
#include "machine/access.h"

#include <string.h>

#include "machine/crash.h"
#include "machine/world.h"

#define PAIR UINT32_C(0x10001)		/* a tag stands in both halves of `now` */
#define WROTE 1u			/* lowest bit of a tag: written, not only read */
#define SHOWN 0x8000u			/* highest bit: each access is shown */
#define PLAIN 0x80u			/* in access.owner, beside the context */
#define TAG_OF(number) ((uint16_t)((number) << 1))
#define NUMBER_OF(tag) (((tag) & ~SHOWN) >> 1)

static void
set_now(struct access *access)
{
	access->now = access->tag_of[access->running] * PAIR;
}

/* Every context has a tag of its own, and no memory has any. */
static void
fresh_tags(struct access *access)
{
	if (access->tag != NULL)
		memset(access->tag, 0, access->used_cells * sizeof(access->tag[0]));
	for (unsigned i = 0; i <= HW_CONTEXTS; i++) {
		access->tag_of[i] = TAG_OF(i + 1);
		access->owner[i + 1] = (uint8_t)i;
	}
	access->tag_next = HW_CONTEXTS + 2;
	set_now(access);
}

/* What an ordinary access compares with: nothing, if each is to be looked at. */
static void
set_fast_path(struct access *access)
{
	bool is_fast = access->observer.look != NULL && !access->every;

	access->cells = is_fast && access->tag != NULL ? access->all_cells : 0;
	if (!is_fast)
		access->pages.bytes = 0;
}

void
access_init(struct access *access, uint64_t limit)
{
	memset(access, 0, sizeof(*access));
	access->left = access->limit = limit;
	fresh_tags(access);
}

void
access_arena(struct access *access, const void *arena, uint16_t *tag, uint32_t *where,
    size_t bytes)
{
	access->arena = (uintptr_t)arena;
	access->tag = tag;
	access->where = where;
	access->all_cells = bytes / ACCESS_CELL;
	access->used_cells = 0;
	access->pages = (struct memory_structs){ 0 };
	access->red_low = access->red_high = 0;
	set_fast_path(access);
}

void
access_arena_in_use(struct access *access, size_t bytes)
{
	/* A wide access has two tags read at once, and so may one at the end. */
	access->used_cells = bytes / ACCESS_CELL + 1;
	if (access->used_cells > access->all_cells)
		access->used_cells = access->all_cells;
}

void
access_refill(struct access *access)
{
	access->spent += access->limit - access->left;
	access->left = access->limit;
}

uint64_t
access_count(const struct access *access)
{
	return access->spent + access->limit - access->left;
}

void
access_every(struct access *access, bool every)
{
	access->every = every;
	set_fast_path(access);
}

void
access_observe(struct access *access, const struct access_observer *observer)
{
	access->observer = *observer;
	set_fast_path(access);
}

void
access_switch(struct access *access, uint32_t context)
{
	access->running = context;
	set_now(access);
}

unsigned
access_number(const struct access *access)
{
	return NUMBER_OF(access->now & 0xffff);
}

/*
 * Tags run out once in a long while.  All memory loses its tag then, which costs each cell in
 * use one more look.
 */
unsigned
access_anew(struct access *access, uint32_t context, bool plain)
{
	unsigned number;

	if (access->tag_next == ACCESS_TAGS) {
		if (access->observer.forget != NULL)
			access->observer.forget(access->observer.self);
		fresh_tags(access);
	}
	number = access->tag_next++;
	access->tag_of[context] = TAG_OF(number);
	access->owner[number] = (uint8_t)(context | (plain ? PLAIN : 0));
	if (context == access->running)
		set_now(access);
	return number;
}

/* The cells of a range, [*from, *to); false when there are none. */
static bool
cells_of(const struct access *access, uintptr_t low, uintptr_t high, uintptr_t *from,
    uintptr_t *to)
{
	*from = (low - access->arena) / ACCESS_CELL;
	*to = (high - access->arena + ACCESS_CELL - 1) / ACCESS_CELL;
	if (access->tag == NULL || low < access->arena || *from >= access->all_cells)
		return false;
	if (*to > access->all_cells)
		*to = access->all_cells;
	return true;
}

void
access_show(struct access *access, uintptr_t low, uintptr_t high, bool on)
{
	uintptr_t from, to;

	if (!cells_of(access, low, high, &from, &to))
		return;
	for (uintptr_t i = from; i < to; i++)
		access->tag[i] = (uint16_t)(on ? access->tag[i] | SHOWN :
		    access->tag[i] & ~SHOWN);
}

struct access_last
access_last(const struct access *access, uintptr_t address)
{
	struct access_last last = { 0 };
	uintptr_t from, to;
	uint16_t tag;

	if (!cells_of(access, address, address + 1, &from, &to))
		return last;
	tag = access->tag[from];
	last.number = NUMBER_OF(tag);
	last.context = access->owner[last.number] & ~PLAIN;
	last.write = tag & WROTE;
	last.where = access->where[from];
	return last;
}

void
access_forget(struct access *access, uintptr_t low, uintptr_t high)
{
	uintptr_t from, to;

	if (cells_of(access, low, high, &from, &to))
		memset(&access->tag[from], 0, (to - from) * sizeof(access->tag[0]));
}

void
access_redzone(struct access *access, uintptr_t low, uintptr_t high)
{
	access->red_low = low;
	access->red_high = high;
	if (low < high)
		access_forget(access, low, high);
}

/* ---- an access that is not ordinary ---- */

/* Those that only a first touch makes remarkable; the bytes get the tag of the context. */
static void
make_ordinary(struct access *access, const struct access_event *event)
{
	uintptr_t from = event->address - access->arena + ACCESS_CELL - 1;
	uintptr_t to = event->address + event->size - access->arena;
	uint16_t read = (uint16_t)access->now, wrote = (uint16_t)(access->now | WROTE);

	if (event->address < access->arena || access->tag == NULL)
		return;
	from /= ACCESS_CELL;
	to /= ACCESS_CELL;
	for (uintptr_t i = from; i < to && i < access->all_cells; i++) {
		if (event->write)
			access->tag[i] = wrote;
		else if (access->tag[i] != wrote)
			access->tag[i] = read;
		access->where[i] = (uint32_t)(uintptr_t)event->pc;
	}
}

/* The link of a page that the driver has; where it lies is remembered for the next. */
static bool
is_own_page(struct world *world, uintptr_t address)
{
	const struct memory_structs *pages = memory_structs_at(&world->memory, address);
	struct access *access = &world->access;

	if (pages == NULL)
		return false;
	if (!access->every && access->observer.look != NULL)
		access->pages = *pages;
	return (pages->frame[(address - pages->low) >> MEMORY_STRUCT_SHIFT] & MEMORY_DRIVERS) != 0;
}

/* Below what the code that accesses has in use is memory of a function that has returned. */
static bool
is_on_stack(const struct world *world, const struct access_event *event)
{
	return event->address >= event->stack &&
	    fiber_stack_contains(world->running->fiber, event->address);
}

static void
show(struct world *world, const struct access_event *event)
{
	struct access *access = &world->access;

	if (event->address < access->red_high && event->address + event->size > access->red_low)
		world_finish(world, WORLD_CRASH,
		    "the driver reached beyond the end of its softc");
	if (access->observer.look == NULL)
		return;
	if ((event->address - access->arena) / ACCESS_CELL >= access->all_cells &&
	    (is_on_stack(world, event) || is_own_page(world, event->address)))
		return;
	switch (access->observer.look(access->observer.self, event)) {
	case ACCESS_ORDINARY:
		make_ordinary(access, event);
		break;
	case ACCESS_SHOW:
		break;
	case ACCESS_WILD:
		world_finish(world, WORLD_CRASH, "the driver used a wild or stale pointer");
		break;
	}
}

/* The link of a page that the driver has, where the last one was. */
static inline __attribute__((always_inline)) bool
is_link(const struct access *access, uintptr_t address)
{
	uintptr_t offset = address - access->pages.low;

	return offset < access->pages.bytes &&
	    (access->pages.frame[offset >> MEMORY_STRUCT_SHIFT] & MEMORY_DRIVERS) != 0;
}

static inline __attribute__((always_inline)) bool
is_tagged(const struct access *access, bool every, uintptr_t address, size_t size, bool write)
{
	uintptr_t cell = (address - access->arena) / ACCESS_CELL;
	uint32_t two;

	if (cell >= (every ? access->all_cells : access->cells) || size > 2 * ACCESS_CELL)
		return false;
	if (size == 2 * ACCESS_CELL) {
		memcpy(&two, &access->tag[cell], sizeof(two));
		return write ? two == (access->now | WROTE * PAIR) :
		    ((two ^ access->now) & ~(WROTE * PAIR)) == 0;
	}
	return write ? access->tag[cell] == (uint16_t)(access->now | WROTE) :
	    (uint16_t)((access->tag[cell] ^ access->now) & ~WROTE) == 0;
}

/*
 * Is there more to do than to count?  Twenty times a page: a dozen instructions and a half in
 * all.  Pointers are mostly links of pages, other things never.
 */
static inline __attribute__((always_inline)) bool
is_ordinary(const struct access *access, bool every, uintptr_t address, size_t size, bool write)
{
	if (size == sizeof(void *))
		return is_link(access, address) ||
		    is_tagged(access, every, address, size, write);
	return is_tagged(access, every, address, size, write) || is_link(access, address);
}

/* Where each access is looked at, the observer still need not see those that are ordinary. */
static bool
is_news(const struct access *access, const struct access_event *event)
{
	return !access->every || access->observer.look == NULL || access->tag == NULL ||
	    event->marked || event->size > 2 * ACCESS_CELL ||
	    event->address % event->size != 0 ||
	    !is_ordinary(access, true, event->address, event->size, event->write);
}

/* Not in line: the ordinary access is to stay short. */
static void __attribute__((noinline, cold))
look_closer(const struct access_event *event)
{
	struct world *world = world_current;

	crash_check_direction(world);
	if (world->access.left == 0)
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	if (world->running == NULL)
		return;
	if (is_news(&world->access, event))
		show(world, event);
	if (world->observer.access != NULL)
		world->observer.access(world->observer.self, event->address,
		    (unsigned)event->size, event->write, event->pc);
	/* An access is no point by itself; what strikes at one must be able to get in. */
	if (world->accesses_armed &&
	    world_points_strike(world, POINT_ACCESS, world_site_of(world, event->pc)))
		world_point(world);
}

/* ---- the ordinary access ---- */

/* The same again by the same plain thread, with nobody in between (access.h). */
static inline bool
is_again(struct world *world, uintptr_t address, unsigned size, bool write, const void *pc)
{
	struct access *access = &world->access;
	uintptr_t cell = (address - access->arena) / ACCESS_CELL;
	uint16_t tag = (uint16_t)(access->now | write), old;
	uint8_t owner;

	if (cell >= access->cells || size < ACCESS_CELL || size > 2 * ACCESS_CELL)
		return false;
	old = access->tag[cell];
	owner = access->owner[NUMBER_OF(old)];
	if (((old ^ tag) & (WROTE | SHOWN)) != 0 || (owner & PLAIN) == 0 ||
	    owner != access->owner[NUMBER_OF(tag)] ||
	    world->cpu[world->running->cpu].ipl != 0)
		return false;
	if (size == 2 * ACCESS_CELL) {
		if (access->tag[cell + 1] != old)
			return false;
		access->tag[cell + 1] = tag;
		access->where[cell + 1] = (uint32_t)(uintptr_t)pc;
	}
	access->tag[cell] = tag;
	access->where[cell] = (uint32_t)(uintptr_t)pc;
	return true;
}

/* Where an access comes from: the code that it returns to, and the end of its frame. */
struct from {
	const void *pc;
	uintptr_t stack;
};
#define FROM (struct from){ __builtin_return_address(0), (uintptr_t)__builtin_dwarf_cfa() }

static void __attribute__((noinline))
look_again(const void *p, unsigned size, bool write, struct from from)
{
	struct world *world = world_current;

	if (world->access.left == 0 || !is_again(world, (uintptr_t)p, size, write, from.pc))
		look_closer(&(const struct access_event){
			.address = (uintptr_t)p, .size = size, .write = write, .pc = from.pc,
			.stack = from.stack,
		});
}

/* In line whatever the optimisation: the return address is to be the driver's. */
static inline __attribute__((always_inline)) void
seen(const void *p, unsigned size, bool write)
{
	struct world *world = world_current;

	if (world == NULL)
		return;
	if (__builtin_expect(--world->access.left == 0 ||
	    !is_ordinary(&world->access, false, (uintptr_t)p, size, write), 0))
		look_again(p, size, write, FROM);
}

/* Those that are rare, or lie across the cells. */
static void
seen_event(const struct access_event *event)
{
	if (world_current == NULL || event->size == 0)
		return;
	world_current->access.left--;
	if (event->marked)
		loop_work(&world_current->loop, LOOP_ODD);
	else if (event->size >= LOOP_BYTES)
		loop_work(&world_current->loop, event->size / ACCESS_CELL);
	look_closer(event);
}

static void
seen_odd(const void *p, size_t size, bool write, bool marked, struct from from)
{
	seen_event(&(const struct access_event){
		.address = (uintptr_t)p, .size = size, .write = write, .marked = marked,
		.pc = from.pc, .stack = from.stack,
	});
}

/* `order` is one of the compiler's __ATOMIC_*. */
static struct access_event
ordered(int order)
{
	return (struct access_event){
		.marked = true,
		.acquires = order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE,
		.releases = order != __ATOMIC_RELAXED && order != __ATOMIC_ACQUIRE &&
		    order != __ATOMIC_CONSUME,
	};
}

static void
seen_atomic(const volatile void *p, size_t size, bool write, int order, struct from from)
{
	struct access_event event = ordered(order);

	event.address = (uintptr_t)p;
	event.size = size;
	event.write = write;
	event.pc = from.pc;
	event.stack = from.stack;
	seen_event(&event);
}

void
access_on_behalf(const void *p, size_t size, bool write, const void *pc)
{
	seen_odd(p, size, write, false,
	    (struct from){ pc, (uintptr_t)__builtin_frame_address(0) });
}

/* Called by compilers, which want no declaration. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#define HOOK(name) void __tsan_##name(void *p)
#define HOOKS(size) \
	HOOK(read##size) { seen(p, size, false); } \
	HOOK(write##size) { seen(p, size, true); } \
	HOOK(unaligned_read##size) { seen_odd(p, size, false, false, FROM); } \
	HOOK(unaligned_write##size) { seen_odd(p, size, true, false, FROM); } \
	HOOK(volatile_read##size) { seen_odd(p, size, false, true, FROM); } \
	HOOK(volatile_write##size) { seen_odd(p, size, true, true, FROM); } \
	HOOK(unaligned_volatile_read##size) { seen_odd(p, size, false, true, FROM); } \
	HOOK(unaligned_volatile_write##size) { seen_odd(p, size, true, true, FROM); }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

/*
 * Atomic operations, which the compiler leaves to these functions altogether.  With one thread
 * of the host all of them are the strongest; the order is for who looks.
 */
#define ATOMICS(bits, type) \
	type __tsan_atomic##bits##_load(const volatile type *p, int order) \
	{ \
		seen_atomic(p, sizeof(type), false, order, FROM); \
		return *p; \
	} \
	void __tsan_atomic##bits##_store(volatile type *p, type v, int order) \
	{ \
		seen_atomic(p, sizeof(type), true, order, FROM); \
		*p = v; \
	} \
	int __tsan_atomic##bits##_compare_exchange_strong(volatile type *p, type *old, \
	    type v, int order, int fail) \
	{ \
		type wanted = *old; \
		(void)fail; \
		seen_atomic(p, sizeof(type), true, order, FROM); \
		*old = *p; \
		if (*old == wanted) \
			*p = v; \
		return *old == wanted; \
	} \
	int __tsan_atomic##bits##_compare_exchange_weak(volatile type *p, type *old, \
	    type v, int order, int fail) \
	{ return __tsan_atomic##bits##_compare_exchange_strong(p, old, v, order, fail); } \
	type __tsan_atomic##bits##_compare_exchange_val(volatile type *p, type old, \
	    type v, int order, int fail) \
	{ \
		type now; \
		(void)fail; \
		seen_atomic(p, sizeof(type), true, order, FROM); \
		now = *p; \
		if (now == old) \
			*p = v; \
		return now; \
	}
#define ATOMIC(bits, type, name, result) \
	type __tsan_atomic##bits##_##name(volatile type *p, type v, int order) \
	{ \
		type old; \
		seen_atomic(p, sizeof(type), true, order, FROM); \
		old = *p; \
		*p = (type)(result); \
		return old; \
	}
#define ATOMICS_OF(bits, type) \
	ATOMICS(bits, type) \
	ATOMIC(bits, type, exchange, v) \
	ATOMIC(bits, type, fetch_add, old + v) \
	ATOMIC(bits, type, fetch_sub, old - v) \
	ATOMIC(bits, type, fetch_and, old & v) \
	ATOMIC(bits, type, fetch_or, old | v) \
	ATOMIC(bits, type, fetch_xor, old ^ v) \
	ATOMIC(bits, type, fetch_nand, ~(old & v))

ATOMICS_OF(8, uint8_t)
ATOMICS_OF(16, uint16_t)
ATOMICS_OF(32, uint32_t)
ATOMICS_OF(64, uint64_t)

void
__tsan_atomic_thread_fence(int order)
{
	const struct access_event event = ordered(order);
	const struct world *world = world_current;

	if (world != NULL && world->running != NULL && world->access.observer.fence != NULL)
		world->access.observer.fence(world->access.observer.self, &event);
}

void
__tsan_atomic_signal_fence(int order)
{
	(void)order;
}

void
__tsan_init(void)
{
	/* Nothing to set up: the world exists before the driver runs. */
}

void
__tsan_func_entry(void *caller)
{
	struct world *world = world_current;
	const void *frame = __builtin_frame_address(0);

	/* Frames are walked when a position is wanted; no shadow stack is kept. */
	(void)caller;
	if (world != NULL && world->running != NULL &&
	    (uintptr_t)frame < world->running->stack_mark)
		stack_look(world, frame);
}

void
__tsan_func_exit(void)
{
}

void
__tsan_read_range(void *p, unsigned long size)
{
	seen_odd(p, size, false, false, FROM);
}

void
__tsan_write_range(void *p, unsigned long size)
{
	seen_odd(p, size, true, false, FROM);
}

void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	seen_odd(from, size, false, false, FROM);
	seen_odd(to, size, true, false, FROM);
	return memcpy(to, from, size);
}

void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	seen_odd(from, size, false, false, FROM);
	seen_odd(to, size, true, false, FROM);
	return memmove(to, from, size);
}

void *
__tsan_memset(void *to, int byte, size_t size)
{
	seen_odd(to, size, true, false, FROM);
	return memset(to, byte, size);
}
