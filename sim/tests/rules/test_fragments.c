/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each rule has a driver fragment that breaks it, where it fires once and at the right line,
 * and one that comes close, where it is silent.  The fragments are in modules/, by areas of
 * rules (modules/probe.h says how to write one); their scenarios in rows_*.c.
 *
 * FRAGMENT=text in the environment runs only fragments with that text in their names or of the
 * rule with that id, and prints what was found.
 */
#include <check.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/crash.h"
#include "rules/rules.h"
#include "run/module.h"
#include "run/run.h"
#include "run/source.h"
#include "tests/rules/fragments.h"
#include "tests/scenario/fixture.h"
#include "tests/suite.h"

#define EXPECT_RULE "scenario.expect"
#define FRAGMENTS_MAX 600
#define AREAS_MAX 40
#define DEVICE_NAME "probe"

struct area_module {
	char *name;			/* of its source, without .c */
	struct module *module;
};

struct one_fragment {
	const char *name;
	const struct area_module *area;
	const struct rule *rule;	/* NULL: the name is none of a rule */
	bool bad;
};

static struct area_module areas[AREAS_MAX];
static struct one_fragment fragments[FRAGMENTS_MAX + 1];
static size_t area_count, fragment_count;
static char load_trouble[2048];

static const struct fragment_row usual;

/* ---- what there is ---- */

/* The modules' folder, from the top of the source tree or from a folder of it. */
static const char *
source_folder(void)
{
	static const char *const folders[] = {
		"sim/tests/rules/modules", "tests/rules/modules", "../sim/tests/rules/modules",
		"../../sim/tests/rules/modules", "../../../sim/tests/rules/modules",
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (access(folders[i], R_OK) == 0)
			return folders[i];
	return ".";
}

static void
add_trouble(const char *format, ...)
{
	size_t used = strlen(load_trouble);
	va_list args;

	va_start(args, format);
	vsnprintf(load_trouble + used, sizeof(load_trouble) - used, format, args);
	va_end(args);
}

/* The rule that a fragment is for: its name with . and - as _. */
static const struct rule *
rule_of(const char *name, bool *bad)
{
	size_t count, length;
	const struct rule *const *rules = rules_catalogue(&count);
	const char *rest;

	for (size_t i = 0; i < count; i++) {
		const char *id = rules[i]->id;

		length = strlen(id);
		if (strlen(name) < length)
			continue;
		while (length > 0 && (name[length - 1] == id[length - 1] ||
		    (name[length - 1] == '_' && strchr(".-", id[length - 1]) != NULL)))
			length--;
		if (length > 0)
			continue;
		rest = name + strlen(id);
		*bad = strncmp(rest, "_bad", 4) == 0;
		rest += *bad ? 4 : strncmp(rest, "_ok", 3) == 0 ? 3 : 0;
		if (rest != name + strlen(id) && rest[strspn(rest, "0123456789")] == '\0')
			return rules[i];
	}
	return NULL;
}

static void
load_module(const char *folder, const char *name, size_t length)
{
	struct area_module *area = &areas[area_count++];
	struct module_error error;
	char path[400];

	area->name = strndup(name, length);
	snprintf(path, sizeof(path), "%s/%s.so", folder, area->name);
	area->module = module_open(path, &error);
	if (area->module == NULL) {
		add_trouble("%s", error.text);
		module_error_fini(&error);
		return;
	}
	for (size_t i = 0; i < module_attachment_count(area->module); i++) {
		struct one_fragment *fragment = &fragments[fragment_count];

		fragment->name = module_attachment(area->module, i)->name;
		fragment->area = area;
		fragment->rule = rule_of(fragment->name, &fragment->bad);
		if (fragment_count < FRAGMENTS_MAX)
			fragment_count++;
	}
}

static int
is_module_source(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 2 && strcmp(entry->d_name + length - 2, ".c") == 0;
}

static void
load_fragments(void)
{
	const char *build = getenv("BUILD");
	struct dirent **source;
	char folder[300];
	int count;

	snprintf(folder, sizeof(folder), "%s/tests/rules", build != NULL ? build : "build");
	count = scandir(source_folder(), &source, is_module_source, alphasort);
	for (int i = 0; i < count; i++) {
		if (area_count < AREAS_MAX)
			load_module(folder, source[i]->d_name, strlen(source[i]->d_name) - 2);
		free(source[i]);
	}
	if (count >= 0)
		free(source);
}

/* ---- a fragment's scenario ---- */

static const struct fragment_row *
row_of(const char *name)
{
	const struct fragment_row *const tables[] = { rows_device, rows_kernel };

	for (size_t i = 0; i < 2; i++)
		for (const struct fragment_row *row = tables[i]; row->fragment != NULL; row++)
			if (strcmp(row->fragment, name) == 0)
				return row;
	return &usual;
}

/* Lines of a list, as a list of the scenario. */
static void
write_lines(FILE *file, const char *lines)
{
	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n");

		fprintf(file, "  %.*s\n", (int)length, lines);
		lines += length + (lines[length] == '\n');
	}
}

