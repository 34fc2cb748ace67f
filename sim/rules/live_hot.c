/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitors of progress: see live_hot.h.
 */
#include "rules/live_hot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
see_request(struct live_hot *hot, const struct event *event)
{
	uint64_t queue = event->arg[0];

	if (queue >= LEDGER_QUEUES)
		return;
	if (event->kind == EV_DEV_TAKE && hot->out[queue]++ == 0)
		hot->out_ns[queue] = event->time_ns;
	else if (event->kind == EV_DEV_USED && hot->out[queue] > 0)
		hot->out[queue]--;
}

void
live_hot_see(struct live_hot *hot, const struct event *event, uint32_t target, uint32_t actual)
{
	bool behind;

	if (event->kind == EV_DEV_TAKE || event->kind == EV_DEV_USED) {
		see_request(hot, event);
		return;
	}
	if (event->kind == EV_DEV_STATUS && event->arg[0] == 0)
		memset(hot->out, 0, sizeof(hot->out));
	/* The event is told before what it says is so. */
	if (event->kind == EV_HOST_TARGET)
		target = (uint32_t)event->arg[0];
	if (event->kind == EV_DEV_ACTUAL)
		actual = (uint32_t)event->arg[1];
	behind = target != actual;
	if (behind && !hot->behind)
		hot->behind_ns = event->time_ns;
	hot->behind = behind;
}

static size_t
add_words(char *words, size_t size, size_t length, const char *what, uint64_t ns)
{
	uint64_t tenths = ns / 100000000;
	int n = snprintf(words + length, size - length, "; %s for %" PRIu64 ".%" PRIu64 " s",
	    what, tenths / 10, tenths % 10);

	return n < 0 || (size_t)n >= size - length ? size - 1 : length + (size_t)n;
}

void
live_hot_words(const struct live_hot *hot, uint64_t now_ns, char *words, size_t size)
{
	size_t length = 0;

	words[0] = '\0';
	if (hot->behind)
		length = add_words(words, size, length, "behind its target",
		    now_ns - hot->behind_ns);
	for (unsigned q = 0; q < LEDGER_QUEUES; q++)
		if (hot->out[q] > 0)
			length = add_words(words, size, length, "the oldest request out",
			    now_ns - hot->out_ns[q]);
}
