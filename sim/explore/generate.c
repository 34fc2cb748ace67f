/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Variants: see generate.h.
 */
#include "explore/generate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/class.h"
#include "explore/baseline.h"
#include "explore/injections.h"
#include "explore/perturb.h"

#define EVENTS_MAX 4
#define FAULTS_MAX 2

/* What a variant may have: weight 0 is not at all. */
struct swarm {
	unsigned event[INJECTIONS_MAX];
	unsigned all_events;	/* sum of weights */
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
static const struct inject_point *
draw_point(struct choice *choice, const struct inject_points *points, bool uniform)
{
	bool call = !uniform && toss(choice, CHOICE_SCHEDULE);
	size_t at = draw(choice, CHOICE_SCHEDULE, points->count);

	for (size_t i = 0; i < points->count; i++) {
		const struct inject_point *ip = &points->item[(at + i) % points->count];

		if (inject_point_has_name(ip) && (!call || ip->kind != INJECT_ACCESS))
			return ip;
	}
	return NULL;
}

static size_t
next_step(const struct edit *baseline, const struct plan *plan, uint64_t *number)
{
	const struct device_class *class = device_class_of(baseline->scenario.device.type);
	const struct scenario_steps *steps = &baseline->scenario.steps;
	bool moves;

	for (size_t i = 0; i < steps->count; i++) {
		const struct scenario_step *step = &steps->step[i];

		if (step->on == 0 && step->verb == SCENARIO_STEP_OWN &&
		    step->row->is_barrier == NULL && !plan_takes(plan, i) &&
		    class->explore->numbers(step, number, 1, &moves) == 1)
			return i;
	}
	return SIZE_MAX;
}

static void
happen(const struct edit *baseline, const struct injection *injection,
    const struct inject_point *ip, struct plan *plan)
{
	struct perturbation perturb = {
		.kind = injection->kind, .pages = injection->pages, .queue = injection->queue,
	};

	if (ip == NULL || plan->count == PLAN_MAX)
		return;
	perturb.at = *ip;
	if (injection->kind == PERTURB_NEXT) {
		perturb.step = next_step(baseline, plan, &perturb.pages);
		if (perturb.step == SIZE_MAX)
			return;
	}
	plan->item[plan->count++] = perturb;
}

static const struct injection *
draw_injection(struct choice *choice, const struct injections *injections,
    const struct swarm *swarm)
{
	unsigned left = draw(choice, CHOICE_SCHEDULE, swarm->all_events);

	for (unsigned i = 0; i < injections->count; i++) {
		if (left < swarm->event[i])
			return &injections->item[i];
		left -= swarm->event[i];
	}
	return &injections->item[0];
}

/* A failure of the first call from a random point on that can fail. */
static void
fail(struct choice *choice, const struct inject_points *points, struct plan *plan)
{
	size_t at = draw(choice, CHOICE_FAULT, points->count);
	unsigned row = draw(choice, CHOICE_FAULT, 2);
	struct perturbation perturb;

	for (size_t i = 0; i < points->count && plan->count < PLAN_MAX; i++) {
		const struct inject_point *ip = &points->item[(at + i) % points->count];

		if (!injection_fault(ip, row, &perturb) &&
		    !injection_fault(ip, 0, &perturb))
			continue;
		plan->item[plan->count++] = perturb;
		return;
	}
}

/* ---- the machine and the device ---- */

static void
vary_machine(struct choice *choice, struct edit *edit, bool nodiag)
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
	if (machine->cpus > 1)
		machine->interrupt_cpu = draw(choice, CHOICE_PLACEMENT, 2);
	if (toss(choice, CHOICE_PLACEMENT))
		machine->hz = hz[draw(choice, CHOICE_PLACEMENT, 4)];
	if (toss(choice, CHOICE_PLACEMENT) && machine->memory_pages != SCENARIO_UNSET)
		machine->memory_pages *= 1 + draw(choice, CHOICE_PLACEMENT, 2);
	if (draw(choice, CHOICE_PLACEMENT, 8) == 7)
		machine->softc = SCENARIO_STRADDLE;
	if (nodiag && draw(choice, CHOICE_PLACEMENT, 4) == 3)
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
draw_swarm(struct choice *choice, const struct injections *injections, struct swarm *swarm)
{
	*swarm = (struct swarm){ .all_events = 0 };
	for (unsigned i = 0; i < injections->count; i++) {
		swarm->event[i] = weight(choice, CHOICE_SCHEDULE);
		swarm->all_events += swarm->event[i];
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
generate(struct choice *choice, const struct edit *baseline, const struct inject_points *points,
    bool nodiag)
{
	struct injections injections;
	struct swarm swarm;
	struct plan plan = { .class = device_class_of(baseline->scenario.device.type) };
	struct edit *edit;
	unsigned count;

	injections_init(&injections, baseline);
	draw_swarm(choice, &injections, &swarm);
	count = swarm.all_events > 0 ?
	    draw(choice, CHOICE_SCHEDULE, EVENTS_MAX + 1) : 0;
	for (unsigned i = 0; i < count; i++) {
		/* Not both as arguments: compilers differ in which they evaluate first. */
		const struct inject_point *ip = draw_point(choice, points, false);

		happen(baseline, draw_injection(choice, &injections, &swarm), ip, &plan);
	}
	for (unsigned i = 0; i < FAULTS_MAX; i++)
		if (takes_part(choice, CHOICE_FAULT, swarm.faults))
			fail(choice, points, &plan);
	edit = plan_apply(&plan, baseline);
	if (takes_part(choice, CHOICE_PLACEMENT, swarm.machine))
		vary_machine(choice, edit, nodiag);
	if (takes_part(choice, CHOICE_DEVICE, swarm.device))
		vary_device(choice, edit);
	if (takes_part(choice, CHOICE_TIMER, swarm.seed))
		edit_seed(edit, true, 1 + draw(choice, CHOICE_TIMER, UINT32_MAX));
	return edit;
}

/* ---- few events ---- */

/* That many points in order of time; how many there are. */
static unsigned
draw_points(struct choice *choice, const struct inject_points *points, unsigned count,
    const struct inject_point *at[GENERATE_DEPTH_MAX])
{
	for (unsigned i = 0; i < count; i++) {
		const struct inject_point *ip = draw_point(choice, points, true);
		unsigned k = i;

		if (ip == NULL)
			return 0;
		for (; k > 0 && ip < at[k - 1]; k--)
			at[k] = at[k - 1];
		at[k] = ip;
	}
	return count;
}

struct edit *
generate_depth(struct choice *choice, const struct edit *baseline,
    const struct inject_points *points, unsigned depth, double *bound)
{
	const struct inject_point *at[GENERATE_DEPTH_MAX];
	struct injections injections;
	struct plan plan = { .class = device_class_of(baseline->scenario.device.type) };
	unsigned count;

	assert(depth >= 1 && depth <= GENERATE_DEPTH_MAX);
	injections_init(&injections, baseline);
	count = draw_points(choice, points, depth - 1, at);
	*bound = 1;
	for (unsigned i = 0; i < count && i < injections.count; i++) {
		unsigned next = i + draw(choice, CHOICE_SCHEDULE, injections.count - i);
		struct injection injection = injections.item[next];

		injections.item[next] = injections.item[i];
		injections.item[i] = injection;
		/* A point that can be named is drawn for those before it that cannot be, too. */
		*bound /= (double)points->count * (injections.count - i);
		happen(baseline, &injection, at[i], &plan);
	}
	return plan_apply(&plan, baseline);
}

/* ---- bytes ---- */

const char *const bytes_scenarios[] = {
	"inflate/exact-request", "inflate/two-requests", "deflate/odd-to-zero",
	"deflate/raised-in-flight", "memory/allocation-fails", "target/same-again", NULL
};

void
bytes_init(struct bytes *bytes, struct trial *trial)
{
	*bytes = (struct bytes){ .trial = trial };
	bytes->base = xcalloc(BYTES_BASES_MAX, sizeof(bytes->base[0]));
}

void
bytes_fini(struct bytes *bytes)
{
	for (size_t i = 0; i < bytes->count; i++) {
		edit_free(bytes->base[i].edit);
		vec_fini(&bytes->base[i].points);
	}
	free(bytes->base);
	*bytes = (struct bytes){ .trial = NULL };
}

bool
bytes_add(struct bytes *bytes, const struct scenario_case *c)
{
	struct bytes_base *base = &bytes->base[bytes->count];
	struct scenario_case plain = *c;

	for (size_t i = 0; i < bytes->count; i++)
		if (bytes->base[i].of == c->scenario)
			return true;
	if (trial_module(bytes->trial, c->machine) == NULL)
		return false;
	if (bytes->count == BYTES_BASES_MAX) {
		bytes->left_out++;
		return false;
	}
	plain.has_seed = false;
	base->of = c->scenario;
	base->edit = baseline_new(bytes->trial, &plain, NULL);
	trial_run(bytes->trial, edit_case(base->edit), &base->points, &base->result);
	bytes->count++;
	return true;
}

const struct bytes_base *
bytes_base_of(const struct bytes *bytes, const void *data, size_t size)
{
	assert(bytes->count > 0);
	return &bytes->base[size > 0 ? *(const uint8_t *)data % bytes->count : 0];
}

struct edit *
bytes_edit(const struct bytes *bytes, const void *data, size_t size)
{
	const struct bytes_base *base = bytes_base_of(bytes, data, size);
	struct choice choice;
	struct edit *edit;

	if (size > 1)
		choice_init_bytes(&choice, (const uint8_t *)data + 1, size - 1);
	else
		choice_init_default(&choice);
	edit = generate(&choice, base->edit, &base->points, bytes->trial->nodiag != NULL);
	return edit;
}

bool
bytes_is_new(const struct bytes *bytes, const struct trial_finding *finding)
{
	if (finding->rule->severity != SEVERITY_ERROR || finding->defect != NULL)
		return false;
	for (size_t i = 0; i < bytes->count; i++)
		if (trial_find(&bytes->base[i].result, finding->key) != NULL)
			return false;
	return true;
}
