/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of sim/explore share: see rig.h.
 */
#include "tests/explore/rig.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	trial_fini(&rig->trial);
	module_close(rig->module);
}

const struct scenario_case *
rig_load(struct rig *rig, const char *text)
{
	struct diag_list diags;

	unload(rig);
	diag_list_init(&diags);
	rig->doc = scenario_load_text("t.yaml", text, strlen(text), run_vocab(), &diags);
	diag_list_print(&diags, stderr, false);
	diag_list_fini(&diags);
	ck_assert_ptr_nonnull(rig->doc);
	rig->cases = scenario_cases(rig->doc, NULL, &rig->count);
	ck_assert_uint_gt(rig->count, 0);
	return &rig->cases[0];
}

void
rig_run(struct rig *rig, struct inject_points *points, struct trial_result *result)
{
	trial_run(&rig->trial, &rig->cases[0], points, result);
}
