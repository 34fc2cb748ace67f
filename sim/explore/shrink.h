/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinking: the smallest scenario that still shows a finding, and why it does.
 */
#ifndef VIOSIM_EXPLORE_SHRINK_H
#define VIOSIM_EXPLORE_SHRINK_H

#include "explore/edit.h"
#include "explore/trial.h"

/* At a bound the best so far counts. */
struct shrink_options {
	uint64_t runs_max;		/* 0: no bound */
	uint64_t ms_max;		/* of the host's time; 0: no bound */
};

struct shrink_result {
	struct edit *edit;		/* the smallest found; edit_free() */
	struct trial_finding finding;	/* as it shows there */
	uint64_t runs;
	size_t steps_before, steps;
	bool verified;			/* printed, loaded and run anew: the finding was there */
	bool complete;			/* nothing more could be taken away */
};

/*
 * `from` shows the finding with that key.  False when it does not.  A race stays the same one:
 * between the same two events of the driver (why()).
 */
bool shrink(struct trial *trial, const struct edit *from, uint64_t key,
    const struct shrink_options *options, struct shrink_result *result);

/*
 * ---- why: the points between which something from outside does harm ----
 *
 * A scenario with a `deliver` at a point is run again with that point moved through the points of
 * the interrupted course, until the finding is gone: what the context does just before and just
 * behind the harmful points are the two events whose order makes the difference.
 */

struct why_op {
	bool known;
	char what[80];			/* "reads sc_npages", "reads memory", "mutex_enter" */
	char function[64], file[64];	/* of the driver; "" if unknown */
	unsigned line;			/* 0 if unknown */
};

struct why {
	/* What the interrupted context does before and behind the harm; not known: it begins
	   or ends with the run. */
	struct why_op before, behind;
	struct why_op intruder;		/* what of the interrupt's work these two mind */
	bool earlier_harmless, later_harmless;	/* one point off, the finding is gone */
	uint64_t cause;			/* of `before` and `behind`: the same for the same race; 0
					   unless both are known */
	char text[512];			/* all this in a sentence */
};

/* False when the scenario has no `deliver` at a point that can be moved. */
bool why(struct trial *trial, const struct edit *edit, uint64_t key, struct why *why);

#endif /* VIOSIM_EXPLORE_SHRINK_H */
