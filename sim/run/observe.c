/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the expectations of a scenario can see.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/transport.h"
#include "run/state.h"
#include "scenario/text.h"

bool
run_is_thread(const struct context *context)
{
	return context->kind == HW_CTX_KTHREAD && context->state != CTX_DONE;
}

const struct context *
run_thread(const struct world *world)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		if (run_is_thread(&world->context[i]))
			return &world->context[i];
	return NULL;
}

#define POSSIBLE "possible.<fault>"

#define OBSERVE(name) \
	static bool \
	observe_##name(const struct expect_env *env, const struct expect_term *term, \
	    int64_t *value)
/* The same for what one expression tells. */
#define VALUE(name, expression) \
	OBSERVE(name) \
	{ \
		(void)env; \
		(void)term; \
		*value = (int64_t)(expression); \
		return true; \
	}

static struct run *
run_of(const struct expect_env *env)
{
	return env->arg;
}

static const struct run_driver *
with_of(const struct expect_env *env, const struct expect_term *term)
{
	return &run_of(env)->with[term->device];
}

/* ---- memory ---- */

static const struct memory_counts *
memory_of(const struct expect_env *env)
{
	return &run_of(env)->world.memory.counts;
}

VALUE(mem_total, memory_of(env)->total)
VALUE(mem_free, memory_of(env)->free)
VALUE(mem_others, memory_of(env)->kernel + memory_of(env)->others)

/* ---- queues and interrupts ---- */

static int
queue_of(const struct expect_env *env, const struct expect_term *term)
{
	return device_queue_by_name(run_of(env)->device[0].class, term->arg);
}

VALUE(inflight, device_inflight(expect_device(env, term), (unsigned)queue_of(env, term)))
VALUE(requests, expect_device(env, term)->queue[queue_of(env, term)].requests)
VALUE(kicks, expect_device(env, term)->transport.queue[queue_of(env, term)].notifications)
VALUE(irq_config, device_interrupts(expect_device(env, term), DEVICE_CONFIGURATION))
VALUE(irq_queue, device_interrupts(expect_device(env, term), queue_of(env, term)))

/* ---- the driver's threads ---- */

/* A thread that does more comes later; of several the last of these shows. */
enum { THREAD_NONE, THREAD_SLEEPING, THREAD_WAITING_MEMORY, THREAD_RUNNABLE, THREAD_RUNNING };
static const char *const words_thread[] = {
	[THREAD_NONE] = "none", [THREAD_SLEEPING] = "sleeping",
	[THREAD_WAITING_MEMORY] = "waiting-memory", [THREAD_RUNNABLE] = "runnable",
	[THREAD_RUNNING] = "running", NULL
};

static int64_t
state_of(const struct context *thread)
{
	switch (thread->state) {
	case CTX_RUNNABLE:
		return THREAD_RUNNABLE;
	case CTX_ACTIVE:
	case CTX_BUSY:
		return THREAD_RUNNING;
	case CTX_ASLEEP:
		return thread->why == HW_SLEEP_MEMORY ? THREAD_WAITING_MEMORY : THREAD_SLEEPING;
	case CTX_DONE:
		break;
	}
	return THREAD_NONE;
}

OBSERVE(thread_state)
{
	const struct world *world = &run_of(env)->world;

	(void)term;
	*value = THREAD_NONE;
	for (uint32_t i = 0; i < world->contexts; i++)
		if (run_is_thread(&world->context[i]) && state_of(&world->context[i]) > *value)
			*value = state_of(&world->context[i]);
	return true;
}

OBSERVE(thread_wakeups)
{
	const struct world *world = &run_of(env)->world;

	(void)term;
	*value = 0;
	for (uint32_t i = 0; i < world->contexts; i++)
		if (run_is_thread(&world->context[i]))
			*value += (int64_t)world->context[i].wakeups;
	return true;
}

OBSERVE(thread_sleep)
{
	const struct world *world = &run_of(env)->world;
	uint64_t ticks = UINT64_MAX;

	(void)term;
	for (uint32_t i = 0; i < world->contexts; i++)
		if (run_is_thread(&world->context[i]) && world->context[i].sleep_ticks < ticks)
			ticks = world->context[i].sleep_ticks;
	*value = ticks == UINT64_MAX ? 0 : (int64_t)(ticks * (UINT64_C(1000000000) /
	    (uint64_t)world->config.hz));
	return true;
}

/* ---- calls, the device's status, attach, sysctl ---- */

