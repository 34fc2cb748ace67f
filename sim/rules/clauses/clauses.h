/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the specification and the manual demand of a driver, one row a statement, and what answers
 * it: rules, or the reason why no run can show it.  The rows are in the .def files, one a source.
 */
#ifndef VIOSIM_RULES_CLAUSES_CLAUSES_H
#define VIOSIM_RULES_CLAUSES_CLAUSES_H

#include <stddef.h>
#include <stdio.h>

enum clause_level { CLAUSE_MUST, CLAUSE_SHOULD, CLAUSE_TEXT, CLAUSE_ASSERT };
enum clause_answer {
	CLAUSE_RULE,			/* `by`: ids of rules, separated by spaces */
	CLAUSE_NO_RUN,			/* `by`: why no run can show a breach */
	CLAUSE_OPEN			/* `by`: what would show it; no rule yet */
};

struct clause {
	const char *number;		/* "5.5.6.1", "mutex(9)" */
	enum clause_level level;
	const char *gist;
	enum clause_answer answer;
	const char *by;
};

struct clause_source {
	const char *name;		/* NULL ends the list */
	const struct clause *clause;
	size_t count;
};
extern const struct clause_source clause_sources[];

/*
 * Compare the rows with the catalogue of rules: each rule that a row names is there, each row has
 * an answer, each rule has a row, and one of each clause of virtio that it cites.  One line a
 * breach; how many there were.
 */
unsigned clauses_check(const struct clause_source *sources, FILE *stream);

#endif /* VIOSIM_RULES_CLAUSES_CLAUSES_H */
