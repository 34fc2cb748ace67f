/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/device/transport: registers of both faces, status, interrupts.
 */

#include "rig.h"
#include "tests/suite.h"

RIG_FIXTURE

static bool
is_raised(unsigned vector)
{
	return rig->world.irq.line[vector].raised;
}

TEST(legacy_registers_read_as_documented)
{
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 0, 4), UINT64_C(0x39000000));
	rig_write(rig, HW_REG_LEGACY, 14, 2, 1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 14, 2), 1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 12, 2), RIG_SIZE);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 8, 4), rig->queue[1].desc_bus >> 12);
	rig_write(rig, HW_REG_LEGACY, 14, 2, 9);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 12, 2), 0);
	ck_assert_uint_eq(rig_status(rig), 7);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 28, 4), UINT32_MAX);
}

TEST(legacy_offer_can_be_nothing)
{
	options.config.device.features = 0;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 0, 4), 0);
	ck_assert_uint_eq(rig->device.transport.accepted, 0);
}

TEST(legacy_features_hold_when_written)
{
	options.config.device.features = BALLOON_F_MUST_TELL_HOST;
	options.request = BALLOON_F_MUST_TELL_HOST;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig->device.transport.accepted, BALLOON_F_MUST_TELL_HOST);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_FEATURES).arg[0], BALLOON_F_MUST_TELL_HOST);
	rig_set_status(rig, 0);
	rig_write(rig, HW_REG_LEGACY, 4, 4, 0xff);
	ck_assert_uint_eq(rig->device.transport.accepted, BALLOON_F_MUST_TELL_HOST);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_FEATURES).arg[0], 0xff);
}

TEST(modern_negotiation_ends_with_features_ok)
{
	options.modern = true;
	options.request = TRANSPORT_F_INDIRECT_DESC;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_status(rig), 15);
	ck_assert_uint_eq(rig->device.transport.accepted,
	    TRANSPORT_F_INDIRECT_DESC | TRANSPORT_F_VERSION_1);
	/* Too late: nothing changes after FEATURES_OK. */
	rig_write(rig, HW_REG_COMMON, 8, 4, 0);
	rig_write(rig, HW_REG_COMMON, 12, 4, 0);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 12, 4), TRANSPORT_F_INDIRECT_DESC);
}

/* 0: not offered; 1: no VERSION_1; 2: a feature that the device needs is missing. */
TEST_RANGE(modern_device_refuses_features, 0, 3)
{
	static const uint64_t written[] = { 1u << 5, 0, 0 };

	options.modern = true;
	if (_i == 2) {
		options.config.device.features = BALLOON_F_MUST_TELL_HOST;
		options.config.device.features_required = BALLOON_F_MUST_TELL_HOST;
	}
	rig = rig_new(&options);
	rig_set_status(rig, 3);
	rig_write(rig, HW_REG_COMMON, 12, 4, written[_i]);
	rig_write(rig, HW_REG_COMMON, 8, 4, 1);
	rig_write(rig, HW_REG_COMMON, 12, 4, _i != 1);
	rig_set_status(rig, 11);
	ck_assert_uint_eq(rig_status(rig), 3);
	ck_assert_uint_eq(rig->device.transport.accepted, 0);
}

TEST(modern_queue_registers_hold_what_is_written)
{
	options.modern = true;
	rig = rig_new(&options);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 18, 2), 2);
	rig_write(rig, HW_REG_COMMON, 22, 2, 1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 24, 2), RIG_SIZE);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 30, 2), 1);
	rig_write(rig, HW_REG_COMMON, 24, 2, 4);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 24, 2), 4);
	rig_write(rig, HW_REG_COMMON, 24, 2, 3);
	rig_write(rig, HW_REG_COMMON, 24, 2, 16);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 24, 2), 4);
	rig_write(rig, HW_REG_COMMON, 36, 4, 0x1234);
	rig_write(rig, HW_REG_COMMON, 32, 4, 0x5678);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 32, 8), UINT64_C(0x123400005678));
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 36, 4), 0x1234);
	rig_write(rig, HW_REG_COMMON, 28, 2, 1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 28, 2), 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_QUEUE).arg[2], UINT64_C(0x123400005678));
	rig_write(rig, HW_REG_COMMON, 32, 4, 1);	/* live: stays */
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 32, 4), 0x5678);
	rig_write(rig, HW_REG_COMMON, 28, 2, 0);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_QUEUE).arg[2], 0);
	rig_write(rig, HW_REG_COMMON, 22, 2, 7);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 24, 2), 0);
}

TEST_RANGE(missing_queue_has_size_0, 0, 2)
{
	options.modern = _i;
	options.config.device.queue_size[1] = 0;
	rig = rig_new(&options);
	if (options.modern) {
		rig_write(rig, HW_REG_COMMON, 22, 2, 1);
		rig_write(rig, HW_REG_COMMON, 28, 2, 1);
		ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 24, 2), 0);
	} else {
		rig_write(rig, HW_REG_LEGACY, 14, 2, 1);
		rig_write(rig, HW_REG_LEGACY, 8, 4, 77);
		ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 12, 2), 0);
	}
	ck_assert_uint_eq(rig_count(rig, EV_DEV_QUEUE), 0);
}