VALUE(calls, run_of(env)->world.trace.calls[trace_call_by_name(term->arg)])

OBSERVE(fail_hits)
{
	uint64_t hits = 0;

	/* Not armed yet: it has not struck. */
	fault_hits(&run_of(env)->faults, term->arg, &hits);
	*value = (int64_t)hits;
	return true;
}

/* Behind `reset`, each with its bit, the furthest last. */
static const char *const words_status[] = {
	"reset", "acknowledge", "driver", "features-ok", "driver-ok", "needs-reset", "failed",
	NULL
};
static const uint8_t status_bits[] = {
	0, TRANSPORT_STATUS_ACKNOWLEDGE, TRANSPORT_STATUS_DRIVER,
	TRANSPORT_STATUS_FEATURES_OK, TRANSPORT_STATUS_DRIVER_OK,
	TRANSPORT_STATUS_NEEDS_RESET, TRANSPORT_STATUS_FAILED,
};

OBSERVE(status)
{
	*value = 0;
	for (unsigned i = 0; i < sizeof(status_bits); i++)
		if (expect_device(env, term)->transport.status & status_bits[i])
			*value = i;
	return true;
}

static const char *const words_attach[] = {
	[ATTACH_NONE] = "none", [ATTACH_OK] = "ok", [ATTACH_FAILED] = "failed",
	[ATTACH_RUNNING] = "running", NULL
};
static const char *const words_detach[] = {
	[DETACH_NONE] = "none", [DETACH_OK] = "ok", [DETACH_FAILED] = "failed",
	[DETACH_RUNNING] = "running", [DETACH_UNSUPPORTED] = "unsupported", NULL
};

VALUE(attach, with_of(env, term)->attach)
VALUE(detach, with_of(env, term)->detach)

OBSERVE(detach_duration)
{
	const struct run_driver *with = with_of(env, term);
	uint64_t end = with->detach == DETACH_RUNNING ? with->run->world.clock.now_ns :
	    with->detach_ended_ns;

	*value = (int64_t)(end - with->detach_began_ns);
	return true;
}

/* 1 or 0: a device that is reset has no features, and yet they were negotiated. */
OBSERVE(feature)
{
	const char *name[] = { term->arg };
	const struct scenario_names names = { name, 1 };

	*value = (run_of(env)->features &
	    device_features_of(run_of(env)->device[0].class, &names)) != 0;
	return true;
}

OBSERVE(possible)
{
	size_t count;

	*value = (int64_t)run_of(env)->possible[fault_row_by_id(term->arg) -
	    fault_catalogue(&count)];
	return true;
}

OBSERVE(sysctl)
{
	(void)env;
	return kern_sysctl(term->arg, value);
}

/* What is nearest is kept here; one report is written at a time. */
static void
offer_sysctl(struct text_nearest *near)
{
	static char best[256];
	char path[sizeof(best)];
	const char *before;

	for (unsigned n = 0; kern_sysctl_path(n, path, sizeof(path)); n++) {
		before = near->best;
		text_nearest_offer(near, path);
		if (near->best == before)
			continue;
		memcpy(best, path, sizeof(best));
		near->best = best;
	}
}

