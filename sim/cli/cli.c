/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands share: help, colours, drivers, manifests.
 */
#include "cli/cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

int
cli_help(const struct cli_command *command, FILE *stream)
{
	fprintf(stream, "usage: viosim %s\n\n%s\n", command->usage, command->help);
	return CLI_OK;
}

int
cli_usage_error(const struct cli_command *command, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "viosim %s: ", command->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: viosim %s\n", command->usage);
	return CLI_USAGE;
}

int
cli_option_error(const struct cli_command *command, const struct option *table, int option)
{
	while (table->name != NULL && table->val != option)
		table++;
	/* getopt_long() has said which option it does not know, or which lacks its value. */
	if (table->name == NULL)
		return cli_usage_error(command, "`viosim %s --help` lists the options",
		    command->name);
	return cli_usage_error(command, "--%s does not take `%s`; `viosim %s --help` says what "
	    "it takes", table->name, optarg, command->name);
}

bool
cli_color_parse(const char *word, enum cli_color *color)
{
	static const char *const words[] = { "auto", "always", "never" };

	for (unsigned i = 0; i < 3; i++)
		if (strcmp(word, words[i]) == 0) {
			*color = (enum cli_color)i;
			return true;
		}
	return false;
}

bool
cli_has_color(enum cli_color color, FILE *stream)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (color != CLI_COLOR_AUTO)
		return color == CLI_COLOR_ALWAYS;
	return isatty(fileno(stream)) && (no_color == NULL || no_color[0] == '\0') &&
	    term != NULL && strcmp(term, "dumb") != 0;
}

struct module *
cli_module_open(const char *path)
{
	struct module_error error;
	struct module *module;

	if (access(path, R_OK) != 0) {
		fprintf(stderr, "viosim: there is no driver module %s; `make` builds the "
		    "default one, `viosim-cc DRIVER.c -o DRIVER.so` any other\n", path);
		return NULL;
	}
	module = module_open(path, &error);
	if (module == NULL) {
		fputs(error.text, stderr);
		module_error_fini(&error);
		return NULL;
	}
	if (module_attachment_count(module) == 0) {
		fprintf(stderr, "viosim: %s has no attachment (CFATTACH_DECL_NEW defines "
		    "one)\n", path);
		module_close(module);
		return NULL;
	}
	return module;
}

struct manifest *
cli_manifest_open(const char *path, const char *driver, bool *bad)
{
	char beside[512];
	struct diag_list diags;
	struct manifest *manifest;

	*bad = false;
	if (path == NULL) {
		/* Of our own driver the manifest is known; others are given theirs. */
		snprintf(beside, sizeof(beside), "driver/%s.yaml", driver);
		if (access(beside, R_OK) != 0)
			return NULL;
		path = beside;
	}
	diag_list_init(&diags);
	manifest = manifest_load(path, run_vocab(), &diags);
	diag_list_print(&diags, stderr, cli_has_color(CLI_COLOR_AUTO, stderr));
	diag_list_fini(&diags);
	*bad = manifest == NULL;
	return manifest;
}
