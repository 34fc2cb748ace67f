/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/device/balloon and host: what the device does with requests, and the
 * behaviour of the models.
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

#define MS UINT64_C(1000000)

RIG_FIXTURE

static void
use_model(enum balloon_model model)
{
	balloon_config_init(&options.config, model);
	options.config.device.queue_size[0] = options.config.device.queue_size[1] = RIG_SIZE;
	options.modern = true;
}

static bool
host_has(uint64_t pfn)
{
	return memory_host_has(&rig->world.memory, pfn);
}

/* ---- requests ---- */

TEST_RANGE(inflate_is_completed_in_the_notification, 0, 2)
{
	struct event take, act;

	options.modern = _i;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 3, 3000, 300);
	take = rig_last(rig, EV_DEV_TAKE);
	act = rig_last(rig, EV_DEV_ACT);
	ck_assert_uint_eq(take.arg[0], BALLOON_INFLATE);
	ck_assert_uint_eq(take.arg[1], 3);
	ck_assert_uint_eq(take.arg[2], 1200);
	ck_assert_uint_eq(take.arg[3], 300);
	ck_assert_uint_lt(take.seq, act.seq);
	ck_assert_uint_eq(rig->entry[0], 3000);
	ck_assert_uint_eq(rig->entry[299], 3299);
	ck_assert_uint_eq(act.arg[1], 300);
	ck_assert_uint_eq(act.arg[2], 0);
	ck_assert_uint_eq(act.arg[4], 300);
	ck_assert(host_has(3000) && host_has(3299) && !host_has(3300));
	ck_assert_uint_eq(rig->world.memory.counts.held, 300);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	rig_expect_used(rig, 0, 0, 3, 0);
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
	rig_request(rig, 1, 4, 3000, 100);
	ck_assert_uint_eq(rig->world.memory.counts.held, 200);
	ck_assert(!host_has(3099) && host_has(3100));
	ck_assert_uint_eq(rig_used(rig, 1), 1);
}

TEST(number_that_is_no_memory_is_skipped_and_acknowledged)
{
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, RIG_PAGES - 2, 5);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_ACT).arg[1], 2);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_ACT).arg[2], 3);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	ck_assert_uint_eq(rig->world.memory.counts.held, 2);
}

TEST(page_in_use_is_discarded_and_counted)
{
	rig = rig_new_live(&options);
	memory_own(&rig->world.memory, 3001, HW_PAGE_OTHERS);
	rig_request(rig, 0, 0, 3000, 3);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_ACT).arg[3], 1);
	ck_assert_uint_eq(rig->world.memory.counts.discarded_in_use, 1);
}

TEST(tail_of_a_request_is_ignored)
{
	rig = rig_new_live(&options);
	rig_desc(rig, 0, 0, rig->queue[0].buffer_bus, 11, 0, 0);
	rig_avail(rig, 0, 0);
	rig_notify(rig, 0);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_TAKE).arg[2], 11);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_TAKE).arg[3], 2);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
}

/* More numbers than one page of buffer, and one number split over two buffers. */
TEST(long_request_in_pieces_is_one_array)
{
	uint64_t bus;

	rig = rig_new_live(&options);
	bus = rig->queue[0].buffer_bus;
	for (uint32_t i = 0; i < 3000; i++)
		memcpy(rig->queue[0].buffer + 4 * i, &(uint32_t){ 1000 + i }, 4);
	rig_desc(rig, 0, 0, bus, 4098, VIRTQUEUE_DESC_NEXT, 1);
	rig_desc(rig, 0, 1, bus + 4098, 12000 - 4098, 0, 0);
	rig_avail(rig, 0, 0);
	rig_notify(rig, 0);
	ck_assert_uint_eq(rig->entries, 3000);
	for (uint32_t i = 0; i < 3000; i++)
		ck_assert_uint_eq(rig->entry[i], 1000 + i);
	ck_assert_uint_eq(rig->world.memory.counts.held, 3000);
	ck_assert_uint_eq(balloon_of(&rig->device)->entries[BALLOON_INFLATE], 3000);
}

