/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may happen in a run that its scenario does not tell: one kind of injected event a stage.
 */
#ifndef VIOSIM_EXPLORE_STAGE_H
#define VIOSIM_EXPLORE_STAGE_H

#include <stdbool.h>

#include "device/device.h"
#include "explore/perturb.h"
#include "explore/story_map.h"

/* A step brought forward, numbers of the host; for each queue a completion, an interrupt. */
#define STAGES_MAX	(12 + 2 * DEVICE_QUEUES_MAX)

/* In the order in which they are tried: what finds most comes first. */
struct stages {
	struct stage {
		enum perturb_kind kind;
		uint64_t pages;		/* TARGET */
		int queue;		/* ANSWER, IRQ; -1: the configuration */
	} item[STAGES_MAX];
	unsigned count;
	const struct edit *skeleton;
};

void stages_init(struct stages *stages, const struct edit *skeleton);

/*
 * The perturbation of that stage at a point of the run that the map is of; false when there is
 * none (no step to bring forward, the host wants that size already).
 */
bool stage_at(const struct stages *stages, unsigned stage, const struct story_map *map,
    const struct moment *moment, const struct plan *plan, struct perturbation *perturb);

/* The nth way (from 0) in which the call of a point can fail. */
bool stage_fault(const struct moment *moment, unsigned nth, struct perturbation *perturb);

/* Of two injected events at one point: is that stage (count: a failure) to come second? */
bool stage_is_after(const struct stages *stages, unsigned stage,
    const struct perturbation *perturb);

#endif /* VIOSIM_EXPLORE_STAGE_H */
