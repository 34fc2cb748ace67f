/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings of many runs, grouped: see cluster.h.
 */
#include "explore/cluster.h"

#include <stdlib.h>
#include <string.h>

void
clusters_init(struct clusters *clusters)
{
	memset(clusters, 0, sizeof(*clusters));
}

void
clusters_fini(struct clusters *clusters)
{
	for (size_t i = 0; i < clusters->count; i++)
		free(clusters->item[i].scenario);
	free(clusters->item);
	clusters_init(clusters);
}

static void
no_memory(void)
{
	fputs("viosim: out of memory\n", stderr);
	exit(3);
}

struct cluster *
clusters_find_cause(struct clusters *clusters, uint64_t key, uint64_t cause)
{
	for (size_t i = 0; i < clusters->count; i++)
		if (clusters->item[i].finding.key == key && clusters->item[i].cause == cause)
			return &clusters->item[i];
	return NULL;
}

struct cluster *
clusters_find(struct clusters *clusters, uint64_t key)
{
	return clusters_find_cause(clusters, key, 0);
}

static struct cluster *
new_cluster(struct clusters *clusters)
{
	struct cluster *cluster;

	if (clusters->count == clusters->max) {
		clusters->max = 2 * clusters->max + 16;
		clusters->item = realloc(clusters->item,
		    clusters->max * sizeof(clusters->item[0]));
		if (clusters->item == NULL)
			no_memory();
	}
	cluster = &clusters->item[clusters->count++];
	memset(cluster, 0, sizeof(*cluster));
	return cluster;
}

static bool
is_simpler(const struct cluster *cluster, size_t steps, size_t number, bool plain)
{
	if (plain != cluster->simplest_plain)
		return plain;
	return steps < cluster->steps || (steps == cluster->steps && number < cluster->simplest);
}

void
clusters_add(struct clusters *clusters, const struct trial_finding *finding, size_t number,
    const char *scenario, size_t steps, bool plain)
{
	clusters_add_cause(clusters, finding, 0, number, scenario, steps, plain);
}

void
clusters_add_cause(struct clusters *clusters, const struct trial_finding *finding,
    uint64_t cause, size_t number, const char *scenario, size_t steps, bool plain)
{
	struct cluster *cluster = clusters_find_cause(clusters, finding->key, cause);
	bool first = cluster == NULL;

	if (first)
		cluster = new_cluster(clusters);
	cluster->cause = cause;
	cluster->runs++;
	cluster->plain |= plain;
	if (first || number < cluster->first) {
		cluster->finding = *finding;
		cluster->first = number;
	}
	if (!first && !is_simpler(cluster, steps, number, plain))
		return;
	free(cluster->scenario);
	cluster->scenario = scenario != NULL ? strdup(scenario) : NULL;
	if (scenario != NULL && cluster->scenario == NULL)
		no_memory();
	cluster->steps = steps;
	cluster->simplest = number;
	cluster->simplest_plain = plain;
}

bool
cluster_is_new(const struct cluster *cluster)
{
	return cluster->finding.defect == NULL && !cluster->plain;
}

static int
rank(const struct cluster *cluster)
{
	return cluster_is_new(cluster) ? 0 : cluster->finding.defect == NULL ? 1 : 2;
}

static int
by_weight(const void *a, const void *b)
{
	const struct cluster *one = a, *other = b;
	const struct trial_finding *f = &one->finding, *g = &other->finding;
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
		order = (one->cause > other->cause) - (one->cause < other->cause);
	return order;
}

void
clusters_sort(struct clusters *clusters)
{
	if (clusters->count > 0)
		qsort(clusters->item, clusters->count, sizeof(clusters->item[0]), by_weight);
}
