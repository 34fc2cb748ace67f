/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants: see generate.h.
 */
#include "explore/generate.h"

#include <assert.h>

#include "device/class.h"
#include "explore/perturb.h"
#include "explore/stage.h"

#define HAPPENINGS_MAX 4
#define FAULTS_MAX 2

/* What a variant may have: weight 0 is not at all. */
struct swarm {
	unsigned happening[STAGES_MAX];
	unsigned all_happenings;	/* sum of weights */
	unsigned faults, machine, device, seed;
};

static unsigned
draw(struct choice *choice, enum choice_kind kind, size_t n)
{
	return n == 0 ? 0 : choice_next(choice, kind, n > UINT32_MAX ? UINT32_MAX : (unsigned)n);
}

static bool
toss(struct choice *choice, enum choice_kind kind)
{
	return draw(choice, kind, 2) == 1;
}

static unsigned
weight(struct choice *choice, enum choice_kind kind)
{
	return toss(choice, kind) ? 1 + draw(choice, kind, 4) : 0;
}

/* ---- injected events and failures ---- */

/*
 * Any point, half the time one of a call: loops have most of the accesses.  NULL: there is
 * none to be had.
 */
static const struct moment *
draw_moment(struct choice *choice, const struct moments *moments, bool uniform)
{
	bool call = !uniform && toss(choice, CHOICE_SCHEDULE);
	size_t at = draw(choice, CHOICE_SCHEDULE, moments->count);

	for (size_t i = 0; i < moments->count; i++) {
		const struct moment *moment = &moments->item[(at + i) % moments->count];

		if (moment_can_be_named(moment) && (!call || moment->kind != MOMENT_ACCESS))
			return moment;
	}
	return NULL;
}

static size_t
next_step(const struct edit *skeleton, const struct plan *plan, uint64_t *number)
{
	const struct device_class *class = device_class_of(skeleton->scenario.device.type);
	const struct scenario_steps *steps = &skeleton->scenario.steps;
	bool moves;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (step->verb == SCENARIO_STEP_OWN && step->row->is_barrier == NULL &&
		    !plan_takes(plan, i) && class->explore->numbers(step, number, 1, &moves) == 1)
			return i;
	}
	return SIZE_MAX;
}

static void
happen(const struct edit *skeleton, const struct stage *stage, const struct moment *moment,
    struct plan *plan)
{
	struct perturbation perturb = {
		.kind = stage->kind, .pages = stage->pages, .queue = stage->queue,
	};

	if (moment == NULL || plan->count == PLAN_MAX)
		return;
	perturb.at = *moment;
	if (stage->kind == PERTURB_NEXT) {
		perturb.step = next_step(skeleton, plan, &perturb.pages);
		if (perturb.step == SIZE_MAX)
			return;
	}
	plan->item[plan->count++] = perturb;
}

static const struct stage *
draw_stage(struct choice *choice, const struct stages *stages, const struct swarm *swarm)
{
	unsigned left = draw(choice, CHOICE_SCHEDULE, swarm->all_happenings);

	for (unsigned i = 0; i < stages->count; i++) {
		if (left < swarm->happening[i])
			return &stages->item[i];
		left -= swarm->happening[i];
	}
	return &stages->item[0];
}

/* A failure of the first call from a random point on that can fail. */
static void
fail(struct choice *choice, const struct moments *moments, struct plan *plan)
{
	size_t at = draw(choice, CHOICE_FAULT, moments->count);
	unsigned row = draw(choice, CHOICE_FAULT, 2);
	struct perturbation perturb;

	for (size_t i = 0; i < moments->count && plan->count < PLAN_MAX; i++) {
		const struct moment *moment = &moments->item[(at + i) % moments->count];

		if (!stage_fault(moment, row, &perturb) &&
		    !stage_fault(moment, 0, &perturb))
			continue;
		plan->item[plan->count++] = perturb;
		return;
	}
}

/* ---- the machine and the device ---- */

static void
vary_machine(struct choice *choice, struct edit *edit, bool twin)
{
	static const uint64_t hz[] = { 100, 1000, 64, 512 };
	struct scenario_machine *machine = &edit->machine;

	if (toss(choice, CHOICE_PLACEMENT))
		machine->transport = machine->transport == SCENARIO_LEGACY ?
		    SCENARIO_VIRTIO_1 : SCENARIO_LEGACY;
	if (toss(choice, CHOICE_PLACEMENT))
		machine->dma = machine->dma == SCENARIO_BOUNCE ?
		    SCENARIO_COHERENT : SCENARIO_BOUNCE;
	if (toss(choice, CHOICE_PLACEMENT))
		machine->interrupts = SCENARIO_MSIX;
	if (toss(choice, CHOICE_PLACEMENT))
		machine->cpus = 1 + draw(choice, CHOICE_PLACEMENT, 2);
	if (toss(choice, CHOICE_PLACEMENT))
		machine->hz = hz[draw(choice, CHOICE_PLACEMENT, 4)];
	if (toss(choice, CHOICE_PLACEMENT) && machine->memory_pages != SCENARIO_UNSET)
		machine->memory_pages *= 1 + draw(choice, CHOICE_PLACEMENT, 2);
	if (draw(choice, CHOICE_PLACEMENT, 8) == 7)
		machine->softc = SCENARIO_STRADDLE;
	if (twin && draw(choice, CHOICE_PLACEMENT, 4) == 3)
		machine->diagnostic = false;
}

