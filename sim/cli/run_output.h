/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that `viosim run` writes: lines, timelines, files.
 */
#ifndef VIOSIM_CLI_RUN_OUTPUT_H
#define VIOSIM_CLI_RUN_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/results.h"
#include "report/report.h"
#include "report/summary.h"
#include "run/isolate.h"

struct run_flags {
	struct cli_driver driver;
	const char *tag;
	bool lints;			/* list the lints of a passing run */
	bool lints_fail;		/* a new lint fails its case, as an error does */
	bool whole_manifest;		/* defects that no longer show are failures */
	bool timeline, verbose, quiet, quiet_verdict, fail_fast, watch;
	bool plant;			/* let the process id into the record: must be caught */
	unsigned jobs;
	const char *ndjson, *digests, *json_summary;
	struct cli_results results;
	bool failing;			/* records have events of failing cases only */
	/* Gets what would go to ndjson, case by case; then the terminal gets totals only. */
	void (*record)(void *arg, const char *text, size_t length);
	void *record_arg;
	const char *replay_words[4];	/* options a replay must have too; ends with NULL */
	enum cli_color color;
};

/* cmd_run.c: what `viosim run` does with these options and names; an exit code. */
int run_scenarios(struct run_flags *flags, char **names, size_t count);

/* Where text goes: standard error, if standard output is one of the files that are written. */
FILE *run_text_stream(const struct run_flags *flags);

/*
 * In the child, of a finished case.  *input has what is of the case; what is of the command line
 * and of the verdict is filled in here.  text[0] for the terminal, text[1] NDJSON, text[2] what
 * failed, by lines, text[3] all that was found, as JSON (failure_told_json).
 */
void run_output_case(const struct run_flags *flags, const struct case_verdict *verdict,
    struct report_input *input, FILE *text[ISOLATE_TEXTS]);

/* ---- cmd_run.c ---- */

/*
 * Run the cases that were collected, as the flags say, with all that is printed.  The results may
 * be wanted by the caller alone (results->keep).  An exit code; CLI_USAGE: nothing was run.
 */
int run_cases(struct run_flags *flags, struct cli_cases *cases, struct cli_results_out *results);

/* ---- run_groups.c: failing cases by what failed in them ---- */

struct run_reason {
	char *reason;
	size_t cases;
};

struct run_reasons { VEC_MEMBERS(struct run_reason); };

/* One case more has that reason, of `length` bytes. */
void run_reasons_add(struct run_reasons *reasons, const char *reason, size_t length);
void run_reasons_fini(struct run_reasons *reasons);

struct run_group {			/* cases whose first reason is alike */
	struct run_reason first;
	char *first_id;
	struct run_reasons besides;	/* what else failed in them */
};

struct run_same {			/* of the present scenario: cases alike in all reasons */
	char *reasons, *scenario, *first_id;
	struct { VEC_MEMBERS(char *); } ids;	/* those after the first */
};

struct run_groups {
	struct { VEC_MEMBERS(struct run_group); } groups;
	struct { VEC_MEMBERS(struct run_same); } sames;
};

/*
 * A failing case.  Its reasons are lines as failure_reasons() writes them: the first is what the
 * case is listed by, the others showed beside it.  Two reasons are alike when they differ in
 * numbers only, behind the same place and rule.  True when it is the first of its scenario with
 * these reasons, and is to be printed in full; the others are listed by run_groups_same().
 */
bool run_groups_add(struct run_groups *groups, const char *id, const char *scenario,
    const char *reasons);
/* The scenario is over: prints which cases failed like one that was printed (NULL: not). */
void run_groups_same(struct run_groups *groups, FILE *stream);
/* The failures, most frequent first. */
void run_groups_print(struct run_groups *groups, FILE *stream);
void run_groups_fini(struct run_groups *groups);

/* ---- run_output.c ---- */

/* In the parent. */
struct run_output {
	const struct run_flags *flags;
	FILE *text;			/* run_text_stream() */
	size_t total, done;
	bool color, progress;
	bool progress_shown;
	struct atomic *ndjson, *digests, *summary_file;
	struct summary *summary;	/* NULL: none is asked for */
	struct results *results;	/* likewise */
	/* Cases of the present scenario. */
	unsigned scenario_failed, scenario_skipped, scenario_inapplicable;
	unsigned gone_elsewhere;	/* known defects of another driver that did not show */
	struct run_groups groups;
	struct run_reasons skipped, inapplicable;	/* cases not run, not applicable */
	struct run_reasons lints;	/* of cases that passed */
	size_t lint_cases;
	const struct manifest *manifest;	/* or NULL */
	/* By defect: cases that showed it; whether one of the present scenario did. */
	size_t shown[VERDICT_DEFECTS_MAX];
	bool scenario_shown[VERDICT_DEFECTS_MAX];
};

/* `results` may be NULL: its files are opened and closed elsewhere. */
bool run_output_begin(struct run_output *output, const struct run_flags *flags,
    struct results *results, const struct manifest *manifest, size_t total);
void run_output_done(struct run_output *output, const struct cli_case *c,
    const struct isolated *result);
/* The cases first..last of one scenario are done: its line. */
void run_output_scenario(struct run_output *output, const struct cli_cases *cases,
    size_t first, size_t last);
/*
 * A known defect that no longer shows in the scenario of this case, its last; false if that is
 * no failure, because the manifest is another driver's.
 */
bool run_output_gone(struct run_output *output, const struct cli_case *c,
    const struct defect *defect);
/*
 * Print the known defects that showed, the failures and lints, and how many cases were not run or
 * not applicable, by reason; close the files: false if any was not written.
 */
bool run_output_end(struct run_output *output, struct summary_totals *totals);

#endif /* VIOSIM_CLI_RUN_OUTPUT_H */
