/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim compare: what does one driver do that another does not?
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/sbuf.h"
#include "base/alloc.h"
#include "base/hostio.h"
#include "cli/cli.h"
#include "cli/results.h"
#include "machine/crash.h"
#include "report/atomic.h"
#include "report/compared.h"
#include "run/compare.h"
#include "run/isolate.h"

#define SHOWN 3				/* cases shown in context without --verbose */
#define SEEDS_MAX 100000

/* A driver, and its non-DIAGNOSTIC build (NULL: no case needs it). */
struct driver {
	const char *path;
	struct module *module, *nodiag;
};

struct compare_flags {
	const char *a, *b, *ndjson;
	struct cli_results results;
	unsigned jobs, seeds;
	bool verbose;
};

struct compare {
	struct compare_flags flags;
	struct driver a, b;
	struct { VEC_MEMBERS(struct scenario_case); } cases;	/* with --seeds several of each */
	struct compared_classes classes;
	struct cli_results_out results;
	FILE *ndjson;
	FILE *text;			/* for people; stderr if NDJSON goes to stdout */
	size_t same, different, broken, skipped;
	char reason[VERDICT_REASON];	/* why cases were skipped */
};

/* ---- the child ---- */

static struct module *
module_for(const struct driver *driver, const struct scenario_case *c)
{
	return c->machine->diagnostic ? driver->module : driver->nodiag;
}

static void
record(const struct driver *driver, const struct scenario_case *c,
    struct regions *regions, struct compare_stream *stream)
{
	struct run_options options = { .module = module_for(driver, c), .regions = regions };

	crash_limit(CRASH_SECONDS);
	compare_record(c, &options, stream);
	crash_limit(0);
}

static void
report(const struct compare *compare, const struct compared *compared, FILE **text)
{
	struct compared_classes classes = { 0 };

	compared_print(compared, compare->flags.verbose, text[0]);
	compared_classes_add(&classes, compared);
	compared_classes_write(&classes, text[1]);
	compared_classes_fini(&classes);
	if (compare->flags.ndjson != NULL)
		compared_write(compared, text[2]);
}

static void
child(void *arg, size_t index, struct regions *regions, struct isolated *result,
    FILE *text[ISOLATE_TEXTS])
{
	struct compare *compare = arg;
	const struct scenario_case *c = &compare->cases.item[index];
	struct compare_stream a, b;
	struct compare_result difference;
	uint64_t begin_ns;
	struct compared compared = {
		.id = c->id, .a = { &a, module_source(module_for(&compare->a, c)) },
		.b = { &b, module_source(module_for(&compare->b, c)) }, .result = &difference,
	};

	crash_install();
	begin_ns = host_ns();
	record(&compare->a, c, regions, &a);
	record(&compare->b, c, regions, &b);
	result->wall_ns = host_ns() - begin_ns;
	compare_streams(&a, &b, COMPARE_BOUND, &difference);
	if (difference.differences > 0) {
		result->verdict.verdict = VERDICT_FAIL;
		report(compare, &compared, text);
	}
	compare_result_fini(&difference);
	compare_stream_fini(&a);
	compare_stream_fini(&b);
}

/* ---- the parent ---- */

/* What differs first is told in the text; it has no place of its own. */
static void
add_result(struct compare *compare, const struct scenario_case *c, const struct isolated *result)
{
	struct results *results = compare->results.results;
	const struct case_verdict *verdict = &result->verdict;
	struct result_case *to = results_case(results, c->id, verdict->verdict);

	to->wall_ns = result->wall_ns;
	to->scenario = (struct problem_place){
		.file = results_path(results, c->scenario->loc.file),
		.line = c->scenario->loc.line,
	};
	if (verdict->verdict != VERDICT_FAIL) {
		to->message = results_keep(results, verdict->reason[0] != '\0' ?
		    verdict->reason : NULL);
		return;
	}
	to->message = results_print(results, "%s and %s do not do the same", compare->flags.a,
	    compare->flags.b);
	to->text = results_keep(results, result->text[0]);
	results_problem(results, &(struct problem){
		.rule = "difference", .text = to->message, .place = to->scenario,
	}, true);
}

