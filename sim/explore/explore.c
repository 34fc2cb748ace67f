/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring: see explore.h.
 */
#include "explore/explore.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "explore/explore_state.h"
#include "run/pool.h"

struct explore_queue {
	struct { VEC_MEMBERS(struct job); } later, round;	/* round: of the lowest rank */
	struct record_line line;
	struct worker worker;		/* a worker's */
	bool stop;
};

static bool
is_late(const struct explore *explore)
{
	return explore->options.ms_max != 0 &&
	    host_ns() - explore->begin_ns >= explore->options.ms_max * UINT64_C(1000000);
}

/* ---- the queue ---- */

void
explore_add(struct explore *explore, const struct job *job)
{
	struct job *added = vec_add(&explore->queue->later);

	*added = *job;
	added->plan.class = device_class_of(explore->c[job->number].scenario->device.type);
	explore->jobs_known++;
	explore->bases_known += job->is_base;
}

bool
explore_is_ours(const struct explore *explore, uint64_t number)
{
	const struct explore_options *options = &explore->options;

	return options->shards == 0 || number % options->shards == options->shard - 1;
}

unsigned
explore_depth(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;

	return options->strategy == &explore_bounded ? options->preemptions + 1 : options->depth;
}

static int
by_turn(const void *a, const void *b)
{
	const struct job *one = a, *other = b;
	int order = (one->turn > other->turn) - (one->turn < other->turn);

	return order != 0 ? order :
	    (one->number > other->number) - (one->number < other->number);
}

/* Take the jobs of the lowest rank out. */
static bool
next_round(struct explore_queue *queue)
{
	unsigned rank = UINT32_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < queue->later.count; i++)
		if (queue->later.item[i].rank < rank)
			rank = queue->later.item[i].rank;
	queue->round.count = 0;
	for (size_t i = 0; i < queue->later.count; i++)
		if (queue->later.item[i].rank == rank)
			*(struct job *)vec_add(&queue->round) = queue->later.item[i];
		else
			queue->later.item[kept++] = queue->later.item[i];
	queue->later.count = kept;
	if (queue->round.count > 0)
		qsort(queue->round.item, queue->round.count, sizeof(queue->round.item[0]),
		    by_turn);
	return queue->round.count > 0;
}

static char *
job_name(const struct explore *explore, const struct job *job)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);

	fprintf(stream, "%s | ", explore->c[job->number].id);
	plan_print(&job->plan, stream);
	fprintf(stream, " | %u/%zu", job->kind, job->at);
	if (job->count > 0)
		fprintf(stream, " | seeds %" PRIu64 "+%" PRIu64, job->seed, job->count);
	return sbuf_close(&buf);
}

/* ---- what two parts have in common ---- */

static uint64_t
hash_of_cases(const struct explore *explore)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);
	uint64_t hash;

	for (size_t i = 0; i < explore->cases; i++) {
		fprintf(stream, "%s\n", explore->c[i].id);
		scenario_print(explore->c[i].scenario, stream);
	}
	sbuf_close(&buf);
	hash = trace_hash(buf.text, buf.length);
	free(buf.text);
	return hash;
}

char *
explore_describe(const struct explore *explore)
{
	const struct explore_options *o = &explore->options;
	uint64_t cases = hash_of_cases(explore);

	if (o->strategy == &explore_sweep)
		return xasprintf("sweep%s%s%s%s%s cases=%016" PRIx64,
		    o->no_faults ? " no-faults" : "", o->no_interrupts ? " no-interrupts" : "",
		    o->contract ? " contract" : "", o->all_stacks ? " all-stacks" : "",
		    o->pairs ? " pairs" : "", cases);
	if (o->strategy == &explore_drawn)
		return xasprintf("drawn depth=%u seed=%" PRIu64 " cases=%016" PRIx64, o->depth,
		    o->seed, cases);
	return xasprintf("preemptions=%u faults=%u%s cases=%016" PRIx64, o->preemptions,
	    o->faults, o->reduction ? "" : " no-reduction", cases);
}

/* ---- in the worker ---- */

static void
begin(void *arg)
{
	struct explore *explore = arg;

	worker_init(&explore->queue->worker, explore);
}

static bool
piece(void *arg, size_t index, FILE *out)
{
	struct explore *explore = arg;
	const struct job *job = &explore->queue->round.item[index];
	char *name = job_name(explore, job);
	const char *kept = explore_state_find(explore->kept, name);

	if (kept != NULL)
		fputs(kept, out);
	else
		explore->options.strategy->work(&explore->queue->worker, job, out);
	free(name);
	return true;
}

/* ---- in the parent: what a job wrote ---- */

/* No number is that of a run in another part. */
static uint64_t
number_of(const struct explore *explore, const struct job *job, uint64_t in_job, uint64_t before)
{
	const struct explore_options *o = &explore->options;

	if (job->first != 0)
		return job->first + in_job;
	return o->shards == 0 ? before + in_job + 1 :
	    (before + in_job) * o->shards + o->shard;
}

static void
take_run(struct explore *explore, const struct record *run)
{
	size_t known = explore->tally.clusters.count;

	tally_add(&explore->tally, run);
	for (; explore->found != NULL && known < explore->tally.clusters.count; known++)
		if (tally_is_first(&explore->tally, known))
			explore->found(explore->arg, &explore->tally.clusters.item[known]);
	if (explore->run != NULL)
		explore->run(explore->arg, run);
	if (explore->options.fail_fast && record_class(run) == RECORD_NEW)
		explore->cut = true;
	/* A sweep ends with that run, not with its job. */
	if (explore->options.strategy == &explore_sweep && explore->options.runs_max != 0 &&
	    explore->tally.runs >= explore->options.runs_max)
		explore->cut = true;
}

