/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values made simple, by the tables of the format: back to its default, or the next simpler one
 * of its kind; whole seconds, no time at all, the first call there is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "explore/baseline.h"
#include "explore/inject.h"
#include "explore/shrinker.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)
#define POWERS 21		/* of two that are tried for amounts */

/* ---- places ---- */

/* A value in a scenario that stays where it is when the scenario is copied. */
struct place {
	enum { IN_SCENARIO, IN_MACHINE, IN_STEP, IN_DEVICE, IN_OWN_STEP } in;
	size_t step;			/* IN_STEP, IN_OWN_STEP */
	size_t offset;
	const struct field *field;
	const void *fallback;		/* its default, or NULL */
};

static void *
place_slot(const struct place *place, struct edit *edit)
{
	unsigned char *base = (unsigned char *)&edit->scenario;

	if (place->in == IN_MACHINE)
		base = (unsigned char *)&edit->machine;
	else if (place->in == IN_STEP)
		base = (unsigned char *)&edit->scenario.steps.step[place->step];
	else if (place->in == IN_DEVICE)
		base = edit->scenario.device.own.object;
	else if (place->in == IN_OWN_STEP)
		base = edit->scenario.steps.step[place->step].own.object;
	return base + place->offset;
}

/* What goes with a value that was changed. */
static void
mend(struct edit *edit)
{
	struct scenario_machine *machine = &edit->machine;

	if (machine->segments.count == 0 && machine->memory_pages == SCENARIO_UNSET)
		machine->memory_pages =
		    ((const struct scenario_machine *)map_machine.defaults)->memory_pages;
}

/* Try another value there (of the size of the field). */
static bool
place_try(struct shrinker *shrinker, const struct place *place, const void *value)
{
	struct edit *candidate;

	if (shrinker->over)
		return false;
	candidate = edit_copy(shrinker->best);
	memcpy(place_slot(place, candidate), value, place->field->size);
	mend(candidate);
	return shrinker_try(shrinker, candidate);
}

/* ---- numbers ---- */

/* Full requests first: an amount that leaves one half empty is a scenario of its own. */
static const uint64_t plain_amounts[] = { 0, 256, 512, 1024, 1, 2, 257 };

static uint64_t
amount_rank(uint64_t pages)
{
	for (uint64_t i = 0; i < NELEM(plain_amounts); i++)
		if (plain_amounts[i] == pages)
			return i;
	if ((pages & (pages - 1)) == 0 && pages < (UINT64_C(1) << POWERS))
		return 100 + (uint64_t)__builtin_ctzll(pages);
	return pages < UINT64_MAX - 1000 ? 1000 + pages : pages;
}

static bool
try_number(struct shrinker *shrinker, const struct place *place, uint64_t value)
{
	const uint64_t *now = place_slot(place, shrinker->best);

	return (place->field->kind == FIELD_AMOUNT ? amount_rank(value) < amount_rank(*now) :
	    value < *now) && place_try(shrinker, place, &value);
}

/* Also the n of points and faults; downwards, `forever` last. */
static bool
shrink_number(struct shrinker *shrinker, const struct place *place)
{
	const uint64_t *now = place_slot(place, shrinker->best), least = place->field->min;
	bool is_amount = place->field->kind == FIELD_AMOUNT;

	if (*now == SCENARIO_UNSET || (is_amount && place->in == IN_MACHINE))
		return false;
	for (size_t i = 0; is_amount && i < NELEM(plain_amounts); i++)
		if (try_number(shrinker, place, plain_amounts[i]))
			return true;
	for (unsigned i = 0; is_amount && i < POWERS; i++)
		if (try_number(shrinker, place, UINT64_C(1) << i))
			return true;
	for (uint64_t i = least; !is_amount && i < least + 4; i++)
		if (try_number(shrinker, place, i))
			return true;
	for (uint64_t part = *now < SCENARIO_FOREVER ? *now / 2 : 0; part > 0; part /= 2)
		if (try_number(shrinker, place, *now - part))
			return true;
	return false;
}

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

static bool
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

static bool
shrink_point(struct shrinker *shrinker, const struct place *place)
{
	static const struct field field = {
		.kind = FIELD_COUNT, .size = sizeof(uint64_t), .min = 1,
	};
	struct place nth = *place;
	struct scenario_point point =
	    *(const struct scenario_point *)place_slot(place, shrinker->best);

	if (!point.given)
		return false;
	nth.field = &field;
	nth.offset += offsetof(struct scenario_point, nth);
	if (shrink_number(shrinker, &nth))
		return true;
	if (!point.after)
		return false;
	point.after = false;
	return place_try(shrinker, place, &point);
}

