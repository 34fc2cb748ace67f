/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injected events: see injections.h.
 */
#include "explore/injections.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"

#define NUMBERS_MAX 4

/* ---- which there are ---- */

static void
add(struct injections *injections, enum perturb_kind kind, uint64_t pages, int queue)
{
	if (kind == PERTURB_TARGET)
		for (unsigned i = 0; i < injections->count; i++)
			if (injections->item[i].kind == kind && injections->item[i].pages == pages)
				return;
	if (injections->count == INJECTIONS_MAX)
		internal_error("more than %d kinds of injected events", INJECTIONS_MAX);
	injections->item[injections->count++] = (struct injection){ kind, pages, queue };
}

/* The numbers of the host's acts in the scenario, in order. */
static unsigned
host_numbers(const struct scenario *scenario, uint64_t *number, unsigned max)
{
	const struct device_class *class = device_class_of(scenario->device.type);
	size_t count = 0, here;
	bool moves;

	for (size_t i = 0; i < scenario->steps.count && count < max; i++) {
		const struct scenario_step *step = &scenario->steps.step[i];

		if (step->verb == SCENARIO_STEP_OWN) {
			here = class->explore->numbers(step, number + count, max - count,
			    &moves);
			count += here < max - count ? here : max - count;
		} else if (step->verb == SCENARIO_STEP_DELIVER &&
		    step->deliver.act != SCENARIO_UNSET) {
			number[count++] = step->deliver.act;
		}
	}
	return (unsigned)count;
}

static void
add_acts(struct injections *injections, const uint64_t *number, unsigned count, uint64_t last)
{
	const struct device_class *class =
	    device_class_of(injections->baseline->scenario.device.type);
	uint64_t more = class->explore->more(last, &injections->baseline->machine);

	add(injections, PERTURB_TARGET, 0, -1);
	for (unsigned i = 0; i < count && i < NUMBERS_MAX; i++)
		add(injections, PERTURB_TARGET, number[i], -1);
	if (more != 0)
		add(injections, PERTURB_TARGET, more, -1);
}

static const struct device_explore *
explore_of(const struct edit *baseline)
{
	return device_class_of(baseline->scenario.device.type)->explore;
}

void
injections_init(struct injections *injections, const struct edit *baseline)
{
	const struct scenario *scenario = &baseline->scenario;
	const struct device_class *class = device_class_of(scenario->device.type);
	uint64_t number[32], last = 0;
	unsigned count = 0;
	int queue;

	*injections = (struct injections){ .baseline = baseline };
	if (class->explore != NULL) {
		count = host_numbers(scenario, number, 32);
		last = count > 0 ? number[count - 1] : class->explore->first(scenario);
		add(injections, PERTURB_NEXT, 0, -1);
		add_acts(injections, number, count, last);
	}
	for (queue = 0; class->language.queues[queue] != NULL; queue++)
		add(injections, PERTURB_ANSWER, 0, queue);
	for (queue = -1; queue < 0 || class->language.queues[queue] != NULL; queue++)
		add(injections, PERTURB_IRQ, 0, queue);
	if (class->explore == NULL)
		return;
	add(injections, PERTURB_TARGET, last + 1, -1);
	if (last > 0)
		add(injections, PERTURB_TARGET, last - 1, -1);
}

bool
injection_is_after(const struct injections *injections, unsigned kind,
    const struct perturbation *perturb)
{
	for (unsigned i = 0; i < injections->count; i++) {
		const struct injection *item = &injections->item[i];

		if (item->kind == perturb->kind && (item->kind == PERTURB_NEXT ||
		    (item->kind == PERTURB_TARGET ? item->pages == perturb->pages :
		    item->queue == perturb->queue)))
			return kind > i;
	}
	return true;
}

/* ---- at a point ---- */

static bool
is_barrier(const struct scenario_step *step)
{
	return step->row->is_barrier != NULL && step->row->is_barrier(step);
}

static bool
next_target(const struct injections *injections, const struct step_map *map, uint32_t seq,
    const struct plan *plan, struct perturbation *perturb)
{
	const struct scenario_steps *steps = &injections->baseline->scenario.steps;
	bool moves;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (plan_takes(plan, i) || map->told[i] < seq)
			continue;
		if (is_barrier(step))
			return false;
		if (step->verb != SCENARIO_STEP_OWN ||
		    explore_of(injections->baseline)->numbers(step, &perturb->pages, 1,
		    &moves) != 1)
			continue;
		perturb->step = i;
		return moves;
	}
	return false;
}

bool
injection_at(const struct injections *injections, unsigned kind, const struct step_map *map,
    const struct inject_point *ip, const struct plan *plan, struct perturbation *perturb)
{
	const struct injection *item = &injections->item[kind];

	*perturb = (struct perturbation){
		.kind = item->kind, .pages = item->pages, .queue = item->queue, .at = *ip,
	};
	switch (item->kind) {
	case PERTURB_NEXT:
		return next_target(injections, map, ip->seq, plan, perturb);
	case PERTURB_TARGET:
		return step_map_target(map, ip->seq, (uint32_t)explore_of(
		    injections->baseline)->first(&injections->baseline->scenario)) != item->pages;
	case PERTURB_ANSWER:
	case PERTURB_IRQ:
	case PERTURB_FAULT:
		break;
	}
	return true;
}

/*
 * Of the failures that the kernel can produce there the first, and those that are something else
 * for the caller: to wait inside the call.
 */
bool
injection_fault(const struct inject_point *ip, unsigned nth, struct perturbation *perturb)
{
	bool is_first = true;
	size_t count;
	const struct fault_row *rows = fault_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		if ((ip->faults >> i & 1) == 0)
			continue;
		if ((is_first || rows[i].error == HW_FAULT_BLOCK) && nth-- == 0) {
			*perturb = (struct perturbation){
				.kind = PERTURB_FAULT, .fault = &rows[i], .at = *ip,
				.queue = -1,
			};
			return true;
		}
		is_first = false;
	}
	return false;
}
