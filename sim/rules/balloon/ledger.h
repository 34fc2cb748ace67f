/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger: what driver and host have dealt, as the requests say it.  With the bits below,
 * the table of pages (kernel/pages.h) says where each page stands between the two.
 *
 * A completion counts when the driver has taken it from the ring (virtio_dequeue): before that
 * it cannot know.
 */
#ifndef VIOSIM_RULES_BALLOON_LEDGER_H
#define VIOSIM_RULES_BALLOON_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "rules/kernel/pages.h"

enum ledger_bit {
	LEDGER_OFFERED = 0x04,		/* in an inflate request not complete yet */
	LEDGER_BALLOON = 0x08,		/* inflate complete, no deflate request names it */
	LEDGER_RETURNING = 0x10,	/* in a deflate request not complete yet */
	LEDGER_GIVEN = 0x20		/* owned, inflate complete, not released since */
};

enum ledger_queue { LEDGER_INFLATE, LEDGER_DEFLATE, LEDGER_QUEUES };

struct ledger_request {
	uint32_t queue, slot;
	uint32_t seq, site;		/* its commit */
	uint64_t bus;			/* where its first buffer lies */
	uint32_t bytes, n;		/* length; entries = bytes / 4 */
	uint32_t *entry;		/* as the device would read them at the commit */
	uint32_t same_from;		/* entries from here on equal what the buffer held before */
	bool completed;			/* kept for a look at what is released */
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
	uint32_t most;			/* it has been, since the device was reset, and then */
	uint32_t seq;			/* since when it is this */
	uint32_t ctx;			/* who read it last */
};

struct ledger {
	struct { VEC_MEMBERS(struct ledger_request); } request;	/* oldest first */
	struct ledger_old old[LEDGER_OLDS];
	unsigned old_next;
	struct ledger_target target;
	uint32_t aborted_seq, aborted_site;	/* of the newest request that was not committed */
	uint64_t held_before;		/* pages the host had before the first request */
	bool held_before_known;
	bool voided;		/* a reset voided requests: who has their pages is open */
};

void ledger_fini(struct ledger *ledger);
/* The device was reset: requests are void, the driver keeps its pages. */
void ledger_forget_requests(struct ledger *ledger, struct pages *pages);

/* Pages in the balloon by requests and completions: what `actual` should say. */
uint64_t ledger_in_balloon(const struct pages *pages);

/* A new request, oldest first; `entry` is copied.  Valid until the next change. */
struct ledger_request *ledger_add_request(struct ledger *ledger,
    const struct ledger_request *request, const uint32_t *entry);
/* The request with that slot not complete yet, or NULL. */
struct ledger_request *ledger_find_request(const struct ledger *ledger, uint32_t queue,
    uint32_t slot);
void ledger_drop_request(struct ledger *ledger, struct ledger_request *request);
/* Requests not complete yet. */
size_t ledger_waiting(const struct ledger *ledger);

/* What a buffer held at its last commit, or NULL. */
const struct ledger_old *ledger_old_of(const struct ledger *ledger, uint64_t bus);
void ledger_keep_old(struct ledger *ledger, const struct ledger_request *request);

struct rules_core;
/* The one ledger of a run. */
struct ledger *rules_ledger(struct rules_core *core);

#endif /* VIOSIM_RULES_BALLOON_LEDGER_H */
