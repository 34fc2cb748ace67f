/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: attaching, failing to, and what is left behind (autoconf(9), virtio.c).
 *
 * Maps and DMA memory that are left are dma.leak, threads thread.exit, kmem mem.leak; all
 * else is here.  The rows of the catalogue are in attach_rows.c.
 */
#include <stdio.h>
#include <string.h>

#include "machine/world.h"
#include "rules/area.h"
#include "rules/inventory.h"
#include "rules/shadow.h"

#define ATTACH_EEXIST 17
/* virtio 1.2 clause 2.1 */
#define ATTACH_DRIVER_OK 4
#define ATTACH_FAILED 128
#define BALLOON_ID 5u

/* One attempt, from the call of the driver's attach function to its return. */
struct attempt {
	bool is_running;
	bool started, finished, finish_failed, failed;
	bool child_was_there;		/* virtio_child() said so: somebody else has the device */
	bool call_failed;		/* some call that may fail did */
	bool is_struck;			/* a fault struck */
	bool got_features;
	bool no_queue;			/* the newest virtio_alloc_vq() failed, */
	uint32_t no_queue_seq;		/* here */
	uint32_t begin_seq, start_seq, finish_seq;
	uint64_t features;		/* negotiated */
	uint64_t driver_pages;		/* before */
	uint32_t alloc_seq, alloc_site;	/* newest pages taken */
	uint32_t dead_site;		/* the device was reset here, after it was live */
};

/* Things released while the device was live, told when that turns out to be an undo. */
struct undo {
	struct event event;		/* the first release */
	uint32_t site;
	unsigned count;
	char list[160];
};

struct attach {
	const struct shadow *shadow;
	struct inventory inventory;
	struct attempt now;
	struct undo undo;
	bool is_attached, detached;
	bool failed_before;		/* and nothing attached since */
	uint32_t failed_seq;
	uint8_t status;
	bool live;
	uint32_t live_seq;
	bool made_node;			/* since the newest sysctl_createv() */
	uint32_t createv_seq[SHADOW_CONTEXTS];	/* newest one, if it failed, + 1 */
};

/* ---- Order of the calls ---- */

static void
call_start(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	struct finding *finding;

	if (!attach->now.is_running)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_start outside of attach");
	if (attach->now.started) {
		finding = rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_start for the second time in one attach");
		finding_because(finding, attach->now.start_seq, "the first time");
	}
	if (event->arg[0] == 0)
		rules_report(core, "irq.ipl", event, site, "virtio_child_attach_start with "
		    "IPL_NONE, at which no interrupt can be handled");
	attach->now.started = true;
	attach->now.start_seq = event->seq;
}

/* Features of the balloon that bring a queue (virtio 1.2 clause 5.5.2). */
static const struct { uint64_t bit; const char *name; } queue_feature[] = {
	{ UINT64_C(1) << 1, "STATS_VQ" },
	{ UINT64_C(1) << 3, "FREE_PAGE_HINT" },
	{ UINT64_C(1) << 5, "PAGE_REPORTING" },
};

/* The first queue that is missing; they come in the order of the features. */
static void
judge_queues(const struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct world *world = rules_look(core)->world;
	size_t queues = 0, wanted = 2;
	struct finding *finding;

	if (world != NULL && world->hooks.device_id != BALLOON_ID)
		return;
	if (attach->now.no_queue) {
		finding = rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_finish although a queue could not be allocated");
		finding_because(finding, attach->now.no_queue_seq, "virtio_alloc_vq failed");
		return;
	}
	if ((rules_look(core)->device.features_offered & ~attach->now.features & 1) != 0)
		rules_report(core, "attach.must-tell-host", event, site,
		    "MUST_TELL_HOST is offered, and the driver does not accept it");
	for (size_t i = 0; i < attach->inventory.count; i++)
		queues += attach->inventory.item[i].kind == ITEM_QUEUE &&
		    !attach->inventory.item[i].gone;
	for (size_t i = 0; i < sizeof(queue_feature) / sizeof(queue_feature[0]); i++) {
		if ((attach->now.features & queue_feature[i].bit) == 0 || queues >= ++wanted)
			continue;
		finding = rules_report(core, "attach.features", event, site,
		    "%s was accepted, which brings a queue %zu, and that was not allocated",
		    queue_feature[i].name, wanted - 1);
		finding_because(finding, attach->now.start_seq, "negotiation");
		return;
	}
}

