/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ledger of requests: see ledger.h.
 */
#include "rules/balloon/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static void
drop_all_requests(struct ledger *ledger)
{
	vec_each(request, &ledger->request)
		free(request->entry);
	ledger->request.count = 0;
}

void
ledger_fini(struct ledger *ledger)
{
	drop_all_requests(ledger);
	vec_fini(&ledger->request);
	for (unsigned i = 0; i < LEDGER_OLDS; i++)
		free(ledger->old[i].entry);
	memset(ledger, 0, sizeof(*ledger));
}

static void
release_entries(struct pages *pages, const struct ledger_request *request, unsigned bit)
{
	for (uint32_t i = 0; i < request->n; i++) {
		uint64_t pfn = request->entry[i];

		if (pfn < pages->frames && pages->state[pfn] & bit)
			pages_set(pages, pfn, pages->state[pfn] & ~bit);
	}
}

void
ledger_forget_requests(struct ledger *ledger, struct pages *pages)
{
	vec_each(request, &ledger->request) {
		if (request->completed)
			continue;
		ledger->voided = true;
		release_entries(pages, request, request->queue == LEDGER_INFLATE ?
		    LEDGER_OFFERED : LEDGER_RETURNING);
	}
	drop_all_requests(ledger);
}

uint64_t
ledger_in_balloon(const struct pages *pages)
{
	/* A page can be on its way back and, freed and allocated again, be given anew. */
	return pages_count(pages, LEDGER_BALLOON, LEDGER_BALLOON) +
	    pages_count(pages, LEDGER_RETURNING, LEDGER_RETURNING);
}

struct ledger_request *
ledger_add_request(struct ledger *ledger, const struct ledger_request *request,
    const uint32_t *entry)
{
	struct ledger_request *stale =
	    ledger_find_request(ledger, request->queue, request->slot);
	struct ledger_request *fresh;

	/* The slot came free without a completion, for example by a reset. */
	if (stale != NULL)
		ledger_drop_request(ledger, stale);
	fresh = vec_add(&ledger->request);
	*fresh = *request;
	fresh->entry = xrealloc(NULL, request->n + 1, sizeof(entry[0]));
	memcpy(fresh->entry, entry, request->n * sizeof(entry[0]));
	return fresh;
}

struct ledger_request *
ledger_find_request(const struct ledger *ledger, uint32_t queue, uint32_t slot)
{
	vec_each(request, &ledger->request) {
		if (request->queue == queue && request->slot == slot && !request->completed)
			return request;
	}
	return NULL;
}

void
ledger_drop_request(struct ledger *ledger, struct ledger_request *request)
{
	size_t index = (size_t)(request - ledger->request.item);

	free(request->entry);
	vec_remove(&ledger->request, index, 1);
}

size_t
ledger_waiting(const struct ledger *ledger)
{
	size_t n = 0;

	vec_each(request, &ledger->request)
		n += !request->completed;
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
		old->entry = xrealloc(old->entry, request->n, sizeof(old->entry[0]));
		old->max = request->n;
	}
	old->bus = request->bus;
	old->n = request->n;
	old->seq = request->seq;
	if (request->n > 0)
		memcpy(old->entry, request->entry, request->n * sizeof(old->entry[0]));
}
