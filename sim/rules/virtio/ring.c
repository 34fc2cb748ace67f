/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring: how a child driver uses its virtqueues (virtio 1.2 clause 2.7, virtio.c).
 *
 * A slot's life: prepared, reserved, filled, committed, dequeued, free again.  What the device has
 * when it is reset comes back by that, without being dequeued.
 */
#include <string.h>

#include "base/sbuf.h"
#include "rules/device.h"
#include "rules/kernel/dma.h"

#define RING_EBUSY 16
#define RING_NO_QUEUE UINT64_MAX
#define RING_EMPTY_LIMIT 16		/* polls of an empty queue before it is said */
#define RING_EMPTY_PAUSE_NS UINT64_C(1000000)
#define RING_NOTIFY_PAUSE_NS UINT64_C(1000000000)	/* to ask a device that is silent */

enum ring_slot_state {
	SLOT_FREE, SLOT_PREPARED, SLOT_RESERVED, SLOT_COMMITTED, SLOT_DEQUEUED,
	SLOT_REFUSED,			/* reserve failed: free again */
	SLOT_RECALLED			/* committed at a reset: the driver's again */
};

struct ring_slot {
	enum ring_slot_state state;
	bool reported;			/* that the queue was not live */
	uint32_t seq, site;		/* newest change */
	uint32_t stray_seq;		/* newest used buffer of it that was none */
	uint32_t reserved, filled;	/* descriptors */
};

/* Who is between the first and the last step on one side of a queue. */
struct ring_lane {
	bool active;
	uint32_t ctx, seq;
	uint16_t code;
};
enum { LANE_IN, LANE_OUT, LANES };

struct ring_queue {
	bool exists;
	uint32_t seq, site;		/* allocated or freed */
	uint32_t size;
	uint64_t maxsegsize, maxnsegs;
	struct { VEC_MEMBERS(struct ring_slot); } slot;
	struct ring_lane lane[LANES];
	uint32_t commit_seq, commit_site;	/* newest commit */
	uint32_t pending, pending_seq, pending_site; /* committed, not notified of */
	uint64_t notify_ns;		/* newest notification, */
	uint32_t notify_seq;		/* here; 0: none since the reset */
	uint64_t used, dequeued;	/* buffers */
	uint32_t used_seq;		/* newest used buffer */
	uint32_t callbacks, callbacks_before; /* of vq_done; at the start of virtio_vq_intr() */
	bool stopped;			/* polled: its driver wants no interrupts */
	bool waits;			/* used buffers stood in the ring at that start */
	uint32_t empties;		/* dequeues in a row that found nothing */
	uint64_t empty_ns;		/* the newest of them */
};

struct ring {
	struct ring_queue queue[RULES_QUEUES_MAX];
	bool empty[SHADOW_CONTEXTS];	/* the context's last dequeue found nothing */
	uint32_t empty_seq[SHADOW_CONTEXTS];
};

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
	case SLOT_RECALLED:
		return "the driver's again since the device was reset";
	}
	return "unknown";
}

RULE_ROW(rule_uninitialised) = {
	"ring.uninitialised", SEVERITY_ERROR,
	"a queue is allocated and has its vq_done before it is used",
	"NetBSD sys/dev/pci/virtio.c, virtio_alloc_vq(), virtio_vq_intr()",
	"virtio_alloc_vq() clears the whole structure, vq_done too; without it used buffers are "
	"never announced.",
	"vq->vq_done = done;\nvirtio_alloc_vq(vsc, vq, 0, size, 1, \"request\");",
	"virtio_alloc_vq(vsc, vq, 0, size, 1, \"request\");\nvq->vq_done = done;"
};

static bool
device_is_healthy(struct rules_core *core)
{
	return rules_look(core)->device.healthy;
}

/* The kernel says so, at what it cannot stand (hw_device_fault()). */
SHARED_RULE_ROW(rule_device_abuse) = {
	"ring.device-abuse", SEVERITY_LINT,
	"the guest survives a device that breaks the specification",
	"virtio 1.2 clauses 2.7.8, 2.7.14",
	"The kernel's virtio code trusts ids that the device writes; a lying device can bring "
	"the guest down.  The device is at fault, not the driver."
};

/* ---- Queues ---- */

static struct ring_queue *
ring_queue_at(struct ring *ring, uint64_t index)
{
	return index < RULES_QUEUES_MAX ? &ring->queue[index] : NULL;
}

/* The allocated queue of this call, or NULL after a report. */
static struct ring_queue *
ring_expect_queue(struct ring *ring, struct rules_core *core)
{
	struct ring_queue *queue = ring_queue_at(ring, core->event->call.virtio_dequeue.queue);

	if (queue != NULL && queue->exists)
		return queue;
	rules_report(core, &rule_uninitialised, "%s on queue %lld, which is not allocated",
	    trace_call_name(core->event->code), (long long)core->event->call.virtio_dequeue.queue);
	if (queue != NULL && queue->seq != 0)
		rules_because(core, queue->seq, "freed here");
	return NULL;
}

static struct ring_slot *
ring_slot_at(struct ring_queue *queue, uint64_t slot)
{
	if (slot >= queue->size)
		return NULL;
	return vec_reach(&queue->slot, slot);
}

