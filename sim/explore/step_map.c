/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the steps lie: see step_map.h.
 */
#include "explore/step_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct looker {
	struct step_map *map;
	uint32_t *step_of;		/* by step of the run: that of the baseline */
	size_t steps;
};

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct looker *looker = self;
	struct step_map *map = looker->map;

	(void)site;
	(void)payload;
	if (event->kind == EV_STEP && event->step.index < looker->steps) {
		uint32_t step = looker->step_of[event->step.index];

		if (step != UINT32_MAX)
			map->told[step] = event->seq;
	}
	if (event->kind != EV_HOST_TARGET)
		return;
	*(struct step_map_number *)vec_add(&map->targets) = (struct step_map_number){
		event->seq, (uint32_t)event->host_target.pages,
	};
}

static void
started(void *self, struct world *world)
{
	trace_observe(&world->trace, (struct observer){
		.kinds = UINT64_C(1) << EV_STEP | UINT64_C(1) << EV_HOST_TARGET,
		.see = see, .self = self,
	});
}

/* The plan's own steps come first, and the steps it takes are gone. */
static void
number_steps(struct looker *looker, const struct plan *plan, size_t steps)
{
	size_t at = plan->count;

	looker->steps = plan->count + steps;
	looker->step_of = xcalloc(looker->steps, sizeof(looker->step_of[0]));
	for (size_t i = 0; i < looker->steps; i++)
		looker->step_of[i] = UINT32_MAX;
	for (size_t i = 0; i < steps; i++)
		if (!plan_takes(plan, i))
			looker->step_of[at++] = (uint32_t)i;
}

void
step_map_init(struct step_map *map, struct trial *trial, struct edit *edit,
    const struct plan *plan, size_t steps)
{
	struct looker looker = { .map = map };
	struct run_options options = { .started = started, .arg = &looker };
	struct scenario_case c;
	struct run_result result;

	memset(map, 0, sizeof(*map));
	map->steps = steps;
	map->told = xcalloc(steps, sizeof(map->told[0]));
	for (size_t i = 0; i < steps; i++)
		map->told[i] = UINT32_MAX;
	number_steps(&looker, plan, steps);
	edit_case(edit, &c);
	trial_watch(trial, &c, &options, &result);
	run_result_fini(&result);
	scenario_case_fini(&c);
	free(looker.step_of);
}

void
step_map_fini(struct step_map *map)
{
	free(map->told);
	vec_fini(&map->targets);
}

uint32_t
step_map_target(const struct step_map *map, uint32_t seq, uint32_t before)
{
	uint32_t pages = before;

	for (size_t i = 0; i < map->targets.count && map->targets.item[i].seq < seq; i++)
		pages = map->targets.item[i].pages;
	return pages;
}
