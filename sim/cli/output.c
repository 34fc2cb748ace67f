/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Standard output.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli/cli.h"
#include "report/atomic.h"

void
cli_output_begin(void)
{
	int fd;

	/* Everything printed is the same in every locale. */
	setlocale(LC_ALL, "C");
	signal(SIGPIPE, SIG_IGN);
	/* Read only: to write to what was closed stays an error. */
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void
die_of_pipe(void)
{
	cleanup_now();
	signal(SIGPIPE, SIG_DFL);
	raise(SIGPIPE);
	_exit(CLI_BROKEN);
}

void
cli_output_check(void)
{
	/* The stream remembers that there was an error, not which. */
	if (ferror(stdout) && atomic_error(stdout) == EPIPE)
		die_of_pipe();
}

int
cli_output_end(int code)
{
	int error = atomic_error(stdout);

	if (error == 0 && fclose(stdout) != 0)
		error = errno;
	if (error == EPIPE)
		die_of_pipe();
	if (error == 0)
		return code;
	fprintf(stderr, "viosim: cannot write to standard output: %s\n", strerror(error));
	return CLI_BROKEN;
}
