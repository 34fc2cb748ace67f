/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a sweep has shown, in words.
 */
#ifndef VIOSIM_REPORT_SWEEP_TEXT_H
#define VIOSIM_REPORT_SWEEP_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "explore/tally.h"
#include "report/explored.h"

/* One run on one line. */
void sweep_text_run(const struct outcome *outcome, FILE *stream);

/* The sums; the tally must be sorted. */
void sweep_text_sums(const struct tally *tally, FILE *stream);

/*
 * The mistakes: new ones, those that the same scenario of `story` (of `stories`) shows together,
 * then what the scenarios show by themselves, then known defects, then what was lost.
 */
void sweep_text_findings(const struct tally *tally, const struct explored_story *story,
    size_t stories, FILE *stream);

/* The last line. */
/* `left`: cases that were not run. */
void sweep_text_end(const struct tally *tally, uint64_t left, FILE *stream);

#endif /* VIOSIM_REPORT_SWEEP_TEXT_H */
