/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_dma(9) of amd64: the tag, frames for bounce pages, and DMA memory.
 *
 * Memory lies below what the device reaches.  Its segments hold physical addresses; only
 * loading it into a map makes bus addresses.
 */
#include "bus_dma.h"

/* A device that bounces reaches 32 address bits. */
#define DMA_BOUNCE_LIMIT	((paddr_t)1 << 32)
/* The others reach all of it; a legacy queue only what has a page number of 32 bits. */
#define DMA_NO_LIMIT		((paddr_t)1 << 43)

/* A segment of bus_dmamem_alloc; all of one call have one ordinal. */
struct dma_memory {
	bus_addr_t	dm_addr;
	size_t		dm_npages;
	uint32_t	dm_ordinal;
	struct dma_memory *dm_next;
};

/* A range made by bus_dmamem_map. */
struct dma_window {
	char		*dw_va;
	size_t		dw_npages;	/* as asked for */
	size_t		dw_mapped;	/* of them */
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
		kd->kd_tag.bt_bounces = kernel->kn_machine.bounces;
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

/* A boundary ends a segment where the bit of its multiples changes, as in the real one. */
static int
dma_frames_split(const struct dma_frames *df, bus_size_t boundary,
    bus_dma_segment_t *segs, int nsegs)
{
	bus_addr_t last = 0;
	int n = 0;

	for (size_t i = 0; i < df->df_count; i++) {
		bus_addr_t addr = ptoa(df->df_pfns[i]);

		if (n == 0 || addr != last + PAGE_SIZE ||
		    (last & boundary) != (addr & boundary)) {
			if (n == nsegs)
				kern_panic("_bus_dmamem_alloc_range: curseg %d size "
				    "%zx", n, ptoa(df->df_count));
			segs[n].ds_addr = segs[n]._ds_paddr = addr;
			segs[n++].ds_len = 0;
		}
		segs[n - 1].ds_len += PAGE_SIZE;
		last = addr;
	}
	return n;
}

int
dma_frames_take(bus_dma_tag_t t, struct dma_frames *df, bus_size_t size,
    bus_size_t alignment, bus_size_t boundary, bus_dma_segment_t *segs, int nsegs,
    int *rsegs, int flags)
{
	bus_size_t whole = boundary;
	int error;

	size = round_page(size);
	KERN_ASSERT(boundary >= PAGE_SIZE || boundary == 0);
	while (whole != 0 && whole < size)
		whole <<= 1;
	if (atop(size) > kernel->kn_uvm.ku_total)
		return ENOMEM;
	*df = (struct dma_frames){
		.df_pfns = kmem_take(atop(size) * sizeof(*df->df_pfns)),
		.df_count = atop(size),
	};
	error = uvm_pages_take(size, t->bt_high, alignment, whole, nsegs,
	    (flags & BUS_DMA_NOWAIT) == 0, df->df_pfns);
	if (error == 0 && segs != NULL)
		*rsegs = dma_frames_split(df, boundary, segs, nsegs);
	if (error != 0) {
		kmem_give(df->df_pfns, df->df_count * sizeof(*df->df_pfns));
		*df = (struct dma_frames){ 0 };
	}
	return error;
}

/* Kernel virtual memory over n frames; NULL when there is none, with NOWAIT. */
void *
dma_frames_map(const uint64_t *pfns, size_t n, int flags)
{
	void *va;

	while ((va = hw_map(pfns, n)) == NULL && (flags & BUS_DMA_NOWAIT) == 0)
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
		if (va >= dw->dw_va && va < dw->dw_va + ptoa(dw->dw_mapped))
			return true;
	}
	return false;
}

int
dma_mem_alloc(bus_dma_tag_t t, bus_size_t size, bus_size_t alignment,
    bus_size_t boundary, bus_dma_segment_t *segs, int nsegs, int *rsegs, int flags)
{
	struct dma_frames df;
	struct dma_memory *dm;
	int error;

	error = dma_frames_take(t, &df, size, alignment, boundary, segs, nsegs, rsegs,
	    flags);
	if (error != 0)
		return error;
	for (int i = 0; i < *rsegs; i++) {
		dm = kmem_take(sizeof(*dm));
		dm->dm_addr = segs[i].ds_addr;
		dm->dm_npages = atop(segs[i].ds_len);
		dm->dm_next = kernel->kn_dma->kd_memory;
		kernel->kn_dma->kd_memory = dm;
	}
	kmem_give(df.df_pfns, df.df_count * sizeof(*df.df_pfns));
	return 0;
}

/* Where the list names the memory of a segment, or NULL. */
static struct dma_memory **
dma_mem_find(const bus_dma_segment_t *seg)
{
	struct dma_memory **link = &kernel->kn_dma->kd_memory;

	while (*link != NULL && (*link)->dm_addr != seg->ds_addr)
		link = &(*link)->dm_next;
	return *link == NULL ? NULL : link;
}

