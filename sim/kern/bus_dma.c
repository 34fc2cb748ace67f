/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus_dma(9) of amd64: DMA maps.  Memory for DMA is in bus_dmamem.c.
 *
 * Two machines.  Coherent: a map's segments name the buffer itself and a sync is only a
 * fence.  Bouncing: they name bounce pages; PREWRITE copies the given range there,
 * POSTREAD copies it back, and nothing else ever moves a byte.  Memory of
 * bus_dmamem_alloc() lies where devices reach it and never bounces.
 *
 * After sys/arch/x86/x86/bus_dma.c 1.84.  Where buffers may bounce, a map takes its bounce
 * pages when it is created, whatever the flags, and keeps them until it is destroyed.
 * They are not cleared.  What does not fit a map as it lies is bounced too.
 *
 * A destroyed map keeps its memory, marked dead, so that using it again is a panic and
 * not damage to whatever got that memory next.
 */
#include "bus_dma.h"

#define DMA_MAP_ALIVE	0x616c6976U
#define DMA_MAP_DEAD	0x64656164U

#define DMA_UNDEFINED	0xa5

#define DMA_SYNC_PRE	(BUS_DMASYNC_PREREAD | BUS_DMASYNC_PREWRITE)
#define DMA_SYNC_POST	(BUS_DMASYNC_POSTREAD | BUS_DMASYNC_POSTWRITE)

/* Bounce pages of a map. */
struct dma_cookie {
	struct dma_frames dc_frames;
	char		*dc_va;
	bool		dc_is_bouncing;
};

/* ---- Bounce pages ---- */

static int
dma_bounce_take(bus_dma_tag_t t, bus_dmamap_t map, int flags)
{
	struct dma_cookie *cookie = map->_dm_cookie;
	int error;

	error = dma_frames_take(t, &cookie->dc_frames, map->_dm_size, PAGE_SIZE,
	    map->_dm_boundary, NULL, map->_dm_segcnt, NULL, flags);
	if (error != 0)
		return error;
	cookie->dc_va = dma_frames_map(cookie->dc_frames.df_pfns,
	    cookie->dc_frames.df_count, flags);
	if (cookie->dc_va == NULL) {
		dma_frames_give(&cookie->dc_frames);
		return ENOMEM;
	}
	return 0;
}

static void
dma_bounce_give(bus_dmamap_t map)
{
	struct dma_cookie *cookie = map->_dm_cookie;

	if (cookie->dc_va == NULL)
		return;
	hw_unmap(cookie->dc_va, cookie->dc_frames.df_count);
	dma_frames_give(&cookie->dc_frames);
	cookie->dc_va = NULL;
}

/* ---- Maps ---- */

uint32_t
dma_map_ordinal(bus_dmamap_t map)
{
	return map == NULL ? 0 : map->_dm_ordinal;
}

/* The bounce pages of a map that is one. */
static struct dma_cookie *
dma_map_check(bus_dmamap_t map, const char *function)
{
	if (map->_dm_state != DMA_MAP_ALIVE)
		kern_panic("%s: the DMA map is %s", function,
		    map->_dm_state == DMA_MAP_DEAD ? "destroyed" : "not one");
	return map->_dm_cookie;
}

int
dma_map_create(bus_dma_tag_t t, bus_size_t size, int nsegs, bus_size_t maxsegsz,
    bus_size_t boundary, int flags, bus_dmamap_t *mapp)
{
	size_t room = nsegs > 0 ? (size_t)nsegs : 0;
	bus_dmamap_t map;
	int error = 0;

	if (room > ptoa(kernel->kn_uvm.ku_total) / sizeof(map->dm_segs[0]))
		return ENOMEM;
	map = kmem_take(sizeof(*map) + room * sizeof(map->dm_segs[0]));
	map->_dm_state = DMA_MAP_ALIVE;
	map->_dm_flags = flags & ~(BUS_DMA_WAITOK | BUS_DMA_NOWAIT);
	map->_dm_size = size;
	map->_dm_segcnt = nsegs;
	map->_dm_maxmaxsegsz = map->dm_maxsegsz = maxsegsz;
	map->_dm_boundary = boundary;
	map->_dm_cookie = kmem_take(sizeof(struct dma_cookie));
	*mapp = map;
	if (t->bt_bounces)
		error = dma_bounce_take(t, map, flags);
	if (error != 0)
		dma_map_destroy(t, map);
	return error;
}

