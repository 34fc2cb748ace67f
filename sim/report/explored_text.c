/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was explored, in words and as JSON: see explored_text.h.
 */
#include "report/explored_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "report/finding.h"
#include "report/json.h"
#include "report/report.h"

static const char *const class_word[RECORD_CLASSES] = {
	[RECORD_OK] = "ok", [RECORD_KNOWN] = "known", [RECORD_LINT] = "lint",
	[RECORD_NEW] = "new", [RECORD_LOST] = "lost",
};

/* What reports show of it; its texts stay the trial's. */
static struct finding_shown
shown_of(const struct trial_finding *finding)
{
	return (struct finding_shown){
		.rule = finding->rule, .text = finding->text, .file = finding->file,
		.function = finding->function, .line = finding->line,
	};
}

static void
print_finding(const struct cluster *cluster, unsigned indent, FILE *stream)
{
	const struct trial_finding *finding = &cluster->first.finding;
	const struct finding_shown shown = shown_of(finding);

	finding_print(stream, &(struct report_style){ .colour = false }, indent, NULL, &shown);
	if (finding->like[0] != '\0')
		fprintf(stream, "%*slooks like %s\n", (int)indent + 2, "", finding->like);
}

/* ---- one run ---- */

void
explored_text_run(const struct record *run, FILE *stream)
{
	fprintf(stream, "%-6s %s: %s", class_word[record_class(run)], run->base,
	    run->plan[0] != '\0' ? run->plan : "as it stands");
	if (run->idle)
		fputs(" (never struck)", stream);
	if (run->ended[0] != '\0')
		fprintf(stream, " (ended early: %s)", run->ended);
	if (run->lost[0] != '\0')
		fprintf(stream, " (%s)", run->lost);
	for (size_t i = 0; i < run->findings.count; i++)
		fprintf(stream, "%s %s%s", i == 0 ? ":" : ",",
		    run->findings.item[i].finding.rule->id,
		    run->findings.item[i].baseline ? " (baseline)" : "");
	fputc('\n', stream);
}

void
explored_text_found(const struct cluster *cluster, FILE *stream)
{
	fprintf(stream, "found in %s%s%s:\n", cluster->base,
	    cluster->plan[0] != '\0' ? " with " : "", cluster->plan);
	print_finding(cluster, 2, stream);
}

/* ---- sums ---- */

static void
print_table(const struct tally *tally, FILE *stream)
{
	fprintf(stream, "%-38s %7s %7s", "what was tried", "points", "runs");
	for (int i = 0; i < RECORD_CLASSES; i++)
		fprintf(stream, " %6s", class_word[i]);
	fputc('\n', stream);
	vec_each(row, &tally->rows) {
		fprintf(stream, "  %-36s %7" PRIu64 " %7" PRIu64, row->group, row->points,
		    row->runs);
		for (int i = 0; i < RECORD_CLASSES; i++)
			fprintf(stream, " %6" PRIu64, row->of[i]);
		fputc('\n', stream);
	}
}

static bool
is_asked_for(const struct tally_site *site, bool reached)
{
	return reached ? site->reached && !site->can_fail : !site->reached;
}

static void
print_sites(const struct tally *tally, bool reached, FILE *stream)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->sites.count; i++)
		count += is_asked_for(&tally->sites.item[i], reached);
	if (count == 0)
		return;
	fprintf(stream, "  %s: %zu\n",
	    reached ? "reached; cannot fail with these arguments" : "never reached", count);
	for (size_t i = 0; i < tally->sites.count; i++) {
		const struct record_site *site = &tally->sites.item[i].site;

		if (is_asked_for(&tally->sites.item[i], reached))
			fprintf(stream, "    %s:%u: %s%s%s\n", site->file, site->line,
			    site->call, site->function[0] != '\0' ? " in " : "", site->function);
	}
}

