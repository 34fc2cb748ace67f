/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Source positions of a module, by elfutils' libdw.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "run/module_file.h"
#include "run/source.h"

/* Of offsets below, which is all of any module, answers are remembered. */
#define KEPT_MAX (UINT64_C(1) << 26)

struct source_known {
	struct source_pos pos;		/* line 0: known to be unknown */
	unsigned own_line;		/* see source_line() */
};

/* A remembered name. */
struct source_named {
	uint64_t	 site, object_size, offset, size;
	char		 name[SOURCE_NAME];	/* empty: known to be unknown */
};

struct source {
	const char	*image;
	size_t		 size;
	bool		 opened;	/* tried to */
	Elf		*elf;		/* in image; NULL: it is no such file */
	Dwarf		*dwarf;		/* NULL: there is none */
	struct { VEC_MEMBERS(struct source_known); } known;
	struct { VEC_MEMBERS(uint32_t); } number;	/* by offset: of what is known, from 1 */
	struct { VEC_MEMBERS(struct source_named); } named;
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
	vec_fini(&s->known);
	vec_fini(&s->number);
	vec_fini(&s->named);
	free(s);
}

/* Opened when it is first asked for; NULL: there is none. */
static Dwarf *
dwarf_of(struct source *s)
{
	if (s->opened)
		return s->dwarf;
	s->opened = true;
	/* libelf writes to an image only what it converts, and here nothing is. */
	if (elf_version(EV_CURRENT) != EV_NONE)
		s->elf = elf_memory((char *)(uintptr_t)s->image, s->size);
	if (s->elf != NULL)
		s->dwarf = dwarf_begin_elf(s->elf, DWARF_C_READ, NULL);
	return s->dwarf;
}

/* The unit after *cu (NULL: the first). */
static bool
next_unit(struct source *s, Dwarf_CU **cu, Dwarf_Die *unit)
{
	return dwarf_of(s) != NULL &&
	    dwarf_get_units(s->dwarf, *cu, cu, NULL, NULL, unit, NULL) == 0;
}

/* The unit whose code is at the address; clang writes no index of them. */
static bool
find_unit(struct source *s, Dwarf_Addr addr, Dwarf_Die *unit)
{
	Dwarf_CU *cu = NULL;

	while (next_unit(s, &cu, unit))
		if (dwarf_haspc(unit, addr) == 1)
			return true;
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

	if (!find_unit(s, addr, &unit))
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

/* What is known of an offset; NULL: nothing. */
static const struct source_known *
known_at(struct source *s, uint64_t offset)
{
	const struct source_known *known;
	struct source_known *found;

	if (offset == 0 || offset >= KEPT_MAX)
		return NULL;
	if (offset >= s->number.count)
		vec_add_n(&s->number, offset + 1 - s->number.count);
	if (s->number.item[offset] == 0) {
		found = vec_add(&s->known);
		if (!find_position(s, offset, &found->pos))
			found->pos.line = 0;
		else if (!is_header(found->pos.file))
			found->own_line = found->pos.line;
		s->number.item[offset] = (uint32_t)s->known.count;
	}
	known = &s->known.item[s->number.item[offset] - 1];
	return known->pos.line != 0 ? known : NULL;
}

bool
source_lookup(struct source *s, uint64_t offset, struct source_pos *pos)
{
	const struct source_known *known = known_at(s, offset);

	if (known != NULL)
		*pos = known->pos;
	return known != NULL;
}

unsigned
source_line(struct source *s, uint64_t offset)
{
	const struct source_known *known = known_at(s, offset);

	return known != NULL ? known->own_line : 0;
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
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (next_unit(s, &cu, &unit))
		dwarf_getfuncs(&unit, visit_function, &visit, 0);
}

/* ---- the driver's text ---- */

/* A source and its text, each with a NUL behind it, as viosim-cc puts them one after another. */
struct source_piece {
	const char *name, *text;
	size_t	 length;
};

/* The n-th; false: there are fewer. */
static bool
piece_at(struct source *s, unsigned n, struct source_piece *piece)
{
	size_t size = 0;
	const char *at, *end;

	(void)dwarf_of(s);
	at = s->elf != NULL ? module_elf_section(s->elf, ".viosim.source", &size) : NULL;
	if (at == NULL)
		return false;
	for (end = at + size;; at = piece->text + piece->length + 1) {
		piece->name = at;
		if (at >= end || (at += strnlen(at, (size_t)(end - at)) + 1) >= end)
			return false;
		piece->text = at;
		piece->length = strnlen(at, (size_t)(end - at));
		if (n-- == 0)
			return true;
	}
}

const char *
source_text_file(struct source *s, unsigned n)
{
	struct source_piece piece;

	return piece_at(s, n, &piece) ? piece.name : NULL;
}

const char *
source_text_all(struct source *s, const char *file, size_t *length)
{
	struct source_piece piece;

	for (unsigned n = 0; piece_at(s, n, &piece); n++)
		if (strcmp(piece.name, file) == 0) {
			*length = piece.length;
			return piece.text;
		}
	return NULL;
}

const char *
source_text(struct source *s, const char *file, unsigned line, size_t *length)
{
	size_t size = 0;
	const char *text = source_text_all(s, file, &size);

	for (; text != NULL && line > 1; line--) {
		const char *next = memchr(text, '\n', size);

		if (next == NULL)
			return NULL;
		size -= (size_t)(next + 1 - text);
		text = next + 1;
	}
	if (text == NULL || line == 0 || size == 0)
		return NULL;
	*length = memchr(text, '\n', size) != NULL ?
	    (size_t)((const char *)memchr(text, '\n', size) - text) : size;
	return text;
}

/* ---- names of memory ---- */

/* The type behind names and qualifiers; false: void. */
static bool
type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) != NULL &&
	    dwarf_formref_die(&attr, type) != NULL &&
	    dwarf_peel_type(type, type) == 0;
}

