/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/balloon: each rule fires once at its event, and its near miss is silent.
 */
#include <check.h>
#include <string.h>

#include "tests/rules/guest.h"

Suite	*rules_balloon_suite(void);

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

static void
new_target(uint32_t pages)
{
	guest_target(&g, pages);
	guest_wake(&g, 0);
}

/* ---- inflate ---- */

START_TEST(inflate_and_deflate_is_quiet)
{
	guest_inflate(&g, 100, 200, 200);
	new_target(150);
	guest_fill(&g, 0, 50, 100);
	guest_commit(&g, DEFLATE, 200);
	guest_free(&g, 100, 50);
	guest_answer(&g, DEFLATE, 50);
	guest_actual(&g, 150);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

/* The pages come back in the order in which they went: the buffer holds the same numbers. */
START_TEST(deflate_of_same_numbers_is_quiet)
{
	guest_inflate(&g, 100, 200, 200);
	new_target(0);
	guest_commit(&g, DEFLATE, 800);
	guest_free(&g, 100, 200);
	guest_answer(&g, DEFLATE, 200);
	guest_actual(&g, 0);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(never_filled_tail_is_found_once)
{
	uint32_t seq;

	guest_alloc(&g, 100, 44);
	guest_fill(&g, 0, 44, 100);
	seq = guest_commit(&g, INFLATE, 1024);
	stream_is_only(&g.s, "balloon.stale-entry", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "256 entries for 44 pages"));
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "44..255 were never filled"));
}
END_TEST

START_TEST(poison_tail_is_found_as_never_filled)
{
	uint32_t seq;

	memset(g.buffer, MEMORY_POISON, MEMORY_PAGE_SIZE);
	guest_alloc(&g, 100, 44);
	guest_fill(&g, 0, 44, 100);
	seq = guest_commit(&g, INFLATE, 1024);
	stream_is_only(&g.s, "balloon.stale-entry", seq);
}
END_TEST

START_TEST(left_over_tail_is_found_once)
{
	uint32_t seq;

	guest_inflate(&g, 100, 256, 256);
	stream_is_quiet(&g.s);
	guest_alloc(&g, 500, 44);
	guest_fill(&g, 0, 44, 500);
	seq = guest_commit(&g, INFLATE, 1024);
	stream_is_only(&g.s, "balloon.stale-entry", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "44..255 are left over"));
	ck_assert_uint_eq(g.s.findings.item[0].becauses, 1);
}
END_TEST

START_TEST(exact_length_is_quiet)
{
	guest_inflate(&g, 100, 256, 256);
	guest_alloc(&g, 500, 44);
	guest_fill(&g, 0, 44, 500);
	guest_commit(&g, INFLATE, 176);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(inflate_page_zero_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	g.buffer[3] = 0;
	seq = guest_commit(&g, INFLATE, 32);
	stream_is_only(&g.s, "balloon.inflate-entries", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "1 of 8"));
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "page 0"));
}
END_TEST

START_TEST(inflate_duplicate_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	g.buffer[3] = 101;
	seq = guest_commit(&g, INFLATE, 32);
	stream_is_only(&g.s, "balloon.inflate-entries", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "also entry 1"));
}
END_TEST

START_TEST(inflate_foreign_page_is_found)
{
	uint32_t seq;

	guest_pages(&g, HW_PAGE_OTHERS, 900, 1);
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	g.buffer[7] = 900;
	seq = guest_commit(&g, INFLATE, 32);
	stream_is_only(&g.s, "balloon.inflate-entries", seq);
}
END_TEST

START_TEST(inflate_no_memory_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100 << 3);
	for (unsigned i = 0; i < 8; i++)
		g.buffer[i] = (100 + i) << 12;
	seq = guest_commit(&g, INFLATE, 32);
	stream_is_only(&g.s, "balloon.inflate-entries", seq);
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text, "8 of 8"));
}
END_TEST

START_TEST(reading_at_take_finds_the_same)
{
	uint32_t seq;
	static const uint32_t entry[] = { 100, 0, 102 };

	guest_alloc(&g, 100, 3);
	NOTE(&g.s, SLOT, INFLATE, 0, 1);
	NOTE(&g.s, DMASEG, 1, 4096, 12, 0);
	NOTE(&g.s, DESC, INFLATE, 0, 4096 /* no bus address */, 12, 0);
	NOTE(&g.s, SLOT, INFLATE, 0, 3);
	ck_assert_uint_eq(stream_count(&g.s, "balloon.inflate-entries"), 0);
	seq = PAYLOAD(&g.s, DEV_TAKE, 0, entry, INFLATE, 0, 12, 3);
	ck_assert_uint_eq(stream_count(&g.s, "balloon.inflate-entries"), 1);
	ck_assert_uint_eq(stream_finding(&g.s, "balloon.inflate-entries")->seq, seq);
	ck_assert_uint_ne(stream_finding(&g.s, "balloon.inflate-entries")->site, 0);
}
END_TEST

