/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: the discipline of bus_dma(9).  Calls and objects are here, bytes and requests
 * in dma_sync.c, the catalogue rows in dma_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/dma_state.h"

struct dma_map *
dma_map_at(struct dma *dma, uint64_t ordinal)
{
	return ordinal < dma->maps && dma->map[ordinal].exists ? &dma->map[ordinal] : NULL;
}

static struct dma_memory *
dmamem_at(struct dma *dma, uint64_t ordinal)
{
	return ordinal < dma->memories && dma->memory[ordinal].exists ?
	    &dma->memory[ordinal] : NULL;
}

/* ---- Use of what is not there ---- */

static void
tell_unmade(struct dma *dma, struct rules_core *core, const char *kind,
    const struct event *event, uint32_t site)
{
	struct finding *finding = rules_report(core, "dma.unchecked-result", event, site,
	    "%s on a %s that %s", trace_call_name(event->code), kind,
	    dma->create_failed ? "could not be made" : "was never made");

	if (dma->create_failed)
		finding_because(finding, dma->failed_seq, "this call had failed");
}

/* The live map that argument `index` names, or NULL after telling. */
static struct dma_map *
expect_map(struct dma *dma, struct rules_core *core, unsigned index,
    const struct event *event, uint32_t site)
{
	struct dma_map *map = dma_map_at(dma, event->arg[index]);
	struct finding *finding;

	if (map == NULL) {
		tell_unmade(dma, core, "map", event, site);
		return NULL;
	}
	if (!map->gone)
		return map;
	finding = rules_report(core, "dma.dead-map", event, site,
	    "%s on map %u, which is destroyed", trace_call_name(event->code),
	    (unsigned)event->arg[index]);
	finding_because(finding, map->gone_seq, "destroyed here");
	return NULL;
}

/* The same for a map that must be loaded. */
static struct dma_map *
expect_loaded(struct dma *dma, struct rules_core *core, unsigned index,
    const struct event *event, uint32_t site)
{
	struct dma_map *map = expect_map(dma, core, index, event, site);
	unsigned ordinal = (unsigned)event->arg[index];
	struct finding *finding;

	if (map == NULL || map->loaded)
		return map;
	if (map->load_failed) {
		finding = rules_report(core, "dma.unchecked-result", event, site,
		    "%s on map %u, whose load had failed", trace_call_name(event->code),
		    ordinal);
		finding_because(finding, map->load_seq, "the load that failed");
		return NULL;
	}
	finding = rules_report(core, "dma.sync-range", event, site,
	    "%s on map %u, which has nothing loaded", trace_call_name(event->code), ordinal);
	finding_because(finding, map->seq, "created here");
	return NULL;
}

static void
check_sleep(struct dma *dma, struct rules_core *core, uint64_t flags,
    const struct event *event, uint32_t site)
{
	uint32_t because = UINT32_MAX;
	char buffer[48];
	const char *why;
	struct finding *finding;

	if ((flags & DMA_NOWAIT) != 0)
		return;
	why = shadow_forbids_sleep(dma->shadow, event, 0, buffer, sizeof(buffer), &because);
	if (why == NULL)
		return;
	finding = rules_report(core, "dma.sleep-context", event, site,
	    "%s with BUS_DMA_WAITOK %s", trace_call_name(event->code), why);
	if (because != UINT32_MAX)
		finding_because(finding, because, "the mutex was taken here");
}

/* ---- Maps ---- */

static void
see_map(struct dma *dma, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(dma->shadow, note);
	uint64_t ordinal = note->arg[0];
	struct dma_map *map;

	dma->map = shadow_grow(dma->map, &dma->maps, ordinal, sizeof(dma->map[0]));
	map = &dma->map[ordinal];
	map->exists = true;
	map->seq = call->seq;
	map->site = call->site;
	map->size = note->arg[1];
	map->nsegs = note->arg[2];
	map->segment_max = call->arg[2];
}

static void
see_segment(struct dma *dma, const struct event *note)
{
	struct dma_map *map = dma_map_at(dma, note->arg[0]);

	if (map == NULL)
		return;
	map->segment = shadow_grow(map->segment, &map->segments_max, map->segments,
	    sizeof(map->segment[0]));
	map->segment[map->segments++] = (struct dma_segment){
		.bus = note->arg[1], .length = note->arg[2], .offset = note->arg[3],
	};
}