static void
print_fallible(const struct tally *tally, FILE *stream)
{
	size_t reached = 0;

	for (size_t i = 0; i < tally->sites.count; i++)
		reached += tally->sites.item[i].reached;
	fprintf(stream, "fallible calls: %zu of %zu lines of the driver reached, by %zu call "
	    "stack%s\n", reached, tally->sites.count, tally->seen.count,
	    plural(tally->seen.count));
	fprintf(stream, "  failed at least once: %zu of %zu call stack%s where the kernel can\n",
	    tally->failed.count, tally->failable.count, plural(tally->failable.count));
	if (tally->idle > 0)
		fprintf(stream, "  armed and never struck: %" PRIu64 " run%s\n", tally->idle,
		    plural(tally->idle));
	print_sites(tally, true, stream);
	print_sites(tally, false, stream);
}

void
explored_text_sums(const struct tally *tally, FILE *stream)
{
	/* Not every run is reported one by one, and then the table would not be whole. */
	if (tally->rows.count > 0 && tally->silent == 0) {
		fputc('\n', stream);
		print_table(tally, stream);
	}
	if (tally->sites.count > 0) {
		fputc('\n', stream);
		print_fallible(tally, stream);
	}
}

/* ---- mistakes by what brings them about ---- */

/* The clusters that are printed together. */
struct causes {
	const struct tally *tally;
	bool (*wanted)(const struct cluster *cluster);
	bool brief;
};

static bool
is_baseline(const struct cluster *cluster)
{
	return cluster->baseline && cluster->first.known[0] == '\0';
}

/* Where the scenario says what happens: `summary` tells of one rule. */
static const char *
body_of(const char *scenario)
{
	const char *summary = strstr(scenario, "\nsummary:");

	return summary != NULL ? summary + 1 + strcspn(summary + 1, "\n") : scenario;
}

static bool
have_same_key(const struct cluster *a, const struct cluster *b)
{
	return a->first.finding.key == b->first.finding.key && a->baseline == b->baseline;
}

/* Do the same scenario, or where there is none the same case and plan, bring them about? */
static bool
have_same_cause(const struct cluster *a, const struct cluster *b)
{
	const struct record_reduced *x = a->reduced, *y = b->reduced;

	if ((x == NULL) != (y == NULL))
		return false;
	if (x == NULL)
		return strcmp(a->base, b->base) == 0 && strcmp(a->plan, b->plan) == 0;
	return strcmp(body_of(x->scenario), body_of(y->scenario)) == 0 || (have_same_key(a, b) &&
	    x->why != NULL && y->why != NULL && strcmp(x->why, y->why) == 0);
}

/* One of many causes of a finding: it has no scenario, others have. */
static bool
is_further_cause(const struct tally *tally, const struct cluster *cluster)
{
	for (size_t i = 0; i < tally->clusters.count && cluster->reduced == NULL; i++)
		if (have_same_key(cluster, &tally->clusters.item[i]) &&
		    tally->clusters.item[i].reduced != NULL)
			return true;
	return false;
}

static bool
is_first_of_key(const struct tally *tally, const struct cluster *cluster)
{
	const struct cluster *item = tally->clusters.item;

	while (!have_same_key(item, cluster))
		item++;
	return item == cluster;
}

/* The first of those that are printed together, and no further cause. */
static bool
is_first(const struct causes *causes, size_t index)
{
	const struct cluster *item = causes->tally->clusters.item;

	for (size_t i = 0; i < index; i++)
		if (causes->wanted(&item[i]) && have_same_cause(&item[i], &item[index]))
			return false;
	return !is_further_cause(causes->tally, &item[index]);
}

static void
print_cluster(const struct causes *causes, const struct cluster *cluster, FILE *stream)
{
	const struct trial_finding *finding = &cluster->first.finding;

	print_finding(cluster, 5, stream);
	fprintf(stream, "       %s%s%" PRIu64 " run%s", finding->function,
	    finding->function[0] != '\0' ? ", " : "", cluster->runs, plural(cluster->runs));
	if (cluster->first.cause[0] != '\0')
		fprintf(stream, ", when %s", cluster->first.cause);
	fputc('\n', stream);
	/* Said once, where the finding is first reported. */
	vec_each(other, &causes->tally->clusters) {
		if (have_same_key(cluster, other) && is_further_cause(causes->tally, other) &&
		    is_first_of_key(causes->tally, cluster))
			fprintf(stream, "       %" PRIu64 " run%s, also when %s\n", other->runs,
			    plural(other->runs), other->first.cause);
	}
}

