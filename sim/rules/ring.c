/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: how a child driver uses its virtqueues (virtio 1.2 clause 2.7, virtio.c).
 *
 * A slot's life: prepared, reserved, filled, committed, dequeued, free again.  The way in is
 * in ring_in.c, the catalogue rows in ring_rows.c.  ring.request-reuse and most of
 * ring.direction need the DMA maps and are reported by dma_sync.c.
 */
#include <stdlib.h>
#include <string.h>

#include "rules/ring_state.h"

static const char *
slot_word(enum ring_slot_state state)
{
	switch (state) {
	case SLOT_FREE:
		return "free";
	case SLOT_PREPARED:
		return "prepared, but nothing is reserved";
	case SLOT_RESERVED:
		return "reserved";
	case SLOT_COMMITTED:
		return "committed, and not dequeued";
	case SLOT_DEQUEUED:
		return "dequeued";
	case SLOT_REFUSED:
		return "free since its reserve failed";
	}
	return "unknown";
}

static bool
device_is_healthy(struct rules_core *core)
{
	return rules_look(core)->device.healthy;
}

/* ---- Queues ---- */

struct ring_queue *
ring_queue_at(struct ring *ring, uint64_t index)
{
	return index < RING_QUEUES_MAX ? &ring->queue[index] : NULL;
}

/* The allocated queue of this call, or NULL after telling. */
struct ring_queue *
ring_expect_queue(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_queue_at(ring, event->arg[0]);
	struct finding *finding;

	if (queue != NULL && queue->exists)
		return queue;
	finding = rules_report(core, "ring.uninitialised", event, site,
	    "%s on queue %lld, which is not allocated", trace_call_name(event->code),
	    (long long)event->arg[0]);
	if (queue != NULL && queue->seq != 0)
		finding_because(finding, queue->seq, "freed here");
	return NULL;
}

struct ring_slot *
ring_slot_at(struct ring_queue *queue, uint64_t slot)
{
	if (slot >= queue->size)
		return NULL;
	queue->slot = shadow_grow(queue->slot, &queue->slots, slot, sizeof(queue->slot[0]));
	return &queue->slot[slot];
}

void
ring_slot_set(struct ring_slot *slot, enum ring_slot_state state, uint32_t seq, uint32_t site)
{
	slot->state = state;
	slot->seq = seq;
	slot->site = site;
}

static void
clear_queue(struct ring_queue *queue)
{
	if (queue->slot != NULL)
		memset(queue->slot, 0, queue->slots * sizeof(queue->slot[0]));
	memset(queue->lane, 0, sizeof(queue->lane));
	queue->pending = 0;
	queue->used = queue->dequeued = 0;
	queue->waits = false;
	queue->empties = 0;
}

/* ---- One context at a time on each side ---- */

void
ring_lane_enter(struct ring *ring, struct rules_core *core, struct ring_queue *queue, unsigned side,
    const struct event *event, uint32_t site)
{
	struct ring_lane *lane = &queue->lane[side];
	struct finding *finding;

	if (lane->active && lane->ctx != event->ctx &&
	    !shadow_share_lock(ring->shadow, lane->ctx, event->ctx)) {
		finding = rules_report(core, "ring.concurrent-use", event, site,
		    "%s on queue %u by context %u while context %u is between %s and the end of "
		    "its request", trace_call_name(event->code), (unsigned)event->arg[0],
		    event->ctx, lane->ctx, trace_call_name(lane->code));
		finding_because(finding, lane->seq, "what context %u does", lane->ctx);
	}
	*lane = (struct ring_lane){
		.active = true, .ctx = event->ctx, .seq = event->seq, .code = event->code,
	};
}

void
ring_lane_leave(struct ring_queue *queue, unsigned side, uint32_t ctx)
{
	if (queue->lane[side].ctx == ctx)
		queue->lane[side].active = false;
}

void
ring_tell_order(struct rules_core *core, const struct ring_slot *slot, const struct event *event,
    uint32_t site, const char *rule)
{
	struct finding *finding = rules_report(core, rule, event, site,
	    "%s of queue %u slot %lld, which is %s", trace_call_name(event->code),
	    (unsigned)event->arg[0], (long long)event->arg[1],
	    slot == NULL ? "no slot of it" : slot_word(slot->state));

	if (slot != NULL && slot->seq != 0)
		finding_because(finding, slot->seq, "its state since");
}

/* ---- Taking out ---- */

static void
call_dequeue(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);

	ring->empty[event->ctx] = false;
	if (queue != NULL)
		ring_lane_enter(ring, core, queue, LANE_OUT, event, site);
}

