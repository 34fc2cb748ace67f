/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/regions: what one world leaves, the next finds zeroed.
 */
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "bare.h"
#include "machine/regions.h"
#include "tests/stderr.h"
#include "tests/suite.h"

#define BYTES ((size_t)64 << 10)

static bool
is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

TEST(what_is_given_comes_back_zeroed)
{
	struct regions regions = { 0 };
	uint8_t *first, *again;

	first = regions_take(&regions, BYTES, 0);
	ck_assert_ptr_nonnull(first);
	memset(first, 0xff, BYTES);
	regions_give(&regions, first, BYTES, BYTES);
	/* Another size is another piece. */
	again = regions_take(&regions, 2 * BYTES, 0);
	ck_assert_ptr_ne(again, first);
	regions_give(&regions, again, 2 * BYTES, 0);
	again = regions_take(&regions, BYTES, 0);
	ck_assert_ptr_eq(again, first);
	ck_assert(is_zero(again, BYTES));
	regions_give(&regions, again, BYTES, 0);
	regions_fini(&regions);
}

TEST(an_address_is_kept_whatever_was_there)
{
	const uintptr_t where = UINT64_C(0x4000000000);
	struct regions regions = { 0 };

	for (size_t i = 0; i < 6; i++) {
		/* Large, small, large; the second one begins in the middle of the large one. */
		size_t bytes = i % 2 == 0 ? 4 * BYTES : BYTES;
		uintptr_t at = where + (i % 3 == 1 ? 2 * BYTES : 0);
		uint8_t *memory = regions_take(&regions, bytes, at);

		ck_assert_uint_eq((uintptr_t)memory, at);
		ck_assert(is_zero(memory, bytes));
		memset(memory, 0xff, bytes);
		regions_give(&regions, memory, bytes, bytes);
	}
	regions_fini(&regions);
}

TEST(there_need_not_be_a_pool)
{
	uint8_t *memory = regions_take(NULL, BYTES, 0);

	ck_assert_ptr_nonnull(memory);
	ck_assert(is_zero(memory, BYTES));
	regions_give(NULL, memory, BYTES, BYTES);
	regions_give(NULL, NULL, 0, 0);
}

TEST(a_full_pool_takes_no_more)
{
	struct regions regions = { 0 };
	void *memory[REGIONS_MAX + 1];

	for (unsigned i = 0; i <= REGIONS_MAX; i++)
		memory[i] = regions_take(&regions, BYTES, 0);
	for (unsigned i = 0; i <= REGIONS_MAX; i++)
		regions_give(&regions, memory[i], BYTES, BYTES);
	ck_assert_uint_eq(regions.count, REGIONS_MAX);
	/* Nor what costs more to zero than to get anew. */
	regions.count--;
	memory[0] = regions.region[regions.count].memory;
	regions_give(&regions, memory[0], BYTES, REGIONS_ZEROED_MAX + 1);
	ck_assert_uint_eq(regions.count, REGIONS_MAX - 1);
	regions_fini(&regions);
}

static void
scribble(void *arg)
{
	struct bare *bare = arg;
	uint64_t pfns[2] = { 1, 2 };
	uint8_t *table = hw_table(BYTES), *page = hw_map(pfns, 2);
	volatile uint8_t stack[256];

	bare_mark(bare, is_zero(table, BYTES) ? 'z' : 'd');
	bare_mark(bare, page[0] == MEMORY_POISON && page[8191] == MEMORY_POISON ? 'p' : 'd');
	bare_mark(bare, memory_owner(&bare->world.memory, 1) == HW_PAGE_FREE ? 'f' : 'd');
	memset(table, 0xee, BYTES);
	memset(page, 0xee, 8192);
	hw_pages(HW_PAGE_DRIVER, pfns, 2);
	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = 0xee;
}

TEST(worlds_one_after_the_other_are_alike)
{
	struct world_config config;
	struct regions regions = { 0 };
	uint64_t digest[2];

	bare_config(&config);
	config.regions = &regions;
	for (int i = 0; i < 2; i++) {
		struct bare *bare = bare_new(&config);

		bare_run(bare, scribble);
		ck_assert_int_eq(bare->order[0], 'z');
		ck_assert_int_eq(bare->order[1], 'p');
		ck_assert_int_eq(bare->order[2], 'f');
		digest[i] = trace_digest(&bare->world.trace);
		bare_free(bare);
		ck_assert_uint_gt(regions.count, 0);
		ck_assert_uint_gt(regions.fibers.idle_count, 0);
	}
	ck_assert_uint_eq(digest[0], digest[1]);
	regions_fini(&regions);
}

/* ---- what lies there is zero ---- */

TEST(frames_with_contents_are_forgotten)
{
	static uint8_t page[MEMORY_PAGE_SIZE] __attribute__((aligned(MEMORY_PAGE_SIZE)));
	struct hw_segment segment = { 0, 16384 };
	struct regions regions = { .checks = true };
	uint64_t pfns[] = { 5000, 12000, 7 };
	struct memory memory;
	void *va;

	for (int i = 0; i < 3; i++) {
		ck_assert(memory_init(&memory, &regions, &segment, 1, 0));
		ck_assert_ptr_null(memory_contents(&memory, UINT64_C(12000) << MEMORY_PAGE_SHIFT));
		va = memory_map(&memory, pfns, 3);
		memory_unmap(&memory, va, 1);
		memory_lend(&memory, page, 9000);
		memory_own(&memory, 5000, HW_PAGE_DRIVER);
		memory_host_take(&memory, 12000);
		memset(memory_table(&memory, BYTES), 0xee, BYTES);
		memory_fini(&memory);
	}
	regions_fini(&regions);
}

TEST(a_pool_that_checks_sees_what_was_not_told)
{
	struct regions regions = { .checks = true };
	uint8_t *memory;
	int status;
	pid_t pid;

	stderr_keep();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		memory = regions_take(&regions, BYTES, 0);
		memory[9000] = 0xee;
		regions_give(&regions, memory, BYTES, 9000);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	stderr_kept_has("internal error: memory of the pool is not all zero");
}

SUITE(machine_regions)
