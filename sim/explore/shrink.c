/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delta debugging over the steps of a scenario, and the order in which everything is tried.
 */
#include "explore/shrink.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostio.h"
#include "base/sbuf.h"
#include "device/class.h"
#include "device/language.h"
#include "explore/baseline.h"
#include "explore/found.h"
#include "explore/shrinker.h"

#define PAIRS_MAX 12		/* steps up to which any two are dropped together */

static uint64_t
now_ms(void)
{
	return host_ns() / 1000000;
}

/* ---- trying ---- */

/* The file that it would be; heap. */
static char *
printed(struct edit *edit, size_t *size)
{
	struct sbuf buf;

	edit_print(edit, edit->scenario.id, edit->scenario.summary, NULL, sbuf_open(&buf));
	sbuf_close(&buf);
	*size = buf.length;
	return buf.text;
}

static bool
is_new(struct shrinker *shrinker, uint64_t hash)
{
	for (size_t i = 0; i < shrinker->seen.count; i++)
		if (shrinker->seen.item[i] == hash)
			return false;
	*(uint64_t *)vec_add(&shrinker->seen) = hash;
	return true;
}

/* What `viosim check` would refuse, or read otherwise, is no scenario. */
static bool
is_a_file(const struct edit *edit, const char *text)
{
	struct found_text file;
	bool same = found_load(&file, text) &&
	    map_equal(&map_scenario, file.doc->scenario[0], &edit->scenario);

	found_unload(&file);
	return same;
}

static bool
is_limit(enum world_end end)
{
	return end == WORLD_TIME_LIMIT || end == WORLD_EVENT_LIMIT;
}

static unsigned
count_others(const struct trial_result *result, uint64_t key)
{
	unsigned others = 0;

	for (unsigned i = 0; i < result->findings; i++)
		others += result->finding[i].key != key &&
		    result->finding[i].rule->severity == SEVERITY_ERROR;
	return others;
}

static void
check_bounds(struct shrinker *shrinker)
{
	const struct shrink_options *options = shrinker->options;

	if (options->runs_max != 0 &&
	    shrinker->trial->runs - shrinker->first_run >= options->runs_max)
		shrinker->over = true;
	if (options->ms_max != 0 && now_ms() - shrinker->first_ms >= options->ms_max)
		shrinker->over = true;
}

static bool
shows(struct shrinker *shrinker, struct edit *edit, struct trial_result *result)
{
	trial_run(shrinker->trial, edit_case(edit), NULL, result);
	return trial_find(result, shrinker->key) != NULL;
}

/* Two races may show by the same finding: the scenario must not slip from one to the other. */
static bool
is_same_race(struct shrinker *shrinker, const struct edit *candidate)
{
	struct why reason;

	return shrinker->cause == 0 ||
	    (why(shrinker->trial, candidate, shrinker->key, &reason) &&
	    reason.cause == shrinker->cause);
}

static bool
is_better(struct shrinker *shrinker, struct edit *candidate)
{
	struct trial_result result;
	char *text;
	size_t size;
	bool better;

	text = printed(candidate, &size);
	better = is_new(shrinker, trace_hash(text, size)) &&
	    shows(shrinker, candidate, &result) &&
	    (shrinker->hits_limit || !is_limit(result.end)) &&
	    (!shrinker->alone || count_others(&result, shrinker->key) <= shrinker->others) &&
	    is_a_file(candidate, text) && is_same_race(shrinker, candidate);
	if (better) {
		shrinker->finding = *trial_find(&result, shrinker->key);
		shrinker->others = count_others(&result, shrinker->key);
	}
	free(text);
	return better;
}

bool
shrinker_try(struct shrinker *shrinker, struct edit *candidate)
{
	check_bounds(shrinker);
	if (shrinker->over || !is_better(shrinker, candidate)) {
		edit_free(candidate);
		return false;
	}
	edit_free(shrinker->best);
	shrinker->best = candidate;
	return true;
}

/* ---- steps ---- */

