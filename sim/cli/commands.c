/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which commands there are; viosim help, viosim version.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "scenario/text.h"

/* The Makefile's: " (1234abcd)", where this was built from a repository. */
#ifndef VIOSIM_REVISION
#define VIOSIM_REVISION ""
#endif
const char cli_version_text[] = "0.1" VIOSIM_REVISION;

const struct cli_command *const cli_commands[] = {
	&cli_run, &cli_report, &cli_new, &cli_check, &cli_list, &cli_explain, &cli_rules,
	&cli_compare,
	&cli_sweep, &cli_merge, &cli_explore,
	&cli_shrink, &cli_debug, &cli_bytes, &cli_atf, &cli_describe, &cli_completion, &cli_where,
	&cli_help_command, &cli_version, NULL
};

static const struct cli_command *
command_of(const char *word)
{
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		if (strcmp((*c)->name, word) == 0)
			return *c;
	return NULL;
}

static int
unknown(const char *word)
{
	struct text_nearest near = text_nearest(word);

	if (word[0] == '-')
		text_nearest_offer_all(&near, (const char *const[]){ "--help", "--version",
		    NULL });
	else
		for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
			text_nearest_offer(&near, (*c)->name);
	fprintf(stderr, "viosim: unknown %s %s%s\n", word[0] == '-' ? "option" : "command",
	    word, text_nearest_hint(&near, "; `viosim help` lists the commands"));
	return CLI_USAGE;
}

static int
overview(FILE *stream, int code)
{
	fputs("usage: viosim COMMAND [OPTION ...] [ARGUMENT ...]\n\n"
	    "Runs an unchanged NetBSD virtio driver on a fake kernel and a scripted device.\n\n",
	    stream);
	for (const struct cli_command *const *c = cli_commands; *c != NULL; c++)
		fprintf(stream, "  %-10s %s\n", (*c)->name, (*c)->summary);
	fputs("\n`viosim help COMMAND` describes one.  Exit codes: 0 no problem, 1 a problem of\n"
	    "the driver was found, 2 usage or bad input (nothing was run), 3 something could\n"
	    "not be done, finished or written.\n",
	    stream);
	return code;
}

static int
help_main(void *flags, char **names, size_t count)
{
	(void)flags;
	if (count == 0)
		return overview(stdout, CLI_OK);
	for (size_t i = 0; i < count; i++) {
		const struct cli_command *command = command_of(names[i]);

		if (command == NULL)
			return unknown(names[i]);
		if (i > 0)
			putchar('\n');
		cli_help(command, stdout);
	}
	return CLI_OK;
}

const struct cli_command cli_help_command = {
	.name = "help",
	.summary = "list the commands, or describe one",
	.operands = "[COMMAND ...]",
	.about = "Without an argument: lists the commands.  With one: the same as\n"
	    "`viosim COMMAND --help`.",
	.main = help_main,
};

static int
version_main(void *flags, char **names, size_t count)
{
	(void)flags;
	(void)names;
	(void)count;
	printf("viosim %s\n", cli_version_text);
	return CLI_OK;
}

const struct cli_command cli_version = {
	.name = "version",
	.summary = "print the version",
	.about = "Prints the version and, if it was built from a repository, the revision.",
	.main = version_main,
};

static int
run_command(const struct cli_command *command, int argc, char **argv)
{
	void *flags = xcalloc(1, command->size);
	int code, first;

	if (command->size > 0)
		memcpy(flags, command->defaults, command->size);
	first = cli_options_read(command, argc, argv, flags, &code);
	if (first >= 0)
		code = command->main(flags, argv + first, (size_t)(argc - first));
	free(flags);
	return code;
}

int
cli_main(int argc, char **argv)
{
	static const struct { const char *option; const struct cli_command *command; } also[] = {
		{ "-h", &cli_help_command }, { "--help", &cli_help_command },
		{ "-V", &cli_version }, { "--version", &cli_version },
	};
	const struct cli_command *command;

	if (argc < 2)
		return overview(stderr, CLI_USAGE);
	command = command_of(argv[1]);
	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (strcmp(argv[1], also[i].option) == 0)
			command = also[i].command;
	return command != NULL ? run_command(command, argc - 1, argv + 1) : unknown(argv[1]);
}
