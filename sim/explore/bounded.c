/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All runs with a bounded number of perturbations.
 *
 * A job does all runs that have one perturbation more than a given run, later in time.  Every set
 * of them is a list in order of time, so jobs from the baseline run, then from each run found by
 * these, and so on, reach each set once.
 *
 * Order.  A job's rank is 0 from the baseline run on a scenario's first machine, one more on
 * another machine, one more for each failure and two more for each injected event it starts with,
 * and one more each time it is continued.  Lower ranks come first; of equal ranks, every case
 * gets its turn, kind of event after kind of event.
 *
 * Reduction.  An event injected at point p of a run and at a later point q makes the same run when
 * nothing that the interrupted context does from p to q has to do with what the event touched: the
 * host's and the device's doings, and the handlers' until the context goes on.  So after a run
 * with the event at p the next one has it at the first point after something that depends
 * (moments_are_independent()), or after a change of context, of interrupt level or of time.
 */
#include "explore/explore.h"

#include <string.h>

#include "explore/effect.h"
#include "explore/stage.h"
#include "explore/story_map.h"

#define STAGE_FAULTS STAGES_MAX		/* calls fail */
#define ALL_STAGES (STAGES_MAX + 1)
#define JOB_COST 800000		/* points run before another job gets its turn */
/* What a run costs apart from its points, as if in points; runs that a job has at least. */
#define RUN_COST 1000
#define RUNS_MIN 8

struct search {
	struct worker *worker;
	const struct job *job;
	const struct explore_options *options;
	const struct edit *skeleton;
	struct trial_result base;	/* of the run that the job starts from */
	struct loops loops;		/* that it, or some of the others, ended in */
	struct story_map map;
	struct stages stages;
	unsigned events, faults;	/* in that run */
	size_t last;			/* point of its newest perturbation; SIZE_MAX: none */
	bool own_points;		/* the scenario places something at points itself */
	uint64_t done;			/* runs, without the one it starts from */
	struct job_out out;
};

/* ---- one run ---- */

static void
run(struct search *search, const struct plan *plan, struct moments *moments,
    struct trial_result *result)
{
	const struct perturbation *newest = &plan->item[plan->count - 1];
	struct edit *edit = plan_apply(plan, search->skeleton);
	char cause[RECORD_CAUSE];

	worker_cause(search->worker, edit, newest, cause);
	job_run(&search->out, &(struct job_run){
		.edit = edit, .plan = plan, .point = newest->at.stack, .parent = &search->base,
		.cause = cause, .moments = moments,
	}, result);
	loops_take(&search->loops, &result->loops);
	search->done++;
	edit_free(edit);
}

/* ---- reduction ---- */

/*
 * What a handler does after its last point is the kernel's: it goes back to what it
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
open_window(struct search *search, const struct perturbation *what, size_t at,
    struct window *window)
{
	const struct moments *variant = &search->worker->variant;
	size_t begin_at = variant->strike != 0 ? 0 : at, end = begin_at + 1;

	*window = (struct window){ .host = { .kind = MOMENT_BEFORE } };
	effects_of_host(what->queue < 0, what->queue < 0 ? 0 :
	    1u << what->queue, &window->host);
	while (end < variant->count && variant->item[end].ctx != variant->item[begin_at].ctx)
		end++;
	window->handler = &variant->item[begin_at + 1];
	window->handlers = end - begin_at - 1;
}

/* May the event come after what is done from point `at` to the next, just as before it? */
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
has_enough(const struct search *search)
{
	uint64_t cost = search->worker->moments.count + RUN_COST;

	return search->done >= RUNS_MIN && search->done * cost >= JOB_COST;
}

/* The run with one perturbation more; false when the job has enough runs. */
static bool
perturb(struct search *search, const struct perturbation *more, struct moments *moments)
{
	const struct explore_options *options = search->options;
	struct plan plan = search->job->plan;
	struct trial_result result;
	bool fault = more->kind == PERTURB_FAULT;

	if (has_enough(search))
		return false;
	plan.item[plan.count++] = *more;
	search->worker->variant.strike = search->own_points ? 0 : search->events + 1;
	run(search, &plan, options->reduction ? moments : NULL, &result);
	/* From a run in which nothing was different there is nowhere else to go. */
	if (fault ? result.faults_idle > search->base.faults_idle :
	    result.counts.events <= search->base.counts.events + 1)
		return true;
	if (search->events + !fault < options->preemptions ||
	    search->faults + fault < options->faults)
		job_out_child(&search->out, &plan, 0, 0);
	return true;
}

static size_t
first_point(const struct search *search, unsigned stage)
{
	const struct plan *plan = &search->job->plan;
	size_t last = search->last;

	if (plan->count == 0 || last == SIZE_MAX)
		return 0;
	/* A call can fail just after something happened before it, not the other way round. */
	if (plan->item[plan->count - 1].kind == PERTURB_FAULT)
		return last + 1;
	return stage_is_after(&search->stages, stage, &plan->item[plan->count - 1]) ?
	    last : last + 1;
}

static bool
is_place(const struct search *search, unsigned stage, size_t at, struct perturbation *what)
{
	const struct moment *moment = &search->worker->moments.item[at];

	return moment_can_be_named(moment) && stage_at(&search->stages, stage, &search->map,
	    moment, &search->job->plan, what);
}

