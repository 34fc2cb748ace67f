/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a run the same when it is done again?
 */
#ifndef VIOSIM_EXPLORE_SAME_H
#define VIOSIM_EXPLORE_SAME_H

#include <stdint.h>

#include "explore/trial.h"

/*
 * NULL when a second run has that digest.  Otherwise a sentence about the first event in which
 * runs of the case differ; free() it.  `noise` is 0 but for tests: it makes every run another.
 */
char *same_again(struct trial *trial, const struct scenario_case *c, uint64_t digest,
    uint64_t noise);

#endif /* VIOSIM_EXPLORE_SAME_H */
