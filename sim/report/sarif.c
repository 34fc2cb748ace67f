/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SARIF 2.1.0: see formats.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "report/formats.h"
#include "report/json.h"
#include "report/rules_text.h"

#define SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" \
	"sarif-schema-2.1.0.json"

static const char *const levels[] = {
	[PROBLEM_ERROR] = "error", [PROBLEM_WARNING] = "warning", [PROBLEM_NOTE] = "note",
};

static void
put_message(json_t *object, const char *key, const char *text)
{
	json_t *message = json_object();

	json_put_text(message, "text", text);
	json_put(object, key, message);
}

/* ---- places ---- */

/* RFC 3986: as it is but for what has a meaning in a URI. */
static char *
uri_of(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	    "-._~/";

	return SBUF_TEXT(to, {
		if (path[0] == '/')
			fputs("file://", to);
		for (const char *p = path; *p != '\0'; p++)
			if (strchr(plain, *p) != NULL)
				putc(*p, to);
			else
				fprintf(to, "%%%02X", (unsigned char)*p);
	});
}

static json_t *
region_of(const struct problem_place *place)
{
	json_t *region = json_object();

	json_put_number(region, "startLine", place->line);
	if (place->column > 0)
		json_put_number(region, "startColumn", place->column);
	if (place->column > 0 && place->width > 0)
		json_put_number(region, "endColumn", place->column + place->width);
	return region;
}

static void
put_physical(json_t *location, const struct problem_place *place)
{
	json_t *physical = json_object(), *artifact = json_object();
	char *uri = uri_of(place->file);

	json_put_text(artifact, "uri", uri);
	if (place->file[0] != '/')
		json_put_text(artifact, "uriBaseId", "%SRCROOT%");
	json_put(physical, "artifactLocation", artifact);
	if (place->line > 0)
		json_put(physical, "region", region_of(place));
	json_put(location, "physicalLocation", physical);
	free(uri);
}

/* `otherwise` stands for a place that is not known. */
static json_t *
location_of(const struct problem_place *place, const struct problem_place *otherwise,
    const char *text)
{
	json_t *location = json_object();

	if (place->file != NULL)
		put_physical(location, place);
	else if (otherwise->file != NULL)
		put_physical(location, otherwise);
	if (place->function != NULL && place->function[0] != '\0') {
		json_t *logical = json_object(), *array = json_array();

		json_put_text(logical, "name", place->function);
		json_put_text(logical, "kind", "function");
		json_add(array, logical);
		json_put(location, "logicalLocations", array);
	}
	if (text != NULL)
		put_message(location, "message", text);
	return location;
}

/* ---- a result ---- */

static void
add_step(json_t *steps, json_t *location)
{
	json_t *step = json_object();

	json_put(step, "location", location);
	json_put_number(step, "executionOrder", json_array_size(steps) + 1);
	json_add(steps, step);
}

/* The causes, then what came of them.  Where no line of the driver acted, its scenario did. */
static json_t *
code_flows(const struct problem *problem)
{
	json_t *steps = json_array(), *thread = json_object(), *flow = json_object();
	json_t *threads = json_array(), *flows = json_array();
	const struct problem_place *otherwise = problem->scenario.file != NULL ?
	    &problem->scenario : &problem->place;

	for (unsigned i = 0; i < problem->becauses; i++)
		add_step(steps, location_of(&problem->because[i], otherwise,
		    problem->because[i].text));
	add_step(steps, location_of(&problem->place, otherwise, problem->text));
	json_put(thread, "locations", steps);
	json_add(threads, thread);
	json_put(flow, "threadFlows", threads);
	json_add(flows, flow);
	return flows;
}

static json_t *
suppressions(const struct results *results, const struct problem *problem)
{
	json_t *array = json_array(), *object = json_object();
	const char *title = "";
	char *why;

	vec_each(defect, &results->defects)
		if (strcmp(defect->id, problem->known) == 0)
			title = defect->title;
	why = SBUF_TEXT(to, fprintf(to, "known defect %s%s%s", problem->known,
	    title[0] != '\0' ? ": " : "", title));
	json_put_text(object, "kind", "external");
	json_put_text(object, "status", "accepted");
	json_put_text(object, "justification", why);
	json_add(array, object);
	free(why);
	return array;
}

static json_t *
properties(const struct problem *problem)
{
	json_t *object = json_object();

	json_put_text(object, "case", problem->first);
	json_put_text(object, "replay", problem->replay);
	json_put_text(object, "known", problem->known);
	return object;
}

static json_t *
result_of(const struct results *results, const struct problem *problem, size_t rule)
{
	json_t *object = json_object(), *locations = json_array(), *prints = json_object();

	if (problem->rule != NULL) {
		json_put_text(object, "ruleId", problem->rule);
		json_put_number(object, "ruleIndex", rule);
	}
	json_put_text(object, "level", levels[problem->level]);
	put_message(object, "message", problem->text);
	json_add(locations, location_of(&problem->place, &problem->scenario, NULL));
	json_put(object, "locations", locations);
	if (problem->becauses > 0)
		json_put(object, "codeFlows", code_flows(problem));
	json_put_text(prints, "viosimGroup/v1", problem->group);
	json_put(object, "partialFingerprints", prints);
	if (problem->cases > 0)
		json_put_number(object, "occurrenceCount", problem->cases);
	if (problem->known != NULL)
		json_put(object, "suppressions", suppressions(results, problem));
	if (problem->first != NULL)
		json_put(object, "properties", properties(problem));
	return object;
}

