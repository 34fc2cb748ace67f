/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of a run's points, and what two of them have in common: see moments.h.
 */
#include "explore/moments.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
moments_init(struct moments *moments)
{
	memset(moments, 0, sizeof(*moments));
}

void
moments_fini(struct moments *moments)
{
	vec_fini(moments);
}

void
moments_clear(struct moments *moments)
{
	moments->count = 0;
}

static bool
collide(const struct moment_touch *a, const struct moment_touch *b)
{
	return a->thing == b->thing && (a->write || b->write);
}

static bool
does_nothing(const struct moment *moment)
{
	return !moment->everything && moment->touches == 0;
}

bool
moments_are_independent(const struct moment *a, const struct moment *b)
{
	if (does_nothing(a) || does_nothing(b))
		return true;
	if (a->everything || b->everything)
		return false;
	for (unsigned i = 0; i < a->touches; i++)
		for (unsigned k = 0; k < b->touches; k++)
			if (collide(&a->touch[i], &b->touch[k]))
				return false;
	return true;
}

bool
moment_can_be_named(const struct moment *moment)
{
	return moment->kind != MOMENT_ACCESS || moment->line != 0;
}

struct scenario_point
moment_point(const struct moment *moment)
{
	return (struct scenario_point){
		.given = true,
		.place = moment->kind == MOMENT_ACCESS ? SCENARIO_LINE : SCENARIO_CALL,
		.line = moment->kind == MOMENT_ACCESS ? moment->line : 0,
		.name = moment->kind == MOMENT_ACCESS ? NULL : trace_call_name(moment->call),
		.nth = moment->nth, .after = moment->kind == MOMENT_AFTER,
	};
}

void
moment_print(const struct moment *moment, FILE *stream)
{
	if (moment->kind == MOMENT_ACCESS) {
		fprintf(stream, "access %" PRIu32 " at line %u", moment->nth, moment->line);
		return;
	}
	fprintf(stream, "%s %s#%" PRIu32, moment->kind == MOMENT_AFTER ? "after" : "before",
	    trace_call_name(moment->call), moment->nth);
	if (moment->line != 0)
		fprintf(stream, " (line %u)", moment->line);
}
