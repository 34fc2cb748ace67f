/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a walk writes: one JSON object a line, and the same read again.
 */
#ifndef VIOSIM_EXPLORE_WALK_OUT_H
#define VIOSIM_EXPLORE_WALK_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "explore/deviation.h"
#include "explore/trial.h"
#include "explore/walk.h"

/* ---- writing ---- */

#define WALK_KEYS_MAX 1024
/*
 * What the newest deviation interrupted or made fail, in words: two mistakes can end in the same
 * finding.  "": the run that it deviates from has the finding too.
 */
#define WALK_CAUSE 96

struct walk_out {
	FILE *stream;
	const char *id;			/* of the case */
	bool lines;
	struct { uint64_t key, runs; char cause[WALK_CAUSE]; } found[WALK_KEYS_MAX];
	unsigned founds;
	uint64_t runs;			/* so far, the one it started from too if it is told */
	uint64_t walked;		/* so far, without that */
	uint64_t skipped;		/* as equivalent */
	uint64_t children;
	size_t moments;			/* of the run it started from */
	bool ended;			/* the baseline run ended early */
	struct walk_place place;	/* where it is */
	bool cut;			/* it ended there, with more to do */
	double bound;			/* the least so far; 0: none */
};

struct walk_run {
	const struct plan *plan;	/* or NULL, and then */
	const char *drawn;		/* how the run came about */
	double bound;			/* of finding a mistake, 0: none is known */
	struct edit *edit;
	const struct trial_result *result;
	const struct trial_result *parent;	/* of the run that it deviates from; NULL: plain */
	const char *cause;
};

void walk_out_init(struct walk_out *out, FILE *stream, const char *id, bool lines);
/* True when the run has a finding that none before it had. */
bool walk_out_run(struct walk_out *out, const struct walk_run *run);
void walk_out_child(struct walk_out *out, const struct plan *plan);
void walk_out_differ(struct walk_out *out, const char *what, const char *why);
void walk_out_end(struct walk_out *out);

/* ---- reading ---- */

/* A finding as it first showed in a walk, for that cause. */
struct walk_found {
	struct trial_finding finding;
	const char *cause, *plan, *scenario;
	uint64_t number;		/* of the run in the walk */
	size_t steps;
};

struct walk_end {
	uint64_t runs, skipped, moments;
	bool ended;			/* the baseline run ended early */
	double bound;			/* the least of any run; 0: none */
	bool cut;			/* the walk goes on there */
	struct walk_place place;
};

/* What to do with each kind of line; false from any of them: the line makes no sense. */
struct walk_reader {
	/* The members of the object, to be put after {"run":NUMBER, (report/explored.h). */
	bool (*run)(void *arg, const char *line);
	bool (*found)(void *arg, const struct walk_found *found);
	/* So many runs had that finding, for that cause. */
	bool (*count)(void *arg, uint64_t key, const char *cause, uint64_t runs);
	bool (*child)(void *arg, const char *plan);
	bool (*differ)(void *arg, const char *plan, const char *why);
	bool (*end)(void *arg, const struct walk_end *end);
	void *arg;
};

/* Reads to the end; false at the first line that is not as it should be, or without an "end". */
bool walk_read(const struct walk_reader *reader, const struct manifest *manifest,
    const char *text);

#endif /* VIOSIM_EXPLORE_WALK_OUT_H */
