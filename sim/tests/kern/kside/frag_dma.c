/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fragments about bus_dma(9), with the tag of the attached driver (child.c).
 */
#include <sys/param.h>
#include <sys/systm.h>
#include <sys/kmem.h>

#include "child.h"

static bus_dmamap_t frag_map;
static uint8_t *frag_buf;

static bus_dma_tag_t
tag(void)
{
	return virtio_dmat(child->sc_virtio);
}

/* What a loaded map says: out[at..]: mapsize, nsegs, then address and length of each. */
static void
tell_map(struct frag *f, int at)
{
	f->out[at++] = (int64_t)frag_map->dm_mapsize;
	f->out[at++] = frag_map->dm_nsegs;
	for (int i = 0; i < frag_map->dm_nsegs; i++) {
		f->out[at++] = (int64_t)frag_map->dm_segs[i].ds_addr;
		f->out[at++] = (int64_t)frag_map->dm_segs[i].ds_len;
	}
}

/* in: 0 size, 1 nsegs, 2 maxsegsz, 3 boundary, 4 flags. */
FRAG(dma_create)
{
	f->out[0] = bus_dmamap_create(tag(), (bus_size_t)f->in[0], (int)f->in[1],
	    (bus_size_t)f->in[2], (bus_size_t)f->in[3], (int)f->in[4], &frag_map);
}

/* Create as in says, and load. */
static void
load(struct frag *f, void *buf, bus_size_t bytes)
{
	frag_dma_create(f);
	f->out[1] = bus_dmamap_load(tag(), frag_map, buf, bytes, NULL, BUS_DMA_NOWAIT);
	frag_mark(f, 'l');
	tell_map(f, 2);
}

/* The same with in[5] bytes of kernel memory. */
FRAG(dma_load)
{
	frag_buf = kmem_alloc((size_t)f->in[5], KM_SLEEP);
	load(f, frag_buf, (bus_size_t)f->in[5]);
}

/* Two neighbouring pages: in[2] decides whether they merge. */
FRAG(dma_two_pages)
{
	f->in[0] = f->in[5] = 2 * PAGE_SIZE;
	frag_dma_load(f);
}

FRAG(dma_too_long)
{
	load(f, kmem_alloc(PAGE_SIZE, KM_SLEEP), (bus_size_t)f->in[0] + 1);
}

/* The buffer inside the softc, into a map of in[1] segments. */
FRAG(dma_softc)
{
	f->in[0] = f->in[2] = CHILD_BYTES;
	load(f, child->sc_pfns, CHILD_BYTES);
}

FRAG(dma_boundary)
{
	f->in[0] = f->in[2] = f->in[5] = PAGE_SIZE;
	f->in[1] = 8;
	f->in[3] = 1024;
	frag_dma_load(f);
}

FRAG(dma_stack)
{
	uint32_t words[16] = { 0x11223344 };

	f->in[0] = f->in[2] = sizeof(words);
	f->in[1] = 2;
	load(f, words, sizeof(words));
}

/* ---- what the device sees, and when ---- */

/* A loaded buffer of 64 bytes, all 0x10; PREWRITE of all of it; then all 0x20. */
FRAG(dma_window_setup)
{
	f->in[0] = f->in[2] = f->in[5] = 64;
	f->in[1] = 1;
	frag_dma_load(f);
	memset(frag_buf, 0x10, 64);
	bus_dmamap_sync(tag(), frag_map, 0, 64, BUS_DMASYNC_PREWRITE);
	memset(frag_buf, 0x20, 64);
}

/* Sync [in[0], in[0] + in[1]) for in[2]; out: the buffer then at 15, 16, 31, 32. */
FRAG(dma_window_sync)
{
	static const int at[] = { 15, 16, 31, 32 };

	bus_dmamap_sync(tag(), frag_map, (bus_addr_t)f->in[0], (bus_size_t)f->in[1],
	    (int)f->in[2]);
	for (int i = 0; i < 4; i++)
		f->out[i] = frag_buf[at[i]];
}

/* ---- sync's arguments ---- */

/* On a loaded map of 64 bytes: offset in[0], length in[1], ops in[2]. */
FRAG(dma_sync_range)
{
	int64_t off = f->in[0], len = f->in[1], ops = f->in[2];

	f->in[3] = f->in[4] = 0;
	frag_dma_window_setup(f);
	bus_dmamap_sync(tag(), frag_map, (bus_addr_t)off, (bus_size_t)len, (int)ops);
	frag_mark(f, 's');
}

FRAG(dma_sync_unloaded)
{
	f->out[0] = bus_dmamap_create(tag(), 64, 1, 64, 0, BUS_DMA_NOWAIT, &frag_map);
	bus_dmamap_sync(tag(), frag_map, 0, 0, (int)f->in[2]);
	frag_mark(f, 's');
}

/* ---- the life of a map ---- */

FRAG(dma_unload)
{
	frag_dma_window_setup(f);
	bus_dmamap_unload(tag(), frag_map);
	tell_map(f, 2);
}

FRAG(dma_destroy_loaded)
{
	frag_dma_window_setup(f);
	bus_dmamap_destroy(tag(), frag_map);
	frag_mark(f, 'x');
}

