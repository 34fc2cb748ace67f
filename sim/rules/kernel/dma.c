/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: the discipline of bus_dma(9): calls and objects; see dma.h for the rest.
 */
#include "base/sbuf.h"
#include "rules/kernel/dma.h"
#include "rules/kernel/inventory.h"

static struct dma_memory *
dmamem_at(struct dma *dma, uint64_t ordinal)
{
	struct dma_memory *memory = vec_get(&dma->memory, ordinal);

	return memory != NULL && memory->exists ? memory : NULL;
}

/* ---- Use of what is not there ---- */

RULE_ROW(rule_unchecked_result) = {
	"dma.unchecked-result", SEVERITY_ERROR,
	"what could not be made or loaded is not used",
	"bus_dma(9), RETURN VALUES",
	"After a failure the map is undefined, or has nothing loaded.",
	"(void)bus_dmamap_load(t, map, buf, n, NULL, BUS_DMA_NOWAIT);",
	"if (bus_dmamap_load(t, map, buf, n, NULL, BUS_DMA_NOWAIT) != 0)\n\tgoto fail;"
};

static void
report_unmade(struct dma *dma, struct rules_core *core, const char *kind)
{
	rules_report(core, &rule_unchecked_result, "%s on a %s that %s",
	    trace_call_name(core->event->code), kind, dma->create_failed ? "could not be made" :
	    "was never made");

	if (dma->create_failed)
		rules_because(core, dma->failed_seq, "this call had failed");
}

RULE_ROW(rule_dead_map) = {
	"dma.dead-map", SEVERITY_ERROR,
	"a destroyed map is not used",
	"bus_dma(9), bus_dmamap_destroy()",
	"Its memory may be anybody's.",
	"bus_dmamap_destroy(t, map);\nbus_dmamap_unload(t, map);",
	"bus_dmamap_unload(t, map);\nbus_dmamap_destroy(t, map);"
};

/* The live map of that number, or NULL after a report. */
static struct dma_map *
expect_map(struct dma *dma, struct rules_core *core, uint64_t ordinal)
{
	struct dma_map *map = dma_map_at(dma, ordinal);

	if (map == NULL) {
		report_unmade(dma, core, "map");
		return NULL;
	}
	if (!map->gone)
		return map;
	rules_report(core, &rule_dead_map, "%s on map %u, which is destroyed",
	    trace_call_name(core->event->code), (unsigned)ordinal);
	rules_because(core, map->gone_seq, "destroyed here");
	return NULL;
}

SHARED_RULE_ROW(rule_dma_sync_range) = {
	"dma.sync-range", SEVERITY_ERROR,
	"a sync names bytes of the loaded buffer, at least one of them",
	"bus_dma(9), bus_dmamap_sync()",
	"Only part of the machines checks the range. Elsewhere a sync out of range copies "
	"or flushes memory that is not the buffer's.",
	"bus_dmamap_sync(t, map, 4, map->dm_mapsize, BUS_DMASYNC_PREWRITE);",
	"bus_dmamap_sync(t, map, 0, map->dm_mapsize, BUS_DMASYNC_PREWRITE);"
};

/* The same for a map that must be loaded. */
static struct dma_map *
expect_loaded(struct dma *dma, struct rules_core *core, uint64_t ordinal)
{
	struct dma_map *map = expect_map(dma, core, ordinal);

	if (map == NULL || map->loaded)
		return map;
	if (map->load_failed) {
		rules_report(core, &rule_unchecked_result, "%s on map %u, whose load had failed",
		    trace_call_name(core->event->code), (unsigned)ordinal);
		rules_because(core, map->load_seq, "the load that failed");
		return NULL;
	}
	rules_report(core, &rule_dma_sync_range, "%s on map %u, which has nothing loaded",
	    trace_call_name(core->event->code), (unsigned)ordinal);
	rules_because(core, map->seq, "created here");
	return NULL;
}

RULE_ROW(rule_sleep_context) = {
	"dma.sleep-context", SEVERITY_ERROR,
	"BUS_DMA_WAITOK only where the caller may sleep",
	"bus_dma(9), flags",
	"An interrupt has no thread to put to sleep; a sleeper with a spin mutex stops the CPU.",
	"mutex_enter(&sc->sc_spin);\nbus_dmamap_create(t, ..., BUS_DMA_WAITOK, &map);",
	"bus_dmamap_create(t, ..., BUS_DMA_NOWAIT, &map);"
};