START_TEST(swapped_entries_are_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	for (unsigned i = 0; i < 8; i++)
		g.buffer[i] = __builtin_bswap32(100 + i);
	seq = guest_commit(&g, INFLATE, 32);
	stream_is_only(&g.s, "balloon.entry-byte-order", seq);
}
END_TEST

START_TEST(odd_length_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	seq = guest_commit(&g, INFLATE, 34);
	stream_is_only(&g.s, "balloon.length", seq);
}
END_TEST

START_TEST(empty_request_is_found)
{
	uint32_t seq = guest_commit(&g, INFLATE, 0);

	stream_is_only(&g.s, "balloon.length", seq);
}
END_TEST

/* ---- deflate ---- */

START_TEST(deflate_never_given_is_found)
{
	uint32_t seq;

	guest_inflate(&g, 100, 8, 8);
	new_target(0);
	guest_fill(&g, 0, 8, 300);
	seq = guest_commit(&g, DEFLATE, 32);
	stream_is_only(&g.s, "balloon.deflate-entries", seq);
}
END_TEST

START_TEST(deflate_before_inflate_answer_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
	new_target(0);
	g.buffer[8] = 0;
	seq = guest_commit(&g, DEFLATE, 32);
	ck_assert_uint_ge(g.s.findings.count, 1);
	ck_assert_uint_eq(g.s.findings.item[0].seq, seq);
}
END_TEST

START_TEST(deflate_tail_of_good_pages_is_found_at_actual)
{
	guest_inflate(&g, 100, 256, 256);
	guest_inflate(&g, 400, 256, 512);
	new_target(468);
	guest_fill(&g, 0, 44, 100);
	guest_commit(&g, DEFLATE, 1024);
	guest_free(&g, 100, 44);
	stream_is_quiet(&g.s);
	guest_answer(&g, DEFLATE, 256);
	stream_is_quiet(&g.s);
	stream_is_only(&g.s, "balloon.stale-entry", guest_actual(&g, 468));
	ck_assert_ptr_nonnull(strstr(g.s.findings.item[0].text,
	    "256 entries for 44 pages: entries 44..255"));
}
END_TEST

START_TEST(deflate_without_release_of_one_is_found)
{
	uint32_t seq;

	guest_inflate(&g, 100, 8, 8);
	new_target(0);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, DEFLATE, 32);
	guest_free(&g, 101, 7);
	guest_answer(&g, DEFLATE, 8);
	seq = guest_actual(&g, 0);
	ck_assert_uint_eq(stream_count(&g.s, "balloon.deflate-entries"), 1);
	ck_assert_uint_eq(stream_finding(&g.s, "balloon.deflate-entries")->seq, seq);
}
END_TEST

START_TEST(actual_before_release_is_quiet)
{
	guest_inflate(&g, 100, 8, 8);
	new_target(0);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, DEFLATE, 32);
	guest_answer(&g, DEFLATE, 8);
	guest_actual(&g, 0);
	guest_free(&g, 100, 8);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(page_given_again_before_answer_is_quiet)
{
	guest_inflate(&g, 100, 8, 8);
	new_target(0);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, DEFLATE, 32);
	guest_act(&g, DEFLATE, 8);
	guest_free(&g, 100, 8);
	new_target(8);
	guest_alloc(&g, 100, 8);
	guest_used(&g, DEFLATE);
	guest_dequeue(&g, DEFLATE);
	guest_actual(&g, 0);
	guest_commit(&g, INFLATE, 32);
	guest_answer(&g, INFLATE, 8);
	guest_actual(&g, 8);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

/* ---- direction ---- */

START_TEST(inflate_beyond_target_is_found)
{
	uint32_t seq;

	new_target(100);
	guest_alloc(&g, 100, 101);
	guest_fill(&g, 0, 101, 100);
	seq = guest_commit(&g, INFLATE, 404);
	stream_is_only(&g.s, "balloon.inflate-direction", seq);
	ck_assert_int_eq(g.s.findings.item[0].rule->severity, SEVERITY_LINT);
}
END_TEST

START_TEST(inflate_at_equality_is_found_when_strict)
{
	g.s.view.strict = true;
	new_target(8);
	guest_inflate(&g, 100, 8, 8);
	guest_wake(&g, 0);
	guest_alloc(&g, 200, 8);
	guest_fill(&g, 0, 8, 200);
	stream_is_only(&g.s, "balloon.inflate-direction", guest_commit(&g, INFLATE, 32));
}
END_TEST

