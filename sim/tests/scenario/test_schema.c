/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/scenario/schema and describe: both know all that the tables know, and the
 * schema is JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "scenario/table.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

static char *
capture(void (*print)(const struct scenario_vocab *, FILE *))
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	print(fixture_vocab(), f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static void
describe(const struct scenario_vocab *vocab, FILE *f)
{
	scenario_describe(vocab, 78, f);
}

/* ---- a JSON reader that only says where the text stops being JSON ---- */

static const char *json_value(const char *);

static const char *
json_space(const char *s)
{
	return s + strspn(s, " \t\n\r");
}

static const char *
json_string(const char *s)
{
	if (s == NULL || *s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if (*s == '\\' && strchr("\"\\/bfnrt", *++s) == NULL)
			return NULL;
		if ((unsigned char)*s < ' ')
			return NULL;
	}
	return s + 1;
}

/* Values, or members with keys, up to `close`. */
static const char *
json_group(const char *s, char close)
{
	s = json_space(s + 1);
	if (*s == close)
		return s + 1;
	for (;; s++) {
		if (close == '}') {
			s = json_string(json_space(s));
			if (s == NULL || *(s = json_space(s)) != ':')
				return NULL;
			s++;
		}
		s = json_value(s);
		if (s == NULL)
			return NULL;
		s = json_space(s);
		if (*s == close)
			return s + 1;
		if (*s != ',')
			return NULL;
	}
}

static const char *
json_value(const char *s)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t digits;

	s = json_space(s);
	if (*s == '{')
		return json_group(s, '}');
	if (*s == '[')
		return json_group(s, ']');
	if (*s == '"')
		return json_string(s);
	for (size_t i = 0; i < 3; i++)
		if (strncmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	digits = strspn(s, "0123456789");
	return digits > 0 ? s + digits : NULL;
}

TEST(json_reader_can_fail)
{
	static const char *const bad[] = {
		"", "{", "{]", "{\"a\"}", "{\"a\": }", "[1,]", "[1 2]", "\"a", "\"\\x\"", "tru",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(json_value(bad[i]) == NULL, "%s", bad[i]);
}

TEST(schema_is_json)
{
	HEAP(text) = capture(scenario_schema_print);
	const char *end = json_value(text);

	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "\n");
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
	HEAP(text) = capture(scenario_schema_print);

	check_map(&map_scenario, text, "\"", "\": {\"description\"");
	check_map(&map_step, text, "\"", "\": {\"description\"");
	check_verbs(text, "\"", "\": {\"description\"");
}

TEST(every_key_and_observable_is_described)
{
	HEAP(text) = capture(describe);
	const struct observable *o;

	check_map(&map_scenario, text, "  ", " ");
	check_map(&map_step, text, "  ", " ");
	check_verbs(text, "  ", " ");
	for (size_t i = 0; (o = scenario_observable(fixture_vocab(), i)) != NULL; i++)
		ck_assert_ptr_nonnull(strstr(text, o->pattern));
	for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
		ck_assert_msg(strcspn(line, "\n") <= 80, "%.100s", line);
}

TEST(every_name_of_the_vocabulary_is_in_the_schema)
{
	const char *const *const lists[] = {
		fixture_vocab()->devices, fixture_vocab()->features, fixture_vocab()->vqs,
		fixture_vocab()->faults, fixture_vocab()->errnos, fixture_vocab()->rules,
	};
	char *text = capture(scenario_schema_print), wanted[64];

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
	ck_assert_ptr_nonnull(strstr(text, "{\"enum\": [\"uvm_pglistalloc\", "));
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

SUITE(scenario_schema_suite, "scenario_schema")