static void
check_sleep(struct rules_core *core, uint64_t flags)
{
	if ((flags & DMA_NOWAIT) == 0)
		rules_sleeps(core, &rule_sleep_context, 0, " with BUS_DMA_WAITOK");
}

/* ---- Maps ---- */

HOOK(dma, note_map, struct dma *dma, ON_NOTE(DMAMAP))
{
	const struct shadow_call *call = core->call;
	uint64_t ordinal = event->note.dmamap.map;
	struct dma_map *map;

	map = vec_reach(&dma->map, ordinal);
	map->exists = true;
	map->device = event->device;
	map->seq = call->seq;
	map->size = event->note.dmamap.size;
	map->nsegs = event->note.dmamap.segments;
	map->segment_max = call->args.bus_dmamap_create.maxsegsz;
}

uint64_t
rules_dma_segment_max(struct rules_core *core, uint64_t number)
{
	const struct dma_map *map = dma_map_at(rules_state(core, &area_dma), number);

	return map != NULL && map->segment_max != 0 ? map->segment_max : UINT64_MAX;
}

HOOK(dma, note_segment, struct dma *dma, ON_NOTE(DMASEG))
{
	struct dma_map *map = dma_map_at(dma, event->note.dmaseg.map);

	if (map == NULL)
		return;
	*vec_add(&map->segment) = (struct dma_segment){
		.bus = event->note.dmaseg.address, .length = event->note.dmaseg.length,
		.offset = event->note.dmaseg.offset,
	};
}

HOOK(dma, note_source, struct dma *dma, ON_NOTE(DMASRC))
{
	struct dma_map *map = dma_map_at(dma, event->note.dmasrc.map);

	if (map == NULL)
		return;
	dma_check_buffer(dma, core, map);
	if (event->note.dmasrc.address == UINT64_MAX)
		return;
	*vec_add(&map->source) = (struct dma_segment){
		.bus = event->note.dmasrc.address + MEMORY_BUS_OFFSET,
		.length = event->note.dmasrc.length, .offset = event->note.dmasrc.offset,
	};
}

static void
forget_load(struct dma_map *map)
{
	map->loaded = false;
	map->length = 0;
	map->segment.count = 0;
	map->source.count = 0;
}

RULE_ROW(rule_load_limits) = {
	"dma.load-limits", SEVERITY_ERROR,
	"a load fits the size and the number of segments that the map was made for",
	"bus_dma(9), bus_dmamap_create(), bus_dmamap_load()",
	"A buffer of n bytes that is not page aligned may lie in two frames that are not "
	"neighbours, even when it is shorter than a page.",
	"bus_dmamap_create(t, sizeof(sc->sc_buf), 1, ...);\t/* buf inside the softc */",
	"bus_dmamap_create(t, sizeof(sc->sc_buf), 2, ...);"
};

RULE_ROW(rule_load_twice) = {
	"dma.load-twice", SEVERITY_ERROR,
	"a loaded map is not loaded again",
	"bus_dma(9), bus_dmamap_load()",
	"The resources of the first load are lost.",
	"bus_dmamap_load(t, map, a, n, NULL, 0);\nbus_dmamap_load(t, map, b, n, NULL, 0);",
	"bus_dmamap_unload(t, map);\nbus_dmamap_load(t, map, b, n, NULL, 0);"
};

HOOK(dma, call_load, struct dma *dma, ON_CALL(BUS_DMAMAP_LOAD))
{
	unsigned ordinal = (unsigned)event->call.bus_dmamap_load.map;
	struct dma_map *map = expect_map(dma, core, ordinal);
	uint64_t length = event->call.bus_dmamap_load.length;

	check_sleep(core, event->call.bus_dmamap_load.flags);
	if (map == NULL)
		return;
	if (map->loaded) {
		rules_report(core, &rule_load_twice, "load of map %u, which has %llu byte%s loaded",
		    ordinal, (unsigned long long)map->length, plural(map->length));
		rules_because(core, map->load_seq, "loaded here");
	}
	if (length > map->size || length == 0) {
		rules_report(core, &rule_load_limits,
		    "load of %llu byte%s into map %u, which was made for 1 to %llu",
		    (unsigned long long)length, plural(length), ordinal,
		    (unsigned long long)map->size);
		rules_because(core, map->seq, "created here");
	} else if (map->segment_max > 0 && (length - 1) / map->segment_max >= map->nsegs) {
		rules_report(core, &rule_load_limits, "load of %llu bytes into map %u, which was "
		    "made for %llu segment%s of at most %llu bytes", (unsigned long long)length,
		    ordinal, (unsigned long long)map->nsegs, plural(map->nsegs),
		    (unsigned long long)map->segment_max);
		rules_because(core, map->seq, "created here");
	}
	forget_load(map);
	map->load_seq = event->seq;
	map->load_site = site;
	map->load_flags = event->call.bus_dmamap_load.flags;
	map->low = 0;
}

