/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Effects: what a kernel call or an access has in common with what others do.  For recorder.c.
 *
 * The order in which sleepers are made runnable is none: who runs next is a choice of its own.
 */
#ifndef VIOSIM_EXPLORE_EFFECT_H
#define VIOSIM_EXPLORE_EFFECT_H

#include "explore/inject.h"
#include "machine/world.h"

struct module;

struct effects {
	struct { VEC_MEMBERS(bool); } spins;	/* by mutex */
	bool can_fail[HW_CALLS];	/* the fault catalogue has a row */
};

void effects_init(struct effects *effects);
void effects_fini(struct effects *effects);
/* Another run: mutexes are numbered anew. */
void effects_start(struct effects *effects);

/* What is done between the call's entry (the event) and its exit. */
void effects_of_call(struct effects *effects, struct world *world, const struct event *event,
    struct inject_point *ip);

/* Memory that more than one context can reach: the kernel's heap and the driver's variables. */
bool effects_are_shared(const struct world *world, const struct module *module,
    uintptr_t address);
void effects_of_access(const struct world *world, const struct module *module,
    uintptr_t address, unsigned size, bool write, struct inject_point *ip);

/* Of the kernel's heap: where in it (bytes), if that is what the thing is. */
bool effects_heap_offset(uint64_t thing, size_t *offset);

/*
 * What comes from outside touches, apart from the handlers it starts: the configuration, queues
 * (bits), and what depends on the time.
 */
void effects_of_host(bool config, unsigned queues, struct inject_point *ip);

#endif /* VIOSIM_EXPLORE_EFFECT_H */