/* With an interrupt for each, or for all of them. */
TEST_RANGE(all_waiting_requests_are_served_by_one_notification, 0, 2)
{
	options.config.device.irq_per_batch = _i;
	rig = rig_new_live(&options);
	rig_three(rig, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 3);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), _i ? 1 : 3);
	ck_assert_uint_eq(rig->device.transport.queue[BALLOON_INFLATE].notifications, 1);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 3);
}

TEST_RANGE(wrong_ring_breaks_the_device, 0, 2)
{
	options.modern = _i;
	rig = rig_new_live(&options);
	rig_desc(rig, 0, 0, 0x1000, 4, 0, 0);
	rig_avail(rig, 0, 0);
	rig_notify(rig, 0);
	ck_assert_uint_eq(rig_behaved(rig, "broken"), 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_BEHAVIOUR).arg[1], VIRTQUEUE_FAULT_ADDRESS);
	ck_assert(!device_completes(&rig->device));
	ck_assert(!rig->device.unhealthy);
	ck_assert_int_eq(rig_status(rig) & TRANSPORT_STATUS_NEEDS_RESET,
	    options.modern ? TRANSPORT_STATUS_NEEDS_RESET : 0);
	rig_request(rig, 1, 0, 3000, 1);
	ck_assert_uint_eq(rig_used(rig, 1), 0);
	rig_bring_up(rig, 0);
	ck_assert(device_completes(&rig->device));
	rig_request(rig, 1, 0, 3000, 1);
	ck_assert_uint_eq(rig_used(rig, 1), 1);
}

TEST(more_requests_than_slots_break_the_device)
{
	options.config.device.ack = DEVICE_ACK_LATER;
	options.config.device.latency_ns[0] = MS;
	rig = rig_new_live(&options);
	for (uint16_t i = 0; i < RIG_SIZE; i++)
		rig_request(rig, 0, i, 3000, 1);
	ck_assert(device_completes(&rig->device));
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_BEHAVIOUR).arg[1], VIRTQUEUE_FAULT_EXCESS);
}

/* Eight buffers of all memory each: more page numbers than any device would read. */
TEST(monstrous_request_breaks_the_device)
{
	rig = rig_new_live(&options);
	for (uint16_t i = 0; i < RIG_SIZE; i++)
		rig_desc(rig, 0, i, MEMORY_BUS_OFFSET, RIG_PAGES * 4096,
		    i < RIG_SIZE - 1 ? VIRTQUEUE_DESC_NEXT : 0, i + 1);
	rig_avail(rig, 0, 0);
	rig_notify(rig, 0);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_BEHAVIOUR).arg[1], VIRTQUEUE_FAULT_LENGTH);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 0);
}

TEST(used_ring_outside_memory_breaks_the_device)
{
	options.modern = true;
	rig = rig_new_live(&options);
	rig->device.transport.queue[0].vq.device = 0x1000;
	rig_request(rig, 0, 0, 3000, 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_BEHAVIOUR).code,
	    device_behaviours[BEHAVIOUR_BROKEN].code);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_USED), 0);
}

/* ---- time ---- */

TEST(latency_delays_only_the_completion)
{
	options.config.device.ack = DEVICE_ACK_LATER;
	options.config.device.latency_ns[0] = 2 * MS;
	options.config.device.latency_ns[1] = 1 * MS;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 4);
	rig_request(rig, 1, 0, 2000, 4);
	ck_assert(host_has(3000));		/* discarded at take */
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 1);
	ck_assert(device_is_busy(&rig->device));
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig_used(rig, 1), 1);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_USED).time_ns, 2 * MS);
	ck_assert(!device_is_busy(&rig->device));
}

TEST(latency_0_is_still_after_the_notification)
{
	options.config.device.ack = DEVICE_ACK_LATER;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 4);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_pass(rig, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
}

