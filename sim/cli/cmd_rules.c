/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim rules, viosim explain: what the words in a report mean.
 */
#include <string.h>

#include "cli/cli.h"
#include "device/balloon.h"
#include "fault/fault.h"
#include "report/rules_text.h"
#include "rules/rules.h"
#include "run/run.h"
#include "scenario/text.h"

static int
list_rules(void)
{
	size_t count;
	const struct rule *rules = rules_catalogue(&count);
	const struct rule_absent *absent;

	rules_text_table(rules, count, stdout);
	absent = rules_absent(&count);
	puts("\nnot checked:");
	rules_text_absent_table(absent, count, stdout);
	return CLI_OK;
}

static bool
print_rule(const char *id)
{
	const struct rule *rule = rule_by_id(id);
	const struct rule_absent *absent = rule_absent_by_id(id);

	if (rule != NULL)
		rules_text_print(rule, stdout);
	else if (absent != NULL)
		rules_text_absent(absent, stdout);
	return rule != NULL || absent != NULL;
}

static int
unknown_rule(const char *word)
{
	struct text_nearest near;
	struct text_why hint;
	size_t count;
	const struct rule_absent *absent = rules_absent(&count);

	text_nearest_init(&near, word);
	text_nearest_offer_all(&near, run_vocab()->rules);
	for (size_t i = 0; i < count; i++)
		text_nearest_offer(&near, absent[i].id);
	return cli_error(&cli_rules, "there is no rule %s%s", word, near.best != NULL ?
	    text_nearest_hint(&near, &hint) : "; `viosim rules` lists them");
}

static int
rules_main(int argc, char **argv)
{
	int code, first = cli_options_read(&cli_rules, argc, argv, NULL, &code);

	if (first < 0)
		return code;
	if (first == argc)
		return list_rules();
	for (int i = first; i < argc; i++)
		if (!print_rule(argv[i]))
			return unknown_rule(argv[i]);
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
	.main = rules_main,
};

/* ---- explain ---- */

static void
explain_fault(const struct fault_row *row)
{
	printf("fault %s\n", row->id);
	printf("  strikes      %s\n", row->call_name);
	printf("  caller gets  %s\n", row->gets);
	printf("  stands for   %s\n", row->meaning);
	printf("  real kernel  %s\n", fault_reality_word(row->reality));
	if (row->by_queue)
		puts("  can be limited to one queue (vq: inflate or deflate)");
}

static void
print_names(const char *label, const struct scenario_names *names)
{
	printf("  %-10s", label);
	for (size_t i = 0; i < names->count; i++)
		printf("%s%s", i > 0 ? ", " : " ", names->name[i]);
	putchar('\n');
}

static void
explain_defect(const struct manifest *manifest, const struct defect *defect)
{
	printf("known defect %s of %s\n  %s\n", defect->id, manifest->driver, defect->title);
	print_names("shows as", &defect->rules);
	print_names("where", &defect->where);
	print_names("scenarios", &defect->scenarios);
	if (defect->finding != NULL)
		printf("  %-10s %s\n", "read", defect->finding);
	if (defect->fix != NULL)
		printf("  %-10s %s\n", "repair", defect->fix);
}

static bool
explain_if_defect(const char *word)
{
	bool bad, found = false;
	struct manifest *manifest = cli_manifest_open(NULL, "viomb", &bad);

	for (size_t i = 0; manifest != NULL && i < manifest->count; i++)
		if (strcmp(manifest->defects[i].id, word) == 0) {
			explain_defect(manifest, &manifest->defects[i]);
			found = true;
		}
	manifest_free(manifest);
	return found;
}

static bool
explain_if_habit(const char *word)
{
	for (unsigned habit = HABIT_NONE + 1; habit < HABITS; habit++)
		if (strcmp(device_habit_word((enum device_habit)habit), word) == 0) {
			printf("device habit %s: the device %s\n", word,
			    device_habit_text((enum device_habit)habit));
			if (device_habit_breaks_rules((enum device_habit)habit))
				puts("  The specification forbids it.");
			return true;
		}
	return false;
}

static bool
explain_if_observable(const char *word)
{
	for (unsigned i = 0; i < expect_obs_count(); i++)
		if (strcmp(expect_obs_pattern((enum expect_obs)i), word) == 0) {
			printf("observable %s: %s\n", word,
			    expect_obs_help((enum expect_obs)i));
			return true;
		}
	return false;
}

static bool
explain(const char *word)
{
	const struct rule *rule = rule_by_id(word);
	const struct fault_row *fault = fault_row_by_id(word);

	if (rule != NULL)
		rules_text_print(rule, stdout);
	else if (fault != NULL)
		explain_fault(fault);
	else
		return explain_if_defect(word) || explain_if_habit(word) ||
		    explain_if_observable(word);
	return true;
}

static void
explain_list(void)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);

	puts("faults:");
	for (size_t i = 0; i < count; i++)
		printf("  %-36s %s\n", row[i].id, row[i].gets);
	puts("device habits:");
	for (unsigned habit = HABIT_NONE + 1; habit < HABITS; habit++)
		printf("  %-36s %s\n", device_habit_word((enum device_habit)habit),
		    device_habit_text((enum device_habit)habit));
	puts("observables:");
	for (unsigned i = 0; i < expect_obs_count(); i++)
		printf("  %-36s %s\n", expect_obs_pattern((enum expect_obs)i),
		    expect_obs_help((enum expect_obs)i));
}

static int
explain_main(int argc, char **argv)
{
	int code, first = cli_options_read(&cli_explain, argc, argv, NULL, &code);

	if (first < 0)
		return code;
	if (first == argc)
		explain_list();
	for (int i = first; i < argc; i++)
		if (!explain(argv[i]))
			return cli_usage_error(&cli_explain, "`%s` is no rule, fault, known "
			    "defect, device habit or observable", argv[i]);
	return CLI_OK;
}

const struct cli_command cli_explain = {
	.name = "explain",
	.summary = "explain a rule, fault, known defect, device habit or observable",
	.operands = "[WORD ...]",
	.about = "Without an argument: lists faults, device habits and observables.",
	.after =
	    "examples:\n"
	    "  viosim explain uvm_pglistalloc.enomem\n"
	    "  viosim explain dma.sync-range\n",
	.main = explain_main,
};
