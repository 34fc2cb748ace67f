/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why: the points between which something from outside does harm, and beyond which it does not.
 *
 * A scenario with a `deliver` at a point is run again with that point moved through the points of
 * the interrupted course, until the finding is gone: what the context does just before and just
 * behind the harmful points are the two events whose order makes the difference.
 */
#ifndef VIOSIM_EXPLORE_WHY_H
#define VIOSIM_EXPLORE_WHY_H

#include <stdbool.h>

#include "explore/edit.h"
#include "explore/trial.h"

struct why_op {
	bool known;
	char what[80];			/* "reads sc_npages", "reads memory", "mutex_enter" */
	char function[64], file[64];	/* of the driver; "" if unknown */
	unsigned line;			/* 0 if unknown */
};

struct why {
	size_t step;			/* the `deliver` */
	/* What the interrupted context does before and behind the harm; not known: it begins
	   or ends with the run. */
	struct why_op before, behind;
	struct why_op intruder;		/* what of the interrupt's work these two mind */
	bool earlier_harmless, later_harmless;	/* one point off, the finding is gone */
	uint64_t cause;			/* of `before` and `behind`: the same for the same race; 0
					   unless both are known */
	uint64_t runs;
	char text[512];			/* all this in a sentence */
};

/* False when the scenario has no `deliver` at a point that can be moved. */
bool why(struct trial *trial, const struct edit *edit, uint64_t key, struct why *why);

#endif /* VIOSIM_EXPLORE_WHY_H */