HOOK(dma, ret_load, struct dma *dma, ON_RET(BUS_DMAMAP_LOAD))
{
	const struct shadow_call *call = core->call;
	struct dma_map *map = dma_map_at(dma, call->args.bus_dmamap_load.map);

	if (map == NULL || map->gone)
		return;
	map->load_failed = event->ret.result != 0;
	map->loaded = event->ret.result == 0;
	if (map->loaded) {
		dma_begin(map, call->args.bus_dmamap_load.length);
		return;
	}
	map->segment.count = 0;
	if (event->ret.result != DMA_EFBIG || call->is_struck)
		return;
	rules_report(core, &rule_load_limits, "load of %llu bytes into map %u needs more than the "
	    "%llu segment%s it was made for", (unsigned long long)call->args.bus_dmamap_load.length,
	    (unsigned)call->args.bus_dmamap_load.map, (unsigned long long)map->nsegs,
	    plural(map->nsegs));
	rules_because(core, map->seq, "created here");
}

SHARED_RULE_ROW(rule_dma_release_owned) = {
	"dma.release-owned", SEVERITY_ERROR,
	"a map is not unloaded or destroyed while a descriptor of it is at the device",
	"bus_dma(9), bus_dmamap_unload(), bus_dmamap_destroy()",
	"The device goes on reading or writing memory that belongs to somebody else by then.",
	"virtio_enqueue_commit(vsc, vq, slot, true);\nbus_dmamap_destroy(t, map);",
	"virtio_reset(vsc);\nbus_dmamap_destroy(t, map);"
};

static void
check_owned(struct dma *dma, struct rules_core *core)
{
	const struct dma_request *owner = dma_out(dma, core->event->call.bus_dmamap_unload.map);

	if (owner == NULL || (owner->is_done && !rules_look(core)->device.healthy))
		return;
	rules_report(core, &rule_dma_release_owned,
	    "%s of map %u while the device has it (queue %u, slot %u%s)",
	    trace_call_name(core->event->code), (unsigned)core->event->call.bus_dmamap_unload.map,
	    owner->queue, owner->slot, owner->is_done ? ", used but not dequeued" : "");
	rules_because(core, owner->seq, "given to the device");
}

RULE_ROW(rule_unload_unsynced) = {
	"dma.unload-unsynced", SEVERITY_ERROR,
	"a finished transfer has its POST sync before the map is unloaded",
	"bus_dma(9), bus_dmamap_unload()",
	"Unloading does not sync: what the device wrote into bounce memory is lost.",
	"bus_dmamap_unload(t, map);",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_POSTREAD);\nbus_dmamap_unload(t, map);"
};

static void
unload(struct dma *dma, struct rules_core *core, struct dma_map *map, const char *when)
{
	uint64_t ordinal = core->event->call.bus_dmamap_unload.map;

	dma_report_unsynced(dma, core, ordinal, &rule_unload_unsynced, core->site, when);
	forget_load(map);
	dma_disown_map(dma, core, (uint32_t)ordinal);
}

HOOK(dma, call_unload, struct dma *dma, ON_CALL(BUS_DMAMAP_UNLOAD))
{
	struct dma_map *map = expect_map(dma, core, event->call.bus_dmamap_unload.map);

	if (map == NULL)
		return;
	check_owned(dma, core);
	unload(dma, core, map, "at its unload");
}

RULE_ROW(rule_destroy_loaded) = {
	"dma.destroy-loaded", SEVERITY_LINT,
	"a map is unloaded before it is destroyed",
	"bus_dma(9), bus_dmamap_destroy()",
	"Destroying unloads implicitly; being explicit keeps the undo in reverse order.",
	"bus_dmamap_destroy(t, map);",
	"bus_dmamap_unload(t, map);\nbus_dmamap_destroy(t, map);"
};