TEST_RANGE(isr_read_clears_and_lowers, 0, 2)
{
	options.modern = _i;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert(is_raised(HW_VEC_INTX));
	ck_assert_uint_eq(rig_isr(rig), TRANSPORT_ISR_QUEUE);
	ck_assert(!is_raised(HW_VEC_INTX));
	ck_assert_uint_eq(rig_isr(rig), 0);
}

TEST_RANGE(reset_forgets_queues_and_interrupts, 0, 2)
{
	options.modern = _i;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 1);
	rig_set_status(rig, 0);
	ck_assert(!is_raised(HW_VEC_INTX));
	ck_assert_uint_eq(rig_isr(rig), 0);
	ck_assert_uint_eq(rig_status(rig), 0);
	ck_assert_uint_eq(rig->device.transport.accepted, 0);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_QUEUE).arg[2], 0);
	rig_request(rig, 0, 0, 3001, 1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 1);
}

TEST(notification_before_driver_ok_is_not_served)
{
	rig = rig_new(&options);
	rig_bring_up(rig, 0);
	rig_set_status(rig, 3);
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_NOTIFY), 1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 0);
	rig_notify(rig, 5);		/* no such queue */
	ck_assert_uint_eq(rig_count(rig, EV_DEV_NOTIFY), 2);
}

TEST(driver_gives_up_one_legacy_queue)
{
	rig = rig_new_live(&options);
	rig_write(rig, HW_REG_LEGACY, 14, 2, 0);
	rig_write(rig, HW_REG_LEGACY, 8, 4, 0);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_QUEUE).arg[2], 0);
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 0);
	rig_request(rig, 1, 0, 3000, 1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 1);
}

TEST(counters_start_when_the_driver_does)
{
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 2);
	balloon_target(&rig->device, 5, true);
	rig_set_status(rig, 0);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 1);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 1);
	ck_assert_uint_eq(balloon_of(&rig->device)->entries[BALLOON_INFLATE], 2);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
	ck_assert_uint_eq(device_interrupts(&rig->device, -1), 1);
	rig_set_status(rig, TRANSPORT_STATUS_FAILED);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 1);
	rig_set_status(rig, TRANSPORT_STATUS_ACKNOWLEDGE);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 0);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 0);
	ck_assert_uint_eq(balloon_of(&rig->device)->entries[BALLOON_INFLATE], 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, -1), 0);
}

static void
establish_msix(void)
{
	rig->world.irq.line[HW_VEC_MSIX_CONFIG].established = true;
	rig->world.irq.line[HW_VEC_MSIX_QUEUE].established = true;
}

TEST(msix_vectors_are_used_once_wired)
{
	options.modern = options.msix = true;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert(is_raised(HW_VEC_INTX));	/* nobody asked for MSI-X yet */
	rig_isr(rig);
	establish_msix();
	rig_request(rig, 0, 1, 3001, 1);	/* no vector: nothing is raised */
	ck_assert(!is_raised(HW_VEC_MSIX_QUEUE));
	rig_write(rig, HW_REG_COMMON, 16, 2, 0);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 16, 2), 0);
	rig_write(rig, HW_REG_COMMON, 22, 2, 0);
	rig_write(rig, HW_REG_COMMON, 26, 2, 9);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 26, 2), TRANSPORT_NO_VECTOR);
	rig_write(rig, HW_REG_COMMON, 26, 2, 1);
	rig_request(rig, 0, 2, 3002, 1);
	ck_assert(is_raised(HW_VEC_MSIX_QUEUE));
	ck_assert(!is_raised(HW_VEC_MSIX_CONFIG));
	balloon_target(&rig->device, 3, true);
	ck_assert(is_raised(HW_VEC_MSIX_CONFIG));
	ck_assert(!is_raised(HW_VEC_INTX));
}

TEST(legacy_config_moves_with_msix)
{
	options.msix = true;
	options.config.target_pages = 77;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 20, 4), 77);
	establish_msix();
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 24, 4), 77);
	rig_write(rig, HW_REG_LEGACY, 20, 2, 0);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 20, 2), 0);
	rig_write(rig, HW_REG_LEGACY, 14, 2, 1);
	rig_write(rig, HW_REG_LEGACY, 22, 2, 1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_LEGACY, 22, 2), 1);
}

TEST(every_access_is_recorded)
{
	struct event event;

	rig = rig_new(&options);
	rig_write(rig, HW_REG_LEGACY, 14, 2, UINT64_C(0x70001));
	event = rig_last(rig, EV_REG_WRITE);
	ck_assert_uint_eq(event.arg[0], HW_REG_LEGACY);
	ck_assert_uint_eq(event.arg[1], 14);
	ck_assert_uint_eq(event.arg[2], 2);
	ck_assert_uint_eq(event.arg[3], 1);
	rig_read(rig, HW_REG_LEGACY, 12, 2);
	event = rig_last(rig, EV_REG_READ);
	ck_assert_uint_eq(event.arg[1], 12);
	ck_assert_uint_eq(event.arg[3], RIG_SIZE);
}

SUITE(device_transport, .setup = setup, .teardown = teardown)