static void
ring_slot_set(struct ring_slot *slot, enum ring_slot_state state, uint32_t seq, uint32_t site)
{
	slot->state = state;
	slot->seq = seq;
	slot->site = site;
}

static void
clear_queue(struct ring_queue *queue)
{
	queue->slot.count = 0;
	memset(queue->lane, 0, sizeof(queue->lane));
	queue->pending = queue->notify_seq = 0;
	queue->used = queue->dequeued = 0;
	queue->waits = false;
	queue->empties = 0;
	queue->stopped = false;
}

/* ---- One context at a time on each side ---- */

RULE_ROW(rule_concurrent_use) = {
	"ring.concurrent-use", SEVERITY_ERROR,
	"one context at a time works on one side of a queue",
	"NetBSD sys/dev/pci/virtio.c, locking comment",
	"The kernel's locks protect single steps; prep to commit and dequeue to "
	"dequeue_commit are the driver's to serialise.",
	"virtio_dequeue(vsc, vq, &slot, NULL);\t/* in the thread and in vq_done */",
	"mutex_enter(&sc->sc_lock);\nvirtio_dequeue(vsc, vq, &slot, NULL);"
};

static void
ring_lane_enter(struct ring *ring, struct rules_core *core, struct ring_queue *queue, unsigned side)
{
	struct ring_lane *lane = &queue->lane[side];

	if (lane->active && lane->ctx != core->event->ctx &&
	    !shadow_share_lock(&core->shadow, lane->ctx, core->event->ctx)) {
		rules_report(core, &rule_concurrent_use, "%s on queue %u by context %u while "
		    "context %u is between %s and the end of its request",
		    trace_call_name(core->event->code),
		    (unsigned)core->event->call.virtio_dequeue.queue, core->event->ctx, lane->ctx,
		    trace_call_name(lane->code));
		rules_because(core, lane->seq, "what context %u does", lane->ctx);
	}
	*lane = (struct ring_lane){
		.active = true, .ctx = core->event->ctx, .seq = core->event->seq,
		    .code = core->event->code,
	};
}

static void
ring_lane_leave(struct ring_queue *queue, unsigned side, uint32_t ctx)
{
	if (queue->lane[side].ctx == ctx)
		queue->lane[side].active = false;
}

static void
ring_report_order(struct rules_core *core, const struct ring_slot *slot, const struct rule *rule)
{
	rules_report(core, rule, "%s of queue %u slot %lld, which is %s",
	    trace_call_name(core->event->code),
	    (unsigned)core->event->call.virtio_enqueue_abort.queue,
	    (long long)core->event->call.virtio_enqueue_abort.slot, slot == NULL ? "no slot of it" :
	    slot_word(slot->state));

	if (slot != NULL && slot->seq != 0)
		rules_because(core, slot->seq, "its state since");
}

/* ---- Taking out ---- */

HOOK(ring, call_dequeue, struct ring *ring, ON_CALL(VIRTIO_DEQUEUE))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);

	ring->empty[event->ctx] = false;
	if (queue != NULL)
		ring_lane_enter(ring, core, queue, LANE_OUT);
}

HOOK(ring, note_dequeued, struct ring *ring, ON_NOTE(DEQUEUED))
{
	struct ring_queue *queue = ring_queue_at(ring, event->note.dequeued.queue);
	struct ring_slot *slot = queue != NULL ? ring_slot_at(queue,
	    event->note.dequeued.slot) : NULL;

	if (queue == NULL)
		return;
	queue->dequeued++;
	queue->empties = 0;
	if (slot == NULL)
		return;
	/* A used buffer of no request is the device's doing: there is nothing to give back. */
	if (slot->state == SLOT_COMMITTED || slot->state == SLOT_RECALLED)
		ring_slot_set(slot, SLOT_DEQUEUED, event->seq, core->call->site);
	else
		slot->stray_seq = event->seq;
}

RULE_ROW(rule_dequeue_empty) = {
	"ring.dequeue-empty", SEVERITY_LINT,
	"an empty queue is not asked again and again without a pause",
	"NetBSD sys/dev/pci/virtio.c, virtio_dequeue()",
	"ENOENT is a legal result, but a driver that waits for another keeps the processor.",
	"while (virtio_dequeue(vsc, vq, &slot, NULL) != 0)\n\tdelay(100);",
	"while (!done)\n\tcv_wait(&cv, &lock);\nvirtio_dequeue(vsc, vq, &slot, NULL);"
};

HOOK(ring, ret_dequeue, struct ring *ring, ON_RET(VIRTIO_DEQUEUE))
{
	uint64_t number = core->call->args.virtio_dequeue.queue;
	struct ring_queue *queue = ring_queue_at(ring, number);

	if (queue == NULL || event->ret.result == 0)
		return;
	ring_lane_leave(queue, LANE_OUT, event->ctx);
	ring->empty[event->ctx] = true;
	ring->empty_seq[event->ctx] = event->seq;
	/* Looking from time to time is polling, which is a driver's right. */
	if (event->time_ns - queue->empty_ns >= RING_EMPTY_PAUSE_NS)
		queue->empties = 0;
	queue->empty_ns = event->time_ns;
	if (++queue->empties == RING_EMPTY_LIMIT)
		rules_report_at(core, &rule_dequeue_empty, core->call->site, "%u dequeues of queue "
		    "%u in a row found nothing, with neither a callback nor a pause between them",
		    queue->empties, (unsigned)number);
}

