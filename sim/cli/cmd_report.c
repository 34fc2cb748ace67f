/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim report: what failed and why, as one HTML file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/sbuf.h"
#include "cli/cli.h"
#include "cli/merge.h"
#include "cli/run_output.h"
#include "report/atomic.h"
#include "report/page.h"

struct reporting {
	struct cli_driver driver;
	unsigned jobs;
	const char *out, *previous, *with, *coverage, *mutants;
	struct page *page;
	int explored;			/* what all that was explored comes to: an exit code */
};

/* ---- records ---- */

static FILE *
open_file(const char *path)
{
	FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");

	if (stream == NULL) {
		fprintf(stderr, "viosim: cannot read %s: %s\n", path, strerror(errno));
		return NULL;
	}
	if (merge_ends(stream))
		return stream;
	fprintf(stderr, "viosim: %s is neither a file nor a pipe\n", path);
	if (stream != stdin)
		fclose(stream);
	return NULL;
}

static bool
read_lines(struct page *page, enum page_part part, const char *path, FILE *stream)
{
	char *line = NULL, why[512] = "";
	size_t size = 0, number = 0;
	ssize_t length;
	bool good = true;

	while (good && (length = getline(&line, &size, stream)) > 0) {
		number++;
		if (line[length - 1] == '\n')
			good = page_line(page, part, line, (size_t)length - 1, why, sizeof(why));
		else
			good = false;
	}
	if (!good && why[0] == '\0')
		snprintf(why, sizeof(why), "the file is cut off here");
	if (good && ferror(stream)) {
		good = false;
		snprintf(why, sizeof(why), "cannot be read: %s", strerror(errno));
	}
	if (good && number == 0) {
		good = false;
		snprintf(why, sizeof(why), "the file is empty");
	}
	good = good && page_end(page, part, why, sizeof(why));
	if (!good)
		fprintf(stderr, "%s:%zu: error: %s\n", path, number, why);
	free(line);
	return good;
}

/* What a sweep or an exploration wrote begins otherwise. */
static bool
is_explored(FILE *stream)
{
	static const char begin[] = "{\"explored\":";
	char text[sizeof(begin)] = "";

	if (stream == stdin)
		return false;
	if (fgets(text, sizeof(text), stream) == NULL)
		text[0] = '\0';
	rewind(stream);
	return strcmp(text, begin) == 0;
}

static bool
read_explored(struct reporting *reporting, const char *path)
{
	struct merge merge = { 0 };
	struct page_explored explored;
	char *part = NULL, why[512];
	bool good = merge_read(&merge, path);

	if (good) {
		tally_sort(&merge.tally);
		if (merge.head.shards > 1)
			part = xasprintf("%s, part %u of %u", merge.head.command,
			    merge.head.shard, merge.head.shards);
		explored = (struct page_explored){
			.command = part != NULL ? part : merge.head.command,
			.driver = merge.head.driver, .tally = &merge.tally, .cut = merge.cut,
			.left = merge.end.cases_left,
			.whole = part == NULL && !merge.cut && merge.end.cases_left == 0,
		};
		good = page_explored(reporting->page, &explored, why, sizeof(why));
		if (!good)
			fprintf(stderr, "%s:1: error: %s\n", path, why);
		if (merge_code(&merge) > reporting->explored)
			reporting->explored = merge_code(&merge);
		free(part);
	}
	merge_fini(&merge);
	return good;
}

static bool
read_record(struct reporting *reporting, enum page_part part, const char *path)
{
	FILE *stream = open_file(path);
	bool explored, good;

	if (stream == NULL)
		return false;
	explored = part == PAGE_NOW && is_explored(stream);
	good = explored || read_lines(reporting->page, part, path, stream);
	if (stream != stdin)
		fclose(stream);
	return explored ? read_explored(reporting, path) : good;
}

/* ---- what was measured ---- */

static char *
read_text(const char *path)
{
	FILE *stream = open_file(path);
	struct sbuf buf;
	FILE *to;
	int c;

	if (stream == NULL)
		return NULL;
	to = sbuf_open(&buf);
	while ((c = getc(stream)) != EOF)
		putc(c, to);
	if (stream != stdin)
		fclose(stream);
	return sbuf_close(&buf);
}

