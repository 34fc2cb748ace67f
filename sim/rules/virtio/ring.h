/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area ring in its files: ring.c (queues, the way out, the table of hooks), ring_in.c (the way
 * in), ring_dma.c (what requests name).
 */
#ifndef VIOSIM_RULES_VIRTIO_RING_H
#define VIOSIM_RULES_VIRTIO_RING_H

#include "rules/area.h"

#define RING_EBUSY 16
#define RING_DRIVER_OK 4		/* virtio 1.2 clause 2.1 */
#define RING_EMPTY_LIMIT 16		/* polls of an empty queue before it is said */
#define RING_EMPTY_PAUSE_NS UINT64_C(1000000)

enum ring_slot_state {
	SLOT_FREE, SLOT_PREPARED, SLOT_RESERVED, SLOT_COMMITTED, SLOT_DEQUEUED,
	SLOT_REFUSED			/* reserve failed: free again */
};

struct ring_slot {
	enum ring_slot_state state;
	bool reported;			/* that the queue was not live */
	uint32_t seq, site;		/* newest change */
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
	struct ring_slot *slot;
	size_t slots;
	struct ring_lane lane[LANES];
	uint32_t pending, pending_seq, pending_site; /* committed without a kick */
	uint64_t used, dequeued;	/* answers */
	uint32_t used_seq;		/* newest answer */
	uint32_t callbacks, callbacks_before; /* of vq_done; at the start of virtio_vq_intr() */
	bool stopped;			/* polled: its driver wants no interrupts */
	bool waits;			/* answers stood in the ring at that start */
	uint32_t empties;		/* dequeues in a row that found nothing */
	uint64_t empty_ns;		/* the newest of them */
};

struct ring {
	struct ring_queue queue[RULES_QUEUES_MAX];
	bool live;			/* DRIVER_OK and no reset since */
	uint32_t live_seq;		/* newest change of that */
	bool was_live;
	bool empty[SHADOW_CONTEXTS];	/* the context's last dequeue found nothing */
	uint32_t empty_seq[SHADOW_CONTEXTS];
};

extern const struct rule rule_ring_slot_order, rule_ring_slot_balance, rule_ring_abort,
    rule_ring_not_live, rule_ring_segment_count, rule_ring_direction, rule_ring_request_reuse;

/* NULL: no queue of that index; not a slot of the queue. */
struct ring_queue *ring_queue_at(struct ring *ring, uint64_t index);
struct ring_slot *ring_slot_at(struct ring_queue *queue, uint64_t slot);
void ring_slot_set(struct ring_slot *slot, enum ring_slot_state state, uint32_t seq,
    uint32_t site);
/* The allocated queue of this call, or NULL after a report. */
struct ring_queue *ring_expect_queue(struct ring *ring, struct rules_core *core,
    const struct event *event, uint32_t site);
/* A call that the state of its slot (NULL: none of the queue's) does not allow. */
void ring_report_order(struct rules_core *core, const struct ring_slot *slot,
    const struct event *event, uint32_t site, const struct rule *rule);
/* A context begins, or ends, work on one side of a queue. */
void ring_lane_enter(struct ring *ring, struct rules_core *core, struct ring_queue *queue,
    unsigned side, const struct event *event, uint32_t site);
void ring_lane_leave(struct ring_queue *queue, unsigned side, uint32_t ctx);

/* ---- ring_in.c: putting requests in ---- */

rules_hook ring_call_prep, ring_ret_prep, ring_note_slot, ring_call_reserve, ring_ret_reserve,
    ring_call_enqueue, ring_note_desc, ring_call_commit, ring_ret_commit, ring_call_abort;

/* ---- ring_dma.c ---- */

/* Before the area dma hears of the commit. */
rules_hook ring_call_commit_dma;

#endif /* VIOSIM_RULES_VIRTIO_RING_H */
