/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: which bytes are synced for whom, and which are at the device.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/dma_state.h"

/* ---- States of bytes ---- */

/* Bytes of a kind, inclusive; `count` may be smaller than the run when it has holes. */
struct run {
	uint64_t first, last, count;
};

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

/* What happens to the states of a range. */
enum change { CHANGE_PRE, CHANGE_POST, CHANGE_USED, CHANGE_FORGET };

static uint8_t
changed(uint8_t state, enum change change, unsigned ops)
{
	switch (change) {
	case CHANGE_PRE:
		return (uint8_t)((state & DMA_USED ? 0 : state) | ops);
	case CHANGE_POST:
		state &= (uint8_t)~(ops >> 1);
		return state & DMA_PRE ? state : 0;
	case CHANGE_USED:
		return state & DMA_PRE ? state | DMA_USED : state;
	case CHANGE_FORGET:
		return state & (uint8_t)~DMA_USED;
	}
	return state;
}

static void
change_bytes(struct dma_map *map, uint64_t offset, uint64_t length, enum change change,
    unsigned ops)
{
	size_t i = cut(map, offset), end = cut(map, offset + length);

	for (; i < end; i++)
		map->stretch[i].state = changed(map->stretch[i].state, change, ops);
	join(map);
}

static struct run
find_run(const struct dma_map *map, uint64_t offset, uint64_t length, uint8_t mask,
    uint8_t value)
{
	struct run run = { 0, 0, 0 };
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

static uint8_t
state_at(const struct dma_map *map, uint64_t offset)
{
	size_t i = 0;

	while (map->stretch[i].end <= offset)
		i++;
	return map->stretch[i].state;
}

/* Bytes without any PRE. */
static struct run
find_unsynced(const struct dma_map *map, uint64_t offset, uint64_t length)
{
	return find_run(map, offset, length, DMA_PRE, 0);
}

/* ---- Who has them ---- */

static bool
pieces_overlap(const struct dma_piece *piece, uint64_t map, uint64_t offset, uint64_t length)
{
	return piece->is_found && piece->map == map &&
	    offset < piece->offset + piece->length && piece->offset < offset + length;
}

/* The request at the device that has bytes of this range, NULL if none. */
static const struct dma_request *
find_owner(const struct dma *dma, uint64_t map, uint64_t offset, uint64_t length)
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
	return find_owner(dma, map, 0, UINT64_MAX / 2);
}

/* A device that breaks the rules itself misleads drivers; what they do then is not theirs. */
static bool
device_is_healthy(struct rules_core *core)
{
	return rules_look(core)->device.healthy;
}

/* ---- Sync ---- */

static const char *
op_name(unsigned op)
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

static const char *
pre_name(unsigned state)
{
	return (state & DMA_PRE) == DMA_PRE ? "PREREAD and PREWRITE" :
	    op_name(state & DMA_PRE);
}

void
dma_tell_unsynced(struct dma *dma, struct rules_core *core, uint64_t ordinal,
    const char *rule, const struct event *event, uint32_t site, const char *when)
{
	struct dma_map *map = &dma->map[ordinal];
	struct run run = find_run(map, 0, map->length, DMA_USED, DMA_USED);
	struct finding *finding;
	unsigned state;

	if (run.count == 0 || dma_out(dma, ordinal) != NULL)
		return;
	state = state_at(map, run.first);
	finding = rules_report(core, (state & DMA_PREREAD) != 0 ?
	    "dma.post-before-cpu" : rule, event, site,
	    "%s, bytes %llu..%llu of map %u still wait for the POST that ends their "
	    "transfer (%s was the last sync of %llu of them)", when,
	    (unsigned long long)run.first, (unsigned long long)run.last, (unsigned)ordinal,
	    pre_name(state), (unsigned long long)run.count);
	finding_because(finding, map->pre_seq, "the PRE sync");
	finding_because(finding, map->commit_seq, "given to the device");
	change_bytes(map, 0, map->length, CHANGE_FORGET, 0);
}

