/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was explored, for programs: see explored_text.h.
 */
#include "report/explored_text.h"

#include "report/json.h"

static json_t *
finding_of(const struct cluster *cluster)
{
	const struct finding_shown shown = explored_shown(&cluster->first.finding);
	json_t *object = json_object();

	finding_put(object, &shown);
	json_put_text(object, "status", cluster->first.known[0] != '\0' ? "known" :
	    cluster->baseline ? "baseline" : "new");
	if (cluster->first.known[0] != '\0')
		json_put_text(object, "defect", cluster->first.known);
	json_put_number(object, "runs", cluster->runs);
	json_put_text(object, "case", cluster->base);
	if (cluster->plan[0] != '\0')
		json_put_text(object, "with", cluster->plan);
	if (cluster->first.cause[0] != '\0')
		json_put_text(object, "cause", cluster->first.cause);
	if (cluster->reduced != NULL) {
		json_put_text(object, "scenario", cluster->reduced->scenario);
		json_put_text(object, "why", cluster->reduced->why);
	}
	return object;
}

void
explored_json(const struct tally *tally, const struct explored_totals *totals, FILE *stream)
{
	json_t *object = json_object(), *findings = json_array();
	size_t errors = tally_count(tally, false, false);

	for (size_t i = 0; i < tally->clusters.count; i++)
		json_add(findings, finding_of(&tally->clusters.item[i]));
	json_put_number(object, "viosim", JSON_OUTPUT_VERSION);
	json_put_text(object, "command", totals->command);
	json_put_text(object, "driver", totals->driver);
	json_put_text(object, "manifest", totals->manifest);
	json_put_text(object, "end", totals->cut ? "cut" : "complete");
	json_put_number(object, "cases", tally->bases);
	json_put_number(object, "not_run", totals->left);
	json_put_number(object, "ended_early", tally->ended);
	json_put_number(object, "runs", tally->runs);
	json_put_number(object, "lost", tally->lost.count);
	json_put_number(object, "new", errors);
	json_put_number(object, "new_lints", tally_count(tally, true, false) - errors);
	json_put_number(object, "baseline", tally_count(tally, false, true) - errors);
	json_put(object, "findings", findings);
	json_print(object, stream);
}