static uint32_t
dma_mem_ordinal(const bus_dma_segment_t *seg)
{
	struct dma_memory **link = seg == NULL ? NULL : dma_mem_find(seg);

	return link == NULL ? 0 : (*link)->dm_ordinal;
}

/* The frames of a segment as it was allocated; returns how many. */
static size_t
dma_mem_frames(const struct dma_memory *dm, uint64_t *pfns)
{

	for (size_t i = 0; i < dm->dm_npages; i++)
		pfns[i] = atop(dm->dm_addr) + i;
	return dm->dm_npages;
}

static bool
dma_mem_is_whole(uint32_t ordinal)
{
	const struct dma_memory *dm = kernel->kn_dma->kd_memory;

	while (dm != NULL && dm->dm_ordinal != ordinal)
		dm = dm->dm_next;
	return dm == NULL;
}

void
dma_mem_free(bus_dma_tag_t t __unused, bus_dma_segment_t *segs, int nsegs)
{
	struct dma_memory **link, *dm;
	uint64_t *pfns;
	int i;

	for (i = 0; i < nsegs; i++) {
		link = dma_mem_find(&segs[i]);
		if (link == NULL)
			kern_panic("bus_dmamem_free: 0x%jx is no DMA memory",
			    (uintmax_t)segs[i].ds_addr);
		dm = *link;
		*link = dm->dm_next;
		if (dm->dm_ordinal != 0 && dma_mem_is_whole(dm->dm_ordinal))
			KNOTE(DMAMEM_GONE, dm->dm_ordinal);
		pfns = kmem_take(dm->dm_npages * sizeof(*pfns));
		uvm_frames_give(pfns, dma_mem_frames(dm, pfns));
		kmem_give(pfns, dm->dm_npages * sizeof(*pfns));
		kmem_give(dm, sizeof(*dm));
	}
}

/* All the segments must fit; what is longer than they are stays unmapped at its end. */
int
dma_mem_map(bus_dma_tag_t t __unused, bus_dma_segment_t *segs, int nsegs, size_t size,
    void **kvap, int flags)
{
	size_t room = atop(round_page(size)), n = 0;
	uint64_t *pfns = kmem_take(room * sizeof(*pfns));
	struct dma_memory **link = NULL;
	struct dma_window *dw;
	void *va;

	for (int i = 0; i < nsegs; i++) {
		link = dma_mem_find(&segs[i]);
		if (link == NULL || (*link)->dm_npages > room - n)
			kern_panic("_bus_dmamem_map: size botch");
		n += dma_mem_frames(*link, pfns + n);
	}
	va = n > 0 ? dma_frames_map(pfns, n, flags) : NULL;
	kmem_give(pfns, room * sizeof(*pfns));
	if (va == NULL)
		return ENOMEM;
	dw = kmem_take(sizeof(*dw));
	dw->dw_npages = room;
	dw->dw_mapped = n;
	dw->dw_va = va;
	dw->dw_ordinal = (*link)->dm_ordinal;
	dw->dw_next = kernel->kn_dma->kd_windows;
	kernel->kn_dma->kd_windows = dw;
	if (dw->dw_ordinal != 0)
		hw_memory(HW_MEMORY_DMA, dw->dw_va, ptoa(n), dw->dw_ordinal);
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
		hw_memory(HW_MEMORY_GONE, dw->dw_va, ptoa(dw->dw_mapped),
		    dw->dw_ordinal);
	hw_unmap(dw->dw_va, dw->dw_mapped);
	kmem_give(dw, sizeof(*dw));
}

/* ---- What drivers call ---- */

int
bus_dmamem_alloc(bus_dma_tag_t t, bus_size_t size, bus_size_t alignment,
    bus_size_t boundary, bus_dma_segment_t *segs, int nsegs, int *rsegs, int flags)
{
	struct dma_memory *dm;
	bus_size_t total = 0;
	uint32_t ordinal;
	int error;

	KCALL(BUS_DMAMEM_ALLOC, size, alignment, nsegs, flags);
	error = dma_fault(HW_CALL_BUS_DMAMEM_ALLOC, flags);
	if (error == 0)
		error = dma_mem_alloc(t, size, alignment, boundary, segs, nsegs, rsegs,
		    flags);
	if (error == 0) {
		ordinal = hw_ordinal(HW_OBJ_DMAMEM);
		dm = kernel->kn_dma->kd_memory;
		for (int i = 0; i < *rsegs; i++, dm = dm->dm_next) {
			dm->dm_ordinal = ordinal;
			total += segs[i].ds_len;
		}
		KNOTE(DMAMEM, ordinal, total);
	}
	KRETURN(BUS_DMAMEM_ALLOC, error);
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
	KRETURN(BUS_DMAMEM_MAP, error);
}

void
bus_dmamem_unmap(bus_dma_tag_t t, void *kva, size_t size)
{
	struct dma_window **link = dma_window_find(kva);

	KCALL(BUS_DMAMEM_UNMAP, link == NULL ? 0 : (*link)->dw_ordinal, size);
	dma_mem_unmap(t, kva, size);
	KRET(BUS_DMAMEM_UNMAP, 0);
}
