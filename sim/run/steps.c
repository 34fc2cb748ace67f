/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a scenario, in order.
 *
 * Steps at the head of the list that have no `at` and only prepare (fail, device, irq,
 * deliver, hold, target, guest use, note) are told before the driver attaches; everything else
 * after.  A step with a time is a timed event of the world (CLOCK_STEP), so that under a
 * seeded source it may come a little early, between any two points of the driver.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/story.h"

#define FINAL_SETTLE_NS UINT64_C(60000000000)

static uint64_t
ns_of(const struct story *story, struct scenario_time time)
{
	return (uint64_t)scenario_time_ns(time, story->machine->hz);
}

/* ---- acts of the host, the device and the rest of the guest ---- */

static void
do_fail(struct story *story, const struct scenario_step *step)
{
	const struct scenario_fail *fail = &step->fail;
	struct fault_order order = {
		.id = fail->id, .call = fail->call, .error_name = fail->error,
		.block = fail->block, .nth = fail->nth,
		.queue = fail->vq != NULL ? device_queue_by_name(fail->vq) : FAULT_ANY_QUEUE,
		.count = fail->count == SCENARIO_FOREVER ? FAULT_FOREVER : fail->count,
		.probability_ppm = (uint32_t)fail->probability_ppm,
	};
	char why[160];

	if (fault_arm(&story->faults, &order, why, sizeof(why)) == NULL)
		story_fail(story, step->loc, "fail", "a fault of the catalogue", why);
}

static void
do_heal(struct story *story, const struct scenario_heal *heal)
{
	fault_heal(&story->faults, heal->id);
	kern_heal();
}

static void
switch_habit(struct story *story, enum device_habit habit, const char *queue, uint64_t count)
{
	if (queue != NULL)
		device_habit(&story->device, habit,
		    (enum balloon_queue)device_queue_by_name(queue), count);
}

static void
do_device(struct story *story, const struct scenario_habit *habit)
{
	uint64_t jitter = ns_of(story, habit->latency.jitter);

	switch_habit(story, HABIT_PAUSE, habit->pause, 1);
	switch_habit(story, HABIT_RESUME, habit->resume, 1);
	switch_habit(story, HABIT_DROP, habit->drop, habit->count);
	switch_habit(story, HABIT_DUPLICATE, habit->duplicate, habit->count);
	switch_habit(story, HABIT_WRONG_QUEUE, habit->wrong_queue, habit->count);
	switch_habit(story, HABIT_WRONG_ID, habit->wrong_id, habit->count);
	switch_habit(story, HABIT_WRONG_LEN, habit->wrong_len, habit->count);
	switch_habit(story, HABIT_NO_IRQ, habit->no_irq, habit->count);
	switch_habit(story, HABIT_COALESCE, habit->coalesce, habit->count);
	if (scenario_time_is_given(habit->latency.inflate))
		device_latency(&story->device, BALLOON_INFLATE,
		    ns_of(story, habit->latency.inflate), jitter, UINT64_MAX);
	if (scenario_time_is_given(habit->latency.deflate))
		device_latency(&story->device, BALLOON_DEFLATE,
		    ns_of(story, habit->latency.deflate), jitter, UINT64_MAX);
	if (habit->needs_reset)
		device_need_reset(&story->device);
	if (habit->actual_pages != SCENARIO_UNSET)
		device_set_actual(&story->device, (uint32_t)habit->actual_pages);
}

static int
source_of(const char *name)
{
	return strcmp(name, "config") == 0 ? BALLOON_NO_QUEUE : device_queue_by_name(name);
}

static void
do_guest(struct story *story, const struct scenario_guest *guest)
{
	if (guest->use_pages != SCENARIO_UNSET)
		kern_others((int64_t)guest->use_pages);
	if (guest->release_pages != SCENARIO_UNSET)
		kern_others(-(int64_t)guest->release_pages);
	if (guest->reboot)
		story_reboot(story);
	if (guest->attach == SCENARIO_AGAIN)
		story_attach(story);
	if (guest->detach)
		story_detach(story);
}

