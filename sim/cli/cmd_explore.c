/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim sweep and viosim explore: everything that could have gone otherwise, within bounds.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "cli/cli.h"
#include "cli/results.h"
#include "explore/explore.h"
#include "explore/found.h"
#include "explore/generate.h"
#include "explore/injections.h"
#include "fault/fault.h"
#include "report/atomic.h"
#include "report/explored_text.h"
#include "run/source.h"

#define SECONDS_DEFAULT 60
/* Runs bound the reduction of a sweep's findings, so that it is the same on any host. */
#define SWEEP_RUNS 4000
#define SWEEP_MS 20000
#define EXPLORE_MS 6000			/* of each finding of an exploration */

struct exploring {
	const char *command;
	struct cli_driver driver;
	const char *ndjson, *json_summary;
	struct cli_results result_flags;
	bool no_shrink, save, quiet, verbose, lints_fail, first_only;
	bool random, no_reduction, plant;
	struct cli_part part;
	uint64_t seconds;
	struct explore_options options;

	struct cli_subject subject;
	struct { VEC_MEMBERS(struct scenario_case); } chosen;
	size_t left_out;		/* cases that this driver cannot be run in */
	struct explore explore;
	struct atomic *file, *summary;	/* NDJSON, JSON */
	struct cli_results_out results;
	FILE *lines;			/* its stream, or NULL */
	struct seal seal;
	uint64_t written;		/* runs in it */
	bool bar, shown;		/* there is a terminal for progress; it stands there */
};

static bool
is_sweep(const struct exploring *exploring)
{
	return exploring->options.strategy == &explore_sweep;
}

/* ---- which cases ---- */

static bool
has_nodiag(const struct module *module)
{
	char path[4096];

	return module_nodiag_path(module_path(module), path, sizeof(path)) &&
	    access(path, R_OK) == 0;
}

/* Seeds make other choices of the same scenario: the first stands for all. */
static bool
is_wanted(const struct exploring *exploring, size_t index)
{
	const struct cli_case *item = exploring->subject.cases.item;
	const struct scenario_case *c = item[index].c;

	for (size_t i = index; i-- > 0 && item[i].doc == item[index].doc;)
		if (exploring->first_only ||
		    (item[i].c->scenario == c->scenario && item[i].c->machine == c->machine))
			return false;
	return true;
}

/* A sweep keeps the choices of the seed; exploring makes its own. */
static void
choose_cases(struct exploring *exploring)
{
	bool nodiag = has_nodiag(exploring->subject.module);

	for (size_t i = 0; i < exploring->subject.cases.count; i++) {
		const struct scenario_case *c = exploring->subject.cases.item[i].c;
		bool seed = is_sweep(exploring) && c->has_seed;

		if (!is_wanted(exploring, i))
			continue;
		if (c->machine->diagnostic || nodiag)
			scenario_case_init(vec_add(&exploring->chosen), c->scenario, c->machine,
			    seed, seed ? c->seed : 0);
		else
			exploring->left_out++;
	}
	if (exploring->left_out > 0)
		fprintf(stderr, "viosim: %zu case%s left out: the driver without DIAGNOSTIC is "
		    "missing, which `viosim-cc` puts beside it\n", exploring->left_out,
		    plural(exploring->left_out));
}

static void
note_call(const char *name, const struct source_pos *pos, void *arg)
{
	enum hw_call call = trace_call_by_name(name);
	size_t rows, i = 0;
	const struct fault_row *row = fault_catalogue(&rows);
	struct record_site there = { .line = pos->line };

	while (i < rows && row[i].call != call)
		i++;
	if (i == rows || call == HW_CALL_NONE)
		return;
	snprintf(there.call, sizeof(there.call), "%s", name);
	snprintf(there.file, sizeof(there.file), "%s", pos->file);
	snprintf(there.function, sizeof(there.function), "%s", pos->function);
	tally_site(arg, &there);
}

/* ---- while it goes on ---- */

