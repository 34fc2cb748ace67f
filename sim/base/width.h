/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef VIOSIM_BASE_WIDTH_H
#define VIOSIM_BASE_WIDTH_H

#include <stdio.h>

#define WIDTH_DEFAULT 100
#define WIDTH_MIN 40

/*
 * Columns to fill: as COLUMNS says, else what the terminal says, else WIDTH_DEFAULT, so that what
 * goes into a file or a pipe is the same everywhere.  At least WIDTH_MIN.
 */
unsigned width_of(FILE *stream);

#endif /* VIOSIM_BASE_WIDTH_H */
