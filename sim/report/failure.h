/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failing case prints.
 *
 * In this order: findings, those nearest to the cause first (contracts that were broken, then
 * what was left over, then what came of it); failed expectations (`file:line:col: failed: ...`,
 * the line of the scenario with a caret, expected beside actual); lints that say nothing of the
 * cause; the last lines of the story before the first of these, the digest and the command
 * that replays the case.  What known defects explain is only named, in one line.
 */
#ifndef VIOSIM_REPORT_FAILURE_H
#define VIOSIM_REPORT_FAILURE_H

#include <stddef.h>
#include <stdio.h>

#include "report/report.h"

#define FAILURE_TAIL 15			/* lines of the story */

void failure_print(FILE *stream, const struct report_input *input);

/* The command that runs this case again, quoted for a shell, with a newline. */
void failure_print_replay(FILE *stream, const struct report_input *input);

/*
 * The reason in one line, for lists and JUnit: the first new finding, else the failure; a lint
 * that says nothing of the cause only where there is neither.
 */
void failure_summary(const struct report_input *input, char *text, size_t size);

#endif /* VIOSIM_REPORT_FAILURE_H */
