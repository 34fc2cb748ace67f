/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers: see explore.h.
 */
#include "explore/explore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "explore/generate.h"
#include "explore/baseline.h"

void
worker_init(struct worker *worker, const struct explore *explore)
{
	memset(worker, 0, sizeof(*worker));
	worker->explore = explore;
	trial_init(&worker->trial, explore->module, explore->manifest);
	worker->base = xcalloc(explore->cases, sizeof(worker->base[0]));
}

/* Threads run beside each other, and beside interrupts, only if there are as many CPUs. */
static void
set_cpus(const struct explore *explore, unsigned threads, struct edit *edit)
{
	unsigned wanted = threads + 1 < CPUS_MAX ? threads + 1 : CPUS_MAX;

	if (explore->options.strategy == &explore_sweep)
		return;
	if (explore->options.cpus != 0)
		edit->machine.cpus = explore->options.cpus;
	else if (threads > 1 && edit->machine.cpus < wanted)
		edit->machine.cpus = wanted;
}

/* What goes on for longer goes on for ever, or might as well. */
static void
limit_events(const struct trial_result *result, struct edit *edit)
{
	uint64_t most = EXPLORE_EVENTS_TIMES * (uint64_t)result->counts.events +
	    EXPLORE_EVENTS_MORE;

	if (result->end != WORLD_EVENT_LIMIT && most < edit->scenario.limits.events)
		edit->scenario.limits.events = most;
}

const struct base *
worker_base(struct worker *worker, size_t number)
{
	struct base *base = &worker->base[number];
	unsigned threads;

	if (base->edit == NULL) {
		base->edit = baseline_new(&worker->trial, &worker->explore->c[number], &threads);
		set_cpus(worker->explore, threads, base->edit);
		trial_run(&worker->trial, edit_case(base->edit), NULL, &base->result);
		limit_events(&base->result, base->edit);
	}
	return base;
}

/* ---- scenarios of runs ---- */

struct edit *
worker_draw(struct worker *worker, size_t number, uint64_t seed, double *bound)
{
	const struct base *base = worker_base(worker, number);
	unsigned depth = explore_depth(worker->explore);
	struct choice choice;
	struct edit *edit;

	*bound = 0;
	choice_init_seed(&choice, seed);
	edit = depth > 0 ?
	    generate_depth(&choice, base->edit, &worker->points, depth, bound) :
	    generate(&choice, base->edit, &worker->points, worker->trial.nodiag != NULL);
	return edit;
}

struct edit *
worker_edit(struct worker *worker, const char *base, const char *text)
{
	struct trial_result result;
	struct plan plan;
	uint64_t seed;
	double bound;
	size_t i = 0;

	while (i < worker->explore->cases && strcmp(worker->explore->c[i].id, base) != 0)
		i++;
	if (i == worker->explore->cases)
		return NULL;
	if (sscanf(text, "seed %" SCNu64, &seed) == 1) {
		trial_run(&worker->trial, edit_case(worker_base(worker, i)->edit),
		    &worker->points, &result);
		return worker_draw(worker, i, seed, &bound);
	}
	plan.class = device_class_of(worker->explore->c[i].scenario->device.type);
	return plan_parse(&plan, text) ? plan_apply(&plan, worker_base(worker, i)->edit) : NULL;
}

/* ---- what came of a job ---- */

void
job_out_init(struct job_out *out, struct worker *worker, const struct job *job, FILE *stream)
{
	*out = (struct job_out){ .worker = worker, .job = job, .number = job->number,
	    .stream = stream };
}

static void
name_causes(struct record *run, const struct job_run *how)
{
	for (size_t i = 0; i < run->findings.count; i++) {
		struct record_finding *found = &run->findings.item[i];

		if (!found->baseline && found->known[0] == '\0' &&
		    (!how->leaks_only || record_is_leak(found)))
			snprintf(found->cause, sizeof(found->cause), "%s", how->cause);
	}
}

