/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of sim/tools/viosim-cc, which makes driver modules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/module.h"
#include "tests/run/build_module.h"
#include "tests/suite.h"

/* What the drivers below may use: the "kernel" of these tests. */
int	test_cc_number(int);

int
test_cc_number(int x)
{
	return x + 100;
}

static const char driver_text[] =
    "extern int test_cc_number(int);\n"
    "static int counter = 7;\n"
    "int step(int);\n"
    "int step(int n)\n"
    "{\n"
    "	counter += n;\n"
    "	return test_cc_number(counter);\n"
    "}\n";

/* What step(1) of the module is. */
static void
steps_to(const char *name, int number)
{
	OPENED(m) = build_open(name);

	ck_assert_int_eq(step_of(m)(1), number);
}

TEST(compiler_names_each_missing_header)
{
	build_write("x.c",
	    "#include <sys/lunch.h>\n#include <stdio.h>\n#include <sys/callout.h>\n"
	    "#include <sys/mutx.h>\nint x;\n");
	ck_assert_int_eq(build_run("", "x", ""), 2);
	ck_assert_str_eq(build_read("x.err"),
	    "x.c:1: the fake kernel has no header <sys/lunch.h>; see sim/kern/README.md\n"
	    "x.c:2: the fake kernel has no header <stdio.h>; see sim/kern/README.md\n"
	    "x.c:3: the fake kernel has no header <sys/callout.h> "
	    "(manual page callout(9)); see sim/kern/README.md\n"
	    "x.c:4: there is no header <sys/mutx.h>; did you mean <sys/mutex.h>?\n");
	ck_assert_int_eq(access(build_path("x.so.log"), R_OK), 0);
	ck_assert_int_ne(access(build_path("x.so"), F_OK), 0);
}

/* ---- eras ---- */

#define HEAD "#include <sys/param.h>\n#include <dev/pci/virtiovar.h>\n"
/* Line 3, and what makes it a function. */
#define ATTACH(text) HEAD "/* virtio_vq_intr(vsc);\n */ void f(struct virtio_softc *, " \
    "struct virtqueue *);\nvoid f(struct virtio_softc *vsc, struct virtqueue *vq)\n{\n" \
    text "}\n"

static const struct {
	const char *text, *said, *era;
} eras[] = {
	{ "int x;\n", "", "netbsd-2022" },
	{ ATTACH("	virtio_child_attach_finish(vsc);\n"), "", "netbsd-2022" },
	{ ATTACH("	virtio_alloc_vq(vsc, vq, 0, 4, vsc != NULL ? (1) : 2, \"a, (b\");\n"), "",
	  "netbsd-2022" },
	{ ATTACH("	virtio_alloc_vq(vsc, vq, 4, 1, \"a, (b\");\n"),
	  "e.c: for netbsd-2023 (line 7: virtio_alloc_vq with 5 arguments)\n", "netbsd-2023" },
	{ ATTACH("	virtio_child_attach_finish(vsc, vq, 1, // one, two\n	    NULL, 0);\n"),
	  "e.c: for netbsd-2023 (line 7: virtio_child_attach_finish with 5 arguments)\n",
	  "netbsd-2023" },
	{ ATTACH("	virtio_init_vq(vsc, vq, 0, 0, 0);\n"),
	  "e.c: for netbsd-2023 (line 7: virtio_init_vq)\n", "netbsd-2023" },
};

/* The calls say it, not comments and texts; the module knows it. */
TEST_EACH(the_era_is_that_of_the_calls, eras)
{
	char flags[32];

	build_write("e.c", eras[_i].text);
	ck_assert_int_eq(build_run("", "e", ""), 0);
	ck_assert_str_eq(build_read("e.err"), eras[_i].said);
	ck_assert_int_eq(build_shell("readelf -p .viosim.era e.so | grep -qw %s", eras[_i].era),
	    0);
	/* Asked for, it is not told. */
	snprintf(flags, sizeof(flags), "--era %s", eras[_i].era);
	ck_assert_int_eq(build_run("", "e", flags), 0);
	ck_assert_str_eq(build_read("e.err"), "");
}

