/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploration as NDJSON: one object a line, so that runs done elsewhere can be put together.
 *
 * The first line is the head: {"viosim":1,"explored":"sweep",...}.  Then one line for each run,
 * in order: {"run":N,...}.  At the end one for each new mistake: {"found":KEY,"scenario":YAML}.
 */
#ifndef VIOSIM_REPORT_EXPLORED_H
#define VIOSIM_REPORT_EXPLORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/outcome.h"
#include "explore/tally.h"

#define EXPLORED_VERSION 1

/* What was explored.  Two shards fit each other if all but `shard` is the same. */
struct explored_head {
	char command[16];		/* "sweep", "explore" */
	char driver[256];		/* module, as given */
	char options[256];		/* that decide which runs there are */
	unsigned shard, shards;		/* 1 of 1: all */
	uint64_t planned;		/* runs of all shards together; 0: not known before */
};

/* A story that shows a mistake. */
struct explored_story {
	uint64_t key, cause;		/* of the cluster */
	char *scenario;			/* YAML; heap, explored_story_fini() */
	char *why;			/* one sentence, or NULL; heap as well */
	unsigned steps;
	bool complete;			/* nothing could be taken away */
};

void explored_write_head(const struct explored_head *head, const struct tally *sites,
    FILE *stream);
void explored_write(const struct outcome *outcome, FILE *stream);
void explored_write_story(const struct explored_story *story, FILE *stream);
void explored_story_fini(struct explored_story *story);

/*
 * Reading.  Defects that outcomes name are kept here, by id; outcomes point to them.
 */
struct explored_reader {
	struct defect **defect;
	size_t defects;
	const struct manifest *manifest;	/* whose defects are taken first; or NULL */
};
void explored_reader_init(struct explored_reader *reader, const struct manifest *manifest);
void explored_reader_fini(struct explored_reader *reader);

enum explored_line {
	EXPLORED_BAD,			/* `why` says what is wrong */
	EXPLORED_HEAD, EXPLORED_RUN, EXPLORED_STORY
};

/*
 * Take one line of `length` bytes apart, into whichever of the three it is for.  Call sites of
 * a head are added to `sites`.
 */
enum explored_line explored_read(struct explored_reader *reader, const char *line,
    size_t length, struct explored_head *head, struct tally *sites, struct outcome *outcome,
    struct explored_story *story, char *why, size_t why_size);

#endif /* VIOSIM_REPORT_EXPLORED_H */
