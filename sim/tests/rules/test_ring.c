/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/ring.c: for each rule a stream that fires it once, and a near miss.
 */
#include <check.h>

#include "tests/rules/stream.h"

Suite *rules_ring_suite(void);

enum { ENOENT_K = 2, EBUSY_K = 16, EAGAIN_K = 35 };

static struct stream s;

/* Requests here have no DMA map: the area dma looks the other way. */
static void
setup(void)
{
	stream_init(&s);
	rules_off(s.rules, "dma.unchecked-result");
	rules_off(s.rules, "dma.address-space");
	rules_off(s.rules, "dma.release-owned");
	stream_attach(&s);
}

static void
teardown(void)
{
	stream_fini(&s);
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
dequeue_nothing(uint64_t queue)
{
	CALL(&s, VIRTIO_DEQUEUE, queue);
	return RET(&s, VIRTIO_DEQUEUE, ENOENT_K);
}

static uint32_t
give_back(uint64_t queue, uint64_t slot)
{
	uint32_t seq = CALL(&s, VIRTIO_DEQUEUE_COMMIT, queue, slot);

	RET(&s, VIRTIO_DEQUEUE_COMMIT, 0);
	return seq;
}

START_TEST(good_requests_are_quiet)
{
	for (unsigned i = 0; i < 300; i++) {
		request(i % 2, i % 128);
		EVENT(&s, DEV_USED, 0, i % 2, i % 128, 0);
		dequeue(i % 2, i % 128);
		give_back(i % 2, i % 128);
		dequeue_nothing(i % 2);
	}
	stream_rest(&s);
	stream_end(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(slot_order_commit_without_reserve)
{
	prep(0, 3);
	stream_is_only(&s, "ring.slot-order", commit(0, 3, true));
}
END_TEST

START_TEST(slot_order_enqueue_without_reserve)
{
	prep(0, 3);
	stream_is_only(&s, "ring.slot-order", enqueue(0, 3, 1024));
}
END_TEST

START_TEST(slot_order_reserve_without_prep)
{
	stream_is_only(&s, "ring.slot-order", reserve(0, 3, 0));
}
END_TEST

START_TEST(slot_order_giving_back_after_nothing_was_found)
{
	dequeue_nothing(0);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.slot-order", give_back(0, 0));
}
END_TEST

START_TEST(segment_count_too_few)
{
	prep(0, 3);
	reserve(0, 3, 0);
	CALL(&s, VIRTIO_ENQUEUE, 0, 3, 0, 1);	/* of a map without segments */
	RET(&s, VIRTIO_ENQUEUE, 0);
	stream_is_only(&s, "ring.segment-count", commit(0, 3, true));
}
END_TEST

START_TEST(segment_count_too_many)
{
	prep(0, 3);
	reserve(0, 3, 0);
	enqueue(0, 3, 1024);
	enqueue(0, 3, 1024);
	stream_is_only(&s, "ring.segment-count", commit(0, 3, true));
}
END_TEST

START_TEST(abort_after_a_failed_reserve)
{
	prep(0, 3);
	reserve(0, 3, EAGAIN_K);
	stream_rest(&s);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.abort", CALL(&s, VIRTIO_ENQUEUE_ABORT, 0, 3));
}
END_TEST

START_TEST(abort_missing_shows_at_rest)
{
	prep(0, 3);
	reserve(0, 3, 0);
	stream_is_quiet(&s);
	stream_rest(&s);
	stream_is_only(&s, "ring.abort", s.trace.count - 1);
}
END_TEST

START_TEST(abort_where_due_is_quiet)
{
	prep(0, 3);
	CALL(&s, VIRTIO_ENQUEUE_ABORT, 0, 3);
	prep(0, 4);
	reserve(0, 4, 0);
	CALL(&s, VIRTIO_ENQUEUE_ABORT, 0, 4);
	stream_rest(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(slot_balance_abort_of_a_free_slot)
{
	stream_is_only(&s, "ring.slot-balance", CALL(&s, VIRTIO_ENQUEUE_ABORT, 0, 3));
}
END_TEST

START_TEST(slot_balance_committed_twice)
{
	request(0, 3);
	stream_is_only(&s, "ring.slot-balance", commit(0, 3, true));
}
END_TEST

START_TEST(slot_balance_given_back_twice)
{
	request(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	dequeue(0, 3);
	give_back(0, 3);
	stream_is_only(&s, "ring.slot-balance", give_back(0, 3));
}
END_TEST

START_TEST(slot_balance_never_given_back)
{
	request(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	dequeue(0, 3);
	stream_is_quiet(&s);
	stream_rest(&s);
	stream_is_only(&s, "ring.slot-balance", s.trace.count - 1);
}
END_TEST

START_TEST(slot_balance_wrong_queue_given_back)
{
	request(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	dequeue(0, 3);
	stream_is_only(&s, "ring.slot-balance", give_back(1, 3));
}
END_TEST

/* Nothing was asked in these slots, so there is nothing to give back for their answers. */
START_TEST(slot_balance_answers_to_no_request_are_left_alone)
{
	s.view.device.healthy = false;
	request(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	dequeue(0, 3);
	give_back(0, 3);
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	dequeue(0, 3);
	EVENT(&s, DEV_USED, 0, 1, 2, 0);
	dequeue(1, 2);
	stream_rest(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(broken_device_is_not_the_drivers_fault)
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
END_TEST

START_TEST(not_live_after_reset)
{
	EVENT(&s, DEV_STATUS, 0, 0);
	stream_is_only(&s, "ring.not-live", prep(0, 3));
}
END_TEST

START_TEST(uninitialised_queue)
{
	stream_is_only(&s, "ring.uninitialised", CALL(&s, VIRTIO_DEQUEUE, 5));
}
END_TEST

START_TEST(uninitialised_after_free)
{
	EVENT(&s, DEV_STATUS, 0, 0);
	CALL(&s, VIRTIO_FREE_VQ, 1);
	NOTE(&s, VQ_GONE, 1);
	RET(&s, VIRTIO_FREE_VQ, 0);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.uninitialised", CALL(&s, VIRTIO_DEQUEUE, 1));
}
END_TEST

static uint32_t
interrupt(bool calls_back)
{
	uint32_t seq;

	stream_as(&s, 2, HW_CTX_HARDINT, 6);
	CALL(&s, VIRTIO_VQ_INTR, 0);
	if (calls_back) {
		NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
		NOTE(&s, CALLBACK, 2, HW_CB_VQ_DONE, 0);
	}
	seq = RET(&s, VIRTIO_VQ_INTR, calls_back);
	stream_as(&s, 1, HW_CTX_AUTOCONF, 0);
	return seq;
}

START_TEST(uninitialised_vq_done)
{
	request(0, 3);
	interrupt(false);	/* nothing to tell yet */
	EVENT(&s, DEV_USED, 0, 0, 3, 0);
	interrupt(true);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.uninitialised", interrupt(false));
}
END_TEST

START_TEST(free_queue_while_live)
{
	stream_is_only(&s, "ring.free-queue", CALL(&s, VIRTIO_FREE_VQ, 1));
}
END_TEST

START_TEST(free_queue_with_slots_taken)
{
	request(0, 3);
	EVENT(&s, DEV_STATUS, 0, 0);
	CALL(&s, VIRTIO_FREE_VQ, 0);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.free-queue", RET(&s, VIRTIO_FREE_VQ, EBUSY_K));
}
END_TEST

START_TEST(direction_limits_of_the_queue)
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
END_TEST

START_TEST(direction_limits_of_segments)
{
	prep(0, 3);
	stream_is_only(&s, "ring.direction", CALL(&s, VIRTIO_ENQUEUE_RESERVE, 0, 3, 2));
}
END_TEST

START_TEST(dequeue_empty_again_and_again)
{
	for (unsigned i = 0; i < 15; i++)
		dequeue_nothing(0);
	interrupt(true);
	for (unsigned i = 0; i < 15; i++)
		dequeue_nothing(0);
	stream_is_quiet(&s);
	stream_is_only(&s, "ring.dequeue-empty", dequeue_nothing(0));
}
END_TEST

START_TEST(missing_kick)
{
	prep(0, 3);
	reserve(0, 3, 0);
	enqueue(0, 3, 1024);
	commit(0, 3, false);
	stream_is_quiet(&s);
	stream_rest(&s);
	stream_is_only(&s, "ring.missing-kick", s.trace.count - 1);
}
END_TEST

START_TEST(missing_kick_made_good_by_a_flush)
{
	prep(0, 3);
	reserve(0, 3, 0);
	enqueue(0, 3, 1024);
	commit(0, 3, false);
	commit(0, (uint64_t)-1, true);
	stream_rest(&s);
	stream_is_quiet(&s);
}
END_TEST

START_TEST(concurrent_use_of_one_side)
{
	uint32_t seq;

	prep(0, 3);
	stream_as(&s, 2, HW_CTX_HARDINT, 6);
	CALL(&s, VIRTIO_DEQUEUE, 0);	/* the other side */
	CALL(&s, VIRTIO_ENQUEUE_PREP, 1);	/* the other queue */
	stream_is_quiet(&s);
	seq = prep(0, 4);
	stream_is_only(&s, "ring.concurrent-use", seq);
}
END_TEST

START_TEST(concurrent_use_after_the_end_is_quiet)
{
	request(0, 3);
	prep(0, 4);
	reserve(0, 4, EAGAIN_K);
	stream_as(&s, 2, HW_CTX_HARDINT, 6);
	request(0, 5);
	stream_is_quiet(&s);
}
END_TEST

/* Before DRIVER_OK the queues are there, but the device does not look. */
START_TEST(not_live_before_driver_ok)
{
	stream_init(&s);
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	CALL(&s, VIRTIO_CHILD_ATTACH_START, 6);
	CALL(&s, VIRTIO_ALLOC_VQ, 0, 1024, 1, 0);
	NOTE(&s, VQ, 0, 128);
	RET(&s, VIRTIO_ALLOC_VQ, 0);
	stream_is_only(&s, "ring.not-live", prep(0, 0));
	stream_fini(&s);
}
END_TEST

Suite *
rules_ring_suite(void)
{
	Suite *suite = suite_create("rules_ring");
	TCase *tc = tcase_create("live");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_requests_are_quiet);
	tcase_add_test(tc, slot_order_commit_without_reserve);
	tcase_add_test(tc, slot_order_enqueue_without_reserve);
	tcase_add_test(tc, slot_order_reserve_without_prep);
	tcase_add_test(tc, slot_order_giving_back_after_nothing_was_found);
	tcase_add_test(tc, segment_count_too_few);
	tcase_add_test(tc, segment_count_too_many);
	tcase_add_test(tc, abort_after_a_failed_reserve);
	tcase_add_test(tc, abort_missing_shows_at_rest);
	tcase_add_test(tc, abort_where_due_is_quiet);
	tcase_add_test(tc, slot_balance_abort_of_a_free_slot);
	tcase_add_test(tc, slot_balance_committed_twice);
	tcase_add_test(tc, slot_balance_given_back_twice);
	tcase_add_test(tc, slot_balance_never_given_back);
	tcase_add_test(tc, slot_balance_wrong_queue_given_back);
	tcase_add_test(tc, slot_balance_answers_to_no_request_are_left_alone);
	tcase_add_test(tc, broken_device_is_not_the_drivers_fault);
	tcase_add_test(tc, not_live_after_reset);
	tcase_add_test(tc, uninitialised_queue);
	tcase_add_test(tc, uninitialised_after_free);
	tcase_add_test(tc, uninitialised_vq_done);
	tcase_add_test(tc, free_queue_while_live);
	tcase_add_test(tc, free_queue_with_slots_taken);
	tcase_add_test(tc, direction_limits_of_the_queue);
	tcase_add_test(tc, direction_limits_of_segments);
	tcase_add_test(tc, dequeue_empty_again_and_again);
	tcase_add_test(tc, missing_kick);
	tcase_add_test(tc, missing_kick_made_good_by_a_flush);
	tcase_add_test(tc, concurrent_use_of_one_side);
	tcase_add_test(tc, concurrent_use_after_the_end_is_quiet);
	suite_add_tcase(suite, tc);

	tc = tcase_create("before");
	tcase_add_test(tc, not_live_before_driver_ok);
	suite_add_tcase(suite, tc);
	return suite;
}
