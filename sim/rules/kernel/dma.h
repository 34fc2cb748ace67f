/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area dma in its files, each of which calls only those before it:
 *	dma_state.c	maps, the states of their bytes, who has them; loads and stores of bytes
 *			that the device has
 *	dma_buffer.c	what is loaded
 *	dma_sync.c	bus_dmamap_sync()
 *	dma_request.c	requests, from enqueue to dequeue
 *	dma.c		calls and objects, and the table of hooks
 */
#ifndef VIOSIM_RULES_KERNEL_DMA_H
#define VIOSIM_RULES_KERNEL_DMA_H

#include "rules/area.h"

/* bus_dma(9): operations of bus_dmamap_sync; POST is the matching PRE shifted by one. */
enum dma_op {
	DMA_PREREAD = 1, DMA_POSTREAD = 2, DMA_PREWRITE = 4, DMA_POSTWRITE = 8,
	DMA_PRE = DMA_PREREAD | DMA_PREWRITE, DMA_POST = DMA_POSTREAD | DMA_POSTWRITE
};
#define DMA_NOWAIT 1			/* BUS_DMA_NOWAIT */
#define DMA_READ 0x100			/* BUS_DMA_READ: device to memory only */
#define DMA_WRITE 0x200
#define DMA_EFBIG 27

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
	bool exists, gone, loaded, load_failed;
	uint32_t device;		/* whose driver made it */
	uint32_t seq, gone_seq;		/* made, destroyed */
	uint32_t load_seq, pre_seq;	/* newest load, newest PRE */
	uint32_t load_site;
	uint64_t load_flags;
	uintptr_t low;			/* where the buffer begins, 0: unknown */
	uint32_t commit_seq, commit_site; /* newest request with it */
	uint64_t size, nsegs, segment_max;	/* as given to create */
	uint64_t length;		/* bytes loaded */
	struct { VEC_MEMBERS(struct dma_segment); } segment;
	struct { VEC_MEMBERS(struct dma_segment); } source;	/* as seen without bouncing */
	struct { VEC_MEMBERS(uint8_t); } synced;	/* each byte at its newest PREWRITE */
	struct { VEC_MEMBERS(struct dma_stretch); } stretch;	/* all loaded bytes, in order */
};

struct dma_memory {
	bool exists, gone, mapped;
	uint32_t seq, map_seq;
	uint64_t nsegs, mapped_size;
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
	bool is_reported;		/* a store to its bytes was */
	uint32_t device, queue, slot;
	uint32_t seq, site;		/* commit */
	struct { VEC_MEMBERS(struct dma_piece); } piece;
	struct { VEC_MEMBERS(uint8_t); } copy;	/* what the device was given to read */
};

/* Bytes that are not the driver's for now, where it sees them. */
struct dma_owned {
	uintptr_t low, high;
	uint64_t offset;		/* of low, in the map's buffer */
	uint32_t map, device, queue, slot, seq;	/* seq: the commit */
	bool device_writes;
	bool is_back;			/* dequeued, but without its POSTREAD */
};

struct dma {
	struct { VEC_MEMBERS(struct dma_owned); } owned;
	struct { VEC_MEMBERS(struct dma_map); } map;		/* by ordinal */
	struct { VEC_MEMBERS(struct dma_memory); } memory;	/* by ordinal */
	struct { VEC_MEMBERS(struct dma_request); } request;
	uint32_t failed_seq;		/* newest create or alloc that failed */
	bool create_failed;
};

extern const struct area area_dma;
/* Most bytes in a segment, as bus_dmamap_create() was asked; a limit that no map has if unknown. */
uint64_t rules_dma_segment_max(struct rules_core *core, uint64_t map);
extern const struct rule rule_dma_sync_range, rule_dma_sync_ops, rule_dma_sync_pairing,
    rule_dma_post_before_cpu, rule_dma_cpu_write_owned, rule_dma_release_owned;

/* ---- dma_state.c ---- */

/* NULL when there is none of that number. */
struct dma_map *dma_map_at(struct dma *dma, uint64_t ordinal);

/* A fresh load of `length` bytes. */
void dma_begin(struct dma_map *map, uint64_t length);
/* What happens to the states of a range; ops: for PRE and POST. */
enum dma_change { DMA_CHANGE_PRE, DMA_CHANGE_POST, DMA_CHANGE_USED, DMA_CHANGE_FORGET };
void dma_change(struct dma_map *map, uint64_t offset, uint64_t length, enum dma_change change,
    unsigned ops);
/* Bytes of a kind, inclusive; `count` is smaller than what they span when there are holes. */
struct dma_run {
	uint64_t first, last, count;
};
/* Those of the range whose state, of the bits `mask`, has exactly `value`. */
struct dma_run dma_find(const struct dma_map *map, uint64_t offset, uint64_t length,
    uint8_t mask, uint8_t value);
uint8_t dma_state_at(const struct dma_map *map, uint64_t offset);

/* The request at the device that has bytes of this range, of this map; NULL if none. */
const struct dma_request *dma_owner(const struct dma *dma, uint64_t map, uint64_t offset,
    uint64_t length);
const struct dma_request *dma_out(const struct dma *dma, uint64_t map);
/* Of the device that the event is about. */
struct dma_request *dma_request_of(struct dma *dma, const struct event *event, uint64_t queue,
    uint64_t slot, enum dma_request_state state);
/* Where in the map's buffer a descriptor points: sets offset and is_found. */
void dma_place(struct dma *dma, struct dma_piece *piece);

/* Bytes [offset, offset + length) of the buffer; false where it is unknown. */
bool dma_read_buffer(const struct rules_view *view, const struct dma_map *map,
    uint64_t offset, uint64_t length, uint8_t *to);
/* "PREREAD"; for one operation. */
const char *dma_op_name(unsigned op);

/* A request is at the device; it was dequeued; a POSTREAD; a map has nothing loaded; reset. */
void dma_own(struct dma *dma, struct rules_core *core, const struct dma_request *request);
void dma_back(struct dma *dma, struct rules_core *core, const struct dma_request *request);
void dma_read_back(struct dma *dma, struct rules_core *core, uint32_t map, uint64_t offset,
    uint64_t length);
void dma_disown_map(struct dma *dma, struct rules_core *core, uint32_t map);
void dma_disown_all(struct dma *dma, struct rules_core *core, unsigned device);
enum access_verdict dma_touch(void *state, struct rules_core *core,
    const struct access_event *touch);
/* Memory is given back. */
void dma_memory(void *state, struct rules_core *core, enum hw_memory what, uintptr_t low,
    uintptr_t high, uint64_t number);

/* ---- dma_buffer.c ---- */

/* A part of the buffer that is being loaded (HW_NOTE_DMASRC). */
void dma_check_buffer(const struct dma *dma, struct rules_core *core, struct dma_map *map);

/* ---- dma_sync.c ---- */

/* A bus_dmamap_sync() of a loaded map: check it, and carry it out. */
void dma_sync(struct dma *dma, struct rules_core *core);
/* Bytes whose last transfer was not ended by a POST; reported once, then forgotten. */
void dma_report_unsynced(struct dma *dma, struct rules_core *core, uint64_t map,
    const struct rule *rule, uint32_t site, const char *when);

/* ---- dma_request.c ---- */

/* Compare what the device was given with what lies there now. */
void dma_compare(struct dma *dma, struct rules_core *core, const struct dma_request *request,
    uint32_t site);

#endif /* VIOSIM_RULES_KERNEL_DMA_H */
