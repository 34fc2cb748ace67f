/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/irq and of delivery in cpu.c: interrupt lines.
 */
#include "bare.h"
#include "tests/suite.h"

#define LOW_IPL 4
#define HIGH_IPL 6

static struct irq_line *
line(struct bare *bare, unsigned vector)
{
	return &bare->world.irq.line[vector];
}

static void
raise_queue(struct bare *bare)
{
	irq_raise(&bare->world, HW_VEC_MSIX_QUEUE, 0);
}

static void
config_handler(void *arg)
{
	bare_mark(arg, 'c');
	bare_call(HW_CALL_PRINTF);
	bare_mark(arg, 'C');
}

static void
queue_handler(void *arg)
{
	bare_mark(arg, 'q');
	bare_call(HW_CALL_PRINTF);
	bare_mark(arg, 'Q');
}

BARE_TEST(the_lowest_vector_comes_first)
{
	hw_intr_establish(HW_VEC_MSIX_QUEUE, HIGH_IPL, queue_handler, bare);
	hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, config_handler, bare);
	raise_queue(bare);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "cCqQ");
	ck_assert_uint_eq(line(bare, HW_VEC_MSIX_CONFIG)->delivered, 1);
	ck_assert(!line(bare, HW_VEC_MSIX_CONFIG)->raised);
}

BARE_TEST(edges_before_delivery_are_one)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, config_handler, bare);
	bare_raise_config(bare);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "cC");
}

BARE_TEST(a_line_without_handler_stays_raised)
{
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert(line(bare, HW_VEC_MSIX_CONFIG)->raised);
	hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, config_handler, bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "cC");
	hw_intr_disestablish(HW_VEC_MSIX_CONFIG);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "cC");
}

static void
level_handler(void *arg)
{
	struct bare *bare = arg;

	bare_mark(bare, 'x');
	if (++bare->number == 3)
		irq_lower(&bare->world, HW_VEC_INTX);
}

BARE_TEST(intx_is_a_level)
{
	hw_intr_establish(HW_VEC_INTX, HIGH_IPL, level_handler, bare);
	irq_raise(&bare->world, HW_VEC_INTX, 1);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "xxx");
}

static void
raise_in_strike(void *arg)
{
	raise_queue(arg);
	bare_raise_config(arg);
}

/* Both are raised inside the config handler: a higher level nests, the same source does not. */
static const struct { int config_ipl; const char *order; } nested[] = {
	{ LOW_IPL, "cqQCcC" }, { HIGH_IPL, "cCcCqQ" },
};

TEST_EACH(a_higher_level_nests_and_an_equal_one_waits, nested)
{
	BARE(bare) = bare_new(NULL);

	hw_intr_establish(HW_VEC_MSIX_CONFIG, nested[_i].config_ipl, config_handler, bare);
	hw_intr_establish(HW_VEC_MSIX_QUEUE, HIGH_IPL, queue_handler, bare);
	bare_arm(bare, POINT_BEFORE, HW_CALL_PRINTF, 1, raise_in_strike);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, nested[_i].order);
}

static void
unmasking_handler(void *arg)
{
	struct bare *bare = arg;

	bare_mark(bare, 'u');
	hw_splx(0);
	if (bare->number++ == 0)
		bare_raise_config(bare);
	bare_call(HW_CALL_PRINTF);
	bare_mark(bare, 'U');
}

/* Not even a handler that lowers its level is entered again. */
BARE_TEST(one_source_is_never_handled_twice_at_a_time)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, unmasking_handler, bare);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "uUuU");
}

static void
masked_thread(void *arg)
{
	struct bare *bare = arg;
	int before = hw_splraise(HIGH_IPL);

	bare_raise_config(bare);
	bare_call(HW_CALL_PRINTF);
	hw_delay(1000);
	bare_mark(bare, '1');
	hw_splx(before);
	bare_mark(bare, '2');
	ck_assert_int_eq(hw_ipl(), 0);
}

/* The other CPU's level does not count. */
TEST(vectors_are_wired_to_one_cpu)
{
	for (unsigned cpu = 0; cpu <= 1; cpu++) {
		BARE(bare) = BARE_WITH(config.cpus = 2, config.interrupt_cpu = cpu);

		hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, config_handler, bare);
		bare_thread(bare, 1, BARE_PRIORITY, masked_thread);
		bare_go(bare);
		ck_assert_str_eq(bare->order, cpu == 0 ? "cC12" : "1cC2");
	}
}

static void
sleepy_handler(void *arg)
{
	bare_mark(arg, 'z');
	hw_sleep(HW_SLEEP_CV, 1, 0);
	bare_mark(arg, '!');
}

BARE_TEST(a_handler_that_sleeps_panics)
{
	hw_intr_establish(HW_VEC_MSIX_CONFIG, HIGH_IPL, sleepy_handler, bare);
	bare_raise_config(bare);
	bare_go(bare);
	ck_assert_int_eq(bare->world.end, WORLD_PANIC);
	ck_assert_str_eq(bare->order, "z");
}

SUITE(machine_irq)
