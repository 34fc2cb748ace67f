/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a sweep, an exploration or the parts of one have shown, in words and as JSON.
 */
#ifndef VIOSIM_REPORT_EXPLORED_TEXT_H
#define VIOSIM_REPORT_EXPLORED_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "explore/tally.h"
#include "report/results.h"

/* One run on one line. */
void explored_text_run(const struct record *run, FILE *stream);

/* A finding that shows for the first time, as one line. */
void explored_text_found(const struct cluster *cluster, FILE *stream);

/* What was tried, and the fallible calls; the tally must be sorted. */
void explored_text_sums(const struct tally *tally, FILE *stream);

/*
 * The mistakes: new ones, those that the same scenario shows together; then what the scenarios show
 * as they stand, then known defects, then what was lost.  `brief`: scenarios without their steps.
 */
void explored_text_findings(const struct tally *tally, bool brief, FILE *stream);

/* The same for programs, as one JSON object (reports/README.md). */
struct explored_totals {
	const char *command, *driver, *manifest;	/* no manifest: NULL */
	bool cut;			/* a bound ended it */
	uint64_t left;			/* cases that were not run */
};
void explored_json(const struct tally *tally, const struct explored_totals *totals, FILE *stream);

/*
 * A case with that replay id for the formats of other programs: it fails by what was first found
 * in its runs, if that counts as the exit code has it (`lints`: new lints too).  `where` is its
 * scenario.
 */
void explored_result(const struct tally *tally, const char *id,
    const struct problem_place *where, bool lints, struct results *results);

/* The last line.  `left`: cases that were not run. */
void explored_text_end(const struct tally *tally, uint64_t left, FILE *stream);

#endif /* VIOSIM_REPORT_EXPLORED_TEXT_H */
