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
 * (inject_points_independent()), or after a change of context, of interrupt level or of time.  That
 * is for one CPU.  Of equal runs (by digest) the one with the earliest newest perturbation has all
 * that can follow.
 */
#include "explore/explore.h"

#include <string.h>

#include "explore/injections.h"
#include "run/source.h"

#define INJECTION_FAULTS INJECTIONS_MAX		/* calls fail */
#define ALL_INJECTIONS (INJECTIONS_MAX + 1)
#define JOB_COST 800000		/* points run before another job gets its turn */
/* What a run costs apart from its points, as if in points; runs that a job has at least. */
#define RUN_COST 1000
#define RUNS_MIN 8
#define DRAWN_RUNS 200		/* of a case, with one event more than all sets have */

/* A run from which others go on: what it was, and the point of its newest perturbation. */
struct tried { uint64_t digest; size_t at; };

struct search {
	struct worker *worker;
	const struct job *job;
	const struct explore_options *options;
	const struct edit *baseline;
	struct trial_result base;	/* of the run that the job starts from */
	struct loops loops;		/* that it, or some of the others, ended in */
	struct situation now;
	struct injections injections;
	unsigned events, faults;	/* in that run */
	size_t last;			/* point of its newest perturbation; SIZE_MAX: none */
	bool own_points;		/* the scenario places something at points itself */
	uint64_t done;			/* runs, without the one it starts from */
	struct { VEC_MEMBERS(struct tried); } children;
	struct job_out out;
};

/* ---- one run ---- */

/*
 * What the newest perturbation of a plan interrupts or makes fail, in words: what tells mistakes
 * apart that end in the same finding.
 */
static void
name_cause(const struct worker *worker, const struct edit *edit,
    const struct perturbation *newest, char cause[RECORD_CAUSE])
{
	static const char *const contexts[] = {
		[HW_CTX_AUTOCONF] = "attach", [HW_CTX_KTHREAD] = "the thread",
		[HW_CTX_HARDINT] = "an interrupt", [HW_CTX_SOFTINT] = "a soft interrupt",
	};
	struct module *module = trial_module(&worker->trial, &edit->machine);
	struct source_pos pos = { .line = 0 };
	const struct inject_point *at = &newest->at;

	if (at->site == 0 || !source_lookup(module_source(module), at->site, &pos))
		pos.function = "the kernel";
	if (newest->kind == PERTURB_FAULT)
		snprintf(cause, RECORD_CAUSE, "%s fails in %s", newest->fault->call_name,
		    pos.function);
	else
		snprintf(cause, RECORD_CAUSE, "%s is interrupted in %s",
		    (size_t)at->ctx_kind < sizeof(contexts) / sizeof(contexts[0]) ?
		    contexts[at->ctx_kind] : "a context", pos.function);
}

static void
run(struct search *search, const struct plan *plan, struct inject_points *points,
    struct trial_result *result)
{
	const struct perturbation *newest = &plan->item[plan->count - 1];
	struct edit *edit = plan_apply(plan, search->baseline);
	char cause[RECORD_CAUSE];