FRAG(dma_use_dead)
{
	frag_dma_window_setup(f);
	bus_dmamap_destroy(tag(), frag_map);
	bus_dmamap_sync(tag(), frag_map, 0, 64, BUS_DMASYNC_PREWRITE);
	frag_mark(f, '!');
}

/* in[7]: BUS_DMA_*; the map is for 64 bytes. */
FRAG(dma_allocnow)
{
	f->out[0] = bus_dmamap_create(tag(), 64, 1, 64, 0, (int)f->in[7], &frag_map);
}

/* ---- memory for DMA ---- */

static bus_dma_segment_t frag_seg;

/*
 * Where no two free frames are neighbours: two pages in up to in[1] segments, as memory and as
 * a map.  out: error, segments, the mapped length that holds what was written; error of create.
 */
FRAG(dma_scattered)
{
	bus_dma_segment_t page[8], segs[2];
	int rsegs;
	char *va;

	for (int i = 0; i < 8; i++)
		bus_dmamem_alloc(tag(), PAGE_SIZE, 0, 0, &page[i], 1, &rsegs, BUS_DMA_NOWAIT);
	frag_mark(f, 'f');
	delay(1);	/* the rest of the guest takes all others */
	for (int i = 0; i < 8; i += 2)
		bus_dmamem_free(tag(), &page[i], 1);
	f->out[0] = bus_dmamem_alloc(tag(), 2 * PAGE_SIZE, 0, 0, segs, (int)f->in[1], &rsegs,
	    BUS_DMA_NOWAIT);
	f->out[3] = bus_dmamap_create(tag(), 2 * PAGE_SIZE, (int)f->in[1], 2 * PAGE_SIZE, 0,
	    BUS_DMA_NOWAIT, &frag_map);
	if (f->out[0] != 0)
		return;
	f->out[1] = rsegs;
	bus_dmamem_map(tag(), segs, rsegs, 2 * PAGE_SIZE, (void **)&va, BUS_DMA_NOWAIT);
	memset(va, 0x44, 2 * PAGE_SIZE);
	f->out[4] = bus_dmamap_load(tag(), frag_map, va, 2 * PAGE_SIZE, NULL, BUS_DMA_NOWAIT);
	tell_map(f, 5);
	bus_dmamem_unmap(tag(), va, 2 * PAGE_SIZE);
	bus_dmamem_free(tag(), segs, rsegs);
	bus_dmamap_destroy(tag(), frag_map);
}

FRAG(dma_memory)
{
	int rsegs = 0;
	void *va = NULL;

	f->out[0] = bus_dmamem_alloc(tag(), 6000, PAGE_SIZE, 0, &frag_seg, 1, &rsegs,
	    BUS_DMA_NOWAIT);
	f->out[1] = rsegs;
	f->out[2] = bus_dmamem_map(tag(), &frag_seg, 1, 6000, &va, BUS_DMA_NOWAIT);
	f->out[3] = bus_dmamap_create(tag(), 8192, 1, 8192, 0, BUS_DMA_NOWAIT, &frag_map);
	f->out[4] = bus_dmamap_load(tag(), frag_map, va, 6000, NULL, BUS_DMA_NOWAIT);
	tell_map(f, 5);
	memset(va, 0x33, 6000);
	frag_mark(f, 'w');
	delay(1);
	bus_dmamap_unload(tag(), frag_map);
	bus_dmamem_unmap(tag(), va, 6000);
	bus_dmamem_free(tag(), &frag_seg, 1);
	bus_dmamap_destroy(tag(), frag_map);
}

/* in: 0 size, 1 alignment, 2 boundary.  out: error, frame, bytes. */
FRAG(dma_memory_layout)
{
	int rsegs;

	f->out[0] = bus_dmamem_alloc(tag(), (bus_size_t)f->in[0], (bus_size_t)f->in[1],
	    (bus_size_t)f->in[2], &frag_seg, 1, &rsegs, BUS_DMA_NOWAIT);
	f->out[1] = (int64_t)(frag_seg.ds_addr / PAGE_SIZE);
	f->out[2] = (int64_t)frag_seg.ds_len;
}

FRAG(dma_memory_botch)
{
	void *va;

	frag_dma_memory_layout(f);
	bus_dmamem_map(tag(), &frag_seg, 1, PAGE_SIZE, &va, BUS_DMA_NOWAIT);
}

/* 512 pages are mapped again and again.  out: the error, how often it went well. */
FRAG(dma_addresses_run_out)
{
	void *va;

	f->in[0] = 512 * PAGE_SIZE;
	frag_dma_memory_layout(f);
	f->out[1] = 0;
	while ((f->out[0] = bus_dmamem_map(tag(), &frag_seg, 1, 512 * PAGE_SIZE, &va,
	    BUS_DMA_NOWAIT)) == 0)
		f->out[1]++;
}

FRAG(dma_constants)
{
	f->out[0] = BUS_DMA_WAITOK;
	f->out[1] = BUS_DMA_NOWAIT;
	f->out[2] = BUS_DMA_ALLOCNOW;
	f->out[3] = BUS_DMA_COHERENT;
	f->out[4] = BUS_DMASYNC_PREREAD;
	f->out[5] = BUS_DMASYNC_POSTREAD;
	f->out[6] = BUS_DMASYNC_PREWRITE;
	f->out[7] = BUS_DMASYNC_POSTWRITE;
}
