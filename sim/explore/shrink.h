/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shrinking: the smallest scenario that still shows a finding.
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
 * between the same two events of the driver (why.h).
 */
bool shrink(struct trial *trial, const struct edit *from, uint64_t key,
    const struct shrink_options *options, struct shrink_result *result);

#endif /* VIOSIM_EXPLORE_SHRINK_H */
