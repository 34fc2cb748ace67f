/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim run: run scenarios, report.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hostio.h"
#include "cli/cli.h"
#include "cli/run_output.h"
#include "cli/watch.h"
#include "machine/crash.h"
#include "run/isolate.h"
#include "run/loops.h"
#include "run/run.h"
#include "scenario/arena.h"

struct run {
	struct run_flags flags;
	struct cli_cases *cases;
	struct module *module, *module_nodiag;
	struct manifest *manifest;
	struct manifest *hints;		/* one that exists and is not used (--no-manifest) */
	struct run_output output;
	struct cli_results_out *results;
	size_t verdicts[VERDICT_BROKEN + 1];	/* cases */
	size_t gone;			/* known defects that should have shown */
	bool undecided_here;		/* a case of the present scenario has no result */
	size_t scenario_first;		/* index of the present scenario's first case */
	struct loops loops;		/* known after the cases that are done */
	const char *refused;		/* the first case whose device the driver does not match */
};

/* ---- the child ---- */

struct child {
	struct run *run;
	const struct cli_case *c;
	struct module *module;
	struct isolated *result;
	uint64_t begin_ns;
	FILE **text;
};

static void
finished(void *arg, struct world *world, const struct run_result *result)
{
	struct child *child = arg;
	struct run *run = child->run;
	const struct scenario_case *c = child->c->c;
	struct report_input input = {
		.world = world, .result = result, .id = c->id, .scenario = c->scenario->id,
		.driver = module_attachment(child->module, 0)->name,
		.source = module_source(child->module), .manifest = run->manifest,
		.hints = run->manifest != NULL ? run->manifest : run->hints,
		.c = c, .module = child->module, .version = cli_version_text,
	};

	verdict_case(&child->result->verdict, result, run->manifest, c->scenario->id,
	    input.source);
	if (run->flags.lints_fail && child->result->verdict.lints > 0)
		child->result->verdict.verdict = VERDICT_FAIL;
	child->result->digest = result->digest;
	child->result->counts = result->counts;
	child->result->wall_ns = host_ns() - child->begin_ns;
	child->result->loops = result->loops;
	child->result->refused = result->refused;
	child->result->reusable = result->end == WORLD_STOPPED;
	run_output_case(&run->flags, &child->result->verdict, &input, child->text);
}

static void
run_child(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	struct run *run = arg;
	const struct cli_case *c = &run->cases->item[index];
	struct child child = {
		.run = run, .c = c, .result = result, .text = text,
		.module = c->c->machine->diagnostic ? run->module : run->module_nodiag,
	};
	struct run_options options = {
		.module = child.module, .keep_trace = true,
		.finished = finished, .arg = &child, .regions = regions, .loops = &run->loops,
		.draw_noise = run->flags.plant ? (uint64_t)getpid() : 0,
	};
	struct run_result case_result;

	crash_install();
	crash_limit(CRASH_SECONDS);
	child.begin_ns = host_ns();
	run_case(c->c, &options, &case_result);
	crash_limit(0);
	run_result_fini(&case_result);
}

/* ---- the parent ---- */

/* A known defect that no case of a scenario shows is no longer a defect there. */
static void
close_scenario(struct run *run, size_t last)
{
	const struct cli_case *c = &run->cases->item[last];
	const char *id = c->c->scenario->id;

	for (size_t i = 0; run->manifest != NULL && i < run->manifest->count; i++) {
		const struct defect *defect = &run->manifest->defects[i];

		if (c->whole && run->flags.whole_manifest && !run->output.scenario_shown[i] &&
		    !run->undecided_here && scenario_names_has(&defect->scenarios, id))
			run->gone += run_output_gone(&run->output, c, defect);
	}
	run->undecided_here = false;
	run_output_scenario(&run->output, run->cases, run->scenario_first, last);
	run->scenario_first = last + 1;
}

static void
without_texts(const struct isolated *result, struct isolated *skipped)
{
	*skipped = *result;
	for (int i = 0; i < ISOLATE_TEXTS; i++) {
		skipped->text[i] = (char *)(uintptr_t)"";
		skipped->length[i] = 0;
	}
}

