/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt lines and the handlers behind them.
 *
 * INTx is a level: it stays raised until the device lowers it (reading ISR does, virtio 1.2
 * clause 4.1.4.5.1).  MSI-X vectors and soft interrupts are edges: delivery lowers them, and
 * nothing that happens to the device takes a message back that is on its way.
 * One source is never handled twice at the same time.  A line belongs to one CPU: the
 * machine's for interrupts (world_config.interrupt_cpu) unless set otherwise, for a soft
 * interrupt the one that scheduled it.  Only a soft interrupt may sleep: what it interrupted
 * goes on meanwhile, and no other soft interrupt of its level runs on that CPU, as all of a
 * level share one thread.
 */
#ifndef VIOSIM_MACHINE_IRQ_H
#define VIOSIM_MACHINE_IRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "door.h"

#define IRQ_SOFT_MAX 16			/* at a time */
#define IRQ_SOFT (HW_DEVICES * HW_VECTORS)	/* the first of them, behind all vectors */
#define IRQ_LINES (IRQ_SOFT + IRQ_SOFT_MAX)

/* A line as the record names it: the device, and its vector; soft interrupts follow these. */
static inline unsigned
irq_device(unsigned line)
{
	return line < IRQ_SOFT ? line / HW_VECTORS : 0;
}

static inline unsigned
irq_vector(unsigned line)
{
	return line < IRQ_SOFT ? line % HW_VECTORS : line - IRQ_SOFT + HW_VECTORS;
}

static inline bool
irq_is_level(unsigned line)
{
	return irq_vector(line) == HW_VEC_INTX;
}

struct irq_line {
	bool raised;
	bool in_service;
	bool woken;			/* its handler slept and may go on */
	bool established;
	int ipl;
	unsigned cpu;			/* where it is delivered */
	uint32_t context;		/* runs the handler */
	uint32_t waiter;		/* context that waits for its end, or 0 */
	uint64_t delivered;
};

struct irq {
	struct irq_line line[IRQ_LINES];
	uint64_t raised;		/* or woken; bit 1 << line: for a quick no */
	unsigned softs;
};

struct world;

/* Raise a line; `cause` goes to the record (ISR bits; 0 = without a cause). */
void irq_raise(struct world *world, unsigned line, uint64_t cause);
void irq_lower(struct world *world, unsigned line);
/* The handler of a line that sleeps may go on, or does. */
void irq_woken(struct irq *irq, unsigned line, bool woken);
/* The handler is over, or the line: whoever waits for that goes on. */
void irq_wake(struct world *world, unsigned line);
int irq_search(const struct irq *irq, unsigned cpu, int ipl);
/* The lowest line that may be delivered on a CPU at this level, or -1. */
static inline int
irq_pending(const struct irq *irq, unsigned cpu, int ipl)
{
	return irq->raised == 0 ? -1 : irq_search(irq, cpu, ipl);
}

#endif /* VIOSIM_MACHINE_IRQ_H */
