/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of memory is the driver's: see mem_touch.h.
 *
 * New memory holds a pattern (MEMORY_POISON).  A byte that still has it, and that no store of
 * the driver was seen to go to, was not written since: the kernel's own stores need not be seen.
 */
#include "rules/mem_touch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/world.h"
#include "rules/ledger.h"
#include "rules/shadow.h"

/* Longer reads copy structures, holes and all. */
#define READ_MAX 8

void
mem_map_fini(struct mem_map *map)
{
	free(map->range);
	free(map->lock);
	cells_fini(&map->written);
	memset(map, 0, sizeof(*map));
}

/* ---- ranges ---- */

/* How many ranges begin at or below that. */
static size_t
ranges_to(const struct mem_map *map, uintptr_t address)
{
	size_t low = 0, high = map->ranges;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (map->range[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
remove_ranges(struct mem_map *map, uintptr_t low, uintptr_t high)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->ranges; i++)
		if (map->range[i].high <= low || map->range[i].low >= high)
			map->range[kept++] = map->range[i];
	map->ranges = kept;
}

static void
add_range(struct mem_map *map, const struct mem_range *range)
{
	size_t at;

	remove_ranges(map, range->low, range->high);
	at = ranges_to(map, range->low);
	map->range = shadow_grow(map->range, &map->ranges_max, map->ranges,
	    sizeof(map->range[0]));
	memmove(&map->range[at + 1], &map->range[at],
	    (map->ranges - at) * sizeof(map->range[0]));
	map->range[at] = *range;
	map->ranges++;
}

static const char *
range_name(const struct mem_range *range, char *buffer, size_t size)
{
	if (range->what == HW_MEMORY_SOFTC)
		return "the softc";
	snprintf(buffer, size, "%s %u", range->what == HW_MEMORY_DMA ? "DMA memory" :
	    "kmem block", range->number);
	return buffer;
}

/* ---- which bytes were written ---- */

/* Bits of the bytes of a cell that [from, to) has. */
static uint8_t
bits_of(uintptr_t cell, uintptr_t from, uintptr_t to)
{
	unsigned first = from > cell ? (unsigned)(from - cell) : 0;
	unsigned last = to - cell < CELL_BYTES ? (unsigned)(to - cell) : CELL_BYTES;

	return (uint8_t)((1u << last) - (1u << first));
}

static void
set_written(struct mem_map *map, uintptr_t from, uintptr_t to, bool written)
{
	for (uintptr_t at = from - from % CELL_BYTES; at < to; at += CELL_BYTES) {
		uint8_t *cell;

		if (!written && (at = cells_next(&map->written, at, to)) == to)
			break;
		cell = cells_make(&map->written, at);
		if (cell == NULL)
			continue;
		if (written)
			*cell |= bits_of(at, from, to);
		else
			*cell &= (uint8_t)~bits_of(at, from, to);
	}
}

static bool
is_blank(const struct mem_map *map, const struct touch *touch)
{
	const uint8_t *byte = (const uint8_t *)touch->address;
	uintptr_t end = touch->address + touch->size;

	for (size_t i = 0; i < touch->size; i++)
		if (byte[i] != MEMORY_POISON)
			return false;
	for (uintptr_t at = touch->address - touch->address % CELL_BYTES; at < end;
	    at += CELL_BYTES) {
		const uint8_t *cell = cells_find(&map->written, at);

		if (cell != NULL && (*cell & bits_of(at, touch->address, end)) != 0)
			return false;
	}
	return true;
}

/* ---- memory changes hands ---- */

static uint32_t
newest(struct rules_core *core)
{
	return rules_look(core)->trace->count - 1;
}

static void
tell_live_locks(struct mem_map *map, struct rules_core *core, const struct mem_range *range)
{
	for (size_t i = 0; i < map->locks; i++) {
		const struct mem_lock *lock = &map->lock[i];
		struct finding *finding;
		struct event event;
		uint32_t site;
		char name[32];

		if (lock->low < range->low || lock->low >= range->high)
			continue;
		event = rules_call_now(core, &site);
		finding = rules_report(core, "lock.freed-live", &event, site,
		    "%s is freed with %s %u in it, which is not destroyed",
		    range_name(range, name, sizeof(name)),
		    lock->what == HW_MEMORY_MUTEX ? "mutex" : "condvar", lock->number);
		finding_because(finding, lock->seq, "initialised here");
	}
}

static void
forget_lock(struct mem_map *map, uintptr_t low, uintptr_t high)
{
	size_t kept = 0;

	for (size_t i = 0; i < map->locks; i++)
		if (map->lock[i].low < low || map->lock[i].low >= high)
			map->lock[kept++] = map->lock[i];
	map->locks = kept;
}

static void
end_range(struct mem_map *map, struct rules_core *core, uintptr_t low)
{
	size_t n = ranges_to(map, low);

	if (n == 0 || map->range[n - 1].low != low)
		return;
	map->range[n - 1].gone = true;
	map->range[n - 1].gone_seq = newest(core);
	tell_live_locks(map, core, &map->range[n - 1]);
	forget_lock(map, low, map->range[n - 1].high);
}

static void
expose(struct mem_map *map, struct rules_core *core, uintptr_t low, uintptr_t high,
    uint64_t number)
{
	if (map->exposes == MEM_EXPOSED_MAX)
		return;
	map->exposed[map->exposes++] = (struct mem_exposed){
		.low = low, .high = high, .number = (uint32_t)number, .seq = newest(core),
	};
}

static void
hide(struct mem_map *map, uint64_t number)
{
	for (unsigned i = 0; i < map->exposes; i++)
		if (map->exposed[i].number == number)
			map->exposed[i] = map->exposed[--map->exposes];
}

/* Somebody writes these bytes: no list head there is as it was left. */
static void
forget_spent(struct mem_map *map, uintptr_t low, uintptr_t high)
{
	for (unsigned i = map->spents; i-- > 0; )
		if (map->spent[i].low < high && low < map->spent[i].high)
			map->spent[i] = map->spent[--map->spents];
}

/* Lists on the stack are another function's each time. */
static void
spend(struct mem_map *map, struct rules_core *core, uintptr_t low, uintptr_t high,
    uint64_t pages)
{
	const struct rules_view *view = rules_look(core);
	struct finding *finding;
	struct event event;
	uint32_t site;

	if (low - (uintptr_t)view->memory->arena >= MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE)
		return;
	for (unsigned i = 0; pages == 0 && view->device.healthy && i < map->spents; i++) {
		if (map->spent[i].low != low)
			continue;
		event = rules_call_now(core, &site);
		finding = rules_report(core, "page.double-free", &event, site,
		    "the pages of this list were freed already, and none were put there "
		    "since");
		finding_because(finding, map->spent[i].seq, "freed before");
	}
	forget_spent(map, low, high);
	if (map->spents < MEM_SPENT_MAX)
		map->spent[map->spents++] = (struct mem_spent){
			.low = low, .high = high, .seq = newest(core),
		};
}

void
mem_map_change(struct mem_map *map, struct rules_core *core, enum hw_memory what,
    uintptr_t low, uintptr_t high, uint64_t number)
{
	const struct rules_view *view = rules_look(core);

	if (map->written.size == 0)
		cells_init(&map->written, 1, (uintptr_t)view->memory->arena);
	switch (what) {
	case HW_MEMORY_SOFTC:
	case HW_MEMORY_BLANK:
	case HW_MEMORY_ZEROED:
	case HW_MEMORY_DMA:
		forget_spent(map, low, high);
		add_range(map, &(const struct mem_range){
			.low = low, .high = high, .what = what, .number = (uint32_t)number,
			.seq = newest(core),
		});
		set_written(map, low, high, false);
		break;
	case HW_MEMORY_GONE:
		end_range(map, core, low);
		break;
	case HW_MEMORY_MUTEX:
	case HW_MEMORY_CONDVAR:
		forget_lock(map, low, high);
		map->lock = shadow_grow(map->lock, &map->locks_max, map->locks,
		    sizeof(map->lock[0]));
		map->lock[map->locks++] = (struct mem_lock){
			.low = low, .what = what, .number = (uint32_t)number,
			.seq = newest(core),
		};
		break;
	case HW_MEMORY_ENDED:
		forget_lock(map, low, high);
		break;
	case HW_MEMORY_PUBLIC:
		if (map->opens == MEM_PUBLIC_MAX)
			break;
		map->open[map->opens].low = low;
		map->open[map->opens++].high = high;
		break;
	case HW_MEMORY_EXPOSED:
		expose(map, core, low, high, number);
		break;
	case HW_MEMORY_SPENT:
		spend(map, core, low, high, number);
		break;
	case HW_MEMORY_FILLED:
		forget_spent(map, low, high);
		break;
	case HW_MEMORY_HIDDEN:
		hide(map, number);
		break;
	}
}

/* ---- loads and stores ---- */

static const char *
act(const struct touch *touch)
{
	return touch->write ? "write" : "read";
}

static void
touch_live(struct mem_map *map, struct rules_core *core, const struct mem_range *range,
    const struct touch *touch)
{
	struct event event;
	struct finding *finding;
	char name[32];

	if (range->what != HW_MEMORY_BLANK && range->what != HW_MEMORY_DMA)
		return;
	if (!touch->write && (touch->size > READ_MAX || !is_blank(map, touch)))
		return;
	set_written(map, touch->address, touch->address + touch->size, true);
	if (touch->write)
		return;
	event = touch_event(touch);
	finding = rules_report(core, "mem.uninitialised", &event, touch->site,
	    "read of bytes %llu..%llu of %s, which nobody has written",
	    (unsigned long long)(touch->address - range->low),
	    (unsigned long long)(touch->address - range->low + touch->size - 1),
	    range_name(range, name, sizeof(name)));
	finding_because(finding, range->seq, "it comes from here");
}

static void
touch_gone(struct rules_core *core, const struct mem_range *range, const struct touch *touch)
{
	const struct event event = touch_event(touch);
	struct finding *finding;
	char name[32];

	finding = rules_report(core, "mem.use-after-free", &event, touch->site,
	    "%s of %llu bytes at offset %llu of %s, which is %s", act(touch),
	    (unsigned long long)touch->size, (unsigned long long)(touch->address - range->low),
	    range_name(range, name, sizeof(name)), range->what == HW_MEMORY_DMA ?
	    "unmapped" : "free");
	finding_because(finding, range->gone_seq, "since here");
}

/* No range has all of it. */
static bool
is_near(uintptr_t one, uintptr_t other)
{
	return one / MEMORY_PAGE_SIZE == other / MEMORY_PAGE_SIZE;
}

static enum access_verdict
touch_between(const struct mem_map *map, struct rules_core *core, size_t n,
    const struct touch *touch)
{
	const struct mem_range *below = n > 0 ? &map->range[n - 1] : NULL;
	const struct mem_range *above = n < map->ranges ? &map->range[n] : NULL;
	const struct memory *memory = &touch->world->memory;
	uintptr_t last = touch->address + touch->size - 1, over = 0, under = 0;
	const struct event event = touch_event(touch);
	char name[32];

	if (below != NULL && is_near(below->high - 1, touch->address))
		over = last - below->high + 1;
	else if (above != NULL && is_near(above->low, touch->address))
		under = above->low - touch->address;
	if (over > 0)
		rules_report(core, "mem.out-of-bounds", &event, touch->site,
		    "%s of %llu bytes that ends %llu bytes behind the end of %s", act(touch),
		    (unsigned long long)touch->size, (unsigned long long)over,
		    range_name(below, name, sizeof(name)));
	else if (under > 0)
		rules_report(core, "mem.out-of-bounds", &event, touch->site,
		    "%s of %llu bytes that begins %llu bytes before %s", act(touch),
		    (unsigned long long)touch->size, (unsigned long long)under,
		    range_name(above, name, sizeof(name)));
	else if (memory->arena_pfn[(touch->address - (uintptr_t)memory->arena) /
	    MEMORY_PAGE_SIZE] == 0)
		return ACCESS_WILD;
	else if (touch->write)
		rules_report(core, "mem.wild-access", &event, touch->site,
		    "write of %llu bytes into the kernel's own memory",
		    (unsigned long long)touch->size);
	return ACCESS_ORDINARY;
}

static enum access_verdict
touch_kernel(struct mem_map *map, struct rules_core *core, const struct touch *touch)
{
	size_t n = ranges_to(map, touch->address);
	const struct mem_range *range = n > 0 ? &map->range[n - 1] : NULL;

	if (range == NULL || touch->address + touch->size > range->high)
		return touch_between(map, core, n, touch);
	if (range->gone)
		touch_gone(core, range, touch);
	else
		touch_live(map, core, range, touch);
	return ACCESS_ORDINARY;
}

/* A page that the driver has does not come here. */
static void
touch_page(struct rules_core *core, const struct access_pages *pages,
    const struct touch *touch)
{
	uint64_t pfn = (uint64_t)(pages->frame - touch->world->memory.frame) +
	    ((touch->address - pages->low) >> ACCESS_PAGE_SHIFT);
	enum hw_owner owner = memory_owner(&touch->world->memory, pfn);
	const struct ledger_batch *batch = ledger_batch_of(rules_ledger(core), pfn, owner);
	const struct event event = touch_event(touch);
	struct finding *finding;

	finding = rules_report(core, "page.use-after-free", &event, touch->site,
	    "%s of the links of page 0x%llx, which %s", act(touch), (unsigned long long)pfn,
	    owner == HW_PAGE_FREE ? "is free" : "the driver does not have");
	if (batch != NULL)
		finding_because(finding, batch->seq, "it changed hands here");
}

static bool
is_in_table(const struct memory *memory, uintptr_t address)
{
	for (size_t i = 0; i < memory->tables; i++)
		if (address - (uintptr_t)memory->table[i] < memory->table_bytes[i])
			return true;
	return false;
}

/* The driver keeps a value here that users may overwrite. */
static void
touch_exposed(struct mem_map *map, struct rules_core *core, const struct touch *touch)
{
	for (unsigned i = 0; i < map->exposes; i++) {
		struct mem_exposed *exposed = &map->exposed[i];
		const struct event event = touch_event(touch);
		struct finding *finding;

		if (exposed->told || touch->address >= exposed->high ||
		    touch->address + touch->size <= exposed->low)
			continue;
		exposed->told = true;
		finding = rules_report(core, "attach.sysctl", &event, touch->site,
		    "the driver keeps a value here that users may write: sysctl node %u has "
		    "CTLFLAG_READWRITE and no function", exposed->number);
		finding_because(finding, exposed->seq, "the node was made here");
	}
}

static bool
is_open(const struct mem_map *map, uintptr_t address)
{
	for (unsigned i = 0; i < map->opens; i++)
		if (address >= map->open[i].low && address < map->open[i].high)
			return true;
	return false;
}

static bool
is_any_stack(const struct world *world, uintptr_t address)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		if (fiber_stack_contains(world->context[i].fiber, address))
			return true;
	return false;
}