static void
lose(struct explore *explore, const struct job *job, const char *why)
{
	struct record *run = &explore->queue->line.run;

	record_clear(run);
	run->number = number_of(explore, job, 0, explore->tally.runs);
	snprintf(run->base, sizeof(run->base), "%s", explore->c[job->number].id);
	plan_text(&job->plan, run->plan);
	plan_group(&job->plan, run->group);
	run->point = job->point;
	snprintf(run->lost, sizeof(run->lost), "%s", why);
	take_run(explore, run);
}

static void
take_end(struct explore *explore, const struct job *job, const struct record_job_end *end,
    uint64_t written)
{
	tally_add_silent(&explore->tally, end, written);
	explore->skipped += end->skipped;
	explore->limited += end->limited;
	if (job->is_base) {
		explore->points += end->points;
		explore->left_out += end->left_out;
		explore->many_cpus += end->cpus > 1;
	}
	if (end->bound > 0 && (explore->bound == 0 || end->bound < explore->bound))
		explore->bound = end->bound;
	if (end->cut) {
		struct job rest = *job;

		rest.kind = end->kind;
		rest.at = end->at;
		rest.is_base = false;
		rest.rank++;
		explore_add(explore, &rest);
	}
}

/* False: what it wrote is malformed. */
static bool
take_line(struct explore *explore, const struct job *job, uint64_t before, uint64_t *written)
{
	struct record_line *line = &explore->queue->line;

	switch (line->kind) {
	case RECORD_RUN:
		/* The worker counts within the job, from 1. */
		line->run.number = number_of(explore, job, line->run.number - 1, before);
		++*written;
		if (!job->elsewhere)
			take_run(explore, &line->run);
		return true;
	case RECORD_CHILD:
		return explore->options.strategy->child(explore, job, &line->child);
	case RECORD_DIFFER:
		if (explore->differ++ == 0)
			explore->why = xasprintf("%s%s%s: %s", explore->c[job->number].id,
			    line->differ.plan[0] != '\0' ? ", " : "",
			    line->differ.plan, line->differ.why);
		return true;
	case RECORD_JOB_END:
		take_end(explore, job, &line->job_end, *written);
		return true;
	default:
		return false;
	}
}

static void
read_job(struct explore *explore, const struct job *job, const char *text)
{
	struct record_line *line = &explore->queue->line;
	uint64_t before = explore->tally.runs, written = 0;
	char *name, why[160];

	line->kind = RECORD_BAD;
	for (const char *at = text; *at != '\0' && !explore->cut;) {
		size_t length = strcspn(at, "\n");

		if (record_read(line, at, length, why, sizeof(why)) == RECORD_BAD ||
		    !take_line(explore, job, before, &written))
			internal_error("malformed output from a worker: %.*s", (int)length, at);
		at += length + (at[length] == '\n');
	}
	name = job_name(explore, job);
	if (!explore->cut && !explore_state_add(explore->kept, name, text))
		explore->state_full = true;
	free(name);
}

static bool
done(void *arg, size_t index, const struct pool_result *result)
{
	struct explore *explore = arg;
	const struct explore_options *options = &explore->options;
	struct job job = explore->queue->round.item[index];

	explore->jobs++;
	if (options->strategy->begin != NULL)
		options->strategy->begin(explore, &job);
	if (result->text == NULL)
		lose(explore, &job, result->why);
	else
		read_job(explore, &job, result->text);
	explore->cut = explore->cut || is_late(explore) || (options->runs_max != 0 &&
	    options->strategy != &explore_drawn && explore->tally.runs >= options->runs_max);
	explore->queue->stop = explore->cut || explore->differ > 0 || explore->state_full;
	return !explore->queue->stop;
}

static bool
tick(void *arg, size_t pieces)
{
	struct explore *explore = arg;

	(void)pieces;
	if (explore->tick != NULL)
		explore->tick(explore->arg, explore);
	if (is_late(explore))
		explore->cut = explore->queue->stop = true;
	return !explore->queue->stop;
}

/* ---- all ---- */

static bool
run_rounds(struct explore *explore)
{
	const struct strategy *strategy = explore->options.strategy;
	struct explore_queue *queue = explore->queue;
	bool good = true;

	strategy->plan(explore);
	while (good && !queue->stop && next_round(queue))
		good = pool_run_all(&(struct pool_work){
			.count = queue->round.count, .jobs = explore->options.jobs,
			.seconds = strategy->seconds, .begin = begin, .piece = piece,
			.done = done, .tick = tick, .arg = explore,
		});
	explore->complete = good && !explore->cut && explore->jobs == explore->jobs_known &&
	    explore->tally.lost.count == 0 && explore->differ == 0 && !explore->state_full;
	return good;
}

bool
explore_run(struct explore *explore)
{
	bool good = true;

	explore->begin_ns = host_ns();
	explore->options.lines |= explore->options.strategy == &explore_sweep;
	explore->tally.leaks_apart = explore->options.strategy == &explore_sweep;
	explore->queue = xcalloc(1, sizeof(*explore->queue));
	if (explore->options.state != NULL) {
		explore->kept = explore_state_open(explore->options.state, explore,
		    &explore->bad_state);
		good = explore->kept != NULL;
	}
	good = good && run_rounds(explore);
	tally_sort(&explore->tally);
	explore_state_close(explore->kept);
	explore->kept = NULL;
	return good;
}

void
explore_fini(struct explore *explore)
{
	if (explore->queue != NULL) {
		vec_fini(&explore->queue->later);
		vec_fini(&explore->queue->round);
		record_line_fini(&explore->queue->line);
	}
	free(explore->queue);
	explore->queue = NULL;
	free(explore->why);
	explore->why = NULL;
	tally_fini(&explore->tally);
}
