/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploration as NDJSON: one object a line, so that runs done elsewhere can be put together.
 *
 * The first line is the head: {"viosim":2,"explored":"sweep",...}.  Then one line for each run,
 * in order: {"run":N,...}.  Then one for each new mistake: {"found":KEY,"scenario":YAML}.  The
 * last one says how it ended: {"end":"complete",...}; a file without it was cut off.  Each line
 * of a file is sealed (explore/seal.h).
 */
#ifndef VIOSIM_REPORT_EXPLORED_H
#define VIOSIM_REPORT_EXPLORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/outcome.h"
#include "explore/seal.h"
#include "explore/tally.h"

#define EXPLORED_VERSION 2

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
	uint64_t from;			/* number of the run that was shrunk; 0: not known */
	char *scenario;			/* YAML; heap, explored_story_fini() */
	char *why;			/* one sentence, or NULL; heap as well */
	unsigned steps;
	bool complete;			/* nothing could be taken away */
};

/* How it ended. */
struct explored_end {
	bool complete;			/* nothing was left out: no bound ended it early */
	uint64_t runs;			/* lines of them in this file */
	uint64_t cases_left;		/* cases whose plain run was not done */
	uint64_t lost;			/* pieces of work that took their process with them;
					   of a sweep each is a run, too */
	uint64_t differ;		/* runs that were not the same twice */
};

/* A line of text, for whoever reads it in another process: not sealed. */
void explored_write(const struct outcome *outcome, FILE *stream);
void explored_write_story(const struct explored_story *story, FILE *stream);
void explored_story_fini(struct explored_story *story);

/* A file; errors of the stream are found by whoever closes it. */
struct explored_file {
	FILE *stream;
	struct seal seal;
	uint64_t runs;
};
void explored_file_init(struct explored_file *file, FILE *stream);
void explored_file_head(struct explored_file *file, const struct explored_head *head,
    const struct tally *sites);
void explored_file_run(struct explored_file *file, const struct outcome *outcome);
/* The same, as text: {"run":NUMBER, and the other members are added. */
void explored_file_members(struct explored_file *file, uint64_t number, const char *members);
void explored_file_story(struct explored_file *file, const struct explored_story *story);
/* The last line; `runs` is filled in. */
void explored_file_end(struct explored_file *file, const struct explored_end *end);

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
	EXPLORED_HEAD, EXPLORED_RUN, EXPLORED_STORY, EXPLORED_END
};

/* Where a line goes, each kind into its own; NULL: that kind is not expected. */
struct explored_into {
	struct explored_head *head;
	struct tally *sites;		/* call sites of a head are added */
	struct outcome *outcome;
	struct explored_story *story;
	struct explored_end *end;
};

/* Take one line of `length` bytes apart; its seal has been opened, or it has none. */
enum explored_line explored_read(struct explored_reader *reader, const char *line,
    size_t length, const struct explored_into *into, char *why, size_t why_size);

#endif /* VIOSIM_REPORT_EXPLORED_H */
