/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a scenario, in order.
 *
 * Steps at the head of the list that have no `at` and only prepare (verb.prepares) are done before
 * the driver attaches; everything else after.  A step with a time is a timed event of the world
 * (CLOCK_STEP), so that under a seeded source it may come a little early, between any two points
 * of the driver.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "device/behaviour.h"
#include "device/language.h"
#include "run/state.h"

#define FINAL_SETTLE_NS UINT64_C(60000000000)

static uint64_t
ns_of(const struct run *run, struct scenario_time time)
{
	return (uint64_t)scenario_time_ns(time, run->machine->hz);
}

/* ---- acts of the host, the device and the rest of the guest ---- */

static struct fault_order
fault_order_of(const struct scenario_fail *fail, int queue)
{
	return (struct fault_order){
		.id = fail->id, .call = fail->call, .error_name = fail->error,
		.block = fail->block, .nth = fail->nth, .queue = queue,
		.count = fail->count == SCENARIO_FOREVER ? FAULT_FOREVER : fail->count,
		.probability_ppm = (uint32_t)fail->probability_ppm,
	};
}

bool
run_check_fault(const struct scenario_fail *fail, const char **key, char *why, size_t size)
{
	/* Which queue makes no difference, only whether one is named. */
	struct fault_order order = fault_order_of(fail, fail->vq != NULL ? 0 : FAULT_ANY_QUEUE);

	*key = fault_row_for(&order, why, size) != NULL ? "vq" : fail->block ? "block" :
	    fail->error != NULL ? "errno" : "call";
	return fault_check(&order, why, size);
}

static void
do_fail(struct run *run, const struct scenario_step *step)
{
	const struct scenario_fail *fail = &step->fail;
	struct fault_order order = fault_order_of(fail, fail->vq != NULL ?
	    device_queue_by_name(run->device[0].class, fail->vq) : FAULT_ANY_QUEUE);
	char why[160];

	if (fault_arm(&run->faults, &order, why, sizeof(why)) == NULL)
		run_fail(run, step->loc, "fail", "a fault of the catalogue", why);
}

static void
do_heal(struct run *run, const struct scenario_step *step)
{
	fault_heal(&run->faults, step->heal.id);
	kern_heal();
}

static void
do_irq(struct run *run, const struct scenario_step *step)
{
	/* `config` is the name of no queue. */
	device_interrupt(&run->device[step->on],
	    device_queue_by_name(run->device[0].class, step->irq.source), step->irq.spurious,
	    step->irq.count);
}

static void
busy_over(void *arg)
{
	const struct run *run = arg;

	/* A later step may have asked for longer. */
	if (run->world.clock.now_ns >= run->busy_until_ns)
		kern_busy(false);
}

static void
get_busy(struct run *run, uint64_t ns)
{
	uint64_t until_ns = run->world.clock.now_ns + ns;

	kern_busy(true);
	if (until_ns > run->busy_until_ns)
		run->busy_until_ns = until_ns;
	clock_at(&run->world.clock, until_ns, CLOCK_STEP, busy_over, run);
}

static void
do_guest(struct run *run, const struct scenario_step *step)
{
	const struct scenario_guest *guest = &step->guest;

	if (guest->use_pages != SCENARIO_UNSET)
		kern_others((int64_t)guest->use_pages);
	if (guest->release_pages != SCENARIO_UNSET)
		kern_others(-(int64_t)guest->release_pages);
	if (guest->reboot)
		run_reboot(run);
	if (guest->attach == SCENARIO_AGAIN)
		run_attach_again(run);
	if (guest->detach)
		run_detach(run, (unsigned)step->on);
	if (scenario_time_is_given(guest->busy))
		get_busy(run, ns_of(run, guest->busy));
}

/* ---- expectations ---- */

/* Let everything of the present instant happen. */
static void
drain(struct run *run)
{
	struct world *world = &run->world;

	while (world->end == WORLD_RUNNING && (world_is_busy(world) ||
	    clock_next_ns(&world->clock) <= world->clock.now_ns))
		world_step(world);
}

/* Step until the expectation holds or time would pass `end_ns`. */
static bool
comes_true(struct run *run, const struct expect *expect, uint64_t end_ns)
{
	struct world *world = &run->world;

	while (world->end == WORLD_RUNNING) {
		if (expect_holds(expect, &run->env))
			return true;
		if (!world_is_busy(world) && clock_next_ns(&world->clock) > end_ns) {
			world_run(world, end_ns);
			return expect_holds(expect, &run->env);
		}
		world_step(world);
	}
	return expect_holds(expect, &run->env);
}

static bool
stays_true(struct run *run, const struct expect *expect, uint64_t end_ns)
{
	struct world *world = &run->world;

	while (world->end == WORLD_RUNNING && expect_holds(expect, &run->env)) {
		if (!world_is_busy(world) && clock_next_ns(&world->clock) > end_ns) {
			world_run(world, end_ns);
			return world->end == WORLD_RUNNING;
		}
		world_step(world);
	}
	return false;
}