/* ---- lists ---- */

/* The list there, of elements that are this scenario's and may be changed. */
static struct scenario_list *
own_list(const struct place *place, struct edit *edit)
{
	struct scenario_list *list = place_slot(place, edit);
	size_t size = field_kinds[place->field->kind].item;
	void *copy = arena_calloc(edit->arena, list->count, size);

	list->item = memcpy(copy, list->item, list->count * size);
	return list;
}

/* The list without `count` elements from `first` on. */
static bool
try_without(struct shrinker *shrinker, const struct place *place, size_t first, size_t count)
{
	struct edit *candidate = edit_copy(shrinker->best);
	struct scenario_list *list = own_list(place, candidate);
	size_t size = field_kinds[place->field->kind].item;
	char *item = list->item;

	memmove(item + first * size, item + (first + count) * size,
	    (list->count - first - count) * size);
	list->count -= count;
	return shrinker_try(shrinker, candidate);
}

static bool
shrink_amounts(struct shrinker *shrinker, const struct place *place)
{
	const struct scenario_amounts *list = place_slot(place, shrinker->best);

	for (size_t size = list->count / 2; size > 0; size /= 2)
		for (size_t at = 0; at + size <= list->count && size < list->count; at += size)
			if (!shrinker->over && try_without(shrinker, place, at, size))
				return true;
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < NELEM(plain_amounts); j++) {
			struct edit *candidate;

			if (shrinker->over ||
			    amount_rank(list->pages[i]) <= amount_rank(plain_amounts[j]))
				break;
			candidate = edit_copy(shrinker->best);
			((uint64_t *)own_list(place, candidate)->item)[i] = plain_amounts[j];
			if (shrinker_try(shrinker, candidate))
				return true;
		}
	return false;
}

static bool
shrink_names(struct shrinker *shrinker, const struct place *place)
{
	const struct scenario_names *list = place_slot(place, shrinker->best);

	for (size_t i = 0; i < list->count && !shrinker->over; i++)
		if (try_without(shrinker, place, i, 1))
			return true;
	return false;
}

/* ---- any value ---- */

/* One step simpler; false when it is as simple as it gets. */
static bool
shrink_kind(struct shrinker *shrinker, const struct place *place)
{
	switch (place->field->kind) {
	case FIELD_AMOUNT:
	case FIELD_COUNT:
	case FIELD_TIMES:
		return shrink_number(shrinker, place);
	case FIELD_AMOUNTS:
		return shrink_amounts(shrinker, place);
	case FIELD_VOCAB_LIST:
		return shrink_names(shrinker, place);
	case FIELD_TIME:
		return shrink_duration(shrinker, place);
	case FIELD_POINT:
		return shrink_point(shrinker, place);
	default:
		return false;
	}
}

static bool
to_default(struct shrinker *shrinker, const struct place *place)
{
	const void *now = place_slot(place, shrinker->best);

	return place->fallback != NULL && !(place->field->flags & FIELD_REQUIRED) &&
	    !field_equal(place->field, now, place->fallback) &&
	    place_try(shrinker, place, place->fallback);
}

static bool shrink_map(struct shrinker *shrinker, const struct place *place);

static bool
shrink_place(struct shrinker *shrinker, const struct place *place)
{
	bool any = to_default(shrinker, place);

	if (place->field->kind == FIELD_MAP)
		return shrink_map(shrinker, place) || any;
	while (!shrinker->over && shrink_kind(shrinker, place))
		any = true;
	return any;
}

/* One value for several keys, as `latency: 1ms`. */
static bool
is_one_value(const struct map *map, const void *value)
{
	const struct field *first = &map->fields[0];

	for (size_t i = 1; i < map->count; i++) {
		const struct field *f = &map->fields[i];

		if (!field_equal(f, field_value(f, value), i < map->scalars ?
		    field_value(first, value) : field_value(f, map->defaults)))
			return false;
	}
	return map->scalars > 1;
}

/* It stays one value: a simpler one for all, if it is a time. */
static bool
shrink_one_value(struct shrinker *shrinker, const struct place *place)
{
	static const uint64_t times_ns[] = { 1000000000, 1000000 };
	const struct map *map = place->field->map;
	const struct scenario_time *now = place_slot(place, shrinker->best);

	if (map->fields[0].kind != FIELD_TIME || !scenario_time_is_given(*now))
		return false;
	for (size_t i = 0; i < NELEM(times_ns) && now->value != times_ns[i]; i++) {
		struct edit *candidate = edit_copy(shrinker->best);
		unsigned char *value = place_slot(place, candidate);

		for (size_t j = 0; j < map->scalars; j++)
			*(struct scenario_time *)(value + map->fields[j].offset) =
			    (struct scenario_time){ SCENARIO_NS, times_ns[i] };
		if (shrinker_try(shrinker, candidate))
			return true;
	}
	return false;
}

