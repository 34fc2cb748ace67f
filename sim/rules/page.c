/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules about who owns a page: allocation, release, and what the host may take.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "machine/world.h"
#include "rules/area.h"
#include "rules/balloon_entries.h"
#include "rules/ledger.h"
#include "rules/shadow.h"

#define FEATURE_MUST_TELL_HOST (UINT64_C(1) << 0)
/* What UINT32_MAX * PAGE_SIZE comes to where PAGE_SIZE is an int. */
#define WRAPPED_HIGH UINT64_C(0xfffff000)

const struct rule rules_page[] = {
	{ "page.alloc-range", SEVERITY_LINT,
	  "an allocation is of whole pages, and its limits not from wrapped 32-bit arithmetic",
	  "NetBSD uvm(9), uvm_pglistalloc: low and high are paddr_t",
	  "PAGE_SIZE is an int: UINT32_MAX*PAGE_SIZE wraps to 0xfffff000, and memory above "
	  "4 GiB is never used, however short the rest is.",
	  "uvm_pglistalloc(size, 0, UINT32_MAX*PAGE_SIZE, ...)",
	  "uvm_pglistalloc(size, 0, ~(paddr_t)0, ...)" },
	{ "page.conservation", SEVERITY_ERROR,
	  "at rest every page of the driver is in the balloon, and every page there is its",
	  "virtio 1.2 clause 5.5.6; NetBSD uvm(9)",
	  "A page that neither guest nor host can use is lost until the next boot; a page both "
	  "use loses its contents.",
	  "if (virtio_enqueue_prep(...) != 0) return;	/* pages are on no list */",
	  "if (virtio_enqueue_prep(...) != 0) { uvm_pglistfree(&list); return; }" },
	{ "page.discarded-in-use", SEVERITY_ERROR,
	  "the host never discards a page that the guest uses",
	  "virtio 1.2 clause 5.5.6.1",
	  "Whatever was in the page is zeroes now: the guest's memory is corrupted silently.",
	  "virtio_enqueue(...);	/* descriptor longer than the entries filled in */",
	  "virtio_enqueue_p(..., 0, n * sizeof(uint32_t), true);" },
	{ "page.double-free", SEVERITY_ERROR,
	  "a page is freed once, and only by who allocated it",
	  "NetBSD uvm(9), uvm_pglistfree; KASSERT in uvm_page.c",
	  "The free list is corrupted, or somebody else's page is given away.",
	  "uvm_pglistfree(&list); ... uvm_pglistfree(&list);",
	  "uvm_pglistfree(&list); TAILQ_INIT(&list);" },
	{ "page.host-owned", SEVERITY_ERROR,
	  "a page is not freed while the host owns it",
	  "virtio 1.2 clause 5.5.6.1 (driver requirements)",
	  "The next user writes into a page that the host throws away, now or when it gets "
	  "around to the request.",
	  "virtio_enqueue_commit(...); uvm_pglistfree(&b->bl_pglist);	/* inflate */",
	  "keep the pages; free them after the deflate request that names them" },
	{ "page.irq-context", SEVERITY_ERROR,
	  "pages are neither allocated nor freed in an interrupt",
	  "NetBSD uvm(9); KASSERT(!cpu_intr_p()) in uvm_pglist.c 1.90",
	  "The page allocator takes locks that may not be taken there, and may sleep.",
	  NULL, NULL },
	{ "page.sleep-context", SEVERITY_ERROR,
	  "no allocation that may wait, and no freeing, while a spin mutex is held",
	  "NetBSD uvm(9), mutex(9)",
	  "The thread sleeps with interrupts blocked, and who could free memory waits for it; "
	  "freeing takes the page allocator's own spin mutexes inside the driver's.",
	  "mutex_spin_enter(&m); uvm_pglistalloc(..., 1 /* waitok */);",
	  "uvm_pglistalloc(..., 1); mutex_spin_enter(&m);" },
};
const size_t rules_page_count = sizeof(rules_page) / sizeof(rules_page[0]);

