/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual time and the timed events that move it.
 *
 * Order: earliest time first; at the same time by class, then as they were set.
 */
#ifndef VIOSIM_MACHINE_CLOCK_H
#define VIOSIM_MACHINE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum clock_class {
	CLOCK_DEVICE,		/* completions and other acts of the device */
	CLOCK_TIMER,		/* callouts: sleeps that time out, delays */
	CLOCK_STEP		/* the scenario's own steps, and its limits */
};

struct clock_event {
	uint64_t time_ns;
	enum clock_class class;
	void (*fire)(void *arg);
	void *arg;
	struct clock_event *next;
};

struct clock {
	uint64_t now_ns;
	struct clock_event *first;	/* the next to fire */
};

/* An all-zero clock is at its beginning. */
void clock_fini(struct clock *clock);

/* fire(arg) at that time (not before now).  The event is the clock's; valid until it fired or
 * was cancelled. */
struct clock_event *clock_at(struct clock *clock, uint64_t time_ns, enum clock_class class,
    void (*fire)(void *arg), void *arg);
/* NULL is fine; it is NULL afterwards. */
void clock_cancel(struct clock *clock, struct clock_event **event);
/* Time of the next event, UINT64_MAX if none. */
uint64_t clock_next_ns(const struct clock *clock);
/* Move to the next event and fire it; false if there is none. */
bool clock_fire(struct clock *clock);

#endif /* VIOSIM_MACHINE_CLOCK_H */
