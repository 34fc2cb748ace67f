/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor of the benchmark: the same driver over kernel functions that do nothing.
 *
 * floor.c is linked with the driver's object into a module of its own; base C types only, for
 * both sides include this.
 */
#ifndef VIOSIM_BENCH_FLOOR_H
#define VIOSIM_BENCH_FLOOR_H

#include <stdint.h>

#define FLOOR_PAGES_MAX 8192

/* Once after the module was loaded or reset. */
void floor_prepare(void);

/*
 * Attach the driver, let its thread inflate by `pages` and deflate again, 256 pages a
 * request (FLOOR_PAGES_MAX at most), and leave the thread where it then waits.  Returns the
 * requests that it made.
 */
uint64_t floor_run(const void *cfattach, uint32_t pages);

#endif /* VIOSIM_BENCH_FLOOR_H */
