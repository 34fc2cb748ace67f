/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area inventory, which has no rules: what drivers have made and not yet released.  It follows an
 * event after all other areas have looked at it.
 */
#ifndef VIOSIM_RULES_INVENTORY_H
#define VIOSIM_RULES_INVENTORY_H

#include "rules/area.h"

enum item_kind {
	ITEM_MUTEX, ITEM_CONDVAR, ITEM_QUEUE, ITEM_SYSCTL, ITEM_SOFTINT, ITEM_MAP, ITEM_DMA_MEMORY,
	ITEM_KMEM
};

struct item {
	enum item_kind kind;
	uint32_t number;		/* ordinal, or index of a queue */
	unsigned device;
	uint32_t seq, site;		/* made */
	uint64_t size;			/* bytes, of a map and of memory */
	bool is_spin;			/* of a mutex, */
	uint8_t ipl;			/* this too */
	bool gone, reported;
	uint32_t gone_seq;
	const char *left;		/* how, when it is found; NULL: "left" */
	size_t next;			/* in its bucket, an older one, plus one; 0: none */
};

extern const struct area area_inventory;
extern const struct rule rule_attach_leak, rule_attach_sysctl, rule_dma_leak, rule_mem_leak;

/*
 * The newest of that name, released or not, valid until another is made; NULL: there never was one.
 * A queue is one of the device at hand.
 */
struct item *item_newest(struct rules_core *core, enum item_kind kind, uint64_t number);
/*
 * What the event is about to release while its device is live, which was started with it; NULL:
 * nothing of that kind.
 */
const struct item *item_relied_on(struct rules_core *core);
const char *item_word(enum item_kind kind);

/* Queues of the device at hand that there are. */
size_t inventory_queues(struct rules_core *core);
/* What area attach has rules for: all kinds before maps. */
#define ITEMS_OF_ATTACH ((1u << ITEM_MAP) - 1)
/* Items of these kinds (1 << kind) that the device at hand has left; each is reported once. */
void inventory_report_left(struct rules_core *core, unsigned kinds, const char *when);

#endif /* VIOSIM_RULES_INVENTORY_H */
