/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_dma(9) of amd64: the tag, frames for bounce pages, and DMA memory.
 *
 * Memory is always one run of frames, below what the device reaches.  Its segment holds
 * the physical address; only loading it into a map makes bus addresses.
 */
#include "bus_dma.h"

/* A device that bounces reaches 32 address bits. */
#define DMA_BOUNCE_LIMIT	((paddr_t)1 << 32)
#define DMA_NO_LIMIT		(~(paddr_t)PAGE_MASK)

/* More frames in one run than this are never to be had. */
#define DMA_FRAMES_MAX		((size_t)1 << 20)

/* Memory of bus_dmamem_alloc. */
struct dma_memory {
	struct dma_frames dm_frames;
	uint32_t	dm_ordinal;
	struct dma_memory *dm_next;
};

/* A range made by bus_dmamem_map. */
struct dma_window {
	char		*dw_va;
	size_t		dw_npages;
	uint32_t	dw_ordinal;	/* of the memory behind it */
	struct dma_window *dw_next;
};

struct kern_dma {
	struct bus_dma_tag kd_tag;
	struct dma_memory *kd_memory;
	struct dma_window *kd_windows;
};

/* ---- The tag ---- */

bus_dma_tag_t
dma_tag(void)
{
	struct kern_dma *kd = kernel->kn_dma;

	if (kd == NULL) {
		kd = kernel->kn_dma = kmem_take(sizeof(*kd));
		kd->kd_tag.bt_bounces = hw_dma_bounces();
		kd->kd_tag.bt_high = kd->kd_tag.bt_bounces ?
		    DMA_BOUNCE_LIMIT : DMA_NO_LIMIT;
	}
	return &kd->kd_tag;
}

/* ---- Frames ---- */

void
dma_frames_give(struct dma_frames *df)
{
	uvm_frames_give(df->df_pfns, df->df_count);
	kmem_give(df->df_pfns, df->df_count * sizeof(*df->df_pfns));
	df->df_pfns = NULL;
	df->df_count = 0;
}

/* One run of `total` frames, of which only those from `first` on are kept. */
static void
dma_frames_trim(struct dma_frames *df, size_t first, uint64_t *run, size_t total)
{
	if (first > 0)
		uvm_frames_give(run, first);
	if (first + df->df_count < total)
		uvm_frames_give(run + first + df->df_count,
		    total - first - df->df_count);
	memcpy(df->df_pfns, run + first, df->df_count * sizeof(*run));
}

static int
dma_frames_try(bus_dma_tag_t t, struct dma_frames *df, size_t align)
{
	size_t total = df->df_count + align - 1, first;
	uint64_t *run = kmem_take(total * sizeof(*run));
	int error;

	error = uvm_frames_take(total, true, 0, t->bt_high, run);
	if (error == 0) {
		first = (align - run[0] % align) % align;
		dma_frames_trim(df, first, run, total);
	}
	kmem_give(run, total * sizeof(*run));
	return error;
}

int
dma_frames_take(bus_dma_tag_t t, struct dma_frames *df, size_t n, size_t align,
    int flags)
{
	int error;

	if (n > DMA_FRAMES_MAX || align > DMA_FRAMES_MAX)
		return ENOMEM;
	df->df_count = n;
	df->df_pfns = kmem_take(n * sizeof(*df->df_pfns));
	while ((error = dma_frames_try(t, df, align)) != 0 &&
	    (flags & BUS_DMA_NOWAIT) == 0)
		uvm_wait("pglalloc");
	if (error != 0) {
		kmem_give(df->df_pfns, n * sizeof(*df->df_pfns));
		df->df_pfns = NULL;
		df->df_count = 0;
	}
	return error;
}

/* Kernel virtual memory over the first n of them; NULL when there is none, with NOWAIT. */
void *
dma_frames_map(const struct dma_frames *df, size_t n, int flags)
{
	void *va;

	while ((va = hw_map(df->df_pfns, n)) == NULL && (flags & BUS_DMA_NOWAIT) == 0)
		uvm_wait("kva");
	return va;
}

