/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a scenario to what happens in it: one baseline run tells when each step was done.
 */
#include "explore/baseline.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "explore/timing.h"
#include "scenario/table.h"

#define AFTER_NS UINT64_C(1000000000)	/* for what the last step leads to at once */
#define END_NS UINT64_C(200000000000)	/* for what is left, the settle and its sleeps */

/* When the steps of the case were done, since attach was over. */
struct clockwork {
	struct timing timing;
	size_t head;			/* steps before the driver attached */
	uint64_t base_ns;		/* when attach was over */
};

static bool
steps_wait(const struct scenario_step *step)
{
	return scenario_step_judges(step) || step->verb == SCENARIO_STEP_NOTE;
}

/* ---- when its steps were done ---- */

static uint64_t
ns_of(const struct scenario_case *c, struct scenario_time time)
{
	return (uint64_t)scenario_time_ns(time, c->machine->hz);
}

/* The first step after attach tells when that was over. */
static uint64_t
base_of(const struct scenario_case *c, uint64_t at_ns, const struct scenario_step *step)
{
	uint64_t offset = step->at.when == SCENARIO_AT_ONCE ? 0 : ns_of(c, step->at.time);

	/* Under a seed it may have come a little early. */
	return at_ns > offset ? at_ns - offset : 0;
}

/* ---- times ---- */

/*
 * Times count from the end of attach.  A step that the run did not come to stands where it
 * would be if nothing before it took time.
 */
static void
set_times(const struct scenario_case *c, struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &c->scenario->steps;
	struct timing_step *step = clockwork->timing.step;
	uint64_t latest_ns = 0;
	size_t head = run_head(c->scenario);

	clockwork->head = head;
	if (head < steps->count && step[head].ns != TIMING_NEVER)
		clockwork->base_ns = base_of(c, step[head].ns, &steps->step[head]);
	for (size_t i = head; i < steps->count; i++) {
		const struct scenario_at *at = &steps->step[i].at;
		uint64_t *at_ns = &step[i].ns;

		if (*at_ns != TIMING_NEVER)
			*at_ns -= *at_ns > clockwork->base_ns ? clockwork->base_ns : *at_ns;
		else if (at->when == SCENARIO_RELATIVE)
			*at_ns = latest_ns + ns_of(c, at->time);
		else if (at->when == SCENARIO_ABSOLUTE)
			*at_ns = ns_of(c, at->time);
		if (*at_ns < latest_ns || *at_ns == TIMING_NEVER)
			*at_ns = latest_ns;
		latest_ns = *at_ns;
	}
}

/* ---- the baseline ---- */

/* A hold that a waiting step ends goes on for the time that this was. */
static void
end_holds(struct edit *edit, size_t ender, const struct clockwork *clockwork)
{
	for (size_t i = 0; i < ender; i++) {
		struct scenario_step *step = &edit->scenario.steps.step[i];
		uint64_t begin_ns = i < clockwork->head ? 0 : clockwork->timing.step[i].ns;

		if (step->verb != SCENARIO_STEP_HOLD || step->hold.until == NULL ||
		    step->hold.until_step != ender)
			continue;
		step->hold.until = NULL;
		step->hold.lasts = (struct scenario_time){ SCENARIO_NS, 1 };
		if (clockwork->timing.step[ender].ns > begin_ns)
			step->hold.lasts.value = clockwork->timing.step[ender].ns - begin_ns;
	}
}

/* Backwards, so that the indexes of the steps still to come are those of the case. */
static void
drop_waits(struct edit *edit, const struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &edit->scenario.steps;

	for (size_t i = steps->count; i-- > 0;) {
		if (!steps_wait(&steps->step[i])) {
			if (i >= clockwork->head)
				steps->step[i].at = (struct scenario_at){
					SCENARIO_ABSOLUTE,
					{ SCENARIO_NS, clockwork->timing.step[i].ns },
				};
			continue;
		}
		end_holds(edit, i, clockwork);
		edit_remove(edit, i);
	}
}

/* How long the step goes on by itself. */
static uint64_t
lasts_ns(const struct scenario_case *c, const struct scenario_step *step)
{
	uint64_t ns = step->row->least_ns != NULL ?
	    step->row->least_ns(step_data(step), c->machine->hz) : 0;

	return ns < UINT32_MAX * UINT64_C(1000000) ? ns : UINT32_MAX;
}

/* Faults are healed after the last step: not before what it led to in the baseline run is over. */
static void
add_end(struct edit *edit, const struct clockwork *clockwork)
{
	size_t count = edit->scenario.steps.count;
	struct scenario_step *step = edit_insert(edit, count, SCENARIO_STEP_NOTE);

	step->note = edit_text(edit, "the baseline run is over");
	step->at = (struct scenario_at){ SCENARIO_ABSOLUTE, { SCENARIO_NS, 0 } };
	if (clockwork->timing.end_ns > clockwork->base_ns)
		step->at.time.value = clockwork->timing.end_ns - clockwork->base_ns;
	step->at.time.value += AFTER_NS;
}

static void
make_room(struct edit *edit, const struct scenario_case *c, const struct clockwork *clockwork)
{
	const struct scenario_steps *steps = &edit->scenario.steps;
	struct scenario_time *limit = &edit->scenario.limits.time;
	const struct scenario_step *last = &steps->step[steps->count - 1];
	uint64_t end_ns = clockwork->base_ns + END_NS + lasts_ns(c, last);

	if (last->at.when == SCENARIO_ABSOLUTE)
		end_ns += last->at.time.value;
	if (ns_of(c, *limit) < end_ns)
		*limit = (struct scenario_time){ SCENARIO_NS, end_ns };
}

struct edit *
baseline_new(struct trial *trial, const struct scenario_case *c, unsigned *threads)
{
	struct clockwork clockwork = { .head = 0 };
	struct edit *edit = edit_new(c->scenario, c->machine, c->has_seed, c->seed);

	timing_of(trial, c, &clockwork.timing);
	set_times(c, &clockwork);
	edit->scenario.always.count = edit->scenario.never.count = 0;
	edit->scenario.finally.count = edit->scenario.needs.count = 0;
	drop_waits(edit, &clockwork);
	add_end(edit, &clockwork);
	make_room(edit, c, &clockwork);
	if (threads != NULL)
		*threads = clockwork.timing.threads;
	timing_fini(&clockwork.timing);
	return edit;
}
