/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * viosim rules, viosim explain: what the words in a report mean.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/share.h"
#include "cli/cli.h"
#include "device/class.h"
#include "fault/fault.h"
#include "report/rules_text.h"
#include "rules/rules.h"
#include "run/module_file.h"
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

static void
offer_rules(struct text_nearest *near)
{
	size_t count;
	const struct rule_absent *absent = rules_absent(&count);

	text_nearest_offer_all(near, run_vocab()->rules);
	for (size_t i = 0; i < count; i++)
		text_nearest_offer(near, absent[i].id);
}

static int
unknown_rule(const char *word)
{
	struct text_nearest near = text_nearest(word);

	offer_rules(&near);
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
		if (!print_rule(names[i]))
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

static bool
explain_fault(const char *word)
{
	const struct fault_row *row = fault_row_by_id(word);
	const char *when, *source;

	if (row == NULL)
		return false;
	when = fault_when(row);
	source = fault_when_source(row);
	printf("fault %s\n", row->id);
	printf("  strikes      %s\n", row->call_name);
	printf("  caller gets  %s\n", row->gets);
	printf("  stands for   %s\n", row->meaning);
	printf("  real kernel  %s\n", when[0] != '\0' ? when : "always");
	if (source[0] != '\0')
		printf("               see %s\n", source);
	if (row->by_queue)
		puts("  can be limited to one queue (vq: ...)");
	return true;
}

static bool
explain_call(const char *word)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);
	const char *page;
	bool is_certain;

	if (!text_list_has(run_vocab()->calls, word))
		return false;
	page = module_manpage(word, &is_certain);
	printf("kernel call %s\n", word);
	if (page != NULL)
		printf("  manual page  %s\n", page);
	for (size_t i = 0; i < count; i++)
		if (strcmp(row[i].call_name, word) == 0)
			printf("  can fail     %s: %s\n", row[i].id, row[i].gets);
	printf("  counted by   calls.%s\n  a point      \"%s before\", \"%s#2 after\"\n", word,
	    word, word);
	return true;
}

static void
offer_calls(struct text_nearest *near)
{
	text_nearest_offer_all(near, run_vocab()->calls);
}

/* Whatever the types of device have by that name; each kind of name once. */
static bool
explain_behaviour(const char *word)
{
	const struct device_behaviour *behaviour = NULL;

	for (size_t i = 0; behaviour == NULL && device_classes[i] != NULL; i++)
		behaviour = device_behaviour_by_word(device_classes[i], word);
	if (behaviour == NULL)
		return false;
	printf("device behaviour %s: the device %s\n", word, behaviour->what);
	if (behaviour->breaks)
		puts("  The specification forbids it.");
	return true;
}

static void
offer_behaviours(struct text_nearest *near)
{
	const struct device_behaviour *b;

	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (unsigned k = 0; (b = device_behaviour_at(device_classes[i], k)) != NULL; k++)
			text_nearest_offer(near, b->word);
}

static bool
explain_model(const char *word)
{
	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (const struct device_word *m = device_classes[i]->models;
		    m != NULL && m->word != NULL; m++)
			if (strcmp(m->word, word) == 0) {
				printf("device model %s: %s\n", word, m->what);
				return true;
			}
	return false;
}

/* A fault is explained above; the list of its name would say less. */
static bool
explain_scenario_word(const char *word)
{
	return fault_row_by_id(word) == NULL &&
	    scenario_describe_word(run_vocab(), word, cli_width_text(stdout), stdout);
}

static void
offer_scenario_words(struct text_nearest *near)
{
	scenario_describe_offer(run_vocab(), near);
}

/*
 * One kind of things that have a name.  print: true if there is one of that name.  offer: their
 * names, for a guess; NULL: another kind has them too.
 */
static const struct {
	bool (*print)(const char *word);
	void (*offer)(struct text_nearest *near);
} explain_kinds[] = {
	{ print_rule, offer_rules },
	{ explain_fault, NULL },	/* scenarios name them */
	{ explain_call, offer_calls },
	{ explain_behaviour, offer_behaviours },
	{ explain_model, NULL },	/* values of a key */
	{ explain_scenario_word, offer_scenario_words },
};

#define EXPLAIN_KINDS (sizeof(explain_kinds) / sizeof(explain_kinds[0]))

static void
print_names(const char *label, const struct scenario_names *names)
{
	printf("  %-10s", label);
	for (size_t i = 0; i < names->count; i++)
		printf("%s%s", i > 0 ? ", " : " ", names->name[i]);
	putchar('\n');
}

static void
print_circumstance(const struct circumstance *c, const char *when)
{
	const char *between = " ";

	printf("  %-10s", when);
	for (const struct manifest_key *key = circumstance_keys; key->name != NULL; key++) {
		if (!circumstance_says(c, key))
			continue;
		printf("%s%s: ", between, key->name);
		circumstance_print(c, key, stdout);
		between = "; ";
	}
	putchar('\n');
}

static void
print_defect(const struct manifest *manifest, const struct defect *defect)
{
	char *found;

	printf("known defect %s of %s\n  %s\n", defect->id, manifest->driver, defect->title);
	print_names("shows as", &defect->rules);
	print_names("where", &defect->where);
	print_names("scenarios", &defect->scenarios);
	if (defect->explored.count > 0)
		print_names("explored", &defect->explored);
	for (size_t i = 0; i < defect->circumstances; i++)
		print_circumstance(&defect->circumstance[i], i > 0 ? "or when" : "when");
	if (defect->finding != NULL) {
		found = share_path(defect->finding);
		printf("  %-10s %s\n", "read", found != NULL ? found : defect->finding);
		free(found);
	}
	if (defect->fix != NULL)
		printf("  %-10s %s\n", "repair", defect->fix);
}

static bool
explain_defect(const char *word, const struct manifest *manifest)
{
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++)
		if (strcmp(manifest->defects[i].id, word) == 0) {
			print_defect(manifest, &manifest->defects[i]);
			return true;
		}
	return false;
}

/* Everything that has this name: `drop` is a key, and a behaviour of the device. */
static bool
explain(const char *word, const struct manifest *manifest)
{
	bool any = explain_defect(word, manifest);

	for (size_t i = 0; i < EXPLAIN_KINDS; i++)
		any = explain_kinds[i].print(word) || any;
	return any;
}

static int
unknown_word(const char *word, const struct manifest *manifest)
{
	struct text_nearest near = text_nearest(word);

	for (size_t i = 0; i < EXPLAIN_KINDS; i++)
		if (explain_kinds[i].offer != NULL)
			explain_kinds[i].offer(&near);
	for (size_t i = 0; manifest != NULL && i < manifest->count; i++)
		text_nearest_offer(&near, manifest->defects[i].id);
	return cli_error(&cli_explain, "unknown name %s%s", word, text_nearest_hint(&near,
	    "; `viosim explain`, `viosim rules` and `viosim describe` list what is"));
}

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
	int code = bad ? CLI_USAGE : CLI_OK;

	if (count == 0 && !bad)
		explain_list();
	for (size_t i = 0; i < count && code == CLI_OK; i++) {
		if (i > 0)
			putchar('\n');
		/* No other name has one of these. */
		if (strpbrk(names[i], "/#") != NULL || cli_ends_in(names[i], ".yaml"))
			code = explain_case(names[i], manifest) ? CLI_OK : CLI_USAGE;
		else if (!explain(names[i], manifest))
			code = unknown_word(names[i], manifest);
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