/* ---- DMA memory ---- */

bool
dma_is_reachable(const void *buf)
{
	const struct dma_window *dw;
	const char *va = buf;

	for (dw = kernel->kn_dma->kd_windows; dw != NULL; dw = dw->dw_next) {
		if (va >= dw->dw_va && va < dw->dw_va + ptoa(dw->dw_npages))
			return true;
	}
	return false;
}

static size_t
dma_align_pages(bus_size_t size, bus_size_t alignment, bus_size_t boundary)
{
	bus_size_t align = alignment < PAGE_SIZE ? PAGE_SIZE : alignment;

	/* A block on a multiple of a power of two not below its size crosses no boundary. */
	while (boundary != 0 && align < size)
		align *= 2;
	return atop(align);
}

int
dma_mem_alloc(bus_dma_tag_t t, bus_size_t size, bus_size_t alignment,
    bus_size_t boundary, bus_dma_segment_t *seg, int flags)
{
	struct dma_memory *dm;
	int error;

	size = round_page(size);
	if (size == 0 || (boundary != 0 && boundary < size))
		return EINVAL;
	dm = kmem_take(sizeof(*dm));
	error = dma_frames_take(t, &dm->dm_frames, atop(size),
	    dma_align_pages(size, alignment, boundary), flags);
	if (error != 0) {
		kmem_give(dm, sizeof(*dm));
		return error;
	}
	seg->ds_addr = seg->_ds_paddr = ptoa(dm->dm_frames.df_pfns[0]);
	seg->ds_len = size;
	dm->dm_next = kernel->kn_dma->kd_memory;
	kernel->kn_dma->kd_memory = dm;
	return 0;
}

/* Where the list names the memory behind a segment, or NULL. */
static struct dma_memory **
dma_mem_find(const bus_dma_segment_t *seg)
{
	struct dma_memory **link = &kernel->kn_dma->kd_memory;

	while (*link != NULL &&
	    ptoa((*link)->dm_frames.df_pfns[0]) != seg->ds_addr)
		link = &(*link)->dm_next;
	return *link == NULL ? NULL : link;
}

static uint32_t
dma_mem_ordinal(const bus_dma_segment_t *seg)
{
	struct dma_memory **link = seg == NULL ? NULL : dma_mem_find(seg);

	return link == NULL ? 0 : (*link)->dm_ordinal;
}

void
dma_mem_free(bus_dma_tag_t t __unused, bus_dma_segment_t *segs, int nsegs)
{
	struct dma_memory **link, *dm;
	int i;

	for (i = 0; i < nsegs; i++) {
		link = dma_mem_find(&segs[i]);
		if (link == NULL)
			kern_panic("bus_dmamem_free: 0x%jx is no DMA memory",
			    (uintmax_t)segs[i].ds_addr);
		dm = *link;
		*link = dm->dm_next;
		if (dm->dm_ordinal != 0)
			KNOTE(DMAMEM_GONE, dm->dm_ordinal);
		dma_frames_give(&dm->dm_frames);
		kmem_give(dm, sizeof(*dm));
	}
}

int
dma_mem_map(bus_dma_tag_t t __unused, bus_dma_segment_t *segs, int nsegs, size_t size,
    void **kvap, int flags)
{
	struct dma_memory **link = dma_mem_find(segs);
	struct dma_window *dw;
	void *va;

	/* bus_dmamem_alloc() of this kernel always makes one segment. */
	if (nsegs != 1 || link == NULL ||
	    atop(round_page(size)) > (*link)->dm_frames.df_count)
		kern_panic("_bus_dmamem_map: size botch");
	va = dma_frames_map(&(*link)->dm_frames, atop(round_page(size)), flags);
	if (va == NULL)
		return ENOMEM;
	dw = kmem_take(sizeof(*dw));
	dw->dw_npages = atop(round_page(size));
	dw->dw_va = va;
	dw->dw_ordinal = (*link)->dm_ordinal;
	dw->dw_next = kernel->kn_dma->kd_windows;
	kernel->kn_dma->kd_windows = dw;
	if (dw->dw_ordinal != 0)
		hw_memory(HW_MEMORY_DMA, dw->dw_va, ptoa(dw->dw_npages),
		    dw->dw_ordinal);
	*kvap = dw->dw_va;
	return 0;
}

