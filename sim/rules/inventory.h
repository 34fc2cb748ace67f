/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver has made and not yet released, as several areas of rules need it.
 * For files of this folder.
 */
#ifndef VIOSIM_RULES_INVENTORY_H
#define VIOSIM_RULES_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/trace.h"

enum item_kind {
	ITEM_MUTEX, ITEM_CONDVAR, ITEM_QUEUE, ITEM_MAP, ITEM_SYSCTL, ITEM_SOFTINT, ITEM_THREAD
};

struct item {
	enum item_kind kind;
	uint32_t number;		/* ordinal, or index of a queue */
	uint32_t seq, site;		/* made */
	bool gone, told;
	uint32_t gone_seq;
};

struct inventory {
	struct item *item;		/* in order of making */
	size_t count, max;
};

/* The events that inventory_see() wants, in the form of struct area. */
#define INVENTORY_KINDS (KIND(CALL) | KIND(NOTE))
#define INVENTORY_CALLS \
	HW_CALL_MUTEX_INIT, HW_CALL_MUTEX_DESTROY, HW_CALL_CV_INIT, HW_CALL_CV_DESTROY
#define INVENTORY_NOTES \
	(NOTE(VQ) | NOTE(VQ_GONE) | NOTE(DMAMAP) | NOTE(DMAMAP_GONE) | NOTE(SYSCTL) | \
	NOTE(SYSCTL_GONE) | NOTE(SOFTINT) | NOTE(THREAD) | NOTE(THREAD_GONE))

/*
 * Follow an event.  Returns the item that it releases, or NULL; a new item is the last one.
 * Objects without a note (mutexes, condvars) change at the call.
 */
struct item *inventory_see(struct inventory *inventory, const struct event *event,
    uint32_t site);
void inventory_fini(struct inventory *inventory);

const char *item_word(enum item_kind kind);

#endif /* VIOSIM_RULES_INVENTORY_H */