TEST(jitter_keeps_the_order)
{
	uint64_t before = 0;

	options.config.device.ack = DEVICE_ACK_LATER;
	options.config.device.latency_ns[0] = MS;
	options.config.device.jitter_ns = 5 * MS;
	rig = rig_new_live(&options);
	choice_init_seed(&rig->world.choice, 7);
	for (uint16_t i = 0; i < RIG_SIZE; i++)
		rig_request(rig, 0, i, 3000, 1);
	rig_pass(rig, 10 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), RIG_SIZE);
	for (uint16_t i = 0; i < RIG_SIZE; i++)
		rig_expect_used(rig, 0, i, i, 0);
	for (size_t i = 0; i < rig->events; i++)
		if (rig->event[i].kind == EV_DEV_USED) {
			ck_assert_uint_ge(rig->event[i].time_ns, MS);
			ck_assert_uint_le(rig->event[i].time_ns, 6 * MS);
			before = rig->event[i].time_ns;
		}
	ck_assert_uint_gt(before, MS);
}

TEST(reset_forgets_requests_in_flight)
{
	options.config.device.ack = DEVICE_ACK_LATER;
	options.config.device.latency_ns[0] = MS;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 4);
	rig_set_status(rig, 0);
	ck_assert(!device_is_busy(&rig->device));
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 0);
	rig_pass(rig, 5 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_USED), 0);
	ck_assert(host_has(3000));
}

TEST(busy_device_asks_for_no_notification_and_looks_itself)
{
	uint16_t flags;

	options.config.device.quiet_notify = true;
	options.config.device.ack = DEVICE_ACK_LATER;
	options.config.device.latency_ns[0] = MS;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 1);
	memcpy(&flags, rig->queue[0].device, 2);
	ck_assert_uint_eq(flags, 1);
	rig_desc(rig, 0, 1, rig->queue[0].buffer_bus, 4, 0, 0);
	rig_avail(rig, 0, 1);		/* not announced */
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig->device.queue[BALLOON_INFLATE].requests, 2);
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	memcpy(&flags, rig->queue[0].device, 2);
	ck_assert_uint_eq(flags, 0);
}

/* ---- configuration space ---- */

TEST_RANGE(actual_is_stored_and_given_back, 0, 2)
{
	struct event event;

	options.modern = _i;
	options.config.target_pages = 500;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_config(rig, 0), 500);
	ck_assert_uint_eq(rig_config(rig, 4), 0);
	rig_set_config(rig, 4, 4, 123456);
	ck_assert_uint_eq(rig_config(rig, 4), 123456);
	event = rig_last(rig, EV_DEV_ACTUAL);
	ck_assert_uint_eq(event.arg[0], 123456);
	ck_assert_uint_eq(event.arg[1], 123456);
	rig_set_config(rig, 0, 4, 9);		/* the host's own */
	ck_assert_uint_eq(rig_config(rig, 0), 500);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_ACTUAL), 1);
}

TEST(actual_byte_by_byte_shows_the_states_between)
{
	rig = rig_new_live(&options);
	rig_set_config(rig, 4, 4, 0x100);
	rig_set_config(rig, 4, 1, 0xff);
	ck_assert_uint_eq(balloon_of(&rig->device)->facts.actual, 0x1ff);
	rig_set_config(rig, 5, 1, 0);
	ck_assert_uint_eq(balloon_of(&rig->device)->facts.actual, 0xff);
}

TEST(actual_can_be_forgotten)
{
	options.config.keeps_actual = false;
	options.config.actual_pages = 7;
	rig = rig_new_live(&options);
	ck_assert(balloon_of(&rig->device)->facts.actual_foreign);
	rig_set_config(rig, 4, 4, 50);
	ck_assert_uint_eq(rig_config(rig, 4), 7);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_ACTUAL).arg[0], 50);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_ACTUAL).arg[1], 7);
	ck_assert(balloon_of(&rig->device)->facts.actual_foreign);
	ck_assert(!balloon_of(&rig->device)->facts.keeps_actual);
}

TEST_RANGE(reset_keeps_target_and_actual, 0, 2)
{
	options.config.target_pages = 500;
	options.config.reset_keeps_actual = _i;
	rig = rig_new_live(&options);
	rig_set_config(rig, 4, 4, 300);
	ck_assert(!balloon_of(&rig->device)->facts.actual_foreign);
	rig_set_status(rig, 0);
	ck_assert_uint_eq(rig_config(rig, 0), 500);
	ck_assert_uint_eq(rig_config(rig, 4), _i ? 300 : 0);
	ck_assert(balloon_of(&rig->device)->facts.actual_foreign == _i);
}

