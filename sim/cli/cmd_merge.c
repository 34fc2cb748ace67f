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

#include "base/alloc.h"
#include "base/sbuf.h"
#include "cli/cli.h"
#include "cli/merge.h"
#include "report/atomic.h"
#include "report/explored_text.h"

#define PARTS_MAX 1000000

/* A file being read. */
struct part {
	const char *path;
	size_t line;
	struct seal seal;
	uint64_t runs;
	bool ended;
};

static bool
wrong(const struct part *part, const char *why)
{
	fprintf(stderr, "%s:%zu: error: %s\n", part->path, part->line, why);
	return false;
}

/* ---- heads ---- */

static bool
fits(const struct merge *merge, const struct record_head *head, const struct part *part)
{
	const struct record_head *first = &merge->head;
	const char *what = strcmp(head->command, first->command) != 0 ? "another command" :
	    strcmp(head->driver, first->driver) != 0 ? "another driver" :
	    strcmp(head->options, first->options) != 0 ? "other cases or options" :
	    head->shards != first->shards ? "another number of parts" : NULL;
	char why[256];

	if (what == NULL)
		return true;
	snprintf(why, sizeof(why), "this is of %s than %s; only parts of one whole can be merged",
	    what, merge->first);
	return wrong(part, why);
}

static bool
take_head(struct merge *merge, const struct record_head *head, const struct part *part)
{
	char why[256];

	if (head->shards < 1 || head->shards > PARTS_MAX || head->shard < 1 ||
	    head->shard > head->shards) {
		snprintf(why, sizeof(why), "there is no part %u of %u", head->shard, head->shards);
		return wrong(part, why);
	}
	if (merge->first == NULL) {
		merge->head = *head;
		merge->first = part->path;
		merge->tally.leaks_apart = strcmp(head->command, "sweep") == 0;
		merge->from = xcalloc(head->shards, sizeof(merge->from[0]));
	} else if (!fits(merge, head, part)) {
		return false;
	}
	if (merge->from[head->shard - 1] != NULL) {
		snprintf(why, sizeof(why), "part %u of %u is also in %s", head->shard,
		    head->shards, merge->from[head->shard - 1]);
		return wrong(part, why);
	}
	merge->from[head->shard - 1] = part->path;
	for (size_t i = 0; i < head->sites.count; i++)
		tally_site(&merge->tally, &head->sites.item[i]);
	return true;
}

/* ---- lines ---- */

static bool
take_end(struct merge *merge, struct part *part, const struct record_end *end)
{
	if (end->runs != part->runs)
		return wrong(part, "the file has not as many runs as it says here");
	if (merge->ended && end->planned != merge->end.planned)
		return wrong(part, "this is of another number of runs than the part before");
	part->ended = merge->ended = true;
	merge->end.planned = end->planned;
	merge->end.cases_left += end->cases_left;
	merge->end.lost += end->lost;
	merge->end.differ += end->differ;
	merge->cut |= strcmp(end->how, "cut") == 0;
	return true;
}

static void
note_case(struct merge *merge, const struct record *run)
{
	if (run->plan[0] != '\0' || merge->results.results == NULL)
		return;
	vec_each(id, &merge->cases)
		if (strcmp(*id, run->base) == 0)
			return;
	*vec_add(&merge->cases) = xstrdup(run->base);
}

/* A line that belongs where it stands. */
static bool
take_line(struct merge *merge, struct part *part, const char *text, size_t length)
{
	struct record_line *line = &merge->line;
	enum record_kind kind;
	char why[256];

	kind = record_read(line, text, length, why, sizeof(why));
	if (part->line == 1)
		return kind == RECORD_HEAD ? take_head(merge, &line->head, part) :
		    wrong(part, kind == RECORD_BAD && strstr(text, "\"explored\"") != NULL ? why :
		    "this is not the beginning of what `viosim sweep --ndjson` or `explore "
		    "--ndjson` writes");
	switch (kind) {
	case RECORD_RUN:
		part->runs++;
		tally_add(&merge->tally, &line->run);
		note_case(merge, &line->run);
		return true;
	case RECORD_REDUCED:
		tally_add_reduced(&merge->tally, &line->reduced);
		return true;
	case RECORD_END:
		return take_end(merge, part, &line->end);
	case RECORD_BAD:
		return wrong(part, why);
	default:
		return wrong(part, "this line cannot stand here");
	}
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
	/* For what is no such file at all that is the better error. */
	return take_line(merge, part, line, length) && (part->line > 1 ||
	    seal_open(&part->seal, line, &length) ||
	    wrong(part, "this line is not what was written here: it was changed"));
}

bool
merge_ends(FILE *stream)
{
	struct stat st;

	return fstat(fileno(stream), &st) == 0 && (S_ISREG(st.st_mode) ||
	    S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fileno(stream)));
}