static void
call_finish(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct attempt *now = &attach->now;

	if (!now->started)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_finish without virtio_child_attach_start");
	else if (now->failed)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_finish after virtio_child_attach_failed");
	else if (now->finished)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_finish for the second time in one attach");
	else
		judge_queues(attach, core, event, site);
	attach->now.finished = true;
	attach->now.finish_seq = event->seq;
}

static void tell_undo(struct attach *attach, struct rules_core *core);

static void
call_failed(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct attempt *now = &attach->now;

	tell_undo(attach, core);
	if (now->failed)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_failed for the second time in one attach");
	else if (!now->started)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_failed without virtio_child_attach_start");
	else if (!now->is_running)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_child_attach_failed after attach came back");
	attach->now.failed = true;
}

static void
call_alloc(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (!attach->now.started)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_alloc_vq before virtio_child_attach_start");
}

static void
call_free(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (attach->now.is_running && attach->now.failed)
		rules_report(core, "attach.call-order", event, site,
		    "virtio_free_vq after virtio_child_attach_failed");
}

static void
call_features(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (attach->now.is_running && !attach->now.started)
		rules_report(core, "attach.features", event, site,
		    "virtio_features before virtio_child_attach_start has negotiated any");
}

/* ---- Undo ---- */

/* Things made before the device went live are what interrupts and the device rely on. */
static bool
is_relied_on(const struct attach *attach, const struct item *item)
{
	return attach->live && item->seq < attach->live_seq &&
	    (item->kind == ITEM_MUTEX || item->kind == ITEM_CONDVAR ||
	    item->kind == ITEM_QUEUE || item->kind == ITEM_MAP);
}

static void
add_undo(struct undo *undo, const struct item *item, const struct event *event,
    uint32_t site)
{
	size_t length = strlen(undo->list);

	if (undo->count++ == 0) {
		undo->event = *event;
		undo->site = site;
	}
	snprintf(undo->list + length, sizeof(undo->list) - length, "%s%s %u",
	    length > 0 ? ", " : "", item_word(item->kind), item->number);
}

static void
tell_undo(struct attach *attach, struct rules_core *core)
{
	struct undo *undo = &attach->undo;
	struct finding *finding;

	if (undo->count == 0)
		return;
	finding = rules_report(core, "attach.undo-order", &undo->event, undo->site,
	    "released while the device was live, before its reset: %s", undo->list);
	finding_because(finding, attach->live_seq, "DRIVER_OK");
	memset(undo, 0, sizeof(*undo));
}

static void
released(struct attach *attach, struct rules_core *core, const struct item *item,
    const struct event *event, uint32_t site)
{
	if (!is_relied_on(attach, item))
		return;
	/* A map may come and go; in an attach that fails it is part of the undo. */
	if (!attach->now.is_running && item->kind == ITEM_MAP)
		return;
	add_undo(&attach->undo, item, event, site);
	if (!attach->now.is_running)
		tell_undo(attach, core);
}

/* ---- sysctl ---- */

