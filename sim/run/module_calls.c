/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a driver calls the kernel: see module_calls.h.
 */
#include "run/module_calls.h"

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

	module_file_each_reference(module_file_of(module), note_reference, &listing);
}
