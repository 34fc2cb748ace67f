/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/module, and of sim/tools/viosim-cc which makes modules.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/module.h"
#include "run/module_file.h"
#include "run/source.h"
#include "tests/run/build_module.h"

Suite	*run_module_suite(void);

/* What the drivers below may use: the "kernel" of these tests. */
int	test_kernel_number(int);
extern int test_kernel_variable;

int test_kernel_variable = 5;

int
test_kernel_number(int x)
{
	return x + 100;
}

static const char driver_text[] =
    "struct cfattach { int size; };\n"
    "struct cfattach two_ca = { 2 };\n"
    "struct cfattach one_ca = { 1 };\n"
    "int not_ca_really = 3;\n"
    "extern int test_kernel_number(int);\n"
    "extern int test_kernel_variable;\n"
    "static int counter = 7;\n"
    "static int zeroed[1000];\n"
    "static int *pointer = &counter;\n"
    "static const char *const names[] = { \"x\", \"yz\" };\n"
    "int step(int);\n"
    "int step(int n)\n"
    "{\n"
    "	counter++;\n"
    "	zeroed[n] += counter;\n"
    "	if (*pointer == 10)\n"
    "		pointer = &zeroed[1];\n"
    "	return test_kernel_number(*pointer * 1000 + zeroed[n]) +\n"
    "	    test_kernel_variable + names[1][0] - 'y';\n"
    "}\n"
    "int *where(void);\n"
    "int *where(void)\n"
    "{\n"
    "	return &counter;\n"
    "}\n";

static const char lacking_text[] =
    "extern int mutex_obj_lunch(int);\n"
    "extern int virtio_lunch(void);\n"
    "extern int test_kernel_number(int);\n"
    "extern int lunch_time;\n"
    "extern int lunch_is_optional(void) __attribute__((weak));\n"
    "int step(int);\n"
    "int step(int n)\n"
    "{\n"
    "	if (n == 1)\n"
    "		return test_kernel_number(n);\n"
    "	if (n == 2)\n"
    "		return mutex_obj_lunch(n) + lunch_time;\n"
    "	if (lunch_is_optional)\n"
    "		return lunch_is_optional();\n"
    "	return mutex_obj_lunch(2) +\n"
    "	    virtio_lunch();\n"
    "}\n";

/* libc has these, a kernel does not. */
static const char libc_text[] =
    "extern int getpid(void);\n"
    "struct large { int a[400]; };\n"
    "void copy(struct large *, const struct large *);\n"
    "void copy(struct large *to, const struct large *from)\n"
    "{\n"
    "	*to = *from;\n"
    "	to->a[0] = getpid();\n"
    "}\n";

static struct build_folder folder;

static void
setup_modules(void)
{
	build_folder_make(&folder);
	build_module(&folder, "driver", driver_text, "-O2");
	build_module(&folder, "lacking", lacking_text, "-O2");
	build_module(&folder, "libc", libc_text, "-O0");
	/* By gcc, because the test reads the counts with gcc's gcov. */
	build_write(&folder, "counted.c", driver_text);
	ck_assert_int_eq(build_run(&folder, "CC=gcc", "counted",
	    "-O0 --coverage"), 0);
}

static void
teardown_modules(void)
{
	build_folder_remove(&folder);
}

static struct module *
open_module(const char *name)
{
	struct module_error error;
	struct module *m = module_open(build_path(&folder, name), &error);

	ck_assert_msg(m != NULL, "%s", error.text);
	ck_assert_ptr_null(error.text);
	ck_assert_uint_eq(error.missing_count, 0);
	return m;
}

typedef int	step_fn(int);
typedef int	*where_fn(void);

static step_fn *
step_of(const struct module *m)
{
	void *symbol = module_symbol(m, "step");
	step_fn *fn;

	ck_assert_ptr_nonnull(symbol);
	memcpy(&fn, &symbol, sizeof(fn));
	return fn;
}

static int *
counter_of(const struct module *m)
{
	void *symbol = module_symbol(m, "where");
	where_fn *fn;

	ck_assert_ptr_nonnull(symbol);
	memcpy(&fn, &symbol, sizeof(fn));
	return fn();
}

