/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines: see irq.h.
 */
#include "machine/irq.h"

#include "machine/world.h"

static void
note_line(struct irq *irq, unsigned number)
{
	const struct irq_line *line = &irq->line[number];

	irq->raised = (irq->raised & ~(UINT64_C(1) << number)) |
	    (uint64_t)(line->raised || line->woken) << number;
}

static void
set_raised(struct irq *irq, unsigned line, bool raised)
{
	irq->line[line].raised = raised;
	note_line(irq, line);
}

void
irq_woken(struct irq *irq, unsigned line, bool woken)
{
	irq->line[line].woken = woken;
	note_line(irq, line);
}

void
irq_raise(struct world *world, unsigned line, uint64_t cause)
{
	world_emit_of(world, irq_device(line), EV_IRQ_RAISE, 0, irq_vector(line), cause, 0, 0, 0,
	    NULL);
	set_raised(&world->irq, line, true);
}

void
irq_lower(struct world *world, unsigned line)
{
	set_raised(&world->irq, line, false);
}

void
irq_wake(struct world *world, unsigned line)
{
	uint32_t waiter = world->irq.line[line].waiter;

	world->irq.line[line].waiter = 0;
	if (waiter != 0)
		world_wake(world, world_context(world, waiter), false);
}

/* Is the thread of that level's soft interrupts taken, by one that may be asleep? */
static bool
level_is_taken(const struct irq *irq, unsigned cpu, int ipl)
{
	for (unsigned v = IRQ_SOFT; v < IRQ_LINES; v++)
		if (irq->line[v].in_service && irq->line[v].cpu == cpu &&
		    irq->line[v].ipl == ipl)
			return true;
	return false;
}

int
irq_search(const struct irq *irq, unsigned cpu, int ipl)
{
	for (unsigned v = 0; v < IRQ_LINES; v++) {
		const struct irq_line *line = &irq->line[v];

		if (line->cpu != cpu || line->ipl <= ipl)
			continue;
		if (line->woken)
			return (int)v;
		if (line->raised && line->established && !line->in_service &&
		    (v < IRQ_SOFT || !level_is_taken(irq, cpu, line->ipl)))
			return (int)v;
	}
	return -1;
}