static void
clear_bar(struct exploring *exploring)
{
	if (exploring->shown)
		fputs("\r\033[K", stderr);
	exploring->shown = false;
}

static uint64_t
seconds_left(const struct explore *explore, uint64_t ms)
{
	uint64_t all = explore->jobs > 0 ? ms * explore->jobs_known / explore->jobs : 0;

	/* Jobs find more jobs: what is known is the least. */
	if (explore->options.ms_max != 0 && (all == 0 || all > explore->options.ms_max))
		all = explore->options.ms_max;
	return all > ms ? (all - ms) / 1000 : 0;
}

static void
on_tick(void *arg, const struct explore *explore)
{
	struct exploring *exploring = arg;
	uint64_t ms = (host_ns() - explore->begin_ns) / 1000000, left;

	cli_output_check();
	if (!exploring->bar)
		return;
	exploring->shown = true;
	if (explore->reducing) {
		fputs("\r\033[Kreducing what was found", stderr);
		return;
	}
	left = seconds_left(explore, ms);
	fprintf(stderr, "\r\033[K%" PRIu64 " runs, %" PRIu64 " a second, %zu of %zu jobs, "
	    "%zu new, %02" PRIu64 ":%02" PRIu64 " left", explore->tally.runs,
	    ms > 0 ? explore->tally.runs * 1000 / ms : 0, explore->jobs, explore->jobs_known,
	    tally_count(&explore->tally, true, false), left / 60, left % 60);
}

static void
on_run(void *arg, const struct record *run)
{
	struct exploring *exploring = arg;

	if (exploring->lines != NULL) {
		record_write(RECORD_RUN, run, &exploring->seal, exploring->lines);
		exploring->written++;
	}
	if (exploring->verbose && exploring->lines != stdout) {
		clear_bar(exploring);
		explored_text_run(run, stdout);
	}
}

/* Whatever is to come: this one is reported now. */
static void
on_found(void *arg, const struct cluster *cluster)
{
	struct exploring *exploring = arg;

	if (cluster->first.known[0] != '\0')
		return;
	clear_bar(exploring);
	explored_text_found(cluster, stdout);
	fflush(stdout);
}

/* ---- the files ---- */

static void
write_head(struct exploring *exploring)
{
	struct explore *explore = &exploring->explore;
	struct record_head head = {
		.version = RECORD_VERSION, .shard = exploring->part.part,
		.shards = exploring->part.parts,
	};
	char *options = explore_describe(explore);

	snprintf(head.command, sizeof(head.command), "%s", exploring->command);
	snprintf(head.driver, sizeof(head.driver), "%s", exploring->driver.path);
	snprintf(head.options, sizeof(head.options), "%s", options);
	for (size_t i = 0; i < explore->tally.sites.count; i++)
		*(struct record_site *)vec_add(&head.sites) = explore->tally.sites.item[i].site;
	record_write(RECORD_HEAD, &head, &exploring->seal, exploring->lines);
	vec_fini(&head.sites);
	free(options);
}

/* Cases whose baseline run is missing. */
static size_t
cases_left(const struct exploring *exploring)
{
	return exploring->left_out + exploring->explore.bases_known -
	    (size_t)exploring->explore.tally.bases;
}

static void
write_end(struct exploring *exploring)
{
	const struct explore *explore = &exploring->explore;
	struct record_end end = {
		.runs = exploring->written, .cases_left = cases_left(exploring),
		.lost = explore->tally.lost.count, .differ = explore->differ,
		.planned = explore->units,
	};

	for (size_t i = 0; i < explore->tally.clusters.count; i++)
		if (explore->tally.clusters.item[i].reduced != NULL)
			record_write(RECORD_REDUCED, explore->tally.clusters.item[i].reduced,
			    &exploring->seal, exploring->lines);
	snprintf(end.how, sizeof(end.how), "%s", explore->cut ? "cut" : "complete");
	record_write(RECORD_END, &end, &exploring->seal, exploring->lines);
}

