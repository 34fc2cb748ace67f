/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a driver calls the kernel and accesses memory.
 */
#include <string.h>

#include "run/module.h"
#include "run/module_file.h"
#include "run/source.h"

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

/* ---- accesses ---- */

struct search {
	struct source *source;
	unsigned line, below, above;
	bool found;
};

static bool
is_access(const char *name)
{
	static const char *const prefixes[] = {
		"__tsan_read", "__tsan_write", "__tsan_unaligned_", "__tsan_mem",
	};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void
look_at(const char *name, const GElf_Rela *rela, void *arg)
{
	struct search *search = arg;
	unsigned line;

	/* The reference is inside its instruction, not behind it. */
	if (!is_access(name) ||
	    (line = source_line(search->source, rela->r_offset + 1)) == 0)
		return;
	if (line == search->line)
		search->found = true;
	else if (line < search->line && line > search->below)
		search->below = line;
	else if (line > search->line && (search->above == 0 || line < search->above))
		search->above = line;
}

bool
module_line_has_access(struct module *module, unsigned line, unsigned *below, unsigned *above)
{
	struct search search = { .source = module_source(module), .line = line };

	module_file_each_reference(module_file_of(module), look_at, &search);
	*below = search.below;
	*above = search.above;
	return search.found;
}
