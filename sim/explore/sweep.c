/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sweeping: the baseline run of a case tells which calls could fail and where interrupts could
 * come; then each of these happens once, in a run of its own, at each call stack.
 *
 * A baseline run and each try are units, numbered through all cases; part K of N does those whose
 * number is K - 1 modulo N.  All parts plan all cases.
 */
#include "explore/explore.h"

#include <inttypes.h>
#include <string.h>

#include "explore/injections.h"
#include "run/source.h"

#define RUNS_MAX 1000000	/* numbers that a unit may need */

/* What can be tried at a point. */
struct try {
	struct perturbation what;
	uint64_t point;			/* call stack; with an interrupt also what was going on */
	uint32_t seq;			/* events of the run before it */
};
struct tries { VEC_MEMBERS(struct try); };

/* ---- what can be tried ---- */

struct planner {
	const struct explore_options *options;
	struct source *source;
	struct record *run;		/* gets the fallible calls; or NULL */
	struct tries tries;
	uint32_t from;			/* nothing before that event */
	struct situation now;
};

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	uint64_t both[2] = { hash, value };

	return trace_hash(both, sizeof(both));
}

/* Of equal call stacks the first is taken. */
static void
add_try(struct planner *planner, const struct inject_point *ip, struct perturbation what,
    uint64_t point)
{
	for (size_t i = 0; i < planner->tries.count && !planner->options->all_stacks; i++) {
		const struct try *try = &planner->tries.item[i];

		if (try->point == point && try->what.kind == what.kind &&
		    try->what.fault == what.fault && try->what.forever == what.forever &&
		    try->what.queue == what.queue)
			return;
	}
	what.at = *ip;
	*(struct try *)vec_add(&planner->tries) = (struct try){ what, point, ip->seq };
}

static void
note_fallible(struct planner *planner, const struct inject_point *ip, uint64_t point, bool can_fail)
{
	struct record_point *known;
	struct source_pos pos;

	for (size_t i = 0; planner->run != NULL && i < planner->run->points.count; i++) {
		known = &planner->run->points.item[i];
		if (known->point == point) {
			known->can_fail |= can_fail;
			return;
		}
	}
	if (planner->run == NULL)
		return;
	known = vec_add(&planner->run->points);
	*known = (struct record_point){
		.point = point, .can_fail = can_fail,
	};
	snprintf(known->call, sizeof(known->call), "%s",
	    trace_call_name((enum hw_call)ip->call));
	if (ip->site == 0 || !source_lookup(planner->source, ip->site, &pos))
		return;
	known->line = pos.line;
	snprintf(known->file, sizeof(known->file), "%s", pos.file);
}

static void
add_failures(struct planner *planner, const struct inject_point *ip)
{
	uint64_t point = mix(ip->stack, ip->call);
	bool is_fallible = false, can_fail = false;
	size_t rows;
	const struct fault_row *row = fault_catalogue(&rows);

	for (size_t i = 0; i < rows; i++) {
		struct perturbation what = { .kind = PERTURB_FAULT, .queue = -1, .fault = &row[i] };

		if (row[i].call != ip->call)
			continue;
		is_fallible = true;
		if ((ip->faults >> i & 1) == 0 &&
		    (row[i].when != FAULT_NEVER || !planner->options->contract))
			continue;
		can_fail = true;
		add_try(planner, ip, what, point);
		what.forever = true;
		/* Who sleeps until all is healed makes no second call. */
		if (row[i].error != HW_FAULT_BLOCK)
			add_try(planner, ip, what, point);
	}
	if (is_fallible)
		note_fallible(planner, ip, point, can_fail);
}

static void
add_interrupts(struct planner *planner, const struct inject_point *ip)
{
	struct situation_out now = situation_out(&planner->now, ip->seq);
	uint64_t point = mix(mix(mix(ip->stack, ip->line), (uint64_t)ip->kind << 32 | ip->call),
	    now.out);

	/* What has no line cannot be named by a scenario. */
	if (!now.live || (ip->kind == INJECT_ACCESS && ip->line == 0))
		return;
	for (int q = -1; q < (int)planner->now.queues; q++) {
		struct perturbation what = { .kind = PERTURB_IRQ, .queue = q };

		/* Where it has to wait it comes at a later point, which has its own run. */
		if (situation_is_first(&planner->now, q) &&
		    (planner->now.level == 0 || ip->ipl < planner->now.level))
			add_try(planner, ip, what, point);
		what.kind = PERTURB_COMPLETE;
		if (q >= 0 && (now.out >> q & 1) != 0)
			add_try(planner, ip, what, point);
	}
}

/* What can be tried in the run of `plan`, whose points are those in worker->points. */
static void
find_tries(struct planner *planner, struct worker *worker, const struct plan *plan,
    const struct edit *baseline)
{
	struct edit *edit = plan_apply(plan, baseline);

	planner->options = &worker->explore->options;
	planner->source = module_source(worker->explore->module);
	situation_init(&planner->now, &worker->trial, edit, plan, baseline);
	for (size_t i = 0; i < worker->points.count; i++) {
		const struct inject_point *ip = &worker->points.item[i];

		if (ip->seq < planner->from)
			continue;
		if (!planner->options->no_faults && ip->kind == INJECT_BEFORE)
			add_failures(planner, ip);
		if (!planner->options->no_interrupts)
			add_interrupts(planner, ip);
	}
	situation_fini(&planner->now);
	edit_free(edit);
}

