/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options --junit, --sarif ... of the commands that run cases, and the files behind them.
 *
 *	cli_results_begin(&out, "run", &flags->results)		opens the files
 *	... results_case(out.results, ...)			if out.results is not NULL
 *	cli_results_end(&out)					writes and closes them
 */
#ifndef VIOSIM_CLI_RESULTS_H
#define VIOSIM_CLI_RESULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/cli.h"
#include "report/results.h"

/* A file of each format, in the order of the table in results.c. */
#define CLI_RESULTS_FILES 5

struct cli_results {
	const char *junit, *sarif, *tap;
	const char *summary;		/* not said: $GITHUB_STEP_SUMMARY, which grows */
	bool github;			/* on standard output */
};

#define CLI_OPTIONS_RESULTS(type, member) \
	{ 0, "junit", "FILE", "JUnit XML for CI", CLI_OUTPUT(type, member.junit) }, \
	{ 0, "sarif", "FILE", "SARIF 2.1.0 for code scanning and editors", \
	    CLI_OUTPUT(type, member.sarif) }, \
	{ 0, "tap", "FILE", "TAP 14, for prove(1) and others", CLI_OUTPUT(type, member.tap) }, \
	{ 0, "summary", "FILE", "a summary in Markdown (default $GITHUB_STEP_SUMMARY, if set)", \
	    CLI_OUTPUT(type, member.summary) }, \
	{ 0, "github", NULL, "annotations of lines, for GitHub Actions", \
	    CLI_FLAG(type, member.github) }

/* Is any asked for? */
bool cli_results_wanted(const struct cli_results *flags);

struct cli_results_out {
	struct results *results;	/* NULL: no file is asked for */
	struct atomic *file[CLI_RESULTS_FILES];
	bool keep;			/* the results are the caller's: not freed at the end */
	uint64_t begin_ns;
};

/*
 * Open the files that are asked for.  False after a message; cli_results_end() in any case.
 * If one is, a first SIGINT or SIGTERM is deferred (base/cleanup.h): they are written even then.
 */
bool cli_results_begin(struct cli_results_out *out, const char *command,
    const struct cli_results *flags);
/* What is run: module and manifest may be NULL; the sources of known defects are asked too. */
void cli_results_about(struct cli_results_out *out, const char *driver,
    const struct module *module, const struct manifest *manifest, const struct manifest *hints);
/* Nothing was run: a case of an error for each file that is wrong, or else for the command. */
void cli_results_refused(struct cli_results_out *out, const struct cli_cases *cases);
/*
 * Write and close them; with `good` false they stay what they were.  False after a message when
 * any could not be written.
 */
bool cli_results_end(struct cli_results_out *out, bool good);

#endif /* VIOSIM_CLI_RESULTS_H */
