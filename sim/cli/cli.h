/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command line: arguments in, run_* called, exit code out.
 */
#ifndef VIOSIM_CLI_CLI_H
#define VIOSIM_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/vec.h"
#include "cli/options.h"
#include "run/manifest.h"
#include "run/module.h"
#include "scenario/scenario.h"

/* Exit codes of every command. */
enum cli_exit {
	CLI_OK = 0,		/* everything was done, and is as it should be */
	CLI_FOUND = 1,		/* something is wrong with the driver */
	CLI_USAGE = 2,		/* usage or bad input: nothing was run */
	CLI_BROKEN = 3		/* something could not be done, finished or written */
};

struct text_nearest;

struct cli_command {
	const char *name;
	const char *summary;		/* one line for the list of commands */
	const char *operands;		/* of the usage line, after the options; NULL: none */
	const char *about;		/* the help text above the options */
	const struct cli_option *options;	/* NULL: only --help */
	const char *after;		/* and below them: examples */
	bool foreign;			/* its letters are those of a protocol */
	size_t size;			/* of the struct that the options go into (none) */
	const void *defaults;		/* such a struct */
	/* What the command does with it and with its operands: an exit code. */
	int (*main)(void *flags, char **names, size_t count);
};
#define CLI_FLAGS(type, ...) .size = sizeof(type), .defaults = &(const type){ __VA_ARGS__ }

extern const struct cli_command cli_run, cli_check, cli_list, cli_explain, cli_rules,
    cli_compare, cli_shrink, cli_describe, cli_explore, cli_sweep,
    cli_merge, cli_bytes, cli_atf, cli_debug, cli_new, cli_completion, cli_report, cli_where,
    cli_help_command, cli_version;
/* All commands, in the order of the help text; ends with NULL. */
extern const struct cli_command *const cli_commands[];
extern const char cli_version_text[];	/* "0.1 (revision)" */

/* The program: a command line to an exit code. */
int cli_main(int argc, char **argv);

/* What `viosim COMMAND --help` prints; CLI_OK. */
int cli_help(const struct cli_command *command, FILE *stream);

