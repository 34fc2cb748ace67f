/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.order: which mutex is taken while which is held, interrupts included.
 * For lock.c.
 */
#ifndef VIOSIM_RULES_LOCK_ORDER_H
#define VIOSIM_RULES_LOCK_ORDER_H

#include "rules/area.h"

extern const struct rule rule_lock_order;

/* `to` was taken, or could have been by an interrupt, while `from` was held. */
struct lock_edge {
	uint32_t from, to;
	uint32_t seq;
};

/* What matters about one mutex for interrupts. */
struct lock_level {
	bool is_thread, is_irq;		/* was taken in a thread, in an interrupt */
	uint8_t thread_ipl;		/* lowest level with it held */
	uint8_t irq_ipl;		/* highest level of such an interrupt */
};

struct lock_order {
	struct lock_edge *edge;
	size_t edges, edges_max;
	struct lock_level *level;	/* by mutex */
	size_t levels;
	uint8_t irq_ipl[SHADOW_CONTEXTS];	/* level of the interrupt this context serves */
	uint8_t *mark;			/* by mutex, for the search */
	size_t marks;
};

/* A context is about to take a mutex; one has it now; an interrupt begins. */
void lock_order_enter(struct lock_order *order, struct rules_core *core,
    const struct shadow *shadow, uint32_t mutex, const struct event *event, uint32_t site);
void lock_order_held(struct lock_order *order, struct rules_core *core, uint32_t mutex,
    const struct event *note, uint32_t site);
void lock_order_irq(struct lock_order *order, const struct event *enter);
void lock_order_fini(struct lock_order *order);

#endif /* VIOSIM_RULES_LOCK_ORDER_H */
