/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happens before what: see lock_clock.h.
 */
#include "rules/kernel/lock_clock.h"

#include <stdlib.h>
#include <string.h>

void
race_join(const struct race_order *order, struct race_clock *to, const struct race_clock *from)
{
	for (unsigned i = 0; i < order->contexts; i++)
		if (from->at[i] > to->at[i])
			to->at[i] = from->at[i];
}

void
race_release(struct race_order *order, uint32_t ctx, struct race_clock *to)
{
	race_join(order, to, &order->now[ctx]);
	order->now[ctx].at[ctx]++;
}

void
race_acquire(struct race_order *order, uint32_t ctx, const struct race_clock *from)
{
	race_join(order, &order->now[ctx], from);
}

struct race_clock *
race_clock_of(struct race_clocks *clocks, uint64_t number)
{
	clocks->clock = shadow_grow(clocks->clock, &clocks->max, number,
	    sizeof(clocks->clock[0]));
	return &clocks->clock[number];
}

void
race_order_begin(struct race_order *order)
{
	for (unsigned i = 0; i < SHADOW_CONTEXTS; i++)
		order->now[i].at[i] = 1;
	order->contexts = 1;
}

void
race_order_fini(struct race_order *order)
{
	free(order->mutex.clock);
	free(order->softint.clock);
	free(order->sent.clock);
	free(order->taken.clock);
	free(order->used.clock);
	free(order->softint_free);
}

/* ---- the kernel lock ---- */

void
race_leave_lock(struct race_order *order, uint32_t ctx)
{
	order->takes_lock[ctx] = false;
	race_release(order, ctx, &order->kernel_lock);
}

const struct race_clock *
race_order_of(struct race_order *order, uint32_t ctx)
{
	/* It has the lock by now, although no event said when it got it. */
	if (order->takes_lock[ctx])
		race_acquire(order, ctx, &order->kernel_lock);
	order->takes_lock[ctx] = false;
	return &order->now[ctx];
}