/* One sentence in place of what the compiler says. */
TEST(a_driver_of_another_era_is_one_sentence)
{
	build_write("e.c", ATTACH("	virtio_child_attach_start(vsc, NULL, 1, vq, NULL, NULL, 0, "
	    "0, \"\");\n	virtio_child_attach_set_vqs(vsc, vq, 1);\n"
	    "	virtio_child_attach_finish(vsc);\n"));
	ck_assert_int_eq(build_run("", "e", "--era netbsd-2023"), 2);
	ck_assert_str_eq(build_read("e.err"), "e.c:7: this driver is for virtiovar.h 1.24 or "
	    "earlier: --era netbsd-2022\n");
	build_write("e.c", ATTACH("	virtio_init_vq_vqdone(vsc, vq, 0, NULL);\n"
	    "	virtio_alloc_vq(vsc, vq, 4, 1, \"a\");\n"));
	ck_assert_int_eq(build_run("", "e", "--era netbsd-2022"), 2);
	ck_assert_str_eq(build_read("e.err"), "e.c:7: this driver is for virtiovar.h 1.25 or "
	    "later: --era netbsd-2023\n");
	ck_assert_int_eq(build_run("VIOSIM_CFLAGS='--era netbsd-2022'", "e",
	    "--era netbsd-2023"), 0);
	ck_assert_int_eq(build_run("", "e", "--era netbsd-2024"), 2);
	ck_assert_str_eq(build_read("e.err"), "viosim-cc: after --era comes netbsd-2022 or "
	    "netbsd-2023, not `netbsd-2024'\n");
}

TEST(calls_of_both_eras_are_told)
{
	build_write("e.c", ATTACH("	virtio_child_attach_finish(vsc);\n"
	    "	virtio_init_vq(vsc, vq, 0, 0, 0);\n"));
	ck_assert_int_eq(build_run("", "e", ""), 2);
	ck_assert_str_eq(build_read("e.err"),
	    "e.c: for netbsd-2022 (line 7: virtio_child_attach_finish with 1 argument) or "
	    "netbsd-2023 (line 8: virtio_init_vq)?  The first is taken; --era says which\n"
	    "e.c:8: neither the driver nor the fake kernel has a function virtio_init_vq; "
	    "did you mean `virtio_free_vq`?\n");
}

/* Each source its own. */
TEST(a_module_may_have_drivers_of_both_eras)
{
	build_write("e.c", ATTACH("	virtio_init_vq(vsc, vq, 0, 0, 0);\n"
	    "	virtio_alloc_vq(vsc, vq, 4, 1, \"a\");\n"));
	build_write("o.c", HEAD "void g(struct virtio_softc *);\nvoid g(struct virtio_softc *vsc)"
	    "\n{\n	virtio_child_attach_finish(vsc);\n}\n");
	ck_assert_int_eq(build_both("e", "o.c"), 0);
	ck_assert_int_eq(build_shell("nm -D e.so | grep -qw __virtio_alloc_vq_2023 && "
	    "nm -D e.so | grep -qw virtio_child_attach_finish"), 0);
}

/* What is said for a text, by each compiler that is here. */
static void
compiler_says(const char *text, const char *said)
{
	static const char *const compilers[] = { "CC=gcc", "CC=clang" };

	build_write("x.c", text);
	for (size_t i = 0; i < 2; i++) {
		if (i == 1 && system("clang --version >/dev/null 2>&1") != 0)
			continue;
		ck_assert_int_eq(build_run(compilers[i], "x", ""), 2);
		ck_assert_str_eq(build_read("x.err"), said);
	}
}

