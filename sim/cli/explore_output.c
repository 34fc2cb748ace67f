/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output of `viosim explore`: see explore_output.h.
 */
#include "cli/explore_output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "explore/found.h"
#include "explore/tally.h"
#include "report/atomic.h"
#include "report/report.h"

bool
explore_output_open(struct explore_output *output, const char *ndjson, bool quiet)
{
	const char *ci = getenv("CI");
	char why[512];

	*output = (struct explore_output){
		.quiet = quiet,
		.bar = !quiet && isatty(STDERR_FILENO) && (ci == NULL || ci[0] == '\0'),
	};
	if (ndjson == NULL)
		return true;
	output->file = atomic_open(ndjson, why, sizeof(why));
	if (output->file == NULL) {
		fprintf(stderr, "viosim: %s\n", why);
		return false;
	}
	output->ndjson = atomic_stream(output->file);
	explored_file_init(&output->lines, output->ndjson);
	return true;
}

bool
explore_output_close(struct explore_output *output, bool keep)
{
	char why[512];

	if (output->file == NULL)
		return true;
	if (!keep) {
		atomic_abandon(output->file);
		return true;
	}
	if (atomic_commit(output->file, why, sizeof(why)))
		return true;
	fprintf(stderr, "viosim: %s\n", why);
	return false;
}

/* ---- while it goes on ---- */

void
explore_output_line(void *self, const char *json)
{
	struct explore_output *output = self;

	/* No number is that of a run in another part. */
	explored_file_members(&output->lines,
	    output->lines.runs * output->shards + output->shard, json);
}

static uint64_t
hash_of_cases(const struct explore *explore)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);
	uint64_t hash;

	if (stream == NULL)
		abort();
	for (size_t i = 0; i < explore->cases; i++)
		fprintf(stream, "%s\n", explore->c[i].id);
	fclose(stream);
	hash = trace_hash(text, length);
	free(text);
	return hash;
}

void
explore_output_head(struct explore_output *output, const struct explore *explore,
    const char *driver)
{
	const struct explore_options *options = &explore->options;
	struct explored_head head = { .command = "explore" };
	struct tally none;

	output->shard = head.shard = options->shards != 0 ? options->shard : 1;
	output->shards = head.shards = options->shards != 0 ? options->shards : 1;
	if (output->ndjson == NULL)
		return;
	snprintf(head.driver, sizeof(head.driver), "%s", driver);
	if (options->drawn)
		snprintf(head.options, sizeof(head.options), "drawn depth=%u seed=%" PRIu64
		    " cases=%016" PRIx64, options->depth, options->seed,
		    hash_of_cases(explore));
	else
		snprintf(head.options, sizeof(head.options), "preemptions=%u faults=%u%s "
		    "cases=%016" PRIx64, options->preemptions, options->faults,
		    options->reduction ? "" : " no-reduction", hash_of_cases(explore));
	tally_init(&none);
	explored_file_head(&output->lines, &head, &none);
	tally_fini(&none);
}

/*
 * The story as a file of its own: what it tells is no longer what the scenario that it was made
 * from tells.  Heap; NULL when it does not load.
 */
static char *
story_text(const struct explore_cause *cause, const struct trial_finding *finding)
{
	struct found found = { .finding = finding };
	struct found_text loaded;
	char *text = NULL;
	size_t size;
	FILE *stream;

	if (!found_load(&loaded, cause->scenario))
		return NULL;
	stream = open_memstream(&text, &size);
	if (stream == NULL)
		abort();
	found.edit = loaded.edit;
	found_print_bare(&found, FOUND_FOLDER "/story.yaml", stream);
	fclose(stream);
	found_unload(&loaded);
	return text;
}

/* Cases whose plain run was not done. */
static size_t
cases_left(const struct explore_output *output, const struct explore *explore)
{
	return output->left_out + explore->plains_known - explore->plains;
}

void
explore_output_stories(struct explore_output *output, const struct explore *explore)
{
	for (size_t i = 0; output->ndjson != NULL && i < explore->causes; i++) {
		const struct explore_cause *cause = &explore->cause[i];
		const struct trial_finding *finding =
		    &explore->clusters.item[cause->group].finding;
		struct explored_story story = {
			.key = cause->key, .why = cause->why,
			.steps = (unsigned)cause->steps, .complete = cause->complete,
		};

		if (finding->defect != NULL || cause->turn != 0)
			continue;
		story.scenario = story_text(cause, finding);
		if (story.scenario != NULL)
			explored_file_story(&output->lines, &story);
		free(story.scenario);
	}
	if (output->ndjson != NULL)
		explored_file_end(&output->lines, &(struct explored_end){
			.complete = explore->complete, .lost = explore->lost,
			.differ = explore->differ, .cases_left = cases_left(output, explore),
		});
}

