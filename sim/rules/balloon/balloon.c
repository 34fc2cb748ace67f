/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about balloon requests: what they name, how many, and whether they were asked for.
 *
 * A request is checked when it is committed, by reading the buffers that its descriptors name
 * as the device would; where that is not possible, when the device reads it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/sbuf.h"
#include "rules/balloon/balloon.h"
#include "rules/balloon/balloon_entries.h"

#define DESC_INDIRECT 0x04u		/* VRING_DESC_F_INDIRECT */
/* Sixteen million page numbers: no guest has so many pages. */
#define BYTES_MAX (UINT32_C(64) << 20)
#define REQUESTS_MANY 64		/* complete, kept for a last look */

struct segment {
	uint64_t bus;
	uint32_t bytes;
};

/* A request that is being put together, or one that could not be read at its commit. */
struct pending {
	bool used;
	uint32_t seq, site;		/* of its commit */
	struct { VEC_MEMBERS(struct segment); } segment;	/* kept for the next request */
	uint64_t bytes;			/* all of them */
};

struct balloon_state {
	struct ledger ledger;
	struct { VEC_MEMBERS(struct pending); } pending[LEDGER_QUEUES];	/* by slot */
	bool behind;			/* `actual` is not the target, */
	uint64_t behind_ns;		/* since then */
	unsigned unasked;		/* requests, one after another, that no target asked for */
	uint32_t over_seq, over_site;	/* the newest request beyond the target, 0 if none */
	uint32_t target, nearest;	/* of the newest target: the least difference so far, */
	uint64_t closer_ns;		/* and since when it is that */
	uint8_t *buffer;
	size_t buffer_max;
	bool reads_target[SHADOW_CONTEXTS];	/* its newest config read is of num_pages */
	uint32_t woken[SHADOW_CONTEXTS];	/* event of its last wake-up or start */
	bool in_call[SHADOW_CONTEXTS];	/* sleeps inside a call, not for work */
};

/* ---- putting a request together ---- */

/* That of a slot; NULL: there is none. */
static struct pending *
pending_find(struct balloon_state *state, uint64_t queue, uint64_t slot)
{
	struct pending *pending = queue < LEDGER_QUEUES ? vec_get(&state->pending[queue], slot) :
	    NULL;

	return pending != NULL && pending->used ? pending : NULL;
}

static struct pending *
pending_new(struct balloon_state *state, uint64_t queue, uint64_t slot)
{
	struct pending *pending = vec_reach(&state->pending[queue], slot);

	pending->used = true;
	pending->seq = pending->site = 0;
	pending->segment.count = 0;
	pending->bytes = 0;
	return pending;
}

HOOK(balloon, note_desc, struct balloon_state *state, ON_NOTE(DESC))
{
	struct pending *pending = pending_find(state, event->note.desc.queue,
	    event->note.desc.slot);

	if (event->note.desc.queue >= LEDGER_QUEUES ||
	    (event->note.desc.flags & (DESC_WRITE | DESC_INDIRECT)) != 0)
		return;
	if (pending == NULL)
		pending = pending_new(state, event->note.desc.queue, event->note.desc.slot);
	pending->bytes += event->note.desc.length;
	*vec_add(&pending->segment) = (struct segment){
		.bus = event->note.desc.address, .bytes = (uint32_t)event->note.desc.length,
	};
}

static void *
make_room(struct balloon_state *state, size_t bytes)
{
	if (bytes > state->buffer_max) {
		state->buffer_max = bytes < 4096 ? 4096 : bytes;
		free(state->buffer);
		state->buffer = xmalloc(state->buffer_max);
	}
	return state->buffer;
}

/* What the device would read; NULL when that is unknown. */
static const uint32_t *
read_entries(struct balloon_state *state, const struct memory *memory,
    const struct pending *pending)
{
	uint8_t *to;

	if (pending->bytes > BYTES_MAX)
		return NULL;
	to = make_room(state, pending->bytes + sizeof(uint32_t));
	for (size_t i = 0; i < pending->segment.count; i++) {
		if (!memory_dma_read(memory, pending->segment.item[i].bus, to,
		    pending->segment.item[i].bytes))
			return NULL;
		to += pending->segment.item[i].bytes;
	}
	memory_swap32(memory, (uint32_t *)state->buffer, pending->bytes / sizeof(uint32_t));
	return (const uint32_t *)state->buffer;
}

