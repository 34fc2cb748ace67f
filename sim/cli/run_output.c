/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that `viosim run` writes: see run_output.h.
 */
#include "cli/run_output.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/width.h"
#include "report/atomic.h"
#include "report/failure.h"

/* ---- in the child ---- */

static const char *
verdict_word(enum verdict verdict)
{
	static const char *const words[] = {
		[VERDICT_PASS] = "passed", [VERDICT_FAIL] = "failed",
		[VERDICT_NOT_APPLICABLE] = "not-applicable", [VERDICT_SKIPPED] = "skipped",
		[VERDICT_BROKEN] = "error",
	};

	return words[verdict];
}

FILE *
run_text_stream(const struct run_flags *flags)
{
	const char *const files[] = {
		flags->ndjson, flags->digests, flags->json_summary, flags->results.junit,
		flags->results.sarif, flags->results.tap, flags->results.summary,
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (files[i] != NULL && strcmp(files[i], "-") == 0)
			return stderr;
	return flags->record != NULL ? stderr : stdout;
}

void
run_output_case(const struct run_flags *flags, const struct case_verdict *verdict,
    struct report_input *input, FILE *text[ISOLATE_TEXTS])
{
	bool failed = verdict->verdict == VERDICT_FAIL;

	if (strcmp(flags->driver.path, CLI_DRIVER_DEFAULT) != 0)
		input->driver_path = flags->driver.path;
	input->replay_words = flags->replay_words;
	input->verdict = verdict_word(verdict->verdict);
	input->reason = verdict->reason;
	input->style = (struct report_style){
		.colour = cli_has_color(flags->color, run_text_stream(flags)),
		.verbose = flags->verbose,
		.whole = flags->timeline,
		/* The text goes into files, too. */
		.width = cli_results_wanted(&flags->results) ? 0 : width_of(run_text_stream(flags)),
	};
	if (flags->timeline) {
		timeline_print(text[0], input);
		if (!failed)
			lints_print(text[0], input);
		fputc('\n', text[0]);
	}
	if (failed)
		failure_print(text[0], input);
	if (flags->ndjson != NULL || flags->record != NULL)
		ndjson_print(text[1], input, failed || !flags->failing);
	if (failed)
		failure_reasons(text[2], input);
	else if (verdict->verdict == VERDICT_PASS)
		lints_lines(text[2], input);
	if (cli_results_wanted(&flags->results) || (failed && flags->json_summary != NULL))
		failure_told_json(text[3], input, failed);
}

/* ---- in the parent ---- */

bool
run_output_begin(struct run_output *output, const struct run_flags *flags,
    struct results *results, const struct manifest *manifest, size_t total)
{
	bool good = true;

	memset(output, 0, sizeof(*output));
	output->flags = flags;
	output->results = results;
	output->manifest = manifest;
	output->total = total;
	output->text = run_text_stream(flags);
	output->color = cli_has_color(flags->color, output->text);
	output->progress = isatty(STDERR_FILENO) && getenv("CI") == NULL && total > 1;
	output->ndjson = atomic_open(flags->ndjson, &good);
	output->digests = atomic_open(flags->digests, &good);
	output->summary_file = atomic_open(flags->json_summary, &good);
	if (output->summary_file != NULL)
		output->summary = summary_new();
	return good;
}

/* The first reason; how many there are beside it. */
static const char *
first_line(struct results *results, const char *reasons)
{
	size_t length = strcspn(reasons, "\n"), more = 0;

	for (const char *p = reasons + length; *p != '\0'; p++)
		more += *p == '\n' && p[1] != '\0';
	return more == 0 ? results_print(results, "%.*s", (int)length, reasons) :
	    results_print(results, "%.*s (and %zu more)", (int)length, reasons, more);
}

/* A case without a result has a reason in place of its texts. */
static bool
has_result(const struct isolated *result)
{
	return result->verdict.verdict != VERDICT_SKIPPED &&
	    result->verdict.verdict != VERDICT_BROKEN;
}

static void
add_result(struct run_output *output, const struct cli_case *c, const struct isolated *result)
{
	struct results *results = output->results;
	const struct case_verdict *verdict = &result->verdict;
	struct result_case *to = results_case(results, c->c->id, verdict->verdict);

	to->scenario = (struct problem_place){
		.file = results_path(results, c->doc->path), .line = c->c->scenario->loc.line,
	};
	to->message = verdict->verdict == VERDICT_FAIL ? first_line(results, result->text[2]) :
	    verdict->verdict == VERDICT_NOT_APPLICABLE ?
	    results_print(results, "not applicable: %s", verdict->reason) :
	    has_result(result) ? NULL : results_keep(results, verdict->reason);
	to->wall_ns = result->wall_ns;
	to->virtual_ns = result->counts.virtual_ns;
	if (verdict->verdict == VERDICT_FAIL)
		to->text = results_keep(results, result->text[0]);
	for (size_t i = 0; output->manifest != NULL && i < output->manifest->count; i++)
		if (verdict->shown[i])
			*vec_add(&to->known) = results_print(results, "%s: %s",
			    output->manifest->defects[i].id, output->manifest->defects[i].title);
	if (result->length[3] > 0)
		results_told(results, result->text[3]);
	/* A finding's line begins with its place. */
	if (to->reasons.count > 0 && to->reasons.item[0].place.column > 0)
		to->message = results_print(results, "%s:%u:%u: %s",
		    to->reasons.item[0].place.file, to->reasons.item[0].place.line,
		    to->reasons.item[0].place.column, to->message);
}

/*
 * A failing case is printed in full, unless one of the same scenario has failed for the same
 * reasons: then its id is enough.
 */
static void
print_case(struct run_output *output, const struct cli_case *c, const struct isolated *result)
{
	bool failed = result->verdict.verdict == VERDICT_FAIL || !has_result(result);
	const char *reasons = has_result(result) ? result->text[2] : result->verdict.reason;

	if (failed && !run_groups_add(&output->groups, c->c->id, c->c->scenario->id,
	    reasons) && !output->flags->timeline)
		return;
	if (!has_result(result))
		fprintf(output->text, "%s: error: %s\n\n", c->c->id, reasons);
	fwrite(result->text[0], 1, result->length[0], output->text);
	if (result->length[0] > 0 && !output->flags->timeline)
		putc('\n', output->text);
}

/* No line of the report may be glued to the counter: it goes before one is printed. */
static void
hide_progress(struct run_output *output)
{
	if (!output->progress_shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	output->progress_shown = false;
}

/* The cursor goes back, so that whatever else comes is not glued to it either. */
static void
show_progress(struct run_output *output)
{
	if (!output->progress || output->done == output->total)
		return;
	fflush(stdout);
	fprintf(stderr, "%zu of %zu cases\r", output->done, output->total);
	fflush(stderr);
	output->progress_shown = true;
}

/* One line says all of them, with the totals. */
static void
count_skipped(struct run_output *output, const struct case_verdict *verdict)
{
	bool skipped = verdict->verdict == VERDICT_SKIPPED;

	output->scenario_skipped += skipped;
	output->scenario_inapplicable += !skipped;
	run_reasons_add(skipped ? &output->skipped : &output->inapplicable, verdict->reason,
	    strlen(verdict->reason));
}

/* The lints of a case that passed, a line each. */
static void
add_lints(struct run_output *output, const char *lines)
{
	size_t length;

	output->lint_cases += *lines != '\0';
	for (; *lines != '\0'; lines += length + (lines[length] == '\n')) {
		length = strcspn(lines, "\n");
		run_reasons_add(&output->lints, lines, length);
	}
}

/* They fail nothing, so they are counted where nothing failed; those of other cases stand there. */
static void
print_lints(const struct run_output *output, size_t failed)
{
	size_t count = output->lints.count;

	if (count == 0 || failed > 0)
		return;
	for (size_t i = 0; output->flags->lints && i < count; i++)
		fprintf(output->text, "  %3zu case%s  %s\n", output->lints.item[i].cases,
		    output->lints.item[i].cases == 1 ? " " : "s", output->lints.item[i].reason);
	fprintf(output->text, "%zu lint%s in %zu case%s%s\n", count, plural(count),
	    output->lint_cases,
	    plural(output->lint_cases),
	    output->flags->lints ? "; --lints-fail makes them errors" :
	    "; --lints lists them");
}

static void
write_record(struct run_output *output, const struct cli_case *c, const struct isolated *result)
{
	char *none = has_result(result) ? NULL : SBUF_TEXT(stream, ndjson_print_none(stream,
	    c->c->id, verdict_word(result->verdict.verdict), result->verdict.reason));
	const char *text = none != NULL ? none : result->text[1];
	size_t length = none != NULL ? strlen(none) : result->length[1];

	if (output->ndjson != NULL)
		fwrite(text, 1, length, atomic_stream(output->ndjson));
	if (output->flags->record != NULL)
		output->flags->record(output->flags->record_arg, text, length);
	free(none);
}

static void
write_files(struct run_output *output, const struct cli_case *c, const struct isolated *result)
{
	const char *word = verdict_word(result->verdict.verdict);
	bool has_run = result->verdict.verdict == VERDICT_PASS ||
	    result->verdict.verdict == VERDICT_FAIL;

	if (output->ndjson != NULL || output->flags->record != NULL)
		write_record(output, c, result);
	if (output->digests != NULL && has_run)
		fprintf(atomic_stream(output->digests), "%s %016" PRIx64 "\n", c->c->id,
		    result->digest);
	else if (output->digests != NULL)
		fprintf(atomic_stream(output->digests), "%s %s\n", c->c->id, word);
	if (output->results != NULL)
		add_result(output, c, result);
	if (output->summary != NULL)
		summary_case(output->summary, c->c->id, result->verdict.verdict, result->digest,
		    result->verdict.verdict == VERDICT_FAIL ? result->text[3] :
		    result->verdict.reason);
}

void
run_output_done(struct run_output *output, const struct cli_case *c,
    const struct isolated *result)
{
	hide_progress(output);
	output->done++;
	output->scenario_failed += result->verdict.verdict == VERDICT_FAIL ||
	    result->verdict.verdict == VERDICT_BROKEN;
	for (size_t i = 0; i < VERDICT_DEFECTS_MAX; i++) {
		output->shown[i] += result->verdict.shown[i];
		output->scenario_shown[i] |= result->verdict.shown[i];
	}
	write_files(output, c, result);
	if (result->verdict.verdict == VERDICT_SKIPPED ||
	    result->verdict.verdict == VERDICT_NOT_APPLICABLE)
		count_skipped(output, &result->verdict);
	if (result->verdict.verdict == VERDICT_PASS)
		add_lints(output, result->text[2]);
	if (result->verdict.verdict != VERDICT_SKIPPED && output->flags->record == NULL)
		print_case(output, c, result);
	show_progress(output);
}

static const char *
paint(const struct run_output *output, const char *code)
{
	return output->color ? code : "";
}

void
run_output_scenario(struct run_output *output, const struct cli_cases *cases,
    size_t first, size_t last)
{
	const char *separator = ", ";
	bool failed = output->scenario_failed > 0, skipped = output->scenario_skipped > 0;
	bool none = output->scenario_inapplicable > last - first;

	hide_progress(output);
	run_groups_same(&output->groups, output->flags->timeline ? NULL : output->text);
	/* The totals report a scenario of which nothing was run. */
	if (!output->flags->quiet && !output->flags->quiet_verdict &&
	    output->scenario_skipped <= last - first) {
		const char *word = failed ? "FAIL" : skipped ? "skip" : none ? "n/a" : "ok";
		const char *colour = failed ? "\033[31m" : skipped || none ? "\033[33m" :
		    "\033[32m";

		fprintf(output->text, "%s%-4s%s  %-46s %zu case%s", paint(output, colour), word,
		    paint(output, "\033[0m"), cases->item[last].c->scenario->id,
		    last - first + 1, last > first ? "s" : "");
		if (skipped)
			fprintf(output->text, " (%u skipped)", output->scenario_skipped);
		if (output->scenario_inapplicable > 0)
			fprintf(output->text, " (%u not applicable)",
			    output->scenario_inapplicable);
		for (size_t i = 0; output->manifest != NULL &&
		    i < output->manifest->count; i++)
			if (output->scenario_shown[i]) {
				fprintf(output->text, "%s%s", separator,
				    output->manifest->defects[i].id);
				separator = " ";
			}
		putc('\n', output->text);
	}
	output->scenario_failed = output->scenario_skipped = output->scenario_inapplicable = 0;
	memset(output->scenario_shown, 0, sizeof(output->scenario_shown));
	show_progress(output);
}

static void
add_gone(struct run_output *output, const struct cli_case *c, const struct defect *defect)
{
	struct results *results = output->results;
	struct result_case *to = results_case(results,
	    results_print(results, "%s: %s", c->c->scenario->id, defect->id), VERDICT_FAIL);

	to->message = results_print(results, "known defect %s no longer shows", defect->id);
	to->scenario = (struct problem_place){
		.file = results_path(results, output->manifest->path),
		.line = defect->loc.line, .column = defect->loc.col,
	};
	results_problem(results, &(struct problem){
		.rule = "known-defect", .text = to->message, .place = to->scenario,
	}, true);
}

/* Is it the manifest of that module: viomb.so for `source: viomb.c`? */
static bool
is_own(const char *module, const struct manifest *manifest)
{
	const char *slash = strrchr(module, '/');
	size_t stem;

	if (manifest->source == NULL)
		return true;
	module = slash != NULL ? slash + 1 : module;
	stem = strcspn(module, ".");
	return strcspn(manifest->source, ".") == stem &&
	    strncmp(module, manifest->source, stem) == 0;
}

bool
run_output_gone(struct run_output *output, const struct cli_case *c,
    const struct defect *defect)
{
	const struct manifest *manifest = output->manifest;
	const char *scenario = c->c->scenario->id;

	hide_progress(output);
	if (output->summary != NULL)
		summary_gone(output->summary, defect->id, scenario);
	if (!is_own(output->flags->driver.path, manifest)) {
		output->gone_elsewhere++;
		return false;
	}
	if (output->results != NULL)
		add_gone(output, c, defect);
	fprintf(output->text, "%s:%u:%u: failed: known defect %s no longer shows in %s\n"
	    "  %s\n"
	    "  If this driver fixes it, remove it from the driver's manifest; a driver that\n"
	    "  is compared with another driver's manifest needs a manifest of its own.\n\n",
	    manifest->path, defect->loc.line, defect->loc.col, defect->id, scenario,
	    defect->title);
	output->scenario_failed++;
	return true;
}

/* The known defects that showed. */
static void
print_known(struct run_output *output)
{
	const struct manifest *manifest = output->manifest;
	bool quiet = output->flags->quiet || output->flags->quiet_verdict, any = false;

	for (size_t i = 0; manifest != NULL && i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];

		if (output->shown[i] == 0)
			continue;
		if (output->summary != NULL)
			summary_known(output->summary, defect->id, defect->title,
			    output->shown[i]);
		if (output->results != NULL)
			*vec_add(&output->results->defects) = (struct result_defect){
				results_keep(output->results, defect->id),
				results_keep(output->results, defect->title),
				results_keep(output->results, defect->finding), output->shown[i],
			};
		if (quiet)
			continue;
		if (!any)
			fprintf(output->text, "\nknown defects of %s that showed:\n",
			    manifest->driver);
		any = true;
		fprintf(output->text, "  %-10s %3zu case%s  %s\n", defect->id, output->shown[i],
		    output->shown[i] == 1 ? " " : "s", defect->title);
	}
	if (any)
		putc('\n', output->text);
}

static void
print_skipped(const struct run_output *output, const char *what,
    const struct run_reasons *reasons)
{
	for (size_t i = 0; i < reasons->count; i++)
		fprintf(output->text, "%s: %zu case%s: %s\n", what, reasons->item[i].cases,
		    plural(reasons->item[i].cases), reasons->item[i].reason);
}

/* The causes of all cases, and the lines below them. */
static void
print_whole(struct run_output *output, const struct summary_totals *totals)
{
	print_known(output);
	run_groups_same(&output->groups, output->flags->timeline ? NULL : output->text);
	run_groups_print(&output->groups, output->text);
	print_lints(output, totals->failed);
	print_skipped(output, "skipped", &output->skipped);
	print_skipped(output, "not applicable", &output->inapplicable);
	if (output->gone_elsewhere > 0)
		fprintf(output->text, "%u time%s a known defect of %s did not show, which is a "
		    "failure of %s only\n", output->gone_elsewhere, plural(output->gone_elsewhere),
		    output->manifest->path, output->manifest->source);
}

bool
run_output_end(struct run_output *output, struct summary_totals *totals)
{
	bool good = true;

	hide_progress(output);
	totals->lints = output->lints.count;
	totals->lint_cases = output->lint_cases;
	if (output->flags->record == NULL)
		print_whole(output, totals);
	if (output->results != NULL) {
		output->results->lints = totals->lints;
		output->results->lint_cases = totals->lint_cases;
	}
	if (output->summary != NULL)
		summary_print(atomic_stream(output->summary_file), output->summary, totals);
	good = atomic_end(output->summary_file, true) && good;
	good = atomic_end(output->ndjson, true) && good;
	good = atomic_end(output->digests, true) && good;
	summary_free(output->summary);
	run_groups_fini(&output->groups);
	run_reasons_fini(&output->lints);
	run_reasons_fini(&output->skipped);
	run_reasons_fini(&output->inapplicable);
	return good;
}