HOOK(dma, call_destroy, struct dma *dma, ON_CALL(BUS_DMAMAP_DESTROY))
{
	struct dma_map *map = expect_map(dma, core, event->call.bus_dmamap_destroy.map);

	if (map == NULL)
		return;
	check_owned(dma, core);
	if (map->loaded) {
		rules_report(core, &rule_destroy_loaded, "destroy of map %u with %llu byte%s "
		    "loaded",
		    (unsigned)event->call.bus_dmamap_destroy.map, (unsigned long long)map->length,
		    plural(map->length));
		rules_because(core, map->load_seq, "loaded here");
	}
	unload(dma, core, map, "at its destruction");
	map->gone = true;
	map->gone_seq = event->seq;
}

/* ---- DMA memory ---- */

HOOK(dma, note_memory, struct dma *dma, ON_NOTE(DMAMEM))
{
	const struct shadow_call *call = core->call;
	uint64_t ordinal = event->note.dmamem.memory;

	*vec_reach(&dma->memory, ordinal) = (struct dma_memory){
		.exists = true, .seq = call->seq,
		.nsegs = call->code == HW_CALL_BUS_DMAMEM_ALLOC ?
		    call->args.bus_dmamem_alloc.nsegs : 1,
	};
}

RULE_ROW(rule_free_mismatch) = {
	"dma.free-mismatch", SEVERITY_ERROR,
	"DMA memory is unmapped with the size it was mapped with, and freed after that",
	"bus_dma(9), bus_dmamem_free(), bus_dmamem_unmap()",
	"Another size or segment count unmaps or frees what is somebody else's.",
	"bus_dmamem_unmap(t, kva, PAGE_SIZE);\t/* mapped 2 * PAGE_SIZE */",
	"bus_dmamem_unmap(t, kva, 2 * PAGE_SIZE);"
};

/* It has ended when it is neither allocated nor mapped. */
static void
follow_end(const struct dma_memory *memory, struct rules_core *core, uint64_t number)
{
	struct item *item = item_newest(core, ITEM_DMA_MEMORY, number);

	item->left = memory->gone && memory->mapped ? "freed but still mapped" : NULL;
	item->gone = memory->gone && !memory->mapped;
}

HOOK(dma, call_memory_free, struct dma *dma, ON_CALL(BUS_DMAMEM_FREE))
{
	struct dma_memory *memory = dmamem_at(dma, event->call.bus_dmamem_free.memory);
	int64_t nsegs = (int32_t)event->call.bus_dmamem_free.nsegs;

	if (memory == NULL) {
		report_unmade(dma, core, "piece of DMA memory");
		return;
	}
	if (nsegs < 1 || (uint64_t)nsegs > memory->nsegs) {
		rules_report(core, &rule_free_mismatch,
		    "free of DMA memory %u with %lld segment%s, allocated with at most %llu",
		    (unsigned)event->call.bus_dmamem_free.memory, (long long)nsegs,
		    plural((uint64_t)nsegs),
		    (unsigned long long)memory->nsegs);
		rules_because(core, memory->seq, "allocated here");
	} else if (memory->mapped) {
		rules_report(core, &rule_free_mismatch,
		    "free of DMA memory %u, which is still mapped",
		    (unsigned)event->call.bus_dmamem_free.memory);
		rules_because(core, memory->seq, "allocated here");
	}
	memory->gone = true;
	follow_end(memory, core, event->call.bus_dmamem_free.memory);
}

HOOK(dma, call_memory_unmap, struct dma *dma, ON_CALL(BUS_DMAMEM_UNMAP))
{
	struct dma_memory *memory = dmamem_at(dma, event->call.bus_dmamem_unmap.memory);

	if (memory == NULL) {
		report_unmade(dma, core, "piece of DMA memory");
		return;
	}
	if (memory->mapped_size != event->call.bus_dmamem_unmap.size) {
		rules_report(core, &rule_free_mismatch, "unmap of %llu bytes of DMA memory %u, of "
		    "which %llu are mapped", (unsigned long long)event->call.bus_dmamem_unmap.size,
		    (unsigned)event->call.bus_dmamem_unmap.memory,
		    (unsigned long long)memory->mapped_size);
		rules_because(core, memory->map_seq, "mapped here");
	}
	memory->mapped = false;
	memory->mapped_size = 0;
	follow_end(memory, core, event->call.bus_dmamem_unmap.memory);
}

