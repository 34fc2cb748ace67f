/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/bus_dma.c and bus_dmamem.c: bus_dma(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

#define PAGE 4096

enum { PREREAD = 1, POSTREAD = 2, PREWRITE = 4, POSTWRITE = 8 };
enum { WAITOK = 0, NOWAIT = 1, ALLOCNOW = 2 };

static struct krig *
rig_with(bool bounce, bool diagnostic)
{

	return KRIG_ATTACHED(options.config.bounce = bounce,
	    options.config.diagnostic = diagnostic);
}

/* A byte of memory as the device sees it. */
static uint8_t
device_sees(struct krig *rig, uint64_t bus)
{
	uint8_t byte;

	ck_assert(memory_dma_read(&rig->world.memory, bus, &byte, 1));
	return byte;
}

static void
device_fills(struct krig *rig, uint64_t bus, uint8_t byte, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ck_assert(memory_dma_write(&rig->world.memory, bus + i, &byte, 1));
}

/* Of the map of 64 bytes; an assertion is with DIAGNOSTIC only. */
#define SYNC(off, len, ops, ...) RUN(dma_sync_range, .in = { off, len, ops }, __VA_ARGS__)
#define SYNC_BAD(off, len, ops, words) \
	SYNC(off, len, ops, PANICS(words)), SYNC(off, len, ops, .plain = true)

static const struct krig_row rows[] = {
	/* WAITOK, NOWAIT, ALLOCNOW, COHERENT; PREREAD, POSTREAD, PREWRITE, POSTWRITE. */
	RUN(dma_constants, OUT(0, 1, 2, 4, 1, 2, 4, 8)),
	/* What fitted is still counted. */
	RUN(dma_two_pages, .in = { [1] = 1, PAGE }, OUT_FROM(1, K_EFBIG, 0, 1)),
	RUN(dma_too_long, .in = { 512, 4, 512 }, OUT_FROM(1, K_EINVAL, 0, 0)),
	/* A load that is made to fail leaves the map empty. */
	RUN(dma_two_pages, .in = { [1] = 2, PAGE }, .fault = "bus_dmamap_load.efbig",
	    OUT_FROM(1, K_EFBIG, 0)),
	RUN(dma_two_pages, .in = { [1] = 2, PAGE }, .fault = "bus_dmamap_load.einval",
	    OUT_FROM(1, K_EINVAL, 0)),
	/* Memory of the stack has an address, too. */
	RUN(dma_stack, OUT_FROM(1, 0, 64, 1)),
	/* PREWRITE and POSTREAD are looked at, and nothing else. */
	SYNC(0, 64, PREWRITE), SYNC(63, 1, POSTREAD), SYNC(0, 0, PREWRITE),
	SYNC_BAD(64, 0, PREWRITE, "bad offset"), SYNC_BAD(100, 4, POSTREAD, "bad offset"),
	SYNC_BAD(0, 65, PREWRITE, "bad length"), SYNC_BAD(60, 8, POSTREAD, "bad length"),
	SYNC(60, 8, PREREAD), SYNC(4000, 9000, POSTWRITE),
	SYNC_BAD(60, 8, PREREAD | PREWRITE, "bad length"),
	SYNC_BAD(60, 8, POSTREAD | POSTWRITE, "bad length"),
	RUN(dma_sync_unloaded, .in = { [2] = PREWRITE }, PANICS("bad offset")),
	RUN(dma_sync_unloaded, .in = { [2] = POSTREAD }, PANICS("bad offset")),
	RUN(dma_sync_unloaded, .in = { [2] = PREREAD }),
	RUN(dma_sync_unloaded, .in = { [2] = POSTWRITE }),
	SYNC(0, 0, PREWRITE | POSTREAD, PANICS("mix PRE and POST")),
	SYNC(0, 0, PREWRITE | POSTREAD, PANICS("mix PRE and POST"), .plain = true),
	RUN(dma_use_dead, .plain = true, PANICS("the DMA map is destroyed")),
	RUN(dma_memory_layout, .in = { (KRIG_PAGES + 1) * PAGE }, OUT(K_ENOMEM)),
	RUN(dma_memory_layout, .in = { 2 * PAGE }, .fault = "bus_dmamem_alloc.efbig",
	    OUT(K_EFBIG)),
	RUN(dma_memory_botch, .in = { 2 * PAGE }, PANICS("size botch")),
	/* The memory lies within a larger boundary, and is cut at the one that was asked for. */
	RUN(dma_memory_layout, .in = { [2] = PAGE, [0] = 2 * PAGE }, PANICS("curseg 1")),
};

TEST_EACH(one_fragment, rows)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, !rows[_i].plain);

		krig_assert_row(rig, &rows[_i]);
	}
}