/* ---- the host ---- */

TEST_RANGE(target_raises_the_config_interrupt_every_time, 0, 2)
{
	options.modern = _i;
	rig = rig_new_live(&options);
	balloon_target(&rig->device, 256, true);
	ck_assert_uint_eq(rig_config(rig, 0), 256);
	ck_assert_uint_eq(rig_last(rig, EV_HOST_TARGET).arg[0], 256);
	ck_assert_uint_eq(rig_last(rig, EV_HOST_TARGET).arg[2], 1);
	ck_assert_uint_eq(rig_isr(rig), 3);	/* QEMU sets both bits */
	balloon_target(&rig->device, 256, true);
	ck_assert_uint_eq(rig_isr(rig), 3);
	ck_assert_uint_eq(device_interrupts(&rig->device, -1), 2);
	balloon_target(&rig->device, 10, false);
	ck_assert_uint_eq(rig_isr(rig), 0);
	ck_assert_uint_eq(rig_last(rig, EV_HOST_TARGET).arg[1], 256);
	ck_assert_uint_eq(rig_last(rig, EV_HOST_TARGET).arg[2], 0);
	if (options.modern)
		ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 21, 1), 2);
}

TEST(target_may_interrupt_on_change_only)
{
	options.config.config_irq_on_change = true;
	rig = rig_new_live(&options);
	balloon_target(&rig->device, 256, true);
	balloon_target(&rig->device, 256, true);
	ck_assert_uint_eq(device_interrupts(&rig->device, -1), 1);
}

TEST(before_driver_ok_there_is_no_interrupt)
{
	rig = rig_new(&options);
	balloon_target(&rig->device, 256, true);
	device_interrupt(&rig->device, DEVICE_CONFIGURATION, false, 1);
	ck_assert_uint_eq(rig_count(rig, EV_IRQ_RAISE), 0);
	rig_bring_up(rig, 0);
	ck_assert_uint_eq(rig_count(rig, EV_IRQ_RAISE), 0);
	ck_assert_uint_eq(rig_config(rig, 0), 256);
}

TEST(reboot_gives_all_pages_back)
{
	options.config.held_pages = 10;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig->world.memory.counts.held, 10);
	ck_assert(host_has(RIG_PAGES - 1) && host_has(RIG_PAGES - 10));
	ck_assert(!host_has(RIG_PAGES - 11));
	rig_request(rig, 0, 0, 3000, 20);
	rig_set_config(rig, 4, 4, 20);
	balloon_target(&rig->device, 40, true);
	device_reboot(&rig->device);
	ck_assert_uint_eq(rig_count(rig, EV_HOST_REBOOT), 1);
	ck_assert_uint_eq(rig->world.memory.counts.held, 0);
	ck_assert_uint_eq(rig_status(rig), 0);
	ck_assert_uint_eq(rig_config(rig, 0), 40);
	ck_assert_uint_eq(rig_config(rig, 4), 20);
}

/* ---- models ---- */

TEST(qemu_offers_what_it_does_by_default)
{
	struct balloon_config config;

	balloon_config_init(&config, BALLOON_QEMU);
	ck_assert_uint_eq(config.device.features & BALLOON_F_MUST_TELL_HOST, 0);
	ck_assert_uint_ne(config.device.features & TRANSPORT_F_INDIRECT_DESC, 0);
	ck_assert_uint_eq(config.device.queue_size[0], 128);
	ck_assert_uint_eq(config.request_bytes_max, 0);
}

TEST(crosvm_tells_the_host_and_has_statistics)
{
	use_model(BALLOON_CROSVM);
	options.request = BALLOON_F_MUST_TELL_HOST;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig->device.transport.accepted,
	    BALLOON_F_MUST_TELL_HOST | TRANSPORT_F_VERSION_1);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 18, 2), 3);
	rig_notify(rig, BALLOON_ACTIVE);
	balloon_target(&rig->device, 5, true);
	ck_assert_uint_eq(rig_isr(rig), TRANSPORT_ISR_CONFIG);
}

