/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim debug: a case in a debugger, stopped at an event.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/share.h"
#include "cli/cli.h"
#include "cli/debug_stop.h"
#include "machine/crash.h"
#include "report/atomic.h"
#include "report/story.h"
#include "run/isolate.h"
#include "run/run.h"

#define SCRIPT "viosim-gdb.py"
#define NONE UINT64_MAX

struct debugging {
	struct cli_driver driver;
	uint64_t at, stop;		/* numbers of events; NONE: not given */
	unsigned finding;		/* from 1; 0: not given */
	const char *commands;
	struct cli_subject subject;
	struct module *module;		/* as the case's machine needs it */
	char *error;			/* why there is no such event; or NULL */
};

/* ---- which event ---- */

/* The first kernel call of the driver; of a run without one, the first event. */
static uint32_t
first_of_driver(const struct trace *trace)
{
	for (uint32_t seq = 0; seq < trace->count; seq++)
		if (trace_event(trace, seq)->kind == EV_CALL && trace_site(trace, seq) != 0)
			return seq;
	return 0;
}

/* Into `text`: the number of the event, or a sentence that says why there is none. */
static void
choose_event(const struct debugging *debugging, const struct report_input *input, FILE *text)
{
	const struct trace *trace = &input->world->trace;
	struct story story;

	story_init(&story, input);
	if (debugging->at != NONE && debugging->at >= trace->count)
		fprintf(text, "there is no event %" PRIu64 ": the case has the events 0 to %"
		    PRIu32, debugging->at, trace->count - 1);
	else if (debugging->at != NONE)
		fprintf(text, "%" PRIu64, debugging->at);
	else if (debugging->finding > story.findings.count && story.findings.count == 0)
		fprintf(text, "there is no finding %u: the case has none that the manifest does "
		    "not know; --no-manifest counts those too", debugging->finding);
	else if (debugging->finding > story.findings.count)
		fprintf(text, "there is no finding %u: the case has %zu", debugging->finding,
		    story.findings.count);
	else if (debugging->finding > 0)
		fprintf(text, "%" PRIu32, story.findings.item[debugging->finding - 1]->seq);
	else if (story.findings.count > 0)
		fprintf(text, "%" PRIu32, story.findings.item[0]->seq);
	else
		fprintf(text, "%" PRIu32, input->result->failures > 0 ?
		    input->result->failure[0].seq : first_of_driver(trace));
	story_fini(&story);
}

struct looking {
	struct debugging *debugging;
	const struct scenario_case *c;
	struct isolated *result;
	FILE *text;
};

static void
finished(void *arg, struct world *world, const struct run_result *result)
{
	struct looking *looking = arg;
	struct debugging *debugging = looking->debugging;
	struct report_input input = {
		.world = world, .result = result, .source = module_source(debugging->module),
		.manifest = debugging->subject.known, .scenario = looking->c->scenario->id,
	};

	verdict_case(&looking->result->verdict, result, input.manifest, input.scenario,
	    input.source);
	choose_event(debugging, &input, looking->text);
}

static void
look(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	struct debugging *debugging = arg;
	const struct scenario_case *c = debugging->subject.cases.item[index].c;
	struct looking looking = { debugging, c, result, text[0] };
	struct run_options options = {
		.module = debugging->module, .keep_trace = true, .regions = regions,
		.finished = finished, .arg = &looking,
	};
	struct run_result run_result;

	crash_install();
	crash_limit(CRASH_SECONDS);
	run_case(c, &options, &run_result);
	crash_limit(0);
	run_result_fini(&run_result);
}

static bool
looked(void *arg, size_t index, const struct isolated *result)
{
	struct debugging *debugging = arg;
	const char *text = result->text[0];

	(void)index;
	/* A case without a result can be looked at up to where viosim fails. */
	if (result->verdict.verdict == VERDICT_BROKEN)
		debugging->stop = debugging->at != NONE ? debugging->at :
		    result->note.events > 0 ? result->note.events - 1 : 0;
	else if (text[strspn(text, "0123456789")] != '\0')
		debugging->error = xstrdup(text);
	else
		debugging->stop = strtoull(text, NULL, 10);
	return true;
}

/* ---- the debugger ---- */

struct lines {
	VEC_MEMBERS(char *);
};

/* The command that stops by itself, as a shell reads it; heap. */
static char *
arguments(const struct debugging *debugging)
{
	struct sbuf buf;
	FILE *stream = sbuf_open(&buf);

	fprintf(stream, "debug --stop %" PRIu64, debugging->stop);
	if (strcmp(debugging->driver.path, CLI_DRIVER_DEFAULT) != 0) {
		fputs(" --driver ", stream);
		report_print_quoted(stream, debugging->driver.path);
	}
	putc(' ', stream);
	report_print_quoted(stream, debugging->subject.cases.item[0].c->id);
	return sbuf_close(&buf);
}

/* What gdb is told, line by line; false after a message. */
static bool
make_lines(const struct debugging *debugging, struct lines *lines)
{
	char *program = share_program(), *script = share_installed("sim/tools/" SCRIPT),
	    *absolute, *args;

	if (program == NULL || script == NULL) {
		fprintf(stderr, "viosim debug: %s is not found; it comes with viosim\n",
		    program == NULL ? "the program itself" : SCRIPT);
		free(program);
		free(script);
		return false;
	}
	absolute = realpath(script, NULL);
	args = arguments(debugging);
	*vec_add(lines) = xasprintf("file %s", program);
	*vec_add(lines) = xasprintf("set args %s", args);
	*vec_add(lines) = xasprintf("source %s", absolute != NULL ? absolute : script);
	*vec_add(lines) = xstrdup("viosim-start");
	free(args);
	free(absolute);
	free(script);
	free(program);
	return true;
}

