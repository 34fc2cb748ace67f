/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim shrink: the smallest scenario that still shows a finding.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "cli/cli.h"
#include "explore/found.h"
#include "explore/shrink.h"

#define SECONDS_DEFAULT 60
#define SECONDS_MAX 86400

struct shrinking {
	struct cli_driver driver;
	const char *rule, *out;
	unsigned number;		/* of the finding; 0: not said */
	unsigned seconds;
	bool save;
	size_t ended;			/* cases that ended early, and show no such finding */
	size_t left_out;		/* cases with `diagnostic: false`, for want of a build */
	struct cli_subject subject;
	struct trial trial;
	/* what is to be shrunk */
	const struct scenario_case *c;
	struct trial_finding finding;
};

/* ---- which finding ---- */

#define UNWANTED 4

/* 0 is wanted most: what was asked for; without a wish, new before known, errors before lints. */
static unsigned
rank_of(const struct shrinking *shrinking, const struct trial_result *result, unsigned number)
{
	const struct trial_finding *finding = &result->finding[number];

	if (shrinking->number > 0)
		return number == shrinking->number - 1 ? 0 : UNWANTED;
	if (shrinking->rule != NULL)
		return strcmp(finding->rule->id, shrinking->rule) == 0 ? 0 : UNWANTED;
	return (finding->defect != NULL ? 2 : 0) +
	    (finding->rule->severity == SEVERITY_LINT ? 1 : 0);
}

/* The first of the best rank, in the first case that shows it. */
static bool
look_for(struct shrinking *shrinking)
{
	unsigned best = UNWANTED;

	for (size_t i = 0; i < shrinking->subject.cases.count && best > 0; i++) {
		const struct scenario_case *c = shrinking->subject.cases.item[i].c;
		struct trial_result result;

		if (trial_module(&shrinking->trial, c->machine) == NULL) {
			shrinking->left_out++;
			continue;
		}
		trial_run(&shrinking->trial, c, NULL, &result);
		shrinking->ended += trial_ended_early(&result) != NULL;
		for (unsigned k = 0; k < result.findings; k++) {
			unsigned rank = rank_of(shrinking, &result, k);

			if (rank >= best)
				continue;
			best = rank;
			shrinking->c = c;
			shrinking->finding = result.finding[k];
		}
	}
	return best < UNWANTED;
}

static int
nothing_found(const struct shrinking *shrinking)
{
	if (shrinking->left_out > 0)
		fputs("viosim: cases with `diagnostic: false` were left out; `viosim-cc DRIVER.c "
		    "-o DRIVER.so` makes the module that they need\n", stderr);
	if (shrinking->ended > 0)
		fprintf(stderr, "viosim: %zu of %zu cases ended early: nothing after that was "
		    "looked at\n", shrinking->ended, shrinking->subject.cases.count);
	if (shrinking->rule != NULL)
		printf("no case shows %s\n", shrinking->rule);
	else if (shrinking->number > 0)
		printf("no case has a finding number %u\n", shrinking->number);
	else
		puts("no case breaks a rule, and failed expectations are not shrunk");
	return shrinking->left_out > 0 || shrinking->ended > 0 ? CLI_BROKEN : CLI_OK;
}

/* ---- the scenario ---- */

static void
say_finding(const struct shrinking *shrinking)
{
	const struct trial_finding *finding = &shrinking->finding;

	printf("%s: %s\n", finding->rule->id, finding->text);
	if (finding->line != 0)
		printf("  at %s:%u (%s)\n", finding->file, finding->line, finding->function);
	printf("  in %s, %zu step%s%s%s\n", shrinking->c->id,
	    shrinking->c->scenario->steps.count, plural(shrinking->c->scenario->steps.count),
	    finding->defect != NULL ? "; may be the known defect " : "",
	    finding->defect != NULL ? finding->defect->id : "");
	printf("shrinking, for %u s at most ...\n\n", shrinking->seconds);
}

void
cli_small_effort(const char *begin, const struct shrink_result *result)
{
	printf("%s%zu of %zu step%s, %" PRIu64 " run%s%s\n", begin, result->steps,
	    result->steps_before, plural(result->steps_before), result->runs,
	    plural(result->runs),
	    result->complete ? "" : "; time was up, it may not be the smallest");
}

static void
say_scenario(const struct shrinking *shrinking, const struct shrink_result *result,
    const struct found *found, const char *path)
{
	/* The comments of a file name it, and there is none yet. */
	found_print(found, path, shrinking->out == NULL && !shrinking->save, stdout);
	cli_small_effort("\n", result);
	if (found->why != NULL)
		printf("%s\n", found->why);
	if (shrinking->out != NULL || shrinking->save)
		printf("written to %s; replay:\n  viosim run --driver %s %s\n", path,
		    shrinking->driver.path, path);
	else
		puts("--save keeps it in " FOUND_FOLDER ", -o FILE anywhere");
}

