/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was meant by a name that is not there.
 */
#ifndef VIOSIM_CLI_SUGGEST_H
#define VIOSIM_CLI_SUGGEST_H

#include <stddef.h>

#include "cli/cli.h"

/*
 * Each prints one line on stderr: what is not there, and the nearest that is, or how to list what
 * is.  This one says which parameter, value or part of the machine of a replay id no case of the
 * document has.
 */
void suggest_case(const struct scenario_doc *doc, const struct scenario_ref *ref);

bool cli_ends_in(const char *name, const char *ending);	/* behind at least one byte */

/* "inflate/odd-target" of "./scenarios//inflate/odd-target.yaml"; of the arena. */
const char *suggest_scenario_id(const char *path, struct arena *arena);

/* No scenario, file or folder has this name; `ids` are those below scenarios/. */
void suggest_scenario(const char *name, const char *const *ids, size_t count);

/* No case has this tag. */
void suggest_tag(const struct cli_cases *cases, const char *tag);

#endif /* VIOSIM_CLI_SUGGEST_H */
