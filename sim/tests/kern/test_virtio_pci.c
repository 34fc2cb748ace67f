/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/virtio_pci.c and virtio_pci_reg.c, and of attachment in virtio.c: how a
 * child attaches, what it negotiates, how interrupts reach it.
 */
#include <string.h>

#include "queues.h"
#include "tests/suite.h"

enum { INTR_MPSAFE = 1, INTR_SOFTINT = 2, INTR_MSIX = 4 };

/* Attached, with the marks of the attachment forgotten. */
static struct krig *
rig_attached(struct krig_options *options)
{
	struct krig *rig = krig_new_attached(options);

	krig_forget_marks(rig);
	return rig;
}

static void
interrupt(struct krig *rig, int queue, bool spurious)
{
	device_interrupt(&rig->device, queue, spurious, 1);
	krig_go_well(rig);
}

/* ---- attachment ---- */

static void
assert_statuses(const struct krig *rig, const uint64_t *status, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ck_assert_uint_eq(krig_event(rig, EV_DEV_STATUS, KRIG_ANY_CODE,
		    i)->arg[0], status[i]);
	ck_assert_uint_eq(krig_count(rig, EV_DEV_STATUS, KRIG_ANY_CODE), n);
}

TEST(status_goes_up_step_by_step)
{
	static const uint64_t legacy[] = { 0, 1, 3, 7 }, modern[] = { 0, 1, 3, 11, 15 };

	for (int is_modern = 0; is_modern <= 1; is_modern++) {
		KRIG(rig) = KRIG_ATTACHED(options.config.legacy = !is_modern);

		if (is_modern)
			assert_statuses(rig, modern, 5);
		else
			assert_statuses(rig, legacy, 4);
	}
}

TEST(a_failed_attach_resets_the_device_and_says_failed)
{
	static const uint64_t legacy[] = { 0, 1, 3, 7, 0, 128 };
	KRIG(rig) = KRIG_WITH(options.driver = true, child_plan.end = CHILD_LATE_FAILURE);

	krig_attach(rig);
	assert_statuses(rig, legacy, 6);
}

TEST(attach_finish_fails_with_1)
{
	for (int modern = 0; modern <= 1; modern++) {
		KRIG(rig) = KRIG_WITH(options.driver = true,
		    options.config.legacy = !modern);

		krig_fault(rig, "virtio_child_attach_finish.fails", 1);
		ck_assert(!krig_attach(rig));
		krig_assert_alive(rig);
		krig_assert_order(rig, "masqqXffL");
		ck_assert_uint_eq(krig_event(rig, EV_RET,
		    HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, 0)->arg[0], 1);
		HAS(krig_console(rig), "virtio0: failed to ");
		/* FAILED was set before anything else the child did. */
		ck_assert_uint_eq(krig_event(rig, EV_DEV_STATUS, KRIG_ANY_CODE,
		    modern ? 4 : 3)->arg[0] & TRANSPORT_STATUS_FAILED,
		    TRANSPORT_STATUS_FAILED);
	}
}

/* The device hears of both queues before DRIVER_OK. */
TEST(lie22_queues_are_programmed_when_allocated)
{
	for (int modern = 0; modern <= 1; modern++) {
		const struct event *queue;
		KRIG(rig) = KRIG_ATTACHED(options.config.legacy = !modern);

		for (unsigned q = 0; q < 2; q++) {
			queue = krig_event(rig, EV_DEV_QUEUE, KRIG_ANY_CODE, q);
			ck_assert_uint_eq(queue->arg[0], q);
			ck_assert_uint_ne(queue->arg[2], 0);
			ck_assert_uint_lt(queue->seq, krig_event(rig, EV_RET,
			    HW_CALL_VIRTIO_ALLOC_VQ, q)->seq);
		}
		ck_assert_uint_lt(queue->seq, krig_event(rig, EV_CALL,
		    HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, 0)->seq);
	}
}

static void
interrupt_config(void *arg)
{
	struct krig *rig = arg;

	device_interrupt(&rig->device, DEVICE_CONFIGURATION, false, 1);
}

/* c comes before F: the driver does not even know that it is attached. */
TEST(lie22_an_interrupt_may_come_inside_attach_finish)
{
	for (int how = 0; how < 4; how++) {
		KRIG(rig) = KRIG_WITH(options.driver = true, options.config.legacy = how & 1,
		    options.config.msix = how & 2, child_plan.req_flags = how & 2 ? INTR_MSIX : 0,
		    child_plan.thread = true);

		krig_at_point(rig, POINT_AFTER, HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, 1,
		    interrupt_config, rig);
		ck_assert(krig_attach(rig));
		krig_go_well(rig);
		krig_assert_order(rig, "masqqcFT");
	}
}

