/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim merge: the parts of a sweep or an exploration that were done elsewhere, as one report.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
	bool lints_fail;
};

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(CLI_BROKEN);
}

static bool
wrong(const char *path, size_t line, const char *why)
{
	fprintf(stderr, "%s:%zu: error: %s\n", path, line, why);
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

/* Of two stories of the same mistake the shorter; of equals the first by text. */
static void
take_story(struct merge *merge, struct explored_story *story)
{
	struct explored_story *have = NULL;

	for (size_t i = 0; i < merge->stories; i++)
		if (merge->story[i].key == story->key && merge->story[i].cause == story->cause)
			have = &merge->story[i];
	if (have == NULL) {
		merge->story = realloc(merge->story, (merge->stories + 1) * sizeof(*story));
		if (merge->story == NULL)
			no_memory();
		merge->story[merge->stories++] = *story;
		return;
	}
	if (story->steps < have->steps || (story->steps == have->steps &&
	    strcmp(story->scenario, have->scenario) < 0)) {
		explored_story_fini(have);
		*have = *story;
	} else {
		explored_story_fini(story);
	}
}

static bool
take_line(struct merge *merge, const char *path, size_t number, const char *line, size_t length)
{
	struct explored_head head = { .shard = 0 };
	struct explored_story story;
	char why[256];
	enum explored_line kind;

	kind = explored_read(&merge->reader, line, length, &head, &merge->tally,
	    &merge->outcome, &story, why, sizeof(why));
	if (kind == EXPLORED_BAD)
		return wrong(path, number, why);
	if ((kind == EXPLORED_HEAD) != (number == 1)) {
		if (kind == EXPLORED_STORY)
			explored_story_fini(&story);
		return wrong(path, number, number == 1 ? "this is not the beginning of what "
		    "`viosim sweep --ndjson` or `explore --ndjson` writes" : "a second beginning");
	}
	if (kind == EXPLORED_HEAD)
		return take_head(merge, &head, path, why, sizeof(why)) ||
		    wrong(path, number, why);
	if (kind == EXPLORED_RUN)
		tally_add(&merge->tally, &merge->outcome);
	else
		take_story(merge, &story);
	return true;
}

static bool
read_file(struct merge *merge, const char *path)
{
	FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
	char *line = NULL;
	size_t size = 0, number = 0;
	ssize_t length;
	bool good = stream != NULL;

	if (stream == NULL) {
		fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
		return false;
	}
	while (good && (length = getline(&line, &size, stream)) > 0) {
		good = line[length - 1] == '\n' ? take_line(merge, path, ++number, line,
		    (size_t)length - 1) : wrong(path, number + 1, "the file is cut off here");
	}
	if (good && ferror(stream)) {
		fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
		good = false;
	}
	if (good && number == 0)
		good = wrong(path, 1, "the file is empty");
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
	tally_sort(&merge->tally);
	sweep_text_sums(&merge->tally, stdout);
	sweep_text_findings(&merge->tally, merge->story, merge->stories, stdout);
	if (merge->tally.runs < merge->head.planned)
		printf("\nnot complete: %" PRIu64 " of %" PRIu64 " runs; a part was ended early, "
		    "or its file has lost lines\n", merge->tally.runs, merge->head.planned);
	sweep_text_end(&merge->tally, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("viosim: cannot write to standard output");
		return CLI_BROKEN;
	}
	if (merge->tally.losses > 0)
		return CLI_BROKEN;
	return tally_new(&merge->tally, merge->lints_fail) > 0 ? CLI_FOUND : CLI_OK;
}

static int
merge_files(struct merge *merge, char **paths, size_t count)
{
	bool good = true;
	int code = CLI_USAGE;

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
