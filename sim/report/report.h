/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every report of a case reads: a finished run and its record.
 *
 * Reports only look.  They are made in struct run_options.finished, while the world still
 * stands, and write into a stream; errors of the stream are found by whoever closes it.
 */
#ifndef VIOSIM_REPORT_REPORT_H
#define VIOSIM_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "machine/world.h"
#include "run/verdict.h"

struct report_style {
	bool colour;
	bool verbose;			/* every event, not only the main ones */
	bool whole;			/* the timeline has been printed already */
	unsigned width;			/* columns to fill; 0: REPORT_WIDTH */
};
#define REPORT_WIDTH 100		/* columns of what is compared */
#define REPORT_WIDTH_MIN 80		/* a timeline is not made narrower */

/* All pointers are borrowed.  Zero is fine for everything but the first three. */
struct report_input {
	const struct world *world;	/* its record, its contexts, what its memory holds */
	const struct run_result *result;
	const char *id;			/* replay id of the case */
	const char *driver;		/* name of the driver, for headings; NULL: not said */
	const char *driver_path;	/* module to replay with; NULL: the default one */
	const char *const *replay_words;	/* further words of the command that replays,
						   NULL-terminated; NULL: none */
	const char *verdict;		/* "passed", "failed", ...; NULL: not known yet */
	const char *reason;		/* why it is not applicable; else "" or NULL */
	struct source *source;		/* driver positions; NULL: none are said */
	struct report_style style;
	/* Whose known defects explain findings and failures; NULL: none do. */
	const struct manifest *manifest;
	/* Whose known defects a finding may look like that none explains; NULL: none. */
	const struct manifest *hints;
	const char *scenario;		/* its id; of whoever has a manifest */
	const struct scenario_case *c;	/* for its configuration and its lines; NULL: not said */
	const struct module *module;	/* that is run; NULL: not said */
	const char *version;		/* of viosim, with its revision; NULL: not said */
};

/*
 * The timeline, for people, with the case's id above.
 *
 * Columns: virtual time, who, what, and, where they changed, the pages that the driver
 * allocated, that the host has, that are free.  Findings and failed expectations stand where
 * they showed, marked "!!", and their causes by number (story.h).  Another context is said to
 * stand somewhere when something happens to it.  Rounds of lines that are alike are printed once
 * and then counted.  What the columns mean in full: reports/README.md.
 */
void timeline_print(FILE *stream, const struct report_input *input);
/*
 * The last `lines` lines up to event `seq` (UINT32_MAX: to the end), and the causes before them.
 * Always the main events, even if the style is verbose.
 */
void timeline_tail(FILE *stream, const struct report_input *input, uint32_t seq,
    unsigned lines);

/*
 * NDJSON: the whole record for programs, one JSON object a line.
 *
 * A case is a header line, its events, its findings, its failures and a line with the
 * verdict; several cases follow one another in one file.  Nothing depends on the host: two
 * runs with the same digest give the same bytes.  Without `events` these lines are left out.
 * The fields: reports/README.md.
 */
void ndjson_print(FILE *stream, const struct report_input *input, bool events);
/* A case without a result: a header, and a line with the verdict ("skipped", "error") and why. */
void ndjson_print_none(FILE *stream, const char *id, const char *verdict, const char *reason);

/* ---- what they share ---- */

/* The known defect, or NULL; all failed expectations of a case have the same one. */
const struct defect *report_known_finding(const struct report_input *input,
    const struct finding *finding);
const struct defect *report_known_failures(const struct report_input *input);

/* False for a finding that a known defect explains, or that is like none. */
bool report_like_finding(const struct report_input *input, const struct finding *finding,
    struct defect_like *like);

/* The site of the i-th event that explains a finding; 0: none is known. */
uint32_t report_because_site(const struct report_input *input, const struct finding *finding,
    unsigned i);

/* Columns to fill. */
unsigned report_width(const struct report_input *input);

/* The driver position of a site; false for site 0, without a source, or if nothing is known. */
bool report_position(const struct report_input *input, uint32_t site, struct source_pos *pos);

/* A word of a command, quoted for a shell if it needs that. */
void report_print_quoted(FILE *stream, const char *word);

/* What a file has, up to a megabyte, heap, with a NUL behind it; NULL: it cannot be read. */
char *report_file(const char *path, size_t *length);

/*
 * Make text fit for one line of any report, in place: newline and tab become a blank, other
 * control characters and bytes that are no UTF-8 become '?', trailing blanks go.
 */
void report_clean(char *text);
/* The same, but newline and tab stay. */
void report_clean_lines(char *text);
/* Characters, not bytes, of clean text. */
size_t report_columns(const char *text);

/*
 * Print text in at most `width` columns, broken at blanks; further lines begin with `indent`
 * blanks.  `column` is where the first line stands already.  No newline at the end.
 */
void report_wrap(FILE *stream, const char *text, unsigned column, unsigned indent,
    unsigned width);

#endif /* VIOSIM_REPORT_REPORT_H */
