/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/virtio.c and virtio_vq.c: completions, callbacks, configuration.
 */
#include "queues.h"
#include "tests/suite.h"

static void
send(struct krig *rig, int64_t n)
{
	ask(rig, n, 4 * n);
	krig_run_well(rig, frag_vq_send);
}

/* ---- completions ---- */

/* In the notification, before the thread sleeps; or asleep; always after the ring lock is free. */
TEST(lie36_completions_come_inside_the_notification_or_later)
{
	static const uint64_t latency_ns[] = { 0, 1, 5 * MS };
	static const char *const order[] = { "(d)=", "()d=", "()d=" };

	for (int i = 0; i < 3; i++) {
		KRIG(rig) = rig_completing(true, latency_ns[i]);
		uint64_t start_ns = rig->world.clock.now_ns;
		bool in_notify = latency_ns[i] == 0;

		ask(rig, 1, 4);
		krig_run_well(rig, frag_vq_wait_used);
		krig_assert_order(rig, order[i]);
		ck_assert_uint_eq(rig->world.clock.now_ns - start_ns, latency_ns[i]);
		ck_assert_uint_eq(krig_count(rig, EV_CTX_SLEEP, HW_SLEEP_CV), !in_notify);
		if (in_notify)
			ck_assert_uint_lt(krig_event(rig, EV_DEV_USED, 0, 0)->seq,
			    krig_event(rig, EV_IRQ_ENTER, 0, 0)->seq);
	}
}

/* The interrupt that a notification causes finds this CPU's level raised by the ring lock. */
TEST(lie36_the_notifications_interrupt_waits_for_the_ring_lock)
{
	KRIG(rig) = rig_completing(true, 0);
	const struct event *notified, *irq;

	send(rig, 1);
	notified = krig_event(rig, EV_DEV_NOTIFY, 0, 0);
	irq = krig_event(rig, EV_IRQ_ENTER, 0, 0);
	ck_assert_uint_eq(notified->ipl, K_IPL_VM);
	ck_assert_uint_gt(irq->seq, notified->seq);
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_RAISE, KRIG_ANY_CODE, 0)->ipl, K_IPL_VM);
	ck_assert_uint_lt(irq->seq, krig_event(rig, EV_RET,
	    HW_CALL_VIRTIO_ENQUEUE_COMMIT, 0)->seq);
}

TEST(used_buffers_are_dequeued_in_order_until_enoent)
{
	KRIG(rig) = rig_completing(false, 0);

	for (int i = 0; i < 3; i++)
		send(rig, 1);
	krig_run_well(rig, frag_vq_dequeue_all);
	krig_assert_out(rig, 3, K_ENOENT);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rig->frag.out[8 + i], i);
	ck_assert_int_eq(rig->frag.out[3], 8);
}

/* d at each of the sends; then at every interrupt, of whatever kind, until somebody
 * dequeues. */
TEST(lie03_vq_done_comes_at_every_interrupt_until_dequeued)
{
	KRIG(rig) = rig_completing(false, 0);

	send(rig, 1);
	send(rig, 1);
	krig_assert_order(rig, "(d)(d)");
	device_interrupt(&rig->device, DEVICE_CONFIGURATION, false, 1);
	krig_go(rig);
	device_interrupt(&rig->device, BALLOON_DEFLATE, false, 1);
	krig_go(rig);
	krig_assert_order(rig, "(d)(d)cdd");
	krig_run(rig, frag_vq_dequeue_all);
	device_interrupt(&rig->device, BALLOON_INFLATE, false, 1);
	krig_go_well(rig);
	krig_assert_order(rig, "(d)(d)cdd");
}

TEST(lie03_vq_done_comes_once_for_many_used_buffers)
{
	KRIG(rig) = rig_completing(false, MS);

	ask(rig, 1, 4);
	for (int i = 0; i < 3; i++)
		krig_thread(rig, frag_vq_send);
	krig_go_well(rig);
	/* All three are completed at one time. */
	ck_assert_uint_eq(krig_count(rig, EV_DEV_USED, KRIG_ANY_CODE), 3);
	krig_assert_order(rig, "()()()d");
}

TEST(lie38_an_id_outside_of_the_queue_is_the_devices_fault)
{
	KRIG(rig) = rig_of(1, false);

	/* A queue of one slot has no other id that is wrong but inside. */
	device_behave(&rig->device, BEHAVIOUR_WRONG_ID, BALLOON_INFLATE, 1);
	send(rig, 1);
	krig_run(rig, frag_vq_dequeue_all);
	krig_assert_end(rig, WORLD_DEVICE_FAULT, "names descriptor 1, it has 1");
}

