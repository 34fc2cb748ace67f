/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helper of the tests in this folder: small driver modules, made on the spot
 * with sim/tools/viosim-cc from a text.
 */
#ifndef SIM_TESTS_RUN_BUILD_MODULE_H
#define SIM_TESTS_RUN_BUILD_MODULE_H

#include <stddef.h>

#include "run/module.h"
#include "tests/suite.h"

/* The folder under /tmp for the files of a test: made before it, removed with them after it. */
extern struct suite_folder build_folder;
void	build_begin(void);
void	build_end(void);

/* Where a file of that name is; lives until the next call. */
const char *build_path(const char *name);

/* Write a file of that name. */
void	build_write(const char *name, const char *text);

/* Where sim/tools/viosim-cc is. */
void	build_tool(char *tool, size_t size);

/*
 * Run `sim/tools/viosim-cc --diag NAME.c -o NAME.so FLAGS` in the folder, without
 * instrumentation; what it says on standard error goes to NAME.err.  `env` is
 * put before it ("CC=clang", or "").  Returns its exit code.
 */
int	build_run(const char *env, const char *name, const char *flags);

/* The same without --diag: NAME.so and NAME.nodiag.so. */
int	build_both(const char *name, const char *flags);

/* Write NAME.c and make NAME.so of it; fails the test if that fails. */
void	build_module(const char *name, const char *text, const char *flags);

/* Open the module of that name, which has to be whole; the caller closes it. */
struct module *build_open(const char *name);

/* A module that is closed at the end of the block. */
#define OPENED(name) __attribute__((cleanup(build_close))) struct module *name
static inline void
build_close(struct module **module)
{
	module_close(*module);
}

/* What sh(1) makes of a command, in the folder: its exit code. */
int	build_shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Its function `step`, which the test's texts have. */
typedef int	step_fn(int);
step_fn	*step_of(const struct module *);

/* The whole of a file (of a megabyte at most), "" if there is none; until the next call. */
char	*build_bytes(const char *name, size_t *size);
const char *build_read(const char *name);

#endif /* SIM_TESTS_RUN_BUILD_MODULE_H */
