/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area attach: attaching, failing to, and what is left behind (autoconf(9), virtio.c).
 *
 * What is left in the end is reported here for all areas: maps and DMA memory are dma.leak, kmem is
 * mem.leak; threads are thread.exit, which is elsewhere.
 */
#include <stdio.h>
#include <string.h>

#include "base/sbuf.h"
#include "rules/area.h"
#include "rules/device.h"
#include "rules/kernel/inventory.h"

#define EEXIST_NETBSD 17
/* sys/sysctl.h */
#define CTLTYPE_MASK 0xf
#define CTLTYPE_NODE 1

/* One attempt, from the call of the driver's attach function to its return. */
struct attempt {
	bool is_running;
	bool started, finished, finish_failed, failed;
	bool child_was_there;		/* virtio_child() said so: somebody else has the device */
	bool call_failed;		/* some call that may fail did */
	bool is_struck;			/* a fault struck */
	bool no_queue;			/* the newest virtio_alloc_vq() failed, */
	uint32_t no_queue_seq;		/* here */
	uint32_t begin_seq, start_seq;
	uint64_t features;		/* negotiated */
	uint64_t driver_pages;		/* before */
	uint32_t alloc_seq, alloc_site;	/* newest pages taken */
};

/* Things released while the device was live, reported when that turns out to be an undo. */
struct undo {
	struct event event;		/* the first release */
	uint32_t site;
	unsigned count;
	char list[160];
};

struct attach {
	struct attempt now;
	struct undo undo;
	bool is_asked, is_matched;	/* the drivers, about the device itself; one wants it */
	struct event refusal;		/* the newest driver that does not, */
	uint32_t refusal_site;
	bool is_attached, detached;
	uint32_t detach_site;
	uintptr_t softc;
	bool failed_before;		/* and nothing attached since */
	uint32_t failed_seq;
};

/* ---- Order of the calls ---- */

RULE_ROW(rule_call_order) = {
	"attach.call-order", SEVERITY_ERROR,
	"attach_start, then attach_finish or attach_failed, each once; at detach child_detach",
	"NetBSD sys/dev/pci/virtiovar.h, virtio_child_attach_*()",
	"The parent sets up and frees interrupts in these calls and keeps what they set.",
	"virtio_child_attach_start(vsc, ...);\nif (error)\n\treturn;",
	"virtio_child_attach_start(vsc, ...);\nif (error) {\n"
	"\tvirtio_child_attach_failed(vsc);\n\treturn;\n}"
};

/* A call is out of order while the attempt has, of the bits `mask`, exactly `bits`. */
enum { RUNNING = 1, STARTED = 2, FINISHED = 4, FAILED = 8 };
static const struct { uint16_t call, mask, bits; const char *how; } out_of_order[] = {
	{ HW_CALL_VIRTIO_CHILD_ATTACH_START, RUNNING, 0, "outside of attach" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_START, STARTED, STARTED,
	  "for the second time in one attach" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, STARTED, 0, "without virtio_child_attach_start" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, FAILED, FAILED, "after virtio_child_attach_failed" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FINISH, FINISHED, FINISHED,
	  "for the second time in one attach" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FAILED, FAILED, FAILED, "for the second time in one attach" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FAILED, STARTED, 0, "without virtio_child_attach_start" },
	{ HW_CALL_VIRTIO_CHILD_ATTACH_FAILED, RUNNING, 0, "after attach came back" },
	{ HW_CALL_VIRTIO_ALLOC_VQ, STARTED, 0, "before virtio_child_attach_start" },
	{ HW_CALL_VIRTIO_FREE_VQ, RUNNING | FAILED, RUNNING | FAILED,
	  "after virtio_child_attach_failed" },
};

