/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/stream.h"
#include "tests/suite.h"

enum { ENOENT_K = 2, EBUSY_K = 16, EAGAIN_K = 35 };

/* Requests here have no DMA map: the area dma looks the other way. */
STREAM_FIXTURE(s)
{
	rules_off(s.rules, "dma.unchecked-result");
	rules_off(s.rules, "dma.address-space");
	rules_off(s.rules, "dma.release-owned");
	stream_attach(&s);
}

static uint32_t
prep(uint64_t queue, uint64_t slot)
{
	uint32_t seq = CALL(&s, VIRTIO_ENQUEUE_PREP, queue);

	NOTE(&s, SLOT, queue, slot, 1);
	RET(&s, VIRTIO_ENQUEUE_PREP, 0);
	return seq;
}

static uint32_t
reserve(uint64_t queue, uint64_t slot, uint64_t error)
{
	uint32_t seq = CALL(&s, VIRTIO_ENQUEUE_RESERVE, queue, slot, 1);

	NOTE(&s, SLOT, queue, slot, error == 0 ? 2 : 4);
	RET(&s, VIRTIO_ENQUEUE_RESERVE, error);
	return seq;
}

static uint32_t
enqueue(uint64_t queue, uint64_t slot, uint64_t length)
{
	uint32_t seq = CALL(&s, VIRTIO_ENQUEUE, queue, slot, 0, 1);

	NOTE(&s, DESC, queue, slot, 0x1000, length, 0);
	RET(&s, VIRTIO_ENQUEUE, 0);
	return seq;
}

static uint32_t
commit(uint64_t queue, uint64_t slot, bool notify)
{
	uint32_t seq = CALL(&s, VIRTIO_ENQUEUE_COMMIT, queue, slot, notify);

	RET(&s, VIRTIO_ENQUEUE_COMMIT, 0);
	return seq;
}

static void
request(uint64_t queue, uint64_t slot)
{
	prep(queue, slot);
	reserve(queue, slot, 0);
	enqueue(queue, slot, 1024);
	CALL(&s, VIRTIO_ENQUEUE_COMMIT, queue, slot, 1);
	RET(&s, VIRTIO_ENQUEUE_COMMIT, 0);
}

static void
dequeue(uint64_t queue, uint64_t slot)
{
	CALL(&s, VIRTIO_DEQUEUE, queue);
	NOTE(&s, DEQUEUED, queue, slot, 0);
	RET(&s, VIRTIO_DEQUEUE, 0);
}

static uint32_t
give_back(uint64_t queue, uint64_t slot)
{
	uint32_t seq = CALL(&s, VIRTIO_DEQUEUE_COMMIT, queue, slot);

	RET(&s, VIRTIO_DEQUEUE_COMMIT, 0);
	return seq;
}

TEST(slot_order_commit_without_reserve)
{
	prep(0, 3);
	stream_is_only(&s, "ring.slot-order", commit(0, 3, true));
}

TEST(slot_order_reserve_without_prep)
{
	stream_is_only(&s, "ring.slot-order", reserve(0, 3, 0));
}

TEST(slot_balance_committed_twice)
{
	request(0, 3);
	stream_is_only(&s, "ring.slot-balance", commit(0, 3, true));
}

TEST(broken_device_is_not_the_drivers_fault)
{
	s.view.device.healthy = false;
	request(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	for (unsigned i = 0; i < 2; i++) {
		dequeue(0, 3);
		give_back(0, 3);
	}
	stream_rest(&s);
	stream_is_quiet(&s);
}

TEST(direction_limits_of_the_queue)
{
	uint32_t seq;

	prep(0, 3);
	reserve(0, 3, 0);
	CALL(&s, VIRTIO_ENQUEUE, 0, 3, 0, 1);
	seq = NOTE(&s, DESC, 0, 3, 0x1000, 1025, 0);
	RET(&s, VIRTIO_ENQUEUE, 0);
	commit(0, 3, true);
	stream_is_only(&s, "ring.direction", seq);
}

SUITE(rules_ring_suite, "rules_ring", .setup = setup, .teardown = teardown)