static void
note_dequeued(struct ring *ring, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, note);
	struct ring_queue *queue = ring_queue_at(ring, note->arg[0]);
	struct ring_slot *slot = queue != NULL ? ring_slot_at(queue, note->arg[1]) : NULL;

	if (queue == NULL)
		return;
	queue->dequeued++;
	queue->empties = 0;
	/* An answer to no request is the device's doing: there is nothing to give back. */
	if (slot != NULL && slot->state == SLOT_COMMITTED)
		ring_slot_set(slot, SLOT_DEQUEUED, note->seq, call->site);
}

static void
ret_dequeue(struct ring *ring, struct rules_core *core, const struct event *ret)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, ret);
	struct ring_queue *queue = ring_queue_at(ring, call->arg[0]);

	if (queue == NULL || ret->arg[0] == 0)
		return;
	ring_lane_leave(queue, LANE_OUT, ret->ctx);
	ring->empty[ret->ctx] = true;
	ring->empty_seq[ret->ctx] = ret->seq;
	if (++queue->empties == RING_EMPTY_LIMIT)
		rules_report(core, "ring.dequeue-empty", ret, call->site,
		    "%u dequeues of queue %u in a row found nothing, with no callback between "
		    "them", queue->empties, (unsigned)call->arg[0]);
}

/* Giving back what was not taken out. */
static void
judge_giveback(struct ring *ring, struct rules_core *core, const struct ring_slot *slot,
    const struct event *event, uint32_t site)
{
	struct finding *finding;

	if (ring->empty[event->ctx]) {
		finding = rules_report(core, "ring.slot-order", event, site,
		    "virtio_dequeue_commit of queue %u slot %lld after a dequeue that found "
		    "nothing", (unsigned)event->arg[0], (long long)(int32_t)event->arg[1]);
		finding_because(finding, ring->empty_seq[event->ctx], "the dequeue");
	} else if (slot != NULL && slot->state == SLOT_FREE) {
		ring_tell_order(core, slot, event, site, "ring.slot-balance");
	} else {
		ring_tell_order(core, slot, event, site, "ring.slot-order");
	}
}

static void
call_giveback(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct ring_queue *queue = ring_expect_queue(ring, core, event, site);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->arg[1]);
	if ((slot == NULL || slot->state != SLOT_DEQUEUED) && device_is_healthy(core))
		judge_giveback(ring, core, slot, event, site);
	if (slot != NULL)
		ring_slot_set(slot, SLOT_FREE, event->seq, site);
	ring_lane_leave(queue, LANE_OUT, event->ctx);
}

/* ---- virtio_vq_intr: who has vq_done ---- */

static void
call_vq_intr(struct ring *ring)
{
	for (unsigned i = 0; i < RING_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		queue->callbacks_before = queue->callbacks;
		queue->waits = queue->exists && queue->used > queue->dequeued;
	}
}

static void
ret_vq_intr(struct ring *ring, struct rules_core *core, const struct event *ret)
{
	for (unsigned i = 0; i < RING_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];
		struct finding *finding;

		if (!queue->waits || queue->used <= queue->dequeued ||
		    queue->callbacks != queue->callbacks_before)
			continue;
		queue->waits = false;
		finding = rules_report(core, "ring.uninitialised", ret, queue->site,
		    "queue %u has %llu answers, but no vq_done that would be called", i,
		    (unsigned long long)(queue->used - queue->dequeued));
		finding_because(finding, queue->used_seq, "the device answered");
		finding_because(finding, queue->seq, "allocated here");
	}
}

static void
note_callback(struct ring *ring, const struct event *note)
{
	struct ring_queue *queue = ring_queue_at(ring, note->arg[2]);

	if (note->arg[0] != 1)
		return;
	/* Whoever was woken may look at all queues. */
	for (unsigned i = 0; i < RING_QUEUES_MAX; i++)
		ring->queue[i].empties = 0;
	if (queue != NULL && note->arg[1] == HW_CB_VQ_DONE)
		queue->callbacks++;
}

/* ---- Making and ending queues ---- */

static void
note_vq(struct ring *ring, const struct event *note)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, note);
	struct ring_queue *queue = ring_queue_at(ring, note->arg[0]);

	if (queue == NULL)
		return;
	clear_queue(queue);
	queue->exists = true;
	queue->seq = note->seq;
	queue->site = call->site;
	queue->size = (uint32_t)note->arg[1];
	queue->maxsegsize = 0;
	queue->maxnsegs = INT32_MAX;
	if (call->code != HW_CALL_VIRTIO_ALLOC_VQ)
		return;
	queue->maxsegsize = call->arg[1];
	queue->maxnsegs = call->arg[2];
}