static int
write_commands(const struct debugging *debugging, const struct lines *lines)
{
	bool good = true;
	struct atomic *file = atomic_open(debugging->commands, &good);
	char folder[PATH_MAX];

	if (file == NULL)
		return CLI_BROKEN;
	fprintf(atomic_stream(file), "# For gdb and what is built on it: gdb -x FILE\n");
	if (getcwd(folder, sizeof(folder)) != NULL)
		fprintf(atomic_stream(file), "cd %s\n", folder);
	vec_each(line, lines)
		fprintf(atomic_stream(file), "%s\n", *line);
	return atomic_end(file, true) ? CLI_OK : CLI_BROKEN;
}

static int
exec_gdb(const struct lines *lines)
{
	struct { VEC_MEMBERS(char *); } args = { 0 };

	*vec_add(&args) = xstrdup("gdb");
	*vec_add(&args) = xstrdup("-q");
	vec_each(line, lines) {
		*vec_add(&args) = xstrdup("-ex");
		*vec_add(&args) = xstrdup(*line);
	}
	*vec_add(&args) = NULL;
	fflush(stdout);
	signal(SIGPIPE, SIG_DFL);
	execvp("gdb", args.item);
	fprintf(stderr, "viosim debug: cannot start gdb: %s; `viosim debug --commands FILE` "
	    "writes what to tell a debugger\n",
	    errno == ENOENT ? "it is not installed" : strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	vec_each(arg, &args)
		free(*arg);
	vec_fini(&args);
	return CLI_BROKEN;
}

static int
debug_outside(struct debugging *debugging)
{
	struct isolate_work work = {
		.count = 1, .jobs = 1, .child = look, .done = looked, .arg = debugging,
	};
	struct lines lines = { 0 };
	int code = CLI_BROKEN;

	if (!isolate_run(&work))
		return CLI_BROKEN;
	if (debugging->error != NULL)
		return cli_error(&cli_debug, "%s", debugging->error);
	if (make_lines(debugging, &lines))
		code = debugging->commands != NULL ? write_commands(debugging, &lines) :
		    exec_gdb(&lines);
	vec_each(line, &lines)
		free(*line);
	vec_fini(&lines);
	return code;
}

/* ---- the command ---- */

static bool
open_subject(struct debugging *debugging, char **names, size_t count)
{
	const struct cli_cases *cases = &debugging->subject.cases;

	if (!cli_subject_open(&debugging->subject, &debugging->driver, names, count))
		return false;
	if (cases->count > 1) {
		cli_error(&cli_debug, "%s has %zu cases; say which, such as '%s'", names[0],
		    cases->count, cases->item[0].c->id);
		return false;
	}
	debugging->module = debugging->subject.module;
	if (!cases->item[0].c->machine->diagnostic)
		debugging->module = cli_nodiag_open(debugging->driver.path);
	return debugging->module != NULL;
}

static int
debug_main(void *values, char **names, size_t count)
{
	struct debugging *debugging = values;
	int code = CLI_USAGE;

	if (count != 1)
		return cli_usage_error(&cli_debug, "say which case, by its replay id");
	if (open_subject(debugging, names, count)) {
		code = CLI_OK;
		if (debugging->stop != NONE)
			debug_run(debugging->subject.cases.item[0].c, debugging->module,
			    (uint32_t)debugging->stop);
		else
			code = debug_outside(debugging);
	}
	free(debugging->error);
	if (debugging->module != debugging->subject.module)
		module_close(debugging->module);
	cli_subject_fini(&debugging->subject);
	return code;
}

static const struct cli_option debug_options_table[] = {
	CLI_OPTION_DRIVER(struct debugging),
	CLI_OPTION_MANIFEST(struct debugging),
	{ 0, "at", "EVENT", "stop after the event of this number",
	    CLI_NUMBER(struct debugging, at, 0, UINT32_MAX - 1), .not_with = "at-finding" },
	{ 0, "at-finding", "N", "stop where the Nth finding of the report showed",
	    CLI_NUMBER(struct debugging, finding, 1, UINT16_MAX) },
	{ 0, "commands", "FILE", "write what gdb is told, do not start it",
	    CLI_OUTPUT(struct debugging, commands) },
	{ 0, "stop", "EVENT", NULL, CLI_NUMBER(struct debugging, stop, 0, UINT32_MAX) },
	CLI_OPTIONS_END
};

const struct cli_command cli_debug = {
	.name = "debug",
	.summary = "a case in gdb, stopped at an event",
	.operands = "REPLAY-ID",
	.about =
	    "Runs the case in gdb up to an event, in the driver's source, where it came about.  "
	    "Without --at that is where the first finding that no known defect explains, or the "
	    "first failed expectation, showed; if there is none, the driver's first kernel call.  "
	    "Event numbers are those of --ndjson, of --verbose and of the failure report.  In gdb, "
	    "viosim-context lists all contexts and changes to another one, viosim-rings and "
	    "viosim-pages show virtqueues and memory, and viosim-event goes to another event.",
	.options = debug_options_table,
	CLI_FLAGS(struct debugging, .driver.path = CLI_DRIVER_DEFAULT, .at = NONE, .stop = NONE),
	.after =
	    "examples:\n"
	    "  viosim debug 'target/just-before-the-sleep#1.0,bounce'\n"
	    "  viosim debug --at 127 'target/just-before-the-sleep#1.0,bounce'\n",
	.main = debug_main,
};
