/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of what sim/include says: constants, types, assertions, queue(3), module(9).
 */
#include <string.h>

#include "rig.h"
#include "tests/suite.h"

static struct krig *
run(void (*fn)(void *))
{
	struct krig *rig = krig_new(NULL);

	krig_run(rig, fn);
	return rig;
}

TEST(constants)
{
	static const int64_t values[] = {
		12, 4096, 4095, 4096,
		0, 64, 96, 224, -1, 0,
		0, 2, 3, 4, 5,
		6, 7, 8, 6, 6, 6, 16,
		0, 1, 2,
		0, 1, 2, 3,
		3,
	};
	KRIG(rig) = run(frag_constants);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		ck_assert_msg(rig->frag.out[i] == values[i], "constant %zu is %d", i,
		    (int)rig->frag.out[i]);
}

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

TEST(lie10_page_size_is_an_int)
{
	KRIG(rig) = run(frag_types);

	krig_assert_out(rig, 1, 1, 8);
	/* So this product has 32 bits. */
	krig_assert_out_from(rig, 3, 1, 0xfffff000, INT64_C(0xffffffff) << 12, 8192, 4096, 8);
	for (int i = 9; i <= 12; i++)
		ck_assert_int_eq(rig->frag.out[i], 1);
}

TEST(lie27_mstohz_truncates)
{
	static const int64_t ms[FRAG_IN] = { 30000, 10000, 1000, 100, 10, 20, 9, 0 };
	static const struct {
		int hz;
		int64_t ticks[FRAG_IN];
	} rows[] = {
		{ 100, { 3000, 1000, 100, 10, 1, 2, 0, 0 } },
		{ 40, { 1200, 400, 40, 4, 0, 0, 0, 0 } },
		{ 1000, { 30000, 10000, 1000, 100, 10, 20, 9, 0 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		KRIG(rig) = KRIG_WITH(options.config.hz = rows[i].hz);

		memcpy(rig->frag.in, ms, sizeof(ms));
		krig_run(rig, frag_mstohz);
		for (int k = 0; k < FRAG_IN; k++)
			ck_assert_int_eq(rig->frag.out[k], rows[i].ticks[k]);
		ck_assert_int_eq(rig->frag.out[FRAG_IN], rows[i].hz);
		ck_assert_int_eq(rig->frag.out[FRAG_IN + 1], 1000000 / rows[i].hz);
	}
}

TEST(lie33_errno_has_netbsds_numbers)
{
	static const int64_t values[] = {
		1, 2, 3, 5, 12, 16, 17, 19, 20, 22, 25, 27, 34, 35, 35, 45, 63, 86, -3,
	};
	KRIG(rig) = run(frag_errnos);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		ck_assert_int_eq(rig->frag.out[i], values[i]);
}

/* With DIAGNOSTIC KASSERT and KASSERTMSG are evaluated, KDASSERT never; without it none is. */
TEST(lie32_kassert_is_not_evaluated_without_diagnostic)
{
	KRIG(rig) = run(frag_kassert_effect);

	krig_assert_alive(rig);
	ck_assert_int_eq(rig->frag.out[0], 2);
	krig_free(rig);
	rig = run(frag_kassert_effect_plain);
	krig_assert_alive(rig);
	ck_assert_int_eq(rig->frag.out[0], 0);
}

TEST(lie32_kassert_panics_with_the_kernels_text)
{
	KRIG(rig) = run(frag_kassert_fails);
	const char *text = "kernel diagnostic assertion \"f->in[0] == 1 + 1\" failed: file \"";

	krig_assert_panic(rig, text);
	ck_assert(strncmp(rig->world.end_text, text, strlen(text)) == 0);
	ck_assert_ptr_nonnull(strstr(rig->world.end_text, "frag_param.c\", line "));
	ck_assert_uint_eq(krig_event(rig, EV_PANIC, KRIG_ANY_CODE, 0)->arg[1], 1);
	krig_assert_order(rig, "");
	krig_free(rig);
	rig = run(frag_kassert_fails_plain);
	krig_assert_alive(rig);
	krig_assert_order(rig, "!");
}

/* A module with DIAGNOSTIC in a kernel without. */
TEST(lie32_a_kernel_without_diagnostic_does_not_enforce)
{
	KRIG(rig) = KRIG_WITH(options.config.diagnostic = false);

	krig_run_well(rig, frag_kassert_fails);
	krig_assert_order(rig, "!");
}

/* ---- queue(3) ---- */

TEST(tailq_has_netbsds_layout_and_order)
{
	KRIG(rig) = run(frag_tailq_layout);

	krig_assert_order(rig, "abcddcba");
	krig_assert_out(rig, 'a', 'd', 1, 'b', 1);
}

/* The loop goes on from the removed element, whose links are poison. */
TEST(lie15_foreach_is_not_removal_safe)
{
	KRIG(rig) = run(frag_tailq_foreach_removal);

	krig_assert_end(rig, WORLD_CRASH, "pointer");
	krig_assert_order(rig, "a");
	krig_free(rig);
	rig = run(frag_tailq_foreach_reverse_removal);
	krig_assert_end(rig, WORLD_CRASH, "pointer");
	krig_assert_order(rig, "d");
}

TEST(lie15_removal_poisons_in_a_diagnostic_kernel_only)
{
	KRIG(rig) = run(frag_tailq_poison);

	krig_assert_out(rig, 1, 1);
	krig_free(rig);
	rig = run(frag_tailq_poison_plain);
	ck_assert_int_eq(rig->frag.out[0], 0);
	ck_assert_int_eq(rig->frag.out[2], 1);
}

TEST(lie15_removing_twice)
{
	KRIG(rig) = run(frag_tailq_remove_twice);

	krig_assert_end(rig, WORLD_CRASH, "pointer");
	krig_free(rig);
	/* The plain macro only damages the list. */
	rig = run(frag_tailq_remove_twice_plain);
	krig_assert_alive(rig);
	krig_assert_order(rig, "!");
	krig_free(rig);
	rig = run(frag_tailq_wrong_list);
	krig_assert_panic(rig, "TAILQ_REMOVE: last element of another list");
}

TEST(init_forgets_without_a_check)
{
	KRIG(rig) = run(frag_tailq_init_forgets);

	krig_assert_alive(rig);
	krig_assert_out(rig, 1, 'c', 1);
}

TEST(simpleq_is_first_in_first_out)
{
	KRIG(rig) = run(frag_simpleq_fifo);

	krig_assert_order(rig, "bca");
}

TEST(module_record_and_command)
{
	KRIG(rig) = run(frag_module);

	krig_assert_out(rig, 3, 0, 25);
	ck_assert_str_eq(rig->frag.text, "fragmodule");
	ck_assert_str_eq(rig->frag.text + 100, "virtio");
}

SUITE(kern_param_suite, "kern/param")