/* An error without a place is in the compiler's words; our options are not passed on. */
TEST(compiler_errors_without_a_place_are_told)
{
	build_write("x.c", driver_text);
	ck_assert_int_eq(build_run("CC=gcc", "x", "-fnosuchthing"), 2);
	HAS(build_read("x.err"), "fnosuchthing", "x.c: does not compile; see x.so.log\n");
	ck_assert_int_eq(build_run("", "x", "--nodaig"), 2);
	ck_assert_str_eq(build_read("x.err"),
	    "viosim-cc: there is no option --nodaig; did you mean --nodiag?\n");
}

TEST(several_sources_are_one_module)
{
	build_write("x.c", driver_text);
	build_write("y.c", "int test_cc_number(int);\nint twice(int);\n"
	    "int twice(int n)\n{\n	return test_cc_number(n) + test_cc_number(n);\n}\n");
	ck_assert_int_eq(build_both("x", "y.c"), 0);
	ck_assert_str_eq(build_read("x.err"), "");
	steps_to("x.so", 108);
	{
		OPENED(m) = build_open("x.so");

		ck_assert_ptr_nonnull(module_symbol(m, "twice"));
	}
	build_write("y.c", "int twice(int n)\n{\n	return lunch(n);\n}\n");
	ck_assert_int_eq(build_both("x", "y.c"), 2);
	ck_assert_str_eq(build_read("x.err"), "y.c:3: neither the driver nor the fake kernel "
	    "has a function lunch; if it is the kernel's, see sim/kern/README.md\n");
	ck_assert_int_eq(build_both("x", "z.c"), 2);
	ck_assert_str_eq(build_read("x.err"), "viosim-cc: no such file: z.c\n");
	ck_assert_int_eq(build_run("", "x", "-o x.c"), 2);
	ck_assert_str_eq(build_read("x.err"),
	    "viosim-cc: the module would replace its source: x.c\n");
}

TEST(compiler_names_each_missing_kind_once)
{
	compiler_says("struct softc { struct lunch sc_lunch; int sc_a; };\n"
	    "LUNCH_DECL(x, y, \"z\");\n"
	    "static klunch_t k;\n"
	    "int f(struct softc *sc);\n"
	    "int f(struct softc *sc)\n"
	    "{\n"
	    "	callout_reset(1);\n"
	    "	callout_reset(2);\n"
	    "	virtio_lunch(sc);\n"
	    "	return sc->sc_a + LUNCH_TIME_IS_OVER + k;\n"
	    "}\n",
	    "x.c:1: neither the driver nor the fake kernel has a type struct lunch; "
	    "if it is the kernel's, see sim/kern/README.md\n"
	    "x.c:2: neither the driver nor the fake kernel has a macro LUNCH_DECL; "
	    "if it is the kernel's, see sim/kern/README.md\n"
	    "x.c:3: neither the driver nor the fake kernel has a type klunch_t; "
	    "if it is the kernel's, see sim/kern/README.md\n"
	    "x.c:7: the fake kernel has no function callout_reset "
	    "(manual page callout(9)); see sim/kern/README.md\n"
	    "x.c:9: the fake kernel has no function virtio_lunch "
	    "(manual page virtio(4)); see sim/kern/README.md\n"
	    "x.c:10: neither the driver nor the fake kernel has a macro LUNCH_TIME_IS_OVER; "
	    "if it is the kernel's, see sim/kern/README.md\n");
}

TEST(compiler_names_the_header_to_include)
{
	compiler_says("#include <sys/param.h>\n"
	    "static kmutex_t lock;\n"
	    "int f(void *aux);\n"
	    "int f(void *aux)\n"
	    "{\n"
	    "	mutex_enter(&lock);\n"
	    "	((struct virtio_attach_args *)aux)->sc_childdevid = KM_SLEEP;\n"
	    "	return mstohz(3) + hz;\n"
	    "}\n"
	    "CFATTACH_DECL_NEW(x, 1, NULL, NULL, NULL, NULL);\n",
	    "x.c:2: kmutex_t: include <sys/mutex.h>\n"
	    "x.c:6: mutex_enter: include <sys/mutex.h>\n"
	    "x.c:7: struct virtio_attach_args: include <dev/pci/virtiovar.h>\n"
	    "x.c:7: KM_SLEEP: include <sys/kmem.h>\n"
	    "x.c:8: hz: include <sys/kernel.h>\n"
	    "x.c:10: CFATTACH_DECL_NEW: include <sys/device.h>\n");
}

