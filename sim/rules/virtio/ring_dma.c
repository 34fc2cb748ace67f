/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: what a request names, beside what the area dma knows of it.
 */
#include "rules/kernel/dma.h"
#include "rules/virtio/ring.h"

const struct rule rule_ring_request_reuse = {
	"ring.request-reuse", SEVERITY_ERROR,
	"a buffer is not given to the device again before its request was dequeued",
	"virtio 1.2 clause 2.7.13.1",
	"The device may still be reading the first request when the second is written over it.",
	"virtio_enqueue_commit(vsc, vq0, s0, true);\n"
	"virtio_enqueue(vsc, vq1, s1, req->map, true);",
	"while (req->busy)\n\tcv_wait(&cv, &lock);"
};

static void
check_reuse(const struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece, const struct event *event, uint32_t site)
{
	const struct dma_request *owner = dma_owner(dma, piece->map, piece->offset,
	    piece->length);
	struct finding *finding;

	if (owner == NULL || !rules_look(core)->device.healthy)
		return;
	finding = rules_report(core, &rule_ring_request_reuse, event, site,
	    "bytes %llu..%llu of map %u go to queue %u while queue %u slot %u still has them%s",
	    (unsigned long long)piece->offset,
	    (unsigned long long)(piece->offset + piece->length - 1), piece->map,
	    request->queue, owner->queue, owner->slot,
	    owner->is_done ? " (used, but not dequeued)" : "");
	finding_because(finding, owner->seq, "the request before");
}

/* Were all its bytes synced, and all of them for the other direction? */
static void
check_direction(const struct dma *dma, struct rules_core *core, const struct dma_piece *piece,
    const struct event *event)
{
	const struct dma_map *map = &dma->map[piece->map];
	uint8_t want = piece->device_writes ? DMA_PREREAD : DMA_PREWRITE;
	uint8_t other = (uint8_t)(want ^ DMA_PRE);
	struct finding *finding;

	if (piece->length == 0 || dma_find(map, piece->offset, piece->length, DMA_PRE,
	    other).count != piece->length)
		return;
	finding = rules_report(core, &rule_ring_direction, event, piece->site,
	    "the device will %s bytes %llu..%llu of map %u, which were synced with %s",
	    piece->device_writes ? "write" : "read", (unsigned long long)piece->offset,
	    (unsigned long long)(piece->offset + piece->length - 1), piece->map,
	    dma_op_name(other));
	finding_because(finding, map->pre_seq, "the PRE sync");
	finding_because(finding, piece->seq, "descriptor written");
}

void
ring_call_commit_dma(void *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct dma *dma = rules_state(core, &area_dma);
	struct dma_request *request = dma_request_of(dma,
	    event->call.virtio_enqueue_commit.queue, event->call.virtio_enqueue_commit.slot,
	    DMA_REQUEST_BUILT);

	for (size_t i = 0; request != NULL && i < request->pieces; i++) {
		struct dma_piece *piece = &request->piece[i];

		dma_place(dma, piece);
		if (!piece->is_found)
			continue;
		check_reuse(dma, core, request, piece, event, site);
		check_direction(dma, core, piece, event);
	}
}
