/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sum of many outcomes: see tally.h.
 */
#include "explore/tally.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
grown(void *array, size_t count, size_t size)
{
	void *p = realloc(array, count * size);

	if (p == NULL) {
		fputs("viosim: out of memory\n", stderr);
		exit(3);
	}
	return p;
}

static char *
copied(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(grown(NULL, size, 1), text, size);
}

/* ---- sets of points ---- */

static bool
put(struct tally_set *set, uint64_t number)
{
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->max - 1);

	while (set->item[i] != 0) {
		if (set->item[i] == number)
			return false;
		i = (i + 1) & (set->max - 1);
	}
	set->item[i] = number;
	set->count++;
	return true;
}

/* True when it was not in it. */
static bool
set_add(struct tally_set *set, uint64_t number)
{
	struct tally_set old = *set;

	if (number == 0)
		number = 1;
	if (2 * set->count >= set->max) {
		set->max = set->max == 0 ? 64 : 2 * set->max;
		set->count = 0;
		set->item = grown(NULL, set->max, sizeof(set->item[0]));
		memset(set->item, 0, set->max * sizeof(set->item[0]));
		for (size_t i = 0; i < old.max; i++)
			if (old.item[i] != 0)
				put(set, old.item[i]);
		free(old.item);
	}
	return put(set, number);
}

/* ---- the parts ---- */

void
tally_init(struct tally *tally)
{
	memset(tally, 0, sizeof(*tally));
	clusters_init(&tally->clusters);
}

void
tally_fini(struct tally *tally)
{
	for (size_t i = 0; i < tally->losses; i++) {
		free(tally->lost[i].base);
		free(tally->lost[i].plan);
		free(tally->lost[i].why);
	}
	clusters_fini(&tally->clusters);
	free(tally->row);
	free(tally->site);
	free(tally->lost);
	free(tally->seen.item);
	free(tally->failable.item);
	free(tally->failed.item);
	free(tally->tried.item);
	tally_init(tally);
}

static struct tally_site *
find_site(struct tally *tally, const char *call, unsigned line)
{
	for (size_t i = 0; i < tally->sites; i++)
		if (tally->site[i].line == line && strcmp(tally->site[i].call, call) == 0)
			return &tally->site[i];
	return NULL;
}

void
tally_site(struct tally *tally, const char *call, unsigned line, const char *function)
{
	struct tally_site *site = find_site(tally, call, line);

	if (site == NULL) {
		tally->site = grown(tally->site, tally->sites + 1, sizeof(*site));
		site = &tally->site[tally->sites++];
		*site = (struct tally_site){ .line = line };
		snprintf(site->call, sizeof(site->call), "%s", call);
	}
	if (function[0] != '\0')
		snprintf(site->function, sizeof(site->function), "%s", function);
}

static struct tally_row *
row_of(struct tally *tally, const char *group)
{
	struct tally_row *row;

	for (size_t i = 0; i < tally->rows; i++)
		if (strcmp(tally->row[i].group, group) == 0)
			return &tally->row[i];
	tally->row = grown(tally->row, tally->rows + 1, sizeof(*row));
	row = &tally->row[tally->rows++];
	*row = (struct tally_row){ 0 };
	snprintf(row->group, sizeof(row->group), "%s", group);
	return row;
}

static void
add_points(struct tally *tally, const struct outcome *outcome)
{
	for (size_t i = 0; i < outcome->point_count; i++) {
		const struct outcome_point *point = &outcome->points[i];
		struct tally_site *site;

		set_add(&tally->seen, point->point);
		if (point->can_fail)
			set_add(&tally->failable, point->point);
		if (point->line == 0)
			continue;
		tally_site(tally, point->call, point->line, "");
		site = find_site(tally, point->call, point->line);
		site->reached = true;
		site->can_fail |= point->can_fail;
	}
}

/*
 * A leak is found where the memory came from, whatever it was that lost it.  Known defects and
 * what a scenario shows by itself are not told apart further.
 */
