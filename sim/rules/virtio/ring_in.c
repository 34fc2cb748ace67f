/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: the way of a request into a queue, from prep to commit or abort.
 */
#include "rules/virtio/ring.h"

const struct rule rule_ring_not_live = {
	"ring.not-live", SEVERITY_ERROR,
	"requests are made only while the device is live",
	"virtio 1.2 clauses 3.1.1 and 2.1.2; NetBSD virtio.c, virtio_enqueue_prep()",
	"Before DRIVER_OK the device must not look; after a reset nobody completes them.",
	"virtio_enqueue_commit(vsc, vq, slot, true);\nvirtio_child_attach_finish(vsc);",
	"virtio_child_attach_finish(vsc);\nvirtio_enqueue_commit(vsc, vq, slot, true);"
};

static bool
report_not_live(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct finding *finding;

	if (ring->live)
		return false;
	finding = rules_report(core, &rule_ring_not_live, event, site,
	    "%s on queue %u %s", trace_call_name(event->code),
	    (unsigned)event->call.virtio_enqueue_prep.queue,
	    ring->was_live ? "after the device was reset" : "before DRIVER_OK");
	if (ring->was_live)
		finding_because(finding, ring->live_seq, "reset here");
	return true;
}

void
ring_call_prep(void *state, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct ring *ring = state;
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);

	if (queue == NULL)
		return;
	report_not_live(ring, core, event, site);
	ring_lane_enter(ring, core, queue, LANE_IN, event, site);
}

void
ring_note_slot(void *state, struct rules_core *core, const struct event *note, uint32_t site)
{
	struct ring *ring = state;
	const struct shadow_call *call = rules_call(core, note);
	struct ring_queue *queue = ring_queue_at(ring, note->note.slot.queue);
	struct ring_slot *slot;

	if (queue == NULL || call->code != HW_CALL_VIRTIO_ENQUEUE_PREP ||
	    note->note.slot.state != 1)
		return;
	slot = ring_slot_at(queue, note->note.slot.slot);
	if (slot == NULL)
		return;
	ring_slot_set(slot, SLOT_PREPARED, call->seq, call->site);
	slot->reported = !ring->live;
	slot->reserved = slot->filled = 0;
}

const struct rule rule_ring_direction = {
	"ring.direction", SEVERITY_ERROR,
	"a descriptor's direction is that of its sync, and it keeps the queue's limits",
	"virtio 1.2 clause 2.7.5; bus_dma(9), bus_dmamap_sync()",
	"PREWRITE prepares for a device that reads, PREREAD for one that writes.",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREREAD);\n"
	"virtio_enqueue(vsc, vq, slot, map, true);\t/* the device reads */",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREWRITE);"
};

void
ring_call_reserve(void *state, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct ring *ring = state;
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;
	struct finding *finding;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue_reserve.slot);
	if (slot == NULL || slot->state != SLOT_PREPARED)
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
	if ((int64_t)event->call.virtio_enqueue_reserve.nsegs <= (int64_t)queue->maxnsegs)
		return;
	finding = rules_report(core, &rule_ring_direction, event, site,
	    "%lld segments reserved on queue %u, which was allocated for at most %llu",
	    (long long)event->call.virtio_enqueue_reserve.nsegs,
	    (unsigned)event->call.virtio_enqueue_reserve.queue,
	    (unsigned long long)queue->maxnsegs);
	finding_because(finding, queue->seq, "allocated here");
}

void
ring_ret_reserve(void *state, struct rules_core *core, const struct event *ret, uint32_t site)
{
	struct ring *ring = state;
	const struct shadow_call *call = rules_returned(core, ret);
	struct ring_queue *queue = call != NULL ?
	    ring_queue_at(ring, call->args.virtio_enqueue_reserve.queue) : NULL;
	struct ring_slot *slot = queue != NULL ? ring_slot_at(queue,
	    call->args.virtio_enqueue_reserve.slot) : NULL;

	if (slot == NULL)
		return;
	if (ret->ret.result != 0) {
		ring_slot_set(slot, SLOT_REFUSED, ret->seq, call->site);
		ring_lane_leave(queue, LANE_IN, ret->ctx);
		return;
	}
	/* The place to name, should it be forgotten, is that of prep. */
	slot->state = SLOT_RESERVED;
	slot->reserved = (uint32_t)call->args.virtio_enqueue_reserve.nsegs;
	slot->filled = 0;
}

void
ring_call_enqueue(void *state, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct ring *ring = state;
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue.slot);
	if (slot == NULL || slot->state != SLOT_RESERVED)
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
}