static struct dma_window **
dma_window_find(const void *kva)
{
	struct dma_window **link = &kernel->kn_dma->kd_windows;

	while (*link != NULL && (*link)->dw_va != kva)
		link = &(*link)->dw_next;
	return *link == NULL ? NULL : link;
}

void
dma_mem_unmap(bus_dma_tag_t t __unused, void *kva, size_t size)
{
	struct dma_window **link = dma_window_find(kva), *dw;

	KERN_PANICIF(((vaddr_t)kva & PAGE_MASK) != 0, "_bus_dmamem_unmap");
	if (link == NULL || atop(round_page(size)) != (*link)->dw_npages)
		kern_panic("bus_dmamem_unmap: not what bus_dmamem_map made");
	dw = *link;
	*link = dw->dw_next;
	if (dw->dw_ordinal != 0)
		hw_memory(HW_MEMORY_GONE, dw->dw_va, ptoa(dw->dw_npages),
		    dw->dw_ordinal);
	hw_unmap(dw->dw_va, dw->dw_npages);
	kmem_give(dw, sizeof(*dw));
}

/* ---- What drivers call ---- */

int
dma_fault(enum hw_call call, int flags)
{
	int error;

	while ((error = kern_fault(call, -1)) == HW_FAULT_BLOCK) {
		if ((flags & BUS_DMA_NOWAIT) != 0)
			return ENOMEM;
		uvm_wait_healed();
	}
	return error;
}

int
bus_dmamem_alloc(bus_dma_tag_t t, bus_size_t size, bus_size_t alignment,
    bus_size_t boundary, bus_dma_segment_t *segs, int nsegs, int *rsegs, int flags)
{
	struct dma_memory *dm;
	int error;

	KCALL(BUS_DMAMEM_ALLOC, size, alignment, nsegs, flags);
	error = dma_fault(HW_CALL_BUS_DMAMEM_ALLOC, flags);
	if (error == 0)
		error = dma_mem_alloc(t, size, alignment, boundary, segs, flags);
	if (error == 0) {
		*rsegs = 1;
		dm = kernel->kn_dma->kd_memory;
		dm->dm_ordinal = hw_ordinal(HW_OBJ_DMAMEM);
		KNOTE(DMAMEM, dm->dm_ordinal, segs->ds_len);
	}
	KRET(BUS_DMAMEM_ALLOC, error);
	return error;
}

void
bus_dmamem_free(bus_dma_tag_t t, bus_dma_segment_t *segs, int nsegs)
{
	KCALL(BUS_DMAMEM_FREE, dma_mem_ordinal(segs), nsegs);
	dma_mem_free(t, segs, nsegs);
	KRET(BUS_DMAMEM_FREE, 0);
}

int
bus_dmamem_map(bus_dma_tag_t t, bus_dma_segment_t *segs, int nsegs, size_t size,
    void **kvap, int flags)
{
	int error;

	KCALL(BUS_DMAMEM_MAP, dma_mem_ordinal(segs), size, flags);
	error = dma_fault(HW_CALL_BUS_DMAMEM_MAP, flags);
	if (error == 0)
		error = dma_mem_map(t, segs, nsegs, size, kvap, flags);
	KRET(BUS_DMAMEM_MAP, error);
	return error;
}

void
bus_dmamem_unmap(bus_dma_tag_t t, void *kva, size_t size)
{
	struct dma_window **link = dma_window_find(kva);

	KCALL(BUS_DMAMEM_UNMAP, link == NULL ? 0 : (*link)->dw_ordinal, size);
	dma_mem_unmap(t, kva, size);
	KRET(BUS_DMAMEM_UNMAP, 0);
}