/* ---- direction ---- */

/*
 * Did the driver have that target all the time while it made the request?  Either nothing
 * changed since its thread last woke up, or that thread itself read it.
 */
static bool
is_settled_target(const struct balloon_state *state, const struct ledger_target *target,
    const struct event *event)
{
	return target->known &&
	    (target->seq < state->woken[event->ctx] || target->ctx == event->ctx);
}

RULE_ROW(rule_inflate_direction) = {
	"balloon.inflate-direction", SEVERITY_LINT,
	"no page is given to the host beyond its target",
	"virtio 1.2 clause 5.5.6.1: SHOULD supply pages when num_pages is greater",
	"The guest loses memory that nobody asked for, without end if `actual` is what "
	"the driver looks at and the device does not keep it.",
	.distance = RULE_SUSPECT
};

RULE_ROW(rule_unasked) = {
	"balloon.unasked", SEVERITY_ERROR,
	"no request is made for pages when the host has as many as it ever asked for",
	"virtio 1.2 clause 5.5.6.1: SHOULD supply pages when num_pages is greater than actual",
	"The driver goes by a number that does not follow its requests, and does so until the "
	"guest has no memory left.",
	"sc->sc_actual = n;", "sc->sc_actual += n;"
};

/* One request may go beyond the target, by a driver that gives whole blocks; not the next. */
static void
check_unasked(struct balloon_state *state, struct rules_core *core, uint32_t moved, uint32_t site)
{
	const struct pages *pages = rules_pages(core);
	const struct ledger_target *target = &state->ledger.target;
	uint64_t has = pages_count(pages, LEDGER_BALLOON, LEDGER_BALLOON);

	if (moved == 0 || !target->known || has < target->most ||
	    pages_count(pages, LEDGER_OFFERED, LEDGER_OFFERED) > 0) {
		state->unasked = 0;
		return;
	}
	/* With another `actual` than its own the driver may rightly go by it. */
	if (!balloon_actual_is_own(core) || ++state->unasked < 2)
		return;
	rules_report_at(core, &rule_unasked, site, "%u pages given to the host, which has %" PRIu64
	    " and never asked for more than %" PRIu32 "; `actual` is %" PRIu32, moved, has,
	    target->most, balloon_look(core)->actual);
	rules_because(core, target->seq, "target read: %" PRIu32, target->pages);
}

static void
check_inflate_direction(struct balloon_state *state, struct rules_core *core, uint32_t moved,
    uint64_t before, uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const struct ledger_target *known = &rules_ledger(core)->target;
	uint64_t target = known->pages;

	/* A device that forgets `actual` is no excuse: the driver knows what it gave. */
	if (!view->device.healthy && balloon_look(core)->keeps_actual)
		return;
	if (moved == 0 || before + moved <= target)
		return;
	if (before == target && !view->strict)
		return;
	state->over_seq = core->event->seq;
	state->over_site = site;
	rules_report_at(core, &rule_inflate_direction, site, "%u page%s given to the host, which "
	    "has %" PRIu64 " and wants %" PRIu64, moved, plural(moved), before, target);
	rules_because(core, known->seq, "target read: %" PRIu64, target);
}

RULE_ROW(rule_deflate_direction) = {
	"balloon.deflate-direction", SEVERITY_ERROR,
	"pages are reclaimed only as far as the host released them",
	"virtio 1.2 clause 5.5.6.1, with DEFLATE_ON_OOM and detaching excepted",
	"The host counts on the memory that the balloon holds.",
	.distance = RULE_SUSPECT
};

