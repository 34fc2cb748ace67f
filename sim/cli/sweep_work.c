/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work of `viosim sweep`: see sweep_work.h.
 *
 * A unit of work is the plain run of a case or one try; they are numbered through all cases, and
 * shard K of N does those whose number is K - 1 modulo N.  What workers say are lines of NDJSON,
 * the same that a shard's file holds.
 */
#include "cli/sweep_work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "run/pool.h"
#include "explore/skeleton.h"
#include "report/sweep_text.h"

#define PLAN_SECONDS 120
#define RUN_SECONDS 60
#define PAIRS_SECONDS 1200

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

void
sweep_work_init(struct sweep_work *work, const struct sweep_flags *flags,
    struct module *module, const struct manifest *manifest)
{
	memset(work, 0, sizeof(*work));
	work->flags = flags;
	work->at = SIZE_MAX;
	trial_init(&work->trial, module, manifest);
	tally_init(&work->tally);
	explored_reader_init(&work->reader, manifest);
	sweep_plan_init(&work->plan);
}

void
sweep_work_fini(struct sweep_work *work)
{
	for (size_t i = 0; i < work->bases; i++) {
		free(work->base[i].tries);
		outcome_fini(&work->base[i].plain);
	}
	for (size_t i = 0; i < work->stories; i++)
		explored_story_fini(&work->story[i]);
	free(work->base);
	free(work->story);
	free(work->unit);
	edit_free(work->skeleton);
	sweep_plan_fini(&work->plan);
	outcome_fini(&work->outcome);
	explored_reader_fini(&work->reader);
	tally_fini(&work->tally);
	trial_fini(&work->trial);
}

void
sweep_work_add(struct sweep_work *work, const struct scenario_case *c)
{
	work->base = realloc(work->base, (work->bases + 1) * sizeof(work->base[0]));
	if (work->base == NULL)
		no_memory();
	memset(&work->base[work->bases], 0, sizeof(work->base[0]));
	work->base[work->bases++].c = c;
}

static bool
is_ours(const struct sweep_work *work, size_t unit)
{
	return unit % work->flags->shards == work->flags->shard - 1;
}

static uint64_t
number_of(size_t unit)
{
	return (uint64_t)unit * SWEEP_RUNS_MAX + 1;
}

static bool
tick(void *arg, size_t done)
{
	const struct sweep_work *work = arg;

	cli_output_check();
	if (work->flags->progress)
		fprintf(stderr, "\r%zu of %zu, %" PRIu64 " runs, %zu new\033[K", done,
		    work->units, work->tally.runs, tally_new(&work->tally, false));
	return true;
}

static void
end_progress(const struct sweep_work *work)
{
	if (work->flags->progress)
		fputs("\r\033[K", stderr);
}

/* ---- planning ---- */

static void
plan_piece(void *arg, size_t index, FILE *out)
{
	struct sweep_work *work = arg;
	const struct scenario_case *c = work->base[index].c;
	struct edit *skeleton = skeleton_new(&work->trial, c);
	struct sweep_plan plan;

	sweep_plan_init(&plan);
	sweep_plan_make(&plan, &work->trial, skeleton, c->id, &work->flags->options);
	explored_write(&plan.plain, out);
	sweep_plan_print(&plan, out);
	sweep_plan_fini(&plan);
	edit_free(skeleton);
}

/* Takes a line that a worker of ours wrote; what it cannot be is our own mistake. */
static void
read_run(struct sweep_work *work, const char *line, size_t length, struct outcome *outcome)
{
	char why[128];

	if (explored_read(&work->reader, line, length, &(struct explored_into){
	    .outcome = outcome }, why, sizeof(why)) != EXPLORED_RUN) {
		fprintf(stderr, "viosim: a worker said what makes no sense: %s\n", why);
		exit(3);
	}
}

static bool
plan_done(void *arg, size_t index, const struct pool_result *got)
{
	const char *text = got->text, *why = got->why;
	size_t length = got->length;
	struct sweep_work *work = arg;
	struct sweep_base *base = &work->base[index];
	size_t first;

	(void)length;
	if (text == NULL) {
		outcome_clear(&base->plain);
		snprintf(base->plain.base, sizeof(base->plain.base), "%s", base->c->id);
		snprintf(base->plain.lost, sizeof(base->plain.lost), "%s", why);
		return true;
	}
	first = strcspn(text, "\n");
	read_run(work, text, first, &base->plain);
	base->tries = strdup(text + first + 1);
	if (base->tries == NULL)
		no_memory();
	for (const char *p = base->tries; *p != '\0'; p++)
		base->count += *p == '\n';
	return true;
}

