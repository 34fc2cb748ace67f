/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/subr_kmem.c: kmem(9).
 */
#include "rig.h"
#include "tests/suite.h"

enum { KM_SLEEP = 1, KM_NOSLEEP = 2 };

static const struct krig_row rows[] = {
	RUN(kmem_wrong_size, PANICS("kmem_free(96) != allocated size 100")),
	RUN(kmem_free_twice, PANICS("no such block")),
	RUN(kmem_bad_flags, PANICS("KM_SLEEP")),
	RUN(kmem_zero_size, PANICS("size > 0")),
};

KRIG_ROWS(one_fragment, rows)

KRIG_TEST(zalloc_clears_and_alloc_does_not)
{
	krig_run_well(rig, frag_kmem_basic);
	krig_assert_out(rig, 1, MEMORY_POISON, 1, 0, 1, 1);
	/* It costs the guest frames: one for the small blocks, four for three pages. */
	ck_assert_uint_eq(rig->world.memory.counts.kernel, 1 + 1 + 4);
}

/* When memory is gone NOSLEEP fails, and SLEEP waits. */
static void
takes_all(void (*fn)(void *), uint64_t pages, int64_t blocks)
{
	for (int flags = KM_SLEEP; flags <= KM_NOSLEEP; flags++) {
		KRIG(rig) = KRIG_WITH(
		    options.config.segment[0] = (struct hw_segment){ 16, pages });

		rig->frag.in[0] = flags;
		krig_thread(rig, fn);
		krig_go_until(rig, 10 * KRIG_TICK_NS);
		krig_assert_alive(rig);
		krig_assert_order(rig, flags == KM_SLEEP ? "" : "0");
		ck_assert_int_eq(rig->frag.out[0], blocks);
	}
}

TEST(memory_may_be_gone)
{
	takes_all(frag_kmem_until_full, 10, 10);
	takes_all(frag_kmem_leak, 1024, 4);
}

/* All of memory is to be had, and no more; what was freed costs nothing. */
TEST(large_blocks_are_as_large_as_memory)
{
	KRIG(rig) = KRIG_WITH(options.config.segment[0] = (struct hw_segment){ 16, 16384 });

	krig_run_well(rig, frag_kmem_large);
	krig_assert_order(rig, "0");
	krig_assert_out(rig, 1, 0, 0);
	ck_assert_uint_eq(rig->world.memory.counts.kernel, 0);
	rig->frag.in[0] = KM_NOSLEEP;
	rig->frag.out[0] = 0;
	krig_run(rig, frag_kmem_leak);
	krig_assert_order(rig, "00");
	ck_assert_int_eq(rig->frag.out[0], 64);
}

SUITE(kern_kmem)
