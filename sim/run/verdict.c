/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verdict on a case.
 */
#include "run/verdict.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct defect *
verdict_finding(const struct finding *finding, const struct run_result *result,
    const struct manifest *manifest, const char *scenario, struct source *source,
    struct defect_like *like)
{
	struct sighting sighting = {
		.scenario = scenario, .rule = finding->rule->id, .where = "",
		.facts = &result->facts, .seq = finding->seq,
	};
	struct source_pos pos;

	if (finding->site != 0 && source_lookup(source, finding->site, &pos))
		sighting.where = pos.function;
	for (unsigned i = 0; i < finding->becauses && i < SIGHTING_CAUSES; i++)
		if (finding->because[i].site != 0 &&
		    source_lookup(source, finding->because[i].site, &pos))
			sighting.because[i] = pos.function;
	return manifest_explains(manifest, &sighting, like);
}

const struct defect *
verdict_failure(const struct run_result *result, const struct manifest *manifest,
    const char *scenario)
{
	return manifest_explains(manifest, &(struct sighting){
		.scenario = scenario, .rule = VERDICT_EXPECT_RULE, .where = "",
		.facts = &result->facts, .seq = result->counts.events,
	}, NULL);
}

static void
count(struct case_verdict *verdict, const struct manifest *manifest,
    const struct defect *defect)
{
	if (defect == NULL) {
		verdict->unknown++;
		return;
	}
	assert(defect - manifest->defects < VERDICT_DEFECTS_MAX);
	verdict->shown[defect - manifest->defects] = true;
}

void
verdict_case(struct case_verdict *verdict, const struct run_result *result,
    const struct manifest *manifest, const char *scenario, struct source *source)
{
	memset(verdict, 0, sizeof(*verdict));
	for (size_t i = 0; i < result->findings.count; i++) {
		const struct finding *finding = &result->findings.item[i];
		const struct defect *defect = verdict_finding(finding, result, manifest,
		    scenario, source, NULL);

		if (finding->rule->severity == SEVERITY_LINT && defect == NULL)
			verdict->lints++;
		else
			count(verdict, manifest, defect);
	}
	for (unsigned i = 0; i < result->failures; i++)
		count(verdict, manifest, verdict_failure(result, manifest, scenario));
	if (verdict->unknown > 0) {
		verdict->verdict = VERDICT_FAIL;
	} else if (result->unmet[0] != '\0') {
		verdict->verdict = VERDICT_NOT_APPLICABLE;
		snprintf(verdict->reason, sizeof(verdict->reason), "%s", result->unmet);
	} else {
		verdict->verdict = VERDICT_PASS;
	}
}

void
verdict_none(struct case_verdict *verdict, enum verdict kind, const char *format, ...)
{
	va_list ap;

	assert(kind == VERDICT_SKIPPED || kind == VERDICT_BROKEN);
	memset(verdict, 0, sizeof(*verdict));
	verdict->verdict = kind;
	va_start(ap, format);
	vsnprintf(verdict->reason, sizeof(verdict->reason), format, ap);
	va_end(ap);
}
