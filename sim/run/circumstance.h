/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Under what circumstances a known defect shows: the keys of `circumstances` in a manifest.
 */
#ifndef VIOSIM_RUN_CIRCUMSTANCE_H
#define VIOSIM_RUN_CIRCUMSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "run/facts.h"
#include "scenario/scenario.h"

/* All that is said must hold; what is not said is 0, false or empty. */
struct circumstance {
	struct scenario_names rules;	/* it is about these only */
	uint64_t memory_above;		/* pages: the machine has memory beyond */
	struct scenario_names failed;	/* one of these calls failed */
	struct scenario_names config_interrupt, queue_interrupt;	/* `awake`, or calls */
	struct scenario_names behaviour;	/* the device did one of these */
	struct scenario_names because;	/* a cause is in one of these functions of the driver */
	uint64_t odd_target;		/* pages: some target was no multiple of so many */
	uint64_t targets, requests;	/* there were so many */
	bool fact[FACTS];
};

/* What a run found, or `scenario.expect`. */
#define SIGHTING_CAUSES 4
struct sighting {
	const char *scenario;		/* NULL: one that was made up */
	const char *rule;
	const char *where;		/* function of the driver; "" if unknown */
	const struct run_facts *facts;	/* NULL: no circumstance is known, so none is missed */
	uint32_t seq;			/* when it showed */
	const char *because[SIGHTING_CAUSES];	/* functions; NULL or "": none */
};

enum circumstance_kind {
	CIRCUMSTANCE_RULES,		/* struct scenario_names */
	CIRCUMSTANCE_CALLS,
	CIRCUMSTANCE_INTERRUPTED,	/* calls, or the word `awake` */
	CIRCUMSTANCE_BEHAVIOURS,
	CIRCUMSTANCE_FUNCTIONS,
	CIRCUMSTANCE_AMOUNT,		/* uint64_t, pages */
	CIRCUMSTANCE_COUNT,		/* uint64_t, 1 to FACTS_COUNTED_MAX */
	CIRCUMSTANCE_FLAG		/* bool; only true may be said */
};

struct circumstance_key {
	const char *name;		/* NULL ends the table */
	enum circumstance_kind kind;
	size_t offset;			/* in struct circumstance */
	/* Does what is said hold?  NULL: it is no circumstance by itself. */
	bool (*holds)(const struct circumstance *c, const struct sighting *sighting);
	const char *missing;		/* "no memory above %s here" */
};

extern const struct circumstance_key circumstance_keys[];

/* Is that key said? */
bool circumstance_says(const struct circumstance *c, const struct circumstance_key *key);
/* What is said for it: "4GiB", "virtio_enqueue_prep, virtio_enqueue_reserve". */
void circumstance_print(const struct circumstance *c, const struct circumstance_key *key,
    FILE *stream);

/*
 * Does one of the circumstances hold, or are there none?  If not, `why` says what is missing
 * of the first that is about that rule.
 */
bool circumstances_hold(const struct circumstance *list, size_t count,
    const struct sighting *sighting, char *why, size_t size);

#endif /* VIOSIM_RUN_CIRCUMSTANCE_H */
