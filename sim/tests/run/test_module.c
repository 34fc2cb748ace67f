/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/module: what is loaded, and what is refused.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run/module.h"
#include "run/module_file.h"
#include "run/source.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

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

static void
setup_modules(void)
{
	build_begin();
	build_module("driver", driver_text, "-O2");
	build_module("lacking", lacking_text, "-O2");
	build_module("libc", libc_text, "-O0");
	/* By gcc, because the test reads the counts with gcc's gcov. */
	build_write("counted.c", driver_text);
	ck_assert_int_eq(build_run("CC=gcc", "counted",
	    "-O0 --coverage"), 0);
}

typedef int	*where_fn(void);

static int *
counter_of(const struct module *m)
{
	void *symbol = module_symbol(m, "where");
	where_fn *fn;

	ck_assert_ptr_nonnull(symbol);
	memcpy(&fn, &symbol, sizeof(fn));
	return fn();
}

TEST(driver_calls_the_kernel)
{
	OPENED(m) = build_open("driver.so");

	ck_assert_int_eq(step_of(m)(0), 8 * 1000 + 8 + 100 + 5);
	ck_assert_str_eq(module_path(m), build_path("driver.so"));
}

TEST(attachments_are_found_by_name)
{
	OPENED(m) = build_open("driver.so");
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
}

/* Plain, and a build that counts what is covered. */
static const char *const resets[] = { "driver.so", "counted.so" };

TEST_EACH(reset_restores_every_variable, resets)
{
	OPENED(m) = build_open(resets[_i]);
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
}

TEST(reset_keeps_coverage_counts)
{
	struct module *m;

	/* Another test's counts would be added to. */
	unlink(build_path("counted.gcda"));
	m = build_open("counted.so");
	for (int i = 0; i < 3; i++) {
		step_of(m)(0);
		module_reset(m);
	}
	module_close(m);	/* writes counted.gcda */
	ck_assert_int_eq(build_shell("gcov -t -o . counted.gcda 2>/dev/null | "
	    "grep -q '^ *3: *14:'"), 0);
}

TEST(addresses_are_told_apart)
{
	OPENED(m) = build_open("driver.so");
	uintptr_t code = (uintptr_t)step_of(m);
	uintptr_t counter = (uintptr_t)counter_of(m);

	ck_assert(module_contains(m, code));
	ck_assert(module_contains(m, counter));
	ck_assert(module_contains(m, module_base(m)));
	ck_assert(!module_contains(m, module_base(m) - 1));
	ck_assert(!module_contains(m, (uintptr_t)&build_folder));
	ck_assert(!module_contains(m, (uintptr_t)test_kernel_number));
	ck_assert(!module_contains(m, 0));

	ck_assert(module_data_contains(m, counter));
	ck_assert(!module_data_contains(m, code));
	ck_assert(module_data_contains(m,
	    (uintptr_t)module_attachment_find(m, "one")->cfattach));
}

TEST(data_extents_hold_the_variables_only)
{
	OPENED(m) = build_open("driver.so");
	uintptr_t low, high;
	size_t size = 0;

	module_bounds(m, &low, &high);
	for (uintptr_t at = low; at < high; at++)
		size += module_data_contains(m, at);
	/* 1000 ints, a few more, where the compiler's checks are: not the loader's tables. */
	ck_assert_uint_ge(size, 4000 + 8 + 4 * 4);
	ck_assert_uint_le(size, 4000 + 512);
}

/* A module that is whole wants what the kernel does not have. */
static void
lacks(const char *name, size_t count, const char *text)
{
	struct module_error error;

	ck_assert_ptr_null(module_open(build_path(name), &error));
	ck_assert_uint_eq(error.missing_count, count);
	ck_assert_str_eq(error.text, text);
	module_error_fini(&error);
	ck_assert_ptr_null(error.text);
}

