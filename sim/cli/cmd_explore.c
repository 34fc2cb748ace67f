/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim explore: everything that could have gone otherwise, within bounds.
 */
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
	const char *driver, *manifest, *ndjson;
	bool no_manifest, no_shrink, save, quiet, random, no_reduction, plant;
	struct cli_part part;
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
	size_t *without = &job->output.left_out;

	job->plain = calloc(job->cases.count + 1, sizeof(job->plain[0]));
	if (job->plain == NULL)
		abort();
	for (size_t i = 0; i < job->cases.count; i++) {
		const struct scenario_case *c = job->cases.item[i].c;

		if (is_known(job, c))
			continue;
		if (!c->machine->diagnostic && !has_twin)
			(*without)++;
		else
			scenario_case_init(&job->plain[job->plains++], c->scenario, c->machine,
			    false, 0);
	}
	if (*without > 0)
		fprintf(stderr, "viosim: %zu cases left out: they need the driver without "
		    "DIAGNOSTIC, which `viosim-cc` puts beside it\n", *without);
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
	if (good)
		explore_output_stories(&job->output, &explore);
	if (good && flags->save &&
	    !explore_output_save(&explore, flags->driver, FOUND_FOLDER))
		code = CLI_BROKEN;
	explore_fini(&explore);
	return explore_output_close(&job->output, good) ? code : CLI_BROKEN;
}

static int
run_job(struct job *job, char **names, size_t count)
{
	struct explore_flags *flags = &job->flags;
	bool bad = false;

	if (!cli_collect(&job->cases, names, count))
		return CLI_USAGE;
	job->module = cli_module_open(flags->driver);
	if (job->module == NULL)
		return CLI_USAGE;
	if (!flags->no_manifest)
		job->manifest = cli_manifest_open(flags->manifest, job->module, &bad);
	if (bad)
		return CLI_USAGE;
	if (!explore_output_open(&job->output, flags->ndjson, flags->quiet))
		return CLI_BROKEN;
	choose_cases(job, has_twin(job->module));
	return explore_all(job);
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

#define FLAGS struct explore_flags

static const struct cli_option explore_options_table[] = {
	CLI_OPTION_DRIVER(FLAGS),
	CLI_OPTION_MANIFEST(FLAGS),
	{ 0, "preemptions", "N", "at most so many happenings in a run (default 1, at most 3)",
	    CLI_NUMBER(FLAGS, options.preemptions, 0, PLAN_MAX / 2), .not_with = "random pct" },
	{ 0, "faults", "N", "at most so many failures in a run (default 1, at most 3)",
	    CLI_NUMBER(FLAGS, options.faults, 0, PLAN_MAX / 2), .not_with = "random pct" },
	{ 0, "no-reduction", NULL, "also runs that are known to be equivalent to others",
	    CLI_FLAG(FLAGS, no_reduction), .not_with = "random pct" },
	{ 0, "seconds", "N", "stop after so many (default 60; 0: when all is done)",
	    CLI_NUMBER(FLAGS, seconds, 0, 10000000) },
	{ 0, "runs", "N", "stop after the walk with the Nth run (drawn: default 10000)",
	    CLI_NUMBER(FLAGS, options.runs_max, 1, UINT64_MAX / 2) },
	{ 0, "random", NULL, "draw runs: random subsets of happenings, failures, machine "
	    "features and manners of the device", CLI_FLAG(FLAGS, random), .not_with = "pct" },
	{ 0, "pct", "D", "draw runs: D - 1 happenings at random moments (D: 2 to 7)",
	    CLI_NUMBER(FLAGS, options.depth, 2, GENERATE_DEPTH_MAX) },
	{ 0, "seed", "N", "of the first drawn run (default 1)",
	    CLI_NUMBER(FLAGS, options.seed, 0, UINT64_MAX / 2), .only_with = "random pct" },
	{ 0, "state", "FILE", "keep finished work there, go on from it",
	    CLI_TEXT(FLAGS, options.state) },
	{ 0, "ndjson", "FILE", "a line of JSON for each run (- is standard output)",
	    CLI_TEXT(FLAGS, ndjson) },
	{ 0, "shard", "K/N", "do only the Kth of N parts (for `viosim merge`)",
	    CLI_PART(FLAGS, part) },
	{ 0, "no-shrink", NULL, "leave stories as they were found", CLI_FLAG(FLAGS, no_shrink) },
	{ 0, "save", NULL, "write those of unknown findings into " FOUND_FOLDER,
	    CLI_FLAG(FLAGS, save) },
	CLI_OPTION_JOBS(FLAGS, options.jobs, "runs"),
	{ 'q', "quiet", NULL, "stories without their steps, no progress", CLI_FLAG(FLAGS, quiet) },
	{ 0, "plant-nondeterminism", NULL, NULL, CLI_FLAG(FLAGS, plant) },
	CLI_OPTIONS_END
};

static int
explore_main(int argc, char **argv)
{
	struct job job = { .flags = {
		.driver = CLI_DRIVER_DEFAULT, .seconds = SECONDS_DEFAULT,
		.options = {
			.preemptions = 1, .faults = 1, .seed = 1, .jobs = cli_jobs_default(),
		},
	} };
	struct explore_options *options = &job.flags.options;
	int code, first = cli_options_read(&cli_explore, argc, argv, &job.flags, &code);

	if (first < 0)
		return code;
	options->drawn = job.flags.random || options->depth > 0;
	options->reduction = !job.flags.no_reduction;
	options->shard = job.flags.part.part;
	options->shards = job.flags.part.parts;
	options->noise = job.flags.plant ? (uint64_t)getpid() : 0;
	code = run_job(&job, argv + first, (size_t)(argc - first));
	end_job(&job);
	return code;
}

const struct cli_command cli_explore = {
	.name = "explore",
	.summary = "try what else could happen in scenarios",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs each scenario again and again without its expectations, each time with "
	    "something at another moment: the host's next target comes early, the host wants "
	    "another size, the device answers early, an interrupt comes without a reason, a "
	    "call fails.  The rules judge.  What is found is shrunk to a small scenario.",
	.options = explore_options_table,
	.after =
	    "examples:\n"
	    "  viosim explore                              all scenarios, for a minute\n"
	    "  viosim explore --seconds 0 inflate/two-requests   one, until all is done\n"
	    "  viosim explore --preemptions 2 --faults 0 target\n",
	.main = explore_main,
};