/* The last point up to which the run would be the same. */
static size_t
pass_over(struct search *search, unsigned stage, size_t at, const struct perturbation *what)
{
	const struct moments *base = &search->worker->moments;
	struct perturbation other;
	struct window window;

	if (search->worker->variant.count <= (search->worker->variant.strike != 0 ? 0 : at))
		return at;
	open_window(search, what, at, &window);
	while (commutes(base, at, &window)) {
		if (is_place(search, stage, at + 1, &other)) {
			if (other.step != what->step)
				break;
			search->out.end.skipped++;
		} else if (moment_can_be_named(&base->item[at + 1])) {
			break;
		}
		at++;
	}
	return at;
}

static bool
inject_events(struct search *search, unsigned stage, size_t *at)
{
	const struct moments *base = &search->worker->moments;
	struct perturbation what;

	for (; *at < base->count; ++*at) {
		if (!is_place(search, stage, *at, &what))
			continue;
		if (!perturb(search, &what, &search->worker->variant))
			return false;
		if (search->options->reduction)
			*at = pass_over(search, stage, *at, &what);
	}
	return true;
}

static bool
fail_calls(struct search *search, size_t *at)
{
	const struct moments *base = &search->worker->moments;
	struct perturbation what;

	for (; *at < base->count; ++*at)
		for (unsigned row = 0; stage_fault(&base->item[*at], row, &what); row++)
			if (!perturb(search, &what, NULL))
				return false;
	return true;
}

/* False when the job has enough runs. */
static bool
do_stage(struct search *search, unsigned stage, size_t *at)
{
	if (*at < first_point(search, stage))
		*at = first_point(search, stage);
	if (stage == STAGE_FAULTS)
		return search->faults >= search->options->faults || fail_calls(search, at);
	return stage >= search->stages.count || search->events >= search->options->preemptions ||
	    inject_events(search, stage, at);
}

/* From the baseline run a job does one stage, from another run all. */
static void
do_stages(struct search *search)
{
	unsigned stage = search->job->stage;
	size_t at = search->job->at;

	for (; stage < ALL_STAGES; stage++, at = 0) {
		if (!do_stage(search, stage, &at)) {
			search->out.end.cut = true;
			search->out.end.stage = stage;
			search->out.end.at = at;
			return;
		}
		if (search->job->plan.count == 0)
			return;
	}
}

/* ---- the whole ---- */

static size_t
find_point(const struct moments *moments, const struct moment *wanted)
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
begin(struct search *search)
{
	const struct plan *plan = &search->job->plan;
	struct worker *worker = search->worker;
	struct edit *edit = plan_apply(plan, search->skeleton);
	struct scenario_case c;

	story_map_init(&search->map, &worker->trial, edit, plan,
	    search->skeleton->scenario.steps.count);
	if (search->job->is_base) {
		job_run(&search->out, &(struct job_run){
			.edit = edit, .cause = "", .moments = &worker->moments,
		}, &search->base);
	} else {
		edit_case(edit, &c);
		trial_run(&worker->trial, &c, &worker->moments, &search->base);
		scenario_case_fini(&c);
	}
	edit_free(edit);
	search->faults = plan_faults(plan);
	search->events = plan->count - search->faults;
	search->last = plan->count == 0 ? SIZE_MAX :
	    find_point(&worker->moments, &plan->item[plan->count - 1].at);
	search->own_points = has_points(&search->skeleton->scenario.steps);
	search->out.end.points = worker->moments.count;
	loops_learn(&search->loops, &search->base.loops);
}

static void
work(struct worker *worker, const struct job *job, FILE *stream)
{
	struct search search = {
		.worker = worker, .job = job, .options = &worker->explore->options,
		.skeleton = worker_base(worker, job->number)->skeleton,
	};

	job_out_init(&search.out, worker, job, stream);
	stages_init(&search.stages, search.skeleton);
	/* A scenario has not so many kinds of events as there could be. */
	if (job->plan.count > 0 || job->stage < search.stages.count ||
	    job->stage == STAGE_FAULTS) {
		begin(&search);
		worker->trial.loops = &search.loops;
		do_stages(&search);
		worker->trial.loops = NULL;
		story_map_fini(&search.map);
	}
	job_out_end(&search.out);
}

/* ---- in the parent ---- */

/* Parts are made of whole cases: what follows from a run is known to who did it. */
static void
plan(struct explore *explore)
{
	for (size_t i = 0; i < explore->cases; i++) {
		const struct scenario_case *c = &explore->c[i];

		for (unsigned stage = 0; stage < ALL_STAGES && explore_is_ours(explore, i); stage++)
			explore_add(explore, &(struct job){
				.number = i, .turn = stage, .stage = stage, .is_base = stage == 0,
				.rank = c->machine == c->scenario->machines.machine ? 0 : 1,
			});
	}
}

static bool
child(struct explore *explore, const struct job *from, const struct record_child *child)
{
	struct job job = { .number = from->number, .rank = from->rank, .turn = from->turn };
	bool fault;

	if (!plan_parse(&job.plan, child->plan) || job.plan.count == 0 ||
	    job.plan.count >= PLAN_MAX)
		return false;
	fault = job.plan.item[job.plan.count - 1].kind == PERTURB_FAULT;
	job.rank += fault ? 1 : 2;
	/* The children of one run in their order. */
	job.turn += ++explore->children[fault];
	explore_add(explore, &job);
	return true;
}

static void
begin_reading(struct explore *explore, struct job *job)
{
	(void)job;
	explore->children[0] = explore->children[1] = 0;
}

const struct strategy explore_bounded = {
	.seconds = 300, .finds_twice = true, .plan = plan, .work = work,
	.begin = begin_reading, .child = child,
};
