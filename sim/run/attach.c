/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power on, attach, attach again, detach, restart of the guest.
 */
#include "run/story.h"

static void
autoconf(void *arg)
{
	struct story *story = arg;

	story->attach = kern_attach() ? ATTACH_OK : ATTACH_FAILED;
	story->attach_over = true;
}

static void
detach(void *arg)
{
	struct story *story = arg;

	story->detaching = true;
	(void)kern_detach();
	story->detaching = false;
	story->attach_over = true;
}

/* Autoconfiguration runs in a thread of its own until the driver's function returns. */
static void
run_autoconf(struct story *story, void (*fn)(void *))
{
	struct world *world = &story->world;

	story->attach_over = false;
	/* Each of those before can be stuck in the driver. */
	if (world_context_new(world, HW_CTX_AUTOCONF, "autoconf", 96, 0, fn, story) == NULL)
		world_finish(world, WORLD_EVENT_LIMIT,
		    "no thread is left to attach or detach the driver: all wait in it");
	while (world->end == WORLD_RUNNING && !story->attach_over)
		if (!world_step(world))
			break;
}

/* The newest attach: did the driver's match function refuse the machine's device? */
static bool
is_refused(const struct story *story)
{
	const struct trace *trace = &story->world.trace;
	const struct event *event;

	for (uint32_t seq = trace->count; seq-- > 0 &&
	    (event = trace_event(trace, seq)) != NULL;) {
		bool is_note = event->kind == EV_NOTE && event->code == HW_NOTE_ATTACH;

		if (is_note && event->arg[0] == HW_ATTACH_BEGIN)
			return false;
		if (is_note && event->arg[0] == HW_ATTACH_MATCH && event->arg[2] == 0)
			return event->arg[1] == 0;
	}
	return false;
}

void
story_attach(struct story *story)
{
	struct world *world = &story->world;

	run_autoconf(story, autoconf);
	/* Without its device a driver has nothing to show: the finding says all. */
	if (world->end == WORLD_RUNNING && story->attach == ATTACH_FAILED &&
	    is_refused(story)) {
		story->result->refused = true;
		world->end = WORLD_STOPPED;
	}
}

void
story_detach(struct story *story)
{
	run_autoconf(story, detach);
}

void
story_reboot(struct story *story)
{
	kern_halt();
	device_reboot(&story->device);
	world_reboot(&story->world);
	module_reset(story->options->module);
	story->attach = ATTACH_NONE;
	story->detaching = false;
	kern_boot(story->driver->cfattach, story->driver_name);
	story_attach(story);
}
