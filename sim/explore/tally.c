/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sum of many runs: see tally.h.
 */
#include "explore/tally.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* ---- sets of points ---- */

static int
by_number(const void *a, const void *b)
{
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

/* True when it was not in it. */
static bool
set_add(struct tally_set *set, uint64_t number)
{
	const void *key = (const void *)(uintptr_t)number;

	if (tfind(key, &set->tree, by_number) != NULL)
		return false;
	if (tsearch(key, &set->tree, by_number) == NULL)
		out_of_memory();
	set->count++;
	return true;
}

static void
forget(void *number)
{
	(void)number;
}

/* ---- the parts ---- */

static void
free_reduced(struct record_reduced *reduced)
{
	if (reduced != NULL)
		record_reduced_fini(reduced);
	free(reduced);
}

void
tally_fini(struct tally *tally)
{
	for (size_t i = 0; i < tally->lost.count; i++) {
		free(tally->lost.item[i].base);
		free(tally->lost.item[i].plan);
		free(tally->lost.item[i].why);
	}
	for (size_t i = 0; i < tally->clusters.count; i++) {
		free(tally->clusters.item[i].base);
		free(tally->clusters.item[i].plan);
		free_reduced(tally->clusters.item[i].reduced);
	}
	vec_fini(&tally->clusters);
	vec_fini(&tally->rows);
	vec_fini(&tally->sites);
	vec_fini(&tally->lost);
	tdestroy(tally->seen.tree, forget);
	tdestroy(tally->failable.tree, forget);
	tdestroy(tally->failed.tree, forget);
	tdestroy(tally->tried.tree, forget);
	memset(tally, 0, sizeof(*tally));
}

static struct tally_site *
site_of(struct tally *tally, const char *call, const char *file, unsigned line)
{
	struct tally_site *site;

	for (size_t i = 0; i < tally->sites.count; i++) {
		site = &tally->sites.item[i];
		if (site->site.line == line && strcmp(site->site.call, call) == 0 &&
		    strcmp(site->site.file, file) == 0)
			return site;
	}
	site = vec_add(&tally->sites);
	site->site.line = line;
	snprintf(site->site.call, sizeof(site->site.call), "%s", call);
	snprintf(site->site.file, sizeof(site->site.file), "%s", file);
	return site;
}

void
tally_site(struct tally *tally, const struct record_site *there)
{
	struct tally_site *site = site_of(tally, there->call, there->file, there->line);

	if (there->function[0] != '\0')
		site->site = *there;
}

static struct tally_row *
row_of(struct tally *tally, const char *group)
{
	struct tally_row *row;

	for (size_t i = 0; i < tally->rows.count; i++)
		if (strcmp(tally->rows.item[i].group, group) == 0)
			return &tally->rows.item[i];
	row = vec_add(&tally->rows);
	snprintf(row->group, sizeof(row->group), "%s", group);
	return row;
}

static void
add_points(struct tally *tally, const struct record *run)
{
	for (size_t i = 0; i < run->points.count; i++) {
		const struct record_point *point = &run->points.item[i];
		struct tally_site *site;

		set_add(&tally->seen, point->point);
		if (point->can_fail)
			set_add(&tally->failable, point->point);
		if (point->file[0] == '\0')
			continue;
		site = site_of(tally, point->call, point->file, point->line);
		site->reached = true;
		site->can_fail |= point->can_fail;
	}
}

/* ---- mistakes ---- */

static struct cluster *
tally_find(struct tally *tally, uint64_t key, const char *cause)
{
	for (size_t i = 0; i < tally->clusters.count; i++) {
		struct cluster *cluster = &tally->clusters.item[i];

		if (cluster->first.finding.key == key && strcmp(cluster->first.cause, cause) == 0)
			return cluster;
	}
	return NULL;
}

static bool
is_simpler(const struct cluster *cluster, const struct record *run, bool baseline)
{
	if (baseline != cluster->simplest_baseline)
		return baseline;
	return run->steps < cluster->steps ||
	    (run->steps == cluster->steps && run->number < cluster->simplest);
}

static void
add_finding(struct tally *tally, const struct record *run, const struct record_finding *found)
{
	struct cluster *cluster = tally_find(tally, found->finding.key, found->cause);
	bool is_first = cluster == NULL;

	if (is_first)
		cluster = vec_add(&tally->clusters);
	cluster->runs++;
	cluster->baseline |= found->baseline;
	if (is_first || run->number < cluster->number) {
		cluster->first = *found;
		cluster->number = run->number;
	}
	if (!is_first && !is_simpler(cluster, run, found->baseline))
		return;
	free(cluster->base);
	free(cluster->plan);
	cluster->base = xstrdup(run->base);
	cluster->plan = xstrdup(found->baseline ? "" : run->plan);
	cluster->steps = run->steps;
	cluster->simplest = run->number;
	cluster->simplest_baseline = found->baseline;
}

/* ---- runs ---- */

void
tally_add(struct tally *tally, const struct record *run)
{
	enum record_class class = record_class(run);
	struct tally_row *row;

	tally->runs++;
	tally->idle += run->idle;
	tally->dropped += run->dropped;
	if (class == RECORD_LOST)
		*(struct tally_lost *)vec_add(&tally->lost) = (struct tally_lost){
			run->number, xstrdup(run->base), xstrdup(run->plan), xstrdup(run->lost),
		};
	for (size_t i = 0; i < run->findings.count; i++)
		if (!run->findings.item[i].inherited)
			add_finding(tally, run, &run->findings.item[i]);
	if (class != RECORD_LOST && run->plan[0] == '\0') {
		tally->bases++;
		tally->ended += run->ended[0] != '\0';
		add_points(tally, run);
	}
	if (run->plan[0] == '\0')
		return;
	row = row_of(tally, run->group);
	row->runs++;
	row->of[class]++;
	row->points += set_add(&tally->tried,
	    run->point ^ trace_hash(row->group, strlen(row->group)));
	/* Interrupts are tried at points too. */
	if (class != RECORD_LOST && !run->idle &&
	    trace_call_by_name(run->group) != HW_CALL_NONE)
		set_add(&tally->failed, run->point);
}

void
tally_add_silent(struct tally *tally, const struct record_job_end *end, uint64_t written)
{
	tally->runs += end->runs - written;
	tally->silent += end->runs - written;
	for (size_t i = 0; i < end->silent.count; i++) {
		const struct record_silent *silent = &end->silent.item[i];
		struct cluster *cluster = tally_find(tally, silent->key, silent->cause);

		if (cluster != NULL)
			cluster->runs += silent->runs;
	}
}

/*
 * Which of two scenarios of the same mistake?  The one that the whole would have reduced: that of
 * the simplest run.  If that is not known the shorter; of equals the first by text.
 */
static bool
is_better(const struct cluster *cluster, const struct record_reduced *reduced,
    const struct record_reduced *than)
{
	if ((reduced->from == cluster->simplest) != (than->from == cluster->simplest))
		return reduced->from == cluster->simplest;
	if (reduced->steps != than->steps)
		return reduced->steps < than->steps;
	return strcmp(reduced->scenario, than->scenario) < 0;
}

void
tally_add_reduced(struct tally *tally, struct record_reduced *reduced)
{
	struct cluster *cluster = tally_find(tally, reduced->key, reduced->cause);

	if (cluster != NULL && (cluster->reduced == NULL ||
	    is_better(cluster, reduced, cluster->reduced))) {
		free_reduced(cluster->reduced);
		cluster->reduced = xmalloc(sizeof(*reduced));
		*cluster->reduced = *reduced;
	} else {
		record_reduced_fini(reduced);
	}
	memset(reduced, 0, sizeof(*reduced));
}

/* ---- order ---- */

bool
cluster_is_new(const struct cluster *cluster)
{
	return cluster->first.known[0] == '\0' && !cluster->baseline;
}

static int
rank(const struct cluster *cluster)
{
	return cluster_is_new(cluster) ? 0 : cluster->first.known[0] == '\0' ? 1 : 2;
}

static int
cluster_order(const void *a, const void *b)
{
	const struct cluster *one = a, *other = b;
	const struct trial_finding *f = &one->first.finding, *g = &other->first.finding;
	int order = rank(one) - rank(other);

	if (order == 0)
		order = (int)f->rule->severity - (int)g->rule->severity;
	if (order == 0)
		order = strcmp(f->rule->id, g->rule->id);
	if (order == 0)
		order = strcmp(f->file, g->file);
	if (order == 0)
		order = (f->line > g->line) - (f->line < g->line);
	if (order == 0)
		order = (f->key > g->key) - (f->key < g->key);
	if (order == 0)
		order = (one->number > other->number) - (one->number < other->number);
	return order != 0 ? order : strcmp(one->first.cause, other->first.cause);
}

static int
row_order(const void *a, const void *b)
{
	const struct tally_row *one = a, *other = b;

	return strcmp(one->group, other->group);
}

static int
site_order(const void *a, const void *b)
{
	const struct record_site *one = a, *other = b;

	int files = strcmp(one->file, other->file);

	if (files != 0 || one->line == other->line)
		return files != 0 ? files : strcmp(one->call, other->call);
	return one->line < other->line ? -1 : 1;
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
	_Static_assert(offsetof(struct tally_site, site) == 0, "site_order()");
	vec_sort(&tally->rows, row_order);
	vec_sort(&tally->sites, site_order);
	vec_sort(&tally->lost, lost_order);
	vec_sort(&tally->clusters, cluster_order);
}

unsigned
tally_turn(const struct tally *tally, size_t index)
{
	const struct cluster *item = tally->clusters.item;
	unsigned turn = 0;

	for (size_t i = 0; i < index; i++)
		turn += item[i].first.finding.key == item[index].first.finding.key &&
		    item[i].baseline == item[index].baseline;
	return turn;
}

bool
tally_is_first(const struct tally *tally, size_t index)
{
	return (tally->leaks_apart && record_is_leak(&tally->clusters.item[index].first)) ||
	    tally_turn(tally, index) == 0;
}

bool
cluster_counts(const struct cluster *cluster, bool lints, bool baseline)
{
	return cluster->first.known[0] == '\0' && (baseline || !cluster->baseline) &&
	    (lints || cluster->first.finding.rule->severity == SEVERITY_ERROR);
}

size_t
tally_count(const struct tally *tally, bool lints, bool baseline)
{
	size_t count = 0;

	for (size_t i = 0; i < tally->clusters.count; i++)
		count += cluster_counts(&tally->clusters.item[i], lints, baseline) &&
		    tally_is_first(tally, i);
	return count;
}
