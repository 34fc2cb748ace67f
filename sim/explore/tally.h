/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sum of many outcomes.  It does not depend on their order, so the outcomes of shards add
 * up to those of the whole.
 */
#ifndef VIOSIM_EXPLORE_TALLY_H
#define VIOSIM_EXPLORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/cluster.h"
#include "explore/outcome.h"

/* Runs by what was tried in them. */
struct tally_row {
	char group[48];
	uint64_t points;		/* different ones */
	uint64_t runs;
	uint64_t of[OUTCOME_CLASSES];
};

/* A line of the driver that makes a fallible call. */
struct tally_site {
	char call[48];
	unsigned line;
	char function[64];
	bool reached, can_fail;
};

struct tally_lost {
	uint64_t number;
	char *base, *plan, *why;
};

struct tally_set {
	uint64_t *item;			/* open addressing; 0: free */
	size_t count, max;
};

struct tally {
	struct clusters clusters;	/* their scenario is "base\nplan" of the simplest run */
	struct tally_row *row;
	size_t rows;
	struct tally_site *site;
	size_t sites;
	struct tally_lost *lost;
	size_t losses;
	struct tally_set seen, failable, failed;	/* points */
	struct tally_set tried;		/* group and point */
	uint64_t bases, runs, idle;
	uint64_t ended;			/* baseline runs that ended early */
	uint64_t of[OUTCOME_CLASSES];
};

void tally_init(struct tally *tally);
void tally_fini(struct tally *tally);

/* A place of the driver that could be reached; the same again is not added. */
void tally_site(struct tally *tally, const char *call, unsigned line, const char *function);
void tally_add(struct tally *tally, const struct outcome *outcome);
/* Rows by name, sites by line, clusters by weight, losses by number. */
void tally_sort(struct tally *tally);

/* New errors (with `lints` also new lints), by mistake. */
size_t tally_new(const struct tally *tally, bool lints);
/* Errors that no known defect explains, whether new or in a baseline run. */
size_t tally_errors(const struct tally *tally);

#endif /* VIOSIM_EXPLORE_TALLY_H */
