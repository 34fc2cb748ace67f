/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands share: help, colours, drivers, manifests.
 */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/share.h"
#include "base/width.h"
#include "run/run.h"
#include "run/source.h"
#include "scenario/arena.h"
#include "scenario/text.h"

#define NAME_DEFAULT "viomb"		/* of the attachment in CLI_DRIVER_DEFAULT */
#define WIDTH_TEXT 78
#define HELP_WIDTH_MAX 88		/* longer lines are hard to read */

static void
print_usage(const struct cli_command *command, FILE *stream)
{
	fprintf(stream, "usage: viosim %s%s%s%s\n", command->name,
	    command->options != NULL ? " [OPTION ...]" : "",
	    command->operands != NULL ? " " : "",
	    command->operands != NULL ? command->operands : "");
}

int
cli_help(const struct cli_command *command, FILE *stream)
{
	unsigned width = width_of(stream);

	width = width < HELP_WIDTH_MAX ? width : HELP_WIDTH_MAX;
	print_usage(command, stream);
	fputc('\n', stream);
	text_print_wrapped(command->about, 0, width, stream);
	if (command->options != NULL)
		fputc('\n', stream);
	cli_options_print(command->options, width, stream);
	if (command->after != NULL)
		fprintf(stream, "\n%s", command->after);
	return CLI_OK;
}

int
cli_error(const struct cli_command *command, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "viosim %s: ", command->name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_USAGE;
}

int
cli_usage_error(const struct cli_command *command, const char *text)
{
	cli_error(command, "%s", text);
	print_usage(command, stderr);
	return CLI_USAGE;
}

const char *const cli_color_words[] = { "auto", "always", "never", NULL };