TEST(missing_functions_are_named_with_line_and_page)
{
	lacks("lacking.so", 3,
	    "lacking.c:12: the fake kernel has no function or variable lunch_time; "
	    "see sim/kern/README.md\n"
	    "lacking.c:12: the fake kernel has no function mutex_obj_lunch "
	    "(manual page mutex(9)); see sim/kern/README.md\n"
	    "lacking.c:16: the fake kernel has no function virtio_lunch "
	    "(manual page virtio(4)); see sim/kern/README.md\n");
}

TEST(functions_of_libc_are_not_of_the_kernel)
{
	lacks("libc.so", 1,
	    "libc.c:7: the fake kernel has no function getpid; see sim/kern/README.md\n");
}

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

TEST(what_is_no_module_is_refused)
{
	refused(build_path("nothing.so"), "No such file");
	refused(build_folder.path, "not a file");
	build_write("text.so", "not a module\n");
	refused(build_path("text.so"), "not a driver module");
	build_write("empty.so", "");
	refused(build_path("empty.so"), "not a driver module");
	refused("/proc/self/exe.so", "No such file");

	ck_assert_int_eq(build_shell("head -c 5000 driver.so >cut.so"), 0);
	refused(build_path("cut.so"), "damaged");
	/* The tables at the end of the file are missing, but all that is loaded is there. */
	ck_assert_int_eq(build_shell("head -c -500 driver.so >cut.so"), 0);
	refused(build_path("cut.so"), "damaged");
	ck_assert_int_eq(build_shell("mkfifo fifo.so"), 0);
	refused(build_path("fifo.so"), "not a file");
	/* A program is a shared object, too. */
	refused("/bin/sh", "cannot be loaded");
	ck_assert_int_eq(build_shell("head -c 30 driver.so >cut.so"), 0);
	refused(build_path("cut.so"), "not a driver module");
}

static void
write_module(const char *name, const char *image, size_t size)
{
	FILE *file;

	/* Another file: one that is loaded must not change. */
	unlink(build_path(name));
	file = fopen(build_path(name), "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(image, 1, size, file), size);
	fclose(file);
}

/*
 * With its checksum each flip is noticed; without (a module that was not made by viosim-cc), what
 * dies of it is.
 */
TEST_RANGE(any_flipped_bit_is_noticed, 0, 2)
{
	size_t size, step;
	char *image = build_bytes("driver.so", &size);
	const char *seal = memmem(image, size, "\nviosim-cc cksum ", 17);
	size_t sealed;

	ck_assert_ptr_nonnull(seal);
	sealed = (size_t)(seal - image);
	step = sealed / 100;
	for (size_t at = (size_t)_i; at < (_i == 0 ? size : sealed); at += at < sealed ? step : 1) {
		struct module_error error;
		struct module *m;
		char bit = (char)(1 << at % 8);

		image[at] ^= bit;
		write_module("flip.so", image, _i == 0 ? size : sealed);
		m = module_open(build_path("flip.so"), &error);
		image[at] ^= bit;
		/* One in the word before the checksum makes it a file without. */
		ck_assert(m == NULL || _i != 0 || at - sealed < 17);
		if (m == NULL)
			HAS(error.text, "flip.so: ");
		if (m == NULL)
			module_error_fini(&error);
		module_close(m);
	}
}

TEST(what_dies_on_loading_is_refused)
{
	static const struct { const char *text, *reason; } modules[] = {
		{ "__attribute__((constructor)) static void f(void) { *(volatile int *)8 = 0; }\n",
		    "dies of signal 11" },
		{ "extern _Noreturn void _exit(int);\n"
		    "__attribute__((constructor)) static void f(void) { __builtin_trap(); }\n",
		    "dies of signal" },
	};

	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		build_module("dies", modules[i].text, "");
		refused(build_path("dies.so"), modules[i].reason);
	}
}

