/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest scenario that shows each finding.
 */
#include "explore/explore.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "explore/found.h"
#include "explore/shrink.h"
#include "run/pool.h"

#define SPARE_SECONDS 60	/* beyond its time, before a worker counts as lost */

struct reducing {
	struct explore *explore;
	const struct explore_reduce *bounds;
	struct { VEC_MEMBERS(const struct cluster *); } order;
	struct worker worker;		/* a worker's */
	struct record_line line;
	uint64_t end_ns;		/* of the host's time; 0: no bound */
};

/* The host's time for one scenario: its share of what is left, at most that of the bounds. */
static uint64_t
patience_ms(const struct reducing *reducing, size_t index)
{
	uint64_t now = host_ns(), left, share;

	if (reducing->end_ns == 0)
		return reducing->bounds->ms;
	if (now >= reducing->end_ns)
		return 1;
	left = (reducing->end_ns - now) / 1000000;
	share = left * reducing->explore->options.jobs / (reducing->order.count - index);
	if (share > left)
		share = left;
	return share < reducing->bounds->ms ? share + 1 : reducing->bounds->ms;
}

/* ---- in a worker ---- */

static void
begin(void *arg)
{
	struct reducing *reducing = arg;

	worker_init(&reducing->worker, reducing->explore);
}

static void
write_reduced(struct worker *worker, const struct cluster *cluster,
    const struct shrink_result *result, FILE *out)
{
	struct record_reduced reduced = {
		.key = cluster->first.finding.key, .from = cluster->simplest,
		.steps = (unsigned)result->edit->scenario.steps.count,
		.complete = result->complete, .verified = result->verified,
	};
	struct found found = { .edit = result->edit, .finding = &result->finding };
	struct why reason;
	struct sbuf buf;

	snprintf(reduced.cause, sizeof(reduced.cause), "%s", cluster->first.cause);
	if (why(&worker->trial, result->edit, reduced.key, &reason) && reason.text[0] != '\0')
		reduced.why = reason.text;
	found_print(&found, FOUND_FOLDER "/reduced.yaml", true, sbuf_open(&buf));
	reduced.scenario = sbuf_close(&buf);
	record_write(RECORD_REDUCED, &reduced, NULL, out);
	free(reduced.scenario);
}

/* One that does not show the finding when it is run alone is written as it was found. */
static bool
piece(void *arg, size_t index, FILE *out)
{
	struct reducing *reducing = arg;
	const struct cluster *cluster = reducing->order.item[index];
	const struct shrink_options options = {
		.runs_max = reducing->bounds->runs, .ms_max = patience_ms(reducing, index),
	};
	struct edit *edit = worker_edit(&reducing->worker, cluster->base, cluster->plan);
	struct shrink_result result;

	if (edit == NULL)
		return true;
	if (!shrink(&reducing->worker.trial, edit, cluster->first.finding.key, &options, &result))
		result = (struct shrink_result){
			.edit = edit_copy(edit), .finding = cluster->first.finding,
		};
	write_reduced(&reducing->worker, cluster, &result, out);
	edit_free(result.edit);
	edit_free(edit);
	return true;
}

/* ---- in the parent ---- */

static bool
done(void *arg, size_t index, const struct pool_result *result)
{
	struct reducing *reducing = arg;
	char why[128];

	(void)index;
	/* It may have been killed by the same signal. */
	if (cleanup_asked() != 0)
		return false;
	if (result->text == NULL)
		fprintf(stderr, "viosim: a finding could not be reduced: %s\n", result->why);
	if (result->text == NULL || result->length == 0)
		return true;
	if (record_read(&reducing->line, result->text, result->length, why, sizeof(why)) !=
	    RECORD_REDUCED)
		internal_error("malformed output from a worker: %s", why);
	tally_add_reduced(&reducing->explore->tally, &reducing->line.reduced);
	return true;
}

static bool
tick(void *arg, size_t pieces)
{
	struct explore *explore = ((struct reducing *)arg)->explore;

	(void)pieces;
	if (explore->tick != NULL)
		explore->tick(explore->arg, explore);
	return cleanup_asked() == 0;
}

/* The first of each finding, then the second, ... */
static void
choose(struct reducing *reducing)
{
	const struct tally *tally = &reducing->explore->tally;

	for (unsigned turn = 0; turn < EXPLORE_REDUCED_MAX; turn++)
		for (size_t i = 0; i < tally->clusters.count; i++)
			if (cluster_counts(&tally->clusters.item[i], reducing->bounds->lints,
			    reducing->bounds->baseline) && tally_turn(tally, i) == turn)
				*(const struct cluster **)vec_add(&reducing->order) =
				    &tally->clusters.item[i];
}

bool
explore_reduce(struct explore *explore, const struct explore_reduce *bounds)
{
	struct reducing reducing = {
		.explore = explore, .bounds = bounds,
		.end_ns = bounds->all_ms != 0 ?
		    host_ns() + bounds->all_ms * UINT64_C(1000000) : 0,
	};
	bool good;

	explore->reducing = true;
	choose(&reducing);
	good = reducing.order.count == 0 || pool_run_all(&(struct pool_work){
		.count = reducing.order.count, .jobs = explore->options.jobs,
		.seconds = (unsigned)(bounds->ms / 1000) + SPARE_SECONDS, .begin = begin,
		.piece = piece, .done = done, .tick = tick, .arg = &reducing,
	});
	vec_fini(&reducing.order);
	record_line_fini(&reducing.line);
	return good;
}