RULE_ROW(rule_ring_slot_balance) = {
	"ring.slot-balance", SEVERITY_ERROR,
	"each slot is committed once and given back once",
	"NetBSD sys/dev/pci/virtio.c, virtio_dequeue_commit()",
	"A slot given back twice is handed to two requests; one never given back makes the "
	"queue smaller until nothing goes.  That goes for a slot too which the device names by "
	"mistake: it was never taken, or has been given back.",
	"virtio_dequeue(vsc, vq, &slot, NULL);\nreturn;",
	"if (virtio_dequeue(vsc, vq, &slot, NULL) == 0 && slot == req->slot)\n"
	"\tvirtio_dequeue_commit(vsc, vq, slot);"
};

RULE_ROW(rule_ring_slot_order) = {
	"ring.slot-order", SEVERITY_ERROR,
	"a slot goes prep, reserve, enqueue, commit; and dequeue, dequeue_commit",
	"NetBSD sys/dev/pci/virtio.c, comment on enqueue and dequeue; virtio 1.2 clause 3.3.1",
	"Each step relies on what the one before has set up; the kernel asserts only some.  A "
	"request that the device has when it is reset is never dequeued.  Its slot comes back with "
	"virtio_dequeue_commit() or virtio_enqueue_abort(): both only put its descriptors on the "
	"list of free ones, and virtio_free_vq() wants them there.",
	"virtio_enqueue_prep(vsc, vq, &slot);\nvirtio_enqueue_commit(vsc, vq, slot, true);",
	"virtio_enqueue_prep(vsc, vq, &slot);\nvirtio_enqueue_reserve(vsc, vq, slot, 1);\n"
	"virtio_enqueue(vsc, vq, slot, map, true);\n"
	"virtio_enqueue_commit(vsc, vq, slot, true);"
};

/* The driver has it, to give it back. */
static bool
is_due(const struct ring_slot *slot)
{
	return slot->state == SLOT_DEQUEUED || slot->state == SLOT_RECALLED;
}

/* Giving back what was not taken out. */
static void
report_giveback(struct ring *ring, struct rules_core *core, const struct ring_slot *slot)
{
	if (ring->empty[core->event->ctx]) {
		rules_report(core, &rule_ring_slot_order, "virtio_dequeue_commit of queue %u slot "
		    "%lld after a dequeue that found nothing",
		    (unsigned)core->event->call.virtio_dequeue_commit.queue,
		    (long long)(int32_t)core->event->call.virtio_dequeue_commit.slot);
		rules_because(core, ring->empty_seq[core->event->ctx], "the dequeue");
		return;
	}
	ring_report_order(core, slot, slot != NULL && (slot->state == SLOT_FREE ||
	    slot->state == SLOT_REFUSED) ? &rule_ring_slot_balance : &rule_ring_slot_order);
	if (slot != NULL && slot->stray_seq > slot->seq)
		rules_because(core, slot->stray_seq, "the device used it, and did not have it");
}

/* Beside a device that breaks the specification it may be a guess which request is over. */
static bool
is_guess(struct rules_core *core, const struct ring_slot *slot)
{
	return !device_is_healthy(core) && (slot == NULL || slot->state == SLOT_COMMITTED);
}

HOOK(ring, call_giveback, struct ring *ring, ON_CALL(VIRTIO_DEQUEUE_COMMIT))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_dequeue_commit.slot);
	if ((slot == NULL || !is_due(slot)) && !is_guess(core, slot))
		report_giveback(ring, core, slot);
	if (slot != NULL)
		ring_slot_set(slot, SLOT_FREE, event->seq, site);
	ring_lane_leave(queue, LANE_OUT, event->ctx);
}

/* ---- virtio_vq_intr: who has vq_done ---- */

HOOK(ring, call_vq_intr, struct ring *ring, ON_CALL(VIRTIO_VQ_INTR))
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		queue->callbacks_before = queue->callbacks;
		queue->waits = queue->exists && !queue->stopped && queue->used > queue->dequeued;
	}
}

HOOK(ring, call_stop_vq_intr, struct ring *ring, ON_CALL(VIRTIO_STOP_VQ_INTR))
{
	struct ring_queue *queue = ring_queue_at(ring, event->call.virtio_stop_vq_intr.queue);

	if (queue != NULL)
		queue->stopped = true;
}

HOOK(ring, call_start_vq_intr, struct ring *ring, ON_CALL(VIRTIO_START_VQ_INTR))
{
	struct ring_queue *queue = ring_queue_at(ring, event->call.virtio_start_vq_intr.queue);

	if (queue != NULL)
		queue->stopped = false;
}