struct page_state {
	const struct shadow *shadow;
	bool allocating[SHADOW_CONTEXTS];
	unsigned allocations;		/* calls of uvm_pglistalloc that did not return yet */
	uint64_t take_head;		/* newest inflate request that the device read */
	uint32_t take_seq;
};

/* ---- uvm_pglistalloc, uvm_pglistfree ---- */

/* The highest frame of memory, plus one. */
static uint64_t
memory_top(const struct rules_view *view)
{
	return view->memory->pfn_max << MEMORY_PAGE_SHIFT;
}

static void
see_alloc(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	uint64_t high = event->arg[2];
	const struct shadow_lock *lock = shadow_spin(state->shadow, event->ctx, 0);
	struct finding *finding;

	if (!state->allocating[event->ctx])
		state->allocations++;
	state->allocating[event->ctx] = true;
	if (high == WRAPPED_HIGH && memory_top(rules_look(core)) > high + MEMORY_PAGE_SIZE)
		rules_report(core, "page.alloc-range", event, site, "upper limit %#" PRIx64
		    " is 2^32 - 1 pages in 32-bit arithmetic; memory goes up to %#" PRIx64,
		    high, memory_top(rules_look(core)));
	if (event->arg[0] % MEMORY_PAGE_SIZE != 0)
		rules_report(core, "page.alloc-range", event, site, "uvm_pglistalloc of %" PRIu64
		    " bytes, which is no number of whole pages", event->arg[0]);
	if (event->arg[4] == 0 || lock == NULL)
		return;
	finding = rules_report(core, "page.sleep-context", event, site,
	    "uvm_pglistalloc of %" PRIu64 " bytes may wait, with spin mutex %u held",
	    event->arg[0], lock->mutex);
	finding_because(finding, lock->seq, "mutex %u taken", lock->mutex);
}

static void
see_give(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct shadow_lock *lock = shadow_spin(state->shadow, event->ctx, 0);
	struct finding *finding;

	if (lock == NULL || event->ctx_kind == HW_CTX_HARDINT)
		return;
	finding = rules_report(core, "page.sleep-context", event, site,
	    "uvm_pglistfree with spin mutex %u held", lock->mutex);
	finding_because(finding, lock->seq, "mutex %u taken", lock->mutex);
}

static void
see_call(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	if (event->code != HW_CALL_UVM_PGLISTALLOC && event->code != HW_CALL_UVM_PGLISTFREE)
		return;
	if (event->ctx_kind == HW_CTX_HARDINT || event->ctx_kind == HW_CTX_SOFTINT)
		rules_report(core, "page.irq-context", event, site, "%s in a %s interrupt",
		    trace_call_name(event->code),
		    event->ctx_kind == HW_CTX_HARDINT ? "hard" : "soft");
	if (event->code == HW_CALL_UVM_PGLISTALLOC)
		see_alloc(state, core, event, site);
	else
		see_give(state, core, event, site);
}

static void
see_return(struct page_state *state, const struct event *event)
{
	if (event->code != HW_CALL_UVM_PGLISTALLOC || !state->allocating[event->ctx])
		return;
	state->allocating[event->ctx] = false;
	state->allocations--;
}

/* ---- pages that change hands ---- */

struct release {			/* what is wrong with a batch of freed pages */
	uint64_t twice, foreign, offered, returning, given;	/* how many */
	uint64_t twice_pfn, foreign_pfn, offered_pfn, returning_pfn, given_pfn;	/* first */
};

static void
tally(uint64_t *count, uint64_t *first, uint64_t pfn)
{
	if ((*count)++ == 0)
		*first = pfn;
}

static void
free_one(struct ledger *ledger, const struct memory *memory, uint64_t pfn, bool by_driver,
    struct release *bad)
{
	unsigned state = ledger->page[pfn];

