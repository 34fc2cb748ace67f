/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest story of each new mistake that a sweep found.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/sweep_work.h"
#include "explore/found.h"
#include "run/pool.h"
#include "explore/shrink.h"
#include "explore/skeleton.h"
#include "explore/why.h"

/* Runs bound it where possible, so that the outcome is the same on any host. */
#define SHRINK_RUNS 4000
#define SHRINK_MS 20000
#define SHRINK_SECONDS 60

struct shrinking {
	struct sweep_work *work;
	const struct cluster **cluster;
	size_t count;
};

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

struct edit *
sweep_work_edit(struct sweep_work *work, const char *scenario)
{
	const char *end = strchr(scenario, '\n');
	struct edit *skeleton, *edit;
	struct plan plan;

	if (end == NULL || !plan_parse(&plan, end + 1))
		return NULL;
	for (size_t i = 0; i < work->bases; i++) {
		const struct scenario_case *c = work->base[i].c;

		if (strncmp(c->id, scenario, (size_t)(end - scenario)) != 0 ||
		    c->id[end - scenario] != '\0')
			continue;
		skeleton = skeleton_new(&work->trial, c);
		edit = plan_apply(&plan, skeleton);
		edit_free(skeleton);
		return edit;
	}
	return NULL;
}

static void
write_story(struct shrinking *shrinking, const struct cluster *cluster, struct edit *edit,
    const struct trial_finding *finding, bool complete, FILE *out)
{
	struct explored_story story = { .key = cluster->finding.key, .cause = cluster->cause,
	    .from = cluster->simplest,
	    .complete = complete,
	    .steps = (unsigned)edit->scenario.steps.count };
	struct found found = { .edit = edit, .finding = finding };
	struct why reason;
	size_t size;
	FILE *stream = open_memstream(&story.scenario, &size);

	if (stream == NULL)
		no_memory();
	if (why(&shrinking->work->trial, edit, finding->key, &reason))
		story.why = reason.text;
	found_print_bare(&found, FOUND_FOLDER "/story.yaml", stream);
	fclose(stream);
	explored_write_story(&story, out);
	free(story.scenario);
}

static void
shrink_piece(void *arg, size_t index, FILE *out)
{
	struct shrinking *shrinking = arg;
	const struct cluster *cluster = shrinking->cluster[index];
	struct shrink_options options = { .runs_max = SHRINK_RUNS, .ms_max = SHRINK_MS };
	struct edit *edit = sweep_work_edit(shrinking->work, cluster->scenario);
	struct shrink_result result;

	if (edit == NULL)
		return;
	if (shrink(&shrinking->work->trial, edit, cluster->finding.key, &options, &result)) {
		write_story(shrinking, cluster, result.edit, &result.finding, result.complete,
		    out);
		edit_free(result.edit);
	} else {
		write_story(shrinking, cluster, edit, &cluster->finding, false, out);
	}
	edit_free(edit);
}

/* One that could not be shrunk is left as it was found: there is its replay id and plan. */
static bool
shrink_done(void *arg, size_t index, const struct pool_result *got)
{
	const char *text = got->text, *lost = got->why;
	size_t length = got->length;
	struct shrinking *shrinking = arg;
	struct sweep_work *work = shrinking->work;
	struct explored_story *story;
	char bad[128];

	(void)index;
	if (text == NULL)
		fprintf(stderr, "viosim: a finding could not be shrunk: %s\n", lost);
	if (text == NULL || length == 0)
		return true;
	work->story = realloc(work->story, (work->stories + 1) * sizeof(*story));
	if (work->story == NULL)
		no_memory();
	story = &work->story[work->stories];
	if (explored_read(&work->reader, text, length, &(struct explored_into){
	    .story = story }, bad, sizeof(bad)) != EXPLORED_STORY) {
		fprintf(stderr, "viosim: a worker said what makes no sense: %s\n", bad);
		return false;
	}
	work->stories++;
	if (work->ndjson != NULL)
		explored_file_story(work->ndjson, story);
	return true;
}

bool
sweep_work_shrink(struct sweep_work *work, bool lints)
{
	struct shrinking shrinking = { .work = work };
	struct pool_work pool = {
		.jobs = work->flags->jobs, .seconds = SHRINK_SECONDS, .piece = shrink_piece,
		.done = shrink_done, .arg = &shrinking,
	};
	bool good;

	shrinking.cluster = calloc(work->tally.clusters.count + 1,
	    sizeof(shrinking.cluster[0]));
	if (shrinking.cluster == NULL)
		no_memory();
	for (size_t i = 0; i < work->tally.clusters.count; i++) {
		const struct cluster *cluster = &work->tally.clusters.item[i];

		if (cluster_is_new(cluster) && (lints ||
		    cluster->finding.rule->severity == SEVERITY_ERROR))
			shrinking.cluster[shrinking.count++] = cluster;
	}
	pool.count = shrinking.count;
	good = pool_run_all(&pool);
	free(shrinking.cluster);
	return good;
}
