/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks: see walk.h.
 */
#include "explore/walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "explore/effect.h"
#include "explore/same.h"
#include "explore/skeleton.h"
#include "explore/stage.h"
#include "explore/story_map.h"
#include "explore/walk_out.h"
#include "run/source.h"

/* What a run costs apart from its moments, as if in moments; runs that a walk has at least. */
#define RUN_COST 1000
#define RUNS_MIN 8

struct walking {
	struct walker *walker;
	const struct walk_plan *plan;
	const struct edit *skeleton;
	struct trial_result base;	/* of the run that the walk starts from */
	struct loops loops;		/* that it, or some of the others, ended in */
	struct story_map map;
	struct stages stages;
	unsigned happenings, faults;	/* in that run */
	size_t last;			/* moment of its newest deviation; SIZE_MAX: none */
	bool own_points;		/* the story places something at moments itself */
	struct walk_out out;
	bool full;			/* enough runs for one walk */
};

void
walker_init(struct walker *walker, struct module *module, const struct manifest *manifest,
    size_t cases)
{
	memset(walker, 0, sizeof(*walker));
	trial_init(&walker->trial, module, manifest);
	moments_init(&walker->base);
	moments_init(&walker->variant);
	walker->cases = cases;
	walker->skeleton = calloc(cases + 1, sizeof(walker->skeleton[0]));
	if (walker->skeleton == NULL)
		abort();
}

void
walker_fini(struct walker *walker)
{
	for (size_t i = 0; i < walker->cases; i++)
		edit_free(walker->skeleton[i]);
	free(walker->skeleton);
	moments_fini(&walker->base);
	moments_fini(&walker->variant);
	trial_fini(&walker->trial);
}

const struct edit *
walker_skeleton(struct walker *walker, size_t number, const struct scenario_case *c)
{
	struct scenario_case plain = *c;

	plain.has_seed = false;
	if (walker->skeleton[number] == NULL)
		walker->skeleton[number] = skeleton_new(&walker->trial, &plain);
	return walker->skeleton[number];
}

/* ---- one run ---- */

/* What the newest deviation interrupts or makes fail. */
static void
name_cause(const struct walking *walking, const struct deviation *newest, char *text,
    size_t size)
{
	static const char *const contexts[] = {
		[HW_CTX_AUTOCONF] = "attach", [HW_CTX_KTHREAD] = "the thread",
		[HW_CTX_HARDINT] = "an interrupt", [HW_CTX_SOFTINT] = "a soft interrupt",
	};
	struct module *module = trial_module(&walking->walker->trial,
	    &walking->skeleton->machine);
	struct source_pos pos = { .line = 0 };
	const struct moment *at = &newest->at;

	if (at->site == 0 || !source_lookup(module_source(module), at->site, &pos))
		pos.function = "the kernel";
	if (newest->kind == DEVIATION_FAULT)
		snprintf(text, size, "%s fails in %s", newest->fault->call_name, pos.function);
	else
		snprintf(text, size, "%s is interrupted in %s",
		    (size_t)at->ctx_kind < sizeof(contexts) / sizeof(contexts[0]) ?
		    contexts[at->ctx_kind] : "a context", pos.function);
}

static void
run(struct walking *walking, const struct plan *plan, struct moments *moments,
    struct trial_result *result)
{
	struct edit *edit = plan_apply(plan, walking->skeleton);
	struct scenario_case c;
	char cause[WALK_CAUSE];
	struct walk_run told = {
		.plan = plan, .edit = edit, .result = result, .parent = &walking->base,
		.cause = cause,
	};
	bool found;

	edit_case(edit, &c);
	trial_run(&walking->walker->trial, &c, moments, result);
	name_cause(walking, &plan->item[plan->count - 1], cause, sizeof(cause));
	found = walk_out_run(&walking->out, &told);
	if (found || walking->out.runs % WALK_AGAIN_EACH == 0) {
		char *why = same_again(&walking->walker->trial, &c, result->digest,
		    walking->plan->noise);

		if (why != NULL)
			walk_out_differ(&walking->out, cause, why);
		free(why);
	}
	loops_take(&walking->loops, &result->loops);
	scenario_case_fini(&c);
	edit_free(edit);
}

/* ---- reduction ---- */

/*
 * What a handler does after its last moment is the kernel's: it goes back to what it
 * interrupted.  virtio_vq_intr looks at every queue.
 */
