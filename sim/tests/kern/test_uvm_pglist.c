/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/uvm_pglist.c, uvm_pdaemon.c and uvm_others.c: uvm_pglistalloc(9).
 */
#include <string.h>

#include "pages.h"
#include "tests/suite.h"

#define HIGH_PFN 0x100000		/* 4 GiB */

/* Small memory of two segments, low at `low`, high at 4 GiB. */
static struct krig *
two_segments(uint64_t low, uint64_t low_pages, uint64_t high_pages)
{
	return KRIG_WITH(options.config.segments = 2,
	    options.config.segment[0] = (struct hw_segment){ low, low_pages },
	    options.config.segment[1] = (struct hw_segment){ HIGH_PFN, high_pages },
	    options.config.reserve_pages = 2);
}

static void
alloc(struct krig *rig, int64_t pages, int64_t high, bool waitok)
{
	ask(rig, pages, high, waitok);
	krig_run(rig, frag_pglist_alloc);
}

static const struct krig_row rows[] = {
	/* The lower limit is inclusive. */
	RUN(pglist_alloc, .in = { 2 * PAGE, 20 * PAGE, ANYWHERE }, OUT_FROM(8, 20, 21)),
	/* No memory in range, whether it may wait or not. */
	RUN(pglist_alloc, .in = { PAGE, 0, 16 * PAGE }, OUT(K_EINVAL)),
	RUN(pglist_alloc, .in = { PAGE, 0, 16 * PAGE, [6] = 1 }, OUT(K_EINVAL)),
	/* The size is rounded up to pages. */
	RUN(pglist_alloc, .in = { PAGE + 1, 0, ANYWHERE }, OUT(0, 2)),
	/* No boundary below the size, no alignment or boundary that is no power of two. */
	RUN(pglist_alloc, .in = { 4 * PAGE, 0, ANYWHERE, [4] = 2 * PAGE }, OUT(K_EINVAL)),
	RUN(pglist_alloc, .in = { PAGE, 0, ANYWHERE, 3 * PAGE }, PANICS("alignment - 1")),
	RUN(pglist_alloc, .in = { PAGE, 0, ANYWHERE, [4] = 3 * PAGE }, PANICS("boundary - 1")),
	RUN(pglist_alloc, .in = { PAGE, 0, ANYWHERE, [6] = 1 }, OUT(K_ENOMEM),
	    .fault = "uvm_pglistalloc.enomem"),
	RUN(pglist_alloc, .in = { PAGE, 0, ANYWHERE, [6] = 1 }, OUT(K_EINVAL),
	    .fault = "uvm_pglistalloc.einval"),
	RUN(pglist_spin_held, .in = { 40 * PAGE, 0, ANYWHERE, [6] = 1 },
	    PANICS("block with spin-mutex held")),
};

PAGES_ROWS(one_fragment, rows)

/* ---- order ---- */

static const struct {
	struct hw_segment segment[2];
	int64_t frames[8];		/* of one request for as many; ends with 0 */
} orders[] = {
	/* Higher memory comes first. */
	{ { { 16, 64 }, { HIGH_PFN, 3 } }, { HIGH_PFN, HIGH_PFN + 1, HIGH_PFN + 2, 16, 17 } },
	/* Within a free list the smallest segment: they lie in a biggest-first array. */
	{ { { 5000, 2 }, { 6000, 64 } }, { 5000, 5001, 6000 } },
	/* One across 16 MiB, frame 4096, is two of the kernel: FIRST1G before FIRST16. */
	{ { { 4090, 12 } }, { 4096, 4097, 4098, 4099, 4100, 4101, 4090 } },
	/* Page 0 is the BIOS's. */
	{ { { 0, 64 } }, { 1 } },
};

TEST_EACH(memory_comes_in_this_order, orders)
{
	int64_t n = 0;
	KRIG(rig) = KRIG_WITH(options.config.reserve_pages = 2,
	    options.config.segment[0] = orders[_i].segment[0],
	    options.config.segment[1] = orders[_i].segment[1],
	    options.config.segments = orders[_i].segment[1].npages > 0 ? 2 : 1);

	while (orders[_i].frames[n] != 0)
		n++;
	alloc(rig, n, ANYWHERE, false);
	krig_assert_out(rig, 0, n);
	for (int64_t i = 0; i < n; i++)
		ck_assert_int_eq(rig->frag.out[8 + i], orders[_i].frames[i]);
}

TEST(lie11_freed_pages_are_not_reused_at_once)
{
	KRIG(rig) = rig_of(16);

	ask(rig, 5, ANYWHERE, false);
	krig_run(rig, frag_pglist_alloc_free);
	assert_frames(rig, 16, 17, 18, 19, 20);
	krig_run(rig, frag_pglist_alloc_free);
	assert_frames(rig, 21, 22, 23, 24, 25);
	ask(rig, 8, ANYWHERE, false);
	krig_run(rig, frag_pglist_alloc_free);
	/* Once around: the list is ascending within a run only. */
	assert_frames(rig, 26, 27, 28, 29, 30, 31, 16, 17);
}