/*
 * One that came into a loop that is known counts as not run, whether it was cut short or had
 * begun before.  What a manifest knows is no news, and shown each time.
 */
static bool
is_same_loop(struct run *run, const struct isolated *result, struct isolated *skipped)
{
	struct loops_met met = result->loops;
	const struct loops_row *row;

	if (result->verdict.verdict != VERDICT_FAIL)
		met.end = 0;
	row = loops_take(&run->loops, &met);
	if (row == NULL)
		return false;
	without_texts(result, skipped);
	verdict_none(&skipped->verdict, VERDICT_SKIPPED,
	    "the same endless loop as in %u earlier cases: %s", LOOPS_ENOUGH,
	    row->where);
	return true;
}

/* Of a case that has no result: where the driver was then, if that is known. */
static bool
is_placed(const struct run *run, const struct isolated *result, struct isolated *placed)
{
	const struct crash_note *note = &result->note;
	struct module *module = note->diagnostic ? run->module : run->module_nodiag;
	struct source_pos pos;
	size_t length;

	if (result->verdict.verdict != VERDICT_BROKEN || !note->in_run)
		return false;
	*placed = *result;
	length = strlen(placed->verdict.reason);
	if (module != NULL && note->site != 0 &&
	    source_lookup(module_source(module), note->site, &pos))
		snprintf(placed->verdict.reason + length, VERDICT_REASON - length,
		    ", at %s:%u (%s) in event %" PRIu32, pos.file, pos.line, pos.function,
		    note->events);
	else
		snprintf(placed->verdict.reason + length, VERDICT_REASON - length,
		    ", in event %" PRIu32 " of the run", note->events);
	return true;
}

/* A driver for another device is refused in every case; it is reported once. */
static bool
is_same_refusal(struct run *run, size_t index, const struct isolated *result,
    struct isolated *skipped)
{
	if (!result->refused || result->verdict.verdict != VERDICT_FAIL)
		return false;
	if (run->refused == NULL) {
		run->refused = run->cases->item[index].c->id;
		return false;
	}
	without_texts(result, skipped);
	verdict_none(&skipped->verdict, VERDICT_SKIPPED,
	    "the driver does not match the device, as in %s", run->refused);
	return true;
}

static bool
run_done(void *arg, size_t index, const struct isolated *got)
{
	struct run *run = arg;
	const struct cli_case *c = &run->cases->item[index];
	struct isolated other;
	const struct isolated *result = is_same_loop(run, got, &other) ||
	    is_same_refusal(run, index, got, &other) || is_placed(run, got, &other) ?
	    &other : got;
	enum verdict verdict = result->verdict.verdict;

	cli_output_check();
	run->verdicts[verdict]++;
	run->undecided_here |= verdict != VERDICT_PASS && verdict != VERDICT_FAIL;
	run_output_done(&run->output, c, result);
	if (index + 1 == run->cases->count || run->cases->item[index + 1].doc != c->doc)
		close_scenario(run, index);
	return !run->flags.fail_fast || verdict == VERDICT_PASS ||
	    verdict == VERDICT_NOT_APPLICABLE;
}

static int
exit_code(const struct run *run, size_t failed, bool good)
{
	if (!good || run->verdicts[VERDICT_BROKEN] > 0)
		return CLI_BROKEN;
	if (failed > 0)
		return CLI_FOUND;
	return run->verdicts[VERDICT_SKIPPED] > 0 ? CLI_BROKEN : CLI_OK;
}

static void
print_totals(const struct summary_totals *totals, FILE *text)
{

	fprintf(text, "%zu passed, %zu failed", totals->passed, totals->failed);
	if (totals->not_applicable > 0)
		fprintf(text, ", %zu not applicable", totals->not_applicable);
	if (totals->skipped > 0)
		fprintf(text, ", %zu skipped", totals->skipped);
	putc('\n', text);
}

