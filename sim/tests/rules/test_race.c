/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area lock_race, with loads and stores by hand: what hangs on which accesses the machine shows,
 * and orders that no driver can be made to need.
 */
#include <string.h>

#include "machine/world.h"
#include "tests/rules/stream.h"
#include "tests/suite.h"

#define WORDS 1024			/* a page */
#define SOFTC_WORDS 512
#define IPL_VM 6

enum { AUTOCONF = 1, IRQ, IRQ2, THREAD, OTHER, CONTEXTS };

/* What compilers call. */
void __tsan_read4(void *);
void __tsan_write4(void *);

static struct stream s;
static struct world world;		/* memory, accesses and running contexts; never runs */
static _Alignas(4096) uint32_t word[WORDS];
static uint16_t tag[WORDS + 2];
static uint32_t where[WORDS + 2];
static uint64_t frame[1];

static void
as(uint32_t context, unsigned cpu)
{
	struct context *ctx = world_context(&world, context);
	int ipl = ctx->kind == HW_CTX_HARDINT ? IPL_VM : 0;

	world.running = ctx;
	ctx->cpu = cpu;
	world.cpu[cpu].ipl = ipl;
	access_switch(&world.access, context);
	stream_as(&s, context, ctx->kind, ipl);
}

static void
setup(void)
{
	memset(&world, 0, sizeof(world));
	frame[0] = 1;
	stream_init(&s);
	access_init(&world.access, 1000000);
	access_arena(&world.access, word, tag, where, sizeof(word));
	world.memory.arena = (uint8_t *)word;
	world.memory.arena_pfn = frame;
	/* All of the program counts as the driver's; sites are offsets from before it. */
	world.module_low = (uintptr_t)setup - (UINT32_C(1) << 30);
	world.module_high = (uintptr_t)setup + (UINT32_C(1) << 30);
	world.trace.count = 1;
	world_current = &world;
	s.view.memory = &world.memory;
	rules_watch_memory(s.rules, &world);
	world.contexts = CONTEXTS - 1;
	for (uint32_t i = AUTOCONF; i < CONTEXTS; i++) {
		enum hw_context kind = i == AUTOCONF ? HW_CTX_AUTOCONF :
		    i < THREAD ? HW_CTX_HARDINT : HW_CTX_KTHREAD;

		world.context[i - 1] = (struct context){ .ordinal = i, .kind = kind };
		stream_as(&s, i == AUTOCONF ? 0 : AUTOCONF, HW_CTX_AUTOCONF, 0);
		EVENT(&s, CTX_START, 0, i, kind, 0);
		if (kind == HW_CTX_KTHREAD)
			NOTE(&s, THREAD, i, 0, 2);	/* KTHREAD_MPSAFE */
	}
	hw_memory(HW_MEMORY_SOFTC, word, SOFTC_WORDS * sizeof(word[0]), 0);
	as(AUTOCONF, 0);
}

static void
teardown(void)
{
	stream_fini(&s);
	world_current = NULL;
}

static void
handler_writes(uint32_t context, unsigned cpu, unsigned i)
{
	as(context, cpu);
	NOTE(&s, CALLBACK, 1, HW_CB_CONFIG_CHANGE, 0);
	__tsan_write4(&word[i]);
	NOTE(&s, CALLBACK, 2, HW_CB_CONFIG_CHANGE, 0);
}

static unsigned
races(void)
{
	return stream_count(&s, "lock.data-race");
}

TEST(attach_is_over_before_the_first_callback)
{
	CALL(&s, VIRTIO_CHILD_ATTACH_START, IPL_VM, 1);		/* VIRTIO_F_INTR_MPSAFE */
	__tsan_write4(&word[5]);
	NOTE(&s, ATTACH, HW_ATTACH_FINISHED, 0);
	__tsan_write4(&word[6]);
	handler_writes(IRQ, 0, 5);
	ck_assert_uint_eq(races(), 0);
	handler_writes(IRQ, 0, 6);
	ck_assert_uint_eq(races(), 1);
}

/* Handlers that are not MPSAFE run one after the other; those that are do not. */
static void
two_handlers(uint64_t mpsafe)
{
	CALL(&s, VIRTIO_CHILD_ATTACH_START, IPL_VM, mpsafe);
	handler_writes(IRQ, 0, 5);
	handler_writes(IRQ2, 1, 5);
}

TEST(handlers_under_the_kernel_lock)
{
	two_handlers(0);
	ck_assert_uint_eq(races(), 0);
}

TEST(handlers_beside_each_other)
{
	two_handlers(1);
	ck_assert_uint_eq(races(), 1);
}

/* The same access again is not shown to the rule, and counts all the same. */
TEST(the_newest_of_many_counts)
{
	as(THREAD, 0);
	for (unsigned i = 0; i < 5; i++) {
		NOTE(&s, MUTEX_HELD, 1, IPL_VM, 1);
		NOTE(&s, MUTEX_FREED, 1);
		__tsan_write4(&word[5]);
	}
	/* Ordered after all but the last of them. */
	as(OTHER, 1);
	NOTE(&s, MUTEX_HELD, 1, IPL_VM, 1);
	__tsan_read4(&word[5]);
	ck_assert_uint_eq(races(), 1);
}

SUITE(rules_race, .setup = setup, .teardown = teardown)
