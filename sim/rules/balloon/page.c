/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Area page: what the host has and may take of the driver's pages.
 */
#include <inttypes.h>
#include <string.h>

#include "base/sbuf.h"
#include "rules/balloon/balloon_entries.h"
#include "rules/balloon/balloon.h"

/* Pages of the batch being freed that are busy. */
struct release {
	struct pages_found offered, returning, given;
};

struct page_state {
	struct release freed;
	uint64_t take_head;		/* newest inflate request that the device read */
	uint32_t take_seq;
	bool reads_again;		/* restored: what it reads may be over */
};

/* ---- freeing ---- */

void
balloon_page_freed(struct rules_core *core, uint64_t pfn, unsigned state)
{
	struct page_state *self = rules_state(core, &area_balloon_page);
	struct release *bad = &self->freed;

	if (state & LEDGER_OFFERED)
		pages_find(&bad->offered, pfn);
	else if (state & LEDGER_BALLOON)
		pages_find(&bad->given, pfn);
	else if (state & LEDGER_RETURNING)
		pages_find(&bad->returning, pfn);
}

/* The newest request that names the page, complete or not. */
static void
because_request(struct rules_core *core, uint64_t pfn)
{
	const struct ledger *ledger = rules_ledger(core);

	for (size_t i = ledger->request.count; i-- > 0;) {
		const struct ledger_request *request = &ledger->request.item[i];

		for (uint32_t k = 0; k < request->n; k++) {
			if (request->entry[k] != pfn)
				continue;
			rules_because(core, request->seq, "%s request that names it",
			    request->queue == LEDGER_INFLATE ? "inflate" : "deflate");
			return;
		}
	}
}

RULE_ROW(rule_host_owned) = {
	"page.host-owned", SEVERITY_ERROR,
	"a page is not freed while the host owns it",
	"virtio 1.2 clause 5.5.6.1 (driver requirements)",
	"The next user writes into a page that the host throws away, now or when it gets "
	"around to the request.",
	"virtio_enqueue_commit(...); uvm_pglistfree(&b->bl_pglist);	/* inflate */",
	"keep the pages; free them after the deflate request that names them"
};

/*
 * From a completion that breaks the specification on, driver and device no longer agree on what
 * is in flight, and no driver could keep these rules.
 */
static void
report_host_owned(struct rules_core *core, const struct ledger *ledger, const struct release *bad)
{
	const struct device_view *device = &rules_look(core)->device;
	const struct page_batch *batch;

	if (!device->healthy)
		return;
	if (bad->offered.n > 0) {
		rules_report(core, &rule_host_owned, "%" PRIu64
		    " page%s freed before the inflate request is completed; first: frame %#" PRIx64,
		    bad->offered.n, plural(bad->offered.n), bad->offered.first);
		because_request(core, bad->offered.first);
	}
	if (bad->given.n > 0) {
		rules_report(core, &rule_host_owned, "%" PRIu64
		    " page%s freed that the host has and no deflate request names; first: frame %#"
		    PRIx64, bad->given.n, plural(bad->given.n), bad->given.first);
		batch = pages_batch_of(rules_pages(core), bad->given.first, HW_PAGE_DRIVER);
		if (batch != NULL)
			rules_because(core, batch->seq, "allocated");
	}
	if (bad->returning.n > 0 && device->features & FEATURE_MUST_TELL_HOST) {
		rules_report(core, &rule_host_owned, "%" PRIu64 " page%s freed before the deflate "
		    "request is completed, with MUST_TELL_HOST; first: frame %#" PRIx64,
		    bad->returning.n, plural(bad->returning.n), bad->returning.first);
		because_request(core, bad->returning.first);
	}
}

