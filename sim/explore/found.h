/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios of findings, as files: named by the rule and the function, with the reason and the
 * command that replays at their head.
 */
#ifndef VIOSIM_EXPLORE_FOUND_H
#define VIOSIM_EXPLORE_FOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "explore/edit.h"
#include "explore/trial.h"

#define FOUND_FOLDER "scenarios/found"
#define FOUND_PATH_MAX 512

struct found {
	struct edit *edit;		/* the scenario */
	const struct trial_finding *finding;	/* that it shows */
	const char *why;		/* one sentence more (shrink.h), or NULL */
	const char *driver;		/* the module, as `viosim run --driver` takes it */
};

/* The file with that path; `bare`: without the comment at its head. */
void found_print(const struct found *found, const char *path, bool bare, FILE *stream);

/*
 * Write it to a path of one's own, or into a folder (made if it is not there) as
 * <rule>-<function>.yaml.  There a file of another finding, or of the same one with another
 * reason, is never touched: then it is <rule>-<function>-2.yaml and so on; an earlier file of
 * the same finding is replaced.  All at once or not at all.  False after a message on stderr;
 * `path` gets where it is.
 */
bool found_write(const struct found *found, const char *path);
bool found_save(const struct found *found, const char *folder, char path[FOUND_PATH_MAX]);

/* The same for a scenario that is text; false also when it does not load. */
bool found_save_text(const char *scenario, const struct trial_finding *finding,
    const char *why, const char *driver, const char *folder, char path[FOUND_PATH_MAX]);

/* One edit of a scenario that is text, on its first machine; NULL when it does not load. */
struct found_text {
	struct scenario_doc *doc;	/* the edit borrows from it */
	struct edit *edit;
};
bool found_load(struct found_text *text, const char *scenario);
void found_unload(struct found_text *text);

#endif /* VIOSIM_EXPLORE_FOUND_H */
