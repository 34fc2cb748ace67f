/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/virtio_vq.c and virtio_vqmem.c: slots, requests, queues.
 */
#include <string.h>

#include "queues.h"
#include "tests/suite.h"

/* ---- slots ---- */

static const struct krig_row rows[] = {
	/* All, then EAGAIN; none is taken by a failure that is injected. */
	RUN(vq_slots, OUT(4, K_EAGAIN, [8] = 0, 1, 2, 3)),
	RUN(vq_slots, .fault = "virtio_enqueue_prep.eagain", OUT(0, K_EAGAIN)),
	/* The reservation of one segment cannot fail. */
	RUN(vq_reserve_last, OUT(4, 0)),
	/* First in, first out. */
	RUN(vq_fifo, OUT(0, 1, 2, 3, 0, 1, 2, 3)),
	/* A failed reserve has freed the slot; the injected failure too. */
	RUN(vq_reserve_short, OUT(3, K_EAGAIN, 3)),
	RUN(vq_reserve_short, .fault = "virtio_enqueue_reserve.eagain", OUT_FROM(1, K_EAGAIN, 3)),
	RUN(vq_abort, OUT(4, 3, 0, 4, 2, 0, 4)),
	RUN(vq_bad_slot, PANICS("slot 4711 of virtqueue 0, which has 4 slots")),
	RUN(vq_unreserved, PANICS("head->qe_next >= 0")),
	RUN(vq_reserve_twice, PANICS("head->qe_next == -1")),
	RUN(vq_free_busy, OUT(K_EBUSY, 4, 0, 0, 0),
	    .says = "virtio0: freeing non-empty vq, index 0\n"),
};

TEST_EACH(one_fragment, rows)
{
	KRIG(rig) = rig_of(4, false);

	krig_assert_row(rig, &rows[_i]);
}

/* ---- requests ---- */

/* 4 numbers are filled and synced, 16 are loaded: the device takes 16. */
TEST(lie12_descriptor_has_the_loaded_length)
{
	KRIG(rig) = rig_of(8, false);
	const struct event *taken;

	ask(rig, 4, 64);
	krig_run_well(rig, frag_vq_send);
	ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_DESC, 0)->arg[3], 64);
	taken = krig_event(rig, EV_DEV_TAKE, 0, 0);
	ck_assert_uint_eq(taken->arg[2], 64);
	ck_assert_uint_eq(taken->arg[3], 16);
	ck_assert_uint_eq(balloon_of(&rig->device)->entries[BALLOON_INFLATE], 16);
}

TEST(lie12_only_enqueue_p_shortens_it)
{
	KRIG(rig) = rig_of(8, false);

	ask(rig, 4, 64);
	rig->frag.in[3] = FRAG_PART;
	krig_run_well(rig, frag_vq_send);
	ck_assert_uint_eq(krig_event(rig, EV_DEV_TAKE, 0, 0)->arg[3], 4);
}

/* Bounced, what was not synced is old: the device walks it all the same. */
TEST(lie12_the_device_walks_stale_entries_of_a_bounced_buffer)
{
	struct memory *memory;
	KRIG(rig) = KRIG_ATTACHED(options.config.bounce = true,
	    child_plan.takes_at_once = true);

	memory = &rig->world.memory;
	ask(rig, 4, 16);
	krig_run(rig, frag_vq_send);
	rig->frag.in[0] = 2;
	rig->frag.in[1] = 300;
	krig_run_well(rig, frag_vq_send);
	ck_assert_uint_eq(krig_event(rig, EV_DEV_TAKE, 0, 1)->arg[3], 4);
	/* 300, 301 and, once more, 202, 203. */
	ck_assert_uint_eq(memory->counts.held, 6);
	ck_assert(memory_host_has(memory, 301));
	ck_assert(!memory_host_has(memory, 302));
}

