/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about the virtio bus, with the queues of the attached driver (child.c).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/condvar.h>
#include <sys/mutex.h>

#include "child.h"

static struct virtqueue *
queue(void)
{
	return &child->sc_vq[0];
}

static int
prep(int *slot)
{
	return virtio_enqueue_prep(child->sc_virtio, queue(), slot);
}

static int
reserve(int slot, int nsegs)
{
	return virtio_enqueue_reserve(child->sc_virtio, queue(), slot, nsegs);
}

/* Slots that can be prepared now; they are given back. */
static int
free_slots(void)
{
	int slot[16], n = 0;

	while (n < 16 && prep(&slot[n]) == 0)
		n++;
	for (int i = 0; i < n; i++)
		virtio_enqueue_abort(child->sc_virtio, queue(), slot[i]);
	return n;
}

/* ---- slots ---- */

/* Take all; out[0]: how many; out[1]: what the next returned; out[8..]: their numbers. */
FRAG(vq_slots)
{
	int slot, error, n = 0;

	while ((error = prep(&slot)) == 0)
		f->out[8 + n++] = slot;
	f->out[0] = n;
	f->out[1] = error;
}

/* Take two and give them back, over and over. */
FRAG(vq_fifo)
{
	int a, b;

	for (int i = 0; i < 4; i++) {
		prep(&a);
		prep(&b);
		f->out[2 * i] = a;
		f->out[2 * i + 1] = b;
		virtio_enqueue_abort(child->sc_virtio, queue(), a);
		virtio_enqueue_abort(child->sc_virtio, queue(), b);
	}
}

/* The last slot can always be reserved for one segment. */
FRAG(vq_reserve_last)
{
	int slot;

	while (prep(&slot) == 0) {
		f->out[0]++;
		f->out[1] |= reserve(slot, 1);
	}
}

/* out: free slots before, error, free slots after, the number of the next. */
FRAG(vq_reserve_short)
{
	int keep, slot;

	prep(&keep);
	f->out[0] = free_slots();
	prep(&slot);
	f->out[1] = reserve(slot, (int)f->out[0] + 1);
	f->out[2] = free_slots();
}

FRAG(vq_abort)
{
	int slot;

	f->out[0] = free_slots();
	prep(&slot);
	f->out[1] = free_slots();
	f->out[2] = virtio_enqueue_abort(child->sc_virtio, queue(), slot);
	f->out[3] = free_slots();
	prep(&slot);
	reserve(slot, 2);
	f->out[4] = free_slots();
	f->out[5] = virtio_enqueue_abort(child->sc_virtio, queue(), slot);
	f->out[6] = free_slots();
}

FRAG(vq_bad_slot)
{
	virtio_enqueue_commit(child->sc_virtio, queue(), 4711, true);
}

FRAG(vq_unreserved)
{
	int slot;

	child_map(child, CHILD_BYTES);
	prep(&slot);
	virtio_enqueue(child->sc_virtio, queue(), slot, child->sc_map, true);
	frag_mark(f, '!');
}

FRAG(vq_reserve_twice)
{
	int slot;

	prep(&slot);
	reserve(slot, 1);
	reserve(slot, 1);
	frag_mark(f, '!');
}

/* ---- requests ---- */

/*
 * Send in[0] page numbers from in[1] on in a map of in[2] bytes (0: all of the buffer);
 * only those that are filled are synced.  in[3]: FRAG_PART enqueues only these, FRAG_QUIET
 * does not notify.  Marks: ( before commit, ) after it.
 */
FRAG(vq_send)
{
	struct child_softc *sc = child;
	bus_dma_tag_t t = virtio_dmat(sc->sc_virtio);
	bus_size_t bytes = (bus_size_t)f->in[0] * 4;
	int slot;

	if (sc->sc_map == NULL)
		f->out[0] = child_map(sc, f->in[2] != 0 ? (bus_size_t)f->in[2] : CHILD_BYTES);
	for (int i = 0; i < f->in[0]; i++)
		sc->sc_pfns[i] = (uint32_t)(f->in[1] + i);
	f->out[1] = prep(&slot);
	if (f->out[1] != 0)
		return;
	f->out[2] = slot;
	reserve(slot, 1);
	bus_dmamap_sync(t, sc->sc_map, 0, bytes, BUS_DMASYNC_PREWRITE);
	if (f->in[3] == FRAG_PART)
		virtio_enqueue_p(sc->sc_virtio, queue(), slot, sc->sc_map, 0, bytes, true);
	else
		virtio_enqueue(sc->sc_virtio, queue(), slot, sc->sc_map, true);
	sc->sc_is_completed = false;
	frag_mark(f, '(');
	f->out[3] = virtio_enqueue_commit(sc->sc_virtio, queue(), slot,
	    f->in[3] != FRAG_QUIET);
	frag_mark(f, ')');
}

/* Publish and notify what was sent quietly. */
FRAG(vq_flush)
{
	virtio_enqueue_commit(child->sc_virtio, queue(), -1, true);
	frag_mark(f, '-');
}

/* Send, then wait for its completion as a driver does. */
FRAG(vq_wait_used)
{
	frag_vq_send(f);
	mutex_enter(&child->sc_lock);
	while (!child->sc_is_completed)
		cv_wait(&child->sc_cv, &child->sc_lock);
	mutex_exit(&child->sc_lock);
	frag_mark(f, '=');
}

