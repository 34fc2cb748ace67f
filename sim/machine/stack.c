/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How much of a kernel stack the driver's functions use: see stack.h.
 */
#include "machine/stack.h"

#include <stdbool.h>
#include <stdio.h>

#include "machine/world.h"

#define STEP_BYTES 512			/* deeper by less is no news */

/* Bytes of the function that this position is in; `extent`: what it takes as it is. */
static uint64_t
bytes_of(const struct stack_frames *frames, uint32_t site, uint64_t extent)
{
	size_t low = 0, high = frames->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct stack_frame *f = &frames->frame[middle];

		if (site >= f->high)
			low = middle + 1;
		else if (site < f->low)
			high = middle;
		else
			return f->bytes == STACK_AS_IT_IS ? extent : f->bytes;
	}
	return extent;
}

/* What the driver's functions take, from this frame up; no more than needed to say "too much". */
static uint64_t
depth(const struct world *world, const uintptr_t *frame)
{
	const struct context *ctx = world->running;
	uint64_t bytes = 0;

	while (bytes <= STACK_BYTES && fiber_stack_contains(ctx->fiber, (uintptr_t)frame) &&
	    (uintptr_t)frame % sizeof(*frame) == 0) {
		uint32_t site = world_site_of(world, (const void *)frame[1]);
		uintptr_t above = frame[0];

		if (above <= (uintptr_t)frame)
			break;
		if (site != 0)
			bytes += bytes_of(&world->frames, site - 1, above - (uintptr_t)frame);
		frame = (const uintptr_t *)above;
	}
	return bytes;
}

static void
end_with(struct world *world, uint64_t bytes)
{
	char text[128];

	snprintf(text, sizeof(text), "the driver ran over the end of its kernel stack: its "
	    "functions need %llu bytes and more, there are %d", (unsigned long long)bytes,
	    STACK_BYTES);
	world_finish(world, WORLD_STACK, text);
}

void
stack_look(struct world *world, const void *frame)
{
	const uintptr_t *words = frame;
	struct context *ctx = world->running;
	uint64_t bytes;

	if (ctx == NULL || world->end != WORLD_RUNNING ||
	    !fiber_stack_contains(ctx->fiber, (uintptr_t)frame))
		return;
	bytes = depth(world, words);
	if (bytes > STACK_BYTES)
		end_with(world, bytes);
	if ((uintptr_t)frame < ctx->stack_floor)
		stack_end(world);
	if (bytes <= STACK_NEAR_BYTES || bytes <= world->stack_told)
		return;
	world->stack_told = bytes + STEP_BYTES;
	world->stack_bytes = bytes;
	ctx->site = world_site_of(world, (const void *)words[1]);
	world_emit(world, EV_STACK, 0, 0, 0, 0, 0, 0);
}

void
stack_end(struct world *world)
{
	world_finish(world, WORLD_STACK,
	    "the driver ran over the end of its kernel stack: its functions call each other "
	    "without end");
}
