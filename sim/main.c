/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim: the program.
 */
#include <locale.h>
#include <signal.h>

#include "cli/cli.h"

int
main(int argc, char **argv)
{
	/* Everything printed is the same in every locale. */
	setlocale(LC_ALL, "C");
	/* A closed pipe is an error of the write, reported like any other. */
	signal(SIGPIPE, SIG_IGN);
	return cli_main(argc, argv);
}
