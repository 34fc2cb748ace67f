/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: which bytes requests take to the device, from enqueue to dequeue.
 */
#include <stdio.h>
#include <string.h>

#include "rules/device.h"
#include "rules/kernel/dma.h"

static struct dma_request *
new_request(struct dma *dma, unsigned device, uint64_t queue, uint64_t slot)
{
	struct dma_request *request;
	size_t i = 0;

	while (i < dma->request.count && dma->request.item[i].state != DMA_REQUEST_NONE)
		i++;
	request = vec_reach(&dma->request, i);
	request->state = DMA_REQUEST_BUILT;
	request->device = device;
	request->queue = (uint32_t)queue;
	request->slot = (uint32_t)slot;
	request->is_done = false;
	request->is_reported = false;
	request->piece.count = 0;
	return request;
}

HOOK(dma, note_desc, struct dma *dma, ON_NOTE(DESC))
{
	const struct shadow_call *call = core->call;
	struct dma_request *request;
	struct dma_piece *piece;

	if (call->code != HW_CALL_VIRTIO_ENQUEUE && call->code != HW_CALL_VIRTIO_ENQUEUE_P)
		return;
	request = dma_request_of(dma, event, call->args.virtio_enqueue.queue,
	    call->args.virtio_enqueue.slot, DMA_REQUEST_BUILT);
	if (request == NULL)
		request = new_request(dma, event->device, call->args.virtio_enqueue.queue,
		    call->args.virtio_enqueue.slot);
	piece = vec_add(&request->piece);
	*piece = (struct dma_piece){
		.map = (uint32_t)call->args.virtio_enqueue.map, .seq = event->seq, .site =
		    call->site,
		.bus = event->note.desc.address, .length = event->note.desc.length,
		.device_writes = (event->note.desc.flags & DESC_WRITE) != 0,
	};
	dma_place(dma, piece);
}

/* virtio_enqueue_abort(); and virtio_enqueue_reserve(), which begins anew. */
HOOK(dma, call_abort, struct dma *dma, ON_CALL(VIRTIO_ENQUEUE_ABORT),
    ON_CALL(VIRTIO_ENQUEUE_RESERVE))
{
	struct dma_request *request = dma_request_of(dma, event,
	    event->call.virtio_enqueue_abort.queue, event->call.virtio_enqueue_abort.slot,
	    DMA_REQUEST_BUILT);

	if (request != NULL)
		request->state = DMA_REQUEST_NONE;
}

/* ---- Commit ---- */

RULE_ROW(rule_dma_pre_before_device) = {
	"dma.pre-before-device", SEVERITY_ERROR,
	"every byte a descriptor names has had its PRE sync before the request is committed",
	"bus_dma(9), bus_dmamap_sync(); virtio 1.2 clause 2.7.13",
	"A descriptor made by virtio_enqueue() covers the whole loaded buffer. With bounce "
	"buffers the device sees old contents in every byte that was not synced.",
	"bus_dmamap_sync(t, map, 0, 4 * n, BUS_DMASYNC_PREWRITE);\n"
	"virtio_enqueue(vsc, vq, slot, map, true);\t/* all of map */",
	"bus_dmamap_sync(t, map, 0, 4 * n, BUS_DMASYNC_PREWRITE);\n"
	"virtio_enqueue_p(vsc, vq, slot, map, 0, 4 * n, true);"
};

static void
report_cover(struct rules_core *core, const struct dma_map *map, const struct dma_piece *piece,
    struct dma_run cover)
{
	const char *op = piece->device_writes ? "PREREAD" : "PREWRITE";
	uint64_t last = piece->offset + piece->length - 1;
	char covered[64];