/* ---- in a worker ---- */

static void
plan_case(struct job_out *out)
{
	struct worker *worker = out->worker;
	const struct base *base = worker_base(worker, out->number);
	struct planner planner = { .run = &out->run };
	struct trial_result result;

	trial_run(&worker->trial, edit_case(base->edit), &worker->points, &result);
	find_tries(&planner, worker, &out->job->plan, base->edit);
	job_run(out, &(struct job_run){ .edit = base->edit, .cause = "" }, &result);
	out->end.points = worker->points.count;
	for (size_t i = 0; i < planner.tries.count; i++) {
		const struct try *try = &planner.tries.item[i];
		struct plan plan = {
			.class = out->job->plan.class, .item = { try->what }, .count = 1,
		};

		job_out_child(out, &plan, try->point, try->seq);
	}
	vec_fini(&planner.tries);
}

/* Who fails a call for good leaves nothing of it to fail. */
static bool
is_no_other(const struct perturbation *first, const struct perturbation *second)
{
	return first->forever && second->kind == PERTURB_FAULT &&
	    first->fault->call == second->fault->call;
}

/* The failure that may have lost something: the last, at that call stack. */
static void
name_failure(const struct perturbation *what, uint64_t point, char cause[RECORD_CAUSE])
{
	if (what->kind == PERTURB_FAULT)
		snprintf(cause, RECORD_CAUSE, "%s fails (call stack %08" PRIx64 ")",
		    what->fault->call_name, point >> 32);
}

static void
run_try(struct job_out *out, const struct plan *plan, uint64_t point, const char *cause,
    const struct trial_result *parent, struct inject_points *points, struct trial_result *result)
{
	struct edit *edit = plan_apply(plan, worker_base(out->worker, out->number)->edit);

	job_run(out, &(struct job_run){
		.edit = edit, .plan = plan, .point = point, .parent = parent, .cause = cause,
		.leaks_only = true, .points = points,
	}, result);
	edit_free(edit);
}

static void
run_pairs(struct job_out *out, const struct job *job, const char *cause,
    const struct trial_result *first)
{
	struct planner planner = { .from = job->seq + 1 };
	struct trial_result result;

	find_tries(&planner, out->worker, &job->plan,
	    worker_base(out->worker, out->number)->edit);
	for (size_t i = 0; i < planner.tries.count; i++) {
		const struct try *try = &planner.tries.item[i];
		struct plan pair = {
			.class = job->plan.class, .item = { job->plan.item[0], try->what },
			.count = 2,
		};
		char then[RECORD_CAUSE];

		snprintf(then, sizeof(then), "%s", cause);
		name_failure(&try->what, try->point, then);
		if (!is_no_other(&job->plan.item[0], &try->what))
			run_try(out, &pair, mix(job->point, try->point), then, first, NULL,
			    &result);
	}
	vec_fini(&planner.tries);
}

static void
work(struct worker *worker, const struct job *job, FILE *stream)
{
	const struct perturbation *what = &job->plan.item[0];
	bool pairs = worker->explore->options.pairs && what->kind == PERTURB_FAULT;
	char cause[RECORD_CAUSE] = "";
	struct trial_result result;
	struct job_out out;

	job_out_init(&out, worker, job, stream);
	if (job->plan.count == 0) {
		plan_case(&out);
	} else {
		name_failure(what, job->point, cause);
		run_try(&out, &job->plan, job->point, cause,
		    &worker_base(worker, job->number)->result,
		    pairs ? &worker->points : NULL, &result);
		if (pairs)
			run_pairs(&out, job, cause, &result);
	}
	job_out_end(&out);
}

/* ---- in the parent ---- */

static void
plan(struct explore *explore)
{
	for (size_t i = 0; i < explore->cases; i++)
		explore_add(explore, &(struct job){ .number = i, .turn = i, .is_base = true });
}

static uint64_t
first_of(uint64_t unit)
{
	return unit * RUNS_MAX + 1;
}

static void
begin(struct explore *explore, struct job *job)
{
	/* Of the others the number is settled. */
	if (job->plan.count > 0)
		return;
	job->elsewhere = !explore_is_ours(explore, explore->units);
	job->is_base = !job->elsewhere;
	explore->bases_known -= job->elsewhere;
	job->first = first_of(explore->units++);
}

static bool
child(struct explore *explore, const struct job *from, const struct record_child *child)
{
	uint64_t unit = explore->units++;
	struct job job = {
		.number = from->number, .turn = unit, .rank = 1, .first = first_of(unit),
		.point = child->point, .seq = child->seq, .plan.class = from->plan.class,
	};

	if (!plan_parse(&job.plan, child->plan) || job.plan.count != 1)
		return false;
	if (explore_is_ours(explore, unit))
		explore_add(explore, &job);
	return true;
}

const struct strategy explore_sweep = {
	.seconds = 1200, .plan = plan, .work = work, .begin = begin, .child = child,
};