/* The row of its kind; *is_first: it is new. */
static struct record_silent *
row_of(struct job_out *out, const struct record_finding *found, bool *is_first)
{
	struct record_silent *known;

	for (size_t i = 0; i < out->known.count; i++) {
		known = &out->known.item[i];
		if (known->key == found->finding.key && strcmp(known->cause, found->cause) == 0)
			return known;
	}
	known = vec_add(&out->known);
	known->key = found->finding.key;
	snprintf(known->cause, sizeof(known->cause), "%s", found->cause);
	*is_first = true;
	return known;
}

/* Does the run find something for the first time?  With `silent` it is counted, not written. */
static bool
finds_something(struct job_out *out, bool silent)
{
	bool first = false;

	for (size_t i = 0; i < out->run.findings.count; i++)
		if (!out->run.findings.item[i].inherited)
			row_of(out, &out->run.findings.item[i], &first)->runs += silent;
	return first;
}

/* ---- is a run the same when it is done again? ---- */

struct stream { VEC_MEMBERS(struct event); };

static void
see(void *self, const struct event *event, uint32_t site, const void *payload)
{
	struct stream *stream = self;

	(void)site;
	(void)payload;
	*(struct event *)vec_add(stream) = *event;
}

static void
started(void *self, struct world *world)
{
	trace_observe(&world->trace, (struct observer){
		.kinds = ~UINT64_C(0), .see = see, .self = self,
	});
}

/* One run; its events too when there is a stream for them. */
static uint64_t
run(struct trial *trial, const struct scenario_case *c, uint64_t noise, struct stream *stream)
{
	struct run_options options = {
		.started = stream != NULL ? started : NULL, .arg = stream,
		.draw_noise = noise,
	};
	struct run_result result;
	uint64_t digest;

	trial_watch(trial, c, &options, &result);
	digest = result.digest;
	run_result_fini(&result);
	return digest;
}

static void
print_event(const struct stream *stream, size_t at, FILE *out)
{
	const struct event *event;

	if (at >= stream->count) {
		fputs("the run is over", out);
		return;
	}
	event = &stream->item[at];
	fprintf(out, "%s", trace_kind_word((enum event_kind)event->kind));
	if (event->kind == EV_CALL || event->kind == EV_RET)
		fprintf(out, " %s", trace_call_name((enum hw_call)event->code));
	fprintf(out, " in context %" PRIu32 " at %" PRIu64 " ns (", event->ctx, event->time_ns);
	for (unsigned i = 0; i < HW_ARGS_MAX; i++)
		fprintf(out, "%s%" PRIx64, i > 0 ? " " : "", event_values(event)[i]);
	fputc(')', out);
}

static void
print_difference(const struct stream *a, const struct stream *b, FILE *out)
{
	size_t at = 0, least = a->count < b->count ? a->count : b->count;

	while (at < least && memcmp(&a->item[at], &b->item[at], sizeof(a->item[0])) == 0)
		at++;
	if (at == a->count && at == b->count) {
		fputs("two more runs had the same events: it is not the run but what was done "
		    "in this process before", out);
		return;
	}
	fprintf(out, "the first event that differs is number %zu: ", at);
	print_event(a, at, out);
	fputs(" in one run, ", out);
	print_event(b, at, out);
	fputs(" in the next", out);
}

char *
same_again(struct trial *trial, const struct scenario_case *c, uint64_t digest, uint64_t noise)
{
	struct stream a = { 0 }, b = { 0 };
	struct sbuf buf;

	if (run(trial, c, noise, NULL) == digest)
		return NULL;
	run(trial, c, noise != 0 ? noise + 1 : 0, &a);
	run(trial, c, noise != 0 ? noise + 2 : 0, &b);
	print_difference(&a, &b, sbuf_open(&buf));
	vec_fini(&a);
	vec_fini(&b);
	return sbuf_close(&buf);
}

