/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim explore: everything that could have gone otherwise, within bounds.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/explore_output.h"
#include "explore/explore.h"
#include "explore/found.h"
#include "explore/generate.h"
#include "run/run.h"

#define SECONDS_DEFAULT 60
#define SHRINK_MS 6000			/* a group's, at most */

struct explore_flags {
	const char *driver, *manifest, *state, *ndjson;
	bool no_manifest, no_shrink, save, quiet;
	uint64_t seconds;
	struct explore_options options;
};

struct job {
	struct explore_flags flags;
	struct cli_cases cases;
	struct scenario_case *plain;	/* the cases, once each, with plain choices */
	size_t plains;
	struct module *module;
	struct manifest *manifest;
	struct explore_output output;
};

/* ---- which cases ---- */

static bool
is_known(const struct job *job, const struct scenario_case *c)
{
	for (size_t i = job->plains; i-- > 0;)
		if (job->plain[i].scenario == c->scenario && job->plain[i].machine == c->machine)
			return true;
	return false;
}

/* Seeds are other choices; exploring makes its own. */
static void
choose_cases(struct job *job, bool has_twin)
{
	size_t without = 0;

	job->plain = calloc(job->cases.count + 1, sizeof(job->plain[0]));
	if (job->plain == NULL)
		abort();
	for (size_t i = 0; i < job->cases.count; i++) {
		const struct scenario_case *c = job->cases.item[i].c;

		if (is_known(job, c))
			continue;
		if (!c->machine->diagnostic && !has_twin)
			without++;
		else
			scenario_case_init(&job->plain[job->plains++], c->scenario, c->machine,
			    false, 0);
	}
	if (without > 0)
		fprintf(stderr, "viosim: %zu cases left out: they need the driver without "
		    "DIAGNOSTIC, which `viosim-cc` puts beside it\n", without);
}

static bool
has_twin(const struct module *module)
{
	char path[4096];

	return module_twin_path(module_path(module), path, sizeof(path)) &&
	    access(path, R_OK) == 0;
}

/* ---- the job ---- */

static uint64_t
left_ms(const struct explore *explore, uint64_t ms)
{
	uint64_t spent = (uint64_t)(explore_now_ms() - explore->begin_ms);

	return ms == 0 ? UINT32_MAX : spent < ms ? ms - spent : 1;
}

static int
explore_all(struct job *job)
{
	struct explore_flags *flags = &job->flags;
	uint64_t ms = flags->seconds * 1000;
	struct explore explore = {
		.options = flags->options, .c = job->plain, .cases = job->plains,
		.module = job->module, .manifest = job->manifest,
		.line = job->output.ndjson != NULL ? explore_output_line : NULL,
		.found = explore_output_found, .tick = explore_output_tick,
		.arg = &job->output,
	};
	bool good;
	int code;

	/* What is found wants some time too. */
	explore.options.ms_max = flags->no_shrink ? ms : ms - ms / 4;
	explore.options.lines = job->output.ndjson != NULL;
	job->output.ms_max = explore.options.ms_max;
	explore_output_head(&job->output, &explore, flags->driver);
	good = explore_run(&explore);
	explore_output_tick_over(&job->output);
	if (good && !flags->no_shrink)
		good = explore_shrink(&explore, SHRINK_MS, left_ms(&explore, ms));
	explore_output_tick_over(&job->output);
	code = good ? explore_output_report(&job->output, &explore) :
	    explore.bad_state ? CLI_USAGE : CLI_BROKEN;
	explore_output_stories(&job->output, &explore);
	if (good && flags->save &&
	    !explore_output_save(&explore, flags->driver, FOUND_FOLDER))
		code = CLI_BROKEN;
	explore_fini(&explore);
	return code;
}