static unsigned
draw_for_device(void *choice, size_t n)
{
	return draw(choice, CHOICE_DEVICE, n);
}

static void
vary_device(struct choice *choice, struct edit *edit)
{
	const struct scenario_device *device = &edit->scenario.device;
	const struct device_class *class = device_class_of(device->type);

	if (class->explore != NULL && class->explore->vary != NULL)
		class->explore->vary(device->own.object, draw_for_device, choice);
}

/* ---- all ---- */

static void
draw_swarm(struct choice *choice, const struct stages *stages, struct swarm *swarm)
{
	*swarm = (struct swarm){ .all_happenings = 0 };
	for (unsigned i = 0; i < stages->count; i++) {
		swarm->happening[i] = weight(choice, CHOICE_SCHEDULE);
		swarm->all_happenings += swarm->happening[i];
	}
	swarm->faults = weight(choice, CHOICE_FAULT);
	swarm->machine = weight(choice, CHOICE_PLACEMENT);
	swarm->device = weight(choice, CHOICE_DEVICE);
	swarm->seed = weight(choice, CHOICE_TIMER);
}

/* Three times in four at weight 4, never at 0. */
static bool
takes_part(struct choice *choice, enum choice_kind kind, unsigned its_weight)
{
	return its_weight > 0 && draw(choice, kind, 6) < its_weight + 1;
}

struct edit *
generate(struct choice *choice, const struct edit *skeleton, const struct moments *moments,
    bool twin)
{
	struct stages stages;
	struct swarm swarm;
	struct plan plan = { .count = 0 };
	struct edit *edit;
	unsigned count;

	stages_init(&stages, skeleton);
	draw_swarm(choice, &stages, &swarm);
	count = swarm.all_happenings > 0 ?
	    draw(choice, CHOICE_SCHEDULE, HAPPENINGS_MAX + 1) : 0;
	for (unsigned i = 0; i < count; i++) {
		/* Not both as arguments: compilers differ in which they evaluate first. */
		const struct moment *moment = draw_moment(choice, moments, false);

		happen(skeleton, draw_stage(choice, &stages, &swarm), moment, &plan);
	}
	for (unsigned i = 0; i < FAULTS_MAX; i++)
		if (takes_part(choice, CHOICE_FAULT, swarm.faults))
			fail(choice, moments, &plan);
	edit = plan_apply(&plan, skeleton);
	if (takes_part(choice, CHOICE_PLACEMENT, swarm.machine))
		vary_machine(choice, edit, twin);
	if (takes_part(choice, CHOICE_DEVICE, swarm.device))
		vary_device(choice, edit);
	if (takes_part(choice, CHOICE_TIMER, swarm.seed))
		edit_seed(edit, true, 1 + draw(choice, CHOICE_TIMER, UINT32_MAX));
	return edit;
}

/* ---- random priorities ---- */

/* That many points in order of time; how many there are. */
static unsigned
draw_moments(struct choice *choice, const struct moments *moments, unsigned count,
    const struct moment *at[GENERATE_DEPTH_MAX])
{
	for (unsigned i = 0; i < count; i++) {
		const struct moment *moment = draw_moment(choice, moments, true);
		unsigned k = i;

		if (moment == NULL)
			return 0;
		for (; k > 0 && moment < at[k - 1]; k--)
			at[k] = at[k - 1];
		at[k] = moment;
	}
	return count;
}

struct edit *
generate_pct(struct choice *choice, const struct edit *skeleton, const struct moments *moments,
    unsigned depth, double *bound)
{
	const struct moment *at[GENERATE_DEPTH_MAX];
	struct stages stages;
	struct plan plan = { .count = 0 };
	unsigned count;

	assert(depth >= 1 && depth <= GENERATE_DEPTH_MAX);
	stages_init(&stages, skeleton);
	count = draw_moments(choice, moments, depth - 1, at);
	*bound = 1;
	for (unsigned i = 0; i < count && i < stages.count; i++) {
		unsigned next = i + draw(choice, CHOICE_SCHEDULE, stages.count - i);
		struct stage stage = stages.item[next];

		stages.item[next] = stages.item[i];
		stages.item[i] = stage;
		/* A point that can be named is drawn for those before it that cannot be, too. */
		*bound /= (double)moments->count * (stages.count - i);
		happen(skeleton, &stage, at[i], &plan);
	}
	return plan_apply(&plan, skeleton);
}
