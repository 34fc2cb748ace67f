/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what sim/include says: constants, types, assertions, queue(3), module(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static const struct krig_row rows[] = {
	RUN(constants, OUT(
	    12, 4096, 4095, 4096,
	    0, 64, 96, 224, -1, 0,
	    0, 2, 3, 4, 5,
	    6, 7, 8, 6, 6, 6, 16,
	    0, 1, 2,
	    0, 1, 2, 3,
	    3)),
	/* PAGE_SIZE is an int, so the product that is out[4] has 32 bits. */
	RUN(types, OUT(1, 1, 8, 1, 0xfffff000, INT64_C(0xffffffff) << 12, 8192, 4096, 8, 1, 1, 1,
	    1)),
	RUN(errnos, OUT(1, 2, 3, 5, 12, 16, 17, 19, 20, 22, 25, 27, 34, 35, 35, 45, 63, 86, -3)),
	/* With DIAGNOSTIC KASSERT and KASSERTMSG are evaluated, KDASSERT never; else none is. */
	RUN(kassert_effect, OUT(2)),
	RUN(kassert_effect_plain, OUT(0)),
	RUN(kassert_fails_plain, .order = "!"),
	/* A module with DIAGNOSTIC in a kernel without. */
	RUN(kassert_fails, .plain = true, .order = "!"),
	RUN(tailq_layout, .order = "abcddcba", OUT('a', 'd', 1, 'b', 1)),
	/* The loop goes on from the removed element, whose links are poison. */
	RUN(tailq_foreach_removal, CRASHES, .order = "a"),
	RUN(tailq_foreach_reverse_removal, CRASHES, .order = "d"),
	RUN(tailq_poison, OUT(1, 1)),
	RUN(tailq_poison_plain, OUT(0)),
	RUN(tailq_poison_plain, OUT_FROM(2, 1)),
	RUN(tailq_remove_twice, CRASHES),
	/* The plain macro only damages the list. */
	RUN(tailq_remove_twice_plain, .order = "!"),
	RUN(tailq_wrong_list, PANICS("TAILQ_REMOVE: last element of another list")),
	RUN(tailq_init_forgets, OUT(1, 'c', 1)),
	RUN(simpleq_fifo, .order = "bca"),
};

KRIG_ROWS(one_fragment, rows)

/* The other byte order is that of memory as the CPU would have it. */
TEST(byte_orders)
{
	for (int swapped = 0; swapped <= 1; swapped++) {
		const int little = 0x04030201, big = 0x01020304;
		KRIG(rig) = KRIG_WITH(options.config.swapped = swapped);

		krig_run(rig, frag_byte_orders);
		krig_assert_out(rig, swapped ? big : little, big, swapped ? little : big, big,
		    0x0201, 1);
	}
}

TEST(lie27_mstohz_truncates)
{
	static const int64_t ms[FRAG_IN] = { 30000, 10000, 1000, 100, 10, 20, 9, 0 };
	static const struct {
		int hz;
		int64_t ticks[FRAG_IN];
	} rates[] = {
		{ 100, { 3000, 1000, 100, 10, 1, 2, 0, 0 } },
		{ 40, { 1200, 400, 40, 4, 0, 0, 0, 0 } },
		{ 1000, { 30000, 10000, 1000, 100, 10, 20, 9, 0 } },
	};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		KRIG(rig) = KRIG_WITH(options.config.hz = rates[i].hz);

		memcpy(rig->frag.in, ms, sizeof(ms));
		krig_run(rig, frag_mstohz);
		for (int k = 0; k < FRAG_IN; k++)
			ck_assert_int_eq(rig->frag.out[k], rates[i].ticks[k]);
		ck_assert_int_eq(rig->frag.out[FRAG_IN], rates[i].hz);
		ck_assert_int_eq(rig->frag.out[FRAG_IN + 1], 1000000 / rates[i].hz);
	}
}

KRIG_TEST(lie32_kassert_panics_with_the_kernels_text)
{
	const char *text = "kernel diagnostic assertion \"f->in[0] == 1 + 1\" failed: file \"";

	krig_run(rig, frag_kassert_fails);
	krig_assert_panic(rig, text);
	ck_assert(strncmp(rig->world.end_text, text, strlen(text)) == 0);
	HAS(rig->world.end_text, "frag_param.c\", line ");
	ck_assert_uint_eq(krig_event(rig, EV_PANIC, KRIG_ANY_CODE, 0)->arg[1], 1);
	krig_assert_order(rig, "");
}

KRIG_TEST(module_record_and_command)
{
	krig_run(rig, frag_module);
	krig_assert_out(rig, 3, 0, 25);
	ck_assert_str_eq(rig->frag.text, "fragmodule");
	ck_assert_str_eq(rig->frag.text + 100, "virtio");
}

SUITE(kern_param)