/* Between the failure and attach_failed the device is as live as ever. */
TEST(lie23_the_error_path_is_not_quiet)
{
	KRIG(rig) = KRIG_WITH(options.driver = true, child_plan.end = CHILD_LATE_FAILURE);

	krig_at_point(rig, POINT_BEFORE, HW_CALL_VIRTIO_FREE_VQ, 2, interrupt_config, rig);
	krig_at_point(rig, POINT_BEFORE, HW_CALL_VIRTIO_CHILD_ATTACH_FAILED, 1,
	    interrupt_config, rig);
	krig_at_point(rig, POINT_AFTER, HW_CALL_VIRTIO_CHILD_ATTACH_FAILED, 1,
	    interrupt_config, rig);
	ck_assert(!krig_attach(rig));
	krig_go_well(rig);
	krig_assert_order(rig, "masqqFfcfcL");
}

/* ---- features ---- */

TEST(features_are_what_both_want)
{
	for (int modern = 0; modern <= 1; modern++) {
		int64_t both = 1 | INT64_C(1) << 28;
		KRIG(rig) = KRIG_ATTACHED(options.config.legacy = !modern,
		    options.device.device.features |= BALLOON_F_MUST_TELL_HOST | BALLOON_F_STATS_VQ,
		    child_plan.req_features = 1 | 4 | 1 << 24);

		if (modern)
			both |= INT64_C(1) << 32;
		else
			both |= 1 << 24;	/* NOTIFY_ON_EMPTY is legacy */
		ck_assert_int_eq(rig->frag.out[FRAG_OUT - 2], both);
		ck_assert_uint_eq(rig->device.transport.accepted, (uint64_t)both);
	}
}

TEST(the_request_is_an_int_and_sign_extended)
{
	for (int is_negative = 0; is_negative <= 1; is_negative++) {
		KRIG(rig) = KRIG_ATTACHED(options.config.legacy = false,
		    options.device.device.features = UINT64_C(1) << 40,
		    child_plan.req_features = is_negative ? INT32_MIN : 1 << 30);

		ck_assert_int_eq(rig->frag.out[FRAG_OUT - 2],
		    INT64_C(1) << 32 | (is_negative ? INT64_C(1) << 40 : 0));
	}
}

TEST(a_device_may_refuse_features_ok)
{
	static const uint64_t modern[] = { 0, 1, 3, 3, 128 };
	KRIG(rig) = KRIG_WITH(options.driver = true, options.config.legacy = false,
	    options.device.device.features_required = BALLOON_F_DEFLATE_ON_OOM,
	    child_plan.end = CHILD_STARTED);

	ck_assert(!krig_attach(rig));
	krig_assert_alive(rig);
	ck_assert_int_eq(rig->frag.out[FRAG_OUT - 2], 0);
	assert_statuses(rig, modern, 5);
	HAS(krig_console(rig), "virtio0: feature negotiation failed\n");
}

/* ---- interrupts ---- */

/* A configuration change on INTx runs the queue handler too, after config_change. */
TEST(lie04_a_config_interrupt_touches_queues_on_intx)
{
	for (int how = 0; how < 4; how++) {
		/* QEMU shows both bits, others one. */
		KRIG(rig) = KRIG_MADE(rig_attached, options.config.legacy = how & 1,
		    options.device.device.config_isr = how & 2 ? 3 : 2);

		ask(rig, 1, 4);
		krig_run(rig, frag_vq_send);
		krig_assert_order(rig, "(d)");
		interrupt(rig, DEVICE_CONFIGURATION, false);
		krig_assert_order(rig, "(d)cd");
	}
}

TEST(lie04_but_not_on_msix)
{
	KRIG(rig) = KRIG_MADE(rig_attached, options.config.msix = true,
	    child_plan.req_flags = INTR_MSIX);

	ask(rig, 1, 4);
	krig_run(rig, frag_vq_send);
	interrupt(rig, DEVICE_CONFIGURATION, false);
	krig_assert_order(rig, "(d)c");
	interrupt(rig, BALLOON_DEFLATE, false);
	krig_assert_order(rig, "(d)cd");
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 1)->arg[0], HW_VEC_MSIX_CONFIG);
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 2)->arg[0], HW_VEC_MSIX_QUEUE);
	/* ISR is not read. */
	for (unsigned i = 0; krig_nth(rig, EV_REG_READ, KRIG_ANY_CODE, i) != NULL; i++)
		ck_assert(krig_event(rig, EV_REG_READ, KRIG_ANY_CODE, i)->arg[0] !=
		    HW_REG_LEGACY || krig_event(rig, EV_REG_READ, KRIG_ANY_CODE,
		    i)->arg[1] != 19);
}

TEST(several_pairs_of_queues_have_a_message_each)
{
	KRIG(rig) = KRIG_MADE(rig_attached, options.config.msix = true,
	    child_plan.req_flags = INTR_MSIX, child_plan.per_queue = true);

	interrupt(rig, BALLOON_DEFLATE, false);
	interrupt(rig, BALLOON_INFLATE, false);
	interrupt(rig, DEVICE_CONFIGURATION, false);
	krig_assert_order(rig, "Ddc");
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 0)->arg[0], HW_VEC_MSIX_QUEUE + 1);
	ck_assert_uint_eq(krig_event(rig, EV_IRQ_ENTER, 0, 1)->arg[0], HW_VEC_MSIX_QUEUE);
}

