/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel calls, and what happens inside them, as sentences: see words_line.h.
 *
 * Most sentences are templates in a table; what needs more has a function of its own.
 */
#include <stdio.h>

#include "report/words_line.h"

/* ---- notes ---- */

static const char *const note_template[HW_NOTES] = {
	[HW_NOTE_MUTEX_HELD] = "holds $1 (level before: $2)",
	[HW_NOTE_MUTEX_FREED] = "gives up $1",
	[HW_NOTE_CV_SLEEP] = "waits on $1 with $2",
	[HW_NOTE_CV_WOKEN] = "is back from $1 (timeout: $2)",
	[HW_NOTE_CV_WAKE] = "$1 wakes $2",
	[HW_NOTE_DMAMAP] = "$1 takes up to $2 bytes in $3 segments",
	[HW_NOTE_DMASEG] = "$1: $3 bytes at bus address $2",
	[HW_NOTE_DMASRC] = "$1: $3 bytes of its buffer at physical address $2",
	[HW_NOTE_DMAMAP_GONE] = "$1 is gone (loaded: $2)",
	[HW_NOTE_DMAMEM] = "$1: $2 bytes of DMA memory",
	[HW_NOTE_DMAMEM_GONE] = "$1 is gone",
	[HW_NOTE_SLOT] = "$1 $2 is $3",
	[HW_NOTE_DESC] = "$1 $2: descriptor of $4 bytes at bus address $3",
	[HW_NOTE_DEQUEUED] = "$1 $2 comes back, used length $3",
	[HW_NOTE_VQ] = "$1 has $2 entries",
	[HW_NOTE_VQ_GONE] = "$1 is gone",
	[HW_NOTE_SYSCTL] = "$1 below $2",
	[HW_NOTE_SYSCTL_GONE] = "$1 is gone",
	[HW_NOTE_THREAD] = "$1 is a kernel thread now",
	[HW_NOTE_THREAD_GONE] = "the thread ends (returned: $2, code $3)",
	[HW_NOTE_KMEM] = "block $1: $2 bytes of kernel memory",
	[HW_NOTE_KMEM_GONE] = "block $1 of $2 bytes is freed",
	[HW_NOTE_SOFTINT] = "$1 is there: $2",
};

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
		say_template(line, words, note_template[event->code],
		    trace_note_args((enum hw_note)event->code), event->arg);
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
