/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Printed or counted: see timeline_plan.h.
 */
#include "report/timeline_plan.h"

#include <stdbool.h>

void
plan_add(struct plan *plan, uint32_t seq, uint64_t shape)
{
	*vec_add(&plan->lines) = (struct plan_line){ .shape = shape, .seq = seq };
}

static void
add_item(struct plan *plan, size_t line, size_t lines, size_t period)
{
	*vec_add(&plan->items) = (struct plan_item){
		.line = line, .lines = lines, .period = period,
	};
}

/* How often the `period` lines from `at` come round, the first time included. */
static size_t
rounds(const struct plan *plan, size_t at, size_t period)
{
	size_t same = 0;

	while (at + period + same < plan->lines.count &&
	    plan->lines.item[at + same].shape == plan->lines.item[at + period + same].shape)
		same++;
	return 1 + same / period;
}

/* The shortest round that begins at `at` and is worth a summary; 0 if there is none. */
static size_t
period_at(const struct plan *plan, size_t at)
{
	for (size_t period = 1; period <= PLAN_PERIOD_MAX; period++) {
		size_t n;

		if (at + period >= plan->lines.count)
			return 0;
		if (plan->lines.item[at].shape != plan->lines.item[at + period].shape)
			continue;
		n = rounds(plan, at, period);
		if (n >= PLAN_ROUNDS_MIN && (n - 1) * period >= PLAN_SAVES_MIN)
			return period;
	}
	return 0;
}

static void
make_items(struct plan *plan)
{
	size_t at = 0;

	plan->items.count = 0;
	while (at < plan->lines.count) {
		size_t period = period_at(plan, at);
		size_t shown = period > 0 ? period : 1;
		size_t counted = period > 0 ? (rounds(plan, at, period) - 1) * period : 0;

		for (size_t i = 0; i < shown; i++)
			add_item(plan, at + i, 1, 0);
		if (counted > 0)
			add_item(plan, at + shown, counted, period);
		at += shown + counted;
	}
}

static void
turn_lines(struct plan *plan)
{
	for (size_t i = 0, k = plan->lines.count; i + 1 < k; i++) {
		struct plan_line line = plan->lines.item[i];

		plan->lines.item[i] = plan->lines.item[--k];
		plan->lines.item[k] = line;
	}
}

void
plan_make(struct plan *plan, bool backward)
{
	if (!backward) {
		make_items(plan);
		return;
	}
	turn_lines(plan);
	make_items(plan);
	turn_lines(plan);
	vec_each(item, &plan->items) {
		item->line = plan->lines.count - item->line - item->lines;
	}
	for (size_t i = 0, k = plan->items.count; i + 1 < k; i++) {
		struct plan_item item = plan->items.item[i];

		plan->items.item[i] = plan->items.item[--k];
		plan->items.item[k] = item;
	}
}

void
plan_fini(struct plan *plan)
{
	vec_fini(&plan->lines);
	vec_fini(&plan->items);
}
