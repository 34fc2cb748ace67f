/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's side of split virtqueues (virtio 1.2, 2.7), as in NetBSD's virtio.c 1.54 and,
 * for a child of the era of 2023, 1.82: requests in, used buffers out.  virtio_vqmem.c makes
 * queues.
 *
 * A ring is one block of DMA memory that device and driver both see at all times, so
 * the syncs which the real code makes on it are fences and are left out.  The guest is
 * little endian, as virtio 1.0 is, and the legacy interface has the guest's byte order:
 * nothing is swapped.
 *
 * The three locks of a queue protect single steps.  They are at the child's level, so
 * an interrupt that a notification causes on this CPU waits until the ring lock is released.
 *
 * What a device or a driver can damage here it damages as in the real kernel, as long as
 * that stays within the queue.  Where it would not, the run ends: hw_device_fault() if
 * only the device can have led there, a panic if the driver can.
 */
#include "virtio_core.h"

/* What hw_note() says of a slot. */
enum vq_slot_state {
	VQ_SLOT_PREPARED = 1, VQ_SLOT_RESERVED, VQ_SLOT_COMMITTED, VQ_SLOT_FREED
};

static void
vq_note_slot(const struct virtqueue *vq, int slot, enum vq_slot_state state)
{
	KNOTE(SLOT, vq->vq_index, slot, state);
}

static void __dead __printflike(1, 2)
vq_device_fault(const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hw_device_fault(text);
}

/* Its index, or -1 for memory that is no queue: not yet, or not any more. */
static int
vq_number(const struct virtqueue *vq)
{
	return vq->vq_entries != NULL ? vq->vq_index : -1;
}

/* Whose it is; NULL as before. */
static struct virtio_softc *
vq_owner(const struct virtqueue *vq)
{
	return vq->vq_entries != NULL ? vq->vq_owner : NULL;
}

/* ---- Slots ---- */

/* A queue without entries was never allocated: the caller runs into NULL, as it should. */
static struct vq_entry *
vq_entry_at(const struct virtqueue *vq, int slot, const char *function)
{
	if (vq->vq_entries != NULL &&
	    (slot < 0 || (unsigned)slot >= vq->vq_num))
		kern_panic("%s: slot %d of virtqueue %d, which has %u slots",
		    function, slot, vq->vq_index, vq->vq_num);
	return &vq->vq_entries[slot];
}

static struct vq_entry *
vq_entry_take(struct virtqueue *vq)
{
	struct vq_entry *qe;

	mutex_acquire(&vq->vq_freelist_lock);
	qe = SIMPLEQ_FIRST(&vq->vq_freelist);
	if (qe != NULL)
		SIMPLEQ_REMOVE_HEAD(&vq->vq_freelist, qe_list);
	mutex_release(&vq->vq_freelist_lock);
	return qe;
}

static void vq_chain_give_2023(struct virtqueue *, int slot);

/* A slot that is on the list already wrecks the list, here as there. */
static void
vq_entry_give(struct virtqueue *vq, struct vq_entry *qe)
{
	if (vq->vq_owner->sc_is_2023) {
		vq_chain_give_2023(vq, qe->qe_index);
		return;
	}
	mutex_acquire(&vq->vq_freelist_lock);
	SIMPLEQ_INSERT_TAIL(&vq->vq_freelist, qe, qe_list);
	/* Before the release, which may run an interrupt that takes the slot. */
	vq_note_slot(vq, qe->qe_index, VQ_SLOT_FREED);
	mutex_release(&vq->vq_freelist_lock);
}

/* The successor of a descriptor in its table.  Only the kernel ever writes it. */
static int
vq_desc_next(const struct virtqueue *vq, const struct vring_desc *vd, int s,
    unsigned limit)
{
	unsigned next = vd[s].next;

	if (next >= limit)
		vq_device_fault("descriptor %d of virtqueue %d has become "
		    "damaged: its successor is %u of %u", s, vq->vq_index,
		    next, limit);
	return (int)next;
}

static int
vq_chain_next(const struct virtqueue *vq, int slot, int s, unsigned count)
{
	if (count > vq->vq_num)
		vq_device_fault("the chain at descriptor %d of "
		    "virtqueue %d has become endless", slot,
		    vq->vq_index);
	return vq_desc_next(vq, vq->vq_desc, s, vq->vq_num);
}

