/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The texts that a page shows: of drivers, out of their modules, and of scenarios.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/share.h"
#include "machine/trace.h"
#include "report/told.h"
#include "report/report.h"

static char *
trouble_of(const struct module_texts *texts, const char *hash, const char *path)
{
	char now[20];

	snprintf(now, sizeof(now), "%016" PRIx64, texts->hash);
	if (texts->count == 0)
		return xasprintf("%s has no text of its driver in it: it was made by an earlier "
		    "viosim-cc, or with --coverage.", path);
	if (strcmp(now, hash) != 0)
		return xasprintf("%s is not the file that ran (its hash was %s and is %s): lines "
		    "may be others.", path, hash, now);
	return NULL;
}

size_t
page_module(struct page *page, const json_t *header)
{
	const char *path = page_get(header, "module");
	struct page_module *module;
	char *why = NULL;

	for (size_t i = 0; i < page->modules.count; i++)
		if (strcmp(page->modules.item[i].path, path) == 0)
			return i;
	module = vec_add(&page->modules);
	module->path = xstrdup(path);
	if (*path == '\0') {
		module->trouble = xstrdup("The record does not say which driver ran.");
		return page->modules.count - 1;
	}
	if (module_texts_read(path, &module->texts, &why)) {
		module->trouble = trouble_of(&module->texts, page_get(header, "module_hash"),
		    path);
	} else {
		report_clean(why);
		module->trouble = xasprintf("The driver's text is not there: %s", why);
	}
	free(why);
	vec_each(text, &module->texts)
		report_clean_lines(text->text);
	return page->modules.count - 1;
}

/* A record says what is read here, so nothing but scenarios is. */
static char *
read_scenario(const char *path, size_t *length)
{
	size_t end = strlen(path);
	char *found, *text;

	if (end < 5 || strcmp(path + end - 5, ".yaml") != 0)
		return NULL;
	found = share_path(path);
	text = report_file(found != NULL ? found : path, length);
	free(found);
	return text;
}

char *
page_scenario(const json_t *header, const char *path, const char **trouble)
{
	size_t length = 0;
	char *text = read_scenario(path, &length), now[20] = "";

	*trouble = "This file is not there.";
	if (text == NULL)
		return NULL;
	snprintf(now, sizeof(now), "%016" PRIx64, trace_hash(text, length));
	*trouble = strcmp(now, page_get(header, "scenario_hash")) == 0 ? NULL :
	    "This is not the text that ran: lines may be others.";
	report_clean_lines(text);
	return text;
}
