/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times and points made simple: whole seconds, no time at all, the first call there is.
 */
#include <string.h>

#include "explore/inject.h"
#include "explore/shrinker.h"
#include "explore/timing.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

/* ---- durations ---- */

static const uint64_t plain_times[] = {
	S, MS, 10 * MS, 100 * MS, 10 * S, 2 * S, 5 * S, 30 * S, 60 * S, 10 * US,
};

/* Digits that matter: 1500 has two of them. */
static unsigned
digits(uint64_t value)
{
	unsigned n = 0;

	while (value > 0 && value % 10 == 0)
		value /= 10;
	for (; value > 0; value /= 10)
		n++;
	return n;
}

static unsigned
time_rank(struct scenario_time time)
{
	if (time.unit == SCENARIO_TICKS)
		return 1000;
	for (unsigned i = 0; i < NELEM(plain_times); i++)
		if (plain_times[i] == time.value)
			return i;
	return 100 + digits(time.value);
}

bool
shrink_duration(struct shrinker *shrinker, const struct place *place)
{
	const struct scenario_time *now = place_slot(place, shrinker->best);

	if (!scenario_time_is_given(*now))
		return false;
	for (unsigned i = 0; i < NELEM(plain_times) && i < time_rank(*now); i++) {
		struct scenario_time time = { SCENARIO_NS, plain_times[i] };

		if (place_try(shrinker, place, &time))
			return true;
	}
	for (uint64_t unit = 10 * S; unit >= US && now->unit == SCENARIO_NS; unit /= 10) {
		struct scenario_time time = { SCENARIO_NS, now->value / unit * unit };

		if (time.value > 0 && time_rank(time) < time_rank(*now) &&
		    place_try(shrinker, place, &time))
			return true;
	}
	return false;
}

/* ---- when a step is done ---- */

static bool
is_absolute(const struct scenario_step *step)
{
	return step->at.when == SCENARIO_ABSOLUTE && step->at.time.unit == SCENARIO_NS;
}

/* The absolute time of the last step before that has one, or 0. */
static uint64_t
time_before(const struct scenario_steps *steps, size_t step)
{
	while (step-- > 0)
		if (is_absolute(&steps->step[step]))
			return steps->step[step].at.time.value;
	return 0;
}

static uint64_t
time_behind(const struct scenario_steps *steps, size_t step)
{
	while (++step < steps->count)
		if (is_absolute(&steps->step[step]))
			return steps->step[step].at.time.value;
	return UINT64_MAX;
}

static bool
try_at_once(struct shrinker *shrinker, size_t step)
{
	struct edit *candidate = edit_copy(shrinker->best);

	candidate->scenario.steps.step[step].at = (struct scenario_at){ SCENARIO_AT_ONCE,
	    { SCENARIO_NO_TIME, 0 } };
	return shrinker_try(shrinker, candidate);
}

/* The step and all behind it so much earlier. */
static bool
try_earlier(struct shrinker *shrinker, size_t step, uint64_t by_ns)
{
	struct edit *candidate = edit_copy(shrinker->best);
	struct scenario_steps *steps = &candidate->scenario.steps;

	for (size_t i = step; i < steps->count; i++)
		if (is_absolute(&steps->step[i]))
			steps->step[i].at.time.value -= by_ns;
	return shrinker_try(shrinker, candidate);
}

static bool
close_gap(struct shrinker *shrinker, size_t step)
{
	static const uint64_t gaps[] = { S, 100 * MS, 10 * MS, MS };
	const struct scenario_steps *steps = shrinker_steps(shrinker);
	uint64_t gap = steps->step[step].at.time.value - time_before(steps, step);

	/* As simple as that already, it stays. */
	for (size_t i = 0; i < NELEM(gaps) && gaps[i] != gap; i++)
		if (gaps[i] < gap && !shrinker->over &&
		    try_earlier(shrinker, step, gap - gaps[i]))
			return true;
	return false;
}

static bool
try_at(struct shrinker *shrinker, size_t step, uint64_t ns)
{
	const struct scenario_steps *steps = shrinker_steps(shrinker);
	uint64_t now = steps->step[step].at.time.value;
	struct edit *candidate;

	if (digits(ns) >= digits(now) || ns < time_before(steps, step) ||
	    ns > time_behind(steps, step) || shrinker->over)
		return false;
	candidate = edit_copy(shrinker->best);
	candidate->scenario.steps.step[step].at.time.value = ns;
	return shrinker_try(shrinker, candidate);
}

static bool
round_time(struct shrinker *shrinker, size_t step)
{
	for (uint64_t unit = 10 * S; unit >= US; unit /= 10) {
		uint64_t now = shrinker_steps(shrinker)->step[step].at.time.value;

		if (try_at(shrinker, step, now / unit * unit) ||
		    try_at(shrinker, step, now / unit * unit + unit))
			return true;
	}
	return false;
}