static void
check_deflate_direction(const struct balloon_state *state, struct rules_core *core,
    uint32_t moved, uint64_t before, uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const struct ledger_target *known = &rules_ledger(core)->target;
	uint64_t target = known->pages;

	/* With an `actual` that the driver did not write two counts are right at once. */
	if (!balloon_actual_is_own(core))
		return;
	/* A driver that goes away must not leave its pages behind, whatever the target. */
	if (view->device.features & FEATURE_DEFLATE_ON_OOM || view->detaching)
		return;
	/* Pages that are offered to the host already may be counted on. */
	if (moved == 0 || before + pages_count(rules_pages(core), LEDGER_OFFERED,
	    LEDGER_OFFERED) >= target + moved)
		return;
	if (before == target && !view->strict)
		return;
	rules_report_at(core, &rule_deflate_direction, site, "%u page%s asked back from the host, "
	    "which has %" PRIu64 " and wants %" PRIu64, moved, plural(moved), before, target);
	rules_because(core, known->seq, "target read: %" PRIu64, target);
	if (state->over_seq != 0)
		rules_because_at(core, state->over_seq, state->over_site,
		    "the newest pages given beyond the target");
}

/* ---- a request is complete ---- */

RULE_ROW(rule_length) = {
	"balloon.length", SEVERITY_ERROR,
	"a request is a whole number of 4-byte entries, at least one",
	"virtio 1.2 clause 5.5.6",
	"There is no count field: the length is the claim how many pages are meant.",
	"virtio_enqueue_p(vsc, vq, slot, map, 0, n, true);",
	"virtio_enqueue_p(vsc, vq, slot, map, 0, n * sizeof(uint32_t), true);"
};

static void
check_length(struct rules_core *core, uint64_t bytes, uint32_t site)
{
	if (bytes % sizeof(uint32_t) != 0)
		rules_report_at(core, &rule_length, site, "a request of %" PRIu64
		    " bytes is no whole number of entries", bytes);
	else if (bytes == 0)
		rules_report_at(core, &rule_length, site, "a request without an entry");
}

static void
check(struct balloon_state *state, struct rules_core *core, const struct ledger_request *request,
    const uint32_t *entry)
{
	struct ledger *ledger = rules_ledger(core);
	const struct pages *pages = rules_pages(core);
	uint64_t before = ledger_in_balloon(pages) +
	    pages_count(pages, LEDGER_OFFERED, LEDGER_OFFERED);
	uint64_t returning = pages_count(pages, LEDGER_RETURNING, LEDGER_RETURNING);
	bool settled = is_settled_target(state, &ledger->target, core->event);
	uint32_t moved;

	before -= returning < before ? returning : before;
	if (!ledger->held_before_known) {
		ledger->held_before = balloon_look(core)->held;
		ledger->held_before_known = true;
	}
	if (ledger->request.count > REQUESTS_MANY)
		entries_check_released(core, true);
	check_length(core, request->bytes, request->site);
	if (request->queue == LEDGER_INFLATE)
		check_unasked(state, core, request->n, request->site);
	entries_check(core, request, entry, &moved);
	if (!settled)
		return;
	if (request->queue == LEDGER_INFLATE)
		check_inflate_direction(state, core, moved, before, request->site);
	else
		check_deflate_direction(state, core, moved, before, request->site);
}

static void
on_commit(struct balloon_state *state, struct rules_core *core)
{
	struct pending *pending = pending_find(state, core->event->note.slot.queue,
	    core->event->note.slot.slot);
	const uint32_t *entry;
	struct ledger_request request;

	/* A wrong direction or no buffer at all: matters of the area ring. */
	if (pending == NULL || pending->segment.count == 0)
		return;
	pending->seq = core->event->seq;
	pending->site = core->site;
	entry = read_entries(state, rules_look(core)->memory, pending);
	if (entry == NULL)
		return;		/* checked when the device reads it */
	request = (struct ledger_request){
		.queue = (uint32_t)core->event->note.slot.queue,
		.slot = (uint32_t)core->event->note.slot.slot, .seq = core->event->seq,
		.site = core->site, .bus = pending->segment.item[0].bus,
		.bytes = (uint32_t)pending->bytes,
		.n = (uint32_t)(pending->bytes / sizeof(uint32_t)),
	};
	pending->used = false;
	check(state, core, &request, entry);
}

