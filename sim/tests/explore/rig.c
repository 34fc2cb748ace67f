/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/explore share: see rig.h.
 */
#include "tests/explore/rig.h"

#include <check.h>
#include <glob.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "tests/suite.h"

static void
init_with(struct rig *rig, const char *path)
{
	struct module_error error;

	memset(rig, 0, sizeof(*rig));
	rig->module = module_open(path, &error);
	if (rig->module == NULL)
		ck_abort_msg("%s", error.text);
	trial_init(&rig->trial, rig->module, NULL);
}

void
rig_init(struct rig *rig)
{
	const char *path = getenv("VIOSIM_MODULE");

	init_with(rig, path != NULL ? path : "build/viomb.so");
}

void
rig_init_named(struct rig *rig, const char *name)
{
	const char *build = getenv("BUILD");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/explore/%s.so",
	    build != NULL ? build : "build", name);
	init_with(rig, path);
}

void
rig_init_small(struct rig *rig)
{
	rig_init_named(rig, "small");
}

unsigned
rig_line(const char *word)
{
	return rig_line_named("small", word);
}

unsigned
rig_line_named(const char *name, const char *word)
{
	char path[200], line[200], mark[100];
	unsigned number = 0, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "sim/tests/explore/modules/%s.c", name);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	snprintf(mark, sizeof(mark), "/* HERE: %s */", word);
	while (fgets(line, sizeof(line), file) != NULL) {
		number++;
		if (strstr(line, mark) != NULL)
			found = number;
	}
	fclose(file);
	ck_assert_uint_ne(found, 0);
	return found;
}

static void
unload(struct rig *rig)
{
	scenario_cases_free(rig->cases, rig->count);
	scenario_doc_free(rig->doc);
	rig->cases = NULL;
	rig->doc = NULL;
}

void
rig_fini(struct rig *rig)
{
	unload(rig);
	run_result_fini(&rig->run);
	trial_fini(&rig->trial);
	module_close(rig->module);
}

struct scenario_doc *
rig_doc(const char *path, const char *text)
{
	return fixture_doc(path, text, run_vocab());
}

static void
look_at(const char *path, void (*look)(void *arg, const struct scenario_doc *doc), void *arg)
{
	struct scenario_doc *doc;
	struct diag_list diags;

	diag_list_init(&diags);
	doc = scenario_load(path, run_vocab(), &diags);
	diag_list_fini(&diags);
	ck_assert_msg(doc != NULL, "%s", path);
	look(arg, doc);
	scenario_doc_free(doc);
}

void
rig_each_file(void (*look)(void *arg, const struct scenario_doc *doc), void *arg)
{
	glob_t files;

	ck_assert_int_eq(glob("scenarios/*/*.yaml", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		if (strstr(files.gl_pathv[i], "/include/") == NULL)
			look_at(files.gl_pathv[i], look, arg);
	globfree(&files);
}

const struct scenario_case *
rig_load(struct rig *rig, const char *text)
{
	unload(rig);
	rig->doc = rig_doc("t.yaml", text);
	rig->cases = scenario_cases(rig->doc, NULL, &rig->count);
	ck_assert_uint_gt(rig->count, 0);
	return &rig->cases[0];
}

void
rig_run(struct rig *rig, struct inject_points *points, struct trial_result *result)
{
	trial_run(&rig->trial, &rig->cases[0], points, result);
}

const struct trial_finding *
rig_finding(const struct trial_result *result, const char *rule)
{
	for (unsigned i = 0; i < result->findings; i++)
		if (strcmp(result->finding[i].rule->id, rule) == 0)
			return &result->finding[i];
	ck_abort_msg("no finding of %s", rule);
}

bool
rig_found(const struct tally *tally, const char *rule, const char *words)
{
	for (size_t i = 0; i < tally->clusters.count; i++) {
		const struct trial_finding *finding = &tally->clusters.item[i].first.finding;

		if (strcmp(finding->rule->id, rule) == 0 && strstr(finding->text, words) != NULL)
			return true;
	}
	return false;
}

void
rig_case(struct rig *rig, const char *format, ...)
{
	const struct scenario_case *c;
	va_list ap;
	char *text;

	va_start(ap, format);
	text = xvasprintf(format, ap);
	va_end(ap);
	c = rig_load(rig, text);
	free(text);
	rig->how.module = trial_module(&rig->trial, c->machine);
	run_result_fini(&rig->run);
	run_case(c, &rig->how, &rig->run);
}

void
rig_assert_failed(const struct rig *rig, unsigned n, const char *what, const char *expected,
    const char *actual)
{
	const struct failure *failure = &rig->run.failure[n];

	ck_assert_uint_gt(rig->run.failures, n);
	ck_assert_str_eq(failure->what, what);
	if (expected != NULL)
		ck_assert_str_eq(failure->expected, expected);
	if (actual != NULL)
		ck_assert_str_eq(failure->actual, actual);
}

void
rig_assert_good(const struct rig *rig)
{
	ck_assert_msg(rig->run.failures_all == 0, "%s: %s; %s", rig->run.failure[0].what,
	    rig->run.failure[0].expected, rig->run.failure[0].actual);
}

struct edit *
rig_edit(const struct scenario_doc *doc, size_t machine)
{
	return edit_new(doc->scenario[0], &doc->scenario[0]->machines.machine[machine], false, 0);
}

char *
rig_text(struct edit *edit)
{
	return PRINTED(to, edit_print(edit, "t", "s", NULL, to));
}

/* ---- one rig for all tests of a suite ---- */

struct rig the_rig;

void
rig_setup(void)
{
	rig_init(&the_rig);
}

void
rig_setup_small(void)
{
	rig_init_small(&the_rig);
}

void
rig_teardown(void)
{
	rig_fini(&the_rig);
}