static void
ret_createv(struct attach *attach, struct rules_core *core, const struct event *ret,
    uint32_t site)
{
	const struct shadow_call *call = shadow_call_of(attach->shadow, ret);
	const char *name = trace_text_of(rules_look(core)->trace, call->arg[2]);
	bool is_there = false;

	attach->createv_seq[ret->ctx] = ret->arg[0] != 0 ? call->seq + 1 : 0;
	for (size_t i = 0; i < attach->inventory.count; i++)
		is_there = is_there || (attach->inventory.item[i].kind == ITEM_SYSCTL &&
		    !attach->inventory.item[i].gone);
	/* The kernel turns a duplicate node into success, without making one. */
	if ((ret->arg[0] == ATTACH_EEXIST && !call->is_struck) ||
	    (ret->arg[0] == 0 && !attach->made_node && is_there))
		rules_report(core, "attach.sysctl", ret, site,
		    "sysctl node \"%s\" exists already", name);
}

/* A crash right after a createv that failed: its node pointer was NULL. */
static void
see_crash(struct attach *attach, struct rules_core *core, const struct event *crash,
    uint32_t site)
{
	const struct shadow_call *call = shadow_call_of(attach->shadow, crash);
	uint32_t failed = attach->createv_seq[crash->ctx];
	struct finding *finding;

	tell_undo(attach, core);
	if (failed == 0 || call->code != HW_CALL_SYSCTL_CREATEV || call->seq != failed - 1)
		return;
	finding = rules_report(core, "attach.sysctl", crash, site,
	    "wild access right after a sysctl_createv that failed: the node pointer it was to "
	    "store is NULL");
	finding_because(finding, call->seq, "sysctl_createv(\"%.24s\")",
	    trace_text_of(rules_look(core)->trace, call->arg[2]));
}

/* ---- What is left ---- */

static void
sweep(struct attach *attach, struct rules_core *core, const struct event *now,
    const char *when)
{
	for (size_t i = 0; i < attach->inventory.count; i++) {
		struct item *item = &attach->inventory.item[i];
		struct finding *finding;

		if (item->gone || item->told || item->kind == ITEM_MAP ||
		    item->kind == ITEM_THREAD)
			continue;
		item->told = true;
		finding = rules_report(core, item->kind == ITEM_SYSCTL ? "attach.sysctl" :
		    "attach.leak", now, item->site, "%s %u is left after %s",
		    item_word(item->kind), item->number, when);
		finding_because(finding, item->seq, "made here");
	}
}

/* What the driver did last. */
static uint32_t
last_site(const struct attach *attach, const struct event *now)
{
	return shadow_call_of(attach->shadow, now)->site;
}

static void
sweep_failed(struct attach *attach, struct rules_core *core, const struct event *now)
{
	const struct memory *memory = rules_look(core)->memory;
	const struct attempt *attempt = &attach->now;
	struct finding *finding;

	sweep(attach, core, now, "the failed attach");
	if (memory != NULL && memory->counts.driver > attempt->driver_pages) {
		finding = rules_report(core, "attach.leak", now, attempt->alloc_site,
		    "%llu pages are left after the failed attach", (unsigned long long)
		    (memory->counts.driver - attempt->driver_pages));
		if (attempt->alloc_site != 0)
			finding_because(finding, attempt->alloc_seq, "newest pages taken");
	}
	if (attempt->failed && attach->status != 0 && (attach->status & ATTACH_FAILED) == 0)
		rules_report(core, "attach.leak", now, last_site(attach, now),
		    "device status is 0x%02x after the failed attach: neither reset nor FAILED",
		    attach->status);
}

/* ---- Beginning and end of an attempt ---- */

static void
begin(struct attach *attach, struct rules_core *core, const struct event *note)
{
	const struct memory *memory = rules_look(core)->memory;

	attach->now = (struct attempt){
		.is_running = true, .begin_seq = note->seq,
		.driver_pages = memory != NULL ? memory->counts.driver : 0,
	};
	memset(&attach->undo, 0, sizeof(attach->undo));
}