static bool
check_order(const struct attempt *now, struct rules_core *core)
{
	unsigned is = (now->is_running ? RUNNING : 0) | (now->started ? STARTED : 0) |
	    (now->finished ? FINISHED : 0) | (now->failed ? FAILED : 0);

	for (size_t i = 0; i < sizeof(out_of_order) / sizeof(out_of_order[0]); i++) {
		if (out_of_order[i].call != core->event->code ||
		    (is & out_of_order[i].mask) != out_of_order[i].bits)
			continue;
		rules_report(core, &rule_call_order, "%s %s", trace_call_name(core->event->code),
		    out_of_order[i].how);
		return false;
	}
	return true;
}

HOOK(attach, call_queue, struct attach *attach, ON_CALL(VIRTIO_ALLOC_VQ), ON_CALL(VIRTIO_FREE_VQ))
{
	check_order(&attach->now, core);
}

HOOK(attach, call_start, struct attach *attach, ON_CALL(VIRTIO_CHILD_ATTACH_START))
{
	if (!check_order(&attach->now, core) && attach->now.is_running)
		rules_because(core, attach->now.start_seq, "the first time");
	attach->now.started = true;
	attach->now.start_seq = event->seq;
}

RULE_ROW(rule_features) = {
	"attach.features", SEVERITY_ERROR,
	"features are used after negotiation, among those offered, with all they bring; none is "
	"no error",
	"virtio 1.2 clauses 2.2 and 3.1.1",
	"A legacy device that offers none of the optional features is a legal device.",
	"if (virtio_features(vsc) == 0)\n\tgoto fail;",
	"has_stats = virtio_features(vsc) & MY_F_STATS;"
};

/* The first queue that is missing; they come in the order of the features. */
static void
check_queues(const struct attach *attach, struct rules_core *core)
{
	const struct rules_device *device = core->device;
	const struct rules_queue_feature *feature = device->queue_features;
	size_t queues = inventory_queues(core), wanted = device->queues;

	if (attach->now.no_queue) {
		rules_report(core, &rule_call_order,
		    "virtio_child_attach_finish although a queue could not be allocated");
		rules_because(core, attach->now.no_queue_seq, "virtio_alloc_vq failed");
		return;
	}
	if (device->attaching != NULL)
		device->attaching(core, attach->now.features);
	for (; feature != NULL && feature->name != NULL; feature++) {
		if ((attach->now.features & feature->bit) == 0 || queues >= ++wanted)
			continue;
		rules_report(core, &rule_features, "%s was accepted, which brings a queue %zu, and "
		    "that was not allocated", feature->name, wanted - 1);
		rules_because(core, attach->now.start_seq, "negotiation");
		return;
	}
}

HOOK(attach, call_finish, struct attach *attach, ON_CALL(VIRTIO_CHILD_ATTACH_FINISH))
{
	if (check_order(&attach->now, core))
		check_queues(attach, core);
	attach->now.finished = true;
}

/* On the bus of 2023 only: there the device does not learn of a queue when it is allocated. */
HOOK(attach, note_handlers, void *state, ON_NOTE(HANDLERS))
{
	size_t queues = inventory_queues(core);

	if (event->note.handlers.queues < queues)
		rules_report(core, &rule_call_order, "virtio_child_attach_finish makes %u queue%s "
		    "known to the device, of %zu", (unsigned)event->note.handlers.queues,
		    plural((uint32_t)event->note.handlers.queues), queues);
}

static void report_undo(struct attach *attach, struct rules_core *core);

HOOK(attach, call_failed, struct attach *attach, ON_CALL(VIRTIO_CHILD_ATTACH_FAILED))
{
	report_undo(attach, core);
	check_order(&attach->now, core);
	attach->now.failed = true;
}

HOOK(attach, call_features, struct attach *attach, ON_CALL(VIRTIO_FEATURES))
{
	if (attach->now.is_running && !attach->now.started)
		rules_report(core, &rule_features,
		    "virtio_features before virtio_child_attach_start has negotiated any");
}

/* ---- Undo ---- */

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

