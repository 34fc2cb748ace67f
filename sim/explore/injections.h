/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is under way at each event of a run (steps of its scenario done, what the host wants,
 * requests with the device), and what may happen there that its scenario does not tell.
 */
#ifndef VIOSIM_EXPLORE_INJECTIONS_H
#define VIOSIM_EXPLORE_INJECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "device/device.h"
#include "explore/baseline.h"
#include "explore/perturb.h"
#include "explore/trial.h"

/* From that event on: the number of the host's newest act, */
struct situation_act { uint32_t seq; uint64_t number; };
/* and queues with requests with the device (bits); live: DRIVER_OK is set. */
struct situation_out { uint32_t seq, out; bool live; };

struct situation {
	const struct device_class *class;
	const struct device *device;	/* while the run goes on */
	uint32_t *done;			/* by step of the baseline: its event; UINT32_MAX: never */
	struct timing timing;		/* of the steps of the run */
	struct { VEC_MEMBERS(struct situation_act); } acts;
	struct { VEC_MEMBERS(struct situation_out); } outs;
	uint64_t out[DEVICE_QUEUES_MAX];	/* requests, at the end */
	unsigned queues;		/* in use */
	uint16_t vector[DEVICE_QUEUES_MAX];	/* that they interrupt by, at DRIVER_OK */
	unsigned level;			/* of interrupts; 0: none came */
};

/* One run of `edit`, which is `plan` applied to `baseline`. */
void situation_init(struct situation *situation, struct trial *trial, struct edit *edit,
    const struct plan *plan, const struct edit *baseline);
void situation_fini(struct situation *situation);

/* What is with the device just before an event. */
struct situation_out situation_out(const struct situation *situation, uint32_t seq);

/* Queues that share an interrupt: is it the first of them? */
bool situation_is_first(const struct situation *situation, int queue);

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
