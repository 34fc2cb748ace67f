/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making and ending virtqueues, as in NetBSD's virtio.c 1.54 and 1.82.
 *
 * One block of DMA memory holds the descriptors at 0, the available ring behind them, the
 * used ring from the next multiple of VIRTIO_PAGE_SIZE, and indirect tables, if any, from
 * the next.  The device hears of the queue at once, not when the attachment ends; in 2023 it is
 * the other way round (virtio2023.c).
 */
#include "virtio_core.h"

/* Where the parts of the block lie, in bytes from its start. */
struct vq_layout {
	size_t	used;
	size_t	indirect;
	size_t	indirect_size;	/* 0: no tables */
	size_t	total;
};

static struct vq_layout
vq_layout(const struct virtio_softc *sc, size_t num, int maxnsegs)
{
	size_t words = virtio_vq_has_event_idx(sc) ? 3 : 2;
	struct vq_layout l;

	l.used = roundup2(sizeof(struct vring_desc) * num +
	    sizeof(uint16_t) * (words + num), (size_t)VIRTIO_PAGE_SIZE);
	l.indirect = l.used + roundup2(sizeof(uint16_t) * words +
	    sizeof(struct vring_used_elem) * num, (size_t)VIRTIO_PAGE_SIZE);
	l.indirect_size = sc->sc_indirect && maxnsegs >= VIRTIO_INDIRECT_MIN ?
	    sizeof(struct vring_desc) * (size_t)maxnsegs * num : 0;
	l.total = l.indirect + l.indirect_size;
	return l;
}

static void
vq_place(struct virtqueue *vq, const struct vq_layout *l)
{
	char *base = vq->vq_vaddr;

	vq->vq_desc = vq->vq_vaddr;
	vq->vq_availoffset = (int)(sizeof(struct vring_desc) * vq->vq_num);
	vq->vq_avail = (void *)(base + vq->vq_availoffset);
	vq->vq_used_event = (void *)((char *)vq->vq_avail +
	    offsetof(struct vring_avail, ring) + sizeof(uint16_t) * vq->vq_num);
	vq->vq_usedoffset = (int)l->used;
	vq->vq_used = (void *)(base + l->used);
	vq->vq_avail_event = (void *)((char *)vq->vq_used +
	    offsetof(struct vring_used, ring) +
	    sizeof(struct vring_used_elem) * vq->vq_num);
	if (l->indirect_size > 0) {
		vq->vq_indirectoffset = (int)l->indirect;
		vq->vq_indirect = base + l->indirect;
	}
	vq->vq_bytesize = (unsigned)l->total;
}

/* Descriptors of indirect tables are chained once and for all. */
static void
vq_chain_indirect(struct virtqueue *vq)
{
	struct vring_desc *vd = vq->vq_indirect;
	unsigned i;
	int j;

	if (vd == NULL)
		return;
	for (i = 0; i < vq->vq_num; i++, vd += vq->vq_maxnsegs) {
		for (j = 0; j < vq->vq_maxnsegs - 1; j++)
			vd[j].next = (uint16_t)(j + 1);
	}
}

void
virtio_vq_clear(struct virtio_softc *sc __unused, struct virtqueue *vq)
{
	unsigned i;

	memset(vq->vq_vaddr, 0, vq->vq_bytesize);
	vq_chain_indirect(vq);
	SIMPLEQ_INIT(&vq->vq_freelist);
	for (i = 0; i < vq->vq_num; i++) {
		vq->vq_entries[i].qe_index = (uint16_t)i;
		SIMPLEQ_INSERT_TAIL(&vq->vq_freelist, &vq->vq_entries[i],
		    qe_list);
	}
	vq->vq_avail_idx = 0;
	vq->vq_used_idx = 0;
	vq->vq_queued = 1;
}

/* Undo what vq_memory_take() did so far. */
static void
vq_memory_give(struct virtio_softc *sc, struct virtqueue *vq, size_t size)
{
	if (vq->vq_dmamap != NULL)
		dma_map_destroy(sc->sc_dmat, vq->vq_dmamap);
	if (vq->vq_vaddr != NULL)
		dma_mem_unmap(sc->sc_dmat, vq->vq_vaddr, size);
	if (vq->vq_segs[0].ds_addr != 0)
		dma_mem_free(sc->sc_dmat, &vq->vq_segs[0], 1);
}

/* One block for the whole ring, mapped and loaded.  Sleeps rather than fail. */
static int
vq_memory_take(struct virtio_softc *sc, struct virtqueue *vq, size_t size,
    const char *name)
{
	const char *step = "allocation";
	int error, rsegs;

	error = dma_mem_alloc(sc->sc_dmat, size, VIRTIO_PAGE_SIZE, 0,
	    &vq->vq_segs[0], 1, &rsegs, BUS_DMA_WAITOK);
	if (error == 0) {
		step = "map";
		error = dma_mem_map(sc->sc_dmat, &vq->vq_segs[0], 1, size,
		    &vq->vq_vaddr, BUS_DMA_WAITOK);
	}
	if (error == 0) {
		step = "dmamap creation";
		error = dma_map_create(sc->sc_dmat, size, 1, size, 0,
		    BUS_DMA_WAITOK, &vq->vq_dmamap);
	}
	if (error == 0) {
		step = "dmamap load";
		error = dma_map_load(sc->sc_dmat, vq->vq_dmamap, vq->vq_vaddr,
		    size);
	}
	if (error != 0)
		kprint(HW_CON_ERROR, "%s: virtqueue %d for %s %s failed, "
		    "error code %d\n", device_xname(sc->sc_dev), vq->vq_index,
		    name, step, error);
	return error;
}

