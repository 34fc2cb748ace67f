/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the steps of a run's scenario lie among its points.
 */
#ifndef VIOSIM_EXPLORE_STEP_MAP_H
#define VIOSIM_EXPLORE_STEP_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "explore/perturb.h"
#include "explore/trial.h"

struct step_map {
	uint32_t *told;			/* by step of the baseline: its event; UINT32_MAX: never */
	size_t steps;
	struct { VEC_MEMBERS(struct step_map_number { uint32_t seq; uint32_t pages; }); } targets;
};

/* One run of `edit`, which is `plan` applied to a baseline of so many steps. */
void step_map_init(struct step_map *map, struct trial *trial, struct edit *edit,
    const struct plan *plan, size_t steps);
void step_map_fini(struct step_map *map);

/* What the host wants at an event. */
uint32_t step_map_target(const struct step_map *map, uint32_t seq, uint32_t before);

#endif /* VIOSIM_EXPLORE_STEP_MAP_H */
