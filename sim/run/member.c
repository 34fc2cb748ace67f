/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Members of a struct, by elfutils' libdw.
 */
#include "run/member.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 4		/* of structs in structs */

static bool
is_state(Dwarf_Die *die, size_t whole)
{
	const char *name = dwarf_diename(die);
	size_t length = name != NULL ? strlen(name) : 0;

	return dwarf_tag(die) == DW_TAG_structure_type && length > 6 &&
	    strcmp(name + length - 6, "_softc") == 0 &&
	    dwarf_bytesize(die) == (int)whole;
}

static bool
find_state(Dwarf *dwarf, size_t whole, Dwarf_Die *state)
{
	Dwarf_Off off = 0, next;
	size_t header_size;
	Dwarf_Die unit;

	for (; dwarf_nextcu(dwarf, off, &next, &header_size, NULL, NULL, NULL) == 0;
	    off = next) {
		if (dwarf_offdie(dwarf, off + header_size, &unit) == NULL ||
		    dwarf_child(&unit, state) != 0)
			continue;
		do {
			if (is_state(state, whole))
				return true;
		} while (dwarf_siblingof(state, state) == 0);
	}
	return false;
}

/* Where a member lies, and of which type it is; false if nobody can tell. */
static bool
look_at(Dwarf_Die *member, size_t *low, size_t *bytes, Dwarf_Die *type)
{
	Dwarf_Attribute attr;
	Dwarf_Word at = 0, size;

	if (dwarf_tag(member) != DW_TAG_member ||
	    dwarf_hasattr(member, DW_AT_data_bit_offset))
		return false;
	if (dwarf_attr(member, DW_AT_data_member_location, &attr) != NULL &&
	    dwarf_formudata(&attr, &at) != 0)
		return false;
	if (dwarf_formref_die(dwarf_attr(member, DW_AT_type, &attr), type) == NULL ||
	    dwarf_peel_type(type, type) != 0 || dwarf_aggregate_size(type, &size) != 0)
		return false;
	*low = at;
	*bytes = size;
	return true;
}

/* The one member that has a part of these bytes, and where it begins; false: none or several. */
static bool
one_member(Dwarf_Die *whole, size_t offset, size_t size, Dwarf_Die *found, Dwarf_Die *type,
    size_t *low)
{
	Dwarf_Die member, its_type;
	size_t its_low, bytes;
	unsigned members = 0;

	if (dwarf_child(whole, &member) != 0)
		return false;
	do {
		if (!look_at(&member, &its_low, &bytes, &its_type) ||
		    its_low >= offset + size || its_low + bytes <= offset)
			continue;
		members++;
		*found = member;
		*type = its_type;
		*low = its_low;
	} while (dwarf_siblingof(&member, &member) == 0);
	return members == 1;
}

static bool
name_in(Dwarf_Die *state, size_t offset, size_t size, char *name, size_t name_size)
{
	Dwarf_Die whole = *state, member, type;
	size_t length = 0, low;

	name[0] = '\0';
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const char *part;

		if (!one_member(&whole, offset, size, &member, &type, &low))
			break;
		part = dwarf_diename(&member);
		if (part != NULL && length < name_size)
			length += (size_t)snprintf(name + length, name_size - length, "%s%s",
			    length > 0 ? "." : "", part);
		if (dwarf_tag(&type) != DW_TAG_structure_type)
			break;
		whole = type;
		offset -= low < offset ? low : offset;
	}
	return length > 0 && length < name_size;
}

bool
member_name(const char *path, size_t whole, size_t offset, size_t size, char *name,
    size_t name_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Dwarf *dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
	Dwarf_Die state;
	bool found;

	found = dwarf != NULL && find_state(dwarf, whole, &state) &&
	    name_in(&state, offset, size, name, name_size);
	if (dwarf != NULL)
		dwarf_end(dwarf);
	if (fd >= 0)
		close(fd);
	return found;
}
