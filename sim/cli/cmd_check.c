/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim check, list, describe: what can be said of scenarios without running them.
 */
#include <getopt.h>
#include <string.h>

#include "cli/cli.h"
#include "run/run.h"

static const struct option only_help[] = {
	{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
};

static int
check_main(int argc, char **argv)
{
	struct cli_cases cases;
	int option, code = CLI_USAGE;

	while ((option = getopt_long(argc, argv, "h", only_help, NULL)) != -1)
		return option == 'h' ? cli_help(&cli_check, stdout) :
		    cli_usage_error(&cli_check, "unknown option");
	if (cli_collect(&cases, argv + optind, (size_t)(argc - optind))) {
		printf("%zu scenario file%s right: %zu cases\n", cases.docs,
		    cases.docs == 1 ? " is" : "s are", cases.count);
		code = CLI_OK;
	}
	cli_cases_fini(&cases);
	return code;
}

const struct cli_command cli_check = {
	.name = "check",
	.summary = "check scenario files without running them",
	.usage = "check [SCENARIO ...]",
	.help =
	    "Reads the scenario files (default: all below scenarios/) and reports every\n"
	    "error as file:line:col, with the line and a caret.  Exit code 2 if there is any.\n",
	.main = check_main,
};

static int
list_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "cases", no_argument, NULL, 'c' }, { "tag", required_argument, NULL, 't' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 }
	};
	bool all = false;
	const char *tag = NULL;
	struct cli_cases cases;
	int option, code = CLI_USAGE;

	while ((option = getopt_long(argc, argv, "ct:h", options, NULL)) != -1)
		switch (option) {
		case 'c':
			all = true;
			break;
		case 't':
			tag = optarg;
			break;
		case 'h':
			return cli_help(&cli_list, stdout);
		default:
			return cli_usage_error(&cli_list, "unknown option");
		}
	if (cli_collect(&cases, argv + optind, (size_t)(argc - optind))) {
		if (tag != NULL)
			cli_cases_keep_tag(&cases, tag);
		for (size_t i = 0; i < cases.count; i++) {
			const struct scenario *s = cases.item[i].c->scenario;

			if (all)
				puts(cases.item[i].c->id);
			else if (i == 0 || cases.item[i - 1].doc != cases.item[i].doc)
				printf("%-44s %s\n", s->id, s->summary);
		}
		code = CLI_OK;
	}
	cli_cases_fini(&cases);
	return code;
}

const struct cli_command cli_list = {
	.name = "list",
	.summary = "list scenarios, or all their cases",
	.usage = "list [--cases] [--tag TAG] [SCENARIO ...]",
	.help =
	    "  -c, --cases      one line a case: its replay id\n"
	    "  -t, --tag TAG    only scenarios with that tag\n",
	.main = list_main,
};

static int
describe_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "schema", no_argument, NULL, 's' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	while ((option = getopt_long(argc, argv, "sh", options, NULL)) != -1)
		switch (option) {
		case 's':
			scenario_schema_print(run_vocab(), stdout);
			return CLI_OK;
		case 'h':
			return cli_help(&cli_describe, stdout);
		default:
			return cli_usage_error(&cli_describe, "unknown option");
		}
	scenario_describe(run_vocab(), stdout);
	return CLI_OK;
}

const struct cli_command cli_describe = {
	.name = "describe",
	.summary = "describe every key and verb of the scenario language",
	.usage = "describe [--schema]",
	.help =
	    "  -s, --schema     print the JSON Schema instead (for editors)\n",
	.main = describe_main,
};
