/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the frames of a driver's functions take in an optimised build.
 *
 * viosim-cc puts that into a section of the module, as text: a function's name, a space, the
 * bytes of its frame or `-` where they are not bounded, a newline.
 */
#include <stdlib.h>
#include <string.h>

#include "run/module_file.h"

#define SECTION ".viosim.frames"

struct frames {
	const char *text;
	size_t length;
	struct module_frames found;
};

/* The section's text; NULL: the module has none. */
static const char *
section_text(const struct module_file *file, size_t *length)
{
	size_t names;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	Elf_Data *data;

	if (elf_getshdrstrndx(file->elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(file->elf, scn)) != NULL) {
		const char *name;

		if (gelf_getshdr(scn, &shdr) == NULL || shdr.sh_type != SHT_PROGBITS)
			continue;
		name = elf_strptr(file->elf, names, shdr.sh_name);
		if (name == NULL || strcmp(name, SECTION) != 0)
			continue;
		data = elf_getdata(scn, NULL);
		if (data == NULL || data->d_buf == NULL)
			return NULL;
		*length = data->d_size;
		return data->d_buf;
	}
	return NULL;
}

static uint32_t
number(const char *text, const char *end)
{
	uint64_t n = 0;

	if (text < end && *text == '-')
		return STACK_AS_IT_IS;
	for (; text < end && *text >= '0' && *text <= '9' && n < STACK_AS_IT_IS; text++)
		n = 10 * n + (uint64_t)(*text - '0');
	return n < STACK_AS_IT_IS ? (uint32_t)n : STACK_AS_IT_IS - 1;
}

/* A function that the optimiser left no trace of lives in the frames of its callers. */
static uint32_t
bytes_of(const struct frames *frames, const char *name)
{
	const char *end = frames->text + frames->length;
	size_t length = strlen(name);

	for (const char *line = frames->text; line < end; ) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		if (next == NULL)
			break;
		if ((size_t)(next - line) > length && line[length] == ' ' &&
		    memcmp(line, name, length) == 0)
			return number(line + length + 1, next);
		line = next + 1;
	}
	return 0;
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
	struct frames frames = { .text = NULL };

	frames.text = section_text(file, &frames.length);
	if (frames.text != NULL)
		module_file_each_symbol(file, SHT_SYMTAB, add_function, &frames);
	if (frames.found.count > 1)
		qsort(frames.found.item, frames.found.count, sizeof(frames.found.item[0]),
		    compare);
	return frames.found;
}
