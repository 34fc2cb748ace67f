/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver that touches wild memory or traps is a finding, not the death of viosim.
 *
 * While armed, signals of simulated code end the current world and control returns to where
 * crash_guard() was entered: WORLD_CRASH for wild memory, WORLD_STACK below a kernel stack,
 * WORLD_TRAP for what the processor refuses (a division by zero, an instruction that there is
 * not, a privileged one, a breakpoint) and for a system call of the host, which a kernel has none
 * of.
 *
 * A driver can also change the processor's state such that viosim's own code traps (flags, FS,
 * floating-point exceptions) or goes wrong (the direction of string instructions): that is put
 * back, the code goes on, and the world ends with WORLD_TRAP at its next event.
 *
 * A run that takes more processor time than crash_limit() allows dies of SIGPROF, and whatever
 * is our own fault of its signal.  Neither is a verdict.  What ran then stands in the note.
 */
#ifndef VIOSIM_MACHINE_CRASH_H
#define VIOSIM_MACHINE_CRASH_H

#include <stdbool.h>
#include <stdint.h>

struct world;

/*
 * Seconds of processor time (user and system) that a run may take.  A safety net: what a driver
 * can do is bounded by counts (loop.h, the limits of a scenario), which take a second at most.
 */
#define CRASH_SECONDS 60

/* What was being done when a process died; all zero: nothing is known. */
struct crash_note {
	bool in_run;
	bool diagnostic;		/* which module */
	uint32_t site;			/* driver position, as world_site_of(); 0: not in it */
	uint64_t time_ns;		/* virtual */
	uint32_t events;
};

/* Where to leave the note: memory that outlives this process, or NULL. */
void crash_note_to(struct crash_note *note);

/* Install the handlers on a stack of their own, if this process has not yet. */
void crash_install(void);
/* From now on, so many seconds; 0 switches it off. */
void crash_limit(unsigned seconds);

/*
 * Run fn(arg) for the world; false if a signal ended it (world->end says how).
 */
bool crash_guard(struct world *world, void (*fn)(void *arg), void *arg);

#if defined(__x86_64__)
#define CRASH_FLAG_DIRECTION 0x400u

/* The driver has set that flag: clears it, and the world ends with its next event. */
void crash_direction(struct world *world);

/* First of all where the driver's code enters viosim's; a few cycles. */
static inline __attribute__((always_inline)) void
crash_check_direction(struct world *world)
{
	if (__builtin_expect((__builtin_ia32_readeflags_u64() & CRASH_FLAG_DIRECTION) != 0, 0))
		crash_direction(world);
}
#else
static inline void
crash_check_direction(struct world *world)
{
	(void)world;
}
#endif

#endif /* VIOSIM_MACHINE_CRASH_H */
