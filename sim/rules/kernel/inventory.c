/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a driver has made and not yet released: see inventory.h.
 */
#include "rules/kernel/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "rules/shadow.h"

/* What an event makes or releases. */
struct change {
	enum { CHANGE_NONE, CHANGE_MADE, CHANGE_GONE } what;
	enum item_kind kind;
	uint32_t number;
};

static struct change
made(enum item_kind kind, uint64_t number)
{
	return (struct change){ CHANGE_MADE, kind, (uint32_t)number };
}

static struct change
gone(enum item_kind kind, uint64_t number)
{
	return (struct change){ CHANGE_GONE, kind, (uint32_t)number };
}

static struct change
change_by(const struct event *event)
{
	if (event->kind == EV_CALL)
		switch (event->code) {
		case HW_CALL_MUTEX_INIT:
			return made(ITEM_MUTEX, event->call.mutex_init.mutex);
		case HW_CALL_MUTEX_DESTROY:
			return gone(ITEM_MUTEX, event->call.mutex_destroy.mutex);
		case HW_CALL_CV_INIT:
			return made(ITEM_CONDVAR, event->call.cv_init.condvar);
		case HW_CALL_CV_DESTROY:
			return gone(ITEM_CONDVAR, event->call.cv_destroy.condvar);
		}
	if (event->kind == EV_NOTE)
		switch (event->code) {
		case HW_NOTE_VQ:
			return made(ITEM_QUEUE, event->note.vq.queue);
		case HW_NOTE_VQ_GONE:
			return gone(ITEM_QUEUE, event->note.vq_gone.queue);
		case HW_NOTE_DMAMAP:
			return made(ITEM_MAP, event->note.dmamap.map);
		case HW_NOTE_DMAMAP_GONE:
			return gone(ITEM_MAP, event->note.dmamap_gone.map);
		case HW_NOTE_SYSCTL:
			return made(ITEM_SYSCTL, event->note.sysctl.node);
		case HW_NOTE_SYSCTL_GONE:
			return gone(ITEM_SYSCTL, event->note.sysctl_gone.node);
		case HW_NOTE_SOFTINT:
			return event->note.softint.established != 0 ?
			    made(ITEM_SOFTINT, event->note.softint.softint) :
			    gone(ITEM_SOFTINT, event->note.softint.softint);
		case HW_NOTE_THREAD:
			return made(ITEM_THREAD, event->note.thread.context);
		case HW_NOTE_THREAD_GONE:
			return gone(ITEM_THREAD, event->note.thread_gone.context);
		}
	return (struct change){ .what = CHANGE_NONE };
}

static size_t *
bucket_of(struct inventory *inventory, enum item_kind kind, uint32_t number)
{
	if (inventory->bucket == NULL)
		inventory->bucket = xcalloc(INVENTORY_BUCKETS, sizeof(inventory->bucket[0]));
	return &inventory->bucket[(number * 8 + (uint32_t)kind) % INVENTORY_BUCKETS];
}

static struct item *
find(struct inventory *inventory, enum item_kind kind, uint32_t number)
{
	size_t next = *bucket_of(inventory, kind, number);

	while (next != 0) {
		struct item *item = &inventory->item[next - 1];

		if (item->kind == kind && item->number == number && !item->gone)
			return item;
		next = item->next;
	}
	return NULL;
}

static void
add(struct inventory *inventory, struct change change, const struct event *event,
    uint32_t site)
{
	size_t *bucket = bucket_of(inventory, change.kind, change.number);

	*vec_add(inventory) = (struct item){
		.kind = change.kind, .number = change.number, .seq = event->seq, .site = site,
		.next = *bucket,
	};
	*bucket = inventory->count;
}

struct item *
inventory_follow(struct inventory *inventory, const struct event *event, uint32_t site)
{
	struct change change = change_by(event);
	struct item *item;

	if (change.what == CHANGE_NONE)
		return NULL;
	item = find(inventory, change.kind, change.number);
	if (change.what == CHANGE_MADE) {
		/* Made twice is one thing; that it was is for lock.lifecycle to say. */
		if (item == NULL)
			add(inventory, change, event, site);
		return NULL;
	}
	if (item == NULL)
		return NULL;
	item->gone = true;
	item->gone_seq = event->seq;
	return item;
}

const struct item *
inventory_newest(struct inventory *inventory, enum item_kind kind, uint32_t number)
{
	size_t next = *bucket_of(inventory, kind, number);

	while (next != 0 && (inventory->item[next - 1].kind != kind ||
	    inventory->item[next - 1].number != number))
		next = inventory->item[next - 1].next;
	return next != 0 ? &inventory->item[next - 1] : NULL;
}

void
inventory_fini(struct inventory *inventory)
{
	vec_fini(inventory);
	free(inventory->bucket);
	memset(inventory, 0, sizeof(*inventory));
}

const char *
item_word(enum item_kind kind)
{
	switch (kind) {
	case ITEM_MUTEX:
		return "mutex";
	case ITEM_CONDVAR:
		return "condvar";
	case ITEM_QUEUE:
		return "queue";
	case ITEM_MAP:
		return "map";
	case ITEM_SYSCTL:
		return "sysctl node";
	case ITEM_SOFTINT:
		return "soft interrupt";
	case ITEM_THREAD:
		return "thread";
	}
	return "thing";
}
