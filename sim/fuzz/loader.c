/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzer's target: the scenario loader, and the world that a scenario asks for.
 *
 * Whatever the bytes, they load or are refused with a reason.  What loads prints as a file
 * that loads again and prints the same, and its first cases run to some end.
 *
 * Environment: VIOSIM_FUZZ_DRIVER, the driver that runs (else none does).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "machine/crash.h"
#include "run/module.h"
#include "run/run.h"
#include "scenario/scenario.h"

#define COMBINATIONS_MAX 4		/* of parameters; the others differ in values only */
#define CASES_MAX 2			/* of those that are run */
#define EVENTS_MAX 5000			/* of one, and so long in its own time: */
#define SECONDS_MAX 20

static struct module *driver;

int	LLVMFuzzerInitialize(int *argc, char ***argv);
int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
wrong(const char *what, const char *text)
{
	fprintf(stderr, "loader: %s:\n%s\n", what, text);
	abort();
}

/*
 * The loader wants the file to be named like the scenario; so it is, where it has a name.  Below
 * scenarios/ it finds what it extends.
 */
static void
path_of(const char *text, char *path, size_t size)
{
	const char *id = strstr(text, "scenario: ");
	size_t length;

	snprintf(path, size, "fuzz.yaml");
	if (id == NULL)
		return;
	id += strlen("scenario: ");
	length = strcspn(id, " \t\r\n#");
	if (length > 0 && length < size - sizeof("scenarios/.yaml"))
		snprintf(path, size, "scenarios/%.*s.yaml", (int)length, id);
}

static char *
printed(const struct scenario *scenario)
{
	struct sbuf buf;

	scenario_print(scenario, sbuf_open(&buf));
	return sbuf_close(&buf);
}

static void
try_print(const struct scenario *scenario, const char *path)
{
	char *first = printed(scenario), *second;
	struct diag_list diags;
	struct scenario_doc *doc;

	diag_list_init(&diags);
	doc = scenario_load_text(path, first, strlen(first), run_vocab(), &diags);
	if (doc == NULL) {
		diag_list_print(&diags, stderr, false);
		wrong("what was printed does not load", first);
	} else {
		second = printed(doc->scenario[0]);
		if (strcmp(first, second) != 0)
			wrong("what was printed loads to something else", first);
		free(second);
	}
	scenario_doc_free(doc);
	diag_list_fini(&diags);
	free(first);
}

/* What a run finds is the driver's; that it ends, and that nothing breaks, is ours. */
static void
try_run(const struct scenario_case *c)
{
	const struct run_options options = { .module = driver };
	struct scenario short_one = *c->scenario;
	struct scenario_case one = *c;
	struct run_result result;

	if (short_one.limits.events > EVENTS_MAX)
		short_one.limits.events = EVENTS_MAX;
	if (scenario_time_ns(short_one.limits.time, c->machine->hz) >
	    SECONDS_MAX * INT64_C(1000000000))
		short_one.limits.time = (struct scenario_time){
			SCENARIO_NS, SECONDS_MAX * UINT64_C(1000000000)
		};
	one.scenario = &short_one;
	run_case(&one, &options, &result);
	run_result_fini(&result);
}

static void
try_cases(const struct scenario_doc *doc)
{
	size_t count = 0;
	struct scenario_case *cases = scenario_cases(doc, NULL, &count);

	for (size_t i = 0; i < count && i < CASES_MAX; i++)
		try_run(&cases[i]);
	scenario_cases_free(cases, count);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *path = getenv("VIOSIM_FUZZ_DRIVER");
	struct module_error error;

	(void)argc;
	(void)argv;
	if (path == NULL || *path == '\0')
		return 0;
	driver = module_open(path, &error);
	if (driver == NULL) {
		fputs(error.text, stderr);
		exit(2);
	}
	crash_install();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list diags;
	struct scenario_doc *doc;
	char path[128], *text = xmalloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	path_of(text, path, sizeof(path));
	diag_list_init(&diags);
	doc = scenario_load_text(path, text, size, run_vocab(), &diags);
	if (doc == NULL && diags.count == 0)
		wrong("refused without a reason", text);
	for (size_t i = 0; doc != NULL && i < doc->count && i < COMBINATIONS_MAX; i++)
		try_print(doc->scenario[i], path);
	if (doc != NULL && driver != NULL)
		try_cases(doc);
	scenario_doc_free(doc);
	diag_list_fini(&diags);
	free(text);
	return 0;
}
