/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of memory is the driver's: see mem_touch.h.
 *
 * New memory holds a pattern (MEMORY_POISON).  A byte that still has it, and that no store of
 * the driver was seen to go to, was not written since: the kernel's own stores need not be seen.
 */
#include "rules/kernel/mem_touch.h"

#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "rules/kernel/dma.h"

/* Longer reads copy structures, holes and all. */
#define READ_MAX 8

/* A variable of the kernel that drivers may read. */
struct mem_open {
	uintptr_t low, high;
};

struct mem_map {
	struct { VEC_MEMBERS(struct mem_range); } range;	/* by address; none overlap */
	struct { VEC_MEMBERS(struct mem_open); } open;
	struct cells written;		/* a byte each, a bit for a byte of memory */
};

FINI(map_fini, struct mem_map *map)
{
	vec_fini(&map->range);
	vec_fini(&map->open);
	cells_fini(&map->written);
}

/* ---- ranges ---- */

/* How many ranges begin at or below that. */
static size_t
ranges_to(const struct mem_map *map, uintptr_t address)
{
	size_t low = 0, high = map->range.count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (map->range.item[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* They do not overlap and are in order. */
static void
remove_ranges(struct mem_map *map, uintptr_t low, uintptr_t high)
{
	size_t from = ranges_to(map, low), to;

	if (from > 0 && map->range.item[from - 1].high > low)
		from--;
	for (to = from; to < map->range.count && map->range.item[to].low < high; )
		to++;
	if (from < to)
		vec_remove(&map->range, from, to - from);
}

static void
add_range(struct mem_map *map, const struct mem_range *range)
{
	size_t at;

	remove_ranges(map, range->low, range->high);
	at = ranges_to(map, range->low);
	*vec_insert(&map->range, at) = *range;
}

const char *
mem_range_name(const struct mem_range *range, char *buffer, size_t size)
{
	if (range->what == HW_MEMORY_SOFTC)
		return "the softc";
	snprintf(buffer, size, "%s %u", range->what == HW_MEMORY_DMA ? "DMA memory" :
	    "kmem block", range->number);
	return buffer;
}

const struct mem_range *
mem_range_at(struct rules_core *core, uintptr_t address)
{
	const struct mem_map *map = rules_state(core, &area_mem_touch);
	size_t n = ranges_to(map, address);

	return n > 0 && address < map->range.item[n - 1].high ? &map->range.item[n - 1] : NULL;
}

void
mem_place_name(struct rules_core *core, const struct access_event *touch, char *name, size_t size)
{
	const struct mem_range *range = mem_range_at(core, touch->address);
	struct rules_place place = {
		.site = core->site, .size = touch->size,
		.offset = world_site_of(core->world, (const void *)touch->address),
	};
	char whole[32];

	if (range != NULL) {
		place.object_size = range->high - range->low;
		place.offset = touch->address - range->low;
	}
	if (rules_name(core, &place, name, size))
		return;
	if (range == NULL)
		snprintf(name, size, "a variable");
	else
		snprintf(name, size, "bytes %llu..%llu of %s",
		    (unsigned long long)place.offset,
		    (unsigned long long)(place.offset + touch->size - 1),
		    mem_range_name(range, whole, sizeof(whole)));
}

/* ---- which bytes were written ---- */

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
			*cell |= cells_bytes(at, from, to);
		else
			*cell &= (uint8_t)~cells_bytes(at, from, to);
	}
}

static bool
is_blank(const struct mem_map *map, uintptr_t at)
{
	const uint8_t *cell;

	if (*(const uint8_t *)at != MEMORY_POISON)
		return false;
	cell = cells_find(&map->written, at - at % CELL_BYTES);
	return cell == NULL || (*cell & cells_bytes(at - at % CELL_BYTES, at, at + 1)) == 0;
}

/* From `from` on, up to `to`: how many bytes of the same kind as the first. */
static size_t
alike(const struct mem_map *map, uintptr_t from, uintptr_t to)
{
	bool blank = is_blank(map, from);
	uintptr_t at = from;

	while (at < to && is_blank(map, at) == blank)
		at++;
	return at - from;
}

/* ---- memory changes hands ---- */

static uint32_t
newest(struct rules_core *core)
{
	return rules_look(core)->trace->count - 1;
}

static void
end_range(struct mem_map *map, struct rules_core *core, uintptr_t low)
{
	size_t n = ranges_to(map, low);

	if (n == 0 || map->range.item[n - 1].low != low)
		return;
	map->range.item[n - 1].gone = true;
	map->range.item[n - 1].gone_seq = newest(core);
}

MEMORY(map_memory, struct mem_map *map)
{
	const struct rules_view *view = rules_look(core);

	if (map->written.size == 0)
		cells_init(&map->written, 1, (uintptr_t)view->memory->arena);
	switch (what) {
	case HW_MEMORY_SOFTC:
	case HW_MEMORY_BLANK:
	case HW_MEMORY_ZEROED:
	case HW_MEMORY_DMA:
		add_range(map, &(const struct mem_range){
			.low = low, .high = high, .what = what, .number = (uint32_t)number,
			.seq = newest(core),
		});
		set_written(map, low, high, false);
		break;
	case HW_MEMORY_GONE:
		end_range(map, core, low);
		break;
	case HW_MEMORY_PUBLIC:
		*vec_add(&map->open) = (struct mem_open){ .low = low, .high = high };
		break;
	case HW_MEMORY_MUTEX:
	case HW_MEMORY_CONDVAR:
	case HW_MEMORY_ENDED:
	case HW_MEMORY_EXPOSED:
	case HW_MEMORY_HIDDEN:
	case HW_MEMORY_SPENT:
	case HW_MEMORY_FILLED:
		break;
	}
}

/* ---- loads and stores ---- */

static const char *
act(const struct access_event *touch)
{
	return touch->write ? "write" : "read";
}

RULE_ROW(rule_mem_uninitialised) = {
	"mem.uninitialised", SEVERITY_ERROR,
	"what kmem_alloc() or bus_dmamem_map() gave is written before it is read, by a device too",
	"kmem(9), kmem_alloc(); bus_dma(9), bus_dmamem_alloc(); virtio 1.2 clause 2.7.13",
	"Its contents are left over from somebody else, and differ from boot to boot.  Of a buffer "
	"that a device shall read only the bytes count that its descriptors name: the host gets to "
	"see them.",
	"p = kmem_alloc(sizeof(*p), KM_SLEEP);\nif (p->p_busy)\n\treturn;",
	"p = kmem_zalloc(sizeof(*p), KM_SLEEP);"
};

/* Bytes of a range, which end where others begin that were written. */
static void
report_blank(struct mem_map *map, struct rules_core *core, const struct mem_range *range,
    uintptr_t from, size_t bytes, const char *what)
{
	char name[32];

	set_written(map, from, from + bytes, true);
	rules_report(core, &rule_mem_uninitialised, "%s bytes %llu..%llu of %s, which nobody has "
	    "written", what, (unsigned long long)(from - range->low),
	    (unsigned long long)(from - range->low + bytes - 1),
	    mem_range_name(range, name, sizeof(name)));
	rules_because(core, range->seq, "it comes from here");
}

static bool
is_blank_at_first(const struct mem_range *range)
{
	return range->what == HW_MEMORY_BLANK || range->what == HW_MEMORY_DMA;
}

static void
touch_live(struct mem_map *map, struct rules_core *core, const struct mem_range *range,
    const struct access_event *touch)
{
	uintptr_t end = touch->address + touch->size;

	if (!is_blank_at_first(range))
		return;
	if (touch->write)
		set_written(map, touch->address, end, true);
	else if (touch->size <= READ_MAX && is_blank(map, touch->address) &&
	    alike(map, touch->address, end) == touch->size)
		report_blank(map, core, range, touch->address, touch->size, "read of");
}

SHARED_RULE_ROW(rule_mem_use_after_free) = {
	"mem.use-after-free", SEVERITY_ERROR,
	"memory is freed once, only what kmem gave, and not touched afterwards",
	"kmem(9), kmem_free(); bus_dma(9), bus_dmamem_unmap(); autoconf(9)",
	"A block freed twice is handed to two owners; one that is used after it was freed "
	"belongs to somebody else.  The same goes for DMA memory that was unmapped, for the "
	"softc after the detach, and for locals of a function that has returned.",
	"kmem_free(p, n);\nn = p->p_count;",
	"n = p->p_count;\nkmem_free(p, n);"
};

static void
touch_gone(struct rules_core *core, const struct mem_range *range, const struct access_event *touch)
{
	char name[32];

	rules_report(core, &rule_mem_use_after_free,
	    "%s of %llu byte%s at offset %llu of %s, which is %s", act(touch),
	    (unsigned long long)touch->size, plural(touch->size),
	    (unsigned long long)(touch->address - range->low),
	    mem_range_name(range, name, sizeof(name)), range->what == HW_MEMORY_DMA ? "unmapped" :
	    "free");
	rules_because(core, range->gone_seq, "since here");
}

/* No range has all of it. */
static bool
is_near(uintptr_t one, uintptr_t other)
{
	return one / MEMORY_PAGE_SIZE == other / MEMORY_PAGE_SIZE;
}

SHARED_RULE_ROW(rule_mem_out_of_bounds) = {
	"mem.out-of-bounds", SEVERITY_ERROR,
	"an index lies within its array, and an access within its block",
	"C11 6.5.6 paragraph 8; UndefinedBehaviorSanitizer, array bounds; kmem(9)",
	"What lies behind the array is read or overwritten: the next member of the softc, "
	"or somebody else's memory.",
	"for (i = 0; i <= n; i++)\n\tsc->sc_buf[i] = 0;",
	"for (i = 0; i < n; i++)\n\tsc->sc_buf[i] = 0;"
};

/* An access to memory that is not there ends the run, and run.c reports it. */
SHARED_RULE_ROW(rule_wild_access) = {
	"mem.wild-access", SEVERITY_ERROR,
	"the driver touches only memory that is there",
	"NetBSD memoryallocators(9)",
	"A stray pointer is a page fault in the kernel, that is, a panic, or it destroys what "
	"belongs to somebody else.",
	"p = TAILQ_FIRST(&list); uvm_pglistfree(&list); TAILQ_NEXT(p, pageq.queue);",
	"n = TAILQ_NEXT(p, pageq.queue); /* before the list is freed */"
};

static enum access_verdict
touch_between(const struct mem_map *map, struct rules_core *core, size_t n,
    const struct access_event *touch)
{
	const struct mem_range *below = n > 0 ? &map->range.item[n - 1] : NULL;
	const struct mem_range *above = n < map->range.count ? &map->range.item[n] : NULL;
	const struct memory *memory = &core->world->memory;
	uintptr_t last = touch->address + touch->size - 1, over = 0, under = 0;
	char name[32];

	if (below != NULL && is_near(below->high - 1, touch->address))
		over = last - below->high + 1;
	else if (above != NULL && is_near(above->low, touch->address))
		under = above->low - touch->address;
	if (over > 0)
		rules_report(core, &rule_mem_out_of_bounds, "%s of %llu byte%s that ends %llu "
		    "byte%s behind the end of %s", act(touch), (unsigned long long)touch->size,
		    plural(touch->size), (unsigned long long)over, plural(over),
		    mem_range_name(below, name, sizeof(name)));
	else if (under > 0)
		rules_report(core, &rule_mem_out_of_bounds, "%s of %llu byte%s that begins %llu "
		    "byte%s before %s", act(touch), (unsigned long long)touch->size,
		    plural(touch->size), (unsigned long long)under, plural(under),
		    mem_range_name(above, name, sizeof(name)));
	else if (memory->arena_pfn[(touch->address - (uintptr_t)memory->arena) /
	    MEMORY_PAGE_SIZE] == 0)
		return ACCESS_WILD;
	else if (touch->write)
		rules_report(core, &rule_wild_access, "write of %llu byte%s into the kernel's "
		    "own memory", (unsigned long long)touch->size, plural(touch->size));
	return ACCESS_ORDINARY;
}

static enum access_verdict
touch_kernel(struct mem_map *map, struct rules_core *core, const struct access_event *touch)
{
	size_t n = ranges_to(map, touch->address);
	const struct mem_range *range = n > 0 ? &map->range.item[n - 1] : NULL;

	if (range == NULL || touch->address + touch->size > range->high)
		return touch_between(map, core, n, touch);
	if (range->gone)
		touch_gone(core, range, touch);
	else
		touch_live(map, core, range, touch);
	return ACCESS_ORDINARY;
}

static bool
is_in_table(const struct memory *memory, uintptr_t address)
{
	for (size_t i = 0; i < memory->tables; i++)
		if (address - (uintptr_t)memory->table[i] < memory->table_bytes[i])
			return true;
	return false;
}

static bool
is_open(const struct mem_map *map, uintptr_t address)
{
	for (size_t i = 0; i < map->open.count; i++)
		if (address >= map->open.item[i].low && address < map->open.item[i].high)
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

TOUCH(map_touch, struct mem_map *map)
{
	const struct world *world = core->world;
	uintptr_t address = touch->address;

	if (address - world->access.arena < world->access.all_cells * ACCESS_CELL)
		return touch_kernel(map, core, touch);
	if (memory_structs_at(&world->memory, address) != NULL)
		return ACCESS_ORDINARY;	/* page.use-after-free */
	if (fiber_stack_contains(world->running->fiber, address)) {
		rules_report(core, &rule_mem_use_after_free,
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

/* ---- what a device reads and writes ---- */

/* The first bytes in [low, high) that nobody has written: one report for all of them. */
static bool
check_given(struct mem_map *map, struct rules_core *core, uintptr_t low, uintptr_t high)
{
	const struct mem_range *range = mem_range_at(core, low);
	bool found = false;
	size_t bytes;

	if (range == NULL || range->gone || !is_blank_at_first(range))
		return false;
	high = high < range->high ? high : range->high;
	for (uintptr_t at = low; at < high; at += bytes) {
		bytes = alike(map, at, high);
		if (!is_blank(map, at))
			continue;
		if (!found)
			report_blank(map, core, range, at, bytes, "the device is given");
		set_written(map, at, at + bytes, true);
		found = true;
	}
	return found;
}

HOOK(mem_touch, call_commit, struct mem_map *map, ON_CALL(VIRTIO_ENQUEUE_COMMIT))
{
	const struct dma *dma = rules_state(core, &area_dma);

	for (size_t i = 0; i < dma->owned.count; i++) {
		const struct dma_owned *owned = &dma->owned.item[i];

		if (owned->seq == event->seq && !owned->device_writes &&
		    check_given(map, core, owned->low, owned->high))
			return;
	}
}

/* It may write all of what it is given for that, whatever length it says. */
HOOK(mem_touch, note_dequeued, struct mem_map *map, ON_NOTE(DEQUEUED))
{
	const struct dma *dma = rules_state(core, &area_dma);

	for (size_t i = 0; i < dma->owned.count; i++) {
		const struct dma_owned *owned = &dma->owned.item[i];

		if (owned->is_back && owned->device == event->device &&
		    owned->queue == event->note.dequeued.queue &&
		    owned->slot == event->note.dequeued.slot &&
		    mem_range_at(core, owned->low) != NULL)
			set_written(map, owned->low, owned->high, true);
	}
}

REST(map_end, struct mem_map *map)
{
	mem_report_lost(core, map->range.item, map->range.count);
}

const struct area area_mem_touch = {
	.state_bytes = sizeof(struct mem_map),
	.fini = map_fini,
	.end = map_end,
	.touch = map_touch,
	.memory = map_memory,
};
