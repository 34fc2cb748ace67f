/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/uvm_page.c and uvm_pglist.c: what becomes of pages.
 */

#include "pages.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	/* The link of a freed page reads as something, and following it is fatal. */
	RUN(pglist_link_after_free, .in = { 3 * PAGE, 0, ANYWHERE }, .order = "rn",
	    .how = WORLD_CRASH, .ends = "wild or stale pointer"),
	RUN(pglist_free_twice, .in = { PAGE, 0, ANYWHERE }, PANICS("PG_FREE")),
	RUN(pglist_free_twice_relinked, .in = { PAGE, 0, ANYWHERE }, PANICS("PG_FREE")),
	RUN(pglist_free_empty, .order = "f"),
	/* A list that lost its middle. */
	RUN(pglist_mixed_lists, .in = { 4 * PAGE, 0, ANYWHERE }, PANICS("TAILQ_REMOVE")),
	/* In phys_addr stands the free list, too: FIRST16. */
	RUN(pglist_raw_address, .in = { PAGE, 0, ANYWHERE },
	    OUT_FROM(2, 16 * PAGE + 5, 16 * PAGE, 1, 0)),
	/* What was on the list is forgotten, not freed. */
	RUN(pglist_dirty_head, .in = { 2 * PAGE, 0, ANYWHERE }, OUT_FROM(8, 18, 19)),
};

PAGES_ROWS(one_fragment, rows)

TEST(lie17_freeing_twice_without_diagnostic_is_only_recorded)
{
	KRIG(rig) = KRIG_WITH(options.config.diagnostic = false);

	ask(rig, 1, ANYWHERE, false);
	krig_run_well(rig, frag_pglist_free_twice_relinked);
	krig_assert_order(rig, "r!");
	ck_assert_uint_eq(krig_count(rig, EV_PAGES, HW_PAGE_FREE), 2);
	/* And the account is not wrong for it: all free but page 0. */
	ck_assert_uint_eq(counts(rig)->free, KRIG_PAGES - 1);
}

TEST(lie17_freed_pages_go_to_others_at_once)
{
	KRIG(rig) = rig_of(32);

	ask(rig, 4, ANYWHERE, false);
	krig_run(rig, frag_pglist_alloc_free);
	ck_assert_int_eq(memory_owner(&rig->world.memory, 16), HW_PAGE_FREE);
	ck_assert_int_eq(kern_others(4), 4);
	for (uint64_t pfn = 16; pfn < 20; pfn++)
		ck_assert_int_eq(memory_owner(&rig->world.memory, pfn), HW_PAGE_OTHERS);
}

TEST(large_requests_take_every_page_once)
{
	KRIG(rig) = KRIG_WITH(options.config.segment[0] = (struct hw_segment){ 5000, 5000 });

	ask(rig, 4500, ANYWHERE, false);
	krig_run(rig, frag_pglist_sum);
	krig_assert_out(rig, 0, 4500, 5000, 9499, 1);
	ck_assert_uint_eq(counts(rig)->driver, 4500);
}

SUITE(uvm_page)
