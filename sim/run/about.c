/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a name of the vocabulary means, for editors.
 */
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "run/state.h"
#include "run/module_file.h"	/* behind the record, which has an EV_NONE too */
#include "scenario/text.h"

static void
print_code(const char *label, const char *code, FILE *f)
{
	if (code != NULL)
		fprintf(f, "\n\n%s:\n\n```c\n%s%s```", label, code,
		    code[strlen(code) - 1] == '\n' ? "" : "\n");
}

static void
print_rule(const struct rule *rule, FILE *f)
{
	fprintf(f, "**%s**\n\nWhy: %s", rule->title, rule->why);
	print_code("Wrong", rule->wrong, f);
	print_code("Right", rule->right, f);
	fprintf(f, "\n\nSource: %s", rule->source);
}

static void
print_fault(const struct fault_row *row, FILE *f)
{
	const char *when = fault_when(row);

	fprintf(f, "**A fault of %s**\n\nThe caller gets: %s.\n\nIt stands for: %s.\n\nReal "
	    "kernel: %s.", row->call_name, row->gets, row->meaning,
	    when[0] != '\0' ? when : "always");
}

static void
print_call(const char *name, FILE *f)
{
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);
	bool is_certain;
	const char *page = module_manpage(name, &is_certain);

	fprintf(f, "**A kernel call%s%s**", page != NULL ? ", see " : "", page != NULL ? page : "");
	for (size_t i = 0; i < count; i++)
		if (strcmp(row[i].call_name, name) == 0)
			fprintf(f, "\n\n- `%s`: the caller gets %s", row[i].id, row[i].gets);
}

char *
run_about(const char *name)
{
	const struct rule *rule = rule_by_id(name);
	const struct fault_row *fault = fault_row_by_id(name);

	if (rule != NULL)
		return SBUF_TEXT(f, print_rule(rule, f));
	if (fault != NULL)
		return SBUF_TEXT(f, print_fault(fault, f));
	if (text_list_has(run_vocab()->calls, name))
		return SBUF_TEXT(f, print_call(name, f));
	for (size_t i = 0; device_classes[i] != NULL; i++)
		for (const struct device_word *m = device_classes[i]->models;
		    m != NULL && m->word != NULL; m++)
			if (strcmp(m->word, name) == 0)
				return xasprintf("**The device of %s**: %s", name, m->what);
	return NULL;
}