static void
check_again(struct job_out *out, const struct scenario_case *c, uint64_t digest)
{
	struct record_differ differ = { .why = same_again(&out->worker->trial, c, digest,
	    out->worker->explore->options.noise) };

	if (differ.why == NULL)
		return;
	snprintf(differ.plan, sizeof(differ.plan), "%s", out->run.plan);
	record_write(RECORD_DIFFER, &differ, NULL, out->stream);
	free(differ.why);
}

/* What the plan fails is armed before anything that the scenario fails. */
static bool
is_idle(const struct plan *plan, const struct trial_result *result)
{
	return plan != NULL &&
	    (result->counts.idle & ((UINT64_C(1) << plan_faults(plan)) - 1)) != 0;
}

static void
describe(struct job_out *out, const struct job_run *how, const struct trial_result *result)
{
	const struct base *base = worker_base(out->worker, out->number);
	struct record *run = &out->run;

	run->number = out->end.runs + 1;
	snprintf(run->base, sizeof(run->base), "%s",
	    out->worker->explore->c[out->number].id);
	if (how->plan != NULL) {
		plan_text(how->plan, run->plan);
		plan_group(how->plan, run->group);
	} else if (how->drawn != NULL) {
		snprintf(run->plan, sizeof(run->plan), "%s", how->drawn);
		snprintf(run->group, sizeof(run->group), "drawn");
	}
	run->point = how->point;
	run->bound = how->bound;
	run->steps = (unsigned)how->edit->scenario.steps.count;
	run->idle = is_idle(how->plan, result);
	if (how->parent == NULL && trial_ended_early(result) != NULL)
		snprintf(run->ended, sizeof(run->ended), "%s", trial_ended_early(result));
	record_take(run, result, &base->result, how->parent);
	name_causes(run, how);
}

void
job_run(struct job_out *out, const struct job_run *how, struct trial_result *result)
{
	struct record_job_end *end = &out->end;
	struct trial *trial = &out->worker->trial;
	const struct scenario_case *c = edit_case(how->edit);
	bool first;

	trial->parent = how->parent;
	trial->events_after = worker_base(out->worker, out->number)->result.counts.events;
	trial_run(trial, c, how->points, result);
	describe(out, how, result);
	first = finds_something(out, false);
	if (first || how->parent == NULL || out->worker->explore->options.lines)
		record_write(RECORD_RUN, &out->run, NULL, out->stream);
	else
		finds_something(out, true);
	if (how->bound > 0 && (end->bound == 0 || how->bound < end->bound))
		end->bound = how->bound;
	end->runs++;
	end->limited += how->parent != NULL && result->end == WORLD_EVENT_LIMIT;
	if ((first && out->worker->explore->options.strategy->finds_twice) ||
	    (end->runs + out->job->turn) % RUNS_AGAIN_EACH == 0)
		check_again(out, c, result->digest);
	trial->parent = NULL;
	record_clear(&out->run);
}

void
job_begin(struct job_out *out, struct edit *edit, struct trial_result *result)
{
	struct inject_points *points = &out->worker->points;

	if (out->job->is_base)
		job_run(out, &(struct job_run){
			.edit = edit, .cause = "", .points = points,
		}, result);
	else
		trial_run(&out->worker->trial, edit_case(edit), points, result);
	out->end.points = points->count;
}

void
job_out_child(struct job_out *out, const struct plan *plan, uint64_t point, uint32_t seq)
{
	struct record_child child = { .point = point, .seq = seq };

	plan_text(plan, child.plan);
	record_write(RECORD_CHILD, &child, NULL, out->stream);
}

void
job_out_end(struct job_out *out)
{
	for (size_t i = 0; i < out->known.count; i++)
		if (out->known.item[i].runs > 0)
			*(struct record_silent *)vec_add(&out->end.silent) = out->known.item[i];
	record_write(RECORD_JOB_END, &out->end, NULL, out->stream);
	vec_fini(&out->end.silent);
	vec_fini(&out->known);
	record_fini(&out->run);
}
