/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver's code refers to, and where: kernel functions, and memory, of which its
 * instrumentation tells.
 */
#ifndef SIM_RUN_MODULE_CALLS_H
#define SIM_RUN_MODULE_CALLS_H

#include <stdbool.h>

#include "run/module.h"
#include "run/source.h"

/*
 * Call `fn` for each instruction of the module that refers to something it does not define, in
 * the order of the file.  Some stand several times for one line (inlined functions).
 */
typedef void	module_call_fn(const char *name, const struct source_pos *pos, void *arg);
void	module_each_call(struct module *, module_call_fn *fn, void *arg);

/*
 * Does the driver's text access memory at that line?  `*below` and `*above` become the nearest
 * lines before and behind it that do, 0 where there is none.  Goes through the whole module: for
 * messages, not for each run.
 */
bool module_line_has_access(struct module *module, unsigned line, unsigned *below,
    unsigned *above);

#endif /* SIM_RUN_MODULE_CALLS_H */
