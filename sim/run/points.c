/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a scenario does at exact points of the driver's run: `deliver` and `hold`.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "run/source.h"
#include "run/state.h"
#include "scenario/text.h"

_Static_assert(SCENARIO_POINTS_MAX <= POINTS_MAX, "each step that waits has its place");

static const struct scenario_point *
place_of(const struct run_point *point)
{
	return point->step->verb == SCENARIO_STEP_HOLD ? &point->step->hold.at :
	    &point->step->deliver.at;
}

/* ---- what is done there ---- */

static void
deliver(void *arg)
{
	struct run_point *point = arg;
	const struct scenario_deliver *plan = &point->step->deliver;
	struct device *device = &point->run->device[point->step->on];
	/* `config` is the name of no queue. */
	int queue = device_queue_by_name(device->class, plan->irq);

	point->reached = true;
	if (plan->act != SCENARIO_UNSET)
		device->class->act->act(device, plan->act);
	else if (!plan->answer || !device_complete_now(device, queue))
		device_interrupt(device, queue, false, 1);
}

/* Hold the threads that the step names, or let them go on. */
static void
set_held(struct run_point *point, bool held)
{
	struct world *world = &point->run->world;

	for (uint32_t i = 0; i < world->contexts; i++) {
		struct context *context = &world->context[i];
		bool named = point->context == HOLDS_EVERY ?
		    context->kind == HW_CTX_KTHREAD : context->ordinal == point->context;

		if (!named || context->held == held || context->state == CTX_DONE)
			continue;
		context->held = held;
		world_emit(world, EV_HOLD, 0, context->ordinal, held, 0, 0, 0);
	}
}

static void
hold_over(void *arg)
{
	set_held(arg, false);
}

/* May a scenario hold it: a thread, by its name, that is there? */
static bool
is_thread(const struct context *context)
{
	return context->state != CTX_DONE &&
	    (context->kind == HW_CTX_KTHREAD || context->kind == HW_CTX_AUTOCONF);
}

static const char *
thread_name(const struct context *context)
{
	return context->kind == HW_CTX_AUTOCONF ? "autoconf" : context->name;
}

/* The first thread of that name, HOLDS_EVERY, or 0 if there is none now. */
static uint32_t
held_thread(struct run *run, const struct scenario_hold *plan)
{
	struct world *world = &run->world;
	bool every = strcmp(plan->thread, "every") == 0;

	for (uint32_t i = 0; i < world->contexts; i++) {
		if (every && run_is_thread(&world->context[i]))
			return HOLDS_EVERY;
		if (is_thread(&world->context[i]) &&
		    strcmp(thread_name(&world->context[i]), plan->thread) == 0)
			return world->context[i].ordinal;
	}
	return 0;
}

static void
no_thread(struct run *run, const struct scenario_step *step)
{
	const struct world *world = &run->world;
	char expected[160], actual[200] = "the threads are";
	struct text_nearest near = text_nearest(step->hold.thread);
	size_t length = strlen(actual), none = length;

	for (uint32_t i = 0; i < world->contexts && length < sizeof(actual); i++) {
		const char *name = thread_name(&world->context[i]);

		if (!is_thread(&world->context[i]))
			continue;
		text_nearest_offer(&near, name);
		length += (size_t)snprintf(actual + length, sizeof(actual) - length, "%s %s",
		    length == none ? "" : ",", name);
	}
	if (length == none)
		snprintf(actual, sizeof(actual), "there is none");
	else if (length < sizeof(actual))
		snprintf(actual + length, sizeof(actual) - length, "%s",
		    text_nearest_hint(&near, ""));
	snprintf(expected, sizeof(expected), "there is a thread `%s` to hold",
	    step->hold.thread);
	run_fail(run, step->loc, "hold", expected, actual);
}

static void
hold(void *arg)
{
	struct run_point *point = arg;
	const struct scenario_hold *plan = &point->step->hold;
	struct run *run = point->run;

	point->reached = true;
	if (plan->thread != NULL)
		point->context = held_thread(run, plan);
	else if (run->world.struck != NULL)
		point->context = run->world.struck->ordinal;
	if (point->context == 0) {
		no_thread(run, point->step);
		return;
	}
	set_held(point, true);
	if (plan->until == NULL)
		clock_at(&run->world.clock,
		    run->world.clock.now_ns + scenario_time_ns(plan->lasts,
		    run->machine->hz), CLOCK_STEP, hold_over, point);
}

/* ---- arming ---- */

