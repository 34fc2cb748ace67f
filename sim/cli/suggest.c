/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was meant by a name that is not there.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "scenario/arena.h"
#include "scenario/text.h"

/* Offers a word that is there; true if it is the very same. */
static bool
offer(struct text_nearest *near, const char *word)
{
	text_nearest_offer(near, word);
	return strcmp(near->word, word) == 0;
}

/* ---- replay ids ---- */

/* What no case of a document has. */
struct lack {
	const struct scenario_doc *doc;
	struct arena *arena;		/* of the words that are offered */
	struct text_nearest near;	/* to what was meant */
	char why[256];
};

/* As a case id has it. */
static const char *
without_spaces(struct arena *arena, const char *text)
{
	char *copy = arena_copy(arena, text, strlen(text)), *to = copy;

	for (; *text != '\0'; text++)
		if (*text != ' ')
			*to++ = *text;
	*to = '\0';
	return copy;
}

static bool
lacks_param(struct lack *lack, const struct scenario_param *param)
{
	const struct scenario *first = lack->doc->scenario[0];
	bool is_there = false;

	lack->near = text_nearest(param->name);
	for (size_t i = 0; i < first->nparams; i++)
		is_there |= offer(&lack->near, first->params[i].name);
	snprintf(lack->why, sizeof(lack->why), "it has no %sparameter %s",
	    first->nparams == 0 ? "matrix, and so no " : "", param->name);
	return !is_there;
}

static bool
lacks_value(struct lack *lack, const struct scenario_param *param)
{
	const char *value = without_spaces(lack->arena, param->value);
	bool is_there = false;

	lack->near = text_nearest(value);
	for (size_t i = 0; i < lack->doc->count; i++) {
		const struct scenario *scenario = lack->doc->scenario[i];

		for (size_t j = 0; j < scenario->nparams; j++)
			if (strcmp(scenario->params[j].name, param->name) == 0)
				is_there |= offer(&lack->near, without_spaces(lack->arena,
				    scenario->params[j].value));
	}
	snprintf(lack->why, sizeof(lack->why), "its parameter %s is never %s", param->name, value);
	return !is_there;
}

static bool
lacks_machine(struct lack *lack, const char *part)
{
	bool is_there = false;

	lack->near = text_nearest(part);
	for (size_t i = 0; i < lack->doc->count; i++)
		for (size_t j = 0; j < lack->doc->scenario[i]->machines.count; j++) {
			const char *s = lack->doc->scenario[i]->machines.machine[j].name;

			for (size_t length; *s != '\0'; s += length + (s[length] == ',')) {
				length = strcspn(s, ",");
				is_there |= offer(&lack->near, arena_copy(lack->arena, s, length));
			}
		}
	snprintf(lack->why, sizeof(lack->why), "none of its machines is %s", part);
	return !is_there;
}

static void
find_lack(struct lack *lack, const struct scenario_ref *ref)
{
	size_t seeds = 0;

	for (size_t i = 0; i < ref->nparams; i++)
		if (lacks_param(lack, &ref->params[i]) || lacks_value(lack, &ref->params[i]))
			return;
	for (size_t i = 0; i < ref->nmachine; i++)
		if (lacks_machine(lack, ref->machine[i]))
			return;
	lack->near.best = NULL;
	for (size_t i = 0; i < lack->doc->count; i++)
		seeds += lack->doc->scenario[i]->seeds.count;
	if (ref->has_seed && seeds == 0)
		snprintf(lack->why, sizeof(lack->why), "it has no seeds, and so no case @%" PRIu64,
		    ref->seed);
	else
		snprintf(lack->why, sizeof(lack->why), "no case has all of that together");
}

void
suggest_case(const struct scenario_doc *doc, const struct scenario_ref *ref)
{
	const char *id = doc->scenario[0]->id;
	struct lack lack = { .doc = doc, .arena = arena_new() };

	find_lack(&lack, ref);
	fprintf(stderr, "viosim: %s: %s", id, lack.why);
	if (lack.near.best != NULL)
		fprintf(stderr, "%s\n", text_nearest_hint(&lack.near, ""));
	else
		fprintf(stderr, "; `viosim list --cases %s` lists its cases\n", id);
	arena_free(lack.arena);
}

/* ---- scenarios ---- */

bool
cli_ends_in(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return length > end && strcmp(name + length - end, ending) == 0;
}

const char *
cli_scenario_id(const char *path, struct arena *arena)
{
	bool is_below;

	return scenario_id_of(arena_printf(arena, "scenarios/%s", path), &is_below, arena);
}

static const char *
situation_of(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash != NULL ? slash + 1 : id;
}

/* The scenario or area that is nearest to an id; NULL: none is. */
static const char *
nearest_id(const char *id, const char *const *ids, size_t count, struct arena *arena)
{
	struct text_nearest near = text_nearest(id), alone = text_nearest(situation_of(id));
	const char *whole = NULL;

	/* That it is the same area makes no scenario like another. */
	near.distance = alone.distance;
	/* Of equals the first is taken: the area before what is in it. */
	for (size_t i = 0; i < 2 * count; i++) {
		const char *before = alone.best, *other = i % 2 != 0 ? ids[i / 2] :
		    arena_copy(arena, ids[i / 2], strcspn(ids[i / 2], "/"));

		text_nearest_offer(&near, other);
		text_nearest_offer(&alone, situation_of(other));
		whole = alone.best != before ? other : whole;
	}
	return near.best != NULL || strchr(id, '/') != NULL ? near.best : whole;
}

void
suggest_scenario(const char *name, const char *const *ids, size_t count)
{
	struct arena *arena = arena_new();
	bool is_file = cli_ends_in(name, ".yaml");
	struct text_nearest near = {
		.best = nearest_id(cli_scenario_id(name, arena), ids, count, arena),
	};

	/* A file is suggested for a file. */
	if (near.best != NULL && is_file && strchr(near.best, '/') != NULL)
		near.best = arena_printf(arena, "scenarios/%s.yaml", near.best);
	fprintf(stderr, "viosim: there is no %s %s%s\n", is_file ? "file" :
	    "scenario, file or folder", name,
	    text_nearest_hint(&near, "; `viosim list` lists the scenarios"));
	arena_free(arena);
}

/* ---- tags ---- */

void
suggest_tag(const struct cli_cases *cases, const char *tag)
{
	struct text_nearest near = text_nearest(tag);

	for (size_t i = 0; i < cases->count; i++) {
		const struct scenario_names *names = &cases->item[i].c->scenario->tags;

		for (size_t j = 0; j < names->count; j++)
			text_nearest_offer(&near, names->name[j]);
	}
	fprintf(stderr, "viosim: --tag: no scenario has the tag %s%s\n", tag,
	    text_nearest_hint(&near, ""));
}