TEST(optional_features_bring_queues_and_fields)
{
	options.modern = true;
	options.config.device.features = BALLOON_F_FREE_PAGE_HINT | BALLOON_F_PAGE_REPORTING;
	rig = rig_new_live(&options);
	ck_assert_uint_eq(rig_read(rig, HW_REG_COMMON, 18, 2), 4);
	ck_assert_uint_eq(rig_config(rig, 8), 0);
	ck_assert_uint_eq(rig_config(rig, 12), UINT32_MAX);
	rig_free(rig);
	options.config.device.features = BALLOON_F_PAGE_POISON;
	rig = rig_new_live(&options);
	rig_set_config(rig, 12, 4, 77);
	ck_assert_uint_eq(rig_config(rig, 12), 77);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_ACTUAL), 0);
	rig_set_config(rig, 4, 4, 5);
	ck_assert_uint_eq(rig_config(rig, 12), 77);
	rig_set_status(rig, 0);
	ck_assert_uint_eq(rig_config(rig, 12), 0);
}

TEST(cloud_hypervisor_ignores_what_is_too_long)
{
	use_model(BALLOON_CLOUD_HYPERVISOR);
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 256);
	ck_assert_uint_eq(rig->world.memory.counts.held, 256);
	rig_request(rig, 0, 1, 1000, 257);
	ck_assert_uint_eq(rig->world.memory.counts.held, 256);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	ck_assert_uint_eq(rig_behaved(rig, "ignored"), 1);
	rig_set_config(rig, 4, 2, 5);		/* not a whole write */
	ck_assert_uint_eq(rig_config(rig, 4), 0);
	rig_set_config(rig, 4, 4, 5);
	ck_assert_uint_eq(rig_config(rig, 4), 5);
	rig_desc(rig, 0, 2, rig->queue[0].buffer_bus, 7, 0, 0);
	rig_avail(rig, 0, 2);
	rig_notify(rig, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 3);
	ck_assert_uint_eq(rig_behaved(rig, "ignored"), 2);
	ck_assert(device_completes(&rig->device));
}

TEST(firecracker_never_completes_what_is_too_long)
{
	use_model(BALLOON_FIRECRACKER);
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 1000, 257);
	ck_assert_uint_eq(rig->world.memory.counts.held, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert_uint_eq(rig_behaved(rig, "overlong"), 1);
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 1);
	ck_assert(!device_completes(&rig->device));
	rig_request(rig, 0, 1, 1000, 256);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	rig_set_config(rig, 4, 4, 256);
	rig_set_status(rig, 0);
	ck_assert_uint_eq(rig_config(rig, 4), 0);
}

TEST(old_devices_report_the_request_length)
{
	options.config.device.used_length = USED_LENGTH_ASKED;
	rig = rig_new_live(&options);
	rig_request(rig, 0, 0, 3000, 25);
	rig_expect_used(rig, 0, 0, 0, 100);
}

TEST(names_lead_to_numbers)
{
	const char *must_tell = "MUST_TELL_HOST";
	struct scenario_names names = { &must_tell, 1 };
	const struct scenario_type *type = &balloon_class.language;

	for (unsigned i = 0; balloon_class.features[i].name != NULL; i++) {
		ck_assert_uint_ne(balloon_class.features[i].mask, 0);
		ck_assert_str_eq(balloon_class.features[i].name, type->features[i]);
		ck_assert_str_eq(balloon_class.features[i].help, type->feature_texts[i]);
	}
	ck_assert_uint_eq(device_features_of(&balloon_class, &names), BALLOON_F_MUST_TELL_HOST);
	ck_assert_int_eq(device_queue_by_name(&balloon_class, "deflate"), BALLOON_DEFLATE);
	ck_assert_int_eq(device_queue_by_name(&balloon_class, "stats"), DEVICE_CONFIGURATION);
	ck_assert_str_eq(balloon_class.models[BALLOON_FIRECRACKER].word, "firecracker");
	ck_assert_ptr_eq(device_class_of(type), &balloon_class);
}

SUITE(device_balloon, .setup = setup, .teardown = teardown)
