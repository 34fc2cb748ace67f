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
#include "report/told.h"
#include "report/report.h"

#define TEXT_MAX (1 << 20)		/* bytes of a scenario that are shown */

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

char *
page_read_text(const char *path)
{
	char *found = share_path(path);
	FILE *file = fopen(found != NULL ? found : path, "r");
	char *text;
	size_t length;

	free(found);
	if (file == NULL)
		return NULL;
	text = xmalloc(TEXT_MAX);
	length = fread(text, 1, TEXT_MAX - 1, file);
	fclose(file);
	text[length] = '\0';
	report_clean_lines(text);
	return text;
}