static struct scenario_doc *
load_scenario(const struct one_fragment *fragment, const struct fragment_row *row)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	struct scenario_doc *doc;

	fprintf(file, "format: 1\nscenario: fragment/%s\nsummary: A fragment.\n", fragment->name);
	if (row->machine != NULL)
		fprintf(file, "machine: {%s}\n", row->machine);
	if (row->device != NULL)
		fprintf(file, "device: {%s}\n", row->device);
	if (row->more != NULL)
		fprintf(file, "%s\n", row->more);
	fprintf(file, "steps:\n");
	write_lines(file, row->steps != NULL ? row->steps :
	    "- {at: 1s, target: 4 pages}\n- settle: {within: 10s}\n");
	fclose(file);
	doc = fixture_doc(fragment->name, text, run_vocab());
	free(text);
	return doc;
}

/* ---- what came of a run ---- */

struct outcome {
	const struct one_fragment *fragment;
	const struct fragment_row *row;
	const char *id;			/* of the case */
	FILE *wrong;			/* what is not as it should be */
	bool seen[32];			/* rules of row->also */
	struct loops loops;		/* run to their ends in an earlier case */
};

/* Is that rule in the list of others?  Marks it as seen. */
static bool
is_also(struct outcome *outcome, const char *rule)
{
	const char *also = outcome->row->also != NULL ? outcome->row->also : "";
	size_t length, i = 0;

	for (; *also != '\0'; also += length + (also[length] == ' '), i++) {
		length = strcspn(also, " ");
		if (strlen(rule) == length && strncmp(also, rule, length) == 0) {
			outcome->seen[i] = true;
			return true;
		}
	}
	return false;
}

/* Does that line say BREAKS: of all, or of this fragment by how its name begins? */
static bool
says_breaks(const struct source_pos *pos, const char *name)
{
	char text[400] = "", *word, *next;
	FILE *file;

	snprintf(text, sizeof(text), "%s/%s", source_folder(), pos->file);
	file = fopen(text, "r");
	if (file == NULL)
		return false;
	for (unsigned line = 0; line < pos->line && fgets(text, sizeof(text), file) != NULL; )
		line++;
	fclose(file);
	word = strstr(text, "/* BREAKS ");
	if (word == NULL || strncmp(word, "/* BREAKS */", 12) == 0)
		return word != NULL;
	for (word = strtok_r(word + 10, " ", &next); word != NULL;
	    word = strtok_r(NULL, " ", &next))
		if (strncmp(name, word, strlen(word)) == 0)
			return true;
	return false;
}

