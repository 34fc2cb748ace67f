/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where each page of memory stands with the driver: one byte a page, untouched for pages that it
 * never had.  Kept by the area page; the device's rules have bits of their own in it
 * (rules/device.h).  The memory of the machine says who uses a page; this says what the driver
 * did with it.
 */
#ifndef VIOSIM_RULES_KERNEL_PAGES_H
#define VIOSIM_RULES_KERNEL_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/memory.h"

enum page_bit {
	PAGE_OWNED = 0x01,		/* allocated by the driver, not freed */
	PAGE_FRESH = 0x02		/* and never named in a request since */
	/* From 0x04 on: the device's.  On top of them, which device the page was last for. */
};
#define PAGE_DEVICE(device) ((unsigned)(device) << 6)
#define PAGE_STATES PAGE_DEVICE(1)	/* of a device */
_Static_assert(PAGE_DEVICE(HW_DEVICES) <= 256, "a state is a byte");

/* Pages that changed hands together, for "where was it allocated". */
struct page_batch {
	uint64_t low, high;		/* lowest and highest frame */
	uint32_t seq, site;
	uint8_t owner;			/* enum hw_owner after it */
};
#define PAGE_BATCHES 256

struct pages {
	uint8_t *state;			/* enum page_bit by frame; NULL: not open */
	uint64_t frames;
	size_t mapped;			/* bytes; 0: from the heap */
	unsigned device;		/* whose pages are looked at, counted, named */
	int64_t count[PAGE_DEVICE(HW_DEVICES)];	/* pages by state; [0] means nothing */
	uint64_t seen[HW_DEVICES];	/* bit 1 << state: some page was in it */
	struct page_batch batch[PAGE_BATCHES];
	uint32_t batches;		/* ever */
};

/* Room for all frames of the machine. */
void pages_open(struct pages *pages, const struct memory *memory);
void pages_fini(struct pages *pages);

static inline void
pages_set(struct pages *pages, uint64_t pfn, unsigned state)
{
	pages->count[pages->state[pfn]]--;
	pages->count[state]++;
	pages->seen[state / PAGE_STATES] |= UINT64_C(1) << state % PAGE_STATES;
	pages->state[pfn] = (uint8_t)state;
}

/*
 * The same for many pages in a row.  Neighbours mostly come from one state and go to one state:
 * where to is thought over once, at the first of them, and they are counted together.  Begin
 * with a rule for some state in `from` and `to`, end with pages_moved().
 */
struct pages_move {
	unsigned from, to;
	int64_t n;
};

static inline void
pages_moved(struct pages *pages, const struct pages_move *move)
{
	if (move->n == 0)
		return;
	pages->count[move->from] -= move->n;
	pages->count[move->to] += move->n;
	pages->seen[move->to / PAGE_STATES] |= UINT64_C(1) << move->to % PAGE_STATES;
}

/* The pages from here on come from another state. */
static inline void
pages_turn(struct pages *pages, struct pages_move *move, unsigned from, unsigned to)
{
	pages_moved(pages, move);
	*move = (struct pages_move){ .from = from, .to = to };
}

/* A page in the state `from`. */
static inline void
pages_step(struct pages *pages, struct pages_move *move, uint64_t pfn)
{
	pages->state[pfn] = (uint8_t)move->to;
	move->n++;
}

/* Pages of a kind: how many, and the first that was met. */
struct pages_found {
	uint64_t n, first;
};

static inline void
pages_find(struct pages_found *found, uint64_t pfn)
{
	if (found->n++ == 0)
		found->first = pfn;
}

/* Pages of the device whose state has, of the bits `mask`, exactly `bits`. */
uint64_t pages_count(const struct pages *pages, unsigned mask, unsigned bits);
/* Of those the lowest; false if there is none. */
bool pages_first(const struct pages *pages, unsigned mask, unsigned bits, uint64_t *pfn);

/* Of the driver's pages those that are in no list, as their links say (queue(3)). */
uint64_t pages_unlinked(const struct pages *pages, const struct memory *memory);

void pages_note_batch(struct pages *pages, const struct page_batch *batch);
/* The newest change of a page to that owner, if it is still known, else NULL. */
const struct page_batch *pages_batch_of(const struct pages *pages, uint64_t pfn,
    enum hw_owner owner);

struct rules_core;
/* The one table of a run, opened at the first call; for the device at hand (rules_core.at). */
struct pages *rules_pages(struct rules_core *core);
/* Is so much free, or gathered by the driver and not yet given away, above the reserve? */
bool pages_spare(struct rules_core *core, uint64_t pages);
/* Calls of uvm_pglistalloc() that did not return yet. */
unsigned pages_allocating(struct rules_core *core);

#endif /* VIOSIM_RULES_KERNEL_PAGES_H */
