/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What came of one run of an exploration: what was tried in it, and what it found.
 *
 * Workers write outcomes down as lines, whoever asked for them reads them back; a shard's file
 * of them is all that merging needs.
 */
#ifndef VIOSIM_EXPLORE_OUTCOME_H
#define VIOSIM_EXPLORE_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore/trial.h"

/* A fallible call that the plain run of a case makes. */
struct outcome_point {
	uint64_t point;			/* the same number: the same call stack */
	const char *call;		/* static */
	unsigned line;			/* of the driver; 0 if unknown */
	bool can_fail;			/* a fault of the catalogue fits its arguments */
};

struct outcome {
	uint64_t number;		/* of the run, whoever does it; from 1 */
	char base[512];			/* replay id of the case that it varies */
	char plan[384];			/* what is other than in the plain run; "": nothing */
	char group[48];			/* kind of thing tried: a call, an interrupt; "": none */
	uint64_t point;			/* where */
	unsigned steps;			/* of its scenario */
	bool idle;			/* a fault was armed and never struck */
	char ended[32];			/* why a baseline run ended early (trial_ended_early) */
	char lost[96];			/* why there is no result; "": there is */
	uint64_t digest;
	uint32_t events;
	struct trial_finding finding[TRIAL_FINDINGS_MAX];	/* rule and defect are borrowed */
	bool plain[TRIAL_FINDINGS_MAX];		/* the plain run of the case has it too */
	uint64_t cause[TRIAL_FINDINGS_MAX];	/* call stack of the failure behind it, or 0 */
	unsigned findings;
	struct outcome_point *points;	/* of a plain run */
	size_t point_count, point_max;
};

/* Zeroed is fine for the first; what was in it is gone, but not its memory. */
void outcome_clear(struct outcome *outcome);
void outcome_fini(struct outcome *outcome);
/* A point that it has already is not added again; true when it was new. */
bool outcome_add_point(struct outcome *outcome, const struct outcome_point *point);

/* The findings of a run; `plain` (may be NULL) is what the plain run of the case found. */
void outcome_take(struct outcome *outcome, const struct trial_result *result,
    const struct outcome *plain);

/* How a run is counted: by the worst thing it found. */
enum outcome_class {
	OUTCOME_OK,		/* nothing, or what the plain run finds too */
	OUTCOME_KNOWN,		/* defects of the manifest */
	OUTCOME_LINT,		/* a new lint */
	OUTCOME_NEW,		/* a new error */
	OUTCOME_LOST,		/* no result */
	OUTCOME_CLASSES
};
enum outcome_class outcome_class(const struct outcome *outcome);

#endif /* VIOSIM_EXPLORE_OUTCOME_H */
