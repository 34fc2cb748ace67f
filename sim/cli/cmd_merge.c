/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim merge: the parts of a sweep or an exploration that were done elsewhere, as one report.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "cli/cli.h"
#include "report/explored.h"
#include "report/sweep_text.h"

struct merge {
	struct explored_head head;	/* of the first file */
	const char *first;		/* its name; NULL: none yet */
	const char **from;		/* by shard: the file that it came from */
	struct tally tally;
	struct explored_reader reader;
	struct explored_story *story;
	size_t stories;
	struct outcome outcome;
	struct explored_end end;	/* of all files together */
	bool lints_fail;
};

/* A file being read. */
struct part {
	const char *path;
	size_t line;
	struct seal seal;
	uint64_t runs;
	bool ended;
};

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(CLI_BROKEN);
}

static bool
wrong(const struct part *part, const char *why)
{
	fprintf(stderr, "%s:%zu: error: %s\n", part->path, part->line, why);
	return false;
}

/* ---- heads ---- */

static bool
fits(const struct merge *merge, const struct explored_head *head, char *why, size_t size)
{
	const struct explored_head *first = &merge->head;
	const char *what = strcmp(head->command, first->command) != 0 ? "another command" :
	    strcmp(head->driver, first->driver) != 0 ? "another driver" :
	    strcmp(head->options, first->options) != 0 ? "other cases or options" :
	    head->planned != first->planned ? "another number of runs" :
	    head->shards != first->shards ? "another number of parts" : NULL;

	if (what == NULL)
		return true;
	snprintf(why, size, "this is of %s than %s; only parts of one whole can be merged",
	    what, merge->first);
	return false;
}

static bool
take_head(struct merge *merge, const struct explored_head *head, const char *path, char *why,
    size_t size)
{
	if (head->shards < 1 || head->shard < 1 || head->shard > head->shards) {
		snprintf(why, size, "there is no part %u of %u", head->shard, head->shards);
		return false;
	}
	if (merge->first == NULL) {
		merge->head = *head;
		merge->first = path;
		merge->from = calloc(head->shards, sizeof(merge->from[0]));
		if (merge->from == NULL)
			no_memory();
	} else if (!fits(merge, head, why, size)) {
		return false;
	}
	if (merge->from[head->shard - 1] != NULL) {
		snprintf(why, size, "part %u of %u is also in %s", head->shard, head->shards,
		    merge->from[head->shard - 1]);
		return false;
	}
	merge->from[head->shard - 1] = path;
	return true;
}

/* ---- lines ---- */

static void
take_story(struct merge *merge, struct explored_story *story)
{
	merge->story = realloc(merge->story, (merge->stories + 1) * sizeof(*story));
	if (merge->story == NULL)
		no_memory();
	merge->story[merge->stories++] = *story;
}

/*
 * Which of two stories of the same mistake?  The one that the whole would have shrunk: that of
 * the simplest run.  If that is not known the shorter; of equals the first by text.
 */
static bool
is_better(struct merge *merge, const struct explored_story *story,
    const struct explored_story *than)
{
	const struct cluster *cluster = clusters_find_cause(&merge->tally.clusters, story->key,
	    story->cause);
	uint64_t from = cluster != NULL ? cluster->simplest : 0;

	if ((story->from == from) != (than->from == from))
		return story->from == from;
	if (story->steps != than->steps)
		return story->steps < than->steps;
	return strcmp(story->scenario, than->scenario) < 0;
}

/* One of each mistake. */
static void
choose_stories(struct merge *merge)
{
	size_t kept = 0;

	for (size_t i = 0; i < merge->stories; i++) {
		struct explored_story *story = &merge->story[i];
		size_t k = 0;

		while (k < kept && (merge->story[k].key != story->key ||
		    merge->story[k].cause != story->cause))
			k++;
		if (k == kept) {
			merge->story[kept++] = *story;
		} else if (is_better(merge, story, &merge->story[k])) {
			explored_story_fini(&merge->story[k]);
			merge->story[k] = *story;
		} else {
			explored_story_fini(story);
		}
	}
	merge->stories = kept;
}

static bool
take_end(struct merge *merge, struct part *part, const struct explored_end *end)
{
	if (end->runs != part->runs)
		return wrong(part, "the file has not as many runs as it says here");
	part->ended = true;
	merge->end.runs += end->runs;
	merge->end.cases_left += end->cases_left;
	merge->end.lost += end->lost;
	merge->end.differ += end->differ;
	merge->end.complete = merge->end.complete && end->complete;
	return true;
}

/* A line that belongs where it stands. */
static bool
take_line(struct merge *merge, struct part *part, const char *line, size_t length)
{
	struct explored_head head = { .shard = 0 };
	struct explored_story story;
	struct explored_end end;
	struct explored_into rest = {
		.outcome = &merge->outcome, .story = &story, .end = &end,
	}, first = { .head = &head, .sites = &merge->tally };
	char why[256];

	switch (explored_read(&merge->reader, line, length, part->line == 1 ? &first : &rest,
	    why, sizeof(why))) {
	case EXPLORED_BAD:
		return wrong(part, part->line > 1 ? why : "this is not the beginning of what "
		    "`viosim sweep --ndjson` or `explore --ndjson` writes");
	case EXPLORED_HEAD:
		return take_head(merge, &head, part->path, why, sizeof(why)) ||
		    wrong(part, why);
	case EXPLORED_RUN:
		part->runs++;
		tally_add(&merge->tally, &merge->outcome);
		return true;
	case EXPLORED_STORY:
		take_story(merge, &story);
		return true;
	case EXPLORED_END:
		return take_end(merge, part, &end);
	}
	return false;
}

