/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: where each page stands between driver and host, as their dealings say it.
 *
 * The memory of the machine says who uses a page and whether the host has it; the ledger says
 * what the driver may think: allocated, named in a request, acknowledged, asked back.  It is
 * kept by the areas page (allocation) and balloon (requests) and read by others.  One byte a
 * page, untouched for pages the driver never had.  For files of this folder.
 *
 * An answer counts when the driver has taken it from the ring (virtio_dequeue): before that
 * it cannot know.
 */
#ifndef VIOSIM_RULES_LEDGER_H
#define VIOSIM_RULES_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/memory.h"

enum ledger_bit {
	LEDGER_OWNED = 0x01,		/* allocated by the driver, not freed */
	LEDGER_FRESH = 0x02,		/* and not in a request since */
	LEDGER_OFFERED = 0x04,		/* in an inflate request that was not answered yet */
	LEDGER_BALLOON = 0x08,		/* inflate answered, no deflate request names it */
	LEDGER_RETURNING = 0x10,	/* in a deflate request that was not answered yet */
	LEDGER_GIVEN = 0x20		/* owned, inflate answered, not released since */
};
#define LEDGER_STATES 64

enum ledger_queue { LEDGER_INFLATE, LEDGER_DEFLATE, LEDGER_QUEUES };

/* Pages that changed hands together, for "where was it allocated". */
struct ledger_batch {
	uint64_t low, high;		/* lowest and highest frame */
	uint32_t seq, site;
	uint8_t owner;			/* enum hw_owner after it */
};
#define LEDGER_BATCHES 256

struct ledger_request {
	uint32_t queue, slot;
	uint32_t seq, site;		/* its commit */
	uint64_t bus;			/* where its first buffer lies */
	uint32_t bytes, n;		/* length; entries = bytes / 4 */
	uint32_t *entry;		/* as the device would read them at the commit */
	uint32_t same_from;		/* entries from here on equal what the buffer held before */
	bool answered;			/* kept for a look at what is released */
	bool reported;			/* its entries were wrong, and that was said */
};

/* What a buffer held at its last commit. */
struct ledger_old {
	uint64_t bus;
	uint32_t n, max, seq;
	uint32_t *entry;
};
#define LEDGER_OLDS 4

/* The target as the driver last read it from configuration space. */
struct ledger_target {
	bool known;
	uint32_t pages;
	uint32_t seq;			/* since when it is this */
	uint32_t ctx;			/* who read it last */
};

struct ledger {
	uint8_t *page;			/* enum ledger_bit by frame */
	uint64_t pages;
	size_t page_bytes;		/* mapped; 0: from the heap */
	int64_t count[LEDGER_STATES];	/* pages by state; [0] means nothing */
	uint64_t seen;			/* bit 1 << state: some page was in it */
	struct ledger_batch batch[LEDGER_BATCHES];
	uint32_t batches;		/* ever */
	struct ledger_request *request;	/* oldest first */
	size_t requests, requests_max;
	struct ledger_old old[LEDGER_OLDS];
	unsigned old_next;
	uint32_t answers;		/* ever */
	uint32_t answer_seq;		/* of the newest answer taken */
	struct ledger_target target;
	uint64_t held_before;		/* pages the host had before the first request */
	bool held_before_known;
};

void ledger_init(struct ledger *ledger);
void ledger_fini(struct ledger *ledger);
/* Room for all frames of the machine. */
void ledger_open(struct ledger *ledger, const struct memory *memory);
/* The guest restarted: nothing is owed. */
void ledger_clear(struct ledger *ledger);
/* The device was reset: requests are void, the driver keeps its pages. */
void ledger_forget_requests(struct ledger *ledger);

static inline void
ledger_set(struct ledger *ledger, uint64_t pfn, unsigned state)
{
	ledger->count[ledger->page[pfn]]--;
	ledger->count[state]++;
	ledger->seen |= UINT64_C(1) << state;
	ledger->page[pfn] = (uint8_t)state;
}

/*
 * The same for many pages in a row.  Neighbours mostly come from one state and go to one state:
 * where to is thought over once, at the first of them, and they are counted together.  Begin
 * with a rule for some state in `from` and `to`, end with ledger_moved().
 */
struct ledger_move {
	unsigned from, to;
	int64_t n;
};

static inline void
ledger_moved(struct ledger *ledger, const struct ledger_move *move)
{
	if (move->n == 0)
		return;
	ledger->count[move->from] -= move->n;
	ledger->count[move->to] += move->n;
	ledger->seen |= UINT64_C(1) << move->to;
}

/* The pages from here on come from another state. */
static inline void
ledger_turn(struct ledger *ledger, struct ledger_move *move, unsigned from, unsigned to)
{
	ledger_moved(ledger, move);
	*move = (struct ledger_move){ .from = from, .to = to };
}

/* A page in the state `from`. */
static inline void
ledger_step(struct ledger *ledger, struct ledger_move *move, uint64_t pfn)
{
	ledger->page[pfn] = (uint8_t)move->to;
	move->n++;
}

/* Pages whose state has, of the bits `mask`, exactly `bits`. */
uint64_t ledger_count(const struct ledger *ledger, unsigned mask, unsigned bits);
/* Of those the lowest; false if there is none. */
bool ledger_first(const struct ledger *ledger, unsigned mask, unsigned bits, uint64_t *pfn);

/* Pages in the balloon by requests and answers: what `actual` should say. */
uint64_t ledger_in_balloon(const struct ledger *ledger);

void ledger_note_batch(struct ledger *ledger, const struct ledger_batch *batch);
/* The newest change of a page to that owner, if it is still known, else NULL. */
const struct ledger_batch *ledger_batch_of(const struct ledger *ledger, uint64_t pfn,
    enum hw_owner owner);

/* A new request, oldest first; `entry` is copied.  Valid until the next change. */
struct ledger_request *ledger_add_request(struct ledger *ledger,
    const struct ledger_request *request, const uint32_t *entry);
/* The request with that slot that is not answered yet, or NULL. */
struct ledger_request *ledger_find_request(const struct ledger *ledger, uint32_t queue,
    uint32_t slot);
void ledger_drop_request(struct ledger *ledger, struct ledger_request *request);
/* Requests not answered yet. */
size_t ledger_waiting(const struct ledger *ledger);

/* What a buffer held at its last commit, or NULL. */
const struct ledger_old *ledger_old_of(const struct ledger *ledger, uint64_t bus);
void ledger_keep_old(struct ledger *ledger, const struct ledger_request *request);

struct rules_core;
/* The one ledger of a run, opened at the first call. */
struct ledger *rules_ledger(struct rules_core *core);

#endif /* VIOSIM_RULES_LEDGER_H */