START_TEST(driver_calls_the_kernel)
{
	struct module *m = open_module("driver.so");

	ck_assert_int_eq(step_of(m)(0), 8 * 1000 + 8 + 100 + 5);
	ck_assert_str_eq(module_name(m), "driver");
	ck_assert_str_eq(module_path(m), build_path(&folder, "driver.so"));
	module_close(m);
}
END_TEST

START_TEST(attachments_are_found_by_name)
{
	struct module *m = open_module("driver.so");
	const struct module_attachment *one, *two;
	uintptr_t first, second;

	ck_assert_uint_eq(module_attachment_count(m), 2);
	one = module_attachment_find(m, "one");
	two = module_attachment_find(m, "two");
	ck_assert_ptr_nonnull(one);
	ck_assert_ptr_nonnull(two);
	ck_assert_int_eq(*(int *)one->cfattach, 1);
	ck_assert_int_eq(*(int *)two->cfattach, 2);
	ck_assert_ptr_null(module_attachment_find(m, "not"));
	first = (uintptr_t)module_attachment(m, 0)->cfattach;
	second = (uintptr_t)module_attachment(m, 1)->cfattach;
	ck_assert_uint_lt(first, second);
	module_close(m);
}
END_TEST

static void
check_reset(const char *name)
{
	struct module *m = open_module(name);
	step_fn *step = step_of(m);
	int first[6];

	for (int i = 0; i < 6; i++)
		first[i] = step(i % 3);
	for (int round = 0; round < 3; round++) {
		module_reset(m);
		ck_assert_int_eq(*counter_of(m), 7);
		for (int i = 0; i < 6; i++)
			ck_assert_int_eq(step(i % 3), first[i]);
	}
	module_close(m);
}

START_TEST(reset_restores_every_variable)
{
	check_reset("driver.so");
}
END_TEST

START_TEST(reset_restores_a_coverage_build)
{
	check_reset("counted.so");
}
END_TEST

