/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim sweep: fail every call once, deliver an interrupt at every moment.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/sweep_work.h"
#include "explore/found.h"
#include "fault/fault.h"
#include "report/atomic.h"
#include "report/sweep_text.h"
#include "run/module_calls.h"

struct sweep {
	struct sweep_flags flags;
	const char *driver, *manifest, *ndjson;
	struct cli_part part;
	bool no_manifest, moments, no_shrink, save, lints_fail, first_only;
	struct cli_cases cases;
	size_t left_out;		/* cases that this driver cannot be run in */
	struct module *module;
	struct manifest *known;
	struct sweep_work work;
};

/* ---- which cases ---- */

static bool
has_twin(const struct module *module)
{
	char path[4096];

	return module_twin_path(module_path(module), path, sizeof(path)) &&
	    access(path, R_OK) == 0;
}

/* Seeds make other choices of the same story: the first stands for all. */
static bool
is_wanted(const struct sweep *sweep, size_t index)
{
	const struct cli_case *item = sweep->cases.item;
	const struct scenario_case *c = item[index].c;

	for (size_t i = index; i-- > 0 && item[i].doc == item[index].doc;)
		if (sweep->first_only ||
		    (item[i].c->scenario == c->scenario && item[i].c->machine == c->machine))
			return false;
	return true;
}

static void
add_cases(struct sweep *sweep)
{
	bool twin = has_twin(sweep->module);

	for (size_t i = 0; i < sweep->cases.count; i++) {
		const struct scenario_case *c = sweep->cases.item[i].c;

		if (!is_wanted(sweep, i))
			continue;
		if (c->machine->diagnostic || twin)
			sweep_work_add(&sweep->work, c);
		else
			sweep->left_out++;
	}
	if (sweep->left_out > 0)
		fprintf(stderr, "viosim: %zu cases left out: they need the driver without "
		    "DIAGNOSTIC, which `viosim-cc` puts beside it\n", sweep->left_out);
}

static void
note_call(const char *name, const struct source_pos *pos, void *arg)
{
	enum hw_call call = trace_call_by_name(name);
	size_t rows;
	const struct fault_row *row = fault_catalogue(&rows);

	for (size_t i = 0; i < rows && call != HW_CALL_NONE; i++)
		if (row[i].call == call) {
			tally_site(arg, name, pos->line, pos->function);
			return;
		}
}

/* ---- the file for merging ---- */

static uint64_t
hash_of_cases(const struct sweep *sweep)
{
	uint64_t hash = sweep->work.bases;

	for (size_t i = 0; i < sweep->work.bases; i++) {
		const char *id = sweep->work.base[i].c->id;
		uint64_t both[2] = { hash, trace_hash(id, strlen(id)) };

		hash = trace_hash(both, sizeof(both));
	}
	return hash;
}

static void
write_head(struct sweep *sweep)
{
	const struct sweep_options *options = &sweep->flags.options;
	struct explored_head head = {
		.command = "sweep", .shard = sweep->flags.shard,
		.shards = sweep->flags.shards, .planned = sweep->work.planned,
	};

	snprintf(head.driver, sizeof(head.driver), "%s", sweep->driver);
	snprintf(head.options, sizeof(head.options), "cases=%016" PRIx64 "%s%s%s%s%s",
	    hash_of_cases(sweep), options->no_faults ? " no-faults" : "",
	    options->no_moments ? " no-moments" : "", options->contract ? " contract" : "",
	    options->all_stacks ? " all-stacks" : "", options->pairs ? " pairs" : "");
	explored_file_head(sweep->work.ndjson, &head, &sweep->work.tally);
}

/* Cases whose plain run is missing. */
static size_t
cases_left(const struct sweep *sweep)
{
	return sweep->left_out + sweep->work.plains - sweep->work.tally.bases;
}

static void
write_end(struct sweep *sweep)
{
	const struct sweep_work *work = &sweep->work;

	explored_file_end(work->ndjson, &(struct explored_end){
		.complete = !work->cut, .cases_left = cases_left(sweep),
		.lost = work->tally.losses,
	});
}

