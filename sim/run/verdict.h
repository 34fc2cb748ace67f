/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a case: its findings and failed expectations, known or new.
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
	VERDICT_BROKEN		/* viosim itself failed */
};

struct case_verdict {
	enum verdict verdict;
	unsigned unknown;	/* findings (errors) and failures that no known defect explains */
	unsigned lints;
	bool shown[VERDICT_DEFECTS_MAX];	/* by index in the manifest */
};

/* The known defect behind a finding or failure, or NULL. */
const struct defect *verdict_finding(const struct finding *finding,
    const struct manifest *manifest, const char *scenario, struct source *source);
const struct defect *verdict_failure(const struct manifest *manifest, const char *scenario);

void verdict_case(struct case_verdict *verdict, const struct run_result *result,
    const struct manifest *manifest, const char *scenario, struct source *source);

#endif /* VIOSIM_RUN_VERDICT_H */
