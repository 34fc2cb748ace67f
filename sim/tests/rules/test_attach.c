/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Areas attach and irq, as streams of events: what the fragments (test_fragments.c) do not reach.
 */
#include <string.h>

#include "tests/rules/stream.h"
#include "tests/suite.h"

enum {
	ENOMEM_K = 12, EEXIST_K = 17, FAILED = 128, IPL_VM = 6, CTLTYPE_NODE = 1, CTLTYPE_INT = 2
};

static struct stream s;

static void
setup(void)
{
	stream_init_devices(&s, 2);
}

static void
teardown(void)
{
	stream_fini(&s);
}

static void
begin(uint64_t features)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	CALL(&s, VIRTIO_CHILD_ATTACH_START, 6);
	NOTE(&s, ATTACH, HW_ATTACH_STARTED, features);
	CALL(&s, VIRTIO_FEATURES, 0);
	RET(&s, VIRTIO_FEATURES, features);
}

static void
queue(uint64_t index)
{
	CALL(&s, VIRTIO_ALLOC_VQ, index, 1024, 1, 0);
	NOTE(&s, VQ, index, 128);
	RET(&s, VIRTIO_ALLOC_VQ, 0);
}

static void
queue_gone(uint64_t index)
{
	CALL(&s, VIRTIO_FREE_VQ, index);
	NOTE(&s, VQ_GONE, index);
	RET(&s, VIRTIO_FREE_VQ, 0);
}

/* An excuse to give up. */
static void
kthread_fails(void)
{
	CALL(&s, KTHREAD_CREATE, 0, 2, 0);
	EVENT(&s, FAULT, 0, 0, HW_CALL_KTHREAD_CREATE, 0, ENOMEM_K);
	RET(&s, KTHREAD_CREATE, ENOMEM_K);
}

static uint32_t
failed(void)
{
	uint32_t seq = CALL(&s, VIRTIO_CHILD_ATTACH_FAILED, 0);

	EVENT(&s, DEV_STATUS, 0, 0);
	EVENT(&s, DEV_STATUS, 0, FAILED);
	NOTE(&s, ATTACH, HW_ATTACH_FAILED, 0);
	return seq;
}

static uint32_t
end(bool attached)
{
	return NOTE(&s, ATTACH, HW_ATTACH_END, attached);
}

static void
attach_that_fails(void)
{
	begin(1);
	queue(0);
	kthread_fails();
	queue_gone(0);
	failed();
	end(false);
}

TEST(leak_of_device_status)
{
	begin(1);
	EVENT(&s, DEV_STATUS, 0, 3);
	kthread_fails();
	CALL(&s, VIRTIO_CHILD_ATTACH_FAILED, 0);
	stream_is_only(&s, "attach.leak", end(false));
}

TEST(again_refused_because_of_another_child_is_quiet)
{
	attach_that_fails();
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	CALL(&s, VIRTIO_CHILD, 0);
	RET(&s, VIRTIO_CHILD, 1);
	end(false);
	stream_is_quiet(&s);
}

TEST(call_order_started_twice)
{
	begin(1);
	stream_is_only(&s, "attach.call-order", CALL(&s, VIRTIO_CHILD_ATTACH_START, 6));
}

TEST(call_order_finished_without_start)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	stream_is_only(&s, "attach.call-order", CALL(&s, VIRTIO_CHILD_ATTACH_FINISH, 0));
}

TEST(call_order_failed_twice)
{
	begin(1);
	failed();
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.call-order", failed());
}

TEST(call_order_finish_failed_and_nothing_said)
{
	begin(1);
	CALL(&s, VIRTIO_CHILD_ATTACH_FINISH, 0);
	EVENT(&s, DEV_STATUS, 0, FAILED);
	NOTE(&s, ATTACH, HW_ATTACH_FINISHED, 1);
	RET(&s, VIRTIO_CHILD_ATTACH_FINISH, 1);
	stream_is_only(&s, "attach.call-order", end(false));
}

TEST(features_never_offered)
{
	EVENT(&s, DEV_FEATURES, 0, 1, 3);
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.features", EVENT(&s, DEV_FEATURES, 0, 4, 3));
}

TEST(refused_because_attached_already_is_quiet)
{
	stream_attach(&s);
	end(true);
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	end(false);
	ck_assert_uint_eq(stream_count(&s, "attach.refused"), 0);
}

