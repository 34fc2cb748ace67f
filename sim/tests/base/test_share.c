/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/base/share: which of several files it is.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include "base/share.h"
#include "tests/suite.h"

static struct suite_folder folder;
static char search_path[128];

/* Two folders of VIOSIM_PATH, below the current one. */
static void
setup(void)
{
	folder = suite_folder_new();
	ck_assert_int_eq(chdir(folder.path), 0);
	mkdir("a", 0700);
	mkdir("b", 0700);
	/* Empty parts mean nothing, not the current folder. */
	snprintf(search_path, sizeof(search_path), ":%s/none::%s/a:%s/b:", folder.path,
	    folder.path, folder.path);
	ck_assert_int_eq(setenv("VIOSIM_PATH", search_path, 1), 0);
}

static void
teardown(void)
{
	unsetenv("VIOSIM_PATH");
	suite_remove(&folder);
}

static void
assert_is(char *found, const char *wanted)
{
	char full[64];

	snprintf(full, sizeof(full), "%s/%s", folder.path, wanted);
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found, wanted[0] == 'a' || wanted[0] == 'b' ? full : wanted);
	free(found);
}

TEST(first_of_the_search_path)
{
	suite_write("b/piece", "x");
	assert_is(share_installed("piece"), "b/piece");
	suite_write("a/piece", "x");
	assert_is(share_installed("piece"), "a/piece");
}

TEST(own_before_ours)
{
	suite_write("a/piece", "x");
	assert_is(share_path("piece"), "a/piece");
	suite_write("piece", "x");
	assert_is(share_path("piece"), "piece");
	assert_is(share_installed("piece"), "a/piece");
}

TEST(no_such_file)
{
	HEAP(searched) = share_searched("piece");
	HEAP(modules) = share_searched("piece.so");

	ck_assert_ptr_null(share_path("no-such-piece"));
	ck_assert_ptr_null(share_path(""));
	ck_assert_ptr_null(share_path("/etc/passwd"));
	ck_assert_ptr_null(share_installed("/etc/passwd"));
	ck_assert_ptr_eq(strstr(searched, folder.path), searched);
	HAS(searched, "/none, ", "/a, ", "/b, ", "/share/viosim and ");
	HAS(modules, "/lib/viosim");
}

/* The program is in build/tests, the module in the folder above. */
TEST(above_the_program)
{
	HEAP(module) = share_installed("viomb.so");

	ck_assert_ptr_nonnull(module);
	ck_assert_int_eq(access(module, R_OK), 0);
	suite_write("b/viomb.so", "x");
	assert_is(share_installed("viomb.so"), "b/viomb.so");
}

SUITE(base_share, .setup = setup, .teardown = teardown, .reads = DRIVER)
