/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: what is known of maps, of the states of their bytes and of who has them.
 *
 * From the commit until the used buffer is dequeued nobody but the device may write
 * them; those that the device writes may not be read either, and stay that way until their
 * POSTREAD.  With bounce buffers the device would not see the store, which makes it no better.
 */
#include "rules/kernel/dma.h"

struct dma_map *
dma_map_at(struct dma *dma, uint64_t ordinal)
{
	struct dma_map *map = vec_get(&dma->map, ordinal);

	return map != NULL && map->exists ? map : NULL;
}

/* ---- States of bytes ---- */

void
dma_begin(struct dma_map *map, uint64_t length)
{
	map->stretch.count = 0;
	*vec_add(&map->stretch) = (struct dma_stretch){ .end = length, .state = 0 };
	map->length = length;
}

/* Let a stretch begin at `at`; returns its index. */
static size_t
cut(struct dma_map *map, uint64_t at)
{
	uint64_t start = 0;
	size_t i = 0;

	while (i < map->stretch.count && map->stretch.item[i].end <= at)
		start = map->stretch.item[i++].end;
	if (i == map->stretch.count || start == at)
		return i;
	vec_insert(&map->stretch, i)->end = at;
	return i + 1;
}

/* Join neighbours in the same state. */
static void
join(struct dma_map *map)
{
	size_t n = 0;

	for (size_t i = 0; i < map->stretch.count; i++) {
		if (n > 0 && map->stretch.item[n - 1].state == map->stretch.item[i].state)
			map->stretch.item[n - 1].end = map->stretch.item[i].end;
		else
			map->stretch.item[n++] = map->stretch.item[i];
	}
	map->stretch.count = n;
}

static uint8_t
changed(uint8_t state, enum dma_change change, unsigned ops)
{
	switch (change) {
	case DMA_CHANGE_PRE:
		return (uint8_t)((state & DMA_USED ? 0 : state) | ops);
	case DMA_CHANGE_POST:
		state &= (uint8_t)~(ops >> 1);
		return state & DMA_PRE ? state : 0;
	case DMA_CHANGE_USED:
		return state & DMA_PRE ? state | DMA_USED : state;
	case DMA_CHANGE_FORGET:
		return state & (uint8_t)~DMA_USED;
	}
	return state;
}

void
dma_change(struct dma_map *map, uint64_t offset, uint64_t length, enum dma_change change,
    unsigned ops)
{
	size_t i = cut(map, offset), end = cut(map, offset + length);

	for (; i < end; i++)
		map->stretch.item[i].state = changed(map->stretch.item[i].state, change, ops);
	join(map);
}

struct dma_run
dma_find(const struct dma_map *map, uint64_t offset, uint64_t length, uint8_t mask,
    uint8_t value)
{
	struct dma_run run = { 0, 0, 0 };
	uint64_t start = 0, first, last;

	for (size_t i = 0; i < map->stretch.count; start = map->stretch.item[i++].end) {
		first = start > offset ? start : offset;
		last = map->stretch.item[i].end < offset + length ? map->stretch.item[i].end :
		    offset + length;
		if (first >= last || (map->stretch.item[i].state & mask) != value)
			continue;
		if (run.count == 0)
			run.first = first;
		run.count += last - first;
		run.last = last - 1;
	}
	return run;
}

uint8_t
dma_state_at(const struct dma_map *map, uint64_t offset)
{
	size_t i = 0;

	while (map->stretch.item[i].end <= offset)
		i++;
	return map->stretch.item[i].state;
}

/* ---- Who has them ---- */

static bool
pieces_overlap(const struct dma_piece *piece, uint64_t map, uint64_t offset, uint64_t length)
{
	return piece->is_found && piece->map == map &&
	    offset < piece->offset + piece->length && piece->offset < offset + length;
}

const struct dma_request *
dma_owner(const struct dma *dma, uint64_t map, uint64_t offset, uint64_t length)
{
	vec_each(request, &dma->request) {
		if (request->state != DMA_REQUEST_OUT)
			continue;
		for (size_t k = 0; k < request->piece.count; k++)
			if (pieces_overlap(&request->piece.item[k], map, offset, length))
				return request;
	}
	return NULL;
}

