/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Power on, attach, attach again, detach, restart of the guest.
 */
#include "run/state.h"

/* sys/errno.h */
#define NETBSD_EOPNOTSUPP 45

static void
attach(void *arg)
{
	struct run *run = arg;

	run->attach = ATTACH_RUNNING;
	run->attach = kern_attach() ? ATTACH_OK : ATTACH_FAILED;
	run->is_gone = false;
	run->autoconfs--;
}

static void
detach(void *arg)
{
	struct run *run = arg;
	int error;

	run->detach = DETACH_RUNNING;
	run->detach_began_ns = run->world.clock.now_ns;
	error = kern_detach();
	run->detach = error == 0 ? DETACH_OK :
	    error == NETBSD_EOPNOTSUPP ? DETACH_UNSUPPORTED : DETACH_FAILED;
	run->detach_ended_ns = run->world.clock.now_ns;
	run->is_gone |= error == 0;
	run->autoconfs--;
}

/* The kernel does it in a thread of its own. */
static void
autoconf(struct run *run, void (*fn)(void *))
{
	struct world *world = &run->world;

	run->autoconfs++;
	/* Each of those before can be stuck in the driver. */
	if (world_context_new(world, HW_CTX_AUTOCONF, "autoconf", 96, 0, fn, run) == NULL)
		world_finish(world, WORLD_EVENT_LIMIT,
		    "no thread is left to attach or detach the driver: all wait in it");
}

/* Beside the scenario: what takes no time is over with its step. */
static void
autoconf_beside(struct run *run, void (*fn)(void *))
{
	struct world *world = &run->world;
	uint64_t now_ns = world->clock.now_ns;
	unsigned before = run->autoconfs;

	autoconf(run, fn);
	while (run->autoconfs > before && world->end == WORLD_RUNNING &&
	    world->clock.now_ns == now_ns && (world_is_busy(world) ||
	    clock_next_ns(&world->clock) <= now_ns))
		world_step(world);
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

static void
check_refused(struct run *run)
{
	struct world *world = &run->world;

	/* Without its device a driver has nothing to show: the finding says all. */
	if (world->end == WORLD_RUNNING && run->attach == ATTACH_FAILED &&
	    is_refused(run)) {
		run->result->refused = true;
		world->end = WORLD_STOPPED;
	}
}

/* The first of a boot: steps come once it is over, or stuck. */
void
run_attach(struct run *run)
{
	autoconf(run, attach);
	while (run->world.end == WORLD_RUNNING && run->autoconfs > 0)
		if (!world_step(&run->world))
			break;
	check_refused(run);
}

void
run_attach_again(struct run *run)
{
	autoconf_beside(run, attach);
	check_refused(run);
}

void
run_detach(struct run *run)
{
	autoconf_beside(run, detach);
}

void
run_reboot(struct run *run)
{
	kern_halt();
	device_reboot(&run->device);
	world_reboot(&run->world);
	module_reset(run->options->module);
	run->attach = ATTACH_NONE;
	run->detach = DETACH_NONE;
	run->is_gone = false;
	run->autoconfs = 0;
	kern_boot(run->driver->cfattach, run->driver_name);
	run_attach(run);
}
