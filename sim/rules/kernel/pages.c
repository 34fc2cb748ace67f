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

/* The struct vm_page of a frame begins with its TAILQ_ENTRY. */
struct links {
	uintptr_t next, prev;		/* prev: where the pointer to this page is */
};

static const struct links *
links_of(const struct memory *memory, uint64_t pfn)
{
	for (unsigned i = 0; i < memory->runs; i++) {
		const struct memory_structs *run = &memory->structs[i];
		uint64_t first = (uint64_t)(run->frame - memory->frame);
		uint64_t offset = (pfn - first) << MEMORY_STRUCT_SHIFT;

		if (offset < run->bytes)
			return (const struct links *)(run->low + offset);
	}
	return NULL;
}

/* Is it the first of a list whose head names another page, or was it taken from its list? */
static bool
is_cut_off(const struct memory *memory, const struct links *links)
{
	uintptr_t offset = links->prev - (uintptr_t)memory->arena;
	uint64_t pfn;

	/* Poison; what is neither kernel memory nor a page is a stack or static: who knows. */
	if (links->prev <= 1)
		return true;
	return !memory_struct_at(memory, links->prev, &pfn) &&
	    offset < memory->arena_used * MEMORY_PAGE_SIZE &&
	    *(const uintptr_t *)links->prev != (uintptr_t)links;
}

uint64_t
pages_unlinked(const struct pages *pages, const struct memory *memory)
{
	uint64_t count = 0, at, left = pages_count(pages, PAGE_OWNED, PAGE_OWNED);

	/* Most frames of a large guest are behind the last that the driver owns. */
	for (uint64_t pfn = 0; pfn < pages->frames && left > 0; pfn++) {
		const struct links *links = pages->state[pfn] & PAGE_OWNED ?
		    links_of(memory, pfn) : NULL;

		left -= (pages->state[pfn] & PAGE_OWNED) != 0;
		if (links == NULL || !is_cut_off(memory, links))
			continue;
		for (count++; links != NULL && count < pages->frames && memory_struct_at(memory,
		    links->next, &at) && pages->state[at] & PAGE_OWNED; count++)
			links = links_of(memory, at);
	}
	return count;
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