/* The device reads a request; those that were read before it are known. */
HOOK(balloon, on_take, struct balloon_state *state, ON_EVENT(DEV_TAKE))
{
	const struct pending *pending = pending_find(state, event->dev_take.queue,
	    event->dev_take.head);
	struct ledger_request request = {
		.queue = (uint32_t)event->dev_take.queue, .slot = (uint32_t)event->dev_take.head,
		.seq = pending != NULL ? pending->seq : event->seq,
		.site = pending != NULL ? pending->site : site,
		.bus = pending != NULL && pending->segment.count > 0 ?
		    pending->segment.item[0].bus : 0,
		.bytes = (uint32_t)event->dev_take.length, .n = (uint32_t)event->dev_take.entries,
	};

	/* A device that was set back reads again what was completed long ago. */
	if (!rules_look(core)->device.healthy)
		return;
	if (request.queue >= LEDGER_QUEUES || request.bytes == 0 ||
	    ledger_find_request(rules_ledger(core), request.queue, request.slot) != NULL)
		return;
	check(state, core, &request, core->payload);
}

HOOK(balloon, note_dequeued, void *state, ON_NOTE(DEQUEUED))
{
	struct ledger_request *request = ledger_find_request(rules_ledger(core),
	    (uint32_t)event->note.dequeued.queue, (uint32_t)event->note.dequeued.slot);

	if (request != NULL)
		entries_completed(core, request);
}

/* ---- notes and calls ---- */

HOOK(balloon, note_slot, struct balloon_state *state, ON_NOTE(SLOT))
{
	struct pending *pending;

	if (event->note.slot.queue >= LEDGER_QUEUES)
		return;
	switch (event->note.slot.state) {
	case NOTED_PREPARED:
		pending_new(state, event->note.slot.queue, event->note.slot.slot);
		return;
	case NOTED_COMMITTED:
		on_commit(state, core);
		return;
	case NOTED_FREED:
		pending = pending_find(state, event->note.slot.queue, event->note.slot.slot);
		if (pending != NULL && pending->segment.count > 0) {
			state->ledger.aborted_seq = event->seq;
			state->ledger.aborted_site = site;
		}
		if (pending != NULL)
			pending->used = false;
		return;
	}
}

HOOK(balloon, call_config_read, struct balloon_state *state, ON_CALL(VIRTIO_READ_DEVICE_CONFIG),
    ON_CALL(VIRTIO_READ_DEVICE_CONFIG_LE))
{
	state->reads_target[event->ctx] =
	    event->call.virtio_read_device_config_le.offset == CONFIG_NUM_PAGES &&
	    event->call.virtio_read_device_config_le.width == sizeof(uint32_t);
}

HOOK(balloon, call_config_write, void *state, ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG),
    ON_CALL(VIRTIO_WRITE_DEVICE_CONFIG_LE))
{
	if (event->call.virtio_write_device_config_le.offset == CONFIG_ACTUAL)
		entries_check_released(core, false);
}

HOOK(balloon, ret_config_read, struct balloon_state *state, ON_RET(VIRTIO_READ_DEVICE_CONFIG),
    ON_RET(VIRTIO_READ_DEVICE_CONFIG_LE))
{
	struct ledger_target *known = &state->ledger.target;

	if (!state->reads_target[event->ctx])
		return;
	if (!known->known || known->pages != (uint32_t)event->ret.result)
		known->seq = event->seq;
	known->known = true;
	known->pages = (uint32_t)event->ret.result;
	if (known->most < known->pages)
		known->most = known->pages;
	known->ctx = event->ctx;
}

/* The event comes before what it says is so. */
static void
follow_balance(struct balloon_state *state, const struct rules_core *core, uint32_t target,
    uint32_t actual)
{
	uint32_t distance = target > actual ? target - actual : actual - target;
	bool behind = distance != 0;

	if (behind && !state->behind)
		state->behind_ns = rules_patience_ns(core);
	if (target != state->target || (behind && !state->behind) || distance < state->nearest) {
		state->nearest = distance;
		state->closer_ns = rules_patience_ns(core);
	}
	state->behind = behind;
	state->target = target;
}

