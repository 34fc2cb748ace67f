/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines: see irq.h.
 */
#include "machine/irq.h"

#include <string.h>

#include "machine/world.h"

void
irq_init(struct irq *irq)
{
	memset(irq, 0, sizeof(*irq));
}

static void
set_raised(struct irq *irq, unsigned vector, bool raised)
{
	irq->line[vector].raised = raised;
	irq->raised = (irq->raised & ~(1u << vector)) | (uint32_t)raised << vector;
}

void
irq_raise(struct world *world, unsigned vector, uint64_t cause)
{
	world_emit(world, EV_IRQ_RAISE, 0, vector, cause, 0, 0, 0);
	set_raised(&world->irq, vector, true);
}

void
irq_lower(struct world *world, unsigned vector)
{
	set_raised(&world->irq, vector, false);
}

void
irq_wake(struct world *world, unsigned vector)
{
	struct irq_line *line = &world->irq.line[vector];

	if (line->waiter != 0)
		world_wake(world, world_context(world, line->waiter), false);
	line->waiter = 0;
}

int
irq_search(const struct irq *irq, unsigned cpu, int ipl)
{
	for (unsigned v = 0; v < IRQ_LINES; v++) {
		const struct irq_line *line = &irq->line[v];

		if (line->raised && line->established && !line->in_service &&
		    line->cpu == cpu && line->ipl > ipl)
			return (int)v;
	}
	return -1;
}