START_TEST(inflate_to_target_is_quiet)
{
	new_target(100);
	guest_inflate(&g, 100, 100, 100);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(target_lowered_while_building_is_quiet)
{
	guest_alloc(&g, 100, 100);
	guest_fill(&g, 0, 100, 100);
	guest_target(&g, 10);	/* no wake-up since */
	guest_commit(&g, INFLATE, 400);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(target_lowered_while_waiting_for_memory_is_quiet)
{
	CALL(&g.s, UVM_PGLISTALLOC, 409600, 0, ~UINT64_C(0), 100, 1);
	stream_add(&g.s, EV_CTX_SLEEP, HW_SLEEP_MEMORY, STREAM_ARGS(0, 0), __LINE__, NULL);
	guest_target(&g, 10);
	guest_wake(&g, 1000);
	guest_pages(&g, HW_PAGE_DRIVER, 100, 100);
	RET(&g.s, UVM_PGLISTALLOC, 0);
	guest_fill(&g, 0, 100, 100);
	guest_commit(&g, INFLATE, 400);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(forgetful_device_is_no_excuse_to_inflate_for_ever)
{
	g.s.balloon.keeps_actual = false;
	new_target(8);
	guest_inflate(&g, 100, 8, 8);
	guest_wake(&g, 0);
	guest_inflate(&g, 200, 8, 8);	/* at equality: permitted */
	stream_is_quiet(&g.s);
	guest_wake(&g, 0);
	guest_alloc(&g, 300, 8);
	guest_fill(&g, 0, 8, 300);
	stream_is_only(&g.s, "balloon.inflate-direction", guest_commit(&g, INFLATE, 32));
}
END_TEST

START_TEST(deflate_below_target_is_found)
{
	uint32_t seq;

	guest_inflate(&g, 100, 100, 100);
	new_target(60);
	guest_fill(&g, 0, 41, 100);
	seq = guest_commit(&g, DEFLATE, 41 * 4);
	stream_is_only(&g.s, "balloon.deflate-direction", seq);
}
END_TEST

START_TEST(deflate_below_target_on_oom_is_quiet)
{
	g.s.view.device.features = 4;
	guest_inflate(&g, 100, 100, 100);
	new_target(60);
	guest_fill(&g, 0, 41, 100);
	guest_commit(&g, DEFLATE, 41 * 4);
	stream_is_quiet(&g.s);
}
END_TEST

/* A driver that detaches takes back everything. */
START_TEST(deflate_while_detaching_is_quiet)
{
	guest_inflate(&g, 100, 100, 100);
	new_target(120);
	g.s.view.detaching = true;
	guest_fill(&g, 0, 100, 100);
	guest_commit(&g, DEFLATE, 100 * 4);
	stream_is_quiet(&g.s);
}
END_TEST

/* ---- count ---- */

START_TEST(wrong_actual_is_found_at_rest)
{
	new_target(8);
	guest_inflate(&g, 100, 8, 8);
	g.s.balloon.actual = 7;
	g.s.balloon.num_pages = 7;
	stream_rest(&g.s);
	stream_is_only(&g.s, "balloon.count", g.s.trace.count - 1);
}
END_TEST

START_TEST(foreign_actual_is_not_counted)
{
	new_target(8);
	guest_inflate(&g, 100, 8, 8);
	g.s.balloon.actual = 7;
	g.s.balloon.num_pages = 7;
	g.s.balloon.actual_foreign = true;
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

Suite *
rules_balloon_suite(void)
{
	Suite *suite = suite_create("rules_balloon");
	TCase *tc = tcase_create("balloon");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, inflate_and_deflate_is_quiet);
	tcase_add_test(tc, deflate_of_same_numbers_is_quiet);
	tcase_add_test(tc, never_filled_tail_is_found_once);
	tcase_add_test(tc, poison_tail_is_found_as_never_filled);
	tcase_add_test(tc, left_over_tail_is_found_once);
	tcase_add_test(tc, exact_length_is_quiet);
	tcase_add_test(tc, inflate_page_zero_is_found);
	tcase_add_test(tc, inflate_duplicate_is_found);
	tcase_add_test(tc, inflate_foreign_page_is_found);
	tcase_add_test(tc, inflate_no_memory_is_found);
	tcase_add_test(tc, reading_at_take_finds_the_same);
	tcase_add_test(tc, swapped_entries_are_found);
	tcase_add_test(tc, odd_length_is_found);
	tcase_add_test(tc, empty_request_is_found);
	tcase_add_test(tc, deflate_never_given_is_found);
	tcase_add_test(tc, deflate_before_inflate_answer_is_found);
	tcase_add_test(tc, deflate_tail_of_good_pages_is_found_at_actual);
	tcase_add_test(tc, deflate_without_release_of_one_is_found);
	tcase_add_test(tc, actual_before_release_is_quiet);
	tcase_add_test(tc, page_given_again_before_answer_is_quiet);
	tcase_add_test(tc, inflate_beyond_target_is_found);
	tcase_add_test(tc, inflate_at_equality_is_found_when_strict);
	tcase_add_test(tc, inflate_to_target_is_quiet);
	tcase_add_test(tc, target_lowered_while_building_is_quiet);
	tcase_add_test(tc, target_lowered_while_waiting_for_memory_is_quiet);
	tcase_add_test(tc, forgetful_device_is_no_excuse_to_inflate_for_ever);
	tcase_add_test(tc, deflate_below_target_is_found);
	tcase_add_test(tc, deflate_below_target_on_oom_is_quiet);
	tcase_add_test(tc, deflate_while_detaching_is_quiet);
	tcase_add_test(tc, wrong_actual_is_found_at_rest);
	tcase_add_test(tc, foreign_actual_is_not_counted);
	suite_add_tcase(suite, tc);
	return suite;
}
