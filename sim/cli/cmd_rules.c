/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim rules, viosim explain: what the words in a report mean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/cli.h"
#include "device/class.h"
#include "fault/fault.h"
#include "report/rules_text.h"
#include "rules/rules.h"
#include "run/run.h"
#include "scenario/text.h"

static int
list_rules(void)
{
	size_t count;
	const struct rule *const *rules = rules_catalogue(&count);
	const struct rule_absent *absent;

	rules_text_table(rules, count, stdout);
	absent = rules_absent(&count);
	puts("\nnot checked:");
	rules_text_absent_table(absent, count, stdout);
	return CLI_OK;
}

static int
unknown_rule(const char *word)
{
	struct text_nearest near = text_nearest(word);

	lookup_offer_rules(&near);
	return cli_error(&cli_rules, "unknown rule %s%s", word,
	    text_nearest_hint(&near, "; `viosim rules` lists them"));
}

struct rules_flags {
	bool clauses;
};

static const struct cli_option rules_options[] = {
	{ 0, "clauses", NULL, "print what the specification and the manual demand of a driver, "
	    "and the rule, or the reason why there is none",
	    CLI_FLAG(struct rules_flags, clauses) },
	CLI_OPTIONS_END
};

static int
rules_main(void *values, char **names, size_t count)
{
	const struct rules_flags *flags = values;

	if (flags->clauses && count > 0)
		return cli_error(&cli_rules, "--clauses prints all of them: it takes no argument, "
		    "and `%s` is one", names[0]);
	if (flags->clauses) {
		rules_text_clauses(clause_sources, stdout);
		return clauses_check(clause_sources, stderr) == 0 ? CLI_OK : CLI_BROKEN;
	}
	if (count == 0)
		return list_rules();
	for (size_t i = 0; i < count; i++)
		if (!lookup_rule(names[i]))
			return unknown_rule(names[i]);
	return CLI_OK;
}

const struct cli_command cli_rules = {
	.name = "rules",
	.summary = "list the rules, or explain one",
	.operands = "[RULE ...]",
	.about =
	    "Without an argument: id, severity and title of every rule, and what is not checked.  "
	    "With one: what is wrong, why it matters, a wrong and a right example, the source; "
	    "or why it is not checked.",
	.options = rules_options,
	CLI_FLAGS(struct rules_flags, .clauses = false),
	.main = rules_main,
};

/* ---- explain ---- */

struct explain_flags {
	const char *manifest;
};

static void
explain_list(void)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);
	const struct device_behaviour *b;
	const struct observable *o;

	puts("faults:");
	for (size_t i = 0; i < count; i++)
		printf("  %-36s %s\n", row[i].id, row[i].gets);
	puts("device behaviours:");
	for (unsigned i = 0; (b = device_behaviour_at(device_classes[0], i)) != NULL; i++)
		printf("  %-36s %s\n", b->word, b->what);
	puts("observables:");
	for (size_t i = 0; (o = scenario_observable(run_vocab(), i)) != NULL; i++)
		printf("  %-36s %s\n", o->pattern, o->help);
}

static const struct cli_option explain_options[] = {
	{ 0, "manifest", "FILE", "whose known defects (default driver/viomb.yaml)",
	    CLI_TEXT(struct explain_flags, manifest) },
	CLI_OPTIONS_END
};

/* ---- the effective configuration of a case, as a scenario that runs ---- */

/* Comments, so that what follows stays a scenario. */
static void
print_head(const struct scenario_case *c, const struct manifest *manifest, FILE *stream)
{
	fprintf(stream, "# %s\n", c->id);
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++) {
		const struct defect *defect = &manifest->defects[i];

		if (defect_names(defect, c->scenario->id))
			fprintf(stream, "# known defect %s of %s: %s\n", defect->id,
			    manifest->path, defect->title);
	}
}

void
cli_case_print(const struct scenario_case *c, const struct manifest *manifest, FILE *stream)
{
	print_head(c, manifest, stream);
	run_configuration(c, stream);
}

static bool
explain_case(const char *id, const struct manifest *manifest)
{
	struct cli_cases cases = { 0 };
	char *name = xstrdup(id);
	bool good = cli_collect(&cases, &name, 1);

	if (good && cases.count > 1) {
		fprintf(stderr, "viosim explain: %s has %zu cases; name one (`viosim list --cases "
		    "%s` lists them), such as\n  viosim explain '%s'\n", id, cases.count, id,
		    cases.item[0].c->id);
		good = false;
	}
	if (good)
		cli_case_print(cases.item[0].c, manifest, stdout);
	cli_cases_fini(&cases);
	free(name);
	return good;
}

static int
explain_main(void *values, char **names, size_t count)
{
	const struct explain_flags *flags = values;
	bool bad;
	struct manifest *manifest = cli_manifest_open(flags->manifest, NULL, &bad);
	struct lookup look = { .vocab = run_vocab(), .known = manifest };
	int code = bad ? CLI_USAGE : CLI_OK;

	if (count == 0 && !bad)
		explain_list();
	for (size_t i = 0; i < count && code == CLI_OK; i++) {
		if (i > 0)
			putchar('\n');
		/* No other name has one of these. */
		if (strpbrk(names[i], "/#") != NULL || cli_ends_in(names[i], ".yaml"))
			code = explain_case(names[i], manifest) ? CLI_OK : CLI_USAGE;
		else if (!lookup_print(&look, names[i]))
			code = lookup_unknown(&look, &cli_explain, names[i]);
	}
	manifest_free(manifest);
	return code;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.summary = "explain a word of a report or a scenario, or a case",
	.operands = "[WORD | REPLAY-ID ...]",
	.about =
	    "Explains rules, faults, known defects, kernel calls, what a device can do, features, "
	    "and the keys, verbs, values and observables of scenarios.  For the replay id of a "
	    "case: prints its effective configuration, defaults included, as a scenario that "
	    "runs.  "
	    "Without an argument: lists faults, device behaviours and observables.",
	.options = explain_options,
	CLI_FLAGS(struct explain_flags, .manifest = NULL),
	.after =
	    "examples:\n"
	    "  viosim explain uvm_pglistalloc.enomem\n"
	    "  viosim explain dma.sync-range\n"
	    "  viosim explain wrong_id\n"
	    "  viosim explain 'inflate/odd-target#1.0,bounce'\n",
	.main = explain_main,
};
