/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/memory: frames, owners, contents, DMA.
 */
#include <string.h>

#include "machine/memory.h"
#include "tests/suite.h"

#define PAGE MEMORY_PAGE_SIZE
#define BUS(pfn) (((uint64_t)(pfn) << MEMORY_PAGE_SHIFT) + MEMORY_BUS_OFFSET)

static const struct hw_segment two[] = { { 16, 64 }, { 1000, 8 } };
static struct memory memory;

static void
begin(void)
{
	ck_assert(memory_init(&memory, NULL, two, 2, 4));
}

static void
end(void)
{
	memory_fini(&memory);
}

TEST(ram_is_what_the_segments_say)
{
	ck_assert(!memory_is_ram(&memory, 0));
	ck_assert(!memory_is_ram(&memory, 15));
	ck_assert(memory_is_ram(&memory, 16));
	ck_assert(memory_is_ram(&memory, 79));
	ck_assert(!memory_is_ram(&memory, 80));
	ck_assert(!memory_is_ram(&memory, 999));
	ck_assert(memory_is_ram(&memory, 1007));
	ck_assert(!memory_is_ram(&memory, 1008));
	ck_assert(!memory_is_ram(&memory, UINT64_MAX));
	ck_assert_uint_eq(memory.counts.total, 72);
	ck_assert_uint_eq(memory.counts.free, 72);
}

TEST(owners_of_many_are_counted_together)
{
	/* The last is named twice; the second time it has no other owner. */
	static const uint64_t pfns[] = { 16, 17, 1000, 18, 18 };
	const struct memory_counts *c = &memory.counts;

	memory_own(&memory, 16, HW_PAGE_KERNEL);
	memory_own(&memory, 17, HW_PAGE_OTHERS);
	ck_assert_uint_eq(c->kernel, 1);
	ck_assert_uint_eq(c->others, 1);
	memory_own_all(&memory, pfns, 5, HW_PAGE_DRIVER);
	ck_assert_int_eq(memory_owner(&memory, 1000), HW_PAGE_DRIVER);
	ck_assert_uint_eq(c->driver, 4);
	ck_assert_uint_eq(c->kernel + c->others, 0);
	ck_assert_uint_eq(c->free, 68);
	memory_own_all(&memory, pfns, 5, HW_PAGE_FREE);
	ck_assert_uint_eq(c->driver, 0);
	ck_assert_uint_eq(c->free, 72);
	memory_own_all(&memory, pfns, 0, HW_PAGE_DRIVER);
	ck_assert_uint_eq(c->free, 72);
}

TEST(requests_move_pages_to_the_host_and_back)
{
	/* No memory; in use; one named twice. */
	uint32_t entries[] = { 16, 80, 17, 17 };
	const struct memory_counts *c = &memory.counts;

	memory_own(&memory, 17, HW_PAGE_KERNEL);
	ck_assert_uint_eq(memory_host_move(&memory, entries, 4, true), 1);
	ck_assert(memory_host_has(&memory, 16) && memory_host_has(&memory, 17));
	ck_assert_uint_eq(c->held, 2);
	ck_assert_uint_eq(c->discarded_in_use, 2);
	ck_assert_uint_eq(memory_host_move(&memory, entries, 4, false), 1);
	ck_assert_uint_eq(c->held, 0);
	ck_assert(!memory_host_has(&memory, 17));
}

/* What the host takes it has, whoever owns it; twice is once. */
TEST(the_host_takes_and_gives)
{
	memory_own(&memory, 20, HW_PAGE_DRIVER);
	memory_host_take(&memory, 20);
	memory_host_take(&memory, 20);
	memory_host_take(&memory, 1000);
	ck_assert_uint_eq(memory.counts.held, 2);
	ck_assert(memory_host_has(&memory, 20));
	ck_assert_int_eq(memory_owner(&memory, 20), HW_PAGE_DRIVER);
	memory_own(&memory, 20, HW_PAGE_FREE);
	ck_assert(memory_host_has(&memory, 20));
	ck_assert_uint_eq(memory.counts.discarded_in_use, 0);
	memory_host_give(&memory, 20);
	memory_host_give(&memory, 20);
	ck_assert_uint_eq(memory.counts.held, 1);
	ck_assert(!memory_host_has(&memory, 20));
}

