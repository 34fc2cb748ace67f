/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page numbers of balloon requests: see balloon_entries.h.
 *
 * One cause gives one finding with its numbers.  The wrong entries at the end of a request
 * are its tail: what a descriptor longer than its filled part shows to the device.
 */
#include "rules/balloon/balloon_entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/sbuf.h"

#define POISON_ENTRY (UINT32_C(0x01010101) * MEMORY_POISON)

struct verdict {			/* what one look at the entries found */
	uint32_t good;			/* entries that are what they should be */
	uint32_t first_bad;		/* n: none */
	uint32_t tail;			/* from here on all are wrong or left over; n: none */
	uint32_t bad_before_tail;
	bool *bad;			/* by entry; NULL when all are good */
};

/* ---- one entry ---- */

static unsigned
state_of(const struct pages *pages, uint64_t pfn)
{
	return pfn < pages->frames ? pages->state[pfn] : 0;
}

/* A page that the driver holds, and that is neither in the balloon nor on its way there. */
static bool
may_inflate(unsigned state)
{
	return (state & (PAGE_OWNED | LEDGER_OFFERED | LEDGER_BALLOON)) == PAGE_OWNED;
}

static bool
may_deflate(unsigned state)
{
	return (state & (PAGE_OWNED | LEDGER_BALLOON)) == (PAGE_OWNED | LEDGER_BALLOON);
}

static bool
is_unfilled(uint32_t entry)
{
	return entry == 0 || entry == POISON_ENTRY;
}

/* Earlier in the same request, or i. */
static uint32_t
named_before(const uint32_t *entry, uint32_t i)
{
	uint32_t k = 0;

	while (k < i && entry[k] != entry[i])
		k++;
	return k;
}

/* What is wrong with entry i, as words after its frame number. */
static const char *
describe(const struct pages *pages, const struct memory *memory, const uint32_t *entry,
    uint32_t i, char *buffer, size_t size)
{
	unsigned state = state_of(pages, entry[i]);
	uint32_t before = named_before(entry, i);

	if (entry[i] == 0)
		return "page 0";
	if (!memory_is_ram(memory, entry[i]))
		return "no memory";
	if (before < i) {
		snprintf(buffer, size, "also entry %u", before);
		return buffer;
	}
	if (!(state & PAGE_OWNED))
		return memory_owner(memory, entry[i]) == HW_PAGE_FREE ? "free memory" :
		    "in use by the guest";
	if (state & LEDGER_OFFERED)
		return "in an inflate request that is not completed";
	if (state & LEDGER_BALLOON)
		return "in the balloon already";
	if (state & LEDGER_RETURNING)
		return "in a deflate request already";
	if (state & PAGE_FRESH)
		return "never given to the host";
	return "given back by the host already";
}

/* ---- all entries ---- */

static void
mark_bad(struct verdict *verdict, uint32_t n, uint32_t i)
{
	if (verdict->bad == NULL) {
		verdict->bad = xcalloc(n, sizeof(verdict->bad[0]));
		verdict->first_bad = i;
	}
	verdict->bad[i] = true;
}

#define STATE_BAD PAGE_DEVICE(HW_DEVICES)

/* Where a page goes that a request names, of that device. */
static unsigned
state_named(unsigned device, bool inflate, unsigned state)
{
	if (inflate && may_inflate(state))
		return (state & LEDGER_RETURNING) | PAGE_OWNED | LEDGER_OFFERED |
		    PAGE_DEVICE(device);
	if (!inflate && may_deflate(state))
		return (state & ~(unsigned)LEDGER_BALLOON) | LEDGER_RETURNING;
	return STATE_BAD;
}

/* Book the good entries, note the others. */
static void
book(struct pages *pages, const struct ledger_request *request, const uint32_t *entry,
    struct verdict *verdict)
{
	bool inflate = request->queue == LEDGER_INFLATE;
	struct pages_move move = { .from = 0, .to = STATE_BAD };
	uint32_t bad = 0;

	for (uint32_t i = 0; i < request->n; i++) {
		uint64_t pfn = entry[i];
		unsigned state = state_of(pages, pfn);

		if (state != move.from)
			pages_turn(pages, &move, state, state_named(pages->device, inflate, state));
		if (move.to != STATE_BAD) {
			pages_step(pages, &move, pfn);
			continue;
		}
		mark_bad(verdict, request->n, i);
		bad++;
	}
	pages_moved(pages, &move);
	verdict->good = request->n - bad;
}

