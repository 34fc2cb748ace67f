/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What drivers have made and not yet released: see inventory.h.
 */
#include "rules/kernel/inventory.h"

#include "base/alloc.h"
#include "base/sbuf.h"

#define BUCKETS 4096
#define MUTEX_SPIN 0			/* kmutex_type_t */
#define MUTEX_ADAPTIVE 1

struct inventory {
	VEC_MEMBERS(struct item);	/* in order of making */
	size_t *bucket;			/* by kind and number: the newest, plus one; 0: none */
};

/* What is said of one that is left: its name, the rule, and how it came to be. */
static const struct {
	const char *word;
	const struct rule *leak;
	const char *made;
} kinds[] = {
	[ITEM_MUTEX] = { "mutex", &rule_attach_leak, "made here" },
	[ITEM_CONDVAR] = { "condvar", &rule_attach_leak, "made here" },
	[ITEM_QUEUE] = { "queue", &rule_attach_leak, "made here" },
	[ITEM_SYSCTL] = { "sysctl node", &rule_attach_sysctl, "made here" },
	[ITEM_SOFTINT] = { "soft interrupt", &rule_attach_leak, "made here" },
	[ITEM_MAP] = { "map", &rule_dma_leak, "created here" },
	[ITEM_DMA_MEMORY] = { "DMA memory", &rule_dma_leak, "allocated here" },
	[ITEM_KMEM] = { "kmem block", &rule_mem_leak, "allocated here" },
};

static size_t *
bucket_of(struct inventory *inventory, enum item_kind kind, uint32_t number)
{
	if (inventory->bucket == NULL)
		inventory->bucket = xcalloc(BUCKETS, sizeof(inventory->bucket[0]));
	return &inventory->bucket[(number * 8 + (uint32_t)kind) % BUCKETS];
}

static struct item *
newest(struct inventory *inventory, const struct rules_core *core, enum item_kind kind,
    uint32_t number)
{
	size_t next = *bucket_of(inventory, kind, number);

	while (next != 0) {
		struct item *item = &inventory->item[next - 1];

		if (item->kind == kind && item->number == number &&
		    (kind != ITEM_QUEUE || item->device == core->at))
			return item;
		next = item->next;
	}
	return NULL;
}

struct item *
item_newest(struct rules_core *core, enum item_kind kind, uint64_t number)
{
	return newest(rules_state(core, &area_inventory), core, kind, (uint32_t)number);
}

/* The number that the event has is its first, whatever it is of. */
static struct item *
ending(struct inventory *inventory, const struct rules_core *core)
{
	static const struct { uint16_t kind, code; enum item_kind item; } ends[] = {
		{ EV_CALL, HW_CALL_MUTEX_DESTROY, ITEM_MUTEX },
		{ EV_CALL, HW_CALL_CV_DESTROY, ITEM_CONDVAR },
		{ EV_NOTE, HW_NOTE_VQ_GONE, ITEM_QUEUE },
		{ EV_NOTE, HW_NOTE_SYSCTL_GONE, ITEM_SYSCTL },
		{ EV_NOTE, HW_NOTE_SOFTINT, ITEM_SOFTINT },
		{ EV_NOTE, HW_NOTE_DMAMAP_GONE, ITEM_MAP },
		{ EV_NOTE, HW_NOTE_KMEM_GONE, ITEM_KMEM },
	};
	const struct event *event = core->event;
	uint64_t number = event->kind == EV_CALL ? event->call.mutex_destroy.mutex :
	    event->note.vq_gone.queue;
	struct item *item = NULL;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends[i].kind == event->kind && ends[i].code == event->code)
			item = newest(inventory, core, ends[i].item, (uint32_t)number);
	return item != NULL && !item->gone ? item : NULL;
}

const struct item *
item_relied_on(struct rules_core *core)
{
	const struct item *item = ending(rules_state(core, &area_inventory), core);

	return item != NULL && item->device == core->at && rules_status(core)->live &&
	    item->seq < rules_status(core)->live_seq ? item : NULL;
}

const char *
item_word(enum item_kind kind)
{
	return kinds[kind].word;
}

size_t
inventory_queues(struct rules_core *core)
{
	const struct inventory *inventory = rules_state(core, &area_inventory);
	size_t count = 0;

	vec_each(item, inventory)
		count += item->kind == ITEM_QUEUE && item->device == core->at && !item->gone;
	return count;
}

