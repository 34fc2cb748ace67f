/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The summary of a run as JSON: see summary.h.
 */
#include "report/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "machine/trace.h"
#include "report/json.h"

struct summary {
	json_t *lists;			/* by their keys */
	uint64_t digest;
};

struct summary *
summary_new(void)
{
	static const char *const keys[] = {
		"failing", "needs_not_met", "not_run", "known_defects", "no_longer_shown",
	};
	struct summary *summary = xcalloc(1, sizeof(*summary));

	summary->lists = json_object();
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_put(summary->lists, keys[i], json_array());
	return summary;
}

void
summary_free(struct summary *summary)
{
	if (summary != NULL)
		json_decref(summary->lists);
	free(summary);
}

/* The object goes to the end of a list. */
static void
add(struct summary *summary, const char *key, json_t *object)
{
	json_add(json_object_get(summary->lists, key), object);
}

/* Cases by reason. */
static void
add_by_reason(json_t *reasons, const char *id, const char *reason)
{
	json_t *object = NULL, *one;
	size_t i;

	json_array_foreach(reasons, i, one)
		if (strcmp(json_string_value(json_object_get(one, "reason")), reason) == 0)
			object = one;
	if (object == NULL) {
		object = json_object();
		json_put_text(object, "reason", reason);
		json_put(object, "cases", json_array());
		json_add(reasons, object);
	}
	json_add(json_object_get(object, "cases"), json_text(id));
}

static void
add_failing(struct summary *summary, const char *id, uint64_t digest, const char *told)
{
	json_t *object = json_object(), *read = json_loads(told, 0, NULL);
	json_t *array = json_incref(json_object_get(read, "reasons"));

	if (array == NULL)
		internal_error("the reasons of %s are no JSON", id);
	json_decref(read);
	json_put_text(object, "case", id);
	json_put_text(object, "verdict", "failed");
	json_put_digest(object, "digest", digest);
	json_put(object, "reasons", array);
	add(summary, "failing", object);
}

static void
add_error(struct summary *summary, const char *id, const char *reason)
{
	json_t *object = json_object();

	json_put_text(object, "case", id);
	json_put_text(object, "verdict", "error");
	json_put_text(object, "error", reason);
	json_put(object, "reasons", json_array());
	add(summary, "failing", object);
}

void
summary_case(struct summary *summary, const char *id, enum verdict verdict, uint64_t digest,
    const char *reason)
{
	uint64_t both[] = { summary->digest, digest };

	if (verdict == VERDICT_PASS || verdict == VERDICT_FAIL)
		summary->digest = trace_hash(both, sizeof(both));
	if (verdict == VERDICT_FAIL)
		add_failing(summary, id, digest, reason);
	else if (verdict == VERDICT_BROKEN)
		add_error(summary, id, reason);
	else if (verdict != VERDICT_PASS)
		add_by_reason(json_object_get(summary->lists, verdict == VERDICT_SKIPPED ?
		    "not_run" : "needs_not_met"), id, reason);
}

void
summary_gone(struct summary *summary, const char *defect, const char *scenario)
{
	json_t *object = json_object();

	json_put_text(object, "defect", defect);
	json_put_text(object, "scenario", scenario);
	add(summary, "no_longer_shown", object);
}

void
summary_known(struct summary *summary, const char *defect, const char *title, size_t cases)
{
	json_t *object = json_object();

	json_put_text(object, "defect", defect);
	json_put_text(object, "title", title);
	json_put_number(object, "cases", cases);
	add(summary, "known_defects", object);
}

void
summary_print(FILE *stream, const struct summary *summary, const struct summary_totals *totals)
{
	json_t *object = json_object();

	json_put_number(object, "viosim", JSON_OUTPUT_VERSION);
	json_put_text(object, "driver", totals->driver);
	json_put_text(object, "manifest", totals->manifest);
	json_put_number(object, "cases", totals->cases);
	json_put_number(object, "passed", totals->passed);
	json_put_number(object, "failed", totals->failed);
	json_put_number(object, "not_applicable", totals->not_applicable);
	json_put_number(object, "skipped", totals->skipped);
	json_put_number(object, "lints", totals->lints);
	json_put_number(object, "cases_with_lints", totals->lint_cases);
	json_put_digest(object, "digest", summary->digest);
	if (json_object_update(object, summary->lists) != 0)
		out_of_memory();
	json_print(object, stream);
}
