/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run with somebody who writes down when each step was done.
 */
#include "explore/timing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void
on_event(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct timing *timing = arg;

	(void)site;
	(void)payload;
	if (event->kind == EV_CTX_START)
		timing->threads += event->ctx_start.kind == HW_CTX_KTHREAD;
	else if (event->step.index < timing->steps)
		timing->step[event->step.index] = (struct timing_step){
			.ns = event->time_ns, .seq = event->seq,
		};
}

void
timing_started(void *timing, struct world *world)
{
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_C(1) << EV_STEP | UINT64_C(1) << EV_CTX_START,
		.see = on_event, .self = timing,
	});
}

void
timing_init(struct timing *timing, const struct scenario *scenario)
{
	*timing = (struct timing){ .steps = scenario->steps.count };
	timing->step = xcalloc(timing->steps, sizeof(timing->step[0]));
	for (size_t i = 0; i < timing->steps; i++)
		timing->step[i] = (struct timing_step){ TIMING_NEVER, UINT32_MAX };
}

void
timing_of(struct trial *trial, const struct scenario_case *c, struct timing *timing)
{
	struct run_options options = { .started = timing_started, .arg = timing };
	struct run_result result;

	timing_init(timing, c->scenario);
	trial_watch(trial, c, &options, &result);
	timing->end_ns = result.counts.virtual_ns;
	run_result_fini(&result);
}

void
timing_fini(struct timing *timing)
{
	free(timing->step);
	timing->step = NULL;
}

/* ---- points ---- */

struct scenario_point *
timing_point(struct scenario_step *step)
{
	struct scenario_point *point = NULL;

	if (step->verb == SCENARIO_STEP_DELIVER)
		point = &step->deliver.at;
	else if (step->verb == SCENARIO_STEP_HOLD)
		point = &step->hold.at;
	return point != NULL && point->given ? point : NULL;
}

static bool
is_there(const struct inject_point *ip, const struct scenario_point *point)
{
	struct scenario_point there = inject_point_place(ip);

	return there.place == point->place && there.line == point->line &&
	    there.after == point->after && (point->name == NULL ||
	    (there.name != NULL && strcmp(there.name, point->name) == 0));
}

/*
 * The nth of a run at that point since event `seq`.  Not every access is a point, so
 * those at a line can only be counted from power on.
 */
static size_t
point_at(const struct inject_points *points, const struct scenario_point *point,
    bool since_power_on, uint32_t seq)
{
	uint64_t left = point->nth;

	for (size_t i = 0; i < points->count; i++) {
		const struct inject_point *ip = &points->item[i];

		if ((!since_power_on && ip->seq <= seq) || !is_there(ip, point))
			continue;
		if (since_power_on ? ip->nth == point->nth :
		    point->place == SCENARIO_CALL && --left == 0)
			return i;
	}
	return SIZE_MAX;
}

size_t
timing_struck(struct trial *trial, struct edit *edit, size_t step,
    const struct inject_points *points)
{
	const struct scenario_point *point = timing_point(&edit->scenario.steps.step[step]);
	size_t struck = SIZE_MAX;
	struct timing timing;

	if (point == NULL)
		return SIZE_MAX;
	if (step < run_head(&edit->scenario))
		return point_at(points, point, true, 0);
	timing_of(trial, edit_case(edit), &timing);
	if (timing.step[step].ns != TIMING_NEVER)
		struck = point_at(points, point, false, timing.step[step].seq);
	timing_fini(&timing);
	return struck;
}