/* Inside, nothing notices: the wrong slot is handed out. */
TEST(lie38_a_wrong_id_inside_is_believed)
{
	KRIG(rig) = rig_of(8, false);

	device_behave(&rig->device, BEHAVIOUR_WRONG_ID, BALLOON_INFLATE, 1);
	send(rig, 1);
	krig_run_well(rig, frag_vq_dequeue_all);
	ck_assert_int_eq(rig->frag.out[8], 1);
}

TEST(injected_enoent_hides_a_used_buffer)
{
	KRIG(rig) = rig_completing(false, 0);

	send(rig, 1);
	krig_fault(rig, "virtio_dequeue.enoent", 1);
	krig_run(rig, frag_vq_dequeue_all);
	krig_assert_out(rig, 0, K_ENOENT);
	krig_run(rig, frag_vq_dequeue_all);
	ck_assert_int_eq(rig->frag.out[0], 1);
}

TEST(committing_a_used_slot_twice_wrecks_the_free_list)
{
	KRIG(rig) = rig_completing(false, 0);

	send(rig, 1);
	krig_run(rig, frag_vq_dequeue_twice);
	krig_assert_panic(rig, "a slot was freed twice");
}

/* ---- interrupts on request ---- */

TEST(stopped_interrupts_do_not_come)
{
	KRIG(rig) = rig_completing(false, 0);

	krig_run(rig, frag_vq_stop_intr);
	send(rig, 1);
	krig_assert_order(rig, "()");
	krig_run(rig, frag_vq_start_intr);
	/* It says that there is a used buffer already. */
	krig_assert_out_from(rig, 4, 1, 1);
	send(rig, 1);
	krig_assert_order(rig, "()(d)");
}

TEST(event_idx_postpones_the_interrupt)
{
	KRIG(rig) = KRIG_ATTACHED(child_plan.req_features = (int)TRANSPORT_F_EVENT_IDX);

	krig_forget_marks(rig);
	/* The first used buffer interrupts in any case. */
	send(rig, 1);
	krig_run(rig, frag_vq_dequeue_all);
	krig_run(rig, frag_vq_postpone);
	ck_assert_int_eq(rig->frag.out[4], 0);
	send(rig, 1);
	krig_assert_order(rig, "(d)()");
	send(rig, 1);
	krig_assert_order(rig, "(d)()(d)");
}

/* ---- configuration ---- */

TEST(configuration_of_every_width)
{
	for (int how = 0; how < 4; how++) {
		/* VIRTIO_F_INTR_MSIX is 4. */
		KRIG(rig) = KRIG_ATTACHED(options.config.legacy = how & 1,
		    options.config.msix = how & 2, child_plan.req_flags = how & 2 ? 4 : 0,
		    options.device.target_pages = 0x12345678,
		    options.device.actual_pages = 0x9abcdef0);

		krig_run(rig, frag_config_widths);
		krig_assert_out(rig, 0x78, 0x5678, 0x12345678);
		ck_assert_uint_eq((uint64_t)rig->frag.out[3], UINT64_C(0x9abcdef012345678));
		krig_assert_out_from(rig, 4, 0x5678, 0x12345678);
	}
}

static void
retarget(void *arg)
{
	struct krig *rig = arg;

	balloon_target(&rig->device, 777, false);
	balloon_set_actual(&rig->device, 55);
}

/* Between the first read and the second the host changes both. */
TEST(lie06_the_target_moves_between_two_reads)
{
	KRIG(rig) = KRIG_ATTACHED(options.device.target_pages = 100);

	krig_at_point(rig, POINT_AFTER, HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE, 1, retarget,
	    rig);
	krig_run(rig, frag_config_pair);
	krig_assert_out(rig, 100, 55, 777);
}

TEST(reinit_keeps_queues_and_frees_slots)
{
	for (int modern = 0; modern <= 1; modern++) {
		KRIG(rig) = rig_of(4, modern);

		krig_run(rig, frag_vq_slots);
		krig_run_well(rig, frag_device_reinit);
		krig_assert_out(rig, 0, 4);
		ck_assert_uint_eq(rig->device.transport.status & TRANSPORT_STATUS_DRIVER_OK,
		    TRANSPORT_STATUS_DRIVER_OK);
		send(rig, 1);
		ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 1);
	}
}

TEST(child_is_null_one_or_the_child)
{
	KRIG(rig) = KRIG_ATTACHED();

	krig_run(rig, frag_device_child);
	ck_assert_int_eq(rig->frag.out[2], 1);
	krig_free(rig);
	rig = KRIG_WITH(options.driver = true, child_plan.end = CHILD_FAILED);
	krig_attach(rig);
	krig_run(rig, frag_device_child);
	ck_assert_int_eq(rig->frag.out[1], 1);
}

SUITE(virtio)