	if (cover.count == 0)
		snprintf(covered, sizeof(covered), "covered none of them");
	else if (cover.count == cover.last - cover.first + 1)
		snprintf(covered, sizeof(covered), "covered %llu..%llu",
		    (unsigned long long)cover.first, (unsigned long long)cover.last);
	else
		snprintf(covered, sizeof(covered), "covered %llu of them",
		    (unsigned long long)cover.count);
	rules_report(core, &rule_dma_pre_before_device,
	    "the descriptor names bytes %llu..%llu of map %u, %s %s",
	    (unsigned long long)piece->offset, (unsigned long long)last, piece->map, op, covered);
	rules_because(core, piece->seq, "descriptor written");
	if (map->pre_seq != 0)
		rules_because(core, map->pre_seq, "newest PRE sync");
}

/*
 * Do bytes first..last of the buffer differ from what their PREWRITE found?  What the driver
 * wrote after it stays in its cache, or out of the bounce pages.
 */
static void
check_late(struct rules_core *core, const struct dma_map *map, const struct dma_piece *piece,
    uint64_t first, uint64_t last)
{
	const struct rules_view *view = rules_look(core);
	uint8_t now[256];
	uint64_t part, i = 0;

	if (view->memory == NULL || piece->device_writes || map->source.count == 0)
		return;
	for (uint64_t at = first; at <= last; at += part) {
		part = last - at + 1 < sizeof(now) ? last - at + 1 : sizeof(now);
		if (!dma_read_buffer(view, map, at, part, now))
			return;
		if (memcmp(now, map->synced.item + at, part) == 0)
			continue;
		while (now[i] == map->synced.item[at + i])
			i++;
		rules_report(core, &rule_dma_pre_before_device,
		    "byte %llu of map %u was changed from 0x%02x to 0x%02x after its PREWRITE",
		    (unsigned long long)(at + i), piece->map, map->synced.item[at + i], now[i]);
		rules_because(core, map->pre_seq, "newest PRE sync");
		return;
	}
}

RULE_ROW(rule_dma_load_direction) = {
	"dma.load-direction", SEVERITY_ERROR,
	"a load with BUS_DMA_READ or BUS_DMA_WRITE is of a buffer that the device writes or reads",
	"bus_dma(9), bus_dmamap_load(), flags",
	"READ is from the device to memory.  A machine may map the buffer for that direction "
	"alone, and the other transfer fails or moves nothing.",
	"bus_dmamap_load(t, map, cmd, n, NULL, BUS_DMA_NOWAIT | BUS_DMA_READ);\n"
	"virtio_enqueue(vsc, vq, slot, map, true);\t/* the device reads */",
	"bus_dmamap_load(t, map, cmd, n, NULL, BUS_DMA_NOWAIT | BUS_DMA_WRITE);"
};

static void
check_direction(struct rules_core *core, const struct dma_map *map, const struct dma_piece *piece)
{
	uint64_t said = map->load_flags & (DMA_READ | DMA_WRITE);

	if (said != (piece->device_writes ? DMA_WRITE : DMA_READ))
		return;
	rules_report_at(core, &rule_dma_load_direction, map->load_site,
	    "map %u was loaded with %s, and the device %s it", piece->map, said == DMA_READ ?
	    "BUS_DMA_READ" : "BUS_DMA_WRITE", piece->device_writes ? "writes" : "reads");
	rules_because(core, map->load_seq, "loaded here");
	rules_because(core, piece->seq, "descriptor written");
}

static void
check_piece(struct dma *dma, struct rules_core *core, const struct dma_piece *piece)
{
	struct dma_map *map = &dma->map.item[piece->map];
	uint8_t want = piece->device_writes ? DMA_PREREAD : DMA_PREWRITE;
	struct dma_run cover = dma_find(map, piece->offset, piece->length, want, want);
	struct dma_run other = dma_find(map, piece->offset, piece->length, DMA_PRE,
	    (uint8_t)(want ^ DMA_PRE));

	if (piece->length == 0)
		return;
	check_direction(core, map, piece);
	/* Bytes that were all synced the other way round are ring.direction. */
	if (cover.count < piece->length && !(cover.count == 0 && other.count == piece->length))
		report_cover(core, map, piece, cover);
	if (cover.count > 0 && cover.count == cover.last - cover.first + 1)
		check_late(core, map, piece, cover.first, cover.last);
	dma_change(map, piece->offset, piece->length, DMA_CHANGE_USED, 0);
	map->commit_seq = core->event->seq;
	map->commit_site = core->site;
}

