/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim check, list, describe: what can be said of scenarios without running them.
 */
#include <string.h>

#include "base/sbuf.h"
#include "cli/cli.h"
#include "run/run.h"
#include "scenario/table.h"
#include "scenario/text.h"

struct check_flags {
	const char *driver;
};

static const struct cli_option check_options[] = {
	{ 'd', "driver", "FILE", "driver module to look up the functions that a manifest names",
	    CLI_TEXT(struct check_flags, driver) },
	CLI_OPTIONS_END
};

static bool
check_manifest(const char *path, struct module *module)
{
	struct diag_list diags;
	bool good;

	diag_list_init(&diags);
	good = cli_manifest_check(path, module, &diags);
	cli_diag_end(&diags);
	if (good)
		printf("%s OK\n", path);
	return good;
}

static bool
check_scenarios(char *const *names, size_t count)
{
	struct cli_cases cases;
	bool good = cli_collect(&cases, names, count);

	if (good)
		printf("%zu scenario file%s OK (%zu case%s)\n", cases.docs.count,
		    plural(cases.docs.count), cases.count, plural(cases.count));
	cli_cases_fini(&cases);
	return good;
}

/* Manifests are checked at once and taken out of the names; false if one is wrong. */
static bool
check_manifests(char **names, size_t *count, struct module *module)
{
	size_t left = 0;
	bool good = true;

	for (size_t i = 0; i < *count; i++)
		if (manifest_is_one(names[i]))
			good = check_manifest(names[i], module) && good;
		else
			names[left++] = names[i];
	*count = left;
	return good;
}

static int
check_main(void *values, char **names, size_t count)
{
	const struct check_flags *flags = values;
	struct module *module = NULL;
	size_t left = count;
	bool good;

	if (flags->driver != NULL && (module = cli_module_open(flags->driver)) == NULL)
		return CLI_USAGE;
	good = check_manifests(names, &left, module);
	/* Nothing named is everything, but not where manifests were. */
	if (left > 0 || count == 0)
		good = check_scenarios(names, left) && good;
	module_close(module);
	return good ? CLI_OK : CLI_USAGE;
}

const struct cli_command cli_check = {
	.name = "check",
	.summary = "check scenario files and manifests without running them",
	.operands = "[SCENARIO | FOLDER | MANIFEST ...]",
	.about =
	    "Reads the scenario files (default: all below scenarios/) and reports every "
	    "error as file:line:col, with the line and a caret.  For a driver's manifest, also "
	    "checks that the scenarios it names exist.  Exit code 2 if there is any error.",
	.options = check_options,
	.after =
	    "examples:\n"
	    "  viosim check scenarios/inflate\n"
	    "  viosim check --driver build/viomb.so driver/viomb.yaml\n",
	CLI_FLAGS(struct check_flags, .driver = NULL),
	.main = check_main,
};

struct list_flags {
	bool cases;
	const char *tag;
};

static const struct cli_option list_options[] = {
	{ 'c', "cases", NULL, "one line a case: its replay id",
	    CLI_FLAG(struct list_flags, cases) },
	{ 'T', "tag", "TAG", "only scenarios with that tag", CLI_TEXT(struct list_flags, tag) },
	CLI_OPTIONS_END
};

static void
list(const struct cli_cases *cases, bool all)
{
	for (size_t i = 0; i < cases->count; i++) {
		const struct scenario *s = cases->item[i].c->scenario;

		if (all)
			puts(cases->item[i].c->id);
		else if (i == 0 || cases->item[i - 1].doc != cases->item[i].doc)
			printf("%-44s %s\n", s->id, s->summary);
	}
}

static int
list_main(void *values, char **names, size_t count)
{
	const struct list_flags *flags = values;
	struct cli_cases cases;
	int code = CLI_USAGE;

	if (cli_collect(&cases, names, count) &&
	    (flags->tag == NULL || cli_cases_keep_tag(&cases, flags->tag))) {
		list(&cases, flags->cases);
		code = CLI_OK;
	}
	cli_cases_fini(&cases);
	return code;
}

