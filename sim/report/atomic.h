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
 * Begin.  NULL on failure, with "cannot write PATH: reason" in `why` (cut to why_size
 * bytes).  The result must go to atomic_commit() or atomic_abandon().
 */
struct atomic *atomic_open(const char *path, char *why, size_t why_size);

/* Where to write; belongs to the atomic. */
FILE *atomic_stream(struct atomic *atomic);

/* Finish.  False with a reason, and the target as it was before, if anything went wrong. */
bool atomic_commit(struct atomic *atomic, char *why, size_t why_size);

/* Leave the target as it was.  NULL is ignored. */
void atomic_abandon(struct atomic *atomic);

/* Flush any stream; 0, or the errno of what went wrong with it, now or before. */
int atomic_error(FILE *stream);

#endif /* VIOSIM_REPORT_ATOMIC_H */
