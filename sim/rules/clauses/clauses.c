/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clauses: see clauses.h.
 */
#include "rules/clauses/clauses.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "rules/rules.h"

#define RULE(number, level, gist, rules) { number, CLAUSE_##level, gist, CLAUSE_RULE, rules },
#define NO_RUN(number, level, gist, why) { number, CLAUSE_##level, gist, CLAUSE_NO_RUN, why },
#define OPEN(number, level, gist, what) { number, CLAUSE_##level, gist, CLAUSE_OPEN, what },
static const struct clause virtio[] = {
#include "rules/clauses/virtio-1.2.def"
};
static const struct clause netbsd[] = {
#include "rules/clauses/netbsd.def"
};
#define SOURCE(name, rows) { name, rows, sizeof(rows) / sizeof((rows)[0]) }

const struct clause_source clause_sources[] = {
	SOURCE("virtio 1.2", virtio), SOURCE("NetBSD", netbsd), { NULL, NULL, 0 }
};

/* ---- the check ---- */

static unsigned __attribute__((format(printf, 2, 3)))
breach(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stream, format, args);
	va_end(args);
	putc('\n', stream);
	return 1;
}

/* Is the word one of the text, separated by spaces? */
static bool
has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (; *text != '\0'; text += strcspn(text, " ") + strspn(text + strcspn(text, " "), " "))
		if (strncmp(text, word, length) == 0 &&
		    (text[length] == ' ' || text[length] == '\0'))
			return true;
	return false;
}

/* A row of that number (NULL: any) that names the rule. */
static bool
is_answered(const struct clause_source *sources, const char *number, size_t length,
    const char *rule)
{
	for (; sources->name != NULL; sources++)
		for (size_t i = 0; i < sources->count; i++) {
			const struct clause *row = &sources->clause[i];

			if (row->answer == CLAUSE_RULE && has_word(row->by, rule) &&
			    (number == NULL || (strncmp(row->number, number, length) == 0 &&
			    row->number[length] == '\0')))
				return true;
		}
	return false;
}

static unsigned
check_row(const struct clause *row, FILE *stream)
{
	unsigned wrong = 0;

	if (row->by[0] == '\0' || row->gist[0] == '\0')
		wrong += breach(stream, "%s: a row without %s", row->number,
		    row->gist[0] == '\0' ? "a gist" : "an answer");
	for (const char *at = row->by; row->answer == CLAUSE_RULE && *at != '\0';) {
		char id[64];
		size_t length = strcspn(at, " ");

		snprintf(id, sizeof(id), "%.*s", (int)length, at);
		if (rule_by_id(id) == NULL)
			wrong += breach(stream, "%s: there is no rule %s", row->number, id);
		at += length;
		at += strspn(at, " ");
	}
	return wrong;
}

/* "virtio 1.2 clauses 2.2 and 3.1.1; ...": each number has a row that names the rule. */
static unsigned
check_cited(const struct clause_source *sources, const struct rule *rule, FILE *stream)
{
	static const char before[] = "virtio 1.2 clause";
	const char *at = strstr(rule->source, before);
	unsigned wrong = 0;

	if (at == NULL)
		return 0;
	for (at += sizeof(before) - 1; *at != '\0' && *at != ';' && *at != ':' && *at != '(';) {
		size_t length = strspn(at, "0123456789.");

		if (length > 0 && !is_answered(sources, at, length, rule->id))
			wrong += breach(stream, "%s cites clause %.*s, and no row of it names the "
			    "rule", rule->id, (int)length, at);
		at += length > 0 ? length : 1;
	}
	return wrong;
}

unsigned
clauses_check(const struct clause_source *sources, FILE *stream)
{
	size_t count;
	const struct rule *const *rules = rules_catalogue(&count);
	unsigned wrong = 0;

	for (const struct clause_source *s = sources; s->name != NULL; s++)
		for (size_t i = 0; i < s->count; i++)
			wrong += check_row(&s->clause[i], stream);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(rules[i]->id, "scenario.expect") != 0 &&
		    !is_answered(sources, NULL, 0, rules[i]->id))
			wrong += breach(stream, "sim/rules/clauses: no row names the rule %s",
			    rules[i]->id);
		wrong += check_cited(sources, rules[i], stream);
	}
	return wrong;
}