/* ---- segments ---- */

TEST(neighbouring_pages_merge_up_to_maxsegsz)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, true);

		rig->frag.in[1] = 2;
		rig->frag.in[2] = 2 * PAGE;
		krig_run(rig, frag_dma_two_pages);
		krig_assert_out_from(rig, 1, 0, 2 * PAGE, 1);
		ck_assert_int_eq(rig->frag.out[5], 2 * PAGE);
		ck_assert_uint_ge(rig->frag.out[4], MEMORY_BUS_OFFSET);
		rig->frag.in[2] = PAGE;
		krig_run(rig, frag_dma_two_pages);
		ck_assert_int_eq(rig->frag.out[3], 2);
		ck_assert_int_eq(rig->frag.out[5], PAGE);
		ck_assert_int_eq(rig->frag.out[7], PAGE);
		ck_assert_int_eq(rig->frag.out[6], rig->frag.out[4] + PAGE);
	}
}

TEST(segments_do_not_cross_the_boundary)
{
	KRIG(rig) = rig_with(false, true);

	krig_run(rig, frag_dma_boundary);
	ck_assert_int_eq(rig->frag.out[1], 0);
	ck_assert_int_eq(rig->frag.out[3], 4);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(rig->frag.out[4 + 2 * i] % 1024, 0);
		ck_assert_int_eq(rig->frag.out[5 + 2 * i], 1024);
	}
}

/* The fake kernel chooses where the softc lies: in one piece, or across two frames. */
TEST(buffer_in_the_softc_may_need_two_segments)
{
	for (int straddles = 0; straddles <= 1; straddles++) {
		for (int nsegs = 1; nsegs <= 2; nsegs++) {
			KRIG(rig) = KRIG_ATTACHED(options.config.softc_straddles = straddles);

			rig->frag.in[1] = nsegs;
			krig_run(rig, frag_dma_softc);
			ck_assert_int_eq(rig->frag.out[1],
			    straddles && nsegs == 1 ? K_EFBIG : 0);
			if (straddles && nsegs == 2) {
				ck_assert_int_eq(rig->frag.out[3], 2);
				ck_assert_int_ne(rig->frag.out[6],
				    rig->frag.out[4] + rig->frag.out[5]);
			}
		}
	}
}

/* Bounced, it is always one piece. */
TEST(a_bounced_buffer_never_straddles)
{
	KRIG(rig) = KRIG_ATTACHED(options.config.softc_straddles = true,
	    options.config.bounce = true);

	rig->frag.in[1] = 1;
	krig_run(rig, frag_dma_softc);
	ck_assert_int_eq(rig->frag.out[1], 0);
	ck_assert_int_eq(rig->frag.out[3], 1);
}

/* ---- what the device sees ---- */

static void
sync_middle(struct krig *rig, int ops)
{
	rig->frag.in[0] = rig->frag.in[1] = 16;
	rig->frag.in[2] = ops;
	krig_run(rig, frag_dma_window_sync);
}

/*
 * The buffer was 0x10 when it was synced and is 0x20 now.  Coherent: the device sees 0x20 at
 * all times.  Bounced: it sees 0x10 until a sync, and then the synced range only.
 */
