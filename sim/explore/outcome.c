/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came of one run: see outcome.h.
 */
#include "explore/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
outcome_clear(struct outcome *outcome)
{
	outcome->number = outcome->point = outcome->digest = 0;
	outcome->base[0] = outcome->plan[0] = outcome->group[0] = '\0';
	outcome->ended[0] = outcome->lost[0] = '\0';
	outcome->steps = outcome->findings = 0;
	outcome->events = 0;
	outcome->idle = false;
	outcome->point_count = 0;
}

void
outcome_fini(struct outcome *outcome)
{
	free(outcome->points);
	outcome->points = NULL;
	outcome->point_count = outcome->point_max = 0;
}

bool
outcome_add_point(struct outcome *outcome, const struct outcome_point *point)
{
	for (size_t i = 0; i < outcome->point_count; i++)
		if (outcome->points[i].point == point->point) {
			outcome->points[i].can_fail |= point->can_fail;
			return false;
		}
	if (outcome->point_count == outcome->point_max) {
		outcome->point_max = 2 * outcome->point_max + 16;
		outcome->points = realloc(outcome->points,
		    outcome->point_max * sizeof(outcome->points[0]));
		if (outcome->points == NULL) {
			fputs("viosim: out of memory\n", stderr);
			exit(3);
		}
	}
	outcome->points[outcome->point_count++] = *point;
	return true;
}

static bool
has_key(const struct outcome *outcome, uint64_t key)
{
	for (unsigned i = 0; i < outcome->findings; i++)
		if (outcome->finding[i].key == key)
			return true;
	return false;
}

void
outcome_take(struct outcome *outcome, const struct trial_result *result,
    const struct outcome *plain)
{
	const char *ended = plain == NULL ? trial_ended_early(result) : NULL;

	snprintf(outcome->ended, sizeof(outcome->ended), "%s", ended != NULL ? ended : "");
	outcome->findings = result->findings;
	for (unsigned i = 0; i < result->findings; i++) {
		outcome->finding[i] = result->finding[i];
		outcome->cause[i] = 0;
		outcome->plain[i] = plain != NULL && has_key(plain, result->finding[i].key);
	}
	outcome->digest = result->digest;
	outcome->events = result->counts.events;
}

enum outcome_class
outcome_class(const struct outcome *outcome)
{
	enum outcome_class class = OUTCOME_OK;

	if (outcome->lost[0] != '\0')
		return OUTCOME_LOST;
	for (unsigned i = 0; i < outcome->findings; i++) {
		const struct trial_finding *finding = &outcome->finding[i];
		enum outcome_class weight = finding->defect != NULL ? OUTCOME_KNOWN :
		    finding->rule->severity == SEVERITY_LINT ? OUTCOME_LINT : OUTCOME_NEW;

		if (outcome->plain[i])
			continue;
		if (weight > class)
			class = weight;
	}
	return class;
}