static void
change_config(void *arg)
{
	transport_interrupt(&((struct krig *)arg)->device.transport, -1, false);
}

/* The interrupt comes at a raised level, then the device is reset, then the level falls. */
TEST(a_message_on_its_way_outlives_a_reset_and_a_level_does_not)
{
	for (int msix = 0; msix <= 1; msix++) {
		KRIG(rig) = KRIG_MADE(rig_attached, options.config.msix = msix,
		    child_plan.req_flags = INTR_MSIX);

		krig_at_point(rig, POINT_BEFORE, HW_CALL_VIRTIO_RESET, 1, change_config, rig);
		krig_run_well(rig, frag_device_reset_masked);
		krig_assert_order(rig, msix ? "rc" : "r");
	}
}

/* The handler, on the other CPU, has begun and needs the kernel lock that the detach holds. */
TEST(a_detach_waits_for_a_handler_that_runs)
{
	KRIG(rig) = KRIG_MADE(rig_attached, options.config.cpus = 2,
	    options.config.interrupt_cpu = 1, options.driver_detaches = true);

	krig_at_point(rig, POINT_BEFORE, HW_CALL_VIRTIO_FREE_VQ, 1, change_config, rig);
	krig_run_well(rig, frag_detach_force);
	/* It came, found the ISR clear, and is gone. */
	ck_assert_uint_eq(krig_count(rig, EV_IRQ_EXIT, 0), 1);
	ck_assert_uint_eq(krig_count(rig, EV_CTX_SLEEP, HW_SLEEP_INTR), 1);
	krig_assert_order(rig, "ff!");
}

TEST(an_interrupt_of_somebody_else_calls_nobody)
{
	KRIG(rig) = KRIG_MADE(rig_attached);

	interrupt(rig, BALLOON_INFLATE, true);
	krig_assert_order(rig, "");
	/* Once: reading ISR lowered the line. */
	ck_assert_uint_eq(krig_count(rig, EV_IRQ_ENTER, 0), 1);
}

TEST(msix_falls_back_to_intx)
{
	KRIG(rig) = KRIG_MADE(rig_attached, child_plan.req_flags = INTR_MSIX);

	HAS(krig_console(rig), "interrupting at ioapic0 pin 11");
	interrupt(rig, DEVICE_CONFIGURATION, false);
	krig_assert_order(rig, "c");
	krig_free(rig);
	/* Nor does a child get MSI-X that does not ask. */
	rig = KRIG_MADE(rig_attached, options.config.msix = true);
	LACKS(krig_console(rig), "msix");
}

TEST(softint_runs_the_queues_and_config_change_stays_hard)
{
	unsigned configs = 0, dones = 0;
	KRIG(rig) = KRIG_MADE(rig_attached, child_plan.req_flags = INTR_SOFTINT);

	ask(rig, 1, 4);
	krig_run(rig, frag_vq_send);
	interrupt(rig, DEVICE_CONFIGURATION, false);
	krig_assert_order(rig, "(d)cd");
	for (unsigned i = 0; krig_nth(rig, EV_NOTE, HW_NOTE_CALLBACK, i) != NULL; i++) {
		const struct event *e = krig_event(rig, EV_NOTE, HW_NOTE_CALLBACK, i);

		configs += e->arg[1] == HW_CB_CONFIG_CHANGE;
		dones += e->arg[1] == HW_CB_VQ_DONE;
		ck_assert_uint_eq(e->ctx_kind, e->arg[1] == HW_CB_CONFIG_CHANGE ?
		    HW_CTX_HARDINT : HW_CTX_SOFTINT);
	}
	/* Each is entered and left. */
	ck_assert_uint_eq(configs, 2);
	ck_assert_uint_eq(dones, 4);
}

/* Does config_change ever come while the thread is between its marks? */
static bool
handler_comes_between(int req_flags, void (*make_thread)(void *))
{
	bool comes = false;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		const char *c;
		KRIG(rig) = KRIG_MADE(rig_attached, options.config.cpus = 2,
		    options.seed = seed, child_plan.req_flags = req_flags);

		krig_at_point(rig, POINT_BEFORE, HW_CALL_PRINTF, 3, interrupt_config, rig);
		krig_run_well(rig, make_thread);
		c = strchr(rig->frag.order, 'c');
		ck_assert_ptr_nonnull(c);
		comes |= strchr(c, ']') != NULL;
	}
	return comes;
}

/* kernel_lock serialises only those who both take it. */
TEST(lie05_kernel_lock_holds_back_a_handler_without_mpsafe)
{
	ck_assert(!handler_comes_between(0, frag_biglock_thread));
	ck_assert(handler_comes_between(0, frag_mpsafe_thread));
	ck_assert(handler_comes_between(INTR_MPSAFE, frag_biglock_thread));
}

SUITE(virtio_pci)
