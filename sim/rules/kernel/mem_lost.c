/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kmem blocks are lost, part of area mem_touch: those to which no pointer is left.
 *
 * As in Linux's kmemleak or LeakSanitizer, everything that looks like a pointer into a block, or
 * to its end, is one, so that no block is called lost that a driver can come to by an address as
 * the processor has it (not: by one in another byte order, or in two halves).  The search begins
 * with what the driver has beside its blocks (its variables, softc, DMA memory, and the stacks of
 * its contexts), and with what it handed to the kernel: arguments of callbacks, names.
 */
#include "base/alloc.h"
#include "base/sbuf.h"
#include "machine/world.h"
#include "rules/kernel/inventory.h"
#include "rules/kernel/mem_touch.h"

struct search {
	struct rules_core *core;
	const struct mem_range *range;
	size_t count;
	bool *reached;			/* by range */
	struct { VEC_MEMBERS(const struct mem_range *); } found;	/* not looked into yet */
};

static bool
is_block(const struct mem_range *range)
{
	return (range->what == HW_MEMORY_BLANK || range->what == HW_MEMORY_ZEROED) &&
	    !range->gone;
}

static void
reach(struct search *search, uintptr_t address)
{
	const struct mem_range *range = mem_range_at(search->core, address);

	if (range == NULL || !is_block(range) || search->reached[range - search->range])
		return;
	search->reached[range - search->range] = true;
	*(const struct mem_range **)vec_add(&search->found) = range;
}

/* `step`: pointers lie at multiples of it. */
static void
look_at(struct search *search, uintptr_t low, uintptr_t high, uintptr_t step)
{
	uintptr_t first = search->range[0].low, last = search->range[search->count - 1].high, word;

	for (uintptr_t at = low; at + sizeof(word) <= high; at += step) {
		memcpy(&word, (const void *)at, sizeof(word));
		if (word < first || word > last)
			continue;
		reach(search, word);
		reach(search, word - 1);
	}
}

/* The driver's, which may have packed structures. */
static void
look_into(struct search *search, uintptr_t low, uintptr_t high)
{
	look_at(search, low, high, 1);
}

/* The kernel's memory but for its structures of page frames: those are large, and its own. */
static void
look_into_kernel(struct search *search, const struct memory *memory)
{
	for (size_t i = 0; i < memory->tables; i++) {
		uintptr_t low = (uintptr_t)memory->table[i], size = memory->table_bytes[i];
		bool is_frames = false;

		for (unsigned run = 0; run < memory->runs; run++)
			is_frames |= (uintptr_t)memory->structs[run].low - low < size;
		if (!is_frames)
			look_at(search, low, low + size, sizeof(uintptr_t));
	}
}

static void
look_into_roots(struct search *search, const struct world *world)
{
	uintptr_t low, high;

	for (size_t i = 0; i < search->count; i++)
		if (!search->range[i].gone && !is_block(&search->range[i]))
			look_into(search, search->range[i].low, search->range[i].high);
	look_into(search, world->data_low, world->data_high);
	for (uint32_t i = 0; i < world->contexts; i++)
		if (world_stack(&world->context[i], &low, &high))
			look_into(search, low, high);
	look_into_kernel(search, &world->memory);
}

static void
report(struct rules_core *core, uint32_t number)
{
	struct item *item = item_newest(core, ITEM_KMEM, number);

	if (item == NULL || item->reported)
		return;
	item->reported = true;
	rules_report_at(core, &rule_mem_leak, item->site, "kmem block %u (%llu byte%s) is lost: "
	    "the driver has no pointer to it any more", number, (unsigned long long)item->size,
	    plural(item->size));
	rules_because(core, item->seq, "allocated here");
}

void
mem_report_lost(struct rules_core *core, const struct mem_range *range, size_t count)
{
	struct search search = { .core = core, .range = range, .count = count };
	const struct world *world = rules_look(core)->world;
	size_t blocks = 0;

	for (size_t i = 0; i < count; i++)
		blocks += is_block(&range[i]);
	if (blocks == 0 || world == NULL)
		return;
	search.reached = xcalloc(count, sizeof(search.reached[0]));
	look_into_roots(&search, world);
	while (search.found.count > 0) {
		const struct mem_range *block = search.found.item[--search.found.count];

		look_into(&search, block->low, block->high);
	}
	for (size_t i = 0; i < count; i++)
		if (is_block(&range[i]) && !search.reached[i])
			report(core, range[i].number);
	vec_fini(&search.found);
	free(search.reached);
}
