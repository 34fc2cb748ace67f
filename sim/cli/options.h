/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The options of a command as a table: parsing, errors and --help come from it.
 *
 * A new option is one row in its command's table and an entry in the manual page, which
 * sim/tools/check-docs holds against the table.  -h and --help belong to every command and
 * have no row.  One letter is one option in all commands, and one option has one letter; only a
 * command that answers another program has that one's letters.
 */
#ifndef VIOSIM_CLI_OPTIONS_H
#define VIOSIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct cli_command;

/* What stands after the option and, in brackets, the C type that holds it. */
enum cli_option_kind {
	CLI_OPTION_FLAG,	/* nothing [bool]: it becomes true */
	CLI_OPTION_TEXT,	/* text, not empty [const char *] */
	CLI_OPTION_TEXTS,	/* one more each time [struct cli_texts] */
	CLI_OPTION_OUTPUT,	/* a file to write, of no other such option, and neither a
				   scenario nor a driver: those are never meant [const char *] */
	CLI_OPTION_NUMBER,	/* decimal, from min to max [unsigned or uint64_t] */
	CLI_OPTION_CHOICE,	/* one of `words` [an enum]: its number */
	CLI_OPTION_PART,	/* K/N, 1 <= K <= N <= max [struct cli_part] */
	CLI_OPTION_RULE,	/* the id of a rule [const char *] */
};

/* Part `part` of `parts`. */
struct cli_part {
	unsigned part, parts;
};

#define CLI_TEXTS_MAX 32
struct cli_texts {
	const char *item[CLI_TEXTS_MAX];
	size_t count;
};

struct cli_option {
	char letter;			/* 0: none */
	const char *name;		/* without its dashes */
	const char *value;		/* as --help calls it: "FILE"; NULL: it takes none */
	const char *help;		/* NULL: for the self-checks, not shown */
	enum cli_option_kind kind;
	size_t offset, size;		/* of the value in the command's struct */
	uint64_t min, max;		/* of a number; max UINT64_MAX: no bound */
	const char *const *words;	/* of a choice; ends with NULL */
	/* Names of other options, separated by spaces. */
	const char *not_with;		/* these contradict it */
	const char *only_with;		/* without one of these it would do nothing */
};

/* The last members of a row: where its value goes. */
#define CLI_INTO(type, member) \
	.offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)
#define CLI_FLAG(type, member)	.kind = CLI_OPTION_FLAG, CLI_INTO(type, member)
#define CLI_TEXT(type, member)	.kind = CLI_OPTION_TEXT, CLI_INTO(type, member)
#define CLI_TEXTS(type, member)	.kind = CLI_OPTION_TEXTS, CLI_INTO(type, member)
#define CLI_OUTPUT(type, member) .kind = CLI_OPTION_OUTPUT, CLI_INTO(type, member)
#define CLI_NUMBER(type, member, least, most) \
	.kind = CLI_OPTION_NUMBER, .min = (least), .max = (most), CLI_INTO(type, member)
#define CLI_PART(type, member)	.kind = CLI_OPTION_PART, .max = 100000, CLI_INTO(type, member)
#define CLI_CHOICE(type, member, list) \
	.kind = CLI_OPTION_CHOICE, .words = (list), CLI_INTO(type, member)
#define CLI_RULE(type, member)	.kind = CLI_OPTION_RULE, CLI_INTO(type, member)

/* What --driver, --manifest and --no-manifest say; path begins as CLI_DRIVER_DEFAULT. */
struct cli_driver {
	const char *path, *manifest;
	bool no_manifest;
};

/* Ends a table. */
#define CLI_OPTIONS_END		{ .name = NULL }

/* Rows that several commands have; the struct has a `struct cli_driver driver`. */
#define CLI_OPTION_DRIVER(type) \
	{ 'd', "driver", "FILE", "driver module (default " CLI_DRIVER_DEFAULT ")", \
	    CLI_TEXT(type, driver.path) }
#define CLI_OPTION_MANIFEST(type) \
	{ 0, "manifest", "FILE", "its manifest (default X.yaml beside X.so, or driver/NAME.yaml)", \
	    CLI_TEXT(type, driver.manifest) }, \
	{ 0, "no-manifest", NULL, "report known defects too", \
	    CLI_FLAG(type, driver.no_manifest), .not_with = "manifest" }
#define CLI_OPTION_JOBS(type, member, what) \
	{ 'j', "jobs", "N", what " at a time (default: number of processors)", \
	    CLI_NUMBER(type, member, 1, CLI_JOBS_MAX) }

#define CLI_JOBS_MAX	64

/*
 * Read the options of a command line into `values`, the command's struct, which holds the
 * defaults.  The operands, wherever they stood, are argv[n] to argv[argc - 1] afterwards, and
 * n is returned.  Negative: there is nothing more to do but to end with *code; --help was
 * printed, or one line on stderr says what is wrong.
 */
int cli_options_read(const struct cli_command *command, int argc, char **argv, void *values,
    int *code);

/* The rows of --help. */
void cli_options_print(const struct cli_option *options, unsigned width, FILE *stream);

/* What --jobs says; not given (0): a worker for each processor, at most 16. */
unsigned cli_jobs(unsigned given);

#endif /* VIOSIM_CLI_OPTIONS_H */
