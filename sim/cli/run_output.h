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
#include "cli/run_groups.h"
#include "report/junit.h"
#include "report/report.h"
#include "report/summary.h"
#include "run/isolate.h"

struct run_flags {
	struct cli_driver driver;
	const char *tag;
	bool lints;			/* list the lints of a passing run */
	bool lints_fail;		/* a new lint fails its case, as an error does */
	bool whole_manifest;		/* defects that no longer show are failures */
	bool timeline, verbose, quiet, quiet_verdict, fail_fast;
	bool plant;			/* let the process id into the record: must be caught */
	unsigned jobs;
	const char *ndjson, *junit, *digests, *json_summary;
	const char *replay_words[4];	/* options a replay must have too; ends with NULL */
	enum cli_color color;
};

/*
 * In the child, of a finished case.  *input has what is of the case; what is of the command line
 * and of the verdict is filled in here.  text[0] for the terminal, text[1] NDJSON, text[2] what
 * failed, by lines, text[3] the same as JSON.
 */
void run_output_case(const struct run_flags *flags, const struct case_verdict *verdict,
    struct report_input *input, FILE *text[ISOLATE_TEXTS]);

struct run_skipped {			/* cases not run or not applicable, by reason */
	enum verdict verdict;
	char reason[VERDICT_REASON];
	size_t cases;
};

/* In the parent. */
struct run_output {
	const struct run_flags *flags;
	size_t total, done;
	bool color, progress;
	bool progress_shown;
	struct atomic *ndjson, *digests, *junit_file, *summary_file;
	struct summary *summary;	/* NULL: none is asked for */
	struct { VEC_MEMBERS(struct junit_case); } junit;
	/* Cases of the present scenario. */
	unsigned scenario_failed, scenario_skipped, scenario_inapplicable;
	unsigned gone_elsewhere;	/* known defects of another driver that did not show */
	struct run_groups groups;
	struct { VEC_MEMBERS(struct run_skipped); } skipped;
	struct { VEC_MEMBERS(struct run_reason); } lints;	/* of cases that passed */
	size_t lint_cases;
	const struct manifest *manifest;	/* or NULL */
	/* By defect: cases that showed it; whether one of the present scenario did. */
	size_t shown[VERDICT_DEFECTS_MAX];
	bool scenario_shown[VERDICT_DEFECTS_MAX];
};

bool run_output_begin(struct run_output *output, const struct run_flags *flags,
    const struct manifest *manifest, size_t total);
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
