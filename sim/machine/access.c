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

void
access_init(struct access *access, uint64_t limit)
{
	memset(access, 0, sizeof(*access));
	access->left = limit;
	access->low = UINTPTR_MAX;
}

static void
hull(struct access *access)
{
	access->low = UINTPTR_MAX;
	access->high = 0;
	for (unsigned i = 0; i < access->watches; i++) {
		const struct access_watch *watch = &access->watch[i];

		if (watch->low < access->low)
			access->low = watch->low;
		if (watch->high > access->high)
			access->high = watch->high;
	}
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

static void
look_closer(struct access *access, uintptr_t address, unsigned size, bool write,
    const void *pc)
{
	for (unsigned i = 0; i < access->watches; i++) {
		const struct access_watch *watch = &access->watch[i];

		if (address < watch->high && address + size > watch->low &&
		    (write || !watch->writes_only) && access->hit != NULL)
			access->hit(access->self, watch, address, size, write, pc);
	}
}

static inline void
seen(const void *p, unsigned size, bool write, const void *pc)
{
	struct world *world = world_current;
	uintptr_t address = (uintptr_t)p;
	struct access *access;

	if (world == NULL)
		return;
	access = &world->access;
	access->count++;
	if (--access->left == 0)
		world_finish(world, WORLD_ENDLESS,
		    "the driver goes on without letting time pass");
	if (address < access->high && address + size > access->low)
		look_closer(access, address, size, write, pc);
	/* An access is no point by itself; what strikes at one must be able to get in. */
	if (world->points_armed && world->running != NULL &&
	    world_points_strike(world, POINT_ACCESS, 0))
		world_point(world);
}

#define PC __builtin_return_address(0)
#define HOOKS(size) \
	void __tsan_read##size(void *p); \
	void __tsan_write##size(void *p); \
	void __tsan_unaligned_read##size(void *p); \
	void __tsan_unaligned_write##size(void *p); \
	void __tsan_read##size(void *p) { seen(p, size, false, PC); } \
	void __tsan_write##size(void *p) { seen(p, size, true, PC); } \
	void __tsan_unaligned_read##size(void *p) { seen(p, size, false, PC); } \
	void __tsan_unaligned_write##size(void *p) { seen(p, size, true, PC); }

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
	seen(p, (unsigned)size, false, PC);
}

void
__tsan_write_range(void *p, unsigned long size)
{
	seen(p, (unsigned)size, true, PC);
}

void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	seen(from, (unsigned)size, false, PC);
	seen(to, (unsigned)size, true, PC);
	return memcpy(to, from, size);
}

void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	seen(from, (unsigned)size, false, PC);
	seen(to, (unsigned)size, true, PC);
	return memmove(to, from, size);
}

void *
__tsan_memset(void *to, int byte, size_t size)
{
	seen(to, (unsigned)size, true, PC);
	return memset(to, byte, size);
}