TEST(compiler_tells_a_slip_from_a_gap)
{
	compiler_says("#include <sys/mutex.h>\n"
	    "int f(kmutex_t *m);\n"
	    "int f(kmutex_t *m)\n"
	    "{\n"
	    "	mutex_entr(m);\n"
	    "	cv_timedwaitbt(m);\n"
	    "	return 0;\n"
	    "}\n",
	    "x.c:5: neither the driver nor the fake kernel has a function mutex_entr; "
	    "did you mean `mutex_enter`?\n"
	    "x.c:6: the fake kernel has no function cv_timedwaitbt "
	    "(manual page condvar(9)); see sim/kern/README.md\n");
}

TEST(compiler_keeps_the_drivers_own_mistakes)
{
	const char *text;

	build_write("x.c", "int f(void)\n{\n\tint count = 1;\n\n\treturn cuont\n}\n");
	ck_assert_int_eq(build_run("", "x", ""), 2);
	text = build_read("x.err");
	HAS(text, "x.c:5:", "did you mean 'count'?", "expected ';'");
	/* With the source line and the caret. */
	HAS(text, "return cuont\n", "^\n");
	LACKS(text, "fake kernel");
}

/* A text that ends too early lacks its own names, none of the kernel's. */
TEST(compiler_finds_no_gap_in_a_cut_text)
{
	build_write("x.c", "static int helper(int);\n"
	    "int f(void) { int x = 3; for (;;) { if (x) { helper(1); }\n"
	    "static int helper(int y) { return y + x; }\n"
	    "int g(int z) { return helper(z) + x; }\nstat");
	ck_assert_int_eq(build_run("", "x", ""), 2);
	HAS(build_read("x.err"), "error: ");
	LACKS(build_read("x.err"), "fake kernel");
}

/* Several may make one module at a time: all succeed, and nothing but it is left. */
TEST(compiler_can_run_beside_itself)
{
	static const char loop[] = "cd '%s' && for i in 1 2 3; do "
	    "('%s' x.c -o race.so %s || echo bad) 2>/dev/null & done; wait; "
	    "'%s' x.c -o alone.so %s; ls -A | grep -v '^alone'";
	static const char *const flags[] = { "", "--coverage" };
	char command[2000], tool[600];

	build_tool(tool, sizeof(tool));
	build_write("x.c", driver_text);
	for (size_t i = 0; i < 2; i++) {
		FILE *list;
		char names[200] = "";
		size_t n;

		snprintf(command, sizeof(command), loop, build_folder.path, tool, flags[i], tool,
		    flags[i]);
		list = popen(command, "r");
		ck_assert_ptr_nonnull(list);
		n = fread(names, 1, sizeof(names) - 1, list);
		names[n] = '\0';
		pclose(list);
		ck_assert_str_eq(names, i == 0 ? "race.nodiag.so\nrace.so\nx.c\n" :
		    "race.gcno\nrace.nodiag.gcno\nrace.nodiag.o\nrace.nodiag.so\n"
		    "race.o\nrace.so\nx.c\n");
	}
	steps_to("race.so", 108);
}

TEST(compiler_leaves_nothing_when_it_is_stopped)
{
	char tool[600];

	build_tool(tool, sizeof(tool));
	build_write("x.c", driver_text);
	/* A compiler that does not come to an end. */
	build_write("cc", "#!/bin/sh\ncase \"$*\" in *x.c*) kill -TERM $PPID; sleep 1;;\n"
	    "*) exec cc \"$@\";; esac\n");
	ck_assert_int_eq(build_shell("chmod +x cc && mkdir t out && "
	    "TMPDIR=$PWD/t CC=$PWD/cc '%s' x.c -o out/x.so 2>/dev/null; "
	    "test $? = 2 && test -z \"$(ls -A t out | grep -v :)\"", tool), 0);
}

