/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The recorder: looks on at a run and lists its points (inject.h).  For trial.c.
 */
#ifndef VIOSIM_EXPLORE_RECORDER_H
#define VIOSIM_EXPLORE_RECORDER_H

#include "explore/inject.h"
#include "machine/world.h"

struct module;
struct recorder;

/* One for many runs of a module, which is borrowed. */
struct recorder *recorder_new(struct module *module);
void recorder_free(struct recorder *recorder);	/* NULL is fine */

/* The next run of which recorder_start() hears goes into that list, from the beginning. */
void recorder_into(struct recorder *recorder, struct inject_points *points);
/* For struct run_options: `recorder` is a struct recorder. */
void recorder_start(void *recorder, struct world *world);

#endif /* VIOSIM_EXPLORE_RECORDER_H */