/* A fault of that id (NULL: any). */
static bool
is_armed(const struct scenario_steps *steps, const char *id, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (steps->step[i].verb == SCENARIO_STEP_FAIL &&
		    (id == NULL || strcmp(steps->step[i].fail.id, id) == 0))
			return true;
	return false;
}

static bool
is_paused(const struct scenario_steps *steps, const char *queue, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (device_step_of(&steps->step[i]) != NULL &&
		    device_step_of(&steps->step[i])->queue[BEHAVIOUR_PAUSE] != NULL &&
		    strcmp(device_step_of(&steps->step[i])->queue[BEHAVIOUR_PAUSE], queue) == 0)
			return true;
	return false;
}

/* Does the step undo what no step before it does? */
static bool
undoes_nothing(const struct scenario_steps *steps, size_t i)
{
	const struct scenario_step *step = &steps->step[i];
	const struct device_step *device = device_step_of(step);

	if (step->verb == SCENARIO_STEP_HEAL)
		return !is_armed(steps, step->heal.id, i);
	return device != NULL && device->queue[BEHAVIOUR_RESUME] != NULL &&
	    !is_paused(steps, device->queue[BEHAVIOUR_RESUME], i);
}

/* What is left when steps were taken out must still be a scenario. */
static void
tidy(struct edit *edit)
{
	const struct scenario_steps *steps = &edit->scenario.steps;

	for (size_t i = steps->count; i-- > 0;)
		if (undoes_nothing(steps, i))
			edit_remove(edit, i);
	if (steps->count == 0)
		edit_insert(edit, 0, SCENARIO_STEP_NOTE)->note =
		    arena_printf(edit->arena, "the driver attaches");
}

/* With `in_time` what follows stands when it did. */
static bool
try_without(struct shrinker *shrinker, size_t first, size_t end, bool in_time)
{
	struct edit *candidate = edit_copy(shrinker->best);

	for (size_t i = end; i-- > first;)
		if (in_time)
			edit_take_out(candidate, i);
		else
			edit_remove(candidate, i);
	tidy(candidate);
	return shrinker_try(shrinker, candidate);
}

static bool
drop(struct shrinker *shrinker, size_t first, size_t count)
{
	size_t end = first + count < shrinker_steps(shrinker)->count ?
	    first + count : shrinker_steps(shrinker)->count;

	return try_without(shrinker, first, end, false) ||
	    try_without(shrinker, first, end, true);
}

/* Halves, quarters, ... single ones. */
static bool
drop_steps(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t size = shrinker_steps(shrinker)->count; size > 0; size /= 2)
		for (size_t at = 0; at < shrinker_steps(shrinker)->count && !shrinker->over;)
			if (drop(shrinker, at, size))
				any = true;
			else
				at += size;
	return any;
}

static bool
drop_pair(struct shrinker *shrinker, size_t a, size_t b)
{
	struct edit *candidate = edit_copy(shrinker->best);

	edit_remove(candidate, b);
	edit_remove(candidate, a);
	tidy(candidate);
	return shrinker_try(shrinker, candidate);
}

/* Two that only go together, such as a pause and its end. */
static bool
drop_pairs(struct shrinker *shrinker)
{
	bool any = false;

	if (shrinker_steps(shrinker)->count > PAIRS_MAX)
		return false;
	for (size_t b = 1; b < shrinker_steps(shrinker)->count; b++)
		for (size_t a = 0; a < b && b < shrinker_steps(shrinker)->count; a++)
			any |= drop_pair(shrinker, a, b);
	return any;
}

/* What the class of the device calls simpler: a burst of acts as one of them. */
static bool
calm_storms(struct shrinker *shrinker)
{
	const struct device_class *class =
	    device_class_of(shrinker->best->scenario.device.type);
	bool any = false;

	if (class->explore == NULL || class->explore->simpler == NULL)
		return false;
	for (size_t i = 0; i < shrinker_steps(shrinker)->count; i++)
		for (size_t j = 0; !shrinker->over; j++) {
			struct edit *candidate = edit_copy(shrinker->best);
			struct scenario_step *step = &candidate->scenario.steps.step[i];

			if (!class->explore->simpler(step, j, step, candidate->arena)) {
				edit_free(candidate);
				break;
			}
			any |= shrinker_try(shrinker, candidate);
		}
	return any;
}

