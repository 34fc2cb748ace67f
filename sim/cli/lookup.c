/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a word means: one look-up in all tables that name something.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "device/class.h"
#include "fault/fault.h"
#include "report/rules_text.h"
#include "rules/rules.h"
#include "run/module_file.h"
#include "run/run.h"
#include "scenario/text.h"

/* ---- the kinds ---- */

bool
lookup_rule(const char *id)
{
	const struct rule *rule = rule_by_id(id);
	const struct rule_absent *absent = rule_absent_by_id(id);

	if (rule != NULL)
		rules_text_print(rule, stdout);
	else if (absent != NULL)
		rules_text_absent(absent, stdout);
	return rule != NULL || absent != NULL;
}

void
lookup_offer_rules(struct text_nearest *near)
{
	size_t count;
	const struct rule_absent *absent = rules_absent(&count);

	text_nearest_offer_all(near, run_vocab()->rules);
	for (size_t i = 0; i < count; i++)
		text_nearest_offer(near, absent[i].id);
}

static bool
print_rule(const struct lookup *look, const char *word)
{
	(void)look;
	return lookup_rule(word);
}

static void
offer_rules(const struct lookup *look, struct text_nearest *near)
{
	(void)look;
	lookup_offer_rules(near);
}

static bool
print_fault(const struct lookup *look, const char *word)
{
	const struct fault_row *row = fault_row_by_id(word);
	const char *when, *source;

	(void)look;
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
print_call(const struct lookup *look, const char *word)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);
	const char *page;
	bool is_certain;

	if (!text_list_has(look->vocab->calls, word))
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
offer_calls(const struct lookup *look, struct text_nearest *near)
{
	text_nearest_offer_all(near, look->vocab->calls);
}

/* Whatever the types of device have by that name; each kind of name once. */
static bool
print_behaviour(const struct lookup *look, const char *word)
{
	const struct device_behaviour *behaviour = NULL;

	(void)look;
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
offer_behaviours(const struct lookup *look, struct text_nearest *near)
{
	const struct device_behaviour *b;

	(void)look;
	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (unsigned k = 0; (b = device_behaviour_at(device_classes[i], k)) != NULL; k++)
			text_nearest_offer(near, b->word);
}

static bool
print_model(const struct lookup *look, const char *word)
{
	(void)look;
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
print_scenario_word(const struct lookup *look, const char *word)
{
	return fault_row_by_id(word) == NULL &&
	    scenario_describe_word(look->vocab, word, cli_width_text(stdout), stdout);
}

static void
offer_scenario_words(const struct lookup *look, struct text_nearest *near)
{
	scenario_describe_offer(look->vocab, near);
}

/* ---- known defects ---- */

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

/* A file that the manifest names (NULL: none), where it is. */
static void
print_file(const char *what, const struct manifest *manifest, const char *name)
{
	char *found = name != NULL ? manifest_file(manifest->path, name) : NULL;

	if (name != NULL)
		printf("  %-10s %s\n", what, found != NULL ? found : name);
	free(found);
}

static void
tell_defect(const struct manifest *manifest, const struct defect *defect)
{
	printf("known defect %s of %s\n  %s\n", defect->id, manifest->driver, defect->title);
	print_names("shows as", &defect->rules);
	print_names("where", &defect->where);
	print_names("scenarios", &defect->scenarios);
	if (defect->explored.count > 0)
		print_names("explored", &defect->explored);
	for (size_t i = 0; i < defect->circumstances; i++)
		print_circumstance(&defect->circumstance[i], i > 0 ? "or when" : "when");
	print_file("read", manifest, defect->finding);
	print_file("repair", manifest, defect->fix);
}

static bool
print_defect(const struct lookup *look, const char *word)
{
	const struct manifest *known = look->known;

	for (size_t i = 0; known != NULL && i < known->count; i++)
		if (strcmp(known->defects[i].id, word) == 0) {
			tell_defect(known, &known->defects[i]);
			return true;
		}
	return false;
}

static void
offer_defects(const struct lookup *look, struct text_nearest *near)
{
	for (size_t i = 0; look->known != NULL && i < look->known->count; i++)
		text_nearest_offer(near, look->known->defects[i].id);
}

/* ---- all ---- */

/*
 * One kind of things that have a name.  print: true if there is one of that name.  offer: their
 * names, for a guess; NULL: another kind has them too.
 */
static const struct {
	bool (*print)(const struct lookup *look, const char *word);
	void (*offer)(const struct lookup *look, struct text_nearest *near);
} kinds[] = {
	{ print_defect, offer_defects },
	{ print_rule, offer_rules },
	{ print_fault, NULL },		/* scenarios name them */
	{ print_call, offer_calls },
	{ print_behaviour, offer_behaviours },
	{ print_model, NULL },		/* values of a key */
	{ print_scenario_word, offer_scenario_words },
};

bool
lookup_print(const struct lookup *look, const char *word)
{
	bool any = false;

	/* Everything that has this name: `drop` is a key, and a behaviour of the device. */
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		any = kinds[i].print(look, word) || any;
	return any;
}

int
lookup_unknown(const struct lookup *look, const struct cli_command *command, const char *word)
{
	struct text_nearest near = text_nearest(word);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].offer != NULL)
			kinds[i].offer(look, &near);
	return cli_error(command, "unknown name %s%s", word, text_nearest_hint(&near,
	    "; `viosim explain`, `viosim rules` and `viosim describe` list what is"));
}
