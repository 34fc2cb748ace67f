/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was meant by a name that is not there.
 */
#include "cli/suggest.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scenario/text.h"

/* Words that exist, for as long as a suggestion is looked for. */
struct words {
	VEC_MEMBERS(char *);
};

static void
words_fini(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->item[i]);
	vec_fini(words);
}

static bool
words_have(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->item[i], word) == 0)
			return true;
	return false;
}

/* The sentence for the nearest of them, in *near; "" without any. */
static const char *
words_hint(const struct words *words, const char *word, struct text_nearest *near)
{
	*near = text_nearest(word);
	for (size_t i = 0; i < words->count; i++)
		text_nearest_offer(near, words->item[i]);
	return text_nearest_hint(near, "");
}

/* ---- replay ids ---- */

/* As a case id has it. */
static char *
without_spaces(const char *text)
{
	char *copy = xstrdup(text), *to = copy;

	for (; *text != '\0'; text++)
		if (*text != ' ')
			*to++ = *text;
	*to = '\0';
	return copy;
}

static void
collect_names(const struct scenario_doc *doc, struct words *words)
{
	const struct scenario *first = doc->scenario[0];

	for (size_t i = 0; i < first->nparams; i++)
		*vec_add(words) = xstrdup(first->params[i].name);
}

static void
collect_values(const struct scenario_doc *doc, const char *name, struct words *words)
{
	for (size_t i = 0; i < doc->count; i++)
		for (size_t j = 0; j < doc->scenario[i]->nparams; j++)
			if (strcmp(doc->scenario[i]->params[j].name, name) == 0)
				*vec_add(words) =
				    without_spaces(doc->scenario[i]->params[j].value);
}

static void
collect_machines(const struct scenario_doc *doc, struct words *words)
{
	for (size_t i = 0; i < doc->count; i++)
		for (size_t j = 0; j < doc->scenario[i]->machines.count; j++) {
			const char *s = doc->scenario[i]->machines.machine[j].name;

			for (size_t length; *s != '\0'; s += length + (s[length] == ',')) {
				length = strcspn(s, ",");
				*vec_add(words) = xstrndup(s, length);
			}
		}
}

/* The parameter or its value is unknown: true, with the reason and a hint. */
static bool
bad_param(const struct scenario_doc *doc, const struct scenario_param *param, char *why,
    size_t size, struct text_nearest *near)
{
	struct words names = { 0 }, values = { 0 };
	char *value = without_spaces(param->value);
	bool bad = true;

	collect_names(doc, &names);
	collect_values(doc, param->name, &values);
	if (names.count == 0) {
		snprintf(why, size, "it has no matrix, and so no parameter %s", param->name);
	} else if (!words_have(&names, param->name)) {
		snprintf(why, size, "it has no parameter %s", param->name);
		words_hint(&names, param->name, near);
	} else if (!words_have(&values, value)) {
		snprintf(why, size, "its parameter %s is never %s", param->name, value);
		words_hint(&values, value, near);
	} else {
		bad = false;
	}
	words_fini(&names);
	words_fini(&values);
	free(value);
	return bad;
}

static bool
bad_machine(const struct scenario_doc *doc, const char *part, char *why, size_t size,
    struct text_nearest *near)
{
	struct words parts = { 0 };
	bool bad;

	collect_machines(doc, &parts);
	bad = !words_have(&parts, part);
	if (bad) {
		snprintf(why, size, "none of its machines is %s", part);
		words_hint(&parts, part, near);
	}
	words_fini(&parts);
	return bad;
}

static void
find_reason(const struct scenario_doc *doc, const struct scenario_ref *ref, char *why,
    size_t size, struct text_nearest *near)
{
	size_t seeds = 0;

	for (size_t i = 0; i < ref->nparams; i++)
		if (bad_param(doc, &ref->params[i], why, size, near))
			return;
	for (size_t i = 0; i < ref->nmachine; i++)
		if (bad_machine(doc, ref->machine[i], why, size, near))
			return;
	for (size_t i = 0; i < doc->count; i++)
		seeds += doc->scenario[i]->seeds.count;
	if (ref->has_seed && seeds == 0)
		snprintf(why, size, "it has no seeds, and so no case @%" PRIu64, ref->seed);
	else
		snprintf(why, size, "no case has all of that together");
}