/* The last line that begins so, heap; or NULL. */
static char *
line_of(const char *text, const char *begin)
{
	const char *found = NULL, *next;

	for (const char *line = text; *line != '\0'; line = next) {
		size_t length = strcspn(line, "\n");

		next = line + length + (line[length] == '\n');
		if (strncmp(line, begin, strlen(begin)) == 0)
			found = line;
	}
	return found != NULL ? xstrndup(found, strcspn(found, "\n")) : NULL;
}

static bool
read_measure(struct page *page, const char *title, const char *path, const char *maker,
    const char *begin)
{
	char *text = read_text(path), *line;
	bool good = true;

	if (text == NULL)
		return false;
	line = line_of(text, begin);
	if (line != NULL) {
		page_text(page, title, line, text);
	} else if (!page_score(page, text)) {
		good = false;
		if (*text == '\0')
			fprintf(stderr, "%s:0: error: the file is empty\n", path);
		else
			fprintf(stderr, "%s:1: error: this is not what %s writes: no line begins "
			    "with `%s`\n", path, maker, begin);
	}
	free(line);
	free(text);
	return good;
}

static bool
read_coverage(struct page *page, const char *path)
{
	struct stat st;
	char *inside = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ?
	    xasprintf("%s/summary.txt", path) : xstrdup(path);
	bool good = read_measure(page, "coverage", inside, "`make coverage`",
	    "all that can be reached");

	free(inside);
	return good;
}

/* ---- running ---- */

static void
take_now(void *page, const char *text, size_t length)
{

	page_lines(page, PAGE_NOW, text, length);
}

static void
take_beside(void *page, const char *text, size_t length)
{

	page_lines(page, PAGE_BESIDE, text, length);
}

static int
run_now(struct reporting *reporting, char **names, size_t count)
{
	struct run_flags flags = {
		.driver = reporting->driver, .jobs = reporting->jobs, .quiet = true,
		.failing = true, .record = take_now, .record_arg = reporting->page,
	};

	return run_scenarios(&flags, names, count);
}

/* Without a manifest: what it does is told, not what it is expected to do. */
static int
run_with(struct reporting *reporting)
{
	const char *const *ids;
	size_t count = page_failing(reporting->page, &ids);
	struct run_flags flags = {
		.driver = { .path = reporting->with, .no_manifest = true },
		.jobs = reporting->jobs, .quiet = true, .record = take_beside,
		.record_arg = reporting->page,
	};

	/* cli_collect() takes argv; it changes none of them. */
	return count == 0 ? CLI_OK : run_scenarios(&flags, (char **)(uintptr_t)ids, count);
}

/* ---- the whole ---- */

/* A scenario is a folder, a replay id or a .yaml file; what is another file is a record. */
static bool
is_record(const char *name)
{
	struct stat st;

	return strcmp(name, "-") == 0 || cli_ends_in(name, ".ndjson") ||
	    (stat(name, &st) == 0 && !S_ISDIR(st.st_mode) && !cli_ends_in(name, ".yaml"));
}

static int
fill(struct reporting *reporting, char **names, size_t count)
{
	struct page *page = reporting->page;
	size_t records = 0;
	int code = CLI_OK, with = CLI_OK;

	for (size_t i = 0; i < count; i++)
		records += is_record(names[i]);
	if (records > 0 && records < count)
		return cli_usage_error(&cli_report, "records and scenarios together: a scenario "
		    "is run, a record was");
	for (size_t i = 0; i < records; i++)
		if (!read_record(reporting, PAGE_NOW, names[i]))
			return CLI_USAGE;
	if ((reporting->previous != NULL &&
	    !read_record(reporting, PAGE_BEFORE, reporting->previous)) ||
	    (reporting->mutants != NULL &&
	    !read_measure(page, "seeded bugs", reporting->mutants, "`make mutants`",
	    "caught ")) ||
	    (reporting->coverage != NULL && !read_coverage(page, reporting->coverage)))
		return CLI_USAGE;
	/* From here on there is something to write down, should a signal end it. */
	cleanup_defer();
	if (records == 0)
		code = run_now(reporting, names, count);
	if (code == CLI_USAGE)
		return code;
	if (reporting->with != NULL && cleanup_asked() == 0)
		with = run_with(reporting);
	if (cleanup_asked() != 0)
		page_ended(page, strsignal(cleanup_asked()));
	return with == CLI_USAGE || with == CLI_BROKEN ? with : code;
}

