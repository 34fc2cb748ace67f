/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The step `device:`, as far as it is the same in every class: see language.h.
 */
#include "device/language.h"

#include <string.h>

/* Of the memory of the checks, beside a bit for each queue. */
#define SNAPSHOT_BIT(name) (UINT64_C(1) << (63 - DEVICE_SNAPSHOTS + (name)))

const struct field_word device_snapshot_words[DEVICE_SNAPSHOTS + 1] = {
	{ "a", 1 }, { "b", 2 }, { "c", 3 }, { "d", 4 }, { NULL, 0 }
};

const struct device_step *
device_step_of(const struct scenario_step *step)
{
	return step->verb == SCENARIO_STEP_OWN && step->row->code == DEVICE_STEP_CODE ?
	    step->own.object : NULL;
}

void
device_step_act(struct device *device, const struct device_step *step)
{
	for (unsigned i = 0; i < BEHAVIOURS; i++) {
		struct device_queue *queue;

		if (step->queue[i] == NULL)
			continue;
		queue = &device->queue[device_queue_by_name(device->class, step->queue[i])];
		if (i == BEHAVIOUR_WRONG_LEN)
			queue->wrong_length = step->length;
		if (i == BEHAVIOUR_WRONG_ID)
			queue->wrong_id = step->id;
		device_behave(device, (enum behaviour)i, queue->number, step->count);
	}
}

void
device_step_act_last(struct device *device, const struct device_step *step)
{
	if (step->needs_reset)
		device_need_reset(device);
	if (step->snapshot != 0)
		device_save(device, (unsigned)step->snapshot - 1);
	if (step->restore != 0)
		device_restore(device, (unsigned)step->restore - 1);
	if (step->gone)
		device_remove(device);
}

void
device_step_check(struct map_check *check, const struct device_step *step, bool more)
{
	static const struct { const char *key, *of; } details[] = {
		{ "length", "wrong_len" }, { "id", "wrong_id" },
	};
	bool counted = false;

	for (unsigned i = 0; i < sizeof(details) / sizeof(details[0]); i++)
		if (map_has(check, details[i].key) && !map_has(check, details[i].of))
			map_error(check, details[i].key, "\"%s\" says what \"%s\" does, which is "
			    "not there", details[i].key, details[i].of);
	for (unsigned i = 0; i < BEHAVIOURS; i++)
		if (map_has(check, device_behaviours[i].word)) {
			more = true;
			counted |= behaviour_is_counted((enum behaviour)i);
		}
	if (!more)
		map_error(check, NULL, "no effect: give at least one key but \"count\"");
	else if (map_has(check, "count") && !counted)
		map_error(check, "count", "\"count\" counts completions (drop, duplicate, "
		    "wrong_..., no_irq, coalesce, after_reset) or notifications (miss)");
	map_only_true(check, "needs_reset", step->needs_reset);
	map_only_true(check, "gone", step->gone);
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
device_step_check_order(struct map_check *check, const struct device_step *step,
    const char *const *queues, uint64_t *memory)
{
	const char *pause = step->queue[BEHAVIOUR_PAUSE];
	const char *resume = step->queue[BEHAVIOUR_RESUME];

	if (step->snapshot != 0)
		*memory |= SNAPSHOT_BIT(step->snapshot);
	if (step->restore != 0 && (*memory & SNAPSHOT_BIT(step->restore)) == 0)
		map_error(check, "restore", "no step before saves a snapshot of that name");
	/* `pause: $q` may well be followed by one `resume` for each queue. */
	if (pause != NULL)
		*memory |= map_is_param(check, "pause") ? SNAPSHOT_BIT(1) - 1 :
		    queue_bit(queues, pause);
	if (resume == NULL)
		return;
	if ((*memory & queue_bit(queues, resume)) == 0)
		map_error(check, "resume", "no step before pauses the queue \"%s\"", resume);
	*memory &= ~queue_bit(queues, resume);
}
