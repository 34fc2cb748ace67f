/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: the way of a request into a queue, from prep to commit or abort.
 */
#include "rules/ring_state.h"

static bool
tell_not_live(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct finding *finding;

	if (ring->live)
		return false;
	finding = rules_report(core, "ring.not-live", event, site,
	    "%s on queue %u %s", trace_call_name(event->code), (unsigned)event->arg[0],
	    ring->was_live ? "after the device was reset" : "before DRIVER_OK");
	if (ring->was_live)
		finding_because(finding, ring->live_seq, "reset here");
	return true;
}

static void
call_prep(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);

	if (queue == NULL)
		return;
	tell_not_live(ring, core, event, site);
	ring_lane_enter(ring, core, queue, LANE_IN, event, site);
}

static void
note_slot(struct ring *ring, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, note);
	struct ring_queue *queue = ring_queue_at(ring, note->arg[0]);
	struct ring_slot *slot;

	if (queue == NULL || call->code != HW_CALL_VIRTIO_ENQUEUE_PREP || note->arg[2] != 1)
		return;
	slot = ring_slot_at(queue, note->arg[1]);
	if (slot == NULL)
		return;
	ring_slot_set(slot, SLOT_PREPARED, call->seq, call->site);
	slot->told = !ring->live;
	slot->reserved = slot->filled = 0;
}

static void
call_reserve(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;
	struct finding *finding;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->arg[1]);
	if (slot == NULL || slot->state != SLOT_PREPARED)
		ring_tell_order(core, slot, event, site, "ring.slot-order");
	if ((int64_t)event->arg[2] <= (int64_t)queue->maxnsegs)
		return;
	finding = rules_report(core, "ring.direction", event, site,
	    "%lld segments reserved on queue %u, which was allocated for at most %llu",
	    (long long)event->arg[2], (unsigned)event->arg[0],
	    (unsigned long long)queue->maxnsegs);
	finding_because(finding, queue->seq, "allocated here");
}

static void
ret_reserve(struct ring *ring, const struct event *ret)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, ret);
	struct ring_queue *queue = ring_queue_at(ring, call->arg[0]);
	struct ring_slot *slot = queue != NULL ? ring_slot_at(queue, call->arg[1]) : NULL;

	if (slot == NULL)
		return;
	if (ret->arg[0] != 0) {
		ring_slot_set(slot, SLOT_REFUSED, ret->seq, call->site);
		ring_lane_leave(queue, LANE_IN, ret->ctx);
		return;
	}
	/* The place to name, should it be forgotten, is that of prep. */
	slot->state = SLOT_RESERVED;
	slot->reserved = (uint32_t)call->arg[2];
	slot->filled = 0;
}

static void
call_enqueue(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->arg[1]);
	if (slot == NULL || slot->state != SLOT_RESERVED)
		ring_tell_order(core, slot, event, site, "ring.slot-order");
}

static void
note_desc(struct ring *ring, struct rules_core *core, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, note);
	struct ring_queue *queue = ring_queue_at(ring, call->arg[0]);
	struct ring_slot *slot;
	struct finding *finding;

	if (queue == NULL || (call->code != HW_CALL_VIRTIO_ENQUEUE &&
	    call->code != HW_CALL_VIRTIO_ENQUEUE_P))
		return;
	slot = ring_slot_at(queue, call->arg[1]);
	if (slot != NULL)
		slot->filled++;
	if (queue->maxsegsize == 0 || note->arg[3] <= queue->maxsegsize)
		return;
	finding = rules_report(core, "ring.direction", note, call->site,
	    "a descriptor of %llu bytes on queue %u, which was allocated for at most %llu",
	    (unsigned long long)note->arg[3], (unsigned)call->arg[0],
	    (unsigned long long)queue->maxsegsize);
	finding_because(finding, queue->seq, "allocated here");
}

static void
judge_commit(struct ring *ring, struct rules_core *core, struct ring_slot *slot,
    const struct event *event, uint32_t site)
{
	struct finding *finding;

	if (slot == NULL) {
		ring_tell_order(core, slot, event, site, "ring.slot-order");
		return;
	}
	if (slot->state == SLOT_COMMITTED)
		ring_tell_order(core, slot, event, site, "ring.slot-balance");
	else if (slot->state != SLOT_RESERVED)
		ring_tell_order(core, slot, event, site, "ring.slot-order");
	else if (slot->filled != slot->reserved) {
		finding = rules_report(core, "ring.segment-count", event, site,
		    "queue %u slot %llu is committed with %u segments, %u were reserved",
		    (unsigned)event->arg[0], (unsigned long long)event->arg[1], slot->filled,
		    slot->reserved);
		finding_because(finding, slot->seq, "prepared here");
	}
	if (!slot->told)
		tell_not_live(ring, core, event, site);
	ring_slot_set(slot, SLOT_COMMITTED, event->seq, site);
}

static void
call_commit(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	bool is_flush = (int32_t)event->arg[1] == -1;

	if (queue == NULL)
		return;
	if (!is_flush)
		judge_commit(ring, core, ring_slot_at(queue, event->arg[1]), event, site);
	if (event->arg[2] != 0) {
		queue->pending = 0;
	} else if (!is_flush && queue->pending++ == 0) {
		queue->pending_seq = event->seq;
		queue->pending_site = site;
	}
}

static void
call_abort(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->arg[1]);
	if (slot == NULL)
		ring_tell_order(core, slot, event, site, "ring.slot-order");
	else if (slot->state == SLOT_REFUSED)
		ring_tell_order(core, slot, event, site, "ring.abort");
	else if (slot->state == SLOT_FREE)
		ring_tell_order(core, slot, event, site, "ring.slot-balance");
	else if (slot->state != SLOT_PREPARED && slot->state != SLOT_RESERVED)
		ring_tell_order(core, slot, event, site, "ring.slot-order");
	if (slot != NULL)
		ring_slot_set(slot, SLOT_FREE, event->seq, site);
	ring_lane_leave(queue, LANE_IN, event->ctx);
}

bool
ring_in_call(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	switch (event->code) {
	case HW_CALL_VIRTIO_ENQUEUE_PREP:
		call_prep(ring, core, event, site);
		return true;
	case HW_CALL_VIRTIO_ENQUEUE_RESERVE:
		call_reserve(ring, core, event, site);
		return true;
	case HW_CALL_VIRTIO_ENQUEUE:
	case HW_CALL_VIRTIO_ENQUEUE_P:
		call_enqueue(ring, core, event, site);
		return true;
	case HW_CALL_VIRTIO_ENQUEUE_COMMIT:
		call_commit(ring, core, event, site);
		return true;
	case HW_CALL_VIRTIO_ENQUEUE_ABORT:
		call_abort(ring, core, event, site);
		return true;
	}
	return false;
}

void
ring_in_ret(struct ring *ring, const struct event *ret)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, ret);
	struct ring_queue *queue = ring_queue_at(ring, call->arg[0]);

	if (queue == NULL)
		return;
	if (ret->code == HW_CALL_VIRTIO_ENQUEUE_RESERVE)
		ret_reserve(ring, ret);
	else if (ret->code == HW_CALL_VIRTIO_ENQUEUE_COMMIT ||
	    (ret->code == HW_CALL_VIRTIO_ENQUEUE_PREP && ret->arg[0] != 0))
		ring_lane_leave(queue, LANE_IN, ret->ctx);
}

void
ring_in_note(struct ring *ring, struct rules_core *core, const struct event *note)
{
	if (note->code == HW_NOTE_SLOT)
		note_slot(ring, note);
	else if (note->code == HW_NOTE_DESC)
		note_desc(ring, core, note);
}