void
dma_map_destroy(bus_dma_tag_t t __unused, bus_dmamap_t map)
{
	struct dma_cookie *cookie = dma_map_check(map, "bus_dmamap_destroy");

	dma_bounce_give(map);
	kmem_give(cookie, sizeof(*cookie));
	map->_dm_cookie = NULL;
	map->_dm_state = DMA_MAP_DEAD;
	map->dm_mapsize = 0;
	map->dm_nsegs = 0;
}

/* May [addr, addr+size) continue the segment? */
static bool
dma_segment_takes(const struct bus_dmamap *map, const bus_dma_segment_t *seg,
    bus_addr_t addr, bus_size_t size)
{
	bus_addr_t mask = ~(map->_dm_boundary - 1);

	return addr == seg->ds_addr + seg->ds_len &&
	    seg->ds_len + size <= map->dm_maxsegsz &&
	    (map->_dm_boundary == 0 || (seg->ds_addr & mask) == (addr & mask));
}

/* Add a piece that lies within one page. */
static int
dma_map_add(bus_dmamap_t map, paddr_t phys, bus_size_t size)
{
	bus_addr_t addr = hw_bus_address(phys);
	bus_dma_segment_t *seg = map->dm_segs;
	bus_size_t part;

	for (; size > 0; size -= part, addr += part, phys += part) {
		part = size;
		if (map->_dm_boundary > 0)
			part = ulmin(part,
			    map->_dm_boundary - addr % map->_dm_boundary);
		if (map->dm_nsegs > 0 &&
		    dma_segment_takes(map, seg + map->dm_nsegs - 1, addr, part)) {
			seg[map->dm_nsegs - 1].ds_len += part;
			continue;
		}
		if (map->dm_nsegs >= map->_dm_segcnt)
			return EFBIG;
		seg[map->dm_nsegs].ds_addr = addr;
		seg[map->dm_nsegs].ds_len = part;
		seg[map->dm_nsegs]._ds_paddr = phys;
		map->dm_nsegs++;
	}
	return 0;
}

/* The physical address behind kernel memory; module data and stacks get theirs now. */
static uint64_t
kv_to_phys(const char *va)
{
	uint64_t phys = hw_kvtophys(va), pfn;

	if (phys != ~UINT64_C(0) || va == NULL)
		return phys;
	if (uvm_frames_take(1, false, &pfn) != 0)
		return phys;
	if (!hw_lend(va, pfn))
		uvm_frames_give(&pfn, 1);
	return hw_kvtophys(va);
}

/* Page by page; on EFBIG dm_nsegs stays at what fitted. */
static int
dma_map_add_buffer(bus_dmamap_t map, const char *va, bus_size_t len)
{
	uint64_t phys;
	bus_size_t part;
	int error;

	for (; len > 0; len -= part, va += part) {
		phys = kv_to_phys(va);
		if (phys == ~UINT64_C(0))
			kern_panic("_bus_virt_to_bus");
		part = ulmin(len, PAGE_SIZE - (vaddr_t)va % PAGE_SIZE);
		error = dma_map_add(map, phys, part);
		if (error != 0)
			return error;
	}
	return 0;
}

int
dma_map_load(bus_dma_tag_t t, bus_dmamap_t map, void *buf, bus_size_t len)
{
	struct dma_cookie *cookie = dma_map_check(map, "bus_dmamap_load");
	bool bounces = t->bt_bounces && !dma_is_reachable(buf);
	int error = EFBIG;

	map->dm_mapsize = 0;
	map->dm_nsegs = 0;
	KERN_ASSERT(map->dm_maxsegsz <= map->_dm_maxmaxsegsz);
	if (len > map->_dm_size)
		return EINVAL;
	if (!bounces)
		error = dma_map_add_buffer(map, buf, len);
	if (error != 0 && t->bt_bounces) {
		bounces = true;
		map->dm_nsegs = 0;
		error = dma_map_add_buffer(map, cookie->dc_va, len);
	}
	if (error != 0)
		return error;
	map->_dm_buf = buf;
	map->dm_mapsize = len;
	cookie->dc_is_bouncing = bounces;
	return 0;
}

