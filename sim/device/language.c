/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step `device:`, as far as it is the same in every class: see language.h.
 */
#include "device/language.h"

#include <string.h>

const struct device_step *
device_step_of(const struct scenario_step *step)
{
	return step->verb == SCENARIO_STEP_OWN && step->row->code == DEVICE_STEP_CODE ?
	    step->own.object : NULL;
}

void
device_step_act(struct device *device, const struct device_step *step)
{
	for (unsigned i = 0; i < BEHAVIOURS; i++)
		if (step->queue[i] != NULL)
			device_behave(device, (enum behaviour)i,
			    (unsigned)device_queue_by_name(device->class, step->queue[i]),
			    step->count);
}

void
device_step_check(struct map_check *check, const struct device_step *step, bool more)
{
	bool counted = false;

	for (unsigned i = 0; i < BEHAVIOURS; i++)
		if (map_has(check, device_behaviours[i].word)) {
			more = true;
			counted |= behaviour_is_counted((enum behaviour)i);
		}
	if (!more && !map_has(check, "needs_reset"))
		map_error(check, NULL, "no effect: give at least one key but \"count\"");
	else if (map_has(check, "count") && !counted)
		map_error(check, "count", "\"count\" counts completions: drop, duplicate, "
		    "wrong_..., no_irq, coalesce");
	map_only_true(check, "needs_reset", step->needs_reset);
}

static uint64_t
queue_bit(const char *const *queues, const char *name)
{
	uint64_t bit = 1;

	while (*queues != NULL && strcmp(*queues++, name) != 0)
		bit <<= 1;
	return bit;
}

void
device_step_check_order(struct step_check *check, const struct device_step *step,
    const char *const *queues, uint64_t *memory)
{
	const char *pause = step->queue[BEHAVIOUR_PAUSE];
	const char *resume = step->queue[BEHAVIOUR_RESUME];

	/* `pause: $q` may well be followed by one `resume` for each queue. */
	if (pause != NULL)
		*memory |= step_is_param(check, "pause") ? UINT64_MAX :
		    queue_bit(queues, pause);
	if (resume == NULL)
		return;
	if ((*memory & queue_bit(queues, resume)) == 0)
		step_error(check, "resume", "no step before pauses the queue \"%s\"", resume);
	*memory &= ~queue_bit(queues, resume);
}
