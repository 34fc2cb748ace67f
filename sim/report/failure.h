/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failing case prints.
 *
 * In this order: errors, those nearest to the cause first (contracts that were broken, then
 * what was left over, then what came of it), each with its causes by number (story.h), the lines
 * of the driver (excerpt.h) and the known defects that it looks like;
 * failed expectations (`file:line:col: failed: ...`, the line of the scenario with a caret,
 * expected beside actual); what was not decided because the run ended early; lints, which fail
 * no case; what known defects explain, in one line; the last events before the first of the
 * errors and failed expectations, the digest and the commands that replay and debug the case.
 */
#ifndef VIOSIM_REPORT_FAILURE_H
#define VIOSIM_REPORT_FAILURE_H

#include <stddef.h>
#include <stdio.h>

#include "report/json.h"
#include "report/report.h"

#define FAILURE_TAIL 15			/* lines of the timeline */

void failure_print(FILE *stream, const struct report_input *input);

/* The command that runs this case again, quoted for a shell, with a newline. */
void failure_print_replay(FILE *stream, const struct report_input *input);

/* The command that stops at an event of it in a debugger, likewise. */
void failure_print_debug(FILE *stream, const struct report_input *input, uint32_t seq);

/*
 * Reasons, a line each.  The first is for lists and JUnit: the new error nearest to the cause, else
 * the first failed expectation, a lint only where there is neither; then each other new error and
 * failed expectation of the case.
 */
void failure_reasons(FILE *stream, const struct report_input *input);

/*
 * For outputs that are made of many cases (summary.h, results.h), one JSON object in one line:
 * `reasons` of a case that failed in that order, `others` that fail nothing (what known defects
 * explain, new lints), and the command that replays it.
 */
void failure_told_json(FILE *stream, const struct report_input *input, bool failed);

/* Expected and actual events of `expect-trace` as an array `trace`; of all others nothing. */
void failure_put_rows(json_t *object, const struct failure *failure);

/*
 * For the end of a timeline: each rule of which there is a lint that no known defect explains,
 * with its title, why it matters and the known defects that it looks like.  Nothing when there
 * is none.
 */
void lints_print(FILE *stream, const struct report_input *input);

/* Each lint that no known defect explains: place, rule and title in one line. */
void lints_lines(FILE *stream, const struct report_input *input);

#endif /* VIOSIM_REPORT_FAILURE_H */
