/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The summary of `viosim run` for programs: one JSON object, reports/README.md.
 *
 * Cases are added in order, each once; what passed is counted only.
 */
#ifndef VIOSIM_REPORT_SUMMARY_H
#define VIOSIM_REPORT_SUMMARY_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "run/verdict.h"

struct summary;

struct summary *summary_new(void);
void summary_free(struct summary *summary);		/* NULL is fine */

/*
 * A case.  The digest of one that passed or failed becomes part of that of the whole.  `reason` is
 * the verdict's; of one that failed what failure_told_json() writes.
 */
void summary_case(struct summary *summary, const char *id, enum verdict verdict, uint64_t digest,
    const char *reason);
/* A known defect that no case of the scenario shows any more. */
void summary_gone(struct summary *summary, const char *defect, const char *scenario);
/* A known defect that so many cases showed. */
void summary_known(struct summary *summary, const char *defect, const char *title,
    size_t cases);

struct summary_totals {
	const char *driver, *manifest;	/* path of the module; of the manifest, or NULL */
	size_t cases, passed, not_applicable, skipped;
	size_t failed;			/* errors and gone defects too */
	size_t lints, lint_cases;	/* of cases that passed; filled in by the output */
};
void summary_print(FILE *stream, const struct summary *summary,
    const struct summary_totals *totals);

#endif /* VIOSIM_REPORT_SUMMARY_H */
