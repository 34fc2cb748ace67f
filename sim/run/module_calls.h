/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which kernel functions a driver's code calls, and where.
 */
#ifndef SIM_RUN_MODULE_CALLS_H
#define SIM_RUN_MODULE_CALLS_H

#include "run/module.h"
#include "run/source.h"

/*
 * Call `fn` for each instruction of the module that refers to something it does not define, in
 * the order of the file.  Some stand several times for one line (inlined functions).
 */
typedef void	module_call_fn(const char *name, const struct source_pos *pos, void *arg);
void	module_each_call(struct module *, module_call_fn *fn, void *arg);

#endif /* SIM_RUN_MODULE_CALLS_H */