/*
 * 2023: to the front, a chain in its order and at once, so that what was given back last is
 * the next to be taken.
 */
static void
vq_chain_give_2023(struct virtqueue *vq, int slot)
{
	struct vq_entry *qe = &vq->vq_entries[slot], *before;
	unsigned count = 1;

	mutex_acquire(&vq->vq_freelist_lock);
	SIMPLEQ_INSERT_HEAD(&vq->vq_freelist, qe, qe_list);
	vq_note_slot(vq, slot, VQ_SLOT_FREED);
	while ((vq->vq_desc[qe->qe_index].flags & VRING_DESC_F_NEXT) != 0) {
		before = qe;
		qe = &vq->vq_entries[vq_chain_next(vq, slot, qe->qe_index, count++)];
		SIMPLEQ_INSERT_AFTER(&vq->vq_freelist, before, qe, qe_list);
		vq_note_slot(vq, qe->qe_index, VQ_SLOT_FREED);
	}
	mutex_release(&vq->vq_freelist_lock);
}

/* Free the slot and all that its descriptors chain to. */
static void
vq_chain_give(struct virtqueue *vq, int slot, const char *function)
{
	struct vq_entry *qe = vq_entry_at(vq, slot, function);
	unsigned count = 1;
	int s = slot;

	if (vq->vq_owner->sc_is_2023) {
		vq_chain_give_2023(vq, slot);
		return;
	}
	while ((vq->vq_desc[s].flags & VRING_DESC_F_NEXT) != 0) {
		s = vq_chain_next(vq, slot, s, count++);
		vq_entry_give(vq, qe);
		qe = &vq->vq_entries[s];
	}
	vq_entry_give(vq, qe);
}

/* ---- Putting a request in ---- */

int
virtio_enqueue_prep(struct virtio_softc *sc, struct virtqueue *vq, int *slotp)
{
	struct vq_entry *qe;
	int error;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE_PREP, vq_number(vq));
	if (sc->sc_is_2023)
		KERN_ASSERT(sc->sc_child_state == VIRTIO_CHILD_ATTACH_FINISHED);
	KERN_ASSERT(slotp != NULL);
	error = kern_fault(HW_CALL_VIRTIO_ENQUEUE_PREP, vq->vq_index, false, EAGAIN);
	if (error == 0 && (qe = vq_entry_take(vq)) == NULL)
		error = EAGAIN;
	if (error == 0) {
		qe->qe_next = -1;
		if (sc->sc_is_2023)
			vq->vq_desc[qe->qe_index].flags = 0;
		*slotp = qe->qe_index;
		vq_note_slot(vq, *slotp, VQ_SLOT_PREPARED);
	}
	KRETURN(VIRTIO_ENQUEUE_PREP, error);
}

static void
vq_reserve_indirect(struct virtqueue *vq, struct vq_entry *qe, int nsegs)
{
	size_t offset = sizeof(struct vring_desc) * (size_t)vq->vq_maxnsegs *
	    qe->qe_index;
	struct vring_desc *vd = &vq->vq_desc[qe->qe_index];
	int i;

	vd->addr = vq->vq_dmamap->dm_segs[0].ds_addr +
	    (bus_addr_t)vq->vq_indirectoffset + offset;
	vd->len = (uint32_t)(sizeof(*vd) * (size_t)nsegs);
	vd->flags = VRING_DESC_F_INDIRECT;
	KNOTE(DESC, vq->vq_index, qe->qe_index, vd->addr, vd->len, vd->flags);

	vd = (void *)((char *)vq->vq_indirect + offset);
	for (i = 0; i < nsegs - 1; i++)
		vd[i].flags = VRING_DESC_F_NEXT;
	vd[i].flags = 0;
	qe->qe_desc_base = vd;
	qe->qe_next = 0;
}

/* On failure the head and all that was taken are free again. */
static int
vq_reserve_chain(struct virtqueue *vq, struct vq_entry *head, int nsegs)
{
	struct vring_desc *vd = vq->vq_desc;
	struct vq_entry *qe;
	int i, s = head->qe_index;

	head->qe_desc_base = vd;
	head->qe_next = (int16_t)s;
	for (i = 0; i < nsegs - 1; i++) {
		qe = vq_entry_take(vq);
		if (qe == NULL) {
			vd[s].flags = 0;
			vq_chain_give(vq, head->qe_index,
			    "virtio_enqueue_reserve");
			return EAGAIN;
		}
		vq_note_slot(vq, qe->qe_index, VQ_SLOT_RESERVED);
		vd[s].flags = VRING_DESC_F_NEXT;
		vd[s].next = qe->qe_index;
		s = qe->qe_index;
	}
	vd[s].flags = 0;
	return 0;
}

