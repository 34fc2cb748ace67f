/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/run/source.
 *
 * The driver calls its "kernel" with the line of the call as argument; the
 * kernel looks its own return address up and compares.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/module.h"
#include "run/source.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

int	test_source_here(unsigned line, const char *function);
int	test_source_names(const void *counter);

static const char driver_text[] =
    "#define HERE(f) test_source_here(__LINE__, f)\n"
    "extern int test_source_here(unsigned, const char *);\n"
    "#include \"inline.h\"\n"
    "static inline int inner(int n)\n"
    "{\n"
    "	return HERE(\"inner\") + n;\n"
    "}\n"
    "static inline int outer(int n)\n"
    "{\n"
    "	n = inner(n) + HERE(\"outer\");\n"
    "	return n + from_header(__LINE__, \"outer\");\n"
    "}\n"
    "static __attribute__((noinline)) int\n"
    "apart(int n)\n"
    "{\n"
    "	if (n > 100000)\n"
    "		return 0;\n"
    "	return HERE(\"apart\") +\n"
    "	    n;\n"
    "}\n"
    "int step(int n);\n"
    "int step(int n)\n"
    "{\n"
    "	n = HERE(\"step\");\n"
    "	n += outer(n) + apart(n);\n"
    "	return HERE(\"step\") + n;\n"
    "}\n"
    "extern int test_source_names(const void *);\n"
    "struct soft { short first, next; unsigned many[4]; struct { char x, y; } in;\n"
    "	int bits : 3; };\n"
    "static int counter;\n"
    "int names(struct soft *sc);\n"
    "int names(struct soft *sc)\n"
    "{\n"
    "	return test_source_names(&counter) + (sc == 0) + counter++;\n"
    "}\n";

/* At -O0 it is not inlined, and then the position is its own. */
static const char header_text[] =
    "static inline __attribute__((always_inline)) int\n"
    "from_header(unsigned line, const char *function)\n"
    "{\n"
    "	return test_source_here(line, function);\n"
    "}\n";

static struct module *module;
static unsigned calls;

int
test_source_here(unsigned line, const char *function)
{
	uintptr_t from = (uintptr_t)__builtin_return_address(0);
	struct source_pos pos = { .line = 0 };

	ck_assert(module_contains(module, from));
	for (int i = 0; i < 2; i++) {
		ck_assert(source_lookup(module_source(module),
		    from - module_base(module), &pos));
		ck_assert_str_eq(pos.function, function);
		ck_assert_str_eq(pos.file, "driver.c");
		ck_assert_uint_eq(pos.line, line);
	}
	calls++;
	return 0;
}

static void
setup(void)
{
	build_begin();
	build_write("inline.h", header_text);
}

static void
make_driver(const char *cc, const char *flags)
{
	char env[32];

	snprintf(env, sizeof(env), "CC=%s", cc);
	build_write("driver.c", driver_text);
	ck_assert_int_eq(build_run(env, "driver", flags), 0);
}

#define SOFT_BYTES 24

static const struct {
	uint64_t object, offset, size;
	const char *name;		/* NULL: none is known */
} names[] = {
	{ SOFT_BYTES, 0, 2, "sc->first" }, { SOFT_BYTES, 8, 4, "sc->many[1]" },
	{ SOFT_BYTES, 1, 2, "sc" }, { SOFT_BYTES, 0, 4, "sc" }, { SOFT_BYTES, 22, 1, "sc->bits" },
	{ SOFT_BYTES, 9, 1, "sc->many[1]" }, { SOFT_BYTES, 21, 1, "sc->in.y" },
	{ SOFT_BYTES, 4, 16, "sc->many" }, { 4096, 0, 4, NULL }, { SOFT_BYTES, 20, 8, NULL },
};

int
test_source_names(const void *counter)
{
	uintptr_t from = (uintptr_t)__builtin_return_address(0) - module_base(module);
	char name[40];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool known = source_name(module_source(module), from, names[i].object,
		    names[i].offset, names[i].size, name, sizeof(name));

		ck_assert_int_eq(known, names[i].name != NULL);
		if (known)
			ck_assert_str_eq(name, names[i].name);
	}
	ck_assert(source_name(module_source(module), from, 0,
	    (uintptr_t)counter - module_base(module), 4, name, sizeof(name)));
	ck_assert_str_eq(name, "counter");
	return 0;
}

