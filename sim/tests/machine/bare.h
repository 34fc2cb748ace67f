/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rig of the machine tests: a bare machine, without kernel, device or driver.  What runs
 * in its contexts are functions of the tests that use the door (hw_*) as a kernel does.
 */
#ifndef VIOSIM_TESTS_MACHINE_BARE_H
#define VIOSIM_TESTS_MACHINE_BARE_H

#include <stdint.h>

#include "machine/world.h"

#define BARE_MARKS 200
#define BARE_TICK_NS UINT64_C(10000000)	/* hz is 100 */
#define BARE_PRIORITY 96

struct bare {
	struct world world;
	char order[BARE_MARKS + 1];	/* one letter for each thing that happened */
	unsigned marks;
	uint64_t number;		/* for the test at hand */
};

/* One CPU, 256 pages from frame 0 and 16 from frame 4096 on, everything recorded. */
void bare_config(struct world_config *config);
struct bare *bare_new(const struct world_config *config);	/* NULL: bare_config() */
void bare_free(struct bare *bare);

void bare_mark(struct bare *bare, char letter);
/* A thread on that CPU that runs fn(bare). */
struct context *bare_thread(struct bare *bare, unsigned cpu, int priority,
    void (*fn)(void *));
/* Step until nothing can happen, guarded against crashes; any world, once it may crash. */
void bare_go(struct bare *bare);
void bare_go_world(struct world *world);
void bare_catch_crashes(void);
/* The same with a thread on CPU 0 that runs fn(bare). */
void bare_run(struct bare *bare, void (*fn)(void *));
/* Recorded calls, as points: "before" and "after" it is the same call. */
void bare_call(enum hw_call call);
/* Things to run: a mark; three marks, each with a printf() or a delay() behind it. */
void bare_mark_a(void *bare);
void bare_mark_b(void *bare);
void bare_mark_c(void *bare);
void bare_three_a(void *bare);
void bare_three_b(void *bare);
/* A tick at a time, and the mark '.' after each. */
void bare_sleep_for_ever(void *bare);
/* The edge-triggered line HW_VEC_MSIX_CONFIG. */
void bare_raise_config(void *bare);
/* Arm a point for fn(bare), asserted to be possible. */
void bare_arm(struct bare *bare, enum point_kind kind, unsigned what, uint64_t countdown,
    void (*fn)(void *));
/* To strike with: an event, to see what it stands between, and the mark '*'. */
void bare_strike(void *bare);
unsigned bare_count(const struct bare *bare, enum event_kind kind);

/* A rig with other options: BARE_WITH(config.cpus = 2, config.event_limit = 40). */
#define BARE_WITH(...) ({ \
	struct world_config config; \
	bare_config(&config); \
	__VA_ARGS__; \
	bare_new(&config); \
})

/* A rig that is freed at the end of its block. */
#define BARE(name) __attribute__((cleanup(bare_end))) struct bare *name
static inline void
bare_end(struct bare **bare)
{
	bare_free(*bare);
}

/* A test in a world of default options: `bare`. */
#define BARE_TEST(name) TEST_WITH(name, struct bare *bare, bare_new(NULL), bare_free)

#endif /* VIOSIM_TESTS_MACHINE_BARE_H */
