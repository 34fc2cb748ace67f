/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver's manifest: what it is, and the defects it is known to have.
 *
 * Scenarios say what is right; the manifest says which driver gets it wrong.
 */
#ifndef VIOSIM_RUN_MANIFEST_H
#define VIOSIM_RUN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "run/facts.h"
#include "scenario/diag.h"
#include "scenario/scenario.h"

/* ---- circumstance.c: under what circumstances a known defect shows ---- */

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

/* What stands behind a key and, in brackets, what holds it. */
enum manifest_kind {
	MANIFEST_TEXT,			/* [const char *] */
	MANIFEST_FILE,			/* a path [const char *] */
	MANIFEST_RULES,			/* names, or one [struct scenario_names], as these: */
	MANIFEST_WHERE,			/* functions of this driver */
	MANIFEST_SCENARIOS,
	MANIFEST_CALLS,
	MANIFEST_INTERRUPTED,		/* calls, or the word `awake` */
	MANIFEST_BEHAVIOURS,
	MANIFEST_FUNCTIONS,
	MANIFEST_ERAS,			/* of the kernel's interface */
	MANIFEST_AMOUNT,		/* [uint64_t, pages] */
	MANIFEST_COUNT,			/* 1 to FACTS_COUNTED_MAX [uint64_t] */
	MANIFEST_FLAG,			/* only true may be said [bool] */
	MANIFEST_DEFECTS,		/* a list of maps */
	MANIFEST_CIRCUMSTANCES		/* a map, or a list of maps */
};

struct manifest_key {
	const char *name;		/* NULL ends the table */
	enum manifest_kind kind;
	size_t offset;			/* in struct manifest, defect or circumstance */
	bool required;
	/* Of a circumstance: does what is said hold?  NULL: it is a fact, or none by itself. */
	bool (*holds)(const struct circumstance *c, const struct sighting *sighting);
	const char *missing;		/* "no memory above %s here" */
};

extern const struct manifest_key circumstance_keys[];

/* Is that key said? */
bool circumstance_says(const struct circumstance *c, const struct manifest_key *key);
/* What is said for it: "4GiB", "virtio_enqueue_prep, virtio_enqueue_reserve". */
void circumstance_print(const struct circumstance *c, const struct manifest_key *key,
    FILE *stream);

/*
 * Does one of the circumstances hold, or are there none?  If not, `why` says what is missing
 * of the first that is about that rule.
 */
bool circumstances_hold(const struct circumstance *list, size_t count,
    const struct sighting *sighting, char *why, size_t size);

/* ---- manifest.c ---- */

struct defect {
	const char *id;			/* "viomb-03" */
	const char *title;
	struct scenario_names eras;	/* it is there in drivers for one of these; none: all */
	struct scenario_names rules;	/* rule ids by which it shows */
	struct scenario_names where;	/* driver functions; empty: anywhere */
	struct scenario_names scenarios;	/* "area/situation", or "area/" and a star */
	struct scenario_names explored;	/* those whose exploration shows it */
	struct circumstance *circumstance;	/* it shows when one of these holds, */
	size_t circumstances;		/* or always, if there is none */
	const char *finding;		/* document, relative to the repository; or NULL */
	const char *fix;		/* patch, or NULL */
	struct loc loc;
};

struct manifest {
	const char *path;
	const char *driver, *source, *device;
	struct scenario_names eras;	/* that it has the defects of */
	struct defect *defects;
	size_t count;
	struct arena *arena;
};

/* What a manifest may name; each list ends with NULL, or is NULL: not looked up. */
struct manifest_names {
	const char *const *scenarios;	/* "area/situation" */
	const char *const *functions;	/* of the driver */
};

/*
 * Leave out the defects that a driver for that era has not.  False: the manifest is for others.
 * NULL is the first era that it is for.
 */
bool manifest_for_era(struct manifest *manifest, const char *era);

/*
 * The file that a manifest names by `fix` or `finding`: beside the manifest, in the folder above,
 * or among the files of viosim.  Heap; NULL: there is none.
 */
char *manifest_file(const char *manifest_path, const char *name);

/* NULL after errors, all of which are in the list.  Without `names` nothing is looked up. */
struct manifest *manifest_load(const char *path, const struct scenario_vocab *vocab,
    const struct manifest_names *names, struct diag_list *diags);
void manifest_free(struct manifest *manifest);		/* NULL is fine */

/* Does the file look like a manifest, and not like a scenario?  It may have errors. */
bool manifest_is_one(const char *path);

/* Does the defect name this scenario, or its area? */
bool defect_names(const struct defect *defect, const char *scenario);

/* A defect that is like what was found and does not explain it, and why not. */
struct defect_like {
	const struct defect *defect;	/* NULL: there is none */
	char why[128];			/* which circumstance is missing; "": only the scenario is
					   another */
};

/*
 * The known defect behind what was found: one that lists the rule and the function, if that is
 * known, and the scenario, if it is none that was made up, and whose circumstances hold.  The
 * first; NULL if there is none and for no manifest.  `like` may be NULL.
 */
const struct defect *manifest_explains(const struct manifest *manifest,
    const struct sighting *sighting, struct defect_like *like);

#endif /* VIOSIM_RUN_MANIFEST_H */