static bool
handler_commutes(const struct moment *handler, const struct moment *moment)
{
	struct moment touched = *handler;

	if (handler->kind == MOMENT_BEFORE && handler->call == HW_CALL_VIRTIO_VQ_INTR) {
		touched.everything = false;
		touched.touches = 0;
		effects_of_host(false, 7, &touched);
	} else if (handler->kind == MOMENT_AFTER ||
	    (handler->kind == MOMENT_ACCESS && handler->touches > 0)) {
		touched.everything = false;
	}
	return moments_are_independent(moment, &touched);
}

struct window {
	struct moment host;		/* what came from outside */
	const struct moment *handler;	/* what ran of it */
	size_t handlers;
};

static void
open_window(struct walking *walking, const struct deviation *deviation, size_t at,
    struct window *window)
{
	const struct moments *variant = &walking->walker->variant;
	size_t begin_at = variant->strike != 0 ? 0 : at, end = begin_at + 1;

	*window = (struct window){ .host = { .kind = MOMENT_BEFORE } };
	effects_of_host(deviation->queue < 0, deviation->queue < 0 ? 0 :
	    1u << deviation->queue, &window->host);
	while (end < variant->count && variant->item[end].ctx != variant->item[begin_at].ctx)
		end++;
	window->handler = &variant->item[begin_at + 1];
	window->handlers = end - begin_at - 1;
}

/* May the happening come after what is done from moment `at` to the next, just as before it? */
static bool
commutes(const struct moments *base, size_t at, const struct window *window)
{
	const struct moment *moment = &base->item[at], *next = moment + 1;

	if (at + 1 >= base->count || next->ctx != moment->ctx || next->ipl != moment->ipl ||
	    !moments_are_independent(moment, &window->host))
		return false;
	for (size_t i = 0; i < window->handlers; i++)
		if (!handler_commutes(&window->handler[i], moment))
			return false;
	return true;
}

/* ---- one stage ---- */

/* A long run counts for many short ones. */
static bool
has_enough(const struct walking *walking)
{
	uint64_t cost = walking->walker->base.count + RUN_COST;

	return walking->plan->cost_max != 0 && walking->out.walked >= RUNS_MIN &&
	    walking->out.walked * cost >= walking->plan->cost_max;
}

/* The run's next deviation; false when the walk has enough runs. */
static bool
deviate(struct walking *walking, const struct deviation *deviation, struct moments *moments)
{
	const struct walk_plan *from = walking->plan;
	struct plan plan = from->plan;
	struct trial_result result;
	bool fault = deviation->kind == DEVIATION_FAULT;

	if (has_enough(walking))
		return false;
	plan.item[plan.count++] = *deviation;
	walking->walker->variant.strike = walking->own_points ? 0 : walking->happenings + 1;
	run(walking, &plan, from->reduction ? moments : NULL, &result);
	walking->out.walked++;
	/* From a run in which nothing was different there is nowhere else to go. */
	if (fault ? result.faults_idle > walking->base.faults_idle :
	    result.counts.events <= walking->base.counts.events + 1)
		return true;
	if (walking->happenings + !fault < from->preemptions ||
	    walking->faults + fault < from->faults)
		walk_out_child(&walking->out, &plan);
	return true;
}

static size_t
first_moment(const struct walking *walking, unsigned stage)
{
	const struct plan *plan = &walking->plan->plan;
	size_t last = walking->last;

	if (plan->count == 0 || last == SIZE_MAX)
		return 0;
	/* A call can fail just after something happened before it, not the other way round. */
	if (plan->item[plan->count - 1].kind == DEVIATION_FAULT)
		return last + 1;
	return stage_is_after(&walking->stages, stage, &plan->item[plan->count - 1]) ?
	    last : last + 1;
}

/* A line that is no line of the driver's own file cannot be named. */
static bool
can_be_named(const struct moment *moment)
{
	return moment->kind != MOMENT_ACCESS || moment->line != 0;
}

static bool
is_place(const struct walking *walking, unsigned stage, size_t at, struct deviation *deviation)
{
	const struct moment *moment = &walking->walker->base.item[at];

	return can_be_named(moment) && stage_at(&walking->stages, stage, &walking->map, moment,
	    &walking->plan->plan, deviation);
}

/* The last moment up to which the run would be the same. */
static size_t
pass_over(struct walking *walking, unsigned stage, size_t at, const struct deviation *deviation)
{
	const struct moments *base = &walking->walker->base;
	struct deviation other;
	struct window window;

	if (walking->walker->variant.count <= (walking->walker->variant.strike != 0 ? 0 : at))
		return at;
	open_window(walking, deviation, at, &window);
	while (commutes(base, at, &window)) {
		if (is_place(walking, stage, at + 1, &other)) {
			if (other.step != deviation->step)
				break;
			walking->out.skipped++;
		} else if (can_be_named(&base->item[at + 1])) {
			break;
		}
		at++;
	}
	return at;
}

