/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the bytes of a fuzzer mean: a scenario.
 *
 * The first byte picks one of some base scenarios (modulo their number); the others are the
 * choices of generate.h, which makes a variant of it.  What is missing is 0, the simplest, and
 * what is left over does not count: any bytes are a scenario.  The same bytes, bases and driver
 * make the same one.
 */
#ifndef VIOSIM_EXPLORE_BYTES_H
#define VIOSIM_EXPLORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/edit.h"
#include "explore/inject.h"
#include "explore/trial.h"

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

#endif /* VIOSIM_EXPLORE_BYTES_H */
