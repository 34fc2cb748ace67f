/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: arguments in, run_* called, exit code out.
 */
#ifndef VIOSIM_CLI_CLI_H
#define VIOSIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "run/manifest.h"
#include "run/module.h"
#include "scenario/scenario.h"

/* Exit codes of every command. */
enum cli_exit {
	CLI_OK = 0,		/* everything is as it should be */
	CLI_FOUND = 1,		/* something is wrong with the driver */
	CLI_USAGE = 2,		/* usage, scenario or manifest error: nothing was run */
	CLI_BROKEN = 3		/* viosim itself failed */
};

struct cli_command {
	const char *name;
	const char *summary;		/* one line for the list of commands */
	const char *usage;		/* after "usage: viosim " */
	const char *help;		/* options and examples */
	int (*main)(int argc, char **argv);
};

extern const struct cli_command cli_run, cli_check, cli_list, cli_explain, cli_rules,
    cli_compare, cli_shrink, cli_describe, cli_explore, cli_sweep,
    cli_merge, cli_bytes;
/* All commands, in the order of the help text; ends with NULL. */
extern const struct cli_command *const cli_commands[];

int cli_help(const struct cli_command *command, FILE *stream);
/* One line on stderr that says what to do, then CLI_USAGE. */
int cli_usage_error(const struct cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for what getopt_long() gave: an option that is unknown, or whose value is bad. */
struct option;
int cli_option_error(const struct cli_command *command, const struct option *table,
    int option);

/* --color=auto|always|never; auto: a terminal, no NO_COLOR, TERM not dumb. */
enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };
bool cli_color_parse(const char *word, enum cli_color *color);
bool cli_has_color(enum cli_color color, FILE *stream);

/* ---- scenarios named on the command line ---- */

struct cli_case {
	struct scenario_case *c;
	const struct scenario_doc *doc;
	bool whole;		/* not narrowed down by a replay id */
};

struct cli_cases {
	struct scenario_doc **doc;
	size_t docs;
	struct scenario_case **chunk;	/* as scenario_cases() gave them */
	size_t *chunk_count, chunks;
	struct cli_case *item;
	size_t count;
};

/*
 * Files, folders and replay ids (none: the folder scenarios); every error on stderr with its
 * position.  False if there was any; then nothing is to be run.
 */
bool cli_collect(struct cli_cases *cases, char *const *names, size_t count);
void cli_cases_fini(struct cli_cases *cases);
/* Keep the cases whose scenario has that tag. */
void cli_cases_keep_tag(struct cli_cases *cases, const char *tag);

/* ---- the driver ---- */

#define CLI_DRIVER_DEFAULT "build/viomb.so"

/* Open a module and its twin without DIAGNOSTIC; NULL after a message. */
struct module *cli_module_open(const char *path);
/* NULL after messages; *bad tells an error from "there is none". */
struct manifest *cli_manifest_open(const char *path, const char *driver, bool *bad);

#endif /* VIOSIM_CLI_CLI_H */