static int
run_all(struct run *run)
{
	struct isolate_work work = {
		.count = run->cases->count, .jobs = cli_jobs(run->flags.jobs), .child = run_child,
		.done = run_done, .arg = run,
		.stopped = "an earlier case failed (--fail-fast)",
	};
	struct summary_totals totals;
	bool good;

	if (!run_output_begin(&run->output, &run->flags, run->results->results, run->manifest,
	    run->cases->count))
		return CLI_BROKEN;
	cli_results_about(run->results, run->flags.driver.path, run->module, run->manifest,
	    run->hints);
	good = isolate_run(&work);
	totals = (struct summary_totals){
		.driver = run->flags.driver.path,
		.manifest = run->manifest != NULL ? run->manifest->path : NULL,
		.cases = run->cases->count, .passed = run->verdicts[VERDICT_PASS],
		.failed = run->verdicts[VERDICT_FAIL] + run->verdicts[VERDICT_BROKEN] + run->gone,
		.skipped = run->verdicts[VERDICT_SKIPPED],
		.not_applicable = run->verdicts[VERDICT_NOT_APPLICABLE],
	};
	good = run_output_end(&run->output, &totals) && good;
	good = cli_results_end(run->results, true) && good;
	if (run->flags.record == NULL)
		print_totals(&totals, run->output.text);
	return exit_code(run, totals.failed, good);
}

static bool
open_driver(struct run *run)
{
	bool bad = false;

	run->module = cli_module_open(run->flags.driver.path);
	if (run->module == NULL)
		return false;
	if (cli_cases_need_nodiag(run->cases) &&
	    (run->module_nodiag = cli_nodiag_open(module_path(run->module))) == NULL)
		return false;
	if (!run->flags.driver.no_manifest)
		run->manifest = cli_manifest_open(run->flags.driver.manifest, run->module, &bad);
	else
		run->hints = cli_manifest_hints(run->module);
	if (run->manifest != NULL)
		cli_manifest_warn(run->manifest, run->module);
	return !bad;
}

/* What changes the verdict is said again to replay it. */
static void
set_replay_words(struct run_flags *flags)
{
	const char **word = flags->replay_words;

	if (flags->lints_fail)
		*word++ = "--lints-fail";
	if (flags->driver.no_manifest) {
		*word++ = "--no-manifest";
	} else if (flags->driver.manifest != NULL) {
		*word++ = "--manifest";
		*word++ = flags->driver.manifest;
	}
}

int
run_cases(struct run_flags *flags, struct cli_cases *cases, struct cli_results_out *results)
{
	struct run run = { .cases = cases, .results = results };
	int code;

	flags->timeline |= flags->verbose;
	set_replay_words(flags);
	run.flags = *flags;
	run.flags.whole_manifest = !flags->driver.no_manifest;
	code = open_driver(&run) ? run_all(&run) : CLI_USAGE;
	manifest_free(run.manifest);
	manifest_free(run.hints);
	module_close(run.module_nodiag);
	module_close(run.module);
	return code;
}

int
run_scenarios(struct run_flags *flags, char **names, size_t count)
{
	struct cli_results_out results;
	struct cli_cases cases = { 0 };
	int code = CLI_BROKEN;

	if (cli_results_begin(&results, "run", &flags->results)) {
		code = CLI_USAGE;
		if (cli_collect(&cases, names, count) &&
		    (flags->tag == NULL || cli_cases_keep_tag(&cases, flags->tag)))
			code = run_cases(flags, &cases, &results);
		if (code == CLI_USAGE)
			cli_results_refused(&results, &cases);
	}
	if (!cli_results_end(&results, code == CLI_USAGE))
		code = CLI_BROKEN;
	cli_cases_fini(&cases);
	return code;
}

/* ---- again and again ---- */

struct command_line {
	struct run_flags *flags;
	char **names;
	size_t count;
};

static int
run_once(void *arg)
{
	const struct command_line *line = arg;

	return run_scenarios(line->flags, line->names, line->count);
}

/* All that a run depends on. */
static const char *const *
files_of(void *arg, struct arena *arena)
{
	const struct command_line *line = arg;
	const struct cli_driver *driver = &line->flags->driver;
	char nodiag[4096];
	size_t named, count = 0;
	const char *const *files = cli_scenario_files(line->names, line->count, arena, &named);
	const char **all = NULL;

	for (; *files != NULL; files++)
		arena_add(arena, all, count) = *files;
	arena_add(arena, all, count) = driver->path;
	if (module_nodiag_path(driver->path, nodiag, sizeof(nodiag)))
		arena_add(arena, all, count) = arena_copy(arena, nodiag, strlen(nodiag));
	if (driver->manifest != NULL)
		arena_add(arena, all, count) = driver->manifest;
	arena_add(arena, all, count) = NULL;
	return all;
}

