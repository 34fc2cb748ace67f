/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: what is known of maps, of the states of their bytes and of who has them.
 */
#include <string.h>

#include "rules/kernel/dma.h"

struct dma_map *
dma_map_at(struct dma *dma, uint64_t ordinal)
{
	return ordinal < dma->maps && dma->map[ordinal].exists ? &dma->map[ordinal] : NULL;
}

/* ---- States of bytes ---- */

void
dma_begin(struct dma_map *map, uint64_t length)
{
	map->stretch = shadow_grow(map->stretch, &map->stretches_max, 0,
	    sizeof(map->stretch[0]));
	map->stretch[0] = (struct dma_stretch){ .end = length, .state = 0 };
	map->stretches = 1;
	map->length = length;
}

/* Let a stretch begin at `at`; returns its index. */
static size_t
cut(struct dma_map *map, uint64_t at)
{
	uint64_t start = 0;
	size_t i = 0;

	while (i < map->stretches && map->stretch[i].end <= at)
		start = map->stretch[i++].end;
	if (i == map->stretches || start == at)
		return i;
	map->stretch = shadow_grow(map->stretch, &map->stretches_max, map->stretches,
	    sizeof(map->stretch[0]));
	memmove(&map->stretch[i + 1], &map->stretch[i],
	    (map->stretches - i) * sizeof(map->stretch[0]));
	map->stretches++;
	map->stretch[i].end = at;
	return i + 1;
}

/* Join neighbours in the same state. */
static void
join(struct dma_map *map)
{
	size_t n = 0;

	for (size_t i = 0; i < map->stretches; i++) {
		if (n > 0 && map->stretch[n - 1].state == map->stretch[i].state)
			map->stretch[n - 1].end = map->stretch[i].end;
		else
			map->stretch[n++] = map->stretch[i];
	}
	map->stretches = n;
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
		map->stretch[i].state = changed(map->stretch[i].state, change, ops);
	join(map);
}

struct dma_run
dma_find(const struct dma_map *map, uint64_t offset, uint64_t length, uint8_t mask,
    uint8_t value)
{
	struct dma_run run = { 0, 0, 0 };
	uint64_t start = 0, first, last;

	for (size_t i = 0; i < map->stretches; start = map->stretch[i++].end) {
		first = start > offset ? start : offset;
		last = map->stretch[i].end < offset + length ? map->stretch[i].end :
		    offset + length;
		if (first >= last || (map->stretch[i].state & mask) != value)
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

	while (map->stretch[i].end <= offset)
		i++;
	return map->stretch[i].state;
}

/* ---- Who has them ---- */

static bool
pieces_overlap(const struct dma_piece *piece, uint64_t map, uint64_t offset, uint64_t length)
{
	return piece->is_found && piece->map == map &&
	    offset < piece->offset + piece->length && piece->offset < offset + length;
}

/* The request at the device that has bytes of this range, NULL if none. */
const struct dma_request *
dma_owner(const struct dma *dma, uint64_t map, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < dma->requests; i++) {
		const struct dma_request *request = &dma->request[i];

		if (request->state != DMA_REQUEST_OUT)
			continue;
		for (size_t k = 0; k < request->pieces; k++)
			if (pieces_overlap(&request->piece[k], map, offset, length))
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
dma_request_of(struct dma *dma, uint64_t queue, uint64_t slot, enum dma_request_state state)
{
	for (size_t i = 0; i < dma->requests; i++)
		if (dma->request[i].state == state && dma->request[i].queue == queue &&
		    dma->request[i].slot == slot)
			return &dma->request[i];
	return NULL;
}

void
dma_place(struct dma *dma, struct dma_piece *piece)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);

	piece->is_found = false;
	for (size_t i = 0; map != NULL && map->loaded && i < map->segments; i++) {
		const struct dma_segment *s = &map->segment[i];

		if (piece->bus < s->bus || piece->bus + piece->length > s->bus + s->length)
			continue;
		piece->offset = s->offset + (piece->bus - s->bus);
		piece->is_found = piece->offset + piece->length <= map->length;
		return;
	}
}

/* ---- The buffer, and words ---- */

/* Bytes [offset, offset + length) of the buffer; false where it is unknown. */
bool
dma_read_buffer(const struct rules_view *view, const struct dma_map *map, uint64_t offset,
    uint64_t length, uint8_t *to)
{
	uint64_t end = offset + length;

	for (size_t i = 0; i < map->sources && offset < end; i++) {
		const struct dma_segment *source = &map->source[i];
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