HOOK(ring, ret_vq_intr, struct ring *ring, ON_RET(VIRTIO_VQ_INTR))
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		if (!queue->waits || queue->used <= queue->dequeued ||
		    queue->callbacks != queue->callbacks_before || !device_is_healthy(core))
			continue;
		queue->waits = false;
		rules_report_at(core, &rule_uninitialised, queue->site,
		    "queue %u has %llu used buffers, but no vq_done to be called", i,
		    (unsigned long long)(queue->used - queue->dequeued));
		rules_because(core, queue->used_seq, "the device used the newest one");
		rules_because(core, queue->seq, "allocated here");
	}
}

HOOK(ring, note_callback, struct ring *ring, ON_NOTE(CALLBACK))
{
	struct ring_queue *queue = ring_queue_at(ring, event->note.callback.queue);

	if (event->note.callback.edge != 1)
		return;
	/* Whoever was woken may look at all queues. */
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++)
		ring->queue[i].empties = 0;
	if (queue != NULL && event->note.callback.callback == HW_CB_VQ_DONE)
		queue->callbacks++;
}

/* ---- Putting in: from prep to commit or abort ---- */

RULE_ROW(rule_ring_not_live) = {
	"ring.not-live", SEVERITY_ERROR,
	"requests are made only while the device is live",
	"virtio 1.2 clauses 3.1.1 and 2.1.2; NetBSD virtio.c, virtio_enqueue_prep()",
	"Before DRIVER_OK the device must not look; after a reset nobody completes them.",
	"virtio_enqueue_commit(vsc, vq, slot, true);\nvirtio_child_attach_finish(vsc);",
	"virtio_child_attach_finish(vsc);\nvirtio_enqueue_commit(vsc, vq, slot, true);"
};

static bool
report_not_live(struct rules_core *core)
{
	const struct rules_status *status = rules_status(core);

	if (status->live)
		return false;
	rules_report(core, &rule_ring_not_live, "%s on queue %u %s",
	    trace_call_name(core->event->code),
	    (unsigned)core->event->call.virtio_enqueue_prep.queue, status->dead_seq != 0 ?
	    "after the device was reset" : "before DRIVER_OK");
	if (status->dead_seq != 0)
		rules_because(core, status->dead_seq, "reset here");
	return true;
}

HOOK(ring, call_prep, struct ring *ring, ON_CALL(VIRTIO_ENQUEUE_PREP))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);

	if (queue == NULL)
		return;
	report_not_live(core);
	ring_lane_enter(ring, core, queue, LANE_IN);
}

HOOK(ring, note_slot, struct ring *ring, ON_NOTE(SLOT))
{
	const struct shadow_call *call = core->call;
	struct ring_queue *queue = ring_queue_at(ring, event->note.slot.queue);
	struct ring_slot *slot;

	if (queue == NULL || call->code != HW_CALL_VIRTIO_ENQUEUE_PREP ||
	    event->note.slot.state != NOTED_PREPARED)
		return;
	slot = ring_slot_at(queue, event->note.slot.slot);
	if (slot == NULL)
		return;
	ring_slot_set(slot, SLOT_PREPARED, call->seq, call->site);
	slot->reported = !rules_status(core)->live;
	slot->reserved = slot->filled = 0;
}

RULE_ROW(rule_ring_direction) = {
	"ring.direction", SEVERITY_ERROR,
	"a descriptor's direction is that of its sync, and it keeps the queue's limits",
	"virtio 1.2 clause 2.7.5; bus_dma(9), bus_dmamap_sync()",
	"PREWRITE prepares for a device that reads, PREREAD for one that writes.",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREREAD);\n"
	"virtio_enqueue(vsc, vq, slot, map, true);\t/* the device reads */",
	"bus_dmamap_sync(t, map, 0, n, BUS_DMASYNC_PREWRITE);"
};

HOOK(ring, call_reserve, struct ring *ring, ON_CALL(VIRTIO_ENQUEUE_RESERVE))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue_reserve.slot);
	if (slot == NULL || slot->state != SLOT_PREPARED)
		ring_report_order(core, slot, &rule_ring_slot_order);
	if ((int64_t)event->call.virtio_enqueue_reserve.nsegs <= (int64_t)queue->maxnsegs)
		return;
	rules_report(core, &rule_ring_direction, "%lld segment%s reserved on queue %u, which was "
	    "allocated for at most %llu", (long long)event->call.virtio_enqueue_reserve.nsegs,
	    plural(event->call.virtio_enqueue_reserve.nsegs),
	    (unsigned)event->call.virtio_enqueue_reserve.queue,
	    (unsigned long long)queue->maxnsegs);
	rules_because(core, queue->seq, "allocated here");
}

HOOK(ring, ret_reserve, struct ring *ring, ON_RET(VIRTIO_ENQUEUE_RESERVE))
{
	const struct shadow_call *call = core->call;
	struct ring_queue *queue = ring_queue_at(ring, call->args.virtio_enqueue_reserve.queue);
	struct ring_slot *slot = queue != NULL ? ring_slot_at(queue,
	    call->args.virtio_enqueue_reserve.slot) : NULL;

	if (slot == NULL)
		return;
	if (event->ret.result != 0) {
		ring_slot_set(slot, SLOT_REFUSED, event->seq, call->site);
		ring_lane_leave(queue, LANE_IN, event->ctx);
		return;
	}
	/* The place to name, should it be forgotten, is that of prep. */
	slot->state = SLOT_RESERVED;
	slot->reserved = (uint32_t)call->args.virtio_enqueue_reserve.nsegs;
	slot->filled = 0;
}

