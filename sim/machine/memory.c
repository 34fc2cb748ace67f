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
#include "base/vec.h"

#define OWNER_MASK MEMORY_OWNER_MASK
#define HOST_HAS MEMORY_HOST_HAS
#define GROUP (UINT64_C(1) << MEMORY_GROUP_SHIFT)
#define BACK_MIN 512			/* entries; a power of two */
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
memory_init(struct memory *memory, struct shelf *shelf, const struct hw_segment *segments,
    unsigned n, uint64_t reserve)
{
	memset(memory, 0, sizeof(*memory));
	memory->shelf = shelf;
	assert(n > 0 && n <= MEMORY_SEGMENTS_MAX);
	memcpy(memory->segment, segments, n * sizeof(segments[0]));
	memory->segments = n;
	memory->reserve = reserve;
	for (unsigned i = 0; i < n; i++)
		memory->counts.total += segments[i].npages;
	memory->counts.free = memory->counts.total;
	memory->pfn_max = segments[n - 1].pfn + segments[n - 1].npages;
	memory->frame = shelf_take(shelf, memory->pfn_max);
	memory->arena = shelf_take_at(shelf, ARENA_BYTES, ARENA_AT);
	memory->arena_pfn = shelf_take(shelf, PFNS_BYTES);
	memory->tag = shelf_take(shelf, TAGS_BYTES);
	memory->where = shelf_take_stale(shelf, WHERE_BYTES);
	memory->groups = (memory->pfn_max >> MEMORY_GROUP_SHIFT) + 1;
	memory->near = shelf_take(shelf, memory->groups);
	if (memory->frame == NULL || memory->arena == NULL || memory->tag == NULL ||
	    memory->near == NULL || memory->where == NULL || memory->arena_pfn == NULL) {
		memory_fini(memory);
		return false;
	}
	return true;
}

/* ---- handing host memory on ---- */

