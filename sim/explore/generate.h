/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants of a scenario, drawn from a source of choices: a seed gives a random one, the bytes of
 * a fuzzer one of its making.  The same draws make the same variant.
 */
#ifndef VIOSIM_EXPLORE_GENERATE_H
#define VIOSIM_EXPLORE_GENERATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/edit.h"
#include "explore/inject.h"
#include "explore/trial.h"
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

/*
 * ---- what the bytes of a fuzzer mean: a scenario ----
 *
 * The first byte picks one of some base scenarios (modulo their number); the others are the
 * choices of generate(), which makes a variant of it.  What is missing is 0, the simplest, and
 * what is left over does not count: any bytes are a scenario.  The same bytes, bases and driver
 * make the same one.
 */

#define BYTES_BASES_MAX 256

struct bytes_base {
	const struct scenario *of;
	struct edit *edit;		/* without expectations */
	struct inject_points points;		/* of the baseline's run, */
	struct trial_result result;	/* and what it found */
};

struct bytes {
	struct trial *trial;
	struct bytes_base *base;	/* BYTES_BASES_MAX, `count` of them in use */
	size_t count;
	size_t left_out;		/* scenarios beyond those */
};

/* Ordinary scenarios, for who names none; ends with NULL. */
extern const char *const bytes_scenarios[];

/* The trial is borrowed. */
void bytes_init(struct bytes *bytes, struct trial *trial);
void bytes_fini(struct bytes *bytes);

/*
 * Another base, without its seed.  A scenario that is one already is not added again, as its
 * other machines are among the variants.  False when it cannot be: no module for its machine,
 * or too many bases (a byte picks).  The case's scenario must outlive this.
 */
bool bytes_add(struct bytes *bytes, const struct scenario_case *c);

/* The base that the bytes pick, and the scenario that they mean; edit_free().  There is a base. */
const struct bytes_base *bytes_base_of(const struct bytes *bytes, const void *data, size_t size);
struct edit *bytes_edit(const struct bytes *bytes, const void *data, size_t size);

/* An error that fits no known defect, and that no base shows as it stands. */
bool bytes_is_new(const struct bytes *bytes, const struct trial_finding *finding);

#endif /* VIOSIM_EXPLORE_GENERATE_H */
