/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the frames of a driver's functions take in an optimised build.
 *
 * viosim-cc puts that into a section of the module, as text: a function's name, a space, the
 * bytes of its frame or `-` where they are not bounded, a newline.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "run/module_file.h"

#define SECTION ".viosim.frames"

struct frames {
	char *text;			/* behind a newline, with a NUL at the end */
	struct module_frames found;
};

/* Heap; NULL: the module has none. */
static char *
section_text(const struct module_file *file)
{
	size_t size;
	const char *text = module_elf_section(file->elf, SECTION, &size);

	return text != NULL ? xasprintf("\n%.*s", (int)size, text) : NULL;
}

/* A function that the optimiser left no trace of lives in the frames of its callers. */
static uint32_t
bytes_of(const struct frames *frames, const char *name)
{
	char *key = xasprintf("\n%s ", name);
	const char *line = strstr(frames->text, key);
	unsigned long bytes = 0;

	if (line != NULL)
		line += strlen(key);
	free(key);
	if (line != NULL && *line == '-')
		return STACK_AS_IT_IS;
	if (line != NULL)
		bytes = strtoul(line, NULL, 10);
	return bytes < STACK_AS_IT_IS ? (uint32_t)bytes : STACK_AS_IT_IS - 1;
}

static void
add_function(const struct module_symbol *symbol, void *arg)
{
	struct frames *frames = arg;
	const GElf_Sym *sym = &symbol->sym;

	if (sym->st_shndx == SHN_UNDEF || GELF_ST_TYPE(sym->st_info) != STT_FUNC ||
	    sym->st_size == 0 || sym->st_value + sym->st_size > UINT32_MAX)
		return;
	*(struct stack_frame *)vec_add(&frames->found) = (struct stack_frame){
		.low = (uint32_t)sym->st_value, .high = (uint32_t)(sym->st_value + sym->st_size),
		.bytes = bytes_of(frames, symbol->name),
	};
}

static int
compare(const void *one, const void *other)
{
	const struct stack_frame *a = one, *b = other;

	return a->low < b->low ? -1 : a->low > b->low;
}

struct module_frames
module_file_frames(const struct module_file *file)
{
	struct frames frames = { .text = section_text(file) };

	if (frames.text != NULL)
		module_file_each_symbol(file, SHT_SYMTAB, add_function, &frames);
	if (frames.found.count > 1)
		qsort(frames.found.item, frames.found.count, sizeof(frames.found.item[0]),
		    compare);
	free(frames.text);
	return frames.found;
}
