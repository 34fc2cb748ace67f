/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim sweep: fail every call once, deliver an interrupt at every moment.
 */
#include <errno.h>
#include <getopt.h>
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
	const char *driver, *manifest_path, *ndjson;
	bool no_manifest, no_shrink, save, lints_fail, first_only;
	struct cli_cases cases;
	struct module *module;
	struct manifest *manifest;
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
	size_t without = 0;

	for (size_t i = 0; i < sweep->cases.count; i++) {
		const struct scenario_case *c = sweep->cases.item[i].c;

		if (!is_wanted(sweep, i))
			continue;
		if (c->machine->diagnostic || twin)
			sweep_work_add(&sweep->work, c);
		else
			without++;
	}
	if (without > 0)
		fprintf(stderr, "viosim: %zu cases left out: they need the driver without "
		    "DIAGNOSTIC, which `viosim-cc --nodiag` makes\n", without);
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
	explored_write_head(&head, &sweep->work.tally, sweep->work.ndjson);
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
	if (work->cut)
		puts("\nended early, as asked: not all runs were done");
	sweep_text_end(&work->tally, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("viosim: cannot write to standard output");
		good = false;
	}
	if (!good || work->tally.losses > 0)
		return CLI_BROKEN;
	return tally_new(&work->tally, sweep->lints_fail) > 0 ? CLI_FOUND : CLI_OK;
}

static int
sweep_all(struct sweep *sweep)
{
	struct sweep_work *work = &sweep->work;
	struct atomic *file = NULL;
	int code = CLI_BROKEN;

	if (sweep->ndjson != NULL) {
		if ((file = open_file(sweep->ndjson)) == NULL)
			return CLI_BROKEN;
		work->ndjson = atomic_stream(file);
	}
	module_each_call(sweep->module, note_call, &work->tally);
	tally_sort(&work->tally);
	if (sweep_work_plan(work)) {
		if (work->ndjson != NULL)
			write_head(sweep);
		if (sweep_work_run(work))
			code = report(sweep);
	}
	if (!close_file(file, code != CLI_BROKEN || work->tally.losses > 0))
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
		sweep->manifest = cli_manifest_open(sweep->manifest_path,
		    module_attachment(sweep->module, 0)->name, &bad);
	if (bad)
		goto out;
	sweep_work_init(&sweep->work, &sweep->flags, sweep->module, sweep->manifest);
	add_cases(sweep);
	code = sweep_all(sweep);
	sweep_work_fini(&sweep->work);
out:
	manifest_free(sweep->manifest);
	module_close(sweep->module);
	cli_cases_fini(&sweep->cases);
	return code;
}

/* ---- options ---- */

enum { OPT_MANIFEST = 256, OPT_NO_MANIFEST, OPT_NDJSON, OPT_SHARD, OPT_FAIL_FAST, OPT_BUDGET,
	OPT_PAIRS, OPT_CONTRACT, OPT_ALL_STACKS, OPT_MOMENTS, OPT_NO_MOMENTS, OPT_NO_FAULTS,
	OPT_NO_SHRINK, OPT_SAVE, OPT_LINTS_FAIL };

static const struct option sweep_options_table[] = {
	{ "driver", required_argument, NULL, 'd' },
	{ "manifest", required_argument, NULL, OPT_MANIFEST },
	{ "no-manifest", no_argument, NULL, OPT_NO_MANIFEST },
	{ "lints-fail", no_argument, NULL, OPT_LINTS_FAIL },
	{ "first", no_argument, NULL, '1' }, { "verbose", no_argument, NULL, 'v' },
	{ "jobs", required_argument, NULL, 'j' },
	{ "pairs", no_argument, NULL, OPT_PAIRS },
	{ "contract", no_argument, NULL, OPT_CONTRACT },
	{ "all-stacks", no_argument, NULL, OPT_ALL_STACKS },
	{ "moments", no_argument, NULL, OPT_MOMENTS },
	{ "no-moments", no_argument, NULL, OPT_NO_MOMENTS },
	{ "no-faults", no_argument, NULL, OPT_NO_FAULTS },
	{ "no-shrink", no_argument, NULL, OPT_NO_SHRINK },
	{ "save", no_argument, NULL, OPT_SAVE },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "budget-runs", required_argument, NULL, OPT_BUDGET },
	{ "ndjson", required_argument, NULL, OPT_NDJSON },
	{ "shard", required_argument, NULL, OPT_SHARD },
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
};

static bool
parse_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return *end == '\0' && errno == 0 && *number >= 1 && *number <= max;
}

static bool
parse_shard(const char *text, struct sweep_flags *flags)
{
	const char *slash = strchr(text, '/');
	char first[16];
	uint64_t k, n;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(slash - text), text);
	if (!parse_number(first, 1000000, &k) || !parse_number(slash + 1, 1000000, &n) || k > n)
		return false;
	flags->shard = (unsigned)k;
	flags->shards = (unsigned)n;
	return true;
}

