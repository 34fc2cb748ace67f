/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread looks at in memory: see live_look.h.
 */
#include "rules/kernel/live_look.h"

#include <string.h>

#include "machine/world.h"

#define KNOWN 1u

void
looks_fini(struct looks *looks)
{
	cells_fini(&looks->known);
	vec_fini(&looks->change);
	memset(looks, 0, sizeof(*looks));
}

static struct change *
change_of(const struct looks *looks, uint32_t cell)
{
	return &looks->change.item[cell - KNOWN - 1];
}

static void
release(struct looks *looks, uint32_t cell)
{
	*change_of(looks, cell) = (struct change){ .ctx = looks->idle };
	looks->idle = cell;
}

void
looks_own(struct looks *looks, const struct touch *touch, uintptr_t at, struct change *before)
{
	uint32_t *cell;

	if (looks->known.size == 0)
		cells_init(&looks->known, sizeof(*cell), (uintptr_t)touch->world->memory.arena);
	cell = cells_make(&looks->known, at);
	before->address = 0;
	if (*cell > KNOWN) {
		*before = *change_of(looks, *cell);
		release(looks, *cell);
	}
	*cell = KNOWN;
}

void
looks_other(struct looks *looks, const struct touch *touch, uintptr_t at)
{
	uint32_t *cell = looks->known.size == 0 ? NULL : cells_find(&looks->known, at);
	struct change *change;

	if (cell == NULL || *cell != KNOWN)
		return;
	*cell = looks->idle;
	if (*cell == 0) {
		vec_add(&looks->change);
		*cell = (uint32_t)looks->change.count + KNOWN;
	}
	change = change_of(looks, *cell);
	looks->idle = change->ctx;
	*change = (struct change){
		.address = at, .ns = touch->world->clock.now_ns,
		.seq = touch->world->trace.count - 1, .site = touch->site,
		.ctx = touch->ctx->ordinal,
	};
	memcpy(&change->value, (const void *)at, sizeof(change->value));
}

void
looks_forget(struct looks *looks, uintptr_t low, uintptr_t high)
{
	const struct cells *cells = &looks->known;

	if (cells->size == 0)
		return;
	for (uintptr_t at = cells_next(cells, low & ~(uintptr_t)(CELL_BYTES - 1), high);
	    at < high; at = cells_next(cells, at + CELL_BYTES, high)) {
		uint32_t *cell = cells_find(cells, at);

		if (*cell > KNOWN)
			release(looks, *cell);
		*cell = 0;
	}
}

bool
change_stands(const struct change *change)
{
	uint32_t now;

	if (change->address == 0)
		return false;
	memcpy(&now, (const void *)change->address, sizeof(now));
	return now != change->value;
}
