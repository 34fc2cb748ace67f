/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An output file that is complete or not there.
 *
 * Everything goes into a new file beside the target, which takes the target's place when all
 * of it is on the disk.  What is there already and is no regular file (a device, a pipe) is
 * written directly.  The program ignores SIGPIPE, so that a closed pipe is an error here.  The
 * name "-" is standard output, whose errors are found when the program ends.
 */
#ifndef VIOSIM_REPORT_ATOMIC_H
#define VIOSIM_REPORT_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct atomic;

/*
 * Begin.  NULL when no file is asked for (path NULL), or after a message on stderr, with *good
 * false.  The result must go to atomic_end().
 */
struct atomic *atomic_open(const char *path, bool *good);

/* The same, but what is there already stays, and what is written goes behind it. */
struct atomic *atomic_append(const char *path, bool *good);

/* Where to write; belongs to the atomic. */
FILE *atomic_stream(struct atomic *atomic);

/*
 * Finish, or (not `keep`) leave the target as it was.  False after a message, and the target is as
 * it was before, if anything went wrong.  NULL is fine.
 */
bool atomic_end(struct atomic *atomic, bool keep);

/* Flush any stream; 0, or the errno of what went wrong with it, now or before. */
int atomic_error(FILE *stream);

#endif /* VIOSIM_REPORT_ATOMIC_H */