START_TEST(reset_keeps_coverage_counts)
{
	char command[300];
	struct module *m;

	/* Another test's counts would be added to. */
	unlink(build_path(&folder, "counted.gcda"));
	m = open_module("counted.so");
	for (int i = 0; i < 3; i++) {
		step_of(m)(0);
		module_reset(m);
	}
	module_close(m);	/* writes counted.gcda */
	snprintf(command, sizeof(command),
	    "cd %s && gcov -t -o . counted.gcda 2>/dev/null |"
	    " grep -q '^ *3: *14:'", folder.path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(addresses_are_told_apart)
{
	struct module *m = open_module("driver.so");
	uintptr_t code = (uintptr_t)step_of(m);
	uintptr_t counter = (uintptr_t)counter_of(m);

	ck_assert(module_contains(m, code));
	ck_assert(module_contains(m, counter));
	ck_assert(module_contains(m, module_base(m)));
	ck_assert(!module_contains(m, module_base(m) - 1));
	ck_assert(!module_contains(m, (uintptr_t)&folder));
	ck_assert(!module_contains(m, (uintptr_t)test_kernel_number));
	ck_assert(!module_contains(m, 0));
	ck_assert_uint_eq(module_base(m) + module_offset(m, code), code);

	ck_assert(module_data_contains(m, counter));
	ck_assert(!module_data_contains(m, code));
	ck_assert(module_data_contains(m,
	    (uintptr_t)module_attachment_find(m, "one")->cfattach));
	module_close(m);
}
END_TEST

START_TEST(data_extents_hold_the_variables_only)
{
	struct module *m = open_module("driver.so");
	size_t size = 0;

	for (size_t i = 0; i < module_data_extent_count(m); i++) {
		struct module_extent e = module_data_extent(m, i);

		ck_assert(module_contains(m, e.start));
		ck_assert(module_contains(m, e.start + e.size - 1));
		size += e.size;
	}
	/* 1000 ints, a few more, where the compiler's checks are: not the loader's tables. */
	ck_assert_uint_ge(size, 4000 + 8 + 4 * 4);
	ck_assert_uint_le(size, 4000 + 512);
	module_close(m);
}
END_TEST

START_TEST(missing_functions_are_named_with_line_and_page)
{
	struct module_error error;

	ck_assert_ptr_null(module_open(build_path(&folder, "lacking.so"),
	    &error));
	ck_assert_uint_eq(error.missing_count, 3);
	ck_assert_str_eq(error.text,
	    "lacking.c:12: the shim has no function or variable lunch_time "
	    "(manual page lunch_time(9)); see sim/kern/README.md\n"
	    "lacking.c:12: the shim has no function mutex_obj_lunch "
	    "(manual page mutex_obj_lunch(9)); see sim/kern/README.md\n"
	    "lacking.c:16: the shim has no function virtio_lunch "
	    "(manual page virtio(4)); see sim/kern/README.md\n");
	module_error_fini(&error);
	ck_assert_ptr_null(error.text);
}
END_TEST

START_TEST(functions_of_libc_are_not_of_the_kernel)
{
	struct module_error error;

	ck_assert_ptr_null(module_open(build_path(&folder, "libc.so"),
	    &error));
	ck_assert_str_eq(error.text,
	    "libc.c:7: the shim has no function getpid "
	    "(manual page getpid(9)); see sim/kern/README.md\n");
	module_error_fini(&error);
}
END_TEST

static void
refused(const char *path, const char *reason)
{
	struct module_error error;

	ck_assert_ptr_null(module_open(path, &error));
	ck_assert_uint_eq(error.missing_count, 0);
	ck_assert_msg(strncmp(error.text, path, strlen(path)) == 0,
	    "%s", error.text);
	ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
	ck_assert_int_eq(error.text[strlen(error.text) - 1], '\n');
	module_error_fini(&error);
}

START_TEST(what_is_no_module_is_refused)
{
	char command[300];

	refused(build_path(&folder, "nothing.so"), "No such file");
	refused(folder.path, "not a file");
	build_write(&folder, "text.so", "not a module\n");
	refused(build_path(&folder, "text.so"), "not a driver module");
	build_write(&folder, "empty.so", "");
	refused(build_path(&folder, "empty.so"), "not a driver module");
	refused("/proc/self/exe.so", "No such file");

	snprintf(command, sizeof(command), "head -c 5000 %s/driver.so "
	    ">%s/cut.so", folder.path, folder.path);
	ck_assert_int_eq(system(command), 0);
	refused(build_path(&folder, "cut.so"), "damaged");
	snprintf(command, sizeof(command), "head -c 30 %s/driver.so "
	    ">%s/cut.so", folder.path, folder.path);
	ck_assert_int_eq(system(command), 0);
	refused(build_path(&folder, "cut.so"), "not a driver module");
}
END_TEST

START_TEST(manual_pages_have_a_fallback)
{
	char page[64];

	module_manpage("virtio_enqueue", page, sizeof(page));
	ck_assert_str_eq(page, "virtio(4)");
	module_manpage("TAILQ_CONCAT", page, sizeof(page));
	ck_assert_str_eq(page, "queue(3)");
	module_manpage("mutex_obj_alloc", page, sizeof(page));
	ck_assert_str_eq(page, "mutex_obj_alloc(9)");
}
END_TEST

START_TEST(module_knows_its_source)
{
	struct module *m = open_module("driver.so");
	struct source_pos pos = { .line = 0 };

	ck_assert(source_lookup(module_source(m),
	    module_offset(m, (uintptr_t)step_of(m)) + 1, &pos));
	ck_assert_str_eq(pos.function, "step");
	ck_assert_str_eq(pos.file, "driver.c");
	ck_assert_uint_ge(pos.line, 12);
	ck_assert_uint_le(pos.line, 14);
	ck_assert_ptr_eq(module_source(m), module_source(m));
	module_close(m);
}
END_TEST

static void
setup_compiler(void)
{
	build_folder_make(&folder);
}

START_TEST(compiler_names_each_missing_header)
{
	build_write(&folder, "x.c",
	    "#include <sys/lunch.h>\n#include <stdio.h>\nint x;\n");
	ck_assert_int_eq(build_run(&folder, "", "x", ""), 2);
	ck_assert_str_eq(build_read(&folder, "x.err"),
	    "x.c:1: the shim has no header <sys/lunch.h> "
	    "(manual page lunch(9)); see sim/kern/README.md\n"
	    "x.c:2: the shim has no header <stdio.h> "
	    "(manual page stdio(9)); see sim/kern/README.md\n");
	ck_assert_int_eq(access(build_path(&folder, "x.so.log"), R_OK), 0);
	ck_assert_int_ne(access(build_path(&folder, "x.so"), F_OK), 0);
}
END_TEST

START_TEST(compiler_names_each_missing_kind_once)
{
	build_write(&folder, "x.c",
	    "struct softc { struct lunch sc_lunch; int sc_a; };\n"
	    "LUNCH_DECL(x, y, \"z\");\n"
	    "static klunch_t k;\n"
	    "int f(struct softc *sc);\n"
	    "int f(struct softc *sc)\n"
	    "{\n"
	    "	mutex_obj_alloc(1);\n"
	    "	mutex_obj_alloc(2);\n"
	    "	TAILQ_LUNCH(sc);\n"
	    "	return sc->sc_a + LUNCH_MAX + k;\n"
	    "}\n");
	ck_assert_int_eq(build_run(&folder, "", "x", ""), 2);
	ck_assert_str_eq(build_read(&folder, "x.err"),
	    "x.c:1: the shim has no type struct lunch "
	    "(manual page lunch(9)); see sim/kern/README.md\n"
	    "x.c:2: the shim has no macro LUNCH_DECL "
	    "(manual page LUNCH_DECL(9)); see sim/kern/README.md\n"
	    "x.c:3: the shim has no type klunch_t "
	    "(manual page klunch_t(9)); see sim/kern/README.md\n"
	    "x.c:7: the shim has no function mutex_obj_alloc "
	    "(manual page mutex_obj_alloc(9)); see sim/kern/README.md\n"
	    "x.c:9: the shim has no macro TAILQ_LUNCH "
	    "(manual page queue(3)); see sim/kern/README.md\n"
	    "x.c:10: the shim has no macro LUNCH_MAX "
	    "(manual page LUNCH_MAX(9)); see sim/kern/README.md\n");
}
END_TEST

START_TEST(compiler_keeps_the_drivers_own_mistakes)
{
	build_write(&folder, "x.c", "int f(void)\n{\n\treturn 1\n}\n");
	ck_assert_int_eq(build_run(&folder, "", "x", ""), 2);
	ck_assert_ptr_nonnull(strstr(build_read(&folder, "x.err"),
	    "x.c:3: error: expected ';'"));
}
END_TEST

START_TEST(compiler_makes_the_same_file_anywhere)
{
	char command[400];

	build_module(&folder, "driver", driver_text, "-fsanitize=thread");
	snprintf(command, sizeof(command),
	    "cd %s && mkdir 'else where' && cp driver.c 'else where' &&"
	    " mv driver.so 'else where/first.so'", folder.path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(build_run(&folder,
	    "LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo CPATH=/usr/include",
	    "'else where'/driver", "-fsanitize=thread"), 0);
	snprintf(command, sizeof(command),
	    "cd %s/else* && cmp first.so driver.so", folder.path);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(compiler_replaces_nothing_but_files)
{
	char command[200];

	build_write(&folder, "x.c", "int x;\n");
	snprintf(command, sizeof(command), "mkdir %s/x.so", folder.path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(build_run(&folder, "", "x", ""), 2);
	ck_assert_str_eq(build_read(&folder, "x.err"),
	    "viosim-cc: not a file: x.so\n");
}
END_TEST

static const char diagnostic_text[] =
    "#ifdef DIAGNOSTIC\n"
    "extern int test_kernel_number(int);\n"
    "int step(int);\n"
    "int step(int n) { return test_kernel_number(n); }\n"
    "#else\n"
    "int step(int);\n"
    "int step(int n) { return -n; }\n"
    "#endif\n"
    "#ifndef _KERNEL\n"
    "#error not a kernel\n"
    "#endif\n";

START_TEST(compiler_can_leave_diagnostic_out)
{
	struct module *m;

	build_module(&folder, "with", diagnostic_text, "");
	m = open_module("with.so");
	ck_assert_int_eq(step_of(m)(1), 101);
	module_close(m);
	ck_assert_int_ne(access(build_path(&folder, "with.nodiag.so"), F_OK), 0);
	build_module(&folder, "without", diagnostic_text, "--nodiag");
	m = open_module("without.so");
	ck_assert_int_eq(step_of(m)(1), -1);
	module_close(m);
	ck_assert_int_ne(access(build_path(&folder, "without.nodiag.so"), F_OK), 0);
}
END_TEST

START_TEST(compiler_makes_a_module_and_its_twin)
{
	struct module *m;

	build_write(&folder, "two.c", diagnostic_text);
	ck_assert_int_eq(build_both(&folder, "two", ""), 0);
	m = open_module("two.so");
	ck_assert_int_eq(step_of(m)(1), 101);
	module_close(m);
	m = open_module("two.nodiag.so");
	ck_assert_int_eq(step_of(m)(1), -1);
	module_close(m);
	/* A mistake that one of them has leaves neither. */
	build_write(&folder, "two.c", "#ifndef DIAGNOSTIC\n#error no\n#endif\n");
	ck_assert_int_eq(build_both(&folder, "two", ""), 2);
	ck_assert_ptr_nonnull(strstr(build_read(&folder, "two.err"), "two.c:2: error"));
	ck_assert_int_ne(access(build_path(&folder, "two.so"), F_OK), 0);
	ck_assert_int_ne(access(build_path(&folder, "two.nodiag.so"), F_OK), 0);
}
END_TEST

START_TEST(compiler_gives_the_same_warnings_once)
{
	const char *text;

	build_write(&folder, "w.c", "int f(void);\nint f(void) { int unused; return 1; }\n");
	ck_assert_int_eq(build_both(&folder, "w", ""), 0);
	text = build_read(&folder, "w.err");
	text = strstr(text, "unused variable");
	ck_assert_ptr_nonnull(text);
	ck_assert_ptr_null(strstr(text + 1, "unused variable"));
}
END_TEST

/* Each access of the driver's text is an access: two reads of a field are not made one. */
START_TEST(compiler_does_not_optimise)
{
	static const char text[] = "int f(int *p);\n"
	    "int f(int *p) { int a = *p; if (a) a = *p; return a; }\n";
	char command[300];

	build_write(&folder, "o.c", text);
	ck_assert_int_eq(build_run(&folder, "", "o", "-fsanitize=thread"), 0);
	snprintf(command, sizeof(command), "test $(objdump -r --section=.text %s | "
	    "grep -c ' __tsan_read4') = 2", build_path(&folder, "o.so"));
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(build_run(&folder, "", "o", "-fsanitize=thread -O2"), 0);
	ck_assert_int_ne(system(command), 0);
}
END_TEST

static void
add_module_tests(Suite *s)
{
	TCase *tc = tcase_create("module");

	tcase_add_unchecked_fixture(tc, setup_modules, teardown_modules);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, driver_calls_the_kernel);
	tcase_add_test(tc, attachments_are_found_by_name);
	tcase_add_test(tc, reset_restores_every_variable);
	tcase_add_test(tc, reset_restores_a_coverage_build);
	tcase_add_test(tc, reset_keeps_coverage_counts);
	tcase_add_test(tc, addresses_are_told_apart);
	tcase_add_test(tc, data_extents_hold_the_variables_only);
	tcase_add_test(tc, missing_functions_are_named_with_line_and_page);
	tcase_add_test(tc, functions_of_libc_are_not_of_the_kernel);
	tcase_add_test(tc, what_is_no_module_is_refused);
	tcase_add_test(tc, manual_pages_have_a_fallback);
	tcase_add_test(tc, module_knows_its_source);
	suite_add_tcase(s, tc);
}

static void
add_compiler_tests(Suite *s)
{
	TCase *tc = tcase_create("viosim-cc");

	tcase_add_checked_fixture(tc, setup_compiler, teardown_modules);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, compiler_names_each_missing_header);
	tcase_add_test(tc, compiler_names_each_missing_kind_once);
	tcase_add_test(tc, compiler_keeps_the_drivers_own_mistakes);
	tcase_add_test(tc, compiler_makes_the_same_file_anywhere);
	tcase_add_test(tc, compiler_replaces_nothing_but_files);
	tcase_add_test(tc, compiler_can_leave_diagnostic_out);
	tcase_add_test(tc, compiler_makes_a_module_and_its_twin);
	tcase_add_test(tc, compiler_gives_the_same_warnings_once);
	tcase_add_test(tc, compiler_does_not_optimise);
	suite_add_tcase(s, tc);
}

Suite *
run_module_suite(void)
{
	Suite *s = suite_create("run_module");

	add_module_tests(s);
	add_compiler_tests(s);
	return s;
}