bool
merge_read(struct merge *merge, const char *path)
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
	if (!merge_ends(stream)) {
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

void
merge_fini(struct merge *merge)
{
	vec_each(id, &merge->cases)
		free(*id);
	vec_fini(&merge->cases);
	free(merge->from);
	record_line_fini(&merge->line);
	tally_fini(&merge->tally);
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

static bool
write_results(struct merge *merge)
{
	struct results *results = merge->results.results;

	if (results == NULL)
		return true;
	cli_results_about(&merge->results, merge->head.driver, NULL, NULL, NULL);
	vec_each(id, &merge->cases)
		explored_result(&merge->tally, *id, &(struct problem_place){ .file = NULL },
		    merge->lints_fail, results);
	if (merge->end.cases_left > 0)
		results_case(results, "merge", VERDICT_SKIPPED)->message =
		    results_print(results, "%" PRIu64 " cases were not run",
		    merge->end.cases_left);
	return cli_results_end(&merge->results, true);
}

int
merge_code(const struct merge *merge)
{
	const struct record_end *end = &merge->end;
	const struct tally *tally = &merge->tally;

	if (end->lost > 0 || end->differ > 0)
		return CLI_BROKEN;
	if (tally_count(tally, merge->lints_fail, false) > 0 || tally_count(tally, false, true) > 0)
		return CLI_FOUND;
	return end->cases_left > 0 || tally->ended > 0 ? CLI_BROKEN : CLI_OK;
}

static int
report(struct merge *merge)
{
	const struct record_end *end = &merge->end;
	struct tally *tally = &merge->tally;

	tally_sort(tally);
	printf("%" PRIu64 " case%s, %" PRIu64 " run%s\n", tally->bases,
	    plural(tally->bases), tally->runs, plural(tally->runs));
	explored_text_sums(tally, stdout);
	explored_text_findings(tally, false, stdout);
	if (!write_results(merge))
		return CLI_BROKEN;
	if (merge->cut)
		puts("\nnot complete: a part was ended before all was done");
	explored_text_end(tally, end->cases_left, stdout);
	if (end->differ > 0)
		fprintf(stderr, "viosim: %" PRIu64 " run%s nondeterministic\n", end->differ,
		    plural(end->differ));
	if (end->lost > 0)
		fprintf(stderr, "viosim: %" PRIu64 " job%s lost with the process\n",
		    end->lost, plural(end->lost));
	if (tally->ended > 0)
		fprintf(stderr, "viosim: %" PRIu64 " of %" PRIu64 " baseline runs ended early: "
		    "nothing after that was tried\n", tally->ended, tally->bases);
	return merge_code(merge);
}

static int
merge_files(struct merge *merge, char **paths, size_t count)
{
	bool good = true;
	struct atomic *summary = atomic_open(merge->json_summary, &good);
	int code;

	good = cli_results_begin(&merge->results, "merge", &merge->result_flags) && good;
	code = good ? CLI_USAGE : CLI_BROKEN;
	for (size_t i = 0; i < count && good; i++)
		good = merge_read(merge, paths[i]);
	good = good && is_complete(merge);
	if (good)
		code = report(merge);
	if (good && summary != NULL)
		explored_json(&merge->tally, &(struct explored_totals){
			.command = merge->head.command, .driver = merge->head.driver,
			.cut = merge->cut, .left = merge->end.cases_left,
		}, atomic_stream(summary));
	if (!atomic_end(summary, good))
		code = CLI_BROKEN;
	if (!cli_results_end(&merge->results, false))
		code = CLI_BROKEN;
	merge_fini(merge);
	return code;
}

static const struct cli_option merge_options[] = {
	{ 0, "lints-fail", NULL, "a new lint is a new finding",
	    CLI_FLAG(struct merge, lints_fail) },
	{ 0, "json-summary", "FILE", "findings and totals, as JSON",
	    CLI_OUTPUT(struct merge, json_summary) },
	CLI_OPTIONS_RESULTS(struct merge, result_flags),
	CLI_OPTIONS_END
};

static int
merge_main(void *merge, char **names, size_t count)
{
	if (count == 0)
		return cli_usage_error(&cli_merge, "say which files: what `viosim sweep` or "
		    "`explore --shard K/N --ndjson FILE` wrote");
	return merge_files(merge, names, count);
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
	CLI_FLAGS(struct merge, .first = NULL),
	.after =
	    "example:\n"
	    "  viosim sweep --shard 1/2 --ndjson 1.ndjson\n"
	    "  viosim sweep --shard 2/2 --ndjson 2.ndjson\n"
	    "  viosim merge 1.ndjson 2.ndjson\n",
	.main = merge_main,
};