static bool
walk_happening(struct walking *walking, unsigned stage, size_t *at)
{
	const struct moments *base = &walking->walker->base;
	struct deviation deviation;

	for (; *at < base->count; ++*at) {
		if (!is_place(walking, stage, *at, &deviation))
			continue;
		if (!deviate(walking, &deviation, &walking->walker->variant))
			return false;
		if (walking->plan->reduction)
			*at = pass_over(walking, stage, *at, &deviation);
	}
	return true;
}

static bool
walk_faults(struct walking *walking, size_t *at)
{
	const struct moments *base = &walking->walker->base;
	struct deviation deviation;

	for (; *at < base->count; ++*at)
		for (unsigned row = 0; stage_fault(&base->item[*at], row, &deviation); row++)
			if (!deviate(walking, &deviation, NULL))
				return false;
	return true;
}

/* False when the walk has enough runs. */
static bool
walk_stage(struct walking *walking, unsigned stage, size_t *at)
{
	const struct walk_plan *plan = walking->plan;

	if (*at < first_moment(walking, stage))
		*at = first_moment(walking, stage);
	if (stage == WALK_FAULTS)
		return walking->faults >= plan->faults || walk_faults(walking, at);
	return stage >= walking->stages.count ||
	    walking->happenings >= plan->preemptions || walk_happening(walking, stage, at);
}

static void
walk_stages(struct walking *walking)
{
	const struct walk_plan *plan = walking->plan;
	struct walk_place *place = &walking->out.place;

	for (*place = plan->from; place->stage < WALK_STAGES; place->stage++) {
		if (!walk_stage(walking, place->stage, &place->moment)) {
			walking->out.cut = true;
			return;
		}
		if (plan->one_stage)
			return;
		place->moment = 0;
	}
}

/* ---- the whole ---- */

static size_t
find_moment(const struct moments *moments, const struct moment *wanted)
{
	for (size_t i = 0; i < moments->count; i++) {
		const struct moment *moment = &moments->item[i];

		if (moment->kind == wanted->kind && moment->nth == wanted->nth &&
		    (moment->kind == MOMENT_ACCESS ? moment->line == wanted->line :
		    moment->call == wanted->call))
			return i;
	}
	return SIZE_MAX;
}

static bool
has_points(const struct scenario_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		if (steps->step[i].verb == SCENARIO_STEP_DELIVER ||
		    steps->step[i].verb == SCENARIO_STEP_HOLD)
			return true;
	return false;
}

static void
begin(struct walking *walking)
{
	const struct plan *plan = &walking->plan->plan;
	struct trial *trial = &walking->walker->trial;
	struct edit *edit = plan_apply(plan, walking->skeleton);
	struct scenario_case c;

	story_map_init(&walking->map, trial, edit, plan, walking->skeleton->scenario.steps.count);
	edit_case(edit, &c);
	trial_run(trial, &c, &walking->walker->base, &walking->base);
	if (plan->count == 0 && walking->plan->from.stage == 0 && walking->plan->from.moment == 0)
		walk_out_run(&walking->out, &(struct walk_run){
			.plan = plan, .edit = edit, .result = &walking->base, .cause = "",
		});
	scenario_case_fini(&c);
	edit_free(edit);
	walking->faults = plan_faults(plan);
	walking->happenings = plan->count - walking->faults;
	walking->last = plan->count == 0 ? SIZE_MAX :
	    find_moment(&walking->walker->base, &plan->item[plan->count - 1].at);
	walking->own_points = has_points(&walking->skeleton->scenario.steps);
	walking->out.moments = walking->walker->base.count;
}

void
walk(struct walker *walker, size_t number, const struct walk_plan *plan, FILE *out)
{
	struct walking walking = {
		.walker = walker, .plan = plan,
		.skeleton = walker_skeleton(walker, number, plan->c),
	};

	assert(plan->plan.count < PLAN_MAX);
	walk_out_init(&walking.out, out, plan->c->id, plan->lines);
	stages_init(&walking.stages, walking.skeleton);
	/* A story has not so many happenings as there could be. */
	if (!plan->one_stage || plan->from.stage < walking.stages.count ||
	    plan->from.stage == WALK_FAULTS) {
		begin(&walking);
		loops_learn(&walking.loops, &walking.base.loops);
		walker->trial.loops = &walking.loops;
		walk_stages(&walking);
		walker->trial.loops = NULL;
		story_map_fini(&walking.map);
	}
	walk_out_end(&walking.out);
}
