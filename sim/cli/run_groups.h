/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failing cases by what failed in them.
 *
 * The reasons of a case are lines as failure_reasons() writes them: the first is what the case
 * is listed by, the others showed beside it.  Two reasons are alike when they differ in numbers
 * only, behind the same place and rule.
 */
#ifndef VIOSIM_CLI_RUN_GROUPS_H
#define VIOSIM_CLI_RUN_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/vec.h"

struct run_reason {
	char *reason;
	size_t cases;
};

struct run_group {			/* cases whose first reason is alike */
	struct run_reason first;
	char *first_id;
	struct { VEC_MEMBERS(struct run_reason); } besides;	/* what else failed in them */
};

struct run_same {			/* of the present scenario: cases alike in all reasons */
	char *reasons, *scenario, *first_id;
	struct { VEC_MEMBERS(char *); } ids;	/* those after the first */
};

struct run_groups {
	struct { VEC_MEMBERS(struct run_group); } groups;
	struct { VEC_MEMBERS(struct run_same); } sames;
};

/*
 * A failing case.  True when it is the first of its scenario with these reasons, and is to be
 * printed in full; the others are listed by run_groups_same().
 */
bool run_groups_add(struct run_groups *groups, const char *id, const char *scenario,
    const char *reasons);
/* The scenario is over: prints which cases failed like one that was printed (NULL: not). */
void run_groups_same(struct run_groups *groups, FILE *stream);
/* The failures, most frequent first. */
void run_groups_print(struct run_groups *groups, FILE *stream);
void run_groups_fini(struct run_groups *groups);

#endif /* VIOSIM_CLI_RUN_GROUPS_H */