/* Every key of the map at that place. */
static bool
shrink_map(struct shrinker *shrinker, const struct place *place)
{
	const struct map *map = place->field->map;
	bool any = false;

	if (is_one_value(map, place_slot(place, shrinker->best)))
		return shrink_one_value(shrinker, place);
	for (size_t i = 0; i < map->count && !shrinker->over; i++) {
		struct place key = *place;

		key.field = &map->fields[i];
		key.offset += key.field->offset;
		key.fallback = field_value(key.field, map->defaults);
		any |= shrink_place(shrinker, &key);
	}
	return any;
}

/* ---- the parts of a scenario ---- */

static bool
shrink_step(struct shrinker *shrinker, size_t step)
{
	const struct field *verb = &shrinker_steps(shrinker)->step[step].row->field;
	struct place place = {
		.in = IN_STEP, .step = step, .offset = verb->offset, .field = verb,
	};
	bool any;

	if (verb->kind == FIELD_OWN) {
		place.in = IN_OWN_STEP;
		place.offset = 0;
	}
	any = verb->map != NULL && shrink_map(shrinker, &place);
	place.in = IN_STEP;
	for (size_t i = 0; i < map_step.count; i++) {
		place.field = &map_step.fields[i];
		place.offset = place.field->offset;
		place.fallback = field_value(place.field, map_step.defaults);
		if (place.field->kind != FIELD_AT)
			any |= shrink_place(shrinker, &place);
	}
	return any;
}

static bool
shrink_machine(struct shrinker *shrinker)
{
	static const struct field machine = { .kind = FIELD_MAP, .map = &map_machine };
	struct place place = { .in = IN_MACHINE, .field = &machine };
	bool any = false;

	/* All of it plain, only the transport, only the DMA. */
	for (int way = 0; way < 3; way++) {
		struct edit *candidate = edit_copy(shrinker->best);

		if (way == 0)
			candidate->machine =
			    *(const struct scenario_machine *)map_machine.defaults;
		if (way != 2)
			candidate->machine.transport = SCENARIO_VIRTIO_1;
		if (way != 1)
			candidate->machine.dma = SCENARIO_BOUNCE;
		any |= shrinker_try(shrinker, candidate);
	}
	for (size_t i = 0; i < map_machine.count; i++) {
		place.field = &map_machine.fields[i];
		place.offset = place.field->offset;
		place.fallback = field_value(place.field, map_machine.defaults);
		/* Of these two there is no default but an open choice. */
		if (place.offset != offsetof(struct scenario_machine, transport) &&
		    place.offset != offsetof(struct scenario_machine, dma))
			any |= to_default(shrinker, &place);
	}
	return any;
}

static bool
shrink_seed(struct shrinker *shrinker)
{
	const struct scenario_seeds *seeds = &shrinker->best->scenario.seeds;

	if (seeds->count == 0)
		return false;
	for (uint64_t seed = 0; seed < 4 && seed <= seeds->seed[0]; seed++) {
		struct edit *candidate = edit_copy(shrinker->best);

		/* The first is: none. */
		edit_seed(candidate, seed > 0, seed);
		if (shrinker_try(shrinker, candidate))
			return true;
	}
	return false;
}

static bool
shrink_top(struct shrinker *shrinker)
{
	static const char *const keys[] = { "limits", "policy", "rules" };
	struct scenario_own *own = &shrinker->best->scenario.device.own;
	struct field device = { .key = "device", .kind = FIELD_MAP, .map = own->map };
	struct place whole = {
		.in = IN_DEVICE, .field = &device, .fallback = own->map->defaults,
	};
	bool any = shrink_place(shrinker, &whole);

	for (size_t i = 0; i < NELEM(keys); i++) {
		const struct field *field = map_find(&map_scenario, keys[i]);
		struct place place = {
			.in = IN_SCENARIO, .offset = field->offset, .field = field,
			.fallback = field_value(field, map_scenario.defaults),
		};

		/* What is not the default of `limits` and `rules` is needed as it is. */
		any |= to_default(shrinker, &place);
	}
	return any;
}

bool
shrink_values(struct shrinker *shrinker)
{
	bool any = shrink_seed(shrinker);

	any |= shrink_machine(shrinker);
	any |= shrink_top(shrinker);
	for (size_t i = 0; i < shrinker_steps(shrinker)->count; i++)
		any |= shrink_step(shrinker, i);
	return any;
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
