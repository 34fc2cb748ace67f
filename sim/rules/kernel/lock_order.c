/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.order: see lock_order.h.
 */
#include "rules/kernel/lock_order.h"

#include <stdlib.h>
#include <string.h>

static const struct lock_edge *
find_edge(const struct lock_order *order, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < order->edges; i++)
		if (order->edge[i].from == from && order->edge[i].to == to)
			return &order->edge[i];
	return NULL;
}

/* The first edge of a way from one mutex to the other, NULL if there is none. */
static const struct lock_edge *
find_way(struct lock_order *order, uint32_t from, uint32_t to)
{
	for (size_t i = 0; i < order->edges; i++) {
		const struct lock_edge *edge = &order->edge[i];

		if (edge->from != from || order->mark[edge->to])
			continue;
		order->mark[edge->to] = 1;
		if (edge->to == to || find_way(order, edge->to, to) != NULL)
			return edge;
	}
	return NULL;
}

static const struct lock_edge *
find_way_fresh(struct lock_order *order, uint32_t from, uint32_t to)
{
	size_t index = from > to ? from : to;

	for (size_t i = 0; i < order->edges; i++) {
		if (order->edge[i].from > index)
			index = order->edge[i].from;
		if (order->edge[i].to > index)
			index = order->edge[i].to;
	}
	order->mark = shadow_grow(order->mark, &order->marks, index, 1);
	memset(order->mark, 0, order->marks);
	return find_way(order, from, to);
}

const struct rule rule_lock_order = {
	"lock.order", SEVERITY_ERROR,
	"mutexes are always taken in the same order, interrupts included",
	"mutex(9); NetBSD LOCKDEBUG has no such check",
	"Two contexts that each hold what the other wants wait for ever.",
	"mutex_enter(&a); mutex_enter(&b);\t/* here */\n"
	"mutex_enter(&b); mutex_enter(&a);\t/* there */",
	"mutex_enter(&a); mutex_enter(&b);\t/* everywhere */"
};

static void
add_edge(struct lock_order *order, struct rules_core *core, uint32_t from, uint32_t to,
    bool is_irq, const struct event *event, uint32_t site)
{
	const struct lock_edge *back;
	struct finding *finding;

	if (from == to || find_edge(order, from, to) != NULL)
		return;
	back = find_way_fresh(order, to, from);
	if (back != NULL) {
		finding = rules_report(core, &rule_lock_order, event, site,
		    "mutex %u %s with mutex %u held, and elsewhere it is the other way round",
		    to, is_irq ? "may be taken by an interrupt" : "is taken", from);
		finding_because(finding, back->seq, "mutex %u taken with mutex %u held",
		    back->to, back->from);
	}
	order->edge = shadow_grow(order->edge, &order->edges_max, order->edges,
	    sizeof(order->edge[0]));
	order->edge[order->edges++] = (struct lock_edge){ from, to, event->seq };
}

void
lock_order_enter(struct lock_order *order, struct rules_core *core,
    const struct shadow *shadow, uint32_t mutex, const struct event *event, uint32_t site)
{
	for (size_t i = 0; i < shadow->held[event->ctx].count; i++)
		add_edge(order, core, shadow->held[event->ctx].item[i].mutex, mutex, false, event,
		    site);
}

/* An interrupt that takes `irq` could have come while a thread held `thread`. */
static void
cross(struct lock_order *order, struct rules_core *core, uint32_t thread, uint32_t irq,
    const struct event *event, uint32_t site)
{
	const struct lock_level *a = &order->level[thread], *b = &order->level[irq];

	if (a->is_thread && b->is_irq && a->thread_ipl < b->irq_ipl)
		add_edge(order, core, thread, irq, true, event, site);
}

static bool
learn(struct lock_order *order, struct lock_level *level, const struct event *note)
{
	bool is_irq = note->ctx_kind == HW_CTX_HARDINT || note->ctx_kind == HW_CTX_SOFTINT;
	struct lock_level before = *level;

	if (is_irq) {
		if (!level->is_irq || order->irq_ipl[note->ctx] > level->irq_ipl)
			level->irq_ipl = order->irq_ipl[note->ctx];
		level->is_irq = true;
	} else {
		if (!level->is_thread || note->ipl < level->thread_ipl)
			level->thread_ipl = note->ipl;
		level->is_thread = true;
	}
	return memcmp(&before, level, sizeof(before)) != 0;
}

void
lock_order_held(struct lock_order *order, struct rules_core *core, uint32_t mutex,
    const struct event *note, uint32_t site)
{
	order->level = shadow_grow(order->level, &order->levels, mutex,
	    sizeof(order->level[0]));
	if (!learn(order, &order->level[mutex], note))
		return;
	for (uint32_t i = 1; i < order->levels; i++) {
		cross(order, core, mutex, i, note, site);
		cross(order, core, i, mutex, note, site);
	}
}

void
lock_order_irq(struct lock_order *order, const struct event *enter)
{
	order->irq_ipl[enter->ctx] = enter->ipl;
}

void
lock_order_fini(struct lock_order *order)
{
	free(order->edge);
	free(order->level);
	free(order->mark);
	memset(order, 0, sizeof(*order));
}