static bool
is_there(const struct command_line *line)
{
	struct arena *arena = arena_new();
	size_t named;

	cli_scenario_files(line->names, line->count, arena, &named);
	arena_free(arena);
	return named > 0;
}

static int
run_main(void *values, char **names, size_t count)
{
	struct run_flags *flags = values;
	struct command_line line = { flags, names, count };

	/* Where there is nothing to watch, a run says what is missing. */
	return flags->watch && is_there(&line) ? watch(files_of, run_once, &line) :
	    run_once(&line);
}

static const struct cli_option run_options_table[] = {
	CLI_OPTION_DRIVER(struct run_flags),
	CLI_OPTION_MANIFEST(struct run_flags),
	{ 0, "lints", NULL, "list the lints at the end of a run in which nothing failed",
	    CLI_FLAG(struct run_flags, lints) },
	{ 0, "lints-fail", NULL, "a lint that no known defect explains fails its case",
	    CLI_FLAG(struct run_flags, lints_fail) },
	{ 't', "timeline", NULL, "print the timeline of every case",
	    CLI_FLAG(struct run_flags, timeline) },
	{ 'v', "verbose", NULL, "print every event", CLI_FLAG(struct run_flags, verbose) },
	{ 'q', "quiet", NULL, "print failures and totals only",
	    CLI_FLAG(struct run_flags, quiet), .not_with = "timeline verbose" },
	{ 0, "quiet-verdict", NULL, "with --timeline: no verdict lines except the last",
	    CLI_FLAG(struct run_flags, quiet_verdict), .only_with = "timeline verbose" },
	CLI_OPTION_JOBS(struct run_flags, jobs, "cases"),
	{ 'T', "tag", "TAG", "only scenarios with that tag", CLI_TEXT(struct run_flags, tag) },
	{ 0, "watch", NULL, "run again whenever a scenario or the driver changes",
	    CLI_FLAG(struct run_flags, watch) },
	{ 0, "fail-fast", NULL, "stop at the first failing case",
	    CLI_FLAG(struct run_flags, fail_fast) },
	{ 0, "ndjson", "FILE", "every event as a line of JSON (- is standard output)",
	    CLI_OUTPUT(struct run_flags, ndjson) },
	{ 0, "failing", NULL, "with --ndjson, events of failing cases only",
	    CLI_FLAG(struct run_flags, failing), .only_with = "ndjson" },
	CLI_OPTIONS_RESULTS(struct run_flags, results),
	{ 0, "json-summary", "FILE", "totals, failing cases with reasons, known defects, as JSON",
	    CLI_OUTPUT(struct run_flags, json_summary) },
	{ 0, "digests", "FILE", "one line a case: replay id and digest",
	    CLI_OUTPUT(struct run_flags, digests) },
	{ 0, "color", "WHEN", "auto, always or never (NO_COLOR is respected)",
	    CLI_CHOICE(struct run_flags, color, cli_color_words) },
	{ 0, "plant-nondeterminism", NULL, NULL, CLI_FLAG(struct run_flags, plant) },
	CLI_OPTIONS_END
};

const struct cli_command cli_run = {
	.name = "run",
	.summary = "run scenarios against a driver",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs every case of the scenarios named (default: all below scenarios/), each in its "
	    "own process.  A case passes if its findings and failed expectations are exactly "
	    "those that the driver's manifest lists as known defects.  It is not applicable if "
	    "the driver lacks what the scenario needs.",
	.options = run_options_table,
	CLI_FLAGS(struct run_flags, .driver.path = CLI_DRIVER_DEFAULT),
	.after =
	    "examples:\n"
	    "  viosim run                            all scenarios\n"
	    "  viosim run scenarios/deflate          one area\n"
	    "  viosim run -t inflate/odd-target      one scenario with its timeline\n"
	    "  viosim run 'inflate/odd-target#legacy,bounce'   one case again\n",
	.main = run_main,
};
