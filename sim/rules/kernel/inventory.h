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

#include "base/vec.h"
#include "machine/trace.h"

enum item_kind {
	ITEM_MUTEX, ITEM_CONDVAR, ITEM_QUEUE, ITEM_MAP, ITEM_SYSCTL, ITEM_SOFTINT, ITEM_THREAD
};

struct item {
	enum item_kind kind;
	uint32_t number;		/* ordinal, or index of a queue */
	uint32_t seq, site;		/* made */
	bool gone, reported;
	uint32_t gone_seq;
	size_t next;			/* in its bucket, an older one, plus one; 0: none */
};

#define INVENTORY_BUCKETS 4096

struct inventory {
	VEC_MEMBERS(struct item);	/* in order of making */
	size_t *bucket;			/* by kind and number: the newest, plus one; 0: none */
};

/* Rows for a table of hooks: the events that inventory_follow() is to see. */
#define INVENTORY_HOOKS(hook) \
	ON_CALL(MUTEX_INIT, hook), ON_CALL(MUTEX_DESTROY, hook), ON_CALL(CV_INIT, hook), \
	ON_CALL(CV_DESTROY, hook), ON_NOTE(VQ, hook), ON_NOTE(VQ_GONE, hook), \
	ON_NOTE(DMAMAP, hook), ON_NOTE(DMAMAP_GONE, hook), ON_NOTE(SYSCTL, hook), \
	ON_NOTE(SYSCTL_GONE, hook), ON_NOTE(SOFTINT, hook), ON_NOTE(THREAD, hook), \
	ON_NOTE(THREAD_GONE, hook)

/*
 * Follow an event.  Returns the item that it releases, or NULL; a new item is the last one.
 * Objects without a note (mutexes, condvars) change at the call.
 */
struct item *inventory_follow(struct inventory *inventory, const struct event *event,
    uint32_t site);
/* The newest item of that name, released or not; NULL: there never was one. */
const struct item *inventory_newest(struct inventory *inventory, enum item_kind kind,
    uint32_t number);
void inventory_fini(struct inventory *inventory);

const char *item_word(enum item_kind kind);

#endif /* VIOSIM_RULES_INVENTORY_H */
