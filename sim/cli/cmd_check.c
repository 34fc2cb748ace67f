/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim check, list, describe: what can be said of scenarios without running them.
 */
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "base/sbuf.h"
#include "cli/cli.h"
#include "report/atomic.h"
#include "report/notice.h"
#include "run/run.h"
#include "scenario/arena.h"
#include "scenario/table.h"
#include "scenario/text.h"
#include "scenario/yaml.h"

struct check_flags {
	const char *driver;
	unsigned format;		/* of check_formats */
	bool fix;
};

/* Of notice_formats, behind `text`: for people, with the line and a caret. */
static const char *const check_formats[] = { "text", "gcc", "json", "sarif", "github", NULL };

static const struct cli_option check_options[] = {
	{ 'd', "driver", "FILE", "driver module to look up the functions that a manifest names",
	    CLI_TEXT(struct check_flags, driver) },
	{ 0, "format", "FORMAT", "print what is wrong on standard output, for other programs: "
	    "gcc, json, sarif or github (default text, for people)",
	    CLI_CHOICE(struct check_flags, format, check_formats) },
	{ 0, "fix", NULL, "first repair in the files what can only be meant in one way",
	    CLI_FLAG(struct check_flags, fix) },
	CLI_OPTIONS_END
};

struct check {
	const struct check_flags *flags;
	struct module *module;
	struct arena *arena;		/* of what the notices say */
	struct notices notices;
	unsigned repairs;		/* of the file that is read */
	int code;
};

/* ---- errors, printed or kept ---- */

static const char *
keep(struct check *check, const char *text)
{
	return text != NULL ? arena_copy(check->arena, text, strlen(text)) : NULL;
}

static void
keep_notices(struct check *check, const struct diag_list *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		const struct diag *d = &diags->items[i];

		*vec_add(&check->notices) = (struct notice){
			.file = keep(check, d->loc.file), .line = d->loc.line,
			.column = d->loc.col, .width = d->width, .level = "error",
			.rule = d->rule, .message = keep(check, d->message),
			.from = keep(check, d->from), .to = keep(check, d->to),
			.from_column = d->repair_col,
		};
	}
	if (diags->dropped > 0)
		*vec_add(&check->notices) = (struct notice){
			.file = keep(check, diags->items[0].loc.file), .level = "error",
			.rule = "scenario.more", .message = arena_printf(check->arena,
			    "%zu more errors are not shown", diags->dropped),
		};
}

static void
tell(struct check *check, struct diag_list *diags)
{
	if (check->flags->format == 0) {
		diag_list_print(diags, stderr, cli_has_color(CLI_COLOR_AUTO, stderr));
		return;
	}
	diag_list_sort(diags);
	keep_notices(check, diags);
}

/* ---- repairs ---- */

#define REPAIRS_MAX 50		/* of one file, each of what the one before had hidden */

static void
say_repaired(const struct diag *d)
{
	fprintf(stderr, "%s:%u:%u: repaired: \"%s\" is now \"%s\"\n", d->loc.file, d->loc.line,
	    d->repair_col, d->from, d->to);
}

static bool
write_repaired(struct check *check, const char *path, const char *text)
{
	struct stat st;
	bool good = true;
	struct atomic *atomic = atomic_open(path, &good);

	if (atomic != NULL) {
		if (stat(path, &st) == 0)
			fchmod(fileno(atomic_stream(atomic)), st.st_mode & 07777);
		fputs(text, atomic_stream(atomic));
		good = atomic_end(atomic, true);
	}
	if (!good)
		check->code = CLI_BROKEN;
	return good;
}

/* Only the file that was named: others may extend the same one. */
static bool
repair(struct check *check, const char *path, const struct diag_list *diags)
{
	struct diag_list none = { 0 };
	struct arena *arena = arena_new();
	struct yaml_file file;
	char *text = NULL;
	bool good = false;

	if (yaml_read_file(path, arena, &file, &none))
		text = diag_list_repaired(diags, path, file.text, NULL);
	if (text != NULL)
		good = write_repaired(check, path, text);
	free(text);
	/* What is not written is not told. */
	if (good)
		free(diag_list_repaired(diags, path, file.text, say_repaired));
	arena_free(arena);
	diag_list_fini(&none);
	return good;
}

static bool
told(const char *path, struct diag_list *diags, void *arg)
{
	struct check *check = arg;

	if (check->flags->fix && diags->count > 0 && check->code != CLI_BROKEN &&
	    check->repairs < REPAIRS_MAX && repair(check, path, diags)) {
		check->repairs++;
		return true;
	}
	check->repairs = 0;
	tell(check, diags);
	return false;
}

/* ---- all files ---- */

static void
check_manifest(struct check *check, const char *path)
{
	struct diag_list diags;
	bool good, again;

	do {
		diag_list_init(&diags);
		good = cli_manifest_check(path, check->module, &diags);
		again = told(path, &diags, check);
		diag_list_fini(&diags);
	} while (again);
	if (good && check->flags->format == 0)
		printf("%s OK\n", path);
	if (!good && check->code == CLI_OK)
		check->code = CLI_USAGE;
}

static void
check_scenarios(struct check *check, char *const *names, size_t count)
{
	struct cli_cases cases;
	bool good = cli_collect_told(&cases, names, count, told, check);

	if (good && check->flags->format == 0)
		printf("%zu scenario file%s OK (%zu case%s)\n", cases.docs.count,
		    plural(cases.docs.count), cases.count, plural(cases.count));
	cli_cases_fini(&cases);
	if (!good && check->code == CLI_OK)
		check->code = CLI_USAGE;
}

/* Manifests at once, and out of the names; nothing named is everything. */
static void
check_all(struct check *check, char **names, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (manifest_is_one(names[i]))
			check_manifest(check, names[i]);
		else
			names[left++] = names[i];
	if (left > 0 || count == 0)
		check_scenarios(check, names, left);
}

static int
check_main(void *values, char **names, size_t count)
{
	const struct check_flags *flags = values;
	struct check check = { .flags = flags, .arena = arena_new() };

	if (flags->driver != NULL && (check.module = cli_module_open(flags->driver)) == NULL)
		check.code = CLI_USAGE;
	else
		check_all(&check, names, count);
	if (flags->format > 0 && (flags->driver == NULL || check.module != NULL))
		notice_formats[flags->format - 1].print(&check.notices, stdout);
	module_close(check.module);
	vec_fini(&check.notices);
	arena_free(check.arena);
	return check.code;
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
	    "  viosim check --fix scenarios/inflate/my-first.yaml\n"
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
	bool good = cli_collect(&cases, names, count);

	if (flags->tag != NULL && !cli_cases_keep_tag(&cases, flags->tag))
		good = false;
	/* Of all, those that are good are listed in any case: shells complete them. */
	else if (good || count == 0)
		list(&cases, flags->cases);
	cli_cases_fini(&cases);
	return good ? CLI_OK : CLI_USAGE;
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
		/* No language has the names of known defects: read if nothing else has it. */
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
