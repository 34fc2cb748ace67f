/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual time: a binary heap of timed events ordered by time, class, sequence.
 */
#include "machine/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/vec.h"

void
clock_fini(struct clock *clock)
{
	for (size_t i = 0; i < clock->count; i++)
		free(clock->heap[i]);
	free(clock->heap);
	memset(clock, 0, sizeof(*clock));
}

static bool
is_before(const struct clock_event *a, const struct clock_event *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	if (a->class != b->class)
		return a->class < b->class;
	return a->seq < b->seq;
}

static void
put(struct clock *clock, size_t index, struct clock_event *event)
{
	clock->heap[index] = event;
	event->index = index;
}

static void
sift_up(struct clock *clock, struct clock_event *event)
{
	size_t i = event->index;

	while (i > 0 && is_before(event, clock->heap[(i - 1) / 2])) {
		put(clock, i, clock->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(clock, i, event);
}

static void
sift_down(struct clock *clock, struct clock_event *event)
{
	size_t i = event->index;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= clock->count)
			break;
		if (child + 1 < clock->count &&
		    is_before(clock->heap[child + 1], clock->heap[child]))
			child++;
		if (!is_before(clock->heap[child], event))
			break;
		put(clock, i, clock->heap[child]);
		i = child;
	}
	put(clock, i, event);
}

struct clock_event *
clock_at(struct clock *clock, uint64_t time_ns, enum clock_class class,
    void (*fire)(void *arg), void *arg)
{
	struct clock_event *event = xmalloc(sizeof(*event));

	*event = (struct clock_event){
		.time_ns = time_ns < clock->now_ns ? clock->now_ns : time_ns,
		.seq = clock->seq++, .class = class, .fire = fire, .arg = arg,
		.index = clock->count,
	};
	clock->heap = vec_room(clock->heap, clock->count++, &clock->max, 1, sizeof(clock->heap[0]));
	sift_up(clock, event);
	return event;
}

void
clock_cancel(struct clock *clock, struct clock_event *event)
{
	struct clock_event *last = clock->heap[clock->count - 1];
	size_t index = event->index;

	assert(clock->heap[index] == event);
	clock->count--;
	if (last != event) {
		put(clock, index, last);
		sift_up(clock, last);
		sift_down(clock, last);
	}
	free(event);
}

uint64_t
clock_next_ns(const struct clock *clock)
{
	return clock->count > 0 ? clock->heap[0]->time_ns : UINT64_MAX;
}

bool
clock_fire(struct clock *clock)
{
	struct clock_event event;

	if (clock->count == 0)
		return false;
	event = *clock->heap[0];
	clock_cancel(clock, clock->heap[0]);
	clock->now_ns = event.time_ns;
	event.fire(event.arg);
	return true;
}