/* ---- the report ---- */

/* What "exhaustive" is about, and what it is not about. */
static void
print_varied(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;
	bool events = options->preemptions > 0, faults = options->faults > 0;
	bool all = explore->many_cpus == explore->cases, none = explore->many_cpus == 0;

	printf("  varied: %s%s%s%s\n",
	    events ? "when interrupts, completions and acts of the host come" : "",
	    events && !none ? ", which CPU goes on" : "",
	    events && faults ? ", " : "", faults ? "which calls fail" : events ? "" : "nothing");
	if (events && !none && !all)
		printf("    which CPU goes on in %" PRIu64 " of %zu cases: the others have one\n",
		    explore->many_cpus, explore->cases);
	printf("  not varied: %s%s%slatencies, device behaviours and features, order of threads "
	    "on one CPU, memory, seeds\n", faults ? "" : "which calls fail, ",
	    events ? "" : "when anything comes, ", events && none ? "which CPU goes on (there is "
	    "one), " : "");
}

static void
print_claim(const struct explore *explore)
{
	const struct explore_options *options = &explore->options;

	if (options->strategy == &explore_sweep) {
		printf("%" PRIu64 " case%s, %" PRIu64 " run%s\n", explore->tally.bases,
		    plural(explore->tally.bases), explore->tally.runs,
		    plural(explore->tally.runs));
		return;
	}
	if (options->shards > 1)
		printf("part %u of %u of ", options->shard, options->shards);
	printf("%zu case%s, %" PRIu64 " injection point%s, %" PRIu64 " run%s\n", explore->cases,
	    plural(explore->cases), explore->points, plural(explore->points),
	    explore->tally.runs, plural(explore->tally.runs));
	if (options->strategy == &explore_drawn) {
		printf("drawn from seed %" PRIu64 " on%s\n", options->seed,
		    explore->complete ? "" : "; not all were done");
		if (explore->bound > 0)
			printf("each run finds a given bug of depth %u with a probability of at "
			    "least %.2g\n", options->depth, explore->bound);
	} else if (explore->complete) {
		printf("exhaustive for up to %u injected event%s and %u fault%s: %" PRIu64
		    " pruned as equivalent\n", options->preemptions,
		    plural(options->preemptions), options->faults, plural(options->faults),
		    explore->skipped);
		print_varied(explore);
	} else {
		printf("not exhaustive: %zu of %zu known jobs done\n", explore->jobs,
		    explore->jobs_known);
	}
	if (explore->limited > 0)
		printf("%" PRIu64 " run%s cut short: %d times as long as the baseline run, or once "
		    "as long after a new error\n", explore->limited, plural(explore->limited),
		    EXPLORE_EVENTS_TIMES);
	if (explore->left_out > 0)
		printf("%" PRIu64 " number%s of the host in the scenarios not tried at other "
		    "points: at most %d of a scenario are\n", explore->left_out,
		    plural(explore->left_out), HOST_NUMBERS_MAX);
}

static bool
save_scenarios(struct exploring *exploring)
{
	const struct tally *tally = &exploring->explore.tally;
	char path[FOUND_PATH_MAX];
	bool good = true;

	vec_each(cluster, &tally->clusters) {
		if (cluster->reduced == NULL)
			continue;
		if (found_save_text(cluster->reduced->scenario, &cluster->first.finding,
		    cluster->reduced->why, exploring->driver.path, FOUND_FOLDER, path))
			printf("saved %s\n", path);
		else
			good = false;
	}
	return good;
}

static bool
has_scenario(const struct tally *tally)
{
	for (size_t i = 0; i < tally->clusters.count; i++)
		if (tally->clusters.item[i].reduced != NULL)
			return true;
	return false;
}

static uint64_t
left_ms(const struct exploring *exploring)
{
	uint64_t ms = exploring->seconds * 1000;
	uint64_t spent = (host_ns() - exploring->explore.begin_ns) / 1000000;

	return ms == 0 ? 0 : spent < ms ? ms - spent : 1;
}

