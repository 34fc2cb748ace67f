/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/rules/page: each rule fires once at its event, and its near miss is silent.
 */
#include <check.h>

#include "tests/rules/guest.h"

Suite	*rules_page_suite(void);

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

#define MUST_TELL_HOST 1u

/* A request with the host that names 8 pages from 100 on. */
static void
inflate_eight(void)
{
	guest_alloc(&g, 100, 8);
	guest_fill(&g, 0, 8, 100);
	guest_commit(&g, INFLATE, 32);
}

static void
deflate_eight(void)
{
	guest_target(&g, 0);
	guest_wake(&g, 0);
	guest_commit(&g, DEFLATE, 32);
}

START_TEST(free_once_is_quiet)
{
	guest_alloc(&g, 100, 8);
	guest_free(&g, 100, 8);
	guest_alloc(&g, 100, 8);
	guest_free(&g, 100, 8);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(free_twice_is_found)
{
	uint32_t first, seq;

	guest_alloc(&g, 100, 8);
	first = guest_free(&g, 100, 8);
	seq = guest_free(&g, 107, 1);
	stream_is_only(&g.s, "page.double-free", seq);
	ck_assert_uint_eq(g.s.findings.item[0].because[0].seq, first);
}
END_TEST

START_TEST(free_twice_in_one_list_is_found)
{
	const uint64_t pfn[] = { 100, 101, 100 };
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	CALL(&g.s, UVM_PGLISTFREE, 3);
	seq = PAYLOAD(&g.s, PAGES, HW_PAGE_FREE, pfn, 3, 100, 100);
	stream_is_only(&g.s, "page.double-free", seq);
}
END_TEST

START_TEST(free_of_reused_page_is_found)
{
	uint32_t seq;

	guest_alloc(&g, 100, 8);
	guest_free(&g, 100, 8);
	guest_pages(&g, HW_PAGE_OTHERS, 100, 1);
	seq = guest_free(&g, 100, 1);
	stream_is_only(&g.s, "page.double-free", seq);
}
END_TEST

START_TEST(kernel_frees_its_own_quietly)
{
	guest_pages(&g, HW_PAGE_KERNEL, 100, 4);
	guest_pages(&g, HW_PAGE_FREE, 100, 4);
	guest_pages(&g, HW_PAGE_OTHERS, 100, 4);
	guest_as_host(&g);
	guest_pages(&g, HW_PAGE_FREE, 100, 4);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(free_before_inflate_answer_is_found)
{
	uint32_t seq;

	inflate_eight();
	guest_act(&g, INFLATE, 8);
	guest_used(&g, INFLATE);
	seq = guest_free(&g, 100, 8);
	stream_is_only(&g.s, "page.host-owned", seq);
}
END_TEST

START_TEST(free_of_ballooned_page_is_found)
{
	uint32_t seq;

	guest_inflate(&g, 100, 8, 8);
	seq = guest_free(&g, 103, 1);
	stream_is_only(&g.s, "page.host-owned", seq);
}
END_TEST

START_TEST(free_after_deflate_commit_is_quiet)
{
	guest_inflate(&g, 100, 8, 8);
	deflate_eight();
	guest_free(&g, 100, 8);
	guest_answer(&g, DEFLATE, 8);
	guest_actual(&g, 0);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(free_after_deflate_commit_must_tell_is_found)
{
	uint32_t seq;

	g.s.view.device.features = MUST_TELL_HOST;
	guest_inflate(&g, 100, 8, 8);
	deflate_eight();
	guest_act(&g, DEFLATE, 8);
	guest_used(&g, DEFLATE);
	seq = guest_free(&g, 100, 8);
	stream_is_only(&g.s, "page.host-owned", seq);
}
END_TEST

START_TEST(free_after_deflate_answer_must_tell_is_quiet)
{
	g.s.view.device.features = MUST_TELL_HOST;
	guest_inflate(&g, 100, 8, 8);
	deflate_eight();
	guest_answer(&g, DEFLATE, 8);
	guest_free(&g, 100, 8);
	guest_actual(&g, 0);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(lying_device_suspends_host_owned)
{
	inflate_eight();
	g.s.view.device.healthy = false;
	guest_free(&g, 100, 8);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(discard_in_use_is_found)
{
	uint32_t seq;

	guest_pages(&g, HW_PAGE_OTHERS, 200, 1);
	inflate_eight();
	guest_dequeue(&g, INFLATE);
	guest_fill(&g, 3, 4, 200);
	guest_commit(&g, INFLATE, 32);
	seq = guest_act(&g, INFLATE, 8);
	ck_assert_uint_eq(stream_count(&g.s, "page.discarded-in-use"), 1);
	ck_assert_uint_eq(stream_finding(&g.s, "page.discarded-in-use")->seq, seq);
	ck_assert_uint_ne(stream_finding(&g.s, "page.discarded-in-use")->site, 0);
}
END_TEST

START_TEST(discard_of_own_pages_is_quiet)
{
	inflate_eight();
	guest_act(&g, INFLATE, 8);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(leak_is_found_at_rest)
{
	uint32_t alloc;

	guest_inflate(&g, 100, 8, 8);
	alloc = guest_alloc(&g, 300, 5);
	g.s.balloon.num_pages = 8;
	stream_is_quiet(&g.s);
	stream_rest(&g.s);
	stream_is_only(&g.s, "page.conservation", g.s.trace.count - 1);
	ck_assert_uint_eq(g.s.findings.item[0].because[0].seq, alloc);
	ck_assert_uint_ne(g.s.findings.item[0].site, 0);
}
END_TEST

START_TEST(waiting_allocation_is_no_leak)
{
	guest_inflate(&g, 100, 8, 8);
	g.s.balloon.num_pages = 8;
	CALL(&g.s, UVM_PGLISTALLOC, 64 * MEMORY_PAGE_SIZE, 0, ~UINT64_C(0), 64, 1);
	guest_pages(&g, HW_PAGE_DRIVER, 300, 5);
	stream_rest(&g.s);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(returned_page_never_freed_is_found)
{
	g.s.view.device.features = MUST_TELL_HOST;
	guest_inflate(&g, 100, 8, 8);
	deflate_eight();
	guest_answer(&g, DEFLATE, 8);
	guest_actual(&g, 0);
	stream_rest(&g.s);
	stream_is_only(&g.s, "page.conservation", g.s.trace.count - 1);
}
END_TEST

START_TEST(host_page_nobody_counts_is_found)
{
	guest_inflate(&g, 100, 8, 8);
	g.s.balloon.num_pages = 8;
	memory_host_take(&g.memory, 500);
	stream_rest(&g.s);
	ck_assert_uint_eq(stream_count(&g.s, "page.conservation"), 1);
}
END_TEST

START_TEST(alloc_in_interrupt_is_found)
{
	uint32_t seq;

	stream_as(&g.s, GUEST_IRQ, HW_CTX_HARDINT, 6);
	seq = CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, ~UINT64_C(0), 1, 0);
	stream_is_only(&g.s, "page.irq-context", seq);
}
END_TEST

START_TEST(waiting_alloc_under_spin_mutex_is_found)
{
	uint32_t seq;

	NOTE(&g.s, MUTEX_HELD, 1, 0, 1);
	seq = CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, ~UINT64_C(0), 1, 1);
	ck_assert_uint_eq(stream_count(&g.s, "page.sleep-context"), 1);
	ck_assert_uint_eq(stream_finding(&g.s, "page.sleep-context")->seq, seq);
}
END_TEST

START_TEST(waiting_alloc_under_adaptive_mutex_is_quiet)
{
	NOTE(&g.s, MUTEX_HELD, 1, 0, 0);
	CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, ~UINT64_C(0), 1, 1);
	ck_assert_uint_eq(stream_count(&g.s, "page.sleep-context"), 0);
}
END_TEST

START_TEST(wrapped_limit_with_high_memory_is_found)
{
	struct memory high = g.memory;
	uint32_t seq;

	high.pfn_max = UINT64_C(0x200000);
	g.s.view.memory = &high;
	CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, UINT64_C(1) << 32, 1, 1);
	RET(&g.s, UVM_PGLISTALLOC, 0);
	stream_is_quiet(&g.s);
	seq = CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, 0xfffff000, 1, 1);
	stream_is_only(&g.s, "page.alloc-range", seq);
	ck_assert_int_eq(g.s.findings.item[0].rule->severity, SEVERITY_LINT);
}
END_TEST

START_TEST(wrapped_limit_without_high_memory_is_quiet)
{
	CALL(&g.s, UVM_PGLISTALLOC, 4096, 0, 0xfffff000, 1, 1);
	stream_is_quiet(&g.s);
}
END_TEST

START_TEST(reboot_forgets_everything)
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
END_TEST

Suite *
rules_page_suite(void)
{
	Suite *suite = suite_create("rules_page");
	TCase *tc = tcase_create("page");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, free_once_is_quiet);
	tcase_add_test(tc, free_twice_is_found);
	tcase_add_test(tc, free_twice_in_one_list_is_found);
	tcase_add_test(tc, free_of_reused_page_is_found);
	tcase_add_test(tc, kernel_frees_its_own_quietly);
	tcase_add_test(tc, free_before_inflate_answer_is_found);
	tcase_add_test(tc, free_of_ballooned_page_is_found);
	tcase_add_test(tc, free_after_deflate_commit_is_quiet);
	tcase_add_test(tc, free_after_deflate_commit_must_tell_is_found);
	tcase_add_test(tc, free_after_deflate_answer_must_tell_is_quiet);
	tcase_add_test(tc, lying_device_suspends_host_owned);
	tcase_add_test(tc, discard_in_use_is_found);
	tcase_add_test(tc, discard_of_own_pages_is_quiet);
	tcase_add_test(tc, leak_is_found_at_rest);
	tcase_add_test(tc, waiting_allocation_is_no_leak);
	tcase_add_test(tc, returned_page_never_freed_is_found);
	tcase_add_test(tc, host_page_nobody_counts_is_found);
	tcase_add_test(tc, alloc_in_interrupt_is_found);
	tcase_add_test(tc, waiting_alloc_under_spin_mutex_is_found);
	tcase_add_test(tc, waiting_alloc_under_adaptive_mutex_is_quiet);
	tcase_add_test(tc, wrapped_limit_with_high_memory_is_found);
	tcase_add_test(tc, wrapped_limit_without_high_memory_is_quiet);
	tcase_add_test(tc, reboot_forgets_everything);
	suite_add_tcase(suite, tc);
	return suite;
}
