/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What may happen in a run that its scenario does not tell: one kind of injected event a injection.
 */
#ifndef VIOSIM_EXPLORE_INJECTIONS_H
#define VIOSIM_EXPLORE_INJECTIONS_H

#include <stdbool.h>

#include "device/device.h"
#include "explore/perturb.h"
#include "explore/situation.h"

/* A step brought forward, a switch of CPUs, numbers of the host; for each queue a completion, an
   interrupt. */
#define HOST_NUMBERS_MAX 8		/* of the scenario, that are tried */
#define INJECTIONS_MAX	(HOST_NUMBERS_MAX + 8 + 2 * DEVICE_QUEUES_MAX)

/* In the order in which they are tried: what finds most comes first. */
struct injections {
	struct injection {
		enum perturb_kind kind;
		uint64_t pages;		/* TARGET */
		int queue;		/* COMPLETE, IRQ; -1: the configuration */
	} item[INJECTIONS_MAX];
	unsigned count;
	unsigned left_out;		/* different numbers of the host beyond those */
	const struct edit *baseline;
};

void injections_init(struct injections *injections, const struct edit *baseline);

/*
 * The perturbation of that injection at a point of the run that the map is of; false when there is
 * none (no step to bring forward, the host wants that size already).
 */
bool injection_at(const struct injections *injections, unsigned kind, const struct situation *now,
    const struct inject_point *ip, const struct plan *plan, struct perturbation *perturb);

/* The nth way (from 0) in which the call of a point can fail. */
bool injection_fault(const struct inject_point *ip, unsigned nth, struct perturbation *perturb);

/* Of two injected events at one point: is that injection (count: a failure) to come second? */
bool injection_is_after(const struct injections *injections, unsigned kind,
    const struct perturbation *perturb);

#endif /* VIOSIM_EXPLORE_INJECTIONS_H */