static void
check_place(struct outcome *outcome, const struct finding *finding)
{
	const char *where = outcome->row->where;
	struct source_pos pos = { .function = "", .file = "nowhere", .line = 0 };

	if (finding->site != 0)
		source_lookup(module_source(outcome->fragment->area->module), finding->site, &pos);
	if (where != NULL ? strcmp(pos.function, where) != 0 :
	    !says_breaks(&pos, outcome->fragment->name))
		fprintf(outcome->wrong, "  %s: points at %s:%u (%s): %s\n", outcome->id, pos.file,
		    pos.line, pos.function, finding->text);
}

static void
check_text(struct outcome *outcome, const struct finding *finding)
{
	bool said = outcome->row->says == NULL || strstr(finding->text, outcome->row->says) != NULL;

	for (unsigned i = 0; i < finding->becauses; i++)
		said = said || strstr(finding->because[i].what, outcome->row->says) != NULL;
	if (!said)
		fprintf(outcome->wrong, "  %s: does not say \"%s\": %s\n", outcome->id,
		    outcome->row->says, finding->text);
}

static void
check_findings(struct outcome *outcome, const struct run_result *result)
{
	const struct rule *rule = outcome->fragment->rule;
	unsigned times = 0;

	for (size_t i = 0; i < result->findings.count; i++) {
		const struct finding *finding = &result->findings.item[i];

		if (finding->rule == rule && outcome->fragment->bad) {
			times++;
			check_place(outcome, finding);
			check_text(outcome, finding);
		} else if (!is_also(outcome, finding->rule->id)) {
			fprintf(outcome->wrong, "  %s: %s: %s\n", outcome->id, finding->rule->id,
			    finding->text);
		} else if (!outcome->fragment->bad && finding->rule->severity == SEVERITY_ERROR) {
			fprintf(outcome->wrong, "  %s: an _ok fragment with an error: %s: %s\n",
			    outcome->id, finding->rule->id, finding->text);
		}
	}
	if (times > 0 && !outcome->row->follows && result->findings.item[0].rule != rule)
		fprintf(outcome->wrong, "  %s: %s comes before %s\n", outcome->id,
		    result->findings.item[0].rule->id, rule->id);
	if (strcmp(rule->id, EXPECT_RULE) == 0 && outcome->fragment->bad)
		times = result->failures_all;
	else if (result->failures_all > 0)
		fprintf(outcome->wrong, "  %s: expected %s, is %s\n", outcome->id,
		    result->failure[0].expected, result->failure[0].actual);
	if (times != (outcome->fragment->bad ? 1 : 0))
		fprintf(outcome->wrong, "  %s: %s fires %u times\n", outcome->id, rule->id, times);
}

static void
run_on(struct outcome *outcome, const struct scenario_case *c)
{
	struct run_options options = {
		.module = outcome->fragment->area->module, .driver = outcome->fragment->name,
		.name = DEVICE_NAME, .loops = &outcome->loops,
	};
	struct run_result result;

	crash_install();
	crash_limit(CRASH_SECONDS);
	run_case(c, &options, &result);
	crash_limit(0);
	loops_learn(&outcome->loops, &result.loops);
	outcome->id = c->id;
	check_findings(outcome, &result);
	if (getenv("FRAGMENT") != NULL)
		for (size_t i = 0; i < result.findings.count; i++)
			printf("%s: %s: %s\n", c->id, result.findings.item[i].rule->id,
			    result.findings.item[i].text);
	run_result_fini(&result);
}

/* What the row lists is there: it shall not outlive its reason. */
static void
check_also(struct outcome *outcome)
{
	const char *also = outcome->row->also != NULL ? outcome->row->also : "";
	size_t length, i = 0;

	for (; *also != '\0'; also += length + (also[length] == ' '), i++) {
		length = strcspn(also, " ");
		if (!outcome->seen[i])
			fprintf(outcome->wrong, "  its row lists %.*s, which nothing breaks\n",
			    (int)length, also);
	}
}

/* ---- tests ---- */

