/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of `viosim check`: formats, and repairs in the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "cli/cli.h"
#include "tests/cli/said.h"
#include "tests/suite.h"

static char path[] = "/tmp/viosim-check.XXXXXX.yaml";

static void
write_file(const char *text)
{
	FILE *f;

	strcpy(path, "/tmp/viosim-check.XXXXXX.yaml");
	f = fdopen(mkstemps(path, 5), "w");
	ck_assert_ptr_nonnull(f);
	fprintf(f, "format: 1\nscenario: %.*s\nsummary: s\n%s",
	    (int)strlen("viosim-check.XXXXXX"), path + strlen("/tmp/"), text);
	fclose(f);
}

static struct said
check(const char *options)
{
	char line[200];

	snprintf(line, sizeof(line), "check%s %s", options, path);
	return said(line);
}

static void
assert_file_has(const char *text)
{
	char all[1000] = "";
	FILE *f = fopen(path, "r");

	ck_assert_uint_lt(fread(all, 1, sizeof(all) - 1, f), sizeof(all) - 1);
	fclose(f);
	HAS(all, text);
}

TEST(formats_go_to_standard_output)
{
	struct said it;

	write_file("steps:\n  - target: 5\n    targt: 3\n");
	it = check("");
	ck_assert(it.code == CLI_USAGE && it.out[0] == '\0');
	HAS(it.err, "6:5: error: unknown verb", "    ^~~~~");
	it = check(" --format gcc");
	ck_assert(it.code == CLI_USAGE && it.err[0] == '\0');
	HAS(it.out, "yaml:6:5: error: unknown verb or key \"targt\"");
	LACKS(it.out, "^");
	HAS(check(" --format github").out, "yaml,line=6,col=5,endColumn=10,title=scenario.");
	HAS(check(" --format json").out, "\"line\": 6");
	HAS(check(" --format sarif").out, "\"startLine\": 6");
	unlink(path);
}

TEST(a_file_without_errors)
{
	struct said it;

	write_file("steps:\n  - target: 5\n");
	it = check("");
	ck_assert_msg(it.code == CLI_OK, "%s", it.err);
	HAS(it.out, "1 scenario file OK (4 cases)");
	it = check(" --format github");
	ck_assert(it.code == CLI_OK && it.out[0] == '\0' && it.err[0] == '\0');
	it = check(" --fix");
	ck_assert(it.code == CLI_OK && it.err[0] == '\0');
	unlink(path);
}

TEST(repairs_are_written_and_told)
{
	struct stat st;
	struct said it;

	write_file("# why\nsteps:\n  - targt: 5   # pages\n  - note: a: b\n");
	ck_assert_int_eq(chmod(path, 0640), 0);
	it = check(" --fix");
	ck_assert_msg(it.code == CLI_OK, "%s", it.err);
	HAS(it.err, ":6:5: repaired: \"targt\" is now \"target\"",
	    ":7:11: repaired: \"a: b\" is now \"\"a: b\"\"");
	assert_file_has("# why\nsteps:\n  - target: 5   # pages\n  - note: \"a: b\"\n");
	ck_assert(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
	unlink(path);
}

TEST(what_stays_wrong_is_reported_once)
{
	struct said it;

	write_file("steps:\n  - targt: 5\n  - heal: x\n");
	it = check(" --fix");
	ck_assert_int_eq(it.code, CLI_USAGE);
	HAS(it.err, "repaired: \"targt\"", "error: no step arms a fault with the id \"x\"");
	ck_assert_ptr_null(strstr(strstr(it.err, "error:") + 1, "error:"));
	assert_file_has("  - target: 5\n  - heal: x\n");
	unlink(path);
}

SUITE(cli_check, .reads = SCENARIOS)