HOOK(balloon, on_target, void *state, ON_EVENT(HOST_TARGET))
{
	follow_balance(state, core, (uint32_t)event->host_target.pages,
	    balloon_look(core)->actual);
	config_changed(core);
	live_asked(core, event->host_target.irq != 0);
}

HOOK(balloon, on_actual, void *state, ON_EVENT(DEV_ACTUAL))
{
	follow_balance(state, core, balloon_look(core)->num_pages,
	    (uint32_t)event->dev_actual.stored);
	config_changed(core);
}

HOOK(balloon, on_status, struct balloon_state *state, ON_EVENT(DEV_STATUS))
{
	follow_balance(state, core, balloon_look(core)->num_pages, balloon_look(core)->actual);
	if (event->dev_status.status == 0) {
		ledger_forget_requests(&state->ledger, rules_pages(core));
		state->ledger.target.most = balloon_look(core)->num_pages;
	}
}

HOOK(balloon, on_sleep, struct balloon_state *state, ON_EVENT(CTX_SLEEP))
{
	state->in_call[event->ctx] = event->code == HW_SLEEP_MEMORY ||
	    event->code == HW_SLEEP_MUTEX;
}

/* ---- at rest ---- */

RULE_ROW(rule_count) = {
	"balloon.count", SEVERITY_ERROR,
	"at rest `actual` is the number of pages that the host has from the driver",
	"virtio 1.2 clause 5.5.6.1: the driver MUST update actual",
	"The host plans its memory by this number.",
	"actual += PGS_PER_REQ;", "actual += b->bl_nentries;",
	.distance = RULE_IN_THE_END
};

REST(balloon_rest, void *self)
{
	const struct rules_view *view = rules_look(core);
	const struct device_view *device = &view->device;
	const struct balloon_facts *own = balloon_look(core);
	struct ledger *ledger = rules_ledger(core);
	const struct pages *pages = rules_pages(core);
	uint64_t balloon = pages_count(pages, LEDGER_BALLOON, LEDGER_BALLOON);
	uint64_t held = own->held;

	(void)self;
	if (!view->at_rest || !balloon_actual_is_own(core) || !device->completes ||
	    !(device->status & STATUS_DRIVER_OK) || ledger_waiting(ledger) > 0)
		return;
	if (ledger->voided || (ledger->held_before_known && ledger->held_before != 0))
		held = balloon;
	if (own->actual != balloon || own->actual != held)
		rules_report(core, &rule_count, "`actual` is %" PRIu32 ", the driver holds %" PRIu64
		    " page%s for the host, the host has %" PRIu64, own->actual, balloon,
		    plural(balloon), held);
}

/* A wait for memory or a mutex is in the middle of what the thread does. */
HOOK(balloon, on_wake, struct balloon_state *state, ON_EVENT(CTX_START), ON_EVENT(CTX_WAKE))
{
	if (event->ctx_wake.context < SHADOW_CONTEXTS && !state->in_call[event->ctx_wake.context])
		state->woken[event->ctx_wake.context] = event->seq;
}

FINI(balloon_fini, struct balloon_state *state)
{
	free(state->buffer);
	for (unsigned queue = 0; queue < LEDGER_QUEUES; queue++) {
		vec_each(pending, &state->pending[queue])
			vec_fini(&pending->segment);
		vec_fini(&state->pending[queue]);
	}
	ledger_fini(&state->ledger);
}

const struct area area_balloon = {
	.state_bytes = sizeof(struct balloon_state),
	.each_device = true,
	.fini = balloon_fini,
	.rest = balloon_rest,
};

struct ledger *
rules_ledger(struct rules_core *core)
{
	struct balloon_state *state = rules_state(core, &area_balloon);

	return &state->ledger;
}

/* ---- what the other rules ask ---- */

const struct balloon_facts *
balloon_look(struct rules_core *core)
{
	return rules_look(core)->device.own;
}

bool
balloon_actual_is_own(struct rules_core *core)
{
	const struct balloon_facts *balloon = balloon_look(core);

	return rules_look(core)->device.healthy && balloon->keeps_actual &&
	    !balloon->actual_foreign;
}