static bool
is_ram(const struct memory *memory, const struct dma_piece *piece)
{
	if (piece->bus < MEMORY_BUS_OFFSET || piece->length == 0)
		return false;
	return memory_is_ram(memory, (piece->bus - MEMORY_BUS_OFFSET) >> MEMORY_PAGE_SHIFT) &&
	    memory_is_ram(memory, (piece->bus + piece->length - 1 - MEMORY_BUS_OFFSET) >>
	    MEMORY_PAGE_SHIFT);
}

RULE_ROW(rule_dma_address_space) = {
	"dma.address-space", SEVERITY_ERROR,
	"a descriptor names bus addresses of memory",
	"bus_dma(9), dm_segs; virtio 1.2 clause 2.7.5",
	"Virtual, physical and bus addresses are three things; only dm_segs[].ds_addr means "
	"something to a device.",
	"desc->addr = (uintptr_t)buf;",
	"desc->addr = map->dm_segs[0].ds_addr;"
};

/* A descriptor that points to nothing the driver has loaded (any more). */
static void
check_stray(struct dma *dma, struct rules_core *core, const struct dma_piece *piece)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);
	const struct memory *memory = rules_look(core)->memory;

	if (memory != NULL && !is_ram(memory, piece)) {
		rules_report(core, &rule_dma_address_space,
		    "a descriptor names %llu bytes at 0x%llx, which is no bus address of memory",
		    (unsigned long long)piece->length, (unsigned long long)piece->bus);
	} else {
		rules_report(core, &rule_dma_release_owned, "a descriptor names %llu bytes of map "
		    "%u, which is %s", (unsigned long long)piece->length, piece->map, map == NULL ||
		    map->gone ? "destroyed" : "not loaded with them");
	}
	rules_because(core, piece->seq, "descriptor written");
}

/* The same bytes are at the device already (ring.request-reuse): what became of them? */
static void
check_reuse(struct dma *dma, struct rules_core *core, const struct dma_piece *piece)
{
	const struct dma_request *owner = dma_owner(dma, piece->map, piece->offset,
	    piece->length);

	if (owner != NULL && rules_look(core)->device.healthy)
		dma_compare(dma, core, owner, core->site);
}

/* Only where the device looks at the driver's own memory can a later write reach it. */
static void
keep_copy(struct rules_core *core, struct dma_request *request)
{
	const struct rules_view *view = rules_look(core);
	size_t total = 0;

	vec_each(piece, &request->piece) {
		piece->copy = SIZE_MAX;
		if (view->memory == NULL || view->bounce || piece->device_writes ||
		    !piece->is_found)
			continue;
		(void)vec_reach(&request->copy, total + piece->length);
		if (!memory_dma_read(view->memory, piece->bus, request->copy.item + total,
		    piece->length))
			continue;
		piece->copy = total;
		total += piece->length;
	}
}

HOOK(dma, call_commit, struct dma *dma, ON_CALL(VIRTIO_ENQUEUE_COMMIT))
{
	struct dma_request *request = dma_request_of(dma, event,
	    event->call.virtio_enqueue_commit.queue, event->call.virtio_enqueue_commit.slot,
	    DMA_REQUEST_BUILT);

	if (request == NULL)
		return;
	vec_each(piece, &request->piece) {
		dma_place(dma, piece);
		if (!piece->is_found) {
			check_stray(dma, core, piece);
			continue;
		}
		check_reuse(dma, core, piece);
		check_piece(dma, core, piece);
	}
	request->state = DMA_REQUEST_OUT;
	request->seq = event->seq;
	request->site = site;
	keep_copy(core, request);
	dma_own(dma, core, request);
}