TEST(two_segments_are_one_chain)
{
	for (int indirect = 0; indirect <= 1; indirect++) {
		KRIG(rig) = KRIG_ATTACHED(child_plan.maxnsegs = 2,
		    options.device.device.queue_size[0] = options.device.device.queue_size[1] = 8,
		    options.device.device.features &= ~(indirect ? 0 : TRANSPORT_F_INDIRECT_DESC));

		krig_run_well(rig, frag_vq_chain);
		ck_assert_int_eq(rig->frag.out[7], indirect);
		krig_assert_out(rig, 8, 0);
		/* An indirect request takes one slot. */
		ck_assert_int_eq(rig->frag.out[2], indirect ? 7 : 6);
		ck_assert_uint_eq(krig_event(rig, EV_DEV_TAKE, 0, 0)->arg[3], 6);
		/* Both times: a fresh slot is aborted alone, whatever chain it headed before. */
		for (int i = 0; i < 2; i++) {
			krig_run(rig, frag_vq_dequeue_all);
			ck_assert_int_eq(rig->frag.out[3], 8);
		}
	}
}

/* No tables for one segment, whatever was negotiated. */
TEST(no_indirect_tables_for_one_segment)
{
	KRIG(rig) = rig_of(128, false);

	krig_run(rig, frag_vq_layout);
	ck_assert_int_eq(rig->frag.out[7], 0);
	/* kernel.md 13: 128 slots, used at 4096, 8192 in all. */
	krig_assert_out(rig, 128, 16 * 128, 4096, 8192);
	ck_assert_int_eq(rig->frag.out[4] % 4096, 0);
	krig_assert_out_from(rig, 5, 1, 1);
	krig_free(rig);
	rig = rig_of(256, false);
	krig_run(rig, frag_vq_layout);
	krig_assert_out_from(rig, 2, 8192, 12288);
}

TEST(commit_without_notify_waits_for_the_flush)
{
	KRIG(rig) = rig_completing(true, 0);

	ask(rig, 1, 4);
	rig->frag.in[3] = FRAG_QUIET;
	krig_run(rig, frag_vq_send);
	krig_run(rig, frag_vq_send);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 0);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 0);
	krig_run(rig, frag_vq_flush);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 1);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 2);
	krig_assert_order(rig, "()()d-");
}

/* A device that is busy asks for no notifications: the second request is not announced. */
TEST(no_notification_when_the_device_asks_for_none)
{
	KRIG(rig) = KRIG_ATTACHED(options.device.device.quiet_notify = true,
	    options.device.device.ack = DEVICE_ACK_LATER,
	    options.device.device.latency_ns[0] = MS);

	ask(rig, 1, 4);
	krig_thread(rig, frag_vq_send);
	krig_thread(rig, frag_vq_send);
	krig_go_well(rig);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 1);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 2);
}

/* ---- queues ---- */

/* The driver sets vq_done before the call, and looks at it after (out[last]). */
QUEUE_TEST(lie20_alloc_vq_clears_vq_done)
{
	ck_assert_int_eq(rig->frag.out[FRAG_OUT - 1], 0);
}

TEST(lie20_alloc_vq_fails_with_minus_1)
{
	for (int modern = 0; modern <= 1; modern++) {
		KRIG(rig) = KRIG_WITH(options.driver = true,
		    options.config.legacy = !modern);

		krig_fault(rig, "virtio_alloc_vq.fails", 1);
		ck_assert(!krig_attach(rig));
		krig_assert_alive(rig);
		ck_assert_int_eq((int64_t)krig_event(rig, EV_RET, HW_CALL_VIRTIO_ALLOC_VQ,
		    0)->arg[0], -1);
		/* Nothing of it is left to be freed. */
		krig_assert_order(rig, "masQL");
	}
}

TEST(a_missing_queue_fails_with_minus_1)
{
	KRIG(rig) = KRIG_WITH(options.driver = true,
	    options.device.device.queue_size[1] = 0);

	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	krig_assert_order(rig, "masqQfL");
	ck_assert_int_eq((int64_t)krig_event(rig, EV_RET, HW_CALL_VIRTIO_ALLOC_VQ,
	    1)->arg[0], -1);
	HAS(krig_console(rig), "virtqueue not exist, index 1");
}

SUITE(virtio_vq)