static void
sync_pre(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned ops, const struct event *event, uint32_t site)
{
	struct dma_map *map = &dma->map[ordinal];
	char when[48];

	if (find_owner(dma, ordinal, offset, length) == NULL &&
	    find_run(map, offset, length, DMA_USED, DMA_USED).count > 0) {
		snprintf(when, sizeof(when), "at the next %s", pre_name(ops));
		dma_tell_unsynced(dma, core, ordinal, "dma.sync-pairing", event, site, when);
	}
	change_bytes(map, offset, length, CHANGE_PRE, ops);
	map->pre_seq = event->seq;
}

/*
 * Does the POST end what a PRE of its own direction began?  Tells at most one thing.  False:
 * it does not, and what is told of these bytes is enough.
 */
static bool
judge_post(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned op, const struct event *event, uint32_t site)
{
	struct dma_map *map = &dma->map[ordinal];
	uint8_t want = (uint8_t)(op >> 1);
	struct run match = find_run(map, offset, length, want, want);
	struct run none = find_unsynced(map, offset, length);
	const struct dma_request *owner = find_owner(dma, ordinal, offset, length);
	struct finding *finding = NULL;
	bool ends = true;

	if (owner != NULL && !owner->is_done && device_is_healthy(core)) {
		finding = rules_report(core, "dma.sync-pairing", event, site,
		    "%s of bytes %llu..%llu of map %u while the device still has them "
		    "(queue %u, slot %u)", op_name(op), (unsigned long long)offset,
		    (unsigned long long)(offset + length - 1), ordinal, owner->queue,
		    owner->slot);
		finding_because(finding, owner->seq, "given to the device");
	} else if (match.count == length || !device_is_healthy(core)) {
		return true;
	} else if (match.count == 0 || match.count + none.count < length) {
		finding = rules_report(core, "dma.sync-pairing", event, site,
		    "%s of bytes %llu..%llu of map %u ends no %s: the last sync of byte %llu "
		    "was %s", op_name(op), (unsigned long long)offset,
		    (unsigned long long)(offset + length - 1), ordinal, op_name(want),
		    (unsigned long long)offset, (state_at(map, offset) & DMA_PRE) == 0 ?
		    "no PRE" : pre_name(state_at(map, offset)));
		ends = false;
	} else {
		finding = rules_report(core, "dma.sync-excess", event, site,
		    "%s of bytes %llu..%llu of map %u, but %s covered only %llu..%llu",
		    op_name(op), (unsigned long long)offset,
		    (unsigned long long)(offset + length - 1), ordinal, op_name(want),
		    (unsigned long long)match.first, (unsigned long long)match.last);
	}
	if (map->pre_seq != 0)
		finding_because(finding, map->pre_seq, "the newest PRE sync of this map");
	return ends;
}

static void
sync_post(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned ops, const struct event *event, uint32_t site)
{
	unsigned ended = ops;

	for (unsigned op = DMA_POSTREAD; op <= DMA_POSTWRITE; op <<= 2)
		if ((ops & op) != 0 &&
		    !judge_post(dma, core, ordinal, offset, length, op, event, site))
			ended |= DMA_POST;
	change_bytes(&dma->map[ordinal], offset, length, CHANGE_POST, ended);
	if ((ops & DMA_POSTREAD) != 0)
		dma_read_back(dma, ordinal, offset, length);
}

static bool
check_ops(struct rules_core *core, uint32_t ordinal, unsigned ops, const struct event *event,
    uint32_t site)
{
	if ((ops & ~(unsigned)(DMA_PRE | DMA_POST)) != 0 || ops == 0)
		rules_report(core, "dma.sync-ops", event, site,
		    "sync of map %u with operations 0x%x, which %s", ordinal, ops,
		    ops == 0 ? "does nothing" : "are not BUS_DMASYNC_* values");
	else if ((ops & DMA_PRE) != 0 && (ops & DMA_POST) != 0)
		rules_report(core, "dma.sync-ops", event, site,
		    "sync of map %u mixes PRE and POST operations (0x%x)", ordinal, ops);
	else
		return true;
	return false;
}