static bool
reduce(struct exploring *exploring)
{
	const struct explore_reduce sweep = {
		.runs = SWEEP_RUNS, .ms = SWEEP_MS, .lints = exploring->lints_fail,
	}, other = {
		.ms = EXPLORE_MS, .all_ms = left_ms(exploring), .lints = true, .baseline = true,
	};
	bool good = exploring->no_shrink ||
	    explore_reduce(&exploring->explore, is_sweep(exploring) ? &sweep : &other);

	clear_bar(exploring);
	return good;
}

static void
complain(const struct exploring *exploring)
{
	const struct explore *explore = &exploring->explore;

	if (explore->differ > 0)
		fprintf(stderr, "viosim: nondeterministic run: %s\n", explore->why);
	else if (explore->tally.lost.count > 0)
		fprintf(stderr, "viosim: %zu job%s lost; the first: %s: %s\n",
		    explore->tally.lost.count, plural(explore->tally.lost.count),
		    explore->tally.lost.item[0].base, explore->tally.lost.item[0].why);
	if (cases_left(exploring) > 0)
		fprintf(stderr, "viosim: %zu of %zu cases not explored: their baseline run was "
		    "not done\n", cases_left(exploring),
		    exploring->left_out + explore->bases_known);
	if (explore->tally.ended > 0)
		fprintf(stderr, "viosim: %" PRIu64 " of %" PRIu64 " baseline runs ended early: "
		    "nothing after that was tried\n", explore->tally.ended,
		    explore->tally.bases);
}

/* A case each that was explored; and one for all that were not. */
static void
add_results(struct exploring *exploring)
{
	const struct explore *explore = &exploring->explore;
	struct results *results = exploring->results.results;
	struct result_case *left;

	if (results == NULL)
		return;
	vec_each(c, &exploring->chosen)
		explored_result(&explore->tally, c->id, &(struct problem_place){
			.file = results_path(results, c->scenario->loc.file),
			.line = c->scenario->loc.line,
		}, exploring->lints_fail, results);
	if (cases_left(exploring) == 0)
		return;
	left = results_case(results, exploring->command, VERDICT_SKIPPED);
	left->message = results_print(results, "%zu of %zu cases not explored: their baseline run "
	    "was not done", cases_left(exploring), exploring->left_out + explore->bases_known);
}

static int
report(struct exploring *exploring)
{
	const struct explore *explore = &exploring->explore;
	const struct manifest *known = exploring->subject.known;
	bool text = exploring->lines != stdout, good;

	/* What was found is said before the time that reducing takes. */
	if (text) {
		print_claim(explore);
		explored_text_sums(&explore->tally, stdout);
		fflush(stdout);
	}
	good = reduce(exploring);
	complain(exploring);
	if (text) {
		explored_text_findings(&explore->tally, exploring->quiet, stdout);
		if (!exploring->save && is_sweep(exploring) && has_scenario(&explore->tally))
			puts("--save keeps these scenarios in " FOUND_FOLDER "/, for `viosim run`");
		if (explore->cut && is_sweep(exploring))
			puts("\nended early, as asked: not all runs were done");
	}
	if (exploring->save)
		good = save_scenarios(exploring) && good;
	add_results(exploring);
	good = cli_results_end(&exploring->results, true) && good;
	if (text)
		explored_text_end(&explore->tally, cases_left(exploring), stdout);
	if (exploring->lines != NULL)
		write_end(exploring);
	if (exploring->summary != NULL)
		explored_json(&explore->tally, &(struct explored_totals){
			.command = exploring->command, .driver = exploring->driver.path,
			.manifest = known != NULL ? known->path : NULL,
			.cut = explore->cut, .left = cases_left(exploring),
		}, atomic_stream(exploring->summary));
	if (!good || explore->tally.lost.count > 0 || explore->differ > 0 || explore->state_full)
		return CLI_BROKEN;
	if (tally_count(&explore->tally, exploring->lints_fail, false) > 0 ||
	    tally_count(&explore->tally, false, true) > 0)
		return CLI_FOUND;
	return cases_left(exploring) > 0 || explore->tally.ended > 0 ? CLI_BROKEN : CLI_OK;
}

