/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of a run's points, and what two of them have in common: see inject.h.
 */
#include "explore/inject.h"

static bool
collide(const struct inject_touch *a, const struct inject_touch *b)
{
	return a->thing == b->thing && (a->write || b->write);
}

static bool
does_nothing(const struct inject_point *ip)
{
	return !ip->everything && ip->touches == 0;
}

bool
inject_points_independent(const struct inject_point *a, const struct inject_point *b)
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
inject_point_has_name(const struct inject_point *ip)
{
	return ip->kind != INJECT_ACCESS || ip->line != 0;
}

struct scenario_point
inject_point_place(const struct inject_point *ip)
{
	return (struct scenario_point){
		.given = true,
		.place = ip->kind == INJECT_ACCESS ? SCENARIO_LINE : SCENARIO_CALL,
		.line = ip->kind == INJECT_ACCESS ? ip->line : 0,
		.name = ip->kind == INJECT_ACCESS ? NULL : trace_call_name(ip->call),
		.nth = ip->nth, .after = ip->kind == INJECT_AFTER,
	};
}
