/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Injected events: and what is under way then: see injections.h.
 */
#include "explore/injections.h"

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
situation_started(void *self, struct world *world)
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
situation_finished(void *self, struct world *world, const struct run_result *result)
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
		.started = situation_started, .finished = situation_finished, .arg = situation,
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

/* The number of the host's newest act before an event; `before`: none yet. */
static uint64_t
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

/* ---- which there are ---- */

static void
add(struct injections *injections, enum perturb_kind kind, uint64_t pages, int queue)
{
	if (kind == PERTURB_TARGET)
		for (unsigned i = 0; i < injections->count; i++)
			if (injections->item[i].kind == kind && injections->item[i].pages == pages)
				return;
	if (injections->count == INJECTIONS_MAX)
		internal_error("more than %d kinds of injected events", INJECTIONS_MAX);
	injections->item[injections->count++] = (struct injection){ kind, pages, queue };
}

static const struct device_explore *
explore_of(const struct edit *baseline)
{
	return device_class_of(baseline->scenario.device.type)->explore;
}

/* A number that the scenario itself has; the first different ones are tried. */
static void
add_number(struct injections *injections, uint64_t number, unsigned *numbers)
{
	unsigned before = injections->count;

	if (*numbers < HOST_NUMBERS_MAX) {
		add(injections, PERTURB_TARGET, number, -1);
		*numbers += injections->count - before;
		return;
	}
	for (unsigned i = 0; i < before; i++)
		if (injections->item[i].kind == PERTURB_TARGET &&
		    injections->item[i].pages == number)
			return;
	injections->left_out++;
}

/* The host's acts in the scenario, in order; returns the number of the last. */
static uint64_t
add_numbers(struct injections *injections, const struct scenario *scenario)
{
	const struct device_explore *explore = explore_of(injections->baseline);
	uint64_t last = explore->first(scenario), *number = NULL;
	unsigned numbers = 0;
	bool moves;

	for (size_t i = 0; i < scenario->steps.count; i++) {
		const struct scenario_step *step = &scenario->steps.step[i];
		size_t count = 0;

		if (step->on != 0)
			continue;
		if (step->verb == SCENARIO_STEP_OWN) {
			count = explore->numbers(step, NULL, 0, &moves);
			number = xrealloc(number, count + 1, sizeof(number[0]));
			explore->numbers(step, number, count, &moves);
		} else if (step->verb == SCENARIO_STEP_DELIVER &&
		    step->deliver.act != SCENARIO_UNSET) {
			number = xrealloc(number, 1, sizeof(number[0]));
			number[count++] = step->deliver.act;
		}
		for (size_t k = 0; k < count; k++)
			add_number(injections, last = number[k], &numbers);
	}
	free(number);
	return last;
}

void
injections_init(struct injections *injections, const struct edit *baseline)
{
	const struct scenario *scenario = &baseline->scenario;
	const struct device_class *class = device_class_of(scenario->device.type);
	uint64_t last = 0, more;
	int queue;

	*injections = (struct injections){ .baseline = baseline };
	if (class->explore != NULL)
		add(injections, PERTURB_NEXT, 0, -1);
	if (baseline->machine.cpus > 1)
		add(injections, PERTURB_HOLD, 0, -1);
	if (class->explore != NULL) {
		add(injections, PERTURB_TARGET, 0, -1);
		last = add_numbers(injections, scenario);
		more = class->explore->more(last, &baseline->machine);
		if (more != 0)
			add(injections, PERTURB_TARGET, more, -1);
	}
	for (queue = 0; class->language.queues[queue] != NULL; queue++)
		add(injections, PERTURB_COMPLETE, 0, queue);
	for (queue = -1; queue < 0 || class->language.queues[queue] != NULL; queue++)
		add(injections, PERTURB_IRQ, 0, queue);
	if (class->explore == NULL)
		return;
	add(injections, PERTURB_TARGET, last + 1, -1);
	if (last > 0)
		add(injections, PERTURB_TARGET, last - 1, -1);
}

bool
injection_is_after(const struct injections *injections, unsigned kind,
    const struct perturbation *perturb)
{
	for (unsigned i = 0; i < injections->count; i++) {
		const struct injection *item = &injections->item[i];

		if (item->kind == perturb->kind && (item->kind == PERTURB_NEXT ||
		    (item->kind == PERTURB_TARGET ? item->pages == perturb->pages :
		    item->queue == perturb->queue)))
			return kind > i;
	}
	return true;
}

/* ---- at a point ---- */

static bool
is_barrier(const struct scenario_step *step)
{
	return step->row->is_barrier != NULL && step->row->is_barrier(step);
}

static bool
next_target(const struct injections *injections, const struct situation *now, uint32_t seq,
    const struct plan *plan, struct perturbation *perturb)
{
	const struct scenario_steps *steps = &injections->baseline->scenario.steps;
	bool moves;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (plan_takes(plan, i) || now->done[i] < seq)
			continue;
		if (is_barrier(step))
			return false;
		if (step->on != 0 || step->verb != SCENARIO_STEP_OWN ||
		    explore_of(injections->baseline)->numbers(step, &perturb->pages, 1,
		    &moves) != 1)
			continue;
		perturb->step = i;
		return moves;
	}
	return false;
}

bool
injection_at(const struct injections *injections, unsigned kind, const struct situation *now,
    const struct inject_point *ip, const struct plan *plan, struct perturbation *perturb)
{
	const struct injection *item = &injections->item[kind];

	*perturb = (struct perturbation){
		.kind = item->kind, .pages = item->pages, .queue = item->queue, .at = *ip,
	};
	switch (item->kind) {
	case PERTURB_NEXT:
		return next_target(injections, now, ip->seq, plan, perturb);
	case PERTURB_TARGET:
		return situation_number(now, ip->seq, explore_of(injections->baseline)->first(
		    &injections->baseline->scenario)) != item->pages;
	case PERTURB_COMPLETE:
		/* With nothing to complete it would be an interrupt. */
		return (situation_out(now, ip->seq).out >> item->queue & 1) != 0;
	case PERTURB_IRQ:
		return situation_is_first(now, item->queue);
	case PERTURB_HOLD:
		return ip->others;
	case PERTURB_FAULT:
		break;
	}
	return true;
}

/*
 * Of the failures that the kernel can produce there the first, and those that are something else
 * for the caller: to wait inside the call.
 */
bool
injection_fault(const struct inject_point *ip, unsigned nth, struct perturbation *perturb)
{
	bool is_first = true;
	size_t count;
	const struct fault_row *rows = fault_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		if ((ip->faults >> i & 1) == 0)
			continue;
		if ((is_first || rows[i].error == HW_FAULT_BLOCK) && nth-- == 0) {
			*perturb = (struct perturbation){
				.kind = PERTURB_FAULT, .fault = &rows[i], .at = *ip,
				.queue = -1,
			};
			return true;
		}
		is_first = false;
	}
	return false;
}