HOOK(ring, call_enqueue, struct ring *ring, ON_CALL(VIRTIO_ENQUEUE), ON_CALL(VIRTIO_ENQUEUE_P))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue.slot);
	if (slot == NULL || slot->state != SLOT_RESERVED)
		ring_report_order(core, slot, &rule_ring_slot_order);
}

HOOK(ring, note_desc, struct ring *ring, ON_NOTE(DESC))
{
	const struct shadow_call *call = core->call;
	struct ring_queue *queue = ring_queue_at(ring, call->args.virtio_enqueue.queue);
	struct ring_slot *slot;

	if (queue == NULL || (call->code != HW_CALL_VIRTIO_ENQUEUE &&
	    call->code != HW_CALL_VIRTIO_ENQUEUE_P))
		return;
	slot = ring_slot_at(queue, call->args.virtio_enqueue.slot);
	if (slot != NULL)
		slot->filled++;
	if (queue->maxsegsize == 0 || event->note.desc.length <= queue->maxsegsize)
		return;
	/* amd64 makes one segment of what lies in a page, however short they should be. */
	if (call->code == HW_CALL_VIRTIO_ENQUEUE &&
	    rules_dma_segment_max(core, call->args.virtio_enqueue.map) <= queue->maxsegsize)
		return;
	rules_report_at(core, &rule_ring_direction, call->site,
	    "a descriptor of %llu bytes on queue %u, which was allocated for at most %llu",
	    (unsigned long long)event->note.desc.length, (unsigned)call->args.virtio_enqueue.queue,
	    (unsigned long long)queue->maxsegsize);
	rules_because(core, queue->seq, "allocated here");
}

RULE_ROW(rule_ring_segment_count) = {
	"ring.segment-count", SEVERITY_ERROR,
	"as many segments are enqueued as were reserved",
	"NetBSD sys/dev/pci/virtio.c, virtio_enqueue_reserve()",
	"A reserved descriptor that is not filled still holds an old address; one too many "
	"overwrites somebody else's.",
	"virtio_enqueue_reserve(vsc, vq, slot, 2);\nvirtio_enqueue(vsc, vq, slot, map, true);",
	"virtio_enqueue_reserve(vsc, vq, slot, map->dm_nsegs);"
};

static void
check_commit(struct ring *ring, struct rules_core *core, struct ring_slot *slot)
{
	if (slot == NULL) {
		ring_report_order(core, slot, &rule_ring_slot_order);
		return;
	}
	if (slot->state == SLOT_COMMITTED)
		ring_report_order(core, slot, &rule_ring_slot_balance);
	else if (slot->state != SLOT_RESERVED)
		ring_report_order(core, slot, &rule_ring_slot_order);
	else if (slot->filled != slot->reserved) {
		rules_report(core, &rule_ring_segment_count,
		    "queue %u slot %llu is committed with %u segment%s, not the %u reserved",
		    (unsigned)core->event->call.virtio_enqueue_commit.queue,
		    (unsigned long long)core->event->call.virtio_enqueue_commit.slot, slot->filled,
		    plural(slot->filled), slot->reserved);
		rules_because(core, slot->seq, "prepared here");
	}
	if (!slot->reported)
		report_not_live(core);
	ring_slot_set(slot, SLOT_COMMITTED, core->event->seq, core->site);
}

RULE_ROW(rule_needless_kick) = {
	"ring.needless-kick", SEVERITY_LINT,
	"a device is notified of something, or asked again after a while",
	"virtio 1.2 clause 2.7.10.1; NetBSD virtio.c, virtio_enqueue_commit()",
	"A notification makes the guest leave its processor to the host.  One of nothing is no "
	"fault, but costs as much, and comes from a count of requests that is wrong.",
	"virtio_enqueue_commit(vsc, vq, slot, true);\nvirtio_enqueue_commit(vsc, vq, -1, true);",
	"virtio_enqueue_commit(vsc, vq, slot, false);\n"
	"virtio_enqueue_commit(vsc, vq, -1, true);",
	.distance = RULE_SUSPECT
};

/* A notification of its own.  Who waits for a completion may try again; others wait for nothing. */
static void
check_flush(struct ring *ring, struct rules_core *core, const struct ring_queue *queue)
{
	if (report_not_live(core) || queue->pending > 0 || (queue->notify_seq != 0 &&
	    core->event->time_ns - queue->notify_ns >= RING_NOTIFY_PAUSE_NS))
		return;
	rules_report(core, &rule_needless_kick, "queue %u is notified, and nothing was made "
	    "available since %s", (unsigned)core->event->call.virtio_enqueue_commit.queue,
	    queue->notify_seq != 0 ? "the notification before" : "the device was started");
	if (queue->notify_seq != 0)
		rules_because(core, queue->notify_seq, "the notification before");
}

