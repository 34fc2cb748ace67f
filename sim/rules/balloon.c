/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about balloon requests: what they name, how many, and whether they were asked for.
 *
 * A request is judged when it is committed, by reading the buffers that its descriptors name
 * as the device would; where that is not possible, when the device reads it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "rules/area.h"
#include "rules/balloon_entries.h"
#include "rules/ledger.h"
#include "rules/shadow.h"

#define FEATURE_DEFLATE_ON_OOM (UINT64_C(1) << 2)
#define STATUS_DRIVER_OK 0x04u
#define DESC_WRITE 0x02u		/* VRING_DESC_F_WRITE */
#define DESC_INDIRECT 0x04u		/* VRING_DESC_F_INDIRECT */
#define CONFIG_NUM_PAGES 0
#define CONFIG_ACTUAL 4
#define SEGMENTS_MAX 16
#define PENDING_MAX 16
#define BYTES_MAX (UINT32_C(64) << 20)
#define REQUESTS_MANY 64		/* answered and kept for a last look */

enum slot_state { SLOT_PREPARED = 1, SLOT_RESERVED, SLOT_COMMITTED, SLOT_FREED };

const struct rule rules_balloon[] = {
	{ "balloon.count", SEVERITY_ERROR,
	  "at rest `actual` is the number of pages that the host has from the driver",
	  "virtio 1.2 clause 5.5.6.1: the driver MUST update actual",
	  "The host plans its memory by this number.",
	  "actual += PGS_PER_REQ;", "actual += b->bl_nentries;" },
	{ "balloon.deflate-direction", SEVERITY_LINT,
	  "no page is taken back that the host did not offer to return",
	  "virtio 1.2 clause 5.5.6.1, with DEFLATE_ON_OOM and detaching excepted",
	  "The host counts on the memory that the balloon holds.",
	  NULL, NULL },
	{ "balloon.deflate-entries", SEVERITY_ERROR,
	  "a deflate request names pages of the balloon, each once, and all that are released",
	  "virtio 1.2 clause 5.5.6.1",
	  "A page that the host was not told of may still be thrown away after its release.",
	  NULL, NULL },
	{ "balloon.entry-byte-order", SEVERITY_ERROR,
	  "page numbers have the byte order of the transport",
	  "virtio 1.2 clauses 5.5.6, 2.7.3",
	  "The host takes other pages than those that are offered.",
	  "b->bl_pages[i] = htobe32(pfn);", "b->bl_pages[i] = htole32(pfn);" },
	{ "balloon.inflate-direction", SEVERITY_LINT,
	  "no page is given to the host beyond its target",
	  "virtio 1.2 clause 5.5.6.1: SHOULD supply pages when num_pages is greater",
	  "The guest loses memory that nobody asked for, without end if `actual` is what "
	  "the driver looks at and the device does not keep it.",
	  NULL, NULL },
	{ "balloon.inflate-entries", SEVERITY_ERROR,
	  "an inflate request names pages that the driver allocated for it, each once",
	  "virtio 1.2 clause 5.5.6.1",
	  "The host discards every page that is named: one that the guest uses is corrupted.",
	  NULL, NULL },
	{ "balloon.length", SEVERITY_ERROR,
	  "a request is a whole number of 4-byte entries, at least one",
	  "virtio 1.2 clause 5.5.6",
	  "There is no count field: the length is the claim how many pages are meant.",
	  "virtio_enqueue_p(vsc, vq, slot, map, 0, n, true);",
	  "virtio_enqueue_p(vsc, vq, slot, map, 0, n * sizeof(uint32_t), true);" },
	{ "balloon.stale-entry", SEVERITY_ERROR,
	  "no entry is left over from an earlier request or was never filled in",
	  "virtio 1.2 clauses 5.5.6, 5.5.6.1",
	  "The device takes the whole descriptor for page numbers, whatever was synced.",
	  "virtio_enqueue(vsc, vq, slot, b->bl_dmamap, true);	/* whole map */",
	  "virtio_enqueue_p(vsc, vq, slot, b->bl_dmamap, 0, n * sizeof(uint32_t), true);" },
};
const size_t rules_balloon_count = sizeof(rules_balloon) / sizeof(rules_balloon[0]);

/* A request that is being put together, or one that could not be read at its commit. */
struct pending {
	bool used;
	uint32_t queue, slot;
	uint32_t seq, site;		/* of its commit */
	struct { uint64_t bus; uint32_t bytes; } segment[SEGMENTS_MAX];
	unsigned segments;
	uint64_t bytes;			/* all of them */
};

