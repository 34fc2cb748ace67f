/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bring a driver module into this process.  For sim/run/module.c only.
 */
#ifndef SIM_RUN_MODULE_LOAD_H
#define SIM_RUN_MODULE_LOAD_H

#include <stdio.h>

#include "run/module_file.h"

/*
 * The handle of dlopen(), or NULL with a line in `why`.  A child process loads the module first:
 * the dynamic linker trusts what it reads, and a constructor runs before anything can guard
 * against it.  What dies or hangs there never gets into this process.
 *
 * What is loaded is no longer backed by the file: that may be replaced or overwritten.
 */
void	*module_load(const struct module_file *, FILE *why);

#endif /* SIM_RUN_MODULE_LOAD_H */
