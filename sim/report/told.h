/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a page is made of: records, sorted by what failed in them.  For the told*.c, which read, and
 * the page*.c, which write.
 */
#ifndef VIOSIM_REPORT_TOLD_H
#define VIOSIM_REPORT_TOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "base/sbuf.h"
#include "base/vec.h"
#include "report/page.h"
#include "run/module.h"

/* A case as it is recorded; what is not there is NULL. */
struct page_told {
	json_t *header, *findings, *failures, *verdict;
	json_t *story;			/* its events, for the script (told_story.c) */
};

/* Cases that are alike in all that failed in them: one of them is told in full. */
struct page_kind {
	char *key;			/* what failed */
	char *cause;			/* by what they are listed */
	json_t *reason;			/* that finding or failure, of told.findings or .failures */
	struct page_told told;		/* the first */
	struct page_told beside;	/* the same case with another driver */
	struct { VEC_MEMBERS(size_t); } cases;	/* their numbers */
};

#define PAGE_NONE SIZE_MAX

struct page_case {
	char *id;
	char *verdict;			/* "passed", ... */
	char *reason;			/* of what has no result; or NULL */
	size_t kind;			/* PAGE_NONE: it did not fail */
	bool failed_before, passed_before;
	bool ran_beside, failed_beside;
};

/* Kinds of one cause, the most frequent cause first. */
struct page_cause {
	const char *cause;
	struct { VEC_MEMBERS(size_t); } kinds;
	size_t cases, fresh;		/* fresh: passed before */
	size_t passed_beside;
};

struct page_known {			/* a known defect that showed */
	char *id;
	json_t *finding;		/* one of it */
	size_t cases, last;		/* last: number of the last case that counted */
};

struct page_module {
	char *path;
	struct module_texts texts;
	char *trouble;			/* why its texts are not those that ran; NULL: they are */
};

/* A reader's place in one part. */
struct page_reader {
	struct page_told told;		/* of the present case; no header: between two cases */
	struct sbuf events;		/* its events as they stand */
	size_t events_read;
	json_int_t next_seq;		/* of the event that comes next */
};

struct page {
	const char *usual_driver;
	struct page_reader reader[PAGE_PARTS];
	json_t *head[PAGE_PARTS];	/* the first header that says what ran; or NULL */
	json_t *hashes[PAGE_PARTS];	/* of the modules, by path */
	bool has_before, has_beside;
	bool compares;			/* there is an earlier record that is of the same */
	char *incomparable;		/* why it is not; or NULL */
	char *ended;			/* what ended viosim before all had run; or NULL */
	/* Of all that was explored. */
	char *explored_driver;		/* or NULL: nothing was */
	struct page_news explored;
	struct { VEC_MEMBERS(struct page_case); } cases;
	struct { VEC_MEMBERS(struct page_kind); } kinds;
	struct { VEC_MEMBERS(struct page_cause); } causes;	/* by page_sort() */
	struct { VEC_MEMBERS(struct page_known); } known;
	struct { VEC_MEMBERS(struct page_module); } modules;
	struct { VEC_MEMBERS(const char *); } failing;
	json_t *before;			/* ids of the earlier record: their verdicts */
	json_t *kind_of;		/* by key: numbers of kinds */
	json_t *case_of;		/* by id: numbers of cases */
	json_t *texts, *text_of;	/* of events, each once; numbers by text */
	json_t *places, *place_of;	/* of the driver, likewise */
	struct { VEC_MEMBERS(char *); } sections;	/* HTML of what is beside the record */
	struct { VEC_MEMBERS(char *); } titles;
	size_t story_bytes;		/* of all stories, about */
};

/* ---- values of a record, which may be anything ---- */

const char *page_get(const json_t *object, const char *key);	/* text; "" */
json_int_t page_number(const json_t *object, const char *key);	/* 0 */

/* ---- told_sort.c ---- */

bool page_is_new(const json_t *finding);	/* no known defect explains it */
/* What the case is listed by, a finding or a failure; NULL: nothing. */
json_t *page_reason(const struct page_told *told);
/* A name for it that is equal for equal causes; heap. */
char *page_cause_of(const json_t *reason);
/* All that failed in the case, in a form that is equal for cases that are alike; heap. */
char *page_key_of(const struct page_told *told);
void page_sort(struct page *page);

/* ---- told_check.c ---- */

/* Each is false if it cannot be; why[] says so. */
/* Is the case of the same run as those of its part before it? */
bool page_fits(struct page *page, enum page_part part, const json_t *header, char *why,
    size_t size);
/* Is what was explored with that driver of the one that the page is about? */
bool page_fits_explored(const struct page *page, const char *driver, char *why, size_t size);
/* Is the line an event, and the one that has to stand here? */
bool page_is_next(struct page_reader *reader, const char *line, size_t length, char *why,
    size_t size);
/* Are the events of the present case what they are to be, in full? */
bool page_are_events(struct page_reader *reader, char *why, size_t size);
/* Is all there that the verdict says? */
bool page_is_whole(const struct page_reader *reader, const json_t *verdict, char *why,
    size_t size);
/* Sets `compares` and `incomparable` once all is read. */
void page_compare(struct page *page);

/* ---- told_story.c ---- */

/*
 * The events of a case for the script, and in `others` of each cause where the other contexts
 * stood.  Texts and places go into the page's tables.
 */
json_t *page_story(struct page *page, const struct page_told *told, const char *events,
    size_t length);

/* ---- told_module.c ---- */

/* The number of the module that ran, whose texts are read once. */
size_t page_module(struct page *page, const json_t *header);
/* The text of a scenario; heap, NULL: it is not there.  *trouble: it is not what ran, or NULL. */
char *page_scenario(const json_t *header, const char *path, const char **trouble);

/* ---- page_html.c ---- */

void html(FILE *stream, const char *text);		/* escaped */
/* The JSON as the content of a <script>, in which no "<" stands. */
void html_json(FILE *stream, const json_t *json);
void html_place(FILE *stream, const json_t *object);	/* "viomb.c:619" of a finding or failure */
void html_time(FILE *stream, json_int_t ns);		/* "5.01 s" */
/* The commands of the failure report: "viosim run --no-manifest 'CASE'". */
void html_replay(FILE *stream, const struct page *page, const struct page_told *told);
void html_debug(FILE *stream, const struct page *page, const struct page_told *told, uint32_t seq);
void html_reason(FILE *stream, const json_t *reason);	/* rule and sentence */
const char *page_case_id(const struct page_told *told);

/* ---- page_beside.c ---- */

void page_print_news(const struct page_news *news, FILE *stream);	/* "7 new errors" */

/* ---- page_case.c ---- */

void page_print_cause(struct page *page, size_t number, FILE *stream);

#endif /* VIOSIM_REPORT_TOLD_H */