TEST(compiler_makes_the_same_file_anywhere)
{
	build_module("driver", driver_text, "-fsanitize=thread");
	ck_assert_int_eq(build_shell("mkdir 'else where' && cp driver.c 'else where' &&"
	    " mv driver.so 'else where/first.so'"), 0);
	ck_assert_int_eq(build_run("LC_ALL=de_DE.UTF-8 TZ=Asia/Tokyo CPATH=/usr/include",
	    "'else where'/driver", "-fsanitize=thread"), 0);
	ck_assert_int_eq(build_shell("cd else* && cmp first.so driver.so"), 0);
}

TEST(compiler_replaces_nothing_but_files)
{
	build_write("x.c", "int x;\n");
	ck_assert_int_eq(build_shell("mkdir x.so"), 0);
	ck_assert_int_eq(build_run("", "x", ""), 2);
	ck_assert_str_eq(build_read("x.err"),
	    "viosim-cc: not a file: x.so\n");
}

static const char diagnostic_text[] =
    "#ifdef DIAGNOSTIC\n"
    "extern int test_cc_number(int);\n"
    "int step(int);\n"
    "int step(int n) { return test_cc_number(n); }\n"
    "#else\n"
    "int step(int);\n"
    "int step(int n) { return -n; }\n"
    "#endif\n"
    "#ifndef _KERNEL\n"
    "#error not a kernel\n"
    "#endif\n";

TEST(compiler_can_leave_diagnostic_out)
{
	build_module("with", diagnostic_text, "");
	steps_to("with.so", 101);
	ck_assert_int_ne(access(build_path("with.nodiag.so"), F_OK), 0);
	build_module("without", diagnostic_text, "--nodiag");
	steps_to("without.so", -1);
	ck_assert_int_ne(access(build_path("without.nodiag.so"), F_OK), 0);
}

TEST(compiler_makes_a_module_and_its_nodiag_build)
{
	build_write("two.c", diagnostic_text);
	ck_assert_int_eq(build_both("two", ""), 0);
	steps_to("two.so", 101);
	steps_to("two.nodiag.so", -1);
	/* A mistake that one of them has leaves neither. */
	build_write("two.c", "#ifndef DIAGNOSTIC\n#error no\n#endif\n");
	ck_assert_int_eq(build_both("two", ""), 2);
	HAS(build_read("two.err"), "two.c:2:2: error");
	ck_assert_int_ne(access(build_path("two.so"), F_OK), 0);
	ck_assert_int_ne(access(build_path("two.nodiag.so"), F_OK), 0);
}

TEST(compiler_gives_the_same_warnings_once)
{
	const char *text;

	build_write("w.c", "int f(void);\nint f(void) { int unused; return 1; }\n");
	ck_assert_int_eq(build_both("w", ""), 0);
	text = build_read("w.err");
	text = strstr(text, "unused variable");
	ck_assert_ptr_nonnull(text);
	LACKS(text + 1, "unused variable");
}

/* Each access of the driver's text is an access: two reads of a field are not made one. */
TEST(compiler_does_not_optimise)
{
	static const char text[] = "int f(int *p);\n"
	    "int f(int *p) { int a = *p; if (a) a = *p; return a; }\n";
	static const char two_reads[] = "test $(objdump -r --section=.text o.so | "
	    "grep -c ' __tsan_read4') = 2";

	build_write("o.c", text);
	ck_assert_int_eq(build_run("", "o", "-fsanitize=thread"), 0);
	ck_assert_int_eq(build_shell("%s", two_reads), 0);
	ck_assert_int_eq(build_run("", "o", "-fsanitize=thread -O2"), 0);
	ck_assert_int_ne(build_shell("%s", two_reads), 0);
}

SUITE(run_viosim_cc, .setup = build_begin, .teardown = build_end, .timeout = 30, .reads = VIOSIM_CC)
