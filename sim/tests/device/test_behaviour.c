/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of behaviours and completions (sim/device/behaviour, completion), on a balloon.
 */

#include "rig.h"
#include "tests/suite.h"

#define MS UINT64_C(1000000)

static struct rig *rig;

static void
setup(void)
{
	struct rig_options options;

	rig_options_init(&options);
	options.modern = true;
	rig = rig_new_live(&options);
}

static void
teardown(void)
{
	rig_free(rig);
}

static void
behave(enum behaviour what, uint64_t count)
{
	device_behave(&rig->device, what, BALLOON_INFLATE, count);
}

static void
inflate(uint16_t head)
{
	rig_request(rig, 0, head, 3000u + head, 1);
}

TEST(paused_queue_waits_and_goes_on)
{
	behave(BEHAVIOUR_PAUSE, 1);
	ck_assert(!device_completes(&rig->device));
	inflate(0);
	inflate(1);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_TAKE), 0);
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 2);
	ck_assert(!device_is_busy(&rig->device));
	behave(BEHAVIOUR_RESUME, 1);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	ck_assert(device_completes(&rig->device));
	ck_assert(!rig->device.unhealthy);
}

TEST(paused_queue_holds_completions_back)
{
	device_latency(&rig->device, BALLOON_INFLATE, MS, 0, 2);
	inflate(0);
	inflate(1);
	behave(BEHAVIOUR_PAUSE, 1);
	rig_pass(rig, 5 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	behave(BEHAVIOUR_RESUME, 1);
	rig_pass(rig, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_USED).time_ns, 5 * MS);
}

/* The oldest request first, with the interrupt; the next keeps its time. */
TEST(completion_can_come_before_its_time)
{
	device_latency(&rig->device, BALLOON_INFLATE, 3 * MS, 0, 2);
	ck_assert(!device_complete_now(&rig->device, BALLOON_INFLATE));
	inflate(4);
	rig_pass(rig, MS);
	inflate(2);
	ck_assert(!device_complete_now(&rig->device, BALLOON_DEFLATE));
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 0);
	ck_assert(device_complete_now(&rig->device, BALLOON_INFLATE));
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	rig_expect_used(rig, 0, 0, 4, 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_USED).time_ns, MS);
	rig_pass(rig, 2 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	rig_expect_used(rig, 0, 1, 2, 0);
	ck_assert(!device_is_busy(&rig->device));
	ck_assert(!device_complete_now(&rig->device, BALLOON_INFLATE));
}

TEST(completion_before_its_time_has_the_behaviours)
{
	device_latency(&rig->device, BALLOON_INFLATE, MS, 0, 2);
	behave(BEHAVIOUR_DROP, 1);
	inflate(0);
	inflate(1);
	ck_assert(device_complete_now(&rig->device, BALLOON_INFLATE));
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert_uint_eq(rig_behaved(rig, "drop"), 1);
	behave(BEHAVIOUR_PAUSE, 1);
	ck_assert(!device_complete_now(&rig->device, BALLOON_INFLATE));
	behave(BEHAVIOUR_RESUME, 1);
	ck_assert(device_complete_now(&rig->device, BALLOON_INFLATE));
	rig_expect_used(rig, 0, 0, 1, 0);
	rig_set_status(rig, 0);
	ck_assert(!device_complete_now(&rig->device, BALLOON_INFLATE));
}

TEST(latency_holds_for_so_many_requests)
{
	device_latency(&rig->device, BALLOON_INFLATE, 3 * MS, 0, 1);
	inflate(0);
	inflate(1);		/* would be at once, but the first comes first */
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_pass(rig, 3 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	inflate(2);
	ck_assert_uint_eq(rig_used(rig, 0), 3);
}

TEST(dropped_requests_are_never_completed)
{
	behave(BEHAVIOUR_DROP, 2);
	inflate(0);
	inflate(1);
	inflate(2);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	rig_expect_used(rig, 0, 0, 2, 0);
	ck_assert_uint_eq(rig_behaved(rig, "drop"), 2);
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 2);
	ck_assert_uint_eq(rig->world.memory.counts.held, 3);
	ck_assert(!device_completes(&rig->device));
	ck_assert(!rig->device.unhealthy);
	rig_bring_up(rig, 0);
	ck_assert(device_completes(&rig->device));
}

