/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_dma(9) for the kernel itself, and what bus_dma.c (maps) and bus_dmamem.c (the tag,
 * frames, DMA memory) share; no driver ever includes this.
 */
#ifndef SIM_KERN_BUS_DMA_H
#define SIM_KERN_BUS_DMA_H

#include <sys/bus.h>

#include "kernel.h"

/* ---- bus_dma(9) for the kernel itself ---- */

/*
 * As the functions of bus_dma(9) whose names they carry, but nothing is recorded, the
 * objects have no ordinals and no fault strikes.
 */
int	dma_map_create(bus_dma_tag_t, bus_size_t size, int nsegs, bus_size_t maxsegsz,
	    bus_size_t boundary, int flags, bus_dmamap_t *);
void	dma_map_destroy(bus_dma_tag_t, bus_dmamap_t);
int	dma_map_load(bus_dma_tag_t, bus_dmamap_t, void *buf, bus_size_t len);
int	dma_mem_alloc(bus_dma_tag_t, bus_size_t size, bus_size_t alignment,
	    bus_size_t boundary, bus_dma_segment_t *, int nsegs, int *rsegs, int flags);
void	dma_mem_free(bus_dma_tag_t, bus_dma_segment_t *, int nsegs);
int	dma_mem_map(bus_dma_tag_t, bus_dma_segment_t *, int nsegs, size_t size,
	    void **kvap, int flags);
void	dma_mem_unmap(bus_dma_tag_t, void *kva, size_t size);

/* The tag of the PCI bus; the first call makes it. */
bus_dma_tag_t dma_tag(void);
/* Number of a map in records; 0 for NULL and for maps of the kernel's own. */
uint32_t dma_map_ordinal(bus_dmamap_t);

/* ---- Between bus_dma.c and bus_dmamem.c ---- */

struct bus_dma_tag {
	bool		bt_bounces;
	paddr_t		bt_high;	/* DMA memory lies below */
};

/* Frames of the kernel, in runs of neighbours. */
struct dma_frames {
	uint64_t	*df_pfns;
	size_t		df_count;
};

/*
 * As _bus_dmamem_alloc_range(): frames for `size` bytes that make at most nsegs segments,
 * which go to segs unless that is NULL.  Without BUS_DMA_NOWAIT it waits where
 * uvm_pglistalloc(9) does.
 */
int	dma_frames_take(bus_dma_tag_t, struct dma_frames *, bus_size_t size,
	    bus_size_t alignment, bus_size_t boundary, bus_dma_segment_t *segs, int nsegs,
	    int *rsegs, int flags);
void	dma_frames_give(struct dma_frames *);
void	*dma_frames_map(const uint64_t *pfns, size_t n, int flags);
/* Is this memory of bus_dmamem_map(), which never bounces? */
bool	dma_is_reachable(const void *buf);
/* The armed fault of a call; one that says "short of memory" waits if flags allow it. */
static inline int
dma_fault(enum hw_call call, int flags)
{
	return kern_fault(call, -1, (flags & BUS_DMA_NOWAIT) == 0, ENOMEM);
}

#endif /* SIM_KERN_BUS_DMA_H */
