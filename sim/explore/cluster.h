/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings of many runs, grouped: each mistake once, with how often and how it first showed.
 */
#ifndef VIOSIM_EXPLORE_CLUSTER_H
#define VIOSIM_EXPLORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/trial.h"

struct cluster {
	struct trial_finding finding;	/* as it first showed */
	uint64_t cause;			/* clusters_add_cause(); 0: not told apart */
	uint64_t runs;			/* that had it */
	size_t first;			/* number of the first run */
	char *scenario;			/* YAML of the simplest run so far that had it, or NULL */
	size_t steps;			/* of that */
	size_t simplest;		/* number of that run */
	bool plain;			/* a scenario shows it as it stands, unexplored */
	bool simplest_plain;		/* and that run is one of them */
};

struct clusters {
	struct cluster *item;
	size_t count, max;
};

void clusters_init(struct clusters *clusters);
void clusters_fini(struct clusters *clusters);

/*
 * One finding of run `number`; `scenario` (may be NULL) is copied when it is simpler than what
 * there is.  A plain run is simpler than any other.  Runs may come in any order: the same ones
 * make the same clusters.
 */
void clusters_add(struct clusters *clusters, const struct trial_finding *finding,
    size_t number, const char *scenario, size_t steps, bool plain);
/*
 * The same for a finding whose place says little (a leak is found where the memory came from):
 * those of different causes are different mistakes.
 */
void clusters_add_cause(struct clusters *clusters, const struct trial_finding *finding,
    uint64_t cause, size_t number, const char *scenario, size_t steps, bool plain);
struct cluster *clusters_find(struct clusters *clusters, uint64_t key);	/* cause 0 */
struct cluster *clusters_find_cause(struct clusters *clusters, uint64_t key, uint64_t cause);
/*
 * New ones first, then those that the scenario shows by itself, then known defects; errors before
 * lints, then by rule and position.
 */
void clusters_sort(struct clusters *clusters);

/* Shown by no scenario as it stands and no defect of the manifest. */
bool cluster_is_new(const struct cluster *cluster);

#endif /* VIOSIM_EXPLORE_CLUSTER_H */