TEST(duplicate_completion_moves_the_index_by_two)
{
	behave(BEHAVIOUR_DUPLICATE, 1);
	inflate(5);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	rig_expect_used(rig, 0, 0, 5, 0);
	rig_expect_used(rig, 0, 1, 5, 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
	ck_assert(rig->device.unhealthy);
	inflate(6);
	ck_assert_uint_eq(rig_used(rig, 0), 3);
}

TEST(completion_on_the_other_queue)
{
	behave(BEHAVIOUR_WRONG_QUEUE, 1);
	inflate(5);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_expect_used(rig, 1, 0, 5, 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 1), 1);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_USED).arg[0], BALLOON_DEFLATE);
	ck_assert(rig->device.unhealthy);
}

/* Heads 2 and 5 are in flight when 2 is completed. */
static uint32_t
id_given(enum used_id kind)
{
	uint32_t id, length;

	rig_bring_up(rig, 0);
	device_latency(&rig->device, BALLOON_INFLATE, MS, 0, 2);
	inflate(2);
	inflate(5);
	behave(BEHAVIOUR_WRONG_ID, 1);
	rig->device.queue[BALLOON_INFLATE].wrong_id = kind;
	rig->device.unhealthy = false;
	rig_pass(rig, MS);
	rig_used_entry(rig, 0, 0, &id, &length);
	ck_assert(rig->device.unhealthy);
	rig_expect_used(rig, 0, 1, 5, 0);
	return id;
}

TEST(completion_with_another_id)
{
	ck_assert_uint_eq(id_given(USED_ID_NEXT), 3);
	ck_assert_uint_eq(id_given(USED_ID_FREE), 0);
	ck_assert_uint_eq(id_given(USED_ID_IN_USE), 5);
	ck_assert_uint_eq(id_given(USED_ID_BEYOND), RIG_SIZE);
}

TEST(next_id_wraps_and_a_lone_request_has_no_other)
{
	behave(BEHAVIOUR_WRONG_ID, 1);
	inflate(RIG_SIZE - 1);
	rig_expect_used(rig, 0, 0, 0, 0);
	ck_assert(rig->device.unhealthy);
	rig->device.unhealthy = false;
	behave(BEHAVIOUR_WRONG_ID, 1);
	rig->device.queue[BALLOON_INFLATE].wrong_id = USED_ID_IN_USE;
	inflate(3);
	rig_expect_used(rig, 0, 1, 3, 0);
	ck_assert(!rig->device.unhealthy);
}

TEST(completion_with_a_length)
{
	static const uint32_t expected[] = {
		[USED_LENGTH_WRITTEN] = 0, [USED_LENGTH_ASKED] = 4, [USED_LENGTH_ONE] = 1,
		[USED_LENGTH_FOUR] = 4, [USED_LENGTH_MORE] = 8, [USED_LENGTH_MAX31] = INT32_MAX,
		[USED_LENGTH_MAX32] = UINT32_MAX,
	};

	for (uint16_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		behave(BEHAVIOUR_WRONG_LEN, 1);
		rig->device.queue[BALLOON_INFLATE].wrong_length = i;
		inflate(i);
		rig_expect_used(rig, 0, i, i, expected[i]);
		ck_assert(rig->device.unhealthy);
	}
}

TEST(missed_notification_waits_for_the_next)
{
	behave(BEHAVIOUR_MISS, 1);
	inflate(0);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert(!device_completes(&rig->device));
	ck_assert_uint_eq(device_inflight(&rig->device, BALLOON_INFLATE), 1);
	inflate(1);
	ck_assert_uint_eq(rig_used(rig, 0), 2);
	ck_assert(device_completes(&rig->device));
	ck_assert(!rig->device.unhealthy);
	behave(BEHAVIOUR_MISS, 1);
	inflate(2);
	rig_bring_up(rig, 0);
	ck_assert(device_completes(&rig->device));
}

