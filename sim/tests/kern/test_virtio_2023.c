/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/virtio2023.c: what is other for a child of the bus of 2023.
 */
#include <string.h>

#include "queues.h"
#include "tests/suite.h"

enum { INTR_MPSAFE = 1, INTR_SOFTINT = 2, INTR_MSIX = 4, INTR_PERVQ = 8 };

/* A rig of the driver of child_2023.c, with queues of 4 slots; attached, or not yet. */
#define OF_2023(...) KRIG_WITH(options.driver = options.driver_2023 = true, \
    options.device.device.queue_size[0] = options.device.device.queue_size[1] = 4, ##__VA_ARGS__)
#define ATTACHED_2023(...) ({ \
	struct krig *attached = OF_2023(options.driver = true, ##__VA_ARGS__); \
	ck_assert(krig_attach(attached)); \
	krig_assert_alive(attached); \
	attached; \
})

static void
interrupt(struct krig *rig, int queue)
{
	device_interrupt(&rig->device, queue, false, 1);
	krig_go_well(rig);
}

static void
send(struct krig *rig)
{
	ask(rig, 1, 4);
	krig_run_well(rig, frag_vq_send);
}

/* ---- attachment ---- */

/* Of both, in attach_finish and not before; then DRIVER_OK. */
TEST(the_device_learns_of_the_queues_in_attach_finish)
{
	for (int modern = 0; modern <= 1; modern++) {
		const struct event *finish;
		KRIG(rig) = ATTACHED_2023(options.config.legacy = !modern);

		krig_assert_order(rig, "masiqiqF");
		finish = krig_event(rig, EV_CALL, HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, 0);
		ck_assert_uint_eq(krig_count(rig, EV_DEV_QUEUE, KRIG_ANY_CODE), 2);
		for (unsigned q = 0; q < 2; q++) {
			const struct event *queue = krig_event(rig, EV_DEV_QUEUE, KRIG_ANY_CODE, q);

			ck_assert_uint_eq(queue->arg[0], q);
			ck_assert_uint_ne(queue->arg[2], 0);
			ck_assert_uint_gt(queue->seq, finish->seq);
			ck_assert_uint_lt(queue->seq, krig_event(rig, EV_DEV_STATUS,
			    KRIG_ANY_CODE, modern ? 4 : 3)->seq);
			ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_VQ, q)->arg[1], 4);
		}
	}
}

TEST(the_handlers_are_noted_with_their_flags)
{
	const struct event *note;
	KRIG(rig) = ATTACHED_2023(child_plan.req_flags = INTR_MPSAFE);

	note = krig_event(rig, EV_NOTE, HW_NOTE_HANDLERS, 0);
	ck_assert_uint_eq(note->arg[0], 2);
	ck_assert_uint_eq(note->arg[1], INTR_MPSAFE);
	ck_assert_uint_eq(note->arg[2], 1);
}

TEST(the_features_are_64_bits_wide)
{
	KRIG(rig) = ATTACHED_2023(options.config.legacy = false,
	    options.device.device.features = UINT64_C(1) << 40,
	    child_plan.wide_features = UINT64_C(1) << 40 | UINT32_C(1) << 31);

	ck_assert_int_eq(rig->frag.out[FRAG_OUT - 2], INT64_C(1) << 32 | INT64_C(1) << 40);
}

/* A request before the end of the attachment, and what attach_finish asserts. */
static const struct { enum child_mistake mistake; const char *says; int flags; } mistakes[] = {
	{ CHILD_ENQUEUES_EARLY, "sc->sc_child_state == VIRTIO_CHILD_ATTACH_FINISHED", 0 },
	{ CHILD_NO_HANDLER, "vqs[i].vq_intrhand != NULL", 0 },
	{ CHILD_TWO_HANDLERS, "vqs[i].vq_intrhand == virtio_vq_done", 0 },
	{ CHILD_WRONG_ORDER, "vqs[i].vq_index == i", 0 },
	{ CHILD_STARTS_TWICE, "sc->sc_child == NULL", 0 },
	{ CHILD_RIGHT, "(req_flags & either) != either", INTR_SOFTINT | INTR_PERVQ },
};

TEST_EACH(a_mistake_fails_an_assertion, mistakes)
{
	KRIG(rig) = OF_2023(child_plan.mistake = mistakes[_i].mistake,
	    child_plan.req_flags = mistakes[_i].flags);

	krig_attach(rig);
	krig_assert_panic(rig, mistakes[_i].says);
}

TEST(without_diagnostic_nobody_looks)
{
	KRIG(rig) = ATTACHED_2023(options.config.diagnostic = false,
	    child_plan.mistake = CHILD_ENQUEUES_EARLY);

	krig_assert_order(rig, "masiqiqF");
}

TEST(no_queue_at_all_fails_an_assertion)
{
	KRIG(rig) = OF_2023(child_plan.queues = 0);

	krig_attach(rig);
	krig_assert_panic(rig, "nvqs > 0");
}

/* ---- failures ---- */

/* Queues that the device does not know of are freed; the bus takes no notice of one not made. */
TEST(a_failed_allocation_leaves_nothing)
{
	for (int modern = 0; modern <= 1; modern++) {
		KRIG(rig) = OF_2023(options.config.legacy = !modern);

		krig_fault(rig, "virtio_alloc_vq.fails", 1);
		ck_assert(!krig_attach(rig));
		krig_assert_alive(rig);
		krig_assert_order(rig, "masiQL");
		ck_assert_int_eq(rig->frag.out[FRAG_OUT - 3], 0);
		ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_VQ_GONE), 0);
		HAS(krig_console(rig), "virtqueue 0 for first allocation failed",
		    "virtio0: virtio configuration failed\n");
		/* And once more, which succeeds. */
		krig_forget_marks(rig);
		ck_assert(krig_attach(rig));
		krig_assert_order(rig, "masiqiqF");
	}
}

