/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/member: bytes of a driver's state, by their names.
 */
#include <string.h>

#include "run/member.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

static const char driver[] =
    "struct inner { int first; void *second; };\n"
    "struct other { char bytes[56]; };\n"
    "struct t_softc {\n"
    "	int number;\n"			/* 0 */
    "	char a, b;\n"			/* 4 */
    "	short c;\n"			/* 6 */
    "	struct inner in;\n"		/* 8, 16 */
    "	int array[4];\n"		/* 24 */
    "	union { int x; long y; } either;\n"	/* 40 */
    "	int bits : 3;\n"		/* 48 */
    "};\n"
    "struct other t_other;\n"
    "struct t_softc t_state;\n";

static struct build_folder folder;

static const struct {
	size_t offset, size;
	const char *name;		/* NULL: none */
} bytes[] = {
	{ 0, 4, "number" }, { 0, 8, NULL }, { 4, 1, "a" }, { 4, 4, NULL }, { 5, 1, "b" },
	{ 6, 2, "c" }, { 8, 4, "in.first" }, { 12, 4, "in" }, { 16, 8, "in.second" },
	{ 20, 4, "in.second" }, { 8, 16, "in" }, { 24, 4, "array" }, { 36, 4, "array" },
	{ 40, 4, "either" }, { 48, 4, NULL }, { 52, 4, NULL }, { 5000, 4, NULL },
};

TEST(bytes_have_names)
{
	char name[64];

	build_folder_make(&folder);
	build_module(&folder, "t", driver, "");
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		bool found = member_name(build_path(&folder, "t.so"), 56, bytes[i].offset,
		    bytes[i].size, name, sizeof(name));

		ck_assert_msg(found == (bytes[i].name != NULL), "%zu", bytes[i].offset);
		if (found)
			ck_assert_str_eq(name, bytes[i].name);
	}
	/* No state of that size; no such file; no room. */
	ck_assert(!member_name(build_path(&folder, "t.so"), 60, 0, 4, name, sizeof(name)));
	ck_assert(!member_name("/nowhere/t.so", 56, 0, 4, name, sizeof(name)));
	ck_assert(!member_name(build_path(&folder, "t.so"), 56, 0, 4, name, 3));
	build_folder_remove(&folder);
}

SUITE(run_member_suite, "run_member")