static uint64_t
bytes_of(Dwarf_Die *type)
{
	Dwarf_Word size;

	return dwarf_aggregate_size(type, &size) == 0 ? size : 0;
}

/* The member of a structure that has all those bytes, and where it begins. */
static bool
member_at(Dwarf_Die *structure, uint64_t offset, uint64_t size, Dwarf_Die *member,
    Dwarf_Die *type, uint64_t *start)
{
	Dwarf_Attribute attr;
	Dwarf_Word at;

	if (dwarf_child(structure, member) != 0)
		return false;
	do {
		at = 0;
		if (dwarf_tag(member) != DW_TAG_member || !type_of(member, type))
			continue;
		if (dwarf_attr(member, DW_AT_data_member_location, &attr) != NULL &&
		    dwarf_formudata(&attr, &at) != 0)
			continue;
		if (dwarf_attr(member, DW_AT_data_bit_offset, &attr) != NULL &&
		    dwarf_formudata(&attr, &at) == 0)
			at /= 8;
		if (offset >= at && offset + size <= at + bytes_of(type)) {
			*start = at;
			return true;
		}
	} while (dwarf_siblingof(member, member) == 0);
	return false;
}

/* "sc_req.vr_pfns[3]" of a type, begun with `begin`; false: they are no part of it. */
static bool
print_part(Dwarf_Die type, uint64_t offset, uint64_t size, const char *begin,
    FILE *text)
{
	const char *separator = begin;
	Dwarf_Die inner, member;
	uint64_t start;

	if (offset + size > bytes_of(&type))
		return false;
	for (;;) {
		if (dwarf_tag(&type) == DW_TAG_structure_type &&
		    member_at(&type, offset, size, &member, &inner, &start)) {
			if (dwarf_diename(&member) != NULL) {
				fprintf(text, "%s%s", separator, dwarf_diename(&member));
				separator = ".";
			}
			offset -= start;
		} else if (dwarf_tag(&type) == DW_TAG_array_type && type_of(&type, &inner) &&
		    bytes_of(&inner) != 0 &&
		    offset % bytes_of(&inner) + size <= bytes_of(&inner)) {
			fprintf(text, "[%llu]",
			    (unsigned long long)(offset / bytes_of(&inner)));
			offset %= bytes_of(&inner);
		} else
			return true;
		type = inner;
	}
}

