/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory accesses of the driver: see access.h.
 *
 * The __tsan_* names are the interface that gcc and clang call in code compiled with
 * -fsanitize=thread (LLVM compiler-rt, tsan_interface.h).
 */
#include "machine/access.h"

#include <string.h>

#include "machine/world.h"

#define SIZE_MAX_OF_ONE 16		/* bytes of an access that is no range */

void
access_init(struct access *access, uint64_t limit)
{
	memset(access, 0, sizeof(*access));
	access->left = access->limit = limit;
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

/* An access that begins below a watch may reach into it. */
static void
hull(struct access *access)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (unsigned i = 0; i < access->watches; i++) {
		const struct access_watch *watch = &access->watch[i];

		if (watch->low - SIZE_MAX_OF_ONE < low)
			low = watch->low - SIZE_MAX_OF_ONE;
		if (watch->high > high)
			high = watch->high;
	}
	access->low = access->every ? 0 : low;
	access->span = access->every ? UINTPTR_MAX : high > low ? high - low : 0;
}

void
access_every(struct access *access, bool every)
{
	if (access->every == every)
		return;
	access->every = every;
	hull(access);
}

bool
access_watch(struct access *access, const void *low, const void *high, bool writes_only,
    uint32_t tag)
{
	if (access->watches == ACCESS_WATCHES_MAX)
		return false;
	access->watch[access->watches++] = (struct access_watch){
		.low = (uintptr_t)low, .high = (uintptr_t)high,
		.writes_only = writes_only, .tag = tag,
	};
	hull(access);
	return true;
}

void
access_unwatch(struct access *access, uint32_t tag)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < access->watches; i++)
		if (access->watch[i].tag != tag)
			access->watch[kept++] = access->watch[i];
	access->watches = kept;
	hull(access);
}

static bool
touches(const struct access_watch *watch, uintptr_t address, unsigned size, bool write)
{
	return address < watch->high && address + size > watch->low &&
	    (write || !watch->writes_only);
}

static void
stay_out(struct world *world, uintptr_t address, unsigned size, bool write)
{
	const struct access *access = &world->access;

	for (unsigned i = 0; i < access->watches; i++)
		if (access->watch[i].tag == ACCESS_REDZONE &&
		    touches(&access->watch[i], address, size, write))
			world_finish(world, WORLD_CRASH,
			    "the driver reached beyond the end of its softc");
}

static void
tell_watchers(struct access *access, uintptr_t address, unsigned size, bool write,
    const void *pc)
{
	for (unsigned i = 0; i < access->watches; i++) {
		const struct access_watch *watch = &access->watch[i];

		if (watch->tag != ACCESS_REDZONE && access->hit != NULL &&
		    touches(watch, address, size, write))
			access->hit(access->self, watch, address, size, write, pc);
	}
}

/* Not in line: the ordinary access is to stay short. */
static void __attribute__((noinline, cold))
look_closer(const void *p, unsigned size, bool write, const void *pc)
{
	struct world *world = world_current;

	if (world->access.left == 0)
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	stay_out(world, (uintptr_t)p, size, write);
	tell_watchers(&world->access, (uintptr_t)p, size, write, pc);
	/* An access is no point by itself; what strikes at one must be able to get in. */
	if (world->points_armed && world->running != NULL &&
	    world_points_strike(world, POINT_ACCESS, 0))
		world_point(world);
}

/* Is there more to do than to count?  Twenty times a page: a dozen instructions in all. */
static inline bool
is_ordinary(const void *p)
{
	struct world *world = world_current;

	return world == NULL || (--world->access.left != 0 &&
	    (uintptr_t)p - world->access.low >= world->access.span);
}

/* In line whatever the optimisation: the return address is to be the driver's. */
static inline __attribute__((always_inline)) void
seen(const void *p, unsigned size, bool write)
{
	if (__builtin_expect(!is_ordinary(p), 0))
		look_closer(p, size, write, __builtin_return_address(0));
}

/* Ranges are rare, and may reach further than the hull allows for. */
static void
seen_range(const void *p, unsigned long size, bool write, const void *pc)
{
	if (world_current == NULL)
		return;
	world_current->access.left--;
	look_closer(p, (unsigned)size, write, pc);
}

#define PC __builtin_return_address(0)
#define HOOKS(size) \
	void __tsan_read##size(void *p); \
	void __tsan_write##size(void *p); \
	void __tsan_unaligned_read##size(void *p); \
	void __tsan_unaligned_write##size(void *p); \
	void __tsan_read##size(void *p) { seen(p, size, false); } \
	void __tsan_write##size(void *p) { seen(p, size, true); } \
	void __tsan_unaligned_read##size(void *p) { seen(p, size, false); } \
	void __tsan_unaligned_write##size(void *p) { seen(p, size, true); }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_init(void);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);
void __tsan_read_range(void *p, unsigned long size);
void __tsan_write_range(void *p, unsigned long size);
void *__tsan_memcpy(void *to, const void *from, size_t size);
void *__tsan_memmove(void *to, const void *from, size_t size);
void *__tsan_memset(void *to, int byte, size_t size);

void
__tsan_init(void)
{
	/* Nothing to set up: the world exists before the driver runs. */
}

void
__tsan_func_entry(void *caller)
{
	/* Frames are walked when a position is wanted; no shadow stack is kept. */
	(void)caller;
}

void
__tsan_func_exit(void)
{
}

void
__tsan_read_range(void *p, unsigned long size)
{
	seen_range(p, size, false, PC);
}

void
__tsan_write_range(void *p, unsigned long size)
{
	seen_range(p, size, true, PC);
}

void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	seen_range(from, size, false, PC);
	seen_range(to, size, true, PC);
	return memcpy(to, from, size);
}

void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	seen_range(from, size, false, PC);
	seen_range(to, size, true, PC);
	return memmove(to, from, size);
}

void *
__tsan_memset(void *to, int byte, size_t size)
{
	seen_range(to, size, true, PC);
	return memset(to, byte, size);
}