static void
note_vq_gone(struct ring *ring, const struct event *note)
{
	struct ring_queue *queue = ring_queue_at(ring, note->arg[0]);

	if (queue == NULL)
		return;
	clear_queue(queue);
	queue->exists = false;
	queue->seq = note->seq;
}

static void
call_free(struct ring *ring, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct finding *finding;

	if (ring_expect_queue(ring, core, event, site) == NULL || !ring->live)
		return;
	finding = rules_report(core, "ring.free-queue", event, site,
	    "queue %u is freed while the device is live: it was not reset since DRIVER_OK",
	    (unsigned)event->arg[0]);
	finding_because(finding, ring->live_seq, "DRIVER_OK");
}

static void
ret_free(struct ring *ring, struct rules_core *core, const struct event *ret)
{
	const struct shadow_call *call = shadow_call_of(ring->shadow, ret);
	struct ring_queue *queue = ring_queue_at(ring, call->arg[0]);
	struct finding *finding;
	unsigned out = 0;

	if (queue == NULL || ret->arg[0] != RING_EBUSY)
		return;
	for (size_t i = 0; i < queue->slots; i++)
		out += queue->slot[i].state != SLOT_FREE &&
		    queue->slot[i].state != SLOT_REFUSED;
	finding = rules_report(core, "ring.free-queue", ret, call->site,
	    "queue %u is freed with %u slots still taken: EBUSY, and it stays allocated",
	    (unsigned)call->arg[0], out);
	for (size_t i = 0; i < queue->slots; i++)
		if (queue->slot[i].state != SLOT_FREE &&
		    queue->slot[i].state != SLOT_REFUSED) {
			finding_because(finding, queue->slot[i].seq, "slot %zu", i);
			break;
		}
}

static void
see_status(struct ring *ring, const struct event *event)
{
	bool live = (event->arg[0] & RING_DRIVER_OK) != 0;

	if (event->arg[0] == 0)
		for (unsigned i = 0; i < RING_QUEUES_MAX; i++) {
			struct ring_queue *queue = &ring->queue[i];

			queue->used = queue->dequeued = 0;
			queue->pending = 0;
			queue->waits = false;
		}
	if (live == ring->live)
		return;
	ring->live = live;
	ring->live_seq = event->seq;
	ring->was_live = ring->was_live || live;
}

/* ---- Dispatch ---- */

static void
see_call(struct ring *ring, struct rules_core *core, const struct event *event, uint32_t site)
{
	if (ring_in_call(ring, core, event, site))
		return;
	switch (event->code) {
	case HW_CALL_VIRTIO_FREE_VQ:
		call_free(ring, core, event, site);
		break;
	case HW_CALL_VIRTIO_DEQUEUE:
		call_dequeue(ring, core, event, site);
		break;
	case HW_CALL_VIRTIO_DEQUEUE_COMMIT:
		call_giveback(ring, core, event, site);
		break;
	case HW_CALL_VIRTIO_VQ_INTR:
		call_vq_intr(ring);
		break;
	}
}

static void
see_ret(struct ring *ring, struct rules_core *core, const struct event *ret)
{
	/* vq_done makes calls of its own inside this one. */
	if (ret->code == HW_CALL_VIRTIO_VQ_INTR)
		ret_vq_intr(ring, core, ret);
	if (!shadow_returns(ring->shadow, ret))
		return;
	if (ret->code == HW_CALL_VIRTIO_FREE_VQ)
		ret_free(ring, core, ret);
	else if (ret->code == HW_CALL_VIRTIO_DEQUEUE)
		ret_dequeue(ring, core, ret);
	else
		ring_in_ret(ring, ret);
}

static void
see_note(struct ring *ring, struct rules_core *core, const struct event *note)
{
	switch (note->code) {
	case HW_NOTE_SLOT:
	case HW_NOTE_DESC:
		ring_in_note(ring, core, note);
		break;
	case HW_NOTE_DEQUEUED:
		note_dequeued(ring, note);
		break;
	case HW_NOTE_VQ:
		note_vq(ring, note);
		break;
	case HW_NOTE_VQ_GONE:
		note_vq_gone(ring, note);
		break;
	case HW_NOTE_CALLBACK:
		note_callback(ring, note);
		break;
	}
}

static void
release(struct ring *ring)
{
	for (unsigned i = 0; i < RING_QUEUES_MAX; i++)
		free(ring->queue[i].slot);
	memset(ring, 0, sizeof(*ring));
}