TEST(completion_can_outlive_a_reset)
{
	uint16_t before;

	device_latency(&rig->device, BALLOON_INFLATE, 10 * MS, 0, 1);
	behave(BEHAVIOUR_AFTER_RESET, 1);
	inflate(4);
	rig_set_status(rig, 0);
	before = rig_used(rig, 0);
	ck_assert(device_is_busy(&rig->device));
	rig_pass(rig, MS);
	ck_assert_uint_eq(rig_used(rig, 0), before + 1);
	rig_expect_used(rig, 0, before, 4, 0);
	ck_assert_uint_eq(rig_behaved(rig, "after_reset"), 1);
	ck_assert(rig->device.unhealthy);
	ck_assert(!device_is_busy(&rig->device));
}

TEST(device_that_is_pulled_out_reads_all_ones)
{
	device_latency(&rig->device, BALLOON_INFLATE, MS, 0, 1);
	inflate(0);
	device_remove(&rig->device);
	ck_assert_uint_eq(rig_status(rig), UINT8_MAX);
	ck_assert_uint_eq(rig_config(rig, 0), UINT32_MAX);
	ck_assert(!device_completes(&rig->device));
	rig_set_status(rig, 0);
	inflate(1);
	balloon_target(&rig->device, 5, true);
	rig_pass(rig, 5 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	ck_assert(!rig->world.irq.line[HW_VEC_INTX].raised);
	ck_assert_uint_eq(rig_status(rig), UINT8_MAX);
}

TEST(snapshot_keeps_what_is_in_flight_and_when)
{
	device_latency(&rig->device, BALLOON_INFLATE, 3 * MS, 0, 1);
	inflate(4);
	rig_pass(rig, MS);
	device_save(&rig->device, 1);
	rig_pass(rig, MS);
	balloon_target(&rig->device, 77, false);
	device_restore(&rig->device, 1);
	ck_assert_uint_eq(rig_config(rig, 0), 0);
	ck_assert_uint_eq(device_interrupts(&rig->device, BALLOON_INFLATE), 1);
	ck_assert_uint_eq(device_interrupts(&rig->device, DEVICE_CONFIGURATION), 1);
	ck_assert(!rig->device.unhealthy);
	rig_pass(rig, 2 * MS - 1);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_pass(rig, 1);
	rig_expect_used(rig, 0, 0, 4, 0);
	/* The guest has seen the completion, the device knows nothing of it: nobody can be held. */
	device_restore(&rig->device, 1);
	ck_assert(rig->device.unhealthy);
	rig_pass(rig, 3 * MS);
	ck_assert_uint_eq(rig_behaved(rig, "restore"), 2);
	device_restore(&rig->device, 0);
	ck_assert_uint_eq(rig_behaved(rig, "restore"), 2);
}

TEST(completion_without_an_interrupt)
{
	behave(BEHAVIOUR_NO_IRQ, 1);
	inflate(1);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 0);
	inflate(2);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
}

TEST(behaviours_can_hold_for_good_and_be_switched_off)
{
	behave(BEHAVIOUR_NO_IRQ, UINT64_MAX);
	for (uint16_t i = 0; i < RIG_SIZE; i++)
		inflate(i);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 0);
	behave(BEHAVIOUR_NO_IRQ, 0);
	inflate(0);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
}

/* Three completions share one interrupt; one alone is not left without. */
TEST(coalesced_completions_share_an_interrupt)
{
	behave(BEHAVIOUR_COALESCE, 3);
	rig_three(rig, 0);
	ck_assert_uint_eq(rig_used(rig, 0), 3);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 1);
	behave(BEHAVIOUR_COALESCE, 3);
	inflate(3);
	ck_assert_uint_eq(device_interrupts(&rig->device, 0), 2);
	ck_assert(!rig->device.unhealthy);
}