/* Two segments of half the buffer: one chain; indirect it takes one slot. */
FRAG(vq_chain)
{
	int slot;

	child_map(child, CHILD_BYTES);
	for (int i = 0; i < CHILD_PFNS; i++)
		child->sc_pfns[i] = 100;
	bus_dmamap_sync(virtio_dmat(child->sc_virtio), child->sc_map, 0, CHILD_BYTES,
	    BUS_DMASYNC_PREWRITE);
	f->out[0] = free_slots();
	prep(&slot);
	f->out[1] = reserve(slot, 2);
	virtio_enqueue_p(child->sc_virtio, queue(), slot, child->sc_map, 0, 8, true);
	virtio_enqueue_p(child->sc_virtio, queue(), slot, child->sc_map, 8, 16, true);
	f->out[2] = free_slots();
	virtio_enqueue_commit(child->sc_virtio, queue(), slot, true);
	f->out[3] = free_slots();
	f->out[7] = queue()->vq_indirect != NULL;
}

/* ---- completions ---- */

/* out[0]: how many; out[1]: the last error; out[8..]: slots. */
FRAG(vq_dequeue_all)
{
	int slot, len, error, n = 0;

	while ((error = virtio_dequeue(child->sc_virtio, queue(), &slot, &len)) == 0) {
		f->out[8 + n++] = slot;
		f->out[2] = virtio_dequeue_commit(child->sc_virtio, queue(), slot);
	}
	f->out[0] = n;
	f->out[1] = error;
	f->out[3] = free_slots();
}

/* The slot is freed twice; then the queue is to go. */
FRAG(vq_dequeue_twice)
{
	int slot;

	virtio_dequeue(child->sc_virtio, queue(), &slot, NULL);
	virtio_dequeue_commit(child->sc_virtio, queue(), slot);
	virtio_dequeue_commit(child->sc_virtio, queue(), slot);
	virtio_free_vq(child->sc_virtio, queue());
	frag_mark(f, '!');
}

FRAG(vq_free_busy)
{
	int slot;

	prep(&slot);
	f->out[0] = virtio_free_vq(child->sc_virtio, queue());
	f->out[1] = queue()->vq_num;
	virtio_enqueue_abort(child->sc_virtio, queue(), slot);
	f->out[2] = virtio_free_vq(child->sc_virtio, &child->sc_vq[1]);
	f->out[3] = virtio_free_vq(child->sc_virtio, queue());
	f->out[4] = queue()->vq_num;
}

/* ---- interrupts ---- */

FRAG(vq_stop_intr)
{
	virtio_stop_vq_intr(child->sc_virtio, queue());
}

FRAG(vq_start_intr)
{
	f->out[4] = virtio_start_vq_intr(child->sc_virtio, queue());
	f->out[5] = virtio_vq_is_enqueued(child->sc_virtio, queue());
}

/* An interrupt only after two more used buffers. */
FRAG(vq_postpone)
{
	f->out[4] = virtio_postpone_intr(child->sc_virtio, queue(), 1);
}

/* ---- memory of the ring ---- */

FRAG(vq_layout)
{
	const struct virtqueue *vq = queue();

	f->out[0] = vq->vq_num;
	f->out[1] = (char *)vq->vq_avail - (char *)vq->vq_desc;
	f->out[2] = (char *)vq->vq_used - (char *)vq->vq_desc;
	f->out[3] = vq->vq_bytesize;
	f->out[4] = (int64_t)vq->vq_dmamap->dm_segs[0].ds_addr;
	f->out[5] = vq->vq_owner == child->sc_virtio;
	f->out[6] = child->sc_vq[1].vq_index;
	f->out[7] = vq->vq_indirect != NULL;
}

/* ---- configuration ---- */

/* num_pages (0) and actual (4), one after the other. */
FRAG(config_pair)
{
	f->out[0] = virtio_read_device_config_le_4(child->sc_virtio, 0);
	f->out[1] = virtio_read_device_config_le_4(child->sc_virtio, 4);
	f->out[2] = virtio_read_device_config_le_4(child->sc_virtio, 0);
}

FRAG(config_widths)
{
	struct virtio_softc *sc = child->sc_virtio;

	f->out[0] = virtio_read_device_config_1(sc, 0);
	f->out[1] = virtio_read_device_config_2(sc, 0);
	f->out[2] = virtio_read_device_config_4(sc, 0);
	f->out[3] = (int64_t)virtio_read_device_config_8(sc, 0);
	f->out[4] = virtio_read_device_config_le_2(sc, 0);
	f->out[5] = virtio_rw32(sc, 0x12345678);
}

/* ---- reset ---- */

FRAG(device_reset_masked)
{
	int s = splhigh();

	virtio_reset(child->sc_virtio);
	frag_mark(f, 'r');
	splx(s);
}

FRAG(device_reinit)
{
	virtio_reset(child->sc_virtio);
	virtio_negotiate_features(child->sc_virtio, 0);
	f->out[0] = virtio_reinit_start(child->sc_virtio);
	virtio_reinit_end(child->sc_virtio);
	f->out[1] = free_slots();
}

/* What virtio_child() says. */
FRAG(device_child)
{
	device_t dev = virtio_child(child->sc_virtio);

	f->out[0] = dev == NULL;
	f->out[1] = dev == VIRTIO_CHILD_FAILED;
	f->out[2] = dev == child->sc_dev;
}