const struct dma_request *
dma_out(const struct dma *dma, uint64_t map)
{
	return dma_owner(dma, map, 0, UINT64_MAX / 2);
}

struct dma_request *
dma_request_of(struct dma *dma, const struct event *event, uint64_t queue, uint64_t slot,
    enum dma_request_state state)
{
	vec_each(request, &dma->request)
		if (request->state == state && request->queue == queue && request->slot == slot &&
		    request->device == event->device)
			return request;
	return NULL;
}

void
dma_place(struct dma *dma, struct dma_piece *piece)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);

	piece->is_found = false;
	for (size_t i = 0; map != NULL && map->loaded && i < map->segment.count; i++) {
		const struct dma_segment *s = &map->segment.item[i];

		if (piece->bus < s->bus || piece->bus + piece->length > s->bus + s->length)
			continue;
		piece->offset = s->offset + (piece->bus - s->bus);
		piece->is_found = piece->offset + piece->length <= map->length;
		return;
	}
}

/* ---- The buffer, and words ---- */

bool
dma_read_buffer(const struct rules_view *view, const struct dma_map *map, uint64_t offset,
    uint64_t length, uint8_t *to)
{
	uint64_t end = offset + length;

	for (size_t i = 0; i < map->source.count && offset < end; i++) {
		const struct dma_segment *source = &map->source.item[i];
		uint64_t skip = offset - source->offset, part = source->length - skip;

		if (offset < source->offset || skip >= source->length)
			continue;
		part = part < end - offset ? part : end - offset;
		if (!memory_dma_read(view->memory, source->bus + skip, to, part))
			return false;
		to += part;
		offset += part;
	}
	return offset == end;
}

const char *
dma_op_name(unsigned op)
{
	switch (op) {
	case DMA_PREREAD:
		return "PREREAD";
	case DMA_POSTREAD:
		return "POSTREAD";
	case DMA_PREWRITE:
		return "PREWRITE";
	case DMA_POSTWRITE:
		return "POSTWRITE";
	}
	return "more than one operation";
}

/* ---- Loads and stores of what the device has ---- */

static void
show_all(const struct dma *dma, struct rules_core *core)
{
	vec_each(owned, &dma->owned)
		access_show(&core->world->access, owned->low, owned->high, true);
}

static void
add(struct dma *dma, struct rules_core *core, const struct dma_owned *owned)
{
	*vec_add(&dma->owned) = *owned;
	access_show(&core->world->access, owned->low, owned->high, true);
}

static void
drop(struct dma *dma, struct rules_core *core, size_t i)
{
	access_show(&core->world->access, dma->owned.item[i].low, dma->owned.item[i].high, false);
	dma->owned.item[i] = dma->owned.item[--dma->owned.count];
}

/* Where the driver sees a piece: page by page. */
static void
own_piece(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);
	uint64_t end = piece->offset + piece->length;

	for (size_t i = 0; map != NULL && i < map->source.count; i++) {
		const struct dma_segment *source = &map->source.item[i];
		uint64_t from = source->offset > piece->offset ? source->offset :
		    piece->offset;
		uint64_t to = source->offset + source->length < end ?
		    source->offset + source->length : end;
		const void *at;

		if (from >= to)
			continue;
		at = memory_contents(rules_look(core)->memory, source->bus - MEMORY_BUS_OFFSET +
		    (from - source->offset));
		if (at == NULL)
			continue;
		add(dma, core, &(const struct dma_owned){
			.low = (uintptr_t)at, .high = (uintptr_t)at + (to - from),
			.offset = from, .map = piece->map, .device = request->device,
			.queue = request->queue,
			.slot = request->slot, .seq = request->seq,
			.device_writes = piece->device_writes,
		});
	}
}

void
dma_own(struct dma *dma, struct rules_core *core, const struct dma_request *request)
{
	for (size_t i = 0; i < request->piece.count && core->world != NULL; i++)
		if (request->piece.item[i].is_found)
			own_piece(dma, core, request, &request->piece.item[i]);
}