TEST(lie13_prewrite_copies_exactly_its_range)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, true);
		uint8_t old = bounce ? 0x10 : 0x20;
		uint64_t bus;

		krig_run(rig, frag_dma_window_setup);
		bus = (uint64_t)rig->frag.out[4];
		ck_assert_uint_eq(device_sees(rig, bus), old);
		ck_assert_uint_eq(device_sees(rig, bus + 63), old);
		sync_middle(rig, PREWRITE);
		ck_assert_uint_eq(device_sees(rig, bus + 15), old);
		ck_assert_uint_eq(device_sees(rig, bus + 16), 0x20);
		ck_assert_uint_eq(device_sees(rig, bus + 31), 0x20);
		ck_assert_uint_eq(device_sees(rig, bus + 32), old);
	}
}

TEST(lie13_postread_copies_exactly_its_range)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, true);
		uint8_t old = bounce ? 0x20 : 0x30;

		krig_run(rig, frag_dma_window_setup);
		device_fills(rig, (uint64_t)rig->frag.out[4], 0x30, 64);
		sync_middle(rig, POSTREAD);
		krig_assert_out(rig, old, 0x30, 0x30, old);
	}
}

/* From PREREAD to POSTREAD the buffer holds nothing that one could count on. */
TEST(preread_leaves_the_buffer_undefined)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, true);
		uint8_t then = bounce ? MEMORY_POISON : 0x20;

		krig_run(rig, frag_dma_window_setup);
		sync_middle(rig, PREREAD);
		krig_assert_out(rig, 0x20, then, then, 0x20);
	}
}

/* From the beginning to the end of the map, whatever its flags. */
TEST(bounce_pages_cost_memory_until_destroy)
{
	KRIG(rig) = rig_with(true, true);
	uint64_t before = rig->world.memory.counts.kernel;

	rig->frag.in[7] = NOWAIT;
	krig_run(rig, frag_dma_allocnow);
	ck_assert_uint_eq(rig->world.memory.counts.kernel, before + 1);
	rig->frag.in[7] = NOWAIT | ALLOCNOW;
	krig_run(rig, frag_dma_allocnow);
	ck_assert_uint_eq(rig->world.memory.counts.kernel, before + 2);
	before = rig->world.memory.counts.kernel;
	krig_run(rig, frag_dma_unload);
	krig_assert_out_from(rig, 2, 0, 0);
	/* Its buffer and its bounce page. */
	ck_assert_uint_eq(rig->world.memory.counts.kernel, before + 2);
	krig_run_well(rig, frag_dma_destroy_loaded);
	ck_assert_uint_eq(rig->world.memory.counts.kernel, before + 2);
}

TEST(without_memory_for_bouncing_create_is_enomem_or_waits)
{
	for (int flags = WAITOK; flags <= NOWAIT; flags++) {
		KRIG(rig) = KRIG_ATTACHED(options.config.bounce = true,
		    options.config.reserve_pages = 1);

		ck_assert_int_gt(kern_others(KRIG_PAGES), 0);
		rig->frag.in[7] = flags;
		rig->frag.out[0] = -1;
		krig_thread(rig, frag_dma_allocnow);
		krig_go_until(rig, rig->world.clock.now_ns + 10 * KRIG_TICK_NS);
		krig_assert_alive(rig);
		ck_assert_int_eq(rig->frag.out[0], flags == NOWAIT ? K_ENOMEM : -1);
		ck_assert_int_eq(kern_others(-3), -3);
		krig_go(rig);
		ck_assert_int_eq(rig->frag.out[0], flags == NOWAIT ? K_ENOMEM : 0);
	}
}

/* ---- memory for DMA ---- */