void
inventory_report_left(struct rules_core *core, unsigned wanted, const char *when)
{
	struct inventory *inventory = rules_state(core, &area_inventory);
	char size[48];

	vec_each(item, inventory) {
		if (item->gone || item->reported || (wanted & 1u << item->kind) == 0 ||
		    item->device != core->at)
			continue;
		item->reported = true;
		snprintf(size, sizeof(size), " (%llu byte%s)", (unsigned long long)item->size,
		    plural(item->size));
		rules_report_at(core, kinds[item->kind].leak, item->site, "%s %u%s is %s after %s",
		    kinds[item->kind].word, item->number, item->kind >= ITEM_MAP ? size : "",
		    item->left != NULL ? item->left : "left", when);
		rules_because(core, item->seq, "%s", kinds[item->kind].made);
	}
}

/* ---- the events ---- */

/* Made twice is one thing; that it was is for lock.lifecycle to say. */
static struct item *
make(struct inventory *inventory, const struct rules_core *core, enum item_kind kind,
    uint64_t number, uint32_t seq)
{
	size_t *bucket = bucket_of(inventory, kind, (uint32_t)number);
	struct item *item = newest(inventory, core, kind, (uint32_t)number);

	if (item != NULL && !item->gone)
		return item;
	item = vec_add(inventory);
	*item = (struct item){
		.kind = kind, .number = (uint32_t)number, .device = core->at, .seq = seq,
		.site = core->site, .next = *bucket,
	};
	*bucket = inventory->count;
	return item;
}

/* What is named by the call that made it has the call's number. */
#define MADE(name, kind, number, ...) \
	HOOK(inventory, name, struct inventory *inventory, __VA_ARGS__) \
	{ \
		make(inventory, core, kind, number, event->seq); \
	}
#define MADE_OF(name, kind, number, bytes, ...) \
	HOOK(inventory, name, struct inventory *inventory, __VA_ARGS__) \
	{ \
		make(inventory, core, kind, number, core->call->seq)->size = bytes; \
	}
MADE(call_cv_init, ITEM_CONDVAR, event->call.cv_init.condvar, ON_CALL(CV_INIT))
MADE(note_queue, ITEM_QUEUE, event->note.vq.queue, ON_NOTE(VQ))
MADE(note_node, ITEM_SYSCTL, event->note.sysctl.node, ON_NOTE(SYSCTL))
MADE_OF(note_map, ITEM_MAP, event->note.dmamap.map, event->note.dmamap.size, ON_NOTE(DMAMAP))
MADE_OF(note_memory, ITEM_DMA_MEMORY, event->note.dmamem.memory, event->note.dmamem.size,
    ON_NOTE(DMAMEM))
MADE_OF(note_kmem, ITEM_KMEM, event->note.kmem.block, event->note.kmem.size, ON_NOTE(KMEM))

HOOK(inventory, call_mutex_init, struct inventory *inventory, ON_CALL(MUTEX_INIT))
{
	uint64_t type = event->call.mutex_init.type, ipl = event->call.mutex_init.ipl;
	struct item *item = make(inventory, core, ITEM_MUTEX, event->call.mutex_init.mutex,
	    event->seq);

	item->ipl = (uint8_t)ipl;
	item->is_spin = type == MUTEX_SPIN || (type != MUTEX_ADAPTIVE && ipl >= IPL_VM);
}

HOOK(inventory, on_gone, struct inventory *inventory, ON_CALL(MUTEX_DESTROY), ON_CALL(CV_DESTROY),
    ON_NOTE(VQ_GONE), ON_NOTE(SYSCTL_GONE), ON_NOTE(DMAMAP_GONE), ON_NOTE(KMEM_GONE))
{
	struct item *item = ending(inventory, core);

	if (item == NULL)
		return;
	item->gone = true;
	item->gone_seq = event->seq;
}

HOOK(inventory, note_softint, struct inventory *inventory, ON_NOTE(SOFTINT))
{
	if (event->note.softint.established == 0)
		on_gone(inventory, core, event, site);
	else
		make(inventory, core, ITEM_SOFTINT, event->note.softint.softint, event->seq);
}

FINI(inventory_fini, struct inventory *inventory)
{
	vec_fini(inventory);
	free(inventory->bucket);
}

const struct area area_inventory = {
	.state_bytes = sizeof(struct inventory),
	.fini = inventory_fini,
};
