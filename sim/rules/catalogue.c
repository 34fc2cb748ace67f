/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue: all rules, in order of id.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"

/* No area's: the scenario is what says it. */
RULE_ROW(rule_expect) = {
	"scenario.expect", SEVERITY_ERROR,
	"an expectation of the scenario holds",
	"the scenario itself",
	"The scenario says what a correct driver does; this one did something else.",
	NULL, NULL
};

/* Of the scenario, not of the driver (run.c). */
SHARED_RULE_ROW(rule_impossible_fault) = {
	"scenario.impossible-fault", SEVERITY_LINT,
	"a scenario makes calls fail only as the kernel can",
	"`viosim explain FAULT`: when the kernel can, and where it says so",
	"What a driver does after a failure that no kernel produces says little about it.  "
	"The scenario is at fault, not the driver.",
	NULL, NULL
};

static int
compare(const void *one, const void *other)
{
	const struct rule *const *a = one, *const *b = other;

	return strcmp((*a)->id, (*b)->id);
}

/* What RULE_ROW() has gathered; sorted once, and never changed: a constant in all but name. */
extern const struct rule *__start_rules[], *__stop_rules[];

const struct rule *const *
rules_catalogue(size_t *count)
{
	static bool is_sorted;

	*count = (size_t)(__stop_rules - __start_rules);
	if (!is_sorted)
		qsort(__start_rules, *count, sizeof(__start_rules[0]), compare);
	is_sorted = true;
	return __start_rules;
}

const struct rule *
rule_by_id(const char *id)
{
	size_t count;
	const struct rule *const *rules = rules_catalogue(&count);
	const struct rule key = { .id = id }, *key_at = &key;
	const struct rule *const *found = bsearch(&key_at, rules, count, sizeof(rules[0]), compare);

	return found != NULL ? *found : NULL;
}