TEST(device_that_needs_reset_stops)
{
	device_latency(&rig->device, BALLOON_INFLATE, MS, 0, 1);
	inflate(0);
	device_need_reset(&rig->device);
	ck_assert_uint_eq(rig_status(rig), 15 | TRANSPORT_STATUS_NEEDS_RESET);
	ck_assert_uint_eq(rig_isr(rig), 3);
	ck_assert(!device_completes(&rig->device));
	ck_assert(!rig->device.unhealthy);
	inflate(1);
	rig_pass(rig, 5 * MS);
	ck_assert_uint_eq(rig_used(rig, 0), 0);
	rig_set_status(rig, 15);		/* the driver cannot clear the bit so */
	ck_assert_uint_eq(rig_status(rig), 15 | TRANSPORT_STATUS_NEEDS_RESET);
	rig_bring_up(rig, 0);
	ck_assert_uint_eq(rig_status(rig), 15);
	inflate(0);
	ck_assert_uint_eq(rig_used(rig, 0), 1);
}

TEST(device_changes_actual_by_itself)
{
	rig_set_config(rig, 4, 4, 5);
	balloon_set_actual(&rig->device, 99);
	ck_assert_uint_eq(rig_config(rig, 4), 99);
	ck_assert(balloon_of(&rig->device)->facts.actual_foreign);
	rig_set_config(rig, 4, 4, 5);
	ck_assert(!balloon_of(&rig->device)->facts.actual_foreign);
}

TEST(spurious_interrupt_shows_no_cause)
{
	device_interrupt(&rig->device, BALLOON_INFLATE, true, 1);
	ck_assert(rig->world.irq.line[HW_VEC_INTX].raised);
	ck_assert_uint_eq(rig_last(rig, EV_IRQ_RAISE).arg[1], 0);
	ck_assert_uint_eq(rig_isr(rig), 0);
	ck_assert(!rig->world.irq.line[HW_VEC_INTX].raised);
	ck_assert_uint_eq(rig_last(rig, EV_DEV_BEHAVIOUR).arg[0], BALLOON_INFLATE);
	device_interrupt(&rig->device, DEVICE_CONFIGURATION, false, 1);
	ck_assert_uint_eq(rig_isr(rig), 3);
	ck_assert_uint_eq(rig_count(rig, EV_DEV_USED), 0);
	ck_assert(!rig->device.unhealthy);
}

TEST(interrupts_come_one_after_the_other)
{
	device_interrupt(&rig->device, BALLOON_DEFLATE, false, 3);
	ck_assert_uint_eq(rig_count(rig, EV_IRQ_RAISE), 1);
	ck_assert(device_is_busy(&rig->device));
	rig_pass(rig, 0);
	ck_assert_uint_eq(rig_count(rig, EV_IRQ_RAISE), 3);
	ck_assert_uint_eq(device_interrupts(&rig->device, BALLOON_DEFLATE), 3);
	ck_assert(!device_is_busy(&rig->device));
	device_interrupt(&rig->device, BALLOON_DEFLATE, false, 2);
	rig_set_status(rig, 0);
	rig_pass(rig, 0);
	ck_assert_uint_eq(rig_count(rig, EV_IRQ_RAISE), 4);
}

TEST(every_behaviour_has_a_word_a_text_and_a_code_of_its_own)
{
	const struct device_behaviour *b;
	unsigned count = 0;

	for (; (b = device_behaviour_at(&balloon_class, count)) != NULL; count++) {
		ck_assert_ptr_nonnull(b->what);
		ck_assert_ptr_eq(device_behaviour_by_word(&balloon_class, b->word), b);
		ck_assert_ptr_eq(device_behaviour_by_code(&balloon_class, b->code), b);
	}
	ck_assert_uint_gt(count, BEHAVIOURS);
	ck_assert_ptr_null(device_behaviour_by_code(&balloon_class, 0));
	ck_assert_ptr_null(device_behaviour_by_word(&balloon_class, "none"));
	ck_assert(device_behaviours[BEHAVIOUR_WRONG_ID].breaks);
	ck_assert(!device_behaviours[BEHAVIOUR_SPURIOUS].breaks);
}

SUITE(device_behaviour, .setup = setup, .teardown = teardown)
