/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Results in the formats of other programs.
 *
 * Each writer is false when the stream has an error, and looks at nothing but the results.  What
 * stands where in each format: reports/README.md.
 */
#ifndef VIOSIM_REPORT_FORMATS_H
#define VIOSIM_REPORT_FORMATS_H

#include <stdbool.h>
#include <stdio.h>

#include "report/results.h"

/*
 * JUnit XML, for continuous integration: a suite an area, a test case a case.  Of what there is it
 * uses only what the schemas of Jenkins' xunit plugin and of Maven Surefire both allow.
 */
bool junit_print(FILE *stream, const struct results *results);

/*
 * SARIF 2.1.0, for code scanning and editors: a result for each problem, with its causes as code
 * flow; known defects are suppressed.
 */
bool sarif_print(FILE *stream, const struct results *results);

/* Annotations, as the runner of GitHub Actions takes them from what a step prints. */
bool github_print(FILE *stream, const struct results *results);

/* A summary for a page, in GitHub's Markdown: totals, causes with their commands, known defects. */
bool markdown_print(FILE *stream, const struct results *results);

/* TAP 14, the Test Anything Protocol: a test a case, what failed as a block of YAML. */
bool tap_print(FILE *stream, const struct results *results);

/* The sentence of a problem, its causes, its cases and its command, a line each; heap. */
char *format_problem(const struct problem *problem);
/* Without what no terminal or XML should get, and without colours; heap. */
char *format_cleaned(const char *text);

#endif /* VIOSIM_REPORT_FORMATS_H */
