/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases in processes of their own, several at a time, results in order.
 *
 * A driver that takes its process down takes nothing else down, and after whatever a driver did
 * wrong the process is not used again.  The child says what it has to say into texts; the parent
 * gets them with the verdict.
 */
#ifndef VIOSIM_RUN_ISOLATE_H
#define VIOSIM_RUN_ISOLATE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "machine/crash.h"
#include "machine/regions.h"
#include "run/verdict.h"

#define ISOLATE_TEXTS 4
/* A child that is not done within so much of the host's time is ended: a safety net. */
#define ISOLATE_SECONDS 300

/* What comes back from a case. */
struct isolated {
	struct case_verdict verdict;
	uint64_t digest;
	struct run_counts counts;
	uint64_t wall_ns;		/* of the host, if the child says so */
	struct loops_met loops;
	struct crash_note note;		/* of a child that died */
	bool refused;			/* see run_result */
	bool reusable;			/* it ended as runs do: its process may do another piece */
	char *text[ISOLATE_TEXTS];	/* whatever the work wrote; NUL-terminated, may be empty */
	size_t length[ISOLATE_TEXTS];
};

struct isolate_work {
	size_t count;			/* pieces of work */
	unsigned jobs;			/* at a time, at least 1 */
	unsigned seconds;		/* that a child may take; 0: ISOLATE_SECONDS */
	/*
	 * In the child: do piece `index`, fill in *result, write into the streams.  Runs may use
	 * `regions`: host memory from piece to piece.
	 */
	void (*child)(void *arg, size_t index, struct regions *regions, struct isolated *result,
	    FILE *stream[ISOLATE_TEXTS]);
	/*
	 * In the parent, once for each piece, in order of index.  Returns false to stop early
	 * (--fail-fast): the rest is handed over as VERDICT_SKIPPED, with `stopped` as reason.
	 */
	bool (*done)(void *arg, size_t index, const struct isolated *result);
	const char *stopped;		/* reason of the rest when done() stops; else NULL */
	void *arg;
};

/*
 * After a signal that is deferred (base/cleanup.h) the rest is handed over likewise.
 * False when the host could not start any child more: the rest is handed over as
 * VERDICT_SKIPPED with the reason.
 */
bool isolate_run(const struct isolate_work *work);

#endif /* VIOSIM_RUN_ISOLATE_H */