TEST(discarding_memory_in_use_loses_its_contents)
{
	uint64_t pfn = 30;
	uint8_t *va;

	memory_own(&memory, pfn, HW_PAGE_KERNEL);
	va = memory_map(&memory, &pfn, 1);
	memset(va, 0x77, PAGE);
	memory_host_take(&memory, pfn);
	ck_assert_uint_eq(memory.counts.discarded_in_use, 1);
	ck_assert_uint_eq(va[0], 0);
	ck_assert_uint_eq(va[PAGE - 1], 0);
	memory_own(&memory, 31, HW_PAGE_OTHERS);
	memory_host_take(&memory, 31);
	ck_assert_uint_eq(memory.counts.discarded_in_use, 2);
	memory_own(&memory, 32, HW_PAGE_DRIVER);
	memory_host_take(&memory, 32);
	ck_assert_uint_eq(memory.counts.discarded_in_use, 2);
}

/* Frames in any order are one range of addresses. */
TEST(maps_are_contiguous_and_poisoned)
{
	static const uint64_t pfns[] = { 1003, 17, 50 };
	uint8_t *va = memory_map(&memory, pfns, 3);

	for (size_t i = 0; i < 3 * PAGE; i += 100)
		ck_assert_uint_eq(va[i], MEMORY_POISON);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(memory_phys(&memory, va + i * PAGE + 5),
		    (pfns[i] << MEMORY_PAGE_SHIFT) + 5);
	ck_assert_uint_eq(memory_phys(&memory, va - 1), UINT64_MAX);
	ck_assert_uint_eq(memory_phys(&memory, va + 3 * PAGE), UINT64_MAX);
	ck_assert_uint_eq(memory_phys(&memory, NULL), UINT64_MAX);
	memory_unmap(&memory, va, 3);
	ck_assert_uint_eq(memory_phys(&memory, va), UINT64_MAX);
	/* The address range does not come again soon. */
	ck_assert_ptr_ne(memory_map(&memory, pfns, 3), va);
}

/* A loop that maps and unmaps goes round, and no earlier than promised. */
TEST(addresses_come_again_after_a_rest)
{
	static const uint64_t pfns[] = { 20, 21, 22 };
	uint8_t *first = memory_map(&memory, pfns, 3), *va = NULL;
	unsigned rounds = 0;

	memory_unmap(&memory, first, 3);
	while (va != first) {
		va = memory_map(&memory, pfns, 3);
		ck_assert_ptr_nonnull(va);
		ck_assert_uint_eq(memory_phys(&memory, va + PAGE), UINT64_C(21) * PAGE);
		memory_unmap(&memory, va, 3);
		ck_assert_uint_le(++rounds, MEMORY_RESTS_PAGES);
	}
	ck_assert_uint_ge(3 * rounds, MEMORY_RESTS_PAGES - 3);
	ck_assert_uint_le(memory.arena_used, MEMORY_RESTS_PAGES);
}

/* What is mapped is never given out twice, and the end is NULL. */
TEST(addresses_end)
{
	static uint64_t pfns[MEMORY_ARENA_PAGES];
	uint8_t *odd, *half;

	for (size_t i = 0; i < MEMORY_ARENA_PAGES; i++)
		pfns[i] = 16 + i % 64;
	odd = memory_map(&memory, pfns, 1);
	ck_assert_ptr_null(memory_map(&memory, pfns, MEMORY_ARENA_PAGES));
	ck_assert_ptr_null(memory_map(&memory, pfns, SIZE_MAX));
	half = memory_map(&memory, pfns, MEMORY_ARENA_PAGES / 2);
	ck_assert_ptr_nonnull(half);
	ck_assert_ptr_null(memory_map(&memory, pfns, MEMORY_ARENA_PAGES / 2));
	memory_unmap(&memory, odd, 1);
	memory_unmap(&memory, half, MEMORY_ARENA_PAGES / 2);
	ck_assert_uint_eq(memory.arena_mapped, 0);
	ck_assert_ptr_nonnull(memory_map(&memory, pfns, MEMORY_ARENA_PAGES));
}

