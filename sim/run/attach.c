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
	world_context_new(world, HW_CTX_AUTOCONF, "autoconf", 96, 0, fn, story);
	while (world->end == WORLD_RUNNING && !story->attach_over)
		if (!world_step(world))
			break;
}

void
story_attach(struct story *story)
{
	run_autoconf(story, autoconf);
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
