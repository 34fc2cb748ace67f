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
#ifndef VIOSIM_EXPLORE_INJECT_H
#define VIOSIM_EXPLORE_INJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "machine/trace.h"
#include "scenario/scenario.h"

struct module;
struct recorder;
struct world;

enum inject_kind { INJECT_BEFORE, INJECT_AFTER, INJECT_ACCESS };

/*
 * Things that two contexts can have in common.  Two points' work is independent when neither
 * touches what the other writes; whatever is not known to be independent is not.
 */
struct inject_touch {
	uint64_t thing;			/* kind and number; memory: its 4-byte cell */
	bool write;
};
#define INJECT_TOUCHES 4

struct inject_point {
	enum inject_kind kind;
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
	bool others;			/* something can run on another CPU */
	uint64_t faults;		/* that the kernel can produce at this entry to a call: a
					   bit for each row of the catalogue */
	uint64_t stack;			/* hash of the driver positions on the call stack */
	bool everything;		/* touches more than is known */
	struct inject_touch touch[INJECT_TOUCHES];	/* what is done between this point and the
						   context's next */
	unsigned touches;
};

/* All-zero: none; vec_fini() ends it. */
struct inject_points {
	VEC_MEMBERS(struct inject_point);
	/*
	 * 0: all points of a run are listed.  Else only those from where the run is struck by an
	 * armed point for that time (the first item says which context) up to the next of the
	 * same context, which costs less.
	 */
	unsigned strike;
};

/*
 * Whether what is done at `a` and at `b`, by two contexts, may be exchanged without any
 * difference.  What is done after a call's effect, up to the next point, is nothing: it is
 * independent of everything.  Not counted as a difference: the order of lines on the console,
 * and in which order sleepers are made runnable (who runs next is a choice of its own).
 */
bool inject_points_independent(const struct inject_point *a, const struct inject_point *b);

/* Does one of them write a thing that the other touches (`a_writes`: is it `a`)? */
bool inject_points_share(const struct inject_point *a, const struct inject_point *b,
    bool a_writes);

/* A line that is no line of the driver's own file cannot be named by a scenario. */
bool inject_point_has_name(const struct inject_point *ip);

/* The point as a scenario's point (its name is static). */
struct scenario_point inject_point_place(const struct inject_point *ip);

/*
 * What comes from outside touches, apart from the handlers it starts: the configuration, queues
 * (bits), and what depends on the time.
 */
void inject_host_touches(bool config, unsigned queues, struct inject_point *ip);

/* Of the kernel's heap: where in it (bytes), if that is what the thing is. */
bool inject_heap_offset(uint64_t thing, size_t *offset);

/* The recorder looks on at runs, and lists their points. */
struct recorder *recorder_new(void);
void recorder_free(struct recorder *recorder);	/* NULL is fine */
/*
 * The next run of which recorder_start() hears, of that module, goes into that list, from the
 * beginning.
 */
void recorder_into(struct recorder *recorder, struct module *module,
    struct inject_points *points);
/* For struct run_options: `recorder` is a struct recorder. */
void recorder_start(void *recorder, struct world *world);

#endif /* VIOSIM_EXPLORE_INJECT_H */