void
dma_sync(struct dma *dma, struct rules_core *core, const struct event *event, uint32_t site)
{
	uint32_t ordinal = (uint32_t)event->arg[0];
	struct dma_map *map = &dma->map[ordinal];
	uint64_t offset = event->arg[1], length = event->arg[2];
	unsigned ops = (unsigned)event->arg[3];
	struct finding *finding;

	if (length == 0 || offset >= map->length || length > map->length - offset) {
		finding = rules_report(core, "dma.sync-range", event, site,
		    "sync of %llu bytes at offset %llu of map %u, which has %llu bytes loaded",
		    (unsigned long long)length, (unsigned long long)offset, ordinal,
		    (unsigned long long)map->length);
		finding_because(finding, map->load_seq, "loaded here");
	}
	if (!check_ops(core, ordinal, ops, event, site))
		return;
	if (offset >= map->length)
		return;
	if (length > map->length - offset)
		length = map->length - offset;
	if ((ops & DMA_PREWRITE) != 0)
		dma_keep_synced(core, map, offset, length);
	if ((ops & DMA_PRE) != 0)
		sync_pre(dma, core, ordinal, offset, length, ops, event, site);
	else
		sync_post(dma, core, ordinal, offset, length, ops, event, site);
}

/* ---- Requests ---- */

static struct dma_request *
find_request(struct dma *dma, uint64_t queue, uint64_t slot, enum dma_request_state state)
{
	for (size_t i = 0; i < dma->requests; i++)
		if (dma->request[i].state == state && dma->request[i].queue == queue &&
		    dma->request[i].slot == slot)
			return &dma->request[i];
	return NULL;
}

static struct dma_request *
new_request(struct dma *dma, uint64_t queue, uint64_t slot)
{
	size_t i = 0;

	while (i < dma->requests && dma->request[i].state != DMA_REQUEST_NONE)
		i++;
	dma->request = shadow_grow(dma->request, &dma->requests, i, sizeof(dma->request[0]));
	dma->request[i].state = DMA_REQUEST_BUILT;
	dma->request[i].queue = (uint32_t)queue;
	dma->request[i].slot = (uint32_t)slot;
	dma->request[i].is_done = false;
	dma->request[i].is_told = false;
	dma->request[i].pieces = 0;
	return &dma->request[i];
}

/* Where in the map's buffer the descriptor points. */
static void
place_piece(struct dma *dma, struct dma_piece *piece)
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

void
dma_enqueue(struct dma *dma, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(dma->shadow, note);
	struct dma_request *request;
	struct dma_piece *piece;

	if (call->code != HW_CALL_VIRTIO_ENQUEUE && call->code != HW_CALL_VIRTIO_ENQUEUE_P)
		return;
	request = find_request(dma, call->arg[0], call->arg[1], DMA_REQUEST_BUILT);
	if (request == NULL)
		request = new_request(dma, call->arg[0], call->arg[1]);
	request->piece = shadow_grow(request->piece, &request->pieces_max, request->pieces,
	    sizeof(request->piece[0]));
	piece = &request->piece[request->pieces++];
	*piece = (struct dma_piece){
		.map = (uint32_t)call->arg[2], .seq = note->seq, .site = call->site,
		.bus = note->arg[2], .length = note->arg[3],
		.device_writes = (note->arg[4] & DMA_DESC_WRITE) != 0,
	};
	place_piece(dma, piece);
}

void
dma_abort(struct dma *dma, uint64_t queue, uint64_t slot)
{
	struct dma_request *request = find_request(dma, queue, slot, DMA_REQUEST_BUILT);

	if (request != NULL)
		request->state = DMA_REQUEST_NONE;
}

/* ---- Commit ---- */

static void
tell_cover(struct rules_core *core, const struct dma_map *map, const struct dma_piece *piece,
    struct run cover, const struct event *event, uint32_t site)
{
	const char *op = piece->device_writes ? "PREREAD" : "PREWRITE";
	uint64_t last = piece->offset + piece->length - 1;
	struct finding *finding;
	char covered[64];

