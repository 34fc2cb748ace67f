/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-physical memory: see memory.h.
 */
#include "machine/memory.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define OWNER_MASK MEMORY_OWNER_MASK
#define HOST_HAS MEMORY_HOST_HAS
/* One tag for four bytes, and a little more, so that two can be read at once. */
#define TAGS_OF(bytes) ((bytes) / 2)
#define TAGS_BYTES (TAGS_OF(MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE) + MEMORY_PAGE_SIZE)
/*
 * Kernel virtual memory and the kernel's tables lie at the same addresses in every process, so
 * that a driver which takes a pointer for a number has the same number each time.
 */
#define ARENA_AT UINT64_C(0x2000000000)
#define TABLES_AT UINT64_C(0x3000000000)
#define ARENA_BYTES (MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE)
#define PFNS_BYTES (MEMORY_ARENA_PAGES * sizeof(uint64_t))
#define WHERE_BYTES (MEMORY_ARENA_PAGES * MEMORY_PAGE_SIZE + 2 * MEMORY_PAGE_SIZE)

bool
memory_init(struct memory *memory, struct regions *regions, const struct hw_segment *segments,
    unsigned n, uint64_t reserve)
{
	memset(memory, 0, sizeof(*memory));
	memory->regions = regions;
	assert(n > 0 && n <= MEMORY_SEGMENTS_MAX);
	memcpy(memory->segment, segments, n * sizeof(segments[0]));
	memory->segments = n;
	memory->reserve = reserve;
	for (unsigned i = 0; i < n; i++)
		memory->counts.total += segments[i].npages;
	memory->counts.free = memory->counts.total;
	memory->pfn_max = segments[n - 1].pfn + segments[n - 1].npages;
	memory->frame = regions_take(regions, memory->pfn_max, 0);
	memory->arena = regions_take(regions, ARENA_BYTES, ARENA_AT);
	memory->arena_pfn = regions_take(regions, PFNS_BYTES, 0);
	memory->tag = regions_take(regions, TAGS_BYTES, 0);
	memory->where = regions_take(regions, WHERE_BYTES, 0);
	memory->page = regions_take(regions, memory->pfn_max * sizeof(memory->page[0]), 0);
	if (memory->frame == NULL || memory->arena == NULL || memory->tag == NULL ||
	    memory->page == NULL || memory->where == NULL || memory->arena_pfn == NULL) {
		memory_fini(memory);
		return false;
	}
	return true;
}

/* The frames that have contents are few: the table of them is not zeroed as a whole. */
static void
forget_pages(struct memory *memory)
{
	for (size_t i = 0; i < memory->arena_used; i++)
		if (memory->arena_pfn[i] != 0)
			memory->page[memory->arena_pfn[i] - 1] = NULL;
	vec_each(lent, &memory->lent)
		memory->page[lent->pfn] = NULL;
}

void
memory_fini(struct memory *memory)
{
	struct regions *regions = memory->regions;

	if (memory->page != NULL)
		forget_pages(memory);
	regions_give(regions, memory->page, memory->pfn_max * sizeof(memory->page[0]), 0);
	regions_give(regions, memory->frame, memory->pfn_max, memory->pfn_max);
	regions_give(regions, memory->arena, ARENA_BYTES, memory->arena_used * MEMORY_PAGE_SIZE);
	regions_give(regions, memory->arena_pfn, PFNS_BYTES,
	    memory->arena_used * sizeof(memory->arena_pfn[0]));
	regions_give(regions, memory->tag, TAGS_BYTES,
	    TAGS_OF(memory->arena_used * MEMORY_PAGE_SIZE));
	regions_give(regions, memory->where, WHERE_BYTES, memory->arena_used * MEMORY_PAGE_SIZE);
	for (size_t i = 0; i < memory->tables; i++)
		regions_give(regions, memory->table[i], memory->table_bytes[i],
		    memory->table_bytes[i]);
	vec_fini(&memory->lent);
	memset(memory, 0, sizeof(*memory));
}

enum hw_owner
memory_owner(const struct memory *memory, uint64_t pfn)
{
	return memory->frame[pfn] & OWNER_MASK;
}

bool
memory_host_has(const struct memory *memory, uint64_t pfn)
{
	return memory->frame[pfn] & HOST_HAS;
}

static uint64_t *
count_of(struct memory *memory, enum hw_owner owner)
{
	switch (owner) {
	case HW_PAGE_FREE:
		return &memory->counts.free;
	case HW_PAGE_KERNEL:
		return &memory->counts.kernel;
	case HW_PAGE_OTHERS:
		return &memory->counts.others;
	case HW_PAGE_DRIVER:
		return &memory->counts.driver;
	}
	internal_error("a page has no owner");
}