static void
dma_map_unload(bus_dmamap_t map)
{
	struct dma_cookie *cookie = dma_map_check(map, "bus_dmamap_unload");

	cookie->dc_is_bouncing = false;
	map->dm_maxsegsz = map->_dm_maxmaxsegsz;
	map->dm_mapsize = 0;
	map->dm_nsegs = 0;
	map->_dm_buf = NULL;
}

/* ---- Sync ---- */

/* How much of [off, off+len) the bounce pages and the caller's mapped memory have. */
static bus_size_t
dma_sync_clip(bus_dmamap_t map, bus_size_t off, bus_size_t len)
{
	struct dma_cookie *cookie = map->_dm_cookie;
	bus_size_t room = ptoa(cookie->dc_frames.df_count);
	const char *va = (const char *)map->_dm_buf + off;
	bus_size_t part, done = 0;

	if (off >= room)
		return 0;
	len = ulmin(len, room - off);
	while (done < len) {
		if (hw_kvtophys(va + done) == ~UINT64_C(0))
			return done;
		part = PAGE_SIZE - (vaddr_t)(va + done) % PAGE_SIZE;
		done += ulmin(part, len - done);
	}
	return len;
}

/*
 * A range beyond the loaded buffer gets here only without DIAGNOSTIC.  The real kernel
 * then copies whatever lies there; so does this, as far as the bounce pages reach and
 * memory is mapped, beyond which the real kernel would fault or destroy its own data.
 */
static void
dma_sync_copy(bus_dmamap_t map, bus_size_t off, bus_size_t len, int ops)
{
	struct dma_cookie *cookie = map->_dm_cookie;
	char *buf = (char *)map->_dm_buf + off;

	if (off + len < off || off + len > map->dm_mapsize)
		len = dma_sync_clip(map, off, len);
	if (len == 0)
		return;
	if ((ops & BUS_DMASYNC_PREWRITE) != 0)
		memcpy(cookie->dc_va + off, buf, len);
	if ((ops & BUS_DMASYNC_POSTREAD) != 0)
		memcpy(buf, cookie->dc_va + off, len);
}

static void
dma_map_sync(bus_dmamap_t map, bus_addr_t off, bus_size_t len, int ops)
{
	const struct dma_cookie *cookie = dma_map_check(map, "bus_dmamap_sync");

	if ((ops & DMA_SYNC_PRE) != 0 && (ops & DMA_SYNC_POST) != 0)
		kern_panic("_bus_dmamap_sync: mix PRE and POST");
	/* The other two operations copy nothing on x86, which does not check them. */
	if ((ops & (BUS_DMASYNC_PREWRITE | BUS_DMASYNC_POSTREAD)) != 0) {
		KERN_PANICIF(off >= map->dm_mapsize,
		    "_bus_dmamap_sync: bad offset");
		KERN_PANICIF(off + len > map->dm_mapsize,
		    "_bus_dmamap_sync: bad length");
	}
	if (len > 0 && cookie->dc_is_bouncing)
		dma_sync_copy(map, off, len, ops);
	/* Undefined until POSTREAD: the cache lines may be gone, or be written back yet. */
	if ((ops & BUS_DMASYNC_PREREAD) != 0 && cookie->dc_is_bouncing &&
	    off < map->dm_mapsize && len <= map->dm_mapsize - off)
		memset((char *)map->_dm_buf + off, DMA_UNDEFINED, len);
}

/* ---- What drivers call ---- */

