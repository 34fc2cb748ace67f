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

#include "run/circumstance.h"
#include "scenario/diag.h"
#include "scenario/scenario.h"

struct defect {
	const char *id;			/* "viomb-03" */
	const char *title;
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
	const char *driver, *source, *api, *device;
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