static int
vq_reserve(struct virtqueue *vq, struct vq_entry *head, int nsegs)
{
	int error = kern_fault(HW_CALL_VIRTIO_ENQUEUE_RESERVE, vq->vq_index, false, EAGAIN);

	if (error != 0) {
		/* The slot is gone, as after a real shortage. */
		vq_entry_give(vq, head);
		return error;
	}
	head->qe_indirect = vq->vq_indirect != NULL &&
	    nsegs >= VIRTIO_INDIRECT_MIN && nsegs <= vq->vq_maxnsegs;
	if (head->qe_indirect)
		vq_reserve_indirect(vq, head, nsegs);
	else
		error = vq_reserve_chain(vq, head, nsegs);
	if (error == 0)
		vq_note_slot(vq, head->qe_index, VQ_SLOT_RESERVED);
	return error;
}

int
virtio_enqueue_reserve(struct virtio_softc *sc, struct virtqueue *vq, int slot,
    int nsegs)
{
	struct vq_entry *head;
	int error;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE_RESERVE, vq_number(vq), slot, nsegs);
	head = vq_entry_at(vq, slot, "virtio_enqueue_reserve");
	if (sc->sc_is_2023)
		KERN_ASSERT((vq->vq_desc[slot].flags & VRING_DESC_F_NEXT) == 0);
	else
		KERN_ASSERT(head->qe_next == -1);
	KERN_ASSERT(1 <= nsegs && (unsigned)nsegs <= vq->vq_num);
	error = vq_reserve(vq, head, nsegs);
	KRETURN(VIRTIO_ENQUEUE_RESERVE, error);
}

/* Descriptors of the table that the request fills. */
static unsigned
vq_table_size(const struct virtqueue *vq, const struct vq_entry *head)
{
	return head->qe_indirect ? (unsigned)vq->vq_maxnsegs : vq->vq_num;
}

static void
vq_fill(struct virtqueue *vq, struct vq_entry *head, bus_addr_t addr, bus_size_t len,
    bool write)
{
	struct vring_desc *vd = head->qe_desc_base;
	int s = head->qe_next;

	/* Not a descriptor: without DIAGNOSTIC the real kernel writes there. */
	if (s < 0)
		kern_panic("virtio_enqueue: slot %u of virtqueue %d is not "
		    "reserved", head->qe_index, vq->vq_index);
	vd[s].addr = addr;
	vd[s].len = (uint32_t)len;
	if (!write)
		vd[s].flags |= VRING_DESC_F_WRITE;
	KNOTE(DESC, vq->vq_index, head->qe_index, addr, len, vd[s].flags);
	if (vq->vq_owner->sc_is_2023 && (vd[s].flags & VRING_DESC_F_NEXT) == 0)
		head->qe_next = -1;
	else
		head->qe_next = (int16_t)vq_desc_next(vq, vd, s,
		    vq_table_size(vq, head));
}

int
virtio_enqueue(struct virtio_softc *sc __unused, struct virtqueue *vq, int slot,
    bus_dmamap_t map, bool write)
{
	struct vq_entry *head;
	int i;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE, vq_number(vq), slot, dma_map_ordinal(map), write);
	head = vq_entry_at(vq, slot, "virtio_enqueue");
	KERN_ASSERT(head->qe_next >= 0);
	KERN_ASSERT(map->dm_nsegs > 0);
	for (i = 0; i < map->dm_nsegs; i++)
		vq_fill(vq, head, map->dm_segs[i].ds_addr,
		    map->dm_segs[i].ds_len, write);
	KRETURN(VIRTIO_ENQUEUE, 0);
}

int
virtio_enqueue_p(struct virtio_softc *sc __unused, struct virtqueue *vq, int slot,
    bus_dmamap_t map, bus_addr_t start, bus_size_t len, bool write)
{
	struct vq_entry *head;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE_P, vq_number(vq), slot, dma_map_ordinal(map), len,
	    write);
	head = vq_entry_at(vq, slot, "virtio_enqueue_p");
	KERN_ASSERT(head->qe_next >= 0);
	KERN_ASSERT(map->dm_nsegs == 1);
	KERN_ASSERT(map->dm_segs[0].ds_len > start &&
	    map->dm_segs[0].ds_len >= start + len);
	vq_fill(vq, head, map->dm_segs[0].ds_addr + start, len, write);
	KRETURN(VIRTIO_ENQUEUE_P, 0);
}

