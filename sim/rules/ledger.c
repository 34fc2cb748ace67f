/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger of pages and requests: see ledger.h.
 */
#include "rules/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include "base/alloc.h"

#define SMALL_PAGES ((uint64_t)1 << 18)	/* 1 GiB: cheaper from the heap than a mapping */

static void *
grow(void *old, size_t bytes)
{
	void *p = realloc(old, bytes);

	if (p == NULL)
		out_of_memory();
	return p;
}

void
ledger_init(struct ledger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
}

static void
drop_all_requests(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->requests; i++)
		free(ledger->request[i].entry);
	ledger->requests = 0;
}

void
ledger_fini(struct ledger *ledger)
{
	drop_all_requests(ledger);
	free(ledger->request);
	for (unsigned i = 0; i < LEDGER_OLDS; i++)
		free(ledger->old[i].entry);
	if (ledger->page_bytes != 0)
		munmap(ledger->page, ledger->page_bytes);
	else
		free(ledger->page);
	memset(ledger, 0, sizeof(*ledger));
}

static void
map_pages(struct ledger *ledger)
{
	ledger->page_bytes = ledger->pages;
	ledger->page = mmap(NULL, ledger->page_bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ledger->page == MAP_FAILED)
		out_of_memory();
}

void
ledger_open(struct ledger *ledger, const struct memory *memory)
{
	ledger->pages = memory->pfn_max;
	if (ledger->pages > SMALL_PAGES) {
		map_pages(ledger);
		return;
	}
	ledger->page = calloc(1, ledger->pages + 1);
	if (ledger->page == NULL)
		out_of_memory();
}

void
ledger_clear(struct ledger *ledger)
{
	drop_all_requests(ledger);
	if (ledger->page_bytes != 0)
		madvise(ledger->page, ledger->page_bytes, MADV_DONTNEED);
	else if (ledger->page != NULL)
		memset(ledger->page, 0, ledger->pages);
	memset(ledger->count, 0, sizeof(ledger->count));
	for (unsigned i = 0; i < LEDGER_OLDS; i++)
		ledger->old[i].n = 0;
	ledger->batches = 0;
	ledger->held_before_known = false;
	ledger->target.known = false;
}

static void
release_entries(struct ledger *ledger, const struct ledger_request *request, unsigned bit)
{
	for (uint32_t i = 0; i < request->n; i++) {
		uint64_t pfn = request->entry[i];

		if (pfn < ledger->pages && ledger->page[pfn] & bit)
			ledger_set(ledger, pfn, ledger->page[pfn] & ~bit);
	}
}

void
ledger_forget_requests(struct ledger *ledger)
{
	for (size_t i = 0; i < ledger->requests; i++)
		if (!ledger->request[i].answered)
			release_entries(ledger, &ledger->request[i],
			    ledger->request[i].queue == LEDGER_INFLATE ?
			    LEDGER_OFFERED : LEDGER_RETURNING);
	drop_all_requests(ledger);
}

uint64_t
ledger_count(const struct ledger *ledger, unsigned mask, unsigned bits)
{
	int64_t sum = 0;

	for (uint64_t left = ledger->seen & ~UINT64_C(1); left != 0; left &= left - 1) {
		unsigned state = (unsigned)__builtin_ctzll(left);

		if ((state & mask) == bits)
			sum += ledger->count[state];
	}
	assert(sum >= 0);
	return (uint64_t)sum;
}

bool
ledger_first(const struct ledger *ledger, unsigned mask, unsigned bits, uint64_t *pfn)
{
	for (*pfn = 0; *pfn < ledger->pages; (*pfn)++)
		if ((ledger->page[*pfn] & mask) == bits)
			return true;
	return false;
}

uint64_t
ledger_in_balloon(const struct ledger *ledger)
{
	/* A page can be on its way back and, freed and allocated again, be given anew. */
	return ledger_count(ledger, LEDGER_BALLOON, LEDGER_BALLOON) +
	    ledger_count(ledger, LEDGER_RETURNING, LEDGER_RETURNING);
}

void
ledger_note_batch(struct ledger *ledger, const struct ledger_batch *batch)
{
	ledger->batch[ledger->batches++ % LEDGER_BATCHES] = *batch;
}

const struct ledger_batch *
ledger_batch_of(const struct ledger *ledger, uint64_t pfn, enum hw_owner owner)
{
	uint32_t kept = ledger->batches < LEDGER_BATCHES ? ledger->batches : LEDGER_BATCHES;

	for (uint32_t i = 1; i <= kept; i++) {
		const struct ledger_batch *batch =
		    &ledger->batch[(ledger->batches - i) % LEDGER_BATCHES];

		if (batch->owner == owner && batch->low <= pfn && pfn <= batch->high)
			return batch;
	}
	return NULL;
}

struct ledger_request *
ledger_add_request(struct ledger *ledger, const struct ledger_request *request,
    const uint32_t *entry)
{
	struct ledger_request *stale =
	    ledger_find_request(ledger, request->queue, request->slot);
	struct ledger_request *fresh;

	/* The slot came free without an answer, for example by a reset. */
	if (stale != NULL)
		ledger_drop_request(ledger, stale);
	if (ledger->requests == ledger->requests_max) {
		ledger->requests_max = ledger->requests_max ? 2 * ledger->requests_max : 8;
		ledger->request = grow(ledger->request,
		    ledger->requests_max * sizeof(ledger->request[0]));
	}
	fresh = &ledger->request[ledger->requests++];
	*fresh = *request;
	fresh->entry = grow(NULL, (request->n + 1) * sizeof(entry[0]));
	memcpy(fresh->entry, entry, request->n * sizeof(entry[0]));
	return fresh;
}

struct ledger_request *
ledger_find_request(const struct ledger *ledger, uint32_t queue, uint32_t slot)
{
	for (size_t i = 0; i < ledger->requests; i++) {
		struct ledger_request *request = &ledger->request[i];

		if (request->queue == queue && request->slot == slot && !request->answered)
			return request;
	}
	return NULL;
}

void
ledger_drop_request(struct ledger *ledger, struct ledger_request *request)
{
	size_t index = (size_t)(request - ledger->request);

	free(request->entry);
	ledger->requests--;
	memmove(request, request + 1, (ledger->requests - index) * sizeof(*request));
}

size_t
ledger_waiting(const struct ledger *ledger)
{
	size_t n = 0;

	for (size_t i = 0; i < ledger->requests; i++)
		n += !ledger->request[i].answered;
	return n;
}

const struct ledger_old *
ledger_old_of(const struct ledger *ledger, uint64_t bus)
{
	for (unsigned i = 0; i < LEDGER_OLDS; i++)
		if (ledger->old[i].n > 0 && ledger->old[i].bus == bus)
			return &ledger->old[i];
	return NULL;
}

void
ledger_keep_old(struct ledger *ledger, const struct ledger_request *request)
{
	struct ledger_old *old = (struct ledger_old *)ledger_old_of(ledger, request->bus);

	if (old == NULL)
		old = &ledger->old[ledger->old_next++ % LEDGER_OLDS];
	if (old->max < request->n) {
		old->entry = grow(old->entry, request->n * sizeof(old->entry[0]));
		old->max = request->n;
	}
	old->bus = request->bus;
	old->n = request->n;
	old->seq = request->seq;
	if (request->n > 0)
		memcpy(old->entry, request->entry, request->n * sizeof(old->entry[0]));
}
