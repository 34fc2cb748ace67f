/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Happenings: see stage.h.
 */
#include "explore/stage.h"

#include <stdlib.h>
#include <string.h>

#include "device/device.h"

#define REQUEST_PAGES 256	/* what drivers put into one request */
#define STORY_TARGETS_MAX 4

/* ---- which there are ---- */

static void
add(struct stages *stages, enum deviation_kind kind, uint64_t pages, int queue)
{
	if (kind == DEVIATION_TARGET)
		for (unsigned i = 0; i < stages->count; i++)
			if (stages->item[i].kind == kind && stages->item[i].pages == pages)
				return;
	if (stages->count < STAGES_MAX)
		stages->item[stages->count++] = (struct stage){ kind, pages, queue };
}

/* The sizes that the host wants in the story, in order. */
static unsigned
story_targets(const struct scenario *scenario, uint64_t *pages, unsigned max)
{
	unsigned count = 0;

	for (size_t i = 0; i < scenario->steps.count && count < max; i++) {
		const struct scenario_step *step = &scenario->steps.step[i];

		if (step->verb == SCENARIO_STEP_TARGET)
			pages[count++] = step->target.pages;
		else if (step->verb == SCENARIO_STEP_DELIVER &&
		    step->deliver.target_pages != SCENARIO_UNSET)
			pages[count++] = step->deliver.target_pages;
		else if (step->verb == SCENARIO_STEP_STORM)
			for (size_t k = 0; k < step->storm.targets.count && count < max; k++)
				pages[count++] = step->storm.targets.pages[k];
	}
	return count;
}

static void
add_targets(struct stages *stages, const uint64_t *pages, unsigned count, uint64_t last)
{
	uint64_t all = scenario_machine_pages(&stages->skeleton->machine);

	add(stages, DEVIATION_TARGET, 0, -1);
	for (unsigned i = 0; i < count && i < STORY_TARGETS_MAX; i++)
		add(stages, DEVIATION_TARGET, pages[i], -1);
	if (last + REQUEST_PAGES < all / 2)
		add(stages, DEVIATION_TARGET, last + REQUEST_PAGES, -1);
}

void
stages_init(struct stages *stages, const struct edit *skeleton)
{
	const struct scenario *scenario = &skeleton->scenario;
	uint64_t pages[32], last = scenario->device.initial.target_pages;
	unsigned count = story_targets(scenario, pages, 32);

	*stages = (struct stages){ .skeleton = skeleton };
	if (count > 0)
		last = pages[count - 1];
	add(stages, DEVIATION_NEXT, 0, -1);
	add_targets(stages, pages, count, last);
	for (int queue = 0; queue < BALLOON_ACTIVE; queue++)
		add(stages, DEVIATION_ANSWER, 0, queue);
	for (int queue = -1; queue < BALLOON_ACTIVE; queue++)
		add(stages, DEVIATION_IRQ, 0, queue);
	add(stages, DEVIATION_TARGET, last + 1, -1);
	if (last > 0)
		add(stages, DEVIATION_TARGET, last - 1, -1);
}

bool
stage_is_after(const struct stages *stages, unsigned stage,
    const struct deviation *deviation)
{
	for (unsigned i = 0; i < stages->count; i++) {
		const struct stage *item = &stages->item[i];

		if (item->kind == deviation->kind && (item->kind == DEVIATION_NEXT ||
		    (item->kind == DEVIATION_TARGET ? item->pages == deviation->pages :
		    item->queue == deviation->queue)))
			return stage > i;
	}
	return true;
}

/* ---- at a moment ---- */

/* A step that the host does not take alone, or that starts the guest anew. */
static bool
is_barrier(const struct scenario_step *step)
{
	return step->verb == SCENARIO_STEP_STORM || (step->verb == SCENARIO_STEP_GUEST &&
	    (step->guest.reboot || step->guest.detach || step->guest.attach == SCENARIO_AGAIN));
}

static bool
next_target(const struct stages *stages, const struct story_map *map, uint32_t seq,
    const struct plan *plan, struct deviation *deviation)
{
	const struct scenario_steps *steps = &stages->skeleton->scenario.steps;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (plan_takes(plan, i) || map->told[i] < seq)
			continue;
		if (is_barrier(step))
			return false;
		if (step->verb != SCENARIO_STEP_TARGET)
			continue;
		deviation->step = i;
		deviation->pages = step->target.pages;
		return step->target.irq == SCENARIO_TARGET_IRQ_CONFIG;
	}
	return false;
}

bool
stage_at(const struct stages *stages, unsigned stage, const struct story_map *map,
    const struct moment *moment, const struct plan *plan, struct deviation *deviation)
{
	const struct stage *item = &stages->item[stage];
	uint32_t initial = (uint32_t)stages->skeleton->scenario.device.initial.target_pages;

	*deviation = (struct deviation){
		.kind = item->kind, .pages = item->pages, .queue = item->queue, .at = *moment,
	};
	switch (item->kind) {
	case DEVIATION_NEXT:
		return next_target(stages, map, moment->seq, plan, deviation);
	case DEVIATION_TARGET:
		return story_map_target(map, moment->seq, initial) != item->pages;
	case DEVIATION_ANSWER:
	case DEVIATION_IRQ:
	case DEVIATION_FAULT:
		break;
	}
	return true;
}

/*
 * Of the failures that the kernel can produce there the first, and those that are something else
 * for the caller: to wait inside the call.
 */
bool
stage_fault(const struct moment *moment, unsigned nth, struct deviation *deviation)
{
	bool is_first = true;
	size_t count;
	const struct fault_row *rows = fault_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		if ((moment->faults >> i & 1) == 0)
			continue;
		if ((is_first || rows[i].error == HW_FAULT_BLOCK) && nth-- == 0) {
			*deviation = (struct deviation){
				.kind = DEVIATION_FAULT, .fault = &rows[i], .at = *moment,
				.queue = -1,
			};
			return true;
		}
		is_first = false;
	}
	return false;
}