/*
 * Only the end of a request can be left over; entries that happen to be good pages belong to
 * it when they are what the buffer held before and follow a wrong one.
 */
static void
find_tail(const struct ledger_request *request, struct verdict *verdict)
{
	uint32_t first = request->n;

	for (uint32_t i = request->n; i-- > 0;) {
		if (!verdict->bad[i] && i < request->same_from)
			break;
		if (verdict->bad[i])
			first = i;
	}
	verdict->tail = first;
	for (uint32_t i = 0; i < first; i++)
		verdict->bad_before_tail += verdict->bad[i];
}

struct tail_kind {			/* what the wrong entries of a tail are */
	uint32_t left, unfilled, other;
};

static struct tail_kind
tail_kind(const struct ledger_request *request, const uint32_t *entry,
    const struct verdict *verdict, const struct ledger_old *old)
{
	struct tail_kind kind = { 0 };

	for (uint32_t i = verdict->tail; i < request->n; i++) {
		if (!verdict->bad[i])
			continue;
		if (is_unfilled(entry[i]))
			kind.unfilled++;
		else if (old != NULL && i < old->n && old->entry[i] == entry[i])
			kind.left++;
		else
			kind.other++;
	}
	return kind;
}

/* ---- what to say ---- */

static const char *
queue_word(const struct ledger_request *request)
{
	return request->queue == LEDGER_INFLATE ? "inflate" : "deflate";
}

static const char *
tail_words(const struct tail_kind *kind)
{
	if (kind->left == 0 && kind->other == 0)
		return "were never filled";
	if (kind->left == 0)
		return "were never filled with its pages";
	if (kind->unfilled == 0)
		return "are left over from an earlier request";
	return "are left over from an earlier request or were never filled";
}

RULE_ROW(rule_balloon_stale_entry) = {
	"balloon.stale-entry", SEVERITY_ERROR,
	"no entry is left over from an earlier request or was never filled in",
	"virtio 1.2 clauses 5.5.6, 5.5.6.1",
	"The device takes the whole descriptor for page numbers, whatever was synced.",
	"virtio_enqueue(vsc, vq, slot, b->bl_dmamap, true);	/* whole map */",
	"virtio_enqueue_p(vsc, vq, slot, b->bl_dmamap, 0, n * sizeof(uint32_t), true);"
};

static void
report_stale(struct rules_core *core, const struct ledger_request *request, const uint32_t *entry,
    const struct verdict *verdict, const struct tail_kind *kind, const struct ledger_old *old)
{
	char buffer[40];
	uint32_t i = verdict->tail;

	rules_report_at(core, &rule_balloon_stale_entry, request->site,
	    "%s request: %u entries for %u page%s: entries %u..%u %s; entry %u: frame %#" PRIx32
	    ", %s", queue_word(request), request->n, verdict->good, plural(verdict->good),
	    i, request->n - 1, tail_words(kind), i, entry[i], describe(rules_pages(core),
	    rules_look(core)->memory, entry, i, buffer, sizeof(buffer)));

	if (old != NULL && kind->left > 0)
		rules_because(core, old->seq, "earlier request from the same buffer");
}

RULE_ROW(rule_balloon_inflate_entries) = {
	"balloon.inflate-entries", SEVERITY_ERROR,
	"an inflate request names pages that the driver allocated for it, each once",
	"virtio 1.2 clause 5.5.6.1",
	"The host discards every page that is named: one that the guest uses is corrupted."
};

RULE_ROW(rule_balloon_deflate_entries) = {
	"balloon.deflate-entries", SEVERITY_ERROR,
	"a deflate request names pages of the balloon, each once, and all that are released",
	"virtio 1.2 clause 5.5.6.1",
	"A page that the host does not know of may still be thrown away after its release."
};

