/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a driver calls the kernel: see module_calls.h.
 */
#include "run/module_calls.h"

#include <stdio.h>
#include <stdlib.h>

#include "run/module_file.h"

struct listing {
	struct source *source;
	module_call_fn *fn;
	void *arg;
};

static void
note_reference(const char *name, const GElf_Rela *rela, void *arg)
{
	struct listing *listing = arg;
	struct source_pos pos;

	/* The reference is inside its instruction, not behind it. */
	if (source_lookup(listing->source, rela->r_offset + 1, &pos))
		listing->fn(name, &pos, listing->arg);
}

void
module_each_call(struct module *module, module_call_fn *fn, void *arg)
{
	struct listing listing = { .source = module_source(module), .fn = fn, .arg = arg };
	struct module_file file;
	char *why = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&why, &size);

	/* It was opened before; if it has gone since, there is nothing to list. */
	if (stream != NULL && module_file_open(&file, module_path(module), stream)) {
		module_file_each_reference(&file, note_reference, &listing);
		module_file_close(&file);
	}
	if (stream != NULL)
		fclose(stream);
	free(why);
}