/* Does the device want to hear of the entries from `before` to our index? */
static bool
vq_wants_notify(const struct virtio_softc *sc, const struct virtqueue *vq, uint16_t before)
{
	uint16_t now = vq->vq_avail_idx, wanted;

	if (!virtio_vq_has_event_idx(sc))
		return (vq->vq_used->flags & VRING_USED_F_NO_NOTIFY) == 0;
	wanted = (uint16_t)(*vq->vq_avail_event + 1);
	return (uint16_t)(now - wanted) < (uint16_t)(now - before);
}

static void
vq_publish(struct virtio_softc *sc, struct virtqueue *vq)
{
	/* In 2023 one less: with EVENT_IDX, one notification more than the device needs. */
	uint16_t before = (uint16_t)(vq->vq_avail->idx - sc->sc_is_2023);

	vq->vq_avail->idx = vq->vq_avail_idx;
	vq->vq_queued++;
	if (vq_wants_notify(sc, vq, before))
		sc->sc_ops->kick(sc, (uint16_t)vq->vq_index);
}

static void
vq_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot, bool notifynow)
{
	if (slot >= 0)
		(void)vq_entry_at(vq, slot, "virtio_enqueue_commit");
	mutex_acquire(&vq->vq_aring_lock);
	if (slot >= 0) {
		vq->vq_avail->ring[vq->vq_avail_idx++ % vq->vq_num] =
		    (uint16_t)slot;
		vq_note_slot(vq, slot, VQ_SLOT_COMMITTED);
	}
	if (notifynow)
		vq_publish(sc, vq);
	mutex_release(&vq->vq_aring_lock);
}

int
virtio_enqueue_commit(struct virtio_softc *sc, struct virtqueue *vq, int slot,
    bool notifynow)
{
	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE_COMMIT, vq_number(vq), slot, notifynow);
	vq_commit(sc, vq, slot, notifynow);
	KRETURN(VIRTIO_ENQUEUE_COMMIT, 0);
}

int
virtio_enqueue_abort(struct virtio_softc *sc __unused, struct virtqueue *vq, int slot)
{
	struct vq_entry *qe;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_ENQUEUE_ABORT, vq_number(vq), slot);
	qe = vq_entry_at(vq, slot, "virtio_enqueue_abort");
	/* A fresh slot's descriptor still says what its last user wrote. */
	if (qe->qe_next < 0)
		vq_entry_give(vq, qe);
	else
		vq_chain_give(vq, slot, "virtio_enqueue_abort");
	KRETURN(VIRTIO_ENQUEUE_ABORT, 0);
}

/* ---- Dequeueing ---- */

bool
virtio_vq_has_used(const struct virtqueue *vq)
{
	return vq->vq_used_idx != vq->vq_used->idx;
}

static int
vq_dequeue(struct virtqueue *vq, int *slotp, int *lenp)
{
	const struct vring_used_elem *elem;
	uint16_t used_idx, slot;
	int error;

	error = kern_fault(HW_CALL_VIRTIO_DEQUEUE, vq->vq_index, false, ENOENT);
	if (error != 0)
		return error;
	if (!virtio_vq_has_used(vq))
		return ENOENT;
	mutex_acquire(&vq->vq_uring_lock);
	used_idx = vq->vq_used_idx++;
	elem = &vq->vq_used->ring[used_idx % vq->vq_num];
	/* Ids are 32 bits wide, slots 16; the rest of an id is lost. */
	slot = (uint16_t)elem->id;
	if (slot >= vq->vq_num)
		vq_device_fault("the used ring of virtqueue %d names "
		    "descriptor %u, it has %u", vq->vq_index, slot, vq->vq_num);
	/* Before an interrupt can look at the index. */
	KNOTE(DEQUEUED, vq->vq_index, slot, elem->len);
	mutex_release(&vq->vq_uring_lock);
	if (slotp != NULL)
		*slotp = slot;
	if (lenp != NULL)
		*lenp = (int)elem->len;
	return 0;
}