static void
judge_buffer(struct rules_core *core, const struct event *note, uint32_t site)
{
	const struct memory *memory = rules_look(core)->memory;
	uint64_t pfn = note->arg[1] >> MEMORY_PAGE_SHIFT;
	const char *where = NULL;

	if (note->arg[4] == HW_BUF_STACK)
		where = "on the stack of a thread";
	else if (note->arg[4] == HW_BUF_FREED)
		where = "in memory that kmem has back, or never gave";
	else if (memory != NULL && memory_is_ram(memory, pfn) &&
	    memory_owner(memory, pfn) == HW_PAGE_FREE)
		where = "in a page that is free";
	if (where != NULL)
		rules_report(core, "dma.bad-memory", note, site,
		    "load of map %u: %llu bytes from offset %llu on lie %s",
		    (unsigned)note->arg[0], (unsigned long long)note->arg[2],
		    (unsigned long long)note->arg[3], where);
}

static void
see_source(struct dma *dma, struct rules_core *core, const struct event *note, uint32_t site)
{
	struct dma_map *map = dma_map_at(dma, note->arg[0]);

	if (map == NULL)
		return;
	judge_buffer(core, note, site);
	if (note->arg[1] == UINT64_MAX)
		return;
	map->source = shadow_grow(map->source, &map->sources_max, map->sources,
	    sizeof(map->source[0]));
	map->source[map->sources++] = (struct dma_segment){
		.bus = note->arg[1] + MEMORY_BUS_OFFSET, .length = note->arg[2],
		.offset = note->arg[3],
	};
}

static void
forget_load(struct dma_map *map)
{
	map->loaded = false;
	map->length = 0;
	map->segments = 0;
	map->sources = 0;
}

static void
see_load(struct dma *dma, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct dma_map *map = expect_map(dma, core, 0, event, site);
	unsigned ordinal = (unsigned)event->arg[0];
	struct finding *finding;

	check_sleep(dma, core, event->arg[2], event, site);
	if (map == NULL)
		return;
	if (map->loaded) {
		finding = rules_report(core, "dma.load-twice", event, site,
		    "load of map %u, which has %llu bytes loaded", ordinal,
		    (unsigned long long)map->length);
		finding_because(finding, map->load_seq, "loaded here");
	}
	if (event->arg[1] > map->size || event->arg[1] == 0) {
		finding = rules_report(core, "dma.load-limits", event, site,
		    "load of %llu bytes into map %u, which was made for 1 to %llu",
		    (unsigned long long)event->arg[1], ordinal, (unsigned long long)map->size);
		finding_because(finding, map->seq, "created here");
	}
	if (event->arg[1] > 0 && event->arg[1] <= map->size && map->segment_max > 0 &&
	    (event->arg[1] - 1) / map->segment_max >= map->nsegs) {
		finding = rules_report(core, "dma.load-limits", event, site,
		    "load of %llu bytes into map %u, which was made for %llu segment%s of at "
		    "most %llu bytes", (unsigned long long)event->arg[1], ordinal,
		    (unsigned long long)map->nsegs, map->nsegs == 1 ? "" : "s",
		    (unsigned long long)map->segment_max);
		finding_because(finding, map->seq, "created here");
	}
	forget_load(map);
	map->load_seq = event->seq;
}

static void
see_loaded(struct dma *dma, struct rules_core *core, const struct event *ret, uint32_t site)
{
	const struct shadow_call *call = shadow_call_of(dma->shadow, ret);
	struct dma_map *map = dma_map_at(dma, call->arg[0]);
	struct finding *finding;

	if (map == NULL || map->gone)
		return;
	map->load_failed = ret->arg[0] != 0;
	map->loaded = ret->arg[0] == 0;
	if (map->loaded) {
		dma_begin(map, call->arg[1]);
		return;
	}
	map->segments = 0;
	if (ret->arg[0] != DMA_EFBIG || call->is_struck)
		return;
	finding = rules_report(core, "dma.load-limits", ret, site,
	    "load of %llu bytes into map %u needs more than the %llu segments it was made for",
	    (unsigned long long)call->arg[1], (unsigned)call->arg[0],
	    (unsigned long long)map->nsegs);
	finding_because(finding, map->seq, "created here");
}

static void
check_owned(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct dma_request *owner = dma_out(dma, event->arg[0]);
	struct finding *finding;

	if (owner == NULL || (owner->is_done && !rules_look(core)->device.healthy))
		return;
	finding = rules_report(core, "dma.release-owned", event, site,
	    "%s of map %u while the device has it (queue %u, slot %u%s)",
	    trace_call_name(event->code), (unsigned)event->arg[0], owner->queue, owner->slot,
	    owner->is_done ? ", used but not dequeued" : "");
	finding_because(finding, owner->seq, "given to the device");
}