void
explore_output_tick_over(struct explore_output *output)
{
	if (output->shown)
		fputs("\r\033[K", stderr);
	output->shown = false;
}

static void
print_place(const struct trial_finding *finding)
{
	if (finding->line != 0)
		printf("%s:%u (%s)", finding->file, finding->line, finding->function);
	else
		fputs("no line of the driver", stdout);
}

/* Whatever is to come: this one is told now. */
void
explore_output_found(void *self, const struct cluster *cluster, const char *id,
    const char *plan)
{
	struct explore_output *output = self;
	const struct trial_finding *finding = &cluster->finding;

	if (finding->defect != NULL || output->quiet || output->ndjson == stdout)
		return;
	explore_output_tick_over(output);
	printf("found: %s, ", finding->rule->id);
	print_place(finding);
	printf(": %s [%s%s%s]\n", finding->text, id, plan[0] != '\0' ? ", " : "", plan);
	fflush(stdout);
}

static size_t
count_new(const struct explore *explore)
{
	size_t count = 0;

	for (size_t i = 0; i < explore->clusters.count; i++)
		count += cluster_is_new(&explore->clusters.item[i]);
	return count;
}

static uint64_t
seconds_left(const struct explore_output *output, const struct explore *explore, uint64_t ms)
{
	uint64_t all = explore->walks > 0 ? ms * explore->walks_known / explore->walks : 0;

	/* Walks find more walks: what is known is the least. */
	if (output->ms_max != 0 && (all == 0 || all > output->ms_max))
		all = output->ms_max;
	return all > ms ? (all - ms) / 1000 : 0;
}

void
explore_output_tick(void *self, const struct explore *explore)
{
	struct explore_output *output = self;
	uint64_t ms = (uint64_t)(explore_now_ms() - explore->begin_ms), left;

	cli_output_check();
	if (!output->bar)
		return;
	output->shown = true;
	if (explore->shrinking) {
		fputs("\r\033[Kshrinking stories", stderr);
		return;
	}
	left = seconds_left(output, explore, ms);
	fprintf(stderr, "\r\033[K%" PRIu64 " runs, %" PRIu64 " a second, %zu of %zu walks, "
	    "%zu new, %02" PRIu64 ":%02" PRIu64 " left", explore->runs,
	    ms > 0 ? explore->runs * 1000 / ms : 0, explore->walks, explore->walks_known,
	    count_new(explore), left / 60, left % 60);
}

/* ---- the report ---- */

static const char *
plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void
print_wrapped(const char *label, const char *text)
{
	printf("    %s", label);
	report_wrap(stdout, text, 4 + (unsigned)strlen(label), 4, REPORT_WIDTH);
	putchar('\n');
}