static struct atomic *
open_file(const char *path)
{
	char why[512];
	struct atomic *file = atomic_open(path, why, sizeof(why));

	if (file == NULL)
		fprintf(stderr, "viosim: %s\n", why);
	return file;
}

static bool
close_file(struct atomic *file, bool keep)
{
	char why[512];

	if (file == NULL)
		return true;
	if (!keep) {
		atomic_abandon(file);
		return true;
	}
	if (atomic_commit(file, why, sizeof(why)))
		return true;
	fprintf(stderr, "viosim: %s\n", why);
	return false;
}

/* ---- stories to keep ---- */

static bool
save_stories(struct sweep *sweep)
{
	struct sweep_work *work = &sweep->work;
	char path[FOUND_PATH_MAX];
	bool good = true;

	for (size_t i = 0; i < work->stories; i++) {
		const struct explored_story *story = &work->story[i];
		const struct cluster *cluster = clusters_find_cause(&work->tally.clusters,
		    story->key, story->cause);

		if (cluster != NULL && found_save_text(story->scenario, &cluster->finding,
		    story->why, sweep->driver, FOUND_FOLDER, path))
			printf("saved %s\n", path);
		else
			good = false;
	}
	return good;
}

/* ---- the whole ---- */

static int
report(struct sweep *sweep)
{
	struct sweep_work *work = &sweep->work;
	bool good = true;

	sweep_text_sums(&work->tally, stdout);
	/* What was found is said before the time that shrinking takes. */
	fflush(stdout);
	if (!sweep->no_shrink)
		good = sweep_work_shrink(work, sweep->lints_fail);
	sweep_text_findings(&work->tally, work->story, work->stories, stdout);
	if (sweep->save)
		good = save_stories(sweep) && good;
	else if (work->stories > 0)
		puts("--save keeps these scenarios in " FOUND_FOLDER "/, for `viosim run`");
	if (work->cut)
		puts("\nended early, as asked: not all runs were done");
	sweep_text_end(&work->tally, cases_left(sweep), stdout);
	if (work->ndjson != NULL)
		write_end(sweep);
	if (work->tally.ended > 0)
		fprintf(stderr, "viosim: %" PRIu64 " of %" PRIu64 " baseline runs ended early: "
		    "nothing after that was tried\n", work->tally.ended, work->tally.bases);
	if (!good || work->tally.losses > 0)
		return CLI_BROKEN;
	if (tally_new(&work->tally, sweep->lints_fail) > 0 || tally_errors(&work->tally) > 0)
		return CLI_FOUND;
	return cases_left(sweep) > 0 || work->tally.ended > 0 ? CLI_BROKEN : CLI_OK;
}

static int
sweep_all(struct sweep *sweep)
{
	struct sweep_work *work = &sweep->work;
	struct atomic *file = NULL;
	struct explored_file ndjson;
	int code = CLI_BROKEN;
	bool done = false;

	if (sweep->ndjson != NULL) {
		if ((file = open_file(sweep->ndjson)) == NULL)
			return CLI_BROKEN;
		explored_file_init(&ndjson, atomic_stream(file));
		work->ndjson = &ndjson;
	}
	module_each_call(sweep->module, note_call, &work->tally);
	tally_sort(&work->tally);
	if (sweep_work_plan(work)) {
		if (work->ndjson != NULL)
			write_head(sweep);
		done = sweep_work_run(work);
		if (done)
			code = report(sweep);
	}
	if (!close_file(file, done))
		code = CLI_BROKEN;
	return code;
}

static int
sweep_run(struct sweep *sweep, char **names, size_t count)
{
	int code = CLI_USAGE;
	bool bad = false;

	if (!cli_collect(&sweep->cases, names, count))
		goto out;
	sweep->module = cli_module_open(sweep->driver);
	if (sweep->module == NULL)
		goto out;
	if (!sweep->no_manifest)
		sweep->known = cli_manifest_open(sweep->manifest, sweep->module, &bad);
	if (bad)
		goto out;
	sweep_work_init(&sweep->work, &sweep->flags, sweep->module, sweep->known);
	add_cases(sweep);
	code = sweep_all(sweep);
	sweep_work_fini(&sweep->work);
out:
	manifest_free(sweep->known);
	module_close(sweep->module);
	cli_cases_fini(&sweep->cases);
	return code;
}

