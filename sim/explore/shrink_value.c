/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values made simple, by the tables of the format: back to its default, or the next simpler one
 * of its kind.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "explore/shrinker.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define POWERS 21		/* of two that are tried for amounts */

/* ---- places ---- */

void *
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

bool
place_try(struct shrinker *shrinker, const struct place *place, const void *value)
{
	struct edit *draft, *candidate;

	if (shrinker->over)
		return false;
	draft = edit_copy(shrinker->best);
	memcpy(place_slot(place, draft), value, place->field->size);
	mend(draft);
	/* What the value points at may be the best scenario's, which is soon gone. */
	candidate = edit_copy(draft);
	edit_free(draft);
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
try_number(struct shrinker *shrinker, const struct place *place, uint64_t value,
    uint64_t (*rank)(uint64_t))
{
	const uint64_t *now = place_slot(place, shrinker->best);

	return rank(value) < rank(*now) && place_try(shrinker, place, &value);
}

static bool
shrink_amount(struct shrinker *shrinker, const struct place *place)
{
	const uint64_t *now = place_slot(place, shrinker->best);

	for (size_t i = 0; i < NELEM(plain_amounts); i++)
		if (try_number(shrinker, place, plain_amounts[i], amount_rank))
			return true;
	for (unsigned i = 0; i < POWERS; i++)
		if (try_number(shrinker, place, UINT64_C(1) << i, amount_rank))
			return true;
	for (uint64_t part = *now / 2; part > 0; part /= 2)
		if (try_number(shrinker, place, *now - part, amount_rank))
			return true;
	return false;
}

static uint64_t
count_rank(uint64_t count)
{
	return count;
}

/* Also the n of points and faults; downwards, `forever` last. */
static bool
shrink_count(struct shrinker *shrinker, const struct place *place)
{
	const uint64_t *now = place_slot(place, shrinker->best);

	for (uint64_t i = place->field->min; i < place->field->min + 4; i++)
		if (try_number(shrinker, place, i, count_rank))
			return true;
	if (*now >= SCENARIO_FOREVER)
		return false;
	for (uint64_t part = *now / 2; part > 0; part /= 2)
		if (try_number(shrinker, place, *now - part, count_rank))
			return true;
	return false;
}

/* ---- lists ---- */

/* The list without `count` elements from `first` on. */
static bool
try_without(struct shrinker *shrinker, const struct place *place, size_t first, size_t count)
{
	struct edit *candidate = edit_copy(shrinker->best);
	struct scenario_list *list = place_slot(place, candidate);
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
			((struct scenario_amounts *)place_slot(place, candidate))->pages[i] =
			    plain_amounts[j];
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
		return place->in != IN_MACHINE &&
		    *(uint64_t *)place_slot(place, shrinker->best) != SCENARIO_UNSET &&
		    shrink_amount(shrinker, place);
	case FIELD_COUNT:
	case FIELD_TIMES:
		return *(uint64_t *)place_slot(place, shrinker->best) != SCENARIO_UNSET &&
		    shrink_count(shrinker, place);
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