/* ---- limits ---- */

PAGES_TEST(lie09_high_is_exclusive)
{
	ask(rig, 4, 20 * PAGE, false);
	krig_run(rig, frag_pglist_alloc_free);
	assert_frames(rig, 16, 17, 18, 19);
	ask(rig, 5, 20 * PAGE, false);
	krig_run(rig, frag_pglist_alloc);
	krig_assert_out(rig, K_ENOMEM, 0);
	/* Nothing of a page that the limit cuts, either. */
	ask(rig, 5, 20 * PAGE + PAGE - 1, false);
	krig_run(rig, frag_pglist_alloc);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
}

/* UINT32_MAX * PAGE_SIZE with an int PAGE_SIZE is just under 4 GiB: memory above is spared. */
TEST(lie10_a_limit_counted_in_ints_wraps)
{
	KRIG(rig) = two_segments(0xffff0, 16, 64);

	ask(rig, 15, 0, false);
	krig_run(rig, frag_pglist_driver_limit);
	ck_assert_int_eq(rig->frag.out[0], 0);
	ck_assert_int_eq(rig->frag.out[2], 0xffff0);
	/* 0xfffff000 is frame 0xfffff, exclusive. */
	ck_assert_int_eq(rig->frag.out[3], 0xffffe);
}

PAGES_TEST(contiguous_path_gives_one_run)
{
	ask(rig, 3, ANYWHERE, false);
	rig->frag.in[3] = 8 * PAGE;
	rig->frag.in[5] = 1;
	krig_run(rig, frag_pglist_alloc);
	assert_frames(rig, 16, 17, 18);
	krig_run(rig, frag_pglist_alloc);
	assert_frames(rig, 24, 25, 26);
	ask(rig, 4, ANYWHERE, false);
	rig->frag.in[4] = 4 * PAGE;
	krig_run(rig, frag_pglist_alloc);
	assert_frames(rig, 28, 29, 30, 31);
}

/* ---- size 0 ---- */

PAGES_TEST(lie07_pglistalloc_of_size_0_swallows_all_and_never_returns)
{
	struct context *thread;

	ask(rig, 0, ANYWHERE, true);
	thread = krig_thread(rig, frag_pglist_alloc);
	krig_go_until(rig, 100 * KRIG_TICK_NS);
	krig_assert_alive(rig);
	krig_assert_order(rig, "");
	ck_assert_int_eq(thread->state, CTX_ASLEEP);
	ck_assert_int_eq(thread->why, HW_SLEEP_MEMORY);
	ck_assert_uint_eq(counts(rig)->driver, 32);
	ck_assert_uint_eq(counts(rig)->free, 0);
}

PAGES_TEST(lie07_without_waitok_it_gives_all_back)
{
	alloc(rig, 0, ANYWHERE, false);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
	/* Taken: the account before the last page went. */
	ck_assert_uint_eq(krig_event(rig, EV_PAGES, HW_PAGE_DRIVER, 0)->arg[0], 32);
	ck_assert_uint_eq(counts(rig)->free, 32);
}

TEST(lie07_with_an_exhausted_segment_it_returns_an_empty_list)
{
	KRIG(rig) = two_segments(16, 64, 4);

	alloc(rig, 4, ANYWHERE, false);
	assert_frames(rig, HIGH_PFN, HIGH_PFN + 1, HIGH_PFN + 2, HIGH_PFN + 3);
	alloc(rig, 0, ANYWHERE, true);
	krig_assert_alive(rig);
	krig_assert_order(rig, "rr");
	krig_assert_out(rig, 0, 0);
}

/* ---- shortage ---- */

/* 20 of 32 are free; with waitok a request of 25 keeps 20 and waits for 5. */
PAGES_TEST(lie08_waitok_waits_with_what_it_has)
{
	struct context *thread;

	ck_assert_int_eq(kern_others(12), 12);
	ask(rig, 25, ANYWHERE, true);
	thread = krig_thread(rig, frag_pglist_alloc);
	krig_go_until(rig, 100 * KRIG_TICK_NS);
	krig_assert_alive(rig);
	krig_assert_order(rig, "");
	ck_assert_int_eq(thread->state, CTX_ASLEEP);
	ck_assert_uint_eq(counts(rig)->driver, 20);
	/* Up to the reserve nobody is woken. */
	ck_assert_int_eq(kern_others(-2), -2);
	krig_go_until(rig, 200 * KRIG_TICK_NS);
	ck_assert_uint_eq(counts(rig)->driver, 20);
	ck_assert_uint_eq(thread->wakeups, 0);
	ck_assert_int_eq(kern_others(-10), -10);
	krig_go_well(rig);
	krig_assert_order(rig, "r");
	krig_assert_out(rig, 0, 25);
	ck_assert_uint_eq(counts(rig)->driver, 25);
}

