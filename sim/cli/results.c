/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files in the formats of other programs: see results.h.
 */
#include "cli/results.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/hostio.h"
#include "base/sbuf.h"
#include "report/atomic.h"
#include "report/formats.h"

/* In the order in which they are written. */
enum { JUNIT, SARIF, TAP, SUMMARY, GITHUB };
static bool (*const writers[CLI_RESULTS_FILES])(FILE *stream, const struct results *results) = {
	[JUNIT] = junit_print, [SARIF] = sarif_print, [TAP] = tap_print,
	[SUMMARY] = markdown_print, [GITHUB] = github_print,
};

/* Of the step, to which each command of it adds; NULL: there is none. */
static const char *
step_summary(void)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");

	return path != NULL && path[0] != '\0' ? path : NULL;
}

/* The files by writer; NULL: not asked for. */
static void
paths_of(const struct cli_results *flags, const char *path[CLI_RESULTS_FILES])
{
	path[JUNIT] = flags->junit;
	path[SARIF] = flags->sarif;
	path[TAP] = flags->tap;
	path[SUMMARY] = flags->summary != NULL ? flags->summary : step_summary();
	path[GITHUB] = flags->github ? "-" : NULL;
}

bool
cli_results_wanted(const struct cli_results *flags)
{
	const char *path[CLI_RESULTS_FILES];

	paths_of(flags, path);
	for (size_t i = 0; i < CLI_RESULTS_FILES; i++)
		if (path[i] != NULL)
			return true;
	return false;
}

bool
cli_results_begin(struct cli_results_out *out, const char *command,
    const struct cli_results *flags)
{
	const char *path[CLI_RESULTS_FILES], *step = step_summary();
	bool good = true;

	*out = (struct cli_results_out){ .begin_ns = host_ns() };
	paths_of(flags, path);
	for (size_t i = 0; i < CLI_RESULTS_FILES; i++)
		out->file[i] = i == SUMMARY && path[i] != NULL && step != NULL &&
		    strcmp(path[i], step) == 0 ? atomic_append(path[i], &good) :
		    atomic_open(path[i], &good);
	if (good && cli_results_wanted(flags)) {
		out->results = results_new(command);
		out->results->version = cli_version_text;
		cleanup_defer();
	}
	return good;
}

static void
add_folder(struct results *results, const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;

	if (slash != NULL)
		*vec_add(&results->sources) =
		    results_print(results, "%.*s", (int)(slash - path), path);
}

void
cli_results_about(struct cli_results_out *out, const char *driver,
    const struct module *module, const struct manifest *manifest, const struct manifest *hints)
{
	struct results *results = out->results;

	if (results == NULL)
		return;
	results->driver = results_keep(results, driver);
	if (module != NULL) {
		results->driver_hash = results_print(results, "%016" PRIx64, module_hash(module));
		results->rcsid = results_keep(results, module_rcsid(module));
	}
	if (manifest != NULL)
		results->manifest = results_keep(results, manifest->path);
	/* A driver's text is where its manifest is, or its module, or where kernels have it. */
	add_folder(results, results->manifest);
	add_folder(results, hints != NULL ? hints->path : NULL);
	add_folder(results, driver);
	*vec_add(&results->sources) = "driver";
	*vec_add(&results->sources) = "sys/dev/pci";
}

static void
add_broken(struct results *results, const struct cli_broken *broken)
{
	struct diag_list diags = broken->diags;
	char *text = SBUF_TEXT(to, diag_list_print(&diags, to, false));
	struct result_case *c = results_case(results, broken->path, VERDICT_BROKEN);

	c->scenario = (struct problem_place){ .file = c->id };
	c->text = results_keep(results, text);
	if (diags.count > 0) {
		c->scenario.line = diags.items[0].loc.line;
		c->scenario.column = diags.items[0].loc.col;
		c->message = results_print(results, "%s:%u:%u: %s", broken->path,
		    diags.items[0].loc.line, diags.items[0].loc.col, diags.items[0].message);
	}
	for (size_t i = 0; i < diags.count; i++)
		results_problem(results, &(struct problem){
			.level = PROBLEM_ERROR, .rule = diags.items[i].rule,
			.text = diags.items[i].message,
			.place = { .file = diags.items[i].loc.file,
			    .line = diags.items[i].loc.line, .column = diags.items[i].loc.col,
			    .width = diags.items[i].width },
		}, true);
	free(text);
}

void
cli_results_refused(struct cli_results_out *out, const struct cli_cases *cases)
{
	struct results *results = out->results;
	struct result_case *c;

	if (results == NULL)
		return;
	results->aborted = "nothing was run";
	vec_each(broken, &cases->broken)
		add_broken(results, broken);
	if (cases->broken.count > 0)
		return;
	c = results_case(results, results->command, VERDICT_BROKEN);
	c->message = "nothing was run: standard error says why";
}

/* The cases that were not run are skipped: one that fails says that this is no success. */
static void
add_end(struct results *results)
{
	results->aborted = results_print(results, "viosim was ended: %s",
	    strsignal(cleanup_asked()));
	results_case(results, results->command, VERDICT_BROKEN)->message = results->aborted;
}

bool
cli_results_end(struct cli_results_out *out, bool good)
{
	bool written = true;

	if (out->results != NULL) {
		out->results->wall_ns = host_ns() - out->begin_ns;
		if (cleanup_asked() != 0)
			add_end(out->results);
	}
	for (size_t i = 0; i < CLI_RESULTS_FILES; i++) {
		bool keep = good && out->results != NULL;

		if (out->file[i] != NULL && keep)
			(void)writers[i](atomic_stream(out->file[i]), out->results);
		written = atomic_end(out->file[i], keep) && written;
		out->file[i] = NULL;
	}
	if (out->keep)
		return written;
	results_free(out->results);
	out->results = NULL;
	return written;
}