/* Memory whose page numbers do not fit a request: no balloon has any use for it. */
static uint64_t
beyond_32_bits(struct rules_core *core)
{
	const struct memory *memory = rules_look(core)->memory;
	uint64_t pages = 0;

	for (unsigned i = 0; i < memory->segments; i++) {
		const struct hw_segment *segment = &memory->segment[i];
		uint64_t end = segment->pfn + segment->npages;

		if (end > UINT64_C(1) << 32)
			pages += end - (segment->pfn > UINT64_C(1) << 32 ? segment->pfn :
			    UINT64_C(1) << 32);
	}
	return pages;
}

/* Has the balloon another size than the host wants, and can the driver do something? */
static bool
has_work(struct rules_core *core)
{
	const struct balloon_facts *balloon = balloon_look(core);
	uint64_t target = balloon->num_pages, actual = balloon->actual;

	if (actual == target)
		return false;
	/* What `actual` means is open when the driver is not its only author. */
	if ((!balloon->keeps_actual || balloon->actual_foreign) &&
	    balloon_look(core)->held == target)
		return false;
	return target < actual || pages_spare(core, target - actual + beyond_32_bits(core));
}

static bool
knows_work(struct rules_core *core, uint32_t *seq)
{
	const struct ledger_target *target = &rules_ledger(core)->target;

	*seq = target->seq;
	return target->known && target->pages == balloon_look(core)->num_pages;
}

static void
describe(struct rules_core *core, struct rules_work *work)
{
	const struct balloon_state *state = rules_state(core, &area_balloon);
	const struct balloon_facts *balloon = balloon_look(core);

	snprintf(work->asked, sizeof(work->asked), "%" PRIu32 " pages, `actual` %" PRIu32,
	    balloon->num_pages, balloon->actual);
	snprintf(work->state, sizeof(work->state), "the host wants %" PRIu32 " pages, `actual` is "
	    "%" PRIu32 ", the host has %" PRIu64, balloon->num_pages, balloon->actual,
	    balloon_look(core)->held);
	work->means = balloon->num_pages > balloon->actual ? " and there is memory" : "";
	work->behind = state->behind;
	work->behind_ns = state->behind_ns;
	work->closer_ns = state->closer_ns;
}

static size_t
waiting(struct rules_core *core)
{
	return ledger_waiting(rules_ledger(core));
}

static const struct rules_queue_feature queue_features[] = {
	{ "STATS_VQ", FEATURE_STATS_VQ },
	{ "FREE_PAGE_HINT", FEATURE_FREE_PAGE_HINT },
	{ "PAGE_REPORTING", UINT64_C(1) << 5 },
	{ NULL, 0 }
};

static const struct rules_field fields[] = {
	{ "num_pages", CONFIG_NUM_PAGES, 4, false, 0, NULL },
	{ "actual", CONFIG_ACTUAL, 4, true, 0, NULL },
	{ "free_page_hint_cmd_id", 8, 4, false, FEATURE_FREE_PAGE_HINT, "FREE_PAGE_HINT" },
	{ "poison_val", CONFIG_POISON, 4, true, FEATURE_PAGE_POISON, "PAGE_POISON" },
	{ .name = NULL }
};

const struct rules_device rules_balloon = {
	.id = 5,
	.name = "memory balloon",
	.areas = (const struct area *const[]){
		&area_balloon_page, &area_balloon, &area_balloon_config, &area_balloon_attach,
		&area_balloon_statistics, NULL
	},
	.queues = 2,
	.queue_features = queue_features,
	.attaching = balloon_attaching,
	.fields = fields,
	.page_busy = LEDGER_OFFERED | LEDGER_BALLOON | LEDGER_RETURNING,
	.page_kept = LEDGER_RETURNING,
	.page_freed = balloon_page_freed,
	.pages_freed = balloon_pages_freed,
	.work = "target",
	.has_work = has_work,
	.knows_work = knows_work,
	.describe = describe,
	.waiting = waiting,
};