static void
print_steps(const char *scenario, FILE *stream)
{
	fputc('\n', stream);
	while (*scenario != '\0') {
		size_t length = strcspn(scenario, "\n");

		fprintf(stream, length > 0 ? "       %.*s\n" : "\n", (int)length, scenario);
		scenario += length + (scenario[length] == '\n');
	}
	fputc('\n', stream);
}

static void
print_reduced(const struct record_reduced *reduced, bool brief, FILE *stream)
{
	if (reduced->why != NULL) {
		fputs("     why: ", stream);
		report_wrap(stream, reduced->why, 10, 10, REPORT_WIDTH);
		fputc('\n', stream);
	}
	fprintf(stream, "     shown by %u step%s%s%s:\n", reduced->steps, plural(reduced->steps),
	    reduced->complete ? "" : " (perhaps not the fewest)",
	    reduced->verified ? "" : " (run alone it does not show: not reduced)");
	if (!brief)
		print_steps(reduced->scenario, stream);
}

static void
print_cause(const struct causes *causes, size_t index, size_t number, FILE *stream)
{
	const struct tally *tally = causes->tally;
	const struct cluster *first = &tally->clusters.item[index];

	fprintf(stream, "%3zu. %s%s%s\n", number, first->base,
	    first->plan[0] != '\0' ? " with " : "", first->plan);
	for (size_t i = index; i < tally->clusters.count; i++)
		if (causes->wanted(&tally->clusters.item[i]) &&
		    !is_further_cause(tally, &tally->clusters.item[i]) &&
		    have_same_cause(first, &tally->clusters.item[i]))
			print_cluster(causes, &tally->clusters.item[i], stream);
	if (first->reduced != NULL)
		print_reduced(first->reduced, causes->brief, stream);
}

static void
print_causes(const struct causes *causes, const char *head, FILE *stream)
{
	const struct tally *tally = causes->tally;
	size_t number = 0;

	for (size_t i = 0; i < tally->clusters.count; i++) {
		if (!causes->wanted(&tally->clusters.item[i]) || !is_first(causes, i))
			continue;
		if (number++ == 0)
			fprintf(stream, "\n%s\n", head);
		print_cause(causes, i, number, stream);
	}
}

static void
print_known(const struct tally *tally, FILE *stream)
{
	bool any = false;

	for (size_t i = 0; i < tally->clusters.count; i++) {
		const struct cluster *cluster = &tally->clusters.item[i];
		const struct trial_finding *finding = &cluster->first.finding;

		if (cluster->first.known[0] == '\0')
			continue;
		if (!any)
			fputs("\nknown defects\n", stream);
		any = true;
		fprintf(stream, "  %s: %s", cluster->first.known, finding->rule->id);
		if (finding->line != 0)
			fprintf(stream, " at %s:%u (%s)", finding->file, finding->line,
			    finding->function);
		fprintf(stream, ", %" PRIu64 " run%s\n", cluster->runs, plural(cluster->runs));
	}
}

void
explored_text_findings(const struct tally *tally, bool brief, FILE *stream)
{
	const struct causes new = { tally, cluster_is_new, brief };
	const struct causes baseline = { tally, is_baseline, brief };

	print_causes(&new, "new findings, by what brings them about", stream);
	print_causes(&baseline, "also in the baseline run: what the scenarios show as they stand",
	    stream);
	print_known(tally, stream);
	for (size_t i = 0; i < tally->lost.count; i++)
		fprintf(stream, "%slost: %s%s%s: %s\n", i == 0 ? "\n" : "",
		    tally->lost.item[i].base, tally->lost.item[i].plan[0] != '\0' ? " with " : "",
		    tally->lost.item[i].plan, tally->lost.item[i].why);
	if (tally->dropped > 0)
		fprintf(stream, "\n%" PRIu64 " finding%s not listed: a run keeps %d at most\n",
		    tally->dropped, plural(tally->dropped), TRIAL_FINDINGS_MAX);
}

