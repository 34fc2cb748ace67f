/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The catalogue: all areas' rules, in order of id.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "rules/area.h"
#include "rules/device.h"

/* No area's: the scenario is what says it. */
const struct rule rule_expect = {
	"scenario.expect", SEVERITY_ERROR,
	"an expectation of the scenario holds",
	"the scenario itself",
	"The scenario says what a correct driver does; this one did something else.",
	NULL, NULL
};

/* Of the scenario, not of the driver (run.c). */
const struct rule rule_impossible_fault = {
	"scenario.impossible-fault", SEVERITY_LINT,
	"a scenario makes calls fail only as the kernel can",
	"`viosim explain FAULT`: when the kernel can, and where it says so",
	"What a driver does after a failure that no kernel produces says little about it.  "
	"The scenario is at fault, not the driver.",
	NULL, NULL
};

static const struct area area_scenario = {
	.name = "scenario", .rules = RULES(&rule_expect, &rule_impossible_fault),
};

static int
compare(const void *one, const void *other)
{
	const struct rule *const *a = one, *const *b = other;

	return strcmp((*a)->id, (*b)->id);
}

static struct { VEC_MEMBERS(const struct rule *); } table;

static void
add(const struct area *area)
{
	size_t length = strlen(area->name);

	for (const struct rule *const *rule = area->rules; rule != NULL && *rule != NULL; rule++) {
		if (strncmp((*rule)->id, area->name, length) != 0 || (*rule)->id[length] != '.')
			internal_error("rule %s is in area %s", (*rule)->id, area->name);
		*vec_add(&table) = *rule;
	}
}

/* Put together once, from constants, and never changed: a constant in all but name. */
const struct rule *const *
rules_catalogue(size_t *count)
{
	if (table.count == 0) {
#define X(name) add(&area_##name);
		RULE_AREAS(X)
#undef X
		for (size_t i = 0; rules_devices[i] != NULL; i++)
			for (size_t k = 0; rules_devices[i]->areas[k] != NULL; k++)
				add(rules_devices[i]->areas[k]);
		add(&area_scenario);
		qsort(table.item, table.count, sizeof(table.item[0]), compare);
	}
	*count = table.count;
	return table.item;
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
