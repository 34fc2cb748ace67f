/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <sys/bus.h>: bus_dma(9).
 *
 * READ and WRITE are named from host memory: device to memory is READ, memory to device
 * is WRITE.  Every transfer is bracketed by a PRE and a POST sync of its range.
 */
#ifndef _SYS_BUS_H_
#define	_SYS_BUS_H_

#include <sys/types.h>

typedef uint64_t bus_addr_t;	/* address on the bus, a number range of its own */
typedef uint64_t bus_size_t;	/* bytes */

struct proc;

#define	BUS_DMA_WAITOK		0x000	/* may sleep (zero: test for NOWAIT) */
#define	BUS_DMA_NOWAIT		0x001
#define	BUS_DMA_ALLOCNOW	0x002	/* get all that load may need now */
#define	BUS_DMA_COHERENT	0x004
#define	BUS_DMA_STREAMING	0x008
#define	BUS_DMA_READ		0x100	/* device to memory only */
#define	BUS_DMA_WRITE		0x200	/* memory to device only */
#define	BUS_DMA_NOCACHE		0x400

/* PRE and POST operations must not be mixed in one call. */
#define	BUS_DMASYNC_PREREAD	0x01
#define	BUS_DMASYNC_POSTREAD	0x02
#define	BUS_DMASYNC_PREWRITE	0x04
#define	BUS_DMASYNC_POSTWRITE	0x08

struct bus_dma_tag;
typedef struct bus_dma_tag *bus_dma_tag_t;

typedef struct bus_dma_segment {
	bus_addr_t	ds_addr;
	bus_size_t	ds_len;
	paddr_t		_ds_paddr;	/* private: physical address behind ds_addr */
} bus_dma_segment_t;

/* A DMA map.  The dm_ members are public, read only but for dm_maxsegsz. */
struct bus_dmamap {
	uint32_t	_dm_ordinal;	/* number of this map */
	uint32_t	_dm_state;	/* alive or destroyed */
	int		_dm_flags;	/* flags of create */
	bus_size_t	_dm_size;	/* largest transfer */
	int		_dm_segcnt;	/* room in dm_segs */
	bus_size_t	_dm_maxmaxsegsz; /* dm_maxsegsz as given to create */
	bus_size_t	_dm_boundary;	/* no segment crosses a multiple; 0: none */
	void		*_dm_buf;	/* the loaded buffer */
	void		*_dm_cookie;	/* bounce state, kept until destroy */

	bus_size_t	dm_maxsegsz;	/* largest segment */
	bus_size_t	dm_mapsize;	/* bytes loaded; 0: nothing is */
	int		dm_nsegs;	/* segments in use */
	bus_dma_segment_t dm_segs[];
};
typedef struct bus_dmamap *bus_dmamap_t;

/*
 * bus_dma(9): make a map for up to `size` bytes in up to nsegs segments of at most
 * maxsegsz bytes that do not cross a multiple of boundary.  0 or ENOMEM; then *mapp is
 * undefined.
 */
int	bus_dmamap_create(bus_dma_tag_t tag, bus_size_t size, int nsegs,
	    bus_size_t maxsegsz, bus_size_t boundary, int flags,
	    bus_dmamap_t *mapp);
/* bus_dma(9): destroy a map; one that is loaded is unloaded first. */
void	bus_dmamap_destroy(bus_dma_tag_t tag, bus_dmamap_t map);
/*
 * bus_dma(9): map len bytes at buf.  p: NULL for kernel memory.  0; EINVAL if len is too
 * long for the map, EFBIG if it needs more segments, ENOMEM if there is no bounce memory.
 */
int	bus_dmamap_load(bus_dma_tag_t tag, bus_dmamap_t map, void *buf,
	    bus_size_t len, struct proc *p, int flags);
/* bus_dma(9): forget the buffer.  Implies no sync. */
void	bus_dmamap_unload(bus_dma_tag_t tag, bus_dmamap_t map);
/* bus_dma(9): BUS_DMASYNC_* on len bytes from offset off of the loaded buffer. */
void	bus_dmamap_sync(bus_dma_tag_t tag, bus_dmamap_t map, bus_addr_t off,
	    bus_size_t len, int ops);
/*
 * bus_dma(9): memory fit for DMA, whole pages, not zeroed, in up to nsegs segments;
 * *rsegs says how many.  0, EFBIG, or an error of uvm_pglistalloc(9).
 */
int	bus_dmamem_alloc(bus_dma_tag_t tag, bus_size_t size,
	    bus_size_t alignment, bus_size_t boundary,
	    bus_dma_segment_t *segs, int nsegs, int *rsegs, int flags);
/* bus_dma(9): free what bus_dmamem_alloc gave; it must not be mapped any more. */
void	bus_dmamem_free(bus_dma_tag_t tag, bus_dma_segment_t *segs, int nsegs);
/* bus_dma(9): map it into the kernel, one range of size bytes at *kvap.  0 or ENOMEM. */
int	bus_dmamem_map(bus_dma_tag_t tag, bus_dma_segment_t *segs, int nsegs,
	    size_t size, void **kvap, int flags);
/* bus_dma(9): end that mapping. */
void	bus_dmamem_unmap(bus_dma_tag_t tag, void *kva, size_t size);

#endif /* !_SYS_BUS_H_ */
