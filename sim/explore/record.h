/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The record of an exploration: one JSON object a line, with one writer and one reader, which
 * workers, state files, NDJSON files and `viosim merge` share.
 *
 * A file begins with a head and ends with an end; between them stand runs, in order, and scenarios.
 * Each of its lines is sealed.  What a worker says of a job is runs, children, and at
 * last a job_end: the sums, of which those runs are a part that were not written.
 */
#ifndef VIOSIM_EXPLORE_RECORD_H
#define VIOSIM_EXPLORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/vec.h"
#include "explore/perturb.h"
#include "explore/trial.h"

/*
 * A seal: each JSON object of a file ends with a sum over itself and all lines before it.  A line
 * that was changed, taken out, put in, doubled or moved is found where it stands.  (That lines are
 * missing at the end is for a last line to tell.)
 */
struct seal {
	uint64_t sum;			/* of the lines so far; 0 at the beginning of a file */
};

/* Write a line (one JSON object with at least one member, no newline) with its sum. */
void seal_write(struct seal *seal, const char *line, size_t length, FILE *stream);

/*
 * Does that line (without its newline) follow?  Then its sum is cut off, in place: `line` is as
 * it was given to seal_write(), *length with it.  Else nothing is changed.
 */
bool seal_open(struct seal *seal, char *line, size_t *length);

#define RECORD_VERSION 5

/*
 * What the newest perturbation interrupted or made fail, in words: two mistakes can end in the
 * same finding.  "": not distinguished.
 */
#define RECORD_CAUSE 160

struct record_finding {
	struct trial_finding finding;	/* its `defect` is not used, but: */
	char known[64];			/* id of the defect of the manifest; "": none */
	bool baseline;			/* the baseline run of the case has it too */
	bool inherited;			/* the run that this one adds a perturbation to had it */
	char cause[RECORD_CAUSE];
};

/* A fallible call that the baseline run of a case makes. */
struct record_point {
	uint64_t point;			/* the same number: the same call stack */
	char call[48];
	char file[64];			/* of the driver; "": unknown */
	unsigned line;
	bool can_fail;			/* with these arguments */
};

struct record {
	uint64_t number;		/* of the run; from 1 */
	char base[512];			/* replay id of the case that it varies */
	char plan[PLAN_TEXT];		/* what is other than in the baseline run; "": nothing */
	char group[48];			/* kind of thing tried: a call, an interrupt; "": none */
	uint64_t point;			/* where */
	unsigned steps;			/* of its scenario */
	bool idle;			/* a fault was armed and never struck */
	char ended[32];			/* why a baseline run ended early (trial_ended_early()) */
	char lost[96];			/* why there is no result; "": there is */
	uint64_t digest;
	uint32_t events;
	double bound;			/* probability of finding a bug (generate.h); 0: none */
	unsigned dropped;		/* findings beyond TRIAL_FINDINGS_MAX */
	struct { VEC_MEMBERS(struct record_finding); } findings;
	struct { VEC_MEMBERS(struct record_point); } points;	/* of a baseline run */
};

/* What was explored.  Two parts fit each other if all but `shard` is the same. */
struct record_site { char call[48], file[64]; unsigned line; char function[64]; };
struct record_head {
	unsigned version;
	char command[16];		/* "sweep", "explore" */
	char driver[256];		/* module, as given */
	char options[256];		/* that decide which runs there are */
	unsigned shard, shards;		/* 1 of 1: all */
	struct { VEC_MEMBERS(struct record_site); } sites;
};

/* A small scenario that shows a finding. */
struct record_reduced {
	uint64_t key;			/* of the finding */
	char cause[RECORD_CAUSE];
	uint64_t from;			/* number of the run that was reduced */
	char *scenario;			/* YAML */
	char *why;			/* one sentence, or NULL */
	unsigned steps;
	bool complete;			/* nothing more could be taken away */
	bool verified;			/* printed, loaded and run anew, it shows the finding */
};

struct record_child {			/* more work that a job came upon */
	char plan[PLAN_TEXT];
	uint64_t point;
	uint32_t seq;
};

struct record_differ {			/* a run that was not the same when it was done again */
	char plan[PLAN_TEXT];
	char *why;
};

/* Of runs that were not written: so many had that finding, for that cause. */
struct record_silent { uint64_t key; char cause[RECORD_CAUSE]; uint64_t runs; };
struct record_job_end {
	uint64_t runs;			/* all of the job */
	uint64_t skipped;		/* as equivalent */
	uint64_t limited;		/* ended by their number of events */
	uint64_t points;		/* injection points of the run that it started from */
	uint64_t left_out;		/* numbers of the host that are not tried */
	uint64_t cpus;
	double bound;			/* the least of any run; 0: none */
	bool cut;			/* it ended there, with more to do: */
	unsigned kind;
	uint64_t at;
	struct { VEC_MEMBERS(struct record_silent); } silent;
};

struct record_end {
	char how[16];			/* "complete", or "cut" by a bound */
	uint64_t runs;			/* lines of them in this file */
	uint64_t cases_left;		/* cases whose baseline run was not done */
	uint64_t lost;			/* jobs that took their process with them */
	uint64_t differ;		/* runs that were not the same twice */
	uint64_t planned;		/* sweep: units of all parts together */
};

enum record_kind {
	RECORD_BAD, RECORD_HEAD, RECORD_RUN, RECORD_REDUCED, RECORD_CHILD, RECORD_DIFFER,
	RECORD_JOB_END, RECORD_END, RECORD_KINDS
};

/* A line read; all-zero to begin with, the next one takes its place. */
struct record_line {
	enum record_kind kind;
	struct record_head head;
	struct record run;
	struct record_reduced reduced;
	struct record_child child;
	struct record_differ differ;
	struct record_job_end job_end;
	struct record_end end;
};

/* RECORD_BAD: `why` says what is wrong.  A line may come from anywhere: nothing is believed. */
enum record_kind record_read(struct record_line *line, const char *text, size_t length, char *why,
    size_t why_size);
void record_line_fini(struct record_line *line);

/* `what` is the struct of that kind; `seal` may be NULL. */
void record_write(enum record_kind kind, const void *what, struct seal *seal, FILE *stream);

void record_clear(struct record *run);	/* keeps its memory */
void record_fini(struct record *run);
void record_reduced_fini(struct record_reduced *reduced);

/*
 * What a run found; what the baseline run of its case found, and the run that it adds a
 * perturbation to (either may be NULL).
 */
void record_take(struct record *run, const struct trial_result *result,
    const struct trial_result *baseline, const struct trial_result *parent);

/* Of a leak the place is where the memory came from, whatever it was that lost it. */
bool record_is_leak(const struct record_finding *found);

/* How a run is counted: by the worst thing it found. */
enum record_class {
	RECORD_OK,		/* nothing, or what the baseline run finds too */
	RECORD_KNOWN,		/* defects of the manifest */
	RECORD_LINT,		/* a new lint */
	RECORD_NEW,		/* a new error */
	RECORD_LOST,		/* no result */
	RECORD_CLASSES
};
enum record_class record_class(const struct record *run);

#endif /* VIOSIM_EXPLORE_RECORD_H */
