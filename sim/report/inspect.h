/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a world is like after its newest event, in words: for a debugger that has stopped there.
 *
 * Of the input only the world and the source are looked at.  The record must be whole
 * (keep_trace).
 */
#ifndef VIOSIM_REPORT_INSPECT_H
#define VIOSIM_REPORT_INSPECT_H

#include <stdio.h>

#include "report/report.h"

/* The newest event, as a timeline has it, behind its number. */
void inspect_event(FILE *stream, const struct report_input *input);
/* All contexts, a line each: where it stands, what it waits for, the mutexes that it holds. */
void inspect_contexts(FILE *stream, const struct report_input *input);
/* The virtqueues: their entries by what has become of them, those in use one by one. */
void inspect_rings(FILE *stream, const struct report_input *input);
/* How many pages each has, and which the driver and the host have. */
void inspect_pages(FILE *stream, const struct report_input *input);

/*
 * For each context that there is, called once by its name and once by its number: the registers
 * that it goes on with (world_registers()); "running"; or "" where this build does not know.
 */
void inspect_registers(const struct report_input *input,
    void (*take)(void *arg, const char *context, const char *registers), void *arg);

#endif /* VIOSIM_REPORT_INSPECT_H */
