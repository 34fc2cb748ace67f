/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power on, attach, attach again, detach, restart of the guest.
 */
#include "run/state.h"

static void
autoconf(void *arg)
{
	struct run *run = arg;

	run->attach = kern_attach() ? ATTACH_OK : ATTACH_FAILED;
	run->attach_over = true;
}

static void
detach(void *arg)
{
	struct run *run = arg;

	run->detaching = true;
	(void)kern_detach();
	run->detaching = false;
	run->attach_over = true;
}

/* Autoconfiguration runs in a thread of its own until the driver's function returns. */
static void
run_autoconf(struct run *run, void (*fn)(void *))
{
	struct world *world = &run->world;

	run->attach_over = false;
	/* Each of those before can be stuck in the driver. */
	if (world_context_new(world, HW_CTX_AUTOCONF, "autoconf", 96, 0, fn, run) == NULL)
		world_finish(world, WORLD_EVENT_LIMIT,
		    "no thread is left to attach or detach the driver: all wait in it");
	while (world->end == WORLD_RUNNING && !run->attach_over)
		if (!world_step(world))
			break;
}

/* The newest attach: did the driver's match function refuse the machine's device? */
static bool
is_refused(const struct run *run)
{
	const struct trace *trace = &run->world.trace;
	const struct event *event;

	for (uint32_t seq = trace->count; seq-- > 0 &&
	    (event = trace_event(trace, seq)) != NULL;) {
		if (event->kind != EV_NOTE || event->code != HW_NOTE_ATTACH)
			continue;
		if (event->note.attach.step == HW_ATTACH_BEGIN)
			return false;
		if (event->note.attach.step == HW_ATTACH_MATCH && event->note.attach.other == 0)
			return event->note.attach.result == 0;
	}
	return false;
}

void
run_attach(struct run *run)
{
	struct world *world = &run->world;

	run_autoconf(run, autoconf);
	/* Without its device a driver has nothing to show: the finding says all. */
	if (world->end == WORLD_RUNNING && run->attach == ATTACH_FAILED &&
	    is_refused(run)) {
		run->result->refused = true;
		world->end = WORLD_STOPPED;
	}
}

void
run_detach(struct run *run)
{
	run_autoconf(run, detach);
}

void
run_reboot(struct run *run)
{
	kern_halt();
	device_reboot(&run->device);
	world_reboot(&run->world);
	module_reset(run->options->module);
	run->attach = ATTACH_NONE;
	run->detaching = false;
	kern_boot(run->driver->cfattach, run->driver_name);
	run_attach(run);
}