	if (!(state & LEDGER_OWNED)) {
		enum hw_owner owner = memory_owner(memory, pfn);

		/* A page of the driver that is not owned here was in this batch before. */
		if (owner == HW_PAGE_FREE || (owner == HW_PAGE_DRIVER && by_driver))
			tally(&bad->twice, &bad->twice_pfn, pfn);
		else if (by_driver)
			tally(&bad->foreign, &bad->foreign_pfn, pfn);
		return;
	}
	if (state & LEDGER_OFFERED)
		tally(&bad->offered, &bad->offered_pfn, pfn);
	else if (state & LEDGER_BALLOON)
		tally(&bad->given, &bad->given_pfn, pfn);
	else if (state & LEDGER_RETURNING)
		tally(&bad->returning, &bad->returning_pfn, pfn);
	ledger_set(ledger, pfn, state & LEDGER_RETURNING);
}

/* Pages of the driver that no request names may go, and nothing remains of them. */
static bool
may_go(unsigned state)
{
	return (state & (LEDGER_OWNED | LEDGER_OFFERED | LEDGER_BALLOON | LEDGER_RETURNING)) ==
	    LEDGER_OWNED;
}

static void
free_all(struct ledger *ledger, const struct memory *memory, const uint64_t *pfn, uint64_t n,
    bool by_driver, struct release *bad)
{
	struct ledger_move move = { .from = LEDGER_OWNED, .to = 0 };

	for (uint64_t i = 0; i < n; i++) {
		unsigned state;

		assert(pfn[i] < ledger->pages);	/* the kernel knows its pages */
		state = ledger->page[pfn[i]];
		if (state != move.from && may_go(state))
			ledger_turn(ledger, &move, state, 0);
		if (state == move.from)
			ledger_step(ledger, &move, pfn[i]);
		else
			free_one(ledger, memory, pfn[i], by_driver, bad);
	}
	ledger_moved(ledger, &move);
}

/* The lowest and the highest of them. */
static void
set_bounds(struct ledger_batch *batch, const uint64_t *pfn, uint64_t n)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (uint64_t i = 0; i < n; i++) {
		low = pfn[i] < low ? pfn[i] : low;
		high = pfn[i] > high ? pfn[i] : high;
	}
	batch->low = low;
	batch->high = high;
}

static void
because_batch(struct finding *finding, const struct ledger *ledger, uint64_t pfn,
    enum hw_owner owner, const char *what)
{
	const struct ledger_batch *batch = ledger_batch_of(ledger, pfn, owner);

	if (batch != NULL)
		finding_because(finding, batch->seq, "%s", what);
}

/* The newest request that names the page, answered or not. */
static void
because_request(struct finding *finding, const struct ledger *ledger, uint64_t pfn)
{
	for (size_t i = ledger->requests; i-- > 0;) {
		const struct ledger_request *request = &ledger->request[i];

		for (uint32_t k = 0; k < request->n; k++) {
			if (request->entry[k] != pfn)
				continue;
			finding_because(finding, request->seq, "%s request that names it",
			    request->queue == LEDGER_INFLATE ? "inflate" : "deflate");
			return;
		}
	}
}

static void
report_twice(struct rules_core *core, const struct ledger *ledger, const struct release *bad,
    const struct event *event, uint32_t site)
{
	struct finding *finding;

	if (bad->twice > 0) {
		finding = rules_report(core, "page.double-free", event, site,
		    "%" PRIu64 " page%s freed that %s free already; first: frame %#" PRIx64,
		    bad->twice, bad->twice == 1 ? "" : "s", bad->twice == 1 ? "is" : "are",
		    bad->twice_pfn);
		because_batch(finding, ledger, bad->twice_pfn, HW_PAGE_FREE, "freed before");
	}
	if (bad->foreign > 0) {
		finding = rules_report(core, "page.double-free", event, site,
		    "%" PRIu64 " page%s freed that somebody else uses by now; first: frame %#"
		    PRIx64, bad->foreign, bad->foreign == 1 ? "" : "s", bad->foreign_pfn);
		because_batch(finding, ledger, bad->foreign_pfn, HW_PAGE_FREE,
		    "freed before");
	}
}

/*
 * From an answer that breaks the specification on, driver and device no longer agree on what
 * is in flight, and no driver could keep these rules.
 */
