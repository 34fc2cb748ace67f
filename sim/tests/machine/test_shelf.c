/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/shelf: what one world leaves, the next finds zeroed.
 */
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "bare.h"
#include "machine/shelf.h"
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
	struct shelf shelf = { 0 };
	uint8_t *first, *again;

	first = shelf_take(&shelf, BYTES);
	ck_assert_ptr_nonnull(first);
	memset(first, 0xff, BYTES);
	shelf_give(&shelf, first, BYTES, BYTES);
	/* Another size is another piece. */
	again = shelf_take(&shelf, 2 * BYTES);
	ck_assert_ptr_ne(again, first);
	shelf_give(&shelf, again, 2 * BYTES, 0);
	again = shelf_take(&shelf, BYTES);
	ck_assert_ptr_eq(again, first);
	ck_assert(is_zero(again, BYTES));
	shelf_give(&shelf, again, BYTES, 0);
	shelf_fini(&shelf);
}

TEST(an_address_is_kept_whatever_was_there)
{
	const uintptr_t where = UINT64_C(0x4000000000);
	struct shelf shelf = { 0 };

	for (size_t i = 0; i < 6; i++) {
		/* Large, small, large; the second one begins in the middle of the large one. */
		size_t bytes = i % 2 == 0 ? 4 * BYTES : BYTES;
		uintptr_t at = where + (i % 3 == 1 ? 2 * BYTES : 0);
		uint8_t *memory = shelf_take_at(&shelf, bytes, at);

		ck_assert_uint_eq((uintptr_t)memory, at);
		ck_assert(is_zero(memory, bytes));
		memset(memory, 0xff, bytes);
		shelf_give(&shelf, memory, bytes, bytes);
	}
	shelf_fini(&shelf);
}

TEST(there_need_not_be_a_shelf)
{
	uint8_t *memory = shelf_take(NULL, BYTES);

	ck_assert_ptr_nonnull(memory);
	ck_assert(is_zero(memory, BYTES));
	shelf_give(NULL, memory, BYTES, BYTES);
	shelf_give(NULL, NULL, 0, 0);
}

TEST(a_full_shelf_takes_no_more)
{
	struct shelf shelf = { 0 };
	void *memory[SHELF_PIECES + 1];

	for (unsigned i = 0; i <= SHELF_PIECES; i++)
		memory[i] = shelf_take(&shelf, BYTES);
	for (unsigned i = 0; i <= SHELF_PIECES; i++)
		shelf_give(&shelf, memory[i], BYTES, BYTES);
	ck_assert_uint_eq(shelf.pieces, SHELF_PIECES);
	/* Nor what costs more to zero than to get anew. */
	shelf.pieces--;
	memory[0] = shelf.piece[shelf.pieces].memory;
	shelf_give(&shelf, memory[0], BYTES, SHELF_ZEROED_MAX + 1);
	ck_assert_uint_eq(shelf.pieces, SHELF_PIECES - 1);
	shelf_fini(&shelf);
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
	struct shelf shelf = { 0 };
	uint64_t digest[2];

	bare_config(&config);
	config.shelf = &shelf;
	for (int i = 0; i < 2; i++) {
		struct bare *bare = bare_new(&config);

		bare_run(bare, scribble);
		ck_assert_int_eq(bare->order[0], 'z');
		ck_assert_int_eq(bare->order[1], 'p');
		ck_assert_int_eq(bare->order[2], 'f');
		digest[i] = trace_digest(&bare->world.trace);
		bare_free(bare);
		ck_assert_uint_gt(shelf.pieces, 0);
		ck_assert_uint_gt(shelf.fibers.idle_count, 0);
	}
	ck_assert_uint_eq(digest[0], digest[1]);
	shelf_fini(&shelf);
}

/* ---- of a table by page frames only what was written is zeroed ---- */

#define FRAMES 16384u
#define STRUCT 32u

/* A guest in which frames 5000 and 12000 changed hands; returns its table. */
static uint8_t *
guest_begin(struct memory *memory, struct shelf *shelf)
{
	struct hw_segment segment = { 0, FRAMES };
	uint8_t *table;

	ck_assert(memory_init(memory, shelf, &segment, 1, 0));
	table = memory_table(memory, FRAMES * STRUCT + 4096);
	memory_page_structs(memory, table + 64, 0, FRAMES, STRUCT);
	memory_own(memory, 5000, HW_PAGE_DRIVER);
	memory_host_take(memory, 12000);
	return table;
}

TEST(a_table_by_frames_is_zeroed_where_written)
{
	struct shelf shelf = { 0 };
	struct memory memory;
	uint8_t *table;

	shelf.checks = true;
	for (int i = 0; i < 3; i++) {
		table = guest_begin(&memory, &shelf);
		ck_assert(is_zero(table, FRAMES * STRUCT + 4096));
		ck_assert(is_zero(memory.frame, 5000));
		memset(table + 64 + 5000 * STRUCT, 0xee, STRUCT);
		memset(table + 64 + 12000 * STRUCT, 0xee, STRUCT);
		memset(table, 0xee, 64);
		memset(table + 64 + FRAMES * STRUCT, 0xee, 4096 - 64);
		memory_near(&memory, (uintptr_t)table + 64 + 9000 * STRUCT + 31);
		table[64 + 9000 * STRUCT + 31] = 0xee;
		memory_near(&memory, (uintptr_t)table);		/* no structure: ignored */
		memory_near(&memory, (uintptr_t)&shelf);
		memory_fini(&memory);
	}
	shelf_fini(&shelf);
}

TEST(a_shelf_that_checks_sees_what_was_not_told)
{
	struct shelf shelf = { 0 };
	struct memory memory;
	int status;
	pid_t pid;

	shelf.checks = true;
	stderr_keep();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		guest_begin(&memory, &shelf)[64 + 9000 * STRUCT] = 0xee;
		memory_fini(&memory);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	stderr_kept_has("internal error: memory of the pool is not all zero");
	shelf_fini(&shelf);
}

SUITE(machine_shelf_suite, "machine_shelf")