HOOK(dma, ret_memory_map, struct dma *dma, ON_RET(BUS_DMAMEM_MAP))
{
	const struct shadow_call *call = core->call;
	struct dma_memory *memory = dmamem_at(dma, call->args.bus_dmamem_map.memory);

	if (memory == NULL || event->ret.result != 0)
		return;
	memory->mapped = true;
	memory->mapped_size = call->args.bus_dmamem_map.size;
	memory->map_seq = call->seq;
	follow_end(memory, core, call->args.bus_dmamem_map.memory);
}

/* What is left: attach.c. */
SHARED_RULE_ROW(rule_dma_leak) = {
	"dma.leak", SEVERITY_ERROR,
	"no map and no DMA memory is left after a failed attach or a detach",
	"bus_dma(9); autoconf(9)",
	"Nobody has the pointer any more; bounce memory stays taken until the next boot.",
	"if (virtio_child_attach_finish(vsc) != 0)\n\tgoto err_vq;\t/* skips the map */",
	"if (virtio_child_attach_finish(vsc) != 0)\n\tgoto err_dmamap;",
	.distance = RULE_LEFT_OVER
};

/* ---- Calls whose arguments are all there is to look at ---- */

HOOK(dma, call_create, void *state, ON_CALL(BUS_DMAMAP_CREATE))
{
	check_sleep(core, event->call.bus_dmamap_create.flags);
}

HOOK(dma, call_sync, void *state, ON_CALL(BUS_DMAMAP_SYNC))
{
	if (expect_loaded(state, core, event->call.bus_dmamap_sync.map) != NULL)
		dma_sync(state, core);
}

HOOK(dma, call_memory_alloc, void *state, ON_CALL(BUS_DMAMEM_ALLOC))
{
	check_sleep(core, event->call.bus_dmamem_alloc.flags);
}

HOOK(dma, call_memory_map, void *state, ON_CALL(BUS_DMAMEM_MAP))
{
	check_sleep(core, event->call.bus_dmamem_map.flags);
	if (dmamem_at(state, event->call.bus_dmamem_map.memory) == NULL)
		report_unmade(state, core, "piece of DMA memory");
}

/* virtio_enqueue(), virtio_enqueue_p() */
HOOK(dma, call_enqueue, void *state, ON_CALL(VIRTIO_ENQUEUE), ON_CALL(VIRTIO_ENQUEUE_P))
{
	expect_loaded(state, core, event->call.virtio_enqueue.map);
}

HOOK(dma, ret_create, struct dma *dma, ON_RET(BUS_DMAMAP_CREATE), ON_RET(BUS_DMAMEM_ALLOC))
{
	if (event->ret.result == 0)
		return;
	dma->create_failed = true;
	dma->failed_seq = event->seq;
}

FINI(release, struct dma *dma)
{
	vec_each(map, &dma->map) {
		vec_fini(&map->segment);
		vec_fini(&map->source);
		vec_fini(&map->synced);
		vec_fini(&map->stretch);
	}
	vec_each(request, &dma->request) {
		vec_fini(&request->piece);
		vec_fini(&request->copy);
	}
	vec_fini(&dma->map);
	vec_fini(&dma->memory);
	vec_fini(&dma->request);
	vec_fini(&dma->owned);
}

SHARED_RULE_ROW(rule_dma_sync_pairing) = {
	"dma.sync-pairing", SEVERITY_ERROR,
	"each byte goes PRE, device, POST, in that order and in the same direction",
	"bus_dma(9), bus_dmamap_sync()",
	"A transfer that is not ended leaves bounce memory and caches in a state that the "
	"next transfer does not expect.",
	"virtio_dequeue_commit(vsc, vq, slot);\n"
	"/* no sync */\nbus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREWRITE);",
	"virtio_dequeue_commit(vsc, vq, slot);\n"
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_POSTWRITE);"
};

REST(dma_rest, struct dma *dma)
{
	vec_each(request, &dma->request)
		if (request->state == DMA_REQUEST_OUT && !request->is_done)
			dma_compare(dma, core, request, request->site);
	for (size_t i = 1; i < dma->map.count; i++)
		if (dma->map.item[i].loaded)
			dma_report_unsynced(dma, core, i, &rule_dma_sync_pairing,
			    dma->map.item[i].commit_site, "at rest");
}

const struct area area_dma = {
	.state_bytes = sizeof(struct dma),
	.fini = release,
	.rest = dma_rest,
	.touch = dma_touch,
	.memory = dma_memory,
};