/* ---- storms ---- */

static void
storm_next(void *arg)
{
	struct storm *storm = arg;
	const struct scenario_storm *plan = storm->plan;
	struct story *story = storm->story;
	uint64_t total = plan->count == SCENARIO_UNSET ? plan->targets.count : plan->count;

	device_target(&story->device,
	    (uint32_t)plan->targets.pages[storm->sent % plan->targets.count],
	    plan->irq == SCENARIO_TARGET_IRQ_CONFIG);
	if (++storm->sent < total)
		clock_at(&story->world.clock,
		    story->world.clock.now_ns + ns_of(story, plan->every), CLOCK_STEP,
		    storm_next, storm);
	else
		storm->plan = NULL;
}

static void
do_storm(struct story *story, const struct scenario_storm *plan)
{
	story->storm = (struct storm){ .plan = plan, .story = story };
	storm_next(&story->storm);
}

/* ---- expectations ---- */

void
story_drain(struct story *story)
{
	struct world *world = &story->world;

	while (world->end == WORLD_RUNNING && (world_is_busy(world) ||
	    clock_next_ns(&world->clock) <= world->clock.now_ns))
		world_step(world);
}

/* Step until the expectation holds or time would pass `end_ns`. */
static bool
comes_true(struct story *story, const struct expect *expect, uint64_t end_ns)
{
	struct world *world = &story->world;

	while (world->end == WORLD_RUNNING) {
		if (expect_holds(expect, &story->env))
			return true;
		if (!world_is_busy(world) && clock_next_ns(&world->clock) > end_ns) {
			world_run(world, end_ns);
			return expect_holds(expect, &story->env);
		}
		world_step(world);
	}
	return expect_holds(expect, &story->env);
}

static bool
stays_true(struct story *story, const struct expect *expect, uint64_t end_ns)
{
	struct world *world = &story->world;

	while (world->end == WORLD_RUNNING && expect_holds(expect, &story->env)) {
		if (!world_is_busy(world) && clock_next_ns(&world->clock) > end_ns) {
			world_run(world, end_ns);
			return world->end == WORLD_RUNNING;
		}
		world_step(world);
	}
	return false;
}

/* Recorded of an expectation (EV_EXPECT). */
enum { DOES_NOT_HOLD, HOLDS, UNDECIDED };

static void
do_expect(struct story *story, const struct scenario_step *step)
{
	uint64_t within = ns_of(story, step->within), lasts = ns_of(story, step->lasts);
	uint64_t end = story->world.clock.now_ns;
	const char *what = step->verb == SCENARIO_STEP_WAIT ? "wait" : "expect";
	unsigned outcome;

	story_drain(story);
	if (scenario_time_is_given(step->within))
		end += within;
	outcome = comes_true(story, step->expect, end) ? HOLDS : DOES_NOT_HOLD;
	if (outcome == HOLDS && lasts > 0) {
		end = story->world.clock.now_ns + lasts;
		outcome = stays_true(story, step->expect, end) ? HOLDS :
		    expect_holds(step->expect, &story->env) ? UNDECIDED : DOES_NOT_HOLD;
	} else if (outcome == DOES_NOT_HOLD && story->world.end != WORLD_RUNNING) {
		outcome = UNDECIDED;
	}
	world_emit(&story->world, EV_EXPECT, 0, story->at_step, outcome, 0, 0, 0);
	if (outcome == DOES_NOT_HOLD)
		story_fail_expect(story, step->expect, what);
	else if (outcome == UNDECIDED)
		story_undecided(story, step->expect->loc, what, step->expect->text, end);
}

/* ---- one step ---- */

