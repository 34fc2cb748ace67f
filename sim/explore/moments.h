/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points: the places of a run at which something from outside could get in, or a call fail.
 *
 * A point is named as a scenario names it: the nth call of a kernel function, before or after
 * its effect, or the nth access to memory at a line of the driver, counted from power on.
 * So whatever is placed at one is an ordinary step at the head of a scenario.
 *
 * Accesses are listed when they go to memory that several contexts can reach, that is, not to
 * a stack; counted are all at that line.  The list ends where the guest restarts: nothing that
 * was armed at power on strikes after that.
 */
#ifndef VIOSIM_EXPLORE_MOMENTS_H
#define VIOSIM_EXPLORE_MOMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/trace.h"
#include "scenario/scenario.h"

enum moment_kind { MOMENT_BEFORE, MOMENT_AFTER, MOMENT_ACCESS };

/*
 * Things that two contexts can have in common.  Two points' work is independent when neither
 * touches what the other writes; whatever is not known to be independent is not.
 */
struct moment_touch {
	uint64_t thing;			/* kind and number; memory: its 4-byte cell */
	bool write;
};
#define MOMENT_TOUCHES 4

struct moment {
	enum moment_kind kind;
	uint16_t call;			/* enum hw_call; 0 for an access */
	unsigned line;			/* of the driver; 0: unknown or in a header.  No point of
					   a scenario comes to an access with line 0 */
	uint32_t nth;			/* of that call, or of accesses at that line; from 1 */
	uint32_t site;			/* driver position, 0 if none */
	uint32_t seq;			/* events so far: the number of the next one */
	uint32_t ctx;			/* context */
	enum hw_context ctx_kind;
	uint8_t ipl;
	int queue;			/* of the call, or -1 */
	uint64_t faults;		/* that the kernel can produce at this entry to a call: a
					   bit for each row of the catalogue */
	uint64_t stack;			/* hash of the driver positions on the call stack */
	bool everything;		/* touches more than is known */
	struct moment_touch touch[MOMENT_TOUCHES];	/* what is done between this point and the
						   context's next */
	unsigned touches;
};

struct moments {
	VEC_MEMBERS(struct moment);
	/*
	 * 0: all points of a run are listed.  Else only those from where the run is struck by an
	 * armed point for that time (the first item says which context) up to the next of the
	 * same context, which costs less.
	 */
	unsigned strike;
};

void moments_init(struct moments *moments);
void moments_fini(struct moments *moments);
void moments_clear(struct moments *moments);

/*
 * Whether what is done at `a` and at `b`, by two contexts, may be exchanged without any
 * difference.  What is done after a call's effect, up to the next point, is nothing: it is
 * independent of everything.  Not counted as a difference: the order of lines on the console,
 * and in which order sleepers are made runnable (who runs next is a choice of its own).
 */
bool moments_are_independent(const struct moment *a, const struct moment *b);

/* A line that is no line of the driver's own file cannot be named by a scenario. */
bool moment_can_be_named(const struct moment *moment);

/* The point as a scenario's point (its name is static). */
struct scenario_point moment_point(const struct moment *moment);

/* "before virtio_dequeue#2 (line 312)", "access 2 at line 312", for reports. */
void moment_print(const struct moment *moment, FILE *stream);

#endif /* VIOSIM_EXPLORE_MOMENTS_H */