/* A transfer over three frames that lie apart. */
TEST(dma_goes_by_frame)
{
	static const uint64_t pfns[] = { 40, 42, 41 };
	uint8_t *va = memory_map(&memory, pfns, 3);
	uint8_t buffer[3 * PAGE];

	memset(va, 1, PAGE);
	memset(va + PAGE, 2, PAGE);		/* frame 42 */
	memset(va + 2 * PAGE, 3, PAGE);		/* frame 41 */
	ck_assert(memory_dma_read(&memory, BUS(40) + 10, buffer, 2 * PAGE));
	ck_assert_uint_eq(buffer[PAGE - 11], 1);
	ck_assert_uint_eq(buffer[PAGE - 10], 3);
	ck_assert_uint_eq(buffer[2 * PAGE - 11], 3);
	ck_assert_uint_eq(buffer[2 * PAGE - 10], 2);
	memset(buffer, 9, sizeof(buffer));
	ck_assert(memory_dma_write(&memory, BUS(41) - 2, buffer, 4));
	ck_assert_uint_eq(va[PAGE - 3], 1);
	ck_assert_uint_eq(va[PAGE - 2], 9);
	ck_assert_uint_eq(va[2 * PAGE + 1], 9);
	ck_assert_uint_eq(va[2 * PAGE + 2], 3);
}

TEST(untouched_ram_reads_as_zero)
{
	uint8_t buffer[16];

	memset(buffer, 1, sizeof(buffer));
	ck_assert(memory_dma_read(&memory, BUS(60), buffer, sizeof(buffer)));
	for (size_t i = 0; i < sizeof(buffer); i++)
		ck_assert_uint_eq(buffer[i], 0);
	ck_assert(memory_dma_write(&memory, BUS(60), buffer, sizeof(buffer)));
}

TEST(dma_outside_of_ram_fails)
{
	uint8_t buffer[2 * PAGE];
	uint64_t pfn = 79;
	uint8_t *va = memory_map(&memory, &pfn, 1);

	va[PAGE - 1] = 5;
	/* A physical address is no bus address. */
	ck_assert(!memory_dma_read(&memory, 20 << MEMORY_PAGE_SHIFT, buffer, 4));
	ck_assert(!memory_dma_read(&memory, BUS(15), buffer, 4));
	ck_assert(!memory_dma_read(&memory, BUS(80), buffer, 4));
	ck_assert(!memory_dma_read(&memory, UINT64_MAX, buffer, 4));
	ck_assert(!memory_dma_read(&memory, BUS(80) - 1, buffer, 2));
	ck_assert_uint_eq(buffer[0], 5);
	buffer[0] = 6;
	ck_assert(!memory_dma_write(&memory, BUS(80) - 1, buffer, 2));
	ck_assert_uint_eq(va[PAGE - 1], 6);
	ck_assert(memory_dma_read(&memory, BUS(80), buffer, 0));
}

/* Host memory that was given a frame is that frame's contents. */
TEST(lent_memory_is_reached_by_dma)
{
	static uint8_t page[4 * 4096] __attribute__((aligned(4096)));
	uint8_t byte = 0;

	page[7] = 0x42;
	ck_assert_uint_eq(memory_phys(&memory, page), UINT64_MAX);
	memory_lend(&memory, page, 33);
	ck_assert_uint_eq(memory_phys(&memory, page + 7),
	    (UINT64_C(33) << MEMORY_PAGE_SHIFT) + 7);
	ck_assert(memory_dma_read(&memory, BUS(33) + 7, &byte, 1));
	ck_assert_uint_eq(byte, 0x42);
	for (uint64_t i = 0; i < 1000; i++)
		memory_lend(&memory, page + 4096 * (i % 4), 16 + i % 64);
	ck_assert_uint_eq(memory_phys(&memory, page), UINT64_C(33) << MEMORY_PAGE_SHIFT);
}

/* A terabyte costs nothing until it is used; the last frame is as good as the first. */
TEST(large_memory_is_cheap)
{
	const struct hw_segment large = { 0, UINT64_C(1) << 28 };
	struct memory big;
	uint64_t last = (UINT64_C(1) << 28) - 1;
	uint8_t byte = 1;

	ck_assert(memory_init(&big, NULL, &large, 1, 0));
	memory_own(&big, last, HW_PAGE_OTHERS);
	ck_assert_int_eq(memory_owner(&big, last), HW_PAGE_OTHERS);
	ck_assert(memory_dma_read(&big, BUS(last) + PAGE - 1, &byte, 1));
	ck_assert_uint_eq(byte, 0);
	memory_fini(&big);
}

TEST(tables_are_zero)
{
	const uint8_t *table = memory_table(&memory, 100000);

	for (size_t i = 0; i < 100000; i++)
		ck_assert_uint_eq(table[i], 0);
}

SUITE(machine_memory, .setup = begin, .teardown = end)
