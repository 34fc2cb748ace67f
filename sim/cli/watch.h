/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * To do something again whenever files change.
 */
#ifndef VIOSIM_CLI_WATCH_H
#define VIOSIM_CLI_WATCH_H

#include <stddef.h>

struct arena;

/*
 * Calls `work` in a child, now and after each change of the files that `files` lists (ends with
 * NULL, of the arena; it is asked each time, as there may be new ones).  Returns, with an exit
 * code, only when there can be no child.
 */
int watch(const char *const *(*files)(void *arg, struct arena *arena), int (*work)(void *arg),
    void *arg);

#endif /* VIOSIM_CLI_WATCH_H */
