/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What many cases came to, for the formats that other programs read (formats.h): cases in order,
 * and each problem once, with how many cases had it.
 *
 * All texts that are handed over are copied; what is handed out belongs to the results.
 */
#ifndef VIOSIM_REPORT_RESULTS_H
#define VIOSIM_REPORT_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/vec.h"
#include "rules/finding.h"
#include "run/verdict.h"

enum problem_level {
	PROBLEM_ERROR,			/* fails a case */
	PROBLEM_WARNING,		/* a lint */
	PROBLEM_NOTE			/* a known defect explains it */
};

struct problem_place {
	const char *file;		/* NULL: not known */
	unsigned line, column;		/* from 1; 0: not known */
	unsigned width;			/* characters that are meant; 0: not known */
	const char *function;		/* of the driver, or NULL */
	const char *text;		/* of a cause: what happened there */
};

/* A finding, a failed expectation, an error in a file.  All-zero but for what is known. */
struct problem {
	enum problem_level level;
	const char *rule;		/* its id */
	const char *text;		/* one sentence */
	struct problem_place place;
	struct problem_place because[BECAUSE_MAX];
	unsigned becauses;
	const char *known;		/* id of the known defect, or NULL */
	const char *group;		/* equal groups have one cause; NULL: its rule and file */
	bool by_itself;			/* not the consequence of another one of its case */
	/* Filled in for those that are alike. */
	size_t cases;			/* that had it */
	size_t failed;			/* of these: it is the first reason why they failed */
	const char *first, *replay;	/* the first such case and its command; or NULL */
	struct problem_place scenario;	/* of that case */
};

struct problems { VEC_MEMBERS(struct problem); };

struct result_case {
	const char *id;			/* replay id: "area/situation#1.0,bounce" */
	struct problem_place scenario;	/* or the file that is wrong */
	enum verdict verdict;
	const char *message;		/* one line: why it did not pass; or NULL */
	const char *text;		/* what it printed, or NULL */
	const char *replay;		/* the command that runs it again, or NULL */
	struct problems reasons;	/* why it failed, as failure_reasons() orders them */
	struct { VEC_MEMBERS(const char *); } known;	/* "viomb-06: title" */
	uint64_t wall_ns, virtual_ns;
};

struct result_defect {			/* a known defect that showed */
	const char *id, *title, *page;	/* page: its document, or NULL */
	size_t cases;
};

struct result_path { const char *file, *path; };

struct results {
	/* What was run; each may be NULL. */
	const char *command, *version, *driver, *driver_hash, *rcsid, *manifest;
	const char *aborted;		/* why not all was done, or NULL */
	time_t begin;			/* UTC */
	uint64_t wall_ns;
	struct { VEC_MEMBERS(struct result_case); } cases;
	struct problems problems;	/* each once, in the order in which they came up */
	struct { VEC_MEMBERS(struct result_defect); } defects;
	size_t lints, lint_cases;	/* of cases that passed */
	/* Folders in which a driver's file without a folder is looked for. */
	struct { VEC_MEMBERS(const char *); } sources;
	struct { VEC_MEMBERS(struct result_path); } paths;	/* found so far */
	struct { VEC_MEMBERS(char *); } texts;		/* all copies */
};

struct results *results_new(const char *command);
void results_free(struct results *results);		/* NULL is fine */
/* A copy that lives as long as they do; NULL of NULL. */
const char *results_keep(struct results *results, const char *text);
/* The same, formatted. */
const char *results_print(struct results *results, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A file's path seen from the current folder, where it is found. */
const char *results_path(struct results *results, const char *file);

/* A case more: valid until the next.  Its id is copied. */
struct result_case *results_case(struct results *results, const char *id, enum verdict verdict);
/* What failure_told_json() wrote of the newest case. */
void results_told(struct results *results, const char *told);
/*
 * A problem of the newest case (`reason`: it failed because of it), or of none.  Its texts are
 * copied; the driver's files become paths where they are found.
 */
void results_problem(struct results *results, const struct problem *problem, bool reason);

struct result_counts {
	size_t cases, passed, failed, errors, skipped, not_applicable;
	uint64_t wall_ns, virtual_ns;
};
/* Of all cases whose area is that of `id`; NULL: of all. */
struct result_counts results_count(const struct results *results, const char *id);
/* The area of a case: "inflate"; "scenarios" if it has none.  At most `size` bytes. */
void results_area(const char *id, char *area, size_t size);
bool results_same_area(const char *a, const char *b);

/* Those that the cases failed by, most frequent first; errors of no case too.  Of the heap. */
const struct problem **results_causes(const struct results *results, size_t *count);

/* "driver/viomb.c:619", "a.yaml:3:7", or nothing. */
void problem_print_place(const struct problem_place *place, FILE *stream);

#endif /* VIOSIM_REPORT_RESULTS_H */
