/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma, as streams of events: what the fragments (test_fragments.c) do not reach.
 */
#include <string.h>

#include "machine/memory.h"
#include "tests/rules/stream.h"
#include "tests/suite.h"

#define BUS MEMORY_BUS_OFFSET
enum { PREREAD = 1, POSTREAD = 2, PREWRITE = 4, POSTWRITE = 8, NOWAIT = 1, EFBIG = 27 };

STREAM_FIXTURE(s)
{
	stream_attach(&s);
}

static void
make(uint32_t map, uint64_t size)
{
	CALL(&s, BUS_DMAMAP_CREATE, size, 1, size, 0, NOWAIT);
	NOTE(&s, DMAMAP, map, size, 1);
	RET(&s, BUS_DMAMAP_CREATE, 0);
}

static uint32_t
load(uint32_t map, uint64_t length)
{
	uint32_t seq = CALL(&s, BUS_DMAMAP_LOAD, map, length, NOWAIT);

	NOTE(&s, DMASEG, map, BUS + 0x1000 * map, length, 0);
	RET(&s, BUS_DMAMAP_LOAD, 0);
	return seq;
}

static uint32_t
sync(uint32_t map, uint64_t offset, uint64_t length, uint64_t ops)
{
	return CALL(&s, BUS_DMAMAP_SYNC, map, offset, length, ops);
}

static void
enqueue(uint32_t map, uint64_t slot, uint64_t length, bool device_reads)
{
	CALL(&s, VIRTIO_ENQUEUE_PREP, 0);
	NOTE(&s, SLOT, 0, slot, 1);
	RET(&s, VIRTIO_ENQUEUE_PREP, 0);
	CALL(&s, VIRTIO_ENQUEUE_RESERVE, 0, slot, 1);
	RET(&s, VIRTIO_ENQUEUE_RESERVE, 0);
	CALL(&s, VIRTIO_ENQUEUE, 0, slot, map, device_reads);
	NOTE(&s, DESC, 0, slot, BUS + 0x1000 * map, length, device_reads ? 0 : 2);
	RET(&s, VIRTIO_ENQUEUE, 0);
}

static uint32_t
commit(uint64_t slot)
{
	uint32_t seq = CALL(&s, VIRTIO_ENQUEUE_COMMIT, 0, slot, 1);

	RET(&s, VIRTIO_ENQUEUE_COMMIT, 0);
	return seq;
}

static void
complete(uint64_t slot)
{
	EVENT(&s, DEV_USED, 0, 0, slot, 0);
	CALL(&s, VIRTIO_DEQUEUE, 0);
	NOTE(&s, DEQUEUED, 0, slot, 0);
	RET(&s, VIRTIO_DEQUEUE, 0);
	CALL(&s, VIRTIO_DEQUEUE_COMMIT, 0, slot);
	RET(&s, VIRTIO_DEQUEUE_COMMIT, 0);
}

/* One request as it should be, `synced` bytes of it. */
static void
request(uint64_t synced)
{
	sync(1, 0, synced, PREWRITE);
	enqueue(1, 0, 1024, true);
	commit(0);
	complete(0);
	sync(1, 0, synced, POSTWRITE);
}

TEST(sync_pairing_pre_again_after_an_abort_is_quiet)
{
	make(1, 1024);
	load(1, 1024);
	sync(1, 0, 1024, PREWRITE);
	enqueue(1, 0, 1024, true);
	CALL(&s, VIRTIO_ENQUEUE_ABORT, 0, 0);
	request(1024);
	stream_rest(&s);
	stream_is_quiet(&s);
}

/* ---- With memory ---- */

static struct memory memory;
static uint8_t *buffer;

/* Map 1 is one page of driver memory: frame 1 of a guest with 16. */
static void
map_memory(void)
{
	static const struct hw_segment segment = { 0, 16 };
	static const uint64_t pfn = 1;

	ck_assert(memory_init(&memory, NULL, &segment, 1, 0));
	memory_own(&memory, pfn, HW_PAGE_KERNEL);
	buffer = memory_map(&memory, &pfn, 1);
	s.view.memory = &memory;
	make(1, 1024);
}

TEST(cpu_write_owned_between_commit_and_use)
{
	uint32_t seq;

	map_memory();
	load(1, 1024);
	sync(1, 0, 1024, PREWRITE);
	enqueue(1, 0, 1024, true);
	commit(0);
	buffer[500] ^= 1;
	seq = EVENT(&s, DEV_USED, 0, 0, 0, 0);
	stream_is_only(&s, "dma.cpu-write-owned", seq);
	ck_assert_ptr_nonnull(strstr(s.findings.item[0].text, "byte 500 of map 1"));
	memory_fini(&memory);
}

SUITE(rules_dma_suite, "rules_dma", .setup = setup, .teardown = teardown)
