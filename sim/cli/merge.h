/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading what `viosim sweep --ndjson` and `explore --ndjson` wrote: cmd_merge.c.
 */
#ifndef VIOSIM_CLI_MERGE_H
#define VIOSIM_CLI_MERGE_H

#include <stdbool.h>

#include "cli/results.h"
#include "explore/tally.h"

/* Files that are put together; all-zero to begin with. */
struct merge {
	struct record_head head;	/* of the first file; its sites are in the tally */
	const char *first;		/* its name; NULL: none yet */
	const char **from;		/* by part: the file that it came from */
	struct tally tally;
	struct record_line line;
	struct record_end end;		/* of all files together */
	bool ended, cut;		/* one of them has ended; has been cut by a bound */
	bool lints_fail;
	const char *json_summary;
	struct cli_results result_flags;
	struct cli_results_out results;
	struct { VEC_MEMBERS(char *); } cases;	/* that have a baseline run: replay ids */
};

/* Take a file; false after a message with its line.  The name is borrowed. */
bool merge_read(struct merge *merge, const char *path);
void merge_fini(struct merge *merge);
/* What they come to: the exit code of the sweep, or of the exploration. */
int merge_code(const struct merge *merge);
/* A device may go on for ever; false: it is no file, pipe or terminal. */
bool merge_ends(FILE *stream);

#endif /* VIOSIM_CLI_MERGE_H */