static bool
take_word(int option, struct sweep *sweep)
{
	struct sweep_options *options = &sweep->flags.options;

	switch (option) {
	case OPT_PAIRS:
		return options->pairs = true;
	case OPT_CONTRACT:
		return options->contract = true;
	case OPT_ALL_STACKS:
		return options->all_stacks = true;
	case OPT_MOMENTS:
		options->no_moments = false;
		return true;
	case OPT_NO_MOMENTS:
		return options->no_moments = true;
	case OPT_NO_FAULTS:
		return options->no_faults = true;
	case OPT_NO_SHRINK:
		return sweep->no_shrink = true;
	case OPT_SAVE:
		return sweep->save = true;
	case OPT_LINTS_FAIL:
		return sweep->lints_fail = true;
	case OPT_NO_MANIFEST:
		return sweep->no_manifest = true;
	case OPT_FAIL_FAST:
		return sweep->flags.fail_fast = true;
	case '1':
		return sweep->first_only = true;
	case 'v':
		return sweep->flags.verbose = true;
	}
	return false;
}

static bool
take_option(int option, struct sweep *sweep)
{
	uint64_t jobs;

	switch (option) {
	case 'd':
		sweep->driver = optarg;
		return true;
	case OPT_MANIFEST:
		sweep->manifest_path = optarg;
		return true;
	case OPT_NDJSON:
		sweep->ndjson = optarg;
		return true;
	case OPT_SHARD:
		return parse_shard(optarg, &sweep->flags);
	case OPT_BUDGET:
		return parse_number(optarg, UINT64_MAX, &sweep->flags.runs_max);
	case 'j':
		if (!parse_number(optarg, 64, &jobs))
			return false;
		sweep->flags.jobs = (unsigned)jobs;
		return true;
	}
	return take_word(option, sweep);
}

static int
sweep_main(int argc, char **argv)
{
	struct sweep sweep = { .driver = CLI_DRIVER_DEFAULT };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int option;

	sweep.flags.jobs = cpus < 1 ? 1 : cpus > 16 ? 16 : (unsigned)cpus;
	sweep.flags.shard = sweep.flags.shards = 1;
	sweep.flags.progress = isatty(STDERR_FILENO) && getenv("CI") == NULL;
	while ((option = getopt_long(argc, argv, "d:1vj:h", sweep_options_table, NULL)) != -1) {
		if (option == 'h')
			return cli_help(&cli_sweep, stdout);
		if (!take_option(option, &sweep))
			return cli_option_error(&cli_sweep, sweep_options_table, option);
	}
	if (sweep.flags.options.no_faults && sweep.flags.options.no_moments)
		return cli_usage_error(&cli_sweep, "nothing is left to be tried");
	return sweep_run(&sweep, argv + optind, (size_t)(argc - optind));
}

const struct cli_command cli_sweep = {
	.name = "sweep",
	.summary = "fail every call, deliver an interrupt at every moment",
	.usage = "sweep [OPTION ...] [SCENARIO | FOLDER | REPLAY-ID ...]",
	.help =
	    "Runs each case (default: all below scenarios/) as it stands, and then once more for\n"
	    "each thing that could have happened on the way: every call that can fail fails in\n"
	    "every way the kernel knows, once and from then on; a configuration or queue\n"
	    "interrupt without news comes at every moment at which one may; an answer under way\n"
	    "comes there already.  Expectations are left out: the rules judge, and at the end\n"
	    "faults are healed and all must come to rest.  Seeds are not multiplied.\n\n"
	    "  -d, --driver FILE     driver module (default " CLI_DRIVER_DEFAULT ")\n"
	    "      --manifest FILE   its manifest (default driver/NAME.yaml)\n"
	    "      --no-manifest     know no defects: report everything\n"
	    "      --lints-fail      a new lint is a new finding\n"
	    "  -1, --first           only the first case of each scenario\n"
	    "      --no-faults       interrupts only\n"
	    "      --no-moments      failures only (--moments: both, the default)\n"
	    "      --pairs           after each failure, everything else that can happen then\n"
	    "      --all-stacks      also where the call stack has been seen in that case\n"
	    "      --contract        also failures that no kernel has, but the manual page\n"
	    "      --no-shrink       do not look for the smallest story of each finding\n"
	    "      --save            keep these stories in " FOUND_FOLDER "/\n"
	    "  -v, --verbose         one line for each run\n"
	    "  -j, --jobs N          runs at a time (default: processors)\n"
	    "      --fail-fast       stop at the first new finding\n"
	    "      --budget-runs N   stop after N runs\n"
	    "      --shard K/N       do only the Kth of N equal parts\n"
	    "      --ndjson FILE     one line of JSON a run, for `viosim merge`\n\n"
	    "examples:\n"
	    "  viosim sweep inflate/exact-request\n"
	    "  viosim sweep --first --pairs scenarios/attach\n"
	    "  viosim sweep --shard 1/4 --ndjson part1.ndjson\n",
	.main = sweep_main,
};