static bool
take_sealed(struct merge *merge, struct part *part, char *line, size_t length)
{
	part->line++;
	if (line[length - 1] != '\n')
		return wrong(part, "the file is cut off here");
	length--;
	if (part->ended)
		return wrong(part, "the file goes on behind its end");
	if (part->line > 1 && !seal_open(&part->seal, line, &length))
		return wrong(part, "this line is not what was written here: it was changed, or "
		    "lines before it were changed, removed, added or moved");
	/* What is no such file at all is better told so. */
	return take_line(merge, part, line, length) && (part->line > 1 ||
	    seal_open(&part->seal, line, &length) ||
	    wrong(part, "this line is not what was written here: it was changed"));
}

/* A device may go on for ever. */
static bool
ends(FILE *stream)
{
	struct stat st;

	return fstat(fileno(stream), &st) == 0 && (S_ISREG(st.st_mode) ||
	    S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fileno(stream)));
}

static bool
read_file(struct merge *merge, const char *path)
{
	FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	struct part part = { .path = path };
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	bool good = stream != NULL;

	if (stream == NULL) {
		fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
		return false;
	}
	if (!ends(stream)) {
		fprintf(stderr, "viosim: %s is neither a file nor a pipe\n", path);
		good = false;
	}
	while (good && (length = getline(&line, &size, stream)) > 0)
		good = take_sealed(merge, &part, line, (size_t)length);
	if (good && ferror(stream)) {
		fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
		good = false;
	}
	if (good && !part.ended)
		good = wrong(&part, part.line == 0 ? "the file is empty" : "the file ends "
		    "behind this line and lacks its last one: it was cut off, or what wrote it "
		    "was ended");
	free(line);
	if (stream != stdin)
		fclose(stream);
	return good;
}

/* ---- the whole ---- */

static bool
is_complete(const struct merge *merge)
{
	bool complete = true;

	for (unsigned i = 0; i < merge->head.shards; i++)
		if (merge->from[i] == NULL) {
			fprintf(stderr, "viosim: part %u of %u is missing\n", i + 1,
			    merge->head.shards);
			complete = false;
		}
	return complete;
}

static int
report(struct merge *merge)
{
	const struct explored_end *end = &merge->end;

	choose_stories(merge);
	tally_sort(&merge->tally);
	sweep_text_sums(&merge->tally, stdout);
	sweep_text_findings(&merge->tally, merge->story, merge->stories, stdout);
	if (!end->complete)
		puts("\nnot complete: a part was ended before all was done");
	sweep_text_end(&merge->tally, end->cases_left, stdout);
	if (end->differ > 0)
		fprintf(stderr, "viosim: %" PRIu64 " runs were not the same when they were done "
		    "again\n", end->differ);
	if (end->lost > 0)
		fprintf(stderr, "viosim: %" PRIu64 " pieces of work were lost with their "
		    "process\n", end->lost);
	if (merge->tally.ended > 0)
		fprintf(stderr, "viosim: %" PRIu64 " of %" PRIu64 " baseline runs ended early: "
		    "nothing after that was tried\n", merge->tally.ended, merge->tally.bases);
	if (end->lost > 0 || end->differ > 0)
		return CLI_BROKEN;
	if (tally_new(&merge->tally, merge->lints_fail) > 0 || tally_errors(&merge->tally) > 0)
		return CLI_FOUND;
	return end->cases_left > 0 || merge->tally.ended > 0 ? CLI_BROKEN : CLI_OK;
}

static int
merge_files(struct merge *merge, char **paths, size_t count)
{
	bool good = true;
	int code = CLI_USAGE;

	merge->end.complete = true;
	tally_init(&merge->tally);
	explored_reader_init(&merge->reader, NULL);
	for (size_t i = 0; i < count && good; i++)
		good = read_file(merge, paths[i]);
	if (good && is_complete(merge))
		code = report(merge);
	for (size_t i = 0; i < merge->stories; i++)
		explored_story_fini(&merge->story[i]);
	free(merge->story);
	free(merge->from);
	outcome_fini(&merge->outcome);
	tally_fini(&merge->tally);
	explored_reader_fini(&merge->reader);
	return code;
}

static const struct cli_option merge_options[] = {
	{ 0, "lints-fail", NULL, "a new lint is a new finding",
	    CLI_FLAG(struct merge, lints_fail) },
	CLI_OPTIONS_END
};

static int
merge_main(int argc, char **argv)
{
	struct merge merge = { .first = NULL };
	int code, first = cli_options_read(&cli_merge, argc, argv, &merge, &code);

	if (first < 0)
		return code;
	if (first == argc)
		return cli_usage_error(&cli_merge, "say which files: what `viosim sweep` or "
		    "`explore --shard K/N --ndjson FILE` wrote");
	return merge_files(&merge, argv + first, (size_t)(argc - first));
}

const struct cli_command cli_merge = {
	.name = "merge",
	.summary = "put the parts of a sweep or exploration together",
	.operands = "FILE ...",
	.about =
	    "Reads what `viosim sweep --shard K/N --ndjson FILE` wrote, all N parts of it, and "
	    "prints the report that the whole sweep would have printed.  The exit code is the "
	    "sweep's too.  What parts of `viosim explore` wrote becomes one report of the same "
	    "form.  FILE may be - for standard input.",
	.options = merge_options,
	.after =
	    "example:\n"
	    "  viosim sweep --shard 1/2 --ndjson 1.ndjson\n"
	    "  viosim sweep --shard 2/2 --ndjson 2.ndjson\n"
	    "  viosim merge 1.ndjson 2.ndjson\n",
	.main = merge_main,
};
