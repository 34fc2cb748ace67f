/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard output: what is written there is checked in one place, for every command.
 */
#ifndef VIOSIM_CLI_OUTPUT_H
#define VIOSIM_CLI_OUTPUT_H

/*
 * At the beginning: the locale is C, SIGPIPE is ignored (a write says EPIPE), and none of the
 * descriptors 0 to 2 is closed, so that no file that is opened later becomes one of them.
 */
void cli_output_begin(void);

/*
 * At the end, with a command's exit code.  CLI_BROKEN and one sentence when something could not
 * be written to standard output.  Does not return when that is a pipe that nobody reads:
 * the program then dies of SIGPIPE, as others do, without a word.
 */
int cli_output_end(int code);

/*
 * In between, by what goes on for long: when nobody reads standard output any more, die as
 * above, with no unfinished output file left behind.
 */
void cli_output_check(void);

#endif /* VIOSIM_CLI_OUTPUT_H */