/* Number all units, and list the tries that are this shard's. */
static void
number_units(struct sweep_work *work)
{
	size_t unit = 0;

	for (size_t i = 0; i < work->bases; i++) {
		work->base[i].first = unit;
		work->base[i].plain.number = number_of(unit);
		work->plains += is_ours(work, unit);
		unit += 1 + work->base[i].count;
	}
	work->planned = unit;
	work->unit = calloc(unit + 1, sizeof(work->unit[0]));
	if (work->unit == NULL)
		no_memory();
	for (size_t i = 0; i < work->bases; i++)
		for (size_t n = 1; n <= work->base[i].count; n++)
			if (is_ours(work, work->base[i].first + n))
				work->unit[work->units++] = work->base[i].first + n;
}

bool
sweep_work_plan(struct sweep_work *work)
{
	struct pool_work pool = {
		.count = work->bases, .jobs = work->flags->jobs, .seconds = PLAN_SECONDS,
		.piece = plan_piece, .done = plan_done, .arg = work,
	};

	if (!pool_run_all(&pool))
		return false;
	number_units(work);
	return true;
}

/* ---- running ---- */

static struct sweep_base *
base_of(struct sweep_work *work, size_t unit)
{
	size_t low = 0, high = work->bases;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (work->base[middle].first <= unit)
			low = middle;
		else
			high = middle;
	}
	return &work->base[low];
}

/* In a worker: be ready for tries of that case. */
static void
go_to(struct sweep_work *work, const struct sweep_base *base)
{
	if (work->at == (size_t)(base - work->base))
		return;
	edit_free(work->skeleton);
	work->skeleton = skeleton_new(&work->trial, base->c);
	if (!sweep_plan_parse(&work->plan, base->tries)) {
		fprintf(stderr, "viosim: the plan of %s cannot be read back\n", base->c->id);
		exit(3);
	}
	work->at = (size_t)(base - work->base);
}

static void
tell(void *arg, struct outcome *outcome)
{
	explored_write(outcome, arg);
}

static void
run_piece(void *arg, size_t index, FILE *out)
{
	struct sweep_work *work = arg;
	size_t unit = work->unit[index];
	const struct sweep_base *base = base_of(work, unit);

	go_to(work, base);
	sweep_try_run(&work->plan.item[unit - base->first - 1], &work->trial, work->skeleton,
	    &base->plain, number_of(unit), &work->flags->options, tell, out);
}

/* False when no more are wanted. */
static bool
take_outcome(struct sweep_work *work, const struct outcome *outcome)
{
	const struct sweep_flags *flags = work->flags;
	bool is_new = outcome_class(outcome) == OUTCOME_NEW;

	tally_add(&work->tally, outcome);
	if (work->ndjson != NULL)
		explored_file_run(work->ndjson, outcome);
	if (flags->verbose) {
		end_progress(work);
		sweep_text_run(outcome, stdout);
	}
	work->cut = (flags->fail_fast && is_new) ||
	    (flags->runs_max > 0 && work->tally.runs >= flags->runs_max);
	return !work->cut;
}

/* Plain runs were done when planning; they are told in their places. */
static bool
tell_plains(struct sweep_work *work, size_t before)
{
	while (work->plains_told < work->bases &&
	    work->base[work->plains_told].first < before) {
		const struct sweep_base *base = &work->base[work->plains_told++];

		if (is_ours(work, base->first) && !take_outcome(work, &base->plain))
			return false;
	}
	return true;
}

static bool
take_loss(struct sweep_work *work, size_t unit, const char *why)
{
	const struct sweep_base *base = base_of(work, unit);
	struct outcome *outcome = &work->outcome;

	go_to(work, base);
	sweep_try_describe(&work->plan.item[unit - base->first - 1], &base->plain,
	    number_of(unit), outcome);
	snprintf(outcome->lost, sizeof(outcome->lost), "%s", why);
	return take_outcome(work, outcome);
}

static bool
run_done(void *arg, size_t index, const struct pool_result *got)
{
	const char *text = got->text, *why = got->why;
	size_t length = got->length;
	struct sweep_work *work = arg;

	(void)length;
	if (!tell_plains(work, work->unit[index]))
		return false;
	if (text == NULL)
		return take_loss(work, work->unit[index], why);
	while (*text != '\0') {
		size_t line = strcspn(text, "\n");

		read_run(work, text, line, &work->outcome);
		if (!take_outcome(work, &work->outcome))
			return false;
		text += line + 1;
	}
	return true;
}

bool
sweep_work_run(struct sweep_work *work)
{
	struct pool_work pool = {
		.count = work->units, .jobs = work->flags->jobs,
		.seconds = work->flags->options.pairs ? PAIRS_SECONDS : RUN_SECONDS,
		.piece = run_piece, .done = run_done, .tick = tick, .arg = work,
	};
	bool good = pool_run_all(&pool);

	if (good && !work->cut)
		tell_plains(work, SIZE_MAX);
	end_progress(work);
	tally_sort(&work->tally);
	return good;
}
