/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which lines of a driver access memory, as its instrumented module tells.
 */
#ifndef VIOSIM_RUN_MODULE_LINES_H
#define VIOSIM_RUN_MODULE_LINES_H

#include <stdbool.h>

#include "run/module.h"

/*
 * Does the driver's text access memory at that line?  `*below` and `*above` become the nearest
 * lines before and behind it that do, 0 where there is none.  Goes through the whole module: for
 * messages, not for each run.
 */
bool module_line_has_access(struct module *module, unsigned line, unsigned *below,
    unsigned *above);

#endif /* VIOSIM_RUN_MODULE_LINES_H */
