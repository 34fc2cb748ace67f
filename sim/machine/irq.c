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

void
irq_raise(struct world *world, unsigned vector, uint64_t cause)
{
	world_emit(world, EV_IRQ_RAISE, 0, vector, cause, 0, 0, 0);
	world->irq.line[vector].raised = true;
}

void
irq_lower(struct world *world, unsigned vector)
{
	world->irq.line[vector].raised = false;
}

/* Hardware vectors are wired to the first CPU, as NetBSD does unless told otherwise. */
int
irq_pending(const struct irq *irq, unsigned cpu, int ipl)
{
	if (cpu != 0)
		return -1;
	for (unsigned v = 0; v < IRQ_LINES; v++) {
		const struct irq_line *line = &irq->line[v];

		if (line->raised && line->established && !line->in_service &&
		    line->ipl > ipl)
			return (int)v;
	}
	return -1;
}
