/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timeline of a run, for people.
 *
 * Columns: virtual time, who, what, and, where they changed, the pages that the driver
 * allocated, that the host has, that are free.  Findings and failed expectations stand where
 * they showed, marked "!!".  Rounds of lines that are alike are printed once and then counted.
 * What the columns mean in full: reports/README.md.
 */
#ifndef VIOSIM_REPORT_TIMELINE_H
#define VIOSIM_REPORT_TIMELINE_H

#include <stdio.h>

#include "report/report.h"

/* All of it, with the case's id above. */
void timeline_print(FILE *stream, const struct report_input *input);

/*
 * The last `lines` lines up to event `seq` (UINT32_MAX: to the end).  Always the
 * main events, even if the style is verbose.
 */
void timeline_tail(FILE *stream, const struct report_input *input, uint32_t seq,
    unsigned lines);

#endif /* VIOSIM_REPORT_TIMELINE_H */
