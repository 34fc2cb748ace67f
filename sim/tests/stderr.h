/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard error in tests.  What a test provokes it keeps and looks at; the runner fails when
 * anything else was printed there.
 */
#ifndef VIOSIM_TESTS_STDERR_H
#define VIOSIM_TESTS_STDERR_H

/* From here on standard error goes into a file of its own, of this process and its children. */
void stderr_keep(void);

/* Ends that; returns what was printed, to be freed by the caller. */
char *stderr_kept(void);

/* The same in one: what was printed has these words in it, or the test fails. */
void stderr_kept_has(const char *words);

#endif /* VIOSIM_TESTS_STDERR_H */
