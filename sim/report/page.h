/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page: one HTML file that tells what failed and why.
 *
 * It is made of records (NDJSON, reports/README.md), which are read line by line, and of what was
 * explored and measured beside them.  It needs no network; verdicts, causes and the commands that
 * replay them are plain HTML, the script draws the events.  Template, style and script are the
 * files of sim/report/page/, which are part of the program.
 *
 *	struct page *page = page_new("build/viomb.so");
 *	while (... line)
 *		if (!page_line(page, PAGE_NOW, line, length, why, sizeof(why)))
 *			...
 *	page_print(page, stream);
 *	page_free(page);
 */
#ifndef VIOSIM_REPORT_PAGE_H
#define VIOSIM_REPORT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct page;
struct tally;

/* Whose record a line belongs to. */
enum page_part {
	PAGE_NOW,		/* the run that the page is about */
	PAGE_BEFORE,		/* an earlier one: what is new, what is gone? */
	PAGE_BESIDE,		/* the same cases with another driver; read after PAGE_NOW */
	PAGE_PARTS
};

/* `usual_driver` is the module that commands need not name; borrowed. */
struct page *page_new(const char *usual_driver);
void page_free(struct page *page);

/*
 * Take the next line of a record, without its newline.  False: it is none, or cannot stand here;
 * why[] says so.
 */
bool page_line(struct page *page, enum page_part part, const char *line, size_t length,
    char *why, size_t size);
/* The end of a file: false if that is in the middle of a case. */
bool page_end(struct page *page, enum page_part part, char *why, size_t size);

/* Many lines, each with its newline, of a record that was just made: an error is viosim's own. */
void page_lines(struct page *page, enum page_part part, const char *text, size_t length);

/* The cases that failed, which PAGE_BESIDE is to run: replay ids, borrowed. */
size_t page_failing(const struct page *page, const char *const **ids);

/* What a sweep or an exploration has shown; the tally is sorted. */
struct page_explored {
	const char *command, *driver;
	const struct tally *tally;
	bool whole;			/* all parts are there, and no bound ended one */
	bool cut;			/* a bound ended it */
	uint64_t left;			/* cases that were not run */
};
/* False: it is of another driver; why[] says so. */
bool page_explored(struct page *page, const struct page_explored *explored, char *why,
    size_t size);

/* Of all that was explored: what no defect explains (tally_count()). */
struct page_news {
	size_t errors, lints;		/* that no case shows as it stands */
	size_t standing;		/* errors that one does */
	bool partial;			/* not all was tried */
};

/* So many cases were not run. */
size_t page_skipped(const struct page *page);
/* Something ended viosim before all had run: the page says so.  Copied. */
void page_ended(struct page *page, const char *why);

/* A text that is shown as it is: its `line`, one of it, says the most.  Copied. */
void page_text(struct page *page, const char *title, const char *line, const char *text);
/* `make mutants` leaves JSON: a table.  False: it is none. */
bool page_score(struct page *page, const char *json);

void page_print(struct page *page, FILE *stream);
/* After that, in a line: "report.html: 3 of 100 cases failed, 2 causes, 1 skipped". */
void page_say(const struct page *page, const char *path, FILE *stream);

#endif /* VIOSIM_REPORT_PAGE_H */