static void
report_entries(struct rules_core *core, const struct ledger_request *request, const uint32_t *entry,
    uint32_t wrong, uint32_t first)
{
	const struct pages *pages = rules_pages(core);
	const struct page_batch *batch;
	char buffer[40];
	bool inflate = request->queue == LEDGER_INFLATE;

	rules_report_at(core, inflate ? &rule_balloon_inflate_entries :
	    &rule_balloon_deflate_entries, request->site,
	    "%u of %u entries wrong in this %s request; entry %u: frame %#" PRIx32 ", %s",
	    wrong, request->n, queue_word(request), first, entry[first], describe(pages,
	    rules_look(core)->memory, entry, first, buffer, sizeof(buffer)));
	batch = pages_batch_of(pages, entry[first], HW_PAGE_FREE);
	if (batch != NULL && !(state_of(pages, entry[first]) & PAGE_OWNED))
		rules_because(core, batch->seq, "freed");
}

/* Do the wrong numbers make sense the other way round? */
static bool
is_swapped(const struct pages *pages, const struct ledger_request *request,
    const uint32_t *entry)
{
	bool inflate = request->queue == LEDGER_INFLATE;

	for (uint32_t i = 0; i < request->n; i++) {
		unsigned state = state_of(pages, __builtin_bswap32(entry[i]));

		if (inflate ? !may_inflate(state) : !may_deflate(state))
			return i > 0 && is_unfilled(entry[i]);
	}
	return request->n > 0;
}

RULE_ROW(rule_balloon_entry_byte_order) = {
	"balloon.entry-byte-order", SEVERITY_ERROR,
	"page numbers have the byte order of the transport",
	"virtio 1.2 clauses 5.5.6, 2.7.3",
	"The host takes other pages than those that are offered.",
	"b->bl_pages[i] = htobe32(pfn);", "b->bl_pages[i] = htole32(pfn);"
};

static void
report(struct rules_core *core, const struct ledger_request *request, const uint32_t *entry,
    const struct verdict *verdict)
{
	const struct ledger *ledger = rules_ledger(core);
	const struct pages *pages = rules_pages(core);
	const struct ledger_old *old = ledger_old_of(ledger, request->bus);
	struct tail_kind kind = tail_kind(request, entry, verdict, old);
	bool all_named = request->queue == LEDGER_INFLATE && verdict->good > 0 &&
	    pages_count(pages, PAGE_FRESH, PAGE_FRESH) == 0;
	uint32_t wrong = verdict->bad_before_tail;

	/*
	 * After completions that break the specification, and after a reset in the middle of a
	 * request, no driver knows what is in the balloon.
	 */
	if (request->queue == LEDGER_DEFLATE && (!rules_look(core)->device.healthy ||
	    ledger->voided))
		return;
	if (verdict->good == 0 && is_swapped(pages, request, entry)) {
		rules_report_at(core, &rule_balloon_entry_byte_order, request->site,
		    "all entries (%u) in the wrong byte order; entry 0: %#" PRIx32, request->n,
		    entry[0]);
		return;
	}
	/* What exceeds a request in which all allocated pages are named was not meant. */
	if (verdict->tail < request->n && (kind.other == 0 || all_named))
		report_stale(core, request, entry, verdict, &kind, old);
	else
		wrong += kind.left + kind.unfilled + kind.other;
	if (wrong > 0)
		report_entries(core, request, entry, wrong, verdict->first_bad);
}

/* The longest end of the request that equals what its buffer held before. */
static uint32_t
same_from(const struct ledger *ledger, const struct ledger_request *request,
    const uint32_t *entry)
{
	const struct ledger_old *old = ledger_old_of(ledger, request->bus);
	uint32_t from = request->n;

	if (old == NULL || old->n < request->n)
		return from;
	while (from > 0 && old->entry[from - 1] == entry[from - 1])
		from--;
	return from;
}

void
entries_check(struct rules_core *core, const struct ledger_request *request, const uint32_t *entry,
    uint32_t *moved)
{
	struct ledger *ledger = rules_ledger(core);
	struct ledger_request booked = *request;
	struct verdict verdict = { .first_bad = request->n, .tail = request->n };
	struct ledger_request *kept;

	booked.same_from = same_from(ledger, request, entry);
	book(rules_pages(core), &booked, entry, &verdict);
	if (verdict.bad != NULL) {
		find_tail(&booked, &verdict);
		report(core, &booked, entry, &verdict);
		booked.reported = true;
		free(verdict.bad);
	}
	/* Entries from same_from on may be left over, good as they look. */
	*moved = booked.same_from > 0 && booked.same_from < verdict.good ?
	    booked.same_from : verdict.good;
	kept = ledger_add_request(ledger, &booked, entry);
	ledger_keep_old(ledger, kept);
}