/* What has been loaded goes on as it was, whatever becomes of the file. */
TEST(file_may_be_replaced_after_loading)
{
	struct source_pos pos;
	size_t size;
	char *image = build_bytes("driver.so", &size);
	struct module *m;
	FILE *file;

	write_module("copy.so", image, size);
	m = build_open("copy.so");
	file = fopen(build_path("copy.so"), "wb");	/* in place: cut to nothing */
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(step_of(m)(0), 8 * 1000 + 8 + 100 + 5);
	ck_assert(source_lookup(module_source(m),
	    (uintptr_t)step_of(m) - module_base(m) + 1, &pos));
	ck_assert_str_eq(pos.function, "step");
	module_close(m);
}

TEST(slips_are_told_from_what_is_missing)
{
	build_module("slip", "extern int mutex_entr(int), callout_halt(int);\n"
	    "int step(int);\n"
	    "int step(int n) { return mutex_entr(n) + callout_halt(n); }\n", "");
	lacks("slip.so", 2,
	    "slip.c:3: the fake kernel has no function callout_halt "
	    "(manual page callout(9)); see sim/kern/README.md\n"
	    "slip.c:3: the fake kernel has no function mutex_entr; did you mean "
	    "\"mutex_enter\"?\n");
}

TEST(manual_pages_exist_or_are_not_named)
{
	static const struct { const char *name, *page; bool is_certain; } rows[] = {
		{ "virtio_enqueue", "virtio(4)", false }, { "TAILQ_CONCAT", "queue(3)", false },
		{ "mutex_obj_alloc", "mutex(9)", false }, { "mutex_enter", "mutex(9)", true },
		{ "mutex", "mutex(9)", true }, { "kpause", "kpause(9)", true },
		{ "mute", NULL, false }, { "softint", "softintr(9)", true },
		{ "lunch", NULL, false }, { "", NULL, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_certain;
		const char *page = module_manpage(rows[i].name, &is_certain);

		ck_assert_pstr_eq(page, rows[i].page);
		ck_assert_msg(is_certain == rows[i].is_certain, "%s", rows[i].name);
	}
}

TEST(module_knows_its_source)
{
	OPENED(m) = build_open("driver.so");
	struct source_pos pos = { .line = 0 };

	ck_assert(source_lookup(module_source(m),
	    (uintptr_t)step_of(m) - module_base(m) + 1, &pos));
	ck_assert_str_eq(pos.function, "step");
	ck_assert_str_eq(pos.file, "driver.c");
	ck_assert_uint_ge(pos.line, 12);
	ck_assert_uint_le(pos.line, 14);
	ck_assert_ptr_eq(module_source(m), module_source(m));
}

/* A text with an id in it, which __KERNEL_RCSID() did not make one of the module. */
TEST(module_has_its_text)
{
	struct module_texts texts;
	char *why, tool[512];

	build_tool(tool, sizeof(tool));
	build_write("other.c", "/* $NetBSD: other.c,v 1.1 $ */\n"
	    "int twice(int n) { return 2 * n; }\n");
	ck_assert_int_eq(build_shell("cp driver.c first.c && '%s' --diag first.c other.c "
	    "-o texts.so", tool), 0);
	ck_assert(module_texts_read(build_path("texts.so"), &texts, &why));
	ck_assert_uint_eq(texts.count, 2);
	ck_assert_str_eq(texts.item[0].name, "first.c");
	ck_assert_str_eq(texts.item[0].text, driver_text);
	ck_assert_str_eq(texts.item[1].name, "other.c");
	HAS(texts.item[1].text, "return 2 * n");
	free(why);
	module_texts_fini(&texts);
	{
		OPENED(m) = build_open("texts.so");

		ck_assert_ptr_null(module_rcsid(m));
		ck_assert_str_eq(module_era(m), "netbsd-2022");
		ck_assert(module_hash(m) != 0);
	}
	ck_assert(!module_texts_read(build_path("driver.c"), &texts, &why));
	HAS(why, "driver.c: ");
	free(why);
}

SUITE(run_module, .setup = setup_modules, .teardown = build_end, .timeout = 30,
    .reads = VIOSIM_CC)
