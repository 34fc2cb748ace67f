/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finished jobs in a file, so that an exploration can go on where it was ended.
 *
 * The first line says what was explored: driver, cases, bounds.  Then, for each job, a line
 * with its name and what it wrote.  A job without its last line was being written when the
 * program was ended: it is forgotten.  Each line is sealed (seal.h): a file in which any line
 * was changed, removed, doubled or moved is refused with the number of that line.
 */
#ifndef VIOSIM_EXPLORE_EXPLORE_STATE_H
#define VIOSIM_EXPLORE_EXPLORE_STATE_H

#include <stdbool.h>
#include <stddef.h>

struct explore;
struct explore_state;

/*
 * NULL after a message: *bad if the file is broken, or of another exploration; else it cannot be
 * read or written.
 */
struct explore_state *explore_state_open(const char *path, const struct explore *explore,
    bool *bad);
void explore_state_close(struct explore_state *state);	/* NULL is fine */

/* What the job of that name wrote, or NULL. */
const char *explore_state_find(const struct explore_state *state, const char *name);
/* False when the host's disk is full, or the like. */
bool explore_state_add(struct explore_state *state, const char *name, const char *text);

#endif /* VIOSIM_EXPLORE_EXPLORE_STATE_H */