/* ---- the whole ---- */

static int
explore_all(struct exploring *exploring)
{
	struct explore *explore = &exploring->explore;
	const char *ci = getenv("CI");
	uint64_t ms = exploring->seconds * 1000;
	bool good;
	int code;

	*explore = (struct explore){
		.options = exploring->options, .c = exploring->chosen.item,
		.cases = exploring->chosen.count, .module = exploring->subject.module,
		.manifest = exploring->subject.known, .run = on_run, .tick = on_tick,
		.arg = exploring,
	};
	/* What is found wants some time too. */
	explore->options.ms_max = exploring->no_shrink ? ms : ms - ms / 4;
	explore->options.lines = exploring->lines != NULL;
	if (!is_sweep(exploring) && !exploring->quiet && exploring->lines != stdout)
		explore->found = on_found;
	exploring->bar = !exploring->quiet && isatty(STDERR_FILENO) &&
	    (ci == NULL || ci[0] == '\0');
	if (is_sweep(exploring))
		module_each_call(exploring->subject.module, note_call, &explore->tally);
	tally_sort(&explore->tally);
	if (exploring->lines != NULL)
		write_head(exploring);
	good = explore_run(explore);
	clear_bar(exploring);
	code = good ? report(exploring) : explore->bad_state ? CLI_USAGE : CLI_BROKEN;
	explore_fini(explore);
	good &= atomic_end(exploring->file, good);
	return atomic_end(exploring->summary, good) && good ? code :
	    code == CLI_USAGE ? code : CLI_BROKEN;
}

static int
open_all(struct exploring *exploring, char **names, size_t count)
{
	bool good = true;

	if (!cli_results_begin(&exploring->results, exploring->command, &exploring->result_flags))
		return CLI_BROKEN;
	if (!cli_subject_open(&exploring->subject, &exploring->driver, names, count)) {
		cli_results_refused(&exploring->results, &exploring->subject.cases);
		return cli_results_end(&exploring->results, true) ? CLI_USAGE : CLI_BROKEN;
	}
	cli_results_about(&exploring->results, exploring->driver.path, exploring->subject.module,
	    exploring->subject.known, NULL);
	exploring->file = atomic_open(exploring->ndjson, &good);
	exploring->summary = atomic_open(exploring->json_summary, &good);
	if (!good) {
		atomic_end(exploring->file, false);
		atomic_end(exploring->summary, false);
		return CLI_BROKEN;
	}
	if (exploring->file != NULL)
		exploring->lines = atomic_stream(exploring->file);
	choose_cases(exploring);
	return explore_all(exploring);
}

static int
main_of(void *values, char **names, size_t count)
{
	struct exploring *exploring = values;
	int code;

	exploring->options.jobs = cli_jobs(exploring->options.jobs);
	exploring->options.shard = exploring->part.part;
	exploring->options.shards = exploring->part.parts;
	code = open_all(exploring, names, count);
	cli_results_end(&exploring->results, false);
	for (size_t i = 0; i < exploring->chosen.count; i++)
		scenario_case_fini(&exploring->chosen.item[i]);
	vec_fini(&exploring->chosen);
	cli_subject_fini(&exploring->subject);
	return code;
}

/* ---- options ---- */

#define FLAGS struct exploring

