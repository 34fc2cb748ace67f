/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: what the driver writes into a buffer between its PREWRITE and the request.
 */
#include <string.h>

#include "rules/dma_state.h"

/* Bytes [offset, offset + length) of the buffer; false where it is unknown. */
static bool
read_buffer(const struct rules_view *view, const struct dma_map *map, uint64_t offset,
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

void
dma_keep_synced(struct rules_core *core, struct dma_map *map, uint64_t offset, uint64_t length)
{
	const struct rules_view *view = rules_look(core);

	if (view->memory == NULL || map->sources == 0 || length == 0)
		return;
	map->synced = shadow_grow(map->synced, &map->synced_max, offset + length - 1, 1);
	(void)read_buffer(view, map, offset, length, map->synced + offset);
}

/* What the driver wrote after the sync stays in its cache, or out of the bounce pages. */
void
dma_judge_late(struct rules_core *core, const struct dma_map *map,
    const struct dma_piece *piece, uint64_t first, uint64_t last, const struct event *event,
    uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	struct finding *finding;
	uint8_t now[256];
	uint64_t part, i = 0;

	if (view->memory == NULL || piece->device_writes || map->sources == 0)
		return;
	for (uint64_t at = first; at <= last; at += part) {
		part = last - at + 1 < sizeof(now) ? last - at + 1 : sizeof(now);
		if (!read_buffer(view, map, at, part, now))
			return;
		if (memcmp(now, map->synced + at, part) == 0)
			continue;
		while (now[i] == map->synced[at + i])
			i++;
		finding = rules_report(core, "dma.pre-before-device", event, site,
		    "byte %llu of map %u was changed from 0x%02x to 0x%02x after its PREWRITE",
		    (unsigned long long)(at + i), piece->map, map->synced[at + i], now[i]);
		finding_because(finding, map->pre_seq, "newest PRE sync");
		return;
	}
}