HOOK(ring, call_commit, struct ring *ring, ON_CALL(VIRTIO_ENQUEUE_COMMIT))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);
	bool is_flush = (int32_t)event->call.virtio_enqueue_commit.slot == -1;

	if (queue == NULL)
		return;
	queue->commit_seq = event->seq;
	queue->commit_site = site;
	if (!is_flush)
		check_commit(ring, core,
		    ring_slot_at(queue, event->call.virtio_enqueue_commit.slot));
	if (event->call.virtio_enqueue_commit.notify != 0) {
		if (is_flush)
			check_flush(ring, core, queue);
		queue->pending = 0;
		queue->notify_ns = event->time_ns;
		queue->notify_seq = event->seq;
	} else if (!is_flush && queue->pending++ == 0) {
		queue->pending_seq = event->seq;
		queue->pending_site = site;
	}
}

/* ---- A ring that the device cannot read ---- */

RULE_ROW(rule_broken) = {
	"ring.broken", SEVERITY_ERROR,
	"the device can read what the driver makes available",
	"virtio 1.2 clauses 2.7.4.2 and 2.7.5.2; NetBSD sys/dev/pci/virtio.c, virtio_enqueue()",
	"A device stops at a ring that breaks the specification, and completes nothing more until "
	"it is reset.",
	"virtio_enqueue(vsc, vq, slot, reply, false);\n"
	"virtio_enqueue(vsc, vq, slot, question, true);",
	"virtio_enqueue(vsc, vq, slot, question, true);\n"
	"virtio_enqueue(vsc, vq, slot, reply, false);"
};

/* By enum virtqueue_fault of the device. */
static const char *const faults[] = {
	"nothing is wrong with it",
	"an address in it is no memory",
	"the available index is too far ahead",
	"an available entry names no descriptor",
	"a descriptor leads to one that does not exist",
	"a chain is longer than its table",
	"an indirect descriptor is malformed, or was not agreed on",
	"a device-readable buffer comes after a device-writable one",
	"a buffer has no byte",
	"a request is longer than the device can read",
	"more requests are in flight than the queue holds",
};

HOOK(ring, on_behaviour, struct ring *ring, ON_EVENT(DEV_BEHAVIOUR))
{
	const struct ring_queue *queue = ring_queue_at(ring, event->dev_behaviour.queue);
	uint64_t fault = event->dev_behaviour.what;

	if (event->code != RULES_BEHAVIOUR_BROKEN || queue == NULL || !device_is_healthy(core))
		return;
	rules_report_at(core, &rule_broken, queue->commit_site, "the device stops at queue %u: %s",
	    (unsigned)event->dev_behaviour.queue, fault < sizeof(faults) / sizeof(faults[0]) ?
	    faults[fault] : "it cannot be read");
	rules_because(core, queue->commit_seq, "the newest request");
}

/* ---- Taking back ---- */

RULE_ROW(rule_ring_abort) = {
	"ring.abort", SEVERITY_ERROR,
	"a prepared slot that is not committed is aborted, unless its reserve failed",
	"NetBSD sys/dev/pci/virtio.c, virtio_enqueue_abort(), virtio_enqueue_reserve()",
	"A failed reserve has released the slot, a second release damages the list; a slot "
	"that nobody releases is lost.",
	"if (virtio_enqueue_reserve(vsc, vq, slot, n) != 0)\n"
	"\tvirtio_enqueue_abort(vsc, vq, slot);",
	"if (bus_dmamap_load(t, map, buf, n, NULL, 0) != 0)\n"
	"\tvirtio_enqueue_abort(vsc, vq, slot);"
};

HOOK(ring, call_abort, struct ring *ring, ON_CALL(VIRTIO_ENQUEUE_ABORT))
{
	struct ring_queue *queue = ring_expect_queue(ring, core);
	struct ring_slot *slot;

	if (queue == NULL)
		return;
	slot = ring_slot_at(queue, event->call.virtio_enqueue_abort.slot);
	if (slot == NULL)
		ring_report_order(core, slot, &rule_ring_slot_order);
	else if (slot->state == SLOT_REFUSED)
		ring_report_order(core, slot, &rule_ring_abort);
	else if (slot->state == SLOT_FREE)
		ring_report_order(core, slot, &rule_ring_slot_balance);
	else if (slot->state != SLOT_PREPARED && slot->state != SLOT_RESERVED &&
	    slot->state != SLOT_RECALLED)
		ring_report_order(core, slot, &rule_ring_slot_order);
	if (slot != NULL)
		ring_slot_set(slot, SLOT_FREE, event->seq, site);
	ring_lane_leave(queue, LANE_IN, event->ctx);
}

/* Committed: the context has done with its request. */
HOOK(ring, ret_commit, void *state, ON_RET(VIRTIO_ENQUEUE_COMMIT))
{
	struct ring_queue *queue = ring_queue_at(state,
	    core->call->args.virtio_enqueue_commit.queue);

	if (queue != NULL)
		ring_lane_leave(queue, LANE_IN, event->ctx);
}

/* A prep that failed begins nothing. */
HOOK(ring, ret_prep, void *state, ON_RET(VIRTIO_ENQUEUE_PREP))
{
	if (event->ret.result != 0)
		ret_commit(state, core, event, site);
}

/* ---- What a request names, beside what the area dma knows of it ---- */

