/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Areas balloon and page, as streams of events: what the fragments (test_fragments.c) do not reach.
 */
#include <string.h>

#include "tests/rules/guest.h"
#include "tests/suite.h"

GUEST_FIXTURE(g)
{
	guest_target(&g, 1000);
	guest_wake(&g, 0);
}

static void
new_target(uint32_t pages)
{
	guest_target(&g, pages);
	guest_wake(&g, 0);
}

/* ---- inflate ---- */

TEST(reading_at_take_finds_the_same)
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

/* ---- deflate ---- */

TEST(page_given_again_before_completion_is_quiet)
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
	guest_complete(&g, INFLATE, 8);
	guest_actual(&g, 8);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}

/* ---- direction ---- */

TEST(inflate_at_equality_is_found_when_strict)
{
	g.s.view.strict = true;
	new_target(8);
	guest_inflate(&g, 100, 8, 8);
	guest_wake(&g, 0);
	guest_alloc(&g, 200, 8);
	guest_fill(&g, 0, 8, 200);
	stream_is_only(&g.s, "balloon.inflate-direction", guest_commit(&g, INFLATE, 32));
}

TEST(forgetful_device_is_no_excuse_to_inflate_for_ever)
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

/* ---- area page ---- */

/* A request with the host that names 8 pages from 100 on. */
static void
inflate_eight(void)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
}

TEST(free_twice_in_one_list_is_found)
{
	const uint64_t pfn[] = { 100, 101, 100 };
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	CALL(&g.s, UVM_PGLISTFREE, 3);
	seq = PAYLOAD(&g.s, PAGES, HW_PAGE_FREE, pfn, 3, 100, 100);
	stream_is_only(&g.s, "page.double-free", seq);
}

TEST(lying_device_suspends_host_owned)
{
	inflate_eight();
	g.s.view.device.healthy = false;
	guest_free(&g, 100, 8);
	stream_is_quiet(&g.s);
}

TEST(reboot_forgets_everything)
{
	guest_inflate(&g, 100, 8, 8);
	guest_as_host(&g);
	EVENT(&g.s, HOST_REBOOT, 0, 0);
	for (uint64_t pfn = 100; pfn < 108; pfn++) {
		memory_own(&g.memory, pfn, HW_PAGE_FREE);
		memory_host_give(&g.memory, pfn);
	}
	g.s.balloon.actual_foreign = true;
	guest_as_thread(&g);
	guest_alloc(&g, 100, 8);
	guest_free(&g, 100, 8);
	g.s.balloon.num_pages = 8;
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}

SUITE(rules_balloon_suite, "rules_balloon", .setup = setup, .teardown = teardown)
