/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Areas mem, page, lock and dma: what loads and stores say about memory and
 * about buffers at the device.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/rules/loads.h"
#include "tests/suite.h"

enum { PREREAD = 1, POSTREAD = 2, PREWRITE = 4, NOWAIT = 1, DESC_WRITE = 2 };
enum { BLOCK = 600, BLOCK_WORDS = 16 };	/* memory beside the softc */

static struct loads l;

static void
setup(void)
{
	loads_init(&l);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	memset(l.word, MEMORY_POISON, sizeof(l.word));
}

static void
teardown(void)
{
	loads_fini(&l);
	free(l.world.memory.frame);
}

static void
block(enum hw_memory what)
{
	hw_memory(what, &l.word[BLOCK], BLOCK_WORDS * sizeof(l.word[0]), 7);
}

static void
is_told(const char *rule, const char *text)
{
	ck_assert_uint_eq(stream_count(&l.s, rule), 1);
	ck_assert_ptr_nonnull(strstr(stream_finding(&l.s, rule)->text, text));
	ck_assert_uint_ne(stream_finding(&l.s, rule)->site, 0);
}

TEST(initialised_by_the_driver_or_the_kernel)
{
	block(HW_MEMORY_BLANK);
	__tsan_write4(&l.word[BLOCK]);		/* whatever it writes */
	__tsan_read4(&l.word[BLOCK]);
	l.word[BLOCK + 1] = 0;
	__tsan_read4(&l.word[BLOCK + 1]);
	block(HW_MEMORY_ZEROED);
	__tsan_read4(&l.word[BLOCK + 2]);
	stream_is_quiet(&l.s);
	/* New memory at the old place knows nothing of that. */
	block(HW_MEMORY_DMA);
	__tsan_read4(&l.word[BLOCK]);
	is_told("mem.uninitialised", "bytes 0..3 of DMA memory 7");
}

TEST(before_the_beginning)
{
	hw_memory(HW_MEMORY_GONE, l.word, LOADS_SOFTC_WORDS * sizeof(l.word[0]), 0);
	hw_memory(HW_MEMORY_ZEROED, &l.word[1100], 64, 8);
	__tsan_read4(&l.word[1098]);
	is_told("mem.out-of-bounds", "begins 8 bytes before kmem block 8");
}

TEST(freed_beside_a_live_lock)
{
	block(HW_MEMORY_ZEROED);
	hw_memory(HW_MEMORY_MUTEX, &l.word[BLOCK + BLOCK_WORDS], 16, 3);
	hw_memory(HW_MEMORY_MUTEX, &l.word[BLOCK], 16, 4);
	hw_memory(HW_MEMORY_ENDED, &l.word[BLOCK], 16, 4);
	block(HW_MEMORY_GONE);
	stream_is_quiet(&l.s);
}

/* ---- buffers at the device ---- */

/* Map 1 is the block, of 64 bytes; the driver sees it at BLOCK whatever the device sees. */
static void
load(void)
{
	const uint64_t pfn = 1, phys = 4096 + BLOCK * sizeof(l.word[0]);
	struct memory *memory = &l.world.memory;

	memory_lend(memory, l.word, pfn);
	memory->segment[0] = (struct hw_segment){ 0, 16 };
	memory->segments = 1;
	memory->frame = calloc(16, 1);
	ck_assert_ptr_nonnull(memory->frame);
	memset(memory->frame, HW_PAGE_KERNEL, 16);
	l.s.view.bounce = true;
	block(HW_MEMORY_ZEROED);
	loads_as(&l, LOADS_AUTOCONF, LOADS_IPL_NONE);
	stream_attach(&l.s);
	loads_as(&l, LOADS_THREAD, LOADS_IPL_NONE);
	CALL(&l.s, BUS_DMAMAP_CREATE, 64, 1, 64, 0, NOWAIT);
	NOTE(&l.s, DMAMAP, 1, 64, 1);
	RET(&l.s, BUS_DMAMAP_CREATE, 0);
	CALL(&l.s, BUS_DMAMAP_LOAD, 1, 64, NOWAIT);
	NOTE(&l.s, DMASEG, 1, MEMORY_BUS_OFFSET + 0x5000, 64, 0);
	NOTE(&l.s, DMASRC, 1, phys, 64, 0);
	RET(&l.s, BUS_DMAMAP_LOAD, 0);
}

