/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/cli/cli.c: which manifest a driver has.
 */
#include <stdio.h>
#include <unistd.h>

#include <sys/stat.h>

#include "cli/cli.h"
#include "tests/run/build_module.h"
#include "tests/stderr.h"
#include "tests/suite.h"

#define MANIFEST(name) "driver: " name "\nsource: d.c\napi: netbsd-2022\ndevice: balloon\n"

static struct module *module;

/* A driver called viomb, as the one whose manifest lies in driver/, in a file of another name. */
static void
setup(void)
{
	build_begin();
	build_module("mine", "struct cfattach { int x; } viomb_ca = { 1 };\n", "");
	module = cli_module_open(build_path("mine.so"));
	ck_assert_ptr_nonnull(module);
}

static void
teardown(void)
{
	module_close(module);
	build_end();
}

/* The driver that the manifest is of; "" for none. */
static const char *
manifest_is_of(const char *path, bool expect_bad)
{
	static char name[64];
	bool bad;
	struct manifest *manifest = cli_manifest_open(path, module, &bad);

	ck_assert(bad == expect_bad);
	snprintf(name, sizeof(name), "%s", manifest == NULL ? "" : manifest->driver);
	manifest_free(manifest);
	return name;
}

TEST(manifest_beside_the_module_goes_first)
{
	struct manifest *hints;

	if (access("driver/viomb.yaml", R_OK) == 0)
		ck_assert_str_eq(manifest_is_of(NULL, false), "viomb");
	build_write("viomb.yaml", MANIFEST("other"));
	ck_assert_str_ne(manifest_is_of(NULL, false), "other");
	build_write("mine.yaml", MANIFEST("mine"));
	ck_assert_str_eq(manifest_is_of(NULL, false), "mine");
	hints = cli_manifest_hints(module);
	ck_assert_ptr_nonnull(hints);
	ck_assert_str_eq(hints->driver, "mine");
	manifest_free(hints);
	ck_assert_str_eq(manifest_is_of(build_path("viomb.yaml"), false), "other");
}

/* Hints are the same from wherever viosim is started. */
TEST(hints_do_not_depend_on_the_folder)
{
	struct manifest *hints = cli_manifest_hints(module);
	HEAP(top) = getcwd(NULL, 0);

	ck_assert_ptr_null(hints);	/* not from driver/ here: the module lies elsewhere */
	ck_assert_int_eq(mkdir(build_path("driver"), 0700), 0);
	build_write("driver/viomb.yaml", MANIFEST("its-tree"));
	for (int i = 0; i < 2; i++) {
		hints = cli_manifest_hints(module);
		ck_assert_ptr_nonnull(hints);
		ck_assert_str_eq(hints->driver, "its-tree");
		manifest_free(hints);
		ck_assert_str_eq(manifest_is_of(NULL, false), "its-tree");
		ck_assert_int_eq(chdir("/"), 0);
	}
	ck_assert_int_eq(chdir(top), 0);
}

TEST(manifest_that_is_bad_is_not_passed_over)
{
	build_write("mine.yaml", "nonsense: 1\n");
	stderr_keep();
	ck_assert_str_eq(manifest_is_of(NULL, true), "");
	stderr_kept_has("mine.yaml:1:1: error: ");
	stderr_keep();
	ck_assert_str_eq(manifest_is_of(build_path("nothing.yaml"), true), "");
	stderr_kept_has("nothing.yaml");
}

SUITE(cli_driver, .setup = setup, .teardown = teardown, .timeout = 30,
    .reads = VIOSIM_CC " " DRIVER)
