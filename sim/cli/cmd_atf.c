/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim atf: scenarios as the test cases of an ATF test program, for kyua(1) and atf-run(1).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "cli/cli.h"
#include "cli/run_output.h"
#include "report/atomic.h"
#include "report/report.h"
#include "scenario/arena.h"

#define ATF_FAILED 1			/* the exit code that the protocol wants with `failed` */

struct atf_flags {
	struct cli_driver driver;
	bool list, lints_fail;
	const char *result, *srcdir, *scenarios;
	struct cli_texts variables;
};

/* ---- names ---- */

/* "inflate_odd-target": the name of a case has no slash. */
static char *
ident_of(const char *id)
{
	char *ident = xstrdup(id);

	for (char *p = ident; *p != '\0'; p++)
		if (*p == '/')
			*p = '_';
	return ident;
}

static bool
is_named(const char *id, const char *name, size_t length)
{
	char *ident = ident_of(id);
	bool same = strlen(ident) == length && strncmp(ident, name, length) == 0;

	free(ident);
	return same;
}

/* The id that a file that does not load would have. */
static const char *
broken_id(const struct cli_broken *broken, struct arena *arena)
{
	return cli_scenario_id(broken->path, arena);
}

/* ---- -l ---- */

static void
print_case(const char *id, const char *summary)
{
	char *ident = ident_of(id), *text = xstrdup(summary);

	report_clean(text);
	printf("\nident: %s\ndescr: %s\nX-viosim.scenario: %s\n", ident, text, id);
	free(ident);
	free(text);
}

static int
list(const struct cli_cases *cases, struct arena *arena)
{
	puts("Content-Type: application/X-atf-tp; version=\"1\"");
	vec_each(c, cases)
		if (c == cases->item || c[-1].doc != c->doc)
			print_case(c->c->scenario->id, c->c->scenario->summary);
	vec_each(broken, &cases->broken)
		print_case(broken_id(broken, arena), "(this file is wrong)");
	return CLI_OK;
}

/* ---- a case ---- */

/* Those of other scenarios go; false if none is left. */
static bool
keep_scenario(struct cli_cases *cases, const char *name, size_t length)
{
	size_t kept = 0;

	vec_each(c, cases)
		if (is_named(c->c->scenario->id, name, length))
			cases->item[kept++] = *c;
	cases->count = kept;
	return kept > 0;
}

/* "passed", "skipped: ..." or "failed: ...", of all cases of the scenario; heap. */
static char *
result_of(const struct results *results, int code)
{
	struct result_counts counts = results_count(results, NULL);
	size_t bad = counts.failed + counts.errors + counts.skipped;
	const char *message = NULL;

	vec_each(c, &results->cases)
		if (message == NULL && c->message != NULL &&
		    (bad == 0 || c->verdict != VERDICT_NOT_APPLICABLE))
			message = c->message;
	if (bad > 0)
		return xasprintf("failed: %zu of %zu cases: %s", bad, counts.cases, message);
	if (code != CLI_OK)
		return xstrdup("failed: standard error says why");
	return counts.passed > 0 ? xstrdup("passed") : xasprintf("skipped: %s", message);
}

static char *
broken_result(const struct cli_broken *broken)
{
	const struct diag_list *diags = &broken->diags;

	diag_list_print(&(struct diag_list){ diags->items, diags->count, diags->dropped,
	    diags->reported }, stderr, false);
	return diags->count == 0 ? xasprintf("failed: %s is wrong", broken->path) :
	    xasprintf("failed: %s:%u:%u: %s", broken->path, diags->items[0].loc.line,
	    diags->items[0].loc.col, diags->items[0].message);
}

static char *
run_scenario(const struct atf_flags *flags, struct cli_cases *cases)
{
	struct run_flags run = { .driver = flags->driver, .lints_fail = flags->lints_fail,
	    .quiet = true, .color = CLI_COLOR_NEVER };
	struct cli_results_out out = { .results = results_new("atf"), .keep = true };
	int code = run_cases(&run, cases, &out);
	char *result = result_of(out.results, code);

	results_free(out.results);
	return result;
}

/* NULL: there is no such case. */
static char *
run_named(const struct atf_flags *flags, struct cli_cases *cases, struct arena *arena,
    const char *name, size_t length)
{
	vec_each(broken, &cases->broken)
		if (is_named(broken_id(broken, arena), name, length))
			return broken_result(broken);
	return keep_scenario(cases, name, length) ? run_scenario(flags, cases) : NULL;
}

static int
write_result(const char *path, char *result)
{
	bool good = true, failed = strncmp(result, "failed", strlen("failed")) == 0;
	struct atomic *file = atomic_open(path, &good);

	report_clean(result);
	if (file != NULL)
		fprintf(atomic_stream(file), "%s\n", result);
	return !good || !atomic_end(file, true) ? CLI_BROKEN : failed ? ATF_FAILED : CLI_OK;
}

/* "inflate_odd-target", "inflate_odd-target:body", or ":cleanup", of which there is nothing. */
static int
one_case(const struct atf_flags *flags, struct cli_cases *cases, struct arena *arena,
    const char *name)
{
	size_t length = strcspn(name, ":");
	char *result;
	int code;

	if (strcmp(name + length, ":cleanup") == 0)
		return CLI_OK;
	if (name[length] != '\0' && strcmp(name + length, ":body") != 0)
		return cli_error(&cli_atf, "%s: a case has the parts body and cleanup", name);
	result = run_named(flags, cases, arena, name, length);
	if (result == NULL)
		return cli_error(&cli_atf, "there is no case %.*s; -l lists them", (int)length,
		    name);
	code = write_result(flags->result != NULL ? flags->result : "-", result);
	free(result);
	return code;
}