TEST(finish_without_a_queue_that_could_not_be_made)
{
	begin(1);
	queue(0);
	CALL(&s, VIRTIO_ALLOC_VQ, 1, 1024, 1, 0);
	RET(&s, VIRTIO_ALLOC_VQ, -1);
	stream_is_only(&s, "attach.call-order", CALL(&s, VIRTIO_CHILD_ATTACH_FINISH, 0));
}

static uint32_t
createv_of(uint64_t type, uint64_t node, uint64_t error, bool struck)
{
	CALL(&s, SYSCTL_CREATEV, 0, type, trace_text(&s.trace, "viomb", 5));
	if (struck)
		EVENT(&s, FAULT, 0, 0, HW_CALL_SYSCTL_CREATEV, 0, error);
	if (node != 0)
		NOTE(&s, SYSCTL, node, 0);
	return RET(&s, SYSCTL_CREATEV, error);
}

static uint32_t
createv(uint64_t node, uint64_t error, bool struck)
{
	return createv_of(CTLTYPE_INT, node, error, struck);
}

TEST(sysctl_crash_elsewhere_is_not_its_fault)
{
	stream_attach(&s);
	createv(0, ENOMEM_K, true);
	CALL(&s, DELAY, 1);
	EVENT(&s, CRASH, 0, 11, 0);
	stream_is_quiet(&s);
}

TEST(sysctl_inner_nodes_are_shared)
{
	stream_attach(&s);
	createv_of(CTLTYPE_NODE, 1, 0, false);
	createv_of(CTLTYPE_NODE, 0, 0, false);
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.sysctl", createv(0, 0, false));
}

/* ---- two devices ---- */

TEST(each_device_is_attached_by_itself)
{
	stream_attach(&s);
	s.now.device = 1;
	begin(1);
	stream_is_quiet(&s);
	stream_is_only(&s, "attach.call-order", CALL(&s, VIRTIO_CHILD_ATTACH_START, 6));
}

TEST(second_device_may_be_refused)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_END, 1);
	s.view.works = 1u << 0;
	s.now.device = 1;
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	stream_is_quiet(&s);
	/* Without the first there is no reason. */
	s.view.works = 0;
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	stream_is_only(&s, "attach.again", NOTE(&s, ATTACH, HW_ATTACH_END, 0));
}

TEST(a_failed_attach_is_no_reason_to_refuse_another_device)
{
	begin(1);
	kthread_fails();
	CALL(&s, VIRTIO_CHILD_ATTACH_FAILED, 0);
	NOTE(&s, ATTACH, HW_ATTACH_END, 0);
	s.now.device = 1;
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	stream_is_only(&s, "attach.again", NOTE(&s, ATTACH, HW_ATTACH_END, 0));
}

/* What is left may be the other's. */
TEST(a_detach_beside_another_device_leaves_what_it_likes)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_END, 1);
	s.view.works = 1u << 1;
	CALL(&s, VIRTIO_CHILD_DETACH, 0);
	stream_end(&s);
	stream_is_quiet(&s);
	s.view.works = 0;
	stream_end(&s);
	ck_assert_uint_gt(stream_count(&s, "attach.leak"), 0);
}

/* ---- area irq ---- */

static void
interrupt(void)
{
	stream_as(&s, 2, HW_CTX_HARDINT, IPL_VM);
	EVENT(&s, IRQ_ENTER, 0, 0);
}

static uint32_t
callback(void)
{
	return NOTE(&s, CALLBACK, 1, HW_CB_VQ_DONE, 0);
}

TEST(ipl_left_high_by_attach)
{
	NOTE(&s, ATTACH, HW_ATTACH_BEGIN);
	s.now.ipl = IPL_VM;
	stream_is_only(&s, "irq.ipl", NOTE(&s, ATTACH, HW_ATTACH_END, 1));
}

TEST(after_teardown_of_the_attach)
{
	stream_attach(&s);
	NOTE(&s, ATTACH, HW_ATTACH_FAILED, 0);
	interrupt();
	stream_is_only(&s, "irq.after-teardown", callback());
}

SUITE(rules_attach_suite, "rules_attach", .setup = setup, .teardown = teardown)