void
dma_back(struct dma *dma, struct rules_core *core, const struct dma_request *request)
{
	for (size_t i = dma->owned.count; i-- > 0; ) {
		struct dma_owned *owned = &dma->owned.item[i];

		if (owned->queue != request->queue || owned->slot != request->slot ||
		    owned->seq != request->seq)
			continue;
		if (owned->device_writes)
			owned->is_back = true;
		else
			drop(dma, core, i);
	}
	if (dma->owned.count > 0)
		show_all(dma, core);
}

/* What lies on the two sides of the range stays. */
void
dma_read_back(struct dma *dma, struct rules_core *core, uint32_t map, uint64_t offset,
    uint64_t length)
{
	uint64_t end = offset + length;

	for (size_t i = dma->owned.count; i-- > 0; ) {
		struct dma_owned before = dma->owned.item[i], after = before;
		uint64_t last = before.offset + (before.high - before.low);

		if (!before.is_back || before.map != map || last <= offset ||
		    before.offset >= end)
			continue;
		drop(dma, core, i);
		before.high = before.low + (offset - before.offset);
		after.low = after.high - (last - end);
		after.offset = end;
		if (offset > before.offset)
			add(dma, core, &before);
		if (end < last)
			add(dma, core, &after);
	}
	if (dma->owned.count > 0)
		show_all(dma, core);
}

void
dma_disown_map(struct dma *dma, struct rules_core *core, uint32_t map)
{
	for (size_t i = dma->owned.count; i-- > 0; )
		if (dma->owned.item[i].map == map)
			drop(dma, core, i);
	if (dma->owned.count > 0)
		show_all(dma, core);
}

void
dma_disown_all(struct dma *dma, struct rules_core *core, unsigned device)
{
	for (size_t i = dma->owned.count; i-- > 0; )
		if (dma->owned.item[i].device == device)
			drop(dma, core, i);
}

static struct dma_request *
request_of(struct dma *dma, const struct dma_owned *owned)
{
	vec_each(request, &dma->request)
		if (request->state == DMA_REQUEST_OUT && request->seq == owned->seq)
			return request;
	return NULL;
}

static void
report(struct dma *dma, struct rules_core *core, const struct dma_owned *owned,
    const struct access_event *touch)
{
	uintptr_t low = touch->address > owned->low ? touch->address : owned->low;
	uintptr_t end = touch->address + touch->size;
	unsigned long long first = owned->offset + (low - owned->low);
	unsigned long long last = owned->offset + ((end < owned->high ? end : owned->high) -
	    owned->low) - 1;
	struct dma_request *request = request_of(dma, owned);

	if (owned->is_back)
		rules_report(core, &rule_dma_post_before_cpu, "%s of bytes %llu..%llu of map %u, "
		    "which the device wrote and no POSTREAD has brought back", touch->write ?
		    "write" : "read", first, last, owned->map);
	else
		rules_report(core, touch->write ? &rule_dma_cpu_write_owned :
		    &rule_dma_post_before_cpu, "%s of bytes %llu..%llu of map %u while queue %u "
		    "slot %u has them%s", touch->write ? "write" : "read", first, last, owned->map,
		    owned->queue, owned->slot, request != NULL && request->is_done ? " (used, but "
		    "not dequeued)" : "");
	rules_because(core, owned->seq, "given to the device");
	if (request != NULL && touch->write)
		request->is_reported = true;
}

enum access_verdict
dma_touch(void *state, struct rules_core *core, const struct access_event *touch)
{
	struct dma *dma = state;
	enum access_verdict verdict = ACCESS_ORDINARY;

	vec_each(owned, &dma->owned) {
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

	for (size_t i = dma->owned.count; what == HW_MEMORY_GONE && i-- > 0; ) {
		const struct dma_owned *owned = &dma->owned.item[i];

		if (owned->low >= high || owned->high <= low)
			continue;
		if (!owned->is_back && rules_look(core)->device.healthy) {
			rules_report(core, &rule_dma_release_owned, "the memory of bytes %llu and "
			    "on of map %u is given back while queue %u slot %u has them",
			    (unsigned long long)owned->offset, owned->map, owned->queue,
			    owned->slot);
			rules_because(core, owned->seq, "given to the device");
		}
		drop(dma, core, i);
	}
}
