/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that come with viosim (scenarios, manifests, findings, driver modules): where they are.
 */
#ifndef VIOSIM_BASE_SHARE_H
#define VIOSIM_BASE_SHARE_H

/*
 * The path of `name` ("scenarios", "driver/viomb.yaml"): the first that exists in the folders of
 * VIOSIM_PATH (separated by colons), in the current folder, beside the program, in the folder
 * above that, in share/viosim of that and in the data folder it was built for.  Heap; NULL: there
 * is none, or the name is not relative.
 */
char *share_path(const char *name);

/* The same, but only in the places from the program's folder on. */
char *share_installed(const char *name);

/* The path of the program, heap; NULL when the host does not say. */
char *share_program(void);

#endif /* VIOSIM_BASE_SHARE_H */