	name_cause(search->worker, edit, newest, cause);
	job_run(&search->out, &(struct job_run){
		.edit = edit, .plan = plan, .point = newest->at.stack, .parent = &search->base,
		.cause = cause, .points = points,
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
handler_commutes(const struct inject_point *handler, const struct inject_point *ip)
{
	struct inject_point touched = *handler;

	if (handler->kind == INJECT_BEFORE && handler->call == HW_CALL_VIRTIO_VQ_INTR) {
		touched.everything = false;
		touched.touches = 0;
		inject_host_touches(false, 7, &touched);
	} else if (handler->kind == INJECT_AFTER ||
	    (handler->kind == INJECT_ACCESS && handler->touches > 0)) {
		touched.everything = false;
	}
	return inject_points_independent(ip, &touched);
}

struct window {
	struct inject_point host;		/* what came from outside */
	const struct inject_point *handler;	/* what ran of it */
	size_t handlers;
};

static void
open_window(struct search *search, const struct perturbation *what, size_t at,
    struct window *window)
{
	const struct inject_points *variant = &search->worker->variant;
	size_t begin_at = variant->strike != 0 ? 0 : at, end = begin_at + 1;

	*window = (struct window){ .host = { .kind = INJECT_BEFORE } };
	inject_host_touches(what->queue < 0, what->queue < 0 ? 0 :
	    1u << what->queue, &window->host);
	while (end < variant->count && variant->item[end].ctx != variant->item[begin_at].ctx)
		end++;
	window->handler = &variant->item[begin_at + 1];
	window->handlers = end - begin_at - 1;
}

/* May the event come after what is done from point `at` to the next, just as before it? */
static bool
commutes(const struct inject_points *base, size_t at, const struct window *window)
{
	const struct inject_point *ip = &base->item[at], *next = ip + 1;

	if (at + 1 >= base->count || next->ctx != ip->ctx || next->ipl != ip->ipl ||
	    !inject_points_independent(ip, &window->host))
		return false;
	for (size_t i = 0; i < window->handlers; i++)
		if (!handler_commutes(&window->handler[i], ip))
			return false;
	return true;
}

/* ---- one injection ---- */

/* A long run counts for many short ones. */
static bool
has_enough(const struct search *search)
{
	uint64_t cost = search->worker->points.count + RUN_COST;

	return search->done >= RUNS_MIN && search->done * cost >= JOB_COST;
}

/* Can nothing come of it that does not come of a run before it? */
static bool
is_covered(struct search *search, uint64_t digest, size_t at)
{
	for (size_t i = 0; i < search->children.count; i++)
		if (search->children.item[i].digest == digest &&
		    search->children.item[i].at <= at)
			return true;
	*(struct tried *)vec_add(&search->children) = (struct tried){ digest, at };
	return false;
}

/* The run with one perturbation more at point `at`; false when the job has enough runs. */
static bool
perturb(struct search *search, size_t at, const struct perturbation *more,
    struct inject_points *points)
{
	const struct explore_options *options = search->options;
	struct plan plan = search->job->plan;
	struct trial_result result;
	bool fault = more->kind == PERTURB_FAULT;

	if (has_enough(search))
		return false;
	plan.item[plan.count++] = *more;
	search->worker->variant.strike = search->own_points ? 0 : search->events + 1;
	run(search, &plan, points, &result);
	if (fault && result.counts.faults_idle > search->base.counts.faults_idle)
		return true;
	if ((search->events + !fault < options->preemptions ||
	    search->faults + fault < options->faults) &&
	    !is_covered(search, result.digest, at))
		job_out_child(&search->out, &plan, 0, 0);
	return true;
}

static size_t
first_point(const struct search *search, unsigned kind)
{
	const struct plan *plan = &search->job->plan;
	size_t last = search->last;

	if (plan->count == 0 || last == SIZE_MAX)
		return 0;
	/* A call can fail just after something happened before it, not the other way round. */
	if (plan->item[plan->count - 1].kind == PERTURB_FAULT)
		return last + 1;
	return injection_is_after(&search->injections, kind, &plan->item[plan->count - 1]) ?
	    last : last + 1;
}

static bool
is_place(const struct search *search, unsigned kind, size_t at, struct perturbation *what)
{
	const struct inject_point *ip = &search->worker->points.item[at];

	return inject_point_has_name(ip) &&
	    injection_at(&search->injections, kind, &search->now, ip, &search->job->plan, what);
}

/* The last point up to which the run would be the same. */
static size_t
pass_over(struct search *search, unsigned kind, size_t at, const struct perturbation *what)
{
	const struct inject_points *base = &search->worker->points;
	struct perturbation other;
	struct window window;

	if (search->worker->variant.count <= (search->worker->variant.strike != 0 ? 0 : at))
		return at;
	open_window(search, what, at, &window);
	while (commutes(base, at, &window)) {
		if (is_place(search, kind, at + 1, &other)) {
			if (other.step != what->step)
				break;
			search->out.end.skipped++;
		} else if (inject_point_has_name(&base->item[at + 1])) {
			break;
		}
		at++;
	}
	return at;
}

static bool
inject_events(struct search *search, unsigned kind, size_t *at)
{
	const struct inject_points *base = &search->worker->points;
	bool reduces = search->options->reduction && search->baseline->machine.cpus == 1;
	struct perturbation what;

	for (; *at < base->count; ++*at) {
		if (!is_place(search, kind, *at, &what))
			continue;
		if (!perturb(search, *at, &what, reduces ? &search->worker->variant : NULL))
			return false;
		if (reduces)
			*at = pass_over(search, kind, *at, &what);
	}
	return true;
}

static bool
fail_calls(struct search *search, size_t *at)
{
	const struct inject_points *base = &search->worker->points;
	struct perturbation what;

	for (; *at < base->count; ++*at)
		for (unsigned row = 0; injection_fault(&base->item[*at], row, &what); row++)
			if (!perturb(search, *at, &what, NULL))
				return false;
	return true;
}

/* False when the job has enough runs. */
static bool
do_injection(struct search *search, unsigned kind, size_t *at)
{
	if (*at < first_point(search, kind))
		*at = first_point(search, kind);
	if (kind == INJECTION_FAULTS)
		return search->faults >= search->options->faults || fail_calls(search, at);
	return kind >= search->injections.count || search->events >= search->options->preemptions ||
	    inject_events(search, kind, at);
}

/* From the baseline run a job does one injection, from another run all. */
static void
do_injections(struct search *search)
{
	unsigned kind = search->job->kind;
	size_t at = search->job->at;

	for (; kind < ALL_INJECTIONS; kind++, at = 0) {
		if (!do_injection(search, kind, &at)) {
			search->out.end.cut = true;
			search->out.end.kind = kind;
			search->out.end.at = at;
			return;
		}
		if (search->job->plan.count == 0)
			return;
	}
}

/* ---- the whole ---- */

static size_t
find_point(const struct inject_points *points, const struct inject_point *wanted)
{
	for (size_t i = 0; i < points->count; i++) {
		const struct inject_point *ip = &points->item[i];

		if (ip->kind == wanted->kind && ip->nth == wanted->nth &&
		    (ip->kind == INJECT_ACCESS ? ip->line == wanted->line :
		    ip->call == wanted->call))
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
	struct edit *edit = plan_apply(plan, search->baseline);

	situation_init(&search->now, &worker->trial, edit, plan, search->baseline);
	job_begin(&search->out, edit, &search->base);
	edit_free(edit);
	search->faults = plan_faults(plan);
	search->events = plan->count - search->faults;
	search->last = plan->count == 0 ? SIZE_MAX :
	    find_point(&worker->points, &plan->item[plan->count - 1].at);
	search->own_points = has_points(&search->baseline->scenario.steps);
	search->out.end.cpus = search->baseline->machine.cpus;
	search->out.end.left_out = search->injections.left_out;
	loops_learn(&search->loops, &search->base.loops);
}

static void
work(struct worker *worker, const struct job *job, FILE *stream)
{
	struct search search = {
		.worker = worker, .job = job, .options = &worker->explore->options,
		.baseline = worker_base(worker, job->number)->edit,
	};

	if (job->count > 0) {
		explore_drawn.work(worker, job, stream);
		return;
	}
	job_out_init(&search.out, worker, job, stream);
	injections_init(&search.injections, search.baseline);
	/* A scenario has not so many kinds of events as there could be. */
	if (job->plan.count > 0 || job->kind < search.injections.count ||
	    job->kind == INJECTION_FAULTS) {
		begin(&search);
		worker->trial.loops = &search.loops;
		do_injections(&search);
		worker->trial.loops = NULL;
		situation_fini(&search.now);
		vec_fini(&search.children);
	}
	job_out_end(&search.out);
}

/* ---- in the parent ---- */

/*
 * Parts are made of whole cases: what follows from a run is known to who did it.  Between the sets
 * of one and those of two events some are drawn: most mistakes of two need not wait for all pairs.
 */
static void
plan(struct explore *explore)
{
	for (size_t i = 0; i < explore->cases; i++) {
		const struct scenario_case *c = &explore->c[i];
		unsigned rank = c->machine == c->scenario->machines.machine ? 0 : 1;

		if (!explore_is_ours(explore, i))
			continue;
		for (unsigned k = 0; k < ALL_INJECTIONS; k++)
			explore_add(explore, &(struct job){
				.number = i, .turn = k, .kind = k, .is_base = k == 0,
				.rank = rank,
			});
		if (explore->options.preemptions > 1)
			explore_add(explore, &(struct job){
				.number = i, .rank = rank + 1, .seed = i * DRAWN_RUNS + 1,
				.count = DRAWN_RUNS,
			});
	}
}

static bool
child(struct explore *explore, const struct job *from, const struct record_child *child)
{
	struct job job = {
		.number = from->number, .rank = from->rank, .turn = from->turn,
		.plan.class = from->plan.class,
	};
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

const struct strategy explore_bounded = {
	.seconds = 300, .finds_twice = true, .plan = plan, .work = work, .child = child,
};