static int
run_job(struct job *job, char **names, size_t count)
{
	struct explore_flags *flags = &job->flags;
	bool bad = false;
	int code;

	if (!cli_collect(&job->cases, names, count))
		return CLI_USAGE;
	job->module = cli_module_open(flags->driver);
	if (job->module == NULL)
		return CLI_USAGE;
	if (!flags->no_manifest)
		job->manifest = cli_manifest_open(flags->manifest,
		    module_attachment(job->module, 0)->name, &bad);
	if (bad || !explore_output_open(&job->output, flags->ndjson, flags->quiet))
		return CLI_USAGE;
	choose_cases(job, has_twin(job->module));
	code = explore_all(job);
	return explore_output_close(&job->output) ? code : CLI_BROKEN;
}

static void
end_job(struct job *job)
{
	for (size_t i = 0; i < job->plains; i++)
		scenario_case_fini(&job->plain[i]);
	free(job->plain);
	manifest_free(job->manifest);
	module_close(job->module);
	cli_cases_fini(&job->cases);
}

/* ---- options ---- */

enum { OPT_MANIFEST = 256, OPT_NO_MANIFEST, OPT_PREEMPTIONS, OPT_FAULTS, OPT_NO_REDUCTION,
	OPT_SECONDS, OPT_RUNS, OPT_PCT, OPT_RANDOM, OPT_SEED, OPT_NDJSON, OPT_STATE,
	OPT_NO_SHRINK, OPT_SAVE, OPT_SHARD, OPT_PLANT };

static const struct option option_table[] = {
	{ "driver", required_argument, NULL, 'd' },
	{ "manifest", required_argument, NULL, OPT_MANIFEST },
	{ "no-manifest", no_argument, NULL, OPT_NO_MANIFEST },
	{ "preemptions", required_argument, NULL, OPT_PREEMPTIONS },
	{ "faults", required_argument, NULL, OPT_FAULTS },
	{ "no-reduction", no_argument, NULL, OPT_NO_REDUCTION },
	{ "seconds", required_argument, NULL, OPT_SECONDS },
	{ "runs", required_argument, NULL, OPT_RUNS },
	{ "pct", required_argument, NULL, OPT_PCT },
	{ "random", no_argument, NULL, OPT_RANDOM },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "ndjson", required_argument, NULL, OPT_NDJSON },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "no-shrink", no_argument, NULL, OPT_NO_SHRINK },
	{ "save", no_argument, NULL, OPT_SAVE },
	{ "shard", required_argument, NULL, OPT_SHARD },
	{ "jobs", required_argument, NULL, 'j' }, { "quiet", no_argument, NULL, 'q' },
	{ "plant-nondeterminism", no_argument, NULL, OPT_PLANT },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 }
};

static bool
number(const char *text, uint64_t least, uint64_t most, uint64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' &&
	    *value >= least && *value <= most;
}

static bool
small_number(const char *text, uint64_t least, uint64_t most, unsigned *value)
{
	uint64_t wide;

	if (!number(text, least, most, &wide))
		return false;
	*value = (unsigned)wide;
	return true;
}

/* "2/5" */
static bool
part(const char *text, struct explore_options *options)
{
	const char *slash = strchr(text, '/');
	char first[16];

	if (slash == NULL || (size_t)(slash - text) >= sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(slash - text), text);
	return small_number(slash + 1, 1, 100000, &options->shards) &&
	    small_number(first, 1, options->shards, &options->shard);
}