static uint64_t
lower(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The first group from `group` on that somebody came near, or `end`. */
static uint64_t
next_near(const struct memory *memory, uint64_t group, uint64_t end)
{
	while (group < end && memory->near[group] == 0) {
		uint64_t eight;

		if (group % sizeof(eight) == 0 && group + sizeof(eight) <= end) {
			memcpy(&eight, &memory->near[group], sizeof(eight));
			group += eight == 0 ? sizeof(eight) : 1;
		} else {
			group++;
		}
	}
	return group;
}

/* Zero what belongs to frames [pfn, pfn + n) and may have been written. */
static void
zero_near(const struct memory *memory, uint8_t *low, uint64_t pfn, uint64_t n, size_t size)
{
	uint64_t end = ((pfn + n - 1) >> MEMORY_GROUP_SHIFT) + 1, group;

	for (group = next_near(memory, pfn >> MEMORY_GROUP_SHIFT, end); group < end;
	    group = next_near(memory, group + 1, end)) {
		uint64_t first = group * GROUP, last = lower(first + GROUP, pfn + n);

		if (first < pfn)
			first = pfn;
		memset(low + (first - pfn) * size, 0, (last - first) * size);
	}
}

/* Can the groups be trusted to tell what little of so many bytes was written? */
static bool
is_worth_a_look(const struct memory *memory)
{
	uint64_t near = 0;

	for (uint64_t group = next_near(memory, 0, memory->groups); group < memory->groups;
	    group = next_near(memory, group + 1, memory->groups))
		if (++near * GROUP > SHELF_FRAMES_MAX)
			return false;
	return true;
}

/* Bytes of a table that are not structures of frames. */
static size_t
others_in(const struct memory *memory, const uint8_t *table, size_t bytes)
{
	size_t others = bytes;

	for (unsigned i = 0; i < memory->runs; i++)
		if ((uintptr_t)memory->structs[i].low - (uintptr_t)table < bytes)
			others -= memory->structs[i].n * memory->structs[i].size;
	return others;
}

static void
give_table(struct memory *memory, uint8_t *table, size_t bytes, bool look)
{
	uint8_t *at = table;

	if (!look || others_in(memory, table, bytes) > SHELF_ZEROED_MAX) {
		shelf_give(memory->shelf, table, bytes, bytes);
		return;
	}
	for (unsigned i = 0; i < memory->runs; i++) {
		const struct memory_structs *run = &memory->structs[i];

		/* They are in order. */
		if ((uintptr_t)run->low - (uintptr_t)table >= bytes)
			continue;
		memset(at, 0, (size_t)(run->low - at));
		zero_near(memory, run->low, run->pfn, run->n, run->size);
		at = run->low + run->n * run->size;
	}
	memset(at, 0, (size_t)(table + bytes - at));
	shelf_give(memory->shelf, table, bytes, 0);
}

void
memory_fini(struct memory *memory)
{
	struct shelf *shelf = memory->shelf;
	bool look = shelf != NULL && memory->near != NULL && is_worth_a_look(memory);

	if (look)
		zero_near(memory, memory->frame, 0, memory->pfn_max, 1);
	shelf_give(shelf, memory->frame, memory->pfn_max, look ? 0 : memory->pfn_max);
	shelf_give(shelf, memory->arena, ARENA_BYTES, memory->arena_used * MEMORY_PAGE_SIZE);
	shelf_give(shelf, memory->arena_pfn, PFNS_BYTES,
	    memory->arena_used * sizeof(memory->arena_pfn[0]));
	shelf_give(shelf, memory->tag, TAGS_BYTES,
	    TAGS_OF(memory->arena_used * MEMORY_PAGE_SIZE));
	/* What it says counts only beside a tag. */
	shelf_give_stale(shelf, memory->where, WHERE_BYTES);
	for (size_t i = 0; i < memory->tables; i++)
		give_table(memory, memory->table[i], memory->table_bytes[i], look);
	shelf_give(shelf, memory->near, memory->groups, memory->groups);
	free(memory->back);
	free(memory->lent);
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

static inline void
come_near(struct memory *memory, uint64_t pfn)
{
	memory->near[pfn >> MEMORY_GROUP_SHIFT] = 1;
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
			come_near(memory, pfns[i]);
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

/* Where a frame's contents are kept: open addressing, keyed by pfn + 1, never full. */
static size_t
back_index(const struct memory *memory, uint64_t pfn)
{
	size_t mask = memory->back_max - 1;

	for (size_t i = pfn;; i++) {
		const struct memory_back *back = &memory->back[i & mask];

		if (back->pfn == pfn + 1 || back->pfn == 0)
			return i & mask;
	}
}

/* Room for one more, without those that have no contents any more. */
static void
back_grow(struct memory *memory)
{
	struct memory_back *old = memory->back;
	size_t old_max = memory->back_max, live = 0;

	for (size_t i = 0; i < old_max; i++)
		live += old[i].page != NULL;
	memory->back_max = BACK_MIN;
	while (memory->back_max < 4 * (live + 1))
		memory->back_max *= 2;
	memory->back = calloc(memory->back_max, sizeof(memory->back[0]));
	if (memory->back == NULL)
		out_of_memory();
	memory->backs = live;
	for (size_t i = 0; i < old_max; i++)
		if (old[i].page != NULL)
			memory->back[back_index(memory, old[i].pfn - 1)] = old[i];
	free(old);
}

static void
back_set(struct memory *memory, uint64_t pfn, uint8_t *page)
{
	struct memory_back *back;

	if (2 * (memory->backs + 1) > memory->back_max)
		back_grow(memory);
	back = &memory->back[back_index(memory, pfn)];
	memory->backs += back->pfn == 0;
	back->pfn = pfn + 1;
	back->page = page;
}

static uint8_t *
contents(const struct memory *memory, uint64_t pfn)
{
	return memory->back_max == 0 ? NULL : memory->back[back_index(memory, pfn)].page;
}

/* What a discarded page holds when the guest looks again: zeroes. */
static void
discard_in_use(struct memory *memory, uint64_t pfn)
{
	uint8_t *page = contents(memory, pfn);

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
	come_near(memory, pfn);
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
		back_set(memory, pfns[i], va + i * MEMORY_PAGE_SIZE);
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
		back_set(memory, memory->arena_pfn[i] - 1, NULL);
		memory->arena_mapped--;
		memory->arena_pfn[i] = 0;
	}
	memset(va, MEMORY_POISON, n * MEMORY_PAGE_SIZE);
}

void
memory_lend(struct memory *memory, void *page, uint64_t pfn)
{
	memory->lent = vec_room(memory->lent, memory->lents, &memory->lents_max, 1,
	    sizeof(memory->lent[0]));
	memory->lent[memory->lents++] = (struct memory_back){ .pfn = pfn + 1, .page = page };
	back_set(memory, pfn, page);
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
	for (size_t i = 0; i < memory->lents; i++)
		if (memory->lent[i].page == page)
			return ((memory->lent[i].pfn - 1) << MEMORY_PAGE_SHIFT) + offset;
	return UINT64_MAX;
}

void *
memory_contents(const struct memory *memory, uint64_t phys)
{
	uint8_t *page = contents(memory, phys >> MEMORY_PAGE_SHIFT);

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
		page = contents(memory, phys >> MEMORY_PAGE_SHIFT);
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
	p = shelf_take_at(memory->shelf, bytes, where);
	if (p == NULL)
		out_of_memory();
	memory->table[memory->tables] = p;
	memory->table_bytes[memory->tables++] = bytes;
	return p;
}

void
memory_page_structs(struct memory *memory, const void *low, uint64_t pfn, uint64_t n,
    size_t size)
{
	/* Those beyond are zeroed with the rest of their table. */
	if (memory->runs < MEMORY_STRUCTS_MAX)
		memory->structs[memory->runs++] = (struct memory_structs){
			.low = (uint8_t *)(uintptr_t)low, .pfn = pfn, .n = n, .size = size,
		};
}

void
memory_near(struct memory *memory, uintptr_t address)
{
	for (unsigned i = 0; i < memory->runs; i++) {
		const struct memory_structs *run = &memory->structs[i];
		uintptr_t offset = address - (uintptr_t)run->low;

		if (offset < run->n * run->size)
			come_near(memory, run->pfn + offset / run->size);
	}
}
