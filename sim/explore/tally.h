/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sum of many runs: each mistake once, with how often and how it first showed, and what was
 * tried.  It does not depend on the order of the runs, so those of parts add up to the whole.
 */
#ifndef VIOSIM_EXPLORE_TALLY_H
#define VIOSIM_EXPLORE_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "explore/record.h"

/* A mistake: a rule at a place of the driver (trial_finding.key), for one cause. */
struct cluster {
	struct record_finding first;	/* as it first showed; its cause tells it apart */
	uint64_t number;		/* of that run */
	uint64_t runs;			/* that had it */
	bool baseline;			/* a case shows it as it stands */
	/* The simplest run that had it: a baseline run, else the one with the fewest steps. */
	char *base, *plan;
	size_t steps;
	uint64_t simplest;		/* its number */
	bool simplest_baseline;
	struct record_reduced *reduced;	/* a small scenario, or NULL */
};

/* Runs by what was tried in them. */
struct tally_row {
	char group[48];
	uint64_t points;		/* different ones */
	uint64_t runs;
	uint64_t of[RECORD_CLASSES];
};

/* A line of the driver that makes a fallible call. */
struct tally_site {
	struct record_site site;
	bool reached, can_fail;
};

struct tally_lost { uint64_t number; char *base, *plan, *why; };

struct tally_set {
	void *tree;			/* of tsearch(3); the numbers are its keys */
	size_t count;
};

/* All-zero to begin with. */
struct tally {
	struct { VEC_MEMBERS(struct cluster); } clusters;
	struct { VEC_MEMBERS(struct tally_row); } rows;
	struct { VEC_MEMBERS(struct tally_site); } sites;
	struct { VEC_MEMBERS(struct tally_lost); } lost;
	struct tally_set seen, failable, failed;	/* points */
	struct tally_set tried;		/* group and point */
	uint64_t bases;			/* baseline runs */
	uint64_t ended;			/* of these: ended early */
	uint64_t runs, idle;
	uint64_t silent;		/* of the runs: in no row and no set */
	bool leaks_apart;		/* sweep: of different causes they are different findings */
	uint64_t dropped;		/* findings that were too many for their run */
};

void tally_fini(struct tally *tally);

/* A place of the driver that could be reached; the same again is not added. */
void tally_site(struct tally *tally, const struct record_site *there);
void tally_add(struct tally *tally, const struct record *run);
/* Runs of a job of which `written` were added one by one. */
void tally_add_silent(struct tally *tally, const struct record_job_end *end, uint64_t written);
/* The scenario is the tally's from now on; of several that which the whole would have is kept. */
void tally_add_reduced(struct tally *tally, struct record_reduced *reduced);

/*
 * Rows by name, sites by line, losses by number; clusters: new ones first, then those that the
 * scenario shows by itself, then known defects; errors before lints, then by rule and position.
 */
void tally_sort(struct tally *tally);

/* Shown by no scenario as it stands and no defect of the manifest. */
bool cluster_is_new(const struct cluster *cluster);
/* How many causes of the same finding come before it? */
unsigned tally_turn(const struct tally *tally, size_t index);
/* None, or one that is a finding of its own. */
bool tally_is_first(const struct tally *tally, size_t index);
/*
 * An error (with `lints` also a lint) that no known defect explains; with `baseline` also one that
 * a case shows as it stands.
 */
bool cluster_counts(const struct cluster *cluster, bool lints, bool baseline);
/* So many of these; causes of one finding are counted once. */
size_t tally_count(const struct tally *tally, bool lints, bool baseline);

#endif /* VIOSIM_EXPLORE_TALLY_H */
