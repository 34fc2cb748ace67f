/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Findings as every command shows them: one form for the terminal, one for lists, one for JSON.
 */
#ifndef VIOSIM_REPORT_FINDING_H
#define VIOSIM_REPORT_FINDING_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "report/report.h"
#include "rules/finding.h"

/* What of a finding does not depend on who found it.  All pointers are borrowed. */
struct finding_shown {
	const struct rule *rule;
	const char *text;		/* one sentence */
	const char *file, *function;	/* of the driver; NULL or "": not known */
	unsigned line;			/* 0: not known */
	const char *known;		/* id of the known defect that explains it, or NULL */
	const char *like;		/* id of one that it looks like, or NULL */
	bool otherwise;			/* its circumstances are others */
};

/* Of a run; `pos` keeps the place and must outlive *shown. */
void finding_of_run(const struct report_input *input, const struct finding *finding,
    struct source_pos *pos, struct finding_shown *shown);

/* "error" or "lint". */
const char *finding_severity(const struct rule *rule);

/*
 * "viomb.c:619: error: live.lost-wakeup: the thread slept ..." and a newline, behind `indent`
 * blanks, in one line however long: editors and grep take it apart at the colons.  `unplaced`
 * stands for an unknown place (NULL: "driver").
 */
void finding_print(FILE *stream, const struct report_style *style, unsigned indent,
    const char *unplaced, const struct finding_shown *shown);

/* "the thread slept ... (looks like viomb-06)", clean. */
void finding_sentence(const struct finding_shown *shown, char *text, size_t size);
/* The same behind its place and rule: "viomb.c:619: live.lost-wakeup: the thread slept ...". */
void finding_line(const struct finding_shown *shown, char *text, size_t size);

/* The keys rule, severity, file, line, function, text, known, looks_like, as far as known. */
void finding_put(json_t *object, const struct finding_shown *shown);

/* The key `group`: findings of equal groups have one cause, as far as rule and places tell. */
void finding_put_group(json_t *object, const struct report_input *input,
    const struct finding *finding);
/* The key `position` of a driver position: an object with file, line and function, if known. */
void finding_put_position(json_t *object, const struct report_input *input, uint32_t site);
/* The key `because`, if anything explains the finding: objects with seq, text and position. */
void finding_put_because(json_t *object, const struct report_input *input,
    const struct finding *finding);

/* "label: ", where the style has colours in that one (SGR parameters: "1;31"). */
void finding_label(FILE *stream, const struct report_style *style, const char *label,
    const char *colour);

#endif /* VIOSIM_REPORT_FINDING_H */
