/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What dma.c and dma_sync.c share: shadows of DMA maps, of DMA memory and of requests.
 */
#ifndef VIOSIM_RULES_DMA_STATE_H
#define VIOSIM_RULES_DMA_STATE_H

#include "rules/area.h"
#include "rules/shadow.h"

/* bus_dma(9): operations of bus_dmamap_sync; POST is the matching PRE shifted by one. */
enum dma_op {
	DMA_PREREAD = 1, DMA_POSTREAD = 2, DMA_PREWRITE = 4, DMA_POSTWRITE = 8,
	DMA_PRE = DMA_PREREAD | DMA_PREWRITE, DMA_POST = DMA_POSTREAD | DMA_POSTWRITE
};
#define DMA_NOWAIT 1			/* BUS_DMA_NOWAIT */
#define DMA_EFBIG 27
#define DMA_DESC_WRITE 2		/* VRING_DESC_F_WRITE: the device writes */

/* State of a byte of a loaded buffer: DMA_PREREAD, DMA_PREWRITE, and this: */
#define DMA_USED 0x10			/* a request took it to the device since */

/* Bytes in the same state, from the end of the stretch before. */
struct dma_stretch {
	uint64_t end;
	uint8_t state;
};

struct dma_segment {
	uint64_t bus, length, offset;
};

struct dma_map {
	bool exists, gone, loaded, load_failed, leak_told;
	uint32_t seq, site, gone_seq;	/* made, destroyed */
	uint32_t load_seq, pre_seq;	/* newest load, newest PRE */
	uint32_t commit_seq, commit_site; /* newest request with it */
	uint64_t size, nsegs, segment_max;	/* as given to create */
	uint64_t length;		/* bytes loaded */
	struct dma_segment *segment;
	size_t segments, segments_max;
	struct dma_segment *source;	/* the buffer itself, as seen without bouncing */
	size_t sources, sources_max;
	uint8_t *synced;		/* what each byte was at its newest PREWRITE */
	size_t synced_max;
	struct dma_stretch *stretch;	/* states of all loaded bytes, in order */
	size_t stretches, stretches_max;
};

struct dma_memory {
	bool exists, gone, mapped, leak_told;
	uint32_t seq, site, map_seq;
	uint64_t size, nsegs, mapped_size;
};

/* A descriptor of a request. */
struct dma_piece {
	uint32_t map;
	uint32_t seq, site;		/* descriptor written */
	uint64_t bus, length, offset;	/* offset in the map's buffer */
	bool device_writes, is_found;	/* found: lies in a loaded segment of the map */
	size_t copy;			/* where its contents stand in dma_request.copy */
};

enum dma_request_state { DMA_REQUEST_NONE, DMA_REQUEST_BUILT, DMA_REQUEST_OUT };

struct dma_request {
	enum dma_request_state state;
	bool is_done;			/* the device gave it back */
	bool is_told;			/* a store to its bytes was told already */
	uint32_t queue, slot;
	uint32_t seq, site;		/* commit */
	struct dma_piece *piece;
	size_t pieces, pieces_max;
	uint8_t *copy;			/* what the device was given to read */
	size_t copy_max;
};

/* Bytes that are not the driver's for now, where it sees them. */
struct dma_owned {
	uintptr_t low, high;
	uint64_t offset;		/* of low, in the map's buffer */
	uint32_t map, queue, slot, seq;	/* seq: the commit */
	bool device_writes;
	bool is_back;			/* dequeued, but without its POSTREAD */
};

struct dma {
	struct world *world;		/* whose loads and stores are watched, or NULL */
	struct dma_owned *owned;
	size_t owneds, owneds_max;
	const struct shadow *shadow;
	struct dma_map *map;		/* by ordinal */
	size_t maps;
	struct dma_memory *memory;	/* by ordinal */
	size_t memories;
	struct dma_request *request;
	size_t requests;
	uint32_t failed_seq;		/* newest create or alloc that failed */
	bool create_failed;
	bool detached;
};

/* NULL when there is none of that number. */
struct dma_map *dma_map_at(struct dma *dma, uint64_t ordinal);

/* ---- dma_sync.c ---- */

/* A fresh load of `length` bytes. */
void dma_begin(struct dma_map *map, uint64_t length);
/* Judge a bus_dmamap_sync() of a loaded map and carry it out on the shadow. */
void dma_sync(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site);
/* Is a request with this map at the device?  NULL if not. */
const struct dma_request *dma_out(const struct dma *dma, uint64_t map);
/* Bytes whose last transfer was not ended by a POST; tells once, then forgets. */
void dma_tell_unsynced(struct dma *dma, struct rules_core *core, uint64_t map,
    const char *rule, const struct event *event, uint32_t site, const char *when);
/* Enqueue of descriptors; commit; completion; the device stops looking. */
void dma_enqueue(struct dma *dma, const struct event *note);
void dma_commit(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site);
void dma_abort(struct dma *dma, uint64_t queue, uint64_t slot);
void dma_used(struct dma *dma, struct rules_core *core, const struct event *event);
void dma_dequeued(struct dma *dma, struct rules_core *core, const struct event *event,
    uint32_t site);
void dma_stopped(struct dma *dma);
/* Compare what the device was given with what lies there now. */
void dma_compare(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    const struct event *event, uint32_t site);

/* ---- dma_owned.c ---- */

/* A request is at the device; it was dequeued; a POSTREAD; a map has nothing loaded; reset. */
void dma_own(struct dma *dma, struct rules_core *core, const struct dma_request *request);
void dma_back(struct dma *dma, const struct dma_request *request);
void dma_read_back(struct dma *dma, uint32_t map, uint64_t offset, uint64_t length);
void dma_disown_map(struct dma *dma, uint32_t map);
void dma_disown_all(struct dma *dma);
enum access_verdict dma_touch(struct dma *dma, struct rules_core *core,
    const struct touch *touch);
/* Memory is given back. */
void dma_gone(struct dma *dma, struct rules_core *core, uintptr_t low, uintptr_t high);

/* ---- dma_late.c ---- */

/* Remember the bytes as their PREWRITE found them. */
void dma_keep_synced(struct rules_core *core, struct dma_map *map, uint64_t offset,
    uint64_t length);
/* Do bytes first..last of the buffer differ from that, now that the request goes out? */
void dma_judge_late(struct rules_core *core, const struct dma_map *map,
    const struct dma_piece *piece, uint64_t first, uint64_t last, const struct event *event,
    uint32_t site);

#endif /* VIOSIM_RULES_DMA_STATE_H */
