/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants of a scenario, drawn from a source of choices: a seed gives a random one, the bytes of
 * a fuzzer one of its making.  The same draws make the same variant.
 */
#ifndef VIOSIM_EXPLORE_GENERATE_H
#define VIOSIM_EXPLORE_GENERATE_H

#include "explore/edit.h"
#include "explore/inject.h"
#include "machine/choice.h"

/*
 * Swarm: what a variant may have at all is drawn first (about half of the kinds of injected events,
 * failures, machine features and legal behaviours of the device, each with a weight), then how
 * much of it and where.  Leaving things out finds what they would cover up.
 *
 * `points` are those of the baseline's run; there may be none.  `nodiag`: a machine without
 * DIAGNOSTIC can be run.  The result is the caller's; edit_free().
 */
struct edit *generate(struct choice *choice, const struct edit *baseline,
    const struct inject_points *points, bool nodiag);

/*
 * Few events: `depth` - 1 points are drawn uniformly, and at each, in order of time, comes an event
 * of another kind, drawn uniformly of those that are left.  A mistake that shows when depth - 1
 * injected events of certain kinds come at certain points of the baseline run is met with the
 * probability *bound, or a greater one:
 *
 *	1 / (h * (h - 1) * ... * k ^ (depth - 1))
 *
 * with h kinds (depth - 1 factors) and k points; for depth 2 that is 1 / (h * k).  It is the bound
 * of PCT (Burckhardt and others, ASPLOS 2010), 1 / (n * k ^ (depth - 1)), with kinds in place of
 * threads; but no thread has a priority here.
 */
struct edit *generate_depth(struct choice *choice, const struct edit *baseline,
    const struct inject_points *points, unsigned depth, double *bound);
#define GENERATE_DEPTH_MAX 7

#endif /* VIOSIM_EXPLORE_GENERATE_H */