/* Neighbours mostly had the same owner: they are counted together. */
void
memory_own_all(struct memory *memory, const uint64_t *pfns, size_t n, enum hw_owner owner)
{
	uint8_t after = (uint8_t)(owner | (owner == HW_PAGE_DRIVER ? MEMORY_DRIVERS : 0));

	for (size_t i = 0, first = 0; i < n; first = i) {
		unsigned before = memory->frame[pfns[i]] & OWNER_MASK;

		do {
			uint8_t *frame = &memory->frame[pfns[i]];

			*frame = (uint8_t)((*frame & HOST_HAS) | after);
		} while (++i < n && (memory->frame[pfns[i]] & OWNER_MASK) == before);
		*count_of(memory, before) -= i - first;
		*count_of(memory, owner) += i - first;
	}
}

void
memory_own(struct memory *memory, uint64_t pfn, enum hw_owner owner)
{
	memory_own_all(memory, &pfn, 1, owner);
}

/* What a discarded page holds when the guest looks again: zeroes. */
static void
discard_in_use(struct memory *memory, uint64_t pfn)
{
	uint8_t *page = memory->page[pfn];

	memory->counts.discarded_in_use++;
	if (page != NULL)
		memset(page, 0, MEMORY_PAGE_SIZE);
}

static struct hw_segment
segment_of(const struct memory *memory, uint64_t pfn)
{
	for (unsigned i = 0; i < memory->segments; i++)
		if (pfn - memory->segment[i].pfn < memory->segment[i].npages)
			return memory->segment[i];
	return (struct hw_segment){ 0 };
}

/* The host takes a frame; 1 if it did not have it yet. */
static inline unsigned
take(struct memory *memory, uint64_t pfn)
{
	uint8_t frame = memory->frame[pfn];
	unsigned owner = frame & OWNER_MASK;

	if (owner == HW_PAGE_KERNEL || owner == HW_PAGE_OTHERS)
		discard_in_use(memory, pfn);
	memory->frame[pfn] = frame | HOST_HAS;
	return frame / HOST_HAS ^ 1;
}

/* It gives one back; 1 if it had it. */
static inline unsigned
give(struct memory *memory, uint64_t pfn)
{
	uint8_t frame = memory->frame[pfn];

	memory->frame[pfn] = frame & (uint8_t)~HOST_HAS;
	return frame / HOST_HAS;
}
_Static_assert(HOST_HAS > (OWNER_MASK | MEMORY_DRIVERS), "the highest bit of a frame");

void
memory_host_take(struct memory *memory, uint64_t pfn)
{
	memory->counts.held += take(memory, pfn);
}

void
memory_host_give(struct memory *memory, uint64_t pfn)
{
	memory->counts.held -= give(memory, pfn);
}

void
memory_swap32(const struct memory *memory, uint32_t *value, size_t n)
{
	for (size_t i = 0; memory->swapped && i < n; i++)
		value[i] = __builtin_bswap32(value[i]);
}

size_t
memory_host_move(struct memory *memory, const uint32_t *entries, size_t n, bool to_host)
{
	struct hw_segment segment = { 0 };	/* of the page before, as a rule of this one too */
	size_t skipped = 0, moved = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t pfn = le32toh(entries[i]);

		if (pfn - segment.pfn >= segment.npages)
			segment = segment_of(memory, pfn);
		if (segment.npages == 0)
			skipped++;
		else
			moved += to_host ? take(memory, pfn) : give(memory, pfn);
	}
	memory->counts.held += to_host ? moved : -moved;
	return skipped;
}

/* The first n pages of the arena in [from, to) that are not mapped; false: there are none. */
static bool
find_range(const struct memory *memory, size_t from, size_t to, size_t n, size_t *first)
{
	size_t begin = from;

	for (size_t i = from; i < to; i++) {
		if (memory->arena_pfn[i] != 0)
			begin = i + 1;
		else if (i - begin + 1 == n) {
			*first = begin;
			return true;
		}
	}
	return false;
}

/* The range that was unmapped longest ago, or nearly so: the search goes round. */
static bool
next_range(const struct memory *memory, size_t n, size_t *first)
{
	size_t round = 4 * (memory->arena_mapped + n);

	if (round < MEMORY_RESTS_PAGES)
		round = MEMORY_RESTS_PAGES;
	if (round > MEMORY_ARENA_PAGES)
		round = MEMORY_ARENA_PAGES;
	return n > 0 && n <= MEMORY_ARENA_PAGES &&
	    (find_range(memory, memory->arena_next, round, n, first) ||
	    find_range(memory, 0, round, n, first) ||
	    find_range(memory, 0, MEMORY_ARENA_PAGES, n, first));
}

void *
memory_map(struct memory *memory, const uint64_t *pfns, size_t n)
{
	size_t first;
	uint8_t *va;

	if (!next_range(memory, n, &first))
		return NULL;
	va = memory->arena + first * MEMORY_PAGE_SIZE;
	for (size_t i = 0; i < n; i++) {
		memory->arena_pfn[first + i] = pfns[i] + 1;
		memory->page[pfns[i]] = va + i * MEMORY_PAGE_SIZE;
	}
	memory->arena_next = first + n;
	memory->arena_mapped += n;
	if (memory->arena_used < first + n)
		memory->arena_used = first + n;
	memset(va, MEMORY_POISON, n * MEMORY_PAGE_SIZE);
	return va;
}