static void
see_unload(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma_map *map = expect_map(dma, core, 0, event, site);

	if (map == NULL)
		return;
	check_owned(dma, core, event, site);
	dma_tell_unsynced(dma, core, event->arg[0], "dma.unload-unsynced", event, site,
	    "at its unload");
	forget_load(map);
	dma_disown_map(dma, (uint32_t)event->arg[0]);
}

static void
see_destroy(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma_map *map = expect_map(dma, core, 0, event, site);
	struct finding *finding;

	if (map == NULL)
		return;
	check_owned(dma, core, event, site);
	if (map->loaded) {
		finding = rules_report(core, "dma.destroy-loaded", event, site,
		    "destroy of map %u with %llu bytes loaded", (unsigned)event->arg[0],
		    (unsigned long long)map->length);
		finding_because(finding, map->load_seq, "loaded here");
	}
	dma_tell_unsynced(dma, core, event->arg[0], "dma.unload-unsynced", event, site,
	    "at its destruction");
	forget_load(map);
	dma_disown_map(dma, (uint32_t)event->arg[0]);
	map->gone = true;
	map->gone_seq = event->seq;
}

/* ---- DMA memory ---- */

static void
see_memory(struct dma *dma, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(dma->shadow, note);
	uint64_t ordinal = note->arg[0];
	struct dma_memory *memory;

	dma->memory = shadow_grow(dma->memory, &dma->memories, ordinal,
	    sizeof(dma->memory[0]));
	memory = &dma->memory[ordinal];
	*memory = (struct dma_memory){
		.exists = true, .seq = call->seq, .site = call->site, .size = note->arg[1],
		.nsegs = call->code == HW_CALL_BUS_DMAMEM_ALLOC ? call->arg[2] : 1,
	};
}

static void
see_memory_free(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma_memory *memory = dmamem_at(dma, event->arg[0]);
	int64_t nsegs = (int32_t)event->arg[1];
	struct finding *finding = NULL;

	if (memory == NULL) {
		tell_unmade(dma, core, "piece of DMA memory", event, site);
		return;
	}
	if (nsegs < 1 || (uint64_t)nsegs > memory->nsegs)
		finding = rules_report(core, "dma.free-mismatch", event, site,
		    "free of DMA memory %u with %lld segments, it was allocated with at most %llu",
		    (unsigned)event->arg[0], (long long)nsegs,
		    (unsigned long long)memory->nsegs);
	else if (memory->mapped)
		finding = rules_report(core, "dma.free-mismatch", event, site,
		    "free of DMA memory %u, which is still mapped", (unsigned)event->arg[0]);
	finding_because(finding, memory->seq, "allocated here");
	memory->gone = true;
}

static void
see_memory_unmap(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma_memory *memory = dmamem_at(dma, event->arg[0]);
	struct finding *finding;

	if (memory == NULL) {
		tell_unmade(dma, core, "piece of DMA memory", event, site);
		return;
	}
	if (memory->mapped_size != event->arg[1]) {
		finding = rules_report(core, "dma.free-mismatch", event, site,
		    "unmap of %llu bytes of DMA memory %u, of which %llu are mapped",
		    (unsigned long long)event->arg[1], (unsigned)event->arg[0],
		    (unsigned long long)memory->mapped_size);
		finding_because(finding, memory->map_seq, "mapped here");
	}
	memory->mapped = false;
	memory->mapped_size = 0;
}

static void
see_memory_mapped(struct dma *dma, const struct event *ret)
{
	const struct shadow_call *call = shadow_call_of(dma->shadow, ret);
	struct dma_memory *memory = dmamem_at(dma, call->arg[0]);

	if (memory == NULL || ret->arg[0] != 0)
		return;
	memory->mapped = true;
	memory->mapped_size = call->arg[1];
	memory->map_seq = call->seq;
}

/* ---- What is left over ---- */

