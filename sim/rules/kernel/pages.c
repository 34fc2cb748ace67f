/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where each page stands with the driver: see pages.h.
 */
#include "rules/kernel/pages.h"

#include <stdlib.h>
#include <string.h>

#include <sys/mman.h>

#include "base/alloc.h"

#define SMALL_FRAMES ((uint64_t)1 << 18)	/* 1 GiB: cheaper from the heap than a mapping */

void
pages_open(struct pages *pages, const struct memory *memory)
{
	pages->frames = memory->pfn_max;
	if (pages->frames <= SMALL_FRAMES) {
		pages->state = xcalloc(pages->frames + 1, 1);
		return;
	}
	pages->mapped = pages->frames;
	pages->state = mmap(NULL, pages->mapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (pages->state == MAP_FAILED)
		out_of_memory();
}

void
pages_fini(struct pages *pages)
{
	if (pages->mapped != 0)
		munmap(pages->state, pages->mapped);
	else
		free(pages->state);
	memset(pages, 0, sizeof(*pages));
}

uint64_t
pages_count(const struct pages *pages, unsigned mask, unsigned bits)
{
	int64_t sum = 0;

	for (uint64_t left = pages->seen[pages->device] & ~UINT64_C(1); left != 0;
	    left &= left - 1) {
		unsigned state = (unsigned)__builtin_ctzll(left);

		if ((state & mask) == bits)
			sum += pages->count[PAGE_DEVICE(pages->device) | state];
	}
	if (sum < 0)
		internal_error("pages: a state with %lld pages", (long long)sum);
	return (uint64_t)sum;
}

bool
pages_first(const struct pages *pages, unsigned mask, unsigned bits, uint64_t *pfn)
{
	mask |= PAGE_DEVICE(HW_DEVICES - 1);
	bits |= PAGE_DEVICE(pages->device);
	for (*pfn = 0; *pfn < pages->frames; (*pfn)++)
		if ((pages->state[*pfn] & mask) == bits)
			return true;
	return false;
}

void
pages_note_batch(struct pages *pages, const struct page_batch *batch)
{
	pages->batch[pages->batches++ % PAGE_BATCHES] = *batch;
}

const struct page_batch *
pages_batch_of(const struct pages *pages, uint64_t pfn, enum hw_owner owner)
{
	uint32_t kept = pages->batches < PAGE_BATCHES ? pages->batches : PAGE_BATCHES;

	for (uint32_t i = 1; i <= kept; i++) {
		const struct page_batch *batch =
		    &pages->batch[(pages->batches - i) % PAGE_BATCHES];

		if (batch->owner == owner && batch->low <= pfn && pfn <= batch->high)
			return batch;
	}
	return NULL;
}