void
memory_unmap(struct memory *memory, void *va, size_t n)
{
	size_t first = (size_t)((uint8_t *)va - memory->arena) / MEMORY_PAGE_SIZE;

	for (size_t i = first; i < first + n; i++) {
		if (memory->arena_pfn[i] == 0)
			continue;
		memory->page[memory->arena_pfn[i] - 1] = NULL;
		memory->arena_mapped--;
		memory->arena_pfn[i] = 0;
	}
	memset(va, MEMORY_POISON, n * MEMORY_PAGE_SIZE);
}

void
memory_lend(struct memory *memory, void *page, uint64_t pfn)
{
	*vec_add(&memory->lent) = (struct memory_lent){ .pfn = pfn, .page = page };
	memory->page[pfn] = page;
}

uint64_t
memory_phys(const struct memory *memory, const void *va)
{
	uintptr_t offset = (uintptr_t)va & (MEMORY_PAGE_SIZE - 1);
	const uint8_t *page = (const uint8_t *)va - offset;
	size_t index = (size_t)(page - memory->arena) / MEMORY_PAGE_SIZE;

	if (page >= memory->arena && index < MEMORY_ARENA_PAGES)
		return memory->arena_pfn[index] == 0 ? UINT64_MAX :
		    ((memory->arena_pfn[index] - 1) << MEMORY_PAGE_SHIFT) + offset;
	vec_each(lent, &memory->lent)
		if (lent->page == page)
			return (lent->pfn << MEMORY_PAGE_SHIFT) + offset;
	return UINT64_MAX;
}

void *
memory_contents(const struct memory *memory, uint64_t phys)
{
	uint64_t pfn = phys >> MEMORY_PAGE_SHIFT;
	uint8_t *page = pfn < memory->pfn_max ? memory->page[pfn] : NULL;

	return page != NULL ? page + (phys & (MEMORY_PAGE_SIZE - 1)) : NULL;
}

/* Run through [bus, bus + length) page by page; NULL contents mean untouched RAM. */
static bool
dma(const struct memory *memory, uint64_t bus, void *buffer, size_t length, bool to_memory)
{
	uint8_t *p = buffer;

	while (length > 0) {
		uint64_t phys = bus - MEMORY_BUS_OFFSET;
		size_t offset = bus & (MEMORY_PAGE_SIZE - 1);
		size_t part = MEMORY_PAGE_SIZE - offset;
		uint8_t *page;

		if (bus < MEMORY_BUS_OFFSET ||
		    !memory_is_ram(memory, phys >> MEMORY_PAGE_SHIFT))
			return false;
		if (part > length)
			part = length;
		page = memory->page[phys >> MEMORY_PAGE_SHIFT];
		if (to_memory && page != NULL)
			memcpy(page + offset, p, part);
		else if (!to_memory && page != NULL)
			memcpy(p, page + offset, part);
		else if (!to_memory)
			memset(p, 0, part);
		p += part;
		bus += part;
		length -= part;
	}
	return true;
}

bool
memory_dma_read(const struct memory *memory, uint64_t bus, void *to, size_t length)
{
	return dma(memory, bus, to, length, false);
}

bool
memory_dma_write(struct memory *memory, uint64_t bus, const void *from, size_t length)
{
	return dma(memory, bus, (void *)(uintptr_t)from, length, true);
}

void *
memory_table(struct memory *memory, size_t bytes)
{
	uintptr_t where = TABLES_AT;
	void *p;

	assert(memory->tables < sizeof(memory->table) / sizeof(memory->table[0]));
	for (size_t i = 0; i < memory->tables; i++)
		where += (memory->table_bytes[i] + MEMORY_PAGE_SIZE - 1) & -MEMORY_PAGE_SIZE;
	p = regions_take(memory->regions, bytes, where);
	if (p == NULL)
		out_of_memory();
	memory->table[memory->tables] = p;
	memory->table_bytes[memory->tables++] = bytes;
	return p;
}

void
memory_page_structs(struct memory *memory, const void *low, uint64_t pfn, uint64_t n)
{
	/* Links of pages beyond are looked at each time, which costs time and no more. */
	if (memory->runs < MEMORY_STRUCTS_MAX)
		memory->structs[memory->runs++] = (struct memory_structs){
			.low = (uintptr_t)low, .bytes = n << MEMORY_STRUCT_SHIFT,
			.frame = memory->frame + pfn,
		};
}

const struct memory_structs *
memory_structs_at(const struct memory *memory, uintptr_t address)
{
	for (unsigned i = 0; i < memory->runs; i++)
		if (address - memory->structs[i].low < memory->structs[i].bytes)
			return &memory->structs[i];
	return NULL;
}

bool
memory_struct_at(const struct memory *memory, uintptr_t address, uint64_t *pfn)
{
	const struct memory_structs *run = memory_structs_at(memory, address);

	if (run != NULL)
		*pfn = (uint64_t)(run->frame - memory->frame) +
		    ((address - run->low) >> MEMORY_STRUCT_SHIFT);
	return run != NULL;
}