static bool
take_option(int option, struct explore_flags *flags)
{
	struct explore_options *options = &flags->options;

	switch (option) {
	case 'd':
		flags->driver = optarg;
		return true;
	case OPT_MANIFEST:
		flags->manifest = optarg;
		return true;
	case OPT_NO_MANIFEST:
		flags->no_manifest = true;
		return true;
	case OPT_PREEMPTIONS:
		return small_number(optarg, 0, PLAN_MAX / 2, &options->preemptions);
	case OPT_FAULTS:
		return small_number(optarg, 0, PLAN_MAX / 2, &options->faults);
	case OPT_NO_REDUCTION:
		options->reduction = false;
		return true;
	case OPT_SECONDS:
		return number(optarg, 0, 10000000, &flags->seconds);
	case OPT_RUNS:
		return number(optarg, 1, UINT64_MAX / 2, &options->runs_max);
	case OPT_PCT:
		options->drawn = true;
		return small_number(optarg, 2, GENERATE_DEPTH_MAX, &options->depth);
	case OPT_RANDOM:
		options->drawn = true;
		options->depth = 0;
		return true;
	case OPT_SEED:
		return number(optarg, 0, UINT64_MAX / 2, &options->seed);
	case OPT_NDJSON:
		flags->ndjson = optarg;
		return true;
	case OPT_STATE:
		options->state = optarg;
		return true;
	case OPT_NO_SHRINK:
		flags->no_shrink = true;
		return true;
	case OPT_SHARD:
		return part(optarg, options);
	case OPT_SAVE:
		flags->save = true;
		return true;
	case 'j':
		return small_number(optarg, 1, 64, &options->jobs);
	case 'q':
		flags->quiet = true;
		return true;
	case OPT_PLANT:
		options->noise = (uint64_t)getpid();
		return true;
	}
	return false;
}

static int
explore_main(int argc, char **argv)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct job job = { .flags = {
		.driver = CLI_DRIVER_DEFAULT, .seconds = SECONDS_DEFAULT,
		.options = {
			.preemptions = 1, .faults = 1, .reduction = true, .seed = 1,
			.jobs = cpus < 1 ? 1 : cpus > 16 ? 16 : (unsigned)cpus,
		},
	} };
	int option, code;

	while ((option = getopt_long(argc, argv, "d:qj:h", option_table, NULL)) != -1) {
		if (option == 'h')
			return cli_help(&cli_explore, stdout);
		if (!take_option(option, &job.flags))
			return cli_option_error(&cli_explore, option_table, option);
	}
	code = run_job(&job, argv + optind, (size_t)(argc - optind));
	end_job(&job);
	return code;
}

const struct cli_command cli_explore = {
	.name = "explore",
	.summary = "try what else could happen in scenarios",
	.usage = "explore [OPTION ...] [SCENARIO | FOLDER | REPLAY-ID ...]",
	.help =
	    "Runs each scenario again and again without its expectations, each time with\n"
	    "something at another moment: the host's next target comes early, the host wants\n"
	    "another size, the device answers early, an interrupt comes without a reason, a\n"
	    "call fails.  The rules judge.  What is found is shrunk to a small scenario.\n\n"
	    "  -d, --driver FILE     driver module (default " CLI_DRIVER_DEFAULT ")\n"
	    "      --manifest FILE   its manifest (default driver/NAME.yaml)\n"
	    "      --no-manifest     know no defects\n"
	    "      --preemptions N   at most so many happenings in a run (default 1, at most 3)\n"
	    "      --faults N        at most so many failures in a run (default 1, at most 3)\n"
	    "      --no-reduction    also runs that are known to be equivalent to others\n"
	    "      --seconds N       stop after so many (default 60; 0: when all is done)\n"
	    "      --runs N          stop after the walk with the Nth run (drawn: default 10000)\n"
	    "      --random          draw runs: random subsets of happenings, failures, machine\n"
	    "                        features and manners of the device\n"
	    "      --pct D           draw runs: D - 1 happenings at random moments (D: 2 to 7)\n"
	    "      --seed N          of the first drawn run (default 1)\n"
	    "      --state FILE      keep finished work there, go on from it\n"
	    "      --ndjson FILE     a line of JSON for each run (- is standard output)\n"
	    "      --shard K/N       do only the Kth of N parts (for `viosim merge`)\n"
	    "      --no-shrink       leave stories as they were found\n"
	    "      --save            write those of unknown findings into " FOUND_FOLDER "\n"
	    "  -j, --jobs N          workers (default: processors)\n"
	    "  -q, --quiet           stories without their steps, no progress\n\n"
	    "examples:\n"
	    "  viosim explore                              all scenarios, for a minute\n"
	    "  viosim explore --seconds 0 inflate/two-requests   one, until all is done\n"
	    "  viosim explore --preemptions 2 --faults 0 target\n",
	.main = explore_main,
};