int
virtio_dequeue(struct virtio_softc *sc __unused, struct virtqueue *vq, int *slotp,
    int *lenp)
{

	VIRTIO_CALL(vq_owner(vq), VIRTIO_DEQUEUE, vq_number(vq));
	KRETURN(VIRTIO_DEQUEUE, vq_dequeue(vq, slotp, lenp));
}

int
virtio_dequeue_commit(struct virtio_softc *sc __unused, struct virtqueue *vq, int slot)
{
	VIRTIO_CALL(vq_owner(vq), VIRTIO_DEQUEUE_COMMIT, vq_number(vq), slot);
	vq_chain_give(vq, slot, "virtio_dequeue_commit");
	KRETURN(VIRTIO_DEQUEUE_COMMIT, 0);
}

/* ---- Asking for interrupts, or for fewer ---- */

bool
virtio_vq_is_enqueued(struct virtio_softc *sc __unused, struct virtqueue *vq)
{
	bool yes;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_VQ_IS_ENQUEUED, vq->vq_index);
	vq->vq_queued = 0;
	yes = virtio_vq_has_used(vq);
	KRETURN(VIRTIO_VQ_IS_ENQUEUED, yes);
}

/*
 * With EVENT_IDX interrupts cannot be switched off; half the range of the index away is
 * the next best.
 */
void
virtio_stop_vq_intr(struct virtio_softc *sc, struct virtqueue *vq)
{
	VIRTIO_CALL(vq_owner(vq), VIRTIO_STOP_VQ_INTR, vq->vq_index);
	if (virtio_vq_has_event_idx(sc))
		*vq->vq_used_event = (uint16_t)(vq->vq_used_idx + 0x8000);
	else
		vq->vq_avail->flags |= VRING_AVAIL_F_NO_INTERRUPT;
	vq->vq_queued++;
	KRET(VIRTIO_STOP_VQ_INTR, 0);
}

int
virtio_start_vq_intr(struct virtio_softc *sc, struct virtqueue *vq)
{
	int pending;

	VIRTIO_CALL(vq_owner(vq), VIRTIO_START_VQ_INTR, vq->vq_index);
	if (virtio_vq_has_event_idx(sc))
		*vq->vq_used_event = vq->vq_used_idx;
	else
		vq->vq_avail->flags &= (uint16_t)~VRING_AVAIL_F_NO_INTERRUPT;
	vq->vq_queued++;
	pending = virtio_vq_has_used(vq);
	KRETURN(VIRTIO_START_VQ_INTR, pending);
}

/* An interrupt only after nslots more used buffers; true if there are more already. */
static int
vq_postpone(struct virtqueue *vq, uint16_t nslots)
{
	uint16_t used;

	*vq->vq_used_event = (uint16_t)(vq->vq_used_idx + nslots);
	vq->vq_queued++;
	used = (uint16_t)(vq->vq_used->idx - vq->vq_used_idx);
	KERN_ASSERT(used <= vq->vq_num);
	return nslots < used;
}

/* Requests that are out, counted as the real code does: up to what is published. */
static uint16_t
vq_outstanding(const struct virtqueue *vq)
{
	return (uint16_t)(vq->vq_avail->idx - vq->vq_used_idx);
}

int
virtio_postpone_intr(struct virtio_softc *sc __unused, struct virtqueue *vq,
    uint16_t nslots)
{

	VIRTIO_CALL(vq_owner(vq), VIRTIO_POSTPONE_INTR, vq->vq_index, nslots);
	KRETURN(VIRTIO_POSTPONE_INTR, vq_postpone(vq, nslots));
}

int
virtio_postpone_intr_smart(struct virtio_softc *sc __unused, struct virtqueue *vq)
{
	uint16_t nslots = (uint16_t)(vq_outstanding(vq) * 3 / 4);

	VIRTIO_CALL(vq_owner(vq), VIRTIO_POSTPONE_INTR, vq->vq_index, nslots);
	KRETURN(VIRTIO_POSTPONE_INTR, vq_postpone(vq, nslots));
}

int
virtio_postpone_intr_far(struct virtio_softc *sc __unused, struct virtqueue *vq)
{
	uint16_t nslots = vq_outstanding(vq);

	VIRTIO_CALL(vq_owner(vq), VIRTIO_POSTPONE_INTR, vq->vq_index, nslots);
	KRETURN(VIRTIO_POSTPONE_INTR, vq_postpone(vq, nslots));
}