static bool
undoes(const struct event *call)
{
	switch (call->code) {
	case HW_CALL_MUTEX_EXIT:
	case HW_CALL_MUTEX_DESTROY:
	case HW_CALL_CV_DESTROY:
	case HW_CALL_KTHREAD_JOIN:
	case HW_CALL_SOFTINT_DISESTABLISH:
	case HW_CALL_KMEM_FREE:
	case HW_CALL_UVM_PGLISTFREE:
	case HW_CALL_BUS_DMAMAP_DESTROY:
	case HW_CALL_BUS_DMAMAP_UNLOAD:
	case HW_CALL_BUS_DMAMEM_FREE:
	case HW_CALL_BUS_DMAMEM_UNMAP:
	case HW_CALL_SYSCTL_TEARDOWN:
	case HW_CALL_VIRTIO_DMAT:
	case HW_CALL_VIRTIO_FREE_VQ:
	case HW_CALL_VIRTIO_RESET:
	case HW_CALL_VIRTIO_CHILD_ATTACH_FAILED:
		return true;
	}
	return false;
}

/* Where it made up its mind: what it called last before it began to undo. */
static uint32_t
turning_site(const struct attach *attach, struct rules_core *core, const struct event *now)
{
	const struct trace *trace = rules_look(core)->trace;

	for (uint32_t seq = now->seq; seq > attach->now.begin_seq; seq--) {
		const struct event *event = trace_event(trace, seq);

		if (event == NULL)
			break;
		if (event->kind == EV_CALL && event->ctx == now->ctx && !undoes(event))
			return trace_site(trace, seq);
	}
	return last_site(attach, now);
}

/* Nothing failed, nothing was struck, and yet the driver gave up. */
static void
judge_refusal(struct attach *attach, struct rules_core *core, const struct event *now)
{
	const struct attempt *attempt = &attach->now;
	const struct rules_view *view = rules_look(core);
	uint32_t site;
	struct finding *finding;

	if (attempt->call_failed || attempt->is_struck || attempt->child_was_there ||
	    !view->device.healthy)
		return;
	site = turning_site(attach, core, now);
	if (!attempt->started) {
		if (!attach->failed_before) {
			if (!attach->is_attached)
				rules_report(core, "attach.refused", now, site,
				    "attach gives up before virtio_child_attach_start, though "
				    "nothing failed");
			return;
		}
		finding = rules_report(core, "attach.again", now, site,
		    "attach gives up before virtio_child_attach_start, after an earlier attach had "
		    "failed");
		finding_because(finding, attach->failed_seq, "the attach that failed");
		return;
	}
	if (attempt->features != 0) {
		rules_report(core, "attach.refused", now, site,
		    "attach failed although every call succeeded (features 0x%llx)",
		    (unsigned long long)attempt->features);
		return;
	}
	/* On 1.0, no features means that negotiation failed: there is no device to attach. */
	if (!view->legacy && !view->device.legacy)
		return;
	finding = rules_report(core, "attach.features", now, site,
	    "attach failed because the device offers none of the features asked for, which a "
	    "legacy device may do");
	finding_because(finding, attempt->start_seq, "negotiation");
}

static void
judge_end(struct attach *attach, struct rules_core *core, const struct event *now)
{
	const struct attempt *attempt = &attach->now;

	if (!attempt->started || attempt->failed)
		return;
	if (!attempt->finished)
		rules_report(core, "attach.call-order", now, last_site(attach, now),
		    "attach came back after virtio_child_attach_start with neither "
		    "virtio_child_attach_finish nor virtio_child_attach_failed");
	else if (attempt->finish_failed)
		rules_report(core, "attach.call-order", now, last_site(attach, now),
		    "attach came back after virtio_child_attach_finish had failed, without "
		    "virtio_child_attach_failed");
	else if (!attach->live)
		rules_report(core, "attach.call-order", now, attempt->dead_site,
		    "attach came back with a device that is no longer live (status 0x%02x)",
		    attach->status);
}

