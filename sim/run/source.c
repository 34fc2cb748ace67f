/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source positions of a module, by elfutils' libdw.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "run/source.h"

/* One remembered answer. */
struct source_slot {
	uint64_t	 offset;	/* 0: slot is empty */
	struct source_pos pos;		/* line 0: known to be unknown */
};

struct source {
	const char	*image;
	size_t		 size;
	bool		 opened;	/* tried to */
	Elf		*elf;		/* in image; NULL: it is no such file */
	Dwarf		*dwarf;		/* NULL: there is none */
	struct source_slot *slots;	/* open addressing, no deletions */
	size_t		 slot_count;	/* a power of two, or 0 */
	size_t		 used_count;
};

struct source *
source_new(const char *image, size_t size)
{
	struct source *s = xcalloc(1, sizeof(*s));

	s->image = image;
	s->size = size;
	return s;
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	if (s->dwarf != NULL)
		dwarf_end(s->dwarf);
	if (s->elf != NULL)
		elf_end(s->elf);
	free(s->slots);
	free(s);
}

static void
source_open(struct source *s)
{
	s->opened = true;
	/* libelf writes to an image only what it converts, and here nothing is. */
	if (elf_version(EV_CURRENT) != EV_NONE)
		s->elf = elf_memory((char *)(uintptr_t)s->image, s->size);
	if (s->elf != NULL)
		s->dwarf = dwarf_begin_elf(s->elf, DWARF_C_READ, NULL);
}

/* The unit whose code is at the address; clang writes no index of them. */
static bool
find_unit(Dwarf *dwarf, Dwarf_Addr addr, Dwarf_Die *unit)
{
	Dwarf_Off off = 0, next;
	size_t header_size;

	while (dwarf_nextcu(dwarf, off, &next, &header_size, NULL, NULL,
	    NULL) == 0) {
		if (dwarf_offdie(dwarf, off + header_size, unit) != NULL &&
		    dwarf_haspc(unit, addr) == 1)
			return true;
		off = next;
	}
	return false;
}

static bool
is_header(const char *file)
{
	size_t len = strlen(file);

	return len >= 2 && strcmp(file + len - 2, ".h") == 0;
}

static const char *
short_name(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash != NULL && !is_header(file))
		return slash + 1;
	return strncmp(file, "./", 2) == 0 ? file + 2 : file;
}

/* Where an inlined function was called: the frame outside of it. */
static bool
call_position(Dwarf_Die *unit, Dwarf_Die *inlined, struct source_pos *pos)
{
	Dwarf_Attribute attr;
	Dwarf_Word file, line;
	Dwarf_Files *files;
	const char *name;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attr),
	    &file) != 0 ||
	    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attr),
	    &line) != 0 ||
	    dwarf_getsrcfiles(unit, &files, NULL) != 0)
		return false;
	name = dwarf_filesrc(files, file, NULL, NULL);
	if (name == NULL)
		return false;
	pos->file = short_name(name);
	pos->line = (unsigned)line;
	return true;
}

static bool
is_function(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
}

/*
 * Go outwards through the scopes, innermost first, until a function is not of
 * a header.  `pos` has the innermost file and line; false if no function.
 */
static bool
walk_scopes(Dwarf_Die *unit, Dwarf_Die *scopes, int count,
    struct source_pos *pos)
{
	struct source_pos here = *pos;
	bool found = false;

	for (int i = 0; i < count; i++) {
		if (!is_function(&scopes[i]))
			continue;
		here.function = dwarf_diename(&scopes[i]);
		if (here.function == NULL)
			continue;
		if (!found || !is_header(here.file))
			*pos = here;
		found = true;
		if (!is_header(here.file) ||
		    dwarf_tag(&scopes[i]) == DW_TAG_subprogram ||
		    !call_position(unit, &scopes[i], &here))
			break;
	}
	return found;
}

