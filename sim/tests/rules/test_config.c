/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/config: each rule fires once at its event, and its near miss is silent.
 */
#include <check.h>
#include <string.h>

#include "tests/rules/guest.h"

Suite	*rules_config_suite(void);

static struct guest g;

static void
setup(void)
{
	guest_init(&g);
	guest_target(&g, 1000);
	guest_wake(&g, 0);
}

static void
teardown(void)
{
	guest_fini(&g);
}

START_TEST(whole_fields_are_quiet)
{
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 0, 4);
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 4, 4);
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG, 4, 4);
	stream_is_quiet(&g.s);
}
END_TEST

static const struct { unsigned offset, width; } no_field[] = {
	{ 0, 1 }, { 0, 2 }, { 0, 8 }, { 2, 4 }, { 8, 4 }, { 1, 4 },
};

START_TEST(other_access_is_found)
{
	uint32_t seq = CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG, no_field[_i].offset,
	    no_field[_i].width);

	stream_is_only(&g.s, "config.field-access", seq);
}
END_TEST

START_TEST(write_of_target_is_found)
{
	stream_is_only(&g.s, "config.field-access",
	    CALL(&g.s, VIRTIO_WRITE_DEVICE_CONFIG_LE, 0, 4, 5));
}
END_TEST

START_TEST(actual_in_pieces_is_found)
{
	stream_is_only(&g.s, "config.actual-write",
	    CALL(&g.s, VIRTIO_WRITE_DEVICE_CONFIG, 4, 1, 0));
}
END_TEST

START_TEST(actual_before_answer_is_found)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_act(&g, INFLATE, 8);
	guest_used(&g, INFLATE);
	stream_is_only(&g.s, "config.actual-write", guest_actual(&g, 8));
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "not answered"));
}
END_TEST

START_TEST(actual_wrong_after_answer_is_found)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_answer(&g, INFLATE, 8);
	stream_is_only(&g.s, "config.actual-write", guest_actual(&g, 7));
}
END_TEST

START_TEST(actual_wrapped_is_found)
{
	guest_inflate(&g, 100, 8, 8);
	stream_is_only(&g.s, "config.actual-write", guest_actual(&g, UINT32_MAX));
}
END_TEST

START_TEST(actual_for_two_answers_is_quiet)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_answer(&g, INFLATE, 8);
	guest_inflate(&g, 200, 8, 16);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(deflate_written_early_is_found)
{
	uint32_t seq;

	guest_inflate(&g, 100, 8, 8);
	guest_target(&g, 0);
	guest_wake(&g, 0);
	guest_commit(&g, DEFLATE, 32);
	guest_free(&g, 100, 8);
	seq = guest_actual(&g, 0);
	stream_is_only(&g.s, "config.actual-write", seq);
}
END_TEST

/* A driver that goes by what the device says about a balloon it did not fill. */
START_TEST(foreign_actual_is_not_judged)
{
	g.s.balloon.actual_foreign = true;
	guest_actual(&g, 512);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(actual_never_written_is_found_at_rest)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_answer(&g, INFLATE, 8);
	g.s.balloon.num_pages = 0;
	stream_rest(&g.s);
	ck_assert_uint_eq(stream_count(&g.s, "config.actual-write"), 1);
	ck_assert_uint_eq(stream_count(&g.s, "balloon.count"), 1);
}
END_TEST

/* A driver that waits for its next wake-up first is late, one that sleeps a little is not. */
START_TEST(actual_put_off_is_found)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	guest_answer(&g, INFLATE, 8);
	g.s.balloon.num_pages = 0;
	guest_sleep(&g, 100);
	guest_wake(&g, UINT64_C(1000000000));
	stream_is_quiet(&g.s);
	guest_sleep(&g, 400);
	stream_is_only(&g.s, "config.actual-write", guest_wake(&g, UINT64_C(4000000000)));
}
END_TEST

static void
read_field(unsigned offset)
{
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, offset, 4);
	RET(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 0);
}

START_TEST(read_across_change_is_found)
{
	read_field(0);
	guest_as_host(&g);
	EVENT(&g.s, HOST_TARGET, 0, 7, 1000, 0);
	guest_as_thread(&g);
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 4, 4);
	stream_is_only(&g.s, "config.torn-read", RET(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 0));
	ck_assert_uint_eq(g.s.findings.item[0].becauses, 2);
}
END_TEST

START_TEST(read_before_change_is_quiet)
{
	read_field(0);
	read_field(4);
	guest_as_host(&g);
	EVENT(&g.s, HOST_TARGET, 0, 7, 1000, 0);
	guest_as_thread(&g);
	CALL(&g.s, DELAY, 1);
	read_field(0);
	read_field(4);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(guest_order_is_found_on_legacy)
{
	g.s.view.legacy = true;
	stream_is_only(&g.s, "config.byte-order",
	    CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG, 0, 4));
}
END_TEST

START_TEST(le_access_is_quiet_on_legacy)
{
	g.s.view.legacy = true;
	CALL(&g.s, VIRTIO_READ_DEVICE_CONFIG_LE, 0, 4);
	stream_is_quiet(&g.s);
}
END_TEST

Suite *
rules_config_suite(void)
{
	Suite *suite = suite_create("rules_config");
	TCase *tc = tcase_create("config");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, whole_fields_are_quiet);
	tcase_add_loop_test(tc, other_access_is_found, 0,
	    sizeof(no_field) / sizeof(no_field[0]));
	tcase_add_test(tc, write_of_target_is_found);
	tcase_add_test(tc, actual_in_pieces_is_found);
	tcase_add_test(tc, actual_before_answer_is_found);
	tcase_add_test(tc, actual_wrong_after_answer_is_found);
	tcase_add_test(tc, actual_wrapped_is_found);
	tcase_add_test(tc, actual_for_two_answers_is_quiet);
	tcase_add_test(tc, deflate_written_early_is_found);
	tcase_add_test(tc, foreign_actual_is_not_judged);
	tcase_add_test(tc, actual_never_written_is_found_at_rest);
	tcase_add_test(tc, actual_put_off_is_found);
	tcase_add_test(tc, read_across_change_is_found);
	tcase_add_test(tc, read_before_change_is_quiet);
	tcase_add_test(tc, guest_order_is_found_on_legacy);
	tcase_add_test(tc, le_access_is_quiet_on_legacy);
	suite_add_tcase(suite, tc);
	return suite;
}