/* Recorded of an expectation (EV_EXPECT). */
enum { DOES_NOT_HOLD, HOLDS, UNDECIDED };

static void
do_expect(struct run *run, const struct scenario_step *step)
{
	uint64_t within = ns_of(run, step->within), lasts = ns_of(run, step->lasts);
	uint64_t end = run->world.clock.now_ns;
	const char *what = step->verb == SCENARIO_STEP_WAIT ? "wait" : "expect";
	unsigned outcome;

	drain(run);
	if (scenario_time_is_given(step->within))
		end += within;
	outcome = comes_true(run, step->expect, end) ? HOLDS : DOES_NOT_HOLD;
	if (outcome == HOLDS && lasts > 0) {
		end = run->world.clock.now_ns + lasts;
		outcome = stays_true(run, step->expect, end) ? HOLDS :
		    expect_holds(step->expect, &run->env) ? UNDECIDED : DOES_NOT_HOLD;
	} else if (outcome == DOES_NOT_HOLD && run->world.end != WORLD_RUNNING) {
		outcome = UNDECIDED;
	}
	world_emit(&run->world, EV_EXPECT, 0, run->at_step, outcome, 0, 0, 0);
	if (outcome == DOES_NOT_HOLD) {
		run_fail_expect(run, step->expect, what);
		/* It had its time: the rules may say why. */
		if (within > 0 && run->world.end == WORLD_RUNNING)
			run_rules_overdue(run);
	} else if (outcome == UNDECIDED)
		run_undecided(run, step->expect->loc, what, step->expect->text, end);
}

static void
do_settle(struct run *run, const struct scenario_step *step)
{
	run_settle(run, ns_of(run, step->settle.within));
}

/* ---- verbs of the device's class ---- */

static const struct device_verb *
own_verb(const struct scenario_step *step)
{
	return (const struct device_verb *)step->row;
}

static void
act_own(struct run *run, const struct scenario_step *step)
{
	own_verb(step)->act(&run->device[step->on], step->own.object);
}

static void
wait_own(struct run *run, const struct scenario_step *step)
{
	const struct device_verb *verb = own_verb(step);

	while (verb->is_busy != NULL && verb->is_busy(&run->device[step->on]) &&
	    run->world.end == WORLD_RUNNING)
		world_step(&run->world);
}

/* ---- one step ---- */

static void
mark(struct run *run, const struct scenario_step *step)
{
	char *line = SBUF_TEXT(f, scenario_step_print(step, f));

	world_emit(&run->world, EV_STEP, step->row->code, run->at_step,
	    trace_text(&run->world.trace, line, strlen(line)), 0, 0, 0);
	free(line);
}

/*
 * What the verbs do.  acts: at the time of the step; waits: after that, and lets the world run,
 * never from within the world.  A verb of the device's class does what the class says.
 */
static const struct {
	void (*acts)(struct run *, const struct scenario_step *);
	void (*waits)(struct run *, const struct scenario_step *);
} verbs[SCENARIO_STEPS] = {
	[SCENARIO_STEP_FAIL] = { .acts = do_fail },
	[SCENARIO_STEP_HEAL] = { .acts = do_heal },
	[SCENARIO_STEP_IRQ] = { .acts = do_irq },
	[SCENARIO_STEP_DELIVER] = { .acts = run_point },
	[SCENARIO_STEP_HOLD] = { .acts = run_point },
	[SCENARIO_STEP_GUEST] = { .waits = do_guest },
	[SCENARIO_STEP_EXPECT] = { .waits = do_expect },
	[SCENARIO_STEP_EXPECT_TRACE] = { .acts = run_trace_begin },
	[SCENARIO_STEP_WAIT] = { .waits = do_expect },
	[SCENARIO_STEP_SETTLE] = { .waits = do_settle },
	[SCENARIO_STEP_NOTE] = { NULL, NULL },
	[SCENARIO_STEP_OWN] = { .acts = act_own, .waits = wait_own },
};

static void
act(struct run *run, const struct scenario_step *step)
{
	mark(run, step);
	run_release_holds(run);
	if (verbs[step->verb].acts != NULL)
		verbs[step->verb].acts(run, step);
}

struct due {
	struct run *run;
	const struct scenario_step *step;
	bool done;
};

static void
now_due(void *arg)
{
	struct due *due = arg;

	act(due->run, due->step);
	due->done = true;
}

static uint64_t
due_ns(const struct run *run, const struct scenario_step *step)
{
	switch (step->at.when) {
	case SCENARIO_AT_ONCE:
		break;
	case SCENARIO_ABSOLUTE:
		return run->base_ns + ns_of(run, step->at.time);
	case SCENARIO_RELATIVE:
		return run->previous_ns + ns_of(run, step->at.time);
	}
	return run->world.clock.now_ns;
}

