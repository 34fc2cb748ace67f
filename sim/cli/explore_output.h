/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `viosim explore` prints: findings as they come, progress, the report.
 */
#ifndef VIOSIM_CLI_EXPLORE_OUTPUT_H
#define VIOSIM_CLI_EXPLORE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/explore.h"
#include "report/explored.h"

struct explore_output {
	FILE *ndjson;			/* NULL: not wanted */
	struct atomic *file;		/* that is it */
	struct explored_file lines;	/* and what goes into it */
	bool quiet;
	bool bar;			/* there is a terminal to show progress on */
	bool shown;			/* a bar stands there now */
	uint64_t ms_max;		/* for the bar: when exploring ends at the latest; 0 */
	size_t left_out;		/* cases that this driver cannot be run in */
	unsigned shard, shards;		/* 1 of 1: everything */
};

/* False after a message. */
bool explore_output_open(struct explore_output *output, const char *ndjson, bool quiet);
/* The first line of NDJSON, if that is wanted; the last ones after the report. */
void explore_output_head(struct explore_output *output, const struct explore *explore,
    const char *driver);
void explore_output_stories(struct explore_output *output, const struct explore *explore);
/* Without `keep` the file is left as it was.  False, after a message, if it was not written. */
bool explore_output_close(struct explore_output *output, bool keep);

/* For struct explore; `output` is a struct explore_output. */
void explore_output_line(void *output, const char *json);
void explore_output_found(void *output, const struct cluster *cluster, const char *id,
    const char *plan);
void explore_output_tick(void *output, const struct explore *explore);
void explore_output_tick_over(struct explore_output *output);

/* The report; returns the exit code that it comes to. */
int explore_output_report(struct explore_output *output, const struct explore *explore);
/* Into that folder, for the driver of that path.  False after messages. */
bool explore_output_save(const struct explore *explore, const char *driver,
    const char *folder);

#endif /* VIOSIM_CLI_EXPLORE_OUTPUT_H */
