/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lints, explained: see lints.h.
 */
#include "report/lints.h"

static bool
is_new_lint(const struct report_input *input, const struct finding *finding)
{
	return finding->rule->severity == SEVERITY_LINT &&
	    report_known_finding(input, finding) == NULL;
}

static unsigned
count_of(const struct report_input *input, const struct rule *rule)
{
	const struct findings *findings = &input->result->findings;
	unsigned count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->item[i].rule == rule &&
		    is_new_lint(input, &findings->item[i]);
	return count;
}

static bool
is_first(const struct report_input *input, size_t index)
{
	const struct finding *item = input->result->findings.item;

	for (size_t i = 0; i < index; i++)
		if (item[i].rule == item[index].rule && is_new_lint(input, &item[i]))
			return false;
	return true;
}

static void
print_text(FILE *stream, const struct report_input *input, const char *text)
{
	fputs("    ", stream);
	report_wrap(stream, text, 4, 4, report_width(&input->style));
	putc('\n', stream);
}

static void
print_rule(FILE *stream, const struct report_input *input, const struct finding *finding)
{
	const struct rule *rule = finding->rule;
	unsigned count = count_of(input, rule);
	const struct defect *defect = NULL;

	fprintf(stream, "  %s, %u place%s: ", rule->id, count, count == 1 ? "" : "s");
	fprintf(stream, "%s\n", rule->title);
	print_text(stream, input, rule->why);
	while ((defect = report_like_finding(input, finding, defect)) != NULL)
		fprintf(stream, "    looks like %s (%s)\n", defect->id, defect->title);
}

void
lints_print(FILE *stream, const struct report_input *input)
{
	const struct findings *findings = &input->result->findings;
	bool any = false;

	for (size_t i = 0; i < findings->count; i++) {
		if (!is_new_lint(input, &findings->item[i]) || !is_first(input, i))
			continue;
		if (!any)
			fputs("\nlints: suspect, but not certainly wrong; they fail no case "
			    "unless --lints-fail is given\n", stream);
		any = true;
		print_rule(stream, input, &findings->item[i]);
	}
}
