/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of a driver's own variables: which member of its state lies where.
 */
#ifndef VIOSIM_RUN_MEMBER_H
#define VIOSIM_RUN_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The member that has the bytes [offset, offset + size) of the driver's state, a struct of
 * `whole` bytes whose name ends in _softc: "sc_npages", "sc_req.bl_pages".  By the DWARF of the
 * module at that path.  False when there is no such struct, or when several members share these
 * bytes.
 */
bool member_name(const char *path, size_t whole, size_t offset, size_t size, char *name,
    size_t name_size);

#endif /* VIOSIM_RUN_MEMBER_H */