static void
end(struct attach *attach, struct rules_core *core, const struct event *note)
{
	bool attached = note->arg[1] != 0;

	/* No driver wanted the device, or one has it already. */
	if (!attach->now.is_running)
		return;
	judge_end(attach, core, note);
	if (!attached) {
		tell_undo(attach, core);
		judge_refusal(attach, core, note);
		sweep_failed(attach, core, note);
	}
	memset(&attach->undo, 0, sizeof(attach->undo));
	if (!attached && !attach->is_attached && !attach->failed_before) {
		attach->failed_before = true;
		attach->failed_seq = note->seq;
	}
	if (attached) {
		attach->is_attached = true;
		attach->failed_before = false;
		attach->detached = false;
	}
	attach->now.is_running = false;
}

/* There is one driver, for the one device; one that refuses it is most likely of another. */
static void
judge_match(struct rules_core *core, const struct event *note, uint32_t site)
{
	bool matches = note->arg[1] != 0, is_foreign = note->arg[2] != 0;
	const struct world *world = rules_look(core)->world;
	uint32_t id = world != NULL ? world->hooks.device_id : BALLOON_ID;

	if (matches && is_foreign)
		rules_report(core, "attach.match", note, site, "the driver matches a device of an "
		    "unknown kind, it must look at sc_childdevid");
	else if (!matches && !is_foreign)
		rules_report(core, "attach.match", note, site, "the driver does not match virtio "
		    "device %u%s, the only one of this machine: is it the driver of another "
		    "device?", id, id == BALLOON_ID ? " (memory balloon)" : "");
}

static void
note_attach(struct attach *attach, struct rules_core *core, const struct event *note,
    uint32_t site)
{
	switch ((enum hw_attach)note->arg[0]) {
	case HW_ATTACH_BEGIN:
		begin(attach, core, note);
		break;
	case HW_ATTACH_STARTED:
		attach->now.got_features = true;
		attach->now.features = note->arg[1];
		break;
	case HW_ATTACH_FINISHED:
		attach->now.finish_failed = note->arg[1] != 0;
		break;
	case HW_ATTACH_END:
		end(attach, core, note);
		break;
	case HW_ATTACH_MATCH:
		judge_match(core, note, site);
		break;
	case HW_ATTACH_FAILED:
		break;
	}
}

/* ---- Dispatch ---- */

