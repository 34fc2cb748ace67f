/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores by hand, for tests of rules: an event stream (stream.h) with memory, and
 * contexts that touch it as instrumented code reports.
 */
#ifndef VIOSIM_TESTS_RULES_LOADS_H
#define VIOSIM_TESTS_RULES_LOADS_H

#include "machine/world.h"
#include "tests/rules/stream.h"

#define LOADS_WORDS 2048		/* two pages */
#define LOADS_SOFTC_WORDS 512		/* of the first */

enum { LOADS_AUTOCONF = 1, LOADS_IRQ, LOADS_THREAD, LOADS_OTHER, LOADS_IRQ2, LOADS_CONTEXTS };
enum { LOADS_IPL_NONE = 0, LOADS_IPL_VM = 6 };

struct loads {
	struct stream s;
	struct world world;		/* memory, accesses and running contexts; never runs */
	struct context ctx[LOADS_CONTEXTS];
	_Alignas(4096) uint32_t word[LOADS_WORDS];
	uint16_t tag[LOADS_WORDS + 2];
	uint64_t pfn[MEMORY_ARENA_PAGES];
	uint32_t where[LOADS_WORDS + 2];
};

/* What compilers call. */
void	__tsan_read1(void *);
void	__tsan_read4(void *);
void	__tsan_read8(void *);
void	__tsan_write1(void *);
void	__tsan_write4(void *);
void	__tsan_write8(void *);
void	__tsan_volatile_read4(void *);
void	__tsan_volatile_write4(void *);

/* Begins as autoconf, with contexts for all of the above and the softc at word[0]. */
void loads_init(struct loads *l);
void loads_fini(struct loads *l);

/* This context goes on, at that level, on CPU 0; loads_on(): on another. */
void loads_as(struct loads *l, uint32_t context, int ipl);
void loads_on(struct loads *l, uint32_t context, int ipl, unsigned cpu);

/* Mutex m is taken, released. */
void loads_take(struct loads *l, uint64_t m);
void loads_leave(struct loads *l, uint64_t m);

/* A whole call of the driver's vq_done or config_change in context LOADS_IRQ. */
void loads_enter_interrupt(struct loads *l, enum hw_callback what);
void loads_leave_interrupt(struct loads *l, enum hw_callback what);

#define LOADS_FIXTURE(name) RULES_FIXTURE(loads, name)

#endif /* VIOSIM_TESTS_RULES_LOADS_H */
