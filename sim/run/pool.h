/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of work done by worker processes, several at a time, handed over in order.
 *
 * A worker takes down what it does and nothing else: one that dies, or does not come back within
 * its time, is replaced, and the piece it was at is handed over as lost.  A worker lives on from
 * piece to piece, so that what it has built up (a module, memory) serves all of them, until a
 * piece says that its process is not to do another.
 */
#ifndef VIOSIM_RUN_POOL_H
#define VIOSIM_RUN_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "machine/crash.h"

/* What became of a piece. */
struct pool_result {
	const char *text;		/* that the worker wrote, with a NUL behind; NULL: lost */
	size_t length;
	const char *why;		/* it was lost, in words */
	bool no_memory;			/* for the host had no more memory */
	struct crash_note note;		/* and what was being done then */
};

struct pool_work {
	size_t count;
	unsigned jobs;			/* workers; 0 counts as 1 */
	unsigned seconds;		/* the most that a piece may take; 0: no limit */
	/* In the worker: once, before its first piece; may be NULL. */
	void (*begin)(void *arg);
	/*
	 * In the worker: do piece `index`, write what came of it.  Returns false to end the
	 * process: the next piece gets a new one, forked from the parent as it is then.
	 */
	bool (*piece)(void *arg, size_t index, FILE *out);
	/* In the parent, in order of index.  Returns false when no further piece is wanted. */
	bool (*done)(void *arg, size_t index, const struct pool_result *result);
	/* In the parent, now and then (progress); may be NULL.  False: stop. */
	bool (*tick)(void *arg, size_t done);
	void *arg;
};

/* 0, or the errno for which no worker could be started: what is left was not done. */
int pool_run(const struct pool_work *work);
/* The same; false after a message on stderr. */
bool pool_run_all(const struct pool_work *work);

#endif /* VIOSIM_RUN_POOL_H */
