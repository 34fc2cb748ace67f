/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is under way: see situation.h.
 */
#include "explore/situation.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"

/* ---- one event after the other ---- */

static void
note_out(struct situation *situation, uint32_t seq, bool live)
{
	struct situation_out *now = vec_add(&situation->outs);

	*now = (struct situation_out){ .seq = seq, .live = live };
	for (unsigned q = 0; q < DEVICE_QUEUES_MAX; q++)
		now->out |= (uint32_t)(situation->out[q] > 0) << q;
}

static void
on_request(struct situation *situation, const struct event *event)
{
	bool live = situation->outs.count > 0 &&
	    situation->outs.item[situation->outs.count - 1].live;
	uint64_t *out = situation->out;

	if (event->kind == EV_DEV_STATUS) {
		live = (event->dev_status.status & TRANSPORT_STATUS_DRIVER_OK) != 0;
		if (event->dev_status.status == 0)
			memset(out, 0, sizeof(situation->out));
		for (unsigned q = 0; q < DEVICE_QUEUES_MAX && live; q++)
			situation->vector[q] = situation->device->transport.queue[q].vector;
	} else if (event->kind == EV_DEV_TAKE && event->dev_take.queue < DEVICE_QUEUES_MAX) {
		out[event->dev_take.queue]++;
	} else if (event->kind == EV_DEV_USED && event->dev_used.queue < DEVICE_QUEUES_MAX) {
		out[event->dev_used.queue] -= out[event->dev_used.queue] > 0;
	}
	note_out(situation, event->seq, live);
}

static void
on_event(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct situation *situation = self;
	const struct device_explore *explore = situation->class->explore;
	uint64_t number;

	(void)site;
	(void)payload;
	/* Explorers act on the first device. */
	if (event->device != 0)
		return;
	switch ((enum event_kind)event->kind) {
	case EV_DEV_STATUS:
	case EV_DEV_TAKE:
	case EV_DEV_USED:
		on_request(situation, event);
		break;
	case EV_IRQ_ENTER:
		if (event->ctx_kind == HW_CTX_HARDINT && event->ipl > situation->level)
			situation->level = event->ipl;
		break;
	default:
		break;
	}
	if (explore != NULL && explore->number_of(event, &number))
		*(struct situation_act *)vec_add(&situation->acts) =
		    (struct situation_act){ event->seq, number };
}

static void
started(void *self, struct world *world)
{
	struct situation *situation = self;

	situation->device = world->hooks.device[0].self;
	timing_started(&situation->timing, world);
	/* Which events tell the host's acts is the class's business. */
	trace_observe(&world->trace, (struct observer){
		.kinds = ~UINT64_C(0), .see = on_event, .self = self,
	});
}

static void
finished(void *self, struct world *world, const struct run_result *result)
{
	struct situation *situation = self;

	(void)world;
	(void)result;
	situation->queues = situation->device->active;
}

/* ---- a run ---- */

/* The plan's own steps come first, and the steps it takes are gone. */
static void
number_steps(struct situation *situation, const struct plan *plan, const struct edit *baseline)
{
	size_t at = plan_steps(plan, baseline), steps = baseline->scenario.steps.count;

	situation->done = xcalloc(steps, sizeof(situation->done[0]));
	for (size_t i = 0; i < steps; i++)
		situation->done[i] = plan_takes(plan, i) ? UINT32_MAX :
		    situation->timing.step[at++].seq;
}

void
situation_init(struct situation *situation, struct trial *trial, struct edit *edit,
    const struct plan *plan, const struct edit *baseline)
{
	struct run_options options = {
		.started = started, .finished = finished, .arg = situation,
	};
	struct run_result result;

	*situation = (struct situation){ .class = device_class_of(edit->scenario.device.type) };
	timing_init(&situation->timing, &edit->scenario);
	trial_watch(trial, edit_case(edit), &options, &result);
	run_result_fini(&result);
	number_steps(situation, plan, baseline);
	timing_fini(&situation->timing);
	situation->device = NULL;
}

void
situation_fini(struct situation *situation)
{
	free(situation->done);
	vec_fini(&situation->acts);
	vec_fini(&situation->outs);
}

uint64_t
situation_number(const struct situation *situation, uint32_t seq, uint64_t before)
{
	for (size_t i = situation->acts.count; i-- > 0;)
		if (situation->acts.item[i].seq < seq)
			return situation->acts.item[i].number;
	return before;
}

struct situation_out
situation_out(const struct situation *situation, uint32_t seq)
{
	size_t low = 0, high = situation->outs.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (situation->outs.item[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? situation->outs.item[low - 1] : (struct situation_out){ 0 };
}

bool
situation_is_first(const struct situation *situation, int queue)
{
	for (int other = 0; other < queue; other++)
		if (situation->vector[other] == situation->vector[queue])
			return false;
	return true;
}
