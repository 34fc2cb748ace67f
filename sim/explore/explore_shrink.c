/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest story of each group of findings.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "explore/explore.h"
#include "explore/found.h"
#include "run/pool.h"
#include "explore/shrink.h"
#include "explore/why.h"

struct shrinking {
	struct explore *explore;
	struct explore_cause **order;	/* the first of each group, then the second, ... */
	size_t stories;
	struct trial trial;		/* a worker's */
	uint64_t ms;			/* for each */
	int64_t end_ms;
};

/* The host's time that a story may have: its share of what is left, at most `ms`. */
static uint64_t
patience_ms(const struct shrinking *shrinking, size_t index)
{
	int64_t left = shrinking->end_ms - explore_now_ms();
	size_t stories = shrinking->stories - index;
	uint64_t share;

	if (left <= 0)
		return 1;
	share = (uint64_t)left * shrinking->explore->options.jobs / stories;
	if (share > (uint64_t)left)
		share = (uint64_t)left;
	return share < shrinking->ms ? share + 1 : shrinking->ms;
}

static json_t *
story_of(struct edit *edit)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	json_t *value;

	if (stream == NULL)
		abort();
	edit_print(edit, edit->scenario.id, edit->scenario.summary, NULL, stream);
	fclose(stream);
	value = json_string(text);
	free(text);
	return value;
}

/* The sentence about the two events, or none. */
static json_t *
why_of(struct shrinking *shrinking, const struct shrink_result *result, uint64_t key)
{
	struct why found;

	return why(&shrinking->trial, result->edit, key, &found) && found.text[0] != '\0' ?
	    json_string(found.text) : NULL;
}

/* Nothing is written for a story that does not show the finding again. */
static void
shrink_text(struct shrinking *shrinking, const struct explore_cause *cause, uint64_t ms,
    FILE *out)
{
	struct shrink_options options = { .ms_max = ms };
	struct shrink_result result;
	struct found_text text;
	json_t *line;

	if (!found_load(&text, cause->scenario))
		return;
	if (shrink(&shrinking->trial, text.edit, cause->key, &options, &result)) {
		line = json_pack("{s:I, s:b, s:b, s:o, s:o*}",
		    "steps", (json_int_t)result.steps,
		    "verified", result.verified, "complete", result.complete,
		    "scenario", story_of(result.edit),
		    "why", why_of(shrinking, &result, cause->key));
		if (line == NULL || json_dumpf(line, out, JSON_COMPACT) != 0)
			abort();
		json_decref(line);
		edit_free(result.edit);
	}
	found_unload(&text);
}

static void
begin(void *arg)
{
	struct shrinking *shrinking = arg;

	trial_init(&shrinking->trial, shrinking->explore->module,
	    shrinking->explore->manifest);
}

static void
piece(void *arg, size_t index, FILE *out)
{
	struct shrinking *shrinking = arg;

	shrink_text(shrinking, shrinking->order[index], patience_ms(shrinking, index), out);
}

static char *
copy_of(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static bool
done(void *arg, size_t index, const struct pool_result *got)
{
	const char *text = got->text, *why = got->why;
	size_t length = got->length;
	struct shrinking *shrinking = arg;
	struct explore_cause *cause = shrinking->order[index];
	json_t *line = text != NULL ? json_loadb(text, length, 0, NULL) : NULL;
	const char *scenario, *because = NULL;
	json_int_t steps;
	int verified, complete;

	(void)why;
	if (json_unpack(line, "{s:I, s:b, s:b, s:s, s?s}", "steps", &steps, "verified",
	    &verified, "complete", &complete, "scenario", &scenario, "why", &because) == 0) {
		free(cause->scenario);
		cause->scenario = copy_of(scenario);
		cause->steps = (size_t)steps;
		cause->shrunk = true;
		cause->verified = verified;
		cause->complete = complete;
		cause->why = because != NULL ? copy_of(because) : NULL;
	}
	json_decref(line);
	return true;
}

static bool
tick(void *arg, size_t groups)
{
	struct explore *explore = ((struct shrinking *)arg)->explore;

	(void)groups;
	if (explore->tick != NULL)
		explore->tick(explore->arg, explore);
	return true;
}

static int
by_turn(const void *a, const void *b)
{
	const struct explore_cause *one = *(struct explore_cause *const *)a;
	const struct explore_cause *other = *(struct explore_cause *const *)b;
	int order = (one->turn > other->turn) - (one->turn < other->turn);

	return order != 0 ? order : (one->group > other->group) - (one->group < other->group);
}

static bool
are_same(const struct explore_cause *a, const struct explore_cause *b)
{
	if (a->group != b->group)
		return false;
	return strcmp(a->scenario, b->scenario) == 0 ||
	    (a->why != NULL && b->why != NULL && strcmp(a->why, b->why) == 0);
}

/* What shrank to the same story had the same cause. */
static void
join(struct explore *explore)
{
	for (size_t i = 0; i < explore->causes; i++)
		for (size_t k = 0; k < i && !explore->cause[i].same; k++)
			if (!explore->cause[k].same &&
			    are_same(&explore->cause[k], &explore->cause[i])) {
				explore->cause[i].same = true;
				explore->cause[k].runs += explore->cause[i].runs;
			}
}

bool
explore_shrink(struct explore *explore, uint64_t ms, uint64_t all_ms)
{
	struct shrinking shrinking = {
		.explore = explore, .ms = ms, .end_ms = explore_now_ms() + (int64_t)all_ms,
	};
	struct pool_work work = {
		.jobs = explore->options.jobs,
		.seconds = (unsigned)(ms / 1000) + 60, .begin = begin, .piece = piece,
		.done = done, .tick = tick, .arg = &shrinking,
	};
	bool good;

	explore->shrinking = true;
	shrinking.order = calloc(explore->causes + 1, sizeof(shrinking.order[0]));
	if (shrinking.order == NULL)
		abort();
	for (size_t i = 0; i < explore->causes; i++)
		if (explore->cause[i].turn < EXPLORE_STORIES_MAX)
			shrinking.order[shrinking.stories++] = &explore->cause[i];
	qsort(shrinking.order, shrinking.stories, sizeof(shrinking.order[0]), by_turn);
	work.count = shrinking.stories;
	good = work.count == 0 || pool_run_all(&work);
	free(shrinking.order);
	join(explore);
	return good;
}
