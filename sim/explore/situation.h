/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is under way at each event of a run: steps of its scenario done, what the host wants,
 * requests with the device.
 */
#ifndef VIOSIM_EXPLORE_SITUATION_H
#define VIOSIM_EXPLORE_SITUATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "explore/perturb.h"
#include "explore/timing.h"
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

/* The number of the host's newest act before an event; `before`: none yet. */
uint64_t situation_number(const struct situation *situation, uint32_t seq, uint64_t before);
/* What is with the device just before an event. */
struct situation_out situation_out(const struct situation *situation, uint32_t seq);

/* Queues that share an interrupt: is it the first of them? */
bool situation_is_first(const struct situation *situation, int queue);

#endif /* VIOSIM_EXPLORE_SITUATION_H */