static bool
shrink_time(struct shrinker *shrinker, size_t step)
{
	const struct scenario_step *now = &shrinker_steps(shrinker)->step[step];
	struct place place = { .in = IN_STEP, .step = step };
	bool any = false;

	if (now->at.when == SCENARIO_AT_ONCE || shrinker->over)
		return false;
	if (try_at_once(shrinker, step))
		return true;
	if (is_absolute(now)) {
		any = close_gap(shrinker, step);
		return round_time(shrinker, step) || any;
	}
	place.field = map_find(&map_step, "within");
	place.offset = offsetof(struct scenario_step, at.time);
	return now->at.when == SCENARIO_RELATIVE && shrink_duration(shrinker, &place);
}

bool
shrink_times(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t i = 0; i < shrinker_steps(shrinker)->count; i++)
		any |= shrink_time(shrinker, i);
	return any;
}

/* ---- points ---- */

static bool
try_nth(struct shrinker *shrinker, const struct place *place, uint64_t nth)
{
	struct scenario_point point =
	    *(const struct scenario_point *)place_slot(place, shrinker->best);

	if (nth == 0 || nth >= point.nth)
		return false;
	point.nth = nth;
	return place_try(shrinker, place, &point);
}

bool
shrink_point(struct shrinker *shrinker, const struct place *place)
{
	struct scenario_point point =
	    *(const struct scenario_point *)place_slot(place, shrinker->best);

	if (!point.given)
		return false;
	for (uint64_t nth = 1; nth < 4; nth++)
		if (try_nth(shrinker, place, nth))
			return true;
	for (uint64_t part = point.nth / 2; part > 0; part /= 2)
		if (try_nth(shrinker, place, point.nth - part))
			return true;
	if (!point.after)
		return false;
	point.after = false;
	return place_try(shrinker, place, &point);
}

/* Those of the best scenario. */
static void
points_of(struct shrinker *shrinker, struct inject_points *points)
{
	struct trial_result result;

	*points = (struct inject_points){ 0 };
	trial_run(shrinker->trial, edit_case(shrinker->best), points, &result);
}

/* To the head of the list, so that nothing has to happen before it. */
static void
hoist(struct edit *edit, size_t step, const struct inject_point *ip, size_t head)
{
	struct scenario_step moved = edit->scenario.steps.step[step];

	*timing_point(&moved) = inject_point_place(ip);
	moved.at.when = SCENARIO_AT_ONCE;
	edit_remove(edit, step);
	*edit_insert(edit, head, moved.verb) = moved;
}

struct edit *
shrink_hoisted(struct shrinker *shrinker)
{
	struct edit *edit = edit_copy(shrinker->best);
	struct scenario_steps *steps = &edit->scenario.steps;
	size_t head = run_head(&edit->scenario);
	struct inject_points points;

	points_of(shrinker, &points);
	for (size_t i = head; i < steps->count; i++) {
		size_t struck = timing_struck(shrinker->trial, shrinker->best, i, &points);

		/* One hold at a time: `until` has the index of a later step. */
		if (struck < points.count && (steps->step[i].verb != SCENARIO_STEP_HOLD ||
		    steps->step[i].hold.until == NULL))
			hoist(edit, i, &points.item[struck], head++);
	}
	vec_fini(&points);
	return edit;
}

/* A line is where a compiler put it; a call of the kernel is the same in every build. */
static bool
try_calls_beside(struct shrinker *shrinker, const struct inject_points *points, size_t step,
    size_t struck)
{
	for (int way = -1; way <= 1; way += 2) {
		size_t i = struck;
		struct edit *candidate;

		/* Below 0 is far beyond the end. */
		while (i < points->count && (points->item[i].kind == INJECT_ACCESS ||
		    points->item[i].ctx != points->item[struck].ctx))
			i += (size_t)way;
		if (i >= points->count || shrinker->over)
			continue;
		candidate = edit_copy(shrinker->best);
		hoist(candidate, step, &points->item[i],
		    step < run_head(&candidate->scenario) ? step : 0);
		if (shrinker_try(shrinker, candidate))
			return true;
	}
	return false;
}

bool
shrink_points(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t i = 0; i < shrinker_steps(shrinker)->count && !shrinker->over; i++) {
		struct scenario_point *point =
		    timing_point(&shrinker_steps(shrinker)->step[i]);
		struct inject_points points;
		size_t struck;

		if (point == NULL || point->place == SCENARIO_CALL ||
		    point->place == SCENARIO_ENTRY)
			continue;
		points_of(shrinker, &points);
		struck = timing_struck(shrinker->trial, shrinker->best, i, &points);
		if (struck < points.count)
			any |= try_calls_beside(shrinker, &points, i, struck);
		vec_fini(&points);
	}
	return any;
}