static void
send(uint64_t length, bool device_writes)
{
	CALL(&l.s, BUS_DMAMAP_SYNC, 1, 0, length, device_writes ? PREREAD : PREWRITE);
	CALL(&l.s, VIRTIO_ENQUEUE_PREP, 0);
	NOTE(&l.s, SLOT, 0, 0, 1);
	RET(&l.s, VIRTIO_ENQUEUE_PREP, 0);
	CALL(&l.s, VIRTIO_ENQUEUE_RESERVE, 0, 0, 1);
	NOTE(&l.s, SLOT, 0, 0, 2);
	RET(&l.s, VIRTIO_ENQUEUE_RESERVE, 0);
	CALL(&l.s, VIRTIO_ENQUEUE, 0, 0, 1, !device_writes);
	NOTE(&l.s, DESC, 0, 0, MEMORY_BUS_OFFSET + 0x5000, length,
	    device_writes ? DESC_WRITE : 0);
	RET(&l.s, VIRTIO_ENQUEUE, 0);
	CALL(&l.s, VIRTIO_ENQUEUE_COMMIT, 0, 0, 1);
	NOTE(&l.s, SLOT, 0, 0, 3);
	RET(&l.s, VIRTIO_ENQUEUE_COMMIT, 0);
}

static void
dequeue_unsynced(void)
{
	EVENT(&l.s, DEV_USED, 0, 0, 0, 0);
	NOTE(&l.s, DEQUEUED, 0, 0, 0);
}

TEST(written_at_the_device)
{
	load();
	__tsan_write4(&l.word[BLOCK]);
	send(32, false);
	__tsan_read4(&l.word[BLOCK + 7]);
	__tsan_write4(&l.word[BLOCK + 8]);	/* behind the request */
	ck_assert_uint_eq(stream_count(&l.s, "dma.cpu-write-owned"), 0);
	__tsan_write4(&l.word[BLOCK + 7]);
	is_told("dma.cpu-write-owned", "write of bytes 28..31 of map 1 while queue 0 slot 0 has "
	    "them");
	/* What was ordinary before the request is no longer. */
	__tsan_write4(&l.word[BLOCK]);
	ck_assert_uint_eq(stream_count(&l.s, "dma.cpu-write-owned"), 2);
}

TEST(a_sick_device_misleads)
{
	load();
	send(32, false);
	l.s.view.device.healthy = false;
	__tsan_write4(&l.word[BLOCK]);
	ck_assert_uint_eq(stream_count(&l.s, "dma.cpu-write-owned"), 0);
}

TEST(read_after_a_postread_of_these_bytes)
{
	load();
	send(32, true);
	dequeue_unsynced();
	CALL(&l.s, BUS_DMAMAP_SYNC, 1, 8, 8, POSTREAD);
	__tsan_read4(&l.word[BLOCK + 2]);
	__tsan_read4(&l.word[BLOCK + 3]);
	ck_assert_uint_eq(stream_count(&l.s, "dma.post-before-cpu"), 0);
	__tsan_read4(&l.word[BLOCK + 1]);
	__tsan_read4(&l.word[BLOCK + 4]);
	ck_assert_uint_eq(stream_count(&l.s, "dma.post-before-cpu"), 2);
}

TEST(read_while_the_device_writes)
{
	load();
	send(32, true);
	__tsan_read4(&l.word[BLOCK + 2]);
	is_told("dma.post-before-cpu", "while queue 0 slot 0 has them");
}

TEST(freed_after_a_reset)
{
	load();
	send(32, false);
	EVENT(&l.s, DEV_STATUS, 0, 0);
	CALL(&l.s, KMEM_FREE, 7, 64);
	block(HW_MEMORY_GONE);
	ck_assert_uint_eq(stream_count(&l.s, "dma.release-owned"), 0);
}

SUITE(rules_touch_suite, "rules_touch", .setup = setup, .teardown = teardown)