TEST(a_queue_that_is_not_there_is_not_allocated)
{
	KRIG(rig) = OF_2023(options.device.device.queue_size[1] = 0);

	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	krig_assert_order(rig, "masiqiQL");
	HAS(krig_console(rig), "virtqueue not exist, index 1 for second\n");
	ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_VQ_GONE), 1);
}

TEST(attach_finish_fails_with_1)
{
	KRIG(rig) = OF_2023();

	krig_fault(rig, "virtio_child_attach_finish.fails", 1);
	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	krig_assert_order(rig, "masiqiqXL");
	ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_VQ_GONE), 2);
}

/* The device is not reset for a child that never started. */
TEST(attach_failed_before_attach_start_only_says_failed)
{
	KRIG(rig) = OF_2023(child_plan.end = CHILD_NOTHING);

	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	ck_assert_uint_eq(krig_count(rig, EV_DEV_STATUS, KRIG_ANY_CODE), 4);
	ck_assert_uint_eq(krig_event(rig, EV_DEV_STATUS, KRIG_ANY_CODE, 3)->arg[0],
	    TRANSPORT_STATUS_FAILED | 3);
}

TEST(a_detach_forgets_the_child_and_can_be_repeated)
{
	KRIG(rig) = ATTACHED_2023();

	krig_forget_marks(rig);
	krig_run_well(rig, frag_detach_force);
	krig_assert_order(rig, "n!");
	ck_assert_uint_eq(krig_count(rig, EV_DEV_STATUS, KRIG_ANY_CODE), 5);
	ck_assert_uint_eq(krig_count(rig, EV_NOTE, HW_NOTE_VQ_GONE), 2);
}

/* ---- slots ---- */

static const struct krig_row rows[] = {
	RUN(vq_slots, OUT(4, K_EAGAIN, [8] = 0, 1, 2, 3)),
	/* Last in, first out. */
	RUN(vq_fifo, OUT(0, 1, 1, 0, 0, 1, 1, 0)),
	RUN(vq_reserve_last, OUT(4, 0)),
	RUN(vq_reserve_short, OUT(3, K_EAGAIN, 3)),
	RUN(vq_abort, OUT(4, 3, 0, 4, 2, 0, 4)),
	RUN(vq_unreserved, PANICS("head->qe_next >= 0")),
	/* A slot of one segment may be reserved again. */
	RUN(vq_reserve_twice, .order = "!"),
};

TEST_EACH(slots, rows)
{
	KRIG(rig) = ATTACHED_2023();

	krig_forget_marks(rig);
	krig_assert_row(rig, &rows[_i]);
}

/* ---- interrupts ---- */

/* The bus looks whether there are answers, and calls vq_done until they are taken. */
TEST(vq_done_is_called_while_answers_wait)
{
	KRIG(rig) = ATTACHED_2023();

	krig_forget_marks(rig);
	interrupt(rig, BALLOON_DEFLATE);
	krig_assert_order(rig, "");
	send(rig);
	krig_assert_order(rig, "(d)");
	interrupt(rig, DEVICE_CONFIGURATION);
	krig_assert_order(rig, "(d)cd");
	ck_assert_uint_eq(krig_count(rig, EV_CALL, HW_CALL_VIRTIO_VQ_INTR), 0);
}

/* With a message each, the handler is called whether there are answers or not. */
TEST(pervq_is_a_message_for_each_queue)
{
	for (int own = 0; own <= 1; own++) {
		KRIG(rig) = ATTACHED_2023(options.config.msix = true,
		    child_plan.req_flags = INTR_MSIX | INTR_PERVQ, child_plan.per_queue = own);

		krig_forget_marks(rig);
		interrupt(rig, BALLOON_DEFLATE);
		interrupt(rig, BALLOON_INFLATE);
		interrupt(rig, DEVICE_CONFIGURATION);
		krig_assert_order(rig, own ? "Hhc" : "Ddc");
		ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 0)->arg[0],
		    HW_VEC_MSIX_QUEUE + 1);
		ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 1)->arg[0],
		    HW_VEC_MSIX_QUEUE);
		ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_CALLBACK, 0)->arg[1],
		    own ? HW_CB_INTRHAND : HW_CB_VQ_DONE);
	}
}

/* Without it, one for all; and none at all without MSI-X. */
TEST(without_pervq_one_message_serves_all_queues)
{
	KRIG(rig) = ATTACHED_2023(options.config.msix = true,
	    child_plan.req_flags = INTR_MSIX, child_plan.per_queue = true);

	krig_forget_marks(rig);
	interrupt(rig, BALLOON_DEFLATE);
	krig_assert_order(rig, "");
	send(rig);
	krig_assert_order(rig, "(h)");
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 0)->arg[0], HW_VEC_MSIX_QUEUE);
	krig_free(rig);
	rig = ATTACHED_2023(child_plan.req_flags = INTR_MSIX | INTR_PERVQ);
	HAS(krig_console(rig), "interrupting at ioapic0 pin 11");
	krig_forget_marks(rig);
	send(rig);
	krig_assert_order(rig, "(d)");
}

TEST(softint_runs_the_handlers)
{
	KRIG(rig) = ATTACHED_2023(child_plan.req_flags = INTR_SOFTINT | INTR_MPSAFE);

	krig_forget_marks(rig);
	send(rig);
	krig_assert_order(rig, "(d)");
	ck_assert_uint_eq(krig_event(rig, EV_NOTE, HW_NOTE_CALLBACK, 1)->ctx_kind,
	    HW_CTX_SOFTINT);
}

SUITE(virtio_2023)
