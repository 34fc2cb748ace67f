/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/manifest: what is known of a driver, and what is said of a bad manifest.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/manifest.h"
#include "run/run.h"

Suite	*run_manifest_suite(void);

#define HEAD "driver: d\nsource: d.c\napi: netbsd-2022\ndevice: balloon\n"

static struct diag_list diags;
static const struct manifest_names *names;	/* what the next manifest is held against */

/* NULL after errors, which are in `diags`. */
static struct manifest *
manifest_of(const char *text)
{
	char path[] = "/tmp/viosim-manifest-XXXXXX";
	int fd = mkstemp(path);
	struct manifest *manifest;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	diag_list_init(&diags);
	manifest = manifest_load(path, run_vocab(), names, &diags);
	unlink(path);
	return manifest;
}

static void
assert_refused(const char *text, unsigned line, const char *rule)
{
	struct manifest *manifest = manifest_of(text);

	ck_assert_ptr_null(manifest);
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_uint_eq(diags.items[0].loc.line, line);
	ck_assert_str_eq(diags.items[0].rule, rule);
	diag_list_fini(&diags);
}

START_TEST(defects_explain_where_they_say)
{
	struct manifest *manifest = manifest_of(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [f], scenarios: [a/b, \"c/*\"]}\n"
	    "  - {id: two, title: t, rules: [log.quiet, page.double-free], scenarios: [a/b]}\n"
	    "  - {id: three, title: t, rules: [log.flood], where: g, explored: [a/b]}\n");

	ck_assert_ptr_nonnull(manifest);
	ck_assert_str_eq(manifest_explains(manifest, "a/b", "log.quiet", "f")->id, "one");
	ck_assert_str_eq(manifest_explains(manifest, "a/b", "log.quiet", "h")->id, "two");
	ck_assert_str_eq(manifest_explains(manifest, "c/d", "log.quiet", "f")->id, "one");
	ck_assert_ptr_null(manifest_explains(manifest, "c/d", "log.quiet", "h"));
	ck_assert_ptr_null(manifest_explains(manifest, "a/b", "log.flood", "g"));
	manifest_free(manifest);
	diag_list_fini(&diags);
}
END_TEST

/* Of what was explored, the scenario does not count. */
START_TEST(defects_are_recognised_elsewhere)
{
	struct manifest *manifest = manifest_of(HEAD "known_defects:\n"
	    "  - {id: zero, title: t, rules: [log.quiet], scenarios: [x/y]}\n"
	    "  - {id: one, title: t, rules: [log.flood, log.quiet], where: f, scenarios: a/b}\n"
	    "  - {id: two, title: t, rules: [log.quiet], where: [g, f], scenarios: a/c}\n"
	    "  - {id: three, title: t, rules: [log.quiet], where: [f, g], scenarios: a/d}\n"
	    "  - {id: four, title: t, rules: [log.quiet], where: [f], scenarios: a/e}\n");

	ck_assert_ptr_nonnull(manifest);
	/* The rule of `one` and the function of `two` come second; `zero` has no function. */
	ck_assert_str_eq(manifest_like(manifest, "u/v", "log.quiet", "f")->id, "three");
	ck_assert_str_eq(manifest_like(manifest, "u/v", "log.quiet", "g")->id, "two");
	ck_assert_str_eq(manifest_like(manifest, "u/v", "log.flood", "f")->id, "one");
	/* Where one is meant to show, no other is named. */
	ck_assert_str_eq(manifest_like(manifest, "a/b", "log.quiet", "f")->id, "one");
	ck_assert_ptr_null(manifest_like(manifest, "u/v", "log.quiet", "h"));
	ck_assert_ptr_null(manifest_like(manifest, "u/v", "log.quiet", ""));
	ck_assert_ptr_null(manifest_like(manifest, "u/v", "log.missing", "f"));
	ck_assert_ptr_null(manifest_like(NULL, "u/v", "log.quiet", "f"));
	manifest_free(manifest);
	diag_list_fini(&diags);
}
END_TEST

START_TEST(defects_are_known_anywhere)
{
	struct manifest *manifest = manifest_of(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [f], scenarios: [a/b]}\n"
	    "  - {id: two, title: t, rules: [log.flood], where: [g, h], explored: [a/b]}\n");

	ck_assert_ptr_nonnull(manifest);
	ck_assert_str_eq(manifest_knows(manifest, "log.quiet", "f")->id, "one");
	ck_assert_str_eq(manifest_knows(manifest, "log.flood", "h")->id, "two");
	ck_assert_ptr_null(manifest_knows(manifest, "log.flood", "f"));
	ck_assert_ptr_null(manifest_knows(manifest, "page.double-free", "f"));
	ck_assert(defect_names(&manifest->defects[0], "a/b"));
	ck_assert(!defect_names(&manifest->defects[1], "a/b"));
	ck_assert_ptr_null(manifest_knows(NULL, "log.quiet", "f"));
	manifest_free(manifest);
	diag_list_fini(&diags);
}
END_TEST