void
ring_note_desc(void *state, struct rules_core *core, const struct event *note, uint32_t site)
{
	struct ring *ring = state;
	const struct shadow_call *call = rules_call(core, note);
	struct ring_queue *queue = ring_queue_at(ring, call->args.virtio_enqueue.queue);
	struct ring_slot *slot;
	struct finding *finding;

	if (queue == NULL || (call->code != HW_CALL_VIRTIO_ENQUEUE &&
	    call->code != HW_CALL_VIRTIO_ENQUEUE_P))
		return;
	slot = ring_slot_at(queue, call->args.virtio_enqueue.slot);
	if (slot != NULL)
		slot->filled++;
	if (queue->maxsegsize == 0 || note->note.desc.length <= queue->maxsegsize)
		return;
	finding = rules_report(core, &rule_ring_direction, note, call->site,
	    "a descriptor of %llu bytes on queue %u, which was allocated for at most %llu",
	    (unsigned long long)note->note.desc.length, (unsigned)call->args.virtio_enqueue.queue,
	    (unsigned long long)queue->maxsegsize);
	finding_because(finding, queue->seq, "allocated here");
}

const struct rule rule_ring_segment_count = {
	"ring.segment-count", SEVERITY_ERROR,
	"as many segments are enqueued as were reserved",
	"NetBSD sys/dev/pci/virtio.c, virtio_enqueue_reserve()",
	"A reserved descriptor that is not filled still holds an old address; one too many "
	"overwrites somebody else's.",
	"virtio_enqueue_reserve(vsc, vq, slot, 2);\nvirtio_enqueue(vsc, vq, slot, map, true);",
	"virtio_enqueue_reserve(vsc, vq, slot, map->dm_nsegs);"
};

static void
check_commit(struct ring *ring, struct rules_core *core, struct ring_slot *slot,
    const struct event *event, uint32_t site)
{
	struct finding *finding;

	if (slot == NULL) {
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
		return;
	}
	if (slot->state == SLOT_COMMITTED)
		ring_report_order(core, slot, event, site, &rule_ring_slot_balance);
	else if (slot->state != SLOT_RESERVED)
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
	else if (slot->filled != slot->reserved) {
		finding = rules_report(core, &rule_ring_segment_count, event, site,
		    "queue %u slot %llu is committed with %u segments, %u were reserved",
		    (unsigned)event->call.virtio_enqueue_commit.queue,
		    (unsigned long long)event->call.virtio_enqueue_commit.slot, slot->filled,
		    slot->reserved);
		finding_because(finding, slot->seq, "prepared here");
	}
	if (!slot->reported)
		report_not_live(ring, core, event, site);
	ring_slot_set(slot, SLOT_COMMITTED, event->seq, site);
}

void
ring_call_commit(void *state, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct ring *ring = state;
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	bool is_flush = (int32_t)event->call.virtio_enqueue_commit.slot == -1;

	if (queue == NULL)
		return;
	if (!is_flush)
		check_commit(ring, core, ring_slot_at(queue,
		    event->call.virtio_enqueue_commit.slot), event, site);
	if (event->call.virtio_enqueue_commit.notify != 0) {
		queue->pending = 0;
	} else if (!is_flush && queue->pending++ == 0) {
		queue->pending_seq = event->seq;
		queue->pending_site = site;
	}
}

void
ring_call_abort(void *state, struct rules_core *core, const struct event *event, uint32_t site)
{
	struct ring *ring = state;
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue_abort.slot);
	if (slot == NULL)
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
	else if (slot->state == SLOT_REFUSED)
		ring_report_order(core, slot, event, site, &rule_ring_abort);
	else if (slot->state == SLOT_FREE)
		ring_report_order(core, slot, event, site, &rule_ring_slot_balance);
	else if (slot->state != SLOT_PREPARED && slot->state != SLOT_RESERVED)
		ring_report_order(core, slot, event, site, &rule_ring_slot_order);
	if (slot != NULL)
		ring_slot_set(slot, SLOT_FREE, event->seq, site);
	ring_lane_leave(queue, LANE_IN, event->ctx);
}

/* Committed: the context has done with its request. */
void
ring_ret_commit(void *state, struct rules_core *core, const struct event *ret, uint32_t site)
{
	const struct shadow_call *call = rules_returned(core, ret);
	struct ring_queue *queue = call != NULL ?
	    ring_queue_at(state, call->args.virtio_enqueue_commit.queue) : NULL;

	if (queue != NULL)
		ring_lane_leave(queue, LANE_IN, ret->ctx);
}

/* A prep that failed begins nothing. */
void
ring_ret_prep(void *state, struct rules_core *core, const struct event *ret, uint32_t site)
{
	if (ret->ret.result != 0)
		ring_ret_commit(state, core, ret, site);
}
