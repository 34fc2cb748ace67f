/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest-physical memory: segments of page frames, who uses each, what lies in them.
 *
 * Frames cost nothing until used: the owner array is lazily backed host memory, contents
 * exist only for frames that the kernel mapped (its heap, softc, rings, bounce pages).
 * Three number ranges never overlap by accident: host pointers (kernel virtual), physical
 * addresses (from 0), and bus addresses (MEMORY_BUS_OFFSET added).
 */
#ifndef VIOSIM_MACHINE_MEMORY_H
#define VIOSIM_MACHINE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/vec.h"
#include "door.h"
#include "machine/regions.h"

#define MEMORY_PAGE_SHIFT 12
#define MEMORY_PAGE_SIZE ((uint64_t)1 << MEMORY_PAGE_SHIFT)
/*
 * A bit that no physical address of RAM has.  Below 2^44, as is what the kernel gives to queues: a
 * legacy queue address is a 32-bit page number (virtio 1.2 clause 4.1.5.1.3.1).
 */
#define MEMORY_BUS_OFFSET (UINT64_C(1) << 43)
#define MEMORY_SEGMENTS_MAX 8
/*
 * Kernel virtual memory.  Addresses are handed out again when those of some megabytes, or of four
 * times what is in use, have gone by: until then a stale pointer meets poison and no other data.
 */
#define MEMORY_ARENA_PAGES 32768
#define MEMORY_RESTS_PAGES 4096
#define MEMORY_TABLES_MAX 24
#define MEMORY_POISON 0xa5		/* contents of fresh kernel memory */
#define MEMORY_OWNER_MASK 0x03u		/* enum hw_owner in memory.frame */
#define MEMORY_DRIVERS 0x04u		/* likewise: and that is the driver */
#define MEMORY_HOST_HAS 0x08u		/* likewise: the host has it */

struct memory_counts {
	uint64_t total, free, kernel, others, driver;	/* pages; they add up */
	uint64_t held;		/* pages the host has (any owner) */
	uint64_t discarded_in_use;	/* while kernel or others used them; pages */
};

#define MEMORY_STRUCTS_MAX 48
#define MEMORY_STRUCT_SHIFT 5		/* log2 sizeof(struct vm_page) */

/* The struct vm_page of a run of frames, one behind the other. */
struct memory_structs {
	uintptr_t low, bytes;
	const uint8_t *frame;		/* of the first, in memory.frame */
};

struct memory_lent { uint64_t pfn; uint8_t *page; };

struct memory {
	struct regions *regions;	/* where host memory comes from; NULL: the host */
	struct hw_segment segment[MEMORY_SEGMENTS_MAX];
	unsigned segments;
	uint64_t pfn_max;	/* one past the highest frame */
	uint64_t reserve;	/* pages kept for the pagedaemon */
	uint8_t *frame;		/* per pfn: MEMORY_OWNER_MASK, _DRIVERS, _HOST_HAS */
	uint16_t *tag;		/* of the arena (access.h), by four bytes */
	uint32_t *where;
	bool swapped;		/* the CPU's byte order is not that of what devices read */
	struct memory_counts counts;
	/* contents: kernel virtual arena, and host memory that was given a frame */
	uint8_t **page;			/* by pfn; NULL: the frame has no contents */
	uint8_t *arena;
	size_t arena_used;		/* pages from its start that ever were mapped */
	size_t arena_next;		/* where the search for the next range begins */
	size_t arena_mapped;		/* pages that are mapped now */
	uint64_t *arena_pfn;		/* frame behind each arena page, plus 1 */
	struct { VEC_MEMBERS(struct memory_lent); } lent;
	void *table[MEMORY_TABLES_MAX];
	size_t table_bytes[MEMORY_TABLES_MAX], tables;
	struct memory_structs structs[MEMORY_STRUCTS_MAX];
	unsigned runs;
};

/*
 * regions: where its host memory comes from, which outlives it; NULL: its own.  segments: sorted by
 * pfn, not overlapping.  False when host memory cannot be had.
 */
bool memory_init(struct memory *memory, struct regions *regions, const struct hw_segment *segments,
    unsigned n, uint64_t reserve);
void memory_fini(struct memory *memory);

static inline bool
memory_is_ram(const struct memory *memory, uint64_t pfn)
{
	for (unsigned i = 0; i < memory->segments; i++)
		if (pfn - memory->segment[i].pfn < memory->segment[i].npages)
			return true;
	return false;
}

enum hw_owner memory_owner(const struct memory *memory, uint64_t pfn);
bool memory_host_has(const struct memory *memory, uint64_t pfn);
/* Any of the eight frames from pfn on, which there must be? */
static inline bool
memory_host_has_any(const struct memory *memory, uint64_t pfn)
{
	uint64_t eight;

	memcpy(&eight, &memory->frame[pfn], sizeof(eight));
	return (eight & MEMORY_HOST_HAS * UINT64_C(0x0101010101010101)) != 0;
}

/* Change the owner of one frame of RAM, or of several; counts follow. */
void memory_own(struct memory *memory, uint64_t pfn, enum hw_owner owner);
void memory_own_all(struct memory *memory, const uint64_t *pfns, size_t n,
    enum hw_owner owner);
/* The host takes a frame (contents are gone, counted when in use) or gives it back. */
void memory_host_take(struct memory *memory, uint64_t pfn);
void memory_host_give(struct memory *memory, uint64_t pfn);
/* What a device read in its order becomes what the same bytes mean on a little-endian CPU. */
void memory_swap32(const struct memory *memory, uint32_t *value, size_t n);
/* One or the other for the little-endian page numbers of a request; returns how many of
 * them are no frames of RAM. */
size_t memory_host_move(struct memory *memory, const uint32_t *entries, size_t n, bool to_host);

/* Kernel virtual memory over frames; NULL when no range of so many pages is free. */
void *memory_map(struct memory *memory, const uint64_t *pfns, size_t n);
void memory_unmap(struct memory *memory, void *va, size_t n);
/* The page of host memory at `page` lies in that frame from now on. */
void memory_lend(struct memory *memory, void *page, uint64_t pfn);
uint64_t memory_phys(const struct memory *memory, const void *va);	/* ~0: none */
/* Where the byte at a physical address lies in host memory; NULL: it has no contents. */
void *memory_contents(const struct memory *memory, uint64_t phys);

/* DMA as a device does it, by bus address.  False (nothing copied past the bad page) when
 * an address is no bus address of RAM; RAM without contents reads as zero. */
bool memory_dma_read(const struct memory *memory, uint64_t bus, void *to, size_t length);
bool memory_dma_write(struct memory *memory, uint64_t bus, const void *from, size_t length);

/* Zeroed lazily backed host memory that lives as long as the world. */
void *memory_table(struct memory *memory, size_t bytes);
/* The struct vm_page of n frames from pfn on lie from there on. */
void memory_page_structs(struct memory *memory, const void *low, uint64_t pfn, uint64_t n);
/* The run of them that the address is in; NULL: none. */
const struct memory_structs *memory_structs_at(const struct memory *memory, uintptr_t address);
/* The frame whose struct it is; false: none. */
bool memory_struct_at(const struct memory *memory, uintptr_t address, uint64_t *pfn);

#endif /* VIOSIM_MACHINE_MEMORY_H */