static void
mark(struct story *story, const struct scenario_step *step)
{
	char *line = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&line, &size);

	if (stream == NULL)
		abort();
	scenario_step_print(step, stream);
	fclose(stream);
	world_emit(&story->world, EV_STEP, step->verb, story->at_step,
	    trace_text(&story->world.trace, line, size), 0, 0, 0);
	free(line);
}

/* What a step does at its moment; waiting steps do their waiting in wait_for(). */
static void
act(struct story *story, const struct scenario_step *step)
{
	mark(story, step);
	story_release_holds(story);
	switch (step->verb) {
	case SCENARIO_STEP_TARGET:
		device_target(&story->device, (uint32_t)step->target.pages,
		    step->target.irq == SCENARIO_TARGET_IRQ_CONFIG);
		break;
	case SCENARIO_STEP_STORM:
		do_storm(story, &step->storm);
		break;
	case SCENARIO_STEP_FAIL:
		do_fail(story, step);
		break;
	case SCENARIO_STEP_HEAL:
		do_heal(story, &step->heal);
		break;
	case SCENARIO_STEP_DEVICE:
		do_device(story, &step->device);
		break;
	case SCENARIO_STEP_IRQ:
		device_interrupt(&story->device, source_of(step->irq.source),
		    step->irq.spurious, step->irq.count);
		break;
	case SCENARIO_STEP_DELIVER:
	case SCENARIO_STEP_HOLD:
		story_point(story, step);
		break;
	case SCENARIO_STEP_GUEST:
	case SCENARIO_STEP_EXPECT:
	case SCENARIO_STEP_WAIT:
	case SCENARIO_STEP_SETTLE:
	case SCENARIO_STEP_NOTE:
		break;
	}
}

/* The part of a step that lets the world run; never from within the world. */
static void
wait_for(struct story *story, const struct scenario_step *step)
{
	switch (step->verb) {
	case SCENARIO_STEP_STORM:
		while (story->storm.plan != NULL && story->world.end == WORLD_RUNNING)
			world_step(&story->world);
		break;
	case SCENARIO_STEP_GUEST:
		do_guest(story, &step->guest);
		break;
	case SCENARIO_STEP_EXPECT:
	case SCENARIO_STEP_WAIT:
		do_expect(story, step);
		break;
	case SCENARIO_STEP_SETTLE:
		story_settle(story, ns_of(story, step->settle.within));
		break;
	case SCENARIO_STEP_TARGET:
	case SCENARIO_STEP_FAIL:
	case SCENARIO_STEP_HEAL:
	case SCENARIO_STEP_DEVICE:
	case SCENARIO_STEP_IRQ:
	case SCENARIO_STEP_DELIVER:
	case SCENARIO_STEP_HOLD:
	case SCENARIO_STEP_NOTE:
		break;
	}
}

struct due {
	struct story *story;
	const struct scenario_step *step;
	bool done;
};

static void
now_due(void *arg)
{
	struct due *due = arg;

	act(due->story, due->step);
	due->done = true;
}

static uint64_t
due_ns(const struct story *story, const struct scenario_step *step)
{
	switch (step->at.when) {
	case SCENARIO_AT_ONCE:
		break;
	case SCENARIO_ABSOLUTE:
		return story->base_ns + ns_of(story, step->at.time);
	case SCENARIO_RELATIVE:
		return story->previous_ns + ns_of(story, step->at.time);
	}
	return story->world.clock.now_ns;
}

static void
tell(struct story *story, const struct scenario_step *step)
{
	struct due due = { .story = story, .step = step };
	uint64_t when = due_ns(story, step);

	if (when > story->world.clock.now_ns) {
		clock_at(&story->world.clock, when, CLOCK_STEP, now_due, &due);
		while (!due.done && world_step(&story->world))
			continue;
		if (!due.done)
			return;
	} else {
		act(story, step);
	}
	wait_for(story, step);
	story->previous_ns = story->world.clock.now_ns;
	story->result->steps_done++;
}