/* The page must not take the place of what it is made of. */
static bool
is_same_file(const char *out, const char *path)
{
	struct stat a, b;

	return path != NULL && stat(out, &a) == 0 && S_ISREG(a.st_mode) && stat(path, &b) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static const char *
what_it_replaces(const struct reporting *reporting, char **names, size_t count)
{
	const char *const given[] = { reporting->previous, reporting->coverage,
	    reporting->mutants, reporting->with };

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (is_same_file(reporting->out, given[i]))
			return given[i];
	for (size_t i = 0; i < count; i++)
		if (is_same_file(reporting->out, names[i]))
			return names[i];
	return NULL;
}

static int
report_main(void *values, char **names, size_t count)
{
	struct reporting *reporting = values;
	const char *replaced = what_it_replaces(reporting, names, count);
	struct atomic *out;
	bool good = true;
	int code;

	if (replaced != NULL)
		return cli_error(&cli_report, "--out: %s is what the page is made of", replaced);
	out = atomic_open(reporting->out, &good);
	if (!good)
		return CLI_BROKEN;
	reporting->page = page_new(CLI_DRIVER_DEFAULT);
	code = fill(reporting, names, count);
	if (code != CLI_USAGE)
		page_print(reporting->page, atomic_stream(out));
	if (code == CLI_OK)
		code = page_failing(reporting->page, &(const char *const *){ NULL }) > 0 ?
		    CLI_FOUND : page_skipped(reporting->page) > 0 ? CLI_BROKEN : CLI_OK;
	if (code != CLI_USAGE && reporting->explored > code)
		code = reporting->explored;
	if (!atomic_end(out, code != CLI_USAGE))
		code = CLI_BROKEN;
	else if (code != CLI_USAGE && strcmp(reporting->out, "-") != 0)
		page_say(reporting->page, reporting->out, stdout);
	page_free(reporting->page);
	return code;
}

static const struct cli_option report_options[] = {
	{ 0, "out", "FILE", "the page (default report.html)",
	    CLI_OUTPUT(struct reporting, out) },
	CLI_OPTION_DRIVER(struct reporting),
	CLI_OPTION_MANIFEST(struct reporting),
	{ 0, "previous", "RECORD", "an earlier record: what is new, gone, still there?",
	    CLI_TEXT(struct reporting, previous) },
	{ 0, "with", "FILE", "run the failing cases with this driver too, and show both",
	    CLI_TEXT(struct reporting, with) },
	{ 0, "coverage", "PATH", "what `make coverage` wrote: its folder or summary.txt",
	    CLI_TEXT(struct reporting, coverage) },
	{ 0, "mutants", "FILE", "what `make mutants` wrote: score.json, or its output",
	    CLI_TEXT(struct reporting, mutants) },
	CLI_OPTION_JOBS(struct reporting, jobs, "cases"),
	CLI_OPTIONS_END
};

const struct cli_command cli_report = {
	.name = "report",
	.summary = "what failed and why, as one HTML page",
	.operands = "[RECORD.ndjson ... | SCENARIO ...]",
	.about =
	    "Writes one HTML file that needs no network: failures by cause, each with its events "
	    "in lanes, the driver's text and the scenario's, and the commands that replay them.  "
	    "It reads records of `viosim run --ndjson`, and of `sweep` and `explore --ndjson`.  "
	    "Without a record the cases are run, as `viosim run` does.",
	.options = report_options,
	CLI_FLAGS(struct reporting, .driver.path = CLI_DRIVER_DEFAULT, .out = "report.html"),
	.after =
	    "examples:\n"
	    "  viosim report                         all scenarios\n"
	    "  viosim report --no-manifest target    one area, known defects too\n"
	    "  viosim report --previous old.ndjson new.ndjson\n"
	    "  viosim report --no-manifest --with build/viomb-fixed.so target\n",
	.main = report_main,
};