struct balloon_state {
	struct pending pending[PENDING_MAX];
	unsigned pending_next;
	uint8_t *buffer;
	size_t buffer_max;
	bool reads_target[SHADOW_CONTEXTS];	/* its newest config read is of num_pages */
	uint32_t woken[SHADOW_CONTEXTS];	/* event of its last wake-up or start */
	bool in_call[SHADOW_CONTEXTS];	/* sleeps inside a call, not for work */
};

/* ---- putting a request together ---- */

static struct pending *
pending_find(struct balloon_state *state, uint64_t queue, uint64_t slot)
{
	for (unsigned i = 0; i < PENDING_MAX; i++) {
		struct pending *pending = &state->pending[i];

		if (pending->used && pending->queue == queue && pending->slot == slot)
			return pending;
	}
	return NULL;
}

static struct pending *
pending_new(struct balloon_state *state, uint64_t queue, uint64_t slot)
{
	struct pending *pending = pending_find(state, queue, slot);

	if (pending == NULL)
		pending = &state->pending[state->pending_next++ % PENDING_MAX];
	*pending = (struct pending){
		.used = true, .queue = (uint32_t)queue, .slot = (uint32_t)slot,
	};
	return pending;
}

static void
see_desc(struct balloon_state *state, const struct event *event)
{
	struct pending *pending = pending_find(state, event->arg[0], event->arg[1]);

	if (pending == NULL)
		pending = pending_new(state, event->arg[0], event->arg[1]);
	if (event->arg[4] & (DESC_WRITE | DESC_INDIRECT))
		return;
	pending->bytes += event->arg[3];
	if (pending->segments < SEGMENTS_MAX) {
		pending->segment[pending->segments].bus = event->arg[2];
		pending->segment[pending->segments].bytes = (uint32_t)event->arg[3];
	}
	pending->segments++;
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

/* What the device would read; NULL when that cannot be told. */
static const uint32_t *
read_entries(struct balloon_state *state, const struct memory *memory,
    const struct pending *pending)
{
	uint8_t *to;

	if (pending->segments > SEGMENTS_MAX || pending->bytes > BYTES_MAX)
		return NULL;
	to = make_room(state, pending->bytes + sizeof(uint32_t));
	for (unsigned i = 0; i < pending->segments; i++) {
		if (!memory_dma_read(memory, pending->segment[i].bus, to,
		    pending->segment[i].bytes))
			return NULL;
		to += pending->segment[i].bytes;
	}
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

static void
judge_inflate_direction(struct rules_core *core, uint32_t moved, uint64_t before,
    const struct event *event, uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const struct ledger_target *known = &rules_ledger(core)->target;
	uint64_t target = known->pages;
	struct finding *finding;

	/* A device that forgets `actual` is no excuse: the driver knows what it gave. */
	if (!view->device.healthy && view->device.keeps_actual)
		return;
	if (moved == 0 || before + moved <= target)
		return;
	if (before == target && !view->strict)
		return;
	finding = rules_report(core, "balloon.inflate-direction", event, site,
	    "%u pages given to the host, which has %" PRIu64 " and wants %" PRIu64, moved,
	    before, target);
	finding_because(finding, known->seq, "target read: %" PRIu64, target);
}

static void
judge_deflate_direction(struct rules_core *core, uint32_t moved, uint64_t before,
    const struct event *event, uint32_t site)
{
	const struct rules_view *view = rules_look(core);
	const struct ledger_target *known = &rules_ledger(core)->target;
	uint64_t target = known->pages;
	struct finding *finding;

	/* With an `actual` that the driver did not write two counts are right at once. */
	if (!view->device.healthy || !view->device.keeps_actual || view->device.actual_foreign)
		return;
	/* A driver that goes away must not leave its pages behind, whatever the target. */
	if (view->device.features & FEATURE_DEFLATE_ON_OOM || view->detaching)
		return;
	if (moved == 0 || before >= target + moved)
		return;
	if (before == target && !view->strict)
		return;
	finding = rules_report(core, "balloon.deflate-direction", event, site,
	    "%u pages asked back from the host, which has %" PRIu64 " and wants %" PRIu64,
	    moved, before, target);
	finding_because(finding, known->seq, "target read: %" PRIu64, target);
}

/* ---- a request is complete ---- */

static void
judge_length(struct rules_core *core, uint64_t bytes, const struct event *event, uint32_t site)
{
	if (bytes % sizeof(uint32_t) != 0)
		rules_report(core, "balloon.length", event, site,
		    "a request of %" PRIu64 " bytes is no whole number of entries", bytes);
	else if (bytes == 0)
		rules_report(core, "balloon.length", event, site,
		    "a request without an entry");
}

static void
judge(struct balloon_state *state, struct rules_core *core,
    const struct ledger_request *request, const uint32_t *entry, const struct event *event)
{
	struct ledger *ledger = rules_ledger(core);
	uint64_t before = ledger_in_balloon(ledger) +
	    ledger_count(ledger, LEDGER_OFFERED, LEDGER_OFFERED);
	uint64_t returning = ledger_count(ledger, LEDGER_RETURNING, LEDGER_RETURNING);
	bool settled = is_settled_target(state, &ledger->target, event);
	uint32_t moved;

	before -= returning < before ? returning : before;
	if (!ledger->held_before_known) {
		ledger->held_before = rules_look(core)->memory->counts.held;
		ledger->held_before_known = true;
	}
	if (ledger->requests > REQUESTS_MANY)
		entries_judge_released(core, event, true);
	judge_length(core, request->bytes, event, request->site);
	entries_judge(core, request, entry, event, &moved);
	if (!settled)
		return;
	if (request->queue == LEDGER_INFLATE)
		judge_inflate_direction(core, moved, before, event, request->site);
	else
		judge_deflate_direction(core, moved, before, event, request->site);
}

static void
see_commit(struct balloon_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct pending *pending = pending_find(state, event->arg[0], event->arg[1]);
	const uint32_t *entry;
	struct ledger_request request;

	/* A wrong direction or no buffer at all: matters of the area ring. */
	if (pending == NULL || pending->segments == 0)
		return;
	pending->seq = event->seq;
	pending->site = site;
	entry = read_entries(state, rules_look(core)->memory, pending);
	if (entry == NULL)
		return;		/* judged when the device reads it */
	request = (struct ledger_request){
		.queue = pending->queue, .slot = pending->slot, .seq = event->seq,
		.site = site, .bus = pending->segment[0].bus,
		.bytes = (uint32_t)pending->bytes,
		.n = (uint32_t)(pending->bytes / sizeof(uint32_t)),
	};
	pending->used = false;
	judge(state, core, &request, entry, event);
}

/* The device reads a request; those that were read before it are known. */
static void
see_take(struct balloon_state *state, struct rules_core *core, const struct event *event,
    uint32_t site, const uint32_t *entry)
{
	const struct pending *pending = pending_find(state, event->arg[0], event->arg[1]);
	struct ledger_request request = {
		.queue = (uint32_t)event->arg[0], .slot = (uint32_t)event->arg[1],
		.seq = pending != NULL ? pending->seq : event->seq,
		.site = pending != NULL ? pending->site : site,
		.bus = pending != NULL ? pending->segment[0].bus : 0,
		.bytes = (uint32_t)event->arg[2], .n = (uint32_t)event->arg[3],
	};

	if (request.queue >= LEDGER_QUEUES || request.bytes == 0 ||
	    ledger_find_request(rules_ledger(core), request.queue, request.slot) != NULL)
		return;
	judge(state, core, &request, entry, event);
}

static void
see_dequeued(struct rules_core *core, const struct event *event)
{
	struct ledger_request *request = ledger_find_request(rules_ledger(core),
	    (uint32_t)event->arg[0], (uint32_t)event->arg[1]);

	if (request != NULL)
		entries_answered(core, request, event);
}

/* ---- notes and calls ---- */

static void
see_slot(struct balloon_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct pending *pending;

	if (event->arg[0] >= LEDGER_QUEUES)
		return;
	switch ((enum slot_state)event->arg[2]) {
	case SLOT_PREPARED:
		pending_new(state, event->arg[0], event->arg[1]);
		return;
	case SLOT_RESERVED:
		return;
	case SLOT_COMMITTED:
		see_commit(state, core, event, site);
		return;
	case SLOT_FREED:
		pending = pending_find(state, event->arg[0], event->arg[1]);
		if (pending != NULL)
			pending->used = false;
		return;
	}
}

static void
see_note(struct balloon_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (event->code == HW_NOTE_DESC && event->arg[0] < LEDGER_QUEUES)
		see_desc(state, event);
	else if (event->code == HW_NOTE_SLOT)
		see_slot(state, core, event, site);
	else if (event->code == HW_NOTE_DEQUEUED)
		see_dequeued(core, event);
}

static bool
is_config_read(unsigned code)
{
	return code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG ||
	    code == HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE;
}

static bool
is_config_write(unsigned code)
{
	return code == HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG ||
	    code == HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE;
}

static void
see_call(struct balloon_state *state, struct rules_core *core, const struct event *event)
{
	if (is_config_read(event->code))
		state->reads_target[event->ctx] =
		    event->arg[0] == CONFIG_NUM_PAGES && event->arg[1] == sizeof(uint32_t);
	else if (is_config_write(event->code) && event->arg[0] == CONFIG_ACTUAL)
		entries_judge_released(core, event, false);
}

static void
see_return(struct balloon_state *state, struct rules_core *core, const struct event *event)
{
	struct ledger_target *known;

	if (!is_config_read(event->code) || !state->reads_target[event->ctx])
		return;
	known = &rules_ledger(core)->target;
	if (!known->known || known->pages != (uint32_t)event->arg[0])
		known->seq = event->seq;
	known->known = true;
	known->pages = (uint32_t)event->arg[0];
	known->ctx = event->ctx;
}

/* ---- at rest ---- */

static void
balloon_rest(void *self, struct rules_core *core, const struct event *now)
{
	const struct rules_view *view = rules_look(core);
	const struct rules_device *device = &view->device;
	struct ledger *ledger = rules_ledger(core);
	uint64_t balloon = ledger_count(ledger, LEDGER_BALLOON, LEDGER_BALLOON);
	uint64_t held = view->memory->counts.held;

	(void)self;
	/* `actual` means what it says only if this driver wrote it, to a device that listens. */
	if (!view->at_rest || !device->healthy || !device->answers || !device->keeps_actual ||
	    device->actual_foreign || !(device->status & STATUS_DRIVER_OK) ||
	    ledger_waiting(ledger) > 0)
		return;
	if (ledger->held_before_known && ledger->held_before != 0)
		held = balloon;
	if (device->actual != balloon || device->actual != held)
		rules_report(core, "balloon.count", now, 0, "`actual` is %" PRIu32
		    ", the driver holds %" PRIu64 " pages for the host, the host has %" PRIu64,
		    device->actual, balloon, held);
}

/* A wait for memory or a mutex is in the middle of what the thread does. */
static void
see_wake(struct balloon_state *state, const struct event *event)
{
	if (event->arg[0] < SHADOW_CONTEXTS && !state->in_call[event->arg[0]])
		state->woken[event->arg[0]] = event->seq;
}

static void
see_reboot(struct balloon_state *state, struct rules_core *core)
{
	uint8_t *buffer = state->buffer;
	size_t max = state->buffer_max;

	*state = (struct balloon_state){ .buffer = buffer, .buffer_max = max };
	ledger_clear(rules_ledger(core));
}

static void
balloon_see(void *self, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct balloon_state *state = self;

	if (event->kind == EV_NOTE)
		see_note(state, core, event, site);
	else if (event->kind == EV_CALL)
		see_call(state, core, event);
	else if (event->kind == EV_RET)
		see_return(state, core, event);
	else if (event->kind == EV_DEV_TAKE)
		see_take(state, core, event, site, payload);
	else if (event->kind == EV_CTX_SLEEP)
		state->in_call[event->ctx] = event->code == HW_SLEEP_MEMORY ||
		    event->code == HW_SLEEP_MUTEX;
	else if (event->kind == EV_CTX_WAKE || event->kind == EV_CTX_START)
		see_wake(state, event);
	else if (event->kind == EV_DEV_STATUS && event->arg[0] == 0)
		ledger_forget_requests(rules_ledger(core));
	else if (event->kind == EV_HOST_REBOOT)
		see_reboot(state, core);
}

static void
balloon_fini(void *self)
{
	struct balloon_state *state = self;

	free(state->buffer);
}

const struct area area_balloon = {
	.name = "balloon",
	.kinds = KIND(NOTE) | KIND(CALL) | KIND(RET) | KIND(DEV_TAKE) | KIND(CTX_WAKE) |
	    KIND(CTX_START) | KIND(CTX_SLEEP) | KIND(DEV_STATUS) | KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_VIRTIO_READ_DEVICE_CONFIG,
	    HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE, HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG,
	    HW_CALL_VIRTIO_WRITE_DEVICE_CONFIG_LE),
	.returns = CALLS(HW_CALL_VIRTIO_READ_DEVICE_CONFIG,
	    HW_CALL_VIRTIO_READ_DEVICE_CONFIG_LE),
	.notes = NOTE(SLOT) | NOTE(DESC) | NOTE(DEQUEUED),
	.state_bytes = sizeof(struct balloon_state),
	.fini = balloon_fini,
	.see = balloon_see,
	.rest = balloon_rest,
};
