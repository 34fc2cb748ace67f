/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual time: timed events in a list, the next one first.  There is a handful: one a sleeper, a
 * queue of the device, and the like.
 */
#include "machine/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* The next event, which is in the list no longer; there is one. */
static struct clock_event
take_first(struct clock *clock)
{
	struct clock_event *first = clock->first, event = *first;

	clock->first = first->next;
	free(first);
	return event;
}

void
clock_fini(struct clock *clock)
{
	while (clock->first != NULL)
		take_first(clock);
	memset(clock, 0, sizeof(*clock));
}

struct clock_event *
clock_at(struct clock *clock, uint64_t time_ns, enum clock_class class,
    void (*fire)(void *arg), void *arg)
{
	struct clock_event *event = xmalloc(sizeof(*event)), **link = &clock->first;

	*event = (struct clock_event){
		.time_ns = time_ns < clock->now_ns ? clock->now_ns : time_ns,
		.class = class, .fire = fire, .arg = arg,
	};
	while (*link != NULL && ((*link)->time_ns < event->time_ns ||
	    ((*link)->time_ns == event->time_ns && (*link)->class <= class)))
		link = &(*link)->next;
	event->next = *link;
	*link = event;
	return event;
}

void
clock_cancel(struct clock *clock, struct clock_event **event)
{
	struct clock_event **link = &clock->first;

	if (*event == NULL)
		return;
	for (; *link != *event; link = &(*link)->next)
		assert(*link != NULL);
	*link = (*event)->next;
	free(*event);
	*event = NULL;
}

uint64_t
clock_next_ns(const struct clock *clock)
{
	return clock->first != NULL ? clock->first->time_ns : UINT64_MAX;
}

bool
clock_fire(struct clock *clock)
{
	struct clock_event event;

	if (clock->first == NULL)
		return false;
	event = take_first(clock);
	clock->now_ns = event.time_ns;
	event.fire(event.arg);
	return true;
}
