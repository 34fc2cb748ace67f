/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that touches wild memory is a finding, not the death of viosim.
 *
 * While armed, SIGSEGV, SIGBUS, SIGFPE and SIGILL that hit simulated code end the current
 * world (WORLD_CRASH) and control returns to where crash_armed() was entered.  So does a
 * loop that never reaches a point nor an instrumented access (SIGVTALRM of a CPU-time
 * limit; the verdict is the same in every run, only its position is where it was caught).
 */
#ifndef VIOSIM_MACHINE_CRASH_H
#define VIOSIM_MACHINE_CRASH_H

#include <stdbool.h>

struct world;

/* CPU seconds that a run may take; only a driver that loops without any access comes near. */
#define CRASH_SECONDS 20

/* Install the handlers on a stack of their own, if this process has not yet. */
void crash_install(void);
/* CPU seconds that one uninterrupted piece of simulated code may take; 0 switches it off. */
void crash_limit(unsigned seconds);

/*
 * Run fn(arg) for the world; false if a signal ended it (world->end says how).
 */
bool crash_guard(struct world *world, void (*fn)(void *arg), void *arg);

#endif /* VIOSIM_MACHINE_CRASH_H */