void
suggest_case(const struct scenario_doc *doc, const struct scenario_ref *ref)
{
	const char *id = doc->scenario[0]->id;
	struct text_nearest near = { .best = NULL };
	char why[256];

	find_reason(doc, ref, why, sizeof(why), &near);
	fprintf(stderr, "viosim: %s: %s", id, why);
	if (near.best != NULL)
		fprintf(stderr, "%s\n", near.hint);
	else
		fprintf(stderr, "; `viosim list --cases %s` lists its cases\n", id);
}

/* ---- scenarios ---- */

bool
cli_ends_in(const char *name, const char *ending)
{
	size_t length = strlen(name), end = strlen(ending);

	return length > end && strcmp(name + length - end, ending) == 0;
}

void
suggest_scenario_id(const char *path, char *id, size_t size)
{
	static const char folder[] = "scenarios/";
	size_t n = 0;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	for (; *path != '\0' && n + 1 < size; path++)
		if (*path != '/' || (n > 0 && id[n - 1] != '/'))
			id[n++] = *path;
	id[n] = '\0';
	while (n > 0 && id[n - 1] == '/')
		id[--n] = '\0';
	if (cli_ends_in(id, ".yaml"))
		id[n - 5] = '\0';
	for (char *s = id + strlen(id); s-- > id;)
		if (strncmp(s, folder, sizeof(folder) - 1) == 0 && (s == id || s[-1] == '/')) {
			memmove(id, s + sizeof(folder) - 1, strlen(s + sizeof(folder) - 1) + 1);
			break;
		}
}

static const char *
situation_of(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash != NULL ? slash + 1 : id;
}

/* The scenario or area that is nearest to an id; NULL: none is. */
static const char *
nearest_id(const char *id, struct words *ids)
{
	struct text_nearest near = text_nearest(id), alone = text_nearest(situation_of(id));

	/* That it is the same area makes no scenario like another. */
	near.distance = alone.distance;
	for (size_t i = 0; i < ids->count; i++) {
		text_nearest_offer(&near, ids->item[i]);
		text_nearest_offer(&alone, situation_of(ids->item[i]));
	}
	if (near.best != NULL || strchr(id, '/') != NULL)
		return near.best;
	for (size_t i = 0; i < ids->count && alone.best != NULL; i++)
		if (situation_of(ids->item[i]) == alone.best)
			return ids->item[i];
	return NULL;
}

void
suggest_scenario(const char *name, char *const *paths, size_t count)
{
	struct words ids = { 0 };
	struct text_nearest near = { .best = NULL };
	char id[512], best[640];

	for (size_t i = 0; i < count; i++) {
		suggest_scenario_id(paths[i], id, sizeof(id));
		/* Of equals the first is taken: the area before what is in it. */
		*vec_add(&ids) = xstrndup(id, strcspn(id, "/"));
		*vec_add(&ids) = xstrdup(id);
	}
	suggest_scenario_id(name, id, sizeof(id));
	near.best = nearest_id(id, &ids);
	/* A file is suggested for a file. */
	if (near.best != NULL && cli_ends_in(name, ".yaml") && strchr(near.best, '/') != NULL) {
		snprintf(best, sizeof(best), "scenarios/%s.yaml", near.best);
		near.best = best;
	}
	fprintf(stderr, "viosim: there is no %s %s%s\n", cli_ends_in(name, ".yaml") ? "file" :
	    "scenario, file or folder", name,
	    text_nearest_hint(&near, "; `viosim list` lists the scenarios"));
	words_fini(&ids);
}

/* ---- tags ---- */

void
suggest_tag(const struct cli_cases *cases, const char *tag)
{
	struct words tags = { 0 };
	struct text_nearest near;

	for (size_t i = 0; i < cases->count; i++) {
		const struct scenario_names *names = &cases->item[i].c->scenario->tags;

		for (size_t j = 0; j < names->count; j++)
			if (!words_have(&tags, names->name[j]))
				*vec_add(&tags) = xstrdup(names->name[j]);
	}
	fprintf(stderr, "viosim: --tag: no scenario has the tag %s%s\n", tag,
	    words_hint(&tags, tag, &near));
	words_fini(&tags);
}