/* The queue exists from now on. */
static void
vq_start(struct virtio_softc *sc, struct virtqueue *vq)
{
	vq->vq_entries = kmem_take(sizeof(struct vq_entry) * vq->vq_num);
	virtio_vq_clear(sc, vq);
	mutex_setup(&vq->vq_freelist_lock, MUTEX_SPIN, sc->sc_ipl);
	mutex_setup(&vq->vq_aring_lock, MUTEX_SPIN, sc->sc_ipl);
	mutex_setup(&vq->vq_uring_lock, MUTEX_SPIN, sc->sc_ipl);
}

void
virtio_vq_tell(struct virtio_softc *sc, const struct virtqueue *vq, const char *name)
{
	kprint(HW_CON_QUIET, "%s: allocated %u byte for virtqueue %d for %s, "
	    "size %u\n", device_xname(sc->sc_dev), vq->vq_bytesize,
	    vq->vq_index, name, vq->vq_num);
	KNOTE(VQ, vq->vq_index, vq->vq_num);
}

int
virtio_vq_make(struct virtio_softc *sc, struct virtqueue *vq, int maxsegsize, int maxnsegs,
    const char *name)
{
	struct vq_layout layout;
	int error;

	if (vq->vq_num == 0) {
		kprint(HW_CON_ERROR, "%s: virtqueue not exist, index %d "
		    "for %s\n", device_xname(sc->sc_dev), vq->vq_index, name);
		return ENODEV;
	}
	layout = vq_layout(sc, vq->vq_num, maxnsegs);
	error = vq_memory_take(sc, vq, layout.total, name);
	if (error != 0) {
		vq_memory_give(sc, vq, layout.total);
		return error;
	}
	vq->vq_maxsegsize = maxsegsize;
	vq->vq_maxnsegs = maxnsegs;
	vq_place(vq, &layout);
	vq_start(sc, vq);
	return 0;
}

int
virtio_vq_alloc_fault(struct virtio_softc *sc, int index, const char *name)
{
	int error = kern_fault(HW_CALL_VIRTIO_ALLOC_VQ, index, true, 0);

	if (error != 0)
		kprint(HW_CON_ERROR, "%s: virtqueue %d for %s allocation failed, "
		    "error code %d\n", device_xname(sc->sc_dev), index, name, error);
	return error;
}

/*
 * After a failure vq_index is 0, which is what setup_queue() finds in the real error path, and
 * where the transport asserts that it is right, which it is not but for queue 0.  Not so after
 * an injected one: that is to show what the driver does next.
 */
static int
vq_alloc(struct virtio_softc *sc, struct virtqueue *vq, int maxsegsize, int maxnsegs,
    const char *name)
{
	int error = virtio_vq_alloc_fault(sc, vq->vq_index, name);

	if (error != 0)
		return error;
	vq->vq_num = virtio_pci_read_queue_size(sc, (uint16_t)vq->vq_index);
	error = virtio_vq_make(sc, vq, maxsegsize, maxnsegs, name);
	if (error != 0)
		vq->vq_index = 0;
	return error;
}

int
virtio_alloc_vq(struct virtio_softc *sc, struct virtqueue *vq, int index,
    int maxsegsize, int maxnsegs, const char *name)
{
	int error;

	VIRTIO_CALL(sc, VIRTIO_ALLOC_VQ, index, maxsegsize, maxnsegs, kern_text(name));
	KERN_ASSERT(sc->sc_nvqs == index);
	memset(vq, 0, sizeof(*vq));
	vq->vq_owner = sc;
	vq->vq_index = index;
	error = vq_alloc(sc, vq, maxsegsize, maxnsegs, name);
	if (error == 0) {
		sc->sc_ops->setup_queue(sc, (uint16_t)index, vq->vq_dmamap->dm_segs[0].ds_addr);
		sc->sc_nvqs++;
		virtio_vq_tell(sc, vq, name);
	} else {
		sc->sc_ops->setup_queue(sc, (uint16_t)index, 0);
		memset(vq, 0, sizeof(*vq));
		error = -1;
	}
	KRETURN(VIRTIO_ALLOC_VQ, error);
}

static bool
vq_has_free_slots_only(const struct virtqueue *vq)
{
	const struct vq_entry *qe;
	unsigned count = 0;

	SIMPLEQ_FOREACH(qe, &vq->vq_freelist, qe_list) {
		if (count++ >= vq->vq_num)
			kern_panic("virtio_free_vq: the list of free slots of "
			    "virtqueue %d never ends; a slot was freed twice",
			    vq->vq_index);
	}
	return count == vq->vq_num;
}

int
virtio_vq_end(struct virtio_softc *sc, struct virtqueue *vq)
{
	int index = vq->vq_index;

	if (!vq_has_free_slots_only(vq)) {
		kprint(HW_CON_NORMAL, "%s: freeing non-empty vq, index %d\n",
		    device_xname(sc->sc_dev), index);
		return EBUSY;
	}
	sc->sc_ops->setup_queue(sc, (uint16_t)index, 0);
	kmem_give(vq->vq_entries, sizeof(struct vq_entry) * vq->vq_num);
	vq_memory_give(sc, vq, vq->vq_bytesize);
	mutex_teardown(&vq->vq_freelist_lock);
	mutex_teardown(&vq->vq_uring_lock);
	mutex_teardown(&vq->vq_aring_lock);
	memset(vq, 0, sizeof(*vq));
	if (!sc->sc_is_2023)
		sc->sc_nvqs--;
	KNOTE(VQ_GONE, index);
	return 0;
}

int
virtio_free_vq(struct virtio_softc *sc, struct virtqueue *vq)
{

	VIRTIO_CALL(sc, VIRTIO_FREE_VQ, vq->vq_index);
	KRETURN(VIRTIO_FREE_VQ, virtio_vq_end(sc, vq));
}