/* ---- completions ---- */

/* Where a page goes when the request that named it is complete. */
static unsigned
state_completed(bool inflate, unsigned state)
{
	if (inflate && state & LEDGER_OFFERED)
		return (state & ~(unsigned)LEDGER_OFFERED) | LEDGER_BALLOON | LEDGER_GIVEN;
	return inflate ? state : state & ~(unsigned)LEDGER_RETURNING;
}

void
entries_completed(struct rules_core *core, struct ledger_request *request)
{
	struct ledger *ledger = rules_ledger(core);
	struct pages *pages = rules_pages(core);
	bool inflate = request->queue == LEDGER_INFLATE;
	struct pages_move move = { .from = 0, .to = 0 };

	for (uint32_t i = 0; i < request->n; i++) {
		uint64_t pfn = request->entry[i];
		unsigned state = state_of(pages, pfn);

		if (state != move.from)
			pages_turn(pages, &move, state, state_completed(inflate, state));
		/* What is no page at all has no state either. */
		if (state != 0)
			pages_step(pages, &move, pfn);
	}
	pages_moved(pages, &move);
	if (inflate)
		ledger_drop_request(ledger, request);
	else
		request->completed = true;
}

/* ---- what a deflate request named against what was released ---- */

static bool
is_kept(unsigned state)
{
	return (state & (PAGE_OWNED | LEDGER_GIVEN | LEDGER_BALLOON | LEDGER_OFFERED |
	    LEDGER_RETURNING | PAGE_FRESH)) == (PAGE_OWNED | LEDGER_GIVEN);
}

struct kept {
	uint32_t n, first, last;	/* entries that the driver did not release */
};

static struct kept
count_kept(const struct pages *pages, const struct ledger_request *request)
{
	struct kept kept = { 0, request->n, 0 };

	for (uint32_t i = 0; i < request->n; i++) {
		if (!is_kept(state_of(pages, request->entry[i])))
			continue;
		if (kept.n++ == 0)
			kept.first = i;
		kept.last = i;
	}
	return kept;
}

static void
report_kept(struct rules_core *core, const struct ledger_request *request, const struct kept *kept)
{
	bool is_tail = kept->last == request->n - 1 && kept->first >= request->same_from &&
	    kept->n == request->n - kept->first;

	if (is_tail)
		rules_report_at(core, &rule_balloon_stale_entry, request->site, "deflate request: "
		    "%u entries for %u page%s: entries %u..%u are left over from an earlier "
		    "request; the host gave those pages back, the driver keeps them", request->n,
		    kept->first, plural(kept->first), kept->first, kept->last);
	else
		rules_report_at(core, &rule_balloon_deflate_entries, request->site,
		    "%u of %u pages named in a deflate request not released; entry %u: "
		    "frame %#" PRIx32, kept->n, request->n, kept->first,
		    request->entry[kept->first]);
	rules_because(core, request->seq, "the request");
}

/* What was said once is not to show again as a page lost: keep the driver's account. */
static void
follow_driver(struct pages *pages, const struct ledger_request *request)
{
	for (uint32_t i = 0; i < request->n; i++) {
		unsigned state = state_of(pages, request->entry[i]);

		if (is_kept(state))
			pages_set(pages, request->entry[i], state | LEDGER_BALLOON);
	}
}

void
entries_check_released(struct rules_core *core, bool last)
{
	struct ledger *ledger = rules_ledger(core);
	struct pages *pages = rules_pages(core);

	for (size_t i = 0; i < ledger->request.count;) {
		struct ledger_request *request = &ledger->request.item[i];
		struct kept kept;

		kept = request->completed ? count_kept(pages, request) : (struct kept){ 0 };
		if (!request->completed || (kept.n == request->n && kept.n > 0 && !last)) {
			i++;
			continue;
		}
		if (kept.n > 0 && (kept.n < request->n || request->reported)) {
			if (!request->reported && rules_look(core)->device.healthy)
				report_kept(core, request, &kept);
			follow_driver(pages, request);
		}
		ledger_drop_request(ledger, request);
	}
}