/* What one thread frees, another gets that waits for it. */
PAGES_TEST(freeing_pages_wakes_who_waits)
{
	alloc(rig, 28, ANYWHERE, false);
	krig_assert_order(rig, "r");
	ask(rig, 20, ANYWHERE, true);
	rig->frag.in[7] = 1;
	krig_thread(rig, frag_pglist_alloc);
	krig_go_until(rig, 10 * KRIG_TICK_NS);
	krig_assert_order(rig, "r");
	rig->frag.in[7] = 0;
	krig_run_well(rig, frag_pglist_free_it);
	krig_assert_order(rig, "rfr");
	krig_assert_out(rig, 0, 20);
}

PAGES_TEST(lie08_without_waitok_it_is_enomem_and_nothing_kept)
{
	ck_assert_int_eq(kern_others(12), 12);
	alloc(rig, 25, ANYWHERE, false);
	krig_assert_out(rig, K_ENOMEM, 0);
	ck_assert_uint_eq(counts(rig)->driver, 0);
	ck_assert_uint_eq(counts(rig)->free, 20);
}

/* Not against the amount: one page above it, and everything goes. */
TEST(reserve_is_tested_once_a_round)
{
	KRIG(rig) = rig_of(32);

	ck_assert_int_eq(kern_others(29), 29);
	alloc(rig, 3, ANYWHERE, false);
	ck_assert_int_eq(rig->frag.out[0], 0);
	ck_assert_uint_eq(counts(rig)->free, 0);
	krig_free(rig);
	rig = rig_of(32);
	ck_assert_int_eq(kern_others(32), 30);
	ck_assert_uint_eq(counts(rig)->free, 2);
	alloc(rig, 1, ANYWHERE, false);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
	/* The range is not even looked at. */
	alloc(rig, 1, 16 * PAGE, false);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
}

/* Memory is free, but not where the caller wants it: it wakes, fails, waits again. */
TEST(lie08_out_of_range_memory_is_a_live_lock)
{
	KRIG(rig) = two_segments(16, 8, 64);
	struct context *thread;

	ask(rig, 9, HIGH_PFN, true);
	rig->frag.in[2] = 24 * PAGE;
	thread = krig_thread(rig, frag_pglist_alloc);
	krig_go_until(rig, 10 * KRIG_TICK_NS);
	krig_assert_alive(rig);
	krig_assert_order(rig, "");
	ck_assert_uint_eq(counts(rig)->driver, 8);
	ck_assert_uint_ge(thread->wakeups, 9);
}

PAGES_TEST(injected_shortage_lasts_until_healed)
{
	krig_fault(rig, "uvm_pglistalloc.block", FAULT_FOREVER);
	alloc(rig, 1, ANYWHERE, false);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
	ask(rig, 1, ANYWHERE, true);
	krig_thread(rig, frag_pglist_alloc);
	krig_go_until(rig, 100 * KRIG_TICK_NS);
	krig_assert_order(rig, "r");
	fault_heal(&rig->faults, NULL);
	kern_heal();
	krig_go(rig);
	krig_assert_order(rig, "rr");
	ck_assert_int_eq(rig->frag.out[0], 0);
}

/* ---- the rest of the guest ---- */

TEST(others_take_from_below_and_give_from_above)
{
	KRIG(rig) = two_segments(16, 4, 64);
	struct memory *memory;

	memory = &rig->world.memory;
	ck_assert_int_eq(kern_others(6), 6);
	ck_assert_int_eq(memory_owner(memory, 16), HW_PAGE_OTHERS);
	ck_assert_int_eq(memory_owner(memory, HIGH_PFN + 1), HW_PAGE_OTHERS);
	ck_assert_int_eq(memory_owner(memory, HIGH_PFN + 2), HW_PAGE_FREE);
	ck_assert_int_eq(kern_others(-3), -3);
	ck_assert_int_eq(memory_owner(memory, HIGH_PFN), HW_PAGE_FREE);
	ck_assert_int_eq(memory_owner(memory, 19), HW_PAGE_FREE);
	ck_assert_int_eq(memory_owner(memory, 18), HW_PAGE_OTHERS);
	/* Not more than they have, not more than the reserve leaves. */
	ck_assert_int_eq(kern_others(-10), -3);
	ck_assert_int_eq(kern_others(1000), 66);
	ck_assert_uint_eq(counts(rig)->free, 2);
}

SUITE(uvm_pglist)
