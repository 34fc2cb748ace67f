/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs that are drawn, not enumerated (generate.h), each from a seed of its own.
 */
#include "explore/explore.h"

#include <inttypes.h>

#define DRAW_RUNS 50		/* drawn for a case before another gets its turn */
#define DRAWS_DEFAULT 10000

/* A batch for each case in turn, until there are enough runs. */
static void
plan(struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	uint64_t left = options->runs_max != 0 ? options->runs_max : DRAWS_DEFAULT;
	uint64_t share = explore->cases > 0 ? left / explore->cases : 0, batch;
	struct job job = { .seed = options->seed };

	batch = share < 1 ? 1 : share < DRAW_RUNS ? share : DRAW_RUNS;
	while (left > 0 && explore->cases > 0) {
		job.count = left < batch ? left : batch;
		job.is_base = job.turn < explore->cases;
		if (explore_is_ours(explore, job.turn))
			explore_add(explore, &job);
		left -= job.count;
		job.seed += job.count;
		job.number = (job.number + 1) % explore->cases;
		job.turn++;
	}
}

static void
run_seed(struct job_out *out, uint64_t seed, const struct trial_result *base)
{
	struct trial_result result;
	struct job_run run = { .parent = base, .cause = "a drawn run" };
	char drawn[48];

	snprintf(drawn, sizeof(drawn), "seed %" PRIu64, seed);
	run.drawn = drawn;
	run.edit = worker_draw(out->worker, out->number, seed, &run.bound);
	job_run(out, &run, &result);
	edit_free(run.edit);
}

static void
work(struct worker *worker, const struct job *job, FILE *stream)
{
	const struct base *base = worker_base(worker, job->number);
	struct trial_result result;
	struct job_out out;

	job_out_init(&out, worker, job, stream);
	job_begin(&out, base->edit, &result);
	for (uint64_t i = 0; i < job->count; i++)
		run_seed(&out, job->seed + i, &base->result);
	job_out_end(&out);
}

const struct strategy explore_drawn = {
	.seconds = 300, .finds_twice = true, .plan = plan, .work = work,
};