/* By a pointer to such a structure, of a function or a block in it. */
static bool
name_by_pointer(Dwarf_Die *scope, const struct source_named *named, FILE *text)
{
	Dwarf_Die var, type;

	if (dwarf_child(scope, &var) != 0)
		return false;
	do {
		int tag = dwarf_tag(&var);
		const char *name = dwarf_diename(&var);

		if (name == NULL ||
		    (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) ||
		    !type_of(&var, &type) || dwarf_tag(&type) != DW_TAG_pointer_type ||
		    !type_of(&type, &type) || dwarf_tag(&type) != DW_TAG_structure_type ||
		    bytes_of(&type) != named->object_size)
			continue;
		fprintf(text, "%s", name);
		return print_part(type, named->offset, named->size, "->", text);
	} while (dwarf_siblingof(&var, &var) == 0);
	return false;
}

static bool
name_in_scopes(Dwarf_Die *unit, const struct source_named *named, FILE *text)
{
	Dwarf_Die *scopes;
	int count = dwarf_getscopes(unit, named->site - 1, &scopes);
	bool found = false;

	for (int i = 0; i < count && !found; i++)
		found = dwarf_tag(&scopes[i]) != DW_TAG_compile_unit &&
		    name_by_pointer(&scopes[i], named, text);
	if (count > 0)
		free(scopes);
	return found;
}

/* The variable of the module at an address, if the entry is it; clang numbers addresses. */
static bool
is_variable_at(Dwarf_Die *var, uint64_t address, Dwarf_Die *type, uint64_t *start)
{
	Dwarf_Attribute attr, place;
	Dwarf_Op *op;
	size_t count;

	if (dwarf_tag(var) != DW_TAG_variable || dwarf_diename(var) == NULL ||
	    dwarf_attr(var, DW_AT_location, &attr) == NULL ||
	    dwarf_getlocation(&attr, &op, &count) != 0 || count != 1 || !type_of(var, type))
		return false;
	if (op[0].atom == DW_OP_addr)
		*start = op[0].number;
	else if (op[0].atom != DW_OP_addrx ||
	    dwarf_getlocation_attr(&attr, &op[0], &place) != 0 ||
	    dwarf_formaddr(&place, start) != 0)
		return false;
	return address >= *start && address < *start + bytes_of(type);
}

/* Among what the unit declares: a variable there, or a structure of that size. */
static bool
name_in_unit(Dwarf_Die *unit, const struct source_named *named, FILE *text)
{
	Dwarf_Die die, type;
	uint64_t start;

	if (dwarf_child(unit, &die) != 0)
		return false;
	do {
		if (named->object_size == 0) {
			if (!is_variable_at(&die, named->offset, &type, &start))
				continue;
			fprintf(text, "%s", dwarf_diename(&die));
			return print_part(type, named->offset - start, named->size, ".", text);
		}
		if (dwarf_tag(&die) == DW_TAG_structure_type && dwarf_diename(&die) != NULL &&
		    bytes_of(&die) == named->object_size) {
			fprintf(text, "%s", dwarf_diename(&die));
			return print_part(die, named->offset, named->size, ".", text);
		}
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static void
find_name(struct source *s, struct source_named *named)
{
	struct sbuf buf;
	FILE *text = sbuf_open(&buf);
	bool found = false;
	Dwarf_Die unit;

	if (named->site != 0 && find_unit(s, named->site - 1, &unit))
		found = (named->object_size != 0 && name_in_scopes(&unit, named, text)) ||
		    name_in_unit(&unit, named, text);
	snprintf(named->name, sizeof(named->name), "%s", sbuf_close(&buf));
	free(buf.text);
	if (!found)
		named->name[0] = '\0';
}

bool
source_name(struct source *s, uint64_t site, uint64_t object_size, uint64_t offset,
    uint64_t size, char *name, size_t name_size)
{
	struct source_named *named = NULL;

	for (size_t i = 0; i < s->named.count && named == NULL; i++)
		if (s->named.item[i].site == site && s->named.item[i].offset == offset &&
		    s->named.item[i].object_size == object_size &&
		    s->named.item[i].size == size)
			named = &s->named.item[i];
	if (named == NULL) {
		named = vec_add(&s->named);
		*named = (struct source_named){
			.site = site, .object_size = object_size, .offset = offset,
			.size = size,
		};
		find_name(s, named);
	}
	if (named->name[0] == '\0')
		return false;
	snprintf(name, name_size, "%s", named->name);
	return true;
}
