/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area page, as streams of events: what the fragments (test_fragments.c) do not reach.
 */

#include "tests/rules/guest.h"
#include "tests/suite.h"

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

SUITE(rules_page_suite, "rules_page", .setup = setup, .teardown = teardown)