static void
report_host_owned(struct rules_core *core, const struct ledger *ledger,
    const struct release *bad, const struct event *event, uint32_t site)
{
	const struct rules_device *device = &rules_look(core)->device;
	struct finding *finding;

	if (!device->healthy)
		return;
	if (bad->offered > 0) {
		finding = rules_report(core, "page.host-owned", event, site, "%" PRIu64
		    " page%s freed before the inflate request is answered; first: frame %#"
		    PRIx64, bad->offered, bad->offered == 1 ? "" : "s", bad->offered_pfn);
		because_request(finding, ledger, bad->offered_pfn);
	}
	if (bad->given > 0) {
		finding = rules_report(core, "page.host-owned", event, site, "%" PRIu64
		    " page%s freed that the host has and no deflate request names; first: "
		    "frame %#" PRIx64, bad->given, bad->given == 1 ? "" : "s",
		    bad->given_pfn);
		because_batch(finding, ledger, bad->given_pfn, HW_PAGE_DRIVER, "allocated");
	}
	if (bad->returning > 0 && device->features & FEATURE_MUST_TELL_HOST) {
		finding = rules_report(core, "page.host-owned", event, site, "%" PRIu64
		    " page%s freed before the deflate request is answered, with "
		    "MUST_TELL_HOST; first: frame %#" PRIx64, bad->returning,
		    bad->returning == 1 ? "" : "s", bad->returning_pfn);
		because_request(finding, ledger, bad->returning_pfn);
	}
}

static void
see_free(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site, const uint64_t *pfn)
{
	struct ledger *ledger = rules_ledger(core);
	const struct memory *memory = rules_look(core)->memory;
	bool by_driver = event->ctx != 0 &&
	    shadow_call_of(state->shadow, event)->code == HW_CALL_UVM_PGLISTFREE;
	struct ledger_batch batch = { .seq = event->seq, .site = site, .owner = HW_PAGE_FREE };
	struct release bad = { 0 };

	free_all(ledger, memory, pfn, event->arg[0], by_driver, &bad);
	if (bad.twice + bad.foreign > 0)
		report_twice(core, ledger, &bad, event, site);
	if (bad.offered + bad.given + bad.returning > 0)
		report_host_owned(core, ledger, &bad, event, site);
	if (!by_driver)
		return;
	set_bounds(&batch, pfn, event->arg[0]);
	ledger_note_batch(ledger, &batch);
}

static void
see_driver_takes(struct rules_core *core, const struct event *event, uint32_t site,
    const uint64_t *pfn)
{
	struct ledger *ledger = rules_ledger(core);
	struct ledger_batch batch = { .seq = event->seq, .site = site, .owner = HW_PAGE_DRIVER };
	struct ledger_move move = { .from = 0, .to = LEDGER_OWNED | LEDGER_FRESH };

	for (uint64_t i = 0; i < event->arg[0]; i++) {
		unsigned state = ledger->page[pfn[i]];

		/* Freed at once without MUST_TELL_HOST: the old request is still out. */
		if (state != move.from)
			ledger_turn(ledger, &move, state, LEDGER_OWNED | LEDGER_FRESH |
			    (state & LEDGER_RETURNING));
		ledger_step(ledger, &move, pfn[i]);
	}
	ledger_moved(ledger, &move);
	set_bounds(&batch, pfn, event->arg[0]);
	ledger_note_batch(ledger, &batch);
}

static void
see_pages(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site, const uint64_t *pfn)
{
	switch ((enum hw_owner)event->code) {
	case HW_PAGE_FREE:
		see_free(state, core, event, site, pfn);
		return;
	case HW_PAGE_DRIVER:
		see_driver_takes(core, event, site, pfn);
		return;
	case HW_PAGE_KERNEL:
	case HW_PAGE_OTHERS:
		return;
	}
}

/* ---- what the host did ---- */

static const char *
user_of(enum hw_owner owner)
{
	switch (owner) {
	case HW_PAGE_FREE:
		return "free memory";
	case HW_PAGE_KERNEL:
		return "used by the kernel";
	case HW_PAGE_OTHERS:
		return "used by the rest of the guest";
	case HW_PAGE_DRIVER:
		return "held by the driver";
	}
	return "?";
}