/* ---- options ---- */

static const struct cli_option sweep_options_table[] = {
	CLI_OPTION_DRIVER(struct sweep),
	CLI_OPTION_MANIFEST(struct sweep),
	{ 0, "lints-fail", NULL, "a new lint is a new finding",
	    CLI_FLAG(struct sweep, lints_fail) },
	{ '1', "first", NULL, "only the first case of each scenario",
	    CLI_FLAG(struct sweep, first_only) },
	{ 0, "no-faults", NULL, "interrupts only",
	    CLI_FLAG(struct sweep, flags.options.no_faults), .not_with = "pairs contract" },
	{ 0, "no-moments", NULL, "failures only",
	    CLI_FLAG(struct sweep, flags.options.no_moments), .not_with = "moments no-faults" },
	{ 0, "moments", NULL, "both, the default", CLI_FLAG(struct sweep, moments) },
	{ 0, "pairs", NULL, "after each failure, everything else that can happen then",
	    CLI_FLAG(struct sweep, flags.options.pairs) },
	{ 0, "all-stacks", NULL, "also where the call stack has been seen in that case",
	    CLI_FLAG(struct sweep, flags.options.all_stacks) },
	{ 0, "contract", NULL, "also failures that no kernel has, but the manual page",
	    CLI_FLAG(struct sweep, flags.options.contract) },
	{ 0, "no-shrink", NULL, "do not look for the smallest story of each finding",
	    CLI_FLAG(struct sweep, no_shrink) },
	{ 0, "save", NULL, "keep these stories in " FOUND_FOLDER "/",
	    CLI_FLAG(struct sweep, save), .not_with = "no-shrink" },
	{ 'v', "verbose", NULL, "one line for each run", CLI_FLAG(struct sweep, flags.verbose) },
	CLI_OPTION_JOBS(struct sweep, flags.jobs, "runs"),
	{ 0, "fail-fast", NULL, "stop at the first new finding",
	    CLI_FLAG(struct sweep, flags.fail_fast) },
	{ 0, "runs", "N", "stop after N runs",
	    CLI_NUMBER(struct sweep, flags.runs_max, 1, UINT64_MAX) },
	{ 0, "shard", "K/N", "do only the Kth of N equal parts", CLI_PART(struct sweep, part) },
	{ 0, "ndjson", "FILE", "one line of JSON a run, for `viosim merge`",
	    CLI_TEXT(struct sweep, ndjson) },
	CLI_OPTIONS_END
};

static int
sweep_main(int argc, char **argv)
{
	struct sweep sweep = {
		.driver = CLI_DRIVER_DEFAULT, .part = { 1, 1 },
		.flags.jobs = cli_jobs_default(),
	};
	int code, first = cli_options_read(&cli_sweep, argc, argv, &sweep, &code);

	if (first < 0)
		return code;
	sweep.flags.shard = sweep.part.part;
	sweep.flags.shards = sweep.part.parts;
	sweep.flags.progress = isatty(STDERR_FILENO) && getenv("CI") == NULL;
	return sweep_run(&sweep, argv + first, (size_t)(argc - first));
}

const struct cli_command cli_sweep = {
	.name = "sweep",
	.summary = "fail every call, deliver an interrupt at every moment",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs each case (default: all below scenarios/) as it stands, and then once more for "
	    "each thing that could have happened on the way: every call that can fail fails in "
	    "every way the kernel knows, once and from then on; a configuration or queue "
	    "interrupt without news comes at every moment at which one may; an answer under way "
	    "comes there already.  Expectations are left out: the rules judge, and at the end "
	    "faults are healed and all must come to rest.  Seeds are not multiplied.",
	.options = sweep_options_table,
	.after =
	    "examples:\n"
	    "  viosim sweep inflate/exact-request\n"
	    "  viosim sweep --first --pairs scenarios/attach\n"
	    "  viosim sweep --shard 1/4 --ndjson part1.ndjson\n",
	.main = sweep_main,
};