static bool
is_wanted(const struct one_fragment *fragment)
{
	const char *only = getenv("FRAGMENT");

	return only == NULL || strstr(fragment->name, only) != NULL ||
	    (fragment->rule != NULL && strcmp(fragment->rule->id, only) == 0);
}

START_TEST(fragment_behaves)
{
	const struct one_fragment *fragment = &fragments[_i];
	const struct fragment_row *row = row_of(fragment->name);
	struct scenario_doc *doc;
	struct scenario_case *cases;
	size_t count, size;
	char *wrong = NULL;
	struct outcome outcome = { .fragment = fragment, .row = row };

	if (!is_wanted(fragment))
		return;
	ck_assert_msg(fragment->rule != NULL, "%s: no rule of that name, or neither _bad nor _ok",
	    fragment->name);
	if (getenv("FRAGMENT") != NULL)
		printf("%s is number %d\n", fragment->name, _i);
	outcome.wrong = open_memstream(&wrong, &size);
	doc = load_scenario(fragment, row);
	cases = scenario_cases(doc, NULL, &count);
	ck_assert_uint_gt(count, 0);
	for (size_t i = 0; i < count; i++)
		run_on(&outcome, &cases[i]);
	check_also(&outcome);
	scenario_cases_free(cases, count);
	scenario_doc_free(doc);
	fclose(outcome.wrong);
	ck_assert_msg(wrong[0] == '\0', "%s:\n%s", fragment->name, wrong);
	free(wrong);
}
END_TEST

START_TEST(each_rule_has_both_kinds)
{
	size_t count;
	const struct rule *const *rules = rules_catalogue(&count);

	for (size_t i = 0; i < count; i++) {
		bool bad = false, ok = false;

		for (size_t k = 0; k < fragment_count; k++) {
			if (fragments[k].rule != rules[i])
				continue;
			bad |= fragments[k].bad;
			ok |= !fragments[k].bad;
		}
		ck_assert_msg(bad, "no fragment breaks %s", rules[i]->id);
		ck_assert_msg(ok, "no fragment comes close to %s", rules[i]->id);
	}
}
END_TEST

START_TEST(rows_are_of_fragments)
{
	const struct fragment_row *const tables[] = { rows_device, rows_kernel };

	for (size_t i = 0; i < 2; i++)
		for (const struct fragment_row *row = tables[i]; row->fragment != NULL; row++) {
			size_t k = 0;

			while (k < fragment_count &&
			    strcmp(fragments[k].name, row->fragment) != 0)
				k++;
			ck_assert_msg(k < fragment_count, "no fragment is named %s",
			    row->fragment);
			ck_assert_msg(row_of(row->fragment) == row, "two rows for %s",
			    row->fragment);
		}
}
END_TEST

START_TEST(modules_are_there)
{
	size_t wanted = 0;

	for (size_t i = 0; i < fragment_count; i++)
		wanted += is_wanted(&fragments[i]);
	ck_assert_msg(load_trouble[0] == '\0', "%s", load_trouble);
	ck_assert_msg(wanted > 0, "there is no fragment for FRAGMENT");
	ck_assert_uint_lt(fragment_count, FRAGMENTS_MAX);
	ck_assert_uint_lt(area_count, AREAS_MAX);
}
END_TEST

static Suite *
make(void)
{
	Suite *suite = suite_create("rules_fragments");
	TCase *each = tcase_create("fragment");
	TCase *all = tcase_create("all");

	load_fragments();
	tcase_set_timeout(each, 60);
	tcase_add_loop_test(each, fragment_behaves, 0, (int)fragment_count);
	tcase_add_test(all, modules_are_there);
	tcase_add_test(all, each_rule_has_both_kinds);
	tcase_add_test(all, rows_are_of_fragments);
	suite_add_tcase(suite, each);
	suite_add_tcase(suite, all);
	return suite;
}

SUITE(rules_fragments, .make = make, .reads = "build/tests/rules sim/tests/rules/modules")
