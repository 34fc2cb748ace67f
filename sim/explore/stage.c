/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injected events: see stage.h.
 */
#include "explore/stage.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"

#define STORY_TARGETS_MAX 4

/* ---- which there are ---- */

static void
add(struct stages *stages, enum perturb_kind kind, uint64_t pages, int queue)
{
	if (kind == PERTURB_TARGET)
		for (unsigned i = 0; i < stages->count; i++)
			if (stages->item[i].kind == kind && stages->item[i].pages == pages)
				return;
	if (stages->count == STAGES_MAX)
		internal_error("more than %d kinds of injected events", STAGES_MAX);
	stages->item[stages->count++] = (struct stage){ kind, pages, queue };
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
add_acts(struct stages *stages, const uint64_t *number, unsigned count, uint64_t last)
{
	const struct device_class *class =
	    device_class_of(stages->skeleton->scenario.device.type);
	uint64_t more = class->explore->more(last, &stages->skeleton->machine);

	add(stages, PERTURB_TARGET, 0, -1);
	for (unsigned i = 0; i < count && i < STORY_TARGETS_MAX; i++)
		add(stages, PERTURB_TARGET, number[i], -1);
	if (more != 0)
		add(stages, PERTURB_TARGET, more, -1);
}

static const struct device_explore *
explore_of(const struct edit *skeleton)
{
	return device_class_of(skeleton->scenario.device.type)->explore;
}

void
stages_init(struct stages *stages, const struct edit *skeleton)
{
	const struct scenario *scenario = &skeleton->scenario;
	const struct device_class *class = device_class_of(scenario->device.type);
	uint64_t number[32], last = 0;
	unsigned count = 0;
	int queue;

	*stages = (struct stages){ .skeleton = skeleton };
	if (class->explore != NULL) {
		count = host_numbers(scenario, number, 32);
		last = count > 0 ? number[count - 1] : class->explore->first(scenario);
		add(stages, PERTURB_NEXT, 0, -1);
		add_acts(stages, number, count, last);
	}
	for (queue = 0; class->language.queues[queue] != NULL; queue++)
		add(stages, PERTURB_ANSWER, 0, queue);
	for (queue = -1; queue < 0 || class->language.queues[queue] != NULL; queue++)
		add(stages, PERTURB_IRQ, 0, queue);
	if (class->explore == NULL)
		return;
	add(stages, PERTURB_TARGET, last + 1, -1);
	if (last > 0)
		add(stages, PERTURB_TARGET, last - 1, -1);
}

bool
stage_is_after(const struct stages *stages, unsigned stage,
    const struct perturbation *perturb)
{
	for (unsigned i = 0; i < stages->count; i++) {
		const struct stage *item = &stages->item[i];

		if (item->kind == perturb->kind && (item->kind == PERTURB_NEXT ||
		    (item->kind == PERTURB_TARGET ? item->pages == perturb->pages :
		    item->queue == perturb->queue)))
			return stage > i;
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
next_target(const struct stages *stages, const struct story_map *map, uint32_t seq,
    const struct plan *plan, struct perturbation *perturb)
{
	const struct scenario_steps *steps = &stages->skeleton->scenario.steps;
	bool moves;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (plan_takes(plan, i) || map->told[i] < seq)
			continue;
		if (is_barrier(step))
			return false;
		if (step->verb != SCENARIO_STEP_OWN ||
		    explore_of(stages->skeleton)->numbers(step, &perturb->pages, 1, &moves) != 1)
			continue;
		perturb->step = i;
		return moves;
	}
	return false;
}

bool
stage_at(const struct stages *stages, unsigned stage, const struct story_map *map,
    const struct moment *moment, const struct plan *plan, struct perturbation *perturb)
{
	const struct stage *item = &stages->item[stage];

	*perturb = (struct perturbation){
		.kind = item->kind, .pages = item->pages, .queue = item->queue, .at = *moment,
	};
	switch (item->kind) {
	case PERTURB_NEXT:
		return next_target(stages, map, moment->seq, plan, perturb);
	case PERTURB_TARGET:
		return story_map_target(map, moment->seq, (uint32_t)explore_of(
		    stages->skeleton)->first(&stages->skeleton->scenario)) != item->pages;
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
stage_fault(const struct moment *moment, unsigned nth, struct perturbation *perturb)
{
	bool is_first = true;
	size_t count;
	const struct fault_row *rows = fault_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		if ((moment->faults >> i & 1) == 0)
			continue;
		if ((is_first || rows[i].error == HW_FAULT_BLOCK) && nth-- == 0) {
			*perturb = (struct perturbation){
				.kind = PERTURB_FAULT, .fault = &rows[i], .at = *moment,
				.queue = -1,
			};
			return true;
		}
		is_first = false;
	}
	return false;
}
