/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores by hand: see loads.h.
 */
#include "tests/rules/loads.h"

#include <string.h>

static const enum hw_context kinds[LOADS_CONTEXTS] = {
	[LOADS_AUTOCONF] = HW_CTX_AUTOCONF, [LOADS_IRQ] = HW_CTX_HARDINT,
	[LOADS_THREAD] = HW_CTX_KTHREAD, [LOADS_OTHER] = HW_CTX_KTHREAD,
	[LOADS_IRQ2] = HW_CTX_HARDINT,
};
static const char *const names[LOADS_CONTEXTS] = {
	[LOADS_AUTOCONF] = "autoconf", [LOADS_IRQ] = "irq0", [LOADS_THREAD] = "worker",
	[LOADS_OTHER] = "other", [LOADS_IRQ2] = "irq1",
};

static void
make_contexts(struct loads *l)
{
	for (uint32_t i = LOADS_AUTOCONF; i < LOADS_CONTEXTS; i++) {
		struct context *ctx = &l->world.context[i - 1];

		ctx->ordinal = i;
		ctx->kind = kinds[i];
		strcpy(ctx->name, names[i]);
		stream_as(&l->s, i == LOADS_AUTOCONF ? 0 : LOADS_AUTOCONF, HW_CTX_AUTOCONF, 0);
		EVENT(&l->s, CTX_START, 0, i, kinds[i], 0);
		if (kinds[i] == HW_CTX_KTHREAD)
			NOTE(&l->s, THREAD, i, 0, 2);	/* KTHREAD_MPSAFE */
	}
	l->world.contexts = LOADS_CONTEXTS - 1;
}

void
loads_init(struct loads *l)
{
	memset(l, 0, sizeof(*l));
	stream_init(&l->s);
	access_init(&l->world.access, 1000000);
	access_arena(&l->world.access, l->word, l->tag, l->where, sizeof(l->word));
	l->world.memory.arena = (uint8_t *)l->word;
	l->world.memory.arena_pfn = l->pfn;
	l->pfn[0] = l->pfn[1] = 1;
	/* All of the program counts as the driver's; sites are offsets from before it. */
	l->world.module_low = (uintptr_t)loads_init - (UINT32_C(1) << 30);
	l->world.module_high = (uintptr_t)loads_init + (UINT32_C(1) << 30);
	l->world.trace.count = 1;
	world_current = &l->world;
	l->s.view.memory = &l->world.memory;
	l->s.view.world = &l->world;
	rules_watch_memory(l->s.rules, &l->world);
	make_contexts(l);
	hw_memory(HW_MEMORY_SOFTC, l->word, LOADS_SOFTC_WORDS * sizeof(l->word[0]), 0);
	loads_as(l, LOADS_AUTOCONF, LOADS_IPL_NONE);
}

void
loads_fini(struct loads *l)
{
	stream_fini(&l->s);
	world_current = NULL;
}

void
loads_on(struct loads *l, uint32_t context, int ipl, unsigned cpu)
{
	struct context *ctx = world_context(&l->world, context);

	l->world.running = ctx;
	ctx->cpu = cpu;
	l->world.cpu[cpu].ipl = ipl;
	access_switch(&l->world.access, context);
	stream_as(&l->s, context, ctx->kind, ipl);
}

void
loads_as(struct loads *l, uint32_t context, int ipl)
{
	loads_on(l, context, ipl, 0);
}

void
loads_take(struct loads *l, uint64_t m)
{
	NOTE(&l->s, MUTEX_HELD, m, LOADS_IPL_VM, 1);
}

void
loads_leave(struct loads *l, uint64_t m)
{
	NOTE(&l->s, MUTEX_FREED, m);
}

void
loads_enter_interrupt(struct loads *l, enum hw_callback what)
{
	loads_as(l, LOADS_IRQ, LOADS_IPL_VM);
	NOTE(&l->s, CALLBACK, 1, what, 0);
}

void
loads_leave_interrupt(struct loads *l, enum hw_callback what)
{
	NOTE(&l->s, CALLBACK, 2, what, 0);
}