void
balloon_pages_freed(struct rules_core *core)
{
	struct page_state *self = rules_state(core, &area_balloon_page);

	report_host_owned(core, rules_ledger(core), &self->freed);
	memset(&self->freed, 0, sizeof(self->freed));
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

/* The entry behind the damage, as far as the driver's request shows it; else n. */
static uint32_t
find_in_use(const struct memory *memory, const struct ledger_request *request)
{
	for (uint32_t i = 0; i < request->n; i++)
		if (is_in_use(memory, request->entry[i]))
			return i;
	return request->n;
}

RULE_ROW(rule_discarded_in_use) = {
	"page.discarded-in-use", SEVERITY_ERROR,
	"the host never discards a page that the guest uses",
	"virtio 1.2 clause 5.5.6.1",
	"Whatever was in the page is zeroes now: the guest's memory is corrupted silently.",
	"virtio_enqueue(...);	/* descriptor longer than the entries filled in */",
	"virtio_enqueue_p(..., 0, n * sizeof(uint32_t), true);"
};

/* It reads again what it had completed: a buffer that may be in use for something else by now. */
HOOK(balloon_page, on_restored, struct page_state *state, ON_EVENT(DEV_BEHAVIOUR))
{
	state->reads_again |= event->code == RULES_BEHAVIOUR_RESTORED &&
	    event->dev_behaviour.what != 0;
}

HOOK(balloon_page, on_act, struct page_state *state, ON_EVENT(DEV_ACT))
{
	const struct memory *memory = rules_look(core)->memory;
	const struct ledger_request *request = ledger_find_request(rules_ledger(core),
	    LEDGER_INFLATE, (uint32_t)state->take_head);
	uint64_t in_use = event->dev_act.in_use;
	uint32_t i;

	if (event->dev_act.queue != LEDGER_INFLATE || in_use == 0 || state->reads_again)
		return;
	if (request == NULL || (i = find_in_use(memory, request)) == request->n) {
		rules_report(core, &rule_discarded_in_use, "the host discarded %" PRIu64
		    " page%s that the guest uses", in_use, plural(in_use));
		rules_because(core, state->take_seq, "the request that named them");
		return;
	}
	rules_report_at(core, &rule_discarded_in_use, request->site, "the host discarded %" PRIu64
	    " page%s that the guest uses; first: entry %u, frame %#" PRIx32 ", %s", in_use,
	    plural(in_use), i, request->entry[i],
	    user_of(memory_owner(memory, request->entry[i])));
	rules_because(core, request->seq, "inflate request of %u page%s", request->n,
	    plural(request->n));
}

/* ---- at rest ---- */

RULE_ROW(rule_conservation) = {
	"page.conservation", SEVERITY_ERROR,
	"at rest every page of the driver is in the balloon, and every page there is its",
	"virtio 1.2 clause 5.5.6; NetBSD uvm(9)",
	"A page that neither guest nor host can use is lost until the next boot; a page both "
	"use loses its contents.",
	"if (virtio_enqueue_prep(...) != 0) return;	/* pages are on no list */",
	"if (virtio_enqueue_prep(...) != 0) { uvm_pglistfree(&list); return; }",
	.distance = RULE_LEFT_OVER
};

static void
report_lost(struct rules_core *core, unsigned mask, unsigned bits, const char *what,
    const char *because)
{
	struct pages *pages = rules_pages(core);
	uint64_t n = pages_count(pages, mask, bits), pfn;
	const struct page_batch *batch;

	if (n == 0 || !pages_first(pages, mask, bits, &pfn))
		return;
	batch = pages_batch_of(pages, pfn, HW_PAGE_DRIVER);
	rules_report_at(core, &rule_conservation, batch != NULL ? batch->site : 0, "%" PRIu64
	    " page%s %s; first: frame %#" PRIx64, n, plural(n), what, pfn);
	if (batch == NULL)
		return;
	rules_because(core, batch->seq, "%s", because);
	if (rules_ledger(core)->aborted_seq > batch->seq)
		rules_because_at(core, rules_ledger(core)->aborted_seq,
		    rules_ledger(core)->aborted_site, "the newest request that was aborted");
}

struct lost {
	struct pages_found extra;	/* the host has them, the driver does not say so */
	struct pages_found missing;	/* the other way round */
};

/* Most of a guest is nobody's: frames in one go that the host has not, nor should. */
#define FRAMES_AT_ONCE 64
static bool
is_dull(const struct pages *pages, const struct memory *memory, uint64_t pfn)
{
	uint64_t held = 0, given = 0;

	if (pages->frames - pfn < FRAMES_AT_ONCE)
		return false;
	for (unsigned i = 0; i < FRAMES_AT_ONCE; i += sizeof(given)) {
		uint64_t eight;

		memcpy(&eight, &pages->state[pfn + i], sizeof(eight));
		given |= eight & LEDGER_BALLOON * UINT64_C(0x0101010101010101);
		held |= memory_host_has_any(memory, pfn + i);
	}
	return (held | given) == 0;
}

static void
compare_frames(const struct pages *pages, const struct memory *memory, uint64_t pfn,
    struct lost *lost)
{
	for (uint64_t end = pfn + FRAMES_AT_ONCE; pfn < end && pfn < pages->frames; pfn++) {
		bool has = memory_host_has(memory, pfn);
		bool given = pages->state[pfn] & LEDGER_BALLOON;

		if (has && !given)
			pages_find(&lost->extra, pfn);
		if (given && !has)
			pages_find(&lost->missing, pfn);
	}
}

/* Pages that the host has and the driver does not count, and the other way round. */
static void
compare_with_host(struct rules_core *core)
{
	struct pages *pages = rules_pages(core);
	const struct memory *memory = rules_look(core)->memory;
	struct lost lost = { { 0 } };

	for (uint64_t pfn = 0; pfn < pages->frames; pfn += FRAMES_AT_ONCE)
		if (!is_dull(pages, memory, pfn))
			compare_frames(pages, memory, pfn, &lost);
	if (lost.extra.n > 0)
		rules_report(core, &rule_conservation, "the host has %" PRIu64
		    " page%s that the driver does not count as given; first: frame %#" PRIx64
		    ", %s", lost.extra.n, plural(lost.extra.n), lost.extra.first,
		    user_of(memory_owner(memory, lost.extra.first)));
	if (lost.missing.n > 0)
		rules_report(core, &rule_conservation, "the driver keeps %" PRIu64
		    " page%s for the host that the host does not have; first: frame %#" PRIx64,
		    lost.missing.n, plural(lost.missing.n), lost.missing.first);
}

REST(page_rest, void *self)
{
	struct pages *pages = rules_pages(core);
	struct ledger *ledger = rules_ledger(core);
	const struct rules_view *view = rules_look(core);

	entries_check_released(core, true);
	/* Nobody can account for pages that a lying or silent device keeps in flight. */
	if (!view->at_rest || !view->device.healthy || !view->device.completes ||
	    ledger_waiting(ledger) > 0)
		return;
	/* Pages gathered by an allocation that still waits are not lost. */
	if (pages_allocating(core) == 0)
		report_lost(core, PAGE_OWNED | PAGE_FRESH, PAGE_OWNED | PAGE_FRESH,
		    "allocated, neither freed nor given to the host", "allocated");
	report_lost(core,
	    PAGE_OWNED | PAGE_FRESH | LEDGER_BALLOON | LEDGER_OFFERED | LEDGER_RETURNING,
	    PAGE_OWNED, "that the host gave back neither freed nor given again", "allocated");
	if (ledger->held_before_known && ledger->held_before == 0 && !ledger->voided &&
	    balloon_look(core)->held != pages_count(pages, LEDGER_BALLOON, LEDGER_BALLOON))
		compare_with_host(core);
}

HOOK(balloon_page, on_take, struct page_state *state, ON_EVENT(DEV_TAKE))
{
	if (event->dev_take.queue != LEDGER_INFLATE)
		return;
	state->take_head = event->dev_take.head;
	state->take_seq = event->seq;
}

const struct area area_balloon_page = {
	.state_bytes = sizeof(struct page_state),
	.each_device = true,
	.rest = page_rest,
};
