/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A scenario without its expectations: what the host, the device and the rest of the guest do,
 * and when.
 *
 * What may be expected at a point no longer holds when calls fail and interrupts come
 * elsewhere; what the rules demand does.  Steps that waited are gone: those after them stand at
 * the time at which they were done in the baseline run.  The end is that of every scenario:
 * faults healed, nothing more from the host, a settle, and the rules' last word.
 */
#ifndef VIOSIM_EXPLORE_BASELINE_H
#define VIOSIM_EXPLORE_BASELINE_H

#include "explore/edit.h"
#include "explore/trial.h"

/* `threads` (may be NULL) gets how many the driver started in that run. */
struct edit *baseline_new(struct trial *trial, const struct scenario_case *c, unsigned *threads);

#endif /* VIOSIM_EXPLORE_BASELINE_H */
