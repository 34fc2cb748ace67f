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

	for (unsigned i = 0; i < run->devices; i++)
		run->with[i].attach = ATTACH_RUNNING;
	kern_attach();
	for (unsigned i = 0; i < run->devices; i++) {
		run->with[i].attach = kern_attached(i) ? ATTACH_OK : ATTACH_FAILED;
		run->with[i].is_gone = false;
	}
	run->autoconfs--;
}

static void
detach(void *arg)
{
	struct run_driver *with = arg;
	struct run *run = with->run;
	int error;

	with->detach = DETACH_RUNNING;
	with->detach_began_ns = run->world.clock.now_ns;
	error = kern_detach((unsigned)(with - run->with));
	with->detach = error == 0 ? DETACH_OK :
	    error == NETBSD_EOPNOTSUPP ? DETACH_UNSUPPORTED : DETACH_FAILED;
	with->detach_ended_ns = run->world.clock.now_ns;
	with->is_gone |= error == 0;
	run->autoconfs--;
}

bool
run_is_worked(const struct run *run, unsigned device)
{
	const struct run_driver *with = &run->with[device];

	return !with->is_gone && (device == 0 || with->attach == ATTACH_OK);
}

/* The kernel does it in a thread of its own. */
static void
autoconf(struct run *run, void (*fn)(void *), void *arg)
{
	struct world *world = &run->world;

	run->autoconfs++;
	/* Each of those before can be stuck in the driver. */
	if (world_context_new(world, HW_CTX_AUTOCONF, "autoconf", 96, 0, fn, arg) == NULL)
		world_finish(world, WORLD_EVENT_LIMIT,
		    "no thread is left to attach or detach the driver: all wait in it");
}

/* Beside the scenario: what takes no time is over with its step. */
static void
autoconf_beside(struct run *run, void (*fn)(void *), void *arg)
{
	struct world *world = &run->world;
	uint64_t now_ns = world->clock.now_ns;
	unsigned before = run->autoconfs;

	autoconf(run, fn, arg);
	while (run->autoconfs > before && world->end == WORLD_RUNNING &&
	    world->clock.now_ns == now_ns && (world_is_busy(world) ||
	    clock_next_ns(&world->clock) <= now_ns))
		world_step(world);
}

/* The newest attach: did the driver's match function refuse the machine's first device? */
static bool
is_refused(const struct run *run)
{
	const struct trace *trace = &run->world.trace;
	const struct event *event;

	for (uint32_t seq = trace->count; seq-- > 0 &&
	    (event = trace_event(trace, seq)) != NULL;) {
		if (event->kind != EV_NOTE || event->code != HW_NOTE_ATTACH || event->device != 0)
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
	if (world->end == WORLD_RUNNING && run->with[0].attach == ATTACH_FAILED &&
	    is_refused(run)) {
		run->result->refused = true;
		world->end = WORLD_STOPPED;
	}
}

/* The first of a boot: steps come once it is over, or stuck. */
void
run_attach(struct run *run)
{
	autoconf(run, attach, run);
	while (run->world.end == WORLD_RUNNING && run->autoconfs > 0)
		if (!world_step(&run->world))
			break;
	check_refused(run);
}

void
run_attach_again(struct run *run)
{
	autoconf_beside(run, attach, run);
	check_refused(run);
}

void
run_detach(struct run *run, unsigned device)
{
	autoconf_beside(run, detach, &run->with[device]);
}

void
run_reboot(struct run *run)
{
	kern_halt();
	for (unsigned i = 0; i < run->devices; i++)
		device_reboot(&run->device[i]);
	world_reboot(&run->world);
	module_reset(run->options->module);
	for (unsigned i = 0; i < run->devices; i++)
		run->with[i] = (struct run_driver){ .run = run };
	run->autoconfs = 0;
	run->busy_until_ns = 0;
	kern_boot(run->driver, run->drivers);
	run_attach(run);
}
