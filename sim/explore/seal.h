/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lines that cannot be changed unnoticed: each JSON object of a file ends with a sum over itself
 * and all lines before it.  A line that was changed, taken out, put in, doubled or moved is
 * found where it stands.  (That lines are missing at the end is for a last line to tell.)
 */
#ifndef VIOSIM_EXPLORE_SEAL_H
#define VIOSIM_EXPLORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Of the lines so far; 0 at the beginning of a file. */
struct seal {
	uint64_t sum;
};

/* Write a line (one JSON object with at least one member, no newline) with its sum. */
void seal_write(struct seal *seal, const char *line, size_t length, FILE *stream);

/*
 * Does that line (without its newline) follow?  Then its sum is cut off, in place: `line` is as
 * it was given to seal_write(), *length with it.  Else nothing is changed.
 */
bool seal_open(struct seal *seal, char *line, size_t *length);

#endif /* VIOSIM_EXPLORE_SEAL_H */
