/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma: bus_dmamap_sync(), PRE and POST of each byte.
 */
#include <stdio.h>

#include "base/sbuf.h"
#include "rules/kernel/dma.h"

static const char *
pre_name(unsigned state)
{
	return (state & DMA_PRE) == DMA_PRE ? "PREREAD and PREWRITE" :
	    dma_op_name(state & DMA_PRE);
}

SHARED_RULE_ROW(rule_dma_post_before_cpu) = {
	"dma.post-before-cpu", SEVERITY_ERROR,
	"a buffer that the device wrote has its POSTREAD before it is used or given again",
	"bus_dma(9), bus_dmamap_sync()",
	"Until POSTREAD the processor may see what was there before the transfer.",
	"virtio_dequeue(vsc, vq, &slot, &len);\nuse(buffer);",
	"virtio_dequeue(vsc, vq, &slot, &len);\n"
	"bus_dmamap_sync(t, map, 0, len, BUS_DMASYNC_POSTREAD);\nuse(buffer);"
};

void
dma_report_unsynced(struct dma *dma, struct rules_core *core, uint64_t ordinal,
    const struct rule *rule, uint32_t site, const char *when)
{
	struct dma_map *map = &dma->map.item[ordinal];
	struct dma_run run = dma_find(map, 0, map->length, DMA_USED, DMA_USED);
	unsigned state;

	if (run.count == 0 || dma_out(dma, ordinal) != NULL)
		return;
	state = dma_state_at(map, run.first);
	rules_report_at(core, (state & DMA_PREREAD) != 0 ? &rule_dma_post_before_cpu : rule, site,
	    "%s, bytes %llu..%llu of map %u still wait for the POST that ends their transfer (%s "
	    "was the last sync of %llu of them)", when, (unsigned long long)run.first,
	    (unsigned long long)run.last, (unsigned)ordinal, pre_name(state),
	    (unsigned long long)run.count);
	rules_because(core, map->pre_seq, "the PRE sync");
	rules_because(core, map->commit_seq, "given to the device");
	dma_change(map, 0, map->length, DMA_CHANGE_FORGET, 0);
}

static void
sync_pre(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned ops)
{
	struct dma_map *map = &dma->map.item[ordinal];
	char when[48];

	if (dma_owner(dma, ordinal, offset, length) == NULL &&
	    dma_find(map, offset, length, DMA_USED, DMA_USED).count > 0) {
		snprintf(when, sizeof(when), "at the next %s", pre_name(ops));
		dma_report_unsynced(dma, core, ordinal, &rule_dma_sync_pairing, core->site, when);
	}
	dma_change(map, offset, length, DMA_CHANGE_PRE, ops);
	map->pre_seq = core->event->seq;
}

RULE_ROW(rule_dma_sync_excess) = {
	"dma.sync-excess", SEVERITY_LINT,
	"a POST covers only bytes that had a PRE",
	"bus_dma(9), bus_dmamap_sync()",
	"The ranges of PRE and POST belong together; a longer POST is a sign that one of "
	"them is wrong.",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREWRITE);\n...\n"
	"bus_dmamap_sync(t, map, 0, 2 * n, BUS_DMASYNC_POSTWRITE);",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_POSTWRITE);"
};

/* Bytes without any PRE. */
static struct dma_run
find_unsynced(const struct dma_map *map, uint64_t offset, uint64_t length)
{
	return dma_find(map, offset, length, DMA_PRE, 0);
}

/*
 * Does the POST end what a PRE of its own direction began?  Tells at most one thing.  False:
 * it does not, and what is reported of these bytes is enough.
 */
