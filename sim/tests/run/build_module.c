/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helper of the tests in this folder: see build_module.h.
 */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/run/build_module.h"

/* Tests run at the top of the source tree, or in a folder of it. */
void
build_tool(char *tool, size_t size)
{
	static const char *const places[] = {
		"sim/tools", "tools", "../sim/tools", "../../sim/tools",
	};
	char cwd[512];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(tool, size, "%s/%s/viosim-cc", cwd, places[i]);
		if (access(tool, X_OK) == 0)
			return;
	}
	ck_abort_msg("viosim-cc not found from %s", cwd);
}

struct suite_folder build_folder;

void
build_begin(void)
{
	build_folder = suite_folder_new();
}

void
build_end(void)
{
	suite_remove(&build_folder);
}

const char *
build_path(const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", build_folder.path, name);
	return path;
}

void
build_write(const char *name, const char *text)
{
	suite_write(build_path(name), text);
}

int
build_shell(const char *fmt, ...)
{
	char command[2000];
	int n = snprintf(command, sizeof(command), "cd '%s' && ", build_folder.path), status;
	va_list ap;

	va_start(ap, fmt);
	n += vsnprintf(command + n, sizeof(command) - (size_t)n, fmt, ap);
	va_end(ap);
	ck_assert_int_lt(n, (int)sizeof(command));
	status = system(command);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
run_tool(const char *env, const char *name, const char *kernel, const char *flags)
{
	char tool[600];

	build_tool(tool, sizeof(tool));
	return build_shell("%s '%s' %s %s.c -o %s.so -fno-sanitize=thread %s 2>%s.err",
	    env, tool, kernel, name, name, flags, name);
}

int
build_run(const char *env, const char *name, const char *flags)
{
	return run_tool(env, name, "--diag", flags);
}

int
build_both(const char *name, const char *flags)
{
	return run_tool("", name, "", flags);
}

void
build_module(const char *name, const char *text, const char *flags)
{
	char file[64];

	snprintf(file, sizeof(file), "%s.c", name);
	build_write(file, text);
	if (build_run("", name, flags) != 0) {
		snprintf(file, sizeof(file), "%s.err", name);
		ck_abort_msg("%s", build_read(file));
	}
}

char *
build_bytes(const char *name, size_t *size)
{
	static char bytes[1 << 20];
	FILE *file = fopen(build_path(name), "rb");

	*size = file != NULL ? fread(bytes, 1, sizeof(bytes) - 1, file) : 0;
	bytes[*size] = '\0';
	if (file != NULL)
		fclose(file);
	return bytes;
}

const char *
build_read(const char *name)
{
	size_t size;

	return build_bytes(name, &size);
}

struct module *
build_open(const char *name)
{
	struct module_error error;
	struct module *m = module_open(build_path(name), &error);

	ck_assert_msg(m != NULL, "%s", error.text);
	ck_assert_ptr_null(error.text);
	ck_assert_uint_eq(error.missing_count, 0);
	return m;
}

step_fn *
step_of(const struct module *m)
{
	void *symbol = module_symbol(m, "step");
	step_fn *fn;

	ck_assert_ptr_nonnull(symbol);
	memcpy(&fn, &symbol, sizeof(fn));
	return fn;
}
