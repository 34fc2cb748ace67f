/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim compare: do two drivers make the same kernel calls?
 */
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "run/compare.h"
#include "run/isolate.h"
#include "machine/crash.h"

struct compare {
	const struct cli_cases *cases;
	struct module *a, *b;
	size_t same, different;
};

static void
show(struct module *module, const char *name, const struct compare_stream *stream,
    size_t index, FILE *out)
{
	fprintf(out, "    %s: ", name);
	if (index < stream->count)
		compare_print_call(&stream->call[index], module_source(module), out);
	else
		fprintf(out, "ends here (%s)", world_end_word(stream->end));
	fputc('\n', out);
}

static void
child(void *arg, size_t index, struct isolated *result, FILE *text[ISOLATE_TEXTS])
{
	struct compare *compare = arg;
	const struct scenario_case *c = compare->cases->item[index].c;
	struct run_options a = { .module = compare->a }, b = { .module = compare->b };
	struct compare_stream sa, sb;
	size_t at;

	crash_install();
	crash_limit(60);
	compare_record(c, &a, &sa);
	compare_record(c, &b, &sb);
	at = compare_streams(&sa, &sb);
	if (at != SIZE_MAX) {
		result->verdict.verdict = VERDICT_FAIL;
		fprintf(text[0], "%s: the drivers part at kernel call %zu of %zu and %zu\n",
		    c->id, at, sa.count, sb.count);
		if (at > 0)
			show(compare->a, "both", &sa, at - 1, text[0]);
		show(compare->a, "a", &sa, at, text[0]);
		show(compare->b, "b", &sb, at, text[0]);
	}
	compare_stream_fini(&sa);
	compare_stream_fini(&sb);
}

static bool
done(void *arg, size_t index, const struct isolated *result)
{
	struct compare *compare = arg;

	(void)index;
	fputs(result->text[0], stdout);
	if (result->verdict.verdict == VERDICT_PASS)
		compare->same++;
	else
		compare->different++;
	return true;
}

static int
compare_all(struct compare *compare, unsigned jobs)
{
	struct isolate_work work = {
		.count = compare->cases->count, .jobs = jobs, .child = child, .done = done,
		.arg = compare,
	};

	if (!isolate_run(&work))
		return CLI_BROKEN;
	printf("%zu cases: %zu with the same kernel calls, %zu different\n",
	    compare->cases->count, compare->same, compare->different);
	return compare->different > 0 ? CLI_FOUND : CLI_OK;
}

static int
compare_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "a", required_argument, NULL, 'a' }, { "b", required_argument, NULL, 'b' },
		{ "jobs", required_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	const char *a = CLI_DRIVER_DEFAULT, *b = NULL;
	struct compare compare = { 0 };
	struct cli_cases cases;
	int option, code = CLI_USAGE, jobs = 2;

	while ((option = getopt_long(argc, argv, "a:b:j:h", options, NULL)) != -1)
		switch (option) {
		case 'a':
			a = optarg;
			break;
		case 'b':
			b = optarg;
			break;
		case 'j':
			jobs = atoi(optarg);
			break;
		case 'h':
			return cli_help(&cli_compare, stdout);
		default:
			return cli_usage_error(&cli_compare, "unknown option");
		}
	if (b == NULL || jobs < 1)
		return cli_usage_error(&cli_compare, "say which driver to compare with: "
		    "--b OTHER.so");
	if (!cli_collect(&cases, argv + optind, (size_t)(argc - optind)))
		goto out;
	compare.cases = &cases;
	compare.a = cli_module_open(a);
	compare.b = cli_module_open(b);
	if (compare.a != NULL && compare.b != NULL)
		code = compare_all(&compare, (unsigned)jobs);
	module_close(compare.a);
	module_close(compare.b);
out:
	cli_cases_fini(&cases);
	return code;
}

const struct cli_command cli_compare = {
	.name = "compare",
	.summary = "compare the kernel calls of two drivers, case by case",
	.usage = "compare [--a A.so] --b B.so [-j N] [SCENARIO ...]",
	.help =
	    "Runs every case with both drivers and compares their kernel calls: order,\n"
	    "arguments, results, contexts, levels and times.  Wording of messages, source\n"
	    "positions and single memory accesses are not compared.  Shows the first\n"
	    "difference of each case; exit code 1 if there is any.\n\n"
	    "  -a, --a FILE     first driver module (default " CLI_DRIVER_DEFAULT ")\n"
	    "  -b, --b FILE     second driver module\n"
	    "  -j, --jobs N     cases at a time (default 2)\n",
	.main = compare_main,
};
