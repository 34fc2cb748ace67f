/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What must not outlive viosim: half-written files and child processes.
 *
 * Once cleanup_install() was called, SIGINT, SIGTERM, SIGHUP and SIGQUIT remove the files and kill
 * the children that are registered, and then end the process as they would have; one that is
 * ignored stays ignored.  exit(3) does the same.  A process that is killed outright takes its
 * children with it where the system can do that (Linux), and leaves its files.
 */
#ifndef VIOSIM_BASE_CLEANUP_H
#define VIOSIM_BASE_CLEANUP_H

#include <stdbool.h>
#include <sys/types.h>

void cleanup_install(void);
/* The same, for one who ends the process otherwise. */
void cleanup_now(void);

/*
 * For one who has something to write down at such an end: from now on the first SIGINT or SIGTERM
 * is only noted, and cleanup_asked() is its number (else 0).  cleanup_obey() ends the process by
 * it, if there was one.  A second one ends it at once.
 */
void cleanup_defer(void);
int cleanup_asked(void);
void cleanup_obey(void);

/*
 * A new file for writing, to be removed until cleanup_file_done(): its descriptor, or -1 with
 * errno.
 */
int cleanup_create(const char *path);
void cleanup_file_done(const char *path);

/*
 * As fork(2), of a child that does not outlive its parent and that begins with default signals,
 * nothing registered.  cleanup_reaped() once it was waited for.
 */
pid_t cleanup_fork(void);
void cleanup_reaped(pid_t pid);

#endif /* VIOSIM_BASE_CLEANUP_H */