/* ---- rules ---- */

static void
put_example(FILE *stream, const char *head, const char *example)
{
	if (example != NULL)
		fprintf(stream, "\n%s:\n\n```c\n%s\n```\n", head, example);
}

static json_t *
help_of(const struct rule *rule)
{
	json_t *help = json_object();
	char *text = SBUF_TEXT(to, rules_text_print(rule, to));
	char *markdown = SBUF_TEXT(to, {
		fprintf(to, "%s\n", rule->why);
		put_example(to, "Wrong", rule->wrong);
		put_example(to, "Right", rule->right);
		fprintf(to, "\nSource: %s\n", rule->source);
	});

	json_put_text(help, "text", text);
	json_put_text(help, "markdown", markdown);
	free(text);
	free(markdown);
	return help;
}

/* Errors in files have rules that are no rules for drivers: their id is all there is. */
static json_t *
rule_of(const char *id)
{
	const struct rule *rule = rule_by_id(id);
	json_t *object = json_object(), *configuration;

	json_put_text(object, "id", id);
	if (rule == NULL)
		return object;
	configuration = json_object();
	put_message(object, "shortDescription", rule->title);
	put_message(object, "fullDescription", rule->why);
	json_put(object, "help", help_of(rule));
	json_put_text(configuration, "level",
	    levels[rule->severity == SEVERITY_LINT ? PROBLEM_WARNING : PROBLEM_ERROR]);
	json_put(object, "defaultConfiguration", configuration);
	return object;
}

/* Its number among the rules, which gets it if it is not there. */
static size_t
index_of(json_t *rules, const char *id)
{
	json_t *rule;
	size_t i;

	json_array_foreach(rules, i, rule)
		if (strcmp(json_string_value(json_object_get(rule, "id")), id) == 0)
			return i;
	json_add(rules, rule_of(id));
	return i;
}

/* ---- the run ---- */

static json_t *
tool(const struct results *results, json_t *rules)
{
	json_t *driver = json_object(), *object = json_object();

	json_put_text(driver, "name", "viosim");
	json_put_text(driver, "version", results->version);
	json_put(driver, "rules", rules);
	json_put(object, "driver", driver);
	return object;
}

static void
notify(json_t *array, const char *level, const char *id, const char *text)
{
	json_t *object = json_object();
	char *message = SBUF_TEXT(to, fprintf(to, "%s%s%s", id != NULL ? id : "",
	    id != NULL ? ": " : "", text));

	json_put_text(object, "level", level);
	put_message(object, "message", message);
	json_add(array, object);
	free(message);
}

/* What is no finding: what could not be done. */
static json_t *
invocations(const struct results *results)
{
	struct result_counts counts = results_count(results, NULL);
	json_t *array = json_array(), *object = json_object(), *told = json_array();
	char begin[32] = "";
	struct tm tm;

	vec_each(c, &results->cases)
		if (c->verdict == VERDICT_BROKEN)
			notify(told, "error", c->id, c->message != NULL ? c->message : "failed");
	if (counts.skipped > 0)
		notify(told, "warning", NULL, "cases were not run");
	if (gmtime_r(&results->begin, &tm) != NULL)
		strftime(begin, sizeof(begin), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_put(object, "executionSuccessful", json_boolean(counts.errors + counts.skipped == 0));
	json_put_text(object, "startTimeUtc", begin);
	json_put(object, "toolExecutionNotifications", told);
	json_add(array, object);
	return array;
}

static json_t *
run_of(const struct results *results)
{
	json_t *run = json_object(), *rules = json_array(), *array = json_array();
	json_t *automation = json_object();
	char *id = SBUF_TEXT(to, fprintf(to, "viosim/%s/", results->command));

	vec_each(problem, &results->problems)
		json_add(array, result_of(results, problem, problem->rule == NULL ? 0 :
		    index_of(rules, problem->rule)));
	json_put(run, "tool", tool(results, rules));
	json_put_text(automation, "id", id);
	json_put(run, "automationDetails", automation);
	json_put(run, "invocations", invocations(results));
	json_put_text(run, "columnKind", "unicodeCodePoints");
	json_put(run, "results", array);
	free(id);
	return run;
}

bool
sarif_print(FILE *stream, const struct results *results)
{
	json_t *object = json_object(), *runs = json_array();

	json_put_text(object, "$schema", SCHEMA);
	json_put_text(object, "version", "2.1.0");
	json_add(runs, run_of(results));
	json_put(object, "runs", runs);
	json_print(object, stream);
	return !ferror(stream);
}