const struct cli_command cli_list = {
	.name = "list",
	.summary = "list scenarios, or all their cases",
	.operands = "[SCENARIO | FOLDER | REPLAY-ID ...]",
	.about = "Lists scenarios (default: all below scenarios/) with their summaries.",
	.options = list_options,
	CLI_FLAGS(struct list_flags, .tag = NULL),
	.main = list_main,
};

struct describe_flags {
	bool schema;
	const char *device;
};

static const struct cli_option describe_options[] = {
	{ 's', "schema", NULL, "print the JSON Schema instead (for editors), of all device types",
	    CLI_FLAG(struct describe_flags, schema) },
	{ 0, "device", "TYPE", "as it is for a device of this type (the first of `device types`)",
	    CLI_TEXT(struct describe_flags, device), .not_with = "schema" },
	CLI_OPTIONS_END
};

/* The words of one type of device; false after a message. */
static bool
describe_vocab_of(const char *device, struct scenario_vocab *vocab)
{
	struct text_nearest near = text_nearest(device != NULL ? device : "");

	*vocab = *run_vocab();
	for (size_t i = 0; device != NULL && vocab->types[i] != NULL; i++) {
		if (strcmp(vocab->types[i]->name, device) == 0) {
			*vocab = scenario_vocab_of(run_vocab(), vocab->types[i]);
			return true;
		}
		text_nearest_offer(&near, vocab->types[i]->name);
	}
	if (device != NULL)
		cli_error(&cli_describe, "there is no device type %s%s", device,
		    text_nearest_hint(&near, "; `viosim describe \"device types\"` lists them"));
	return device == NULL;
}

static int
describe_words(const struct scenario_vocab *vocab, char **words, size_t count)
{
	struct lookup look = { .vocab = vocab };
	struct manifest *known = NULL;
	int code = CLI_OK;

	for (size_t i = 0; i < count && code == CLI_OK; i++) {
		bool bad = false;

		if (i > 0)
			putchar('\n');
		if (lookup_print(&look, words[i]))
			continue;
		/* No language has the names of known defects, which are read if nothing else has. */
		if (known == NULL)
			look.known = known = cli_manifest_open(NULL, NULL, &bad);
		if (bad || !lookup_print(&look, words[i]))
			code = bad ? CLI_USAGE : lookup_unknown(&look, &cli_describe, words[i]);
	}
	manifest_free(known);
	return code;
}

static int
describe_main(void *values, char **names, size_t count)
{
	const struct describe_flags *flags = values;
	struct scenario_vocab vocab;

	if (flags->schema && count > 0)
		return cli_error(&cli_describe, "--schema prints the whole schema: it takes "
		    "no argument, and `%s` is one", names[0]);
	if (!describe_vocab_of(flags->device, &vocab))
		return CLI_USAGE;
	if (count > 0)
		return describe_words(&vocab, names, count);
	if (flags->schema)
		scenario_schema_print(&vocab, stdout);
	else
		scenario_describe(&vocab, cli_width_text(stdout), stdout);
	return CLI_OK;
}

const struct cli_command cli_describe = {
	.name = "describe",
	.summary = "describe the keys and verbs of the scenario language",
	.operands = "[WORD ...]",
	.about =
	    "Without an argument: every key, verb, form of a value, observable and name.  With "
	    "one: the key (machine.dma: only that of `machine`), verb or name of that word, or "
	    "one section: scenario, claims, steps, verbs, forms, observables, events, names.  "
	    "All other names that `viosim explain` knows are explained, too.",
	.options = describe_options,
	CLI_FLAGS(struct describe_flags, .schema = false),
	.after =
	    "examples:\n"
	    "  viosim describe target\n"
	    "  viosim describe verbs\n",
	.main = describe_main,
};