void
explored_text_end(const struct tally *tally, uint64_t left, FILE *stream)
{
	size_t errors = tally_count(tally, false, false), all = tally_count(tally, true, false);
	size_t baseline = tally_count(tally, false, true) - errors;

	fprintf(stream, "\n%" PRIu64 " run%s, %zu new finding%s", tally->runs,
	    plural(tally->runs), errors, plural(errors));
	if (all > errors)
		fprintf(stream, ", %zu new lint%s", all - errors, plural(all - errors));
	if (baseline > 0)
		fprintf(stream, ", %zu in baseline runs", baseline);
	if (tally->ended > 0)
		fprintf(stream, ", %" PRIu64 " baseline run%s ended early", tally->ended,
		    plural(tally->ended));
	if (tally->lost.count > 0)
		fprintf(stream, ", %zu lost", tally->lost.count);
	if (left > 0)
		fprintf(stream, ", %" PRIu64 " case%s not run", left, plural(left));
	fputc('\n', stream);
}

/* ---- for programs ---- */

static json_t *
finding_of(const struct cluster *cluster)
{
	const struct finding_shown shown = shown_of(&cluster->first.finding);
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

/* ---- for other programs ---- */

static void
add_problem(const struct cluster *cluster, bool fails, struct results *results)
{
	const struct trial_finding *finding = &cluster->first.finding;
	const char *known = cluster->first.known;
	const struct finding_shown shown = shown_of(finding);
	struct problem problem = {
		.level = known[0] != '\0' ? PROBLEM_NOTE : fails ? PROBLEM_ERROR :
		    finding->rule->severity == SEVERITY_LINT ? PROBLEM_WARNING : PROBLEM_ERROR,
		.rule = finding->rule->id, .known = known[0] != '\0' ? known : NULL,
		.by_itself = true,
		.place = { .file = finding->file, .line = finding->line,
		    .function = finding->function },
		.group = results_print(results, "%s|%s|%s|%s", finding->rule->id, finding->file,
		    finding->function, cluster->first.cause),
	};
	char text[sizeof(finding->text) + sizeof(finding->like) + 16];

	finding_sentence(&shown, text, sizeof(text));
	problem.text = finding->like[0] == '\0' ? text :
	    results_print(results, "%s (looks like %s)", text, finding->like);
	if (cluster->first.cause[0] != '\0')
		problem.because[problem.becauses++].text =
		    results_keep(results, cluster->first.cause);
	if (cluster->plan[0] != '\0')
		problem.because[problem.becauses++].text =
		    results_print(results, "injected: %s", cluster->plan);
	results_problem(results, &problem, fails);
}

void
explored_result(const struct tally *tally, const char *id,
    const struct problem_place *where, bool lints, struct results *results)
{
	const struct causes causes = { .tally = tally };
	struct result_case *c = results_case(results, id, VERDICT_PASS);
	char line[512];
	struct sbuf buf;
	FILE *text = sbuf_open(&buf);
	size_t failed = 0;

	c->scenario = *where;
	vec_each(cluster, &tally->clusters) {
		bool fails = cluster_counts(cluster, lints, true);

		if (strcmp(cluster->base, id) != 0)
			continue;
		if (fails && failed++ == 0) {
			const struct finding_shown shown = shown_of(&cluster->first.finding);

			finding_line(&shown, line, sizeof(line));
			c->message = results_keep(results, line);
		}
		if (fails) {
			print_cluster(&causes, cluster, text);
			if (cluster->reduced != NULL)
				print_reduced(cluster->reduced, false, text);
		}
		if (cluster->first.known[0] != '\0')
			*vec_add(&c->known) = results_keep(results, cluster->first.known);
		add_problem(cluster, fails, results);
	}
	vec_each(lost, &tally->lost)
		if (strcmp(lost->base, id) == 0 && failed == 0) {
			c->verdict = VERDICT_BROKEN;
			c->message = results_print(results, "lost with %s: %s", lost->plan,
			    lost->why);
		}
	sbuf_close(&buf);
	if (failed > 0) {
		c->verdict = VERDICT_FAIL;
		c->text = results_keep(results, buf.text);
	}
	free(buf.text);
}