static bool
only_prepares(const struct scenario_step *step)
{
	if (step->at.when != SCENARIO_AT_ONCE)
		return false;
	switch (step->verb) {
	case SCENARIO_STEP_TARGET:
	case SCENARIO_STEP_FAIL:
	case SCENARIO_STEP_DEVICE:
	case SCENARIO_STEP_IRQ:
	case SCENARIO_STEP_DELIVER:
	case SCENARIO_STEP_HOLD:
	case SCENARIO_STEP_NOTE:
		return true;
	case SCENARIO_STEP_GUEST:
		return step->guest.use_pages != SCENARIO_UNSET;
	case SCENARIO_STEP_STORM:
	case SCENARIO_STEP_HEAL:
	case SCENARIO_STEP_EXPECT:
	case SCENARIO_STEP_WAIT:
	case SCENARIO_STEP_SETTLE:
		break;
	}
	return false;
}

size_t
run_head(const struct scenario *scenario)
{
	size_t i = 0;

	while (i < scenario->steps.count && only_prepares(&scenario->steps.step[i]))
		i++;
	return i;
}

/* ---- the end ---- */

static struct loc
loc_of_fault(const struct story *story, const char *id)
{
	const struct scenario_steps *steps = &story->scenario->steps;

	for (size_t i = 0; i < steps->count; i++)
		if (steps->step[i].verb == SCENARIO_STEP_FAIL &&
		    strcmp(steps->step[i].fail.id, id) == 0)
			return steps->step[i].loc;
	return story->scenario->loc;
}

static void
unstruck_faults(struct story *story)
{
	const struct fault_armed *fault = NULL;

	while ((fault = fault_unstruck(&story->faults, fault)) != NULL) {
		char expected[160], actual[160];

		snprintf(expected, sizeof(expected), "fault `%s` (%s) strikes at least once",
		    fault->order.id, fault->row->id);
		snprintf(actual, sizeof(actual), "it %s: %llu calls since it was armed, the "
		    "first to strike is number %llu", story->world.end == WORLD_RUNNING ?
		    "never struck" : "had not struck when the run ended early",
		    (unsigned long long)fault->calls, (unsigned long long)fault->order.nth);
		story_fail(story, loc_of_fault(story, fault->order.id), "fail", expected,
		    actual);
	}
}

static void
finally(struct story *story)
{
	const struct scenario_claims *claims = &story->scenario->finally;
	struct event now;

	fault_heal(&story->faults, NULL);
	kern_heal();
	story_drain(story);
	/* An attach or detach that never ends is the driver's too. */
	if (story->attach == ATTACH_OK || !story->attach_over)
		story_settle(story, FINAL_SETTLE_NS);
	if (story->world.end != WORLD_RUNNING)
		return;
	for (size_t i = 0; i < claims->count; i++)
		if (!expect_holds(claims->claim[i].that, &story->env))
			story_fail_expect(story, claims->claim[i].that, "finally");
	now = (struct event){ .time_ns = story->world.clock.now_ns,
	    .seq = story->world.trace.count - 1 };
	rules_end(story->rules, &now);
}

void
story_tell(struct story *story)
{
	const struct scenario_steps *steps = &story->scenario->steps;
	size_t head = run_head(story->scenario), i;

	story->telling = true;
	for (i = 0; i < head; i++) {
		story->at_step = i;
		tell(story, &steps->step[i]);
	}
	story_attach(story);
	story->base_ns = story->previous_ns = story->world.clock.now_ns;
	for (; i < steps->count && story->world.end == WORLD_RUNNING; i++) {
		story->at_step = i;
		tell(story, &steps->step[i]);
	}
	story->telling = false;
	if (story->world.end == WORLD_RUNNING)
		finally(story);
	if (!story->result->refused)
		unstruck_faults(story);
	/* A run that ended early has its finding, and did not come to all of its points. */
	if (story->world.end == WORLD_RUNNING)
		story_points_unreached(story);
}