static void
sweep(struct dma *dma, struct rules_core *core, const struct event *now, const char *when)
{
	struct finding *finding;

	for (size_t i = 1; i < dma->maps; i++) {
		struct dma_map *map = &dma->map[i];

		if (!map->exists || map->gone || map->leak_told)
			continue;
		map->leak_told = true;
		finding = rules_report(core, "dma.leak", now, map->site,
		    "map %zu (%llu bytes) is left after %s", i,
		    (unsigned long long)map->size, when);
		finding_because(finding, map->seq, "created here");
	}
	for (size_t i = 1; i < dma->memories; i++) {
		struct dma_memory *memory = &dma->memory[i];

		if (!memory->exists || (memory->gone && !memory->mapped) || memory->leak_told)
			continue;
		memory->leak_told = true;
		finding = rules_report(core, "dma.leak", now, memory->site,
		    "DMA memory %zu (%llu bytes) is %s after %s", i,
		    (unsigned long long)memory->size, memory->gone ?
		    "freed but still mapped" : "left", when);
		finding_because(finding, memory->seq, "allocated here");
	}
}

/* ---- Dispatch ---- */

static void
see_call(struct dma *dma, struct rules_core *core, const struct event *event, uint32_t site)
{
	switch (event->code) {
	case HW_CALL_BUS_DMAMAP_CREATE:
		check_sleep(dma, core, event->arg[4], event, site);
		break;
	case HW_CALL_BUS_DMAMAP_DESTROY:
		see_destroy(dma, core, event, site);
		break;
	case HW_CALL_BUS_DMAMAP_LOAD:
		see_load(dma, core, event, site);
		break;
	case HW_CALL_BUS_DMAMAP_UNLOAD:
		see_unload(dma, core, event, site);
		break;
	case HW_CALL_BUS_DMAMAP_SYNC:
		if (expect_loaded(dma, core, 0, event, site) != NULL)
			dma_sync(dma, core, event, site);
		break;
	case HW_CALL_BUS_DMAMEM_ALLOC:
		check_sleep(dma, core, event->arg[3], event, site);
		break;
	case HW_CALL_BUS_DMAMEM_FREE:
		see_memory_free(dma, core, event, site);
		break;
	case HW_CALL_BUS_DMAMEM_MAP:
		check_sleep(dma, core, event->arg[2], event, site);
		if (dmamem_at(dma, event->arg[0]) == NULL)
			tell_unmade(dma, core, "piece of DMA memory", event, site);
		break;
	case HW_CALL_BUS_DMAMEM_UNMAP:
		see_memory_unmap(dma, core, event, site);
		break;
	case HW_CALL_VIRTIO_ENQUEUE:
	case HW_CALL_VIRTIO_ENQUEUE_P:
		expect_loaded(dma, core, 2, event, site);
		break;
	case HW_CALL_VIRTIO_ENQUEUE_COMMIT:
		dma_commit(dma, core, event, site);
		break;
	case HW_CALL_VIRTIO_ENQUEUE_ABORT:
	case HW_CALL_VIRTIO_ENQUEUE_RESERVE:
		dma_abort(dma, event->arg[0], event->arg[1]);
		break;
	case HW_CALL_VIRTIO_CHILD_DETACH:
		dma->detached = true;
		break;
	}
}

static void
see_ret(struct dma *dma, struct rules_core *core, const struct event *ret, uint32_t site)
{
	if (!shadow_returns(dma->shadow, ret))
		return;
	switch (ret->code) {
	case HW_CALL_BUS_DMAMAP_LOAD:
		see_loaded(dma, core, ret, site);
		break;
	case HW_CALL_BUS_DMAMEM_MAP:
		see_memory_mapped(dma, ret);
		break;
	case HW_CALL_BUS_DMAMAP_CREATE:
	case HW_CALL_BUS_DMAMEM_ALLOC:
		if (ret->arg[0] == 0)
			break;
		dma->create_failed = true;
		dma->failed_seq = ret->seq;
		break;
	}
}

static void
note_attach(struct dma *dma, struct rules_core *core, const struct event *note)
{
	if (note->arg[0] == HW_ATTACH_BEGIN && dma->detached) {
		/* What it takes from now on may stay. */
		sweep(dma, core, note, "the detach");
		dma->detached = false;
	} else if (note->arg[0] == HW_ATTACH_END && note->arg[1] == 0) {
		sweep(dma, core, note, "the failed attach");
	}
}

static void
see_note(struct dma *dma, struct rules_core *core, const struct event *note, uint32_t site)
{
	switch (note->code) {
	case HW_NOTE_DMAMAP:
		see_map(dma, note);
		break;
	case HW_NOTE_DMASEG:
		see_segment(dma, note);
		break;
	case HW_NOTE_DMASRC:
		see_source(dma, core, note, site);
		break;
	case HW_NOTE_DMAMEM:
		see_memory(dma, note);
		break;
	case HW_NOTE_DESC:
		dma_enqueue(dma, note);
		break;
	case HW_NOTE_DEQUEUED:
		dma_dequeued(dma, core, note, site);
		break;
	case HW_NOTE_ATTACH:
		note_attach(dma, core, note);
		break;
	}
}

