/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a sweep has shown, in words: see sweep_text.h.
 */
#include "report/sweep_text.h"

#include <inttypes.h>
#include <string.h>

#include "report/report.h"

static const char *const class_word[OUTCOME_CLASSES] = {
	[OUTCOME_OK] = "ok", [OUTCOME_KNOWN] = "known", [OUTCOME_LINT] = "lint",
	[OUTCOME_NEW] = "new", [OUTCOME_LOST] = "lost",
};

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* ---- one run ---- */

void
sweep_text_run(const struct outcome *outcome, FILE *stream)
{
	fprintf(stream, "%-6s %s: %s", class_word[outcome_class(outcome)], outcome->base,
	    outcome->plan[0] != '\0' ? outcome->plan : "as it stands");
	if (outcome->idle)
		fputs(" (never struck)", stream);
	if (outcome->ended[0] != '\0')
		fprintf(stream, " (ended early: %s)", outcome->ended);
	if (outcome->lost[0] != '\0')
		fprintf(stream, " (%s)", outcome->lost);
	for (unsigned i = 0; i < outcome->findings; i++)
		fprintf(stream, "%s %s%s", i == 0 ? ":" : ",", outcome->finding[i].rule->id,
		    outcome->plain[i] ? " (plain)" : "");
	fputc('\n', stream);
}

/* ---- sums ---- */

static void
print_table(const struct tally *tally, FILE *stream)
{
	fprintf(stream, "%-38s %7s %7s", "what was tried", "points", "runs");
	for (int i = 0; i < OUTCOME_CLASSES; i++)
		fprintf(stream, " %6s", class_word[i]);
	fputc('\n', stream);
	for (size_t r = 0; r < tally->rows; r++) {
		const struct tally_row *row = &tally->row[r];

		fprintf(stream, "  %-36s %7" PRIu64 " %7" PRIu64, row->group, row->points,
		    row->runs);
		for (int i = 0; i < OUTCOME_CLASSES; i++)
			fprintf(stream, " %6" PRIu64, row->of[i]);
		fputc('\n', stream);
	}
}

static bool
is_asked_for(const struct tally_site *site, int what)
{
	return what == 0 ? !site->reached : site->reached && !site->can_fail;
}

static void
print_sites(const struct tally *tally, int what, FILE *stream)
{
	static const char *const heads[] = {
		"never reached", "reached, but with these arguments the kernel cannot fail it"
	};
	size_t count = 0;

	for (size_t i = 0; i < tally->sites; i++)
		count += is_asked_for(&tally->site[i], what);
	if (count == 0)
		return;
	fprintf(stream, "  %s: %zu\n", heads[what], count);
	for (size_t i = 0; i < tally->sites; i++) {
		const struct tally_site *site = &tally->site[i];

		if (is_asked_for(site, what))
			fprintf(stream, "    line %u: %s%s%s\n", site->line, site->call,
			    site->function[0] != '\0' ? " in " : "", site->function);
	}
}

static void
print_fallible(const struct tally *tally, FILE *stream)
{
	size_t reached = 0;

	for (size_t i = 0; i < tally->sites; i++)
		reached += tally->site[i].reached;
	fprintf(stream, "fallible calls: %zu of %zu lines of the driver reached, by %zu call "
	    "stack%s\n", reached, tally->sites, tally->seen.count,
	    plural(tally->seen.count));
	fprintf(stream, "  failed at least once: %zu of %zu call stack%s where the kernel can\n",
	    tally->failed.count, tally->failable.count, plural(tally->failable.count));
	if (tally->idle > 0)
		fprintf(stream, "  armed and never struck: %" PRIu64 " run%s\n", tally->idle,
		    plural(tally->idle));
	print_sites(tally, 1, stream);
	print_sites(tally, 0, stream);
}

void
sweep_text_sums(const struct tally *tally, FILE *stream)
{
	fprintf(stream, "%" PRIu64 " case%s, %" PRIu64 " run%s\n", tally->bases,
	    plural(tally->bases), tally->runs, plural(tally->runs));
	if (tally->rows > 0) {
		fputc('\n', stream);
		print_table(tally, stream);
	}
	/* An exploration does not know which there are. */
	if (tally->sites > 0) {
		fputc('\n', stream);
		print_fallible(tally, stream);
	}
}

/* ---- mistakes ---- */

static void
print_place(const struct trial_finding *finding, FILE *stream)
{
	if (finding->line != 0)
		fprintf(stream, " at %s:%u (%s)", finding->file, finding->line,
		    finding->function);
}

static void
print_finding(const struct cluster *cluster, FILE *stream)
{
	const struct trial_finding *finding = &cluster->finding;

	fprintf(stream, "     %s %s",
	    finding->rule->severity == SEVERITY_ERROR ? "error" : "lint", finding->rule->id);
	print_place(finding, stream);
	fprintf(stream, ", %" PRIu64 " run%s\n       ", cluster->runs, plural(cluster->runs));
	report_wrap(stream, finding->text, 7, 7, REPORT_WIDTH);
	fputc('\n', stream);
}