static bool
check_post(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned op)
{
	struct dma_map *map = &dma->map.item[ordinal];
	uint8_t want = (uint8_t)(op >> 1);
	struct dma_run match = dma_find(map, offset, length, want, want);
	struct dma_run none = find_unsynced(map, offset, length);
	const struct dma_request *owner = dma_owner(dma, ordinal, offset, length);
	bool ends = true;

	if (owner != NULL && !owner->is_done && rules_look(core)->device.healthy) {
		rules_report(core, &rule_dma_sync_pairing, "%s of bytes %llu..%llu of map %u while "
		    "the device still has them (queue %u, slot %u)", dma_op_name(op),
		    (unsigned long long)offset, (unsigned long long)(offset + length - 1), ordinal,
		    owner->queue, owner->slot);
		rules_because(core, owner->seq, "given to the device");
	} else if (match.count == length || !rules_look(core)->device.healthy) {
		return true;
	} else if (match.count == 0 || match.count + none.count < length) {
		rules_report(core, &rule_dma_sync_pairing, "%s of bytes %llu..%llu of map %u ends "
		    "no %s: the last sync of byte %llu was %s", dma_op_name(op),
		    (unsigned long long)offset, (unsigned long long)(offset + length - 1), ordinal,
		    dma_op_name(want), (unsigned long long)offset,
		    (dma_state_at(map, offset) & DMA_PRE) == 0 ? "no PRE" :
		    pre_name(dma_state_at(map, offset)));
		ends = false;
	} else {
		rules_report(core, &rule_dma_sync_excess, "%s of bytes %llu..%llu of map %u, but "
		    "%s covered only %llu..%llu", dma_op_name(op), (unsigned long long)offset,
		    (unsigned long long)(offset + length - 1), ordinal, dma_op_name(want),
		    (unsigned long long)match.first, (unsigned long long)match.last);
	}
	if (map->pre_seq != 0)
		rules_because(core, map->pre_seq, "the newest PRE sync of this map");
	return ends;
}

static void
sync_post(struct dma *dma, struct rules_core *core, uint32_t ordinal, uint64_t offset,
    uint64_t length, unsigned ops)
{
	unsigned ended = ops;

	for (unsigned op = DMA_POSTREAD; op <= DMA_POSTWRITE; op <<= 2)
		if ((ops & op) != 0 && !check_post(dma, core, ordinal, offset, length, op))
			ended |= DMA_POST;
	dma_change(&dma->map.item[ordinal], offset, length, DMA_CHANGE_POST, ended);
	if ((ops & DMA_POSTREAD) != 0)
		dma_read_back(dma, core, ordinal, offset, length);
}

SHARED_RULE_ROW(rule_dma_sync_ops) = {
	"dma.sync-ops", SEVERITY_ERROR,
	"a sync has operations, either PRE or POST ones",
	"bus_dma(9), bus_dmamap_sync()",
	"PRE and POST stand on the two sides of a transfer; the kernel panics on a mix.",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREREAD | BUS_DMASYNC_POSTWRITE);",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE);"
};

static bool
check_ops(struct rules_core *core, uint32_t ordinal, unsigned ops)
{
	if ((ops & ~(unsigned)(DMA_PRE | DMA_POST)) != 0 || ops == 0)
		rules_report(core, &rule_dma_sync_ops, "sync of map %u with operations 0x%x, which "
		    "%s", ordinal, ops, ops == 0 ? "does nothing" : "are not BUS_DMASYNC_* values");
	else if ((ops & DMA_PRE) != 0 && (ops & DMA_POST) != 0)
		rules_report(core, &rule_dma_sync_ops,
		    "sync of map %u mixes PRE and POST operations (0x%x)", ordinal, ops);
	else
		return true;
	return false;
}

/* Remember the bytes as their PREWRITE found them. */
static void
keep_synced(struct rules_core *core, struct dma_map *map, uint64_t offset, uint64_t length)
{
	const struct rules_view *view = rules_look(core);

	if (view->memory == NULL || map->source.count == 0 || length == 0)
		return;
	(void)vec_reach(&map->synced, offset + length - 1);
	(void)dma_read_buffer(view, map, offset, length, map->synced.item + offset);
}

void
dma_sync(struct dma *dma, struct rules_core *core)
{
	uint32_t ordinal = (uint32_t)core->event->call.bus_dmamap_sync.map;
	struct dma_map *map = &dma->map.item[ordinal];
	uint64_t offset = core->event->call.bus_dmamap_sync.offset,
	    length = core->event->call.bus_dmamap_sync.length;
	unsigned ops = (unsigned)core->event->call.bus_dmamap_sync.ops;

	if (length == 0 || offset >= map->length || length > map->length - offset) {
		rules_report(core, &rule_dma_sync_range, "sync of %llu byte%s at offset %llu of "
		    "map %u, which has %llu loaded", (unsigned long long)length, plural(length),
		    (unsigned long long)offset, ordinal, (unsigned long long)map->length);
		rules_because(core, map->load_seq, "loaded here");
	}
	if (!check_ops(core, ordinal, ops))
		return;
	if (offset >= map->length)
		return;
	if (length > map->length - offset)
		length = map->length - offset;
	if ((ops & DMA_PREWRITE) != 0)
		keep_synced(core, map, offset, length);
	if ((ops & DMA_PRE) != 0)
		sync_pre(dma, core, ordinal, offset, length, ops);
	else
		sync_post(dma, core, ordinal, offset, length, ops);
}