static void
release(struct dma *dma)
{
	for (size_t i = 0; i < dma->maps; i++) {
		free(dma->map[i].segment);
		free(dma->map[i].source);
		free(dma->map[i].synced);
		free(dma->map[i].stretch);
	}
	for (size_t i = 0; i < dma->requests; i++) {
		free(dma->request[i].piece);
		free(dma->request[i].copy);
	}
	free(dma->map);
	free(dma->memory);
	free(dma->request);
	free(dma->owned);
	memset(dma, 0, sizeof(*dma));
}

static void
restart(struct dma *dma)
{
	struct world *world = dma->world;

	release(dma);
	dma->world = world;
}

static void
dma_fini(void *state)
{
	release(state);
}

static void
dma_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct dma *dma = state;

	(void)payload;
	dma->shadow = rules_shadow(core);
	if (event->kind == EV_CALL)
		see_call(dma, core, event, site);
	else if (event->kind == EV_RET)
		see_ret(dma, core, event, site);
	else if (event->kind == EV_NOTE)
		see_note(dma, core, event, site);
	else if (event->kind == EV_DEV_USED)
		dma_used(dma, core, event);
	else if (event->kind == EV_DEV_STATUS && event->arg[0] == 0)
		dma_stopped(dma);
	else if (event->kind == EV_HOST_REBOOT)
		restart(dma);
}

static void
dma_watch(void *state, struct rules_core *core, struct world *world)
{
	struct dma *dma = state;

	(void)core;
	dma->world = world;
}

static enum access_verdict
see_touch(void *state, struct rules_core *core, const struct touch *touch)
{
	return dma_touch(state, core, touch);
}

static void
see_hands(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number)
{
	(void)number;
	if (what == HW_MEMORY_GONE)
		dma_gone(state, core, low, high);
}

static void
dma_rest(void *state, struct rules_core *core, const struct event *now)
{
	struct dma *dma = state;

	for (size_t i = 0; i < dma->requests; i++)
		if (dma->request[i].state == DMA_REQUEST_OUT && !dma->request[i].is_done)
			dma_compare(dma, core, &dma->request[i], now, dma->request[i].site);
	for (size_t i = 1; i < dma->maps; i++)
		if (dma->map[i].loaded)
			dma_tell_unsynced(dma, core, i, "dma.sync-pairing", now,
			    dma->map[i].commit_site, "at rest");
}

static void
dma_end(void *state, struct rules_core *core, const struct event *now)
{
	struct dma *dma = state;

	if (dma->detached)
		sweep(dma, core, now, "the detach");
}

const struct area area_dma = {
	.name = "dma",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(RET) | KIND(DEV_USED) | KIND(DEV_STATUS) |
	    KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_BUS_DMAMAP_CREATE, HW_CALL_BUS_DMAMAP_DESTROY,
	    HW_CALL_BUS_DMAMAP_LOAD, HW_CALL_BUS_DMAMAP_UNLOAD, HW_CALL_BUS_DMAMAP_SYNC,
	    HW_CALL_BUS_DMAMEM_ALLOC, HW_CALL_BUS_DMAMEM_FREE, HW_CALL_BUS_DMAMEM_MAP,
	    HW_CALL_BUS_DMAMEM_UNMAP, HW_CALL_VIRTIO_ENQUEUE, HW_CALL_VIRTIO_ENQUEUE_P,
	    HW_CALL_VIRTIO_ENQUEUE_COMMIT, HW_CALL_VIRTIO_ENQUEUE_ABORT,
	    HW_CALL_VIRTIO_ENQUEUE_RESERVE, HW_CALL_VIRTIO_CHILD_DETACH),
	.returns = CALLS(HW_CALL_BUS_DMAMAP_LOAD, HW_CALL_BUS_DMAMEM_MAP,
	    HW_CALL_BUS_DMAMAP_CREATE, HW_CALL_BUS_DMAMEM_ALLOC),
	.notes = NOTE(DMAMAP) | NOTE(DMASEG) | NOTE(DMASRC) | NOTE(DMAMEM) | NOTE(DESC) |
	    NOTE(DEQUEUED) | NOTE(ATTACH),
	.state_bytes = sizeof(struct dma),
	.fini = dma_fini,
	.see = dma_see,
	.rest = dma_rest,
	.end = dma_end,
	.watch = dma_watch,
	.touch = see_touch,
	.memory = see_hands,
};
