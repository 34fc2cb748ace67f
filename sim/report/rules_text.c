/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules as text: see rules_text.h.
 */
#include "report/rules_text.h"

#include <string.h>

#include "base/width.h"
#include "report/finding.h"

#define LABEL 9			/* columns of "Why", "Wrong", ... */
#define PROSE_MAX 80		/* longer lines are hard to read */

void
rules_text_table(const struct rule *const *rules, size_t count, FILE *stream)
{
	int widest = 0;

	for (size_t i = 0; i < count; i++)
		if ((int)strlen(rules[i]->id) > widest)
			widest = (int)strlen(rules[i]->id);
	for (size_t i = 0; i < count; i++) {
		fprintf(stream, "%-*s  %-5s  ", widest, rules[i]->id,
		    finding_severity(rules[i]));
		report_wrap(stream, rules[i]->title, (unsigned)widest + 9,
		    (unsigned)widest + 9, width_of(stream));
		putc('\n', stream);
	}
}

static unsigned
prose_width(FILE *stream)
{
	unsigned width = width_of(stream);

	return width < PROSE_MAX ? width : PROSE_MAX;
}

/* Prose, broken into lines. */
static void
print_prose(FILE *stream, const char *label, const char *text)
{
	if (text == NULL)
		return;
	fprintf(stream, "%-*s", LABEL, label);
	report_wrap(stream, text, LABEL, LABEL, prose_width(stream));
	putc('\n', stream);
}

/* Code keeps its lines. */
static void
print_code(FILE *stream, const char *label, const char *text)
{
	if (text == NULL)
		return;
	fprintf(stream, "\n%s\n", label);
	while (*text != '\0') {
		size_t length = strcspn(text, "\n");

		fprintf(stream, "%s%.*s\n", length > 0 ? "    " : "", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

void
rules_text_print(const struct rule *rule, FILE *stream)
{
	fprintf(stream, "%s (%s)\n\n", rule->id, finding_severity(rule));
	print_prose(stream, "Rule", rule->title);
	print_prose(stream, "Why", rule->why);
	print_prose(stream, "Source", rule->source);
	print_code(stream, "Wrong:", rule->wrong);
	print_code(stream, "Right:", rule->right);
}

void
rules_text_absent_table(const struct rule_absent *absent, size_t count, FILE *stream)
{
	int widest = 0;

	for (size_t i = 0; i < count; i++)
		if ((int)strlen(absent[i].id) > widest)
			widest = (int)strlen(absent[i].id);
	for (size_t i = 0; i < count; i++) {
		fprintf(stream, "%-*s  ", widest, absent[i].id);
		report_wrap(stream, absent[i].title, (unsigned)widest + 2,
		    (unsigned)widest + 2, width_of(stream));
		putc('\n', stream);
	}
}

void
rules_text_absent(const struct rule_absent *absent, FILE *stream)
{
	fprintf(stream, "%s (not checked)\n\n", absent->id);
	print_prose(stream, "Rule", absent->title);
	print_prose(stream, "Why not", absent->reason);
}

/* ---- clauses ---- */

#define CLAUSE_NUMBER 22		/* columns */
#define CLAUSE_GIST (CLAUSE_NUMBER + 8)

static void
print_clause(const struct clause *row, FILE *stream)
{
	static const char *const levels[] = {
		[CLAUSE_MUST] = "must", [CLAUSE_SHOULD] = "should", [CLAUSE_TEXT] = "text",
		[CLAUSE_ASSERT] = "assert",
	};
	static const char *const answers[] = {
		[CLAUSE_RULE] = "rule: ", [CLAUSE_NO_RUN] = "no run: ",
		[CLAUSE_OPEN] = "no rule yet: ",
	};
	int n = fprintf(stream, "%-*s%-8s", CLAUSE_NUMBER, row->number, levels[row->level]);

	report_wrap(stream, row->gist, n > 0 ? (unsigned)n : 0, CLAUSE_GIST, width_of(stream));
	n = fprintf(stream, "\n%*s%s", CLAUSE_GIST, "", answers[row->answer]);
	report_wrap(stream, row->by, n > 0 ? (unsigned)n - 1 : 0, CLAUSE_GIST, width_of(stream));
	putc('\n', stream);
}

void
rules_text_clauses(const struct clause_source *sources, FILE *stream)
{
	for (const struct clause_source *s = sources; s->name != NULL; s++) {
		size_t answers[] = { [CLAUSE_RULE] = 0, [CLAUSE_NO_RUN] = 0, [CLAUSE_OPEN] = 0 };

		fprintf(stream, "%s%s\n\n", s == sources ? "" : "\n", s->name);
		for (size_t i = 0; i < s->count; i++) {
			print_clause(&s->clause[i], stream);
			answers[s->clause[i].answer]++;
		}
		fprintf(stream, "\n%s: %zu statements: %zu with a rule, %zu that no run can show, "
		    "%zu with no rule yet\n", s->name, s->count, answers[CLAUSE_RULE],
		    answers[CLAUSE_NO_RUN], answers[CLAUSE_OPEN]);
	}
}