static const struct cli_option sweep_options[] = {
	CLI_OPTION_DRIVER(FLAGS),
	CLI_OPTION_MANIFEST(FLAGS),
	{ 0, "lints-fail", NULL, "a new lint is a new finding",
	    CLI_FLAG(FLAGS, lints_fail) },
	{ '1', "first", NULL, "only the first case of each scenario",
	    CLI_FLAG(FLAGS, first_only) },
	{ 0, "no-faults", NULL, "interrupts only",
	    CLI_FLAG(FLAGS, options.no_faults), .not_with = "pairs contract" },
	{ 0, "no-interrupts", NULL, "failures only",
	    CLI_FLAG(FLAGS, options.no_interrupts), .not_with = "no-faults" },
	{ 0, "pairs", NULL, "after each failure, everything else that can happen then",
	    CLI_FLAG(FLAGS, options.pairs) },
	{ 0, "all-stacks", NULL, "also where the call stack has been seen in that case",
	    CLI_FLAG(FLAGS, options.all_stacks) },
	{ 0, "contract", NULL, "also failures that no kernel has, but the manual page",
	    CLI_FLAG(FLAGS, options.contract) },
	{ 0, "no-shrink", NULL, "do not look for the smallest scenario of each finding",
	    CLI_FLAG(FLAGS, no_shrink) },
	{ 0, "save", NULL, "keep these scenarios in " FOUND_FOLDER "/",
	    CLI_FLAG(FLAGS, save), .not_with = "no-shrink" },
	{ 'v', "verbose", NULL, "one line for each run", CLI_FLAG(FLAGS, verbose) },
	CLI_OPTION_JOBS(FLAGS, options.jobs, "runs"),
	{ 0, "fail-fast", NULL, "stop at the first new finding",
	    CLI_FLAG(FLAGS, options.fail_fast) },
	{ 0, "runs", "N", "stop after N runs",
	    CLI_NUMBER(FLAGS, options.runs_max, 1, UINT64_MAX) },
	{ 0, "shard", "K/N", "do only the Kth of N equal parts", CLI_PART(FLAGS, part) },
	{ 0, "ndjson", "FILE", "one line of JSON a run, for `viosim merge`",
	    CLI_OUTPUT(FLAGS, ndjson) },
	{ 0, "json-summary", "FILE", "findings and totals, as JSON",
	    CLI_OUTPUT(FLAGS, json_summary) },
	CLI_OPTIONS_RESULTS(FLAGS, result_flags),
	CLI_OPTIONS_END
};

const struct cli_command cli_sweep = {
	.name = "sweep",
	.summary = "fail every call, deliver an interrupt at every point",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs each case (default: all below scenarios/) as it stands, and then once more for "
	    "each thing that could have happened on the way: every call that can fail fails in "
	    "every way the kernel knows, once and from then on; a configuration or queue "
	    "interrupt without news comes at every point at which one may; a request in flight "
	    "completes there already.  Expectations are left out: the rules alone check, and at "
	    "the end faults are healed and all must come to rest.  Seeds are not multiplied.",
	.options = sweep_options,
	.after =
	    "examples:\n"
	    "  viosim sweep inflate/exact-request\n"
	    "  viosim sweep --first --pairs scenarios/attach\n"
	    "  viosim sweep --shard 1/4 --ndjson part1.ndjson\n",
	CLI_FLAGS(struct exploring, .command = "sweep", .driver.path = CLI_DRIVER_DEFAULT,
	    .part = { 1, 1 }, .options = { .strategy = &explore_sweep }),
	.main = main_of,
};