static bool
is_in_use(const struct memory *memory, uint64_t pfn)
{
	return memory_is_ram(memory, pfn) &&
	    (memory_owner(memory, pfn) == HW_PAGE_KERNEL ||
	    memory_owner(memory, pfn) == HW_PAGE_OTHERS);
}

/* The entry behind the damage, as far as the driver's request tells; else n. */
static uint32_t
find_in_use(const struct memory *memory, const struct ledger_request *request)
{
	for (uint32_t i = 0; i < request->n; i++)
		if (is_in_use(memory, request->entry[i]))
			return i;
	return request->n;
}

static void
see_act(struct page_state *state, struct rules_core *core, const struct event *event,
    uint32_t site)
{
	const struct memory *memory = rules_look(core)->memory;
	const struct ledger_request *request = ledger_find_request(rules_ledger(core),
	    LEDGER_INFLATE, (uint32_t)state->take_head);
	uint64_t in_use = event->arg[3];
	struct finding *finding;
	uint32_t i;

	if (event->arg[0] != LEDGER_INFLATE || in_use == 0)
		return;
	if (request == NULL || (i = find_in_use(memory, request)) == request->n) {
		finding = rules_report(core, "page.discarded-in-use", event, site,
		    "the host discarded %" PRIu64 " page%s that the guest uses", in_use,
		    in_use == 1 ? "" : "s");
		finding_because(finding, state->take_seq, "the request that named them");
		return;
	}
	finding = rules_report(core, "page.discarded-in-use", event, request->site,
	    "the host discarded %" PRIu64 " page%s that the guest uses; first: entry %u, "
	    "frame %#" PRIx32 ", %s", in_use, in_use == 1 ? "" : "s", i, request->entry[i],
	    user_of(memory_owner(memory, request->entry[i])));
	finding_because(finding, request->seq, "inflate request of %u entries", request->n);
}

/* ---- at rest ---- */

static void
report_lost(struct rules_core *core, const struct event *now, unsigned mask, unsigned bits,
    const char *what, const char *because)
{
	struct ledger *ledger = rules_ledger(core);
	uint64_t n = ledger_count(ledger, mask, bits), pfn;
	const struct ledger_batch *batch;
	struct finding *finding;

	if (n == 0 || !ledger_first(ledger, mask, bits, &pfn))
		return;
	batch = ledger_batch_of(ledger, pfn, HW_PAGE_DRIVER);
	finding = rules_report(core, "page.conservation", now,
	    batch != NULL ? batch->site : 0, "%" PRIu64 " page%s %s; first: frame %#" PRIx64,
	    n, n == 1 ? "" : "s", what, pfn);
	if (batch != NULL)
		finding_because(finding, batch->seq, "%s", because);
}

struct lost {
	uint64_t extra, extra_pfn;	/* the host has them, the driver does not say so */
	uint64_t missing, missing_pfn;	/* the other way round */
};

/* Most of a guest is nobody's: frames in one go that the host has not, nor should. */
#define FRAMES_AT_ONCE 64
static bool
is_dull(const struct ledger *ledger, const struct memory *memory, uint64_t pfn)
{
	uint64_t held = 0, given = 0;

	if (ledger->pages - pfn < FRAMES_AT_ONCE)
		return false;
	for (unsigned i = 0; i < FRAMES_AT_ONCE; i += sizeof(given)) {
		uint64_t eight;

		memcpy(&eight, &ledger->page[pfn + i], sizeof(eight));
		given |= eight & LEDGER_BALLOON * UINT64_C(0x0101010101010101);
		held |= memory_host_has_any(memory, pfn + i);
	}
	return (held | given) == 0;
}

static void
compare_frames(const struct ledger *ledger, const struct memory *memory, uint64_t pfn,
    struct lost *lost)
{
	for (uint64_t end = pfn + FRAMES_AT_ONCE; pfn < end && pfn < ledger->pages; pfn++) {
		bool has = memory_host_has(memory, pfn);
		bool given = ledger->page[pfn] & LEDGER_BALLOON;

		if (has && !given)
			tally(&lost->extra, &lost->extra_pfn, pfn);
		if (given && !has)
			tally(&lost->missing, &lost->missing_pfn, pfn);
	}
}

