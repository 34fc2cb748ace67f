/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of the clauses (sim/rules/clauses): the lists answer for all rules, and the check sees
 * what is wrong with a list.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/clauses/clauses.h"
#include "rules/rules.h"
#include "tests/suite.h"

static char *
check(const struct clause_source *sources, unsigned *wrong)
{
	return PRINTED(to, *wrong = clauses_check(sources, to));
}

TEST(clauses_and_rules_answer_each_other)
{
	unsigned wrong;
	HEAP(text) = check(clause_sources, &wrong);

	ck_assert_msg(wrong == 0, "%u:\n%s", wrong, text);
}

/* The list of virtio with its last row replaced: what the check says of it. */
static void
assert_says(struct clause row, const char *what)
{
	struct clause rows[512];
	struct clause_source sources[] = { { "x", rows, clause_sources[0].count },
		clause_sources[1], { NULL, NULL, 0 } };
	unsigned wrong;
	HEAP(text) = NULL;

	ck_assert_uint_le(clause_sources[0].count, 512);
	memcpy(rows, clause_sources[0].clause, clause_sources[0].count * sizeof(rows[0]));
	rows[clause_sources[0].count - 1] = row;
	text = check(sources, &wrong);
	ck_assert_msg(wrong == 1 && strstr(text, what) != NULL, "%u: %s", wrong, text);
}

TEST(list_with_a_fault_is_refused)
{
	assert_says((struct clause){ "9.9", CLAUSE_MUST, "gist", CLAUSE_RULE, "ring.bend" },
	    "9.9: there is no rule ring.bend");
	assert_says((struct clause){ "9.9", CLAUSE_MUST, "gist", CLAUSE_NO_RUN, "" },
	    "9.9: a row without an answer");
	assert_says((struct clause){ "9.9", CLAUSE_MUST, "", CLAUSE_OPEN, "x" },
	    "9.9: a row without a gist");
}

/* Without the list of NetBSD its rules have no row. */
TEST(rule_without_a_row_is_refused)
{
	const struct clause_source sources[] = { clause_sources[0], { NULL, NULL, 0 } };
	const struct clause_source none[] = { { NULL, NULL, 0 } };
	unsigned wrong;
	char *text = check(sources, &wrong);
	size_t rules;

	HAS(text, "no row names the rule lock.order\n");
	LACKS(text, "no row names the rule ring.missing-kick\n");
	free(text);
	text = check(none, &wrong);
	rules_catalogue(&rules);
	ck_assert_uint_gt(wrong, rules);
	HAS(text, "balloon.count cites clause 5.5.6.1, and no row of it");
	free(text);
}

SUITE(rules_clauses)
