/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a scenario to what happens in it: one baseline run, with somebody who writes down when
 * each step was done.
 */
#include "explore/baseline.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scenario/table.h"

#define AFTER_NS UINT64_C(1000000000)	/* for what the last step leads to at once */
#define END_NS UINT64_C(200000000000)	/* for what is left, the settle and its sleeps */

/* ---- one run ---- */

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

/* Runs the case; timing_fini() ends it. */
static void
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

/* ---- when the steps are done ---- */

/* When the steps of the case were done, since attach was over. */
struct clockwork {
	struct timing timing;
	size_t head;			/* steps before the driver attached */
	uint64_t base_ns;		/* when attach was over */
};

static bool
steps_wait(const struct scenario_step *step)
{
	return scenario_step_judges(step) || step->verb == SCENARIO_STEP_NOTE;
}

static uint64_t
ns_of(const struct scenario_case *c, struct scenario_time time)
{
	return (uint64_t)scenario_time_ns(time, c->machine->hz);
}

/* The first step after attach tells when that was over. */
static uint64_t
base_of(const struct scenario_case *c, uint64_t at_ns, const struct scenario_step *step)
{
	uint64_t offset = step->at.when == SCENARIO_AT_ONCE ? 0 : ns_of(c, step->at.time);

	/* Under a seed it may have come a little early. */
	return at_ns > offset ? at_ns - offset : 0;
}

/*
 * Times count from the end of attach.  A step that the run did not come to stands where it
 * would be if nothing before it took time.
 */
static void
set_times(const struct scenario_case *c, struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &c->scenario->steps;
	struct timing_step *step = clockwork->timing.step;
	uint64_t latest_ns = 0;
	size_t head = run_head(c->scenario);

	clockwork->head = head;
	if (head < steps->count && step[head].ns != TIMING_NEVER)
		clockwork->base_ns = base_of(c, step[head].ns, &steps->step[head]);
	for (size_t i = head; i < steps->count; i++) {
		const struct scenario_at *at = &steps->step[i].at;
		uint64_t *at_ns = &step[i].ns;

		if (*at_ns != TIMING_NEVER)
			*at_ns -= *at_ns > clockwork->base_ns ? clockwork->base_ns : *at_ns;
		else if (at->when == SCENARIO_RELATIVE)
			*at_ns = latest_ns + ns_of(c, at->time);
		else if (at->when == SCENARIO_ABSOLUTE)
			*at_ns = ns_of(c, at->time);
		if (*at_ns < latest_ns || *at_ns == TIMING_NEVER)
			*at_ns = latest_ns;
		latest_ns = *at_ns;
	}
}

/* ---- the baseline ---- */

/* A hold that a waiting step ends goes on for the time that this was. */
static void
end_holds(struct edit *edit, size_t ender, const struct clockwork *clockwork)
{
	for (size_t i = 0; i < ender; i++) {
		struct scenario_step *step = &edit->scenario.steps.step[i];
		uint64_t begin_ns = i < clockwork->head ? 0 : clockwork->timing.step[i].ns;

		if (step->verb != SCENARIO_STEP_HOLD || step->hold.until == NULL ||
		    step->hold.until_step != ender)
			continue;
		step->hold.until = NULL;
		step->hold.lasts = (struct scenario_time){ SCENARIO_NS, 1 };
		if (clockwork->timing.step[ender].ns > begin_ns)
			step->hold.lasts.value = clockwork->timing.step[ender].ns - begin_ns;
	}
}

/* Backwards, so that the indexes of the steps still to come are those of the case. */
static void
drop_waits(struct edit *edit, const struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &edit->scenario.steps;

	for (size_t i = steps->count; i-- > 0;) {
		if (!steps_wait(&steps->step[i])) {
			if (i >= clockwork->head)
				steps->step[i].at = (struct scenario_at){
					SCENARIO_ABSOLUTE,
					{ SCENARIO_NS, clockwork->timing.step[i].ns },
				};
			continue;
		}
		end_holds(edit, i, clockwork);
		edit_remove(edit, i);
	}
}

/* How long the step goes on by itself. */
static uint64_t
lasts_ns(const struct scenario_case *c, const struct scenario_step *step)
{
	uint64_t ns = step->row->least_ns != NULL ?
	    step->row->least_ns(step_data(step), c->machine->hz) : 0;

	return ns < UINT32_MAX * UINT64_C(1000000) ? ns : UINT32_MAX;
}

/* Faults are healed after the last step: not before what it led to in the baseline run is over. */
static void
add_end(struct edit *edit, const struct clockwork *clockwork)
{
	size_t count = edit->scenario.steps.count;
	struct scenario_step *step = edit_insert(edit, count, SCENARIO_STEP_NOTE);

	step->note = arena_printf(edit->arena, "the baseline run is over");
	step->at = (struct scenario_at){ SCENARIO_ABSOLUTE, { SCENARIO_NS, 0 } };
	if (clockwork->timing.end_ns > clockwork->base_ns)
		step->at.time.value = clockwork->timing.end_ns - clockwork->base_ns;
	step->at.time.value += AFTER_NS;
}

static void
make_room(struct edit *edit, const struct scenario_case *c, const struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &edit->scenario.steps;
	struct scenario_time *limit = &edit->scenario.limits.time;
	const struct scenario_step *last = &steps->step[steps->count - 1];
	uint64_t end_ns = clockwork->base_ns + END_NS + lasts_ns(c, last);

	if (last->at.when == SCENARIO_ABSOLUTE)
		end_ns += last->at.time.value;
	if (ns_of(c, *limit) < end_ns)
		*limit = (struct scenario_time){ SCENARIO_NS, end_ns };
}

struct edit *
baseline_new(struct trial *trial, const struct scenario_case *c, unsigned *threads)
{
	struct clockwork clockwork = { .head = 0 };
	struct edit *edit = edit_new(c->scenario, c->machine, c->has_seed, c->seed);

	timing_of(trial, c, &clockwork.timing);
	set_times(c, &clockwork);
	edit->scenario.always.count = edit->scenario.never.count = 0;
	edit->scenario.finally.count = edit->scenario.needs.count = 0;
	drop_waits(edit, &clockwork);
	add_end(edit, &clockwork);
	make_room(edit, c, &clockwork);
	if (threads != NULL)
		*threads = clockwork.timing.threads;
	timing_fini(&clockwork.timing);
	return edit;
}