/* Pages that the host has and the driver does not count, and the other way round. */
static void
compare_with_host(struct rules_core *core, const struct event *now)
{
	struct ledger *ledger = rules_ledger(core);
	const struct memory *memory = rules_look(core)->memory;
	struct lost lost = { 0 };

	for (uint64_t pfn = 0; pfn < ledger->pages; pfn += FRAMES_AT_ONCE)
		if (!is_dull(ledger, memory, pfn))
			compare_frames(ledger, memory, pfn, &lost);
	if (lost.extra > 0)
		rules_report(core, "page.conservation", now, 0, "the host has %" PRIu64
		    " page%s that the driver does not count as given; first: frame %#" PRIx64
		    ", %s", lost.extra, lost.extra == 1 ? "" : "s", lost.extra_pfn,
		    user_of(memory_owner(memory, lost.extra_pfn)));
	if (lost.missing > 0)
		rules_report(core, "page.conservation", now, 0, "the driver keeps %" PRIu64
		    " page%s for the host that the host does not have; first: frame %#" PRIx64,
		    lost.missing, lost.missing == 1 ? "" : "s", lost.missing_pfn);
}

static void
page_rest(void *self, struct rules_core *core, const struct event *now)
{
	struct page_state *state = self;
	struct ledger *ledger = rules_ledger(core);
	const struct rules_view *view = rules_look(core);

	entries_judge_released(core, now, true);
	/* Nobody can account for pages that a lying or silent device keeps in flight. */
	if (!view->at_rest || !view->device.healthy || !view->device.answers ||
	    ledger_waiting(ledger) > 0)
		return;
	/* Pages gathered by an allocation that still waits are not lost. */
	if (state->allocations == 0)
		report_lost(core, now, LEDGER_OWNED | LEDGER_FRESH,
		    LEDGER_OWNED | LEDGER_FRESH,
		    "allocated, neither freed nor given to the host", "allocated");
	report_lost(core, now, LEDGER_OWNED | LEDGER_FRESH | LEDGER_BALLOON | LEDGER_OFFERED |
	    LEDGER_RETURNING, LEDGER_OWNED,
	    "that the host gave back neither freed nor given again", "allocated");
	if (ledger->held_before_known && ledger->held_before == 0 &&
	    view->memory->counts.held !=
	    ledger_count(ledger, LEDGER_BALLOON, LEDGER_BALLOON))
		compare_with_host(core, now);
}

static void
page_see(void *self, struct rules_core *core, const struct event *event, uint32_t site,
    const void *payload)
{
	struct page_state *state = self;

	state->shadow = rules_shadow(core);
	if (event->kind == EV_CALL) {
		see_call(state, core, event, site);
	} else if (event->kind == EV_RET) {
		see_return(state, event);
	} else if (event->kind == EV_PAGES) {
		see_pages(state, core, event, site, payload);
	} else if (event->kind == EV_DEV_TAKE && event->arg[0] == LEDGER_INFLATE) {
		state->take_head = event->arg[1];
		state->take_seq = event->seq;
	} else if (event->kind == EV_DEV_ACT) {
		see_act(state, core, event, site);
	} else if (event->kind == EV_HOST_REBOOT) {
		memset(state, 0, sizeof(*state));
	}
}

const struct area area_page = {
	.name = "page",
	.kinds = KIND(CALL) | KIND(RET) | KIND(PAGES) | KIND(DEV_TAKE) | KIND(DEV_ACT) |
	    KIND(HOST_REBOOT),
	.calls = CALLS(HW_CALL_UVM_PGLISTALLOC, HW_CALL_UVM_PGLISTFREE),
	.returns = CALLS(HW_CALL_UVM_PGLISTALLOC),
	.state_bytes = sizeof(struct page_state),
	.see = page_see,
	.rest = page_rest,
};