enum access_verdict
mem_map_touch(struct mem_map *map, struct rules_core *core, const struct touch *touch)
{
	const struct world *world = touch->world;
	uintptr_t address = touch->address;
	struct event event;

	if (touch->write) {
		touch_exposed(map, core, touch);
		forget_spent(map, touch->address, touch->address + touch->size);
	}
	if (address - world->access.arena < world->access.all_cells * ACCESS_CELL)
		return touch_kernel(map, core, touch);
	for (unsigned i = 0; i < world->access.segments; i++) {
		const struct access_pages *pages = &world->access.segment[i];

		if (address - pages->low >= pages->bytes)
			continue;
		touch_page(core, pages, touch);
		return ACCESS_SHOW;
	}
	if (fiber_stack_contains(touch->ctx->fiber, address)) {
		event = touch_event(touch);
		rules_report(core, "mem.use-after-free", &event, touch->site,
		    "%s of a local variable of a function that has returned", act(touch));
		return ACCESS_ORDINARY;
	}
	/* A NULL pointer faults by itself; the kernel's tables have what drivers may follow. */
	if (world_site_of(world, (const void *)address) != 0 || address < MEMORY_PAGE_SIZE ||
	    is_in_table(&world->memory, address) || is_open(map, address) ||
	    is_any_stack(world, address))
		return ACCESS_ORDINARY;
	return ACCESS_WILD;
}