/* ---- Completion ---- */

SHARED_RULE_ROW(rule_dma_cpu_write_owned) = {
	"dma.cpu-write-owned", SEVERITY_ERROR,
	"the driver does not write a buffer while the device has it",
	"bus_dma(9), bus_dmamap_sync(); virtio 1.2 clauses 2.7.13.3 and 3.3.1",
	"The device may have read the buffer before the write, after it, or half of each.",
	"virtio_enqueue_commit(vsc, vq, slot, true);\nreq->pages[0] = 0;",
	"virtio_dequeue(vsc, vq, &slot, NULL);\nreq->pages[0] = 0;"
};

static void
compare_piece(struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece, const struct memory *memory, uint32_t site)
{
	const uint8_t *before = request->copy.item + piece->copy;
	uint8_t now[256];
	size_t part;

	for (size_t at = 0; at < piece->length; at += part) {
		part = piece->length - at < sizeof(now) ? piece->length - at : sizeof(now);
		if (!memory_dma_read(memory, piece->bus + at, now, part))
			return;
		if (memcmp(now, before + at, part) == 0)
			continue;
		for (size_t i = 0; i < part; i++) {
			/* What the host discards was not written by the driver. */
			if (now[i] == before[at + i] || memory_host_has(memory,
			    (piece->bus + at + i - MEMORY_BUS_OFFSET) >> MEMORY_PAGE_SHIFT))
				continue;
			rules_report_at(core, &rule_dma_cpu_write_owned, site, "byte %llu of map "
			    "%u changed from 0x%02x to 0x%02x while queue %u slot %u had it",
			    (unsigned long long)(piece->offset + at + i), piece->map,
			    before[at + i], now[i], request->queue, request->slot);
			rules_because(core, request->seq, "given to the device");
			return;
		}
	}
}

void
dma_compare(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    uint32_t site)
{
	const struct memory *memory = rules_look(core)->memory;

	for (size_t i = 0; i < request->piece.count && !request->is_reported; i++) {
		const struct dma_piece *piece = &request->piece.item[i];
		const struct dma_map *map = dma_map_at(dma, piece->map);

		if (memory != NULL && piece->is_found && piece->copy != SIZE_MAX &&
		    map != NULL && map->loaded)
			compare_piece(core, request, piece, memory, site);
	}
}

HOOK(dma, on_used, struct dma *dma, ON_EVENT(DEV_USED))
{
	struct dma_request *request = dma_request_of(dma, event, event->dev_used.queue,
	    event->dev_used.id, DMA_REQUEST_OUT);

	if (request == NULL || request->is_done)
		return;
	dma_compare(dma, core, request, request->site);
	request->is_done = true;
}

HOOK(dma, note_dequeued, struct dma *dma, ON_NOTE(DEQUEUED))
{
	struct dma_request *request = dma_request_of(dma, event, event->note.dequeued.queue,
	    event->note.dequeued.slot, DMA_REQUEST_OUT);

	if (request == NULL)
		return;
	if (!request->is_done)
		dma_compare(dma, core, request, site);
	dma_back(dma, core, request);
	request->state = DMA_REQUEST_NONE;
}

/*
 * After a reset nothing is at the device, and no transfer waits for its end; nor is there with one
 * that was pulled out.
 */
HOOK(dma, on_status, struct dma *dma, ON_EVENT(DEV_STATUS), ON_EVENT(DEV_BEHAVIOUR))
{
	if (event->kind == EV_DEV_STATUS ? event->dev_status.status != 0 :
	    event->code != RULES_BEHAVIOUR_GONE)
		return;
	vec_each(request, &dma->request)
		if (request->state == DMA_REQUEST_OUT && request->device == event->device)
			request->state = DMA_REQUEST_NONE;
	dma_disown_all(dma, core, event->device);
	vec_each(map, &dma->map)
		if (map->device == event->device)
			dma_change(map, 0, map->length, DMA_CHANGE_FORGET, 0);
}
