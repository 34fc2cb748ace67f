/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A command line, run in this process, and what it said.
 */
#ifndef VIOSIM_TESTS_CLI_SAID_H
#define VIOSIM_TESTS_CLI_SAID_H

struct said {
	int code;
	char out[32768], err[4096];	/* cut off at their ends */
};

/* What a call says, and returns as its code. */
struct said said_by(int (*call)(void *arg), void *arg);

/* Words separated by single spaces; the program's name is put before them. */
struct said said(const char *line);

/* Exit code 2, nothing on stdout, and exactly this line on stderr. */
void assert_refused(const char *line, const char *message);

#endif /* VIOSIM_TESTS_CLI_SAID_H */
