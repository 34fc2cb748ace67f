/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/schema and describe: both know all that the tables know, and the
 * schema is JSON.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/table.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

/* Without its line breaks. */
static char *
capture_schema(void)
{
	HEAP(text) = PRINTED(to, scenario_schema_print(fixture_vocab(), to));
	json_t *schema = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	char *line = json_dumps(schema, 0);

	ck_assert_ptr_nonnull(line);
	json_decref(schema);
	return line;
}

static void
check_map(const struct map *map, const char *text, const char *before, const char *after)
{
	char wanted[128];

	for (size_t i = 0; i < map->count; i++) {
		snprintf(wanted, sizeof(wanted), "%s%s%s", before, map->fields[i].key, after);
		ck_assert_msg(strstr(text, wanted) != NULL, "no key %s", wanted);
		if (field_map(&map->fields[i], fixture_vocab()->type) != NULL)
			check_map(field_map(&map->fields[i], fixture_vocab()->type), text,
			    before, after);
	}
}

static void
check_verbs(const char *text, const char *before, const char *after)
{
	for (const struct verb *const *v = fixture_vocab()->type->verbs; *v != NULL; v++) {
		const struct map verb = {
			.name = "step", .fields = &(*v)->field, .count = 1,
		};

		check_map(&verb, text, before, after);
	}
}

TEST(every_key_is_in_the_schema)
{
	HEAP(text) = capture_schema();

	check_map(&map_scenario, text, "\"", "\": {\"title\": ");
	check_map(&map_step, text, "\"", "\": {\"title\": ");
	check_verbs(text, "\"", "\": {\"title\": ");
}

TEST(every_key_and_observable_is_described)
{
	HEAP(text) = PRINTED(to, scenario_describe(fixture_vocab(), 78, to));
	const struct observable *o;

	check_map(&map_scenario, text, "  ", " ");
	check_map(&map_step, text, "  ", " ");
	check_verbs(text, "  ", " ");
	for (size_t i = 0; (o = scenario_observable(fixture_vocab(), i)) != NULL; i++)
		HAS(text, o->pattern);
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		ck_assert_msg(strcspn(line, "\n") <= 80, "%.100s", line);
}

TEST(every_name_of_the_vocabulary_is_in_the_schema)
{
	const char *const *const lists[] = {
		fixture_vocab()->devices, fixture_vocab()->features, fixture_vocab()->vqs,
		fixture_vocab()->faults, fixture_vocab()->errnos, fixture_vocab()->rules,
	};
	char *text = capture_schema(), wanted[64];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		for (const char *const *name = lists[i]; *name != NULL; name++) {
			snprintf(wanted, sizeof(wanted), "\"%s\"", *name);
			ck_assert_msg(strstr(text, wanted) != NULL, "no name %s", *name);
		}
	for (size_t i = 0; fixture_vocab()->events[i].name != NULL; i++) {
		snprintf(wanted, sizeof(wanted), "\"%s\"", fixture_vocab()->events[i].name);
		ck_assert_msg(strstr(text, wanted) != NULL, "no event %s", wanted);
	}
	/* A call that cannot fail, as mutex_enter, is no value of `call`. */
	HAS(text, "\"anyOf\": [{\"const\": \"uvm_pglistalloc\", ");
	free(text);
}

/* Each type has all verbs that every scenario has, and no two verbs share a code. */
TEST(verbs_are_complete_and_have_codes_of_their_own)
{
	const struct verb *const *verbs = fixture_vocab()->type->verbs;

	for (int id = 0; id < SCENARIO_STEP_OWN; id++) {
		ck_assert_int_eq(scenario_verbs[id].id, id);
		ck_assert_ptr_nonnull(verb_of(fixture_vocab()->type, (enum scenario_verb)id));
	}
	for (size_t i = 0; verbs[i] != NULL; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert_uint_ne(verbs[i]->code, verbs[j]->code);
}

SUITE(scenario_schema)