int
bus_dmamap_create(bus_dma_tag_t t, bus_size_t size, int nsegs, bus_size_t maxsegsz,
    bus_size_t boundary, int flags, bus_dmamap_t *mapp)
{
	int error;

	KCALL(BUS_DMAMAP_CREATE, size, nsegs, maxsegsz, boundary, flags);
	error = dma_fault(HW_CALL_BUS_DMAMAP_CREATE, flags);
	if (error == 0)
		error = dma_map_create(t, size, nsegs, maxsegsz, boundary,
		    flags, mapp);
	if (error == 0) {
		(*mapp)->_dm_ordinal = hw_ordinal(HW_OBJ_DMAMAP);
		KNOTE(DMAMAP, (*mapp)->_dm_ordinal, size, nsegs);
	}
	KRETURN(BUS_DMAMAP_CREATE, error);
}

void
bus_dmamap_destroy(bus_dma_tag_t t, bus_dmamap_t map)
{
	bool was_loaded;

	KCALL(BUS_DMAMAP_DESTROY, dma_map_ordinal(map));
	was_loaded = map->dm_mapsize != 0;
	dma_map_destroy(t, map);
	KNOTE(DMAMAP_GONE, map->_dm_ordinal, was_loaded);
	KRET(BUS_DMAMAP_DESTROY, 0);
}

static enum hw_buffer
dma_buffer_kind(const char *va)
{

	if (hw_is_stack(va))
		return HW_BUF_STACK;
	return kmem_is_idle(va) ? HW_BUF_FREED : HW_BUF_FINE;
}

static void
dma_note_segments(bus_dmamap_t map)
{
	const char *va = map->_dm_buf;
	enum hw_buffer kind;
	bus_size_t off = 0, part;
	uint64_t phys;
	int i;

	for (i = 0; i < map->dm_nsegs; i++) {
		KNOTE(DMASEG, map->_dm_ordinal, map->dm_segs[i].ds_addr,
		    map->dm_segs[i].ds_len, off);
		off += map->dm_segs[i].ds_len;
	}
	for (off = 0; off < map->dm_mapsize; off += part) {
		part = ulmin(map->dm_mapsize - off,
		    PAGE_SIZE - (vaddr_t)(va + off) % PAGE_SIZE);
		phys = hw_kvtophys(va + off);
		kind = dma_buffer_kind(va + off);
		if (phys != ~UINT64_C(0) || kind != HW_BUF_FINE)
			KNOTE(DMASRC, map->_dm_ordinal, phys, part, off, kind);
	}
}

/* An injected error leaves the map as the real one would: nothing is loaded. */
static void
dma_map_spoil(bus_dmamap_t map, int error)
{
	struct dma_cookie *cookie = map->_dm_cookie;

	cookie->dc_is_bouncing = false;
	map->dm_mapsize = 0;
	if (error != EFBIG)
		map->dm_nsegs = 0;
}

int
bus_dmamap_load(bus_dma_tag_t t, bus_dmamap_t map, void *buf, bus_size_t len,
    struct proc *p __unused, int flags)
{
	int error, fault;

	KCALL(BUS_DMAMAP_LOAD, dma_map_ordinal(map), len, flags);
	fault = dma_fault(HW_CALL_BUS_DMAMAP_LOAD, flags);
	error = dma_map_load(t, map, buf, len);
	if (error == 0 && fault != 0) {
		error = fault;
		dma_map_spoil(map, error);
	}
	if (error == 0)
		dma_note_segments(map);
	KRETURN(BUS_DMAMAP_LOAD, error);
}

void
bus_dmamap_unload(bus_dma_tag_t t __unused, bus_dmamap_t map)
{
	KCALL(BUS_DMAMAP_UNLOAD, dma_map_ordinal(map));
	dma_map_unload(map);
	KRET(BUS_DMAMAP_UNLOAD, 0);
}

void
bus_dmamap_sync(bus_dma_tag_t t __unused, bus_dmamap_t map, bus_addr_t off,
    bus_size_t len, int ops)
{
	KCALL(BUS_DMAMAP_SYNC, dma_map_ordinal(map), off, len, ops);
	dma_map_sync(map, off, len, ops);
	KRET(BUS_DMAMAP_SYNC, 0);
}