static bool
done(void *arg, size_t index, const struct isolated *result)
{
	struct compare *compare = arg;
	const char *id = compare->cases.item[index].id;

	cli_output_check();
	if (compare->results.results != NULL)
		add_result(compare, &compare->cases.item[index], result);
	if (result->verdict.verdict == VERDICT_SKIPPED) {
		compare->skipped++;
		snprintf(compare->reason, sizeof(compare->reason), "%s",
		    result->verdict.reason);
		return true;
	}
	if (result->verdict.verdict == VERDICT_PASS) {
		compare->same++;
		return true;
	}
	if (result->verdict.verdict != VERDICT_FAIL ||
	    !compared_classes_read(&compare->classes, id, result->text[1], result->length[1])) {
		compare->broken++;
		fprintf(compare->text, "%s: %s\n", id, result->verdict.reason[0] != '\0' ?
		    result->verdict.reason : "malformed output from a worker");
		return true;
	}
	if (compare->flags.verbose || compare->different < SHOWN)
		fprintf(compare->text, "%s\n", result->text[0]);
	compare->different++;
	if (compare->ndjson != NULL)
		fputs(result->text[2], compare->ndjson);
	return true;
}

static void
sum_up(struct compare *compare)
{
	FILE *text = compare->text;

	if (!compare->flags.verbose && compare->different > SHOWN)
		fprintf(text, "%zu more cases differ; --verbose shows all, in full\n\n",
		    compare->different - SHOWN);
	if (compare->different > 0) {
		fprintf(text, "differences, a is %s, b is %s:\n", compare->flags.a,
		    compare->flags.b);
		compared_classes_print(&compare->classes, text);
	}
	if (compare->skipped > 0)
		fprintf(text, "skipped: %zu case%s: %s\n", compare->skipped,
		    plural(compare->skipped), compare->reason);
	fprintf(text, "%zu case%s: %zu the same, %zu different", compare->cases.count,
	    plural(compare->cases.count), compare->same, compare->different);
	if (compare->broken + compare->skipped > 0)
		fprintf(text, ", %zu not compared", compare->broken + compare->skipped);
	fputc('\n', text);
}

static int
compare_all(struct compare *compare)
{
	struct isolate_work work = {
		.count = compare->cases.count, .jobs = cli_jobs(compare->flags.jobs),
		.child = child, .done = done, .arg = compare,
	};
	bool good = isolate_run(&work);

	sum_up(compare);
	compared_classes_fini(&compare->classes);
	if (compare->ndjson != NULL)
		compared_write_end(compare->same, compare->different,
		    compare->broken + compare->skipped, compare->ndjson);
	if (!good || compare->broken + compare->skipped > 0)
		return CLI_BROKEN;
	return compare->different > 0 ? CLI_FOUND : CLI_OK;
}

static int
compare_into(struct compare *compare)
{
	struct atomic *file;
	bool good = true;
	int code;

	compare->text = stdout;
	if (compare->flags.ndjson == NULL)
		return compare_all(compare);
	if (strcmp(compare->flags.ndjson, "-") == 0)
		compare->text = stderr;
	file = atomic_open(compare->flags.ndjson, &good);
	if (!good)
		return CLI_BROKEN;
	compare->ndjson = atomic_stream(file);
	compared_write_head(compare->flags.a, compare->flags.b, compare->ndjson);
	code = compare_all(compare);
	return atomic_end(file, true) ? code : CLI_BROKEN;
}

/* ---- cases ---- */

static void
push_seeds(struct compare *compare, const struct scenario_case *c)
{
	const struct scenario_seeds *listed = &c->scenario->seeds;

	for (unsigned seed = 1; seed <= compare->flags.seeds; seed++) {
		bool is_listed = false;

		for (size_t i = 0; i < listed->count; i++)
			is_listed |= listed->seed[i] == seed;
		if (!is_listed)
			scenario_case_init(vec_add(&compare->cases), c->scenario, c->machine,
			    true, seed);
	}
}

/* A scenario with seeds of its own has a case for each: further seeds follow the last. */
static void
spread(struct compare *compare, const struct cli_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++) {
		const struct scenario_case *c = cases->item[i].c;
		const struct scenario_case *next = i + 1 < cases->count ?
		    cases->item[i + 1].c : NULL;

		scenario_case_init(vec_add(&compare->cases), c->scenario, c->machine, c->has_seed,
		    c->seed);
		if (next == NULL || next->scenario != c->scenario ||
		    next->machine != c->machine)
			push_seeds(compare, c);
	}
}

static void
spread_fini(struct compare *compare)
{
	vec_each(c, &compare->cases)
		scenario_case_fini(c);
	vec_fini(&compare->cases);
}

/* ---- drivers ---- */