const struct observable run_observables[] = {
	{ "mem.total", EXPECT_PAGES, NULL, "all pages the guest can allocate",
	    EXPECT_MEMORY | EXPECT_WHOLE, observe_mem_total },
	{ "mem.free", EXPECT_PAGES, NULL, "pages on the free list", EXPECT_MEMORY,
	    observe_mem_free },
	{ "mem.others", EXPECT_PAGES, NULL, "pages that the rest of the guest uses",
	    EXPECT_MEMORY, observe_mem_others },
	{ "vq.<q>.inflight", EXPECT_COUNT, NULL,
	    "requests that the device has and has not completed", EXPECT_DEVICE, observe_inflight },
	{ "vq.<q>.requests", EXPECT_COUNT, NULL, "requests since attach", EXPECT_DEVICE,
	    observe_requests },
	{ "vq.<q>.kicks", EXPECT_COUNT, NULL, "notifications since attach", EXPECT_DEVICE,
	    observe_kicks },
	{ "irq.config", EXPECT_COUNT, NULL, "config interrupts raised since attach", EXPECT_DEVICE,
	    observe_irq_config },
	{ "irq.<q>", EXPECT_COUNT, NULL, "interrupts raised for a queue since attach",
	    EXPECT_DEVICE, observe_irq_queue },
	{ "thread.state", EXPECT_STATE, words_thread,
	    "what the driver's thread does; of several the one that does most", 0,
	    observe_thread_state },
	{ "thread.wakeups", EXPECT_COUNT, NULL,
	    "how often the driver's threads came out of a sleep", 0, observe_thread_wakeups },
	{ "thread.sleep", EXPECT_TIME, NULL,
	    "how long the thread asked to sleep, in its present or last timed sleep; the "
	    "shortest of several", 0, observe_thread_sleep },
	{ "calls.<fn>", EXPECT_COUNT, NULL, "calls of a kernel function so far", 0,
	    observe_calls },
	{ "fail.<id>.hits", EXPECT_COUNT, NULL, "how often an armed fault struck", 0,
	    observe_fail_hits },
	{ POSSIBLE, EXPECT_COUNT, NULL,
	    "calls so far that the kernel can fail so, by their arguments and the machine", 0,
	    observe_possible },
	{ "feature.<feature>", EXPECT_COUNT, NULL,
	    "1 if the driver has negotiated this feature, else 0", 0, observe_feature },
	{ "device.status", EXPECT_STATE, words_status, "how far the driver brought the device",
	    EXPECT_DEVICE, observe_status },
	{ "attach.result", EXPECT_STATE, words_attach, "how the last attach ended", EXPECT_DEVICE,
	    observe_attach },
	{ "detach.result", EXPECT_STATE, words_detach,
	    "how the last detach ended; unsupported: the driver has none", EXPECT_DEVICE,
	    observe_detach },
	{ "detach.duration", EXPECT_TIME, NULL, "how long the last detach took, or takes so far",
	    EXPECT_DEVICE, observe_detach_duration },
	{ "sysctl.<path>", EXPECT_ANY, NULL, "a number that the driver exports", 0,
	    observe_sysctl },
	/* It is counted, and has no value. */
	{ "log", EXPECT_COUNT, NULL, "console lines; only with ~ or inside count()", 0, NULL },
	{ .pattern = NULL }
};

/* ---- the console ---- */

static int64_t
count_lines(void *arg, const char *text)
{
	const struct run *run = arg;
	const char *line = run->log;
	size_t length = strlen(text);
	int64_t count = 0;

	while (line != NULL && *line != '\0') {
		const char *end = strchrnul(line, '\n');

		if (length <= (size_t)(end - line) &&
		    memmem(line, (size_t)(end - line), text, length) != NULL)
			count++;
		line = *end == '\n' ? end + 1 : end;
	}
	return count;
}

/* The console is one text; messages may come in pieces of a line. */
static void
on_console(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct run *run = arg;
	const char *text = trace_text_of(&run->world.trace, event->console.text);
	size_t length = strlen(text);

	(void)site;
	(void)payload;
	run->log = xrealloc(run->log, run->log_length + length + 1, 1);
	memcpy(run->log + run->log_length, text, length + 1);
	run->log_length += length;
}

static void
on_features(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct run *run = arg;

	(void)site;
	(void)payload;
	run->features |= event->dev_features.accepted;
}

static void
on_call(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct run *run = arg;
	size_t count;
	const struct fault_row *row = fault_catalogue(&count);

	(void)site;
	(void)payload;
	for (size_t i = 0; i < count; i++)
		run->possible[i] += row[i].call == event->code &&
		    fault_possible(&row[i], event, &run->world.config);
}

void
run_env_init(struct run *run)
{
	size_t faults;

	for (unsigned i = 0; i < run->devices; i++)
		run->env_device[i] = &run->device[i];
	run->env = (struct expect_env){
		.device = run->env_device, .log_count = count_lines,
		.offer_sysctl = offer_sysctl, .arg = run,
		.hz = (unsigned)run->machine->hz,
	};
	trace_observe(&run->world.trace, (struct observer){
		.kinds = UINT64_C(1) << EV_CONSOLE, .see = on_console, .self = run,
	});
	trace_observe(&run->world.trace, (struct observer){
		.kinds = UINT64_C(1) << EV_DEV_FEATURES, .see = on_features, .self = run,
	});
	if (!scenario_observes(run->scenario, POSSIBLE))
		return;
	fault_catalogue(&faults);
	run->possible = xcalloc(faults, sizeof(run->possible[0]));
	trace_observe(&run->world.trace, (struct observer){
		.kinds = UINT64_C(1) << EV_CALL, .see = on_call, .self = run,
	});
}

void
run_env_fini(struct run *run)
{
	free(run->possible);
	free(run->log);
}