	if (cover.count == 0)
		snprintf(covered, sizeof(covered), "covered none of them");
	else if (cover.count == cover.last - cover.first + 1)
		snprintf(covered, sizeof(covered), "covered %llu..%llu",
		    (unsigned long long)cover.first, (unsigned long long)cover.last);
	else
		snprintf(covered, sizeof(covered), "covered %llu of them",
		    (unsigned long long)cover.count);
	finding = rules_report(core, "dma.pre-before-device", event, site,
	    "the descriptor names bytes %llu..%llu of map %u, %s %s",
	    (unsigned long long)piece->offset, (unsigned long long)last, piece->map, op,
	    covered);
	finding_because(finding, piece->seq, "descriptor written");
	if (map->pre_seq != 0)
		finding_because(finding, map->pre_seq, "newest PRE sync");
}

static void
judge_piece(struct dma *dma, struct rules_core *core, const struct dma_piece *piece,
    const struct event *event, uint32_t site)
{
	struct dma_map *map = &dma->map[piece->map];
	uint8_t want = piece->device_writes ? DMA_PREREAD : DMA_PREWRITE;
	struct run cover = find_run(map, piece->offset, piece->length, want, want);
	struct run other = find_run(map, piece->offset, piece->length, DMA_PRE,
	    (uint8_t)(want ^ DMA_PRE));
	struct finding *finding;

	if (piece->length == 0)
		return;
	if (cover.count == 0 && other.count == piece->length) {
		finding = rules_report(core, "ring.direction", event, piece->site,
		    "the device will %s bytes %llu..%llu of map %u, which were synced with %s",
		    piece->device_writes ? "write" : "read", (unsigned long long)piece->offset,
		    (unsigned long long)(piece->offset + piece->length - 1), piece->map,
		    op_name(want ^ DMA_PRE));
		finding_because(finding, map->pre_seq, "the PRE sync");
		finding_because(finding, piece->seq, "descriptor written");
	} else if (cover.count < piece->length) {
		tell_cover(core, map, piece, cover, event, site);
	}
	if (cover.count > 0 && cover.count == cover.last - cover.first + 1)
		dma_judge_late(core, map, piece, cover.first, cover.last, event, site);
	change_bytes(map, piece->offset, piece->length, CHANGE_USED, 0);
	map->commit_seq = event->seq;
	map->commit_site = site;
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

/* A descriptor that points to nothing the driver has loaded (any more). */
static void
judge_stray(struct dma *dma, struct rules_core *core, const struct dma_piece *piece,
    const struct event *event, uint32_t site)
{
	const struct dma_map *map = dma_map_at(dma, piece->map);
	const struct memory *memory = rules_look(core)->memory;
	struct finding *finding;

	if (memory != NULL && !is_ram(memory, piece)) {
		finding = rules_report(core, "dma.address-space", event, site,
		    "a descriptor names %llu bytes at 0x%llx, which is no bus address of memory",
		    (unsigned long long)piece->length, (unsigned long long)piece->bus);
	} else {
		finding = rules_report(core, "dma.release-owned", event, site,
		    "a descriptor names %llu bytes of map %u, which is %s",
		    (unsigned long long)piece->length, piece->map,
		    map == NULL || map->gone ? "destroyed" : "not loaded with them");
	}
	finding_because(finding, piece->seq, "descriptor written");
}

/* The same bytes are at the device already. */
static void
judge_reuse(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece, const struct event *event, uint32_t site)
{
	const struct dma_request *owner = find_owner(dma, piece->map, piece->offset,
	    piece->length);
	struct finding *finding;

	if (owner == NULL || !device_is_healthy(core))
		return;
	finding = rules_report(core, "ring.request-reuse", event, site,
	    "bytes %llu..%llu of map %u go to queue %u while queue %u slot %u still has them%s",
	    (unsigned long long)piece->offset,
	    (unsigned long long)(piece->offset + piece->length - 1), piece->map,
	    request->queue, owner->queue, owner->slot,
	    owner->is_done ? " (used, but not dequeued)" : "");
	finding_because(finding, owner->seq, "the request before");
	dma_compare(dma, core, owner, event, site);
}

/* Only where the device looks at the driver's own memory can a later write reach it. */
static void
keep_copy(struct rules_core *core, struct dma_request *request)
{
	const struct rules_view *view = rules_look(core);
	size_t total = 0;

	for (size_t i = 0; i < request->pieces; i++) {
		struct dma_piece *piece = &request->piece[i];

		piece->copy = SIZE_MAX;
		if (view->memory == NULL || view->bounce || piece->device_writes ||
		    !piece->is_found)
			continue;
		request->copy = shadow_grow(request->copy, &request->copy_max,
		    total + piece->length, 1);
		if (!memory_dma_read(view->memory, piece->bus, request->copy + total,
		    piece->length))
			continue;
		piece->copy = total;
		total += piece->length;
	}
}

void
dma_commit(struct dma *dma, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct dma_request *request = find_request(dma, event->arg[0], event->arg[1],
	    DMA_REQUEST_BUILT);

	if (request == NULL)
		return;
	for (size_t i = 0; i < request->pieces; i++) {
		struct dma_piece *piece = &request->piece[i];

		place_piece(dma, piece);
		if (!piece->is_found) {
			judge_stray(dma, core, piece, event, site);
			continue;
		}
		judge_reuse(dma, core, request, piece, event, site);
		judge_piece(dma, core, piece, event, site);
	}
	request->state = DMA_REQUEST_OUT;
	request->seq = event->seq;
	request->site = site;
	keep_copy(core, request);
	dma_own(dma, core, request);
}

/* ---- Completion ---- */

static void
compare_piece(struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece, const struct memory *memory, const struct event *event,
    uint32_t site)
{
	const uint8_t *before = request->copy + piece->copy;
	uint8_t now[256];
	struct finding *finding;
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
			finding = rules_report(core, "dma.cpu-write-owned", event, site,
			    "byte %llu of map %u changed from 0x%02x to 0x%02x while queue %u "
			    "slot %u had it", (unsigned long long)(piece->offset + at + i),
			    piece->map, before[at + i], now[i], request->queue, request->slot);
			finding_because(finding, request->seq, "given to the device");
			return;
		}
	}
}