/* The loader loads a file once, whatever it is called. */
static bool
are_two(const char *a, const char *b)
{
	struct stat stat_a, stat_b;

	if (stat(a, &stat_a) != 0 || stat(b, &stat_b) != 0 ||
	    stat_a.st_dev != stat_b.st_dev || stat_a.st_ino != stat_b.st_ino)
		return true;
	fprintf(stderr, "viosim: %s and %s are the same file; "
	    "compare builds of two revisions\n", a, b);
	return false;
}

static bool
open_drivers(struct compare *compare, bool nodiag)
{
	const struct compare_flags *flags = &compare->flags;

	if (!are_two(flags->a, flags->b))
		return false;
	compare->a.module = cli_module_open(flags->a);
	if (compare->a.module != NULL)
		compare->b.module = cli_module_open(flags->b);
	if (compare->b.module == NULL)
		return false;
	if (!nodiag)
		return true;
	compare->a.nodiag = cli_nodiag_open(module_path(compare->a.module));
	if (compare->a.nodiag != NULL)
		compare->b.nodiag = cli_nodiag_open(module_path(compare->b.module));
	return compare->b.nodiag != NULL &&
	    are_two(module_path(compare->a.nodiag), module_path(compare->b.nodiag)) &&
	    are_two(module_path(compare->a.nodiag), flags->b) &&
	    are_two(flags->a, module_path(compare->b.nodiag));
}

/* ---- the command ---- */

static const struct cli_option compare_options[] = {
	{ 'a', "a", "FILE", "first driver module (default " CLI_DRIVER_DEFAULT ")",
	    CLI_TEXT(struct compare_flags, a) },
	{ 'b', "b", "FILE", "second driver module", CLI_TEXT(struct compare_flags, b) },
	{ 'v', "verbose", NULL, "every difference of every case",
	    CLI_FLAG(struct compare_flags, verbose) },
	{ 0, "seeds", "N", "each scenario also with the seeds 1 to N (random choices)",
	    CLI_NUMBER(struct compare_flags, seeds, 0, SEEDS_MAX) },
	{ 0, "ndjson", "FILE", "every difference as a line of JSON (- is standard output)",
	    CLI_OUTPUT(struct compare_flags, ndjson) },
	CLI_OPTIONS_RESULTS(struct compare_flags, results),
	CLI_OPTION_JOBS(struct compare_flags, jobs, "cases"),
	CLI_OPTIONS_END
};

static int
compare_main(void *flags, char **names, size_t count)
{
	struct compare compare = { .flags = *(const struct compare_flags *)flags };
	struct cli_cases cases;
	int code = CLI_USAGE;

	if (compare.flags.b == NULL)
		return cli_usage_error(&cli_compare, "the second driver is missing: "
		    "--b OTHER.so");
	if (!cli_results_begin(&compare.results, "compare", &compare.flags.results)) {
		code = CLI_BROKEN;
		memset(&cases, 0, sizeof(cases));
	} else if (cli_collect(&cases, names, count) &&
	    open_drivers(&compare, cli_cases_need_nodiag(&cases))) {
		spread(&compare, &cases);
		cli_results_about(&compare.results, compare.flags.b, compare.b.module, NULL, NULL);
		code = compare_into(&compare);
		spread_fini(&compare);
	} else {
		cli_results_refused(&compare.results, &cases);
	}
	if (!cli_results_end(&compare.results, compare.results.results != NULL))
		code = CLI_BROKEN;
	module_close(compare.a.nodiag);
	module_close(compare.b.nodiag);
	module_close(compare.a.module);
	module_close(compare.b.module);
	cli_cases_fini(&cases);
	return code;
}

const struct cli_command cli_compare = {
	.name = "compare",
	.summary = "run every case with two drivers and show the differences",
	.operands = "--b FILE [SCENARIO | FOLDER | REPLAY-ID ...]",
	.about =
	    "Runs every case with both drivers and compares what they do: kernel "
	    "calls and their results, interrupts, and what the device and the host see; their "
	    "order, values, contexts, levels and times.  Wording of messages, source "
	    "positions and single memory accesses are not compared.  Shows the first "
	    "difference of the first cases that differ, then the classes of difference: "
	    "which call in which function of the driver was added, removed, changed, or is "
	    "later or earlier.  Exit code 1 if there is any difference.",
	.options = compare_options,
	CLI_FLAGS(struct compare_flags, .a = CLI_DRIVER_DEFAULT),
	.after =
	    "example: what does a patch change?\n"
	    "  viosim-cc before.c -o before.so\n"
	    "  viosim-cc after.c -o after.so\n"
	    "  viosim compare --a before.so --b after.so --seeds 10\n",
	.main = compare_main,
};