/* ---- expectations and what waits for them ---- */

static bool
waits(const struct shrinker *shrinker)
{
	const struct scenario_steps *steps = shrinker_steps(shrinker);

	for (size_t i = 0; i < steps->count; i++)
		if (scenario_step_judges(&steps->step[i]))
			return true;
	return false;
}

static bool
try_baseline(struct shrinker *shrinker, struct edit *of)
{
	struct edit *candidate = baseline_new(shrinker->trial, edit_case(of), NULL);

	/* Made of a case of `of`, it has the same texts. */
	arena_hold(candidate->arena, of->arena);
	return shrinker_try(shrinker, candidate);
}

static bool
stop_waiting(struct shrinker *shrinker)
{
	struct edit *hoisted;
	bool done;

	if (!waits(shrinker) || shrinker->over)
		return false;
	if (try_baseline(shrinker, shrinker->best))
		return true;
	hoisted = shrink_hoisted(shrinker);
	done = try_baseline(shrinker, hoisted);
	edit_free(hoisted);
	return done;
}

static void
drop_claims(struct shrinker *shrinker)
{
	struct edit *candidate = edit_copy(shrinker->best);
	struct scenario *scenario = &candidate->scenario;

	scenario->always.count = scenario->never.count = scenario->finally.count = 0;
	scenario->needs.count = 0;
	scenario->tags = (struct scenario_names){ NULL, 0 };
	shrinker_try(shrinker, candidate);
}

/* ---- all together ---- */

static void
shrink_all(struct shrinker *shrinker)
{
	bool any = true;

	drop_claims(shrinker);
	while (any && !shrinker->over) {
		any = stop_waiting(shrinker);
		any |= drop_steps(shrinker);
		any |= drop_pairs(shrinker);
		any |= calm_storms(shrinker);
		shrinker->alone = true;
		any |= shrink_values(shrinker);
		any |= shrink_points(shrinker);
		any |= shrink_times(shrinker);
		shrinker->alone = false;
	}
}

/* Print, load, run: the finding must be there. */
static bool
verify(struct shrinker *shrinker)
{
	struct trial_result result;
	struct found_text file;
	size_t size;
	char *text = printed(shrinker->best, &size);
	bool good = found_load(&file, text) && shows(shrinker, file.edit, &result);

	found_unload(&file);
	free(text);
	return good;
}

bool
shrink(struct trial *trial, const struct edit *from, uint64_t key,
    const struct shrink_options *options, struct shrink_result *result)
{
	struct shrinker shrinker = {
		.trial = trial, .options = options, .key = key,
		.first_run = trial->runs, .first_ms = now_ms(),
		.best = edit_copy(from),
	};
	struct loops loops = { 0 };
	struct trial_result first;
	struct why reason;

	*result = (struct shrink_result){ .edit = NULL };
	if (!shows(&shrinker, shrinker.best, &first)) {
		edit_free(shrinker.best);
		return false;
	}
	shrinker.finding = *trial_find(&first, key);
	shrinker.others = count_others(&first, key);
	shrinker.hits_limit = is_limit(first.end);
	/* A scenario that ends in the same loop need not be in it for as long. */
	loops_learn(&loops, &first.loops);
	trial->loops = &loops;
	if (why(trial, shrinker.best, key, &reason))
		shrinker.cause = reason.cause;
	shrink_all(&shrinker);
	vec_fini(&shrinker.seen);
	*result = (struct shrink_result){
		.edit = shrinker.best, .finding = shrinker.finding,
		.steps_before = from->scenario.steps.count,
		.steps = shrinker_steps(&shrinker)->count,
		.verified = verify(&shrinker), .complete = !shrinker.over,
	};
	result->runs = trial->runs - shrinker.first_run;
	trial->loops = NULL;
	return true;
}