static const struct cli_option explore_options[] = {
	CLI_OPTION_DRIVER(FLAGS),
	CLI_OPTION_MANIFEST(FLAGS),
	{ 0, "preemptions", "N", "at most so many injected events in a run (default 1, at most 3)",
	    CLI_NUMBER(FLAGS, options.preemptions, 0, PLAN_MAX / 2), .not_with = "random depth" },
	{ 0, "faults", "N", "at most so many failures in a run (default 1, at most 3)",
	    CLI_NUMBER(FLAGS, options.faults, 0, PLAN_MAX / 2), .not_with = "random depth" },
	{ 0, "cpus", "N", "CPUs of the machine (the scenario's; for a driver with several "
	    "threads as many as these can use)",
	    CLI_NUMBER(FLAGS, options.cpus, 1, SCENARIO_CPUS_MAX) },
	{ 0, "no-reduction", NULL, "also runs that are known to be equivalent to others",
	    CLI_FLAG(FLAGS, no_reduction), .not_with = "random depth" },
	{ 0, "seconds", "N", "stop after so many (default 60; 0: when all is done)",
	    CLI_NUMBER(FLAGS, seconds, 0, 10000000) },
	{ 0, "runs", "N", "stop after the job with the Nth run (drawn: default 10000)",
	    CLI_NUMBER(FLAGS, options.runs_max, 1, UINT64_MAX / 2) },
	{ 0, "random", NULL, "draw runs: random subsets of events, failures, machine "
	    "features and behaviours of the device", CLI_FLAG(FLAGS, random),
	    .not_with = "depth" },
	{ 0, "depth", "D", "draw runs: D - 1 events at random points (D: 2 to 7)",
	    CLI_NUMBER(FLAGS, options.depth, 2, GENERATE_DEPTH_MAX) },
	{ 0, "seed", "N", "of the first drawn run (default 1)",
	    CLI_NUMBER(FLAGS, options.seed, 0, UINT64_MAX / 2), .only_with = "random depth" },
	{ 0, "state", "FILE", "keep finished work there, go on from it",
	    CLI_OUTPUT(FLAGS, options.state) },
	{ 0, "ndjson", "FILE", "a line of JSON for each run (- is standard output)",
	    CLI_OUTPUT(FLAGS, ndjson) },
	{ 0, "json-summary", "FILE", "findings and totals, as JSON",
	    CLI_OUTPUT(FLAGS, json_summary) },
	CLI_OPTIONS_RESULTS(FLAGS, result_flags),
	{ 0, "shard", "K/N", "do only the Kth of N parts (for `viosim merge`)",
	    CLI_PART(FLAGS, part) },
	{ 0, "no-shrink", NULL, "leave scenarios as they were found", CLI_FLAG(FLAGS, no_shrink) },
	{ 0, "save", NULL, "write those of unknown findings into " FOUND_FOLDER,
	    CLI_FLAG(FLAGS, save) },
	CLI_OPTION_JOBS(FLAGS, options.jobs, "runs"),
	{ 'q', "quiet", NULL, "scenarios without their steps, no progress",
	    CLI_FLAG(FLAGS, quiet) },
	{ 0, "plant-nondeterminism", NULL, NULL, CLI_FLAG(FLAGS, plant) },
	CLI_OPTIONS_END
};

static int
explore_main(void *values, char **names, size_t count)
{
	struct exploring *exploring = values;
	struct explore_options *options = &exploring->options;

	if (exploring->random || options->depth > 0)
		options->strategy = &explore_drawn;
	options->reduction = !exploring->no_reduction;
	options->noise = exploring->plant ? (uint64_t)getpid() : 0;
	return main_of(exploring, names, count);
}

const struct cli_command cli_explore = {
	.name = "explore",
	.summary = "try what else could happen in scenarios",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs each scenario again and again without its expectations, each time with "
	    "something at another point: the host's next target comes early, the host wants "
	    "another size, the device completes early, an interrupt comes without a reason, a "
	    "call fails.  The rules check each run.  What is found is shrunk to a small scenario.",
	.options = explore_options,
	.after =
	    "examples:\n"
	    "  viosim explore                              all scenarios, for a minute\n"
	    "  viosim explore --seconds 0 inflate/two-requests   one, until all is done\n"
	    "  viosim explore --preemptions 2 --faults 0 target\n",
	CLI_FLAGS(struct exploring, .command = "explore", .driver.path = CLI_DRIVER_DEFAULT,
	    .part = { 1, 1 }, .seconds = SECONDS_DEFAULT,
	    .options = { .strategy = &explore_bounded, .preemptions = 1, .faults = 1, .seed = 1 }),
	.main = explore_main,
};

