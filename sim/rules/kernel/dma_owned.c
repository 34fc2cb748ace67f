/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: loads and stores of bytes that a request has taken to the device.
 *
 * From the commit until the answer is taken from the ring nobody but the device may write
 * them; those that the device writes may not be read either, and stay that way until their
 * POSTREAD.  With bounce buffers the device would not see the store, which makes it no better.
 */
#include <string.h>

#include "machine/world.h"
#include "rules/kernel/dma.h"

static void
show_all(const struct dma *dma)
{
	for (size_t i = 0; i < dma->owneds; i++)
		access_show(&dma->world->access, dma->owned[i].low, dma->owned[i].high, true);
}

static void
add(struct dma *dma, const struct dma_owned *owned)
{
	dma->owned = shadow_grow(dma->owned, &dma->owneds_max, dma->owneds,
	    sizeof(dma->owned[0]));
	dma->owned[dma->owneds++] = *owned;
	access_show(&dma->world->access, owned->low, owned->high, true);
}

static void
drop(struct dma *dma, size_t i)
{
	access_show(&dma->world->access, dma->owned[i].low, dma->owned[i].high, false);
	dma->owned[i] = dma->owned[--dma->owneds];
}

/* Where the driver sees a piece: page by page. */
static void
own_piece(struct dma *dma, const struct memory *memory, const struct dma_request *request,
    const struct dma_piece *piece)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);
	uint64_t end = piece->offset + piece->length;

	for (size_t i = 0; map != NULL && i < map->sources; i++) {
		const struct dma_segment *source = &map->source[i];
		uint64_t from = source->offset > piece->offset ? source->offset :
		    piece->offset;
		uint64_t to = source->offset + source->length < end ?
		    source->offset + source->length : end;
		const void *at;

		if (from >= to)
			continue;
		at = memory_contents(memory, source->bus - MEMORY_BUS_OFFSET + (from -
		    source->offset));
		if (at == NULL)
			continue;
		add(dma, &(const struct dma_owned){
			.low = (uintptr_t)at, .high = (uintptr_t)at + (to - from),
			.offset = from, .map = piece->map, .queue = request->queue,
			.slot = request->slot, .seq = request->seq,
			.device_writes = piece->device_writes,
		});
	}
}

void
dma_own(struct dma *dma, struct rules_core *core, const struct dma_request *request)
{
	const struct memory *memory = rules_look(core)->memory;

	for (size_t i = 0; i < request->pieces && dma->world != NULL; i++)
		if (request->piece[i].is_found)
			own_piece(dma, memory, request, &request->piece[i]);
}

void
dma_back(struct dma *dma, const struct dma_request *request)
{
	for (size_t i = dma->owneds; i-- > 0; ) {
		struct dma_owned *owned = &dma->owned[i];

		if (owned->queue != request->queue || owned->slot != request->slot ||
		    owned->seq != request->seq)
			continue;
		if (owned->device_writes)
			owned->is_back = true;
		else
			drop(dma, i);
	}
	if (dma->owneds > 0)
		show_all(dma);
}

/* What lies on the two sides of the range stays. */
void
dma_read_back(struct dma *dma, uint32_t map, uint64_t offset, uint64_t length)
{
	uint64_t end = offset + length;

	for (size_t i = dma->owneds; i-- > 0; ) {
		struct dma_owned before = dma->owned[i], after = before;
		uint64_t last = before.offset + (before.high - before.low);

		if (!before.is_back || before.map != map || last <= offset ||
		    before.offset >= end)
			continue;
		drop(dma, i);
		before.high = before.low + (offset - before.offset);
		after.low = after.high - (last - end);
		after.offset = end;
		if (offset > before.offset)
			add(dma, &before);
		if (end < last)
			add(dma, &after);
	}
	if (dma->owneds > 0)
		show_all(dma);
}

void
dma_disown_map(struct dma *dma, uint32_t map)
{
	for (size_t i = dma->owneds; i-- > 0; )
		if (dma->owned[i].map == map)
			drop(dma, i);
	if (dma->owneds > 0)
		show_all(dma);
}

void
dma_disown_all(struct dma *dma)
{
	while (dma->owneds > 0)
		drop(dma, dma->owneds - 1);
}

static struct dma_request *
request_of(struct dma *dma, const struct dma_owned *owned)
{
	for (size_t i = 0; i < dma->requests; i++)
		if (dma->request[i].state == DMA_REQUEST_OUT &&
		    dma->request[i].seq == owned->seq)
			return &dma->request[i];
	return NULL;
}

static void
report(struct dma *dma, struct rules_core *core, const struct dma_owned *owned,
    const struct touch *touch)
{
	uintptr_t low = touch->address > owned->low ? touch->address : owned->low;
	uintptr_t end = touch->address + touch->size;
	unsigned long long first = owned->offset + (low - owned->low);
	unsigned long long last = owned->offset + ((end < owned->high ? end : owned->high) -
	    owned->low) - 1;
	struct dma_request *request = request_of(dma, owned);
	const struct event event = touch_event(touch);
	struct finding *finding;

	if (owned->is_back)
		finding = rules_report(core, &rule_dma_post_before_cpu, &event, touch->site,
		    "%s of bytes %llu..%llu of map %u, which the device wrote and no POSTREAD "
		    "has brought back", touch->write ? "write" : "read", first, last,
		    owned->map);
	else
		finding = rules_report(core, touch->write ? &rule_dma_cpu_write_owned :
		    &rule_dma_post_before_cpu, &event, touch->site,
		    "%s of bytes %llu..%llu of map %u while queue %u slot %u has them%s",
		    touch->write ? "write" : "read", first, last, owned->map, owned->queue,
		    owned->slot, request != NULL && request->is_done ?
		    " (used, but not dequeued)" : "");
	finding_because(finding, owned->seq, "given to the device");
	if (request != NULL && touch->write)
		request->is_reported = true;
}

enum access_verdict
dma_touch(void *state, struct rules_core *core, const struct touch *touch)
{
	struct dma *dma = state;
	enum access_verdict verdict = ACCESS_ORDINARY;

	for (size_t i = 0; i < dma->owneds; i++) {
		const struct dma_owned *owned = &dma->owned[i];

		if (touch->address >= owned->high ||
		    touch->address + touch->size <= owned->low)
			continue;
		verdict = ACCESS_SHOW;
		if ((touch->write || owned->device_writes) &&
		    rules_look(core)->device.healthy)
			report(dma, core, owned, touch);
	}
	return verdict;
}

void
dma_memory(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number)
{
	struct dma *dma = state;

	for (size_t i = dma->owneds; what == HW_MEMORY_GONE && i-- > 0; ) {
		const struct dma_owned *owned = &dma->owned[i];
		struct finding *finding;
		struct event event;
		uint32_t site;

		if (owned->low >= high || owned->high <= low)
			continue;
		event = rules_call_now(core, &site);
		if (!owned->is_back && rules_look(core)->device.healthy) {
			finding = rules_report(core, &rule_dma_release_owned, &event, site,
			    "the memory of bytes %llu and on of map %u is given back while "
			    "queue %u slot %u has them", (unsigned long long)owned->offset,
			    owned->map, owned->queue, owned->slot);
			finding_because(finding, owned->seq, "given to the device");
		}
		drop(dma, i);
	}
}