static void
print_indented(const char *text, const char *indent)
{
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		printf("%s%.*s\n", length > 0 ? indent : "", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void
print_story(const struct explore_output *output, const struct explore_cause *cause,
    const struct trial_finding *finding, bool alone)
{
	char *text = output->quiet ? NULL : story_text(cause, finding);

	printf("    story: ");
	if (!alone && cause->text[0] != '\0')
		printf("%s (%" PRIu64 " run%s), ", cause->text, cause->runs,
		    plural(cause->runs));
	printf("%zu step%s%s\n", cause->steps, plural(cause->steps),
	    !cause->shrunk ? ", as found" : !cause->verified ? ", not verified" :
	    cause->complete ? "" : ", perhaps not the shortest");
	if (text != NULL)
		print_indented(text, "      | ");
	free(text);
	if (cause->why != NULL)
		print_wrapped("why: ", cause->why);
}

/* The first ones in full. */
static void
print_stories(const struct explore_output *output, const struct explore *explore, size_t group)
{
	unsigned count = 0;

	for (size_t i = 0; i < explore->causes; i++)
		count += explore->cause[i].group == group && !explore->cause[i].same;
	for (size_t i = 0; i < explore->causes; i++) {
		const struct explore_cause *cause = &explore->cause[i];

		if (cause->group != group || cause->same)
			continue;
		if (cause->turn < EXPLORE_STORIES_MAX)
			print_story(output, cause, &explore->clusters.item[group].finding,
			    count == 1);
		else
			printf("    also when %s (%" PRIu64 " run%s)\n", cause->text,
			    cause->runs, plural(cause->runs));
	}
}

static void
print_cluster(const struct explore_output *output, const struct explore *explore, size_t index)
{
	const struct cluster *cluster = &explore->clusters.item[index];
	const struct trial_finding *finding = &cluster->finding;

	printf("  %s%s, ", finding->rule->id,
	    finding->rule->severity == SEVERITY_LINT ? " (lint)" : "");
	print_place(finding);
	putchar('\n');
	print_wrapped("", finding->text);
	printf("    %" PRIu64 " run%s, first number %zu%s%s%s\n", cluster->runs,
	    plural(cluster->runs), cluster->first,
	    finding->defect != NULL ? ", known as " : "",
	    finding->defect != NULL ? finding->defect->id : "",
	    cluster->plain ? ", in a plain run too" : "");
	print_stories(output, explore, index);
}

/* 0: new; 1: the scenario shows it as it stands; 2: known. */
static unsigned
part_of(const struct cluster *cluster)
{
	return cluster->finding.defect != NULL ? 2 : cluster->plain ? 1 : 0;
}

static void
print_part(const struct explore_output *output, const struct explore *explore, unsigned part,
    const char *title)
{
	size_t count = 0;

	for (size_t i = 0; i < explore->clusters.count; i++)
		count += part_of(&explore->clusters.item[i]) == part;
	if (count == 0)
		return;
	printf("\n%s: %zu\n", title, count);
	for (size_t i = 0; i < explore->clusters.count; i++)
		if (part_of(&explore->clusters.item[i]) == part)
			print_cluster(output, explore, i);
}

static void
print_claim(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;

	if (options->shards > 1)
		printf("part %u of %u of ", options->shard, options->shards);
	printf("%zu case%s, %" PRIu64 " moments in their plain runs, %zu walk%s, %" PRIu64
	    " run%s\n", explore->cases, plural(explore->cases), explore->moments,
	    explore->walks, plural(explore->walks), explore->runs, plural(explore->runs));
	if (explore->options.drawn) {
		printf("drawn from seed %" PRIu64 " on%s\n", explore->options.seed,
		    explore->complete ? "" : "; not all were done");
		if (explore->bound > 0)
			printf("a mistake of depth %u is met in one run with a probability of "
			    "%.2g or more\n", options->depth, explore->bound);
		return;
	}
	if (explore->complete)
		printf("complete for at most %u interruption%s and %u failure%s: %" PRIu64
		    " runs, %" PRIu64 " skipped as equivalent\n", options->preemptions,
		    plural(options->preemptions), options->faults, plural(options->faults),
		    explore->runs, explore->skipped);
	else
		printf("not complete: %zu of %zu known walks done\n", explore->walks,
		    explore->walks_known);
}

/* What was to be done and could not be weighs more than what was found. */
static int
exit_code(const struct explore_output *output, const struct explore *explore)
{
	if (explore->differ > 0 || explore->lost > 0 || explore->state_full)
		return CLI_BROKEN;
	for (size_t i = 0; i < explore->clusters.count; i++) {
		const struct trial_finding *finding = &explore->clusters.item[i].finding;

		if (finding->defect == NULL && finding->rule->severity == SEVERITY_ERROR)
			return CLI_FOUND;
	}
	return cases_left(output, explore) > 0 || explore->ended > 0 ? CLI_BROKEN : CLI_OK;
}

/* The stories of new mistakes, as files. */
bool
explore_output_save(const struct explore *explore, const char *driver, const char *folder)
{
	char path[FOUND_PATH_MAX];
	bool good = true;

	for (size_t i = 0; i < explore->causes; i++) {
		const struct explore_cause *cause = &explore->cause[i];
		const struct trial_finding *finding =
		    &explore->clusters.item[cause->group].finding;

		if (finding->defect != NULL || cause->same ||
		    cause->turn >= EXPLORE_STORIES_MAX)
			continue;
		if (found_save_text(cause->scenario, finding, cause->why, driver, folder, path))
			printf("saved: %s\n", path);
		else
			good = false;
	}
	return good;
}

int
explore_output_report(struct explore_output *output, const struct explore *explore)
{
	if (explore->differ > 0)
		fprintf(stderr, "viosim: a run was not the same when it was done again: %s\n",
		    explore->why);
	else if (explore->lost > 0)
		fprintf(stderr, "viosim: %u walk%s lost; the first: %s\n", explore->lost,
		    plural(explore->lost), explore->why);
	if (cases_left(output, explore) > 0)
		fprintf(stderr, "viosim: %zu of %zu cases were not explored: not even their plain "
		    "runs were done\n", cases_left(output, explore),
		    output->left_out + explore->plains_known);
	if (explore->ended > 0)
		fprintf(stderr, "viosim: %zu of %zu baseline runs ended early: nothing after that "
		    "was tried\n", explore->ended, explore->plains);
	/* Standard output is for one of the two. */
	if (output->ndjson != stdout) {
		print_claim(explore);
		print_part(output, explore, 0, "new");
		print_part(output, explore, 1, "not known, and in a plain run too");
		print_part(output, explore, 2, "known defects");
	}
	return exit_code(output, explore);
}
