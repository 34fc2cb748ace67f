/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pieces of work done by worker processes that live on, in the order of the pieces.
 *
 * A worker is forked once and does many pieces, so that what it has built up (a module, a
 * shelf) serves all of them.  One that dies, or does not come back within its time, is
 * replaced, and the piece it was at is handed over as lost.
 */
#ifndef VIOSIM_EXPLORE_POOL_H
#define VIOSIM_EXPLORE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct pool_work {
	size_t count;
	unsigned jobs;			/* workers, at least 1 */
	unsigned seconds;		/* the most that a piece may take; 0: no limit */
	/* In the worker: once, before its first piece. */
	void (*begin)(void *arg);
	/* In the worker: do piece `index`, write what came of it. */
	void (*piece)(void *arg, size_t index, FILE *out);
	/*
	 * In the parent, in order of index.  `text` is NULL when the piece was lost; `why` then
	 * says how.  Returns false when no further piece is wanted.
	 */
	bool (*done)(void *arg, size_t index, const char *text, size_t length,
	    const char *why);
	/* In the parent, now and then (progress); may be NULL.  False: stop. */
	bool (*tick)(void *arg, size_t done);
	void *arg;
};

/* False when the host could not run the workers (message on stderr). */
bool pool_run(const struct pool_work *work);

#endif /* VIOSIM_EXPLORE_POOL_H */