/* ---- the command ---- */

/* What a variable says that is one of ours; others are for other programs. */
static void
take_variable(struct atf_flags *flags, const char *text)
{
	const struct { const char *name; const char **value; } names[] = {
		{ "driver", &flags->driver.path }, { "manifest", &flags->driver.manifest },
		{ "scenarios", &flags->scenarios },
	};
	size_t length = strcspn(text, "=");
	const char *value = text[length] == '=' ? text + length + 1 : "";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == length && strncmp(text, names[i].name, length) == 0)
			*names[i].value = value;
	if (strcmp(text, "no-manifest=true") == 0 || strcmp(text, "no-manifest=yes") == 0)
		flags->driver.no_manifest = true;
	if (strcmp(text, "lints-fail=true") == 0 || strcmp(text, "lints-fail=yes") == 0)
		flags->lints_fail = true;
}

/* All paths but that of the result are seen from there; *path, on the heap, is that one then. */
static bool
enter_srcdir(struct atf_flags *flags, char **path)
{
	char *here = NULL;

	if (flags->srcdir == NULL)
		return true;
	if (flags->result != NULL && flags->result[0] != '/' && strcmp(flags->result, "-") != 0 &&
	    (here = getcwd(NULL, 0)) != NULL)
		flags->result = *path = xasprintf("%s/%s", here, flags->result);
	free(here);
	if (chdir(flags->srcdir) == 0)
		return true;
	cli_error(&cli_atf, "cannot enter %s: %s", flags->srcdir, strerror(errno));
	return false;
}

static bool
say_nothing(const char *path, struct diag_list *diags, void *arg)
{
	(void)path;
	(void)diags;
	(void)arg;
	return false;
}

/* A file that is wrong is a case that fails, and says so then. */
static int
answer(const struct atf_flags *flags, const char *name)
{
	char *folder = (char *)(uintptr_t)flags->scenarios;
	struct arena *arena = arena_new();
	struct cli_cases cases;
	int code = CLI_USAGE;

	if (cli_collect_told(&cases, &folder, folder != NULL, say_nothing, NULL) ||
	    cases.broken.count > 0)
		code = name == NULL ? list(&cases, arena) : one_case(flags, &cases, arena, name);
	cli_cases_fini(&cases);
	arena_free(arena);
	return code;
}

static int
atf_main(void *values, char **names, size_t count)
{
	struct atf_flags *flags = values;
	char *path = NULL;
	int code = CLI_USAGE;

	for (size_t i = 0; i < flags->variables.count; i++)
		take_variable(flags, flags->variables.item[i]);
	if (count != (flags->list ? 0 : 1))
		cli_usage_error(&cli_atf, "either -l, or one case");
	else if (enter_srcdir(flags, &path))
		code = answer(flags, flags->list ? NULL : names[0]);
	free(path);
	return code;
}

static const struct cli_option atf_options[] = {
	{ 'l', "list", NULL, "list the test cases: the scenarios", CLI_FLAG(struct atf_flags, list),
	    .not_with = "result" },
	{ 'r', "result", "FILE", "write the result there (default: standard output)",
	    CLI_TEXT(struct atf_flags, result) },
	{ 's', "srcdir", "DIR", "the folder that other paths are seen from",
	    CLI_TEXT(struct atf_flags, srcdir) },
	{ 'v', "variable", "NAME=VALUE", "driver, manifest, scenarios, no-manifest or lints-fail, "
	    "as the options; others are ignored", CLI_TEXTS(struct atf_flags, variables) },
	CLI_OPTION_DRIVER(struct atf_flags),
	CLI_OPTION_MANIFEST(struct atf_flags),
	{ 0, "scenarios", "PATH", "folder or file (default: all below scenarios/)",
	    CLI_TEXT(struct atf_flags, scenarios) },
	{ 0, "lints-fail", NULL, "a lint that no known defect explains fails its case",
	    CLI_FLAG(struct atf_flags, lints_fail) },
	CLI_OPTIONS_END
};

const struct cli_command cli_atf = {
	.name = "atf",
	.summary = "be an ATF test program, for kyua",
	.operands = "-l | CASE[:body | :cleanup]",
	.about =
	    "Answers as an ATF test program does: each scenario is a test case, called after it "
	    "with _ in place of /.  A case passes if all cases of the scenario do, is skipped if "
	    "none applies to the driver, and fails with the first reason; what `viosim run` says "
	    "of it is on standard output.  A file that is wrong is a case that fails.",
	.options = atf_options,
	.foreign = true,
	.after =
	    "A test program, t_viomb, which must be executable:\n"
	    "  #!/bin/sh\n"
	    "  exec viosim atf -s \"$(dirname \"$0\")\" --driver viomb.so \"$@\"\n"
	    "and the Kyuafile beside it:\n"
	    "  syntax(2)\n"
	    "  test_suite(\"viosim\")\n"
	    "  atf_test_program{name=\"t_viomb\"}\n",
	CLI_FLAGS(struct atf_flags, .driver.path = CLI_DRIVER_DEFAULT),
	.main = atf_main,
};
