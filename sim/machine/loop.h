/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loops of the driver that let no time pass.
 *
 * viosim-cc has the driver call __sanitizer_cov_trace_pc() once in each round of each loop.
 * What a driver does while virtual time stands still has four limits: rounds of loops, memory
 * accesses, points (kernel calls), and the text of its messages.  All are counts, so that where a
 * run ends does not depend on the host.  What takes the host longer costs rounds as well: an access
 * that is volatile or atomic LOOP_ODD, one of many bytes one for each ACCESS_CELL of them, and
 * what the kernel does with many bytes one for each LOOP_BYTES.
 *
 * Shortly before one of them is reached each round is looked at, to tell which loop it is: the
 * innermost function that was not left all the while, and where in it rounds began.  The same is
 * done early, at a small part of the limits: whoever knows loops that never end can be asked
 * then whether this is one of them, and saves the rest (`is_known`).
 *
 * A loop that lets time pass, as with delay(9), ends at the limit of events.  It is looked at, and
 * asked about, in the same way when for long there was nothing but events of the driver's own.
 */
#ifndef VIOSIM_MACHINE_LOOP_H
#define VIOSIM_MACHINE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "door.h"

#define LOOP_SITES 32		/* places in a loop that are kept, lowest first */
#define LOOP_ODD 16
#define LOOP_BYTES 64

struct world;

/* What a context did while it was looked at. */
struct loop_seen {
	uintptr_t frame;		/* of the function that it did not leave; 0: nothing yet */
	uint32_t site[LOOP_SITES];	/* where rounds began, as world_site_of() */
	unsigned sites;
};

/* True: the run is to end now. */
typedef bool loop_is_known(void *arg, const struct loop_seen *seen);

struct loop {
	uint64_t left;			/* rounds until the next look */
	uint64_t instalment;		/* what `left` began as */
	uint64_t rounds;		/* looked at, since time moved */
	uint64_t accesses;		/* access_count() when time moved */
	uint64_t text;			/* bytes of text in the record then */
	uint64_t kept;			/* blocks of kmem(9) that the driver has, */
	uint64_t kept_most, kept_least;	/* and since time moved */
	uint32_t quiet;			/* events when the device, the scenario or an interrupt
					   was last heard of */
	bool watching, was_early;
	bool by_events;			/* watching whether time passes or not */
	bool was_asked;			/* about the loop that only the limit of events ends */
	unsigned watched;		/* rounds */
	loop_is_known *is_known;	/* NULL: nobody is asked */
	void *arg;
	struct loop_seen seen[HW_CONTEXTS + 1];
};

void loop_init(struct loop *loop);
/* Whom to ask early. */
void loop_ask(struct loop *loop, loop_is_known *is_known, void *arg);
/* Time has moved: all limits again. */
void loop_refill(struct world *world);
/* Something that takes the host as long as so many rounds. */
void loop_work(struct loop *loop, uint64_t rounds);
/*
 * The driver has one block of memory more, or less.  Never so many before, or so few, since time
 * moved: the two points of that call do not count, for a loop that does this ends by itself.
 */
void loop_kept(struct world *world, bool more);
/* A message was recorded: is it one too many? */
void loop_text(struct world *world);
/* From a look at events to the next one: call it at world->event_stop, which it sets. */
void loop_events(struct world *world);
/* Device, scenario or interrupt are heard of. */
void loop_heard(struct world *world);
/* The loop that the run is in that only its limit of events ends; NULL: none was seen. */
const struct loop_seen *loop_of_events(const struct world *world);
/* The loop that a context is in; NULL when it was not seen in one. */
const struct loop_seen *loop_of(const struct world *world, uint32_t context);

#endif /* VIOSIM_MACHINE_LOOP_H */