/* "viosim COMMAND: ..." on stderr; CLI_USAGE.  The second also says how it is used. */
int cli_error(const struct cli_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int cli_usage_error(const struct cli_command *command, const char *text);

/* Errors, as they stand in their files, on stderr; the list is empty then. */
void cli_diag_end(struct diag_list *diags);

/* --color; auto: a terminal, no NO_COLOR, TERM not dumb. */
enum cli_color { CLI_COLOR_AUTO, CLI_COLOR_ALWAYS, CLI_COLOR_NEVER };
extern const char *const cli_color_words[];	/* in that order */
bool cli_has_color(enum cli_color color, FILE *stream);

/* Columns to fill with prose: those of width_of(), at most 78. */
unsigned cli_width_text(FILE *stream);

/* ---- standard output: what is written there is checked in one place ---- */

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

/* ---- scenarios named on the command line ---- */

struct cli_case {
	struct scenario_case *c;
	const struct scenario_doc *doc;
	bool whole;		/* not narrowed down by a replay id */
};

/* Gets the errors of a file; true: the file is to be read again. */
typedef bool cli_told(const char *path, struct diag_list *diags, void *arg);

struct cli_doc {
	struct scenario_doc *doc;
	struct scenario_case *c;	/* those of it that were named */
	size_t count;
};

struct cli_broken {
	char *path;
	struct diag_list diags;
};

struct cli_cases {
	VEC_MEMBERS(struct cli_case);
	struct { VEC_MEMBERS(struct cli_doc); } docs;
	cli_told *told;
	void *told_arg;
	struct { VEC_MEMBERS(struct cli_broken); } broken;	/* files that do not load */
};

/*
 * Files, folders, areas and replay ids.  Names, and no name at all, mean the scenarios below
 * ./scenarios and those that come with viosim; what is in both is taken from the former.  Every
 * error on stderr with its position.  False if there was any; then nothing is to be run.
 */
bool cli_collect(struct cli_cases *cases, char *const *names, size_t count);
/* The same, but `told` gets the errors of each file. */
bool cli_collect_told(struct cli_cases *cases, char *const *names, size_t count, cli_told *told,
    void *arg);
void cli_cases_fini(struct cli_cases *cases);
/* Keep the cases whose scenario has that tag; false after a message if none has it. */
bool cli_cases_keep_tag(struct cli_cases *cases, const char *tag);

/*
 * The files that are there of those that cli_collect() would read, and those that they may extend;
 * of the arena, ends with NULL.  *named counts the former.
 */
const char *const *cli_scenario_files(char *const *names, size_t count, struct arena *arena,
    size_t *named);
/* The file of a scenario that is named so; heap, or NULL after a message. */
char *cli_scenario_path(const char *name);

/*
 * "area/situation" of all scenarios that a name can mean, and of those in one more folder (NULL:
 * none), of the arena; ends with NULL.
 */
const char *const *cli_scenario_ids(const char *folder, struct arena *arena, size_t *count);

/*
 * The effective configuration of a case as YAML that runs and has its digest, behind comments
 * with the known defects that name it (manifest NULL: none are).
 */
void cli_case_print(const struct scenario_case *c, const struct manifest *manifest,
    FILE *stream);

bool cli_ends_in(const char *name, const char *ending);	/* behind at least one byte */
/* "inflate/odd-target" of "./scenarios//inflate/odd-target.yaml"; of the arena. */
const char *cli_scenario_id(const char *path, struct arena *arena);

/*
 * What was meant by a name that is not there: one line on stderr, with the nearest that is, or how
 * to list what is.  The first says which parameter, value or part of the machine of a replay id no
 * case of the document has; `ids` are the scenarios that there are.
 */
void suggest_case(const struct scenario_doc *doc, const struct scenario_ref *ref);
void suggest_scenario(const char *name, const char *const *ids, size_t count);
void suggest_tag(const struct cli_cases *cases, const char *tag);

/* ---- words: rules, known defects, calls, faults, and all of the scenario language ---- */

struct lookup {
	const struct scenario_vocab *vocab;
	const struct manifest *known;	/* NULL: no known defects */
};
/* Explains all that has this name on standard output; false: nothing has. */
bool lookup_print(const struct lookup *look, const char *word);
/* Says so, with the nearest name; CLI_USAGE. */
int lookup_unknown(const struct lookup *look, const struct cli_command *command,
    const char *word);
/* The same of rules alone. */
bool lookup_rule(const char *id);
void lookup_offer_rules(struct text_nearest *near);

struct edit;
struct found;
struct shrink_result;
struct trial;

/*
 * Makes the scenario that shows this finding small and hands it to `tell`, which is false when it
 * could not be written.  What is wrong with it goes to stderr.  An exit code.
 */
int cli_make_small(struct trial *trial, const struct edit *edit, uint64_t key, unsigned seconds,
    const char *driver, bool (*tell)(void *arg, const struct shrink_result *result,
    const struct found *found), void *arg);
/* "3 of 7 steps, 120 runs" behind `begin`, and a newline. */
void cli_small_effort(const char *begin, const struct shrink_result *result);

/* ---- the driver ---- */

#define CLI_DRIVER_DEFAULT "build/viomb.so"

/*
 * Open a module; NULL after a message.  The default, if it is not
 * there, is the one that comes with viosim.
 */
struct module *cli_module_open(const char *path);
/*
 * The manifest `path`; if that is NULL the one beside the module (DIR/x.yaml for DIR/x.so), or
 * else driver/NAME.yaml, NAME being the module's first attachment, in DIR or a folder above it,
 * or else where share_path() finds it.  Without a module, NAME is the default one's.  NULL after
 * messages; *bad tells an error from "there is none".
 */
struct manifest *cli_manifest_open(const char *path, const struct module *, bool *bad);
/*
 * What most commands work on: cases, the driver and its known defects (NULL: no manifest).  All
 * zero is nothing.
 */
struct cli_subject {
	struct cli_cases cases;
	struct module *module;
	struct manifest *known;
};
/* As the arguments say; false after messages.  To be finished in any case. */
bool cli_subject_open(struct cli_subject *subject, const struct cli_driver *driver,
    char *const *names, size_t count);
void cli_subject_fini(struct cli_subject *subject);

/* Does a case want a driver without DIAGNOSTIC? */
bool cli_cases_need_nodiag(const struct cli_cases *cases);
/* Such a build of the module at `path`; NULL after a message. */
struct module *cli_nodiag_open(const char *path);

/*
 * For hints only: the one that would be used, found by the module's path alone, so that no report
 * depends on the current folder.  NULL, without a word, when there is none.
 */
struct manifest *cli_manifest_hints(const struct module *);

/*
 * Is all that a manifest names there: files, scenarios (where there are any) and, with a module,
 * functions?  Errors go into the list; false if there is any.
 */
bool cli_manifest_check(const char *path, struct module *module, struct diag_list *diags);
/* The same with one line on stderr, for runs: they go on. */
void cli_manifest_warn(const struct manifest *manifest, struct module *module);

#endif /* VIOSIM_CLI_CLI_H */
