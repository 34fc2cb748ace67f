/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may happen in a run that its scenario does not tell: one kind of injected event a injection.
 */
#ifndef VIOSIM_EXPLORE_INJECTIONS_H
#define VIOSIM_EXPLORE_INJECTIONS_H

#include <stdbool.h>

#include "device/device.h"
#include "explore/perturb.h"
#include "explore/step_map.h"

/* A step brought forward, numbers of the host; for each queue a completion, an interrupt. */
#define INJECTIONS_MAX	(12 + 2 * DEVICE_QUEUES_MAX)

/* In the order in which they are tried: what finds most comes first. */
struct injections {
	struct injection {
		enum perturb_kind kind;
		uint64_t pages;		/* TARGET */
		int queue;		/* ANSWER, IRQ; -1: the configuration */
	} item[INJECTIONS_MAX];
	unsigned count;
	const struct edit *baseline;
};

void injections_init(struct injections *injections, const struct edit *baseline);

/*
 * The perturbation of that injection at a point of the run that the map is of; false when there is
 * none (no step to bring forward, the host wants that size already).
 */
bool injection_at(const struct injections *injections, unsigned kind, const struct step_map *map,
    const struct inject_point *ip, const struct plan *plan, struct perturbation *perturb);

/* The nth way (from 0) in which the call of a point can fail. */
bool injection_fault(const struct inject_point *ip, unsigned nth, struct perturbation *perturb);

/* Of two injected events at one point: is that injection (count: a failure) to come second? */
bool injection_is_after(const struct injections *injections, unsigned kind,
    const struct perturbation *perturb);

#endif /* VIOSIM_EXPLORE_INJECTIONS_H */