/* False when it could not be written. */
static bool
keep(const struct shrinking *shrinking, const struct found *found, char path[FOUND_PATH_MAX])
{
	snprintf(path, FOUND_PATH_MAX, "%s/reduced.yaml", FOUND_FOLDER);
	if (shrinking->out != NULL) {
		snprintf(path, FOUND_PATH_MAX, "%s", shrinking->out);
		return found_write(found, path);
	}
	return !shrinking->save || found_save(found, FOUND_FOLDER, path);
}

static bool
tell(void *arg, const struct shrink_result *result, const struct found *found)
{
	const struct shrinking *shrinking = arg;
	char path[FOUND_PATH_MAX];
	bool kept = keep(shrinking, found, path);

	if (kept)
		say_scenario(shrinking, result, found, path);
	return kept;
}

int
cli_make_small(struct trial *trial, const struct edit *edit, uint64_t key, unsigned seconds,
    const char *driver, bool (*told)(void *arg, const struct shrink_result *result,
    const struct found *found), void *arg)
{
	struct shrink_options options = { .ms_max = UINT64_C(1000) * seconds };
	struct found found = { .driver = driver };
	struct shrink_result result;
	struct why reason;
	int code = CLI_FOUND;

	fflush(stdout);
	if (!shrink(trial, edit, key, &options, &result)) {
		fputs("viosim: the finding did not show again: this is a fault of viosim\n",
		    stderr);
		return CLI_BROKEN;
	}
	found.edit = result.edit;
	found.finding = &result.finding;
	if (why(trial, result.edit, key, &reason))
		found.why = reason.text;
	if (!told(arg, &result, &found))
		code = CLI_BROKEN;
	if (!result.verified) {
		fputs("viosim: written out and loaded, the scenario does not show the finding: "
		    "this is a fault of viosim\n", stderr);
		code = CLI_BROKEN;
	}
	edit_free(result.edit);
	return code;
}

static int
shrink_it(struct shrinking *shrinking)
{
	const struct scenario_case *c = shrinking->c;
	struct edit *edit = edit_new(c->scenario, c->machine, c->has_seed, c->seed);
	int code;

	say_finding(shrinking);
	code = cli_make_small(&shrinking->trial, edit, shrinking->finding.key, shrinking->seconds,
	    shrinking->driver.path, tell, shrinking);
	edit_free(edit);
	return code;
}

/* ---- the command ---- */

static int
shrink_cases(struct shrinking *shrinking)
{
	int code;

	trial_init(&shrinking->trial, shrinking->subject.module, shrinking->subject.known);
	if (look_for(shrinking))
		code = shrink_it(shrinking);
	else
		code = nothing_found(shrinking);
	trial_fini(&shrinking->trial);
	return code;
}

static const struct cli_option shrink_options_table[] = {
	CLI_OPTION_DRIVER(struct shrinking),
	CLI_OPTION_MANIFEST(struct shrinking),
	{ 0, "rule", "ID", "the finding of this rule", CLI_RULE(struct shrinking, rule) },
	{ 0, "finding", "N", "the Nth finding of the first case that has so many",
	    CLI_NUMBER(struct shrinking, number, 1, TRIAL_FINDINGS_MAX), .not_with = "rule" },
	{ 0, "seconds", "N", "stop after so long; the best so far counts (default 60)",
	    CLI_NUMBER(struct shrinking, seconds, 1, SECONDS_MAX) },
	{ 0, "save", NULL, "write it to " FOUND_FOLDER "/RULE-FUNCTION.yaml",
	    CLI_FLAG(struct shrinking, save) },
	{ 'o', "output", "FILE", "write it to FILE", CLI_TEXT(struct shrinking, out),
	    .not_with = "save" },
	CLI_OPTIONS_END
};

static int
shrink_main(void *values, char **names, size_t count)
{
	struct shrinking *shrinking = values;
	int code = CLI_USAGE;

	if (count == 0)
		return cli_usage_error(&cli_shrink, "say which scenario or replay id");
	if (cli_subject_open(&shrinking->subject, &shrinking->driver, names, count))
		code = shrink_cases(shrinking);
	cli_subject_fini(&shrinking->subject);
	return code;
}

const struct cli_command cli_shrink = {
	.name = "shrink",
	.summary = "the smallest scenario that still shows a finding",
	.operands = "SCENARIO | REPLAY-ID ...",
	.about =
	    "Runs the cases until one breaks a rule (an error that no known defect explains "
	    "comes first, then such a lint, then known ones), says so, and then takes away what "
	    "the finding does not need: steps, expectations, behaviours of the device, the seed; "
	    "times, amounts and the machine become simple.  What is left shows the same rule "
	    "broken at the same line, passes `viosim check`, and was run once more from its "
	    "text.  Where an interrupt comes at an exact point, it also says between which two "
	    "points it does harm.",
	.options = shrink_options_table,
	CLI_FLAGS(struct shrinking, .driver.path = CLI_DRIVER_DEFAULT, .seconds = SECONDS_DEFAULT),
	.after =
	    "examples:\n"
	    "  viosim shrink target/just-before-the-sleep\n"
	    "  viosim shrink --rule dma.sync-range --save 'deflate/odd-target#legacy,bounce'\n",
	.main = shrink_main,
};