static void
see_call(struct attach *attach, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	switch (event->code) {
	case HW_CALL_VIRTIO_CHILD_ATTACH_START:
		call_start(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_CHILD_ATTACH_FINISH:
		call_finish(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_CHILD_ATTACH_FAILED:
		call_failed(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_ALLOC_VQ:
		call_alloc(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_FREE_VQ:
		call_free(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_FEATURES:
		call_features(attach, core, event, site);
		break;
	case HW_CALL_VIRTIO_CHILD_DETACH:
		attach->detached = true;
		attach->is_attached = false;
		break;
	case HW_CALL_SYSCTL_CREATEV:
		attach->made_node = false;
		break;
	}
}

/* Calls that say in their result that they failed. */
static bool
says_failed(const struct event *ret)
{
	switch (ret->code) {
	case HW_CALL_VIRTIO_ALLOC_VQ:
	case HW_CALL_VIRTIO_CHILD_ATTACH_FINISH:
		return ret->arg[0] != 0;
	case HW_CALL_KMEM_ALLOC:
	case HW_CALL_KMEM_ZALLOC:
	case HW_CALL_SOFTINT_ESTABLISH:
		return ret->arg[0] == 0;
	default:
		return trace_call_result(ret->code)[0] == 'e' && ret->arg[0] != 0;
	}
}

static void
see_ret(struct attach *attach, struct rules_core *core, const struct event *ret,
    uint32_t site)
{
	if (attach->now.is_running && ret->ctx_kind == HW_CTX_AUTOCONF) {
		if (says_failed(ret))
			attach->now.call_failed = true;
		if (ret->code == HW_CALL_UVM_PGLISTALLOC && ret->arg[0] == 0) {
			attach->now.alloc_seq = ret->seq;
			attach->now.alloc_site = site;
		}
		if (ret->code == HW_CALL_VIRTIO_ALLOC_VQ) {
			attach->now.no_queue = says_failed(ret);
			attach->now.no_queue_seq = ret->seq;
		}
		if (ret->code == HW_CALL_VIRTIO_CHILD && ret->arg[0] != 0)
			attach->now.child_was_there = true;
	}
	if (ret->code == HW_CALL_SYSCTL_CREATEV && shadow_returns(attach->shadow, ret))
		ret_createv(attach, core, ret, site);
}

static void
see_note(struct attach *attach, struct rules_core *core, const struct event *note,
    uint32_t site)
{
	if (note->code == HW_NOTE_ATTACH)
		note_attach(attach, core, note, site);
	else if (note->code == HW_NOTE_SYSCTL)
		attach->made_node = true;
}

static void
see_status(struct attach *attach, const struct event *event)
{
	bool live = (event->arg[0] & ATTACH_DRIVER_OK) != 0;

	attach->status = (uint8_t)event->arg[0];
	if (live && !attach->live)
		attach->live_seq = event->seq;
	if (!live && attach->live)
		attach->now.dead_site = shadow_call_of(attach->shadow, event)->site;
	attach->live = live;
}

static void
see_device(struct attach *attach, struct rules_core *core, const struct event *event)
{
	if (event->kind == EV_DEV_STATUS)
		see_status(attach, event);
	else if ((event->arg[0] & ~event->arg[1]) != 0)
		rules_report(core, "attach.features", event, 0,
		    "features 0x%llx were accepted, of which the device never offered 0x%llx",
		    (unsigned long long)event->arg[0],
		    (unsigned long long)(event->arg[0] & ~event->arg[1]));
}

static void
attach_fini(void *state)
{
	struct attach *attach = state;

	inventory_fini(&attach->inventory);
	memset(attach, 0, sizeof(*attach));
}

static void
attach_see(void *state, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct attach *attach = state;
	const struct item *item;

	(void)payload;
	attach->shadow = rules_shadow(core);
	item = inventory_see(&attach->inventory, event, site);
	if (item != NULL)
		released(attach, core, item, event, site);
	if (event->kind == EV_CALL)
		see_call(attach, core, event, site);
	else if (event->kind == EV_RET)
		see_ret(attach, core, event, site);
	else if (event->kind == EV_NOTE)
		see_note(attach, core, event, site);
	else if (event->kind == EV_FAULT)
		attach->now.is_struck = true;
	else if (event->kind == EV_CRASH || event->kind == EV_PANIC)
		see_crash(attach, core, event, site);
	else if (event->kind == EV_HOST_REBOOT)
		attach_fini(attach);
	else
		see_device(attach, core, event);
}

static void
attach_end(void *state, struct rules_core *core, const struct event *now)
{
	struct attach *attach = state;

	if (attach->detached)
		sweep(attach, core, now, "the detach");
}

const struct area area_attach = {
	.name = "attach",
	.kinds = INVENTORY_KINDS | KIND(RET) | KIND(FAULT) | KIND(DEV_STATUS) |
	    KIND(DEV_FEATURES) | KIND(CRASH) | KIND(PANIC) | KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_VIRTIO_CHILD_ATTACH_START,
	    HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, HW_CALL_VIRTIO_CHILD_ATTACH_FAILED,
	    HW_CALL_VIRTIO_ALLOC_VQ, HW_CALL_VIRTIO_FREE_VQ, HW_CALL_VIRTIO_FEATURES,
	    HW_CALL_VIRTIO_CHILD_DETACH, HW_CALL_SYSCTL_CREATEV, INVENTORY_CALLS),
	.notes = INVENTORY_NOTES | NOTE(ATTACH),
	.state_bytes = sizeof(struct attach),
	.fini = attach_fini,
	.see = attach_see,
	.end = attach_end,
};
