/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/machine/world.c and door.c: a world's life, and what the kernel asks of it.
 */
#include <string.h>

#include "bare.h"
#include "tests/suite.h"

/* ---- the door ---- */

BARE_TEST(objects_are_numbered_by_kind)
{
	ck_assert_uint_eq(hw_ordinal(HW_OBJ_MUTEX), 1);
	ck_assert_uint_eq(hw_ordinal(HW_OBJ_MUTEX), 2);
	ck_assert_uint_eq(hw_ordinal(HW_OBJ_DMAMAP), 1);
}

/* The account changes after the event, which carries what was free before. */
BARE_TEST(pages_are_reported_before_the_change)
{
	static const uint64_t pfns[] = { 5, 7, 4096 };
	const struct event *event;

	hw_pages(HW_PAGE_DRIVER, pfns, 3);
	hw_pages(HW_PAGE_DRIVER, pfns, 0);
	ck_assert_uint_eq(bare_count(bare, EV_PAGES), 1);
	event = trace_event(&bare->world.trace, 0);
	ck_assert_uint_eq(event->code, HW_PAGE_DRIVER);
	ck_assert_uint_eq(event->arg[0], 3);
	ck_assert_uint_eq(event->arg[1], 5);
	ck_assert_uint_eq(event->arg[2], 4096);
	ck_assert_uint_eq(event->arg[3], trace_hash(pfns, sizeof(pfns)));
	ck_assert_uint_eq(event->arg[4], 272);
	ck_assert_int_eq(memory_owner(&bare->world.memory, 7), HW_PAGE_DRIVER);
	ck_assert_uint_eq(bare->world.memory.counts.free, 269);
}

static void
call_from_a_driver(void *arg)
{
	struct bare *bare = arg;

	hw_call(HW_CALL_PRINTF, (const void *)(bare->world.module_low + 0x123), 0, 0, 0, 0, 0);
	hw_call(HW_CALL_PRINTF, (const void *)bare->world.module_high, 0, 0, 0, 0, 0);
}

BARE_TEST(positions_are_offsets_into_the_module)
{
	struct trace *trace = &bare->world.trace;
	uint32_t sites[2], n = 0;

	bare->world.module_low = 0x10000;
	bare->world.module_high = 0x20000;
	bare_run(bare, call_from_a_driver);
	for (uint32_t i = 0; i < trace->count && n < 2; i++)
		if (trace_event(trace, i)->kind == EV_CALL)
			sites[n++] = trace_site(trace, i);
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(sites[0], 0x123);
	ck_assert_uint_eq(sites[1], 0);
}

static void
lends_its_stack(void *arg)
{
	struct bare *bare = arg;
	static int not_on_the_stack;
	uint32_t word = 0x55;

	ck_assert(hw_is_stack(&word));
	ck_assert(!hw_is_stack(&not_on_the_stack));
	ck_assert(!hw_lend(&not_on_the_stack, 9));
	ck_assert_uint_eq(hw_kvtophys(&word), UINT64_MAX);
	ck_assert(hw_lend(&word, 9));
	ck_assert_uint_eq(hw_kvtophys(&word) >> MEMORY_PAGE_SHIFT, 9);
	bare->number = 0;
	ck_assert(memory_dma_read(&bare->world.memory, hw_bus_address(hw_kvtophys(&word)),
	    &bare->number, 4));
	bare_mark(bare, '.');
}

BARE_TEST(stacks_can_be_lent_to_a_device)
{
	bare_run(bare, lends_its_stack);
	ck_assert_str_eq(bare->order, ".");
	ck_assert_uint_eq(bare->number, 0x55);
}

static void
panics(void *arg)
{
	bare_mark(arg, 'p');
	hw_panic("the floor is gone", true);
}

BARE_TEST(a_panic_stops_everything)
{
	bare_thread(bare, 0, 10, bare_mark_a);
	bare_run(bare, panics);
	ck_assert_str_eq(bare->order, "p");
	ck_assert_int_eq(bare->world.end, WORLD_PANIC);
	ck_assert_str_eq(bare->world.end_text, "the floor is gone");
	ck_assert_uint_eq(bare_count(bare, EV_PANIC), 1);
}

static void
makes_a_thread(void *arg)
{
	bare_mark(arg, (char)('0' + hw_cpu()));
	hw_thread_start("made", 5, makes_a_thread, arg);
	if (((struct bare *)arg)->marks < 2)
		return;
	hw_thread_exit();
}

/* Each makes the next, which goes where there is none. */
TEST(threads_are_spread_from_the_last_cpu_down)
{
	BARE(bare) = BARE_WITH(config.cpus = 3, config.event_limit = 40);

	bare_run(bare, makes_a_thread);
	ck_assert_int_eq(strncmp(bare->order, "0212", 4), 0);
}

/* Contexts, interrupts and memory are as at power on, time goes on. */
BARE_TEST(a_reboot_starts_over_but_for_time)
{
	static const uint64_t pfn = 3;

	hw_intr_establish(HW_VEC_MSIX_CONFIG, 6, bare_mark_c, bare);
	bare_thread(bare, 0, 10, bare_sleep_for_ever);
	hw_pages(HW_PAGE_DRIVER, &pfn, 1);
	bare_arm(bare, POINT_BEFORE, HW_CALL_PRINTF, 1, bare_strike);
	world_run(&bare->world, 3 * BARE_TICK_NS);
	ck_assert_str_eq(bare->order, "...");
	world_reboot(&bare->world);
	ck_assert_uint_eq(bare->world.clock.now_ns, 3 * BARE_TICK_NS);
	ck_assert_ptr_null(bare->world.clock.first);
	ck_assert_int_eq(memory_owner(&bare->world.memory, 3), HW_PAGE_FREE);
	irq_raise(&bare->world, HW_VEC_MSIX_CONFIG, 0);
	ck_assert_uint_eq(bare_thread(bare, 0, 10, bare_three_a)->ordinal, 1);
	bare_go(bare);
	ck_assert_str_eq(bare->order, "...aaa");
	ck_assert_uint_eq(bare_count(bare, EV_IRQ_ENTER), 0);
}

/* Threads that end leave their place, the first of them first; those that stay do not. */
BARE_TEST(places_of_threads_come_again)
{
	unsigned stayed = 0;

	bare_thread(bare, 0, 10, bare_sleep_for_ever);
	for (unsigned i = 0; i < 10 * CONTEXTS_MAX; i++) {
		const struct context *ctx = bare_thread(bare, 0, 20, bare_mark_a);

		ck_assert_ptr_nonnull(ctx);
		ck_assert_uint_gt(ctx->ordinal, 1);
		world_step(&bare->world);
		ck_assert_int_eq(ctx->state, CTX_DONE);
		bare->marks = 0;
	}
	while (bare_thread(bare, 0, 20, bare_mark_a) != NULL)
		stayed++;
	ck_assert_uint_eq(stayed, CONTEXTS_MAX - IRQ_LINES - 1);
	/* Interrupts have their own. */
	for (unsigned i = 0; i < IRQ_LINES; i++)
		hw_intr_establish(i, 6, bare_mark_a, bare);
}

TEST(ends_have_words)
{
	for (int end = WORLD_RUNNING; end < WORLD_ENDS; end++)
		ck_assert_str_ne(world_end_word((enum world_end)end), "?");
}

SUITE(machine_world)
