/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that come with viosim: where they are.  Their paths are those of the source tree
 * ("scenarios", "driver/viomb.yaml", "sim/include"), and `make install` keeps them.
 *
 * The places, in this order: the folders of VIOSIM_PATH, separated by colons; the folder of the
 * program; the one above it, which in a source tree is its top; share/viosim there, for a module
 * lib/viosim; and what the program was built for: where `make install` puts them, or, of one that
 * is not to be installed, the current folder.
 */
#ifndef VIOSIM_BASE_SHARE_H
#define VIOSIM_BASE_SHARE_H

/*
 * The path of `name` in the first of the places where it exists, heap; NULL: it is in none, or
 * not relative.  A module's name ends in ".so".
 */
char *share_installed(const char *name);

/* The same, but first as a path of the current folder: the user's own comes before ours. */
char *share_path(const char *name);

/* The places for `name`, for a message: "/a, /b and /c"; heap. */
char *share_searched(const char *name);

/* The path of the program, heap; NULL when the host does not say. */
char *share_program(void);

#endif /* VIOSIM_BASE_SHARE_H */