void
dma_compare(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct event *event, uint32_t site)
{
	const struct memory *memory = rules_look(core)->memory;

	for (size_t i = 0; i < request->pieces && !request->is_told; i++) {
		const struct dma_piece *piece = &request->piece[i];
		const struct dma_map *map = dma_map_at(dma, piece->map);

		if (memory != NULL && piece->is_found && piece->copy != SIZE_MAX &&
		    map != NULL && map->loaded)
			compare_piece(core, request, piece, memory, event, site);
	}
}

void
dma_used(struct dma *dma, struct rules_core *core, const struct event *event)
{
	struct dma_request *request = find_request(dma, event->arg[0], event->arg[1],
	    DMA_REQUEST_OUT);

	if (request == NULL || request->is_done)
		return;
	dma_compare(dma, core, request, event, request->site);
	request->is_done = true;
}

void
dma_dequeued(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma_request *request = find_request(dma, event->arg[0], event->arg[1],
	    DMA_REQUEST_OUT);

	if (request == NULL)
		return;
	if (!request->is_done)
		dma_compare(dma, core, request, event, site);
	dma_back(dma, request);
	request->state = DMA_REQUEST_NONE;
}

/* After a reset nothing is at the device, and no transfer waits for its end. */
void
dma_stopped(struct dma *dma)
{
	for (size_t i = 0; i < dma->requests; i++)
		if (dma->request[i].state == DMA_REQUEST_OUT)
			dma->request[i].state = DMA_REQUEST_NONE;
	dma_disown_all(dma);
	for (size_t i = 0; i < dma->maps; i++)
		change_bytes(&dma->map[i], 0, dma->map[i].length, CHANGE_FORGET, 0);
}
