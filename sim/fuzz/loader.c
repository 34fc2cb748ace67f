/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fuzzer's target: the scenario loader.
 *
 * Whatever the bytes, they load or are refused with a reason.  What loads prints as a file
 * that loads again and prints the same.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/run.h"
#include "scenario/scenario.h"

#define COMBINATIONS_MAX 4		/* of parameters; the others differ in values only */

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
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (stream == NULL)
		abort();
	scenario_print(scenario, stream);
	fclose(stream);
	return text;
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diag_list diags;
	struct scenario_doc *doc;
	char path[128], *text = malloc(size + 1);

	if (text == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	path_of(text, path, sizeof(path));
	diag_list_init(&diags);
	doc = scenario_load_text(path, text, size, run_vocab(), &diags);
	if (doc == NULL && diags.count == 0)
		wrong("refused without a reason", text);
	for (size_t i = 0; doc != NULL && i < doc->count && i < COMBINATIONS_MAX; i++)
		try_print(doc->scenario[i], path);
	scenario_doc_free(doc);
	diag_list_fini(&diags);
	free(text);
	return 0;
}