static bool
find_function(Dwarf_Die *unit, Dwarf_Addr addr, struct source_pos *pos)
{
	Dwarf_Die *lexical, *scopes;
	int count;
	bool found = false;

	/*
	 * The scopes at an address lead from an inlined function to where it
	 * was written; those of its own entry lead to where it was inlined.
	 */
	count = dwarf_getscopes(unit, addr, &lexical);
	if (count <= 0)
		return false;
	count = dwarf_getscopes_die(&lexical[0], &scopes);
	if (count > 0) {
		found = walk_scopes(unit, scopes, count, pos);
		free(scopes);
	}
	free(lexical);
	return found;
}

static bool
find_position(struct source *s, uint64_t offset, struct source_pos *pos)
{
	Dwarf_Addr addr = offset - 1;
	Dwarf_Die unit;
	Dwarf_Line *line;
	const char *file;
	int number;

	if (!s->opened)
		source_open(s);
	if (s->dwarf == NULL || !find_unit(s->dwarf, addr, &unit))
		return false;
	line = dwarf_getsrc_die(&unit, addr);
	if (line == NULL || dwarf_lineno(line, &number) != 0 || number <= 0)
		return false;
	file = dwarf_linesrc(line, NULL, NULL);
	if (file == NULL)
		return false;
	pos->file = short_name(file);
	pos->line = (unsigned)number;
	return find_function(&unit, addr, pos);
}

/* The slot that has the offset or would get it. */
static struct source_slot *
slot_of(struct source_slot *slots, size_t slot_count, uint64_t offset)
{
	size_t i = (size_t)(offset * 0x9e3779b97f4a7c15u >> 32);

	for (;; i++) {
		struct source_slot *slot = &slots[i & (slot_count - 1)];

		if (slot->offset == offset || slot->offset == 0)
			return slot;
	}
}

static void
grow_slots(struct source *s)
{
	size_t slot_count = s->slot_count == 0 ? 256 : s->slot_count * 2;
	struct source_slot *slots = xcalloc(slot_count, sizeof(*slots));

	for (size_t i = 0; i < s->slot_count; i++) {
		struct source_slot *old = &s->slots[i];

		if (old->offset != 0)
			*slot_of(slots, slot_count, old->offset) = *old;
	}
	free(s->slots);
	s->slots = slots;
	s->slot_count = slot_count;
}

bool
source_lookup(struct source *s, uint64_t offset, struct source_pos *pos)
{
	struct source_slot *slot;

	if (offset == 0)
		return false;
	if (s->used_count * 2 >= s->slot_count)
		grow_slots(s);
	slot = slot_of(s->slots, s->slot_count, offset);
	if (slot->offset == 0) {
		struct source_pos found = { .line = 0 };

		if (!find_position(s, offset, &found))
			found.line = 0;
		slot->offset = offset;
		slot->pos = found;
		s->used_count++;
	}
	if (slot->pos.line == 0)
		return false;
	*pos = slot->pos;
	return true;
}

unsigned
source_line(struct source *s, uint64_t offset)
{
	struct source_pos pos;

	return source_lookup(s, offset, &pos) && !is_header(pos.file) ? pos.line : 0;
}

struct function_visit {
	source_function_fn *fn;
	void	*arg;
};

static int
visit_function(Dwarf_Die *die, void *arg)
{
	struct function_visit *visit = arg;
	const char *name = dwarf_diename(die);

	if (name != NULL)
		visit->fn(name, visit->arg);
	return DWARF_CB_OK;
}

void
source_each_function(struct source *s, source_function_fn *fn, void *arg)
{
	struct function_visit visit = { fn, arg };
	Dwarf_Off off = 0, next;
	Dwarf_Die unit;
	size_t header_size;

	if (!s->opened)
		source_open(s);
	while (s->dwarf != NULL && dwarf_nextcu(s->dwarf, off, &next, &header_size, NULL, NULL,
	    NULL) == 0) {
		if (dwarf_offdie(s->dwarf, off + header_size, &unit) != NULL)
			dwarf_getfuncs(&unit, visit_function, &visit, 0);
		off = next;
	}
}