RULE_ROW(rule_undo_order) = {
	"attach.undo-order", SEVERITY_ERROR,
	"the device is reset before the queues, maps and locks it leads to are released",
	"virtio 1.2 clause 3.3.1; NetBSD virtio.c, virtio_child_attach_failed()",
	"After DRIVER_OK interrupts come at any time; a handler that finds its mutex or ring "
	"gone uses memory that is not its own.",
	"fail:\n\tmutex_destroy(&sc->sc_lock);\n\tvirtio_child_attach_failed(vsc);",
	"fail:\n\tvirtio_reset(vsc);\n\tmutex_destroy(&sc->sc_lock);\n"
	"\tvirtio_child_attach_failed(vsc);"
};

static void
report_undo(struct attach *attach, struct rules_core *core)
{
	struct undo *undo = &attach->undo;

	if (undo->count == 0)
		return;
	rules_report_when(core, &rule_undo_order, &undo->event, undo->site,
	    "released while the device was live, before its reset: %s%s", undo->list,
	    strlen(undo->list) + 1 == sizeof(undo->list) ? "..." : "");
	rules_because(core, rules_status(core)->live_seq, "DRIVER_OK");
	memset(undo, 0, sizeof(*undo));
}

/*
 * Locks, queues and maps made before the device went live are what interrupts and the device rely
 * on.  A map may come and go; in an attach that fails it is part of the undo.
 */
HOOK(attach, on_release, struct attach *attach, ON_CALL(MUTEX_DESTROY), ON_CALL(CV_DESTROY),
    ON_NOTE(VQ_GONE), ON_NOTE(DMAMAP_GONE))
{
	const struct item *item = item_relied_on(core);

	if (item == NULL || (item->kind == ITEM_MAP && !attach->now.is_running))
		return;
	add_undo(&attach->undo, item, event, site);
	if (!attach->now.is_running)
		report_undo(attach, core);
}

/* ---- What is left ---- */

SHARED_RULE_ROW(rule_attach_leak) = {
	"attach.leak", SEVERITY_ERROR,
	"a failed attach and a detach give everything back",
	"autoconf(9); NetBSD sys/dev/pci/virtio.c, virtio_child_attach_failed()",
	"attach returns nothing: the device stays in the tree and nobody cleans up later.",
	"if (virtio_alloc_vq(vsc, &vq[1], 1, ...) != 0)\n\tgoto fail;\t/* vq[0] stays */",
	"if (virtio_alloc_vq(vsc, &vq[1], 1, ...) != 0)\n\tgoto fail_vq0;",
	.distance = RULE_LEFT_OVER
};

SHARED_RULE_ROW(rule_attach_sysctl) = {
	"attach.sysctl", SEVERITY_ERROR,
	"sysctl nodes are checked, made once, removed with the device, and not open to any write",
	"sysctl(9), sysctl_createv()",
	"After a failure the node pointer is NULL; a node that stays points into freed memory; "
	"what users write changes the driver's own numbers under its feet.",
	"sysctl_createv(NULL, 0, NULL, &node, ...);\n"
	"sysctl_createv(NULL, 0, NULL, NULL, ..., node->sysctl_num, ...);",
	"if (sysctl_createv(&log, 0, NULL, &node, ...) == 0)\n"
	"\tsysctl_createv(&log, 0, NULL, NULL, ..., node->sysctl_num, ...);"
};

/* Of an attach or detach, and so many pages; alloc_seq: the newest taken, 0: unknown. */
static void
report_left(struct rules_core *core, const char *when, int64_t pages, uint32_t site,
    uint32_t alloc_seq)
{
	if (rules_works_beside(core, 1u << core->at))
		return;
	inventory_report_left(core, 1u << ITEM_MAP, when);
	inventory_report_left(core, 1u << ITEM_DMA_MEMORY, when);
	inventory_report_left(core, ITEMS_OF_ATTACH, when);
	if (pages > 0) {
		rules_report_at(core, &rule_attach_leak, site, "%llu page%s left after %s",
		    (unsigned long long)pages, plural((uint64_t)pages), when);
		if (alloc_seq != 0)
			rules_because(core, alloc_seq, "newest pages taken");
	}
	inventory_report_left(core, 1u << ITEM_KMEM, when);
}

