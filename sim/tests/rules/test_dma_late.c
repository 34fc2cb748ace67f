/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: the driver writes after its PREWRITE, and near misses.
 */
#include <string.h>

#include "machine/memory.h"
#include "tests/rules/stream.h"
#include "tests/suite.h"

enum { PREWRITE = 4, NOWAIT = 1, BYTES = 1024 };

static struct stream s;
static struct memory memory;
static uint8_t *buffer;

/* Map 1 has two pieces of one page of driver memory; the device sees another page. */
static void
setup(void)
{
	static const struct hw_segment segment = { 0, 16 };
	static const uint64_t pfn = 1;

	stream_init(&s);
	stream_attach(&s);
	ck_assert(memory_init(&memory, &segment, 1, 0));
	memory_own(&memory, pfn, HW_PAGE_KERNEL);
	memory_own(&memory, 2, HW_PAGE_KERNEL);
	buffer = memory_map(&memory, &pfn, 1);
	s.view.memory = &memory;
	s.view.bounce = true;
	CALL(&s, BUS_DMAMAP_CREATE, BYTES, 1, BYTES, 0, NOWAIT);
	NOTE(&s, DMAMAP, 1, BYTES, 1);
	RET(&s, BUS_DMAMAP_CREATE, 0);
	CALL(&s, BUS_DMAMAP_LOAD, 1, BYTES, NOWAIT);
	NOTE(&s, DMASEG, 1, MEMORY_BUS_OFFSET + 0x2000, BYTES, 0);
	NOTE(&s, DMASRC, 1, 0x1000, 24, 0);
	NOTE(&s, DMASRC, 1, 0x1000 + 24, BYTES - 24, 24);
	RET(&s, BUS_DMAMAP_LOAD, 0);
}

static void
teardown(void)
{
	stream_fini(&s);
	memory_fini(&memory);
}

static void
sync(uint64_t offset, uint64_t length)
{
	CALL(&s, BUS_DMAMAP_SYNC, 1, offset, length, PREWRITE);
	RET(&s, BUS_DMAMAP_SYNC, 0);
}

static uint32_t
give(uint64_t length)
{
	uint32_t seq;

	CALL(&s, VIRTIO_ENQUEUE_PREP, 0);
	NOTE(&s, SLOT, 0, 0, 1);
	RET(&s, VIRTIO_ENQUEUE_PREP, 0);
	CALL(&s, VIRTIO_ENQUEUE_RESERVE, 0, 0, 1);
	NOTE(&s, SLOT, 0, 0, 2);
	RET(&s, VIRTIO_ENQUEUE_RESERVE, 0);
	CALL(&s, VIRTIO_ENQUEUE, 0, 0, 1, 1);
	NOTE(&s, DESC, 0, 0, MEMORY_BUS_OFFSET + 0x2000, length, 0);
	RET(&s, VIRTIO_ENQUEUE, 0);
	seq = CALL(&s, VIRTIO_ENQUEUE_COMMIT, 0, 0, 1);
	NOTE(&s, SLOT, 0, 0, 3);
	RET(&s, VIRTIO_ENQUEUE_COMMIT, 0);
	return seq;
}

TEST(written_after_the_sync)
{
	buffer[20] ^= 1;
	sync(0, BYTES);
	buffer[600] ^= 1;
	give(BYTES);
	ck_assert_uint_eq(stream_count(&s, "dma.pre-before-device"), 1);
	ck_assert_ptr_nonnull(strstr(stream_finding(&s, "dma.pre-before-device")->text,
	    "byte 600 of map 1"));
}

SUITE(rules_dma_late_suite, "rules_dma_late", .setup = setup, .teardown = teardown)