static void
see_used(struct ring *ring, const struct event *event)
{
	struct ring_queue *queue = ring_queue_at(ring, event->arg[0]);

	if (queue == NULL)
		return;
	queue->used++;
	queue->used_seq = event->seq;
}

/* A context that goes to sleep has stopped in the middle: that is ring.abort's matter. */
static void
see_sleep(struct ring *ring, uint32_t ctx)
{
	for (unsigned i = 0; i < RING_QUEUES_MAX; i++)
		for (unsigned side = 0; ring->queue[i].exists && side < LANES; side++)
			ring_lane_leave(&ring->queue[i], side, ctx);
}

static void
ring_fini(void *state)
{
	release(state);
}

static void
ring_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct ring *ring = state;

	(void)payload;
	ring->shadow = rules_shadow(core);
	if (event->kind == EV_CALL)
		see_call(ring, core, event, site);
	else if (event->kind == EV_RET)
		see_ret(ring, core, event);
	else if (event->kind == EV_NOTE)
		see_note(ring, core, event);
	else if (event->kind == EV_DEV_USED)
		see_used(ring, event);
	else if (event->kind == EV_DEV_STATUS)
		see_status(ring, event);
	else if (event->kind == EV_CTX_SLEEP)
		see_sleep(ring, event->ctx);
	else if (event->kind == EV_HOST_REBOOT)
		release(ring);
}

static void
rest_slot(struct rules_core *core, unsigned queue, size_t index, struct ring_slot *slot,
    const struct event *now)
{
	struct finding *finding;

	switch (slot->state) {
	case SLOT_PREPARED:
	case SLOT_RESERVED:
		finding = rules_report(core, "ring.abort", now, slot->site,
		    "queue %u slot %zu was prepared, but neither committed nor aborted", queue,
		    index);
		finding_because(finding, slot->seq, "prepared here");
		break;
	case SLOT_DEQUEUED:
		finding = rules_report(core, "ring.slot-balance", now, slot->site,
		    "queue %u slot %zu was dequeued, but never given back: the queue has one slot "
		    "less", queue, index);
		finding_because(finding, slot->seq, "dequeued here");
		break;
	case SLOT_FREE:
	case SLOT_COMMITTED:
	case SLOT_REFUSED:
		return;
	}
	slot->state = SLOT_FREE;
}

static void
ring_rest(void *state, struct rules_core *core, const struct event *now)
{
	struct ring *ring = state;
	struct finding *finding;

	for (unsigned i = 0; i < RING_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		if (!queue->exists)
			continue;
		for (size_t k = 0; k < queue->slots; k++)
			rest_slot(core, i, k, &queue->slot[k], now);
		if (queue->pending == 0 || !ring->live)
			continue;
		finding = rules_report(core, "ring.missing-kick", now, queue->pending_site,
		    "%u requests on queue %u were committed, but the device was not told",
		    queue->pending, i);
		finding_because(finding, queue->pending_seq, "the first of them");
		queue->pending = 0;
	}
}

const struct area area_ring = {
	.name = "ring",
	.kinds = KIND(CALL) | KIND(NOTE) | KIND(RET) | KIND(DEV_USED) | KIND(DEV_STATUS) |
	    KIND(CTX_SLEEP) | KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_VIRTIO_FREE_VQ, HW_CALL_VIRTIO_DEQUEUE,
	    HW_CALL_VIRTIO_DEQUEUE_COMMIT, HW_CALL_VIRTIO_VQ_INTR,
	    HW_CALL_VIRTIO_ENQUEUE_PREP, HW_CALL_VIRTIO_ENQUEUE_RESERVE,
	    HW_CALL_VIRTIO_ENQUEUE, HW_CALL_VIRTIO_ENQUEUE_P, HW_CALL_VIRTIO_ENQUEUE_COMMIT,
	    HW_CALL_VIRTIO_ENQUEUE_ABORT),
	.returns = CALLS(HW_CALL_VIRTIO_FREE_VQ, HW_CALL_VIRTIO_DEQUEUE,
	    HW_CALL_VIRTIO_VQ_INTR, HW_CALL_VIRTIO_ENQUEUE_PREP,
	    HW_CALL_VIRTIO_ENQUEUE_RESERVE, HW_CALL_VIRTIO_ENQUEUE_COMMIT),
	.notes = NOTE(SLOT) | NOTE(DESC) | NOTE(DEQUEUED) | NOTE(VQ) | NOTE(VQ_GONE) |
	    NOTE(CALLBACK),
	.state_bytes = sizeof(struct ring),
	.fini = ring_fini,
	.see = ring_see,
	.rest = ring_rest,
};