static void
check_positions(const char *cc, const char *flags)
{
	int (*ask)(void *);
	void *symbol;

	make_driver(cc, flags);
	module = build_open("driver.so");
	symbol = module_symbol(module, "names");
	memcpy(&ask, &symbol, sizeof(ask));
	ask(NULL);
	calls = 0;
	step_of(module)(1);
	ck_assert_uint_eq(calls, 6);
	module_close(module);
}

/* The compilers that are installed; cc always is. */
static bool
has_compiler(const char *cc)
{
	char command[80];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", cc);
	return system(command) == 0;
}

static const struct {
	const char	*cc;
	const char	*flags;
} builds[] = {
	{ "cc", "-O0" },
	{ "cc", "-O2" },
	{ "cc", "-O0 --coverage" },
	{ "gcc", "-O2" },
	{ "clang", "-O0" },
	{ "clang", "-O2" },
};

TEST_EACH(every_call_has_its_line, builds)
{
	if (has_compiler(builds[_i].cc))
		check_positions(builds[_i].cc, builds[_i].flags);
}

static struct source *
positions_of(const char *name)
{
	size_t size;
	const char *bytes = build_bytes(name, &size);

	return source_new(bytes, size);
}

/* It is the text that was compiled, whatever becomes of the file. */
TEST(text_is_in_the_module)
{
	static const char unended[] = "int other(void);\nint\n\nother(void) { return 1; }";
	size_t length;
	const char *text;
	struct source *s;

	build_write("driver.c", driver_text);
	build_write("oth\"er.c", unended);
	ck_assert_int_eq(build_run("CC=cc", "driver", "'oth\"er.c'"), 0);
	build_write("driver.c", "");
	s = positions_of("driver.so");
	text = source_text_all(s, "driver.c", &length);
	ck_assert_uint_eq(length, strlen(driver_text));
	ck_assert_str_eq(text, driver_text);
	text = source_text(s, "driver.c", 5, &length);
	ck_assert_uint_eq(length, 1);
	ck_assert_int_eq(*text, '{');
	text = source_text(s, "oth\"er.c", 4, &length);
	ck_assert_uint_eq(length, strlen("other(void) { return 1; }"));
	ck_assert_ptr_nonnull(source_text(s, "oth\"er.c", 3, &length));
	ck_assert_uint_eq(length, 0);
	ck_assert_ptr_null(source_text(s, "oth\"er.c", 0, &length));
	ck_assert_ptr_null(source_text(s, "oth\"er.c", 5, &length));
	ck_assert_ptr_null(source_text(s, "driver", 1, &length));
	ck_assert_str_eq(source_text_file(s, 0), "driver.c");
	ck_assert_str_eq(source_text_file(s, 1), "oth\"er.c");
	ck_assert_ptr_null(source_text_file(s, 2));
	ck_assert_ptr_null(source_text(s, "driver.c", 5000, &length));
	source_free(s);
	s = source_new("no module", 9);
	ck_assert_ptr_null(source_text(s, "driver.c", 1, &length));
	source_free(s);
}

TEST(unknown_offset_has_no_position)
{
	struct source_pos pos = { .line = 4711 };
	struct source *s;

	make_driver("cc", "-O2");
	s = positions_of("driver.so");
	for (int i = 0; i < 2; i++) {
		ck_assert(!source_lookup(s, 0, &pos));
		ck_assert(!source_lookup(s, 1, &pos));
		ck_assert(!source_lookup(s, UINT64_MAX, &pos));
		ck_assert(!source_lookup(s, 1u << 30, &pos));
	}
	ck_assert_uint_eq(pos.line, 4711);
	source_free(s);
}

TEST(file_without_positions_is_no_error)
{
	struct source_pos pos;
	struct source *s;

	s = positions_of("nothing.so");
	ck_assert(!source_lookup(s, 0x1000, &pos));
	source_free(s);
	s = positions_of("inline.h");
	ck_assert(!source_lookup(s, 0x1000, &pos));
	source_free(s);
	source_free(NULL);
}

/* Enough different offsets to make the memory of answers grow. */
TEST(many_offsets_are_remembered)
{
	struct source_pos pos;
	struct source *s;
	unsigned known = 0, again = 0;

	make_driver("cc", "-O2");
	s = positions_of("driver.so");
	for (uint64_t offset = 1; offset < 20000; offset++)
		known += source_lookup(s, offset, &pos);
	for (uint64_t offset = 1; offset < 20000; offset++)
		again += source_lookup(s, offset, &pos);
	ck_assert_uint_gt(known, 50);
	ck_assert_uint_eq(known, again);
	source_free(s);
}

SUITE(run_source, .setup = setup, .teardown = build_end, .timeout = 30, .reads = VIOSIM_CC)
