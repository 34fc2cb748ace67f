/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: what is loaded.
 */
#include <string.h>

#include "base/sbuf.h"
#include "rules/kernel/dma.h"
#include "rules/kernel/mem_touch.h"

RULE_ROW(rule_dma_bad_memory) = {
	"dma.bad-memory", SEVERITY_ERROR,
	"what is loaded is memory that somebody has allocated, and ends with it",
	"bus_dma(9), bus_dmamap_load()",
	"Free memory gets another owner while the device uses it, and what lies behind the "
	"buffer has another owner all the time.",
	"kmem_free(buf, n);\nbus_dmamap_load(t, map, buf, n, NULL, 0);",
	"bus_dmamap_load(t, map, buf, n, NULL, 0);"
};

static void
check_owner(struct rules_core *core)
{
	const struct memory *memory = rules_look(core)->memory;
	uint64_t pfn = core->event->note.dmasrc.address >> MEMORY_PAGE_SHIFT;
	const char *where = NULL;

	if (core->event->note.dmasrc.kind == HW_BUF_STACK)
		where = "on the stack of a thread";
	else if (core->event->note.dmasrc.kind == HW_BUF_FREED)
		where = "in memory that kmem has back, or never gave";
	else if (memory != NULL && memory_is_ram(memory, pfn) &&
	    memory_owner(memory, pfn) == HW_PAGE_FREE)
		where = "in a page that is free";
	if (where != NULL)
		rules_report(core, &rule_dma_bad_memory, "load of map %u: %llu bytes from offset "
		    "%llu on lie %s", (unsigned)core->event->note.dmasrc.map,
		    (unsigned long long)core->event->note.dmasrc.length,
		    (unsigned long long)core->event->note.dmasrc.offset, where);
}

/* What the driver's text calls the byte at `at`, up to an index; false: unknown. */
static bool
name_byte(const struct rules_core *core, const struct mem_range *range, uintptr_t at,
    uint32_t site, char *name, size_t size)
{
	return at < range->high && rules_name(core, &(const struct rules_place){
		.site = site, .object_size = range->high - range->low,
		.offset = at - range->low, .size = 1,
	}, name, size);
}

/* Does a buffer that begins elsewhere end in the middle of a number or pointer? */
static bool
is_cut(const struct rules_core *core, const struct mem_range *range, uintptr_t low,
    uintptr_t high, uint32_t site, char *name, size_t size)
{
	char first[96], next[96];

	return low >= range->low && name_byte(core, range, low, site, first, sizeof(first)) &&
	    name_byte(core, range, high - 1, site, name, size) &&
	    name_byte(core, range, high, site, next, sizeof(next)) && strcmp(name, next) == 0 &&
	    strncmp(first, name, strcspn(name, "[")) != 0;
}

/* Where what the driver asked for ends; of DMA memory it has whole pages. */
static uintptr_t
end_of(const struct dma *dma, const struct mem_range *range)
{
	const struct dma_memory *memory = range->what == HW_MEMORY_DMA &&
	    range->number < dma->memory.count ? &dma->memory.item[range->number] : NULL;

	return memory != NULL && memory->mapped ? range->low + memory->mapped_size : range->high;
}

/* `at` has the last bytes of the buffer. */
static void
check_end(const struct dma *dma, struct rules_core *core, const struct dma_map *map, const void *at)
{
	uintptr_t low = (uintptr_t)at, high = low + core->event->note.dmasrc.length;
	const struct mem_range *range = mem_range_at(core, low);
	char name[96];

	if (range == NULL || range->gone)
		return;
	if (high > end_of(dma, range))
		rules_report(core, &rule_dma_bad_memory, "load of map %u: it reaches %llu byte%s "
		    "behind the end of %s", (unsigned)core->event->note.dmasrc.map,
		    (unsigned long long)(high - end_of(dma, range)),
		    plural(high - end_of(dma, range)),
		    mem_range_name(range, name, sizeof(name)));
	else if (map->low != 0 && is_cut(core, range, map->low, high, core->site, name,
	    sizeof(name)))
		rules_report(core, &rule_dma_bad_memory, "load of map %u: it ends in the middle of "
		    "%s, which is another object", (unsigned)core->event->note.dmasrc.map, name);
}

void
dma_check_buffer(const struct dma *dma, struct rules_core *core, struct dma_map *map)
{
	const void *at = core->event->note.dmasrc.address == UINT64_MAX ? NULL :
	    memory_contents(rules_look(core)->memory, core->event->note.dmasrc.address);

	check_owner(core);
	if (core->event->note.dmasrc.offset == 0)
		map->low = (uintptr_t)at;
	if (at != NULL && core->event->note.dmasrc.offset + core->event->note.dmasrc.length ==
	    core->call->args.bus_dmamap_load.length)
		check_end(dma, core, map, at);
}