static void
sweep_failed(struct attach *attach, struct rules_core *core)
{
	const struct memory *memory = rules_look(core)->memory;
	const struct attempt *attempt = &attach->now;
	unsigned status = rules_status(core)->now;

	report_left(core, "the failed attach", memory != NULL ? (int64_t)(memory->counts.driver -
	    attempt->driver_pages) : 0, attempt->alloc_site, attempt->alloc_seq);
	if (attempt->failed && status != 0 && (status & STATUS_FAILED) == 0)
		rules_report_at(core, &rule_attach_leak, core->call->site, "device status is "
		    "0x%02x after the failed attach: neither reset nor FAILED", status);
}

/* ---- Beginning and end of an attempt ---- */

static void
begin(struct attach *attach, struct rules_core *core)
{
	const struct memory *memory = rules_look(core)->memory;

	if (attach->detached)
		report_left(core, "the detach", 0, 0, 0);
	attach->detached = false;
	attach->now = (struct attempt){
		.is_running = true, .begin_seq = core->event->seq,
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
turning_site(const struct attach *attach, struct rules_core *core)
{
	const struct trace *trace = rules_look(core)->trace;

	for (uint32_t seq = core->event->seq; seq > attach->now.begin_seq; seq--) {
		const struct event *event = trace_event(trace, seq);

		if (event == NULL)
			break;
		if (event->kind == EV_CALL && event->ctx == core->event->ctx && !undoes(event))
			return trace_site(trace, seq);
	}
	return core->call->site;
}

RULE_ROW(rule_refused) = {
	"attach.refused", SEVERITY_ERROR,
	"attach succeeds on a healthy device when nothing fails",
	"autoconf(9)",
	"The guest boots without the device, and nothing says why."
};

RULE_ROW(rule_again) = {
	"attach.again", SEVERITY_ERROR,
	"an attach after one that failed can succeed",
	"autoconf(9); module(9)",
	"Static variables keep their values; a mark set before the failure blocks every later "
	"attempt until the module is loaded again.",
	"if (initialized++)\n\treturn;",
	"if (initialized)\n\treturn;\n...\ninitialized = 1;\t/* at the very end */"
};

/* An attach that failed and was not made good since, of this device or another; or NULL. */
static const struct attach *
failed_before(struct rules_core *core)
{
	for (unsigned i = 0; i < core->devices; i++) {
		const struct attach *other = rules_state_of(core, &area_attach, i);

		if (other->failed_before)
			return other;
	}
	return NULL;
}

/* Nothing failed, nothing was struck, and yet the driver gave up. */
static void
check_refusal(struct attach *attach, struct rules_core *core)
{
	const struct attempt *attempt = &attach->now;
	const struct rules_view *view = rules_look(core);
	const struct attach *failed = failed_before(core);
	uint32_t site;

	if (attempt->call_failed || attempt->is_struck || attempt->child_was_there ||
	    !view->device.healthy)
		return;
	/* viomb(4) and others work one device of their kind, and say so of a second. */
	if (!attempt->started && rules_works_beside(core, 1u << core->at))
		return;
	site = turning_site(attach, core);
	if (!attempt->started) {
		if (failed == NULL) {
			if (!attach->is_attached)
				rules_report_at(core, &rule_refused, site, "attach gives up before "
				    "virtio_child_attach_start, though nothing failed");
			return;
		}
		rules_report_at(core, &rule_again, site, "attach gives up before "
		    "virtio_child_attach_start, after an earlier attach had failed");
		rules_because(core, failed->failed_seq, "the attach that failed");
		return;
	}
	if (attempt->features != 0) {
		rules_report_at(core, &rule_refused, site, "attach failed although every call "
		    "succeeded (features 0x%llx)", (unsigned long long)attempt->features);
		return;
	}
	/* On 1.0, no features means that negotiation failed: there is no device to attach. */
	if (!view->legacy && !view->device.legacy)
		return;
	rules_report_at(core, &rule_features, site, "attach failed because the device offers none "
	    "of the features asked for, which a legacy device may do");
	rules_because(core, attempt->start_seq, "negotiation");
}

static void
check_end(struct attach *attach, struct rules_core *core)
{
	const struct attempt *attempt = &attach->now;

	if (!attempt->started || attempt->failed)
		return;
	if (!attempt->finished)
		rules_report_at(core, &rule_call_order, core->call->site, "attach came "
		    "back after virtio_child_attach_start with neither virtio_child_attach_finish "
		    "nor virtio_child_attach_failed");
	else if (attempt->finish_failed)
		rules_report_at(core, &rule_call_order, core->call->site, "attach came "
		    "back after virtio_child_attach_finish had failed, without "
		    "virtio_child_attach_failed");
	else if (!rules_status(core)->live)
		rules_report_at(core, &rule_call_order, rules_status(core)->dead_site, "attach "
		    "came back with a device that is no longer live (status 0x%02x)",
		    rules_status(core)->now);
}

RULE_ROW(rule_match) = {
	"attach.match", SEVERITY_ERROR,
	"a driver matches its own kind of device only",
	"autoconf(9), ca_match; virtio 1.2 clause 5",
	"It would take other devices away from their drivers, and drive them as what they "
	"are not.",
	"return 1;",
	"return va->sc_childdevid == VIRTIO_DEVICE_ID_BLOCK;"
};

/* A driver was asked about a device, of this machine's kind or of one that nobody drives. */
static void
on_match(struct attach *attach, struct rules_core *core)
{
	bool matches = core->event->note.attach.result != 0;

	if (core->event->note.attach.other != 0) {
		if (matches)
			rules_report(core, &rule_match, "the driver matches a device of an "
			    "unknown kind, it must look at sc_childdevid");
		return;
	}
	attach->is_asked = true;
	attach->is_matched |= matches;
	if (!matches) {
		attach->refusal = *core->event;
		attach->refusal_site = core->site;
	}
}

/* Drivers of other devices may refuse this one; if all do, they are most likely of another. */
static void
check_matched(struct attach *attach, struct rules_core *core)
{
	const struct rules_device *device = core->device;

	if (attach->is_asked && !attach->is_matched)
		rules_report_when(core, &rule_match, &attach->refusal, attach->refusal_site,
		    "the driver does not match virtio device %u (%s), "
		    "the only one of this machine: is it the driver of another device?", device->id,
		    device->name != NULL ? device->name : "unknown");
	attach->is_asked = attach->is_matched = false;
}

static void
end(struct attach *attach, struct rules_core *core)
{
	bool attached = core->event->note.attach.result != 0;

	check_matched(attach, core);
	/* No driver wanted the device, or one has it already. */
	if (!attach->now.is_running)
		return;
	check_end(attach, core);
	if (!attached) {
		report_undo(attach, core);
		check_refusal(attach, core);
		sweep_failed(attach, core);
	}
	memset(&attach->undo, 0, sizeof(attach->undo));
	if (!attached && !attach->is_attached && !attach->failed_before) {
		attach->failed_before = true;
		attach->failed_seq = core->event->seq;
	}
	if (attached) {
		attach->is_attached = true;
		attach->failed_before = false;
		attach->detached = false;
	}
	attach->now.is_running = false;
}

HOOK(attach, note_attach, struct attach *attach, ON_NOTE(ATTACH))
{
	switch ((enum hw_attach)event->note.attach.step) {
	case HW_ATTACH_BEGIN:
		begin(attach, core);
		break;
	case HW_ATTACH_STARTED:
		attach->now.features = event->note.attach.result;
		break;
	case HW_ATTACH_FINISHED:
		attach->now.finish_failed = event->note.attach.result != 0;
		break;
	case HW_ATTACH_END:
		end(attach, core);
		break;
	case HW_ATTACH_MATCH:
		on_match(attach, core);
		break;
	case HW_ATTACH_FAILED:
		break;
	}
}

/* ---- Single events ---- */

HOOK(attach, call_detach, struct attach *attach, ON_CALL(VIRTIO_CHILD_DETACH))
{
	attach->detached = true;
	attach->detach_site = site;
	attach->is_attached = false;
}

HOOK(attach, on_fault, struct attach *attach, ON_EVENT(FAULT))
{
	attach->now.is_struck = true;
}

/* Autoconf takes the softc back when the driver's detach came back with 0. */
MEMORY(attach_memory, struct attach *attach)
{
	if (what == HW_MEMORY_SOFTC)
		attach->softc = low;
	/* Of several devices, which one's softc that is nobody says. */
	if (what != HW_MEMORY_GONE || low != attach->softc || !attach->is_attached ||
	    core->devices > 1)
		return;
	rules_report(core, &rule_call_order, "detach came back without virtio_child_detach: the "
	    "bus still has the driver for its child");
}

/* Is this the return of a call that the attach function in progress made? */
static bool
is_of_attach(const struct attach *attach, const struct event *ret)
{
	return attach->now.is_running && ret->ctx_kind == HW_CTX_AUTOCONF;
}

HOOK(attach, on_return, struct attach *attach, ON_EVENT(RET))
{
	if (is_of_attach(attach, event) && rules_failed(event))
		attach->now.call_failed = true;
}

HOOK(attach, ret_pglistalloc, struct attach *attach, ON_RET(UVM_PGLISTALLOC))
{
	if (!is_of_attach(attach, event) || event->ret.result != 0)
		return;
	attach->now.alloc_seq = event->seq;
	attach->now.alloc_site = site;
}

HOOK(attach, ret_alloc_vq, struct attach *attach, ON_RET(VIRTIO_ALLOC_VQ))
{
	if (!is_of_attach(attach, event))
		return;
	attach->now.no_queue = rules_failed(event);
	attach->now.no_queue_seq = event->seq;
}

HOOK(attach, ret_child, struct attach *attach, ON_RET(VIRTIO_CHILD))
{
	/* From virtio_child_attach_start() on the child is the driver itself. */
	if (is_of_attach(attach, event) && event->ret.result != 0 && !attach->now.started)
		attach->now.child_was_there = true;
}

/* What the driver had begun to undo, it undid while the device was live. */
HOOK(attach, on_crash, struct attach *attach, ON_EVENT(CRASH), ON_EVENT(PANIC))
{
	report_undo(attach, core);
}

HOOK(attach, on_features, void *state, ON_EVENT(DEV_FEATURES))
{
	uint64_t accepted = event->dev_features.accepted, offered = event->dev_features.offered;

	if ((accepted & ~offered) != 0)
		rules_report_at(core, &rule_features, 0,
		    "features 0x%llx were accepted, of which the device never offered 0x%llx",
		    (unsigned long long)accepted, (unsigned long long)(accepted & ~offered));
}

REST(attach_end, struct attach *attach)
{
	const struct memory *memory = rules_look(core)->memory;

	/* Whoever has the pages, the guest has lost them: there is no driver to ask for them. */
	if (attach->detached)
		report_left(core, "the detach", memory != NULL ? (int64_t)memory->counts.driver : 0,
		    attach->detach_site, 0);
}

const struct area area_attach = {
	.state_bytes = sizeof(struct attach),
	.each_device = true,
	.memory = attach_memory,
	.end = attach_end,
};

/* ---- sysctl nodes, and values that users may write through them ---- */

/* What users may write too. */
struct exposed {
	uintptr_t low, high;
	uint32_t number, seq;
	bool reported;
};

struct nodes {
	struct { VEC_MEMBERS(struct exposed); } exposed;
	unsigned count;			/* nodes that there are */
	bool made;			/* one since the newest sysctl_createv() */
	uint32_t createv_seq[SHADOW_CONTEXTS];	/* newest one, if it failed, + 1 */
};

HOOK(attach_sysctl, call_createv, struct nodes *nodes, ON_CALL(SYSCTL_CREATEV))
{
	nodes->made = false;
}

HOOK(attach_sysctl, note_node, struct nodes *nodes, ON_NOTE(SYSCTL))
{
	nodes->made = true;
	nodes->count++;
}

HOOK(attach_sysctl, note_node_gone, struct nodes *nodes, ON_NOTE(SYSCTL_GONE))
{
	nodes->count -= nodes->count > 0;
}

HOOK(attach_sysctl, ret_createv, struct nodes *nodes, ON_RET(SYSCTL_CREATEV))
{
	const struct shadow_call *call = core->call;
	uint64_t result = event->ret.result;

	nodes->createv_seq[event->ctx] = result != 0 ? call->seq + 1 : 0;
	/*
	 * The kernel turns a duplicate into success, without making one.  Inner nodes may be
	 * shared: each device of a driver asks for that of the driver.
	 */
	if ((result == EEXIST_NETBSD && !call->is_struck) || (result == 0 && !nodes->made &&
	    nodes->count > 0 && (call->args.sysctl_createv.type & CTLTYPE_MASK) != CTLTYPE_NODE))
		rules_report(core, &rule_attach_sysctl, "sysctl node \"%s\" exists already",
		    trace_text_of(rules_look(core)->trace, call->args.sysctl_createv.name));
}

/* A crash right after a createv that failed: its node pointer was NULL. */
HOOK(attach_sysctl, nodes_crash, struct nodes *nodes, ON_EVENT(CRASH), ON_EVENT(PANIC))
{
	const struct shadow_call *call = core->call;
	uint32_t failed = nodes->createv_seq[event->ctx];

	if (failed == 0 || call->code != HW_CALL_SYSCTL_CREATEV || call->seq != failed - 1)
		return;
	rules_report(core, &rule_attach_sysctl, "wild access right after a sysctl_createv that "
	    "failed: the node pointer it was to store is NULL");
	rules_because(core, call->seq, "sysctl_createv(\"%.24s\")",
	    trace_text_of(rules_look(core)->trace, call->args.sysctl_createv.name));
}

/* ---- values that users may write ---- */

/* The driver keeps a value here that users may overwrite. */
static void
check_store(struct nodes *nodes, struct rules_core *core, const struct access_event *touch)
{
	vec_each(exposed, &nodes->exposed) {
		if (exposed->reported || touch->address >= exposed->high ||
		    touch->address + touch->size <= exposed->low)
			continue;
		exposed->reported = true;
		rules_report(core, &rule_attach_sysctl, "the driver keeps a value here that users "
		    "may write: sysctl node %u has CTLFLAG_READWRITE and no function",
		    exposed->number);
		rules_because(core, exposed->seq, "the node was made here");
	}
}

TOUCH(nodes_touch, void *state)
{
	if (touch->write)
		check_store(state, core, touch);
	return ACCESS_ORDINARY;
}

MEMORY(nodes_memory, struct nodes *nodes)
{
	if (what == HW_MEMORY_EXPOSED)
		*vec_add(&nodes->exposed) = (struct exposed){
			.low = low, .high = high, .number = (uint32_t)number,
			.seq = rules_look(core)->trace->count - 1,
		};
	else if (what == HW_MEMORY_HIDDEN)
		for (size_t i = nodes->exposed.count; i-- > 0; )
			if (nodes->exposed.item[i].number == number)
				nodes->exposed.item[i] =
				    nodes->exposed.item[--nodes->exposed.count];
}

FINI(nodes_fini, struct nodes *nodes)
{
	vec_fini(&nodes->exposed);
}

const struct area area_attach_sysctl = {
	.state_bytes = sizeof(struct nodes),
	.fini = nodes_fini,
	.touch = nodes_touch,
	.memory = nodes_memory,
};
