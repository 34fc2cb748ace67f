/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/kern/subr_prf.c, subr_snprintb.c, subr_panic.c and libkern.c: printf(9),
 * aprint_normal(9), snprintb(3), panic(9), string(9).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	RUN(printf_is_void, OUT(1, 1)),
	/* The new style counts from 0. */
	RUN(snprintb_new, .text = "0x0"),
	RUN(snprintb_new, .in = { 1 }, .text = "0x1<TELL>"),
	RUN(snprintb_new, .in = { 1 << 28 | 3 }, .text = "0x10000003<INDIRECT_DESC,TELL,STATS>"),
	RUN(snprintb_new, .in = { INT64_C(1) << 32 }, .text = "0x100000000<VERSION_1>"),
	/* The old one from 1. */
	RUN(snprintb_old, .text = "0x0"),
	RUN(snprintb_old, .in = { 1 }, .text = "0x1<ONE>"),
	RUN(snprintb_old, .in = { 16 + 2 }, .text = "0x12<TWO,FIVE>"),
	/* One style's items behind the other's prefix: nonsense, but no harm. */
	RUN(snprintb_mixed, .in = { 1 << 28 | 1 }, .text = "0x10000001<INDIRECT_DESC>"),
	RUN(string, OUT(6, 0, 0, 1, 1, 6, 0), .text = "0101234789"),
};

KRIG_ROWS(one_fragment, rows)

/* In a thread, in a hard interrupt, always under an IPL_VM spin mutex; it never sleeps. */
KRIG_TEST(lie35_printf_is_legal_anywhere)
{
	krig_handler(rig, K_IPL_VM, frag_printf_under_lock);
	krig_run(rig, frag_printf_under_lock);
	krig_raise(rig);
	krig_go_well(rig);
	krig_assert_order(rig, "pp");
	ck_assert_str_eq(krig_console(rig),
	    "printed under a lock\nprinted under a lock\n");
	ck_assert_uint_eq(krig_count(rig, EV_CTX_SLEEP, KRIG_ANY_CODE), 0);
}

/* The C library prints the same. */
KRIG_TEST(formats)
{
	char text[1000];
	int n = 0;

	krig_run(rig, frag_printf_formats);
	n += snprintf(text + n, sizeof(text) - (size_t)n, "%d|%i|%u|%x|%X|%o|%c|%s|%%|", -5,
	    7, 7u, 255u, 255u, 8u, 'x', "text");
	n += snprintf(text + n, sizeof(text) - (size_t)n,
	    "%5d|%-5d|%05d|%+d|% d|%#x|%#o|", 42, 42, 42, 42, 42, 42u, 8u);
	n += snprintf(text + n, sizeof(text) - (size_t)n,
	    "%.3d|%8.3d|%.2s|%8s|%-8s|%*d|%-*d|%.*s|", 7, 7, "abc", "abc", "abc", 4, 1, 4,
	    1, 2, "xyz");
	n += snprintf(text + n, sizeof(text) - (size_t)n,
	    "44|4464|%ld|%lld|%zu|%" PRIu64 "|%" PRIx64 "|%jd|%td|", -1L, -1LL, (size_t)-1,
	    UINT64_MAX, UINT64_MAX, (intmax_t)-2, (ptrdiff_t)-3);
	snprintf(text + n, sizeof(text) - (size_t)n, "%d|%lld|%u||%s", -2147483647 - 1,
	    (long long)INT64_MIN, UINT32_MAX, "end");
	ck_assert_str_eq(krig_console(rig), text);
}

KRIG_TEST(long_texts_and_pointers)
{
	const char *text;

	krig_run(rig, frag_printf_long);
	text = krig_console(rig);
	ck_assert_uint_eq(strcspn(text, "]"), 2001);
	/* No address, or equal runs would print different texts. */
	ck_assert_str_eq(text + 2002, "(pointer) 0x0");
}

/* Console and log of a boot that is neither quiet nor verbose. */
KRIG_TEST(aprint_family_goes_where_it_should)
{
	krig_run(rig, frag_aprint_family);
	ck_assert_uint_eq(krig_count(rig, EV_CONSOLE, HW_CON_NORMAL), 1);
	ck_assert_uint_eq(krig_count(rig, EV_CONSOLE, HW_CON_ERROR), 1);
	ck_assert_uint_eq(krig_count(rig, EV_CONSOLE, HW_CON_QUIET), 1);
	ck_assert_uint_eq(krig_count(rig, EV_CONSOLE, HW_CON_KERNEL), 0);
	ck_assert_str_eq(krig_console(rig), "normal\nerror\n");
	/* Observers hear of all five. */
	ck_assert_uint_eq(rig->world.trace.calls[HW_CALL_APRINT_NAIVE], 1);
	ck_assert_uint_eq(rig->world.trace.calls[HW_CALL_APRINT_DEBUG], 1);
}

TEST(aprint_dev_names_the_device)
{
	const char *text;
	KRIG(rig) = KRIG_ATTACHED();

	krig_run(rig, frag_aprint_dev);
	text = strstr(krig_console(rig), "child0: one");
	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, "child0: one 1\nchild0: two\nchild0: three\n");
}

KRIG_TEST(panic_ends_the_world_with_its_text)
{
	krig_run(rig, frag_panic);
	krig_assert_order(rig, "0");
	ck_assert_int_eq(rig->world.end, WORLD_PANIC);
	ck_assert_str_eq(rig->world.end_text, "the number is 42");
	ck_assert_uint_eq(rig->world.trace.calls[HW_CALL_PANIC], 1);
	/* No assertion. */
	ck_assert_uint_eq(krig_event(rig, EV_PANIC, KRIG_ANY_CODE, 0)->arg[1], 0);
}

SUITE(kern_prf)