RULE_ROW(rule_ring_request_reuse) = {
	"ring.request-reuse", SEVERITY_ERROR,
	"a buffer is not given to the device again before its request was dequeued",
	"virtio 1.2 clauses 2.7.13.3 and 3.3.1",
	"The device may still be reading the first request when the second is written over it.",
	"virtio_enqueue_commit(vsc, vq0, s0, true);\n"
	"virtio_enqueue(vsc, vq1, s1, req->map, true);",
	"while (req->busy)\n\tcv_wait(&cv, &lock);"
};

static void
check_reuse(const struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct dma_piece *piece)
{
	const struct dma_request *owner = dma_owner(dma, piece->map, piece->offset,
	    piece->length);

	if (owner == NULL || !rules_look(core)->device.healthy)
		return;
	rules_report(core, &rule_ring_request_reuse, "bytes %llu..%llu of map %u go to queue %u "
	    "while queue %u slot %u still has them%s", (unsigned long long)piece->offset,
	    (unsigned long long)(piece->offset + piece->length - 1), piece->map, request->queue,
	    owner->queue, owner->slot, owner->is_done ? " (used, but not dequeued)" : "");
	rules_because(core, owner->seq, "the request before");
}

/* Were all its bytes synced, and all of them for the other direction? */
static void
check_direction(const struct dma *dma, struct rules_core *core, const struct dma_piece *piece)
{
	const struct dma_map *map = &dma->map.item[piece->map];
	uint8_t want = piece->device_writes ? DMA_PREREAD : DMA_PREWRITE;
	uint8_t other = (uint8_t)(want ^ DMA_PRE);

	if (piece->length == 0 || dma_find(map, piece->offset, piece->length, DMA_PRE,
	    other).count != piece->length)
		return;
	rules_report_at(core, &rule_ring_direction, piece->site,
	    "the device will %s bytes %llu..%llu of map %u, which were synced with %s",
	    piece->device_writes ? "write" : "read", (unsigned long long)piece->offset,
	    (unsigned long long)(piece->offset + piece->length - 1), piece->map,
	    dma_op_name(other));
	rules_because(core, map->pre_seq, "the PRE sync");
	rules_because(core, piece->seq, "descriptor written");
}

HOOK(ring, call_commit_dma, void *state, ON_CALL(VIRTIO_ENQUEUE_COMMIT))
{
	struct dma *dma = rules_state(core, &area_dma);
	struct dma_request *request = dma_request_of(dma, event,
	    event->call.virtio_enqueue_commit.queue, event->call.virtio_enqueue_commit.slot,
	    DMA_REQUEST_BUILT);

	for (size_t i = 0; request != NULL && i < request->piece.count; i++) {
		struct dma_piece *piece = &request->piece.item[i];

		dma_place(dma, piece);
		if (!piece->is_found)
			continue;
		check_reuse(dma, core, request, piece);
		check_direction(dma, core, piece);
	}
}

/* ---- Making and ending queues ---- */

HOOK(ring, note_vq, struct ring *ring, ON_NOTE(VQ))
{
	const struct shadow_call *call = core->call;
	struct ring_queue *queue = ring_queue_at(ring, event->note.vq.queue);

	if (queue == NULL)
		return;
	clear_queue(queue);
	queue->exists = true;
	queue->seq = event->seq;
	queue->site = call->site;
	queue->size = (uint32_t)event->note.vq.size;
	queue->maxsegsize = 0;
	queue->maxnsegs = INT32_MAX;
	if (call->code != HW_CALL_VIRTIO_ALLOC_VQ)
		return;
	queue->maxsegsize = call->args.virtio_alloc_vq.maxsegsize;
	queue->maxnsegs = call->args.virtio_alloc_vq.maxnsegs;
}

HOOK(ring, note_vq_gone, struct ring *ring, ON_NOTE(VQ_GONE))
{
	struct ring_queue *queue = ring_queue_at(ring, event->note.vq_gone.queue);

	if (queue == NULL)
		return;
	clear_queue(queue);
	queue->exists = false;
	queue->seq = event->seq;
}

/* The kernel takes all slots back, whatever they were in the middle of. */
HOOK(ring, call_reinit, struct ring *ring, ON_CALL(VIRTIO_REINIT_START))
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++)
		clear_queue(&ring->queue[i]);
}

RULE_ROW(rule_free_queue) = {
	"ring.free-queue", SEVERITY_ERROR,
	"a queue is freed empty, and after the device was reset",
	"virtio 1.2 clause 3.3.1; NetBSD sys/dev/pci/virtio.c, virtio_free_vq()",
	"A live device goes on using the ring's memory. With slots taken, those of requests that "
	"it had at its reset too, the call only returns EBUSY and the queue stays.",
	"virtio_free_vq(vsc, vq);\nvirtio_child_attach_failed(vsc);",
	"virtio_reset(vsc);\nvirtio_free_vq(vsc, vq);\nvirtio_child_attach_failed(vsc);"
};

HOOK(ring, call_free, struct ring *ring, ON_CALL(VIRTIO_FREE_VQ))
{
	/* The kernel sees that there is none, and does nothing. */
	if (event->call.virtio_free_vq.queue == RING_NO_QUEUE ||
	    ring_expect_queue(ring, core) == NULL || !rules_status(core)->live)
		return;
	rules_report(core, &rule_free_queue, "queue %u is freed while the device is live: it was "
	    "not reset since DRIVER_OK", (unsigned)event->call.virtio_free_vq.queue);
	rules_because(core, rules_status(core)->live_seq, "DRIVER_OK");
}