TEST(dma_memory_never_bounces_and_goes_back)
{
	for (int bounce = 0; bounce <= 1; bounce++) {
		KRIG(rig) = rig_with(bounce, true);
		uint64_t before = rig->world.memory.counts.kernel;
		uint64_t bus;

		krig_thread(rig, frag_dma_memory);
		krig_go_until(rig, rig->world.clock.now_ns + 500);
		krig_assert_order(rig, "masqqFw");
		for (int i = 0; i <= 4; i++)
			ck_assert_int_eq(rig->frag.out[i], i == 1);
		krig_assert_out_from(rig, 5, 6000, 1);
		/* No sync, and the device sees it. */
		bus = (uint64_t)rig->frag.out[7];
		ck_assert_uint_eq(bus % PAGE, 0);
		ck_assert_uint_eq(device_sees(rig, bus + 5999), 0x33);
		/* Two pages, and as many for a map that could bounce. */
		ck_assert_uint_eq(rig->world.memory.counts.kernel,
		    before + 2 + 2 * (unsigned)bounce);
		krig_go_well(rig);
		ck_assert_uint_eq(rig->world.memory.counts.kernel, before);
	}
}

TEST(dma_memory_is_aligned_and_within_its_boundary)
{
	static const int64_t cases[][3] = {
		/* size, alignment, boundary */
		{ 1, 0, 0 }, { PAGE, 16 * PAGE, 0 }, { 3 * PAGE, 0, 4 * PAGE },
		{ 5 * PAGE, PAGE, 8 * PAGE },
	};

	for (size_t i = 0; i < 4; i++) {
		KRIG(rig) = rig_with(false, true);
		int64_t pages = (cases[i][0] + PAGE - 1) / PAGE;

		memcpy(rig->frag.in, cases[i], sizeof(cases[i]));
		krig_run(rig, frag_dma_memory_layout);
		ck_assert_int_eq(rig->frag.out[0], 0);
		ck_assert_int_eq(rig->frag.out[2], pages * PAGE);
		if (cases[i][1] != 0)
			ck_assert_int_eq(rig->frag.out[1] * PAGE % cases[i][1], 0);
		if (cases[i][2] != 0)
			ck_assert_int_eq(rig->frag.out[1] * PAGE / cases[i][2],
			    ((rig->frag.out[1] + pages) * PAGE - 1) / cases[i][2]);
	}
}

/* No two free frames are neighbours: what may lie in pieces is to be had, else nothing is. */
TEST(memory_and_bounce_pages_may_lie_in_pieces)
{
	for (int how = 0; how < 4; how++) {
		bool bounce = how & 1, pieces = how & 2;
		uint64_t kernel;
		KRIG(rig) = KRIG_ATTACHED(options.config.bounce = bounce,
		    options.config.reserve_pages = 1);

		kernel = rig->world.memory.counts.kernel;
		rig->frag.in[1] = 1 + pieces;
		krig_thread(rig, frag_dma_scattered);
		krig_go_until(rig, rig->world.clock.now_ns + 500);
		ck_assert_int_gt(kern_others(KRIG_PAGES), 0);
		krig_go_well(rig);
		ck_assert_int_eq(rig->frag.out[0], pieces ? 0 : K_ENOMEM);
		ck_assert_int_eq(rig->frag.out[3], pieces || !bounce ? 0 : K_ENOMEM);
		if (pieces) {
			ck_assert_int_eq(rig->frag.out[1], 2);
			ck_assert_int_eq(rig->frag.out[4], 0);
			ck_assert_int_eq(rig->frag.out[6], 2);
			ck_assert_int_ne(rig->frag.out[9], rig->frag.out[7] + PAGE);
		}
		ck_assert_uint_eq(rig->world.memory.counts.kernel, kernel + 4);
	}
}

TEST(addresses_run_out)
{
	KRIG(rig) = rig_with(false, true);

	krig_run_well(rig, frag_dma_addresses_run_out);
	ck_assert_int_eq(rig->frag.out[0], K_ENOMEM);
	ck_assert_int_le(rig->frag.out[1], MEMORY_ARENA_PAGES / 512);
	ck_assert_int_gt(rig->frag.out[1], MEMORY_ARENA_PAGES / 512 - 4);
}

SUITE(bus_dma)
