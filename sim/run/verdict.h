/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a case: its findings and failed expectations, known or new; or why there are
 * none.
 */
#ifndef VIOSIM_RUN_VERDICT_H
#define VIOSIM_RUN_VERDICT_H

#include <stdbool.h>

#include "run/manifest.h"
#include "run/run.h"
#include "run/source.h"

#define VERDICT_EXPECT_RULE "scenario.expect"	/* the rule of a failed expectation */
#define VERDICT_DEFECTS_MAX 128

enum verdict {
	VERDICT_PASS,		/* right, or wrong exactly as the manifest says */
	VERDICT_FAIL,
	VERDICT_NOT_APPLICABLE,	/* the driver lacks what the scenario needs; `reason` names it */
	VERDICT_SKIPPED,	/* not run; `reason` says why */
	VERDICT_BROKEN		/* viosim itself failed; `reason` says how */
};

#define VERDICT_REASON 160	/* bytes of a reason, with its NUL; a longer one is cut */

struct case_verdict {
	enum verdict verdict;
	unsigned unknown;	/* findings (errors) and failures that no known defect explains */
	unsigned lints;
	bool shown[VERDICT_DEFECTS_MAX];	/* by index in the manifest */
	char reason[VERDICT_REASON];	/* one line; empty for VERDICT_PASS and VERDICT_FAIL */
};

/* The known defect behind a finding or failure, or NULL; `like` as manifest_explains() has it. */
const struct defect *verdict_finding(const struct finding *finding,
    const struct run_result *result, const struct manifest *manifest, const char *scenario,
    struct source *source, struct defect_like *like);
const struct defect *verdict_failure(const struct run_result *result,
    const struct manifest *manifest, const char *scenario);

void verdict_case(struct case_verdict *verdict, const struct run_result *result,
    const struct manifest *manifest, const char *scenario, struct source *source);
/* A case without a result: VERDICT_SKIPPED or VERDICT_BROKEN, and why, in one line. */
void verdict_none(struct case_verdict *verdict, enum verdict kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif /* VIOSIM_RUN_VERDICT_H */