START_TEST(bad_manifests_are_refused)
{
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], where: [f]}\n",
	    6, "manifest.missing-key");
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quite], scenarios: [a/b]}\n",
	    6, "manifest.unknown-rule");
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], scenario: [a/b], scenarios: [a/b]}\n",
	    6, "manifest.unknown-key");
	assert_refused(HEAD "known_defects:\n"
	    "  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b]}\n"
	    "  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b]}\n",
	    7, "manifest.duplicate");
}
END_TEST

static bool has_guess;			/* the error that assert_said() saw last */

/* At which column, and which sentence? */
static void
assert_said(const char *line, unsigned col, const char *rule, const char *sentence)
{
	char text[512];

	snprintf(text, sizeof(text), HEAD "known_defects:\n%s\n", line);
	ck_assert_ptr_null(manifest_of(text));
	ck_assert_uint_eq(diags.count, 1);
	ck_assert_uint_eq(diags.items[0].loc.line, 6);
	ck_assert_uint_eq(diags.items[0].loc.col, col);
	ck_assert_str_eq(diags.items[0].rule, rule);
	ck_assert_ptr_nonnull(strstr(diags.items[0].message, sentence));
	has_guess = strstr(diags.items[0].message, "did you mean") != NULL;
	diag_list_fini(&diags);
}

START_TEST(errors_stand_at_the_item)
{
	assert_said("  - {id: one, titel: t, rules: [log.quiet], scenarios: [a/b]}", 15,
	    "manifest.unknown-key", "did you mean \"title\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet, live.panik], scenarios: [a/b]}", 44,
	    "manifest.unknown-rule", "did you mean \"live.panic\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet, log.quiet], scenarios: [a/b]}", 44,
	    "manifest.duplicate", "twice");
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b, a]}", 62,
	    "manifest.scenario", "area/situation");
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/b, \"a*b\"]}", 63,
	    "manifest.scenario", "at its end");
	assert_said("  - {id: one, title: \"\", rules: [log.quiet], scenarios: [a/b]}", 23,
	    "manifest.type", "missing");
	assert_said("  - {id: one, title: t, rules: [], scenarios: [a/b]}", 32,
	    "manifest.type", "empty");
	assert_said("  - [a]", 5, "manifest.type", "not a list");
}
END_TEST

START_TEST(names_are_looked_up)
{
	static const char *const scenarios[] = { "a/bee", "c/dee", NULL };
	static const char *const functions[] = { "inflate", "thread", "viomb_attach", NULL };
	static const struct manifest_names both = { scenarios, functions };
	struct manifest *manifest;

	names = &both;
	assert_said("  - {id: one, title: t, rules: [log.quiet], scenarios: [a/bee, c/de]}", 64,
	    "manifest.unknown-scenario", "did you mean \"c/dee\"?");
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: [\"x/*\"]}", 57,
	    "manifest.unknown-scenario", "x/*");
	assert_said("  - {id: one, title: t, rules: [log.quiet], where: infalte, explored: a/bee}",
	    52, "manifest.unknown-function", "did you mean \"inflate\"?");
	/* The same driver's name before it makes no function like another. */
	assert_said("  - {id: one, title: t, rules: [log.quiet], where: viomb_nosuch, "
	    "explored: a/bee}",
	    52, "manifest.unknown-function", "no function \"viomb_nosuch\"");
	ck_assert(!has_guess);
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: a/bee, fix: no.patch}",
	    67, "manifest.file", "no.patch");
	assert_said("  - {id: one, title: t, rules: [log.quiet], explored: a/bee, finding: no.md}",
	    71, "manifest.file", "no.md");
	/* Another text of the driver may have the others. */
	manifest = manifest_of(HEAD "known_defects:\n  - {id: one, title: t, rules: [log.quiet], "
	    "where: [x_inflate, thread], scenarios: [\"a/*\", c/dee]}\n");
	ck_assert_ptr_nonnull(manifest);
	manifest_free(manifest);
	names = NULL;
}
END_TEST

Suite *
run_manifest_suite(void)
{
	Suite *s = suite_create("run_manifest");
	TCase *tc = tcase_create("manifest");

	tcase_add_test(tc, defects_explain_where_they_say);
	tcase_add_test(tc, defects_are_recognised_elsewhere);
	tcase_add_test(tc, defects_are_known_anywhere);
	tcase_add_test(tc, bad_manifests_are_refused);
	tcase_add_test(tc, errors_stand_at_the_item);
	tcase_add_test(tc, names_are_looked_up);
	suite_add_tcase(s, tc);
	return s;
}