static unsigned
callback_of(const struct device *device, const char *name)
{
	int queue = device_queue_by_name(device->class, name);

	return queue == DEVICE_CONFIGURATION ? world_callback(device->transport.device,
	    HW_CB_CONFIG_CHANGE, 0) :
	    world_callback(device->transport.device, HW_CB_VQ_DONE, (unsigned)queue);
}

static bool
is_at_line(void *arg, uint32_t site)
{
	const struct run_point *point = arg;

	return source_line(module_source(point->run->options->module), site) ==
	    place_of(point)->line;
}

static void
arm(struct run_point *slot, const struct scenario_point *at, void (*strike)(void *))
{
	struct point point = { .countdown = at->nth, .strike = strike, .arg = slot };

	switch (at->place) {
	case SCENARIO_ENTRY:
		point.kind = POINT_CALLBACK;
		point.what = callback_of(&slot->run->device[slot->step->on], at->name);
		break;
	case SCENARIO_CALL:
		point.kind = at->after ? POINT_AFTER : POINT_BEFORE;
		point.what = trace_call_by_name(at->name);
		break;
	case SCENARIO_LINE:
		point.here = is_at_line;
		point.kind = POINT_ACCESS;
		break;
	case SCENARIO_ACCESS:
		point.kind = POINT_ACCESS;
		break;
	}
	slot->armed = world_point_arm(&slot->run->world, &point);
}

void
run_point(struct run *run, const struct scenario_step *step)
{
	bool is_hold = step->verb == SCENARIO_STEP_HOLD;
	struct run_point *slot;

	/* A file has no more of them; a scenario that was made in memory may. */
	if (run->points == SCENARIO_POINTS_MAX) {
		run_fail(run, step->loc, is_hold ? "hold" : "deliver",
		    "no more such steps than there is room for", "this is one too many");
		return;
	}
	slot = &run->point[run->points++];
	*slot = (struct run_point){ .run = run, .step = step };
	if (!place_of(slot)->given)
		hold(slot);
	else
		arm(slot, place_of(slot), is_hold ? hold : deliver);
}

void
run_release_holds(struct run *run)
{
	for (unsigned i = 0; i < run->points; i++) {
		struct run_point *point = &run->point[i];

		if (point->context != 0 && point->step->verb == SCENARIO_STEP_HOLD &&
		    point->step->hold.until != NULL &&
		    point->step->hold.until_step == run->at_step)
			hold_over(point);
	}
}

/* ---- what was never reached ---- */

/* Why no access at that line was ever seen, in words; false if only the driver did not go there. */
static bool
explain_line(const struct run_point *point, char *text, size_t size)
{
	unsigned line = place_of(point)->line, below, above;
	int length;

	if (module_line_has_access(point->run->options->module, line, &below, &above))
		return false;
	length = snprintf(text, size, "the driver has no access to memory at line %u", line);
	if (below != 0 && above != 0)
		snprintf(text + length, size - (size_t)length,
		    "; the nearest are at the lines %u and %u", below, above);
	else if (below != 0 || above != 0)
		snprintf(text + length, size - (size_t)length, "; the nearest is at line %u",
		    below != 0 ? below : above);
	return true;
}

static void
explain_point(const struct run_point *point, char *text, size_t size)
{
	const struct scenario_point *at = place_of(point);
	/* The place in the machine is another's by now, or empty, after a reboot. */
	bool waits = point->armed != NULL && point->armed->armed && point->armed->arg == point;
	uint64_t seen = waits ? at->nth - point->armed->countdown : 0;

	if (seen == 0 && at->place == SCENARIO_LINE && explain_line(point, text, size))
		return;
	if (!waits)
		snprintf(text, size, "not before the guest started anew");
	else if (seen == 0)
		snprintf(text, size, "never from the step on");
	else
		snprintf(text, size, "%" PRIu64 " time%s from the step on, and number %" PRIu64
		    " is meant", seen, plural(seen), at->nth);
}

void
run_points_unreached(struct run *run)
{
	for (unsigned i = 0; i < run->points; i++) {
		const struct run_point *point = &run->point[i];
		char text[128], expected[160], actual[200];

		if (point->reached)
			continue;
		scenario_point_text(place_of(point), text, sizeof(text));
		snprintf(expected, sizeof(expected), "the driver reaches `%s`", text);
		explain_point(point, actual, sizeof(actual));
		run_fail(run, point->step->loc, scenario_verb_key(point->step),
		    expected, actual);
	}
}