static void
print_story(const struct explored_story *story, FILE *stream)
{
	const char *line = story->scenario;

	if (story->why != NULL) {
		fputs("     why: ", stream);
		report_wrap(stream, story->why, 10, 10, REPORT_WIDTH);
		fputc('\n', stream);
	}
	fprintf(stream, "     shown by %u step%s%s:\n\n", story->steps, plural(story->steps),
	    story->complete ? "" : " (shrinking was cut short)");
	while (*line != '\0') {
		size_t length = strcspn(line, "\n");

		fprintf(stream, length > 0 ? "       %.*s\n" : "\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
	fputc('\n', stream);
}

/* ---- mistakes by what brings them about ---- */

/* The clusters that are printed together. */
struct causes {
	const struct tally *tally;
	const struct explored_story *story;
	size_t stories;
	bool (*wanted)(const struct cluster *cluster);
};

static const struct explored_story *
story_of(const struct causes *causes, const struct cluster *cluster)
{
	const struct explored_story *story = causes->story;

	for (size_t i = 0; i < causes->stories; i++)
		if (story[i].key == cluster->finding.key && story[i].cause == cluster->cause)
			return &story[i];
	return NULL;
}

/* Where the scenario says what happens: `summary` tells of one rule. */
static const char *
body_of(const char *scenario)
{
	const char *summary = strstr(scenario, "\nsummary:");

	return summary != NULL ? summary + 1 + strcspn(summary + 1, "\n") : scenario;
}

/* Do the same scenario, or where there is none the same case and plan, bring them about? */
static bool
have_same_cause(const struct causes *causes, const struct cluster *a, const struct cluster *b)
{
	const struct explored_story *x = story_of(causes, a), *y = story_of(causes, b);

	if ((x == NULL) != (y == NULL))
		return false;
	if (x == NULL)
		return strcmp(a->scenario, b->scenario) == 0;
	return strcmp(body_of(x->scenario), body_of(y->scenario)) == 0;
}

static bool
is_first(const struct causes *causes, size_t index)
{
	const struct cluster *item = causes->tally->clusters.item;

	for (size_t i = 0; i < index; i++)
		if (causes->wanted(&item[i]) && have_same_cause(causes, &item[i], &item[index]))
			return false;
	return true;
}

/* A cluster's scenario is two lines: case and plan. */
static void
print_cause(const struct causes *causes, size_t index, size_t number, FILE *stream)
{
	const struct clusters *clusters = &causes->tally->clusters;
	const struct cluster *first = &clusters->item[index];
	const char *plan = strchr(first->scenario, '\n');
	const struct explored_story *story = story_of(causes, first);

	fprintf(stream, "%3zu. %.*s", number, (int)(plan - first->scenario), first->scenario);
	if (plan[1] != '\0')
		fprintf(stream, " with %s", plan + 1);
	fputc('\n', stream);
	for (size_t i = index; i < clusters->count; i++)
		if (causes->wanted(&clusters->item[i]) &&
		    have_same_cause(causes, first, &clusters->item[i]))
			print_finding(&clusters->item[i], stream);
	if (story != NULL)
		print_story(story, stream);
}

static void
print_causes(const struct causes *causes, const char *head, FILE *stream)
{
	const struct clusters *clusters = &causes->tally->clusters;
	size_t number = 0;

	for (size_t i = 0; i < clusters->count; i++) {
		if (!causes->wanted(&clusters->item[i]) || !is_first(causes, i))
			continue;
		if (number++ == 0)
			fprintf(stream, "\n%s\n", head);
		print_cause(causes, i, number, stream);
	}
}

static bool
is_plain(const struct cluster *cluster)
{
	return cluster->plain && cluster->finding.defect == NULL;
}

static void
print_known(const struct tally *tally, FILE *stream)
{
	bool any = false;

	for (size_t i = 0; i < tally->clusters.count; i++) {
		const struct cluster *cluster = &tally->clusters.item[i];
		const struct trial_finding *finding = &cluster->finding;

		if (finding->defect == NULL)
			continue;
		if (!any)
			fputs("\nknown defects\n", stream);
		any = true;
		fprintf(stream, "  %s: %s", finding->defect->id, finding->rule->id);
		print_place(finding, stream);
		fprintf(stream, ", %" PRIu64 " run%s\n", cluster->runs, plural(cluster->runs));
	}
}

void
sweep_text_findings(const struct tally *tally, const struct explored_story *story,
    size_t stories, FILE *stream)
{
	const struct causes new = { tally, story, stories, cluster_is_new };
	const struct causes plain = { tally, NULL, 0, is_plain };

	print_causes(&new, "new findings, by what brings them about", stream);
	print_causes(&plain, "plain: what the scenarios show as they stand", stream);
	print_known(tally, stream);
	for (size_t i = 0; i < tally->losses; i++)
		fprintf(stream, "%slost: %s with %s: %s\n", i == 0 ? "\n" : "",
		    tally->lost[i].base, tally->lost[i].plan, tally->lost[i].why);
}

void
sweep_text_end(const struct tally *tally, uint64_t left, FILE *stream)
{
	size_t errors = tally_new(tally, false), all = tally_new(tally, true);
	size_t baseline = tally_errors(tally) - errors;

	fprintf(stream, "\n%" PRIu64 " run%s, %zu new finding%s", tally->runs,
	    plural(tally->runs), errors, plural(errors));
	if (all > errors)
		fprintf(stream, ", %zu new lint%s", all - errors, plural(all - errors));
	if (baseline > 0)
		fprintf(stream, ", %zu in baseline runs", baseline);
	if (tally->ended > 0)
		fprintf(stream, ", %" PRIu64 " baseline run%s ended early", tally->ended,
		    plural(tally->ended));
	if (tally->losses > 0)
		fprintf(stream, ", %zu lost", tally->losses);
	if (left > 0)
		fprintf(stream, ", %" PRIu64 " case%s not run", left, plural(left));
	fputc('\n', stream);
}
