/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim: the program.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

#define VERSION "0.1"

const struct cli_command *const cli_commands[] = {
	&cli_run, &cli_check, &cli_list, &cli_explain, &cli_rules, &cli_compare,
	&cli_sweep, &cli_merge, &cli_explore,
	&cli_shrink, &cli_bytes, &cli_describe, NULL
};

static int
overview(FILE *stream, int code)
{
	fputs("usage: viosim COMMAND [OPTION ...] [ARGUMENT ...]\n\n"
	    "Runs an unchanged NetBSD virtio driver on a fake kernel and a scripted device.\n\n",
	    stream);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		fprintf(stream, "  %-9s %s\n", (*c)->name, (*c)->summary);
	fputs("\n`viosim COMMAND --help` tells more.  Exit codes: 0 all is well, 1 something was\n"
	    "found in the driver, 2 usage or scenario error (nothing was run), 3 viosim failed.\n",
	    stream);
	return code;
}

int
main(int argc, char **argv)
{
	/* Everything printed is the same in every locale. */
	setlocale(LC_ALL, "C");
	/* A closed pipe is an error of the write, reported like any other. */
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return overview(stderr, CLI_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return overview(stdout, CLI_OK);
	if (strcmp(argv[1], "--version") == 0) {
		puts("viosim " VERSION);
		return CLI_OK;
	}
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (strcmp((*c)->name, argv[1]) == 0)
			return (*c)->main(argc - 1, argv + 1);
	fprintf(stderr, "viosim: there is no command `%s`; `viosim --help` lists them\n",
	    argv[1]);
	return CLI_USAGE;
}
