/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel calls, and what happens inside them, as sentences: see words_line.h.
 *
 * Most sentences are templates in a table; what needs more has a function of its own.
 */
#include <stdio.h>

#include "report/words_line.h"

/* ---- notes ---- */

static const struct note_row {
	const char *args, *template;
} note_row[HW_NOTES] = {
	[HW_NOTE_MUTEX_HELD] = { "mutex:m ipl:P spin:b", "holds $1 (level before: $2)" },
	[HW_NOTE_MUTEX_FREED] = { "mutex:m", "gives up $1" },
	[HW_NOTE_CV_SLEEP] = { "condvar:c mutex:m ticks:k", "waits on $1 with $2" },
	[HW_NOTE_CV_WOKEN] = { "condvar:c timeout:b", "is back from $1 (timeout: $2)" },
	[HW_NOTE_CV_WAKE] = { "condvar:c context:t", "$1 wakes $2" },
	[HW_NOTE_DMAMAP] = { "map:d size:u segments:u",
	    "$1 takes up to $2 bytes in $3 segments" },
	[HW_NOTE_DMASEG] = { "map:d address:x length:u offset:u",
	    "$1: $3 bytes at bus address $2" },
	[HW_NOTE_DMASRC] = { "map:d address:x length:u offset:u kind:u",
	    "$1: $3 bytes of its buffer at physical address $2" },
	[HW_NOTE_DMAMAP_GONE] = { "map:d loaded:b", "$1 is gone (loaded: $2)" },
	[HW_NOTE_DMAMEM] = { "memory:g size:u", "$1: $2 bytes of DMA memory" },
	[HW_NOTE_DMAMEM_GONE] = { "memory:g", "$1 is gone" },
	[HW_NOTE_SLOT] = { "queue:q slot:s state:Z", "$1 $2 is $3" },
	[HW_NOTE_DESC] = { "queue:q slot:s address:x length:u flags:x",
	    "$1 $2: descriptor of $4 bytes at bus address $3" },
	[HW_NOTE_DEQUEUED] = { "queue:q slot:s length:u", "$1 $2 comes back, used length $3" },
	[HW_NOTE_VQ] = { "queue:q size:u", "$1 has $2 entries" },
	[HW_NOTE_VQ_GONE] = { "queue:q", "$1 is gone" },
	[HW_NOTE_SYSCTL] = { "node:n parent:n", "$1 below $2" },
	[HW_NOTE_SYSCTL_GONE] = { "node:n", "$1 is gone" },
	[HW_NOTE_CALLBACK] = { "edge:G callback:B queue:q", "" },
	[HW_NOTE_ATTACH] = { "step:A result:x", "" },
	[HW_NOTE_THREAD] = { "context:t priority:i flags:x", "$1 is a kernel thread now" },
	[HW_NOTE_THREAD_GONE] = { "context:t returned:b code:i",
	    "the thread ends (returned: $2, code $3)" },
	[HW_NOTE_KMEM] = { "block:u size:u", "block $1: $2 bytes of kernel memory" },
	[HW_NOTE_KMEM_GONE] = { "block:u size:u", "block $1 of $2 bytes is freed" },
	[HW_NOTE_SOFTINT] = { "softint:f established:b", "$1 is there: $2" },
};

const char *
words_note_args(enum hw_note note)
{
	return note < HW_NOTES ? note_row[note].args : "";
}

static void
say_callback(struct line *line, const struct words *words, const struct event *event)
{
	say(line, event->arg[0] == 1 ? "calls the driver's " : "back from the driver's ");
	say_value(line, words, 'B', event->arg[1]);
	if (event->arg[1] == HW_CB_VQ_DONE ||
	    (event->arg[1] == HW_CB_INTRHAND && event->arg[2] <= UINT16_MAX)) {
		say(line, " of ");
		say_value(line, words, 'q', event->arg[2]);
	}
}

static void
say_attach(struct line *line, const struct event *event)
{
	uint64_t result = event->arg[1];

	switch ((enum hw_attach)event->arg[0]) {
	case HW_ATTACH_MATCH:
		say(line, "the driver %s %s", result != 0 ? "matches" : "does not match",
		    event->arg[2] != 0 ? "another device" : "the device");
		break;
	case HW_ATTACH_BEGIN:
		say(line, "attach begins");
		break;
	case HW_ATTACH_STARTED:
		say(line, "features agreed: ");
		say_features(line, result);
		break;
	case HW_ATTACH_FINISHED:
		say(line, result == 0 ? "the device may begin" : "the device does not begin");
		break;
	case HW_ATTACH_FAILED:
		say(line, "the driver gives the device up");
		break;
	case HW_ATTACH_END:
		say(line, result != 0 ? "attach is over: attached" :
		    "attach is over: not attached");
		break;
	}
}

void
say_note(struct line *line, const struct words *words, const struct event *event)
{
	if (event->code == HW_NOTE_CALLBACK)
		say_callback(line, words, event);
	else if (event->code == HW_NOTE_ATTACH)
		say_attach(line, event);
	else if (event->code < HW_NOTES)
		say_template(line, words, note_row[event->code].template,
		    note_row[event->code].args, event->arg);
}

/* ---- calls ---- */

void
say_call(struct line *line, const struct words *words, const struct event *event)
{
	const char *letters = trace_call_args((enum hw_call)event->code);

	say(line, "%s(", trace_call_name((enum hw_call)event->code));
	for (unsigned i = 0; letters[i] != '\0' && i < HW_ARGS_MAX; i++) {
		say(line, "%s", i > 0 ? ", " : "");
		say_value(line, words, letters[i], event->arg[i]);
	}
	say(line, ")");
}

void
say_return(struct line *line, const struct words *words, const struct event *event)
{
	const char *letter = trace_call_result((enum hw_call)event->code);

	say(line, "%s %s", trace_call_name((enum hw_call)event->code),
	    *letter == 'e' && event->arg[0] != 0 ? "fails: " : "returns");
	if (*letter == '\0')
		return;
	say(line, *letter == 'e' && event->arg[0] != 0 ? "" : " ");
	say_value(line, words, *letter, event->arg[0]);
}