HOOK(ring, ret_free, struct ring *ring, ON_RET(VIRTIO_FREE_VQ))
{
	const struct shadow_call *call = core->call;
	struct ring_queue *queue = ring_queue_at(ring, call->args.virtio_free_vq.queue);
	unsigned out = 0;

	if (queue == NULL || event->ret.result != RING_EBUSY)
		return;
	for (size_t i = 0; i < queue->slot.count; i++)
		out += queue->slot.item[i].state != SLOT_FREE &&
		    queue->slot.item[i].state != SLOT_REFUSED;
	rules_report_at(core, &rule_free_queue, call->site, "queue %u is freed with %u slot%s "
	    "still taken: EBUSY, and it stays allocated",
	    (unsigned)call->args.virtio_free_vq.queue, out, plural(out));
	for (size_t i = 0; i < queue->slot.count; i++)
		if (queue->slot.item[i].state != SLOT_FREE &&
		    queue->slot.item[i].state != SLOT_REFUSED) {
			rules_because(core, queue->slot.item[i].seq, "slot %zu", i);
			break;
		}
}

/* What the device has it gives up.  One that was pulled out shows no status: the call counts. */
HOOK(ring, on_recall, struct ring *ring, ON_EVENT(DEV_STATUS), ON_CALL(VIRTIO_RESET))
{
	if (event->kind == EV_DEV_STATUS && event->dev_status.status != 0)
		return;
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++)
		vec_each(slot, &ring->queue[i].slot)
			if (slot->state == SLOT_COMMITTED)
				ring_slot_set(slot, SLOT_RECALLED, event->seq, core->call->site);
}

HOOK(ring, on_status, struct ring *ring, ON_EVENT(DEV_STATUS))
{
	for (unsigned i = 0; event->dev_status.status == 0 && i < RULES_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		queue->used = queue->dequeued = 0;
		queue->pending = queue->notify_seq = 0;
		queue->waits = false;
	}
}

HOOK(ring, on_used, struct ring *ring, ON_EVENT(DEV_USED))
{
	struct ring_queue *queue = ring_queue_at(ring, event->dev_used.queue);

	if (queue == NULL)
		return;
	queue->used++;
	queue->used_seq = event->seq;
}

/* A context that goes to sleep has stopped in the middle: that is ring.abort's matter. */
HOOK(ring, on_sleep, struct ring *ring, ON_EVENT(CTX_SLEEP))
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++)
		for (unsigned side = 0; ring->queue[i].exists && side < LANES; side++)
			ring_lane_leave(&ring->queue[i], side, event->ctx);
}

FINI(ring_fini, struct ring *ring)
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++)
		vec_fini(&ring->queue[i].slot);
}

static void
rest_slot(struct rules_core *core, unsigned queue, size_t index, struct ring_slot *slot)
{
	switch (slot->state) {
	case SLOT_PREPARED:
	case SLOT_RESERVED:
		rules_report_at(core, &rule_ring_abort, slot->site, "queue %u slot %zu was "
		    "prepared, but neither committed nor aborted", queue, index);
		rules_because(core, slot->seq, "prepared here");
		break;
	case SLOT_DEQUEUED:
		rules_report_at(core, &rule_ring_slot_balance, slot->site, "queue %u slot %zu was "
		    "dequeued, but never given back: the queue has one slot less", queue, index);
		rules_because(core, slot->seq, "dequeued here");
		break;
	case SLOT_FREE:
	case SLOT_COMMITTED:
	case SLOT_REFUSED:
	case SLOT_RECALLED:
		return;
	}
	slot->state = SLOT_FREE;
}

RULE_ROW(rule_missing_kick) = {
	"ring.missing-kick", SEVERITY_ERROR,
	"what was committed is announced to the device",
	"virtio 1.2 clause 2.7.13.4; NetBSD virtio.c, virtio_enqueue_commit()",
	"Without a notification the device may never look.",
	"virtio_enqueue_commit(vsc, vq, slot, false);",
	"virtio_enqueue_commit(vsc, vq, slot, false);\n"
	"virtio_enqueue_commit(vsc, vq, -1, true);"
};

REST(ring_rest, struct ring *ring)
{
	for (unsigned i = 0; i < RULES_QUEUES_MAX; i++) {
		struct ring_queue *queue = &ring->queue[i];

		if (!queue->exists)
			continue;
		for (size_t k = 0; k < queue->slot.count; k++)
			rest_slot(core, i, k, &queue->slot.item[k]);
		if (queue->pending == 0 || !rules_status(core)->live)
			continue;
		rules_report_at(core, &rule_missing_kick, queue->pending_site, "%u request%s "
		    "committed on queue %u, but the device was not notified", queue->pending,
		    plural(queue->pending), i);
		rules_because(core, queue->pending_seq, "the first of them");
		queue->pending = 0;
	}
}

const struct area area_ring = {
	.state_bytes = sizeof(struct ring),
	.each_device = true,
	.fini = ring_fini,
	.rest = ring_rest,
};