static uint64_t
cause_of(const struct outcome *outcome, unsigned i)
{
	static const char *const leaks[] = {
		"attach.leak", "dma.leak", "mem.leak", "page.conservation"
	};

	if (outcome->finding[i].defect != NULL || outcome->plain[i])
		return 0;
	for (size_t n = 0; n < sizeof(leaks) / sizeof(leaks[0]); n++)
		if (strcmp(outcome->finding[i].rule->id, leaks[n]) == 0)
			return outcome->cause[i];
	return 0;
}

static void
add_findings(struct tally *tally, const struct outcome *outcome)
{
	char where[sizeof(outcome->base) + sizeof(outcome->plan) + 2];

	for (unsigned i = 0; i < outcome->findings; i++) {
		snprintf(where, sizeof(where), "%s\n%s", outcome->base,
		    outcome->plain[i] ? "" : outcome->plan);
		clusters_add_cause(&tally->clusters, &outcome->finding[i],
		    cause_of(outcome, i), outcome->number, where,
		    outcome->steps, outcome->plain[i]);
	}
}

static void
add_loss(struct tally *tally, const struct outcome *outcome)
{
	struct tally_lost *lost;

	tally->lost = grown(tally->lost, tally->losses + 1, sizeof(*lost));
	lost = &tally->lost[tally->losses++];
	*lost = (struct tally_lost){
		.number = outcome->number, .base = copied(outcome->base),
		.plan = copied(outcome->plan), .why = copied(outcome->lost),
	};
}

void
tally_add(struct tally *tally, const struct outcome *outcome)
{
	enum outcome_class class = outcome_class(outcome);
	struct tally_row *row;

	tally->runs++;
	tally->of[class]++;
	tally->idle += outcome->idle;
	if (class == OUTCOME_LOST)
		add_loss(tally, outcome);
	else
		add_findings(tally, outcome);
	if (outcome->plan[0] == '\0') {
		tally->bases++;
		tally->ended += outcome->ended[0] != '\0';
		add_points(tally, outcome);
		return;
	}
	row = row_of(tally, outcome->group);
	row->runs++;
	row->of[class]++;
	row->points += set_add(&tally->tried,
	    outcome->point ^ trace_hash(row->group, strlen(row->group)));
	/* Interrupts are tried at points too. */
	if (class != OUTCOME_LOST && !outcome->idle &&
	    trace_call_by_name(outcome->group) != HW_CALL_NONE)
		set_add(&tally->failed, outcome->point);
}

/* ---- order ---- */

static int
row_order(const void *a, const void *b)
{
	const struct tally_row *one = a, *other = b;

	return strcmp(one->group, other->group);
}

static int
site_order(const void *a, const void *b)
{
	const struct tally_site *one = a, *other = b;

	if (one->line != other->line)
		return one->line < other->line ? -1 : 1;
	return strcmp(one->call, other->call);
}

static int
lost_order(const void *a, const void *b)
{
	const struct tally_lost *one = a, *other = b;

	return (one->number > other->number) - (one->number < other->number);
}

void
tally_sort(struct tally *tally)
{
	if (tally->rows > 0)
		qsort(tally->row, tally->rows, sizeof(tally->row[0]), row_order);
	if (tally->sites > 0)
		qsort(tally->site, tally->sites, sizeof(tally->site[0]), site_order);
	if (tally->losses > 0)
		qsort(tally->lost, tally->losses, sizeof(tally->lost[0]), lost_order);
	clusters_sort(&tally->clusters);
}

size_t
tally_new(const struct tally *tally, bool lints)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->clusters.count; i++) {
		const struct cluster *cluster = &tally->clusters.item[i];

		count += cluster_is_new(cluster) && (lints ||
		    cluster->finding.rule->severity == SEVERITY_ERROR);
	}
	return count;
}

size_t
tally_errors(const struct tally *tally)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->clusters.count; i++) {
		const struct trial_finding *finding = &tally->clusters.item[i].finding;

		count += finding->defect == NULL && finding->rule->severity == SEVERITY_ERROR;
	}
	return count;
}
