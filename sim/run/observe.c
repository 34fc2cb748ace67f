/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the expectations of a scenario can see.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "device/transport.h"
#include "run/story.h"

/* The driver's thread: the first kernel thread that is still there. */
struct context *
story_thread(struct world *world)
{
	for (uint32_t i = 0; i < world->contexts; i++)
		if (world->context[i].kind == HW_CTX_KTHREAD &&
		    world->context[i].state != CTX_DONE)
			return &world->context[i];
	return NULL;
}

static int64_t
thread_state(struct world *world)
{
	const struct context *ctx = story_thread(world);

	if (ctx == NULL)
		return EXPECT_THREAD_NONE;
	switch (ctx->state) {
	case CTX_RUNNABLE:
		return EXPECT_THREAD_RUNNABLE;
	case CTX_ACTIVE:
	case CTX_BUSY:
		return EXPECT_THREAD_RUNNING;
	case CTX_ASLEEP:
		return ctx->why == HW_SLEEP_MEMORY ? EXPECT_THREAD_WAITING_MEMORY :
		    EXPECT_THREAD_SLEEPING;
	case CTX_DONE:
		break;
	}
	return EXPECT_THREAD_NONE;
}

static int64_t
thread_number(struct world *world, enum expect_obs what)
{
	const struct context *ctx = story_thread(world);

	if (ctx == NULL)
		return 0;
	if (what == EXPECT_OBS_THREAD_WAKEUPS)
		return (int64_t)ctx->wakeups;
	return (int64_t)(ctx->sleep_ticks * (UINT64_C(1000000000) /
	    (uint64_t)world->config.hz));
}

static int64_t
device_state(const struct device *device)
{
	uint8_t status = device_status(device);

	if (status & TRANSPORT_STATUS_FAILED)
		return EXPECT_STATUS_FAILED;
	if (status & TRANSPORT_STATUS_NEEDS_RESET)
		return EXPECT_STATUS_NEEDS_RESET;
	if (status & TRANSPORT_STATUS_DRIVER_OK)
		return EXPECT_STATUS_DRIVER_OK;
	if (status & TRANSPORT_STATUS_FEATURES_OK)
		return EXPECT_STATUS_FEATURES_OK;
	if (status & TRANSPORT_STATUS_DRIVER)
		return EXPECT_STATUS_DRIVER;
	return status & TRANSPORT_STATUS_ACKNOWLEDGE ? EXPECT_STATUS_ACKNOWLEDGE :
	    EXPECT_STATUS_RESET;
}

static int64_t
memory_number(const struct memory_counts *counts, enum expect_obs what)
{
	if (what == EXPECT_OBS_MEM_TOTAL)
		return (int64_t)counts->total;
	if (what == EXPECT_OBS_MEM_FREE)
		return (int64_t)counts->free;
	if (what == EXPECT_OBS_MEM_BALLOON)
		return (int64_t)counts->driver;
	return (int64_t)(counts->kernel + counts->others);
}

static int64_t
queue_number(const struct device *device, enum expect_obs what, const char *name)
{
	enum balloon_queue queue = (enum balloon_queue)device_queue_by_name(name);

	if (what == EXPECT_OBS_VQ_INFLIGHT)
		return (int64_t)device_inflight(device, queue);
	if (what == EXPECT_OBS_VQ_REQUESTS)
		return (int64_t)device_requests(device, queue);
	if (what == EXPECT_OBS_VQ_KICKS)
		return (int64_t)device_kicks(device, queue);
	if (what == EXPECT_OBS_VQ_ENTRIES)
		return (int64_t)device_entries(device, queue);
	return (int64_t)device_interrupts(device, (int)queue);
}

static bool
observe(void *arg, const struct expect_term *term, int64_t *value)
{
	struct story *story = arg;
	uint64_t hits = 0;

	switch (term->obs) {
	case EXPECT_OBS_HOST_TARGET:
		*value = device_num_pages(&story->device);
		return true;
	case EXPECT_OBS_HOST_ACTUAL:
		*value = device_actual(&story->device);
		return true;
	case EXPECT_OBS_HOST_HELD:
		*value = (int64_t)device_held(&story->device);
		return true;
	case EXPECT_OBS_HOST_DISCARDED_IN_USE:
		*value = (int64_t)device_discarded_in_use(&story->device);
		return true;
	case EXPECT_OBS_MEM_TOTAL:
	case EXPECT_OBS_MEM_FREE:
	case EXPECT_OBS_MEM_BALLOON:
	case EXPECT_OBS_MEM_OTHERS:
		*value = memory_number(&story->world.memory.counts, term->obs);
		return true;
	case EXPECT_OBS_VQ_INFLIGHT:
	case EXPECT_OBS_VQ_REQUESTS:
	case EXPECT_OBS_VQ_KICKS:
	case EXPECT_OBS_VQ_ENTRIES:
	case EXPECT_OBS_IRQ_VQ:
		*value = queue_number(&story->device, term->obs, term->arg);
		return true;
	case EXPECT_OBS_IRQ_CONFIG:
		*value = (int64_t)device_interrupts(&story->device, BALLOON_NO_QUEUE);
		return true;
	case EXPECT_OBS_THREAD_STATE:
		*value = thread_state(&story->world);
		return true;
	case EXPECT_OBS_THREAD_WAKEUPS:
	case EXPECT_OBS_THREAD_SLEEP:
		*value = thread_number(&story->world, term->obs);
		return true;
	case EXPECT_OBS_CALLS:
		*value = (int64_t)story->world.trace.calls[trace_call_by_name(term->arg)];
		return true;
	case EXPECT_OBS_FAIL_HITS:
		/* Not armed yet: it has not struck. */
		fault_hits(&story->faults, term->arg, &hits);
		*value = (int64_t)hits;
		return true;
	case EXPECT_OBS_DEVICE_STATUS:
		*value = device_state(&story->device);
		return true;
	case EXPECT_OBS_ATTACH_RESULT:
		*value = story->attach == ATTACH_NONE ? EXPECT_ATTACH_NONE :
		    story->attach == ATTACH_OK ? EXPECT_ATTACH_OK : EXPECT_ATTACH_FAILED;
		return true;
	case EXPECT_OBS_SYSCTL:
		return kern_sysctl(term->arg, value);
	case EXPECT_OBS_LOG:
		return false;	/* a log is counted, it has no value */
	}
	return false;
}

static int64_t
count_lines(void *arg, const char *text)
{
	const struct story *story = arg;
	const char *line = story->log;
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
see_console(void *arg, const struct event *event, uint32_t site, const void *payload)
{
	struct story *story = arg;
	const char *text = trace_text_of(&story->world.trace, event->arg[0]);
	size_t length = strlen(text);

	(void)site;
	(void)payload;
	story->log = realloc(story->log, story->log_length + length + 1);
	if (story->log == NULL)
		out_of_memory();
	memcpy(story->log + story->log_length, text, length + 1);
	story->log_length += length;
}

void
story_env_init(struct story *story)
{
	story->env = (struct expect_env){
		.observe = observe, .log_count = count_lines, .arg = story,
		.hz = (unsigned)story->machine->hz,
	};
	trace_observe(&story->world.trace, (struct observer){
		.kinds = UINT64_C(1) << EV_CONSOLE, .see = see_console, .self = story,
	});
}