static void
do_step(struct run *run, const struct scenario_step *step)
{
	struct due due = { .run = run, .step = step };
	uint64_t when = due_ns(run, step);

	if (when > run->world.clock.now_ns) {
		clock_at(&run->world.clock, when, CLOCK_STEP, now_due, &due);
		while (!due.done && world_step(&run->world))
			run_limit(run);
		if (!due.done)
			return;
	} else {
		act(run, step);
	}
	if (verbs[step->verb].waits != NULL)
		verbs[step->verb].waits(run, step);
	run->previous_ns = run->world.clock.now_ns;
	run->result->steps_done++;
}

static bool
only_prepares(const struct scenario_step *step)
{
	return step->at.when == SCENARIO_AT_ONCE && step->row->prepares != NULL &&
	    step->row->prepares(step);
}

size_t
run_head(const struct scenario *scenario)
{
	size_t i = 0;

	while (i < scenario->steps.count && only_prepares(&scenario->steps.step[i]))
		i++;
	return i;
}

/* ---- the end ---- */

static struct loc
loc_of_fault(const struct run *run, const char *id)
{
	const struct scenario_steps *steps = &run->scenario->steps;

	for (size_t i = 0; i < steps->count; i++)
		if (steps->step[i].verb == SCENARIO_STEP_FAIL &&
		    strcmp(steps->step[i].fail.id, id) == 0)
			return steps->step[i].loc;
	return run->scenario->loc;
}

static void
unstruck_faults(struct run *run)
{
	const struct fault_armed *fault = NULL;

	while ((fault = fault_unstruck(&run->faults, fault)) != NULL) {
		char expected[160], actual[160];

		snprintf(expected, sizeof(expected), "fault `%s` (%s) occurs at least once",
		    fault->order.id, fault->row->id);
		snprintf(actual, sizeof(actual), "it %s: %llu call%s since it was armed, and the "
		    "first to fail is number %llu", run->world.end == WORLD_RUNNING ?
		    "never occurred" : "had not occurred when the run ended early",
		    (unsigned long long)fault->calls, plural(fault->calls),
		    (unsigned long long)fault->order.nth);
		run_fail(run, loc_of_fault(run, fault->order.id), "fail", expected,
		    actual);
	}
}

/* A behaviour of a queue holds for what comes after the step; nothing came. */
static void
unmet_behaviours(struct run *run, const struct scenario_step *step)
{
	const struct device_step *behaves = device_step_of(step);
	struct device *device = &run->device[step->on];

	for (unsigned i = 0; behaves != NULL && i < BEHAVIOURS; i++) {
		char expected[160];
		int queue = behaves->queue[i] == NULL ? -1 :
		    device_queue_by_name(device->class, behaves->queue[i]);

		if (queue < 0 || !device->queue[queue].waits[i])
			continue;
		device->queue[queue].waits[i] = false;
		snprintf(expected, sizeof(expected), "`%s` of %s occurs at least once",
		    device_behaviours[i].word, behaves->queue[i]);
		run_fail(run, step->loc, "device", expected, run->world.end == WORLD_RUNNING ?
		    "it never occurred" : "it had not occurred when the run ended early");
	}
}

static void
finally(struct run *run)
{
	const struct scenario_claims *claims = &run->scenario->finally;
	struct event now;

	fault_heal(&run->faults, NULL);
	kern_heal();
	kern_busy(false);
	drain(run);
	/* An attach or detach that never ends is the driver's too. */
	if (run->with[0].attach == ATTACH_OK || run->autoconfs > 0)
		run_settle(run, FINAL_SETTLE_NS);
	if (run->world.end != WORLD_RUNNING && run->world.end != WORLD_TIME_LIMIT)
		return;
	for (size_t i = 0; run->world.end == WORLD_RUNNING && i < claims->count; i++)
		if (!expect_holds(claims->claim[i].that, &run->env))
			run_fail_expect(run, claims->claim[i].that, "finally");
	now = (struct event){ .time_ns = run->world.clock.now_ns,
	    .seq = run->world.trace.count - 1 };
	rules_end(run->rules, &now);
}

void
run_steps(struct run *run)
{
	const struct scenario_steps *steps = &run->scenario->steps;
	size_t head = run_head(run->scenario), i;

	run->in_steps = true;
	for (i = 0; i < head; i++) {
		run->at_step = i;
		do_step(run, &steps->step[i]);
	}
	run_attach(run);
	run->base_ns = run->previous_ns = run->world.clock.now_ns;
	for (; i < steps->count && run->world.end == WORLD_RUNNING; i++) {
		run->at_step = i;
		do_step(run, &steps->step[i]);
	}
	run->in_steps = false;
	if (run->world.end == WORLD_RUNNING)
		finally(run);
	if (!run->result->refused) {
		run_traces_end(run);
		unstruck_faults(run);
		for (size_t n = i; n-- > 0;)
			unmet_behaviours(run, &steps->step[n]);
	}
	/* A run that ended early has its finding, and did not come to all of its points. */
	if (run->world.end == WORLD_RUNNING)
		run_points_unreached(run);
}