unsigned
cli_width_text(FILE *stream)
{
	unsigned width = width_of(stream);

	return width < WIDTH_TEXT ? width : WIDTH_TEXT;
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

void
cli_diag_end(struct diag_list *diags)
{
	diag_list_print(diags, stderr, cli_has_color(CLI_COLOR_AUTO, stderr));
	diag_list_fini(diags);
}

/* The default driver is also beside the program, or installed with it. */
static struct module *
open_installed(void)
{
	char *path = share_installed(strrchr(CLI_DRIVER_DEFAULT, '/') + 1);
	struct module *module = path != NULL ? cli_module_open(path) : NULL;

	free(path);
	return module;
}

struct module *
cli_module_open(const char *path)
{
	struct module_error error;
	struct module *module;

	if (access(path, F_OK) != 0 && errno == ENOENT) {
		if (strcmp(path, CLI_DRIVER_DEFAULT) == 0 && (module = open_installed()) != NULL)
			return module;
		fprintf(stderr, "viosim: there is no driver module %s; build the default one "
		    "with `make`, any other with `viosim-cc DRIVER.c -o DRIVER.so`\n", path);
		return NULL;
	}
	module = module_open(path, &error);
	if (module == NULL) {
		fputs(error.text, stderr);
		module_error_fini(&error);
		return NULL;
	}
	if (module_attachment_count(module) == 0)
		fprintf(stderr, "viosim: %s has no attachment (CFATTACH_DECL_NEW defines "
		    "one)\n", path);
	else if (module_attachment_count(module) > HW_DRIVERS)
		fprintf(stderr, "viosim: %s has %zu attachments, a machine takes %d drivers\n",
		    path, module_attachment_count(module), HW_DRIVERS);
	else
		return module;
	module_close(module);
	return NULL;
}

/* driver/NAME.yaml among the files of viosim; heap, or NULL. */
static char *
manifest_of_name(const char *name)
{
	char *file = xasprintf("driver/%s.yaml", name), *found = share_path(file);

	free(file);
	return found;
}

/* The length of the folder part of path[0..length), without its slash; 0: the current folder. */
static size_t
parent_of(const char *path, size_t length)
{
	while (length > 0 && path[length - 1] != '/')
		length--;
	while (length > 1 && path[length - 1] == '/')
		length--;
	return length;
}

/* Is that folder, by its text, one that has no parent to be seen: "/", "", "..", "../.."? */
static bool
is_top(const char *path, size_t length)
{
	return length == 0 || (length == 1 && path[0] == '/') ||
	    (length >= 2 && path[length - 1] == '.' && path[length - 2] == '.');
}

/*
 * DIR/x.yaml for DIR/x.so, or else driver/NAME.yaml in the source tree that the module lies in:
 * DIR or a folder above it.  Its path alone decides, not the current folder.  Heap, or NULL.
 */
static char *
manifest_of_module(const struct module *module)
{
	const char *file = module_path(module), *name = module_attachment(module, 0)->name;
	size_t length = strlen(file);
	char *path = cli_ends_in(file, ".so") ? xasprintf("%.*s.yaml", (int)length - 3, file) :
	    NULL;

	while (path == NULL || access(path, F_OK) != 0) {
		free(path);
		if (is_top(file, length))
			return NULL;
		length = parent_of(file, length);
		path = xasprintf("%.*s%sdriver/%s.yaml", (int)length, file,
		    length > 0 && file[length - 1] != '/' ? "/" : "", name);
	}
	return path;
}

/* The manifest `path`, or that at `otherwise` (heap, or NULL: there is none), which is released. */
static struct manifest *
read_manifest(const char *path, char *otherwise, const struct module *module, bool *bad)
{
	struct diag_list diags = { 0 };
	struct manifest *manifest = NULL;

	*bad = false;
	if (path == NULL)
		path = otherwise;
	if (path != NULL) {
		manifest = manifest_load(path, run_vocab(), NULL, &diags);
		cli_diag_end(&diags);
		*bad = manifest == NULL;
	}
	/* Without a driver all are asked for. */
	if (manifest != NULL && module != NULL && !manifest_for_era(manifest, module_era(module)))
		fprintf(stderr, "viosim: %s: is for %s only, and the driver for %s (the run goes "
		    "on)\n", manifest->path, manifest->eras.name[0], module_era(module));
	free(otherwise);
	return manifest;
}

struct manifest *
cli_manifest_open(const char *path, const struct module *module, bool *bad)
{
	const char *name = module != NULL ? module_attachment(module, 0)->name : NAME_DEFAULT;
	char *found = path == NULL && module != NULL ? manifest_of_module(module) : NULL;

	if (path == NULL && found == NULL)
		found = manifest_of_name(name);
	return read_manifest(path, found, module, bad);
}

struct manifest *
cli_manifest_hints(const struct module *module)
{
	struct diag_list diags = { 0 };
	char *path = manifest_of_module(module);
	struct manifest *manifest = path == NULL ? NULL :
	    manifest_load(path, run_vocab(), NULL, &diags);

	if (manifest != NULL)
		manifest_for_era(manifest, module_era(module));
	diag_list_fini(&diags);
	free(path);
	return manifest;
}

bool
cli_subject_open(struct cli_subject *subject, const struct cli_driver *driver,
    char *const *names, size_t count)
{
	bool bad = false;

	if (!cli_collect(&subject->cases, names, count))
		return false;
	subject->module = cli_module_open(driver->path);
	if (subject->module != NULL && !driver->no_manifest)
		subject->known = cli_manifest_open(driver->manifest, subject->module, &bad);
	return subject->module != NULL && !bad;
}

void
cli_subject_fini(struct cli_subject *subject)
{
	manifest_free(subject->known);
	module_close(subject->module);
	cli_cases_fini(&subject->cases);
}

bool
cli_cases_need_nodiag(const struct cli_cases *cases)
{
	for (size_t i = 0; i < cases->count; i++)
		if (!cases->item[i].c->machine->diagnostic)
			return true;
	return false;
}

struct module *
cli_nodiag_open(const char *path)
{
	char name[4096];

	if (module_nodiag_path(path, name, sizeof(name)) && access(name, F_OK) == 0)
		return cli_module_open(name);
	fprintf(stderr, "viosim: a scenario has `diagnostic: false` and there is no "
	    "%.*s.nodiag.so; make both with\n  viosim-cc DRIVER.c -o %s\n",
	    (int)strlen(path) - 3, path, path);
	return NULL;
}

struct functions {
	VEC_MEMBERS(const char *);
};

static void
note_function(const char *name, void *arg)
{
	struct functions *functions = arg;

	*vec_add(functions) = name;
}

bool
cli_manifest_check(const char *path, struct module *module, struct diag_list *diags)
{
	/* Also those of the source tree that the manifest is in. */
	char *folder = manifest_file(path, "scenarios");
	struct arena *arena = arena_new();
	struct functions functions = { 0 };
	struct manifest_names names = { 0 };
	struct manifest *manifest;
	size_t count;
	bool good;

	names.scenarios = cli_scenario_ids(folder, arena, &count);
	if (count == 0)
		names.scenarios = NULL;
	if (module != NULL)
		source_each_function(module_source(module), note_function, &functions);
	*vec_add(&functions) = NULL;
	names.functions = functions.count > 1 ? functions.item : NULL;
	manifest = manifest_load(path, run_vocab(), &names, diags);
	good = manifest != NULL;
	manifest_free(manifest);
	vec_fini(&functions);
	arena_free(arena);
	free(folder);
	return good;
}

void
cli_manifest_warn(const struct manifest *manifest, struct module *module)
{
	struct diag_list diags;

	diag_list_init(&diags);
	if (!cli_manifest_check(manifest->path, module, &diags)) {
		fprintf(stderr, "viosim: %s:%u:%u: %s (the run goes on)\n", manifest->path,
		    diags.items[0].loc.line, diags.items[0].loc.col, diags.items[0].message);
		if (diags.reported > 1)
			fprintf(stderr, "viosim: and %zu more; `viosim check --driver %s %s` "
			    "shows all\n", diags.reported - 1, module_path(module),
			    manifest->path);
	}
	diag_list_fini(&diags);
}
